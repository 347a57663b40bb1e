use proptest::prelude::*;

use super::*;

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Counts some blocks of `bytes`, one of them not to its end.
fn partly_counted(bytes: &[u8], chunk: u64, blocks: &[u8]) -> LineIndex {
    let index = LineIndex::with_chunk(bytes.len() as u64, chunk);
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn sums_and_places_are_those_of_a_naive_count(
        bytes in prop::collection::vec(prop_oneof![9 => Just(b'x'), 1 => Just(b'\n')], 0..400),
        chunk in prop_oneof![Just(2u64), Just(8)],
        blocks in prop::collection::vec(0u8..60, 0..40),
    ) {
        let index = partly_counted(&bytes, chunk, &blocks);
        let counts: Vec<u64> = bytes.chunks(chunk as usize).map(newlines).collect();
        let known: Vec<Option<u64>> = (0..counts.len()).map(|at| index.chunk_newlines(at as u64)).collect();
        for (count, known) in counts.iter().zip(&known) {
            prop_assert!(known.is_none_or(|known| known == *count));
        }
        for from in 0..counts.len() {
            for to in (from + 1..=counts.len()).step_by(3) {
                let sum = index.sum(from as u64..to as u64);
                let part = &known[from..to];
                prop_assert_eq!(sum.known_chunks as usize, part.iter().flatten().count());
                prop_assert_eq!(sum.newlines, part.iter().flatten().sum::<u64>());
            }
            for newline in 0..4 {
                let mut before = 0;
                let mut expected = None;
                for (at, known) in known.iter().enumerate().skip(from) {
                    let chunk = at as u64;
                    match known {
                        Some(known) if before + known <= newline => before += known,
                        Some(_) => expected = Some(Place::Chunk { chunk, before }),
                        None => expected = Some(Place::Uncounted { chunk, before }),
                    }
                    if expected.is_some() {
                        break;
                    }
                }
                let expected = expected.unwrap_or(Place::Beyond { newlines: before });
                prop_assert_eq!(index.place(from as u64, newline), expected);
            }
        }
        let len = bytes.len() as u64;
        for at in 0..=len {
            let mut forward = at;
            while forward < len && known[(forward / chunk) as usize] == Some(0) {
                forward = ((forward / chunk + 1) * chunk).min(len);
            }
            prop_assert_eq!(index.skip_forward(at), forward);
            let mut backward = at;
            while backward > 0 && known[((backward - 1) / chunk) as usize] == Some(0) {
                backward = (backward - 1) / chunk * chunk;
            }
            prop_assert_eq!(index.skip_backward(at), backward);
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
    fn a_builder_counts_what_passes(
        parts in prop::collection::vec((any::<bool>(), 0usize..60), 0..12),
        chunk in prop_oneof![Just(4u64), Just(16)],
        missing in 0u64..3,
    ) {
        let bytes: Vec<u8> = parts.iter().flat_map(|(hole, len)| {
            (0..*len).map(|at| if *hole { 0 } else if at % 3 == 0 { b'\n' } else { b'x' })
        }).collect();
        let mut builder = LineIndexBuilder::of(LineIndex::with_chunk(bytes.len() as u64 + missing, chunk));
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
            index.publish(taken.start..index.len(), 0);
        }
        prop_assert!(index.is_complete());
    }
}

#[test]
fn holes_cost_nothing_and_exabytes_do_not_fill_the_memory() {
    let sparse = LineIndex::new(1 << 40);
    while let Some(taken) = sparse.take() {
        sparse.publish(taken, 0);
    }
    assert!(sparse.is_complete());
    // In tests a block is 4 chunks, not 1024.
    let blocks_at_full_size = sparse.blocks.len() / 256;
    assert!(blocks_at_full_size * size_of::<Block>() < 1 << 20);
    assert!(sparse.memory() < sparse.blocks.len() * 2 * size_of::<Block>());
    assert!(LineIndex::new(1 << 44).chunk() == CHUNK);
    let chunk = |len: u64| {
        let fewest = len.div_ceil(MOST_CHUNKS).next_power_of_two();
        CHUNK.max(fewest.min(LARGEST_CHUNK))
    };
    assert!(u64::MAX / chunk(u64::MAX) / 1024 < 1 << 24);
}
