//! Very many replacements at once; the model test mixes them with everything else.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::source::Plain;
use crate::document::*;
use crate::source::testing::{Counting as Counted, Faulty};
use crate::source::{Cancel, Lost, Progress, Scanned, Source, Synthetic};

fn finish(builder: BulkBuilder, document: &Document) -> BulkEdit {
    builder.finish(&document.snapshot(), &Cancel::new(), &Progress::default()).unwrap()
}

/// Every `gap`-th byte gives way to `with`, in bulk or one by one.
fn replace_each(document: &mut Document, gap: u64, with: &str, bulk: bool) -> Applied {
    let ranges = (0..document.len() / gap).map(|at| at * gap..at * gap + 1);
    if bulk {
        let mut builder = BulkBuilder::uniform(with.into());
        ranges.for_each(|range| builder.push(range).unwrap());
        let edit = finish(builder, document);
        return document.edit_bulk(&edit, "Replace all", &[]).unwrap();
    }
    let replacement = |range| Replacement { range, content: Content::Text(with.into()) };
    let replacements = ranges.map(replacement).collect();
    document.edit(replacements, StepKind::Whole("Replace all"), &[], Duration::ZERO).unwrap()
}

fn save(document: &mut Document) {
    let snapshot = document.snapshot();
    let bytes = snapshot.read(0..u64::MAX).unwrap();
    document.rest_on(&snapshot, Plain::new(bytes), None);
}

#[test]
fn changes_and_spans_are_those_of_single_edits() {
    let original: Vec<u8> = (0..200).collect();
    let mut documents = [true, false].map(|bulk| {
        let mut document = Document::open(Plain::new(original.clone()));
        replace_each(&mut document, 7, "x", bulk);
        (bulk, document)
    });
    let rows = |document: &Document| {
        let snapshot = document.snapshot();
        let changes = snapshot.changes(0..u64::MAX, usize::MAX);
        let changes: Vec<_> =
            changes.into_iter().map(|change| (change.range, change.was, change.saved)).collect();
        let spans: Vec<_> = snapshot.spans(0..u64::MAX).map(|span| (span.range, span.base)).collect();
        (changes, spans)
    };
    let both = |documents: &[(bool, Document); 2]| {
        let [bulk, single] = [0, 1].map(|which| rows(&documents[which].1));
        assert_eq!(bulk, single);
        bulk
    };
    let (changes, spans) = both(&documents);
    assert_eq!(changes[1], (7..8, Some(7..8), false));
    assert_eq!(spans[1], (1..7, Some(1)));
    for (bulk, document) in &mut documents {
        replace_each(document, 10, "yz", *bulk);
    }
    both(&documents);
    documents.iter_mut().for_each(|(_, document)| save(document));
    let (changes, _) = both(&documents);
    assert!(changes.iter().all(|(_, _, saved)| *saved));
    for (bulk, document) in &mut documents {
        replace_each(document, 9, "", *bulk);
    }
    both(&documents);
}

#[test]
fn many_replacements_take_four_bytes_each_and_undo_visits_nothing() {
    let source = Arc::new(Counted::new(Arc::new(Synthetic::log(128 << 10))));
    let mut document = Document::open(Arc::clone(&source) as Arc<dyn Source>);
    let mut builder = BulkBuilder::uniform(b"longer".to_vec());
    for line in 0..1024 {
        builder.push(line * 128..line * 128 + 12).unwrap();
    }
    // Of blocks of 3, as tests have them, 11 bytes more.
    assert!(builder.memory() <= 1024 * 16 + 6, "{} bytes", builder.memory());
    assert_eq!(builder.growth(), -6 * 1024);
    let edit = finish(builder, &document);
    assert_eq!(edit.len(), 1024);
    source.reset();
    let carets = [Caret { anchor: 200, head: 300 }];
    let applied = document.edit_bulk(&edit, "Replace all", &carets).unwrap();
    assert_eq!(applied.carets, [Caret { anchor: 200 - 12, head: 300 - 18 }]);
    assert_eq!(document.snapshot().newlines(), Count::Exact(1024), "lines are counted already");
    let undone = document.undo().unwrap();
    assert_eq!(undone.carets, carets);
    assert_eq!(undone.edits.map(128 - 6, Bias::Before), 128);
    let redone = document.redo().unwrap();
    assert_eq!(redone.carets, applied.carets);
    assert_eq!(source.bytes(), 0, "applied, undone and redone without reading");
    assert_eq!(document.snapshot().read(0..8).unwrap(), b"longer 2");
}

#[test]
fn what_was_gathered_for_other_contents_is_refused() {
    let mut document = Document::open(Plain::new(*b"0123456789"));
    let mut builder = BulkBuilder::uniform(b"x".to_vec());
    builder.push(1..2).unwrap();
    let edit = finish(builder, &document);
    replace_each(&mut document, 5, "ab", false);
    assert_eq!(document.edit_bulk(&edit, "Replace all", &[]).unwrap_err(), EditError::Outdated);

    let mut builder = BulkBuilder::uniform(Vec::new());
    builder.push(4..6).unwrap();
    assert_eq!(builder.push(5..7), Err(BulkError::OutOfOrder { start: 5, end: 7 }));
    let removed = 1 << 33;
    assert_eq!(builder.push(6..6 + removed), Err(BulkError::TooLong { removed, inserted: 0 }));
    builder.push(9..9).unwrap();
    assert_eq!(builder.len(), 1, "nothing for nothing is no replacement");
}

#[test]
fn gaps_of_more_than_four_gigabytes_are_kept() {
    let mut document = Document::open(Arc::new(Synthetic::log(1 << 40)));
    let mut builder = BulkBuilder::uniform(b"xy".to_vec());
    let starts: Vec<u64> = (0..9).map(|at| at * (1 << 36) + at).collect();
    starts.iter().for_each(|start| builder.push(*start..start + 1).unwrap());
    let source = {
        // What it will read is checked through the edit; a terabyte is not counted here.
        let cancel = Cancel::new();
        cancel.cancel();
        assert!(builder.finish(&document.snapshot(), &cancel, &Progress::default()).is_none());
        let mut builder = BulkBuilder::uniform(b"xy".to_vec());
        starts.iter().for_each(|start| builder.push(*start..start + 1).unwrap());
        builder.unfinished(&document.snapshot())
    };
    let applied = document.edit_bulk(&source, "Replace all", &[]).unwrap();
    assert_eq!(document.len(), (1 << 40) + 9);
    for (number, start) in starts.iter().enumerate() {
        let at = start + number as u64;
        assert_eq!(document.snapshot().read(at..at + 2).unwrap(), b"xy");
        assert_eq!(applied.edits.map(start + 1, Bias::After), at + 2);
    }
}

#[test]
fn most_of_a_terabyte_is_deleted() {
    let mut document = Document::open(Arc::new(Synthetic::log(1 << 40)));
    let kept = |number: u64| number * (100 << 30)..number * (100 << 30) + 128;
    let mut builder = BulkBuilder::various();
    for number in 0..10 {
        builder.push_with(kept(number).end..kept(number + 1).start, b"").unwrap();
    }
    builder.push_with(kept(10).end..1 << 40, b"").unwrap();
    let lines: Vec<_> = (0..11).map(|number| document.snapshot().read(kept(number)).unwrap()).collect();
    let edit = finish(builder, &document);
    document.edit_bulk(&edit, "Keep lines", &[]).unwrap();
    assert_eq!(document.snapshot().read(0..u64::MAX).unwrap(), lines.concat());
    assert_eq!(document.snapshot().newlines(), Count::Exact(11));
    document.undo().unwrap();
    assert_eq!(document.len(), 1 << 40);
}

#[derive(Clone, Debug)]
struct Case {
    bytes: Vec<u8>,
    /// (bytes kept before, bytes removed, content)
    places: Vec<(usize, usize, Vec<u8>)>,
    lost: Range<u64>,
    pending: Range<u64>,
}

fn case() -> impl Strategy<Value = Case> {
    let place = (0usize..20, 0usize..4, prop::collection::vec(b'A'..=b'Z', 0..4));
    let range = || (0u64..200, 0u64..6).prop_map(|(at, len)| at..at + len);
    let byte = prop_oneof![3 => b'a'..=b'z', 1 => Just(0), 1 => Just(b'\n')];
    (prop::collection::vec(byte, 0..200), prop::collection::vec(place, 5..40), range(), range())
        .prop_map(|(bytes, places, lost, pending)| Case { bytes, places, lost, pending })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Every byte reads as the naive twin has it, is pending or lost where the byte it was is, and holes stay holes.
    #[test]
    fn every_way_to_read_gives_the_same(case in case()) {
        let Case { bytes, places, lost, pending } = case;
        let lost = lost.start.min(bytes.len() as u64)..lost.end.min(bytes.len() as u64);
        let plain = Plain { bytes: bytes.clone(), pending: pending.clone(), lost: 0..0 };
        let source = Faulty::new(Arc::new(plain));
        source.lose(lost.clone(), Lost::Truncated { len: 0 });
        let mut document = Document::open(Arc::new(source));
        let mut builder = BulkBuilder::various();
        // Each byte of the twin with its place in the original.
        let mut twin: Vec<(u8, Option<u64>)> = Vec::new();
        let mut end = 0;
        for (kept, removed, content) in places {
            let start = (end + kept).min(bytes.len());
            let stop = (start + removed).min(bytes.len());
            builder.push_with(start as u64..stop as u64, &content).unwrap();
            twin.extend((end..start).map(|at| (bytes[at], Some(at as u64))));
            twin.extend(content.iter().map(|byte| (*byte, None)));
            end = stop;
        }
        twin.extend((end..bytes.len()).map(|at| (bytes[at], Some(at as u64))));
        let edit = finish(builder, &document);
        document.edit_bulk(&edit, "Replace all", &[]).unwrap();
        let snapshot = document.snapshot();
        prop_assert_eq!(snapshot.len(), twin.len() as u64);
        let is_in = |range: &Range<u64>, at: Option<u64>| at.is_some_and(|at| range.contains(&at));
        for (at, (byte, old)) in twin.iter().enumerate() {
            let range = at as u64..at as u64 + 1;
            let read = snapshot.read(range.clone());
            prop_assert_eq!(read.clone().ok(), (!is_in(&lost, *old)).then(|| vec![*byte]));
            let window = snapshot.try_read(range);
            let expected = match old {
                _ if is_in(&lost, *old) => Some(Missing::Lost(read.unwrap_err())),
                _ if is_in(&pending, *old) => Some(Missing::Pending),
                _ => None,
            };
            prop_assert_eq!(window.gaps.first().map(|gap| gap.1.clone()), expected);
        }
        for from in 0..twin.len() {
            let range = from as u64..(from as u64 + 40).min(twin.len() as u64);
            let mut at = range.start;
            let flow = snapshot.scan(range.clone(), &mut |scanned| {
                let (len, shown) = match &scanned {
                    Scanned::Data { offset, bytes } => { assert_eq!(*offset, at); (bytes.len() as u64, Some(bytes.to_vec())) }
                    Scanned::Hole(hole) => { assert_eq!(hole.start, at); (hole.end - hole.start, Some(vec![0; (hole.end - hole.start) as usize])) }
                    Scanned::Lost(lost, _) => { assert_eq!(lost.start, at); (lost.end - lost.start, None) }
                };
                for index in 0..len as usize {
                    let (byte, old) = twin[at as usize + index];
                    match &shown {
                        Some(shown) => assert_eq!(shown[index], byte),
                        None => assert!(is_in(&lost, old)),
                    }
                    assert!(shown.is_none() || !is_in(&lost, old));
                }
                at += len;
                ControlFlow::Continue(())
            });
            prop_assert!(flow.is_continue());
            prop_assert_eq!(at, range.end);
        }
    }
}
