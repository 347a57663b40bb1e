use std::ops::Range;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir};

use crate::search::query::{Case, Query, QueryError};
use crate::text::Encoding;

pub(super) enum Literal {
    Bytes(Vec<u8>),
    /// In capitals or not.
    Folded(Hir),
}

/// What a text stands for, with or without escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::search) enum Unit {
    Char(char),
    Byte(u8),
}

pub(super) fn literal(query: &Query, encoding: Encoding) -> Result<Literal, QueryError> {
    let units = match query.escapes {
        true => unescape(&query.text)?,
        false => query.text.char_indices().map(|(at, c)| (Unit::Char(c), at..at + c.len_utf8())).collect(),
    };
    let is_capital = |(unit, _): &(Unit, _)| matches!(unit, Unit::Char(c) if c.is_uppercase());
    let folds = match query.case {
        Case::Sensitive => false,
        Case::Insensitive => true,
        Case::Smart => !units.iter().any(is_capital),
    };
    let mut parts = Vec::with_capacity(units.len());
    let mut is_folded = false;
    for (unit, range) in units {
        let c = match unit {
            Unit::Byte(byte) => {
                parts.push(vec![vec![byte]]);
                continue;
            }
            Unit::Char(c) => c,
        };
        let bytes = |c: char| encoding.encode(c.encode_utf8(&mut [0; 4])).map(|bytes| bytes.into_owned());
        let own = bytes(c).map_err(|unmappable| QueryError::new(range, unmappable.to_string()))?;
        // Letters that the encoding does not have stand nowhere.
        let others = if folds { cases(c) } else { Vec::new() };
        let mut ways = vec![own];
        ways.extend(others.into_iter().filter(|other| *other != c).filter_map(|other| bytes(other).ok()));
        is_folded |= ways.len() > 1;
        parts.push(ways);
    }
    if !is_folded {
        return Ok(Literal::Bytes(parts.into_iter().flatten().flatten().collect()));
    }
    let part = |ways: Vec<Vec<u8>>| Hir::alternation(ways.into_iter().map(Hir::literal).collect());
    Ok(Literal::Folded(Hir::concat(parts.into_iter().map(part).collect())))
}

/// The character in capitals and not, and whatever else folds to the same, such as the Kelvin sign.
fn cases(c: char) -> Vec<char> {
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    if class.try_case_fold_simple().is_err() {
        return vec![c];
    }
    match Class::Unicode(class) {
        Class::Unicode(class) => {
            class.ranges().iter().flat_map(|range| range.start()..=range.end()).collect()
        }
        Class::Bytes(_) => Vec::new(),
    }
}

/// What `\n`, `\r`, `\t`, `\0`, `\\`, `\xNN` and `\u{…}` stand for.
pub(in crate::search) fn unescape(text: &str) -> Result<Vec<(Unit, Range<usize>)>, QueryError> {
    let mut units = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let (unit, len) = match c {
            '\\' => escape(&text[at..]).map_err(|(len, message)| QueryError::new(at..at + len, message))?,
            c => (Unit::Char(c), c.len_utf8()),
        };
        units.push((unit, at..at + len));
        at += len;
    }
    Ok(units)
}

/// What the escape at the start of `text` stands for, and its length; or the length of what is wrong, and why.
pub(in crate::search) fn escape(text: &str) -> Result<(Unit, usize), (usize, String)> {
    let mut chars = text[1..].chars();
    let unit = match chars.next() {
        Some('n') => Unit::Char('\n'),
        Some('r') => Unit::Char('\r'),
        Some('t') => Unit::Char('\t'),
        Some('0') => Unit::Char('\0'),
        Some('\\') => Unit::Char('\\'),
        Some('x') => {
            let digits = text[2..].bytes().take(2).take_while(u8::is_ascii_hexdigit).count();
            return match u8::from_str_radix(&text[2..2 + digits], 16) {
                Ok(byte) if digits == 2 => Ok((Unit::Byte(byte), 4)),
                _ => Err((2 + digits, "Behind \\x stand two hex digits, as in \\x1B.".to_owned())),
            };
        }
        Some('u') => {
            let inner = text[2..].strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(hex, _)| hex);
            let c = inner.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
            return match (c, inner) {
                (Some(c), Some(hex)) => Ok((Unit::Char(c), hex.len() + 4)),
                (_, inner) => {
                    let len = inner.map_or(2, |hex| hex.len() + 4);
                    Err((len, "A character by its number is written \\u{20AC}.".to_owned()))
                }
            };
        }
        Some(c) => {
            let message = format!("“\\{c}” stands for nothing; for a backslash write \\\\.");
            return Err((1 + c.len_utf8(), message));
        }
        None => return Err((1, "For a backslash write \\\\.".to_owned())),
    };
    Ok((unit, 2))
}
