//! A regex over text as it is stored in other encodings than UTF-8.

use regex_syntax::hir::{
    Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, Hir, HirKind, Look, Repetition,
};

use crate::search::hir;
use crate::text::Encoding;

/// A regex over characters, made ready for text that is stored in some encoding.
pub(super) enum Encoded {
    /// Over the bytes that the characters are there.
    Bytes(Hir),
    /// Over UTF-8, as it was: what it asks of what stands around a match can be told of characters only.
    Text(Hir),
}

/// # Errors
/// What cannot be had in this encoding, in a person's words.
pub(super) fn in_encoding(hir: Hir, encoding: Encoding) -> Result<Encoded, String> {
    if encoding == Encoding::UTF_8 {
        return Ok(Encoded::Bytes(hir));
    }
    if is_about_characters(&hir, encoding) {
        if names_bytes(&hir) {
            return Err(format!(
                "In {}, ^, $ and \\b stand beside characters: bytes such as \\xFF and (?-u) cannot be looked for \
                 together with them.",
                encoding.name()
            ));
        }
        return Ok(Encoded::Text(hir));
    }
    Encoder { encoding }.hir(&hir).map(Encoded::Bytes)
}

/// Does it look around in a way that the engine, which looks at bytes as if they were ASCII or UTF-8, gets wrong?
fn is_about_characters(hir: &Hir, encoding: Encoding) -> bool {
    let looks = hir.properties().look_set();
    let asks = |look: Look| !matches!(look, Look::Start | Look::End);
    match (encoding.extends_ascii(), encoding.is_multibyte()) {
        (false, _) => looks.iter().any(asks),
        (true, false) => looks.contains_word_unicode(),
        (true, true) => false,
    }
}

/// Can a match hold something that is no character?
fn names_bytes(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).is_err(),
        HirKind::Class(Class::Unicode(_)) => false,
        HirKind::Class(Class::Bytes(class)) => !class.is_ascii(),
        HirKind::Repetition(repetition) => names_bytes(&repetition.sub),
        HirKind::Capture(capture) => names_bytes(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(names_bytes),
    }
}

struct Encoder {
    encoding: Encoding,
}

impl Encoder {
    fn hir(&self, hir: &Hir) -> Result<Hir, String> {
        let all = |parts: &[Hir]| parts.iter().map(|part| self.hir(part)).collect::<Result<Vec<_>, _>>();
        Ok(match hir.kind() {
            HirKind::Empty => Hir::empty(),
            // Of characters of several bytes, only ASCII is taken for a part of a word.
            HirKind::Look(look) => Hir::look(hir::in_ascii(*look)),
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                // What the encoding does not have stands nowhere.
                Ok(text) => {
                    self.encoding.encode(text).map_or_else(|_| Hir::fail(), |bytes| Hir::literal(&*bytes))
                }
                Err(_) => Hir::literal(literal.0.clone()),
            },
            HirKind::Class(Class::Unicode(class)) => self.class(class)?,
            HirKind::Class(Class::Bytes(class)) => match class.to_unicode_class() {
                Some(class) => self.class(&class)?,
                None => Hir::class(Class::Bytes(class.clone())),
            },
            HirKind::Repetition(Repetition { min, max, greedy, sub }) => {
                let sub = Box::new(self.hir(sub)?);
                Hir::repetition(Repetition { min: *min, max: *max, greedy: *greedy, sub })
            }
            HirKind::Capture(Capture { index, name, sub }) => {
                let sub = Box::new(self.hir(sub)?);
                Hir::capture(Capture { index: *index, name: name.clone(), sub })
            }
            HirKind::Concat(parts) => Hir::concat(all(parts)?),
            HirKind::Alternation(parts) => Hir::alternation(all(parts)?),
        })
    }

    fn class(&self, class: &ClassUnicode) -> Result<Hir, String> {
        if self.encoding.unit() == 2 {
            return Ok(self.utf16(class));
        }
        let holds = |c: char| class.ranges().iter().any(|range| range.start() <= c && c <= range.end());
        if self.encoding.is_multibyte() && !class.is_ascii() {
            return Err(format!(
                "In {}, a regex can name classes of ASCII only. Convert the document to UTF-8 for others.",
                self.encoding.name()
            ));
        }
        let bytes = (0..=u8::MAX).filter(|byte| self.encoding.char_of(*byte).is_some_and(holds));
        Ok(Hir::class(Class::Bytes(ClassBytes::new(bytes.map(|byte| ClassBytesRange::new(byte, byte))))))
    }

    /// Units by their bytes: those of one byte each, and pairs of surrogates.
    fn utf16(&self, class: &ClassUnicode) -> Hir {
        let mut ways = Vec::new();
        for range in class.ranges() {
            let (start, end) = (u32::from(range.start()), u32::from(range.end()));
            // Surrogates lie between, and are no characters.
            for (first, last) in [(0, 0xd7ff), (0xe000, 0xffff)] {
                let (first, last) = (start.max(first), end.min(last));
                if first <= last {
                    self.units(first as u16, last as u16, &[], &mut ways);
                }
            }
            let (start, end) = (start.max(0x1_0000), end);
            if start <= end {
                self.pairs(start - 0x1_0000, end - 0x1_0000, &mut ways);
            }
        }
        Hir::alternation(ways)
    }

    /// `behind` follows each of the units.
    fn units(&self, start: u16, end: u16, behind: &[Hir], ways: &mut Vec<Hir>) {
        let [high, last] = [start >> 8, end >> 8];
        let mut push = |high: (u16, u16), low: (u16, u16)| {
            if high.0 <= high.1 && low.0 <= low.1 {
                let class = |range: (u16, u16)| {
                    Hir::class(Class::Bytes(ClassBytes::new([ClassBytesRange::new(
                        range.0 as u8,
                        range.1 as u8,
                    )])))
                };
                let mut unit = vec![class(high), class(low)];
                if self.encoding == Encoding::UTF_16LE {
                    unit.reverse();
                }
                ways.push(Hir::concat([unit.as_slice(), behind].concat()));
            }
        };
        if high == last {
            return push((high, high), (start & 0xff, end & 0xff));
        }
        push((high, high), (start & 0xff, 0xff));
        if high + 1 < last {
            push((high + 1, last - 1), (0, 0xff));
        }
        push((last, last), (0, end & 0xff));
    }

    /// Characters beyond the first plane, by their number there.
    fn pairs(&self, start: u32, end: u32, ways: &mut Vec<Hir>) {
        let high = |value: u32| 0xd800 + (value >> 10) as u16;
        let mut run = |first: u16, last: u16, low: (u32, u32)| {
            let mut behind = Vec::new();
            self.units(0xdc00 + low.0 as u16, 0xdc00 + low.1 as u16, &[], &mut behind);
            self.units(first, last, &[Hir::alternation(behind)], ways);
        };
        let (first, last) = (high(start), high(end));
        if first == last {
            return run(first, first, (start & 0x3ff, end & 0x3ff));
        }
        run(first, first, (start & 0x3ff, 0x3ff));
        if first + 1 < last {
            run(first + 1, last - 1, (0, 0x3ff));
        }
        run(last, last, (0, end & 0x3ff));
    }
}
