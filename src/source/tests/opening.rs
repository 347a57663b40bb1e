//! What is opened, what is refused, and parts of files.

use super::*;

fn refusal(path: impl AsRef<Path>) -> String {
    open(path.as_ref()).unwrap_err().to_string()
}

#[test]
fn small_files_are_read_and_large_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let small = written(folder.path(), "small", b"hello\n");
    let opened = open(&small).unwrap();
    assert!(format!("{:?}", opened.source).starts_with("Memory"));
    assert!(opened.regular && opened.writable);
    assert_eq!(opened.source.identity(), identity_of(&small).unwrap());
    check(&*opened.source, b"hello\n", 0..6, 4096);

    let large = written(folder.path(), "large", b"");
    OpenOptions::new().write(true).open(&large).unwrap().set_len(100 * GIB).unwrap();
    let opened = open(&large).unwrap();
    assert!(format!("{:?}", opened.source).starts_with("Rewritten { file: Mapped"));
    assert_eq!(opened.source.len(), 100 * GIB);
    assert_eq!(opened.source.identity(), identity_of(&large).unwrap());
    assert_eq!(shown(&*opened.source, 99 * GIB..99 * GIB + 16).unwrap(), [0; 16]);

    assert!(open(&written(folder.path(), "empty", b"")).unwrap().source.is_empty());
}

#[test]
fn a_name_is_kept_and_its_links_are_followed() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.log");
    let target = folder.path().join(name);
    std::fs::write(&target, "x").unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let opened = open(&link).unwrap();
    assert_eq!(opened.name, link);
    assert_eq!(opened.path, target.canonicalize().unwrap());

    std::fs::remove_file(&target).unwrap();
    let said = refusal(&link);
    assert!(said.ends_with("caf\u{fffd}.log”, which does not exist."), "{said}");
    let missing = folder.path().join("nothing");
    assert_eq!(refusal(&missing), format!("There is no file “{}”.", missing.display()));
}

#[test]
fn what_is_no_file_is_refused_in_a_sentence() {
    assert_eq!(refusal("/proc"), "“/proc” is a folder. Hextant opens files.");
    assert_eq!(
        refusal("/dev/zero"),
        "“/dev/zero” is a device without a length. Hextant opens files and disks."
    );
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert!(refusal(&socket).ends_with("socket” is a socket. Hextant opens files."));
    let pipe = folder.path().join("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert!(refusal(&pipe).contains("pipe” is a pipe"), "and opening it does not wait for a writer");
    let file = written(folder.path(), "file", b"x");
    assert!(refusal(file.join("below")).contains("cannot be read (Not a directory)"));
    let denied =
        OpenError::Denied { path: "x".into(), source: std::io::Error::from_raw_os_error(libc::EACCES) };
    assert_eq!(denied.to_string(), "You are not allowed to read “x” (Permission denied).");
}

fn part_of(path: &Path, range: Range<u64>) -> Result<Opened, OpenError> {
    open_with(path, &Options { range: Some(range), ..Options::default() })
}

#[test]
fn a_part_of_a_file_is_a_source_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = noise(3 << 20);
    let large = written(folder.path(), "large", &bytes);
    let small = written(folder.path(), "small", &bytes[..5000]);
    for (path, len) in [(&large, 3 << 20), (&small, 5000)] {
        for range in [0..10, 777..4_500, 1..u64::MAX, len - 1..len + 1, len..len, len..u64::MAX] {
            let opened = part_of(path, range.clone()).unwrap();
            let part = range.start..range.end.clamp(range.start, len);
            assert_eq!(opened.part, Some(part.clone()));
            assert_eq!(opened.source.identity(), identity_of(path).unwrap(), "of the whole file");
            let expected = &bytes[part.start as usize..part.end as usize];
            check(&*opened.source, expected, 0..expected.len() as u64, 4096);
        }
        let said = part_of(path, len + 1..len + 2).unwrap_err().to_string();
        assert!(
            said.ends_with(&format!("” is {len} bytes long; a part of it cannot start at {}.", len + 1)),
            "{said}"
        );
        assert_eq!(open(path).unwrap().part, None);
    }
    let told = part_of(Path::new("/proc/self/status"), 0..5).unwrap();
    assert_eq!(shown(&*told.source, 0..5).unwrap(), b"Name:");
}

/// What lies around a part has nothing to do with it; what the file loses of it does.
#[test]
fn a_part_keeps_its_holes_and_its_losses() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "f", b"");
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(4 << 20).unwrap();
    file.write_all_at(&noise(8192), 2 << 20).unwrap();
    let part = part_of(&path, (1 << 20) + 5..3 << 20).unwrap().source;
    assert_eq!(part.stored(0..part.len()), 8192);
    assert_eq!(part.hole_at(1000), Some(0..(1 << 20) - 5));
    file.set_len(2 << 20).unwrap();
    let (_, data, losses) = scanned(&*part, 0..part.len());
    assert_eq!(data, 0);
    assert_eq!(losses, [((1 << 20) - 5..(2 << 20) - 5, Lost::Truncated { len: 2 << 20 })]);
}

#[test]
fn the_time_of_access_stays_where_it_is_asked_for() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "f", b"text");
    let long_ago = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
    let times = std::fs::FileTimes::new().set_accessed(long_ago);
    OpenOptions::new().write(true).open(&path).unwrap().set_times(times).unwrap();
    let accessed = || std::fs::metadata(&path).unwrap().atime();
    open_with(&path, &Options { no_atime: true, ..Options::default() }).unwrap();
    assert_eq!(accessed(), 1000);
    // Where it is not allowed, the file is opened all the same: nobody owns those of /proc but the system.
    open_with(Path::new("/proc/version"), &Options { no_atime: true, ..Options::default() }).unwrap();
}

#[test]
fn files_that_tell_no_length_are_read() {
    let status = open(Path::new("/proc/self/status")).unwrap();
    let bytes = shown(&*status.source, 0..status.source.len()).unwrap();
    assert!(bytes.starts_with(b"Name:") && bytes.len() > 100);
}
