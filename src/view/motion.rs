use std::ops::Range;

use super::blocks::CLUSTER;
use super::{HexView, Pending, Rows};

/// Bytes read around the caret for a word, at most: a longer word is crossed in several steps.
const WORD: u64 = 16 * 1024;

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

/// Where `motion` takes a caret at `head` in a text view with `page` full rows: from the start of the cell that it
/// stands in, where it is drawn, to the start of a cell. `goal` is the column that vertical
/// motions aim for: set by the first of them, to be cleared by whoever moves otherwise.
pub fn step(
    rows: &mut Rows,
    head: u64,
    motion: Motion,
    goal: &mut Option<u64>,
    page: usize,
) -> Result<u64, Pending> {
    let len = rows.snapshot().len();
    // Row by row, what counts is the row that it stands in, even if what is seen next is in another.
    let at = rows.cell_start(head)?;
    let head = rows.behind_hidden(at)?;
    let page = page.max(2) as i64 - 1;
    let reading = rows.shape().reading;
    match motion {
        Motion::Left => Ok(rows.cell_before(head)?.start),
        Motion::Right => {
            let end = delete_forward(rows, head)?.end;
            rows.behind_hidden(end)
        }
        Motion::Up => vertical(rows, at, -1, goal),
        Motion::Down => vertical(rows, at, 1, goal),
        Motion::PageUp => vertical(rows, at, -page, goal),
        Motion::PageDown => vertical(rows, at, page, goal),
        Motion::WordLeft => {
            let from = rows.cell_start(head.saturating_sub(WORD))?;
            let end = rows.before_hidden(head, from)?;
            let bytes = rows.reader.bytes(from..end)?;
            let stop = reading.word_backward(bytes, bytes.len()).map_or(from, |at| from + at as u64);
            rows.behind_hidden(stop)
        }
        Motion::WordRight => {
            let end = rows.cell_start((head + WORD).min(len))?;
            let bytes = rows.reader.bytes(head..end + CLUSTER)?;
            let stop = reading.word_forward(bytes, 0, head + bytes.len() as u64 == len);
            rows.behind_hidden(stop.map_or(end, |at| head + at as u64))
        }
        Motion::RowStart => row_start(rows, at, head),
        Motion::RowEnd => {
            let row = rows.row_at(at)?;
            rows.end_of(&row)
        }
        Motion::Start => Ok(0),
        Motion::End => Ok(len),
    }
}

/// The same in a hex view of `len` bytes, where words are groups of `group` bytes.
pub fn step_hex(view: &HexView, head: u64, motion: Motion, len: u64, group: u32, page: usize) -> u64 {
    let head = head.min(len);
    let rows = view.rows();
    let group = u64::from(group.max(1));
    let page = page.max(2) as u64 - 1;
    let row = rows.row(head);
    // The byte in the caret's column; where a row is too short for that, its nearest.
    let in_row = |row: u64| {
        let (start, end) = (view.start_of(row), view.start_of(row.saturating_add(1)));
        let left = u64::from(rows.column(head)).saturating_sub(u64::from(rows.column(start)));
        (start + left).min(end - 1).min(len)
    };
    match motion {
        Motion::Left => head.saturating_sub(1),
        Motion::Right => (head + 1).min(len),
        Motion::Up => in_row(row.saturating_sub(1)),
        Motion::Down => in_row((row + 1).min(rows.row(len))),
        Motion::PageUp => in_row(row.saturating_sub(page)),
        Motion::PageDown => in_row((row + page).min(rows.row(len))),
        Motion::WordLeft => head.saturating_sub(1) / group * group,
        Motion::WordRight => (head / group * group).saturating_add(group).min(len),
        Motion::RowStart => rows.row_start(head),
        Motion::RowEnd => (view.start_of(row + 1) - 1).min(len),
        Motion::Start => 0,
        Motion::End => len,
    }
}

/// The cell before a caret at `head`, for Backspace: the last one that is seen, so what is hidden stays, and `head` may
/// not be its end.
pub fn delete_backward(rows: &mut Rows, head: u64) -> Result<Range<u64>, Pending> {
    let head = rows.caret(head)?;
    rows.cell_before(head)
}

/// The cell behind a caret at `head`, for Delete: the first one that is seen.
pub fn delete_forward(rows: &mut Rows, head: u64) -> Result<Range<u64>, Pending> {
    let head = rows.caret(head)?;
    let len = rows.cell_at(head)?.map_or(0, |cell| u64::from(cell.len));
    Ok(head..head + len)
}

/// The word (or run of white space, or of punctuation) at `offset`.
pub fn word_around(rows: &mut Rows, offset: u64) -> Result<Range<u64>, Pending> {
    let len = rows.snapshot().len();
    let offset = rows.cell_start(offset)?;
    let from = rows.cell_start(offset.saturating_sub(WORD))?;
    let end = rows.cell_start((offset + WORD).min(len))?;
    let reading = rows.shape().reading;
    let bytes = rows.reader.bytes(from..end)?;
    let word = reading.word_range(bytes, ((offset - from) as usize).min(bytes.len()));
    Ok(from + word.start as u64..from + word.end as u64)
}

/// The line at `offset`, its ending included; of a very long one whose ends are not known yet, a part.
pub fn line_around(rows: &mut Rows, offset: u64) -> Result<Range<u64>, Pending> {
    rows.line_around(offset)
}

/// Up or down, to the column `goal`. From the first row up goes to its start, from the last down to its end.
fn vertical(rows: &mut Rows, head: u64, by: i64, goal: &mut Option<u64>) -> Result<u64, Pending> {
    let row = rows.row_at(head)?;
    let column = match *goal {
        Some(column) => column,
        None => rows.column_of(&row, head)?.0,
    };
    let (target, moved) = rows.step(head, by)?;
    let there = match moved {
        0 if by < 0 => row.start,
        0 => rows.end_of(&row)?,
        _ => rows.byte_at(&target, column)?.0,
    };
    *goal = Some(column);
    Ok(there)
}

/// The first character of the row of `at` that is not white space; if the caret is drawn there, at `head`, the row's
/// start.
fn row_start(rows: &mut Rows, at: u64, head: u64) -> Result<u64, Pending> {
    let row = rows.row_at(at)?;
    if !row.begins_line {
        return Ok(row.start);
    }
    let reading = rows.shape().reading;
    let bytes = rows.reader.bytes(row.start..row.end.min(row.start + reading.look_back()))?;
    let blank = reading.blanks(bytes);
    // An accent may stand on the last blank.
    let first = rows.cell_start(row.start + blank as u64)?.min(rows.end_of(&row)?);
    if first == row.start {
        return Ok(first);
    }
    let first = rows.behind_hidden(first)?;
    Ok(if head == first { row.start } else { first })
}

#[cfg(test)]
mod tests;
