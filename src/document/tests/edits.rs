//! Edit sets against a naive mapping, and which edits become one step.

use std::ops::Range;
use std::time::Duration;

use proptest::prelude::*;

use super::source::Plain;
use crate::document::edit_set::EditSet;
use crate::document::*;

/// A random set of edits of a document of `len` bytes, from (gap, removed, inserted) each.
fn edit_set(len: u64, parts: &[(u8, u8, u8)]) -> EditSet {
    let mut end = 0;
    let mut replacements = Vec::new();
    for (gap, removed, inserted) in parts {
        let start = end + u64::from(*gap);
        if start > len {
            break;
        }
        end = (start + u64::from(*removed)).min(len);
        replacements.push((start..end, u64::from(*inserted)));
    }
    EditSet::new(replacements)
}

#[test]
fn a_hole_is_where_nothing_was_written() {
    let mut document = Document::open(Plain::new([&b"ab"[..], &[0; 20], b"cd"].concat()));
    let holes = |document: &Document| {
        let snapshot = document.snapshot();
        (0..snapshot.len() + 2).map(|at| snapshot.hole_at(at)).collect::<Vec<_>>()
    };
    let expected = |runs: &[(usize, Option<Range<u64>>)]| -> Vec<_> {
        runs.iter().flat_map(|(count, hole)| vec![hole.clone(); *count]).collect()
    };
    assert_eq!(holes(&document), expected(&[(2, None), (20, Some(2..22)), (4, None)]));
    // Zeros that are typed are bytes like others, and what stands behind them moves.
    let typed = Replacement { range: 10..12, content: Content::Bytes(vec![0; 5]) };
    document.edit(vec![typed], StepKind::Typing, &[], Duration::ZERO).unwrap();
    let cut = [(2, None), (8, Some(2..10)), (5, None), (10, Some(15..25)), (4, None)];
    assert_eq!(holes(&document), expected(&cut));
}

/// Applies a set to a document of distinct bytes: what is kept keeps its name, what is new has a name above `fresh`.
fn apply(edits: &EditSet, names: &[u32], fresh: u32) -> Vec<u32> {
    let mut result = Vec::new();
    let mut end = 0;
    for (old, new) in edits.ranges() {
        result.extend_from_slice(&names[end..old.start as usize]);
        assert_eq!(result.len() as u64, new.start);
        result.extend((new.start..new.end).map(|at| fresh + at as u32));
        end = old.end as usize;
    }
    result.extend_from_slice(&names[end..]);
    result
}

fn parts() -> impl Strategy<Value = Vec<(u8, u8, u8)>> {
    prop::collection::vec((0u8..6, 0u8..5, 0u8..5), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn positions_are_mapped_to_the_same_byte(parts in parts()) {
        let names: Vec<u32> = (0..40).collect();
        let edits = edit_set(40, &parts);
        let after = apply(&edits, &names, 1000);
        for position in 0..=40u64 {
            let (before, behind) = (edits.map(position, Bias::Before), edits.map(position, Bias::After));
            prop_assert!(before <= behind && behind <= after.len() as u64);
            // A byte that is kept has its position between those of its two sides.
            if let Some(place) = after.iter().position(|name| u64::from(*name) == position) {
                prop_assert_eq!(behind, place as u64);
            }
            if let Some(place) = after.iter().position(|name| u64::from(*name) + 1 == position) {
                prop_assert_eq!(before, place as u64 + 1);
            }
            // Inside of a replaced range: its two ends.
            for (old, new) in edits.ranges() {
                if old.start < position && position < old.end {
                    prop_assert_eq!((before, behind), (new.start, new.end));
                }
            }
            if position > 0 {
                prop_assert!(edits.map(position - 1, Bias::Before) <= before);
                prop_assert!(edits.map(position - 1, Bias::After) <= behind);
            }
        }
    }

    #[test]
    fn the_inverse_goes_back(parts in parts()) {
        let edits = edit_set(40, &parts);
        let back: Vec<_> = edits.invert().ranges().map(|(old, new)| (new, old)).collect();
        prop_assert_eq!(back, edits.ranges().collect::<Vec<_>>());
    }

    #[test]
    fn two_sets_in_one_keep_what_both_keep(one in parts(), two in parts(), three in parts()) {
        let names: Vec<u32> = (0..40).collect();
        let first = edit_set(40, &one);
        let middle = apply(&first, &names, 1000);
        let second = edit_set(middle.len() as u64, &two);
        let after = apply(&second, &middle, 2000);
        check_composed(&first.compose(&second), &names, &after);
        let third = edit_set(after.len() as u64, &three);
        let last = apply(&third, &after, 4000);
        check_composed(&EditSet::compose_all(&[first, second, third]), &names, &last);
    }
}

/// `both` keeps the same of `names` as did two or more sets one after the other.
fn check_composed(both: &EditSet, names: &[u32], after: &[u32]) {
    let composed = apply(both, names, 9000);
    assert_eq!(composed.len(), after.len());
    for (composed, after) in composed.iter().zip(after) {
        assert!(*composed >= 9000 || composed == after);
    }
    let kept = |names: &[u32]| names.iter().filter(|name| **name < 1000).count();
    assert_eq!(kept(&composed), kept(after));
    let ranges: Vec<_> = both.ranges().collect();
    let in_order = |pair: &[(Range<u64>, Range<u64>)]| {
        pair[0].0.end <= pair[1].0.start && pair[0].1.end <= pair[1].1.start
    };
    assert!(ranges.windows(2).all(in_order));
}

/// Carries out `edits` of (milliseconds since the one before, kind, range, text), undoes step by step, and
/// expects these contents.
fn check(start: &str, edits: &[(u64, StepKind, Range<u64>, &str)], undone: &[&str]) {
    let mut document = Document::open(Plain::new(start.as_bytes()));
    let mut now = Duration::ZERO;
    for (pause, kind, range, text) in edits {
        now += Duration::from_millis(*pause);
        let replacement = Replacement { range: range.clone(), content: Content::Text((*text).into()) };
        let head = range.end;
        document.edit(vec![replacement], *kind, &[Caret { anchor: head, head }], now).unwrap();
    }
    let contents = |document: &Document| String::from_utf8(document.snapshot().read(0..99).unwrap()).unwrap();
    let mut steps = Vec::new();
    while document.undo().is_some() {
        steps.push(contents(&document));
    }
    assert_eq!(steps, undone);
    assert!(!document.is_modified());
    while document.redo().is_some() {
        assert_eq!(steps.pop().map(|before| before == contents(&document)), Some(false));
    }
    document.assert_invariants();
}

use StepKind::{DeleteBackward, DeleteForward, Overwrite, Typing, Whole};

#[test]
fn typing_is_undone_word_by_word() {
    let keys: Vec<_> = "one  two\n\n3"
        .char_indices()
        .map(|(at, _)| (10, Typing, at as u64..at as u64, &"one  two\n\n3"[at..=at]))
        .collect();
    check("", &keys, &["one  two\n\n", "one  two\n", "one  ", ""]);
}

#[test]
fn a_pause_ends_a_step() {
    check("", &[(0, Typing, 0..0, "a"), (999, Typing, 1..1, "b"), (1000, Typing, 2..2, "c")], &["ab", ""]);
}

#[test]
fn typing_elsewhere_is_another_step() {
    check("xyz", &[(0, Typing, 1..1, "a"), (1, Typing, 4..4, "b")], &["xayz", "xyz"]);
}

#[test]
fn typing_over_a_selection_is_one_step_with_what_follows() {
    check("selected", &[(0, Typing, 0..8, "a"), (1, Typing, 1..1, "b")], &["selected"]);
}

#[test]
fn deletions_coalesce_with_their_kind() {
    check("abcdef", &[(0, DeleteBackward, 2..3, ""), (1, DeleteBackward, 1..2, "")], &["abcdef"]);
    check("abcdef", &[(0, DeleteForward, 1..2, ""), (1, DeleteForward, 1..2, "")], &["abcdef"]);
    check("abcdef", &[(0, DeleteForward, 1..2, ""), (1, DeleteBackward, 0..1, "")], &["acdef", "abcdef"]);
}

#[test]
fn two_nibbles_and_the_next_byte_are_one_step() {
    let nibbles = [(0, Overwrite, 1..2, "4"), (1, Overwrite, 1..2, "B"), (1, Overwrite, 2..3, "C")];
    check("abcd", &nibbles, &["abcd"]);
    check("abcd", &[(0, Overwrite, 1..2, "B"), (1, Overwrite, 3..4, "D")], &["aBcd", "abcd"]);
}

#[test]
fn whole_steps_stand_alone() {
    check("", &[(0, Whole("Paste"), 0..0, "a"), (0, Whole("Paste"), 1..1, "b")], &["a", ""]);
}

#[test]
fn undo_gives_back_the_carets_and_names_the_step() {
    let mut document = Document::open(Plain::new(*b"abc"));
    assert_eq!((document.undo_name(), document.redo_name()), (None, None));
    let carets = [Caret { anchor: 3, head: 1 }];
    let replacements =
        [0, 2].map(|at| Replacement { range: at..at + 1, content: Content::Text("xyz".into()) });
    let applied = document.edit(replacements.into(), Whole("Paste"), &carets, Duration::ZERO).unwrap();
    let behind = [3, 7].map(|head| Caret { anchor: head, head });
    assert_eq!(applied.carets, behind);
    assert_eq!(document.undo_name(), Some("Paste"));
    assert_eq!(document.undo().unwrap().carets, carets);
    assert_eq!((document.undo_name(), document.redo_name()), (None, Some("Paste")));
    assert_eq!(document.redo().unwrap().carets, behind);
}

#[test]
fn many_carets_type_as_one_step() {
    let mut document = Document::open(Plain::new(*b"a\nb\nc"));
    let mut positions = [1, 3, 5];
    for letter in ["x", "y"] {
        let replacements =
            positions.map(|at| Replacement { range: at..at, content: Content::Text(letter.into()) });
        let applied = document.edit(replacements.into(), Typing, &[], Duration::ZERO).unwrap();
        positions = [0, 1, 2].map(|index| applied.carets[index].head);
    }
    assert_eq!(document.snapshot().read(0..99).unwrap(), b"axy\nbxy\ncxy");
    document.undo().unwrap();
    assert_eq!(document.snapshot().read(0..99).unwrap(), b"a\nb\nc");
    assert!(document.undo().is_none());
}

#[test]
fn ranges_out_of_bounds_or_order_change_nothing() {
    let mut document = Document::open(Plain::new(*b"abc"));
    let text = |range| Replacement { range, content: Content::Text("x".into()) };
    #[expect(clippy::reversed_empty_ranges)]
    let bad = [vec![text(3..4)], vec![text(2..1)], vec![text(1..3), text(2..3)]];
    for replacements in bad {
        assert!(document.edit(replacements, Typing, &[], Duration::ZERO).is_err());
    }
    assert!(!document.is_modified());
    assert_eq!(document.snapshot().revision(), 0);
    let nothing = Replacement { range: 1..1, content: Content::Text(String::new()) };
    document.edit(vec![nothing], Typing, &[], Duration::ZERO).unwrap();
    assert!(!document.is_modified() && document.undo_name().is_none());
}

fn type_at(document: &mut Document, at: u64, text: &str) {
    let replacement = Replacement { range: at..at, content: Content::Text(text.into()) };
    document.edit(vec![replacement], Typing, &[], Duration::ZERO).unwrap();
}

#[test]
fn the_document_is_modified_unless_it_is_in_the_saved_state() {
    let mut document = Document::open(Plain::new(*b"abc"));
    type_at(&mut document, 3, "d");
    assert!(document.is_modified());
    document.rest_on(&document.snapshot(), Plain::new(*b"abcd"), None);
    assert!(!document.is_modified());
    // Saving ends the step, so that undo stops at what is on disk.
    type_at(&mut document, 4, "e");
    assert!(document.is_modified());
    document.undo().unwrap();
    assert!(!document.is_modified());
    document.undo().unwrap();
    assert!(document.is_modified());
    document.redo().unwrap();
    assert!(!document.is_modified());
    // What was saved cannot be reached any more.
    document.undo().unwrap();
    type_at(&mut document, 3, "d");
    assert!(document.is_modified() && document.redo_name().is_none());
    document.undo().unwrap();
    assert!(document.is_modified());
}

#[test]
fn what_was_typed_while_saving_is_replayed() {
    let mut document = Document::open(Plain::new(*b"abc"));
    type_at(&mut document, 1, "x");
    document.end_step();
    let saving = document.snapshot();
    type_at(&mut document, 2, "y");
    document.undo().unwrap();
    document.undo().unwrap();
    type_at(&mut document, 0, "z");
    document.rest_on(&saving, Plain::new(*b"axbc"), None);
    assert!(document.is_modified());
    assert_eq!(document.snapshot().read(0..99).unwrap(), b"zabc");
    document.undo().unwrap();
    assert_eq!(document.snapshot().read(0..99).unwrap(), b"abc");
    document.assert_invariants();
}

#[test]
fn a_long_chain_of_moments_is_dropped_one_by_one() {
    let mut document = Document::new();
    let first = document.snapshot();
    for _ in 0..100_000 {
        type_at(&mut document, 0, "x");
    }
    let grown: Vec<_> = first.edits_since().ranges().collect();
    assert_eq!(grown, [(0..0, 0..100_000)]);
    drop(document);
    drop(first);
}
