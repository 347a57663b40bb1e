use proptest::prelude::*;

use super::*;
use crate::document::{Content, Document, Replacement, StepKind};

#[test]
fn scrolls_past_two_to_the_32_rows() {
    // IPED#28: scrolling broke after 2^32 rows of 16 bytes.
    let len = 1 << 40;
    let mut view = HexView::default();
    view.scroll_to((1 << 36) + 5, len, 10);
    assert_eq!(view.top, 1 << 36);
    view.scroll(2.5, len, 10);
    assert_eq!((view.top, view.fraction), ((1 << 36) + 32, 0.5));
    view.scroll(-3.0, len, 10);
    assert_eq!((view.top, view.fraction), ((1 << 36) - 16, 0.5));
    view.scroll_to(u64::MAX, len, 10);
    assert_eq!(view.top, len - 9 * 16);
}

#[test]
fn reveals_with_little_movement_when_near_and_in_the_middle_when_far() {
    let mut view = HexView::default();
    view.reveal(16 * 12, 16 * 1000, 10);
    assert_eq!(view.top, 16 * 3);
    view.reveal(16 * 500, 16 * 1000, 10);
    assert_eq!(view.top, 16 * 495);
    view.reveal(16 * 494, 16 * 1000, 10);
    assert_eq!(view.top, 16 * 494);
    view.reveal(0, 16 * 1000, 10);
    assert_eq!(view.top, 0);
}

/// Rows of a small document, counted one by one.
fn starts(rows: &Rows, len: u64) -> Vec<u64> {
    (0..=len).filter(|&at| rows.row_start(at) == at).collect()
}

proptest! {
    #[test]
    fn views_go_by_rows(
        (len, size, origin, page) in (0u64..300, 1u32..40, 0u64..50, 1usize..12),
        (top, eighths, offset) in (any::<prop::sample::Index>(), -80i32..80, 0u64..400),
        fraction in 0..8u8,
    ) {
        let rows = Rows::new(size, 1, origin);
        let starts = starts(&rows, len);
        let index = |view: &HexView| starts.iter().position(|&start| start == view.top).unwrap();
        let mut view = HexView::default();
        view.set_rows(rows);
        view.top = starts[top.index(starts.len())];
        view.fraction = f32::from(fraction) / 8.0;
        let before = view;
        let last = starts.len().saturating_sub(page);
        prop_assert_eq!(view.last_top(len, page), starts[last]);

        // Scrolling, and back.
        let by = eighths as f32 / 8.0;
        view.scroll(by, len, page);
        prop_assert!((0.0..1.0).contains(&view.fraction));
        let to = index(&before) as f32 + before.fraction + by;
        let to = if by > 0.0 { to.min(last as f32) } else { to.max(0.0) };
        prop_assert_eq!(index(&view) as f32 + view.fraction, to);

        // The scrollbar.
        view.scroll_to(offset, len, page);
        prop_assert_eq!(view.top, rows.row_start(offset).min(starts[last]));
        prop_assert_eq!(view.fraction, 0.0);

        // The caret.
        let offset = offset.min(len);
        let row = starts.iter().rposition(|&start| start <= offset).unwrap();
        let shows = |view: &HexView| {
            let hidden = usize::from(view.fraction > 0.0);
            index(view) + hidden <= row && row < index(view) + page
        };
        let mut view = before;
        view.reveal(offset, len, page);
        prop_assert!(shows(&view), "{:?} does not show {}", view, offset);
        prop_assert!(!shows(&before) || view == before);

        // What is on screen.
        let bytes: Vec<u8> = (0..len).map(|at| at as u8).collect();
        let document = Document::open(std::sync::Arc::new(crate::source::Memory::new(bytes.clone())));
        let shown = view.page(&document.snapshot(), page);
        prop_assert_eq!(shown.rows, page.min(starts.len() - index(&view)) as u64);
        let end = starts.get(index(&view) + page).map_or(len, |&end| end);
        prop_assert_eq!(shown.window.bytes, &bytes[view.top as usize..end as usize]);
    }

    #[test]
    fn nothing_panics_anywhere(
        (len, size, origin, page) in (any::<u64>(), any::<u32>(), any::<u64>(), any::<usize>()),
        (top, by, offset) in (any::<u64>(), any::<f32>(), any::<u64>()),
    ) {
        let mut view = HexView::default();
        view.set_rows(Rows::new(size, 1, origin));
        view.top = top;
        let document = Document::open(std::sync::Arc::new(crate::source::Memory::new(&b"some"[..])));
        view.scroll(by, len, page);
        view.reveal(offset, len, page);
        view.scroll_to(offset, len, page);
        view.top = top;
        let _ = view.page(&document.snapshot(), 10);
        prop_assert!(view.top <= 4);
    }
}

/// An image of a disk of which one block is stored.
#[test]
fn a_page_knows_its_holes_even_where_rows_lie_across_their_ends() {
    use std::os::unix::fs::FileExt;
    let file = tempfile::tempfile().unwrap();
    file.set_len(1 << 40).unwrap();
    file.write_all_at(&[1; 4096], 1 << 20).unwrap();
    let source = std::sync::Arc::new(crate::source::Positional::new(file).unwrap());
    let mut document = Document::open(source);
    let page = |document: &Document, at| {
        let mut view = HexView::default();
        view.set_rows(Rows::new(16, 1, 5));
        view.scroll_to(at, document.len(), 4);
        view.page(&document.snapshot(), 4).holes
    };
    assert_eq!(page(&document, (1 << 20) - 20), [], "nobody has asked");
    let island = 1 << 20..(1 << 20) + 4096;
    document.snapshot().read(island.start - 100..island.end + 100).unwrap();
    let before = island.start - 100..island.start;
    assert_eq!(page(&document, island.start - 20), std::slice::from_ref(&before));
    assert_eq!(page(&document, island.start + 100), []);
    let behind = island.end..1 << 40;
    assert_eq!(page(&document, island.end - 30), std::slice::from_ref(&behind));
    // Zeros that were typed are none.
    let replacement =
        Replacement { range: island.end + 10..island.end + 11, content: Content::Bytes(vec![0]) };
    document.edit(vec![replacement], StepKind::Overwrite, &[], std::time::Duration::ZERO).unwrap();
    assert_eq!(page(&document, island.end - 30), [island.end..island.end + 10, island.end + 11..behind.end]);
}
