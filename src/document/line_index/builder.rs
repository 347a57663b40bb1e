use super::LineIndex;
use crate::document::raw;

/// Builds a [`LineIndex`] from bytes that pass by in order (while saving).
#[derive(Debug)]
pub struct LineIndexBuilder {
    index: LineIndex,
    /// How many bytes have passed.
    at: u64,
    /// Newlines of the chunk at `at`, as far as it has passed.
    newlines: u64,
}

impl LineIndexBuilder {
    /// `len` is that of the base.
    pub fn new(len: u64) -> Self {
        Self::of(LineIndex::new(len))
    }

    pub(in crate::document) fn of(index: LineIndex) -> Self {
        Self { index, at: 0, newlines: 0 }
    }

    /// # Panics
    /// Where more bytes pass than the base has.
    pub fn data(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let end = self.index.range_of(self.at / self.index.chunk).end;
            let (now, later) = bytes.split_at(bytes.len().min((end - self.at) as usize));
            assert!(!now.is_empty(), "more bytes than the base has");
            self.newlines += raw::count(now);
            self.advance(now.len() as u64);
            bytes = later;
        }
    }

    /// `len` bytes of zeros.
    ///
    /// # Panics
    /// Where more bytes pass than the base has.
    pub fn hole(&mut self, len: u64) {
        let end = self.at + len;
        assert!(end <= self.index.len, "more bytes than the base has");
        if len == 0 {
            return;
        }
        // Up to the end of the chunk; then whole chunks; then the start of the last.
        let chunk_end = self.index.range_of(self.at / self.index.chunk).end;
        self.advance(chunk_end.min(end) - self.at);
        let whole = if end == self.index.len { end } else { end - end % self.index.chunk };
        if self.at < whole {
            self.index.publish(self.at..whole, 0);
            self.at = whole;
        }
        self.at = end;
    }

    fn advance(&mut self, len: u64) {
        self.at += len;
        let start = (self.at - 1) / self.index.chunk * self.index.chunk;
        if self.at == self.index.len || self.at.is_multiple_of(self.index.chunk) {
            self.index.publish(start..self.at, std::mem::take(&mut self.newlines));
        }
    }

    /// What has not passed is left to be counted.
    pub fn finish(self) -> LineIndex {
        self.index
    }
}
