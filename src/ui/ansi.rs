//! What terminals' colours look like on our ground.

use egui::Color32;

use super::contrast::{mix, readable};
use super::theme::Palette;
use crate::text::{Color, Style};

/// How far faint text is on its way to what is behind it.
const FAINT: f32 = 0.4;

/// How a run of text is painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub color: Color32,
    /// What is painted behind it, if anything.
    pub ground: Option<Color32>,
    pub bold: bool,
    pub italic: bool,
    pub underline: bool,
    pub strike: bool,
}

impl Look {
    pub fn plain(palette: &Palette) -> Self {
        Self {
            color: palette.text,
            ground: None,
            bold: false,
            italic: false,
            underline: false,
            strike: false,
        }
    }

    /// That of text in `style` on `behind`, so that it can be read there.
    pub fn of(style: &Style, palette: &Palette, behind: Color32) -> Self {
        let (fg, bg) = (style.fg.map(|fg| rgb(fg, palette)), style.bg.map(|bg| rgb(bg, palette)));
        let (color, ground) = match style.inverse {
            false => (fg.unwrap_or(palette.text), bg),
            true => (bg.unwrap_or(behind), Some(fg.unwrap_or(palette.text))),
        };
        Self { ground, ..Self::on(style, color, ground.unwrap_or(behind)) }
    }

    /// That of selected text, which lies on the selection's ground instead of its own.
    pub fn selected(style: &Style, palette: &Palette, selection: Color32) -> Self {
        Self::on(style, style.fg.map_or(palette.text, |fg| rgb(fg, palette)), selection)
    }

    fn on(style: &Style, color: Color32, behind: Color32) -> Self {
        let color = if style.dim { mix(color, behind, FAINT) } else { color };
        Self {
            color: readable(color, behind),
            ground: None,
            bold: style.bold,
            italic: style.italic,
            underline: style.underline,
            strike: style.strike,
        }
    }
}

fn rgb(color: Color, palette: &Palette) -> Color32 {
    match color {
        Color::Basic(index) => palette.ansi[usize::from(index) % palette.ansi.len()],
        Color::Indexed(index @ 232..) => Color32::from_gray(8 + 10 * (index - 232)),
        Color::Indexed(index) => {
            // Steps of the cube as xterm has them.
            let step = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let index = index.saturating_sub(16);
            Color32::from_rgb(step(index / 36), step(index / 6 % 6), step(index % 6))
        }
        Color::Rgb(red, green, blue) => Color32::from_rgb(red, green, blue),
    }
}

#[cfg(test)]
mod tests {
    use super::super::contrast::contrast;
    use super::super::theme::{DARK, LIGHT};
    use super::*;

    fn all_colors() -> impl Iterator<Item = Option<Color>> {
        let basic = (0..16).map(Color::Basic);
        let indexed = (16..=255).map(Color::Indexed);
        basic.chain(indexed).map(Some).chain([None])
    }

    #[test]
    fn every_colour_can_be_read_on_every_other_and_selected() {
        for palette in [&DARK, &LIGHT] {
            for fg in all_colors() {
                for bg in all_colors().step_by(7).chain([None]) {
                    for (inverse, dim) in [(false, false), (true, false), (false, true)] {
                        let style = Style { fg, bg, inverse, dim, ..Style::default() };
                        let look = Look::of(&style, palette, palette.content);
                        let ground = look.ground.unwrap_or(palette.content);
                        assert!(contrast(look.color, ground) >= 4.5, "{style:?}");
                        let look = Look::selected(&style, palette, palette.selection);
                        assert!(look.ground.is_none() && contrast(look.color, palette.selection) >= 4.5);
                    }
                }
            }
        }
    }

    #[test]
    fn colours_are_those_of_the_theme_and_of_xterm() {
        assert_eq!(rgb(Color::Basic(9), &DARK), DARK.ansi[9]);
        assert_eq!(rgb(Color::Indexed(16), &DARK), Color32::BLACK);
        assert_eq!(rgb(Color::Indexed(208), &DARK), Color32::from_rgb(255, 135, 0));
        assert_eq!(rgb(Color::Indexed(231), &DARK), Color32::WHITE);
        assert_eq!(rgb(Color::Indexed(232), &DARK), Color32::from_gray(8));
        assert_eq!(rgb(Color::Indexed(255), &DARK), Color32::from_gray(238));
    }

    #[test]
    fn what_is_as_the_theme_has_it_stays_so() {
        for palette in [&DARK, &LIGHT] {
            let plain = Look::of(&Style::default(), palette, palette.content);
            assert_eq!(plain, Look::plain(palette));
            for index in 0..16 {
                let style = Style { fg: Some(Color::Basic(index)), ..Style::default() };
                let look = Look::of(&style, palette, palette.content);
                assert_eq!(look.color, palette.ansi[usize::from(index)]);
            }
        }
    }
}
