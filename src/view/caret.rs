//! Places for a caret: at the start of a cell that is seen, or at the document's end.

use std::ops::Range;

use super::blocks::CLUSTER;
use super::{Pending, Rows};
use crate::text::Cell;

/// Hidden sequences are passed over for so many bytes, and then count as seen: no work grows with how many there are.
pub(super) const HIDDEN: u64 = 4096;

impl Rows<'_> {
    /// Where a caret at `at` is drawn: at the start of the cell that it stands in, or behind it if that is hidden.
    pub(super) fn caret(&mut self, at: u64) -> Result<u64, Pending> {
        let at = self.cell_start(at)?;
        self.behind_hidden(at)
    }

    /// The place behind the hidden cells that start at `at`.
    pub(super) fn behind_hidden(&mut self, at: u64) -> Result<u64, Pending> {
        let mut behind = at;
        while behind - at < HIDDEN
            && let Some(Cell { width: 0, len, .. }) = self.cell_at(behind)?
        {
            behind += u64::from(len);
        }
        Ok(behind)
    }

    /// The place before the hidden cells that end at `at`, but not before `floor`.
    pub(super) fn before_hidden(&mut self, at: u64, floor: u64) -> Result<u64, Pending> {
        let mut before = at;
        while before > floor && at - before < HIDDEN {
            let start = self.previous_cell(before)?;
            match self.cell_at(start)? {
                Some(Cell { width: 0, .. }) if start >= floor => before = start,
                _ => break,
            }
        }
        Ok(before)
    }

    /// The last cell that is seen before `at`, which is between two cells; empty at the document's start.
    pub(super) fn cell_before(&mut self, at: u64) -> Result<Range<u64>, Pending> {
        let end = self.before_hidden(at, 0)?;
        Ok(if end == 0 { at..at } else { self.previous_cell(end)?..end })
    }

    /// The cell that starts at `at`, as if at the start of a line.
    pub(super) fn cell_at(&mut self, at: u64) -> Result<Option<Cell>, Pending> {
        let reading = self.shape.reading;
        let end = at + CLUSTER + self.unit();
        let at_end = end >= self.snapshot().len();
        let bytes = self.reader.bytes(at..end)?;
        let Some(len) = reading.next_cell(bytes, at_end) else {
            return Ok(None);
        };
        self.cells.clear();
        reading.cells(&bytes[..len], true, 0, &mut self.cells);
        Ok(self.cells.first().copied())
    }

    /// The start of the cell that ends at `at`.
    fn previous_cell(&mut self, at: u64) -> Result<u64, Pending> {
        let from = self.unit_start(at.saturating_sub(self.shape.reading.look_back()));
        let bytes = self.reader.bytes(from..at)?;
        Ok(from + self.shape.reading.previous_cell_start(bytes) as u64)
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
