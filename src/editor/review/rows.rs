use std::sync::Arc;

use super::super::filter::LineTally;
use super::super::recovered_edits::ShownEdit;
use super::super::{Editor, Event, TabId, Task};
use super::changes::Changes;
use crate::document::{Bias, Difference, EditSet, Snapshot};
use crate::search::Cancelled;
use crate::source::Cancel;
use crate::view::Selection;

/// Edits looked up before and behind those on screen.
const AROUND: u64 = 100;

/// Bytes shown of each side of an edit, and around it, at most.
const SHOWN: u64 = 128;
const CONTEXT: u64 = 32;

/// An edit in the list.
#[derive(Clone, Debug)]
pub struct ReviewedEdit {
    pub difference: Difference,
    pub shown: ShownEdit,
    /// Could its bytes be read?
    pub is_known: bool,
}

/// Edits around those on screen.
#[derive(Debug, Default)]
pub(super) struct EditWindow {
    /// The number of the first.
    first: u64,
    edits: Vec<ReviewedEdit>,
    /// What they were looked up in, if they were.
    contents: Option<Snapshot>,
    /// When that is known, all of them are looked up again: how many were counted by then.
    total: u64,
    is_asked_for: bool,
    /// The edits since they were asked for, each with the revision that it led to.
    meanwhile: Vec<(u64, EditSet)>,
}

/// Edits that a job has looked up.
pub(in crate::editor) struct Described {
    first: u64,
    total: u64,
    edits: Option<(Snapshot, Vec<ReviewedEdit>)>,
}

/// What of the list is on screen.
#[derive(Clone, Debug, Default)]
pub struct ReviewedEdits {
    pub top: u64,
    pub fraction: f32,
    /// How many there are in all, as far as they are counted.
    pub total: u64,
    /// Those on screen; `None` while one is being looked up.
    pub edits: Vec<Option<ReviewedEdit>>,
    /// The number of the edit that the person is at.
    pub here: Option<u64>,
}

impl EditWindow {
    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }

    pub fn edit(&self, number: u64) -> Option<&Difference> {
        self.edits.get(self.index(number)?).map(|edit| &edit.difference)
    }

    /// In what they were looked up: there they stand exactly so, but for where edits since then have moved them to.
    pub fn looked_up_in(&self) -> Option<&Snapshot> {
        self.contents.as_ref()
    }

    /// Goes on with the contents, of which `edits` made those of this revision.
    pub fn follow(&mut self, edits: &EditSet, revision: u64) {
        if self.is_asked_for {
            self.meanwhile.push((revision, edits.clone()));
        }
        self.map(edits);
    }

    fn map(&mut self, edits: &EditSet) {
        for ReviewedEdit { difference, .. } in &mut self.edits {
            let new = &difference.new;
            difference.new = edits.map(new.start, Bias::Before)..edits.map(new.end, Bias::After);
        }
    }
}

impl Editor {
    /// What `rows` rows of the list of edits show; what is not known of them is looked up.
    pub fn reviewed_edits(&mut self, rows: usize) -> ReviewedEdits {
        let Some(tab) = self.tabs.get_mut(self.active) else { return ReviewedEdits::default() };
        let id = tab.id;
        let snapshot = tab.document.snapshot();
        let has_two_byte_units = tab.reading().line_break.width() > 1;
        let Some(review) = &mut tab.review else { return ReviewedEdits::default() };
        if !snapshot.has_base(review.since) {
            return ReviewedEdits::default();
        }
        let (total, _) = review.total(&snapshot);
        review.place.clamp(total, rows);
        let place = review.place;
        let shown = place.top..(place.top + rows as u64 + 1).min(total);
        let window = &mut review.window;
        let known = window.first..window.first + window.edits.len() as u64;
        let is_known = known.start <= shown.start
            && shown.end <= known.end
            && window.contents.as_ref().is_some_and(|contents| contents.is_same(&snapshot))
            && window.total == total;
        if !is_known && !window.is_asked_for && !shown.is_empty() {
            window.is_asked_for = true;
            window.meanwhile.clear();
            let first = shown.start.saturating_sub(AROUND);
            let most = (shown.end - first + AROUND) as usize;
            let tally = Arc::clone(&review.tally);
            self.jobs.spawn(Task::Describe, Some(id), 0, move |cancel, _| {
                let edits = describe(&tally, first, most, has_two_byte_units, cancel).ok();
                Event::Described(Box::new(Described { first, total, edits }))
            });
        }
        let window = &review.window;
        let edit = |number| window.edits.get(window.index(number)?).cloned();
        ReviewedEdits {
            top: place.top,
            fraction: place.fraction,
            total,
            edits: shown.map(edit).collect(),
            here: place.here,
        }
    }

    pub(in crate::editor) fn edits_described(&mut self, tab: Option<TabId>, described: Described) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else { return };
        let Some(review) = &mut self.tabs[index].review else { return };
        review.window.is_asked_for = false;
        let Described { first, total, edits } = described;
        if let Some((snapshot, edits)) = edits {
            let revision = snapshot.revision();
            let meanwhile = std::mem::take(&mut review.window.meanwhile);
            review.window =
                EditWindow { first, edits, contents: Some(snapshot), total, ..EditWindow::default() };
            // One after the other: very many replacements and what came before or after them are never made one.
            for (_, edits) in meanwhile.iter().filter(|(then, _)| *then > revision) {
                review.window.map(edits);
            }
        }
    }

    /// Scrolls the list by rows.
    pub fn scroll_review(&mut self, rows: f32) {
        if let Some(review) = self.tab_mut().and_then(|tab| tab.review.as_mut()) {
            review.place.scroll(rows);
        }
    }

    /// Puts edit `number` of the list on top.
    pub fn scroll_review_to(&mut self, number: u64) {
        if let Some(review) = self.tab_mut().and_then(|tab| tab.review.as_mut()) {
            review.place.scroll_to(number);
        }
    }

    /// Goes to edit `number` of the list, and selects what is new.
    pub fn go_to_reviewed(&mut self, number: u64) {
        let Some(tab) = self.tab_mut() else { return };
        let Some(review) = &mut tab.review else { return };
        review.place.here = Some(number);
        let Some(new) = review.window.edit(number).map(|edit| edit.new.clone()) else { return };
        tab.remember_jump();
        tab.jump(Selection::range(new.start, new.end));
        tab.set_follows(false);
    }

    /// Moves through the list by rows, of which `page` are on screen, and shows the document there.
    pub fn step_in_review(&mut self, rows: i64, page: usize) {
        let Some(tab) = self.tab_mut() else { return };
        let snapshot = tab.document.snapshot();
        let Some(review) = &mut tab.review else { return };
        let (total, _) = review.total(&snapshot);
        if total > 0 {
            let next = review.place.step(rows, page, total);
            self.go_to_reviewed(next);
        }
    }
}

/// The edits from number `first` on, with their first bytes, and in which contents they stand so.
fn describe(
    tally: &LineTally<Changes>,
    first: u64,
    most: usize,
    has_two_byte_units: bool,
    cancel: &Cancel,
) -> Result<(Snapshot, Vec<ReviewedEdit>), Cancelled> {
    let (snapshot, mut places) = tally.lines(first, most, cancel)?;
    let changes = *tally.filter();
    if snapshot.is_empty() {
        places.push(0);
    }
    let mut edits = Vec::new();
    for (index, place) in places.iter().copied().enumerate() {
        if cancel.is_cancelled() {
            return Err(Cancelled);
        }
        // The one before it may not be among them, but never is where this is the first of a list.
        let before = usize::from(index > 0 && places[index - 1] == place);
        let Some(difference) = changes.at(&snapshot, place, before, cancel) else { continue };
        let shown = shown(changes, &snapshot, &difference, has_two_byte_units);
        edits.push(ReviewedEdit { is_known: shown.is_some(), shown: shown.unwrap_or_default(), difference });
    }
    Ok((snapshot, edits))
}

/// `None` where it cannot be read.
fn shown(
    Changes { since }: Changes,
    snapshot: &Snapshot,
    Difference { old, new }: &Difference,
    has_two_byte_units: bool,
) -> Option<ShownEdit> {
    let head = |range: &std::ops::Range<u64>| range.start..range.end.min(range.start + SHOWN);
    let mut before = snapshot.read(new.start.saturating_sub(CONTEXT)..new.start).ok()?;
    let mut behind = snapshot.read(new.end..new.end.saturating_add(CONTEXT)).ok()?;
    let is_break = |byte: &u8| matches!(*byte, b'\n' | b'\r');
    if has_two_byte_units {
        (before, behind) = (Vec::new(), Vec::new());
    }
    before.drain(..before.iter().rposition(is_break).map_or(0, |at| at + 1));
    behind.truncate(behind.iter().position(is_break).unwrap_or(behind.len()));
    Some(ShownEdit {
        at: old.start,
        old: snapshot.read_base(since, head(old)).ok()?,
        new: snapshot.read(head(new)).ok()?,
        lens: (old.end - old.start, new.end - new.start),
        before,
        behind,
    })
}
