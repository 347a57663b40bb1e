//! Walking over the cells of a line, column by column.

use super::blocks::CLUSTER;
use super::rows::SLICE;
use crate::text::{Cell, CellKind, Reading};

/// Bytes that [`Walk::on`] wants to see, from where it stands, or those up to the row's end.
pub(super) const SIGHT: u64 = SLICE + CLUSTER;

/// A place between two cells of a line, on a way along it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    pub byte: u64,
    pub column: u64,
    /// The columns before and behind the first tab on the way.
    pub first_tab: Option<(u64, u64)>,
}

/// Why a walk stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The next cell ends behind the byte given.
    Byte,
    /// The next cell ends behind the column given.
    Column,
    /// At a line ending, or the end of the row.
    End,
    /// It has come about a [`SLICE`] further, and can go on.
    Slice,
}

impl Walk {
    pub fn from(byte: u64, column: u64) -> Self {
        Self { byte, column, first_tab: None }
    }

    /// Goes over cells that end at byte `to` and at column `to_column` or before, about [`SLICE`] bytes of them.
    /// `bytes` stand here, [`SIGHT`] of them or those up to the row's end (`at_end`). A line ending is never walked
    /// over. `cells` is room for decoding.
    pub fn on(
        &mut self,
        reading: Reading,
        bytes: &[u8],
        at_end: bool,
        (to, to_column): (u64, u64),
        cells: &mut Vec<Cell>,
    ) -> Stopped {
        let unit = reading.encoding.unit();
        // The columns of plain text are its units. The last of it may take a combining mark: leave it.
        let plain = (reading.plain_run(bytes) as u64 / unit).saturating_sub(1);
        let plain = plain.min(to.saturating_sub(self.byte) / unit).min(to_column.saturating_sub(self.column));
        self.byte += plain * unit;
        self.column += plain;
        let used = (plain * unit) as usize;
        if used as u64 >= SLICE {
            return Stopped::Slice;
        }
        let from = self.byte;
        cells.clear();
        let slice = &bytes[used..];
        // What cannot be reached is not decoded.
        let near = to.saturating_sub(from).saturating_add(CLUSTER + 2 * unit);
        let near = near - near % unit;
        let whole = near >= slice.len() as u64;
        let slice = if whole { slice } else { &slice[..near as usize] };
        reading.cells(slice, at_end && whole, self.column, cells);
        if cells.is_empty() {
            return Stopped::End;
        }
        for cell in cells {
            let end = from + u64::from(cell.start + cell.len);
            let column_end = cell.column + u64::from(cell.width);
            if cell.kind == CellKind::LineEnd {
                return Stopped::End;
            }
            if end > to {
                return Stopped::Byte;
            }
            if column_end > to_column {
                return Stopped::Column;
            }
            if cell.kind == CellKind::Tab && self.first_tab.is_none() {
                self.first_tab = Some((cell.column, column_end));
            }
            (self.byte, self.column) = (end, column_end);
        }
        Stopped::Slice
    }
}
