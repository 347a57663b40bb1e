//! The real thing: a process that saves to a real file system is killed, or its system calls fail, at every call that
//! changes anything. Skipped, with a reason, where strace is missing or may not trace.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

use std::ops::Range;
use std::path::Path;

use hextant::document::{Content, Document, Replacement, StepKind};
use hextant::save::{Disk, Expect, FileSystem, Recovered, Request, SaveError, Saved, Warning, recover, save};
use hextant::source::{Cancel, Identity, Progress};

/// Where the process that is traced saves, and how.
const CASE: &str = "HEXTANT_TEST_SAVE";

/// The calls that change something, and how each may fail.
const CALLS: [(&str, &str); 9] = [
    ("pwrite64", "ENOSPC"),
    ("fsync", "EIO"),
    ("fdatasync", "EIO"),
    ("fallocate", "ENOSPC"),
    ("ftruncate", "EIO"),
    ("rename", "EACCES"),
    ("renameat2", "EACCES"),
    ("unlink", "EACCES"),
    ("fchmod", "EACCES"),
];

/// Exit codes of the traced process.
const FAILED: i32 = 3;
const INTERRUPTED: i32 = 4;
const UNCONFIRMED: i32 = 5;

fn old() -> Vec<u8> {
    (0..1_500_000_u32).map(|i| (i % 251) as u8).collect()
}

/// Each way of saving, by what is edited.
fn edits(way: &str) -> Vec<(Range<u64>, &'static [u8])> {
    match way {
        "replace" => vec![(0..1_000_000, b"replaced")],
        "in-place" => {
            vec![(10..13, b"new"), (1_000_000..1_000_003, b"new"), (1_499_999..1_500_000, b"longer")]
        }
        _ => vec![(100..100, b"in front"), (900_000..950_000, b"")],
    }
}

fn new(way: &str) -> Vec<u8> {
    let mut bytes = old();
    for (range, content) in edits(way).into_iter().rev() {
        bytes.splice(range.start as usize..range.end as usize, content.iter().copied());
    }
    bytes
}

fn prepare(folder: &Path, way: &str) {
    let path = folder.join("target");
    let _ = fs::remove_file(folder.join("other"));
    fs::write(&path, old()).unwrap();
    if way == "move" {
        fs::hard_link(&path, folder.join("other")).unwrap();
    }
}

fn save_to(request: &Request) -> Result<Saved, SaveError> {
    save(request, &Disk, &Cancel::new(), &Progress::default())
}

fn identity(path: &Path) -> Identity {
    Disk.stat(path).unwrap().unwrap().identity
}

/// What the traced process does.
#[test]
#[ignore = "run by `killed_at_any_system_call_a_save_is_old_or_new_or_completed`"]
fn traced() {
    let Some((folder, way)) = std::env::var(CASE)
        .ok()
        .and_then(|case| case.split_once('|').map(|(folder, way)| (folder.to_owned(), way.to_owned())))
    else {
        return;
    };
    let folder = Path::new(&folder);
    let path = folder.join("target");
    let mut document = Document::open(hextant::source::open(&path).unwrap().source);
    let replacement =
        |(range, bytes): (_, &[u8])| Replacement { range, content: Content::Bytes(bytes.to_vec()) };
    let replacements = edits(&way).into_iter().map(replacement).collect();
    document.edit(replacements, StepKind::Whole("Edit"), &[], Duration::ZERO).unwrap();
    let expect = Expect::Unchanged(identity(&path));
    let request = Request {
        state: Some(folder.join("state")),
        window: 400_000,
        ..Request::new(document.snapshot(), &path, expect)
    };
    let code = match save_to(&request) {
        Ok(_) => 0,
        Err(SaveError::Interrupted { .. }) => INTERRUPTED,
        Err(SaveError::Unconfirmed { .. }) => UNCONFIRMED,
        Err(_) => FAILED,
    };
    std::process::exit(code);
}

/// Runs the traced process with a fault.
fn run(folder: &Path, way: &str, call: &str, inject: &str) -> std::process::Output {
    prepare(folder, way);
    Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", inject])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "killed::traced", "--test-threads=1"])
        .env(CASE, format!("{}|{way}", folder.display()))
        .output()
        .unwrap()
}

#[test]
fn killed_at_any_system_call_a_save_is_old_or_new_or_completed() {
    let can_trace = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    if !can_trace.is_ok_and(|status| status.success()) {
        println!("skipped: strace is missing, or may not trace here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (mut killed, mut failed, mut interrupted) = (0, 0, 0);
    for way in ["replace", "in-place", "move"] {
        for (call, errno) in CALLS {
            for (kind, fault) in ["signal=KILL".to_owned(), format!("error={errno}")].iter().enumerate() {
                for n in 1.. {
                    let output = run(folder, way, call, &format!("inject={call}:{fault}:when={n}"));
                    let context = format!("{way}, {call} {n}, {fault}: {output:?}");
                    let was_killed = output.status.signal() == Some(9) || output.status.code() == Some(137);
                    let code = output.status.code();
                    assert!(
                        was_killed || matches!(code, Some(0 | FAILED | INTERRUPTED | UNCONFIRMED)),
                        "{context}"
                    );
                    // Whether a fault happened is known only where it shows.
                    let none_left = code == Some(0);
                    let outcomes = recover(&folder.join("state"), &Disk);
                    assert!(
                        outcomes.iter().all(|outcome| matches!(outcome, Recovered::Completed { .. })),
                        "{context}: {outcomes:?}"
                    );
                    let contents = fs::read(folder.join("target")).unwrap();
                    let is_new = contents == new(way);
                    match code {
                        _ if was_killed => assert!(is_new || contents == old(), "{context}"),
                        Some(FAILED) => assert!(contents == old(), "{context}"),
                        _ => assert!(is_new, "{context}"),
                    }
                    let mut journals = fs::read_dir(folder.join("state")).into_iter().flatten().flatten();
                    assert!(journals.all(|it| it.file_name() == "spare.redo"), "{context}");
                    for entry in fs::read_dir(folder).unwrap() {
                        let name = entry.unwrap().file_name();
                        // A process that is killed cannot tidy up.
                        let left = name.to_string_lossy().starts_with(".hextant-save");
                        assert!(!left || was_killed, "{context}: {name:?}");
                        if left {
                            fs::remove_file(folder.join(name)).unwrap();
                        }
                    }
                    match kind {
                        0 => killed += u32::from(was_killed),
                        _ => failed += u32::from(code != Some(0)),
                    }
                    interrupted += u32::from(code == Some(INTERRUPTED));
                    if none_left {
                        break;
                    }
                }
            }
        }
    }
    println!("{killed} times killed, {failed} failed, of which {interrupted} were interrupted");
    assert!(killed > 30 && failed > 10 && interrupted > 5, "{killed}, {failed}, {interrupted}");
}

#[test]
fn a_disk_is_written_to_directly_and_keeps_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("image");
    fs::write(&image, vec![7; 2 << 20]).unwrap();
    let attached = Command::new("losetup").args(["--find", "--show"]).arg(&image).output();
    let Some(device) = attached.ok().filter(|output| output.status.success()) else {
        println!("skipped: no loop device can be had here");
        return;
    };
    let device = String::from_utf8(device.stdout).unwrap();
    let device = Path::new(device.trim());
    let outcome = std::panic::catch_unwind(|| write_to_disk(device, &folder.path().join("state")));
    Command::new("losetup").arg("--detach").arg(device).status().unwrap();
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
    let mut expected = vec![7; 2 << 20];
    expected[1_000_000..1_000_003].copy_from_slice(b"new");
    assert!(fs::read(&image).unwrap() == expected);
}

fn write_to_disk(device: &Path, state: &Path) {
    let mut document = Document::open(hextant::source::open(device).unwrap().source);
    let mut edit = |range: Range<u64>, bytes: &[u8]| {
        let replacement = Replacement { range, content: Content::Bytes(bytes.to_vec()) };
        document.edit(vec![replacement], StepKind::Whole("Edit"), &[], Duration::ZERO).unwrap();
        document.snapshot()
    };
    let expect = Expect::Unchanged(identity(device));
    let request = |snapshot| Request { state: Some(state.into()), ..Request::new(snapshot, device, expect) };
    let snapshot = edit(1_000_000..1_000_003, b"new");
    let mut one = request(snapshot);
    let error = save_to(&one).unwrap_err();
    assert!(error.to_string().contains("it is a disk"), "{error}");
    one.accepted = vec![Warning::Disk];
    let saved = save_to(&one).unwrap();
    assert_eq!(saved.source.len(), 2 << 20);
    let mut longer = request(edit(0..0, b"longer"));
    longer.expect = Expect::Unchanged(saved.identity);
    longer.accepted = vec![Warning::Disk];
    let error = save_to(&longer).unwrap_err();
    assert!(matches!(error, SaveError::SizeFixed { size: 0x20_0000, .. }), "{error}");
}
