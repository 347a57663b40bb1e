use std::path::PathBuf;

use super::{
    Command, Comparison, Conversion, Converted, Editor, EncodingBox, Fit, ReplaceAll, ReplaceIntoCopy,
    SavePurpose, TabId,
};
use crate::save;
use crate::source::Compression;
use crate::view::{HexView, Selection, TextView};

/// A question, or a small window, that is open over the document.
#[derive(Debug)]
pub enum Dialog {
    GoTo(GoTo),
    /// These tabs have unsaved edits; `quit` if the whole window is to be closed.
    Unsaved {
        tabs: Vec<TabId>,
        quit: bool,
    },
    /// The file changed on disk since it was opened; save anyway?
    ChangedOnDisk {
        tab: TabId,
        text: String,
    },
    /// Saving would change more than the contents: hard links, owner, attributes.
    SaveLoses {
        tab: TabId,
        text: String,
        request: Box<save::Request>,
        purpose: SavePurpose,
    },
    /// The file that was named to save to is there already.
    Replace {
        tab: TabId,
        path: PathBuf,
        request: Box<save::Request>,
        purpose: SavePurpose,
    },
    /// The hex view is to delete in overwrite mode, which keeps the size.
    DeleteInOverwrite {
        command: Command,
    },
    /// Where no file dialog can be had: a path to type.
    Path {
        purpose: PathPurpose,
        tab: Option<TabId>,
        input: String,
        error: Option<String>,
    },
    /// Which part of a file to open.
    Part {
        path: PathBuf,
        input: String,
        error: Option<String>,
    },
    /// How many bytes a hex row takes.
    BytesPerRow {
        input: String,
        error: Option<String>,
    },
    /// The document came out of a compressed file: is it to go back into it?
    Compress {
        tab: TabId,
        path: PathBuf,
        compression: Compression,
    },
    /// Which encoding to read the document in, or to convert it to.
    Encoding(EncodingBox),
    /// Converting a large document takes space: is that to be a step, if it can be, or a file of its own?
    Convert {
        tab: TabId,
        text: String,
        conversion: Conversion,
        in_place: bool,
    },
    /// Converting would lose characters.
    ConvertLoses {
        tab: TabId,
        text: String,
        converted: Box<Converted>,
    },
    /// The edits that a crash left.
    Recovered(Comparison),
    /// What undo through saves holds on the disk is to be let go.
    ForgetOldVersions {
        tab: TabId,
        text: String,
    },
    /// They are to be thrown away, by the number of their journal.
    DiscardRecovered {
        orphan: u64,
        text: String,
    },
    /// All matches are to be replaced: these are the first changes.
    ReplaceAll(ReplaceAll),
    /// That would take too much memory: is a new file to be written instead?
    ReplaceIntoCopy(ReplaceIntoCopy),
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
    pub(super) tab: TabId,
    /// Where the person was, to come back to.
    pub(super) origin: (Selection, TextView, HexView),
}

/// What a picked path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathPurpose {
    Open,
    /// Only a part of it.
    OpenPart,
    SaveAs,
    SaveSelection,
    /// A converted copy.
    Converted(Conversion),
    /// The lines that match.
    SaveLines,
    /// The folder to be searched.
    SearchedFolder,
    SavePatch,
    /// A copy with all matches replaced.
    Replaced,
    InsertFile,
    /// The edits that a crash left, by the number of their journal.
    SaveRecovered(u64),
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

impl Dialog {
    /// Is it there because something cannot go on without an answer?
    pub(super) fn is_question(&self) -> bool {
        match self {
            Self::Unsaved { .. }
            | Self::ChangedOnDisk { .. }
            | Self::SaveLoses { .. }
            | Self::Replace { .. }
            | Self::Compress { .. }
            | Self::Convert { .. }
            | Self::ConvertLoses { .. }
            | Self::DiscardRecovered { .. }
            | Self::ForgetOldVersions { .. }
            | Self::ReplaceAll(_)
            | Self::ReplaceIntoCopy(_)
            | Self::DeleteInOverwrite { .. } => true,
            Self::GoTo(_)
            | Self::Path { .. }
            | Self::BytesPerRow { .. }
            | Self::Part { .. }
            | Self::Encoding(_)
            | Self::Recovered(_)
            | Self::Keys
            | Self::About => false,
        }
    }
}

impl Editor {
    /// Opens a dialog that the person just asked for, in place of the one that is open; but a question is to be
    /// answered first.
    pub(super) fn open_dialog(&mut self, dialog: Dialog) {
        if self.dialog.as_ref().is_some_and(Dialog::is_question) {
            return;
        }
        self.answer(Answer::Cancel);
        self.ask(dialog);
    }

    /// Opens a dialog, or has it wait until the open one is answered.
    pub(super) fn ask(&mut self, dialog: Dialog) {
        self.questions.push_back(dialog);
        self.ask_next();
    }

    /// Opens the next dialog that waits, unless what it asks about is gone.
    pub(super) fn ask_next(&mut self) {
        while self.dialog.is_none()
            && let Some(dialog) = self.questions.pop_front()
        {
            if self.matters(&dialog) {
                self.dialog = Some(dialog);
            }
        }
    }

    fn matters(&self, dialog: &Dialog) -> bool {
        match dialog {
            Dialog::ChangedOnDisk { tab, .. }
            | Dialog::SaveLoses { tab, .. }
            | Dialog::Compress { tab, .. }
            | Dialog::Convert { tab, .. }
            | Dialog::ConvertLoses { tab, .. }
            | Dialog::ReplaceAll(ReplaceAll { tab, .. })
            | Dialog::ReplaceIntoCopy(ReplaceIntoCopy { tab, .. })
            | Dialog::Replace { tab, .. } => self.index_of(*tab).is_some(),
            _ => true,
        }
    }

    /// Answers the open dialog.
    pub fn answer(&mut self, answer: Answer) {
        let Some(dialog) = self.dialog.take() else {
            return;
        };
        self.follow(dialog, answer);
        self.ask_next();
    }

    fn follow(&mut self, dialog: Dialog, answer: Answer) {
        match (dialog, answer) {
            (Dialog::GoTo(go_to), answer) => self.finish_go_to(go_to, &answer),
            (Dialog::Unsaved { tabs, quit }, Answer::Accept) => self.save_then_close(tabs, quit),
            (Dialog::Unsaved { tabs, quit }, Answer::Discard) => self.discard(&tabs, quit),
            (Dialog::ChangedOnDisk { tab, .. }, Answer::Discard) => self.save_anyway(tab),
            (Dialog::ChangedOnDisk { tab, .. }, Answer::SaveAs) => self.save_tab_as(tab),
            (Dialog::ChangedOnDisk { tab, .. }, Answer::Reload) => {
                self.not_closed(Some(tab));
                self.reload(tab);
            }
            (
                Dialog::SaveLoses { tab, request, purpose, .. }
                | Dialog::Replace { tab, request, purpose, .. },
                Answer::Accept,
            ) => {
                self.write(tab, *request, purpose);
            }
            (
                Dialog::ChangedOnDisk { tab, .. }
                | Dialog::SaveLoses { tab, .. }
                | Dialog::Replace { tab, .. },
                _,
            ) => self.not_closed(Some(tab)),
            (Dialog::DeleteInOverwrite { command }, Answer::Accept) => {
                if let Some(tab) = self.tab_mut() {
                    tab.hex_inserts = true;
                    tab.half_typed = false;
                }
                self.run(command);
            }
            (Dialog::Path { purpose, tab, input, .. }, Answer::Accept) => {
                self.path_typed(purpose, tab, input)
            }
            (Dialog::Path { tab, .. }, _) => self.not_closed(tab),
            (Dialog::Compress { tab, .. }, Answer::Accept) => self.save_compressed(tab),
            (Dialog::Compress { tab, .. }, Answer::SaveAs) => self.save_tab_as(tab),
            (Dialog::Compress { tab, .. }, _) => self.not_closed(Some(tab)),
            (Dialog::Encoding(list), Answer::Accept) => self.encoding_chosen(list),
            (Dialog::Convert { tab, conversion, in_place: true, .. }, Answer::Accept) => {
                self.start_converting(tab, conversion);
            }
            (Dialog::Convert { tab, conversion, .. }, Answer::SaveAs) => self.ask_for_copy(tab, conversion),
            (Dialog::ConvertLoses { tab, converted, .. }, Answer::Accept) => {
                self.accept_converted(tab, *converted);
            }
            (Dialog::Recovered(shown), Answer::Accept) => self.recover(shown.orphan),
            (Dialog::Recovered(shown), Answer::SaveAs) => self.ask_where_to_save_recovered(shown.orphan),
            (Dialog::Recovered(shown), Answer::Discard) => self.ask_to_discard_recovered(shown.orphan),
            (Dialog::ForgetOldVersions { tab, .. }, Answer::Accept) => self.forget_old_versions(tab),
            (Dialog::DiscardRecovered { orphan, .. }, Answer::Accept) => self.discard_recovered(orphan),
            (Dialog::ReplaceAll(all), Answer::Accept) => self.replace_all_agreed(&all),
            (Dialog::ReplaceIntoCopy(copy), Answer::Accept) => self.replace_into_copy_agreed(copy),
            (Dialog::Part { path, input, .. }, Answer::Accept) => self.part_typed(path, input),
            (Dialog::BytesPerRow { input, .. }, Answer::Accept) => self.bytes_per_row_typed(input),
            _ => {}
        }
    }

    fn save_tab_as(&mut self, tab: TabId) {
        if let Some(index) = self.index_of(tab) {
            self.activate(index);
            self.ask_for_target(PathPurpose::SaveAs);
        }
    }

    fn bytes_per_row_typed(&mut self, input: String) {
        match input.trim().parse() {
            Ok(bytes @ 1..=256) => {
                self.change_settings(|settings| settings.bytes_per_row = Fit::Bytes(bytes));
            }
            _ => {
                let error = Some(format!("“{}” is not a number from 1 to 256.", input.trim()));
                self.dialog = Some(Dialog::BytesPerRow { input, error });
            }
        }
    }
}
