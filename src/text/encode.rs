//! Characters to bytes.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::EncoderResult;

use super::Encoding;

/// A character that an encoding does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmappable {
    pub c: char,
    /// Where it stands in the text, in bytes of UTF-8.
    pub at: usize,
    pub encoding: Encoding,
}

impl std::error::Error for Unmappable {}

impl fmt::Display for Unmappable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be stored in {}.", named(self.c), self.encoding.name())
    }
}

/// A character and its number: `“€” (U+20AC)`.
pub(super) fn named(c: char) -> String {
    let shown = if c.is_control() { '\u{fffd}' } else { c };
    format!("“{shown}” (U+{:04X})", u32::from(c))
}

impl Encoding {
    /// All of `text` as bytes, without a byte order mark.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, Unmappable> {
        if self == Self::UTF_8 {
            return Ok(text.as_bytes().into());
        }
        let mut bytes = Vec::with_capacity(text.len() * self.unit() as usize);
        match self.encode_start(text, &mut bytes) {
            None => Ok(bytes.into()),
            Some(unmappable) => Err(unmappable),
        }
    }

    /// Appends `text` as bytes, up to the first character that cannot be stored.
    pub(super) fn encode_start(self, text: &str, out: &mut Vec<u8>) -> Option<Unmappable> {
        match self {
            Self::UTF_8 => out.extend_from_slice(text.as_bytes()),
            Self::UTF_16LE => out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
            Self::UTF_16BE => out.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
            _ => match self.whatwg() {
                Some(whatwg) => return self.encode_by(whatwg, text, out),
                None => {
                    for (at, c) in text.char_indices() {
                        match self.byte_of(c) {
                            Some(byte) => out.push(byte),
                            None => return Some(Unmappable { c, at, encoding: self }),
                        }
                    }
                }
            },
        }
        None
    }

    fn encode_by(
        self,
        whatwg: &'static encoding_rs::Encoding,
        text: &str,
        out: &mut Vec<u8>,
    ) -> Option<Unmappable> {
        let mut encoder = whatwg.new_encoder();
        let mut rest = text;
        loop {
            let room = encoder.max_buffer_length_from_utf8_without_replacement(rest.len());
            out.reserve(room.unwrap_or(rest.len()).max(16));
            let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, out, true);
            rest = &rest[read..];
            match result {
                EncoderResult::InputEmpty => return None,
                EncoderResult::OutputFull => {}
                EncoderResult::Unmappable(c) => {
                    let at = text.len() - rest.len() - c.len_utf8();
                    return Some(Unmappable { c, at, encoding: self });
                }
            }
        }
    }

    /// The byte of a character, in an encoding with a character for each byte.
    fn byte_of(self, c: char) -> Option<u8> {
        // Nearly always it is where Latin-1 has it.
        let guess = u8::try_from(u32::from(c)).ok().filter(|&byte| self.char_of(byte) == Some(c));
        guess.or_else(|| (0..=255).find(|&byte| self.char_of(byte) == Some(c)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_character_that_is_not_there_is_named() {
        for (encoding, text, c, at) in [
            (Encoding::LATIN_1, "a€", '€', 1),
            (Encoding::WINDOWS_1252, "日", '日', 0),
            (Encoding::named("Shift_JIS").unwrap(), "日本ü", 'ü', 6),
            (Encoding::EBCDIC, "ok ☃", '☃', 3),
        ] {
            let error = encoding.encode(text).unwrap_err();
            assert_eq!((error.c, error.at), (c, at), "{}", encoding.name());
            assert!(error.to_string().contains(encoding.name()));
        }
        let error = Encoding::LATIN_1.encode("€").unwrap_err().to_string();
        assert_eq!(error, "“€” (U+20AC) cannot be stored in Latin-1.");
    }

    #[test]
    fn known_bytes() {
        for (encoding, text, bytes) in [
            (Encoding::UTF_16LE, "aé😀", &b"a\0\xe9\0\x3d\xd8\x00\xde"[..]),
            (Encoding::UTF_16BE, "aé😀", b"\0a\0\xe9\xd8\x3d\xde\x00"),
            (Encoding::WINDOWS_1252, "–€", b"\x96\x80"),
            (Encoding::LATIN_1, "\u{80}ÿ", b"\x80\xff"),
            (Encoding::EBCDIC, "AZ09", b"\xc1\xe9\xf0\xf9"),
            (Encoding::named("gb18030").unwrap(), "😀", b"\x94\x39\xfc\x36"),
        ] {
            assert_eq!(&*encoding.encode(text).unwrap(), bytes, "{}", encoding.name());
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text in "[ -~äöüßéàœ–’日本語テスト한국어русский\n\r\t]{0,20}") {
            for &encoding in Encoding::ALL {
                if let Ok(bytes) = encoding.encode(&text) {
                    prop_assert_eq!(encoding.decode(&bytes), &*text, "{}", encoding.name());
                }
            }
        }
    }
}
