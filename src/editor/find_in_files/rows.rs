use std::path::Path;
use std::sync::Arc;

use super::super::list_place::ListPlace;
use super::super::{Editor, OpenTarget, Position, TabId};
use super::found::{Found, FoundRow};
use crate::document::Bias;
use crate::view::Selection;

/// Rows of the list that are on screen, at least.
const SHOWN: usize = 4;

/// What of the list is on screen.
#[derive(Clone, Debug, Default)]
pub struct FoundRows {
    pub top: u64,
    pub fraction: f32,
    /// Rows in all.
    pub total: u64,
    pub rows: Vec<FoundRow>,
    /// The number of the row that the person is at.
    pub here: Option<u64>,
}

impl Editor {
    fn found_in_files(&self) -> Option<Arc<Found>> {
        self.find_in_files.found.as_ref().map(|(_, found)| Arc::clone(found))
    }

    /// What `rows` rows of the list show.
    pub fn found_rows(&mut self, rows: usize) -> FoundRows {
        let Some(found) = self.found_in_files() else { return FoundRows::default() };
        let place = &mut self.find_in_files.place;
        let total = found.len();
        place.clamp(total, rows);
        let ListPlace { top, fraction, here } = *place;
        FoundRows { top, fraction, total, rows: found.rows(top, rows + 1), here }
    }

    /// Scrolls the list by rows.
    pub fn scroll_found(&mut self, rows: f32) {
        self.find_in_files.place.scroll(rows);
    }

    /// Puts row `number` of the list on top.
    pub fn scroll_found_to(&mut self, number: u64) {
        self.find_in_files.place.scroll_to(number);
    }

    /// Moves through the list by rows, of which `page` are on screen.
    pub fn step_in_found(&mut self, rows: i64, page: usize) {
        if let Some(total) = self.found_in_files().map(|found| found.len()).filter(|total| *total > 0) {
            self.find_in_files.place.step(rows, page, total);
        }
    }

    /// Goes to the next line of the list, or to the one before.
    pub(in crate::editor) fn go_to_next_found(&mut self, forward: bool) {
        let Some(found) = self.found_in_files() else {
            return self.tell("Nothing was looked for in files yet (Ctrl+Shift+F).");
        };
        match found.next_line(self.find_in_files.place.here, forward) {
            Some(next) => {
                self.find_in_files.place.go_to(next, SHOWN);
                self.go_to_found(next);
            }
            None if forward => self.tell("That was the last line found."),
            None => self.tell("That was the first line found."),
        }
    }

    /// Goes to where row `number` of the list leads: to a match, which is selected, or to a file.
    pub fn go_to_found(&mut self, number: u64) {
        let Some((query, found)) = &self.find_in_files.found else { return };
        let Some(goal) = found.goal(number) else { return };
        let query = query.clone();
        self.find_in_files.place.here = Some(number);
        // F3 goes on from there.
        self.change_query(|now| *now = query);
        let open = goal.open.and_then(|(tab, snapshot)| Some((self.index_of(tab)?, snapshot)));
        match (open, goal.path) {
            (Some((index, snapshot)), _) => {
                self.activate(index);
                if let (Some(at), Some(tab)) = (goal.at, self.tab_mut()) {
                    let edits = snapshot.edits_since();
                    let at = edits.map(at.start, Bias::Before)..edits.map(at.end, Bias::Before);
                    tab.remember_jump();
                    tab.jump(Selection::range(at.start, at.end.max(at.start)));
                    tab.set_follows(false);
                }
            }
            (None, Some(path)) => {
                let position = goal.at.map(|at| Position::Range { start: at.start, end: at.end });
                self.open(OpenTarget { position, raw: goal.binary, ..OpenTarget::new(path) });
            }
            (None, None) => self.tell("That document was closed."),
        }
    }

    /// A file is open from now on.
    pub(in crate::editor) fn found_file_opened(&self, path: &Path, tab: TabId) {
        if let Some(found) = self.found_in_files()
            && let Some(index) = self.index_of(tab)
        {
            found.opened(path, tab, &self.tabs[index].document.snapshot());
        }
    }
}
