use std::ops::Range;

use super::piece::{self, Piece, Pieces};
use super::snapshot::Snapshot;
use super::store::Stores;

/// A stretch of the document that differs from the file as it was opened; see [`Snapshot::changes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it is now; empty where bytes were only removed.
    pub range: Range<u64>,
    /// Which bytes of the file as opened (generation 0) stood here, where that is known; empty for a pure
    /// insertion. Read them with [`Snapshot::try_read_original`].
    pub was: Option<Range<u64>>,
    /// Is it on disk already (changed since opening, but saved)?
    pub saved: bool,
}

/// A base on which the document rests or rested: what was opened, and what was saved since.
#[derive(Clone, Debug)]
pub(super) struct Generation {
    /// None for the contents of a new document.
    pub store: Option<u32>,
    /// What it consists of, by pieces of generation 0 and of what was added since.
    pub origin: Pieces,
}

impl Generation {
    /// Generation 0.
    pub fn first(store: Option<u32>, pieces: Pieces) -> Self {
        Self {
            store,
            origin: pieces,
        }
    }

    /// The generation that holds what was saved, in `store`.
    pub fn next(store: u32, saved: &Snapshot, stores: &Stores) -> Self {
        let generations = &saved.generations;
        let mut origin = Pieces::default();
        let later = |piece: &Piece| {
            let of = |generation: &&Generation| generation.store == Some(piece.store);
            generations[1..].iter().find(of).filter(|_| !piece.moved)
        };
        if generations.len() == 1 {
            origin = saved.pieces.clone();
        } else {
            let mut others = Vec::new();
            for piece in saved.pieces.iter() {
                match later(piece) {
                    None => others.push(*piece),
                    Some(generation) => {
                        origin.append(std::mem::take(&mut others).into_iter().collect());
                        let cut = |piece: &Piece, at| stores.cut(piece, at);
                        let range = piece.start..piece.end();
                        origin.append(generation.origin.slice(range, piece::bytes, cut));
                    }
                }
            }
            origin.append(others.into_iter().collect());
        }
        Self {
            store: Some(store),
            origin,
        }
    }
}

impl Snapshot {
    /// The changes since opening that touch `range`, in order, at most `limit`; time in proportion to the pieces
    /// in `range`.
    pub fn changes(&self, range: Range<u64>, limit: usize) -> Vec<Change> {
        todo!("{range:?} {limit}")
    }

    /// The first change that begins after `offset`.
    pub fn next_change(&self, offset: u64) -> Option<Change> {
        todo!("{offset}")
    }

    /// The last change that begins before `offset`.
    pub fn previous_change(&self, offset: u64) -> Option<Change> {
        todo!("{offset}")
    }

    /// Bytes of the file as it was opened (generation 0), without waiting.
    pub fn try_read_original(&self, range: Range<u64>) -> super::Window {
        todo!("{range:?}")
    }
}
