//! Files that change on disk: the bar over the document, and following.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use hextant::editor::{Chord, Command, Key, Settings, Theme};

use super::driver::{TestWindow, key};

/// Draws frames until something came from the disk.
#[track_caller]
fn until(window: &mut TestWindow, what: &str, done: impl Fn(&TestWindow) -> bool) {
    let start = Instant::now();
    while !done(window) {
        assert!(start.elapsed() < Duration::from_secs(20), "{what} never came");
        window.frame([]);
        std::thread::sleep(Duration::from_millis(5));
    }
    window.settle();
}

fn replace(path: &Path, bytes: &[u8]) {
    let other = path.with_extension("other");
    fs::write(&other, bytes).unwrap();
    fs::rename(other, path).unwrap();
}

const REPLACED: &str = "was replaced on disk";

#[test]
fn the_bar_is_answered_by_mouse() {
    let mut window = TestWindow::new();
    let path = window.open("file.txt", b"old\n");
    window.settle();
    replace(&path, b"new\n");
    until(&mut window, "the bar", |window| window.has(REPLACED));
    window.assert_text("old\n");
    // The text goes on below it, and keeps the keys.
    window.type_text("x");
    window.assert_text("xold\n");
    window.press(super::driver::ctrl('Z'));
    window.click_button("Reload");
    window.assert_text("new\n");
    assert!(!window.has(REPLACED));
}

#[test]
fn the_bar_is_answered_by_keyboard() {
    let mut window = TestWindow::new();
    let path = window.open("file.txt", b"old\n");
    replace(&path, b"new\n");
    until(&mut window, "the bar", |window| window.has(REPLACED));
    assert_eq!(window.focused_name().as_deref(), Some("Text"));
    window.press(Chord { alt: true, ..key(Key::Enter) });
    assert_eq!(window.focused_name().as_deref(), Some("Reload"));
    window.press(key(Key::Tab));
    assert_eq!(window.focused_name().as_deref(), Some("Keep"));
    window.press(key(Key::Escape));
    assert_eq!(window.focused_name().as_deref(), Some("Text"));
    window.assert_text("old\n");
    window.press(Chord { alt: true, ..key(Key::Enter) });
    window.press(key(Key::Tab));
    window.press(key(Key::Enter));
    assert!(!window.has(REPLACED));
    window.assert_text("old\n");
    window.type_text("x");
    window.assert_text("xold\n");
}

#[test]
fn in_a_narrow_window_the_sentence_wraps_and_every_button_stays() {
    for theme in [Theme::Light, Theme::Dark] {
        let mut settings = Settings::default();
        settings.theme = theme;
        let mut window = TestWindow::sized(420.0, 320.0, settings);
        let path = window.open("file.txt", b"old\n");
        window.type_text("x");
        let file = OpenOptions::new().append(true).open(path).unwrap();
        (&file).write_all(b"and more\n").unwrap();
        until(&mut window, "the bar", |window| window.has("9 bytes were appended"));
        for name in
            ["Save edits and the new tail", "Overwrite", "Save as…", "Reload, dropping edits", "Not now"]
        {
            let (rect, can) = window.button_named(name).unwrap_or_else(|| panic!("no {name}"));
            assert!(can && rect.left() >= 0.0 && rect.right() <= 420.0, "{name} at {rect}");
        }
        window.click_button("Not now");
        assert!(!window.has("bytes were appended"));
    }
}

#[test]
fn what_is_appended_is_followed_by_the_switch_in_the_status_bar() {
    let lines: String = (0..200).map(|n| format!("line {n:06}\n")).collect();
    let mut window = TestWindow::new();
    let path = window.open("app.log", lines.as_bytes());
    window.settle();
    let append = |text: &str| {
        let file = OpenOptions::new().append(true).open(&path).unwrap();
        (&file).write_all(text.as_bytes()).unwrap();
    };
    append("unseen\n");
    until(&mut window, "the line", |window| window.tab().document.len() == 2407);
    assert!(window.sees("line 000000") && !window.sees("unseen"));
    window.click("Follow");
    assert!(window.tab().follows() && window.sees("unseen") && !window.sees("line 000000"));
    append("a new line\n");
    until(&mut window, "the new line", |window| window.sees("a new line"));
    window.wheel(egui::pos2(300.0, 300.0), egui::vec2(0.0, 100.0));
    assert!(!window.tab().follows());
    window.press(key(Key::Function(6)));
    assert!(window.tab().follows() && window.sees("a new line"));
    window.editor_mut().run(Command::Follow);
    assert!(!window.tab().follows());
    assert!(window.names(Role::Button).iter().any(|name| name == "Follow"));
}
