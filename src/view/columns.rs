//! Columns of a row: from bytes and back, and the cells to draw.

use std::ops::Range;

use super::blocks::CLUSTER;
use super::rows::{NEAR, SLICE};
use super::{Pending, Row, Rows};
use crate::text::{Cell, CellKind};

/// Why [`Rows::walk`] stopped: the next cell ends behind the byte or the column given, or there is none.
#[derive(PartialEq, Eq)]
enum Stopped {
    Byte,
    Column,
    /// At a line ending, or the end of the row.
    End,
}

impl Rows<'_> {
    /// The column at which the cell of `offset` stands in `row`, and whether that is the column in its line.
    pub fn column_of(&mut self, row: &Row, offset: u64) -> Result<(u64, bool), Pending> {
        let offset = offset.clamp(row.start, row.end);
        let near = offset.min(self.exact_end(row));
        let (byte, column, _) = self.walk(row, near, u64::MAX)?;
        if offset > near {
            return Ok((column + (offset - byte) / self.unit(), false));
        }
        Ok((column, row.begins_line || self.shape.wrap.is_some()))
    }

    /// The byte of the cell that covers `column` in `row` (its last place for a caret, if the row is shorter), and
    /// the column at which that cell starts.
    pub fn byte_at(&mut self, row: &Row, column: u64) -> Result<(u64, u64), Pending> {
        let (byte, reached, stopped) = self.walk(row, self.exact_end(row), column)?;
        let at = match stopped {
            Stopped::Column => byte,
            Stopped::End if row.ends_line => byte,
            Stopped::End => self.end_of(row)?,
            Stopped::Byte => {
                let bytes = (column - reached).saturating_mul(self.unit());
                let far = byte.saturating_add(bytes).min(self.end_of(row)?);
                self.cell_start(far)?.max(byte)
            }
        };
        match stopped {
            Stopped::End if at < byte => Ok((at, self.column_of(row, at)?.0)),
            _ => Ok((at, reached + (at - byte) / self.unit())),
        }
    }

    /// Up to where columns are exact in `row`.
    fn exact_end(&self, row: &Row) -> u64 {
        let is_line = row.begins_line && self.shape.wrap.is_none();
        if is_line { row.end.min(row.start + NEAR) } else { row.end }
    }

    /// The last place for a caret in `row`: before its line ending, or at the document's end, or, where its line goes
    /// on in the next row, before its last cell.
    pub fn end_of(&mut self, row: &Row) -> Result<u64, Pending> {
        if row.is_last(self.snapshot().len()) {
            return Ok(row.end);
        }
        let from = row.end.saturating_sub(self.shape.reading.look_back()).max(row.start);
        let bytes = self.reader.bytes(from..row.end)?;
        Ok(from + self.shape.reading.previous_cell_start(bytes) as u64)
    }

    /// Decodes the cells of `row` from `from` (a cell's start, at `column`) on that start before `column_end`.
    /// Cells are counted from `from`. Returns the bytes that they were decoded from.
    pub fn cells(
        &mut self,
        row: &Row,
        from: u64,
        column: u64,
        column_end: u64,
        out: &mut Vec<Cell>,
    ) -> Result<Range<u64>, Pending> {
        let first = out.len();
        let (mut at, mut column) = (from, column);
        while at < row.end && column < column_end {
            let before = out.len();
            let slice = (column_end - column).saturating_add(1).saturating_mul(self.unit());
            let slice = slice.clamp(SLICE.min(64), SLICE);
            let used = self.decode(at, row.end, slice, column, out)?;
            for cell in &mut out[before..] {
                cell.start += (at - from) as u32;
            }
            at += used;
            column = out.last().map_or(column, |last| last.column + u64::from(last.width));
        }
        let shown = out[first..].partition_point(|cell| cell.column < column_end);
        out.truncate(first + shown);
        let end = out[first..].last().map_or(from, |last| from + u64::from(last.start + last.len));
        Ok(from..end)
    }

    /// Decodes about `slice` bytes from `at`, which is before `end`, the end of a row, and returns the bytes used: at
    /// least 1.
    pub(super) fn decode(
        &mut self,
        at: u64,
        end: u64,
        slice: u64,
        column: u64,
        out: &mut Vec<Cell>,
    ) -> Result<u64, Pending> {
        for slice in [slice, slice + CLUSTER] {
            let to = (at + slice).min(end);
            let bytes = self.reader.bytes(at..to)?;
            let used = self.shape.reading.cells(bytes, to == end, column, out);
            if used > 0 {
                return Ok(used as u64);
            }
        }
        unreachable!("a cell longer than {CLUSTER} bytes at {at}")
    }

    /// Walks over the cells of `row` that end at byte `to` and at column `to_column` or before. Returns where it
    /// stopped, as byte and column, and why. A line ending is never walked over.
    fn walk(&mut self, row: &Row, to: u64, to_column: u64) -> Result<(u64, u64, Stopped), Pending> {
        let mut stops = self.cache.stops.remove(&row.start).unwrap_or_else(|| vec![(row.start, 0)]);
        let walked = self.walk_from(row, to, to_column, &mut stops);
        // A short row is walked faster than its stops are found.
        if stops.len() > 1 {
            self.cache.stops.insert(row.start, stops);
        }
        walked
    }

    fn walk_from(
        &mut self,
        row: &Row,
        to: u64,
        to_column: u64,
        stops: &mut Vec<(u64, u64)>,
    ) -> Result<(u64, u64, Stopped), Pending> {
        let unit = self.unit();
        let passed = stops.partition_point(|&(byte, column)| byte <= to && column <= to_column);
        let (mut at, mut column) = stops[passed.max(1) - 1];
        let mut cells = std::mem::take(&mut self.cells);
        let stopped = 'walk: loop {
            if at >= row.end {
                break Stopped::End;
            }
            if stops.last().is_some_and(|&(byte, _)| at >= byte + SLICE) {
                stops.push((at, column));
            }
            let bytes = self.reader.bytes(at..(at + SLICE).min(row.end))?;
            // The columns of plain text are its bytes. The last of it may take a combining mark: leave it.
            let plain = (self.shape.reading.plain_run(bytes) as u64 / unit).saturating_sub(1);
            let plain = plain.min(to.saturating_sub(at) / unit).min(to_column.saturating_sub(column));
            if plain > 0 {
                at += plain * unit;
                column += plain;
                continue;
            }
            cells.clear();
            let from = at;
            self.decode(from, row.end, SLICE, column, &mut cells)?;
            for cell in &cells {
                let end = from + u64::from(cell.start + cell.len);
                let column_end = cell.column + u64::from(cell.width);
                if cell.kind == CellKind::LineEnd {
                    break 'walk Stopped::End;
                }
                if end > to {
                    break 'walk Stopped::Byte;
                }
                if column_end > to_column {
                    break 'walk Stopped::Column;
                }
                (at, column) = (end, column_end);
            }
        };
        self.cells = cells;
        Ok((at, column, stopped))
    }

    /// The start of the cell that `at` stands in.
    pub(super) fn cell_start(&mut self, at: u64) -> Result<u64, Pending> {
        if at >= self.snapshot().len() {
            return Ok(self.snapshot().len());
        }
        let at = self.unit_start(at);
        let from = at.saturating_sub(self.shape.reading.look_back());
        let bytes = self.reader.bytes(from..at + CLUSTER)?;
        Ok(from + self.shape.reading.cell_start(bytes, (at - from) as usize) as u64)
    }

    /// Bytes of a code unit.
    pub(super) fn unit(&self) -> u64 {
        self.shape.reading.encoding.unit()
    }

    /// The start of the code unit that `at` stands in.
    pub(super) fn unit_start(&self, at: u64) -> u64 {
        at - at % self.unit()
    }
}
