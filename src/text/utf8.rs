//! One UTF-8 sequence at a time, in bytes that may be anything. What is none is invalid byte by byte.

use super::first::First;

pub(super) fn first(bytes: &[u8]) -> First {
    // Twice as fast on Chinese text as asking the standard library for each character.
    let decoded = match *bytes {
        [] => return First::Cut(0),
        [a @ 0x00..=0x7f, ..] => return First::Char(a.into(), 1),
        [a @ 0xc2..=0xdf, b @ 0x80..=0xbf, ..] => join(&[a & 0x1f, b]),
        [a @ 0xe0..=0xef, b @ 0x80..=0xbf, c @ 0x80..=0xbf, ..] => {
            join(&[a & 0x0f, b, c]).filter(|&c| c >= '\u{800}')
        }
        [a @ 0xf0..=0xf4, b @ 0x80..=0xbf, c @ 0x80..=0xbf, d @ 0x80..=0xbf, ..] => {
            join(&[a & 0x07, b, c, d]).filter(|&c| c >= '\u{10000}')
        }
        [_, ref rest @ ..] if rest.len() < 3 => {
            let cut = str::from_utf8(bytes)
                .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none());
            return if cut { First::Cut(1) } else { First::Invalid(1) };
        }
        _ => None,
    };
    decoded.map_or(First::Invalid(1), |c| First::Char(c, c.len_utf8()))
}

/// The character of these bits, 6 from each byte; none for a surrogate or beyond the last code point.
fn join(bytes: &[u8]) -> Option<char> {
    char::from_u32(bytes.iter().fold(0, |code, byte| code << 6 | u32::from(byte & 0x3f)))
}

/// `at` moved back to the start of the UTF-8 sequence that it stands in; `at` itself where it stands between
/// sequences or in bytes that are not UTF-8.
///
/// A sequence that `bytes` holds only a part of counts as invalid: let `bytes` reach 3 bytes to either side of
/// `at`.
pub(super) fn char_start(bytes: &[u8], at: usize) -> usize {
    for back in 0..=at.min(3) {
        let rest = &bytes[at - back..];
        match rest.first() {
            Some(0x80..=0xbf) => continue,
            _ if back == 0 => return at,
            _ => {
                return match first(rest) {
                    First::Char(_, len) if len > back => at - back,
                    _ => at,
                };
            }
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_boundary_before_is_the_start_of_the_sequence() {
        let text = "a中b".as_bytes();
        let starts: Vec<_> = (0..=text.len()).map(|at| char_start(text, at)).collect();
        assert_eq!(starts, [0, 1, 1, 1, 4, 5]);
    }

    #[test]
    fn invalid_bytes_are_boundaries_themselves() {
        for bytes in [
            &b"\xe4\xb8"[..],
            b"\xe4\xb8a",
            b"\x80\x80\x80\x80\x80",
            b"\xc3\xa4\x80",
            b"\xff\xfe",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
        ] {
            let from = bytes.len() - bytes.utf8_chunks().last().unwrap().invalid().len();
            for at in from..=bytes.len() {
                assert_eq!(char_start(bytes, at), at, "{bytes:x?}");
            }
        }
    }

    proptest! {
        #[test]
        fn boundaries_of_valid_text_are_those_of_str(text in ".{0,20}") {
            for at in 0..=text.len() {
                prop_assert_eq!(
                    char_start(text.as_bytes(), at),
                    text.floor_char_boundary(at)
                );
            }
        }

        #[test]
        fn one_sequence_at_a_time_reads_what_str_reads(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x80u8..0xc0, 0xe0u8..0xf8], 0..30)
        ) {
            let mut at = 0;
            let mut text = String::new();
            let mut invalid = 0;
            let mut cut = false;
            while at < bytes.len() {
                match first(&bytes[at..]) {
                    First::Char(c, len) => {
                        text.push(c);
                        at += len;
                    }
                    other => {
                        cut |= matches!(other, First::Cut(_));
                        invalid += 1;
                        at += 1;
                    }
                }
            }
            let chunks = || bytes.utf8_chunks();
            prop_assert_eq!(cut, str::from_utf8(chunks().last().map_or(&[], |chunk| chunk.invalid())).is_err_and(|error| error.error_len().is_none()));
            prop_assert_eq!(text, chunks().map(|chunk| chunk.valid()).collect::<String>());
            prop_assert_eq!(invalid, chunks().map(|chunk| chunk.invalid().len()).sum::<usize>());
        }
    }
}
