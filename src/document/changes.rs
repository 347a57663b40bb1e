use std::ops::Range;

use super::piece::{self, Piece, Pieces};
use super::read;
use super::snapshot::{Snapshot, Window};
use super::store::Stores;
use super::sum_tree::Cursor;

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
    /// in `range` and in the changes at its ends.
    pub fn changes(&self, range: Range<u64>, limit: usize) -> Vec<Change> {
        let touching = Gaps::around(self, range.start)
            .flatten()
            .skip_while(|change| change.range.end < range.start)
            .take_while(|change| change.range.start <= range.end);
        touching.take(limit).collect()
    }

    /// The first change that begins after `offset`.
    pub fn next_change(&self, offset: u64) -> Option<Change> {
        Gaps::around(self, offset).flatten().find(|change| change.range.start > offset)
    }

    /// The last change that begins before `offset`.
    pub fn previous_change(&self, offset: u64) -> Option<Change> {
        let mut gaps = Gaps::around(self, offset);
        loop {
            let here = gaps.clone().next()?.into_iter();
            let before = here.take_while(|change| change.range.start < offset).last();
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

    /// Does it stand both in the file as it was opened and in the one on disk?
    fn is_unchanged(&self) -> bool {
        self.original.is_some() && self.newest.is_some()
    }
}

/// A place at a stretch, or behind the last. Pieces of a generation that was saved are resolved to what that
/// generation consists of.
#[derive(Clone, Debug)]
struct Walk<'a> {
    snapshot: &'a Snapshot,
    cursor: Cursor<'a, Piece>,
    /// Where the piece at the cursor starts in the document.
    start: u64,
    /// In a piece of a generation that was saved: a cursor in that one's origin, and where its piece starts there.
    origin: Option<(Cursor<'a, Piece>, u64)>,
}

impl<'a> Walk<'a> {
    /// At the stretch that holds `offset`.
    fn new(snapshot: &'a Snapshot, offset: u64) -> Self {
        let (cursor, before) = snapshot.pieces.seek(offset, piece::bytes);
        let mut walk = Self { snapshot, cursor, start: before.bytes, origin: None };
        walk.enter(offset.saturating_sub(walk.start));
        walk
    }

    /// Goes to the stretch that is `within` the piece at the cursor.
    fn enter(&mut self, within: u64) {
        let generations = &self.snapshot.generations;
        self.origin = self.cursor.item().filter(|piece| !piece.moved).and_then(|piece| {
            let mut saved = generations[1..].iter().rev();
            let generation = saved.find(|generation| generation.store == Some(piece.store))?;
            let (cursor, before) = generation.origin.seek(piece.start + within, piece::bytes);
            Some((cursor, before.bytes))
        });
    }

    fn stretch(&self) -> Option<Stretch> {
        let piece = self.cursor.item()?;
        let stands = |of: &Generation, piece: &Piece| of.store == Some(piece.store) && !piece.moved;
        let newest = stands(self.snapshot.newest(), piece);
        let opened = &self.snapshot.generations[0];
        let (from, to, original) = match &self.origin {
            None => (piece.start, piece.end(), stands(opened, piece).then_some(piece.start)),
            Some((cursor, start)) => {
                let origin = cursor.item()?;
                let from = piece.start.max(*start);
                let to = piece.end().min(start + origin.len);
                let original = stands(opened, origin).then(|| origin.start + (from - start));
                (from, to, original)
            }
        };
        Some(Stretch {
            range: self.start + (from - piece.start)..self.start + (to - piece.start),
            original,
            newest: newest.then_some(from),
        })
    }

    fn next(&mut self) {
        let Some(piece) = self.cursor.item() else {
            return;
        };
        if let Some((cursor, start)) = &mut self.origin
            && let Some(origin) = cursor.item()
            && *start + origin.len < piece.end()
        {
            *start += origin.len;
            cursor.next();
            return;
        }
        self.start += piece.len;
        self.cursor.next();
        self.enter(0);
    }

    fn prev(&mut self) -> bool {
        if let Some((cursor, start)) = &mut self.origin
            && self.cursor.item().is_some_and(|piece| *start > piece.start)
            && cursor.prev()
        {
            *start -= cursor.item().map_or(0, |origin| origin.len);
            return true;
        }
        if !self.cursor.prev() {
            return false;
        }
        let len = self.cursor.item().map_or(0, |piece| piece.len);
        self.start -= len;
        self.enter(len - 1);
        true
    }
}

/// The gaps between unchanged stretches, in order, each as the changes that it consists of: none where the
/// stretches continue each other.
#[derive(Clone, Debug)]
struct Gaps<'a> {
    /// The stretch before the gap; none before the first.
    left: Option<Stretch>,
    /// Behind `left`.
    walk: Walk<'a>,
    is_done: bool,
}

impl<'a> Gaps<'a> {
    /// From the gap on in which a change may lie that touches `offset`, or that begins before it.
    fn around(snapshot: &'a Snapshot, offset: u64) -> Self {
        let mut gaps = Self { left: None, walk: Walk::new(snapshot, offset), is_done: false };
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
        while self.walk.prev() {
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
        let right = loop {
            let stretch = self.walk.stretch();
            match stretch {
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
        let snapshot = self.walk.snapshot;
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
