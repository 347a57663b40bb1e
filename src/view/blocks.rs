//! Blocks: lines and their tiles, and where rows start in them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::rows::{BUDGET, NEAR, SLICE};
use super::{Pending, Row, Rows};
use crate::document::Newline;
use crate::text::{Cell, CellKind, MAX_CLUSTER};

/// A cell is no longer.
pub(super) const CLUSTER: u64 = MAX_CLUSTER as u64;

/// The start of a line lies nowhere behind, if its first tile reaches here.
const REACH: u64 = 2 * NEAR + 2 * CLUSTER;

/// A line, or a tile of one: see [`super::rows`].
#[derive(Debug)]
pub(super) struct Block {
    pub start: u64,
    pub end: u64,
    begins_line: bool,
    ends_line: bool,
    /// Does the document end with it, without a line ending?
    ends_document: bool,
    /// Row starts, counted from `start`; the first is 0.
    breaks: Vec<u32>,
}

impl Block {
    fn holds(&self, offset: u64) -> bool {
        self.start <= offset && (offset < self.end || (offset == self.end && self.ends_document))
    }

    /// The row that `offset` stands in, which the block holds.
    pub fn row_at(&self, offset: u64) -> Row {
        let index = self.breaks.partition_point(|&at| self.start + u64::from(at) <= offset) - 1;
        let next = self.breaks.get(index + 1);
        Row {
            start: self.start + u64::from(self.breaks[index]),
            end: next.map_or(self.end, |&at| self.start + u64::from(at)),
            begins_line: self.begins_line && index == 0,
            ends_line: self.ends_line && next.is_none(),
        }
    }
}

fn find(blocks: &BTreeMap<u64, Rc<Block>>, offset: u64) -> Option<Rc<Block>> {
    let (_, block) = blocks.range(..=offset).next_back()?;
    block.holds(offset).then(|| Rc::clone(block))
}

impl Rows<'_> {
    /// The line that `offset` stands in, if its ends can be found.
    pub(super) fn line_at(&mut self, offset: u64) -> Result<Option<Rc<Block>>, Pending> {
        if let Some(line) = find(&self.cache.lines, offset) {
            return Ok(Some(line));
        }
        let Some(start) = self.line_start(offset)? else {
            return Ok(None);
        };
        let Some((end, ends_line)) = self.line_end(start)? else {
            return Ok(None);
        };
        let ends_document = !ends_line;
        let line =
            Rc::new(Block { start, end, begins_line: true, ends_line, ends_document, breaks: vec![0] });
        // Around bytes that are lost, the line index and the screen may see different newlines.
        if !line.holds(offset) {
            return Ok(None);
        }
        self.cache.lines.insert(start, Rc::clone(&line));
        Ok(Some(line))
    }

    /// Where the line of `offset` starts.
    ///
    /// From wherever in a line, its start is found if its end is found from there: that takes no more reading.
    fn line_start(&mut self, offset: u64) -> Result<Option<u64>, Pending> {
        let from = self.unit_start(offset.saturating_sub(SLICE));
        if let Some(start) = self.behind_last_break(from..offset)? {
            return Ok(Some(start));
        }
        match self.snapshot().newline_before(from, 2 * BUDGET) {
            Newline::At(at) => Ok(Some(at + self.shape.reading.line_break.width())),
            Newline::None => Ok(Some(0)),
            Newline::Far(_) => Ok(None),
            Newline::Pending(range) => Err(Pending(range)),
        }
    }

    /// The byte behind the line that starts at `start`, and whether a line ending precedes it.
    fn line_end(&mut self, start: u64) -> Result<Option<(u64, bool)>, Pending> {
        if let Some(end) = self.behind_first_break(start..start + SLICE)? {
            return Ok(Some((end, true)));
        }
        match self.snapshot().newline_after(start, BUDGET) {
            Newline::At(at) => Ok(Some((at + self.shape.reading.line_break.width(), true))),
            Newline::None => Ok(Some((self.snapshot().len(), false))),
            Newline::Far(_) => Ok(None),
            Newline::Pending(range) => Err(Pending(range)),
        }
    }

    /// Behind the first line break that lies whole in `range`, which starts between two units.
    fn behind_first_break(&mut self, range: Range<u64>) -> Result<Option<u64>, Pending> {
        let line_break = self.shape.reading.line_break;
        let start = range.start;
        let found = line_break.find(self.reader.bytes(range)?, start);
        Ok(found.map(|at| start + at as u64 + line_break.width()))
    }

    /// Behind the last line break that lies whole in `range`, which starts between two units.
    fn behind_last_break(&mut self, range: Range<u64>) -> Result<Option<u64>, Pending> {
        let line_break = self.shape.reading.line_break;
        let start = range.start;
        let found = line_break.rfind(self.reader.bytes(range)?, start);
        Ok(found.map(|at| start + at as u64 + line_break.width()))
    }

    /// The tile that `offset` stands in.
    pub(super) fn tile_at(&mut self, offset: u64) -> Result<Rc<Block>, Pending> {
        if let Some(tile) = find(&self.cache.tiles, offset) {
            return Ok(tile);
        }
        let (start, begins_line) = self.tile_start(offset)?;
        let tile = Rc::new(self.tile(start, begins_line)?);
        self.cache.breaks += tile.breaks.len();
        self.cache.tiles.insert(start, Rc::clone(&tile));
        Ok(tile)
    }

    /// Where the tile of `offset` starts, and whether a line starts there.
    fn tile_start(&mut self, offset: u64) -> Result<(u64, bool), Pending> {
        let len = self.snapshot().len();
        if let Some(head) = self.near_line_start(offset)? {
            let is_first = offset < head + NEAR.saturating_sub(CLUSTER) || {
                let cut = self.cut(head, true)?;
                offset < cut || cut == len
            };
            if is_first {
                return Ok((head, true));
            }
        }
        // The document's end belongs to what is before it.
        let mut mark = offset.min(len - 1) / NEAR * NEAR;
        let mut start = self.boundary(mark)?;
        while start > offset {
            mark -= NEAR;
            start = self.boundary(mark)?;
        }
        // The cell across the next mark begins the next tile.
        loop {
            mark += NEAR;
            if mark >= len || mark >= offset + CLUSTER {
                return Ok((start, false));
            }
            let next = self.boundary(mark)?;
            if next > offset {
                return Ok((start, false));
            }
            start = next;
        }
    }

    /// Where the line of `offset` starts, if its first tile may hold `offset`.
    fn near_line_start(&mut self, offset: u64) -> Result<Option<u64>, Pending> {
        let mut from = offset;
        for reach in [SLICE, REACH] {
            from = self.unit_start(offset.saturating_sub(reach));
            if let Some(start) = self.behind_last_break(from..offset)? {
                return Ok(Some(start));
            }
        }
        Ok((from == 0).then_some(0))
    }

    /// The tile that starts at `start`.
    fn tile(&mut self, start: u64, begins_line: bool) -> Result<Block, Pending> {
        let mut line_end = self.behind_first_break(start..start + SLICE)?;
        let mut end = self.snapshot().len();
        // In front of the first mark, which most lines do not reach, there is no need to look at it.
        if line_end.is_none_or(|end| end - start > NEAR.saturating_sub(CLUSTER)) {
            end = self.cut(start, begins_line)?;
            line_end = self.behind_first_break(start..end)?;
        }
        end = line_end.unwrap_or(end);
        let ends_line = line_end.is_some();
        let ends_document = end == self.snapshot().len() && !ends_line;
        let breaks = match self.shape.wrap {
            Some(columns) => self.breaks(start..end, u64::from(columns.max(2)))?,
            None => vec![0],
        };
        Ok(Block { start, end, begins_line, ends_line, ends_document, breaks })
    }

    /// Where a tile from `start` on ends, if its line goes on so far.
    fn cut(&mut self, start: u64, begins_line: bool) -> Result<u64, Pending> {
        let first = if begins_line { start + NEAR } else { start + 1 };
        let mut mark = first.next_multiple_of(NEAR);
        loop {
            let cut = self.boundary(mark)?;
            if cut > start || mark >= self.snapshot().len() {
                return Ok(cut);
            }
            mark += NEAR;
        }
    }

    /// The place between two tiles that belongs to `mark`: before the cell that stands there, or behind it, if it is
    /// a line ending, which would be a row of its own otherwise.
    fn boundary(&mut self, mark: u64) -> Result<u64, Pending> {
        let len = self.snapshot().len();
        if mark == 0 || mark >= len {
            return Ok(mark.min(len));
        }
        let reading = self.shape.reading;
        let from = mark.saturating_sub(reading.look_back());
        let bytes = self.reader.bytes(from..mark + CLUSTER)?;
        let at = reading.cell_start(bytes, (mark - from) as usize);
        self.cells.clear();
        reading.cells(&bytes[at..], true, 0, &mut self.cells);
        let ending = match self.cells[..] {
            [Cell { kind: CellKind::LineEnd, len, .. }, ..] => u64::from(len),
            _ => 0,
        };
        Ok(from + at as u64 + ending)
    }

    /// Where the rows of the tile `range` start, from its start: after white space where the row has some in its
    /// second half, else where it is full. A space may hang over the edge, a line ending needs no room, what is hidden
    /// stays with what is before it, and a cell wider than `columns` has a row of its own.
    fn breaks(&mut self, range: Range<u64>, columns: u64) -> Result<Vec<u32>, Pending> {
        let reading = self.shape.reading;
        let tab = u64::from(reading.tab.max(1));
        let mut breaks = vec![0u32];
        // Columns taken in this row; the byte and column behind its last white space.
        let (mut column, mut space) = (0u64, None::<(u32, u64)>);
        let mut at = range.start;
        let mut cells = std::mem::take(&mut self.cells);
        while at < range.end {
            cells.clear();
            let used = self.decode(at, range.end, SLICE, 0, &mut cells)?;
            let bytes = self.reader.bytes(at..at + used)?;
            for cell in &cells {
                let byte = (at - range.start) as u32 + cell.start;
                let (start, len) = (cell.start as usize, cell.len as usize);
                let is_space =
                    cell.kind == CellKind::Text && reading.blanks(&bytes[start..start + len]) == len;
                let width_at = |column: u64| match cell.kind {
                    CellKind::Tab => tab - column % tab,
                    CellKind::LineEnd => 0,
                    _ => u64::from(cell.width),
                };
                let fits = |column: u64| {
                    column == 0
                        || width_at(column) == 0
                        || column + width_at(column) <= columns + u64::from(is_space)
                };
                if !fits(column)
                    && let Some((after, taken)) = space.take()
                    && taken * 2 > columns
                {
                    breaks.push(after);
                    column -= taken;
                }
                if !fits(column) {
                    breaks.push(byte);
                    column = 0;
                }
                column += width_at(column);
                let stays = cell.width == 0 && space == Some((byte, column));
                if is_space || cell.kind == CellKind::Tab || stays {
                    space = Some((byte + cell.len, column));
                }
            }
            at += used;
        }
        self.cells = cells;
        Ok(breaks)
    }
}
