//! BYTES BEING EDITED: the one truth about contents.
//!
//! A [`Document`] is a persistent tree of pieces over numbered sources, an edit history, and a line index that
//! is counted in the background. A [`Snapshot`] of it is a constant-time clone that never changes. Nothing here
//! knows of characters, columns, windows or threads.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::Duration;

use crate::source::{Cancel, Lost, Progress, Scanned, Source};

/// A count that rests on bytes that may not all be counted yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Exact(u64),
    /// An estimate from the density of what is counted; drawn as `~1,234`.
    About(u64),
}

/// Where [`Snapshot::line_start`] found a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineStart {
    /// The line starts at this byte.
    At(u64),
    /// The document has fewer lines; it has this many.
    Beyond(u64),
    /// Newlines before it are not all counted yet; `guess` is a byte near where it may start.
    Uncounted { guess: u64 },
    /// The bytes to scan are not in memory: read them in a job and ask again.
    Pending(Range<u64>),
}

/// Where [`Snapshot::newline_before`] or [`Snapshot::newline_after`] found a newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Newline {
    /// The newline byte stands here.
    At(u64),
    /// There is none up to the start or end of the document.
    None,
    /// There is none within the budget of bytes to read; the search got as far as this offset.
    Far(u64),
    /// The bytes to look at are not in memory: read them in a job and ask again.
    Pending(Range<u64>),
}

/// Bytes of a document for the screen; see [`Snapshot::try_read`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Document offset of `bytes[0]`.
    pub start: u64,
    /// Bytes in a gap are zero.
    pub bytes: Vec<u8>,
    /// Document ranges that could not be read, sorted, disjoint.
    pub gaps: Vec<(Range<u64>, Missing)>,
}

/// Why bytes are missing from a [`Window`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Not in memory yet.
    Pending,
    Lost(Lost),
}

/// A stretch of the document that differs from the file as it was opened; see [`Snapshot::changes`].
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

/// One end of a selection and its caret, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caret {
    /// Where the selection was begun.
    pub anchor: u64,
    /// Where the caret stands.
    pub head: u64,
}

/// What replaces a range.
#[derive(Clone, Debug)]
pub enum Content {
    /// UTF-8 text: lives in a rope.
    Text(String),
    /// Raw bytes: live in sealed blocks.
    Bytes(Vec<u8>),
    /// A part of a document or of a source, by reference: nothing is copied, whatever its size.
    Slice(Slice),
}

/// `range` of the document gives way to `content`.
#[derive(Clone, Debug)]
pub struct Replacement {
    pub range: Range<u64>,
    pub content: Content,
}

/// What a step does, which decides with what it coalesces and what Undo calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Typed text: coalesces with typing that goes on where it ended, up to the end of a word or line.
    Typing,
    /// Backspace and Delete: coalesce with their kind at the same place.
    DeleteBackward,
    DeleteForward,
    /// Typing over bytes in overwrite mode: coalesces at the next byte (or the same, for the second nibble).
    Overwrite,
    /// Anything else, by its name ("Paste", "Cut", "Insert file"): always a step of its own.
    Whole(&'static str),
}

/// Sorted, disjoint replacements of one step, by length only: maps positions through the step.
#[derive(Clone, Debug)]
pub struct EditSet;

/// To which side a position goes that stands where text is inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bias {
    Before,
    After,
}

impl EditSet {
    /// Maps a position of the old document to the new one. A position inside a replaced range goes to the
    /// start (`Before`) or end (`After`) of what replaced it.
    pub fn map(&self, position: u64, bias: Bias) -> u64 {
        todo!()
    }
    /// The replacements as (range in the old document, range in the new one), in order.
    pub fn ranges(&self) -> impl Iterator<Item = (Range<u64>, Range<u64>)> + '_ {
        std::iter::empty()
    }
}

/// What was done to the contents by an edit, an undo or a redo.
#[derive(Clone, Debug)]
pub struct Applied {
    pub edits: EditSet,
    /// Where the carets belong now: after an undo where they were before the step, after an edit or redo
    /// behind each inserted stretch.
    pub carets: Vec<Caret>,
}

#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum EditError {
    #[error("the range {start}..{end} does not lie in the document of {len} bytes, or overlaps another")]
    OutOfBounds { start: u64, end: u64, len: u64 },
}

/// A document: contents, history, line counts.
#[derive(Debug)]
pub struct Document;

impl Document {
    /// An empty, untitled document.
    pub fn new() -> Self {
        todo!()
    }

    /// A document whose contents are `base`, generation 0. Reads nothing.
    pub fn open(base: Arc<dyn Source>) -> Self {
        todo!()
    }

    /// The contents now; constant time.
    pub fn snapshot(&self) -> Snapshot {
        todo!()
    }

    pub fn len(&self) -> u64 {
        todo!()
    }

    /// Replaces sorted, disjoint ranges as one step (or as a part of the last step, by `kind`). `carets` are
    /// those before the edit, for undo. `now` is monotonic.
    pub fn edit(
        &mut self,
        replacements: Vec<Replacement>,
        kind: StepKind,
        carets: &[Caret],
        now: Duration,
    ) -> Result<Applied, EditError> {
        todo!()
    }

    /// Ends the current step: the next edit does not coalesce with it (the caret was moved, the view changed).
    pub fn end_step(&mut self) {
        todo!()
    }

    pub fn undo(&mut self) -> Option<Applied> {
        todo!()
    }

    pub fn redo(&mut self) -> Option<Applied> {
        todo!()
    }

    /// What Undo would undo ("Typing", "Paste"), if anything.
    pub fn undo_name(&self) -> Option<&'static str> {
        todo!()
    }

    pub fn redo_name(&self) -> Option<&'static str> {
        todo!()
    }

    /// Do the contents differ from what was last saved or opened (by history, not by comparing bytes)?
    pub fn is_modified(&self) -> bool {
        todo!()
    }

    /// `saved` is on disk now, and can be read as `base`: it becomes the next generation, `saved`'s contents are
    /// one piece of it, and edits made since `saved` was taken are replayed. Earlier generations stay readable
    /// for undo. `index` holds `base`'s newline counts, if they were counted while writing.
    pub fn rest_on(&mut self, saved: &Snapshot, base: Arc<dyn Source>, index: Option<LineIndex>) {
        todo!()
    }

    /// The newline counting of the newest generation, for jobs: several threads may run it at once.
    pub fn counting(&self) -> Counting {
        todo!()
    }

    /// Looks up newline counts that became known meanwhile in the index for at most `pieces` pieces. True if
    /// any did (line numbers on screen may now be better).
    pub fn settle(&mut self, pieces: usize) -> bool {
        todo!()
    }
}

/// The background newline count of one generation. Clones share the work: each thread that runs it takes the
/// next uncounted stretch.
#[derive(Clone, Debug)]
pub struct Counting;

impl Counting {
    /// Counts until all is counted or cancelled, nearest to [`Counting::look_at`] first, publishing chunk by
    /// chunk. Adds bytes to `progress`.
    pub fn run(&self, cancel: &Cancel, progress: &Progress) {
        todo!()
    }

    /// Where in the base the person looks now.
    pub fn look_at(&self, offset: u64) {
        todo!()
    }

    pub fn is_done(&self) -> bool {
        todo!()
    }
}

/// One newline count per 64 KiB chunk of a base; see [`Counting`].
#[derive(Debug)]
pub struct LineIndex;

/// Builds a [`LineIndex`] from bytes that pass by in order (while saving).
#[derive(Debug)]
pub struct LineIndexBuilder;

impl LineIndexBuilder {
    pub fn new(len: u64) -> Self {
        todo!()
    }
    pub fn data(&mut self, bytes: &[u8]) {
        todo!()
    }
    pub fn hole(&mut self, len: u64) {
        todo!()
    }
    pub fn finish(self) -> LineIndex {
        todo!()
    }
}

/// A part of some document's contents, or of a source, by reference.
#[derive(Clone, Debug)]
pub struct Slice;

impl Slice {
    /// `range` of `source`, e.g. of a file to be inserted.
    pub fn of(source: Arc<dyn Source>, range: Range<u64>) -> Self {
        todo!()
    }
    pub fn len(&self) -> u64 {
        todo!()
    }
    /// Its bytes, waiting for the disk. Check [`Slice::len`] first.
    pub fn read(&self) -> Result<Vec<u8>, Lost> {
        todo!()
    }
}

/// The contents of a document at one moment. Cloning is constant time; it never changes.
#[derive(Clone, Debug)]
pub struct Snapshot;

impl Snapshot {
    pub fn len(&self) -> u64 {
        todo!()
    }

    /// Grows by every edit, undo and redo: equal revisions of one document have equal contents.
    pub fn revision(&self) -> u64 {
        todo!()
    }

    /// Reads `range` (clamped to the document) without waiting, for the screen. What is not in memory or lost
    /// is a gap, found to 4 KiB.
    pub fn try_read(&self, range: Range<u64>) -> Window {
        todo!()
    }

    /// Reads `range`, waiting, for jobs.
    pub fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Lost> {
        todo!()
    }

    /// Visits `range` in order, as [`Source::scan`] does, in document offsets; for jobs.
    pub fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        todo!()
    }

    /// The contents of `range`, by reference; logarithmic time.
    pub fn slice(&self, range: Range<u64>) -> Slice {
        todo!()
    }

    /// How many newlines there are.
    pub fn newlines(&self) -> Count {
        todo!()
    }

    /// How many newlines stand before `offset`, that is, the 0-based line of `offset`. Reads at most one chunk
    /// of 64 KiB and never waits: where that chunk is not in memory, the answer is `About`.
    pub fn line_at(&self, offset: u64) -> Count {
        todo!()
    }

    /// The first byte of 0-based `line`. Reads at most one chunk and never waits.
    pub fn line_start(&self, line: u64) -> LineStart {
        todo!()
    }

    /// The last newline in `..offset`. Skips chunks known to hold none; reads at most `budget` bytes.
    pub fn newline_before(&self, offset: u64, budget: u64) -> Newline {
        todo!()
    }

    /// The first newline in `offset..`. Skips chunks known to hold none; reads at most `budget` bytes.
    pub fn newline_after(&self, offset: u64, budget: u64) -> Newline {
        todo!()
    }

    /// The changes since opening that touch `range`, in order, at most `limit`; time in proportion to the pieces
    /// in `range`.
    pub fn changes(&self, range: Range<u64>, limit: usize) -> Vec<Change> {
        todo!()
    }

    /// The first change that begins after `offset`.
    pub fn next_change(&self, offset: u64) -> Option<Change> {
        todo!()
    }

    /// The last change that begins before `offset`.
    pub fn previous_change(&self, offset: u64) -> Option<Change> {
        todo!()
    }

    /// Bytes of the file as it was opened (generation 0), without waiting.
    pub fn try_read_original(&self, range: Range<u64>) -> Window {
        todo!()
    }
}
