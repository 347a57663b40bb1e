use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{BLOCK, GROUP, LineIndex};
use crate::document::breaks::Breaks;

/// How many blocks to either side of where the person looks are counted before all others.
const NEAR: u64 = 2;

/// Who counts which block, and what came of it.
impl LineIndex {
    pub(in crate::document) fn look_at(&self, offset: u64) {
        self.look_at.store(offset, Ordering::Relaxed);
    }

    /// Bytes at `offset`, which are counted, are lost: what is counted from there on is not what the base holds.
    pub(in crate::document) fn lose(&self, offset: u64) {
        self.lost_from.fetch_min(offset, Ordering::Relaxed);
    }

    /// The first byte that turned out to be lost; `u64::MAX` if none is.
    pub(in crate::document) fn lost_from(&self) -> u64 {
        self.lost_from.load(Ordering::Relaxed)
    }

    /// Takes a block that nobody else counts: the bytes of it that are not counted yet. First those near to
    /// where the person looks, then from the start, since a line number rests on everything before it.
    pub(in crate::document) fn take(&self) -> Option<Range<u64>> {
        let blocks = self.blocks();
        let here = self.look_at.load(Ordering::Relaxed) / self.chunk / BLOCK;
        let near = (0..=NEAR).flat_map(|far| [here.checked_add(far), here.checked_sub(far)]);
        let near = near.flatten().find(|block| *block < blocks && self.take_block(*block));
        let taken = near.or_else(|| {
            let frontier = self.frontier.load(Ordering::Relaxed).min(blocks);
            let mut sweep = (frontier..blocks).chain(0..frontier);
            let block = sweep.find(|block| self.take_block(*block))?;
            self.frontier.store(block + 1, Ordering::Relaxed);
            Some(block)
        })?;
        let from = self.known_to(taken);
        Some(self.range_of(from).start..self.range_of(self.chunks_of(taken).end - 1).end)
    }

    fn take_block(&self, number: u64) -> bool {
        let is_taken = &self.block(number).is_taken;
        if is_taken.load(Ordering::Relaxed)
            || self.is_block_complete(number)
            || is_taken.swap(true, Ordering::Acquire)
        {
            return false;
        }
        // It may have been counted and given back just before.
        let is_complete = self.is_block_complete(number);
        if is_complete {
            is_taken.store(false, Ordering::Release);
        }
        !is_complete
    }

    /// Gives back a block that was taken, counted or not: in a longer base it has more chunks.
    pub(in crate::document) fn give_back(&self, taken: &Range<u64>) {
        let block = taken.start / self.chunk / BLOCK;
        self.block(block).is_taken.store(false, Ordering::Release);
    }

    /// Makes the counts of a chunk known, or that none of several has a newline. `range` continues what is known
    /// of its block, which the caller has taken.
    pub(in crate::document) fn publish(&self, range: Range<u64>, newlines: Breaks) {
        let chunks = range.start / self.chunk..range.end.div_ceil(self.chunk);
        debug_assert!(newlines.is_none() || chunks.end - chunks.start == 1);
        let whole = chunks.end.min(self.whole_chunks());
        let mut at = chunks.start;
        while at < whole {
            let block = self.block(at / BLOCK);
            let start = at / BLOCK * BLOCK;
            let end = (start + BLOCK).min(whole);
            debug_assert_eq!(at, start + block.known(), "chunks are counted in order");
            if !newlines.is_none() {
                let lanes = self.lanes();
                let zeros = || (0..BLOCK as usize * lanes).map(|_| AtomicU32::new(0)).collect();
                let counts = block.counts.get_or_init(zeros);
                for lane in 0..lanes {
                    let newlines = newlines.at(lane as u64);
                    let count = u32::try_from(newlines).unwrap_or(u32::MAX);
                    counts[(at - start) as usize * lanes + lane].store(count, Ordering::Relaxed);
                    block.newlines[lane].fetch_add(newlines, Ordering::Relaxed);
                }
            }
            block.known.store((end - start) as u32, Ordering::Release);
            if end == start + BLOCK {
                let group = &self.groups[(at / BLOCK) as usize / GROUP];
                for (sum, newlines) in group.newlines.iter().zip(&block.newlines) {
                    sum.fetch_add(newlines.load(Ordering::Relaxed), Ordering::Relaxed);
                }
                group.full.fetch_add(1, Ordering::Release);
            }
            at = end;
        }
        if chunks.end > self.whole_chunks() {
            let is_first = self.tail.set(newlines).is_ok();
            debug_assert!(is_first, "a chunk is counted once");
        }
    }
}
