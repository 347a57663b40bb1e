//! How bytes are read as text: everything that the cells of a slice depend on.

use std::borrow::Cow;

use super::boundary::SYNC_BACK;
use super::cells::LOOK_BACK;
use super::first::First;
use super::{Encoding, Escapes};
use crate::document::LineBreak;

/// How bytes are read as text.
///
/// Slices given to its methods start between two code units of the document ([`Encoding::unit`]); so do the places
/// in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    pub encoding: Encoding,
    /// That of the document, see [`crate::document::Snapshot`].
    pub line_break: LineBreak,
    /// Columns between tab stops, 1 at least.
    pub tab: u32,
    /// Encodings that do not extend ASCII have badges for them, always.
    pub escapes: Escapes,
}

impl Reading {
    pub const fn new(encoding: Encoding, tab: u32) -> Self {
        Self { encoding, line_break: encoding.line_break(), tab, escapes: Escapes::Badges }
    }

    pub const fn utf8(tab: u32) -> Self {
        Self::new(Encoding::UTF_8, tab)
    }

    /// How far a slice should reach back from a place to tell where its cell starts, in bytes. An even number.
    pub fn look_back(&self) -> u64 {
        let characters = if self.encoding.is_multibyte() { SYNC_BACK } else { LOOK_BACK };
        (LOOK_BACK + characters) as u64
    }

    /// What a cell of [`super::CellKind::Text`] shows; `bytes` are those of the cell.
    pub fn text<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        self.encoding.decode(bytes)
    }

    /// The blanks (spaces and tabs) at the start of `bytes`, in bytes.
    pub fn blanks(&self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while let First::Char(' ' | '\t', len) = self.encoding.first(&bytes[at..]) {
            at += len;
        }
        at
    }
}
