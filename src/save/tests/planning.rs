//! What the planner decides from facts, and how the facts are gathered.

use std::path::PathBuf;

use super::super::simulated::Simulated;
use super::*;
use crate::source::Medium;

const EXTENT: Extent =
    Extent { len: 500, stored: 100, fresh: 500, moved: 0, staying: 0, forgotten: 0, journal: 0, filled: 0 };

fn a_stat(kind: Kind, mode: u32) -> Stat {
    let identity = Identity { device: 1, inode: 2, len: 3, modified_ns: 4, changed_ns: 5 };
    Stat {
        kind,
        identity,
        len: 3,
        allocated: 3,
        mode,
        uid: 1000,
        gid: 1000,
        links: 1,
        immutable: false,
        mount_point: false,
    }
}

/// A file and a directory of this user's own.
fn facts() -> Facts {
    Facts {
        target: PathBuf::from("/d/a.txt"),
        found: Some(a_stat(Kind::File, 0o644)),
        may_write: true,
        directory: Some(DirectoryFacts {
            stat: a_stat(Kind::Directory, 0o755),
            may_write: true,
            space: Space { free: 100, read_only: false },
        }),
        credentials: Credentials { uid: 1000, groups: vec![4, 1000] },
        writers: Vec::new(),
        clones: false,
        medium: Medium::Local,
        rate: None,
        has_capability: false,
        wants_backup: false,
        journal_space: None,
    }
}

fn with(change: impl FnOnce(&mut Facts, &mut Stat, &mut DirectoryFacts)) -> Facts {
    let mut facts = facts();
    let (mut found, mut directory) = (facts.found.unwrap(), facts.directory.unwrap());
    change(&mut facts, &mut found, &mut directory);
    (facts.found, facts.directory) = (facts.found.and(Some(found)), Some(directory));
    facts
}

fn decide(facts: Facts) -> Result<Plan, SaveError> {
    Plan::new(EXTENT, Expect::Anything, false, facts)
}

/// The obstacle for which permission is denied, or the other error's text.
fn denied(facts: Facts) -> Result<Obstacle, String> {
    match decide(facts).unwrap_err() {
        SaveError::PermissionDenied { obstacle, .. } => Ok(obstacle),
        error => Err(error.to_string()),
    }
}

#[test]
fn an_ordinary_file_is_replaced_without_warnings() {
    let plan = decide(facts()).unwrap();
    assert_eq!(plan.method, Method::Replace);
    assert_eq!((plan.bytes_to_write, plan.space_needed), (100, 100));
    assert_eq!(plan.warnings, []);
}

#[test]
fn permissions_decide() {
    assert_eq!(denied(with(|_, _, directory| directory.may_write = false)), Ok(Obstacle::Directory));
    assert_eq!(denied(with(|_, found, _| found.immutable = true)), Ok(Obstacle::FileImmutable));
    let read_only = with(|_, found, _| found.mode = 0o444);
    assert_eq!(denied(read_only.clone()), Ok(Obstacle::FileReadOnly));
    let not_mine = with(|facts, _, _| facts.may_write = false);
    assert_eq!(denied(not_mine), Ok(Obstacle::FileReadOnly));
    Plan::new(EXTENT, Expect::Anything, true, read_only).expect("the request says so");
    let mut root = with(|_, found, _| found.mode = 0o400);
    root.credentials.uid = 0;
    assert_eq!(denied(root), Ok(Obstacle::FileReadOnly), "root is asked, too");

    let sticky = |owner_of_file, owner_of_directory| {
        with(|_, found, directory| {
            directory.stat.mode = 0o1777;
            (found.uid, directory.stat.uid) = (owner_of_file, owner_of_directory);
        })
    };
    assert_eq!(denied(sticky(7, 0)), Ok(Obstacle::StickyDirectory));
    decide(sticky(1000, 0)).unwrap();
    decide(sticky(7, 1000)).unwrap();
}

#[test]
fn places_where_nothing_can_be_saved() {
    let nowhere = Facts { directory: None, found: None, ..facts() };
    assert!(matches!(decide(nowhere), Err(SaveError::MissingDirectory { .. })));
    let mounted_read_only = with(|_, _, directory| {
        directory.space.read_only = true;
        directory.may_write = false;
    });
    assert!(matches!(decide(mounted_read_only), Err(SaveError::ReadOnlyFilesystem { .. })));
    let mount_point = with(|_, found, _| found.mount_point = true);
    assert!(matches!(decide(mount_point), Err(SaveError::MountPoint { .. })));
    let full = with(|_, _, directory| directory.space.free = 99);
    assert!(matches!(decide(full), Err(SaveError::NoSpace { needed: 100, free: 99, .. })));
}

#[test]
fn only_files_are_replaced() {
    for kind in [Kind::Directory, Kind::Fifo, Kind::Socket, Kind::Device] {
        let error = decide(with(|_, found, _| found.kind = kind)).unwrap_err();
        assert!(matches!(error, SaveError::NotAFile { kind: it, .. } if it == kind), "{error}");
    }
    for target in ["/", "..", "/d/new/", ""] {
        let facts = Facts { target: target.into(), found: None, ..facts() };
        assert!(matches!(decide(facts), Err(SaveError::NotAFile { .. })), "{target:?}");
    }
}

#[test]
fn the_target_has_to_be_as_expected() {
    let now = facts().found.unwrap().identity;
    let decide = |expect| Plan::new(EXTENT, expect, false, facts());
    decide(Expect::Anything).unwrap();
    decide(Expect::Unchanged(now)).unwrap();
    assert!(matches!(decide(Expect::New), Err(SaveError::Exists { .. })));
    let change = |then| match decide(Expect::Unchanged(then)).unwrap_err() {
        SaveError::Changed { change, .. } => change,
        error => panic!("{error}"),
    };
    assert_eq!(change(Identity { inode: 9, ..now }), Change::Replaced);
    assert_eq!(change(Identity { len: 1, ..now }), Change::Appended);
    assert_eq!(change(Identity { len: 9, ..now }), Change::Truncated);
    assert_eq!(change(Identity { modified_ns: 1, ..now }), Change::Rewritten);
    // Its mode, its owner, or its names: what is there now is kept.
    decide(Expect::Unchanged(Identity { changed_ns: 1, ..now })).unwrap();

    let gone = Facts { found: None, ..facts() };
    let error = Plan::new(EXTENT, Expect::Unchanged(now), false, gone).unwrap_err();
    assert_eq!(
        error.to_string(),
        "“/d/a.txt” was removed from disk since it was opened. \
         The file on disk is untouched, and your edits are still in the editor."
    );
}

#[test]
fn what_will_change_besides_the_contents_is_foreseen() {
    let warnings = |facts| decide(facts).unwrap().warnings;
    let hard_links = with(|_, found, _| found.links = 2);
    assert_eq!(warnings(hard_links), [Warning::HardLinks { links: 2 }]);
    let foreign = with(|_, found, _| (found.uid, found.gid) = (7, 8));
    assert_eq!(warnings(foreign.clone()), [Warning::Owner { uid: 7 }, Warning::Group { gid: 8 }]);
    let mut root = foreign;
    root.credentials.uid = 0;
    assert_eq!(warnings(root), []);
    assert_eq!(warnings(with(|_, found, _| found.gid = 4)), [], "a group of this user's");
    let inherited = with(|_, found, directory| {
        (found.gid, directory.stat.gid, directory.stat.mode) = (8, 8, 0o2775);
    });
    assert_eq!(warnings(inherited), []);
}

#[test]
fn links_are_followed_to_the_file() {
    let fs = Simulated::new();
    fs.make_directory("/d");
    fs.make_directory("/d/sub");
    fs.make_file("/d/sub/file", b"");
    fs.make_link("/d/relative", "sub/file");
    fs.make_link("/d/chain", "relative");
    fs.make_link("/absolute", "/d/chain");
    fs.make_link("/d/dangling", "sub/absent");
    fs.make_link("/d/loop", "pool");
    fs.make_link("/d/pool", "loop");
    let target = |path: &str| Facts::gather(Path::new(path), None, &fs).map(|facts| facts.target);
    for path in ["/d/sub/file", "/d/relative", "/d/chain", "/absolute"] {
        assert_eq!(target(path).unwrap(), Path::new("/d/sub/file"));
    }
    assert_eq!(target("/d/dangling").unwrap(), Path::new("/d/sub/absent"));
    assert!(matches!(target("/d/loop"), Err(SaveError::LinkLoop { .. })));
}

#[test]
fn a_file_that_may_not_be_written_is_found_out() {
    let fs = Simulated::new();
    fs.make_directory("/d");
    fs.make_file("/d/file", b"old");
    let request = Request::new(snapshot("new"), "/d/file", Expect::Anything);
    fs.forbid_writing("/d/file");
    let error = save_to(&request, &fs).unwrap_err();
    assert!(error.to_string().contains("the file is read-only"), "{error}");
    fs.forbid_writing("/d");
    let error = save_to(&request, &fs).unwrap_err();
    assert!(error.to_string().contains("you may not write to its folder"), "{error}");
    assert_eq!(fs.contents("/d/file").unwrap(), b"old");
}
