//! What differs from a base: listed, taken back, one by one.

use std::ops::Range;
use std::time::Duration;

use super::source::Plain;
use crate::document::*;
use crate::source::{Cancel, Progress};

/// Applied to the base, the differences give the contents; they are told window by window as they are told at once.
pub fn check_differences(snapshot: &Snapshot, since: Since, base: &[u8], contents: &[u8]) {
    assert_eq!(snapshot.base_len(since), base.len() as u64);
    let all: Vec<Difference> = snapshot.differences(since, 0..u64::MAX).collect();
    assert_eq!(apply(base, contents, &all), contents, "{all:?}");
    if snapshot.has_base(since) {
        assert_eq!(snapshot.read_base(since, 0..u64::MAX).unwrap(), base);
    }
    let mut ends = (None, None);
    for Difference { old, new } in &all {
        assert!(!old.is_empty() || !new.is_empty());
        assert!(ends.0.is_none_or(|end| end < old.start) && ends.1.is_none_or(|end| end < new.start));
        ends = (Some(old.end), Some(new.end));
    }
    for size in [1, 3, 16] {
        let mut windows = Vec::new();
        let mut starts = Vec::new();
        for at in (0..=contents.len() as u64).step_by(size) {
            let range = at..at + size as u64;
            windows.extend(snapshot.differences(since, range.clone()));
            starts.extend(snapshot.differences(since, range).starts());
        }
        assert_eq!(windows, all);
        assert_eq!(starts, all.iter().map(|difference| difference.new.start).collect::<Vec<_>>());
    }
    for at in 0..=contents.len() as u64 {
        let touches = |difference: &&Difference| difference.new.start <= at && at <= difference.new.end;
        let there = all.iter().rfind(touches).cloned();
        assert_eq!(snapshot.difference_at(since, at, &|_| true), there, "at {at} of {all:?}");
    }
    // Who has enough is told of none, or of a whole one.
    for most in 0..all.len() as u32 + 2 {
        let left = std::cell::Cell::new(most);
        let go_on = |_| left.replace(left.get().saturating_sub(1)) > 0;
        let told: Vec<_> = snapshot.differences_while(since, 0..u64::MAX, &go_on).collect();
        assert!(all.starts_with(&told), "{told:?} of {all:?}");
    }
    let mut at = 0;
    while at < contents.len() as u64 {
        let end = snapshot.run_end(at);
        assert!(at < end && end <= contents.len() as u64);
        at = end;
    }
}

/// Takes back one of the differences, and finds all others as they were. Says what the contents are then.
pub fn check_reverting(
    document: &mut Document,
    since: Since,
    which: usize,
    base: &[u8],
    contents: &[u8],
) -> Option<(Vec<u8>, Applied)> {
    let all: Vec<Difference> = document.snapshot().differences(since, 0..u64::MAX).collect();
    let index = which % all.len().max(1);
    let difference = all.get(index)?;
    let snapshot = document.snapshot();
    let applied = document.revert(&snapshot, since, difference, &[], Duration::ZERO).unwrap();
    let Difference { old, new } = difference;
    let mut expected = contents.to_vec();
    let bytes = |range: &Range<u64>| range.start as usize..range.end as usize;
    expected.splice(bytes(new), base[bytes(old)].iter().copied());
    let grown = (old.end - old.start).wrapping_sub(new.end - new.start);
    let moved = |difference: &Difference| {
        let Difference { old, new } = difference.clone();
        Difference { old, new: new.start.wrapping_add(grown)..new.end.wrapping_add(grown) }
    };
    let others: Vec<Difference> =
        all[..index].iter().cloned().chain(all[index + 1..].iter().map(moved)).collect();
    assert_eq!(document.snapshot().differences(since, 0..u64::MAX).collect::<Vec<_>>(), others);
    if !document.is_modified() {
        assert_eq!(document.snapshot().differences(Since::Saved, 0..u64::MAX).count(), 0);
    }
    Some((expected, applied))
}

/// The base with differences made in it.
fn apply(base: &[u8], contents: &[u8], differences: &[Difference]) -> Vec<u8> {
    let mut made = Vec::new();
    let mut at = 0;
    for Difference { old, new } in differences {
        made.extend_from_slice(&base[at..old.start as usize]);
        assert_eq!(made.len() as u64, new.start, "it says where it is");
        made.extend_from_slice(&contents[new.start as usize..new.end as usize]);
        at = old.end as usize;
    }
    made.extend_from_slice(&base[at..]);
    made
}

fn replace(document: &mut Document, range: Range<u64>, content: Content) {
    let replacement = Replacement { range, content };
    document.edit(vec![replacement], StepKind::Whole("Edit"), &[], Duration::ZERO).unwrap();
}

#[test]
fn what_was_moved_is_gone_in_one_place_and_new_in_another() {
    let mut document = Document::open(Plain::new(*b"0123456789"));
    let cut = document.snapshot().slice(2..4);
    replace(&mut document, 2..4, Content::Text(String::new()));
    replace(&mut document, 6..6, Content::Slice(cut));
    let all: Vec<_> = document.snapshot().differences(Since::Saved, 0..99).collect();
    assert_eq!(all, [Difference { old: 2..4, new: 2..2 }, Difference { old: 8..8, new: 6..8 }]);
    let snapshot = document.snapshot();
    document.revert(&snapshot, Since::Saved, &all[0], &[], Duration::ZERO).unwrap();
    assert_eq!(document.snapshot().read(0..99).unwrap(), b"012345672389");
    assert!(document.is_modified());
}

#[test]
fn who_takes_back_the_last_edit_has_nothing_to_save() {
    let mut document = Document::open(Plain::new(*b"0123456789"));
    replace(&mut document, 2..4, Content::Text("x".into()));
    replace(&mut document, 7..7, Content::Text("y".into()));
    for _ in 0..2 {
        let snapshot = document.snapshot();
        let first = snapshot.differences(Since::Saved, 0..99).next().unwrap();
        document.revert(&snapshot, Since::Saved, &first, &[], Duration::ZERO).unwrap();
    }
    assert!(!document.is_modified());
    assert_eq!(document.snapshot().read(0..99).unwrap(), b"0123456789");
    document.undo();
    assert!(document.is_modified());
    document.redo();
    assert!(!document.is_modified());
    document.undo();
    document.undo();
    assert_eq!(document.snapshot().read(0..99).unwrap(), b"01x4567y89");
}

#[test]
fn a_difference_that_is_no_more_is_not_taken_back() {
    let mut document = Document::open(Plain::new(*b"0123456789"));
    replace(&mut document, 2..4, Content::Text("x".into()));
    let snapshot = document.snapshot();
    let all: Vec<_> = snapshot.differences(Since::Saved, 0..99).collect();
    replace(&mut document, 0..0, Content::Text("before".into()));
    let result = document.revert(&snapshot, Since::Saved, &all[0], &[], Duration::ZERO);
    assert_eq!(result.unwrap_err(), EditError::Outdated);
}

#[test]
fn each_of_very_many_replacements_is_a_difference_of_its_own() {
    let bytes: Vec<u8> = b"ab".repeat(40);
    let mut document = Document::open(Plain::new(bytes.clone()));
    let mut builder = BulkBuilder::uniform(b"xyz".to_vec());
    (0..40).for_each(|n| builder.push(2 * n..2 * n + 1).unwrap());
    let edit = builder.finish(&document.snapshot(), &Cancel::new(), &Progress::default()).unwrap();
    document.edit_bulk(&edit, "Replace all", &[]).unwrap();
    let contents = document.snapshot().read(0..999).unwrap();
    assert_eq!(document.snapshot().differences(Since::Saved, 0..999).count(), 40);
    check_differences(&document.snapshot(), Since::Saved, &bytes, &contents);
    check_reverting(&mut document, Since::Saved, 17, &bytes, &contents).unwrap();
}

/// As many stretches as there are bytes, and one difference.
#[test]
fn what_is_near_a_change_of_very_many_pieces_is_told_by_looking_at_few() {
    const LEN: u64 = 100_000;
    let mut document = Document::open(Plain::new(vec![b'a'; LEN as usize + 2]));
    let mut builder = BulkBuilder::uniform(b"xy".to_vec());
    (1..=LEN).for_each(|n| builder.push(n..n + 1).unwrap());
    let edit = builder.finish(&document.snapshot(), &Cancel::new(), &Progress::default()).unwrap();
    document.edit_bulk(&edit, "Replace all", &[]).unwrap();
    let snapshot = document.snapshot();
    visits::take();
    let changes = snapshot.changes(LEN..LEN + 100, 1000);
    assert!(changes.len() == 1 && changes[0].range.start < LEN && LEN + 100 < changes[0].range.end);
    assert_eq!(changes[0].was, None, "that is not known");
    assert_eq!(snapshot.changes(0..1, 9)[0].range.start, 1);
    assert!(visits::take() < 6000, "twice as far as is looked on both sides");
    let only = Difference { old: 1..LEN + 1, new: 1..2 * LEN + 1 };
    assert_eq!(snapshot.difference_at(Since::Saved, LEN, &|_| true), Some(only.clone()));
    assert!(visits::take() < 6 * LEN);
    document.revert(&snapshot, Since::Saved, &only, &[], Duration::ZERO).unwrap();
    assert_eq!(visits::take(), 0);
    assert_eq!(document.snapshot().differences(Since::Saved, 0..u64::MAX).next(), None);
}
