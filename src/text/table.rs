//! The encodings from before Unicode, as tables: what each byte is, and in those of East Asia what each pair of
//! bytes is.
//!
//! A table is made from encoding_rs when its encoding is first met, in about a millisecond, and then read without
//! a decoder's state. What is no character is cut as encoding_rs cuts it (the rules of the Encoding Standard): of
//! a lead byte and an ASCII byte that cannot follow it, the lead byte alone.

use std::borrow::Cow;

use super::first::First;

/// What a table is made from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    Latin1,
    Ebcdic,
    Whatwg(&'static encoding_rs::Encoding),
}

/// No character.
const INVALID: u32 = u32::MAX;
/// The first byte of several.
const LEAD: u32 = u32::MAX - 1;

/// Where four-byte characters have digits.
const DIGITS: std::ops::RangeInclusive<u8> = b'0'..=b'9';
/// Lead bytes, and the third bytes of four.
const GB18030_LEADS: std::ops::RangeInclusive<u8> = 0x81..=0xfe;
/// The first byte of three in EUC-JP, and what the others may be.
const JIS0212: u8 = 0x8f;
const EUC: std::ops::RangeInclusive<u8> = 0xa1..=0xfe;

/// How characters of more than one byte are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Multi {
    None,
    /// Two bytes.
    Double,
    /// Also three, the first of them [`JIS0212`].
    EucJp,
    /// Also four, the second and fourth of them digits.
    Gb18030,
}

#[derive(Debug)]
pub(super) struct Table {
    source: Source,
    multi: Multi,
    /// By the byte: a code point, [`INVALID`] or [`LEAD`].
    first: [u32; 256],
    /// By the lead byte less 80, and the byte after it: a code point or [`INVALID`].
    pairs: Box<[u32]>,
}

impl Table {
    pub fn new(source: Source) -> Self {
        let mut first = std::array::from_fn(|byte| match source {
            Source::Latin1 => byte as u32,
            Source::Ebcdic => EBCDIC[byte].into(),
            Source::Whatwg(whatwg) => decode(whatwg, &[byte as u8]).map_or(INVALID, u32::from),
        });
        let (multi, leads) = multi(source);
        let mut pairs = Vec::new();
        if let (Source::Whatwg(whatwg), true) = (source, multi != Multi::None) {
            pairs = vec![INVALID; 128 * 256];
            for lead in (0x80..=0xff_u8).filter(|&lead| leads(lead)) {
                first[usize::from(lead)] = LEAD;
                for trail in 0x40..=0xff {
                    if let Some(c) = decode(whatwg, &[lead, trail]) {
                        pairs[pair_index(lead, trail)] = c.into();
                    }
                }
            }
        }
        Self { source, multi, first, pairs: pairs.into() }
    }

    #[inline]
    pub fn first(&self, bytes: &[u8]) -> First {
        let Some(&lead) = bytes.first() else {
            return First::Cut(0);
        };
        match self.first[usize::from(lead)] {
            INVALID => First::Invalid(1),
            LEAD => self.several(lead, bytes),
            code => to_char(code, 1),
        }
    }

    fn several(&self, lead: u8, bytes: &[u8]) -> First {
        let Some(&second) = bytes.get(1) else {
            return First::Cut(1);
        };
        match self.multi {
            Multi::Gb18030 if DIGITS.contains(&second) => return self.four(bytes),
            Multi::EucJp if lead == JIS0212 && EUC.contains(&second) => return self.three(bytes),
            _ => {}
        }
        match self.pairs[pair_index(lead, second)] {
            INVALID => First::Invalid(if second < 0x80 { 1 } else { 2 }),
            code => to_char(code, 2),
        }
    }

    /// A JIS X 0212 character of EUC-JP.
    fn three(&self, bytes: &[u8]) -> First {
        match bytes.get(2) {
            None => First::Cut(2),
            Some(third) if third < &0x80 => First::Invalid(2),
            Some(_) => self.slow(&bytes[..3]),
        }
    }

    /// A four-byte character of GB18030. Its second byte is a digit, which stands for itself if the rest is missing
    /// (also where the document ends, unlike in encoding_rs: what stands before a place tells then how to read it).
    fn four(&self, bytes: &[u8]) -> First {
        match (bytes.get(2), bytes.get(3)) {
            (None, _) => First::Cut(1),
            (Some(third), _) if !GB18030_LEADS.contains(third) => First::Invalid(1),
            (_, None) => First::Cut(1),
            (_, Some(fourth)) if !DIGITS.contains(fourth) => First::Invalid(1),
            _ => self.slow(&bytes[..4]),
        }
    }

    /// All of `bytes` are one character or invalid together.
    #[cold]
    fn slow(&self, bytes: &[u8]) -> First {
        let Source::Whatwg(whatwg) = self.source else {
            return First::Invalid(bytes.len());
        };
        decode(whatwg, bytes).map_or(First::Invalid(bytes.len()), |c| First::Char(c, bytes.len()))
    }

    /// Are all characters one byte?
    pub fn is_single(&self) -> bool {
        self.multi == Multi::None
    }

    /// Does a character or invalid sequence end behind `byte`, whatever stands before it and follows?
    ///
    /// All but GB18030's digits are last where they are not first, and no ASCII byte is first of several.
    pub fn always_ends(&self, byte: u8) -> bool {
        byte < 0x80 && !(self.multi == Multi::Gb18030 && DIGITS.contains(&byte))
    }
}

#[inline]
fn to_char(code: u32, len: usize) -> First {
    char::from_u32(code).map_or(First::Invalid(len), |c| First::Char(c, len))
}

fn pair_index(lead: u8, trail: u8) -> usize {
    usize::from(lead & 0x7f) << 8 | usize::from(trail)
}

/// How an encoding makes characters of several bytes, and which bytes begin them. (Some of these have no character
/// assigned, but take the next byte with them all the same.)
fn multi(source: Source) -> (Multi, fn(u8) -> bool) {
    let Source::Whatwg(whatwg) = source else {
        return (Multi::None, |_| false);
    };
    use encoding_rs as e;
    match () {
        _ if whatwg == e::SHIFT_JIS => (Multi::Double, |byte| matches!(byte, 0x81..=0x9f | 0xe0..=0xfc)),
        _ if whatwg == e::EUC_JP => (Multi::EucJp, |byte| matches!(byte, 0x8e | JIS0212 | 0xa1..=0xfe)),
        _ if whatwg == e::BIG5 || whatwg == e::EUC_KR => {
            (Multi::Double, |byte| GB18030_LEADS.contains(&byte))
        }
        _ if whatwg == e::GB18030 || whatwg == e::GBK => {
            (Multi::Gb18030, |byte| GB18030_LEADS.contains(&byte))
        }
        _ => (Multi::None, |_| false),
    }
}

/// The first character of `bytes`, if they are whole characters.
fn decode(whatwg: &'static encoding_rs::Encoding, bytes: &[u8]) -> Option<char> {
    let text: Cow<str> = whatwg.decode_without_bom_handling_and_without_replacement(bytes)?;
    text.chars().next()
}

/// IBM code page 37, as Latin-1. From Unicode's `VENDORS/MICSFT/EBCDIC/CP037.TXT`.
#[rustfmt::skip]
const EBCDIC: [u8; 256] = [
    0x00, 0x01, 0x02, 0x03, 0x9c, 0x09, 0x86, 0x7f, 0x97, 0x8d, 0x8e, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
    0x10, 0x11, 0x12, 0x13, 0x9d, 0x85, 0x08, 0x87, 0x18, 0x19, 0x92, 0x8f, 0x1c, 0x1d, 0x1e, 0x1f,
    0x80, 0x81, 0x82, 0x83, 0x84, 0x0a, 0x17, 0x1b, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x05, 0x06, 0x07,
    0x90, 0x91, 0x16, 0x93, 0x94, 0x95, 0x96, 0x04, 0x98, 0x99, 0x9a, 0x9b, 0x14, 0x15, 0x9e, 0x1a,
    0x20, 0xa0, 0xe2, 0xe4, 0xe0, 0xe1, 0xe3, 0xe5, 0xe7, 0xf1, 0xa2, 0x2e, 0x3c, 0x28, 0x2b, 0x7c,
    0x26, 0xe9, 0xea, 0xeb, 0xe8, 0xed, 0xee, 0xef, 0xec, 0xdf, 0x21, 0x24, 0x2a, 0x29, 0x3b, 0xac,
    0x2d, 0x2f, 0xc2, 0xc4, 0xc0, 0xc1, 0xc3, 0xc5, 0xc7, 0xd1, 0xa6, 0x2c, 0x25, 0x5f, 0x3e, 0x3f,
    0xf8, 0xc9, 0xca, 0xcb, 0xc8, 0xcd, 0xce, 0xcf, 0xcc, 0x60, 0x3a, 0x23, 0x40, 0x27, 0x3d, 0x22,
    0xd8, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0xab, 0xbb, 0xf0, 0xfd, 0xfe, 0xb1,
    0xb0, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0xaa, 0xba, 0xe6, 0xb8, 0xc6, 0xa4,
    0xb5, 0x7e, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0xa1, 0xbf, 0xd0, 0xdd, 0xde, 0xae,
    0x5e, 0xa3, 0xa5, 0xb7, 0xa9, 0xa7, 0xb6, 0xbc, 0xbd, 0xbe, 0x5b, 0x5d, 0xaf, 0xa8, 0xb4, 0xd7,
    0x7b, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0xad, 0xf4, 0xf6, 0xf2, 0xf3, 0xf5,
    0x7d, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51, 0x52, 0xb9, 0xfb, 0xfc, 0xf9, 0xfa, 0xff,
    0x5c, 0xf7, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0xb2, 0xd4, 0xd6, 0xd2, 0xd3, 0xd5,
    0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0xb3, 0xdb, 0xdc, 0xd9, 0xda, 0x9f,
];
