use std::ops::{ControlFlow, Range};
use std::path::PathBuf;
use std::sync::Arc;

use super::super::recoding::{Making, Recoded, Stop};
use super::super::{Editor, Event, PathPurpose, SavePurpose, TabId, Task};
use crate::document::{Document, Snapshot};
use crate::hex::grouped;
use crate::save::{self, Expect};
use crate::search::{Pattern, RewriteError, Rewritten, Template, rewrite};
use crate::source::{Cancel, Progress};
use crate::text::Encoding;

/// The contents of a document with all matches replaced, which are kept nowhere: they are made as they are written.
#[derive(Clone, Debug)]
pub(in crate::editor) struct ReplacedCopy {
    pub snapshot: Snapshot,
    pub pattern: Pattern,
    pub template: Template,
    pub within: Range<u64>,
}

/// What will be written to a new file.
pub(in crate::editor) struct CopyToWrite {
    path: PathBuf,
    encoding: Encoding,
    copy: ReplacedCopy,
    made: Result<Rewritten, RewriteError>,
}

impl ReplacedCopy {
    /// How much it will be. Takes as long as to search it all.
    pub fn measure(&self, cancel: &Cancel, progress: &Progress) -> Result<Rewritten, RewriteError> {
        self.run(&mut |_| ControlFlow::Continue(()), cancel, progress)
    }

    /// Hands on all of it, from the start to the end.
    pub fn run(
        &self,
        put: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<Rewritten, RewriteError> {
        let Self { snapshot, pattern, template, within } = self;
        rewrite(snapshot, pattern, template, within.clone(), put, cancel, progress)
    }

    /// The contents, of `len` bytes as they were measured, to be saved.
    pub fn contents(self, len: u64) -> Snapshot {
        Document::open(Arc::new(Recoded::new(self, len))).snapshot()
    }
}

impl Making for ReplacedCopy {
    fn make(&self, put: &mut dyn FnMut(&[u8], u64) -> ControlFlow<()>) -> Result<Option<String>, Stop> {
        match self.run(&mut |bytes| put(bytes, 0), &Cancel::new(), &Progress::default()) {
            Ok(_) => Ok(None),
            Err(RewriteError::Stopped) => Err(Stop::Asked),
            Err(RewriteError::Lost(range, lost)) => Err(Stop::Lost(range, lost)),
        }
    }
}

impl Editor {
    /// Asks which file the contents with all matches replaced are to be written to.
    pub(in crate::editor) fn ask_for_replaced_copy(&mut self, id: TabId, copy: ReplacedCopy) {
        if let Some(index) = self.index_of(id) {
            self.tabs[index].replaced_copy = Some(Box::new(copy));
            self.activate(index);
            self.ask_for_target(PathPurpose::Replaced);
        }
    }

    /// Measures what will be written, in the background.
    pub(in crate::editor) fn replace_into(&mut self, id: TabId, path: PathBuf) {
        let Some(index) = self.index_of(id) else { return };
        let encoding = self.tabs[index].reading().encoding;
        let Some(copy) = self.tabs[index].replaced_copy.take() else { return };
        let total = copy.within.end - copy.within.start;
        self.jobs.spawn(Task::Replace, Some(id), total, move |cancel, progress| {
            let made = copy.measure(cancel, progress);
            Event::CopyMeasured(Box::new(CopyToWrite { path, encoding, copy: *copy, made }))
        });
    }

    pub(in crate::editor) fn copy_measured(&mut self, tab: Option<TabId>, measured: CopyToWrite) {
        let Some(id) = tab.filter(|id| self.index_of(*id).is_some()) else { return };
        let CopyToWrite { path, encoding, copy, made } = measured;
        let Rewritten { count, len, is_cut } = match made {
            Ok(made) => made,
            Err(RewriteError::Stopped) => return,
            Err(error) => return self.error(format!("Nothing was written: {error}.")),
        };
        let cut = if is_cut { " Those longer than 1 MiB are cut there." } else { "" };
        self.tell(format!(
            "“{}” is being written, with {} matches replaced.{cut}",
            path.display(),
            grouped(count)
        ));
        let request = save::Request::new(copy.contents(len), path, Expect::New);
        self.write(id, request, SavePurpose::Converted(encoding));
    }
}
