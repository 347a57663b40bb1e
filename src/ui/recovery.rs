//! The edits that a crash left, old and new.

use egui::text::{LayoutJob, TextFormat};
use egui::{Frame, Id, Margin, Modal, RichText, ScrollArea, TextStyle, Ui};

use super::dialogs::buttons;
use super::theme::Palette;
use crate::editor::{Answer, Comparison, Fits, ShownEdit};
use crate::hex::grouped;

/// The width of the window, in points.
const WIDTH: f32 = 640.0;

/// Draws the edits, and what can be done about them.
pub fn show(ui: &Ui, comparison: &Comparison) -> Option<Answer> {
    let screen = ui.ctx().content_rect();
    let frame = Frame::popup(ui.style()).inner_margin(16.0);
    let response = Modal::new(Id::unique("recovery")).frame(frame).show(ui.ctx(), |ui| {
        let palette = Palette::of(ui);
        ui.set_width(WIDTH.min(screen.width() - 64.0));
        ui.spacing_mut().item_spacing.y = 8.0;
        ui.heading(format!("Unsaved edits of “{}”", comparison.name));
        let what = match comparison.fits {
            Fits::Exactly => "They fit the file as it is now exactly.",
            Fits::ByContext => {
                "The file has changed since. Each edit is put where what stood around it stands now; what has no place is kept."
            }
            Fits::Nowhere => "They have no place in the file as it is now.",
        };
        ui.label(RichText::new(what).color(palette.dim));
        let height = (screen.height() - 230.0).clamp(80.0, 420.0);
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            for edit in &comparison.edits {
                show_edit(ui, edit);
            }
            let more = comparison.all - comparison.edits.len();
            if more > 0 {
                ui.label(RichText::new(format!("and {} more", grouped(more as u64))).color(palette.dim));
            }
        });
        let choices = [
            ("Recover", Answer::Accept),
            ("Save elsewhere…", Answer::SaveAs),
            ("Discard", Answer::Discard),
            ("Not now", Answer::Cancel),
        ];
        buttons(ui, &choices[usize::from(comparison.fits == Fits::Nowhere)..])
    });
    let closed = response.should_close().then_some(Answer::Cancel);
    response.inner.or(closed)
}

fn show_edit(ui: &mut Ui, edit: &ShownEdit) {
    let palette = Palette::of(ui);
    let (removed, added) = edit.lens;
    let what = match (removed, added) {
        (0, added) => format!("{} inserted", bytes(added)),
        (removed, 0) => format!("{} removed", bytes(removed)),
        (removed, added) => format!("{} became {}", bytes(removed), grouped(added)),
    };
    ui.label(RichText::new(format!("At byte {}: {what}", grouped(edit.at))).color(palette.dim));
    let frame = Frame::new().fill(palette.content).corner_radius(4).inner_margin(Margin::symmetric(8, 4));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 2.0;
        for (sign, side, len, color) in
            [("-", &edit.old, removed, palette.error), ("+", &edit.new, added, palette.saved)]
        {
            if len == 0 {
                continue;
            }
            let cut = if (side.len() as u64) < len { " … " } else { "" };
            let text = if side.is_empty() { "(not known any more)".to_owned() } else { readable(side) };
            let font = TextStyle::Monospace.resolve(ui.style());
            let mut line = LayoutJob::default();
            let mut add = |text: &str, color| {
                line.append(text, 0.0, TextFormat { font_id: font.clone(), color, ..TextFormat::default() });
            };
            add(&format!("{sign} "), color);
            add(&readable(&edit.before), palette.dim);
            add(&format!("{text}{cut}"), color);
            add(&readable(&edit.behind), palette.dim);
            ui.label(line);
        }
    });
}

/// Bytes as a person can read them: one line of text, with a dot for what is none.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let sign = |character: char| match character {
        '\n' | '\t' => ' ',
        character if character.is_control() || character == char::REPLACEMENT_CHARACTER => '·',
        character => character,
    };
    text.chars().map(sign).collect()
}

fn bytes(len: u64) -> String {
    format!("{} {}", grouped(len), if len == 1 { "byte" } else { "bytes" })
}
