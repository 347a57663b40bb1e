use super::super::filter::LinesDeed;
use super::super::keymap::{Chord, Key};
use super::super::review::PatchDeed;
use super::{Command, Entry, FindSwitch, Fit, Menu, Theme};
use crate::hex::DecodedColumn;
use crate::text::{Escapes, LineEnding};
use crate::view::Motion;

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

const fn lines(deed: LinesDeed, name: &'static str) -> Entry {
    entry(Command::Lines(deed), name, Some((Menu::Search, 5)), &[])
}

const fn color(color: u8, name: &'static str, chords: &'static [Chord]) -> Entry {
    entry(Command::Color(color), name, Some((Menu::Colors, 0)), chords)
}

const fn switch(switch: FindSwitch, name: &'static str, chords: &'static [Chord]) -> Entry {
    entry(Command::FindSwitch(switch), name, Some((Menu::Search, 3)), chords)
}

impl Command {
    /// Every command that has a name, in the order of the menus. Motions also extend, with Shift: see
    /// [`Command::of`].
    pub const ALL: &'static [Entry] = &[
        entry(Self::New, "New", Some((Menu::File, 0)), &[ctrl('N')]),
        entry(Self::Open, "Open…", Some((Menu::File, 0)), &[ctrl('O')]),
        entry(Self::OpenPart, "Open part…", Some((Menu::File, 0)), &[]),
        entry(Self::ReopenTab, "Reopen closed tab", Some((Menu::File, 0)), &[ctrl('T').shift()]),
        entry(Self::Save, "Save", Some((Menu::File, 1)), &[ctrl('S')]),
        entry(Self::SaveAs, "Save as…", Some((Menu::File, 1)), &[ctrl('S').shift()]),
        entry(Self::SaveSelectionAs, "Save selection as…", Some((Menu::File, 2)), &[]),
        entry(Self::InsertFile, "Insert file…", Some((Menu::File, 2)), &[]),
        entry(
            Self::NextTab,
            "Next tab",
            Some((Menu::File, 3)),
            &[Chord::ctrl(Key::Tab), Chord::ctrl(Key::PageDown)],
        ),
        entry(
            Self::PreviousTab,
            "Previous tab",
            Some((Menu::File, 3)),
            &[Chord::ctrl(Key::Tab).shift(), Chord::ctrl(Key::PageUp)],
        ),
        entry(
            Self::CloseTab,
            "Close tab",
            Some((Menu::File, 4)),
            &[ctrl('W'), Chord::ctrl(Key::Function(4))],
        ),
        entry(Self::RestoreSession, "Reopen all of it at the next start", Some((Menu::File, 4)), &[]),
        entry(Self::Backups, "Keep the version before a save as name~", Some((Menu::File, 5)), &[]),
        entry(Self::VerifySaves, "Read back what was saved", Some((Menu::File, 5)), &[]),
        entry(Self::ForgetOldVersions, "Forget old versions on disk…", Some((Menu::File, 5)), &[]),
        entry(Self::Quit, "Quit", Some((Menu::File, 4)), &[ctrl('Q')]),
        entry(Self::Undo, "Undo", Some((Menu::Edit, 0)), &[ctrl('Z')]),
        entry(Self::Redo, "Redo", Some((Menu::Edit, 0)), &[ctrl('Z').shift(), ctrl('Y')]),
        entry(Self::Cut, "Cut", Some((Menu::Edit, 1)), &[ctrl('X'), plain(Key::Delete).shift()]),
        entry(Self::Copy, "Copy", Some((Menu::Edit, 1)), &[ctrl('C'), Chord::ctrl(Key::Insert)]),
        entry(Self::Paste, "Paste", Some((Menu::Edit, 1)), &[ctrl('V'), plain(Key::Insert).shift()]),
        entry(Self::SelectAll, "Select all", Some((Menu::Edit, 2)), &[ctrl('A')]),
        entry(Self::Unlock, "Allow changes", Some((Menu::Edit, 3)), &[]),
        entry(Self::ToggleInsert, "Insert / overwrite", Some((Menu::Edit, 3)), &[plain(Key::Insert)]),
        entry(Self::AnswerBar, "Answer the bar", Some((Menu::Edit, 3)), &[Chord::alt(Key::Enter)]),
        entry(Self::ReviewEdits, "Review changes", Some((Menu::Edit, 4)), &[Chord::alt(Key::Function(8))]),
        entry(
            Self::RevertEdit,
            "Revert this edit",
            Some((Menu::Edit, 4)),
            &[Chord::alt(Key::Function(8)).shift()],
        ),
        entry(Self::Patch(PatchDeed::Copy), "Copy changes as patch", Some((Menu::Edit, 4)), &[]),
        entry(Self::Patch(PatchDeed::Save), "Save changes as patch…", Some((Menu::Edit, 4)), &[]),
        entry(Self::ConvertToEncoding, "Convert to encoding…", Some((Menu::Edit, 5)), &[]),
        entry(
            Self::ConvertLineEndings(LineEnding::Lf),
            "Convert to LF (Unix)",
            Some((Menu::LineEndings, 0)),
            &[],
        ),
        entry(
            Self::ConvertLineEndings(LineEnding::CrLf),
            "Convert to CRLF (Windows)",
            Some((Menu::LineEndings, 0)),
            &[],
        ),
        entry(
            Self::ConvertLineEndings(LineEnding::Cr),
            "Convert to CR (old Mac)",
            Some((Menu::LineEndings, 0)),
            &[],
        ),
        entry(Self::CountLineEndings, "Count them", Some((Menu::LineEndings, 1)), &[]),
        entry(Self::NewLine, "New line", None, &[plain(Key::Enter), plain(Key::Enter).shift()]),
        entry(Self::Indent, "Tab", None, &[plain(Key::Tab)]),
        entry(
            Self::DeleteBackward,
            "Delete backward",
            None,
            &[plain(Key::Backspace), plain(Key::Backspace).shift()],
        ),
        entry(Self::DeleteForward, "Delete forward", None, &[plain(Key::Delete)]),
        entry(Self::DeleteWordBackward, "Delete word backward", None, &[Chord::ctrl(Key::Backspace)]),
        entry(Self::DeleteWordForward, "Delete word forward", None, &[Chord::ctrl(Key::Delete)]),
        entry(Self::ViewText, "Text", Some((Menu::View, 0)), &[Chord::ctrl(Key::Digit(1))]),
        entry(Self::ViewHex, "Hex", Some((Menu::View, 0)), &[Chord::ctrl(Key::Digit(2))]),
        entry(Self::ViewBoth, "Text and hex", Some((Menu::View, 0)), &[Chord::ctrl(Key::Digit(3))]),
        entry(Self::ToggleWrap, "Wrap lines", Some((Menu::View, 1)), &[Chord::alt(Key::Letter('Z'))]),
        entry(Self::ToggleWhitespace, "Show whitespace", Some((Menu::View, 1)), &[]),
        entry(Self::Follow, "Follow the end", Some((Menu::View, 1)), &[plain(Key::Function(6))]),
        entry(Self::PauseCounting, "Pause counting lines", Some((Menu::View, 1)), &[]),
        entry(Self::ReopenWithEncoding, "Reopen with encoding…", Some((Menu::View, 2)), &[]),
        entry(Self::Ansi(Escapes::Rendered), "Rendered", Some((Menu::Ansi, 0)), &[]),
        entry(Self::Ansi(Escapes::Hidden), "Hidden", Some((Menu::Ansi, 0)), &[]),
        entry(Self::Ansi(Escapes::Badges), "As badges", Some((Menu::Ansi, 0)), &[]),
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
        entry(Self::Decoded(DecodedColumn::Ascii), "ASCII", Some((Menu::DecodedColumn, 0)), &[]),
        entry(Self::Decoded(DecodedColumn::Latin1), "Latin-1", Some((Menu::DecodedColumn, 0)), &[]),
        entry(Self::Decoded(DecodedColumn::Ebcdic), "EBCDIC (cp037)", Some((Menu::DecodedColumn, 0)), &[]),
        entry(
            Self::Decoded(DecodedColumn::Document),
            "The document's encoding",
            Some((Menu::DecodedColumn, 1)),
            &[],
        ),
        entry(Self::ToggleHexColumn, "Other hex column", None, &[]),
        entry(
            Self::ZoomIn,
            "Larger text",
            Some((Menu::View, 3)),
            &[Chord::ctrl(Key::Plus), Chord::ctrl(Key::Plus).shift()],
        ),
        entry(Self::ZoomOut, "Smaller text", Some((Menu::View, 3)), &[Chord::ctrl(Key::Minus)]),
        entry(Self::ZoomReset, "Normal size", Some((Menu::View, 3)), &[Chord::ctrl(Key::Digit(0))]),
        entry(Self::Theme(Theme::System), "System theme", Some((Menu::Theme, 0)), &[]),
        entry(Self::Theme(Theme::Light), "Light theme", Some((Menu::Theme, 0)), &[]),
        entry(Self::Theme(Theme::Dark), "Dark theme", Some((Menu::Theme, 0)), &[]),
        entry(Self::Find, "Find…", Some((Menu::Search, 0)), &[ctrl('F')]),
        entry(Self::Replace, "Replace…", Some((Menu::Search, 0)), &[ctrl('H')]),
        entry(Self::FindInFiles, "Find in files…", Some((Menu::Search, 0)), &[ctrl('F').shift()]),
        entry(Self::FindNext, "Find next", Some((Menu::Search, 1)), &[plain(Key::Function(3))]),
        entry(
            Self::FindPrevious,
            "Find previous",
            Some((Menu::Search, 1)),
            &[plain(Key::Function(3)).shift()],
        ),
        entry(Self::FindSelection, "Find selection", Some((Menu::Search, 1)), &[ctrl('E')]),
        entry(Self::ReplaceOne, "Replace and find next", Some((Menu::Search, 2)), &[ctrl('H').shift()]),
        entry(
            Self::ReplaceAll,
            "Replace all…",
            Some((Menu::Search, 2)),
            &[Chord { alt: true, ..Chord::ctrl(Key::Enter) }],
        ),
        switch(FindSwitch::Case, "Match case: smart, exact, ignored", &[Chord::alt(Key::Letter('C'))]),
        switch(FindSwitch::WholeWord, "Whole words", &[Chord::alt(Key::Letter('W'))]),
        switch(FindSwitch::Regex, "Regular expression", &[Chord::alt(Key::Letter('R'))]),
        switch(FindSwitch::Hex, "Bytes in hex", &[Chord::alt(Key::Letter('X'))]),
        switch(FindSwitch::Number, "Numbers", &[Chord::alt(Key::Letter('N'))]),
        switch(FindSwitch::Escapes, "Escapes", &[Chord::alt(Key::Letter('E'))]),
        switch(FindSwitch::InSelection, "In selection", &[Chord::alt(Key::Letter('S'))]),
        entry(Self::LineList, "List matching lines…", Some((Menu::Search, 4)), &[ctrl('L').shift()]),
        entry(
            Self::ListFoundLines,
            "List lines with what is found",
            Some((Menu::Search, 4)),
            &[plain(Key::Function(7))],
        ),
        entry(Self::FullLineList, "List instead of the document", Some((Menu::Search, 4)), &[]),
        lines(LinesDeed::Copy, "Copy matching lines"),
        lines(LinesDeed::Save, "Save matching lines as…"),
        lines(LinesDeed::Delete, "Delete matching lines"),
        lines(LinesDeed::Keep, "Keep only matching lines"),
        entry(
            Self::NextFound,
            "Next line found in files",
            Some((Menu::Search, 4)),
            &[plain(Key::Function(4))],
        ),
        entry(
            Self::PreviousFound,
            "Previous line found in files",
            Some((Menu::Search, 4)),
            &[plain(Key::Function(4)).shift()],
        ),
        entry(Self::CopyFindCommand, "Copy as command", Some((Menu::Search, 6)), &[]),
        color(0, "Colour 1", &[Chord::ctrl(Key::Digit(1)).shift()]),
        color(1, "Colour 2", &[Chord::ctrl(Key::Digit(2)).shift()]),
        color(2, "Colour 3", &[Chord::ctrl(Key::Digit(3)).shift()]),
        color(3, "Colour 4", &[Chord::ctrl(Key::Digit(4)).shift()]),
        color(4, "Colour 5", &[Chord::ctrl(Key::Digit(5)).shift()]),
        color(5, "Colour 6", &[Chord::ctrl(Key::Digit(6)).shift()]),
        color(6, "Colour 7", &[Chord::ctrl(Key::Digit(7)).shift()]),
        color(7, "Colour 8", &[Chord::ctrl(Key::Digit(8)).shift()]),
        color(8, "Colour 9", &[Chord::ctrl(Key::Digit(9)).shift()]),
        entry(Self::ClearColors, "No colours", Some((Menu::Colors, 1)), &[]),
        entry(Self::LeaveFind, "Stop or close find", None, &[plain(Key::Escape)]),
        entry(Self::GoTo, "Go to…", Some((Menu::Go, 0)), &[ctrl('G')]),
        entry(Self::Back, "Back", Some((Menu::Go, 1)), &[Chord::alt(Key::Left)]),
        entry(Self::Forward, "Forward", Some((Menu::Go, 1)), &[Chord::alt(Key::Right)]),
        entry(Self::NextEdit, "Next edit", Some((Menu::Go, 2)), &[Chord::ctrl(Key::Function(8))]),
        entry(
            Self::PreviousEdit,
            "Previous edit",
            Some((Menu::Go, 2)),
            &[Chord::ctrl(Key::Function(8)).shift()],
        ),
        entry(Self::NextError, "Next error line", Some((Menu::Go, 2)), &[plain(Key::Function(8))]),
        entry(
            Self::PreviousError,
            "Previous error line",
            Some((Menu::Go, 2)),
            &[plain(Key::Function(8)).shift()],
        ),
        entry(Self::ToggleMark, "Mark line", Some((Menu::Go, 3)), &[Chord::ctrl(Key::Function(2))]),
        entry(Self::NextMark, "Next mark", Some((Menu::Go, 3)), &[plain(Key::Function(2))]),
        entry(Self::PreviousMark, "Previous mark", Some((Menu::Go, 3)), &[plain(Key::Function(2)).shift()]),
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
}
