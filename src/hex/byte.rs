//! What one byte is, for its colour and for the decoded column.

use unicode_width::UnicodeWidthChar;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecodedColumn {
    #[default]
    Ascii,
    /// ISO-8859-1.
    Latin1,
    /// IBM code page 37.
    Ebcdic,
    /// As the document's text.
    Document,
}

impl DecodedColumn {
    /// What the column is read as, and typed text stored as, beside text in `document`.
    pub fn encoding(self, document: Encoding) -> Encoding {
        match self {
            // Beyond ASCII, what is typed is UTF-8.
            Self::Ascii => Encoding::UTF_8,
            Self::Latin1 => Encoding::LATIN_1,
            Self::Ebcdic => Encoding::EBCDIC,
            Self::Document => document,
        }
    }
}

/// A byte in the decoded column: itself if it is a printable character in `encoding`, else a middle dot, which unlike a
/// full stop is hardly ever a byte's own sign. Of characters of several bytes those of ASCII are shown, if any.
pub fn decoded(byte: u8, encoding: Encoding) -> char {
    let encoding = if encoding.unit() > 1 { Encoding::UTF_8 } else { encoding };
    match encoding.char_of(byte) {
        Some(c @ ' '..='~') => c,
        // A space that is none, and a hyphen that is not drawn, would look like nothing; an accent would stand on the
        // neighbour.
        Some(c) if c.width() == Some(1) && c != '\u{ad}' && !c.is_whitespace() => c,
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
            let shown = decoded(byte, Encoding::UTF_8);
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
            |bytes: &[u8], encoding| bytes.iter().map(|&byte| decoded(byte, encoding)).collect::<String>();
        for encoding in [Encoding::UTF_8, Encoding::UTF_16LE] {
            assert_eq!(shown(b"a\xe9\x00\xa0\xad\x80\xb7 ", encoding), "a······ ");
        }
        assert_eq!(shown(b"a\xe9\x00\xa0\xad\x80\xb5 ", Encoding::LATIN_1), "aé····µ ");
        let koi8 = Encoding::named("KOI8-R").unwrap();
        assert_eq!(shown(b"\xd4\xc5\xd3\xd4 \x9a", koi8), "тест ·");
        // Points under Hebrew letters, and marks of direction.
        let hebrew = Encoding::named("Windows-1255").unwrap();
        assert_eq!(shown(b"\xe0\xc1\xfd\xfe", hebrew), "א···");
        // Records of mainframes: "Hello, 42" and packed digits.
        let record = b"\xc8\x85\x93\x93\x96\x6b\x40\xf4\xf2\x00\x1c\x25";
        assert_eq!(shown(record, Encoding::EBCDIC), "Hello, 42···");
    }

    /// What is typed into the column is what it then shows.
    #[test]
    fn what_is_typed_is_shown() {
        for &encoding in Encoding::ALL.iter().filter(|encoding| encoding.unit() == 1) {
            for byte in 0..=255 {
                let shown = decoded(byte, encoding);
                if shown != '·' {
                    let typed = encoding.encode(shown.encode_utf8(&mut [0; 4])).unwrap().into_owned();
                    // GBK and GB18030 have two codes for the euro sign.
                    let is_byte = typed == [byte] || shown == '€';
                    assert!(is_byte && encoding.decode(&typed) == shown.to_string(), "{}", encoding.name());
                }
            }
        }
    }
}
