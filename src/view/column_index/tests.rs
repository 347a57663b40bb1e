use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::document::{Content, Document, Replacement, StepKind};
use crate::view::oracle::{self, Oracle, Part, contents, count, fragment, reading, stored};
use crate::view::rows::WALK;
use crate::view::{Row, RowCache, Rows, Shape};

fn open(bytes: &[u8], reading: Reading) -> Document {
    let mut document = oracle::open(bytes, reading);
    count(&mut document);
    document
}

fn build(oracle: &Oracle, line: Range<u64>) -> ColumnIndex {
    let snapshot = oracle.document.snapshot();
    let progress = Progress::default();
    let len = line.end - line.start;
    let index = ColumnIndex::build(&snapshot, line, oracle.shape.reading, &Cancel::default(), &progress);
    assert_eq!((progress.done(), progress.total()), (len, len));
    index.unwrap()
}

/// Is it a line, not a tile of one?
fn is_line(oracle: &Oracle, row: &Row) -> bool {
    row.begins_line && (row.ends_line || row.is_last(oracle.len()))
}

/// All columns that are said to be known are right. Returns whether all are known.
fn check(oracle: &Oracle, rows: &mut Rows) -> Result<bool, TestCaseError> {
    let mut all = true;
    for row in oracle.rows.iter().filter(|row| is_line(oracle, row)) {
        for (range, column, cell) in oracle.row_cells(row) {
            let (there, known) = rows.column_of(row, range.start).unwrap();
            all &= known;
            if known {
                prop_assert_eq!(there, column, "at {}", range.start);
                if cell.width > 0 {
                    prop_assert_eq!(rows.byte_at(row, column).unwrap(), (range.start, column));
                }
            }
        }
    }
    Ok(all)
}

/// Lines of any length, or a single one: of longer ones the ends are not found (BUDGET is shrunk, chunks are not).
fn lines() -> impl Strategy<Value = (Vec<u8>, Shape)> {
    (contents(), contents(), any::<bool>(), reading()).prop_map(|(first, second, single, reading)| {
        let mut bytes = stored(&[first, second].concat(), reading);
        let width = reading.line_break.width() as usize;
        while let Some(at) = reading.line_break.find(&bytes, 0).filter(|_| single) {
            bytes.drain(at..at + width);
        }
        (bytes, Shape { wrap: None, reading })
    })
}

type Edit = (prop::sample::Index, usize, Vec<Part>);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let removed = prop_oneof![4 => 0..3usize, 1 => 0..300usize];
    let new =
        prop_oneof![3 => fragment().prop_map(|part| vec![part]), 1 => Just(Vec::new()), 1 => contents()];
    prop::collection::vec((any::<prop::sample::Index>(), removed, new), 1..4)
}

/// Replaces several parts at once.
fn edit(document: &mut Document, bytes: &mut Vec<u8>, edits: &[Edit], reading: Reading) -> EditSet {
    let mut places: Vec<_> = edits
        .iter()
        .map(|(at, removed, new)| {
            let start = at.index(bytes.len() + 1);
            (start..(start + removed).min(bytes.len()), stored(new, reading))
        })
        .collect();
    places.sort_by_key(|(range, _)| (range.start, range.end));
    let mut end = None;
    places.retain(|(range, _)| {
        let free = end.is_none_or(|end| range.start > end);
        if free {
            end = Some(range.end);
        }
        free
    });
    let replacements = places.iter().map(|(range, new)| Replacement {
        range: range.start as u64..range.end as u64,
        content: Content::Bytes(new.clone()),
    });
    let applied =
        document.edit(replacements.collect(), StepKind::Whole("Test"), &[], Duration::ZERO).unwrap();
    for (range, new) in places.into_iter().rev() {
        bytes.splice(range, new);
    }
    applied.edits
}

proptest! {
    #[test]
    fn an_index_knows_every_column((bytes, shape) in lines()) {
        let oracle = Oracle::new(open(&bytes, shape.reading), bytes, shape);
        let snapshot = oracle.document.snapshot();
        let mut cache = RowCache::default();
        let _ = Rows::new(&snapshot, oracle.shape, &mut cache);
        for row in oracle.rows.iter().filter(|row| is_line(&oracle, row)) {
            let index = build(&oracle, row.start..row.end);
            let last = oracle.row_cells(row).last().map_or(0, |(_, column, cell)| {
                column + if cell.kind == crate::text::CellKind::LineEnd { 0 } else { u64::from(cell.width) }
            });
            prop_assert_eq!(index.known(), (row.end, last));
            prop_assert_eq!(index.line(), row.start..row.end);
            cache.put_columns(index);
        }
        let mut rows = Rows::new(&snapshot, oracle.shape, &mut cache);
        prop_assert!(check(&oracle, &mut rows)?);
        prop_assert_eq!(rows.walk_left, WALK);
        prop_assert_eq!(cache.wants_columns(), None);
    }

    /// Each screen walks on, and none says what is wrong.
    #[test]
    fn columns_are_known_in_the_end((bytes, shape) in lines()) {
        let oracle = Oracle::new(open(&bytes, shape.reading), bytes, shape);
        let snapshot = oracle.document.snapshot();
        let mut cache = RowCache::default();
        let screens = 8 + 8 * oracle.len() / WALK;
        for screen in 0.. {
            prop_assert!(screen <= screens);
            if check(&oracle, &mut Rows::new(&snapshot, oracle.shape, &mut cache))? {
                break;
            }
            let wanted = cache.wants_columns().unwrap();
            prop_assert!(oracle.rows.iter().any(|row| (row.start..row.end) == wanted));
        }
    }

    /// Whatever is kept after edits is right, and everything comes to be known again.
    #[test]
    fn edits_are_followed(
        (mut bytes, shape) in lines(),
        steps in prop::collection::vec((edits(), any::<bool>()), 1..4),
    ) {
        let mut document = open(&bytes, shape.reading);
        let mut cache = RowCache::default();
        for (edits, build_first) in steps {
            let oracle = Oracle::new(document, bytes, shape);
            let snapshot = oracle.document.snapshot();
            check(&oracle, &mut Rows::new(&snapshot, oracle.shape, &mut cache))?;
            // What it wanted, it may have walked over meanwhile.
            if let Some(wanted) = cache.wants_columns().filter(|_| build_first) {
                cache.put_columns(build(&oracle, wanted));
                prop_assert_eq!(cache.wants_columns(), None);
                check(&oracle, &mut Rows::new(&snapshot, oracle.shape, &mut cache))?;
            }
            (document, bytes) = (oracle.document, oracle.bytes);
            let edits = edit(&mut document, &mut bytes, &edits, shape.reading);
            cache.follow(&edits, document.snapshot().revision());
        }
        count(&mut document);
        let oracle = Oracle::new(document, bytes, shape);
        let snapshot = oracle.document.snapshot();
        for screen in 0.. {
            prop_assert!(screen <= 8 + 8 * oracle.len() / WALK);
            if check(&oracle, &mut Rows::new(&snapshot, oracle.shape, &mut cache))? {
                break;
            }
        }
    }

    /// What is put together from parts is what the whole is, wherever it starts.
    #[test]
    fn advances_add_up(parts in prop::collection::vec((0u64..20, prop::option::of(0u64..20)), 0..6), tab in 1u64..9, at in 0u64..40) {
        let mut all = Advance::default();
        let mut column = at;
        for (head, tail) in parts {
            let part = Advance { head, tail, tab };
            column = part.column(column);
            all.add(&part);
        }
        prop_assert_eq!(all.column(at), column);
    }
}

#[test]
fn a_cancelled_build_is_none() {
    let document = open(b"some text", Reading::utf8(4));
    let cancel = Cancel::default();
    cancel.cancel();
    let line = 0..document.len();
    let index =
        ColumnIndex::build(&document.snapshot(), line, Reading::utf8(4), &cancel, &Progress::default());
    assert!(index.is_none());
}

/// Typing in the middle leaves one stretch to walk over, not the line.
#[test]
fn a_key_unsettles_one_stretch() {
    let bytes = "a\tword é 界 ".repeat(20_000).into_bytes();
    let reading = Reading::utf8(4);
    let mut oracle = Oracle::new(open(&bytes, reading), Vec::new(), Shape { wrap: None, reading });
    let len = bytes.len() as u64;
    let index = build(&oracle, 0..len);
    let at = len / 2 / 14 * 14;
    let one = Replacement { range: at..at, content: Content::Text("x".into()) };
    let applied = oracle.document.edit(vec![one], StepKind::Whole("Test"), &[], Duration::ZERO).unwrap();
    let index = index.after(&applied.edits).unwrap();
    assert_eq!(index.line(), 0..len + 1);
    let unknown = index.stretches.summary().unknown;
    assert!(0 < unknown && unknown <= 2 * MAX_CLUSTER as u64 + 2 * NEAR, "{unknown} bytes");
    index.stretches.assert_invariants();
}
