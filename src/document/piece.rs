use super::breaks::{Breaks, Counted, Edges};
use super::sum_tree::{Item, Monoid, SumTree};

/// Numbers the line breaks that a document had one after the other: what is counted in an earlier epoch is not
/// counted in a later one.
pub(super) type Epoch = u16;

/// A span of one store, which is a part of the contents. 40 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where in the store it starts.
    pub start: u64,
    /// Never 0.
    pub len: u64,
    /// By offset in the store; [`Piece::UNCOUNTED`] until they are known.
    breaks: Breaks,
    /// Index into [`super::store::Stores`].
    pub store: u32,
    pub epoch: Epoch,
    /// Pasted here from elsewhere, so that its bytes do not stand where its store has them.
    pub moved: bool,
    edges: Edges,
}

const _: () = assert!(size_of::<Piece>() == 40, "millions of them are kept");

impl Piece {
    const UNCOUNTED: Breaks = Breaks::both(u64::MAX);

    pub fn new(store: u32, start: u64, len: u64, epoch: Epoch, counted: Option<Counted>) -> Self {
        debug_assert!(len > 0);
        let (breaks, edges) =
            counted.map_or((Self::UNCOUNTED, Edges::default()), |counted| (counted.breaks, counted.edges));
        Self { start, len, breaks, store, epoch, moved: false, edges }
    }

    /// Another part of the same store.
    pub fn part(&self, start: u64, len: u64, epoch: Epoch, counted: Option<Counted>) -> Self {
        Self { moved: self.moved, ..Self::new(self.store, start, len, epoch, counted) }
    }

    /// The same bytes, pasted from elsewhere, as a part of the store that has the number `store` here.
    pub fn pasted(&self, store: u32) -> Self {
        Self { store, moved: true, ..*self }
    }

    /// What is counted of it in `epoch`.
    pub fn counted(&self, epoch: Epoch) -> Option<Counted> {
        let is_counted = self.epoch == epoch && self.breaks != Self::UNCOUNTED;
        is_counted.then_some(Counted { breaks: self.breaks, edges: self.edges })
    }

    pub fn end(&self) -> u64 {
        self.start + self.len
    }
}

/// What is known of a run of pieces. Bytes that are not counted are summed up by themselves, so that one of them does
/// not hide what is known of all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub bytes: u64,
    /// Line breaks in the pieces that are counted, and between two of them, by offset from the start of the run.
    breaks: Breaks,
    /// Bytes in the pieces that are not.
    uncounted: u64,
    pub pieces: u64,
    /// The latest that one of the pieces was counted in. Others are not counted.
    epoch: Epoch,
    edges: Edges,
}

impl Extent {
    /// Of `len` bytes, of which so many are not counted, that stand at `start` in their store.
    pub fn of(start: u64, len: u64, epoch: Epoch, counted: Counted, uncounted: u64) -> Self {
        let Counted { breaks, edges } = counted;
        Self { bytes: len, breaks: breaks.moved(start), uncounted, pieces: 1, epoch, edges }
    }

    /// Line breaks that are counted in `epoch`, if the run starts at an even offset.
    pub fn newlines(&self, epoch: Epoch) -> u64 {
        if self.epoch == epoch { self.breaks.at(0) } else { 0 }
    }

    /// Bytes that are not counted in `epoch`.
    pub fn uncounted(&self, epoch: Epoch) -> u64 {
        if self.epoch == epoch { self.uncounted } else { self.bytes }
    }

    /// More than 0 for what may hold a line break.
    pub fn lines_or_unknown(&self, epoch: Epoch) -> u64 {
        self.newlines(epoch) + self.uncounted(epoch)
    }

    fn forget(&mut self, epoch: Epoch) {
        *self = Self {
            uncounted: self.bytes,
            epoch,
            breaks: Breaks::default(),
            edges: Edges::default(),
            ..*self
        };
    }
}

impl Monoid for Extent {
    fn add(&mut self, next: &Self) {
        let mut next = *next;
        if self.epoch < next.epoch {
            self.forget(next.epoch);
        } else if next.epoch < self.epoch {
            next.forget(self.epoch);
        }
        if next.bytes == 0 {
            return;
        }
        if self.bytes == 0 {
            *self = next;
            return;
        }
        self.breaks += next.breaks.moved(self.bytes) + self.edges.seam(next.edges, self.bytes);
        self.edges = self.edges.join(next.edges);
        self.bytes += next.bytes;
        self.uncounted += next.uncounted;
        self.pieces += next.pieces;
    }
}

impl Item for Piece {
    type Summary = Extent;

    fn summary(&self) -> Extent {
        match self.counted(self.epoch) {
            Some(counted) => Extent::of(self.start, self.len, self.epoch, counted, 0),
            None => Extent::of(self.start, self.len, self.epoch, Counted::default(), self.len),
        }
    }

    fn merge(&mut self, next: &Self) -> bool {
        let touches = self.store == next.store
            && self.moved == next.moved
            && self.end() == next.start
            && self.epoch == next.epoch;
        if touches {
            self.breaks = match (self.counted(self.epoch), next.counted(next.epoch)) {
                (Some(counted), Some(more)) => {
                    counted.breaks + more.breaks + counted.edges.seam(more.edges, next.start)
                }
                _ => Self::UNCOUNTED,
            };
            self.edges = self.edges.join(next.edges);
            self.len += next.len;
        }
        touches
    }
}

pub(super) type Pieces = SumTree<Piece>;

pub(super) fn bytes(extent: &Extent) -> u64 {
    extent.bytes
}
