//! Finding in many files.

use hextant::editor::{Key, Pane, SearchedPlace, Settings};

use super::driver::{TestWindow, ctrl, key};

/// A window without a document, and a folder with two files.
fn window() -> TestWindow {
    let mut window = TestWindow::sized(1000.0, 600.0, Settings::default());
    window.file("one.log", b"first\nthe needle\nlast\n");
    window.file("two.log", b"needle and needle\n");
    let folder = window.folder().display().to_string();
    window.editor_mut().change_file_choices(|choices| choices.folder = folder);
    window
}

#[test]
fn find_type_enter_and_open() {
    let mut window = window();
    window.press(ctrl('F').shift());
    assert_eq!(window.focused_name().as_deref(), Some("Find in files"), "also where no document is open");
    window.type_text("needle");
    window.press(key(Key::Enter));
    assert!(window.sees("2 lines in 2 files  ·  2 files searched"));
    assert!(window.sees("one.log") && window.sees("the needle"));
    assert!(window.editor().tabs.is_empty(), "nothing opens before it is asked for");
    // Down into the list, to the first line, and there.
    window.press(key(Key::Down));
    assert_eq!(window.focused_name().as_deref(), Some("Found in files"));
    window.press(key(Key::Down));
    window.press(key(Key::Enter));
    window.settle();
    assert_eq!((window.tab().name.as_str(), window.selected().as_str()), ("one.log", "needle"));
    window.type_text("pin");
    window.assert_text("first\nthe pin\nlast\n");
    window.press(key(Key::Function(4)));
    window.settle();
    assert_eq!((window.tab().name.as_str(), window.selected().as_str()), ("two.log", "needle"));
    assert!(window.in_pane(Pane::Text, "needle and needle").is_positive());
}

#[test]
fn keys_go_where_the_focus_is_and_escape_closes() {
    let mut window = window();
    window.open("open.txt", b"text");
    window.press(ctrl('F').shift());
    window.type_text("abc");
    window.assert_text("text");
    window.press(key(Key::Escape));
    assert!(!window.editor().find_in_files.is_open());
    window.type_text("x");
    window.assert_text("xtext");
}

#[test]
fn every_choice_has_a_name() {
    let mut window = window();
    window.press(ctrl('F').shift());
    for name in ["Hidden", "Ignored", "Binary"] {
        window.click_button(name);
    }
    let choices = window.editor().file_choices();
    assert!(choices.hidden && choices.ignored && choices.binary);
    window.click("Names of files");
    window.type_text("one.*");
    window.press(key(Key::Enter));
    assert_eq!(window.editor().file_choices().names, "one.*");
    window.click("Find in files");
    window.type_text("needle");
    window.press(key(Key::Enter));
    assert!(window.sees("1 line in 1 file  ·  1 file searched"));
    window.click("Whole words in files");
    window.click("Regular expression in files");
    window.click("Find in files");
    window.type_text("(");
    assert!(window.editor().find_in_files.error().is_some());
    window.click("Close find in files");
    assert!(!window.editor().find_in_files.is_open());
}

#[test]
fn open_documents_are_searched_as_they_are() {
    let mut window = window();
    window.open("open.txt", b"text\n");
    window.type_text("needle ");
    window.editor_mut().change_file_choices(|choices| choices.place = SearchedPlace::Documents);
    window.press(ctrl('F').shift());
    window.type_text("needle");
    window.press(key(Key::Enter));
    assert!(window.sees("1 line in 1 file  ·  1 file searched"));
    // A click opens, and leaves the keys to the list.
    let lines = window.places("needle text");
    let line = lines.into_iter().max_by(|a, b| a.top().total_cmp(&b.top())).expect("it is listed");
    window.click_at(line.center());
    assert_eq!(window.selected(), "needle");
    assert_eq!(window.focused_name().as_deref(), Some("Found in files"));
}

#[test]
fn a_folder_that_is_none_is_said() {
    let mut window = window();
    window.editor_mut().change_file_choices(|choices| choices.folder = "/nowhere/at all".to_owned());
    window.press(ctrl('F').shift());
    window.type_text("x");
    window.press(key(Key::Enter));
    assert!(window.sees("There is no folder “/nowhere/at all”."));
}
