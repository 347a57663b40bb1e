//! Digits of a hex row.

use egui::text::LayoutJob;
use egui::{Color32, Painter, Pos2};

use super::grid::Grid;

/// Digits of a row that go out as one galley: they stand a whole number of cells apart.
#[derive(Default)]
pub struct Stretch {
    start: u32,
    /// Half-cells that the text takes so far.
    width: u32,
    text: String,
    sections: Vec<(usize, Color32)>,
}

impl Stretch {
    pub fn takes(&self, x: u32) -> bool {
        self.text.is_empty() || (x - self.start).is_multiple_of(2)
    }

    pub fn push(&mut self, x: u32, pair: &str, color: Color32) {
        if self.text.is_empty() {
            self.start = x;
        }
        let spaces = (x - self.start - self.width) / 2;
        self.text.extend(std::iter::repeat_n(' ', spaces as usize));
        if self.sections.last().is_none_or(|&(_, last)| last != color) {
            self.sections.push((self.text.len(), color));
        }
        self.text.push_str(pair);
        self.width = x - self.start + 4;
    }

    /// Where it starts, in half-cells.
    pub fn start(&self) -> u32 {
        self.start
    }

    /// Paints it at its start, and empties it.
    pub fn paint(&mut self, painter: &Painter, grid: &Grid, at: Pos2) {
        if self.text.is_empty() {
            return;
        }
        let mut job = LayoutJob::default();
        let ends = self.sections.iter().skip(1).map(|&(at, _)| at).chain([self.text.len()]);
        let mut from = 0;
        for (&(_, color), end) in self.sections.iter().zip(ends) {
            job.append(&self.text[from..end], 0.0, grid.format(color));
            from = end;
        }
        let galley = painter.layout_job(job);
        grid.paint(painter, at, galley, Color32::WHITE);
        *self = Self::default();
    }
}
