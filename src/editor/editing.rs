//! Typing, deleting, cutting, copying, pasting, undo.

use std::ops::Range;

use super::{Clip, Command, Dialog, Editor, Event, HexColumn, Pane, Request, Tab, Task};
use crate::document::{Applied, Content, Replacement, Slice, StepKind};
use crate::hex;
use crate::text::LineEnding;
use crate::view::{self, Pending, Selection};

/// More than this does not go to the system's clipboard: X11 programs hang on it (arboard#212).
const CLIPBOARD_LIMIT: u64 = 16 << 20;

/// Up to this, a copy is read at once; more is read by a job.
const COPY_AT_ONCE: u64 = 64 << 10;

impl Editor {
    /// Is the active document locked? Then it says so, with the way out.
    pub(super) fn refuses_edits(&mut self) -> bool {
        let Some(tab) = self.tab() else { return true };
        let Some(locked) = tab.locked else { return false };
        let text = format!("“{}” is {locked}, so it cannot be changed here.", tab.name);
        self.offer(text, "Save as…", Command::SaveAs);
        true
    }

    /// Applies replacements to the active document as one step.
    fn edit(&mut self, replacements: Vec<Replacement>, kind: StepKind) -> Option<Applied> {
        let now = self.now;
        let tab = self.tab_mut()?;
        let carets = tab.selection.carets().to_vec();
        match tab.document.edit(replacements, kind, &carets, now) {
            Ok(applied) => {
                tab.follow_edit(&applied);
                Some(applied)
            }
            Err(error) => {
                self.error(format!("That edit could not be made: {error}. Nothing was changed."));
                None
            }
        }
    }

    /// Replaces every selected range (or inserts at every caret).
    pub(super) fn replace_selection(&mut self, content: Content, kind: StepKind) {
        if self.refuses_edits() {
            return;
        }
        let Some(tab) = self.tab() else { return };
        let replacements =
            tab.selection.spans().map(|range| Replacement { range, content: content.clone() }).collect();
        self.edit(replacements, kind);
    }

    /// Types text, as a keyboard or an input method gives it.
    pub fn type_text(&mut self, text: &str) {
        if text.is_empty() || self.refuses_edits() {
            return;
        }
        let Some(tab) = self.tab() else { return };
        match (tab.focus, tab.hex_column) {
            (Pane::Hex, HexColumn::Bytes) => {
                for digit in text.chars() {
                    self.type_nibble(digit);
                }
            }
            (Pane::Hex, _) => self.put_bytes(text.as_bytes(), StepKind::Overwrite),
            (Pane::Text, _) => self.type_into_text(text),
        }
    }

    fn type_into_text(&mut self, text: &str) {
        let Some(tab) = self.tab_mut() else { return };
        if !tab.text_overwrites || !tab.selection.is_empty() {
            self.replace_selection(Content::Text(text.to_owned()), StepKind::Typing);
            return;
        }
        // Overwriting takes the character behind each caret, but never a line ending.
        let heads: Vec<u64> = tab.selection.carets().iter().map(|caret| caret.head).collect();
        let ranges: Result<Vec<Range<u64>>, Pending> = tab.with_rows(|_, rows| {
            heads
                .iter()
                .map(|&head| {
                    let next = view::delete_forward(rows, head)?;
                    let ends = rows.reader.bytes(next.clone())?.ends_with(b"\n");
                    Ok(if ends { head..head } else { next })
                })
                .collect()
        });
        if let Ok(ranges) = ranges {
            let content = Content::Text(text.to_owned());
            let replace = |range| Replacement { range, content: content.clone() };
            self.edit(ranges.into_iter().map(replace).collect(), StepKind::Typing);
        }
    }

    /// Types one hex digit at the caret of the hex pane; anything else is told.
    fn type_nibble(&mut self, digit: char) {
        let Some(nibble) = digit.to_digit(16) else {
            if !digit.is_whitespace() {
                self.tell(format!("“{digit}” is not a hex digit. Tab goes to the text column."));
            }
            return;
        };
        let nibble = nibble as u8;
        let Some(tab) = self.tab_mut() else { return };
        let range = tab.selection.span();
        let inserts = tab.hex_inserts;
        let len = tab.document.len();
        if tab.half_typed {
            let at = tab.selection.head();
            let Some(high) = byte_at(tab, at) else { return };
            let content = Content::Bytes(vec![(high & 0xF0) | nibble]);
            self.edit(vec![Replacement { range: at..at + 1, content }], StepKind::Overwrite);
            self.place_hex_caret(at + 1, false);
            return;
        }
        let at = range.start;
        if inserts {
            let content = Content::Bytes(vec![nibble << 4]);
            self.edit(vec![Replacement { range, content }], StepKind::Overwrite);
        } else if at == len {
            self.refuse_growth();
            return;
        } else {
            let Some(old) = byte_at(tab, at) else { return };
            let content = Content::Bytes(vec![(nibble << 4) | (old & 0x0F)]);
            self.edit(vec![Replacement { range: at..at + 1, content }], StepKind::Overwrite);
        }
        self.place_hex_caret(at, true);
    }

    /// Writes bytes at the caret of the hex pane: over what is there, or making room in insert mode.
    fn put_bytes(&mut self, bytes: &[u8], kind: StepKind) {
        let Some(tab) = self.tab() else { return };
        let range = tab.selection.span();
        let range = if tab.hex_inserts { range } else { range.start..range.start + bytes.len() as u64 };
        if !tab.hex_inserts && range.end > tab.document.len() {
            self.refuse_growth();
            return;
        }
        let end = range.start + bytes.len() as u64;
        self.edit(vec![Replacement { range, content: Content::Bytes(bytes.to_vec()) }], kind);
        self.place_hex_caret(end, false);
    }

    fn place_hex_caret(&mut self, at: u64, half_typed: bool) {
        if let Some(tab) = self.tab_mut() {
            tab.selection = Selection::at(at).clamp(tab.document.len());
            tab.half_typed = half_typed;
            tab.reveal = true;
        }
    }

    fn refuse_growth(&mut self) {
        self.offer(
            "Overwrite mode never changes the size, and this goes beyond the end. Insert mode can (Ins).",
            "Insert mode",
            Command::ToggleInsert,
        );
    }

    pub(super) fn toggle_insert(&mut self) {
        let Some(tab) = self.tab_mut() else { return };
        tab.document.end_step();
        tab.half_typed = false;
        match tab.focus {
            Pane::Text => tab.text_overwrites = !tab.text_overwrites,
            Pane::Hex => tab.hex_inserts = !tab.hex_inserts,
        }
    }

    pub(super) fn toggle_hex_column(&mut self) {
        let Some(tab) = self.tab_mut() else { return };
        tab.half_typed = false;
        tab.document.end_step();
        tab.hex_column = match tab.hex_column {
            HexColumn::Bytes => HexColumn::Decoded,
            HexColumn::Decoded => HexColumn::Bytes,
        };
    }

    /// Enter: the document's own line ending.
    pub(super) fn new_line(&mut self) {
        let Some(tab) = self.tab() else { return };
        if tab.focus == Pane::Text {
            let ending = tab.line_ending.as_str().to_owned();
            self.replace_selection(Content::Text(ending), StepKind::Typing);
        }
    }

    /// Tab: a tab character; in the hex pane, the other column.
    pub(super) fn indent(&mut self) {
        let Some(tab) = self.tab() else { return };
        match tab.focus {
            Pane::Text => self.type_text("\t"),
            Pane::Hex => self.toggle_hex_column(),
        }
    }

    pub(super) fn delete(&mut self, command: Command) {
        if self.refuses_edits() {
            return;
        }
        let Some(tab) = self.tab_mut() else { return };
        let hex = tab.focus == Pane::Hex;
        if hex && !tab.hex_inserts {
            if !tab.selection.is_empty() || tab.document.len() > 0 {
                self.dialog = Some(Dialog::DeleteInOverwrite { command });
            }
            return;
        }
        let id = tab.id;
        let len = tab.document.len();
        let carets = tab.selection.carets().to_vec();
        let ranges: Result<Vec<Range<u64>>, Pending> = tab.with_rows(|_, rows| {
            let range = |caret: &crate::document::Caret| {
                let (start, end) = (caret.anchor.min(caret.head), caret.anchor.max(caret.head));
                if start != end {
                    return Ok(start..end);
                }
                match command {
                    Command::DeleteBackward if hex => Ok(start.saturating_sub(1)..start),
                    Command::DeleteForward if hex => Ok(start..(start + 1).min(len)),
                    Command::DeleteBackward => view::delete_backward(rows, start),
                    Command::DeleteForward => view::delete_forward(rows, start),
                    Command::DeleteWordBackward => {
                        let to = view::step(rows, start, view::Motion::WordLeft, &mut None, 1)?;
                        Ok(to..start)
                    }
                    _ => Ok(start..view::step(rows, start, view::Motion::WordRight, &mut None, 1)?),
                }
            };
            carets.iter().map(range).collect()
        });
        let mut ranges = match ranges {
            Ok(ranges) => ranges,
            Err(Pending(range)) => {
                tab.waiting.push(command);
                self.fetch(id, range);
                return;
            }
        };
        ranges.retain(|range| !range.is_empty());
        if ranges.is_empty() {
            return;
        }
        let kind = match command {
            _ if !tab.selection.is_empty() => StepKind::Whole("Delete"),
            Command::DeleteBackward => StepKind::DeleteBackward,
            Command::DeleteForward => StepKind::DeleteForward,
            _ => StepKind::Whole("Delete word"),
        };
        let nothing = |range| Replacement { range, content: Content::Bytes(Vec::new()) };
        self.edit(ranges.into_iter().map(nothing).collect(), kind);
        if let Some(tab) = self.tab_mut() {
            tab.half_typed = false;
        }
    }

    pub(super) fn undo(&mut self) {
        self.time_travel("undone", |tab| tab.document.undo());
    }

    pub(super) fn redo(&mut self) {
        self.time_travel("redone", |tab| tab.document.redo());
    }

    fn time_travel(&mut self, what: &str, go: impl FnOnce(&mut Tab) -> Option<Applied>) {
        let Some(tab) = self.tab_mut() else { return };
        tab.half_typed = false;
        match go(tab) {
            Some(applied) => tab.follow_edit(&applied),
            None => self.tell(format!("There is nothing to be {what}.")),
        }
    }

    pub(super) fn select_all(&mut self) {
        if let Some(tab) = self.tab_mut() {
            let len = tab.document.len();
            tab.select(Selection::range(0, len));
            // The view stays where it is.
            tab.reveal = false;
        }
    }

    pub(super) fn cut(&mut self) {
        let Some(tab) = self.tab() else { return };
        if tab.selection.is_empty() || self.refuses_edits() {
            return;
        }
        self.copy();
        if let Some(tab) = self.tab()
            && tab.focus == Pane::Hex
            && !tab.hex_inserts
        {
            self.dialog = Some(Dialog::DeleteInOverwrite { command: Command::DeleteForward });
            return;
        }
        self.replace_selection(Content::Bytes(Vec::new()), StepKind::Whole("Cut"));
    }

    /// Copies the selection: exact bytes for Hextant itself, and text (of the hex pane, hex) for the system.
    pub(super) fn copy(&mut self) {
        let Some(tab) = self.tab() else { return };
        let range = tab.selection.span();
        if range.is_empty() {
            return;
        }
        let size = range.end - range.start;
        let as_hex = tab.focus == Pane::Hex && tab.hex_column == HexColumn::Bytes;
        let slice = tab.document.snapshot().slice(range);
        let written = if as_hex { size.saturating_mul(3) } else { size };
        if written > CLIPBOARD_LIMIT {
            let text = format!("[{} bytes copied in Hextant]", hex::grouped(size));
            self.requests.push(Request::Copy(text.clone()));
            self.clip = Some(Clip { slice, text });
            self.offer(
                format!(
                    "{} bytes are more than the clipboard can carry. They can be pasted in Hextant; other programs \
                     need a file.",
                    hex::grouped(size)
                ),
                "Save selection as…",
                Command::SaveSelectionAs,
            );
            return;
        }
        self.clip = Some(Clip { slice: slice.clone(), text: String::new() });
        if size <= COPY_AT_ONCE {
            match slice.read() {
                Ok(bytes) => {
                    let text = clipboard_text(&bytes, as_hex);
                    self.copied(text);
                }
                Err(lost) => self.error(format!("The selection cannot be read: {lost}.")),
            }
            return;
        }
        let id = tab_id(self.tab());
        self.jobs.spawn(Task::Copy, id, 1, self.now, size, move |_, _| {
            let bytes = slice.read();
            Event::Copied(
                bytes
                    .map(|bytes| clipboard_text(&bytes, as_hex))
                    .map_err(|lost| format!("The selection cannot be read: {lost}.")),
            )
        });
    }

    /// Text for the clipboard has been made of what was copied last.
    pub(super) fn copied(&mut self, text: String) {
        if let Some(clip) = &mut self.clip {
            clip.text = text.clone();
        }
        self.requests.push(Request::Copy(text));
    }

    /// Pastes the clipboard's text; exact bytes, if it is what was copied here.
    pub fn paste(&mut self, text: &str) {
        if text.is_empty() || self.refuses_edits() {
            return;
        }
        let ours = self.clip.as_ref().filter(|clip| same_text(&clip.text, text)).map(|clip| clip.slice.clone());
        let Some(tab) = self.tab() else { return };
        let (pane, column) = (tab.focus, tab.hex_column);
        match (pane, ours) {
            (Pane::Text, Some(slice)) => self.replace_selection(Content::Slice(slice), StepKind::Whole("Paste")),
            (Pane::Text, None) => {
                let text = with_line_ending(text, tab.line_ending);
                self.replace_selection(Content::Text(text), StepKind::Whole("Paste"));
            }
            (Pane::Hex, Some(slice)) => self.paste_slice(slice),
            (Pane::Hex, None) if column == HexColumn::Bytes && hex::looks_like_hex(text) => match hex::parse(text) {
                Ok(bytes) => self.put_bytes(&bytes, StepKind::Whole("Paste")),
                Err(error) => self.error(format!("The clipboard's text is not hex: {error}")),
            },
            (Pane::Hex, None) => self.put_bytes(text.as_bytes(), StepKind::Whole("Paste")),
        }
    }

    fn paste_slice(&mut self, slice: Slice) {
        let Some(tab) = self.tab() else { return };
        let range = tab.selection.span();
        let size = slice.len();
        let range = if tab.hex_inserts { range } else { range.start..range.start + size };
        if range.end > tab.document.len() {
            self.refuse_growth();
            return;
        }
        let end = range.start + size;
        self.edit(vec![Replacement { range, content: Content::Slice(slice) }], StepKind::Whole("Paste"));
        self.place_hex_caret(end, false);
    }
}

fn tab_id(tab: Option<&Tab>) -> Option<super::TabId> {
    tab.map(|tab| tab.id)
}

fn byte_at(tab: &Tab, at: u64) -> Option<u8> {
    let window = tab.document.snapshot().try_read(at..at + 1);
    window.gaps.is_empty().then(|| window.bytes.first().copied())?
}

fn clipboard_text(bytes: &[u8], as_hex: bool) -> String {
    if as_hex { hex::to_hex(bytes) } else { String::from_utf8_lossy(bytes).into_owned() }
}

/// Clipboards turn CR LF into LF on their way.
fn same_text(left: &str, right: &str) -> bool {
    let lines = |text: &'_ str| text.replace("\r\n", "\n");
    !left.is_empty() && (left == right || (left.len() < (1 << 26) && lines(left) == lines(right)))
}

/// The text with the document's own line endings.
fn with_line_ending(text: &str, ending: LineEnding) -> String {
    let lines = text.replace("\r\n", "\n");
    match ending {
        LineEnding::Lf => lines,
        LineEnding::CrLf => lines.replace('\n', "\r\n"),
    }
}
