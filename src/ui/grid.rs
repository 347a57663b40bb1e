//! Painting on a grid of cells.

use std::sync::Arc;

use super::ansi::Look;
use crate::text::BADGE_FONT_TENTHS;
use egui::emath::GuiRounding;
use egui::layers::ShapeIdx;
use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontFamily, FontId, Galley, Mesh, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};

/// The colour of text that is laid out once for all colours: each time it is painted, it is given one.
const ANY: Color32 = Color32::PLACEHOLDER;

/// Points that are cut off the corners of a badge's ground.
const CORNER: f32 = 1.5;

/// The content's font on its grid: every cell is a whole number of pixels wide and high, so that runs of text and
/// single cells fall on the same places.
#[derive(Clone, Debug)]
pub struct Grid {
    pub font: FontId,
    small: FontId,
    /// Points.
    pub cell: Vec2,
    /// Added to each glyph's own advance to fill its cell.
    spacing: f32,
    /// From a row's top to its text's.
    lift: f32,
}

impl Grid {
    /// Measures the font at `size` points.
    pub fn new(ui: &egui::Ui, size: f32) -> Self {
        let font = FontId::new(size, FontFamily::Monospace);
        let pixel = 1.0 / ui.pixels_per_point();
        let (advance, text_height) =
            ui.fonts_mut(|fonts| (fonts.glyph_width(&font, '0'), fonts.row_height(&font)));
        let to_pixels = |points: f32| (points / pixel).round().max(1.0) * pixel;
        let cell = vec2(to_pixels(advance), to_pixels((size * 1.35).max(text_height)));
        Self {
            small: FontId::new(size * BADGE_FONT_TENTHS as f32 / 10.0, FontFamily::Monospace),
            spacing: cell.x - advance,
            lift: to_pixels((cell.y - text_height) / 2.0 + pixel * 0.01) - pixel,
            font,
            cell,
        }
    }

    /// Whole cells that fit into `size`.
    pub fn fit(&self, size: Vec2) -> (usize, u64) {
        ((size.y / self.cell.y).floor().max(1.0) as usize, (size.x / self.cell.x).floor().max(1.0) as u64)
    }

    pub fn format(&self, color: Color32) -> TextFormat {
        TextFormat { extra_letter_spacing: self.spacing, ..TextFormat::simple(self.font.clone(), color) }
    }

    /// Paints text of one cell a character, from `at`, a row's top left.
    pub fn text(&self, painter: &Painter, at: Pos2, text: &str, color: Color32) {
        let galley = painter.layout_job(LayoutJob::single_section(text.to_owned(), self.format(ANY)));
        self.paint(painter, at, galley, color);
    }

    /// Paints text of one cell a character as it looks. There is one weight of the font: bold is struck twice.
    pub fn styled(&self, painter: &Painter, at: Pos2, text: &str, look: &Look) {
        let format = TextFormat { italics: look.italic, ..self.format(ANY) };
        let galley = painter.layout_job(LayoutJob::single_section(text.to_owned(), format));
        if look.bold {
            self.paint(painter, at + vec2(self.strike(painter), 0.0), Arc::clone(&galley), look.color);
        }
        self.paint(painter, at, galley, look.color);
    }

    /// How far the second strike of bold text is from the first: a pixel, more if those are small.
    fn strike(&self, painter: &Painter) -> f32 {
        let pixel = 1.0 / painter.pixels_per_point();
        (self.cell.x * 0.06 / pixel).round().max(1.0) * pixel
    }

    /// Paints a galley of [`Grid::format`] sections; `color` is for what has none of its own.
    pub fn paint(&self, painter: &Painter, at: Pos2, galley: Arc<Galley>, color: Color32) {
        painter.galley(pos2(at.x, at.y + self.lift), galley, color);
    }

    /// Paints one cluster that may have any width in the middle of its cells.
    pub fn cluster(&self, painter: &Painter, at: Pos2, columns: u32, text: &str, look: &Look) {
        let format = TextFormat { italics: look.italic, ..TextFormat::simple(self.font.clone(), ANY) };
        let galley = painter.layout_job(LayoutJob::single_section(text.to_owned(), format));
        let room = columns as f32 * self.cell.x - galley.size().x;
        let y = at.y + (self.cell.y - galley.size().y) / 2.0;
        let at = pos2(painter.round_to_pixel_center(at.x + room / 2.0) - 0.5, y);
        if look.bold {
            let struck = at + vec2(self.strike(painter), 0.0);
            painter.galley(struck, Arc::clone(&galley), look.color);
        }
        painter.galley(at, galley, look.color);
    }

    /// Paints a small word at the left of a cell, about things that have no picture. It may be wider than the cell.
    pub fn note(&self, painter: &Painter, at: Pos2, word: &str, color: Color32) {
        let galley = painter.layout_no_wrap(word.to_owned(), self.small.clone(), ANY);
        let y = at.y + (self.cell.y - galley.size().y) / 2.0;
        painter.galley(pos2(at.x + 0.2 * self.cell.x, y), galley, color);
    }

    /// Paints an open box, the sign of a blank, which the bundled font does not have.
    pub fn open_box(&self, painter: &Painter, at: Pos2, columns: u32, color: Color32) {
        let size = vec2(columns as f32 * self.cell.x, self.cell.y);
        let rect = Rect::from_min_size(at, size).shrink2(vec2(1.5, 0.0));
        let (top, bottom) = (at.y + size.y * 0.6, at.y + size.y * 0.8);
        let corners = [
            pos2(rect.left(), top),
            pos2(rect.left(), bottom),
            pos2(rect.right(), bottom),
            pos2(rect.right(), top),
        ];
        painter.line(corners.to_vec(), Stroke::new(1.0, color));
    }

    /// Paints a small label on a ground: what has no picture of its own. `badges` are those of the row.
    pub fn badge(
        &self,
        painter: &Painter,
        at: Pos2,
        columns: u32,
        (label, color): (&str, Color32),
        badges: &mut Badges,
    ) {
        let size = vec2(columns as f32 * self.cell.x, self.cell.y);
        let rect = Rect::from_min_size(at, size).shrink2(vec2(0.5, 2.0));
        let rect = rect.round_to_pixels(painter.pixels_per_point());
        badges.slot.get_or_insert_with(|| painter.add(Shape::Noop));
        badges.ground(rect);
        let galley = badges.label(painter, label, &self.small);
        painter.galley(rect.center() - galley.size() / 2.0, galley, color);
    }

    /// A caret before a cell (inserting) or on `columns` cells (overwriting).
    pub fn caret(&self, painter: &Painter, at: Pos2, columns: u32, overwrites: bool, color: Color32) {
        if overwrites {
            let size = vec2(columns.max(1) as f32 * self.cell.x, self.cell.y);
            let rect = Rect::from_min_size(at, size);
            painter.rect_filled(rect, 1.0, color.gamma_multiply(0.35));
            painter.hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(2.0, color));
        } else {
            painter.vline(at.x.round() + 0.5, at.y..=at.y + self.cell.y, Stroke::new(2.0, color));
        }
    }
}

/// The badges of a row. A screen may be full of them (a hole of zeros), and is to cost about what as much text does:
/// their grounds are one mesh of few corners, equal labels that follow each other are laid out once, and nothing is
/// clipped by itself, which would make each badge a draw call. (Labels fit into their columns: see [`crate::text`].)
pub struct Badges {
    ground: Color32,
    grounds: Mesh,
    /// The place of the grounds, below all labels.
    slot: Option<ShapeIdx>,
    last: Option<(String, Arc<Galley>)>,
}

impl Badges {
    pub fn new(ground: Color32) -> Self {
        Self { ground, grounds: Mesh::default(), slot: None, last: None }
    }

    /// Adds a ground: a rectangle without its corners.
    fn ground(&mut self, rect: Rect) {
        let first = self.grounds.vertices.len() as u32;
        let (left, right, top, bottom) = (rect.left(), rect.right(), rect.top(), rect.bottom());
        let corners = [
            (left + CORNER, top),
            (right - CORNER, top),
            (right, top + CORNER),
            (right, bottom - CORNER),
            (right - CORNER, bottom),
            (left + CORNER, bottom),
            (left, bottom - CORNER),
            (left, top + CORNER),
        ];
        for (x, y) in corners {
            self.grounds.colored_vertex(pos2(x, y), self.ground);
        }
        for corner in 2..corners.len() as u32 {
            self.grounds.add_triangle(first, first + corner - 1, first + corner);
        }
    }

    fn label(&mut self, painter: &Painter, label: &str, font: &FontId) -> Arc<Galley> {
        if let Some((last, galley)) = &self.last
            && last == label
        {
            return Arc::clone(galley);
        }
        let galley = painter.layout_no_wrap(label.to_owned(), font.clone(), ANY);
        self.last = Some((label.to_owned(), Arc::clone(&galley)));
        galley
    }

    /// Paints what was put off: the last thing to do in a row.
    pub fn finish(self, painter: &Painter) {
        if let Some(slot) = self.slot {
            painter.set(slot, Shape::mesh(self.grounds));
        }
    }
}
