//! The text view: rows of cells, line numbers, carets, selection, marks of what changed.

use std::ops::Range;

use egui::{Pos2, Rect, Stroke, Ui, pos2, vec2};

use super::grid::Grid;
use super::pane::{
    Composing, Highlights, Pointing, change_color, change_tip, hole_tip, line_mark, scroll_beyond,
};
use super::scrollbar::{self, BREADTH, scrollbar, split_bottom, split_right};
use super::text_row::{Ink, Place, column_of};
use super::theme::Palette;
use crate::document::{Change, Count};
use crate::editor::{Editor, Pane, Tab};
use crate::hex::grouped;
use crate::text::CellKind;
use crate::view::{Pending, RowState, Selection, TextPage, TextRow};

/// Changes looked up for a screenful, at most: beyond that, marks would be everywhere.
const CHANGES: usize = 512;

/// Columns that the name of a line end takes, in whole ones.
const LINE_END: u64 = 3;

/// Points around the line numbers.
const GAP: f32 = 10.0;

/// Draws the active tab's text in `rect`, and takes the mouse there.
pub fn show(
    ui: &Ui,
    editor: &mut Editor,
    grid: &Grid,
    rect: Rect,
    pointing: &mut Pointing,
    composing: &Composing,
) {
    let palette = Palette::of(ui);
    let wrap = editor.settings.wrap;
    let shows_whitespace = editor.settings.show_whitespace;
    let (tab_width, escapes) = (editor.settings.tab, editor.settings.ansi);
    let has_keys = editor.dialog.is_none();
    let Some(tab) = editor.tab_mut() else { return };
    let id = tab.id;
    let mut wanted: Vec<Range<u64>> = Vec::new();

    let (body, bar) = split_right(rect);
    let (body, sideways) = if wrap { (body, None) } else { split_side(body) };
    let gutter_width = gutter_columns(tab) as f32 * grid.cell.x + 2.0 * GAP;
    let gutter = Rect::from_min_max(body.min, pos2(body.left() + gutter_width, body.bottom()));
    let content = Rect::from_min_max(pos2(gutter.right(), body.top()), body.max);
    let (rows, columns) = grid.fit(content.size());
    tab.text_size = (rows, columns.saturating_sub(1).max(1));
    let margin = if shows_whitespace { LINE_END } else { 1 };
    let wrap_at = wrap.then(|| columns.saturating_sub(margin).clamp(2, u64::from(u32::MAX)) as u32);
    tab.set_shape(wrap_at, tab_width, escapes);

    wheel(ui, tab, rect, grid, pointing, &mut wanted);
    if let Err(Pending(range)) = tab.reveal() {
        wanted.push(range);
    }
    let hid_escapes = tab.hides_escapes;
    let page = tab.text_page(rows + 2, columns + 1);
    if tab.hides_escapes != hid_escapes {
        // The status bar, which is drawn before, says so.
        ui.request_repaint();
    }
    wanted.extend(page.pending.iter().cloned());
    let changes = tab.document.snapshot().changes(page.range(), CHANGES);
    let stretches: Vec<_> = page.rows.iter().map(|row| stretch_of(&page, row)).collect();
    let highlights = Highlights::of(editor, &stretches, bar);
    let Some(tab) = editor.tab_mut() else { return };

    let painter = ui.painter().with_clip_rect(content);
    let top = content.top() - (tab.text.fraction * grid.cell.y).round();
    let place = Place { grid, left: tab.text.left, origin: pos2(content.left(), top) };
    ui.painter().rect_filled(rect, 0.0, palette.content);
    let focused = has_keys && tab.focus == Pane::Text;
    let shown = page.range();
    let on_screen = |range: &Range<u64>| range.start < shown.end && shown.start < range.end;
    let ink = Ink {
        palette,
        reading: tab.reading(),
        shows_whitespace,
        line_ending: tab.line_ending,
        selected: tab.selection.spans().filter(on_screen).collect(),
        selection: if focused { palette.selection } else { palette.selection_aside },
    };

    let head = tab.selection.head();
    let holds = |row: &TextRow, at: u64| row.row.holds(at, tab.document.len());
    for (index, row) in page.rows.iter().enumerate() {
        let y = place.y(index);
        let is_current = holds(row, head) && tab.selection.is_empty();
        let behind = if is_current { palette.current_line } else { palette.content };
        if is_current {
            let line = Rect::from_min_max(pos2(body.left(), y), pos2(body.right(), y + grid.cell.y));
            ui.painter().with_clip_rect(body).rect_filled(line, 0.0, palette.current_line);
        }
        if let Some(scope) = &highlights.scope {
            place.fill(&painter, &page, row, index, scope, palette.current_line);
        }
        for (range, color) in &highlights.colored {
            place.fill(&painter, &page, row, index, range, palette.markers[usize::from(*color) % 9]);
        }
        for range in highlights.others(stretches[index].clone()) {
            place.fill(&painter, &page, row, index, range, palette.found);
        }
        for range in &ink.selected {
            place.fill(&painter, &page, row, index, range, ink.selection);
        }
        if let Some(rect) = highlights.here.as_ref().and_then(|here| place.span(&page, row, index, here)) {
            painter.rect_filled(rect, 0.0, palette.found_here);
            painter.rect_stroke(rect, 0.0, Stroke::new(1.0, palette.found_edge), egui::StrokeKind::Inside);
        }
        match &row.state {
            RowState::Ready => place.row(&painter, &page, row, index, &ink, behind),
            RowState::Pending => grid.text(&painter, pos2(content.left(), y), "loading…", palette.dim),
            RowState::Lost(why) => {
                let text = format!("cannot be read: {why}");
                grid.text(&painter, pos2(content.left(), y), &text, palette.error);
            }
        }
        for change in &changes {
            place.underline(&painter, &page, row, index, change, change_color(palette, change));
        }
        numbers(ui, grid, gutter, y, row, palette, holds(row, head));
        marks(ui, grid, gutter, y, row, &changes, palette);
        if tab.has_mark(&(row.row.start..row.row.end)) {
            line_mark(&ui.painter().with_clip_rect(gutter), gutter, y, grid.cell.y, palette);
        }
    }
    for caret in tab.selection.carets() {
        let Some(index) = page.rows.iter().position(|row| holds(row, caret.head)) else {
            continue;
        };
        let row = &page.rows[index];
        let (column, width) = column_of(&page, row, caret.head);
        let at = place.at(index, column);
        if caret.head == head && !composing.text.is_empty() {
            composing.paint(&painter, grid, at, palette);
        } else if focused {
            grid.caret(&painter, at, width, tab.text_overwrites, palette.caret);
        } else {
            grid.caret(&painter, at, width, tab.text_overwrites, palette.dim);
        }
        if caret.head == head && focused {
            composing.place(ui, content, Rect::from_min_size(at, vec2(1.0, grid.cell.y)));
        }
    }

    let len = tab.document.len();
    // The furthest that the lines on screen can be scrolled sideways, by their bytes.
    let longest = page.rows.iter().map(|row| row.row.end - row.row.start).max().unwrap_or(0);
    let furthest = (longest + 2).saturating_sub(columns);
    let hit = |pointer: Pos2| hit(&page, &place, pointer, len);
    let response = pointing.sense(ui, content, Pane::Text, "Text");
    if let Some(pointer) = response.hover_pos()
        && let Some(at) = hit_exact(&page, &place, pointer)
    {
        if let Some(change) = changed_at(&changes, at) {
            response.clone().on_hover_text_at_pointer(change_tip(tab, change, at, false));
        } else if let Some(hole) = tab.document.snapshot().hole_at(at) {
            response.clone().on_hover_text_at_pointer(hole_tip(&hole));
        }
    }
    let pressed = pointing.pressed(ui, &response, gutter);
    if let Some(pressed) = pressed {
        let at = hit(pressed.pos.max(pos2(content.left(), f32::MIN)));
        let kind = if gutter.contains(pressed.pos) { 3 } else { pressed.count };
        pointing.begin(tab, Pane::Text, at, kind, pressed.extends, &mut wanted);
        if let Some(text) = pressed.paste {
            editor.paste(&text);
        }
    } else if let Some(pointer) = pointing.dragging(ui, Pane::Text) {
        let pointer = scroll_beyond(ui, tab, Pane::Text, content, pointer, grid.cell, furthest, &mut wanted);
        let at = hit(pointer);
        pointing.drag(tab, at, &mut wanted);
    }

    let mut pressed_mark = None;
    if let Some(tab) = editor.tab_mut() {
        let shown = page.range();
        let last = match tab.last_top() {
            Ok(last) => last,
            Err(Pending(range)) => {
                wanted.push(range);
                len
            }
        };
        let shown = (shown.end - shown.start).max(1);
        scrollbar::marks(ui, bar, &highlights.density);
        scrollbar::line_marks(ui, bar, tab.marks(), len);
        if let Some(to) = scrollbar(ui, bar, "Text scrollbar", true, tab.text.top, last, shown) {
            if let Err(Pending(range)) = tab.scroll_to(Pane::Text, to) {
                wanted.push(range);
            }
            pressed_mark = highlights.pressed(ui, bar, len);
        }
        if let Some(sideways) = sideways {
            let last = furthest.max(tab.text.left);
            let bar = Rect::from_min_max(pos2(content.left(), sideways.top()), sideways.max);
            if let Some(to) = scrollbar(ui, bar, "Columns scrollbar", false, tab.text.left, last, columns) {
                tab.scroll_sideways(to);
            }
        }
    }
    if let Some(part) = pressed_mark {
        editor.go_to_match_in(part);
    }
    for range in wanted {
        editor.fetch(id, range);
    }
}

fn split_side(body: Rect) -> (Rect, Option<Rect>) {
    if body.height() < 4.0 * BREADTH {
        return (body, None);
    }
    let (body, bar) = split_bottom(body);
    (body, Some(bar))
}

/// Columns that line numbers take: enough for the last line, and never fewer than 4, so that nothing moves while a
/// new document grows.
fn gutter_columns(tab: &Tab) -> usize {
    let (lines, sign) = match tab.lines() {
        Count::Exact(lines) => (lines, 0),
        Count::About(lines) => (lines, 1),
    };
    grouped(lines).len().max(4) + sign
}

fn wheel(
    ui: &Ui,
    tab: &mut Tab,
    rect: Rect,
    grid: &Grid,
    pointing: &mut Pointing,
    wanted: &mut Vec<Range<u64>>,
) {
    let Some(delta) = pointing.wheel(ui, rect) else {
        return;
    };
    if delta.y != 0.0
        && let Err(Pending(range)) = tab.scroll(Pane::Text, -delta.y / grid.cell.y)
    {
        wanted.push(range);
    }
    let columns = pointing.whole_columns(-delta.x / grid.cell.x);
    if columns != 0 {
        tab.scroll_sideways(tab.text.left.saturating_add_signed(columns));
    }
}

fn numbers(ui: &Ui, grid: &Grid, gutter: Rect, y: f32, row: &TextRow, palette: &Palette, current: bool) {
    let Some(line) = row.line else { return };
    let number = match line {
        Count::Exact(line) => grouped(line + 1),
        Count::About(line) => format!("~{}", grouped(line + 1)),
    };
    let width = number.chars().count() as f32 * grid.cell.x;
    let at = pos2(gutter.right() - GAP - width, y);
    let color = if current { palette.text } else { palette.gutter };
    grid.text(&ui.painter().with_clip_rect(gutter), at, &number, color);
}

/// The bar beside a changed row; a wedge where something was only removed.
fn marks(ui: &Ui, grid: &Grid, gutter: Rect, y: f32, row: &TextRow, changes: &[Change], palette: &Palette) {
    let painter = ui.painter().with_clip_rect(gutter);
    let end = row.row.end;
    for change in changes {
        let touches = if change.range.is_empty() {
            row.row.start <= change.range.start && change.range.start < end.max(row.row.start + 1)
        } else {
            change.range.start < end && row.row.start < change.range.end
        };
        if touches {
            let x = gutter.right() - 5.0;
            let bar = Rect::from_min_size(pos2(x, y), vec2(3.0, grid.cell.y));
            painter.rect_filled(bar, 0.0, change_color(palette, change));
            return;
        }
    }
}

fn changed_at(changes: &[Change], at: u64) -> Option<&Change> {
    changes
        .iter()
        .find(|change| change.range.contains(&at) || (change.range.is_empty() && change.range.start == at))
}

/// The bytes of a row that are on screen.
fn stretch_of(page: &TextPage, row: &TextRow) -> Range<u64> {
    let end = page.cells[row.cells.clone()].last().map_or(0, |cell| u64::from(cell.start + cell.len));
    row.offset..row.offset + end
}

/// The place for a caret nearest to `pointer`.
fn hit(page: &TextPage, place: &Place, pointer: Pos2, len: u64) -> u64 {
    let row = ((pointer.y - place.origin.y) / place.grid.cell.y).floor().max(0.0) as usize;
    let Some(row) = page.rows.get(row) else {
        return page.rows.last().map_or(0, |row| row.row.end);
    };
    let column = place.left as f64 + f64::from((pointer.x - place.origin.x) / place.grid.cell.x);
    let cells = &page.cells[row.cells.clone()];
    for (index, cell) in cells.iter().enumerate() {
        let start = row.offset + u64::from(cell.start);
        let middle = cell.column as f64 + f64::from(cell.width) / 2.0;
        // The last cell of a wrapped row has the next row's start behind it.
        let wrapped = index + 1 == cells.len() && !row.row.ends_line && row.row.end < len;
        if cell.kind == CellKind::LineEnd || column < middle || wrapped {
            return start;
        }
    }
    cells.last().map_or(row.row.start, |cell| row.offset + u64::from(cell.start + cell.len))
}

/// The byte under `pointer`, if there is one.
fn hit_exact(page: &TextPage, place: &Place, pointer: Pos2) -> Option<u64> {
    let row = page.rows.get(((pointer.y - place.origin.y) / place.grid.cell.y).floor().max(0.0) as usize)?;
    let column = place.left + ((pointer.x - place.origin.x) / place.grid.cell.x).max(0.0) as u64;
    let cells = &page.cells[row.cells.clone()];
    let cell =
        cells.iter().find(|cell| cell.column <= column && column < cell.column + u64::from(cell.width))?;
    Some(row.offset + u64::from(cell.start))
}

/// The selection a drag from `anchor` to `at` makes.
pub fn spanning(anchor: &Range<u64>, reached: &Range<u64>) -> Selection {
    if reached.start < anchor.start {
        Selection::range(anchor.end, reached.start)
    } else {
        Selection::range(anchor.start, reached.end.max(anchor.end))
    }
}
