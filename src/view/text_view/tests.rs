use proptest::prelude::*;

use super::*;
use crate::document::Document;
use crate::text::CellKind;
use crate::text::Reading;
use crate::view::oracle::{Oracle, oracle, replace};
use crate::view::rows::NEAR;
use crate::view::styles::looks_from;
use crate::view::{ColumnIndex, RowCache, Shape};

/// A place to look at: top, fraction in eighths, columns to the left, rows and columns of the page.
type Look = (prop::sample::Index, u8, u64, usize, u64);

fn look() -> impl Strategy<Value = Look> {
    (any::<prop::sample::Index>(), 0..8u8, prop_oneof![Just(0), 0u64..150], 1..12usize, 1u64..60)
}

fn view(oracle: &Oracle, look: &Look) -> TextView {
    let top = oracle.rows[look.0.index(oracle.rows.len())].start;
    let left = if oracle.shape.wrap.is_some() { 0 } else { look.2 };
    TextView { top, fraction: f32::from(look.1) / 8.0, left, ..TextView::default() }
}

fn index(oracle: &Oracle, view: &TextView) -> usize {
    oracle.row_at(view.top)
}

/// Is a caret at `offset` in full on a page laid out by `view`?
fn is_shown(oracle: &Oracle, source: &mut Rows, view: TextView, offset: u64, size: (usize, u64)) -> bool {
    let mut copy = view;
    let columns = oracle.shape.wrap.map_or(size.1, |columns| u64::from(columns) + 10);
    let page = copy.page(source, size.0, columns);
    let hidden = usize::from(view.fraction > 0.0);
    page.rows.iter().skip(hidden).any(|row| {
        let cells = &page.cells[row.cells.clone()];
        let at = |cell: &&Cell| {
            let start = row.offset + u64::from(cell.start);
            start <= offset && offset < start + u64::from(cell.len)
        };
        let column = match cells.iter().find(at) {
            Some(cell) => Some(cell.column),
            None if offset == row.row.end && row.row.is_last(oracle.len()) => match cells.last() {
                Some(last) if row.offset + u64::from(last.start + last.len) == offset => {
                    Some(last.column + u64::from(last.width))
                }
                None if row.offset == offset => Some(source.column_of(&row.row, offset).unwrap().0),
                _ => None,
            },
            None => None,
        };
        row.row.holds(offset, oracle.len())
            && column.is_some_and(|at| {
                source.shape().wrap.is_some() || (copy.left <= at && at < copy.left + size.1)
            })
    })
}

proptest! {
    #[test]
    fn a_page_is_the_rows_of_the_whole_document(oracle in oracle(), look in look()) {
        let snapshot = oracle.document.snapshot();
        let mut cache = RowCache::default();
        let source = &mut Rows::new(&snapshot, oracle.shape, &mut cache);
        let mut view = view(&oracle, &look);
        let (rows, columns) = (look.3, look.4);
        let page = view.page(source, rows, columns);
        prop_assert!(page.pending.is_empty());
        let first = index(&oracle, &view);
        let end = (first + rows).min(oracle.rows.len());
        let expected = &oracle.rows[first..end];
        prop_assert_eq!(page.rows.len(), expected.len());
        prop_assert_eq!(page.range(), expected[0].start..expected[expected.len() - 1].end);
        for (row, expected) in page.rows.iter().zip(expected) {
            prop_assert_eq!(&row.row, expected);
            prop_assert_eq!(&row.state, &RowState::Ready);
            let line_break = oracle.shape.reading.line_break;
            let lines = line_break.count(&oracle.bytes[..expected.start as usize], 0);
            let number = expected.begins_line.then_some(Count::Exact(lines));
            prop_assert_eq!(row.line, number);
            // A rendered sequence colours what follows, across lines, and no farther than it is looked for.
            let from = looks_from(row.offset) as usize;
            let style = oracle.style(from, row.offset);
            prop_assert_eq!(row.style, style);
            let cells = &page.cells[row.cells.clone()];
            let mut at = row.offset;
            for cell in cells {
                prop_assert_eq!(row.offset + u64::from(cell.start), at);
                at += u64::from(cell.len);
                prop_assert_eq!(page.text(row, cell), &oracle.bytes[(at - u64::from(cell.len)) as usize..at as usize]);
                prop_assert!(cell.column < view.left + columns);
                let is_exact = at <= expected.start + NEAR || !expected.begins_line;
                let is_left = cell.width > 0 && cell.column + u64::from(cell.width) <= view.left;
                prop_assert!(!is_left || !is_exact || cell.kind == CellKind::LineEnd || oracle.caret(at) >= expected.end);
            }
            // It is the width or the row that ends.
            let reached = cells.last().map_or(0, |last| last.column + u64::from(last.width));
            prop_assert!(at == expected.end || reached >= view.left + columns);
        }
    }

    #[test]
    fn scrolling_goes_by_rows_and_back(oracle in oracle(), look in look(), eighths in -80i32..80) {
        let snapshot = oracle.document.snapshot();
        let mut cache = RowCache::default();
        let source = &mut Rows::new(&snapshot, oracle.shape, &mut cache);
        let before = view(&oracle, &look);
        let page = look.3;
        let by = eighths as f32 / 8.0;
        let mut view = before;
        view.scroll(source, by, page).unwrap();
        prop_assert!((0.0..1.0).contains(&view.fraction));
        let last = oracle.rows.len().saturating_sub(page) as f32;
        let at = index(&oracle, &before) as f32 + before.fraction + by;
        let at = if by > 0.0 { at.min(last) } else { at.max(0.0) };
        prop_assert_eq!(index(&oracle, &view) as f32 + view.fraction, at);
        prop_assert_eq!(oracle.rows[index(&oracle, &view)].start, view.top);
        if at > 0.0 && (by < 0.0 || at < last) {
            view.scroll(source, -by, page).unwrap();
            let clamped = by < 0.0 && index(&oracle, &before) as f32 + before.fraction > last;
            let back = TextView { inside_line: view.inside_line, anchor: view.anchor, ..before };
            prop_assert!(clamped || view == back);
        }
    }

    #[test]
    fn the_last_page_shows_the_end(oracle in oracle(), look in look()) {
        let snapshot = oracle.document.snapshot();
        let mut cache = RowCache::default();
        let source = &mut Rows::new(&snapshot, oracle.shape, &mut cache);
        let mut view = view(&oracle, &look);
        let page = look.3;
        let last = last_top(source, page).unwrap();
        prop_assert_eq!(last, oracle.rows[oracle.rows.len().saturating_sub(page)].start);
        for at in [last, oracle.len(), u64::MAX] {
            view.scroll_to(source, at, page).unwrap();
            prop_assert_eq!((view.top, view.fraction), (last, 0.0));
        }
        let shown = view.page(source, page, 10);
        prop_assert_eq!(shown.rows.last().map(|row| &row.row), oracle.rows.last());
        for at in 0..oracle.len() {
            view.scroll_to(source, at, page).unwrap();
            prop_assert_eq!(view.top, oracle.rows[oracle.row_at(at)].start.min(last));
        }
    }

    #[test]
    fn what_is_revealed_is_on_the_page(oracle in oracle(), look in look(), at in any::<prop::sample::Index>()) {
        let snapshot = oracle.document.snapshot();
        let mut cache = RowCache::default();
        let source = &mut Rows::new(&snapshot, oracle.shape, &mut cache);
        let before = view(&oracle, &look);
        let size = (look.3, look.4);
        let offset = *at.get(&oracle.boundaries());
        let was_shown = is_shown(&oracle, source, before, offset, size);
        let mut view = before;
        view.reveal(source, offset, size.0, size.1).unwrap();
        if was_shown {
            prop_assert_eq!((view.top, view.fraction, view.left), (before.top, before.fraction, before.left));
        }
        prop_assert!(is_shown(&oracle, source, view, offset, size), "{:?} of {:?}", offset, view);
        // A page that moved is full.
        let moved = (view.top, view.fraction) != (before.top, before.fraction);
        prop_assert!(!moved || view.top <= last_top(source, size.0).unwrap());
        let revealed = view;
        view.reveal(source, offset, size.0, size.1).unwrap();
        prop_assert_eq!(view, revealed);
    }

    /// After edits, as long as nothing was laid out again, a view may look anywhere.
    #[test]
    fn nothing_panics_anywhere(
        (oracle, look) in (oracle(), look()),
        (top, fraction, left) in (any::<u64>(), 0.0f32..1.0, any::<u64>()),
        (offset, by, inside_line) in (any::<u64>(), -1e3f32..1e3, any::<bool>()),
    ) {
        let Oracle { mut document, mut bytes, shape, .. } = oracle;
        let mut cache = RowCache::default();
        let tops = [top, top % (bytes.len() as u64 + 5), bytes.len() as u64];
        let half = bytes.len() / 2;
        replace(&mut document, &mut bytes, half..half * 2, b"");
        let snapshot = document.snapshot();
        let source = &mut Rows::new(&snapshot, shape, &mut cache);
        for top in tops {
            for left in [left, left % 500] {
                let anchor = inside_line.then_some((offset, left / 2));
                let view = TextView { top, fraction, left, inside_line, anchor };
                let mut paged = view;
                let page = paged.page(source, look.3, look.4);
                prop_assert!(!page.rows.is_empty() && paged.top <= snapshot.len());
                let (mut scrolled, mut revealed, mut to) = (view, view, view);
                scrolled.scroll(source, by, look.3).unwrap();
                revealed.reveal(source, offset, look.3, look.4).unwrap();
                revealed.reveal(source, offset % 100, look.3, look.4).unwrap();
                to.scroll_to(source, offset, look.3).unwrap();
                for view in [scrolled, revealed, to] {
                    prop_assert!((0.0..1.0).contains(&view.fraction));
                    prop_assert!(view.top <= snapshot.len());
                }
            }
        }
    }
}

#[test]
fn a_hairs_breadth_up_is_still_a_fraction() {
    for (rows, expected) in [(-1e-9, (0, 0.0)), (0.25, (0, 0.25)), (-0.25, (-1, 0.75)), (2.5, (2, 0.5))] {
        assert_eq!(split(rows), expected);
    }
}

/// A tile on top, in a line whose start then becomes known, stays where it is.
#[test]
fn what_is_seen_stays_when_the_line_is_counted() {
    let line: Vec<u8> = (0..200_000).map(|at| b'a' + (at % 26) as u8).collect();
    let mut document = Document::open(std::sync::Arc::new(crate::source::Memory::new(line)));
    let shape = Shape { wrap: None, reading: Reading::utf8(4) };
    let mut cache = RowCache::default();
    let mut view = TextView::default();
    let mut first = |document: &Document, scroll_to: Option<u64>| {
        let snapshot = document.snapshot();
        let source = &mut Rows::new(&snapshot, shape, &mut cache);
        if let Some(at) = scroll_to {
            view.scroll_to(source, at, 5).unwrap();
        }
        let page = view.page(source, 5, 20);
        (page.rows[0].offset, page.text(&page.rows[0], &page.cells[0]).to_vec(), view.left, page.rows.len())
    };
    let (offset, text, left, rows) = first(&document, Some(100_000));
    assert_eq!((left, rows), (0, 5));
    crate::view::oracle::count(&mut document);
    assert_eq!(first(&document, None), (offset, text.clone(), offset, 1));
    assert_eq!(first(&document, None), (offset, text, offset, 1));
}

/// The end of a long line of Chinese: as its columns come to be known, screen by screen or from a job, the caret
/// stays in sight and what is seen stays where it is.
#[test]
fn what_is_seen_stays_when_columns_come_to_be_known() {
    let line = "中文e\u{301}".repeat(1000);
    let mut document = Document::open(std::sync::Arc::new(crate::source::Memory::new(line.as_bytes())));
    crate::view::oracle::count(&mut document);
    let snapshot = document.snapshot();
    let shape = Shape { wrap: None, reading: Reading::utf8(4) };
    for with_index in [false, true] {
        let mut cache = RowCache::default();
        let mut view = TextView::default();
        let end = line.len() as u64;
        view.reveal(&mut Rows::new(&snapshot, shape, &mut cache), end, 3, 20).unwrap();
        let mut frame = |cache: &mut RowCache| {
            let source = &mut Rows::new(&snapshot, shape, cache);
            let page = view.page(source, 3, 20);
            let row = page.rows[0].clone();
            let caret = page.cells[row.cells.clone()].last().copied().unwrap();
            let behind = caret.column + u64::from(caret.width);
            assert_eq!(row.offset + u64::from(caret.start + caret.len), end);
            assert!(behind < view.left + 20);
            (row.offset, behind - view.left, source.column_of(&row.row, end).unwrap())
        };
        let first = frame(&mut cache);
        let mut frames = 1;
        loop {
            if with_index {
                let wanted = cache.wants_columns().unwrap();
                let job = (&Default::default(), &Default::default());
                cache
                    .put_columns(ColumnIndex::build(&snapshot, wanted, shape.reading, job.0, job.1).unwrap());
            }
            let next = frame(&mut cache);
            frames += 1;
            assert_eq!((next.0, next.1), (first.0, first.1));
            if next.2.1 {
                assert_eq!(next.2, (5000, true));
                break;
            }
        }
        assert!(if with_index { frames == 2 } else { frames > 5 }, "{frames} frames");
    }
}

/// A line of nothing but sequences, as long as one may be: no screen looks at all of it.
#[test]
fn a_line_that_is_all_hidden_is_not_decoded_to_its_end() {
    let line = "\x1b[31m".repeat(200_000);
    let mut document = Document::open(std::sync::Arc::new(crate::source::Memory::new(line.as_bytes())));
    crate::view::oracle::count(&mut document);
    let snapshot = document.snapshot();
    let reading = Reading { escapes: crate::text::Escapes::Rendered, ..Reading::utf8(4) };
    for wrap in [None, Some(20)] {
        let mut cache = RowCache::default();
        let source = &mut Rows::new(&snapshot, Shape { wrap, reading }, &mut cache);
        let page = TextView::default().page(source, 5, 20);
        assert!(page.bytes.len() < 50_000, "{} bytes", page.bytes.len());
    }
}
