use std::ffi::OsString;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::error::{Obstacle, SaveError};
use super::facts::Facts;
use super::fs::{FileSystem, Kind, Stat};
use crate::document::Snapshot;
use crate::source::{Change, Identity};

const SET_GROUP_ID: u32 = 0o2000;
const STICKY: u32 = 0o1000;

/// What to save, and where.
#[derive(Clone, Debug)]
pub struct Request {
    pub snapshot: Snapshot,
    /// The part of the document to save, in bytes ("Save selection as…"); `None` for all of it.
    pub range: Option<Range<u64>>,
    pub target: PathBuf,
    pub expect: Expect,
    /// Replace a read-only file if its directory allows that. Ask the person first.
    pub even_if_read_only: bool,
    /// The permissions of a new file (`0o777`), as one of its name had them; `None` for the usual ones.
    pub mode: Option<u32>,
    /// What the person agreed to lose; see [`Plan::warnings`].
    pub accepted: Vec<Warning>,
}

impl Request {
    /// All of `snapshot`, replacing nothing that is read-only, losing nothing.
    pub fn new(snapshot: Snapshot, target: impl Into<PathBuf>, expect: Expect) -> Self {
        Self {
            snapshot,
            range: None,
            target: target.into(),
            expect,
            even_if_read_only: false,
            mode: None,
            accepted: Vec::new(),
        }
    }

    pub(super) fn range(&self) -> Range<u64> {
        let all = 0..self.snapshot.len();
        let range = self.range.clone().unwrap_or(all.clone());
        assert!(range.start <= range.end && range.end <= all.end, "the range lies in the document");
        range
    }
}

/// What the person believes the target to be. Looked at when planning, and again right before the old file gives
/// way to the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// There is nothing.
    New,
    /// The file as it was opened or last saved.
    Unchanged(Identity),
    /// Whatever is there may be overwritten: the person was asked.
    Anything,
}

impl Expect {
    pub(super) fn check(self, path: &Path, found: Option<&Stat>) -> Result<(), SaveError> {
        let path = path.to_owned();
        let found = found.map(|stat| stat.identity);
        match self {
            Self::New if found.is_some() => Err(SaveError::Exists { path }),
            Self::New | Self::Anything => Ok(()),
            Self::Unchanged(expected) => match expected.change(found) {
                Change::Same => Ok(()),
                change => Err(SaveError::Changed {
                    path,
                    change,
                    expected_len: expected.len,
                    len: found.map_or(0, |found| found.len),
                }),
            },
        }
    }
}

/// How large the contents are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Bytes, holes included.
    pub len: u64,
    /// Bytes without holes.
    pub stored: u64,
}

/// How a save will be carried out, and what it costs.
#[derive(Clone, Debug)]
pub struct Plan {
    pub method: Method,
    /// The file that will be written, symbolic links resolved.
    pub target: PathBuf,
    /// What is there now: its mode, owner and attributes are kept.
    pub found: Option<Stat>,
    /// Bytes that will be written.
    pub bytes_to_write: u64,
    /// Bytes of free space that are needed meanwhile.
    pub space_needed: u64,
    /// What would change besides the contents. The save refuses unless [`Request::accepted`] has all of them.
    pub warnings: Vec<Warning>,
}

/// How the new contents reach the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// They are written to a temporary file beside it, which is then renamed over it.
    Replace,
}

/// Something besides the contents that saving would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The file has other names (`links` with this one): they keep the old contents.
    HardLinks { links: u64 },
    /// The file will belong to this user instead of `uid`.
    Owner { uid: u32 },
    /// The file will belong to one of this user's groups instead of `gid`; what the group may do is reduced to
    /// what everybody may.
    Group { gid: u32 },
    /// The permissions cannot be kept.
    Mode { mode: u32 },
    /// An extended attribute cannot be kept.
    Attribute { name: OsString },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HardLinks { links: 2 } => {
                write!(f, "its other name (a hard link) will keep the old contents")
            }
            Self::HardLinks { links } => {
                let others = links.saturating_sub(1);
                write!(f, "its {others} other names (hard links) will keep the old contents")
            }
            Self::Owner { uid } => write!(f, "it will belong to you instead of user {uid}"),
            Self::Group { gid } => {
                write!(f, "it will belong to a group of yours instead of group {gid}")
            }
            Self::Mode { mode } => write!(f, "its permissions ({mode:o}) cannot be kept"),
            Self::Attribute { name } => {
                write!(f, "its attribute {} cannot be kept", name.display())
            }
        }
    }
}

/// How `request` would be carried out now. Changes nothing.
pub fn plan(request: &Request, fs: &dyn FileSystem) -> Result<Plan, SaveError> {
    let range = request.range();
    let extent = Extent { len: range.end - range.start, stored: request.snapshot.stored(range) };
    let facts = Facts::gather(&request.target, fs)?;
    Plan::new(extent, request.expect, request.even_if_read_only, facts)
}

impl Plan {
    /// Decides from `facts` alone.
    pub fn new(
        extent: Extent,
        expect: Expect,
        even_if_read_only: bool,
        facts: Facts,
    ) -> Result<Self, SaveError> {
        let Facts { target, found, may_write, directory, credentials } = facts;
        let path = target.clone();
        let denied = |obstacle| {
            let path = path.clone();
            Err(SaveError::PermissionDenied { path, obstacle })
        };

        if let Some(kind) = not_a_file(&target, found.as_ref()) {
            return Err(SaveError::NotAFile { path, kind });
        }
        let Some(directory) = directory else {
            return Err(SaveError::MissingDirectory { path });
        };
        expect.check(&path, found.as_ref())?;
        if directory.space.read_only {
            return Err(SaveError::ReadOnlyFilesystem { path });
        }
        if !directory.may_write {
            return denied(Obstacle::Directory);
        }
        if let Some(found) = &found {
            if found.mount_point {
                return Err(SaveError::MountPoint { path });
            }
            if found.immutable {
                return denied(Obstacle::FileImmutable);
            }
            let owners = [0, found.uid, directory.stat.uid];
            if directory.stat.mode & STICKY != 0 && !owners.contains(&credentials.uid) {
                return denied(Obstacle::StickyDirectory);
            }
            // Root may write to any file; a missing write bit still says that somebody wants it left alone.
            let read_only = !may_write || found.mode & 0o222 == 0;
            if read_only && !even_if_read_only {
                return denied(Obstacle::FileReadOnly);
            }
        }
        if extent.stored > directory.space.free {
            return Err(SaveError::NoSpace { path, needed: extent.stored, free: directory.space.free });
        }

        let mut warnings = Vec::new();
        if let Some(Stat { links, uid, gid, .. }) = found {
            if links > 1 {
                warnings.push(Warning::HardLinks { links });
            }
            if !credentials.is_root() && uid != credentials.uid {
                warnings.push(Warning::Owner { uid });
            }
            // New files in a set-group-id directory get its group by themselves.
            let inherited = directory.stat.mode & SET_GROUP_ID != 0 && gid == directory.stat.gid;
            if !credentials.is_root() && !inherited && !credentials.groups.contains(&gid) {
                warnings.push(Warning::Group { gid });
            }
        }
        Ok(Self {
            method: Method::Replace,
            target,
            found,
            bytes_to_write: extent.stored,
            space_needed: extent.stored,
            warnings,
        })
    }
}

/// What `target` is, if it cannot be a file.
fn not_a_file(target: &Path, found: Option<&Stat>) -> Option<Kind> {
    match found {
        Some(stat) if stat.kind != Kind::File => Some(stat.kind),
        // "..", "/", and "name/" name directories, whether they exist or not.
        _ if target.file_name().is_none() || has_trailing_slash(target) => Some(Kind::Directory),
        _ => None,
    }
}

fn has_trailing_slash(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/")
}
