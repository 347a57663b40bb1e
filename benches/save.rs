//! Saving, in each way that it is done, against what the system itself takes for it in the same run.
//!
//! `cargo bench --no-default-features --bench save [-- WORD…]`. Needs 14 GiB of disk under `target/`. What was saved is
//! checked; rounds are interleaved. The bytes that are written are those of the system calls (`/proc/self/io`), so
//! journals are counted in.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hextant::document::{Content, Document, Replacement, StepKind};
use hextant::save::{Disk, Expect, FileSystem, Method, Request, plan, save};
use hextant::source::{Cancel, Progress, Source, Synthetic, open};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str()));
    println!("| case | ours | theirs | ratio |\n|---|---|---|---|");
    if wants("copy") {
        copy();
    }
    if wants("byte") {
        byte("1 byte in a sparse 100 GiB", &sparse(100 * GIB));
        byte("1 byte in 4 GiB", &data("save-4g.bin", 4 * GIB));
    }
    if wants("scattered") {
        scattered();
    }
    if wants("front") {
        front();
    }
}

/// All of a file through a copy, against `cp` and `fsync`.
fn copy() {
    let path = data("save-2g.bin", 2 * GIB);
    let other = folder().join("copied");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..5 {
        let start = Instant::now();
        assert!(Command::new("cp").arg("--reflink=never").args([&path, &other]).status().unwrap().success());
        File::open(&other).unwrap().sync_all().unwrap();
        theirs.push(start.elapsed());
        fs::remove_file(&other).unwrap();
        let edit = vec![(0..8, format!("rnd {round:04}").into_bytes())];
        // Without a place for a journal nothing is saved in place.
        let (method, time) = edit_and_save(&path, edit, None);
        assert_eq!(method, Method::Replace);
        ours.push(time);
    }
    row("2 GiB through a copy, to cp + fsync", &mut ours, &mut theirs);
}

/// One byte, against journaling and syncing 4 KiB.
fn byte(name: &str, path: &Path) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..20_u8 {
        let before = written();
        let (method, time) = edit_and_save(path, vec![(GIB..GIB + 1, vec![round])], state());
        let bytes = written() - before;
        assert_eq!(method, Method::InPlace);
        assert!(bytes < 32 << 10, "{bytes} bytes were written for one");
        ours.push(time);
        let mut byte = [0];
        File::open(path).unwrap().read_exact_at(&mut byte, GIB).unwrap();
        assert_eq!(byte, [round]);

        let journal = folder().join("journal");
        let start = Instant::now();
        let file = OpenOptions::new().create_new(true).write(true).open(&journal).unwrap();
        file.write_all_at(&[round; 4096], 0).unwrap();
        file.sync_all().unwrap();
        theirs.push(start.elapsed());
        fs::remove_file(&journal).unwrap();
    }
    row(&format!("{name}, to 4 KiB journaled and synced"), &mut ours, &mut theirs);
}

/// Many small overwrites: bytes written to bytes changed.
fn scattered() {
    const EDITS: u64 = 100_000;
    const CHANGED: u64 = 32;
    let path = data("save-1g.bin", GIB);
    let edits =
        (0..EDITS).map(|n| n * (GIB / EDITS)).map(|at| (at..at + CHANGED, vec![b'!'; CHANGED as usize]));
    let before = written();
    let (method, time) = edit_and_save(&path, edits.collect(), state());
    let bytes = written() - before;
    assert_eq!(method, Method::InPlace);
    println!(
        "| {EDITS} overwrites of {CHANGED} bytes in 1 GiB: bytes written to bytes changed | {bytes} | {} | {:.2} | ({:.0} ms)",
        EDITS * CHANGED,
        bytes as f64 / (EDITS * CHANGED) as f64,
        time.as_secs_f64() * 1e3,
    );
}

/// A byte at the front of a file for which there is no second place: on a disk with 200 MiB left where one can be mounted,
/// else on this one, where another name has it stay the file that it is.
fn front() {
    let mounted = Mounted::new("save-front.img", 4 * GIB + 600 * MIB);
    let (folder, free) = match &mounted {
        Some(mounted) => (mounted.folder.clone(), "200 MiB left"),
        None => (folder(), "another name"),
    };
    let path = data_in(&folder, "save-front.bin", 4 * GIB);
    if mounted.is_some() {
        fill(&folder, 200 * MIB);
    } else {
        let _ = fs::remove_file(folder.join("link"));
        fs::hard_link(&path, folder.join("link")).unwrap();
    }
    let mut first = [0; 4096];
    File::open(&path).unwrap().read_exact(&mut first).unwrap();
    // The peak begins anew.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let state = folder.join("state");
    let is_done = AtomicBool::new(false);
    let ((method, time), scratch) = std::thread::scope(|scope| {
        let scratch = scope.spawn(|| {
            let mut most = 0;
            while !is_done.load(Ordering::Relaxed) {
                let sizes = fs::read_dir(&state).into_iter().flatten().flatten();
                most = most.max(sizes.filter_map(|it| it.metadata().ok()).map(|it| it.len()).sum());
                std::thread::sleep(Duration::from_millis(10));
            }
            most
        });
        let saved = edit_and_save(&path, vec![(0..0, vec![b'x'])], Some(state.clone()));
        is_done.store(true, Ordering::Relaxed);
        (saved, scratch.join().unwrap())
    });
    assert_eq!(method, Method::Move);
    let mut now = [0; 4097];
    File::open(&path).unwrap().read_exact(&mut now).unwrap();
    assert_eq!((now[0], &now[1..]), (b'x', &first[..]));
    let peak = status("VmHWM:");
    println!(
        "| 1 byte in front of 4 GiB, moved in place ({free}) | {:.1} s, {:.0} MiB/s | {} MiB of memory, {} MiB of scratch at most | |",
        time.as_secs_f64(),
        (4 * GIB / MIB) as f64 / time.as_secs_f64(),
        peak / 1024,
        scratch / MIB,
    );
    let _ = fs::remove_file(folder.join("link"));
    fs::remove_file(&path).unwrap();
    drop(mounted);
    assert!(peak < 128 * 1024, "{peak} KiB of memory");
    assert!(scratch < 128 * MIB, "{scratch} bytes of scratch");
}

/// An ext4 file system of its own, in a file.
struct Mounted {
    folder: PathBuf,
    image: PathBuf,
}

impl Mounted {
    fn new(name: &str, len: u64) -> Option<Self> {
        let image = folder().join(name);
        let folder = folder().join("mounted");
        fs::create_dir_all(&folder).unwrap();
        File::create(&image).unwrap().set_len(len).unwrap();
        let run = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
        let mounted = Self { folder, image };
        let made = run(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(&mounted.image))
            && run(Command::new("mount").args(["-o", "loop"]).args([&mounted.image, &mounted.folder]));
        if !made {
            println!("(no file system can be mounted here)");
        }
        made.then_some(mounted)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.folder).output();
        let _ = fs::remove_file(&self.image);
    }
}

/// Leaves so many bytes free on the disk of `folder`.
fn fill(folder: &Path, left: u64) {
    let free = Disk.space(folder).unwrap().free;
    let ballast = File::create(folder.join("ballast")).unwrap();
    rustix::fs::fallocate(&ballast, rustix::fs::FallocateFlags::empty(), 0, free - left).unwrap();
}

/// How the edits were saved, and how long it took.
fn edit_and_save(
    path: &Path,
    edits: Vec<(Range<u64>, Vec<u8>)>,
    state: Option<PathBuf>,
) -> (Method, Duration) {
    let mut document = Document::open(open(path).unwrap().source);
    let replacements =
        edits.into_iter().map(|(range, bytes)| Replacement { range, content: Content::Bytes(bytes) });
    document.edit(replacements.collect(), StepKind::Whole("Edit"), &[], Duration::ZERO).unwrap();
    let identity = Disk.stat(path).unwrap().unwrap().identity;
    let request = Request { state, ..Request::new(document.snapshot(), path, Expect::Unchanged(identity)) };
    let method = plan(&request, &Disk, &Cancel::new()).unwrap().method;
    let start = Instant::now();
    let saved = save(&request, &Disk, &Cancel::new(), &Progress::default()).unwrap();
    let time = start.elapsed();
    assert_eq!(saved.source.len(), document.len());
    (method, time)
}

fn row(name: &str, ours: &mut [Duration], theirs: &mut [Duration]) {
    ours.sort();
    theirs.sort();
    let median = |times: &[Duration]| times[times.len() / 2].as_secs_f64() * 1e3;
    println!(
        "| {name} | {:.2} ms | {:.2} ms | {:.2} |",
        median(ours),
        median(theirs),
        median(ours) / median(theirs)
    );
}

/// Bytes that this process has written.
fn written() -> u64 {
    field("/proc/self/io", "wchar:")
}

/// In KiB.
fn status(name: &str) -> u64 {
    field("/proc/self/status", name)
}

fn field(path: &str, name: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Where the journals are kept.
fn state() -> Option<PathBuf> {
    Some(folder().join("state"))
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-data");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A file of this length, made once.
fn data(name: &str, len: u64) -> PathBuf {
    data_in(&folder(), name, len)
}

fn data_in(folder: &Path, name: &str, len: u64) -> PathBuf {
    let path = folder.join(name);
    if path.metadata().is_ok_and(|metadata| metadata.len() == len) {
        return path;
    }
    let source = Synthetic::log(len);
    let mut file = File::create(&path).unwrap();
    let mut block = vec![0; MIB as usize];
    for at in (0..len).step_by(MIB as usize) {
        source.read_at(at, &mut block).unwrap();
        file.write_all(&block).unwrap();
    }
    file.sync_all().unwrap();
    path
}

fn sparse(len: u64) -> PathBuf {
    let path = folder().join("save-sparse.img");
    File::create(&path).unwrap().set_len(len).unwrap();
    path
}
