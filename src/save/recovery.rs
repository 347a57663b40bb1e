use std::io;
use std::path::{Path, PathBuf};

use super::fs::{FileSystem, Stat};
use super::in_place::complete;
use super::redo::{Left, Redo};
use crate::source::{Identity, Progress, Rewrites};

/// What became of a save in place that was interrupted.
#[derive(Debug)]
pub enum Recovered {
    /// The file is what was to be saved, now.
    Completed { path: PathBuf },
    /// The file is another one now, or was written to by others: it was left alone, and what was to be written is kept
    /// in `journal`.
    Refused { path: PathBuf, journal: PathBuf },
    /// It did not work; it will be tried again.
    Failed { path: PathBuf, error: io::Error },
    /// It is being saved just now, by somebody else.
    Busy { journal: PathBuf },
}

impl std::fmt::Display for Recovered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Completed { path } => {
                write!(f, "A save into “{}” had been interrupted. It is complete now.", path.display())
            }
            Self::Refused { path, journal } => write!(
                f,
                "A save into “{}” was interrupted, and the file has been changed or replaced since: it was left as it \
                 is. What was to be written is kept in “{}”.",
                path.display(),
                journal.display()
            ),
            Self::Failed { path, error } => write!(
                f,
                "A save into “{}” was interrupted and could not be completed ({error}). Do not use the file yet: \
                 Hextant tries again when it starts, and when the file is opened.",
                path.display()
            ),
            Self::Busy { journal } => {
                write!(f, "A file is being saved in place by another Hextant ({}).", journal.display())
            }
        }
    }
}

/// Completes all saves in place that were interrupted, by their journals in `state`.
pub fn recover(state: &Path, fs: &dyn FileSystem) -> Vec<Recovered> {
    let names = fs.names_in(state).unwrap_or_default();
    let journals = names.iter().filter(|name| name.extension().is_some_and(|it| it == "redo"));
    journals.filter_map(|journal| recover_one(journal, fs)).collect()
}

/// Completes the save whose journal this is; `None` if there is nothing to complete.
pub(super) fn recover_one(journal: &Path, fs: &dyn FileSystem) -> Option<Recovered> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |error| Some(Recovered::Failed { path, error })
    };
    let file = match fs.open_to_write(journal) {
        Ok(file) => file,
        // Somebody else was faster.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => return failed(journal)(error),
    };
    match file.try_lock() {
        Ok(true) => {}
        Ok(false) => return Some(Recovered::Busy { journal: journal.to_owned() }),
        Err(error) => return failed(journal)(error),
    }
    let redo = match Redo::open(file, journal) {
        Ok(Left::Begun(redo)) => redo,
        Ok(Left::Nothing) => {
            let _ = fs.remove(journal);
            return None;
        }
        Ok(Left::Damaged(head)) => {
            let untouched =
                fs.stat(&head.path).is_ok_and(|found| found.is_some_and(|it| is(&it, &head.before)));
            if !untouched {
                return Some(refuse(head.path, journal, fs));
            }
            let _ = fs.remove(journal);
            return None;
        }
        Err(error) => return failed(journal)(error),
    };
    let path = redo.head.path.clone();
    match carry_out(redo, fs) {
        Ok(true) => Some(Recovered::Completed { path }),
        Ok(false) => Some(refuse(path, journal, fs)),
        Err(error) => failed(&path)(error),
    }
}

/// False, and nothing is written, if the file is not the one that was being saved.
fn carry_out(redo: Redo, fs: &dyn FileSystem) -> io::Result<bool> {
    let path = redo.head.path.clone();
    let Some(found) = fs.stat(&path)? else {
        return Ok(false);
    };
    let target = fs.open_to_write(&path)?;
    if !redo.head.is_of(&found, &*target)? {
        return Ok(false);
    }
    // In the process that was interrupted itself, there are still readers.
    let rewriting = Rewrites::of(&found.identity).and_then(Rewrites::resume);
    let begun = redo.last_window()?;
    complete(&redo, &*target, rewriting.as_ref(), begun, &Progress::default()).map_err(|(_, error)| error)?;
    if let Some(rewriting) = rewriting {
        rewriting.finish(target.stat()?.identity, fs.open_raw(&path, None)?);
    }
    redo.finish(fs)?;
    Ok(true)
}

/// Puts the journal aside, so that it is told of once.
fn refuse(path: PathBuf, journal: &Path, fs: &dyn FileSystem) -> Recovered {
    let aside = journal.with_extension("refused");
    let journal = match fs.rename(journal, &aside, super::fs::Overwrite::Yes) {
        Ok(()) => aside,
        Err(_) => journal.to_owned(),
    };
    Recovered::Refused { path, journal }
}

/// Is it the file in that state? Numbers of devices change when a machine starts.
fn is(found: &Stat, before: &Identity) -> bool {
    Identity { device: before.device, ..found.identity } == *before
}
