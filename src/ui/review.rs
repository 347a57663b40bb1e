//! The edits of the document, in a list below it: old and new, where they are, and what can be done with them.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Button, Color32, Event, Id, Key, Layout, Rect, RichText, Stroke, Ui, pos2};

use super::grid::Grid;
use super::list_rows::{self, List, Pressed, Rows, ground, named, take_keys};
use super::theme::Palette;
use crate::document::{Count, Since, Snapshot};
use crate::editor::{Command, Editor, Mode, PatchDeed, ReviewedEdit};
use crate::hex::{self, grouped};
use crate::text::Encoding;

/// Points beside the line numbers and offsets.
const GAP: f32 = 10.0;

/// Narrower than this, in points, the header takes two lines.
const NARROW: f32 = 720.0;

/// Draws the list, if it is open. Returns what came behind a key that opened a dialog.
pub fn show(ui: &mut Ui, editor: &mut Editor, grid: &Grid) -> Vec<Event> {
    if !editor.review_list.is_open() || editor.tabs.is_empty() {
        return Vec::new();
    }
    let held = take_keys::<Edits>(ui, editor);
    if !editor.review_list.is_open() {
        return held;
    }
    list_rows::panel(ui, "review", (240.0, 90.0), |ui| {
        header(ui, editor);
        let rect = ground(ui);
        rows(ui, editor, grid, rect);
    });
    held
}

/// The list of edits.
enum Edits {}

impl List for Edits {
    const NAME: &str = "Edits";

    fn rows() -> Id {
        Id::unique("review rows")
    }

    fn has_keys(editor: &Editor) -> bool {
        editor.review_list.has_keys()
    }

    fn give_keys(editor: &mut Editor, gives: bool) {
        editor.give_keys_to_review(gives);
    }

    fn escape(editor: &mut Editor) {
        editor.escape_review();
    }

    fn enter(editor: &mut Editor) {
        editor.give_keys_to_review(false);
    }

    fn step(editor: &mut Editor, rows: i64, page: usize) {
        editor.step_in_review(rows, page);
    }

    fn key(_ui: &Ui, editor: &mut Editor, pressed: &Pressed) -> bool {
        let reverts = pressed.key == Key::Delete && pressed.in_rows && pressed.is_plain();
        if reverts {
            editor.run(Command::RevertEdit);
        }
        reverts
    }

    fn command(editor: &mut Editor, command: Command, in_rows: bool) -> bool {
        match command {
            // Whose effect is seen in the document, and is taken back from here too.
            Command::Undo | Command::Redo => editor.run(command),
            Command::Copy if in_rows => editor.run(Command::Patch(PatchDeed::Copy)),
            _ => return false,
        }
        true
    }

    fn scroll(editor: &mut Editor, rows: f32) {
        editor.scroll_review(rows);
    }

    fn scroll_to(editor: &mut Editor, number: u64) {
        editor.scroll_review_to(number);
    }

    fn go_to(editor: &mut Editor, number: u64) {
        editor.go_to_reviewed(number);
    }
}

fn header(ui: &mut Ui, editor: &mut Editor) {
    let palette = Palette::of(ui);
    let mut run = None;
    let words = RichText::new(editor.review_in_words()).color(palette.text);
    // Where both do not fit side by side, what it is stands above what can be done.
    let is_narrow = ui.available_width() < NARROW;
    if is_narrow {
        ui.add(egui::Label::new(words.clone()).truncate());
    }
    ui.horizontal(|ui| {
        ui.set_width(ui.available_width() - 12.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if named(ui, "✕", "Close list of edits", "Close the list (Esc)").clicked() {
                editor.close_review();
            }
            let deeds = [
                ("Save patch…", Command::Patch(PatchDeed::Save), "Saves all edits as a patch"),
                ("Copy patch", Command::Patch(PatchDeed::Copy), "Copies all edits as a patch (Ctrl+C)"),
                ("Revert", Command::RevertEdit, "Takes back the chosen edit, and no other (Delete)"),
            ];
            for (label, command, tip) in deeds {
                if ui.add_enabled(editor.can(command), Button::new(label)).on_hover_text(tip).clicked() {
                    run = Some(command);
                }
            }
            ui.add_space(8.0);
            let since = editor.review_list.since();
            for (label, of, tip) in [
                ("Since opened", Since::Opened, "Compares with the file as it was opened"),
                ("Since saved", Since::Saved, "Compares with the file as it is on disk"),
            ] {
                if ui.add(Button::selectable(since == of, label)).on_hover_text(tip).clicked() {
                    editor.review_since(of);
                }
            }
            if !is_narrow {
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(egui::Label::new(words).truncate());
                });
            }
        });
    });
    if let Some(command) = run {
        editor.give_keys_to_review(true);
        editor.run(command);
    }
}

fn rows(ui: &Ui, editor: &mut Editor, grid: &Grid, rect: Rect) {
    let rows = Rows::new::<Edits>(ui, editor, grid, rect);
    let reviewed = editor.reviewed_edits(rows.full);
    let top = rows.body.top() - (reviewed.fraction * grid.cell.y).round();
    if let Some(tab) = editor.tab() {
        let ink = Ink {
            palette: Palette::of(ui),
            snapshot: tab.document.snapshot(),
            encoding: tab.reading().encoding,
            is_hex: tab.mode == Mode::Hex,
        };
        let painter = ui.painter().with_clip_rect(rows.body);
        for (index, edit) in reviewed.edits.iter().enumerate() {
            let y = top + index as f32 * grid.cell.y;
            let row = Rect::from_min_max(pos2(rows.body.left(), y), pos2(rows.body.right(), y + grid.cell.y));
            if reviewed.here == Some(reviewed.top + index as u64) {
                painter.rect_filled(row, 0.0, ink.palette.selection_aside);
            }
            ink.paint(&painter, grid, row, edit.as_ref());
        }
    }
    rows.take_mouse::<Edits>(ui, editor, grid, top, (reviewed.top, reviewed.edits.len(), reviewed.total));
}

/// Where text of a row stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
    Both,
}

/// How edits are painted.
struct Ink<'a> {
    palette: &'a Palette,
    snapshot: Snapshot,
    encoding: Encoding,
    is_hex: bool,
}

impl Ink<'_> {
    fn paint(&self, painter: &egui::Painter, grid: &Grid, row: Rect, edit: Option<&ReviewedEdit>) {
        let palette = self.palette;
        let at = |column: f32| pos2(row.left() + column * grid.cell.x + GAP, row.top());
        let Some(edit) = edit else {
            return grid.text(painter, at(0.0), "…", palette.dim);
        };
        let start = edit.difference.new.start;
        let line = match self.snapshot.line_at(start) {
            Count::Exact(line) => grouped(line + 1),
            Count::About(line) => format!("~{}", grouped(line + 1)),
        };
        let mut column = 0.0;
        if !self.is_hex {
            let width = line.chars().count().max(7);
            grid.text(painter, at((width - line.chars().count()) as f32), &line, palette.gutter);
            column = width as f32 + 1.0;
        }
        grid.text(painter, at(column), &format!("{start:010X}"), palette.gutter);
        let room = ((row.width() - GAP) / grid.cell.x - column - 12.0).max(0.0) as usize;
        let galley = painter.layout_job(self.words(grid, edit, room));
        grid.paint(painter, at(column + 12.0), galley, palette.text);
    }

    /// What became of what: old struck through, new underlined. Both are seen where `room` characters are.
    fn words(&self, grid: &Grid, edit: &ReviewedEdit, room: usize) -> LayoutJob {
        let palette = self.palette;
        let mut job = LayoutJob::default();
        job.wrap.max_rows = 1;
        let mut add = |text: &str, color: Color32, side: Side| {
            let line = |of: Side| if side == of { Stroke::new(1.0, color) } else { Stroke::NONE };
            let (strikethrough, underline) = (line(Side::Old), line(Side::New));
            job.append(text, 0.0, TextFormat { strikethrough, underline, ..grid.format(color) });
        };
        let shown = &edit.shown;
        let (removed, inserted) = (&edit.difference.old, &edit.difference.new);
        let (removed, inserted) = (removed.end - removed.start, inserted.end - inserted.start);
        if !edit.is_known {
            let text =
                format!("{} bytes became {}, which cannot be read", grouped(removed), grouped(inserted));
            add(&text, palette.error, Side::Both);
            return job;
        }
        let context = |bytes: &[u8]| if self.is_hex { String::new() } else { self.side(bytes, false) };
        let before = context(&shown.before);
        let old = self.side(&shown.old, (shown.old.len() as u64) < removed);
        let new = self.side(&shown.new, (shown.new.len() as u64) < inserted);
        let (old_len, new_len) = (old.chars().count(), new.chars().count());
        let room = room.saturating_sub(before.chars().count() + 6);
        let most_old = room.saturating_sub(new_len).max(room / 2).max(4);
        let most_new = room.saturating_sub(old_len).max(room / 2).max(4);
        add(&before, palette.dim, Side::Both);
        for (text, most, len, side, color) in [
            (&old, most_old, removed, Side::Old, palette.error),
            (&new, most_new, inserted, Side::New, palette.saved),
        ] {
            if side == Side::New && removed > 0 && inserted > 0 {
                add(" → ", palette.dim, Side::Both);
            }
            let shown_of = if side == Side::Old { &shown.old } else { &shown.new };
            let is_whole = text.chars().count() <= most;
            add(&text.chars().take(most).collect::<String>(), color, side);
            if (shown_of.len() as u64) < len {
                add(&format!("… ({} bytes)", grouped(len)), palette.dim, Side::Both);
            } else if !is_whole {
                add("…", palette.dim, Side::Both);
            }
        }
        add(&context(&shown.behind), palette.dim, Side::Both);
        job
    }

    /// Bytes as a person can read them in one row.
    fn side(&self, bytes: &[u8], is_cut: bool) -> String {
        if self.is_hex {
            return hex::to_hex(bytes);
        }
        let mut text = self.encoding.decode(bytes).into_owned();
        if is_cut {
            // Cut within a character.
            text.truncate(text.trim_end_matches(char::REPLACEMENT_CHARACTER).len());
        }
        let mut shown = String::new();
        for character in text.chars() {
            match character {
                '\n' => shown.push_str("\\n"),
                '\r' => shown.push_str("\\r"),
                '\t' => shown.push_str("\\t"),
                _ if character.is_control() || character == char::REPLACEMENT_CHARACTER => shown.push('·'),
                _ => shown.push(character),
            }
        }
        shown
    }
}
