use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::document::{Document, Newline};
use crate::source::{Cancel, Memory, Progress};
use crate::text::CellKind;
use crate::text::Reading;
use crate::view::oracle::{self, Oracle, contents, count, oracle, replace, shape, stored};

fn open(bytes: &[u8]) -> Document {
    Document::open(Arc::new(Memory::new(bytes.to_vec())))
}

/// Rows agree with the oracle's, from every offset, by `next` and by `previous`.
fn check_rows(oracle: &Oracle) -> Result<(), TestCaseError> {
    let snapshot = oracle.document.snapshot();
    let mut cache = RowCache::default();
    // From every offset, without what others have laid out.
    for offset in 0..=oracle.len() + 2 {
        let mut fresh = RowCache::default();
        let expected = &oracle.rows[oracle.row_at(offset.min(oracle.len()))];
        let row = Rows::new(&snapshot, oracle.shape, &mut fresh).row_at(offset).unwrap();
        prop_assert_eq!(&row, expected, "at {}", offset);
        let row = Rows::new(&snapshot, oracle.shape, &mut cache).row_at(offset).unwrap();
        prop_assert_eq!(&row, expected, "at {}, cached", offset);
    }
    for fresh in [true, false] {
        let mut down = vec![Rows::new(&snapshot, oracle.shape, &mut cache).row_at(0).unwrap()];
        let mut up = vec![Rows::new(&snapshot, oracle.shape, &mut cache).row_at(u64::MAX).unwrap()];
        for (rows, is_down) in [(&mut down, true), (&mut up, false)] {
            loop {
                let mut new = RowCache::default();
                let cache = if fresh { &mut new } else { &mut cache };
                let mut source = Rows::new(&snapshot, oracle.shape, cache);
                let last = &rows[rows.len() - 1];
                let next = if is_down { source.next(last) } else { source.previous(last) };
                let Some(next) = next.unwrap() else { break };
                rows.push(next);
                prop_assert!(rows.len() <= oracle.rows.len());
            }
        }
        up.reverse();
        prop_assert_eq!(&down, &oracle.rows);
        prop_assert_eq!(&up, &oracle.rows);
    }
    Ok(())
}

proptest! {
    #[test]
    fn rows_are_those_of_the_whole_document(oracle in oracle()) {
        check_rows(&oracle)?;
    }

    #[test]
    fn rows_tile(oracle in oracle()) {
        let mut end = 0;
        for row in &oracle.rows {
            prop_assert_eq!(row.start, end);
            prop_assert!(row.end > row.start || row.is_last(oracle.len()));
            prop_assert!(oracle.is_boundary(row.start));
            end = row.end;
            if let Some(columns) = oracle.shape.wrap {
                let cells = oracle.row_cells(row);
                let wide = cells.iter().filter(|(range, _, cell)| {
                    let is_space = oracle.is_space(range);
                    cell.kind != CellKind::LineEnd
                        && cell.width > 0
                        && cell.column + u64::from(cell.width) > u64::from(columns) + u64::from(is_space)
                });
                // What is hidden may stand before the one cell that is wider than the row.
                let first = cells.iter().find(|(_, _, cell)| cell.width > 0);
                prop_assert!(wide.count() == 0 || first.is_some_and(|(_, _, cell)| cell.width > columns));
            }
        }
        prop_assert_eq!(end, oracle.len());
    }

    #[test]
    fn steps_count_rows(oracle in oracle(), from in any::<prop::sample::Index>(), by in -30i64..30) {
        let snapshot = oracle.document.snapshot();
        let mut cache = RowCache::default();
        let mut rows = Rows::new(&snapshot, oracle.shape, &mut cache);
        let offset = from.index(oracle.bytes.len() + 1) as u64;
        let index = oracle.row_at(offset) as i64;
        let there = (index + by).clamp(0, oracle.rows.len() as i64 - 1);
        let (row, moved) = rows.step(offset, by).unwrap();
        prop_assert_eq!(&row, &oracle.rows[there as usize]);
        prop_assert_eq!(moved, there - index);
    }

    #[test]
    fn columns_and_bytes_are_inverse(oracle in oracle()) {
        let snapshot = oracle.document.snapshot();
        let mut cache = RowCache::default();
        let mut rows = Rows::new(&snapshot, oracle.shape, &mut cache);
        for row in &oracle.rows {
            let end = rows.end_of(row).unwrap();
            let cells = oracle.row_cells(row);
            let is_line = oracle.shape.wrap.is_none() && row.begins_line;
            let mut last = None;
            for (range, column, cell) in &cells {
                if cell.kind == CellKind::LineEnd {
                    prop_assert_eq!(end, range.start);
                }
                let (at, exact) = rows.column_of(row, range.start).unwrap();
                prop_assert!(oracle.shape.wrap.is_none() || exact);
                prop_assert!(!is_line || exact || range.start > row.start + NEAR);
                prop_assert!(row.begins_line || oracle.shape.wrap.is_some() || !exact);
                if exact || !is_line {
                    prop_assert_eq!(at, *column);
                }
                if cell.width == 0 {
                    prop_assert!(last < Some(at) || last.is_none());
                    continue;
                }
                prop_assert!(last < Some(at), "columns grow");
                last = Some(at);
                prop_assert_eq!(rows.byte_at(row, at).unwrap(), (range.start, at));
                // Of the cell across the border of exact columns, each byte counts already.
                if exact && (!is_line || rows.column_of(row, range.end).unwrap().1) {
                    for inside in range.start + 1..range.end {
                        prop_assert_eq!(rows.column_of(row, inside).unwrap().0, at);
                    }
                    for covered in at + 1..at + u64::from(cell.width) {
                        let expected = if cell.kind == CellKind::LineEnd { (end, at) } else { (range.start, at) };
                        prop_assert_eq!(rows.byte_at(row, covered).unwrap(), expected);
                    }
                }
            }
            // Columns behind the end lead to it.
            let (at, column) = rows.byte_at(row, 1 << 40).unwrap();
            prop_assert_eq!(at, end);
            prop_assert_eq!(rows.column_of(row, end).unwrap().0, column);
            prop_assert!(oracle.is_boundary(end));
            prop_assert!(row.holds(end, oracle.len()));
            let _ = rows.byte_at(row, u64::MAX).unwrap();
            // Any column leads to a cell that begins there or before.
            for column in 0..80 {
                let (at, start) = rows.byte_at(row, column).unwrap();
                prop_assert!(start <= column && oracle.is_boundary(at) && row.holds(at, oracle.len()));
                prop_assert_eq!(rows.column_of(row, at).unwrap().0, start);
            }
        }
    }

    #[test]
    fn cells_are_those_of_the_whole_line(oracle in oracle(), left in 0u64..90, columns in 0u64..120) {
        let snapshot = oracle.document.snapshot();
        let mut cache = RowCache::default();
        let mut rows = Rows::new(&snapshot, oracle.shape, &mut cache);
        for row in &oracle.rows {
            let (from, column) = rows.byte_at(row, left).unwrap();
            let mut cells = Vec::new();
            let shown = rows.cells(row, from, column, left + columns, &mut cells).unwrap();
            prop_assert_eq!(shown.start, from);
            let (_, exact) = rows.column_of(row, from).unwrap();
            let mut expected: Vec<Cell> = Vec::new();
            let mut at = column;
            let is_exact = exact || !(row.begins_line && oracle.shape.wrap.is_none());
            for (range, exact_column, cell) in oracle.row_cells(row) {
                if range.start < from || at >= left + columns {
                    continue;
                }
                if is_exact {
                    prop_assert_eq!(exact_column, at);
                }
                let tab = u64::from(oracle.shape.reading.tab);
                let width = if cell.kind == CellKind::Tab { (tab - at % tab) as u32 } else { cell.width };
                expected.push(Cell { start: (range.start - from) as u32, column: at, width, ..cell });
                at += u64::from(width);
            }
            prop_assert_eq!(cells, expected);
        }
    }

    /// What is cached of one revision does not show in the next.
    #[test]
    fn edits_are_followed(
        (parts, shape) in (contents(), shape()),
        at in any::<prop::sample::Index>(),
        new in contents(),
    ) {
        let mut bytes = stored(&parts, shape.reading);
        let new = stored(&new, shape.reading);
        let mut document = oracle::open(&bytes, shape.reading);
        let mut cache = RowCache::default();
        let snapshot = document.snapshot();
        let _ = Rows::new(&snapshot, shape, &mut cache).step(0, 1000).unwrap();
        let at = at.index(bytes.len() + 1);
        replace(&mut document, &mut bytes, at..at, &new);
        let oracle = Oracle::new(document, bytes, shape);
        let snapshot = oracle.document.snapshot();
        let mut rows = Rows::new(&snapshot, shape, &mut cache);
        let mut row = rows.row_at(0).unwrap();
        for expected in &oracle.rows {
            prop_assert_eq!(&row, expected);
            row = rows.next(&row).unwrap().unwrap_or(row);
        }
    }

    #[test]
    fn a_line_around_is_the_line(oracle in oracle()) {
        let snapshot = oracle.document.snapshot();
        let mut cache = RowCache::default();
        let mut rows = Rows::new(&snapshot, oracle.shape, &mut cache);
        for offset in 0..=oracle.bytes.len() {
            let line = rows.line_around(offset as u64).unwrap();
            let line_break = oracle.shape.reading.line_break;
            let width = line_break.width() as usize;
            let start = line_break.rfind(&oracle.bytes[..offset], 0).map_or(0, |at| at + width);
            let end = line_break.find(&oracle.bytes[start..], start as u64);
            let end = end.map_or(oracle.bytes.len(), |at| start + at + width);
            if !matches!(snapshot.newline_after(start as u64, BUDGET), Newline::Far(_)) {
                prop_assert_eq!(line, start as u64..end as u64);
            } else {
                prop_assert!(start as u64 <= line.start && line.end <= end as u64);
                prop_assert!(oracle.is_boundary(line.start) && oracle.is_boundary(line.end));
                prop_assert!(line.contains(&(offset as u64)) || offset as u64 == line.end);
            }
        }
    }
}

#[test]
fn the_ends_of_documents() {
    let row = |start, end, begins_line, ends_line| Row { start, end, begins_line, ends_line };
    for wrap in [None, Some(4)] {
        let shape = Shape { wrap, reading: Reading::utf8(4) };
        for (text, expected) in [
            ("", vec![row(0, 0, true, false)]),
            ("a", vec![row(0, 1, true, false)]),
            ("a\n", vec![row(0, 2, true, true), row(2, 2, true, false)]),
            ("\r\n", vec![row(0, 2, true, true), row(2, 2, true, false)]),
            ("\n\n", vec![row(0, 1, true, true), row(1, 2, true, true), row(2, 2, true, false)]),
        ] {
            let oracle = Oracle::new(open(text.as_bytes()), text.into(), shape);
            assert_eq!(oracle.rows, expected, "{text:?}");
            check_rows(&oracle).unwrap();
        }
    }
}

/// A line ending right behind a tile is in it: no row is blank that is no line.
#[test]
fn lines_of_about_a_tile() {
    for len in (NEAR - 3..NEAR + 4).chain(2 * NEAR - 3..2 * NEAR + 4).chain(BUDGET - 3..BUDGET + 3) {
        for ending in ["\n", "\r\n", ""] {
            for before in ["", "\n", "abc\n"] {
                let text = format!("{before}{}{ending}", "x".repeat(len as usize));
                for wrap in [None, Some(16)] {
                    let shape = Shape { wrap, reading: Reading::utf8(4) };
                    let oracle = Oracle::new(open(text.as_bytes()), text.clone().into(), shape);
                    check_rows(&oracle).unwrap();
                    let blank = oracle.rows.iter().filter(|row| {
                        row.ends_line && !row.begins_line && row.end - row.start <= ending.len() as u64
                    });
                    assert_eq!(blank.count(), 0, "{text:?}");
                }
            }
        }
    }
}

#[test]
fn rows_wrap_behind_white_space_or_where_they_are_full() {
    let wrapped = |text: &str, columns| {
        let snapshot = open(text.as_bytes()).snapshot();
        let mut cache = RowCache::default();
        let mut rows =
            Rows::new(&snapshot, Shape { wrap: Some(columns), reading: Reading::utf8(4) }, &mut cache);
        let mut row = rows.row_at(0).unwrap();
        let mut out = vec![text[..row.end as usize].to_string()];
        while let Some(next) = rows.next(&row).unwrap() {
            out.push(text[next.start as usize..next.end as usize].to_string());
            row = next;
        }
        out.join("|")
    };
    assert_eq!(wrapped("aaaa bbbb cc dd", 4), "aaaa |bbbb |cc |dd");
    assert_eq!(wrapped("a bbbbbbbb", 6), "a bbbb|bbbb");
    assert_eq!(wrapped("abcd\n", 4), "abcd\n|");
    assert_eq!(wrapped("abcd  e", 4), "abcd | e");
    assert_eq!(wrapped("中中中", 5), "中中|中");
    assert_eq!(wrapped("\u{1b}\u{1b}\n", 2), "\u{1b}|\u{1b}\n|");
    assert_eq!(wrapped("abc\tde", 6), "abc\tde");
    assert_eq!(wrapped("abcde\tfg", 6), "abcde|\tfg");
}

/// A long line becomes one row as soon as its chunks are counted, wherever it is looked at.
#[test]
fn counting_makes_a_long_line_one_row() {
    let mut bytes = b"first\n".to_vec();
    bytes.resize(65536 - 8, b'-');
    bytes.extend(b"\nnext");
    let start = bytes.len() as u64 - 4;
    bytes.resize(bytes.len() + 4 * 65536, b'x');
    bytes.resize(bytes.len() / 65536 * 65536 + 20, b'x');
    bytes.extend(b"\nlast");
    let end = bytes.len() as u64 - 4;
    let mut document = open(&bytes);
    let shape = Shape { wrap: None, reading: Reading::utf8(4) };
    let line = Row { start, end, begins_line: true, ends_line: true };
    let look = |document: &Document| {
        let snapshot = document.snapshot();
        [start, start + 100, 100_000, 200_000, end - 100, end - 1].map(|offset| {
            let mut cache = RowCache::default();
            Rows::new(&snapshot, shape, &mut cache).row_at(offset).unwrap()
        })
    };
    for row in look(&document) {
        assert!(row.end - row.start < 3 * NEAR, "{row:?}");
        assert!(line.start <= row.start && row.end <= line.end);
        assert_eq!((row.begins_line, row.ends_line), (row.start == start, row.end == end));
    }
    count(&mut document);
    for row in look(&document) {
        assert_eq!(row, line);
    }
}

/// While a thread counts, every row holds what was asked for; before and after, rows tile.
#[test]
fn rows_while_lines_are_counted() {
    let mut bytes = b"first\n".to_vec();
    // The ends of lines are near those of chunks, which are not shrunk as BUDGET is.
    for end in [65_000, 65_536 - 8, 5 * 65_536 + 20, 5 * 65_536 + 300, 6 * 65_536 - 1, 8 * 65_536] {
        bytes.resize(end, b'x');
        bytes.push(b'\n');
    }
    let document = open(&bytes);
    let snapshot = document.snapshot();
    let shape = Shape { wrap: None, reading: Reading::utf8(4) };
    let len = snapshot.len();
    let tiles = || {
        let mut cache = RowCache::default();
        let mut source = Rows::new(&snapshot, shape, &mut cache);
        let (mut down, mut up) = (vec![source.row_at(0).unwrap()], vec![source.row_at(len).unwrap()]);
        while let Some(next) = source.next(&down[down.len() - 1]).unwrap() {
            assert_eq!(next.start, down[down.len() - 1].end);
            down.push(next);
        }
        while let Some(previous) = source.previous(&up[up.len() - 1]).unwrap() {
            assert_eq!(previous.end, up[up.len() - 1].start);
            up.push(previous);
        }
        up.reverse();
        assert_eq!(down, up);
        down.len()
    };
    let before = tiles();
    let counting = document.counting();
    std::thread::scope(|scope| {
        scope.spawn(|| counting.run(&Cancel::default(), &Progress::default()));
        let mut cache = RowCache::default();
        for round in 0u64.. {
            let offset = round * 7919 % len;
            let row = Rows::new(&snapshot, shape, &mut cache).row_at(offset).unwrap();
            assert!(row.holds(offset, len));
            if counting.is_done() && round > 200 {
                break;
            }
        }
    });
    assert!(before > tiles());
}
