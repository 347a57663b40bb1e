//! The language of the Go to box.
//!
//! | typed | means |
//! |---|---|
//! | `1234` | a line, counted from 1; where bytes are counted, a decimal offset |
//! | `1234:56` | a line and a column, both counted from 1 |
//! | `0x1F00`, `@5000`, `@4G` | an offset |
//! | `+100`, `-100` | so many lines, or bytes, from the caret; `+0x10` and `+@16` are bytes in any case |
//! | `end`, `end-512` | the end; an offset before it |
//! | `50%`, `12.5%` | a part of all bytes |
//! | `a..b` | selects from one position to another |
//!
//! Digits may be separated (`1_000`, `1,000`, `1'000`). Decimal offsets and lengths may end in K, M, G or T, which
//! count by 1024 (as do Ki, KiB …), or in KB, MB …, which count by 1000: the rule of the GNU tools.

/// What a plain number counts: lines in a text view, bytes in a hex view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Lines,
    Bytes,
}

/// A position as it was typed, to be found in a document. It may lie beyond the document's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Both counted from 0. Without a column: the start of the line, or as the end of a range, its end.
    Line {
        line: u64,
        column: Option<u64>,
    },
    /// A byte.
    Offset(u64),
    /// `by` units before (`back`) or behind the caret.
    Relative {
        unit: Unit,
        back: bool,
        by: u64,
    },
    /// So many bytes before the end.
    FromEnd(u64),
    Percent(Ratio),
    /// Selects between two positions, neither [`Target::Relative`] nor a range. The first may be the later one.
    Range(Box<Target>, Box<Target>),
}

impl Target {
    /// The offset in a document of `len` bytes, at most its end, if it can be told from that alone.
    pub fn offset_in(&self, len: u64) -> Option<u64> {
        match *self {
            Self::Offset(offset) => Some(offset.min(len)),
            Self::FromEnd(before) => Some(len.saturating_sub(before)),
            Self::Percent(ratio) => Some(ratio.of(len)),
            Self::Line { .. } | Self::Relative { .. } | Self::Range(..) => None,
        }
    }
}

/// A part of a whole, from 0 to 1, exactly as it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// At most the denominator.
    numerator: u64,
    /// At least 1.
    denominator: u64,
}

impl Ratio {
    /// This part of `len`, rounded down.
    pub fn of(self, len: u64) -> u64 {
        let part = u128::from(len) * u128::from(self.numerator) / u128::from(self.denominator);
        // Not above `len`.
        part as u64
    }
}

/// Why what was typed is no position, in words for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GotoError {
    #[error("Type a number, an offset (0x1F00) or a percentage.")]
    Empty,
    #[error("“{0}” is not a number, an offset (0x1F00) or a percentage.")]
    NotANumber(String),
    #[error("“{0}” is not a decimal number; for a hexadecimal one write 0x{0}.")]
    Hexadecimal(String),
    #[error("“{0}” is larger than any file.")]
    TooLarge(String),
    #[error("Lines and columns are counted from 1.")]
    Zero,
    #[error("Lines have no unit: for the offset “{0}” write @{0}.")]
    LinesWithUnit(String),
    #[error("“{0}” is more than 100%.")]
    MoreThanAll(String),
    #[error("“{0}” has more than 17 decimals.")]
    TooManyDecimals(String),
    #[error("“{0}” needs a position on either side of the dots.")]
    HalfRange(String),
    #[error("“{0}” starts at the caret; a range needs positions of its own.")]
    RelativeInRange(String),
}

use GotoError::{
    Empty, HalfRange, Hexadecimal, LinesWithUnit, MoreThanAll, NotANumber, RelativeInRange, TooLarge,
    TooManyDecimals, Zero,
};

/// Reads what was typed into the Go to box of a view whose plain numbers count `unit`.
///
/// # Errors
/// The first thing wrong with it.
pub fn parse(input: &str, unit: Unit) -> Result<Target, GotoError> {
    let input = input.trim();
    if input.is_empty() {
        return Err(Empty);
    }
    let Some((from, to)) = input.split_once("..") else {
        return position(input, unit);
    };
    let side = |text: &str| match text.trim() {
        "" => Err(HalfRange(input.into())),
        text => match position(text, unit)? {
            Target::Relative { .. } => Err(RelativeInRange(text.into())),
            target => Ok(Box::new(target)),
        },
    };
    Ok(Target::Range(side(from)?, side(to)?))
}

/// Anything but a range.
fn position(text: &str, unit: Unit) -> Result<Target, GotoError> {
    let target = if let Some(by) = text.strip_prefix('+') {
        relative(by, false, unit)
    } else if let Some(by) = text.strip_prefix('-') {
        relative(by, true, unit)
    } else if let Some((_, before)) =
        text.split_at_checked(3).filter(|(end, _)| end.eq_ignore_ascii_case("end"))
    {
        from_end(before)
    } else if let Some(number) = text.strip_suffix('%') {
        percent(number.trim_end(), text).map(Target::Percent)
    } else if let Some(offset) = text.strip_prefix('@') {
        size(offset).map(Target::Offset)
    } else if let Some((line, column)) = text.split_once(':') {
        line_and_column(line, Some(column))
    } else if unit == Unit::Bytes || hex_digits(text).is_some() {
        size(text).map(Target::Offset)
    } else {
        line_and_column(text, None)
    };
    // Where nothing stands in a number's place, the whole is what is wrong.
    target.map_err(|error| if error == NotANumber(String::new()) { NotANumber(text.into()) } else { error })
}

fn relative(text: &str, back: bool, unit: Unit) -> Result<Target, GotoError> {
    let text = text.trim_start();
    let (unit, by) = match text.strip_prefix('@') {
        Some(bytes) => (Unit::Bytes, size(bytes)?),
        None if unit == Unit::Bytes || hex_digits(text).is_some() => (Unit::Bytes, size(text)?),
        None => (Unit::Lines, count(text)?),
    };
    Ok(Target::Relative { unit, back, by })
}

/// What follows `end`.
fn from_end(text: &str) -> Result<Target, GotoError> {
    match text.trim_start().strip_prefix('-') {
        Some(before) => size(before).map(Target::FromEnd),
        None if text.is_empty() => Ok(Target::FromEnd(0)),
        None => Err(NotANumber(String::new())),
    }
}

fn line_and_column(line: &str, column: Option<&str>) -> Result<Target, GotoError> {
    let from_one = |text| count(text)?.checked_sub(1).ok_or(Zero);
    Ok(Target::Line { line: from_one(line)?, column: column.map(from_one).transpose()? })
}

/// `number` without its percent sign; `text` with it, for errors.
fn percent(number: &str, text: &str) -> Result<Ratio, GotoError> {
    // With them and a hundred, numerator and denominator still fit into 64 bits, and a product of any length
    // with them into 128.
    const MOST_DECIMALS: usize = 17;
    let (whole, decimals) = match number.split_once(['.', ',']) {
        Some((_, "")) => return Err(NotANumber(text.into())),
        Some((whole, decimals)) => (whole, decimals.trim_end_matches('0')),
        None => (number, ""),
    };
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(decimals) {
        return Err(NotANumber(text.into()));
    }
    if decimals.len() > MOST_DECIMALS {
        return Err(TooManyDecimals(text.into()));
    }
    let scale = 10_u64.pow(decimals.len() as u32);
    let denominator = 100 * scale;
    let fraction = if decimals.is_empty() { 0 } else { digits(decimals, 10)? };
    let numerator = match digits(whole, 10) {
        Ok(whole @ 0..=100) => whole * scale + fraction,
        _ => return Err(MoreThanAll(text.into())),
    };
    if numerator > denominator {
        return Err(MoreThanAll(text.into()));
    }
    Ok(Ratio { numerator, denominator })
}

/// A number of lines or columns.
fn count(text: &str) -> Result<u64, GotoError> {
    let text = text.trim();
    decimal(text).map_err(|error| match error {
        NotANumber(_) if size(text).is_ok() => LinesWithUnit(text.into()),
        error => error,
    })
}

/// A number of bytes: hexadecimal, or decimal with or without a unit.
fn size(text: &str) -> Result<u64, GotoError> {
    let text = text.trim();
    if let Some(hex) = hex_digits(text) {
        return digits(hex, 16).map_err(|error| error.about(text));
    }
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    match factor(unit) {
        Some(factor) => {
            let number = digits(number.trim_end(), 10).map_err(|error| error.about(text))?;
            number.checked_mul(factor).ok_or_else(|| TooLarge(text.into()))
        }
        None => decimal(text),
    }
}

/// How many bytes a unit such as `K`, `KiB` or `KB` is; 1 if there is none.
fn factor(unit: &str) -> Option<u64> {
    let unit = unit.to_ascii_lowercase();
    let Some(letter) = unit.chars().next() else {
        return Some(1);
    };
    let power = "kmgt".find(letter)? as u32 + 1;
    match &unit[1..] {
        "" | "i" | "ib" => Some(1024_u64.pow(power)),
        "b" => Some(1000_u64.pow(power)),
        _ => None,
    }
}

/// A decimal number without a unit.
fn decimal(text: &str) -> Result<u64, GotoError> {
    digits(text, 10).map_err(|error| match error {
        NotANumber(_) if digits(text, 16).is_ok() => Hexadecimal(text.into()),
        error => error.about(text),
    })
}

/// What follows `0x`.
fn hex_digits(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
}

/// Digits with separators between them.
fn digits(text: &str, radix: u32) -> Result<u64, GotoError> {
    let mut number = Some(0_u64);
    let mut behind_digit = false;
    for c in text.chars() {
        match c.to_digit(radix) {
            Some(digit) => {
                number = number.and_then(|n| n.checked_mul(radix.into())?.checked_add(digit.into()));
                behind_digit = true;
            }
            None if behind_digit && matches!(c, '_' | ',' | '\'' | '’' | '\u{a0}' | '\u{202f}') => {
                behind_digit = false;
            }
            None => return Err(NotANumber(text.into())),
        }
    }
    match number {
        _ if !behind_digit => Err(NotANumber(text.into())),
        Some(number) => Ok(number),
        None => Err(TooLarge(text.into())),
    }
}

impl GotoError {
    /// The same, said of `text`, of which only a part was looked at.
    fn about(self, text: &str) -> Self {
        match self {
            NotANumber(_) => NotANumber(text.into()),
            TooLarge(_) => TooLarge(text.into()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
