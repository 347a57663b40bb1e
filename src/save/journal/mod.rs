//! THE EDIT JOURNAL: what a document has that its file has not, on disk before the person thinks of saving.
//!
//! A journal is a file that only grows: a magic line that names its version, then records, each with its number and a
//! checksum. The first says of which file it is, and in which state; the others hold bytes that were added, and edits. An
//! edit puts *spans* in the place of ranges: spans of the file as it was opened, or of bytes that the journal has, so that
//! moving, duplicating, or bringing back 50 GB takes a few bytes. Undo and redo are edits like others.
//!
//! Whatever became of its end, everything up to the last whole record is read again ([`Read`]): a torn record is what a crash
//! leaves. Around each edit some bytes of the file are remembered, by which edits find their places in a file that has
//! changed since.
//!
//! A journal belongs to who holds its lock ([`Folder`]). One without an owner was left by a crash, or by a window that was
//! closed with edits to come back to.
//!
//! ```text
//! magic │ header │ bytes │ contents │ context │ bytes │ edit │ edit │ …
//! record: length of the payload (4) │ kind (1) │ number (8) │ payload │ checksum (8), all little-endian
//! ```

mod record;

mod header;

mod span;

mod writing;

mod reading;

mod remembered;

mod folder;

#[cfg(test)]
mod tests;

pub use folder::{Folder, Held, Left, Log, LogFile, Owner};
pub use header::{Base, Header, OtherFile};
pub use reading::{Read, Replaced, Unreadable, read};
#[cfg(any(test, fuzzing))]
pub(super) use record::sealed;
pub use remembered::Remembered;
pub use span::{Origin, Span};
pub use writing::{Journal, JournalError, Paths, Subject};
