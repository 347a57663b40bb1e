//! Typing, input methods, the clipboard, undo.

use egui::{Event, ImeEvent, Key as EguiKey};
use hextant::editor::{Chord, Command, Key, Lock, Mode, Pane};
use hextant::view::{Motion, Selection};

use super::driver::{TestWindow, ctrl, key};

#[test]
fn what_is_typed_stands_at_the_caret() {
    let mut window = TestWindow::showing(b"one\n");
    window.allow_any_glyph();
    window.type_text("Zero, ");
    window.press(key(Key::End));
    window.type_text(" é日");
    window.assert_text("Zero, one é日\n");
    window.press(key(Key::Backspace));
    window.press(key(Key::Home));
    window.press(key(Key::Delete));
    window.assert_text("ero, one é\n");
}

#[test]
fn enter_takes_the_documents_own_line_ending() {
    let mut window = TestWindow::showing(b"one\r\ntwo\r\n");
    window.press(key(Key::Enter));
    window.assert_text("\r\none\r\ntwo\r\n");
    let mut window = TestWindow::showing(b"one\ntwo\n");
    window.press(key(Key::Enter));
    window.assert_text("\none\ntwo\n");
}

#[test]
fn tab_arrows_and_escape_stay_in_the_text() {
    let mut window = TestWindow::showing(b"one\ntwo\n");
    window.press(key(Key::Tab));
    window.assert_text("\tone\ntwo\n");
    for arrow in [Key::Right, Key::Down, Key::Left, Key::Up] {
        window.press(key(arrow));
        assert_eq!(window.focused_name().as_deref(), Some("Text"), "after {arrow:?}");
    }
    window.press(key(Key::Escape));
    assert_eq!(window.focused_name().as_deref(), Some("Text"), "after Escape");
    window.press(key(Key::Tab).shift());
    assert_eq!(window.focused_name().as_deref(), Some("Text"), "after Shift+Tab");
    window.type_text("x");
    assert_eq!(window.bytes().len(), 10);
}

#[test]
fn alt_and_a_letter_type_nothing() {
    let mut window = TestWindow::showing(b"one\n");
    let wrap = window.editor().settings.wrap;
    window.press(Chord::alt(Key::Letter('Z')));
    assert_ne!(window.editor().settings.wrap, wrap, "Alt+Z wraps");
    window.assert_text("one\n");
}

#[test]
fn what_an_input_method_composes_is_no_part_of_the_document_yet() {
    let mut window = TestWindow::showing(b"one\n");
    window.allow_any_glyph();
    let compose =
        |text: &str| Event::Ime(ImeEvent::Preedit { text: text.to_owned(), active_range_chars: None });
    window.frame([compose("kan")]);
    window.frame([]);
    assert!(window.sees("kan"), "it is shown at the caret");
    window.assert_text("one\n");
    window.frame([compose("")]);
    window.frame([Event::Ime(ImeEvent::Commit("漢字".to_owned()))]);
    window.settle();
    assert!(!window.sees("kan"));
    window.assert_text("漢字one\n");
}

#[test]
fn undo_and_redo() {
    let mut window = TestWindow::showing(b"one\n");
    window.type_text("ab");
    window.press(ctrl('Z'));
    window.assert_text("one\n");
    window.press(ctrl('Y'));
    window.assert_text("abone\n");
    window.press(ctrl('Z'));
    window.press(ctrl('Z').shift());
    window.assert_text("abone\n");
    window.press(ctrl('Z'));
    window.press(ctrl('Z'));
    assert!(window.has("Nothing to undo."));
}

#[test]
fn the_clipboard_carries_text_out_and_in() {
    let mut window = TestWindow::showing(b"one two\n");
    window.press(Chord::ctrl(Key::Right).shift());
    window.press(ctrl('C'));
    assert_eq!(window.copied, ["one"]);
    window.press(ctrl('X'));
    window.assert_text(" two\n");
    window.press(key(Key::End));
    window.press(ctrl('V'));
    window.assert_text(" twoone\n");
    window.frame([Event::Paste("a\nb".to_owned())]);
    window.settle();
    window.assert_text(" twoonea\nb\n");
}

#[test]
fn bytes_that_are_no_text_are_pasted_exactly() {
    let mut window = TestWindow::showing(b"a\xFF\xFEb\n");
    window.editor_mut().run(Command::ViewText);
    window.settle();
    for _ in 0..4 {
        window.press(key(Key::Right).shift());
    }
    window.press(ctrl('C'));
    window.press(Chord::ctrl(Key::End));
    window.press(ctrl('V'));
    assert_eq!(window.bytes(), b"a\xFF\xFEb\na\xFF\xFEb");
}

#[test]
fn control_insert_and_shift_delete_are_the_clipboard_too() {
    let mut window = TestWindow::showing(b"one two\n");
    window.press(Chord::ctrl(Key::Right).shift());
    window.press(Chord::ctrl(Key::Insert));
    assert_eq!(window.copied, ["one"]);
    window.press(key(Key::Delete).shift());
    window.assert_text(" two\n");
    assert_eq!(window.copied, ["one", "one"]);
    window.press(key(Key::Insert).shift());
    assert!(
        window.asked.iter().any(|asked| matches!(asked, egui::ViewportCommand::RequestPaste)),
        "the window asks the system for the clipboard"
    );
}

#[test]
fn insert_switches_to_overwriting_and_the_status_bar_says_so() {
    let mut window = TestWindow::showing(b"one\ntwo\n");
    assert!(window.sees("INS"));
    window.press(key(Key::Insert));
    assert!(window.sees("OVR"));
    window.type_text("ABCD");
    window.assert_text("ABCD\ntwo\n");
    window.click("OVR");
    assert!(window.sees("INS"));
    window.type_text("E");
    window.assert_text("ABCDE\ntwo\n");
}

#[test]
fn views_are_chosen_by_the_number_row_on_any_layout() {
    let mut window = TestWindow::showing(b"one\n");
    let modes = [(1, Mode::Text), (2, Mode::Hex), (3, Mode::Both), (1, Mode::Text)];
    for (digit, mode) in modes {
        window.press(Chord::ctrl(Key::Digit(digit)));
        assert_eq!(window.tab().mode, mode);
    }
    // AZERTY: where 3 stands on a US keyboard, the key types a quote.
    let chord = Chord::ctrl(Key::Digit(3));
    window.press_where(EguiKey::Quote, Some(EguiKey::Num3), chord);
    assert_eq!(window.tab().mode, Mode::Both);
    window.assert_text("one\n");
}

#[test]
fn a_minus_in_the_number_row_is_a_minus() {
    let mut window = TestWindow::showing(b"one\n");
    let before = window.editor().settings.font_size;
    // AZERTY: the minus stands where 6 stands on a US keyboard.
    window.press_where(EguiKey::Minus, Some(EguiKey::Num6), Chord::ctrl(Key::Minus));
    assert!(window.editor().settings.font_size < before);
}

#[test]
fn typing_over_a_selection_replaces_it() {
    let mut window = TestWindow::showing(b"one two\n");
    window.press(ctrl('A'));
    window.type_text("x");
    window.assert_text("x");
    window.editor_mut().run(Command::Move(Motion::Start, false));
    window.editor_mut().tabs[0].select(Selection::range(0, 1));
    window.press(key(Key::Backspace));
    window.assert_text("");
}

#[test]
fn a_locked_document_says_so_and_offers_a_way_out() {
    let mut window = TestWindow::showing(b"one\n");
    window.editor_mut().tabs[0].locked = Some(Lock::ReadOnly);
    window.type_text("x");
    window.press(key(Key::Delete));
    window.assert_text("one\n");
    assert!(window.has("This file was opened read-only."));
    assert!(window.sees("Locked"));
    window.click_button("Edit anyway");
    assert!(!window.has("opened read-only") && !window.sees("Locked"));
    window.type_text("x");
    window.assert_text("xone\n");
}

#[test]
fn ctrl_plus_and_minus_change_the_size_of_the_text() {
    let mut window = TestWindow::showing(b"one\n");
    let height = |window: &TestWindow| window.in_pane(Pane::Text, "one").height();
    let before = height(&window);
    window.press(Chord::ctrl(Key::Plus));
    window.press(Chord::ctrl(Key::Plus).shift());
    assert!(height(&window) > before);
    window.press(Chord::ctrl(Key::Minus));
    window.press(Chord::ctrl(Key::Minus));
    window.press(Chord::ctrl(Key::Minus));
    assert!(height(&window) < before);
    window.press(Chord::ctrl(Key::Digit(0)));
    assert_eq!(height(&window), before);
}
