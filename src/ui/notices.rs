//! What is told in a corner of the window.

use egui::{Align2, Area, Button, Frame, Margin, Order, Rect, Stroke, Ui, vec2};

use super::theme::Palette;
use crate::editor::Editor;

/// The width of a notice's text and button, in points.
const NOTICE: f32 = 380.0;

/// Notices, in the lower right corner.
pub fn show(ui: &Ui, editor: &mut Editor, above: f32) {
    let palette = Palette::of(ui);
    let (mut dismissed, mut taken) = (None, None);
    // The latest, and never all over a small window.
    let room = (ui.ctx().content_rect().height() / 140.0).clamp(1.0, 5.0) as usize;
    Area::new(egui::Id::unique("notices"))
        .order(Order::Foreground)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-24.0, -above - 12.0))
        .show(ui.ctx(), |ui| {
            for (index, notice) in editor.notices.iter().enumerate().rev().take(room).rev() {
                let stripe = if notice.is_error { palette.error } else { palette.accent };
                let frame = Frame::new()
                    .fill(palette.chrome)
                    .stroke(Stroke::new(1.0, palette.hairline))
                    .corner_radius(6.0)
                    .shadow(ui.visuals().popup_shadow)
                    .inner_margin(Margin { left: 14, right: 6, top: 8, bottom: 8 });
                let shown = frame.show(ui, |ui| {
                    ui.set_width(NOTICE);
                    ui.horizontal_top(|ui| {
                        ui.vertical(|ui| {
                            ui.set_width(NOTICE - 34.0);
                            ui.label(&notice.text);
                            if let Some(offer) = &notice.offer
                                && ui.button(offer.label).clicked()
                            {
                                taken = Some((index, offer.command));
                            }
                        });
                        let close = ui.add(Button::new("✕").frame(false)).on_hover_text("Dismiss");
                        close.widget_info(|| {
                            egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, "Dismiss")
                        });
                        if close.clicked() {
                            dismissed = Some(index);
                        }
                    });
                });
                let rect = shown.response.rect;
                let side = Rect::from_min_size(rect.min + vec2(0.0, 4.0), vec2(3.0, rect.height() - 8.0));
                ui.painter().rect_filled(side, 1.5, stripe);
                ui.add_space(4.0);
            }
        });
    if let Some((index, command)) = taken {
        editor.notices.remove(index);
        editor.run(command);
    } else if let Some(index) = dismissed {
        editor.notices.remove(index);
    }
}
