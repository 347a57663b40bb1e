mod list;

use super::filter::LinesDeed;
use super::keymap::Chord;
use super::review::PatchDeed;
use crate::hex::DecodedColumn;
use crate::text::{Escapes, LineEnding};
use crate::view::Motion;

/// Everything that a person can ask for without typing text. Menus, shortcuts, the key sheet and the tests are made
/// from [`Command::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    New,
    Open,
    OpenPart,
    Save,
    SaveAs,
    SaveSelectionAs,
    InsertFile,
    CloseTab,
    ReopenTab,
    NextTab,
    PreviousTab,
    Quit,

    Undo,
    Redo,
    Cut,
    Copy,
    Paste,
    SelectAll,
    /// Allows changes to a document that was opened locked.
    Unlock,
    ToggleInsert,
    /// Reads the document's bytes as other characters.
    ReopenWithEncoding,
    /// Writes the document's characters as other bytes.
    ConvertToEncoding,
    ConvertLineEndings(LineEnding),
    /// Counts the line ends of each kind.
    CountLineEndings,
    NewLine,
    Indent,
    DeleteBackward,
    DeleteForward,
    DeleteWordBackward,
    DeleteWordForward,

    ViewText,
    ViewHex,
    ViewBoth,
    ToggleWrap,
    ToggleWhitespace,
    /// Chooses what escape sequences are shown as.
    Ansi(Escapes),
    ToggleHexColumn,
    DecimalOffsets,
    BytesPerRow(Fit),
    GroupBytes(u32),
    /// Chooses what the character column of hex is read as.
    Decoded(DecodedColumn),
    ZoomIn,
    ZoomOut,
    ZoomReset,
    Theme(Theme),
    /// Keeps the end on screen while the file grows.
    Follow,
    /// Stops counting lines, or goes on.
    PauseCounting,
    /// Gives the keys to the buttons of the bar over the document.
    AnswerBar,

    /// Opens the find bar, or gives it the keys.
    Find,
    /// The same, with a row for what takes the place of matches.
    Replace,
    FindNext,
    FindPrevious,
    /// Looks for what is selected, or for the word at the caret.
    FindSelection,
    FindSwitch(FindSwitch),
    /// Replaces the match at the caret and goes on to the next.
    ReplaceOne,
    /// Replaces all matches, after showing the first changes.
    ReplaceAll,
    /// Opens or closes the list of lines that match.
    LineList,
    /// Lists the lines with what the find bar looks for.
    ListFoundLines,
    /// The list takes the place of the document, or stands below it.
    FullLineList,
    Lines(LinesDeed),
    /// Opens the list of what is found in files, or gives it the keys.
    FindInFiles,
    NextFound,
    PreviousFound,
    /// Copies the command that does what the find bar does, for a shell.
    CopyFindCommand,
    /// Gives the selected text one of nine colours, from 0 on.
    Color(u8),
    ClearColors,
    /// Marks the line of the caret, or takes its mark away.
    ToggleMark,
    NextMark,
    PreviousMark,
    /// Stops a search; where none goes on, closes the find bar and goes back to where the person was.
    LeaveFind,

    GoTo,
    Back,
    Forward,
    NextEdit,
    PreviousEdit,
    /// Opens or closes the list of edits.
    ReviewEdits,
    /// Takes back one edit, whatever was done since.
    RevertEdit,
    /// Writes all edits as a patch.
    Patch(PatchDeed),
    /// Goes to a line that tells of an error, by the pattern in the settings.
    NextError,
    PreviousError,
    /// Moves every caret; `true` extends the selection.
    Move(Motion, bool),

    /// Has what was open be there again at the next start, or not.
    RestoreSession,
    /// Keeps the previous version of what is saved as `name~`, or not.
    Backups,
    /// Reads back what was saved, or not.
    VerifySaves,
    /// Lets go of what undo through saves holds on the disk.
    ForgetOldVersions,
    Keys,
    About,
}

/// How many bytes a hex row takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Fit {
    /// As many groups as the width has room for.
    Width,
    /// 1 to 256.
    Bytes(u32),
    /// Ask for a number.
    Ask,
}

/// How the find bar looks for its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindSwitch {
    /// From smart to exact to ignored.
    Case,
    WholeWord,
    Regex,
    Hex,
    Number,
    Escapes,
    InSelection,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// The menu that a command stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    File,
    Edit,
    View,
    /// The Edit menu's submenu of that name.
    LineEndings,
    /// The View menu's submenus of these names.
    Ansi,
    HexRows,
    DecodedColumn,
    Theme,
    Search,
    /// The Search menu's submenu of that name.
    Colors,
    Go,
    Help,
}

/// A command as people meet it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub command: Command,
    pub name: &'static str,
    /// The menu, and the group in it: a line is drawn between groups.
    pub menu: Option<(Menu, u8)>,
    pub chords: &'static [Chord],
}

impl Command {
    /// The command of a chord. Motions take Shift to extend the selection.
    pub fn of(chord: Chord) -> Option<Self> {
        let of = |chord: Chord| Self::ALL.iter().find(|entry| entry.chords.contains(&chord));
        if let Some(entry) = of(chord) {
            return Some(entry.command);
        }
        match of(Chord { shift: false, ..chord })?.command {
            Self::Move(motion, _) if chord.shift => Some(Self::Move(motion, true)),
            _ => None,
        }
    }

    /// Does what it does depend on where the carets are, or move them? Then it happens behind what a person asked for
    /// before it, even if that still waits for a disk.
    pub(super) fn acts_on_carets(self) -> bool {
        matches!(
            self,
            Self::Undo
                | Self::Redo
                | Self::Cut
                | Self::Copy
                | Self::SelectAll
                | Self::ToggleInsert
                | Self::NewLine
                | Self::Indent
                | Self::DeleteBackward
                | Self::DeleteForward
                | Self::DeleteWordBackward
                | Self::DeleteWordForward
                | Self::ToggleHexColumn
                | Self::FindNext
                | Self::FindPrevious
                | Self::FindSelection
                | Self::Color(_)
                | Self::ToggleMark
                | Self::NextError
                | Self::PreviousError
                | Self::NextMark
                | Self::PreviousMark
                | Self::RevertEdit
                | Self::Move(..)
        )
    }

    /// Its shortcut, for menus and tooltips.
    pub fn chord(self) -> Option<Chord> {
        Self::ALL.iter().find(|entry| entry.command == self)?.chords.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::keymap::Key;
    use super::*;

    #[test]
    fn no_two_shortcuts_clash() {
        let mut taken = HashMap::new();
        for entry in Command::ALL {
            let extends = matches!(entry.command, Command::Move(..));
            for &chord in entry.chords {
                for chord in [Some(chord), extends.then(|| chord.shift())].into_iter().flatten() {
                    let other = taken.insert(chord, entry.name);
                    assert_eq!(other, None, "{chord} is {} too", entry.name);
                }
            }
        }
    }

    #[test]
    fn every_command_is_listed_once() {
        for (index, entry) in Command::ALL.iter().enumerate() {
            let again = Command::ALL[index + 1..].iter().find(|other| other.command == entry.command);
            assert!(again.is_none(), "{} is listed twice", entry.name);
        }
    }

    #[test]
    fn shift_extends_motions_only() {
        assert_eq!(Command::of(Chord::plain(Key::Left).shift()), Some(Command::Move(Motion::Left, true)));
        assert_eq!(Command::of(Chord::ctrl(Key::Letter('Z')).shift()), Some(Command::Redo));
        assert_eq!(Command::of(Chord::ctrl(Key::Letter('G')).shift()), None);
    }
}
