//! Hex text, as it is pasted from anywhere.

/// Why a text is not hex. Positions count characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("There are no hex digits.")]
    Empty,
    #[error("“{}” at character {position} is not a hex digit.", .found.escape_debug())]
    Foreign { found: char, position: usize },
    /// Bytes have two digits; `digits` begins at `position` and has an odd number of them.
    #[error("“{}” at character {position} has an odd number of digits; a byte has two.", shortened(.digits))]
    Odd { digits: String, position: usize },
}

/// The bytes that a text of hex digits stands for.
///
/// Digits may be written together (`DEADBEEF`), or apart in any even groups, by white space, line ends, commas,
/// semicolons, colons and hyphens (`de ad`, `de:ad:be:ef`), with prefixes (`0xDE, 0xAD`, `\xde\xad`), in brackets
/// or quotes (`{0xde, 0xad}`, `"\xde\xad"`). Only behind a prefix a single digit is a byte (`0x0`).
///
/// # Errors
/// A character that belongs to none of this, or an odd number of digits; the first one.
pub fn parse(text: &str) -> Result<Vec<u8>, ParseError> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    scan(text, |byte| bytes.push(byte))?;
    Ok(bytes)
}

/// Would [`parse`] succeed? Allocates nothing if so.
pub fn looks_like_hex(text: &str) -> bool {
    scan(text, |_| ()).is_ok()
}

fn scan(text: &str, mut push: impl FnMut(u8)) -> Result<(), ParseError> {
    let mut any = false;
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if is_separator(next) {
            rest = &rest[next.len_utf8()..];
            continue;
        }
        let prefixed = ["0x", "0X", "\\x", "\\X"].iter().find_map(|prefix| rest.strip_prefix(prefix));
        let digits = prefixed.unwrap_or(rest);
        let len = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
        let (group, after) = digits.split_at(len);
        if len == 0 {
            // Where a prefix ends the text, its x is what is wrong.
            let wrong = if digits.is_empty() { &rest[1..] } else { digits };
            return Err(foreign(text, wrong).unwrap_or(ParseError::Empty));
        }
        match group.as_bytes() {
            &[digit] if prefixed.is_some() => push(value(digit)),
            group_bytes if len.is_multiple_of(2) => {
                let (pairs, _) = group_bytes.as_chunks::<2>();
                pairs.iter().for_each(|&[high, low]| push(value(high) << 4 | value(low)));
            }
            _ => {
                // What stands in the digits' place is the better explanation: "12x4" has a foreign x.
                let separated = after.chars().next().is_none_or(|c| is_separator(c) || c == '\\');
                let odd = || ParseError::Odd { digits: group.into(), position: position(text, digits) };
                return Err(if separated { odd() } else { foreign(text, after).unwrap_or_else(odd) });
            }
        }
        any = true;
        rest = after;
    }
    if any { Ok(()) } else { Err(ParseError::Empty) }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | ':' | '-' | '{' | '}' | '[' | ']' | '(' | ')' | '"' | '\'')
}

/// Of an ASCII hex digit.
fn value(digit: u8) -> u8 {
    (digit & 0x0f) + if digit > b'9' { 9 } else { 0 }
}

/// The error about the first character of `rest`, which ends `text`.
fn foreign(text: &str, rest: &str) -> Option<ParseError> {
    let found = rest.chars().next()?;
    Some(ParseError::Foreign { found, position: position(text, rest) })
}

/// Where `rest`, a part of `text` up to its end, begins.
fn position(text: &str, rest: &str) -> usize {
    text[..text.len() - rest.len()].chars().count() + 1
}

fn shortened(digits: &str) -> String {
    const MOST: usize = 16;
    if digits.len() <= MOST { digits.into() } else { format!("{}…", &digits[..MOST]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::to_hex;
    use proptest::prelude::*;

    #[test]
    fn hex_is_read_however_it_is_written() {
        for text in [
            "de ad be ef",
            "DEADBEEF",
            "0xDE, 0xAD, 0xBE, 0xEF",
            r"\xde\xad\xbe\xef",
            r#""\xde\xad\xbe\xef""#,
            "{0xde,0xad,0xbe,0xef};",
            "0xDEADBEEF",
            "0XDEAD 0xbeef",
            "de:ad:be:ef",
            "DE-AD-BE-EF",
            "  de ad\r\n\tbe ef\n",
            "dead beef",
            "[0xde, 0xad,\n 0xbe, 0xef,\n]",
        ] {
            assert_eq!(parse(text).as_deref(), Ok(&b"\xde\xad\xbe\xef"[..]), "{text:?}");
            assert!(looks_like_hex(text));
        }
        assert_eq!(parse("{0x0, 0xF, 0x10}"), Ok(vec![0, 15, 16]));
    }

    #[test]
    fn errors_name_the_character_and_its_place() {
        for (text, message) in [
            ("", "There are no hex digits."),
            (" \n{}", "There are no hex digits."),
            ("de 0x", "“x” at character 5 is not a hex digit."),
            ("de ad xy", "“x” at character 7 is not a hex digit."),
            ("de 0xg0", "“g” at character 6 is not a hex digit."),
            ("12x4", "“x” at character 3 is not a hex digit."),
            ("123x", "“x” at character 4 is not a hex digit."),
            ("de|ad", "“|” at character 3 is not a hex digit."),
            ("ää", "“ä” at character 1 is not a hex digit."),
            ("de é", "“é” at character 4 is not a hex digit."),
            ("de\0", "“\\0” at character 3 is not a hex digit."),
            ("de a", "“a” at character 4 has an odd number of digits; a byte has two."),
            ("DEADBEE", "“DEADBEE” at character 1 has an odd number of digits; a byte has two."),
            (r"\xabc\xde", "“abc” at character 3 has an odd number of digits; a byte has two."),
            ("１２", "“１” at character 1 is not a hex digit."),
        ] {
            assert_eq!(parse(text).map_err(|error| error.to_string()), Err(message.into()), "{text:?}");
            assert!(!looks_like_hex(text));
        }
        let long = parse(&"a".repeat(1001)).unwrap_err().to_string();
        assert!(long.contains("“aaaaaaaaaaaaaaaa…”"), "{long}");
    }

    proptest! {
        #[test]
        fn what_is_copied_can_be_pasted(bytes in prop::collection::vec(any::<u8>(), 1..60)) {
            let text = to_hex(&bytes);
            for text in [text.clone(), text.to_lowercase(), text.replace(' ', ""), text.replace(' ', "\n")] {
                prop_assert_eq!(parse(&text), Ok(bytes.clone()));
            }
            let c: Vec<_> = bytes.iter().map(|byte| format!("{byte:#x}")).collect();
            prop_assert_eq!(parse(&format!("{{ {} }}", c.join(", "))), Ok(bytes));
        }

        #[test]
        fn any_text_is_hex_or_an_error_inside_it(text in "[0-9a-fx\\\\ ,g中\n]{0,20}") {
            match parse(&text) {
                Ok(bytes) => prop_assert!(!bytes.is_empty()),
                Err(ParseError::Empty) => {}
                Err(ParseError::Foreign { found, position }) => {
                    prop_assert_eq!(text.chars().nth(position - 1), Some(found));
                }
                Err(ParseError::Odd { digits, position }) => {
                    prop_assert!(digits.len() % 2 == 1);
                    let there: String = text.chars().skip(position - 1).take(digits.len()).collect();
                    prop_assert_eq!(there, digits);
                }
            }
        }
    }
}
