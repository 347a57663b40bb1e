use super::super::clipboard::CLIPBOARD_LIMIT;
use super::super::{Command, Editor, Event, Mode, PathPurpose, Request, TabId, Task};
use super::{hex_patch, unified};
use crate::document::{Content, Document, LineBreak, Replacement, Since, Snapshot, StepKind};
use crate::hex::grouped;
use crate::source::{Cancel, Lost, Progress};
use crate::text::Encoding;

/// A patch is made in memory, in so many bytes at most.
const MOST: u64 = if cfg!(test) { 1 << 20 } else { 256 << 20 };

/// What becomes of the edits as a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchDeed {
    Copy,
    Save,
}

/// The edits as a patch, or why there is none.
pub(in crate::editor) struct Patched {
    deed: PatchDeed,
    result: Result<Vec<u8>, Gone>,
}

/// Why no patch was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    Cancelled,
    /// Nothing was changed.
    Nothing,
    TooLarge,
    Lost(Lost),
}

impl From<Lost> for Gone {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

/// A patch while it is being written.
pub(super) struct Writing<'a> {
    pub snapshot: Snapshot,
    pub since: Since,
    pub name: String,
    pub cancel: &'a Cancel,
    pub progress: &'a Progress,
    reached: std::cell::Cell<u64>,
    out: Vec<u8>,
}

impl<'a> Writing<'a> {
    fn new(snapshot: Snapshot, since: Since, name: &str, cancel: &'a Cancel, progress: &'a Progress) -> Self {
        // What is no name in a patch ends its line.
        let name = name.replace(char::is_control, "_");
        Self { snapshot, since, name, cancel, progress, reached: std::cell::Cell::new(0), out: Vec::new() }
    }

    pub fn line(&mut self, line: &str) -> Result<(), Gone> {
        self.bytes(line.as_bytes())?;
        self.bytes(b"\n")
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        self.has_room_for(bytes.len() as u64)?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    pub fn has_room_for(&self, bytes: u64) -> Result<(), Gone> {
        let len = (self.out.len() as u64).saturating_add(bytes);
        if len > MOST { Err(Gone::TooLarge) } else { Ok(()) }
    }

    /// It has come so far in the contents.
    pub fn reached(&self, at: u64) -> Result<(), Gone> {
        self.progress.add(at.saturating_sub(self.reached.get()));
        self.reached.set(self.reached.get().max(at));
        if self.cancel.is_cancelled() { Err(Gone::Cancelled) } else { Ok(()) }
    }
}

/// How edits are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Unified,
    Hex,
}

/// All edits since then, as a patch; for a job.
pub(super) fn patch(
    snapshot: Snapshot,
    since: Since,
    form: Form,
    name: &str,
    cancel: &Cancel,
    progress: &Progress,
) -> Result<Vec<u8>, Gone> {
    let mut writing = Writing::new(snapshot, since, name, cancel, progress);
    match form {
        Form::Unified => unified::write(&mut writing)?,
        Form::Hex => hex_patch::write(&mut writing)?,
    }
    Ok(writing.out)
}

impl Editor {
    /// Copies the edits as a patch, or saves it: a unified diff, or of what is no text, or is looked at in hex, a hex patch.
    pub(in crate::editor) fn make_patch(&mut self, deed: PatchDeed) {
        let since = self.review_list.since();
        let Some(tab) = self.tab_mut() else { return };
        tab.document.end_step();
        let (id, name, snapshot) = (tab.id, tab.name.clone(), tab.document.snapshot());
        if !snapshot.has_base(since) {
            return self.tell("It was never saved, so there is nothing that a patch could change.");
        }
        let is_text = tab.mode != Mode::Hex && tab.reading().line_break == LineBreak::Lf;
        let form = if is_text { Form::Unified } else { Form::Hex };
        if self.jobs.is_running(Task::Patch, Some(id)) {
            return;
        }
        self.jobs.spawn(Task::Patch, Some(id), snapshot.len(), move |cancel, progress| {
            let go_on = |_| !cancel.is_cancelled();
            let first = snapshot.differences_while(since, 0..u64::MAX, &go_on).starts().next();
            let result = match first {
                None if cancel.is_cancelled() => Err(Gone::Cancelled),
                None => Err(Gone::Nothing),
                Some(_) => patch(snapshot, since, form, &name, cancel, progress),
            };
            Event::Patched(Box::new(Patched { deed, result }))
        });
    }

    pub(in crate::editor) fn patch_made(&mut self, tab: Option<TabId>, Patched { deed, result }: Patched) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else { return };
        let bytes = match result {
            Ok(bytes) => bytes,
            Err(Gone::Cancelled) => return,
            Err(Gone::Nothing) => return self.tell("Nothing was changed."),
            Err(Gone::Lost(lost)) => return self.error(format!("The edits cannot be read: {lost}.")),
            Err(Gone::TooLarge) => {
                let text = format!(
                    "As a patch the edits take more than {} bytes. Save the document, and compare the files.",
                    grouped(MOST)
                );
                return self.offer(text, "Save as…", Command::SaveAs);
            }
        };
        let encoding = self.tabs[index].reading().encoding;
        match deed {
            PatchDeed::Copy if bytes.len() as u64 > CLIPBOARD_LIMIT => {
                let text = format!(
                    "The patch has {} bytes, more than the clipboard can carry.",
                    grouped(bytes.len() as u64)
                );
                self.offer(text, "Save patch as…", Command::Patch(PatchDeed::Save));
            }
            PatchDeed::Copy => match text_of(&bytes, encoding) {
                Some(text) => {
                    self.requests.push(Request::Copy(text));
                    self.tell("The edits were copied as a patch.");
                }
                None => {
                    let text = "The patch has bytes that are no text, which the clipboard would change.";
                    self.offer(text.to_owned(), "Save patch as…", Command::Patch(PatchDeed::Save));
                }
            },
            PatchDeed::Save => {
                let tab = &mut self.tabs[index];
                tab.lines_to_save = Some(contents(bytes));
                if index == self.active {
                    self.ask_for_target(PathPurpose::SavePatch);
                }
            }
        }
    }
}

/// A patch as text from which its bytes come back.
fn text_of(bytes: &[u8], encoding: Encoding) -> Option<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let text = encoding.decode(bytes).into_owned();
    encoding.encode(&text).is_ok_and(|back| back == bytes).then_some(text)
}

/// Bytes as a document of their own, to be saved.
fn contents(bytes: Vec<u8>) -> Snapshot {
    let mut document = Document::new();
    let replacement = Replacement { range: 0..0, content: Content::Bytes(bytes) };
    let made = document.edit(vec![replacement], StepKind::Whole("Patch"), &[], std::time::Duration::ZERO);
    debug_assert!(made.is_ok(), "it is put into nothing");
    document.snapshot()
}
