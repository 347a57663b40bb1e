//! Who edits which file, among the Hextants that share a state folder.
//!
//! A claim is an empty file there, locked for as long as somebody has unsaved edits. The file that is edited is never touched,
//! and nobody is kept from anything: a claim is only there to be told of. Its name says all:
//!
//! ```text
//! device-inode . checksum of the path . process . start of the program - number
//! ```
//! Both the inode and the path, because a save may give the path to another inode, and a hard link the inode to another
//! path. A claim takes its name when it is locked already, so whatever is not locked was left by a process that is gone.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::document::checksum;
use crate::source::Identity;

/// How the names of claims begin that are not locked yet.
const UNFINISHED: &str = ".";

/// The folder of all claims, as one start of the program sees it.
#[derive(Clone, Debug)]
pub struct Claims {
    folder: PathBuf,
    /// A number that no other start has.
    run: u64,
}

/// A file that may be edited: its inode, if there is one, and its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimable {
    inode: Option<String>,
    path: String,
}

/// That a file is being edited, as long as this lives.
#[derive(Debug)]
pub struct Claim {
    of: Claimable,
    path: PathBuf,
    _locked: File,
}

impl Claimable {
    pub fn new(path: &Path, identity: Option<&Identity>) -> Self {
        Self {
            inode: identity.map(|file| format!("{:x}-{:x}", file.device, file.inode)),
            path: format!("{:016x}", checksum(path.as_os_str().as_bytes())),
        }
    }
}

impl Claims {
    /// The folder is made when it is needed.
    pub fn new(folder: PathBuf, run: u64) -> Self {
        Self { folder, run }
    }

    /// Says that the file is being edited here.
    pub fn claim(&self, of: &Claimable) -> io::Result<Claim> {
        static CLAIMED: AtomicU64 = AtomicU64::new(0);

        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let number = CLAIMED.fetch_add(1, Ordering::Relaxed);
        let inode = of.inode.as_deref().unwrap_or("-");
        let name = format!("{inode}.{}.{}.{:x}-{number}", of.path, std::process::id(), self.run);
        let unfinished = self.folder.join(format!("{UNFINISHED}{name}"));
        let path = self.folder.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        let named = file.try_lock().map_err(io::Error::from).and_then(|()| fs::rename(&unfinished, &path));
        if let Err(error) = named {
            let _ = fs::remove_file(&unfinished);
            return Err(error);
        }
        Ok(Claim { of: of.clone(), path, _locked: file })
    }

    /// The processes of all other Hextants in which the file is being edited, sorted.
    pub fn others(&self, of: &Claimable) -> Vec<u32> {
        let mut processes: Vec<u32> = self
            .names()
            .filter_map(|name| {
                let (process, run) = parse(&name, of)?;
                (run != self.run && self.is_held(&name)).then_some(process)
            })
            .collect();
        processes.sort_unstable();
        processes.dedup();
        processes
    }

    /// Removes what processes left that are gone.
    pub fn sweep(&self) {
        for name in self.names() {
            self.is_held(&name);
        }
    }

    /// Is a claim of that name held? If not, it goes.
    fn is_held(&self, name: &str) -> bool {
        let path = self.folder.join(name);
        let Ok(file) = File::open(&path) else {
            return false;
        };
        // Shared, so that two who look do not take each other for somebody who edits.
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => true,
            // Where nothing can be locked, nothing was claimed.
            Ok(()) | Err(TryLockError::Error(_)) => {
                let _ = fs::remove_file(path);
                false
            }
        }
    }

    fn names(&self) -> impl Iterator<Item = String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok())
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Claim {
    pub fn is_of(&self, of: &Claimable) -> bool {
        self.of == *of
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The process and the start that a claim of that name is by, if it is a claim of this file.
fn parse(name: &str, of: &Claimable) -> Option<(u32, u64)> {
    let mut parts = name.split('.');
    let (inode, path) = (parts.next()?, parts.next()?);
    if path != of.path && of.inode.as_deref() != Some(inode) {
        return None;
    }
    let process = parts.next()?.parse().ok()?;
    let (run, _) = parts.next()?.split_once('-')?;
    Some((process, u64::from_str_radix(run, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(inode: u64) -> Identity {
        Identity { device: 1, inode, len: 0, modified_ns: 0, changed_ns: 0 }
    }

    #[test]
    fn a_claim_is_told_to_others_by_inode_and_by_path_until_it_ends() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("claims");
        let [here, there] = [1, 2].map(|run| Claims::new(folder.clone(), run));
        let a = Claimable::new(Path::new("/d/a"), Some(&file(7)));
        assert_eq!(there.others(&a), [0; 0], "there is no folder");
        let claim = here.claim(&a).unwrap();
        let own = std::process::id();
        assert_eq!(here.others(&a), [0; 0], "of its own nobody is told");
        assert_eq!(there.others(&a), [own]);
        let linked = Claimable::new(Path::new("/d/b"), Some(&file(7)));
        let saved = Claimable::new(Path::new("/d/a"), Some(&file(8)));
        let removed = Claimable::new(Path::new("/d/a"), None);
        for same in [&linked, &saved, &removed] {
            assert_eq!(there.others(same), [own], "{same:?}");
        }
        let other = Claimable::new(Path::new("/d/b"), Some(&file(8)));
        let nothing = Claimable::new(Path::new("/d/b"), None);
        assert!(there.others(&other).is_empty() && there.others(&nothing).is_empty());
        assert!(claim.is_of(&a) && !claim.is_of(&linked));

        // A second one, for a part of the same file, is one process all the same.
        let second = here.claim(&a).unwrap();
        assert_eq!(there.others(&a), [own]);
        drop(claim);
        assert_eq!(there.others(&a), [own]);
        drop(second);
        assert_eq!(there.others(&a), [0; 0]);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "nothing is left");
    }

    /// Vim's swap files outlive the crash of their owner, and ask for years.
    #[test]
    fn what_a_killed_process_left_is_no_claim_and_goes() {
        let home = tempfile::tempdir().unwrap();
        let claims = Claims::new(home.path().to_owned(), 1);
        let a = Claimable::new(Path::new("/d/a"), Some(&file(7)));
        let claim = Claims::new(home.path().to_owned(), 2).claim(&a).unwrap();
        // The lock goes with the process, the name stays.
        let name = claim.path.clone();
        drop(claim);
        fs::write(&name, "").unwrap();
        assert_eq!(claims.others(&a), [0; 0]);
        assert!(!name.exists());
        let other = Claimable::new(Path::new("/d/b"), None);
        let held = Claims::new(home.path().to_owned(), 3).claim(&other).unwrap();
        for left in ["1-7.0.12.2-0", ".1-7.0.12.2-1", "whatever"] {
            fs::write(home.path().join(left), "").unwrap();
        }
        claims.sweep();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        assert_eq!(claims.others(&other), [std::process::id()]);
        drop(held);
    }
}
