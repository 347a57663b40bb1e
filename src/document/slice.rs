use std::ops::Range;
use std::sync::Arc;

use super::line_index::LineIndex;
use super::piece::{self, Piece, Pieces};
use super::read;
use super::store::{Base, Stores};
use crate::source::{Lost, Source};

/// A part of some document's contents, or of a source, by reference. It keeps what it refers to alive, and
/// never changes.
#[derive(Clone, Debug)]
pub struct Slice {
    pub(super) pieces: Pieces,
    pub(super) stores: Arc<Stores>,
}

impl Slice {
    /// `range` of `source`, e.g. of a file to be inserted.
    pub fn of(source: Arc<dyn Source>, range: Range<u64>) -> Self {
        assert!(range.start <= range.end && range.end <= source.len());
        let mut stores = Stores::new();
        let index = LineIndex::new(source.len(), stores.line_break());
        let store = stores.push_base(Base::new(source, index));
        let len = range.end - range.start;
        let piece = (len > 0).then(|| Piece::new(store, range.start, len, stores.epoch(), None));
        Self { pieces: piece.into_iter().collect(), stores: Arc::new(stores) }
    }

    /// Ranges of `sources`, by their places there, one behind the other.
    pub fn of_parts(
        sources: &[Arc<dyn Source>],
        parts: impl IntoIterator<Item = (usize, Range<u64>)>,
    ) -> Self {
        let mut stores = Stores::new();
        let mut numbers = vec![None; sources.len()];
        let mut pieces = Vec::new();
        for (of, range) in parts {
            assert!(range.start <= range.end && range.end <= sources[of].len());
            let store = *numbers[of].get_or_insert_with(|| {
                let index = LineIndex::new(sources[of].len(), stores.line_break());
                stores.push_base(Base::new(Arc::clone(&sources[of]), index))
            });
            let len = range.end - range.start;
            pieces.extend((len > 0).then(|| Piece::new(store, range.start, len, stores.epoch(), None)));
        }
        Self { pieces: pieces.into_iter().collect(), stores: Arc::new(stores) }
    }

    pub fn len(&self) -> u64 {
        self.pieces.summary().bytes
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A hole around `at`, as far as it is known and lies in one piece; see [`Source::hole_at`].
    pub(super) fn hole_at(&self, at: u64) -> Option<Range<u64>> {
        let (piece, before) = self.pieces.find(at, piece::bytes)?;
        let base = self.stores.base(piece.store)?;
        let hole = base.source.hole_at(piece.start + (at - before.bytes))?;
        let position = |offset: u64| before.bytes + (offset - piece.start);
        Some(position(hole.start.max(piece.start))..position(hole.end.min(piece.end())))
    }

    /// Its bytes, waiting for the disk. Check [`Slice::len`] first.
    pub fn read(&self) -> Result<Vec<u8>, Lost> {
        read::read(&self.pieces, &self.stores, 0..self.len())
    }
}
