use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{
    Access, Advice, AtFlags, CWD, FallocateFlags, FlockOperation, Gid, Mode, OFlags, RenameFlags, SeekFrom,
    StatVfsMountFlags, StatxAttributes, StatxFlags, Uid, XattrFlags,
};
use rustix::io::{Errno, retry_on_intr};

use super::fs::{Attribute, Credentials, FileSystem, Kind, Overwrite, Space, Stat, Writable};
use crate::source::{self, Cancel, Identity, Medium, Positional, Source, Writer};

/// The file systems of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl FileSystem for Disk {
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        match std::fs::metadata(path) {
            Ok(metadata) => {
                let mut stat = stat(&metadata, statx_attributes(CWD, path, AtFlags::empty()));
                if stat.kind == Kind::Disk {
                    stat.len = rustix::fs::seek(File::open(path)?, SeekFrom::End(0))?;
                }
                Ok(Some(stat))
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read_link(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        match std::fs::read_link(path) {
            Ok(to) => Ok(Some(to)),
            // EINVAL is the system's way to say that this is no link.
            Err(error) if is_absent(&error) || error.kind() == io::ErrorKind::InvalidInput => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn may_write(&self, path: &Path) -> io::Result<bool> {
        let access = match std::fs::metadata(path)?.is_dir() {
            true => Access::WRITE_OK | Access::EXEC_OK,
            false => Access::WRITE_OK,
        };
        match rustix::fs::accessat(CWD, path, access, AtFlags::EACCESS) {
            Ok(()) => Ok(true),
            Err(Errno::ACCESS | Errno::PERM | Errno::ROFS) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn space(&self, directory: &Path) -> io::Result<Space> {
        let stat = rustix::fs::statvfs(directory)?;
        let blocks = match rustix::process::geteuid().is_root() {
            true => stat.f_bfree,
            false => stat.f_bavail,
        };
        Ok(Space {
            // Some network and FUSE file systems leave these fields empty.
            free: match stat.f_blocks {
                0 => u64::MAX,
                _ => blocks.saturating_mul(stat.f_frsize),
            },
            read_only: stat.f_flag.contains(StatVfsMountFlags::RDONLY),
        })
    }

    fn credentials(&self) -> io::Result<Credentials> {
        let mut groups: Vec<u32> = rustix::process::getgroups()?.into_iter().map(Gid::as_raw).collect();
        groups.push(rustix::process::getegid().as_raw());
        Ok(Credentials { uid: rustix::process::geteuid().as_raw(), groups })
    }

    fn attributes(&self, path: &Path) -> io::Result<Vec<Attribute>> {
        attributes(
            |buffer| rustix::fs::listxattr(path, buffer),
            |name, buffer| rustix::fs::getxattr(path, name, buffer),
        )
    }

    fn create_new(&self, path: &Path, mode: u32) -> io::Result<Box<dyn Writable>> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(path)?;
        Ok(Box::new(DiskFile(file)))
    }

    fn open_to_write(&self, path: &Path) -> io::Result<Box<dyn Writable>> {
        let is_disk = std::fs::metadata(path)?.file_type().is_block_device();
        // On a block device this is the claim that a mount has, too.
        let flags = if is_disk { libc::O_EXCL } else { libc::O_NONBLOCK | libc::O_NOCTTY };
        let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)?;
        Ok(Box::new(DiskFile(file)))
    }

    fn rename(&self, from: &Path, to: &Path, overwrite: Overwrite) -> io::Result<()> {
        match overwrite {
            Overwrite::Yes => std::fs::rename(from, to),
            Overwrite::No => {
                match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
                    // NFS and older FUSE file systems do not know the flag: look first, the best they offer.
                    Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => match to.symlink_metadata() {
                        Ok(_) => Err(Errno::EXIST.into()),
                        Err(error) if is_absent(&error) => std::fs::rename(from, to),
                        Err(error) => Err(error),
                    },
                    result => Ok(result?),
                }
            }
        }
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::hard_link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        match rustix::fs::fsync(File::open(directory)?) {
            // Some network and FUSE file systems cannot sync a directory: theirs are synchronous or beyond reach.
            Err(Errno::INVAL | Errno::NOTSUP) => Ok(()),
            result => Ok(result?),
        }
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>> {
        let opened = source::open(path).map_err(io::Error::other)?;
        Ok(opened.source)
    }

    fn open_raw(&self, path: &Path, in_flux: Option<u64>) -> io::Result<Arc<dyn Source>> {
        let file = File::open(path)?;
        Ok(Arc::new(match in_flux {
            Some(len) => Positional::in_flux(file, len),
            None => Positional::new(file)?,
        }))
    }

    fn writers(&self, path: &Path, cancel: &Cancel) -> Vec<Writer> {
        source::writers(path, cancel)
    }

    fn can_clone(&self, directory: &Path) -> bool {
        let nameless = || {
            let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
            rustix::fs::openat(CWD, directory, flags, Mode::RUSR | Mode::WUSR)
        };
        let (Ok(one), Ok(other)) = (nameless(), nameless()) else {
            return false;
        };
        rustix::fs::ioctl_ficlone(other, one).is_ok()
    }

    fn medium(&self, path: &Path) -> Medium {
        Medium::of(path).unwrap_or(Medium::Local)
    }

    fn names_in(&self, directory: &Path) -> io::Result<Vec<PathBuf>> {
        match std::fs::read_dir(directory) {
            Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
            Err(error) if is_absent(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)
    }
}

#[derive(Debug)]
struct DiskFile(File);

impl Writable for DiskFile {
    fn stat(&self) -> io::Result<Stat> {
        let attributes = statx_attributes(&self.0, Path::new(""), AtFlags::EMPTY_PATH);
        let mut stat = stat(&self.0.metadata()?, attributes);
        if stat.kind == Kind::Disk {
            stat.len = rustix::fs::seek(&self.0, SeekFrom::End(0))?;
        }
        Ok(stat)
    }

    fn attributes(&self) -> io::Result<Vec<Attribute>> {
        attributes(
            |buffer| rustix::fs::flistxattr(&self.0, buffer),
            |name, buffer| rustix::fs::fgetxattr(&self.0, name, buffer),
        )
    }

    fn reserve(&self, len: u64) -> io::Result<()> {
        if len == 0 {
            return Ok(());
        }
        ignore_unsupported(retry_on_intr(|| rustix::fs::fallocate(&self.0, FallocateFlags::empty(), 0, len)))
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(buf, offset)
    }

    fn try_lock(&self) -> io::Result<bool> {
        match rustix::fs::flock(&self.0, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            // Network file systems without locks: nobody else can claim it either.
            Err(Errno::OPNOTSUPP | Errno::NOLCK | Errno::NOSYS) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    fn reserve_behind(&self, range: Range<u64>) -> io::Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        ignore_unsupported(retry_on_intr(|| {
            rustix::fs::fallocate(&self.0, FallocateFlags::KEEP_SIZE, range.start, range.end - range.start)
        }))
    }

    fn clone_of(&self, original: &Path) -> io::Result<()> {
        Ok(rustix::fs::ioctl_ficlone(&self.0, File::open(original)?)?)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn punch(&self, range: Range<u64>) -> io::Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        ignore_unsupported(retry_on_intr(|| {
            rustix::fs::fallocate(&self.0, flags, range.start, range.end - range.start)
        }))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn start_writeback(&self, range: Range<u64>) {
        // Linux starts writing dirty pages of the range, and drops those that are clean already: a save far
        // larger than memory neither piles up work for the last fsync nor pushes everything else out.
        let len = std::num::NonZeroU64::new(range.end - range.start);
        let _ = rustix::fs::fadvise(&self.0, range.start, len, Advice::DontNeed);
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }

    fn set_owner(&self, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
        let (uid, gid) = (uid.map(Uid::from_raw), gid.map(Gid::from_raw));
        Ok(rustix::fs::fchown(&self.0, uid, gid)?)
    }

    fn set_mode(&self, mode: u32) -> io::Result<()> {
        Ok(rustix::fs::fchmod(&self.0, Mode::from_raw_mode(mode))?)
    }

    fn set_attribute(&self, attribute: &Attribute) -> io::Result<()> {
        Ok(rustix::fs::fsetxattr(&self.0, attribute.name.as_os_str(), &attribute.value, XattrFlags::empty())?)
    }

    fn remove_attribute(&self, name: &OsString) -> io::Result<()> {
        Ok(rustix::fs::fremovexattr(&self.0, name.as_os_str())?)
    }
}

fn stat(metadata: &Metadata, attributes: StatxAttributes) -> Stat {
    let file_type = metadata.file_type();
    Stat {
        kind: if file_type.is_file() {
            Kind::File
        } else if file_type.is_dir() {
            Kind::Directory
        } else if file_type.is_fifo() {
            Kind::Fifo
        } else if file_type.is_socket() {
            Kind::Socket
        } else if file_type.is_block_device() {
            Kind::Disk
        } else {
            Kind::Device
        },
        identity: Identity::of(metadata),
        len: metadata.len(),
        // Blocks of 512 bytes, whatever those of the file system are.
        allocated: metadata.blocks() * 512,
        mode: metadata.mode() & 0o7777,
        uid: metadata.uid(),
        gid: metadata.gid(),
        links: metadata.nlink(),
        immutable: attributes.intersects(StatxAttributes::IMMUTABLE | StatxAttributes::APPEND),
        mount_point: attributes.contains(StatxAttributes::MOUNT_ROOT),
    }
}

/// None where the kernel or the file system cannot say: the rename then says it.
fn statx_attributes(directory: impl AsFd, path: &Path, flags: AtFlags) -> StatxAttributes {
    rustix::fs::statx(directory, path, flags, StatxFlags::empty())
        .map_or(StatxAttributes::empty(), |statx| statx.stx_attributes)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn ignore_unsupported(result: rustix::io::Result<()>) -> io::Result<()> {
    match result {
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(()),
        result => Ok(result?),
    }
}

fn attributes(
    list: impl Fn(&mut [u8]) -> rustix::io::Result<usize>,
    get: impl Fn(&OsStr, &mut [u8]) -> rustix::io::Result<usize>,
) -> io::Result<Vec<Attribute>> {
    let names = match read_attribute(list) {
        Err(Errno::OPNOTSUPP) => return Ok(Vec::new()),
        names => names?,
    };
    let mut attributes = Vec::new();
    for name in names.split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
        match read_attribute(|buffer| get(OsStr::from_bytes(name), buffer)) {
            Ok(value) => attributes.push(Attribute { name: OsString::from_vec(name.to_vec()), value }),
            // Removed since it was listed.
            Err(Errno::NODATA) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(attributes)
}

/// Linux limits both a list of names and a value to this (`XATTR_LIST_MAX`, `XATTR_SIZE_MAX`).
const ATTRIBUTE_LIMIT: usize = 64 << 10;

fn read_attribute(read: impl Fn(&mut [u8]) -> rustix::io::Result<usize>) -> rustix::io::Result<Vec<u8>> {
    let mut buffer = vec![0; ATTRIBUTE_LIMIT];
    let len = read(&mut buffer)?;
    buffer.truncate(len);
    buffer.shrink_to_fit();
    Ok(buffer)
}
