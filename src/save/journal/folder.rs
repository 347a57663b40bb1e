use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::reading::{Read, Unreadable, read};
use crate::document::checksum;

const EXTENSION: &str = "journal";
/// The extension of a journal that is being begun.
const UNFINISHED: &str = "begun";

/// How many journals there may be of one file: those of other windows, and those that nobody has decided about.
const SLOTS: u32 = 64;

/// What a journal is written to.
pub trait Log: fmt::Debug + Send {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Waits until everything is on the disk. After a failure the state of the file is unknown: never retry.
    fn sync(&mut self) -> io::Result<()>;

    /// In bytes.
    fn len(&self) -> u64;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Syncs it and gives it its name: that of the journal at `old`, whose place it takes, or one that is free.
    fn publish(&mut self, old: Option<&Path>) -> io::Result<()>;

    /// Its name, once it has one.
    fn path(&self) -> Option<&Path>;

    /// Takes it off the disk.
    fn remove(&mut self) -> io::Result<()>;
}

/// The folder of all journals.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

/// A journal that we write, and own.
#[derive(Debug)]
pub struct LogFile {
    folder: PathBuf,
    key: String,
    /// Where it is now.
    path: PathBuf,
    has_name: bool,
    file: File,
    len: u64,
}

/// A journal that somebody left, which is ours for as long as this lives.
#[derive(Debug)]
pub struct Held {
    path: PathBuf,
    _file: File,
}

/// Whose a journal is.
#[derive(Debug)]
pub enum Owner {
    /// A running Hextant's.
    Running,
    /// Nobody's, and so ours now.
    Nobody(Held),
}

/// A journal that was left behind.
#[derive(Debug)]
pub struct Left {
    pub held: Held,
    pub read: Result<Read, Unreadable>,
}

impl Folder {
    /// It is made when it is needed.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// What journals of this file are called.
    pub fn key(path: &Path) -> String {
        format!("{:016x}", checksum(path.as_os_str().as_bytes()))
    }

    /// Begins a journal, which has no name yet. Nobody but the person may read it.
    pub fn begin(&self, key: &str) -> io::Result<LogFile> {
        static BEGUN: AtomicU64 = AtomicU64::new(0);

        DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
        let number = BEGUN.fetch_add(1, Ordering::Relaxed);
        let path = self.path.join(format!("{key}.{}-{number}.{UNFINISHED}", std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.try_lock()?;
        Ok(LogFile { folder: self.path.clone(), key: key.to_owned(), path, has_name: false, file, len: 0 })
    }

    /// All journals that nobody owns. One that was never finished counts where it did not get to take the place of another.
    pub fn left(&self) -> io::Result<Vec<Left>> {
        let mut left = Vec::new();
        let paths = self.paths()?;
        for path in &paths {
            let is_finished = match path.extension().and_then(|extension| extension.to_str()) {
                Some(EXTENSION) => true,
                Some(UNFINISHED) => false,
                _ => continue,
            };
            // Others are owned, or were removed since, or are not ours to read.
            let Ok(Owner::Nobody(held)) = own(path) else {
                continue;
            };
            let is_second = !is_finished && paths.iter().any(|other| is_finished_of(other, key_of(path)));
            if is_second {
                let _ = held.remove();
                continue;
            }
            let read = read(&fs::read(path)?);
            left.push(Left { held, read });
        }
        Ok(left)
    }

    fn paths(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        Ok(paths)
    }
}

/// The key of a journal's name.
fn key_of(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.split(['.', '-']).next().unwrap_or_default()
}

fn is_finished_of(path: &Path, key: &str) -> bool {
    path.extension().is_some_and(|extension| extension == EXTENSION) && key_of(path) == key
}

/// Takes the journal at `path`, if nobody owns it.
fn own(path: &Path) -> io::Result<Owner> {
    let file = File::open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Owner::Running),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // Its owner may have put another in its place, or removed it, just before we locked it.
    let (ours, there) = (file.metadata()?, fs::metadata(path)?);
    if (ours.dev(), ours.ino()) != (there.dev(), there.ino()) {
        return Ok(Owner::Running);
    }
    Ok(Owner::Nobody(Held { path: path.to_owned(), _file: file }))
}

impl Held {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes it off the disk.
    pub fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

impl Log for LogFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn publish(&mut self, old: Option<&Path>) -> io::Result<()> {
        self.file.sync_all()?;
        let name = match old {
            Some(old) => {
                fs::rename(&self.path, old)?;
                old.to_owned()
            }
            None => self.take_free_name()?,
        };
        self.path = name;
        self.has_name = true;
        match rustix::fs::fsync(File::open(&self.folder)?) {
            // Some network and FUSE file systems cannot sync a directory.
            Err(Errno::INVAL | Errno::NOTSUP) => Ok(()),
            result => Ok(result?),
        }
    }

    fn path(&self) -> Option<&Path> {
        self.has_name.then_some(&self.path)
    }

    fn remove(&mut self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

impl LogFile {
    fn take_free_name(&self) -> io::Result<PathBuf> {
        for slot in 1..=SLOTS {
            let name = match slot {
                1 => format!("{}.{EXTENSION}", self.key),
                slot => format!("{}-{slot}.{EXTENSION}", self.key),
            };
            let name = self.folder.join(name);
            match renameat_with(CWD, &self.path, CWD, &name, RenameFlags::NOREPLACE) {
                Ok(()) => return Ok(name),
                Err(Errno::EXIST) => {}
                // Older file systems do not know the flag: look first, the best they offer.
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                    if fs::symlink_metadata(&name).is_err() {
                        fs::rename(&self.path, &name)?;
                        return Ok(name);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::Error::other(format!("there are {SLOTS} journals of this file already")))
    }
}

impl Drop for LogFile {
    /// What never got its name is of no use.
    fn drop(&mut self) {
        if !self.has_name {
            let _ = fs::remove_file(&self.path);
        }
    }
}
