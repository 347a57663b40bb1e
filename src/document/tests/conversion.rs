//! Other line breaks, and all contents replaced; the model test checks more of it.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::model::{check_lines, line_break};
use super::source::Plain;
use crate::document::line_index::LineIndex;
use crate::document::*;
use crate::source::testing::Faulty;
use crate::source::{Cancel, Lost, Mapped, Progress, Source, Synthetic};

fn replace(document: &mut Document, range: std::ops::Range<u64>, content: Content) {
    let replacement = Replacement { range, content };
    document.edit(vec![replacement], StepKind::Whole("Edit"), &[], Duration::ZERO).unwrap();
}

fn count(document: &mut Document) -> u64 {
    let progress = Progress::default();
    document.counting().run(&Cancel::new(), &progress);
    while document.settle(100) {}
    progress.done()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_file_is_read_as_utf16_and_as_utf8_again() {
    let bytes = utf16("one\ntwo ਊ\u{0A00}\u{000A}\nthree\n").repeat(3000);
    let mut document = Document::open(Plain::new(bytes.clone()));
    let len = document.len();
    assert_eq!(count(&mut document), len);
    let as_lf = document.snapshot().newlines();
    document.set_line_break(LineBreak::Utf16Le);
    let snapshot = document.snapshot();
    assert_eq!(snapshot.line_break(), LineBreak::Utf16Le);
    assert!(matches!(snapshot.newlines(), Count::About(_)));
    assert_eq!(count(&mut document), len, "all of it is counted again");
    let snapshot = document.snapshot();
    assert_eq!(snapshot.newlines(), Count::Exact(4 * 3000));
    assert_eq!(snapshot.line_start(1), LineStart::At(8));
    assert_eq!(snapshot.newline_after(0, 99), Newline::At(6));
    // What was counted before is still known.
    document.set_line_break(LineBreak::Lf);
    assert_eq!(document.snapshot().newlines(), as_lf);
    document.set_line_break(LineBreak::Utf16Le);
    assert_eq!(document.snapshot().newlines(), Count::Exact(4 * 3000));
    assert_eq!(count(&mut document), 0);
    assert!(!document.is_modified() && document.undo_name().is_none());
}

/// A mapped file with holes, and parts of it that start anywhere: line breaks lie on the borders of chunks and holes.
#[test]
fn pairs_are_counted_on_the_mapped_file() {
    const LEN: usize = 700 << 10;
    let unit = |at: usize| match at % 3 {
        0 => *b"\n\0",
        1 => *b"\0\n",
        _ => *b"a\0",
    };
    let mut bytes: Vec<u8> = (0..LEN / 2).flat_map(unit).collect();
    let hole = 200 << 10..328 << 10;
    // Each border between chunks is crossed by a pair, at odd offsets.
    for border in (64 << 10..LEN).step_by(64 << 10) {
        bytes[border - 1..=border].copy_from_slice(b"\n\0");
    }
    bytes[hole.clone()].fill(0);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, &bytes).unwrap();
    // The same bytes, with a hole where the zeros are.
    let inner = file.reopen().unwrap();
    rustix::fs::fallocate(
        &inner,
        rustix::fs::FallocateFlags::PUNCH_HOLE | rustix::fs::FallocateFlags::KEEP_SIZE,
        hole.start as u64 + 4096,
        hole.len() as u64 - 8192,
    )
    .unwrap();
    for (start, len) in [(0, LEN), (1, LEN - 1), (3, 300_001), (4096, 100_000), (65_535, 131_074)] {
        let mapped = Mapped::window(file.reopen().unwrap(), start as u64, len as u64).unwrap();
        let mapped: Arc<dyn Source> = Arc::new(mapped);
        let bytes = &bytes[start..start + len];
        for (line_break, pair) in [(LineBreak::Utf16Le, b"\n\0"), (LineBreak::Utf16Be, b"\0\n")] {
            let mut document = Document::open(Arc::clone(&mapped));
            document.set_line_break(line_break);
            assert_eq!(count(&mut document), len as u64);
            let newlines = bytes.chunks(2).filter(|unit| unit == pair).count() as u64;
            assert_eq!(document.snapshot().newlines(), Count::Exact(newlines), "{line_break:?} {start}");
            // And at odd offsets, once everything stands one byte further on.
            replace(&mut document, 0..0, Content::Bytes(b"x".to_vec()));
            let odd = bytes[1..].chunks(2).filter(|unit| unit == pair).count() as u64;
            assert_eq!(document.snapshot().newlines(), Count::Exact(odd));
        }
    }
}

#[test]
fn an_odd_insertion_makes_nonsense_of_what_follows_until_it_is_evened_out() {
    let bytes = utf16("a\nb\nc\n\u{0A00}\u{0A00}\n");
    let mut document = Document::open(Plain::new(bytes));
    document.set_line_break(LineBreak::Utf16Le);
    count(&mut document);
    assert_eq!(document.snapshot().newlines(), Count::Exact(4));
    replace(&mut document, 1..1, Content::Bytes(b"x".to_vec()));
    count(&mut document);
    // The high byte of U+0A00, and the low byte of what follows it.
    assert_eq!(document.snapshot().newlines(), Count::Exact(1));
    replace(&mut document, 5..5, Content::Bytes(b"x".to_vec()));
    count(&mut document);
    assert_eq!(document.snapshot().newlines(), Count::Exact(3));
    document.undo().unwrap();
    document.undo().unwrap();
    count(&mut document);
    assert_eq!(document.snapshot().newlines(), Count::Exact(4));
}

#[test]
fn added_text_is_counted_in_the_background_when_its_line_break_changes() {
    let mut document = Document::new();
    replace(&mut document, 0..0, Content::Text("a\rb\n".repeat(100_000)));
    replace(&mut document, 5..5, Content::Bytes(b"\r\n".repeat(100_000)));
    assert_eq!(document.snapshot().newlines(), Count::Exact(200_000));
    document.set_line_break(LineBreak::Cr);
    assert!(matches!(document.snapshot().newlines(), Count::About(_)));
    assert_eq!(count(&mut document), 600_000);
    assert_eq!(document.snapshot().newlines(), Count::Exact(200_000));
    // What is added now is counted at once.
    replace(&mut document, 1..1, Content::Text("\r\n\r".into()));
    count(&mut document);
    assert_eq!(document.snapshot().newlines(), Count::Exact(200_002));
    assert_eq!(document.snapshot().newline_after(1, 9), Newline::At(1));
    document.assert_invariants();
}

#[test]
fn what_is_pasted_from_a_document_with_other_line_breaks_is_counted_by_those_here() {
    let mut from = Document::open(Plain::new(*b"a\rb\nc\r"));
    replace(&mut from, 2..2, Content::Text("x\ry\n".into()));
    let mut to = Document::new();
    to.set_line_break(LineBreak::Cr);
    for _ in 0..2 {
        replace(&mut to, 0..0, Content::Slice(from.snapshot().slice(0..99)));
    }
    count(&mut to);
    assert_eq!(to.snapshot().newlines(), Count::Exact(6));
    let stores = to.snapshot().stores.bases().count();
    assert!(stores <= 3, "the file is one store");
}

#[test]
fn a_conversion_is_one_step_that_brings_back_the_line_break() {
    let text = "one\ntwo\n";
    let mut document = Document::open(Plain::new(text.as_bytes()));
    replace(&mut document, 0..0, Content::Text("zero\n".into()));
    let carets = [Caret { anchor: 2, head: 3 }];
    let converted = utf16(&("zero\n".to_owned() + text));
    let slice = Slice::of(Plain::new(converted.clone()), 0..converted.len() as u64);
    let applied = document.replace_all(slice, LineBreak::Utf16Le, "Convert to UTF-16", &carets);
    assert_eq!((applied.edits.map(0, Bias::After), applied.edits.map(13, Bias::Before)), (0, 26));
    assert_eq!((applied.edits.map(5, Bias::Before), applied.edits.map(5, Bias::After)), (0, 26));
    assert_eq!(document.undo_name(), Some("Convert to UTF-16"));
    let check = |document: &Document, line_break, bytes: &[u8]| {
        let snapshot = document.snapshot();
        assert_eq!(snapshot.line_break(), line_break);
        assert_eq!(snapshot.read(0..99).unwrap(), bytes);
        assert_eq!(snapshot.newlines(), Count::Exact(3));
        document.assert_invariants();
    };
    for _ in 0..2 {
        check(&document, LineBreak::Utf16Le, &converted);
        assert!(document.is_modified());
        let undone = document.undo().unwrap();
        assert_eq!(undone.carets, carets);
        check(&document, LineBreak::Lf, b"zero\none\ntwo\n");
        document.redo().unwrap();
    }
    // A log that grows goes on growing.
    document.grow(Plain::new(*b"one\ntwo\nmore"));
    document.undo().unwrap();
    assert_eq!(document.snapshot().read(0..99).unwrap(), b"zero\none\ntwo\nmore");
}

#[test]
fn to_convert_nothing_to_nothing_is_no_step() {
    let mut document = Document::new();
    document.replace_all(Slice::of(Plain::new(*b""), 0..0), LineBreak::Cr, "Convert", &[]);
    assert_eq!(document.snapshot().line_break(), LineBreak::Cr);
    assert!(document.undo_name().is_none() && !document.is_modified());
}

#[test]
fn an_index_from_the_cache_is_exact_at_once() {
    let bytes = b"line\n".repeat(100_000);
    let mut document = Document::open(Plain::new(bytes.clone()));
    assert_eq!(document.snapshot().export_index(), None);
    count(&mut document);
    let cached = document.snapshot().export_index().unwrap();
    let mut longer = bytes.clone();
    longer.extend_from_slice(b"more\nlines\n");
    for (bytes, newlines, counted) in [(&bytes, 100_000, 0), (&longer, 100_002, longer.len() as u64 % 65536)]
    {
        let mut again = Document::open(Plain::new(bytes.clone()));
        let index = LineIndex::from_bytes(&cached, again.len()).unwrap();
        let other = Document::open(Plain::new(*b"other"));
        assert!(!{ other }.import_index(LineIndex::from_bytes(&cached, again.len()).unwrap()));
        assert!(again.import_index(index));
        assert_eq!(count(&mut again), counted);
        assert_eq!(again.snapshot().newlines(), Count::Exact(newlines));
    }
    document.set_line_break(LineBreak::Cr);
    assert!(!document.import_index(LineIndex::from_bytes(&cached, bytes.len() as u64).unwrap()));
    assert!(!Document::new().import_index(LineIndex::new(0, LineBreak::Lf)));
}

/// A disk that fails once must not leave wrong line numbers behind for good.
#[test]
fn counts_of_a_file_that_lost_bytes_are_not_for_the_cache() {
    for (line_break, grows) in [(LineBreak::Lf, false), (LineBreak::Lf, true), (LineBreak::Utf16Le, false)] {
        let inner = Arc::new(Synthetic::log(1 << 20));
        let source = Arc::new(Faulty::new(Arc::clone(&inner) as Arc<dyn Source>));
        source.lose(4096..8192, Lost::Unreadable("Input/output error".into()));
        let mut document = Document::open(Arc::clone(&source) as Arc<dyn Source>);
        document.set_line_break(line_break);
        count(&mut document);
        source.heal();
        if grows {
            document.grow(Arc::new(Synthetic::log(2 << 20)));
            count(&mut document);
        }
        assert!(document.counting().is_done());
        assert_eq!(document.snapshot().export_index(), None, "{line_break:?}, {grows}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Or else lines would stay about what they are for ever.
    #[test]
    fn what_cannot_be_settled_says_what_to_read(
        bytes in prop::collection::vec(prop::sample::select(b"\0\n\0\nx\r".to_vec()), 1..100),
        pending in (0u64..100, 1u64..20),
        chunk in prop_oneof![Just(4u64), Just(16)],
        line_break in line_break(),
        cuts in prop::collection::vec((any::<u8>(), 0u64..9), 0..4),
    ) {
        let source = Plain { bytes: bytes.clone(), pending: pending.0..pending.0 + pending.1, lost: 0..0 };
        let index = LineIndex::with_chunk(bytes.len() as u64, chunk, LineBreak::Lf);
        let mut document = Document::open_with(Arc::new(source), index);
        document.set_line_break(line_break);
        let mut naive = bytes;
        for (at, removed) in cuts {
            let at = u64::from(at) % (document.len() + 1);
            let end = (at + removed).min(document.len());
            replace(&mut document, at..end, Content::Bytes(b"\n".to_vec()));
            naive.splice(at as usize..end as usize, *b"\n");
        }
        count(&mut document);
        let snapshot = document.snapshot();
        let is_settled = snapshot.pieces.summary().uncounted(snapshot.stores.epoch()) == 0;
        let missing = document.unsettled(99);
        prop_assert_eq!(is_settled, missing.is_empty());
        for range in missing {
            let is_pending = |(_, missing): &(_, Missing)| *missing == Missing::Pending;
            prop_assert!(snapshot.try_read(range.clone()).gaps.iter().any(is_pending), "{:?}", range);
        }
        if is_settled && pending.0 >= naive.len() as u64 + 99 {
            check_lines(&snapshot, &naive, true);
        }
        let lines = naive_lines(line_break, &naive);
        match snapshot.newlines() {
            Count::Exact(newlines) => prop_assert_eq!(newlines, lines),
            Count::About(_) => prop_assert!(!is_settled),
        }
    }
}

fn naive_lines(line_break: LineBreak, bytes: &[u8]) -> u64 {
    super::model::breaks(line_break, bytes).len() as u64
}
