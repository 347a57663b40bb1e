use proptest::prelude::*;

use super::*;

fn newlines(bytes: &[u8]) -> Breaks {
    Breaks::both(bytes.iter().filter(|byte| **byte == b'\n').count() as u64)
}

/// Counts some blocks of `bytes`, one of them not to its end.
fn partly_counted(bytes: &[u8], chunk: u64, blocks: &[u8]) -> LineIndex {
    let index = LineIndex::with_chunk(bytes.len() as u64, chunk, LineBreak::Lf);
    for (turn, at) in blocks.iter().enumerate() {
        index.look_at(u64::from(*at) * chunk * BLOCK);
        let Some(taken) = index.take() else { break };
        let mut chunks: Vec<_> = (taken.start / chunk..taken.end.div_ceil(chunk)).collect();
        if turn == 0 {
            chunks.truncate(chunks.len() / 2);
        }
        for chunk in &chunks {
            let range = index.range_of(*chunk);
            let here = &bytes[range.start as usize..range.end as usize];
            index.publish(range, newlines(here));
        }
        if turn == 0 {
            index.give_back(&taken);
        }
    }
    index
}

/// What is known is right, and sums are sums of what is known.
fn check_index(index: &LineIndex, bytes: &[u8]) {
    let mut sum = Sum::default();
    for (chunk, bytes) in bytes.chunks(index.chunk() as usize).enumerate() {
        if let Some(known) = index.chunk_newlines(chunk as u64) {
            assert_eq!(known, newlines(bytes));
            sum.newlines += known;
            sum.known_chunks += 1;
        }
    }
    assert_eq!(index.total(), sum);
    assert_eq!(index.is_complete(), sum.known_chunks == index.chunks());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn sums_and_places_are_those_of_a_naive_count(
        bytes in prop::collection::vec(prop_oneof![9 => Just(b'x'), 1 => Just(b'\n')], 0..400),
        chunk in prop_oneof![Just(2u64), Just(8)],
        blocks in prop::collection::vec(0u8..60, 0..40),
    ) {
        let index = partly_counted(&bytes, chunk, &blocks);
        let counts: Vec<Breaks> = bytes.chunks(chunk as usize).map(newlines).collect();
        let known: Vec<Option<Breaks>> = (0..counts.len()).map(|at| index.chunk_newlines(at as u64)).collect();
        for (count, known) in counts.iter().zip(&known) {
            prop_assert!(known.is_none_or(|known| known == *count));
        }
        for from in 0..counts.len() {
            for to in (from + 1..=counts.len()).step_by(3) {
                let sum = index.sum(from as u64..to as u64);
                let part = &known[from..to];
                prop_assert_eq!(sum.known_chunks as usize, part.iter().flatten().count());
                let all = part.iter().flatten().fold(Breaks::default(), |sum, newlines| sum + *newlines);
                prop_assert_eq!(sum.newlines, all);
            }
            for newline in 0..4 {
                let mut before = 0;
                let mut expected = None;
                for (at, known) in known.iter().enumerate().skip(from) {
                    let chunk = at as u64;
                    match known.map(|known| known.at(0)) {
                        Some(known) if before + known <= newline => before += known,
                        Some(_) => expected = Some(Place::Chunk { chunk, before }),
                        None => expected = Some(Place::Uncounted { chunk, before }),
                    }
                    if expected.is_some() {
                        break;
                    }
                }
                let expected = expected.unwrap_or(Place::Beyond { newlines: before });
                prop_assert_eq!(index.place(from as u64, 1, newline), expected);
            }
        }
        let len = bytes.len() as u64;
        for at in 0..=len {
            let mut forward = at;
            while forward < len && known[(forward / chunk) as usize] == Some(Breaks::default()) {
                forward = ((forward / chunk + 1) * chunk).min(len);
            }
            prop_assert_eq!(index.skip_forward(at, 0), forward);
            let mut backward = at;
            while backward > 0 && known[((backward - 1) / chunk) as usize] == Some(Breaks::default()) {
                backward = (backward - 1) / chunk * chunk;
            }
            prop_assert_eq!(index.skip_backward(at, 1), backward);
        }
        // What is left is taken once and once only.
        while let Some(taken) = index.take() {
            for chunk in taken.start / chunk..taken.end.div_ceil(chunk) {
                index.publish(index.range_of(chunk), counts[chunk as usize]);
            }
        }
        prop_assert!(index.is_complete());
        prop_assert_eq!(index.total().newlines, newlines(&bytes));
    }

    #[test]
    fn a_longer_index_keeps_what_is_counted(
        bytes in prop::collection::vec(prop_oneof![3 => Just(b'x'), 1 => Just(b'\n')], 1..400),
        cuts in prop::collection::vec(0usize..400, 1..5),
        chunk in prop_oneof![Just(2u64), Just(8)],
        works in prop::collection::vec((any::<u8>(), 0usize..6, any::<bool>()), 0..30),
    ) {
        let mut lens: Vec<usize> = cuts.into_iter().map(|cut| cut % bytes.len()).collect();
        lens.extend([bytes.len()]);
        lens.sort_unstable();
        let mut indexes = vec![LineIndex::with_chunk(lens[0] as u64, chunk, LineBreak::Lf)];
        let mut counted = 0;
        let mut count = |index: &LineIndex, chunks: usize| {
            let Some(taken) = index.take() else { return };
            for chunk in (taken.start / chunk..taken.end.div_ceil(chunk)).take(chunks) {
                let range = index.range_of(chunk);
                counted += 1;
                index.publish(range.clone(), newlines(&bytes[range.start as usize..range.end as usize]));
            }
            index.give_back(&taken);
        };
        let mut left = &lens[1..];
        for (which, chunks, extends) in works {
            if let [len, rest @ ..] = left && extends {
                let last = indexes.last().unwrap();
                let extended = last.extended(*len as u64);
                let whole = last.len() / chunk;
                // What is known of whole chunks of the shorter one is known of the longer one.
                let known = |index: &LineIndex| {
                    (0..whole).map(|chunk| index.chunk_newlines(chunk)).collect::<Vec<_>>()
                };
                prop_assert_eq!(known(&extended), known(last));
                indexes.push(extended);
                left = rest;
            }
            // An older one too may be counted on, before and after.
            count(&indexes[usize::from(which) % indexes.len()], chunks);
            for index in &indexes {
                check_index(index, &bytes[..index.len() as usize]);
            }
        }
        for index in &indexes {
            while !index.is_complete() {
                count(index, 9);
            }
            check_index(index, &bytes[..index.len() as usize]);
            prop_assert_eq!(index.total().newlines, newlines(&bytes[..index.len() as usize]));
        }
        // Whole chunks once for all; of each length one that is not whole at most.
        prop_assert!(counted <= bytes.len().div_ceil(chunk as usize) + indexes.len());
    }

    #[test]
    fn a_builder_counts_what_passes(
        parts in prop::collection::vec((any::<bool>(), 0usize..60), 0..12),
        chunk in prop_oneof![Just(4u64), Just(16)],
        missing in 0u64..3,
    ) {
        let bytes: Vec<u8> = parts.iter().flat_map(|(hole, len)| {
            (0..*len).map(|at| if *hole { 0 } else if at % 3 == 0 { b'\n' } else { b'x' })
        }).collect();
        let mut builder = LineIndexBuilder::of(LineIndex::with_chunk(bytes.len() as u64 + missing, chunk, LineBreak::Lf));
        let mut at = 0;
        for (hole, len) in parts {
            match hole {
                true => builder.hole(len as u64),
                false => builder.data(&bytes[at..at + len]),
            }
            at += len;
        }
        let index = builder.finish();
        for (at, here) in bytes.chunks(chunk as usize).enumerate() {
            let is_whole = index.range_of(at as u64).end <= bytes.len() as u64;
            prop_assert_eq!(index.chunk_newlines(at as u64), is_whole.then(|| newlines(here)));
        }
        prop_assert_eq!(index.is_complete(), missing == 0 || index.chunks() == 0);
        // Only what has not passed is left to be counted.
        while let Some(taken) = index.take() {
            prop_assert!(taken.start / chunk == bytes.len() as u64 / chunk && taken.start < taken.end);
            index.publish(taken.start..index.len(), Breaks::default());
        }
        prop_assert!(index.is_complete());
    }
}

#[test]
fn holes_cost_nothing_and_exabytes_do_not_fill_the_memory() {
    let sparse = LineIndex::new(1 << 40, LineBreak::Lf);
    while let Some(taken) = sparse.take() {
        sparse.publish(taken, Breaks::default());
    }
    assert!(sparse.is_complete());
    // In tests a group is 16 chunks, not 65,536.
    let groups_at_full_size = sparse.groups.len() / 4096;
    let block = size_of::<Block>();
    assert!(groups_at_full_size * 64 * block < 1 << 20);
    assert!(sparse.memory() <= sparse.groups.len() * (GROUP + 1) * block);
    assert!(LineIndex::new(1 << 44, LineBreak::Lf).chunk() == CHUNK);
    let chunk = |len: u64| {
        let fewest = len.div_ceil(MOST_CHUNKS).next_power_of_two();
        CHUNK.max(fewest.min(LARGEST_CHUNK))
    };
    assert!(u64::MAX / chunk(u64::MAX) / 1024 < 1 << 24);
}
