//! One UTF-16 character at a time, in bytes that may be anything.

use super::first::First;

/// `unit` makes a code unit of its bytes.
#[inline]
pub(super) fn first(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> First {
    let &[a, b, ref rest @ ..] = bytes else {
        // Half a unit.
        return First::Cut(bytes.len());
    };
    let high = unit([a, b]);
    if let Some(c) = char::from_u32(high.into()) {
        return First::Char(c, 2);
    }
    if high >= 0xdc00 {
        return First::Invalid(2);
    }
    let &[c, d, ..] = rest else {
        return First::Cut(2);
    };
    match unit([c, d]) {
        low @ 0xdc00..=0xdfff => {
            let code = 0x10000 + (u32::from(high & 0x3ff) << 10 | u32::from(low & 0x3ff));
            char::from_u32(code).map_or(First::Invalid(2), |c| First::Char(c, 4))
        }
        _ => First::Invalid(2),
    }
}
