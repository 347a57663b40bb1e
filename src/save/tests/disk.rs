//! On the real file system, in directories of their own.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::Duration;

use rustix::fs::XattrFlags;
use tempfile::TempDir;

use super::*;
use crate::document::{Content, Count, Replacement, StepKind};

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn names(directory: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(directory.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn file(directory: &TempDir, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, contents).unwrap();
    path
}

fn save_over(path: &Path, contents: &str) -> Result<Saved, SaveError> {
    let expect = Expect::Unchanged(identity(path, &Disk));
    save_to(&Request::new(snapshot(contents), path, expect), &Disk)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// False where the file system or the user cannot have such an attribute: then there is nothing to test.
fn set_attribute(path: &Path, name: &str, value: &[u8]) -> bool {
    rustix::fs::setxattr(path, name, value, XattrFlags::empty()).is_ok()
}

fn attribute(path: &Path, name: &str) -> Option<Vec<u8>> {
    let attributes = Disk.attributes(path).unwrap();
    attributes.into_iter().find(|it| it.name == name).map(|it| it.value)
}

/// An access control list that lets one more user read and write.
fn access_control_list() -> Vec<u8> {
    let mut list = 2_u32.to_le_bytes().to_vec();
    let nobody = u32::MAX;
    for (tag, permissions, id) in
        [(1_u16, 6_u16, nobody), (2, 6, 1234), (4, 4, nobody), (0x10, 6, nobody), (0x20, 4, nobody)]
    {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    list
}

#[test]
fn a_save_replaces_the_contents_and_the_document_can_rest_on_them() {
    let directory = directory();
    let path = file(&directory, "a.txt", "old");
    let first = save_over(&path, "new\ncontents\n").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new\ncontents\n");
    assert_eq!(bytes_of(&*first.source), b"new\ncontents\n");
    assert_eq!((first.path.as_path(), first.identity), (path.as_path(), identity(&path, &Disk)));
    assert_eq!(names(&directory), ["a.txt"]);

    // The next save expects what this one left, and the first new file stays readable after it.
    let expect = Expect::Unchanged(first.identity);
    save_to(&Request::new(snapshot(""), &path, expect), &Disk).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
    assert_eq!(bytes_of(&*first.source), b"new\ncontents\n");
}

#[test]
fn a_new_file_gets_the_usual_mode() {
    let directory = directory();
    let path = directory.path().join("new.txt");
    save_to(&Request::new(snapshot("new"), &path, Expect::New), &Disk).unwrap();
    assert_eq!(mode(&path), mode(&file(&directory, "usual.txt", "")));

    let error = save_to(&Request::new(snapshot("again"), &path, Expect::New), &Disk).unwrap_err();
    assert!(matches!(error, SaveError::Exists { .. }));
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(&directory), ["new.txt", "usual.txt"]);
}

#[test]
fn mode_owner_and_attributes_survive() {
    let directory = directory();
    let path = file(&directory, "script", "old");
    let has_attribute = set_attribute(&path, "user.origin", b"https://example.org");
    let is_root = Disk.credentials().unwrap().is_root();
    if is_root {
        std::os::unix::fs::chown(&path, Some(1234), Some(5678)).unwrap();
    }
    set_mode(&path, 0o4751);
    let before = fs::metadata(&path).unwrap();

    save_over(&path, "new").unwrap();
    let after = fs::metadata(&path).unwrap();
    assert_eq!(mode(&path), 0o4751);
    assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
    assert!(!is_root || after.uid() == 1234);
    if has_attribute {
        assert_eq!(attribute(&path, "user.origin").unwrap(), b"https://example.org");
    }
    assert!(after.modified().unwrap() >= before.modified().unwrap());
}

#[test]
fn access_control_lists_survive_and_are_not_inherited() {
    const ACCESS: &str = "system.posix_acl_access";
    let directory = directory();
    let listed = file(&directory, "listed", "old");
    let plain = file(&directory, "plain", "old");
    let list = access_control_list();
    if !set_attribute(&listed, ACCESS, &list)
        || !set_attribute(directory.path(), "system.posix_acl_default", &list)
    {
        return;
    }
    let before = mode(&listed);
    save_over(&listed, "new").unwrap();
    save_over(&plain, "new").unwrap();
    assert_eq!((attribute(&listed, ACCESS), mode(&listed)), (Some(list.clone()), before));
    assert_eq!(attribute(&plain, ACCESS), None, "it had none");

    let new = directory.path().join("new");
    save_to(&Request::new(snapshot(""), &new, Expect::New), &Disk).unwrap();
    assert!(attribute(&new, ACCESS).is_some(), "new files follow the folder's default");
}

#[test]
fn links_are_saved_through() {
    let directory = directory();
    let at = |name: &str| directory.path().join(name);
    fs::create_dir(at("sub")).unwrap();
    fs::write(at("sub/file"), "old").unwrap();
    symlink("sub/file", at("relative")).unwrap();
    symlink(at("relative"), at("chain")).unwrap();
    symlink("sub/absent", at("dangling")).unwrap();
    symlink("loop", at("loop")).unwrap();

    let saved = save_over(&at("chain"), "new").unwrap();
    assert_eq!(saved.path, at("sub/file"));
    assert_eq!(fs::read(at("sub/file")).unwrap(), b"new");
    save_to(&Request::new(snapshot("made"), at("dangling"), Expect::New), &Disk).unwrap();
    assert_eq!(fs::read(at("sub/absent")).unwrap(), b"made");
    for link in ["relative", "chain", "dangling"] {
        assert!(fs::symlink_metadata(at(link)).unwrap().is_symlink(), "{link}");
    }
    let error = save_to(&Request::new(snapshot(""), at("loop"), Expect::Anything), &Disk);
    assert!(matches!(error, Err(SaveError::LinkLoop { .. })));
}

#[test]
fn hard_links_are_broken_only_after_asking() {
    let directory = directory();
    let path = file(&directory, "a", "old");
    let other = directory.path().join("b");
    fs::hard_link(&path, &other).unwrap();
    let mut request = Request::new(snapshot("new"), &path, Expect::Anything);
    let error = save_to(&request, &Disk).unwrap_err();
    assert!(error.to_string().contains("its other name (a hard link)"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"old");

    request.accepted = plan(&request, &Disk, &Cancel::new()).unwrap().warnings;
    save_to(&request, &Disk).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::read(&other).unwrap(), b"old");
}

#[test]
fn a_read_only_file_is_replaced_only_when_asked_for() {
    let directory = directory();
    let path = file(&directory, "a", "old");
    set_mode(&path, 0o444);
    let mut request = Request::new(snapshot("new"), &path, Expect::Anything);
    let error = save_to(&request, &Disk).unwrap_err();
    let obstacle = Obstacle::FileReadOnly;
    assert!(matches!(error, SaveError::PermissionDenied { obstacle: it, .. } if it == obstacle));
    assert_eq!(fs::read(&path).unwrap(), b"old");
    request.even_if_read_only = true;
    save_to(&request, &Disk).unwrap();
    assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"new".to_vec(), 0o444));
}

#[test]
fn a_folder_that_may_not_be_written_to_is_named_as_the_reason() {
    // Permissions do not bind root: what is decided for others, the planner's own tests check.
    if Disk.credentials().unwrap().is_root() {
        return;
    }
    let directory = directory();
    let path = file(&directory, "a", "old");
    set_mode(directory.path(), 0o555);
    let error = save_over(&path, "new").unwrap_err();
    let obstacle = Obstacle::Directory;
    assert!(matches!(error, SaveError::PermissionDenied { obstacle: it, .. } if it == obstacle));
    set_mode(directory.path(), 0o755);
    set_mode(&path, 0);
    let error = save_over(&path, "new").unwrap_err();
    let obstacle = Obstacle::FileReadOnly;
    assert!(matches!(error, SaveError::PermissionDenied { obstacle: it, .. } if it == obstacle));
    assert_eq!(names(&directory), ["a"]);
}

#[test]
fn what_is_no_file_is_refused() {
    let directory = directory();
    let fifo = directory.path().join("fifo");
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let a_file = file(&directory, "file", "");
    let cases = [
        (directory.path().to_owned(), Kind::Directory),
        (fifo, Kind::Fifo),
        (PathBuf::from("/dev/null"), Kind::Device),
    ];
    for (path, kind) in cases {
        let error = save_to(&Request::new(snapshot("x"), &path, Expect::Anything), &Disk);
        assert!(matches!(error, Err(SaveError::NotAFile { kind: it, .. }) if it == kind));
    }
    for path in [directory.path().join("no/such/folder"), a_file.join("x")] {
        let error = save_to(&Request::new(snapshot("x"), path, Expect::New), &Disk);
        assert!(matches!(error, Err(SaveError::MissingDirectory { .. })), "{error:?}");
    }
    assert_eq!(names(&directory), ["fifo", "file"]);
}

#[test]
fn a_file_that_changed_since_it_was_opened_is_refused() {
    let directory = directory();
    let path = file(&directory, "log", "one\n");
    let expect = Expect::Unchanged(identity(&path, &Disk));
    let request = Request::new(snapshot("mine"), &path, expect);
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"two\n").unwrap();
    let error = save_to(&request, &Disk).unwrap_err();
    assert!(error.to_string().contains("grew on disk from 4 bytes to 8 bytes"), "{error}");

    fs::rename(file(&directory, "rotated", "else"), &path).unwrap();
    let error = save_to(&request, &Disk).unwrap_err();
    assert!(matches!(error, SaveError::Changed { change: Change::Replaced, .. }), "{error}");
    fs::remove_file(&path).unwrap();
    let error = save_to(&request, &Disk).unwrap_err();
    assert!(matches!(error, SaveError::Changed { change: Change::Removed, .. }), "{error}");
    assert_eq!(names(&directory), [""; 0]);
}

#[test]
fn an_expected_name_that_is_taken_is_not_renamed_over() {
    let directory = directory();
    let (from, to) = (file(&directory, "from", "new"), file(&directory, "to", "old"));
    let error = Disk.rename(&from, &to, Overwrite::No).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&to).unwrap(), b"old");
}

#[test]
fn failures_leave_nothing_behind() {
    let directory = directory();
    let path = file(&directory, "a", "old");
    let cancel = Cancel::new();
    cancel.cancel();
    let request = Request::new(snapshot("new"), &path, Expect::Anything);
    let result = save(&request, &Disk, &cancel, &Progress::default());
    assert!(matches!(result, Err(SaveError::Cancelled { .. })));

    let lost = scattered(vec![Block::Data(vec![1; 100]), Block::Lost(1)]);
    let result = save_to(&Request::new(lost, &path, Expect::Anything), &Disk);
    assert!(matches!(result, Err(SaveError::Lost { .. })));

    let petabyte = scattered(vec![Block::Lost(1 << 50)]);
    let result = save_to(&Request::new(petabyte, &path, Expect::Anything), &Disk);
    assert!(matches!(result, Err(SaveError::NoSpace { .. })));

    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(&directory), ["a"]);
}

#[test]
fn two_saves_in_one_folder_do_not_meet() {
    let directory = directory();
    std::thread::scope(|scope| {
        for name in 0..8 {
            let path = directory.path().join(name.to_string());
            scope.spawn(move || {
                for round in 0..5 {
                    let contents = format!("{name} {round}").repeat(100);
                    let request = Request::new(snapshot(&contents), &path, Expect::Anything);
                    save_to(&request, &Disk).unwrap();
                    assert_eq!(fs::read(&path).unwrap(), contents.as_bytes());
                }
            });
        }
    });
    assert_eq!(names(&directory).len(), 8);
}

#[test]
fn a_sparse_100_gib_file_stays_sparse() {
    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;
    let directory = directory();
    let path = directory.path().join("disk.img");
    let snapshot = scattered(vec![
        Block::Data(b"boot".to_vec()),
        Block::Hole(60 * GIB),
        Block::Data(b"middle\n".repeat(1000)),
        Block::Hole(40 * GIB),
    ]);
    let len = snapshot.len();
    let request = Request::new(snapshot, &path, Expect::New);
    assert_eq!(plan(&request, &Disk, &Cancel::new()).unwrap().space_needed, 7004);
    let saved = save_to(&request, &Disk).unwrap();

    // The same again from the file itself, whose holes the system tells.
    let copy = directory.path().join("copy.img");
    let snapshot = Document::open(saved.source).snapshot();
    let request = Request::new(snapshot, &copy, Expect::New);
    assert!(plan(&request, &Disk, &Cancel::new()).unwrap().space_needed < MIB);
    let saved_again = save_to(&request, &Disk).unwrap();

    for path in [path, copy] {
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!(metadata.len(), len);
        let on_disk = metadata.blocks() * 512;
        assert!(on_disk < MIB, "{on_disk} bytes on disk");
    }
    let mut bytes = [0; 8];
    let end_of_hole = 4 + 60 * GIB;
    saved_again.source.read_at(end_of_hole - 1, &mut bytes).unwrap();
    assert_eq!(&bytes, b"\0middle\n");
}

// A file that is open for writing somewhere cannot be executed: an editor must not keep it so.
#[test]
fn a_saved_script_can_be_run_while_the_document_rests_on_it() {
    let directory = directory();
    let path = file(&directory, "script", "");
    set_mode(&path, 0o755);
    let saved = save_over(&path, "#!/bin/sh\nexit 7\n").unwrap();
    let status = std::process::Command::new(&path).status().unwrap();
    assert_eq!(status.code(), Some(7));
    drop(saved);
}

// Bless saves in place when the length is unchanged and leaves out every segment that still is the file's own,
// moved or not: after deleting a byte here and inserting one there, everything in between is wrong.
#[test]
fn bless_forgets_the_shifted_middle_of_a_file_of_the_same_length() {
    let directory = directory();
    let old: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
    let path = file(&directory, "a.bin", &old);
    let opened = crate::source::open(&path).unwrap();
    let mut document = Document::open(opened.source);
    let replacement = |range, bytes: &[u8]| Replacement { range, content: Content::Bytes(bytes.to_vec()) };
    let replacements = vec![replacement(10..11, b""), replacement(90_000..90_000, b"!")];
    let kind = StepKind::Whole("Move");
    document.edit(replacements, kind, &[], Duration::ZERO).unwrap();

    let mut expected = old;
    expected.insert(90_000, b'!');
    expected.remove(10);
    let expect = Expect::Unchanged(identity(&path, &Disk));
    save_to(&Request::new(document.snapshot(), &path, expect), &Disk).unwrap();
    assert!(fs::read(&path).unwrap() == expected);
}

#[test]
fn a_document_rests_on_what_was_saved_and_knows_its_lines() {
    let directory = directory();
    let path = file(&directory, "a.txt", "one\ntwo\nthree\n".repeat(50_000));
    let mut document = Document::open(crate::source::open(&path).unwrap().source);
    let insert = |text: &str| Replacement { range: 4..4, content: Content::Text(text.to_owned()) };
    let kind = StepKind::Whole("Paste");
    document.edit(vec![insert("and\na half\n")], kind, &[], Duration::ZERO).unwrap();
    let snapshot = document.snapshot();
    let mut request = Request::new(snapshot.clone(), &path, Expect::Anything);
    let saved = save_to(&request, &Disk).unwrap();
    assert_eq!(saved.source.identity(), Some(saved.identity));
    document.rest_on(&snapshot, saved.source, saved.index);
    assert!(!document.is_modified());
    assert_eq!(document.snapshot().newlines(), Count::Exact(150_002));

    // Back to what was there before the save, and saved again.
    document.undo().unwrap();
    (request.snapshot, request.expect) = (document.snapshot(), Expect::Unchanged(saved.identity));
    save_to(&request, &Disk).unwrap();
    assert!(fs::read(&path).unwrap() == "one\ntwo\nthree\n".repeat(50_000).as_bytes());
}

#[test]
fn only_the_stored_part_of_a_sparse_document_needs_space() {
    const TIB: u64 = 1 << 40;
    let blocks = vec![Block::Hole(TIB), Block::Data(vec![1; 100]), Block::Hole(TIB)];
    let mut document = Document::open(Arc::new(Blocks::new(blocks)));
    let replacement = Replacement { range: 5..TIB + 30, content: Content::Bytes(vec![2; 7]) };
    document.edit(vec![replacement], StepKind::Overwrite, &[], Duration::ZERO).unwrap();
    let snapshot = document.snapshot();
    assert_eq!(snapshot.stored(0..snapshot.len()), 77);
    assert_eq!(snapshot.stored(0..10), 5);
    assert_eq!(snapshot.stored(20..30), 10);
}
