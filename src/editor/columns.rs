use super::{Editor, Event, Tab, TabId, Task};
use crate::document::Snapshot;
use crate::view::ColumnIndex;

/// The columns of a long line, as a job found them.
pub(super) struct Columns {
    index: Option<ColumnIndex>,
    /// What it looked at.
    snapshot: Snapshot,
}

impl Editor {
    /// Has the columns of the long line on screen looked up in the background, if they were asked for.
    pub(super) fn look_up_columns(&mut self) {
        let Some(tab) = self.tab() else { return };
        let Some(line) = tab.wants_columns() else { return };
        let id = tab.id;
        if self.jobs.is_running(Task::Columns, Some(id)) {
            return;
        }
        let (snapshot, reading) = (tab.document.snapshot(), tab.reading());
        self.jobs.spawn(Task::Columns, Some(id), line.end - line.start, move |cancel, progress| {
            let index = ColumnIndex::build(&snapshot, line, reading, cancel, progress);
            Event::Columns(Box::new(Columns { index, snapshot }))
        });
    }

    pub(super) fn columns_found(&mut self, tab: Option<TabId>, Columns { index, snapshot }: Columns) {
        let Some(index_of_tab) = tab.and_then(|id| self.index_of(id)) else {
            return;
        };
        let tab = &mut self.tabs[index_of_tab];
        let is_current = tab.document.snapshot().revision() == snapshot.revision();
        let index = match index {
            Some(index) if is_current => Some(index),
            Some(index) => index.after(&snapshot.edits_since()),
            None => None,
        };
        if let Some(index) = index {
            tab.put_columns(&index);
        }
    }
}

impl Tab {
    fn wants_columns(&self) -> Option<std::ops::Range<u64>> {
        self.rows.wants_columns().or_else(|| self.lines.wants_columns())
    }

    fn put_columns(&mut self, index: &ColumnIndex) {
        self.rows.put_columns(index.clone());
        self.lines.put_columns(index.clone());
    }
}
