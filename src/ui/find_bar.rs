//! The find bar: what is looked for, how, and how many there are of it.

use std::sync::Arc;

use egui::text::{CCursor, CCursorRange, LayoutJob, TextFormat};
use egui::text_edit::TextEditState;
use egui::{
    Align, Button, ComboBox, Event, FontFamily, FontId, Frame, Galley, Id, Key, Layout, Margin, Panel,
    Response, RichText, Stroke, TextEdit, Ui, vec2,
};

use super::input;
use super::theme::Palette;
use crate::editor::{Command, Editor, FindField, FindSwitch, FindTone};
use crate::search::{Case, Kind, Number, QueryError, Width};
use crate::text::Encoding;

/// Below this width, in points, switches have a row of their own.
const NARROW: f32 = 1440.0;

/// Room for "1,234,567,890 of 1,234,567,890" and how far a search has come, in points.
const WORDS: f32 = 190.0;
const DETAIL: f32 = 190.0;

/// Draws the bar, if it is open. Returns what came behind a key that opened a dialog.
pub fn show(ui: &mut Ui, editor: &mut Editor) -> Vec<Event> {
    if !editor.find.is_open() || editor.tabs.is_empty() {
        return Vec::new();
    }
    enter_field(ui, editor);
    let is_free = editor.dialog.is_none() && !egui::Popup::is_any_open(ui.ctx());
    let held = if editor.find.has_keys() && is_free { keys(ui, editor) } else { Vec::new() };
    if !editor.find.is_open() {
        return held;
    }
    let palette = Palette::of(ui);
    let frame = Frame::new().fill(palette.chrome).inner_margin(Margin::symmetric(12, 6));
    Panel::bottom("find").frame(frame).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        let is_narrow = ui.available_width() < NARROW;
        let field = (ui.available_width() - if is_narrow { 690.0 } else { 1260.0 }).clamp(160.0, 420.0);
        let mut run = None;
        ui.horizontal(|ui| {
            pattern(ui, editor, field);
            if !is_narrow {
                switches(ui, editor, &mut run);
                encoding(ui, editor);
            }
            steps(ui, &mut run);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if button(ui, "✕", "Close find", "Close, and stay here (Esc goes back)").clicked() {
                    editor.close_find();
                }
                if button(ui, "Command", "Copy as command", "Copy the command that does this in a shell")
                    .clicked()
                {
                    run = Some(Command::CopyFindCommand);
                }
                if button(ui, "Lines", "List lines", "List the lines with this below (F7)").clicked() {
                    run = Some(Command::ListFoundLines);
                }
                words(ui, editor);
            });
        });
        if is_narrow {
            ui.horizontal(|ui| {
                switches(ui, editor, &mut run);
                encoding(ui, editor);
            });
        }
        if editor.find.has_replacement() {
            ui.horizontal(|ui| replacement(ui, editor, field, &mut run));
        }
        if let Some(command) = run {
            editor.run(command);
        }
    });
    held
}

/// The id of a field.
fn id(field: FindField) -> Id {
    match field {
        FindField::Pattern => Id::unique("find pattern"),
        FindField::Replacement => Id::unique("find replacement"),
    }
}

/// Gives a field the keyboard, before this frame's keys are looked at.
fn enter_field(ui: &Ui, editor: &mut Editor) {
    if editor.dialog.is_some() || !editor.find.has_keys() {
        // A question is answered first; and the list of lines may have taken the keys.
        let fields = [FindField::Pattern, FindField::Replacement].map(id);
        return ui.memory_mut(|memory| fields.into_iter().for_each(|field| memory.surrender_focus(field)));
    }
    if egui::Popup::is_any_open(ui.ctx()) {
        return;
    }
    let entered = editor.find.take_entered();
    let nobody = ui.memory(|memory| memory.focused().is_none());
    if let Some(field) = entered.or(nobody.then_some(FindField::Pattern)) {
        ui.memory_mut(|memory| memory.request_focus(id(field)));
    }
    if let Some(field) = entered {
        let text = match field {
            FindField::Pattern => &editor.find.query().text,
            FindField::Replacement => editor.find.replacement(),
        };
        let mut state = TextEditState::load(ui, id(field)).unwrap_or_default();
        let all = CCursorRange::two(CCursor::new(0), CCursor::new(text.chars().count()));
        state.cursor.set_char_range(Some(all));
        state.store(ui, id(field));
    }
}

/// Takes the keys that are not for a field of the bar.
fn keys(ui: &Ui, editor: &mut Editor) -> Vec<Event> {
    let events = ui.input_mut(|input| std::mem::take(&mut input.events));
    let focused = ui.memory(|memory| memory.focused());
    let field =
        [FindField::Pattern, FindField::Replacement].into_iter().find(|field| focused == Some(id(*field)));
    // winit tells the letter of Alt+letter as text too.
    let mut alt = ui.input(|input| input.modifiers.alt);
    let (mut kept, mut held) = (Vec::new(), Vec::new());
    for event in events {
        // What comes behind a key that gave the keys to something else is meant for that; and a command behind text is to
        // find that text in its field.
        let is_elsewhere = editor.dialog.is_some() || !editor.find.has_keys() || editor.find.wants_keys();
        if is_elsewhere || !held.is_empty() || (!kept.is_empty() && is_command(&event)) {
            held.push(event);
            continue;
        }
        match &event {
            Event::Key { key, physical_key, pressed: true, modifiers, .. } => {
                alt = modifiers.alt;
                let plain = !modifiers.any();
                match (field, key) {
                    (Some(_), Key::Enter) if modifiers.command && !modifiers.alt => editor.close_find(),
                    (Some(FindField::Pattern), Key::Enter) if plain || modifiers.shift => {
                        let forward = modifiers.shift == editor.find.is_backward();
                        editor.run(if forward { Command::FindNext } else { Command::FindPrevious });
                    }
                    (Some(FindField::Replacement), Key::Enter) if plain => editor.run(Command::ReplaceOne),
                    (Some(FindField::Pattern), Key::ArrowUp) if plain => editor.browse_find_history(true),
                    (Some(FindField::Pattern), Key::ArrowDown) if plain => editor.browse_find_history(false),
                    (Some(FindField::Replacement), Key::ArrowUp) if plain => editor.browse_replacements(true),
                    (Some(FindField::Replacement), Key::ArrowDown) if plain => {
                        editor.browse_replacements(false);
                    }
                    _ => match input::command(*key, *physical_key, *modifiers) {
                        Some(command) if !input::is_for_field(command) => editor.run(command),
                        _ => kept.push(event),
                    },
                }
            }
            Event::Text(_) if alt => {}
            _ => kept.push(event),
        }
    }
    ui.input_mut(|input| input.events = kept);
    held
}

/// Is it a key that does something other than to type?
fn is_command(event: &Event) -> bool {
    let Event::Key { key, physical_key, pressed: true, modifiers, .. } = event else {
        return false;
    };
    let moves = matches!(key, Key::Enter | Key::ArrowUp | Key::ArrowDown);
    let command = input::command(*key, *physical_key, *modifiers);
    moves || command.is_some_and(|command| !input::is_for_field(command))
}

fn pattern(ui: &mut Ui, editor: &mut Editor, width: f32) {
    let error = editor.tab().and_then(|tab| tab.search_error()).cloned();
    let mut text = editor.find.query().text.clone();
    let hint = if editor.find.is_backward() { "Find backwards" } else { "Find" };
    let names = ("Find", hint);
    let response = field(ui, editor, FindField::Pattern, names, &mut text, width, error.as_ref());
    if response.changed() {
        editor.type_find(text);
    }
    if editor.find.query().kind == Kind::Number {
        number(ui, editor);
    }
}

/// The row for what takes the place of matches.
fn replacement(ui: &mut Ui, editor: &mut Editor, width: f32, run: &mut Option<Command>) {
    let error = editor.replacement_error();
    let mut text = editor.find.replacement().to_owned();
    let names = ("Replace with", "Replace with");
    let response = field(ui, editor, FindField::Replacement, names, &mut text, width, error.as_ref());
    if response.changed() {
        editor.type_replacement(text);
    }
    let one =
        ("Replace", Command::ReplaceOne, "Replace this match and go on to the next (Enter, Ctrl+Shift+H)");
    let all = ("Replace all…", Command::ReplaceAll, "Shows the first changes, and asks (Ctrl+Alt+Enter)");
    for (label, command, tip) in [one, all] {
        let is_enabled = error.is_none() && editor.can(command) && !editor.find.query().text.is_empty();
        if ui.add_enabled(is_enabled, Button::new(label)).on_hover_text(tip).clicked() {
            *run = Some(command);
        }
    }
    if let Some(error) = error {
        let palette = Palette::of(ui);
        ui.add(egui::Label::new(RichText::new(error.message).color(palette.error)).truncate());
    }
}

/// A field for text of one line, in which what is wrong is underlined; with its name, and what an empty one says.
fn field(
    ui: &mut Ui,
    editor: &mut Editor,
    field: FindField,
    (name, hint): (&str, &str),
    text: &mut String,
    width: f32,
    error: Option<&QueryError>,
) -> Response {
    let palette = Palette::of(ui);
    let id = id(field);
    let wrong = error.map(|error| underlined(text, error));
    let mut layouter =
        |ui: &Ui, text: &dyn egui::TextBuffer, _: f32| layout(ui, text.as_str(), wrong.clone(), palette);
    let edit = TextEdit::singleline(text).id(id).desired_width(width).hint_text(hint).layouter(&mut layouter);
    let response = ui.add(edit);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::TextInput, true, name));
    if response.gained_focus() {
        editor.enter_find_field();
    }
    response
}

/// The bytes to underline for an error: where something is missing, what stands there.
fn underlined(text: &str, error: &QueryError) -> std::ops::Range<usize> {
    let floor = |at: usize| (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let ceil = |at: usize| (at..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len());
    let (start, end) = (floor(error.range.start), ceil(error.range.end));
    if start < end {
        return start..end;
    }
    match text[start..].chars().next() {
        Some(next) => start..start + next.len_utf8(),
        None => text.char_indices().next_back().map_or(0..0, |(last, _)| last..text.len()),
    }
}

fn layout(ui: &Ui, text: &str, wrong: Option<std::ops::Range<usize>>, palette: &Palette) -> Arc<Galley> {
    let font = FontId::new(13.5, FontFamily::Monospace);
    let plain = TextFormat::simple(font, palette.text);
    let mut job = LayoutJob { break_on_newline: false, ..LayoutJob::default() };
    job.wrap.max_width = f32::INFINITY;
    match wrong.filter(|wrong| wrong.end <= text.len()) {
        Some(wrong) => {
            let marked = TextFormat { underline: Stroke::new(2.0, palette.error), ..plain.clone() };
            job.append(&text[..wrong.start], 0.0, plain.clone());
            job.append(&text[wrong.clone()], 0.0, marked);
            job.append(&text[wrong.end..], 0.0, plain);
        }
        None => job.append(text, 0.0, plain),
    }
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

fn switches(ui: &mut Ui, editor: &Editor, run: &mut Option<Command>) {
    let query = editor.find.query();
    let (case, case_name, case_tip) = match query.case {
        Case::Smart => ("Aa", "Case: smart", "Case matters if the text has a capital letter (Alt+C)"),
        Case::Sensitive => ("Aa", "Case: exact", "Case matters (Alt+C)"),
        Case::Insensitive => ("aa", "Case: ignored", "Case does not matter (Alt+C)"),
    };
    let is_text = matches!(query.kind, Kind::Literal | Kind::Regex);
    let is_literal = query.kind == Kind::Literal;
    let switches = [
        (FindSwitch::Case, is_text, case, case_name, case_tip),
        (FindSwitch::WholeWord, is_text, "Word", "Whole words", "Only whole words (Alt+W)"),
        (FindSwitch::Regex, true, ".*", "Regular expression", "Regular expression (Alt+R)"),
        (
            FindSwitch::Hex,
            true,
            "Hex",
            "Bytes in hex",
            "Bytes in hex; ? stands for any digit: 4? DE ?? EF (Alt+X)",
        ),
        (FindSwitch::Number, true, "123", "Numbers", "Values as they are stored: 1, 0x20, 5..9 (Alt+N)"),
        (
            FindSwitch::Escapes,
            is_literal,
            "\\n",
            "Escapes",
            "\\n, \\t, \\xNN, \\u{…} stand for what they name (Alt+E)",
        ),
        (
            FindSwitch::InSelection,
            true,
            "In selection",
            "In selection",
            "Search only what is selected (Alt+S)",
        ),
    ];
    for (switch, is_enabled, label, name, tip) in switches {
        let is_on = editor.find_switch(switch);
        let command = Command::FindSwitch(switch);
        let is_enabled = is_enabled && editor.can(command);
        let response = ui.add_enabled(is_enabled, Button::selectable(is_on, label)).on_hover_text(tip);
        response.widget_info(|| {
            egui::WidgetInfo::selected(egui::accesskit::Role::Button, is_enabled, is_on, name)
        });
        if response.clicked() {
            *run = Some(command);
        }
    }
}

fn steps(ui: &mut Ui, run: &mut Option<Command>) {
    if button(ui, "↑", "Find previous", "The match before (Shift+F3)").clicked() {
        *run = Some(Command::FindPrevious);
    }
    if button(ui, "↓", "Find next", "The next match (F3)").clicked() {
        *run = Some(Command::FindNext);
    }
}

fn button(ui: &mut Ui, label: &str, name: &str, tip: &str) -> Response {
    let response = ui.button(label).on_hover_text(tip);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, name));
    response
}

/// How many there are, from right to left.
fn words(ui: &mut Ui, editor: &Editor) {
    let palette = Palette::of(ui);
    let words = editor.find_in_words();
    let color = match words.tone {
        FindTone::Plain => palette.text,
        FindTone::Warning => palette.warning,
        FindTone::Error => palette.error,
    };
    let width = if words.detail.is_empty() { WORDS + DETAIL } else { WORDS };
    let width = width.min(ui.available_width());
    let layout = Layout::left_to_right(Align::Center);
    let label = |ui: &mut Ui, width: f32, text: RichText| {
        ui.allocate_ui_with_layout(vec2(width.max(0.0), ui.available_height()), layout, |ui| {
            ui.set_min_width(width.max(0.0));
            ui.add(egui::Label::new(text).truncate());
        });
    };
    if !words.detail.is_empty() {
        label(ui, DETAIL.min(ui.available_width()), RichText::new(&words.detail).color(palette.dim));
    }
    label(ui, width.min(ui.available_width()), RichText::new(&words.text).color(color));
}

/// The encoding that text is looked for in.
fn encoding(ui: &mut Ui, editor: &mut Editor) {
    let query = editor.find.query();
    if !matches!(query.kind, Kind::Literal | Kind::Regex) {
        return;
    }
    let (now, palette) = (query.encoding, Palette::of(ui));
    let own = editor.tab().map_or("", |tab| tab.reading().encoding.name());
    let mut chosen = None;
    let shown = now.map_or("As document", Encoding::name);
    let list = ComboBox::from_id_salt("Encoding").width(104.0).height(420.0).selected_text(shown);
    let list = list.show_ui(ui, |ui| {
        ui.set_min_width(170.0);
        if ui.selectable_label(now.is_none(), format!("As document ({own})")).clicked() {
            chosen = Some(None);
        }
        let mut group = "";
        for encoding in Encoding::ALL {
            if encoding.group() != group {
                group = encoding.group();
                ui.label(RichText::new(group).small().color(palette.dim));
            }
            if ui.selectable_label(now == Some(*encoding), encoding.name()).clicked() {
                chosen = Some(Some(*encoding));
            }
        }
    });
    let tip = "Look for text as this encoding stores it, such as UTF-16 in a binary file";
    let response = list.response.on_hover_text(tip);
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::accesskit::Role::ComboBox, true, "Encoding searched in")
    });
    if let Some(chosen) = chosen {
        editor.change_query(|query| query.encoding = chosen);
    }
}

/// How the numbers that are looked for are stored.
fn number(ui: &mut Ui, editor: &mut Editor) {
    let now = editor.find.query().number;
    let kind = match (now.signed, now.float) {
        (_, true) => "float",
        (true, false) => "signed",
        (false, false) => "unsigned",
    };
    let width = format!("{} bits", 8 * now.width.bytes());
    let widths = [Width::W8, Width::W16, Width::W32, Width::W64];
    let widths = widths.map(|width| (format!("{} bits", 8 * width.bytes()), Number { width, ..now }));
    let kinds = [
        ("unsigned".to_owned(), Number { signed: false, float: false, ..now }),
        ("signed".to_owned(), Number { signed: true, float: false, ..now }),
        ("float".to_owned(), Number { signed: false, float: true, ..now }),
    ];
    let order = |big| if big { "big endian" } else { "little endian" };
    let orders = [false, true].map(|big_endian| (order(big_endian).to_owned(), Number { big_endian, ..now }));
    let of_width = choice(ui, "Width", 66.0, &width, &widths);
    let of_kind = choice(ui, "Kind of number", 78.0, kind, &kinds);
    let of_order = choice(ui, "Byte order", 96.0, order(now.big_endian), &orders);
    if let Some(chosen) = of_width.or(of_kind).or(of_order) {
        editor.change_query(|query| query.number = chosen);
    }
}

/// A list to choose from.
fn choice<T: Copy>(ui: &mut Ui, name: &str, width: f32, now: &str, choices: &[(String, T)]) -> Option<T> {
    let mut chosen = None;
    let list = ComboBox::from_id_salt(name).width(width).selected_text(now).show_ui(ui, |ui| {
        for (text, value) in choices {
            if ui.selectable_label(text == now, text).clicked() {
                chosen = Some(*value);
            }
        }
    });
    list.response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::ComboBox, true, name));
    chosen
}
