use std::ops::Range;
use std::sync::Arc;

use super::super::clipboard::{self, CLIPBOARD_LIMIT};
use super::super::{Command, Editor, Event, PathPurpose, Request, TabId, Task};
use super::count::LineTally;
use crate::document::{Content, Replacement, Snapshot, StepKind};
use crate::hex::grouped;
use crate::search::Cancelled;
use crate::source::{Cancel, Progress};

/// Stretches of lines that are taken in hand at once, at most: each takes a few dozen bytes.
const MOST: usize = 4_000_000;

/// What can be done with all lines of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinesDeed {
    Copy,
    Save,
    Delete,
    /// Deletes all others.
    Keep,
}

/// All lines of the list, as a job has gathered them.
pub(in crate::editor) struct Gathered {
    deed: LinesDeed,
    revision: u64,
    /// Neighbouring lines are one.
    ranges: Result<Vec<Range<u64>>, String>,
    lines: u64,
    /// For the clipboard, or for a file.
    contents: Option<Snapshot>,
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
        if !tally.total().1 {
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
        let Gathered { deed, revision, ranges, lines, contents } = gathered;
        let ranges = match ranges {
            Ok(ranges) => ranges,
            Err(error) => return self.error(error),
        };
        let tab = &mut self.tabs[index];
        let many = if lines == 1 { "1 line".to_owned() } else { format!("{} lines", grouped(lines)) };
        match deed {
            LinesDeed::Copy => {
                let Some(contents) = contents else { return };
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
            LinesDeed::Save => {
                tab.lines_to_save = contents;
                if index == self.active {
                    self.ask_for_target(PathPurpose::SaveLines);
                }
            }
            LinesDeed::Delete | LinesDeed::Keep => {
                if tab.document.snapshot().revision() != revision {
                    return self
                        .tell("The document was changed meanwhile, so no line was deleted. Try again.");
                }
                let nothing = |range| Replacement { range, content: Content::Bytes(Vec::new()) };
                let (what, told) = match deed {
                    LinesDeed::Delete => ("Delete lines", format!("{many} deleted. Undo brings them back.")),
                    _ => ("Keep lines", format!("{many} kept. Undo brings the others back.")),
                };
                let replacements: Vec<_> = ranges.into_iter().map(nothing).collect();
                if replacements.is_empty() {
                    return self.tell("There is nothing to delete.");
                }
                if self.edit(index, replacements, StepKind::Whole(what)) {
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
    let mut gathered = Gathered { deed, revision: 0, ranges: Ok(Vec::new()), lines: 0, contents: None };
    match ranges(deed, tally, cancel, progress, &mut gathered.lines) {
        Ok((snapshot, ranges)) => {
            gathered.revision = snapshot.revision();
            if matches!(deed, LinesDeed::Copy | LinesDeed::Save) {
                let slices: Vec<_> = ranges.iter().map(|range| snapshot.slice(range.clone())).collect();
                gathered.contents =
                    Some(clipboard::document_of(&slices, &Content::Bytes(Vec::new())).snapshot());
            }
            gathered.ranges = Ok(ranges);
        }
        Err(Failed::Cancelled) => {}
        Err(Failed::TooMany) => {
            gathered.ranges = Err(format!(
                "These are more than {} stretches of lines, too many to take in hand at once. Nothing was changed.",
                grouped(MOST as u64)
            ));
        }
    }
    gathered
}

enum Failed {
    Cancelled,
    TooMany,
}

impl From<Cancelled> for Failed {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

/// The lines that are listed, or, to keep these, all others.
fn ranges(
    deed: LinesDeed,
    tally: &LineTally,
    cancel: &Cancel,
    progress: &Progress,
    lines: &mut u64,
) -> Result<(Snapshot, Vec<Range<u64>>), Failed> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    let mut is_too_many = false;
    let unit = tally.filter().unit;
    let snapshot = tally.all(cancel, progress, |snapshot, start| {
        *lines += 1;
        is_too_many |= ranges.len() > MOST;
        if is_too_many {
            return;
        }
        let end = unit.end(snapshot, start);
        match ranges.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => ranges.push(start..end),
        }
    })?;
    if is_too_many {
        return Err(Failed::TooMany);
    }
    if deed == LinesDeed::Keep {
        let mut from = 0;
        let mut others = Vec::with_capacity(ranges.len() + 1);
        for range in ranges.into_iter().chain(std::iter::once(snapshot.len()..snapshot.len())) {
            if from < range.start {
                others.push(from..range.start);
            }
            from = range.end;
        }
        ranges = others;
    }
    Ok((snapshot, ranges))
}
