//! Values as they are stored: what bytes they are, and what bytes a range of them is.

use std::ops::Range;

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir};
use serde::{Deserialize, Serialize};

use super::query::QueryError;

/// How a number is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Number {
    pub width: Width,
    /// Negative values too, as two's complement. A float has a sign of its own.
    pub signed: bool,
    /// IEEE 754, of 32 or 64 bits.
    pub float: bool,
    pub big_endian: bool,
}

/// Of a number, in bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Width {
    #[serde(rename = "8")]
    W8,
    #[serde(rename = "16")]
    W16,
    #[default]
    #[serde(rename = "32")]
    W32,
    #[serde(rename = "64")]
    W64,
}

impl Width {
    pub const fn bytes(self) -> usize {
        match self {
            Self::W8 => 1,
            Self::W16 => 2,
            Self::W32 => 4,
            Self::W64 => 8,
        }
    }

    fn bits(self) -> u32 {
        self.bytes() as u32 * 8
    }

    fn max(self) -> u64 {
        u64::MAX >> (64 - self.bits())
    }
}

/// What the values and ranges of `text` look like as bytes.
pub(super) fn pattern(text: &str, number: Number) -> Result<Hir, QueryError> {
    let all = 0..text.len();
    if number.float && !matches!(number.width, Width::W32 | Width::W64) {
        return Err(QueryError::new(all, "A float has 32 or 64 bits."));
    }
    let mut alternatives = Vec::new();
    for (part, range) in parts(text) {
        let value = |text: &str, offset: usize| value(text, range.start + offset, number);
        let (low, high) = match part.find("..") {
            Some(dots) => {
                let behind = part[dots + 2..].strip_prefix('=').unwrap_or(&part[dots + 2..]);
                (value(&part[..dots], 0)?, value(behind, part.len() - behind.len())?)
            }
            None => (value(part, 0)?, value(part, 0)?),
        };
        if low > high {
            return Err(QueryError::new(range, format!("“{part}” ends before it begins.")));
        }
        for bits in runs(low, high, number) {
            sequences(*bits.start(), *bits.end(), number, &mut alternatives);
        }
    }
    if alternatives.is_empty() {
        return Err(QueryError::new(all, "There is no number."));
    }
    Ok(Hir::alternation(alternatives))
}

/// The bytes of one value.
pub(super) fn bytes(text: &str, number: Number) -> Result<Vec<u8>, QueryError> {
    let trimmed = text.trim();
    let value = value(trimmed, text.len() - text.trim_start().len(), number)?;
    let bits = runs(value, value, number).first().map_or(0, |bits| *bits.start());
    let mut bytes = bits.to_le_bytes()[..number.width.bytes()].to_vec();
    if number.big_endian {
        bytes.reverse();
    }
    Ok(bytes)
}

/// What stands between commas, semicolons and blanks, and where.
fn parts(text: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    let is_between = |c: char| c == ',' || c == ';' || c.is_whitespace();
    text.split(is_between).filter(|part| !part.is_empty()).map(move |part| {
        let start = part.as_ptr() as usize - text.as_ptr() as usize;
        (part, start..start + part.len())
    })
}

/// The value of `text`, which stands at `start`, in an order in which numbers of its kind follow each other.
fn value(text: &str, start: usize, number: Number) -> Result<i128, QueryError> {
    let range = start..start + text.len();
    let wrong = |why: &str| QueryError::new(range.clone(), format!("“{text}” {why}."));
    if number.float {
        return match number.width {
            Width::W32 => text.parse::<f32>().ok().filter(|value| !value.is_nan()).map(|value| {
                let bits = value.to_bits();
                ordered(u64::from(bits & !(1 << 31)), bits >> 31 == 1)
            }),
            _ => text.parse::<f64>().ok().filter(|value| !value.is_nan()).map(|value| {
                let bits = value.to_bits();
                ordered(bits & !(1 << 63), bits >> 63 == 1)
            }),
        }
        .ok_or_else(|| wrong("is not a number such as 1.5 or -2e10"));
    }
    let (digits, is_negative) = text.strip_prefix('-').map_or((text, false), |digits| (digits, true));
    let digits: String = digits.chars().filter(|&c| c != '_').collect();
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let binary = digits.strip_prefix("0b").or_else(|| digits.strip_prefix("0B"));
    let parsed = match (hex, binary) {
        (Some(hex), _) => i128::from_str_radix(hex, 16),
        (_, Some(binary)) => i128::from_str_radix(binary, 2),
        _ => digits.parse(),
    };
    let value = parsed.map_err(|_| wrong("is not a number such as 12, -5, 0xFF or 0b101"))?;
    let value = if is_negative { -value } else { value };
    let max = i128::from(number.width.max());
    let bits = number.width.bits();
    let (low, high) = if number.signed { (-(max / 2) - 1, max / 2) } else { (0, max) };
    // A signed value may be written as its bits.
    let is_bits = number.signed && hex.is_some() && !is_negative && value <= max;
    match value {
        _ if (low..=high).contains(&value) => Ok(value),
        _ if is_bits => Ok(value - max - 1),
        _ if value < 0 && !number.signed => Err(wrong("is negative, and these numbers have no sign")),
        _ => Err(wrong(&format!("does not fit {bits} bits"))),
    }
}

/// Floats in the order of their values: magnitudes, those below zero mirrored. Both zeros are one value.
fn ordered(magnitude: u64, is_negative: bool) -> i128 {
    if is_negative { -i128::from(magnitude) } else { i128::from(magnitude) }
}

/// The values from `low` to `high` as runs of bit patterns that count up.
fn runs(low: i128, high: i128, number: Number) -> Vec<std::ops::RangeInclusive<u64>> {
    let max = number.width.max();
    let mut runs = Vec::new();
    if high >= 0 {
        runs.push(low.max(0) as u64..=high as u64);
    }
    let sign = max / 2 + 1;
    if number.float {
        // Magnitudes that count up while values go down; the negative zero is with the positive one.
        if low <= 0 {
            runs.push(sign | (-high).max(0) as u64..=sign | -low as u64);
        }
    } else if low < 0 {
        runs.push((low + i128::from(max) + 1) as u64..=(high.min(-1) + i128::from(max) + 1) as u64);
    }
    runs
}

/// Adds the sequences of byte ranges that make up the bit patterns from `low` to `high`.
fn sequences(low: u64, high: u64, number: Number, out: &mut Vec<Hir>) {
    let width = number.width.bytes();
    // Where the two differ first, all below has to be free, or the range is cut where it becomes so.
    for free in 1..width {
        let below = (1 << (8 * free)) - 1;
        if low & !below == high & !below {
            continue_with(low, high, free, number, out);
            return;
        }
    }
    continue_with(low, high, width, number, out);
}

/// `low` and `high` differ in the lowest `free` bytes at most.
fn continue_with(low: u64, high: u64, free: usize, number: Number, out: &mut Vec<Hir>) {
    let below = (1u64 << (8 * (free - 1))) - 1;
    if free == 1 || (low & below == 0 && high & below == below) {
        out.push(sequence(low, high, free, number));
        return;
    }
    // The start up to where all below is free, what is free, and the rest.
    let (mut first, mut last) = (low, high);
    if low & below != 0 {
        sequences(low, low | below, number, out);
        first = (low | below) + 1;
    }
    if high & below != below {
        sequences(high & !below, high, number, out);
        last = (high & !below) - 1;
    }
    if first <= last {
        out.push(sequence(first, last, free, number));
    }
}

/// The bytes of `low` to `high`, of which byte `free` counts from one to the other and those below are any.
fn sequence(low: u64, high: u64, free: usize, number: Number) -> Hir {
    let width = number.width.bytes();
    let mut bytes: Vec<Hir> = (0..width)
        .rev()
        .map(|index| {
            let of = |value: u64| (value >> (8 * index)) as u8;
            let (start, end) = if index + 1 < free { (0, 0xff) } else { (of(low), of(high)) };
            Hir::class(Class::Bytes(ClassBytes::new([ClassBytesRange::new(start, end)])))
        })
        .collect();
    if !number.big_endian {
        bytes.reverse();
    }
    Hir::concat(bytes)
}
