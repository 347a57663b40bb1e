use std::sync::Arc;

use super::super::filter::{LineTally, Total};
use super::super::list_place::ListPlace;
use super::super::{Editor, Event, Tab, Task};
use super::changes::Changes;
use super::rows::EditWindow;
use super::walks::Sought;
use crate::document::{Difference, EditSet, Since, Snapshot};
use crate::hex::grouped;
use crate::view::Selection;

/// The list of edits below the document: what it shows of whichever document is active.
#[derive(Debug, Default)]
pub struct ReviewList {
    is_open: bool,
    /// Do keys go to its rows?
    has_keys: bool,
    since: Since,
}

/// What the list shows of one document.
#[derive(Debug)]
pub struct Review {
    pub(super) since: Since,
    /// The base that it compares with: saving makes another one.
    base: Option<u32>,
    pub(super) tally: Arc<LineTally<Changes>>,
    /// The person stopped the counting.
    stopped: bool,
    pub(super) place: ListPlace,
    pub(super) window: EditWindow,
}

impl ReviewList {
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    pub fn has_keys(&self) -> bool {
        self.is_open && self.has_keys
    }

    pub fn since(&self) -> Since {
        self.since
    }
}

impl Review {
    fn new(since: Since, snapshot: Snapshot) -> Self {
        Self {
            since,
            base: snapshot.base_store(),
            tally: Arc::new(LineTally::new(snapshot, Changes { since })),
            stopped: false,
            place: ListPlace::default(),
            window: EditWindow::default(),
        }
    }

    /// How many edits are known, and whether these are all.
    pub(super) fn total(&self, snapshot: &Snapshot) -> (u64, bool) {
        match snapshot.is_empty() {
            // Nothing is left where it could be counted.
            true => (u64::from(snapshot.base_len(self.since) > 0), true),
            false => {
                let Total { lines, is_complete, .. } = self.tally.total();
                (lines, is_complete)
            }
        }
    }

    fn follow(&mut self, edits: &EditSet, snapshot: &Snapshot) {
        self.tally.edit(edits, snapshot.clone());
        self.window.follow(edits, snapshot.revision());
    }
}

impl Tab {
    /// The list of edits goes on with the document as `edits` left it.
    pub(in crate::editor) fn review_follows(&mut self, edits: &EditSet, snapshot: &Snapshot) {
        if let Some(review) = &mut self.review {
            review.follow(edits, snapshot);
        }
    }
}

impl Editor {
    /// Opens the list of edits, or closes it.
    pub(in crate::editor) fn toggle_review(&mut self) {
        if self.review_list.is_open {
            return self.close_review();
        }
        if self.tab().is_none() {
            return;
        }
        // There is room for one list.
        self.close_line_list();
        self.close_find_in_files();
        self.review_list.is_open = true;
        self.give_keys_to_review(true);
        if let Some(tab) = self.tab_mut() {
            tab.document.end_step();
        }
        self.keep_reviewing();
    }

    pub fn close_review(&mut self) {
        self.review_list.is_open = false;
        self.review_list.has_keys = false;
        for index in 0..self.tabs.len() {
            let tab = &mut self.tabs[index];
            tab.review = None;
            let id = Some(tab.id);
            self.jobs.cancel(Task::Review, id);
            self.jobs.cancel(Task::Describe, id);
        }
    }

    /// Gives the keys to the rows of the list, or back to the document.
    pub fn give_keys_to_review(&mut self, gives: bool) {
        self.review_list.has_keys = gives && self.review_list.is_open;
        if gives {
            self.leave_find_field();
        }
    }

    /// Compares with the file as it is on disk, or as it was opened.
    pub fn review_since(&mut self, since: Since) {
        self.review_list.since = since;
        self.keep_reviewing();
    }

    /// Stops counting edits; where that does not go on, closes the list.
    pub fn escape_review(&mut self) {
        let Some(id) = self.tab().map(|tab| tab.id) else { return };
        if !self.jobs.is_running(Task::Review, Some(id)) {
            return self.close_review();
        }
        self.jobs.cancel(Task::Review, Some(id));
        if let Some(review) = self.tab_mut().and_then(|tab| tab.review.as_mut()) {
            review.stopped = true;
        }
    }

    /// Has the list show the edits of the active document, and what of it is not counted yet counted.
    pub(in crate::editor) fn keep_reviewing(&mut self) {
        if !self.review_list.is_open {
            return;
        }
        let since = self.review_list.since;
        let Some(tab) = self.tabs.get_mut(self.active) else { return };
        let id = tab.id;
        let snapshot = tab.document.snapshot();
        let is_same = |review: &Review| review.since == since && review.base == snapshot.base_store();
        if !tab.review.as_ref().is_some_and(|review| is_same(review)) {
            tab.review = Some(Box::new(Review::new(since, snapshot.clone())));
            self.jobs.cancel(Task::Review, Some(id));
            self.jobs.cancel(Task::Describe, Some(id));
        }
        let Some(review) = tab.review.as_ref().filter(|review| !review.stopped) else { return };
        let remaining = review.tally.remaining();
        if remaining == 0 || !snapshot.has_base(since) || self.jobs.is_running(Task::Review, Some(id)) {
            return;
        }
        let tally = Arc::clone(&review.tally);
        self.jobs.spawn(Task::Review, Some(id), remaining, move |cancel, progress| {
            tally.run(cancel, progress);
            Event::Done
        });
    }

    /// How many edits the list has, and how far it has come.
    pub fn review_in_words(&self) -> String {
        let Some(tab) = self.tab() else { return String::new() };
        let Some(review) = &tab.review else { return String::new() };
        let snapshot = tab.document.snapshot();
        if !snapshot.has_base(review.since) {
            return match review.since {
                Since::Saved => "Never saved, so there is nothing to compare with".to_owned(),
                Since::Opened => "Not opened from a file, so there is nothing to compare with".to_owned(),
            };
        }
        let (total, is_complete) = review.total(&snapshot);
        let since = match review.since {
            // What is compressed, or came through a pipe, is compared with what was read.
            Since::Saved if tab.stream.is_some() => "since it was read",
            Since::Saved => "since it was saved",
            Since::Opened => "since it was opened",
        };
        let job = self.jobs().iter().find(|job| job.task == Task::Review && job.tab == Some(tab.id));
        match (total, job) {
            (0, _) if is_complete => format!("No edits {since}"),
            (1, _) if is_complete => format!("1 edit {since}"),
            (_, _) if is_complete => format!("{} edits {since}", grouped(total)),
            (_, Some(job)) => format!("{} edits so far  {}", grouped(total), self.progress_of(job)),
            (_, None) => format!("{} edits so far, stopped", grouped(total)),
        }
    }

    /// Takes back an edit: that where the person is in the list, or at the caret. All others stay.
    pub(in crate::editor) fn revert_edit(&mut self) {
        if self.refuses_edits() {
            return;
        }
        let (in_list, since) = (self.review_list.has_keys(), self.review_list.since);
        let Some(tab) = self.tab() else { return };
        if !tab.document.snapshot().has_base(since) {
            return self.tell("There is nothing to go back to: it was never saved.");
        }
        let at_caret = tab.selection.head();
        let Some(review) = tab.review.as_ref().filter(|_| in_list) else {
            return self.look_for_edit(Sought::At(since, at_caret));
        };
        let window = &review.window;
        let Some(difference) = review.place.here.and_then(|here| window.edit(here)).cloned() else {
            return self.tell("Choose first which edit to take back.");
        };
        // What was looked up in these very contents need not be looked for again.
        match window.looked_up_in().filter(|found| found.is_same(&tab.document.snapshot())).cloned() {
            Some(found) => self.revert_found(self.active, &found, since, &difference),
            None => self.look_for_edit(Sought::This(since, difference)),
        }
    }

    /// Takes back an edit that was found in these contents.
    pub(super) fn revert_found(
        &mut self,
        index: usize,
        found: &Snapshot,
        since: Since,
        difference: &Difference,
    ) {
        if self.refuses_edits_of(index) {
            return;
        }
        let now = self.now;
        let tab = &mut self.tabs[index];
        let carets = tab.selection.carets().to_vec();
        match tab.document.revert(found, since, difference, &carets, now) {
            Ok(applied) => {
                tab.follow_edit(&applied);
                let start = difference.new.start;
                tab.select(Selection::range(start, start + (difference.old.end - difference.old.start)));
                let id = tab.id;
                // Bytes of an older file may be back.
                self.count_lines(id);
                self.count_endings_if_small(id);
            }
            Err(_) => self.tell("That edit has changed meanwhile. Try again."),
        }
    }
}
