//! Saving into the file itself: what stays is not touched, what is new is written where it belongs, and what stands
//! elsewhere is moved within the file.
//!
//! Everything that is written is in the journal first ([`super::redo`]): a save that was begun is completed, by this
//! process or by the next. Until it is begun, nothing was written, and it can be cancelled.
//!
//! The old bytes that go are kept in memory for whoever has the file open ([`crate::source::Rewrites`]). The windows of
//! the file that change are not mapped and patched, as was planned: what is written comes from the document, not from
//! the file, so a private map would add a page to read and to copy for each change, and the hazard of a file that is
//! truncated under it, to check nothing but that copy. What a journal holds is checked by its checksums.

use std::io;
use std::iter::repeat_n;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::block_writer::{BlockWriter, Failed};
use super::error::{Reached, SaveError, Step};
use super::facts::directory_of;
use super::fs::{Attribute, Stat, Writable};
use super::layout::Layout;
use super::metadata::CAPABILITY;
use super::plan::{Backup, Warning};
use super::redo::{Checksum, Head, Redo};
use super::spare;
use super::verify::Written;
use super::write::{Job, Saved};
use crate::source::{Identity, Preserved, Progress, Rewrites, Rewriting, Scanned};

/// Bytes that are moved at a time; they are in memory once, and in the journal twice.
pub(super) const WINDOW: u64 = 16 << 20;

/// Old bytes that are kept in memory of one file, over all saves.
pub(super) const PRESERVED: u64 = if cfg!(test) { 1 << 10 } else { 32 << 20 };

/// Zeros of a hole are written so many at a time.
pub(super) const ZEROS: [u8; 4096] = [0; 4096];

/// The name of the journal for a file: one file is saved in place once at a time, whatever it is called.
pub fn journal_of(state: &Path, file: &Identity) -> PathBuf {
    state.join(format!("{:x}-{:x}.redo", file.device, file.inode))
}

impl Job<'_> {
    pub(super) fn in_place(&self, layout: Layout) -> Result<Saved, SaveError> {
        let path = &self.plan.target;
        let target = self.fs.open_to_write(path).map_err(self.io(Step::OpenToWrite))?;
        let found = target.stat().map_err(self.io(Step::Examine))?;
        if self.plan.found.is_none_or(|planned| planned.identity != found.identity) {
            return Err(self.changed(&found));
        }
        if self.plan.backup == Some(Backup::Clone) {
            self.keep_copy(true)?;
        }
        let (mut redo, sum) = self.journal(layout, &*target, &found)?;
        let directory = directory_of(&redo.path).to_owned();
        let leftover = |cause: SaveError, error| SaveError::Leftover {
            cause: Box::new(cause),
            temporary: journal_of(&directory, &found.identity),
            error,
        };
        let ready = match self.request.verify.then(|| redo.is_whole(&sum)) {
            // From here on it is the journal that says what is to be written.
            Some(Ok(false)) => Err(self.io(Step::ReadBack)(io::Error::other(
                "the journal has bytes that are not what was written",
            ))),
            Some(Err(error)) => Err(self.io(Step::ReadBack)(error)),
            Some(Ok(true)) | None => self.get_ready(&redo.head.layout, &*target, &found),
        };
        let rewriting = match ready {
            Ok(rewriting) => rewriting,
            Err(error) => {
                return Err(match redo.finish(self.fs) {
                    Ok(()) => error,
                    Err(cause) => leftover(error, cause),
                });
            }
        };
        let committed = redo.commit(&sum, self.fs);
        let Layout { old_len, new_len, .. } = redo.head.layout;
        // Not earlier: it changes the times of the file, by which who cancels would find it changed.
        let reserved = committed.map_err(self.io(Step::Journal)).and_then(|()| {
            target.reserve_behind(old_len..new_len.max(old_len)).map_err(self.io(Step::Reserve))
        });
        let broke_off =
            |reached, step| move |error| SaveError::Interrupted { path: path.clone(), reached, step, error };
        if let Err(error) = reserved {
            // What may be on the disk is completed one day, if nobody takes it back for sure.
            let error = match redo.withdraw() {
                Ok(()) => {
                    redo.close(self.fs).map_err(broke_off(Reached::Journal, Step::Journal))?;
                    error
                }
                Err(cause) if redo.is_live() => {
                    return Err(broke_off(Reached::Journal, Step::Journal)(cause));
                }
                Err(cause) => leftover(error, cause),
            };
            if let Some(rewriting) = rewriting {
                rewriting.forget();
            }
            return Err(error);
        }
        let mut written = self.noted();
        complete(&redo, &*target, rewriting.as_ref(), None, written.as_mut(), self.progress)
            .and_then(|()| match &written {
                Some(written) => written.verify(&*target, self.progress),
                None => Ok(()),
            })
            .map_err(|(step, error)| broke_off(Reached::Half, step)(error))?;
        let identity = target.stat().map_err(broke_off(Reached::All, Step::Verify))?.identity;
        // Whoever holds a file open for writing keeps it from being executed.
        drop(target);
        let opening = broke_off(Reached::All, Step::Open);
        let rewriting = match rewriting {
            Some(rewriting) => Some((rewriting, self.fs.open_raw(path, None).map_err(&opening)?)),
            None => None,
        };
        let source = self.fs.open(path).map_err(&opening)?;
        // As long as the journal says so, the save goes on: nobody may rest on it before.
        redo.withdraw().map_err(broke_off(Reached::All, Step::Journal))?;
        if let Some((rewriting, file)) = rewriting {
            rewriting.finish(identity, file);
        }
        let index = self.carried_index();
        let forgot = forgets(&self.plan.warnings);
        let saved = Saved { source, index, path: path.clone(), identity, forgot, held: 0 };
        match redo.close(self.fs) {
            Ok(()) => Ok(saved),
            Err(error) => Err(SaveError::Unconfirmed {
                path: path.clone(),
                step: Step::Journal,
                error,
                saved: Some(Box::new(saved)),
                written: Some(Box::new(identity)),
            }),
        }
    }

    fn changed(&self, found: &Stat) -> SaveError {
        let expected = self.plan.found.map_or(found.identity, |planned| planned.identity);
        SaveError::Changed {
            path: self.plan.target.clone(),
            change: expected.change(Some(found.identity)),
            expected_len: expected.len,
            len: found.identity.len,
        }
    }

    /// Writes the journal, all but the header that makes it count.
    fn journal(
        &self,
        layout: Layout,
        target: &dyn Writable,
        found: &Stat,
    ) -> Result<(Redo, Checksum), SaveError> {
        let state = self.request.state.as_deref().expect("without it nothing is saved in place");
        let path = journal_of(state, &found.identity);
        let busy = || SaveError::Busy { path: self.plan.target.clone() };
        let taken = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => busy(),
            _ => self.io(Step::Journal)(error),
        };
        let used = spare::take(&path, self.fs).map_err(taken)?;
        let is_new = used.is_none();
        let file = match used {
            Some(file) => file,
            None => self.fs.create_new(&path, 0o600).map_err(taken)?,
        };
        let discarded = |error: SaveError| {
            let _ = self.fs.remove(&path);
            error
        };
        if is_new {
            // Who looks for saves to be completed may have taken it for one that says nothing, and removed it.
            let is_ours = || -> io::Result<bool> {
                let inode = |stat: Stat| stat.identity.inode;
                Ok(file.try_lock()? && self.fs.stat(&path)?.map(inode) == Some(inode(file.stat()?)))
            };
            if !is_ours().map_err(self.io(Step::Journal)).map_err(discarded)? {
                return Err(busy());
            }
        }
        let samples = Head::sample(&layout, target).map_err(self.io(Step::Examine)).map_err(discarded)?;
        let attributes = target.attributes().map_err(self.io(Step::Examine)).map_err(discarded)?;
        let capability = attributes.into_iter().find(|attribute| attribute.name == CAPABILITY);
        let head = Head {
            path: self.plan.target.clone(),
            layout,
            before: found.identity,
            mode: found.mode,
            capability: capability.map(|attribute| attribute.value),
            window: self.request.window,
            samples,
        };
        let fresh: u64 = head.layout.fresh().map(|range| range.end - range.start).sum();
        self.progress.set_total(2 * fresh + head.layout.moved());
        let ranges: Vec<Range<u64>> = head.layout.fresh().collect();
        let write =
            |file: &dyn Writable, at: u64, sum: &mut Checksum| self.write_fresh(&ranges, file, at, sum);
        Redo::prepare(file, path.clone(), is_new, head, write, self.io(Step::Journal)).map_err(discarded)
    }

    /// Writes the new bytes of the document into the journal from `at` on; returns where they end.
    fn write_fresh(
        &self,
        ranges: &[Range<u64>],
        file: &dyn Writable,
        at: u64,
        sum: &mut Checksum,
    ) -> Result<u64, SaveError> {
        let start = self.request.range().start;
        let failed = |(_, error): Failed| (Step::Journal, error);
        let mut out = BlockWriter::from(at, file, true);
        for range in ranges {
            self.scan(start + range.start..start + range.end, |scanned| {
                let mut data = |bytes: &[u8]| {
                    sum.add(bytes);
                    out.data(bytes).map_err(failed)
                };
                match scanned {
                    Scanned::Data { bytes, .. } => data(bytes),
                    Scanned::Hole(hole) => {
                        let mut left = hole.end - hole.start;
                        while left > 0 {
                            let zeros = &ZEROS[..left.min(ZEROS.len() as u64) as usize];
                            data(zeros)?;
                            left -= zeros.len() as u64;
                        }
                        Ok(())
                    }
                    Scanned::Lost(..) => Ok(()),
                }
            })?;
        }
        out.flush().map_err(|(_, error)| self.io(Step::Journal)(error))?;
        Ok(out.position)
    }

    /// The last moment at which nothing is written yet: keeps the old bytes, and looks once more.
    fn get_ready(
        &self,
        layout: &Layout,
        target: &dyn Writable,
        found: &Stat,
    ) -> Result<Option<Rewriting>, SaveError> {
        let preserved = match Rewrites::of(&found.identity) {
            Some(rewrites) => {
                let preserved = self.preserve(layout, target, &rewrites)?;
                let longest = layout.old_len.max(layout.new_len);
                let file = self.fs.open_raw(&self.plan.target, Some(longest));
                Some((rewrites, preserved, file.map_err(self.io(Step::Open))?))
            }
            None => None,
        };
        if self.cancel.is_cancelled() {
            return Err(self.cancelled());
        }
        let now = self.fs.stat(&self.plan.target).map_err(self.io(Step::Examine))?;
        match now {
            Some(now) if now.identity == found.identity => {}
            now => {
                self.request.expect.check(&self.plan.target, now.as_ref())?;
                return Err(self.changed(&now.unwrap_or(*found)));
            }
        }
        Ok(preserved.map(|(rewrites, preserved, file)| {
            rewrites.begin(found.identity, layout.kept.clone(), preserved, file)
        }))
    }

    /// The old bytes that go, if they are few enough.
    fn preserve(
        &self,
        layout: &Layout,
        target: &dyn Writable,
        rewrites: &Rewrites,
    ) -> Result<Preserved, SaveError> {
        let ranges: Vec<Range<u64>> = layout.removed().collect();
        let len: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        if len + rewrites.preserved() > PRESERVED {
            // The person was asked.
            return Ok(Preserved::default());
        }
        let mut bytes = vec![0; len as usize];
        let mut rest = &mut bytes[..];
        for range in &ranges {
            let (here, later) = rest.split_at_mut((range.end - range.start) as usize);
            target.read_at(range.start, here).map_err(self.io(Step::Examine))?;
            rest = later;
        }
        Ok(Preserved::new(ranges, bytes))
    }
}

/// Was it agreed that old bytes are overwritten that undo would need?
pub(super) fn forgets(warnings: &[Warning]) -> bool {
    warnings.iter().any(|warning| matches!(warning, Warning::Forgets { .. }))
}

/// Carries out what a journal says, from the window on that was `begun` last. Can be done again, however far it came.
pub(super) fn complete(
    redo: &Redo,
    target: &dyn Writable,
    rewriting: Option<&Rewriting>,
    begun: Option<(u64, Vec<u8>)>,
    mut written: Option<&mut Written>,
    progress: &Progress,
) -> Result<(), Failed> {
    let layout = &redo.head.layout;
    let writing = |error| (Step::Write, error);
    if layout.new_len > layout.old_len {
        target.set_len(layout.new_len).map_err(writing)?;
    }
    let first = begun.as_ref().map_or(0, |(number, _)| *number);
    let mut begun = begun.map(|(_, bytes)| bytes);
    let windows = layout.windows(redo.head.window);
    for (number, window) in (0..).zip(windows).skip_while(|(number, _)| *number < first) {
        let bytes: Arc<[u8]> = match begun.take() {
            Some(bytes) if bytes.len() as u64 == window.len() => bytes.into(),
            Some(_) => return Err((Step::Journal, io::ErrorKind::InvalidData.into())),
            None => {
                // Shared with whoever reads meanwhile: it is there once.
                let mut bytes: Arc<[u8]> = repeat_n(0, window.len() as usize).collect();
                let mut rest = Arc::get_mut(&mut bytes).expect("nobody else has it yet");
                for part in &window.parts {
                    let (here, later) = rest.split_at_mut(part.len as usize);
                    target.read_at(part.from, here).map_err(|error| (Step::Read, error))?;
                    rest = later;
                }
                redo.write_window(number, &bytes).map_err(|error| (Step::Journal, error))?;
                bytes
            }
        };
        if let Some(rewriting) = rewriting {
            rewriting.moving(window.parts.iter().map(|part| part.source()).collect(), Arc::clone(&bytes));
        }
        let mut rest = &bytes[..];
        for part in &window.parts {
            let (here, later) = rest.split_at(part.len as usize);
            target.write_at(part.to, here).map_err(writing)?;
            if let Some(written) = &mut written {
                written.add(part.to, here);
            }
            rest = later;
        }
        target.sync_data().map_err(|error| (Step::Sync, error))?;
        if let Some(rewriting) = rewriting {
            rewriting.moved(window.right, window.left);
        }
        progress.add(bytes.len() as u64);
    }
    redo.fresh(|at, bytes| {
        progress.add(bytes.len() as u64);
        if let Some(written) = &mut written {
            written.add(at, bytes);
        }
        target.write_at(at, bytes)
    })
    .map_err(writing)?;
    if layout.new_len < layout.old_len {
        target.set_len(layout.new_len).map_err(writing)?;
    }
    // Writing clears set-id bits; that they cannot be set again is no reason to fail.
    if target.stat().map_err(|error| (Step::Examine, error))?.mode != redo.head.mode {
        let _ = target.set_mode(redo.head.mode);
    }
    if let Some(value) = redo.head.capability.clone() {
        let attribute = Attribute { name: CAPABILITY.into(), value };
        if !target.attributes().map_err(|error| (Step::Examine, error))?.contains(&attribute) {
            // As above; who may not set it was asked.
            let _ = target.set_attribute(&attribute);
        }
    }
    target.sync().map_err(|error| (Step::Sync, error))
}
