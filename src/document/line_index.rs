//! One newline count per chunk of a base, and nothing per line: 6.5 MB for 100 GiB, whatever its lines.
//!
//! Chunks are counted by any number of threads, each of which takes a block of chunks at a time and counts it
//! in order. What is known is summed up by block (64 MiB) and by group of blocks (4 GiB), so that sums over a
//! whole disk are taken in microseconds, without a lock. A block keeps no counts until it has a newline: holes
//! cost nothing.

mod builder;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

pub use builder::LineIndexBuilder;

/// Bytes that one count covers, in a base of up to 16 TiB.
pub(super) const CHUNK: u64 = 64 << 10;
/// In chunks.
const BLOCK: u64 = if cfg!(test) { 4 } else { 1024 };
/// In blocks.
const GROUP: usize = if cfg!(test) { 4 } else { 64 };
/// Chunks grow beyond it, so that the blocks of a sparse file of exabytes do not fill the memory.
const MOST_CHUNKS: u64 = 1 << 28;
/// So that a count fits in 32 bits.
const LARGEST_CHUNK: u64 = 1 << 31;
/// How many blocks to either side of where the person looks are counted before all others.
const NEAR: u64 = 2;

/// One newline count per 64 KiB chunk of a base; see [`super::Counting`].
#[derive(Debug)]
pub struct LineIndex {
    len: u64,
    /// Bytes per chunk.
    chunk: u64,
    blocks: Box<[Block]>,
    groups: Box<[Group]>,
    /// Where the person looks, an offset in the base.
    look_at: AtomicU64,
    /// The block at which the sweep goes on. Only a hint.
    frontier: AtomicU64,
}

#[derive(Debug, Default)]
struct Block {
    newlines: AtomicU64,
    /// So many chunks from the start of the block are counted. Stored after their counts, by the one thread
    /// that has taken the block.
    known: AtomicU32,
    is_taken: AtomicBool,
    /// Newlines per chunk; absent while all of them are 0.
    counts: OnceLock<Box<[AtomicU32]>>,
}

#[derive(Debug, Default)]
struct Group {
    /// In its complete blocks.
    newlines: AtomicU64,
    /// How many of its blocks are complete.
    complete: AtomicU32,
}

/// What is known of a run of chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub newlines: u64,
    pub known_chunks: u64,
}

/// Where a newline is, as far as counts tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In this chunk, before which there are so many newlines.
    Chunk { chunk: u64, before: u64 },
    /// Behind this chunk, which is not counted, or in it.
    Uncounted { chunk: u64, before: u64 },
    /// There are only so many newlines.
    Beyond { newlines: u64 },
}

impl Block {
    fn known(&self) -> u64 {
        u64::from(self.known.load(Ordering::Acquire))
    }

    /// Newlines of a chunk that is known.
    fn count(&self, chunk: usize) -> u64 {
        let counts = self.counts.get();
        counts.map_or(0, |counts| u64::from(counts[chunk].load(Ordering::Relaxed)))
    }
}

impl LineIndex {
    pub(super) fn new(len: u64) -> Self {
        Self::with_chunk(len, CHUNK)
    }

    /// With chunks of `chunk` bytes, a power of two, or larger ones where there would be too many.
    pub(super) fn with_chunk(len: u64, chunk: u64) -> Self {
        let fewest = len.div_ceil(MOST_CHUNKS).next_power_of_two();
        let chunk = chunk.max(fewest.min(LARGEST_CHUNK));
        let blocks = len.div_ceil(chunk).div_ceil(BLOCK) as usize;
        Self {
            len,
            chunk,
            blocks: (0..blocks).map(|_| Block::default()).collect(),
            groups: (0..blocks.div_ceil(GROUP)).map(|_| Group::default()).collect(),
            look_at: AtomicU64::new(0),
            frontier: AtomicU64::new(0),
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Bytes per chunk.
    pub(super) fn chunk(&self) -> u64 {
        self.chunk
    }

    fn chunks(&self) -> u64 {
        self.len.div_ceil(self.chunk)
    }

    /// The bytes of a chunk.
    pub(super) fn range_of(&self, chunk: u64) -> Range<u64> {
        let start = chunk * self.chunk;
        start..start.saturating_add(self.chunk).min(self.len)
    }

    /// The chunks of a block.
    fn chunks_of(&self, block: usize) -> Range<u64> {
        let start = block as u64 * BLOCK;
        start..(start + BLOCK).min(self.chunks())
    }

    fn blocks_of(&self, group: usize) -> Range<usize> {
        group * GROUP..((group + 1) * GROUP).min(self.blocks.len())
    }

    fn is_block_complete(&self, block: usize) -> bool {
        let chunks = self.chunks_of(block);
        self.blocks[block].known() == chunks.end - chunks.start
    }

    /// The newlines of a group, if all its blocks are complete.
    fn group_newlines(&self, group: usize) -> Option<u64> {
        let sum = &self.groups[group];
        let is_complete = sum.complete.load(Ordering::Acquire) as usize == self.blocks_of(group).len();
        is_complete.then(|| sum.newlines.load(Ordering::Relaxed))
    }

    /// The newlines of a block, if all its chunks are known.
    fn block_newlines(&self, block: usize) -> Option<u64> {
        let is_complete = self.is_block_complete(block);
        is_complete.then(|| self.blocks[block].newlines.load(Ordering::Relaxed))
    }

    /// The newlines of a chunk, if they are known.
    pub(super) fn chunk_newlines(&self, chunk: u64) -> Option<u64> {
        let block = &self.blocks[(chunk / BLOCK) as usize];
        let chunk = chunk % BLOCK;
        (chunk < block.known()).then(|| block.count(chunk as usize))
    }

    pub(super) fn is_complete(&self) -> bool {
        (0..self.groups.len()).all(|group| self.group_newlines(group).is_some())
    }

    /// What is known of `chunks`.
    pub(super) fn sum(&self, chunks: Range<u64>) -> Sum {
        let mut sum = Sum::default();
        let mut at = chunks.start;
        while at < chunks.end {
            let block = (at / BLOCK) as usize;
            let group = block / GROUP;
            let of_group =
                self.chunks_of(group * GROUP).start..self.chunks_of(self.blocks_of(group).end - 1).end;
            let of_block = self.chunks_of(block);
            if of_group.start == at
                && of_group.end <= chunks.end
                && let Some(newlines) = self.group_newlines(group)
            {
                sum.newlines += newlines;
                sum.known_chunks += of_group.end - at;
                at = of_group.end;
            } else if of_block.start == at
                && of_block.end <= chunks.end
                && let Some(newlines) = self.block_newlines(block)
            {
                sum.newlines += newlines;
                sum.known_chunks += of_block.end - at;
                at = of_block.end;
            } else {
                let end = of_block.end.min(chunks.end);
                let known = (of_block.start + self.blocks[block].known()).clamp(at, end);
                for chunk in at..known {
                    sum.newlines += self.blocks[block].count((chunk % BLOCK) as usize);
                }
                sum.known_chunks += known - at;
                at = end;
            }
        }
        sum
    }

    /// What is known of all of the base.
    pub(super) fn total(&self) -> Sum {
        self.sum(0..self.chunks())
    }

    /// The chunk of the newline number `newline` (from 0) at or behind the start of chunk `from`.
    pub(super) fn place(&self, from: u64, newline: u64) -> Place {
        let mut before = 0;
        let mut at = from;
        let mut skips = |newlines: u64| {
            let skips = before + newlines <= newline;
            if skips {
                before += newlines;
            }
            skips
        };
        while at < self.chunks() {
            let block = (at / BLOCK) as usize;
            let group = block / GROUP;
            if at == self.chunks_of(group * GROUP).start && self.group_newlines(group).is_some_and(&mut skips)
            {
                at = self.chunks_of(self.blocks_of(group).end - 1).end;
            } else if at == self.chunks_of(block).start && self.block_newlines(block).is_some_and(&mut skips)
            {
                at = self.chunks_of(block).end;
            } else {
                let of_block = self.chunks_of(block);
                while at < of_block.end {
                    match self.chunk_newlines(at) {
                        Some(newlines) if skips(newlines) => at += 1,
                        Some(_) => return Place::Chunk { chunk: at, before },
                        None => return Place::Uncounted { chunk: at, before },
                    }
                }
            }
        }
        Place::Beyond { newlines: before }
    }

    /// The first byte at `offset` or behind it in a chunk that is not known to hold no newline.
    pub(super) fn skip_forward(&self, offset: u64) -> u64 {
        if offset >= self.len {
            return self.len;
        }
        let from = offset / self.chunk;
        match self.place(from, 0) {
            Place::Chunk { chunk, .. } | Place::Uncounted { chunk, .. } => offset.max(chunk * self.chunk),
            Place::Beyond { .. } => self.len,
        }
    }

    /// The end of the last chunk before `offset` that is not known to hold no newline, or `offset` in it.
    pub(super) fn skip_backward(&self, offset: u64) -> u64 {
        let mut end = offset.div_ceil(self.chunk);
        while end > 0 {
            let block = ((end - 1) / BLOCK) as usize;
            let group = block / GROUP;
            if end == self.chunks_of(self.blocks_of(group).end - 1).end
                && self.group_newlines(group) == Some(0)
            {
                end = self.chunks_of(group * GROUP).start;
            } else if end == self.chunks_of(block).end && self.block_newlines(block) == Some(0) {
                end = self.chunks_of(block).start;
            } else if self.chunk_newlines(end - 1) == Some(0) {
                end -= 1;
            } else {
                return self.range_of(end - 1).end.min(offset);
            }
        }
        0
    }

    pub(super) fn look_at(&self, offset: u64) {
        self.look_at.store(offset, Ordering::Relaxed);
    }

    /// Takes a block that nobody else counts: the bytes of it that are not counted yet. First those near to
    /// where the person looks, then from the start, since a line number rests on everything before it.
    pub(super) fn take(&self) -> Option<Range<u64>> {
        let blocks = self.blocks.len() as u64;
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
        let chunks = self.chunks_of(taken as usize);
        let from = chunks.start + self.blocks[taken as usize].known();
        Some(self.range_of(from).start..self.range_of(chunks.end - 1).end)
    }

    fn take_block(&self, number: u64) -> bool {
        let block = &self.blocks[number as usize];
        !block.is_taken.load(Ordering::Relaxed)
            && !self.is_block_complete(number as usize)
            && !block.is_taken.swap(true, Ordering::Acquire)
    }

    /// Gives back a block, of which something is not counted.
    pub(super) fn give_back(&self, taken: &Range<u64>) {
        let block = taken.start / self.chunk / BLOCK;
        self.blocks[block as usize].is_taken.store(false, Ordering::Release);
    }

    /// Makes the count of a chunk known, or that none of several has a newline. `range` continues what is known
    /// of its block, which the caller has taken.
    pub(super) fn publish(&self, range: Range<u64>, newlines: u64) {
        let chunks = range.start / self.chunk..range.end.div_ceil(self.chunk);
        debug_assert!(newlines == 0 || chunks.end - chunks.start == 1);
        let mut at = chunks.start;
        while at < chunks.end {
            let number = (at / BLOCK) as usize;
            let block = &self.blocks[number];
            let of_block = self.chunks_of(number);
            let end = of_block.end.min(chunks.end);
            debug_assert_eq!(at, of_block.start + block.known(), "chunks are counted in order");
            if newlines > 0 {
                let counts =
                    block.counts.get_or_init(|| of_block.clone().map(|_| AtomicU32::new(0)).collect());
                let count = u32::try_from(newlines).unwrap_or(u32::MAX);
                counts[(at % BLOCK) as usize].store(count, Ordering::Relaxed);
                block.newlines.fetch_add(newlines, Ordering::Relaxed);
            }
            block.known.store((end - of_block.start) as u32, Ordering::Release);
            if end == of_block.end {
                let group = &self.groups[number / GROUP];
                let newlines = block.newlines.load(Ordering::Relaxed);
                group.newlines.fetch_add(newlines, Ordering::Relaxed);
                group.complete.fetch_add(1, Ordering::Release);
            }
            at = end;
        }
    }

    /// Bytes that the counts take.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        let counts = self.blocks.iter().filter(|block| block.counts.get().is_some()).count();
        size_of_val(&*self.blocks)
            + size_of_val(&*self.groups)
            + counts * BLOCK as usize * size_of::<AtomicU32>()
    }
}
