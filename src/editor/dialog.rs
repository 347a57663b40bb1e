use std::path::PathBuf;

use super::{Editor, SavePurpose, TabId};
use crate::save;
use crate::view::{HexView, Selection, TextView};

/// A question, or a small window, that is open over the document.
#[derive(Debug)]
pub enum Dialog {
    GoTo(GoTo),
    /// These tabs have unsaved edits; `quit` if the whole window is to be closed.
    Unsaved { tabs: Vec<TabId>, quit: bool },
    /// The file changed on disk since it was opened; save anyway?
    ChangedOnDisk { tab: TabId, text: String },
    /// Saving would change more than the contents: hard links, owner, attributes.
    SaveLoses { tab: TabId, text: String, request: Box<save::Request>, purpose: SavePurpose },
    /// The hex view is to delete in overwrite mode, which keeps the size.
    DeleteInOverwrite { command: super::Command },
    /// Where no file dialog can be had: a path to type.
    Path { purpose: PathPurpose, input: String, error: Option<String> },
    /// The file that was named to save to is there already.
    Replace { purpose: PathPurpose, path: PathBuf },
    /// How many bytes a hex row takes.
    BytesPerRow { input: String, error: Option<String> },
    Keys,
    About,
}

/// The Go to box.
#[derive(Debug)]
pub struct GoTo {
    pub input: String,
    /// What is wrong with the input.
    pub error: Option<String>,
    /// What it leads to, in words.
    pub preview: String,
    /// Where the person was, to come back to.
    pub origin: (Selection, TextView, HexView),
}

/// What a picked path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathPurpose {
    Open,
    SaveAs,
    SaveSelection,
    InsertFile,
}

/// The answer to a [`Dialog`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Escape, or a click beside it.
    Cancel,
    /// Enter, or the button that goes on.
    Accept,
    /// Enter with Shift: extend the selection up to there.
    AcceptExtending,
    /// Close without saving; overwrite what changed on disk.
    Discard,
    /// The other way: save under another name.
    SaveAs,
    /// The other way: read the file again.
    Reload,
}

impl Editor {
    /// Answers the open dialog.
    pub fn answer(&mut self, answer: Answer) {
        let Some(dialog) = self.dialog.take() else { return };
        match (dialog, answer) {
            (Dialog::GoTo(go_to), answer) => self.finish_go_to(go_to, &answer),
            (Dialog::Unsaved { tabs, quit }, Answer::Accept) => self.save_then_close(&tabs, quit),
            (Dialog::Unsaved { tabs, quit }, Answer::Discard) => self.discard(&tabs, quit),
            (Dialog::Unsaved { .. }, _) => self.quitting = false,
            (Dialog::ChangedOnDisk { tab, .. }, Answer::Discard) => self.save_anyway(tab),
            (Dialog::ChangedOnDisk { tab, .. }, Answer::SaveAs) => {
                if let Some(index) = self.index_of(tab) {
                    self.activate(index);
                    self.ask_for_target(PathPurpose::SaveAs);
                }
            }
            (Dialog::ChangedOnDisk { tab, .. }, Answer::Reload) => self.reload(tab),
            (Dialog::SaveLoses { tab, request, purpose, .. }, Answer::Accept) => {
                self.start_writing(tab, *request, purpose);
            }
            (Dialog::DeleteInOverwrite { command }, Answer::Accept) => {
                self.toggle_insert();
                self.run(command);
            }
            (Dialog::Path { purpose, input, .. }, Answer::Accept) => self.path_typed(purpose, input),
            (Dialog::Replace { purpose, path }, Answer::Accept) => self.save_to(purpose, path),
            (Dialog::BytesPerRow { input, .. }, Answer::Accept) => self.bytes_per_row_typed(input),
            _ => {}
        }
    }

    fn bytes_per_row_typed(&mut self, input: String) {
        match input.trim().parse() {
            Ok(bytes @ 1..=256) => {
                self.change_settings(|settings| settings.bytes_per_row = super::Fit::Bytes(bytes));
            }
            _ => {
                let error = Some(format!("“{}” is not a number from 1 to 256.", input.trim()));
                self.dialog = Some(Dialog::BytesPerRow { input, error });
            }
        }
    }
}
