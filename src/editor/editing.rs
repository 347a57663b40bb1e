use std::ops::Range;

use super::fetching::Waiting;
use super::{Command, Dialog, Editor, HexColumn, Pane, Tab, Task};
use crate::document::{Applied, Bias, BulkEdit, Caret, Content, EditError, Replacement, StepKind};
use crate::text::Reading;
use crate::view::{self, Motion, Pending, Rows};

/// Bytes that word motions in a hex pane cross.
pub(super) const HEX_WORD: u32 = 8;

impl Editor {
    /// Is the active document locked? Then a bar says so, with the way out.
    pub(super) fn refuses_edits(&mut self) -> bool {
        self.tab().is_none() || self.refuses_edits_of(self.active)
    }

    pub(super) fn refuses_edits_of(&mut self, index: usize) -> bool {
        if self.tabs[index].locked.is_none() {
            return false;
        }
        self.refuse(index);
        true
    }

    /// Applies sorted, disjoint replacements to a document as one step: the one place where contents change, but for
    /// undo and redo. False if it was refused, which is told.
    pub(super) fn edit(&mut self, index: usize, replacements: Vec<Replacement>, kind: StepKind) -> bool {
        if replacements.is_empty() || self.refuses_edits_of(index) {
            return false;
        }
        let adopts = replacements.iter().any(|replacement| matches!(replacement.content, Content::Slice(_)));
        let now = self.now;
        let tab = &mut self.tabs[index];
        let carets = tab.selection.carets().to_vec();
        match tab.document.edit(replacements, kind, &carets, now) {
            Ok(applied) => {
                tab.follow_edit(&applied);
                if adopts {
                    // Another file may have come in, of which no line is counted yet.
                    let id = tab.id;
                    self.count_lines(id);
                }
                true
            }
            Err(error) => {
                self.error(format!("That edit could not be made: {error}. Nothing was changed."));
                false
            }
        }
    }

    /// Makes very many replacements in a tab, as one step. The person stays where they were, if they are to stay; else
    /// the first one is shown.
    pub(super) fn edit_bulk(
        &mut self,
        index: usize,
        edit: &BulkEdit,
        what: &'static str,
        stays: bool,
    ) -> bool {
        if self.refuses_edits_of(index) {
            return false;
        }
        let tab = &mut self.tabs[index];
        let id = tab.id;
        let head = tab.selection.head();
        let carets = tab.selection.carets().to_vec();
        match tab.document.edit_bulk(edit, what, &carets) {
            Ok(mut applied) => {
                if stays {
                    let head = applied.edits.map(head, Bias::After);
                    applied.carets = vec![Caret { anchor: head, head }];
                }
                tab.follow_edit(&applied);
                tab.reveal = !stays;
                self.count_lines(id);
                true
            }
            Err(EditError::Outdated) => {
                self.tell("The document was changed meanwhile, so nothing was done. Try again.");
                false
            }
            Err(error) => {
                self.error(format!("That edit could not be made: {error}. Nothing was changed."));
                false
            }
        }
    }

    /// Replaces every selected range of a tab (or inserts at every caret).
    pub(super) fn replace_in(&mut self, index: usize, content: Content, kind: StepKind) {
        let spans = self.tabs[index].selection.spans();
        let replace = |range| Replacement { range, content: content.clone() };
        let replacements = spans.map(replace).collect();
        self.edit(index, replacements, kind);
    }

    /// The same in the active tab.
    pub(super) fn replace_selection(&mut self, content: Content, kind: StepKind) {
        if self.tab().is_some() {
            self.replace_in(self.active, content, kind);
        }
    }

    /// Types text, as a keyboard or an input method gives it. It never waits for a disk, but for what was asked for
    /// before it, and where it overwrites what is not known yet.
    pub fn type_text(&mut self, text: &str) {
        self.leave_go_to();
        if self.is_less_key(text) {
            return;
        }
        if text.is_empty() || self.refuses_edits() || self.waits_in_line(Waiting::Text(text.to_owned())) {
            return;
        }
        let Some(tab) = self.tab() else { return };
        match (tab.focus, tab.hex_column) {
            (Pane::Hex, HexColumn::Bytes) => self.type_digits(text),
            (Pane::Hex, HexColumn::Decoded) => match self.decoded_as(tab).encode(text) {
                Ok(bytes) => self.put_bytes(&bytes, StepKind::Overwrite),
                Err(unmappable) => self.tell(unmappable.to_string()),
            },
            (Pane::Text, _) if tab.text_overwrites && tab.selection.is_empty() => self.overtype(text),
            (Pane::Text, _) => match tab.encoded(text) {
                Ok(content) => self.replace_selection(content, StepKind::Typing),
                Err(unmappable) => self.tell(unmappable.to_string()),
            },
        }
    }

    /// Types over as many characters behind each caret as `text` has, but never over a line ending.
    fn overtype(&mut self, text: &str) {
        let Some(tab) = self.tab_mut() else { return };
        let content = match tab.encoded(text) {
            Ok(content) => content,
            Err(unmappable) => return self.tell(unmappable.to_string()),
        };
        let carets = tab.selection.carets().to_vec();
        let nexts = carets.iter().skip(1).map(|caret| Some(caret.head)).chain([None]);
        let ranges = tab.with_rows(|_, rows| {
            let behind = |(caret, next): (&Caret, Option<u64>)| {
                let end = cells_behind(rows, caret.head, cells_of(text))?;
                Ok(caret.head..next.map_or(end, |next| end.min(next)))
            };
            carets.iter().zip(nexts).map(behind).collect::<Result<Vec<_>, Pending>>()
        });
        match ranges {
            Ok(ranges) => {
                let replace = |range| Replacement { range, content: content.clone() };
                self.edit(self.active, ranges.into_iter().map(replace).collect(), StepKind::Typing);
            }
            Err(Pending(range)) => self.wait_for(range, Waiting::Text(text.to_owned())),
        }
    }

    /// Enter: the document's own line ending.
    pub(super) fn new_line(&mut self) {
        let Some(tab) = self.tab().filter(|tab| tab.focus == Pane::Text) else {
            return;
        };
        let ending = tab.line_end();
        self.replace_selection(ending, StepKind::Typing);
    }

    /// Tab: a tab character; in the hex pane, the other column.
    pub(super) fn indent(&mut self) {
        match self.tab().map(|tab| tab.focus) {
            Some(Pane::Text) => self.type_text("\t"),
            Some(Pane::Hex) => self.toggle_hex_column(),
            None => {}
        }
    }

    /// Deletes what is selected, or what `command` says beside each caret.
    pub(super) fn delete(&mut self, command: Command) {
        if self.refuses_edits() {
            return;
        }
        let Some(tab) = self.tab_mut() else { return };
        if tab.focus == Pane::Hex && !tab.hex_inserts {
            if !tab.document.is_empty() {
                self.open_dialog(Dialog::DeleteInOverwrite { command });
            }
            return;
        }
        let selected = !tab.selection.is_empty();
        let ranges = match tab.deletions(command) {
            Ok(ranges) => ranges,
            Err(Pending(range)) => return self.wait_for(range, Waiting::Command(command)),
        };
        let kind = match command {
            _ if selected => StepKind::Whole("Delete"),
            Command::DeleteBackward => StepKind::DeleteBackward,
            Command::DeleteForward => StepKind::DeleteForward,
            _ => StepKind::Whole("Delete word"),
        };
        let nothing = |range| Replacement { range, content: Content::Bytes(Vec::new()) };
        self.edit(self.active, ranges.into_iter().map(nothing).collect(), kind);
    }

    pub(super) fn undo(&mut self) {
        self.time_travel("undo", |tab| tab.document.undo());
    }

    pub(super) fn redo(&mut self) {
        self.time_travel("redo", |tab| tab.document.redo());
    }

    fn time_travel(&mut self, what: &str, go: impl FnOnce(&mut Tab) -> Option<Applied>) {
        let Some(tab) = self.tab_mut() else { return };
        match go(tab) {
            Some(applied) => {
                tab.follow_edit(&applied);
                let id = tab.id;
                if tab.read_as_before() {
                    self.cancel(Task::Count, id);
                }
                // Bytes of older files, or inserted ones, may be back, and other line ends.
                self.count_lines(id);
                self.count_endings_if_small(id);
            }
            None => self.tell(format!("Nothing to {what}.")),
        }
    }
}

impl Tab {
    /// The ranges that a deletion removes: sorted, disjoint, none of them empty.
    fn deletions(&mut self, command: Command) -> Result<Vec<Range<u64>>, Pending> {
        let (hex, half_typed, len) = (self.hex, self.half_typed, self.document.len());
        let in_hex = self.focus == Pane::Hex;
        let carets = self.selection.carets().to_vec();
        let ranges = self.with_rows(|_, rows| {
            let step = |rows: &mut Rows, at, motion| {
                if in_hex {
                    Ok(view::step_hex(&hex, at, motion, len, HEX_WORD, 1))
                } else {
                    view::step(rows, at, motion, &mut None, 1)
                }
            };
            let beside = |caret: &Caret| {
                let range = caret.anchor.min(caret.head)..caret.anchor.max(caret.head);
                let at = caret.head;
                if !range.is_empty() {
                    return Ok(range);
                }
                Ok(match command {
                    // The byte of which only one nibble was typed.
                    Command::DeleteBackward if half_typed => at..at + 1,
                    Command::DeleteBackward if !in_hex => view::delete_backward(rows, at)?,
                    Command::DeleteForward if !in_hex => view::delete_forward(rows, at)?,
                    Command::DeleteBackward => step(rows, at, Motion::Left)?..at,
                    Command::DeleteForward => at..step(rows, at, Motion::Right)?,
                    Command::DeleteWordBackward => step(rows, at, Motion::WordLeft)?..at,
                    _ => at..step(rows, at, Motion::WordRight)?,
                })
            };
            carets.iter().map(beside).collect::<Result<Vec<_>, Pending>>()
        })?;
        // Two carets in one word delete it once.
        let mut disjoint: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
        for range in ranges.into_iter().filter(|range| !range.is_empty()) {
            match disjoint.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => disjoint.push(range),
            }
        }
        Ok(disjoint)
    }
}

/// How many characters a person sees in `text`.
fn cells_of(text: &str) -> usize {
    let mut rest = text.as_bytes();
    let mut cells = 0;
    while let Some(len) = Reading::utf8(1).next_cell(rest, true) {
        cells += 1;
        rest = &rest[len..];
    }
    cells
}

/// The end of so many characters behind `from`, or of its line.
fn cells_behind(rows: &mut Rows, from: u64, cells: usize) -> Result<u64, Pending> {
    let mut end = from;
    for _ in 0..cells {
        let next = view::delete_forward(rows, end)?;
        let line_break = rows.shape().reading.line_break;
        let bytes = rows.reader.bytes(next.clone())?;
        if next.is_empty() || line_break.find(bytes, next.start).is_some() {
            break;
        }
        end = next.end;
    }
    Ok(end)
}
