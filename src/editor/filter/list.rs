use std::sync::Arc;
use std::thread;

use super::super::{Editor, Event, Mode, Tab, Task};
use super::count::LineTally;
use super::lines::{LineFilter, Unit};
use super::rows::LineWindow;
use crate::document::{EditSet, Snapshot};
use crate::hex::grouped;
use crate::search::{Pattern, Query, QueryError, Target};

/// Less than this is counted by one thread.
const COUNT_TOGETHER: u64 = 32 << 20;

/// Threads that count one document, at most.
const THREADS: usize = 8;

/// Shows the lines that match, or hides them.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterEntry {
    pub query: Query,
    pub hides: bool,
    pub is_on: bool,
    /// Of its matches, from 0 to 8.
    pub color: u8,
}

impl FilterEntry {
    fn new(query: Query, color: u8) -> Self {
        Self { query, hides: false, is_on: true, color }
    }

    fn is_used(&self) -> bool {
        self.is_on && !self.query.text.is_empty()
    }
}

/// The list of lines below the document: what it shows of whichever document is active.
#[derive(Debug, Default)]
pub struct LineList {
    entries: Vec<FilterEntry>,
    is_open: bool,
    /// Do keys go to its rows?
    has_keys: bool,
    /// The field of this entry is to get the keys.
    entered: Option<usize>,
}

/// What the list shows of one document.
#[derive(Debug)]
pub struct Filter {
    pub(super) entries: Vec<FilterEntry>,
    pub(super) target: Target,
    /// One for each entry that is used; what is wrong with the others.
    pub(super) patterns: Vec<Option<Result<Pattern, QueryError>>>,
    unit: Unit,
    pub(super) tally: Option<Arc<LineTally>>,
    /// Why not everything is counted: the person stopped it.
    stopped: bool,
    /// The number of the topmost line, and how much of it is above the edge, in rows.
    pub(super) top: u64,
    pub(super) fraction: f32,
    /// The line that the person is at, by its number in the list.
    pub(super) here: Option<u64>,
    pub(super) window: LineWindow,
}

impl LineList {
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    pub fn has_keys(&self) -> bool {
        self.is_open && self.has_keys
    }

    pub fn entries(&self) -> &[FilterEntry] {
        &self.entries
    }

    /// The entry whose field is to get the keys; told once.
    pub fn take_entered(&mut self) -> Option<usize> {
        self.entered.take()
    }

    /// Is there one?
    pub fn wants_keys(&self) -> bool {
        self.entered.is_some()
    }
}

impl Editor {
    /// Opens the list, or closes it.
    pub(in crate::editor) fn toggle_line_list(&mut self) {
        if self.line_list.is_open {
            return self.close_line_list();
        }
        if self.tab().is_none() {
            return;
        }
        self.open_line_list();
        if self.line_list.entries.is_empty() {
            self.line_list.entries.push(FilterEntry::new(Query::default(), 0));
            self.line_list.entered = Some(0);
        }
        self.give_keys_to_line_list(true);
        self.keep_filtering();
    }

    /// Lists the lines with what the find bar looks for.
    pub(in crate::editor) fn list_found_lines(&mut self) {
        let query = self.find.query().clone();
        if query.text.is_empty() {
            return self.toggle_line_list();
        }
        self.open_line_list();
        self.line_list.entries = vec![FilterEntry::new(query, 0)];
        self.line_list.has_keys = true;
        self.leave_find_field();
        self.keep_filtering();
    }

    fn open_line_list(&mut self) {
        self.line_list.is_open = self.tab().is_some();
    }

    pub fn close_line_list(&mut self) {
        self.line_list.is_open = false;
        self.line_list.has_keys = false;
        for index in 0..self.tabs.len() {
            self.forget_filter(index);
        }
    }

    /// Gives the keys to the rows of the list, or back to the document.
    pub fn give_keys_to_line_list(&mut self, gives: bool) {
        self.line_list.has_keys = gives && self.line_list.is_open;
        if gives {
            self.leave_find_field();
        }
    }

    /// Changes what is shown.
    pub fn change_filters(&mut self, change: impl FnOnce(&mut Vec<FilterEntry>)) {
        change(&mut self.line_list.entries);
        self.keep_filtering();
    }

    /// Adds one more filter.
    pub fn add_filter(&mut self) {
        let color = (self.line_list.entries.len() % 9) as u8;
        self.line_list.entries.push(FilterEntry::new(Query::default(), color));
        self.line_list.entered = Some(self.line_list.entries.len() - 1);
    }

    /// What is wrong with a filter.
    pub fn filter_error(&self, entry: usize) -> Option<&QueryError> {
        let patterns = &self.tab()?.filter.as_ref()?.patterns;
        patterns.get(entry)?.as_ref()?.as_ref().err()
    }

    /// Has the list show what its filters say of the active document, and what of it is not counted yet counted.
    pub(in crate::editor) fn keep_filtering(&mut self) {
        if !self.line_list.is_open {
            return;
        }
        let entries = &self.line_list.entries;
        let Some(tab) = self.tabs.get_mut(self.active) else { return };
        let target = tab.search_target();
        let unit = match tab.mode {
            Mode::Hex => Unit::Row(u64::from(tab.hex.rows().bytes_per_row()).max(1)),
            _ => Unit::Line(target.line_break),
        };
        let is_same =
            |filter: &Filter| filter.entries == *entries && filter.target == target && filter.unit == unit;
        if !tab.filter.as_ref().is_some_and(|filter| is_same(filter)) {
            let filter = Filter::new(entries.clone(), target, unit, tab.document.snapshot());
            let id = tab.id;
            tab.filter = Some(Box::new(filter));
            self.jobs.cancel(Task::Filter, Some(id));
            self.jobs.cancel(Task::Lines, Some(id));
        }
        self.count_lines_shown();
    }

    fn count_lines_shown(&mut self) {
        let Some(tab) = self.tabs.get(self.active) else { return };
        let id = tab.id;
        let Some(filter) = tab.filter.as_ref().filter(|filter| !filter.stopped) else { return };
        let Some(tally) = filter.tally.clone() else { return };
        let remaining = tally.remaining();
        if remaining == 0 || self.jobs.is_running(Task::Filter, Some(id)) {
            return;
        }
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
        let threads = if remaining < COUNT_TOGETHER { 1 } else { cores.min(THREADS) };
        self.jobs.spawn_on(threads, Task::Filter, Some(id), remaining, move |cancel, progress| {
            tally.run(cancel, progress);
            Event::Done
        });
    }

    pub(in crate::editor) fn forget_filter(&mut self, index: usize) {
        let tab = &mut self.tabs[index];
        tab.filter = None;
        let id = Some(tab.id);
        for task in [Task::Filter, Task::Lines, Task::Gather] {
            self.jobs.cancel(task, id);
        }
    }

    /// Stops counting lines for the list; where that does not go on, closes it.
    pub fn escape_line_list(&mut self) {
        if !self.stop_filtering() {
            self.close_line_list();
        }
    }

    /// Stops counting lines for the list. False if that does not go on.
    fn stop_filtering(&mut self) -> bool {
        let Some(tab) = self.tab() else { return false };
        let id = Some(tab.id);
        let goes_on = [Task::Filter, Task::Gather].into_iter().any(|task| self.jobs.is_running(task, id));
        if goes_on {
            self.jobs.cancel(Task::Filter, id);
            self.jobs.cancel(Task::Gather, id);
            if let Some(filter) = self.tab_mut().and_then(|tab| tab.filter.as_mut()) {
                filter.stopped = true;
            }
        }
        goes_on
    }

    /// How many lines the list has, and how far it has come.
    pub fn line_list_in_words(&self) -> String {
        let Some(tab) = self.tab() else { return String::new() };
        let what = if tab.lists_lines() { "lines" } else { "rows" };
        let Some(filter) = &tab.filter else { return String::new() };
        let Some(tally) = &filter.tally else { return format!("Matching {what}") };
        let (total, is_complete) = tally.total();
        let job = self.jobs().iter().find(|job| job.task == Task::Filter && job.tab == Some(tab.id));
        let total = match total {
            0 if is_complete => format!("No matching {what}"),
            1 => format!("1 matching {}", &what[..what.len() - 1]),
            _ => format!("{} matching {what}", grouped(total)),
        };
        match job {
            _ if is_complete => total,
            Some(job) => format!("{total} so far  {}", self.progress_of(job)),
            None => format!("{total} so far, stopped"),
        }
    }
}

impl Filter {
    fn new(entries: Vec<FilterEntry>, target: Target, unit: Unit, snapshot: Snapshot) -> Self {
        let compile = |entry: &FilterEntry| {
            let query = Query { within_lines: true, ..entry.query.clone() };
            entry.is_used().then(|| Pattern::new(&query, target))
        };
        let patterns: Vec<_> = entries.iter().map(compile).collect();
        let of = |hides: bool| -> Vec<Pattern> {
            let used = entries.iter().zip(&patterns).filter(|(entry, _)| entry.hides == hides);
            used.filter_map(|(_, pattern)| pattern.as_ref()?.as_ref().ok().cloned()).collect()
        };
        let (includes, excludes) = (of(false), of(true));
        let has_error = patterns.iter().flatten().any(Result::is_err);
        let is_empty = includes.is_empty() && excludes.is_empty();
        let tally = (!has_error && !is_empty)
            .then(|| Arc::new(LineTally::new(snapshot, LineFilter { includes, excludes, unit })));
        Self {
            entries,
            target,
            patterns,
            unit,
            tally,
            stopped: false,
            top: 0,
            fraction: 0.0,
            here: None,
            window: LineWindow::default(),
        }
    }

    pub(super) fn tally(&self) -> Option<&Arc<LineTally>> {
        self.tally.as_ref()
    }

    pub(super) fn is_by_lines(&self) -> bool {
        matches!(self.unit, Unit::Line(_))
    }

    /// Goes on with the document as `edits` left it.
    fn follow(&mut self, edits: &EditSet, snapshot: &Snapshot) {
        if let Some(tally) = &self.tally {
            tally.edit(edits, snapshot.clone());
        }
        self.window.follow(edits);
    }
}

impl Tab {
    /// What the list shows goes on with the document as `edits` left it.
    pub(in crate::editor) fn filter_follows(&mut self, edits: &EditSet, snapshot: &Snapshot) {
        if let Some(filter) = &mut self.filter {
            filter.follow(edits, snapshot);
        }
    }

    /// Is the list one of lines, not of hex rows?
    pub fn lists_lines(&self) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.is_by_lines())
    }
}
