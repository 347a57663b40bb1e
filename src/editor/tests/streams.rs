//! What is no file at rest: pipes, compressed files, parts of files.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Instant;

use super::*;
use crate::source::Compression;

pub(super) fn compressed(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut encoder = compression.encoder(Vec::new()).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

impl Case {
    /// With a folder of its own for what is kept.
    fn with_cache() -> Self {
        let mut case = Self::new();
        let cache = case.path("cache");
        case.editor.set_cache(cache);
        case
    }

    fn until_tab(&mut self) {
        let start = Instant::now();
        while self.editor.tabs.is_empty() {
            assert!(start.elapsed() < LIMIT);
            self.editor.tick(start.elapsed());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ticks until the document has this many bytes.
    fn wait_for_len(&mut self, len: u64) {
        let start = Instant::now();
        while self.editor.tab().is_none_or(|tab| tab.document.len() < len) {
            assert!(start.elapsed() < LIMIT, "{:?}", self.editor.tab().map(|tab| tab.document.len()));
            self.editor.tick(start.elapsed());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Case {
    /// A named pipe, open here to write into and in the editor.
    fn open_pipe(&mut self) -> fs::File {
        let path = fifo(self, "pipe");
        self.editor.open(OpenTarget::new(&path));
        // Opening it to write waits for who reads; so does this until the job has opened it.
        let start = Instant::now();
        loop {
            self.editor.tick(start.elapsed());
            let flags = libc::O_NONBLOCK;
            match fs::OpenOptions::new().write(true).custom_flags(flags).open(&path) {
                Ok(writer) => return writer,
                Err(_) => assert!(start.elapsed() < LIMIT),
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Lines that do not repeat, or their ratio alone would stop them.
fn log() -> Vec<u8> {
    let line = |n: u32| {
        format!("2026-11-02 [{}] request {:08x} took {n} ms\n", n % 997, n.wrapping_mul(2_654_435_761))
    };
    (0..5000).map(line).collect::<String>().into_bytes()
}

fn fifo(case: &Case, name: &str) -> PathBuf {
    let path = case.path(name);
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    path
}

#[test]
fn a_pipe_grows_while_it_is_read() {
    let mut case = Case::with_cache();
    let mut writer = case.open_pipe();
    writer.write_all(b"first\n").unwrap();
    case.wait_for_len(6);
    assert_eq!(case.text(), "first\n");
    assert!(case.tab().stream.as_ref().unwrap().flows());
    // What is edited meanwhile stays where it is.
    case.type_text("> ");
    writer.write_all(b"second\n").unwrap();
    case.wait_for_len(15);
    assert_eq!(case.text(), "> first\nsecond\n");
    case.run(&[Command::Undo]);
    assert_eq!(case.text(), "first\nsecond\n");
    assert!(!case.is_modified());
    drop(writer);
    case.settle();
    assert!(case.tab().stream.as_ref().unwrap().has_all());
    assert_eq!((case.name(), &case.tab().path), ("pipe", &None));
    case.told_nothing();
}

/// It took a frame without it, and one more to wake up for it.
#[test]
fn what_a_pipe_held_before_is_there_as_soon_as_its_tab() {
    let mut case = Case::with_cache();
    let path = fifo(&case, "pipe");
    // Both ends, so that to open it waits for nobody.
    let mut writer = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    writer.write_all(&log()[..4096]).unwrap();
    case.editor.open(OpenTarget::new(&path));
    case.until_tab();
    assert!(case.bytes() == log()[..4096]);
    writer.write_all(&log()[4096..8192]).unwrap();
    case.wait_for_len(8192);
    assert!(case.bytes() == log()[..8192]);
}

#[test]
fn the_only_copy_of_what_came_through_a_pipe_is_not_dropped_unasked() {
    let mut case = Case::with_cache();
    let mut writer = case.open_pipe();
    // Nothing came: nothing is lost.
    case.until_tab();
    case.run(&[Command::CloseTab]);
    assert!(case.editor.tabs.is_empty() && case.editor.dialog.is_none());
    drop(writer);
    fs::remove_file(case.path("pipe")).unwrap();

    writer = case.open_pipe();
    writer.write_all(b"first\n").unwrap();
    case.wait_for_len(6);
    for command in [Command::CloseTab, Command::Quit] {
        case.run(&[command]);
        assert!(matches!(case.editor.dialog, Some(Dialog::Unsaved { .. })), "{command:?}");
        case.editor.answer(Answer::Cancel);
    }
    assert!(case.tab().title().starts_with('●'));
    // Saving on the way out does not wait for what is still to come.
    case.run(&[Command::CloseTab]);
    case.editor.answer(Answer::Accept);
    case.pick_target("kept");
    assert!(case.editor.tabs.is_empty() && case.editor.dialog.is_none());
    assert_eq!(case.read("kept"), b"first\n");
    drop(writer);
}

#[test]
fn a_pipe_that_flows_on_is_saved_as_a_copy() {
    let mut case = Case::with_cache();
    let mut writer = case.open_pipe();
    writer.write_all(b"first\n").unwrap();
    case.wait_for_len(6);
    case.type_text("> ");
    case.run(&[Command::SaveAs]);
    let target = case.path("kept");
    case.editor.take_requests();
    case.editor.picked(PathPurpose::SaveAs, Some(vec![target.clone()]));
    let start = Instant::now();
    while !target.exists() || case.editor.jobs().iter().any(|job| job.task == Task::Export) {
        assert!(start.elapsed() < LIMIT);
        case.editor.tick(start.elapsed());
    }
    assert_eq!(case.read("kept"), b"> first\n");
    case.told("from now on is not in it");
    writer.write_all(b"second\n").unwrap();
    case.wait_for_len(15);
    assert_eq!((case.text().as_str(), case.name(), &case.tab().path), ("> first\nsecond\n", "pipe", &None));
    // When all of it came, it becomes the file.
    drop(writer);
    case.settle();
    case.run(&[Command::SaveAs]);
    case.pick_target("all");
    assert_eq!((case.read("all"), case.name()), (b"> first\nsecond\n".to_vec(), "all"));
    case.run(&[Command::CloseTab]);
    assert!(case.editor.tabs.is_empty() && case.editor.dialog.is_none());
}

#[test]
fn what_is_compressed_in_a_pipe_is_shown_decompressed() {
    let mut case = Case::with_cache();
    let mut writer = case.open_pipe();
    let packed = compressed(Compression::Gzip, &log());
    writer.write_all(&packed[..1000]).unwrap();
    case.wait_for_len(100);
    assert!(log().starts_with(&case.bytes()) && case.tab().mode == Mode::Text);
    let rest = packed[1000..].to_vec();
    let writing = std::thread::spawn(move || writer.write_all(&rest).unwrap());
    case.wait_for_len(log().len() as u64);
    writing.join().unwrap();
    case.settle();
    assert!(case.bytes() == log());
    case.told_nothing();
}

#[test]
fn a_compressed_file_is_shown_decompressed() {
    let log = log();
    for compression in
        [Compression::Gzip, Compression::Zstd, Compression::Xz, Compression::Bzip2, Compression::Lz4]
    {
        let mut case = Case::with_cache();
        let name = format!("app.log.{}", compression.extension());
        case.open_file(&name, compressed(compression, &log));
        assert_eq!(case.name(), name);
        assert_eq!(case.tab().document.len(), log.len() as u64, "{compression:?}");
        let first = case.bytes().iter().zip(&log).position(|(a, b)| a != b);
        assert_eq!(first, None, "{compression:?}");
        assert_eq!(case.tab().mode, Mode::Text);
        assert!(!case.is_modified());
        // Locked, until the person says otherwise.
        case.type_text("x");
        assert!(case.bytes() == log);
        let (text, actions) = case.bar();
        assert!(text.contains(compression.name()), "{text}");
        assert_eq!(actions, ["Edit anyway", "Not now"]);
    }
}

#[test]
fn the_compressed_bytes_are_shown_if_asked_for() {
    let mut case = Case::with_cache();
    let bytes = compressed(Compression::Gzip, b"text\n");
    case.write("a.gz", &bytes);
    case.arguments(&["--raw", "{}a.gz"]);
    assert!(case.bytes() == bytes);
    assert_eq!(case.tab().mode, Mode::Hex);
}

#[test]
fn a_compressed_file_is_saved_compressed_or_under_another_name() {
    let mut case = Case::with_cache();
    case.open_file("a.log.gz", compressed(Compression::Gzip, b"one\n"));
    case.run(&[Command::Unlock]);
    case.type_text("zero\n");
    case.run(&[Command::Save]);
    assert!(matches!(case.editor.dialog, Some(Dialog::Compress { .. })));
    case.editor.answer(Answer::Accept);
    case.settle();
    case.told_nothing();
    assert!(!case.is_modified());
    let written = case.read("a.log.gz");
    assert_eq!(Compression::sniff(&written), Some(Compression::Gzip));
    let mut text = String::new();
    let mut decoder = Compression::Gzip.decoder(std::io::Cursor::new(written)).unwrap();
    std::io::Read::read_to_string(&mut decoder, &mut text).unwrap();
    assert_eq!(text, "zero\none\n");
    // Undo goes back past it.
    case.run(&[Command::Undo]);
    assert!(case.is_modified());
    assert_eq!(case.text(), "one\n");

    case.run(&[Command::Save]);
    case.editor.answer(Answer::SaveAs);
    case.pick_target("a.log");
    assert_eq!(case.read("a.log"), b"one\n");
    assert_eq!(case.name(), "a.log");
    assert!(!case.is_modified());
    // From then on it is that file.
    case.type_text("!");
    case.run(&[Command::Save]);
    case.settle();
    assert_eq!(case.read("a.log"), b"!one\n");
}

#[test]
fn a_compressed_file_that_changed_on_disk_is_not_overwritten() {
    let mut case = Case::with_cache();
    case.open_file("a.gz", compressed(Compression::Gzip, b"one\n"));
    let newer = compressed(Compression::Gzip, b"somebody else's\n");
    case.write("a.gz", &newer);
    case.run(&[Command::Unlock]);
    case.type_text("zero\n");
    case.run(&[Command::Save]);
    case.editor.answer(Answer::Accept);
    case.settle();
    case.told("since it was opened");
    assert!(case.is_modified() && case.read("a.gz") == newer);
}

#[test]
fn what_came_before_the_damage_is_shown_and_the_damage_told() {
    let mut case = Case::with_cache();
    let log = log();
    let mut bytes = compressed(Compression::Bzip2, &log);
    bytes.truncate(bytes.len() / 2);
    case.open_file("cut.bz2", &bytes);
    let (text, actions) = case.bar();
    assert!(text.contains("cut.bz2") && text.contains("damaged at byte"), "{text}");
    assert_eq!(actions, ["Dismiss"]);
    case.act("Dismiss");
    assert!(case.editor.bar().is_none());
    // Half a file never goes back over the whole one.
    case.run(&[Command::Unlock]);
    case.type_text("x");
    case.run(&[Command::Save]);
    case.editor.answer(Answer::Accept);
    case.settle();
    case.told("Not all of");
    assert!(case.read("cut.bz2") == bytes);
}

/// 128 MiB of zeros are 130 KB of gzip: a bomb, as far as anybody can tell.
#[test]
fn a_file_that_grows_beyond_belief_asks_first() {
    let mut case = Case::with_cache();
    let mut encoder = Compression::Gzip.encoder(Vec::new()).unwrap();
    let block = vec![0; 1 << 20];
    (0..128).for_each(|_| encoder.write_all(&block).unwrap());
    case.open_file("zeros.gz", encoder.finish().unwrap());
    let (text, actions) = case.bar();
    assert!(text.contains("zeros.gz") && text.contains("have become 256.0 KiB"), "{text}");
    assert_eq!(actions, ["Read on", "Stop here"]);
    let len = case.tab().document.len();
    assert!(len < 128 << 20);
    case.act("Read on");
    assert!(case.editor.bar().is_none());
    assert_eq!(case.tab().document.len(), 128 << 20);
}

#[test]
fn a_part_of_a_file_is_edited_and_saved_in_its_place() {
    let mut case = Case::with_cache();
    case.write("disk.img", b"0123456789abcdef");
    case.arguments(&["--range", "4..+0x4", "{}disk.img"]);
    assert_eq!((case.text().as_str(), case.name()), ("4567", "disk.img [0x4..0x8]"));
    case.type_text("<");
    case.move_by(Motion::End, 1);
    case.type_text(">");
    case.run(&[Command::Save]);
    case.settle();
    case.told_nothing();
    assert_eq!(case.read("disk.img"), b"0123<4567>89abcdef");
    assert!(!case.is_modified());
    assert_eq!(case.tab().part, Some(4..10));
    // It rests on the new file.
    case.run(&[Command::Undo, Command::Undo]);
    assert_eq!(case.text(), "4567");
    case.run(&[Command::Save]);
    case.settle();
    assert_eq!(case.read("disk.img"), b"0123456789abcdef");
    case.told_nothing();
}

#[test]
fn a_part_of_a_file_that_changed_is_not_saved_unasked() {
    let mut case = Case::with_cache();
    case.write("disk.img", b"0123456789abcdef");
    case.arguments(&["--range", "4..8", "{}disk.img"]);
    case.write("disk.img", b"abc");
    case.type_text("x");
    case.run(&[Command::Save]);
    case.settle();
    case.told("has only 3 bytes now");
    assert_eq!(case.read("disk.img"), b"abc");
    case.write("disk.img", b"another sixteen!");
    case.run(&[Command::Save]);
    case.settle();
    assert!(matches!(case.editor.dialog, Some(Dialog::ChangedOnDisk { .. })));
    assert_eq!(case.read("disk.img"), b"another sixteen!");
}

/// What happens to the file inside of the part, around it, or to all of it: of a part in memory, and of a mapped one.
#[test]
fn a_part_is_watched_like_a_file() {
    const LEN: usize = 8 << 20;
    let base: Vec<u8> = (0..LEN / 8).flat_map(|n| format!("{n:07}\n").into_bytes()).collect();
    for (start, end) in [(1 << 20, (1 << 20) + 4096), (1 << 20, 6 << 20)] {
        let is_mapped = end - start >= 1 << 20;
        let range = format!("{start}..{end}");
        let part = &base[start..end];
        let open = || {
            let mut case = Case::with_cache();
            case.write("disk.img", &base);
            case.arguments(&["--range", &range, "{}disk.img"]);
            assert!(case.bytes() == part);
            case
        };
        let at = |at: usize, bytes: &[u8]| {
            let (at, bytes) = (at as u64, bytes.to_vec());
            move |case: &Case| {
                let path = case.path("disk.img");
                let before = fs::metadata(&path).unwrap().modified().unwrap();
                let file = fs::OpenOptions::new().write(true).open(path).unwrap();
                std::os::unix::fs::FileExt::write_all_at(&file, &bytes, at).unwrap();
                file.set_modified(before + Duration::from_secs(1)).unwrap();
            }
        };

        // Appended to, and cut behind it.
        let mut case = open();
        case.append("disk.img", "more");
        case.check();
        case.truncate("disk.img", end as u64);
        case.check();
        assert_eq!(case.editor.bar(), None);
        case.type_keys("x");
        case.run(&[Command::Save]);
        case.settle();
        assert!(case.editor.dialog.is_none() && !case.is_modified(), "it is known as it is now");
        assert!(case.read("disk.img") == [&base[..start], b"x", part].concat());
        assert_eq!(case.editor.bar(), None, "our own save is no news");
        case.check();
        assert_eq!(case.editor.bar(), None);
        assert!(case.tab().disk.shown.is_some(), "it is watched on");

        // Written to before it.
        let mut case = open();
        at(0, b"?")(&case);
        case.check();
        assert_eq!(case.editor.bar().is_some(), is_mapped, "what is mapped may have changed anywhere");

        // Written to inside.
        let mut case = open();
        at(start + 1, b"?")(&case);
        case.check();
        let (text, actions) = case.bar();
        assert!(text.contains("disk.img [0x") && text.contains("rewritten"), "{text}");
        assert_eq!(actions, if is_mapped { vec!["Reload"] } else { vec!["Reload", "Keep"] });
        case.act("Reload");
        assert_eq!(
            (&case.bytes()[..3], case.tab().part.clone()),
            (&b"0?3"[..], Some(start as u64..end as u64))
        );

        // Cut inside.
        for edited in [false, true] {
            let mut case = open();
            if edited {
                case.type_keys("x");
            }
            let before = case.bytes();
            case.truncate("disk.img", start as u64 + 80);
            case.check();
            assert!(case.bar().0.contains("truncated"), "{:?}", case.bar());
            if is_mapped {
                case.run(&[Command::Save]);
                case.settle();
                if edited {
                    case.told("refused");
                }
                assert_eq!(case.read("disk.img").len(), start + 80);
                case.run(&[Command::SaveAs]);
                case.pick_target("left");
                let left = [if edited { &b"x"[..] } else { b"" }, &part[..80]].concat();
                assert!(case.read("left") == left && case.tab().part.is_none());
            } else if edited {
                case.act("Overwrite");
                assert!(case.read("disk.img") == [&base[..start], &before].concat());
                assert_eq!((case.editor.bar(), case.is_modified()), (None, false));
            } else {
                case.act("Reload");
                assert!(case.bytes() == part[..80]);
            }
        }

        // Replaced: the edits go into the other file.
        let mut case = open();
        case.select(100, 100);
        case.type_keys("mine");
        let mut other = base.clone();
        other[start + 16..start + 24].copy_from_slice(b"changed\n");
        let path = case.write("other", &other);
        fs::rename(path, case.path("disk.img")).unwrap();
        case.check();
        assert!(case.bar().0.contains("replaced"), "{:?}", case.bar());
        case.act("Reload, keeping edits");
        let expected = [&other[start..start + 100], b"mine", &other[start + 100..end]].concat();
        assert!(case.bytes() == expected && case.is_modified());

        // Removed.
        let mut case = open();
        fs::remove_file(case.path("disk.img")).unwrap();
        case.check();
        assert_eq!(case.bar().1, ["Save as…", "Not now"]);
        case.act("Save as…");
        case.pick_target("part");
        assert!(case.read("part") == part);
        // From then on it is a file of its own.
        case.type_keys("y");
        case.run(&[Command::Save]);
        case.settle();
        assert!(case.read("part") == [b"y", part].concat());
        case.told_nothing();
    }
}

#[test]
fn a_part_is_asked_for_and_its_mistakes_are_told() {
    let mut case = Case::with_cache();
    case.write("disk.img", b"0123456789abcdef");
    case.run(&[Command::OpenPart]);
    case.pick_files(&["disk.img"]);
    for (input, part) in [("12", "is not a part"), ("5..2", "ends where it starts")] {
        let Some(Dialog::Part { input: typed, .. }) = &mut case.editor.dialog else { panic!("no prompt") };
        *typed = input.to_owned();
        case.editor.answer(Answer::Accept);
        let Some(Dialog::Part { error: Some(error), .. }) = &case.editor.dialog else { panic!("no error") };
        assert!(error.contains(part), "{error}");
    }
    let Some(Dialog::Part { input, .. }) = &mut case.editor.dialog else { panic!("no prompt") };
    *input = "0xA..".to_owned();
    case.editor.answer(Answer::Accept);
    case.settle();
    assert_eq!(case.text(), "abcdef");
    // Another part of the same file is another tab.
    case.arguments(&["--range", "0..2", "{}disk.img"]);
    assert_eq!(case.labels(), ["disk.img [0xA..0x10]", "disk.img [0x0..0x2]"]);
    case.arguments(&["--range", "99..100", "{}disk.img"]);
    case.told("99");
}
