use std::cell::Cell;
use std::ops::Range;

use super::differences::GoOn;
use super::piece::{self, Piece, Pieces};
use super::read;
use super::replaced;
use super::snapshot::{Snapshot, Window};
use super::store::Stores;
use super::visits;

/// Stretches that are looked at on each side of what is on screen, at most.
const OUTSIDE: u32 = 1 << 10;

/// A stretch of the document that differs from the file as it was opened, or from the file as it is on disk now
/// (what was undone past a save); see [`Snapshot::changes`].
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
        Self { store, origin: pieces }
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
        Self { store: Some(store), origin }
    }
}

impl Snapshot {
    /// The changes since opening that touch `range`, in order, at most `limit`; time in proportion to the pieces
    /// in `range`. Of a change that reaches far out of it, what is near is told, and not what was there.
    pub fn changes(&self, range: Range<u64>, limit: usize) -> Vec<Change> {
        let (before, behind) = (Cell::new(OUTSIDE), Cell::new(OUTSIDE));
        let reached = Cell::new(range.start);
        let go_on = |at: u64| {
            let left = match at {
                // What was walked back over is walked forth again.
                at if at < reached.get() => &before,
                at if at > range.end => &behind,
                _ => return true,
            };
            reached.set(reached.get().min(at));
            left.replace(left.get().saturating_sub(1)) > 0
        };
        let touching = Gaps::around(self, range.start, &go_on)
            .flatten()
            .skip_while(|change| change.range.end < range.start)
            .take_while(|change| change.range.start <= range.end);
        touching.take(limit).collect()
    }

    /// The first change for which `is_wanted` holds, of those that touch `offset` or begin after it. Time in proportion to the
    /// pieces up to its end: as long as `go_on` says so.
    pub fn next_change(
        &self,
        offset: u64,
        go_on: GoOn<'_>,
        is_wanted: impl Fn(&Change) -> bool,
    ) -> Option<Change> {
        let mut gaps = Gaps::around(self, offset, go_on);
        while let Some(changes) = gaps.next() {
            if gaps.is_cut {
                break;
            }
            let behind = changes.into_iter().find(|change| change.range.end >= offset && is_wanted(change));
            if behind.is_some() {
                return behind;
            }
        }
        None
    }

    /// The last change that begins before `offset`; the same holds.
    pub fn previous_change(&self, offset: u64, go_on: GoOn<'_>) -> Option<Change> {
        let mut gaps = Gaps::around(self, offset, go_on);
        loop {
            let mut here = gaps.clone();
            let changes = here.next()?;
            if here.is_cut {
                return None;
            }
            let before = changes.into_iter().take_while(|change| change.range.start < offset).last();
            if before.is_some() || !gaps.back() {
                return before;
            }
        }
    }

    /// Bytes of the file as it was opened (generation 0), without waiting. `range` is clamped to it.
    pub fn try_read_original(&self, range: Range<u64>) -> Window {
        let base = self.generations[0].store.and_then(|store| self.stores.base(store));
        let end = range.end.min(base.map_or(0, |base| base.source.len()));
        let start = range.start.min(end);
        let mut window = Window { start, bytes: vec![0; (end - start) as usize], gaps: Vec::new() };
        if let Some(base) = base {
            let Window { bytes, gaps, .. } = &mut window;
            read::try_read_source(&*base.source, start, bytes, start, gaps);
        }
        window
    }

    fn original_len(&self) -> u64 {
        self.generations[0].origin.summary().bytes
    }
}

/// A stretch of the document that is one run of bytes in the file as it was opened, or that was added since.
#[derive(Clone, Debug)]
struct Stretch {
    range: Range<u64>,
    /// Where it starts in generation 0, if it stands there.
    original: Option<u64>,
    /// Where it starts in the newest generation, if it stands there.
    newest: Option<u64>,
}

impl Stretch {
    fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// What of it lies in the `len` bytes from `from` on, which stand at `to`.
    fn within(self, from: u64, len: u64, to: u64) -> Self {
        let (start, end) = (self.range.start.max(from), self.range.end.min(from + len));
        let cut = start - self.range.start;
        Self {
            range: to + (start - from)..to + (end - from),
            original: self.original.map(|at| at + cut),
            newest: self.newest.map(|at| at + cut),
        }
    }

    /// Does it stand both in the file as it was opened and in the one on disk?
    fn is_unchanged(&self) -> bool {
        self.original.is_some() && self.newest.is_some()
    }
}

/// A place at a stretch, or behind the last.
#[derive(Clone, Debug)]
struct Walk<'a> {
    snapshot: &'a Snapshot,
    /// Where the stretch starts or ended, and it.
    at: u64,
    stretch: Option<Stretch>,
}

impl<'a> Walk<'a> {
    /// At the stretch that holds `offset`.
    fn new(snapshot: &'a Snapshot, offset: u64) -> Self {
        let mut walk = Self { snapshot, at: offset.min(snapshot.len()), stretch: None };
        walk.enter();
        walk
    }

    /// Looks up the stretch that holds `at`, and goes to its start.
    fn enter(&mut self) {
        visits::count();
        let Snapshot { pieces, generations, .. } = self.snapshot;
        self.stretch = self.snapshot.stretch(pieces, self.at, generations.len());
        if let Some(stretch) = &self.stretch {
            self.at = stretch.range.start;
        }
    }

    fn stretch(&self) -> Option<Stretch> {
        self.stretch.clone()
    }

    fn next(&mut self) {
        if let Some(stretch) = &self.stretch {
            self.at = stretch.range.end;
            self.enter();
        }
    }

    fn prev(&mut self) -> bool {
        let Some(before) = self.at.checked_sub(1) else {
            return false;
        };
        self.at = before;
        self.enter();
        true
    }
}

impl Snapshot {
    /// The stretch around `at` of contents that are this document's, or were. What was replaced in bulk, or saved in one
    /// of the first `generations`, is resolved to what it consists of. Logarithmic time for each such step.
    fn stretch(&self, pieces: &Pieces, at: u64, generations: usize) -> Option<Stretch> {
        let (piece, before) = pieces.find(at, piece::bytes)?;
        let whole = before.bytes..before.bytes + piece.len;
        let stands_in = |generation: &Generation| generation.store == Some(piece.store) && !piece.moved;
        let original = stands_in(&self.generations[0]).then_some(piece.start);
        let newest = stands_in(self.newest()).then_some(piece.start);
        let alone = Stretch { range: whole.clone(), original, newest };
        if original.is_some() || piece.moved {
            return Some(alone);
        }
        let offset = piece.start + (at - before.bytes);
        // What a generation has grown by consists of nothing but itself.
        if let Some(saved) = (1..generations).rev().find(|saved| stands_in(&self.generations[*saved])) {
            let inner = self.stretch(&self.generations[saved].origin, offset, saved)?;
            let mut inner = inner.within(piece.start, piece.len, whole.start);
            inner.newest = newest.map(|start| start + (inner.range.start - whole.start));
            return Some(inner);
        }
        let Some(replaced) = self.stores.base(piece.store).and_then(|base| base.replaced.as_ref()) else {
            return Some(alone);
        };
        let inner = match replaced.stretch_at(offset) {
            replaced::Stretch::Added { range, .. } => Stretch { range, original: None, newest: None },
            replaced::Stretch::Kept { range, old } => {
                let old_offset = old + (offset - range.start);
                let inner = self.stretch(&replaced.before().pieces, old_offset, generations)?;
                inner.within(old, range.end - range.start, range.start)
            }
        };
        Some(inner.within(piece.start, piece.len, whole.start))
    }
}

/// The gaps between unchanged stretches, in order, each as the changes that it consists of: none where the
/// stretches continue each other.
#[derive(Clone)]
struct Gaps<'a> {
    /// The stretch before the gap; none before the first.
    left: Option<Stretch>,
    /// Behind `left`.
    walk: Walk<'a>,
    is_done: bool,
    go_on: GoOn<'a>,
    /// The next gap was not walked back to its start.
    starts_late: bool,
    /// The last one was not walked from its start to its end: a change there may have more than is told.
    is_cut: bool,
}

impl<'a> Gaps<'a> {
    /// From the gap on in which a change may lie that touches `offset`, or that begins before it.
    fn around(snapshot: &'a Snapshot, offset: u64, go_on: GoOn<'a>) -> Self {
        let walk = Walk::new(snapshot, offset);
        let mut gaps = Self { left: None, walk, is_done: false, go_on, starts_late: false, is_cut: false };
        let starts_before = |stretch: &Stretch| stretch.range.start < offset;
        match gaps.walk.stretch().filter(Stretch::is_unchanged) {
            Some(stretch) if starts_before(&stretch) => {
                gaps.left = Some(stretch);
                gaps.walk.next();
            }
            _ => gaps.retreat(),
        }
        gaps
    }

    /// Goes to the gap before; false where there is none.
    fn back(&mut self) -> bool {
        if self.left.is_none() {
            return false;
        }
        self.walk.prev();
        self.retreat();
        true
    }

    /// Goes behind the last unchanged stretch before the place of the walk, or to the start.
    fn retreat(&mut self) {
        self.left = None;
        while self.walk.at > 0 {
            if !(self.go_on)(self.walk.at) {
                self.starts_late = true;
                break;
            }
            self.walk.prev();
            self.left = self.walk.stretch().filter(Stretch::is_unchanged);
            if self.left.is_some() {
                self.walk.next();
                break;
            }
        }
    }
}

impl Iterator for Gaps<'_> {
    type Item = Vec<Change>;

    fn next(&mut self) -> Option<Vec<Change>> {
        if self.is_done {
            return None;
        }
        let mut changes: Vec<Change> = Vec::new();
        let mut ends = true;
        let right = loop {
            let stretch = self.walk.stretch();
            // One is looked at in any case, so that this ends.
            ends = ends && (stretch.is_none() || (self.go_on)(self.walk.at));
            match stretch {
                Some(_) if !ends && !changes.is_empty() => break None,
                Some(stretch) if !stretch.is_unchanged() => {
                    let Stretch { range, newest, .. } = stretch;
                    let saved = newest.is_some();
                    match changes.last_mut() {
                        Some(last) if last.saved == saved => last.range.end = range.end,
                        _ => changes.push(Change { range, was: None, saved }),
                    }
                    self.walk.next();
                }
                right => break right,
            }
        };
        self.is_cut = std::mem::take(&mut self.starts_late) || !ends;
        let snapshot = self.walk.snapshot;
        if self.is_cut {
            // What was there is told by both ends.
            self.is_done = !ends || right.is_none();
            self.left = right;
            self.walk.next();
            return (!changes.is_empty()).then_some(changes);
        }
        let end = |stretch: &Stretch, start: Option<u64>| start.map(|start| start + stretch.len());
        let left = self.left.as_ref();
        let was_start = left.map_or(Some(0), |left| end(left, left.original));
        let was_end = right.as_ref().map_or(Some(snapshot.original_len()), |right| right.original);
        let was = was_start.zip(was_end).filter(|(start, end)| start <= end);
        let newest_end = left.map_or(Some(0), |left| end(left, left.newest));
        let newest_len = snapshot.newest().origin.summary().bytes;
        let newest_start = right.as_ref().map_or(Some(newest_len), |right| right.newest);
        let as_on_disk = newest_end.is_some() && newest_end == newest_start;
        if changes.is_empty() && !(as_on_disk && was.is_some_and(|(start, end)| start == end)) {
            let at = left.map_or(0, |left| left.range.end);
            changes.push(Change { range: at..at, was: None, saved: as_on_disk });
        }
        if let Some((start, end)) = was
            && let [first, .., last] = &mut changes[..]
        {
            let from = first.range.start;
            if last.range.end - from == end - start {
                // Bytes were only overwritten: each stands where it stood.
                for change in &mut changes {
                    let place = |at: u64| start + (at - from);
                    change.was = Some(place(change.range.start)..place(change.range.end));
                }
            }
        } else if let (Some((start, end)), [only]) = (was, &mut changes[..]) {
            only.was = Some(start..end);
        }
        self.is_done = right.is_none();
        self.left = right;
        self.walk.next();
        Some(changes)
    }
}
