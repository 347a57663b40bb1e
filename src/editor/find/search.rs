use std::ops::Range;
use std::sync::Arc;

use super::super::{Editor, Tab, Task};
use crate::document::{Bias, EditSet, Snapshot};
use crate::search::{Pattern, Query, QueryError, Tally, Target};

/// Matches highlighted at once, at most: a screen has no room for more.
const HIGHLIGHTED: usize = 4096;

/// What became of the query in one document.
#[derive(Debug)]
pub struct Search {
    query: Query,
    target: Target,
    /// What only is searched: what was selected.
    scope: Option<Range<u64>>,
    pub(super) pattern: Result<Pattern, QueryError>,
    /// The match that the person is at.
    pub(super) current: Option<Range<u64>>,
    /// Its number among all, counted from 1, once it is known.
    pub(super) number: Option<u64>,
    /// What the last look for a match came to, if not simply to that match.
    pub(super) outcome: Option<Outcome>,
    /// A step that was asked for while the place to start from was being looked for.
    pub(super) next_step: Option<bool>,
    /// Are all of its matches to be counted?
    pub(super) is_counted: bool,
    pub(super) counts: Option<Arc<Tally>>,
    /// In a small document: the revision, and how many matches start in each of many equal parts.
    pub(super) marks: Option<(u64, Vec<u64>)>,
    /// Why not everything is counted: the person stopped it.
    pub(super) stopped: bool,
    on_screen: OnScreen,
}

/// What a look for a match came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing near the caret.
    NotNear,
    Nowhere,
    /// It went on at the other end.
    Wrapped {
        forward: bool,
    },
}

/// The matches that were on screen last.
#[derive(Debug, Default)]
struct OnScreen {
    /// The document's revision, and what was on screen.
    of: Option<(u64, Vec<Range<u64>>)>,
    matches: Vec<Range<u64>>,
}

impl Search {
    fn new(query: Query, target: Target, scope: Option<Range<u64>>) -> Self {
        let pattern = Pattern::new(&query, target);
        Self {
            query,
            target,
            scope,
            pattern,
            current: None,
            number: None,
            outcome: None,
            next_step: None,
            is_counted: false,
            counts: None,
            marks: None,
            stopped: false,
            on_screen: OnScreen::default(),
        }
    }

    /// What is wrong with what was typed.
    pub fn error(&self) -> Option<&QueryError> {
        self.pattern.as_ref().err()
    }

    /// What is searched of a document of `len` bytes.
    pub(super) fn range(&self, len: u64) -> Range<u64> {
        match &self.scope {
            Some(scope) => scope.start.min(len)..scope.end.min(len),
            None => 0..len,
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.scope.is_none()
    }

    /// Goes on with the document as `edits` left it.
    pub(in crate::editor) fn follow(&mut self, edits: &EditSet, snapshot: &Snapshot) {
        if let Some(scope) = &mut self.scope {
            map(scope, edits);
        }
        let touched = |current: &Range<u64>| {
            edits.ranges().any(|(old, _)| old.start < current.end && current.start < old.end)
        };
        // Of one that was edited it is not known whether it is a match any more.
        self.current = self.current.take().filter(|current| !touched(current));
        if let Some(current) = &mut self.current {
            map(current, edits);
        }
        self.number = None;
        self.outcome = None;
        self.follow_counts(edits, snapshot);
    }
}

/// Where a range is after `edits`; it takes in nothing at its ends.
fn map(range: &mut Range<u64>, edits: &EditSet) {
    let start = edits.map(range.start, Bias::After);
    *range = start..edits.map(range.end, Bias::Before).max(start);
}

impl Editor {
    /// Has the active document searched for what the bar looks for, if it is open.
    pub(in crate::editor) fn keep_searching(&mut self) {
        if self.find.is_open {
            self.prepare_search();
        }
    }

    /// Makes ready the search of the active document for what the bar looks for.
    pub(super) fn prepare_search(&mut self) {
        let query = &self.find.query;
        let Some(tab) = self.tabs.get(self.active) else { return };
        if query.text.is_empty() {
            return self.forget_search(self.active);
        }
        let (target, scope) = (tab.search_target(), tab.find_scope.clone());
        let is_same =
            |search: &Search| search.query == *query && search.target == target && search.scope == scope;
        if tab.search.as_ref().is_some_and(|search| is_same(search)) {
            return;
        }
        let search = Search::new(query.clone(), target, scope);
        self.forget_search(self.active);
        self.tabs[self.active].search = Some(Box::new(search));
        if self.find.is_open && self.find.due.is_none() && self.is_searched_at_once() {
            // Another document came to the front, or is read otherwise: its matches are counted too.
            self.find.due = Some(self.now);
        }
    }

    pub(in crate::editor) fn forget_search(&mut self, index: usize) {
        let tab = &mut self.tabs[index];
        if tab.search.take().is_none() {
            return;
        }
        let id = Some(tab.id);
        for task in [Task::Find, Task::Tally, Task::Place, Task::Marks, Task::Replace] {
            self.jobs.cancel(task, id);
        }
    }

    /// Stops what is being searched in the active document. False if nothing is.
    pub(super) fn stop_searching(&mut self) -> bool {
        let Some(tab) = self.tab() else { return false };
        let id = Some(tab.id);
        let tasks = [Task::Find, Task::Tally, Task::Replace, Task::ErrorLine, Task::Place];
        // What nobody could see going on yet needs no key of its own.
        let goes_on = tasks[..4].iter().any(|task| self.jobs.is_running(*task, id));
        for task in tasks {
            self.jobs.cancel(task, id);
        }
        self.find.due = None;
        if let Some(search) = self.tab_mut().and_then(|tab| tab.search.as_mut()) {
            search.next_step = None;
            search.stopped |= goes_on;
        }
        goes_on
    }
}

impl Tab {
    /// What is searched for goes on with the document as `edits` left it.
    pub(in crate::editor) fn search_follows(&mut self, edits: &EditSet, snapshot: &Snapshot) {
        if let Some(scope) = &mut self.find_scope {
            map(scope, edits);
        }
        if let Some(search) = &mut self.search {
            search.follow(edits, snapshot);
        }
    }

    /// How a query is to be read for this document.
    pub(in crate::editor) fn search_target(&self) -> Target {
        let reading = self.reading();
        Target { encoding: reading.encoding, line_break: reading.line_break, binary: self.is_binary }
    }

    /// The matches that touch what is on screen: these stretches, in order.
    pub fn matches_on_screen(&mut self, shown: &[Range<u64>]) -> &[Range<u64>] {
        let snapshot = self.document.snapshot();
        let Some(search) = &mut self.search else { return &[] };
        let Ok(pattern) = &search.pattern else { return &[] };
        let is_known = |(revision, stretches): &(u64, Vec<Range<u64>>)| {
            *revision == snapshot.revision() && stretches == shown
        };
        if !search.on_screen.of.as_ref().is_some_and(is_known) {
            let mut matches: Vec<Range<u64>> = Vec::new();
            let mut is_complete = true;
            for stretch in joined(shown) {
                let (found, is_read) = matches_in(&snapshot, pattern, &stretch, search.scope.as_ref());
                // What reaches from one stretch into the next is found twice.
                let end = matches.last().map_or(0, |last| last.end);
                matches.extend(found.into_iter().filter(|found| found.start >= end));
                is_complete &= is_read;
            }
            let of = is_complete.then(|| (snapshot.revision(), shown.to_vec()));
            search.on_screen = OnScreen { of, matches };
        }
        &search.on_screen.matches
    }

    /// What is wrong with what is looked for.
    pub fn search_error(&self) -> Option<&QueryError> {
        self.search.as_ref()?.error()
    }

    /// Is only what was selected searched?
    pub fn searches_selection(&self) -> bool {
        self.find_scope.is_some()
    }

    /// What only is searched, if not everything.
    pub fn searched(&self) -> Option<Range<u64>> {
        self.find_scope.clone()
    }

    /// The match that the person is at, if there is one.
    pub fn current_match(&self) -> Option<Range<u64>> {
        self.search.as_ref()?.current.clone()
    }
}

/// Stretches with so little between them that they are searched as one.
fn joined(stretches: &[Range<u64>]) -> Vec<Range<u64>> {
    const LITTLE: u64 = 1 << 10;
    let mut joined: Vec<Range<u64>> = Vec::new();
    for stretch in stretches {
        match joined.last_mut() {
            Some(last) if stretch.start <= last.end.saturating_add(LITTLE) => {
                last.end = last.end.max(stretch.end);
            }
            _ => joined.push(stretch.clone()),
        }
    }
    joined
}

/// The matches that touch `shown`; and whether all bytes for that were there.
fn matches_in(
    snapshot: &Snapshot,
    pattern: &Pattern,
    shown: &Range<u64>,
    scope: Option<&Range<u64>>,
) -> (Vec<Range<u64>>, bool) {
    let around = pattern.context();
    let range = shown.start.saturating_sub(around)..shown.end.saturating_add(around);
    let window = snapshot.try_read(range);
    let mut matches = pattern.matches_in(&window, shown.clone(), HIGHLIGHTED, snapshot.len());
    if let Some(scope) = scope {
        matches.retain(|found| scope.start <= found.start && found.end <= scope.end);
    }
    (matches, window.gaps.is_empty())
}
