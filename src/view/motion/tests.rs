use proptest::prelude::*;

use super::*;
use crate::document::Document;
use crate::hex;
use crate::text::Reading;
use crate::view::oracle::{Oracle, oracle};
use crate::view::{RowCache, Shape};

const LEFT_TO_RIGHT: [Motion; 2] = [Motion::Right, Motion::WordRight];

fn all() -> [Motion; 12] {
    use Motion::*;
    [Left, Right, Up, Down, WordLeft, WordRight, RowStart, RowEnd, PageUp, PageDown, Start, End]
}

/// Where `motion` leads from `head`, without a goal.
fn go(rows: &mut Rows, head: u64, motion: Motion) -> u64 {
    step(rows, head, motion, &mut None, 5).unwrap()
}

fn check(oracle: &Oracle) -> Result<(), TestCaseError> {
    let snapshot = oracle.document.snapshot();
    let mut cache = RowCache::default();
    let rows = &mut Rows::new(&snapshot, oracle.shape, &mut cache);
    let bytes = &oracle.bytes;
    let stops = oracle.boundaries();
    for (index, &head) in stops.iter().enumerate().step_by(1 + stops.len() / 200) {
        let (row, at) = (&oracle.rows[oracle.row_at(head)], oracle.row_at(head) as i64);
        for motion in all() {
            let to = go(rows, head, motion);
            prop_assert!(oracle.is_boundary(to), "{motion:?} from {head} to {to}");
            let (forward, backward) = (
                LEFT_TO_RIGHT.contains(&motion)
                    || matches!(motion, Motion::Down | Motion::PageDown | Motion::End),
                matches!(
                    motion,
                    Motion::Left | Motion::WordLeft | Motion::Up | Motion::PageUp | Motion::Start
                ),
            );
            prop_assert!(!forward || to > head || head == oracle.len() || to == rows.end_of(row).unwrap());
            prop_assert!(!backward || to < head || index == 0);
        }
        prop_assert_eq!(go(rows, head, Motion::Right), stops[(index + 1).min(stops.len() - 1)]);
        prop_assert_eq!(go(rows, head, Motion::Left), stops[index.saturating_sub(1)]);
        let reading = oracle.shape.reading;
        let seen = oracle.cells.iter().rfind(|(range, cell)| range.start < head && cell.width > 0);
        let before = seen.map_or(0, |(range, _)| range.end as usize);
        prop_assert_eq!(
            delete_backward(rows, head).unwrap().end,
            if before == 0 { head } else { before as u64 }
        );
        let word = reading.word_backward(&bytes[..before], before).unwrap_or(0);
        prop_assert_eq!(go(rows, head, Motion::WordLeft), oracle.caret(word as u64));
        let word = reading.word_forward(bytes, head as usize, true).unwrap_or(bytes.len());
        prop_assert_eq!(go(rows, head, Motion::WordRight), oracle.caret(word as u64));
        let word = reading.word_range(bytes, head as usize);
        prop_assert_eq!(word_around(rows, head).unwrap(), word.start as u64..word.end as u64);

        let end = go(rows, head, Motion::RowEnd);
        prop_assert!(row.holds(end, oracle.len()));
        prop_assert_eq!(go(rows, end, Motion::RowEnd), end);
        let home = go(rows, head, Motion::RowStart);
        prop_assert!(row.holds(home, oracle.len()));
        let again = go(rows, home, Motion::RowStart);
        prop_assert!(row.start == home || row.start == again);
        prop_assert_eq!(go(rows, again, Motion::RowStart), home);
        if row.begins_line {
            let before = row.start..home.max(again);
            let mut blank = oracle.cells.iter().filter(|(range, _)| before.contains(&range.start));
            let is_blank = |range: &Range<u64>| {
                let bytes = &bytes[range.start as usize..range.end as usize];
                reading.blanks(bytes) == bytes.len()
            };
            prop_assert!(blank.all(|(range, cell)| cell.width == 0 || is_blank(range)));
        }

        // Up and down keep the column that they came from, over any rows.
        let (column, _) = rows.column_of(row, head).unwrap();
        for (motion, by) in [(Motion::Up, -1), (Motion::Down, 1), (Motion::PageUp, -4), (Motion::PageDown, 4)]
        {
            let (mut to, mut goal) = (head, None);
            for count in 1..4 {
                to = step(rows, to, motion, &mut goal, 5).unwrap();
                let there = (at + by * count).clamp(0, oracle.rows.len() as i64 - 1);
                let target = &oracle.rows[there as usize];
                prop_assert!(target.holds(to, oracle.len()));
                if (at + by * (count - 1)).clamp(0, oracle.rows.len() as i64 - 1) == there {
                    let expected = if by < 0 { target.start } else { rows.end_of(target).unwrap() };
                    prop_assert_eq!(to, expected);
                } else {
                    prop_assert_eq!(to, rows.byte_at(target, column).unwrap().0);
                }
                prop_assert_eq!(goal, Some(column));
            }
        }
    }
    // From inside a cell, or before a hidden one, as from where the caret is drawn.
    for head in (0..oracle.len()).step_by(1 + bytes.len() / 100) {
        let drawn = oracle.caret(head);
        let same_row = oracle.row_at(head) == oracle.row_at(drawn);
        use Motion::{Left, Right, WordLeft, WordRight};
        let by_cells = [Left, Right, WordLeft, WordRight].into_iter();
        for motion in by_cells.chain(all().into_iter().filter(|_| same_row)) {
            prop_assert_eq!(go(rows, head, motion), go(rows, drawn, motion), "{:?} from {}", motion, head);
        }
        prop_assert_eq!(delete_backward(rows, head).unwrap(), delete_backward(rows, drawn).unwrap());
        prop_assert_eq!(delete_forward(rows, head).unwrap(), delete_forward(rows, drawn).unwrap());
    }
    Ok(())
}

proptest! {
    #[test]
    fn carets_go_where_they_should(oracle in oracle()) {
        check(&oracle)?;
    }

    /// From inside a character, as the hex view leaves the caret, and from beyond the end.
    #[test]
    fn nothing_panics_anywhere(oracle in oracle()) {
        let snapshot = oracle.document.snapshot();
        let mut cache = RowCache::default();
        let rows = &mut Rows::new(&snapshot, oracle.shape, &mut cache);
        for head in (0..oracle.len() + 5).step_by(1 + oracle.bytes.len() / 200).chain([u64::MAX - 1, u64::MAX]) {
            for motion in all() {
                prop_assert!(go(rows, head, motion) <= oracle.len());
            }
            let _ = delete_backward(rows, head).unwrap();
            let _ = delete_forward(rows, head).unwrap();
            let word = word_around(rows, head).unwrap();
            let line = line_around(rows, head).unwrap();
            prop_assert!(word.start <= word.end && word.end <= oracle.len());
            prop_assert!(line.start <= line.end && line.end <= oracle.len());
        }
    }

    /// Against the rows of a small document, counted one by one.
    #[test]
    fn hex_motions_stay_in_rows(
        len in 0u64..200,
        head in 0u64..200,
        size in (1u32..40, 0u64..50),
        page in 0usize..6,
    ) {
        let head = head.min(len);
        let mut view = HexView::default();
        let rows = hex::Rows::new(size.0, 1, size.1);
        view.set_rows(rows);
        let go = |motion| step_hex(&view, head, motion, len, 8, page);
        let by = page.max(2) as i64 - 1;
        for (motion, by) in [(Motion::Up, -1), (Motion::Down, 1), (Motion::PageUp, -by), (Motion::PageDown, by)] {
            let there = rows.row(head).saturating_add_signed(by).min(rows.row(len));
            let there: Vec<u64> = (0..=len).filter(|&at| rows.row(at) == there).collect();
            let near = there.iter().min_by_key(|&&at| rows.column(at).abs_diff(rows.column(head)));
            prop_assert_eq!(Some(&go(motion)), near);
        }
        let row: Vec<u64> = (0..=len).filter(|&at| rows.row(at) == rows.row(head)).collect();
        prop_assert_eq!(go(Motion::RowStart), row[0]);
        prop_assert_eq!(go(Motion::RowEnd), row[row.len() - 1]);
        prop_assert_eq!(go(Motion::Left), head.saturating_sub(1));
        prop_assert_eq!(go(Motion::Right), (head + 1).min(len));
        prop_assert_eq!((go(Motion::Start), go(Motion::End)), (0, len));
        let (left, right) = (go(Motion::WordLeft), go(Motion::WordRight));
        prop_assert!(left % 8 == 0 && (left < head || head == 0) && head - left <= 8);
        prop_assert!((right % 8 == 0 || right == len) && (right > head || head == len) && right - head <= 8);
    }
}

fn in_text(text: &str, work: impl FnOnce(&mut Rows)) {
    let document = Document::open(std::sync::Arc::new(crate::source::Memory::new(text.as_bytes())));
    let snapshot = document.snapshot();
    let mut cache = RowCache::default();
    work(&mut Rows::new(&snapshot, Shape { wrap: None, reading: Reading::utf8(4) }, &mut cache));
}

#[test]
fn words_longer_than_the_window_are_crossed_in_steps() {
    let word = "é".repeat(3 * WORD as usize / 4);
    let text = format!("a {word} b");
    let end = word.len() as u64 + 2;
    in_text(&text, |rows| {
        let (mut at, mut steps) = (2, 0);
        while at < end {
            let to = go(rows, at, Motion::WordRight);
            assert!(to > at && text.is_char_boundary(to as usize));
            (at, steps) = (to, steps + 1);
        }
        assert_eq!((at, steps), (end, 2));
        while at > 2 {
            let to = go(rows, at, Motion::WordLeft);
            assert!(to < at && text.is_char_boundary(to as usize));
            (at, steps) = (to, steps + 1);
        }
        assert_eq!((at, steps), (2, 4));
        assert_eq!(go(rows, 2, Motion::WordLeft), 0);
        let around = word_around(rows, end / 2).unwrap();
        assert!(text.is_char_boundary(around.start as usize) && text.is_char_boundary(around.end as usize));
    });
}

#[test]
fn home_goes_to_the_first_character_then_to_the_start() {
    in_text("  ab\n    \n\tc", |rows| {
        assert_eq!(go(rows, 4, Motion::RowStart), 2);
        assert_eq!(go(rows, 2, Motion::RowStart), 0);
        assert_eq!(go(rows, 0, Motion::RowStart), 2);
        assert_eq!(go(rows, 5, Motion::RowStart), 9);
        assert_eq!(go(rows, 12, Motion::RowStart), 11);
    });
}
