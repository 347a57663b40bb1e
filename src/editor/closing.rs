use super::{Answer, Dialog, Editor, Event, OpenTarget, Position, Request, Stream, Tab, TabId, Task};

/// Tabs that are to be closed, or the window, as soon as they are saved: one after the other, since each may have to
/// ask for a name. Whatever goes wrong ends it, with everything left that was not closed yet.
#[derive(Debug)]
pub(super) struct Closing {
    tabs: Vec<TabId>,
    quit: bool,
    /// How many of `tabs` have had their turn.
    begun: usize,
}

impl Closing {
    /// The tab that is being saved.
    fn current(&self) -> Option<TabId> {
        self.begun.checked_sub(1).and_then(|last| self.tabs.get(last)).copied()
    }
}

/// Is the window to be closed as soon as files that are being written are complete?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quitting {
    No,
    /// If nothing was edited meanwhile.
    Saved,
    /// The person gave up what is not saved.
    Discarding,
    /// What is not saved comes back at the next start.
    Keeping,
}

impl Editor {
    /// Closes a tab, asking first if it has unsaved edits, or the only copy of what came through a pipe.
    pub fn close(&mut self, index: usize) {
        let Some(tab) = self.tabs.get(index) else {
            return;
        };
        if tab.is_unsaved() {
            let tabs = vec![tab.id];
            self.activate(index);
            self.ask_unsaved(tabs, false);
        } else {
            self.remove(index);
        }
    }

    /// Asks once for all documents that are not saved, then closes the window.
    pub fn quit(&mut self) {
        if self.closing.as_ref().is_some_and(|closing| closing.quit) {
            return self.tell("Hextant closes as soon as everything is saved.");
        }
        let unsaved = self.tabs.iter().filter(|tab| tab.is_unsaved());
        let unsaved: Vec<TabId> = unsaved.map(|tab| tab.id).collect();
        self.remember_at_the_end();
        if unsaved.is_empty() {
            self.leave(Quitting::Saved);
        } else if self.settings.restore_session && self.session.is_kept() && self.is_protected() {
            self.leave(Quitting::Keeping);
        } else {
            self.ask_unsaved(unsaved, true);
        }
    }

    fn ask_unsaved(&mut self, tabs: Vec<TabId>, quit: bool) {
        let asked = |dialog: &Dialog| match dialog {
            Dialog::Unsaved { tabs: others, quit: all } => *all == quit && *others == tabs,
            _ => false,
        };
        if self.dialog.iter().chain(&self.questions).any(asked) {
            return;
        }
        if self.dialog.as_ref().is_some_and(|dialog| !dialog.is_question()) {
            self.answer(Answer::Cancel);
        }
        self.ask(Dialog::Unsaved { tabs, quit });
    }

    fn leave(&mut self, quitting: Quitting) {
        self.quitting = quitting;
        if self.is_writing() {
            self.tell("Hextant closes as soon as what is being written is complete.");
        }
        self.quit_when_written();
    }

    fn is_writing(&self) -> bool {
        let writes = |task| matches!(task, Task::Save | Task::Export | Task::Recover | Task::Remember);
        self.jobs.running().iter().any(|job| writes(job.task))
    }

    pub(super) fn quit_when_written(&mut self) {
        if self.quitting == Quitting::No || self.is_writing() {
            return;
        }
        let unsaved = self.tabs.iter().any(Tab::is_unsaved);
        if self.quitting == Quitting::Saved && unsaved {
            self.quitting = Quitting::No;
            self.quit();
        } else if self.end_journals(self.quitting == Quitting::Keeping) {
            self.quitting = Quitting::No;
            self.requests.push(Request::Quit);
        }
    }

    pub(super) fn save_then_close(&mut self, tabs: Vec<TabId>, quit: bool) {
        self.closing = Some(Closing { tabs, quit, begun: 0 });
        self.go_on_closing();
    }

    /// Saves the next of the tabs that are to be closed; after the last, closes them.
    fn go_on_closing(&mut self) {
        while let Some(closing) = &mut self.closing {
            let Some(&id) = closing.tabs.get(closing.begun) else {
                break;
            };
            closing.begun += 1;
            let Some(index) = self.index_of(id) else {
                continue;
            };
            if !self.tabs[index].is_unsaved() {
                continue;
            }
            // What is still to come is not waited for.
            if self.tabs[index].stream.as_ref().is_some_and(Stream::may_go_on) {
                self.cancel(Task::Stream, id);
            }
            self.activate(index);
            // One that is being saved already has its turn when that is done.
            if !self.jobs.is_running(Task::Save, Some(id)) {
                self.save();
            }
            return;
        }
        let Some(Closing { tabs, quit, .. }) = self.closing.take() else {
            return;
        };
        if quit {
            return self.quit();
        }
        for id in tabs {
            if let Some(index) = self.index_of(id) {
                self.close(index);
            }
        }
    }

    /// A tab was saved: those that wait for that go on.
    pub(super) fn saved_to_close(&mut self, tab: Option<TabId>) {
        if self.closing.as_ref().is_some_and(|closing| closing.current() == tab) {
            self.go_on_closing();
        }
    }

    /// A tab could not be saved, or the person thought better of it: nothing is closed.
    pub(super) fn not_closed(&mut self, tab: Option<TabId>) {
        if self.quitting == Quitting::Saved {
            self.quitting = Quitting::No;
        }
        if self.closing.as_ref().is_some_and(|closing| closing.current() == tab) {
            self.closing = None;
        }
    }

    /// Edits that were to come back at the next start cannot be written down: the person is asked for them.
    pub(super) fn not_kept(&mut self) {
        if self.quitting == Quitting::Keeping {
            self.quitting = Quitting::No;
            self.quit();
        }
    }

    /// Something happened that the person is to see before the window closes.
    pub(super) fn stay(&mut self) {
        self.quitting = Quitting::No;
    }

    pub(super) fn discard(&mut self, tabs: &[TabId], quit: bool) {
        for &id in tabs {
            self.jobs.cancel(Task::Save, Some(id));
        }
        if quit {
            return self.leave(Quitting::Discarding);
        }
        for &id in tabs {
            if let Some(index) = self.index_of(id) {
                self.remove(index);
            }
        }
    }

    fn remove(&mut self, index: usize) {
        self.leave_go_to();
        let tab = self.tabs.remove(index);
        if let Some(target) = tab.target() {
            let position = Some(Position::Offset(tab.selection.head()));
            self.closed.push(OpenTarget { position, ..target });
        }
        if self.active > index || self.active >= self.tabs.len() {
            self.active = self.active.saturating_sub(1);
        }
        self.let_go(tab);
        self.name_tabs();
        self.remember_tabs();
        if !self.tabs.is_empty() {
            self.go_on(self.active);
        }
    }

    /// Frees a document that is no longer seen.
    pub(super) fn let_go(&mut self, tab: Tab) {
        self.jobs.cancel_tab(tab.id);
        self.jobs.spawn(Task::Drop, None, 0, move |_, _| {
            drop((tab.document, tab.disk));
            Event::Done
        });
    }

    pub(super) fn reopen(&mut self) {
        if let Some(target) = self.closed.pop() {
            self.open(target);
        }
    }
}
