use std::ops::Range;

use super::pattern::Pattern;
use super::scan::{Cancelled, Scan};
use super::template::Template;
use crate::document::{Applied, BulkBuilder, BulkEdit, BulkError, Caret, Document, EditError, Snapshot};
use crate::source::{Cancel, Lost, Progress};

/// What takes the place of all matches: found by a job, applied in one step and constant time.
#[derive(Clone, Debug)]
pub struct Replacements {
    edit: BulkEdit,
    memory: u64,
    is_cut: bool,
    lost: Option<(Range<u64>, Lost)>,
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
    /// Found in so many bytes, when they took more memory than allowed.
    #[error("the changes take more than {budget} bytes of memory: {found} of them so far")]
    TooMany { found: u64, searched: u64, budget: u64 },
    #[error("the document was edited since the matches were found")]
    Edited,
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error(transparent)]
    Bulk(#[from] BulkError),
}

impl From<Cancelled> for ReplaceError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl Replacements {
    /// Finds the matches in `within` and what takes their place. Adds the bytes searched to `progress`; gives up when
    /// the result takes more than `budget` bytes of memory: 4 bytes a match where all are as long and give way to the same,
    /// else 12 and what takes its place.
    pub fn find(
        snapshot: &Snapshot,
        pattern: &Pattern,
        template: &Template,
        within: Range<u64>,
        budget: u64,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<Self, ReplaceError> {
        let uniform = template.uniform();
        let mut all = match uniform {
            Some(bytes) => BulkBuilder::uniform(bytes.to_vec()),
            None => BulkBuilder::various(),
        };
        let start = within.start.min(snapshot.len());
        let mut scan = Scan::new(snapshot, pattern, within, cancel, progress);
        let (mut content, mut is_cut) = (Vec::new(), false);
        while let Some(found) = scan.next()? {
            is_cut |= pattern.may_be_cut(&found);
            let searched = found.end - start;
            if uniform.is_some() {
                all.push(found)?;
            } else {
                content.clear();
                scan.expand(template, &found, &mut content);
                all.push_with(found, &content)?;
            }
            if all.len().is_multiple_of(1024) && all.memory() as u64 > budget {
                return Err(ReplaceError::TooMany { found: all.len() as u64, searched, budget });
            }
        }
        let lost = scan.first_loss().cloned();
        let memory = all.memory() as u64;
        // How far the search has come is what the person was told.
        let edit = all.finish(snapshot, cancel, &Progress::default()).ok_or(ReplaceError::Cancelled)?;
        Ok(Self { edit, memory, is_cut, lost })
    }

    /// How many changes there are: a match of nothing that gives way to nothing is none.
    pub fn count(&self) -> u64 {
        self.edit.len() as u64
    }

    /// How long the document becomes, in bytes.
    pub fn new_len(&self) -> u64 {
        self.edit.new_len()
    }

    /// Is there a match that may have been longer, had it not been cut at [`super::LONGEST`]?
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// What could not be read first: there may be matches in it.
    pub fn lost(&self) -> Option<&(Range<u64>, Lost)> {
        self.lost.as_ref()
    }

    /// Bytes of memory that this takes.
    pub fn memory(&self) -> u64 {
        self.memory
    }

    /// Each range that gives way, and to what.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Range<u64>, &[u8])> {
        self.edit.replacements()
    }

    /// What makes all changes in one step.
    pub fn edit(&self) -> &BulkEdit {
        &self.edit
    }

    /// The first changes.
    pub fn preview(&self, most: usize) -> Vec<Preview> {
        let preview = |(range, content): (Range<u64>, &[u8])| Preview { range, content: content.to_vec() };
        self.iter().take(most).map(preview).collect()
    }

    /// Makes all changes, as one step by the name of `what`. `carets` are those before, for undo.
    ///
    /// # Errors
    /// [`ReplaceError::Edited`] if the document is not what was searched any more; nothing is changed then.
    pub fn apply(
        &self,
        document: &mut Document,
        what: &'static str,
        carets: &[Caret],
    ) -> Result<Applied, ReplaceError> {
        match document.edit_bulk(&self.edit, what, carets) {
            Err(EditError::Outdated) => Err(ReplaceError::Edited),
            applied => Ok(applied?),
        }
    }
}
