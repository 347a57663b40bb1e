//! The `regex` crate over all bytes, and documents of random pieces.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use crate::document::{Content, Document, Replacement, StepKind};
use crate::search::pattern::Sizes;
use crate::search::{Pattern, Query, Target};
use crate::source::Memory;

/// Regexes that meet at seams in every way that there is: empty ones, those that look around, those that overlap
/// themselves, that end at a line or go on over it, with and without a longest match.
pub const REGEXES: [&str; 37] = [
    "a",
    "aa",
    "aba",
    "ab|abab",
    "a{2,5}",
    "a*",
    "a*?b",
    "(?:)",
    "^",
    "$",
    "^$",
    "(?m)^a",
    "b$",
    r"\b",
    r"\B",
    r"\ba",
    r"a\b",
    r"\bab?\b",
    r"a.*b",
    r"a.*?b",
    r"[^b]*",
    r"a[^b]*b",
    r"a\s+b",
    r"(?s)a.*b",
    r"\n",
    r"\r?\n",
    r"\n\n|a",
    r"(?-u:\b)a",
    r"\Aa",
    r"b\z",
    "é",
    r"\w+",
    r"(?-u)[\x80-\xff]+",
    r"\x00+a?",
    // Found without the engine of regexes.
    "a[ 1]",
    "(?i)Ba|1 ",
    "é|b ",
];

pub fn all(regex: &regex::bytes::Regex, bytes: &[u8]) -> Vec<Range<u64>> {
    regex.find_iter(bytes).map(|found| found.start() as u64..found.end() as u64).collect()
}

pub fn oracle(text: &str, insensitive: bool) -> regex::bytes::Regex {
    let mut builder = regex::bytes::RegexBuilder::new(text);
    builder.multi_line(true).crlf(true).case_insensitive(insensitive).build().unwrap()
}

pub fn pattern(query: &Query, sizes: Sizes) -> Pattern {
    Pattern::new(query, Target::default()).unwrap().with_sizes(sizes)
}

pub fn regex(text: &str, sizes: Sizes) -> Pattern {
    let query = Query { case: crate::search::Case::Sensitive, ..Query::regex(text) };
    pattern(&query, sizes)
}

/// Bytes of few kinds, so that patterns meet: letters, line ends of every kind, NULs, characters of several bytes and
/// parts of them.
pub fn bytes(max: usize) -> impl Strategy<Value = Vec<u8>> {
    let part = prop::sample::select(vec![
        &b"a"[..],
        b"a",
        b"a",
        b"b",
        b"b",
        b" ",
        b"\n",
        b"\r\n",
        b"\r",
        b"\0",
        b"aaaa",
        b"ab",
        "é".as_bytes(),
        "日".as_bytes(),
        b"\xff",
        b"\xc3",
        b"1",
    ]);
    prop::collection::vec(part, 0..max).prop_map(|parts| parts.concat())
}

pub fn sizes() -> impl Strategy<Value = Sizes> {
    (prop::sample::select(vec![1, 3, 16, 64, 1000]), prop::sample::select(vec![1, 7, 16, 64]), 1u64..4)
        .prop_map(|(window, block, run)| Sizes { window, longest: 1 << 12, block, run })
}

/// A document of these bytes, made of pieces: some of a base, some typed in.
pub fn document(bytes: &[u8], cuts: &[(usize, usize)]) -> Document {
    let mut cuts: Vec<usize> =
        cuts.iter().flat_map(|(at, len)| [*at, at + len]).map(|at| at.min(bytes.len())).collect();
    cuts.sort_unstable();
    // Every other part is missing in the base.
    let mut base = Vec::new();
    let mut missing = Vec::new();
    let mut at = 0;
    for pair in cuts.chunks_exact(2) {
        base.extend_from_slice(&bytes[at..pair[0]]);
        if pair[0] < pair[1] {
            missing.push((base.len() as u64, bytes[pair[0]..pair[1]].to_vec()));
        }
        at = pair[1];
    }
    base.extend_from_slice(&bytes[at..]);
    let mut document = Document::open(Arc::new(Memory::new(base)));
    for (at, content) in missing.into_iter().rev() {
        let replacement = Replacement { range: at..at, content: Content::Bytes(content) };
        document.edit(vec![replacement], StepKind::Whole("Insert"), &[], Duration::ZERO).unwrap();
    }
    assert_eq!(document.snapshot().read(0..u64::MAX).unwrap(), bytes);
    document
}

pub fn cuts() -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0usize..120, 0usize..9), 0..8)
}
