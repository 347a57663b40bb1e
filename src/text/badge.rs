//! Badges: what stands in the place of a byte or character that cannot be seen.

use std::borrow::Cow;

use super::first::First;
use super::{Cell, CellKind, Encoding, Reading};

/// The size of a badge's label, in tenths of the font size of the text: with it, and a tenth of a column left
/// free on either side, a label fits the columns of its cell.
pub const BADGE_FONT_TENTHS: u32 = 6;

/// The columns of a badge whose label has `chars` characters: 2 for up to three (`ESC`, `FF`), 4 for six
/// (`U+202E`), 5 for seven.
const fn columns(chars: u32) -> u32 {
    (chars * BADGE_FONT_TENTHS + 2).div_ceil(10)
}

pub(super) const CONTROL_COLUMNS: u32 = columns(3);

/// Of `len` bytes that are no character.
pub(super) fn invalid_columns(len: usize) -> u32 {
    columns(2 * len as u32)
}

pub(super) fn format_columns(c: char) -> u32 {
    columns(if u32::from(c) > 0xffff { 7 } else { 6 })
}

impl Reading {
    /// The label of a badge: the abbreviation of a control character (`NUL`, `ESC`, `NEL`), the code point of an
    /// invisible one (`U+202E`), the value of bytes that are no character (`FF`, in UTF-16 that of the code unit,
    /// `D83D`); empty for cells that show themselves. `bytes` are those of the cell.
    pub fn badge(&self, cell: &Cell, bytes: &[u8]) -> Cow<'static, str> {
        match (cell.kind, self.encoding.first(bytes)) {
            (CellKind::Control, First::Char(c, _)) => control_name(c).into(),
            (CellKind::Format, First::Char(c, _)) => format!("U+{:04X}", u32::from(c)).into(),
            (CellKind::Invalid, _) => match *bytes {
                [byte] => hex_pair(byte).into(),
                [low, high] if self.encoding == Encoding::UTF_16LE => {
                    [hex_pair(high), hex_pair(low)].concat().into()
                }
                _ => bytes.iter().map(|&byte| hex_pair(byte)).collect::<String>().into(),
            },
            _ => "".into(),
        }
    }
}

fn control_name(c: char) -> &'static str {
    match u32::from(c) {
        code @ 0x00..0x20 => C0[code as usize],
        code @ 0x80..0xa0 => C1[code as usize - 0x80],
        _ => "DEL",
    }
}

/// ISO 646.
const C0: [&str; 32] = [
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI",
    "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS",
    "US",
];

/// ISO 6429; the four that it leaves open by their names in Unicode's `NameAliases.txt`.
const C1: [&str; 32] = [
    "PAD", "HOP", "BPH", "NBH", "IND", "NEL", "SSA", "ESA", "HTS", "HTJ", "VTS", "PLD", "PLU", "RI", "SS2",
    "SS3", "DCS", "PU1", "PU2", "STS", "CCH", "MW", "SPA", "EPA", "SOS", "SGC", "SCI", "CSI", "ST", "OSC",
    "PM", "APC",
];

/// A byte as two upper-case hex digits.
pub fn hex_pair(byte: u8) -> &'static str {
    let at = 2 * usize::from(byte);
    &HEX_PAIRS[at..at + 2]
}

const HEX_PAIRS: &str = {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    const PAIRS: [u8; 512] = {
        let mut pairs = [0; 512];
        let mut byte = 0;
        while byte < 256 {
            pairs[2 * byte] = DIGITS[byte >> 4];
            pairs[2 * byte + 1] = DIGITS[byte & 15];
            byte += 1;
        }
        pairs
    };
    match str::from_utf8(&PAIRS) {
        Ok(pairs) => pairs,
        Err(_) => unreachable!(),
    }
};

/// Is `c` drawn as nothing, or does it silently reorder or break what is around it? Unicode's
/// Default_Ignorable_Code_Point, the line and paragraph separators, and interlinear annotations.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The length of the part of a grapheme cluster that is drawn as one. The rest are invisible characters that do
/// nothing where they stand: Unicode lets any number of them hide in a cluster, and whole messages were hidden
/// so (tags behind a letter, variation selectors behind an emoji), so they are taken out and shown.
pub(super) fn drawn_len(cluster: &str) -> usize {
    let mut chars = cluster.char_indices();
    let Some((_, base)) = chars.next() else {
        return 0;
    };
    let mut previous = base;
    for (at, c) in chars {
        let joins = match c {
            // Subdivision flags (Scotland, Wales) are a black flag and tags.
            '\u{e0020}'..='\u{e007f}' => base == '\u{1f3f4}',
            // As in U+2764 U+FE0F U+200D U+1F525, heart on fire. They join no letters that never join.
            '\u{200c}'..='\u{200d}' => {
                !base.is_ascii() && (!is_invisible(previous) || is_variation_selector(previous))
            }
            _ => !is_invisible(c) || !is_invisible(previous),
        };
        if !joins {
            return at;
        }
        previous = c;
    }
    cluster.len()
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn badges(bytes: &[u8]) -> Vec<(String, u32)> {
        badges_in(Reading::utf8(8), bytes)
    }

    fn badges_in(reading: Reading, bytes: &[u8]) -> Vec<(String, u32)> {
        let mut out = Vec::new();
        reading.cells(bytes, true, 0, &mut out);
        let own = |cell: &Cell| &bytes[cell.start as usize..][..cell.len as usize];
        out.iter().map(|cell| (reading.badge(cell, own(cell)).into_owned(), cell.width)).collect()
    }

    #[test]
    fn labels_and_their_columns() {
        for (bytes, label, width) in [
            (&b"\0"[..], "NUL", 2),
            (b"\x1b", "ESC", 2),
            (b"\x08", "BS", 2),
            (b"\r", "CR", 2),
            (b"\x7f", "DEL", 2),
            ("\u{85}".as_bytes(), "NEL", 2),
            ("\u{9f}".as_bytes(), "APC", 2),
            ("\u{ad}".as_bytes(), "U+00AD", 4),
            ("\u{202e}".as_bytes(), "U+202E", 4),
            ("\u{feff}".as_bytes(), "U+FEFF", 4),
            ("\u{3164}".as_bytes(), "U+3164", 4),
            ("\u{e0041}".as_bytes(), "U+E0041", 5),
            (b"\xff", "FF", 2),
            (b"\x80", "80", 2),
            (b" ", "", 1),
            ("中".as_bytes(), "", 2),
            (b"\n", "", 1),
        ] {
            assert_eq!(badges(bytes), [(label.to_owned(), width)], "{bytes:x?}");
        }
    }

    #[test]
    fn every_label_fits_its_columns() {
        for c in (0..=0x10ffff).filter_map(char::from_u32) {
            let bytes = c.to_string().into_bytes();
            for (label, width) in badges(&bytes) {
                let tenths = label.chars().count() as u32 * BADGE_FONT_TENTHS + 2;
                assert!(label.is_empty() || tenths <= 10 * width, "{label} in {width}");
            }
        }
    }

    #[test]
    fn messages_hidden_in_clusters_come_out() {
        let tags = "a\u{e0068}\u{e0069}";
        assert_eq!(
            badges(tags.as_bytes()),
            [(String::new(), 1), ("U+E0068".into(), 5), ("U+E0069".into(), 5)]
        );
        let selectors = "😀\u{fe00}\u{e0101}b";
        assert_eq!(
            badges(selectors.as_bytes()),
            [(String::new(), 2), ("U+E0101".into(), 5), (String::new(), 1)]
        );
        let joiners = "a\u{200c}\u{200d}\u{200c}";
        assert_eq!(badges(joiners.as_bytes()).len(), 4);
    }

    #[test]
    fn joiners_that_do_something_stay_inside() {
        for cluster in
            ["❤\u{fe0f}\u{200d}🔥", "ی\u{200c}", "🏴\u{e0067}\u{e0062}\u{e007f}", "क्\u{200d}", "☺\u{fe0e}"]
        {
            assert_eq!(badges(cluster.as_bytes()).len(), 1, "{cluster}");
        }
    }
}
