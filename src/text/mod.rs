//! BYTES AS TEXT: decoding for the screen, cells and columns, words, line endings, what looks binary.
//!
//! Pure functions over byte slices. Text is a grid of cells: a cell is one grapheme cluster, one control or
//! format character, or one byte that is not valid UTF-8; it takes 0 or more columns. Nothing here knows of
//! documents or pixels.

mod badge;
mod binary;
mod cells;
mod line_ending;
mod utf8;
mod words;

pub use badge::{BADGE_FONT_TENTHS, badge, hex_pair};
pub use binary::looks_binary;
pub use cells::{MAX_CLUSTER, ascii_columns, ascii_run, cell_start, cells, next_cell, previous_cell_start};
pub use line_ending::{LineEnding, LineEndings, line_ending, line_endings};
pub use utf8::{char_boundary_before, utf8_bom};
pub use words::{word_backward, word_forward, word_range};

/// What a [`Cell`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// A printable grapheme cluster (a space is one too).
    Text,
    /// A tab, as wide as the distance to the next stop.
    Tab,
    /// `\n` or `\r\n`: the end of the line, one column wide for the caret.
    LineEnd,
    /// A C0 or C1 control character or DEL (a lone `\r` too): a badge such as `NUL` or `ESC`.
    Control,
    /// An invisible character (bidi controls, zero width, BOM, line separators …): a badge such as `U+202E`.
    Format,
    /// One byte that is not UTF-8: a badge such as `FF`.
    Invalid,
}

/// One cell of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// First byte, counted from the start of the decoded slice.
    pub start: u32,
    /// Length in bytes, at least 1.
    pub len: u32,
    /// First column.
    pub column: u64,
    /// Columns taken.
    pub width: u32,
    pub kind: CellKind,
}
