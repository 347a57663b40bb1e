//! BYTES AS TEXT: decoding for the screen, cells and columns, words, line endings, what looks binary.
//!
//! Pure functions over byte slices. Text is a grid of cells: a cell is one grapheme cluster, one control or
//! format character, or one byte that is not valid UTF-8; it takes 0 or more columns. Nothing here knows of
//! documents or pixels.

mod badge;
mod binary;
mod cells;
mod encoding;
mod line_ending;
mod reading;
mod utf8;
mod words;

pub use badge::{BADGE_FONT_TENTHS, hex_pair};
pub use binary::looks_binary;
pub use cells::MAX_CLUSTER;
pub use encoding::Encoding;
pub use line_ending::{LineEnding, LineEndings, line_ending, line_endings};
pub use reading::Reading;
pub use utf8::utf8_bom;

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
