//! Line counts kept for the next time that a file is opened.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use super::live::large;
use super::streams::compressed;
use super::*;
use crate::document::checksum;
use crate::source::{self, Cancel, Compression, Progress};

/// Bytes of a file whose counts are kept, here.
const SMALLEST: u64 = 1000;

/// With a cache, and nothing counted before [`Editor::shown`].
fn start() -> Case {
    let mut case = Case::new();
    case.restart();
    case
}

impl Case {
    /// Another run of the program, over the same files.
    fn restart(&mut self) {
        self.editor = Editor::new(Settings::default(), Session::default());
        self.editor.set_cache(self.path("cache"));
        self.editor.indexes.as_mut().unwrap().smallest = SMALLEST;
        self.editor.wait_until_shown();
    }

    fn indexes(&self) -> &super::IndexCache {
        self.editor.indexes.as_ref().unwrap()
    }

    /// Opens a file, in another run of the program. How many bytes of it there are to count.
    fn open_again(&mut self, name: &str) -> u64 {
        self.restart();
        let path = self.path(name);
        self.open_path(&path);
        self.uncounted()
    }

    fn uncounted(&self) -> u64 {
        self.tab().document.counting().remaining()
    }

    fn count(&mut self) {
        self.editor.shown();
        self.settle();
        assert_eq!(self.uncounted(), 0);
    }

    /// Opens and counts a file in a run of its own.
    fn use_file(&mut self, name: &str) {
        self.open_again(name);
        self.count();
    }

    fn entry(&self, name: &str) -> PathBuf {
        let sum = checksum(self.path(name).as_os_str().as_bytes());
        self.path(&format!("cache/index/{sum:016x}.idx"))
    }

    fn entries(&self) -> usize {
        fs::read_dir(self.path("cache/index")).map_or(0, |entries| entries.count())
    }

    fn edit_on_disk(&self, name: &str, at: u64, bytes: &[u8]) {
        let file = fs::OpenOptions::new().write(true).open(self.path(name)).unwrap();
        file.write_all_at(bytes, at).unwrap();
    }

    fn lines(&self) -> Count {
        self.tab().lines()
    }

    /// Sets when an entry was used last, in seconds.
    fn used(&self, name: &str, at: u64) {
        let file = fs::File::open(self.entry(name)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(at)).unwrap();
    }
}

#[test]
fn the_second_opening_is_exact_with_nothing_counted() {
    let utf16 = large().encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    let files = [
        ("lf", large().into_bytes()),
        ("small", large().into_bytes()[..14_000].to_vec()),
        ("cr", large().replace('\n', "\r").into_bytes()),
        ("utf16", [&[0xFE, 0xFF], &utf16[..]].concat()),
    ];
    let mut case = start();
    for (name, bytes) in &files {
        case.write(name, bytes);
        let len = bytes.len() as u64;
        assert_eq!(case.open_again(name), len, "{name}");
        case.count();
        let expected = Count::Exact(if *name == "small" { 1001 } else { 100_001 });
        assert_eq!(case.lines(), expected, "{name}");

        assert_eq!(case.open_again(name), 0, "{name}");
        assert_eq!(case.lines(), expected, "{name}");
        assert!(case.editor.jobs().is_empty());
        case.run(&[Command::NewLine]);
        assert_eq!(case.lines(), Count::Exact(if *name == "small" { 1002 } else { 100_002 }), "{name}");
    }
    assert_eq!(case.entries(), files.len());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&case.entry("lf")), 0o600);
    assert_eq!(mode(&case.path("cache/index")), 0o700);
    assert!(!case.path("lf.idx").exists());
}

#[test]
fn a_file_under_another_name_of_it_is_the_same() {
    let mut case = start();
    case.write("f", large());
    std::os::unix::fs::symlink(case.path("f"), case.path("link")).unwrap();
    case.use_file("link");
    assert_eq!(case.open_again("f"), 0);
}

#[test]
fn of_a_file_that_grew_only_the_rest_is_counted() {
    let mut case = start();
    let text = large();
    case.write("f", &text);
    case.use_file("f");
    let first = fs::read(case.entry("f")).unwrap();

    case.append("f", "a\nb\n");
    let len = text.len() as u64 + 4;
    assert_eq!(case.open_again("f"), len % (64 << 10));
    case.count();
    assert_eq!(case.lines(), Count::Exact(100_003));
    assert_eq!(fs::read(case.entry("f")).unwrap(), first, "so little is not worth while");

    case.append("f", &"tail\n".repeat(1000));
    let len = len + 5000;
    assert_eq!(case.open_again("f"), len - text.len() as u64 / (64 << 10) * (64 << 10));
    case.count();
    assert_ne!(fs::read(case.entry("f")).unwrap(), first);
    assert_eq!(case.open_again("f"), 0);
    assert_eq!(case.lines(), Count::Exact(101_003));
}

#[test]
fn what_grows_while_it_is_open_is_kept_too() {
    let mut case = start();
    case.write("f", large());
    case.use_file("f");
    case.append("f", &"tail\n".repeat(1000));
    case.check();
    case.settle();
    assert_eq!(case.lines(), Count::Exact(101_001));
    assert_eq!(case.open_again("f"), 0);
    assert_eq!(case.lines(), Count::Exact(101_001));
}

/// By what became of a file, which looks the same from outside or only longer.
#[test]
fn a_file_that_may_be_another_is_counted_again() {
    type Make<'a> = &'a dyn Fn(&Case);
    let text = large();
    // Between the samples, which lie about 22 KiB apart.
    let between = 10_000;
    let put_back = |case: &Case, at: u64| {
        let before = fs::metadata(case.path("f")).unwrap().modified().unwrap();
        case.edit_on_disk("f", at, b"\n\n\n");
        fs::File::open(case.path("f")).unwrap().set_modified(before).unwrap();
    };
    let changes: [(&str, Make); 7] = [
        ("rewritten at a sample, its time put back", &|case| put_back(case, 0)),
        // The samples miss it; the time of the inode's change tells.
        ("rewritten between samples, its time put back", &|case| put_back(case, between)),
        ("grown, and rewritten at its start", &|case| {
            case.append("f", "more\n");
            case.edit_on_disk("f", 3, b"\n");
        }),
        ("grown, and rewritten where it ended", &|case| {
            case.append("f", "more\n");
            case.edit_on_disk("f", text.len() as u64 - 3, b"\n");
        }),
        ("truncated", &|case| case.truncate("f", text.len() as u64 / 2)),
        ("replaced by the same", &|case| case.replace("f", &text)),
        ("mode", &|case| {
            fs::set_permissions(case.path("f"), fs::Permissions::from_mode(0o600)).unwrap();
        }),
    ];
    for (name, make) in changes {
        let mut case = start();
        case.write("f", &text);
        case.use_file("f");
        assert_eq!(case.entries(), 1, "{name}");
        make(&case);
        let on_disk = case.read("f");
        assert_eq!(case.open_again("f"), on_disk.len() as u64, "{name}");
        assert_eq!(case.entries(), 0, "{name}: the entry is gone");
        case.count();
        let newlines = on_disk.iter().filter(|byte| **byte == b'\n').count() as u64;
        assert_eq!(case.lines(), Count::Exact(newlines + 1), "{name}");
        assert_eq!(case.open_again("f"), 0, "{name}: and there is a new one");
    }
}

/// What is not seen, as the docs of the cache say.
#[test]
fn what_grew_and_was_rewritten_between_samples_is_believed() {
    let mut case = start();
    case.write("f", large());
    case.use_file("f");
    case.append("f", "more\n");
    case.edit_on_disk("f", 10_000, b"\n\n\n");
    assert!(case.open_again("f") < 64 << 10);
}

#[test]
fn of_a_damaged_entry_nothing_is_believed() {
    let mut case = start();
    case.write("f", large());
    case.use_file("f");
    let sound = fs::read(case.entry("f")).unwrap();
    let opened = source::open(&case.path("f")).unwrap();
    let find = |bytes: &[u8]| {
        fs::write(case.entry("f"), bytes).unwrap();
        let found = case.indexes().find(&opened.path, &*opened.source).is_some();
        assert_eq!(case.entry("f").exists(), found, "an entry in doubt is removed");
        found
    };
    assert!(find(&sound));
    for at in 0..sound.len() {
        for bit in [1, 0x80] {
            let mut damaged = sound.clone();
            damaged[at] ^= bit;
            assert!(!find(&damaged), "byte {at}");
        }
        assert!(!find(&sound[..at]), "cut off at {at}");
    }
    assert!(!find(&[&sound[..], &[0]].concat()));
    // One whose checksum is right, but whose fields are not.
    for at in 0..16 + 8 + 8 + 16 + 16 + 8 + 8 + opened.path.as_os_str().len() {
        for bit in [1, 0x80] {
            let mut forged = sound[..sound.len() - 8].to_vec();
            forged[at] ^= bit;
            let sum = checksum(&forged);
            forged.extend(sum.to_le_bytes());
            // The length and the times are those of another state.
            assert!(!find(&forged), "byte {at}");
        }
    }
}

/// Two paths whose sums are equal have one entry.
#[test]
fn an_entry_of_another_path_is_not_believed() {
    let mut case = start();
    case.write("f", large());
    case.use_file("f");
    fs::hard_link(case.path("f"), case.path("g")).unwrap();
    // Links change the time of the inode: an entry of this state.
    case.use_file("f");
    fs::rename(case.entry("f"), case.entry("g")).unwrap();
    assert!(case.open_again("g") > 0);
    assert_eq!(case.entries(), 0);
}

#[test]
fn entries_not_used_for_longest_go_first() {
    let mut case = start();
    for name in ["a", "b", "c", "d"] {
        case.write(name, large());
    }
    for (at, name) in ["a", "b", "c"].into_iter().enumerate() {
        case.use_file(name);
        case.used(name, at as u64);
    }
    let len = fs::metadata(case.entry("a")).unwrap().len();
    // To use it counts, too.
    assert_eq!(case.open_again("a"), 0);
    case.write("cache/index/00.1-1.tmp", "left behind");
    fs::File::open(case.path("cache/index/00.1-1.tmp"))
        .unwrap()
        .set_modified(SystemTime::UNIX_EPOCH)
        .unwrap();
    case.write("cache/index/00.1-2.tmp", "");

    case.restart();
    case.editor.indexes.as_mut().unwrap().most = 3 * len + len / 2;
    let path = case.path("d");
    case.open_path(&path);
    case.count();
    let left = ["a", "b", "c", "d"].map(|name| case.entry(name).exists());
    assert_eq!(left, [true, false, true, true]);
    assert_eq!(case.entries(), 4, "what is being written by another program is left alone");

    // What is too large for itself is not written.
    case.write("e", large());
    case.restart();
    case.editor.indexes.as_mut().unwrap().most = len - 1;
    let path = case.path("e");
    case.open_path(&path);
    case.count();
    assert!(!case.entry("e").exists() && case.entry("d").exists());
}

#[test]
fn read_only_no_cache_parts_streams_and_small_files_leave_nothing() {
    let mut case = start();
    let packed = compressed(Compression::Gzip, large().as_bytes());
    case.write("f", large());
    case.write("f.gz", packed);
    case.write("small", &large()[..900]);
    let leave_nothing: [&[&str]; 5] = [
        &["--read-only", "{}/f"],
        &["--no-cache", "{}/f"],
        &["--range", "0..1M", "{}/f"],
        &["{}/f.gz"],
        &["{}/small"],
    ];
    for arguments in leave_nothing {
        case.restart();
        let folder = case.path("").to_str().unwrap().trim_end_matches('/').to_owned();
        let arguments: Vec<_> = arguments.iter().map(|argument| argument.replace("{}", &folder)).collect();
        case.arguments(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(!case.tab().document.is_empty(), "{arguments:?}");
        case.count();
        let id = case.tab().id;
        case.editor.unlock();
        case.editor.reload(id);
        case.settle();
        case.count();
        assert!(!case.path("cache/index").exists(), "{arguments:?}");
    }
    // And they do not use what is kept.
    case.use_file("f");
    for argument in ["--read-only", "--no-cache"] {
        let before = fs::metadata(case.entry("f")).unwrap();
        case.restart();
        let path = case.path("f").to_str().unwrap().to_owned();
        case.arguments(&[argument, &path]);
        assert!(case.uncounted() > 0, "{argument}");
        let after = fs::metadata(case.entry("f")).unwrap();
        assert_eq!(after.modified().unwrap(), before.modified().unwrap(), "{argument}");
    }
}

#[test]
fn what_was_saved_is_kept() {
    let mut case = start();
    case.write("f", large());
    case.use_file("f");
    case.type_text("new\n");
    case.run(&[Command::Save]);
    case.settle();
    assert_eq!(case.open_again("f"), 0);
    assert_eq!(case.lines(), Count::Exact(100_002));

    // Under another name.
    case.type_text("newer\n");
    case.run(&[Command::SaveAs]);
    case.pick_target("g");
    assert_eq!(case.open_again("g"), 0);
    assert_eq!(case.lines(), Count::Exact(100_003));
}

/// The file that a converted document rests on until it is saved is not what is counted.
#[test]
fn a_conversion_is_kept_only_when_it_is_saved() {
    let mut case = start();
    case.write("f", large());
    case.use_file("f");
    case.choose(Command::ConvertToEncoding, "UTF-16 LE");
    assert_eq!(case.lines(), Count::Exact(100_001));
    assert_eq!(case.open_again("f"), 0);

    case.choose(Command::ConvertToEncoding, "UTF-16 LE");
    case.run(&[Command::Save]);
    case.settle();
    assert_eq!(case.open_again("f"), 0);
    assert_eq!(case.tab().encoding_name(), "UTF-16 LE");
    assert_eq!(case.lines(), Count::Exact(100_001));
}

#[test]
fn other_line_ends_are_counted_and_kept_instead() {
    let mut case = start();
    case.write("f", large());
    case.use_file("f");
    case.choose(Command::ReopenWithEncoding, "UTF-16 LE");
    assert_eq!(case.uncounted(), 0);
    let lines = case.lines();
    assert!(case.open_again("f") > 0, "it is read as UTF-8 by another run");
    assert_eq!(case.entries(), 1, "which is no doubt");
    case.count();
    assert_eq!(case.lines(), Count::Exact(100_001));
    assert_ne!(lines, case.lines());
    assert_eq!(case.open_again("f"), 0);
}

#[test]
fn a_file_that_changed_while_it_was_counted_is_not_kept() {
    let case = start();
    case.write("f", large());
    let opened = source::open(&case.path("f")).unwrap();
    let mut document = Document::open(Arc::clone(&opened.source));
    let keep = |document: &Document| case.indexes().keep(&opened.path, &*opened.source, &document.snapshot());
    assert!(!keep(&document), "nothing is counted");
    document.counting().run(&Cancel::new(), &Progress::default());
    document.settle(1);
    assert!(keep(&document));
    fs::remove_file(case.entry("f")).unwrap();
    case.edit_on_disk("f", 10_000, b"\n");
    assert!(!keep(&document));
    assert!(!case.entry("f").exists());
}

/// Where the folder cannot be written to, nothing happens, and nobody is told.
#[test]
fn a_cache_that_cannot_be_written_is_done_without() {
    let mut case = start();
    case.write("f", large());
    case.write("cache/index", "no folder");
    case.use_file("f");
    assert_eq!(case.lines(), Count::Exact(100_001));
    case.told_nothing();
    assert!(case.open_again("f") > 0);
}

/// An idle window draws no frame because counts were written.
#[test]
fn to_keep_counts_asks_for_no_frame() {
    let mut case = start();
    case.write("f", large());
    case.use_file("f");
    fs::remove_file(case.entry("f")).unwrap();
    let wakes = Arc::new(AtomicUsize::new(0));
    let woken = Arc::clone(&wakes);
    case.editor.set_wake(Arc::new(move || {
        woken.fetch_add(1, Ordering::Relaxed);
    }));
    let id = case.tab().id;
    case.tab_mut().kept = None;
    case.editor.keep_index(id);
    assert_eq!(case.editor.jobs().len(), 1);
    assert_eq!(case.editor.next_tick(), None);
    let start = std::time::Instant::now();
    while !case.entry("f").exists() {
        assert!(start.elapsed() < LIMIT);
        std::thread::sleep(Duration::from_millis(1));
    }
    let limit = case.editor.now() + Duration::from_millis(1);
    while case.tab().kept.is_none() {
        assert!(!case.editor.tick(limit), "there is nothing to draw");
    }
    assert_eq!(wakes.load(Ordering::Relaxed), 0);
    assert!(case.editor.jobs().is_empty());
}
