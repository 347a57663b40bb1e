use std::borrow::Cow;
use std::io;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use super::block_writer::{BlockWriter, Failed};
use super::error::{Obstacle, Reached, SaveError, Step};
use super::facts::directory_of;
use super::fs::{FileSystem, Overwrite, Space, Stat, Writable};
use super::in_place::journal_of;
use super::layout::Layout;
use super::metadata;
use super::plan::{Backup, Expect, Method, Plan, Request, Warning, plan_layout};
use super::recovery::{Recovered, recover_one};
use super::verify::Written;
use crate::document::{LineIndex, LineIndexBuilder};
use crate::source::{Cancel, Identity, Progress, Rewrites, Scanned, Source};

/// How many names are tried for a temporary file.
pub(super) const TEMPORARY_NAMES: u32 = 10_000;

/// A finished save.
#[derive(Debug)]
pub struct Saved {
    /// The new file, open.
    pub source: Arc<dyn Source>,
    /// Its newline counts, if all of it passed by.
    pub index: Option<LineIndex>,
    /// Its path, symbolic links resolved.
    pub path: PathBuf,
    /// Its identity: what the next save is to expect.
    pub identity: Identity,
    /// Were old bytes overwritten that undo would need? See [`Warning::Forgets`].
    pub forgot: bool,
    /// Bytes on the disk of the old file, which has no name any more, but stays as long as somebody reads it (for undo, say).
    pub held: u64,
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
    let request = &completed(request, fs)?;
    let (plan, layout) = plan_layout(request, fs, cancel)?;
    let job = Job { request, plan: &plan, fs, cancel, progress };
    job.demand_consent(&[])?;
    progress.describe(plan.method.to_string(), plan.cost());
    match (plan.method, layout) {
        (Method::InPlace | Method::Move, Some(layout)) => job.in_place(layout),
        (Method::Clone, Some(layout)) => job.replace(Some(&layout)),
        _ => job.replace(None),
    }
}

/// The request as it is to be carried out once a save of the same file that was interrupted is complete: what that made
/// of the file is nobody else's change.
fn completed<'a>(request: &'a Request, fs: &dyn FileSystem) -> Result<Cow<'a, Request>, SaveError> {
    let Some(state) = &request.state else {
        return Ok(Cow::Borrowed(request));
    };
    let path = || request.target.clone();
    let examine = |error| SaveError::Io { path: path(), step: Step::Examine, error };
    let Some(found) = fs.stat(&request.target).map_err(examine)? else {
        return Ok(Cow::Borrowed(request));
    };
    let journal = journal_of(state, &found.identity);
    if fs.stat(&journal).map_err(examine)?.is_none() {
        return Ok(Cow::Borrowed(request));
    }
    match recover_one(&journal, fs) {
        None => {
            // That it was to be written did not get as far as into the journal.
            let resumed = Rewrites::of(&found.identity).and_then(Rewrites::resume);
            if let Some(rewriting) = resumed.filter(|rewriting| rewriting.before() == Some(found.identity)) {
                rewriting.forget();
            }
            Ok(Cow::Borrowed(request))
        }
        Some(Recovered::Completed { .. }) => {
            let mut request = request.clone();
            if let Expect::Unchanged(before) = request.expect
                && let Some(after) = Rewrites::of(&before).and_then(|rewrites| rewrites.after(&before))
            {
                request.expect = Expect::Unchanged(after);
            }
            Ok(Cow::Owned(request))
        }
        Some(Recovered::Busy { .. }) => Err(SaveError::Busy { path: path() }),
        Some(Recovered::Failed { error, .. }) => {
            Err(SaveError::Interrupted { path: path(), reached: Reached::Half, step: Step::Write, error })
        }
        // It is put aside: the next time, what is there now is looked at as usual.
        Some(refused @ Recovered::Refused { .. }) => Err(SaveError::Io {
            path: path(),
            step: Step::Journal,
            error: io::Error::other(refused.to_string()),
        }),
    }
}

pub(super) struct Job<'a> {
    pub request: &'a Request,
    pub plan: &'a Plan,
    pub fs: &'a dyn FileSystem,
    pub cancel: &'a Cancel,
    pub progress: &'a Progress,
}

impl Job<'_> {
    /// With a layout the new file begins as a clone of the old.
    fn replace(&self, cloned: Option<&Layout>) -> Result<Saved, SaveError> {
        let (temporary, file) = self.create_temporary()?;
        let prepared = self.prepare(&*file, cloned).and_then(|index| {
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
    pub(super) fn create_temporary(&self) -> Result<(Temporary<'_>, Box<dyn Writable>), SaveError> {
        let mode = if self.plan.found.is_some() { 0o600 } else { 0o666 };
        let mut taken = io::Error::from(Errno::EXIST);
        for number in 0..TEMPORARY_NAMES {
            let path = temporary_name(&self.plan.target, number);
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
    fn prepare(&self, file: &dyn Writable, cloned: Option<&Layout>) -> Result<Option<LineIndex>, SaveError> {
        // Before, so that what cannot be kept is known before 100 GB are written; and again afterwards, because
        // writing clears set-id bits and capabilities.
        self.keep_metadata(file)?;
        let mut written = self.noted();
        let index = match cloned {
            Some(layout) => self.patch_clone(file, layout, written.as_mut())?,
            None => Some(self.write(file, written.as_mut())?),
        };
        self.keep_metadata(file)?;
        file.sync().map_err(self.io(Step::Sync))?;
        self.read_back(written.as_ref(), file)?;

        let len = file.stat().map_err(self.io(Step::Verify))?.identity.len;
        let expected = self.len();
        if len != expected {
            let error = io::Error::other(format!("{len} bytes instead of {expected}"));
            return Err(self.io(Step::Verify)(error));
        }
        Ok(index)
    }

    /// Makes `file` a clone of the old one, and writes what is not the same into it.
    fn patch_clone(
        &self,
        file: &dyn Writable,
        layout: &Layout,
        mut written: Option<&mut Written>,
    ) -> Result<Option<LineIndex>, SaveError> {
        file.clone_of(&self.plan.target).map_err(self.io(Step::Clone))?;
        let ranges: Vec<Range<u64>> = layout.changed().collect();
        self.progress.set_total(ranges.iter().map(|range| range.end - range.start).sum());
        let start = self.request.range().start;
        for range in ranges {
            let mut out = BlockWriter::from(range.start, file, true);
            self.scan(start + range.start..start + range.end, |scanned| match scanned {
                Scanned::Data { bytes, .. } => {
                    if let Some(written) = &mut written {
                        written.add(out.position, bytes);
                    }
                    out.data(bytes)
                }
                Scanned::Hole(hole) => out.hole(hole.end - hole.start),
                Scanned::Lost(..) => Ok(()),
            })?;
            out.flush().map_err(|(step, error)| self.io(step)(error))?;
        }
        file.set_len(layout.new_len).map_err(self.io(Step::Write))?;
        Ok(self.carried_index())
    }

    /// What is known of the lines of the new file without a look at it.
    pub fn carried_index(&self) -> Option<LineIndex> {
        self.request.range.is_none().then(|| self.request.snapshot.carried_index())
    }

    /// Shows `range` of the document to `write`, until one of them fails, or the person cancels.
    pub fn scan(
        &self,
        range: Range<u64>,
        mut write: impl FnMut(Scanned<'_>) -> Result<(), Failed>,
    ) -> Result<(), SaveError> {
        let mut stopped = None;
        let mut step = |scanned: Scanned<'_>| {
            if self.cancel.is_cancelled() {
                return Err(self.cancelled());
            }
            let len = match &scanned {
                Scanned::Data { bytes, .. } => bytes.len() as u64,
                Scanned::Hole(range) => range.end - range.start,
                Scanned::Lost(range, cause) => {
                    let path = self.plan.target.clone();
                    return Err(SaveError::Lost { path, range: range.clone(), cause: cause.clone() });
                }
            };
            write(scanned).map_err(|(step, error)| self.io(step)(error))?;
            self.progress.add(len);
            Ok(())
        };
        let _ = self.request.snapshot.scan(range, &mut |scanned| match step(scanned) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                stopped = Some(error);
                ControlFlow::Break(())
            }
        });
        stopped.map_or(Ok(()), Err)
    }

    fn keep_metadata(&self, file: &dyn Writable) -> Result<(), SaveError> {
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
            false => {
                let (path, cost) = (self.plan.target.clone(), self.plan.cost());
                Err(SaveError::Unaccepted { path, warnings, cost })
            }
        }
    }

    fn write(&self, file: &dyn Writable, mut written: Option<&mut Written>) -> Result<LineIndex, SaveError> {
        let Range { start, end } = self.request.range();
        // Where there are holes nothing is reserved: that could take far more than is needed.
        let reserved = self.plan.space_needed == self.len();
        if reserved {
            file.reserve(self.len()).map_err(self.io(Step::Reserve))?;
        }
        self.progress.set_total(self.len());
        let mut index = LineIndexBuilder::new(self.len(), self.request.snapshot.line_break());
        let mut out = BlockWriter::new(file, reserved);
        self.scan(start..end, |scanned| match scanned {
            Scanned::Data { offset, bytes } => {
                assert_eq!(offset - start, out.position, "a scan is gapless");
                index.data(bytes);
                if let Some(written) = &mut written {
                    written.add(out.position, bytes);
                }
                out.data(bytes)
            }
            Scanned::Hole(range) => {
                assert_eq!(range.start - start, out.position, "a scan is gapless");
                index.hole(range.end - range.start);
                out.hole(range.end - range.start)
            }
            Scanned::Lost(..) => Ok(()),
        })?;
        assert_eq!(out.position, self.len(), "a scan visits every byte");
        out.finish().map_err(|(step, error)| self.io(step)(error))?;
        Ok(index.finish())
    }

    /// Gives the temporary file the target's name, if the target is still what it is expected to be.
    fn put_in_place(&self, temporary: &Temporary<'_>) -> Result<(), SaveError> {
        let target = &self.plan.target;
        if self.cancel.is_cancelled() {
            return Err(self.cancelled());
        }
        let found = self.fs.stat(target).map_err(self.io(Step::Examine))?;
        let expect = match (self.request.expect, self.plan.found) {
            // Whatever was only touched since would lose what was made of it.
            (Expect::Unchanged(_), Some(planned)) => Expect::Unchanged(planned.identity),
            (expect, _) => expect,
        };
        expect.check(target, found.as_ref())?;
        let overwrite = match self.request.expect {
            Expect::New => Overwrite::No,
            Expect::Unchanged(_) | Expect::Anything => Overwrite::Yes,
        };
        let is_kept = self.plan.backup == Some(Backup::Old) && found.is_some();
        if is_kept {
            self.keep_old()?;
        }
        self.fs.rename(&temporary.path, target, overwrite).map_err(|error| {
            if is_kept {
                self.forget_old();
            }
            match error.kind() {
                io::ErrorKind::AlreadyExists if overwrite == Overwrite::No => {
                    SaveError::Exists { path: target.clone() }
                }
                _ => self.io(Step::Rename)(error),
            }
        })
    }

    /// The new file is in place: makes that last, and opens it.
    fn confirm(&self, file: &dyn Writable, index: Option<LineIndex>) -> Result<Saved, SaveError> {
        let path = self.plan.target.clone();
        let synced = self.fs.sync_directory(directory_of(&path));
        let has_name = |old: &Stat| old.links > 1 || self.plan.backup == Some(Backup::Old);
        let held = self.plan.found.filter(|old| !has_name(old)).map_or(0, |old| old.allocated);
        let written = file.stat().map(|stat| stat.identity);
        let (written, opened) = match written {
            Ok(identity) => (Some(Box::new(identity)), self.reopen(identity)),
            Err(error) => (None, Err(error)),
        };
        let opened = opened.map(|(source, identity)| Saved {
            source,
            index,
            path: path.clone(),
            identity,
            forgot: false,
            held,
        });
        let (step, error, saved) = match (synced, opened) {
            (Ok(()), Ok(saved)) => return Ok(saved),
            (Ok(()), Err(error)) => (Step::Open, error, None),
            (Err(error), opened) => (Step::SyncDirectory, error, opened.ok().map(Box::new)),
        };
        Err(SaveError::Unconfirmed { path, step, error, saved, written })
    }

    /// Opened anew, for reading only: a file that somebody holds open for writing cannot be executed.
    fn reopen(&self, identity: Identity) -> io::Result<(Arc<dyn Source>, Identity)> {
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

    pub fn cancelled(&self) -> SaveError {
        SaveError::Cancelled { path: self.plan.target.clone() }
    }

    pub fn io(&self, step: Step) -> impl Fn(io::Error) -> SaveError {
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

/// What a file beside `target` is called as long as it is written, if that is free.
pub(super) fn temporary_name(target: &Path, number: u32) -> PathBuf {
    directory_of(target).join(format!(".hextant-save-{number}"))
}

/// The name of a file that is removed again unless it became the target; even if a source panics.
pub(super) struct Temporary<'a> {
    fs: &'a dyn FileSystem,
    path: PathBuf,
    pending: bool,
}

impl Temporary<'_> {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name is gone: the rename took it.
    pub fn renamed(mut self) {
        self.pending = false;
    }

    /// Removes it, and says why: `cause` is called afterwards.
    pub fn remove(mut self, cause: impl FnOnce() -> SaveError) -> SaveError {
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
