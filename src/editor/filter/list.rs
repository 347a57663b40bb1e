use std::fmt::Write;
use std::sync::Arc;
use std::thread;

use super::super::list_place::ListPlace;
use super::super::{COLORS, Editor, Event, Mode, Tab, Task};
use super::count::{LineTally, Total};
use super::density::LineDensity;
use super::pages::Pages;
use super::recognise::beginning;
use super::rows::LineWindow;
use super::set::{FilterEntry, FilterSet, MOST_CONTEXT, NoFilter, Role};
use super::text::Unit;
use crate::document::{EditSet, Snapshot};
use crate::hex::grouped;
use crate::search::{Pattern, Query, QueryError, Target};

/// Less than this is counted by one thread.
const COUNT_TOGETHER: u64 = 32 << 20;

/// Threads that count one document, at most.
const THREADS: usize = 8;

/// The list of lines below the document: what it shows of whichever document is active.
#[derive(Debug, Default)]
pub struct LineList {
    pub(super) pages: Pages,
    is_open: bool,
    /// Does it take the place of the document?
    is_full: bool,
    /// Do keys go to its rows?
    has_keys: bool,
    /// The field of this entry is to get the keys.
    entered: Option<usize>,
}

/// What the list shows of one document.
#[derive(Debug)]
pub struct Filter {
    /// The page of the list that shows it.
    pub(super) page: u64,
    pub(super) set: FilterSet,
    pub(super) target: Target,
    /// One for each entry that is used, or what is wrong with it.
    pub(super) patterns: Vec<Option<Result<Pattern, QueryError>>>,
    /// What is wrong with what begins records.
    record_error: Option<QueryError>,
    unit: Unit,
    pub(super) tally: Option<Arc<LineTally>>,
    /// Why not everything is counted: the person stopped it.
    stopped: bool,
    pub(super) place: ListPlace,
    /// Columns scrolled out at the left.
    pub(super) left: u64,
    pub(super) window: LineWindow,
    /// Where the lines are, in a small document.
    pub(super) density: Option<LineDensity>,
}

impl LineList {
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    pub fn has_keys(&self) -> bool {
        self.is_open && self.has_keys
    }

    /// Does it take the place of the document?
    pub fn is_full(&self) -> bool {
        self.is_open && self.is_full
    }

    pub fn set(&self) -> &FilterSet {
        self.pages.set()
    }

    pub fn entries(&self) -> &[FilterEntry] {
        &self.set().entries
    }

    pub(super) fn entries_mut(&mut self) -> &mut Vec<FilterEntry> {
        &mut self.pages.set_mut().entries
    }

    /// The field of this entry gets the keys.
    pub(super) fn enter(&mut self, entry: usize) {
        self.entered = Some(entry);
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
        let entries = self.line_list.entries_mut();
        if entries.iter().all(|entry| entry.role == Role::Color) {
            entries.insert(0, FilterEntry::new(Role::Show, Query::default(), 0));
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
        let entries = self.line_list.entries_mut();
        entries.retain(|entry| entry.role == Role::Color);
        entries.insert(0, FilterEntry::new(Role::Show, query, 0));
        self.line_list.has_keys = true;
        self.leave_find_field();
        self.keep_filtering();
    }

    fn open_line_list(&mut self) {
        // There is room for one list.
        self.close_review();
        self.close_find_in_files();
        self.line_list.is_open = self.tab().is_some();
    }

    pub fn close_line_list(&mut self) {
        (self.line_list.is_open, self.line_list.has_keys) = (false, false);
        self.line_list.is_full = false;
        for index in 0..self.tabs.len() {
            self.forget_filter(index);
        }
        self.remember_tabs();
    }

    /// Gives the keys to the rows of the list, or back to the document.
    pub fn give_keys_to_line_list(&mut self, gives: bool) {
        self.line_list.has_keys = gives && self.line_list.is_open;
        // Who types into the document wants to see it.
        self.line_list.is_full &= gives;
        if gives {
            self.leave_find_field();
        }
    }

    /// Has the list take the place of the document, or stand below it.
    pub(in crate::editor) fn toggle_full_list(&mut self) {
        if !self.line_list.is_open {
            self.toggle_line_list();
        }
        self.line_list.is_full = !self.line_list.is_full && self.line_list.is_open;
        self.give_keys_to_line_list(true);
    }

    /// Changes what is listed, and how.
    pub fn change_filters(&mut self, change: impl FnOnce(&mut FilterSet)) {
        let set = self.line_list.pages.set_mut();
        change(set);
        set.context = set.context.min(MOST_CONTEXT);
        self.keep_filtering();
    }

    /// Adds one more filter.
    pub fn add_filter(&mut self) {
        let entries = self.line_list.entries_mut();
        let color = (entries.len() % usize::from(COLORS)) as u8;
        entries.push(FilterEntry::new(Role::Show, Query::default(), color));
        let last = entries.len() - 1;
        self.line_list.enter(last);
    }

    /// Takes lines together as records, or each for itself again. What begins a record is recognised, if the person did
    /// not say it.
    pub fn toggle_records(&mut self) {
        let is_said = !self.line_list.set().record.is_empty();
        let recognised = match self.tab() {
            Some(tab) if !is_said => beginning(&tab.document.snapshot(), tab.search_target()),
            _ => "",
        };
        self.change_filters(|set| {
            set.records = !set.records;
            set.record.push_str(recognised);
        });
    }

    /// What is wrong with what begins records.
    pub fn record_error(&self) -> Option<&QueryError> {
        self.tab()?.filter.as_ref()?.record_error.as_ref()
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
        let page = self.line_list.pages.id();
        let set = self.line_list.set();
        let Some(tab) = self.tabs.get_mut(self.active) else { return };
        let target = tab.search_target();
        let unit = match tab.mode {
            Mode::Hex => Unit::Row(u64::from(tab.hex.rows().bytes_per_row()).max(1)),
            _ => Unit::Line(target.line_break),
        };
        let is_same = |filter: &Filter| filter.target == target && filter.unit == unit;
        let is_other_page = tab.filter.as_ref().is_some_and(|filter| filter.page != page);
        if is_other_page {
            tab.show_page(page);
        }
        match &mut tab.filter {
            Some(filter) if filter.set == *set && is_same(filter) => {}
            // Only how it looks has changed.
            Some(filter) if filter.set.lists_like(set) && is_same(filter) => {
                filter.patterns = patterns(set, target);
                filter.set = set.clone();
            }
            filter => {
                let snapshot = tab.document.snapshot();
                *filter = Some(Box::new(Filter::new(page, set.clone(), target, unit, snapshot)));
                self.stop_listing(self.active);
            }
        }
        if is_other_page {
            self.stop_listing(self.active);
        }
        self.count_lines_shown();
        self.mark_listed();
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
        tab.kept_filters.clear();
        self.stop_listing(index);
        self.jobs.cancel(Task::Gather, Some(self.tabs[index].id));
    }

    fn stop_listing(&mut self, index: usize) {
        let tab = &mut self.tabs[index];
        if let Some(filter) = &mut tab.filter {
            filter.window.give_up();
        }
        let id = Some(tab.id);
        for task in [Task::Filter, Task::Lines, Task::LineMarks] {
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
        let Total { lines, matches, is_complete } = tally.total();
        let job = self.jobs().iter().find(|job| job.task == Task::Filter && job.tab == Some(tab.id));
        let mut total = match matches {
            0 if is_complete => format!("No matching {what}"),
            1 => format!("1 matching {}", &what[..what.len() - 1]),
            _ => format!("{} matching {what}", grouped(matches)),
        };
        if lines > matches {
            let _ = write!(total, ", {} around", grouped(lines - matches));
        }
        match job {
            _ if is_complete => total,
            Some(job) => format!("{total} so far  {}", self.progress_of(job)),
            None => format!("{total} so far, stopped"),
        }
    }
}

fn patterns(set: &FilterSet, target: Target) -> Vec<Option<Result<Pattern, QueryError>>> {
    set.entries.iter().map(|entry| entry.is_used().then(|| entry.pattern(target))).collect()
}

impl Filter {
    fn new(page: u64, set: FilterSet, target: Target, unit: Unit, snapshot: Snapshot) -> Self {
        let (filter, record_error) = match set.line_filter(target, unit) {
            Ok(filter) => (filter, None),
            Err(NoFilter::Record(error)) => (None, Some(error)),
            Err(NoFilter::Entry(..)) => (None, None),
        };
        Self {
            page,
            patterns: patterns(&set, target),
            record_error,
            set,
            target,
            unit,
            tally: filter.map(|filter| Arc::new(LineTally::new(snapshot, filter))),
            stopped: false,
            place: ListPlace::default(),
            left: 0,
            window: LineWindow::default(),
            density: None,
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
        for filter in self.filter.as_deref_mut().into_iter().chain(&mut self.kept_filters) {
            filter.follow(edits, snapshot);
        }
    }

    /// Shows what is known of `page`, and keeps what was shown.
    fn show_page(&mut self, page: u64) {
        let shown = self.kept_filters.iter().position(|kept| kept.page == page);
        let shown = shown.map(|index| Box::new(self.kept_filters.swap_remove(index)));
        let hidden = std::mem::replace(&mut self.filter, shown);
        self.kept_filters.extend(hidden.map(|filter| *filter));
    }

    /// Is the list one of lines, not of hex rows?
    pub fn lists_lines(&self) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.is_by_lines())
    }
}
