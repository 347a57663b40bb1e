mod filtering;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use proptest::prelude::*;

use super::{Console, run};
use crate::editor::Arguments;
use crate::source::Cancel;

/// Runs with these arguments; gives status, output and errors.
fn hextant(arguments: &[&str]) -> (u8, String, String) {
    with_cancel(arguments, Cancel::new())
}

fn with_cancel(arguments: &[&str], cancel: Cancel) -> (u8, String, String) {
    let arguments = Arguments::try_parse_from([&["hextant"], arguments].concat()).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let cache = std::env::temp_dir();
    let sets = BTreeMap::new();
    let mut console = Console { out: &mut out, err: &mut err, shows_progress: false, cache, sets, cancel };
    let status = run(&arguments, &mut console).unwrap();
    (status, String::from_utf8_lossy(&out).into_owned(), String::from_utf8_lossy(&err).into_owned())
}

fn grep(arguments: &[&str]) -> (u8, String) {
    let output = Command::new("grep").env("LC_ALL", "C.UTF-8").args(arguments).output().unwrap();
    (output.status.code().unwrap() as u8, String::from_utf8_lossy(&output.stdout).into_owned())
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, contents).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// All names in it.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Our switches and grep's. (Its -m goes on with context, which ours does not.)
const SWITCHES: [(&[&str], &[&str]); 18] = [
    (&[], &[]),
    (&["-c"], &["-c"]),
    (&["-n"], &["-n"]),
    (&["-o"], &["-o"]),
    (&["-on", "--offsets"], &["-onb"]),
    (&["-v"], &["-v"]),
    (&["-vn"], &["-vn"]),
    (&["-vc"], &["-vc"]),
    (&["--offsets"], &["-b"]),
    (&["-m2"], &["-m2"]),
    (&["-vm1"], &["-vm1"]),
    (&["-A1"], &["-A1"]),
    (&["-B1", "-n"], &["-B1", "-n"]),
    (&["-C2", "-n"], &["-C2", "-n"]),
    (&["-vA1", "-n"], &["-vA1", "-n"]),
    (&["-l"], &["-l"]),
    (&["-q"], &["-q"]),
    (&["-i", "-c"], &["-i", "-c"]),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn lines_are_printed_as_grep_prints_them(
        lines in prop::collection::vec(prop::collection::vec(prop::sample::select(vec!["a", "b", "A", " ", "ab", "é"]), 0..5), 0..9),
        ends in any::<bool>(),
        two in any::<bool>(),
        pattern in prop::sample::select(vec![("ab", false), ("a", false), ("-a", false), ("b a", false), ("a.*b", true), ("^a", true), ("b$", true), ("a*", true), ("(a|é)+", true)]),
    ) {
        let folder = Folder::new();
        let mut text = lines.iter().map(|line| line.concat()).collect::<Vec<_>>().join("\n");
        if ends && !text.is_empty() {
            text.push('\n');
        }
        let mut files = vec![folder.file("one", &text)];
        if two {
            files.push(folder.file("two", "ab\nno\n"));
        }
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let (pattern, is_regex) = pattern;
        for (ours, theirs) in SWITCHES {
                let regex: &[&str] = if is_regex { &["--regex"] } else { &[] };
            let (status, out, err) = hextant(&[ours, regex, &["--find", pattern], &files].concat());
            let dialect = if is_regex { "-E" } else { "-F" };
            let (expected_status, expected) = grep(&[&[dialect], theirs, &["-e", pattern, "--"], &files].concat());
            prop_assert_eq!(&err, "", "{:?}", ours);
            prop_assert_eq!(&out, &expected, "{:?} {} in {:?}", ours, pattern, text);
            prop_assert_eq!(status, expected_status, "{:?}", ours);
        }
    }
}

#[test]
fn matches_are_counted_and_told_as_json() {
    let folder = Folder::new();
    let file = folder.file("a\"b", b"x ab\nab ab\xff\n");
    assert_eq!(hextant(&["--find", "ab", "--count-matches", &file]), (0, "3\n".into(), String::new()));
    let (status, out, _) = hextant(&["--find", "ab", "--json", &file]);
    let path = file.replace('"', "\\\"");
    let line = |line, offset| {
        format!("{{\"path\":\"{path}\",\"line\":{line},\"offset\":{offset},\"length\":2,\"text\":\"ab\"}}\n")
    };
    assert_eq!((status, out), (0, [line(1, 2), line(2, 5), line(2, 8)].concat()));
    let bytes = folder.file("bytes", b"\x00\xff\x00");
    let (_, out, _) = hextant(&["--find", "FF 0?", "--hex-pattern", "--json", &bytes]);
    assert!(out.ends_with("\"offset\":1,\"length\":2,\"bytes\":\"FF 00\"}\n"), "{out}");
}

#[test]
fn text_in_utf_16_is_found_and_printed_as_utf_8() {
    let folder = Folder::new();
    let text: Vec<u8> = "\u{feff}eins\nzwei ä\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let file = folder.file("utf16", text);
    assert_eq!(hextant(&["-n", "--find", "ä", &file]).1, "2:zwei ä\n");
    assert_eq!(hextant(&["-c", "--regex", "--find", "z[a-z]+", &file]).1, "1\n");
}

#[test]
fn trouble_is_told_and_the_others_are_searched() {
    let folder = Folder::new();
    let file = folder.file("a", "ab\n");
    let missing = folder.path("missing");
    let (status, out, err) = hextant(&["--find", "ab", missing.to_str().unwrap(), &file]);
    assert_eq!((status, out), (2, format!("{file}:ab\n")));
    assert!(err.contains("no file"), "{err}");
    let (status, _, err) = hextant(&["--find", "a(?=b)", "--regex", &file]);
    assert_eq!(status, 2);
    assert!(err.contains("Look-around") && err.contains("\n  a(?=b)\n   ^^^"), "{err}");
    let (status, out, _) = hextant(&["--find", "\\x00", "--escapes", &folder.file("nul", b"a\0b\n")]);
    assert_eq!((status, out.contains("binary file matches")), (0, true));
}

#[test]
fn what_is_interrupted_leaves_everything_as_it_was() {
    let folder = Folder::new();
    let file = folder.file("a", "ab\n");
    let cancel = Cancel::new();
    cancel.cancel();
    assert_eq!(with_cancel(&["--replace", "a", "b", "--in-place", &file], cancel.clone()).0, 130);
    assert_eq!(with_cancel(&["--find", "a", &file], cancel).0, 130);
    assert_eq!((fs::read(&file).unwrap().as_slice(), folder.names()), (&b"ab\n"[..], vec!["a".to_owned()]));
}

/// A program that reads no further is no trouble.
#[test]
fn a_closed_pipe_is_no_trouble() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let folder = Folder::new();
    let file = folder.file("a", "ab\n");
    let arguments = Arguments::try_parse_from(["hextant", "--replace", "a", "b", &file]).unwrap();
    let mut err = Vec::new();
    let cache = std::env::temp_dir();
    let (sets, cancel) = (BTreeMap::new(), Cancel::new());
    let mut console = Console { out: &mut Closed, err: &mut err, shows_progress: false, cache, sets, cancel };
    assert_eq!((run(&arguments, &mut console), err.is_empty()), (Some(0), true));
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn replaced_files_are_printed_written_elsewhere_or_in_place() {
    let folder = Folder::new();
    let one = folder.file("one", "id=1 id=22\n");
    let two = folder.file("two", "nothing\n");
    let regex = ["--regex", "--replace", r"id=(\d+)", "<$1>"];
    assert_eq!(hextant(&[&regex[..], &[&one]].concat()), (0, "<1> <22>\n".into(), String::new()));
    let output = folder.path("three");
    let output = output.to_str().unwrap();
    assert_eq!(
        hextant(&[&regex[..], &["--output", output, &one]].concat()),
        (0, String::new(), String::new())
    );
    assert_eq!((read(output), read(&one)), ("<1> <22>\n".into(), "id=1 id=22\n".into()));
    let before = fs::metadata(&two).unwrap().modified().unwrap();
    assert_eq!(hextant(&[&regex[..], &["--in-place=.old", &one, &two]].concat()).0, 0);
    assert_eq!((read(&one), read(folder.path("one.old"))), ("<1> <22>\n".into(), "id=1 id=22\n".into()));
    assert_eq!(fs::metadata(&two).unwrap().modified().unwrap(), before, "what has no match is left alone");
    assert_eq!(folder.names(), ["one", "one.old", "three", "two"]);
}

#[test]
fn nothing_is_written_when_it_is_not_what_was_expected() {
    let folder = Folder::new();
    let (one, two) = (folder.file("one", "a a"), folder.file("two", "a"));
    let in_place = ["--replace", "a", "bb", "--in-place", &one, &two];
    let (status, _, err) = hextant(&[&in_place[..], &["--expect", "4"]].concat());
    assert_eq!((status, err.as_str()), (1, "hextant: 3 matches, not 4: nothing was written\n"));
    let (status, _, err) = hextant(&[&in_place[..], &["--keep-size"]].concat());
    assert!(status == 2 && err.contains("5 bytes"), "{err}");
    let (status, out, _) = hextant(&[&in_place[..], &["--dry-run", "--expect", "3"]].concat());
    assert!(status == 0 && out.contains("2 matches, 3 bytes become 5"), "{out}");
    assert_eq!((read(&one), read(&two)), ("a a".into(), "a".into()));
    assert_eq!(hextant(&[&in_place[..], &["--expect", "3"]].concat()).0, 0);
    assert_eq!((read(&one), read(&two)), ("bb bb".into(), "bb".into()));
}

#[test]
fn a_part_is_replaced_and_the_rest_is_kept() {
    let folder = Folder::new();
    let one = folder.file("one", "aaaa\0");
    let (_, out, _) = hextant(&["--replace", "61", "62 ", "--hex-pattern", "--range", "1..3", &one]);
    assert_eq!(out, "abba\0");
    let (_, out, _) = hextant(&["--find", "a", "--offsets", "-o", "--range", "1..3", &one]);
    assert_eq!(out, "1:a\n2:a\n");
}

#[test]
fn lines_are_taken_by_their_times() {
    let folder = Folder::new();
    let log = folder.file(
        "a.log",
        "2026-11-25 14:04:00 a\n2026-11-25 14:05:00 b\n  trace b\n2026-11-25 14:06:00 c\n2026-11-26 01:00:00 d\n",
    );
    let lines = |more: &[&str]| {
        let (status, out, err) =
            hextant(&[&["--find", "[a-d]$", "--regex", "-o"][..], more, &[log.as_str()]].concat());
        assert!(status < 2, "{err}");
        out.replace('\n', "")
    };
    assert_eq!(lines(&["--since", "14:05"]), "bbcd");
    assert_eq!(lines(&["--since", "14:05", "--until", "14:06"]), "bb");
    assert_eq!(lines(&["--until", "2026-11-26"]), "abbc");
    assert_eq!(lines(&["--since", "2026-11-27"]), "");
    let (status, _, err) = hextant(&["--find", "x", "--since", "soon", &log]);
    assert_eq!(status, 2);
    assert!(err.contains("no time"), "{err}");
    let filtered = hextant(&["--filter", "--include", "trace", "--since", "14:06", log.as_str()]);
    assert_eq!((filtered.0, filtered.1.as_str()), (1, ""));
}

#[test]
fn strings_in_another_encoding_are_found_and_replaced_in_a_binary_file() {
    let folder = Folder::new();
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let bytes = [b"\x7fELF\x01\x00".as_slice(), &utf16("Hello"), &[0; 3], &utf16("hello")].concat();
    let file = folder.file("program", &bytes);
    let switches = ["--pattern-encoding", "UTF-16LE", "-i"];
    let (status, out, _) =
        hextant(&[&["--find", "hello", "--count-matches"], &switches[..], &[&file]].concat());
    assert_eq!((status, out.as_str()), (0, "2\n"));
    let (status, ..) =
        hextant(&[&["--replace", r"\bh", "J", "--regex", "--in-place"], &switches[..], &[&file]].concat());
    let expected = [b"\x7fELF\x01\x00".as_slice(), &utf16("Jello"), &[0; 3], &utf16("Jello")].concat();
    assert_eq!((status, fs::read(&file).unwrap()), (0, expected));
}

/// Whatever is asked for, and whether the changes have room in memory or not.
#[test]
fn more_matches_than_fit_in_memory_are_replaced_all_the_same() {
    let folder = Folder::new();
    let text = "a b\n".repeat(10_000);
    let expected = text.replace('a', "xyz");
    let file = folder.file("many", &text);
    assert_eq!(hextant(&["--replace", "a", "xyz", &file]), (0, expected.clone(), String::new()));
    let (status, out, _) = hextant(&["--replace", "a", "xyz", "--dry-run", &file]);
    assert_eq!(status, 0);
    assert!(out.contains("10,000 matches, 40,000 bytes become 60,000"), "{out}");
    let (status, _, err) = hextant(&["--replace", "a", "xyz", "--expect", "9", "--in-place", &file]);
    assert!(status == 1 && err.contains("10,000 matches, not 9"), "{err}");
    let (status, ..) = hextant(&["--replace", "a", "xyz", "--expect", "10000", "--in-place", &file]);
    assert_eq!((status, read(&file)), (0, expected));
}

/// A file in many parts, searched by all cores: lines, their numbers, and what is at the seams, in order.
#[test]
fn lines_are_numbered_through_all_parts() {
    let folder = Folder::new();
    let line =
        |n: usize| format!("{}{n}{}", "ä".repeat(n * 7 % 40), if n.is_multiple_of(9) { " hit" } else { "" });
    let text: String = (1..=3000).map(|n| line(n) + "\n").collect();
    let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for file in [folder.file("utf8", &text), folder.file("utf16", &utf16)] {
        let expected: String = (1..=3000)
            .filter(|n: &usize| n.is_multiple_of(9))
            .map(|n| format!("{n}:{}\n", line(n)))
            .collect();
        assert_eq!(hextant(&["--find", "hit$", "--regex", "-n", &file]), (0, expected, String::new()));
        let others = hextant(&["--find", "hit", "-vc", &file]);
        assert_eq!(others.1, "2667\n");
        let starts = hextant(&["--find", "^", "--regex", "--count-matches", &file]);
        assert_eq!(starts.1, "3001\n", "one behind the last line end");
        let json = hextant(&["--find", "hit", "--json", &file]).1;
        let lines: Vec<&str> = json.lines().collect();
        assert!(lines.len() == 333 && lines[332].contains("\"line\":2997,"), "{}", lines[332]);
    }
    let from = text.find("\n500\n").map_or(0, |at| at + 1);
    let file = folder.file("utf8", &text);
    let part = hextant(&["--find", "hit", "-n", "-o", "--range", &format!("{from}.."), &file]).1;
    assert!(part.starts_with(&format!("{}:hit\n", (text[..from].lines().count() + 1).next_multiple_of(9))));
    assert_eq!(hextant(&["--find", "hit", "-q", &file]).0, 0);
    assert_eq!(hextant(&["--find", "nowhere", "-l", &file]), (1, String::new(), String::new()));
}
