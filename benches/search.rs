//! Searching a 1 GiB log in the page cache, against reading memory and against `rg` and `grep` in the same run.
//!
//! `cargo bench --no-default-features --bench search`. The file is made once, under `target/`. Every count is checked
//! against that of the rivals that are there; rounds are interleaved. A ratio below 1 is faster. Sections by name:
//! `-- backwards latency pieces sparse unicode replace count`.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use hextant::document::{Content, Document, Replacement, Snapshot, StepKind};
use hextant::search::{
    Case, Pattern, Query, Replacements, Tally, Target, Template, find_backward, find_forward,
};
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
    if is_asked_for("latency") {
        latency(&path);
    }
    if is_asked_for("pieces") {
        pieces(&path);
    }
    if is_asked_for("sparse") {
        sparse(&path);
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

/// All of it for what is not there, both ways.
fn backwards(path: &Path) {
    let queries = [
        Query { case: Case::Sensitive, ..Query::literal("nowhere to be found") },
        Query { case: Case::Insensitive, ..Query::literal("nowhere to be found") },
        Query::regex(r"wrote\s+nothing\s+at\s+all"),
    ];
    for query in queries {
        let (mut there, mut back) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            let snapshot = Document::open(open(path).unwrap().source).snapshot();
            let pattern = Pattern::new(&query, Target::default()).unwrap();
            let (cancel, progress) = (Cancel::new(), Progress::default());
            let start = Instant::now();
            let found = find_forward(&snapshot, &pattern, 0, 0..u64::MAX, &cancel, &progress);
            there = there.min(start.elapsed());
            let start = Instant::now();
            let found_back = find_backward(&snapshot, &pattern, u64::MAX, 0..u64::MAX, &cancel, &progress);
            back = back.min(start.elapsed());
            assert!(found.unwrap().range.is_none() && found_back.unwrap().range.is_none());
        }
        println!(
            "`{}`: forwards {:.2} GB/s, backwards {:.2} GB/s, {:.2} of it",
            query.text,
            rate(LEN, there),
            rate(LEN, back),
            there.as_secs_f64() / back.as_secs_f64()
        );
    }
}

/// How long a hit near the caret takes to be known, and a cancelled count to end.
fn latency(path: &Path) {
    let snapshot = Document::open(open(path).unwrap().source).snapshot();
    let (cancel, progress) = (Cancel::new(), Progress::default());
    let mut worst = [Duration::ZERO; 2];
    for (text, worst) in ["sequence 29", "nowhere to be found"].into_iter().zip(&mut worst) {
        let pattern = Pattern::new(&Query::literal(text), Target::default()).unwrap();
        for near in (0..LEN - (32 << 20)).step_by(64 << 20) {
            let start = Instant::now();
            let within = near..near + (32 << 20);
            find_forward(&snapshot, &pattern, near, within, &cancel, &progress).unwrap();
            *worst = start.elapsed().max(*worst);
        }
    }
    println!("a hit near: {:.2?} at most; to know that there is none in 32 MiB: {:.2?}", worst[0], worst[1]);
    for query in [Query::literal("nowhere to be found"), Query::regex(r"\w+ request \w+")] {
        let mut worst = Duration::ZERO;
        for wait in 0..20 {
            let cancel = Cancel::new();
            let pattern = Pattern::new(&query, Target::default()).unwrap();
            let tally = Tally::new(snapshot.clone(), pattern);
            thread::scope(|scope| {
                let threads = [(); 2].map(|()| scope.spawn(|| tally.run(&cancel, &Progress::default())));
                thread::sleep(Duration::from_millis(wait));
                let start = Instant::now();
                cancel.cancel();
                threads.into_iter().for_each(|thread| thread.join().unwrap());
                worst = worst.max(start.elapsed());
            });
        }
        println!("`{}` cancelled: ended after {worst:.2?} at most", query.text);
    }
}

/// Ten million pieces against the plain file.
fn pieces(path: &Path) {
    const REPLACEMENTS: u64 = 5_000_000;
    let query = Query { case: Case::Sensitive, ..Query::literal("ERROR") };
    let mut document = Document::open(open(path).unwrap().source);
    let apart = LEN / REPLACEMENTS;
    let at = |number: u64| number * apart..number * apart + 1;
    let replacements =
        (0..REPLACEMENTS).map(|number| Replacement { range: at(number), content: Content::Text("~".into()) });
    document.edit(replacements.collect(), StepKind::Whole("Replace"), &[], Duration::ZERO).unwrap();
    let snapshot = document.snapshot();
    println!("{} pieces", snapshot.spans(0..u64::MAX).count());
    let (mut plain, mut pieces) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        plain = plain.min(count(path, &query, 2).1);
        let start = Instant::now();
        tally(snapshot.clone(), &query, 2);
        pieces = pieces.min(start.elapsed());
    }
    println!(
        "searched at {:.2} GB/s, {:.2} of the plain file",
        rate(LEN, pieces),
        plain.as_secs_f64() / pieces.as_secs_f64()
    );
}

/// 1 GiB of data in a sparse 1 TiB, in 64 stretches, against the plain file.
fn sparse(path: &Path) {
    let sparse = path.with_file_name("search-sparse-1t.img");
    if !sparse.exists() {
        let mut file = File::create(&sparse).unwrap();
        file.set_len(1 << 40).unwrap();
        let mut log = File::open(path).unwrap();
        for stretch in 0..64_u64 {
            file.seek(SeekFrom::Start(stretch * (16 << 30))).unwrap();
            std::io::copy(&mut (&mut log).take(16 << 20), &mut file).unwrap();
        }
    }
    let query = Query { case: Case::Sensitive, ..Query::literal("ERROR") };
    let (mut plain, mut holed) = ((0, Duration::MAX), (0, Duration::MAX));
    for _ in 0..ROUNDS {
        let better = |best: (u64, Duration), next: (u64, Duration)| (next.0, best.1.min(next.1));
        plain = better(plain, count(path, &query, 2));
        holed = better(holed, count(&sparse, &query, 2));
    }
    assert!(plain.0.abs_diff(holed.0) <= 64, "all but what a cut may have split");
    println!("sparse 1 TiB: {:.2} times the 1 GiB", holed.1.as_secs_f64() / plain.1.as_secs_f64());
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
