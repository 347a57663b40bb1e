//! What differs from the file as it was opened; the model test checks more of it.

use std::time::Duration;

use super::source::Plain;
use crate::document::*;

fn replace(document: &mut Document, range: std::ops::Range<u64>, text: &str) {
    let replacement = Replacement { range, content: Content::Text(text.into()) };
    document.edit(vec![replacement], StepKind::Whole("Edit"), &[], Duration::ZERO).unwrap();
}

/// The first change that begins after `offset`, and the last that begins before it.
pub fn next_change(snapshot: &Snapshot, offset: u64) -> Option<Change> {
    snapshot.next_change(offset, &|_| true, |change| change.range.start > offset)
}

pub fn previous_change(snapshot: &Snapshot, offset: u64) -> Option<Change> {
    snapshot.previous_change(offset, &|_| true)
}

fn save(document: &mut Document) {
    let snapshot = document.snapshot();
    let bytes = snapshot.read(0..u64::MAX).unwrap();
    document.rest_on(&snapshot, Plain::new(bytes), None);
}

type Row = (std::ops::Range<u64>, Option<std::ops::Range<u64>>, bool);

fn rows(document: &Document) -> Vec<Row> {
    let changes = document.snapshot().changes(0..u64::MAX, usize::MAX);
    changes.into_iter().map(|change| (change.range, change.was, change.saved)).collect()
}

#[test]
fn insertions_deletions_and_overwritten_bytes() {
    let mut document = Document::open(Plain::new(*b"0123456789"));
    assert_eq!(rows(&document), []);
    replace(&mut document, 8..10, "");
    replace(&mut document, 5..7, "xy");
    replace(&mut document, 2..2, "ab");
    replace(&mut document, 0..1, "");
    // 12ab34xy7
    let expected = [
        (0..0, Some(0..1), false),
        (1..3, Some(2..2), false),
        (6..8, Some(5..7), false),
        (9..9, Some(8..10), false),
    ];
    assert_eq!(rows(&document), expected);
    let snapshot = document.snapshot();
    assert_eq!(snapshot.try_read_original(5..7).bytes, b"56");
    assert_eq!(snapshot.changes(2..7, 9).len(), 2);
    assert_eq!(snapshot.changes(0..9, 3).len(), 3);
    assert_eq!(next_change(&snapshot, 1).unwrap().range, 6..8);
    assert_eq!(previous_change(&snapshot, 1).unwrap().range, 0..0);
    assert_eq!(previous_change(&snapshot, 0), None);
    while document.undo().is_some() {}
    assert_eq!(rows(&document), []);
}

#[test]
fn what_was_saved_is_told_from_what_was_not() {
    let mut document = Document::open(Plain::new(*b"0123456789"));
    replace(&mut document, 2..4, "xy");
    replace(&mut document, 6..7, "");
    save(&mut document);
    assert_eq!(rows(&document), [(2..4, Some(2..4), true), (6..6, Some(6..7), true)]);
    replace(&mut document, 4..5, "z");
    // Overwritten next to overwritten: each has its own original.
    let expected = [(2..4, Some(2..4), true), (4..5, Some(4..5), false), (6..6, Some(6..7), true)];
    assert_eq!(rows(&document), expected);
    save(&mut document);
    save(&mut document);
    assert_eq!(rows(&document), [(2..5, Some(2..5), true), (6..6, Some(6..7), true)]);
    // Back to how the file was opened, which is not what is on disk: that is yet to be saved.
    while document.undo().is_some() {}
    assert_eq!(rows(&document), [(2..5, Some(2..5), false), (6..7, Some(6..7), false)]);
    assert!(document.is_modified());
    save(&mut document);
    assert_eq!(rows(&document), []);
}

#[test]
fn pasted_bytes_are_a_change_wherever_they_come_from() {
    let mut document = Document::open(Plain::new(*b"0123456789"));
    let slice = document.snapshot().slice(6..8);
    let replacement = Replacement { range: 2..2, content: Content::Slice(slice) };
    document.edit(vec![replacement], StepKind::Whole("Paste"), &[], Duration::ZERO).unwrap();
    assert_eq!(rows(&document), [(2..4, Some(2..2), false)]);
    save(&mut document);
    assert_eq!(rows(&document), [(2..4, Some(2..2), true)]);
}

#[test]
fn bytes_pasted_behind_their_like_are_a_change_too() {
    let mut document = Document::open(Plain::new(*b"0123456789"));
    let slice = document.snapshot().slice(2..4);
    let replacement = Replacement { range: 2..2, content: Content::Slice(slice) };
    document.edit(vec![replacement], StepKind::Whole("Paste"), &[], Duration::ZERO).unwrap();
    assert_eq!(rows(&document), [(2..4, Some(2..2), false)]);
}

#[test]
fn all_of_a_new_document_is_a_change() {
    let mut document = Document::new();
    assert_eq!(rows(&document), []);
    replace(&mut document, 0..0, "text");
    assert_eq!(rows(&document), [(0..4, Some(0..0), false)]);
    save(&mut document);
    assert_eq!(rows(&document), [(0..4, Some(0..0), true)]);
    replace(&mut document, 0..4, "");
    assert_eq!(rows(&document), [(0..0, Some(0..0), false)], "what was saved is gone");
    assert_eq!(document.snapshot().try_read_original(0..9), Window::default());
}

#[test]
fn spans_tell_what_comes_from_the_newest_generation() {
    let mut document = Document::open(Plain::new(*b"0123456789"));
    replace(&mut document, 2..4, "x");
    let spans = |document: &Document| -> Vec<_> {
        document.snapshot().spans(0..99).map(|span| (span.range, span.base)).collect()
    };
    assert_eq!(spans(&document), [(0..2, Some(0)), (2..3, None), (3..9, Some(4))]);
    save(&mut document);
    assert_eq!(spans(&document), [(0..9, Some(0))]);
    document.undo().unwrap();
    assert_eq!(spans(&document), [(0..2, Some(0)), (2..4, None), (4..10, Some(3))]);
}

#[test]
fn an_insertion_that_was_saved_and_undone_is_yet_to_be_saved() {
    let mut document = Document::open(Plain::new(*b"0123456789"));
    replace(&mut document, 4..4, "new");
    save(&mut document);
    document.undo();
    assert_eq!(rows(&document), [(4..4, Some(4..4), false)]);
    assert_eq!(next_change(&document.snapshot(), 0).unwrap().range, 4..4);
    document.redo();
    assert_eq!(rows(&document), [(4..7, Some(4..4), true)]);
}
