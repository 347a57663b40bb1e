use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::changes::Generation;
use super::edit_set::EditSet;
use super::history::State;
use super::moment::Moment;
use super::parts::Parts;
use super::piece::{self, Pieces};
use super::read;
use super::slice::Slice;
use super::store::Stores;
use crate::source::{Lost, Scanned, Source};

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
        let range = self.clamp(range);
        let is_sparse = |source: &dyn Source| source.stored(0..source.len()) < source.len();
        let mut bases = self.stores.bases();
        if !bases.any(|(_, base)| is_sparse(&*base.source)) {
            return range.end - range.start;
        }
        Parts::new(&self.pieces, range)
            .map(|part| match self.stores.base(part.piece.store) {
                Some(base) => base.source.stored(part.from..part.to),
                None => part.len(),
            })
            .sum()
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
        Parts::new(&self.pieces, self.clamp(range)).map(move |part| Span {
            range: part.at..part.end(),
            base: (Some(part.piece.store) == newest).then_some(part.from),
        })
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
