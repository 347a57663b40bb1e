use std::ffi::OsString;
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::source::{Cancel, Identity, Medium, Source, Writer};

/// Everything that saving asks of a file system or does to it. Paths are followed through symbolic links unless
/// said otherwise. Errors are the system's own, with its error number.
pub trait FileSystem: fmt::Debug + Send + Sync {
    /// What `path` names; `None` if there is nothing.
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>>;

    /// Where the symbolic link `path` points, as it is written there; `None` if `path` is no link.
    fn read_link(&self, path: &Path) -> io::Result<Option<PathBuf>>;

    /// May this process write to the file `path`, or create and rename names in the directory `path`?
    fn may_write(&self, path: &Path) -> io::Result<bool>;

    /// The file system on which `directory` lies.
    fn space(&self, directory: &Path) -> io::Result<Space>;

    /// As whom this process acts.
    fn credentials(&self) -> io::Result<Credentials>;

    /// The extended attributes of `path`, access control lists among them.
    fn attributes(&self, path: &Path) -> io::Result<Vec<Attribute>>;

    /// Creates the empty file `path` for reading and writing; fails if the name exists in any form (a dangling
    /// link too). The umask and the directory's default access control list apply to `mode`.
    fn create_new(&self, path: &Path, mode: u32) -> io::Result<Box<dyn Writable>>;

    /// Opens the existing file `path` for reading and writing; a block device only if nobody else uses it (has it
    /// mounted, say), else with `ResourceBusy`.
    fn open_to_write(&self, path: &Path) -> io::Result<Box<dyn Writable>>;

    /// Gives the file `from` the name `to` in the same directory, atomically.
    fn rename(&self, from: &Path, to: &Path, overwrite: Overwrite) -> io::Result<()>;

    /// Gives the file `from` the second name `to`, which must be free.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a name.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes names created, renamed and removed in `directory` survive a power failure.
    fn sync_directory(&self, directory: &Path) -> io::Result<()>;

    /// Opens `path` for reading, as documents rest on it.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>>;

    /// Opens `path` to read what it holds at any moment, whatever is saved into it in place. With `in_flux` it is about
    /// to be rewritten, and will be at most so many bytes long meanwhile.
    fn open_raw(&self, path: &Path, in_flux: Option<u64>) -> io::Result<Arc<dyn Source>>;

    /// The other processes that have `path` open for writing, as far as can be seen.
    fn writers(&self, path: &Path, cancel: &Cancel) -> Vec<Writer>;

    /// Do two files in `directory` share blocks when one is made as a clone of the other? Asked of files without a name.
    fn can_clone(&self, directory: &Path) -> bool;

    /// Where what `path` names lies.
    fn medium(&self, path: &Path) -> Medium;

    /// All names in `directory`, as paths; none if there is no such directory.
    fn names_in(&self, directory: &Path) -> io::Result<Vec<PathBuf>>;

    /// Creates `directory` and what is missing above it, for this user only; does nothing if it is there.
    fn create_directory(&self, directory: &Path) -> io::Result<()>;
}

/// A file that is being written.
pub trait Writable: fmt::Debug {
    fn stat(&self) -> io::Result<Stat>;

    /// Fills all of `buf` from `offset`.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;

    /// Claims the file against other processes and other openings in this one, as long as it is open. False if
    /// somebody else has.
    fn try_lock(&self) -> io::Result<bool>;

    fn attributes(&self) -> io::Result<Vec<Attribute>>;

    /// Sets aside `len` bytes on disk from the start of the file, so that later writes there do not run out of
    /// space. Succeeds without effect where the file system has no such thing.
    fn reserve(&self, len: u64) -> io::Result<()>;

    /// As [`Writable::reserve`], for `range`, and without making the file longer.
    fn reserve_behind(&self, range: Range<u64>) -> io::Result<()>;

    /// Makes this file, which is empty, the same as `original`, sharing all blocks with it.
    fn clone_of(&self, original: &Path) -> io::Result<()>;

    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Gives back what was reserved for `range`, which reads as zeros. Without effect where the file system has
    /// no such thing.
    fn punch(&self, range: Range<u64>) -> io::Result<()>;

    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Hints that `range` is final and may go to the disk now; neither waits nor fails.
    fn start_writeback(&self, range: Range<u64>);

    /// Waits until the bytes written so far are on the disk. After a failure the state of the file is unknown and
    /// a second call may wrongly succeed (Linux forgets the error): never retry.
    fn sync_data(&self) -> io::Result<()>;

    /// As [`Writable::sync_data`], for metadata too.
    fn sync(&self) -> io::Result<()>;

    /// Changes the user, the group, or both.
    fn set_owner(&self, uid: Option<u32>, gid: Option<u32>) -> io::Result<()>;

    /// `mode` is the permission bits with the set-id and sticky bits (`0o7777`).
    fn set_mode(&self, mode: u32) -> io::Result<()>;

    fn set_attribute(&self, attribute: &Attribute) -> io::Result<()>;

    fn remove_attribute(&self, name: &OsString) -> io::Result<()>;
}

/// What [`FileSystem::rename`] does when the new name is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    Yes,
    /// Fail with `AlreadyExists`.
    No,
}

/// What kind of thing a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Directory,
    Fifo,
    Socket,
    /// One that is read and written by blocks: a disk.
    Disk,
    /// Any other.
    Device,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::File => "file",
            Kind::Directory => "folder",
            Kind::Fifo => "pipe",
            Kind::Socket => "socket",
            Kind::Disk | Kind::Device => "device",
        })
    }
}

/// What the file system says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    pub kind: Kind,
    pub identity: Identity,
    /// In bytes; of a disk, too, whose identity tells none.
    pub len: u64,
    /// Bytes that it takes on the disk.
    pub allocated: u64,
    /// The permission bits with the set-id and sticky bits (`0o7777`).
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// How many names (hard links) the file has.
    pub links: u64,
    /// Marked immutable or append-only (`chattr +i`, `+a`): even root cannot replace it.
    pub immutable: bool,
    /// Something is mounted here (a container's bind mount): it can be written to, but not replaced.
    pub mount_point: bool,
}

/// One extended attribute, e.g. `user.origin` or `system.posix_acl_access`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: OsString,
    pub value: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes that this process can still write; `u64::MAX` where the file system does not say.
    pub free: u64,
    /// Mounted read-only.
    pub read_only: bool,
}

/// A process's user and groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub uid: u32,
    pub groups: Vec<u32>,
}

impl Credentials {
    pub fn is_root(&self) -> bool {
        self.uid == 0
    }
}
