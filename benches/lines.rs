//! Counting the lines of a 1 GiB log in the page cache, against `wc -l` in the same run; and of 1 GiB of the same log in
//! UTF-16, against the log.
//!
//! `cargo bench --no-default-features --bench lines`. The files are made once, under `target/`. The counts are checked
//! against each other; rounds are interleaved, so that what else the machine does meets all.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use hextant::document::{Count, Document, LineBreak};
use hextant::source::{Cancel, Progress, Source, Synthetic, open};

const LEN: u64 = 1 << 30;
const ROUNDS: usize = 15;

fn main() {
    let path = log();
    let (wide_path, wide_lines) = wide(&path);
    // Into the page cache.
    for path in [&path, &wide_path] {
        std::io::copy(&mut File::open(path).unwrap(), &mut std::io::sink()).unwrap();
    }

    let mut wc = Vec::new();
    let mut counted = [1, 2].map(|threads| (threads, Vec::new(), Vec::new()));
    for _ in 0..ROUNDS {
        let (lines, time) = count_by_wc(&path);
        wc.push(time);
        for (threads, narrow, wide) in &mut counted {
            let (found, time) = count(&path, LineBreak::Lf, *threads);
            assert_eq!(found, lines, "lines counted by {threads} threads");
            narrow.push(time);
            let (found, time) = count(&wide_path, LineBreak::Utf16Le, *threads);
            assert_eq!(found, wide_lines, "lines of UTF-16 counted by {threads} threads");
            wide.push(time);
        }
    }
    println!(
        "| 1 GiB log, warm, {ROUNDS} interleaved rounds | best | median | best, to wc | median, to wc | best, to LF | \
         median, to LF |"
    );
    println!("|---|---|---|---|---|---|---|");
    let by_wc = summary(&mut wc);
    println!("| wc -l | {} | 1.00 | 1.00 | | |", shown(by_wc));
    for (threads, narrow, wide) in &mut counted {
        let name = format!("{threads} thread{}", if *threads == 1 { "" } else { "s" });
        let (narrow, wide) = (summary(narrow), summary(wide));
        println!("| {name} | {} | {} | | |", shown(narrow), ratios(by_wc, narrow));
        println!("| {name}, UTF-16 | {} | | | {} |", shown(wide), ratios(narrow, wide));
    }
}

/// Best and median.
type Times = (Duration, Duration);

fn shown((best, median): Times) -> String {
    format!("{:.1} ms | {:.1} ms", best.as_secs_f64() * 1e3, median.as_secs_f64() * 1e3)
}

/// How many times as fast `times` are as those of `base`.
fn ratios(base: Times, times: Times) -> String {
    let ratio = |base: Duration, time: Duration| base.as_secs_f64() / time.as_secs_f64();
    format!("{:.2} | {:.2}", ratio(base.0, times.0), ratio(base.1, times.1))
}

fn summary(times: &mut [Duration]) -> Times {
    times.sort();
    (times[0], times[times.len() / 2])
}

fn count_by_wc(path: &Path) -> (u64, Duration) {
    let start = Instant::now();
    let output = Command::new("wc").arg("-l").arg(path).output().expect("wc");
    let time = start.elapsed();
    let text = String::from_utf8(output.stdout).unwrap();
    (text.split_whitespace().next().unwrap().parse().unwrap(), time)
}

/// Opens the file afresh, as the editor does, and counts.
fn count(path: &Path, line_break: LineBreak, threads: usize) -> (u64, Duration) {
    let start = Instant::now();
    let mut document = Document::open(open(path).expect("the log").source);
    document.set_line_break(line_break);
    let counting = document.counting();
    thread::scope(|scope| {
        for _ in 0..threads {
            let counting = counting.clone();
            scope.spawn(move || counting.run(&Cancel::new(), &Progress::default()));
        }
    });
    let time = start.elapsed();
    let Count::Exact(lines) = document.snapshot().newlines() else { panic!("not all was counted") };
    (lines, time)
}

/// A log of 1 GiB with lines of many lengths, made once.
fn log() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-data");
    let path = folder.join("lines-1g.log");
    if path.metadata().is_ok_and(|metadata| metadata.len() == LEN) {
        return path;
    }
    fs::create_dir_all(&folder).unwrap();
    let source = Synthetic::log(LEN);
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&path).unwrap());
    let mut line = [0u8; 128];
    let (mut written, mut random) = (0u64, 0x9E37_79B9_7F4A_7C15u64);
    while written < LEN {
        source.read_at(written % (LEN - 128) / 128 * 128, &mut line).unwrap();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The ends of its lines: 40 to 128 bytes, newline included.
        let from = (random >> 33) as usize % 88;
        let part = &line[from..];
        let part = &part[..part.len().min((LEN - written) as usize)];
        file.write_all(part).unwrap();
        written += part.len() as u64;
    }
    file.flush().unwrap();
    path
}

/// 1 GiB of UTF-16: the first half of the log, made once; and how many lines it has.
fn wide(log: &Path) -> (PathBuf, u64) {
    let path = log.with_file_name("lines-1g-utf16.log");
    let mut lines = 0;
    let mut narrow = BufReader::with_capacity(1 << 20, File::open(log).unwrap()).take(LEN / 2);
    let is_there = path.metadata().is_ok_and(|metadata| metadata.len() == LEN);
    let file = if is_there { None } else { Some(File::create(&path).unwrap()) };
    let mut file = file.map(|file| BufWriter::with_capacity(1 << 20, file));
    let mut block = vec![0; 1 << 20];
    while let read @ 1.. = narrow.read(&mut block).unwrap() {
        lines += block[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
        if let Some(file) = &mut file {
            let units: Vec<u8> = block[..read].iter().flat_map(|byte| [*byte, 0]).collect();
            file.write_all(&units).unwrap();
        }
    }
    if let Some(mut file) = file {
        file.flush().unwrap();
    }
    (path, lines)
}
