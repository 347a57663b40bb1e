//! Cells: bytes cut into what a caret steps over, with their columns.
//!
//! Where a cell ends depends only on the bytes from its start on, never on what stands before it, and only on
//! the next [`MAX_CLUSTER`] of them: so text can be decoded in slices, and from any known cell boundary.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::badge::{CONTROL_COLUMNS, drawn_len, format_columns, invalid_columns, is_invisible};
use super::escape::{self, Escapes, Sequence};
use super::first::First;
use super::{Cell, CellKind, Encoding, Reading};
use crate::document::LineBreak;

/// The most bytes that one cell takes. A longer grapheme cluster (a letter with a hundred accents) is cut, so
/// that no input makes a step cost more.
pub const MAX_CLUSTER: usize = 256;

/// How far back [`Reading::previous_cell_start`] looks for a place that is a boundary whatever stands before it.
pub(super) const LOOK_BACK: usize = 4 * MAX_CLUSTER;

/// A cell without its place.
#[derive(Clone, Copy)]
struct Shape {
    len: usize,
    /// Columns; a tab's are known only at its column.
    width: u32,
    kind: CellKind,
}

impl Shape {
    const fn new(len: usize, width: u32, kind: CellKind) -> Self {
        Self { len, width, kind }
    }
}

impl Reading {
    /// Decodes cells from the start of `bytes`, a cell boundary at `column`, to the first line end (taken too) or
    /// the end of the slice, and appends them to `out`. Returns the bytes taken.
    ///
    /// Unless the slice is `at_end` of the document, its last cell is left for the next call, because more bytes
    /// might belong to it. A slice of more than [`MAX_CLUSTER`] bytes always yields at least one cell.
    ///
    /// Only the first 4 GiB of a slice are looked at.
    pub fn cells(&self, bytes: &[u8], at_end: bool, column: u64, out: &mut Vec<Cell>) -> usize {
        let whole = bytes.len() <= u32::MAX as usize;
        let bytes = if whole { bytes } else { &bytes[..u32::MAX as usize] };
        let at_end = at_end && whole;
        let tab = u64::from(self.tab.max(1));
        let unit = self.encoding.unit() as u32;
        let (mut at, mut column) = (0, column);
        while at < bytes.len() {
            let run = self.separate_run(&bytes[at..], at_end) as u32 / unit;
            if run > 0 {
                match unit {
                    1 => push_run::<1>(at as u32, column, run, out),
                    _ => push_run::<2>(at as u32, column, run, out),
                }
                at += (run * unit) as usize;
                column += u64::from(run);
                continue;
            }
            let Some(shape) = self.shape(&bytes[at..], at_end) else {
                break;
            };
            let width = match shape.kind {
                CellKind::Tab => (tab - column % tab) as u32,
                _ => shape.width,
            };
            out.push(Cell { start: at as u32, len: shape.len as u32, column, width, kind: shape.kind });
            at += shape.len;
            column += u64::from(width);
            if shape.kind == CellKind::LineEnd {
                break;
            }
        }
        at
    }

    /// The end of the cell that starts at the start of `bytes`, as [`Reading::cells`] cuts it; `None` where the
    /// slice is empty, or ends first and is not `at_end` of the document.
    pub fn next_cell(&self, bytes: &[u8], at_end: bool) -> Option<usize> {
        self.shape(bytes, at_end).map(|shape| shape.len)
    }

    /// The start of the cell that ends at the end of `bytes`, as [`Reading::cells`] cuts it; 0 if `bytes` is empty.
    ///
    /// Let `bytes` reach [`Reading::look_back`] back, or from the start of a line. Where no boundary can be told
    /// within it (a line of a thousand flags), the answer is a boundary of characters, but perhaps inside a cell
    /// that [`Reading::cells`] draws.
    pub fn previous_cell_start(&self, bytes: &[u8]) -> usize {
        let end = bytes.len();
        let mut floor = end.saturating_sub(LOOK_BACK);
        if let Some(sequence) = self.sequence_before(bytes, end) {
            match sequence.end {
                at if at == end => return sequence.start,
                // A cell ends with it, whatever follows.
                at if at < end => floor = floor.max(at),
                _ => {}
            }
        }
        let mut start = self.encoding.previous_char(bytes);
        while start > floor {
            let before = self.encoding.previous_char(&bytes[..start]);
            if self.always_parts(&bytes[before..start], &bytes[start..]) {
                break;
            }
            start = before;
        }
        while let Some(len) = self.next_cell(&bytes[start..], true) {
            if start + len >= end {
                break;
            }
            start += len;
        }
        start
    }

    /// `at` moved back to the start of the cell that it stands in. `bytes` should reach as far back as for
    /// [`Reading::previous_cell_start`] and [`MAX_CLUSTER`] ahead, or to the ends of the document.
    pub fn cell_start(&self, bytes: &[u8], at: usize) -> usize {
        match self.sequence_before(bytes, at) {
            Some(sequence) if at < sequence.end => return sequence.start,
            _ => {}
        }
        let at = self.encoding.char_start(bytes, at);
        let previous = self.previous_cell_start(&bytes[..at]);
        match self.next_cell(&bytes[previous..], true) {
            Some(len) if previous + len > at => previous,
            _ => at,
        }
    }

    /// The code units at the start of `bytes` that are printable ASCII, in bytes. Each is a column.
    pub fn plain_run(&self, bytes: &[u8]) -> usize {
        match self.encoding {
            Encoding::UTF_16LE | Encoding::UTF_16BE => {
                let (units, _) = bytes.as_chunks::<2>();
                let high = usize::from(self.encoding == Encoding::UTF_16LE);
                let is_plain = |unit: &&[u8; 2]| unit[high] == 0 && is_printable(unit[1 - high]);
                2 * units.iter().take_while(is_plain).count()
            }
            encoding if encoding.extends_ascii() => ascii_run(bytes),
            _ => 0,
        }
    }

    /// The part of [`Reading::plain_run`] of which each code unit is a cell, whatever follows.
    fn separate_run(&self, bytes: &[u8], at_end: bool) -> usize {
        let unit = self.encoding.unit() as usize;
        if !self.starts_printable(bytes) {
            return 0;
        }
        let run = self.plain_run(bytes);
        // The last of a run may carry an accent.
        match self.encoding.first(&bytes[run..]) {
            First::Char('\0'..='\x7f', _) => run,
            First::Cut(0) if at_end => run,
            _ => run.saturating_sub(unit),
        }
    }

    /// A test that costs less than looking for a run.
    #[inline]
    fn starts_printable(&self, bytes: &[u8]) -> bool {
        match self.encoding {
            Encoding::UTF_16LE | Encoding::UTF_16BE => true,
            _ => is_printable(bytes[0]),
        }
    }

    /// The one definition of a cell.
    #[inline]
    fn shape(&self, bytes: &[u8], at_end: bool) -> Option<Shape> {
        let (c, len) = match self.encoding.first(bytes) {
            First::Char(c, len) => (c, len),
            First::Cut(_) if bytes.is_empty() || !at_end => return None,
            First::Cut(len) | First::Invalid(len) => {
                return Some(Shape::new(len, invalid_columns(len), CellKind::Invalid));
            }
        };
        match c {
            '\0'..' ' | '\x7f'..'\u{a0}' => self.control(c, len, bytes, at_end),
            _ => match plain_width(c) {
                Some(width) if self.starts_plain(&bytes[len..]) => {
                    Some(Shape::new(len, width, CellKind::Text))
                }
                None if is_invisible(c) => Some(Shape::new(len, format_columns(c), CellKind::Format)),
                _ => self.cluster(bytes, at_end),
            },
        }
    }

    /// The cell that starts with the control character `c` of `len` bytes, at the start of `bytes`.
    fn control(&self, c: char, len: usize, bytes: &[u8], at_end: bool) -> Option<Shape> {
        // In UTF-16 characters tell; elsewhere the bytes that documents count, whatever EBCDIC makes of them.
        let (is_break, is_cr) = match (self.encoding.unit(), self.line_break) {
            (2, _) => (c == '\n', c == '\r'),
            (_, LineBreak::Cr) => (bytes[0] == b'\r', false),
            _ => (bytes[0] == b'\n', bytes[0] == b'\r'),
        };
        if is_break {
            return Some(Shape::new(len, 1, CellKind::LineEnd));
        }
        if is_cr {
            let follows = match self.encoding.unit() {
                2 => match self.encoding.first(&bytes[len..]) {
                    First::Cut(_) => None,
                    first => Some(first == First::Char('\n', len)),
                },
                _ => bytes.get(1).map(|&byte| byte == b'\n'),
            };
            match follows {
                Some(true) => return Some(Shape::new(2 * len, 1, CellKind::LineEnd)),
                None if !at_end => return None,
                _ => {}
            }
        }
        if c == '\x1b' && self.reads_escapes() {
            match escape::sequence(bytes) {
                Sequence::Whole(len) => return Some(Shape::new(len, 0, CellKind::Escape)),
                Sequence::Cut if !at_end => return None,
                _ => {}
            }
        }
        let kind = if c == '\t' { CellKind::Tab } else { CellKind::Control };
        Some(Shape::new(len, CONTROL_COLUMNS, kind))
    }

    /// What kind of cell starts with the control character at the start of `bytes`.
    pub(super) fn control_kind(&self, bytes: &[u8]) -> CellKind {
        self.shape(bytes, true).map_or(CellKind::Control, |shape| shape.kind)
    }

    /// The cell of the drawn part of the grapheme cluster at the start of `bytes`, which is a character; `None` where
    /// the slice ends before the cluster's end is known.
    fn cluster(&self, bytes: &[u8], at_end: bool) -> Option<Shape> {
        let mut room = String::new();
        // Nearly every cluster ends within the first window; none is followed beyond the second.
        for window in [MAX_CLUSTER / 8, MAX_CLUSTER] {
            let (text, invalid_follows) =
                self.encoding.valid_start(&bytes[..window.min(bytes.len())], &mut room);
            let cluster = text.graphemes(true).next()?;
            let slice_ends = bytes.len() < window;
            let is_whole = cluster.len() < text.len() || invalid_follows || slice_ends && at_end;
            if is_whole || window == MAX_CLUSTER && !slice_ends {
                let drawn = &cluster[..drawn_len(cluster)];
                // A lone accent takes a column of its own, to be seen and clicked.
                let width = drawn.width().max(1) as u32;
                return Some(Shape::new(self.encoding.stored_len(drawn, bytes), width, CellKind::Text));
            }
            if slice_ends {
                return None;
            }
        }
        None
    }

    /// Does the cell of a character with a [`plain_width`] end before these bytes? (False where that is not plain.)
    #[inline]
    fn starts_plain(&self, bytes: &[u8]) -> bool {
        matches!(self.encoding.first(bytes), First::Char(c, _) if c.is_ascii() || plain_width(c).is_some())
    }

    /// Is there a cell boundary between `before`, one character or invalid sequence, and `after`, whatever stands
    /// before them? (False where that is not plain to see.)
    fn always_parts(&self, before: &[u8], after: &[u8]) -> bool {
        let (First::Char(left, _), First::Char(right, _)) =
            (self.encoding.first(before), self.encoding.first(after))
        else {
            return true;
        };
        match (left, right) {
            ('\r', _) => false,
            _ if left.is_ascii() && right.is_ascii() => true,
            _ if plain_width(left).is_some() && plain_width(right).is_some() => true,
            // The rules of UAX #29 that look further back either forbid a break here by themselves, as between two
            // halves of flags (GB12, GB13), or look back through a character that joins a letter (GB9c, GB11).
            _ => !joins('a', left) && !joins(left, right),
        }
    }

    pub(super) fn reads_escapes(&self) -> bool {
        self.escapes != Escapes::Badges && self.encoding.extends_ascii()
    }

    /// The last escape sequence near `at` that is a cell and starts before it: all others there end no later.
    fn sequence_before(&self, bytes: &[u8], at: usize) -> Option<Range<usize>> {
        if !self.reads_escapes() {
            return None;
        }
        escape::last_before(bytes, at, LOOK_BACK + MAX_CLUSTER)
    }
}

/// Appends `run` cells, each of one code unit of `UNIT` bytes and a column. (Where that is a constant, it is much
/// faster.)
fn push_run<const UNIT: u32>(start: u32, column: u64, run: u32, out: &mut Vec<Cell>) {
    out.extend((0..run).map(|i| Cell {
        start: start + i * UNIT,
        len: UNIT,
        column: column + u64::from(i),
        width: 1,
        kind: CellKind::Text,
    }));
}

/// The length of the run of printable ASCII at the start of `bytes`.
fn ascii_run(bytes: &[u8]) -> usize {
    // Without an early exit the compiler makes vector code of a block's test.
    const BLOCK: usize = 64;
    let blocks = bytes.chunks_exact(BLOCK);
    let whole = blocks.take_while(|block| block.iter().fold(true, |all, &b| all & is_printable(b))).count();
    let from = whole * BLOCK;
    from + bytes[from..].iter().take_while(|&&b| is_printable(b)).count()
}

const fn is_printable(byte: u8) -> bool {
    byte.wrapping_sub(0x20) < 0x5f
}

/// The width of a character that is always a cell of its own when one of its kind follows; `None` for others.
/// The letters of most text: a fast path, which a test proves against the whole algorithm.
fn plain_width(c: char) -> Option<u32> {
    match c {
        ' '..='~'
        | '\u{c0}'..='\u{2ff}'
        | '\u{370}'..='\u{482}'
        | '\u{48a}'..='\u{52f}'
        | '\u{2010}'..='\u{2027}'
        | '\u{2500}'..='\u{259f}' => Some(1),
        '\u{3001}'..='\u{3020}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{ff01}'..='\u{ff60}' => Some(2),
        _ => None,
    }
}

/// Are two characters one grapheme cluster?
fn joins(left: char, right: char) -> bool {
    let mut text = [0; 8];
    let len = left.encode_utf8(&mut text).len();
    let len = len + right.encode_utf8(&mut text[len..]).len();
    str::from_utf8(&text[..len]).is_ok_and(|text| text.graphemes(true).nth(1).is_none())
}

#[cfg(test)]
pub(super) mod tests;
