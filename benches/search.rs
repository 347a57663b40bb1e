//! Searching a 1 GiB log in the page cache, against reading memory and against `rg` and `grep` in the same run.
//!
//! `cargo bench --no-default-features --bench search`. The file is made once, under `target/`. Every count is checked
//! against that of the rivals that are there; rounds are interleaved. A ratio below 1 is faster. Sections by name:
//! `-- backwards unicode replace count`.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use hextant::document::{Document, Snapshot};
use hextant::search::{Case, Pattern, Query, Replacements, Tally, Target, Template, find_backward};
use hextant::source::{Cancel, Memory, Progress, Source, Synthetic, open};

const LEN: u64 = 1 << 30;
const ROUNDS: usize = 3;

fn main() {
    let path = log();
    std::io::copy(&mut File::open(&path).unwrap(), &mut std::io::sink()).unwrap();
    let named: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let is_asked_for = |name: &str| named.is_empty() || named.iter().any(|asked| asked == name);
    if is_asked_for("backwards") {
        backwards(&path);
    }
    if is_asked_for("unicode") {
        unicode();
    }
    if is_asked_for("replace") {
        replace(&path);
    }
    if is_asked_for("count") {
        counts(&path);
    }
}

fn counts(path: &Path) {
    let memory = read_memory();
    println!("memory, read by 2 threads: {:.1} GB/s", rate(LEN, memory));
    println!(
        "| of 1 GiB | hits | 1 thread, GB/s | 2 threads, GB/s | 2 threads, to memory | rg, GB/s | time, to rg | grep, GB/s |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    let sensitive = |text: &str| Query { case: Case::Sensitive, ..Query::literal(text) };
    let regex = |text: &str| Query { case: Case::Sensitive, ..Query::regex(text) };
    let insensitive = |text: &str| Query { case: Case::Insensitive, ..Query::literal(text) };
    for (query, switches) in [
        (sensitive(NEEDLE), &["-F", NEEDLE][..]),
        (sensitive("ERROR"), &["-F", "ERROR"]),
        (insensitive("checkpoint"), &["-i", "-F", "checkpoint"]),
        (insensitive("nowhere to be found"), &["-i", "-F", "nowhere to be found"]),
        (regex("ERROR|WARN"), &["-E", "ERROR|WARN"]),
        (regex("wrote.*sequence.*99 "), &["-E", "wrote.*sequence.*99 "]),
        (regex(r"trace=[0-9a-f]{8}00"), &["-E", "trace=[0-9a-f]{8}00"]),
        (regex(r"\w+ request"), &["-E", r"\w+ request"]),
        (sensitive("worker"), &["-F", "worker"]),
    ] {
        row(path, memory, &query, switches);
    }
}

const NEEDLE: &str = "a needle that is here once";

fn row(path: &Path, memory: Duration, query: &Query, switches: &[&str]) {
    let (mut one, mut two, mut rg, mut grep) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut hits = 0;
    for _ in 0..ROUNDS {
        // Each of the patterns matches at most once a line, so that lines are matches.
        let rivals = [("rg", &["-c", "--mmap"][..], &mut rg), ("grep", &["-c"], &mut grep)];
        let mut counts = Vec::new();
        for (name, more, times) in rivals {
            let switches = switches.iter().filter(|switch| name == "grep" || **switch != "-E");
            let start = Instant::now();
            if let Ok(output) =
                Command::new(name).env("LC_ALL", "C.UTF-8").args(more).args(switches).arg(path).output()
            {
                times.push(start.elapsed());
                counts.push(String::from_utf8_lossy(&output.stdout).trim().parse::<u64>().unwrap_or(0));
            }
        }
        for (threads, times) in [(1, &mut one), (2, &mut two)] {
            let (count, time) = count(path, query, threads);
            assert!(counts.iter().all(|other| *other == count), "{}: {count}, rivals {counts:?}", query.text);
            times.push(time);
            hits = count;
        }
    }
    let best = |times: &[Duration]| times.iter().min().copied();
    let speed = |time: Option<Duration>| time.map_or("".to_owned(), |time| format!("{:.2}", rate(LEN, time)));
    let (two, rg) = (best(&two), best(&rg));
    println!(
        "| `{}` | {hits} | {} | {} | {:.2} | {} | {} | {} |",
        query.text.replace('|', "\\|"),
        speed(best(&one)),
        speed(two),
        memory.as_secs_f64() / two.unwrap().as_secs_f64(),
        speed(rg),
        rg.map_or(String::new(), |rg| format!("{:.2}", two.unwrap().as_secs_f64() / rg.as_secs_f64())),
        speed(best(&grep)),
    );
}

fn rate(bytes: u64, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64() / 1e9
}

/// Opens the file afresh, as the editor does, and counts.
fn count(path: &Path, query: &Query, threads: usize) -> (u64, Duration) {
    let start = Instant::now();
    let snapshot = Document::open(open(path).expect("the log").source).snapshot();
    let total = tally(snapshot, query, threads);
    (total, start.elapsed())
}

fn tally(snapshot: Snapshot, query: &Query, threads: usize) -> u64 {
    let tally = Tally::new(snapshot, Pattern::new(query, Target::default()).unwrap());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| tally.run(&Cancel::new(), &Progress::default()));
        }
    });
    let blocks = tally.blocks();
    assert!(blocks.is_complete());
    blocks.total()
}

/// From the end to the needle, which stands near the start.
fn backwards(path: &Path) {
    let snapshot = Document::open(open(path).unwrap().source).snapshot();
    let pattern = Pattern::new(&Query::literal(NEEDLE), Target::default()).unwrap();
    let start = Instant::now();
    let found =
        find_backward(&snapshot, &pattern, u64::MAX, 0..u64::MAX, &Cancel::new(), &Progress::default());
    let range = found.unwrap().range.expect("the needle");
    println!("backwards, 1 thread: {:.2} GB/s", rate(LEN - range.start, start.elapsed()));
}

/// Lines of which one in a hundred has more than ASCII, and patterns that the fast engines give up on there.
fn unicode() {
    let mut text = Vec::new();
    for line in 0..1_300_000u64 {
        let name = if line % 100 == 0 { "grüße" } else { "hello" };
        writeln!(
            text,
            "{line:09} {name} from worker {} took {} ms, id {}",
            line % 16,
            line * 7 % 9999,
            line * 31 % 99_999
        )
        .unwrap();
    }
    let len = text.len() as u64;
    let snapshot = Document::open(Arc::new(Memory::new(text))).snapshot();
    for text in [r"\b\d{4}\b", "(?i)HELLO"] {
        let query = Query { case: Case::Sensitive, ..Query::regex(text) };
        let start = Instant::now();
        let hits = tally(snapshot.clone(), &query, 1);
        println!(
            "`{text}`, 1 % of lines not ASCII, 1 thread: {hits} hits, {:.2} GB/s",
            rate(len, start.elapsed())
        );
    }
}

fn replace(path: &Path) {
    let mut document = Document::open(open(path).unwrap().source);
    let query = Query { case: Case::Sensitive, ..Query::literal("worker") };
    let pattern = Pattern::new(&query, Target::default()).unwrap();
    let template = Template::new("thread", &query, &pattern).unwrap();
    let (snapshot, cancel, progress) = (document.snapshot(), Cancel::new(), Progress::default());
    let start = Instant::now();
    let all =
        Replacements::find(&snapshot, &pattern, &template, 0..LEN, u64::MAX, &cancel, &progress).unwrap();
    let found = start.elapsed();
    all.apply(&mut document, "Replace all", &[]).unwrap();
    let applied = start.elapsed() - found;
    let start = Instant::now();
    document.undo();
    println!(
        "replace all: {} found in {found:.2?} ({} bytes), applied in {applied:.2?}, undone in {:.2?}",
        all.count(),
        all.memory(),
        start.elapsed()
    );
}

/// How long two threads take to read [`LEN`] bytes of memory.
fn read_memory() -> Duration {
    let memory = vec![1_u64; LEN as usize / 8];
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let sum: u64 = thread::scope(|scope| {
            let halves = memory.chunks(memory.len() / 2);
            let threads: Vec<_> = halves.map(|half| scope.spawn(|| half.iter().sum::<u64>())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        best = best.min(start.elapsed());
        assert_eq!(sum, LEN / 8);
    }
    best
}

/// A log of 1 GiB with the needle near its start, made once.
fn log() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-data");
    let path = folder.join("search-1g.log");
    if path.metadata().is_ok_and(|metadata| metadata.len() == LEN) {
        return path;
    }
    fs::create_dir_all(&folder).unwrap();
    let source = Synthetic::log(LEN);
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&path).unwrap());
    let mut block = vec![0; 1 << 20];
    for at in (0..LEN).step_by(block.len()) {
        source.read_at(at, &mut block).unwrap();
        if at == 0 {
            block[128 * 100..][..NEEDLE.len()].copy_from_slice(NEEDLE.as_bytes());
        }
        file.write_all(&block).unwrap();
    }
    file.flush().unwrap();
    path
}
