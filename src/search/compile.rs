//! From what was typed to what can be run.

mod encoded;
mod literal;
mod regex;

pub(super) use literal::{Unit, escape, unescape};

use memchr::memmem;
use regex_automata::meta;
use regex_automata::util::primitives::PatternID;
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir};

use super::needles::Needles;
use super::pattern::{Compiled, Engine, OnAscii, Sizes, Target};
use super::query::{Kind, Query, QueryError};
use super::{hir, numbers};
use crate::document::LineBreak;
use crate::text::Encoding;

/// Of a compiled regex: more is an answer that takes seconds.
const SIZE_LIMIT: usize = 32 << 20;

/// Of the states that an engine makes as it goes: what fits beside the bytes that it searches.
const CACHE: usize = 4 << 20;

pub(super) fn compile(query: &Query, target: Target) -> Result<Compiled, QueryError> {
    let encoding = query.encoding.unwrap_or(target.encoding);
    if query.text.is_empty() {
        return Err(QueryError::new(0..0, "There is nothing to look for."));
    }
    match query.kind {
        Kind::Literal => {
            let align = if encoding == target.encoding { encoding.unit() } else { 1 };
            let whole_word = query.whole_word;
            let part = Part { encoding, align, whole_word, target, text: &query.text };
            match literal::literal(query, encoding)? {
                literal::Literal::Bytes(bytes) => Ok(part.of_bytes(&bytes)),
                literal::Literal::Folded(hir) => part.of_hir(&hir),
            }
        }
        Kind::Regex => {
            let align = if encoding == target.encoding { encoding.unit() } else { 1 };
            let hir = regex::regex(query, target)?;
            let part = Part { encoding, align, whole_word: false, target, text: &query.text };
            let wrong = |message| QueryError::new(0..query.text.len(), message);
            match encoded::in_encoding(hir, encoding).map_err(wrong)? {
                encoded::Encoded::Bytes(hir) => part.of_hir(&hir),
                encoded::Encoded::Text(hir) => part.of_decoded(&hir),
            }
        }
        Kind::Hex => {
            let mask = hex(&query.text, false)?;
            let part = Part { encoding, align: 1, whole_word: false, target, text: &query.text };
            if mask.iter().all(|(given, _)| *given == 0xff) {
                return Ok(part.of_bytes(&mask.iter().map(|(_, value)| *value).collect::<Vec<_>>()));
            }
            let hir = Hir::concat(mask.iter().map(|&(given, value)| masked(given, value)).collect());
            part.of_hir(&hir)
        }
        Kind::Number => {
            let hir = numbers::pattern(&query.text, query.number)?;
            Part { encoding, align: 1, whole_word: false, target, text: &query.text }.of_hir(&hir)
        }
    }
}

/// What is known besides the bytes.
struct Part<'a> {
    encoding: Encoding,
    align: u64,
    whole_word: bool,
    target: Target,
    text: &'a str,
}

impl Part<'_> {
    fn of_bytes(self, bytes: &[u8]) -> Compiled {
        let line_end = line_end(self.target.line_break);
        Compiled {
            engine: Engine::Literal(Box::new(memmem::Finder::new(bytes).into_owned())),
            encoding: self.encoding,
            whole_word: self.whole_word,
            align: self.align,
            longest: Some(bytes.len()),
            can_be_empty: false,
            begins_in_holes: bytes[0] == 0,
            line_end: (!bytes.contains(&line_end)).then_some(self.target.line_break),
            is_decoded: false,
            is_disjoint: !begins_as_it_ends(bytes),
            sizes: Sizes::default(),
        }
    }

    /// A regex over the bytes of the document.
    fn of_hir(self, hir: &Hir) -> Result<Compiled, QueryError> {
        let too_large =
            |_| QueryError::new(0..self.text.len(), "This regex is too large: make its repetitions smaller.");
        let regex = build(hir).map_err(too_large)?;
        let line_end = Some(line_end(self.target.line_break)).filter(|end| !hir::can_hold(hir, *end));
        let on_ascii = match hir::asks_for_unicode_words(hir) {
            true => {
                let regex = build(&hir::with_ascii_boundaries(hir)).map_err(too_large)?;
                Some(OnAscii { regex, line_end })
            }
            false => None,
        };
        let groups = regex.group_info().pattern_names(PatternID::ZERO);
        let groups = groups.map(|name| name.map(str::to_owned)).collect();
        let longest = hir.properties().maximum_len();
        let can_be_empty = hir::can_be_empty(hir);
        let needles = Needles::of(hir);
        let is_disjoint = needles.as_ref().is_some_and(|needles| needles.is_disjoint);
        Ok(Compiled {
            engine: Engine::Regex { regex, on_ascii, groups, needles },
            encoding: self.encoding,
            whole_word: self.whole_word,
            align: self.align,
            longest: longest.filter(|&longest| longest as u64 <= super::LONGEST),
            can_be_empty,
            begins_in_holes: can_be_empty || hir::can_begin_with(hir, 0),
            line_end: line_end.map(|_| self.target.line_break),
            is_decoded: false,
            is_disjoint,
            sizes: Sizes::default(),
        })
    }

    /// A regex over text in UTF-8, to which the document is decoded.
    fn of_decoded(self, hir: &Hir) -> Result<Compiled, QueryError> {
        let (encoding, align, line_break) = (self.encoding, self.align, self.target.line_break);
        let compiled = self.of_hir(hir)?;
        // Between the units of a document none of its line breaks is told from what looks like one.
        let is_in_order = align == encoding.unit() && encoding.line_break().width() == line_break.width();
        Ok(Compiled {
            // No character of an encoding of one byte a character is longer than in UTF-8; a unit is two bytes.
            longest: compiled.longest.map(|longest| longest.saturating_mul(encoding.unit() as usize)),
            // A unit of which the first byte is zero may be a letter.
            begins_in_holes: compiled.begins_in_holes || encoding.unit() > 1,
            line_end: compiled.line_end.filter(|_| is_in_order && encoding != Encoding::EBCDIC),
            is_decoded: true,
            is_disjoint: false,
            engine: match compiled.engine {
                Engine::Regex { regex, on_ascii, groups, .. } => {
                    Engine::Regex { regex, on_ascii, groups, needles: None }
                }
                literal @ Engine::Literal(_) => literal,
            },
            ..compiled
        })
    }
}

/// Is a start of `bytes` an end of them too? By the table of Knuth, Morris and Pratt.
fn begins_as_it_ends(bytes: &[u8]) -> bool {
    let mut borders = vec![0; bytes.len()];
    for at in 1..bytes.len() {
        let mut border: usize = borders[at - 1];
        while border > 0 && bytes[border] != bytes[at] {
            border = borders[border - 1];
        }
        borders[at] = border + usize::from(bytes[border] == bytes[at]);
    }
    borders.last().is_some_and(|border| *border > 0)
}

fn line_end(line_break: LineBreak) -> u8 {
    if line_break == LineBreak::Cr { b'\r' } else { b'\n' }
}

fn build(hir: &Hir) -> Result<meta::Regex, Box<meta::BuildError>> {
    let config =
        meta::Config::new().utf8_empty(false).nfa_size_limit(Some(SIZE_LIMIT)).hybrid_cache_capacity(CACHE);
    meta::Regex::builder().configure(config).build_from_hir(hir).map_err(Box::new)
}

/// The bytes of hex text: of each, which bits are given and what they are. What is looked for gives some.
pub(super) fn hex(text: &str, replaces: bool) -> Result<Vec<(u8, u8)>, QueryError> {
    let mut mask = Vec::new();
    let mut first: Option<(usize, u8, u8)> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let digit = match c.to_digit(16) {
            // 0x before a byte.
            Some(0) if first.is_none() && matches!(chars.peek(), Some((_, 'x' | 'X'))) => {
                chars.next();
                continue;
            }
            Some(digit) => Some((0xf, digit as u8)),
            None if c == '?' => Some((0, 0)),
            None => None,
        };
        match (digit, first.take()) {
            (Some((given, value)), None) => first = Some((at, given, value)),
            (Some((given, value)), Some((_, high, digit))) => {
                mask.push((high << 4 | given, digit << 4 | value))
            }
            (None, first) => {
                let is_between = c.is_whitespace() || matches!(c, ',' | ';' | ':' | '-');
                let wrong = match first {
                    _ if !is_between => {
                        (at..at + c.len_utf8(), format!("“{c}” is not a hex digit; ? stands for any."))
                    }
                    Some((start, ..)) => (start..at, "A byte has two digits, or ? for any.".to_owned()),
                    None => continue,
                };
                return Err(QueryError::new(wrong.0, wrong.1));
            }
        }
    }
    if let Some((start, ..)) = first {
        return Err(QueryError::new(start..text.len(), "A byte has two digits, or ? for any."));
    }
    match replaces || mask.iter().any(|(given, _)| *given != 0) {
        true => Ok(mask),
        false => Err(QueryError::new(0..text.len(), "There are no hex digits.")),
    }
}

/// All bytes that have these bits.
fn masked(given: u8, value: u8) -> Hir {
    let bytes = (0..=0xff).filter(|byte| byte & given == value);
    let ranges = bytes.map(|byte| ClassBytesRange::new(byte, byte));
    Hir::class(Class::Bytes(ClassBytes::new(ranges)))
}
