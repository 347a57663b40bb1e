//! The list of edits below the document.

use hextant::editor::{Chord, Key, Pane};

use super::driver::{TestWindow, ctrl, key};

fn edited() -> TestWindow {
    let lines: String = (1..=300).map(|n| format!("line {n:04}\n")).collect();
    let mut window = TestWindow::showing(lines.as_bytes());
    window.type_text("first ");
    for _ in 0..4 {
        window.press(key(Key::Down));
    }
    window.press(key(Key::Home));
    window.press(key(Key::Delete));
    window.type_text("L");
    window
}

fn in_list(window: &TestWindow, text: &str) -> Option<egui::Rect> {
    let list = window.node("Edits").rect();
    window.places(text).into_iter().rfind(|place| list.contains(place.center()))
}

#[test]
fn edits_are_listed_gone_to_and_reverted_by_keys() {
    let mut window = edited();
    window.press(Chord::alt(Key::Function(8)));
    window.settle();
    assert!(window.sees("2 edits since it was saved"));
    assert!(in_list(&window, "first ").is_some());
    assert!(in_list(&window, "l → Line 0005").is_some());
    window.press(key(Key::Down));
    assert!(window.sees("Ln 1, Col 7"), "the list has the keys");
    window.press(key(Key::Down));
    assert!(window.sees("Ln 5, Col 2"));
    window.press(key(Key::Delete));
    window.settle();
    assert!(window.sees("1 edit since it was saved"));
    assert!(String::from_utf8(window.bytes()).unwrap().starts_with("first line 0001\n"));
    assert!(!String::from_utf8(window.bytes()).unwrap().contains('L'));
    window.press(ctrl('Z'));
    window.settle();
    assert!(window.sees("2 edits since it was saved"), "undo works from the list");
    window.press(key(Key::Enter));
    window.type_text("x");
    assert!(String::from_utf8(window.bytes()).unwrap().contains('x'), "Enter gives the keys to the text");
    window.press(Chord::alt(Key::Function(8)));
    assert!(!window.has("Close list of edits"));
}

#[test]
fn edits_are_clicked_and_copied_as_a_patch() {
    let mut window = edited();
    window.press(Chord::alt(Key::Function(8)));
    window.settle();
    let row = in_list(&window, "l → Line 0005").unwrap();
    window.click_at(row.center());
    assert!(window.in_pane(Pane::Text, "Line 0005").is_positive());
    window.click_button("Revert");
    window.settle();
    assert!(window.sees("1 edit since it was saved"));
    window.click_button("Copy patch");
    window.settle();
    assert!(window.copied.last().unwrap().contains("-line 0001\n+first line 0001\n"));
    window.click_button("Since opened");
    window.settle();
    assert!(window.sees("1 edit since it was opened"));
    window.press(key(Key::Escape));
    assert!(!window.has("Close list of edits"));
    window.type_text("y");
    assert!(window.bytes().contains(&b'y'), "and the document has the keys again");
}

#[test]
fn there_is_one_list_and_the_find_bar_takes_the_keys() {
    let mut window = edited();
    window.press(ctrl('L').shift());
    assert!(window.has("Close list"));
    window.press(Chord::alt(Key::Function(8)));
    window.settle();
    assert!(window.has("Close list of edits") && !window.has("Matching lines"));
    window.press(ctrl('F'));
    window.type_text("line");
    assert_eq!(window.editor().find.query().text, "line");
    window.press(ctrl('L').shift());
    assert!(!window.has("Close list of edits"));
}
