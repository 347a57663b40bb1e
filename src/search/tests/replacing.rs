use proptest::prelude::*;

use super::oracle::{self, REGEXES};
use crate::document::Document;
use crate::search::pattern::Sizes;
use crate::search::{Case, Kind, Pattern, Query, ReplaceError, Replacements, Target, Template, rewrite};
use crate::source::{Cancel, Memory, Progress};
use std::sync::Arc;

fn find(document: &Document, pattern: &Pattern, template: &Template) -> Replacements {
    let (snapshot, cancel, progress) = (document.snapshot(), Cancel::new(), Progress::default());
    Replacements::find(&snapshot, pattern, template, 0..u64::MAX, u64::MAX, &cancel, &progress).unwrap()
}

fn contents(document: &Document) -> Vec<u8> {
    document.snapshot().read(0..u64::MAX).unwrap()
}

/// What becomes of `text`.
fn replaced(query: &Query, with: &str, text: &str) -> String {
    let mut document = Document::open(Arc::new(Memory::new(text.as_bytes().to_vec())));
    let pattern = Pattern::new(query, Target::default()).unwrap();
    let template = Template::new(with, query, &pattern).unwrap();
    find(&document, &pattern, &template).apply(&mut document, "Replace", &[]).unwrap();
    String::from_utf8(contents(&document)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn replacing_is_what_the_regex_crate_does(
        text in prop::sample::select(&REGEXES[..]),
        with in prop::sample::select(&["", "X", "long one", "<$0>", "$0$0"][..]),
        bytes in oracle::bytes(60),
        cuts in oracle::cuts(),
        sizes in oracle::sizes(),
    ) {
        let mut document = oracle::document(&bytes, &cuts);
        let pattern = oracle::regex(text, sizes);
        let template = Template::new(with, &Query::regex(text), &pattern).unwrap();
        let replacements = find(&document, &pattern, &template);
        let expected = oracle::oracle(text, false).replace_all(&bytes, with.as_bytes()).into_owned();
        prop_assert_eq!(replacements.new_len(), expected.len() as u64);
        let applied = replacements.apply(&mut document, "Replace all", &[]).unwrap();
        prop_assert_eq!(applied.edits.len() as u64, replacements.count());
        prop_assert_eq!(contents(&document), expected);
        let preview = replacements.preview(usize::MAX);
        prop_assert_eq!(preview.len() as u64, replacements.count());
        for change in preview.into_iter().take(3) {
            prop_assert!(change.range.end <= bytes.len() as u64);
        }
        if applied.edits.ranges().any(|(old, new)| !old.is_empty() || !new.is_empty()) {
            document.undo();
        }
        prop_assert_eq!(contents(&document), bytes);
    }
}

#[test]
fn groups_are_named_in_every_way_that_people_know() {
    let query = Query::regex(r"(\w+)@(?P<host>\w+)");
    for with in ["$2 at $1", "${host} at ${1}", r"\2 at \1", "$host at $1"] {
        assert_eq!(replaced(&query, with, "me@home!"), "home at me!", "{with}");
    }
    // Digits end a reference, in the regex crate they do not.
    assert_eq!(replaced(&query, "$1x", "me@home"), "mex");
    assert_eq!(replaced(&query, "${1}0", "me@home"), "me0");
    assert_eq!(replaced(&query, r"$$1\$\\\t\n\x41\u{e9}", "me@home"), "$1$\\\t\nAé");
    assert_eq!(replaced(&query, r"\U$1\E-\u$2 \LABC\E \lABC \uéa", "me@home"), "ME-Home abc aBC Éa");
}

#[test]
fn a_wrong_template_says_what_is_wrong_and_where() {
    let query = Query::regex(r"(a)(?<last>b)");
    let pattern = Pattern::new(&query, Target::default()).unwrap();
    for (text, range, words) in [
        ("x$3", 1..3, "“3”"),
        ("$1 ${nobody}", 3..12, "“nobody”"),
        ("$12", 0..3, "“12”"),
        ("${1", 0..3, "no }"),
        (r"a\q", 1..3, "\\q"),
        (r"\x4", 0..3, "two hex digits"),
    ] {
        let error = Template::new(text, &query, &pattern).unwrap_err();
        assert_eq!(error.range, range, "{text}: {error}");
        assert!(error.message.contains(words), "{text}: {error}");
    }
}

#[test]
fn bytes_give_way_to_bytes_of_another_length_and_wildcards_are_kept() {
    let query = Query { text: "4? 5? ff".into(), kind: Kind::Hex, ..Query::default() };
    let pattern = Pattern::new(&query, Target::default()).unwrap();
    let becomes = |with: &str| {
        let bytes = b"\x41\x52\xff-\x4f\x5e\xff-\x41\x62\xff".to_vec();
        let mut document = Document::open(Arc::new(Memory::new(bytes)));
        let template = Template::new(with, &query, &pattern).unwrap();
        find(&document, &pattern, &template).apply(&mut document, "Replace", &[]).unwrap();
        contents(&document)
    };
    assert_eq!(becomes("00 01 02 03"), b"\0\x01\x02\x03-\0\x01\x02\x03-\x41\x62\xff");
    assert_eq!(becomes("6? ?0 00"), b"\x61\x50\0-\x6f\x50\0-\x41\x62\xff");
    assert_eq!(becomes(""), b"--\x41\x62\xff");
    let error = Template::new("00 00 00 ?0", &query, &pattern).unwrap_err();
    assert!(error.message.contains("no byte 4"), "{error}");
}

#[test]
fn a_literal_gives_way_to_what_stands_there() {
    let query = Query { case: Case::Sensitive, ..Query::literal("a.") };
    assert_eq!(replaced(&query, "$0\\n", "a.ab"), "$0\\nab");
    let query = Query { escapes: true, ..Query::literal(r"a\n") };
    assert_eq!(replaced(&query, r"\t$0", "a\nb"), "\t$0b");
}

#[test]
fn a_document_that_was_edited_is_left_alone() {
    let mut document = Document::open(Arc::new(Memory::new(b"abc".to_vec())));
    let pattern = oracle::regex("b", Sizes::default());
    let template = Template::new("x", &Query::regex("b"), &pattern).unwrap();
    let replacements = find(&document, &pattern, &template);
    replacements.apply(&mut document, "Replace", &[]).unwrap();
    let again = replacements.apply(&mut document, "Replace", &[]);
    assert_eq!(again.unwrap_err(), ReplaceError::Edited);
    assert_eq!(contents(&document), b"axc");
}

proptest! {
    /// What is made as it is written is what a step makes, wherever it is cut.
    #[test]
    fn a_rewrite_is_what_a_replacement_makes(
        text in prop::sample::select(&REGEXES[..]),
        with in prop::sample::select(&["", "x", "[$0]", "aa"][..]),
        bytes in oracle::bytes(60),
        cuts in oracle::cuts(),
        sizes in oracle::sizes(),
        (from, len) in (0u64..60, 0u64..90),
    ) {
        let mut document = oracle::document(&bytes, &cuts);
        let snapshot = document.snapshot();
        let pattern = oracle::regex(text, sizes);
        let template = Template::new(with, &Query::regex(text), &pattern).unwrap();
        let (cancel, progress) = (Cancel::new(), Progress::default());
        let within = from..from + len;
        let mut made = Vec::new();
        let put = &mut |bytes: &[u8]| {
            made.extend_from_slice(bytes);
            std::ops::ControlFlow::Continue(())
        };
        let rewritten = rewrite(&snapshot, &pattern, &template, within.clone(), put, &cancel, &progress).unwrap();
        let found =
            Replacements::find(&snapshot, &pattern, &template, within, u64::MAX, &cancel, &progress).unwrap();
        prop_assert_eq!((rewritten.count, rewritten.len), (found.count(), found.new_len()));
        found.apply(&mut document, "Replace", &[]).unwrap();
        prop_assert_eq!(made, document.snapshot().read(0..u64::MAX).unwrap());
    }
}
