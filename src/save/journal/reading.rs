use std::collections::BTreeMap;
use std::ops::Range;

use super::header::{Header, OtherFile, samples};
use super::record::{Kind, MAGIC, Record, VERSION, take_number, take_record};
use super::remembered::Remembered;
use super::span::{self, Origin, Span, Spans, take_spans};
use crate::source::Source;

/// Why a journal cannot be used. It is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("it was written by another version of Hextant")]
    Version,
    #[error("it is no journal, or its beginning is gone")]
    Headless,
}

/// A range of the base that gave way to spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    pub range: Range<u64>,
    pub spans: Vec<Span>,
}

/// What a journal says, up to its last whole record.
#[derive(Clone, Debug)]
pub struct Read {
    pub header: Header,
    /// The bytes that it has of its own.
    pub added: Vec<u8>,
    pub others: Vec<OtherFile>,
    /// How many edits were written.
    pub edits: u64,
    /// Where the caret was.
    pub caret: u64,
    /// Was it left on purpose, for its edits to come back by themselves?
    pub is_parked: bool,
    /// How much of it was read, in bytes.
    pub whole: u64,
    /// Bytes of the base that is known.
    base_len: u64,
    contents: Spans,
    context: BTreeMap<u64, Vec<u8>>,
    saving: Option<Saving>,
}

/// Contents that were to become the file.
#[derive(Clone, Debug)]
struct Saving {
    contents: Spans,
    /// Where what it has of the old base stands in it, in order and without overlaps.
    places: Vec<(Range<u64>, u64)>,
    samples: u64,
    /// What became of them since, over themselves; `None` if that cannot be told.
    since: Option<Spans>,
}

/// Reads a journal up to the first record that is torn, corrupt, or makes no sense.
pub fn read(bytes: &[u8]) -> Result<Read, Unreadable> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(Unreadable::Headless)?;
    let Some(mut rest) = rest.strip_prefix(VERSION) else {
        let line = rest.iter().take(12).position(|byte| *byte == b'\n');
        let is_number = line.is_some_and(|end| end > 0 && rest[..end].iter().all(u8::is_ascii_digit));
        return Err(if is_number { Unreadable::Version } else { Unreadable::Headless });
    };
    let header = take_record(&mut rest, 0).filter(|record| record.kind == Kind::Header);
    let header = header.and_then(|record| Header::from_bytes(record.payload)).ok_or(Unreadable::Headless)?;
    let base_len = header.base.as_ref().map_or(0, |base| base.len);
    let mut read = Read {
        header,
        added: Vec::new(),
        others: Vec::new(),
        edits: 0,
        caret: 0,
        is_parked: false,
        whole: 0,
        base_len,
        contents: whole_of(base_len),
        context: BTreeMap::new(),
        saving: None,
    };
    for number in 1.. {
        read.whole = (bytes.len() - rest.len()) as u64;
        let taken = take_record(&mut rest, number).and_then(|record| read.follow(&record));
        if taken.is_none() {
            break;
        }
    }
    Ok(read)
}

impl Read {
    /// How many bytes of the base the document had.
    pub fn base_len(&self) -> u64 {
        self.base_len
    }

    /// All contents, in order.
    pub fn contents(&self) -> impl Iterator<Item = Span> + '_ {
        self.contents.iter().copied()
    }

    /// What the journal remembers of the base.
    pub fn remembered(&self) -> Remembered {
        Remembered { len: self.base_len, parts: self.context.clone() }
    }

    /// Has `now`, where they stood, all bytes of the base that are remembered from around the edits? Reads them, waiting.
    pub fn is_remembered_in(&self, now: &dyn Source) -> bool {
        self.context.iter().all(|(at, bytes)| {
            let mut there = vec![0; bytes.len()];
            at + bytes.len() as u64 <= now.len() && now.read_at(*at, &mut there).is_ok() && there == *bytes
        })
    }

    /// In what the contents differ from the base, in order. What stands out of its order in the base was inserted there.
    pub fn replaced(&self) -> Vec<Replaced> {
        replaced(&self.contents, self.base_len)
    }

    /// Was `now`, the file, written by a save that was not heard of again? Then this is what was edited since. Reads samples and
    /// what was added, waiting.
    pub fn replaced_since_save(&self, now: &dyn Source) -> Option<Vec<Replaced>> {
        let Saving { contents, samples: sum, since, .. } = self.saving.as_ref()?;
        // As it was before, it was not saved, however alike both are.
        let (base, identity) = (self.header.base?, now.identity()?);
        if base.is_state_of(identity) {
            return None;
        }
        let len = contents.summary().0;
        let is_saved = now.len() >= len
            && samples(len, |at, block| now.read_at(at, block)) == *sum
            && self.has_what_was_added(contents, now);
        Some(replaced(since.as_ref().filter(|_| is_saved)?, len))
    }

    fn has_what_was_added(&self, contents: &Spans, now: &dyn Source) -> bool {
        let mut at = 0;
        contents.iter().all(|span| {
            let start = at;
            at += span.len;
            if span.of != Origin::Added {
                return true;
            }
            let mut bytes = vec![0; span.len as usize];
            let added = &self.added[span.start as usize..span.end() as usize];
            now.read_at(start, &mut bytes).is_ok() && bytes == added
        })
    }

    /// `None` where the record makes no sense; nothing has changed then.
    fn follow(&mut self, record: &Record) -> Option<()> {
        let mut rest = record.payload;
        self.is_parked = false;
        match record.kind {
            Kind::Header => return None,
            Kind::Bytes => self.added.extend_from_slice(rest),
            Kind::Other => self.others.push(OtherFile::from_bytes(rest)?),
            Kind::Context => {
                let at = take_number(&mut rest)?;
                at.checked_add(rest.len() as u64).filter(|end| *end <= self.base_len)?;
                self.remember(at, rest);
            }
            Kind::Contents => {
                let caret = take_number(&mut rest)?;
                self.contents = self.spans(&mut rest)?.into_iter().collect();
                self.caret = caret;
            }
            Kind::Edit => self.edit(rest)?,
            Kind::Grown => {
                let len = take_number(&mut rest)?;
                self.base_len = (len >= self.base_len).then_some(len)?;
            }
            Kind::Saving => {
                let len = take_number(&mut rest)?;
                let sum = u64::from_le_bytes(rest.try_into().ok()?);
                (len == self.contents.summary().0).then_some(())?;
                let contents = self.contents.clone();
                let places = places(&contents);
                self.saving = Some(Saving { contents, places, samples: sum, since: Some(whole_of(len)) });
            }
            Kind::Parked => self.is_parked = true,
        }
        Some(())
    }

    fn spans(&self, rest: &mut &[u8]) -> Option<Vec<Span>> {
        take_spans(rest, |of| match of {
            Origin::Base => Some(self.base_len),
            Origin::Added => Some(self.added.len() as u64),
            Origin::Other(number) => Some(self.others.get(number as usize)?.base.len),
        })
    }

    fn edit(&mut self, mut rest: &[u8]) -> Option<()> {
        let caret = take_number(&mut rest)?;
        let count = take_number(&mut rest)?;
        let len = self.contents.summary().0;
        let (mut end, mut total) = (0_u64, 0_u64);
        let mut edits = Vec::new();
        for _ in 0..count {
            let start = end.checked_add(take_number(&mut rest)?)?;
            end = start.checked_add(take_number(&mut rest)?).filter(|end| *end <= len)?;
            let inserted = take_number(&mut rest)?;
            total = total.checked_add(inserted)?;
            edits.push((start..end, inserted));
        }
        let spans: Spans = self.spans(&mut rest)?.into_iter().collect();
        let removed: u64 = edits.iter().map(|(range, _)| range.end - range.start).sum();
        (len - removed).checked_add(total)?;
        (rest.is_empty() && spans.summary().0 == total).then_some(())?;
        replace(&mut self.contents, &edits, &spans);
        if let Some(Saving { since, places, .. }) = &mut self.saving {
            match since.as_mut().zip(through(places, &spans)) {
                Some((contents, spans)) => replace(contents, &edits, &spans),
                None => *since = None,
            }
        }
        self.caret = caret;
        self.edits += 1;
        Some(())
    }

    fn remember(&mut self, at: u64, bytes: &[u8]) {
        let end = at + bytes.len() as u64;
        let before = self.context.range(..=at).next_back();
        let touching = before.filter(|(start, known)| **start + known.len() as u64 == at);
        let mut start = at;
        let mut joined = match touching.map(|(start, _)| *start) {
            Some(before) => {
                start = before;
                self.context.remove(&before).unwrap_or_default()
            }
            None => Vec::new(),
        };
        joined.extend_from_slice(bytes);
        joined.extend(self.context.remove(&end).unwrap_or_default());
        self.context.insert(start, joined);
    }
}

/// Where the parts of the base stand in these contents.
fn places(contents: &Spans) -> Vec<(Range<u64>, u64)> {
    let mut at = 0;
    let mut all = Vec::new();
    for span in contents.iter() {
        if span.of == Origin::Base {
            all.push((span.range(), at));
        }
        at += span.len;
    }
    all.sort_unstable_by_key(|(range, _)| range.start);
    let mut end = 0;
    all.retain_mut(|(range, at)| {
        // It may stand there twice.
        let known = end.max(range.start) - range.start;
        (range.start, *at) = (range.start + known, *at + known);
        end = end.max(range.end);
        range.start < range.end
    });
    all
}

/// Spans over the old base, over contents in which it has these places; `None` if not all of it is there.
fn through(places: &[(Range<u64>, u64)], spans: &Spans) -> Option<Spans> {
    let mut all = Vec::new();
    for span in spans.iter() {
        if span.of != Origin::Base {
            all.push(*span);
            continue;
        }
        let mut from = span.start;
        while from < span.end() {
            let (range, at) = places.get(places.partition_point(|(range, _)| range.end <= from))?;
            let behind = from.checked_sub(range.start)?;
            let len = range.end.min(span.end()) - from;
            all.push(Span { start: at + behind, len, ..*span });
            from += len;
        }
    }
    Some(all.into_iter().collect())
}

fn whole_of(len: u64) -> Spans {
    (len > 0).then_some(Span { of: Origin::Base, start: 0, len }).into_iter().collect()
}

/// Puts `spans`, one behind the other, into sorted, disjoint ranges, each with how many bytes it gets.
fn replace(contents: &mut Spans, edits: &[(Range<u64>, u64)], spans: &Spans) {
    let cut = |span: &Span, at| span.cut(at);
    // From the last one on, so that those before stand where they did.
    let mut at = spans.summary().0;
    for (range, inserted) in edits.iter().rev() {
        let new = spans.slice(at - inserted..at, span::bytes, cut);
        at -= inserted;
        contents.replace(range.clone(), new, span::bytes, cut);
    }
}

fn replaced(contents: &Spans, base_len: u64) -> Vec<Replaced> {
    let mut all = Vec::new();
    let (mut end, mut spans) = (0, Vec::new());
    let behind = Span { of: Origin::Base, start: base_len, len: 0 };
    for span in contents.iter().chain([&behind]) {
        if span.of != Origin::Base || span.start < end {
            spans.push(*span);
            continue;
        }
        if end < span.start || !spans.is_empty() {
            all.push(Replaced { range: end..span.start, spans: std::mem::take(&mut spans) });
        }
        end = span.end();
    }
    all
}
