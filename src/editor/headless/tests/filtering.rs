//! `--filter`.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::editor::{FilterEntry, FilterRole, FilterSet};
use crate::search::Query;

/// What grep prints of these lines, and its status.
fn grep_of(text: &str, arguments: &[&str]) -> String {
    let folder = Folder::new();
    let file = folder.file("lines", text);
    grep(&[arguments, &["--", &file]].concat()).1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn lines_are_those_of_grep(
        lines in prop::collection::vec(prop::collection::vec(prop::sample::select(vec!["a", "b", "A", " ", "ab", "\u{e9}"]), 0..5), 0..9),
        ends in any::<bool>(),
        include in prop::sample::select(vec!["ab", "a", "-a", "b a"]),
        exclude in prop::sample::select(vec!["A", "\u{e9}", "b", "-"]),
    ) {
        let folder = Folder::new();
        let mut text = lines.iter().map(|line| line.concat()).collect::<Vec<_>>().join("\n");
        if ends && !text.is_empty() {
            text.push('\n');
        }
        let file = folder.file("one", &text);
        let shown = grep_of(&text, &["-F", "-e", include, "-e", "bb"]);
        let (status, out, err) =
            hextant(&["--filter", "--include", include, "--include", "bb", &file]);
        prop_assert_eq!((&out, err.as_str(), status == 0), (&shown, "", !shown.is_empty()));
        let out = hextant(&["--filter", "--include", include, "--include", "bb", "--exclude", exclude, &file]).1;
        prop_assert_eq!(&out, &grep_of(&shown, &["-F", "-v", "-e", exclude]));
        let out = hextant(&["--filter", "--exclude", exclude, "-n", &file]).1;
        prop_assert_eq!(&out, &grep_of(&text, &["-F", "-v", "-n", "-e", exclude]));
        let out = hextant(&["--filter", "--include", include, "-C1", "-n", "-i", &file]).1;
        prop_assert_eq!(&out, &grep_of(&text, &["-F", "-C1", "-n", "-i", "-e", include]));
        let out = hextant(&["--filter", "--include", include, "-c", &file]).1;
        prop_assert_eq!(&out, &grep_of(&text, &["-F", "-c", "-e", include]));
    }
}

const LOG: &str = "\
01:00 one
01:01 failed
  at a
  at b
01:02 two
01:03 failed quietly
  at c
";

#[test]
fn records_are_printed_whole() {
    let folder = Folder::new();
    let file = folder.file("log", LOG);
    let records = ["--filter", "--record", r"^\d\d:", &file];
    let with = |more: &[&str]| hextant(&[&records[..], more].concat()).1;
    assert_eq!(with(&["--include", "at b"]), "01:01 failed\n  at a\n  at b\n");
    assert_eq!(with(&["--include", "failed", "--exclude", "at c"]), "01:01 failed\n  at a\n  at b\n");
    assert_eq!(with(&["--exclude", "at "]), "01:00 one\n01:02 two\n");
    let around = with(&["--include", "at c", "-C1", "-n"]);
    assert_eq!(around, "5-01:02 two\n6:01:03 failed quietly\n7:  at c\n");
    let (status, _, err) = hextant(&["--filter", "--record", "(", "--include", "a", &file]);
    assert!(status == 2 && err.contains("\n  (\n"), "{err}");
}

#[test]
fn text_in_utf_16_is_filtered_and_printed_as_utf_8() {
    let folder = Folder::new();
    let text: Vec<u8> = "\u{feff}eins\nzwei \u{e4}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let file = folder.file("utf16", text);
    assert_eq!(hextant(&["--filter", "--exclude", "eins", "-n", &file]).1, "2:zwei \u{e4}\n");
}

#[test]
fn a_part_has_the_lines_that_start_in_it() {
    let folder = Folder::new();
    let file = folder.file("a", "a1\na2\na3\na4\n");
    let (_, out, _) = hextant(&["--filter", "--include", "a", "-n", "--range", "1..9", &file]);
    assert_eq!(out, "2:a2\n3:a3\n");
}

#[test]
fn a_named_set_says_which_lines() {
    let folder = Folder::new();
    let file = folder.file("log", LOG);
    let entry = |role, text| FilterEntry::new(role, Query::literal(text), 0);
    let errors = FilterSet {
        context: 0,
        records: true,
        record: r"^\d".to_owned(),
        entries: vec![
            entry(FilterRole::Show, "FAILED".to_lowercase()),
            entry(FilterRole::Color, "at".to_owned()),
        ],
    };
    let run_with = |arguments: &[&str]| {
        let arguments = Arguments::try_parse_from([&["hextant"], arguments].concat()).unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let sets = BTreeMap::from([("errors".to_owned(), errors.clone())]);
        let (cache, cancel) = (std::env::temp_dir(), Cancel::new());
        let mut console =
            Console { out: &mut out, err: &mut err, shows_progress: false, cache, sets, cancel };
        let status = run(&arguments, &mut console).unwrap();
        (status, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    };
    let (status, out, _) = run_with(&["--filter", "--set", "errors", "--exclude", "quietly", &file]);
    assert_eq!((status, out.as_str()), (0, "01:01 failed\n  at a\n  at b\n"));
    let (status, _, err) = run_with(&["--filter", "--set", "other", &file]);
    assert!(status == 2 && err.contains("“other” (there are: errors)"), "{err}");
}

#[test]
fn trouble_is_told() {
    let folder = Folder::new();
    let file = folder.file("a", "ab\n");
    let (status, out, err) = hextant(&["--filter", &file]);
    assert!((status, out.as_str()) == (2, "") && err.contains("say which lines"), "{err}");
    let (status, _, err) = hextant(&["--filter", "--regex", "--include", "a(?=b)", &file]);
    assert!(status == 2 && err.contains("Look-around") && err.contains("\n   ^^^"), "{err}");
    let missing = folder.path("missing");
    let (status, out, err) = hextant(&["--filter", "--include", "a", missing.to_str().unwrap(), &file]);
    assert_eq!((status, out), (2, format!("{file}:ab\n")));
    assert!(err.contains("no file"), "{err}");
    let cancel = Cancel::new();
    cancel.cancel();
    assert_eq!(with_cancel(&["--filter", "--include", "a", &file], cancel).0, 130);
    assert_eq!(hextant(&["--filter", "--include", "x", &file]), (1, String::new(), String::new()));
}

#[test]
fn what_is_listed_is_written_to_a_file_or_not_at_all() {
    let folder = Folder::new();
    let file = folder.file("log", LOG);
    let output = folder.file("out", "old");
    let to_output = ["--filter", "--include", "at ", "--output", &output, &file];
    assert_eq!(hextant(&to_output), (0, String::new(), String::new()));
    assert_eq!(read(&output), "  at a\n  at b\n  at c\n");
    let missing = folder.path("missing");
    let (status, ..) = hextant(&[&to_output[..], &[missing.to_str().unwrap()]].concat());
    assert_eq!((status, read(&output).len()), (2, 21), "nothing is written where something failed");
    // To its own file too.
    assert_eq!(hextant(&["--filter", "--exclude", "at ", "--output", &file, &file]).0, 0);
    assert_eq!(read(&file), "01:00 one\n01:01 failed\n01:02 two\n01:03 failed quietly\n");
    assert_eq!(folder.names(), ["log", "out"]);
}

/// What is printed, while it is.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Shared {
    #[track_caller]
    fn comes(&self, text: &str) {
        let start = Instant::now();
        loop {
            let now = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            if now == text {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{now:?}, not {text:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Follows a file; gives what is printed, and what ends it.
fn followed(arguments: &[&str]) -> (Shared, Cancel, thread::JoinHandle<u8>) {
    let arguments =
        Arguments::try_parse_from([&["hextant", "--filter", "--follow"], arguments].concat()).unwrap();
    let (shared, cancel) = (Shared::default(), Cancel::new());
    let (mut out, ended) = (shared.clone(), cancel.clone());
    let thread = thread::spawn(move || {
        let (cache, sets) = (std::env::temp_dir(), BTreeMap::new());
        let err = &mut Vec::new();
        run(
            &arguments,
            &mut Console { out: &mut out, err, shows_progress: false, cache, sets, cancel: ended },
        )
        .unwrap()
    });
    (shared, cancel, thread)
}

#[test]
fn a_file_that_grows_is_followed_by_whole_lines() {
    let folder = Folder::new();
    let file = folder.file("log", "a1\nb\na2\nc\nnot whole a");
    let append = |text: &str| {
        let mut file = fs::OpenOptions::new().append(true).open(&file).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    let (printed, cancel, thread) = followed(&["--include", "a", "-n", "-C1", &file]);
    printed.comes("1:a1\n2-b\n3:a2\n4-c\n");
    append("3\nd\ne\n");
    printed.comes("1:a1\n2-b\n3:a2\n4-c\n5:not whole a3\n6-d\n");
    append("a4\n");
    printed.comes("1:a1\n2-b\n3:a2\n4-c\n5:not whole a3\n6-d\n7-e\n8:a4\n");
    fs::rename(&file, folder.path("log.1")).unwrap();
    fs::write(&file, "new a5\n").unwrap();
    printed.comes("1:a1\n2-b\n3:a2\n4-c\n5:not whole a3\n6-d\n7-e\n8:a4\n--\n1:new a5\n");
    cancel.cancel();
    assert_eq!(thread.join().unwrap(), 130);
}

#[test]
fn a_record_is_printed_when_it_is_whole_or_nothing_comes() {
    let folder = Folder::new();
    let file = folder.file("log", "01 ok\n02 bad\n at x\n");
    let append = |text: &str| {
        let mut file = fs::OpenOptions::new().append(true).open(&file).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    let (printed, cancel, thread) = followed(&["--include", "bad", "--record", r"^\d", "--regex", &file]);
    append(" at y\n");
    printed.comes("02 bad\n at x\n at y\n");
    append("03 ok\n bad after all\n04 ok\n");
    printed.comes("02 bad\n at x\n at y\n03 ok\n bad after all\n");
    cancel.cancel();
    assert_eq!(thread.join().unwrap(), 130);
}
