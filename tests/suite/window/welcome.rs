//! The window before a file is open, and its looks.

use egui::PointerButton;
use egui::accesskit::Role;
use hextant::editor::{Command, Key, Settings, Theme};

use super::driver::{TestWindow, ctrl, key};
use hextant::editor::Chord;

#[test]
fn the_welcome_screen_offers_what_there_is_to_do() {
    let window = TestWindow::new();
    for button in ["Open…", "New", "A log of 1 TiB (demo)"] {
        let (_, enabled) = window.button_named(button).unwrap_or_else(|| panic!("no button {button}"));
        assert!(enabled, "{button} can be pressed");
    }
    for command in [Command::Open, Command::New, Command::GoTo, Command::ViewBoth, Command::Keys] {
        let chord = command.chord().expect("it has a shortcut").to_string();
        assert!(window.sees(&chord), "{chord} is shown");
    }
    assert!(!window.sees("Recent"), "nothing was opened yet");
}

#[test]
fn new_makes_an_untitled_document_by_button_and_by_key() {
    let mut window = TestWindow::new();
    window.click_button("New");
    window.press(ctrl('N'));
    assert_eq!(window.names(Role::Tab), ["untitled", "untitled 2"]);
    let mut window = TestWindow::new();
    window.press(ctrl('N'));
    assert_eq!(window.names(Role::Tab), ["untitled"]);
    window.type_text("x");
    window.assert_text("x");
}

#[test]
fn the_demo_of_a_tebibyte_opens_at_once_and_its_end_is_there() {
    let mut window = TestWindow::new();
    window.click_button("A log of 1 TiB (demo)");
    assert_eq!(window.tab().document.len(), 1 << 40);
    window.press(Chord::ctrl(Key::End));
    assert_eq!(window.head(), 1 << 40);
    assert!(window.sees("1.0 TiB"));
    assert!(window.sees("Ln 8,589,934,593, Col 1"), "lines are counted without being read");
}

#[test]
fn what_was_opened_is_offered_again() {
    let mut window = TestWindow::new();
    window.open("one.txt", b"one");
    window.press(ctrl('W'));
    assert!(window.sees("Recent"));
    let link = window.places("one.txt")[0];
    window.click_with(PointerButton::Primary, link.center());
    assert_eq!(window.names(Role::Tab), ["one.txt"]);
}

#[test]
fn the_theme_can_be_chosen() {
    for (theme, dark) in [(Theme::Dark, true), (Theme::Light, false)] {
        let mut settings = Settings::default();
        settings.theme = theme;
        let mut window = TestWindow::sized(900.0, 600.0, settings);
        window.open("a.txt", b"text");
        assert_eq!(window.is_dark(), dark);
        let other = if dark { "Light theme" } else { "Dark theme" };
        window.click_button("View");
        window.click_button("Theme");
        window.click_button(other);
        assert_eq!(window.is_dark(), !dark);
        assert!(window.sees("text"));
    }
}

#[test]
fn f1_shows_every_command_that_has_a_key() {
    let mut window = TestWindow::sized(1300.0, 1400.0, Settings::default());
    window.press(key(Key::Function(1)));
    for entry in Command::ALL.iter().filter(|entry| !entry.chords.is_empty()) {
        assert!(window.sees(entry.name), "the key sheet names {:?}", entry.name);
        let chord = entry.chords[0].to_string();
        assert!(window.sees(&chord), "the key sheet shows {chord} of {:?}", entry.name);
    }
    window.press(key(Key::Escape));
    assert!(window.editor().dialog.is_none(), "Escape closes it");
}
