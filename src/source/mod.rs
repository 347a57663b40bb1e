//! BYTES AT REST: read-only, fallible, safe when the file changes underneath.
//!
//! A [`Source`] answers reads by absolute offset and never changes its length. What a file loses while it is
//! open (truncation, a failing disk) comes back as [`Lost`], never as wrong bytes and never as a crash.
//! Nothing here knows of documents, edits, lines or text.

mod memory;

mod extents;
mod fetched;
mod positional;

mod fault;
mod mapped;

mod synthetic;

mod tally;

mod rewrite;
mod rewritten;

mod compressed;
mod spool;
mod stream;

mod folder;
mod identity;
mod medium;
mod open;
mod size;
mod writers;

mod cancel;

pub mod testing;

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::{ControlFlow, Range};

pub use cancel::{Cancel, Progress};
pub use compressed::{Compression, Encoder};
pub use fault::interruption;
pub use folder::{Choices, FilesUnder};
pub use identity::{Change, Identity, identity_of};
pub use mapped::{Mapped, give_way};
pub use medium::Medium;
pub use memory::Memory;
pub use open::{OpenError, Opened, Options, open, open_with};
pub use positional::Positional;
pub use rewrite::{Kept, Preserved};
pub use rewritten::{Rewrites, Rewriting, Rewritten};
pub use size::Size;
pub use spool::{Space, Spool, SpoolReader};
pub use stream::{Input, Limits, StreamError, fill, fill_first};
pub use synthetic::Synthetic;
pub use tally::WHOLE;
pub use writers::{Writer, writers};

/// Bytes at rest, addressed by `u64` offsets in `0..len()`.
///
/// Ranges given to the reading methods lie within `0..len()`; anything else is a bug of the caller (panic).
pub trait Source: Send + Sync + fmt::Debug {
    /// Length in bytes. Constant: what a file loses afterwards is [`Lost`], what it gains is not seen.
    fn len(&self) -> u64;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Which file, and in which state, this was when it was opened; `None` for what is not a file.
    fn identity(&self) -> Option<Identity>;

    /// Are its bytes its own, whatever becomes of the file that they came from?
    fn is_own(&self) -> bool {
        false
    }

    /// Fills all of `buf` from `offset`, or says why not, without ever waiting for a disk: the UI thread's way
    /// to read. After [`TryRead::Pending`] let a job call [`Source::read_at`] for the same range and ask again.
    /// The contents of `buf` are unspecified unless [`TryRead::Ready`].
    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead;

    /// Fills all of `buf` from `offset`, waiting for the disk: the way of jobs.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost>;

    /// Visits every byte of `range` exactly once, in order, as slices of at most 1 MiB, holes and losses, until
    /// `visit` breaks. Holes are told without being read. A slice is only shown after it is known to be what the
    /// file held.
    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()>;

    /// Counts bytes of some kind in every chunk of `range`, in order, until `publish` breaks: the fastest way
    /// over a file, because `count` may run on the mapped file itself.
    ///
    /// `range` is split at the multiples of `chunk` (an offset in the source; not zero), so that its first and
    /// last chunk may be partial. `publish` gets the range of one chunk and its count; or a run of chunks that
    /// are holes, of which every one counts 0; or a run of chunks of which every one has [`Lost`] something.
    /// The ranges published follow each other without gaps from `range.start` to `range.end`.
    ///
    /// Whatever `count` returned is thrown away, and counted again from a private copy, when the file turned
    /// out to have been truncated or unreadable meanwhile. So `count` must do nothing but return a number; and
    /// it must be 0 for NULs. Of chunks of up to [`WHOLE`] it gets each in one slice, and may return any number that tells
    /// of it. Larger ones it gets in slices whose counts are added up, so it must be additive, `count(a ++ b) == count(a)
    /// + count(b)` wherever the bytes are cut: to count a byte is; to count what two bytes make together (UTF-16) is not,
    /// and takes [`Source::scan`]. Chunks of over 16 MiB are counted only as fast as by a scan.
    fn tally(
        &self,
        range: Range<u64>,
        chunk: u64,
        count: &mut dyn FnMut(&[u8]) -> u64,
        publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        tally::by_scan(self, range, chunk, count, publish)
    }

    /// [`Source::tally`] of what may lie across chunks or depends on what stands beside it: `count` gets every chunk with
    /// up to `around` bytes before and behind it, as many as there are. It does nothing but return a number, as there, and
    /// gives 0 for a chunk of NULs whatever stands around it; but it need not be additive, and gets each chunk in one
    /// slice. `around` is at most a chunk.
    fn tally_around(
        &self,
        range: Range<u64>,
        chunk: u64,
        around: u64,
        count: &mut dyn FnMut(Chunk<'_>) -> u64,
        publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        tally::around_by_reading(self, range, chunk, around, count, publish)
    }

    /// Tells the system that `range` is going to be read, so that reads of several places are under way at once: on a
    /// slow medium each takes its time. Waits for none of them.
    fn will_need(&self, _range: Range<u64>) {}

    /// How many bytes of `range` are stored, that is, do not lie in holes: the space that a copy takes. Reads
    /// nothing; may wait for the disk where a file has holes, in proportion to their number.
    fn stored(&self, range: Range<u64>) -> u64 {
        check_range(self, &range);
        range.end - range.start
    }

    /// A hole around `offset`: nothing is stored there, and it reads as zeros. `None` where bytes are stored, and where
    /// nobody has asked yet. Never waits for a disk: holes become known as jobs read or sweep over them. The hole may
    /// reach further to both sides than is known.
    fn hole_at(&self, _offset: u64) -> Option<Range<u64>> {
        None
    }

    /// Where the bytes of `range` stand in the file that has the identity `now`, run by run in order; `None` for
    /// those that stand elsewhere, or that may not be the same any more. Waits for no disk.
    fn in_file(&self, range: Range<u64>, _now: &Identity, visit: &mut dyn FnMut(Range<u64>, Option<u64>)) {
        visit(range, None);
    }
}

/// One step of [`Source::scan`].
#[derive(Debug)]
pub enum Scanned<'a> {
    /// `bytes` stand at `offset`. At most 1 MiB.
    Data { offset: u64, bytes: &'a [u8] },
    /// Nothing is stored here: it reads as zeros.
    Hole(Range<u64>),
    /// These bytes cannot be had (any more).
    Lost(Range<u64>, Lost),
}

/// What [`Source::tally_around`] shows: `bytes[own]` is the chunk, the rest stands around it.
#[derive(Clone, Debug)]
pub struct Chunk<'a> {
    pub bytes: &'a [u8],
    pub own: Range<usize>,
}

/// The answer of [`Source::try_read_at`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TryRead {
    Ready,
    /// Not in memory; reading it would wait.
    Pending,
    Lost(Lost),
}

/// Why bytes that were in a source cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The file is shorter than it was when it was opened.
    #[error("the file was truncated to {len} bytes")]
    Truncated { len: u64 },
    /// The system's own words, e.g. "Input/output error (os error 5)".
    #[error("{0}")]
    Unreadable(String),
}

/// The most bytes that the sources of this room show at once: what stays in a core's own cache.
const SLICE: usize = if cfg!(test) { 8 << 10 } else { 256 << 10 };

/// Panics unless `range` lies in the source.
fn check_range<S: Source + ?Sized>(source: &S, range: &Range<u64>) {
    let len = source.len();
    assert!(
        range.start <= range.end && range.end <= len,
        "{range:?} does not lie in the {len} bytes of a source"
    );
}
