//! Every command, in the menus and in every state of the window.

use hextant::editor::{Command, Editor, Menu, Mode, Settings};

use super::driver::TestWindow;

/// Runs a command and draws what it leads to, the system's own dialogs excepted.
fn run(window: &mut TestWindow, command: Command) {
    window.editor_mut().run(command);
    window.editor_mut().take_requests();
    window.settle();
    window.editor_mut().dialog = None;
}

fn run_all(window: &mut TestWindow) {
    for entry in Command::ALL {
        let ends = matches!(entry.command, Command::CloseTab | Command::New | Command::ReopenTab);
        if !ends {
            run(window, entry.command);
        }
        if let Command::Move(motion, _) = entry.command {
            run(window, Command::Move(motion, true));
        }
    }
    for command in [Command::ReopenTab, Command::New, Command::CloseTab] {
        run(window, command);
    }
}

/// They reached below the edge, and what stood there could not be chosen.
#[test]
fn menus_scroll_in_a_low_window() {
    for (menu, last) in [("File", "Recent files"), ("Edit", "Line endings"), ("View", "Theme")] {
        let mut window = TestWindow::sized(640.0, 300.0, Settings::default());
        window.open("file.txt", b"text\n");
        window.click_button(menu);
        window.wheel(egui::pos2(100.0, 150.0), egui::vec2(0.0, -2000.0));
        let (rect, _) = window.button_named(last).unwrap_or_else(|| panic!("no {last}"));
        assert!(rect.bottom() <= 300.0, "{last} at {rect}");
    }
}

#[test]
fn every_command_runs_with_no_tab() {
    run_all(&mut TestWindow::new());
}

#[test]
fn every_command_runs_in_every_mode() {
    for mode in [Command::ViewText, Command::ViewHex, Command::ViewBoth] {
        for bytes in [&b""[..], b"one\r\n\ttwo \xE6\x97\xA5 \xFF\x00\nthree"] {
            for locked in [false, true] {
                let mut window = TestWindow::new();
                window.allow_any_glyph();
                window.open("file.txt", bytes);
                window.editor_mut().tabs[0].locked = locked.then_some(hextant::editor::Lock::ReadOnly);
                for entry in Command::ALL {
                    if matches!(
                        entry.command,
                        Command::CloseTab | Command::Quit | Command::New | Command::Unlock
                    ) {
                        continue;
                    }
                    // Commands may switch the mode.
                    window.editor_mut().run(mode);
                    run(&mut window, entry.command);
                }
                if locked {
                    assert_eq!(window.bytes(), bytes, "nothing changes what is locked");
                }
                run_all(&mut window);
            }
        }
    }
}

fn titles() -> [(Menu, &'static str); 5] {
    [(Menu::File, "File"), (Menu::Edit, "Edit"), (Menu::View, "View"), (Menu::Go, "Go"), (Menu::Help, "Help")]
}

/// Opens each menu and compares what can be pressed with what the editor says.
fn check_menus(window: &mut TestWindow) {
    let can = |editor: &Editor, command| editor.can(command);
    for (menu, title) in titles() {
        window.click_button(title);
        for entry in Command::ALL.iter().filter(|entry| entry.menu.is_some_and(|(of, _)| of == menu)) {
            let (_, enabled) =
                window.button_named(entry.name).unwrap_or_else(|| panic!("{title} has no {}", entry.name));
            assert_eq!(enabled, can(window.editor(), entry.command), "{title} > {}", entry.name);
            if let Some(chord) = entry.chords.first() {
                assert!(window.sees(&chord.to_string()), "{title} > {} shows {chord}", entry.name);
            }
        }
        let submenus = [
            (Menu::Ansi, "ANSI colours"),
            (Menu::HexRows, "Hex rows"),
            (Menu::DecodedColumn, "Decoded column"),
            (Menu::Theme, "Theme"),
        ];
        for (submenu, name) in submenus.into_iter().filter(|_| menu == Menu::View) {
            window.click_button(name);
            for entry in Command::ALL {
                if entry.menu.is_some_and(|(of, _)| of == submenu) {
                    assert!(window.button_named(entry.name).is_some(), "{name} has no {}", entry.name);
                }
            }
        }
        window.press(super::driver::key(hextant::editor::Key::Escape));
        assert!(!window.has("Hex rows"), "Escape closes the {title} menu");
    }
}

#[test]
fn every_menu_entry_is_there_and_dim_when_it_cannot_do_anything() {
    let mut window = TestWindow::new();
    check_menus(&mut window);
    window.open("a.txt", b"one two\n");
    check_menus(&mut window);
    window.type_text("x");
    run(&mut window, Command::SelectAll);
    check_menus(&mut window);
    run(&mut window, Command::Undo);
    check_menus(&mut window);
}

#[test]
fn a_menu_entry_does_what_it_says() {
    let mut window = TestWindow::showing(b"one\n");
    window.click_button("View");
    window.click_button("Hex");
    assert_eq!(window.tab().mode, Mode::Hex);
    window.click_button("View");
    window.click_button("Hex rows");
    window.click_button("Groups of 4");
    assert_eq!(window.editor().settings.group, 4);
    window.click_button("View");
    assert!(window.has("✓ Hex"), "what is on is ticked");
}

#[test]
fn keys_go_to_an_open_menu_and_not_to_the_document() {
    let mut window = TestWindow::showing(b"one\ntwo\n");
    window.click_button("Edit");
    window.press(super::driver::key(hextant::editor::Key::Down));
    assert_eq!(window.head(), 0, "an arrow moves in the menu");
    window.press(super::driver::key(hextant::editor::Key::Escape));
    window.type_text("x");
    window.assert_text("xone\ntwo\n");
}

#[test]
fn the_smallest_window_shows_every_mode() {
    let mut window = TestWindow::sized(420.0, 240.0, Settings::default());
    run(&mut window, Command::Keys);
    window.open("a.txt", b"one\n");
    for mode in [Command::ViewText, Command::ViewHex, Command::ViewBoth] {
        run(&mut window, mode);
        for command in [Command::Keys, Command::GoTo, Command::About, Command::ZoomIn, Command::ToggleWrap] {
            run(&mut window, command);
        }
        window.editor_mut().error("Something went wrong, and it takes many words to say what.");
        window.editor_mut().change_settings(|settings| settings.zoom(100.0));
        window.settle();
        window.editor_mut().change_settings(|settings| settings.zoom(-100.0));
        window.settle();
    }
    let mut window = TestWindow::sized(100.0, 60.0, Settings::default());
    window.open("a.txt", b"one\n");
    for mode in [Command::ViewText, Command::ViewHex, Command::ViewBoth] {
        run(&mut window, mode);
    }
}
