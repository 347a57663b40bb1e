//! What remains when an operation fails, another program interferes, or the power goes: on the simulated file
//! system, at every operation.

use std::collections::BTreeSet;
use std::path::PathBuf;

use proptest::prelude::*;
use rustix::io::Errno;

use super::super::simulated::{Fault, Simulated};
use super::*;

const OLD: &[u8] = b"the old contents, which somebody needs";
const TARGET: &str = "/d/a.txt";

fn new_contents() -> Vec<u8> {
    (0..600_u32).map(|i| (i * 7 % 251) as u8).collect()
}

/// A file whose owner, mode and attributes all have to be carried over, so that every operation occurs.
fn fixture() -> Simulated {
    let fs = Simulated::new();
    fs.make_directory("/d");
    fs.make_file(TARGET, OLD);
    fs.change_stat(TARGET, |stat| (stat.uid, stat.gid, stat.mode) = (7, 8, 0o4751));
    fs.add_attribute(TARGET, "user.origin", b"here");
    fs
}

fn request(target: &str, expect: Expect) -> Request {
    let (head, tail) = (new_contents()[..300].to_vec(), new_contents()[300..].to_vec());
    // Slices larger and smaller than what is gathered.
    let mut blocks = vec![Block::Data(head)];
    blocks.extend(tail.chunks(5).map(|bytes| Block::Data(bytes.to_vec())));
    Request::new(scattered(blocks), target, expect)
}

fn over_old(fs: &Simulated) -> Request {
    request(TARGET, Expect::Unchanged(identity(TARGET, fs)))
}

/// The number and names of the operations of an undisturbed save.
fn operations() -> Vec<&'static str> {
    let fs = fixture();
    let request = over_old(&fs);
    fs.inject(usize::MAX, Fault::PowerFailure);
    save_to(&request, &fs).unwrap();
    fs.operations()
}

fn only(contents: &[u8]) -> BTreeSet<Option<Vec<u8>>> {
    BTreeSet::from([Some(contents.to_vec())])
}

#[test]
fn the_order_is_the_one_that_survives_anything() {
    let operations = operations();
    let at = |name: &&str| operations.iter().rposition(|it| it == name).unwrap();
    let order = [
        "create_new",
        "reserve",
        "write_at",
        "set_len",
        "set_mode",
        "sync",
        "rename",
        "sync_directory",
        "open",
    ];
    assert!(order.is_sorted_by_key(at), "{operations:?}");
    assert_eq!(operations[at(&"rename") - 1], "stat", "the target is looked at right before");
    assert!(operations.contains(&"start_writeback") && operations.contains(&"sync_data"));
}

#[test]
fn a_failure_at_any_operation_leaves_the_old_file_and_no_other() {
    let operations = operations();
    let renamed = operations.iter().position(|&name| name == "rename").unwrap();
    for (n, &operation) in operations.iter().enumerate() {
        for errno in [Errno::NOSPC, Errno::IO, Errno::ACCESS, Errno::DQUOT] {
            let fs = fixture();
            let (request, names) = (over_old(&fs), fs.names());
            fs.inject(n, Fault::Error(errno));
            let result = save_to(&request, &fs);
            let context = format!("operation {n}, {operation}, {errno:?}: {result:?}");
            if operation == "start_writeback" {
                result.expect("a hint cannot fail");
                continue;
            }
            let error = result.expect_err(&context);
            assert!(error.to_string().contains("edits are still in the editor"), "{context}");
            assert_eq!(fs.names(), names, "{context}");
            if n <= renamed {
                assert_eq!(fs.contents(TARGET).unwrap(), OLD, "{context}");
                assert_eq!(fs.after_power_failure(TARGET), only(OLD), "{context}");
                assert!(!matches!(error, SaveError::Unconfirmed { .. }), "{context}");
            } else {
                assert_eq!(fs.contents(TARGET).unwrap(), new_contents(), "{context}");
                assert!(matches!(error, SaveError::Unconfirmed { .. }), "{context}");
            }
        }
    }
}

// Zed truncates the file and then writes it (zed#63177): a power failure leaves it empty (zed#60136).
#[test]
fn zed_truncates_first_but_a_power_failure_at_any_operation_leaves_old_or_new() {
    let count = operations().len();
    let whole = BTreeSet::from([Some(OLD.to_vec()), Some(new_contents())]);
    for n in 0..count {
        let fs = fixture();
        let request = over_old(&fs);
        fs.inject(n, Fault::PowerFailure);
        save_to(&request, &fs).unwrap_err();
        let possible = fs.after_power_failure(TARGET);
        assert!(possible.is_subset(&whole), "before operation {n}: {possible:?}");
    }
    let fs = fixture();
    save_to(&over_old(&fs), &fs).unwrap();
    assert_eq!(fs.after_power_failure(TARGET), only(&new_contents()), "a finished save lasts");
}

#[test]
fn a_power_failure_leaves_no_part_of_a_new_file() {
    let path = "/d/new.txt";
    let whole = BTreeSet::from([None, Some(new_contents())]);
    for n in 0..operations().len() {
        let fs = fixture();
        fs.inject(n, Fault::PowerFailure);
        let saved = save_to(&request(path, Expect::New), &fs).is_ok();
        let possible = fs.after_power_failure(path);
        assert!(possible.is_subset(&whole), "before operation {n}: {possible:?}");
        assert!(!saved || possible == only(&new_contents()));
    }
}

#[test]
fn the_simulation_notices_a_rename_that_overtakes_its_data() {
    let fs = fixture();
    let file = fs.create_new(Path::new("/d/t"), 0o600).unwrap();
    file.write_at(0, b"new").unwrap();
    fs.rename(Path::new("/d/t"), Path::new(TARGET), Overwrite::Yes).unwrap();
    let possible = fs.after_power_failure(TARGET);
    for torn in [&b""[..], b"n", b"\0\0\0", b"new", OLD] {
        assert!(possible.contains(&Some(torn.to_vec())), "{torn:?}");
    }
    file.sync().unwrap();
    let whole = BTreeSet::from([Some(OLD.to_vec()), Some(b"new".to_vec())]);
    assert_eq!(fs.after_power_failure(TARGET), whole);
    fs.sync_directory(Path::new("/d")).unwrap();
    assert_eq!(fs.after_power_failure(TARGET), only(b"new"));
}

// Linux marks pages clean when writing them back failed: a second fsync succeeds and means nothing.
#[test]
fn a_failed_flush_is_not_tried_again() {
    for name in ["sync", "sync_data"] {
        let n = operations().iter().position(|&it| it == name).unwrap();
        let fs = fixture();
        let request = over_old(&fs);
        fs.inject(n, Fault::Error(Errno::IO));
        let error = save_to(&request, &fs).unwrap_err();
        assert!(matches!(error, SaveError::Io { step: Step::Sync, .. }), "{error}");
        let flushes = fs.operations().iter().filter(|it| it.starts_with("sync")).count();
        let before = operations()[..n].iter().filter(|it| it.starts_with("sync")).count();
        assert_eq!(flushes, before + 1);
    }
}

#[test]
fn a_temporary_file_that_cannot_be_removed_is_named() {
    let n = operations().iter().position(|&it| it == "write_at").unwrap();
    let fs = fixture();
    let request = over_old(&fs);
    fs.inject(n, Fault::PowerFailure);
    let error = save_to(&request, &fs).unwrap_err();
    assert!(matches!(error, SaveError::Leftover { .. }));
    assert!(error.to_string().contains("/d/.hextant-save-0"), "{error}");
}

#[test]
fn a_full_disk_is_told_with_numbers() {
    let n = operations().iter().position(|&it| it == "write_at").unwrap();
    let fs = fixture();
    let request = over_old(&fs);
    fs.inject(n, Fault::Error(Errno::NOSPC));
    let error = save_to(&request, &fs).unwrap_err();
    assert!(matches!(error, SaveError::Io { .. }), "there is space: it is something else that is full");

    let fs = fixture();
    let (request, read_only) = (over_old(&fs), false);
    fs.set_space(Space { free: 599, read_only });
    let error = save_to(&request, &fs).unwrap_err();
    assert!(matches!(error, SaveError::NoSpace { needed: 600, free: 599, .. }));
    assert!(error.to_string().contains("600 bytes, and 599 bytes are free"), "{error}");
    assert!(!fs.operations().contains(&"create_new"));
}

#[test]
fn what_another_program_wrote_meanwhile_is_not_overwritten() {
    let last_look = operations().iter().rposition(|&it| it == "stat").unwrap();
    let other = b"written by another program".to_vec();
    let target = PathBuf::from(TARGET);
    let rewritten = Fault::Rewrite(target.clone(), vec![b'!']);
    let grown = Fault::Rewrite(target.clone(), vec![b'!'; 50]);
    let replaced = Fault::Replace(target.clone(), other);
    let removed = Fault::Remove(target);
    for n in 0..=last_look {
        for fault in [&rewritten, &grown, &replaced, &removed] {
            let fs = fixture();
            let request = over_old(&fs);
            fs.inject(n, fault.clone());
            let error = save_to(&request, &fs).expect_err("it changed");
            let context = format!("before operation {n}: {fault:?}: {error}");
            match (&error, fault) {
                // It may also vanish just when it is examined.
                (SaveError::Io { step: Step::Examine | Step::Metadata, .. }, Fault::Remove(_)) => {}
                (SaveError::Changed { change, .. }, _) => {
                    let expected = match fault {
                        Fault::Rewrite(_, bytes) if bytes.len() == 1 => Change::Rewritten,
                        Fault::Rewrite(..) => Change::Appended,
                        Fault::Replace(..) => Change::Replaced,
                        _ => Change::Removed,
                    };
                    assert_eq!(*change, expected, "{context}");
                }
                _ => panic!("{context}"),
            }
            let left = fs.contents(TARGET);
            assert_ne!(left, Some(new_contents()), "{context}");
            assert!(fs.names().iter().all(|name| !name.to_string_lossy().contains("hextant")));
        }
    }
}

#[test]
fn a_file_that_appears_at_the_last_instant_is_not_overwritten() {
    let path = "/d/new.txt";
    let request = request(path, Expect::New);
    let fs = fixture();
    fs.inject(usize::MAX, Fault::PowerFailure);
    save_to(&request, &fs).unwrap();
    let rename = fs.operations().iter().position(|&it| it == "rename").unwrap();
    for n in 0..=rename {
        let fs = fixture();
        fs.inject(n, Fault::Replace(path.into(), b"theirs".to_vec()));
        let error = save_to(&request, &fs).unwrap_err();
        assert!(matches!(error, SaveError::Exists { .. }), "{error}");
        assert_eq!(fs.contents(path).unwrap(), b"theirs");
    }
}

#[test]
fn whatever_is_there_is_overwritten_when_the_person_said_so() {
    let fs = fixture();
    fs.inject(3, Fault::Rewrite(TARGET.into(), b"newer".to_vec()));
    save_to(&request(TARGET, Expect::Anything), &fs).unwrap();
    assert_eq!(fs.contents(TARGET).unwrap(), new_contents());
}

#[test]
fn cancelled_at_any_block_the_old_file_stays() {
    let blocks: Vec<Block> = new_contents().chunks(60).map(|it| Block::Data(it.to_vec())).collect();
    for n in 0..blocks.len() {
        let fs = fixture();
        let (names, cancel, progress) = (fs.names(), Cancel::new(), Progress::default());
        let source = Blocks { blocks: blocks.clone(), cancel: Some((n, cancel.clone())) };
        let snapshot = Document::open(Arc::new(source)).snapshot();
        let expect = Expect::Unchanged(identity(TARGET, &fs));
        let result = save(&Request::new(snapshot, TARGET, expect), &fs, &cancel, &progress);
        assert!(matches!(result, Err(SaveError::Cancelled { .. })), "block {n}: {result:?}");
        assert_eq!((progress.done(), progress.total()), (60 * n as u64, 600));
        assert_eq!(fs.contents(TARGET).unwrap(), OLD);
        assert_eq!(fs.names(), names);
    }
}

#[test]
fn lost_bytes_stop_the_save_and_are_named() {
    let fs = fixture();
    let names = fs.names();
    let data = Block::Data(vec![b'x'; 100]);
    let snapshot = scattered(vec![data.clone(), Block::Lost(23), data]);
    let error = save_to(&Request::new(snapshot.clone(), TARGET, Expect::Anything), &fs).unwrap_err();
    assert!(matches!(&error, SaveError::Lost { range, .. } if *range == (100..123)), "{error:?}");
    assert!(error.to_string().contains("bytes 100 to 123"), "{error}");
    assert_eq!(fs.contents(TARGET).unwrap(), OLD);
    assert_eq!(fs.names(), names);

    let mut around = Request::new(snapshot, "/d/part", Expect::New);
    around.range = Some(123..223);
    save_to(&around, &fs).expect("what is not lost can be saved elsewhere");
    assert_eq!(fs.contents("/d/part").unwrap(), [b'x'; 100]);
}

#[test]
fn a_panic_in_a_source_removes_the_temporary_file() {
    let fs = fixture();
    let (names, request) = (fs.names(), over_old(&fs));
    // An operation of the file system stands in for any code that panics while the file is written.
    let n = operations().iter().position(|&it| it == "write_at").unwrap();
    fs.inject(n, Fault::Rewrite("/no/such/file".into(), vec![]));
    let saving = std::panic::AssertUnwindSafe(|| save_to(&request, &fs));
    assert!(std::panic::catch_unwind(saving).is_err());
    assert_eq!(fs.names(), names);
}

// VS Code's hex editor writes to `<name>.tmp` and renames that: whatever had that name is lost.
#[test]
fn vs_code_clobbers_name_tmp_but_no_name_that_exists_is_touched() {
    let fs = fixture();
    fs.make_file("/d/a.txt.tmp", b"mine");
    fs.make_file("/d/.hextant-save-0", b"of another save that runs now");
    fs.make_link("/d/.hextant-save-1", "/d/nowhere");
    let names = fs.names();
    save_to(&over_old(&fs), &fs).unwrap();
    assert_eq!(fs.contents("/d/a.txt.tmp").unwrap(), b"mine");
    assert_eq!(fs.contents("/d/.hextant-save-0").unwrap(), b"of another save that runs now");
    assert_eq!(fs.contents(TARGET).unwrap(), new_contents());
    assert_eq!(fs.names(), names);
}

#[test]
fn many_small_slices_are_few_writes() {
    let fs = fixture();
    let snapshot = scattered((0..1_000).map(|i| Block::Data(vec![i as u8])).collect());
    save_to(&Request::new(snapshot, TARGET, Expect::Anything), &fs).unwrap();
    let writes = fs.operations().iter().filter(|&&it| it == "write_at").count();
    assert_eq!(writes, 1_000_usize.div_ceil(16));
}

#[test]
fn owner_mode_and_attributes_are_kept() {
    let fs = fixture();
    fs.add_attribute(TARGET, "system.posix_acl_access", b"list");
    let before = fs.stat(Path::new(TARGET)).unwrap().unwrap();
    let attributes = fs.attributes_of(TARGET);
    save_to(&over_old(&fs), &fs).unwrap();
    let after = fs.stat(Path::new(TARGET)).unwrap().unwrap();
    assert_eq!((after.uid, after.gid, after.mode), (before.uid, before.gid, before.mode));
    assert_eq!(fs.attributes_of(TARGET), attributes);
    assert!(after.identity.modified_ns > before.identity.modified_ns);
}

#[test]
fn what_cannot_be_kept_is_asked_first_and_never_widens_access() {
    let fs = fixture();
    fs.change_stat(TARGET, |stat| (stat.mode, stat.links) = (0o6775, 3));
    fs.add_attribute(TARGET, "security.label", b"secret");
    fs.set_credentials(1000, &[1000]);
    let mut request = over_old(&fs);

    // What can be foreseen is told before anything is written…
    let error = save_to(&request, &fs).unwrap_err();
    let SaveError::Unaccepted { warnings, .. } = error else { panic!("{error}") };
    let foreseen = [Warning::HardLinks { links: 3 }, Warning::Owner { uid: 7 }, Warning::Group { gid: 8 }];
    assert_eq!(warnings, foreseen);
    assert_eq!(plan(&request, &fs, &Cancel::new()).unwrap().warnings, foreseen);
    assert!(!fs.operations().contains(&"create_new"));

    // …the rest before the contents are.
    request.accepted = warnings;
    let error = save_to(&request, &fs).unwrap_err();
    let SaveError::Unaccepted { warnings, .. } = error else { panic!("{error}") };
    let name = "security.label".into();
    assert_eq!(warnings[..3], foreseen);
    assert_eq!(warnings[3..], [Warning::Attribute { name }]);
    assert!(!fs.operations().contains(&"write_at"));
    assert_eq!(fs.contents(TARGET).unwrap(), OLD);

    request.accepted = warnings;
    save_to(&request, &fs).unwrap();
    let after = fs.stat(Path::new(TARGET)).unwrap().unwrap();
    assert_eq!((after.uid, after.mode), (1000, 0o755), "no set-id bits for another owner");
    assert_eq!(fs.contents(TARGET).unwrap(), new_contents());
}

proptest! {
    #[test]
    fn what_is_saved_is_what_the_document_holds(
        blocks in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 1..80).prop_map(Block::Data),
                (1_u64..80).prop_map(Block::Hole),
            ],
            0..12,
        ),
        cut in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let mut expected = Vec::new();
        for block in &blocks {
            match block {
                Block::Data(bytes) => expected.extend_from_slice(bytes),
                hole => expected.resize(expected.len() + hole.len() as usize, 0),
            }
        }
        let mut ends = [cut.0.index(expected.len() + 1), cut.1.index(expected.len() + 1)];
        ends.sort();
        let fs = fixture();
        let mut request = Request::new(scattered(blocks), TARGET, Expect::Anything);
        let saved = save_to(&request, &fs).unwrap();
        prop_assert_eq!(fs.contents(TARGET).unwrap(), &expected[..]);
        prop_assert_eq!(bytes_of(&*saved.source), &expected[..]);
        prop_assert_eq!(saved.identity, identity(TARGET, &fs));

        request.range = Some(ends[0] as u64..ends[1] as u64);
        save_to(&request, &fs).unwrap();
        prop_assert_eq!(fs.contents(TARGET).unwrap(), &expected[ends[0]..ends[1]]);
        prop_assert_eq!(fs.after_power_failure(TARGET), only(&expected[ends[0]..ends[1]]));
    }
}
