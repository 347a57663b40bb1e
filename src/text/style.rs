//! What escape sequences say of the text behind them: SGR, "select graphic rendition".

use super::escape::{self, Sequence};
use super::{Escapes, Reading};

/// A colour as a terminal is told it. What the first two look like is up to the theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Color {
    /// 0 to 7: black, red, green, yellow, blue, magenta, cyan, white; 8 to 15: the bright ones.
    Basic(u8),
    /// 16 to 231: a cube of 6 × 6 × 6 colours, blue fastest; 232 to 255: greys, from dark to light.
    Indexed(u8),
    Rgb(u8, u8, u8),
}

/// How text is rendered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// `None`: as other text.
    pub fg: Option<Color>,
    /// `None`: as behind other text.
    pub bg: Option<Color>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub inverse: bool,
    pub strike: bool,
}

impl Reading {
    /// Does what escape sequences say of text hold for it?
    pub fn renders_escapes(&self) -> bool {
        self.escapes == Escapes::Rendered && self.reads_escapes()
    }

    /// What escape sequences in `bytes` say of the text behind those, which begin where `style` holds.
    pub fn style_behind(&self, bytes: &[u8], mut style: Style) -> Style {
        let mut at = 0;
        while self.reads_escapes()
            && let Some(found) = memchr::memchr(escape::ESC, &bytes[at..])
        {
            at += found;
            match escape::sequence(&bytes[at..]) {
                Sequence::Whole(len) => {
                    style.apply(&bytes[at..at + len]);
                    at += len;
                }
                Sequence::Cut | Sequence::None => at += 1,
            }
        }
        style
    }
}

impl Style {
    /// Takes over what an escape sequence says, whose bytes are those of a cell of kind `Escape`. Most kinds say
    /// nothing of style.
    pub fn apply(&mut self, sequence: &[u8]) {
        let [escape::ESC, b'[', parameters @ .., b'm'] = sequence else {
            return;
        };
        // `ESC [ > 4 ; 2 m`, for one, is about keys (xterm).
        if !parameters.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':')) {
            return;
        }
        let mut parameters = parameters.split(|&byte| byte == b';');
        while let Some(parameter) = parameters.next() {
            let mut parts = parameter.split(|&byte| byte == b':').map(number);
            let code = parts.next().unwrap_or(0);
            match code {
                38 | 48 | 58 if parameter.contains(&b':') => {
                    // A colour by value may have a place for its colour space (ISO 8613-6).
                    let has_space = parts.clone().count() > 4;
                    let kind = parts.next();
                    self.color(code, kind, &mut parts.skip(usize::from(has_space)));
                }
                38 | 48 | 58 => {
                    let mut parts = parameters.by_ref().map(number);
                    let kind = parts.next();
                    self.color(code, kind, &mut parts);
                }
                _ => self.select(code, parts.next()),
            }
        }
    }

    /// Takes over a colour by index (`kind` 5) or value (2), in the numbers behind.
    fn color(&mut self, code: u16, kind: Option<u16>, numbers: &mut dyn Iterator<Item = u16>) {
        let mut byte = || numbers.next().and_then(|number| u8::try_from(number).ok());
        let color = match kind {
            Some(5) => {
                byte().map(|index| if index < 16 { Color::Basic(index) } else { Color::Indexed(index) })
            }
            Some(2) => match (byte(), byte(), byte()) {
                (Some(red), Some(green), Some(blue)) => Some(Color::Rgb(red, green, blue)),
                _ => None,
            },
            _ => None,
        };
        match code {
            38 => self.fg = color.or(self.fg),
            48 => self.bg = color.or(self.bg),
            // An underline has the colour of its text.
            _ => {}
        }
    }

    /// Takes over any other code, with its first number behind a colon.
    fn select(&mut self, code: u16, part: Option<u16>) {
        match code {
            0 => *self = Self::default(),
            1 => self.bold = true,
            2 => self.dim = true,
            3 => self.italic = true,
            // `4:0` is none, `4:3` a wave.
            4 => self.underline = part != Some(0),
            7 => self.inverse = true,
            9 => self.strike = true,
            21 => self.underline = true,
            22 => (self.bold, self.dim) = (false, false),
            23 => self.italic = false,
            24 => self.underline = false,
            27 => self.inverse = false,
            29 => self.strike = false,
            30..=37 => self.fg = Some(Color::Basic(code as u8 - 30)),
            39 => self.fg = None,
            40..=47 => self.bg = Some(Color::Basic(code as u8 - 40)),
            49 => self.bg = None,
            90..=97 => self.fg = Some(Color::Basic(code as u8 - 90 + 8)),
            100..=107 => self.bg = Some(Color::Basic(code as u8 - 100 + 8)),
            _ => {}
        }
    }
}

/// The number of these digits, 0 of none; one too large is the largest.
fn number(digits: &[u8]) -> u16 {
    digits
        .iter()
        .fold(0, |number: u16, digit| number.saturating_mul(10).saturating_add((digit - b'0').into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Encoding;
    use proptest::prelude::*;

    const RENDERED: Reading = Reading { escapes: Escapes::Rendered, ..Reading::utf8(8) };

    fn behind(text: &str) -> Style {
        RENDERED.style_behind(text.as_bytes(), Style::default())
    }

    #[test]
    fn what_sequences_select() {
        let plain = Style::default();
        let fg = |color| Style { fg: Some(color), ..plain };
        let bg = |color| Style { bg: Some(color), ..plain };
        for (text, style) in [
            ("", plain),
            ("\x1b[31m", fg(Color::Basic(1))),
            ("\x1b[97m", fg(Color::Basic(15))),
            ("\x1b[44m", bg(Color::Basic(4))),
            ("\x1b[100m", bg(Color::Basic(8))),
            ("\x1b[38;5;9m", fg(Color::Basic(9))),
            ("\x1b[38;5;208m", fg(Color::Indexed(208))),
            ("\x1b[38:5:208m", fg(Color::Indexed(208))),
            ("\x1b[48;2;1;2;3m", bg(Color::Rgb(1, 2, 3))),
            ("\x1b[38:2:1:2:3m", fg(Color::Rgb(1, 2, 3))),
            ("\x1b[38:2::1:2:3m", fg(Color::Rgb(1, 2, 3))),
            ("\x1b[01;31m", Style { bold: true, ..fg(Color::Basic(1)) }),
            ("\x1b[58;5;3;9m", Style { strike: true, ..plain }),
            (
                "\x1b[1;2;3;4;7;9m",
                Style {
                    bold: true,
                    dim: true,
                    italic: true,
                    underline: true,
                    inverse: true,
                    strike: true,
                    ..plain
                },
            ),
            ("\x1b[1;2;3;4;7;9m\x1b[22;23;24;27;29m", plain),
            ("\x1b[4m\x1b[4:0m", plain),
            ("\x1b[4:3m", Style { underline: true, ..plain }),
            ("\x1b[31;42m\x1b[39;49m", plain),
            ("\x1b[31;1m\x1b[m", plain),
            ("\x1b[31;1m\x1b[;32m", fg(Color::Basic(2))),
            // Nothing that is known, and nothing of style.
            ("\x1b[31m\x1b[38;5;999m", fg(Color::Basic(1))),
            ("\x1b[38m", plain),
            ("\x1b[38;2;1m", plain),
            ("\x1b[99999999m", plain),
            ("\x1b[31m\x1b[>4;2m\x1b[2K\x1b[?25l\x1b]0;[1m\x07", fg(Color::Basic(1))),
            ("\x1b[31", plain),
        ] {
            assert_eq!(behind(text), style, "{}", text.escape_debug());
        }
    }

    #[test]
    fn only_where_sequences_are_cells() {
        for reading in
            [Reading::utf8(8), Reading { escapes: Escapes::Rendered, ..Reading::new(Encoding::UTF_16LE, 8) }]
        {
            assert_eq!(reading.style_behind(b"\x1b[31m", Style::default()), Style::default());
        }
    }

    proptest! {
        /// As the cells of the same bytes say, one after the other.
        #[test]
        fn all_at_once_is_one_by_one(text in "([a-c\u{e9}\n\u{1b}]|\u{1b}\\[[0-9;:]{0,12}m|\u{1b}\\]8;;[a-c]{0,3}(\u{7}|\u{1b}\\\\)){0,12}") {
            let bytes = text.as_bytes();
            let mut style = Style::default();
            let mut at = 0;
            while at < bytes.len() {
                let mut out = Vec::new();
                let taken = RENDERED.cells(&bytes[at..], true, 0, &mut out);
                for cell in out.iter().filter(|cell| cell.kind == crate::text::CellKind::Escape) {
                    style.apply(&bytes[at + cell.start as usize..][..cell.len as usize]);
                }
                at += taken;
            }
            prop_assert_eq!(behind(&text), style);
        }
    }
}
