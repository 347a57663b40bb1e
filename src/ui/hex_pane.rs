//! The hex view: offsets, bytes in groups, their characters; carets in both columns.

use std::ops::Range;

use egui::text::LayoutJob;
use egui::{Painter, Pos2, Rect, Stroke, Ui, pos2, vec2};

use super::ansi::Look;
use super::digits::Stretch;
use super::grid::Grid;
use super::pane::{
    Composing, Highlights, Pointing, change_color, change_tip, hole_tip, line_mark, scroll_beyond,
};
use super::scrollbar::{self, BREADTH, scrollbar, split_bottom, split_right};
use super::status::size;
use super::theme::Palette;
use crate::document::{Change, Missing};
use crate::editor::{Editor, Fit, HexColumn, Pane, Settings, Tab};
use crate::hex::{self, ByteClass, OffsetRadix, Rows};
use crate::text::Encoding;
use crate::view::{HexPage, Pending};

/// Changes looked up for a screenful, at most.
const CHANGES: usize = 512;

/// Points around the offsets.
const GAP: f32 = 10.0;

/// Where the parts of a row are.
struct Place<'a> {
    grid: &'a Grid,
    rows: Rows,
    /// What the decoded column is read as.
    encoding: Encoding,
    top: u64,
    origin: Pos2,
}

/// Draws the active tab's bytes in `rect`, and takes the mouse there.
pub fn show(
    ui: &Ui,
    editor: &mut Editor,
    grid: &Grid,
    rect: Rect,
    pointing: &mut Pointing,
    composing: &Composing,
) {
    let palette = Palette::of(ui);
    let settings = editor.settings.clone();
    let decoded_as = editor.tab().map(|tab| editor.decoded_as(tab));
    let has_keys = editor.dialog.is_none();
    let (Some(tab), Some(encoding)) = (editor.tab_mut(), decoded_as) else { return };
    let id = tab.id;
    let mut wanted: Vec<Range<u64>> = Vec::new();

    let (mut body, mut bar) = split_right(rect);
    let radix = radix(&settings);
    let digits = radix.digits(tab.document.len());
    let gutter_width = gutter_width(tab, &settings, grid);
    let rows = rows(&settings, grid, body.width() - gutter_width);
    tab.hex.set_rows(rows);
    // Half-cells on screen, and the furthest that they can be scrolled.
    let shown = ((body.width() - gutter_width) / grid.cell.x * 2.0) as u32;
    let furthest = (rows.width() + 2).saturating_sub(shown);
    let sideways = (furthest > 0).then(|| {
        let whole = body;
        let across;
        (body, across) = split_bottom(whole);
        bar.max.y = body.bottom();
        Rect::from_min_max(pos2(whole.left() + gutter_width, across.top()), across.max)
    });
    let gutter = Rect::from_min_max(body.min, pos2(body.left() + gutter_width, body.bottom()));
    let content = Rect::from_min_max(pos2(gutter.right(), body.top()), body.max);
    let (full, _) = grid.fit(content.size());
    tab.hex_rows = full;

    if let Some(delta) = pointing.wheel(ui, rect) {
        // The other pane may have to be read to follow.
        if delta.y != 0.0
            && let Err(Pending(range)) = tab.scroll(Pane::Hex, -delta.y / grid.cell.y)
        {
            wanted.push(range);
        }
        let half_cells = pointing.whole_columns(-delta.x / grid.cell.x * 2.0);
        tab.hex.left = tab.hex.left.saturating_add_signed(half_cells as i32);
    }
    if tab.focus == Pane::Hex && tab.wants_reveal() {
        let column = rows.column(tab.selection.head());
        let (x, width) = match tab.hex_column {
            HexColumn::Bytes => (rows.digits_x(column), 4),
            HexColumn::Decoded => (rows.decoded_x(column), 2),
        };
        tab.hex.left = tab.hex.left.min(x).max((x + width + 2).saturating_sub(shown));
    }
    tab.hex.left = tab.hex.left.min(furthest);
    if let Err(Pending(range)) = tab.reveal() {
        wanted.push(range);
    }
    let page = tab.hex_page(full + 2);
    let end = page.window.start + page.window.bytes.len() as u64;
    let changes = tab.document.snapshot().changes(page.window.start..end, CHANGES);
    let pending = page.window.gaps.iter().filter(|(_, why)| *why == Missing::Pending);
    wanted.extend(pending.map(|(range, _)| range.clone()));
    let highlights = Highlights::of(editor, std::slice::from_ref(&(page.window.start..end)), bar);
    let Some(tab) = editor.tab_mut() else { return };

    ui.painter().rect_filled(rect, 0.0, palette.content);
    let painter = ui.painter().with_clip_rect(content);
    let y = content.top() - (tab.hex.fraction * grid.cell.y).round();
    let x = content.left() - tab.hex.left as f32 * grid.cell.x / 2.0;
    let place = Place { grid, rows, encoding, top: page.window.start, origin: pos2(x, y) };
    let focused = has_keys && tab.focus == Pane::Hex;
    let head = tab.selection.head();

    if tab.selection.is_empty()
        && let Some(row) = place.row_of(head).filter(|&row| row < page.rows)
    {
        let y = place.y(row);
        let line = Rect::from_min_max(pos2(body.left(), y), pos2(body.right(), y + grid.cell.y));
        ui.painter().with_clip_rect(body).rect_filled(line, 0.0, palette.current_line);
    }
    for hole in &page.holes {
        place.fill(&page, hole, |rect| {
            painter.rect_filled(rect, 0.0, palette.hole);
        });
    }
    if let Some(scope) = &highlights.scope {
        place.fill(&page, scope, |rect| {
            painter.rect_filled(rect, 0.0, palette.current_line);
        });
    }
    for (range, color) in &highlights.colored {
        place.fill(&page, range, |rect| {
            painter.rect_filled(rect, 0.0, palette.markers[usize::from(*color) % 9]);
        });
    }
    for range in highlights.others(page.window.start..end) {
        place.fill(&page, range, |rect| {
            painter.rect_filled(rect, 0.0, palette.found);
        });
    }
    let ground = if focused { palette.selection } else { palette.selection_aside };
    for range in tab.selection.spans() {
        place.fill(&page, &range, |rect| {
            painter.rect_filled(rect, 0.0, ground);
        });
    }
    if let Some(here) = &highlights.here {
        place.fill(&page, here, |rect| {
            painter.rect_filled(rect, 0.0, palette.found_here);
            painter.rect_stroke(rect, 0.0, Stroke::new(1.0, palette.found_edge), egui::StrokeKind::Inside);
        });
    }
    for change in &changes {
        let color = change_color(palette, change);
        place.fill(&page, &change.range, |rect| {
            painter.hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(2.0, color));
        });
        if change.range.is_empty()
            && let Some(row) = place.row_of(change.range.start).filter(|&row| row < page.rows)
        {
            let at = place.digits(row, place.rows.column(change.range.start));
            painter.vline(at.x - 2.0, at.y..=at.y + grid.cell.y, Stroke::new(2.0, color));
        }
    }
    let gutter_painter = ui.painter().with_clip_rect(gutter);
    for row in 0..page.rows {
        let start = place.top + row * u64::from(place.rows.bytes_per_row());
        let current = place.row_of(head) == Some(row);
        let color = if current { palette.text } else { palette.gutter };
        let at = pos2(gutter.left() + GAP, place.y(row));
        grid.text(&gutter_painter, at, &radix.format(start, digits), color);
        place.bytes(&painter, &page, row, start, palette);
        if tab.has_mark(&(start..start + u64::from(place.rows.bytes_per_row()))) {
            line_mark(&gutter_painter, gutter, place.y(row), grid.cell.y, palette);
        }
    }
    caret(ui, &painter, &place, tab, &page, composing, focused, palette);

    let response = pointing.sense(ui, content, Pane::Hex, "Hex");
    if let Some(pointer) = response.hover_pos()
        && let Some((at, _, true)) = place.hit(pointer, end)
    {
        let is_here = |change: &&Change| change.range.contains(&at) || change.range.start == at;
        if let Some(change) = changes.iter().find(is_here) {
            response.clone().on_hover_text_at_pointer(change_tip(tab, change, at, true));
        } else if let Some(hole) = page.holes.iter().find(|hole| hole.contains(&at)) {
            response.clone().on_hover_text_at_pointer(hole_tip(hole));
        }
    }
    if let Some(pressed) = pointing.pressed(ui, &response, gutter) {
        let in_gutter = gutter.contains(pressed.pos);
        if let Some((at, column, _)) = place.hit(pressed.pos, end) {
            tab.hex_column = column;
            let count = if in_gutter { 3 } else { pressed.count };
            pointing.begin(tab, Pane::Hex, at, count, pressed.extends, &mut wanted);
        }
        if let Some(text) = pressed.paste {
            editor.paste(&text);
        }
    } else if let Some(pointer) = pointing.dragging(ui, Pane::Hex) {
        let pointer = scroll_beyond(ui, tab, Pane::Hex, content, pointer, grid.cell, 0, &mut wanted);
        if let Some((at, ..)) = place.hit(pointer, end) {
            // The byte under the pointer belongs to the selection.
            let anchor = pointing.anchor().unwrap_or(at);
            pointing.drag(tab, if at >= anchor { (at + 1).min(end) } else { at }, &mut wanted);
        }
    }

    let mut pressed_mark = None;
    if let Some(tab) = editor.tab_mut() {
        let len = tab.document.len();
        let last = tab.hex.last_top(len, full);
        let page = full as u64 * u64::from(place.rows.bytes_per_row());
        scrollbar::marks(ui, bar, &highlights.density);
        scrollbar::line_marks(ui, bar, tab.marks(), len);
        if let Some(to) = scrollbar(ui, bar, "Hex scrollbar", true, tab.hex.top, last, page) {
            if let Err(Pending(range)) = tab.scroll_to(Pane::Hex, to) {
                wanted.push(range);
            }
            pressed_mark = highlights.pressed(ui, bar, len);
        }
        if let Some(bar) = sideways {
            let (left, last) = (u64::from(tab.hex.left), u64::from(furthest));
            if let Some(to) = scrollbar(ui, bar, "Hex columns scrollbar", false, left, last, u64::from(shown))
            {
                tab.hex.left = to as u32;
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

fn radix(settings: &Settings) -> OffsetRadix {
    if settings.decimal_offsets { OffsetRadix::Decimal } else { OffsetRadix::Hex }
}

fn gutter_width(tab: &Tab, settings: &Settings, grid: &Grid) -> f32 {
    radix(settings).digits(tab.document.len()) as f32 * grid.cell.x + 2.0 * GAP
}

/// How wide the pane would like to be.
pub fn natural_width(tab: &Tab, settings: &Settings, grid: &Grid) -> f32 {
    let rows = rows(settings, grid, f32::MAX);
    let rows = if settings.bytes_per_row == Fit::Width { Rows::new(16, settings.group, 0) } else { rows };
    gutter_width(tab, settings, grid) + (rows.width() + 3) as f32 * grid.cell.x / 2.0 + BREADTH
}

fn rows(settings: &Settings, grid: &Grid, width: f32) -> Rows {
    let half_cells = ((width - GAP) / grid.cell.x * 2.0).max(0.0) as u32;
    match settings.bytes_per_row {
        Fit::Bytes(bytes) => Rows::new(bytes, settings.group, 0),
        Fit::Width | Fit::Ask => Rows::fit(half_cells, settings.group, 0),
    }
}

#[allow(clippy::too_many_arguments)]
fn caret(
    ui: &Ui,
    painter: &Painter,
    place: &Place,
    tab: &Tab,
    page: &HexPage,
    composing: &Composing,
    focused: bool,
    palette: &Palette,
) {
    let head = tab.selection.head();
    let Some(row) = place.row_of(head).filter(|&row| row < page.rows) else {
        return;
    };
    let column = place.rows.column(head);
    let color = if focused { palette.caret } else { palette.dim };
    let mut digits = place.digits(row, column);
    let decoded = place.decoded(row, column);
    let (here, aside) = match tab.hex_column {
        HexColumn::Bytes => {
            if tab.half_typed {
                digits.x += place.grid.cell.x;
            }
            ((digits, if tab.half_typed { 1 } else { 2 }), Rect::from_min_size(decoded, place.grid.cell))
        }
        HexColumn::Decoded => {
            let size = vec2(2.0 * place.grid.cell.x, place.grid.cell.y);
            ((decoded, 1), Rect::from_min_size(digits, size))
        }
    };
    painter.rect_stroke(aside, 1.0, Stroke::new(1.0, palette.dim), egui::StrokeKind::Inside);
    // Behind a selection a block would look like one more byte of it.
    let block = !tab.hex_inserts && tab.selection.is_empty();
    place.grid.caret(painter, here.0, here.1, block, color);
    if focused {
        composing.place(ui, painter.clip_rect(), Rect::from_min_size(here.0, vec2(1.0, place.grid.cell.y)));
    }
}

impl Place<'_> {
    fn y(&self, row: u64) -> f32 {
        self.origin.y + row as f32 * self.grid.cell.y
    }

    fn x(&self, half_cells: u32) -> f32 {
        self.origin.x + half_cells as f32 * self.grid.cell.x / 2.0
    }

    fn digits(&self, row: u64, column: u32) -> Pos2 {
        pos2(self.x(self.rows.digits_x(column)), self.y(row))
    }

    fn decoded(&self, row: u64, column: u32) -> Pos2 {
        pos2(self.x(self.rows.decoded_x(column)), self.y(row))
    }

    /// The row on screen that `offset` stands in, if it is not above.
    fn row_of(&self, offset: u64) -> Option<u64> {
        let below = self.rows.row_start(offset).checked_sub(self.top)?;
        Some(below / u64::from(self.rows.bytes_per_row()))
    }

    /// Calls `paint` with the places of `range` in both columns, row by row.
    fn fill(&self, page: &HexPage, range: &Range<u64>, mut paint: impl FnMut(Rect)) {
        let bytes = u64::from(self.rows.bytes_per_row());
        let shown = self.top..self.top + page.rows * bytes;
        let (start, end) = (range.start.max(shown.start), range.end.min(shown.end));
        let mut at = start;
        while at < end {
            let row_end = (self.rows.row_start(at) + bytes).min(end);
            let Some(row) = self.row_of(at) else { return };
            let (first, last) = (self.rows.column(at), self.rows.column(row_end - 1));
            let height = vec2(0.0, self.grid.cell.y);
            let digits_end = self.digits(row, last) + vec2(2.0 * self.grid.cell.x, 0.0);
            paint(Rect::from_min_max(
                self.digits(row, first) - vec2(1.0, 0.0),
                digits_end + height + vec2(1.0, 0.0),
            ));
            let decoded_end = self.decoded(row, last) + vec2(self.grid.cell.x, 0.0);
            paint(Rect::from_min_max(self.decoded(row, first), decoded_end + height));
            at = row_end;
        }
    }

    /// Paints a row's digits and characters.
    fn bytes(&self, painter: &Painter, page: &HexPage, row: u64, start: u64, palette: &Palette) {
        let window = &page.window;
        let bytes_per_row = u64::from(self.rows.bytes_per_row());
        let from = (start - window.start) as usize;
        let to = (from + bytes_per_row as usize).min(window.bytes.len());
        let gap = |at: u64| window.gaps.iter().find(|(gap, _)| gap.contains(&at)).map(|(_, why)| why);
        if let Some(Missing::Lost(lost)) = gap(start) {
            self.grid.text(painter, self.digits(row, 0), &format!("cannot be read: {lost}"), palette.error);
            return;
        }
        let mut decoded = LayoutJob::default();
        let (mut text, mut color) = (String::new(), palette.text);
        // Digits go out in stretches that stand a whole number of cells apart.
        let mut digits = Stretch::default();
        for (index, &byte) in window.bytes[from..to].iter().enumerate() {
            let missing = gap(start + index as u64).is_some();
            let class = if missing { palette.dim } else { palette.class(ByteClass::of(byte)) };
            let (pair, shown) = if missing {
                ("··", '·')
            } else {
                (hex::hex_pair(byte), hex::decoded(byte, self.encoding))
            };
            let x = self.rows.digits_x(index as u32);
            if !digits.takes(x) {
                self.flush(painter, row, &mut digits);
            }
            digits.push(x, pair, class);
            if class != color && !text.is_empty() {
                decoded.append(&text, 0.0, self.grid.format(color));
                text.clear();
            }
            color = class;
            // What may come from another font has a width of its own.
            if shown > '\u{ff}' {
                let look = Look { color, ..Look::plain(palette) };
                let at = self.decoded(row, index as u32);
                self.grid.cluster(painter, at, 1, shown.encode_utf8(&mut [0; 4]), &look);
            }
            text.push(if shown > '\u{ff}' { ' ' } else { shown });
        }
        self.flush(painter, row, &mut digits);
        let row_end = start + (to - from) as u64;
        if let Some(hole) = page.holes.iter().find(|hole| hole.contains(&start) && row_end <= hole.end)
            && start == self.first_row_of(hole)
        {
            let name = format!("hole, {}", size(hole.end - hole.start));
            return self.grid.text(painter, self.decoded(row, 0), &name, palette.dim);
        }
        if !text.is_empty() {
            decoded.append(&text, 0.0, self.grid.format(color));
        }
        let galley = painter.layout_job(decoded);
        self.grid.paint(painter, self.decoded(row, 0), galley, palette.text);
    }

    fn flush(&self, painter: &Painter, row: u64, digits: &mut Stretch) {
        digits.paint(painter, self.grid, pos2(self.x(digits.start()), self.y(row)));
    }

    /// The start of the first row on screen that lies in a hole: there it says so.
    fn first_row_of(&self, hole: &Range<u64>) -> u64 {
        let first = hole.start.max(self.top);
        match self.rows.row_start(first) {
            start if start == first => start,
            start => start.saturating_add(self.rows.bytes_per_row().into()),
        }
    }

    /// The byte nearest to `pointer`, in which column, and whether it is right on it.
    fn hit(&self, pointer: Pos2, end: u64) -> Option<(u64, HexColumn, bool)> {
        let row = ((pointer.y - self.origin.y) / self.grid.cell.y).floor().max(0.0) as u64;
        let half_cells = (pointer.x - self.origin.x) / self.grid.cell.x * 2.0;
        let start = self.top.checked_add(row * u64::from(self.rows.bytes_per_row()))?;
        let (column, part, x, width) = match self.rows.place(half_cells.max(0.0) as u32) {
            hex::Place::Digit { column, .. } => (column, HexColumn::Bytes, self.rows.digits_x(column), 4),
            hex::Place::Decoded { column } => (column, HexColumn::Decoded, self.rows.decoded_x(column), 2),
        };
        let at = start + u64::from(column);
        let exact = half_cells >= x as f32 && half_cells < (x + width) as f32 && at < end;
        Some((at.min(end), part, exact))
    }
}
