use std::sync::Arc;

use super::disk::{Found, Look, Shown, Unfinished};
use super::saving::Written;
use super::watching::Pace;
use super::{Editor, Event, TabId, Task};
use crate::save::{self, Since};
use crate::source::{Change, Identity, Source};
use crate::view::Selection;

/// What a job found out about a file on disk.
pub(super) struct Looked {
    /// The state of the file that the tab showed then.
    was: Identity,
    look: Option<Look>,
    /// Will nobody complete the save that had broken off?
    is_settled: bool,
}

impl Editor {
    /// Watches the files of all tabs from the next tick on.
    pub fn watch_files(&mut self) {
        self.watching.get_or_insert_default();
    }

    /// Has every file watched that should be, as closely as it should be; and lets in what waited until the person's
    /// edits were undone.
    pub(super) fn keep_watching(&mut self) {
        for index in 0..self.tabs.len() {
            let tab = &mut self.tabs[index];
            if let Found::Grown(longer) = &tab.disk.found
                && !tab.document.is_modified()
            {
                let longer = longer.clone();
                self.let_in(index, longer);
            }
            self.watch(index);
        }
    }

    fn watch(&mut self, index: usize) {
        let Some(watching) = self.watching.as_ref().filter(|_| !self.waits_until_shown) else {
            return;
        };
        let tab = &mut self.tabs[index];
        let (Some(path), Some(shown)) = (&tab.path, &tab.disk.shown) else {
            tab.disk.watch = None;
            return;
        };
        let watch = match tab.disk.watch.take() {
            Some(watch) if watch.path == *path => watch,
            _ => watching.watch(&self.jobs, tab.id, path, Some(shown.identity), self.claims.clone()),
        };
        watch.set_pace(match (tab.follows, index == self.active) {
            (true, _) => Pace::Followed,
            (false, true) => Pace::Shown,
            (false, false) => Pace::Told,
        });
        tab.disk.watch = Some(watch);
    }

    /// In which processes of other Hextants the file of a tab is being edited.
    pub(super) fn claimed(&mut self, id: TabId, editors: Vec<u32>) {
        if let Some(index) = self.index_of(id) {
            let tab = &mut self.tabs[index];
            tab.known_editors.retain(|known| editors.contains(known));
            tab.other_editors = editors;
        }
    }

    /// Looks at what became of a tab's file, in the background: one look at a time.
    pub(super) fn check(&mut self, id: TabId) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        let tab = &mut self.tabs[index];
        if self.jobs.is_running(Task::Check, Some(id)) {
            tab.disk.noticed = true;
            return;
        }
        tab.disk.noticed = false;
        let (Some(path), Some(shown)) = (tab.path.clone(), tab.disk.shown.clone()) else {
            return;
        };
        let was = shown.identity;
        let unfinished = tab.disk.unfinished().cloned();
        let part = tab.part_being_saved.clone();
        let files = Arc::clone(&self.files);
        self.jobs.spawn(Task::Check, Some(id), 0, move |_, _| {
            let Some(unfinished) = unfinished else {
                return Event::Looked(Box::new(Looked { was, look: shown.look(&path), is_settled: false }));
            };
            let (look, is_settled) = match save::since(&unfinished.request, unfinished.written, &*files) {
                Ok(Since::Completed(saved)) => {
                    let Unfinished { request, purpose, .. } = unfinished;
                    return Written::event(request, purpose, Ok(*saved), part.as_ref());
                }
                Ok(Since::Pending) | Err(_) => (None, false),
                Ok(Since::Elsewhere) => (shown.look(&path), false),
                Ok(Since::Withdrawn | Since::Changed) => (shown.look(&path), true),
            };
            Event::Looked(Box::new(Looked { was, look, is_settled }))
        });
    }

    pub(super) fn looked(&mut self, tab: Option<TabId>, Looked { was, look, is_settled }: Looked) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else {
            return;
        };
        let id = self.tabs[index].id;
        let disk = &self.tabs[index].disk;
        // Saved or grown meanwhile: what was seen is older. It is looked at again when the save ends.
        let is_old = disk.shown.as_ref().is_none_or(|shown| shown.identity != was)
            || self.jobs.is_running(Task::Save, Some(id));
        if is_settled && !is_old {
            self.tabs[index].disk.forget_unfinished();
        }
        if let Some(look) = look.filter(|_| !is_old) {
            self.found(index, look);
        }
        // A reload gave the tab another number.
        let Some(index) = self.index_of(id) else {
            return;
        };
        let disk = &mut self.tabs[index].disk;
        if let Some(why) = disk.loss.take().filter(|_| disk.lost_from().is_none()) {
            self.tell_loss(index, why);
        }
        if self.tabs[index].disk.noticed {
            self.check(id);
        }
    }

    fn found(&mut self, index: usize, look: Look) {
        let tab = &mut self.tabs[index];
        let found = match look {
            Look::Found(found) => found,
            Look::Touched(identity) => {
                tab.identity = Some(identity);
                if let Some(shown) = &mut tab.disk.shown {
                    shown.identity = identity;
                }
                Found::AsShown
            }
        };
        let unmodified = !tab.is_edited();
        match found {
            // It is our own save that did this, and nothing to be shown.
            Found::Grown(_)
            | Found::Changed { change: Change::Rewritten | Change::Truncated | Change::Appended, .. }
                if tab.disk.unfinished().is_some() => {}
            Found::Grown(longer) if unmodified => self.let_in(index, longer),
            Found::Changed { change, .. } if unmodified && tab.follows && change != Change::Removed => {
                let what = match change {
                    Change::Replaced => "replaced; following the new file",
                    Change::Truncated => "truncated; following it from there",
                    _ => "rewritten; following it as it is now",
                };
                let (text, id) = (format!("“{}” was {what}.", tab.name), tab.id);
                self.tell(text);
                self.reload(id);
            }
            found => {
                tab.disk.found = found;
                if !tab.disk.has_old_bytes() {
                    // Matches that are known may stand where there is nothing any more: they are looked for again.
                    self.forget_search(index);
                    self.forget_filter(index);
                }
            }
        }
    }

    /// What was appended to the file joins the document.
    pub(super) fn let_in(&mut self, index: usize, longer: Shown) {
        let tab = &mut self.tabs[index];
        if tab.document.is_empty() && tab.document.undo_name().is_none() && tab.document.redo_name().is_none()
        {
            // It now has a first line, by which to tell what it is.
            let id = tab.id;
            return self.reload(id);
        }
        tab.identity = Some(longer.identity);
        let source = Arc::clone(&longer.source);
        tab.disk.rest_on(Some(longer));
        self.grow(index, source);
    }

    /// The document goes on: `source` begins with all that its newest base held, and has more behind it.
    pub(super) fn grow(&mut self, index: usize, source: Arc<dyn Source>) {
        let tab = &mut self.tabs[index];
        let end = tab.document.len();
        let before = tab.document.snapshot();
        tab.document.grow(source);
        let (edits, now) = (before.edits_since(), tab.document.snapshot());
        tab.search_follows(&edits, &now);
        tab.filter_follows(&edits, &now);
        tab.review_follows(&edits, &now);
        if tab.follows && tab.selection == Selection::at(end) {
            tab.selection = Selection::at(tab.document.len());
        }
        let id = tab.id;
        self.count_lines(id);
    }

    /// Goes on with what is on screen, whatever the disk says.
    pub(super) fn keep_shown(&mut self) {
        if let Some(tab) = self.tab_mut() {
            tab.disk.keep();
        }
    }

    /// Saves edits together with what was appended to the file meanwhile.
    pub(super) fn save_with_tail(&mut self) {
        if self.show_tail() {
            self.save();
        }
    }

    /// What was appended to the active document's file joins it, though it is edited. True if there was something.
    pub(super) fn show_tail(&mut self) -> bool {
        let index = self.active;
        let Some(Found::Grown(longer)) = self.tabs.get(index).map(|tab| &tab.disk.found) else {
            return false;
        };
        let longer = longer.clone();
        self.let_in(index, longer);
        true
    }

    /// Follows the end of the active document, or no longer.
    pub(super) fn toggle_follow(&mut self) {
        if let Some(tab) = self.tab_mut() {
            tab.set_follows(!tab.follows);
        }
    }
}
