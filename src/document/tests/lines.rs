//! Lines while they are counted: in part, by several threads, out of memory, lost.

use std::time::Duration;

use proptest::prelude::*;
use ropey::Rope;

use super::model::check_lines;
use super::source::{Plain, Uniform};
use crate::document::line_index::LineIndex;
use crate::document::*;
use crate::source::testing::Faulty;
use crate::source::{Cancel, Lost, Progress, Synthetic};

/// Every 997th position of a document that is counted against a naive count.
pub fn check_counted(snapshot: &Snapshot, bytes: &[u8]) {
    let mut newlines = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if at % 997 == 0 {
            assert_eq!(snapshot.line_at(at as u64), Count::Exact(newlines), "the line at {at}");
        }
        newlines += u64::from(*byte == b'\n');
        if *byte == b'\n' && newlines % 101 == 0 {
            assert_eq!(snapshot.line_start(newlines), LineStart::At(at as u64 + 1), "line {newlines}");
        }
    }
    assert_eq!(snapshot.newlines(), Count::Exact(newlines));
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![6 => Just(b'x'), 1 => Just(b'\n'), 1 => Just(0)], 0..most)
}

fn opened(bytes: &[u8], chunk: u64) -> Document {
    let index = LineIndex::with_chunk(bytes.len() as u64, chunk, LineBreak::Lf);
    Document::open_with(Plain::new(bytes), index)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn lines_are_right_however_far_they_are_counted(
        bytes in bytes(300),
        chunk in prop_oneof![Just(4u64), Just(16)],
        looks in prop::collection::vec((any::<u16>(), 1u64..80), 0..4),
        cut in any::<u16>(),
    ) {
        let mut document = opened(&bytes, chunk);
        for (look, many) in looks {
            let counting = document.counting();
            counting.look_at(u64::from(look) % (bytes.len() as u64 + 1));
            let (cancel, progress) = (Cancel::new(), Progress::default());
            // Cancelled after a while: some block is counted in part.
            if many < 10 {
                cancel.cancel();
            }
            counting.run(&cancel, &progress);
            prop_assert!(progress.done() <= bytes.len() as u64);
            let at = u64::from(cut) % (bytes.len() as u64 + 1);
            let replacement = Replacement { range: at..at, content: Content::Text("\n".into()) };
            document.edit(vec![replacement], StepKind::Whole("Line"), &[], Duration::ZERO).unwrap();
            let now = document.snapshot().read(0..u64::MAX).unwrap();
            check_lines(&document.snapshot(), &now, false);
            document.settle(2);
            check_lines(&document.snapshot(), &now, false);
        }
        document.assert_invariants();
    }

    #[test]
    fn lines_are_those_of_ropey(text in "[a-zé\n]{0,200}") {
        let mut document = opened(text.as_bytes(), 16);
        document.counting().run(&Cancel::new(), &Progress::default());
        document.settle(9);
        let rope = Rope::from_str(&text);
        let snapshot = document.snapshot();
        for at in 0..=text.len() {
            prop_assert_eq!(snapshot.line_at(at as u64), Count::Exact(rope.byte_to_line(at) as u64));
        }
        for line in 0..rope.len_lines() {
            prop_assert_eq!(snapshot.line_start(line as u64), LineStart::At(rope.line_to_byte(line) as u64));
        }
        prop_assert_eq!(snapshot.line_start(rope.len_lines() as u64), LineStart::Beyond(rope.len_lines() as u64));
    }

    #[test]
    fn a_search_for_a_newline_reads_no_more_than_it_may(
        bytes in bytes(300), at in any::<u16>(), budget in 0u64..40, counted in any::<bool>(),
    ) {
        let document = opened(&bytes, 16);
        if counted {
            document.counting().run(&Cancel::new(), &Progress::default());
        }
        let snapshot = document.snapshot();
        let at = at as usize % (bytes.len() + 1);
        let before = bytes[..at].iter().rposition(|byte| *byte == b'\n').map(|at| at as u64);
        match snapshot.newline_before(at as u64, budget) {
            Newline::Far(far) => {
                prop_assert!(before.is_none_or(|before| before < far));
                prop_assert!(counted || at as u64 - far == budget);
            }
            Newline::At(found) => prop_assert_eq!(Some(found), before),
            Newline::None => prop_assert_eq!(before, None),
            Newline::Pending(_) => prop_assert!(false, "all is in memory"),
        }
        let after = bytes[at..].iter().position(|byte| *byte == b'\n').map(|far| (at + far) as u64);
        match snapshot.newline_after(at as u64, budget) {
            Newline::Far(far) => {
                prop_assert!(after.is_none_or(|after| after >= far));
                prop_assert!(counted || far - at as u64 == budget);
            }
            Newline::At(found) => prop_assert_eq!(Some(found), after),
            Newline::None => prop_assert_eq!(after, None),
            Newline::Pending(_) => prop_assert!(false, "all is in memory"),
        }
    }
}

#[test]
fn several_threads_count_every_chunk_once_while_lines_are_asked_for() {
    let bytes: Vec<u8> = (0..400_000u32).map(|at| if at % 37 == 0 { b'\n' } else { b'x' }).collect();
    let document = opened(&bytes, 64);
    let total = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    let progress = Progress::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let counting = document.counting();
            scope.spawn({
                let progress = progress.clone();
                move || counting.run(&Cancel::new(), &progress)
            });
        }
        let snapshot = document.snapshot();
        let mut at = 0;
        while !document.counting().is_done() {
            at = (at + 12_347) % bytes.len() as u64;
            let naive = at.div_ceil(37);
            if let Count::Exact(line) = snapshot.line_at(at) {
                assert_eq!(line, naive);
            }
            if let LineStart::At(start) = snapshot.line_start(naive) {
                assert_eq!(start, if naive == 0 { 0 } else { (naive - 1) * 37 + 1 });
            }
        }
    });
    assert_eq!(progress.done(), bytes.len() as u64);
    assert_eq!(document.counting().remaining(), 0);
    assert_eq!(document.snapshot().newlines(), Count::Exact(total));
}

#[test]
fn counting_that_was_cancelled_goes_on_where_it_stopped() {
    let bytes = b"x\n".repeat(100);
    let document = opened(&bytes, 4);
    let taken = Progress::default();
    // A source that cancels in the midst of a block.
    #[derive(Debug)]
    struct Cancels(Cancel, std::sync::Arc<Plain>);
    impl crate::source::Source for Cancels {
        fn len(&self) -> u64 {
            self.1.len()
        }
        fn identity(&self) -> Option<crate::source::Identity> {
            None
        }
        fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> crate::source::TryRead {
            self.1.try_read_at(offset, buf)
        }
        fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), crate::source::Lost> {
            self.1.read_at(offset, buf)
        }
        fn scan(
            &self,
            range: std::ops::Range<u64>,
            visit: &mut dyn FnMut(crate::source::Scanned<'_>) -> std::ops::ControlFlow<()>,
        ) -> std::ops::ControlFlow<()> {
            self.0.cancel();
            self.1.scan(range, visit)
        }
    }
    drop(document);
    let cancel = Cancel::new();
    let source = std::sync::Arc::new(Cancels(cancel.clone(), Plain::new(bytes.clone())));
    let document = Document::open_with(source, LineIndex::with_chunk(bytes.len() as u64, 4, LineBreak::Lf));
    document.counting().run(&cancel, &taken);
    assert!(taken.done() > 0 && taken.done() < bytes.len() as u64);
    assert_eq!(document.counting().remaining(), bytes.len() as u64 - taken.done());
    while !document.counting().is_done() {
        document.counting().run(&Cancel::new(), &taken);
    }
    assert_eq!(taken.done(), bytes.len() as u64);
    check_lines(&document.snapshot(), &bytes, true);
}

#[test]
fn what_is_not_in_memory_is_asked_for_and_what_is_lost_has_no_newlines_of_its_own() {
    let bytes = b"ab\ncd\nef\ngh\nij\nkl\nmn\n".repeat(3);
    let source = Plain { bytes: bytes.clone(), pending: 20..24, lost: 40..44 };
    let index = LineIndex::with_chunk(bytes.len() as u64, 8, LineBreak::Lf);
    let mut document = Document::open_with(std::sync::Arc::new(source), index);
    document.counting().run(&Cancel::new(), &Progress::default());
    document.settle(9);
    let snapshot = document.snapshot();
    assert_eq!(snapshot.line_at(16), Count::Exact(5));
    assert!(matches!(snapshot.line_at(21), Count::About(_)));
    // The line starts in the chunk 16..24.
    assert_eq!(snapshot.line_start(6), LineStart::Pending(16..24));
    assert_eq!(snapshot.newline_before(23, 99), Newline::Pending(16..23));
    assert_eq!(snapshot.newline_after(18, 99), Newline::Pending(18..24));
    let window = snapshot.try_read(15..50);
    let gaps: Vec<_> = window.gaps.iter().map(|(_, why)| why.clone()).collect();
    assert!(gaps.iter().all(|why| *why == Missing::Pending), "a block of 4 KiB is one gap: {gaps:?}");
    // Of the chunks 32..48, the newlines at 32, 35, 38 and 47 are left; those at 41 and 44 are lost.
    assert_eq!(snapshot.line_at(32), Count::Exact(10));
    // Who can say how many they were? What is behind them has no exact number.
    assert_eq!(snapshot.line_at(48), Count::About(14));
    assert!(snapshot.read(0..63).is_err());
    assert_eq!(snapshot.read(0..40).unwrap(), bytes[..40]);
}

#[test]
fn a_gap_is_found_to_4_kib_and_where_a_loss_begins_to_the_byte() {
    let bytes = vec![b'x'; 20_000];
    let source = Plain { bytes, pending: 5000..5001, lost: 9000..13_000 };
    let mut document = Document::open(std::sync::Arc::new(source));
    let replacement = Replacement { range: 0..0, content: Content::Bytes(vec![b'y'; 100]) };
    document.edit(vec![replacement], StepKind::Whole("Paste"), &[], Duration::ZERO).unwrap();
    let window = document.snapshot().try_read(50..19_000);
    let gaps: Vec<_> = window.gaps.iter().map(|(range, _)| range.clone()).collect();
    assert_eq!(gaps, [4196..8292, 9100..16_484]);
    let is_gap = |at: u64| gaps.iter().any(|gap| gap.contains(&at));
    for (index, byte) in window.bytes.iter().enumerate() {
        let at = window.start + index as u64;
        let expected = if at < 100 { b'y' } else { b'x' };
        assert_eq!(*byte, if is_gap(at) { 0 } else { expected });
    }
}

#[test]
fn an_inserted_file_is_counted_too() {
    let mut document = Document::open(Plain::new(*b"a\nb"));
    let inserted = Uniform::new(1 << 20, b'\n');
    let replacement = Replacement { range: 1..1, content: Content::Slice(Slice::of(inserted, 5..1 << 20)) };
    document.edit(vec![replacement], StepKind::Whole("Insert file"), &[], Duration::ZERO).unwrap();
    assert!(matches!(document.snapshot().newlines(), Count::About(_)));
    assert!(!document.counting().is_done());
    document.counting().run(&Cancel::new(), &Progress::default());
    assert_eq!(document.snapshot().newlines(), Count::Exact((1 << 20) - 4));
}

#[test]
fn a_piece_that_cannot_be_settled_says_what_to_read() {
    let bytes = b"ab\ncd\nef\n".repeat(8);
    let source = Plain { bytes: bytes.clone(), pending: 16..24, ..Plain::default() };
    let index = LineIndex::with_chunk(bytes.len() as u64, 8, LineBreak::Lf);
    let mut document = Document::open_with(std::sync::Arc::new(source), index);
    assert_eq!(document.unsettled(9), [], "all of it waits for the count");
    document.counting().run(&Cancel::new(), &Progress::default());
    let replacement = Replacement { range: 19..19, content: Content::Text("typed".into()) };
    document.edit(vec![replacement], StepKind::Typing, &[], Duration::ZERO).unwrap();
    document.settle(9);
    assert_eq!(document.unsettled(9), [16..19, 24..29]);
    assert_eq!(document.unsettled(1).len(), 1);
}

#[test]
fn a_small_document_needs_no_counting() {
    let document = Document::open(Plain::new(b"a\nb\n".repeat(9000)));
    let snapshot = document.snapshot();
    assert_eq!(snapshot.newlines(), Count::Exact(18_000));
    assert_eq!(snapshot.line_start(9000), LineStart::At(18_000));
    assert_eq!(snapshot.line_start(18_001), LineStart::Beyond(18_001));
}

/// A file truncated under the editor: the lines that are left around what is lost go on being lines.
#[test]
fn lines_around_lost_bytes_are_still_lines() {
    let source = std::sync::Arc::new(Faulty::new(std::sync::Arc::new(Synthetic::log(1 << 20))));
    source.lose(4096..8192, Lost::Truncated { len: 4096 });
    let document = Document::open(source);
    document.counting().run(&Cancel::new(), &Progress::default());
    let snapshot = document.snapshot();
    // Lines of 128 bytes; the 32 that are lost make one with the next.
    assert_eq!(snapshot.newlines(), Count::About((1 << 20) / 128 - 32));
    assert_eq!(snapshot.line_at(4096), Count::Exact(32));
    assert_eq!(snapshot.newline_after(0, 1 << 20), Newline::At(127));
    assert_eq!(snapshot.newline_after(4000, 1 << 20), Newline::At(4095));
    // From the middle of a page, over the lost one.
    assert_eq!(snapshot.newline_after(4097, 1 << 20), Newline::At(8192 + 127));
    assert_eq!(snapshot.newline_before(8192 + 100, 1 << 20), Newline::At(4095));
}
