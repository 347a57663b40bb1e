//! Questions, and the Go to box.

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Area, FontFamily, FontId, Frame, Id, Key, Modal, Order, Rect, RichText, Stroke, TextEdit, Ui, vec2,
};

use super::theme::Palette;
use super::{encodings, recovery};
use crate::editor::{
    Answer, Chord, Command, Dialog, Editor, Entry, LESS_KEYS, Menu, PathPurpose, ReplaceAll, Tab,
};
use crate::hex::grouped;

/// Draws the open dialog, if any, and answers it. `content` is where the Go to box belongs.
pub fn show(ui: &Ui, editor: &mut Editor, content: Rect) {
    let Some(dialog) = &editor.dialog else { return };
    let answer = match dialog {
        Dialog::GoTo(_) => {
            go_to(ui, editor, content);
            return;
        }
        Dialog::Keys => key_sheet(ui),
        Dialog::About => modal(ui, |ui| {
            ui.heading("Hextant");
            ui.label(concat!("Version ", env!("CARGO_PKG_VERSION")));
            ui.label("A desktop editor for text and binary files of any size.");
            ui.label("MIT or Apache-2.0, at your choice. The font is under the SIL Open Font License.");
            ui.label("It never uses the network, and only touches the files it is asked to.");
            buttons(ui, &[("Close", Answer::Cancel)])
        }),
        Dialog::Unsaved { tabs, quit } => {
            let names: Vec<String> = editor
                .tabs
                .iter()
                .filter(|tab| tabs.contains(&tab.id))
                .map(|tab| format!("“{}”", tab.name))
                .collect();
            let (what, discard) = match (names.as_slice(), quit) {
                ([one], quit) => {
                    let is_edited = |tab: &Tab| tab.document.is_modified();
                    let is_edited = editor.tabs.iter().any(|tab| tabs.contains(&tab.id) && is_edited(tab));
                    let what = match is_edited {
                        true => format!("{one} has edits that are not saved."),
                        false => format!("What came through {one} is not saved anywhere."),
                    };
                    (what, if *quit { "Quit without saving" } else { "Close without saving" })
                }
                (many, _) => (
                    format!("{} files are not saved: {}.", many.len(), many.join(", ")),
                    "Quit without saving",
                ),
            };
            let save = if names.len() > 1 { "Save all" } else { "Save" };
            modal(ui, |ui| {
                ui.label(what);
                buttons(ui, &[(save, Answer::Accept), (discard, Answer::Discard), ("Cancel", Answer::Cancel)])
            })
        }
        Dialog::SaveLoses { text, .. } => {
            let text = text.clone();
            modal(ui, |ui| {
                ui.label(text);
                buttons(ui, &[("Save all the same", Answer::Accept), ("Cancel", Answer::Cancel)])
            })
        }
        Dialog::ChangedOnDisk { text, .. } => {
            let text = text.clone();
            modal(ui, |ui| {
                ui.label(text);
                let choices = [
                    ("Save as…", Answer::SaveAs),
                    ("Overwrite it", Answer::Discard),
                    ("Reload and drop my edits", Answer::Reload),
                    ("Cancel", Answer::Cancel),
                ];
                buttons(ui, &choices)
            })
        }
        Dialog::DeleteInOverwrite { .. } => modal(ui, |ui| {
            ui.label("Overwrite mode keeps the file's size, so nothing can be removed in it.");
            let choices = [("Switch to insert mode and delete", Answer::Accept), ("Cancel", Answer::Cancel)];
            buttons(ui, &choices)
        }),
        Dialog::Replace { path, .. } => {
            let text = format!("“{}” exists already. Its contents will be replaced.", path.display());
            modal(ui, |ui| {
                ui.label(text);
                buttons(ui, &[("Replace", Answer::Accept), ("Cancel", Answer::Cancel)])
            })
        }
        Dialog::Path { purpose, .. } => {
            let (title, verb) = match purpose {
                PathPurpose::Open => ("Open which file?", "Open"),
                PathPurpose::OpenPart => ("Open a part of which file?", "Open"),
                PathPurpose::InsertFile => ("Insert which file?", "Insert"),
                PathPurpose::SearchedFolder => ("Search which folder?", "Choose"),
                PathPurpose::SaveAs => ("Save under which name?", "Save"),
                PathPurpose::SaveLines => ("Save the matching lines to which file?", "Save"),
                PathPurpose::SavePatch => ("Save the patch to which file?", "Save"),
                PathPurpose::Replaced => ("Write the copy to which file?", "Save"),
                PathPurpose::SaveSelection => ("Save the selection to which file?", "Save"),
                PathPurpose::SaveRecovered(_) => ("Save the recovered text to which file?", "Save"),
                PathPurpose::Converted(_) => ("Write the converted copy to which file?", "Save"),
            };
            input(ui, editor, title, verb, "Path")
        }
        Dialog::Compress { path, compression, .. } => {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            let text = format!(
                "“{name}” is shown decompressed. Save it compressed again ({}), or as a plain file under another name?",
                compression.name()
            );
            modal(ui, |ui| {
                ui.label(text);
                let choices = [
                    ("Save compressed", Answer::Accept),
                    ("Save as…", Answer::SaveAs),
                    ("Cancel", Answer::Cancel),
                ];
                buttons(ui, &choices)
            })
        }
        Dialog::ReplaceAll(all) => replace_all(ui, all),
        Dialog::ReplaceIntoCopy(copy) => {
            let text = copy.text.clone();
            modal(ui, |ui| {
                ui.label(text);
                buttons(ui, &[("Write a new file…", Answer::Accept), ("Cancel", Answer::Cancel)])
            })
        }
        Dialog::Encoding(_) => encodings::show(ui, editor),
        Dialog::Recovered(comparison) => recovery::show(ui, comparison),
        Dialog::ForgetOldVersions { text, .. } => {
            let text = text.clone();
            modal(ui, |ui| {
                ui.label(text);
                buttons(ui, &[("Forget them", Answer::Accept), ("Cancel", Answer::Cancel)])
            })
        }
        Dialog::DiscardRecovered { text, .. } => {
            let text = text.clone();
            modal(ui, |ui| {
                ui.label(text);
                buttons(ui, &[("Discard", Answer::Accept), ("Cancel", Answer::Cancel)])
            })
        }
        Dialog::Convert { text, in_place, .. } => {
            let (text, in_place) = (text.clone(), *in_place);
            modal(ui, |ui| {
                ui.label(text);
                let choices = [
                    ("Convert", Answer::Accept),
                    ("Into a copy…", Answer::SaveAs),
                    ("Cancel", Answer::Cancel),
                ];
                buttons(ui, if in_place { &choices } else { &choices[1..] })
            })
        }
        Dialog::ConvertLoses { text, .. } => {
            let text = text.clone();
            modal(ui, |ui| {
                ui.label(text);
                buttons(ui, &[("Cancel", Answer::Cancel), ("Convert all the same", Answer::Accept)])
            })
        }
        Dialog::Part { path, .. } => {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            let title = format!("Open which part of “{name}”?");
            input(ui, editor, &title, "Open", "0x1000..0x2000   1G..+64K   1G.. (up to the end)")
        }
        Dialog::BytesPerRow { .. } => input(ui, editor, "Bytes in a hex row, 1 to 256", "Set", "Bytes"),
    };
    if let Some(answer) = answer {
        editor.answer(answer);
    }
}

pub fn modal(ui: &Ui, content: impl FnOnce(&mut Ui) -> Option<Answer>) -> Option<Answer> {
    let frame = Frame::popup(ui.style()).inner_margin(16.0);
    let response = Modal::new(Id::unique("dialog")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_max_width(460.0);
        ui.spacing_mut().item_spacing.y = 10.0;
        content(ui)
    });
    let closed = response.should_close().then_some(Answer::Cancel);
    response.inner.or(closed)
}

/// A row of buttons, the one that goes on first; Enter presses it.
pub fn buttons(ui: &mut Ui, choices: &[(&str, Answer)]) -> Option<Answer> {
    let palette = Palette::of(ui);
    let mut answer = None;
    ui.horizontal_wrapped(|ui| {
        for (index, (name, choice)) in choices.iter().enumerate() {
            let button = if index == 0 {
                egui::Button::new(RichText::new(*name).color(palette.on_accent)).fill(palette.accent)
            } else {
                egui::Button::new(*name)
            };
            let response = ui.add(button);
            if index == 0 && ui.memory(|memory| memory.focused().is_none()) {
                response.request_focus();
            }
            if response.clicked() {
                answer = Some(choice.clone());
            }
        }
    });
    answer
}

/// A question answered with a line of text.
fn input(ui: &Ui, editor: &mut Editor, title: &str, verb: &str, label: &str) -> Option<Answer> {
    let palette = Palette::of(ui);
    let (input, error) = match &mut editor.dialog {
        Some(
            Dialog::Path { input, error, .. }
            | Dialog::Part { input, error, .. }
            | Dialog::BytesPerRow { input, error },
        ) => (input, error),
        _ => return None,
    };
    modal(ui, |ui| {
        let heading = ui.label(title);
        let field =
            ui.add(TextEdit::singleline(input).desired_width(420.0).hint_text(label)).labelled_by(heading.id);
        if field.changed() {
            *error = None;
        }
        // A line of its own even when empty: nothing jumps.
        ui.label(RichText::new(error.as_deref().unwrap_or(" ")).color(palette.error));
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if !field.has_focus() && ui.memory(|memory| memory.focused().is_none()) {
            field.request_focus();
        }
        let pressed = buttons(ui, &[(verb, Answer::Accept), ("Cancel", Answer::Cancel)]);
        entered.then_some(Answer::Accept).or(pressed)
    })
}

/// The first of many changes, and the question whether to make them.
fn replace_all(ui: &Ui, all: &ReplaceAll) -> Option<Answer> {
    let palette = Palette::of(ui);
    let font = FontId::new(13.0, FontFamily::Monospace);
    let format = |color| TextFormat::simple(font.clone(), color);
    let removed = TextFormat { strikethrough: Stroke::new(1.0, palette.error), ..format(palette.error) };
    let added = TextFormat { background: palette.found, ..format(palette.text) };
    modal(ui, |ui| {
        ui.set_width(460.0);
        ui.heading(format!("{}?", all.verb));
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for change in &all.changes {
                let mut job = LayoutJob::default();
                if let Some(line) = change.line {
                    job.append(&format!("{}  ", grouped(line + 1)), 0.0, format(palette.dim));
                }
                job.append(&change.before, 0.0, format(palette.dim));
                job.append(&change.old, 0.0, removed.clone());
                job.append(&change.new, 0.0, added.clone());
                job.append(&change.behind, 0.0, format(palette.dim));
                ui.add(egui::Label::new(job).truncate());
            }
        });
        ui.label(&all.text);
        buttons(ui, &[(all.verb.as_str(), Answer::Accept), ("Cancel", Answer::Cancel)])
    })
}

/// The Go to box, at the top of the content: it previews where it leads.
fn go_to(ui: &Ui, editor: &mut Editor, content: Rect) {
    let palette = Palette::of(ui);
    let preview = editor.go_to_in_words();
    let Some(Dialog::GoTo(go_to)) = &mut editor.dialog else {
        return;
    };
    let mut input = go_to.input.clone();
    let error = go_to.error.clone();
    let mut answer = None;
    let mut changed = false;
    let width = 420.0_f32.min(content.width() - 24.0);
    let at = egui::pos2(content.center().x - width / 2.0 - 12.0, content.top());
    Area::new(egui::Id::unique("go to")).order(Order::Foreground).fixed_pos(at).show(ui.ctx(), |ui| {
        Frame::new()
            .fill(palette.chrome)
            .stroke(Stroke::new(1.0, palette.hairline))
            .corner_radius(egui::CornerRadius { nw: 0, ne: 0, sw: 8, se: 8 })
            .shadow(ui.visuals().popup_shadow)
            .inner_margin(12.0)
            .show(ui, |ui| {
                ui.set_width(width);
                let hint = "1234   1234:56   0x1F00   +100   end-512   50%   a..b   14:05:33";
                let field = TextEdit::singleline(&mut input).desired_width(width).hint_text(hint);
                let field = ui.add(field.id(Id::unique("go to input")));
                field.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::accesskit::Role::TextInput, true, "Go to")
                });
                changed = field.changed();
                let (enter, shift, escape) = ui.input(|input| {
                    let pressed = |key| input.key_pressed(key);
                    (pressed(Key::Enter), input.modifiers.shift, pressed(Key::Escape))
                });
                if escape {
                    answer = Some(Answer::Cancel);
                } else if enter && (field.has_focus() || field.lost_focus()) {
                    answer = Some(if shift { Answer::AcceptExtending } else { Answer::Accept });
                } else if !field.has_focus() {
                    field.request_focus();
                }
                let (text, color) = match error {
                    Some(error) => (error, palette.error),
                    None if preview.is_empty() => {
                        ("Enter goes there, Shift+Enter selects up to there".to_owned(), palette.dim)
                    }
                    None => (preview, palette.dim),
                };
                ui.label(RichText::new(text).color(color));
            });
    });
    if changed {
        editor.preview_go_to(input);
    }
    if let Some(answer) = answer {
        editor.answer(answer);
    }
}

/// Every key, from the one list of commands.
fn key_sheet(ui: &Ui) -> Option<Answer> {
    type Belongs = fn(&Entry) -> bool;
    let groups: [(&str, Belongs); 5] = [
        ("File", |entry| matches!(entry.menu, Some((Menu::File, _)))),
        ("Edit", |entry| {
            matches!(entry.menu, Some((Menu::Edit, _)))
                || (entry.menu.is_none() && !matches!(entry.command, Command::Move(..)))
        }),
        ("Move (with Shift: select)", |entry| matches!(entry.command, Command::Move(..))),
        ("Search", |entry| matches!(entry.menu, Some((Menu::Search | Menu::Colors, _)))),
        ("View, go, help", |entry| {
            matches!(entry.menu, Some((Menu::View | Menu::HexRows | Menu::Go | Menu::Help, _)))
        }),
    ];
    let screen = ui.ctx().content_rect();
    let columns = (((screen.width() - 100.0) / 310.0) as usize).clamp(1, 3);
    let frame = Frame::popup(ui.style()).inner_margin(16.0);
    let response = Modal::new(Id::unique("keys")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(columns as f32 * 310.0);
        ui.heading("Keys");
        let height = screen.height() - 150.0;
        // Without a least height, it takes only what the modal had room for before it was measured.
        egui::ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
            ui.columns(columns, |uis| {
                // Each group goes where there is most room.
                for (name, belongs) in groups {
                    let entries: Vec<&Entry> = Command::ALL
                        .iter()
                        .filter(|entry| !entry.chords.is_empty() && belongs(entry))
                        .collect();
                    key_group(shortest(uis), name, &entries);
                }
                less_group(shortest(uis));
                mouse_group(shortest(uis));
            });
        });
        ui.add_space(8.0);
        buttons(ui, &[("Close", Answer::Cancel)])
    });
    let closed = response.should_close().then_some(Answer::Cancel);
    response.inner.or(closed)
}

fn shortest(uis: &mut [Ui]) -> &mut Ui {
    let shortest = (0..uis.len()).min_by(|&a, &b| uis[a].cursor().top().total_cmp(&uis[b].cursor().top()));
    &mut uis[shortest.unwrap_or(0)]
}

fn key_group(ui: &mut Ui, name: &str, entries: &[&Entry]) {
    let palette = Palette::of(ui);
    ui.label(RichText::new(name).color(palette.accent));
    egui::Grid::new(name).num_columns(2).min_col_width(130.0).spacing(vec2(12.0, 0.0)).show(ui, |ui| {
        for entry in entries {
            // The same key with Shift held by accident is not worth a mention.
            let bare = |chord: Chord| Chord { shift: false, ..chord };
            let first = entry.chords[0];
            let others = entry.chords[1..].iter().copied().filter(|&other| bare(other) != bare(first));
            let chords: Vec<String> =
                std::iter::once(first).chain(others).map(|chord| chord.to_string()).collect();
            ui.label(entry.name);
            ui.label(RichText::new(chords.join(", ")).color(palette.dim));
            ui.end_row();
        }
    });
    ui.add_space(12.0);
}

fn less_group(ui: &mut Ui) {
    let palette = Palette::of(ui);
    ui.label(RichText::new("In a locked document").color(palette.accent));
    egui::Grid::new("less").num_columns(2).min_col_width(130.0).spacing(vec2(12.0, 0.0)).show(ui, |ui| {
        for (keys, deed) in LESS_KEYS {
            ui.label(deed);
            ui.label(RichText::new(keys).color(palette.dim));
            ui.end_row();
        }
    });
    ui.add_space(12.0);
}

fn mouse_group(ui: &mut Ui) {
    let palette = Palette::of(ui);
    ui.label(RichText::new("Mouse").color(palette.accent));
    for text in [
        "Double click selects a word, triple a line",
        "Ctrl+wheel changes the text's size",
        "Shift makes a scrollbar 100 times finer",
        "Middle click closes a tab",
    ] {
        ui.label(RichText::new(text).color(palette.dim));
    }
}
