//! The list of encodings, to choose from.

use egui::containers::menu::MenuButton;
use egui::{Align, Button, Key, Label, Layout, Modifiers, RichText, ScrollArea, Sense, TextEdit, Ui, vec2};

use super::dialogs::{buttons, modal};
use super::menus::{entries, menu_entry};
use super::theme::Palette;
use crate::editor::{Answer, Command, Dialog, Editor, EncodingPurpose, Entry, Menu, Pane, Tab, Task};
use crate::hex::grouped;
use crate::text::{Confidence, LineEndings};

/// Points of a row of the list.
const ROW: f32 = 24.0;
const WIDTH: f32 = 420.0;

/// Draws the list: what is typed narrows it, arrows go through it, Enter or a click chooses.
pub fn show(ui: &Ui, editor: &mut Editor) -> Option<Answer> {
    let palette = Palette::of(ui);
    // Whole rows: one that is cut looks like a mistake.
    let height = ((ui.ctx().content_rect().height() - 220.0) / ROW).floor().clamp(3.0, 12.0) * ROW;
    let Some(Dialog::Encoding(list)) = &mut editor.dialog else {
        return None;
    };
    let (title, verb) = match list.purpose {
        EncodingPurpose::Reopen => ("Read the bytes of the file as which encoding?", "Reopen"),
        EncodingPurpose::Convert => ("Convert the text of the file to which encoding?", "Convert"),
    };
    modal(ui, |ui| {
        // Before the field sees them: in a line of text, up and down mean its ends.
        let moved = ui.input_mut(|input| {
            let mut pressed = |key| i64::from(input.consume_key(Modifiers::NONE, key));
            let page = (height / ROW) as i64;
            pressed(Key::ArrowDown) - pressed(Key::ArrowUp)
                + page * (pressed(Key::PageDown) - pressed(Key::PageUp))
        });
        let heading = ui.label(title);
        let hint = "Type to narrow the list";
        let field = TextEdit::singleline(&mut list.input).desired_width(WIDTH).hint_text(hint);
        let field = ui.add(field).labelled_by(heading.id);
        if field.changed() {
            list.chosen = 0;
        }
        let matches = list.matches();
        let last = matches.len().saturating_sub(1);
        list.chosen = list.chosen.saturating_add_signed(moved as isize).min(last);
        let mut clicked = false;
        ui.allocate_ui(vec2(WIDTH, height), |ui| {
            ui.set_min_size(vec2(WIDTH, height));
            ui.spacing_mut().item_spacing.y = 0.0;
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                for (index, choice) in matches.iter().enumerate() {
                    let is_chosen = index == list.chosen;
                    let (rect, row) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
                    row.widget_info(|| {
                        egui::WidgetInfo::selected(
                            egui::accesskit::Role::ListBoxOption,
                            true,
                            is_chosen,
                            choice.name(),
                        )
                    });
                    if is_chosen {
                        ui.painter().rect_filled(rect, 4.0, palette.selection);
                    } else if row.hovered() {
                        ui.painter().rect_filled(rect, 4.0, palette.current_line);
                    }
                    let inside = egui::UiBuilder::new().max_rect(rect.shrink2(vec2(8.0, 0.0)));
                    let mut line = ui.new_child(inside.layout(Layout::left_to_right(Align::Center)));
                    line.add(Label::new(choice.name()).selectable(false));
                    line.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        let group = RichText::new(choice.encoding.group()).color(palette.dim);
                        ui.add(Label::new(group).selectable(false));
                    });
                    if is_chosen && (moved != 0 || field.changed()) {
                        row.scroll_to_me(None);
                    }
                    if row.clicked() {
                        list.chosen = index;
                        clicked = true;
                    }
                }
                if matches.is_empty() {
                    ui.label(RichText::new("No encoding has such a name.").color(palette.dim));
                }
            });
        });
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if !field.has_focus() && ui.memory(|memory| memory.focused().is_none()) {
            field.request_focus();
        }
        let pressed = buttons(ui, &[(verb, Answer::Accept), ("Cancel", Answer::Cancel)]);
        (entered || clicked).then_some(Answer::Accept).or(pressed)
    })
}

/// The encoding in the status bar, and what can be done about it; returns what was chosen.
pub fn encoding(ui: &mut Ui, editor: &Editor, tab: &Tab) -> Option<Command> {
    let name = tab.encoding_name();
    let (name, tip) = match tab.confidence {
        Confidence::Certain => (name, "The encoding of the text"),
        Confidence::Likely => (name, "The encoding that the text most likely has, as its bytes tell"),
        Confidence::Guess => (format!("{name}?"), "A guess: the bytes may be read in several encodings"),
    };
    let button = Button::new(&name).frame(false);
    let (response, inner) = MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_min_width(200.0);
        let commands = [Command::ReopenWithEncoding, Command::ConvertToEncoding];
        let entry = |command| Command::ALL.iter().find(move |entry| entry.command == command);
        let clicked = |entry: &&Entry| menu_entry(ui, editor, entry);
        commands.into_iter().filter_map(entry).filter(clicked).last().map(|entry| entry.command)
    });
    response.on_hover_text(tip);
    inner.and_then(|inner| inner.inner)
}

/// What escape sequences on screen are shown as, if they are not to be seen; returns what was chosen.
pub fn escapes(ui: &mut Ui, editor: &Editor, tab: &Tab) -> Option<Command> {
    if !tab.hides_escapes || !tab.shows(Pane::Text) {
        return None;
    }
    let tip = match tab.reading().renders_escapes() {
        true => "Escape sequences on screen are shown as the colours that they stand for",
        false => "There are escape sequences on screen, which are hidden",
    };
    let (response, inner) = MenuButton::from_button(Button::new("ANSI").frame(false)).ui(ui, |ui| {
        ui.set_min_width(160.0);
        entries(ui, editor, Menu::Ansi)
    });
    response.on_hover_text(tip);
    inner.and_then(|inner| inner.inner)
}

/// The line ends in the status bar, and what can be done about them; returns what was chosen.
pub fn line_endings(ui: &mut Ui, editor: &Editor, tab: &Tab) -> Option<Command> {
    let counted = tab.endings();
    let is_current = counted.is_some_and(|(_, is_current)| is_current);
    let name = counted.and_then(|(endings, _)| endings.name()).unwrap_or(tab.line_ending.name());
    let told = match counted {
        Some((LineEndings { lf, crlf, cr }, _)) => {
            let when = if is_current { "" } else { ", when they were counted last" };
            let kinds = [(lf, "LF"), (crlf, "CRLF"), (cr, "CR")].into_iter().filter(|(count, _)| *count > 0);
            let kinds: Vec<_> = kinds.map(|(count, name)| format!("{} {name}", grouped(count))).collect();
            if kinds.is_empty() { "No line ends".to_owned() } else { kinds.join(", ") + when }
        }
        None => format!("{}, as most of the first lines end", tab.line_ending.name()),
    };
    let button = Button::new(name).frame(false);
    let (response, inner) = MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_min_width(200.0);
        ui.label(RichText::new(&told).color(Palette::of(ui).dim));
        ui.separator();
        let is_running = editor.jobs().iter().any(|job| job.task == Task::Endings && job.tab == Some(tab.id));
        let recount = !is_current && !is_running && tab.counts_endings_at_once();
        entries(ui, editor, Menu::LineEndings).or(recount.then_some(Command::CountLineEndings))
    });
    response.on_hover_text(told.clone());
    inner.and_then(|inner| inner.inner)
}
