use std::ops::Range;
use std::sync::Arc;

use super::{Document, replace_all};
use crate::document::changes::Generation;
use crate::document::counting::Counting;
use crate::document::edit_set::EditSet;
use crate::document::history::History;
use crate::document::line_index::LineIndex;
use crate::document::piece::{self, Piece, Pieces};
use crate::document::snapshot::Snapshot;
use crate::document::store::{Base, Stores};
use crate::document::tally::{next_uncounted, pending, tally};
use crate::source::Source;

/// Edits made while saving that are replayed over the new generation, at most.
const MOST_REPLAYED: usize = if cfg!(test) { 64 } else { 1 << 16 };

impl Document {
    /// The base has got longer (a followed log, a pipe): `source` starts with exactly the bytes of the newest base.
    /// What is new stands at the end of the document now. That is no step and modifies nothing: undo and redo go on as
    /// before, and leave it there. Reads nothing; what is counted stays counted.
    ///
    /// # Panics
    /// Where `source` is shorter than the newest base.
    pub fn grow(&mut self, source: Arc<dyn Source>) {
        let len = source.len();
        let newest = self.now.newest().store;
        let stores = Arc::make_mut(&mut self.now.stores);
        let (store, was) = match newest {
            Some(store) => {
                let was = stores.base(store).map_or(0, |base| base.source.len());
                stores.grow_base(store, source);
                (store, was)
            }
            None => {
                let index = LineIndex::new(len, stores.line_break());
                (stores.push_base(Base::new(source, index)), 0)
            }
        };
        let piece = (len > was).then(|| Piece::new(store, was, len - was, stores.epoch(), None));
        let tail: Pieces = piece.into_iter().collect();
        let generations = Arc::make_mut(&mut self.now.generations);
        let newest = generations.last_mut().expect("generation 0");
        newest.store = Some(store);
        newest.origin.append(tail.clone());
        if len == was {
            return;
        }
        let end = self.len();
        self.history.grow(&tail);
        self.now.pieces.append(tail);
        self.now.grown += len - was;
        self.advance(&EditSet::new([(end..end, len - was)]), self.now.state);
    }

    /// `saved` is on disk now, and can be read as `base`: it becomes the next generation, `saved`'s contents are
    /// one piece of it, and edits made since `saved` was taken are replayed. Earlier generations stay readable
    /// for undo. `index` holds `base`'s newline counts, if they were counted while writing.
    ///
    /// End the step before taking the snapshot to be saved: a state in the midst of a step cannot be undone to,
    /// so the document would stay modified.
    ///
    /// What has come in by [`Document::grow`] since `saved` was taken is not on disk in the new generation: the document
    /// is modified then.
    ///
    /// # Panics
    /// Where `base` or `index` are not as long as `saved`.
    pub fn rest_on(&mut self, saved: &Snapshot, base: Arc<dyn Source>, index: Option<LineIndex>) {
        assert_eq!(base.len(), saved.len(), "the base holds what was saved");
        assert!(saved.stores.is_same(&self.now.stores), "a snapshot of this document");
        let line_break = self.now.line_break();
        let index = index.filter(|index| index.line_break() == line_break);
        let index = index.unwrap_or_else(|| LineIndex::new(base.len(), line_break));
        self.end_step();
        let store = Arc::make_mut(&mut self.now.stores).push_base(Base::new(base, index));
        let stores = &self.now.stores;
        let cut = |piece: &Piece, at| stores.cut(piece, at);

        let edits = saved.edits_since();
        if edits.len() > MOST_REPLAYED {
            // Too many for the moment that this may take: the contents stay on the generation before.
            self.older_in_use = true;
            self.rest(store, saved, None);
            return;
        }
        let contents =
            edits.ranges().map(|(_, new)| self.now.pieces.slice(new, piece::bytes, cut)).collect::<Vec<_>>();
        let len = saved.len();
        let whole = (len > 0).then(|| {
            let mut piece = Piece::new(store, 0, len, stores.epoch(), None);
            settle(stores, &mut piece);
            piece
        });
        let mut pieces: Pieces = whole.into_iter().collect();
        self.older_in_use |= contents.iter().any(|content| content.summary().uncounted(stores.epoch()) > 0);
        replace_all(&mut pieces, stores, &edits, contents);
        self.rest(store, saved, Some(pieces));
    }

    /// `saved` is the next generation, in `store`, over which the contents are `pieces`, if they are new.
    fn rest(&mut self, store: u32, saved: &Snapshot, pieces: Option<Pieces>) {
        let generation = Generation::next(store, saved, &self.now.stores);
        if let Some(pieces) = pieces {
            self.now.pieces = pieces;
        }
        Arc::make_mut(&mut self.now.generations).push(generation);
        self.saved = saved.state;
        if saved.grown != self.now.grown {
            // A state of its own, to which nothing leads.
            self.last_state += 1;
            self.saved = self.last_state;
        }
    }

    /// Undo does not reach behind now: what it would bring back is not to be had any more.
    pub fn forget_history(&mut self) {
        self.history = History::default();
    }

    /// What is known of the newlines of the newest base, from [`LineIndex::from_bytes`], is the whole truth: nothing of it is
    /// counted again. False, and nothing is changed, where `index` is not of its length or of the document's line break.
    pub fn import_index(&mut self, index: LineIndex) -> bool {
        let store = self.now.newest().store;
        let base = store.and_then(|store| self.now.stores.base(store));
        let (Some(store), Some(base)) = (store, base) else {
            return false;
        };
        if index.len() != base.source.len() || index.line_break() != base.index.line_break() {
            return false;
        }
        Arc::make_mut(&mut self.now.stores).index_base(store, index);
        true
    }

    /// `saved` is on disk now, in a form in which it cannot be read from there (compressed): undo and redo to it find
    /// the document unmodified.
    pub fn mark_saved(&mut self, saved: &Snapshot) {
        assert!(saved.stores.is_same(&self.now.stores), "a snapshot of this document");
        self.saved = saved.state;
        self.end_step();
    }

    /// The newline counting of what the document rests on, for jobs: several threads may run it at once. Ask
    /// again after inserting a file, which is counted too.
    pub fn counting(&self) -> Counting {
        let newest = self.now.newest().store;
        let is_older = |store| {
            Some(store) != newest
                && self.now.generations.iter().any(|generation| generation.store == Some(store))
        };
        let bases = self.now.stores.bases().rev();
        let wanted = bases.filter(|(store, _)| self.older_in_use || !is_older(*store));
        let mut bases: Vec<_> = wanted.collect();
        bases.sort_by_key(|(store, _)| Some(*store) != newest);
        Counting::new(bases.into_iter().map(|(_, base)| Arc::clone(base)).collect())
    }

    /// Looks up newline counts that became known meanwhile in the index for at most `pieces` pieces. True if
    /// any did (line numbers on screen may now be better).
    pub fn settle(&mut self, pieces: usize) -> bool {
        let mut any = false;
        let epoch = self.now.stores.epoch();
        let mut round = self.now.pieces.summary().uncounted(epoch);
        for _ in 0..pieces {
            // In turns, so that pieces that cannot be counted yet do not keep others from it.
            let found = next_uncounted(&self.now.pieces, epoch, self.settled)
                .or_else(|| next_uncounted(&self.now.pieces, epoch, 0));
            let Some((at, mut piece)) = found.filter(|_| round > 0) else {
                break;
            };
            round = round.saturating_sub(piece.len);
            self.settled = at + piece.len;
            let stores = &self.now.stores;
            if settle(stores, &mut piece) {
                let range = at..at + piece.len;
                let cut = |piece: &Piece, at| stores.cut(piece, at);
                self.now.pieces.replace(range, [piece].into_iter().collect(), piece::bytes, cut);
                any = true;
            }
        }
        any
    }

    /// What keeps [`Document::settle`] from counting pieces though the index is there: document ranges of at most
    /// a chunk that are not in memory, of at most `pieces` pieces. Read them in a job, and settle again.
    pub fn unsettled(&self, pieces: usize) -> Vec<Range<u64>> {
        let mut ranges = Vec::new();
        let mut at = 0;
        for _ in 0..pieces {
            let Some((start, piece)) = next_uncounted(&self.now.pieces, self.now.stores.epoch(), at) else {
                break;
            };
            at = start + piece.len;
            let position =
                |range: Range<u64>| start + (range.start - piece.start)..start + (range.end - piece.start);
            let pending = pending(&self.now.stores, &piece);
            ranges.extend(pending.into_iter().map(position));
        }
        ranges
    }
}

/// Gives a piece its counts, if they are known.
fn settle(stores: &Stores, piece: &mut Piece) -> bool {
    let tally = tally(stores, piece, piece.start..piece.end());
    let is_known = tally.uncounted == 0;
    if is_known {
        *piece = piece.part(piece.start, piece.len, stores.epoch(), Some(tally.counted));
    }
    is_known
}
