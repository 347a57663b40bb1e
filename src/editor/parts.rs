use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::arguments::parse_part;
use super::clipboard::document_of;
use super::{Dialog, Editor, OpenTarget, SavePurpose, TabId, Task};
use crate::document::{Content, Slice, Snapshot};
use crate::save::{self, Expect, Saved};
use crate::source::{self, Source};

/// A file whose part is to be written, with the part in its place.
pub(super) struct Composed {
    request: Result<save::Request, String>,
    path: PathBuf,
}

impl Editor {
    /// Asks which part of a file is to be opened.
    pub(super) fn ask_for_part(&mut self, path: PathBuf) {
        self.open_dialog(Dialog::Part { path, input: String::new(), error: None });
    }

    pub(super) fn part_typed(&mut self, path: PathBuf, input: String) {
        match parse_part(input.trim()) {
            Ok(part) => self.open(OpenTarget { part: Some(part), ..OpenTarget::new(path) }),
            Err(error) => self.dialog = Some(Dialog::Part { path, input, error: Some(format!("{error}.")) }),
        }
    }

    /// Writes a document back into the part of the file that it shows: what is before and behind it stays.
    pub(super) fn save_part(
        &mut self,
        id: TabId,
        snapshot: Snapshot,
        path: PathBuf,
        part: Range<u64>,
        expect: Expect,
    ) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        if self.jobs.is_running(Task::Save, Some(id)) {
            return self.tell("It is being saved already.");
        }
        let there = part.start..part.start + snapshot.len();
        self.tabs[index].part_being_saved = Some((snapshot.clone(), there));
        self.jobs.spawn(Task::Save, Some(id), 0, move |_, _| {
            let whole = source::open(&path).map_err(|error| error.to_string());
            let request = whole.and_then(|opened| {
                let len = opened.source.len();
                // Who overwrites it all the same has seen that it ends within the part.
                let needed = if expect == Expect::Anything { part.start } else { part.end };
                if len < needed {
                    return Err(format!(
                        "“{}” has only {len} bytes now, so the part from {} to {} cannot be written into it.",
                        path.display(),
                        part.start,
                        part.end
                    ));
                }
                let of = |range| Slice::of(Arc::clone(&opened.source), range);
                let behind = of(part.end.min(len)..len);
                let slices = [of(0..part.start), snapshot.slice(0..snapshot.len()), behind];
                let whole = document_of(&slices, &Content::Bytes(Vec::new())).snapshot();
                Ok(save::Request::new(whole, path.clone(), expect))
            });
            super::Event::Composed(Box::new(Composed { request, path }))
        });
    }

    pub(super) fn composed(&mut self, tab: Option<TabId>, Composed { request, path }: Composed) {
        let Some(id) = tab.filter(|id| self.index_of(*id).is_some()) else {
            return;
        };
        match request {
            Ok(request) => self.write(id, request, SavePurpose::Part(path)),
            Err(error) => {
                self.not_closed(tab);
                self.error(error);
            }
        }
    }

    /// The part is in its file, and can be read from there.
    pub(super) fn rest_on_part(&mut self, tab: Option<TabId>, saved: &Saved, part: Option<Arc<dyn Source>>) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else {
            return;
        };
        let tab = &mut self.tabs[index];
        let id = tab.id;
        tab.identity = Some(saved.identity);
        let Some((snapshot, there)) = tab.part_being_saved.take() else {
            return;
        };
        match part.filter(|part| part.len() == snapshot.len()) {
            Some(part) => tab.document.rest_on(&snapshot, part, None),
            None => tab.document.mark_saved(&snapshot),
        }
        tab.part = Some(there);
        self.count_lines(id);
    }
}
