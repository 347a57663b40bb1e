//! What a frame and a key cost in documents of any size, counted in bytes read.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::Duration;

use super::oracle::count;
use super::{ColumnIndex, Motion, Pending, RowCache, RowState, Rows, Shape, TextView, last_top, step};
use crate::document::{Content, Document, Replacement, Snapshot, StepKind};
use crate::source::testing::{Counting, Faulty, Slow};
use crate::source::{Identity, Lost, Memory, Scanned, Source, Synthetic, TryRead};
use crate::text::Reading;

const GIB: u64 = 1 << 30;
const PAGE: (usize, u64) = (50, 120);

fn shapes() -> [Shape; 2] {
    [None, Some(100)].map(|wrap| Shape { wrap, reading: Reading::utf8(4) })
}

fn at(put: impl FnOnce(&mut TextView)) -> TextView {
    let mut view = TextView::default();
    put(&mut view);
    view
}

/// One line of Chinese, without an end.
fn endless(len: u64) -> Synthetic {
    Synthetic::new(len, |offset, buf| {
        for (at, byte) in (offset..).zip(buf) {
            *byte = "界".as_bytes()[(at % 3) as usize];
        }
    })
}

/// A line without end that is known to have none, as the line index knows it once it has counted.
#[derive(Debug)]
struct Endless(Synthetic);

impl Source for Endless {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn identity(&self) -> Option<Identity> {
        None
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        self.0.try_read_at(offset, buf)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        self.0.read_at(offset, buf)
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.0.scan(range, visit)
    }

    fn tally(
        &self,
        range: Range<u64>,
        chunk: u64,
        _: &mut dyn FnMut(&[u8]) -> u64,
        publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut at = range.start;
        while at < range.end {
            let end = ((at / chunk + 1) * chunk).min(range.end);
            publish(at..end, Ok(0))?;
            at = end;
        }
        ControlFlow::Continue(())
    }
}

/// Runs what a frame, the wheel, the scrollbar and each key do around `at`, and returns the most bytes that one
/// of them read.
fn most_read(source: &Counting, snapshot: &Snapshot, shape: Shape, at: u64) -> u64 {
    let mut most = 0;
    let mut cache = RowCache::default();
    let mut view = TextView::default();
    let mut run = |work: &mut dyn FnMut(&mut Rows) -> Result<(), Pending>| {
        source.reset();
        work(&mut Rows::new(snapshot, shape, &mut cache)).unwrap();
        most = most.max(source.bytes());
    };
    run(&mut |rows| view.scroll_to(rows, at, PAGE.0));
    run(&mut |rows| {
        let page = view.page(rows, PAGE.0 + 2, PAGE.1);
        assert!(page.pending.is_empty() && !page.rows.is_empty());
        Ok(())
    });
    run(&mut |rows| last_top(rows, PAGE.0).map(drop));
    for by in [3.5, -7.0, 50.0] {
        run(&mut |rows| view.scroll(rows, by, PAGE.0));
    }
    run(&mut |rows| view.reveal(rows, at, PAGE.0, PAGE.1));
    view.left = 5000;
    run(&mut |rows| {
        view.page(rows, PAGE.0 + 2, PAGE.1);
        Ok(())
    });
    use Motion::*;
    for motion in [Up, Down, Left, Right, WordLeft, WordRight, RowStart, RowEnd, PageUp, PageDown] {
        run(&mut |rows| step(rows, at, motion, &mut None, PAGE.0).map(drop));
    }
    most
}

#[test]
fn a_line_without_end_costs_no_more_than_a_screen() {
    for len in [GIB, 100 * GIB] {
        let source = Arc::new(Counting::new(Arc::new(endless(len))));
        let document = Document::open(source.clone());
        let snapshot = document.snapshot();
        for shape in shapes() {
            for at in [0, 1000, len / 2, len - 10_000, len] {
                let read = most_read(&source, &snapshot, shape, at);
                assert!(read <= 256 << 10, "{read} bytes of {len} at {at}, {shape:?}");
            }
        }
    }
}

/// The one row of a line of 1 and of 10 GiB: End, go to column, click, type in the middle, each within a screen's work.
#[test]
fn a_line_that_is_one_row_costs_no_more_than_a_screen() {
    for len in [GIB, 10 * GIB] {
        let source = Arc::new(Counting::new(Arc::new(Endless(endless(len)))));
        let mut document = Document::open(source.clone());
        count(&mut document);
        let shape = shapes()[0];
        let mut cache = RowCache::default();
        let mut view = TextView::default();
        let mut most = 0;
        for at in [0, len, len / 2, len - 100_000] {
            let snapshot = document.snapshot();
            let mut run = |work: &mut dyn FnMut(&mut Rows, &mut TextView) -> Result<(), Pending>| {
                source.reset();
                work(&mut Rows::new(&snapshot, shape, &mut cache), &mut view).unwrap();
                most = most.max(source.bytes());
            };
            run(&mut |rows, view| view.reveal(rows, at, PAGE.0, PAGE.1));
            run(&mut |rows, view| {
                let page = view.page(rows, PAGE.0, PAGE.1);
                let row = &page.rows[0];
                assert_eq!((page.rows.len(), row.row.start, row.row.begins_line), (1, 0, true));
                assert!(row.offset <= at && page.cells.len() <= PAGE.1 as usize);
                let shown = page
                    .cells
                    .last()
                    .map_or(row.offset, |last| row.offset + u64::from(last.start + last.len));
                assert!(shown + 3 >= at, "{shown} of {at}");
                Ok(())
            });
            for motion in [Motion::RowEnd, Motion::RowStart, Motion::Left, Motion::Right] {
                run(&mut |rows, _| step(rows, at, motion, &mut None, PAGE.0).map(drop));
            }
            // Go to column.
            run(&mut |rows, _| {
                let row = rows.row_at(at)?;
                let (byte, column) = rows.byte_at(&row, at / 2)?;
                assert_eq!(rows.column_of(&row, byte)?.0, column);
                Ok(())
            });
            let middle = at / 2 / 3 * 3;
            let typed = Replacement { range: middle..middle, content: Content::Text("x".into()) };
            let applied = document.edit(vec![typed], StepKind::Whole("Test"), &[], Duration::ZERO).unwrap();
            cache.follow(&applied.edits, document.snapshot().revision());
            view.map(&applied.edits);
        }
        assert!(most <= 256 << 10, "{most} bytes of {len}");
    }
}

/// With its index, any place of a long line is at its column, also right after typing in the middle.
#[test]
fn an_index_makes_every_column_cheap() {
    let len = 24 << 20;
    let source = Arc::new(Counting::new(Arc::new(Endless(endless(len)))));
    let mut document = Document::open(source.clone());
    count(&mut document);
    let shape = shapes()[0];
    let mut cache = RowCache::default();
    let end = |document: &Document, cache: &mut RowCache| {
        let snapshot = document.snapshot();
        source.reset();
        let mut rows = Rows::new(&snapshot, shape, cache);
        let row = rows.row_at(0).unwrap();
        let (column, known) = rows.column_of(&row, row.end).unwrap();
        if known {
            let half = rows.byte_at(&row, column / 4 * 2).unwrap();
            assert_eq!(rows.column_of(&row, half.0).unwrap(), (half.1, true));
        }
        assert!(source.bytes() <= 128 << 10, "{} bytes", source.bytes());
        (column, known)
    };
    assert!(!end(&document, &mut cache).1);
    let wanted = cache.wants_columns().unwrap();
    assert_eq!(wanted, 0..len);
    source.reset();
    let (cancel, progress) = Default::default();
    let index = ColumnIndex::build(&document.snapshot(), wanted, shape.reading, &cancel, &progress).unwrap();
    assert!(source.bytes() < len + len / 64, "{} bytes", source.bytes());
    cache.put_columns(index);
    assert_eq!(end(&document, &mut cache), (len / 3 * 2, true));
    for typed in 1..20 {
        let at = len / 6 * 3 + typed - 1;
        let typed_now = Replacement { range: at..at, content: Content::Text("x".into()) };
        let applied = document.edit(vec![typed_now], StepKind::Typing, &[], Duration::ZERO).unwrap();
        cache.follow(&applied.edits, document.snapshot().revision());
        assert_eq!(end(&document, &mut cache), (len / 3 * 2 + typed, true));
    }
}

/// Rows of 60 KB of Chinese, seen far to the right: typing in one of them walks over that one alone.
#[test]
fn typing_leaves_the_columns_of_other_rows() {
    let line = format!("{}\n", "界".repeat(20_000));
    let source = Arc::new(Counting::new(Arc::new(Memory::new(line.repeat(60).into_bytes()))));
    let mut document = Document::open(source.clone());
    count(&mut document);
    let shape = shapes()[0];
    let mut cache = RowCache::default();
    let frame = |document: &Document, cache: &mut RowCache| {
        let snapshot = document.snapshot();
        let mut view = at(|view| view.left = 30_000);
        source.reset();
        let page = view.page(&mut Rows::new(&snapshot, shape, cache), PAGE.0, PAGE.1);
        assert_eq!(page.rows.len(), PAGE.0);
        source.bytes()
    };
    frame(&document, &mut cache);
    while let Some(wanted) = cache.wants_columns() {
        let (cancel, progress) = Default::default();
        let snapshot = document.snapshot();
        cache.put_columns(ColumnIndex::build(&snapshot, wanted, shape.reading, &cancel, &progress).unwrap());
        frame(&document, &mut cache);
    }
    let quiet = frame(&document, &mut cache);
    let row = line.len() as u64 * 20 + 30;
    let typed = Replacement { range: row..row, content: Content::Text("x".into()) };
    let applied = document.edit(vec![typed], StepKind::Whole("Test"), &[], Duration::ZERO).unwrap();
    cache.follow(&applied.edits, document.snapshot().revision());
    let after = frame(&document, &mut cache);
    assert!(after <= quiet + (64 << 10), "{after} bytes after {quiet}");
}

#[test]
fn a_log_of_any_size_costs_no_more_than_a_screen() {
    for len in [GIB, 100 * GIB + 17] {
        let source = Arc::new(Counting::new(Arc::new(Synthetic::log(len))));
        let mut document = Document::open(source.clone());
        for counted in [false, true] {
            if counted {
                count(&mut document);
            }
            let snapshot = document.snapshot();
            for shape in shapes() {
                for at in [0, 1000, len / 2, len - 10_000, len] {
                    let read = most_read(&source, &snapshot, shape, at);
                    assert!(read <= 192 << 10, "{read} bytes of {len} at {at}, {shape:?}");
                }
            }
        }
    }
}

/// egui's scroll areas, and editors built on them, place rows by an `f32`, which cannot tell rows apart from the 16,777,216th on:
/// at five thousand million, they jump and repeat.
#[test]
fn rows_behind_the_5_000_000_000th_scroll_by_fractions_of_a_row() {
    const LINE: u64 = 128;
    const FIRST: u64 = 5_000_000_000;
    let document = Document::open(Arc::new(Synthetic::log((FIRST + 1000) * LINE)));
    let snapshot = document.snapshot();
    let mut cache = RowCache::default();
    let mut rows = Rows::new(&snapshot, shapes()[0], &mut cache);
    let mut view = at(|view| view.top = FIRST * LINE);
    for quarter in 1..=40_u64 {
        view.scroll(&mut rows, 0.25, PAGE.0).unwrap();
        assert_eq!((view.top, view.fraction), ((FIRST + quarter / 4) * LINE, (quarter % 4) as f32 / 4.0));
        let page = view.page(&mut rows, PAGE.0, PAGE.1);
        let starts: Vec<u64> = page.rows.iter().map(|row| row.offset).collect();
        assert_eq!(starts, (0..PAGE.0 as u64).map(|row| view.top + row * LINE).collect::<Vec<_>>());
    }
    for _ in 0..40 {
        view.scroll(&mut rows, -0.25, PAGE.0).unwrap();
    }
    assert_eq!((view.top, view.fraction), (FIRST * LINE, 0.0));
}

/// A second frame of the same has everything laid out already, but for the bytes that it shows.
#[test]
fn a_frame_like_the_last_reads_only_what_it_shows() {
    let line = format!("{}\n", "界".repeat(20_000));
    let source = Arc::new(Counting::new(Arc::new(Memory::new(line.repeat(60).into_bytes()))));
    let snapshot = Document::open(source.clone()).snapshot();
    for (shape, left) in [(shapes()[0], 0), (shapes()[0], 100_000), (shapes()[1], 0)] {
        let mut cache = RowCache::default();
        let mut view = at(|view| view.left = left);
        let mut frame = || {
            source.reset();
            let mut rows = Rows::new(&snapshot, shape, &mut cache);
            let page = view.page(&mut rows, PAGE.0, PAGE.1);
            let _ = last_top(&mut rows, PAGE.0).unwrap();
            assert_eq!(page.rows.len(), PAGE.0);
            assert!(page.cells.len() <= PAGE.0 * PAGE.1 as usize);
            source.bytes()
        };
        frame();
        let read = frame();
        assert!(read <= 51 * (17 << 10), "{read} bytes");
    }
}

fn page_by_fetching(snapshot: &Snapshot, shape: Shape, top: u64) -> (usize, Vec<Range<u64>>) {
    let mut cache = RowCache::default();
    for round in 0.. {
        assert!(round < 40, "stuck");
        let mut view = at(|view| view.top = top);
        let page = view.page(&mut Rows::new(snapshot, shape, &mut cache), PAGE.0, PAGE.1);
        if page.pending.is_empty() {
            assert!(page.rows.iter().all(|row| row.state == RowState::Ready));
            return (round, page.rows.iter().map(|row| row.row.start..row.row.end).collect());
        }
        assert!(page.rows.iter().any(|row| row.state == RowState::Pending));
        for range in page.pending {
            assert!(!range.is_empty() && range.end - range.start <= 256 << 10);
            snapshot.read(range).unwrap();
        }
    }
    unreachable!()
}

/// fresh#1806 and its like: the screen waits for a disk. Here it says so, asks for a few bytes, and is whole soon.
#[test]
fn pages_come_whole_from_a_slow_disk_in_few_rounds() {
    let log = || Arc::new(Synthetic::log(GIB));
    let endless = || Arc::new(endless(GIB));
    let long: Vec<u8> = format!("{}\n", "word ".repeat(4000)).repeat(80).into_bytes();
    let sources: [(Arc<dyn Source>, usize); 3] =
        [(log(), 3), (endless(), 30), (Arc::new(Memory::new(long)), 39)];
    for (source, most) in sources {
        for shape in shapes() {
            for top in [0, source.len() / 2, source.len() - 1] {
                let slow = Arc::new(Slow::new(source.clone(), Duration::ZERO));
                let (rounds, rows) = page_by_fetching(&Document::open(slow).snapshot(), shape, top);
                assert!(rounds > 0 && rounds <= most, "{rounds} rounds at {top}, {shape:?}");
                let (none, expected) =
                    page_by_fetching(&Document::open(source.clone()).snapshot(), shape, top);
                assert_eq!((none, rows), (0, expected));
            }
        }
    }
}

#[test]
fn rows_that_are_lost_say_so_and_the_rest_is_shown() {
    let len = 1 << 20;
    for shape in shapes() {
        let faulty = Arc::new(Faulty::new(Arc::new(Synthetic::log(len))));
        faulty.lose(8192..8200, Lost::Unreadable("I/O error".into()));
        // In the middle of a block, and of a line.
        let truncated = (512 << 10) + 100;
        faulty.lose(truncated..len, Lost::Truncated { len: truncated });
        let snapshot = Document::open(faulty).snapshot();
        let mut cache = RowCache::default();
        let mut rows = Rows::new(&snapshot, shape, &mut cache);
        for top in [0, 4096, 8000, 8192, 12_000, 16_384, 500 << 10, 512 << 10, 520 << 10, len] {
            let mut view = at(|view| view.top = top);
            let page = view.page(&mut rows, PAGE.0, PAGE.1);
            assert!(page.pending.is_empty());
            for row in &page.rows {
                let shown = page.cells[row.cells.clone()].last();
                let end = shown.map_or(row.offset, |last| row.offset + u64::from(last.start + last.len));
                let touches = |lost: Range<u64>| lost.start < end && row.offset < lost.end;
                let is_lost = touches(8192..12_288) || touches(truncated..len);
                match &row.state {
                    RowState::Lost(why) => assert!(is_lost && !why.is_empty(), "{row:?}"),
                    state => assert!(!is_lost && *state == RowState::Ready, "{row:?}"),
                }
            }
        }
        let mut view = TextView::default();
        let mut seen = 0;
        while view.top < len && seen < 100_000 {
            let before = (view.top, view.fraction);
            view.scroll(&mut rows, 40.0, PAGE.0).unwrap();
            seen += 1;
            if (view.top, view.fraction) == before {
                break;
            }
        }
        assert_eq!(view.top, last_top(&mut rows, PAGE.0).unwrap());
    }
}
