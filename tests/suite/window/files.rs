//! Opening, tabs, closing, saving.

use egui::accesskit::Role;
use egui::{PointerButton, ViewportCommand};
use hextant::editor::{Chord, Command, Dialog, Key, Mode, OpenTarget, PathPurpose, Request};

use super::driver::{TestWindow, ctrl, key};

/// A window with a file in which something was typed.
fn modified(name: &str) -> TestWindow {
    let mut window = TestWindow::new();
    window.open(name, b"old");
    window.type_text("new ");
    window
}

#[test]
fn files_held_over_the_window_are_counted_and_all_open() {
    let mut window = TestWindow::new();
    let files: Vec<_> = ["a.txt", "b.txt", "c.txt"].iter().map(|name| window.file(name, b"text")).collect();
    window.hover(&files[..1]);
    assert!(window.sees("Drop to open the file"));
    window.hover(&files);
    assert!(window.sees("Drop to open 3 files"));
    window.drop_files(&files);
    assert!(!window.sees("Drop to open"));
    let mut names = window.names(Role::Tab);
    names.sort();
    assert_eq!(names, ["a.txt", "b.txt", "c.txt"]);
}

#[test]
fn files_dropped_together_open_in_their_order() {
    let mut window = TestWindow::new();
    let files: Vec<_> =
        (0..24).map(|n| window.file(&format!("{n}.txt"), &vec![b'a'; 400_000 / (n + 1)])).collect();
    window.drop_files(&files);
    let names: Vec<_> = (0..24).map(|n| format!("{n}.txt")).collect();
    assert_eq!(window.names(Role::Tab), names);
}

#[test]
fn a_file_opened_again_is_gone_to() {
    let mut window = TestWindow::new();
    let first = window.open("first.txt", b"1");
    window.open("second.txt", b"2");
    window.drop_files(&[first]);
    assert_eq!(window.names(Role::Tab), ["first.txt", "second.txt"]);
    assert_eq!(window.editor().active(), 0);
}

#[test]
fn tabs_are_clicked_cycled_closed_and_reopened() {
    let mut window = TestWindow::new();
    for name in ["a.txt", "b.txt", "c.txt"] {
        window.open(name, name.as_bytes());
    }
    window.click("a.txt");
    assert_eq!(window.tab().name, "a.txt");
    window.press(Chord::ctrl(Key::Tab));
    assert_eq!(window.tab().name, "b.txt");
    window.press(Chord::ctrl(Key::Tab).shift());
    window.press(Chord::ctrl(Key::Tab).shift());
    assert_eq!(window.tab().name, "c.txt", "it goes round");
    let second = window.node("b.txt").rect().center();
    window.click_with(PointerButton::Middle, second);
    assert_eq!(window.names(Role::Tab), ["a.txt", "c.txt"]);
    window.press(ctrl('W'));
    assert_eq!(window.names(Role::Tab), ["a.txt"]);
    window.press(ctrl('T').shift());
    assert_eq!(window.names(Role::Tab), ["a.txt", "c.txt"]);
    window.click("Close a.txt");
    assert_eq!(window.names(Role::Tab), ["c.txt"]);
    window.assert_text("c.txt");
}

#[test]
fn closing_edits_asks_and_cancel_keeps_them() {
    let mut window = modified("a.txt");
    assert_eq!(window.names(Role::Tab), ["● a.txt"]);
    window.press(ctrl('W'));
    assert!(window.has("“a.txt” has edits that are not saved."));
    for answer in ["Save", "Close without saving", "Cancel"] {
        assert!(window.button_named(answer).is_some(), "{answer} is offered");
    }
    window.click("Cancel");
    window.assert_text("new old");
    window.press(ctrl('W'));
    window.press(key(Key::Escape));
    window.assert_text("new old");
    assert!(window.editor().dialog.is_none(), "Escape cancels");
}

#[test]
fn closing_edits_saves_or_drops_them() {
    let mut window = modified("a.txt");
    let path = window.folder().join("a.txt");
    window.press(ctrl('W'));
    window.click("Close without saving");
    assert_eq!(window.names(Role::Tab), [""; 0]);
    assert_eq!(std::fs::read(&path).unwrap(), b"old");

    let mut window = modified("a.txt");
    let path = window.folder().join("a.txt");
    window.press(ctrl('W'));
    window.click("Save");
    assert_eq!(window.names(Role::Tab), [""; 0]);
    assert_eq!(std::fs::read(&path).unwrap(), b"new old");
}

#[test]
fn enter_saves_before_closing() {
    let mut window = modified("a.txt");
    let path = window.folder().join("a.txt");
    window.press(ctrl('W'));
    window.press(key(Key::Enter));
    assert_eq!(window.names(Role::Tab), [""; 0]);
    assert_eq!(std::fs::read(&path).unwrap(), b"new old");
}

#[test]
fn quitting_asks_once_for_all() {
    let mut window = modified("a.txt");
    window.open("b.txt", b"old");
    window.type_text("new ");
    window.open("c.txt", b"untouched");
    window.close_window();
    let cancelled = window.asked.iter().any(|asked| matches!(asked, ViewportCommand::CancelClose));
    assert!(cancelled, "the system's close button waits for the answer");
    assert!(window.has("2 files are not saved"));
    window.click("Cancel");
    window.press(ctrl('Q'));
    window.click("Save all");
    assert!(window.asked.iter().any(|asked| matches!(asked, ViewportCommand::Close)));
    for name in ["a.txt", "b.txt"] {
        assert_eq!(std::fs::read(window.folder().join(name)).unwrap(), b"new old");
    }
}

#[test]
fn quitting_without_edits_asks_nothing() {
    let mut window = TestWindow::showing(b"text");
    window.press(ctrl('Q'));
    assert!(window.asked.iter().any(|asked| matches!(asked, ViewportCommand::Close)));
}

#[test]
fn quitting_without_saving_closes() {
    let mut window = modified("a.txt");
    window.press(ctrl('Q'));
    window.click("Quit without saving");
    assert!(window.asked.iter().any(|asked| matches!(asked, ViewportCommand::Close)));
    assert_eq!(std::fs::read(window.folder().join("a.txt")).unwrap(), b"old");
}

#[test]
fn save_writes_and_undo_goes_on_after_it() {
    let mut window = modified("a.txt");
    let path = window.folder().join("a.txt");
    window.press(ctrl('S'));
    assert_eq!(std::fs::read(&path).unwrap(), b"new old");
    assert_eq!(window.names(Role::Tab), ["a.txt"], "no mark of unsaved edits");
    window.press(ctrl('Z'));
    window.assert_text("old");
    assert_eq!(window.names(Role::Tab), ["● a.txt"]);
    window.press(ctrl('S'));
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
}

#[test]
fn a_file_changed_on_disk_is_asked_about() {
    let mut window = modified("a.txt");
    window.file("a.txt", b"changed by another program");
    window.press(ctrl('S'));
    for answer in ["Save as…", "Overwrite it", "Reload and drop my edits", "Cancel"] {
        assert!(window.button_named(answer).is_some(), "{answer} is offered");
    }
    window.click("Reload and drop my edits");
    window.assert_text("changed by another program");
}

#[test]
fn a_path_can_be_typed_where_no_dialog_is_to_be_had() {
    let mut window = TestWindow::new();
    let path = window.file("typed.txt", b"typed");
    window.editor_mut().run(Command::Open);
    let asked = window.editor_mut().take_requests();
    assert_eq!(asked, [Request::PickFiles { purpose: PathPurpose::Open, folder: None }]);
    window.editor_mut().picked(PathPurpose::Open, None);
    window.settle();
    assert!(window.has("Open which file?"));
    window.type_text("/no/such/file");
    window.press(key(Key::Enter));
    window.settle();
    assert!(window.has("There is no file “/no/such/file”."));
    window.press(key(Key::Escape));
    assert!(window.editor().dialog.is_none(), "Escape cancels");

    window.editor_mut().picked(PathPurpose::Open, None);
    window.settle();
    window.type_text(path.to_str().unwrap());
    window.press(key(Key::Enter));
    window.settle();
    assert_eq!(window.names(Role::Tab), ["typed.txt"]);
}

#[test]
fn save_as_by_a_typed_path_asks_before_it_replaces() {
    let mut window = modified("a.txt");
    window.file("taken.txt", b"taken");
    let folder = window.folder().to_owned();
    for (name, answer, result) in [("taken.txt", "Cancel", "taken"), ("taken.txt", "Replace", "new old")] {
        window.editor_mut().picked(PathPurpose::SaveAs, Some(vec![folder.join(name)]));
        window.settle();
        window.click(answer);
        assert_eq!(std::fs::read_to_string(folder.join(name)).unwrap(), result);
    }
    assert_eq!(window.names(Role::Tab), ["taken.txt"]);
}

#[test]
fn errors_stay_until_they_are_dismissed() {
    let mut window = TestWindow::new();
    let missing = window.folder().join("missing.txt");
    let folder = window.folder().to_owned();
    for path in [missing, folder] {
        window.editor_mut().open(OpenTarget::new(path));
        window.settle();
    }
    assert_eq!(window.editor().notices.len(), 2);
    assert!(window.has("missing.txt"), "it says which file");
    for _ in 0..600 {
        window.frame([]);
    }
    assert_eq!(window.editor().notices.len(), 2, "ten seconds later they are there still");
    for left in [1, 0] {
        let close = window.places("✕").last().expect("a cross to dismiss it").center();
        window.click_at(close);
        assert_eq!(window.editor().notices.len(), left);
    }
    assert!(!window.has("missing.txt"));
}

#[test]
fn a_notice_is_dismissed_by_name() {
    let mut window = TestWindow::new();
    window.editor_mut().error("Something went wrong.");
    window.settle();
    window.click("Dismiss");
    assert!(window.editor().notices.is_empty());
}

#[test]
fn an_offer_is_taken() {
    let mut window = TestWindow::showing(b"text");
    window.editor_mut().offer("Hex?", "Show hex", Command::ViewHex);
    window.settle();
    window.click("Show hex");
    assert_eq!(window.tab().mode, Mode::Hex);
    assert!(window.editor().notices.is_empty());
}

#[test]
fn names_with_odd_bytes_open() {
    use std::os::unix::ffi::OsStrExt;
    let mut window = TestWindow::new();
    let name = std::ffi::OsStr::from_bytes(b"odd name \xFF.txt");
    let path = window.folder().join(name);
    std::fs::write(&path, b"odd").unwrap();
    window.drop_files(&[path]);
    window.assert_text("odd");
    assert_eq!(window.names(Role::Tab), ["odd name \u{FFFD}.txt"]);
}

#[test]
fn a_dialog_takes_the_keys_from_the_document() {
    let mut window = modified("a.txt");
    window.press(ctrl('W'));
    window.type_text("abc");
    window.press(key(Key::Backspace));
    assert!(matches!(window.editor().dialog, Some(Dialog::Unsaved { .. })));
    window.press(key(Key::Escape));
    window.assert_text("new old");
    window.type_text("!");
    window.assert_text("new !old");
}

#[test]
fn the_active_one_of_many_tabs_is_in_sight() {
    let mut window = TestWindow::new();
    for number in 0..30 {
        window.open(&format!("file {number:02}.txt"), b"text");
    }
    assert!(window.sees("file 29.txt"));
    assert!(!window.sees("file 00.txt"));
    window.press(Chord::ctrl(Key::Tab));
    assert!(window.sees("file 00.txt"));
    assert!(!window.sees("file 29.txt"));
}
