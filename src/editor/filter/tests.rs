use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::count::LineTally;
use super::lines::{AROUND, LineFilter, ListedLine};
use super::recognise::{NOT_INDENTED, beginning};
use super::records::RECORD;
use super::text::Unit;
use crate::document::{Content, Document, LineBreak, Replacement, StepKind};
use crate::search::{Pattern, Query, Target};
use crate::source::testing::Counting;
use crate::source::{Cancel, Memory, Progress, Source};

fn document(bytes: &[u8]) -> Document {
    Document::open(Arc::new(Memory::new(bytes.to_vec())))
}

fn pattern(text: &str) -> Pattern {
    let query = Query { within_lines: true, ..Query::regex(text) };
    Pattern::new(&query, Target::default()).unwrap()
}

/// What is to be listed.
#[derive(Clone, Debug, Default)]
struct Wanted {
    includes: Vec<&'static str>,
    excludes: Vec<&'static str>,
    context: usize,
    record: Option<&'static str>,
}

impl Wanted {
    fn tally(&self, document: &Document) -> LineTally {
        let patterns = |texts: &[&str]| texts.iter().map(|text| pattern(text)).collect();
        let filter = LineFilter {
            includes: patterns(&self.includes),
            excludes: patterns(&self.excludes),
            unit: Unit::Line(LineBreak::Lf),
            context: self.context as u32,
            record: self.record.map(pattern),
        };
        LineTally::new(document.snapshot(), filter)
    }

    /// By a plain walk over all lines, as the rules say it.
    fn naive(&self, text: &str) -> Vec<ListedLine> {
        let starts: Vec<usize> = text
            .split_inclusive('\n')
            .scan(0, |at, line| Some(std::mem::replace(at, *at + line.len())))
            .collect();
        let lines: Vec<&str> = text.lines().collect();
        let is_match = |pattern: &str, line: usize| regex::Regex::new(pattern).unwrap().is_match(lines[line]);
        // The line that each one's record begins with.
        let mut first: Vec<usize> = (0..lines.len()).collect();
        if let Some(begins) = self.record {
            let mut head = 0;
            for line in 0..lines.len() {
                if is_match(begins, line) {
                    head = line;
                }
                if starts[line] - starts[head] < RECORD as usize {
                    first[line] = head;
                }
            }
        }
        let of_record = |line: usize| -> Vec<usize> {
            (0..lines.len()).filter(|other| first[*other] == first[line]).collect()
        };
        let any = |patterns: &[&str], line: usize| {
            of_record(line).into_iter().any(|line| patterns.iter().any(|pattern| is_match(pattern, line)))
        };
        let is_hidden = |line: usize| any(&self.excludes, line);
        let matches =
            |line: usize| !is_hidden(line) && (self.includes.is_empty() || any(&self.includes, line));
        let mut listed = Vec::new();
        for line in 0..lines.len() {
            // What stands around is near the first line of a record that matches, or near its last one.
            let near = |other: usize| {
                let record = of_record(other);
                let edges = [record[0], record[record.len() - 1]];
                let is_near = |edge: usize| {
                    line.abs_diff(edge) <= self.context
                        && starts[line].abs_diff(starts[edge]) as u64 <= AROUND
                };
                matches(other) && edges.into_iter().any(is_near)
            };
            let is_match = matches(line);
            if is_match || !is_hidden(line) && !self.includes.is_empty() && (0..lines.len()).any(near) {
                listed.push(ListedLine { start: starts[line] as u64, is_match });
            }
        }
        listed
    }
}

fn counted(tally: &LineTally) -> Vec<ListedLine> {
    tally.run(&Cancel::new(), &Progress::default());
    let total = tally.total();
    assert!(total.is_complete);
    let mut all = Vec::new();
    tally.all(&Cancel::new(), &Progress::default(), |_, line| all.push(line)).unwrap();
    assert_eq!(all.len() as u64, total.lines);
    assert_eq!(all.iter().filter(|line| line.is_match).count() as u64, total.matches);
    // From every number on, the list shows the same.
    for first in 0..total.lines {
        let (_, lines) = tally.lines(first, 3, &Cancel::new()).unwrap();
        assert_eq!(lines, all[first as usize..all.len().min(first as usize + 3)]);
    }
    all
}

fn starts(tally: &LineTally) -> Vec<u64> {
    counted(tally).iter().map(|line| line.start).collect()
}

const PATTERNS: [&str; 6] = ["a", "b+c", "^c", "a$", "^$", r"\bab\b"];

fn some(most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    proptest::collection::vec(prop::sample::select(PATTERNS.to_vec()), 0..most)
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let record = prop::option::of(prop::sample::select(vec!["^a", "^[ab]", "c", "^cab"]));
    let all = (some(3), some(2), 0_usize..4, record);
    all.prop_map(|(includes, excludes, context, record)| Wanted { includes, excludes, context, record })
}

proptest! {
    /// Whatever the blocks (of 32 bytes here) cut, the lines are those of a plain walk, after every edit too.
    #[test]
    fn the_lines_are_those_of_a_plain_walk(
        text in "[abc \n]{0,160}",
        wanted in wanted(),
        edits in proptest::collection::vec((0_usize..200, 0_usize..40, "[abc\n]{0,40}"), 0..5),
    ) {
        let mut document = document(text.as_bytes());
        let tally = wanted.tally(&document);
        let mut text = text;
        prop_assert_eq!(counted(&tally), wanted.naive(&text));
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
            prop_assert_eq!(counted(&tally), wanted.naive(&text));
        }
    }

    /// Records longer than a block and shorter lines, so that most of them are cut by one.
    #[test]
    fn records_are_whole_across_blocks(
        lines in proptest::collection::vec(prop::sample::select(vec!["a", "b", "", " c", " ab", " bc"]), 0..60),
        wanted in wanted(),
    ) {
        let text = lines.join("\n");
        let document = document(text.as_bytes());
        prop_assert_eq!(counted(&wanted.tally(&document)), wanted.naive(&text));
    }
}

#[test]
fn an_edit_has_only_what_is_around_it_counted_again() {
    let text = "some line of text\n".repeat(1000);
    let mut document = document(text.as_bytes());
    let tally = Wanted { includes: vec!["line"], ..Wanted::default() }.tally(&document);
    assert_eq!(counted(&tally).len(), 1000);
    let at = text.len() as u64 / 2;
    let replacement = Replacement { range: at..at, content: Content::Bytes(b"x".to_vec()) };
    let applied = document.edit(vec![replacement], StepKind::Typing, &[], Duration::ZERO).unwrap();
    tally.edit(&applied.edits, document.snapshot());
    assert!(tally.remaining() < 400, "{} bytes", tally.remaining());
}

fn lines_with(pattern: Pattern, unit: Unit) -> LineFilter {
    LineFilter { includes: vec![pattern], excludes: Vec::new(), unit, context: 0, record: None }
}

#[test]
fn how_lines_begin_is_recognised() {
    let recognised = |text: &str| beginning(&document(text.as_bytes()).snapshot(), Target::default());
    for (line, other) in [
        ("2026-11-25T01:02:03.456Z INFO started", "    at main"),
        ("[2026-11-25 01:02:03,456] started", "Traceback"),
        ("INFO 2026-11-25 01:02:03 started", ""),
        ("2026/11/25 01:02:03 started", "goroutine 1"),
        ("Nov 25 01:02:03 host program[1]: started", "\tmore"),
        ("127.0.0.1 - - [25/Nov/2026:01:02:03 +0000] \"GET / HTTP/1.1\" 200", "x"),
        ("11-25 01:02:03.456  100  200 I tag: started", "x"),
        ("[    0.000000] Linux version", " more"),
        ("1764032523.123 started", "more"),
        ("ERROR started", "more"),
    ] {
        let begins = recognised(&format!("{line}\n{other}\n").repeat(20));
        let begins = regex::Regex::new(begins).unwrap();
        assert!(begins.is_match(line) && !begins.is_match(other), "{line}: {begins}");
    }
    assert_eq!(recognised("some text\n  indented\nmore\n"), NOT_INDENTED);
    assert_eq!(recognised(""), NOT_INDENTED);
}

/// What a screen takes is looked up, whatever the number of lines.
#[test]
fn a_screen_of_lines_reads_as_much_of_many_as_of_few() {
    let read = |lines: usize| {
        let source = Arc::new(Counting::new(Arc::new(Memory::new("some line\n".repeat(lines).into_bytes()))));
        let document = Document::open(Arc::clone(&source) as Arc<dyn Source>);
        let wanted =
            Wanted { includes: vec!["line"], context: 2, record: Some("^some"), ..Wanted::default() };
        let tally = wanted.tally(&document);
        tally.run(&Cancel::new(), &Progress::default());
        assert_eq!(tally.total().lines, lines as u64);
        source.reset();
        let (_, found) = tally.lines(lines as u64 / 2, 10, &Cancel::new()).unwrap();
        assert_eq!(found.len(), 10);
        source.bytes()
    };
    let (few, many) = (read(100), read(20_000));
    assert!(many <= few + 100, "{few} bytes of few, {many} of many");
}

#[test]
fn very_many_edits_at_once_are_followed_as_one() {
    let text = "ab\n".repeat(3000);
    let mut document = document(text.as_bytes());
    let tally = Wanted { includes: vec!["a"], ..Wanted::default() }.tally(&document);
    assert_eq!(counted(&tally).len(), 3000);
    let remove =
        |line: u64| Replacement { range: line * 3..line * 3 + 1, content: Content::Bytes(Vec::new()) };
    let edits = (500..2500).map(remove).collect();
    let applied = document.edit(edits, StepKind::Whole("Test"), &[], Duration::ZERO).unwrap();
    tally.edit(&applied.edits, document.snapshot());
    assert_eq!(counted(&tally).len(), 1000);
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
    let filter = lines_with(pattern, Unit::Row(10));
    let tally = LineTally::new(document.snapshot(), filter);
    assert_eq!(starts(&tally), [0, 10, 40, 190]);
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
    let filter = lines_with(pattern, unit);
    let tally = LineTally::new(document.snapshot(), filter);
    assert_eq!(starts(&tally), [0, 6]);
}
