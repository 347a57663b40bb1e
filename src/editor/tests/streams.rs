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
    let path = fifo(&case, "pipe");
    case.editor.open(OpenTarget::new(&path));
    // Opening it to write waits for who reads; so does this until the job has opened it.
    let start = Instant::now();
    let mut writer = loop {
        case.editor.tick(start.elapsed());
        let flags = libc::O_NONBLOCK;
        match fs::OpenOptions::new().write(true).custom_flags(flags).open(&path) {
            Ok(writer) => break writer,
            Err(_) => assert!(start.elapsed() < LIMIT),
        }
        std::thread::sleep(Duration::from_millis(1));
    };
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
    assert!(text.contains("zeros.gz") && text.contains("MiB"), "{text}");
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
