//! Rows: what the screen is made of, for lines of any length.
//!
//! Without wrapping a row is a line. With wrapping a line is cut into rows, block by block, so that no work ever
//! grows with the line (klogg#803, fresh#1806: editors that lay out "the line" hang on the first endless one):
//!
//! ```text
//! a line:        |--------------------------------------------------------------------------
//! NEAR marks:        ^         ^         ^         ^     (absolute multiples of NEAR)
//! blocks:        |-------------|---------|---------|---  (first: to the first mark at least NEAR away)
//! ```
//!
//! A block starts at a line start or at a mark (moved back to the start of its character), and is wrapped by
//! itself. Lines shorter than NEAR are one block, so their wrapping is ordinary.
//!
//! Columns of a line are exact up to NEAR bytes from its start; beyond, each byte counts as one column. That keeps
//! them monotonic and cheap; `exact` says which it is.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use memchr::{memchr, memrchr};

use super::{Pending, Reader};
use crate::document::{Newline, Snapshot};
use crate::text::{self, Cell, CellKind};

#[cfg(not(test))]
pub(super) const NEAR: u64 = 64 * 1024;
#[cfg(test)]
pub(super) const NEAR: u64 = 64;

/// Bytes read at most to find where a line starts or ends.
const BUDGET: u64 = 4 * NEAR;

/// Decoding goes in slices of this, so that what is left of a long line is never decoded for nothing.
const SLICE: u64 = if NEAR < 4096 { 16 } else { 4096 };

/// No grapheme cluster is longer (`text::cells` cuts them).
const CLUSTER: u64 = 512;

/// How text is laid out, which decides where rows start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Columns a row may take when wrapped; `None`: no wrapping.
    pub wrap: Option<u32>,
    /// Columns between tab stops.
    pub tab: u32,
}

/// One row on screen: a line, or a part of a wrapped one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its first byte.
    pub start: u64,
    /// The byte behind it, its line ending included; `None` where a long line's end is not known yet.
    pub end: Option<u64>,
    /// Does it begin a line? (False also where a long line's start is not known yet.)
    pub begins_line: bool,
    /// Does a line ending stand at its end?
    pub ends_line: bool,
}

/// A wrapped block: see the module's drawing.
#[derive(Debug)]
struct Block {
    start: u64,
    end: u64,
    begins_line: bool,
    ends_line: bool,
    /// Does the document end with it, without a line ending?
    ends_document: bool,
    /// Row starts, counted from `start`; the first is 0.
    breaks: Vec<u32>,
}

/// Why [`Rows::walk`] stopped.
#[derive(PartialEq, Eq)]
enum Stopped {
    /// The next cell was refused.
    Refused,
    /// The next cell ends behind the limit.
    Limit,
    /// At a line ending, or the end of the row.
    End,
}

/// Wrapped blocks of one revision and shape, so that a frame lays out each only once.
#[derive(Debug, Default)]
pub struct RowCache {
    key: Option<(u64, Shape)>,
    blocks: BTreeMap<u64, Rc<Block>>,
}

/// Finds rows and columns in a snapshot.
#[derive(Debug)]
pub struct Rows<'a> {
    pub reader: Reader<'a>,
    shape: Shape,
    cache: &'a mut RowCache,
    cells: Vec<Cell>,
}

impl<'a> Rows<'a> {
    pub fn new(snapshot: &'a Snapshot, shape: Shape, cache: &'a mut RowCache) -> Self {
        let key = Some((snapshot.revision(), shape));
        if cache.key != key || cache.blocks.len() > 512 {
            cache.key = key;
            cache.blocks.clear();
        }
        Self { reader: Reader::new(snapshot), shape, cache, cells: Vec::new() }
    }

    pub fn snapshot(&self) -> &'a Snapshot {
        self.reader.snapshot
    }

    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The row that `offset` stands in (the document's end belongs to the last row).
    pub fn row_at(&mut self, offset: u64) -> Result<Row, Pending> {
        let offset = offset.min(self.snapshot().len());
        if self.shape.wrap.is_none() {
            let (start, begins_line) = self.line_head(offset)?;
            let (end, ends_line) = self.line_end(start)?;
            return Ok(Row { start, end, begins_line, ends_line });
        }
        let block = self.block_at(offset)?;
        let index = block.breaks.partition_point(|&at| block.start + u64::from(at) <= offset) - 1;
        Ok(block.row(index))
    }

    /// The row below; `None` below the last.
    pub fn next(&mut self, row: &Row) -> Result<Option<Row>, Pending> {
        let len = self.snapshot().len();
        match row.end {
            Some(end) if end < len || row.ends_line => self.row_at(end).map(Some),
            _ => Ok(None),
        }
    }

    /// The row above; `None` above the first.
    pub fn previous(&mut self, row: &Row) -> Result<Option<Row>, Pending> {
        if row.start == 0 { Ok(None) } else { self.row_at(row.start - 1).map(Some) }
    }

    /// The row `by` rows below (above, if negative) the one at `offset`, and how many rows that really was.
    pub fn step(&mut self, offset: u64, by: i64) -> Result<(Row, i64), Pending> {
        let mut row = self.row_at(offset)?;
        for moved in 0..by.unsigned_abs() {
            let next = if by < 0 { self.previous(&row)? } else { self.next(&row)? };
            match next {
                Some(next) => row = next,
                None => return Ok((row, moved as i64 * by.signum())),
            }
        }
        Ok((row, by))
    }

    /// The column at which `offset` stands in `row`, and whether that is exact.
    pub fn column_of(&mut self, row: &Row, offset: u64) -> Result<(u64, bool), Pending> {
        let near = offset.min(row.start + NEAR);
        let (byte, column, _) = self.walk(row, near, |_| true)?;
        if offset > near {
            return Ok((column + (offset - byte), false));
        }
        Ok((column, row.begins_line || self.shape.wrap.is_some()))
    }

    /// The byte of the cell that covers `column` in `row` (its line ending, or its end, if the row is shorter), and
    /// the column at which that cell starts.
    pub fn byte_at(&mut self, row: &Row, column: u64) -> Result<(u64, u64), Pending> {
        let (byte, reached, stopped) = self.walk(row, row.start + NEAR, |column_end| column_end <= column)?;
        if stopped != Stopped::Limit {
            return Ok((byte, reached));
        }
        let far = byte + (column - reached);
        let far = match row.end {
            Some(end) => far.min(end.saturating_sub(u64::from(row.ends_line))),
            None => far.min(self.snapshot().len()),
        };
        let at = self.char_start(far)?.max(byte);
        Ok((at, reached + (at - byte)))
    }

    /// The last place for a caret in `row`: before its line ending, or at the document's end, or, where the row was
    /// wrapped, before its last cell.
    pub fn end_of(&mut self, row: &Row) -> Result<Option<u64>, Pending> {
        let Some(end) = row.end else { return Ok(None) };
        if row.ends_line {
            let from = end.saturating_sub(2).max(row.start);
            let bytes = self.reader.bytes(from..end)?;
            let ending = if bytes == b"\r\n" { 2 } else { 1 };
            return Ok(Some(end - ending));
        }
        if end == self.snapshot().len() {
            return Ok(Some(end));
        }
        let from = end.saturating_sub(256).max(row.start);
        let bytes = self.reader.bytes(from..end)?;
        let before = text::previous_cell_start(bytes) as u64;
        Ok(Some(from + before))
    }

    /// Decodes cells from `from` (a cell's start, at `column`) while they lie before `column_end` and in `row`.
    /// Cells are counted from `from`. Returns the bytes that they were decoded from.
    pub fn cells(
        &mut self,
        row: &Row,
        from: u64,
        column: u64,
        column_end: u64,
        out: &mut Vec<Cell>,
    ) -> Result<Range<u64>, Pending> {
        let len = self.snapshot().len();
        let limit = row.end.unwrap_or(len).min(from + NEAR);
        let (mut at, mut column) = (from, column);
        while at < limit && column < column_end {
            let before = out.len();
            let used = self.decode(at, limit, column, out)?;
            for cell in &mut out[before..] {
                cell.start += (at - from) as u32;
            }
            let Some(last) = out[before..].last() else { break };
            column = last.column + u64::from(last.width);
            at += used;
            if last.kind == CellKind::LineEnd {
                break;
            }
        }
        Ok(from..at)
    }

    /// Decodes a slice from `at`, which is before `limit`, and returns the bytes used: at least 1.
    fn decode(&mut self, at: u64, limit: u64, column: u64, out: &mut Vec<Cell>) -> Result<u64, Pending> {
        for slice in [SLICE, SLICE + CLUSTER] {
            let end = (at + slice).min(limit);
            let bytes = self.reader.bytes(at..end)?;
            let used = text::cells(bytes, end == limit, column, self.shape.tab, out);
            if used > 0 {
                return Ok(used as u64);
            }
        }
        unreachable!("a cell longer than {CLUSTER} bytes at {at}")
    }

    /// Walks the cells of `row` that end at `limit` or before it, while `go_on(end column)` of the next one holds.
    /// Returns where it stopped, as byte and column, and why. A line ending is never walked over.
    fn walk(
        &mut self,
        row: &Row,
        limit: u64,
        go_on: impl Fn(u64) -> bool,
    ) -> Result<(u64, u64, Stopped), Pending> {
        let end = row.end.unwrap_or(self.snapshot().len());
        let (mut at, mut column) = (row.start, 0u64);
        let mut cells = std::mem::take(&mut self.cells);
        let stopped = 'walk: loop {
            if at >= end {
                break Stopped::End;
            }
            let bytes = self.reader.bytes(at..(at + SLICE).min(end))?;
            // Plain text, whose columns are its bytes. Its last byte may take a combining mark: leave it.
            let plain = bytes.len() as u64 - 1;
            if plain > 0 && at + plain <= limit && go_on(column + plain) && text::ascii_columns(bytes) {
                at += plain;
                column += plain;
                continue;
            }
            cells.clear();
            let from = at;
            self.decode(from, end, column, &mut cells)?;
            for cell in &cells {
                let cell_end = from + u64::from(cell.start + cell.len);
                let column_end = cell.column + u64::from(cell.width);
                if cell.kind == CellKind::LineEnd {
                    break 'walk Stopped::End;
                }
                if cell_end > limit {
                    break 'walk Stopped::Limit;
                }
                if !go_on(column_end) {
                    break 'walk Stopped::Refused;
                }
                (at, column) = (cell_end, column_end);
            }
        };
        self.cells = cells;
        Ok((at, column, stopped))
    }

    /// Where the line of `offset` starts; if that is too far to be seen from here, a mark in it, and false.
    fn line_head(&mut self, offset: u64) -> Result<(u64, bool), Pending> {
        let from = offset.saturating_sub(SLICE);
        if let Some(at) = memrchr(b'\n', self.reader.bytes(from..offset)?) {
            return Ok((from + at as u64 + 1, true));
        }
        match self.snapshot().newline_before(offset, BUDGET) {
            Newline::At(at) => Ok((at + 1, true)),
            Newline::None => Ok((0, true)),
            Newline::Far(_) => Ok((self.char_start(offset / NEAR * NEAR)?, false)),
            Newline::Pending(range) => Err(Pending(range)),
        }
    }

    /// The byte behind the line that `start` stands in, and whether a line ending precedes it.
    fn line_end(&mut self, start: u64) -> Result<(Option<u64>, bool), Pending> {
        let len = self.snapshot().len();
        let bytes = self.reader.bytes(start..(start + SLICE).min(len))?;
        if let Some(at) = memchr(b'\n', bytes) {
            return Ok((Some(start + at as u64 + 1), true));
        }
        match self.snapshot().newline_after(start, BUDGET) {
            Newline::At(at) => Ok((Some(at + 1), true)),
            Newline::None => Ok((Some(len), false)),
            Newline::Far(_) => Ok((None, false)),
            Newline::Pending(range) => Err(Pending(range)),
        }
    }

    /// The start of the character that `at` stands in.
    fn char_start(&mut self, at: u64) -> Result<u64, Pending> {
        let from = at.saturating_sub(3);
        let bytes = self.reader.bytes(from..at + 1)?;
        let index = ((at - from) as usize).min(bytes.len());
        Ok(from + text::char_boundary_before(bytes, index) as u64)
    }

    fn block_at(&mut self, offset: u64) -> Result<Rc<Block>, Pending> {
        if let Some((_, block)) = self.cache.blocks.range(..=offset).next_back()
            && block.holds(offset)
        {
            return Ok(block.clone());
        }
        let (start, begins_line) = self.block_start(offset)?;
        let block = Rc::new(self.wrap_block(start, begins_line)?);
        self.cache.blocks.insert(block.start, block.clone());
        Ok(block)
    }

    /// The start of the block that `offset` stands in, and whether a line starts there.
    fn block_start(&mut self, offset: u64) -> Result<(u64, bool), Pending> {
        let mut mark = offset / NEAR * NEAR;
        // A mark that falls inside a character starts its block at that character, up to 3 bytes before it.
        let next = mark + NEAR;
        if next - offset <= 3 && next < self.snapshot().len() && self.char_start(next)? <= offset {
            mark = next;
        }
        let head = match self.snapshot().newline_before(offset, 3 * NEAR) {
            Newline::At(at) => Some(at + 1),
            Newline::None => Some(0),
            Newline::Far(_) => None,
            Newline::Pending(range) => return Err(Pending(range)),
        };
        match head {
            Some(head) if head + NEAR > mark => Ok((head, true)),
            _ => Ok((self.char_start(mark)?, false)),
        }
    }

    fn wrap_block(&mut self, start: u64, begins_line: bool) -> Result<Block, Pending> {
        let len = self.snapshot().len();
        let cut = if begins_line {
            start.next_multiple_of(NEAR) + NEAR
        } else {
            // Up to 3 bytes before its mark: see `block_start`.
            ((start + 3) / NEAR + 1) * NEAR
        };
        let cut = if cut < len { self.char_start(cut)? } else { len };
        let bytes = self.reader.bytes(start..(start + SLICE).min(cut))?;
        let newline = match memchr(b'\n', bytes) {
            Some(at) => Some(at),
            None => memchr(b'\n', self.reader.bytes(start..cut)?),
        };
        let end = newline.map_or(cut, |at| start + at as u64 + 1);
        let breaks = self.breaks(start, end)?;
        let ends_line = newline.is_some();
        Ok(Block { start, end, begins_line, ends_line, ends_document: end == len && !ends_line, breaks })
    }

    /// Where the rows of the block `start..end` start, from its start: after white space where the row has some in
    /// its second half, else where it is full.
    fn breaks(&mut self, start: u64, end: u64) -> Result<Vec<u32>, Pending> {
        let columns = u64::from(self.shape.wrap.unwrap_or(u32::MAX)).max(2);
        let mut breaks = vec![0u32];
        // Columns taken in this row; the byte and column behind its last white space.
        let (mut column, mut space) = (0u64, None::<(u32, u64)>);
        let mut at = start;
        let mut cells = std::mem::take(&mut self.cells);
        while at < end {
            cells.clear();
            let used = self.decode(at, end, 0, &mut cells)?;
            let bytes = self.reader.bytes(at..at + used)?;
            for cell in &cells {
                let byte = (at - start) as u32 + cell.start;
                let width = match cell.kind {
                    CellKind::Tab => u64::from(self.shape.tab) - column % u64::from(self.shape.tab),
                    // A line ending needs no room of its own.
                    CellKind::LineEnd => 0,
                    _ => u64::from(cell.width),
                };
                if column + width > columns && column > 0 {
                    match space {
                        Some((after, taken)) if taken * 2 > columns => {
                            breaks.push(after);
                            column -= taken;
                        }
                        _ => {
                            breaks.push(byte);
                            column = 0;
                        }
                    }
                    space = None;
                    if column + width > columns && column > 0 {
                        breaks.push(byte);
                        column = 0;
                    }
                }
                column += width;
                let first = bytes[cell.start as usize];
                if cell.kind == CellKind::Tab || first == b' ' {
                    space = Some((byte + cell.len, column));
                }
            }
            at += used;
        }
        self.cells = cells;
        // A row that would hold nothing but the end of the block is none.
        if breaks.len() > 1 && breaks.last() == Some(&((end - start) as u32)) {
            breaks.pop();
        }
        Ok(breaks)
    }
}

impl Block {
    fn holds(&self, offset: u64) -> bool {
        self.start <= offset && (offset < self.end || (offset == self.end && self.ends_document))
    }

    fn row(&self, index: usize) -> Row {
        let next = self.breaks.get(index + 1);
        Row {
            start: self.start + u64::from(self.breaks[index]),
            end: Some(next.map_or(self.end, |&at| self.start + u64::from(at))),
            begins_line: self.begins_line && index == 0,
            ends_line: self.ends_line && next.is_none(),
        }
    }
}
