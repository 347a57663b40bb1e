use std::ops::Range;
use std::sync::Arc;

use super::fs::Stat;
use crate::document::Snapshot;
use crate::source::Kept;

/// The most runs of bytes that are moved in one window, which bounds the memory that telling them apart takes.
const PARTS: usize = if cfg!(test) { 8 } else { 1 << 16 };

/// What of an old file a new one keeps, and what is new in it.
///
/// What is kept is chosen so that both files have it in the same order: the heaviest such choice. Then one rule is
/// enough to move it without a copy. Of two runs of which the first moves right and the second left, or the other way
/// round, neither is written over the other. Of two that move right only the first can hit the second; so what moves
/// right goes last to first, each from its end, and then what moves left goes first to last, each from its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Sorted, both by where it stands and by where it will stand.
    pub kept: Arc<[Kept]>,
    pub old_len: u64,
    pub new_len: u64,
}

impl Layout {
    /// Of `range` of a document that is to become the contents of the file `found`.
    pub fn of(snapshot: &Snapshot, range: &Range<u64>, found: &Stat) -> Self {
        let mut runs: Vec<Kept> = Vec::new();
        snapshot.in_file(range.clone(), &found.identity, &mut |run, place| {
            let Some(from) = place else { return };
            let (to, len) = (run.start - range.start, run.end - run.start);
            match runs.last_mut() {
                Some(last) if last.target().end == to && last.source().end == from => last.len += len,
                _ => runs.push(Kept { from, to, len }),
            }
        });
        Self { kept: heaviest_in_order(runs).into(), old_len: found.len, new_len: range.end - range.start }
    }

    /// The ranges of the new file that are to be written anew, in order.
    pub fn fresh(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        gaps(self.kept.iter().map(Kept::target), self.new_len)
    }

    /// The ranges of the old file that are not kept, in order.
    pub fn removed(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        gaps(self.kept.iter().map(Kept::source), self.old_len)
    }

    /// The ranges of the new file that do not stand there in the old one, in order.
    pub fn changed(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        let stays = self.kept.iter().filter(|kept| kept.from == kept.to);
        gaps(stays.map(Kept::target), self.new_len)
    }

    /// Bytes that are kept in another place.
    pub fn moved(&self) -> u64 {
        self.kept.iter().filter(|kept| kept.from != kept.to).map(|kept| kept.len).sum()
    }

    /// Of what is kept in another place, the bytes that are in holes. `start` is where the new file begins in the document.
    pub fn filled(&self, snapshot: &Snapshot, start: u64) -> u64 {
        let moves = self.kept.iter().filter(|kept| kept.from != kept.to);
        moves
            .map(|kept| {
                let stored = snapshot.stored(start + kept.to..start + kept.target().end);
                kept.len.saturating_sub(stored)
            })
            .sum()
    }

    /// What moves, in the order in which it can, `size` bytes at a time.
    pub fn windows(&self, size: u64) -> Windows<'_> {
        Windows {
            kept: &self.kept,
            size,
            rightward: true,
            next: self.kept.len(),
            done: 0,
            right: u64::MAX,
            left: 0,
        }
    }
}

/// Bytes that are moved together: all of them are read before one is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    pub parts: Vec<Kept>,
    /// When it has moved: of what moves right, everything from here on has.
    pub right: u64,
    /// Of what moves left, everything up to here has.
    pub left: u64,
}

impl Window {
    /// In bytes.
    pub fn len(&self) -> u64 {
        self.parts.iter().map(|part| part.len).sum()
    }
}

/// See [`Layout::windows`].
#[derive(Clone, Debug)]
pub(super) struct Windows<'a> {
    kept: &'a [Kept],
    size: u64,
    /// Is what moves right still going?
    rightward: bool,
    /// One behind the run that is next; of what moves left, the run itself.
    next: usize,
    /// So many bytes of it have had their turn.
    done: u64,
    right: u64,
    left: u64,
}

impl Windows<'_> {
    /// The next part, of at most `room` bytes.
    fn part(&mut self, room: u64) -> Option<Kept> {
        while self.rightward {
            let Some(kept) = self.next.checked_sub(1).map(|last| self.kept[last]) else {
                (self.rightward, self.done) = (false, 0);
                break;
            };
            if kept.to <= kept.from || self.done == kept.len {
                (self.next, self.done) = (self.next - 1, 0);
                continue;
            }
            let len = room.min(kept.len - self.done);
            self.done += len;
            let skipped = kept.len - self.done;
            self.right = kept.from + skipped;
            return Some(Kept { from: kept.from + skipped, to: kept.to + skipped, len });
        }
        loop {
            let kept = self.kept.get(self.next)?;
            if kept.to >= kept.from || self.done == kept.len {
                (self.next, self.done) = (self.next + 1, 0);
                continue;
            }
            let len = room.min(kept.len - self.done);
            let part = Kept { from: kept.from + self.done, to: kept.to + self.done, len };
            self.done += len;
            self.left = part.from + len;
            return Some(part);
        }
    }
}

impl Iterator for Windows<'_> {
    type Item = Window;

    fn next(&mut self) -> Option<Window> {
        let mut parts = Vec::new();
        let mut room = self.size;
        while room > 0
            && parts.len() < PARTS
            && let Some(part) = self.part(room)
        {
            room -= part.len;
            parts.push(part);
        }
        (!parts.is_empty()).then_some(Window { parts, right: self.right, left: self.left })
    }
}

/// What of `0..len` lies between `ranges`, which are sorted.
fn gaps(ranges: impl Iterator<Item = Range<u64>>, len: u64) -> impl Iterator<Item = Range<u64>> {
    let mut end = 0;
    ranges.chain(std::iter::once(len..len)).filter_map(move |range| {
        let gap = end..range.start;
        end = range.end;
        (!gap.is_empty()).then_some(gap)
    })
}

/// Of runs in the order of their targets, those of most bytes whose sources are in the same order and disjoint. Time
/// O(n log n).
fn heaviest_in_order(runs: Vec<Kept>) -> Vec<Kept> {
    if runs.windows(2).all(|pair| pair[0].source().end <= pair[1].from) {
        return runs;
    }
    let mut ends: Vec<u64> = runs.iter().map(|run| run.source().end).collect();
    ends.sort_unstable();
    ends.dedup();
    // A Fenwick tree of maxima: by where a chain ends, the heaviest one and its last run.
    let mut tree = vec![(0_u64, usize::MAX); ends.len() + 1];
    let mut before = vec![usize::MAX; runs.len()];
    let mut heaviest = (0, usize::MAX);
    for (number, run) in runs.iter().enumerate() {
        let mut best = (0, usize::MAX);
        let mut at = ends.partition_point(|end| *end <= run.from);
        while at > 0 {
            best = best.max_by_weight(tree[at]);
            at &= at - 1;
        }
        before[number] = best.1;
        let chain = (best.0 + run.len, number);
        heaviest = heaviest.max_by_weight(chain);
        let mut at = ends.partition_point(|end| *end < run.source().end) + 1;
        while at < tree.len() {
            tree[at] = tree[at].max_by_weight(chain);
            at += at & at.wrapping_neg();
        }
    }
    let mut chosen = Vec::new();
    let mut next = heaviest.1;
    while let Some(run) = runs.get(next) {
        chosen.push(*run);
        next = before[next];
    }
    chosen.reverse();
    chosen
}

/// A chain by its weight.
trait Chain {
    fn max_by_weight(self, other: Self) -> Self;
}

impl Chain for (u64, usize) {
    fn max_by_weight(self, other: Self) -> Self {
        if other.0 > self.0 { other } else { self }
    }
}
