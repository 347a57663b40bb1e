//! Columns of a row: from bytes and back, and the cells to draw.

use std::ops::Range;

use super::blocks::CLUSTER;
use super::caret::HIDDEN;
use super::column_index::Advance;
use super::rows::{MOST_INDEXES, NEAR, SLICE};
use super::walk::{SIGHT, Stopped, Walk};
use super::{ColumnIndex, Pending, Row, Rows};
use crate::text::Cell;

/// Bytes of sequences that a column on screen may take: two colours by their values, and some more.
const HIDDEN_PER_COLUMN: u64 = 64;

impl Rows<'_> {
    /// The column at which the cell of `offset` stands in `row`, and whether that is the column in its line.
    pub fn column_of(&mut self, row: &Row, offset: u64) -> Result<(u64, bool), Pending> {
        let offset = offset.clamp(row.start, row.end);
        let known = self.known_end(row, offset, u64::MAX)?;
        let (byte, column, _) = self.walk(row, offset.min(known), u64::MAX)?;
        if offset > known {
            return Ok((column + (offset - byte) / self.unit(), false));
        }
        Ok((column, row.begins_line || self.shape.wrap.is_some()))
    }

    /// The byte of the cell that covers `column` in `row` (its last place for a caret, if the row is shorter), and
    /// the column at which that cell starts.
    pub fn byte_at(&mut self, row: &Row, column: u64) -> Result<(u64, u64), Pending> {
        let near = self.near_end(row);
        let (mut byte, mut reached, mut stopped) = self.walk(row, near, column)?;
        if stopped == Stopped::Byte && near < row.end {
            let known = self.known_end(row, u64::MAX, column)?;
            (byte, reached, stopped) = self.walk(row, known, column)?;
        }
        let at = match stopped {
            Stopped::End => self.end_of(row)?,
            Stopped::Byte => {
                let bytes = (column - reached).saturating_mul(self.unit());
                let far = byte.saturating_add(bytes).min(self.end_of(row)?);
                self.cell_start(far)?.max(byte)
            }
            Stopped::Column | Stopped::Slice => byte,
        };
        match stopped {
            Stopped::End if at < byte => Ok((at, self.column_of(row, at)?.0)),
            _ => Ok((at, reached + (at - byte) / self.unit())),
        }
    }

    /// Up to where columns are always known in `row`.
    fn near_end(&self, row: &Row) -> u64 {
        let is_line = row.begins_line && self.shape.wrap.is_none();
        if is_line { row.end.min(row.start + NEAR) } else { row.end }
    }

    /// Up to where columns are known in `row`: at least to the byte `to` or the column `to_column`, if that takes no
    /// more walking than is left.
    fn known_end(&mut self, row: &Row, to: u64, to_column: u64) -> Result<u64, Pending> {
        let near = self.near_end(row);
        if to <= near || near == row.end {
            return Ok(near);
        }
        if self.cache.columns.len() > MOST_INDEXES {
            self.cache.columns.clear();
        }
        let reading = self.shape.reading;
        let columns = &mut self.cache.columns;
        let mut index =
            columns.remove(&row.start).unwrap_or_else(|| ColumnIndex::new(row.start..row.end, reading));
        index.fit(row.end);
        let known = self.walk_on(row, &mut index, to.min(row.end), to_column);
        self.cache.columns.insert(row.start, index);
        known
    }

    /// Walks over what `index` does not know, as [`Rows::known_end`] says.
    fn walk_on(
        &mut self,
        row: &Row,
        index: &mut ColumnIndex,
        to: u64,
        to_column: u64,
    ) -> Result<u64, Pending> {
        // To where the next stretch may reach.
        let mut reach = NEAR;
        loop {
            let (known, column) = index.known();
            let Some(unknown) = index.first_unknown() else {
                return Ok(row.end);
            };
            if known >= to || column > to_column {
                return Ok(known);
            }
            if known >= row.start + NEAR {
                if self.walk_left == 0 || self.given_up.contains(&row.start) {
                    self.given_up.insert(row.start);
                    let line = row.start..row.end;
                    if ColumnIndex::is_worth_building(line.end - line.start) {
                        self.cache.wanted = Some(line);
                    }
                    return Ok(known);
                }
                self.walk_left = self.walk_left.saturating_sub(reach);
            }
            let limit = unknown.end.min(known.saturating_add(reach));
            let mut walk = Walk::from(known, column);
            let stopped = self.walk_from(row, limit, u64::MAX, &mut walk)?;
            let end = if stopped == Stopped::End { row.end } else { walk.byte };
            reach = NEAR;
            if end > known {
                index.fill(known..end, Advance::of(&walk, column, self.shape.reading));
            }
            if end < limit && limit == unknown.end {
                // A cell lies across what was known to be between two.
                index.forget(end, limit);
            } else if end == known {
                reach = limit - known + NEAR;
            }
        }
    }

    /// The last place for a caret in `row`: before its line ending, or at the document's end, or, where its line goes
    /// on in the next row, before its last cell.
    pub fn end_of(&mut self, row: &Row) -> Result<u64, Pending> {
        if row.is_last(self.snapshot().len()) {
            return Ok(row.end);
        }
        let end = if row.ends_line { row.end } else { self.before_hidden(row.end, row.start)? };
        let from = end.saturating_sub(self.shape.reading.look_back()).max(row.start);
        let bytes = self.reader.bytes(from..end)?;
        Ok(from + self.shape.reading.previous_cell_start(bytes) as u64)
    }

    /// Decodes the cells of `row` from `from` (a cell's start, at `column`) on that start before `column_end`, or fewer
    /// if more is hidden between them than any picture needs. Cells are counted from `from`. Returns the bytes that
    /// they were decoded from.
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
        // A line may be nothing but sequences, for gigabytes.
        let columns = column_end.saturating_sub(column);
        let mut hidden_left = columns.saturating_mul(HIDDEN_PER_COLUMN).saturating_add(HIDDEN);
        while at < row.end && column < column_end && hidden_left > 0 {
            let before = out.len();
            let slice = (column_end - column).saturating_add(1).saturating_mul(self.unit());
            let slice = slice.clamp(SLICE.min(64), SLICE);
            let used = self.decode(at, row.end, slice, column, out)?;
            for cell in &mut out[before..] {
                cell.start += (at - from) as u32;
                if cell.width == 0 {
                    hidden_left = hidden_left.saturating_sub(cell.len.into());
                }
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
        let mut stops = self.cache.stops.remove(&row.start).unwrap_or_else(|| vec![(0, 0)]);
        let known = stops.len();
        let walked = self.walk_by(row, to, to_column, &mut stops);
        self.cache.breaks += stops.len() - known;
        // A short row is walked faster than its stops are found.
        if stops.len() > 1 {
            self.cache.stops.insert(row.start, stops);
        }
        walked
    }

    fn walk_by(
        &mut self,
        row: &Row,
        to: u64,
        to_column: u64,
        stops: &mut Vec<(u64, u64)>,
    ) -> Result<(u64, u64, Stopped), Pending> {
        let passed = stops.partition_point(|&(at, column)| row.start + at <= to && column <= to_column);
        let (at, column) = stops[passed.max(1) - 1];
        let mut place = (row.start + at, column);
        if let Some(index) = self.cache.columns.get(&row.start) {
            place = place.max(index.stop(to, to_column));
        }
        let mut walk = Walk::from(place.0, place.1);
        loop {
            let at = walk.byte - row.start;
            let behind = stops.partition_point(|&(stop, _)| stop <= at);
            let next = stops.get(behind).map_or(u64::MAX, |&(stop, _)| stop);
            if at >= stops[behind - 1].0 + SLICE && at + SLICE <= next {
                stops.insert(behind, (at, walk.column));
            }
            match self.walk_slice(row, to, to_column, &mut walk)? {
                Stopped::Slice => {}
                stopped => return Ok((walk.byte, walk.column, stopped)),
            }
        }
    }

    /// The same from where `walk` stands, without looking for stops.
    fn walk_from(&mut self, row: &Row, to: u64, to_column: u64, walk: &mut Walk) -> Result<Stopped, Pending> {
        loop {
            match self.walk_slice(row, to, to_column, walk)? {
                Stopped::Slice => {}
                stopped => return Ok(stopped),
            }
        }
    }

    fn walk_slice(
        &mut self,
        row: &Row,
        to: u64,
        to_column: u64,
        walk: &mut Walk,
    ) -> Result<Stopped, Pending> {
        let end = (walk.byte + SIGHT).min(row.end);
        let bytes = self.reader.bytes(walk.byte..end)?;
        Ok(walk.on(self.shape.reading, bytes, end == row.end, (to, to_column), &mut self.cells))
    }
}
