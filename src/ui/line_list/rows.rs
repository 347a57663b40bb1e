use egui::{Pos2, Rect, Stroke, Ui, pos2, vec2};

use super::super::grid::Grid;
use super::super::list_rows::Rows;
use super::super::pane::line_mark;
use super::super::scrollbar::{scrollbar, split_bottom};
use super::super::text_row::{Ink, Place, paint_line};
use super::super::theme::Palette;
use super::MatchingLines;
use crate::document::Count;
use crate::editor::{Editor, ListedLines, Tab};
use crate::hex::{self, grouped};
use crate::text::Encoding;

/// Points around the line numbers.
const GAP: f32 = 10.0;

/// How much of their colour lines have that only stand around a match.
const AROUND: f32 = 0.7;

/// Draws the lines, and takes the pointer.
pub(super) fn rows(ui: &Ui, editor: &mut Editor, grid: &Grid, rect: Rect) {
    let (above, sideways) = split_bottom(rect);
    let rows = Rows::new::<MatchingLines>(ui, editor, grid, above);
    let body = rows.body;
    let (_, columns) = grid.fit(body.size());
    editor.scroll_list_sideways(rows.turned.x.round() as i64);
    let listed = editor.listed_lines(rows.full);
    let top = body.top() - (listed.fraction * grid.cell.y).round();
    let longest = paint(ui, editor, grid, body, top, columns, &listed);
    let shown = (listed.top, listed.lines.len(), listed.total);
    rows.take_mouse::<MatchingLines>(ui, editor, grid, top, shown);
    let last = (longest + 2).saturating_sub(columns).max(listed.left);
    let columns_bar = "Matching lines columns scrollbar";
    if let Some(to) = scrollbar(ui, sideways, columns_bar, false, listed.left, last, columns) {
        editor.scroll_list_sideways(to as i64 - listed.left as i64);
    }
}

/// Paints the lines. Gives how long the longest is, in bytes.
fn paint(
    ui: &Ui,
    editor: &mut Editor,
    grid: &Grid,
    body: Rect,
    top: f32,
    columns: u64,
    listed: &ListedLines,
) -> u64 {
    let palette = Palette::of(ui);
    let painter = ui.painter().with_clip_rect(body);
    let decoded = editor.tab().map(|tab| editor.decoded_as(tab));
    let (Some(decoded), Some(tab)) = (decoded, editor.tab_mut()) else { return 0 };
    let id = tab.id;
    let by_lines = tab.lists_lines();
    let bytes_per_row = u64::from(tab.hex.rows().bytes_per_row());
    let lines = match tab.lines() {
        Count::Exact(lines) | Count::About(lines) => lines,
    };
    let digits = if by_lines { grouped(lines).len().max(4) + 1 } else { 12 };
    let left = body.left() + digits as f32 * grid.cell.x + 2.0 * GAP;
    let content = painter.with_clip_rect(Rect::from_min_max(pos2(left - 2.0, body.top()), body.max));
    let mut around = content.clone();
    around.multiply_opacity(AROUND);
    let mut wanted = Vec::new();
    let ink = Ink {
        palette,
        reading: tab.reading(),
        shows_whitespace: false,
        line_ending: tab.line_ending,
        selected: Vec::new(),
        selection: palette.selection_aside,
    };
    let (mut longest, mut last_end) = (0, None);
    for (index, line) in listed.lines.iter().enumerate() {
        let y = top + index as f32 * grid.cell.y;
        let row = Rect::from_min_max(pos2(body.left(), y), pos2(body.right(), y + grid.cell.y));
        if listed.here == Some(listed.top + index as u64) {
            painter.rect_filled(row, 0.0, palette.selection_aside);
        }
        let at = pos2(left, y);
        let Some(line) = *line else {
            grid.text(&painter, at, "…", palette.dim);
            last_end = None;
            continue;
        };
        // Lines with others around them come in groups.
        if listed.has_context && last_end.is_some_and(|end| end != line.start) {
            painter.hline(row.x_range(), y, Stroke::new(1.0, palette.blank));
        }
        let range = if by_lines {
            let page = tab.line_page(line.start, listed.left, columns);
            wanted.extend(page.pending.iter().cloned());
            let marks: Vec<_> = tab
                .marked_in_list(&page.range())
                .into_iter()
                .map(|(range, color)| (range, palette.markers[usize::from(color) % 9]))
                .collect();
            let place = Place { grid, left: listed.left, origin: at };
            paint_line(if line.is_match { &content } else { &around }, &place, &page, &ink, &marks);
            longest = longest.max(page.range().end - page.range().start);
            line.start..page.range().end
        } else {
            let range = line.start..(line.start + bytes_per_row).min(tab.document.len());
            let window = tab.document.snapshot().try_read(range.clone());
            wanted.extend(window.gaps.iter().map(|(gap, _)| gap.clone()));
            for (found, color) in tab.marked_in_list(&range) {
                let color = palette.markers[usize::from(color) % 9];
                let from = found.start.max(range.start) - range.start;
                let to = found.end.min(range.end) - range.start;
                let x = |column: u64| left + (3 * column) as f32 * grid.cell.x;
                let rect = Rect::from_min_max(pos2(x(from), y), pos2(x(to) - grid.cell.x, y + grid.cell.y));
                content.rect_filled(rect, 0.0, color);
            }
            hex_row(grid, &content, at, &window.bytes, (bytes_per_row, decoded), palette);
            range
        };
        if tab.has_mark(&range) {
            line_mark(&painter, row, y, grid.cell.y, palette);
        }
        let number = number(tab, line.start, by_lines);
        let width = number.chars().count() as f32 * grid.cell.x;
        let color = if line.is_match { palette.text } else { palette.gutter };
        grid.text(&painter, pos2(left - GAP - width, y), &number, color);
        last_end = Some(range.end);
    }
    for range in wanted {
        editor.fetch(id, range);
    }
    longest
}

fn number(tab: &Tab, start: u64, by_lines: bool) -> String {
    match tab.document.snapshot().line_at(start) {
        _ if !by_lines => format!("{start:010X}"),
        Count::Exact(line) => grouped(line + 1),
        Count::About(line) => format!("~{}", grouped(line + 1)),
    }
}

fn hex_row(
    grid: &Grid,
    painter: &egui::Painter,
    at: Pos2,
    bytes: &[u8],
    (bytes_per_row, encoding): (u64, Encoding),
    palette: &Palette,
) {
    grid.text(painter, at, &hex::to_hex(bytes), palette.text);
    let decoded: String = bytes.iter().map(|byte| hex::decoded(*byte, encoding)).collect();
    let aside = at + vec2((3 * bytes_per_row + 1) as f32 * grid.cell.x, 0.0);
    grid.text(painter, aside, &decoded, palette.dim);
}
