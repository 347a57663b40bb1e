//! One newline count per chunk of a base, and nothing per line: 6.5 MB for 100 GiB, whatever its lines. Line breaks of
//! two bytes have two counts, for even and for odd offsets, because an odd insertion before them changes which of
//! them are line breaks; each belongs to the chunk in which it starts.
//!
//! Chunks are counted by any number of threads, each of which takes a block of chunks at a time and counts it
//! in order. What is known is summed up by block (64 MiB) and by group of blocks (4 GiB), so that sums over a
//! whole disk are taken in microseconds, without a lock. A block keeps no counts until it has a newline: holes
//! cost nothing.
//!
//! A base that gets longer has a longer index, which shares all counts of whole chunks with the shorter one: what
//! is counted for one of them is known to both. Only the last chunk, as long as its count may change, is each one's own.

mod builder;
mod cached;
mod claims;
mod sweep;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

pub use builder::LineIndexBuilder;
pub use cached::{checksum, sampled_checksum};
pub(super) use sweep::Sweep;

use super::breaks::Breaks;
use super::line_break::LineBreak;

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

/// One newline count per 64 KiB chunk of a base; see [`super::Counting`]. Clones share what is counted.
#[derive(Debug)]
pub struct LineIndex {
    line_break: LineBreak,
    len: u64,
    /// Bytes per chunk.
    chunk: u64,
    groups: Vec<Arc<Group>>,
    /// The first byte that was to be counted and turned out to be lost; `u64::MAX` if none did.
    lost_from: Arc<AtomicU64>,
    /// Newlines of the last chunk, if it is not one of the whole ones.
    tail: OnceLock<Breaks>,
    /// Where the person looks, an offset in the base.
    look_at: AtomicU64,
    /// The block at which the sweep goes on. Only a hint.
    frontier: AtomicU64,
}

/// What is counted of whole chunks, whatever the length of the base.
#[derive(Debug)]
struct Group {
    /// In its full blocks.
    newlines: [AtomicU64; 2],
    /// How many of its blocks are full.
    full: AtomicU32,
    blocks: [Block; GROUP],
}

#[derive(Debug, Default)]
struct Block {
    /// At even and at odd offsets; at either, for line breaks of one byte, in the first.
    newlines: [AtomicU64; 2],
    /// So many chunks from the start of the block are counted. Stored after their counts, by the one thread
    /// that has taken the block.
    known: AtomicU32,
    is_taken: AtomicBool,
    /// Newlines per chunk, one or two counts; absent while all of them are 0.
    counts: OnceLock<Box<[AtomicU32]>>,
}

/// What is known of a run of chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub newlines: Breaks,
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

impl Default for Group {
    fn default() -> Self {
        let blocks = std::array::from_fn(|_| Block::default());
        Self { newlines: Default::default(), full: AtomicU32::default(), blocks }
    }
}

impl Block {
    fn known(&self) -> u64 {
        u64::from(self.known.load(Ordering::Acquire))
    }
}

impl Clone for LineIndex {
    fn clone(&self) -> Self {
        self.extended(self.len)
    }
}

impl LineIndex {
    pub(super) fn new(len: u64, line_break: LineBreak) -> Self {
        Self::with_chunk(len, CHUNK, line_break)
    }

    /// With chunks of `chunk` bytes, a power of two, or larger ones where there would be too many.
    pub(super) fn with_chunk(len: u64, chunk: u64, line_break: LineBreak) -> Self {
        Self::over(len, chunk.max(fewest_bytes(len)), line_break, Vec::new())
    }

    /// An index of the same base, of which nothing is counted, for other line breaks.
    pub(super) fn of_other(&self, line_break: LineBreak) -> Self {
        Self::over(self.len, self.chunk, line_break, Vec::new())
    }

    /// The index of a base of `len` bytes that starts with the bytes of this one. Time in proportion to the groups, of
    /// 4 GiB each: nothing is counted again but the last chunk, if it was not whole.
    ///
    /// # Panics
    /// Where `len` is less.
    pub(super) fn extended(&self, len: u64) -> Self {
        assert!(len >= self.len, "a base only gets longer");
        if fewest_bytes(len) > self.chunk {
            return Self::new(len, self.line_break);
        }
        let mut index = Self::over(len, self.chunk, self.line_break, self.groups.clone());
        index.lost_from = Arc::clone(&self.lost_from);
        index.look_at = AtomicU64::new(self.look_at.load(Ordering::Relaxed));
        index.frontier = AtomicU64::new(self.frontier.load(Ordering::Relaxed));
        if len == self.len {
            index.tail = self.tail.clone();
        }
        index
    }

    /// The index of a base of `len` bytes that has the bytes of `stays`, sorted and disjoint, where this one has them: what
    /// is counted of them is not counted again, up to the first chunk of each block that holds anything else. Time in
    /// proportion to the groups and to the chunks of those that hold anything else.
    pub(super) fn carried(&self, len: u64, stays: &[Range<u64>]) -> Self {
        if fewest_bytes(len) > self.chunk {
            return Self::new(len, self.line_break);
        }
        // A line break may end in the chunk behind.
        let reach = self.line_break.width() - 1;
        let stays_whole = |range: Range<u64>, is_end: bool| {
            let end = if is_end { range.end } else { range.end + reach };
            let stay = stays.partition_point(|stay| stay.end <= range.start);
            stays.get(stay).is_some_and(|stay| stay.start <= range.start && end <= stay.end)
        };
        let mut index = Self::over(len, self.chunk, self.line_break, Vec::new());
        index.look_at = AtomicU64::new(self.look_at.load(Ordering::Relaxed));
        let whole = index.whole_chunks().min(self.whole_chunks());
        for group in 0..index.groups.len().min(self.groups.len()) {
            let chunks = (group * GROUP) as u64 * BLOCK..((group + 1) * GROUP) as u64 * BLOCK;
            if chunks.end <= whole && stays_whole(chunks.start * self.chunk..chunks.end * self.chunk, false) {
                index.groups[group] = Arc::clone(&self.groups[group]);
                continue;
            }
            for block in chunks.start / BLOCK..chunks.end.min(whole).div_ceil(BLOCK) {
                for chunk in block * BLOCK..((block + 1) * BLOCK).min(whole) {
                    let range = self.range_of(chunk);
                    match self.chunk_newlines(chunk).filter(|_| stays_whole(range.clone(), false)) {
                        Some(newlines) => index.publish(range, newlines),
                        None => break,
                    }
                }
            }
        }
        // Of a block it is known how far it is counted: the tail cannot be known before what stands before it.
        let tail = self.chunks().saturating_sub(1);
        let is_next = len == self.len && len > 0 && index.known_to(tail / BLOCK) == tail;
        if is_next
            && let Some(newlines) = self.tail.get()
            && stays_whole(self.range_of(self.chunks() - 1), true)
        {
            index.tail = (*newlines).into();
        }
        index
    }

    fn over(len: u64, chunk: u64, line_break: LineBreak, mut groups: Vec<Arc<Group>>) -> Self {
        let blocks = len.div_ceil(chunk).div_ceil(BLOCK) as usize;
        groups.resize_with(blocks.div_ceil(GROUP), Arc::default);
        Self {
            line_break,
            len,
            chunk,
            groups,
            lost_from: Arc::new(AtomicU64::new(u64::MAX)),
            tail: OnceLock::new(),
            look_at: AtomicU64::new(0),
            frontier: AtomicU64::new(0),
        }
    }

    /// What it counts.
    pub fn line_break(&self) -> LineBreak {
        self.line_break
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

    /// How many chunks are whole, so that their counts stay what they are when the base gets longer. A line break of
    /// two bytes may start with the last byte that there is.
    fn whole_chunks(&self) -> u64 {
        self.len.saturating_sub(self.line_break.width() - 1) / self.chunk
    }

    /// How many counts a chunk has.
    fn lanes(&self) -> usize {
        self.line_break.width() as usize
    }

    fn load(&self, newlines: &[AtomicU64; 2]) -> Breaks {
        let [even, odd] = newlines.each_ref().map(|newlines| newlines.load(Ordering::Relaxed));
        if self.lanes() == 1 { Breaks::both(even) } else { Breaks::new(even, odd) }
    }

    /// Newlines of a whole chunk that is known.
    fn count(&self, chunk: u64) -> Breaks {
        let Some(counts) = self.block(chunk / BLOCK).counts.get() else {
            return Breaks::default();
        };
        let at = (chunk % BLOCK) as usize * self.lanes();
        let count = |lane: usize| u64::from(counts[at + lane].load(Ordering::Relaxed));
        if self.lanes() == 1 { Breaks::both(count(0)) } else { Breaks::new(count(0), count(1)) }
    }

    fn blocks(&self) -> u64 {
        self.chunks().div_ceil(BLOCK)
    }

    fn block(&self, number: u64) -> &Block {
        let number = number as usize;
        &self.groups[number / GROUP].blocks[number % GROUP]
    }

    /// The bytes of a chunk.
    pub(super) fn range_of(&self, chunk: u64) -> Range<u64> {
        let start = chunk * self.chunk;
        start..start.saturating_add(self.chunk).min(self.len)
    }

    /// The chunks of a block.
    fn chunks_of(&self, block: u64) -> Range<u64> {
        let start = block * BLOCK;
        start..(start + BLOCK).min(self.chunks())
    }

    /// The chunks of a group.
    fn chunks_in(&self, group: usize) -> Range<u64> {
        let start = (group * GROUP) as u64 * BLOCK;
        start..(start + GROUP as u64 * BLOCK).min(self.chunks())
    }

    /// Up to which chunk a block is counted.
    fn known_to(&self, block: u64) -> u64 {
        let chunks = self.chunks_of(block);
        let whole = chunks.end.min(self.whole_chunks());
        let known = (chunks.start + self.block(block).known()).min(whole);
        if known == whole && self.tail.get().is_some() { chunks.end } else { known }
    }

    fn is_block_complete(&self, block: u64) -> bool {
        self.known_to(block) == self.chunks_of(block).end
    }

    /// The newlines of a group that is full and counted.
    fn group_newlines(&self, group: usize) -> Option<Breaks> {
        let sum = &self.groups[group];
        let is_full = sum.full.load(Ordering::Acquire) as usize == GROUP
            && ((group + 1) * GROUP) as u64 * BLOCK <= self.whole_chunks();
        is_full.then(|| self.load(&sum.newlines))
    }

    /// The newlines of a block that is full and counted.
    fn block_newlines(&self, block: u64) -> Option<Breaks> {
        let is_full = self.block(block).known() == BLOCK && (block + 1) * BLOCK <= self.whole_chunks();
        is_full.then(|| self.load(&self.block(block).newlines))
    }

    /// The newlines of a chunk, if they are known.
    pub(super) fn chunk_newlines(&self, chunk: u64) -> Option<Breaks> {
        if chunk >= self.whole_chunks() {
            return self.tail.get().copied();
        }
        (chunk % BLOCK < self.block(chunk / BLOCK).known()).then(|| self.count(chunk))
    }

    pub(super) fn is_complete(&self) -> bool {
        (0..self.groups.len()).all(|group| {
            let chunks = self.chunks_in(group);
            let mut blocks = chunks.start / BLOCK..chunks.end.div_ceil(BLOCK);
            self.group_newlines(group).is_some() || blocks.all(|block| self.is_block_complete(block))
        })
    }

    /// What is known of `chunks`.
    pub(super) fn sum(&self, chunks: Range<u64>) -> Sum {
        let mut sum = Sum::default();
        let mut at = chunks.start;
        while at < chunks.end {
            let block = at / BLOCK;
            let group = block as usize / GROUP;
            let (of_group, of_block) = (self.chunks_in(group), self.chunks_of(block));
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
                let known = self.known_to(block).clamp(at, end);
                for newlines in (at..known).filter_map(|chunk| self.chunk_newlines(chunk)) {
                    sum.newlines += newlines;
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

    /// The chunk of the newline number `newline` (from 0) at or behind the start of chunk `from`, of those at even or odd
    /// offsets, as `parity` is.
    pub(super) fn place(&self, from: u64, parity: u64, newline: u64) -> Place {
        let mut before = 0;
        let mut at = from;
        let mut skips = |newlines: Breaks| {
            let newlines = newlines.at(parity);
            let skips = before + newlines <= newline;
            if skips {
                before += newlines;
            }
            skips
        };
        while at < self.chunks() {
            let block = at / BLOCK;
            let group = block as usize / GROUP;
            if at == self.chunks_in(group).start && self.group_newlines(group).is_some_and(&mut skips) {
                at = self.chunks_in(group).end;
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

    /// The first byte at `offset` or behind it in a chunk that is not known to hold no newline; of `parity`.
    pub(super) fn skip_forward(&self, offset: u64, parity: u64) -> u64 {
        if offset >= self.len {
            return self.len;
        }
        let from = offset / self.chunk;
        match self.place(from, parity, 0) {
            Place::Chunk { chunk, .. } | Place::Uncounted { chunk, .. } => offset.max(chunk * self.chunk),
            Place::Beyond { .. } => self.len,
        }
    }

    /// The end of the last chunk before `offset` that is not known to hold no newline, or `offset` in it; of `parity`.
    pub(super) fn skip_backward(&self, offset: u64, parity: u64) -> u64 {
        let is_none = |newlines: Option<Breaks>| newlines.is_some_and(|newlines| newlines.at(parity) == 0);
        let mut end = offset.div_ceil(self.chunk);
        while end > 0 {
            let block = (end - 1) / BLOCK;
            let group = block as usize / GROUP;
            if end == self.chunks_in(group).end && is_none(self.group_newlines(group)) {
                end = self.chunks_in(group).start;
            } else if end == self.chunks_of(block).end && is_none(self.block_newlines(block)) {
                end = self.chunks_of(block).start;
            } else if is_none(self.chunk_newlines(end - 1)) {
                end -= 1;
            } else {
                return self.range_of(end - 1).end.min(offset);
            }
        }
        0
    }

    /// Bytes that the counts take.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        let blocks = self.groups.iter().flat_map(|group| &group.blocks);
        let counts = blocks.filter(|block| block.counts.get().is_some()).count();
        self.groups.len() * size_of::<Group>()
            + counts * BLOCK as usize * self.lanes() * size_of::<AtomicU32>()
    }
}

/// The size of a chunk from which on there are not too many.
fn fewest_bytes(len: u64) -> u64 {
    len.div_ceil(MOST_CHUNKS).next_power_of_two().min(LARGEST_CHUNK)
}
