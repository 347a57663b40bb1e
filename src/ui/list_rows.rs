//! What the lists below the document have in common: rows on the grid, moved through by keys, wheel and mouse.

use egui::{EventFilter, Id, Key, Rect, Response, Sense, Ui, Vec2};

use super::grid::Grid;
use super::scrollbar::split_right;

/// The place of a list's rows.
pub struct Rows {
    pub body: Rect,
    pub bar: Rect,
    /// Full rows.
    pub full: usize,
    pub response: Response,
    /// By how many columns and rows the wheel was turned.
    pub turned: Vec2,
}

impl Rows {
    /// The rows of the list `id`, which assistive technology knows by `name`.
    pub fn new(ui: &Ui, grid: &Grid, rect: Rect, id: Id, name: &str) -> Self {
        let (body, bar) = split_right(rect);
        let (full, _) = grid.fit(body.size());
        ui.data_mut(|data| data.insert_temp(id, full));
        let response = ui.interact(body, id, Sense::click());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::List, true, name));
        if ui.memory(|memory| memory.has_focus(id)) {
            let filter =
                EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape: true };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        }
        let turned = ui.input(|input| input.smooth_scroll_delta());
        let turned = if ui.rect_contains_pointer(rect) { -turned / grid.cell } else { Vec2::ZERO };
        Self { body, bar, full, response, turned }
    }

    /// Which row from `top` on, a place on screen, was clicked.
    pub fn clicked(&self, grid: &Grid, top: f32) -> Option<u64> {
        let pointer = self.response.interact_pointer_pos().filter(|_| self.response.clicked())?;
        Some(((pointer.y - top) / grid.cell.y).floor().max(0.0) as u64)
    }
}

/// Full rows of the list `id`, when it was last drawn.
pub fn page(ui: &Ui, id: Id) -> usize {
    ui.data(|data| data.get_temp::<usize>(id)).unwrap_or(10)
}

/// By how many rows a key moves, of which `page` are on screen; 0 for others.
pub fn step(key: Key, page: usize) -> i64 {
    match key {
        Key::ArrowUp => -1,
        Key::ArrowDown => 1,
        Key::PageUp => -(page as i64),
        Key::PageDown => page as i64,
        Key::Home => i64::MIN,
        Key::End => i64::MAX,
        _ => 0,
    }
}
