//! How bytes are read as text: everything that the cells of a slice depend on.

use std::borrow::Cow;
use std::ops::Range;

use super::{Cell, Encoding, badge, cells, words};
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
}

impl Reading {
    pub const fn utf8(tab: u32) -> Self {
        Self { encoding: Encoding::UTF_8, line_break: LineBreak::Lf, tab }
    }

    /// How far a slice should reach back from a place to tell where its cell starts, in bytes. An even number.
    pub fn look_back(&self) -> u64 {
        8 * cells::MAX_CLUSTER as u64
    }

    /// See [`cells::cells`].
    pub fn cells(&self, bytes: &[u8], at_end: bool, column: u64, out: &mut Vec<Cell>) -> usize {
        cells::cells(bytes, at_end, column, self.tab, out)
    }

    /// See [`cells::next_cell`].
    pub fn next_cell(&self, bytes: &[u8], at_end: bool) -> Option<usize> {
        cells::next_cell(bytes, at_end)
    }

    /// See [`cells::previous_cell_start`].
    pub fn previous_cell_start(&self, bytes: &[u8]) -> usize {
        cells::previous_cell_start(bytes)
    }

    /// See [`cells::cell_start`].
    pub fn cell_start(&self, bytes: &[u8], at: usize) -> usize {
        cells::cell_start(bytes, at)
    }

    /// The bytes at the start of `bytes` that are printable ASCII, each code unit of which is a column.
    pub fn plain_run(&self, bytes: &[u8]) -> usize {
        cells::ascii_run(bytes)
    }

    /// See [`words::word_range`].
    pub fn word_range(&self, bytes: &[u8], at: usize) -> Range<usize> {
        words::word_range(bytes, at)
    }

    /// See [`words::word_forward`].
    pub fn word_forward(&self, bytes: &[u8], at: usize, at_end: bool) -> Option<usize> {
        words::word_forward(bytes, at, at_end)
    }

    /// See [`words::word_backward`].
    pub fn word_backward(&self, bytes: &[u8], at: usize) -> Option<usize> {
        words::word_backward(bytes, at)
    }

    /// The label of a cell that is drawn as a badge, see [`badge::badge`]; `bytes` are those of the cell.
    pub fn badge(&self, cell: &Cell, bytes: &[u8]) -> Cow<'static, str> {
        badge::badge(&Cell { start: 0, ..*cell }, bytes)
    }

    /// What a cell of [`super::CellKind::Text`] shows; `bytes` are those of the cell.
    pub fn text<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        String::from_utf8_lossy(bytes)
    }

    /// The blanks (spaces and tabs) at the start of `bytes`, in bytes.
    pub fn blanks(&self, bytes: &[u8]) -> usize {
        bytes.iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count()
    }
}
