//! Files that shrink, and disks that fail or are slow.

use super::*;

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
