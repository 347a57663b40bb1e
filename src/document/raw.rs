use std::ops::Range;
use std::sync::Arc;

use super::breaks::{Breaks, Counted, Edges};
use super::line_break::LineBreak;

/// Size of a full block.
const BLOCK: usize = if cfg!(test) { 16 } else { 64 << 10 };
/// From this size on an open block that a snapshot shares is closed rather than copied.
const SHARED: usize = BLOCK / 16;

/// Added bytes that need not be text: append-only, in blocks that are shared by all clones.
#[derive(Clone, Debug, Default)]
pub(super) struct Raw {
    line_break: LineBreak,
    sealed: Arc<Vec<Block>>,
    open: Block,
}

#[derive(Clone, Debug, Default)]
struct Block {
    start: u64,
    /// Line breaks that lie whole in the blocks before.
    breaks: Breaks,
    /// At most [`BLOCK`].
    bytes: Arc<Vec<u8>>,
}

impl Block {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl Raw {
    /// One that counts these line breaks.
    pub fn new(line_break: LineBreak) -> Self {
        Self { line_break, ..Self::default() }
    }

    pub fn len(&self) -> u64 {
        self.open.end()
    }

    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let filled = self.open.bytes.len();
            let is_shared = Arc::get_mut(&mut self.open.bytes).is_none();
            if filled == BLOCK || (is_shared && filled >= SHARED.max(1)) {
                let next = Block {
                    start: self.open.end(),
                    breaks: self.breaks_before(self.open.end()),
                    bytes: Arc::default(),
                };
                let full = std::mem::replace(&mut self.open, next);
                Arc::make_mut(&mut self.sealed).push(full);
                continue;
            }
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - filled));
            Arc::make_mut(&mut self.open.bytes).extend_from_slice(now);
            bytes = later;
        }
    }

    /// The longest run of bytes in one block that starts at `at`.
    pub fn run_at(&self, at: u64) -> &[u8] {
        let block = self.block_at(at);
        &block.bytes[(at - block.start) as usize..]
    }

    /// What there is in `range`, which is not empty.
    pub fn counted(&self, range: Range<u64>) -> Counted {
        let before = self.breaks_before(range.start) + self.seam(range.start);
        let edges = |at: u64| Edges::of(&self.run_at(at)[..1], self.line_break);
        Counted {
            breaks: self.breaks_before(range.end) - before,
            edges: edges(range.start).join(edges(range.end - 1)),
        }
    }

    /// Where line break number `newline` (from 0) starts of those at `from` or behind it that start at even offsets, or
    /// odd ones, as `parity` is. There are more.
    pub fn newline(&self, from: u64, parity: u64, newline: u64) -> u64 {
        let number = (self.breaks_before(from) + self.seam(from)).at(parity) + newline;
        let block = if number >= self.open.breaks.at(parity) {
            &self.open
        } else {
            let behind = self.sealed.partition_point(|block| block.breaks.at(parity) <= number);
            &self.sealed[behind - 1]
        };
        let here = number - block.breaks.at(parity);
        let seam = self.seam(block.start).at(parity);
        if here < seam {
            return block.start - 1;
        }
        let index = self.line_break.all(&block.bytes, block.start + parity).nth((here - seam) as usize);
        block.start + index.expect("the block has so many line breaks") as u64
    }

    /// Line breaks that lie whole before `at`.
    fn breaks_before(&self, at: u64) -> Breaks {
        if at == 0 {
            return Breaks::default();
        }
        let block = self.block_at(at - 1);
        let here = &block.bytes[..(at - block.start) as usize];
        block.breaks + self.seam(block.start) + self.line_break.count_both(here, block.start)
    }

    /// The line break of which one byte stands before `at` and one behind it.
    fn seam(&self, at: u64) -> Breaks {
        if self.line_break.width() == 1 || at == 0 || at == self.len() {
            return Breaks::default();
        }
        let edges = |at: u64| Edges::of(&self.run_at(at)[..1], self.line_break);
        edges(at - 1).seam(edges(at), at)
    }

    fn block_at(&self, at: u64) -> &Block {
        if at >= self.open.start {
            return &self.open;
        }
        &self.sealed[self.sealed.partition_point(|block| block.end() <= at)]
    }
}
