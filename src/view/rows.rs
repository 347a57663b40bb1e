//! Rows: what the screen is made of, for lines of any length.
//!
//! No work ever grows with a line (klogg#803, fresh#1806: editors that lay out "the line" hang on the first
//! endless one), so a line is handled in tiles:
//!
//! ```text
//! a line:        |--------------------------------------------------------------------------
//! NEAR marks:        ^         ^         ^         ^     (absolute multiples of NEAR)
//! tiles:         |-------------|---------|---------|---  (first: to the first mark at least NEAR away)
//! ```
//!
//! A tile ends at a mark, moved back to the start of its cell (or behind the line ending there); where tiles begin
//! depends on nothing but the bytes within a few NEAR. Lines shorter than NEAR are one tile.
//!
//! With wrapping, each tile is wrapped by itself. Without, a row is a line whose two ends can be found by reading
//! at most BUDGET, which the counts of the line index make true of any line, sooner or later; until then, a row is
//! a tile. Either way rows follow each other without gaps, from the document's start to its end.
//!
//! Columns of a line are exact up to NEAR bytes from its start; beyond, each byte counts as one column. That keeps
//! them monotonic and cheap.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::rc::Rc;

use super::blocks::Block;
use super::{Pending, Reader};
use crate::document::Snapshot;
use crate::text::{Cell, Reading};

#[cfg(not(test))]
pub(super) const NEAR: u64 = 64 * 1024;
#[cfg(test)]
pub(super) const NEAR: u64 = 64;

/// Bytes read at most, from the start of a line, to find its end.
pub(super) const BUDGET: u64 = 4 * NEAR;

/// Bytes go to the decoder in slices of this, so that what is left of a long line is not decoded for nothing.
pub(super) const SLICE: u64 = if NEAR < 4096 { 16 } else { 4096 };

/// What a cache may hold of blocks, and of row starts in them: some megabytes.
const MOST: (usize, usize) = (4096, 1 << 19);

/// How text is laid out, which decides where rows start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Columns a row may take when wrapped, 2 at least; a space behind the last one may take one more. `None`: no
    /// wrapping.
    pub wrap: Option<u32>,
    pub reading: Reading,
}

/// One row on screen: a line, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its first byte.
    pub start: u64,
    /// The byte behind it, its line ending included.
    pub end: u64,
    /// Does it begin a line?
    pub begins_line: bool,
    /// Does a line ending stand at its end?
    pub ends_line: bool,
}

impl Row {
    /// Does a caret at `offset` stand in it, in a document of `len` bytes? The document's end belongs to the last row.
    pub fn holds(&self, offset: u64, len: u64) -> bool {
        self.start <= offset && (offset < self.end || (offset == len && self.is_last(len)))
    }

    /// Is it the last row of a document of `len` bytes?
    pub fn is_last(&self, len: u64) -> bool {
        self.end == len && !self.ends_line
    }
}

/// What was laid out of one revision in one shape, so that every frame but the first has it for nothing.
#[derive(Debug, Default)]
pub struct RowCache {
    key: Option<(u64, Shape)>,
    /// Lines of which both ends are known.
    pub(super) lines: BTreeMap<u64, Rc<Block>>,
    pub(super) tiles: BTreeMap<u64, Rc<Block>>,
    /// Rows in all tiles.
    pub(super) breaks: usize,
    /// By the start of a row: cell starts about every [`SLICE`] of it, and their columns.
    pub(super) stops: HashMap<u64, Vec<(u64, u64)>>,
}

impl RowCache {
    fn is_full(&self) -> bool {
        self.lines.len() + self.tiles.len() + self.stops.len() > MOST.0 || self.breaks > MOST.1
    }
}

/// Finds rows and columns in a snapshot.
#[derive(Debug)]
pub struct Rows<'a> {
    pub reader: Reader<'a>,
    pub(super) shape: Shape,
    pub(super) cache: &'a mut RowCache,
    /// Room for decoding.
    pub(super) cells: Vec<Cell>,
}

impl<'a> Rows<'a> {
    /// `cache` must be that of the snapshot's document.
    pub fn new(snapshot: &'a Snapshot, shape: Shape, cache: &'a mut RowCache) -> Self {
        let key = Some((snapshot.revision(), shape));
        if cache.key != key || cache.is_full() {
            *cache = RowCache { key, ..RowCache::default() };
        }
        Self { reader: Reader::new(snapshot), shape, cache, cells: Vec::new() }
    }

    pub fn snapshot(&self) -> &'a Snapshot {
        self.reader.snapshot
    }

    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The row that `offset` stands in (the document's end, and what is behind it, belong to the last row).
    pub fn row_at(&mut self, offset: u64) -> Result<Row, Pending> {
        let offset = offset.min(self.snapshot().len());
        let block = match self.shape.wrap {
            None => self.line_at(offset)?,
            Some(_) => None,
        };
        let block = match block {
            Some(line) => line,
            None => self.tile_at(offset)?,
        };
        Ok(block.row_at(offset))
    }

    /// The row below; `None` below the last.
    pub fn next(&mut self, row: &Row) -> Result<Option<Row>, Pending> {
        if row.is_last(self.snapshot().len()) {
            return Ok(None);
        }
        // Inside a line the tiles go on, even if its ends came to be known meanwhile.
        if row.ends_line { self.row_at(row.end) } else { self.row_in_tile(row.end) }.map(Some)
    }

    /// The row above; `None` above the first.
    pub fn previous(&mut self, row: &Row) -> Result<Option<Row>, Pending> {
        let Some(before) = row.start.checked_sub(1) else {
            return Ok(None);
        };
        if row.begins_line { self.row_at(before) } else { self.row_in_tile(before) }.map(Some)
    }

    fn row_in_tile(&mut self, offset: u64) -> Result<Row, Pending> {
        Ok(self.tile_at(offset)?.row_at(offset))
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

    /// The line at `offset`, its ending included, or as much of it as is known.
    pub fn line_around(&mut self, offset: u64) -> Result<Range<u64>, Pending> {
        let offset = offset.min(self.snapshot().len());
        let block = match self.line_at(offset)? {
            Some(line) => line,
            None => self.tile_at(offset)?,
        };
        Ok(block.start..block.end)
    }
}

#[cfg(test)]
mod tests;
