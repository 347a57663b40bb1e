//! The spare journal: one that says nothing any more, kept for the next save in place.
//!
//! To create a file, to make its name last, and to remove it costs more than to write a few bytes into one that is there: for a
//! save of one byte, most of the time. So the journal of a small save is not removed when that is complete. It is filled with
//! zeros, which is synced together with its end, and renamed; the next save renames it back.
//!
//! Neither rename is synced. After a power failure the journal has one name or the other, and whoever completes saves looks
//! at all journals, whatever they are called, and at what they say.

use std::io;
use std::path::{Path, PathBuf};

use super::fs::{FileSystem, Overwrite, Writable};

const NAME: &str = "spare.redo";

/// The longest journal that is kept, in bytes. It is read whole before it is used again.
pub(super) const LONGEST: u64 = 64 << 10;

/// Zeros are read and written so many at a time.
const BLOCK: usize = 4 << 10;

pub(super) fn is_spare(journal: &Path) -> bool {
    journal.file_name().is_some_and(|name| name == NAME)
}

/// Gives the spare journal the name `journal`, which has to be free, and locks it; `None` if there is none, or none that can
/// be used just now.
pub(super) fn take(journal: &Path, fs: &dyn FileSystem) -> io::Result<Option<Box<dyn Writable>>> {
    let path = journal.with_file_name(NAME);
    let usable = || -> io::Result<Option<Box<dyn Writable>>> {
        let file = fs.open_to_write(&path)?;
        // Who else has it may be about to complete what it says; and it says something if a power failure undid a rename.
        Ok((file.try_lock()? && is_blank(&*file)?).then_some(file))
    };
    let Ok(Some(file)) = usable() else {
        return Ok(None);
    };
    match fs.rename(&path, journal, Overwrite::No) {
        Ok(()) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => Ok(None),
    }
}

/// Keeps the journal, which is blank and locked, for another save, or removes it.
pub(super) fn leave(journal: &Path, fs: &dyn FileSystem) {
    let path: PathBuf = journal.with_file_name(NAME);
    if path != journal && fs.rename(journal, &path, Overwrite::No).is_err() {
        // There is one already. That this one's name goes is only about space.
        let _ = fs.remove(journal);
    }
}

/// Is it one that was withdrawn, every byte of it?
pub(super) fn is_blank(file: &dyn Writable) -> io::Result<bool> {
    let len = file.stat()?.len;
    if len > LONGEST {
        return Ok(false);
    }
    let mut bytes = vec![0; len as usize];
    file.read_at(0, &mut bytes)?;
    Ok(bytes.iter().all(|byte| *byte == 0))
}

/// Overwrites what stands from `start` to `end` with zeros.
pub(super) fn blank(file: &dyn Writable, start: u64, end: u64) -> io::Result<()> {
    let zeros = [0; BLOCK];
    (start..end).step_by(BLOCK).try_for_each(|at| {
        let len = (end - at).min(BLOCK as u64) as usize;
        file.write_at(at, &zeros[..len])
    })
}
