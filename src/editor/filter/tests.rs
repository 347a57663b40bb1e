use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::count::LineTally;
use super::lines::{LineFilter, Unit};
use crate::document::{Content, Document, LineBreak, Replacement, StepKind};
use crate::search::{Pattern, Query, Target};
use crate::source::{Cancel, Memory, Progress};

fn document(bytes: &[u8]) -> Document {
    Document::open(Arc::new(Memory::new(bytes.to_vec())))
}

fn pattern(text: &str) -> Pattern {
    let query = Query { within_lines: true, ..Query::regex(text) };
    Pattern::new(&query, Target::default()).unwrap()
}

/// The lines of `text` that are shown, by a plain walk.
fn naive(text: &str, includes: &[&str], excludes: &[&str]) -> Vec<u64> {
    let regex = |text: &&str| regex::Regex::new(text).unwrap();
    let (includes, excludes): (Vec<_>, Vec<_>) =
        (includes.iter().map(regex).collect(), excludes.iter().map(regex).collect());
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let text = line.strip_suffix('\n').unwrap_or(line);
        let shows = includes.is_empty() || includes.iter().any(|regex| regex.is_match(text));
        if shows && !excludes.iter().any(|regex| regex.is_match(text)) {
            lines.push(at as u64);
        }
        at += line.len();
    }
    lines
}

fn counted(tally: &LineTally) -> Vec<u64> {
    tally.run(&Cancel::new(), &Progress::default());
    let (total, is_complete) = tally.total();
    assert!(is_complete);
    let mut all = Vec::new();
    tally.all(&Cancel::new(), &Progress::default(), |_, line| all.push(line)).unwrap();
    assert_eq!(all.len() as u64, total);
    // From every number on, the list shows the same.
    for first in 0..total {
        let (_, lines) = tally.lines(first, 3, &Cancel::new()).unwrap();
        assert_eq!(lines, all[first as usize..all.len().min(first as usize + 3)]);
    }
    all
}

fn tally(document: &Document, includes: &[&str], excludes: &[&str]) -> LineTally {
    let patterns = |texts: &[&str]| texts.iter().map(|text| pattern(text)).collect();
    let unit = Unit::Line(LineBreak::Lf);
    let filter = LineFilter { includes: patterns(includes), excludes: patterns(excludes), unit };
    LineTally::new(document.snapshot(), filter)
}

const PATTERNS: [&str; 6] = ["a", "b+c", "^c", "a$", "^$", r"\bab\b"];

proptest! {
    /// Whatever the blocks (of 32 bytes here) cut, the lines are those of a plain walk, after every edit too.
    #[test]
    fn the_lines_are_those_of_a_plain_walk(
        text in "[abc \n]{0,160}",
        includes in proptest::collection::vec(0..PATTERNS.len(), 0..3),
        excludes in proptest::collection::vec(0..PATTERNS.len(), 0..2),
        edits in proptest::collection::vec((0_usize..200, 0_usize..40, "[abc\n]{0,40}"), 0..5),
    ) {
        let of = |indexes: &[usize]| indexes.iter().map(|index| PATTERNS[*index]).collect::<Vec<_>>();
        let (includes, excludes) = (of(&includes), of(&excludes));
        let mut document = document(text.as_bytes());
        let tally = tally(&document, &includes, &excludes);
        let mut text = text;
        prop_assert_eq!(counted(&tally), naive(&text, &includes, &excludes));
        for (at, removed, added) in edits {
            let start = at.min(text.len());
            let end = (start + removed).min(text.len());
            text.replace_range(start..end, &added);
            let replacement = Replacement {
                range: start as u64..end as u64,
                content: Content::Bytes(added.into_bytes()),
            };
            let kind = StepKind::Whole("Test");
            let applied = document.edit(vec![replacement], kind, &[], Duration::ZERO).unwrap();
            tally.edit(&applied.edits, document.snapshot());
            prop_assert_eq!(counted(&tally), naive(&text, &includes, &excludes));
        }
    }
}

#[test]
fn an_edit_has_only_what_is_around_it_counted_again() {
    let text = "some line of text\n".repeat(1000);
    let mut document = document(text.as_bytes());
    let tally = tally(&document, &["line"], &[]);
    assert_eq!(counted(&tally).len(), 1000);
    let at = text.len() as u64 / 2;
    let replacement = Replacement { range: at..at, content: Content::Bytes(b"x".to_vec()) };
    let applied = document.edit(vec![replacement], StepKind::Typing, &[], Duration::ZERO).unwrap();
    tally.edit(&applied.edits, document.snapshot());
    assert!(tally.remaining() < 400, "{} bytes", tally.remaining());
}

#[test]
fn rows_of_bytes_are_those_in_which_a_match_starts() {
    let mut bytes = vec![0_u8; 200];
    for at in [3, 15, 16, 40, 199] {
        bytes[at] = 0xFF;
    }
    let document = document(&bytes);
    let query = Query { text: "FF".to_owned(), kind: crate::search::Kind::Hex, ..Query::default() };
    let pattern = Pattern::new(&query, Target::default()).unwrap();
    let filter = LineFilter { includes: vec![pattern], excludes: Vec::new(), unit: Unit::Row(10) };
    let tally = LineTally::new(document.snapshot(), filter);
    assert_eq!(counted(&tally), [0, 10, 40, 190]);
}

#[test]
fn lines_of_utf_16_end_at_even_bytes_only() {
    let text = "ab\nxaਊb\nzz\n";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut document = document(&bytes);
    document.set_line_break(LineBreak::Utf16Le);
    let encoding = crate::text::Encoding::UTF_16LE;
    let target = Target { encoding, line_break: LineBreak::Utf16Le, binary: false };
    let query = Query { within_lines: true, ..Query::literal("b") };
    let pattern = Pattern::new(&query, target).unwrap();
    let unit = Unit::Line(LineBreak::Utf16Le);
    let filter = LineFilter { includes: vec![pattern], excludes: Vec::new(), unit };
    let tally = LineTally::new(document.snapshot(), filter);
    assert_eq!(counted(&tally), [0, 6]);
}
