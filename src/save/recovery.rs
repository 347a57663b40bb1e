use std::io;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(doc)]
use super::error::SaveError;
use super::facts::directory_of;
use super::fs::{FileSystem, Stat};
use super::in_place::{ZEROS, complete, forgets, journal_of};
use super::layout::Layout;
use super::plan::{Expect, Request};
use super::redo::{Left, Redo};
use super::spare;
use super::write::Saved;
use crate::document::Snapshot;
use crate::source::{Change, Identity, Progress, Rewrites, Scanned, Source};

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

/// What became meanwhile of a save that broke off: one that ended with [`SaveError::Interrupted`], or with
/// [`SaveError::Unconfirmed`] and nothing to rest on.
#[derive(Debug)]
pub enum Since {
    /// It waits to be completed.
    Pending,
    /// The file is what was to be saved, whoever completed it.
    Completed(Box<Saved>),
    /// The file is what it was, and stays so.
    Withdrawn,
    /// Under its name there is another file, or none.
    Elsewhere,
    /// The file is something else again.
    Changed,
}

/// Looks at what became of the save of `request`, which broke off. If all of it was written, `written` is what it made of the
/// file.
pub fn since(request: &Request, written: Option<Identity>, fs: &dyn FileSystem) -> io::Result<Since> {
    let Some(found) = fs.stat(&request.target)? else {
        return Ok(Since::Elsewhere);
    };
    let completed = |source: Arc<dyn Source>| {
        let index = request.range.is_none().then(|| request.snapshot.carried_index());
        let (path, forgot) = (request.target.clone(), forgets(&request.accepted));
        let saved = Saved { source, index, path, identity: found.identity, forgot, held: 0 };
        Ok(Since::Completed(Box::new(saved)))
    };
    if let Some(written) = written {
        if written.change(Some(found.identity)) == Change::Replaced {
            return Ok(Since::Elsewhere);
        }
        let source = fs.open(&request.target)?;
        let is_it = found.identity == written && source.identity().is_none_or(|opened| opened == written);
        return if is_it { completed(source) } else { Ok(Since::Changed) };
    }
    let planned = match request.expect {
        Expect::Unchanged(planned) => Some(planned),
        Expect::New | Expect::Anything => None,
    };
    if planned.is_some_and(|planned| planned.change(Some(found.identity)) == Change::Replaced) {
        return Ok(Since::Elsewhere);
    }
    let state = request.state.as_deref();
    if let Some(state) = state
        && fs.stat(&journal_of(state, &found.identity))?.is_some()
    {
        return Ok(Since::Pending);
    }
    let range = request.range();
    let new_len = range.end - range.start;
    let rewrites = Rewrites::of(&found.identity);
    // What is kept need not be looked at: the new bytes are written last.
    let (before, fresh): (_, Vec<Range<u64>>) = match rewrites.as_ref().and_then(|rewrites| rewrites.last()) {
        Some((_, Some(after), _)) if after == found.identity => return completed(fs.open(&request.target)?),
        Some((_, Some(_), _)) => return Ok(Since::Changed),
        Some((before, None, kept)) => {
            let layout = Layout { kept, old_len: before.len, new_len };
            (Some(before), layout.fresh().collect())
        }
        None => (planned, std::iter::once(0..new_len).collect()),
    };
    let rewriting = rewrites.and_then(Rewrites::resume);
    if before == Some(found.identity) {
        if let Some(rewriting) = rewriting {
            rewriting.forget();
        }
        return Ok(Since::Withdrawn);
    }
    let source = fs.open(&request.target)?;
    if source.len() != new_len || !holds(&*source, &request.snapshot, range.start, &fresh) {
        return Ok(Since::Changed);
    }
    if let Some(rewriting) = rewriting {
        rewriting.finish(found.identity, fs.open_raw(&request.target, None)?);
    }
    completed(source)
}

/// Has `source`, in these ranges, the bytes of `snapshot` from `start` on?
fn holds(source: &dyn Source, snapshot: &Snapshot, start: u64, ranges: &[Range<u64>]) -> bool {
    let mut found = Vec::new();
    let mut same = |at: u64, expected: &[u8]| {
        found.resize(expected.len(), 0);
        source.read_at(at - start, &mut found).is_ok() && found == expected
    };
    ranges.iter().all(|range| {
        let scanned = snapshot.scan(start + range.start..start + range.end, &mut |scanned| {
            let is_same = match scanned {
                Scanned::Data { offset, bytes } => same(offset, bytes),
                Scanned::Hole(hole) => hole.clone().step_by(ZEROS.len()).all(|at| {
                    let len = (hole.end - at).min(ZEROS.len() as u64) as usize;
                    same(at, &ZEROS[..len])
                }),
                Scanned::Lost(..) => false,
            };
            if is_same { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        scanned.is_continue()
    })
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
    let mut redo = match Redo::open(file, journal) {
        Ok(Left::Begun(redo)) => redo,
        Ok(Left::Nothing { is_blank }) => {
            if !(is_blank && spare::is_spare(journal)) {
                let _ = fs.remove(journal);
            }
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
    let (path, before) = (redo.head.path.clone(), redo.head.before);
    // Only now is anything written to the file: if nobody did this before, it takes this.
    match redo.make_name_last(fs).and_then(|()| carry_out(redo, fs)) {
        Ok(true) => Some(Recovered::Completed { path }),
        Ok(false) => Some(refuse(path, journal, fs)),
        Err(error) => {
            if spare::is_spare(journal) {
                // A power failure undid that it was taken. Who is to save this file looks for it under its own name.
                let own = journal_of(directory_of(journal), &before);
                let _ = fs.rename(journal, &own, super::fs::Overwrite::No);
            }
            failed(&path)(error)
        }
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
    complete(&redo, &*target, rewriting.as_ref(), begun, None, &Progress::default())
        .map_err(|(_, error)| error)?;
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
