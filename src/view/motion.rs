use std::ops::Range;

use super::{HexView, Pending, Row, Rows};
use crate::document::Newline;
use crate::text;

/// Bytes read around the caret for a character, at most.
const CLUSTER: u64 = 512;

/// Bytes read around the caret for a word, at most: a longer word is crossed in several steps.
const WORD: u64 = 16 * 1024;

/// Bytes read to find the ends of a line, at most.
const LINE: u64 = 256 * 1024;

/// Where a key moves the caret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    Left,
    Right,
    Up,
    Down,
    WordLeft,
    WordRight,
    RowStart,
    RowEnd,
    PageUp,
    PageDown,
    Start,
    End,
}

impl Motion {
    /// Does it keep the column that the caret came from?
    pub fn is_vertical(self) -> bool {
        matches!(self, Self::Up | Self::Down | Self::PageUp | Self::PageDown)
    }
}

/// Where `motion` takes a caret at `head` in a text view with `page` full rows. `goal` is the column that vertical
/// motions aim for: set by the first of them, to be cleared by whoever moves otherwise.
pub fn step(
    rows: &mut Rows,
    head: u64,
    motion: Motion,
    goal: &mut Option<u64>,
    page: usize,
) -> Result<u64, Pending> {
    let len = rows.snapshot().len();
    let page = page.max(2) as i64 - 1;
    match motion {
        Motion::Left => Ok(delete_backward(rows, head)?.start),
        Motion::Right => Ok(delete_forward(rows, head)?.end),
        Motion::Up => vertical(rows, head, -1, goal),
        Motion::Down => vertical(rows, head, 1, goal),
        Motion::PageUp => vertical(rows, head, -page, goal),
        Motion::PageDown => vertical(rows, head, page, goal),
        Motion::WordLeft => {
            let from = head.saturating_sub(WORD);
            let bytes = rows.reader.bytes(from..head)?;
            Ok(text::word_backward(bytes, bytes.len()).map_or(from, |at| from + at as u64))
        }
        Motion::WordRight => {
            let end = (head + WORD).min(len);
            let bytes = rows.reader.bytes(head..end)?;
            Ok(text::word_forward(bytes, 0, end == len).map_or(end, |at| head + at as u64))
        }
        Motion::RowStart => row_start(rows, head),
        Motion::RowEnd => {
            let row = rows.row_at(head)?;
            // The end of a long line that is not counted yet: as far as can be seen.
            Ok(rows.end_of(&row)?.unwrap_or_else(|| (head + LINE).min(len)))
        }
        Motion::Start => Ok(0),
        Motion::End => Ok(len),
    }
}

/// The same in a hex view, where words are groups of `group` bytes.
pub fn step_hex(view: &HexView, head: u64, motion: Motion, len: u64, group: u32, page: usize) -> u64 {
    let columns = u64::from(view.rows().bytes_per_row());
    let group = u64::from(group.max(1));
    let page = page.max(2) as u64 - 1;
    let down = |rows: u64| {
        let there = head.saturating_add(rows * columns);
        // Into a last row that is too short: to its end.
        if there <= len { there } else if view.row_start(len) > view.row_start(head) { len } else { head }
    };
    let up = |rows: u64| {
        let column = head % columns;
        if head >= rows * columns { head - rows * columns } else { column }
    };
    match motion {
        Motion::Left => head.saturating_sub(1),
        Motion::Right => (head + 1).min(len),
        Motion::Up => up(1),
        Motion::Down => down(1),
        Motion::PageUp => up(page),
        Motion::PageDown => down(page),
        Motion::WordLeft => head.saturating_sub(1) / group * group,
        Motion::WordRight => ((head / group + 1) * group).min(len),
        Motion::RowStart => view.row_start(head),
        Motion::RowEnd => (view.row_start(head) + columns - 1).min(len),
        Motion::Start => 0,
        Motion::End => len,
    }
}

/// The cell before `head`.
pub fn delete_backward(rows: &mut Rows, head: u64) -> Result<Range<u64>, Pending> {
    let from = head.saturating_sub(CLUSTER);
    let bytes = rows.reader.bytes(from..head)?;
    Ok(from + text::previous_cell_start(bytes) as u64..head)
}

/// The cell after `head`.
pub fn delete_forward(rows: &mut Rows, head: u64) -> Result<Range<u64>, Pending> {
    let len = rows.snapshot().len();
    let end = (head + CLUSTER).min(len);
    let bytes = rows.reader.bytes(head..end)?;
    let next = text::next_cell(bytes, end == len).unwrap_or(bytes.len());
    Ok(head..head + next as u64)
}

/// The word (or run of white space, or of punctuation) at `offset`.
pub fn word_around(rows: &mut Rows, offset: u64) -> Result<Range<u64>, Pending> {
    let len = rows.snapshot().len();
    let from = offset.saturating_sub(WORD);
    let bytes = rows.reader.bytes(from..(offset + WORD).min(len))?;
    let word = text::word_range(bytes, (offset - from) as usize);
    Ok(from + word.start as u64..from + word.end as u64)
}

/// The line at `offset`, its ending included, as far as its ends are near.
pub fn line_around(rows: &mut Rows, offset: u64) -> Result<Range<u64>, Pending> {
    let snapshot = rows.snapshot();
    let start = match snapshot.newline_before(offset, LINE) {
        Newline::At(at) => at + 1,
        Newline::None => 0,
        Newline::Far(at) => at,
        Newline::Pending(range) => return Err(Pending(range)),
    };
    let end = match snapshot.newline_after(offset, LINE) {
        Newline::At(at) => at + 1,
        Newline::None => snapshot.len(),
        Newline::Far(at) => at,
        Newline::Pending(range) => return Err(Pending(range)),
    };
    Ok(start..end)
}

fn vertical(rows: &mut Rows, head: u64, by: i64, goal: &mut Option<u64>) -> Result<u64, Pending> {
    let row = rows.row_at(head)?;
    let column = match *goal {
        Some(column) => column,
        None => rows.column_of(&row, head)?.0,
    };
    *goal = Some(column);
    let (target, moved) = rows.step(head, by)?;
    if moved == 0 {
        // On the first row up goes to its start, on the last down to its end.
        return if by < 0 { Ok(row.start) } else { Ok(rows.end_of(&row)?.unwrap_or(head)) };
    }
    let (byte, _) = rows.byte_at(&target, column)?;
    let wrapped = !target.ends_line && target.end.is_some_and(|end| byte >= end);
    if wrapped { Ok(rows.end_of(&target)?.unwrap_or(byte)) } else { Ok(byte) }
}

/// The first character of the row that is not white space; from there, the row's start.
fn row_start(rows: &mut Rows, head: u64) -> Result<u64, Pending> {
    let Row { start, begins_line, .. } = rows.row_at(head)?;
    if !begins_line {
        return Ok(start);
    }
    let bytes = rows.reader.bytes(start..start + CLUSTER)?;
    let blank = bytes.iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
    let first = start + blank as u64;
    Ok(if head == first { start } else { first })
}
