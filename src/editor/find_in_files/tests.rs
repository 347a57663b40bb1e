use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::found::{Found, FoundRow};
use super::search::{Finding, search};
use super::subjects::Subjects;
use crate::search::Query;
use crate::source::{Cancel, Choices, Progress};
use crate::text::Escapes;

fn found_in(folder: &Path, query: Query, only_text: bool) -> Found {
    let found = Found::default();
    let subjects = Subjects::folder(folder.to_owned(), Choices::default(), Vec::new());
    let finding = Finding { query, only_text, shown: (4, Escapes::Badges) };
    let (cancel, progress) = (Cancel::new(), Progress::default());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| search(&subjects, &finding, &found, &cancel, &progress));
        }
    });
    found
}

/// Of each file its name; of each line its 0-based number, its text and what is marked in it.
fn told(found: &Found) -> Vec<String> {
    let row = |row: FoundRow| match row {
        FoundRow::File { name, trouble: None, .. } => name,
        FoundRow::File { name, trouble: Some(trouble), .. } => format!("{name}: {trouble}"),
        FoundRow::Line { number, bytes, marks, is_cut, .. } => {
            let text = |range: std::ops::Range<u64>| {
                String::from_utf8_lossy(&bytes[range.start as usize..range.end as usize]).into_owned()
            };
            let marked: Vec<_> = marks.into_iter().map(text).collect();
            let cut = |is_cut| if is_cut { "…" } else { "" };
            let all = text(0..bytes.len() as u64);
            format!("{number} {}{all}{} {marked:?}", cut(is_cut.0), cut(is_cut.1))
        }
    };
    found.rows(0, usize::MAX).into_iter().map(row).collect()
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

/// The same by a plain walk.
fn naive(files: &[(String, String)], pattern: &str) -> Vec<String> {
    let regex = regex::RegexBuilder::new(pattern).multi_line(true).build().unwrap();
    let mut rows = Vec::new();
    for (name, text) in files {
        let mut lines = Vec::new();
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let inner = line.strip_suffix('\n').unwrap_or(line);
            let marks: Vec<_> = regex.find_iter(inner).map(|found| found.as_str()).collect();
            if !marks.is_empty() {
                lines.push(format!("{number} {line} {marks:?}"));
            }
        }
        if !lines.is_empty() {
            rows.push(name.clone());
            rows.extend(lines);
        }
    }
    rows
}

proptest! {
    /// Whichever thread takes which file, the list is that of a plain walk.
    #[test]
    fn the_lines_are_those_of_a_plain_walk(
        texts in proptest::collection::vec("([abc]{0,12}\n){0,30}[abc]{0,5}", 1..6),
        pattern in proptest::sample::select(vec!["a", "ab+", "^c", "b$", "abc|ca"]),
    ) {
        let files: Vec<_> =
            texts.into_iter().enumerate().map(|(n, text)| (format!("{n}.txt"), text)).collect();
        let contents: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        let folder = folder(&contents);
        let found = found_in(folder.path(), Query::regex(pattern), true);
        prop_assert_eq!(told(&found), naive(&files, pattern));
        let counts = found.counts();
        prop_assert_eq!(counts.searched, files.len() as u64);
        prop_assert_eq!(counts.lines + counts.files, found.len());
        // Every row is found by its number.
        for (number, row) in found.rows(0, usize::MAX).into_iter().enumerate() {
            prop_assert_eq!(found.rows(number as u64, 1), vec![row]);
        }
    }
}

#[test]
fn of_long_lines_what_stands_around_matches_is_listed() {
    let line = format!("{}needle{}needle{}\nneedle\n", "x".repeat(100), "y".repeat(20), "z".repeat(100));
    let folder = folder(&[("a", line.as_bytes())]);
    let found = found_in(folder.path(), Query::literal("needle"), true);
    let first = format!("{}needle{}needle{}", "x".repeat(16), "y".repeat(20), "z".repeat(16));
    let rows = [
        "a".to_owned(),
        format!("0 …{first}… [\"needle\", \"needle\"]"),
        "1 needle\n [\"needle\"]".to_owned(),
    ];
    assert_eq!(told(&found), rows);
}

#[test]
fn every_encoding_is_read_as_if_the_file_was_opened() {
    let utf_16: Vec<u8> = "\u{FEFF}eins\nzwölf\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let long = "Zeile mit schönen Wörtern über Tür und Tor.\n".repeat(20);
    let latin: Vec<u8> = (long + "zwölf\n").chars().map(|c| c as u8).collect();
    let folder = folder(&[("latin", &latin), ("utf-16", &utf_16), ("utf-8", "zwölf".as_bytes())]);
    let found = found_in(folder.path(), Query::literal("zwölf"), true);
    let rows = found.rows(0, 10);
    let numbers: Vec<_> = rows
        .iter()
        .map(|row| match row {
            FoundRow::File { name, .. } => name.clone(),
            FoundRow::Line { number, .. } => number.to_string(),
        })
        .collect();
    assert_eq!(numbers, ["latin", "20", "utf-16", "1", "utf-8", "0"]);
    // A character that an encoding does not have is no error: it is not in such a file.
    let found = found_in(folder.path(), Query::literal("日"), true);
    assert_eq!((found.len(), found.counts().searched), (0, 3));
}

#[test]
fn binary_files_are_searched_only_if_asked_for_and_by_rows() {
    let mut bytes: Vec<u8> = (0..200_u8).map(|n| n.wrapping_mul(77) & 0x9F).collect();
    bytes[40..42].copy_from_slice(&[0xDE, 0xAD]);
    let folder = folder(&[("a.bin", &bytes), ("b.txt", b"text")]);
    let query = Query { text: "DE AD".to_owned(), kind: crate::search::Kind::Hex, ..Query::default() };
    let found = found_in(folder.path(), query.clone(), true);
    assert_eq!((found.len(), found.counts().binary), (0, 1));
    let found = found_in(folder.path(), query, false);
    let rows = found.rows(0, 10);
    let Some(FoundRow::Line { number, bytes, marks, binary: true, .. }) = rows.get(1) else {
        panic!("{rows:?}")
    };
    assert_eq!((*number, bytes.len(), marks.len(), marks[0].clone()), (32, 16, 1, 8..10));
}

#[test]
fn there_is_an_end_of_what_is_listed() {
    let folder = folder(&[("a", "x\n".repeat(900).as_bytes()), ("b", "x\n".repeat(900).as_bytes())]);
    let found = found_in(folder.path(), Query::literal("x"), true);
    let counts = found.counts();
    assert!(counts.is_full && (1000..1600).contains(&counts.lines), "{counts:?}");
}

#[test]
fn what_is_wrong_is_said_of_the_file_or_of_all() {
    let folder = folder(&[("a", b"x")]);
    let found = found_in(&folder.path().join("gone"), Query::literal("x"), true);
    assert!(found.error().unwrap().starts_with("There is no folder"), "{:?}", found.error());
    let utf_16: Vec<u8> = "\u{FEFF}x\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(folder.path().join("a"), utf_16).unwrap();
    let found = found_in(folder.path(), Query::regex(r"^x|(?-u:\xff)"), true);
    let told = told(&found);
    assert!(told.len() == 1 && told[0].starts_with("a: "), "{told:?}");
}

#[test]
fn a_match_far_to_the_right_is_shown_without_the_start_of_its_line() {
    let line = |before: usize| FoundRow::Line {
        number: 0,
        bytes: format!("{}needle and more", "é".repeat(before)).into_bytes(),
        marks: std::iter::once(2 * before as u64..2 * before as u64 + 6).collect(),
        reading: crate::text::Reading::utf8(4),
        binary: false,
        is_cut: (false, false),
    };
    let near = line(10).fitted(60).unwrap();
    assert_eq!((near.is_cut, near.marks[0].clone()), (false, 20..26));
    let far = line(80).fitted(60).unwrap();
    // A third of the columns, of two bytes each, stands before it.
    assert_eq!((far.is_cut, far.marks[0].clone()), (true, 40..46));
}
