use proptest::prelude::*;

use super::*;
use crate::document::tests::model::line_break;

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

/// Line breaks that start in `range`.
fn starting_in(index: &LineIndex, bytes: &[u8], range: Range<u64>) -> Breaks {
    let end = (range.end + index.line_break().width() - 1).min(bytes.len() as u64);
    index.line_break().count_both(&bytes[range.start as usize..end as usize], range.start)
}

/// What is known is right, and sums are sums of what is known.
fn check_index(index: &LineIndex, bytes: &[u8]) {
    let mut sum = Sum::default();
    for chunk in 0..index.chunks() {
        if let Some(known) = index.chunk_newlines(chunk) {
            assert_eq!(known, starting_in(index, bytes, index.range_of(chunk)));
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
        bytes in prop::collection::vec(prop::sample::select(b"\0\n\0\nx".to_vec()), 1..400),
        line_break in line_break(),
        cuts in prop::collection::vec(0usize..400, 1..5),
        chunk in prop_oneof![Just(2u64), Just(8)],
        works in prop::collection::vec((any::<u8>(), 0usize..6, any::<bool>()), 0..30),
    ) {
        let mut lens: Vec<usize> = cuts.into_iter().map(|cut| cut % bytes.len()).collect();
        lens.extend([bytes.len()]);
        lens.sort_unstable();
        let mut indexes = vec![LineIndex::with_chunk(lens[0] as u64, chunk, line_break)];
        let mut counted = 0;
        let mut count = |index: &LineIndex, chunks: usize| {
            let Some(taken) = index.take() else { return };
            for chunk in (taken.start / chunk..taken.end.div_ceil(chunk)).take(chunks) {
                let range = index.range_of(chunk);
                counted += 1;
                index.publish(range.clone(), starting_in(index, &bytes[..index.len() as usize], range));
            }
            index.give_back(&taken);
        };
        let mut left = &lens[1..];
        for (which, chunks, extends) in works {
            if let [len, rest @ ..] = left && extends {
                let last = indexes.last().unwrap();
                let extended = last.extended(*len as u64);
                let whole = last.len().saturating_sub(line_break.width() - 1) / chunk;
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
            let all = line_break.count_both(&bytes[..index.len() as usize], 0);
            prop_assert_eq!(index.total().newlines, all);
        }
        // Whole chunks once for all; of each length one that is not whole at most.
        prop_assert!(counted <= bytes.len().div_ceil(chunk as usize) + indexes.len());
    }

    #[test]
    fn a_builder_counts_what_passes(
        parts in prop::collection::vec((any::<bool>(), 0usize..60, 1usize..4), 0..12),
        chunk in prop_oneof![Just(4u64), Just(16)],
        missing in 0u64..3,
        line_break in line_break(),
    ) {
        let letter = |at| [b'\n', b'\n', 0, b'\r'][at % 4];
        let bytes: Vec<u8> = parts.iter().flat_map(|(hole, len, step)| {
            (0..*len).map(|at| if *hole { 0 } else { letter(at * *step) })
        }).collect();
        let index = LineIndex::with_chunk(bytes.len() as u64 + missing, chunk, line_break);
        let mut builder = LineIndexBuilder::of(index);
        let mut at = 0;
        for (hole, len, _) in parts {
            match hole {
                true => builder.hole(len as u64),
                false => builder.data(&bytes[at..at + len]),
            }
            at += len;
        }
        let index = builder.finish();
        let passed = bytes.len() as u64;
        for chunk in 0..index.chunks() {
            let range = index.range_of(chunk);
            let is_passed = range.end + line_break.width() - 1 <= passed || passed == index.len();
            let expected = is_passed.then(|| starting_in(&index, &bytes, range));
            prop_assert_eq!(index.chunk_newlines(chunk), expected);
        }
        prop_assert_eq!(index.is_complete(), missing == 0 || index.chunks() == 0);
        // Only what has not passed is left to be counted.
        while let Some(taken) = index.take() {
            prop_assert!(taken.start + chunk + line_break.width() > passed && taken.start < taken.end);
            for chunk in taken.start / chunk..taken.end.div_ceil(chunk) {
                index.publish(index.range_of(chunk), Breaks::default());
            }
        }
        prop_assert!(index.is_complete());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_cached_index_is_what_it_was_or_refused(
        bytes in prop::collection::vec(prop::sample::select(b"\0\n\0\nx\r".to_vec()), 0..200),
        zeros in (0usize..200, 0usize..200),
        line_break in line_break(),
        more in prop::sample::select(vec![0usize, 1, 2, 7, 100]),
        wrong in 1u8..,
    ) {
        let mut bytes = bytes;
        let (start, end) = (zeros.0.min(bytes.len()), (zeros.0 + zeros.1).min(bytes.len()));
        bytes[start..end].fill(0);
        let len = bytes.len() as u64;
        let mut builder = LineIndexBuilder::of(LineIndex::with_chunk(len, 4, line_break));
        builder.data(&bytes);
        let index = builder.finish();
        let cached = index.to_bytes().unwrap();
        prop_assert_eq!(LineIndex::with_chunk(len + 1, 4, line_break).to_bytes(), None, "it is not complete");
        // The base may have got longer since.
        let mut longer = bytes.clone();
        longer.resize(bytes.len() + more, b'\n');
        let back = LineIndex::from_bytes(&cached, longer.len() as u64).unwrap();
        prop_assert_eq!((back.line_break(), back.chunk(), back.len()), (line_break, 4, longer.len() as u64));
        prop_assert_eq!(back.is_complete(), more == 0 || longer.is_empty());
        check_index(&back, &longer);
        let whole = index.whole_chunks();
        prop_assert_eq!(back.sum(0..whole), index.sum(0..whole));
        prop_assert!(len == 0 || LineIndex::from_bytes(&cached, len - 1).is_none(), "it has got shorter");
        for at in 0..cached.len() {
            let mut damaged = cached.clone();
            damaged[at] ^= wrong;
            prop_assert!(LineIndex::from_bytes(&damaged, len).is_none(), "byte {at} is another");
            prop_assert!(LineIndex::from_bytes(&cached[..at], len).is_none(), "cut off at {at}");
        }
        damaged_but_for_the_checksum(&cached, len);
    }
}

/// What is not what was written must be refused even where the checksum is right: no panic, and no index of another length.
fn damaged_but_for_the_checksum(cached: &[u8], len: u64) {
    for at in 0..cached.len() - 8 {
        for wrong in [1, 0x80, 0xFF] {
            let mut damaged = cached[..cached.len() - 8].to_vec();
            damaged[at] ^= wrong;
            let sum = cached::checksum(&damaged);
            damaged.extend_from_slice(&sum.to_le_bytes());
            if let Some(index) = LineIndex::from_bytes(&damaged, len) {
                assert_eq!(index.len(), len);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Found where a file saved in place was counted on: the last chunk stayed, the one before it did not, and both were
    /// counted.
    #[test]
    fn what_stays_is_carried_and_the_rest_is_counted_once(
        bytes in prop::collection::vec(prop_oneof![Just(b'\n'), b'a'..=b'z'], 0..400),
        overwritten in prop::collection::vec((any::<prop::sample::Index>(), b'0'..=b'9'), 0..4),
        chunk in prop_oneof![Just(4u64), Just(16)],
        blocks in prop::collection::vec(any::<u8>(), 0..30),
    ) {
        let index = partly_counted(&bytes, chunk, &blocks);
        let mut saved = bytes.clone();
        let mut touched: Vec<usize> = Vec::new();
        for (at, digit) in overwritten.into_iter().filter(|_| !bytes.is_empty()) {
            saved[at.index(bytes.len())] = digit;
            touched.push(at.index(bytes.len()));
        }
        touched.sort_unstable();
        touched.dedup();
        let mut stays = Vec::new();
        let mut from = 0;
        for at in touched.into_iter().chain([bytes.len()]) {
            if from < at {
                stays.push(from as u64..at as u64);
            }
            from = at + 1;
        }
        let carried = index.carried(saved.len() as u64, &stays);
        check_index(&carried, &saved);
        while let Some(taken) = carried.take() {
            for chunk in taken.start / chunk..taken.end.div_ceil(chunk) {
                let range = carried.range_of(chunk);
                carried.publish(range.clone(), newlines(&saved[range.start as usize..range.end as usize]));
            }
            carried.give_back(&taken);
        }
        check_index(&carried, &saved);
        prop_assert!(carried.is_complete());
    }
}

#[test]
fn the_cached_index_of_a_hole_of_1_tib_is_a_few_bytes() {
    let index = LineIndex::new(1 << 40, LineBreak::Lf);
    index.publish(0..1 << 40, Breaks::default());
    assert!(index.to_bytes().unwrap().len() < 64);
    let back = LineIndex::from_bytes(&index.to_bytes().unwrap(), 1 << 40).unwrap();
    assert!(back.is_complete() && back.total() == index.total());
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
