//! Very many replacements of one step, as replace-all makes them: in 4 bytes each where all are alike, in 12 where they
//! are not, and what they put in once or one behind the other.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::edit_set::Edit;
use super::line_index::{LineIndex, LineIndexBuilder};
use super::replaced::Replaced;
use super::slice::Slice;
use super::snapshot::Snapshot;
use crate::source::{Cancel, Progress, Scanned, Source};

/// Replacements that are found by walking from the start of a block, at most.
const BLOCK: usize = if cfg!(test) { 3 } else { 256 };

/// Where every replacement stands in the old contents and in the new ones.
#[derive(Debug, Default)]
pub(super) struct Table {
    blocks: Vec<Block>,
    /// Bytes kept between the end of the replacement before and the start of this one; unused at the start of a block.
    gaps: Vec<u32>,
    /// Bytes removed and bytes put in.
    sizes: Sizes,
}

/// The first replacement of a block. A gap that 32 bits cannot tell begins a new one.
#[derive(Clone, Copy, Debug)]
struct Block {
    first: usize,
    old: u64,
    new: u64,
    /// Where what it puts in stands among all that is put in.
    added: u64,
}

#[derive(Debug)]
enum Sizes {
    Same(u32, u32),
    Each(Vec<(u32, u32)>),
}

impl Default for Sizes {
    fn default() -> Self {
        Self::Each(Vec::new())
    }
}

/// A replacement of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub edit: Edit,
    pub added: u64,
}

impl Table {
    pub fn len(&self) -> usize {
        self.gaps.len()
    }

    fn size(&self, index: usize) -> (u64, u64) {
        let (removed, inserted) = match &self.sizes {
            Sizes::Same(removed, inserted) => (*removed, *inserted),
            Sizes::Each(sizes) => sizes[index],
        };
        (removed.into(), inserted.into())
    }

    fn entry(&self, index: usize, old: u64, new: u64, added: u64) -> Entry {
        let (removed, inserted) = self.size(index);
        Entry { edit: Edit { old, removed, new, inserted }, added }
    }

    /// How many replacements there are up to the first for which `reaches` no longer holds; logarithmic time.
    pub fn partition(&self, reaches: impl Fn(&Edit) -> bool) -> usize {
        let first = |block: &Block| reaches(&self.entry(block.first, block.old, block.new, block.added).edit);
        let Some(block) = self.blocks.partition_point(first).checked_sub(1) else {
            return 0;
        };
        let start = self.blocks[block].first;
        let end = self.blocks.get(block + 1).map_or(self.len(), |next| next.first);
        start + self.walk_block(block).take(end - start).take_while(|entry| reaches(&entry.edit)).count()
    }

    pub fn get(&self, index: usize) -> Option<Edit> {
        self.walk(index).next().map(|entry| entry.edit)
    }

    /// The replacements from this one on.
    pub fn walk(&self, index: usize) -> Walk<'_> {
        match self.blocks.partition_point(|block| block.first <= index).checked_sub(1) {
            Some(block) => {
                let mut walk = self.walk_block(block);
                while walk.index < index.min(self.len()) {
                    walk.next();
                }
                walk
            }
            None => Walk { table: self, block: 0, index: 0, last: Entry::default() },
        }
    }

    fn walk_block(&self, block: usize) -> Walk<'_> {
        Walk { table: self, block, index: self.blocks[block].first, last: Entry::default() }
    }
}

impl Default for Entry {
    fn default() -> Self {
        Self { edit: Edit { old: 0, removed: 0, new: 0, inserted: 0 }, added: 0 }
    }
}

/// Replacements of a table, in order.
#[derive(Clone, Debug)]
pub(super) struct Walk<'a> {
    table: &'a Table,
    /// The block in which the next one stands, or the one behind it if that begins with it.
    block: usize,
    index: usize,
    last: Entry,
}

impl Iterator for Walk<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let gap = *self.table.gaps.get(self.index)?;
        let entry = match self.table.blocks.get(self.block).filter(|block| block.first == self.index) {
            Some(block) => {
                self.block += 1;
                self.table.entry(self.index, block.old, block.new, block.added)
            }
            None => {
                let Entry { edit, added } = self.last;
                let gap = u64::from(gap);
                let (old, new) = (edit.old_end() + gap, edit.new_end() + gap);
                self.table.entry(self.index, old, new, added + edit.inserted)
            }
        };
        self.last = entry;
        self.index += 1;
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.table.len() - self.index;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Walk<'_> {}

/// Gathers very many replacements of one snapshot, in order.
#[derive(Debug)]
pub struct BulkBuilder {
    table: Table,
    last: Entry,
    added: Vec<u8>,
    is_uniform: bool,
}

/// Replacements that cannot be gathered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BulkError {
    #[error("the replacement at {start}..{end} overlaps the one before, or is not in order")]
    OutOfOrder { start: u64, end: u64 },
    #[error("one replacement takes away {removed} bytes and puts in {inserted}, of which 4 GiB are the most")]
    TooLong { removed: u64, inserted: u64 },
}

impl BulkBuilder {
    /// Every range gives way to `content`. As long as they are all of one length they take 4 bytes each.
    pub fn uniform(content: Vec<u8>) -> Self {
        Self { table: Table::default(), last: Entry::default(), added: content, is_uniform: true }
    }

    /// Every range gives way to content of its own. 12 bytes each, and the contents.
    pub fn various() -> Self {
        Self { table: Table::default(), last: Entry::default(), added: Vec::new(), is_uniform: false }
    }

    /// How many replacements there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn is_empty(&self) -> bool {
        self.table.len() == 0
    }

    /// Bytes of memory that it takes.
    pub fn memory(&self) -> usize {
        let sizes = match &self.table.sizes {
            Sizes::Same(..) => 0,
            Sizes::Each(sizes) => size_of_val(&sizes[..]),
        };
        size_of_val(&self.table.blocks[..]) + size_of_val(&self.table.gaps[..]) + sizes + self.added.len()
    }

    /// By how many bytes the contents get longer, or shorter.
    pub fn growth(&self) -> i128 {
        i128::from(self.last.edit.new_end()) - i128::from(self.last.edit.old_end())
    }

    /// `range`, which lies behind all others so far, gives way to the uniform content.
    ///
    /// # Errors
    /// Where it does not lie behind them, or is longer than 4 GiB.
    ///
    /// # Panics
    /// In a builder that is not uniform.
    pub fn push(&mut self, range: Range<u64>) -> Result<(), BulkError> {
        assert!(self.is_uniform, "every range has content of its own");
        let inserted = self.added.len() as u64;
        self.push_sized(range, inserted)
    }

    /// `range`, which lies behind all others so far, gives way to `content`. A range of more than 4 GiB counts as several.
    ///
    /// # Errors
    /// Where it does not lie behind them, or `content` is longer than 4 GiB.
    ///
    /// # Panics
    /// In a uniform builder.
    pub fn push_with(&mut self, range: Range<u64>, content: &[u8]) -> Result<(), BulkError> {
        assert!(!self.is_uniform, "all ranges have one content");
        let Range { mut start, end } = range;
        while start < end && end - start > u64::from(u32::MAX) {
            let part = start + u64::from(u32::MAX);
            self.push_sized(start..part, 0)?;
            start = part;
        }
        self.push_sized(start..end, content.len() as u64)?;
        self.added.extend_from_slice(content);
        Ok(())
    }

    fn push_sized(&mut self, range: Range<u64>, inserted: u64) -> Result<(), BulkError> {
        let Range { start, end } = range;
        let last = self.last.edit;
        if start < last.old_end() || end < start {
            return Err(BulkError::OutOfOrder { start, end });
        }
        let removed = end - start;
        if removed == 0 && inserted == 0 {
            return Ok(());
        }
        let too_long = |_| BulkError::TooLong { removed, inserted };
        let size: (u32, u32) =
            (removed.try_into().map_err(too_long)?, inserted.try_into().map_err(too_long)?);
        let table = &mut self.table;
        let index = table.gaps.len();
        match &mut table.sizes {
            sizes if index == 0 && self.is_uniform => *sizes = Sizes::Same(size.0, size.1),
            Sizes::Same(removed, inserted) if (*removed, *inserted) == size => {}
            Sizes::Same(removed, inserted) => {
                let mut sizes = vec![(*removed, *inserted); index];
                sizes.push(size);
                table.sizes = Sizes::Each(sizes);
            }
            Sizes::Each(sizes) => sizes.push(size),
        }
        let kept = start - last.old_end();
        let edit = Edit { old: start, removed, new: last.new_end() + kept, inserted };
        let added = match self.is_uniform {
            true => 0,
            false => self.last.added + last.inserted,
        };
        let gap = u32::try_from(kept).ok();
        let full = table.blocks.last().is_none_or(|block| index - block.first == BLOCK);
        if full || gap.is_none() {
            table.blocks.push(Block { first: index, old: edit.old, new: edit.new, added });
        }
        table.gaps.push(gap.unwrap_or(0));
        self.last = Entry { edit, added };
        Ok(())
    }

    /// The edit that makes all of these replacements in `snapshot`, for a job: counts the line breaks of what comes of
    /// it, one pass over its bytes, which are added to `progress`. `None` if cancelled.
    ///
    /// # Panics
    /// Where a range does not lie in the snapshot.
    pub fn finish(self, snapshot: &Snapshot, cancel: &Cancel, progress: &Progress) -> Option<BulkEdit> {
        let end = self.last.edit.old_end();
        assert!(end <= snapshot.len(), "{end} does not lie in the {} bytes of the snapshot", snapshot.len());
        let mut edit = self.unfinished(snapshot);
        edit.index = count(&edit.source, snapshot, cancel, progress)?;
        Some(edit)
    }

    /// The edit, with its line breaks left to be counted.
    pub(super) fn unfinished(self, snapshot: &Snapshot) -> BulkEdit {
        let source =
            Replaced::new(snapshot.slice(0..snapshot.len()), self.table, self.added, self.is_uniform);
        let index = LineIndex::new(source.len(), snapshot.line_break());
        BulkEdit { source: Arc::new(source), index, revision: snapshot.revision() }
    }
}

/// `None` if cancelled. What is lost is left to be counted.
fn count(source: &Replaced, snapshot: &Snapshot, cancel: &Cancel, progress: &Progress) -> Option<LineIndex> {
    let mut builder = LineIndexBuilder::new(source.len(), snapshot.line_break());
    let _ = source.scan(0..source.len(), &mut |scanned| {
        let len = match scanned {
            Scanned::Data { bytes, .. } => {
                builder.data(bytes);
                bytes.len() as u64
            }
            Scanned::Hole(range) => {
                builder.hole(range.end - range.start);
                range.end - range.start
            }
            Scanned::Lost(..) => return ControlFlow::Break(()),
        };
        progress.add(len);
        match cancel.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    (!cancel.is_cancelled()).then(|| builder.finish())
}

/// Very many replacements, ready to be made; clones share them. See [`super::Document::edit_bulk`].
#[derive(Clone, Debug)]
pub struct BulkEdit {
    pub(super) source: Arc<Replaced>,
    pub(super) index: LineIndex,
    /// Of the snapshot.
    pub(super) revision: u64,
}

impl BulkEdit {
    /// How many replacements there are.
    pub fn len(&self) -> usize {
        self.source.table().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each range that gives way, and to what.
    pub fn replacements(&self) -> impl ExactSizeIterator<Item = (Range<u64>, &[u8])> {
        let replacement = |entry: Entry| (entry.edit.old..entry.edit.old_end(), self.source.content(&entry));
        self.source.table().walk(0).map(replacement)
    }

    /// How long the contents become, in bytes.
    pub fn new_len(&self) -> u64 {
        self.source.len()
    }

    /// The contents that it was made for.
    pub(super) fn before(&self) -> &Slice {
        self.source.before()
    }
}
