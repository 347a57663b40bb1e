use std::ops::Range;

use crate::document::{Bias, EditSet, Snapshot, Window};
use crate::hex::Rows;

/// Where a hex view has scrolled to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HexView {
    /// The first byte of the topmost row.
    pub top: u64,
    /// How much of that row is above the edge, in rows: `0.0..1.0`.
    pub fraction: f32,
    /// Half-cells scrolled out at the left, where rows are wider than the screen.
    pub left: u32,
    rows: Rows,
}

/// A screenful of bytes.
#[derive(Debug)]
pub struct HexPage {
    /// Rows shown; the last may be cut short, or empty, by the document's end.
    pub rows: u64,
    pub window: Window,
    /// The holes that bytes on the page lie in, as far as they are known. They reach beyond it.
    pub holes: Vec<Range<u64>>,
}

impl Default for HexView {
    fn default() -> Self {
        Self { top: 0, fraction: 0.0, left: 0, rows: Rows::new(16, 1, 0) }
    }
}

impl HexView {
    pub fn rows(&self) -> Rows {
        self.rows
    }

    pub fn set_rows(&mut self, rows: Rows) {
        self.rows = rows;
        self.top = rows.row_start(self.top);
    }

    /// The start of the row that `offset` stands in.
    pub fn row_start(&self, offset: u64) -> u64 {
        self.rows.row_start(offset)
    }

    /// The first byte of `row`, or the last offset there can be.
    pub(super) fn start_of(&self, row: u64) -> u64 {
        self.rows.start_of(row).unwrap_or(u64::MAX)
    }

    /// Lays out `rows` rows.
    pub fn page(&mut self, snapshot: &Snapshot, rows: usize) -> HexPage {
        let len = snapshot.len();
        self.top = self.row_start(self.top.min(len));
        let first = self.rows.row(self.top);
        // The caret may stand behind the last byte, at the start of a row of its own.
        let rows = (self.rows.row(len) - first + 1).min(rows as u64);
        let end = self.start_of(first + rows).min(len);
        let window = snapshot.try_read(self.top..end);
        let holes = self.holes(snapshot, &window);
        HexPage { rows, window, holes }
    }

    /// Holes are looked for at the start and the end of each row: files have them in larger blocks.
    fn holes(&self, snapshot: &Snapshot, window: &Window) -> Vec<Range<u64>> {
        let mut holes: Vec<Range<u64>> = Vec::new();
        let mut at = window.start;
        let end = at + window.bytes.len() as u64;
        while at < end {
            let row_end = self.start_of(self.rows.row(at) + 1).min(end);
            for at in [at, row_end - 1] {
                let is_zero = window.bytes[(at - window.start) as usize] == 0;
                let is_known = holes.last().is_some_and(|hole| hole.contains(&at));
                if is_zero && !is_known {
                    holes.extend(snapshot.hole_at(at));
                }
            }
            at = row_end;
        }
        holes
    }

    /// Scrolls by `rows` (fractions too), not so far that less than a page of `page` rows is left.
    pub fn scroll(&mut self, rows: f32, len: u64, page: usize) {
        let (whole, fraction) = split(self.fraction + rows);
        let row = self.rows.row(self.top.min(len));
        if whole < 0 && whole.unsigned_abs() > row {
            (self.top, self.fraction) = (0, 0.0);
            return;
        }
        (self.top, self.fraction) = (self.start_of(row.saturating_add_signed(whole)), fraction);
        let last = self.last_top(len, page);
        if self.top >= last && rows > 0.0 {
            (self.top, self.fraction) = (last, 0.0);
        }
    }

    /// Shows the row of `offset` among the `page` rows on screen, with as little movement as its distance asks for.
    pub fn reveal(&mut self, offset: u64, len: u64, page: usize) {
        let page = page.max(1) as u64;
        let (top, row) = (self.rows.row(self.top), self.rows.row(offset.min(len)));
        let lowest = row.saturating_sub(page - 1);
        let centred = row.saturating_sub(page / 2);
        let new = if row < top || (row == top && self.fraction > 0.0) {
            if top - row <= page / 2 { row } else { centred }
        } else if top < lowest {
            if lowest - top <= page / 2 { lowest } else { centred }
        } else {
            return;
        };
        (self.top, self.fraction) = (self.start_of(new).min(self.last_top(len, page as usize)), 0.0);
    }

    /// Shows the row that holds byte `at` at the top: what the scrollbar does.
    pub fn scroll_to(&mut self, at: u64, len: u64, page: usize) {
        (self.top, self.fraction) = (self.row_start(at).min(self.last_top(len, page)), 0.0);
    }

    /// The lowest top: the last `page` rows fill the screen from there.
    pub fn last_top(&self, len: u64, page: usize) -> u64 {
        self.start_of(self.rows.row(len).saturating_sub(page.max(1) as u64 - 1))
    }

    /// The anchor after `edits`.
    pub fn map(&mut self, edits: &EditSet) {
        self.top = self.row_start(edits.map(self.top, Bias::Before));
    }
}

/// Rows and a fraction in `0.0..1.0`.
pub(super) fn split(rows: f32) -> (i64, f32) {
    let whole = rows.floor();
    // Just below a whole number of rows the rest rounds up to 1.
    match rows - whole {
        fraction if fraction < 1.0 => (whole as i64, fraction),
        _ => (whole as i64 + 1, 0.0),
    }
}

#[cfg(test)]
mod tests;
