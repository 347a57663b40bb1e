use std::fmt::Write as _;
use std::sync::Arc;

use proptest::prelude::*;

use crate::document::{Document, Snapshot};
use crate::search::{Times, TimesError, lines_between};
use crate::source::testing::Counting;
use crate::source::{Cancel, Memory, Source, Synthetic};
use crate::text::{Encoding, WantedTime, time_in};

fn snapshot(text: &str) -> Snapshot {
    Document::open(Arc::new(Memory::new(text.as_bytes().to_vec()))).snapshot()
}

fn place(text: &str, encoding: Encoding, bytes: Vec<u8>) -> Result<u64, TimesError> {
    let snapshot = Document::open(Arc::new(Memory::new(bytes))).snapshot();
    let cancel = Cancel::new();
    let times = Times::new(&snapshot, encoding, &cancel)?;
    times.first_line_at(&times.meant(&WantedTime::parse(text).unwrap(), 0)?)
}

proptest! {
    /// Whatever stands between the lines with a time, and whether lines end with CR or are stored in UTF-16.
    #[test]
    fn the_first_line_late_enough_is_found(
        steps in prop::collection::vec((0u32..50, 0usize..3, 0usize..300), 1..60),
        wanted in 0u32..3000,
        kind in 0usize..4,
    ) {
        let encoding = [Encoding::UTF_8, Encoding::UTF_16LE, Encoding::UTF_16BE, Encoding::UTF_8][kind];
        let (mut text, mut seconds, mut lines) = (String::new(), 0, Vec::new());
        for (step, trace, long) in steps {
            seconds += step;
            lines.push((text.encode_utf16().count(), seconds));
            writeln!(text, "2026-11-25 {:02}:{:02}:{:02} INFO {}", seconds / 3600, seconds / 60 % 60, seconds % 60, "x".repeat(long)).unwrap();
            for _ in 0..trace {
                text.push_str("    at some.place(Some.java:12)\r\n");
            }
        }
        let unit = encoding.unit();
        let end = text.encode_utf16().count() as u64 * unit;
        let expected = lines.iter().find(|(_, time)| *time >= wanted).map_or(end, |(at, _)| *at as u64 * unit);
        let wanted = format!("2026-11-25 {:02}:{:02}:{:02}", wanted / 3600, wanted / 60 % 60, wanted % 60);
        let bytes = encoding.encode(&text).unwrap().into_owned();
        prop_assert_eq!(place(&wanted, encoding, bytes), Ok(expected));
    }
}

/// A terabyte of log is asked a few dozen times.
#[test]
fn a_time_is_found_in_few_windows() {
    let source = Arc::new(Counting::new(Arc::new(Synthetic::log(1 << 40))));
    let snapshot = Document::open(Arc::clone(&source) as Arc<dyn Source>).snapshot();
    let cancel = Cancel::new();
    let middle = snapshot.read((1 << 39)..(1 << 39) + 256).unwrap();
    let line = &middle[middle.iter().position(|byte| *byte == b'\n').unwrap() + 1..];
    let time = time_in(line).unwrap();
    source.reset();
    let times = Times::new(&snapshot, Encoding::UTF_8, &cancel).unwrap();
    let found = times.first_line_at(&time).unwrap();
    assert!(found.abs_diff(1 << 39) < 4096, "{found}");
    assert!(source.calls() < 120, "{} calls", source.calls());
    assert!(source.bytes() < 120 * 512, "{} bytes", source.bytes());
}

#[test]
fn logs_without_a_year_go_on_after_december() {
    let text = "Dec 31 23:59:58 a\nDec 31 23:59:59 b\nJan  1 00:00:01 c\nJan  1 00:00:02 d\n";
    let at = |wanted: &str| place(wanted, Encoding::UTF_8, text.as_bytes().to_vec());
    assert_eq!(at("Jan 1 00:00:00"), Ok(36));
    assert_eq!(at("Dec 31 23:59:59"), Ok(18));
    assert_eq!(at("00:00:02"), Ok(54));
}

#[test]
fn a_time_of_any_day_is_the_next_one() {
    let text = "2026-11-25 14:00 a\n2026-11-25 15:00 b\n2026-11-26 14:00 c\n2026-11-26 15:00 d\n";
    let snapshot = snapshot(text);
    let cancel = Cancel::new();
    let times = Times::new(&snapshot, Encoding::UTF_8, &cancel).unwrap();
    let go = |wanted: &str, near: u64| {
        times.first_line_at(&times.meant(&WantedTime::parse(wanted).unwrap(), near).unwrap()).unwrap()
    };
    assert_eq!((go("14:30", 0), go("14:30", 38), go("14:30", 57)), (19, 57, 19), "round to the first again");
    assert_eq!(go("2026-11-27", 0), text.len() as u64);
    let between = |since, until| lines_between(&snapshot, Encoding::UTF_8, since, until, &cancel);
    assert_eq!(between(Some("14:30"), Some("14:30")), Ok(19..19));
    assert_eq!(between(Some("14:30"), Some("14:29")), Ok(19..57));
    assert_eq!(between(None, Some("2026-11-26")), Ok(0..38));
    assert_eq!(between(Some("2027-01-01"), None), Ok(76..76));
    assert_eq!(between(Some("yesterday"), None), Err(TimesError::NotATime("yesterday".into())));
}

#[test]
fn what_has_no_times_says_so() {
    assert_eq!(place("14:05", Encoding::UTF_8, b"a\nb\nc\n".to_vec()), Err(TimesError::None));
    assert_eq!(place("14:05", Encoding::UTF_8, Vec::new()), Err(TimesError::None));
}
