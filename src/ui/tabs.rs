//! The row of tabs.

use egui::{Button, Rect, Sense, Stroke, Ui, vec2};

use super::theme::Palette;
use crate::editor::{Command, Editor, Tab};

/// The row of tabs.
pub fn show(ui: &mut Ui, editor: &mut Editor) {
    let palette = Palette::of(ui);
    let (mut activate, mut close) = (None, None);
    egui::ScrollArea::horizontal().auto_shrink([false, true]).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for (index, tab) in editor.tabs.iter().enumerate() {
                let active = index == editor.active();
                let (response, crossed) = one_tab(ui, tab, active, palette);
                if response.clicked() {
                    activate = Some(index);
                }
                if crossed || response.middle_clicked() {
                    close = Some(index);
                }
                if let Some(path) = &tab.path {
                    response.on_hover_text(path.display().to_string());
                }
            }
            if ui.add(Button::new("+").frame(false)).on_hover_text("New (Ctrl+N)").clicked() {
                editor.run(Command::New);
            }
        });
    });
    if let Some(index) = activate {
        editor.activate(index);
    }
    if let Some(index) = close {
        editor.close(index);
    }
}

/// Draws a tab; also tells whether its cross was clicked.
fn one_tab(ui: &mut Ui, tab: &Tab, active: bool, palette: &Palette) -> (egui::Response, bool) {
    let text = tab.title();
    let font = egui::TextStyle::Button.resolve(ui.style());
    let color = if active { palette.text } else { palette.dim };
    let galley = ui.painter().layout_no_wrap(text.clone(), font, color);
    let size = vec2(galley.size().x.min(280.0) + 40.0, 28.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::accesskit::Role::Tab, true, active, &text));
    let ground = if active { palette.content } else { palette.chrome };
    let ground = if response.hovered() && !active { palette.current_line } else { ground };
    ui.painter().rect_filled(rect, 0.0, ground);
    if active {
        ui.painter().hline(rect.x_range(), rect.top() + 1.0, Stroke::new(2.0, palette.accent));
    }
    let at = egui::pos2(rect.left() + 12.0, rect.center().y - galley.size().y / 2.0);
    let clip = Rect::from_min_max(rect.min, egui::pos2(rect.right() - 26.0, rect.bottom()));
    ui.painter().with_clip_rect(clip).galley(at, galley, color);
    let cross = Rect::from_center_size(egui::pos2(rect.right() - 14.0, rect.center().y), vec2(18.0, 18.0));
    let cross_response = ui.interact(cross, response.id.with("close"), Sense::click());
    let name = format!("Close {}", tab.label());
    cross_response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, &name));
    if cross_response.hovered() {
        ui.painter().rect_filled(cross, 4.0, palette.hairline);
    }
    if active || response.hovered() || cross_response.hovered() {
        let arm = 3.5;
        let stroke = Stroke::new(1.2, color);
        for sign in [-1.0, 1.0] {
            let (from, to) =
                (cross.center() + vec2(-arm, -arm * sign), cross.center() + vec2(arm, arm * sign));
            ui.painter().line_segment([from, to], stroke);
        }
    }
    (response, cross_response.clicked())
}
