use std::ops::Range;
use std::sync::Arc;

use super::{Item, Monoid};

// Chosen by a measurement over 1 to 10 million pieces; small in tests, so that small trees are deep.
pub const LEAF: usize = if cfg!(test) { 4 } else { 32 };
pub const FAN: usize = if cfg!(test) { 3 } else { 16 };

#[derive(Clone, Debug)]
pub enum Node<T: Item> {
    Leaf(Vec<T>),
    Inner(Vec<Child<T>>),
}

#[derive(Clone, Debug)]
pub struct Child<T: Item> {
    pub summary: T::Summary,
    pub node: Arc<Node<T>>,
}

impl<T: Item> Child<T> {
    pub fn leaf(items: Vec<T>) -> Self {
        Self { summary: sum(items.iter().map(Item::summary)), node: Arc::new(Node::Leaf(items)) }
    }

    pub fn inner(children: Vec<Child<T>>) -> Self {
        Self {
            summary: sum(children.iter().map(|child| &child.summary)),
            node: Arc::new(Node::Inner(children)),
        }
    }

    pub fn count(&self) -> usize {
        match &*self.node {
            Node::Leaf(items) => items.len(),
            Node::Inner(children) => children.len(),
        }
    }

    pub fn is_underfull(&self) -> bool {
        match &*self.node {
            Node::Leaf(items) => items.len() < LEAF / 2,
            Node::Inner(children) => children.len() < FAN.div_ceil(2),
        }
    }

    fn summarise(&mut self) {
        self.summary = match &*self.node {
            Node::Leaf(items) => sum(items.iter().map(Item::summary)),
            Node::Inner(children) => sum(children.iter().map(|child| &child.summary)),
        };
    }

    /// Makes two nodes of one height into neighbours that are full enough: one node, or two.
    pub fn join(&mut self, mut next: Self) -> Option<Self> {
        let touches = match (&*self.node, &*next.node) {
            (Node::Leaf(items), Node::Leaf(more)) => match (items.last(), more.first()) {
                (Some(last), Some(first)) => last.clone().merge(first),
                _ => false,
            },
            _ => false,
        };
        if !touches && !self.is_underfull() && !next.is_underfull() {
            return Some(next);
        }
        let spill = match (Arc::make_mut(&mut self.node), Arc::make_mut(&mut next.node)) {
            (Node::Leaf(items), Node::Leaf(more)) => {
                let skip = usize::from(touches && items.last_mut().is_some_and(|last| last.merge(&more[0])));
                items.extend(more.drain(skip..));
                (items.len() > LEAF).then(|| Child::leaf(items.split_off(items.len() / 2)))
            }
            (Node::Inner(children), Node::Inner(more)) => {
                children.append(more);
                (children.len() > FAN).then(|| Child::inner(children.split_off(children.len() / 2)))
            }
            _ => unreachable!("nodes of one height are of one kind"),
        };
        self.summarise();
        spill
    }

    /// Puts `other` behind the last item of this node, whose height is not less.
    pub fn push_back(&mut self, height: usize, other: Self, other_height: usize) -> Option<Self> {
        if height == other_height {
            return self.join(other);
        }
        let children = self.children_mut();
        let last = children.last_mut().expect("an inner node has children");
        let spill = last.push_back(height - 1, other, other_height);
        children.extend(spill);
        let spill = (children.len() > FAN).then(|| Child::inner(children.split_off(children.len() / 2)));
        self.summarise();
        spill
    }

    /// Puts `other` before the first item of this node, whose height is greater.
    pub fn push_front(&mut self, height: usize, mut other: Self, other_height: usize) -> Option<Self> {
        if height == other_height {
            std::mem::swap(self, &mut other);
            return self.join(other);
        }
        let children = self.children_mut();
        if let Some(spill) = children[0].push_front(height - 1, other, other_height) {
            children.insert(1, spill);
        }
        let spill = (children.len() > FAN).then(|| Child::inner(children.split_off(children.len() / 2)));
        self.summarise();
        spill
    }

    /// Replaces `range` where it lies in one leaf, which is the case of almost every edit; does nothing where it
    /// does not. What the node overflows by are siblings to be put behind it.
    pub fn splice(
        &mut self,
        range: Range<u64>,
        items: &[T],
        metric: impl Fn(&T::Summary) -> u64 + Copy,
        cut: impl Fn(&T, u64) -> (T, T) + Copy,
    ) -> Option<Vec<Self>> {
        let spill = match Arc::make_mut(&mut self.node) {
            Node::Leaf(old) => {
                splice_items(old, range, items, metric, cut);
                overflow(old, LEAF, Child::leaf)
            }
            Node::Inner(children) => {
                // What is inserted between two children goes to the first, where typing can extend a piece.
                let reach = range.start + u64::from(!range.is_empty());
                let mut start = 0;
                let index = children.iter().position(|child| {
                    let end = start + metric(&child.summary);
                    let here = end >= reach;
                    if !here {
                        start = end;
                    }
                    here
                });
                let index = index.unwrap_or(children.len() - 1);
                let child = &mut children[index];
                if range.end > start + metric(&child.summary) {
                    return None;
                }
                let inner = range.start - start..range.end - start;
                let spill = child.splice(inner, items, metric, cut)?;
                if child.is_underfull() && children.len() > 1 {
                    let first = index.saturating_sub(1);
                    let next = children.remove(first + 1);
                    if let Some(spill) = children[first].join(next) {
                        children.insert(first + 1, spill);
                    }
                } else {
                    children.splice(index + 1..index + 1, spill);
                }
                overflow(children, FAN, Child::inner)
            }
        };
        self.summarise();
        Some(spill)
    }

    fn children_mut(&mut self) -> &mut Vec<Child<T>> {
        match Arc::make_mut(&mut self.node) {
            Node::Inner(children) => children,
            Node::Leaf(_) => unreachable!("a node above a leaf"),
        }
    }

    #[cfg(test)]
    pub fn assert_invariants(&self, height: usize, is_root: bool) {
        assert!(is_root || !self.is_underfull(), "a node is less than half full");
        match &*self.node {
            Node::Leaf(items) => {
                assert_eq!(height, 0, "all leaves stand at height 0");
                assert!(items.len() <= LEAF);
                assert_eq!(self.summary, sum(items.iter().map(Item::summary)));
            }
            Node::Inner(children) => {
                assert!(height > 0 && children.len() <= FAN);
                assert!(children.len() > 1, "a root of one child is taken away");
                for child in children {
                    child.assert_invariants(height - 1, false);
                }
                assert_eq!(self.summary, sum(children.iter().map(|child| &child.summary)));
            }
        }
    }

    #[cfg(test)]
    pub fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Node<T>)) {
        visit(&self.node);
        if let Node::Inner(children) = &*self.node {
            children.iter().for_each(|child| child.visit(visit));
        }
    }
}

fn sum<S: Monoid>(summaries: impl Iterator<Item = impl std::borrow::Borrow<S>>) -> S {
    summaries.fold(S::default(), |mut total, summary| {
        total.add(summary.borrow());
        total
    })
}

/// The index of the first element that ends behind `at`; `start` becomes where it starts.
pub fn index_of<E>(elements: &[E], at: u64, start: &mut u64, measure: impl Fn(&E) -> u64) -> usize {
    let found = elements.iter().position(|element| {
        let end = *start + measure(element);
        let here = end > at;
        if !here {
            *start = end;
        }
        here
    });
    found.expect("an element ends behind the position")
}

/// Splits what `elements` has too many of into nodes of about equal size; `elements` keeps the first part.
fn overflow<T: Item, E>(
    elements: &mut Vec<E>,
    most: usize,
    node: impl Fn(Vec<E>) -> Child<T>,
) -> Vec<Child<T>> {
    let parts = elements.len().div_ceil(most);
    let mut spill = Vec::new();
    for part in (1..parts).rev() {
        spill.push(node(elements.split_off(elements.len() * part / (part + 1))));
    }
    spill.reverse();
    spill
}

fn splice_items<T: Item>(
    old: &mut Vec<T>,
    range: Range<u64>,
    items: &[T],
    metric: impl Fn(&T::Summary) -> u64,
    cut: impl Fn(&T, u64) -> (T, T),
) {
    // `first` is the first item that is not wholly before the range, `last` the first wholly behind it.
    let mut start = 0;
    let mut first = 0;
    while first < old.len() {
        let end = start + metric(&old[first].summary());
        if end > range.start {
            break;
        }
        start = end;
        first += 1;
    }
    let mut fresh: Vec<T> = Vec::with_capacity(items.len() + 4);
    let mut push = |item: T| {
        if !fresh.last_mut().is_some_and(|last| last.merge(&item)) {
            fresh.push(item);
        }
    };
    // The neighbours go in too, to be merged with.
    let from = first.saturating_sub(1);
    if let Some(neighbour) = old[..first].last() {
        push(neighbour.clone());
    }
    if range.start > start {
        push(cut(&old[first], range.start - start).0);
    }
    items.iter().cloned().for_each(&mut push);
    let mut last = first;
    while last < old.len() && start < range.end {
        let end = start + metric(&old[last].summary());
        if end > range.end {
            break;
        }
        start = end;
        last += 1;
    }
    if last < old.len() && range.end > start {
        push(cut(&old[last], range.end - start).1);
        last += 1;
    }
    if let Some(neighbour) = old.get(last) {
        push(neighbour.clone());
        last += 1;
    }
    old.splice(from..last, fresh);
}
