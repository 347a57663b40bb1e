use std::ops::Range;

use super::super::{Editor, Event, Tab, TabId, Task};
use super::count::{LineTally, Total};
use super::lines::ListedLine;
use super::set::Role;
use crate::document::{Bias, EditSet, Snapshot};
use crate::source::Cancel;
use crate::view::{Rows, Selection, Shape, TextPage, TextView};

/// Lines looked up before and behind those on screen.
const AROUND: u64 = 200;

/// Matches marked in a row, at most.
const MARKED: usize = 256;

/// Lines around those on screen.
#[derive(Debug, Default)]
pub(super) struct LineWindow {
    /// The number of the first.
    first: u64,
    lines: Vec<ListedLine>,
    /// Of the document that they were looked up in, if they were.
    revision: Option<u64>,
    is_asked_for: bool,
}

/// Lines that a job has looked up.
pub(in crate::editor) struct LookedUp {
    first: u64,
    lines: Option<(Snapshot, Vec<ListedLine>)>,
    /// The number of the line to go to.
    goes_to: Option<u64>,
}

impl LookedUp {
    /// The first line that matches and starts at `at` or behind it, and those around it, to go there.
    pub(super) fn first_match(tally: &LineTally, at: u64, cancel: &Cancel) -> Self {
        let first = tally.lines_before(at).saturating_sub(AROUND);
        let mut looked_up = Self { first, lines: None, goes_to: None };
        let mut most = 4 * AROUND as usize;
        while let Ok((snapshot, lines)) = tally.lines(first, most, cancel) {
            let is_all = lines.len() < most;
            let found = lines.iter().position(|line| line.is_match && line.start >= at);
            looked_up.goes_to = found.map(|index| first + index as u64);
            if found.is_some() || is_all {
                looked_up.lines = Some((snapshot, lines));
                break;
            }
            most *= 4;
        }
        looked_up
    }
}

/// What of the list is on screen.
#[derive(Clone, Debug, Default)]
pub struct ListedLines {
    pub top: u64,
    pub fraction: f32,
    /// Columns scrolled out at the left.
    pub left: u64,
    /// Do lines stand around the matches?
    pub has_context: bool,
    /// How many there are in all, and whether all are counted.
    pub total: u64,
    pub is_complete: bool,
    /// The lines on screen; `None` while one is being looked up.
    pub lines: Vec<Option<ListedLine>>,
    /// The number of the line that the person is at.
    pub here: Option<u64>,
}

impl Editor {
    /// What `rows` rows of the list show; what is not known of them is looked up.
    pub fn listed_lines(&mut self, rows: usize) -> ListedLines {
        let Some(tab) = self.tabs.get_mut(self.active) else { return ListedLines::default() };
        let id = tab.id;
        let revision = tab.document.snapshot().revision();
        let Some(filter) = &mut tab.filter else { return ListedLines::default() };
        let Some(tally) = filter.tally.clone() else { return ListedLines::default() };
        let Total { lines: total, is_complete, .. } = tally.total();
        filter.place.clamp(total, rows);
        let place = filter.place;
        let shown = place.top..(place.top + rows as u64 + 1).min(total);
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
                Event::LookedUp(Box::new(LookedUp { first, lines, goes_to: None }))
            });
        }
        let line = |number: u64| {
            let index = number.checked_sub(window.first)?;
            window.lines.get(index as usize).copied()
        };
        ListedLines {
            top: place.top,
            fraction: place.fraction,
            left: filter.left,
            has_context: filter.set.context > 0,
            total,
            is_complete,
            lines: shown.map(line).collect(),
            here: place.here,
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
        if let Some(number) = looked_up.goes_to.filter(|_| index == self.active) {
            self.scroll_list_to(number);
            self.go_to_listed(number);
        }
    }

    /// Scrolls the list by rows.
    pub fn scroll_list(&mut self, rows: f32) {
        if let Some(filter) = self.tab_mut().and_then(|tab| tab.filter.as_mut()) {
            filter.place.scroll(rows);
        }
    }

    /// Scrolls the list sideways by columns.
    pub fn scroll_list_sideways(&mut self, columns: i64) {
        if let Some(filter) = self.tab_mut().and_then(|tab| tab.filter.as_mut()) {
            filter.left = filter.left.saturating_add_signed(columns);
        }
    }

    /// Puts line `number` of the list on top.
    pub fn scroll_list_to(&mut self, number: u64) {
        if let Some(filter) = self.tab_mut().and_then(|tab| tab.filter.as_mut()) {
            filter.place.scroll_to(number);
        }
    }

    /// Goes to line `number` of the list: to the first match in it.
    pub fn go_to_listed(&mut self, number: u64) {
        let Some(tab) = self.tab_mut() else { return };
        let Some(filter) = &mut tab.filter else { return };
        let Some(index) = number.checked_sub(filter.window.first) else { return };
        let Some(&ListedLine { start, .. }) = filter.window.lines.get(index as usize) else { return };
        filter.place.here = Some(number);
        tab.remember_jump();
        tab.jump(Selection::at(start));
        tab.set_follows(false);
    }

    /// Moves through the list by rows, of which `page` are on screen, and shows the document there.
    pub fn step_in_list(&mut self, rows: i64, page: usize) {
        let Some(filter) = self.tab_mut().and_then(|tab| tab.filter.as_mut()) else { return };
        let Some(total) = filter.tally.as_ref().map(|tally| tally.total().lines) else { return };
        let next = filter.place.step(rows, page, total);
        self.go_to_listed(next);
    }
}

impl LineWindow {
    /// Nobody looks up any more what was asked for.
    pub(super) fn give_up(&mut self) {
        self.is_asked_for = false;
    }

    pub(super) fn follow(&mut self, edits: &EditSet) {
        self.lines.iter_mut().for_each(|line| line.start = edits.map(line.start, Bias::Before));
    }
}

impl Tab {
    /// The line that starts at `start`, unwrapped, with `left` columns scrolled out.
    pub fn line_page(&mut self, start: u64, left: u64, columns: u64) -> TextPage {
        let snapshot = self.document.snapshot();
        let shape = Shape { wrap: None, ..self.shape };
        let mut rows = Rows::new(&snapshot, shape, &mut self.lines);
        let mut view = TextView::default();
        (view.top, view.left) = (start, left);
        view.page(&mut rows, 1, columns)
    }

    /// The matches of the filters in `range`, which is on screen, with their colours.
    pub fn marked_in_list(&self, range: &Range<u64>) -> Vec<(Range<u64>, u8)> {
        let Some(filter) = &self.filter else { return Vec::new() };
        let snapshot = self.document.snapshot();
        let used =
            filter.set.entries.iter().zip(&filter.patterns).filter(|(entry, _)| entry.role != Role::Hide);
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
