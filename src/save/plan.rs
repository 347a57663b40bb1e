use std::ffi::OsString;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::{Obstacle, SaveError};
use super::facts::{Facts, directory_of};
use super::fs::{FileSystem, Kind, Stat};
use super::in_place::{PRESERVED, WINDOW};
use super::layout::Layout;
use super::metadata::CAPABILITY;
use super::redo::Redo;
use crate::document::Snapshot;
use crate::source::{Cancel, Change, Identity, Medium, Rewrites, Size, Writer};

const SET_GROUP_ID: u32 = 0o2000;
const STICKY: u32 = 0o1000;

/// The most bytes that are written into a file rather than into a copy of it…
const SMALL: u64 = 1 << 30;
/// …and which part of it they are at most: they are written twice, and the copy is not at stake.
const SMALL_PART: u64 = 4;

/// Bytes that a second is taken to suffice for, as long as nothing was measured: on a slow disk of this machine…
const LOCAL_RATE: u64 = 100_000_000;
/// …and elsewhere.
const NETWORK_RATE: u64 = 10_000_000;

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
    /// Read back what was written, and compare.
    pub verify: bool,
    /// Keep the previous version as `name~`.
    pub backup: bool,
    /// Bytes that were written in a second the last time, for the estimate; `None` for what is usual.
    pub rate: Option<u64>,
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
            verify: false,
            backup: false,
            rate: None,
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
    /// Bytes of holes that would be moved within the file: they are written, and are none any more.
    pub filled: u64,
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
    /// How long that is likely to take.
    pub time: Duration,
    /// How the previous version is kept, if it is to be.
    pub backup: Option<Backup>,
    /// Where the file lies.
    pub medium: Medium,
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

/// How the previous version becomes `name~`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backup {
    /// It is the old file itself.
    Old,
    /// It is a clone of it, made before it is written to.
    Clone,
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
    /// So many bytes of holes are filled with zeros.
    Holes { bytes: u64 },
    /// The previous version cannot be kept as `name~`, as was asked for.
    NoBackup,
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
            Self::Holes { bytes } => {
                write!(f, "{} of its holes will be filled with zeros", Size(*bytes))
            }
            Self::NoBackup => f.write_str(
                "its previous version will not be kept as a backup, because it is written to directly",
            ),
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
    let mut facts = Facts::gather(&request.target, request.state.as_deref(), fs)?;
    (facts.rate, facts.wants_backup) = (request.rate, request.backup);
    let range = request.range();
    let len = range.end - range.start;
    let mut extent =
        Extent { len, stored: request.snapshot.stored(range.clone()), fresh: len, ..Extent::default() };
    let layout = facts.found.map(|found| Layout::of(&request.snapshot, &range, &found));
    if let Some((layout, found)) = layout.as_ref().zip(facts.found) {
        extent.fresh = layout.fresh().map(|range| range.end - range.start).sum();
        extent.moved = layout.moved();
        extent.staying = len - extent.fresh - extent.moved;
        facts.clones = (extent.clone_helps() || request.backup) && fs.can_clone(directory_of(&facts.target));
        extent.journal = Redo::len_of(layout, request.window);
        extent.filled = layout.filled(&request.snapshot, range.start);
        let removed: u64 = layout.removed().map(|range| range.end - range.start).sum();
        if let Some(rewrites) = Rewrites::of(&found.identity)
            && removed + rewrites.preserved() > PRESERVED
        {
            extent.forgotten = removed;
        }
    }
    let decide = |facts| Plan::new(extent, request.expect, request.even_if_read_only, facts);
    let plan = match decide(facts.clone()) {
        Ok(plan) if plan.only_overwrites(len) => plan,
        plan if facts.found.is_none() => plan?,
        _ => {
            facts.writers = fs.writers(&facts.target, cancel);
            decide(facts)?
        }
    };
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
        let Facts { target, found, may_write, directory, credentials, writers, clones, .. } = facts;
        let Facts { journal_space, medium, rate, has_capability, wants_backup, .. } = facts;
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
        let is_only_touched = match expect {
            Expect::Unchanged(expected) => expected.is_only_touched(found.map(|found| found.identity)),
            Expect::New | Expect::Anything => false,
        };
        // What was made of its mode or owner is kept, as it is now.
        if !is_only_touched {
            expect.check(&path, found.as_ref())?;
        }
        if directory.space.read_only {
            return Err(SaveError::ReadOnlyFilesystem { path });
        }
        let free = directory.space.free;
        let growth = extent.len.saturating_sub(found.map_or(0, |found| found.len));
        let grows_by = growth.saturating_add(extent.filled);
        let journal_fits = journal_space.is_some_and(|space| extent.journal <= space && grows_by <= free);
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
        let is_kept = clones && obstacle.is_none() && !is_disk;
        let clones = clones && extent.clone_helps();
        let copied = if clones { extent.fresh + extent.moved } else { extent.stored };
        let has_space = copied <= free;
        let is_better_in_place = is_small && !clones && (!wants_backup || is_kept);
        let rate = rate.unwrap_or(match medium {
            Medium::Local => LOCAL_RATE,
            Medium::Network(_) => NETWORK_RATE,
        });
        let wants_backup = wants_backup && found.is_some() && !is_disk;
        if in_place && (must_stay || is_better_in_place || !has_space) {
            let mut warnings = Vec::new();
            if wants_backup && !is_kept {
                warnings.push(Warning::NoBackup);
            }
            // Who may give them may give them back.
            if has_capability && !credentials.is_root() {
                warnings.push(Warning::Attribute { name: CAPABILITY.into() });
            }
            let backup = (wants_backup && is_kept).then_some(Backup::Clone);
            let plan = Self { backup, medium, warnings, ..Self::blank(target, found) };
            return plan.in_place(extent, is_disk, writer(WriterLoses::ItsPlace), rate);
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
            bytes_to_read: copied,
            bytes_to_write: copied,
            space_needed: copied,
            time: time(copied, rate),
            backup: wants_backup.then_some(Backup::Old),
            medium,
            warnings,
            ..Self::blank(target, found)
        })
    }

    /// Would `len` bytes be written over as many, in place? Then it makes no difference whether others write to the file.
    fn only_overwrites(&self, len: u64) -> bool {
        self.method == Method::InPlace && self.found.is_some_and(|found| found.len == len)
    }

    /// A plan to do nothing.
    fn blank(target: PathBuf, found: Option<Stat>) -> Self {
        Self {
            method: Method::Replace,
            target,
            found,
            bytes_to_read: 0,
            bytes_to_write: 0,
            space_needed: 0,
            time: Duration::ZERO,
            backup: None,
            medium: Medium::Local,
            warnings: Vec::new(),
        }
    }

    /// What it takes, in words.
    pub fn cost(&self) -> String {
        let beside = match self.space_needed {
            0 => String::new(),
            bytes => format!(" and {} of free space", Size(bytes)),
        };
        let (read, written) = (Size(self.bytes_to_read), Size(self.bytes_to_write));
        let journal = match self.method {
            Method::Replace | Method::Clone => "",
            Method::InPlace | Method::Move => ", journal included",
        };
        let over = match self.medium {
            Medium::Local => String::new(),
            Medium::Network(name) => format!(" over {name}"),
        };
        let time = Lasting(self.time);
        let are = if self.bytes_to_read == 1 { "is" } else { "are" };
        format!("{read} {are} read and {written} written{over}{journal}, which takes {time}{beside}.")
    }

    fn in_place(
        mut self,
        extent: Extent,
        is_disk: bool,
        writer: Option<Warning>,
        rate: u64,
    ) -> Result<Self, SaveError> {
        let Extent { len, fresh, moved, forgotten, filled, .. } = extent;
        let old_len = self.found.map_or(0, |found| found.len);
        let warnings = &mut self.warnings;
        if is_disk {
            if len != old_len {
                return Err(SaveError::SizeFixed { path: self.target, len, size: old_len });
            }
            warnings.push(Warning::Disk);
        }
        self.method = if moved > 0 { Method::Move } else { Method::InPlace };
        // What is appended meanwhile stands where something moves to, is cut off, or is written over.
        if self.method == Method::Move || len != old_len {
            warnings.extend(writer);
        }
        if filled > 0 {
            warnings.push(Warning::Holes { bytes: filled });
        }
        if forgotten > 0 {
            warnings.push(Warning::Forgets { bytes: forgotten });
        }
        self.bytes_to_read = fresh + moved;
        self.bytes_to_write = 2 * (fresh + moved);
        self.space_needed = len.saturating_sub(old_len) + filled;
        self.time = time(self.bytes_to_write, rate);
        Ok(self)
    }
}

fn time(bytes: u64, rate: u64) -> Duration {
    Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64)
}

/// A time for a person, as roughly as it is known.
struct Lasting(Duration);

impl fmt::Display for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            0 => f.write_str("less than a second"),
            seconds @ 1..=90 => write!(f, "about {} seconds", seconds + 1),
            seconds @ 91..=5400 => write!(f, "about {} minutes", seconds.div_ceil(60)),
            seconds => write!(f, "about {} hours", seconds.div_ceil(3600)),
        }
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
