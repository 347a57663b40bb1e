//! What a journal says of a file, for the file as it is now: where its edits go, and how they look.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::replacing::{self, Placed};
use crate::document::{Content, Document, Replacement, Slice, StepKind};
use crate::save::journal::{Origin, Read, Replaced, Span};
use crate::source::{self, Lost, Memory, Source};

/// Edits shown by Compare, and bytes of each side, at most.
pub(super) const SHOWN: usize = 200;
const SHOWN_BYTES: u64 = 400;
/// Bytes shown on each side of an edit, at most: no more is remembered.
const AROUND: u64 = 32;

/// A part of the file that was moved comes back from what is remembered of it up to this size, in bytes.
const MOST_REMEMBERED: u64 = 1 << 20;

/// Edits, of which not all need have a place.
#[derive(Debug, Default)]
pub(super) struct Placeable {
    pub replacements: Vec<Replacement>,
    pub rejected: Vec<ShownEdit>,
    /// Where the caret was, if the contents are what they were.
    pub caret: Option<u64>,
}

/// An edit, to be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownEdit {
    /// Where it was in the file, in bytes.
    pub at: u64,
    /// What stood there, as far as it is known, and what was to stand there: the beginning of each.
    pub old: Vec<u8>,
    pub new: Vec<u8>,
    /// The whole lengths, in bytes.
    pub lens: (u64, u64),
    /// What stands before and behind it in its lines, as far as it is known.
    pub before: Vec<u8>,
    pub behind: Vec<u8>,
}

/// The edits of a journal, to be looked at.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub orphan: u64,
    pub name: String,
    pub edits: Vec<ShownEdit>,
    /// How many there are.
    pub all: usize,
    pub fits: Fits,
}

/// How edits go with the file as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fits {
    /// It is as it was, or got longer.
    Exactly,
    /// It has changed.
    ByContext,
    /// They have no place in it.
    Nowhere,
}

/// What is written where the person wants to have it.
pub(super) enum Export {
    /// The whole document, as it was.
    Document(Box<Document>),
    /// What was edited, where the document cannot be had.
    Listing(Vec<u8>),
}

/// In how many places what a journal has differs from the file.
pub(super) fn count(read: &Read) -> usize {
    let now = open_base(read);
    // Was it saved, and only the word of it lost?
    let is_since = now.as_ref().and_then(|now| read.replaced_since_save(&**now));
    match (is_since, &now) {
        (Some(since), _) => since.len(),
        (None, Some(now)) => {
            read.replaced().iter().filter(|replaced| !is_there(read, replaced, &**now)).count()
        }
        (None, None) => read.replaced().len(),
    }
}

/// Does the file have, in that place, what is to come there? An undo while it was being saved copies that.
fn is_there(read: &Read, replaced: &Replaced, now: &dyn Source) -> bool {
    let Replaced { range, spans } = replaced;
    let len: u64 = spans.iter().map(|span| span.len).sum();
    if len != range.end - range.start || range.end > now.len() || len > MOST_REMEMBERED {
        return false;
    }
    let mut at = range.start;
    spans.iter().all(|span| {
        let mut bytes = vec![0; span.len as usize];
        let is_read = span.of == Origin::Added && now.read_at(at, &mut bytes).is_ok();
        at += span.len;
        is_read && bytes == read.added[span.start as usize..span.end() as usize]
    })
}

/// The file that a journal is of, as it is now.
pub(super) fn open_base(read: &Read) -> Option<Arc<dyn Source>> {
    let path = read.header.path.as_deref()?;
    let options = source::Options { range: read.header.part.clone(), ..source::Options::default() };
    Some(source::open_with(path, &options).ok()?.source)
}

/// How the edits of a journal get into the file as it is now.
enum Way {
    /// It is as it was, or longer.
    Exact(Vec<Replaced>),
    /// By what stands around them.
    Context(Vec<Replaced>),
}

fn way(read: &Read, now: Option<&Arc<dyn Source>>) -> Way {
    let replaced = read.replaced();
    let (Some(base), Some(now)) = (&read.header.base, now) else {
        return if read.header.base.is_none() { Way::Exact(replaced) } else { Way::Context(replaced) };
    };
    if let Some(since) = read.replaced_since_save(&**now) {
        return Way::Exact(since);
    }
    if base.begins(&**now) && read.base_len() <= now.len() {
        Way::Exact(replaced)
    } else {
        Way::Context(replaced)
    }
}

/// What spans refer to: the base, the journal's own bytes, and other files, as far as they are what they were.
struct Sources {
    all: Vec<Arc<dyn Source>>,
    /// Of the base is only had what the journal remembers.
    remembers: bool,
}

impl Sources {
    /// Over the file as it is.
    fn new(read: &Read, base: Arc<dyn Source>) -> Self {
        let added = Arc::new(Memory::new(read.added.clone()));
        let mut all: Vec<Arc<dyn Source>> = vec![base, added];
        for other in &read.others {
            let there = source::open(&other.path).ok().map(|opened| opened.source);
            let same = there.filter(|source| other.base.begins(&**source));
            all.push(same.unwrap_or_else(|| Arc::new(Gone(other.base.len))));
        }
        Self { all, remembers: false }
    }

    /// Over what the journal remembers of the file.
    fn remembered(read: &Read) -> Self {
        Self { remembers: true, ..Self::new(read, Arc::new(read.remembered())) }
    }

    fn part(span: &Span) -> (usize, Range<u64>) {
        let of = match span.of {
            Origin::Base => 0,
            Origin::Added => 1,
            Origin::Other(number) => 2 + number as usize,
        };
        (of, span.range())
    }

    fn slice(&self, spans: &[Span]) -> Slice {
        Slice::of_parts(&self.all, spans.iter().map(Self::part))
    }

    /// The first bytes of a range of a source; none where they cannot be had.
    fn head(&self, of: usize, range: &Range<u64>, most: u64) -> Vec<u8> {
        let mut bytes = vec![0; (range.end - range.start).min(most) as usize];
        match self.all[of].read_at(range.start, &mut bytes) {
            Ok(()) => bytes,
            Err(_) => Vec::new(),
        }
    }

    /// Can all spans be had?
    fn has(&self, spans: &[Span]) -> bool {
        spans.iter().map(Self::part).all(|(of, range)| {
            // A file is whole or gone; what is remembered of one has gaps.
            let most = if self.remembers && of == 0 { MOST_REMEMBERED } else { 1 };
            let len = range.end - range.start;
            let looked_at = self.head(of, &range, most).len() as u64;
            looked_at == len.min(most) && (len <= most || most == 1)
        })
    }

    fn replacements(&self, replaced: &[Replaced]) -> Vec<Replacement> {
        let replacement = |replaced: &Replaced| Replacement {
            range: replaced.range.clone(),
            content: Content::Slice(self.slice(&replaced.spans)),
        };
        replaced.iter().map(replacement).collect()
    }
}

/// A file that is not what it was.
#[derive(Debug)]
struct Gone(u64);

impl Source for Gone {
    fn len(&self) -> u64 {
        self.0
    }

    fn identity(&self) -> Option<source::Identity> {
        None
    }

    fn try_read_at(&self, _: u64, _: &mut [u8]) -> source::TryRead {
        source::TryRead::Lost(gone())
    }

    fn read_at(&self, _: u64, _: &mut [u8]) -> Result<(), Lost> {
        Err(gone())
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(source::Scanned<'_>) -> std::ops::ControlFlow<()>,
    ) -> std::ops::ControlFlow<()> {
        visit(source::Scanned::Lost(range, gone()))
    }
}

fn gone() -> Lost {
    Lost::Unreadable("the file that it came from has changed".to_owned())
}

/// Places for the edits of a journal in the file as it is now.
pub(super) fn place(read: &Read, now: Option<&Arc<dyn Source>>) -> Result<Placeable, String> {
    let now_or_empty = || now.cloned().unwrap_or_else(|| Arc::new(Memory::new(Vec::new())));
    let (replaced, sources, is_exact) = match way(read, now) {
        Way::Exact(replaced) => (replaced, Sources::new(read, now_or_empty()), true),
        Way::Context(replaced) => (replaced, Sources::remembered(read), false),
    };
    let (there, gone): (Vec<_>, Vec<_>) =
        replaced.into_iter().partition(|replaced| sources.has(&replaced.spans));
    let mut rejected: Vec<ShownEdit> = gone.iter().map(|replaced| shown(replaced, &sources)).collect();
    let replacements = sources.replacements(&there);
    if is_exact {
        let caret = rejected.is_empty().then_some(read.caret);
        return Ok(Placeable { replacements, rejected, caret });
    }
    let old = &sources.all[0];
    let mut document = Document::open(Arc::clone(old));
    let applied = document.edit(replacements, StepKind::Whole("Recover"), &[], Duration::ZERO);
    let applied = applied.map_err(|error| error.to_string())?;
    let placed = replacing::place(&document.snapshot(), &**old, &*now_or_empty());
    let Placed { replacements, homeless, .. } = placed.map_err(|lost| lost.to_string())?;
    let starts: Vec<u64> = applied.edits.ranges().map(|(_, new)| new.start).collect();
    let of = |at: &u64| starts.binary_search(at).ok().map(|index| shown(&there[index], &sources));
    rejected.extend(homeless.iter().filter_map(of));
    rejected.sort_by_key(|edit| edit.at);
    Ok(Placeable { replacements, rejected, caret: None })
}

/// The edits of a journal, old and new.
pub(super) fn compare(orphan: u64, read: &Read, now: Option<&Arc<dyn Source>>) -> Comparison {
    let (replaced, sources, fits) = match (way(read, now), now) {
        (Way::Exact(replaced), Some(now)) => (replaced, Sources::new(read, Arc::clone(now)), Fits::Exactly),
        (Way::Exact(replaced), None) => (replaced, Sources::remembered(read), Fits::Exactly),
        (Way::Context(replaced), _) => (replaced, Sources::remembered(read), Fits::ByContext),
    };
    let edits = replaced.iter().take(SHOWN).map(|replaced| shown(replaced, &sources)).collect();
    Comparison { orphan, name: read.header.name.clone(), edits, all: replaced.len(), fits }
}

fn shown(replaced: &Replaced, sources: &Sources) -> ShownEdit {
    let Replaced { range, spans } = replaced;
    let mut new = Vec::new();
    for (of, range) in spans.iter().map(Sources::part) {
        let most = SHOWN_BYTES - (new.len() as u64).min(SHOWN_BYTES);
        new.extend(sources.head(of, &range, most));
    }
    let lens = (range.end - range.start, spans.iter().map(|span| span.len).sum());
    let line_start = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut before = sources.head(0, &(range.start.saturating_sub(AROUND)..range.start), AROUND);
    before.drain(..line_start(&before));
    let end = range.end.saturating_add(AROUND).min(sources.all[0].len());
    let mut behind = sources.head(0, &(range.end..end), AROUND);
    behind.truncate(behind.iter().position(|byte| *byte == b'\n').unwrap_or(behind.len()));
    ShownEdit { at: range.start, old: sources.head(0, range, SHOWN_BYTES), new, lens, before, behind }
}

/// What is saved elsewhere: the whole document if it can be had, otherwise what was put into it.
pub(super) fn export(read: &Read) -> Export {
    let now = open_base(read);
    if let Way::Exact(replaced) = way(read, now.as_ref()) {
        let base = now.unwrap_or_else(|| Arc::new(Memory::new(Vec::new())));
        let sources = Sources::new(read, Arc::clone(&base));
        let mut document = Document::open(base);
        let kind = StepKind::Whole("Recover");
        if replaced.iter().all(|replaced| sources.has(&replaced.spans))
            && document.edit(sources.replacements(&replaced), kind, &[], Duration::ZERO).is_ok()
        {
            return Export::Document(Box::new(document));
        }
    }
    Export::Listing(listing(read, None))
}

/// Edits as a text, with every byte that was put in, from which a person can take them: all of them, or those at these places.
pub(super) fn listing(read: &Read, places: Option<&[u64]>) -> Vec<u8> {
    let sources = Sources::remembered(read);
    let mut text = format!("Unsaved edits of {}, recovered by Hextant.\n", read.header.name).into_bytes();
    let is_wanted = |replaced: &Replaced| places.is_none_or(|places| places.contains(&replaced.range.start));
    for replaced in read.replaced().into_iter().filter(is_wanted) {
        let ShownEdit { at, old, lens, .. } = shown(&replaced, &sources);
        text.extend(format!("\n--- at byte {at}: {} bytes\n", lens.0).into_bytes());
        text.extend(old);
        text.extend(format!("\n+++ became {} bytes\n", lens.1).into_bytes());
        for span in &replaced.spans {
            let Span { start, len, .. } = *span;
            match span.of {
                Origin::Added => text.extend_from_slice(&read.added[start as usize..span.end() as usize]),
                Origin::Base => {
                    text.extend(format!("[{len} bytes of the file, from byte {start}]").into_bytes())
                }
                Origin::Other(number) => {
                    let path = read.others[number as usize].path.display();
                    text.extend(format!("[{len} bytes of {path}, from byte {start}]").into_bytes());
                }
            }
        }
        text.push(b'\n');
    }
    text
}
