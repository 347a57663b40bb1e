//! The hex view, and both views side by side.

use hextant::editor::{Chord, Command, HexColumn, Key, Mode, Pane};
use hextant::view::Motion;

use super::driver::{TestWindow, ctrl, key};

fn hex(bytes: &[u8]) -> TestWindow {
    let mut window = TestWindow::showing(bytes);
    window.press(Chord::ctrl(Key::Digit(2)));
    window
}

#[test]
fn a_binary_file_opens_as_hex_and_the_choice_of_a_person_is_remembered() {
    let mut window = TestWindow::new();
    let bytes: Vec<u8> = (0..=255).cycle().take(4096).collect();
    let path = window.open("program", &bytes);
    assert_eq!(window.tab().mode, Mode::Hex);
    assert!(window.sees("00 01 02"), "bytes as digits");
    window.press(Chord::ctrl(Key::Digit(1)));
    window.press(ctrl('W'));
    window.drop_files(&[path]);
    assert_eq!(window.tab().mode, Mode::Text);
}

#[test]
fn digits_overwrite_nibble_by_nibble() {
    let mut window = hex(b"abcd");
    assert!(window.sees("OVR"));
    window.type_text("4");
    assert_eq!((window.bytes(), window.head()), (b"Abcd".to_vec(), 0));
    window.type_text("12");
    assert_eq!((window.bytes(), window.head()), (b"A\x22cd".to_vec(), 1));
    window.press(ctrl('Z'));
    assert_eq!(window.bytes().len(), 4);
    window.type_text("g");
    assert!(window.has("“g” is not a hex digit"));
}

#[test]
fn overwriting_never_changes_the_size() {
    let mut window = hex(b"abcd");
    window.press(Chord::ctrl(Key::End));
    window.type_text("4");
    assert_eq!(window.bytes(), b"abcd");
    assert!(window.has("Overwrite mode never changes the size"));
    window.press(Chord::ctrl(Key::Home));
    window.press(key(Key::Delete));
    assert_eq!(window.bytes(), b"abcd");
    window.click("Switch to insert mode and delete");
    assert_eq!(window.bytes(), b"bcd");
    assert!(window.sees("INS"));
    window.type_text("7a");
    assert_eq!(window.bytes(), b"zbcd");
}

#[test]
fn tab_goes_to_the_other_column() {
    let mut window = hex(b"abcd");
    assert!(window.sees("Hex"));
    window.press(key(Key::Tab));
    assert_eq!(window.tab().hex_column, HexColumn::Decoded);
    assert!(window.sees("Chars"));
    window.type_text("XY");
    assert_eq!(window.bytes(), b"XYcd");
    window.press(key(Key::Tab));
    assert_eq!(window.tab().hex_column, HexColumn::Bytes);
    assert_eq!(window.focused_name().as_deref(), Some("Hex"));
}

#[test]
fn hex_is_copied_as_digits_and_pasted_as_bytes() {
    let mut window = hex(b"abcdefgh");
    window.press(key(Key::Right).shift());
    window.press(key(Key::Right).shift());
    window.press(ctrl('C'));
    assert_eq!(window.copied, ["61 62"]);
    window.press(Chord::ctrl(Key::End));
    window.press(key(Key::Left));
    window.press(key(Key::Left));
    window.press(ctrl('V'));
    assert_eq!(window.bytes(), b"abcdefab");
    window.press(Chord::ctrl(Key::Home));
    window.frame([egui::Event::Paste("de ad be ef".to_owned())]);
    window.settle();
    assert_eq!(window.bytes(), b"\xDE\xAD\xBE\xEFefab");
}

#[test]
fn a_click_goes_to_the_byte_and_its_column() {
    let mut window = hex(b"0123456789abcdefABCDEFGH");
    let place = window.in_pane(Pane::Hex, "43 44");
    window.click_at(place.left_center());
    assert_eq!((window.head(), window.tab().hex_column), (18, HexColumn::Bytes));
    let place = window.in_pane(Pane::Hex, "EFGH");
    window.click_at(place.left_center());
    assert_eq!((window.head(), window.tab().hex_column), (20, HexColumn::Decoded));
    let (from, to) = (window.in_pane(Pane::Hex, "31 32"), window.in_pane(Pane::Hex, "35 36"));
    window.drag(from.left_center() + egui::vec2(1.0, 0.0), to.left_center() + egui::vec2(3.0, 0.0));
    assert_eq!(window.selected(), "12345", "the byte under the pointer belongs to it");
}

#[test]
fn both_views_show_one_selection_and_each_other() {
    let lines: String = (0..5000).map(|n| format!("line {n}\n")).collect();
    let mut window = TestWindow::showing(lines.as_bytes());
    window.press(Chord::ctrl(Key::Digit(3)));
    assert!(window.pane(Pane::Text).right() < window.pane(Pane::Hex).left());
    window.press(Chord::ctrl(Key::End));
    assert!(window.sees("line 4999"));
    let word = window.in_pane(Pane::Text, "4990");
    window.click_times(egui::PointerButton::Primary, word.center(), 2);
    assert_eq!(window.selected(), "4990");
    assert_eq!(window.tab().focus, Pane::Text);
    let pane = window.pane(Pane::Hex);
    window.click_at(pane.left_top() + egui::vec2(20.0, 60.0));
    assert_eq!(window.tab().focus, Pane::Hex);
    assert_eq!(window.focused_name().as_deref(), Some("Hex"));
    let top = window.tab().text.top;
    window.wheel(pane.center(), egui::vec2(0.0, 4000.0));
    assert!(window.tab().text.top < top, "the text follows the bytes");
    assert!(window.tab().text.top.abs_diff(window.tab().hex.top) < 32);
}

#[test]
fn rows_take_as_many_bytes_as_asked_for() {
    let mut window = hex(&[0; 600]);
    window.editor_mut().run(Command::BytesPerRow(hextant::editor::Fit::Ask));
    window.settle();
    window.press(ctrl('A'));
    window.type_text("300");
    window.press(key(Key::Enter));
    assert!(window.has("is not a number from 1 to 256"));
    window.press(ctrl('A'));
    window.type_text("3");
    window.press(key(Key::Enter));
    assert!(window.editor().dialog.is_none());
    window.editor_mut().run(Command::Move(Motion::Down, false));
    window.settle();
    assert_eq!(window.head(), 3);
}

#[test]
fn a_changed_byte_tells_what_it_was() {
    let mut window = hex(b"abcd");
    window.type_text("7a");
    let place = window.in_pane(Pane::Hex, "7A");
    window.move_to(place.center());
    for _ in 0..60 {
        window.frame([]);
    }
    assert!(window.sees("Was: 61"));
}
