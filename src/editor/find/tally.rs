use std::ops::Range;
use std::sync::Arc;
use std::thread;

use super::super::{Editor, Event, Tab, TabId, Task};
use super::search::Search;
use crate::document::{EditSet, Snapshot};
use crate::search::{Scan, Tally};

/// Less than this is counted by one thread.
const COUNT_TOGETHER: u64 = 32 << 20;

/// In a document of up to so many bytes, blocks are too coarse to tell where matches are.
const MARKED: u64 = 32 << 20;

/// Parts of a small document whose matches are counted for the scrollbar.
const MARKS: usize = 1024;

/// Threads that count one document, at most.
const THREADS: usize = 8;

/// What a job has counted.
pub(in crate::editor) enum Counted {
    /// All that there was to count.
    All,
    /// How many matches start in each of [`MARKS`] equal parts of the document.
    Marks { revision: u64, marks: Vec<u64> },
    /// The number of this match, counted from 1.
    Number { revision: u64, of: Range<u64>, number: Option<u64> },
}

impl Search {
    /// How many matches are counted, and whether these are all.
    pub(super) fn count(&self) -> Option<(u64, bool)> {
        self.counts.as_ref().map(|tally| tally.count())
    }

    /// The counts go on with the document as `edits` left it; those of a part of it are made anew.
    pub(super) fn follow_counts(&mut self, edits: &EditSet, snapshot: &Snapshot) {
        match &self.counts {
            Some(tally) if self.is_whole() => tally.edit(edits, snapshot.clone()),
            _ => self.counts = None,
        }
    }
}

impl Editor {
    /// Counts the matches in the active document, unless that is being done or was stopped.
    pub(super) fn count_matches(&mut self) {
        if self.find.is_open
            && let Some(search) = self.tab_mut().and_then(|tab| tab.search.as_mut())
        {
            search.stopped = false;
            search.is_counted = true;
            self.go_on_counting();
        }
    }

    /// Counts what was not counted yet of the active document, as far as that was begun.
    pub(in crate::editor) fn go_on_counting(&mut self) {
        let Some(tab) = self.tabs.get_mut(self.active) else { return };
        let id = tab.id;
        let snapshot = tab.document.snapshot();
        let Some(search) = tab.search.as_mut().filter(|search| search.is_counted && !search.stopped) else {
            return;
        };
        let Ok(pattern) = &search.pattern else { return };
        if self.jobs.is_running(Task::Tally, Some(id)) {
            return;
        }
        let tally = match &search.counts {
            Some(tally) => Arc::clone(tally),
            None => {
                let (pattern, within) = (pattern.clone(), search.range(snapshot.len()));
                let tally = Arc::new(match search.is_whole() {
                    true => Tally::new(snapshot, pattern),
                    false => Tally::within(snapshot, pattern, within),
                });
                search.counts = Some(Arc::clone(&tally));
                tally
            }
        };
        let blocks = tally.blocks();
        if blocks.is_complete() {
            return;
        }
        tally.look_at(tab.top());
        let remaining = blocks.len() - blocks.known();
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
        let threads = if remaining < COUNT_TOGETHER { 1 } else { cores.min(THREADS) };
        self.jobs.spawn_on(threads, Task::Tally, Some(id), remaining, move |cancel, progress| {
            tally.run(cancel, progress);
            Event::Counted(Counted::All)
        });
    }

    /// Looks up the number of the match that the person is at.
    pub(super) fn number_match(&mut self, index: usize) {
        let tab = &mut self.tabs[index];
        let id = tab.id;
        let snapshot = tab.document.snapshot();
        let revision = snapshot.revision();
        self.jobs.cancel(Task::Place, Some(id));
        let Some(search) = &mut tab.search else { return };
        search.number = None;
        let Some(current) = search.current.clone() else { return };
        let Some(tally) = &search.counts else { return };
        // It is asked again when more is counted.
        if !tally.blocks().count_in(0..current.start.saturating_add(1)).1 {
            return;
        }
        let (tally, of) = (Arc::clone(tally), current);
        self.jobs.spawn(Task::Place, Some(id), 0, move |cancel, _| {
            let number = tally.number_of(of.start, cancel).ok().flatten().map(|number| number + 1);
            Event::Counted(Counted::Number { revision, of, number })
        });
    }

    pub(in crate::editor) fn counted_matches(&mut self, tab: Option<TabId>, counted: Counted) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else { return };
        let now = self.tabs[index].document.snapshot().revision();
        let Some(search) = &mut self.tabs[index].search else { return };
        match counted {
            Counted::Number { revision, of, number } => {
                if revision == now && search.current == Some(of) {
                    search.number = number;
                }
                return;
            }
            Counted::Marks { revision, marks } => {
                if revision == now {
                    search.marks = Some((revision, marks));
                }
                return;
            }
            Counted::All => {}
        }
        self.number_match(index);
        // The document was edited meanwhile, or has grown.
        if index == self.active {
            self.go_on_counting();
        }
    }

    /// Finds out where in a small document its matches are.
    fn mark_matches(&mut self) {
        let Some(tab) = self.tabs.get(self.active) else { return };
        let id = tab.id;
        let snapshot = tab.document.snapshot();
        let (revision, len) = (snapshot.revision(), snapshot.len());
        let Some(search) = &tab.search else { return };
        let (Ok(pattern), Some((_, true))) = (&search.pattern, search.count()) else { return };
        let is_known = search.marks.as_ref().is_some_and(|(known, _)| *known == revision);
        if is_known || len > MARKED || self.jobs.is_running(Task::Marks, Some(id)) {
            return;
        }
        let pattern = pattern.clone();
        self.jobs.spawn(Task::Marks, Some(id), 0, move |cancel, progress| {
            let mut marks = vec![0; MARKS];
            let mut scan = Scan::new(&snapshot, &pattern, 0..len, cancel, progress);
            while let Ok(Some(found)) = scan.next() {
                let mark = u128::from(found.start) * MARKS as u128 / u128::from(len.max(1));
                marks[(mark as usize).min(MARKS - 1)] += 1;
            }
            Event::Counted(Counted::Marks { revision, marks })
        });
    }

    /// What was not counted because another document was in front, and the number of a match that could not be told
    /// before.
    pub(in crate::editor) fn keep_counting(&mut self) {
        self.go_on_counting();
        self.mark_matches();
        let index = self.active;
        let Some(tab) = self.tab() else { return };
        let waits = tab.search.as_ref().is_some_and(|search| search.waits_for_number());
        if waits && !self.jobs.is_running(Task::Place, Some(tab.id)) {
            self.number_match(index);
        }
    }
}

impl Search {
    /// Is there a match whose number could be looked up now, but was not?
    fn waits_for_number(&self) -> bool {
        let (Some(current), None, Some(tally)) = (&self.current, self.number, &self.counts) else {
            return false;
        };
        let blocks = tally.blocks();
        !blocks.is_complete() && blocks.count_in(0..current.start.saturating_add(1)).1
    }
}

impl Tab {
    /// How many matches are known to start in each of `parts` equal parts of the document, for the scrollbar; nothing
    /// where they are not counted. Logarithmic time for each part.
    pub fn match_density(&self, parts: usize) -> Vec<u64> {
        let search = self.search.as_ref().filter(|search| search.is_whole());
        let Some(tally) = search.and_then(|search| search.counts.as_ref()) else {
            return Vec::new();
        };
        let blocks = tally.blocks();
        let len = blocks.len();
        if blocks.total() == 0 || parts == 0 {
            return Vec::new();
        }
        let mut density = vec![0; parts];
        if let Some((_, marks)) = self.search.as_ref().and_then(|search| search.marks.as_ref()) {
            for (mark, count) in marks.iter().enumerate() {
                density[mark * parts / marks.len()] += count;
            }
            return density;
        }
        // A block is all marked, however many parts it takes; a part stands for the blocks that begin in it.
        let edge = |part: usize| (u128::from(len) * part as u128 / parts as u128) as u64;
        for (part, density) in density.iter_mut().enumerate() {
            let here = blocks.block_at(edge(part)).and_then(|(_, block)| block.count).unwrap_or(0);
            *density = blocks.count_in(edge(part)..edge(part + 1)).0.max(here.into());
        }
        density
    }
}
