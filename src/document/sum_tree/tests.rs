use proptest::prelude::*;

use super::*;

/// A run of equal letters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    letter: u8,
    len: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sums {
    len: u64,
    /// Of runs of the letter 0.
    zeros: u64,
}

impl Monoid for Sums {
    fn add(&mut self, next: &Self) {
        self.len += next.len;
        self.zeros += next.zeros;
    }
}

impl Item for Run {
    type Summary = Sums;

    fn summary(&self) -> Sums {
        Sums { len: self.len, zeros: if self.letter == 0 { self.len } else { 0 } }
    }

    fn merge(&mut self, next: &Self) -> bool {
        let merges = self.letter == next.letter;
        self.len += if merges { next.len } else { 0 };
        merges
    }
}

type Tree = SumTree<Run>;

fn len(sums: &Sums) -> u64 {
    sums.len
}

fn cut(run: &Run, at: u64) -> (Run, Run) {
    assert!(at > 0 && at < run.len, "only what lies within is cut");
    let part = |len| Run { len, ..run.clone() };
    (part(at), part(run.len - at))
}

fn letters(tree: &Tree) -> Vec<u8> {
    let run = |run: &Run| std::iter::repeat_n(run.letter, run.len as usize);
    tree.iter().flat_map(run).collect()
}

fn tree(letters: &[u8]) -> Tree {
    letters.iter().map(|letter| Run { letter: *letter, len: 1 }).collect()
}

fn check(tree: &Tree, naive: &[u8]) {
    tree.assert_invariants();
    assert_eq!(letters(tree), naive);
}

fn word(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0u8..5, 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn replaces_slices_and_joins_like_a_vector(
        start in word(200),
        steps in prop::collection::vec((any::<u16>(), 0usize..60, word(40), 0u8..4), 1..40),
    ) {
        let mut naive = start.clone();
        let mut tree = tree(&start);
        check(&tree, &naive);
        for (at, many, fresh, what) in steps {
            let from = at as usize % (naive.len() + 1);
            let to = (from + many).min(naive.len());
            let range = from as u64..to as u64;
            let before = tree.clone();
            match what {
                0 => {
                    tree.replace(range, self::tree(&fresh), len, cut);
                    check(&before, &naive);
                    naive.splice(from..to, fresh);
                }
                // In place: nobody else holds the nodes.
                1 => {
                    drop(before);
                    tree.replace(range, self::tree(&fresh[..fresh.len().min(2)]), len, cut);
                    naive.splice(from..to, fresh.into_iter().take(2));
                }
                2 => {
                    let slice = tree.slice(range, len, cut);
                    check(&slice, &naive[from..to]);
                    tree.append(slice);
                    naive.extend_from_within(from..to);
                }
                _ => {
                    let mut right = tree.split_off(from as u64, len, cut);
                    check(&tree, &naive[..from]);
                    check(&right, &naive[from..]);
                    right.append(std::mem::take(&mut tree));
                    tree = right;
                    naive.rotate_left(from);
                }
            }
            check(&tree, &naive);
        }
    }

    #[test]
    fn finds_by_any_metric_and_walks_both_ways(naive in word(200)) {
        let tree = tree(&naive);
        let items: Vec<Run> = tree.iter().cloned().collect();
        for (metric, total) in [
            (len as fn(&Sums) -> u64, naive.len() as u64),
            (|sums: &Sums| sums.zeros, naive.iter().filter(|letter| **letter == 0).count() as u64),
        ] {
            for at in 0..total + 2 {
                let mut before = Sums::default();
                let index = items.iter().position(|item| {
                    let mut behind = before.clone();
                    behind.add(&item.summary());
                    let here = metric(&behind) > at;
                    if !here {
                        before = behind;
                    }
                    here
                });
                let expected = index.map(|index| (&items[index], before.clone()));
                assert_eq!(tree.find(at, metric), expected);
                let (mut cursor, start) = tree.seek(at, metric);
                assert_eq!((cursor.item(), start), (index.map(|index| &items[index]), before));
                let mut back = cursor.clone();
                for item in &items[index.unwrap_or(items.len())..] {
                    assert_eq!(cursor.item(), Some(item));
                    cursor.next();
                }
                assert_eq!(cursor.item(), None);
                for item in items[..index.unwrap_or(items.len())].iter().rev() {
                    assert!(back.prev());
                    assert_eq!(back.item(), Some(item));
                }
                assert!(!back.prev());
            }
        }
    }
}

#[test]
fn a_change_copies_only_the_nodes_of_its_path() {
    let naive: Vec<u8> = (0..3000u32).map(|at| (at % 5) as u8).collect();
    let mut tree = tree(&naive);
    let before = tree.clone();
    tree.replace(1500..1500, self::tree(&[9]), len, cut);
    assert!(tree.nodes_not_in(&before) <= 2 * (tree.height + 1));
    let slice = before.slice(10..2990, len, cut);
    assert!(slice.nodes_not_in(&before) <= 4 * (before.height + 1));
    tree.assert_invariants();
    slice.assert_invariants();
}

#[test]
fn an_empty_tree_is_like_any_other() {
    let mut tree = Tree::default();
    check(&tree, &[]);
    assert_eq!(tree.find(0, len), None);
    let (mut cursor, _) = tree.seek(0, len);
    cursor.next();
    assert!(cursor.item().is_none() && !cursor.prev());
    tree.append(Tree::default());
    tree.replace(0..0, self::tree(&[1, 2]), len, cut);
    check(&tree, &[1, 2]);
    tree.replace(0..2, Tree::default(), len, cut);
    check(&tree, &[]);
}
