use std::ops::Range;

use super::LineIndex;
use crate::document::breaks::{Breaks, Counted, Edge, Edges};
use crate::document::line_break::LineBreak;

/// Counts chunk by chunk the line breaks of bytes that pass by in order. The count of a chunk may have to wait for the
/// first byte of the next one.
#[derive(Debug)]
pub(in crate::document) struct Sweep {
    line_break: LineBreak,
    /// Bytes per chunk.
    chunk: u64,
    /// Length of the base.
    len: u64,
    /// Where the chunk starts that is being counted.
    start: u64,
    /// Up to where bytes have passed.
    at: u64,
    /// Of the chunk at `start`.
    breaks: Breaks,
    /// Of the bytes that passed last.
    edges: Edges,
}

impl Sweep {
    /// Over the base of `index`, from `start` on, where a chunk starts.
    pub fn new(index: &LineIndex, start: u64) -> Self {
        let LineIndex { line_break, chunk, len, .. } = *index;
        let (breaks, edges) = (Breaks::default(), Edges::NEITHER);
        Self { line_break, chunk, len, start, at: start, breaks, edges }
    }

    /// `publish` gets the range of a chunk and its count, or a run of chunks without line breaks.
    pub fn data(&mut self, mut bytes: &[u8], publish: &mut dyn FnMut(Range<u64>, Breaks)) {
        while !bytes.is_empty() {
            self.meet(Edges::of(bytes, self.line_break), publish);
            let end = self.chunk_end();
            let (now, later) = bytes.split_at(bytes.len().min((end - self.at) as usize));
            self.pass(now.len() as u64, Counted::of(now, self.line_break, self.at), publish);
            bytes = later;
        }
    }

    /// The `len` bytes of a chunk, of which all this is known.
    pub fn counted(&mut self, len: u64, counted: Counted, publish: &mut dyn FnMut(Range<u64>, Breaks)) {
        self.meet(counted.edges, publish);
        self.pass(len, counted, publish);
    }

    /// Bytes that were met, all in one chunk.
    fn pass(&mut self, len: u64, counted: Counted, publish: &mut dyn FnMut(Range<u64>, Breaks)) {
        self.breaks += counted.breaks;
        self.edges = counted.edges;
        self.at += len;
        let end = self.chunk_end();
        if self.at == end && self.is_final(end) {
            self.finish_chunk(publish);
        }
    }

    /// `len` bytes of zeros.
    pub fn hole(&mut self, len: u64, publish: &mut dyn FnMut(Range<u64>, Breaks)) {
        let zero = Edge::of(0, self.line_break);
        self.blank(len, Edges::new(zero, zero), publish);
    }

    /// `len` bytes that nobody knows.
    pub fn lost(&mut self, len: u64, publish: &mut dyn FnMut(Range<u64>, Breaks)) {
        self.blank(len, Edges::NEITHER, publish);
    }

    fn blank(&mut self, len: u64, edges: Edges, publish: &mut dyn FnMut(Range<u64>, Breaks)) {
        if len == 0 {
            return;
        }
        self.meet(edges, publish);
        self.at += len;
        self.edges = edges;
        // The last chunk that ends here may still get a line break; those before cannot.
        let sure = if self.is_final(self.at) { self.at } else { self.at - 1 };
        if sure >= self.chunk_end() {
            self.finish_chunk(publish);
            let whole = if sure == self.len { sure } else { sure - sure % self.chunk };
            if whole > self.start {
                publish(self.start..whole, Breaks::default());
                self.start = whole;
            }
        }
    }

    /// Bytes with these edges come next.
    fn meet(&mut self, edges: Edges, publish: &mut dyn FnMut(Range<u64>, Breaks)) {
        self.breaks += self.edges.seam(edges, self.at);
        if self.at == self.chunk_end() {
            self.finish_chunk(publish);
        }
    }

    fn finish_chunk(&mut self, publish: &mut dyn FnMut(Range<u64>, Breaks)) {
        let end = self.chunk_end();
        publish(self.start..end, std::mem::take(&mut self.breaks));
        self.start = end;
    }

    fn chunk_end(&self) -> u64 {
        self.start.saturating_add(self.chunk).min(self.len)
    }

    /// Can no line break reach over `end`?
    fn is_final(&self, end: u64) -> bool {
        self.line_break.width() == 1 || end == self.len
    }
}
