//! A document of a million pieces: what a random insertion, its undo and a snapshot cost. Then ten million replacements at
//! once, in a gibibyte.
//!
//! `cargo bench --no-default-features --bench pieces`. Each answer is checked.

use std::hint::black_box;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hextant::document::{BulkBuilder, Content, Document, Replacement, StepKind};
use hextant::source::{Cancel, Identity, Lost, Memory, Progress, Scanned, Source, TryRead};

const LEN: u64 = 100 << 30;
const REPLACEMENTS: u64 = 500_000;
const INSERTIONS: usize = 100_000;

/// 100 GiB of the letter x.
#[derive(Debug)]
struct Letters;

impl Source for Letters {
    fn len(&self) -> u64 {
        LEN
    }

    fn identity(&self) -> Option<Identity> {
        None
    }

    fn try_read_at(&self, _: u64, buf: &mut [u8]) -> TryRead {
        buf.fill(b'x');
        TryRead::Ready
    }

    fn read_at(&self, _: u64, buf: &mut [u8]) -> Result<(), Lost> {
        buf.fill(b'x');
        Ok(())
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        visit(Scanned::Hole(range))
    }
}

fn insert(document: &mut Document, at: u64) {
    let content = Content::Text("i".into());
    let replacement = Replacement { range: at..at, content };
    let edited = document.edit(vec![replacement], StepKind::Whole("Insert"), &[], Duration::ZERO);
    edited.expect("within the document");
}

/// The same sequence every time (a linear congruential generator).
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    *seed >> 16
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: usize| times[times.len() * part / 1000];
    println!("{name:<40} median {:>9.2?}  99% {:>9.2?}  99.9% {:>9.2?}", at(500), at(990), at(999));
}

fn main() {
    let mut document = Document::open(Arc::new(Letters));
    let apart = LEN / REPLACEMENTS;
    let replacements = (0..REPLACEMENTS)
        .map(|at| Replacement { range: at * apart..at * apart + 1, content: Content::Text("yz".into()) })
        .collect();
    let start = Instant::now();
    document.edit(replacements, StepKind::Whole("Replace all"), &[], Duration::ZERO).expect("in order");
    println!("{REPLACEMENTS} replacements: {:.2?}", start.elapsed());
    let len = LEN + REPLACEMENTS;
    assert_eq!(document.len(), len);
    assert_eq!(document.snapshot().spans(0..u64::MAX).count() as u64, 2 * REPLACEMENTS);

    let mut seed = 1;
    for holds in [false, true] {
        let mut times = Vec::with_capacity(INSERTIONS);
        let mut held = None;
        for _ in 0..INSERTIONS {
            if holds {
                held = Some(document.snapshot());
            }
            let at = random(&mut seed) % document.len();
            let start = Instant::now();
            insert(&mut document, at);
            times.push(start.elapsed());
            black_box(&held);
        }
        report(if holds { "insertion, a snapshot held" } else { "insertion" }, times);
    }
    assert_eq!(document.len(), len + 2 * INSERTIONS as u64);

    let mut times = Vec::with_capacity(INSERTIONS);
    for _ in 0..INSERTIONS {
        let start = Instant::now();
        black_box(document.snapshot());
        times.push(start.elapsed());
    }
    report("snapshot, taken and dropped", times);

    let mut times = Vec::with_capacity(2 * INSERTIONS);
    for _ in 0..2 * INSERTIONS {
        let start = Instant::now();
        document.undo().expect("an insertion to undo");
        times.push(start.elapsed());
    }
    report("undo", times);
    assert_eq!(document.len(), len);
    let bytes = document.snapshot().read(apart - 1..apart + 4).expect("never lost");
    assert_eq!(bytes, b"xxyzx", "the second replacement stands behind the first, one byte later");
    let start = Instant::now();
    document.undo().expect("the replacements to undo");
    println!("undo of all replacements: {:.2?}", start.elapsed());
    assert_eq!(document.len(), LEN);
    assert!(!document.is_modified());
    drop(document);
    bulk();
}

const GIB: u64 = 1 << 30;
const MANY: u64 = 10_000_000;

/// Ten million replacements in a gibibyte, given where the matches are.
fn bulk() {
    let line = b"2026-11-02T04:11:10 WARN [475] backoff of a worker stopped; it is tried again, and again, at last\n";
    let bytes: Vec<u8> = line.iter().copied().cycle().take(GIB as usize).collect();
    let mut document = Document::open(Arc::new(Memory::new(bytes)));
    let cancel = Cancel::new();
    let snapshot = document.snapshot();
    let start = Instant::now();
    let mut builder = BulkBuilder::uniform(b"longer".to_vec());
    let apart = GIB / MANY;
    (0..MANY).for_each(|at| builder.push(at * apart..at * apart + 4).expect("in order"));
    println!("{MANY} replacements gathered: {:.2?}, {} MB", start.elapsed(), builder.memory() / 1_000_000);
    let start = Instant::now();
    let edit = builder.finish(&snapshot, &cancel, &Progress::default()).expect("not cancelled");
    println!("... their lines counted: {:.2?}", start.elapsed());
    let start = Instant::now();
    document.edit_bulk(&edit, "Replace all", &[]).expect("nothing was edited meanwhile");
    println!("... applied: {:.2?}", start.elapsed());
    assert_eq!(document.len(), GIB + 2 * MANY);
    let scan = |document: &Document| {
        let start = Instant::now();
        let mut read = 0;
        let _ = document.snapshot().scan(0..u64::MAX, &mut |scanned| {
            if let Scanned::Data { bytes, .. } = scanned {
                read += bytes.len() as u64;
                black_box(memchr::memchr_iter(b'\n', bytes).count());
            }
            ControlFlow::Continue(())
        });
        assert_eq!(read, document.len());
        start.elapsed()
    };
    let replaced = scan(&document);
    let start = Instant::now();
    document.undo().expect("the replacements to undo");
    println!("... undone: {:.2?}", start.elapsed());
    let plain = scan(&document);
    let ratio = plain.as_secs_f64() / replaced.as_secs_f64();
    println!("... searched for newlines: {replaced:.2?}, {ratio:.2} times as fast as without ({plain:.2?})");
    assert_eq!(document.snapshot().newlines(), snapshot.newlines());
}
