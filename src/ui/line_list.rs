//! The lines that match, in a list below the document, and the filters that say which these are.

mod filters;
mod rows;

use egui::{Align, Button, Event, Id, Key, Layout, RichText, ScrollArea, Ui};

use super::grid::Grid;
use super::list_rows::{self, List, Pressed, ground, named, take_keys};
use super::theme::Palette;
use crate::editor::{Command, Editor, LinesDeed};
use filters::{field_id, filters, options, record_id};
use rows::rows;

/// Draws the list below the document, if it is open there. Returns whether it did, and what came behind a key that opened
/// a dialog.
pub fn show(ui: &mut Ui, editor: &mut Editor, grid: &Grid) -> (bool, Vec<Event>) {
    if !editor.line_list.is_open() || editor.tabs.is_empty() {
        return (false, Vec::new());
    }
    let held = take_keys::<MatchingLines>(ui, editor);
    if !editor.line_list.is_open() || editor.line_list.is_full() {
        return (false, held);
    }
    list_rows::panel(ui, "line list", (280.0, 110.0), |ui| contents(ui, editor, grid));
    (true, held)
}

/// Draws the list in the place of the document.
pub fn show_full(ui: &mut Ui, editor: &mut Editor, grid: &Grid) {
    list_rows::frame(ui).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        contents(ui, editor, grid);
    });
}

/// How much of the list filters take, at most.
const FILTERS: f32 = 0.4;

fn contents(ui: &mut Ui, editor: &mut Editor, grid: &Grid) {
    header(ui, editor);
    // Many filters leave room for lines.
    let most = (ui.available_height() * FILTERS).max(ui.spacing().interact_size.y * 2.5);
    ScrollArea::vertical().max_height(most).show(ui, |ui| filters(ui, editor));
    options(ui, editor);
    let rect = ground(ui);
    rows(ui, editor, grid, rect);
}

/// Columns that an arrow key scrolls the list.
const SIDEWAYS: i64 = 8;

/// The list of lines that match.
enum MatchingLines {}

impl List for MatchingLines {
    const NAME: &str = "Matching lines";

    fn rows() -> Id {
        Id::unique("line list rows")
    }

    fn fields(editor: &Editor) -> Vec<Id> {
        let entries = 0..editor.line_list.entries().len();
        entries.map(field_id).chain([record_id()]).collect()
    }

    fn has_keys(editor: &Editor) -> bool {
        editor.line_list.has_keys()
    }

    fn give_keys(editor: &mut Editor, gives: bool) {
        editor.give_keys_to_line_list(gives);
    }

    fn take_entered(editor: &mut Editor) -> Option<Id> {
        editor.line_list.take_entered().map(field_id)
    }

    fn wants_keys(editor: &Editor) -> bool {
        editor.line_list.wants_keys()
    }

    fn escape(editor: &mut Editor) {
        editor.escape_line_list();
    }

    fn enter(editor: &mut Editor) {
        editor.give_keys_to_line_list(false);
    }

    fn step(editor: &mut Editor, rows: i64, page: usize) {
        editor.step_in_list(rows, page);
    }

    fn key(_ui: &Ui, editor: &mut Editor, pressed: &Pressed) -> bool {
        let columns = match pressed.key {
            Key::ArrowLeft => -SIDEWAYS,
            Key::ArrowRight => SIDEWAYS,
            _ => return false,
        };
        let scrolls = pressed.in_rows && pressed.is_plain();
        if scrolls {
            editor.scroll_list_sideways(columns);
        }
        scrolls
    }

    fn scroll(editor: &mut Editor, rows: f32) {
        editor.scroll_list(rows);
    }

    fn scroll_to(editor: &mut Editor, number: u64) {
        editor.scroll_list_to(number);
    }

    fn go_to(editor: &mut Editor, number: u64) {
        editor.go_to_listed(number);
    }
}

fn header(ui: &mut Ui, editor: &mut Editor) {
    let palette = Palette::of(ui);
    let mut run = None;
    ui.horizontal(|ui| {
        ui.set_width(ui.available_width() - 12.0);
        pages(ui, editor);
        ui.label(RichText::new(editor.line_list_in_words()).color(palette.text));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if named(ui, "✕", "Close list", "Close the list (Esc)").clicked() {
                editor.close_line_list();
            }
            let is_full = editor.line_list.is_full();
            let (label, tip) = match is_full {
                true => ("Below", "Show the list below the document"),
                false => ("Full", "Show the list in the place of the document"),
            };
            if named(ui, label, "List instead of the document", tip).clicked() {
                run = Some(Command::FullLineList);
            }
            let deeds = [
                ("Keep only these", LinesDeed::Keep, "Deletes all lines that are not listed"),
                ("Delete", LinesDeed::Delete, "Deletes the lines that match, not those around them"),
                ("Save as…", LinesDeed::Save, "Saves the lines that are listed to a file"),
                ("Copy", LinesDeed::Copy, "Copies the lines that are listed"),
            ];
            for (label, deed, tip) in deeds {
                let can = editor.can(Command::Lines(deed));
                if ui.add_enabled(can, Button::new(label)).on_hover_text(tip).clicked() {
                    run = Some(Command::Lines(deed));
                }
            }
            if named(ui, "Command", "Copy list as command", "Copy the command that lists these in a shell")
                .clicked()
            {
                editor.copy_filter_command();
            }
        });
    });
    if let Some(command) = run {
        editor.run(command);
    }
}

/// What the list shows, and what was kept beside it.
fn pages(ui: &mut Ui, editor: &mut Editor) {
    let (names, current) = editor.list_pages();
    if names.len() > 1 {
        for (page, name) in names.iter().enumerate() {
            let number = page + 1;
            ui.spacing_mut().item_spacing.x = 2.0;
            let button = ui.add(Button::selectable(page == current, name));
            let label = format!("List {number}: {name}");
            let info = || {
                egui::WidgetInfo::selected(egui::accesskit::Role::Tab, true, page == current, label.clone())
            };
            button.widget_info(info);
            if button.clicked() {
                editor.show_list_page(page);
            }
            if page == current && named(ui, "✕", &format!("Close list {number}"), "Close this one").clicked()
            {
                editor.close_list_page(page);
            }
        }
        ui.spacing_mut().item_spacing.x = 8.0;
    }
    let tip = "Keep this list as it is, and go on in a copy of it";
    if named(ui, "+", "Keep this list", tip).clicked() {
        editor.keep_list();
    }
}
