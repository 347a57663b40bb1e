use std::ops::Range;

use super::{Pending, Row, Rows};
use crate::document::{Bias, Count, EditSet};
use crate::text::Cell;

/// Where a text view has scrolled to: a byte anchor plus a fraction of a row, never a pixel height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TextView {
    /// The first byte of the topmost row.
    pub top: u64,
    /// How much of that row is above the edge, in rows: `0.0..1.0`.
    pub fraction: f32,
    /// Columns scrolled out at the left.
    pub left: u64,
    /// Is `top` a mark inside a long line whose start is not known yet?
    inside_line: bool,
}

/// A screenful of text.
#[derive(Debug, Default)]
pub struct TextPage {
    pub rows: Vec<TextRow>,
    pub cells: Vec<Cell>,
    pub bytes: Vec<u8>,
    /// Document bytes that have to be fetched before the page is whole.
    pub pending: Vec<Range<u64>>,
}

/// One row of a [`TextPage`].
#[derive(Clone, Debug)]
pub struct TextRow {
    pub row: Row,
    /// The line's 0-based number, in the row that begins it.
    pub line: Option<Count>,
    /// The document offset of the first cell.
    pub offset: u64,
    /// Its cells in [`TextPage::cells`]; a cell's `start` counts from `offset`.
    pub cells: Range<usize>,
    /// Where its first cell's bytes are in [`TextPage::bytes`].
    pub bytes: usize,
    pub state: RowState,
}

/// Could a row be read?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowState {
    Ready,
    /// Not in memory yet.
    Pending,
    /// Some of it cannot be read any more, for this reason.
    Lost(String),
}

impl TextPage {
    /// The bytes of `cell` of `row`.
    pub fn text(&self, row: &TextRow, cell: &Cell) -> &[u8] {
        let from = row.bytes + cell.start as usize;
        &self.bytes[from..from + cell.len as usize]
    }

    /// The document range that the page shows.
    pub fn range(&self) -> Range<u64> {
        let start = self.rows.first().map_or(0, |row| row.row.start);
        let end = self.rows.last().map_or(start, |row| {
            let shown = self.cells[row.cells.clone()].last();
            row.row.end.unwrap_or(shown.map_or(row.offset, |cell| row.offset + u64::from(cell.start + cell.len)))
        });
        start..end
    }
}

impl TextView {
    /// Lays out `rows` rows of `columns` columns.
    pub fn page(&mut self, source: &mut Rows, rows: usize, columns: u64) -> TextPage {
        let mut page = TextPage::default();
        let mut next = self.settle(source).map(Some);
        let mut line = None;
        while page.rows.len() < rows {
            let row = match next {
                Ok(Some(row)) => row,
                Ok(None) => break,
                Err(Pending(range)) => {
                    let at = page.rows.last().and_then(|last: &TextRow| last.row.end).unwrap_or(self.top);
                    let row = Row { start: at, end: None, begins_line: false, ends_line: false };
                    let cells = page.cells.len()..page.cells.len();
                    let bytes = page.bytes.len();
                    page.rows.push(TextRow { row, line: None, offset: at, cells, bytes, state: RowState::Pending });
                    page.pending.push(range);
                    break;
                }
            };
            if row.begins_line {
                line = Some(match line {
                    Some(Count::Exact(line)) => Count::Exact(line + 1),
                    Some(Count::About(line)) => Count::About(line + 1),
                    None => source.snapshot().line_at(row.start),
                });
            } else if line.is_none() {
                // The first row may be inside a line whose number the next line start then follows.
                line = Some(source.snapshot().line_at(row.start));
            }
            let number = line.filter(|_| row.begins_line);
            let laid_out = self.lay_out(source, &row, number, columns, &mut page);
            if let Err(Pending(range)) = laid_out {
                let cells = page.cells.len()..page.cells.len();
                let (offset, bytes) = (row.start, page.bytes.len());
                let state = RowState::Pending;
                page.rows.push(TextRow { row: row.clone(), line: number, offset, cells, bytes, state });
                page.pending.push(range);
            }
            next = source.next(&row);
        }
        page
    }

    /// Makes `top` the start of a row again, after edits, a new width, or when a long line's start became known.
    fn settle(&mut self, source: &mut Rows) -> Result<Row, Pending> {
        let row = source.row_at(self.top)?;
        if source.shape().wrap.is_some() {
            self.left = 0;
        } else if self.inside_line && row.start < self.top {
            // The line's start became known: what is seen stays where it is.
            self.left += self.top - row.start;
        }
        self.inside_line = source.shape().wrap.is_none() && !row.begins_line;
        self.top = row.start;
        Ok(row)
    }

    fn lay_out(
        &self,
        source: &mut Rows,
        row: &Row,
        line: Option<Count>,
        columns: u64,
        page: &mut TextPage,
    ) -> Result<(), Pending> {
        let (offset, column) = if self.left == 0 { (row.start, 0) } else { source.byte_at(row, self.left)? };
        let first = page.cells.len();
        let shown = source.cells(row, offset, column, self.left + columns, &mut page.cells);
        let shown = match shown {
            Ok(shown) => shown,
            Err(pending) => {
                page.cells.truncate(first);
                return Err(pending);
            }
        };
        let bytes = page.bytes.len();
        page.bytes.extend_from_slice(source.reader.bytes(shown.clone())?);
        let state = source.reader.lost(shown).map_or(RowState::Ready, RowState::Lost);
        let cells = first..page.cells.len();
        page.rows.push(TextRow { row: row.clone(), line, offset, cells, bytes, state });
        Ok(())
    }

    /// Scrolls by `rows` (down if positive, fractions too), but not so far that less than a page of `page` rows is
    /// left, nor above the start.
    pub fn scroll(&mut self, source: &mut Rows, rows: f32, page: usize) -> Result<(), Pending> {
        let exact = self.fraction + rows;
        let whole = exact.floor();
        let (row, moved) = source.step(self.top, whole as i64)?;
        self.top = row.start;
        self.fraction = if moved == whole as i64 { exact - whole } else { 0.0 };
        if rows > 0.0 {
            let last = last_top(source, page)?;
            if self.top >= last {
                (self.top, self.fraction) = (last, 0.0);
            }
        }
        Ok(())
    }

    /// Shows the row of `offset`: where it is, if it is among the `page` rows on screen, else in the middle or at
    /// the nearer edge; and its column, within `columns`.
    pub fn reveal(&mut self, source: &mut Rows, offset: u64, page: usize, columns: u64) -> Result<(), Pending> {
        let target = source.row_at(offset)?;
        let whole = page.max(1) as i64;
        if target.start < self.top || (target.start == self.top && self.fraction > 0.0) {
            let (near, _) = source.step(target.start, whole / 2)?;
            let close = near.start >= self.top;
            let (top, _) = if close { (target.clone(), 0) } else { source.step(target.start, -whole / 2)? };
            (self.top, self.fraction) = (top.start, 0.0);
        } else {
            // Lowest top at which the target is still fully on screen, and how far that is from here.
            let (lowest, _) = source.step(target.start, 1 - whole)?;
            if self.top < lowest.start {
                let (near, _) = source.step(lowest.start, -whole / 2)?;
                let close = near.start <= self.top;
                let (top, _) = if close { (lowest, 0) } else { source.step(target.start, -whole / 2)? };
                (self.top, self.fraction) = (top.start.min(last_top(source, page)?.max(self.top)), 0.0);
            }
        }
        if source.shape().wrap.is_none() {
            let (column, _) = source.column_of(&target, offset)?;
            let margin = (columns / 8).min(8);
            if column < self.left + margin {
                self.left = column.saturating_sub(columns / 4).min(self.left);
                if column < columns.saturating_sub(margin) {
                    self.left = 0;
                }
            } else if column + margin >= self.left + columns {
                self.left = column + margin + columns / 4 - columns.min(column + margin + columns / 4);
            }
        }
        Ok(())
    }

    /// Shows the row that holds byte `at` at the top: what the scrollbar does.
    pub fn scroll_to(&mut self, source: &mut Rows, at: u64, page: usize) -> Result<(), Pending> {
        let row = source.row_at(at)?;
        (self.top, self.fraction) = (row.start.min(last_top(source, page)?), 0.0);
        Ok(())
    }

    /// The anchor after `edits`.
    pub fn map(&mut self, edits: &EditSet) {
        self.top = edits.map(self.top, Bias::Before);
    }
}

/// The lowest top: the last `page` rows of the document fill the screen from there.
pub fn last_top(source: &mut Rows, page: usize) -> Result<u64, Pending> {
    let len = source.snapshot().len();
    Ok(source.step(len, 1 - page.max(1) as i64)?.0.start)
}
