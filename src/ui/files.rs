//! The system's file dialogs, each on a thread of its own: they wait for a person.

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
            let answer = match request {
                Request::PickFiles { purpose, folder } => {
                    let title = if purpose == PathPurpose::Open { "Open" } else { "Insert file" };
                    let mut dialog = rfd::FileDialog::new().set_title(title);
                    if let Some(folder) = folder {
                        dialog = dialog.set_directory(folder);
                    }
                    // `None` means that there is no dialog to be had, an empty list that nothing was picked.
                    let picked = dialog.pick_files();
                    Some((
                        purpose,
                        if has_dialogs(&picked) { Some(picked.unwrap_or_default()) } else { None },
                    ))
                }
                Request::PickTarget { purpose, folder, name } => {
                    let mut dialog = rfd::FileDialog::new().set_title("Save as").set_file_name(name);
                    if let Some(folder) = folder {
                        dialog = dialog.set_directory(folder);
                    }
                    // `save_file` gives `None` for both.
                    let picked = dialog.save_file().map(|path| vec![path]);
                    let gone = picked.is_none() && !zenity_or_portal();
                    Some((purpose, if gone { None } else { Some(picked.unwrap_or_default()) }))
                }
                _ => None,
            };
            if let Some(answer) = answer {
                let _ = sender.send(answer);
            }
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

fn has_dialogs(picked: &Option<Vec<PathBuf>>) -> bool {
    picked.is_some()
}

/// Could a dialog have been shown at all? (rfd does not tell a cancelled save dialog from a missing one.)
fn zenity_or_portal() -> bool {
    let in_path = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("zenity").exists()));
    in_path || std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some()
}
