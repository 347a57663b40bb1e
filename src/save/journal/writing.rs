use std::collections::{BTreeMap, HashMap};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::Log;
use super::header::{Base, Header, OtherFile, samples};
use super::record::{Kind, MAGIC, VERSION, push_number, push_record};
use super::span::{Origin, Span, push_spans};
use crate::document::{EditSet, Kept, Snapshot};
use crate::source::{self, Identity, Lost, Size, Source};

/// Bytes of the base that are remembered on each side of an edit.
const CONTEXT: u64 = 32;

/// Of what an edit replaced, as much is remembered too, in bytes.
const REPLACED: u64 = 4 << 10;

/// Of more edits at once only so many are remembered with what stood around them: the others come back only if the file is
/// the same.
const REMEMBERED: usize = 4096;

/// What comes from another file is copied up to this size, in bytes, so that it does not hang on what becomes of that file.
const COPIED: u64 = if cfg!(test) { 64 } else { 4 << 20 };

/// More than this, in bytes, is not copied from files that are no longer under their name, into one journal.
const MOST_COPIED: u64 = if cfg!(test) { 4 << 10 } else { 256 << 20 };

/// Bytes that are written at once.
const BLOCK: u64 = if cfg!(test) { 16 } else { 1 << 20 };

/// Which document a journal is of, as its tab knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The file, if the document rests on one that can be opened again.
    pub path: Option<PathBuf>,
    pub name: String,
    pub part: Option<Range<u64>>,
    pub encoding: String,
}

/// Why edits are not in the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("{0}")]
    Disk(#[from] io::Error),
    #[error("some of what was edited cannot be read: {0}")]
    Lost(#[from] Lost),
    #[error("more than {} of it is in no file under its own name", Size(MOST_COPIED))]
    TooMuch,
}

/// Where files are of which documents have parts, by their state.
pub type Paths<'a> = &'a dyn Fn(&Identity) -> Option<PathBuf>;

/// A journal that is being written. After an error it is to be begun anew: what was half written ends it.
#[derive(Debug)]
pub struct Journal {
    log: Box<dyn Log>,
    /// What it held when it was begun, in bytes.
    begun_with: u64,
    /// The number of the next record.
    next: u64,
    /// Records that are not written yet.
    pending: Vec<u8>,
    /// Is there something written that may not be on the disk yet?
    is_unsynced: bool,
    /// The store that is the base, if the header names it, and how much of it is known.
    base: Option<(u32, u64)>,
    /// Where it starts in its file.
    base_start: u64,
    /// The newest generation when it was begun.
    generation: Option<u32>,
    /// How many bytes it has of its own.
    added: u64,
    /// Where they are, by store and by offset in that: lengths and offsets in the journal.
    copies: HashMap<u32, BTreeMap<u64, (u64, u64)>>,
    /// How many of them were copied from files.
    copied: u64,
    /// The numbers of other files, by store.
    others: HashMap<u32, u32>,
    /// What of the base is remembered: ends by starts.
    remembered: BTreeMap<u64, u64>,
    /// What of the base stands in what was last about to become the file, in order. The rest would be gone from it.
    stays: Option<Vec<Range<u64>>>,
    /// What the records so far lead to.
    last: Snapshot,
}

impl Journal {
    /// Begins a journal with all contents of `snapshot`. Reads samples of the base, waiting.
    pub fn begin(
        log: Box<dyn Log>,
        subject: &Subject,
        snapshot: Snapshot,
        caret: u64,
        paths: Paths,
    ) -> Result<Self, JournalError> {
        let generation = snapshot.base_store();
        let source = generation.and_then(|store| snapshot.source_of(store));
        let base = source.filter(|_| subject.path.is_some()).and_then(|source| Base::of(&**source));
        let header = Header {
            path: subject.path.clone().filter(|_| base.is_some()),
            name: subject.name.clone(),
            part: subject.part.clone(),
            encoding: subject.encoding.clone(),
            base,
        };
        let mut journal = Self {
            log,
            begun_with: 0,
            next: 0,
            pending: [MAGIC, VERSION].concat(),
            is_unsynced: false,
            base: generation.zip(base).map(|(store, base)| (store, base.len)),
            base_start: subject.part.as_ref().map_or(0, |part| part.start),
            generation,
            added: 0,
            copies: HashMap::new(),
            copied: 0,
            others: HashMap::new(),
            remembered: BTreeMap::new(),
            stays: None,
            last: snapshot.clone(),
        };
        journal.push(Kind::Header, &header.to_bytes())?;
        journal.remember_all(&snapshot)?;
        let mut payload = Vec::new();
        push_number(&mut payload, caret);
        let mut spans = Vec::new();
        journal.spans_of(&snapshot, 0..snapshot.len(), paths, &mut spans)?;
        push_spans(&mut payload, &spans);
        journal.push(Kind::Contents, &payload)?;
        journal.write()?;
        journal.begun_with = journal.log.len();
        Ok(journal)
    }

    /// Does `snapshot` still rest on what the journal is over?
    pub fn is_over(&self, snapshot: &Snapshot) -> bool {
        self.generation == snapshot.base_store()
    }

    /// Writes what made `now` of what was written last.
    pub fn edited(&mut self, now: &Snapshot, caret: u64, paths: Paths) -> Result<(), JournalError> {
        let edits = self.last.edits_until(now);
        let was = std::mem::replace(&mut self.last, now.clone());
        if edits.is_empty() {
            return Ok(());
        }
        self.note_growth(now)?;
        self.remember_around(&was, &edits)?;
        let mut payload = Vec::new();
        push_number(&mut payload, caret);
        push_number(&mut payload, edits.len() as u64);
        let mut spans = Vec::new();
        let mut end = 0;
        for (old, new) in edits.ranges() {
            push_number(&mut payload, old.start - end);
            push_number(&mut payload, old.end - old.start);
            push_number(&mut payload, new.end - new.start);
            end = old.end;
            self.spans_of(now, new, paths, &mut spans)?;
        }
        push_spans(&mut payload, &spans);
        self.push(Kind::Edit, &payload)?;
        self.write()
    }

    /// `saved` is about to become the file. Whoever finds it there knows what is left to do. Reads samples, waiting.
    pub fn saving(&mut self, saved: &Snapshot, paths: Paths) -> Result<(), JournalError> {
        if !self.is_over(saved) {
            return Ok(());
        }
        if saved.revision() > self.last.revision() {
            self.edited(saved, saved.len(), paths)?;
        }
        if saved.revision() != self.last.revision() {
            return Ok(());
        }
        let read = |at: u64, block: &mut [u8]| {
            block.copy_from_slice(&saved.read(at..at + block.len() as u64)?);
            Ok(())
        };
        let mut payload = Vec::new();
        push_number(&mut payload, saved.len());
        payload.extend_from_slice(&samples(saved.len(), read).to_le_bytes());
        self.push(Kind::Saving, &payload)?;
        let ours = |part: &Kept| self.base.is_some_and(|(base, _)| base == part.store);
        let ours = saved.kept(0..saved.len()).filter(ours);
        let mut stays: Vec<_> =
            ours.map(|part| part.start..part.start + (part.range.end - part.range.start)).collect();
        stays.sort_unstable_by_key(|range| range.start);
        stays.dedup_by(|next, last| {
            let touches = next.start <= last.end;
            if touches {
                last.end = last.end.max(next.end);
            }
            touches
        });
        self.stays = Some(stays);
        self.write()
    }

    /// The edits are to come back by themselves at the next start.
    pub fn park(&mut self) -> Result<(), JournalError> {
        self.push(Kind::Parked, &[])?;
        self.write()?;
        self.sync()
    }

    /// Has it got so much longer since it was begun, in bytes, that it is better begun anew?
    pub fn is_longer_by(&self, bytes: u64) -> bool {
        self.log.len() > self.begun_with.saturating_mul(2).saturating_add(bytes)
    }

    pub fn is_unsynced(&self) -> bool {
        self.is_unsynced
    }

    /// Waits until everything written is on the disk.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        self.is_unsynced = false;
        Ok(self.log.sync()?)
    }

    /// Gives it its name: that of the journal at `old`, whose place it takes, or one that is free. Waits until it is on the disk.
    pub fn publish(&mut self, old: Option<&Path>) -> Result<(), JournalError> {
        self.is_unsynced = false;
        Ok(self.log.publish(old)?)
    }

    /// Where it is, once it has a name.
    pub fn path(&self) -> Option<&Path> {
        self.log.path()
    }

    /// Takes it off the disk.
    pub fn remove(mut self) -> Result<(), JournalError> {
        Ok(self.log.remove()?)
    }

    fn push(&mut self, kind: Kind, payload: &[u8]) -> Result<(), JournalError> {
        push_record(&mut self.pending, kind, self.next, payload);
        self.next += 1;
        if self.pending.len() as u64 >= BLOCK { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), JournalError> {
        if !self.pending.is_empty() {
            self.is_unsynced = true;
            self.log.append(&self.pending)?;
            self.pending.clear();
        }
        Ok(())
    }

    fn note_growth(&mut self, now: &Snapshot) -> Result<(), JournalError> {
        let Some((store, known)) = self.base else {
            return Ok(());
        };
        let len = now.source_of(store).map_or(0, |source| source.len());
        if len > known {
            self.base = Some((store, len));
            let mut payload = Vec::new();
            push_number(&mut payload, len);
            self.push(Kind::Grown, &payload)?;
        }
        Ok(())
    }

    /// Where the journal, or a file that it names, has what stands in `range`; copies what is nowhere.
    fn spans_of(
        &mut self,
        snapshot: &Snapshot,
        range: Range<u64>,
        paths: Paths,
        spans: &mut Vec<Span>,
    ) -> Result<(), JournalError> {
        for part in snapshot.kept(range).flat_map(|part| self.in_base(snapshot, part)).collect::<Vec<_>>() {
            let len = part.range.end - part.range.start;
            let of = match (self.base, snapshot.source_of(part.store)) {
                (Some((base, _)), _) if base == part.store => Some(Origin::Base),
                (_, Some(source)) => self.other(part.store, source, paths)?.map(Origin::Other),
                _ => None,
            };
            match of {
                Some(Origin::Base) => self.spans_of_base(snapshot, part, spans)?,
                Some(of) => push_span(spans, Span { of, start: part.start, len }),
                None => self.copies_of(snapshot, part.store, part.start, part.range, spans)?,
            }
        }
        Ok(())
    }

    /// What of a part of an earlier state of the file stands in the base too, since it was saved in place, is a part of that.
    fn in_base(&self, snapshot: &Snapshot, part: Kept) -> Vec<Kept> {
        let base = self.base.filter(|(base, _)| *base != part.store);
        let base = base.and_then(|(store, len)| Some((store, len, snapshot.source_of(store)?.identity()?)));
        let (Some((store, len, now)), Some(source)) = (base, snapshot.source_of(part.store)) else {
            return vec![part];
        };
        let mut parts = Vec::new();
        let known = self.base_start..self.base_start + len;
        let end = part.start + (part.range.end - part.range.start);
        source.in_file(part.start..end, &now, &mut |run, place| {
            let at = part.range.start + (run.start - part.start);
            let range = at..at + (run.end - run.start);
            let is_in = |place: &u64| *place >= known.start && place + (run.end - run.start) <= known.end;
            parts.push(match place.filter(is_in) {
                Some(place) => Kept { range, store, start: place - known.start },
                None => Kept { range, store: part.store, start: run.start },
            });
        });
        parts
    }

    /// The same for a part of the base: what the file would have no more once it is saved is copied, as far as that may be.
    fn spans_of_base(
        &mut self,
        snapshot: &Snapshot,
        part: Kept,
        spans: &mut Vec<Span>,
    ) -> Result<(), JournalError> {
        let end = part.start + (part.range.end - part.range.start);
        let mut from = part.start;
        while from < end {
            let (stays, to) = match &self.stays {
                None => (true, end),
                Some(all) => match all.get(all.partition_point(|range| range.end <= from)) {
                    Some(range) if range.start <= from => (true, range.end.min(end)),
                    Some(range) => (false, range.start.min(end)),
                    None => (false, end),
                },
            };
            if stays || self.copied + (to - from) > MOST_COPIED {
                push_span(spans, Span { of: Origin::Base, start: from, len: to - from });
            } else {
                let at = |offset: u64| part.range.start + (offset - part.start);
                self.copies_of(snapshot, part.store, from, at(from)..at(to), spans)?;
            }
            from = to;
        }
        Ok(())
    }

    /// The number of the other file that a store is, unless what is of it is to be copied.
    fn other(
        &mut self,
        store: u32,
        source: &Arc<dyn Source>,
        paths: Paths,
    ) -> Result<Option<u32>, JournalError> {
        if let Some(number) = self.others.get(&store) {
            return Ok(Some(*number));
        }
        let Some(identity) = source.identity().filter(|_| source.len() > COPIED) else {
            return Ok(None);
        };
        let is_there = |path: &PathBuf| source::identity_of(path).is_ok_and(|now| now == Some(identity));
        let (Some(path), Some(base)) = (paths(&identity).filter(is_there), Base::of(&**source)) else {
            return Ok(None);
        };
        let number = self.others.len() as u32;
        self.push(Kind::Other, &OtherFile { path, base }.to_bytes())?;
        self.others.insert(store, number);
        Ok(Some(number))
    }

    /// Spans of the journal's own bytes for `range` of the document, which a store has from `start` on. What the journal does
    /// not have yet it gets.
    fn copies_of(
        &mut self,
        snapshot: &Snapshot,
        store: u32,
        start: u64,
        range: Range<u64>,
        spans: &mut Vec<Span>,
    ) -> Result<(), JournalError> {
        // Anything but what was typed or pasted, which is in memory anyway.
        let is_file = !snapshot.is_in_memory(store);
        if is_file && range.end - range.start > MOST_COPIED {
            return Err(JournalError::TooMuch);
        }
        let mut at = range.start;
        while at < range.end {
            let offset = start + (at - range.start);
            let left = range.end - at;
            let copies = self.copies.entry(store).or_default();
            let known = copies.range(..=offset).next_back();
            let known = known.filter(|(from, (len, _))| offset < *from + len);
            let len = if let Some((from, (len, copy))) = known {
                let len = (from + len - offset).min(left);
                push_span(spans, Span { of: Origin::Added, start: copy + (offset - from), len });
                len
            } else {
                let next = copies.range(offset..).next().map_or(u64::MAX, |(next, _)| *next);
                let len = left.min(next - offset).min(BLOCK);
                if is_file {
                    self.copied += len;
                    if self.copied > MOST_COPIED {
                        return Err(JournalError::TooMuch);
                    }
                }
                self.push(Kind::Bytes, &snapshot.read(at..at + len)?)?;
                push_span(spans, Span { of: Origin::Added, start: self.added, len });
                note_copy(self.copies.entry(store).or_default(), offset, len, self.added);
                self.added += len;
                len
            };
            at += len;
        }
        Ok(())
    }

    /// Remembers what stands in the base around the edits that `was` is about to undergo.
    fn remember_around(&mut self, was: &Snapshot, edits: &EditSet) -> Result<(), JournalError> {
        let Some((base, _)) = self.base else {
            return Ok(());
        };
        for (old, _) in edits.ranges().take(REMEMBERED) {
            for at in [old.start, old.end] {
                let near = was.kept(at.saturating_sub(1)..at + 1).filter(|part| part.store == base);
                for part in near.collect::<Vec<_>>() {
                    let place = part.start + (at.clamp(part.range.start, part.range.end) - part.range.start);
                    self.remember(was, place.saturating_sub(CONTEXT)..place.saturating_add(CONTEXT))?;
                }
            }
            let head = old.start..old.end.min(old.start + REPLACED);
            for part in was.kept(head).filter(|part| part.store == base).collect::<Vec<_>>() {
                self.remember(was, part.start..part.start + (part.range.end - part.range.start))?;
            }
        }
        Ok(())
    }

    /// The same for everything in which `now` differs from its base.
    fn remember_all(&mut self, now: &Snapshot) -> Result<(), JournalError> {
        let Some((base, len)) = self.base else {
            return Ok(());
        };
        let mut end = 0;
        let ours = now.kept(0..now.len()).filter(|part| part.store == base);
        let ours = ours.map(|part| part.start..part.start + (part.range.end - part.range.start));
        for part in ours.chain(std::iter::once(len..len)).take(REMEMBERED).collect::<Vec<_>>() {
            for at in [part.start, part.end] {
                self.remember(now, at.saturating_sub(CONTEXT)..at.saturating_add(CONTEXT))?;
            }
            if end < part.start {
                self.remember(now, end..part.start.min(end + REPLACED))?;
            }
            end = end.max(part.end);
        }
        Ok(())
    }

    /// Remembers what stands in a range of the base, as far as it can be read.
    fn remember(&mut self, snapshot: &Snapshot, range: Range<u64>) -> Result<(), JournalError> {
        let Some((store, len)) = self.base else {
            return Ok(());
        };
        let Some(source) = snapshot.source_of(store) else {
            return Ok(());
        };
        let end = range.end.min(len).min(source.len());
        let mut at = range.start;
        while at < end {
            let known = self.remembered.range(..=at).next_back().filter(|(_, known)| at < **known);
            if let Some((_, known)) = known {
                at = *known;
                continue;
            }
            let next = self.remembered.range(at..).next().map_or(end, |(next, _)| (*next).min(end));
            let mut payload = Vec::new();
            push_number(&mut payload, at);
            let head = payload.len();
            payload.resize(head + (next - at) as usize, 0);
            if source.read_at(at, &mut payload[head..]).is_ok() {
                self.push(Kind::Context, &payload)?;
            }
            self.remembered.insert(at, next);
            at = next;
        }
        Ok(())
    }
}

/// Appends a span, or makes the last one longer.
fn push_span(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        Some(last) if last.of == span.of && last.end() == span.start => last.len += span.len,
        _ => spans.push(span),
    }
}

fn note_copy(copies: &mut BTreeMap<u64, (u64, u64)>, offset: u64, len: u64, copy: u64) {
    if let Some((from, (known, at))) = copies.range_mut(..offset).next_back()
        && from + *known == offset
        && *at + *known == copy
    {
        *known += len;
        return;
    }
    copies.insert(offset, (len, copy));
}
