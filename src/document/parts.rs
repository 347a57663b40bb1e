use std::ops::Range;

use super::piece::{self, Piece, Pieces};
use super::store::Stores;
use super::sum_tree::Cursor;

/// What of one piece lies in a range.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Where it stands in the document.
    pub at: u64,
    /// The whole piece.
    pub piece: Piece,
    /// The bytes of its store.
    pub from: u64,
    pub to: u64,
}

impl Part {
    pub fn len(&self) -> u64 {
        self.to - self.from
    }

    pub fn end(&self) -> u64 {
        self.at + self.len()
    }

    /// Where in the document the byte `offset` of its store stands.
    pub fn position(&self, offset: u64) -> u64 {
        self.at + (offset - self.from)
    }

    /// The part as a piece of its own.
    pub fn cut_out(&self, stores: &Stores) -> Piece {
        let mut piece = self.piece;
        if self.to < piece.end() {
            piece = stores.cut(&piece, self.to - piece.start).0;
        }
        if self.from > piece.start {
            piece = stores.cut(&piece, self.from - piece.start).1;
        }
        piece
    }
}

/// The parts of pieces that lie in a range, in order.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    cursor: Cursor<'a, Piece>,
    /// Where the piece at the cursor starts.
    start: u64,
    range: Range<u64>,
}

impl<'a> Parts<'a> {
    pub fn new(pieces: &'a Pieces, range: Range<u64>) -> Self {
        let (cursor, before) = pieces.seek(range.start, piece::bytes);
        Self { cursor, start: before.bytes, range }
    }
}

impl Iterator for Parts<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        let at = self.start.max(self.range.start);
        if at >= self.range.end {
            return None;
        }
        let piece = *self.cursor.item()?;
        let end = (self.start + piece.len).min(self.range.end);
        let part =
            Part { at, piece, from: piece.start + (at - self.start), to: piece.start + (end - self.start) };
        self.cursor.next();
        self.start += piece.len;
        Some(part)
    }
}
