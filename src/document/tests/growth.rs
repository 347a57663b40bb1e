//! A base that gets longer; the model test checks more of it.

use std::time::Duration;

use super::lines::check_counted;
use super::source::Plain;
use crate::document::line_index::LineIndex;
use crate::document::*;
use crate::source::{Cancel, Progress};

fn edit(document: &mut Document, range: std::ops::Range<u64>, text: &str, kind: StepKind) {
    let replacement = Replacement { range, content: Content::Text(text.into()) };
    document.edit(vec![replacement], kind, &[], Duration::ZERO).unwrap();
}

fn contents(document: &Document) -> String {
    document.assert_invariants();
    String::from_utf8(document.snapshot().read(0..u64::MAX).unwrap()).unwrap()
}

const WHOLE: StepKind = StepKind::Whole("Edit");

#[test]
fn what_was_deleted_comes_back_before_what_is_new() {
    let mut document = Document::open(Plain::new(*b"abc"));
    edit(&mut document, 0..3, "", WHOLE);
    document.grow(Plain::new(*b"abcdef"));
    assert_eq!(contents(&document), "def");
    document.undo().unwrap();
    assert_eq!(contents(&document), "abcdef");
    assert!(!document.is_modified());
    assert_eq!(document.snapshot().changes(0..9, 9), []);
    document.redo().unwrap();
    assert_eq!(contents(&document), "def");
    document.grow(Plain::new(*b"abcdefg"));
    document.undo().unwrap();
    assert_eq!(contents(&document), "abcdefg");
}

#[test]
fn a_document_over_nothing_grows_too() {
    for mut document in [Document::new(), Document::open(Plain::new(*b""))] {
        document.grow(Plain::new(*b""));
        assert_eq!(document.snapshot().revision(), 0);
        edit(&mut document, 0..0, "x", WHOLE);
        document.grow(Plain::new(*b"a"));
        document.grow(Plain::new(*b"a\nb"));
        assert_eq!(contents(&document), "xa\nb");
        assert_eq!(document.snapshot().newlines(), Count::Exact(1));
        document.undo().unwrap();
        assert_eq!(contents(&document), "a\nb");
        assert!(!document.is_modified());
        assert_eq!(document.snapshot().changes(0..9, 9), []);
        assert_eq!(document.snapshot().spans(0..9).map(|span| span.base).collect::<Vec<_>>(), [Some(0)]);
    }
}

#[test]
fn a_word_that_is_typed_while_the_log_grows_is_one_step() {
    let mut document = Document::open(Plain::new(*b"log\n"));
    edit(&mut document, 4..4, "w", StepKind::Typing);
    document.grow(Plain::new(*b"log\nmore\n"));
    edit(&mut document, 5..5, "d", StepKind::Typing);
    assert_eq!(contents(&document), "log\nwdmore\n");
    document.undo().unwrap();
    assert_eq!(contents(&document), "log\nmore\n");
    assert!(document.undo().is_none());
    // What came in is deleted by the same step as what was there.
    edit(&mut document, 8..9, "", StepKind::DeleteForward);
    document.grow(Plain::new(*b"log\nmore\n!"));
    edit(&mut document, 8..9, "", StepKind::DeleteForward);
    assert_eq!(contents(&document), "log\nmore");
    document.undo().unwrap();
    assert_eq!(contents(&document), "log\nmore\n!");
}

#[test]
fn a_bulk_step_from_before_is_undone_and_redone_by_its_root() {
    let mut document = Document::open(Plain::new(*b"a.b.c.d.e.f."));
    let replacements =
        (0..6).map(|at| Replacement { range: at * 2..at * 2 + 1, content: Content::Text("xy".into()) });
    document.edit(replacements.collect(), WHOLE, &[], Duration::ZERO).unwrap();
    document.grow(Plain::new(*b"a.b.c.d.e.f.g.h"));
    edit(&mut document, 18..21, "z", WHOLE);
    assert_eq!(contents(&document), "xy.xy.xy.xy.xy.xy.z");
    document.undo().unwrap();
    document.undo().unwrap();
    assert_eq!(contents(&document), "a.b.c.d.e.f.g.h");
    document.grow(Plain::new(*b"a.b.c.d.e.f.g.h.i"));
    document.redo().unwrap();
    assert_eq!(contents(&document), "xy.xy.xy.xy.xy.xy.g.h.i");
    document.redo().unwrap();
    assert_eq!(contents(&document), "xy.xy.xy.xy.xy.xy.z.i");
}

#[test]
fn what_came_in_while_saving_is_not_on_disk() {
    let mut document = Document::open(Plain::new(*b"abc"));
    edit(&mut document, 3..3, "!", WHOLE);
    let saving = document.snapshot();
    document.grow(Plain::new(*b"abcdef"));
    document.rest_on(&saving, Plain::new(*b"abc!"), None);
    assert_eq!(contents(&document), "abc!def");
    assert!(document.is_modified());
    document.undo().unwrap();
    assert_eq!(contents(&document), "abcdef");
    assert!(document.is_modified());
    document.redo().unwrap();
    let saving = document.snapshot();
    document.rest_on(&saving, Plain::new(*b"abc!def"), None);
    document.grow(Plain::new(*b"abc!def."));
    assert!(!document.is_modified());
    assert_eq!(contents(&document), "abc!def.");
}

#[test]
fn what_is_pasted_from_a_growing_document_is_one_store() {
    let mut log = Document::open(Plain::new(*b"ab"));
    let mut other = Document::new();
    for bytes in [&b"ab"[..], b"abcd", b"abcdef"] {
        log.grow(Plain::new(bytes));
        let slice = log.snapshot().slice(0..u64::MAX);
        let replacement = Replacement { range: 0..0, content: Content::Slice(slice) };
        other.edit(vec![replacement], WHOLE, &[], Duration::ZERO).unwrap();
    }
    assert_eq!(contents(&other), "abcdefabcdab");
    assert_eq!(other.snapshot().stores.bases().count(), 1);
}

/// Several threads count the old index while the base grows under them, as that of a followed log does.
#[test]
fn counts_under_way_end_well_and_are_kept() {
    let bytes: Vec<u8> = (0..300_000u32).map(|at| if at % 37 == 0 { b'\n' } else { b'x' }).collect();
    let at = |part: usize| &bytes[..bytes.len() * part / 20];
    let mut document = Document::open_with(
        Plain::new(at(10)),
        LineIndex::with_chunk(at(10).len() as u64, 64, LineBreak::Lf),
    );
    let progress = Progress::default();
    std::thread::scope(|scope| {
        for part in 11..=20 {
            let counting = document.counting();
            scope.spawn({
                let progress = progress.clone();
                move || counting.run(&Cancel::new(), &progress)
            });
            document.grow(Plain::new(at(part)));
        }
    });
    document.counting().run(&Cancel::new(), &progress);
    assert!(document.counting().is_done());
    // Each thread may have counted one chunk that was not whole yet.
    assert!(progress.done() < bytes.len() as u64 + 11 * 64);
    document.settle(9);
    check_counted(&document.snapshot(), &bytes);
}
