use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::bulk::{Entry, Table, Walk};
use super::read;
use super::slice::Slice;
use super::snapshot::Missing;
use crate::source::{Identity, Lost, Scanned, Source, TryRead};

/// Kept stretches that lie so near to each other are read as one, in bytes.
const BATCH: u64 = if cfg!(test) { 16 } else { 256 << 10 };
/// A kept stretch of this size is read by itself.
const LARGE: u64 = if cfg!(test) { 8 } else { 16 << 10 };

/// What very many replacements make of contents, as a source: what is kept is read from where it was, through the
/// table of replacements. So replace-all makes one piece of a document, whatever the number of matches, and keeps what
/// it was for undo.
///
/// It was built instead of leaves that hold runs of replacements within the piece tree: those make a second kind of
/// piece that every walk, cut and count has to know, for the same memory.
#[derive(Debug)]
pub(super) struct Replaced {
    before: Slice,
    table: Arc<Table>,
    /// What all replacements put in, or what each of them does.
    added: Vec<u8>,
    is_uniform: bool,
    len: u64,
    /// Whether what was there before has holes.
    is_sparse: bool,
}

/// A part of what comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stretch {
    /// It was there before, from `old` on.
    Kept { range: Range<u64>, old: u64 },
    /// It is what stands at `added`.
    Added { range: Range<u64>, added: usize },
}

impl Stretch {
    pub fn range(&self) -> &Range<u64> {
        match self {
            Self::Kept { range, .. } | Self::Added { range, .. } => range,
        }
    }

    fn len(&self) -> u64 {
        let range = self.range();
        range.end - range.start
    }
}

impl Replaced {
    /// May wait for the disk, to find out about holes.
    pub fn new(before: Slice, table: Table, added: Vec<u8>, is_uniform: bool) -> Self {
        let last = table.len().checked_sub(1).and_then(|last| table.get(last));
        let len = last.map_or(before.len(), |last| last.new_end() + (before.len() - last.old_end()));
        let is_sparse = before.stores.bases().any(|(_, base)| base.is_sparse());
        Self { before, table: Arc::new(table), added, is_uniform, len, is_sparse }
    }

    pub fn is_sparse(&self) -> bool {
        self.is_sparse
    }

    pub fn before(&self) -> &Slice {
        &self.before
    }

    pub fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// What a replacement puts in.
    pub fn content(&self, entry: &Entry) -> &[u8] {
        let start = if self.is_uniform { 0 } else { entry.added as usize };
        &self.added[start..start + entry.edit.inserted as usize]
    }

    /// Where the bytes of an added stretch stand first: what is put in everywhere is the same everywhere.
    pub fn first_of(&self, range: &Range<u64>, added: usize) -> u64 {
        match self.table.get(0).filter(|_| self.is_uniform) {
            Some(first) => first.new + added as u64,
            None => range.start,
        }
    }

    /// The stretches of `range`, in order. Logarithmic time for the first.
    pub fn stretches(&self, range: Range<u64>) -> Stretches<'_> {
        let index = self.table.partition(|edit| edit.new_end() <= range.start);
        let before = index.checked_sub(1).and_then(|last| self.table.get(last));
        let (old, new) = before.map_or((0, 0), |edit| (edit.old_end(), edit.new_end()));
        let mut walk = self.table.walk(index);
        let next = walk.next();
        Stretches { replaced: self, walk, next, old, new, range }
    }

    /// The stretch that holds `at`, whole.
    pub fn stretch_at(&self, at: u64) -> Stretch {
        let mut stretches = self.stretches(at..self.len);
        stretches.range.start = 0;
        stretches.find(|stretch| at < stretch.range().end).expect("a place in the source")
    }

    fn bytes(&self, range: &Range<u64>, added: usize) -> &[u8] {
        &self.added[added..added + (range.end - range.start) as usize]
    }

    /// Fills `buf` from `offset`; `fetch` reads what was there before.
    fn gather<E>(
        &self,
        offset: u64,
        buf: &mut [u8],
        fetch: &mut dyn FnMut(Range<u64>) -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        let mut stretches = self.stretches(offset..offset + buf.len() as u64);
        let mut batch = Batch::default();
        while batch.fill(&mut stretches) {
            let start = (batch.range.start - offset) as usize;
            let part = &mut buf[start..start + (batch.range.end - batch.range.start) as usize];
            self.copy(&batch, part, fetch)?;
        }
        Ok(())
    }

    /// The bytes of a batch, which fill `buf`.
    fn copy<E>(
        &self,
        batch: &Batch,
        buf: &mut [u8],
        fetch: &mut dyn FnMut(Range<u64>) -> Result<Vec<u8>, E>,
    ) -> Result<(), E> {
        // What cannot be had as a whole may be had but for what was removed.
        let whole = if batch.old.is_empty() { Ok(Vec::new()) } else { fetch(batch.old.clone()) };
        for stretch in &batch.stretches {
            let start = (stretch.range().start - batch.range.start) as usize;
            let part = &mut buf[start..start + stretch.len() as usize];
            match (stretch, &whole) {
                (Stretch::Added { range, added }, _) => part.copy_from_slice(self.bytes(range, *added)),
                (Stretch::Kept { old, .. }, Ok(bytes)) => {
                    let from = (old - batch.old.start) as usize;
                    part.copy_from_slice(&bytes[from..from + part.len()]);
                }
                (Stretch::Kept { old, .. }, Err(_)) => {
                    part.copy_from_slice(&fetch(*old..old + part.len() as u64)?);
                }
            }
        }
        Ok(())
    }

    /// Visits one stretch.
    fn visit(
        &self,
        stretch: &Stretch,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        match stretch {
            Stretch::Added { range, added } => {
                let mut offset = range.start;
                for bytes in self.bytes(range, *added).chunks(BATCH as usize) {
                    visit(Scanned::Data { offset, bytes })?;
                    offset += bytes.len() as u64;
                }
                ControlFlow::Continue(())
            }
            Stretch::Kept { range, old } => {
                let here = |at: u64| range.start + (at - old);
                let Slice { pieces, stores } = &self.before;
                read::scan(pieces, stores, *old..old + stretch.len(), &mut |scanned| {
                    visit(match scanned {
                        Scanned::Data { offset, bytes } => Scanned::Data { offset: here(offset), bytes },
                        Scanned::Hole(hole) => Scanned::Hole(here(hole.start)..here(hole.end)),
                        Scanned::Lost(lost, why) => Scanned::Lost(here(lost.start)..here(lost.end), why),
                    })
                })
            }
        }
    }
}

impl Source for Replaced {
    fn len(&self) -> u64 {
        self.len
    }

    fn identity(&self) -> Option<Identity> {
        None
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        let Slice { pieces, stores } = &self.before;
        let fetched = self.gather(offset, buf, &mut |range| {
            let window = read::try_read(pieces, stores, range);
            match window.gaps.into_iter().next() {
                None => Ok(window.bytes),
                Some((_, Missing::Pending)) => Err(TryRead::Pending),
                Some((_, Missing::Lost(lost))) => Err(TryRead::Lost(lost)),
            }
        });
        fetched.err().unwrap_or(TryRead::Ready)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        let Slice { pieces, stores } = &self.before;
        self.gather(offset, buf, &mut |range| read::read(pieces, stores, range))
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Slice { pieces, stores } = &self.before;
        let mut stretches = self.stretches(range);
        let mut batch = Batch::default();
        let mut buf = Vec::new();
        while batch.fill(&mut stretches) {
            if let [only] = &batch.stretches[..] {
                self.visit(only, visit)?;
                continue;
            }
            buf.resize((batch.range.end - batch.range.start) as usize, 0);
            match self.copy(&batch, &mut buf, &mut |range| read::read(pieces, stores, range)) {
                Ok(()) => visit(Scanned::Data { offset: batch.range.start, bytes: &buf })?,
                Err(_) => batch.stretches.iter().try_for_each(|stretch| self.visit(stretch, visit))?,
            }
        }
        ControlFlow::Continue(())
    }

    fn stored(&self, range: Range<u64>) -> u64 {
        let Slice { pieces, stores } = &self.before;
        if !self.is_sparse {
            return range.end - range.start;
        }
        let stored = |stretch: Stretch| match stretch {
            Stretch::Kept { old, .. } => read::stored(pieces, stores, old..old + stretch.len()),
            Stretch::Added { .. } => stretch.len(),
        };
        self.stretches(range).map(stored).sum()
    }

    fn in_file(&self, range: Range<u64>, now: &Identity, visit: &mut dyn FnMut(Range<u64>, Option<u64>)) {
        let Slice { pieces, stores } = &self.before;
        for stretch in self.stretches(range) {
            match &stretch {
                Stretch::Added { range, .. } => visit(range.clone(), None),
                Stretch::Kept { range, old } => {
                    let here = |at: u64| range.start + (at - old);
                    read::in_file(pieces, stores, *old..old + stretch.len(), now, &mut |run, place| {
                        visit(here(run.start)..here(run.end), place);
                    });
                }
            }
        }
    }

    fn hole_at(&self, offset: u64) -> Option<Range<u64>> {
        let stretch = self.stretches(offset..self.len).next()?;
        let Stretch::Kept { range, old } = &stretch else {
            return None;
        };
        let hole = self.before.hole_at(old + (offset - range.start))?;
        let (from, to) = (hole.start.max(*old), hole.end.min(old + stretch.len()));
        Some(range.start + (from - old)..range.start + (to - old))
    }
}

/// The stretches of a range.
#[derive(Clone, Debug)]
pub(super) struct Stretches<'a> {
    replaced: &'a Replaced,
    walk: Walk<'a>,
    /// The replacement that is yet to come, or under way.
    next: Option<Entry>,
    /// Up to where the stretches before it have come.
    old: u64,
    new: u64,
    range: Range<u64>,
}

impl Iterator for Stretches<'_> {
    type Item = Stretch;

    fn next(&mut self) -> Option<Stretch> {
        while self.new < self.range.end {
            let (whole, old) = (self.new, self.old);
            let stretch = match self.next {
                Some(entry) if entry.edit.new == self.new => {
                    self.next = self.walk.next();
                    (self.new, self.old) = (entry.edit.new_end(), entry.edit.old_end());
                    let from = whole.max(self.range.start);
                    let start = if self.replaced.is_uniform { 0 } else { entry.added as usize };
                    let added = start + (from - whole) as usize;
                    Stretch::Added { range: from..self.new.min(self.range.end), added }
                }
                next => {
                    self.new = next.map_or(self.replaced.len, |entry| entry.edit.new);
                    self.old += self.new - whole;
                    let from = whole.max(self.range.start);
                    Stretch::Kept { range: from..self.new.min(self.range.end), old: old + (from - whole) }
                }
            };
            if stretch.range().start < stretch.range().end {
                return Some(stretch);
            }
        }
        None
    }
}

/// Stretches that are read at once.
#[derive(Debug, Default)]
struct Batch {
    stretches: Vec<Stretch>,
    range: Range<u64>,
    /// From the first that is kept to the last.
    old: Range<u64>,
    /// What did not fit.
    next: Option<Stretch>,
}

impl Batch {
    /// Takes the next stretches; false where there are none.
    fn fill(&mut self, stretches: &mut Stretches<'_>) -> bool {
        self.stretches.clear();
        while let Some(stretch) = self.next.take().or_else(|| stretches.next()) {
            let kept = match &stretch {
                Stretch::Kept { old, .. } => *old..old + stretch.len(),
                Stretch::Added { .. } => 0..0,
            };
            let old = match (self.stretches.is_empty() || self.old.is_empty(), kept.is_empty()) {
                (true, _) => kept.clone(),
                (false, true) => self.old.clone(),
                (false, false) => self.old.start..kept.end,
            };
            let is_alone = stretch.len() >= LARGE;
            let start = self.stretches.first().map_or(stretch.range().start, |first| first.range().start);
            let fits = stretch.range().end - start <= BATCH && old.end - old.start <= BATCH;
            if !self.stretches.is_empty() && (is_alone || !fits) {
                self.next = Some(stretch);
                break;
            }
            self.range = start..stretch.range().end;
            self.old = old;
            self.stretches.push(stretch);
            if is_alone {
                break;
            }
        }
        !self.stretches.is_empty()
    }
}
