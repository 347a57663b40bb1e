use std::ops::Range;

use super::hex_view::split;
use super::styles::Styles;
use super::{Pending, Row, Rows};
use crate::document::{Bias, Count, EditSet};
use crate::text::{Cell, Style};

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
    /// A byte and its column, in a line whose columns are not known so far: when they come to be known, the view moves
    /// with it.
    anchor: Option<(u64, u64)>,
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
    /// What escape sequences before its first cell say of it, where they are rendered.
    pub style: Style,
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
        let end = self.rows.last().map_or(start, |row| row.row.end);
        start..end
    }

    /// Adds a row that is still to be read.
    fn wait(&mut self, row: Row, line: Option<Count>, Pending(range): Pending) {
        let cells = self.cells.len()..self.cells.len();
        let (offset, bytes) = (row.start, self.bytes.len());
        let (style, state) = (Style::default(), RowState::Pending);
        self.rows.push(TextRow { row, line, offset, cells, bytes, style, state });
        self.fetch(range);
    }

    fn fetch(&mut self, range: Range<u64>) {
        if self.pending.last() != Some(&range) {
            self.pending.push(range);
        }
    }
}

impl TextView {
    /// Lays out `rows` rows of `columns` columns.
    pub fn page(&mut self, source: &mut Rows, rows: usize, columns: u64) -> TextPage {
        let mut page = TextPage::default();
        let mut next = self.settle(source).map(Some);
        let mut anchor = None;
        let mut line = None;
        let mut styles = Styles::default();
        while page.rows.len() < rows {
            let row = match next {
                Ok(Some(row)) => row,
                Ok(None) => break,
                Err(pending) => {
                    let at = page.rows.last().map_or(self.top, |last| last.row.end);
                    let row = Row { start: at, end: at, begins_line: false, ends_line: false };
                    page.wait(row, None, pending);
                    break;
                }
            };
            line = match line {
                // The first row may be inside a line whose number the next line start then follows.
                None => Some(source.snapshot().line_at(row.start)),
                Some(Count::Exact(line)) => Some(Count::Exact(line + u64::from(row.begins_line))),
                Some(Count::About(line)) => Some(Count::About(line + u64::from(row.begins_line))),
            };
            let number = line.filter(|_| row.begins_line);
            match self.lay_out(source, &row, number, columns, &mut styles, &mut page) {
                Ok(()) => {
                    // Who can say how many lines were in what cannot be read?
                    if let (Some(last), Some(Count::Exact(number))) = (page.rows.last(), line)
                        && matches!(last.state, RowState::Lost(_))
                    {
                        line = Some(Count::About(number));
                    }
                    let is_anchored = self.anchor.is_some_and(|(byte, _)| row.holds(byte, u64::MAX));
                    if anchor.is_none() || is_anchored {
                        anchor = self.anchor_in(source, &row).or(anchor);
                    }
                }
                Err(pending) => page.wait(row.clone(), number, pending),
            }
            next = source.next(&row);
        }
        self.anchor = anchor.or(self.anchor.filter(|_| !page.pending.is_empty()));
        page
    }

    /// What stands at the left edge in `row`, if its column is not known.
    fn anchor_in(&self, source: &mut Rows, row: &Row) -> Option<(u64, u64)> {
        if self.left == 0 {
            return None;
        }
        let (byte, column) = source.byte_at(row, self.left).ok()?;
        let is_known = source.column_of(row, byte).is_ok_and(|(_, known)| known);
        (!is_known && row.begins_line && byte < row.end).then_some((byte, column))
    }

    /// Makes `top` the start of a row again, after edits, a new width, or when a long line's start became known.
    fn settle(&mut self, source: &mut Rows) -> Result<Row, Pending> {
        let row = source.row_at(self.top)?;
        if let Some((byte, column)) = self.anchor.take()
            && self.left > 0
            && source.shape().wrap.is_none()
        {
            self.anchor = Some((byte, column));
            let line = source.row_at(byte)?;
            let now = if line.begins_line { source.column_of(&line, byte)?.0 } else { column };
            self.left = self.left.saturating_add(now).saturating_sub(column);
            self.anchor = Some((byte, now));
        }
        if source.shape().wrap.is_some() {
            self.left = 0;
        } else if self.inside_line && row.start < self.top {
            // What is seen stays where it is.
            self.left = self.left.saturating_add(source.column_of(&row, self.top)?.0);
        }
        self.put(source, &row);
        Ok(row)
    }

    fn put(&mut self, source: &Rows, top: &Row) {
        self.top = top.start;
        self.inside_line = source.shape().wrap.is_none() && !top.begins_line;
    }

    fn lay_out(
        &self,
        source: &mut Rows,
        row: &Row,
        line: Option<Count>,
        columns: u64,
        styles: &mut Styles,
        page: &mut TextPage,
    ) -> Result<(), Pending> {
        let mut cells = std::mem::take(&mut page.cells);
        let first = cells.len();
        let shown = self.cells(source, row, columns, &mut cells);
        page.cells = cells;
        let (shown, _) = shown?;
        let bytes = page.bytes.len();
        page.bytes.extend_from_slice(source.reader.bytes(shown.clone())?);
        let offset = shown.start;
        let state = source.reader.lost(shown).map_or(RowState::Ready, RowState::Lost);
        let cells = first..page.cells.len();
        // The text is shown meanwhile.
        let style = styles.at(source, offset).unwrap_or_else(|Pending(range)| {
            page.fetch(range);
            Style::default()
        });
        page.rows.push(TextRow { row: row.clone(), line, offset, cells, bytes, style, state });
        Ok(())
    }

    /// The cells of `row` on screen, added to `out` if all of them are in memory. Returns where they are, and the
    /// column behind them.
    fn cells(
        &self,
        source: &mut Rows,
        row: &Row,
        columns: u64,
        out: &mut Vec<Cell>,
    ) -> Result<(Range<u64>, u64), Pending> {
        let (from, column) = if self.left == 0 { (row.start, 0) } else { source.byte_at(row, self.left)? };
        let first = out.len();
        match source.cells(row, from, column, self.left.saturating_add(columns), out) {
            Ok(shown) => {
                let last = out[first..].last();
                Ok((shown, last.map_or(column, |last| last.column + u64::from(last.width))))
            }
            Err(pending) => {
                out.truncate(first);
                Err(pending)
            }
        }
    }

    /// Scrolls by `rows` (down if positive, fractions too), but not so far that less than a page of `page` rows is
    /// left, nor above the start.
    pub fn scroll(&mut self, source: &mut Rows, rows: f32, page: usize) -> Result<(), Pending> {
        self.settle(source)?;
        let (whole, fraction) = split(self.fraction + rows);
        let (row, moved) = source.step(self.top, whole)?;
        self.put(source, &row);
        self.fraction = if moved == whole { fraction } else { 0.0 };
        if rows > 0.0 { self.clamp(source, page) } else { Ok(()) }
    }

    /// Shows the row of `offset`: where it is, if it is among the `page` rows on screen, else in the middle or at
    /// the nearer edge; and its column, within `columns`.
    pub fn reveal(
        &mut self,
        source: &mut Rows,
        offset: u64,
        page: usize,
        columns: u64,
    ) -> Result<(), Pending> {
        self.settle(source)?;
        let row = source.row_at(offset)?;
        let page = page.max(1) as i64;
        if row.start < self.top || (row.start == self.top && self.fraction > 0.0) {
            let (near, _) = source.step(row.start, page / 2)?;
            let up = if near.start >= self.top { 0 } else { page / 2 };
            self.show(source, &row, up, page)?;
        } else {
            // The highest row that can be the top.
            let (lowest, up) = source.step(row.start, 1 - page)?;
            if self.top < lowest.start {
                let (near, _) = source.step(lowest.start, -(page / 2))?;
                let up = if near.start <= self.top { -up } else { page / 2 };
                self.show(source, &row, up, page)?;
            }
        }
        self.reveal_column(source, &row, offset, columns.max(1))
    }

    /// Puts the row `up` rows above `row` on top.
    fn show(&mut self, source: &mut Rows, row: &Row, up: i64, page: i64) -> Result<(), Pending> {
        let (top, _) = source.step(row.start, -up)?;
        self.put(source, &top);
        self.fraction = 0.0;
        self.clamp(source, page as usize)
    }

    fn reveal_column(
        &mut self,
        source: &mut Rows,
        row: &Row,
        offset: u64,
        columns: u64,
    ) -> Result<(), Pending> {
        if source.shape().wrap.is_some() {
            self.left = 0;
            return Ok(());
        }
        if self.shows(source, row, offset, columns)? {
            return Ok(());
        }
        let (column, _) = source.column_of(row, offset)?;
        let room = columns / 4;
        self.left = if column < self.left || column + room < columns {
            if column + room < columns { 0 } else { column - room }
        } else {
            (column + room + 1).saturating_sub(columns)
        };
        // Where columns are not exact, cells may be wider than they count.
        let mut before = columns / 2;
        while !self.shows(source, row, offset, columns)? {
            self.left = column.saturating_sub(before);
            if before == 0 {
                break;
            }
            before /= 2;
        }
        self.anchor = self.anchor_in(source, row);
        Ok(())
    }

    /// Is the column of `offset`, in `row`, among the `columns` on screen?
    fn shows(&self, source: &mut Rows, row: &Row, offset: u64, columns: u64) -> Result<bool, Pending> {
        let mut cells = Vec::new();
        let (shown, end) = self.cells(source, row, columns, &mut cells)?;
        if offset >= shown.end {
            // At the document's end.
            return Ok(shown.end == row.end && end >= self.left && end - self.left < columns);
        }
        let at = offset.saturating_sub(shown.start);
        let index = cells.partition_point(|cell| u64::from(cell.start + cell.len) <= at);
        Ok(offset >= shown.start && cells[index].column >= self.left)
    }

    /// Shows the row that holds byte `at` at the top: what the scrollbar does.
    pub fn scroll_to(&mut self, source: &mut Rows, at: u64, page: usize) -> Result<(), Pending> {
        let row = source.row_at(at)?;
        self.put(source, &row);
        self.fraction = 0.0;
        self.clamp(source, page)
    }

    /// Scrolls back where less than a page is left. Looks no further than that.
    fn clamp(&mut self, source: &mut Rows, page: usize) -> Result<(), Pending> {
        let page = page.max(1) as i64;
        let (last, below) = source.step(self.top, page)?;
        if below < page {
            let (top, _) = source.step(last.start, 1 - page)?;
            self.put(source, &top);
            self.fraction = 0.0;
        }
        Ok(())
    }

    /// The anchor after `edits`.
    pub fn map(&mut self, edits: &EditSet) {
        self.top = edits.map(self.top, Bias::Before);
        if let Some((byte, column)) = &mut self.anchor {
            let was = std::mem::replace(byte, edits.map(*byte, Bias::Before));
            *column = (*column + *byte).saturating_sub(was);
        }
    }
}

/// The lowest top: the last `page` rows of the document fill the screen from there.
pub fn last_top(source: &mut Rows, page: usize) -> Result<u64, Pending> {
    let len = source.snapshot().len();
    Ok(source.step(len, 1 - page.max(1) as i64)?.0.start)
}

#[cfg(test)]
mod tests;
