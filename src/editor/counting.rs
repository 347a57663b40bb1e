use super::{Editor, Event, TabId, Task};
use crate::document::Span;
use crate::source::Progress;

/// Less than this is counted by one thread.
const COUNT_TOGETHER: u64 = 32 << 20;

/// Threads that count one document, at most.
const THREADS: usize = 4;

/// Why the lines of a document are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncounted {
    /// The person stopped it.
    Paused,
    /// All of the file would come over the network: this kind of it.
    Network(&'static str),
}

impl Editor {
    /// Puts off counting until [`Editor::shown`]: two cores that count would delay the first frame.
    pub fn wait_until_shown(&mut self) {
        self.waits_until_shown = true;
    }

    /// The window is there: what was put off may begin.
    pub fn shown(&mut self) {
        if std::mem::take(&mut self.waits_until_shown) {
            for id in self.tabs.iter().map(|tab| tab.id).collect::<Vec<_>>() {
                self.count_lines(id);
            }
        }
    }

    /// Counts a document's lines in the background, unless that is being done.
    pub(super) fn count_lines(&mut self, id: TabId) {
        if self.waits_until_shown {
            return;
        }
        let Some(index) = self.index_of(id) else {
            return;
        };
        let tab = &mut self.tabs[index];
        if tab.counting.is_some() || tab.uncounted.is_some() {
            return;
        }
        let counting = tab.document.counting();
        if counting.is_done() {
            return;
        }
        tab.counting = Some(counting.clone());
        let remaining = counting.remaining();
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        let threads = if remaining < COUNT_TOGETHER { 1 } else { cores.min(THREADS) };
        let work = move |cancel: &_, progress: &Progress| {
            counting.run(cancel, progress);
            Event::Done
        };
        self.jobs.spawn_on(threads, Task::Count, Some(id), remaining, work);
    }

    /// The count of a tab has ended. What came in meanwhile is counted now; but not by a job that failed once.
    pub(super) fn counted(&mut self, tab: Option<TabId>, failed: bool) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else {
            return;
        };
        let tab = &mut self.tabs[index];
        tab.counting = None;
        let id = tab.id;
        if failed {
            return;
        }
        self.count_lines(id);
        if self.tabs[index].counting.is_none() {
            self.keep_index(id);
            // It has been read, so it is in memory, and can be.
            if self.tabs[index].endings.is_none() {
                self.count_endings_if_small(id);
            }
        }
    }

    /// Pauses the counting of the active document's lines, or goes on with it.
    pub(super) fn toggle_counting(&mut self) {
        let Some(tab) = self.tab_mut() else { return };
        let id = tab.id;
        if tab.uncounted.take().is_some() {
            self.count_lines(id);
        } else if tab.counting.take().is_some() {
            tab.uncounted = Some(Uncounted::Paused);
            self.jobs.cancel(Task::Count, Some(id));
        }
    }

    /// Has the lines on screen counted first.
    pub(super) fn look_where_the_person_looks(&self) {
        let Some(tab) = self.tab() else { return };
        let Some(counting) = &tab.counting else {
            return;
        };
        let snapshot = tab.document.snapshot();
        let top = tab.top();
        let base = |span: Span| span.base;
        if let Some(offset) = snapshot.spans(top..top.saturating_add(1)).find_map(base) {
            counting.look_at(offset);
        }
    }
}
