//! Painting on a grid of cells.

use std::sync::Arc;

use super::ansi::Look;
use crate::text::BADGE_FONT_TENTHS;
use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, FontFamily, FontId, Galley, Painter, Pos2, Rect, Stroke, Vec2, pos2, vec2};

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

    /// Lays out text of one cell a character.
    pub fn galley(&self, painter: &Painter, text: &str, color: Color32) -> Arc<Galley> {
        painter.layout_job(LayoutJob::single_section(text.to_owned(), self.format(color)))
    }

    /// Paints text of one cell a character, from `at`, a row's top left.
    pub fn text(&self, painter: &Painter, at: Pos2, text: &str, color: Color32) {
        let galley = self.galley(painter, text, color);
        self.paint(painter, at, galley, color);
    }

    /// Paints text of one cell a character as it looks. There is one weight of the font: bold is struck twice.
    pub fn styled(&self, painter: &Painter, at: Pos2, text: &str, look: &Look) {
        let format = TextFormat { italics: look.italic, ..self.format(look.color) };
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

    /// Paints a galley from [`Grid::galley`] or of [`Grid::format`] sections.
    pub fn paint(&self, painter: &Painter, at: Pos2, galley: Arc<Galley>, color: Color32) {
        painter.galley(pos2(at.x, at.y + self.lift), galley, color);
    }

    /// Paints one cluster that may have any width in the middle of its cells.
    pub fn cluster(&self, painter: &Painter, at: Pos2, columns: u32, text: &str, look: &Look) {
        let format = TextFormat { italics: look.italic, ..TextFormat::simple(self.font.clone(), look.color) };
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
        let galley = painter.layout_no_wrap(word.to_owned(), self.small.clone(), color);
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

    /// Paints a small label on a rounded ground: what has no picture of its own.
    pub fn badge(
        &self,
        painter: &Painter,
        at: Pos2,
        columns: u32,
        label: &str,
        ground: Color32,
        color: Color32,
    ) {
        let size = vec2(columns as f32 * self.cell.x, self.cell.y);
        let rect = Rect::from_min_size(at, size).shrink2(vec2(0.5, 2.0));
        painter.rect_filled(rect, 3.0, ground);
        let galley = painter.layout_no_wrap(label.to_owned(), self.small.clone(), color);
        let place = rect.center() - galley.size() / 2.0;
        painter.with_clip_rect(rect.intersect(painter.clip_rect())).galley(place, galley, color);
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
