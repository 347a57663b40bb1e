use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::oracle::{self, REGEXES};
use crate::document::{Content, Document, Replacement, StepKind};
use crate::search::pattern::Sizes;
use crate::search::{Case, Pattern, Query, Scan, Tally, Target};
use crate::source::testing::{Counting, Faulty, Slow};
use crate::source::{Cancel, Lost, Memory, Progress, Source, Synthetic};

fn run(tally: &Tally, threads: usize) -> u64 {
    let progress = Progress::default();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| tally.run(&Cancel::new(), &progress));
        }
    });
    tally.blocks().assert_invariants();
    progress.done()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_count_is_that_of_one_search_whoever_makes_it(
        text in prop::sample::select(&REGEXES[..]),
        bytes in oracle::bytes(60),
        cuts in oracle::cuts(),
        sizes in oracle::sizes(),
        (threads, near) in (1usize..4, 0u64..100),
    ) {
        prop_assume!(!bytes.is_empty());
        let snapshot = oracle::document(&bytes, &cuts).snapshot();
        let tally = Tally::new(snapshot, oracle::regex(text, sizes));
        tally.look_at(near);
        run(&tally, threads);
        let expected = oracle::all(&oracle::oracle(text, false), &bytes);
        let blocks = tally.blocks();
        prop_assert!(blocks.is_complete());
        prop_assert_eq!((blocks.total(), blocks.known()), (expected.len() as u64, bytes.len() as u64));
        for (number, range) in expected.iter().enumerate() {
            let number = number as u64;
            prop_assert_eq!(tally.nth(number, &Cancel::new()).unwrap(), Some(range.clone()));
            prop_assert_eq!(tally.number_of(range.start, &Cancel::new()).unwrap(), Some(number));
        }
        prop_assert_eq!(tally.nth(expected.len() as u64, &Cancel::new()).unwrap(), None);
        // From hit to hit, forwards and backwards.
        let (mut forwards, mut backwards) = (Vec::new(), Vec::new());
        let mut at = 0;
        while let Some(hit) = blocks.next_hit(at) {
            at = hit.end;
            forwards.push(hit);
        }
        let mut at = u64::MAX;
        while let Some(hit) = blocks.previous_hit(at) {
            at = hit.start;
            backwards.insert(0, hit);
        }
        prop_assert_eq!(&forwards, &backwards);
        let all_hit = expected.iter().all(|range| {
            let start = range.start.min(bytes.len() as u64 - 1);
            forwards.iter().any(|hit| hit.contains(&start))
        });
        prop_assert!(all_hit);
    }

    /// Literals are counted on what is stored, if that can be, and otherwise in windows; the result is the same.
    #[test]
    fn literals_are_counted_where_they_are_stored(
        text in prop::sample::select(&["a", "ab", "aab", "aa", "b\n", "\n", "\0", "é", "aaab "][..]),
        whole_word in any::<bool>(),
        bytes in oracle::bytes(60),
        cuts in oracle::cuts(),
        (losses, at, len) in (any::<bool>(), 0u64..60, 1u64..9),
        sizes in oracle::sizes(),
    ) {
        let query = Query { case: Case::Sensitive, whole_word, ..Query::literal(text) };
        let pattern = oracle::pattern(&query, sizes);
        let snapshot = if losses && at + len <= bytes.len() as u64 {
            let faulty = Faulty::new(Arc::new(Memory::new(bytes.clone())));
            faulty.lose(at..at + len, Lost::Unreadable("torn".into()));
            Document::open(Arc::new(faulty)).snapshot()
        } else {
            oracle::document(&bytes, &cuts).snapshot()
        };
        let tally = Tally::new(snapshot.clone(), pattern.clone());
        run(&tally, 2);
        let (cancel, progress) = (Cancel::new(), Progress::default());
        let mut scan = Scan::new(&snapshot, &pattern, 0..u64::MAX, &cancel, &progress);
        let mut count = 0;
        while scan.next().unwrap().is_some() {
            count += 1;
        }
        prop_assert_eq!((tally.blocks().total(), tally.blocks().lost()), (count, scan.losses()));
        prop_assert!(tally.blocks().is_complete());
    }

    /// What is counted in a part are the matches that lie in it, by number, whoever counts them.
    #[test]
    fn a_part_is_counted_as_one_search_of_it(
        text in prop::sample::select(&REGEXES[..]),
        bytes in oracle::bytes(60),
        cuts in oracle::cuts(),
        sizes in oracle::sizes(),
        (from, len, threads) in (0u64..60, 1u64..60, 1usize..4),
    ) {
        let from = from.min(bytes.len() as u64);
        let within = from..(from + len).min(bytes.len() as u64);
        prop_assume!(!within.is_empty());
        let snapshot = oracle::document(&bytes, &cuts).snapshot();
        let pattern = oracle::regex(text, sizes);
        let (cancel, progress) = (Cancel::new(), Progress::default());
        let mut scan = Scan::new(&snapshot, &pattern, within.clone(), &cancel, &progress);
        let mut expected = Vec::new();
        while let Some(found) = scan.next().unwrap() {
            expected.push(found);
        }
        let tally = Tally::within(snapshot.clone(), pattern.clone(), within);
        run(&tally, threads);
        prop_assert_eq!(tally.count(), (expected.len() as u64, true));
        for (number, range) in expected.iter().enumerate() {
            prop_assert_eq!(tally.number_of(range.start, &cancel).unwrap(), Some(number as u64));
        }
    }

    /// After each edit only what it touched is searched again, and the count is that of a new search.
    #[test]
    fn a_count_goes_on_through_edits(
        text in prop::sample::select(&REGEXES[..]),
        bytes in oracle::bytes(60),
        sizes in oracle::sizes(),
        edits in prop::collection::vec(
            (prop::collection::vec((0u64..120, 0u64..9, oracle::bytes(4)), 1..4), any::<bool>()),
            1..5
        ),
    ) {
        let mut document = oracle::document(&bytes, &[]);
        let tally = Tally::new(document.snapshot(), oracle::regex(text, sizes));
        let regex = oracle::oracle(text, false);
        for (mut edit, counts) in edits {
            if counts {
                run(&tally, 2);
            }
            edit.sort_by_key(|(at, ..)| *at);
            let mut end = 0;
            let replacements = edit.into_iter().map(|(at, len, content)| {
                let start = at.clamp(end, document.len().max(end));
                end = (start + len).min(document.len());
                Replacement { range: start..end, content: Content::Bytes(content) }
            });
            let replacements = replacements.collect();
            let step = StepKind::Whole("Edit");
            let applied = document.edit(replacements, step, &[], Duration::ZERO).unwrap();
            tally.edit(&applied.edits, document.snapshot());
            prop_assert_eq!(tally.blocks().len(), document.len());
        }
        run(&tally, 1);
        let bytes = document.snapshot().read(0..u64::MAX).unwrap();
        if !bytes.is_empty() {
            prop_assert_eq!(tally.blocks().total(), oracle::all(&regex, &bytes).len() as u64);
        }
    }

    /// Bytes that are lost are in no match, look like no letter, and are told of.
    #[test]
    fn what_is_lost_is_passed_over(
        text in prop::sample::select(&REGEXES[..]),
        bytes in oracle::bytes(60),
        sizes in oracle::sizes(),
        mut losses in prop::collection::vec((0u64..100, 1u64..9), 1..4),
    ) {
        let len = bytes.len() as u64;
        let faulty = Arc::new(Faulty::new(Arc::new(Memory::new(bytes.clone()))));
        let mut read = bytes;
        losses.sort_unstable();
        let (mut end, mut lost, mut known, mut from) = (0, 0, Vec::new(), 0);
        for (at, loss) in losses {
            let range = at.max(end).min(len)..(at.max(end) + loss).min(len);
            if !range.is_empty() {
                faulty.lose(range.clone(), Lost::Unreadable("torn".into()));
                read[range.start as usize..range.end as usize].fill(0);
                known.push(from as usize..range.start as usize);
                (from, lost, end) = (range.end, lost + (range.end - range.start), range.end);
            }
        }
        known.push(from as usize..len as usize);
        let regex = regex_automata::meta::Regex::builder()
            .syntax(regex_automata::util::syntax::Config::new().utf8(false).multi_line(true).crlf(true))
            .configure(regex_automata::meta::Config::new().utf8_empty(false))
            .build(text)
            .unwrap();
        let mut expected = Vec::new();
        for part in known {
            let is_last = part.end as u64 == len;
            let input = regex_automata::Input::new(&read).span(part.clone());
            let mut searcher = regex_automata::util::iter::Searcher::new(input);
            while let Some(found) = searcher.advance(|input| Ok(regex.search(input))) {
                // An empty one at a loss is nowhere.
                if found.start() < part.end || is_last {
                    expected.push(found.start() as u64..found.end() as u64);
                }
            }
        }
        let snapshot = Document::open(faulty).snapshot();
        let pattern = oracle::regex(text, sizes);
        let (cancel, progress) = (Cancel::new(), Progress::default());
        let mut scan = Scan::new(&snapshot, &pattern, 0..u64::MAX, &cancel, &progress);
        let mut found = Vec::new();
        while let Some(range) = scan.next().unwrap() {
            found.push(range);
        }
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(scan.losses(), lost);
        let tally = Tally::new(snapshot, pattern);
        run(&tally, 1);
        if len > 0 {
            prop_assert_eq!((tally.blocks().total(), tally.blocks().lost()), (expected.len() as u64, lost));
        }
    }
}

fn literal(text: &str) -> Pattern {
    Pattern::new(&Query::literal(text), Target::default()).unwrap()
}

/// A file of 1 TiB with three words in it takes the time of its words.
#[test]
fn a_hole_is_passed_at_once() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let len = 1 << 40;
    if file.as_file().set_len(len).is_err() {
        return; // This filesystem has no files of 1 TiB.
    }
    let words = [5, 1 << 39, len - 6];
    for at in words {
        file.as_file().write_all_at(b"needle", at).unwrap();
    }
    let source = Arc::new(Counting::new(crate::source::open(file.path()).unwrap().source));
    let snapshot = Document::open(Arc::clone(&source) as Arc<dyn Source>).snapshot();
    for pattern in [
        literal("needle"),
        oracle::regex("ne.*le", Sizes::default()),
        oracle::regex("[n-o]e{2}d", Sizes::default()),
    ] {
        source.reset();
        let tally = Tally::new(snapshot.clone(), pattern);
        let progress = run(&tally, 2);
        assert_eq!(tally.blocks().total(), 3);
        assert_eq!(tally.nth(1, &Cancel::new()).unwrap().unwrap().start, words[1]);
        assert!(progress >= len, "all of it was passed");
        assert!(source.bytes() < 64 << 20, "{} bytes read", source.bytes());
        assert!(source.calls() < 20_000, "{} calls", source.calls());
        assert!(tally.blocks().iter().count() < 200, "{} blocks", tally.blocks().iter().count());
    }
}

#[test]
fn a_cancelled_count_stops_within_a_window() {
    let source = Arc::new(Counting::new(Arc::new(Synthetic::log(1 << 40))));
    let snapshot = Document::open(Arc::clone(&source) as Arc<dyn Source>).snapshot();
    let cancel = Cancel::new();
    cancel.cancel();
    let tally = Tally::new(snapshot.clone(), literal("needle"));
    tally.run(&cancel, &Progress::default());
    assert_eq!((source.bytes(), tally.blocks().known()), (0, 0));
    // And in the midst of it.
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let progress = Progress::waking(0, Arc::new(move || stop.cancel()));
    tally.run(&cancel, &progress);
    assert!(source.bytes() < 2 << 20, "{} bytes", source.bytes());
}

#[test]
fn a_slow_disk_is_waited_for() {
    let log = Arc::new(Synthetic::log(3 << 20));
    let slow = Arc::new(Slow::new(log.clone(), Duration::from_millis(1)));
    let tally = Tally::new(Document::open(slow).snapshot(), literal("ERROR"));
    run(&tally, 2);
    let bytes = Document::open(log).snapshot().read(0..u64::MAX).unwrap();
    assert_eq!(tally.blocks().total(), memchr::memmem::find_iter(&bytes, "ERROR").count() as u64);
}

/// A hundred million hits are counted, not kept.
#[test]
fn many_matches_take_little_memory() {
    let file = Synthetic::new(64 << 20, |_, buf| buf.fill(b'e'));
    let tally = Tally::new(Document::open(Arc::new(file)).snapshot(), literal("e"));
    run(&tally, 2);
    assert_eq!(tally.blocks().total(), 64 << 20);
    assert_eq!(tally.blocks().iter().count(), 64);
    assert_eq!(tally.nth(50_000_000, &Cancel::new()).unwrap(), Some(50_000_000..50_000_001));
}

#[test]
fn an_empty_document_may_have_one_match() {
    let snapshot = Document::open(Arc::new(Memory::new(Vec::new()))).snapshot();
    for (text, count) in [("^", 1), ("$", 1), ("a*", 1), (r"\z", 1), ("a", 0), (r"\b", 0)] {
        let tally = Tally::new(snapshot.clone(), oracle::regex(text, Sizes::default()));
        run(&tally, 1);
        assert_eq!(tally.count(), (count, true), "{text}");
        let number = tally.number_of(0, &Cancel::new()).unwrap();
        assert_eq!(number, count.checked_sub(1), "{text}");
    }
}
