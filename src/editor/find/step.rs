use std::ops::Range;

use super::super::{Editor, Tab, TabId, Task};
use super::FindField;
use super::search::Outcome;
use crate::document::{Bias, Snapshot};
use crate::hex::grouped;
use crate::search::{self, Cancelled, Found, LONGEST, Pattern};
use crate::source::{Cancel, Lost, Progress};
use crate::view::Selection;

/// While a person types, so many bytes are searched to either side of where they are.
const NEAR: u64 = 16 << 20;

/// A look for one match.
struct Look {
    snapshot: Snapshot,
    pattern: Pattern,
    /// What is searched.
    within: Range<u64>,
    from: u64,
    forward: bool,
    /// Only so many bytes, if not all.
    at_most: Option<u64>,
    /// No empty match stands where the last one ended.
    not_empty_at: Option<u64>,
}

/// What a job found when it looked for a match.
pub(in crate::editor) struct Looked {
    /// What it searched.
    snapshot: Snapshot,
    forward: bool,
    is_near: bool,
    seen: Option<Seen>,
}

/// What there was to be seen.
#[derive(Default)]
struct Seen {
    range: Option<Range<u64>>,
    wrapped: bool,
    lost: Option<(Range<u64>, Lost)>,
}

impl Look {
    fn run(self, cancel: &Cancel, progress: &Progress) -> Looked {
        let seen = self.seen(cancel, progress).ok();
        Looked { forward: self.forward, is_near: self.at_most.is_some(), snapshot: self.snapshot, seen }
    }

    fn seen(&self, cancel: &Cancel, progress: &Progress) -> Result<Seen, Cancelled> {
        let Range { start, end } = self.within;
        let most = self.at_most.unwrap_or(u64::MAX);
        let from = self.from.clamp(start, end);
        // Behind where the search began, a match may reach beyond it.
        let (here, there) = if self.forward {
            let there = from.saturating_add(2 * LONGEST).min(start.saturating_add(most)).min(end);
            (self.forward(from, start..end.min(from.saturating_add(most)), cancel, progress)?, start..there)
        } else {
            let here = self.backward(from, from.saturating_sub(most).max(start)..end, cancel, progress)?;
            let there = from.saturating_sub(2 * LONGEST).max(end.saturating_sub(most)).max(start);
            (here, there..end)
        };
        let is_all = most >= end - start;
        if here.range.is_some() || (from == start && self.forward && is_all) {
            return Ok(Seen { range: here.range, wrapped: false, lost: here.lost });
        }
        let around = if self.forward {
            self.forward(start, there, cancel, progress)?
        } else {
            self.backward(end + 1, there, cancel, progress)?
        };
        let wrapped = around.range.is_some();
        Ok(Seen { range: around.range, wrapped, lost: here.lost.or(around.lost) })
    }

    fn forward(
        &self,
        from: u64,
        within: Range<u64>,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<Found, Cancelled> {
        let find = |from| {
            search::find_forward(&self.snapshot, &self.pattern, from, within.clone(), cancel, progress)
        };
        let found = find(from)?;
        match (&found.range, self.not_empty_at) {
            (Some(range), Some(at)) if range.is_empty() && range.start == at => find(at + 1),
            _ => Ok(found),
        }
    }

    fn backward(
        &self,
        from: u64,
        within: Range<u64>,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Result<Found, Cancelled> {
        search::find_backward(&self.snapshot, &self.pattern, from, within, cancel, progress)
    }
}

impl Editor {
    /// Shows the first match near where the person was when they began to type.
    pub(super) fn look_near(&mut self) {
        let origin = self.search_origin();
        let Some(tab) = self.tab_mut() else { return };
        let id = tab.id;
        if tab.search.as_ref().is_none_or(|search| search.pattern.is_err()) {
            return self.show_origin();
        }
        let forward = !self.find.is_backward;
        self.look(id, origin.start, forward, Some(NEAR), None);
    }

    /// Goes to the next match, or to the one before.
    pub(in crate::editor) fn find_step(&mut self, forward: bool) {
        if self.find.query.text.is_empty() {
            return self.open_find(FindField::Pattern);
        }
        self.prepare_search();
        let Some(tab) = self.tab() else { return };
        let id = tab.id;
        if tab.search.as_ref().is_some_and(|search| search.error().is_some()) {
            return self.open_find(FindField::Pattern);
        }
        self.remember_query();
        self.count_matches();
        if self.jobs.is_running(Task::Find, Some(id)) {
            // The step is one from what is being looked for.
            if let Some(search) = self.tab_mut().and_then(|tab| tab.search.as_mut()) {
                search.next_step = Some(forward);
            }
            return;
        }
        self.step_from_selection(id, forward);
    }

    pub(super) fn step_from_selection(&mut self, id: TabId, forward: bool) {
        let Some(index) = self.index_of(id) else { return };
        let tab = &self.tabs[index];
        let selected = tab.selection.span();
        let current = tab.current_match().filter(|current| *current == selected);
        let from = match (forward, &current) {
            // An empty match is left behind by a byte.
            (true, Some(current)) if current.is_empty() => current.end + 1,
            (true, _) => selected.end,
            (false, _) => selected.start,
        };
        let not_empty_at =
            current.filter(|current| forward && !current.is_empty()).map(|current| current.end);
        self.look(id, from, forward, None, not_empty_at);
    }

    /// Goes to the first match in a part of the active document: what a click on the scrollbar's marks asks for.
    pub fn go_to_match_in(&mut self, part: Range<u64>) {
        if !self.find.is_open() {
            return self.go_to_listed_in(part);
        }
        if let Some(id) = self.tab().map(|tab| tab.id) {
            self.look(id, part.start, true, None, None);
        }
    }

    fn look(&mut self, id: TabId, from: u64, forward: bool, at_most: Option<u64>, not_empty_at: Option<u64>) {
        let Some(index) = self.index_of(id) else { return };
        let tab = &mut self.tabs[index];
        let snapshot = tab.document.snapshot();
        let Some(search) = &mut tab.search else { return };
        let Ok(pattern) = &search.pattern else { return };
        let (pattern, within) = (pattern.clone(), search.range(snapshot.len()));
        search.next_step = None;
        search.outcome = None;
        self.jobs.cancel(Task::Find, Some(id));
        let total = at_most.unwrap_or(u64::MAX).min(within.end - within.start);
        let look = Look { snapshot, pattern, within, from, forward, at_most, not_empty_at };
        self.jobs.spawn(Task::Find, Some(id), total, move |cancel, progress| {
            super::super::Event::FoundMatch(Box::new(look.run(cancel, progress)))
        });
    }

    /// A match was looked for.
    pub(in crate::editor) fn looked_for_match(&mut self, tab: Option<TabId>, looked: Looked) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else { return };
        let Looked { snapshot, forward, is_near, seen: Some(seen) } = looked else { return };
        let tab = &mut self.tabs[index];
        let id = tab.id;
        let Some(search) = &mut tab.search else { return };
        let edits = snapshot.edits_since();
        let range = seen.range.map(|range| {
            let start = edits.map(range.start, Bias::After);
            start..edits.map(range.end, Bias::Before).max(start)
        });
        let next_step = search.next_step.take();
        match range {
            Some(range) => {
                let whole = search.is_whole();
                search.outcome = seen.wrapped.then_some(Outcome::Wrapped { forward });
                self.show_match(index, range, is_near);
                if seen.wrapped && !is_near && !self.find.is_open {
                    let (end, other) = if forward { ("end", "start") } else { ("start", "end") };
                    let what = if whole { "document" } else { "selection" };
                    self.tell(format!("Searched to the {end} of the {what}, and on from its {other}."));
                }
                if let Some(forward) = next_step {
                    self.step_from_selection(id, forward);
                }
            }
            None if is_near => {
                search.outcome = Some(Outcome::NotNear);
                search.current = None;
                search.number = None;
                self.show_origin();
                if let Some(forward) = next_step {
                    self.step_from_selection(id, forward);
                }
            }
            None => {
                search.outcome = Some(Outcome::Nowhere);
                search.current = None;
                search.number = None;
                if !self.find.is_open {
                    let text = format!("“{}” is nowhere here.", self.find.query.text);
                    self.tell(text);
                }
            }
        }
        if let Some((lost, why)) = seen.lost {
            // How far the loss goes is for a look at it to tell: the search read no more of it than it had to.
            self.tell(format!("From byte {} on, some could not be searched: {why}.", grouped(lost.start)));
        }
    }

    /// Selects a match of a document. A look while typing leaves no jump to come back from.
    fn show_match(&mut self, index: usize, range: Range<u64>, is_near: bool) {
        let tab = &mut self.tabs[index];
        let was_at_match = tab.current_match() == Some(tab.selection.span());
        if !is_near && !was_at_match {
            tab.remember_jump();
        }
        tab.jump(Selection::range(range.start, range.end));
        // Who follows the end is led away from it.
        tab.set_follows(false);
        if let Some(search) = &mut tab.search {
            search.current = Some(range);
            search.number = None;
        }
        if index == self.active {
            self.note_shown();
        }
        self.number_match(index);
    }

    /// What there is to do about the search of the active document now.
    pub(in crate::editor) fn search_on(&mut self) {
        self.keep_searching();
        self.search_all_when_due();
        self.keep_counting();
    }

    /// The person has stopped typing for a while: now the whole document is searched.
    fn search_all_when_due(&mut self) {
        if self.find.due.is_none_or(|due| due > self.now) {
            return;
        }
        self.find.due = None;
        if self.tab().is_some_and(Tab::is_far_away) {
            return;
        }
        self.count_matches();
        let Some(tab) = self.tab() else { return };
        let id = tab.id;
        let is_far = tab.search.as_ref().is_some_and(|search| search.outcome == Some(Outcome::NotNear));
        if is_far && self.is_where_find_left() {
            let from = self.search_origin().start;
            self.look(id, from, !self.find.is_backward, None, None);
        }
    }
}
