use egui::{Button, DragValue, Id, Response, RichText, TextEdit, Ui};

use super::super::list_rows::named;
use super::super::theme::Palette;
use crate::editor::{COLORS, Editor, FilterEntry, FilterRole, MOST_CONTEXT};
use crate::search::{Case, Kind};

/// Points between what belongs together.
const SPACE: f32 = 6.0;

pub(super) fn field_id(entry: usize) -> Id {
    Id::unique("line list filter").with(entry)
}

pub(super) fn record_id() -> Id {
    Id::unique("line list record")
}

/// Draws a row for each filter.
pub(super) fn filters(ui: &mut Ui, editor: &mut Editor) {
    let entries = editor.line_list.entries().to_vec();
    let mut next: Option<Vec<FilterEntry>> = None;
    for (index, entry) in entries.iter().enumerate() {
        let mut changed = entry.clone();
        let is_removed = ui.horizontal(|ui| filter(ui, editor, index, &mut changed)).inner;
        if is_removed || changed != *entry {
            let mut all = entries.clone();
            if is_removed {
                all.remove(index);
            } else {
                all[index] = changed;
            }
            next = Some(all);
        }
    }
    if let Some(next) = next {
        editor.change_filters(|set| set.entries = next);
    }
}

/// True if it is to be removed.
fn filter(ui: &mut Ui, editor: &mut Editor, index: usize, entry: &mut FilterEntry) -> bool {
    let palette = Palette::of(ui);
    let number = index + 1;
    ui.spacing_mut().item_spacing.x = SPACE;
    let on = format!("Filter {number} on");
    if switch(ui, entry.is_on, if entry.is_on { "On" } else { "Off" }, &on, "Is this filter used?") {
        entry.is_on = !entry.is_on;
    }
    let (label, next) = match entry.role {
        FilterRole::Show => ("Show", FilterRole::Hide),
        FilterRole::Hide => ("Hide", FilterRole::Color),
        FilterRole::Color => ("Colour", FilterRole::Show),
    };
    let name = format!("Filter {number}: {}", label.to_lowercase());
    let tip =
        "Show the lines with this text, or hide them, or only give the text a colour wherever it stands";
    let size = egui::vec2(ROLE, ui.spacing().interact_size.y);
    let button = ui.add_sized(size, Button::new(label)).on_hover_text(tip);
    button.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, &name));
    if button.clicked() {
        entry.role = next;
    }
    let edit = TextEdit::singleline(&mut entry.query.text).id(field_id(index)).desired_width(300.0);
    let hint = if entry.role == FilterRole::Color { "Text to colour" } else { "Text of lines" };
    field(ui, editor, edit.hint_text(hint), &format!("Filter {number}"));
    let (case, tip) = match entry.query.case {
        Case::Smart => ("Aa", "Case matters if the text has a capital letter"),
        Case::Sensitive => ("Aa", "Case matters"),
        Case::Insensitive => ("aa", "Case does not matter"),
    };
    if switch(ui, entry.query.case != Case::Smart, case, &format!("Filter {number} case"), tip) {
        entry.query.case = match entry.query.case {
            Case::Smart => Case::Sensitive,
            Case::Sensitive => Case::Insensitive,
            Case::Insensitive => Case::Smart,
        };
    }
    let is_regex = entry.query.kind == Kind::Regex;
    let name = format!("Filter {number} regular expression");
    if switch(ui, is_regex, ".*", &name, "Regular expression") {
        entry.query.kind = if is_regex { Kind::Literal } else { Kind::Regex };
    }
    if entry.role != FilterRole::Hide {
        let swatch = Button::new("").fill(palette.markers[usize::from(entry.color) % palette.markers.len()]);
        let size = egui::vec2(SWATCH, ui.spacing().interact_size.y);
        let response = ui.add_sized(size, swatch).on_hover_text("The colour of this text");
        let name = format!("Filter {number} colour");
        response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, &name));
        if response.clicked() {
            entry.color = (entry.color + 1) % COLORS;
        }
    } else {
        ui.add_space(SWATCH + SPACE);
    }
    let is_removed = named(ui, "✕", &format!("Remove filter {number}"), "Remove this filter").clicked();
    if let Some(error) = editor.filter_error(index) {
        ui.add(egui::Label::new(RichText::new(&error.message).color(palette.error)).truncate());
    }
    is_removed
}

/// Points that the longest name of a role takes.
const ROLE: f32 = 58.0;

/// Points that a colour takes.
const SWATCH: f32 = 28.0;

/// Draws what is said of all filters together.
pub(super) fn options(ui: &mut Ui, editor: &mut Editor) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = SPACE;
        if ui.button("Add filter").on_hover_text("One more text to show, to hide or to colour").clicked() {
            editor.add_filter();
            editor.give_keys_to_line_list(true);
        }
        sets(ui, editor);
        ui.add_space(SPACE);
        let set = editor.line_list.set();
        let (mut context, mut record) = (set.context, set.record.clone());
        ui.label("Lines around");
        let value = DragValue::new(&mut context).range(0..=MOST_CONTEXT).speed(0.1);
        let response = ui.add(value);
        let name = "Lines around each match";
        response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::SpinButton, true, name));
        let response =
            response.on_hover_text("So many lines before and behind each match are listed with it");
        if response.changed() {
            editor.change_filters(|set| set.context = context);
        }
        ui.add_space(SPACE);
        let is_on = editor.line_list.set().records;
        let tip = "Take lines together, as a stack trace with the line that it belongs to";
        if switch(ui, is_on, "Records", "Records", tip) {
            editor.toggle_records();
        }
        if is_on {
            let edit = TextEdit::singleline(&mut record).id(record_id()).desired_width(300.0);
            let edit = edit.font(egui::TextStyle::Monospace).hint_text("Regex that begins a record");
            if field(ui, editor, edit, "Begins a record").changed() {
                editor.change_filters(|set| set.record = record);
            }
            if let Some(error) = editor.record_error() {
                ui.add(egui::Label::new(RichText::new(&error.message).color(palette.error)).truncate());
            }
        }
    });
    ui.add_space(2.0);
}

/// Filters and colours, kept under names.
fn sets(ui: &mut Ui, editor: &mut Editor) {
    let names: Vec<String> = editor.filter_sets().map(str::to_owned).collect();
    let menu = egui::containers::menu::MenuConfig::new()
        .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside);
    let button = egui::containers::menu::MenuButton::new("Sets").config(menu);
    button.ui(ui, |ui| {
        for name in &names {
            ui.horizontal(|ui| {
                if ui.button(name).on_hover_text("Use these filters and colours").clicked() {
                    editor.use_filter_set(name);
                    ui.close();
                }
                let tip = "Forget this set";
                if named(ui, "✕", &format!("Forget {name}"), tip).clicked() {
                    editor.forget_filter_set(name);
                }
            });
        }
        if !names.is_empty() {
            ui.separator();
        }
        ui.horizontal(|ui| {
            let id = Id::unique("line list set");
            let mut name = ui.data(|data| data.get_temp::<String>(id)).unwrap_or_default();
            let edit = TextEdit::singleline(&mut name).desired_width(160.0).hint_text("Name");
            let field = ui.add(edit);
            let info =
                || egui::WidgetInfo::labeled(egui::accesskit::Role::TextInput, true, "Name of the set");
            field.widget_info(info);
            let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            let keeps = ui.add_enabled(!name.trim().is_empty(), Button::new("Keep as set")).clicked();
            if keeps || is_entered {
                editor.keep_filter_set(&name);
                name.clear();
                ui.close();
            }
            ui.data_mut(|data| data.insert_temp(id, name));
        });
    });
}

fn field(ui: &mut Ui, editor: &mut Editor, edit: TextEdit<'_>, name: &str) -> Response {
    let field = ui.add(edit);
    field.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::TextInput, true, name));
    if field.gained_focus() {
        editor.give_keys_to_line_list(true);
    }
    field
}

fn switch(ui: &mut Ui, on: bool, label: &str, name: &str, tip: &str) -> bool {
    let response = ui.add(Button::selectable(on, label)).on_hover_text(tip);
    response.widget_info(|| egui::WidgetInfo::selected(egui::accesskit::Role::Button, true, on, name));
    response.clicked()
}
