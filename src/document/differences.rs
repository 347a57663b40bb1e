//! In what contents differ from the file on disk, or from the file as it was opened.

use std::iter::Peekable;
use std::ops::Range;

use super::changes::Generation;
use super::parts::{Part, Parts};
use super::piece::{Piece, Pieces};
use super::replaced;
use super::slice::Slice;
use super::snapshot::Snapshot;
use super::visits;
use crate::source::Lost;

/// What contents are compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Since {
    /// The file as it is on disk: the newest generation of the base.
    #[default]
    Saved,
    /// The file as it was opened: generation 0.
    Opened,
}

/// Asked before each stretch of contents is looked at, with where it stands, whether to go on: how who walks is cancelled, or
/// kept to what may be done at once.
pub type GoOn<'a> = &'a dyn Fn(u64) -> bool;

/// A place where contents differ from a base. Between two of them both have the same bytes, at least one, in the same order; so
/// what was moved is removed in one place and put in at another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What stood there in the base; empty where bytes were only put in.
    pub old: Range<u64>,
    /// Where it is now; empty where bytes were only removed.
    pub new: Range<u64>,
}

/// A stretch of contents, and where the base has it, if it stands there.
type Stretch = (Range<u64>, Option<u64>);
type Stretches<'a> = Box<dyn Iterator<Item = Stretch> + 'a>;

impl Snapshot {
    /// Is there something to compare with? There is no base to what was never saved.
    pub fn has_base(&self, since: Since) -> bool {
        self.generation(since).store.is_some()
    }

    /// How long the base is, in bytes.
    pub fn base_len(&self, since: Since) -> u64 {
        self.generation(since).origin.summary().bytes
    }

    /// Bytes of the base (clamped to it), waiting for the disk; for jobs.
    pub fn read_base(&self, since: Since, range: Range<u64>) -> Result<Vec<u8>, Lost> {
        let len = self.base_len(since);
        let (start, end) = (range.start.min(len), range.end.min(len));
        match self.base_piece(since, start..end) {
            Some(piece) => {
                Slice { pieces: [piece].into_iter().collect(), stores: self.stores.clone() }.read()
            }
            None => Ok(Vec::new()),
        }
    }

    /// The differences that begin in `range`, in order; those at the end of the contents begin behind the last byte. Time for
    /// each in proportion to the pieces in it and before it.
    pub fn differences(&self, since: Since, range: Range<u64>) -> Differences<'_> {
        self.differences_while(since, range, &|_| true)
    }

    /// The same, as long as `go_on` says so: none is told that was not walked to its end.
    pub fn differences_while<'a>(
        &'a self,
        since: Since,
        range: Range<u64>,
        go_on: GoOn<'a>,
    ) -> Differences<'a> {
        let from = range.start.saturating_sub(1);
        let base = self.generation(since);
        let len = self.len();
        let stretches = self.stretches(&self.pieces, from..len, base, self.generations_of(since));
        Differences {
            stretches: stretches.peekable(),
            left: (range.start == 0).then_some(0),
            at: from,
            end: range.end,
            base_len: self.base_len(since),
            go_on,
        }
    }

    /// The difference that holds `at`, or ends there; of two that do, the one that begins there. Time in proportion to the
    /// pieces in it. `None` where there is none, or `go_on` no longer says so.
    pub fn difference_at(&self, since: Since, at: u64, go_on: GoOn<'_>) -> Option<Difference> {
        let at = at.min(self.len());
        let first_in = |range: Range<u64>| self.differences_while(since, range, go_on).next();
        let here = first_in(at..at + 1).filter(|difference| difference.new.start == at);
        if here.is_some() || !self.is_put_in(since, at) {
            return here;
        }
        // It began before. Each step back looks at no more than was looked at already.
        let mut back = 1 << 10;
        loop {
            let from = at.saturating_sub(back);
            if let Some(start) = self.differences_while(since, from..at, go_on).starts().last() {
                return first_in(start..start + 1).filter(|difference| at <= difference.new.end);
            }
            if from == 0 || !go_on(from) {
                return None;
            }
            back = back.saturating_mul(2);
        }
    }

    /// Does the byte before `at` not stand in the base where its neighbours do?
    fn is_put_in(&self, since: Since, at: u64) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        let place =
            self.stretches(&self.pieces, before..at, self.generation(since), self.generations_of(since));
        place.last().is_some_and(|(_, place)| place.is_none())
    }

    /// Where the run of bytes ends that holds `at` and is one in the base, or was put in as one; logarithmic time.
    pub fn run_end(&self, at: u64) -> u64 {
        let mut parts = Parts::new(&self.pieces, at.min(self.len())..self.len());
        let Some(part) = parts.next() else { return self.len() };
        match self.stores.base(part.piece.store).and_then(|base| base.replaced.as_ref()) {
            Some(replaced) => part.position(replaced.stretch_at(part.from).range().end.min(part.to)),
            None => part.end(),
        }
    }

    /// How many generations, from the first on, are looked through.
    fn generations_of(&self, since: Since) -> usize {
        match since {
            Since::Saved => 0,
            Since::Opened => self.generations.len(),
        }
    }

    pub(super) fn generation(&self, since: Since) -> &Generation {
        match since {
            Since::Saved => self.newest(),
            Since::Opened => &self.generations[0],
        }
    }

    /// A range of a base, as the piece that stands there.
    pub(super) fn base_piece(&self, since: Since, range: Range<u64>) -> Option<Piece> {
        let store = self.generation(since).store?;
        let len = range.end - range.start;
        (len > 0).then(|| Piece::new(store, range.start, len, self.stores.epoch(), None))
    }

    /// The stretches of `range` of contents that are this document's, or were; neighbours may continue each other. What was
    /// replaced in bulk, or saved in one of the first `generations` after the base, is looked through.
    fn stretches<'a>(
        &'a self,
        pieces: &'a Pieces,
        range: Range<u64>,
        base: &'a Generation,
        generations: usize,
    ) -> Stretches<'a> {
        let parts = Parts::new(pieces, range);
        Box::new(parts.flat_map(move |part| self.stretches_of(&part, base, generations)))
    }

    fn stretches_of<'a>(&'a self, part: &Part, base: &'a Generation, generations: usize) -> Places<'a> {
        let (at, from, piece) = (part.at, part.from, part.piece);
        let alone = |place: Option<u64>| Places::One(Some((part.at..part.end(), place)));
        let stands_in = |generation: &Generation| generation.store == Some(piece.store);
        if piece.moved {
            return alone(None);
        }
        if stands_in(base) {
            return alone(Some(from));
        }
        if let Some(saved) = (1..generations).rev().find(|saved| stands_in(&self.generations[*saved])) {
            let origin = &self.generations[saved].origin;
            let inner = self.stretches(origin, from..part.to, base, saved);
            let here = move |offset: u64| at + (offset - from);
            return Places::Many(Box::new(
                inner.map(move |(range, place)| (here(range.start)..here(range.end), place)),
            ));
        }
        let Some(replaced) = self.stores.base(piece.store).and_then(|store| store.replaced.as_ref()) else {
            return alone(None);
        };
        let stretches = replaced.stretches(from..part.to).flat_map(move |stretch| {
            let here = move |offset: u64| at + (offset - from);
            match stretch {
                replaced::Stretch::Added { range, .. } => {
                    Places::One(Some((here(range.start)..here(range.end), None)))
                }
                replaced::Stretch::Kept { range, old } => {
                    let before = old..old + (range.end - range.start);
                    let inner = self.stretches(&replaced.before().pieces, before, base, generations);
                    let here = move |offset: u64| here(range.start + (offset - old));
                    Places::Many(Box::new(
                        inner.map(move |(range, place)| (here(range.start)..here(range.end), place)),
                    ))
                }
            }
        });
        Places::Many(Box::new(stretches))
    }
}

/// The stretches of one piece.
enum Places<'a> {
    One(Option<Stretch>),
    Many(Stretches<'a>),
}

impl Iterator for Places<'_> {
    type Item = Stretch;

    fn next(&mut self) -> Option<Stretch> {
        match self {
            Self::One(stretch) => stretch.take(),
            Self::Many(stretches) => stretches.next(),
        }
    }
}

/// See [`Snapshot::differences`].
pub struct Differences<'a> {
    stretches: Peekable<Stretches<'a>>,
    /// Where in the base the last stretch ends that stands there; `None` within a difference that is not wanted.
    left: Option<u64>,
    /// Where the next stretch starts.
    at: u64,
    /// Differences that begin here are not wanted.
    end: u64,
    base_len: u64,
    go_on: GoOn<'a>,
}

impl Differences<'_> {
    fn goes_on(&self) -> bool {
        visits::count();
        (self.go_on)(self.at)
    }

    /// Where the next difference begins. It is the next to be told.
    fn find_start(&mut self) -> Option<u64> {
        while self.at < self.end && self.goes_on() {
            match (self.stretches.peek(), self.left) {
                (Some((_, Some(base))), Some(left)) if *base != left => return Some(self.at),
                (Some((range, Some(base))), _) => {
                    self.left = Some(base + (range.end - range.start));
                    self.at = range.end;
                    self.stretches.next();
                }
                (Some((_, None)), Some(_)) => return Some(self.at),
                (Some((range, None)), None) => {
                    self.at = range.end;
                    self.stretches.next();
                }
                (None, left) => return left.filter(|left| *left != self.base_len).map(|_| self.at),
            }
        }
        None
    }

    /// Only where they begin: not one piece is looked at that stands behind what is asked for.
    pub fn starts(mut self) -> impl Iterator<Item = u64> {
        std::iter::from_fn(move || {
            let start = self.find_start()?;
            self.left = None;
            Some(start)
        })
    }
}

impl Iterator for Differences<'_> {
    type Item = Difference;

    fn next(&mut self) -> Option<Difference> {
        let start = self.find_start()?;
        let old_start = self.left?;
        while let Some((range, None)) = self.stretches.peek() {
            if !(self.go_on)(range.end) {
                self.end = 0;
                return None;
            }
            visits::count();
            self.at = range.end;
            self.stretches.next();
        }
        let old_end = self.stretches.peek().map_or(self.base_len, |(_, base)| base.unwrap_or(self.base_len));
        debug_assert!(old_start <= old_end, "what stands in the base stands in its order");
        self.left = Some(old_end);
        Some(Difference { old: old_start..old_end, new: start..self.at })
    }
}
