//! The row of tabs.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Button, Rect, Sense, Stroke, Ui, vec2};

use super::theme::Palette;
use crate::editor::{Command, Editor, Tab};

/// A longer name is cut short, in points.
const WIDEST: f32 = 280.0;

/// The row of tabs.
pub fn show(ui: &mut Ui, editor: &mut Editor) {
    let palette = Palette::of(ui);
    let (mut activate, mut close) = (None, None);
    let width = ui.available_width();
    egui::ScrollArea::horizontal().auto_shrink([false, true]).show(ui, |ui| {
        // The wheel goes along the row.
        let wheel = ui.input(|input| input.smooth_scroll_delta().y);
        if wheel != 0.0 && ui.rect_contains_pointer(ui.clip_rect()) {
            ui.scroll_with_delta(vec2(wheel, 0.0));
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for (index, tab) in editor.tabs.iter().enumerate() {
                let active = index == editor.active();
                let (response, crossed) = one_tab(ui, tab, active, palette);
                // The active tab is in sight, whenever another becomes that, or the window another size.
                let seen = ui.scope_id().with("seen");
                let sight = (tab.id.0, width.to_bits(), editor.tabs.len());
                if active && ui.data(|data| data.get_temp(seen)) != Some(sight) {
                    ui.data_mut(|data| data.insert_temp(seen, sight));
                    response.scroll_to_me(None);
                }
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
    let mut job = LayoutJob::simple_singleline(text.clone(), font, color);
    job.wrap = TextWrapping::truncate_at_width(WIDEST);
    let galley = ui.painter().layout_job(job);
    let size = vec2(galley.size().x + 40.0, 28.0);
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
