//! Regexes in UTF-16 and other encodings, against the same over the text in UTF-8.

use std::ops::Range;
use std::sync::Arc;

use proptest::prelude::*;

use super::oracle;
use crate::document::{Document, Window};
use crate::search::{Case, Pattern, Query, Replacements, Scan, Tally, Target, Template, find_backward};
use crate::source::{Cancel, Memory, Progress};
use crate::text::Encoding;

const REGEXES: [&str; 26] = [
    "^",
    "$",
    "^$",
    r"\b",
    r"\B",
    r"\ba",
    r"a\b",
    r"\b\w+\b",
    r"^\w",
    r"^.*$",
    r"a.*?$",
    r"\bé",
    r"a+\b|^b",
    r"(?i)\bÉ",
    r"(?i)^ba?$",
    r"a\s+b\b",
    r"^[^a]*a",
    r"(?-u:\b)a",
    r"\b{start-half}ab?\b{end-half}",
    // Without what stands around.
    "a",
    r"(?i)é|a ",
    ".",
    r"[^a]*",
    r"a.*b",
    r"\Aa",
    r"a?\z",
];

/// Text with line ends of every kind, units that hold a 0A, surrogates whole and halved, and an odd byte here and there.
fn bytes(encoding: Encoding) -> impl Strategy<Value = Vec<u8>> {
    let part = prop::sample::select(vec![
        "a", "a", "b", "b", " ", "é", "É", "\n", "\r\n", "\r", "aaaa", "\u{0a41}", "\u{410a}", "\u{0a0a}",
        "😀", "\0", "1", "_",
    ]);
    let odd = prop::sample::select(vec![&b""[..], b"", b"", b"", b"\x00", b"a", b"\xd8", b"\n"]);
    prop::collection::vec((part, odd), 0..40).prop_map(move |parts| {
        let stored = |(text, odd): &(&str, &[u8])| {
            let text = encoding.encode(text).map(std::borrow::Cow::into_owned).unwrap_or_default();
            [text.as_slice(), *odd].concat()
        };
        parts.iter().flat_map(stored).collect()
    })
}

/// The characters of `bytes` from `start` on in UTF-8, what is none as a byte that is none of UTF-8 either, and where
/// each byte of that, and its end, stands.
fn decoded(bytes: &[u8], start: usize, encoding: Encoding) -> (Vec<u8>, Vec<Option<u64>>) {
    let start = start.min(bytes.len());
    let (mut utf8, mut places, mut at) = (Vec::new(), Vec::new(), start);
    while at < bytes.len() {
        let (c, len) = encoding.char_at_start(&bytes[at..]);
        match c {
            Some(c) => utf8.extend_from_slice(c.to_string().as_bytes()),
            None => utf8.push(0xff),
        }
        places.push(Some(at as u64));
        places.resize(utf8.len(), None);
        at += len;
    }
    // Behind half a unit no character can start.
    places.push(Some(at as u64).filter(|at| (at - start as u64).is_multiple_of(encoding.unit())));
    (utf8, places)
}

fn expected(text: &str, bytes: &[u8], encoding: Encoding) -> Vec<Range<u64>> {
    let (utf8, places) = decoded(bytes, 0, encoding);
    let all = oracle::all(&oracle::oracle(text, false), &utf8);
    // What is empty inside of a character is nowhere.
    all.into_iter()
        .filter_map(|found| Some(places[found.start as usize]?..places[found.end as usize]?))
        .collect()
}

fn sensitive(text: &str) -> Query {
    Query { case: Case::Sensitive, ..Query::regex(text) }
}

fn scan(document: &Document, pattern: &Pattern) -> Vec<Range<u64>> {
    let (snapshot, cancel, progress) = (document.snapshot(), Cancel::new(), Progress::default());
    let mut scan = Scan::new(&snapshot, pattern, 0..u64::MAX, &cancel, &progress);
    std::iter::from_fn(|| scan.next().unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn in_other_encodings_the_matches_are_those_of_the_text_in_utf_8(
        text in prop::sample::select(&REGEXES[..]),
        (encoding, bytes) in prop::sample::select(&[
            Encoding::UTF_16LE,
            Encoding::UTF_16BE,
            Encoding::WINDOWS_1252,
        ][..]).prop_flat_map(|encoding| (Just(encoding), bytes(encoding))),
        cuts in oracle::cuts(),
        sizes in oracle::sizes(),
    ) {
        let document = oracle::document(&bytes, &cuts);
        let target = Target { encoding, line_break: encoding.line_break(), binary: false };
        let pattern = Pattern::new(&sensitive(text), target).unwrap().with_sizes(sizes);
        let expected = expected(text, &bytes, encoding);
        prop_assert_eq!(&scan(&document, &pattern), &expected);
        let snapshot = document.snapshot();
        let (cancel, progress) = (Cancel::new(), Progress::default());
        let (mut backwards, mut from) = (Vec::new(), u64::MAX);
        while let Some(found) =
            find_backward(&snapshot, &pattern, from, 0..u64::MAX, &cancel, &progress).unwrap().range
        {
            from = found.start;
            backwards.insert(0, found);
        }
        prop_assert_eq!(&backwards, &expected);
        let all = pattern.matches_in(&snapshot.try_read(0..u64::MAX), 0..u64::MAX, usize::MAX, snapshot.len());
        prop_assert_eq!(&all, &expected);
        if !bytes.is_empty() {
            let tally = Tally::new(snapshot, pattern);
            tally.run(&cancel, &progress);
            prop_assert_eq!(tally.blocks().total(), expected.len() as u64);
        }
    }

    /// Strings in a binary file may stand at any byte: the first match in either way to read it is next.
    #[test]
    fn in_a_binary_file_both_ways_to_read_utf_16_are_searched(
        text in prop::sample::select(&[r"\ba", r"\b\w+\b", "^a", r"a\b", r"(?i)\bÉ"][..]),
        bytes in bytes(Encoding::UTF_16LE),
        sizes in oracle::sizes(),
    ) {
        let document = oracle::document(&bytes, &[]);
        let query = Query { encoding: Some(Encoding::UTF_16LE), ..sensitive(text) };
        let pattern = Pattern::new(&query, Target::default()).unwrap().with_sizes(sizes);
        let regex = oracle::oracle(text, false);
        let ways = [0, 1].map(|start| decoded(&bytes, start, Encoding::UTF_16LE));
        let next = |at: u64| {
            let first = |(utf8, places): &(Vec<u8>, Vec<Option<u64>>)| {
                let from = places.iter().position(|place| place.is_some_and(|place| place >= at))?;
                let found = regex.find_at(utf8, from)?;
                Some(places[found.start()].unwrap()..places[found.end()].unwrap())
            };
            ways.iter().filter_map(first).min_by_key(|found| found.start)
        };
        let (mut expected, mut at) = (Vec::new(), 0);
        while let Some(found) = next(at) {
            at = found.end;
            expected.push(found);
        }
        prop_assert_eq!(scan(&document, &pattern), expected);
    }
}

#[test]
fn groups_and_cases_are_those_of_the_encoding() {
    let text = "wert: über\nwert: öl";
    let bytes = Encoding::UTF_16LE.encode(text).unwrap().into_owned();
    let target =
        Target { encoding: Encoding::UTF_16LE, line_break: Encoding::UTF_16LE.line_break(), binary: false };
    let query = sensitive(r"^(\w+): (\w+)$");
    let pattern = Pattern::new(&query, target).unwrap();
    let template = Template::new(r"\U$2\E=$1", &query, &pattern).unwrap();
    let mut document = Document::open(Arc::new(Memory::new(bytes)));
    let (cancel, progress) = (Cancel::new(), Progress::default());
    let found = Replacements::find(
        &document.snapshot(),
        &pattern,
        &template,
        0..u64::MAX,
        u64::MAX,
        &cancel,
        &progress,
    );
    found.unwrap().apply(&mut document, "Replace", &[]).unwrap();
    let bytes = document.snapshot().read(0..u64::MAX).unwrap();
    assert_eq!(Encoding::UTF_16LE.decode(&bytes), "ÜBER=wert\nÖL=wert");
}

#[test]
fn what_cannot_be_had_in_an_encoding_is_named() {
    let error = |text: &str, encoding| {
        let target = Target { encoding, line_break: encoding.line_break(), binary: true };
        Pattern::new(&Query::regex(text), target).unwrap_err().message
    };
    assert!(error(r"^\xff", Encoding::UTF_16LE).contains("UTF-16 LE"));
    assert!(error(r"(?s-u)^.", Encoding::UTF_16BE).contains("(?-u)"));
    assert!(error("[à-ÿ]", Encoding::named("Shift_JIS").unwrap()).contains("ASCII only"));
    // What asks for nothing around it may name bytes.
    let target = Target { encoding: Encoding::UTF_16LE, binary: true, ..Target::default() };
    let pattern = Pattern::new(&Query::regex(r"a\xff"), target).unwrap();
    let window = Window { start: 0, bytes: b"a\0\xff\0".to_vec(), gaps: Vec::new() };
    assert_eq!(pattern.matches_in(&window, 0..4, 9, 4), std::slice::from_ref(&(0..3)));
}
