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

    fn columns(&self) -> u64 {
        u64::from(self.rows.bytes_per_row())
    }

    /// The start of the row that `offset` stands in.
    pub fn row_start(&self, offset: u64) -> u64 {
        self.rows.row_start(offset)
    }

    pub fn page(&mut self, snapshot: &Snapshot, rows: usize) -> HexPage {
        let columns = self.columns();
        // The caret may stand behind the last byte, at the start of a row of its own.
        self.top = self.row_start(self.top.min(snapshot.len()));
        let left = (snapshot.len() - self.top) / columns + 1;
        let rows = left.min(rows as u64);
        let end = (self.top + rows * columns).min(snapshot.len());
        HexPage { rows, window: snapshot.try_read(self.top..end) }
    }

    /// Scrolls by `rows` (fractions too), not so far that less than a page of `page` rows is left.
    pub fn scroll(&mut self, rows: f32, len: u64, page: usize) {
        let exact = self.fraction + rows;
        let whole = exact.floor();
        let by = (whole.abs() as u64).saturating_mul(self.columns());
        let last = self.last_top(len, page);
        if whole < 0.0 && by > self.top {
            (self.top, self.fraction) = (0, 0.0);
            return;
        }
        self.top = if whole < 0.0 { self.top - by } else { self.top.saturating_add(by) };
        self.fraction = exact - whole;
        if self.top >= last && rows > 0.0 {
            (self.top, self.fraction) = (last, 0.0);
        }
    }

    /// Shows the row of `offset`, with as little movement as its distance asks for.
    pub fn reveal(&mut self, offset: u64, len: u64, page: usize) {
        let columns = self.columns();
        let row = self.row_start(offset);
        let page = page.max(1) as u64;
        let lowest = row.saturating_sub((page - 1) * columns);
        let centred = row.saturating_sub(page / 2 * columns);
        let half = page / 2 * columns;
        let top = if row < self.top || (row == self.top && self.fraction > 0.0) {
            if self.top - row <= half { row } else { centred }
        } else if self.top < lowest {
            if lowest - self.top <= half { lowest } else { centred }
        } else {
            return;
        };
        (self.top, self.fraction) = (top.min(self.last_top(len, page as usize)), 0.0);
    }

    /// Shows the row that holds byte `at` at the top: what the scrollbar does.
    pub fn scroll_to(&mut self, at: u64, len: u64, page: usize) {
        (self.top, self.fraction) = (self.row_start(at).min(self.last_top(len, page)), 0.0);
    }

    /// The lowest top: the last `page` rows fill the screen from there.
    pub fn last_top(&self, len: u64, page: usize) -> u64 {
        self.row_start(len).saturating_sub((page.max(1) as u64 - 1) * self.columns())
    }

    /// The anchor after `edits`.
    pub fn map(&mut self, edits: &EditSet) {
        self.top = self.row_start(edits.map(self.top, Bias::Before));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrolls_past_two_to_the_32_rows() {
        // IPED#28: scrolling broke after 2^32 rows of 16 bytes.
        let len = 1 << 40;
        let mut view = HexView::default();
        view.scroll_to((1 << 36) + 5, len, 10);
        assert_eq!(view.top, 1 << 36);
        view.scroll(2.5, len, 10);
        assert_eq!((view.top, view.fraction), ((1 << 36) + 32, 0.5));
        view.scroll(-3.0, len, 10);
        assert_eq!((view.top, view.fraction), ((1 << 36) - 16, 0.5));
        view.scroll_to(u64::MAX, len, 10);
        assert_eq!(view.top, len - 9 * 16);
    }

    #[test]
    fn reveals_with_little_movement_when_near_and_in_the_middle_when_far() {
        let mut view = HexView::default();
        view.reveal(16 * 12, 16 * 1000, 10);
        assert_eq!(view.top, 16 * 3);
        view.reveal(16 * 500, 16 * 1000, 10);
        assert_eq!(view.top, 16 * 495);
        view.reveal(16 * 494, 16 * 1000, 10);
        assert_eq!(view.top, 16 * 494);
        view.reveal(0, 16 * 1000, 10);
        assert_eq!(view.top, 0);
    }
}
