//! A scrollbar over bytes: egui's own keeps `f32` offsets, which jump above 2 million rows (egui#1391).

use egui::{Rect, Sense, Ui, pos2, vec2};

use super::theme::Palette;

/// The bar's breadth, in points.
pub const BREADTH: f32 = 14.0;

/// The thumb is never shorter, in points.
const SHORTEST: f32 = 28.0;

/// Shift makes dragging this much finer: a pixel of the track may be many megabytes.
const FINE: i128 = 100;

/// A bar along `rect`, for a view that shows `shown` of `whole` from `top`, where `last` is the largest top. Returns
/// the new top while a person drags or clicks.
pub fn scrollbar(
    ui: &Ui,
    rect: Rect,
    name: &str,
    vertical: bool,
    top: u64,
    last: u64,
    shown: u64,
) -> Option<u64> {
    let palette = Palette::of(ui);
    let id = ui.scope_id().with(("scrollbar", name));
    let response = ui.interact(rect, id, Sense::click_and_drag());
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::accesskit::Role::ScrollBar, true, name);
        info.value = Some(top as f64);
        info
    });
    let length = if vertical { rect.height() } else { rect.width() };
    let whole = last.saturating_add(shown).max(1);
    let share = (shown as f64 / whole as f64).clamp(0.0, 1.0) as f32;
    let thumb_length = (length * share).max(SHORTEST).min(length);
    // Where the thumb can go, in pixels; where it is comes from the byte, exactly, by integers.
    let room = f64::from(length - thumb_length).max(1.0);
    let place = if last == 0 { 0.0 } else { (top.min(last) as f64 / last as f64 * room) as f32 };
    let along = if vertical { vec2(0.0, place) } else { vec2(place, 0.0) };
    let size = if vertical { vec2(rect.width(), thumb_length) } else { vec2(thumb_length, rect.height()) };
    let thumb = Rect::from_min_size(rect.min + along, size);

    let active = response.hovered() || response.dragged();
    if last > 0 {
        let color = if active { palette.thumb_active } else { palette.thumb };
        let shape = if vertical { thumb.shrink2(vec2(3.5, 1.0)) } else { thumb.shrink2(vec2(1.0, 3.5)) };
        ui.painter().rect_filled(shape, 4.0, color.gamma_multiply(if active { 0.9 } else { 0.6 }));
    }

    let pointer = response.interact_pointer_pos()?;
    let from = |pointer: egui::Pos2| {
        if vertical { pointer.y - rect.top() } else { pointer.x - rect.left() }
    };
    let at_pixel = |pixel: f64| {
        // 1024ths of a pixel, so that the arithmetic is exact.
        let part = (pixel.clamp(0.0, room) * 1024.0) as u128;
        (u128::from(last) * part / (room * 1024.0) as u128) as u64
    };
    // A press acts at once. (A release may come in the same frame.)
    let pressed = response.is_pointer_button_down_on() && ui.input(|input| input.pointer.primary_pressed());
    if pressed || response.drag_started() || (response.clicked() && !response.dragged()) {
        // A drag is only told when the pointer has moved on from where it took hold.
        let held = ui.input(|input| input.pointer.press_origin()).unwrap_or(pointer);
        let grip = if thumb.contains(held) { from(held) - place } else { thumb_length / 2.0 };
        let to = if thumb.contains(held) { top } else { at_pixel(f64::from(from(pointer) - grip)) };
        ui.data_mut(|data| data.insert_temp(id, Grip { grip, to, drift: 0 }));
        if !thumb.contains(held) {
            return Some(to);
        }
    }
    if !response.dragged() {
        return None;
    }
    let grip = ui.data(|data| data.get_temp::<Grip>(id))?;
    let moved = response.drag_delta();
    let moved = f64::from(if vertical { moved.y } else { moved.x });
    if ui.input(|input| input.modifiers.shift) {
        // Bytes for a hundredth of the way, the remainder kept for the next move.
        let exact = i128::from(last) * (moved * 1024.0) as i128 + grip.drift;
        let divisor = (room * 1024.0) as i128 * FINE;
        let by = exact / divisor;
        let to = (i128::from(grip.to) + by).clamp(0, i128::from(last)) as u64;
        // Keep hold of the thumb where it is now.
        let next = Grip { grip: from(pointer) - place, to, drift: exact % divisor };
        ui.data_mut(|data| data.insert_temp(id, next));
        return (by != 0).then_some(to);
    }
    let to = (moved != 0.0).then(|| at_pixel(f64::from(from(pointer) - grip.grip)))?;
    ui.data_mut(|data| data.insert_temp(id, Grip { to, drift: 0, ..grip }));
    Some(to)
}

/// The height of a mark of matches, in points.
const MARK: f32 = 2.0;

/// How many parts of a document the marks along `rect` tell apart.
pub fn parts(rect: Rect) -> usize {
    (rect.height() / MARK).floor().max(1.0) as usize
}

/// Marks of where matches are, by how many there are in each of the [`parts`]; under the thumb.
pub fn marks(ui: &Ui, rect: Rect, density: &[u64]) {
    let palette = Palette::of(ui);
    let most = density.iter().copied().max().unwrap_or(0).max(1) as f32;
    for (part, &count) in density.iter().enumerate().filter(|(_, count)| **count > 0) {
        let y = rect.top() + part as f32 * MARK;
        let mark = Rect::from_min_size(pos2(rect.left() + 2.0, y), vec2(rect.width() - 4.0, MARK));
        // One match is to be seen beside a million.
        let strength = 0.55 + 0.45 * (count as f32).ln_1p() / most.ln_1p();
        ui.painter().rect_filled(mark, 0.0, palette.found_mark.gamma_multiply(strength));
    }
}

/// Ticks where lines are marked, in a document of `len` bytes.
pub fn line_marks(ui: &Ui, rect: Rect, marks: &[u64], len: u64) {
    let palette = Palette::of(ui);
    let mut last = f32::MIN;
    for mark in marks {
        let y = rect.top() + (*mark as f64 / len.max(1) as f64) as f32 * (rect.height() - MARK);
        // As many as there are pixels.
        if y - last >= 1.0 {
            last = y;
            let tick = Rect::from_min_size(pos2(rect.left(), y), vec2(4.0, MARK + 1.0));
            ui.painter().rect_filled(tick, 0.0, palette.accent);
        }
    }
}

/// The part whose mark, or whose neighbour's, is being pressed.
pub fn pressed_mark(ui: &Ui, rect: Rect, density: &[u64]) -> Option<usize> {
    let pointer =
        ui.input(|input| input.pointer.primary_pressed().then(|| input.pointer.interact_pos()).flatten())?;
    let part = ((pointer.y - rect.top()) / MARK).floor().max(0.0) as usize;
    let near = [0_isize, -1, 1, -2, 2].into_iter().filter_map(|by| part.checked_add_signed(by));
    near.into_iter().find(|part| density.get(*part).is_some_and(|count| *count > 0))
}

#[derive(Clone, Copy)]
struct Grip {
    /// From the thumb's start to where it is held, in points.
    grip: f32,
    /// The top asked for last. The view may have moved on to the start of a row.
    to: u64,
    /// What fine dragging has not moved yet.
    drift: i128,
}

/// The part of `rect` for a bar at its right edge, and what is left.
pub fn split_right(rect: Rect) -> (Rect, Rect) {
    let at = rect.right() - BREADTH;
    (
        Rect::from_min_max(rect.min, pos2(at, rect.bottom())),
        Rect::from_min_max(pos2(at, rect.top()), rect.max),
    )
}

/// The part of `rect` for a bar at its bottom edge, and what is left.
pub fn split_bottom(rect: Rect) -> (Rect, Rect) {
    let at = rect.bottom() - BREADTH;
    (
        Rect::from_min_max(rect.min, pos2(rect.right(), at)),
        Rect::from_min_max(pos2(rect.left(), at), rect.max),
    )
}
