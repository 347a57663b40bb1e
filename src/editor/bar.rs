use super::{Command, Editor, Tab};
use crate::hex::grouped;
use crate::save::Reached;
use crate::source::{Change, StreamError};

/// A sentence over a document, and what can be done about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    pub text: String,
    pub kind: BarKind,
    /// Each button with what it does; first the one that is right most often, and loses nothing.
    pub actions: Vec<(&'static str, BarAction)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarKind {
    Info,
    /// Something may be lost.
    Warning,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BarAction {
    Run(Command),
    /// Reads the file again and drops the edits.
    Reload,
    /// Reads the file again and puts the edits in by what stands around them.
    ReloadKeepingEdits,
    /// Goes on with what is on screen, until something else happens to the file.
    Keep,
    /// Saves over whatever is there.
    Overwrite,
    /// Saves the edits together with what was appended to the file.
    SaveWithTail,
    /// Lets what was appended to the file join the document, edits and all.
    ShowTail,
    /// Stays locked.
    Leave,
    /// Goes on, although others edit the file, too.
    KnowEditors,
    /// Reads on, whatever it stopped for.
    ReadOn,
    /// Leaves a stream as it came so far.
    EndStream,
    /// Puts the edits back that a crash left, by the number of their journal.
    Recover(u64),
    /// Shows them.
    CompareRecovered(u64),
    /// Writes them where the person says.
    SaveRecovered(u64),
    /// Throws them away.
    DiscardRecovered(u64),
    /// Leaves them for the next start.
    PutOffRecovered(u64),
}

const RELOAD: (&str, BarAction) = ("Reload", BarAction::Reload);
const DROP: (&str, BarAction) = ("Reload, dropping edits", BarAction::Reload);
const REPLACE: (&str, BarAction) = ("Reload, keeping edits", BarAction::ReloadKeepingEdits);
const KEEP: (&str, BarAction) = ("Keep", BarAction::Keep);
const LATER: (&str, BarAction) = ("Not now", BarAction::Keep);
const OVERWRITE: (&str, BarAction) = ("Overwrite", BarAction::Overwrite);
const SAVE: (&str, BarAction) = ("Save", BarAction::Run(Command::Save));
const SAVE_AGAIN: (&str, BarAction) = ("Save again", BarAction::Run(Command::Save));
const SAVE_AS: (&str, BarAction) = ("Save as…", BarAction::Run(Command::SaveAs));

impl Editor {
    /// What the active document is to say over its contents: one thing at a time, what matters most first.
    pub fn bar(&self) -> Option<Bar> {
        let of_tab = |tab: &Tab| tab.stream_bar().or_else(|| tab.disk_bar()).or_else(|| tab.lock_bar());
        let bar = self.tab().and_then(of_tab).or_else(|| self.recovery_bar());
        bar.or_else(|| self.tab().and_then(Tab::editors_bar))
    }

    /// Does what a button of the bar says.
    pub fn take_bar_action(&mut self, action: BarAction) {
        self.bar_has_keys = false;
        match action {
            BarAction::Recover(id) => return self.recover(id),
            BarAction::CompareRecovered(id) => return self.compare_recovered(id),
            BarAction::SaveRecovered(id) => return self.ask_where_to_save_recovered(id),
            BarAction::DiscardRecovered(id) => return self.ask_to_discard_recovered(id),
            BarAction::PutOffRecovered(id) => return self.put_off_recovered(id),
            _ => {}
        }
        let Some(tab) = self.tab_mut() else { return };
        let id = tab.id;
        match action {
            BarAction::Run(command) => self.run(command),
            BarAction::Reload => self.reload(id),
            BarAction::ReloadKeepingEdits => self.reload_keeping_edits(id),
            BarAction::Keep => self.keep_shown(),
            BarAction::Overwrite => self.save_anyway(id),
            BarAction::SaveWithTail => self.save_with_tail(),
            BarAction::ShowTail => drop(self.show_tail()),
            BarAction::Leave => tab.refused = false,
            BarAction::KnowEditors => tab.known_editors.clone_from(&tab.other_editors),
            BarAction::ReadOn => self.go_on_streaming(),
            BarAction::EndStream => self.end_streaming(),
            BarAction::Recover(_)
            | BarAction::CompareRecovered(_)
            | BarAction::SaveRecovered(_)
            | BarAction::DiscardRecovered(_)
            | BarAction::PutOffRecovered(_) => {}
        }
    }

    /// Gives the keys to the bar's buttons.
    pub(super) fn answer_bar(&mut self) {
        self.bar_has_keys = self.bar().is_some();
    }

    /// Do keys go to the bar's buttons?
    pub fn bar_has_keys(&self) -> bool {
        self.bar_has_keys && self.bar().is_some()
    }

    /// Gives the keys back to the document.
    pub fn leave_bar(&mut self) {
        self.bar_has_keys = false;
    }
}

impl Tab {
    fn disk_bar(&self) -> Option<Bar> {
        let name = &self.name;
        if let Some(unfinished) = self.disk.unfinished() {
            let completes = "Save again completes it; Hextant does so too when it starts the next time.";
            let text = match (unfinished.reached, unfinished.written) {
                (Reached::Journal, _) => format!(
                    "A save into “{name}” was interrupted before anything was written, but it could not be taken back. \
                     {completes}"
                ),
                (Reached::All, Some(_)) => format!(
                    "“{name}” has its new contents on disk, but could not be opened again. Save again writes them once \
                     more."
                ),
                (Reached::All, None) => format!(
                    "A save into “{name}” was interrupted when all was written, but not confirmed. {completes}"
                ),
                (Reached::Half, _) => {
                    format!("A save into “{name}” was interrupted: the file is half written. {completes}")
                }
            };
            return Some(Bar { text, kind: BarKind::Warning, actions: vec![SAVE_AGAIN, SAVE_AS] });
        }
        if !self.disk.is_news() {
            return None;
        }
        let edited = self.document.is_modified();
        let len = self.disk.now_len().unwrap_or(0);
        let bytes = |len: u64| format!("{} {}", grouped(len), if len == 1 { "byte" } else { "bytes" });
        // Is what is on screen really what the file held?
        let whole = self.disk.has_old_bytes();
        let warning = |text: String, actions: &[(&'static str, BarAction)]| {
            Some(Bar { text, kind: BarKind::Warning, actions: actions.to_vec() })
        };
        let info = |text: String, actions: &[(&'static str, BarAction)]| {
            Some(Bar { text, kind: BarKind::Info, actions: actions.to_vec() })
        };
        match (self.disk.change(), edited, whole) {
            (Change::Same, ..) => None,
            // Without edits it joins the document at once.
            (Change::Appended, false, _) => None,
            (Change::Appended, true, _) => {
                let more = self.disk.appended();
                let were = if more == 1 { "was" } else { "were" };
                let more = bytes(more);
                let join = ("Save edits and the new tail", BarAction::SaveWithTail);
                let show = ("Show the new tail", BarAction::ShowTail);
                info(
                    format!(
                        "{more} {were} appended to “{name}” on disk while you edited it, and not shown yet. Save both \
                         together, show them under your edits, or overwrite the file without them."
                    ),
                    &[join, show, OVERWRITE, SAVE_AS, DROP, LATER],
                )
            }
            (Change::Replaced, false, _) => info(
                format!("“{name}” was replaced on disk by another file. You see the old one."),
                &[RELOAD, KEEP],
            ),
            (Change::Replaced, true, _) => info(
                format!(
                    "“{name}” was replaced on disk by another file. Your edits are of the old one; Overwrite puts it \
                     in the new one’s place."
                ),
                &[REPLACE, OVERWRITE, SAVE_AS, DROP, LATER],
            ),
            (Change::Rewritten, false, true) => {
                info(format!("“{name}” was rewritten on disk. You see what it held before."), &[RELOAD, KEEP])
            }
            (Change::Rewritten, false, false) => warning(
                format!("“{name}” was rewritten on disk. What you see may mix old and new bytes."),
                &[RELOAD],
            ),
            (Change::Rewritten, true, true) => info(
                format!(
                    "“{name}” was rewritten on disk while you edited it. Overwrite puts what you see in its place."
                ),
                &[REPLACE, OVERWRITE, SAVE_AS, DROP, LATER],
            ),
            (Change::Rewritten, true, false) => warning(
                format!(
                    "“{name}” was rewritten on disk while you edited it. What you see around your edits may mix old \
                     and new bytes, and so would what Overwrite and Save as write."
                ),
                &[SAVE_AS, OVERWRITE, DROP],
            ),
            (Change::Truncated, false, true) => info(
                format!("“{name}” was truncated to {} on disk. You still see all of it.", bytes(len)),
                &[RELOAD, KEEP],
            ),
            (Change::Truncated, true, true) => info(
                format!(
                    "“{name}” was truncated to {} on disk while you edited it. Hextant still has all of it; Overwrite \
                     writes that.",
                    bytes(len)
                ),
                &[REPLACE, OVERWRITE, SAVE_AS, DROP, LATER],
            ),
            (Change::Truncated, edited, false) => warning(
                format!(
                    "“{name}” was truncated to {}; the rest is gone. Saving here is refused; Save as writes {}what is \
                     left.",
                    bytes(len),
                    if edited { "your edits and " } else { "" }
                ),
                if edited { &[SAVE_AS, DROP] } else { &[RELOAD, SAVE_AS] },
            ),
            (Change::Removed, ..) if self.part.is_some() => info(
                format!(
                    "“{name}” was removed from disk. Hextant still has this part of it; Save as writes that to a file of \
                     its own."
                ),
                &[SAVE_AS, LATER],
            ),
            (Change::Removed, false, _) => info(
                format!(
                    "“{name}” was removed from disk. Hextant still has it; Save writes it again.{}",
                    if self.follows { " A new file of that name will be followed." } else { "" }
                ),
                &[SAVE, ("Dismiss", BarAction::Keep)],
            ),
            (Change::Removed, true, _) => info(
                format!(
                    "“{name}” was removed from disk. Hextant has it and your edits; Save writes it again."
                ),
                &[SAVE, SAVE_AS, LATER],
            ),
        }
    }

    fn stream_bar(&self) -> Option<Bar> {
        let stream = self.stream.as_ref()?;
        let name = &self.name;
        let stop = ("Stop here", BarAction::EndStream);
        let (text, actions) = match (stream.stopped(), stream.failure()) {
            (Some(error @ StreamError::Spool(_)), _) => {
                (format!("“{name}”: {error}"), vec![("Try again", BarAction::ReadOn), stop])
            }
            (Some(error), _) => (
                format!("“{name}” is not read any further: {error}"),
                vec![("Read on", BarAction::ReadOn), stop],
            ),
            (None, Some(failure)) => {
                (format!("“{name}”: {failure}"), vec![("Dismiss", BarAction::EndStream)])
            }
            (None, None) => return None,
        };
        Some(Bar { text, kind: BarKind::Warning, actions })
    }

    fn editors_bar(&self) -> Option<Bar> {
        let is_news = |editor: &u32| !self.known_editors.contains(editor);
        let who = match &self.other_editors[..] {
            editors if !editors.iter().any(is_news) => return None,
            [editor] => format!("Another Hextant (process {editor}) has"),
            editors => {
                let editors: Vec<String> = editors.iter().map(u32::to_string).collect();
                format!("Other Hextants (processes {}) have", editors.join(", "))
            }
        };
        let text = format!(
            "{who} unsaved edits of “{}”. Both can go on: whoever saves second is asked before anything is overwritten.",
            self.name
        );
        Some(Bar { text, kind: BarKind::Info, actions: vec![("Dismiss", BarAction::KnowEditors)] })
    }

    fn lock_bar(&self) -> Option<Bar> {
        let lock = self.locked.as_ref().filter(|_| self.refused)?;
        let actions = vec![("Edit anyway", BarAction::Run(Command::Unlock)), ("Not now", BarAction::Leave)];
        Some(Bar { text: format!("{lock}."), kind: BarKind::Info, actions })
    }
}
