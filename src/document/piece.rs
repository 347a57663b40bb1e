use super::sum_tree::{Item, Monoid, SumTree};

/// A span of one store, which is a part of the contents. 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where in the store it starts.
    pub start: u64,
    /// Never 0.
    pub len: u64,
    /// [`Piece::UNCOUNTED`] until its newlines are known.
    newlines: u64,
    /// Index into [`super::store::Stores`].
    pub store: u32,
    /// Pasted here from elsewhere, so that its bytes do not stand where its store has them.
    pub moved: bool,
}

impl Piece {
    const UNCOUNTED: u64 = u64::MAX;

    pub fn new(store: u32, start: u64, len: u64, newlines: Option<u64>) -> Self {
        debug_assert!(len > 0);
        Self { start, len, newlines: newlines.unwrap_or(Self::UNCOUNTED), store, moved: false }
    }

    /// Another part of the same store.
    pub fn part(&self, start: u64, len: u64, newlines: Option<u64>) -> Self {
        Self { moved: self.moved, ..Self::new(self.store, start, len, newlines) }
    }

    /// The same bytes, pasted from elsewhere, as a part of the store that has the number `store` here.
    pub fn pasted(&self, store: u32) -> Self {
        Self { store, moved: true, ..*self }
    }

    pub fn newlines(&self) -> Option<u64> {
        (self.newlines != Self::UNCOUNTED).then_some(self.newlines)
    }

    pub fn end(&self) -> u64 {
        self.start + self.len
    }
}

/// What is known of a run of pieces. Bytes whose newlines are not counted are summed up by themselves, so that
/// one of them does not hide what is known of all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub bytes: u64,
    /// Newlines in the pieces that are counted.
    pub newlines: u64,
    /// Bytes in the pieces that are not.
    pub uncounted: u64,
    pub pieces: u64,
}

impl Monoid for Extent {
    fn add(&mut self, next: &Self) {
        self.bytes += next.bytes;
        self.newlines += next.newlines;
        self.uncounted += next.uncounted;
        self.pieces += next.pieces;
    }
}

impl Item for Piece {
    type Summary = Extent;

    fn summary(&self) -> Extent {
        let (newlines, uncounted) = match self.newlines() {
            Some(newlines) => (newlines, 0),
            None => (0, self.len),
        };
        Extent { bytes: self.len, newlines, uncounted, pieces: 1 }
    }

    fn merge(&mut self, next: &Self) -> bool {
        let touches = self.store == next.store && self.moved == next.moved && self.end() == next.start;
        if touches {
            self.len += next.len;
            self.newlines = match (self.newlines(), next.newlines()) {
                (Some(newlines), Some(more)) => newlines + more,
                _ => Self::UNCOUNTED,
            };
        }
        touches
    }
}

pub(super) type Pieces = SumTree<Piece>;

pub(super) fn bytes(extent: &Extent) -> u64 {
    extent.bytes
}
