use std::ops::Range;
use std::sync::Arc;
use std::thread;

use super::super::{Editor, Event, Mode, Tab, TabId, Task};
use super::count::LineTally;
use super::lines::{LineFilter, Unit};
use crate::document::{Bias, EditSet, Snapshot};
use crate::hex::grouped;
use crate::search::{Pattern, Query, QueryError, Target};
use crate::view::{Rows, Selection, Shape, TextPage, TextView};

/// Less than this is counted by one thread.
const COUNT_TOGETHER: u64 = 32 << 20;

/// Threads that count one document, at most.
const THREADS: usize = 8;

/// Lines looked up before and behind those on screen.
const AROUND: u64 = 200;

/// Matches marked in a row, at most.
const MARKED: usize = 256;

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
    entries: Vec<FilterEntry>,
    target: Target,
    /// One for each entry that is used; what is wrong with the others.
    patterns: Vec<Option<Result<Pattern, QueryError>>>,
    unit: Unit,
    tally: Option<Arc<LineTally>>,
    /// Why not everything is counted: the person stopped it.
    stopped: bool,
    /// The number of the topmost line, and how much of it is above the edge, in rows.
    top: u64,
    fraction: f32,
    /// The line that the person is at, by its number in the list.
    here: Option<u64>,
    window: LineWindow,
}

/// Lines around those on screen.
#[derive(Debug, Default)]
struct LineWindow {
    /// The number of the first.
    first: u64,
    /// Where they start.
    lines: Vec<u64>,
    /// Of the document that they were looked up in, if they were.
    revision: Option<u64>,
    is_asked_for: bool,
}

/// Lines that a job has looked up.
pub(in crate::editor) struct LookedUp {
    first: u64,
    lines: Option<(Snapshot, Vec<u64>)>,
}

/// What of the list is on screen.
#[derive(Clone, Debug, Default)]
pub struct ListedLines {
    pub top: u64,
    pub fraction: f32,
    /// How many there are in all, and whether all are counted.
    pub total: u64,
    pub is_complete: bool,
    /// Where each line on screen starts; `None` while that is being looked up.
    pub lines: Vec<Option<u64>>,
    /// The number of the line that the person is at.
    pub here: Option<u64>,
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

    pub(in crate::editor) fn wants_keys(&self) -> bool {
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

    pub(super) fn forget_filter(&mut self, index: usize) {
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

    /// What `rows` rows of the list show; what is not known of them is looked up.
    pub fn listed_lines(&mut self, rows: usize) -> ListedLines {
        let Some(tab) = self.tabs.get_mut(self.active) else { return ListedLines::default() };
        let id = tab.id;
        let revision = tab.document.snapshot().revision();
        let Some(filter) = &mut tab.filter else { return ListedLines::default() };
        let Some(tally) = filter.tally.clone() else { return ListedLines::default() };
        let (total, is_complete) = tally.total();
        filter.clamp(total, rows);
        let shown = filter.top..(filter.top + rows as u64 + 1).min(total);
        let window = &mut filter.window;
        let known = window.first..window.first + window.lines.len() as u64;
        let is_known =
            known.start <= shown.start && shown.end <= known.end && window.revision == Some(revision);
        if !is_known && !window.is_asked_for && !shown.is_empty() {
            window.is_asked_for = true;
            let first = shown.start.saturating_sub(AROUND);
            let most = (shown.end - first + AROUND) as usize;
            self.jobs.spawn(Task::Lines, Some(id), 0, move |cancel, _| {
                let lines = tally.lines(first, most, cancel).ok();
                Event::LookedUp(Box::new(LookedUp { first, lines }))
            });
        }
        let line = |number: u64| {
            let index = number.checked_sub(window.first)?;
            window.lines.get(index as usize).copied()
        };
        ListedLines {
            top: filter.top,
            fraction: filter.fraction,
            total,
            is_complete,
            lines: shown.map(line).collect(),
            here: filter.here,
        }
    }

    pub(in crate::editor) fn lines_looked_up(&mut self, tab: Option<TabId>, looked_up: LookedUp) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else { return };
        let Some(filter) = &mut self.tabs[index].filter else { return };
        filter.window.is_asked_for = false;
        if let Some((snapshot, lines)) = looked_up.lines {
            let revision = Some(snapshot.revision());
            let mut window = LineWindow { first: looked_up.first, lines, revision, is_asked_for: false };
            window.follow(&snapshot.edits_since());
            filter.window = window;
        }
    }

    /// Scrolls the list by rows.
    pub fn scroll_list(&mut self, rows: f32) {
        let Some(filter) = self.tab_mut().and_then(|tab| tab.filter.as_mut()) else { return };
        let at = f64::from(filter.fraction) + f64::from(rows);
        let whole = at.floor();
        let top = i128::from(filter.top) + whole as i128;
        filter.fraction = if top < 0 { 0.0 } else { (at - whole) as f32 };
        filter.top = top.max(0) as u64;
    }

    /// Puts line `number` of the list on top.
    pub fn scroll_list_to(&mut self, number: u64) {
        if let Some(filter) = self.tab_mut().and_then(|tab| tab.filter.as_mut()) {
            (filter.top, filter.fraction) = (number, 0.0);
        }
    }

    /// Goes to line `number` of the list: to the first match in it.
    pub fn go_to_listed(&mut self, number: u64) {
        let Some(tab) = self.tab_mut() else { return };
        let Some(filter) = &mut tab.filter else { return };
        let Some(index) = number.checked_sub(filter.window.first) else { return };
        let Some(&start) = filter.window.lines.get(index as usize) else { return };
        filter.here = Some(number);
        tab.remember_jump();
        tab.jump(Selection::at(start));
        tab.set_follows(false);
    }

    /// Moves through the list by rows, of which `page` are on screen, and shows the document there.
    pub fn step_in_list(&mut self, rows: i64, page: usize) {
        let Some(filter) = self.tab_mut().and_then(|tab| tab.filter.as_mut()) else { return };
        let Some((total, _)) = filter.tally.as_ref().map(|tally| tally.total()) else { return };
        let last = total.saturating_sub(1);
        let next = match filter.here {
            Some(here) => here.saturating_add_signed(rows).min(last),
            None => filter.top.min(last),
        };
        filter.here = Some(next);
        if next < filter.top {
            (filter.top, filter.fraction) = (next, 0.0);
        } else if next >= filter.top + page.max(1) as u64 {
            (filter.top, filter.fraction) = (next + 1 - page.max(1) as u64, 0.0);
        }
        self.go_to_listed(next);
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

    fn clamp(&mut self, total: u64, rows: usize) {
        let last = total.saturating_sub(rows as u64);
        if self.top >= last {
            (self.top, self.fraction) = (last, 0.0);
        }
    }

    /// Goes on with the document as `edits` left it.
    fn follow(&mut self, edits: &EditSet, snapshot: &Snapshot) {
        if let Some(tally) = &self.tally {
            tally.edit(edits, snapshot.clone());
        }
        self.window.follow(edits);
    }
}

impl LineWindow {
    fn follow(&mut self, edits: &EditSet) {
        self.lines.iter_mut().for_each(|line| *line = edits.map(*line, Bias::Before));
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

    /// The line that starts at `start`, unwrapped.
    pub fn line_page(&mut self, start: u64, columns: u64) -> TextPage {
        let snapshot = self.document.snapshot();
        let shape = Shape { wrap: None, ..self.shape };
        let mut rows = Rows::new(&snapshot, shape, &mut self.lines);
        let mut view = TextView::default();
        view.top = start;
        view.page(&mut rows, 1, columns)
    }

    /// The matches of the filters in `range`, which is on screen, with their colours.
    pub fn marked_in_list(&self, range: &Range<u64>) -> Vec<(Range<u64>, u8)> {
        let Some(filter) = &self.filter else { return Vec::new() };
        let snapshot = self.document.snapshot();
        let used = filter.entries.iter().zip(&filter.patterns).filter(|(entry, _)| !entry.hides);
        let mut marked = Vec::new();
        for (entry, pattern) in used {
            let Some(Ok(pattern)) = pattern else { continue };
            let around = pattern.context().min(1 << 10);
            let window =
                snapshot.try_read(range.start.saturating_sub(around)..range.end.saturating_add(around));
            let matches = pattern.matches_in(&window, range.clone(), MARKED, snapshot.len());
            marked.extend(matches.into_iter().map(|found| (found, entry.color)));
        }
        marked
    }
}
