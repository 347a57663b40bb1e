//! Counting the lines of a 1 GiB log in the page cache, against `wc -l` in the same run.
//!
//! `cargo bench --no-default-features --bench lines`. The file is made once, under `target/`. The counts are checked
//! against each other; rounds are interleaved, so that what else the machine does meets both.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use hextant::document::{Count, Document};
use hextant::source::{Cancel, Progress, Source, Synthetic, open};

const LEN: u64 = 1 << 30;
const ROUNDS: usize = 15;

fn main() {
    let path = log();
    // Into the page cache.
    std::io::copy(&mut File::open(&path).unwrap(), &mut std::io::sink()).unwrap();

    let (mut wc, mut one, mut two) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (lines, time) = count_by_wc(&path);
        wc.push(time);
        for (threads, times) in [(1, &mut one), (2, &mut two)] {
            let (counted, time) = count(&path, threads);
            assert_eq!(counted, lines, "lines counted by {threads} threads");
            times.push(time);
        }
    }
    println!(
        "| 1 GiB log, warm, {ROUNDS} interleaved rounds | best | median | best, to wc | median, to wc |"
    );
    println!("|---|---|---|---|---|");
    let (wc_best, wc_median) = summary(&mut wc);
    for (name, times) in [("wc -l", &mut wc), ("1 thread", &mut one), ("2 threads", &mut two)] {
        let (best, median) = summary(times);
        println!(
            "| {name} | {:.1} ms | {:.1} ms | {:.2} | {:.2} |",
            best.as_secs_f64() * 1e3,
            median.as_secs_f64() * 1e3,
            wc_best.as_secs_f64() / best.as_secs_f64(),
            wc_median.as_secs_f64() / median.as_secs_f64(),
        );
    }
}

fn summary(times: &mut [Duration]) -> (Duration, Duration) {
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
fn count(path: &Path, threads: usize) -> (u64, Duration) {
    let start = Instant::now();
    let document = Document::open(open(path).expect("the log").source);
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
