//! Real file systems, small enough to be filled: what a save does on a disk that is full in earnest, and where files share
//! blocks. Each is skipped, with a reason, where it cannot be made or mounted.

use std::fs::{self, File};
use std::ops::{ControlFlow, Range};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hextant::document::{Content, Document, Replacement, Slice, Snapshot, StepKind};
use hextant::save::{Disk, Expect, FileSystem, Method, Request, SaveError, Saved, plan, recover, save};
use hextant::source::{Cancel, Identity, Lost, Memory, Progress, Scanned, Source, TryRead, open};
use tempfile::TempDir;

const MIB: u64 = 1 << 20;

/// How each is made, and how large: XFS is made no smaller. The image takes only what is written.
const KINDS: [(&str, &[&str], u64); 3] = [
    ("ext4", &["mkfs.ext4", "-q", "-F", "-m", "0"], 64 * MIB),
    ("xfs", &["mkfs.xfs", "-q", "-f"], 320 * MIB),
    ("btrfs", &["mkfs.btrfs", "-q", "-f", "-M"], 64 * MIB),
];

struct Mounted {
    folder: TempDir,
    kind: &'static str,
}

impl Mounted {
    fn new(kind: &'static str, make: &[&str], len: u64) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("image");
        File::create(&image).unwrap().set_len(len).unwrap();
        let run = |command: &mut Command| match command.output() {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(format!("{:?}: {error}", command.get_program())),
        };
        run(Command::new(make[0]).args(&make[1..]).arg(&image))?;
        let mounted = folder.path().join("mounted");
        fs::create_dir(&mounted).unwrap();
        run(Command::new("mount").args(["-o", "loop"]).args([&image, &mounted]))?;
        Ok(Self { folder, kind })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join("mounted").join(name)
    }

    fn free(&self) -> u64 {
        Disk.space(&self.at("")).unwrap().free
    }

    /// Leaves about so many bytes.
    fn fill(&self, left: u64) {
        fill(&self.at(""), left);
    }

    fn shares_blocks(&self) -> bool {
        self.kind != "ext4"
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path().join("mounted")).output();
    }
}

/// Writes files until no more than about `left` bytes are free.
fn fill(folder: &Path, left: u64) {
    for number in 0.. {
        // What was freed or promised a moment ago is counted only then.
        rustix::fs::syncfs(File::open(folder).unwrap()).unwrap();
        let free = Disk.space(folder).unwrap().free;
        let more = free.saturating_sub(left).min(MIB);
        if more < 64 << 10
            || fs::write(folder.join(format!("ballast {number}")), noise(more, number)).is_err()
        {
            return;
        }
    }
}

/// Bytes that nothing makes smaller.
fn noise(len: u64, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..len).map(|_| next()).collect()
}

/// Each file system that can be had here.
fn on_each(test: impl Fn(&Mounted)) {
    for (kind, make, len) in KINDS {
        match Mounted::new(kind, make, len) {
            Ok(mounted) => test(&mounted),
            Err(why) => println!("skipped {kind}: {why}"),
        }
    }
}

/// New bytes of a document; when the save first asks how many there are, which it does after it has looked at what is free,
/// somebody else fills the disk.
#[derive(Debug)]
struct Filling {
    bytes: Memory,
    folder: Mutex<Option<PathBuf>>,
}

impl Filling {
    fn source(bytes: Vec<u8>, folder: Option<PathBuf>) -> Arc<dyn Source> {
        Arc::new(Self { bytes: Memory::new(bytes), folder: Mutex::new(folder) })
    }
}

impl Source for Filling {
    fn len(&self) -> u64 {
        self.bytes.len()
    }

    fn identity(&self) -> Option<Identity> {
        None
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        self.bytes.try_read_at(offset, buf)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        self.bytes.read_at(offset, buf)
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.bytes.scan(range, visit)
    }

    fn stored(&self, range: Range<u64>) -> u64 {
        if let Some(folder) = self.folder.lock().unwrap().take() {
            fill(&folder, 0);
        }
        range.end - range.start
    }
}

fn save_it(request: &Request) -> Result<Saved, SaveError> {
    save(request, &Disk, &Cancel::new(), &Progress::default())
}

fn method(request: &Request) -> Method {
    plan(request, &Disk, &Cancel::new()).unwrap().method
}

fn request(snapshot: Snapshot, path: &Path, state: Option<PathBuf>) -> Request {
    let expect = Expect::Unchanged(Disk.stat(path).unwrap().unwrap().identity);
    Request { state, ..Request::new(snapshot, path, expect) }
}

fn edited(path: &Path, range: Range<u64>, content: Content) -> Document {
    let mut document = Document::open(open(path).unwrap().source);
    let replacement = Replacement { range, content };
    document.edit(vec![replacement], StepKind::Whole("Edit"), &[], Duration::ZERO).unwrap();
    document
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with("ballast") && name != "spare.redo")
        .collect();
    names.sort();
    names
}

#[test]
fn a_disk_that_is_full_keeps_the_old_file_or_another_way_is_found() {
    on_each(|mounted| {
        let kind = mounted.kind;
        let path = mounted.at("f");
        let old = noise(8 * MIB, 1);
        fs::write(&path, &old).unwrap();
        let elsewhere = mounted.folder.path().join("state");
        mounted.fill(4 * MIB);
        let before = names(&mounted.at(""));

        // All of it is new, and is known not to fit.
        let new = Document::open(Filling::source(noise(8 * MIB, 2), None));
        let error = save_it(&request(new.snapshot(), &path, None)).unwrap_err();
        assert!(matches!(error, SaveError::NoSpace { needed: 0x80_0000, .. }), "{kind}: {error}");

        // A little in front: no copy fits, so it is moved where it stands; no more than a window is in the journal.
        let document = edited(&path, 0..0, Content::Bytes(b"in front".to_vec()));
        let mut moving = request(document.snapshot(), &path, Some(elsewhere.clone()));
        moving.window = MIB;
        assert_eq!(method(&moving), Method::Move, "{kind}");
        let inode = fs::metadata(&path).unwrap().ino();
        match save_it(&moving) {
            Ok(_) => {}
            // Where nothing is overwritten, but everything written anew, some of what is free is kept for that.
            Err(error) if kind == "btrfs" => {
                assert!(error.to_string().contains("untouched"), "{error}");
                assert!(fs::read(&path).unwrap() == old && names(&elsewhere).is_empty());
                return;
            }
            Err(error) => panic!("{kind}: {error}"),
        }
        let now = [b"in front", &old[..]].concat();
        assert!(fs::read(&path).unwrap() == now, "{kind}");
        assert_eq!(fs::metadata(&path).unwrap().ino(), inode, "{kind}");
        assert_eq!(names(&mounted.at("")), before, "{kind}");
        assert_eq!(names(&elsewhere), [""; 0], "{kind}");
    });
}

#[test]
fn a_disk_that_fills_up_between_the_plan_and_the_save_loses_nothing() {
    on_each(|mounted| {
        let kind = mounted.kind;
        let path = mounted.at("f");
        let old = noise(8 * MIB, 1);
        fs::write(&path, &old).unwrap();
        let elsewhere = mounted.folder.path().join("state");
        let here = mounted.at("state");
        let root = mounted.at("");
        let insert = |at: u64, len: u64| {
            let filling = Filling::source(noise(len, 3), Some(root.clone()));
            edited(&path, at..at, Content::Slice(Slice::of(filling, 0..len)))
        };
        let fails = |request: &Request, what: &str| {
            let error = save_it(request).map(drop).expect_err(what);
            let text = error.to_string();
            assert!(text.contains("untouched"), "{kind}, {what}: {text}");
            assert!(fs::read(&path).unwrap() == old, "{kind}, {what}");
            for state in [&here, &elsewhere] {
                assert!(names(state).is_empty() && recover(state, &Disk).is_empty(), "{kind}, {what}");
            }
            let left: Vec<_> = names(&root).into_iter().filter(|name| name.starts_with(".hextant")).collect();
            assert_eq!(left, [""; 0], "{kind}, {what}");
            for entry in fs::read_dir(&root).unwrap().flatten() {
                if entry.file_name().to_string_lossy().starts_with("ballast") {
                    fs::remove_file(entry.path()).unwrap();
                }
            }
            rustix::fs::syncfs(File::open(&root).unwrap()).unwrap();
        };
        for state in [&here, &elsewhere] {
            fs::create_dir_all(state).unwrap();
        }
        let document = insert(100, 6 * MIB);
        fails(&request(document.snapshot(), &path, None), "a copy");
        fs::hard_link(&path, mounted.at("g")).unwrap();
        let document = insert(100, 6 * MIB);
        fails(&request(document.snapshot(), &path, Some(elsewhere.clone())), "in place, the file");
        let document = insert(100, 6 * MIB);
        fails(&request(document.snapshot(), &path, Some(here.clone())), "in place, the journal");

        // And when there is space again, it works.
        let len = 2 * MIB;
        let filling = Filling::source(noise(len, 3), None);
        let document = edited(&path, 100..100, Content::Slice(Slice::of(filling, 0..len)));
        save_it(&request(document.snapshot(), &path, Some(elsewhere.clone()))).unwrap();
        assert!(fs::read(mounted.at("g")).unwrap() == [&old[..100], &noise(len, 3), &old[100..]].concat());
    });
}

#[test]
fn where_blocks_are_shared_a_save_writes_only_what_changed() {
    on_each(|mounted| {
        let kind = mounted.kind;
        let path = mounted.at("f");
        let old = noise(16 * MIB, 1);
        fs::write(&path, &old).unwrap();
        let state = Some(mounted.folder.path().join("state"));
        let document = edited(&path, 5_000_000..5_000_100, Content::Bytes(noise(100, 2)));
        let request = request(document.snapshot(), &path, state);
        let expected = if mounted.shares_blocks() { Method::Clone } else { Method::InPlace };
        assert_eq!(method(&request), expected, "{kind}");
        let was = File::open(&path).unwrap();
        rustix::fs::syncfs(&was).unwrap();
        let free = mounted.free();
        save_it(&Request { backup: mounted.shares_blocks(), verify: true, ..request }).unwrap();
        let mut new = old.clone();
        new[5_000_000..5_000_100].copy_from_slice(&noise(100, 2));
        assert!(fs::read(&path).unwrap() == new, "{kind}");
        rustix::fs::syncfs(&was).unwrap();
        let taken = free.saturating_sub(mounted.free());
        assert!(taken < 2 * MIB, "{kind}: {taken} bytes for one hundred");
        if mounted.shares_blocks() {
            assert!(fs::read(mounted.at("f~")).unwrap() == old, "{kind}: the backup is the old file");
        }

        // A file of two names is written into; its backup is a clone.
        fs::hard_link(&path, mounted.at("g")).unwrap();
        let document = edited(&path, 0..1, Content::Bytes(b"!".to_vec()));
        let mut again = self::request(document.snapshot(), &path, Some(mounted.folder.path().join("state")));
        again.backup = mounted.shares_blocks();
        assert_eq!(method(&again), Method::InPlace, "{kind}");
        save_it(&again).unwrap();
        assert_eq!(fs::read(mounted.at("g")).unwrap()[0], b'!', "{kind}");
        if mounted.shares_blocks() {
            assert!(fs::read(mounted.at("f~")).unwrap() == new, "{kind}");
        }
        assert_eq!(names(&mounted.at("")).iter().filter(|name| name.starts_with('.')).count(), 0, "{kind}");
    });
}
