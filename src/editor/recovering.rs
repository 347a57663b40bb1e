//! Edits that a crash left in a journal: found, shown, put back, or given up. Nothing of them is removed before a person says so.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bar::{Bar, BarAction, BarKind};
use super::recovered_edits::{Comparison, Export, Fits, Placeable, ShownEdit};
use super::recovered_edits::{SHOWN, compare, count, export, listing, open_base, place};
use super::saving::recover_before;
use super::{Dialog, Editor, Event, OpenTarget, Part, PathPurpose, Request, SavePurpose, Tab, TabId, Task};
use crate::document::{Document, StepKind};
use crate::hex::grouped;
use crate::save::journal::{Folder, Held, Left, Read};
use crate::save::{self, Expect};
use crate::source::Memory;
use crate::text::Encoding;
use crate::view::Selection;

/// Edits that crashes left, and nobody has decided about.
#[derive(Default)]
pub(super) struct Orphans {
    pub folder: Option<Folder>,
    list: Vec<Orphan>,
    /// Journals that cannot be used, of which the person was told.
    told: HashSet<PathBuf>,
    next: u64,
    is_looking: bool,
}

/// A journal that a crash left.
struct Orphan {
    id: u64,
    held: Option<Held>,
    read: Arc<Read>,
    /// In how many places the contents differ from the file.
    edits: usize,
    /// Not now.
    is_put_off: bool,
    /// Its file is being opened, to put the edits in.
    is_wanted: bool,
    /// What had no place in the file as it is now, once the rest was put in.
    rejected: Option<Vec<ShownEdit>>,
}

/// What a job found in the folder of journals.
pub(super) struct Found {
    /// Each with the number of edits that it has.
    left: Vec<(Left, usize)>,
    /// What became of saves that had been interrupted.
    saves: Vec<String>,
}

/// Edits of a journal, for the file as it is now.
pub(super) struct Recovered {
    orphan: u64,
    tab: TabId,
    /// Of the document that they are for.
    revision: u64,
    result: Result<Placeable, String>,
}

impl Editor {
    /// Looks, in the background, for journals that nobody owns.
    pub(super) fn look_for_journals(&mut self) {
        let Some(folder) = self.orphans.folder.clone() else {
            return;
        };
        // One at a time: what one holds, the other would take for another program's.
        if self.orphans.is_looking {
            return;
        }
        self.orphans.is_looking = true;
        let (saves, files) = (self.saves.clone(), Arc::clone(&self.files));
        self.jobs.spawn(Task::Journals, None, 0, move |cancel, _| {
            let mut seen = HashSet::new();
            let mut told = Vec::new();
            let mut complete = |path: &Path| match &saves {
                Some(saves) => {
                    let (completed, unfinished) = recover_before(path, saves, &*files, cancel);
                    told.extend(completed);
                    unfinished.is_none()
                }
                None => true,
            };
            let left = folder.left().unwrap_or_default().into_iter().filter_map(|left| {
                // What is half written tells nothing of what of the edits is in it.
                let edits = left.read.as_ref().map_or(1, |read| match &read.header.path {
                    Some(path) if !complete(path) => read.replaced().len().max(1),
                    _ => count(read),
                });
                let is_new = left.read.as_ref().map_or(true, |read| {
                    seen.insert((read.header.path.clone(), read.header.part.clone(), listing(read, None)))
                });
                if edits == 0 || !is_new {
                    // It has nothing that is not in the file, or in another: a crash while that took over from it.
                    let _ = left.held.remove();
                    return None;
                }
                Some((left, edits))
            });
            let left = left.collect();
            Event::JournalsFound(Found { left, saves: told })
        });
    }

    pub(super) fn journals_found(&mut self, Found { left, saves }: Found) {
        self.orphans.is_looking = false;
        self.saves_completed(saves);
        for (Left { held, read }, edits) in left {
            match read {
                Ok(read) => {
                    self.orphans.next += 1;
                    let comes_back = read.is_parked && self.restoring.is_on;
                    self.orphans.list.push(Orphan {
                        id: self.orphans.next,
                        held: Some(held),
                        read: Arc::new(read),
                        edits,
                        is_put_off: false,
                        is_wanted: comes_back,
                        rejected: None,
                    });
                }
                Err(why) => {
                    let path = held.path().to_owned();
                    if self.orphans.told.insert(path.clone()) {
                        self.error(format!(
                            "Unsaved edits of an earlier time cannot be read: {why}. They are left in “{}”.",
                            path.display()
                        ));
                    }
                }
            }
        }
        self.recover_untitled_ones();
        self.recover_what_is_wanted();
    }

    /// What is to be said of edits that a crash left: of the active document, or of one that is not open.
    pub(super) fn recovery_bar(&self) -> Option<Bar> {
        let is_of = |orphan: &&Orphan, tab: &Tab| orphan.is_of(tab) && orphan.is_to_be_decided();
        let here = self.tab().and_then(|tab| self.orphans.list.iter().find(|orphan| is_of(orphan, tab)));
        let is_open = |orphan: &Orphan| self.tabs.iter().any(|tab| orphan.is_of(tab));
        let elsewhere =
            || self.orphans.list.iter().find(|orphan| orphan.is_to_be_decided() && !is_open(orphan));
        let orphan = here.or_else(elsewhere)?;
        let (id, name) = (orphan.id, &orphan.read.header.name);
        if let Some(rejected) = &orphan.rejected {
            return Some(Bar {
                text: format!(
                    "{} of “{name}” {} no place in the file as it is now.",
                    edits(rejected.len()),
                    if rejected.len() == 1 { "has" } else { "have" },
                ),
                kind: BarKind::Warning,
                actions: vec![
                    ("Save elsewhere…", BarAction::SaveRecovered(id)),
                    ("Compare", BarAction::CompareRecovered(id)),
                    ("Discard", BarAction::DiscardRecovered(id)),
                    ("Not now", BarAction::PutOffRecovered(id)),
                ],
            });
        }
        let closed = if orphan.read.is_parked { "closed" } else { "closed by a crash" };
        let text = match &orphan.read.header.path {
            Some(_) => format!("Hextant was {closed} with {} to “{name}”.", unsaved(orphan.edits)),
            None => format!("Hextant was {closed} with “{name}” not saved."),
        };
        Some(Bar {
            text,
            kind: BarKind::Info,
            actions: vec![
                ("Recover", BarAction::Recover(id)),
                ("Compare", BarAction::CompareRecovered(id)),
                ("Save elsewhere…", BarAction::SaveRecovered(id)),
                ("Discard", BarAction::DiscardRecovered(id)),
                ("Not now", BarAction::PutOffRecovered(id)),
            ],
        })
    }

    /// Puts the edits of a journal back: into the document if it is open, or opens it first.
    pub(super) fn recover(&mut self, id: u64) {
        let Some(orphan) = self.orphan(id) else { return };
        orphan.is_wanted = true;
        let header = &orphan.read.header;
        let Some(path) = header.path.clone() else {
            let tab = Tab::new(TabId(0), header.name.clone(), Document::new());
            let encoding = Encoding::named(&header.encoding);
            return self.recover_untitled(id, tab, encoding);
        };
        let part = header.part.clone().map(|part| Part { start: part.start, end: Some(part.end) });
        let encoding = Encoding::named(&header.encoding);
        if self
            .tabs
            .iter()
            .any(|tab| self.orphans.list.iter().any(|orphan| orphan.id == id && orphan.is_of(tab)))
        {
            self.recover_what_is_wanted();
        } else {
            self.open(OpenTarget { part, encoding, raw: true, ..OpenTarget::new(path) });
        }
    }

    fn recover_untitled(&mut self, id: u64, mut tab: Tab, encoding: Option<Encoding>) {
        tab.id = TabId(self.new_id());
        tab.place = tab.id.0;
        if let Some(encoding) = encoding {
            let detected = crate::text::Detected { encoding, ..crate::text::detect(&[], 0) };
            tab.detected(&detected, None);
        }
        self.untitled += 1;
        let tab_id = tab.id;
        self.untitled_comes_back(tab_id, &tab.name);
        self.add(tab);
        self.start_recovering(id, tab_id);
    }

    /// Brings back documents without a file.
    fn recover_untitled_ones(&mut self) {
        let wanted = self.orphans.list.iter().filter(|orphan| orphan.is_wanted);
        let untitled = wanted.filter(|orphan| orphan.read.header.path.is_none());
        for id in untitled.map(|orphan| orphan.id).collect::<Vec<_>>() {
            self.recover(id);
        }
    }

    /// Puts edits into documents that are open by now.
    pub(super) fn recover_what_is_wanted(&mut self) {
        let wanted = self.orphans.list.iter().filter(|orphan| orphan.is_wanted);
        let of = |orphan: &Orphan| Some((orphan.id, self.tabs.iter().find(|tab| orphan.is_of(tab))?.id));
        let ready: Vec<(u64, TabId)> = wanted.filter_map(of).collect();
        for (id, tab) in ready {
            self.start_recovering(id, tab);
        }
    }

    fn start_recovering(&mut self, id: u64, tab_id: TabId) {
        let Some(index) = self.index_of(tab_id) else {
            return;
        };
        let Some(orphan) = self.orphan(id) else { return };
        orphan.is_wanted = false;
        let read = Arc::clone(&orphan.read);
        let tab = &self.tabs[index];
        if tab.document.is_modified() {
            let text = format!(
                "“{}” has been edited since. Save that, or undo it, to recover what was edited before the crash.",
                tab.name
            );
            return self.tell(text);
        }
        let snapshot = tab.document.snapshot();
        let revision = snapshot.revision();
        self.jobs.spawn(Task::Journals, Some(tab_id), 0, move |_, _| {
            let now = snapshot.base_store().and_then(|store| snapshot.source_of(store)).cloned();
            let result = place(&read, now.as_ref());
            Event::Recovered(Box::new(Recovered { orphan: id, tab: tab_id, revision, result }))
        });
    }

    pub(super) fn recovered(&mut self, recovered: Recovered) {
        let Recovered { orphan: id, tab, revision, result } = recovered;
        let Some(index) = self.index_of(tab) else {
            return;
        };
        let Placeable { replacements, rejected, caret } = match result {
            Ok(placeable) => placeable,
            Err(why) => return self.error(format!("Nothing was recovered, and nothing is lost: {why}.")),
        };
        if self.tabs[index].document.snapshot().revision() != revision {
            return self.tell("It was edited meanwhile, and is left as it is.");
        }
        self.tabs[index].locked = None;
        if !replacements.is_empty() && !self.edit(index, replacements, StepKind::Whole("Recover")) {
            return;
        }
        if let Some(caret) = caret {
            let tab = &mut self.tabs[index];
            let caret = caret.min(tab.document.len());
            tab.select(Selection::at(caret));
        }
        self.look_as_before(index);
        let Some(orphan) = self.orphan(id) else { return };
        if rejected.is_empty() {
            let held = orphan.held.take();
            self.orphans.list.retain(|orphan| orphan.id != id);
            if let Some(held) = held {
                self.journal_replaces(tab, held);
            }
        } else {
            orphan.rejected = Some(rejected);
            orphan.is_put_off = false;
        }
    }

    /// Shows the edits of a journal, old and new.
    pub(super) fn compare_recovered(&mut self, id: u64) {
        let Some(orphan) = self.orphan(id) else { return };
        let read = Arc::clone(&orphan.read);
        if let Some(rejected) = &orphan.rejected {
            let (name, all) = (read.header.name.clone(), rejected.len());
            let edits = rejected.iter().take(SHOWN).cloned().collect();
            return self.compared(Comparison { orphan: id, name, edits, all, fits: Fits::Nowhere });
        }
        self.jobs.spawn(Task::Journals, None, 0, move |_, _| {
            let now = open_base(&read);
            Event::Compared(Box::new(compare(id, &read, now.as_ref())))
        });
    }

    pub(super) fn compared(&mut self, comparison: Comparison) {
        self.open_dialog(Dialog::Recovered(comparison));
    }

    /// Asks where to write what a journal has.
    pub(super) fn ask_where_to_save_recovered(&mut self, id: u64) {
        let Some(orphan) = self.orphan(id) else { return };
        let header = &orphan.read.header;
        let name = format!("{}.recovered", header.name);
        let folder = header.path.as_deref().and_then(Path::parent).map(Path::to_owned);
        let purpose = PathPurpose::SaveRecovered(id);
        if self.begin_picking(purpose) {
            self.requests.push(Request::PickTarget { purpose, folder, name });
        }
    }

    pub(super) fn save_recovered(&mut self, id: u64, path: PathBuf) {
        let Some(orphan) = self.orphan(id) else { return };
        let read = Arc::clone(&orphan.read);
        let rejected =
            orphan.rejected.as_ref().map(|edits| edits.iter().map(|edit| edit.at).collect::<Vec<_>>());
        self.jobs.spawn(Task::Journals, None, 0, move |_, _| {
            let export = match rejected {
                Some(places) => Export::Listing(listing(&read, Some(&places))),
                None => export(&read),
            };
            Event::Exported(path, Box::new(export))
        });
    }

    pub(super) fn exported(&mut self, path: PathBuf, export: Export) {
        let document = match export {
            Export::Document(document) => *document,
            Export::Listing(text) => {
                self.tell("What is saved is a list of the edits: the file has changed since.");
                Document::open(Arc::new(Memory::new(text)))
            }
        };
        let id = self.tab().map_or(TabId(0), |tab| tab.id);
        let request = save::Request::new(document.snapshot(), path, Expect::New);
        self.write(id, request, SavePurpose::Selection);
    }

    /// Asks whether the edits of a journal are really to be thrown away.
    pub(super) fn ask_to_discard_recovered(&mut self, id: u64) {
        let Some(orphan) = self.orphan(id) else { return };
        let name = &orphan.read.header.name;
        let text = match &orphan.rejected {
            Some(rejected) => format!("{} of “{name}” will be thrown away.", edits(rejected.len())),
            None => format!("{} to “{name}” will be thrown away.", unsaved(orphan.edits)),
        };
        self.ask(Dialog::DiscardRecovered { orphan: id, text });
    }

    pub(super) fn discard_recovered(&mut self, id: u64) {
        let Some(orphan) = self.orphan(id) else { return };
        let held = orphan.held.take();
        self.orphans.list.retain(|orphan| orphan.id != id);
        if let Some(held) = held {
            self.jobs.spawn(Task::Drop, None, 0, move |_, _| {
                let _ = held.remove();
                Event::Done
            });
        }
    }

    /// Says no more of the edits of a journal until the next start. They stay.
    pub(super) fn put_off_recovered(&mut self, id: u64) {
        if let Some(orphan) = self.orphan(id) {
            orphan.is_put_off = true;
        }
    }

    fn orphan(&mut self, id: u64) -> Option<&mut Orphan> {
        self.orphans.list.iter_mut().find(|orphan| orphan.id == id)
    }
}

impl Orphan {
    fn is_to_be_decided(&self) -> bool {
        !self.is_put_off && !self.is_wanted
    }

    fn is_of(&self, tab: &Tab) -> bool {
        let header = &self.read.header;
        header.path.is_some() && header.path == tab.path && header.part == tab.part
    }
}

fn edits(count: usize) -> String {
    format!("{} {}", grouped(count as u64), if count == 1 { "edit" } else { "edits" })
}

fn unsaved(count: usize) -> String {
    format!("{} unsaved {}", grouped(count as u64), if count == 1 { "edit" } else { "edits" })
}
