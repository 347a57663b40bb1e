//! The system's file dialogs, each on a thread of its own: they wait for a person.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::editor::{Editor, PathPurpose, Request};

/// File dialogs that are open, and their answers.
#[derive(Debug)]
pub struct FileDialogs {
    sender: Sender<(PathPurpose, Option<Vec<PathBuf>>)>,
    answers: Receiver<(PathPurpose, Option<Vec<PathBuf>>)>,
    open: bool,
}

impl Default for FileDialogs {
    fn default() -> Self {
        let (sender, answers) = channel();
        Self { sender, answers, open: false }
    }
}

impl FileDialogs {
    /// Opens the dialog that `request` asks for. One at a time: a second click changes nothing.
    pub fn ask(&mut self, ctx: &egui::Context, request: Request) {
        if self.open {
            return;
        }
        self.open = true;
        let (sender, wake) = (self.sender.clone(), super::pane::waker(ctx));
        std::thread::spawn(move || {
            let (Request::PickFiles { purpose, .. } | Request::PickTarget { purpose, .. }) = request else {
                return;
            };
            // A dialog that fails is a dialog that is not to be had.
            let picked = catch_unwind(AssertUnwindSafe(|| pick(request))).unwrap_or(None);
            let _ = sender.send((purpose, picked));
            wake();
        });
    }

    /// Hands answers to the editor.
    pub fn deliver(&mut self, editor: &mut Editor) {
        while let Ok((purpose, paths)) = self.answers.try_recv() {
            self.open = false;
            editor.picked(purpose, paths);
        }
    }
}

/// Shows a dialog and waits for it: the paths picked, none if the person changed their mind, `None` if there is no
/// dialog to be had.
fn pick(request: Request) -> Option<Vec<PathBuf>> {
    match request {
        Request::PickFiles { purpose: PathPurpose::SearchedFolder, folder } => {
            let dialog = rfd::FileDialog::new().set_title("Search in folder");
            // As for `save_file`.
            match in_folder(dialog, folder).pick_folder() {
                Some(path) => Some(vec![path]),
                None => zenity_or_portal().then(Vec::new),
            }
        }
        Request::PickFiles { purpose, folder } => {
            let title = match purpose {
                PathPurpose::OpenPart => "Open part",
                PathPurpose::InsertFile => "Insert file",
                _ => "Open",
            };
            in_folder(rfd::FileDialog::new().set_title(title), folder).pick_files()
        }
        Request::PickTarget { folder, name, .. } => {
            let dialog = rfd::FileDialog::new().set_title("Save as").set_file_name(name);
            // `save_file` does not tell a changed mind from a missing dialog.
            match in_folder(dialog, folder).save_file() {
                Some(path) => Some(vec![path]),
                None => zenity_or_portal().then(Vec::new),
            }
        }
        _ => None,
    }
}

fn in_folder(dialog: rfd::FileDialog, folder: Option<PathBuf>) -> rfd::FileDialog {
    match folder {
        Some(folder) => dialog.set_directory(folder),
        None => dialog,
    }
}

/// Could a dialog have been shown at all? (rfd does not tell a cancelled save dialog from a missing one.)
fn zenity_or_portal() -> bool {
    let in_path = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("zenity").exists()));
    in_path || std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some()
}
