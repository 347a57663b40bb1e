//! Finding in many files: what for, where, and below that the list of what was found.

use egui::{Align, Button, ComboBox, Event, Id, Key, Layout, Rect, RichText, TextEdit, Ui, pos2, vec2};

use super::grid::Grid;
use super::list_rows::{self, List, Pressed, Rows, ground, named, take_keys};
use super::text_row::{Ink, Place, paint_line};
use super::theme::Palette;
use crate::editor::{Editor, FoundRow, FoundRows, SearchedPlace};
use crate::hex::{self, grouped};
use crate::search::{Case, Kind};
use crate::text::LineEnding;

/// Points around the line numbers.
const GAP: f32 = 10.0;

/// Room for the numbers of lines, in cells.
const DIGITS: f32 = 12.0;

/// Largest files to choose from, in bytes.
const SIZES: [(Option<u64>, &str); 5] = [
    (None, "any size"),
    (Some(1 << 20), "up to 1 MiB"),
    (Some(10 << 20), "up to 10 MiB"),
    (Some(100 << 20), "up to 100 MiB"),
    (Some(1 << 30), "up to 1 GiB"),
];

/// What of the pane can have the keys.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Pattern,
    Folder,
    Names,
    Rows,
}

impl Part {
    const FIELDS: [Self; 3] = [Self::Pattern, Self::Folder, Self::Names];

    fn id(self) -> Id {
        Id::unique(match self {
            Self::Pattern => "find in files pattern",
            Self::Folder => "find in files folder",
            Self::Names => "find in files names",
            Self::Rows => "find in files rows",
        })
    }
}

/// Draws the list, if it is open. Returns what came behind a key that opened a dialog.
pub fn show(ui: &mut Ui, editor: &mut Editor, grid: &Grid) -> Vec<Event> {
    if !editor.find_in_files.is_open() {
        return Vec::new();
    }
    let held = take_keys::<FoundInFiles>(ui, editor);
    if !editor.find_in_files.is_open() {
        return held;
    }
    list_rows::panel(ui, "find in files", (280.0, 130.0), |ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        ui.horizontal(|ui| pattern(ui, editor));
        ui.horizontal_wrapped(|ui| files(ui, editor));
        let rect = ground(ui);
        rows(ui, editor, grid, rect);
    });
    held
}

/// The list of what was found in files.
enum FoundInFiles {}

impl List for FoundInFiles {
    const NAME: &str = "Found in files";

    fn rows() -> Id {
        Part::Rows.id()
    }

    fn fields(_editor: &Editor) -> Vec<Id> {
        Part::FIELDS.into_iter().map(Part::id).collect()
    }

    fn has_keys(editor: &Editor) -> bool {
        editor.find_in_files.has_keys()
    }

    fn give_keys(editor: &mut Editor, gives: bool) {
        editor.give_keys_to_find_in_files(gives);
    }

    fn take_entered(editor: &mut Editor) -> Option<Id> {
        editor.find_in_files.take_entered().then(|| Part::Pattern.id())
    }

    fn wants_keys(editor: &Editor) -> bool {
        editor.find_in_files.wants_keys()
    }

    fn escape(editor: &mut Editor) {
        editor.escape_find_in_files();
    }

    fn enter(editor: &mut Editor) {
        if let Some(here) = editor.find_in_files.here() {
            editor.go_to_found(here);
            editor.give_keys_to_find_in_files(false);
        }
    }

    fn step(editor: &mut Editor, rows: i64, page: usize) {
        editor.step_in_found(rows, page);
    }

    fn key(ui: &Ui, editor: &mut Editor, pressed: &Pressed) -> bool {
        let field = Part::FIELDS.into_iter().find(|part| pressed.focused == Some(part.id()));
        match (field, pressed.key) {
            (Some(_), Key::Enter) if pressed.is_plain() => editor.find_in_files_now(),
            (Some(Part::Pattern), Key::ArrowDown) if pressed.is_plain() => {
                ui.memory_mut(|memory| memory.request_focus(Part::Rows.id()));
                editor.step_in_found(0, pressed.page);
            }
            _ => return false,
        }
        true
    }

    fn scroll(editor: &mut Editor, rows: f32) {
        editor.scroll_found(rows);
    }

    fn scroll_to(editor: &mut Editor, number: u64) {
        editor.scroll_found_to(number);
    }

    fn go_to(editor: &mut Editor, number: u64) {
        editor.go_to_found(number);
    }
}

/// What is looked for, and how much was found.
fn pattern(ui: &mut Ui, editor: &mut Editor) {
    let palette = Palette::of(ui);
    ui.set_width(ui.available_width() - 12.0);
    let mut query = editor.find_in_files.query().clone();
    let width = (ui.available_width() * 0.36).clamp(140.0, 420.0);
    field(ui, editor, Part::Pattern, "Find in files", "Find in files", &mut query.text, width);
    let is_text = matches!(query.kind, Kind::Literal | Kind::Regex);
    let (case, case_tip) = match query.case {
        Case::Smart => ("Aa", "Case matters if the text has a capital letter"),
        Case::Sensitive => ("Aa", "Case matters"),
        Case::Insensitive => ("aa", "Case does not matter"),
    };
    if switch(ui, is_text, query.case != Case::Smart, case, "Case in files", case_tip) {
        query.case = match query.case {
            Case::Smart => Case::Sensitive,
            Case::Sensitive => Case::Insensitive,
            Case::Insensitive => Case::Smart,
        };
    }
    if switch(ui, is_text, query.whole_word, "Word", "Whole words in files", "Only whole words") {
        query.whole_word = !query.whole_word;
    }
    let kinds = [
        (Kind::Regex, ".*", "Regular expression in files", "Regular expression"),
        (
            Kind::Hex,
            "Hex",
            "Bytes in files",
            "Bytes in hex; ? stands for any digit. Finds them in binary files too, if those are searched",
        ),
    ];
    for (kind, label, name, tip) in kinds {
        if switch(ui, true, query.kind == kind, label, name, tip) {
            query.kind = if query.kind == kind { Kind::Literal } else { kind };
        }
    }
    if query != *editor.find_in_files.query() {
        editor.change_file_query(|now| *now = query);
    }
    if ui.button("Search").on_hover_text("Searches from the start (Enter)").clicked() {
        editor.find_in_files_now();
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if named(ui, "✕", "Close find in files", "Close the list (Esc)").clicked() {
            editor.close_find_in_files();
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let (text, color) = match editor.find_in_files.error() {
                Some(error) => (error.message.clone(), palette.error),
                None => match editor.find_in_files_in_words() {
                    (text, true) => (text, palette.warning),
                    (text, false) => (text, palette.text),
                },
            };
            ui.add(egui::Label::new(RichText::new(text).color(color)).truncate());
        });
    });
}

/// Which files are searched.
fn files(ui: &mut Ui, editor: &mut Editor) {
    let mut choices = editor.file_choices().clone();
    let place = |place| match place {
        SearchedPlace::Folder => "In folder",
        SearchedPlace::Documents => "In open documents",
    };
    let list = ComboBox::from_id_salt("searched place")
        .width(130.0)
        .selected_text(place(choices.place))
        .show_ui(ui, |ui| {
            for choice in [SearchedPlace::Folder, SearchedPlace::Documents] {
                ui.selectable_value(&mut choices.place, choice, place(choice));
            }
        });
    list.response
        .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::ComboBox, true, "Searched place"));
    if choices.place == SearchedPlace::Folder {
        let width = (ui.available_width() * 0.3).clamp(140.0, 420.0);
        field(ui, editor, Part::Folder, "Folder", "Folder", &mut choices.folder, width);
        let chooses = ui.button("Choose…").on_hover_text("Choose a folder").clicked();
        field(ui, editor, Part::Names, "Names of files", "*.log, !old/**", &mut choices.names, 150.0);
        let switches = [
            (&mut choices.hidden, "Hidden", "Files too whose names begin with a dot"),
            (&mut choices.ignored, "Ignored", "Files too that a .gitignore leaves out"),
            (&mut choices.binary, "Binary", "Files too that are no text, compressed ones as they are"),
        ];
        for (on, label, tip) in switches {
            if switch(ui, true, *on, label, label, tip) {
                *on = !*on;
            }
        }
        let size = SIZES.iter().find(|(size, _)| *size == choices.largest).map_or("", |(_, name)| name);
        let list =
            ComboBox::from_id_salt("largest file").width(104.0).selected_text(size).show_ui(ui, |ui| {
                for (size, name) in SIZES {
                    ui.selectable_value(&mut choices.largest, size, name);
                }
            });
        list.response
            .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::ComboBox, true, "Largest file"));
        if chooses {
            editor.choose_folder();
        }
    }
    if choices != *editor.file_choices() {
        editor.change_file_choices(|now| *now = choices);
    }
}

fn switch(ui: &mut Ui, is_enabled: bool, on: bool, label: &str, name: &str, tip: &str) -> bool {
    let response = ui.add_enabled(is_enabled, Button::selectable(on, label)).on_hover_text(tip);
    response.widget_info(|| egui::WidgetInfo::selected(egui::accesskit::Role::Button, is_enabled, on, name));
    response.clicked()
}

fn field(
    ui: &mut Ui,
    editor: &mut Editor,
    part: Part,
    name: &str,
    hint: &str,
    text: &mut String,
    width: f32,
) {
    let response = ui.add(TextEdit::singleline(text).id(part.id()).desired_width(width).hint_text(hint));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::TextInput, true, name));
    if response.gained_focus() {
        editor.give_keys_to_find_in_files(true);
    }
}

fn rows(ui: &Ui, editor: &mut Editor, grid: &Grid, rect: Rect) {
    let rows = Rows::new::<FoundInFiles>(ui, editor, grid, rect);
    let found = editor.found_rows(rows.full);
    let top = rows.body.top() - (found.fraction * grid.cell.y).round();
    paint(ui, grid, rows.body, top, &found);
    rows.take_mouse::<FoundInFiles>(ui, editor, grid, top, (found.top, found.rows.len(), found.total));
}

fn paint(ui: &Ui, grid: &Grid, body: Rect, top: f32, found: &FoundRows) {
    let palette = Palette::of(ui);
    let painter = ui.painter().with_clip_rect(body);
    let left = body.left() + DIGITS * grid.cell.x + 2.0 * GAP;
    let columns = ((body.right() - left) / grid.cell.x).max(1.0) as u64;
    for (index, row) in found.rows.iter().enumerate() {
        let y = top + index as f32 * grid.cell.y;
        let whole = Rect::from_min_max(pos2(body.left(), y), pos2(body.right(), y + grid.cell.y));
        let is_here = found.here == Some(found.top + index as u64);
        if is_here {
            painter.rect_filled(whole, 0.0, palette.selection_aside);
        }
        match row {
            FoundRow::File { name, lines, trouble } => {
                if !is_here {
                    painter.rect_filled(whole, 0.0, palette.current_line);
                }
                let at = pos2(body.left() + GAP, y);
                grid.text(&painter, at, name, palette.accent);
                let (aside, color) = match trouble {
                    Some(trouble) => (trouble.clone(), palette.error),
                    None => (grouped(*lines), palette.dim),
                };
                let gap = if name.is_empty() { 0.0 } else { name.chars().count() as f32 + 2.0 };
                grid.text(&painter, at + vec2(gap * grid.cell.x, 0.0), &aside, color);
            }
            FoundRow::Line { number, bytes, marks, reading, binary, .. } => {
                let number = if *binary { format!("{number:010X}") } else { grouped(number + 1) };
                let width = number.chars().count() as f32 * grid.cell.x;
                grid.text(&painter, pos2(left - GAP - width, y), &number, palette.gutter);
                let mut at = pos2(left, y);
                if *binary {
                    hex_row(&painter, grid, at, bytes, marks, palette);
                    continue;
                }
                let Some(line) = row.fitted(columns) else { continue };
                if line.is_cut {
                    grid.text(&painter, at, "…", palette.dim);
                    at.x += grid.cell.x;
                }
                let ink = Ink {
                    palette,
                    reading: *reading,
                    shows_whitespace: false,
                    line_ending: LineEnding::Lf,
                    selected: Vec::new(),
                    selection: palette.selection_aside,
                };
                let marks: Vec<_> = line.marks.into_iter().map(|mark| (mark, palette.found)).collect();
                paint_line(&painter, &Place { grid, left: 0, origin: at }, &line.page, &ink, &marks);
            }
        }
    }
}

fn hex_row(
    painter: &egui::Painter,
    grid: &Grid,
    at: egui::Pos2,
    bytes: &[u8],
    marks: &[std::ops::Range<u64>],
    palette: &Palette,
) {
    for mark in marks {
        let x = |column: u64| at.x + (3 * column) as f32 * grid.cell.x;
        let end = (x(mark.end) - grid.cell.x).max(x(mark.start));
        let ground = Rect::from_min_max(pos2(x(mark.start), at.y), pos2(end, at.y + grid.cell.y));
        painter.rect_filled(ground, 0.0, palette.found);
    }
    grid.text(painter, at, &hex::to_hex(bytes), palette.text);
    let decoded: String =
        bytes.iter().map(|byte| hex::decoded(*byte, crate::text::Encoding::UTF_8)).collect();
    grid.text(painter, at + vec2(49.0 * grid.cell.x, 0.0), &decoded, palette.dim);
}
