use std::fs::{File, OpenOptions};
use std::ops::{ControlFlow, Range};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::testing::{Counting, Faulty, Slow};
use super::*;

mod losses;
mod opening;
mod streams;

const KIB: u64 = 1 << 10;
const GIB: u64 = 1 << 30;

/// A temporary file with these runs of bytes, and holes between them, of `len` bytes in all.
fn sparse(len: u64, runs: &[(u64, Vec<u8>)]) -> File {
    let file = tempfile::tempfile().unwrap();
    file.set_len(len).unwrap();
    for (offset, bytes) in runs {
        file.write_all_at(bytes, *offset).unwrap();
    }
    file
}

/// Bytes without a NUL, with newlines at no regular distance.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if state >> 28 == 0 { b'\n' } else { (state >> 24) as u8 | 0x40 }
        })
        .collect()
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

type Losses = Vec<(Range<u64>, Lost)>;

/// What a scan shows, holes as zeros, lost bytes as `b'?'`; the bytes of the slices; and the losses.
/// Asserts that it visits every byte once, in order.
fn scanned(source: &dyn Source, range: Range<u64>) -> (Vec<u8>, u64, Losses) {
    let (mut bytes, mut data, mut losses) = (Vec::new(), 0, Vec::new());
    let mut next = range.start;
    let flow = source.scan(range.clone(), &mut |step| {
        let (start, end) = match &step {
            Scanned::Data { offset, bytes: slice } => {
                assert!(slice.len() <= 1 << 20);
                bytes.extend_from_slice(slice);
                data += slice.len() as u64;
                (*offset, offset + slice.len() as u64)
            }
            Scanned::Hole(hole) => {
                bytes.resize(bytes.len() + (hole.end - hole.start) as usize, 0);
                (hole.start, hole.end)
            }
            Scanned::Lost(lost, why) => {
                bytes.resize(bytes.len() + (lost.end - lost.start) as usize, b'?');
                losses.push((lost.clone(), why.clone()));
                (lost.start, lost.end)
            }
        };
        assert_eq!(start, next, "in order, without gaps");
        assert!(start < end, "no empty steps");
        next = end;
        ControlFlow::Continue(())
    });
    assert_eq!(flow, ControlFlow::Continue(()));
    assert_eq!(next, range.end);
    (bytes, data, losses)
}

type Tally = Vec<(Range<u64>, Result<u64, Lost>)>;

/// The newlines of each chunk, a run of chunks that are told at once split into its chunks.
fn tallied(source: &dyn Source, range: Range<u64>, chunk: u64) -> Tally {
    let mut chunks = Vec::new();
    let mut next = range.start;
    let first = (super::tally::chunk_end(range.start, chunk, range.end) - range.start) as usize;
    let last = (range.end.wrapping_sub(1) % chunk).saturating_add(1).min(range.end - range.start) as usize;
    let mut count = |bytes: &[u8]| {
        assert!(
            chunk > WHOLE
                || range.is_empty()
                || bytes.len() as u64 == chunk
                || [first, last].contains(&bytes.len()),
            "{} bytes are no chunk of {chunk} in {range:?}",
            bytes.len()
        );
        newlines(bytes)
    };
    let flow = source.tally(range.clone(), chunk, &mut count, &mut |run, count| {
        assert_eq!(run.start, next, "in order, without gaps");
        assert!(run.start < run.end, "no empty chunks");
        assert!(
            run.end == range.end || run.end.is_multiple_of(chunk),
            "{run:?} ends inside of a chunk of {chunk}"
        );
        next = run.end;
        let mut at = run.start;
        while at < run.end {
            let end = super::tally::chunk_end(at, chunk, run.end);
            assert!(
                end == run.end && at == run.start || !matches!(count, Ok(1..)),
                "only holes and losses are runs"
            );
            chunks.push((at..end, count.clone()));
            at = end;
        }
        ControlFlow::Continue(())
    });
    assert_eq!(flow, ControlFlow::Continue(()));
    assert_eq!(next, range.end);
    chunks
}

/// The naive twin of [`tallied`].
fn count_chunks(bytes: &[u8], range: Range<u64>, chunk: u64) -> Tally {
    let mut chunks = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let end = ((at / chunk + 1).saturating_mul(chunk)).min(range.end);
        chunks.push((at..end, Ok(newlines(&bytes[at as usize..end as usize]))));
        at = end;
    }
    chunks
}

/// Reads without waiting; what is pending is fetched first, as the trait says.
fn shown(source: &dyn Source, range: Range<u64>) -> Result<Vec<u8>, Lost> {
    let mut bytes = vec![0; (range.end - range.start) as usize];
    for _ in 0..100 {
        match source.try_read_at(range.start, &mut bytes) {
            TryRead::Ready => return Ok(bytes),
            TryRead::Lost(lost) => return Err(lost),
            TryRead::Pending => {
                let _ = source.read_at(range.start, &mut vec![0; bytes.len()]);
            }
        }
    }
    panic!("{range:?} stays pending although it was fetched");
}

/// Everything that a source says of `range` against the bytes that it should hold.
fn check(source: &dyn Source, bytes: &[u8], range: Range<u64>, chunk: u64) {
    assert_eq!(source.len(), bytes.len() as u64);
    let expected = &bytes[range.start as usize..range.end as usize];
    let mut read = vec![0; expected.len()];
    source.read_at(range.start, &mut read).unwrap();
    assert!(read == expected, "read_at {range:?}");
    assert!(shown(source, range.clone()).unwrap() == expected, "try_read_at {range:?}");
    let (seen, _, losses) = scanned(source, range.clone());
    assert!(losses.is_empty() && seen == expected, "scan {range:?}");
    assert_eq!(tallied(source, range.clone(), chunk), count_chunks(bytes, range, chunk));
}

/// A file in memory, where reading cannot tell what is there; the other branch of `try_read_at`.
fn tmpfs_file() -> Option<File> {
    tempfile::tempfile_in("/dev/shm").ok()
}

#[derive(Clone, Debug)]
struct Layout {
    len: u64,
    runs: Vec<(u64, Vec<u8>)>,
}

impl Layout {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len as usize];
        for (offset, run) in &self.runs {
            bytes[*offset as usize..*offset as usize + run.len()].copy_from_slice(run);
        }
        bytes
    }
}

fn layout() -> impl Strategy<Value = Layout> {
    let run = (0..300_000_usize, 1..90_000_usize);
    (1..300_000_u64, vec(run, 0..5)).prop_map(|(len, runs)| {
        let runs = runs.into_iter().filter_map(|(offset, run)| {
            let end = (offset + run).min(len as usize);
            (offset < end).then(|| (offset as u64, noise(end - offset)))
        });
        Layout { len, runs: runs.collect() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_source_is_its_bytes(
        layout in layout(),
        cuts in (0.0..1.0, 0.0..1.0, 0.0..1.0, 0.0..1.0),
        chunk in prop_oneof![Just(4 * KIB), Just(1), Just(4093), Just(64 * KIB), Just(u64::MAX), 1..200_000_u64],
    ) {
        let mut bytes = layout.bytes();
        let within = |len: u64, a: f64, b: f64| {
            let (a, b) = ((len as f64 * a) as u64, (len as f64 * b) as u64);
            a.min(b)..a.max(b)
        };
        let window = within(layout.len, cuts.0, cuts.1);
        let chunk = if layout.len / chunk > 5000 { 4 * KIB } else { chunk };

        let whole = within(layout.len, cuts.2, cuts.3);
        let file = sparse(layout.len, &layout.runs);
        check(&Memory::new(bytes.clone()), &bytes, whole.clone(), chunk);
        check(&Positional::new(file.try_clone().unwrap()).unwrap(), &bytes, whole.clone(), chunk);
        check(&Mapped::new(file.try_clone().unwrap()).unwrap(), &bytes, whole.clone(), chunk);
        check(&Mapped::new(file.try_clone().unwrap()).unwrap(), &bytes, 0..layout.len, chunk);
        if let Some(in_memory) = tmpfs_file() {
            in_memory.set_len(layout.len).unwrap();
            for (offset, run) in &layout.runs {
                in_memory.write_all_at(run, *offset).unwrap();
            }
            check(&Mapped::new(in_memory).unwrap(), &bytes, whole, chunk);
        }
        if window.is_empty() {
            return Ok(());
        }
        let len = window.end - window.start;
        bytes = bytes[window.start as usize..window.end as usize].to_vec();
        let part = within(len, cuts.2, cuts.3);
        let positional = Positional::window(file.try_clone().unwrap(), window.start, len).unwrap();
        check(&positional, &bytes, part.clone(), chunk);
        check(&Mapped::window(file, window.start, len).unwrap(), &bytes, part, chunk);
    }
}

/// ImHex could not open one while it mapped files (#1488).
#[test]
fn an_empty_file_is_read_like_any_other() {
    let file = tempfile::tempfile().unwrap();
    let mapped = Mapped::new(file.try_clone().unwrap()).unwrap();
    for source in
        [&mapped as &dyn Source, &Positional::new(file).unwrap(), &Memory::new([]), &Synthetic::log(0)]
    {
        assert!(source.is_empty());
        check(source, &[], 0..0, 4096);
    }
}

#[test]
fn a_window_ends_with_its_file() {
    let file = sparse(100, &[]);
    assert!(Mapped::window(file.try_clone().unwrap(), 50, 50).is_ok());
    for (start, len) in [(50, 51), (101, 0), (u64::MAX, 2)] {
        let error = Positional::window(file.try_clone().unwrap(), start, len).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    }
}

#[test]
#[should_panic(expected = "does not lie in the 100 bytes")]
fn to_read_beyond_the_end_is_a_bug() {
    let _ = Mapped::new(sparse(100, &[])).unwrap().try_read_at(99, &mut [0; 2]);
}

#[test]
fn a_hole_is_known_once_a_job_came_by_until_somebody_writes_into_it() {
    let island = 512 * KIB;
    let file = sparse(4 << 20, &[(0, noise(4096)), (island, noise(4096))]);
    let written = file.try_clone().unwrap();
    let mapped = Mapped::new(file).unwrap();
    assert_eq!(mapped.hole_at(island / 2), None, "nobody has asked");
    mapped.read_at(8 * KIB, &mut [0; 100]).unwrap();
    assert_eq!(mapped.hole_at(island / 2), Some(8 * KIB..island));
    assert_eq!(mapped.hole_at(0), None);
    assert_eq!(mapped.hole_at(island), None);
    assert_eq!(mapped.hole_at(2 << 20), None, "nobody has been there");
    let _ = mapped.scan(0..mapped.len(), &mut |_| ControlFlow::Continue(()));
    assert_eq!(mapped.hole_at(island / 2), Some(4 * KIB..island));
    assert_eq!(mapped.hole_at(2 << 20), Some(island + 4 * KIB..4 << 20));
    let window = Mapped::window(written.try_clone().unwrap(), 100, 2 << 20).unwrap();
    let _ = window.stored(0..window.len());
    assert_eq!(window.hole_at(2 << 19), Some(island + 4 * KIB - 100..2 << 20), "cut to the window");

    written.write_all_at(b"here", island / 2).unwrap();
    assert_eq!(mapped.hole_at(island / 2), None);
    assert_eq!(mapped.hole_at(2 << 20), None, "the file has changed: ask again");
    let _ = mapped.stored(0..mapped.len());
    assert_eq!(mapped.hole_at(island / 2), None);
    assert_eq!(mapped.hole_at(2 << 20), Some(island + 4 * KIB..4 << 20));
}

#[test]
fn breaking_stops_at_once() {
    let bytes = noise(200_000);
    let file = sparse(300_000, &[(0, bytes)]);
    let counting = Counting::new(Arc::new(Mapped::new(file).unwrap()));
    let mut steps = 0;
    let _ = counting.scan(0..300_000, &mut |_| {
        steps += 1;
        ControlFlow::Break(())
    });
    assert_eq!(steps, 1);
    assert!(counting.bytes() <= SLICE as u64);
    counting.reset();
    let flow = counting.tally(0..300_000, 4096, &mut newlines, &mut |_, _| {
        steps += 1;
        ControlFlow::Break(())
    });
    assert_eq!((flow, steps), (ControlFlow::Break(()), 2));
    assert!(counting.bytes() <= 16 << 10, "no more than a step: {}", counting.bytes());
}

/// A 120 GiB image with three islands of data costs three islands (klogg and others read every zero).
#[test]
fn a_sparse_file_costs_its_data() {
    let islands = [0, 60 * GIB + 12_345, 120 * GIB - 70_000];
    let runs = islands.map(|offset| (offset, noise(70_000)));
    let file = sparse(120 * GIB, &runs);
    let counting = Counting::new(Arc::new(Mapped::new(file).unwrap()));
    let mut at = 0;
    let mut found = Vec::new();
    let _ = counting.scan(0..counting.len(), &mut |step| {
        match step {
            Scanned::Data { offset, bytes } => {
                assert_eq!(offset, at);
                if let Some(first) = bytes.iter().position(|&byte| byte != 0)
                    && found.last().is_none_or(|last| offset - last > GIB)
                {
                    found.push(offset + first as u64);
                }
                at += bytes.len() as u64;
            }
            Scanned::Hole(hole) => at = hole.end,
            Scanned::Lost(..) => panic!("nothing is lost"),
        }
        ControlFlow::Continue(())
    });
    assert_eq!(at, 120 * GIB);
    assert_eq!(found, islands);
    assert!(counting.bytes() < 3 * 80_000, "{}", counting.bytes());

    counting.reset();
    let (mut total, mut published) = (0, 0);
    let _ = counting.tally(0..counting.len(), 64 * KIB, &mut newlines, &mut |_, count| {
        total += count.unwrap();
        published += 1;
        ControlFlow::Continue(())
    });
    assert_eq!(total, 3 * newlines(&noise(70_000)));
    // Each chunk with data is counted whole.
    assert!(published < 20 && counting.bytes() <= 3 * 2 * 64 * KIB, "{published}, {}", counting.bytes());
}

fn written(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}
