//! One newline count per chunk of a base, and nothing per line: 6.5 MB for 100 GiB, whatever its lines.
//!
//! Chunks are counted in any order by any number of threads. What is known is summed up by block (256 chunks,
//! 16 MiB) and by group (64 blocks, 1 GiB), so that sums over a whole disk are taken in microseconds without a
//! lock. A block without newlines keeps no counts: holes cost nothing.

mod builder;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

pub use builder::LineIndexBuilder;

/// Bytes that one count covers, up to a base of 16 TiB.
pub(super) const CHUNK: u64 = 64 << 10;
const CHUNKS_PER_BLOCK: u64 = if cfg!(test) { 4 } else { 256 };
const BLOCKS_PER_GROUP: u64 = if cfg!(test) { 4 } else { 64 };
/// Above it the chunks grow, so that a sparse file of exabytes cannot fill the memory with empty blocks.
const MOST_CHUNKS: u64 = 1 << 28;
/// So that counts fit in 32 bits.
const LARGEST_CHUNK: u64 = 1 << 31;

/// One newline count per 64 KiB chunk of a base; see [`super::Counting`].
#[derive(Debug)]
pub struct LineIndex {
    len: u64,
    /// A power of two.
    chunk: u64,
    blocks: Box<[Block]>,
    groups: Box<[Sum]>,
    /// Where the person looks, an offset in the base.
    pub(super) look_at: AtomicU64,
    /// No block before this one is free to be counted.
    frontier: AtomicU64,
}

#[derive(Debug, Default)]
struct Block {
    sum: Sum,
    /// Per chunk its newlines plus one; 0 where they are not known. Absent while no newline was found.
    counts: OnceLock<Box<[AtomicU32]>>,
    /// Per chunk whether it is known, in the absence of counts.
    state: AtomicU8,
}

/// What is known of a run of chunks.
#[derive(Debug, Default)]
struct Sum {
    newlines: AtomicU64,
    /// Chunks whose newlines are known. Raised after `newlines`.
    known: AtomicU64,
}

/// What is known of a range of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub newlines: u64,
    pub uncounted: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.newlines += other.newlines;
        self.uncounted += other.uncounted;
    }
}
