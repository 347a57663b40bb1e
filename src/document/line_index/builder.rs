use super::{LineIndex, Sweep};
use crate::document::line_break::LineBreak;

/// Builds a [`LineIndex`] from bytes that pass by in order (while saving).
#[derive(Debug)]
pub struct LineIndexBuilder {
    index: LineIndex,
    sweep: Sweep,
    /// How many bytes have passed.
    at: u64,
}

impl LineIndexBuilder {
    /// `len` is that of the base, `line_break` that of the document.
    pub fn new(len: u64, line_break: LineBreak) -> Self {
        Self::of(LineIndex::new(len, line_break))
    }

    pub(in crate::document) fn of(index: LineIndex) -> Self {
        Self { sweep: Sweep::new(&index, 0), index, at: 0 }
    }

    /// # Panics
    /// Where more bytes pass than the base has.
    pub fn data(&mut self, bytes: &[u8]) {
        self.pass(bytes.len() as u64);
        self.sweep.data(bytes, &mut |chunks, newlines| self.index.publish(chunks, newlines));
    }

    /// `len` bytes of zeros.
    ///
    /// # Panics
    /// Where more bytes pass than the base has.
    pub fn hole(&mut self, len: u64) {
        self.pass(len);
        self.sweep.hole(len, &mut |chunks, newlines| self.index.publish(chunks, newlines));
    }

    fn pass(&mut self, len: u64) {
        self.at += len;
        assert!(self.at <= self.index.len, "more bytes than the base has");
    }

    /// What has not passed is left to be counted.
    pub fn finish(self) -> LineIndex {
        self.index
    }
}
