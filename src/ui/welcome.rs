//! What is shown where no document is: the welcome screen, and the overlay while files are dragged.

use std::path::Path;
use std::time::Duration;

use egui::{Align2, Button, Order, RichText, Stroke, Ui, vec2};

use super::theme::Palette;
use crate::editor::{Command, Editor, OpenTarget, Running};

/// What takes no longer is not worth a word, which would only flicker.
const BRIEF: Duration = Duration::from_millis(300);

/// What is shown while no file is open.
pub fn show(ui: &mut Ui, editor: &mut Editor) {
    let palette = Palette::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0.0, palette.content);
    if editor.openings().next().is_some() {
        opening(ui, editor);
        return;
    }
    let recent: Vec<_> = editor.session.recent().iter().take(8).cloned().collect();
    let height = 250.0 + if recent.is_empty() { 0.0 } else { 40.0 + 26.0 * recent.len() as f32 };
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.add_space(((rect.height() - height) / 2.5).max(16.0));
        ui.horizontal(|ui| {
            let width = 560.0_f32.min(rect.width() - 32.0);
            ui.add_space((rect.width() - width) / 2.0);
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.heading("Hextant");
                ui.label(
                    RichText::new("Text and binary files of any size. Drop some here.").color(palette.dim),
                );
                ui.add_space(16.0);
                ui.horizontal_wrapped(|ui| {
                    for (command, name) in [(Command::Open, "Open…"), (Command::New, "New")] {
                        let shortcut = command.chord().map(|chord| chord.to_string()).unwrap_or_default();
                        if ui
                            .add(Button::new(name).shortcut_text(shortcut).min_size(vec2(130.0, 30.0)))
                            .clicked()
                        {
                            editor.run(command);
                        }
                    }
                    let demo = Button::new("A log of 1 TiB (demo)").min_size(vec2(170.0, 30.0));
                    if ui.add(demo).on_hover_text("Made up as you look: takes no disk").clicked() {
                        editor.open_demo();
                    }
                });
                if !recent.is_empty() {
                    ui.add_space(20.0);
                    ui.label(RichText::new("Recent").color(palette.dim));
                    for path in recent {
                        let link = egui::Link::new(RichText::new(short(&path)));
                        if ui.add(link).on_hover_text(path.display().to_string()).clicked() {
                            editor.open(OpenTarget::new(path));
                        }
                    }
                }
                ui.add_space(20.0);
                egui::Grid::new("welcome keys").spacing(vec2(24.0, 6.0)).show(ui, |ui| {
                    for (command, what) in [
                        (Command::GoTo, "Go to a line, an offset, a percentage"),
                        (Command::ViewBoth, "See text and hex side by side"),
                        (Command::Undo, "Undo, even after saving"),
                        (Command::Keys, "All keys"),
                    ] {
                        let chord = command.chord().map(|chord| chord.to_string()).unwrap_or_default();
                        ui.label(RichText::new(chord).color(palette.accent));
                        ui.label(RichText::new(what).color(palette.dim));
                        ui.end_row();
                    }
                });
            });
        });
    });
}

/// What is being opened, where that takes long enough to be read.
fn opening(ui: &mut Ui, editor: &mut Editor) {
    let palette = Palette::of(ui);
    let now = editor.now();
    let slow = |job: &&Running| now.saturating_sub(job.started) > BRIEF;
    let text =
        |job: &Running| job.progress.description().map(|(what, path)| (what.to_owned(), path.to_owned()));
    let slow: Vec<_> = editor.openings().filter(slow).take(8).map(|job| (job.id, text(job))).collect();
    let mut stopped = None;
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() - 90.0 * slow.len() as f32).max(32.0) / 2.5);
        for (job, text) in slow {
            let (what, path) = text.unwrap_or_default();
            ui.label(RichText::new(format!("{what}…")).heading());
            ui.add(egui::Label::new(RichText::new(path).color(palette.dim)).truncate());
            ui.add_space(4.0);
            if ui.button("Stop").clicked() {
                stopped = Some(job);
            }
            ui.add_space(20.0);
        }
    });
    if let Some(job) = stopped {
        editor.stop_opening(job);
    }
}

/// Shown while files are dragged over the window.
pub fn drop_overlay(ui: &Ui, files: usize) {
    let palette = Palette::of(ui);
    let rect = ui.ctx().content_rect();
    let painter = ui.ctx().layer_painter(egui::LayerId::new(Order::Foreground, egui::Id::unique("drop")));
    painter.rect_filled(rect, 0.0, palette.content.gamma_multiply(0.85));
    let frame = rect.shrink(16.0);
    painter.rect_stroke(frame, 10.0, Stroke::new(2.0, palette.accent), egui::StrokeKind::Inside);
    let text =
        if files == 1 { "Drop to open the file".to_owned() } else { format!("Drop to open {files} files") };
    let font = egui::FontId::proportional(22.0);
    painter.text(rect.center(), Align2::CENTER_CENTER, text, font, palette.text);
}

/// A path as people read it: its name, then its folder.
pub fn short(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    match path.parent() {
        Some(folder) => format!("{name}  ·  {}", folder.display()),
        None => name.into_owned(),
    }
}
