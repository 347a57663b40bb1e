use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A file in one state. Two equal identities mean: the same inode, not written to in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub device: u64,
    pub inode: u64,
    pub len: u64,
    /// Nanoseconds since the Unix epoch.
    pub modified_ns: i128,
    /// Nanoseconds since the Unix epoch of the last change of the inode.
    pub changed_ns: i128,
}

/// What became of a file, as far as two of its identities tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Same,
    /// It grew. Whether its old bytes are still the same only their comparison tells.
    Appended,
    Truncated,
    /// Another file stands under its name: the old one is still whole for who has it open.
    Replaced,
    /// As long as before and written to, or touched in a way that looks so from outside (mode, owner, links).
    Rewritten,
    Removed,
}

impl Identity {
    pub fn of(metadata: &Metadata) -> Self {
        const SECOND_NS: i128 = 1_000_000_000;
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified_ns: i128::from(metadata.mtime()) * SECOND_NS + i128::from(metadata.mtime_nsec()),
            changed_ns: i128::from(metadata.ctime()) * SECOND_NS + i128::from(metadata.ctime_nsec()),
        }
    }

    /// Is `now` the same file, of which at most the mode, the owner or the names were changed since?
    pub fn is_only_touched(&self, now: Option<Identity>) -> bool {
        now.is_some_and(|now| Self { changed_ns: now.changed_ns, ..*self } == now)
    }

    /// What this file has become, `now` being what stands under its name; `None` when nothing does.
    pub fn change(&self, now: Option<Identity>) -> Change {
        let Some(now) = now else {
            return Change::Removed;
        };
        if (self.device, self.inode) != (now.device, now.inode) {
            Change::Replaced
        } else if now.len > self.len {
            Change::Appended
        } else if now.len < self.len {
            Change::Truncated
        } else if *self != now {
            Change::Rewritten
        } else {
            Change::Same
        }
    }
}

/// The identity of the file that `path` names now, through symbolic links; `None` when there is none.
pub fn identity_of(path: &Path) -> io::Result<Option<Identity>> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(Some(Identity::of(&metadata))),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::fs::OpenOptions;
    use std::io::Write;

    use super::*;

    #[test]
    fn every_change_of_a_file_is_told_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "one\n").unwrap();
        let now = || identity_of(&path).unwrap();
        let opened = now().unwrap();
        assert_eq!(opened.len, 4);
        assert_eq!(opened.change(now()), Change::Same);

        let file = OpenOptions::new().append(true).open(&path).unwrap();
        (&file).write_all(b"two\n").unwrap();
        assert_eq!(opened.change(now()), Change::Appended);
        file.set_len(3).unwrap();
        assert_eq!(opened.change(now()), Change::Truncated);
        file.set_len(4).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(opened.change(now()), Change::Rewritten);

        let other = folder.path().join("other");
        fs::write(&other, "one\n").unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(opened.change(now()), Change::Replaced);
        fs::remove_file(&path).unwrap();
        assert_eq!(opened.change(now()), Change::Removed);
        assert_eq!(identity_of(&path.join("below a file")).unwrap(), None);
    }

    /// Copying with times kept (`cp -p`, `rsync -t`) restores the time of modification; the inode's own tells.
    #[test]
    fn a_rewrite_that_puts_its_time_back_is_seen() {
        let opened = Identity { device: 1, inode: 2, len: 3, modified_ns: 4, changed_ns: 5 };
        assert_eq!(opened.change(Some(Identity { changed_ns: 6, ..opened })), Change::Rewritten);
    }
}
