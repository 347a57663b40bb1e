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

#[test]
fn truncation_is_told_to_the_byte() {
    truncate_by_steps(tempfile::tempfile().unwrap());
    if let Some(in_memory) = tmpfs_file() {
        truncate_by_steps(in_memory);
    }
}

fn truncate_by_steps(file: File) {
    let bytes = noise(300_000);
    file.set_len(300_000).unwrap();
    for (source, start) in [
        (&Mapped::new(file.try_clone().unwrap()).unwrap() as &dyn Source, 0),
        (&Positional::new(file.try_clone().unwrap()).unwrap(), 0),
        (&Mapped::window(file.try_clone().unwrap(), 5, 299_995).unwrap(), 5),
    ] {
        file.set_len(300_000).unwrap();
        file.write_all_at(&bytes, 0).unwrap();
        check(source, &bytes[start..], 0..source.len(), 4096);
        let kept = 100_001;
        file.set_len(kept).unwrap();
        let lost = Lost::Truncated { len: kept };
        let end = kept - start as u64;
        let (seen, _, losses) = scanned(source, 0..source.len());
        assert!(seen[..end as usize] == bytes[start..kept as usize]);
        assert_eq!(losses, [(end..source.len(), lost.clone())]);
        assert_eq!(shown(source, 0..end).unwrap(), bytes[start..kept as usize]);
        assert_eq!(shown(source, end - 1..end + 1), Err(lost.clone()));
        assert_eq!(shown(source, 200_000..200_001), Err(lost.clone()));
        for chunk in [4096, 50_000, 300_000] {
            for (chunk, count) in tallied(source, 0..source.len(), chunk) {
                let expected = if chunk.end <= end {
                    Ok(newlines(&bytes[start..][chunk.start as usize..chunk.end as usize]))
                } else {
                    Err(lost.clone())
                };
                assert_eq!(count, expected, "{chunk:?}");
            }
        }
        file.set_len(0).unwrap();
        assert_eq!(scanned(source, 10..20).2, [(10..20, Lost::Truncated { len: 0 })]);
        assert_eq!(
            tallied(source, 0..source.len(), 1 << 20),
            [(0..source.len(), Err(Lost::Truncated { len: 0 }))]
        );
    }
}

/// Extended again after truncation, what was lost reads as what the file now holds.
#[test]
fn a_file_that_grew_again_is_read_again() {
    let file = sparse(200_000, &[(0, noise(200_000))]);
    let source = Mapped::new(file.try_clone().unwrap()).unwrap();
    file.set_len(10).unwrap();
    assert!(shown(&source, 100..200).is_err());
    file.set_len(200_000).unwrap();
    let mut bytes = noise(10);
    bytes.resize(200_000, 0);
    check(&source, &bytes, 0..200_000, 4096);
}

/// Truncated, extended and written again by another while it is scanned and counted by several threads: crashed
/// uutils `tac` (coreutils #12971), ImHex (#1485), `ag` (#1144) and toolong (#9). Here every byte and count that is
/// told is of a state that the file was in: its blocks are all "a\n", all zeros, or gone.
#[test]
fn truncation_under_several_readers() {
    const LEN: u64 = 512 * KIB;
    let full: Vec<u8> = b"a\n".iter().copied().cycle().take(LEN as usize).collect();
    let file = sparse(LEN, &[(0, full.clone())]);
    let source = Mapped::new(file.try_clone().unwrap()).unwrap();
    let stop = AtomicBool::new(false);
    let replaced = fault::REPLACED.load(Ordering::Relaxed);
    let (mut windows, mut damaged) = (0, 0);
    std::thread::scope(|threads| {
        let writer = threads.spawn(|| {
            let mut round = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                file.set_len(round.wrapping_mul(7919 * 512) % LEN).unwrap();
                std::thread::yield_now();
                file.set_len(LEN).unwrap();
                file.write_all_at(&full, 0).unwrap();
                round += 1;
            }
            round
        });
        let readers: Vec<_> = (0..3)
            .map(|reader| {
                let source = &source;
                threads.spawn(move || {
                    let mut damaged = 0;
                    for _ in 0..60 {
                        if reader == 0 {
                            let _ = source.scan(0..LEN, &mut |step| {
                                match step {
                                    Scanned::Data { bytes, .. } => {
                                        assert!(bytes.iter().all(|byte| b"a\n\0".contains(byte)));
                                    }
                                    Scanned::Hole(_) => {}
                                    Scanned::Lost(_, lost) => {
                                        assert!(matches!(lost, Lost::Truncated { .. }));
                                        damaged += 1;
                                    }
                                }
                                ControlFlow::Continue(())
                            });
                        } else {
                            for (chunk, count) in tallied(source, 0..LEN, 4 * KIB) {
                                match count {
                                    Ok(lines) => assert!(lines <= (chunk.end - chunk.start) / 2),
                                    Err(lost) => {
                                        assert!(matches!(lost, Lost::Truncated { .. }));
                                        damaged += 1;
                                    }
                                }
                            }
                        }
                    }
                    damaged
                })
            })
            .collect();
        for reader in readers {
            damaged += reader.join().unwrap();
            windows += 60 * LEN / (64 * KIB);
        }
        stop.store(true, Ordering::Relaxed);
        assert!(writer.join().unwrap() > 0);
    });
    assert!(damaged > 0, "the writer was never met");
    // At most one fault for each window mapped; the fault tests, running beside this one, add some hundreds.
    let faults = (fault::REPLACED.load(Ordering::Relaxed) - replaced) as u64;
    assert!(faults <= windows + 1000, "{faults} faults in {windows} windows");
    check(&source, &full, 0..LEN, 4 * KIB);
}

/// A count made while the file was truncated is thrown away, even when nothing faulted: the bytes behind the new
/// end of the last page read as zeros without a fault.
#[test]
fn a_count_on_a_truncated_map_is_made_again() {
    let bytes = noise(64 << 10);
    for kept in [0, 4096, 20_000, 20_481, (64 << 10) - 1] {
        let file = sparse(64 * KIB, &[(0, bytes.clone())]);
        let source = Mapped::new(file.try_clone().unwrap()).unwrap();
        let mut calls = 0;
        let mut chunks = Vec::new();
        let mut count = |slice: &[u8]| {
            calls += 1;
            if calls == 2 {
                file.set_len(kept).unwrap();
            }
            newlines(slice)
        };
        let _ = source.tally(0..64 * KIB, 4096, &mut count, &mut |run, count| {
            let mut at = run.start;
            while at < run.end {
                chunks.push((at..at + 4096, count.clone()));
                at += 4096;
            }
            ControlFlow::Continue(())
        });
        let expected = count_chunks(&bytes, 0..64 * KIB, 4096);
        for ((chunk, count), (_, full)) in chunks.into_iter().zip(expected) {
            if chunk.end <= kept {
                assert_eq!(count, full, "{chunk:?} of {kept}");
            } else {
                assert_eq!(count, Err(Lost::Truncated { len: kept }), "{chunk:?} of {kept}");
            }
        }
    }
}

/// What was counted over a fault is thrown away even if the file is whole again when the count is checked.
#[test]
fn a_count_on_a_map_that_faulted_is_made_again() {
    let bytes = noise(64 << 10);
    let file = sparse(64 * KIB, &[(0, bytes.clone())]);
    let source = Mapped::new(file.try_clone().unwrap()).unwrap();
    let mut calls = 0;
    let mut chunks = Vec::new();
    let mut count = |slice: &[u8]| {
        calls += 1;
        if calls != 3 {
            return newlines(slice);
        }
        file.set_len(0).unwrap();
        let wrong = newlines(slice);
        assert_eq!(wrong, 0, "this count ran on the map");
        file.write_all_at(&bytes, 0).unwrap();
        wrong
    };
    let _ = source.tally(0..64 * KIB, 4096, &mut count, &mut |chunk, count| {
        chunks.push((chunk, count));
        ControlFlow::Continue(())
    });
    assert_eq!(chunks, count_chunks(&bytes, 0..64 * KIB, 4096));
}

/// Behind the end of a truncated file there is no hole, although the system says that there is no data either.
#[test]
fn a_truncated_hole_is_lost() {
    let file = sparse(300_000, &[(0, noise(10_000))]);
    let source = Mapped::new(file.try_clone().unwrap()).unwrap();
    for kept in [150_000, 4_096, 0] {
        file.set_len(kept).unwrap();
        let lost = Lost::Truncated { len: kept };
        assert_eq!(scanned(&source, 100..300_000).2, [(kept.max(100)..300_000, lost.clone())]);
        for (chunk, count) in tallied(&source, 0..300_000, 4096) {
            assert_eq!(count.is_err(), chunk.end > kept, "{chunk:?} of {kept}");
        }
    }
}

#[test]
fn a_failing_disk_loses_what_it_loses() {
    let bytes = noise(100_000);
    let faulty = Faulty::new(Arc::new(Memory::new(bytes.clone())));
    let lost = Lost::Unreadable("Input/output error (os error 5)".into());
    faulty.lose(50_000..54_096, lost.clone());
    faulty.lose(10_000..10_001, lost.clone());
    let (seen, data, losses) = scanned(&faulty, 0..100_000);
    assert_eq!(losses, [(10_000..10_001, lost.clone()), (50_000..54_096, lost.clone())]);
    assert_eq!(data, 100_000 - 4097);
    assert!(seen[..10_000] == bytes[..10_000] && seen[54_096..] == bytes[54_096..]);
    for (chunk, count) in tallied(&faulty, 0..100_000, 4096) {
        let hit = chunk.contains(&10_000) || chunk.start < 54_096 && chunk.end > 50_000;
        assert_eq!(count.is_err(), hit, "{chunk:?}");
    }
    assert_eq!(shown(&faulty, 9_000..10_001), Err(lost.clone()));
    assert_eq!(faulty.read_at(54_095, &mut [0; 2]), Err(lost));
    assert_eq!(shown(&faulty, 9_000..10_000).unwrap(), bytes[9_000..10_000]);
    faulty.heal();
    check(&faulty, &bytes, 0..100_000, 4096);
}

#[test]
fn a_slow_disk_is_pending_until_it_was_read() {
    let slow = Slow::new(Arc::new(Memory::new(noise(20_000))), Duration::from_millis(1));
    let mut buf = [0; 100];
    assert_eq!(slow.try_read_at(4_050, &mut buf), TryRead::Pending);
    slow.read_at(4_000, &mut [0; 10]).unwrap();
    assert_eq!(slow.try_read_at(4_050, &mut buf), TryRead::Pending, "its second page is not there");
    slow.read_at(4_050, &mut [0; 100]).unwrap();
    assert_eq!(slow.try_read_at(4_050, &mut buf), TryRead::Ready);
    slow.evict();
    assert_eq!(slow.try_read_at(4_050, &mut buf), TryRead::Pending);
    check(&slow, &noise(20_000), 0..20_000, 4096);
}

/// A failing sector must not be asked for, found pending, fetched in vain and asked for again, forever.
#[test]
fn what_a_fetch_lost_is_not_pending_any_more() {
    let fetched = fetched::Fetched::default();
    let lost = Lost::Unreadable("Input/output error (os error 5)".into());
    assert_eq!(fetched.answer(10, &mut [0; 5]), None);
    fetched.keep_loss(12..20, &lost);
    assert_eq!(fetched.answer(10, &mut [0; 5]), Some(Err(lost)));
    assert_eq!(fetched.answer(10, &mut [0; 2]), None);
    fetched.forget_losses(0..13);
    assert_eq!(fetched.answer(10, &mut [0; 5]), None);
    fetched.keep(100, b"0123456789");
    let mut buf = [0; 4];
    assert_eq!(fetched.answer(103, &mut buf), Some(Ok(())));
    assert_eq!(&buf, b"3456");
    assert_eq!(fetched.answer(107, &mut buf), None);
    for at in 1000..1100 {
        fetched.keep(at, b"x");
    }
    assert_eq!(fetched.answer(103, &mut buf), None, "it holds only the last reads");
}

fn written(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn refusal(path: impl AsRef<Path>) -> String {
    open(path.as_ref()).unwrap_err().to_string()
}

#[test]
fn small_files_are_read_and_large_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let small = written(folder.path(), "small", b"hello\n");
    let opened = open(&small).unwrap();
    assert!(format!("{:?}", opened.source).starts_with("Memory"));
    assert!(opened.regular && opened.writable);
    assert_eq!(opened.source.identity(), identity_of(&small).unwrap());
    check(&*opened.source, b"hello\n", 0..6, 4096);

    let large = written(folder.path(), "large", b"");
    OpenOptions::new().write(true).open(&large).unwrap().set_len(100 * GIB).unwrap();
    let opened = open(&large).unwrap();
    assert!(format!("{:?}", opened.source).starts_with("Rewritten { file: Mapped"));
    assert_eq!(opened.source.len(), 100 * GIB);
    assert_eq!(opened.source.identity(), identity_of(&large).unwrap());
    assert_eq!(shown(&*opened.source, 99 * GIB..99 * GIB + 16).unwrap(), [0; 16]);

    assert!(open(&written(folder.path(), "empty", b"")).unwrap().source.is_empty());
}

#[test]
fn a_name_is_kept_and_its_links_are_followed() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.log");
    let target = folder.path().join(name);
    std::fs::write(&target, "x").unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let opened = open(&link).unwrap();
    assert_eq!(opened.name, link);
    assert_eq!(opened.path, target.canonicalize().unwrap());

    std::fs::remove_file(&target).unwrap();
    let said = refusal(&link);
    assert!(said.ends_with("caf\u{fffd}.log”, which does not exist."), "{said}");
    let missing = folder.path().join("nothing");
    assert_eq!(refusal(&missing), format!("There is no file “{}”.", missing.display()));
}

#[test]
fn what_is_no_file_is_refused_in_a_sentence() {
    assert_eq!(refusal("/proc"), "“/proc” is a folder. Hextant opens files.");
    assert_eq!(
        refusal("/dev/zero"),
        "“/dev/zero” is a device without a length. Hextant opens files and disks."
    );
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert!(refusal(&socket).ends_with("socket” is a socket. Hextant opens files."));
    let pipe = folder.path().join("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert!(refusal(&pipe).contains("pipe” is a pipe"), "and opening it does not wait for a writer");
    let file = written(folder.path(), "file", b"x");
    assert!(refusal(file.join("below")).contains("cannot be read (Not a directory)"));
    let denied =
        OpenError::Denied { path: "x".into(), source: std::io::Error::from_raw_os_error(libc::EACCES) };
    assert_eq!(denied.to_string(), "You are not allowed to read “x” (Permission denied).");
}

fn part_of(path: &Path, range: Range<u64>) -> Result<Opened, OpenError> {
    open_with(path, &Options { range: Some(range), ..Options::default() })
}

#[test]
fn a_part_of_a_file_is_a_source_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = noise(3 << 20);
    let large = written(folder.path(), "large", &bytes);
    let small = written(folder.path(), "small", &bytes[..5000]);
    for (path, len) in [(&large, 3 << 20), (&small, 5000)] {
        for range in [0..10, 777..4_500, 1..u64::MAX, len - 1..len + 1, len..len, len..u64::MAX] {
            let opened = part_of(path, range.clone()).unwrap();
            let part = range.start..range.end.clamp(range.start, len);
            assert_eq!(opened.part, Some(part.clone()));
            assert_eq!(opened.source.identity(), identity_of(path).unwrap(), "of the whole file");
            let expected = &bytes[part.start as usize..part.end as usize];
            check(&*opened.source, expected, 0..expected.len() as u64, 4096);
        }
        let said = part_of(path, len + 1..len + 2).unwrap_err().to_string();
        assert!(
            said.ends_with(&format!("” is {len} bytes long; a part of it cannot start at {}.", len + 1)),
            "{said}"
        );
        assert_eq!(open(path).unwrap().part, None);
    }
    let told = part_of(Path::new("/proc/self/status"), 0..5).unwrap();
    assert_eq!(shown(&*told.source, 0..5).unwrap(), b"Name:");
}

/// What lies around a part has nothing to do with it; what the file loses of it does.
#[test]
fn a_part_keeps_its_holes_and_its_losses() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "f", b"");
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(4 << 20).unwrap();
    file.write_all_at(&noise(8192), 2 << 20).unwrap();
    let part = part_of(&path, (1 << 20) + 5..3 << 20).unwrap().source;
    assert_eq!(part.stored(0..part.len()), 8192);
    assert_eq!(part.hole_at(1000), Some(0..(1 << 20) - 5));
    file.set_len(2 << 20).unwrap();
    let (_, data, losses) = scanned(&*part, 0..part.len());
    assert_eq!(data, 0);
    assert_eq!(losses, [((1 << 20) - 5..(2 << 20) - 5, Lost::Truncated { len: 2 << 20 })]);
}

#[test]
fn the_time_of_access_stays_where_it_is_asked_for() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "f", b"text");
    let long_ago = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
    let times = std::fs::FileTimes::new().set_accessed(long_ago);
    OpenOptions::new().write(true).open(&path).unwrap().set_times(times).unwrap();
    let accessed = || std::fs::metadata(&path).unwrap().atime();
    open_with(&path, &Options { no_atime: true, ..Options::default() }).unwrap();
    assert_eq!(accessed(), 1000);
    // Where it is not allowed, the file is opened all the same: nobody owns those of /proc but the system.
    open_with(Path::new("/proc/version"), &Options { no_atime: true, ..Options::default() }).unwrap();
}

#[test]
fn files_that_tell_no_length_are_read() {
    let status = open(Path::new("/proc/self/status")).unwrap();
    let bytes = shown(&*status.source, 0..status.source.len()).unwrap();
    assert!(bytes.starts_with(b"Name:") && bytes.len() > 100);
}
