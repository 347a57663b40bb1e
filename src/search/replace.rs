use std::ops::Range;
use std::time::Duration;

use super::pattern::Pattern;
use super::scan::{Cancelled, Scan};
use super::template::Template;
use crate::document::{Applied, Caret, Content, Document, EditError, Replacement, Snapshot, StepKind};
use crate::source::{Cancel, Lost, Progress};

/// What takes the place of all matches: found by a job, applied in one step.
///
/// Of matches that are all as long and all give way to the same, each takes 4 bytes of memory.
#[derive(Clone, Debug)]
pub struct Replacements {
    /// Of the contents that the matches are in.
    revision: u64,
    old_len: u64,
    /// From the end of one match to the start of the next; [`FAR`] stands for one of `far`.
    gaps: Vec<u32>,
    far: Vec<u64>,
    lens: Lens,
    contents: Contents,
    /// Bytes that the matches take, and what takes their place.
    removed: u64,
    inserted: u64,
    lost: Option<(Range<u64>, Lost)>,
}

const FAR: u32 = u32::MAX;

/// More replacements than this are made by building the document anew.
const MANY: u64 = if cfg!(test) { 3 } else { 1000 };

/// How long the matches are, in bytes.
#[derive(Clone, Debug)]
enum Lens {
    All(u32),
    Each(Vec<u32>),
}

#[derive(Clone, Debug)]
enum Contents {
    Same(Vec<u8>),
    /// One after the other, and how long each of them is.
    Each(Vec<u8>, Vec<u32>),
}

/// A change to be shown before it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    pub range: Range<u64>,
    pub content: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplaceError {
    #[error("the search was cancelled")]
    Cancelled,
    /// Found so far, when they took more memory than allowed.
    #[error("the changes take more than {budget} bytes of memory: {found} of them so far")]
    TooMany { found: u64, budget: u64 },
    #[error("the document was edited since the matches were found")]
    Edited,
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl From<Cancelled> for ReplaceError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl Replacements {
    /// Finds the matches in `within` and what takes their place. Adds the bytes searched to `progress`; gives up when
    /// the result takes more than `budget` bytes of memory.
    pub fn find(
        snapshot: &Snapshot,
        pattern: &Pattern,
        template: &Template,
        within: Range<u64>,
        budget: u64,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<Self, ReplaceError> {
        let contents = match template.uniform() {
            Some(bytes) => Contents::Same(bytes.to_vec()),
            None => Contents::Each(Vec::new(), Vec::new()),
        };
        let mut all = Self {
            revision: snapshot.revision(),
            old_len: snapshot.len(),
            gaps: Vec::new(),
            far: Vec::new(),
            lens: Lens::All(0),
            contents,
            removed: 0,
            inserted: 0,
            lost: None,
        };
        let mut scan = Scan::new(snapshot, pattern, within, cancel, progress);
        let mut end = 0;
        while let Some(found) = scan.next()? {
            all.push(end, &found);
            if let Contents::Each(bytes, lens) = &mut all.contents {
                let before = bytes.len();
                scan.expand(template, &found, bytes);
                lens.push((bytes.len() - before) as u32);
                all.inserted += (bytes.len() - before) as u64;
            }
            end = found.end;
            if all.gaps.len().is_multiple_of(1024) && all.memory() > budget {
                return Err(ReplaceError::TooMany { found: all.count(), budget });
            }
        }
        if let Contents::Same(bytes) = &all.contents {
            all.inserted = bytes.len() as u64 * all.count();
        }
        all.lost = scan.first_loss().cloned();
        Ok(all)
    }

    fn push(&mut self, end: u64, found: &Range<u64>) {
        let gap = found.start - end;
        match u32::try_from(gap) {
            Ok(gap) if gap < FAR => self.gaps.push(gap),
            _ => {
                self.gaps.push(FAR);
                self.far.push(gap);
            }
        }
        let len = (found.end - found.start) as u32;
        let before = self.gaps.len() - 1;
        match &mut self.lens {
            Lens::All(all) if before == 0 => *all = len,
            Lens::All(all) if *all == len => {}
            Lens::All(all) => {
                let mut lens = vec![*all; before];
                lens.push(len);
                self.lens = Lens::Each(lens);
            }
            Lens::Each(lens) => lens.push(len),
        }
        self.removed += u64::from(len);
    }

    /// How many matches give way.
    pub fn count(&self) -> u64 {
        self.gaps.len() as u64
    }

    /// How long the document becomes, in bytes.
    pub fn new_len(&self) -> u64 {
        self.old_len - self.removed + self.inserted
    }

    /// What takes the place of matches, in bytes.
    pub fn inserted(&self) -> u64 {
        self.inserted
    }

    /// What could not be read first: there may be matches in it.
    pub fn lost(&self) -> Option<&(Range<u64>, Lost)> {
        self.lost.as_ref()
    }

    /// Bytes of memory that this takes.
    pub fn memory(&self) -> u64 {
        let lens = match &self.lens {
            Lens::All(_) => 0,
            Lens::Each(lens) => 4 * lens.capacity(),
        };
        let contents = match &self.contents {
            Contents::Same(bytes) => bytes.capacity(),
            Contents::Each(bytes, lens) => bytes.capacity() + 4 * lens.capacity(),
        };
        (4 * self.gaps.capacity() + 8 * self.far.capacity() + lens + contents) as u64
    }

    /// Each range that gives way, and to what.
    pub fn iter(&self) -> impl Iterator<Item = (Range<u64>, &[u8])> {
        let (mut at, mut far, mut content_at) = (0, self.far.iter(), 0);
        self.gaps.iter().enumerate().map(move |(index, gap)| {
            at += if *gap == FAR { far.next().copied().unwrap_or_default() } else { u64::from(*gap) };
            let len = match &self.lens {
                Lens::All(len) => *len,
                Lens::Each(lens) => lens[index],
            };
            let content = match &self.contents {
                Contents::Same(bytes) => bytes.as_slice(),
                Contents::Each(bytes, lens) => {
                    let start = content_at;
                    content_at += lens[index] as usize;
                    &bytes[start..content_at]
                }
            };
            let range = at..at + u64::from(len);
            at = range.end;
            (range, content)
        })
    }

    /// The first changes.
    pub fn preview(&self, most: usize) -> Vec<Preview> {
        let preview = |(range, content): (Range<u64>, &[u8])| Preview { range, content: content.to_vec() };
        self.iter().take(most).map(preview).collect()
    }

    /// Makes all changes, as one step by the name of `what`. `carets` are those before, for undo; `now` is monotonic.
    ///
    /// # Errors
    /// [`ReplaceError::Edited`] if the document is not what was searched any more; nothing is changed then.
    pub fn apply(
        &self,
        document: &mut Document,
        what: &'static str,
        carets: &[Caret],
        now: Duration,
    ) -> Result<Applied, ReplaceError> {
        if document.snapshot().revision() != self.revision || document.len() != self.old_len {
            return Err(ReplaceError::Edited);
        }
        if self.count() > MANY {
            return Ok(document.edit_many(|| self.iter(), what, carets, now)?);
        }
        let replacement = |(range, content): (Range<u64>, &[u8])| Replacement {
            range,
            content: Content::Bytes(content.to_vec()),
        };
        let replacements = self.iter().map(replacement).collect();
        Ok(document.edit(replacements, StepKind::Whole(what), carets, now)?)
    }
}
