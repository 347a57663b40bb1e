use super::node::Node;
use super::{Item, Monoid, SumTree};

/// A place at an item of a tree, or behind the last.
#[derive(Clone, Debug)]
pub struct Cursor<'a, T: Item> {
    /// From the root to a leaf: a node and the index in it; only the last index may be one too large.
    path: Vec<(&'a Node<T>, usize)>,
}

impl<'a, T: Item> Cursor<'a, T> {
    pub(super) fn new(
        tree: &'a SumTree<T>,
        at: u64,
        metric: impl Fn(&T::Summary) -> u64,
    ) -> (Self, T::Summary) {
        let mut before = T::Summary::default();
        let mut path = Vec::with_capacity(tree.height + 1);
        let mut node = &*tree.root.node;
        // Sums of a metric are sums of what it measures, so only the remainder need be carried down.
        let mut rest = at;
        let mut skip = |summary: &T::Summary| {
            let measure = metric(summary);
            let skips = rest >= measure;
            if skips {
                rest -= measure;
                before.add(summary);
            }
            skips
        };
        loop {
            match node {
                Node::Inner(children) => {
                    let all_but_last = &children[..children.len() - 1];
                    let index = all_but_last
                        .iter()
                        .position(|child| !skip(&child.summary))
                        .unwrap_or(all_but_last.len());
                    path.push((node, index));
                    node = &children[index].node;
                }
                Node::Leaf(items) => {
                    let index = items.iter().position(|item| !skip(&item.summary()));
                    path.push((node, index.unwrap_or(items.len())));
                    return (Self { path }, before);
                }
            }
        }
    }

    pub fn item(&self) -> Option<&'a T> {
        match self.path.last() {
            Some((Node::Leaf(items), index)) => items.get(*index),
            _ => None,
        }
    }

    /// Goes to the next item, or behind the last.
    pub fn next(&mut self) {
        let Some(climb) = self.path.iter().rposition(|(node, index)| match node {
            Node::Leaf(items) => index + 1 < items.len(),
            Node::Inner(children) => index + 1 < children.len(),
        }) else {
            if let Some((Node::Leaf(items), index)) = self.path.last_mut() {
                *index = items.len();
            }
            return;
        };
        self.path.truncate(climb + 1);
        self.path[climb].1 += 1;
        self.descend(|_| 0);
    }

    /// Goes to the item before; false, without going anywhere, where there is none.
    pub fn prev(&mut self) -> bool {
        let Some(climb) = self.path.iter().rposition(|(_, index)| *index > 0) else {
            return false;
        };
        self.path.truncate(climb + 1);
        self.path[climb].1 -= 1;
        self.descend(|count| count - 1);
        true
    }

    fn descend(&mut self, index: impl Fn(usize) -> usize) {
        while let Some((Node::Inner(children), at)) = self.path.last() {
            let node = &*children[*at].node;
            let count = match node {
                Node::Leaf(items) => items.len(),
                Node::Inner(children) => children.len(),
            };
            self.path.push((node, index(count)));
        }
    }
}
