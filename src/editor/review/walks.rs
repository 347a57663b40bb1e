//! Looking for one edit: at once where few pieces have to be looked at, by a job where there are many.

use std::cell::Cell;
use std::ops::Range;

use super::super::{Editor, Event, Tab, TabId, Task};
use crate::document::{Difference, GoOn, Since, Snapshot};
use crate::view::Selection;

/// Stretches of contents that are looked at at once.
const AT_ONCE: u32 = 2 << 10;

/// Which edit is looked for.
#[derive(Clone, Debug)]
pub(super) enum Sought {
    /// To go to it: the first that begins behind what is selected, or at its end, since the file was opened.
    Next(Range<u64>),
    /// The last that begins before.
    Previous(u64),
    /// To take it back: the one that holds this place, or ends there.
    At(Since, u64),
    /// This one, if it is still there.
    This(Since, Difference),
}

/// An edit, or where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum There {
    Change(Range<u64>),
    Difference(Difference),
}

/// What a job has found.
pub(in crate::editor) struct SoughtEdit {
    sought: Sought,
    /// The person did not want to wait.
    is_cancelled: bool,
    snapshot: Snapshot,
    there: Option<There>,
}

impl Sought {
    /// `None`, too, where `go_on` no longer says so.
    fn find(&self, snapshot: &Snapshot, go_on: GoOn<'_>) -> Option<There> {
        match self {
            Self::Next(selected) => {
                // Where nothing is selected and only bytes were removed, this is the change we stand on.
                let is_other = |range: &Range<u64>| range.start >= selected.end && range != selected;
                let change = snapshot.next_change(selected.end, go_on, |change| is_other(&change.range));
                change.map(|change| There::Change(change.range))
            }
            Self::Previous(before) => {
                snapshot.previous_change(*before, go_on).map(|change| There::Change(change.range))
            }
            Self::At(since, at) => snapshot.difference_at(*since, *at, go_on).map(There::Difference),
            Self::This(since, this) => {
                let there = this.new.start..this.new.start.saturating_add(1);
                let difference = snapshot.differences_while(*since, there, go_on).next();
                difference.filter(|difference| difference == this).map(There::Difference)
            }
        }
    }
}

impl Editor {
    /// Selects the next or the previous stretch that was changed since opening.
    pub(in crate::editor) fn go_to_edit(&mut self, next: bool) {
        let Some(tab) = self.tab() else { return };
        let selected = tab.selection.span();
        self.look_for_edit(if next { Sought::Next(selected) } else { Sought::Previous(selected.start) });
    }

    pub(super) fn look_for_edit(&mut self, sought: Sought) {
        let Some(tab) = self.tab() else { return };
        let (id, snapshot) = (tab.id, tab.document.snapshot());
        let left = Cell::new(AT_ONCE);
        let there = sought.find(&snapshot, &|_| {
            left.set(left.get().saturating_sub(1));
            left.get() > 0
        });
        if left.get() > 0 {
            let found = SoughtEdit { sought, is_cancelled: false, snapshot, there };
            return self.edit_sought(Some(id), found);
        }
        self.jobs.cancel(Task::SeekEdit, Some(id));
        self.jobs.spawn(Task::SeekEdit, Some(id), snapshot.len(), move |cancel, progress| {
            let reached = Cell::new(None);
            let there = sought.find(&snapshot, &|at| {
                progress.add(reached.replace(Some(at)).map_or(0, |last: u64| at.saturating_sub(last)));
                !cancel.is_cancelled()
            });
            let is_cancelled = cancel.is_cancelled();
            Event::SoughtEdit(Box::new(SoughtEdit { sought, is_cancelled, snapshot, there }))
        });
    }

    pub(in crate::editor) fn edit_sought(&mut self, tab: Option<TabId>, found: SoughtEdit) {
        let SoughtEdit { sought, is_cancelled, snapshot, there } = found;
        let Some(index) = tab.and_then(|id| self.index_of(id)) else { return };
        let tab = &mut self.tabs[index];
        if is_cancelled {
            return;
        }
        if !tab.document.snapshot().is_same(&snapshot) {
            return self.tell("It was edited meanwhile. Try again.");
        }
        match (sought, there) {
            (Sought::At(since, _) | Sought::This(since, _), Some(There::Difference(difference))) => {
                self.revert_found(index, &snapshot, since, &difference);
            }
            (_, Some(There::Change(range))) => tab.go_to_change(range),
            (Sought::Next(_), _) => self.tell("No edit further down."),
            (Sought::Previous(_), _) => self.tell("No edit further up."),
            (Sought::At(..), _) => self.tell("There is no edit at the caret."),
            (Sought::This(..), _) => self.tell("That edit has changed meanwhile. Try again."),
        }
    }
}

impl Tab {
    fn go_to_change(&mut self, range: Range<u64>) {
        self.remember_jump();
        self.jump(Selection::range(range.start, range.end));
    }
}
