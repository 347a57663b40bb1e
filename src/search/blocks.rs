use std::ops::Range;

use crate::document::EditSet;
use crate::document::sum_tree::{Item, Monoid, SumTree};

/// How many matches start in each part of a document. Cloning is constant time; a clone never changes.
///
/// Blocks follow each other without gaps. The matches of a block are those that are found when the search begins where
/// the last match before it ended; so a block knows by how far that one reached into it, and how far its own last one
/// reaches into the next. Where two blocks do not agree about that, the second one is to be counted again.
#[derive(Clone, Debug)]
pub struct Blocks {
    tree: SumTree<Block>,
    /// An edit changes what begins so many bytes before it, at most.
    reach: u64,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// In bytes.
    pub len: u64,
    /// How many matches start in it; `None` if that is not known.
    pub count: Option<u32>,
    /// Bytes of it that could not be read.
    pub lost: u64,
    /// By how many bytes the last match before reaches into it, and one more where that may be 0 and matter.
    pub(super) entry: u32,
    /// The same for the next block.
    pub(super) exit: u32,
}

/// Of blocks that follow each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    bytes: u64,
    blocks: u64,
    /// Bytes of blocks that are counted.
    known: u64,
    count: u64,
    lost: u64,
    /// Blocks in which a match starts.
    hit: u64,
    /// Blocks to be counted: those that are unknown, and those that do not agree with the one before.
    open: u64,
    /// Of the first and the last block, if they are known.
    first_entry: Option<u32>,
    last_exit: Option<u32>,
}

impl Monoid for Summary {
    fn add(&mut self, next: &Self) {
        if next.blocks == 0 {
            return;
        }
        if self.blocks == 0 {
            *self = next.clone();
            return;
        }
        self.bytes += next.bytes;
        self.blocks += next.blocks;
        self.known += next.known;
        self.count += next.count;
        self.lost += next.lost;
        self.hit += next.hit;
        let differ = matches!((self.last_exit, next.first_entry), (Some(exit), Some(entry)) if exit != entry);
        self.open += next.open + u64::from(differ);
        self.last_exit = next.last_exit;
    }
}

impl Item for Block {
    type Summary = Summary;

    fn summary(&self) -> Summary {
        let is_known = self.count.is_some();
        Summary {
            bytes: self.len,
            blocks: 1,
            known: if is_known { self.len } else { 0 },
            count: self.count.unwrap_or(0).into(),
            lost: self.lost,
            hit: u64::from(self.count.is_some_and(|count| count > 0)),
            open: u64::from(!is_known),
            first_entry: is_known.then_some(self.entry),
            last_exit: is_known.then_some(self.exit),
        }
    }

    /// Where nothing matches, or nothing is known, one block is as good as many.
    fn merge(&mut self, next: &Self) -> bool {
        let merges = match (self.count, next.count) {
            (None, None) => true,
            (Some(0), Some(0)) => self.exit == next.entry && self.lost == 0 && next.lost == 0,
            _ => false,
        };
        if merges {
            self.len += next.len;
            self.exit = next.exit;
        }
        merges
    }
}

impl Block {
    pub(super) fn unknown(len: u64) -> Self {
        Self { len, count: None, lost: 0, entry: 0, exit: 0 }
    }

    /// Is it known that nothing matches in any part of it?
    fn is_free(&self) -> bool {
        self.count == Some(0) && self.lost == 0
    }

    /// The same in two, of which no match is known to be in one rather than in the other.
    fn cut(&self, at: u64) -> (Self, Self) {
        if !self.is_free() {
            return (Self::unknown(at), Self::unknown(self.len - at));
        }
        let between = carry(self.entry, at);
        let first = Self { len: at, exit: between, ..self.clone() };
        let second = Self { len: self.len - at, entry: between, ..self.clone() };
        (first, second)
    }
}

/// What is left of an entry behind `len` bytes in which no match starts.
pub(super) fn carry(entry: u32, len: u64) -> u32 {
    u64::from(entry).saturating_sub(len) as u32
}

fn blocks(blocks: impl IntoIterator<Item = Block>) -> SumTree<Block> {
    blocks.into_iter().filter(|block| block.len > 0).collect()
}

fn bytes(summary: &Summary) -> u64 {
    summary.bytes
}

impl Blocks {
    /// Of a document of `len` bytes, what lies in `unknown` is not known, and elsewhere nothing is counted; an edit changes
    /// what begins up to `reach` bytes before it.
    pub(super) fn unknown(unknown: Range<u64>, len: u64, reach: u64) -> Self {
        let free = |len| Block { count: Some(0), ..Block::unknown(len) };
        let Range { start, end } = unknown;
        Self { tree: blocks([free(start), Block::unknown(end - start), free(len - end)]), reach }
    }

    /// Of the document, in bytes.
    pub fn len(&self) -> u64 {
        self.tree.summary().bytes
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many matches are counted so far.
    pub fn total(&self) -> u64 {
        self.tree.summary().count
    }

    /// How many bytes could not be read.
    pub fn lost(&self) -> u64 {
        self.tree.summary().lost
    }

    /// How many bytes are searched.
    pub fn known(&self) -> u64 {
        self.tree.summary().known
    }

    /// Is everything counted, and does it agree?
    pub fn is_complete(&self) -> bool {
        self.tree.summary().open == 0
    }

    /// How many matches start in the blocks that begin in `range`, for a strip that shows where they are; and whether
    /// all of them are counted. Logarithmic time.
    pub fn count_in(&self, range: Range<u64>) -> (u64, bool) {
        let of = |at: u64| match self.tree.find(at, bytes) {
            Some((_, before)) => before,
            None => self.tree.summary().clone(),
        };
        let (start, end) = (of(range.start), of(range.end));
        (end.count - start.count, end.known - start.known == end.bytes - start.bytes)
    }

    /// The block that `at` lies in, and where it starts.
    pub fn block_at(&self, at: u64) -> Option<(Range<u64>, &Block)> {
        let (block, before) = self.tree.find(at, bytes)?;
        Some((before.bytes..before.bytes + block.len, block))
    }

    /// The block in which match number `number` starts, counted from 0 over what is known, and how many start before it.
    pub fn block_of(&self, number: u64) -> Option<(Range<u64>, &Block, u64)> {
        let (block, before) = self.tree.find(number, |summary: &Summary| summary.count)?;
        Some((before.bytes..before.bytes + block.len, block, before.count))
    }

    /// The first block with matches that begins at `at` or behind it.
    pub fn next_hit(&self, at: u64) -> Option<Range<u64>> {
        let (block, before) = self.tree.find(at, bytes)?;
        let earlier = if before.bytes < at { block.summary().hit } else { 0 };
        let (block, before) = self.tree.find(before.hit + earlier, |summary: &Summary| summary.hit)?;
        Some(before.bytes..before.bytes + block.len)
    }

    /// The last block with matches that ends at `at` or before it.
    pub fn previous_hit(&self, at: u64) -> Option<Range<u64>> {
        let hits = match self.tree.find(at, bytes) {
            Some((_, before)) => before.hit,
            None => self.tree.summary().hit,
        };
        let (block, before) = self.tree.find(hits.checked_sub(1)?, |summary: &Summary| summary.hit)?;
        Some(before.bytes..before.bytes + block.len)
    }

    /// All blocks and where they start.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Block)> {
        let mut at = 0;
        self.tree.iter().map(move |block| {
            at += block.len;
            (at - block.len, block)
        })
    }

    /// The first stretch to be counted from `from` on: where it is, and as what match ending where the one before
    /// leaves it, if that is known.
    pub(super) fn first_open(&self, from: u64) -> Option<(Range<u64>, Option<u32>)> {
        let before = match from {
            0 => Summary::default(),
            // With the block before, so that it is seen whether the two agree.
            _ => self.tree.find(from, bytes)?.1,
        };
        let open = before.open;
        let (block, before) = self.tree.find_where(|summary| summary.open > open)?;
        let range = before.bytes..before.bytes + block.len;
        let entry = if range.start == 0 { Some(0) } else { before.last_exit };
        Some((range, entry))
    }

    /// Puts `blocks` in the place of what is there from `start` on.
    pub(super) fn put(&mut self, start: u64, blocks: Vec<Block>) {
        let tree = self::blocks(blocks);
        let end = start + tree.summary().bytes;
        self.replace(start..end, tree);
    }

    fn replace(&mut self, range: Range<u64>, blocks: SumTree<Block>) {
        self.tree.replace(range, blocks, bytes, Block::cut);
    }

    /// Follows the document through `edits`: what they touched is unknown. Of many at once, all that lies behind the
    /// first one is.
    pub(super) fn edit(&mut self, edits: &EditSet, len: u64) {
        if edits.len() > MANY {
            let start = edits.ranges().next().map_or(0, |(old, _)| old.start);
            let old_len = self.len();
            self.replace(start..old_len, blocks([Block::unknown(len - start)]));
            return self.forget(start..start);
        }
        for (old, new) in edits.ranges() {
            // What lies before is new already, what lies behind is still old.
            let touched = new.start..new.start + (old.end - old.start);
            self.replace(touched, blocks([Block::unknown(new.end - new.start)]));
            self.forget(new);
        }
    }

    /// Something else stands in `range`.
    fn forget(&mut self, range: Range<u64>) {
        let len = self.len();
        let mut around = range.start.saturating_sub(self.reach)..range.end.saturating_add(AFTER).min(len);
        if let Some((range, block)) = self.block_at(around.start)
            && !block.is_free()
        {
            around.start = range.start;
        }
        if let Some((range, block)) = self.block_at(around.end.saturating_sub(1))
            && !block.is_free()
        {
            around.end = range.end;
        }
        if around.start < around.end {
            let unknown = Block::unknown(around.end - around.start);
            self.replace(around, blocks([unknown]));
        }
    }

    /// # Panics
    /// Where the blocks break one of their laws.
    #[cfg(test)]
    pub(super) fn assert_invariants(&self) {
        self.tree.assert_invariants();
        let mut exit = 0;
        for (at, block) in self.iter() {
            assert!(block.len > 0);
            if self.is_complete() {
                assert_eq!(block.entry, exit, "the block at {at} agrees with the one before");
            }
            exit = block.exit;
        }
    }
}

/// Edits that are followed one by one.
const MANY: usize = 1000;

/// Bytes behind an edit at which a match may look.
const AFTER: u64 = super::pattern::CONTEXT;
