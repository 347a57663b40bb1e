//! The menus, made from the one list of commands.

use egui::{Button, MenuBar, Response, ScrollArea, Ui};

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

/// Points of the window's height that a menu leaves: the menu bar, and its own frame.
const BESIDE: f32 = 48.0;

/// The menu bar.
pub fn show(ui: &mut Ui, editor: &mut Editor) {
    MenuBar::new().ui(ui, |ui| {
        for (menu, name) in MENUS {
            drop_down(ui, name, 220.0, |ui| {
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

/// A menu that scrolls where the window is too low for it.
fn drop_down(ui: &mut Ui, name: &str, width: f32, content: impl FnOnce(&mut Ui)) {
    let button = ui.menu_button(name, |ui| {
        let height = ui.ctx().content_rect().height() - BESIDE;
        ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
            ui.set_min_width(width);
            content(ui);
        });
    });
    into_sight(&button.response);
}

/// Scrolls to an entry that the keyboard went to.
fn into_sight(entry: &Response) {
    if entry.gained_focus() {
        entry.scroll_to_me(None);
    }
}

fn submenu(ui: &mut Ui, editor: &mut Editor, name: &str, menu: Menu) {
    drop_down(ui, name, 180.0, |ui| run(editor, entries(ui, editor, menu)));
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
    let response = ui.add_enabled(editor.can(entry.command), button);
    into_sight(&response);
    if response.clicked() {
        ui.close();
    }
    response.clicked()
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
    drop_down(ui, "Recent files", 280.0, |ui| {
        for path in recent {
            if ui.button(short(&path)).on_hover_text(path.display().to_string()).clicked() {
                editor.open(OpenTarget::new(path));
                ui.close();
            }
        }
    });
}
