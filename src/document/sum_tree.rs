//! A persistent B+tree whose every child is summarised by a monoid.
//!
//! Nodes are shared by `Arc`: a clone of a tree is a clone of its root, and a change copies only the nodes on
//! its path that somebody else holds too, none if nobody does. Items are found by a metric: a measure of the
//! summary that adds up along the items, such as bytes or newlines. All leaves stand at the same height, and every node but the
//! root is at least half full.

mod cursor;
mod node;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

pub use cursor::Cursor;
use node::{Child, FAN, LEAF, Node, index_of};

/// What is known of a run of items: `add` is associative, and the default is its neutral element.
pub trait Monoid: Clone + Default + Debug + PartialEq {
    fn add(&mut self, next: &Self);
}

pub trait Item: Clone + Debug {
    type Summary: Monoid;

    fn summary(&self) -> Self::Summary;

    /// Takes in `next`, which follows, if the two can be one item. Only saves space: not all neighbours that
    /// could be one are.
    fn merge(&mut self, next: &Self) -> bool {
        let _ = next;
        false
    }
}

#[derive(Clone, Debug)]
pub struct SumTree<T: Item> {
    root: Child<T>,
    /// 0 where the root is a leaf.
    height: usize,
}

impl<T: Item> Default for SumTree<T> {
    fn default() -> Self {
        Self { root: Child::leaf(Vec::new()), height: 0 }
    }
}

impl<T: Item> FromIterator<T> for SumTree<T> {
    /// Builds full nodes, in time proportional to the items.
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut row: Vec<T> = Vec::with_capacity(LEAF);
        let mut level: Vec<Child<T>> = Vec::new();
        for item in items {
            if row.last_mut().is_some_and(|last| last.merge(&item)) {
                continue;
            }
            if row.len() == LEAF {
                level.push(Child::leaf(std::mem::replace(&mut row, Vec::with_capacity(LEAF))));
            }
            row.push(item);
        }
        // The last node may be too small: it shares the items of its neighbour.
        match level.pop() {
            None => level.push(Child::leaf(row)),
            Some(mut before) => {
                let spill = before.join(Child::leaf(row));
                level.push(before);
                level.extend(spill);
            }
        }
        let mut height = 0;
        while level.len() > 1 {
            height += 1;
            let mut children = level.into_iter().peekable();
            level = Vec::new();
            while children.peek().is_some() {
                level.push(Child::inner(children.by_ref().take(FAN).collect()));
            }
            // Alone, it is the root, which may be small.
            if level.len() > 1
                && let Some(last) = level.pop_if(|last| last.is_underfull())
                && let Some(before) = level.last_mut()
            {
                let spill = before.join(last);
                level.extend(spill);
            }
        }
        Self { root: level.pop().expect("a level has a node"), height }
    }
}

impl<T: Item> SumTree<T> {
    pub fn is_empty(&self) -> bool {
        self.root.count() == 0
    }

    pub fn summary(&self) -> &T::Summary {
        &self.root.summary
    }

    /// The item that holds the unit `at` of `metric`, and the summary of all items before it: the first item
    /// up to whose end the metric is more than `at`. None where the whole tree measures no more than that.
    pub fn find(&self, at: u64, metric: impl Fn(&T::Summary) -> u64) -> Option<(&T, T::Summary)> {
        let mut before = T::Summary::default();
        if at >= metric(&self.root.summary) {
            return None;
        }
        // Sums of a metric are sums of what it measures, so only the remainder need be carried down.
        let mut rest = at;
        let mut node = &*self.root.node;
        loop {
            match node {
                Node::Inner(children) => {
                    let child = children.iter().find(|child| {
                        let measure = metric(&child.summary);
                        let here = rest < measure;
                        if !here {
                            rest -= measure;
                            before.add(&child.summary);
                        }
                        here
                    });
                    node = &child.expect("a child holds the unit").node;
                }
                Node::Leaf(items) => {
                    for item in items {
                        let summary = item.summary();
                        let measure = metric(&summary);
                        if rest < measure {
                            return Some((item, before));
                        }
                        rest -= measure;
                        before.add(&summary);
                    }
                    unreachable!("an item holds the unit");
                }
            }
        }
    }

    /// The first item up to whose end the sum of all items is `enough`, and the summary of all before it: for what does
    /// not simply add up. What is enough must stay enough, whatever follows.
    pub fn find_where(&self, enough: impl Fn(&T::Summary) -> bool) -> Option<(&T, T::Summary)> {
        let mut before = T::Summary::default();
        if !enough(&self.root.summary) {
            return None;
        }
        let is_here = |before: &mut T::Summary, summary: &T::Summary| {
            let mut with = before.clone();
            with.add(summary);
            let is_here = enough(&with);
            if !is_here {
                *before = with;
            }
            is_here
        };
        let mut node = &*self.root.node;
        loop {
            match node {
                Node::Inner(children) => {
                    let child = children.iter().find(|child| is_here(&mut before, &child.summary));
                    node = &child.expect("a child makes it enough").node;
                }
                Node::Leaf(items) => {
                    let item = items.iter().find(|item| is_here(&mut before, &item.summary()));
                    return Some((item.expect("an item makes it enough"), before));
                }
            }
        }
    }

    /// A cursor at the item that [`SumTree::find`] finds, or behind the last, and the summary before it.
    pub fn seek(&self, at: u64, metric: impl Fn(&T::Summary) -> u64) -> (Cursor<'_, T>, T::Summary) {
        Cursor::new(self, at, metric)
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let (mut cursor, _) = self.seek(0, |_| 1);
        std::iter::from_fn(move || {
            let item = cursor.item();
            cursor.next();
            item
        })
    }

    /// The items of `range`, sharing all nodes that lie wholly in it; items at its ends are cut in two by `cut`.
    pub fn slice(
        &self,
        range: Range<u64>,
        metric: impl Fn(&T::Summary) -> u64 + Copy,
        cut: impl Fn(&T, u64) -> (T, T) + Copy,
    ) -> Self {
        if range.is_empty() {
            return Self::default();
        }
        if range.start == 0 && range.end >= metric(&self.root.summary) {
            return self.clone();
        }
        match &*self.root.node {
            Node::Leaf(items) => {
                let mut kept = Vec::new();
                let mut start = 0;
                for item in items {
                    let measure = metric(&item.summary());
                    let (from, to) = (range.start.saturating_sub(start), range.end.saturating_sub(start));
                    start += measure;
                    if from >= measure || to == 0 {
                        continue;
                    }
                    let mut item = item.clone();
                    if to < measure {
                        item = cut(&item, to).0;
                    }
                    if from > 0 {
                        item = cut(&item, from).1;
                    }
                    kept.push(item);
                }
                Self { root: Child::leaf(kept), height: 0 }
            }
            Node::Inner(children) => {
                let mut slice = Self::default();
                let mut whole = Vec::new();
                let mut start = 0;
                for child in children {
                    let measure = metric(&child.summary);
                    let (from, to) = (range.start.saturating_sub(start), range.end.saturating_sub(start));
                    start += measure;
                    if from >= measure || to == 0 {
                        continue;
                    }
                    if from == 0 && to >= measure {
                        whole.push(child.clone());
                        continue;
                    }
                    slice.append(Self::of(std::mem::take(&mut whole), self.height));
                    let part = Self { root: child.clone(), height: self.height - 1 };
                    slice.append(part.slice(from..to.min(measure), metric, cut));
                }
                slice.append(Self::of(whole, self.height));
                slice
            }
        }
    }

    /// Cuts off and returns everything from `at` on.
    pub fn split_off(
        &mut self,
        at: u64,
        metric: impl Fn(&T::Summary) -> u64 + Copy,
        cut: impl Fn(&T, u64) -> (T, T) + Copy,
    ) -> Self {
        if at >= metric(&self.root.summary) {
            return Self::default();
        }
        if at == 0 {
            return std::mem::take(self);
        }
        let Self { root, height } = std::mem::take(self);
        let mut start = 0;
        match Arc::unwrap_or_clone(root.node) {
            Node::Leaf(mut items) => {
                let index = index_of(&items, at, &mut start, |item| metric(&item.summary()));
                let mut right = items.split_off(index);
                if at > start {
                    let (before, after) = cut(&right[0], at - start);
                    items.push(before);
                    right[0] = after;
                }
                self.root = Child::leaf(items);
                Self { root: Child::leaf(right), height: 0 }
            }
            Node::Inner(mut children) => {
                let index = index_of(&children, at, &mut start, |child| metric(&child.summary));
                let after = children.split_off(index + 1);
                let middle = children.pop().expect("the child that is split");
                let mut middle = Self { root: middle, height: height - 1 };
                let mut right = middle.split_off(at - start, metric, cut);
                *self = Self::of(children, height);
                self.append(middle);
                right.append(Self::of(after, height));
                right
            }
        }
    }

    /// Puts all of `other` behind the last item.
    pub fn append(&mut self, other: Self) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            *self = other;
            return;
        }
        let spill = if self.height >= other.height {
            self.root.push_back(self.height, other.root, other.height)
        } else {
            let left = std::mem::replace(self, other);
            self.root.push_front(self.height, left.root, left.height)
        };
        self.grow(spill.into_iter().collect());
    }

    /// Puts `other`, its nodes shared, in the place of `range`; items at the ends of the range are cut in two by `cut`.
    pub fn replace(
        &mut self,
        range: Range<u64>,
        other: Self,
        metric: impl Fn(&T::Summary) -> u64 + Copy,
        cut: impl Fn(&T, u64) -> (T, T) + Copy,
    ) {
        if let Node::Leaf(items) = &*other.root.node
            && let Some(spill) = self.root.splice(range.clone(), items, metric, cut)
        {
            return self.grow(spill);
        }
        let mut rest = self.split_off(range.start, metric, cut);
        let right = rest.split_off(range.end - range.start, metric, cut);
        self.append(other);
        self.append(right);
    }

    /// A tree of `children` of a node at `height`.
    fn of(mut children: Vec<Child<T>>, height: usize) -> Self {
        match children.len() {
            0 => Self::default(),
            1 => Self { root: children.pop().expect("one child"), height: height - 1 },
            _ => Self { root: Child::inner(children), height },
        }
    }

    /// Puts the siblings into which the root has overflowed beside it, and takes roots of one child away.
    fn grow(&mut self, spill: Vec<Child<T>>) {
        if !spill.is_empty() {
            let mut children = vec![std::mem::replace(&mut self.root, Child::leaf(Vec::new()))];
            children.extend(spill);
            self.root = Child::inner(children);
            self.height += 1;
        }
        while let Node::Inner(children) = &*self.root.node
            && children.len() == 1
        {
            self.root = children[0].clone();
            self.height -= 1;
        }
    }

    /// # Panics
    /// Where the tree breaks one of its laws.
    #[cfg(test)]
    pub fn assert_invariants(&self) {
        self.root.assert_invariants(self.height, true);
    }

    /// How many nodes of this tree `other` does not share.
    #[cfg(test)]
    pub fn nodes_not_in(&self, other: &Self) -> usize {
        let mut theirs = std::collections::HashSet::new();
        other.root.visit(&mut |node| {
            theirs.insert(node as *const Node<T>);
        });
        let mut mine = 0;
        self.root.visit(&mut |node| mine += usize::from(!theirs.contains(&(node as *const Node<T>))));
        mine
    }
}
