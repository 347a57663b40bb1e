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
//! Columns of a line are exact as far as it was walked over: up to NEAR bytes whenever they are asked for, up to WALK
//! more for each screen, and all of it once a job has made the [`ColumnIndex`]. Beyond, each code unit counts as one
//! column: that keeps them monotonic.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use super::blocks::{Block, CLUSTER};
use super::column_index::MOST_EDITS;
use super::{ColumnIndex, Pending, Reader};
use crate::document::{EditSet, Snapshot};
use crate::text::{Cell, Reading};

#[cfg(not(test))]
pub(super) const NEAR: u64 = 64 * 1024;
#[cfg(test)]
pub(super) const NEAR: u64 = 64;

/// Bytes read at most, from the start of a line, to find its end.
pub(super) const BUDGET: u64 = 4 * NEAR;

/// Bytes go to the decoder in slices of this, so that what is left of a long line is not decoded for nothing.
pub(super) const SLICE: u64 = if NEAR < 4096 { 16 } else { 4096 };

/// Bytes walked over at most for one [`Rows`] to know columns farther than NEAR from a line's start.
pub(super) const WALK: u64 = if NEAR < 4096 { 16 * NEAR } else { 4 * NEAR };

/// What a cache may hold of blocks, of row starts in them and of stops: some megabytes.
const MOST: (usize, usize) = (4096, 1 << 19);

/// Indexes of columns that a cache may hold.
pub(super) const MOST_INDEXES: usize = 256;

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
    /// Rows in all tiles, and stops.
    pub(super) breaks: usize,
    /// By the start of a row: cell starts about every [`SLICE`] of it, counted from there, and their columns.
    pub(super) stops: HashMap<u64, Vec<(u64, u64)>>,
    /// By the start of a line longer than [`NEAR`].
    pub(super) columns: HashMap<u64, ColumnIndex>,
    pub(super) wanted: Option<Range<u64>>,
}

impl RowCache {
    /// A line whose columns were asked for and answered with `~`: for a job to index ([`ColumnIndex::build`]) and
    /// [`RowCache::put_columns`].
    pub fn wants_columns(&self) -> Option<Range<u64>> {
        self.wanted.clone()
    }

    /// Takes in what a job has found out about the columns of a line of the revision now laid out: see
    /// [`ColumnIndex::after`] where that is not the one that the job saw.
    pub fn put_columns(&mut self, index: ColumnIndex) {
        let line = index.line();
        let is_read_so = self.key.is_some_and(|(_, shape)| shape.reading == index.reading());
        if is_read_so && !line.is_empty() {
            self.columns.insert(line.start, index);
        }
        self.wanted.take_if(|wanted| wanted.start == line.start);
    }

    /// Keeps the columns that `edits` leave as they were, which made `revision` of the one before. Without it nothing
    /// is kept. Time in proportion to the cache.
    pub fn follow(&mut self, edits: &EditSet, revision: u64) {
        let Some((_, shape)) = self.key.filter(|&(before, _)| before + 1 == revision) else {
            return;
        };
        let stops = std::mem::take(&mut self.stops);
        let indexes = std::mem::take(&mut self.columns);
        *self = Self { key: Some((revision, shape)), ..Self::default() };
        if edits.len() > MOST_EDITS {
            return;
        }
        for (start, stops) in stops {
            if let Some((start, stops)) = stops_after(start, stops, edits, shape.reading) {
                self.breaks += stops.len();
                self.stops.insert(start, stops);
            }
        }
        for index in indexes.values().filter_map(|index| index.after(edits)) {
            self.columns.insert(index.line().start, index);
        }
    }

    /// Makes it that of a revision in a shape.
    fn enter(&mut self, revision: u64, shape: Shape) {
        let is_full = self.lines.len() + self.tiles.len() + self.stops.len() > MOST.0 || self.breaks > MOST.1;
        if self.key == Some((revision, shape)) && !is_full {
            return;
        }
        let keeps = |&(old, old_shape): &(u64, Shape)| old == revision && old_shape.reading == shape.reading;
        let columns = match self.key.as_ref().is_some_and(keeps) {
            true => std::mem::take(&mut self.columns),
            false => HashMap::new(),
        };
        *self = Self { key: Some((revision, shape)), columns, ..Self::default() };
    }
}

/// The stops of the row that started at `start`, as far as they stand after `edits`.
fn stops_after(
    start: u64,
    mut stops: Vec<(u64, u64)>,
    edits: &EditSet,
    reading: Reading,
) -> Option<(u64, Vec<(u64, u64)>)> {
    let mut shifted = start;
    for (old, new) in edits.ranges() {
        let (removed, inserted) = (old.end - old.start, new.end - new.start);
        if old.start < start {
            // The line break before the row must stand as it stood.
            let whole_units = removed.abs_diff(inserted) % reading.encoding.unit() == 0;
            if old.end > start.saturating_sub(reading.line_break.width()) || !whole_units {
                return None;
            }
            shifted = shifted + inserted - removed;
        } else {
            // Where a cell ends is for the bytes behind to say.
            stops.retain(|&(at, _)| at == 0 || start + at + CLUSTER <= old.start);
        }
    }
    (stops.len() > 1).then_some((shifted, stops))
}

/// Finds rows and columns in a snapshot.
#[derive(Debug)]
pub struct Rows<'a> {
    pub reader: Reader<'a>,
    pub(super) shape: Shape,
    pub(super) cache: &'a mut RowCache,
    /// Room for decoding.
    pub(super) cells: Vec<Cell>,
    /// What is left of [`WALK`].
    pub(super) walk_left: u64,
    /// The starts of rows of which some column was answered without knowing: they stay as far known as they are, so
    /// that answers agree with each other.
    pub(super) given_up: HashSet<u64>,
}

impl<'a> Rows<'a> {
    /// `cache` must be that of the snapshot's document.
    pub fn new(snapshot: &'a Snapshot, shape: Shape, cache: &'a mut RowCache) -> Self {
        cache.enter(snapshot.revision(), shape);
        let reader = Reader::new(snapshot);
        Self { reader, shape, cache, cells: Vec::new(), walk_left: WALK, given_up: HashSet::new() }
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
