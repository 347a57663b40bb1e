//! BYTES AS TEXT: decoding for the screen, cells and columns, words, line endings, what looks binary.
//!
//! Pure functions over byte slices. Text is a grid of cells: a cell is one grapheme cluster, one control or
//! format character, or what bytes are no character together; it takes 0 or more columns. Nothing here knows of
//! documents or pixels.

mod encoding;

mod first;

mod utf8;

mod utf16;

mod table;

mod decode;

mod encode;

mod convert;

mod detect;

mod boundary;

mod escape;

mod style;

mod reading;

mod cells;

mod badge;

mod words;

mod line_ending;

mod binary;

mod time;

pub use badge::{BADGE_FONT_TENTHS, hex_pair};
pub use binary::looks_binary;
pub use cells::MAX_CLUSTER;
pub use convert::{Converter, LineEndingConverter, Unmapped};
pub use detect::{Confidence, Detected, Sample, detect};
pub use encode::Unmappable;
pub use encoding::Encoding;
pub use escape::Escapes;
pub use line_ending::{LineEnding, LineEndingCounter, LineEndings, line_ending};
pub use reading::Reading;
pub use style::{Color, Style};
pub use time::{Time, WantedTime, time_in};

/// What a [`Cell`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// A printable grapheme cluster (a space is one too).
    Text,
    /// A tab, as wide as the distance to the next stop.
    Tab,
    /// `\n` or `\r\n`, or `\r` where lines end so: the end of the line, one column wide for the caret.
    LineEnd,
    /// A C0 or C1 control character or DEL (a lone `\r` too, or `\n` where lines end with `\r`): a badge such as
    /// `NUL` or `ESC`.
    Control,
    /// An invisible character (bidi controls, zero width, BOM, line separators …): a badge such as `U+202E`.
    Format,
    /// Bytes that are no character: a badge such as `FF`, or of several together, such as `81FF`.
    Invalid,
    /// An escape sequence that is not shown ([`Escapes`]): it takes no column.
    Escape,
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

#[cfg(test)]
mod tests;
