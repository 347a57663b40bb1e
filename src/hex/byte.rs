//! What one byte is, for its colour and for the decoded column.

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

/// A byte in the decoded column: itself if it is printable ASCII, else a middle dot, which unlike a full stop is
/// not a byte's own sign.
pub fn decoded(byte: u8) -> char {
    match byte {
        b' '..=b'~' => byte.into(),
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
            assert_eq!(decoded(byte) == '·', !(byte.is_ascii_graphic() || byte == b' '), "{byte}");
        }
        assert_eq!(
            [0, 0x80, 0xfe, 0xff].map(ByteClass::of),
            [ByteClass::Zero, ByteClass::High, ByteClass::High, ByteClass::Ff]
        );
    }
}
