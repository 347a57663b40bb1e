use std::ops::Range;

use super::super::{Editor, Event, Tab, TabId, Task};
use super::rows::LookedUp;
use crate::source::Progress;

/// In a smaller document the lines themselves are looked up, not only the blocks that hold them: in bytes.
const SMALL: u64 = 32 << 20;

/// Parts that are told apart in a small document.
const PARTS: usize = 1024;

/// Where in a small document the lines that match start.
#[derive(Debug)]
pub(in crate::editor) struct LineDensity {
    /// The document at this revision.
    revision: u64,
    /// How many in each of so many equal parts of it.
    parts: Vec<u64>,
}

impl Editor {
    /// Finds out where in a small document the lines of the list are.
    pub(super) fn mark_listed(&mut self) {
        let Some(tab) = self.tabs.get(self.active) else { return };
        let Some(filter) = &tab.filter else { return };
        let Some(tally) = filter.tally.clone().filter(|tally| tally.total().is_complete) else { return };
        let (id, snapshot) = (Some(tab.id), tab.document.snapshot());
        let (revision, len) = (snapshot.revision(), snapshot.len());
        let is_known = filter.density.as_ref().is_some_and(|density| density.revision == revision);
        if is_known || len > SMALL || self.jobs.is_running(Task::LineMarks, id) {
            return;
        }
        self.jobs.spawn(Task::LineMarks, id, 0, move |cancel, _| {
            let mut parts = vec![0; PARTS];
            let visited = tally.all(cancel, &Progress::default(), |snapshot, line| {
                let part = u128::from(line.start) * PARTS as u128 / u128::from(snapshot.len().max(1));
                parts[(part as usize).min(PARTS - 1)] += u64::from(line.is_match);
            });
            match visited {
                Ok(snapshot) => Event::LineDensity(LineDensity { revision: snapshot.revision(), parts }),
                Err(_) => Event::Done,
            }
        });
    }

    pub(in crate::editor) fn lines_marked(&mut self, tab: Option<TabId>, density: LineDensity) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else { return };
        if let Some(filter) = &mut self.tabs[index].filter {
            filter.density = Some(density);
        }
    }

    /// Goes to the first listed line in a part of the active document.
    pub(in crate::editor) fn go_to_listed_in(&mut self, part: Range<u64>) {
        let Some(tab) = self.tab_mut() else { return };
        let id = Some(tab.id);
        let Some(filter) = &mut tab.filter else { return };
        let Some(tally) = filter.tally.clone() else { return };
        filter.window.give_up();
        self.jobs.cancel(Task::Lines, id);
        self.jobs.spawn(Task::Lines, id, 0, move |cancel, _| {
            Event::LookedUp(Box::new(LookedUp::first_match(&tally, part.start, cancel)))
        });
    }
}

impl Tab {
    /// How many lines that match are known to start in each of `parts` equal parts of the document, for the scrollbar.
    pub fn listed_density(&self, parts: usize) -> Vec<u64> {
        let Some(filter) = &self.filter else { return Vec::new() };
        let Some(tally) = &filter.tally else { return Vec::new() };
        let revision = self.document.snapshot().revision();
        match &filter.density {
            Some(known) if known.revision == revision && parts > 0 => {
                let mut density = vec![0; parts];
                for (part, count) in known.parts.iter().enumerate() {
                    density[part * parts / PARTS] += count;
                }
                density
            }
            _ => tally.density(parts),
        }
    }
}
