//! What one byte is, for its colour and for the decoded column.

use crate::text::Encoding;

/// The classes of bytes that a hex view tells apart by colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteClass {
    /// 0x00.
    Zero,
    /// Printable ASCII but the space.
    Printable,
    /// ASCII white space: tab, LF, VT, FF, CR, space.
    WhiteSpace,
    /// The other ASCII control characters.
    Control,
    /// 0x80 to 0xFE.
    High,
    /// 0xFF.
    Ff,
}

impl ByteClass {
    pub fn of(byte: u8) -> Self {
        match byte {
            0x00 => Self::Zero,
            0x09..=0x0d | 0x20 => Self::WhiteSpace,
            0x21..=0x7e => Self::Printable,
            0x01..=0x1f | 0x7f => Self::Control,
            0x80..=0xfe => Self::High,
            0xff => Self::Ff,
        }
    }
}

/// What the bytes of the decoded column are read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DecodedColumn {
    #[default]
    Ascii,
    /// ISO-8859-1.
    Latin1,
    /// IBM code page 37.
    Ebcdic,
}

impl DecodedColumn {
    pub const ALL: [Self; 3] = [Self::Ascii, Self::Latin1, Self::Ebcdic];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ascii => "ASCII",
            Self::Latin1 => Encoding::LATIN_1.name(),
            Self::Ebcdic => Encoding::EBCDIC.name(),
        }
    }

    /// What typed text is stored as in it.
    pub fn encoding(self) -> Encoding {
        match self {
            // Beyond ASCII, what is typed is UTF-8.
            Self::Ascii => Encoding::UTF_8,
            Self::Latin1 => Encoding::LATIN_1,
            Self::Ebcdic => Encoding::EBCDIC,
        }
    }
}

/// A byte in the decoded column: itself if it is a printable character there, else a middle dot, which unlike a full
/// stop is hardly ever a byte's own sign.
pub fn decoded(byte: u8, column: DecodedColumn) -> char {
    let c = match column {
        DecodedColumn::Ascii => char::from(byte),
        _ => column.encoding().char_of(byte).unwrap_or('\0'),
    };
    match c {
        ' '..='~' => c,
        // A space that is none, and a hyphen that is not drawn, would look like nothing.
        '\u{a1}'..='\u{ff}' if c != '\u{ad}' && column != DecodedColumn::Ascii => c,
        _ => '·',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_ascii() {
        for byte in 0..=255_u8 {
            let class = ByteClass::of(byte);
            assert_eq!(class == ByteClass::Printable, byte.is_ascii_graphic(), "{byte}");
            let white_space = byte.is_ascii_whitespace() || byte == 0x0b;
            assert_eq!(class == ByteClass::WhiteSpace, white_space, "{byte}");
            let control = byte.is_ascii_control() && !white_space && byte != 0;
            assert_eq!(class == ByteClass::Control, control, "{byte}");
            let shown = decoded(byte, DecodedColumn::Ascii);
            assert_eq!(shown == '·', !(byte.is_ascii_graphic() || byte == b' '), "{byte}");
        }
        assert_eq!(
            [0, 0x80, 0xfe, 0xff].map(ByteClass::of),
            [ByteClass::Zero, ByteClass::High, ByteClass::High, ByteClass::Ff]
        );
    }

    #[test]
    fn decoded_columns() {
        let shown =
            |bytes: &[u8], column| bytes.iter().map(|&byte| decoded(byte, column)).collect::<String>();
        assert_eq!(shown(b"a\xe9\x00\xa0\xad\x80\xb7 ", DecodedColumn::Ascii), "a······ ");
        assert_eq!(shown(b"a\xe9\x00\xa0\xad\x80\xb5 ", DecodedColumn::Latin1), "aé····µ ");
        // Records of mainframes: "Hello, 42" and packed digits.
        let record = b"\xc8\x85\x93\x93\x96\x6b\x40\xf4\xf2\x00\x1c\x25";
        assert_eq!(shown(record, DecodedColumn::Ebcdic), "Hello, 42···");
    }

    /// What is typed into the column is what it then shows.
    #[test]
    fn what_is_typed_is_shown() {
        for column in DecodedColumn::ALL {
            for byte in 0..=255 {
                let shown = decoded(byte, column);
                if shown != '·' {
                    let typed =
                        column.encoding().encode(shown.encode_utf8(&mut [0; 4])).unwrap().into_owned();
                    assert_eq!(typed, [byte], "{column:?}");
                }
            }
        }
    }
}
