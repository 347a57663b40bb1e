//! How bytes are shown: colours of terminals, blanks, holes, the decoded column, line ends.

use std::os::unix::fs::FileExt;

use hextant::editor::{Chord, Command, Key, OpenTarget, Pane};
use hextant::hex::DecodedColumn;
use hextant::text::Escapes;

use super::driver::{TestWindow, ctrl, key};

const LOG: &[u8] = b"\x1b[31mred\x1b[0m plain\n\x1b[1;44mon blue\x1b[0m\n";

fn choose(window: &mut TestWindow, submenu: &str, entry: &str) {
    window.click_button("View");
    window.click_button(submenu);
    window.click_button(entry);
}

#[test]
fn colours_are_rendered_hidden_or_badges() {
    let mut window = TestWindow::showing(LOG);
    assert!(window.sees("red") && window.sees("plain"));
    assert!(!window.sees("ESC") && !window.sees("[31m"), "sequences are hidden");
    let (red, plain) = (window.color_of("red"), window.color_of("plain"));
    assert_ne!(red, plain);
    assert!(red.r() > red.g() && red.r() > red.b(), "{red:?}");
    window.press(key(Key::End));
    assert!(window.sees("Ln 1, Col 10"), "hidden cells are no columns");

    choose(&mut window, "ANSI colours", "Hidden");
    assert_eq!(window.editor().settings.ansi, Escapes::Hidden);
    assert!(window.sees("red plain") && !window.sees("[31m"), "in one colour");
    assert_eq!(window.color_of("red"), window.color_of("on blue"));

    window.click_button("ANSI");
    window.click_button("As badges");
    assert!(window.sees("ESC") && window.sees("[31m"));
    assert!(window.button_named("ANSI").is_none(), "nothing is hidden");
    choose(&mut window, "ANSI colours", "Rendered");
    assert_eq!(window.color_of("red"), red);
    assert_eq!(window.bytes(), LOG, "bytes are never touched");
}

#[test]
fn what_is_copied_and_edited_between_colours_are_bytes() {
    let mut window = TestWindow::showing(LOG);
    window.press(ctrl('A'));
    window.press(ctrl('C'));
    assert_eq!(window.copied, [String::from_utf8_lossy(LOG)]);
    assert_ne!(window.color_of("red"), window.color_of("plain"), "selected text keeps its colour");
    let place = window.in_pane(Pane::Text, "plain");
    window.click_at(place.left_center());
    window.type_text("very ");
    window.press(key(Key::Home));
    window.press(key(Key::Delete));
    let text = String::from_utf8_lossy(LOG).replace("plain", "very plain").replace("red", "ed");
    window.assert_text(&text);
    let red = window.color_of("ed");
    window.press(ctrl('Z'));
    assert_eq!(window.color_of("red"), red);
}

/// A colour that is opened on a line above the screen holds on the screen, wrapped or not.
#[test]
fn a_colour_goes_on_over_lines() {
    let text = format!("\x1b[32m{}last\x1b[0m\nplain\n", "green line\n".repeat(300));
    let mut window = TestWindow::showing(text.as_bytes());
    window.press(Chord::ctrl(Key::End));
    for _ in 0..2 {
        let green = window.color_of("last");
        assert_ne!(green, window.color_of("plain"));
        assert_eq!(green, window.color_of("green line"));
        window.editor_mut().run(Command::ToggleWrap);
        window.settle();
    }
}

#[test]
fn blanks_and_line_ends_are_shown() {
    let mut window = TestWindow::showing("a b\tc  \r\nd\u{a0}e\nf".as_bytes());
    let is_marked = |window: &TestWindow, mark| {
        let pane = window.pane(Pane::Text);
        window.places(mark).iter().any(|place| pane.contains(place.center()))
    };
    assert!(!["·", "→", "LF"].into_iter().any(|mark| is_marked(&window, mark)));
    window.click_button("View");
    window.click_button("Show whitespace");
    for _ in 0..2 {
        assert_eq!(window.places("→").len(), 1);
        let (inner, trailing) = (window.in_pane(Pane::Text, " ·"), window.in_pane(Pane::Text, "··"));
        assert!(inner.left() < trailing.left());
        let (lf, crlf) = (window.in_pane(Pane::Text, "LF"), window.in_pane(Pane::Text, "CRLF"));
        assert!(crlf.top() <= lf.top() && crlf.left() > trailing.left());
        assert_ne!(window.color_of("··"), window.color_of("→"), "trailing blanks stand out");
        window.editor_mut().run(Command::ToggleWrap);
        window.settle();
    }
    assert!(window.editor().settings.show_whitespace);
}

#[test]
fn line_ends_are_named_and_counted_in_the_status_bar() {
    let mut window = TestWindow::showing(b"a\r\nb\nc\r\n");
    window.click_button("Mixed");
    assert!(window.has("1 LF, 2 CRLF"));
    window.click_button("Convert to LF (Unix)");
    assert_eq!(window.bytes(), b"a\nb\nc\n");
    window.click_button("LF");
    assert!(window.has("3 LF"));
    window.press(key(Key::Escape));
    window.press(ctrl('Z'));
    window.settle();
    assert!(window.button_named("Mixed").is_some(), "undone, it is mixed again");
}

#[test]
fn the_decoded_column_speaks_ebcdic_and_the_documents_encoding() {
    let mut window = TestWindow::showing(b"\xc8\x85\x93\x93\x96 caf\xe9");
    window.press(Chord::ctrl(Key::Digit(2)));
    assert!(!window.sees("Hello"));
    choose(&mut window, "Decoded column", "EBCDIC (cp037)");
    assert!(window.sees("Hello"));
    window.press(key(Key::Tab));
    window.type_text("Jelly");
    assert_eq!(window.bytes()[..5], *b"\xd1\x85\x93\x93\xa8");
    assert!(window.sees("Jelly"));
    choose(&mut window, "Decoded column", "Latin-1");
    assert!(window.sees("café"));
    choose(&mut window, "Decoded column", "The document's encoding");
    assert_eq!(window.editor().settings.decoded, DecodedColumn::Document);
}

#[test]
fn a_hole_is_named_and_can_be_typed_into() {
    let mut window = TestWindow::new();
    let path = window.folder().join("disk.img");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(1 << 40).unwrap();
    file.write_all_at(&[0x41; 4096], 0).unwrap();
    window.editor_mut().open(OpenTarget { hex: true, ..OpenTarget::new(path) });
    window.settle();
    assert!(!window.sees("hole"), "what is stored is none");
    window.press(Chord::ctrl(Key::End));
    window.press(key(Key::PageUp));
    window.settle();
    assert!(window.sees("hole, 1023.9 GiB"));
    let head = window.head();
    window.type_text("ff");
    assert_eq!(window.tab().document.snapshot().read(head..head + 2).unwrap(), [0xff, 0]);
    assert_eq!(window.places("hole,").len(), 2, "before and behind what was typed");
}

/// Each badge was clipped by itself, which made two draw calls of it, and had a ground of 58 triangles: a screen of zeros
/// took software OpenGL 130 MB.
#[test]
fn a_screen_of_badges_costs_about_what_text_does() {
    let mut text = TestWindow::showing(&[b'x'; 20_000]);
    text.press(Chord::alt(Key::Letter('Z')));
    let (text_calls, text_triangles) = text.drawn();
    // Equal badges, and those of which none is like the one before.
    let mixed = [1, 2, 5, 0x7f].repeat(5000);
    for (bytes, label) in [(vec![0; 20_000], "NUL"), (mixed, "DEL")] {
        let mut badges = TestWindow::showing(&bytes);
        badges.press(Chord::ctrl(Key::Digit(1)));
        badges.press(Chord::alt(Key::Letter('Z')));
        let shown = badges.places(label).len();
        assert!(shown >= 200, "{shown} of them");
        let (calls, triangles) = badges.drawn();
        assert!(calls <= text_calls + 4, "{calls} draw calls, {text_calls} for text");
        assert!(triangles <= 3 * text_triangles, "{triangles} triangles, {text_triangles} for text");
    }
}

/// Text was laid out once for each colour, so a picture of colours was thousands of galleys a frame.
#[test]
fn letters_of_many_colours_are_laid_out_once() {
    let letters = (0..256).map(|color| format!("\x1b[38;5;{color}mx"));
    let mut window = TestWindow::showing(letters.collect::<String>().as_bytes());
    window.press(Chord::alt(Key::Letter('Z')));
    let (colors, galleys) = window.colors_and_galleys("x");
    assert!(colors >= 200, "{colors} colours");
    assert_eq!(galleys, 1);
}
