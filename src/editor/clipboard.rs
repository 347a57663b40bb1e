use std::time::Duration;

use super::fetching::Waiting;
use super::{Command, Dialog, Editor, Event, HexColumn, Pane, Request, Tab, Task};
use crate::document::{Content, Document, Replacement, Slice, Snapshot, StepKind};
use crate::hex;
use crate::text::{Encoding, LineEnding};
use crate::view::Selection;

/// More than this does not go to the system's clipboard: X11 programs hang on it (arboard#212).
pub(super) const CLIPBOARD_LIMIT: u64 = 16 << 20;

/// Up to this, a copy is made at once if its bytes are in memory; else by a job.
const COPY_AT_ONCE: u64 = 64 << 10;

/// What was copied last, with the text that was put on the system's clipboard for it: pasting that text inside
/// Hextant gives back the exact bytes.
pub(super) struct Clip {
    /// One for each caret.
    slices: Vec<Slice>,
    /// What stands between them where they are pasted as one.
    separator: Content,
    text: String,
    /// What the bytes are, if they were copied as text.
    encoding: Option<Encoding>,
}

impl Editor {
    pub(super) fn select_all(&mut self) {
        if let Some(tab) = self.tab_mut() {
            let len = tab.document.len();
            tab.goal = None;
            tab.landing = None;
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
        if self.tab().is_some_and(|tab| tab.focus == Pane::Hex && !tab.hex_inserts) {
            return self.open_dialog(Dialog::DeleteInOverwrite { command: Command::DeleteForward });
        }
        self.replace_selection(Content::Bytes(Vec::new()), StepKind::Whole("Cut"));
    }

    /// Copies the selection: exact bytes for Hextant itself, and text (of the hex pane, hex) for the system.
    pub(super) fn copy(&mut self) {
        let Some(tab) = self.tab() else { return };
        if tab.selection.is_empty() {
            return;
        }
        let (slices, separator) = tab.selected_slices();
        let as_hex = tab.focus == Pane::Hex && tab.hex_column == HexColumn::Bytes;
        let encoding = (tab.focus == Pane::Text).then(|| tab.reading().encoding);
        let shown = encoding.unwrap_or(self.decoded_as(tab));
        let read = move |bytes: &[u8]| match as_hex {
            true => hex::to_hex(bytes),
            false => shown.decode(bytes).into_owned(),
        };
        let contents = tab.selected_contents();
        let size = contents.len();
        // A copy that is still being made is not wanted any more.
        self.jobs.cancel(Task::Copy, None);
        self.clip = Some(Clip { slices, separator, text: String::new(), encoding });
        if size.saturating_mul(if as_hex { 3 } else { 1 }) > CLIPBOARD_LIMIT {
            self.copied(Ok(format!("[{} bytes copied in Hextant]", hex::grouped(size))));
            let text = format!(
                "{} bytes are more than the clipboard can carry. They can be pasted in Hextant; other programs need \
                 a file.",
                hex::grouped(size)
            );
            return self.offer(text, "Save selection as…", Command::SaveSelectionAs);
        }
        if size <= COPY_AT_ONCE {
            let window = contents.try_read(0..size);
            if window.gaps.is_empty() {
                return self.copied(Ok(read(&window.bytes)));
            }
        }
        // Of no tab: it outlives that.
        self.jobs.spawn(Task::Copy, None, 0, move |_, _| {
            let text = contents.read(0..size).map(|bytes| read(&bytes));
            Event::Copied(text.map_err(|lost| format!("The selection cannot be read: {lost}.")))
        });
    }

    /// Text for the clipboard has been made of what was copied last.
    pub(super) fn copied(&mut self, text: Result<String, String>) {
        match (text, &mut self.clip) {
            (Ok(text), Some(clip)) => {
                clip.text = text.clone();
                self.requests.push(Request::Copy(text));
            }
            (Ok(_), None) => {}
            (Err(error), _) => self.error(error),
        }
    }

    /// Pastes the clipboard's text; exact bytes, if it is what was copied here.
    pub fn paste(&mut self, text: &str) {
        self.leave_go_to();
        if text.is_empty() || self.refuses_edits() || self.waits_in_line(Waiting::Paste(text.to_owned())) {
            return;
        }
        let Some(tab) = self.tab() else { return };
        let kind = StepKind::Whole("Paste");
        let ours = self.clip.as_ref().filter(|clip| same_text(&clip.text, text));
        let other = ours.is_some_and(|clip| {
            tab.focus == Pane::Text
                && clip.encoding.is_some_and(|encoding| encoding != tab.reading().encoding)
        });
        if other && ours.is_some_and(|clip| clip.is_too_much()) {
            return self.tell(
                "It was copied in another encoding, and is more than the clipboard can carry as text.",
            );
        }
        // Characters, not bytes, are what is pasted into text of another encoding.
        let ours = ours.filter(|_| !other);
        match (tab.focus, ours) {
            (Pane::Text, Some(clip)) if clip.slices.len() == tab.selection.carets().len() => {
                let contents = clip.slices.iter().cloned().map(Content::Slice);
                let replacement = |(range, content)| Replacement { range, content };
                let replacements = tab.selection.spans().zip(contents).map(replacement).collect();
                self.edit(self.active, replacements, kind);
            }
            (Pane::Text, Some(clip)) => {
                let all = joined(&clip.slices, &clip.separator);
                self.replace_selection(Content::Slice(all), kind);
            }
            (Pane::Text, None) => {
                let text = with_line_ending(text, tab.line_ending);
                match tab.encoded(&text) {
                    Ok(content) => self.replace_selection(content, kind),
                    Err(unmappable) => self.tell(format!("{unmappable} Nothing was pasted.")),
                }
            }
            (Pane::Hex, Some(clip)) => {
                let all = joined(&clip.slices, &clip.separator);
                self.put(Content::Slice(all), kind);
            }
            (Pane::Hex, None) => {
                let in_digits = tab.hex_column == HexColumn::Bytes;
                let bytes = match in_digits.then(|| hex::parse(text)) {
                    Some(Ok(bytes)) => bytes,
                    Some(Err(_)) => text.as_bytes().to_vec(),
                    None => match self.decoded_as(tab).encode(text) {
                        Ok(bytes) => bytes.into_owned(),
                        Err(unmappable) => return self.tell(format!("{unmappable} Nothing was pasted.")),
                    },
                };
                self.put_bytes(&bytes, kind);
            }
        }
    }
}

impl Tab {
    /// What is selected, by reference, and what stands between the parts where they are made one.
    fn selected_slices(&self) -> (Vec<Slice>, Content) {
        let snapshot = self.document.snapshot();
        let selected = self.selection.spans().filter(|range| !range.is_empty());
        let separator = match self.focus {
            Pane::Text => self.line_end(),
            Pane::Hex => Content::Bytes(Vec::new()),
        };
        (selected.map(|range| snapshot.slice(range)).collect(), separator)
    }

    /// A document of what is selected, by reference.
    pub(super) fn selected_contents(&self) -> Snapshot {
        let (slices, separator) = self.selected_slices();
        document_of(&slices, &separator).snapshot()
    }
}

impl Clip {
    /// Did only Hextant itself get what was copied?
    fn is_too_much(&self) -> bool {
        self.slices.iter().map(Slice::len).sum::<u64>() > CLIPBOARD_LIMIT
    }
}

/// Slices one behind the other, by reference.
pub(super) fn joined(slices: &[Slice], separator: &Content) -> Slice {
    match slices {
        [only] => only.clone(),
        _ => {
            let contents = document_of(slices, separator).snapshot();
            contents.slice(0..contents.len())
        }
    }
}

pub(super) fn document_of(slices: &[Slice], separator: &Content) -> Document {
    let mut document = Document::new();
    let mut append = |content: Content| {
        let end = document.len();
        let replacement = Replacement { range: end..end, content };
        let appended = document.edit(vec![replacement], StepKind::Whole("Append"), &[], Duration::ZERO);
        debug_assert!(appended.is_ok(), "the end lies in the document");
    };
    for (index, slice) in slices.iter().enumerate() {
        if index > 0 && !separator.is_empty() {
            append(separator.clone());
        }
        append(Content::Slice(slice.clone()));
    }
    document
}

/// Is this the text of our clip, as it came back? Clipboards turn CR LF into LF on their way.
fn same_text(ours: &str, theirs: &str) -> bool {
    fn unified(text: &str) -> impl Iterator<Item = &str> {
        text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line))
    }
    !ours.is_empty() && (ours == theirs || unified(ours).eq(unified(theirs)))
}

/// The text with the document's own line endings.
fn with_line_ending(text: &str, ending: LineEnding) -> String {
    let lines = text.replace("\r\n", "\n");
    match ending {
        LineEnding::Lf => lines,
        other => lines.replace('\n', other.as_str()),
    }
}
