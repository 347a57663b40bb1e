use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use super::fs::Kind;
use super::plan::Warning;
use super::write::Saved;
use crate::source::{Change, Identity, Lost, Size};

/// What every message says, except where the file is not as it was.
const KEPT: &str = "The file on disk is untouched, and your edits are still in the editor.";

/// Why a save did not happen. Unless it is [`SaveError::Unconfirmed`] or [`SaveError::Interrupted`], the target is as it was, and nothing is
/// left behind except where [`SaveError::Leftover`] says so.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// It was expected not to exist.
    #[error("“{}” exists already. {KEPT}", .path.display())]
    Exists { path: PathBuf },

    /// `len` is what it is now, in bytes, and `expected_len` what it was.
    #[error(
        "“{}” {} since it was opened. {KEPT}",
        .path.display(), Happened(*.change, *.expected_len, *.len)
    )]
    Changed { path: PathBuf, change: Change, expected_len: u64, len: u64 },

    #[error("“{}” cannot be saved: its folder does not exist. {KEPT}", .path.display())]
    MissingDirectory { path: PathBuf },

    #[error("“{}” cannot be saved: it is a {kind}, not a file. {KEPT}", .path.display())]
    NotAFile { path: PathBuf, kind: Kind },

    #[error("“{}” cannot be saved: its symbolic links lead in a circle. {KEPT}", .path.display())]
    LinkLoop { path: PathBuf },

    #[error("“{}” cannot be saved: {obstacle}. {KEPT}", .path.display())]
    PermissionDenied { path: PathBuf, obstacle: Obstacle },

    #[error("“{}” cannot be saved: its file system is mounted read-only. {KEPT}", .path.display())]
    ReadOnlyFilesystem { path: PathBuf },

    #[error(
        "“{}” cannot be saved: something is mounted on it, so it cannot be replaced. {KEPT}",
        .path.display()
    )]
    MountPoint { path: PathBuf },

    /// Sizes in bytes.
    #[error(
        "“{}” cannot be saved: that takes {}, and {} are free. {KEPT}",
        .path.display(), Size(*.needed), Size(*.free)
    )]
    NoSpace { path: PathBuf, needed: u64, free: u64 },

    /// `range` of the document, in bytes.
    #[error(
        "“{}” cannot be saved: bytes {} to {} of the document can no longer be read ({cause}). {KEPT}",
        .path.display(), .range.start, .range.end
    )]
    Lost { path: PathBuf, range: Range<u64>, cause: Lost },

    /// Saving would lose something, and the request does not accept that. Ask, then put the warnings into
    /// [`Request::accepted`](super::Request::accepted).
    #[error("Saving “{}” would change more than its contents: {}. {cost} {KEPT}", .path.display(), List(.warnings))]
    Unaccepted { path: PathBuf, warnings: Vec<Warning>, cost: String },

    /// Sizes in bytes.
    #[error(
        "“{}” cannot be saved: its size is fixed at {size} bytes, and the document has {len}. {KEPT}",
        .path.display()
    )]
    SizeFixed { path: PathBuf, len: u64, size: u64 },

    /// Its journal is there: it is being saved, or an interrupted save has yet to be completed.
    #[error("“{}” is being saved by another window just now. {KEPT}", .path.display())]
    Busy { path: PathBuf },

    /// A save in place broke off when it could not be taken back any more. Its journal completes it.
    #[error(
        "“{}” {reached}: {step} failed ({error}). Nothing is lost, but do not use the file yet: to complete it, save \
         again, or start Hextant again. Your edits are still in the editor.",
        .path.display()
    )]
    Interrupted { path: PathBuf, reached: Reached, step: Step, error: io::Error },

    #[error("Saving “{}” was cancelled. {KEPT}", .path.display())]
    Cancelled { path: PathBuf },

    #[error("“{}” cannot be saved: {step} failed ({error}). {KEPT}", .path.display())]
    Io { path: PathBuf, step: Step, error: io::Error },

    /// The new file is in place, whole, but a step after that failed: it may not survive a power failure, or
    /// cannot be opened. Where it could be opened, the document can rest on `saved`; else it is the file in the state
    /// `written`, if that could be told.
    #[error(
        "“{}” has its new contents, but {step} failed ({error}): do not rely on them yet. \
         Your edits are still in the editor.",
        .path.display()
    )]
    Unconfirmed {
        path: PathBuf,
        step: Step,
        error: io::Error,
        saved: Option<Box<Saved>>,
        written: Option<Box<Identity>>,
    },

    /// `cause` ended the save, and then its unfinished temporary file could not be removed.
    #[error("{cause} The unfinished copy “{}” could not be removed ({error}).", .temporary.display())]
    Leftover { cause: Box<SaveError>, temporary: PathBuf, error: io::Error },
}

/// How far a save in place had come when it broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Nothing of the file is written, but the journal could not be withdrawn.
    Journal,
    Half,
    /// All of it is written, but the journal still says that it is to be.
    All,
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Journal => "is not written yet, and that it will be could not be taken back",
            Self::Half => "is half written",
            Self::All => "has its new contents, but is not finished",
        })
    }
}

/// What happened to a file, in words.
struct Happened(Change, u64, u64);

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(change, was, now) = *self;
        match change {
            Change::Same => write!(f, "is unchanged"),
            Change::Removed => write!(f, "was removed from disk"),
            Change::Replaced => write!(f, "was replaced by another file"),
            Change::Appended => write!(f, "grew on disk from {} to {}", Size(was), Size(now)),
            Change::Truncated => write!(f, "shrank on disk from {} to {}", Size(was), Size(now)),
            Change::Rewritten => {
                write!(f, "was written to by another program (or its permissions or names changed)")
            }
        }
    }
}

/// What the permissions do not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The file is marked read-only, or is not this user's to write. The directory would allow to replace it:
    /// [`Request::even_if_read_only`](super::Request::even_if_read_only).
    FileReadOnly,
    /// The file is immutable or append-only (`chattr`).
    FileImmutable,
    /// No names can be created in the directory.
    Directory,
    /// The directory lets only owners replace their files (`/tmp`), and the file is someone else's.
    StickyDirectory,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FileReadOnly => "the file is read-only",
            Self::FileImmutable => "the file is marked as immutable",
            Self::Directory => "you may not write to its folder",
            Self::StickyDirectory => {
                "it belongs to someone else, and its folder lets only owners replace their files"
            }
        })
    }
}

/// What was being done when the system reported an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Examine,
    Create,
    Reserve,
    Write,
    Metadata,
    Sync,
    /// The temporary file does not have the length that was written.
    Verify,
    Rename,
    SyncDirectory,
    Open,
    Clone,
    OpenToWrite,
    /// Reading what is to be moved.
    Read,
    Journal,
    Backup,
    /// Comparing what is on the disk with what was written.
    ReadBack,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Examine => "examining it",
            Self::Create => "creating a temporary file beside it",
            Self::Reserve => "reserving space",
            Self::Write => "writing the new contents",
            Self::Metadata => "keeping its owner, attributes and mode",
            Self::Sync => "flushing the new contents to the disk",
            Self::Verify => "verifying the length of the new contents",
            Self::Rename => "putting the new file in place of the old",
            Self::SyncDirectory => "flushing the folder to the disk",
            Self::Open => "opening the new file",
            Self::Clone => "cloning it",
            Self::OpenToWrite => "opening it for writing",
            Self::Read => "reading it",
            Self::Journal => "writing the journal of the save",
            Self::Backup => "keeping the previous version as a backup",
            Self::ReadBack => "reading back what was written",
        })
    }
}

struct List<'a>(&'a [Warning]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, warning) in self.0.iter().enumerate() {
            write!(f, "{}{warning}", if i == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}
