//! What a save does beyond writing: reading back, backups, capabilities, holes, and how long it says that it takes.

use std::path::PathBuf;
use std::time::Duration;

use super::super::metadata::CAPABILITY;
use super::super::simulated::{Fault, Simulated};
use super::*;
use crate::document::{Content, Replacement, StepKind};
use crate::source::Medium;

const TARGET: &str = "/d/a";
const BACKUP: &str = "/d/a~";
const STATE: &str = "/state/saves";
const OLD: &[u8] =
    b"0123456789 the old contents, long enough for several chunks of what is read back 0123456789";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    InPlace,
    Clone,
    Replace,
}

const WAYS: [Way; 3] = [Way::InPlace, Way::Clone, Way::Replace];

fn file_system(way: Way) -> Simulated {
    let fs = Simulated::new();
    fs.make_directory("/d");
    fs.make_directory("/state");
    fs.make_file(TARGET, OLD);
    match way {
        Way::InPlace => fs.change_stat(TARGET, |stat| stat.links = 2),
        Way::Clone => fs.set_clones(),
        Way::Replace => {}
    }
    fs
}

/// The file opened, with a little in front (so that everything moves) and something else near the end.
fn edited(fs: &Simulated, way: Way) -> (Document, Request) {
    let mut document = Document::open(fs.open(Path::new(TARGET)).unwrap());
    let (end, front) = (document.len(), if way == Way::Clone { "" } else { "in front" });
    let replacement =
        |range, bytes: &str| Replacement { range, content: Content::Bytes(bytes.as_bytes().to_vec()) };
    let replacements = vec![replacement(0..0, front), replacement(end - 20..end - 10, "something!")];
    document.edit(replacements, StepKind::Whole("Edit"), &[], Duration::ZERO).unwrap();
    let expect = Expect::Unchanged(identity(TARGET, fs));
    let state = (way == Way::InPlace).then(|| STATE.into());
    let request = Request { state, window: 24, ..Request::new(document.snapshot(), TARGET, expect) };
    (document, request)
}

fn new_contents(request: &Request) -> Vec<u8> {
    request.snapshot.read(0..request.snapshot.len()).unwrap()
}

#[test]
fn a_disk_that_writes_something_else_is_found_out_and_only_by_reading_back() {
    for way in WAYS {
        let operations = {
            let fs = file_system(way);
            let (_document, request) = edited(&fs, way);
            fs.inject(usize::MAX, Fault::PowerFailure);
            save_to(&Request { verify: true, ..request }, &fs).unwrap();
            fs.operations()
        };
        let writes = (0..operations.len()).filter(|at| operations[*at] == "write_at");
        let (mut found, mut unseen) = (0, 0);
        for n in writes {
            for verify in [false, true] {
                let fs = file_system(way);
                let (_document, request) = edited(&fs, way);
                let request = Request { verify, ..request };
                fs.inject(n, Fault::Corrupt);
                let result = save_to(&request, &fs).map(drop);
                let context = format!("{way:?}, write {n}, verify {verify}: {result:?}");
                let is_right = fs.contents(TARGET).unwrap() == new_contents(&request);
                match result {
                    // What went wrong was the journal, which nobody needed any more, or that is seen by its own checksum.
                    Ok(_) if is_right => {}
                    Ok(_) => {
                        assert!(
                            !verify || operations[n - 1] != "write_at" && way == Way::InPlace,
                            "{context}"
                        );
                        unseen += 1;
                    }
                    Err(error) => {
                        assert!(verify, "{context}");
                        assert!(error.to_string().contains("are not what was written"), "{context}");
                        if way != Way::InPlace {
                            assert_eq!(fs.contents(TARGET).unwrap(), OLD, "{context}");
                        }
                        found += 1;
                    }
                }
            }
        }
        assert!(found > 0 && unseen > 0, "{way:?}: {found} found, {unseen} not");
    }
}

#[test]
fn the_previous_version_is_kept_whatever_the_way_and_power_failures_lose_neither() {
    for way in WAYS {
        let again = || {
            let fs = file_system(way);
            // In place, a backup takes a clone.
            fs.set_clones();
            fs.make_file(BACKUP, b"the one before");
            let (document, request) = edited(&fs, way);
            (fs, document, Request { backup: true, ..request })
        };
        let (fs, _document, request) = again();
        fs.inject(usize::MAX, Fault::PowerFailure);
        let plan = plan(&request, &fs, &Cancel::new()).unwrap();
        assert_eq!(plan.backup, Some(if way == Way::InPlace { Backup::Clone } else { Backup::Old }));
        fs.inject(usize::MAX, Fault::PowerFailure);
        save_to(&request, &fs).unwrap();
        assert_eq!(fs.contents(TARGET).unwrap(), new_contents(&request));
        assert_eq!(fs.contents(BACKUP).unwrap(), OLD);
        let names: Vec<_> =
            fs.names().into_iter().filter(|name| name.parent() == Some(Path::new("/d"))).collect();
        assert_eq!(names, [PathBuf::from(TARGET), PathBuf::from(BACKUP)]);

        for n in 0..fs.operations().len() {
            for choice in 0..4 {
                let (fs, _document, request) = again();
                fs.inject(n, Fault::PowerFailure);
                let _ = save_to(&request, &fs);
                let mut seed = (n * 7 + choice) as u64;
                let crashed = fs.after_crash(&mut |end| {
                    seed = seed.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
                    [0, end - 1, (seed >> 33) % end, (seed >> 40) % end][choice]
                });
                let _ = recover(Path::new(STATE), &crashed);
                let context = format!("{way:?}, before operation {n}, choice {choice}");
                let (now, kept) = (crashed.contents(TARGET).unwrap(), crashed.contents(BACKUP).unwrap());
                assert!(now == OLD || now == new_contents(&request), "{context}: {now:?}");
                assert!(kept == OLD || kept == b"the one before", "{context}: {kept:?}");
                assert!(now == OLD || kept == OLD, "{context}: the old version is somewhere");
            }
        }
    }
}

#[test]
fn a_save_that_fails_after_the_backup_leaves_the_file_with_one_name() {
    let fs = file_system(Way::Replace);
    let (_document, request) = edited(&fs, Way::Replace);
    let request = Request { backup: true, ..request };
    fs.inject(usize::MAX, Fault::PowerFailure);
    save_to(&request, &fs).unwrap();
    let last = fs.operations().iter().rposition(|&it| it == "rename").unwrap();
    let fs = file_system(Way::Replace);
    let (_document, request) = edited(&fs, Way::Replace);
    fs.inject(last, Fault::Error(rustix::io::Errno::IO));
    let error = save_to(&Request { backup: true, ..request }, &fs).unwrap_err();
    assert!(matches!(error, SaveError::Io { step: Step::Rename, .. }), "{error}");
    let names: Vec<_> =
        fs.names().into_iter().filter(|name| name.parent() == Some(Path::new("/d"))).collect();
    assert_eq!(names, [PathBuf::from(TARGET)]);
    assert_eq!(fs.contents(TARGET).unwrap(), OLD);
}

#[test]
fn what_is_written_into_the_file_has_no_backup_where_nothing_can_be_cloned_and_that_is_asked() {
    let fs = file_system(Way::InPlace);
    let (_document, request) = edited(&fs, Way::InPlace);
    let mut request = Request { backup: true, ..request };
    let error = save_to(&request, &fs).unwrap_err();
    let SaveError::Unaccepted { warnings, .. } = error else { panic!("{error}") };
    assert_eq!(warnings, [Warning::NoBackup]);
    request.accepted = warnings;
    save_to(&request, &fs).unwrap();
    assert_eq!(fs.contents(BACKUP), None);

    // A small change of a file that may be replaced is no reason to go without.
    let fs = file_system(Way::Replace);
    let mut document = Document::open(fs.open(Path::new(TARGET)).unwrap());
    let replacement = Replacement { range: 5..6, content: Content::Bytes(b"!".to_vec()) };
    document.edit(vec![replacement], StepKind::Whole("Edit"), &[], Duration::ZERO).unwrap();
    let expect = Expect::Unchanged(identity(TARGET, &fs));
    let request = Request { state: Some(STATE.into()), ..Request::new(document.snapshot(), TARGET, expect) };
    let method = |request: &Request| plan(request, &fs, &Cancel::new()).unwrap().method;
    assert_eq!(method(&request), Method::InPlace);
    assert_eq!(method(&Request { backup: true, ..request }), Method::Replace);
}

#[test]
fn capabilities_survive_being_written_to_or_are_asked_about() {
    let fs = file_system(Way::InPlace);
    fs.add_attribute(TARGET, CAPABILITY, b"may bind to ports");
    let (_document, request) = edited(&fs, Way::InPlace);
    save_to(&request, &fs).unwrap();
    assert_eq!(fs.attributes_of(TARGET)[0].value, b"may bind to ports");

    // So they do where the save is completed later.
    let fs = file_system(Way::InPlace);
    fs.add_attribute(TARGET, CAPABILITY, b"may bind to ports");
    let (_document, request) = edited(&fs, Way::InPlace);
    fs.inject(usize::MAX, Fault::PowerFailure);
    save_to(&request, &fs).unwrap();
    let last = fs.operations().iter().rposition(|&it| it == "set_attribute").unwrap();
    let fs = file_system(Way::InPlace);
    fs.add_attribute(TARGET, CAPABILITY, b"may bind to ports");
    let (_document, request) = edited(&fs, Way::InPlace);
    fs.inject(last, Fault::PowerFailure);
    save_to(&request, &fs).unwrap_err();
    assert!(fs.attributes_of(TARGET).is_empty(), "writing drops them");
    let crashed = fs.after_crash(&mut |end| end - 1);
    recover(Path::new(STATE), &crashed);
    assert_eq!(crashed.attributes_of(TARGET)[0].value, b"may bind to ports");

    // Who may not give them is asked.
    let fs = file_system(Way::InPlace);
    fs.add_attribute(TARGET, CAPABILITY, b"may bind to ports");
    fs.change_stat(TARGET, |stat| (stat.uid, stat.gid) = (1000, 1000));
    fs.set_credentials(1000, &[1000]);
    let (_document, request) = edited(&fs, Way::InPlace);
    let error = save_to(&request, &fs).unwrap_err();
    let SaveError::Unaccepted { warnings, .. } = &error else { panic!("{error}") };
    assert_eq!(warnings[..], [Warning::Attribute { name: CAPABILITY.into() }]);
}

#[test]
fn how_long_it_takes_is_told_by_what_was_measured_or_by_where_it_lies() {
    let fs = file_system(Way::Replace);
    let (_document, request) = edited(&fs, Way::Replace);
    let cost = |request: &Request| plan(request, &fs, &Cancel::new()).unwrap().cost();
    assert_eq!(
        cost(&request),
        "99 bytes are read and 99 bytes written, which takes less than a second and 99 bytes of free space."
    );
    assert!(cost(&Request { rate: Some(1), ..request.clone() }).contains("takes about 2 minutes"));
    assert!(cost(&Request { rate: Some(2), ..request.clone() }).contains("takes about 50 seconds"));
    fs.set_medium(Medium::Network("NFS"));
    assert!(cost(&request).contains("99 bytes written over NFS, which takes less than a second"));
    let slow = plan(&request, &fs, &Cancel::new()).unwrap().time;
    fs.set_medium(Medium::Local);
    assert!(slow > plan(&request, &fs, &Cancel::new()).unwrap().time);

    // A question says it, too.
    fs.set_credentials(1000, &[1000]);
    fs.change_stat(TARGET, |stat| stat.mode = 0o666);
    let error = save_to(&request, &fs).unwrap_err();
    assert!(error.to_string().contains("it will belong to you instead of user 0"), "{error}");
    assert!(error.to_string().contains("which takes less than a second"), "{error}");
}
