//! The Go to box.

use egui::{Event, Modifiers};
use hextant::editor::{Chord, Key, Pane};

use super::driver::{TestWindow, ctrl, key};

const LINE: u64 = 12;

fn lines() -> TestWindow {
    let lines: String = (1..=1000).map(|n| format!("line {n:06}\n")).collect();
    TestWindow::showing(lines.as_bytes())
}

#[test]
fn it_previews_while_typing_and_escape_comes_back() {
    let mut window = lines();
    window.press(key(Key::Down));
    window.press(ctrl('G'));
    window.type_text("50");
    assert!(window.sees("Line 50 · byte 588"));
    window.type_text("0");
    assert_eq!(window.head(), 499 * LINE);
    assert!(window.sees("line 000500"), "the place is shown behind the box");
    window.press(key(Key::Escape));
    assert_eq!(window.head(), LINE);
    assert!(window.sees("line 000001"));
    assert!(window.editor().dialog.is_none());
    window.type_text("x");
    assert_eq!(window.bytes().len() as u64, 1000 * LINE + 1, "the keys go to the text again");
}

/// On a slow machine all of it comes before the next frame. What stood behind Enter was lost.
#[test]
fn what_is_typed_right_behind_enter_goes_to_where_that_leads() {
    let stroke = |key, modifiers| {
        [true, false].map(|pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers })
    };
    let enter = stroke(egui::Key::Enter, Modifiers::NONE);
    let text = |text: &str| Event::Text(text.to_owned());
    for opens_it_too in [false, true] {
        let mut window = lines();
        let opens = stroke(egui::Key::G, Modifiers::COMMAND | Modifiers::CTRL);
        let rest = [&[text("3"), text("\u{20}")][..], &enter, &[text("a"), text("b")], &enter, &[text("c")]];
        if opens_it_too {
            window.frame(opens.into_iter().chain(rest.concat()));
        } else {
            window.press(ctrl('G'));
            window.frame(rest.concat());
        }
        window.settle();
        assert!(window.editor().dialog.is_none());
        let start: String = String::from_utf8_lossy(&window.bytes()[..40]).into_owned();
        assert_eq!(start, "line 000001\nline 000002\nab\ncline 000003\n");
    }
}

#[test]
fn enter_lands_and_back_returns() {
    let mut window = lines();
    window.press(ctrl('G'));
    window.type_text("500:6");
    window.press(key(Key::Enter));
    assert_eq!(window.head(), 499 * LINE + 5);
    assert!(window.editor().dialog.is_none());
    assert!(window.in_pane(Pane::Text, "line 000500").is_positive());
    assert!(window.sees("Ln 500, Col 6"));
    window.press(Chord::alt(Key::Left));
    assert_eq!(window.head(), 0);
    assert!(window.sees("line 000001"));
    window.press(Chord::alt(Key::Right));
    assert_eq!(window.head(), 499 * LINE + 5);
    assert!(window.sees("line 000500"));
}

#[test]
fn every_form_lands() {
    let len = 1000 * LINE;
    for (input, head) in [
        ("7", 6 * LINE),
        ("0x1F", 31),
        ("@5000", 5000),
        ("+100", 199 * LINE),
        ("-10", 89 * LINE),
        ("end-12", len - 12),
        ("50%", len / 2),
        ("99999", len),
    ] {
        let mut window = lines();
        window.press(ctrl('G'));
        window.type_text("100");
        window.press(key(Key::Enter));
        window.press(ctrl('G'));
        window.type_text(input);
        window.press(key(Key::Enter));
        assert_eq!(window.head(), head, "{input}");
    }
}

#[test]
fn a_range_selects() {
    let mut window = lines();
    window.press(ctrl('G'));
    window.type_text("2..3");
    window.press(key(Key::Enter));
    assert_eq!(window.selected(), "line 000002\nline 000003\n");
}

#[test]
fn nonsense_is_told_and_nothing_moves() {
    let mut window = lines();
    window.press(ctrl('G'));
    window.type_text("12q");
    let shown = match &window.editor().dialog {
        Some(hextant::editor::Dialog::GoTo(go_to)) => go_to.error.clone().expect("an error"),
        other => panic!("{other:?}"),
    };
    assert!(window.sees(&shown), "{shown}");
    window.press(key(Key::Enter));
    assert!(window.sees(&shown), "it stays open");
    assert_eq!(window.head(), 0);
}

#[test]
fn shift_and_enter_extend_the_selection() {
    let mut window = lines();
    window.press(key(Key::Down));
    window.press(ctrl('G'));
    window.type_text("4");
    window.press(key(Key::Enter).shift());
    assert_eq!(window.selected(), "line 000002\nline 000003\n");
    assert_eq!(window.head(), 3 * LINE);
}

#[test]
fn in_hex_a_number_is_an_offset() {
    let mut window = lines();
    window.press(Chord::ctrl(Key::Digit(2)));
    window.press(ctrl('G'));
    window.type_text("1234");
    window.press(key(Key::Enter));
    assert_eq!(window.head(), 1234);
}

#[test]
fn keys_behind_the_shortcut_in_one_frame_are_meant_for_the_box() {
    let mut window = lines();
    let press =
        |key, modifiers| Event::Key { key, physical_key: Some(key), pressed: true, repeat: false, modifiers };
    let typed = ["3", "0", "0"].map(|digit| Event::Text(digit.to_owned()));
    let keys = [press(egui::Key::G, Modifiers::CTRL | Modifiers::COMMAND)]
        .into_iter()
        .chain(typed)
        .chain([press(egui::Key::Enter, Modifiers::NONE)]);
    window.frame(keys);
    window.settle();
    assert_eq!(window.bytes().len() as u64, 1000 * LINE, "nothing was typed into the document");
    assert_eq!(window.head(), 299 * LINE);
    assert!(window.editor().dialog.is_none());
}

#[test]
fn a_place_behind_the_end_is_said_to_be_that() {
    let mut window = lines();
    window.press(ctrl('G'));
    window.type_text("5000");
    assert!(window.sees("Only 1,001 lines."));
    window.press(key(Key::Enter));
    assert_eq!(window.head(), 1000 * LINE);
}
