use super::keymap::{Chord, Key};
use crate::view::Motion;

/// Everything that a person can ask for without typing text. Menus, shortcuts, the key sheet and the tests are made
/// from [`Command::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    New,
    Open,
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
    ToggleInsert,
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
    ToggleHexColumn,
    DecimalOffsets,
    BytesPerRow(Fit),
    GroupBytes(u32),
    ZoomIn,
    ZoomOut,
    ZoomReset,
    Theme(Theme),

    GoTo,
    Back,
    Forward,
    NextEdit,
    PreviousEdit,
    /// Moves every caret; `true` extends the selection.
    Move(Motion, bool),

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
    /// The View menu's submenu of that name.
    HexRows,
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

const fn entry(
    command: Command,
    name: &'static str,
    menu: Option<(Menu, u8)>,
    chords: &'static [Chord],
) -> Entry {
    Entry { command, name, menu, chords }
}

const fn ctrl(letter: char) -> Chord {
    Chord::ctrl(Key::Letter(letter))
}

const fn plain(key: Key) -> Chord {
    Chord::plain(key)
}

const fn step(motion: Motion, name: &'static str, chords: &'static [Chord]) -> Entry {
    entry(Command::Move(motion, false), name, None, chords)
}

impl Command {
    /// Every command that has a name, in the order of the menus. Motions also extend, with Shift: see
    /// [`Command::of`].
    pub const ALL: &'static [Entry] = &[
        entry(Self::New, "New", Some((Menu::File, 0)), &[ctrl('N')]),
        entry(Self::Open, "Open…", Some((Menu::File, 0)), &[ctrl('O')]),
        entry(Self::ReopenTab, "Reopen closed tab", Some((Menu::File, 0)), &[ctrl('T').shift()]),
        entry(Self::Save, "Save", Some((Menu::File, 1)), &[ctrl('S')]),
        entry(Self::SaveAs, "Save as…", Some((Menu::File, 1)), &[ctrl('S').shift()]),
        entry(Self::SaveSelectionAs, "Save selection as…", Some((Menu::File, 2)), &[]),
        entry(Self::InsertFile, "Insert file…", Some((Menu::File, 2)), &[]),
        entry(Self::NextTab, "Next tab", Some((Menu::File, 3)), &[
            Chord::ctrl(Key::Tab),
            Chord::ctrl(Key::PageDown),
        ]),
        entry(Self::PreviousTab, "Previous tab", Some((Menu::File, 3)), &[
            Chord::ctrl(Key::Tab).shift(),
            Chord::ctrl(Key::PageUp),
        ]),
        entry(Self::CloseTab, "Close tab", Some((Menu::File, 4)), &[ctrl('W'), Chord::ctrl(Key::Function(4))]),
        entry(Self::Quit, "Quit", Some((Menu::File, 4)), &[ctrl('Q')]),
        entry(Self::Undo, "Undo", Some((Menu::Edit, 0)), &[ctrl('Z')]),
        entry(Self::Redo, "Redo", Some((Menu::Edit, 0)), &[ctrl('Z').shift(), ctrl('Y')]),
        entry(Self::Cut, "Cut", Some((Menu::Edit, 1)), &[ctrl('X'), plain(Key::Delete).shift()]),
        entry(Self::Copy, "Copy", Some((Menu::Edit, 1)), &[ctrl('C'), Chord::ctrl(Key::Insert)]),
        entry(Self::Paste, "Paste", Some((Menu::Edit, 1)), &[ctrl('V'), plain(Key::Insert).shift()]),
        entry(Self::SelectAll, "Select all", Some((Menu::Edit, 2)), &[ctrl('A')]),
        entry(Self::ToggleInsert, "Insert / overwrite", Some((Menu::Edit, 3)), &[plain(Key::Insert)]),
        entry(Self::NewLine, "New line", None, &[plain(Key::Enter), plain(Key::Enter).shift()]),
        entry(Self::Indent, "Tab", None, &[plain(Key::Tab)]),
        entry(Self::DeleteBackward, "Delete backward", None, &[
            plain(Key::Backspace),
            plain(Key::Backspace).shift(),
        ]),
        entry(Self::DeleteForward, "Delete forward", None, &[plain(Key::Delete)]),
        entry(Self::DeleteWordBackward, "Delete word backward", None, &[Chord::ctrl(Key::Backspace)]),
        entry(Self::DeleteWordForward, "Delete word forward", None, &[Chord::ctrl(Key::Delete)]),
        entry(Self::ViewText, "Text", Some((Menu::View, 0)), &[Chord::ctrl(Key::Digit(1))]),
        entry(Self::ViewHex, "Hex", Some((Menu::View, 0)), &[Chord::ctrl(Key::Digit(2))]),
        entry(Self::ViewBoth, "Text and hex", Some((Menu::View, 0)), &[Chord::ctrl(Key::Digit(3))]),
        entry(Self::ToggleWrap, "Wrap lines", Some((Menu::View, 1)), &[Chord::alt(Key::Letter('Z'))]),
        entry(Self::BytesPerRow(Fit::Width), "Fit to width", Some((Menu::HexRows, 0)), &[]),
        entry(Self::BytesPerRow(Fit::Bytes(8)), "8 bytes a row", Some((Menu::HexRows, 0)), &[]),
        entry(Self::BytesPerRow(Fit::Bytes(16)), "16 bytes a row", Some((Menu::HexRows, 0)), &[]),
        entry(Self::BytesPerRow(Fit::Bytes(32)), "32 bytes a row", Some((Menu::HexRows, 0)), &[]),
        entry(Self::BytesPerRow(Fit::Ask), "Bytes a row…", Some((Menu::HexRows, 0)), &[]),
        entry(Self::GroupBytes(1), "Groups of 1", Some((Menu::HexRows, 1)), &[]),
        entry(Self::GroupBytes(2), "Groups of 2", Some((Menu::HexRows, 1)), &[]),
        entry(Self::GroupBytes(4), "Groups of 4", Some((Menu::HexRows, 1)), &[]),
        entry(Self::GroupBytes(8), "Groups of 8", Some((Menu::HexRows, 1)), &[]),
        entry(Self::DecimalOffsets, "Decimal offsets", Some((Menu::HexRows, 2)), &[]),
        entry(Self::ToggleHexColumn, "Other hex column", None, &[]),
        entry(Self::ZoomIn, "Larger text", Some((Menu::View, 2)), &[
            Chord::ctrl(Key::Plus),
            Chord::ctrl(Key::Plus).shift(),
        ]),
        entry(Self::ZoomOut, "Smaller text", Some((Menu::View, 2)), &[Chord::ctrl(Key::Minus)]),
        entry(Self::ZoomReset, "Normal size", Some((Menu::View, 2)), &[Chord::ctrl(Key::Digit(0))]),
        entry(Self::Theme(Theme::System), "System theme", Some((Menu::View, 3)), &[]),
        entry(Self::Theme(Theme::Light), "Light theme", Some((Menu::View, 3)), &[]),
        entry(Self::Theme(Theme::Dark), "Dark theme", Some((Menu::View, 3)), &[]),
        entry(Self::GoTo, "Go to…", Some((Menu::Go, 0)), &[ctrl('G')]),
        entry(Self::Back, "Back", Some((Menu::Go, 1)), &[Chord::alt(Key::Left)]),
        entry(Self::Forward, "Forward", Some((Menu::Go, 1)), &[Chord::alt(Key::Right)]),
        entry(Self::NextEdit, "Next edit", Some((Menu::Go, 2)), &[Chord::ctrl(Key::Function(8))]),
        entry(Self::PreviousEdit, "Previous edit", Some((Menu::Go, 2)), &[Chord::ctrl(Key::Function(8)).shift()]),
        step(Motion::Left, "Left", &[plain(Key::Left)]),
        step(Motion::Right, "Right", &[plain(Key::Right)]),
        step(Motion::Up, "Up", &[plain(Key::Up)]),
        step(Motion::Down, "Down", &[plain(Key::Down)]),
        step(Motion::WordLeft, "Word left", &[Chord::ctrl(Key::Left)]),
        step(Motion::WordRight, "Word right", &[Chord::ctrl(Key::Right)]),
        step(Motion::RowStart, "Start of line", &[plain(Key::Home)]),
        step(Motion::RowEnd, "End of line", &[plain(Key::End)]),
        step(Motion::PageUp, "Page up", &[plain(Key::PageUp)]),
        step(Motion::PageDown, "Page down", &[plain(Key::PageDown)]),
        step(Motion::Start, "Start of file", &[Chord::ctrl(Key::Home)]),
        step(Motion::End, "End of file", &[Chord::ctrl(Key::End)]),
        entry(Self::Keys, "Keys", Some((Menu::Help, 0)), &[plain(Key::Function(1))]),
        entry(Self::About, "About Hextant", Some((Menu::Help, 1)), &[]),
    ];

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

    /// Its shortcut, for menus and tooltips.
    pub fn chord(self) -> Option<Chord> {
        Self::ALL.iter().find(|entry| entry.command == self)?.chords.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

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
        assert_eq!(Command::of(plain(Key::Left).shift()), Some(Command::Move(Motion::Left, true)));
        assert_eq!(Command::of(ctrl('Z').shift()), Some(Command::Redo));
        assert_eq!(Command::of(ctrl('G').shift()), None);
    }
}
