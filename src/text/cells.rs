//! Cells: bytes cut into what a caret steps over, with their columns.
//!
//! Where a cell ends depends only on the bytes from its start on, never on what stands before it, and only on
//! the next [`MAX_CLUSTER`] of them: so text can be decoded in slices, and from any known cell boundary.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::badge::{CONTROL_COLUMNS, INVALID_COLUMNS, drawn_len, format_columns, is_invisible};
use super::utf8::{First, char_boundary_before, first};
use super::{Cell, CellKind};

/// The most bytes that one cell takes. A longer grapheme cluster (a letter with a hundred accents) is cut, so
/// that no input makes a step cost more.
pub const MAX_CLUSTER: usize = 256;

/// How far back [`previous_cell_start`] looks for a place that is a boundary whatever stands before it.
const LOOK_BACK: usize = 4 * MAX_CLUSTER;

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

/// Decodes cells from the start of `bytes`, a cell boundary at `column`, to the first line end (taken too) or
/// the end of the slice, and appends them to `out`. Returns the bytes taken. Tab stops stand every `tab` columns.
///
/// Unless the slice is `at_end` of the document, its last cell is left for the next call, because more bytes
/// might belong to it. A slice of more than [`MAX_CLUSTER`] bytes always yields at least one cell.
///
/// Only the first 4 GiB of a slice are looked at.
pub fn cells(bytes: &[u8], at_end: bool, column: u64, tab: u32, out: &mut Vec<Cell>) -> usize {
    let whole = bytes.len() <= u32::MAX as usize;
    let bytes = if whole { bytes } else { &bytes[..u32::MAX as usize] };
    let at_end = at_end && whole;
    let tab = u64::from(tab.max(1));
    let (mut at, mut column) = (0, column);
    while at < bytes.len() {
        let run = if is_printable(bytes[at]) { ascii_run(&bytes[at..]) } else { 0 };
        // The last of a run may carry an accent.
        let run = match bytes.get(at + run) {
            Some(0..0x80) => run,
            None if at_end => run,
            _ => run.saturating_sub(1),
        };
        if run > 0 {
            let (first_start, first_column) = (at as u32, column);
            out.extend((0..run as u32).map(|i| Cell {
                start: first_start + i,
                len: 1,
                column: first_column + u64::from(i),
                width: 1,
                kind: CellKind::Text,
            }));
            at += run;
            column += run as u64;
            continue;
        }
        let Some(shape) = shape(&bytes[at..], at_end) else {
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

/// The end of the cell that starts at the start of `bytes`, as [`cells`] cuts it; `None` where the slice is
/// empty, or ends first and is not `at_end` of the document.
pub fn next_cell(bytes: &[u8], at_end: bool) -> Option<usize> {
    shape(bytes, at_end).map(|shape| shape.len)
}

/// The start of the cell that ends at the end of `bytes`, as [`cells`] cuts it; 0 if `bytes` is empty.
///
/// Looks back about a kilobyte: let `bytes` reach that far, or from the start of a line. Where no boundary can
/// be told within it (a line of a thousand flags), the answer is a boundary of characters, but perhaps inside a
/// cell that [`cells`] draws.
pub fn previous_cell_start(bytes: &[u8]) -> usize {
    let end = bytes.len();
    let floor = end.saturating_sub(LOOK_BACK);
    let mut start = previous_char(bytes, end);
    while start > floor {
        let before = previous_char(bytes, start);
        if always_parts(&bytes[before..start], &bytes[start..]) {
            break;
        }
        start = before;
    }
    while let Some(len) = next_cell(&bytes[start..], true) {
        if start + len == end {
            break;
        }
        start += len;
    }
    start
}

/// `at` moved back to the start of the cell that it stands in. `bytes` should reach as far back as for
/// [`previous_cell_start`] and [`MAX_CLUSTER`] ahead, or to the ends of the document.
pub fn cell_start(bytes: &[u8], at: usize) -> usize {
    let at = char_boundary_before(bytes, at);
    let previous = previous_cell_start(&bytes[..at]);
    match next_cell(&bytes[previous..], true) {
        Some(len) if previous + len > at => previous,
        _ => at,
    }
}

/// The length of the run of printable ASCII at the start of `bytes`, in bytes and so in columns.
pub fn ascii_run(bytes: &[u8]) -> usize {
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

/// The one definition of a cell.
fn shape(bytes: &[u8], at_end: bool) -> Option<Shape> {
    let c = match first(bytes) {
        First::Char(c) => c,
        First::Cut if bytes.is_empty() || !at_end => return None,
        First::Cut | First::Invalid => {
            return Some(Shape::new(1, INVALID_COLUMNS, CellKind::Invalid));
        }
    };
    let len = c.len_utf8();
    match c {
        '\n' => Some(Shape::new(1, 1, CellKind::LineEnd)),
        '\r' => match bytes.get(1) {
            Some(b'\n') => Some(Shape::new(2, 1, CellKind::LineEnd)),
            None if !at_end => None,
            _ => Some(Shape::new(1, CONTROL_COLUMNS, CellKind::Control)),
        },
        '\t' => Some(Shape::new(1, 1, CellKind::Tab)),
        _ if c.is_control() => Some(Shape::new(len, CONTROL_COLUMNS, CellKind::Control)),
        _ if is_invisible(c) => Some(Shape::new(len, format_columns(c), CellKind::Format)),
        _ => match plain_width(c) {
            Some(width) if starts_plain(&bytes[len..]) => Some(Shape::new(len, width, CellKind::Text)),
            _ => cluster(bytes, at_end).map(|text| {
                // A lone accent takes a column of its own, to be seen and clicked.
                Shape::new(text.len(), text.width().max(1) as u32, CellKind::Text)
            }),
        },
    }
}

/// The drawn part of the grapheme cluster at the start of `bytes`, which is a character; `None` where the slice
/// ends before the cluster's end is known.
fn cluster(bytes: &[u8], at_end: bool) -> Option<&str> {
    let mut cluster = "";
    // Nearly every cluster ends within the first window; none is followed beyond the second.
    for window in [MAX_CLUSTER / 8, MAX_CLUSTER] {
        let head = &bytes[..window.min(bytes.len())];
        let (text, invalid_follows) = match str::from_utf8(head) {
            Ok(text) => (text, false),
            Err(error) => {
                let text = str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default();
                (text, error.error_len().is_some())
            }
        };
        cluster = text.graphemes(true).next()?;
        let slice_ends = bytes.len() < window;
        if cluster.len() < text.len() || invalid_follows || slice_ends && at_end {
            break;
        }
        if slice_ends {
            return None;
        }
    }
    Some(&cluster[..drawn_len(cluster)])
}

/// Does the cell of a character with a [`plain_width`] end before these bytes? (False where that is not plain.)
fn starts_plain(bytes: &[u8]) -> bool {
    matches!(first(bytes), First::Char(c) if c.is_ascii() || plain_width(c).is_some())
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
        '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ff01}'..='\u{ff60}' => Some(2),
        _ => None,
    }
}

fn previous_char(bytes: &[u8], at: usize) -> usize {
    char_boundary_before(&bytes[..at], at.saturating_sub(1))
}

/// Is there a cell boundary between `before`, one character or invalid byte, and `after`, whatever stands
/// before them? (False where that is not plain to see.)
fn always_parts(before: &[u8], after: &[u8]) -> bool {
    let (First::Char(left), First::Char(right)) = (first(before), first(after)) else {
        return true;
    };
    match (left, right) {
        ('\r', '\n') => false,
        _ if left.is_ascii() && right.is_ascii() => true,
        _ if plain_width(left).is_some() && plain_width(right).is_some() => true,
        // The rules of UAX #29 that look further back either forbid a break here by themselves, as between two
        // halves of flags (GB12, GB13), or look back through a character that joins a letter (GB9c, GB11).
        _ => !joins('a', left) && !joins(left, right),
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
mod tests;
