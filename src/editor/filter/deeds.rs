use std::ops::Range;
use std::sync::Arc;

use super::super::clipboard::{self, CLIPBOARD_LIMIT};
use super::super::{Command, Editor, Event, PathPurpose, Request, TabId, Task};
use super::count::LineTally;
use crate::document::{BulkBuilder, BulkEdit, BulkError, Content, Snapshot};
use crate::hex::grouped;
use crate::search::Cancelled;
use crate::source::{Cancel, Progress};

/// Stretches of lines that are copied or saved at once, at most: each takes a hundred bytes.
const MOST: usize = 4_000_000;

/// What can be done with all lines of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinesDeed {
    /// With what stands around the matches, as it is listed.
    Copy,
    Save,
    /// Deletes what matches, not what only stands around.
    Delete,
    /// Deletes all that is not listed.
    Keep,
}

/// All lines of the list, as a job has gathered them.
pub(in crate::editor) struct Gathered {
    deed: LinesDeed,
    lines: u64,
    result: Result<Lines, String>,
}

enum Lines {
    /// For the clipboard, or for a file.
    Contents(Snapshot),
    /// What deletes them, or all others.
    Edit(BulkEdit),
    /// The person did not want to wait.
    Cancelled,
}

impl Editor {
    /// Copies, saves or deletes the lines of the list, or deletes all others.
    pub(in crate::editor) fn do_with_lines(&mut self, deed: LinesDeed) {
        let edits = matches!(deed, LinesDeed::Delete | LinesDeed::Keep);
        if edits && self.refuses_edits() {
            return;
        }
        let Some(tab) = self.tab_mut() else { return };
        let id = tab.id;
        tab.document.end_step();
        let Some(tally) = tab.filter.as_ref().and_then(|filter| filter.tally()).cloned() else {
            return self
                .tell("No lines are listed: say first which ones, in the list of lines (Ctrl+Shift+L).");
        };
        if !tally.total().is_complete {
            return self.tell("The lines are still being searched. Try again when all of them are known.");
        }
        if self.jobs.is_running(Task::Gather, Some(id)) {
            return;
        }
        let len = self.tabs[self.active].document.len();
        self.jobs.spawn(Task::Gather, Some(id), len, move |cancel, progress| {
            Event::Gathered(Box::new(gather(deed, &tally, cancel, progress)))
        });
    }

    pub(in crate::editor) fn lines_gathered(&mut self, tab: Option<TabId>, gathered: Gathered) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else { return };
        let Gathered { deed, lines, result } = gathered;
        let tab = &mut self.tabs[index];
        let many = if lines == 1 { "1 line".to_owned() } else { format!("{} lines", grouped(lines)) };
        match result {
            Err(error) => self.error(error),
            Ok(Lines::Cancelled) => {}
            Ok(Lines::Contents(contents)) if deed == LinesDeed::Copy => {
                let encoding = tab.reading().encoding;
                if contents.len() > CLIPBOARD_LIMIT {
                    let text = format!("{many} are more than the clipboard can carry: save them to a file.");
                    return self.offer(text, "Save matching lines as…", Command::Lines(LinesDeed::Save));
                }
                self.jobs.spawn(Task::Copy, None, 0, move |_, _| {
                    let bytes = contents.read(0..contents.len());
                    let text = bytes.map(|bytes| encoding.decode(&bytes).into_owned());
                    Event::Lines(text.map_err(|lost| format!("The lines cannot be read: {lost}.")))
                });
            }
            Ok(Lines::Contents(contents)) => {
                tab.lines_to_save = Some(contents);
                if index == self.active {
                    self.ask_for_target(PathPurpose::SaveLines);
                }
            }
            Ok(Lines::Edit(edit)) if edit.is_empty() => self.tell("There is nothing to delete."),
            Ok(Lines::Edit(edit)) => {
                let (what, told) = match deed {
                    LinesDeed::Delete => ("Delete lines", format!("{many} deleted. Undo brings them back.")),
                    _ => ("Keep lines", format!("{many} kept. Undo brings the others back.")),
                };
                if self.edit_bulk(index, &edit, what, true) {
                    self.tell(told);
                }
            }
        }
    }

    pub(in crate::editor) fn lines_copied(&mut self, text: Result<String, String>) {
        match text {
            Ok(text) => self.requests.push(Request::Copy(text)),
            Err(error) => self.error(error),
        }
    }
}

fn gather(deed: LinesDeed, tally: &Arc<LineTally>, cancel: &Cancel, progress: &Progress) -> Gathered {
    let mut lines = 0;
    let gathered = match deed {
        LinesDeed::Copy | LinesDeed::Save => contents(tally, cancel, progress, &mut lines),
        LinesDeed::Delete | LinesDeed::Keep => edit(deed, tally, cancel, progress, &mut lines),
    };
    let result = match gathered {
        Ok(gathered) => Ok(gathered),
        Err(Failed::Cancelled) => Ok(Lines::Cancelled),
        Err(Failed::TooMany) => Err(format!(
            "These are more than {} stretches of lines, too many to take in hand at once. Nothing was changed.",
            grouped(MOST as u64)
        )),
        Err(Failed::Bulk(error)) => Err(format!("The lines were not deleted: {error}.")),
    };
    Gathered { deed, lines, result }
}

enum Failed {
    Cancelled,
    TooMany,
    Bulk(BulkError),
}

impl From<Cancelled> for Failed {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl From<BulkError> for Failed {
    fn from(error: BulkError) -> Self {
        Self::Bulk(error)
    }
}

/// The lines that are listed, as a document of their own.
fn contents(
    tally: &LineTally,
    cancel: &Cancel,
    progress: &Progress,
    lines: &mut u64,
) -> Result<Lines, Failed> {
    let mut slices = Vec::new();
    let snapshot = stretches(tally, false, (cancel, progress), lines, &mut |snapshot, range| {
        slices.push(snapshot.slice(range));
        if slices.len() > MOST { Err(Failed::TooMany) } else { Ok(()) }
    })?;
    drop(snapshot);
    Ok(Lines::Contents(clipboard::document_of(&slices, &Content::Bytes(Vec::new())).snapshot()))
}

/// What deletes the lines that are listed, or, to keep these, all others.
fn edit(
    deed: LinesDeed,
    tally: &LineTally,
    cancel: &Cancel,
    progress: &Progress,
    lines: &mut u64,
) -> Result<Lines, Failed> {
    let mut builder = BulkBuilder::various();
    let mut from = 0;
    let snapshot =
        stretches(tally, deed == LinesDeed::Delete, (cancel, progress), lines, &mut |_, range| {
            let gone = if deed == LinesDeed::Keep { from..range.start } else { range.clone() };
            from = range.end;
            Ok(builder.push_with(gone, &[])?)
        })?;
    if deed == LinesDeed::Keep {
        builder.push_with(from..snapshot.len(), &[])?;
    }
    let edit = builder.finish(&snapshot, cancel, &Progress::default()).ok_or(Failed::Cancelled)?;
    Ok(Lines::Edit(edit))
}

type Visit<'a> = &'a mut dyn FnMut(&Snapshot, Range<u64>) -> Result<(), Failed>;

/// Visits the lines that are listed, or only those that match, neighbours as one.
fn stretches(
    tally: &LineTally,
    only_matches: bool,
    (cancel, progress): (&Cancel, &Progress),
    lines: &mut u64,
    visit: Visit<'_>,
) -> Result<Snapshot, Failed> {
    let unit = tally.filter().unit;
    let mut last = 0..0;
    let mut result = Ok(());
    let snapshot = tally.all(cancel, progress, |snapshot, line| {
        if only_matches && !line.is_match {
            return;
        }
        let start = line.start;
        *lines += 1;
        let end = unit.end(snapshot, start);
        if last.end == start {
            last.end = end;
        } else {
            let stretch = std::mem::replace(&mut last, start..end);
            if result.is_ok() && !stretch.is_empty() {
                result = visit(snapshot, stretch);
            }
        }
    })?;
    result?;
    if !last.is_empty() {
        visit(&snapshot, last)?;
    }
    Ok(snapshot)
}
