//! The menus, made from the one list of commands.

use egui::{Button, MenuBar, Ui};

use super::welcome::short;
use crate::editor::{Command, Editor, Entry, Fit, Menu, Mode, OpenTarget, Tab};

const MENUS: [(Menu, &str); 6] = [
    (Menu::File, "File"),
    (Menu::Edit, "Edit"),
    (Menu::View, "View"),
    (Menu::Search, "Search"),
    (Menu::Go, "Go"),
    (Menu::Help, "Help"),
];

/// The menu bar.
pub fn show(ui: &mut Ui, editor: &mut Editor) {
    MenuBar::new().ui(ui, |ui| {
        for (menu, name) in MENUS {
            ui.menu_button(name, |ui| {
                ui.set_min_width(220.0);
                run(editor, entries(ui, editor, menu));
                match menu {
                    Menu::File => recent(ui, editor),
                    Menu::Edit => submenu(ui, editor, "Line endings", Menu::LineEndings),
                    Menu::Search => submenu(ui, editor, "Colours", Menu::Colors),
                    Menu::View => {
                        ui.separator();
                        submenu(ui, editor, "ANSI colours", Menu::Ansi);
                        submenu(ui, editor, "Hex rows", Menu::HexRows);
                        submenu(ui, editor, "Decoded column", Menu::DecodedColumn);
                        submenu(ui, editor, "Theme", Menu::Theme);
                    }
                    _ => {}
                }
            });
        }
    });
}

fn submenu(ui: &mut Ui, editor: &mut Editor, name: &str, menu: Menu) {
    ui.menu_button(name, |ui| {
        ui.set_min_width(180.0);
        run(editor, entries(ui, editor, menu));
    });
}

fn run(editor: &mut Editor, chosen: Option<Command>) {
    if let Some(command) = chosen {
        editor.run(command);
    }
}

/// The entries of a menu; returns the one that was chosen.
pub fn entries(ui: &mut Ui, editor: &Editor, menu: Menu) -> Option<Command> {
    let mut group = None;
    let mut chosen = None;
    for entry in Command::ALL {
        let Some((_, number)) = entry.menu.filter(|(of, _)| *of == menu) else {
            continue;
        };
        if group.is_some_and(|group| group != number) {
            ui.separator();
        }
        group = Some(number);
        chosen = menu_entry(ui, editor, entry).then_some(entry.command).or(chosen);
    }
    chosen
}

/// True if it was chosen.
pub fn menu_entry(ui: &mut Ui, editor: &Editor, entry: &Entry) -> bool {
    let name =
        if is_on(editor, entry.command) { format!("✓ {}", entry.name) } else { entry.name.to_owned() };
    let mut button = Button::new(name);
    if let Some(chord) = entry.chords.first() {
        button = button.shortcut_text(chord.to_string());
    }
    let clicked = ui.add_enabled(editor.can(entry.command), button).clicked();
    if clicked {
        ui.close();
    }
    clicked
}

/// Is a command that switches something switched on?
fn is_on(editor: &Editor, command: Command) -> bool {
    let settings = &editor.settings;
    let mode = editor.tab().map(|tab| tab.mode);
    match command {
        Command::ViewText => mode == Some(Mode::Text),
        Command::ViewHex => mode == Some(Mode::Hex),
        Command::ViewBoth => mode == Some(Mode::Both),
        Command::ToggleWrap => settings.wrap,
        Command::ToggleWhitespace => settings.show_whitespace,
        Command::Ansi(escapes) => settings.ansi == escapes,
        Command::Decoded(column) => settings.decoded == column,
        Command::Follow => editor.tab().is_some_and(Tab::follows),
        Command::PauseCounting => editor.tab().is_some_and(|tab| tab.uncounted().is_some()),
        Command::DecimalOffsets => settings.decimal_offsets,
        Command::RestoreSession => settings.restore_session,
        Command::Backups => settings.backups,
        Command::VerifySaves => settings.verify_saves,
        Command::BytesPerRow(fit) => fit != Fit::Ask && settings.bytes_per_row == fit,
        Command::GroupBytes(bytes) => settings.group == bytes,
        Command::Theme(theme) => settings.theme == theme,
        Command::FindSwitch(switch) => editor.find_switch(switch),
        _ => false,
    }
}

fn recent(ui: &mut Ui, editor: &mut Editor) {
    let recent: Vec<_> = editor.session.recent().iter().take(10).cloned().collect();
    if recent.is_empty() {
        return;
    }
    ui.separator();
    ui.menu_button("Recent files", |ui| {
        ui.set_min_width(280.0);
        for path in recent {
            if ui.button(short(&path)).on_hover_text(path.display().to_string()).clicked() {
                editor.open(OpenTarget::new(path));
                ui.close();
            }
        }
    });
}
