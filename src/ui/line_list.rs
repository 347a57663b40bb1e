//! The lines that match, in a list below the document, and the filters that say which these are.

use egui::{
    Align, Button, Event, Frame, Id, Key, Layout, Margin, Panel, Pos2, Rect, RichText, TextEdit, Ui, pos2,
    vec2,
};

use super::grid::Grid;
use super::input;
use super::list_rows::{self, Rows};
use super::scrollbar::scrollbar;
use super::text_row::{Ink, paint_line};
use super::theme::Palette;
use crate::document::Count;
use crate::editor::Command;
use crate::editor::{Editor, FilterEntry, LinesDeed, ListedLines};
use crate::hex::{self, grouped};
use crate::search::{Case, Kind};
use crate::text::Encoding;

/// Points around the line numbers.
const GAP: f32 = 10.0;

/// Draws the list, if it is open. Returns what came behind a key that opened a dialog.
pub fn show(ui: &mut Ui, editor: &mut Editor, grid: &Grid) -> Vec<Event> {
    if !editor.line_list.is_open() || editor.tabs.is_empty() {
        return Vec::new();
    }
    let is_free = editor.dialog.is_none() && !egui::Popup::is_any_open(ui.ctx());
    let mut held = Vec::new();
    if editor.dialog.is_some() {
        // A question is answered first.
        ui.memory_mut(|memory| {
            memory.surrender_focus(rows_id());
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
    if !editor.line_list.is_open() {
        return held;
    }
    let palette = Palette::of(ui);
    let frame =
        Frame::new().fill(palette.chrome).inner_margin(Margin { left: 12, right: 0, top: 6, bottom: 0 });
    Panel::bottom("line list").resizable(true).default_size(240.0).min_size(110.0).frame(frame).show(
        ui,
        |ui| {
            header(ui, editor);
            filters(ui, editor);
            let rect = ui.available_rect_before_wrap();
            let rect = Rect::from_min_max(pos2(ui.max_rect().left() - 12.0, rect.top()), rect.max);
            ui.painter().rect_filled(rect, 0.0, palette.content);
            rows(ui, editor, grid, rect);
            ui.advance_cursor_after_rect(rect);
        },
    );
    held
}

fn rows_id() -> Id {
    Id::unique("line list rows")
}

fn field_id(entry: usize) -> Id {
    Id::unique("line list filter").with(entry)
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
        ui.label(RichText::new(editor.line_list_in_words()).color(palette.text));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if named(ui, "✕", "Close list", "Close the list (Esc)").clicked() {
                editor.close_line_list();
            }
            let deeds = [
                ("Keep only these", LinesDeed::Keep, "Deletes all other lines"),
                ("Delete", LinesDeed::Delete, "Deletes these lines"),
                ("Save as…", LinesDeed::Save, "Saves these lines to a file"),
                ("Copy", LinesDeed::Copy, "Copies these lines"),
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
            if ui.button("Add filter").on_hover_text("One more text to show or to hide").clicked() {
                editor.add_filter();
                editor.give_keys_to_line_list(true);
            }
        });
    });
    if let Some(command) = run {
        editor.run(command);
    }
}

fn named(ui: &mut Ui, label: &str, name: &str, tip: &str) -> egui::Response {
    let response = ui.button(label).on_hover_text(tip);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, name));
    response
}

fn filters(ui: &mut Ui, editor: &mut Editor) {
    let palette = Palette::of(ui);
    let entries = editor.line_list.entries().to_vec();
    let mut next: Option<Vec<FilterEntry>> = None;
    for (index, entry) in entries.iter().enumerate() {
        let mut changed = entry.clone();
        let mut removed = false;
        let number = index + 1;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let switch = |ui: &mut Ui, on: bool, label: &str, name: String, tip: &str| {
                let response = ui.add(Button::selectable(on, label)).on_hover_text(tip);
                let info =
                    || egui::WidgetInfo::selected(egui::accesskit::Role::Button, true, on, name.clone());
                response.widget_info(info);
                response.clicked()
            };
            let on = format!("Filter {number} on");
            if switch(ui, entry.is_on, if entry.is_on { "On" } else { "Off" }, on, "Is this filter used?") {
                changed.is_on = !entry.is_on;
            }
            let label = if entry.hides { "Hide" } else { "Show" };
            let name = format!("Filter {number}: {}", label.to_lowercase());
            if switch(ui, false, label, name, "Show or hide the lines with this text") {
                changed.hides = !entry.hides;
            }
            let edit = TextEdit::singleline(&mut changed.query.text).id(field_id(index)).desired_width(300.0);
            let field = ui.add(edit.hint_text("Text of lines"));
            let name = format!("Filter {number}");
            field.widget_info(|| {
                egui::WidgetInfo::labeled(egui::accesskit::Role::TextInput, true, name.clone())
            });
            if field.gained_focus() {
                editor.give_keys_to_line_list(true);
            }
            let (case, tip) = match entry.query.case {
                Case::Smart => ("Aa", "Case matters if the text has a capital letter"),
                Case::Sensitive => ("Aa", "Case matters"),
                Case::Insensitive => ("aa", "Case does not matter"),
            };
            let name = format!("Filter {number} case");
            if switch(ui, entry.query.case != Case::Smart, case, name, tip) {
                changed.query.case = match entry.query.case {
                    Case::Smart => Case::Sensitive,
                    Case::Sensitive => Case::Insensitive,
                    Case::Insensitive => Case::Smart,
                };
            }
            let is_regex = entry.query.kind == Kind::Regex;
            if switch(ui, is_regex, ".*", format!("Filter {number} regular expression"), "Regular expression")
            {
                changed.query.kind = if is_regex { Kind::Literal } else { Kind::Regex };
            }
            if !entry.hides {
                let swatch = Button::new("    ").fill(palette.markers[usize::from(entry.color) % 9]);
                let response = ui.add(swatch).on_hover_text("The colour of this text");
                let name = format!("Filter {number} colour");
                response.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, name.clone())
                });
                if response.clicked() {
                    changed.color = (entry.color + 1) % 9;
                }
            }
            removed = named(ui, "✕", &format!("Remove filter {number}"), "Remove this filter").clicked();
            if let Some(error) = editor.filter_error(index) {
                ui.add(egui::Label::new(RichText::new(&error.message).color(palette.error)).truncate());
            }
        });
        if removed || changed != *entry {
            let mut all = entries.clone();
            if removed {
                all.remove(index);
            } else {
                all[index] = changed;
            }
            next = Some(all);
        }
    }
    if let Some(next) = next {
        editor.change_filters(|entries| *entries = next);
    }
}

fn rows(ui: &Ui, editor: &mut Editor, grid: &Grid, rect: Rect) {
    let rows = Rows::new(ui, grid, rect, rows_id(), "Matching lines");
    if rows.turned != 0.0 {
        editor.scroll_list(rows.turned);
    }
    let listed = editor.listed_lines(rows.full);
    let top = rows.body.top() - (listed.fraction * grid.cell.y).round();
    paint(ui, editor, grid, rows.body, top, rows.columns, &listed);
    if let Some(row) = rows.clicked(grid, top).filter(|row| *row < listed.lines.len() as u64) {
        editor.go_to_listed(listed.top + row);
        editor.give_keys_to_line_list(true);
        ui.memory_mut(|memory| memory.request_focus(rows_id()));
    }
    let (full, last) = (rows.full as u64, listed.total.saturating_sub(rows.full as u64));
    if let Some(to) = scrollbar(ui, rows.bar, "Matching lines scrollbar", true, listed.top, last, full) {
        editor.scroll_list_to(to);
    }
}

fn paint(
    ui: &Ui,
    editor: &mut Editor,
    grid: &Grid,
    body: Rect,
    top: f32,
    columns: u64,
    listed: &ListedLines,
) {
    let palette = Palette::of(ui);
    let painter = ui.painter().with_clip_rect(body);
    let bytes_per_row = editor.tab().map_or(16, |tab| u64::from(tab.hex.rows().bytes_per_row()));
    let Some(decoded) = editor.tab().map(|tab| editor.decoded_as(tab)) else { return };
    let Some(tab) = editor.tab_mut() else { return };
    let id = tab.id;
    let by_lines = tab.lists_lines();
    let lines = match tab.lines() {
        Count::Exact(lines) | Count::About(lines) => lines,
    };
    let digits = if by_lines { grouped(lines).len().max(4) + 1 } else { 12 };
    let left = body.left() + digits as f32 * grid.cell.x + 2.0 * GAP;
    let mut wanted = Vec::new();
    let ink = Ink {
        palette,
        reading: tab.reading(),
        shows_whitespace: false,
        line_ending: tab.line_ending,
        selected: Vec::new(),
        selection: palette.selection_aside,
    };
    for (index, line) in listed.lines.iter().enumerate() {
        let y = top + index as f32 * grid.cell.y;
        if listed.here == Some(listed.top + index as u64) {
            let row = Rect::from_min_max(pos2(body.left(), y), pos2(body.right(), y + grid.cell.y));
            painter.rect_filled(row, 0.0, palette.selection_aside);
        }
        let at = pos2(left, y);
        let Some(start) = *line else {
            grid.text(&painter, at, "…", palette.dim);
            continue;
        };
        let number = match (by_lines, tab.document.snapshot().line_at(start)) {
            (false, _) => format!("{start:010X}"),
            (true, Count::Exact(line)) => grouped(line + 1),
            (true, Count::About(line)) => format!("~{}", grouped(line + 1)),
        };
        let width = number.chars().count() as f32 * grid.cell.x;
        grid.text(&painter, pos2(left - GAP - width, y), &number, palette.gutter);
        if by_lines {
            let page = tab.line_page(start, columns);
            wanted.extend(page.pending.iter().cloned());
            let marks: Vec<_> = tab
                .marked_in_list(&page.range())
                .into_iter()
                .map(|(range, color)| (range, palette.markers[usize::from(color) % 9]))
                .collect();
            paint_line(&painter, grid, &page, &ink, at, &marks);
        } else {
            let range = start..(start + bytes_per_row).min(tab.document.len());
            let window = tab.document.snapshot().try_read(range.clone());
            wanted.extend(window.gaps.iter().map(|(gap, _)| gap.clone()));
            for (found, color) in tab.marked_in_list(&range) {
                let color = palette.markers[usize::from(color) % 9];
                let from = found.start.max(range.start) - range.start;
                let to = found.end.min(range.end) - range.start;
                let x = |column: u64| left + (3 * column) as f32 * grid.cell.x;
                let rect = Rect::from_min_max(pos2(x(from), y), pos2(x(to) - grid.cell.x, y + grid.cell.y));
                painter.rect_filled(rect, 0.0, color);
            }
            hex_row(grid, &painter, at, &window.bytes, (bytes_per_row, decoded), palette);
        }
    }
    for range in wanted {
        editor.fetch(id, range);
    }
}

fn hex_row(
    grid: &Grid,
    painter: &egui::Painter,
    at: Pos2,
    bytes: &[u8],
    (bytes_per_row, encoding): (u64, Encoding),
    palette: &Palette,
) {
    grid.text(painter, at, &hex::to_hex(bytes), palette.text);
    let decoded: String = bytes.iter().map(|byte| hex::decoded(*byte, encoding)).collect();
    let aside = at + vec2((3 * bytes_per_row + 1) as f32 * grid.cell.x, 0.0);
    grid.text(painter, aside, &decoded, palette.dim);
}
