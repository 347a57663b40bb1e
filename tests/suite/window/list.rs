//! The list of matching lines: lines around, records, pages, sets, colours, the full view.

use hextant::editor::{Chord, Key, Pane, Settings};

use super::driver::{TestWindow, ctrl, key};

/// Each tenth record fails, with two lines of a stack.
fn log() -> TestWindow {
    let record = |n: u32| match n % 10 {
        0 => format!("10:{:02}:{:02} ERROR disk {n}\n\tat read\n\tat main {n}\n", n / 60, n % 60),
        _ => format!("10:{:02}:{:02} info all is well {n}\n", n / 60, n % 60),
    };
    let mut window = TestWindow::sized(1100.0, 700.0, Settings::default());
    window.open("app.log", (1..=1000).map(record).collect::<String>().as_bytes());
    window
}

fn listing(text: &str) -> TestWindow {
    let mut window = log();
    window.press(ctrl('L').shift());
    window.type_text(text);
    window
}

/// Is there a row with this text in the list?
fn lists(window: &TestWindow, text: &str) -> bool {
    let list = window.node("Matching lines").rect();
    window.places(text).into_iter().any(|place| list.contains(place.center()))
}

#[test]
fn lines_around_and_records_are_listed_with_a_match() {
    let mut window = listing("at main 20");
    assert!(window.sees("2 matching lines"), "20 and 200");
    assert!(lists(&window, "at main 20") && !lists(&window, "ERROR disk 20"));
    window.click("Lines around each match");
    window.press(ctrl('A'));
    window.type_text("1");
    window.press(key(Key::Enter));
    assert!(window.sees("2 matching lines, 4 around"));
    assert!(lists(&window, "at read") && lists(&window, "well 21"));
    window.click("Records");
    assert!(window.sees("6 matching lines, 4 around"));
    assert!(lists(&window, "ERROR disk 20") && lists(&window, "well 19"));
    window.click("Begins a record");
    window.press(ctrl('A'));
    window.type_text("(");
    assert!(window.editor().record_error().is_some());
    window.press(ctrl('A'));
    window.type_text("ERROR");
    assert!(window.sees("matching lines") && window.editor().record_error().is_none());
    window.click("Records");
    assert!(window.sees("2 matching lines, 4 around"));
}

#[test]
fn a_filter_hides_or_only_colours() {
    let mut window = listing("disk");
    assert!(window.sees("100 matching lines"));
    window.click("Add filter");
    window.type_text("well");
    window.click("Filter 2: show");
    window.click("Filter 2: hide");
    assert!(window.has("Filter 2: colour") && window.sees("100 matching lines"));
    let all = 0..window.tab().document.len();
    assert_eq!(window.editor_mut().colored(std::slice::from_ref(&all)).len(), 900);
    window.click("Close list");
    assert_eq!(window.editor_mut().colored(&[all]).len(), 900, "colours stay");
}

#[test]
fn a_list_is_kept_beside_others() {
    let mut window = listing("disk");
    window.click("Keep this list");
    window.click("Filter 1");
    window.press(ctrl('A'));
    window.type_text("well 1");
    assert!(lists(&window, "well 1") && window.has("List 2: well 1"));
    window.click("List 1: disk");
    assert!(window.sees("100 matching lines") && lists(&window, "disk 10"));
    window.click("Close list 1");
    assert!(!window.has("List 2") && lists(&window, "well 1"));
}

#[test]
fn sets_are_kept_used_and_forgotten_by_name() {
    let mut window = listing("disk");
    window.click_button("Sets");
    window.click("Name of the set");
    window.type_text("bad disks");
    window.click("Keep as set");
    assert_eq!(window.editor().filter_sets().collect::<Vec<_>>(), ["bad disks"]);
    assert!(window.bytes().starts_with(b"10:00:01"), "nothing was typed into the document");
    window.click("Remove filter 1");
    window.click_button("Sets");
    window.click("bad disks");
    assert!(window.sees("100 matching lines"));
    window.click_button("Sets");
    window.click("Forget bad disks");
    assert_eq!(window.editor().filter_sets().count(), 0);
}

#[test]
fn the_list_takes_the_place_of_the_document_and_gives_it_back() {
    let mut window = listing("disk");
    let small = window.node("Matching lines").rect();
    window.click("List instead of the document");
    assert!(window.node("Matching lines").rect().height() > small.height() + 200.0);
    assert!(!window.sees("well 1"), "the document is not drawn");
    window.press(key(Key::Down));
    window.press(key(Key::Down));
    assert!(window.sees("Ln 22, Col 1"), "keys move through the list");
    window.press(key(Key::Enter));
    assert!(window.in_pane(Pane::Text, "disk 20").is_positive());
    assert!(window.editor().line_list.is_open());
    window.type_text("x");
    assert!(String::from_utf8(window.bytes()).unwrap().contains("x10:00:20"), "the keys go to the text");
}

#[test]
fn the_list_scrolls_sideways_and_shows_marks() {
    let mut window = TestWindow::sized(700.0, 500.0, Settings::default());
    let text = format!("start {} end of it\nother\n", "-".repeat(200));
    window.open("wide.txt", text.as_bytes());
    window.press(Chord::ctrl(Key::Function(2)));
    window.press(ctrl('L').shift());
    window.type_text("start");
    assert!(lists(&window, "start"));
    let list = window.node("Matching lines").rect();
    window.click_at(list.center_top() + egui::vec2(0.0, 5.0));
    for _ in 0..20 {
        window.press(key(Key::Right));
    }
    assert!(!lists(&window, "start") && lists(&window, "end of it"));
    for _ in 0..20 {
        window.press(key(Key::Left));
    }
    assert!(lists(&window, "start"));
}

#[test]
fn a_click_on_a_mark_of_the_scrollbar_goes_to_the_line() {
    let mut window = TestWindow::sized(1000.0, 600.0, Settings::default());
    let mut text = "plain line\n".repeat(200_000);
    text.insert_str(1_650_000, "needle");
    window.open("long.txt", text.as_bytes());
    window.press(ctrl('L').shift());
    window.type_text("needle");
    window.settle();
    let bar = window.node("Text scrollbar").rect();
    let y = bar.top() + bar.height() * 0.75;
    window.click_at(egui::pos2(bar.center().x, y));
    window.settle();
    assert_eq!(window.head(), 1_650_000);
}
