//! What a crash left: the bar, and the edits to be looked at.

use std::path::Path;
use std::time::{Duration, Instant};

use egui::{Event, Key as EguiKey, Modifiers};
use hextant::editor::{Answer, Editor, OpenTarget, Session, Settings};

use super::driver::TestWindow;

/// A window that has opened a file, of which an editor that is no more had unsaved edits.
fn after_a_crash(bytes: &[u8], typed: &str) -> TestWindow {
    let mut window = TestWindow::sized(1000.0, 600.0, Settings::default());
    let journals = window.folder().join("journals");
    let path = window.file("app.log", bytes);
    let mut lost = Editor::new(Settings::default(), Session::default());
    lost.set_journals(journals.clone(), 1);
    lost.open(OpenTarget::new(&path));
    assert!(lost.settle(Duration::from_secs(20)));
    lost.type_text(typed);
    lost.keep_journals();
    drop(lost);
    wait_for_journal(&journals);
    window.editor_mut().set_journals(journals, 2);
    window.editor_mut().open(OpenTarget::new(&path));
    window.settle();
    window
}

/// Waits until the journal is written, and its writer gone.
fn wait_for_journal(folder: &Path) {
    let start = Instant::now();
    let is_left = || {
        let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.any(|entry| {
            let path = entry.path();
            path.extension().is_some_and(|extension| extension == "journal")
                && std::fs::File::open(path).is_ok_and(|file| file.try_lock().is_ok())
        })
    };
    while !is_left() {
        assert!(start.elapsed() < Duration::from_secs(20), "no journal is left");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn edits_are_recovered_from_the_bar() {
    let mut window = after_a_crash(b"one\ntwo\n", "zero ");
    assert!(window.has("Hextant was closed by a crash with 1 unsaved edit to “app.log”."));
    window.assert_text("one\ntwo\n");
    // It is no wall: what is behind it can be read and edited.
    window.type_text("x");
    window.assert_text("xone\ntwo\n");
    window.press(super::driver::ctrl('Z'));
    window.click_button("Recover");
    window.assert_text("zero one\ntwo\n");
    assert!(!window.has("closed by a crash"));
}

/// On a slow machine all of them come before the next frame. Tab was not seen then, and Enter pressed the first button.
#[test]
fn the_bar_gets_keys_that_come_close_behind_the_one_that_calls_it() {
    let (tab, enter) = (EguiKey::Tab, EguiKey::Enter);
    let cases: [(&[EguiKey], &str); 4] = [
        (&[enter], "recovered"),
        (&[tab, enter], "compared"),
        (&[tab, tab, tab, enter], "asked"),
        (&[EguiKey::Space], "recovered"),
    ];
    for (keys, what) in cases {
        for has_tab in [true, false] {
            let mut window = after_a_crash(b"one\n", "zero ");
            if !has_tab {
                window.editor_mut().close(0);
                window.settle();
            }
            let mut events = stroke(enter, Modifiers::ALT).to_vec();
            for &key in keys {
                let [down, up] = stroke(key, Modifiers::NONE);
                events.push(down);
                // winit tells it as text too, which is not for the document.
                events.extend((key == EguiKey::Space).then(|| Event::Text(" ".to_owned())));
                events.push(up);
            }
            window.frame(events);
            window.settle();
            match what {
                "recovered" => window.assert_text("zero one\n"),
                "compared" => assert!(window.has("Unsaved edits of “app.log”"), "{keys:?}"),
                _ => assert!(window.has("will be thrown away"), "{keys:?}"),
            }
        }
    }
}

fn stroke(key: EguiKey, modifiers: Modifiers) -> [Event; 2] {
    [true, false].map(|pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers })
}

#[test]
fn edits_are_looked_at_and_discarded_after_a_question() {
    let mut window = after_a_crash(b"one\ntwo\n", "zero ");
    window.click_button("Compare");
    assert!(window.has("Unsaved edits of “app.log”"));
    assert!(window.has("At byte 0: 5 bytes inserted"));
    assert!(window.has("+ zero one"), "with what stands behind it");
    window.editor_mut().answer(Answer::Discard);
    window.settle();
    assert!(window.has("1 unsaved edit to “app.log” will be thrown away."));
    window.editor_mut().answer(Answer::Accept);
    window.settle();
    assert!(!window.has("closed by a crash"));
    window.assert_text("one\ntwo\n");
}

#[test]
fn what_is_not_protected_is_told_in_the_status_bar() {
    let mut window = TestWindow::new();
    // A folder that cannot be made.
    let journals = window.file("no folder", b"").join("journals");
    window.editor_mut().set_journals(journals, 1);
    window.open("app.log", b"text");
    assert!(!window.has("Not protected"));
    window.type_text("x");
    let start = Instant::now();
    while !window.has("Not protected") {
        assert!(start.elapsed() < Duration::from_secs(20), "it is never told");
        window.frame([]);
        std::thread::sleep(Duration::from_millis(5));
    }
}
