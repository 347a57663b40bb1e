//! Patches against an applier written from the format's description, and `patch` itself.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::patch::{Form, Gone, patch};
use crate::document::{Content, Document, Replacement, Since, StepKind};
use crate::source::{Cancel, Memory, Progress};

fn edited(base: &[u8], edits: &[(usize, usize, Vec<u8>)]) -> Document {
    let mut document = Document::open(Arc::new(Memory::new(base.to_vec())));
    for (at, removed, inserted) in edits {
        let start = (*at as u64).min(document.len());
        let end = (start + *removed as u64).min(document.len());
        let replacement = Replacement { range: start..end, content: Content::Bytes(inserted.clone()) };
        document.edit(vec![replacement], StepKind::Whole("Edit"), &[], Duration::ZERO).unwrap();
    }
    document
}

fn made(document: &Document, form: Form) -> Result<Vec<u8>, Gone> {
    let (cancel, progress) = (Cancel::new(), Progress::default());
    patch(document.snapshot(), Since::Saved, form, "a file", &cancel, &progress)
}

fn contents(document: &Document) -> Vec<u8> {
    document.snapshot().read(0..u64::MAX).unwrap()
}

/// What a unified diff makes of `old`; every line number and every line that is kept or removed is checked.
fn apply_unified(old: &[u8], diff: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = old.split_inclusive(|byte| *byte == b'\n').collect();
    let mut diff = diff.split_inclusive(|byte| *byte == b'\n').peekable();
    assert!(diff.next().unwrap().starts_with(b"--- a/a file"));
    assert!(diff.next().unwrap().starts_with(b"+++ b/a file"));
    let mut new: Vec<Vec<u8>> = Vec::new();
    let mut at = 0;
    while let Some(head) = diff.next() {
        let head = std::str::from_utf8(head).unwrap().trim_end();
        let parts: Vec<&str> = head.split(' ').collect();
        assert_eq!((parts[0], parts[3]), ("@@", "@@"));
        let range = |part: &str| {
            let (first, many) = part[1..].split_once(',').unwrap();
            let (first, many): (usize, usize) = (first.parse().unwrap(), many.parse().unwrap());
            (first - usize::from(many > 0), many)
        };
        let ((old_first, mut old_left), (new_first, mut new_left)) = (range(parts[1]), range(parts[2]));
        new.extend(lines[at..old_first].iter().map(|line| line.to_vec()));
        at = old_first;
        assert_eq!(new.len(), new_first, "{head}");
        assert!(old_left + new_left > 0);
        let mut changes = 0;
        while old_left + new_left > 0 {
            let mut line = diff.next().unwrap().to_vec();
            if diff.next_if(|next| next.starts_with(b"\\ No newline")).is_some() {
                line.pop();
            }
            let sign = line.remove(0);
            if sign != b'+' {
                assert_eq!(line, lines[at]);
                at += 1;
                old_left -= 1;
            }
            if sign != b'-' {
                new.push(line);
                new_left -= 1;
            }
            changes += usize::from(sign != b' ');
        }
        assert!(changes > 0, "a hunk changes something");
    }
    new.extend(lines[at..].iter().map(|line| line.to_vec()));
    new.concat()
}

/// What a hex patch makes of `old`.
fn apply_hex(old: &[u8], patch: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(patch).unwrap();
    let mut new = Vec::new();
    let (mut at, mut removed, mut inserted) = (0, Vec::new(), 0);
    let number = |text: &str| usize::from_str_radix(text, 16).unwrap();
    let bytes = |text: &str| text.split(' ').map(|byte| number(byte) as u8).collect::<Vec<u8>>();
    for line in text.lines().skip(3) {
        match line.split_at(2) {
            ("@ ", rest) => {
                let numbers: Vec<usize> = rest.split(' ').map(number).collect();
                assert_eq!((removed.len(), inserted), (0, 0));
                new.extend_from_slice(&old[at..numbers[0]]);
                removed = old[numbers[0]..numbers[0] + numbers[1]].to_vec();
                at = numbers[0] + numbers[1];
                inserted = numbers[2];
            }
            ("- ", "…") => removed.clear(),
            ("- ", rest) => {
                let bytes = bytes(rest);
                assert_eq!(removed[..bytes.len()], bytes);
                removed.drain(..bytes.len());
            }
            ("+ ", rest) => {
                let bytes = bytes(rest);
                inserted -= bytes.len();
                new.extend(bytes);
            }
            _ => panic!("{line}"),
        }
    }
    new.extend_from_slice(&old[at..]);
    new
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => "[ab]{0,3}\n".prop_map(String::into_bytes),
        1 => "[abc\\\\@ +-]{0,12}\n".prop_map(String::into_bytes),
        1 => "é?x?".prop_map(String::into_bytes),
    ]
}

fn lines(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(line(), 0..most).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_patch_makes_the_new_contents_of_the_old(
        base in lines(40),
        edits in prop::collection::vec((0usize..140, 0usize..12, lines(4)), 1..7),
    ) {
        let document = edited(&base, &edits);
        let diff = made(&document, Form::Unified).unwrap();
        prop_assert_eq!(apply_unified(&base, &diff), contents(&document));
        let hex = made(&document, Form::Hex).unwrap();
        prop_assert_eq!(apply_hex(&base, &hex), contents(&document));
    }
}

/// Runs `patch` over `old`; `None` where there is none.
fn apply_with_patch(old: &[u8], diff: &[u8]) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let (target, result) = (folder.path().join("a file"), folder.path().join("new"));
    std::fs::write(&target, old).unwrap();
    let mut child = Command::new("patch")
        .args(["--binary", "--fuzz=0", "--no-backup-if-mismatch", "-s", "-o"])
        .args([&result, &target])
        .stdin(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(diff).unwrap();
    assert!(child.wait().unwrap().success(), "{}", String::from_utf8_lossy(diff));
    Some(std::fs::read(&result).unwrap_or_default())
}

#[test]
fn the_patch_program_takes_our_diffs() {
    let base: Vec<u8> = (1..=60).flat_map(|n| format!("line {n}\n").into_bytes()).collect();
    let cases: [&[(usize, usize, &str)]; 7] = [
        &[(0, 0, "first\n")],
        &[(14, 7, "")],
        &[(14, 1, "L"), (40, 0, "two\nlines\n"), (300, 30, "x")],
        &[(1000, 0, "no line end")],
        &[(0, 1000, "all of it\n")],
        &[(7, 0, "a"), (70, 1, "b"), (72, 1, "c"), (200, 0, "\n")],
        &[(base.len() - 1, 1, ""), (100, 0, "é")],
    ];
    for edits in cases {
        let edits: Vec<_> =
            edits.iter().map(|(at, removed, text)| (*at, *removed, text.as_bytes().to_vec())).collect();
        let document = edited(&base, &edits);
        let diff = made(&document, Form::Unified).unwrap();
        assert_eq!(apply_unified(&base, &diff), contents(&document));
        let Some(new) = apply_with_patch(&base, &diff) else {
            println!("skipped: the program `patch` is not installed");
            return;
        };
        assert_eq!(new, contents(&document), "{}", String::from_utf8_lossy(&diff));
    }
}

#[test]
fn only_what_changed_is_in_a_hunk_and_near_changes_share_one() {
    let base: Vec<u8> = (1..=30).flat_map(|n| format!("{n}\n").into_bytes()).collect();
    let at = |line: &str| base.windows(line.len()).position(|part| part == line.as_bytes()).unwrap();
    let document =
        edited(&base, &[(at("\n20\n") + 1, 2, b"twenty".to_vec()), (at("\n5\n") + 2, 0, b"\n5b".to_vec())]);
    let diff = String::from_utf8(made(&document, Form::Unified).unwrap()).unwrap();
    let expected = "--- a/a file\t\n+++ b/a file\t\n\
                    @@ -3,6 +3,7 @@\n 3\n 4\n 5\n+5b\n 6\n 7\n 8\n\
                    @@ -17,7 +18,7 @@\n 17\n 18\n 19\n-20\n+twenty\n 21\n 22\n 23\n";
    assert_eq!(diff, expected);
    let document =
        edited(&base, &[(at("\n12\n") + 1, 1, b"X".to_vec()), (at("\n5\n") + 1, 1, b"Y".to_vec())]);
    let diff = String::from_utf8(made(&document, Form::Unified).unwrap()).unwrap();
    assert_eq!(diff.matches("@@ -").count(), 1, "{diff}");
}

#[test]
fn what_is_typed_over_by_its_like_is_no_change_in_a_diff() {
    let document = edited(b"one\ntwo\n", &[(4, 3, b"two".to_vec())]);
    let diff = made(&document, Form::Unified).unwrap();
    assert_eq!(diff, b"--- a/a file\t\n+++ b/a file\t\n");
}

#[test]
fn long_removed_stretches_are_told_by_size_in_hex_and_too_large_diffs_not_made() {
    let base = vec![b'x'; 2 << 20];
    let document = edited(&base, &[(10, base.len() - 20, Vec::new())]);
    let hex = String::from_utf8(made(&document, Form::Hex).unwrap()).unwrap();
    assert!(hex.ends_with("@ A 1FFFEC 0\n- …\n"), "{hex}");
    assert_eq!(made(&document, Form::Unified), Err(Gone::TooLarge));
    let cancel = Cancel::new();
    cancel.cancel();
    let result = patch(document.snapshot(), Since::Saved, Form::Hex, "x", &cancel, &Progress::default());
    assert_eq!(result, Err(Gone::Cancelled));
}
