//! The find bar.

use egui::{Event, Modifiers};
use hextant::editor::{Chord, Command, FindSwitch, Key, Pane, Settings};

use super::driver::{TestWindow, ctrl, key};

fn log() -> TestWindow {
    let lines: String = (1..=1000)
        .map(|n| {
            format!("line {n:04} {}\n", if n % 10 == 0 { "ERROR disk full" } else { "info all is well" })
        })
        .collect();
    let mut window = TestWindow::sized(1000.0, 600.0, Settings::default());
    window.open("app.log", lines.as_bytes());
    window
}

/// Draws frames until the pause after which the whole document is searched is over.
fn pause(window: &mut TestWindow) {
    std::thread::sleep(std::time::Duration::from_millis(450));
    window.settle();
}

#[test]
fn find_type_enter_and_count() {
    let mut window = log();
    window.press(ctrl('F'));
    assert_eq!(window.focused_name().as_deref(), Some("Find"));
    window.type_text("error");
    assert_eq!(window.selected(), "ERROR", "smart case, shown while typing");
    assert_eq!(window.focused_name().as_deref(), Some("Find"), "typing stays in the field");
    window.press(key(Key::Enter));
    assert!(window.sees("2 of 100"));
    window.press(key(Key::Function(3)));
    assert!(window.sees("3 of 100"));
    assert!(window.in_pane(Pane::Text, "line 0030").is_positive());
    window.press(key(Key::Enter).shift());
    assert!(window.sees("2 of 100"));
    window.press(key(Key::Escape));
    assert_eq!((window.head(), window.editor().find.is_open()), (0, false), "back to where the person was");
    window.type_text("x");
    assert!(window.bytes().starts_with(b"xline 0001"), "the keys go to the text again");
}

#[test]
fn a_pause_searches_everything() {
    let mut window = log();
    window.press(ctrl('F'));
    window.type_text("error");
    pause(&mut window);
    assert!(window.sees("1 of 100"));
}

#[test]
fn keys_behind_the_shortcut_in_one_frame_are_meant_for_the_bar() {
    let mut window = log();
    let len = window.bytes().len();
    let press = |key| Event::Key {
        key,
        physical_key: Some(key),
        pressed: true,
        repeat: false,
        modifiers: Modifiers::CTRL | Modifiers::COMMAND,
    };
    let typed = ["d", "i", "s", "k"].map(|letter| Event::Text(letter.to_owned()));
    window.frame([press(egui::Key::F)].into_iter().chain(typed));
    window.settle();
    assert_eq!(window.bytes().len(), len);
    assert_eq!((window.editor().find.query().text.as_str(), window.selected().as_str()), ("disk", "disk"));
}

#[test]
fn every_switch_has_a_name_and_a_key() {
    let mut window = log();
    window.press(ctrl('F'));
    window.type_text("Disk");
    for (switch, letter, name) in [
        (FindSwitch::WholeWord, 'W', "Whole words"),
        (FindSwitch::Escapes, 'E', "Escapes"),
        (FindSwitch::Regex, 'R', "Regular expression"),
        (FindSwitch::Hex, 'X', "Bytes in hex"),
        (FindSwitch::Number, 'N', "Numbers"),
    ] {
        window.press(Chord::alt(Key::Letter(letter)));
        assert!(window.editor().find_switch(switch), "{name} by its key");
        assert_eq!(window.editor().find.query().text, "Disk", "Alt types nothing");
        window.click(name);
        assert!(!window.editor().find_switch(switch), "{name} by the mouse");
    }
    for name in ["Case: smart", "Case: exact", "Case: ignored"] {
        assert!(window.has(name));
        window.press(Chord::alt(Key::Letter('C')));
    }
    assert!(window.has("Case: smart"));
    assert_eq!(window.focused_name().as_deref(), Some("Find"), "a switch keeps the keys in the field");
}

#[test]
fn a_bad_pattern_is_told_beside_it() {
    let mut window = log();
    window.press(ctrl('F'));
    window.press(Chord::alt(Key::Letter('R')));
    window.type_text("disk (full");
    let message = window.tab().search_error().expect("an error").message.clone();
    assert!(window.sees(&message), "{message}");
    window.type_text(")");
    assert_eq!(window.selected(), "disk full");
}

#[test]
fn it_finds_in_hex_and_while_locked() {
    let mut window = log();
    window.editor_mut().tabs[0].locked = Some(hextant::editor::Lock::ReadOnly);
    window.press(Chord::ctrl(Key::Digit(2)));
    window.press(ctrl('F'));
    window.press(Chord::alt(Key::Letter('X')));
    window.type_text("45 52 ?2 4F");
    assert_eq!(window.selected(), "ERRO");
    window.press(key(Key::Enter));
    assert!(window.sees("2 of 100"));
}

#[test]
fn other_commands_work_from_the_field() {
    let mut window = log();
    window.press(ctrl('F'));
    window.type_text("disk");
    window.press(ctrl('G'));
    assert!(window.editor().dialog.is_some());
    window.press(key(Key::Escape));
    assert!(window.editor().find.is_open() && window.editor().dialog.is_none());
    let pane = window.pane(Pane::Text).center();
    window.click_at(pane);
    window.type_text("typed");
    assert_eq!(window.editor().find.query().text, "disk", "a click gives the keys to the text");
    assert!(String::from_utf8(window.bytes()).unwrap().contains("typed"));
    window.press(ctrl('F'));
    window.press(ctrl('A'));
    window.type_text("well");
    assert_eq!(window.selected(), "well");
}

#[test]
fn a_click_on_a_mark_of_the_scrollbar_goes_to_the_match() {
    let mut window = log();
    let mut text = "plain line\n".repeat(200_000);
    text.insert_str(1_650_000, "needle");
    window.open("long.txt", text.as_bytes());
    window.press(ctrl('F'));
    window.type_text("NEEDLE");
    window.press(Chord::alt(Key::Letter('C')));
    window.press(Chord::alt(Key::Letter('C')));
    pause(&mut window);
    let bar = window.node("Text scrollbar").rect();
    let density = window.tab().match_density(100);
    let part = density.iter().position(|count| *count > 0).expect("a mark");
    let y = bar.top() + (part as f32 + 0.5) / 100.0 * bar.height();
    window.editor_mut().run(Command::Move(hextant::view::Motion::Start, false));
    window.settle();
    window.click_at(egui::pos2(bar.center().x, y));
    assert_eq!(window.tab().selection.span(), 1_650_000..1_650_006);
}

#[test]
fn replace_all_shows_the_first_changes_and_asks() {
    let mut window = log();
    window.press(ctrl('F'));
    window.type_text("error");
    window.press(ctrl('H'));
    assert_eq!(window.focused_name().as_deref(), Some("Replace with"));
    window.type_text("WORRY");
    window.press(key(Key::Enter));
    assert!(window.bytes().starts_with(b"line 0001") && window.sees("line 0010 WORRY"));
    window.click("Replace all…");
    assert!(window.sees("Replace 99 matches?"));
    assert!(window.sees("line 0020 ERRORWORRY disk full"));
    assert!(window.sees("The document keeps its size"));
    window.press(key(Key::Enter));
    assert!(!String::from_utf8(window.bytes()).unwrap().contains("ERROR"));
    window.press(key(Key::Escape));
    window.press(ctrl('Z'));
    assert_eq!(String::from_utf8(window.bytes()).unwrap().matches("ERROR").count(), 99);
}

#[test]
fn an_unknown_group_is_told_and_nothing_can_be_replaced() {
    let mut window = log();
    window.press(ctrl('H'));
    window.press(Chord::alt(Key::Letter('R')));
    window.type_text("(disk)");
    window.click("Replace with");
    window.type_text("$2");
    assert!(window.sees("No group is called"));
    assert_eq!(window.button_named("Replace all…").map(|(_, enabled)| enabled), Some(false));
}

#[test]
fn matching_lines_are_listed_below_and_gone_to() {
    let mut window = log();
    window.press(ctrl('F'));
    window.type_text("error");
    window.press(key(Key::Function(7)));
    assert!(window.sees("100 matching lines"));
    window.press(key(Key::Down));
    assert!(window.sees("Ln 10, Col 1"), "the list has the keys");
    window.press(ctrl('F'));
    window.type_text("error");
    assert_eq!(window.editor().find.query().text, "error", "and gives them back");
    window.press(key(Key::Function(7)));
    let list = window.node("Matching lines").rect();
    let row = |window: &TestWindow, text: &str| {
        let mut places = window.places(text).into_iter();
        places.rfind(|place| list.contains(place.center()))
    };
    let third = row(&window, "line 0030").expect("the third line is in the list");
    assert!(row(&window, "line 0031").is_none());
    window.click_at(third.center());
    assert!(window.in_pane(Pane::Text, "line 0030").is_positive());
    assert!(window.sees("Ln 30, Col 1"));
    window.press(key(Key::Down));
    assert!(window.sees("Ln 40, Col 1"), "keys move through the list");
    window.press(key(Key::End));
    assert!(window.sees("Ln 1,000, Col 1"));
    window.press(key(Key::Enter));
    window.type_text("x");
    assert!(
        String::from_utf8(window.bytes()).unwrap().contains("xline 1000"),
        "Enter gives the keys to the text"
    );
}

#[test]
fn filters_are_typed_switched_and_removed() {
    let mut window = log();
    window.press(ctrl('L').shift());
    assert_eq!(window.focused_name().as_deref(), Some("Filter 1"));
    window.type_text("line 00");
    assert!(window.sees("99 matching lines"));
    window.click("Add filter");
    assert_eq!(window.focused_name().as_deref(), Some("Filter 2"));
    window.type_text("error");
    assert!(window.sees("190 matching lines"));
    window.click("Filter 2: show");
    assert!(window.sees("90 matching lines"));
    window.click("Filter 2 on");
    assert!(window.sees("99 matching lines"));
    window.click("Filter 1 regular expression");
    window.click("Filter 1 case");
    window.click("Filter 1 colour");
    window.click("Remove filter 2");
    assert_eq!(window.editor().line_list.entries().len(), 1);
    window.press(key(Key::Escape));
    assert!(!window.editor().line_list.is_open());
    window.type_text("y");
    assert!(window.bytes().starts_with(b"yline"), "the keys go to the text again");
}

#[test]
fn colours_and_marks_have_their_keys() {
    let mut window = log();
    let marker = |window: &mut TestWindow| {
        let all = 0..window.tab().document.len();
        window.editor_mut().colored(&[all]).len()
    };
    window.press(Chord::ctrl(Key::Digit(1)).shift());
    assert_eq!(marker(&mut window), 1000, "the word at the caret: line");
    window.press(Chord::ctrl(Key::Digit(2)).shift());
    assert_eq!(marker(&mut window), 1000, "another colour for the same");
    window.press(Chord::ctrl(Key::Digit(2)).shift());
    assert_eq!(marker(&mut window), 0);
    window.press(key(Key::Down));
    window.press(Chord::ctrl(Key::Function(2)));
    window.press(Chord::ctrl(Key::End));
    window.press(Chord::ctrl(Key::Function(2)));
    window.press(key(Key::Function(2)));
    assert!(window.sees("Ln 2, Col 1"));
    window.press(Chord::ctrl(Key::Home));
    window.type_text("new ");
    window.press(key(Key::Enter));
    window.press(key(Key::Function(2)));
    assert!(window.sees("Ln 3, Col 1"), "a mark moves with its line");
    window.press(key(Key::Function(2)).shift());
    assert!(window.sees("Ln 1,002, Col 1"));
}

#[test]
fn the_command_for_a_shell_is_copied() {
    let mut window = log();
    window.press(ctrl('F'));
    window.type_text("disk full");
    window.click("Copy as command");
    let command = window.copied.last().expect("something is copied").clone();
    assert!(
        command.starts_with("hextant --find 'disk full' -i ") && command.ends_with("app.log"),
        "{command}"
    );
}

#[test]
fn keys_of_one_frame_happen_in_their_order() {
    let mut window = log();
    let press =
        |key, modifiers| Event::Key { key, physical_key: Some(key), pressed: true, repeat: false, modifiers };
    let text = |text: &str| text.chars().map(|letter| Event::Text(letter.to_string())).collect::<Vec<_>>();
    let ctrl = Modifiers::CTRL | Modifiers::COMMAND;
    window.press(Chord::ctrl(Key::Letter('H')));
    // A slow frame has many keys: text, the other field, its text, and the key that replaces.
    let events = [
        text("error"),
        vec![press(egui::Key::H, ctrl)],
        text("WORRY"),
        vec![press(egui::Key::Enter, ctrl | Modifiers::ALT)],
        vec![press(egui::Key::Enter, Modifiers::NONE)],
    ];
    window.frame(events.concat());
    window.settle();
    assert_eq!(window.editor().find.query().text, "error");
    assert_eq!(window.editor().find.replacement(), "WORRY");
    window.press(key(Key::Enter));
    assert_eq!(String::from_utf8(window.bytes()).unwrap().matches("WORRY").count(), 100);
}

/// In the text view and in the hex view.
#[test]
fn text_is_found_in_the_encoding_that_is_chosen() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let mut bytes = vec![0x7f, 0x45, 0x4c, 0x46, 1, 0xff, 0xfe];
    bytes.extend(utf16("C:\\Setup"));
    bytes.extend([0xff, 0xff, 0xff]);
    bytes.extend(utf16("setup.exe"));
    let mut window = TestWindow::sized(1000.0, 600.0, Settings::default());
    window.allow_any_glyph();
    window.open("setup.bin", &bytes);
    window.press(ctrl('F'));
    window.type_text("setup");
    pause(&mut window);
    assert!(window.sees("No match"), "in UTF-8");
    window.click("Encoding searched in");
    window.click("UTF-16 LE");
    pause(&mut window);
    assert!(window.sees("1 of 2"));
    assert_eq!(window.tab().selection.span(), 13..23);
    assert_eq!(window.focused_name().as_deref(), Some("Find"), "the keys go to the field again");
    window.press(Chord::alt(Key::Letter('W')));
    window.press(key(Key::Enter));
    assert_eq!(window.tab().selection.span(), 26..36);
    for view in [1, 2, 3] {
        window.press(Chord::ctrl(Key::Digit(view)));
        assert!(window.sees("2 of 2"));
    }
    window.press(Chord::alt(Key::Letter('X')));
    assert!(!window.has("Encoding searched in"), "bytes are in none");
    window.press(Chord::alt(Key::Letter('X')));
    window.click("Copy as command");
    let command = window.copied.last().expect("something is copied");
    assert!(command.contains("--pattern-encoding 'UTF-16 LE'"), "{command}");
    window.click("Encoding searched in");
    window.click("As document (UTF-8)");
    pause(&mut window);
    assert!(window.sees("No match"));
}
