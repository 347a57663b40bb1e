use std::fmt;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::blocks::{Block, Blocks, carry};
use super::pattern::{CONTEXT, Compiled, Pattern};
use super::reader::hole_at;
use super::scan::{Cancelled, Scan};
use super::stored::Stored;
use crate::document::{EditSet, Snapshot, Window};
use crate::source::{Cancel, Progress};

/// The count of all matches of a pattern in a document: made by several threads, read while it is made, and kept
/// through edits.
///
/// Each thread that calls [`Tally::run`] takes the next stretch that nobody counts, nearest to [`Tally::look_at`]
/// first. Its lock is held for the time of a step in a tree, never while something is read.
pub struct Tally {
    pattern: Pattern,
    /// What only is counted, as if no match could reach beyond it.
    within: Option<Range<u64>>,
    state: Mutex<State>,
    near: AtomicU64,
}

struct State {
    snapshot: Snapshot,
    blocks: Blocks,
    /// What threads are counting.
    taken: Vec<Range<u64>>,
    /// Goes up by every edit: what was counted before it is not put in after it.
    edition: u64,
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by blocks", self.blocks().total())
    }
}

/// A stretch for one thread.
struct Stretch {
    snapshot: Snapshot,
    range: Range<u64>,
    entry: u32,
    edition: u64,
}

impl Tally {
    /// Nothing is counted yet.
    pub fn new(snapshot: Snapshot, pattern: Pattern) -> Self {
        Self::of(snapshot, pattern, None)
    }

    /// The matches that lie in `within`, which is not empty and stays what it is: this one cannot follow edits.
    pub fn within(snapshot: Snapshot, pattern: Pattern, within: Range<u64>) -> Self {
        let end = within.end.min(snapshot.len());
        Self::of(snapshot, pattern, Some(within.start.min(end)..end))
    }

    fn of(snapshot: Snapshot, pattern: Pattern, within: Option<Range<u64>>) -> Self {
        let compiled = &pattern.0;
        let longest =
            compiled.longest.map_or(compiled.sizes.longest.saturating_mul(2), |longest| longest as u64);
        let len = snapshot.len();
        let unknown = within.clone().unwrap_or(0..len);
        let blocks = Blocks::unknown(unknown, len, longest.saturating_add(CONTEXT));
        let state = State { snapshot, blocks, taken: Vec::new(), edition: 0 };
        Self { pattern, within, state: Mutex::new(state), near: AtomicU64::new(0) }
    }

    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// What is counted so far; constant time.
    pub fn blocks(&self) -> Blocks {
        self.lock().blocks.clone()
    }

    /// The contents that [`Tally::blocks`] are of.
    pub fn snapshot(&self) -> Snapshot {
        self.lock().snapshot.clone()
    }

    /// Where the person looks: what lies there and behind is counted next.
    pub fn look_at(&self, offset: u64) {
        self.near.store(offset, Ordering::Relaxed);
    }

    /// The document was edited: `edits` lead from the contents so far to those of `snapshot`. Call [`Tally::run`] to
    /// count what they touched. Time in proportion to the edits, of which a thousand are followed.
    pub fn edit(&self, edits: &EditSet, snapshot: Snapshot) {
        let mut state = self.lock();
        state.blocks.edit(edits, snapshot.len());
        debug_assert_eq!(state.blocks.len(), snapshot.len());
        state.snapshot = snapshot;
        state.edition += 1;
        state.taken.clear();
    }

    /// Counts until there is nothing left that no other thread counts, or until cancelled. Adds bytes to `progress`.
    pub fn run(&self, cancel: &Cancel, progress: &Progress) {
        while !cancel.is_cancelled()
            && let Some(stretch) = self.take()
        {
            let edition = stretch.edition;
            let start = stretch.range.start;
            if self.count_stretch(stretch, cancel, progress).is_err() {
                self.give_back(start, edition);
                return;
            }
            self.give_back(start, edition);
        }
    }

    /// Which match it is that starts at `at`, counted from 0; `None` if none does, or if not everything before it is
    /// counted. Searches one block, waiting for the disk.
    pub fn number_of(&self, at: u64, cancel: &Cancel) -> Result<Option<u64>, Cancelled> {
        let (snapshot, blocks) = self.now();
        if blocks.is_empty() {
            return Ok(self.count_of_nothing().checked_sub(1).filter(|_| at == 0));
        }
        // An empty match may stand at the end, with the last block.
        let Some((range, block)) = blocks.block_at(at.min(self.limit(snapshot.len()).saturating_sub(1)))
        else {
            return Ok(None);
        };
        let (before, is_known) = blocks.count_in(0..range.start);
        if !is_known || block.count.is_none() {
            return Ok(None);
        }
        let progress = Progress::default();
        let mut scan = self.scan(&snapshot, range, block.entry, cancel, &progress);
        let mut number = before;
        while let Some(found) = scan.next()? {
            if found.start >= at {
                return Ok((found.start == at).then_some(number));
            }
            number += 1;
        }
        Ok(None)
    }

    /// Match number `number`, counted from 0 over what is counted so far. Searches one block, waiting for the disk.
    pub fn nth(&self, number: u64, cancel: &Cancel) -> Result<Option<Range<u64>>, Cancelled> {
        let (snapshot, blocks) = self.now();
        let Some((range, block, before)) = blocks.block_of(number) else { return Ok(None) };
        let progress = Progress::default();
        let mut scan = self.scan(&snapshot, range, block.entry, cancel, &progress);
        for _ in before..number {
            scan.next()?;
        }
        scan.next()
    }

    /// How many matches are counted so far, and whether these are all.
    pub fn count(&self) -> (u64, bool) {
        let blocks = self.blocks();
        if blocks.is_empty() {
            (self.count_of_nothing(), true)
        } else {
            (blocks.total(), blocks.is_complete())
        }
    }

    /// In an empty document, which is no block, there may be an empty match.
    fn count_of_nothing(&self) -> u64 {
        let nothing = Window { start: 0, bytes: Vec::new(), gaps: Vec::new() };
        self.pattern.matches_in(&nothing, 0..0, 1, 0).len() as u64
    }

    /// Matches end here or before, in a document of `len` bytes.
    fn limit(&self, len: u64) -> u64 {
        self.within.as_ref().map_or(len, |within| within.end)
    }

    fn now(&self) -> (Snapshot, Blocks) {
        let state = self.lock();
        (state.snapshot.clone(), state.blocks.clone())
    }

    /// The matches of a block.
    fn scan<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        range: Range<u64>,
        entry: u32,
        cancel: &'a Cancel,
        progress: &'a Progress,
    ) -> Scan<'a> {
        let pattern = &*self.pattern.0;
        let limit = self.limit(snapshot.len());
        let stop = stop(range.end, limit);
        let mut scan = Scan::starting_in(snapshot, pattern, range.start..stop, limit, cancel, progress);
        if entry > 0 {
            scan.resume(range.start + u64::from(entry) - u64::from(pattern.can_be_empty));
        }
        scan
    }

    fn count_stretch(&self, stretch: Stretch, cancel: &Cancel, progress: &Progress) -> Result<(), Cancelled> {
        let Stretch { snapshot, range, entry, edition } = stretch;
        let pattern = &*self.pattern.0;
        if !pattern.begins_in_holes
            && let Some(hole) = hole_at(&snapshot, range.start)
            && hole > range.start + pattern.sizes.block
        {
            let end = self.extend(&range, hole, edition);
            let len = end - range.start;
            progress.add(len);
            let block = Block { len, count: Some(0), lost: 0, entry, exit: carry(entry, len) };
            self.put(range.start, block, edition);
            return Ok(());
        }
        let limit = self.limit(snapshot.len());
        let start = self.count_stored(&snapshot, &range, edition, cancel, progress);
        if cancel.is_cancelled() {
            return Err(Cancelled);
        }
        let (mut at, mut entry, mut losses) = (start, if start > range.start { 0 } else { entry }, 0);
        let mut scan = self.scan(&snapshot, at..at, entry, cancel, progress);
        while at < range.end {
            let end = (at - at % pattern.sizes.block).saturating_add(pattern.sizes.block).min(range.end);
            scan.go_on_to(stop(end, limit));
            let mut count = 0;
            while scan.next()?.is_some() {
                count += 1;
            }
            // What lies behind a part that only is counted has nothing to do with it.
            let is_last = self.within.is_some() && end == limit;
            let exit = if is_last { 0 } else { exit(pattern, &scan, end) };
            let lost = scan.losses() - losses;
            losses = scan.losses();
            let block = Block { len: end - at, count: Some(count), lost, entry, exit };
            if !self.put(at, block, edition) {
                return Ok(());
            }
            (at, entry) = (end, exit);
        }
        Ok(())
    }

    /// Counts where the bytes are stored, which is fastest, from the start of `range` up to where this is possible. Gives
    /// how far it came.
    fn count_stored(
        &self,
        snapshot: &Snapshot,
        range: &Range<u64>,
        edition: u64,
        cancel: &Cancel,
        progress: &Progress,
    ) -> u64 {
        let pattern = &*self.pattern.0;
        let block = pattern.sizes.block;
        let starts = match self.within {
            Some(_) => {
                range.start..range.end.min(pattern.starts_end(self.limit(snapshot.len()))).max(range.start)
            }
            None => range.clone(),
        };
        // What overlaps depends on where the last match before ended.
        let stored = pattern.is_disjoint.then(|| Stored::at(snapshot, pattern, starts)).flatten();
        let Some(stored) = stored.filter(|stored| stored.len() >= block.min(range.end - range.start)) else {
            return range.start;
        };
        let mut at = range.start;
        let mut publish = |len: u64, count: u64| {
            let block = Block { len, count: Some(count as u32), lost: 0, entry: 0, exit: 0 };
            if !self.put(at, block, edition) {
                return ControlFlow::Break(());
            }
            at += len;
            progress.add(len);
            if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let _ = stored.count(block, &mut publish);
        at
    }

    /// The next stretch to count.
    fn take(&self) -> Option<Stretch> {
        let mut state = self.lock();
        let sizes = self.pattern.0.sizes;
        let near = self.near.load(Ordering::Relaxed).min(state.blocks.len().saturating_sub(1));
        for (from, until) in [(near, u64::MAX), (0, near)] {
            let mut at = from;
            while at < until.min(state.blocks.len())
                && let Some((mut range, mut entry)) = state.blocks.first_open(at)
            {
                let is_unknown =
                    state.blocks.block_at(range.start).is_some_and(|(_, block)| block.count.is_none());
                if is_unknown && range.start < at {
                    (range.start, entry) = (at, None);
                }
                if range.start >= until {
                    break;
                }
                if let Some(taken) = state.taken.iter().find(|taken| taken.contains(&range.start)) {
                    // A known block may begin before what is looked at.
                    at = if is_unknown { taken.end } else { taken.end.max(range.end) };
                    continue;
                }
                let next =
                    state.taken.iter().map(|taken| taken.start).filter(|start| *start > range.start).min();
                let run = range.start - range.start % sizes.block + sizes.block * sizes.run;
                if is_unknown {
                    range.end = range.end.min(run).min(next.unwrap_or(u64::MAX));
                }
                state.taken.push(range.clone());
                return Some(Stretch {
                    snapshot: state.snapshot.clone(),
                    range,
                    entry: entry.unwrap_or(0),
                    edition: state.edition,
                });
            }
        }
        None
    }

    /// Takes more: up to `end`, or to what another thread counts, or to what is known.
    fn extend(&self, range: &Range<u64>, end: u64, edition: u64) -> u64 {
        let mut state = self.lock();
        if state.edition != edition {
            return range.end;
        }
        let unknown = match state.blocks.block_at(range.start) {
            Some((block, Block { count: None, .. })) => block.end,
            _ => range.end,
        };
        let next = state.taken.iter().map(|taken| taken.start).filter(|start| *start > range.start).min();
        let end = end.min(unknown).min(next.unwrap_or(u64::MAX));
        if let Some(taken) = state.taken.iter_mut().find(|taken| taken.start == range.start) {
            taken.end = end;
        }
        end
    }

    /// Puts a counted block in, unless the document was edited since it was taken.
    fn put(&self, start: u64, block: Block, edition: u64) -> bool {
        let mut state = self.lock();
        let is_current = state.edition == edition;
        if is_current {
            state.blocks.put(start, vec![block]);
        }
        is_current
    }

    fn give_back(&self, start: u64, edition: u64) {
        let mut state = self.lock();
        if state.edition == edition {
            state.taken.retain(|taken| taken.start != start);
        }
    }

    /// A thread that panicked has left the blocks as they were before or after a step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Matches that start before this belong to a block that ends at `end`: the last one has the empty one at the limit.
fn stop(end: u64, limit: u64) -> u64 {
    if end == limit { limit + 1 } else { end }
}

/// By how much the last match reaches beyond `end`; see [`Block::entry`].
///
/// Where candidates do not overlap, it does not matter to the next block.
fn exit(pattern: &Compiled, scan: &Scan<'_>, end: u64) -> u32 {
    if pattern.is_disjoint {
        return 0;
    }
    match scan.last_end() {
        Some(last) if last >= end => (last - end) as u32 + u32::from(pattern.can_be_empty),
        _ => 0,
    }
}
