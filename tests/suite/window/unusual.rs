//! Documents that are huge, slow, broken or empty, and a window that rests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hextant::editor::{Chord, Command, Key, Mode, OpenTarget};
use hextant::source::testing::{Counting, Faulty, Slow};
use hextant::source::{Cancel, Lost, Memory, Progress, Synthetic};

use hextant::view::Selection;

use super::driver::{TestWindow, ctrl, key};

#[test]
fn an_empty_document_is_shown_and_takes_text() {
    for mode in [Command::ViewText, Command::ViewHex, Command::ViewBoth] {
        let mut window = TestWindow::showing(b"");
        window.editor_mut().run(mode);
        window.settle();
        assert!(window.sees("0 B"));
        for motion in [Key::Down, Key::PageDown, Key::End, Key::Up, Key::Left, Key::Right] {
            window.press(key(motion));
            window.press(key(motion).shift());
        }
        assert_eq!(window.head(), 0);
        if mode == Command::ViewHex {
            window.press(key(Key::Insert));
        }
        window.type_text(if mode == Command::ViewHex { "41" } else { "A" });
        assert_eq!(window.bytes(), b"A");
    }
}

#[test]
fn a_sparse_file_of_100_gib_is_read_only_where_it_is_seen() {
    let mut window = TestWindow::new();
    let path = window.folder().join("sparse");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(100 << 30).unwrap();
    drop(file);
    window.editor_mut().open(OpenTarget { hex: true, ..OpenTarget::new(path) });
    window.settle();
    assert_eq!(window.tab().document.len(), 100 << 30);
    window.press(Chord::ctrl(Key::End));
    assert_eq!(window.head(), 100 << 30);
    for _ in 0..20 {
        window.press(key(Key::PageUp));
    }
    assert!(window.head() < 100 << 30);
    assert!(window.sees("100.0 GiB"));
    window.type_text("7");
    window.press(ctrl('Z'));
}

#[test]
fn paging_through_100_gib_reads_in_proportion_to_the_pages() {
    const LEN: u64 = 100 << 30;
    for mode in [Mode::Text, Mode::Hex, Mode::Both] {
        let mut window = TestWindow::new();
        let source = Arc::new(Counting::new(Arc::new(Synthetic::log(LEN))));
        window.open_source(source.clone());
        window.editor_mut().tabs[0].set_mode(mode);
        window.settle();
        window.press(Chord::ctrl(Key::End));
        assert_eq!(window.head(), LEN, "{mode:?}");
        source.reset();
        for _ in 0..100 {
            window.frame([press(egui::Key::PageUp)]);
        }
        window.settle();
        assert!(window.head() < LEN - 100 * 100, "{mode:?}: at {}", window.head());
        let pages = source.bytes() / 100;
        assert!(pages < 2 << 20, "{mode:?}: {pages} bytes a page");
    }
}

fn press(key: egui::Key) -> egui::Event {
    egui::Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: egui::Modifiers::NONE,
    }
}

/// Draws frames for a while; returns how many, and how long the slowest took.
fn watch(window: &mut TestWindow, limit: Duration, done: impl Fn(&TestWindow) -> bool) -> (u32, Duration) {
    let start = Instant::now();
    let (mut frames, mut slowest) = (0, Duration::ZERO);
    while !done(window) {
        assert!(start.elapsed() < limit, "it never came");
        let began = Instant::now();
        window.frame([]);
        slowest = slowest.max(began.elapsed());
        frames += 1;
        std::thread::sleep(Duration::from_millis(5));
    }
    (frames, slowest)
}

#[test]
fn frames_keep_coming_while_a_slow_disk_is_waited_for() {
    let lines: String = (0..10_000).map(|n| format!("line {n:06}\n")).collect();
    for mode in [Mode::Text, Mode::Hex] {
        let mut window = TestWindow::new();
        let disk = Arc::new(Memory::new(lines.clone().into_bytes()));
        window.open_source(Arc::new(Slow::new(disk, Duration::from_secs(1))));
        window.editor_mut().tabs[0].set_mode(mode);
        window.frame([]);
        window.frame([]);
        if mode == Mode::Text {
            assert!(window.sees("loading…"));
        }
        assert!(!window.sees("line 000000"));
        let (frames, slowest) = watch(&mut window, Duration::from_secs(15), |window| {
            window.sees(if mode == Mode::Text { "line 000000" } else { "6C 69 6E 65" })
        });
        assert!(frames > 20, "{frames} frames while it was read");
        assert!(slowest < Duration::from_millis(900), "a frame took {slowest:?}");
        assert!(!window.sees("loading…"));
    }
}

#[test]
fn bytes_that_are_lost_say_why() {
    let mut bytes = b"first\n".to_vec();
    bytes.resize(3 << 20, b'x');
    bytes[100] = b'\n';
    bytes[1 << 20] = b'\n';
    for mode in [Mode::Text, Mode::Hex] {
        let mut window = TestWindow::new();
        let faulty = Arc::new(Faulty::new(Arc::new(Memory::new(bytes.clone()))));
        faulty.lose(4096..3 << 20, Lost::Truncated { len: 4096 });
        window.open_source(faulty);
        window.editor_mut().tabs[0].set_mode(mode);
        window.settle();
        if mode == Mode::Text {
            assert!(window.sees("first"), "what is there is shown");
            assert!(window.sees("cannot be read: the file was truncated to 4096 bytes"));
        } else {
            window.press(Chord::ctrl(Key::End));
            assert!(window.sees("cannot be read: the file was truncated"));
            assert!(!window.sees("78 78"), "no byte is made up");
            assert!(!window.sees("00 00"), "no byte is made up");
        }
    }
}

#[test]
fn a_window_that_rests_asks_for_no_frames() {
    let lines: String = (0..10_000).map(|n| format!("line {n:06}\n")).collect();
    for mode in [Command::ViewText, Command::ViewHex, Command::ViewBoth] {
        let mut window = TestWindow::new();
        rests(&mut window, "welcome");
        window.open("a.txt", lines.as_bytes());
        window.editor_mut().run(mode);
        window.type_text("1");
        window.press(Chord::ctrl(Key::End));
        rests(&mut window, "a document");
        let center = egui::pos2(300.0, 300.0);
        window.wheel(center, egui::vec2(0.0, 500.0));
        rests(&mut window, "after the wheel");
        window.click_at(center);
        rests(&mut window, "after a click");
        window.editor_mut().error("An error that stays.");
        rests(&mut window, "an error");
    }
}

#[track_caller]
fn rests(window: &mut TestWindow, what: &str) {
    window.settle();
    // Tooltips and finished threads may ask once more.
    for _ in 0..60 {
        window.frame([]);
    }
    std::thread::sleep(Duration::from_millis(20));
    for _ in 0..5 {
        window.frame([]);
    }
    assert_eq!(window.next_frame(), Duration::MAX, "{what}");
    assert!(!window.has_requested_frame(), "{what}");
}

#[test]
fn a_line_of_64_mib_scrolls_sideways_and_takes_a_keystroke() {
    let mut window = TestWindow::new();
    let source = Arc::new(Counting::new(Arc::new(Synthetic::new(64 << 20, |_, buf| buf.fill(b'x')))));
    window.open_source(source.clone());
    window.tab().document.counting().run(&Cancel::new(), &Progress::new(64 << 20));
    window.settle();
    window.press(Chord::ctrl(Key::End));
    assert_eq!(window.head(), 64 << 20);
    source.reset();
    window.frame([egui::Event::Text("y".to_owned())]);
    assert_eq!(window.tab().document.len(), (64 << 20) + 1);
    assert!(source.bytes() < 4 << 20, "{} bytes read for a keystroke", source.bytes());
    window.press(Chord::alt(Key::Letter('Z')));
    window.press(Chord::ctrl(Key::Home));
    assert!(window.sees("xxxxxxxxxx"));
}

#[test]
fn what_is_typed_while_a_move_waits_for_the_disk_goes_where_the_move_ends() {
    const LEN: u64 = 1 << 30;
    let mut window = TestWindow::new();
    let disk = Arc::new(Synthetic::log(LEN));
    window.open_source(Arc::new(Slow::new(disk, Duration::from_millis(100))));
    window.settle();
    window.editor_mut().tabs[0].select(Selection::at(LEN / 2));
    window.frame([press(egui::Key::PageUp)]);
    window.frame([egui::Event::Text("x".to_owned())]);
    window.settle();
    let (snapshot, head) = (window.tab().document.snapshot(), window.head());
    assert!(head < LEN / 2 - 1000, "the page went up: {head}");
    assert_eq!(snapshot.read(head - 1..head).unwrap(), b"x");
}
