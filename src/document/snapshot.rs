use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::changes::Generation;
use super::edit_set::EditSet;
use super::history::State;
use super::line_index::LineIndex;
use super::moment::Moment;
use super::parts::Parts;
use super::piece::{self, Pieces};
use super::read;
use super::replaced::Stretch;
use super::slice::Slice;
use super::store::Stores;
use crate::source::{Identity, Lost, Scanned, Source};

/// Bytes of a document for the screen; see [`Snapshot::try_read`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Document offset of `bytes[0]`.
    pub start: u64,
    /// Bytes in a gap are zero.
    pub bytes: Vec<u8>,
    /// Document ranges that could not be read, sorted, disjoint.
    pub gaps: Vec<(Range<u64>, Missing)>,
}

/// Why bytes are missing from a [`Window`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Not in memory yet.
    Pending,
    Lost(Lost),
}

/// Where a stretch of the contents comes from; see [`Snapshot::spans`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it stands in the document.
    pub range: Range<u64>,
    /// Where it stands in the newest generation of the base, if that is where it comes from.
    pub base: Option<u64>,
}

/// Where a stretch of the contents is kept; see [`Snapshot::kept`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where it stands in the document.
    pub range: Range<u64>,
    /// The number of the store that has it. A document never gives a number again, and what a store has at an offset never
    /// changes.
    pub store: u32,
    /// Where it starts in that store.
    pub start: u64,
}

/// The contents of a document at one moment. Cloning is constant time; it never changes.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) pieces: Pieces,
    pub(super) stores: Arc<Stores>,
    pub(super) generations: Arc<Vec<Generation>>,
    pub(super) revision: u64,
    pub(super) state: State,
    /// How many bytes came in by [`super::Document::grow`].
    pub(super) grown: u64,
    pub(super) moment: Arc<Moment>,
}

impl Snapshot {
    pub fn len(&self) -> u64 {
        self.pieces.summary().bytes
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Goes up by every edit, undo, redo and growth: equal revisions of one document have equal contents.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Is it the same moment of the same document, over the same base?
    pub fn is_same(&self, other: &Self) -> bool {
        self.revision == other.revision
            && self.base_store() == other.base_store()
            && self.stores.is_same(&other.stores)
    }

    /// Which state of the document this is: undo and redo come back to the same.
    pub fn state(&self) -> u64 {
        self.state
    }

    /// Reads `range` (clamped to the document) without waiting, for the screen. What is not in memory or lost
    /// is a gap, found to 4 KiB.
    pub fn try_read(&self, range: Range<u64>) -> Window {
        read::try_read(&self.pieces, &self.stores, self.clamp(range))
    }

    /// Reads `range` (clamped to the document), waiting, for jobs.
    pub fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Lost> {
        read::read(&self.pieces, &self.stores, self.clamp(range))
    }

    /// Visits `range` (clamped to the document) in order, as [`crate::source::Source::scan`] does, in document
    /// offsets; for jobs.
    pub fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        read::scan(&self.pieces, &self.stores, self.clamp(range), visit)
    }

    /// How many bytes of `range` (clamped to the document) do not lie in holes: the space that a copy takes. Constant
    /// time unless a source has holes; then in proportion to pieces and holes, waiting for the disk.
    pub fn stored(&self, range: Range<u64>) -> u64 {
        read::stored(&self.pieces, &self.stores, self.clamp(range))
    }

    /// The hole around `offset` that nobody has written into, as far as it is known: see [`Source::hole_at`]. Logarithmic
    /// time; waits for no disk.
    pub fn hole_at(&self, offset: u64) -> Option<Range<u64>> {
        let part = Parts::new(&self.pieces, self.clamp(offset..offset.saturating_add(1))).next()?;
        let base = self.stores.base(part.piece.store)?;
        let hole = base.source.hole_at(part.from)?;
        let (start, end) = (hole.start.max(part.piece.start), hole.end.min(part.piece.end()));
        Some(part.at - (part.from - start)..part.position(end))
    }

    /// The contents of `range` (clamped to the document), by reference; logarithmic time.
    pub fn slice(&self, range: Range<u64>) -> Slice {
        let cut = |piece: &piece::Piece, at| self.stores.cut(piece, at);
        Slice {
            pieces: self.pieces.slice(self.clamp(range), piece::bytes, cut),
            stores: Arc::clone(&self.stores),
        }
    }

    /// Where the bytes of `range` (clamped to the document) come from, in order; neighbours may continue each other.
    pub fn spans(&self, range: Range<u64>) -> impl Iterator<Item = Span> + '_ {
        let newest = self.newest().store;
        let base = move |kept: &Kept| (Some(kept.store) == newest).then_some(kept.start);
        self.kept(range).map(move |kept| Span { base: base(&kept), range: kept.range })
    }

    /// Where the bytes of `range` (clamped to the document) are kept, in order; neighbours may continue each other.
    pub fn kept(&self, range: Range<u64>) -> impl Iterator<Item = Kept> + '_ {
        kept(&self.pieces, &self.stores, self.clamp(range))
    }

    /// The source that is the store of this number; `None` for added bytes.
    pub fn source_of(&self, store: u32) -> Option<&Arc<dyn Source>> {
        self.stores.base(store).map(|base| &base.source)
    }

    /// Is what [`Snapshot::kept`] says that this store has in memory, whatever becomes of files?
    pub fn is_in_memory(&self, store: u32) -> bool {
        // Of very many replacements, what they put in.
        self.stores.base(store).is_none_or(|base| base.replaced.is_some())
    }

    /// The number of the store that is the newest generation of the base, if there is one.
    pub fn base_store(&self) -> Option<u32> {
        self.newest().store
    }

    /// What made `later`, another snapshot of the same document that is not older, of this one, as one. Time in proportion
    /// to the edits.
    pub fn edits_until(&self, later: &Self) -> EditSet {
        self.moment.edits_until(&later.moment)
    }

    /// Where the bytes of `range` (clamped to the document) stand in the file that has the identity `now`, run by run in order,
    /// as [`crate::source::Source::in_file`] tells it: `None` for those that stand elsewhere.
    pub fn in_file(&self, range: Range<u64>, now: &Identity, visit: &mut dyn FnMut(Range<u64>, Option<u64>)) {
        read::in_file(&self.pieces, &self.stores, self.clamp(range), now, visit);
    }

    /// What is known of the newlines of a file that holds the whole document, from what is known of those of the file it
    /// rests on: what stands in both at the same place is not counted again. For jobs.
    pub fn carried_index(&self) -> LineIndex {
        let (len, line_break) = (self.len(), self.line_break());
        let Some(base) = self.newest().store.and_then(|store| self.stores.base(store)) else {
            return LineIndex::new(len, line_break);
        };
        let mut stays: Vec<Range<u64>> = Vec::new();
        for Span { range, .. } in self.spans(0..len).filter(|span| span.base == Some(span.range.start)) {
            match stays.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => stays.push(range),
            }
        }
        base.index.carried(len, &stays)
    }

    /// The source in which what stands at `at` and behind it is stored as it stands, where in it, and for how many bytes;
    /// `None` for what was added, and at the end. Logarithmic time.
    pub fn stored_at(&self, at: u64) -> Option<(Arc<dyn Source>, u64, u64)> {
        let part = Parts::new(&self.pieces, self.clamp(at..u64::MAX)).next()?;
        let base = self.stores.base(part.piece.store)?;
        Some((Arc::clone(&base.source), part.from, part.len()))
    }

    /// All edits, undos, redos and growth of the document since this snapshot was taken, as one: maps positions of the
    /// snapshot to those of now. Time in proportion to the edits.
    pub fn edits_since(&self) -> EditSet {
        self.moment.edits_since()
    }

    pub(super) fn newest(&self) -> &Generation {
        self.generations.last().expect("generation 0")
    }

    pub(super) fn clamp(&self, range: Range<u64>) -> Range<u64> {
        let end = range.end.min(self.len());
        range.start.min(end)..end
    }
}

/// Where one piece is kept: in one place, or, of what very many replacements made, here and there.
enum Places<'a> {
    One(Option<Kept>),
    Many(Box<dyn Iterator<Item = Kept> + 'a>),
}

impl Iterator for Places<'_> {
    type Item = Kept;

    fn next(&mut self) -> Option<Kept> {
        match self {
            Self::One(kept) => kept.take(),
            Self::Many(places) => places.next(),
        }
    }
}

fn kept<'a>(pieces: &'a Pieces, stores: &'a Stores, range: Range<u64>) -> impl Iterator<Item = Kept> + 'a {
    Parts::new(pieces, range).flat_map(move |part| {
        let store = part.piece.store;
        let Some(replaced) = stores.base(store).and_then(|base| base.replaced.as_ref()) else {
            return Places::One(Some(Kept { range: part.at..part.end(), store, start: part.from }));
        };
        let places = replaced.stretches(part.from..part.to).flat_map(move |stretch| match stretch {
            Stretch::Added { range, added } => {
                let start = replaced.first_of(&range, added);
                let range = part.position(range.start)..part.position(range.end);
                Places::One(Some(Kept { range, store, start }))
            }
            Stretch::Kept { range, old } => {
                let to_here = move |inner: Kept| {
                    let at = |offset: u64| part.position(range.start + (offset - old));
                    Kept { range: at(inner.range.start)..at(inner.range.end), ..inner }
                };
                let before = old..old + (range.end - range.start);
                let inner: Box<dyn Iterator<Item = Kept>> =
                    Box::new(kept(&replaced.before().pieces, stores, before));
                Places::Many(Box::new(inner.map(to_here)))
            }
        });
        Places::Many(Box::new(places))
    })
}
