use std::ops::Range;

use super::{Command, Editor, Event, TabId, Task};
use crate::document::{Missing, Snapshot};
use crate::source::Cancel;

/// Reads of one document under way at once. More would only queue at the disk.
const AT_ONCE: usize = 3;

/// Reads that wait for their turn. What is older was scrolled away, or is asked for again.
const QUEUED: usize = 8;

/// What is read at a time: the screen asks for pieces of it, one after the other.
const BLOCK: u64 = 64 << 10;

/// Ranges of a document that are to be in memory because the screen or a command waits for them. The newest goes
/// first, so that fast scrolling over a slow disk ends with what is on screen then.
#[derive(Debug, Default)]
pub(super) struct Fetches {
    /// With the number of the job.
    running: Vec<(u64, Range<u64>)>,
    /// The newest last.
    queued: Vec<Range<u64>>,
}

impl Fetches {
    fn want(&mut self, range: Range<u64>) {
        let holds = |other: &Range<u64>| other.start <= range.start && range.end <= other.end;
        if self.running.iter().any(|(_, running)| holds(running)) {
            return;
        }
        self.queued.retain(|other| !(range.start <= other.start && other.end <= range.end));
        self.queued.push(range);
        let old = self.queued.len().saturating_sub(QUEUED);
        self.queued.drain(..old);
    }

    /// What is to be read now.
    fn next(&mut self) -> Option<Range<u64>> {
        if self.running.len() < AT_ONCE { self.queued.pop() } else { None }
    }
}

/// Reads what is not in memory of `range`, also behind a place that cannot be read: each such read stops at the first
/// one, which the next look tells.
fn bring(snapshot: &Snapshot, range: Range<u64>, cancel: &Cancel) {
    let mut last = None;
    while !cancel.is_cancelled() {
        let gaps = snapshot.try_read(range.clone()).gaps;
        let missing = gaps.into_iter().find(|(_, why)| *why == Missing::Pending).map(|(gap, _)| gap);
        // A system short of memory may have let go of it again: the screen asks anew.
        if missing.is_none() || missing == last {
            return;
        }
        last = missing.clone();
        let _ = missing.map(|gap| snapshot.read(gap));
    }
}

/// What a person asked for that waits for bytes to be read: their own, or those of what was asked for before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    Command(Command),
    Text(String),
    Paste(String),
}

impl Editor {
    /// Reads `range` of a tab in the background, because the screen waits for it.
    pub fn fetch(&mut self, id: TabId, range: Range<u64>) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        let blocks = range.start / BLOCK * BLOCK..range.end.div_ceil(BLOCK).saturating_mul(BLOCK);
        self.tabs[index].fetches.want(blocks);
        self.start_fetches(index);
    }

    fn start_fetches(&mut self, index: usize) {
        let tab = &mut self.tabs[index];
        while let Some(range) = tab.fetches.next() {
            let snapshot = tab.document.snapshot();
            let wanted = range.clone();
            let job = self.jobs.spawn(Task::Fetch, Some(tab.id), 0, move |cancel, _| {
                bring(&snapshot, wanted, cancel);
                Event::Done
            });
            tab.fetches.running.push((job, range));
        }
    }

    pub(super) fn fetched(&mut self, tab: Option<TabId>, job: u64) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else {
            return;
        };
        self.tabs[index].fetches.running.retain(|(running, _)| *running != job);
        self.start_fetches(index);
        if index == self.active {
            self.go_on(index);
        }
    }

    /// Puts what the active tab cannot do before `range` is read first in its line.
    pub(super) fn wait_for(&mut self, range: Range<u64>, waiting: Waiting) {
        let Some(tab) = self.tab_mut() else { return };
        tab.landing = None;
        tab.waiting.push_front(waiting);
        let id = tab.id;
        self.fetch(id, range);
    }

    /// Puts `waiting` last in the line of the active tab, if there is one: what was asked for first happens first.
    pub(super) fn waits_in_line(&mut self, waiting: Waiting) -> bool {
        let Some(tab) = self.tab_mut() else {
            return false;
        };
        if tab.waiting.is_empty() {
            return false;
        }
        tab.waiting.push_back(waiting);
        true
    }

    /// Does what waits in a tab, which is the active one, up to the first thing that has to wait on.
    pub(super) fn go_on(&mut self, index: usize) {
        let mut waiting = std::mem::take(&mut self.tabs[index].waiting);
        while let Some(next) = waiting.pop_front() {
            match next {
                Waiting::Command(command) => self.run(command),
                Waiting::Text(text) => self.type_text(&text),
                Waiting::Paste(text) => self.paste(&text),
            }
            if !self.tabs[index].waiting.is_empty() {
                break;
            }
        }
        self.tabs[index].waiting.extend(waiting);
    }
}
