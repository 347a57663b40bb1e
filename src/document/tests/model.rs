//! Random work on documents against the naive twin: bytes in a vector, history as a list of them.

use std::time::Duration;

use proptest::prelude::*;

use super::changes;
use super::differences::{check_differences, check_reverting};
use super::source::Plain;
use crate::document::line_index::{LineIndex, LineIndexBuilder};
use crate::document::*;
use crate::source::{Cancel, Progress};

#[derive(Clone, Debug)]
enum Step {
    /// (place, bytes to replace, text or bytes or a slice of the document, by size) each.
    Edit(Vec<(u16, u8, Kind)>),
    /// (place, bytes to replace) each by the same, or each by more of it.
    Bulk(Vec<(u16, u8)>, Vec<u8>, bool),
    Type(u16, String),
    Undo(u8),
    Redo(u8),
    Pause,
    Snapshot,
    /// Rest on an old snapshot (by index), with or without a complete index.
    Save(u8, bool),
    Count(u8),
    Settle(u8),
    /// The base gets longer; a count that was begun before goes on afterwards or not.
    Grow(Vec<u8>, bool),
    LineBreak(LineBreak),
    /// Takes back one of the differences since it was saved, or opened.
    Revert(usize, bool),
}

#[derive(Clone, Debug)]
enum Kind {
    Text(String),
    Bytes(Vec<u8>),
    /// Of the document itself.
    Slice(u16, u8),
    /// Of another document.
    Foreign(u8, u8),
}

pub fn line_break() -> impl Strategy<Value = LineBreak> {
    use LineBreak::{Cr, Lf, Utf16Be, Utf16Le};
    prop::sample::select(vec![Lf, Cr, Utf16Le, Utf16Be])
}

/// Half of them of line breaks.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![prop::sample::select(b"\0\n\0\n\r".to_vec()), any::<u8>()]
}

fn text() -> impl Strategy<Value = String> {
    "[a-cé \n\r\0]{0,9}"
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        text().prop_map(Kind::Text),
        prop::collection::vec(byte(), 0..40).prop_map(Kind::Bytes),
        (any::<u16>(), any::<u8>()).prop_map(|(at, len)| Kind::Slice(at, len)),
        (any::<u8>(), any::<u8>()).prop_map(|(at, len)| Kind::Foreign(at, len)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let edit = (any::<u16>(), 0u8..30, kind());
    prop_oneof![
        6 => prop::collection::vec(edit, 1..9).prop_map(Step::Edit),
        3 => (
            prop::collection::vec((any::<u16>(), 0u8..5), 1..20),
            prop::collection::vec(byte(), 0..4),
            any::<bool>(),
        )
            .prop_map(|(places, bytes, uniform)| Step::Bulk(places, bytes, uniform)),
        4 => (any::<u16>(), text()).prop_map(|(at, text)| Step::Type(at, text)),
        3 => (1u8..4).prop_map(Step::Undo),
        2 => (1u8..4).prop_map(Step::Redo),
        1 => Just(Step::Pause),
        2 => Just(Step::Snapshot),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(which, counted)| Step::Save(which, counted)),
        2 => any::<u8>().prop_map(Step::Count),
        1 => any::<u8>().prop_map(Step::Settle),
        1 => line_break().prop_map(Step::LineBreak),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(which, saved)| Step::Revert(which, saved)),
        3 => (prop::collection::vec(byte(), 0..40), any::<bool>())
            .prop_map(|(tail, counts)| Step::Grow(tail, counts)),
    ]
}

/// The naive twin.
struct Twin {
    bytes: Vec<u8>,
    undo: Vec<Vec<u8>>,
    redo: Vec<Vec<u8>>,
}

/// Where line breaks start, by a plain scan.
pub fn breaks(line_break: LineBreak, bytes: &[u8]) -> Vec<usize> {
    let unit: &[u8] = match line_break {
        LineBreak::Lf => b"\n",
        LineBreak::Cr => b"\r",
        LineBreak::Utf16Le => b"\n\0",
        LineBreak::Utf16Be => b"\0\n",
    };
    (0..bytes.len()).step_by(unit.len()).filter(|at| bytes[*at..].starts_with(unit)).collect()
}

/// Every line query at every position against naive counting: exact where it says so, and never wrong.
pub fn check_lines(snapshot: &Snapshot, bytes: &[u8], is_counted: bool) {
    let breaks = breaks(snapshot.line_break(), bytes);
    let width = snapshot.line_break().width() as usize;
    for at in 0..=bytes.len() {
        let naive = breaks.partition_point(|start| start + width <= at);
        match snapshot.line_at(at as u64) {
            Count::Exact(line) => assert_eq!(line, naive as u64, "the line at {at}"),
            Count::About(_) => assert!(!is_counted, "the line at {at} is known"),
        }
        let before = naive.checked_sub(1).map(|last| breaks[last]);
        let after = breaks.iter().copied().find(|start| *start >= at);
        let answer = |found: Option<usize>| found.map_or(Newline::None, |at| Newline::At(at as u64));
        assert_eq!(snapshot.newline_before(at as u64, 1 << 20), answer(before), "before {at}");
        assert_eq!(snapshot.newline_after(at as u64, 1 << 20), answer(after), "after {at}");
    }
    let starts: Vec<usize> = std::iter::once(0).chain(breaks.iter().map(|start| start + width)).collect();
    for line in 0..starts.len() + 2 {
        match snapshot.line_start(line as u64) {
            LineStart::At(at) => assert_eq!(at, starts[line] as u64, "line {line}"),
            LineStart::Beyond(lines) => {
                assert_eq!(lines, starts.len() as u64);
                assert!(line >= starts.len());
            }
            LineStart::Uncounted { guess } => {
                assert!(!is_counted && guess <= bytes.len() as u64, "line {line} is known");
            }
            LineStart::Pending(_) => panic!("all is in memory"),
        }
    }
}

fn check_changes(snapshot: &Snapshot, bytes: &[u8], original: &[u8]) {
    let changes = snapshot.changes(0..u64::MAX, usize::MAX);
    // What lies between changes stands in the original, in order.
    let mut at = 0;
    let mut old = 0;
    for change in &changes {
        assert!(at as u64 <= change.range.start, "sorted and disjoint: {changes:?}");
        let same = change.range.start as usize - at;
        if let Some(was) = &change.was {
            let from = was.start as usize - same;
            assert_eq!(bytes[at..at + same], original[from..from + same]);
            assert!(from >= old, "in order");
            old = was.end as usize;
        }
        at = change.range.end as usize;
    }
    let rest = &bytes[at..];
    assert!(original.ends_with(rest), "{changes:?}");
    // Forth and back change by change.
    let mut walked = Vec::new();
    let mut next = changes.first().filter(|first| first.range.start == 0).cloned();
    if next.is_none() {
        next = changes::next_change(snapshot, 0);
    }
    while let Some(change) = next {
        next = changes::next_change(snapshot, change.range.start);
        walked.push(change);
    }
    let mut distinct = changes.clone();
    distinct.dedup_by_key(|change| change.range.start);
    walked.dedup_by_key(|change| change.range.start);
    assert_eq!(walked, distinct);
    let mut walked = Vec::new();
    let mut previous = changes::previous_change(snapshot, u64::MAX);
    while let Some(change) = previous {
        previous = changes::previous_change(snapshot, change.range.start);
        walked.push(change.range.start);
    }
    walked.reverse();
    walked.dedup();
    let starts: Vec<u64> = distinct.iter().map(|change| change.range.start).collect();
    assert_eq!(walked, starts);
    // Part by part, the same changes.
    for at in (0..bytes.len()).step_by(7) {
        let range = at as u64..at as u64 + 3;
        let touching = |change: &&Change| change.range.start <= range.end && range.start <= change.range.end;
        let expected: Vec<_> = changes.iter().filter(touching).cloned().collect();
        assert_eq!(snapshot.changes(range.clone(), usize::MAX), expected, "{range:?}");
    }
}

fn check(document: &Document, twin: &Twin) {
    let snapshot = document.snapshot();
    assert_eq!(document.len(), twin.bytes.len() as u64);
    assert_eq!(snapshot.read(0..u64::MAX).unwrap(), twin.bytes);
    document.assert_invariants();
}

fn run(mut original: Vec<u8>, chunk: u64, line_break: LineBreak, steps: Vec<Step>) {
    let base = Plain::new(original.clone());
    let mut document =
        Document::open_with(base, LineIndex::with_chunk(original.len() as u64, chunk, LineBreak::Lf));
    document.set_line_break(line_break);
    let other_bytes = b"other\ndocument\n\nwith lines".to_vec();
    let mut other = Document::open(Plain::new(other_bytes.clone()));
    other
        .edit(
            vec![Replacement { range: 3..5, content: Content::Text("x\ny".into()) }],
            StepKind::Typing,
            &[],
            Duration::ZERO,
        )
        .unwrap();
    let other_bytes = other.snapshot().read(0..u64::MAX).unwrap();
    let mut twin = Twin { bytes: original.clone(), undo: Vec::new(), redo: Vec::new() };
    let mut snapshots: Vec<(Snapshot, Vec<u8>)> = vec![(document.snapshot(), original.clone())];
    let mut saved = original.clone();
    // What is left when all is undone, and the newest base.
    let mut undone = original.clone();
    let mut base = original.clone();
    let mut is_saved = false;
    let mut now = Duration::ZERO;
    for step in steps {
        let was = twin.bytes.clone();
        let mut applied = None;
        match step {
            Step::Edit(places) => {
                let mut replacements = Vec::new();
                let mut fresh = Vec::new();
                let mut end = 0;
                let gap = twin.bytes.len() / places.len();
                for (at, len, kind) in places {
                    let start = (end + at as usize % (gap + 1)).min(twin.bytes.len());
                    let stop = (start + len as usize).min(twin.bytes.len());
                    fresh.extend_from_slice(&twin.bytes[end..start]);
                    let clip = |at: usize, len: usize, of: usize| at.min(of)..(at + len).min(of);
                    let content = match kind {
                        Kind::Text(text) => {
                            fresh.extend_from_slice(text.as_bytes());
                            Content::Text(text)
                        }
                        Kind::Bytes(bytes) => {
                            fresh.extend_from_slice(&bytes);
                            Content::Bytes(bytes)
                        }
                        Kind::Slice(at, len) => {
                            let (snapshot, bytes) = &snapshots[at as usize % snapshots.len()];
                            let range = clip(at as usize % 60, len as usize, bytes.len());
                            fresh.extend_from_slice(&bytes[range.clone()]);
                            let slice = snapshot.slice(range.start as u64..range.end as u64);
                            assert_eq!(slice.read().unwrap(), bytes[range]);
                            Content::Slice(slice)
                        }
                        Kind::Foreign(at, len) => {
                            let range = clip(at as usize % 30, len as usize, other_bytes.len());
                            fresh.extend_from_slice(&other_bytes[range.clone()]);
                            let snapshot = other.snapshot();
                            Content::Slice(snapshot.slice(range.start as u64..range.end as u64))
                        }
                    };
                    replacements.push(Replacement { range: start as u64..stop as u64, content });
                    end = stop;
                }
                fresh.extend_from_slice(&twin.bytes[end..]);
                let nothing = replacements.iter().all(|r| r.range.is_empty() && r.content.is_empty());
                let done = document.edit(replacements, StepKind::Whole("Edit"), &[], now).unwrap();
                if !nothing {
                    twin.undo.push(std::mem::replace(&mut twin.bytes, fresh));
                    twin.redo.clear();
                    applied = Some(done);
                }
            }
            Step::Bulk(places, content, is_uniform) => {
                let mut builder = match is_uniform {
                    true => BulkBuilder::uniform(content.clone()),
                    false => BulkBuilder::various(),
                };
                let mut fresh = Vec::new();
                let mut end = 0;
                let gap = twin.bytes.len() / places.len();
                for (number, (at, len)) in places.into_iter().enumerate() {
                    let start = (end + at as usize % (gap + 1)).min(twin.bytes.len());
                    let stop = (start + len as usize).min(twin.bytes.len());
                    fresh.extend_from_slice(&twin.bytes[end..start]);
                    let range = start as u64..stop as u64;
                    match is_uniform {
                        true => {
                            builder.push(range).unwrap();
                            fresh.extend_from_slice(&content);
                        }
                        false => {
                            let content = content.repeat(number % 3);
                            builder.push_with(range, &content).unwrap();
                            fresh.extend_from_slice(&content);
                        }
                    }
                    end = stop;
                }
                fresh.extend_from_slice(&twin.bytes[end..]);
                let nothing = builder.is_empty();
                assert_eq!(builder.growth(), fresh.len() as i128 - twin.bytes.len() as i128);
                let edit = builder.finish(&document.snapshot(), &Cancel::new(), &Progress::default());
                let done = document.edit_bulk(&edit.unwrap(), "Replace all", &[]).unwrap();
                if !nothing {
                    twin.undo.push(std::mem::replace(&mut twin.bytes, fresh));
                    twin.redo.clear();
                    applied = Some(done);
                }
            }
            Step::Type(at, text) => {
                // Letter by letter: one step of the document, since it is one word without a pause.
                let word: String = text.chars().filter(|c| c.is_alphabetic()).collect();
                if word.is_empty() {
                    continue;
                }
                document.end_step();
                let mut at = at as usize % (twin.bytes.len() + 1);
                twin.undo.push(twin.bytes.clone());
                twin.redo.clear();
                for letter in word.chars() {
                    let letter = letter.to_string();
                    twin.bytes.splice(at..at, letter.bytes());
                    let replacement =
                        Replacement { range: at as u64..at as u64, content: Content::Text(letter.clone()) };
                    document.edit(vec![replacement], StepKind::Typing, &[], now).unwrap();
                    at += letter.len();
                }
            }
            Step::Undo(times) => {
                for _ in 0..times {
                    applied = document.undo();
                    assert_eq!(applied.is_some(), !twin.undo.is_empty());
                    if let Some(before) = twin.undo.pop() {
                        twin.redo.push(std::mem::replace(&mut twin.bytes, before));
                    }
                }
                if times > 1 {
                    applied = None;
                }
            }
            Step::Redo(times) => {
                for _ in 0..times {
                    applied = document.redo();
                    assert_eq!(applied.is_some(), !twin.redo.is_empty());
                    if let Some(after) = twin.redo.pop() {
                        twin.undo.push(std::mem::replace(&mut twin.bytes, after));
                    }
                }
                if times > 1 {
                    applied = None;
                }
            }
            Step::Pause => document.end_step(),
            Step::Snapshot => snapshots.push((document.snapshot(), twin.bytes.clone())),
            Step::Save(which, counted) => {
                let (snapshot, bytes) = &snapshots[which as usize % snapshots.len()];
                let len = bytes.len() as u64;
                let index = if counted {
                    let mut builder = LineIndexBuilder::of(LineIndex::with_chunk(len, chunk, line_break));
                    builder.data(bytes);
                    builder.finish()
                } else {
                    LineIndex::with_chunk(len, chunk, line_break)
                };
                document.rest_on(snapshot, Plain::new(bytes.clone()), Some(index));
                saved = bytes.clone();
                base = bytes.clone();
                is_saved = true;
                check_changes(&document.snapshot(), &twin.bytes, &original);
            }
            Step::Count(many) => {
                let counting = document.counting();
                counting.look_at(u64::from(many));
                if many % 2 == 0 {
                    counting.run(&Cancel::new(), &Progress::default());
                    assert!(counting.is_done());
                }
            }
            Step::Settle(pieces) => {
                document.settle(usize::from(pieces));
            }
            Step::LineBreak(line_break) => document.set_line_break(line_break),
            Step::Revert(which, saved) => {
                let (since, old) = match saved {
                    true => (Since::Saved, &base),
                    false => (Since::Opened, &original),
                };
                if let Some((reverted, done)) = check_reverting(&mut document, since, which, old, &twin.bytes)
                {
                    twin.undo.push(std::mem::replace(&mut twin.bytes, reverted));
                    twin.redo.clear();
                    applied = Some(done);
                }
            }
            Step::Grow(tail, counts) => {
                let before = document.counting();
                let was_modified = document.is_modified();
                base.extend_from_slice(&tail);
                document.grow(Plain::new(base.clone()));
                if counts {
                    before.run(&Cancel::new(), &Progress::default());
                }
                assert_eq!(document.is_modified(), was_modified);
                let states = twin.undo.iter_mut().chain(&mut twin.redo);
                for state in states.chain([&mut twin.bytes, &mut saved, &mut undone]) {
                    state.extend_from_slice(&tail);
                }
                if !is_saved {
                    original.extend_from_slice(&tail);
                }
            }
        }
        now += Duration::from_millis(10);
        check(&document, &twin);
        check_lines(&document.snapshot(), &twin.bytes, false);
        check_differences(&document.snapshot(), Since::Saved, &base, &twin.bytes);
        check_differences(&document.snapshot(), Since::Opened, &original, &twin.bytes);
        if let Some(applied) = applied {
            check_applied(&applied, &was, &twin.bytes);
        }
        if !document.is_modified() {
            assert_eq!(twin.bytes, saved);
        }
    }
    let snapshot = document.snapshot();
    check_lines(&snapshot, &twin.bytes, false);
    for (snapshot, bytes) in &snapshots {
        assert_eq!(&snapshot.read(0..u64::MAX).unwrap(), bytes, "old snapshots never change");
        let edits = snapshot.edits_since();
        let grown: i64 = edits
            .ranges()
            .map(|(old, new)| (new.end - new.start) as i64 - (old.end - old.start) as i64)
            .sum();
        assert_eq!(bytes.len() as i64 + grown, twin.bytes.len() as i64);
    }
    check_changes(&snapshot, &twin.bytes, &original);
    let counting = document.counting();
    // Undo may have brought back pieces of older generations that nobody has counted.
    counting.run(&Cancel::new(), &Progress::default());
    while document.settle(1000) {}
    document.assert_invariants();
    check_lines(&document.snapshot(), &twin.bytes, true);
    // All the way back and forth.
    while let Some(before) = twin.undo.pop() {
        twin.redo.push(std::mem::replace(&mut twin.bytes, before));
        document.undo().unwrap();
        check(&document, &twin);
    }
    assert!(document.undo().is_none());
    assert_eq!(twin.bytes, undone);
    while let Some(after) = twin.redo.pop() {
        twin.bytes = after;
        document.redo().unwrap();
        check(&document, &twin);
    }
    check_changes(&document.snapshot(), &twin.bytes, &original);
}

/// What lies outside of the ranges is the same before and after.
fn check_applied(applied: &Applied, before: &[u8], after: &[u8]) {
    let (mut old_end, mut new_end) = (0, 0);
    for (old, new) in applied.edits.ranges() {
        assert_eq!(before[old_end..old.start as usize], after[new_end..new.start as usize]);
        (old_end, new_end) = (old.end as usize, new.end as usize);
    }
    assert_eq!(before[old_end..], after[new_end..]);
    if !applied.edits.is_bulk() {
        assert_eq!(applied.carets.len(), applied.edits.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_document_does_what_its_twin_does(
        original in prop::collection::vec(prop_oneof![Just(b'\n'), b'a'..=b'z', Just(0)], 0..150),
        chunk in prop_oneof![Just(4u64), Just(16)],
        line_break in line_break(),
        steps in prop::collection::vec(step(), 1..25),
    ) {
        run(original, chunk, line_break, steps);
    }
}

#[test]
fn text_is_cut_within_a_character_by_bytes() {
    let mut document = Document::new();
    let edit = |document: &mut Document, range, content| {
        let replacement = Replacement { range, content };
        document.edit(vec![replacement], StepKind::Whole("Edit"), &[], Duration::ZERO).unwrap();
    };
    edit(&mut document, 0..0, Content::Text("é\né".into()));
    edit(&mut document, 1..1, Content::Bytes(vec![0xff]));
    let snapshot = document.snapshot();
    assert_eq!(snapshot.read(0..9).unwrap(), b"\xc3\xff\xa9\n\xc3\xa9");
    assert_eq!(snapshot.line_at(4), Count::Exact(1));
    assert_eq!(snapshot.line_start(1), LineStart::At(4));
    document.assert_invariants();
}

#[test]
fn slices_outlive_the_document_they_come_from() {
    let edit = |document: &mut Document, range, content| {
        let replacement = Replacement { range, content };
        let kind = StepKind::Whole("Paste");
        document.edit(vec![replacement], kind, &[], Duration::ZERO).unwrap();
    };
    let mut one = Document::open(Plain::new(*b"from one"));
    edit(&mut one, 4..4, Content::Text(" text".into()));
    edit(&mut one, 0..0, Content::Bytes(b"raw ".into()));
    let early = one.snapshot().slice(2..16);
    edit(&mut one, 0..0, Content::Text("more ".into()));
    edit(&mut one, 0..0, Content::Bytes(b"and ".into()));
    let late = one.snapshot().slice(0..12);
    drop(one);
    let mut two = Document::open(Plain::new(*b"two"));
    edit(&mut two, 1..2, Content::Slice(early.clone()));
    edit(&mut two, 0..0, Content::Slice(late));
    edit(&mut two, 0..0, Content::Slice(early));
    assert_eq!(two.snapshot().read(0..99).unwrap(), b"w from text onand more rawtw from text ono");
    two.assert_invariants();
}
