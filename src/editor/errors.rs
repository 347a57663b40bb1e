//! From error line to error line of a log.

use std::ops::Range;

use super::{Editor, Event, TabId, Task};
use crate::document::{Bias, Snapshot};
use crate::search::{self, Cancelled, Case, Pattern, Query};
use crate::source::{Cancel, Progress};
use crate::view::Selection;

/// What error lines have, unless the settings say otherwise: the levels of the usual loggers as they write them, and what
/// a crash leaves. `error` in the midst of a sentence is none.
pub const ERROR_LINES: &str = r#"(?-u:\b)(?:ERROR|FATAL|CRITICAL|SEVERE|EMERGENCY|ALERT|PANIC|panic(?:ked)?|Traceback)(?-u:\b)|level"?[=:] ?"?(?i:error|fatal|critical|panic)"#;

/// Bytes in which a line ends, or is taken to.
const LINE: u64 = 64 << 10;

/// An error line, found by a job.
pub(super) struct FoundError {
    snapshot: Snapshot,
    next: bool,
    /// Where in the line, and whether it lies behind the other end.
    range: Result<Option<(Range<u64>, bool)>, Cancelled>,
}

impl Editor {
    /// Goes to the next line that tells of an error, or to the one before.
    pub(super) fn go_to_error(&mut self, next: bool) {
        let Some(tab) = self.tab() else { return };
        let query = Query {
            case: Case::Sensitive,
            within_lines: true,
            ..Query::regex(self.settings.error_lines.clone())
        };
        let pattern = match Pattern::new(&query, tab.search_target()) {
            Ok(pattern) => pattern,
            Err(error) => return self.error(format!("The pattern of error lines, in the settings: {error}")),
        };
        let (id, snapshot, selected) = (tab.id, tab.document.snapshot(), tab.selection.span());
        let from = if next { selected.end } else { selected.start };
        let total = snapshot.len();
        self.jobs.cancel(Task::ErrorLine, Some(id));
        self.jobs.spawn(Task::ErrorLine, Some(id), total, move |cancel, progress| {
            let range = find(&snapshot, &pattern, from, next, cancel, progress);
            Event::FoundError(Box::new(FoundError { snapshot, next, range }))
        });
    }

    pub(super) fn found_error(&mut self, tab: Option<TabId>, found: FoundError) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else { return };
        let FoundError { snapshot, next, range: Ok(range) } = found else { return };
        let Some((range, is_around)) = range else {
            return self.tell("No line here tells of an error.");
        };
        let edits = snapshot.edits_since();
        let start = edits.map(range.start, Bias::After);
        let end = edits.map(range.end, Bias::Before).max(start);
        let tab = &mut self.tabs[index];
        tab.remember_jump();
        tab.jump(Selection::range(start, end));
        tab.set_follows(false);
        if is_around {
            let (end, other) = if next { ("end", "start") } else { ("start", "end") };
            self.tell(format!("Searched to the {end} of the document, and on from its {other}."));
        }
    }
}

/// The first match in a line behind that of `from`, or the last in one before it; round the end if there is none.
fn find(
    snapshot: &Snapshot,
    pattern: &Pattern,
    from: u64,
    next: bool,
    cancel: &Cancel,
    progress: &Progress,
) -> Result<Option<(Range<u64>, bool)>, Cancelled> {
    let (line_break, all) = (snapshot.line_break(), 0..u64::MAX);
    let forward = |from| search::find_forward(snapshot, pattern, from, all.clone(), cancel, progress);
    let backward = |from| search::find_backward(snapshot, pattern, from, all.clone(), cancel, progress);
    let (here, around) = if next {
        let line = snapshot.read(from..from + LINE).unwrap_or_default();
        let end =
            line_break.find(&line, from).map_or(line.len() as u64, |end| end as u64 + line_break.width());
        (forward(from + end)?, 0)
    } else {
        let start = from.saturating_sub(LINE);
        let line = snapshot.read(start..from).unwrap_or_default();
        let before =
            line_break.rfind(&line, start).map_or(start, |end| start + end as u64 + line_break.width());
        (backward(before)?, u64::MAX)
    };
    if let Some(range) = here.range {
        return Ok(Some((range, false)));
    }
    let found = if next { forward(around)? } else { backward(around)? };
    Ok(found.range.map(|range| (range, true)))
}
