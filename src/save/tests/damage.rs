//! Journals of saves in place out of any bytes, and whole ones that were damaged before the file was touched.

use proptest::prelude::*;

use super::super::fuzzing;
use super::super::simulated::{Fault, Simulated};
use super::*;
use crate::document::{Content, Replacement, StepKind};
use crate::source::testing::damaged;

const TARGET: &str = "/d/file";
const STATE: &str = "/state";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_bytes_leave_the_file_alone(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzzing::redo(&bytes);
    }

    /// Small numbers, which say more often something that may be.
    #[test]
    fn what_a_whole_journal_says_may_make_no_sense(
        head in (0_u8..20, 0_u8..4, 0_u8..30, 40_u8..60, 30_u8..80, 0_u8..8),
        body in prop::collection::vec(prop_oneof![4 => 0_u8..30, 1 => any::<u8>()], 0..120),
    ) {
        let (preamble, cut, window, old_len, new_len, inode) = head;
        fuzzing::redo(&[&[preamble, cut, window, old_len, new_len, inode], &body[..]].concat());
    }
}

/// A file whose save was interrupted when its journal was whole and nothing of the file was written: the journal, the old bytes
/// and the new.
fn interrupted() -> (Simulated, Vec<u8>, Vec<u8>, Vec<u8>) {
    let old = b"the old contents of a file that has to stay the file that it is".to_vec();
    for operation in 0.. {
        let fs = Simulated::new();
        fs.make_directory("/d");
        fs.make_directory(STATE);
        fs.make_file(TARGET, &old);
        fs.change_stat(TARGET, |stat| stat.links = 2);
        let mut document = Document::open(fs.open(Path::new(TARGET)).unwrap());
        for (range, text) in [(40..44, "is"), (4..7, "new and longer")] {
            let replacement = Replacement { range, content: Content::Text(text.into()) };
            document
                .edit(vec![replacement], StepKind::Whole("Edit"), &[], std::time::Duration::ZERO)
                .unwrap();
        }
        let new = document.snapshot().read(0..u64::MAX).unwrap();
        let identity = fs.stat(Path::new(TARGET)).unwrap().unwrap().identity;
        let request = Request::new(document.snapshot(), TARGET, Expect::Unchanged(identity));
        let request = Request { state: Some(STATE.into()), window: 16, ..request };
        fs.inject(operation, Fault::PowerFailure);
        let _ = save(&request, &fs, &Cancel::new(), &Progress::default());
        // As the machine finds it when it starts again, with all that may be there.
        let fs = fs.after_crash(&mut |choices| choices.saturating_sub(1));
        let untouched = fs.contents(TARGET).as_ref() == Some(&old);
        let journal = fs.names_in(Path::new(STATE)).unwrap().first().and_then(|name| fs.contents(name));
        if let Some(journal) = journal.filter(|_| untouched) {
            let outcomes = recover(Path::new(STATE), &fs);
            if matches!(outcomes[..], [Recovered::Completed { .. }]) {
                assert_eq!(fs.contents(TARGET), Some(new.clone()));
                return (fs, journal, old, new);
            }
        }
    }
    unreachable!("one of the operations is the first that writes to the file");
}

#[test]
fn a_damaged_journal_completes_the_save_or_leaves_the_file_as_it_was() {
    let (_, journal, old, new) = interrupted();
    let mut times = [0, 0];
    for seed in 0..3000_usize {
        let fs = Simulated::new();
        fs.make_directory("/d");
        fs.make_directory(STATE);
        fs.make_file(TARGET, &old);
        // Where the bytes of the header stand, and those of the body.
        let within = [200, journal.len()][seed % 2];
        let first = seed.wrapping_mul(0x9E37_79B9) % within
            + if seed % 2 == 1 && journal.len() > 4096 { 4096 } else { 0 };
        let damaged = damaged(&journal, (seed / 2) as u8, first, seed.wrapping_mul(0x85EB_CA6B));
        fs.make_file(format!("{STATE}/1.redo"), &damaged);
        recover(Path::new(STATE), &fs);
        let now = fs.contents(TARGET).unwrap();
        assert!(now == old || now == new, "seed {seed}: {}", String::from_utf8_lossy(&now));
        times[usize::from(now == new)] += 1;
    }
    assert!(times[0] > 300, "{times:?}");
}

#[test]
fn a_journal_of_another_version_is_kept_for_it_and_told() {
    let (_, mut journal, old, _) = interrupted();
    let version = b"hextant redo ".len();
    journal[version] += 1;
    let fs = Simulated::new();
    fs.make_directory("/d");
    fs.make_directory(STATE);
    fs.make_file(TARGET, &old);
    fs.make_file(format!("{STATE}/1.redo"), &journal);
    let outcomes = recover(Path::new(STATE), &fs);
    let [Recovered::Failed { error, .. }] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert!(error.to_string().contains("another version"), "{error}");
    assert_eq!((fs.contents(TARGET), fs.contents(format!("{STATE}/1.redo"))), (Some(old), Some(journal)));
}
