#![expect(clippy::single_range_in_vec_init, reason = "lists of matches, some of one")]

use proptest::prelude::*;

use super::oracle;
use crate::document::{Document, Missing, Window};
use crate::search::pattern::Sizes;
use crate::search::{Case, Kind, Number, Pattern, Query, QueryError, Target, Width};
use crate::source::Memory;
use crate::text::Encoding;
use std::ops::Range;
use std::sync::Arc;

fn error(query: &Query) -> QueryError {
    Pattern::new(query, Target::default()).unwrap_err()
}

fn window(bytes: &[u8]) -> Window {
    Document::open(Arc::new(Memory::new(bytes.to_vec()))).snapshot().try_read(0..u64::MAX)
}

fn found_for(query: &Query, target: Target, bytes: &[u8]) -> Vec<Range<u64>> {
    let pattern = Pattern::new(query, target).unwrap();
    let len = bytes.len() as u64;
    pattern.matches_in(&window(bytes), 0..len, usize::MAX, len)
}

fn found(query: &Query, text: &str) -> Vec<Range<u64>> {
    found_for(query, Target::default(), text.as_bytes())
}

#[test]
fn a_wrong_query_says_what_is_wrong_and_where() {
    let hex = |text: &str| Query { text: text.into(), kind: Kind::Hex, ..Query::default() };
    let number = |text: &str| Query { text: text.into(), kind: Kind::Number, ..Query::default() };
    let latin = Query { encoding: Some(Encoding::LATIN_1), ..Query::literal("a€") };
    for (query, range, words) in [
        (Query::literal(""), 0..0, "nothing to look for"),
        (Query::regex("a(b"), 1..2, "nclosed"),
        (Query::regex("é(?=b)"), 2..5, "Look-around"),
        (Query::regex("a(?<!b)"), 1..5, "Look-around"),
        (Query::regex(r"(a)\1"), 3..5, "Backreferences"),
        (Query::regex(r"a[z-a]"), 2..5, "range"),
        (Query::regex("(?:a{1000}){1000}{1000}"), 0..23, "too large"),
        (hex("de ag"), 4..5, "“g”"),
        (hex("de a"), 3..4, "two digits"),
        (hex("de a bc"), 3..4, "two digits"),
        (hex("?? ??"), 0..5, "no hex digits"),
        (number("1, 99999999999"), 3..14, "32 bits"),
        (number("1 x2"), 2..4, "not a number"),
        (number("-1"), 0..2, "no sign"),
        (number("9..5"), 0..4, "ends before"),
        (latin, 1..4, "“€” (U+20AC) cannot be stored in Latin-1"),
        (Query { escapes: true, ..Query::literal(r"a\xG1") }, 1..3, "two hex digits"),
        (Query { escapes: true, ..Query::literal(r"a\q") }, 1..3, "for a backslash write"),
        (Query { within_lines: true, ..Query::regex(r"a\nb") }, 0..4, "end of a line"),
    ] {
        let error = error(&query);
        assert_eq!(error.range, range, "{}: {error}", query.text);
        assert!(error.message.contains(words), "{}: {error}", query.text);
    }
}

#[test]
fn case_is_smart() {
    assert_eq!(found(&Query::literal("ab"), "ab AB aB"), [0..2, 3..5, 6..8]);
    assert_eq!(found(&Query::literal("aB"), "ab AB aB"), [6..8]);
    assert_eq!(found(&Query::regex(r"a\Wb"), "a b A B"), [0..3, 4..7]);
    assert_eq!(found(&Query::regex(r"[A]b"), "ab Ab"), [3..5]);
    let insensitive = Query { case: Case::Insensitive, ..Query::literal("É") };
    assert_eq!(found(&insensitive, "éÉ"), [0..2, 2..4]);
    // The Kelvin sign is a K.
    assert_eq!(found(&Query::literal("k"), "kK\u{212a}"), [0..1, 1..2, 2..5]);
}

#[test]
fn text_is_looked_for_as_it_is_stored() {
    let utf16 =
        Target { encoding: Encoding::UTF_16LE, line_break: Encoding::UTF_16LE.line_break(), binary: false };
    let bytes = Encoding::UTF_16LE.encode("aé Aé😀").unwrap();
    assert_eq!(found_for(&Query::literal("aé"), utf16, &bytes), [0..4, 6..10]);
    assert_eq!(found_for(&Query::regex("[é-ë]"), utf16, &bytes), [2..4, 8..10]);
    assert_eq!(found_for(&Query::regex("[😀-😂]"), utf16, &bytes), [10..14]);
    assert_eq!(found_for(&Query::regex(r"\w+"), utf16, &bytes), [0..4, 6..10]);
    // Between two units nothing is: the bytes of U+0061 are there, but they are not an "a".
    let between = Encoding::UTF_16LE.encode("\u{6100}\u{6200}").unwrap();
    assert!(found_for(&Query::literal("a"), utf16, &between).is_empty());
    let strings = Query { encoding: Some(Encoding::UTF_16LE), ..Query::literal("a") };
    assert_eq!(found_for(&strings, Target::default(), b"\xff\xffxa\0"), [3..5], "anywhere in a binary file");
    let latin = Target { encoding: Encoding::LATIN_1, ..Target::default() };
    assert_eq!(found_for(&Query::literal("é"), latin, b"\xe9\xc9e"), [0..1, 1..2]);
    assert_eq!(found_for(&Query::regex("[à-ÿ]+"), latin, b"a\xe9\xe8b"), [1..3]);
    assert_eq!(found_for(&Query::regex(r"\ba"), utf16, &bytes), [0..2, 6..8]);
}

#[test]
fn in_a_binary_document_hex_is_a_byte() {
    let binary = Target { binary: true, ..Target::default() };
    let bytes = b"\xff\xc3\xbf\x80";
    assert_eq!(found_for(&Query::regex(r"\xff"), binary, bytes), [0..1]);
    assert_eq!(found_for(&Query::regex(r"[\x80-\xfe]+"), binary, bytes), [1..4]);
    assert_eq!(found_for(&Query::regex(r"\xff"), Target::default(), bytes), [1..3]);
}

#[test]
fn escapes_stand_for_what_they_name() {
    let query = Query { escapes: true, ..Query::literal(r"\n\x00\u{e9}\\") };
    assert_eq!(found(&query, "a\n\0é\\"), [1..6]);
    assert_eq!(found(&Query::literal(r"\n"), "a\\n\n"), [1..3]);
}

#[test]
fn hex_has_wildcards_for_digits() {
    let hex = |text: &str| Query { text: text.into(), kind: Kind::Hex, ..Query::default() };
    let bytes = b"\x41\x52\xde\xad\x4f\x52\xde\xae";
    assert_eq!(found_for(&hex("4? 5? DE AD"), Target::default(), bytes), [0..4]);
    assert_eq!(found_for(&hex("?2 ?? 0xA?"), Target::default(), bytes), [1..4, 5..8]);
    assert_eq!(found_for(&hex("0xde,0xad"), Target::default(), bytes), [2..4]);
    assert_eq!(found_for(&hex("DEAE"), Target::default(), bytes), [6..8]);
}

#[test]
fn a_query_keeps_its_switches() {
    let query = Query {
        whole_word: true,
        case: Case::Sensitive,
        encoding: Some(Encoding::UTF_16LE),
        kind: Kind::Number,
        number: Number { width: Width::W16, signed: true, ..Number::default() },
        ..Query::literal("7")
    };
    let kept = toml::to_string(&query).unwrap();
    assert_eq!(toml::from_str::<Query>(&kept).unwrap(), query);
    assert_eq!(toml::from_str::<Query>("text = \"a\"").unwrap(), Query::literal("a"));
}

#[test]
fn floats_and_signed_numbers_are_ranges_of_values() {
    let all: Vec<f32> = [-2.5, -1.0, -0.5, -0.0, 0.0, 1e-40, 0.5, 1.0, 2.5, f32::INFINITY, f32::NAN].to_vec();
    for big_endian in [false, true] {
        let number = Number { float: true, big_endian, ..Number::default() };
        let stored = |value: &f32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        for (text, low, high) in [
            ("-1..0.5", -1.0, 0.5),
            ("0", 0.0, 0.0),
            ("-3..-0.7", -3.0, -0.7),
            ("0.1..inf", 0.1, f32::INFINITY),
        ] {
            let query = Query { text: text.into(), kind: Kind::Number, number, ..Query::default() };
            for value in &all {
                let is_in = *value >= low && *value <= high;
                let hits = found_for(&query, Target::default(), &stored(value));
                assert_eq!(!hits.is_empty(), is_in, "{value} in {text}");
            }
        }
    }
    let number = Number { signed: true, width: Width::W64, ..Number::default() };
    let query =
        Query { text: "-5..7, 0xFFFFFFFFFFFFFF00".into(), kind: Kind::Number, number, ..Query::default() };
    for value in [-256, -6, -5, -1, 0, 7, 8, i64::MIN, i64::MAX] {
        let hits = found_for(&query, Target::default(), &value.to_le_bytes());
        assert_eq!(!hits.is_empty(), (-5..=7).contains(&value) || value == -256, "{value}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_range_of_numbers_is_every_number_in_it(
        (one, other) in (any::<u16>(), any::<u16>()),
        (signed, big_endian) in any::<(bool, bool)>(),
    ) {
        let value = |bits: u16| if signed { i64::from(bits as i16) } else { i64::from(bits) };
        let (low, high) = (value(one).min(value(other)), value(one).max(value(other)));
        let number = Number { width: Width::W16, signed, big_endian, ..Number::default() };
        let query = Query { text: format!("{low}..{high}"), kind: Kind::Number, number, ..Query::default() };
        let pattern = Pattern::new(&query, Target::default()).unwrap();
        for bits in (0..=u16::MAX).step_by(37).chain([one, other, one.wrapping_add(1), other.wrapping_sub(1)]) {
            let bytes = if big_endian { bits.to_be_bytes() } else { bits.to_le_bytes() };
            let hits = pattern.matches_in(&Window { start: 0, bytes: bytes.to_vec(), gaps: Vec::new() }, 0..2, 9, 2);
            prop_assert_eq!(!hits.is_empty(), (low..=high).contains(&value(bits)), "{}", bits);
        }
    }

    /// A literal as a whole word is what a regex says is one.
    #[test]
    fn a_whole_word_is_what_unicode_says(bytes in oracle::bytes(40), text in prop::sample::select(&["a", "ab", "é", " ", "a b"][..])) {
        // Beside what is no character, a regex finds no end of a word; a literal does.
        let bytes = String::from_utf8_lossy(&bytes).into_owned().into_bytes();
        let query = Query { whole_word: true, case: Case::Sensitive, ..Query::literal(text) };
        let regex = oracle::oracle(&format!(r"\b{{start-half}}{text}\b{{end-half}}"), false);
        prop_assert_eq!(found_for(&query, Target::default(), &bytes), oracle::all(&regex, &bytes));
        let of_regex = Query { kind: Kind::Regex, ..query };
        prop_assert_eq!(found_for(&of_regex, Target::default(), &bytes), oracle::all(&regex, &bytes));
    }

    /// What is on screen is highlighted as a search of everything finds it.
    #[test]
    fn what_is_on_screen_is_found_as_everywhere(
        text in prop::sample::select(&oracle::REGEXES[..]),
        bytes in oracle::bytes(60),
        (from, to) in (0u64..100, 0u64..100),
    ) {
        let len = bytes.len() as u64;
        let (from, to) = (from.min(len), to.min(len));
        let visible = from.min(to)..to.max(from);
        let pattern = oracle::regex(text, Sizes::default());
        let hits = pattern.matches_in(&window(&bytes), visible.clone(), usize::MAX, len);
        let mut expected = oracle::all(&oracle::oracle(text, false), &bytes);
        expected.retain(|found| {
            let touches = found.end > visible.start || (found.is_empty() && found.start == visible.start);
            touches && (found.start < visible.end || found.start == visible.start)
        });
        prop_assert_eq!(hits, expected);
    }
}

#[test]
fn nothing_matches_in_what_is_not_there() {
    let mut window = window(b"ab ab ab ab ab ab ab ab");
    window.gaps.push((9..12, Missing::Pending));
    window.bytes[9..12].fill(0);
    let pattern = oracle::regex("ab", Sizes::default());
    // Bytes beside a gap only stand around.
    assert_eq!(pattern.matches_in(&window, 0..23, 9, 23), [0..2, 3..5, 18..20, 21..23]);
}
