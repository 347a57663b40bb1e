//! The lines that match, in a list below the document, and the filters that say which these are.

mod filters;
mod rows;

use egui::{
    Align, Button, Event, Frame, Id, Key, Layout, Margin, Panel, Rect, RichText, ScrollArea, Ui, pos2,
};

use super::grid::Grid;
use super::theme::Palette;
use super::{input, list_rows};
use crate::editor::{Command, Editor, LinesDeed};
use filters::{field_id, filters, options, record_id};
use rows::rows;

/// Draws the list below the document, if it is open there. Returns whether it did, and what came behind a key that opened
/// a dialog.
pub fn show(ui: &mut Ui, editor: &mut Editor, grid: &Grid) -> (bool, Vec<Event>) {
    if !editor.line_list.is_open() || editor.tabs.is_empty() {
        return (false, Vec::new());
    }
    let held = take_keys(ui, editor);
    if !editor.line_list.is_open() || editor.line_list.is_full() {
        return (false, held);
    }
    let frame = Frame::new().fill(Palette::of(ui).chrome).inner_margin(MARGIN);
    Panel::bottom("line list")
        .resizable(true)
        .default_size(280.0)
        .min_size(110.0)
        .frame(frame)
        .show(ui, |ui| contents(ui, editor, grid));
    (true, held)
}

/// Draws the list in the place of the document.
pub fn show_full(ui: &mut Ui, editor: &mut Editor, grid: &Grid) {
    let frame = Frame::new().fill(Palette::of(ui).chrome).inner_margin(MARGIN);
    frame.show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        contents(ui, editor, grid);
    });
}

/// How much of the list filters take, at most.
const FILTERS: f32 = 0.4;

const LEFT: i8 = 12;
const MARGIN: Margin = Margin { left: LEFT, right: 0, top: 6, bottom: 0 };

fn contents(ui: &mut Ui, editor: &mut Editor, grid: &Grid) {
    header(ui, editor);
    // Many filters leave room for lines.
    let most = (ui.available_height() * FILTERS).max(ui.spacing().interact_size.y * 2.5);
    ScrollArea::vertical().max_height(most).show(ui, |ui| filters(ui, editor));
    options(ui, editor);
    let rect = ui.available_rect_before_wrap();
    let rect = Rect::from_min_max(pos2(rect.left() - f32::from(LEFT), rect.top()), rect.max);
    ui.painter().rect_filled(rect, 0.0, Palette::of(ui).content);
    rows(ui, editor, grid, rect);
    ui.advance_cursor_after_rect(rect);
}

fn take_keys(ui: &Ui, editor: &mut Editor) -> Vec<Event> {
    let is_free = editor.dialog.is_none() && !egui::Popup::is_any_open(ui.ctx());
    let mut held = Vec::new();
    if editor.dialog.is_some() {
        // A question is answered first.
        ui.memory_mut(|memory| {
            memory.surrender_focus(rows_id());
            memory.surrender_focus(record_id());
            (0..editor.line_list.entries().len()).for_each(|entry| memory.surrender_focus(field_id(entry)));
        });
    }
    if editor.line_list.has_keys() && is_free {
        if let Some(entry) = editor.line_list.take_entered() {
            ui.memory_mut(|memory| memory.request_focus(field_id(entry)));
        } else if ui.memory(|memory| memory.focused().is_none()) {
            ui.memory_mut(|memory| memory.request_focus(rows_id()));
        }
        held = keys(ui, editor);
    }
    held
}

/// Columns that an arrow key scrolls the list.
const SIDEWAYS: i64 = 8;

fn rows_id() -> Id {
    Id::unique("line list rows")
}

/// Takes the keys that are for the list's rows.
fn keys(ui: &Ui, editor: &mut Editor) -> Vec<Event> {
    let in_rows = ui.memory(|memory| memory.has_focus(rows_id()));
    let page = list_rows::page(ui, rows_id());
    let events = ui.input_mut(|input| std::mem::take(&mut input.events));
    let (mut kept, mut held) = (Vec::new(), Vec::new());
    let mut alt = ui.input(|input| input.modifiers.alt);
    for event in events {
        let is_elsewhere =
            editor.dialog.is_some() || !editor.line_list.has_keys() || editor.line_list.wants_keys();
        if is_elsewhere || !held.is_empty() {
            held.push(event);
            continue;
        }
        match &event {
            Event::Key { key, physical_key, pressed: true, modifiers, .. } => {
                alt = modifiers.alt;
                let rows = list_rows::step(*key, page);
                if *key == Key::Escape && !modifiers.any() {
                    editor.escape_line_list();
                } else if in_rows && rows != 0 && !modifiers.any() {
                    editor.step_in_list(rows, page);
                } else if in_rows && matches!(key, Key::ArrowLeft | Key::ArrowRight) && !modifiers.any() {
                    let columns = if *key == Key::ArrowLeft { -SIDEWAYS } else { SIDEWAYS };
                    editor.scroll_list_sideways(columns);
                } else if in_rows && *key == Key::Enter && !modifiers.any() {
                    editor.give_keys_to_line_list(false);
                } else {
                    match input::command(*key, *physical_key, *modifiers) {
                        Some(command) if !input::is_for_field(command) => editor.run(command),
                        _ => kept.push(event),
                    }
                }
            }
            Event::Text(_) if alt || in_rows => {}
            _ => kept.push(event),
        }
    }
    ui.input_mut(|input| input.events = kept);
    held
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

fn named(ui: &mut Ui, label: &str, name: &str, tip: &str) -> egui::Response {
    let response = ui.button(label).on_hover_text(tip);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, name));
    response
}
