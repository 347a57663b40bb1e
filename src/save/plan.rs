use std::ffi::OsString;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::error::{Obstacle, SaveError, Size};
use super::facts::{Facts, directory_of};
use super::fs::{FileSystem, Kind, Stat};
use super::in_place::{PRESERVED, WINDOW};
use super::layout::Layout;
use super::redo::Redo;
use crate::document::Snapshot;
use crate::source::{Cancel, Change, Identity, Rewrites, Writer};

const SET_GROUP_ID: u32 = 0o2000;
const STICKY: u32 = 0o1000;

/// The most bytes that are written into a file rather than into a copy of it…
const SMALL: u64 = 1 << 30;
/// …and which part of it they are at most: they are written twice, and the copy is not at stake.
const SMALL_PART: u64 = 4;

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
    /// The folder for the journals of saves in place; without one nothing is saved in place.
    pub state: Option<PathBuf>,
    /// Bytes that are moved at a time within a file; they are held in memory and in the journal.
    pub window: u64,
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
            state: None,
            window: WINDOW,
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

/// How large the contents are, and what of them is in the file already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Bytes, holes included.
    pub len: u64,
    /// Bytes without holes.
    pub stored: u64,
    /// Bytes that do not stand in the file, or not in an order in which they can be moved.
    pub fresh: u64,
    /// Bytes that stand in the file, but elsewhere.
    pub moved: u64,
    /// Bytes that stand in the file where they are to stand.
    pub staying: u64,
    /// Old bytes that go and are too many to be kept for undo. (A file that is replaced keeps all of them.)
    pub forgotten: u64,
    /// Bytes of the journal of a save in place.
    pub journal: u64,
}

impl Extent {
    /// Is a clone worth its while: does most of the new file stand in the old one already?
    fn clone_helps(&self) -> bool {
        self.staying > self.len / 2
    }
}

/// How a save will be carried out, and what it costs.
#[derive(Clone, Debug)]
pub struct Plan {
    pub method: Method,
    /// The file that will be written, symbolic links resolved.
    pub target: PathBuf,
    /// What is there now: its mode, owner and attributes are kept.
    pub found: Option<Stat>,
    /// Bytes that will be read.
    pub bytes_to_read: u64,
    /// Bytes that will be written, the journal included.
    pub bytes_to_write: u64,
    /// Bytes of free space beside the target that are needed meanwhile.
    pub space_needed: u64,
    /// What would change besides the contents. The save refuses unless [`Request::accepted`] has all of them.
    pub warnings: Vec<Warning>,
}

/// How the new contents reach the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// They are written to a temporary file beside it, which is then renamed over it.
    Replace,
    /// As [`Method::Replace`], but the temporary file is a clone that shares all blocks with the old one, until what changed is
    /// written into it.
    Clone,
    /// What changed is written into it; everything else stays where it is.
    InPlace,
    /// As [`Method::InPlace`], and what stands elsewhere is moved within it.
    Move,
}

impl fmt::Display for Method {
    /// What is being done, for the status bar.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Replace => "Saving a copy that takes its place",
            Self::Clone => "Saving a clone that takes its place",
            Self::InPlace => "Saving in place",
            Self::Move => "Saving in place, moving what follows",
        })
    }
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
    /// It is a disk, which is written to directly.
    Disk,
    /// Another program is writing to the file.
    Writer { pid: u32, name: String, loses: WriterLoses },
    /// So many old bytes are overwritten that they cannot be kept: no undo past this save.
    Forgets { bytes: u64 },
}

/// What becomes of what another program writes to a file that is being saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriterLoses {
    /// It goes on writing to the old file, which has no name any more.
    TheFile,
    /// What it writes during the save may end up anywhere.
    ItsPlace,
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
            Self::Disk => f.write_str("it is a disk, and is written to directly"),
            Self::Writer { pid, name, loses: WriterLoses::TheFile } => {
                write!(f, "{name} ({pid}), which has it open for writing, will go on writing to the old file")
            }
            Self::Writer { pid, name, loses: WriterLoses::ItsPlace } => {
                write!(f, "{name} ({pid}) has it open for writing, and what it writes meanwhile may be lost")
            }
            Self::Forgets { bytes } => {
                write!(
                    f,
                    "{} of its old contents will be overwritten, so Undo will not reach behind this save",
                    Size(*bytes)
                )
            }
        }
    }
}

/// How `request` would be carried out now. Changes nothing.
pub fn plan(request: &Request, fs: &dyn FileSystem, cancel: &Cancel) -> Result<Plan, SaveError> {
    Ok(plan_layout(request, fs, cancel)?.0)
}

/// The plan, and what of the old file is kept.
pub(super) fn plan_layout(
    request: &Request,
    fs: &dyn FileSystem,
    cancel: &Cancel,
) -> Result<(Plan, Option<Layout>), SaveError> {
    let mut facts = Facts::gather(&request.target, request.state.as_deref(), fs, cancel)?;
    let range = request.range();
    let len = range.end - range.start;
    let mut extent =
        Extent { len, stored: request.snapshot.stored(range.clone()), fresh: len, ..Extent::default() };
    let layout = facts.found.map(|found| Layout::of(&request.snapshot, &range, &found));
    if let Some((layout, found)) = layout.as_ref().zip(facts.found) {
        extent.fresh = layout.fresh().map(|range| range.end - range.start).sum();
        extent.moved = layout.moved();
        extent.staying = len - extent.fresh - extent.moved;
        facts.clones = extent.clone_helps() && fs.can_clone(directory_of(&facts.target));
        extent.journal = Redo::len_of(layout, request.window);
        let removed: u64 = layout.removed().map(|range| range.end - range.start).sum();
        if let Some(rewrites) = Rewrites::of(&found.identity)
            && removed + rewrites.preserved() > PRESERVED
        {
            extent.forgotten = removed;
        }
    }
    let plan = Plan::new(extent, request.expect, request.even_if_read_only, facts)?;
    Ok((plan, layout))
}

impl Plan {
    /// Decides from `facts` alone.
    ///
    /// A file is saved in place where the change is small against it, and where it has to stay the file that it is: it
    /// has other names, belongs to somebody else, is being written by another program, or cannot be replaced. Else
    /// a copy takes its place, if there is space for one.
    pub fn new(
        extent: Extent,
        expect: Expect,
        even_if_read_only: bool,
        facts: Facts,
    ) -> Result<Self, SaveError> {
        let Facts { target, found, may_write, directory, credentials, writers, clones, journal_space } =
            facts;
        let path = target.clone();
        let denied = |obstacle| {
            let path = path.clone();
            Err(SaveError::PermissionDenied { path, obstacle })
        };
        let is_disk = found.is_some_and(|found| found.kind == Kind::Disk) && journal_space.is_some();

        if let Some(kind) = not_a_file(&target, found.as_ref()).filter(|_| !is_disk) {
            return Err(SaveError::NotAFile { path, kind });
        }
        let Some(directory) = directory else {
            return Err(SaveError::MissingDirectory { path });
        };
        expect.check(&path, found.as_ref())?;
        if directory.space.read_only {
            return Err(SaveError::ReadOnlyFilesystem { path });
        }
        let free = directory.space.free;
        let growth = extent.len.saturating_sub(found.map_or(0, |found| found.len));
        let journal_fits = journal_space.is_some_and(|space| extent.journal <= space && growth <= free);
        let in_place = journal_fits && may_write && found.is_some();

        let mut obstacle = (!directory.may_write).then_some(Obstacle::Directory);
        let mut warnings = Vec::new();
        if let Some(found) = &found {
            if found.immutable {
                return denied(Obstacle::FileImmutable);
            }
            let owners = [0, found.uid, directory.stat.uid];
            if directory.stat.mode & STICKY != 0 && !owners.contains(&credentials.uid) {
                obstacle = obstacle.or(Some(Obstacle::StickyDirectory));
            }
            // Root may write to any file; a missing write bit still says that somebody wants it left alone.
            let read_only = !may_write || found.mode & 0o222 == 0;
            if read_only && !even_if_read_only {
                return denied(obstacle.unwrap_or(Obstacle::FileReadOnly));
            }
            if found.links > 1 && !is_disk {
                warnings.push(Warning::HardLinks { links: found.links });
            }
            if !credentials.is_root() && found.uid != credentials.uid {
                warnings.push(Warning::Owner { uid: found.uid });
            }
            // New files in a set-group-id directory get its group by themselves.
            let inherited = directory.stat.mode & SET_GROUP_ID != 0 && found.gid == directory.stat.gid;
            if !credentials.is_root() && !inherited && !credentials.groups.contains(&found.gid) {
                warnings.push(Warning::Group { gid: found.gid });
            }
        }
        let mount_point = found.is_some_and(|found| found.mount_point);
        let writer = |loses| {
            let writer = writers.first().cloned();
            writer.map(|Writer { pid, name }| Warning::Writer { pid, name, loses })
        };
        warnings.extend(writer(WriterLoses::TheFile));

        let cannot_be_replaced = obstacle.is_some() || mount_point || is_disk;
        let must_stay = cannot_be_replaced || !warnings.is_empty();
        let is_small = extent.moved == 0
            && extent.forgotten == 0
            && extent.fresh <= SMALL.min(extent.len / SMALL_PART)
            && extent.len > 0;
        // What is in both files at other places is copied: only what stays shares its blocks.
        let clones = clones && extent.clone_helps();
        let copied = if clones { extent.fresh + extent.moved } else { extent.stored };
        let has_space = copied <= free;
        let writes_in_place = in_place && (must_stay || (is_small && !clones) || !has_space);
        if writes_in_place {
            return Self::in_place(extent, target, found, is_disk, writer(WriterLoses::ItsPlace));
        }
        if let Some(obstacle) = obstacle {
            return denied(obstacle);
        }
        if mount_point {
            return Err(SaveError::MountPoint { path });
        }
        if is_disk {
            return Err(SaveError::NoSpace {
                path,
                needed: extent.journal,
                free: journal_space.unwrap_or(0),
            });
        }
        if !has_space {
            return Err(SaveError::NoSpace { path, needed: copied, free });
        }
        Ok(Self {
            method: if clones { Method::Clone } else { Method::Replace },
            target,
            found,
            bytes_to_read: copied,
            bytes_to_write: copied,
            space_needed: copied,
            warnings,
        })
    }

    /// What it takes, in words.
    pub fn cost(&self) -> String {
        let beside = match self.space_needed {
            0 => String::new(),
            bytes => format!("; it takes {} of free space", Size(bytes)),
        };
        let (read, written) = (Size(self.bytes_to_read), Size(self.bytes_to_write));
        let journal = match self.method {
            Method::Replace | Method::Clone => "",
            Method::InPlace | Method::Move => ", journal included",
        };
        format!("{read} are read and {written} written{journal}{beside}.")
    }

    fn in_place(
        extent: Extent,
        target: PathBuf,
        found: Option<Stat>,
        is_disk: bool,
        writer: Option<Warning>,
    ) -> Result<Self, SaveError> {
        let Extent { len, fresh, moved, forgotten, .. } = extent;
        let old_len = found.map_or(0, |found| found.len);
        let mut warnings = Vec::new();
        if is_disk {
            if len != old_len {
                return Err(SaveError::SizeFixed { path: target, len, size: old_len });
            }
            warnings.push(Warning::Disk);
        }
        let method = if moved > 0 { Method::Move } else { Method::InPlace };
        if method == Method::Move {
            warnings.extend(writer);
        }
        if forgotten > 0 {
            warnings.push(Warning::Forgets { bytes: forgotten });
        }
        Ok(Self {
            method,
            target,
            found,
            bytes_to_read: fresh + moved,
            bytes_to_write: 2 * (fresh + moved),
            space_needed: len.saturating_sub(old_len),
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
