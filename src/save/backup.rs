//! The previous version of a file, kept as `name~`.

use std::ffi::OsString;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::block_writer::BlockWriter;
use super::error::{SaveError, Step};
use super::facts::directory_of;
use super::fs::Overwrite;
use super::metadata::{self, refused};
use super::write::{Job, TEMPORARY_NAMES, temporary_name};
use crate::source::Scanned;

/// What the previous version of `target` is called.
pub(super) fn backup_of(target: &Path) -> PathBuf {
    let mut name = target.file_name().map(OsString::from).unwrap_or_default();
    name.push("~");
    target.with_file_name(name)
}

impl Job<'_> {
    /// Gives the old file, which is about to be replaced, the name of the backup as well. Where a file can have only one
    /// name, the backup is a copy.
    pub(super) fn keep_old(&self) -> Result<(), SaveError> {
        let target = &self.plan.target;
        let failed = self.io(Step::Backup);
        for number in 0..TEMPORARY_NAMES {
            let aside = temporary_name(target, number);
            match self.fs.link(target, &aside) {
                Ok(()) => return self.put_aside(&aside),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    refused(Err(error)).map_err(&failed)?;
                    return self.keep_copy(false);
                }
            }
        }
        Err(failed(io::ErrorKind::AlreadyExists.into()))
    }

    /// Makes the backup a file of its own that holds what the file holds now; a clone where that is known to be possible.
    pub(super) fn keep_copy(&self, clone: bool) -> Result<(), SaveError> {
        let target = &self.plan.target;
        let (aside, file) = self.create_temporary()?;
        let copied = || -> io::Result<()> {
            if clone {
                file.clone_of(target)?;
            } else {
                let source = self.fs.open(target)?;
                let mut out = BlockWriter::new(&*file, false);
                let mut result = Ok(());
                let _ = source.scan(0..source.len(), &mut |scanned| {
                    let written = match scanned {
                        Scanned::Data { bytes, .. } => out.data(bytes),
                        Scanned::Hole(hole) => out.hole(hole.end - hole.start),
                        Scanned::Lost(_, lost) => Err((Step::Backup, io::Error::other(lost.to_string()))),
                    };
                    result = written.map_err(|(_, error)| error);
                    if result.is_ok() && !self.cancel.is_cancelled() {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(())
                    }
                });
                result?;
                out.finish().map_err(|(_, error)| error)?;
            }
            if let Some(found) = &self.plan.found {
                // What it cannot have, the new file cannot have either, and the person was asked.
                metadata::keep(target, found, &*file, self.fs)?;
            }
            file.sync()
        };
        let result = match copied() {
            Ok(()) if self.cancel.is_cancelled() => Err(self.cancelled()),
            Ok(()) => self.put_aside(aside.path()),
            Err(error) => Err(self.io(Step::Backup)(error)),
        };
        match result {
            Ok(()) => {
                aside.renamed();
                Ok(())
            }
            Err(error) => Err(aside.remove(|| error)),
        }
    }

    fn put_aside(&self, aside: &Path) -> Result<(), SaveError> {
        let failed = self.io(Step::Backup);
        let target = &self.plan.target;
        let renamed = self.fs.rename(aside, &backup_of(target), Overwrite::Yes);
        // Where both are names of one file already, a rename does nothing; and where it failed, the name is to go.
        let _ = self.fs.remove(aside);
        renamed.and_then(|()| self.fs.sync_directory(directory_of(target))).map_err(failed)
    }

    /// The old file was not replaced after all: it has one name again.
    pub(super) fn forget_old(&self) {
        let _ = self.fs.remove(&backup_of(&self.plan.target));
    }
}
