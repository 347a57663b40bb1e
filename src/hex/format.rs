//! Numbers and bytes as people read them.

use super::hex_pair;

/// How a hex view writes its offsets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OffsetRadix {
    #[default]
    Hex,
    Decimal,
}

impl OffsetRadix {
    /// How many digits the offsets of a document of `len` bytes need, its end included; 8 at least, so that
    /// most documents look alike.
    pub fn digits(self, len: u64) -> usize {
        let digits = match self {
            Self::Hex => len.checked_ilog(16),
            Self::Decimal => len.checked_ilog10(),
        };
        digits.map_or(1, |log| log as usize + 1).max(8)
    }

    /// `offset` in at least `digits` digits: `0001F4A0`.
    pub fn format(self, offset: u64, digits: usize) -> String {
        match self {
            Self::Hex => format!("{offset:0digits$X}"),
            Self::Decimal => format!("{offset:0digits$}"),
        }
    }
}

/// Bytes as hex text, the way they are copied: `DE AD BE EF`.
pub fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(3 * bytes.len());
    for (i, &byte) in bytes.iter().enumerate() {
        if i > 0 {
            text.push(' ');
        }
        text.push_str(hex_pair(byte));
    }
    text
}

/// A number with thousands separated: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn offsets_have_the_digits_of_the_documents_end() {
        use OffsetRadix::{Decimal, Hex};
        for (len, hex, decimal) in [
            (0, 8, 8),
            (0xffff_ffff, 8, 10),
            (0x1_0000_0000, 9, 10),
            (99_999_999, 8, 8),
            (100_000_000, 8, 9),
            (u64::MAX, 16, 20),
        ] {
            assert_eq!((Hex.digits(len), Decimal.digits(len)), (hex, decimal), "{len}");
            assert_eq!(Hex.format(len, hex).len(), hex);
            assert_eq!(Decimal.format(len, decimal).len(), decimal);
        }
        assert_eq!(Hex.format(0x1f4a0, 8), "0001F4A0");
        assert_eq!(Decimal.format(1234, 8), "00001234");
    }

    #[test]
    fn bytes_are_copied_in_pairs() {
        assert_eq!(to_hex(b"\xde\xad\xbe\xef"), "DE AD BE EF");
        assert_eq!(to_hex(b"\x00"), "00");
        assert_eq!(to_hex(b""), "");
        for byte in 0..=255 {
            assert_eq!(hex_pair(byte), format!("{byte:02X}"));
        }
    }
}
