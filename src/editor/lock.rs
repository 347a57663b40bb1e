use std::fmt;

use super::{Editor, Event, TabId, Task};
use crate::source::{self, Compression, Writer};

/// Why a document may not be changed, until the person says that it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Another program has the file open for writing.
    Writer {
        pid: u32,
        name: String,
    },
    /// What is saved is written to a disk directly, whose size is fixed.
    Device,
    NotWritable,
    /// So the person asked.
    ReadOnly,
    /// What is saved would not be compressed any more.
    Decompressed(Compression),
}

impl fmt::Display for Lock {
    /// A sentence without its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Writer { pid, name } => write!(f, "{name} ({pid}) is writing this file"),
            Self::Device => {
                f.write_str("This is a disk: what is saved is written to it directly, and its size is fixed")
            }
            Self::NotWritable => {
                f.write_str("This file is not writable: changes may have to be saved under another name")
            }
            Self::ReadOnly => f.write_str("This file was opened read-only"),
            Self::Decompressed(compression) => write!(
                f,
                "This is what the {} file holds, decompressed: changes are saved compressed again, or under another name",
                compression.name()
            ),
        }
    }
}

impl Editor {
    /// A change to a locked document was refused: the bar says why.
    pub(super) fn refuse(&mut self, index: usize) {
        let tab = &mut self.tabs[index];
        tab.refused = true;
        if matches!(tab.locked, Some(Lock::Writer { .. })) {
            // The writer may have ended since.
            let id = tab.id;
            self.look_for_writers(id);
        }
    }

    /// Allows changes to the active document.
    pub(super) fn unlock(&mut self) {
        if let Some(tab) = self.tab_mut() {
            tab.locked = None;
            tab.unlocked = true;
            tab.refused = false;
        }
    }

    /// Finds out, in the background, whether another program writes to a tab's file.
    pub(super) fn look_for_writers(&mut self, id: TabId) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        let Some(path) = self.tabs[index].path.clone().filter(|_| self.watching.is_some()) else {
            return;
        };
        if !self.jobs.is_running(Task::Writers, Some(id)) {
            self.jobs.spawn(Task::Writers, Some(id), 0, move |cancel, _| {
                Event::Writers(source::writers(&path, cancel))
            });
        }
    }

    pub(super) fn found_writers(&mut self, tab: Option<TabId>, writers: Vec<Writer>) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else {
            return;
        };
        let tab = &mut self.tabs[index];
        let writer = writers.into_iter().next().map(|Writer { pid, name }| Lock::Writer { pid, name });
        match (&tab.locked, writer) {
            // Who has begun to edit is not stopped.
            (None, Some(writer)) if !tab.unlocked && !tab.document.is_modified() => tab.locked = Some(writer),
            (Some(Lock::Writer { .. }), writer) => {
                tab.refused &= writer.is_some();
                tab.locked = writer;
            }
            _ => {}
        }
    }
}
