//! Journals out of any bytes, and whole ones that were damaged.

use super::*;
use crate::save::fuzzing;
use crate::source::testing::damaged;

/// A journal with a record of each kind, and where its records end.
fn whole() -> (Vec<u8>, Vec<usize>) {
    let mut case = Case::new(&b"0123456789abcdef\n".repeat(30));
    for (range, text) in [(100..120, "one"), (7..7, "two\n"), (300..301, ""), (0..50, "three")] {
        edit(&mut case.document, range, Content::Text(text.into()));
        case.journal.edited(&case.document.snapshot(), 3, &|_| None).unwrap();
    }
    case.document.undo().unwrap();
    case.journal.edited(&case.document.snapshot(), 0, &|_| None).unwrap();
    case.journal.saving(&case.document.snapshot(), &|_| None).unwrap();
    edit(&mut case.document, 9..11, Content::Bytes(vec![0, 255]));
    case.journal.edited(&case.document.snapshot(), 1, &|_| None).unwrap();
    case.journal.park().unwrap();
    let bytes = case.log.bytes();
    let mut ends: Vec<usize> =
        (0..=bytes.len()).filter_map(|end| Some(read(&bytes[..end]).ok()?.whole as usize)).collect();
    ends.dedup();
    assert!(ends.len() > 10 && ends.last() == Some(&bytes.len()));
    (bytes, ends)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzzing::journal(&bytes);
        fuzzing::journal(&[b"hextant journal 1\n", &bytes[..]].concat());
    }

    /// Bytes that mean small numbers, in records that are whole.
    #[test]
    fn whole_records_that_make_no_sense_end_it(
        records in prop::collection::vec((0_u8..10, prop::collection::vec(prop_oneof![0_u8..20, any::<u8>()], 0..24)), 0..12),
    ) {
        // The header of a file of 200 bytes: no path, a name, an encoding, no part, a base.
        let mut bytes = vec![0, 0, 0, 1, b'x', 1, b'y', 0, 1];
        bytes.extend([0; 8 + 8 + 16 + 16]);
        bytes.extend(200_u64.to_le_bytes());
        bytes.extend([0; 8]);
        bytes[1] = bytes.len() as u8 - 2;
        for (kind, payload) in records {
            bytes.extend([kind, payload.len() as u8]);
            bytes.extend(payload);
        }
        fuzzing::journal(&bytes);
    }
}

#[test]
fn damage_costs_no_record_that_stands_before_it() {
    let (bytes, ends) = whole();
    let mut random =
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let mut lost = 0;
    for _ in 0..4000 {
        let damaged =
            damaged(&bytes, random.next_u32() as u8, random.next_u32() as usize, random.next_u32() as usize);
        fuzzing::journal(&damaged);
        let same = bytes.iter().zip(&damaged).take_while(|(before, after)| before == after).count();
        let end = ends.iter().copied().take_while(|end| *end <= same).last();
        let Some(end) = end else { continue };
        let read_of = read(&damaged).unwrap();
        assert!(read_of.whole >= end as u64, "{} of {end}", read_of.whole);
        if read_of.whole == end as u64 {
            let expected = read(&bytes[..end]).unwrap();
            assert!(read_of.contents().eq(expected.contents()));
            assert_eq!((&read_of.added, read_of.edits), (&expected.added, expected.edits));
            lost += usize::from(end < bytes.len());
        }
    }
    assert!(lost > 1000, "{lost} were damaged in the middle");
}
