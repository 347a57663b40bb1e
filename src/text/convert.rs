//! From one encoding to another, and from line ends to others: streams of bytes of any length, in pieces cut
//! anywhere.

use std::collections::BTreeMap;
use std::fmt;

use encoding_rs::{Decoder, DecoderResult};

use super::encode::named;
use super::{Encoding, LineEnding};
use crate::document::LineBreak;

/// Different characters told of by name.
const NAMED: usize = 1000;
/// So many of them are shown.
const SHOWN: usize = 8;

/// Writes text of one encoding in another.
///
/// What is no character, or has none in the other encoding, becomes U+FFFD, or `?` where that cannot be stored
/// either, and is counted.
pub struct Converter {
    from: Encoding,
    decoder: Option<Decoder>,
    /// Room for characters.
    text: String,
    lost: Unmapped,
}

/// What a conversion lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmapped {
    to: Encoding,
    /// How often each character was met that cannot be stored: the first [`NAMED`] different ones.
    chars: BTreeMap<char, u64>,
    /// How many characters, those not named included.
    count: u64,
    /// Sequences of bytes that are no character.
    invalid: u64,
}

impl Converter {
    pub fn new(from: Encoding, to: Encoding) -> Self {
        let lost = Unmapped { to, chars: BTreeMap::new(), count: 0, invalid: 0 };
        let decoder = from.whatwg().map(|whatwg| whatwg.new_decoder_without_bom_handling());
        Self { from, decoder, text: String::new(), lost }
    }

    /// Appends what `bytes`, which go on where the last ones ended, become.
    pub fn convert(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.decode(bytes, false, out);
    }

    /// Appends what is left at the end; tells what was lost.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Unmapped {
        self.decode(&[], true, out);
        self.lost
    }

    fn decode(&mut self, mut bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        let Some(decoder) = &mut self.decoder else {
            self.text.clear();
            self.text.extend(bytes.iter().map(|&byte| self.from.char_of(byte).unwrap_or('\u{fffd}')));
            self.lost.encode(&self.text, out);
            return;
        };
        loop {
            self.text.clear();
            let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
            self.text.reserve(room.unwrap_or(bytes.len()).max(16));
            let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut self.text, last);
            bytes = &bytes[read..];
            self.lost.encode(&self.text, out);
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.lost.invalid(out),
            }
        }
    }
}

impl Unmapped {
    /// Was nothing lost?
    pub fn is_empty(&self) -> bool {
        self.count == 0 && self.invalid == 0
    }

    fn encode(&mut self, text: &str, out: &mut Vec<u8>) {
        let mut rest = text;
        while let Some(unmappable) = self.to.encode_start(rest, out) {
            self.count += 1;
            if self.chars.len() < NAMED || self.chars.contains_key(&unmappable.c) {
                *self.chars.entry(unmappable.c).or_default() += 1;
            }
            self.replace(out);
            rest = &rest[unmappable.at + unmappable.c.len_utf8()..];
        }
    }

    fn invalid(&mut self, out: &mut Vec<u8>) {
        self.invalid += 1;
        self.replace(out);
    }

    fn replace(&self, out: &mut Vec<u8>) {
        if self.to.encode_start("\u{fffd}", out).is_some() {
            let stored = self.to.encode_start("?", out);
            debug_assert!(stored.is_none(), "every encoding has a question mark");
        }
    }
}

impl fmt::Display for Unmapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut replacement = Vec::new();
        self.replace(&mut replacement);
        let replacement = self.to.decode(&replacement);
        if self.count > 0 {
            let s = if self.count == 1 { "" } else { "s" };
            writeln!(f, "{} character{s} cannot be stored in {}:", self.count, self.to.name())?;
            let mut chars: Vec<_> = self.chars.iter().collect();
            chars.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            for (c, count) in chars.iter().take(SHOWN) {
                writeln!(f, "    {} × {count}", named(**c))?;
            }
            if chars.len() > SHOWN {
                writeln!(f, "    and others")?;
            }
        }
        match self.invalid {
            0 => {}
            1 => writeln!(f, "1 sequence of bytes is no character.")?,
            invalid => writeln!(f, "{invalid} sequences of bytes are no characters.")?,
        }
        write!(f, "Each would become “{replacement}”.")
    }
}

/// Writes text with other line ends.
pub struct LineEndingConverter {
    encoding: Encoding,
    /// Is a CR by itself a line end, too?
    cr_ends_lines: bool,
    ending: Vec<u8>,
    /// A CR, of which it is not known what follows.
    holds_cr: bool,
    /// The first byte of a unit of two.
    half: Option<u8>,
}

impl LineEndingConverter {
    /// `line_break` is that of the document: only where CRs end lines, those by themselves are line ends.
    pub fn new(encoding: Encoding, line_break: LineBreak, to: LineEnding) -> Self {
        let ending = encoding.encode(to.as_str()).map(|bytes| bytes.into_owned());
        Self {
            encoding,
            cr_ends_lines: line_break == LineBreak::Cr,
            ending: ending.unwrap_or_else(|_| to.bytes().to_vec()),
            holds_cr: false,
            half: None,
        }
    }

    /// Appends what `bytes`, which go on where the last ones ended, become.
    pub fn convert(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        match self.encoding.unit() {
            1 => self.convert_bytes(bytes, out),
            _ => self.convert_units(bytes, out),
        }
    }

    /// Appends what is left at the end.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        self.release_cr(out);
        out.extend(self.half);
    }

    fn convert_bytes(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut from = 0;
        for at in memchr::memchr2_iter(b'\r', b'\n', bytes) {
            if at > from {
                self.release_cr(out);
                out.extend_from_slice(&bytes[from..at]);
            }
            self.line_end(bytes[at] == b'\r', out);
            from = at + 1;
        }
        if from < bytes.len() {
            self.release_cr(out);
            out.extend_from_slice(&bytes[from..]);
        }
    }

    fn convert_units(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        if let (Some(half), [first, rest @ ..]) = (self.half, bytes) {
            self.half = None;
            self.unit([half, *first], out);
            bytes = rest;
        }
        let (units, odd) = bytes.as_chunks::<2>();
        units.iter().for_each(|unit| self.unit(*unit, out));
        self.half = self.half.or(odd.first().copied());
    }

    fn unit(&mut self, unit: [u8; 2], out: &mut Vec<u8>) {
        let code = if self.encoding == Encoding::UTF_16LE {
            u16::from_le_bytes(unit)
        } else {
            u16::from_be_bytes(unit)
        };
        match code {
            0x0d | 0x0a => self.line_end(code == 0x0d, out),
            _ => {
                self.release_cr(out);
                out.extend_from_slice(&unit);
            }
        }
    }

    fn line_end(&mut self, is_cr: bool, out: &mut Vec<u8>) {
        if is_cr {
            self.release_cr(out);
            self.holds_cr = true;
        } else {
            self.holds_cr = false;
            out.extend_from_slice(&self.ending);
        }
    }

    /// The CR was no part of a CR LF.
    fn release_cr(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.holds_cr) {
            match self.cr_ends_lines {
                true => out.extend_from_slice(&self.ending),
                false => {
                    let stored = self.encoding.encode_start("\r", out);
                    debug_assert!(stored.is_none(), "every encoding has a CR");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn converted(from: Encoding, to: Encoding, pieces: &[&[u8]]) -> (Vec<u8>, Unmapped) {
        let mut converter = Converter::new(from, to);
        let mut out = Vec::new();
        pieces.iter().for_each(|piece| converter.convert(piece, &mut out));
        let lost = converter.finish(&mut out);
        (out, lost)
    }

    #[test]
    fn what_is_lost_is_told() {
        let (bytes, lost) =
            converted(Encoding::UTF_8, Encoding::LATIN_1, &["1 €, 2 €, 日 \u{e9}".as_bytes(), b"\xff"]);
        assert_eq!(bytes, b"1 ?, 2 ?, ? \xe9?");
        let told = lost.to_string();
        assert_eq!(
            told,
            "3 characters cannot be stored in Latin-1:\n    “€” (U+20AC) × 2\n    “日” (U+65E5) × 1\n\
             1 sequence of bytes is no character.\nEach would become “?”."
        );
        let (bytes, lost) = converted(Encoding::UTF_8, Encoding::UTF_16LE, &[b"a\xe4\xb8"]);
        assert_eq!(bytes, b"a\0\xfd\xff");
        assert!(!lost.is_empty());
        assert!(converted(Encoding::UTF_8, Encoding::UTF_16BE, &["aé😀".as_bytes()]).1.is_empty());
    }

    fn pieces(bytes: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        let mut rest = bytes;
        for cut in cuts {
            let (piece, others) = rest.split_at(cut % (rest.len() + 1));
            pieces.push(piece.to_vec());
            rest = others;
        }
        pieces.push(rest.to_vec());
        pieces
    }

    proptest! {
        #[test]
        fn pieces_become_what_the_whole_becomes(
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            cuts in prop::collection::vec(any::<usize>(), 0..5),
            from in prop::sample::select(Encoding::ALL),
            to in prop::sample::select(Encoding::ALL),
        ) {
            let pieces = pieces(&bytes, &cuts);
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let (out, lost) = converted(from, to, &pieces);
            prop_assert_eq!(converted(from, to, &[&bytes]), (out.clone(), lost.clone()));
            if lost.is_empty() {
                prop_assert_eq!(to.decode(&out), from.decode(&bytes));
            }
        }

        #[test]
        fn line_ends_become_those_of_str(
            text in "[a\r\nĊ]{0,20}",
            cuts in prop::collection::vec(any::<usize>(), 0..5),
            to in prop::sample::select(&[LineEnding::Lf, LineEnding::CrLf, LineEnding::Cr][..]),
            encoding in prop::sample::select(&[Encoding::UTF_8, Encoding::UTF_16LE, Encoding::UTF_16BE][..]),
            of_old: bool,
        ) {
            let of_old = of_old && encoding.unit() == 1;
            let line_break = if of_old { LineBreak::Cr } else { encoding.line_break() };
            let bytes = encoding.encode(&text).unwrap();
            let mut converter = LineEndingConverter::new(encoding, line_break, to);
            let mut out = Vec::new();
            pieces(&bytes, &cuts).iter().for_each(|piece| converter.convert(piece, &mut out));
            converter.finish(&mut out);
            let mut expected = text.replace("\r\n", "\n");
            if of_old {
                expected = expected.replace('\r', "\n");
            }
            prop_assert_eq!(encoding.decode(&out), expected.replace('\n', to.as_str()));
        }
    }
}
