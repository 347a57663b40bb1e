//! Wheel, scrollbar, clicks and drags over text.

use egui::{Modifiers, PointerButton, pos2, vec2};
use hextant::editor::{Chord, Key, Pane};

use super::driver::TestWindow;

fn lines(count: usize) -> String {
    (0..count).map(|n| format!("line {n:06}\n")).collect()
}

const LINE: u64 = 12;

#[test]
fn the_wheel_scrolls_by_pixels() {
    let mut window = TestWindow::showing(lines(1000).as_bytes());
    let middle = window.pane(Pane::Text).center();
    let first = window.in_pane(Pane::Text, "line 000005").top();
    window.wheel(middle, vec2(0.0, -5.0));
    assert_eq!(window.tab().text.top, 0);
    let moved = first - window.in_pane(Pane::Text, "line 000005").top();
    assert!((moved - 5.0).abs() <= 1.0, "it moved by {moved} points");
    window.wheel(middle, vec2(0.0, -200.0));
    let row =
        window.in_pane(Pane::Text, "line 000031").top() - window.in_pane(Pane::Text, "line 000030").top();
    let top = window.tab().text.top / LINE;
    assert_eq!(top, (205.0 / row) as u64, "rows of {row} points");
    window.wheel(middle, vec2(0.0, 1000.0));
    assert_eq!((window.tab().text.top, window.tab().text.fraction), (0, 0.0), "not above the start");
    window.wheel(middle, vec2(0.0, -1_000_000.0));
    assert!(window.sees("line 000999"), "not beyond the end");
    assert_eq!(window.head(), 0, "the caret stays");
}

#[test]
fn ctrl_and_the_wheel_change_the_size_of_the_text() {
    let mut window = TestWindow::showing(lines(1000).as_bytes());
    let before = window.editor().settings.font_size;
    let middle = window.pane(Pane::Text).center();
    window.hold(Modifiers::COMMAND | Modifiers::CTRL);
    window.wheel(middle, vec2(0.0, 50.0));
    let larger = window.editor().settings.font_size;
    assert!(larger > before && larger < before + 12.0, "{before} became {larger}");
    window.wheel(middle, vec2(0.0, -100.0));
    assert!(window.editor().settings.font_size < before);
    assert_eq!(window.tab().text.top, 0, "it does not scroll too");
}

#[test]
fn the_scrollbar_reaches_both_ends_and_is_finer_with_shift() {
    let mut window = TestWindow::showing(lines(100_000).as_bytes());
    let bar = window.node("Text scrollbar").rect();
    let grip = pos2(bar.center().x, bar.top() + 5.0);
    window.drag(grip, pos2(grip.x, bar.bottom() + 50.0));
    assert!(window.sees("line 099999"));
    let last = window.tab().text.top;
    window.drag(pos2(grip.x, bar.bottom() - 5.0), pos2(grip.x, bar.top() - 50.0));
    assert_eq!(window.tab().text.top, 0);
    window.drag(grip, grip + vec2(0.0, 100.0));
    let coarse = window.tab().text.top;
    assert!(coarse > last / 10 && coarse < last / 2);
    window.drag(grip + vec2(0.0, 100.0), pos2(grip.x, bar.top() - 50.0));
    assert_eq!(window.tab().text.top, 0);

    window.hold(Modifiers::SHIFT);
    window.drag(grip, grip + vec2(0.0, 100.0));
    let fine = window.tab().text.top;
    let ratio = coarse as f64 / fine as f64;
    assert!((80.0..=125.0).contains(&ratio), "{coarse} bytes, with Shift {fine}: {ratio} times");
}

#[test]
fn a_fine_drag_adds_up_over_rows_longer_than_its_steps() {
    let lines: String = (0..2000).map(|n| format!("{n:0199}\n")).collect();
    let mut window = TestWindow::showing(lines.as_bytes());
    let bar = window.node("Text scrollbar").rect();
    let grip = pos2(bar.center().x, bar.top() + 5.0);
    window.hold(Modifiers::SHIFT);
    window.move_to(grip);
    window.button(PointerButton::Primary, true);
    for step in 1..=300 {
        window.move_to(grip + vec2(0.0, step as f32));
    }
    let top = window.tab().text.top;
    let expected = 400_000.0 * 300.0 / bar.height() / 100.0;
    assert!((top as f32 - expected).abs() < expected / 4.0, "at {top}, not near {expected}");
}

#[test]
fn the_bytes_scrollbar_reaches_the_end() {
    let mut window = TestWindow::showing(lines(100_000).as_bytes());
    window.press(Chord::ctrl(Key::Digit(2)));
    let bar = window.node("Hex scrollbar").rect();
    let grip = pos2(bar.center().x, bar.top() + 5.0);
    window.drag(grip, pos2(grip.x, bar.bottom() + 50.0));
    assert_eq!(window.tab().hex.top, window.tab().hex.last_top(100_000 * LINE, window.tab().hex_rows));
    assert!(window.tab().hex.top > 99_000 * LINE);
}

#[test]
fn clicks_place_the_caret_and_select_words_and_lines() {
    let mut window = TestWindow::showing(b"one two three\nfour five\n");
    let word = window.in_pane(Pane::Text, "two");
    window.click_at(word.left_center() + vec2(1.0, 0.0));
    assert_eq!((window.head(), window.selected()), (4, String::new()));
    for _ in 0..60 {
        window.frame([]);
    }
    window.click_times(PointerButton::Primary, word.center(), 2);
    assert_eq!(window.selected(), "two");
    for _ in 0..60 {
        window.frame([]);
    }
    window.click_times(PointerButton::Primary, word.center(), 3);
    assert_eq!(window.selected(), "one two three\n");
    window.hold(Modifiers::SHIFT);
    let five = window.in_pane(Pane::Text, "five");
    window.click_at(five.right_center() - vec2(1.0, 0.0));
    assert_eq!(window.selected(), "one two three\nfour five");
}

#[test]
fn a_click_behind_the_text_goes_to_its_end() {
    let mut window = TestWindow::showing(b"one\nlast");
    let pane = window.pane(Pane::Text);
    let one = window.in_pane(Pane::Text, "one");
    window.click_at(pos2(pane.right() - 10.0, one.center().y));
    assert_eq!(window.head(), 3);
    window.click_at(pos2(pane.right() - 10.0, pane.bottom() - 10.0));
    assert_eq!(window.head(), 8);
}

#[test]
fn a_line_number_selects_its_line() {
    let mut window = TestWindow::showing(b"one\ntwo\nthree\n");
    let pane = window.pane(Pane::Text);
    let two = window.in_pane(Pane::Text, "two");
    window.click_at(pos2(pane.left() - 15.0, two.center().y));
    assert_eq!(window.selected(), "two\n");
}

#[test]
fn a_drag_selects_by_what_the_first_clicks_selected() {
    let mut window = TestWindow::showing(b"one two three\nfour five\n");
    let (one, two) = (window.in_pane(Pane::Text, "one"), window.in_pane(Pane::Text, "two"));
    let five = window.in_pane(Pane::Text, "five");
    window.drag(one.left_center() + vec2(1.0, 0.0), two.right_center());
    assert_eq!(window.selected(), "one two");
    for _ in 0..60 {
        window.frame([]);
    }
    window.move_to(two.center());
    window.button(PointerButton::Primary, true);
    window.button(PointerButton::Primary, false);
    window.button(PointerButton::Primary, true);
    window.move_to(five.center());
    window.button(PointerButton::Primary, false);
    window.settle();
    assert_eq!(window.selected(), "two three\nfour five");
}

#[test]
fn a_drag_below_the_edge_scrolls_on_its_own() {
    let mut window = TestWindow::showing(lines(10_000).as_bytes());
    let pane = window.pane(Pane::Text);
    window.move_to(pane.center());
    window.button(PointerButton::Primary, true);
    let from = window.head();
    window.move_to(pos2(pane.center().x, pane.bottom() + 60.0));
    let mut top = window.tab().text.top;
    for _ in 0..5 {
        for _ in 0..10 {
            assert_eq!(window.next_frame(), std::time::Duration::ZERO, "it goes on by itself");
            window.frame([]);
        }
        assert!(window.tab().text.top > top, "it scrolls on while the pointer rests");
        top = window.tab().text.top;
    }
    assert!(window.head() > top, "what came into sight is selected");
    assert_eq!(window.tab().selection.span().start, from);
    window.button(PointerButton::Primary, false);
    window.settle();
}

#[test]
fn a_drag_beyond_the_side_scrolls_sideways_as_far_as_there_is_text() {
    for (length, scrolls) in [(1000, true), (10, false)] {
        let mut window = TestWindow::showing("x".repeat(length).as_bytes());
        let pane = window.pane(Pane::Text);
        window.move_to(pane.left_top() + vec2(30.0, 5.0));
        window.button(PointerButton::Primary, true);
        window.move_to(pos2(pane.right() + 40.0, pane.top() + 5.0));
        for _ in 0..600 {
            window.frame([]);
        }
        assert_eq!(window.tab().text.left > 0, scrolls);
        assert!(window.tab().text.left < 1010);
        assert_eq!(window.head(), length as u64, "up to the end of the line");
        window.button(PointerButton::Primary, false);
        window.settle();
    }
}

#[test]
fn clicks_hit_what_is_seen_on_fractional_scales_and_when_wrapped() {
    let words: String = (0..400).map(|n| format!("word{n:03} ")).collect();
    for scale in [1.0, 1.25, 1.5] {
        for wrap in [false, true] {
            let mut window = TestWindow::new();
            window.scale(scale);
            window.editor_mut().settings.wrap = wrap;
            window.open("file.txt", words.as_bytes());
            let numbers: &[u64] = if wrap { &[0, 3, 7, 30] } else { &[0, 3] };
            for &number in numbers {
                let word = format!("word{number:03}");
                let place = window.in_pane(Pane::Text, &word);
                for (at, head) in [
                    (place.left_center() + vec2(1.0, 0.0), number * 8),
                    (place.right_center() - vec2(1.0, 0.0), number * 8 + 7),
                ] {
                    window.click_at(at);
                    assert_eq!(window.head(), head, "{word} at scale {scale}, wrap {wrap}");
                }
            }
        }
    }
}

#[test]
fn long_lines_scroll_sideways_by_bar_wheel_and_caret() {
    let line: String = (0..1000).map(|n| format!("{n:05} ")).collect();
    let mut window = TestWindow::showing(line.as_bytes());
    assert!(!window.sees("00999"));
    let bar = window.node("Columns scrollbar").rect();
    let grip = pos2(bar.left() + 5.0, bar.center().y);
    let pane = window.pane(Pane::Text);
    window.wheel(pane.center(), vec2(-600.0, 0.0));
    assert!(!window.sees("00000"), "the wheel scrolls sideways");
    window.wheel(pane.center(), vec2(10_000.0, 0.0));
    assert!(window.sees("00000"));
    window.drag(grip, grip + vec2(60.0, 0.0));
    assert!(!window.sees("00000"), "the bar scrolls sideways");
    window.press(Chord::ctrl(Key::End));
    assert!(window.sees("00999"), "the caret is brought into sight");
    window.press(Chord::ctrl(Key::Home));
    assert!(window.sees("00000"));
}
