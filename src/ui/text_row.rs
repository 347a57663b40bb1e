//! A row of text, painted cell by cell: characters in their styles, badges, marks in the place of blanks.

use std::ops::Range;

use egui::{Color32, Painter, Pos2, Rect, Stroke, pos2, vec2};

use super::ansi::Look;
use super::grid::{Badges, Grid};
use super::theme::Palette;
use crate::document::Change;
use crate::text::{Cell, CellKind, LineEnding, Reading, Style};
use crate::view::{RowState, TextPage, TextRow};

/// Where rows and columns are on screen.
pub struct Place<'a> {
    pub grid: &'a Grid,
    pub left: u64,
    pub origin: Pos2,
}

/// How rows are painted.
pub struct Ink<'a> {
    pub palette: &'a Palette,
    pub reading: Reading,
    /// Are blanks and line ends drawn?
    pub shows_whitespace: bool,
    /// What Enter inserts: other line ends stand out.
    pub line_ending: LineEnding,
    /// What is selected, sorted.
    pub selected: Vec<Range<u64>>,
    /// Behind that.
    pub selection: Color32,
}

/// Characters of one column each that are painted together.
struct Run {
    text: String,
    /// A mark in the place of each blank.
    marks: String,
    column: u64,
    look: Look,
}

impl Place<'_> {
    pub fn y(&self, row: usize) -> f32 {
        self.origin.y + row as f32 * self.grid.cell.y
    }

    fn x(&self, column: u64) -> f32 {
        let columns = column as i128 - i128::from(self.left);
        self.origin.x + columns as f32 * self.grid.cell.x
    }

    pub fn at(&self, row: usize, column: u64) -> Pos2 {
        pos2(self.x(column), self.y(row))
    }

    /// The part of a row that `range` covers, if any.
    pub fn span(&self, page: &TextPage, row: &TextRow, index: usize, range: &Range<u64>) -> Option<Rect> {
        let end = row.row.end;
        if range.end <= row.row.start || range.start >= end || range.is_empty() {
            return None;
        }
        let from = if range.start <= row.offset { self.left } else { column_of(page, row, range.start).0 };
        let to = column_of(page, row, range.end).0;
        (from < to).then(|| Rect::from_min_max(self.at(index, from), self.at(index + 1, to)))
    }

    pub fn fill(
        &self,
        painter: &Painter,
        page: &TextPage,
        row: &TextRow,
        index: usize,
        range: &Range<u64>,
        color: Color32,
    ) {
        if let Some(rect) = self.span(page, row, index, range) {
            painter.rect_filled(rect, 0.0, color);
        }
    }

    pub fn underline(
        &self,
        painter: &Painter,
        page: &TextPage,
        row: &TextRow,
        index: usize,
        change: &Change,
        color: Color32,
    ) {
        if let Some(rect) = self.span(page, row, index, &change.range) {
            painter.hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(1.0, color.gamma_multiply(0.8)));
        }
    }

    /// Paints a row that lies on `behind`: runs of one look as one, everything else cell by cell.
    pub fn row(
        &self,
        painter: &Painter,
        page: &TextPage,
        row: &TextRow,
        index: usize,
        ink: &Ink,
        behind: Color32,
    ) {
        let plain = Look::plain(ink.palette);
        let mut style = row.style;
        let mut looks = ink.looks(&style, behind);
        let mut run = Run { text: String::new(), marks: String::new(), column: 0, look: plain };
        let mut badges = Badges::new(ink.palette.badge);
        let trailing = if ink.shows_whitespace { trailing_blanks(page, row, ink.reading) } else { u64::MAX };
        for cell in &page.cells[row.cells.clone()] {
            let bytes = page.text(row, cell);
            if cell.kind == CellKind::Escape {
                if ink.reading.renders_escapes() {
                    style.apply(bytes);
                    looks = ink.looks(&style, behind);
                }
                continue;
            }
            let start = row.offset + u64::from(cell.start);
            let (own, when_selected) = looks;
            let look = if own != when_selected && ink.is_selected(start) { when_selected } else { own };
            if cell.kind == CellKind::Text {
                let text = ink.reading.text(bytes);
                if let [byte] = text.as_bytes() {
                    let is_trailing = cell.column == trailing;
                    if run.look != look || run.column + run.text.len() as u64 != cell.column || is_trailing {
                        self.flush(painter, index, &mut run, ink, trailing);
                        (run.column, run.look) = (cell.column, look);
                    }
                    run.text.push(char::from(*byte));
                    run.marks.push(if *byte == b' ' { '·' } else { ' ' });
                    continue;
                }
            }
            self.flush(painter, index, &mut run, ink, trailing);
            self.cell(painter, index, cell, bytes, ink, look, cell.column >= trailing, &mut badges);
        }
        self.flush(painter, index, &mut run, ink, trailing);
        badges.finish(painter);
    }

    fn flush(&self, painter: &Painter, index: usize, run: &mut Run, ink: &Ink, trailing: u64) {
        if run.text.is_empty() {
            return;
        }
        let at = self.at(index, run.column);
        self.ground(painter, at, run.text.len() as u32, &run.look);
        if !run.text.trim_end().is_empty() {
            self.grid.styled(painter, at, &run.text, &run.look);
        }
        if ink.shows_whitespace && !run.marks.trim_end().is_empty() {
            let color = if run.column >= trailing { ink.palette.warning } else { ink.palette.blank };
            self.grid.text(painter, at, run.marks.trim_end(), color);
        }
        run.text.clear();
        run.marks.clear();
    }

    /// What lies behind text, and the lines through it.
    fn ground(&self, painter: &Painter, at: Pos2, columns: u32, look: &Look) {
        let cell = self.grid.cell;
        let rect = Rect::from_min_size(at, vec2(columns as f32 * cell.x, cell.y));
        if let Some(ground) = look.ground {
            painter.rect_filled(rect, 0.0, ground);
        }
        let lines =
            [(look.underline, rect.bottom() - 2.5), (look.strike, (at.y + cell.y / 2.0).round() + 0.5)];
        for (_, y) in lines.into_iter().filter(|(is_drawn, _)| *is_drawn) {
            painter.hline(rect.x_range(), y, Stroke::new(1.0, look.color));
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn cell(
        &self,
        painter: &Painter,
        index: usize,
        cell: &Cell,
        bytes: &[u8],
        ink: &Ink,
        look: Look,
        is_trailing: bool,
        badges: &mut Badges,
    ) {
        let at = self.at(index, cell.column);
        let palette = ink.palette;
        let mark = if is_trailing { palette.warning } else { palette.blank };
        match cell.kind {
            CellKind::Text => {
                let cluster = ink.reading.text(bytes);
                self.ground(painter, at, cell.width, &look);
                if !cluster.chars().all(char::is_whitespace) {
                    self.grid.cluster(painter, at, cell.width, &cluster, &look);
                } else if ink.shows_whitespace {
                    // Blanks that look like spaces and are none.
                    self.grid.open_box(painter, at, cell.width, palette.warning);
                }
            }
            CellKind::Control | CellKind::Format | CellKind::Invalid => {
                let label = ink.reading.badge(cell, bytes);
                let color = if cell.kind == CellKind::Invalid { palette.error } else { palette.badge_text };
                self.grid.badge(painter, at, cell.width, (&label, color), badges);
            }
            CellKind::Tab => {
                self.ground(painter, at, cell.width, &look);
                if ink.shows_whitespace {
                    self.grid.text(painter, at, "→", mark);
                }
            }
            CellKind::LineEnd if ink.shows_whitespace => {
                let ending = ink.reading.line_ending(bytes);
                let color = if ending == ink.line_ending { palette.dim } else { palette.warning };
                self.grid.note(painter, at, ending.name(), color);
            }
            CellKind::LineEnd | CellKind::Escape => {}
        }
    }
}

impl Ink<'_> {
    /// The look of text in `style`, and when it is selected.
    fn looks(&self, style: &Style, behind: Color32) -> (Look, Look) {
        if *style == Style::default() {
            let plain = Look::plain(self.palette);
            return (plain, plain);
        }
        (Look::of(style, self.palette, behind), Look::selected(style, self.palette, self.selection))
    }

    fn is_selected(&self, at: u64) -> bool {
        let behind = self.selected.partition_point(|range| range.end <= at);
        self.selected.get(behind).is_some_and(|range| range.start <= at)
    }
}

/// Paints the first row of `page`, with grounds of these colours.
pub fn paint_line(
    painter: &Painter,
    place: &Place,
    page: &TextPage,
    ink: &Ink,
    marks: &[(Range<u64>, Color32)],
) {
    let (grid, at) = (place.grid, place.origin);
    let Some(row) = page.rows.first() else { return };
    for (range, color) in marks {
        place.fill(painter, page, row, 0, range, *color);
    }
    let palette = ink.palette;
    match &row.state {
        RowState::Ready => place.row(painter, page, row, 0, ink, palette.content),
        RowState::Pending => grid.text(painter, at, "loading…", palette.dim),
        RowState::Lost(why) => grid.text(painter, at, &format!("cannot be read: {why}"), palette.error),
    }
}

/// The column from which on a line has only blanks, as far as the row shows its end.
fn trailing_blanks(page: &TextPage, row: &TextRow, reading: Reading) -> u64 {
    let cells = &page.cells[row.cells.clone()];
    let [cells @ .., Cell { kind: CellKind::LineEnd, column, .. }] = cells else {
        return u64::MAX;
    };
    let is_blank = |cell: &&Cell| match cell.kind {
        CellKind::Tab | CellKind::Escape => true,
        CellKind::Text => reading.text(page.text(row, cell)).chars().all(char::is_whitespace),
        _ => false,
    };
    cells.iter().rev().take_while(is_blank).last().map_or(*column, |cell| cell.column)
}

/// The column of `offset` in a row, and how wide the cell there is; behind the last cell, the column there.
pub fn column_of(page: &TextPage, row: &TextRow, offset: u64) -> (u64, u32) {
    let cells = &page.cells[row.cells.clone()];
    let at = offset.saturating_sub(row.offset);
    let index = cells.partition_point(|cell| u64::from(cell.start + cell.len) <= at);
    match cells.get(index) {
        Some(cell) if offset >= row.offset => (cell.column, cell.width),
        Some(cell) => (cell.column.saturating_sub(1), 1),
        None => (cells.last().map_or(0, |cell| cell.column + u64::from(cell.width)), 1),
    }
}
