//! Bytes to characters: all of them, or as far as they are valid.

use std::borrow::Cow;

use super::Encoding;
use super::first::First;

impl Encoding {
    /// All of `bytes` as text, with U+FFFD for what is no character.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self.whatwg() {
            _ if self == Self::UTF_8 => String::from_utf8_lossy(bytes),
            Some(whatwg) => whatwg.decode_without_bom_handling(bytes).0,
            None => bytes.iter().map(|&byte| self.char_of(byte).unwrap_or('\u{fffd}')).collect(),
        }
    }

    /// The characters at the start of `bytes` up to what is none, for which `room` is used, and whether the bytes
    /// behind them are none whatever follows.
    pub(super) fn valid_start<'a>(self, bytes: &'a [u8], room: &'a mut String) -> (&'a str, bool) {
        if self == Self::UTF_8 {
            return match str::from_utf8(bytes) {
                Ok(text) => (text, false),
                Err(error) => {
                    let text = str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
                    (text, error.error_len().is_some())
                }
            };
        }
        room.clear();
        let mut at = 0;
        loop {
            match self.first(&bytes[at..]) {
                First::Char(c, len) => {
                    self.push(c, &bytes[at..at + len], room);
                    at += len;
                }
                First::Invalid(_) => return (room, true),
                First::Cut(_) => return (room, false),
            }
        }
    }

    /// The bytes that `text` takes, which the valid characters at the start of `bytes` begin with.
    pub(super) fn stored_len(self, text: &str, bytes: &[u8]) -> usize {
        if self == Self::UTF_8 {
            return text.len();
        }
        let mut read = String::new();
        let mut at = 0;
        while read.len() < text.len()
            && let First::Char(c, len) = self.first(&bytes[at..])
        {
            self.push(c, &bytes[at..at + len], &mut read);
            at += len;
        }
        at
    }

    /// Appends what `bytes` stand for, of which `c` is the first character.
    fn push(self, c: char, bytes: &[u8], text: &mut String) {
        match c {
            // Big5 has these two with a macron and with a caron, as two characters.
            'Ê' | 'ê' => text.push_str(&self.decode(bytes)),
            _ => text.push(c),
        }
    }
}
