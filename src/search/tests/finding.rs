use std::ops::Range;
use std::sync::Arc;

use proptest::prelude::*;

use super::oracle::{self, REGEXES};
use crate::document::{Document, Snapshot};
use crate::search::{Pattern, Query, Scan, Target, find_backward, find_forward};
use crate::source::{Cancel, Memory, Progress};

fn scan(snapshot: &Snapshot, pattern: &Pattern, within: Range<u64>) -> Vec<Range<u64>> {
    let (cancel, progress) = (Cancel::new(), Progress::default());
    let mut scan = Scan::new(snapshot, pattern, within, &cancel, &progress);
    let mut all = Vec::new();
    while let Some(found) = scan.next().unwrap() {
        all.push(found);
    }
    assert_eq!(scan.losses(), 0);
    all
}

fn backwards(snapshot: &Snapshot, pattern: &Pattern) -> Vec<Range<u64>> {
    let (cancel, progress) = (Cancel::new(), Progress::default());
    let mut all = Vec::new();
    let mut from = u64::MAX;
    while let Some(found) =
        find_backward(snapshot, pattern, from, 0..u64::MAX, &cancel, &progress).unwrap().range
    {
        from = found.start;
        all.push(found);
    }
    all.reverse();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_matches_are_those_of_a_regex_over_all_bytes(
        text in prop::sample::select(&REGEXES[..]),
        bytes in oracle::bytes(60),
        cuts in oracle::cuts(),
        sizes in oracle::sizes(),
    ) {
        let snapshot = oracle::document(&bytes, &cuts).snapshot();
        let pattern = oracle::regex(text, sizes);
        let expected = oracle::all(&oracle::oracle(text, false), &bytes);
        prop_assert_eq!(scan(&snapshot, &pattern, 0..u64::MAX), expected.clone());
        prop_assert_eq!(backwards(&snapshot, &pattern), expected);
    }

    /// Bytes outside are looked at, and not matched.
    #[test]
    fn a_part_is_searched_as_a_span_of_the_whole(
        text in prop::sample::select(&REGEXES[..]),
        bytes in oracle::bytes(30),
        sizes in oracle::sizes(),
        (from, to) in (0usize..60, 0usize..60),
    ) {
        let snapshot = oracle::document(&bytes, &[]).snapshot();
        let pattern = oracle::regex(text, sizes);
        let (from, to) = (from.min(bytes.len()), to.min(bytes.len()));
        let regex = regex_automata::meta::Regex::builder()
            .syntax(regex_automata::util::syntax::Config::new().utf8(false).multi_line(true).crlf(true))
            .configure(regex_automata::meta::Config::new().utf8_empty(false))
            .build(text)
            .unwrap();
        let expected = (from <= to).then(|| {
            let input = regex_automata::Input::new(&bytes).span(from..to);
            regex.find(input).map(|found| found.start() as u64..found.end() as u64)
        });
        let (cancel, progress) = (Cancel::new(), Progress::default());
        let within = 0..to as u64;
        let found = find_forward(&snapshot, &pattern, from as u64, within, &cancel, &progress).unwrap();
        prop_assert_eq!(found.range, expected.flatten());
    }
}

/// large-text-viewer searches 4 MB at a time and looks back 1,000 bytes, and replaces over 4 KB: longer matches over a border are
/// missed. Here, with the sizes that are in use.
#[test]
fn a_match_longer_than_4_kib_is_found_over_every_border() {
    const LEN: usize = 5000;
    for border in [64 << 10, 1 << 20, 2 << 20] {
        let start = border - LEN / 2;
        let mut bytes = vec![b'-'; border + (64 << 10)];
        bytes[start..start + LEN].fill(b'a');
        let snapshot = Document::open(Arc::new(Memory::new(bytes))).snapshot();
        let found = start as u64..(start + LEN) as u64;
        for query in [Query::literal("a".repeat(LEN)), Query::regex("a+")] {
            let pattern = Pattern::new(&query, Target::default()).unwrap();
            assert_eq!(scan(&snapshot, &pattern, 0..u64::MAX), [found.clone()], "at {border}");
        }
    }
}
