use std::ops::Range;
use std::sync::Arc;

/// Size of a full block.
const BLOCK: usize = if cfg!(test) { 16 } else { 64 << 10 };
/// From this size on an open block that a snapshot shares is closed rather than copied.
const SHARED: usize = BLOCK / 16;

/// Added bytes that need not be text: append-only, in blocks that are shared by all clones.
#[derive(Clone, Debug, Default)]
pub(super) struct Raw {
    sealed: Arc<Vec<Block>>,
    open: Block,
}

#[derive(Clone, Debug, Default)]
struct Block {
    start: u64,
    /// Newlines in all blocks before.
    newlines: u64,
    /// At most [`BLOCK`].
    bytes: Arc<Vec<u8>>,
}

impl Block {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl Raw {
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
                    newlines: self.open.newlines + count(&self.open.bytes),
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

    pub fn newlines(&self, range: Range<u64>) -> u64 {
        self.newlines_before(range.end) - self.newlines_before(range.start)
    }

    /// Where newline number `newline` (from 0) stands, of which there are more.
    pub fn newline(&self, newline: u64) -> u64 {
        let block = if newline >= self.open.newlines {
            &self.open
        } else {
            let behind = self.sealed.partition_point(|block| block.newlines <= newline);
            &self.sealed[behind - 1]
        };
        let here = (newline - block.newlines) as usize;
        let index = memchr::memchr_iter(b'\n', &block.bytes).nth(here);
        block.start + index.expect("the block has so many newlines") as u64
    }

    fn newlines_before(&self, at: u64) -> u64 {
        if at == 0 {
            return 0;
        }
        let block = self.block_at(at - 1);
        block.newlines + count(&block.bytes[..(at - block.start) as usize])
    }

    fn block_at(&self, at: u64) -> &Block {
        if at >= self.open.start {
            return &self.open;
        }
        &self.sealed[self.sealed.partition_point(|block| block.end() <= at)]
    }
}

pub(super) fn count(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
