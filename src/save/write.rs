use std::io;
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::sync::Arc;

use rustix::io::Errno;

use super::block_writer::{BlockWriter, Failed};
use super::error::{Obstacle, SaveError, Step};
use super::facts::directory_of;
use super::fs::{FileSystem, NewFile, Overwrite, Space};
use super::metadata;
use super::plan::{Expect, Method, Plan, Request, Warning, plan};
use crate::document::{LineIndex, LineIndexBuilder};
use crate::source::{Cancel, Identity, Progress, Scanned, Source};

/// How many names are tried for a temporary file.
const TEMPORARY_NAMES: u32 = 10_000;

/// A finished save.
#[derive(Debug)]
pub struct Saved {
    /// The new file, open.
    pub source: Arc<dyn Source>,
    /// Its newline counts.
    pub index: LineIndex,
    /// Its path, symbolic links resolved.
    pub path: PathBuf,
    /// Its identity: what the next save is to expect.
    pub identity: Identity,
}

/// Saves, all or nothing. Progress is in bytes of the contents, holes included.
///
/// Can be cancelled up to the moment when the new file takes the place of the old one. Needs memory for one
/// block, whatever the size. `request.range` lies within the document; anything else is a bug of the caller
/// (panic).
pub fn save(
    request: &Request,
    fs: &dyn FileSystem,
    cancel: &Cancel,
    progress: &Progress,
) -> Result<Saved, SaveError> {
    let plan = plan(request, fs)?;
    let job = Job { request, plan: &plan, fs, cancel, progress };
    job.demand_consent(&[])?;
    match plan.method {
        Method::Replace => job.replace(),
    }
}

struct Job<'a> {
    request: &'a Request,
    plan: &'a Plan,
    fs: &'a dyn FileSystem,
    cancel: &'a Cancel,
    progress: &'a Progress,
}

impl Job<'_> {
    fn replace(&self) -> Result<Saved, SaveError> {
        let (temporary, file) = self.create_temporary()?;
        let prepared = self.prepare(&*file).and_then(|index| {
            self.put_in_place(&temporary)?;
            Ok(index)
        });
        match prepared {
            Ok(index) => {
                temporary.renamed();
                self.confirm(&*file, index)
            }
            Err(cause) => {
                // Its blocks are free only when it is closed, too.
                drop(file);
                Err(temporary.remove(|| self.explain(cause)))
            }
        }
    }

    /// Creates a file with a name of its own beside the target. Nobody but the owner can read it until it has the
    /// mode of the old file; where there is no old file, the system's usual mode applies from the start.
    fn create_temporary(&self) -> Result<(Temporary<'_>, Box<dyn NewFile>), SaveError> {
        let mode = if self.plan.found.is_some() { 0o600 } else { 0o666 };
        let directory = directory_of(&self.plan.target);
        let mut taken = io::Error::from(Errno::EXIST);
        for number in 0..TEMPORARY_NAMES {
            let path = directory.join(format!(".hextant-save-{number}"));
            match self.fs.create_new(&path, mode) {
                Ok(file) => {
                    let temporary = Temporary { fs: self.fs, path, pending: true };
                    return Ok((temporary, file));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
                Err(error) => return Err(self.explain(self.io(Step::Create)(error))),
            }
        }
        Err(self.io(Step::Create)(taken))
    }

    /// Everything up to the point where the temporary file is the new file in all but name.
    fn prepare(&self, file: &dyn NewFile) -> Result<LineIndex, SaveError> {
        // Before, so that what cannot be kept is known before 100 GB are written; and again afterwards, because
        // writing clears set-id bits and capabilities.
        self.keep_metadata(file)?;
        let index = self.write(file)?;
        self.keep_metadata(file)?;
        file.sync().map_err(self.io(Step::Sync))?;

        let len = file.stat().map_err(self.io(Step::Verify))?.identity.len;
        let expected = self.len();
        if len != expected {
            let error = io::Error::other(format!("{len} bytes instead of {expected}"));
            return Err(self.io(Step::Verify)(error));
        }
        Ok(index)
    }

    fn keep_metadata(&self, file: &dyn NewFile) -> Result<(), SaveError> {
        let Some(found) = &self.plan.found else {
            return self
                .request
                .mode
                .map_or(Ok(()), |mode| file.set_mode(mode))
                .map_err(self.io(Step::Metadata));
        };
        let lost =
            metadata::keep(&self.plan.target, found, file, self.fs).map_err(self.io(Step::Metadata))?;
        self.demand_consent(&lost)
    }

    /// Fails unless the person agreed to everything that the plan foresaw and to what turned out since.
    fn demand_consent(&self, lost: &[Warning]) -> Result<(), SaveError> {
        let mut warnings = self.plan.warnings.clone();
        for warning in lost {
            if !warnings.contains(warning) {
                warnings.push(warning.clone());
            }
        }
        match warnings.iter().all(|it| self.request.accepted.contains(it)) {
            true => Ok(()),
            false => Err(SaveError::Unaccepted { path: self.plan.target.clone(), warnings }),
        }
    }

    fn write(&self, file: &dyn NewFile) -> Result<LineIndex, SaveError> {
        let Range { start, end } = self.request.range();
        // Where there are holes nothing is reserved: that could take far more than is needed.
        let reserved = self.plan.space_needed == self.len();
        if reserved {
            file.reserve(self.len()).map_err(self.io(Step::Reserve))?;
        }
        self.progress.set_total(self.len());
        let mut index = LineIndexBuilder::new(self.len(), self.request.snapshot.line_break());
        let failed = |(step, error): Failed| self.io(step)(error);
        let mut out = BlockWriter::new(file, reserved);
        let mut stopped = None;
        let mut step = |scanned: Scanned<'_>| -> Result<(), SaveError> {
            if self.cancel.is_cancelled() {
                return Err(self.cancelled());
            }
            match scanned {
                Scanned::Data { offset, bytes } => {
                    assert_eq!(offset - start, out.position, "a scan is gapless");
                    out.data(bytes).map_err(failed)?;
                    index.data(bytes);
                    self.progress.add(bytes.len() as u64);
                }
                Scanned::Hole(range) => {
                    let len = range.end - range.start;
                    assert_eq!(range.start - start, out.position, "a scan is gapless");
                    out.hole(len).map_err(failed)?;
                    index.hole(len);
                    self.progress.add(len);
                }
                Scanned::Lost(range, cause) => {
                    let path = self.plan.target.clone();
                    return Err(SaveError::Lost { path, range, cause });
                }
            }
            Ok(())
        };
        let _ = self.request.snapshot.scan(start..end, &mut |scanned| match step(scanned) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                stopped = Some(error);
                ControlFlow::Break(())
            }
        });
        if let Some(error) = stopped {
            return Err(error);
        }
        assert_eq!(out.position, self.len(), "a scan visits every byte");
        out.finish().map_err(failed)?;
        Ok(index.finish())
    }

    /// Gives the temporary file the target's name, if the target is still what it is expected to be.
    fn put_in_place(&self, temporary: &Temporary<'_>) -> Result<(), SaveError> {
        let target = &self.plan.target;
        if self.cancel.is_cancelled() {
            return Err(self.cancelled());
        }
        let found = self.fs.stat(target).map_err(self.io(Step::Examine))?;
        self.request.expect.check(target, found.as_ref())?;
        let overwrite = match self.request.expect {
            Expect::New => Overwrite::No,
            Expect::Unchanged(_) | Expect::Anything => Overwrite::Yes,
        };
        self.fs.rename(&temporary.path, target, overwrite).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists if overwrite == Overwrite::No => {
                SaveError::Exists { path: target.clone() }
            }
            _ => self.io(Step::Rename)(error),
        })
    }

    /// The new file is in place: makes that last, and opens it.
    fn confirm(&self, file: &dyn NewFile, index: LineIndex) -> Result<Saved, SaveError> {
        let path = self.plan.target.clone();
        let synced = self.fs.sync_directory(directory_of(&path));
        let opened =
            self.reopen(file).map(|(source, identity)| Saved { source, index, path: path.clone(), identity });
        let (step, error, saved) = match (synced, opened) {
            (Ok(()), Ok(saved)) => return Ok(saved),
            (Ok(()), Err(error)) => (Step::Open, error, None),
            (Err(error), opened) => (Step::SyncDirectory, error, opened.ok().map(Box::new)),
        };
        Err(SaveError::Unconfirmed { path, step, error, saved })
    }

    /// Opened anew, for reading only: a file that somebody holds open for writing cannot be executed.
    fn reopen(&self, file: &dyn NewFile) -> io::Result<(Arc<dyn Source>, Identity)> {
        let identity = file.stat()?.identity;
        let source = self.fs.open(&self.plan.target)?;
        match source.identity() {
            Some(opened) if opened != identity => Err(io::Error::other("another program changed it at once")),
            _ => Ok((source, identity)),
        }
    }

    fn len(&self) -> u64 {
        let range = self.request.range();
        range.end - range.start
    }

    fn cancelled(&self) -> SaveError {
        SaveError::Cancelled { path: self.plan.target.clone() }
    }

    fn io(&self, step: Step) -> impl Fn(io::Error) -> SaveError {
        let path = self.plan.target.clone();
        move |error| SaveError::Io { path: path.clone(), step, error }
    }

    /// Says in a person's words what the system's error means. To be called when the temporary file is gone, so
    /// that what it took counts as free.
    fn explain(&self, error: SaveError) -> SaveError {
        let SaveError::Io { path, step, error } = error else {
            return error;
        };
        match error.kind() {
            io::ErrorKind::StorageFull => {
                let needed = self.plan.space_needed;
                match self.fs.space(directory_of(&path)) {
                    Ok(Space { free, .. }) if free < needed => SaveError::NoSpace { path, needed, free },
                    // Not the bytes are short: blocks of metadata, or file numbers.
                    _ => SaveError::Io { path, step, error },
                }
            }
            io::ErrorKind::ReadOnlyFilesystem => SaveError::ReadOnlyFilesystem { path },
            io::ErrorKind::PermissionDenied if matches!(step, Step::Create | Step::Rename) => {
                let obstacle = Obstacle::Directory;
                SaveError::PermissionDenied { path, obstacle }
            }
            _ => SaveError::Io { path, step, error },
        }
    }
}

/// The name of a file that is removed again unless it became the target; even if a source panics.
struct Temporary<'a> {
    fs: &'a dyn FileSystem,
    path: PathBuf,
    pending: bool,
}

impl Temporary<'_> {
    /// Its name is gone: the rename took it.
    fn renamed(mut self) {
        self.pending = false;
    }

    /// Removes it, and says why: `cause` is called afterwards.
    fn remove(mut self, cause: impl FnOnce() -> SaveError) -> SaveError {
        self.pending = false;
        match self.fs.remove(&self.path) {
            Ok(()) => cause(),
            Err(error) => {
                SaveError::Leftover { cause: Box::new(cause()), temporary: self.path.clone(), error }
            }
        }
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if self.pending {
            let _ = self.fs.remove(&self.path);
        }
    }
}
