use std::ops::Range;
use std::sync::Arc;

use super::super::{Dialog, Editor, Event, TabId, Task};
use super::FindField;
use super::copy::ReplacedCopy;
use crate::document::Snapshot;
use crate::hex;
use crate::hex::grouped;
use crate::search::{Kind, Preview, Query, QueryError, ReplaceError, Replacements, Template};
use crate::source::{Cancel, Progress};
use crate::text::Encoding;

/// Memory that the replacements of one step may take, in bytes.
const BUDGET: u64 = if cfg!(test) { 16 << 10 } else { 1 << 30 };

/// Changes shown before all are made.
const SHOWN: usize = 6;

/// Bytes of what stands around a change, and of the change, that are shown.
const AROUND: u64 = 32;
const LONGEST_SHOWN: usize = 160;

/// What a job found to be replaced.
pub(in crate::editor) struct Replaceable {
    /// The match that the person is at, or all of them?
    is_one: bool,
    /// What was to be made.
    copy: ReplacedCopy,
    found: Result<(Replacements, Vec<ShownChange>), ReplaceError>,
}

/// A change, as it is shown before it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownChange {
    /// The 0-based line, where it is known.
    pub line: Option<u64>,
    pub before: String,
    pub old: String,
    pub new: String,
    pub behind: String,
}

/// All changes, waiting for the person's word.
#[derive(Debug)]
pub struct ReplaceAll {
    pub(in crate::editor) tab: TabId,
    replacements: Arc<Replacements>,
    pub changes: Vec<ShownChange>,
    /// How many there are, and how long the document becomes.
    pub text: String,
    /// The name of the button.
    pub verb: String,
}

/// What is to be written to a new file, waiting for the person's word.
#[derive(Debug)]
pub struct ReplaceIntoCopy {
    pub(in crate::editor) tab: TabId,
    copy: ReplacedCopy,
    /// What a step would cost.
    pub text: String,
}

impl Editor {
    /// What is wrong with what is to take the place of matches.
    pub fn replacement_error(&self) -> Option<QueryError> {
        let pattern = self.tab()?.search.as_ref()?.pattern.as_ref().ok()?;
        Template::new(&self.find.replacement, &self.find.query, pattern).err()
    }

    /// Replaces the match that the person is at and goes on to the next; where they are at none, goes to one.
    pub(in crate::editor) fn replace_one(&mut self) {
        let Some(tab) = self.tab() else { return };
        let at_match = tab.current_match().filter(|current| *current == tab.selection.span());
        match at_match {
            Some(current) => self.look_for_replacements(Some(current)),
            None => self.find_step(true),
        }
    }

    /// Finds all matches, and what takes their place, and asks.
    pub(in crate::editor) fn replace_all_matches(&mut self) {
        self.look_for_replacements(None);
    }

    fn look_for_replacements(&mut self, one: Option<Range<u64>>) {
        if self.find.query.text.is_empty() || !self.find.has_replacement() {
            return self.open_find(FindField::Replacement);
        }
        if self.refuses_edits() {
            return;
        }
        self.prepare_search();
        let query = self.find.query.clone();
        let Some(tab) = self.tab_mut() else { return };
        let id = tab.id;
        let encoding = tab.reading().encoding;
        tab.document.end_step();
        let snapshot = tab.document.snapshot();
        let Some(search) = &tab.search else { return };
        let Ok(pattern) = search.pattern.clone() else { return };
        let is_one = one.is_some();
        let within = one.unwrap_or_else(|| search.range(snapshot.len()));
        let Ok(template) = Template::new(&self.find.replacement, &query, &pattern) else { return };
        self.remember_query();
        let replacement = self.find.replacement.clone();
        if self.session.find.remember_replacement(&replacement) {
            self.write_session();
        }
        if self.jobs.is_running(Task::Replace, Some(id)) {
            return;
        }
        let copy = ReplacedCopy { snapshot, pattern, template, within: within.clone() };
        self.jobs.spawn(Task::Replace, Some(id), within.end - within.start, move |cancel, progress| {
            let ReplacedCopy { snapshot, pattern, template, .. } = &copy;
            let find = |cancel: &Cancel, progress: &Progress| {
                let found =
                    Replacements::find(snapshot, pattern, template, within, BUDGET, cancel, progress)?;
                let shown = found.preview(if is_one { 0 } else { SHOWN });
                let encodings = (encoding, pattern.encoding());
                let shown = shown.iter().map(|change| show(snapshot, change, &query, encodings)).collect();
                Ok((found, shown))
            };
            let found = find(cancel, progress);
            Event::Replaceable(Box::new(Replaceable { is_one, copy, found }))
        });
    }

    pub(in crate::editor) fn found_replaceable(&mut self, tab: Option<TabId>, found: Replaceable) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else { return };
        let Replaceable { is_one, copy, found } = found;
        let (replacements, changes) = match found {
            Ok(found) => found,
            Err(ReplaceError::Cancelled) => return,
            Err(ReplaceError::TooMany { found, searched, budget }) => {
                let all = copy.within.end - copy.within.start;
                let about = |of: u64| {
                    let of = u128::from(of) * u128::from(all) / u128::from(searched.clamp(1, all.max(1)));
                    u64::try_from(of).unwrap_or(u64::MAX)
                };
                let text = format!(
                    "About {} matches would take about {} MiB of memory here, more than the {} MiB that a step of undo \
                     may. They can be replaced in a new file instead, which takes no memory, and is opened then; this \
                     document stays as it is.",
                    grouped(about(found)),
                    grouped(about(budget).div_ceil(1 << 20)),
                    grouped(budget.div_ceil(1 << 20)),
                );
                let tab = self.tabs[index].id;
                return self.ask(Dialog::ReplaceIntoCopy(ReplaceIntoCopy { tab, copy, text }));
            }
            Err(error) => return self.error(format!("Nothing was replaced: {error}.")),
        };
        let id = self.tabs[index].id;
        if replacements.count() == 0 {
            return self.tell("There is nothing to replace.");
        }
        if is_one {
            if self.put_replacements(id, &replacements, "Replace") && index == self.active {
                self.step_from_selection(id, true);
            }
            return;
        }
        let count = replacements.count();
        let (old, new) = (self.tabs[index].document.len(), replacements.new_len());
        let many = if count == 1 { "1 match".to_owned() } else { format!("{} matches", grouped(count)) };
        let size = match new.cmp(&old) {
            std::cmp::Ordering::Equal => "The document keeps its size".to_owned(),
            std::cmp::Ordering::Greater => format!("The document grows by {} bytes", grouped(new - old)),
            std::cmp::Ordering::Less => format!("The document shrinks by {} bytes", grouped(old - new)),
        };
        let lost = replacements.lost().map(|(range, why)| {
            format!(" From byte {} on, some could not be searched: {why}.", grouped(range.start))
        });
        let cut = if replacements.is_cut() { " Matches longer than 1 MiB are cut there." } else { "" };
        let lost = lost.unwrap_or_default();
        let text = format!("{size}, to {} bytes. It is one step of undo.{cut}{lost}", grouped(new));
        let verb = format!("Replace {many}");
        let replacements = Arc::new(replacements);
        self.ask(Dialog::ReplaceAll(ReplaceAll { tab: id, replacements, changes, text, verb }));
    }

    /// Makes all the changes that the person saw.
    pub(in crate::editor) fn replace_all_agreed(&mut self, all: &ReplaceAll) {
        if self.put_replacements(all.tab, &all.replacements, "Replace all") {
            let count = all.replacements.count();
            let were = if count == 1 { "match was" } else { "matches were" };
            self.tell(format!("{} {were} replaced. Undo brings them back.", grouped(count)));
        }
    }

    pub(in crate::editor) fn replace_into_copy_agreed(&mut self, agreed: ReplaceIntoCopy) {
        self.ask_for_replaced_copy(agreed.tab, agreed.copy);
    }

    fn put_replacements(&mut self, id: TabId, replacements: &Replacements, what: &'static str) -> bool {
        let Some(index) = self.index_of(id) else {
            return false;
        };
        // Of many, the person is not taken to each.
        let stays = replacements.count() != 1;
        self.edit_bulk(index, replacements.edit(), what, stays)
    }
}

/// A change with what stands around it, read from the disk. They may be text in two encodings.
fn show(
    snapshot: &Snapshot,
    change: &Preview,
    query: &Query,
    (around, encoding): (Encoding, Encoding),
) -> ShownChange {
    let as_hex = matches!(query.kind, Kind::Hex | Kind::Number);
    let Range { start, end } = change.range.clone();
    let read = |range: Range<u64>| snapshot.read(range).unwrap_or_default();
    let text = |bytes: &[u8], encoding: Encoding| {
        let text = if as_hex { hex::to_hex(bytes) } else { encoding.decode(bytes).into_owned() };
        let text: String = text.chars().take(LONGEST_SHOWN).collect();
        text.chars().map(|c| if c.is_control() { '·' } else { c }).collect::<String>()
    };
    let is_end = |byte: u8| byte == b'\n' || byte == b'\r';
    let before = read(start.saturating_sub(AROUND)..start);
    let behind = read(end..end.saturating_add(AROUND));
    // The rest of the line is enough to know where it is.
    let line = before.iter().rposition(|byte| is_end(*byte)).map_or(0, |at| at + 1);
    let rest = behind.iter().position(|byte| is_end(*byte)).unwrap_or(behind.len());
    let shown = end.min(start.saturating_add(LONGEST_SHOWN as u64));
    ShownChange {
        line: match snapshot.line_at(start) {
            crate::document::Count::Exact(line) => Some(line),
            crate::document::Count::About(_) => None,
        },
        before: text(&before[if around.unit() == 1 { line } else { 0 }..], around),
        old: text(&read(start..shown), encoding),
        new: text(&change.content, encoding),
        behind: text(&behind[..if around.unit() == 1 { rest } else { behind.len() }], around),
    }
}
