use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::lines::{LOOKED_AT, LineFilter, ListedLine};
use crate::document::sum_tree::{Item, Monoid, SumTree};
use crate::document::{EditSet, Snapshot};
use crate::search::Cancelled;
use crate::source::{Cancel, Progress};

/// Bytes of a block.
pub(in crate::editor) const BLOCK: u64 = if cfg!(test) { 32 } else { 1 << 20 };

/// What is listed of a document: some of its places, at most one where a byte stands.
pub(in crate::editor) trait Listing: Send + Sync {
    type Line: Clone;

    /// Those in `block`, in order. Waits for the disk.
    fn lines_in(
        &self,
        snapshot: &Snapshot,
        block: Range<u64>,
        cancel: &Cancel,
    ) -> Result<Vec<Self::Line>, Cancelled>;

    /// Is it one that is looked for, and does not only stand around such?
    fn is_match(_line: &Self::Line) -> bool {
        true
    }

    /// How far from an edit, in bytes, it may change what is listed, besides the line that it is in.
    fn reach(&self) -> u64 {
        0
    }

    /// Where a block ends that starts at `start`.
    fn block_end(&self, _snapshot: &Snapshot, start: u64) -> u64 {
        (start / BLOCK + 1) * BLOCK
    }
}

impl Listing for LineFilter {
    type Line = ListedLine;

    fn lines_in(
        &self,
        snapshot: &Snapshot,
        block: Range<u64>,
        cancel: &Cancel,
    ) -> Result<Vec<ListedLine>, Cancelled> {
        Self::lines_in(self, snapshot, block, cancel)
    }

    fn is_match(line: &ListedLine) -> bool {
        line.is_match
    }

    fn reach(&self) -> u64 {
        Self::reach(self)
    }
}

/// How many of the lines that are listed start in each part of a document: counted by several threads, read while it is
/// made, and kept through edits.
pub(in crate::editor) struct LineTally<F = LineFilter> {
    filter: F,
    state: Mutex<State>,
}

struct State {
    snapshot: Snapshot,
    blocks: SumTree<Block>,
    /// What threads are counting.
    taken: Vec<Range<u64>>,
    /// Goes up by every edit: what was counted before it is not put in after it.
    edition: u64,
}

/// A part of a document.
#[derive(Clone, Debug)]
struct Block {
    /// In bytes.
    len: u64,
    /// How many lines that are listed start in it, if that is known.
    lines: Option<u32>,
    /// How many of these match.
    matches: u32,
}

/// What is known of how many lines there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::editor) struct Total {
    pub lines: u64,
    /// How many of them match, and do not only stand around.
    pub matches: u64,
    /// Is everything counted?
    pub is_complete: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Summary {
    bytes: u64,
    /// Bytes of blocks that are not counted.
    unknown: u64,
    lines: u64,
    matches: u64,
}

impl Monoid for Summary {
    fn add(&mut self, next: &Self) {
        self.bytes += next.bytes;
        self.unknown += next.unknown;
        self.lines += next.lines;
        self.matches += next.matches;
    }
}

impl Item for Block {
    type Summary = Summary;

    fn summary(&self) -> Summary {
        let unknown = if self.lines.is_none() { self.len } else { 0 };
        let (lines, matches) = (self.lines.unwrap_or(0).into(), self.matches.into());
        Summary { bytes: self.len, unknown, lines, matches }
    }

    /// Where no line is listed, or nothing is known, one block is as good as many.
    fn merge(&mut self, next: &Self) -> bool {
        let merges = matches!((self.lines, next.lines), (None, None) | (Some(0), Some(0)));
        if merges {
            self.len += next.len;
        }
        merges
    }
}

impl Block {
    fn cut(&self, at: u64) -> (Self, Self) {
        let lines = self.lines.filter(|lines| *lines == 0);
        (Self { len: at, lines, matches: 0 }, Self { len: self.len - at, lines, matches: 0 })
    }

    fn unknown(len: u64) -> Self {
        Self { len, lines: None, matches: 0 }
    }
}

fn bytes(summary: &Summary) -> u64 {
    summary.bytes
}

fn tree(block: Block) -> SumTree<Block> {
    (block.len > 0).then_some(block).into_iter().collect()
}

/// Edits that are followed one by one.
const MANY: usize = 1000;

impl<F: Listing> LineTally<F> {
    pub fn new(snapshot: Snapshot, filter: F) -> Self {
        let blocks = tree(Block::unknown(snapshot.len()));
        Self { filter, state: Mutex::new(State { snapshot, blocks, taken: Vec::new(), edition: 0 }) }
    }

    pub fn filter(&self) -> &F {
        &self.filter
    }

    /// How many lines are known to be listed.
    pub fn total(&self) -> Total {
        let state = self.lock();
        let Summary { lines, matches, unknown, .. } = *state.blocks.summary();
        Total { lines, matches, is_complete: unknown == 0 }
    }

    /// Bytes that are not counted yet.
    pub fn remaining(&self) -> u64 {
        self.lock().blocks.summary().unknown
    }

    /// The document was edited: `edits` lead from the contents so far to those of `snapshot`. Time in proportion to the
    /// edits, of which a thousand are followed.
    pub fn edit(&self, edits: &EditSet, snapshot: Snapshot) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let old_len = state.blocks.summary().bytes;
        let mut forget = |touched: Range<u64>, new: Range<u64>| {
            let unknown = |range: &Range<u64>| tree(Block::unknown(range.end - range.start));
            state.blocks.replace(touched, unknown(&new), bytes, Block::cut);
            // What goes on here, what starts behind, and what it is decided for.
            let reach = self.filter.reach();
            let start = new.start.saturating_sub(LOOKED_AT + BLOCK + reach);
            let around = start..(new.end + 2 + reach).min(state.blocks.summary().bytes);
            state.blocks.replace(around.clone(), unknown(&around), bytes, Block::cut);
        };
        if edits.len() > MANY {
            // Everything behind the first.
            let start = edits.ranges().next().map_or(0, |(old, _)| old.start);
            forget(start..old_len, start..snapshot.len());
        } else {
            for (old, new) in edits.ranges() {
                // What lies before is new already, what lies behind is still old.
                forget(new.start..new.start + (old.end - old.start), new);
            }
        }
        debug_assert_eq!(state.blocks.summary().bytes, snapshot.len());
        state.snapshot = snapshot;
        state.edition += 1;
        state.taken.clear();
    }

    /// Counts until there is nothing left that no other thread counts, or until cancelled. Adds bytes to `progress`.
    pub fn run(&self, cancel: &Cancel, progress: &Progress) {
        while let Some((snapshot, range, edition)) = self.take() {
            let counted = self.filter.lines_in(&snapshot, range.clone(), cancel);
            let mut state = self.lock();
            if state.edition == edition {
                state.taken.retain(|taken| *taken != range);
            }
            let Ok(lines) = counted else { return };
            if state.edition == edition {
                let len = range.end - range.start;
                let matches = lines.iter().filter(|line| F::is_match(line)).count() as u32;
                let block = Block { len, lines: Some(lines.len() as u32), matches };
                state.blocks.replace(range, tree(block), bytes, Block::cut);
                progress.add(len);
            }
        }
    }

    /// The next block to count, from the start of the document.
    fn take(&self) -> Option<(Snapshot, Range<u64>, u64)> {
        let mut state = self.lock();
        let mut at = 0;
        loop {
            let (block, before) = state.blocks.find(at, bytes)?;
            let is_unknown = block.lines.is_none();
            let open = before.unknown + if is_unknown { at - before.bytes } else { 0 };
            let (block, before) = state.blocks.find(open, |summary: &Summary| summary.unknown)?;
            let start = before.bytes.max(at);
            if let Some(taken) = state.taken.iter().find(|taken| taken.contains(&start)) {
                at = taken.end;
                continue;
            }
            let next = state.taken.iter().map(|taken| taken.start).filter(|next| *next > start).min();
            let end = self.filter.block_end(&state.snapshot, start);
            let range = start..end.min(before.bytes + block.len).min(next.unwrap_or(u64::MAX));
            state.taken.push(range.clone());
            return Some((state.snapshot.clone(), range, state.edition));
        }
    }

    /// How many lines are known to be listed that start in the blocks before the one that holds `at`.
    pub fn lines_before(&self, at: u64) -> u64 {
        let (_, blocks) = self.now();
        blocks.find(at, bytes).map_or(blocks.summary().lines, |(_, before)| before.lines)
    }

    /// How many lines that match start in each of `parts` equal parts of the document, by its blocks: one that takes
    /// several parts counts in all of them.
    pub fn density(&self, parts: usize) -> Vec<u64> {
        let (_, blocks) = self.now();
        let all = blocks.summary();
        if all.matches == 0 {
            return Vec::new();
        }
        let edge = |part: usize| (u128::from(all.bytes) * part as u128 / parts.max(1) as u128) as u64;
        let before = |at: u64| blocks.find(at, bytes).map_or(all.matches, |(_, before)| before.matches);
        let here = |at: u64| blocks.find(at, bytes).map_or(0, |(block, _)| block.matches.into());
        let count = |part| (before(edge(part + 1)) - before(edge(part))).max(here(edge(part)));
        (0..parts).map(count).collect()
    }

    /// The lines that are listed, `most` of them from number `first` on, by what is known; and in which contents. Waits
    /// for the disk.
    pub fn lines(
        &self,
        first: u64,
        most: usize,
        cancel: &Cancel,
    ) -> Result<(Snapshot, Vec<F::Line>), Cancelled> {
        let (snapshot, blocks) = self.now();
        let mut lines = Vec::new();
        let mut number = first;
        while lines.len() < most
            && let Some((block, before)) = blocks.find(number, |summary: &Summary| summary.lines)
        {
            let range = before.bytes..before.bytes + block.len;
            let found = self.filter.lines_in(&snapshot, range, cancel)?;
            let skipped = (number - before.lines) as usize;
            lines.extend(found.into_iter().skip(skipped));
            number = before.lines + u64::from(block.lines.unwrap_or(0));
        }
        lines.truncate(most);
        Ok((snapshot, lines))
    }

    /// Calls `visit` with every line that is known to be listed, in order; tells in which contents.
    pub fn all(
        &self,
        cancel: &Cancel,
        progress: &Progress,
        mut visit: impl FnMut(&Snapshot, F::Line),
    ) -> Result<Snapshot, Cancelled> {
        let (snapshot, blocks) = self.now();
        let mut at = 0;
        for block in blocks.iter() {
            if block.lines.is_some_and(|lines| lines > 0) {
                for line in self.filter.lines_in(&snapshot, at..at + block.len, cancel)? {
                    visit(&snapshot, line);
                }
            }
            at += block.len;
            progress.add(block.len);
        }
        Ok(snapshot)
    }

    fn now(&self) -> (Snapshot, SumTree<Block>) {
        let state = self.lock();
        (state.snapshot.clone(), state.blocks.clone())
    }

    /// A thread that panicked has left the blocks as they were before or after a step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Listing> fmt::Debug for LineTally<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.total())
    }
}
