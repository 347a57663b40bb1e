//! What a frame and a key cost in documents of any size, counted in bytes read.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::oracle::count;
use super::{Motion, Pending, RowCache, RowState, Rows, Shape, TextView, last_top, step};
use crate::document::{Document, Snapshot};
use crate::source::testing::{Counting, Faulty, Slow};
use crate::source::{Lost, Memory, Source, Synthetic};
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
        faulty.lose(512 << 10..len, Lost::Truncated { len: 512 << 10 });
        let snapshot = Document::open(faulty).snapshot();
        let mut cache = RowCache::default();
        let mut rows = Rows::new(&snapshot, shape, &mut cache);
        for top in [0, 4096, 8000, 8192, 12_000, 16_384, 500 << 10, 520 << 10, len] {
            let mut view = at(|view| view.top = top);
            let page = view.page(&mut rows, PAGE.0, PAGE.1);
            assert!(page.pending.is_empty());
            for row in &page.rows {
                let shown = page.cells[row.cells.clone()].last();
                let end = shown.map_or(row.offset, |last| row.offset + u64::from(last.start + last.len));
                let touches = |lost: Range<u64>| lost.start < end && row.offset < lost.end;
                let is_lost = touches(8192..12_288) || touches(512 << 10..len);
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
