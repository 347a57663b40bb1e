//! Work is counted, not timed: what an edit costs must not grow with the file.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::source::Uniform;
use crate::document::breaks::Breaks;
use crate::document::line_index::LineIndex;
use crate::document::*;
use crate::source::{Cancel, Progress, Synthetic};

const GIB: u64 = 1 << 30;

fn edit(document: &mut Document, range: std::ops::Range<u64>, content: Content) {
    let replacement = Replacement { range, content };
    document.edit(vec![replacement], StepKind::Typing, &[], Duration::ZERO).unwrap();
}

fn text(text: &str) -> Content {
    Content::Text(text.into())
}

#[test]
fn a_keystroke_in_100_gib_costs_what_it_costs_in_1_kib() {
    // Reported of editors that rebuild or rescan on each keystroke, e.g. fresh PR #3223.
    let mut copied = Vec::new();
    for len in [1 << 10, 100 * GIB] {
        let source = Uniform::new(len, b'x');
        let mut document = Document::open(source.clone());
        edit(&mut document, 0..0, text("a"));
        for at in 0..200 {
            edit(&mut document, at * 3..at * 3, text("b"));
        }
        let before = document.snapshot();
        edit(&mut document, 300..300, text("c"));
        copied.push(document.snapshot().pieces.nodes_not_in(&before.pieces));
        assert_eq!(source.bytes_read.load(Ordering::Relaxed), 0, "a keystroke reads nothing");
    }
    assert_eq!(copied[0], copied[1]);
    assert!(copied[0] <= 16, "{copied:?}");
}

#[test]
fn typing_on_extends_one_piece() {
    let mut document = Document::open(Uniform::new(GIB, b'x'));
    for at in 0..500 {
        let at = GIB / 2 + at * 3;
        edit(&mut document, at..at, text("ab\n"));
    }
    let replacement = |at| Replacement { range: at..at, content: Content::Bytes(vec![1]) };
    for at in 0..500 {
        document.edit(vec![replacement(at)], StepKind::Typing, &[], Duration::ZERO).unwrap();
    }
    assert_eq!(document.snapshot().pieces.summary().pieces, 4);
    let mut document = Document::open(Uniform::new(GIB, b'x'));
    for at in 0..500 {
        edit(&mut document, 7 + at..7 + at, text("b"));
        let _held = document.snapshot();
    }
    assert_eq!(document.snapshot().pieces.summary().pieces, 3);
}

#[test]
fn deleting_50_gb_and_undoing_it_copies_and_reads_nothing() {
    let source = Uniform::new(100 * GIB, b'x');
    let mut document = Document::open(source.clone());
    for at in 0..300 {
        edit(&mut document, at * GIB / 4..at * GIB / 4, text("y"));
    }
    let before = document.snapshot();
    edit(&mut document, GIB..51 * GIB, text(""));
    assert_eq!(document.len(), 50 * GIB + 300);
    assert!(document.snapshot().pieces.nodes_not_in(&before.pieces) <= 24);
    document.undo().unwrap();
    assert_eq!(document.len(), 100 * GIB + 300);
    assert!(document.snapshot().pieces.nodes_not_in(&before.pieces) <= 48);
    // Cut and pasted to the end, by reference too.
    let slice = document.snapshot().slice(GIB..51 * GIB);
    edit(&mut document, GIB..51 * GIB, text(""));
    let end = document.len();
    edit(&mut document, end..end, Content::Slice(slice));
    assert_eq!(document.len(), 100 * GIB + 300);
    assert_eq!(source.bytes_read.load(Ordering::Relaxed), 0);
    document.assert_invariants();
}

#[test]
fn a_line_of_1_gib_is_left_in_a_few_reads() {
    // Editors hang on long lines: zed community#1249, fresh #1806, kate's read-only lines.
    let source = Uniform::new(GIB, b'x');
    let index = LineIndex::new(GIB, LineBreak::Lf);
    while let Some(taken) = index.take() {
        for chunk in taken.start / index.chunk()..taken.end / index.chunk() {
            index.publish(index.range_of(chunk), Breaks::default());
        }
    }
    let mut document = Document::open_with(source.clone(), index);
    assert_eq!(document.snapshot().newline_before(GIB, 1 << 16), Newline::None);
    assert_eq!(document.snapshot().newline_after(0, 1 << 16), Newline::None);
    edit(&mut document, GIB / 2..GIB / 2, text("in the midst"));
    let snapshot = document.snapshot();
    assert_eq!(snapshot.newline_before(GIB, 1 << 16), Newline::None);
    assert_eq!(snapshot.newline_after(0, 1 << 16), Newline::None);
    assert_eq!(snapshot.newlines(), Count::Exact(0));
    assert!(source.bytes_read.load(Ordering::Relaxed) <= 4 * 65536);
}

#[test]
fn a_line_that_is_not_counted_yet_is_searched_within_the_budget() {
    let source = Uniform::new(100 * GIB, b'x');
    let document = Document::open(source.clone());
    let snapshot = document.snapshot();
    assert_eq!(snapshot.newline_before(50 * GIB, 1 << 20), Newline::Far(50 * GIB - (1 << 20)));
    assert_eq!(snapshot.newline_after(50 * GIB, 1 << 20), Newline::Far(50 * GIB + (1 << 20)));
    assert_eq!(source.bytes_read.load(Ordering::Relaxed), 2 << 20);
    assert!(matches!(snapshot.line_at(50 * GIB), Count::About(_)));
    assert!(matches!(snapshot.line_start(1000), LineStart::Uncounted { .. }));
    assert!(source.bytes_read.load(Ordering::Relaxed) <= (2 << 20) + 4 * 65536);
}

#[test]
fn a_near_newline_costs_a_small_read() {
    let source = Uniform::new(GIB, b'\n');
    let snapshot = Document::open(source.clone()).snapshot();
    assert_eq!(snapshot.newline_before(GIB / 2, 1 << 20), Newline::At(GIB / 2 - 1));
    assert_eq!(snapshot.newline_after(GIB / 2, 1 << 20), Newline::At(GIB / 2));
    assert_eq!(source.bytes_read.load(Ordering::Relaxed), 2 * 4096);
}

#[test]
fn a_line_query_reads_at_most_a_chunk_once_it_is_settled() {
    let source = Uniform::new(GIB, b'\n');
    let index = LineIndex::new(GIB, LineBreak::Lf);
    while let Some(taken) = index.take() {
        for chunk in taken.start / index.chunk()..taken.end / index.chunk() {
            index.publish(index.range_of(chunk), Breaks::both(65536));
        }
    }
    let mut document = Document::open_with(source.clone(), index);
    edit(&mut document, GIB / 2 + 12_345..GIB / 2 + 23_456, text("x"));
    document.settle(8);
    let settled = document.snapshot();
    assert_eq!(settled.pieces.summary().uncounted(0), 0);
    source.bytes_read.store(0, Ordering::Relaxed);
    assert_eq!(settled.line_at(GIB / 4 + 777), Count::Exact(GIB / 4 + 777));
    assert!(source.bytes_read.load(Ordering::Relaxed) <= 65536 / 2);
    source.bytes_read.store(0, Ordering::Relaxed);
    assert_eq!(settled.line_start(GIB / 4 + 777), LineStart::At(GIB / 4 + 777));
    assert!(source.bytes_read.load(Ordering::Relaxed) <= 65536);
}

/// glogg and others number lines by 32 bits, or by 31; the editor of VS Code by less.
#[test]
fn lines_behind_the_4_294_967_296th_have_their_numbers() {
    const LINE: u64 = 128;
    const LINES: u64 = (1 << 32) + 3;
    let mut document = Document::open(Arc::new(Synthetic::log(LINES * LINE)));
    document.counting().run(&Cancel::new(), &Progress::default());
    while document.settle(1000) {}
    let check = |document: &Document, shift: u64| {
        let snapshot = document.snapshot();
        assert_eq!(snapshot.newlines(), Count::Exact(LINES));
        for line in [(1 << 27) + 1, (1 << 31) - 1, (1 << 31) + 1, (1 << 32) - 1, 1 << 32, (1 << 32) + 1] {
            assert_eq!(snapshot.line_start(line), LineStart::At(line * LINE + shift));
            assert_eq!(snapshot.line_at(line * LINE + shift), Count::Exact(line));
            assert_eq!(snapshot.line_at(line * LINE + shift - 1), Count::Exact(line - 1));
        }
        assert_eq!(snapshot.line_start(LINES + 1), LineStart::Beyond(LINES + 1));
    };
    check(&document, 0);
    edit(&mut document, 5..5, text("x"));
    check(&document, 1);
}

#[test]
fn a_hole_of_1_tib_is_counted_without_being_read() {
    let source = Uniform::new(1 << 40, 0);
    let mut document = Document::open(source.clone());
    let progress = Progress::default();
    document.counting().run(&Cancel::new(), &progress);
    assert_eq!(progress.done(), 1 << 40);
    assert!(document.settle(1));
    assert_eq!(document.snapshot().newlines(), Count::Exact(0));
    assert_eq!(document.snapshot().line_start(1), LineStart::Beyond(1));
    assert_eq!(source.bytes_read.load(Ordering::Relaxed), 0);
}

#[test]
fn ten_thousand_replacements_are_one_step_and_undone_by_one_root() {
    let mut document = Document::open(Uniform::new(GIB, b'x'));
    let before = document.snapshot();
    let replacements = (0..10_000u64)
        .map(|at| Replacement { range: at * 1000..at * 1000 + 3, content: text("four") })
        .collect();
    document.edit(replacements, StepKind::Whole("Replace all"), &[], Duration::ZERO).unwrap();
    assert_eq!(document.len(), GIB + 10_000);
    let after = document.snapshot();
    document.undo().unwrap();
    assert_eq!(document.snapshot().pieces.nodes_not_in(&before.pieces), 0);
    document.redo().unwrap();
    assert_eq!(document.snapshot().pieces.nodes_not_in(&after.pieces), 0);
    assert_eq!(document.snapshot().read(1000..1007).unwrap(), b"xfourxx");
    document.assert_invariants();
}

/// A followed log: what each growth costs must not grow with the log, nor the pieces with the growths.
#[test]
fn a_log_of_100_gib_grows_by_copying_and_counting_nothing_again() {
    let source = Uniform::new(100 * GIB, b'x');
    let mut document = Document::open(source.clone());
    let index = LineIndex::new(100 * GIB, LineBreak::Lf);
    while let Some(taken) = index.take() {
        index.publish(taken, Breaks::default());
    }
    document.rest_on(&document.snapshot(), source.clone(), Some(index));
    edit(&mut document, GIB..GIB, text("typed"));
    let first = document.snapshot();
    let progress = Progress::default();
    let mut len = 100 * GIB;
    let mut before = document.snapshot();
    for _ in 0..100 {
        len += 5 << 20;
        before = document.snapshot();
        document.grow(Uniform::new(len, b'x'));
        document.counting().run(&Cancel::new(), &progress);
        document.settle(8);
    }
    assert_eq!(progress.done(), 500 << 20, "what is new is counted, and nothing else");
    assert_eq!(document.snapshot().newlines(), Count::Exact(0));
    let now = document.snapshot();
    assert_eq!(now.pieces.summary().pieces, 3);
    assert!(now.pieces.nodes_not_in(&before.pieces) <= 4);
    assert_eq!(source.bytes_read.load(Ordering::Relaxed), 0);
    assert_eq!(document.len(), len + 5);
    assert_eq!(first.len(), 100 * GIB + 5);
    // The first source is kept by generation 0, which it is too, and by no growth.
    drop((first, before));
    assert_eq!(Arc::strong_count(&source), 2, "of generation 0, and here");
}

#[test]
fn another_line_break_touches_no_piece_and_reads_nothing() {
    let source = Uniform::new(GIB, b'x');
    let mut document = Document::open(source.clone());
    let replacements = (0..10_000u64)
        .map(|at| Replacement { range: at * 1000..at * 1000 + 3, content: text("four") })
        .collect();
    document.edit(replacements, StepKind::Whole("Replace all"), &[], Duration::ZERO).unwrap();
    let before = document.snapshot();
    document.set_line_break(LineBreak::Utf16Be);
    let now = document.snapshot();
    assert_eq!(now.pieces.nodes_not_in(&before.pieces), 0);
    assert_eq!(source.bytes_read.load(Ordering::Relaxed), 0);
    assert!(matches!(now.newlines(), Count::About(_)));
    document.undo().unwrap();
    assert_eq!(document.len(), GIB);
    document.redo().unwrap();
    // A conversion and its undo put whole roots in place.
    document.replace_all(Slice::of(source.clone(), 0..GIB), LineBreak::Cr, "Convert", &[]);
    assert_eq!(document.snapshot().pieces.summary().pieces, 1);
    document.undo().unwrap();
    assert_eq!(document.snapshot().line_break(), LineBreak::Utf16Be);
    assert_eq!(document.snapshot().pieces.nodes_not_in(&before.pieces), 0);
    let seen = document.snapshot();
    document.settle(64);
    assert!(document.snapshot().pieces.nodes_not_in(&seen.pieces) < 64 * 12, "a few at a time");
}

#[test]
fn a_snapshot_goes_to_another_thread() {
    fn is_shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    let document = Document::open(Uniform::new(GIB, b'x'));
    is_shared(&document.snapshot());
    is_shared(&document.snapshot().slice(0..9));
    is_shared(&document.counting());
    let document: Arc<Document> = Arc::new(document);
    drop(document);
}
