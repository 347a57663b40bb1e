//! Files that change on disk while they are open.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::*;
use crate::source::Change;
use crate::text::LineEnding;
use crate::view::RowState;

/// Over 1 MiB, so that it is mapped.
pub(super) fn large() -> String {
    (0..100_000).map(|line| format!("line {line:08}\n")).collect()
}

fn small() -> String {
    (0..1000).map(|line| format!("line {line:08}\n")).collect()
}

impl Case {
    /// Looks at the disk, as the watching threads have it done.
    pub(super) fn check(&mut self) {
        let id = self.tab().id;
        self.editor.check(id);
        self.settle();
    }

    pub(super) fn append(&self, name: &str, text: &str) {
        let file = OpenOptions::new().append(true).open(self.path(name)).unwrap();
        (&file).write_all(text.as_bytes()).unwrap();
    }

    /// Puts another file in its place.
    pub(super) fn replace(&self, name: &str, text: &str) {
        let other = self.write("replacement", text);
        fs::rename(other, self.path(name)).unwrap();
    }

    /// Writes the file itself anew, at a later time.
    fn rewrite(&self, name: &str, text: &str) {
        let before = fs::metadata(self.path(name)).unwrap().modified().unwrap();
        self.write(name, text);
        let file = OpenOptions::new().write(true).open(self.path(name)).unwrap();
        file.set_modified(before + Duration::from_secs(1)).unwrap();
    }

    pub(super) fn truncate(&self, name: &str, len: u64) {
        OpenOptions::new().write(true).open(self.path(name)).unwrap().set_len(len).unwrap();
    }

    fn change(&self) -> Change {
        self.tab().disk.change()
    }

    /// Draws what is on screen, as the window does, and returns the text of it; loads what is not in memory.
    fn draw(&mut self) -> String {
        for _ in 0..100 {
            let id = self.tab().id;
            let tab = self.tab_mut();
            let mut pending: Vec<_> = tab.reveal().err().map(|pending| pending.0).into_iter().collect();
            let (rows, columns) = tab.text_size;
            let page = tab.text_page(rows, columns);
            pending.extend(page.pending.iter().cloned());
            if pending.is_empty() {
                return String::from_utf8_lossy(&page.bytes).into_owned();
            }
            pending.into_iter().for_each(|range| self.editor.fetch(id, range));
            self.settle();
        }
        panic!("never drawn");
    }

    #[track_caller]
    fn until(&mut self, what: &str, done: impl Fn(&mut Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(start.elapsed() < LIMIT, "{what} never came: {:?}", self.editor.bar());
            let now = self.editor.now() + Duration::from_millis(5);
            self.editor.tick(now);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Each change of a file, small or mapped, seen with and without edits, followed or not: what is then on screen, what
/// the bar offers, and what a notice tells.
#[test]
fn the_change_matrix() {
    const RELOADS: &str = "reloads";
    for (text, mapped) in [(small(), false), (large(), true)] {
        let half = text.len() / 2 / 14 * 14;
        let rewritten = text.to_uppercase();
        let tail = "and a tail\n";
        type Make<'a> = &'a dyn Fn(&Case);
        let changes: [(&str, Make, Change, String); 8] = [
            ("append", &|case| case.append("f", tail), Change::Appended, format!("{text}{tail}")),
            ("replace", &|case| case.replace("f", "another\n"), Change::Replaced, "another\n".to_owned()),
            ("rewrite", &|case| case.rewrite("f", &rewritten), Change::Rewritten, rewritten.clone()),
            (
                "rewrite longer",
                &|case| case.rewrite("f", &format!("{rewritten}{tail}")),
                Change::Rewritten,
                format!("{rewritten}{tail}"),
            ),
            ("truncate", &|case| case.truncate("f", half as u64), Change::Truncated, text[..half].to_owned()),
            ("remove", &|case| fs::remove_file(case.path("f")).unwrap(), Change::Removed, String::new()),
            (
                "mode",
                &|case| fs::set_permissions(case.path("f"), fs::Permissions::from_mode(0o640)).unwrap(),
                Change::Same,
                text.clone(),
            ),
            ("nothing", &|_| {}, Change::Same, text.clone()),
        ];
        for (name, make, change, on_disk) in changes {
            for (edited, follows) in [(false, false), (false, true), (true, false), (true, true)] {
                let what = format!("{name}, mapped {mapped}, edited {edited}, follows {follows}");
                let mut case = Case::open("f", &text);
                case.tab_mut().set_follows(follows);
                if edited {
                    case.type_keys("x");
                }
                let before = case.bytes();
                make(&case);
                case.check();
                case.settle();
                let edits_cost = if edited { "Reload, dropping edits" } else { "Reload" };
                let follows_on = follows && !edited;
                let expected: &[&str] = match (change, edited) {
                    (Change::Same, _) | (Change::Appended, false) => &[],
                    (Change::Appended, true) => &[
                        "Save edits and the new tail",
                        "Show the new tail",
                        "Overwrite",
                        "Save as…",
                        edits_cost,
                        "Not now",
                    ],
                    (Change::Removed, false) => &["Save", "Dismiss"],
                    (Change::Removed, true) => &["Save", "Save as…", "Not now"],
                    _ if follows_on => &[RELOADS],
                    (Change::Truncated, false) if mapped => &["Reload", "Save as…"],
                    (Change::Truncated, true) if mapped => &["Save as…", edits_cost],
                    (Change::Rewritten, false) if mapped => &["Reload"],
                    (Change::Rewritten, true) if mapped => &["Save as…", "Overwrite", edits_cost],
                    (_, false) => &["Reload", "Keep"],
                    (_, true) => &["Reload, keeping edits", "Overwrite", "Save as…", edits_cost, "Not now"],
                };
                let reloads = expected == [RELOADS];
                if reloads {
                    case.told("following");
                }
                case.told_nothing();
                match case.editor.bar() {
                    Some(bar) => {
                        assert!(bar.text.contains("“f”"), "{what}: {}", bar.text);
                        assert_eq!(case.bar().1, expected, "{what}");
                    }
                    None => assert!(expected.is_empty() || reloads, "{what}: no bar"),
                }
                assert_eq!(case.is_modified(), edited, "{what}");
                assert_eq!(case.tab().follows(), follows, "{what}");
                let joins = change == Change::Appended && !edited;
                if reloads || joins || (change == Change::Same && !edited) {
                    assert!(case.text() == on_disk, "{what}: shows what is on disk");
                    assert_eq!(case.change(), Change::Same, "{what}");
                    continue;
                }
                assert_eq!(case.change(), change, "{what}");
                if case.tab().disk.has_old_bytes() {
                    assert!(case.bytes() == before, "{what}: nothing is lost");
                }
                if change == Change::Removed || change == Change::Same {
                    continue;
                }
                case.act(edits_cost);
                assert!(case.text() == on_disk, "{what}: reloaded");
                assert_eq!((case.editor.bar(), case.is_modified()), (None, false), "{what}");
                assert_eq!(case.tab().follows(), follows, "{what}");
            }
        }
    }
}

#[test]
fn what_is_appended_joins_and_is_counted() {
    for text in [small(), large()] {
        // klogg: a last line without its end goes on.
        let mut case = Case::open("f", format!("{text}the last li"));
        case.run(&[Command::Move(Motion::Down, false)]);
        let lines = text.lines().count() as u64;
        assert_eq!(case.tab().lines(), Count::Exact(lines + 1));
        case.append("f", "ne\nanother\n");
        case.check();
        assert!(case.text() == format!("{text}the last line\nanother\n"));
        assert_eq!((case.tab().lines(), case.head()), (Count::Exact(lines + 3), 14));
        assert!(!case.is_modified());
        // Edits, undone and saved, rest on all of it.
        case.type_keys("x");
        case.run(&[Command::Undo]);
        assert!(!case.is_modified());
        case.type_keys("y");
        case.run(&[Command::Save]);
        case.settle();
        assert!(case.editor.dialog.is_none() && case.editor.bar().is_none());
        assert_eq!(case.read("f").len(), text.len() + 23);
        case.append("f", "more\n");
        case.check();
        assert!(case.text().ends_with("another\nmore\n"));
        case.run(&[Command::Undo]);
        assert!(case.text() == format!("{text}the last line\nanother\nmore\n"));
    }
}

#[test]
fn an_empty_file_that_gets_its_first_lines_is_opened_for_what_it_is() {
    let mut case = Case::open("f", "");
    case.append("f", "one\r\ntwo\r\n");
    case.check();
    assert_eq!((case.text(), case.tab().line_ending), ("one\r\ntwo\r\n".to_owned(), LineEnding::CrLf));
}

#[test]
fn edits_that_are_undone_let_in_what_was_appended() {
    let mut case = Case::open("f", small());
    case.type_keys("x");
    case.append("f", "tail\n");
    case.check();
    assert!(case.bar().0.contains("5 bytes were appended"), "{:?}", case.bar());
    case.run(&[Command::Undo]);
    case.settle();
    assert_eq!(case.editor.bar(), None);
    assert!(case.text().ends_with("tail\n") && !case.is_modified());
}

#[test]
fn edits_and_the_tail_are_saved_together() {
    for text in [small(), large()] {
        let mut case = Case::open("f", &text);
        case.type_keys("x");
        case.append("f", "tail\n");
        case.check();
        case.act("Save edits and the new tail");
        assert!(case.read("f") == format!("x{text}tail\n").as_bytes());
        assert!(!case.is_modified() && case.editor.bar().is_none() && case.editor.dialog.is_none());
        case.run(&[Command::Undo]);
        assert!(case.text() == format!("{text}tail\n"));
        case.told_nothing();
    }
}

#[test]
fn edits_can_see_what_was_appended_before_they_are_saved() {
    for text in [small(), large()] {
        let mut case = Case::open("f", &text);
        case.type_keys("x");
        case.append("f", "tail\n");
        case.check();
        case.act("Show the new tail");
        assert_eq!((case.editor.bar(), case.is_modified()), (None, true));
        assert!(case.text() == format!("x{text}tail\n") && case.read("f").len() == text.len() + 5);
        case.run(&[Command::Undo]);
        assert!(!case.is_modified() && case.text() == format!("{text}tail\n"));
        case.told_nothing();
    }
}

/// Some find their place, the others stay where they are: nothing is lost.
#[test]
fn edits_without_a_place_stay_in_their_old_document() {
    for text in [small(), large()] {
        let mut case = Case::open("f", &text);
        for (before, line) in [100, 500, 900].into_iter().enumerate() {
            let at = 14 * line + 5 + before as u64;
            case.select(at, at);
            case.type_keys("#");
        }
        let edited = case.bytes();
        let gone = 14 * 495..14 * 505;
        let new = format!("others\n{}{}", &text[..gone.start], &text[gone.end..]);
        case.replace("f", &new);
        case.check();
        case.act("Reload, keeping edits");
        let notice = case.told("1 of 3 edits of “f” have no place in the file as it is now");
        let left = "left in “f (before it was reloaded)”, at byte 7,006.";
        assert!(notice.is_error && notice.text.contains(left), "{}", notice.text);
        assert_eq!((case.labels(), case.editor.active()), (vec!["f", "f (before it was reloaded)"], 0));
        let mut expected = new.into_bytes();
        for line in [900 - 10, 100] {
            expected.insert(7 + 14 * line + 5, b'#');
        }
        assert!(case.bytes() == expected && case.is_modified(), "two are in place");
        case.run(&[Command::Save]);
        case.settle();
        assert!(case.read("f") == expected);
        // The old one is whole, unsaved, and nobody's file.
        case.editor.activate(1);
        assert!(case.bytes() == edited && case.is_modified() && case.tab().path.is_none());
        assert!(case.head().abs_diff(14 * 500) < 20);
        case.run(&[Command::CloseTab]);
        assert!(matches!(case.editor.dialog, Some(Dialog::Unsaved { .. })));
        case.editor.answer(Answer::Cancel);
        case.run(&[Command::Undo, Command::Undo, Command::Undo]);
        assert!(case.text() == text);
        case.run(&[Command::SaveAs]);
        case.pick_target("old");
        assert!(case.read("old") == text.as_bytes());
        case.told_nothing();
    }
}

#[test]
fn overwriting_leaves_out_what_others_wrote() {
    let mut case = Case::open("f", "text\n");
    case.type_keys("x");
    case.append("f", "tail\n");
    case.check();
    case.act("Overwrite");
    assert_eq!(case.read("f"), b"xtext\n");
    assert!(!case.is_modified() && case.editor.bar().is_none());
}

#[test]
fn edits_are_put_into_the_new_file_by_what_stands_around_them() {
    for text in [small(), large()] {
        let mut case = Case::open("f", &text);
        case.select(14 * 500, 14 * 500);
        case.type_keys("mine ");
        case.select(14 * 700 + 5 + 5, 14 * 700 + 13 + 5);
        case.type_keys("7");
        case.replace("f", &format!("others\n{text}"));
        case.check();
        case.act("Reload, keeping edits");
        let at = 7 + 14 * 500;
        assert_eq!(&case.text()[..7], "others\n");
        assert_eq!(&case.text()[at..at + 10], "mine line ");
        assert_eq!(&case.text()[at + 5 + 14 * 200..][..7], "line 7\n");
        assert_eq!((case.editor.bar(), case.is_modified()), (None, true));
        case.run(&[Command::Save]);
        case.settle();
        assert!(case.read("f") == case.bytes() && case.editor.dialog.is_none());
        case.run(&[Command::Undo]);
        assert!(case.text() == format!("others\n{text}"), "one step");

        let mut case = Case::open("f", &text);
        case.select(14 * 500 + 6, 14 * 500 + 6);
        case.type_keys("mine ");
        let before = case.bytes();
        case.replace("f", "another\n");
        case.check();
        case.act("Reload, keeping edits");
        let notice = case.told("1 of 1 edits of “f” have no place in the file as it is now");
        assert!(notice.is_error && notice.text.contains("at byte 7,006"), "{}", notice.text);
        assert!(case.bytes() == before && case.editor.bar().is_some(), "nothing was changed");
    }
}

#[test]
fn what_is_kept_does_not_ask_again_until_something_else_happens() {
    let mut case = Case::open("f", "text\n");
    case.replace("f", "another\n");
    case.check();
    case.act("Keep");
    assert_eq!((case.editor.bar(), case.text()), (None, "text\n".to_owned()));
    case.check();
    case.append("f", "more\n");
    case.check();
    assert_eq!(case.editor.bar(), None, "the same other file");
    case.replace("f", "a third\n");
    case.check();
    case.act("Reload");
    assert_eq!(case.text(), "a third\n");
}

/// `git checkout` and back, or `touch`.
#[test]
fn a_small_file_written_again_with_the_same_contents_is_no_news() {
    let mut case = Case::open("f", "text\n");
    case.rewrite("f", "text\n");
    case.check();
    case.replace("f", "text\n");
    case.check();
    assert_eq!((case.editor.bar(), case.change()), (None, Change::Same));
    case.type_keys("x");
    case.run(&[Command::Save]);
    case.settle();
    assert!(case.editor.dialog.is_none(), "it is known as it is now");
    assert_eq!(case.read("f"), b"xtext\n");
}

#[test]
fn a_removed_file_is_written_again_by_save() {
    for edited in [false, true] {
        let mut case = Case::new();
        let path = case.write("f", large());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        case.open_path(&path);
        if edited {
            case.type_keys("x");
        }
        let bytes = case.bytes();
        fs::remove_file(case.path("f")).unwrap();
        case.check();
        assert!(case.editor.can(Command::Save));
        case.act("Save");
        assert_eq!(fs::metadata(case.path("f")).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(case.read("f") == bytes && !case.is_modified());
        assert_eq!((case.editor.bar(), case.editor.dialog.is_none()), (None, true));
        assert!(!case.editor.can(Command::Save));
    }
}

#[test]
fn of_a_truncated_file_what_is_left_can_be_saved_elsewhere_and_nothing_here() {
    let text = large();
    for edited in [false, true] {
        let mut case = Case::open("f", &text);
        if edited {
            case.type_keys("x");
            case.select(text.len() as u64 - 14, text.len() as u64 - 14);
            case.type_keys("y");
        }
        case.truncate("f", 1400);
        case.check();
        assert!(case.bar().0.contains("truncated to 1,400 bytes; the rest is gone"), "{:?}", case.bar());
        if edited {
            case.run(&[Command::Save]);
            case.settle();
            let notice = case.told("refused");
            assert_eq!(case.read("f").len(), 1400);
            case.take_offer(&notice);
        } else {
            case.act("Save as…");
        }
        case.pick_target("g");
        let left = if edited { format!("x{}y", &text[..1400]) } else { text[..1400].to_owned() };
        assert_eq!(String::from_utf8(case.read("g")).unwrap(), left);
        assert_eq!((case.text(), case.is_modified(), case.name()), (left, false, "g"));
        assert_eq!(case.editor.bar(), None);
        case.told_nothing();
    }
}

/// A loss that the screen meets before anybody looked at the file is told by the bar alone.
#[test]
fn a_loss_on_screen_is_told_once() {
    let mut case = Case::open("f", large());
    case.editor.watch_files();
    case.editor.tick(Duration::ZERO);
    case.truncate("f", 4096);
    case.run(&[Command::Move(Motion::End, false)]);
    case.draw();
    case.until("the bar", |case| case.editor.bar().is_some());
    case.draw();
    case.settle();
    case.told_nothing();
    let id = case.tab().id;
    let page = case.tab_mut().text_page(10, 80);
    assert!(page.rows.iter().all(|row| !matches!(row.state, RowState::Ready)), "{id:?} {:?}", page.rows);
}

#[test]
fn following_sticks_to_the_end_until_the_person_scrolls_up() {
    for view in [Command::ViewText, Command::ViewBoth] {
        let mut case = Case::open("f", small());
        case.run(&[view]);
        case.tab_mut().text_size = (10, 80);
        case.tab_mut().hex_rows = 10;
        case.append("f", "not followed\n");
        case.check();
        assert!(case.draw().starts_with("line 00000000"), "nothing moves");
        case.run(&[Command::Follow]);
        assert!(case.draw().ends_with("not followed\n"));
        let mut expected = 0;
        for round in 0..5 {
            case.append("f", &format!("round {round}\n").repeat(20));
            case.check();
            assert!(case.draw().ends_with(&format!("round {round}\n")), "{view:?}");
            let tab = case.tab();
            expected = tab.document.len();
            assert_eq!(tab.hex.top, tab.hex.last_top(expected, 10));
            assert_eq!(tab.selection.head(), 0, "the caret stays");
        }
        // Down at the end is no way out, up is.
        case.tab_mut().scroll(Pane::Text, 3.0).unwrap();
        assert!(case.tab().follows());
        case.draw();
        case.tab_mut().scroll(Pane::Text, -1.0).unwrap();
        assert!(!case.tab().follows());
        case.append("f", "unseen\n");
        case.check();
        assert!(!case.draw().contains("unseen"));
        // Going to the end does not follow it; F6 does.
        case.run(&[Command::Move(Motion::End, false)]);
        assert!(case.draw().ends_with("unseen\n"));
        assert!(!case.tab().follows());
        assert_eq!(case.head(), expected + 7);
        case.run(&[Command::Follow]);
        case.append("f", "seen\n");
        case.check();
        assert!(case.draw().ends_with("seen\n"));
        assert_eq!(case.head(), expected + 12, "a caret at the end stays there");
        // A key that leads up, and the scrollbar.
        case.run(&[Command::Move(Motion::Start, false)]);
        case.draw();
        assert!(!case.tab().follows());
        case.run(&[Command::Follow]);
        case.draw();
        case.tab_mut().scroll_to(Pane::Text, 0).unwrap();
        assert!(!case.tab().follows());
    }
}

/// `tail -F`: by renaming, and by copying and truncating.
#[test]
fn a_rotated_log_is_followed() {
    for text in [small(), large()] {
        for copied in [false, true] {
            let mut case = Case::open("app.log", &text);
            case.run(&[Command::Follow]);
            case.append("app.log", "old end\n");
            case.check();
            assert!(case.draw().ends_with("old end\n"));
            if copied {
                fs::copy(case.path("app.log"), case.path("app.log.1")).unwrap();
                case.truncate("app.log", 0);
            } else {
                fs::rename(case.path("app.log"), case.path("app.log.1")).unwrap();
                case.check();
                assert!(case.bar().0.contains("was removed"), "{:?}", case.bar());
                case.write("app.log", "");
            }
            case.append("app.log", "first of the new\n");
            case.check();
            case.told(if copied { "“app.log” was truncated" } else { "“app.log” was replaced" });
            assert_eq!(case.draw(), "first of the new\n");
            case.append("app.log", "second\n");
            case.check();
            assert_eq!(case.draw(), "first of the new\nsecond\n");
            assert!(case.tab().follows() && case.editor.bar().is_none());
            case.told_nothing();
        }
    }
}

/// Counts how often a frame was asked for.
fn wakes(case: &mut Case) -> Arc<AtomicUsize> {
    let wakes = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&wakes);
    case.editor.set_wake(Arc::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
    }));
    wakes
}

#[test]
fn watching_sees_changes_by_itself_and_asks_for_no_frame_without_news() {
    let mut case = Case::open("f", small());
    let wakes = wakes(&mut case);
    case.editor.watch_files();
    case.run(&[Command::Follow]);
    case.until("nothing", |case| case.tab().disk.watch.is_some());
    // Looked at twice at least.
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(wakes.load(Ordering::Relaxed), 0);
    assert_eq!(case.editor.next_tick(), None);

    case.append("f", "appended\n");
    case.until("the line", |case| case.text().ends_with("appended\n"));
    case.replace("f", "another\n");
    case.until("the new file", |case| case.text() == "another\n");
    case.told("replaced");
    case.run(&[Command::Follow]);
    fs::remove_file(case.path("f")).unwrap();
    case.until("the removal", |case| case.change() == Change::Removed);
    case.write("f", "a third\n");
    case.until("the third", |case| case.editor.bar().is_some_and(|bar| !bar.text.contains("removed")));
    case.act("Reload");
    assert_eq!(case.text(), "a third\n");
}

#[test]
fn a_burst_of_writes_is_a_few_looks() {
    let mut case = Case::open("f", "");
    case.editor.watch_files();
    case.editor.tick(Duration::ZERO);
    std::thread::sleep(Duration::from_millis(50));
    let wakes = wakes(&mut case);
    case.append("f", "first\n");
    case.until("the first", |case| !case.text().is_empty());
    let before = wakes.load(Ordering::Relaxed);
    let start = Instant::now();
    for _ in 0..5000 {
        case.append("f", "x\n");
    }
    case.until("all of it", |case| case.tab().document.len() == 6 + 10_000);
    let looks = start.elapsed().as_millis() as usize / 100 + 2;
    // Each look that found something asks for a frame, and so do the check and the count that follow.
    let woken = wakes.load(Ordering::Relaxed) - before;
    assert!(woken <= 3 * looks, "{woken} frames for {looks} looks");
}

#[test]
fn our_own_saves_are_no_news() {
    for text in [small(), large()] {
        let mut case = Case::open("f", &text);
        case.editor.watch_files();
        for _ in 0..10 {
            case.type_keys("x");
            case.run(&[Command::Save]);
            let saved = |case: &mut Case| {
                assert_eq!(case.editor.bar(), None);
                !case.is_modified() && case.editor.jobs().is_empty()
            };
            case.until("the save", saved);
        }
        std::thread::sleep(Duration::from_millis(250));
        case.settle();
        assert_eq!((case.editor.bar(), case.change()), (None, Change::Same));
        case.told_nothing();
        case.run(&[Command::SaveAs]);
        case.pick_target("g");
        case.append("g", "tail\n");
        case.until("the tail", |case| case.text().ends_with("tail\n"));
    }
}

#[test]
fn a_change_during_a_save_is_seen_when_it_ends() {
    let mut case = Case::open("f", small());
    case.type_keys("x");
    case.run(&[Command::Save]);
    let held = case.hold(1);
    case.append("f", "tail\n");
    held.into_iter().for_each(|job| case.editor.take_in(job));
    case.settle();
    assert!(case.text().ends_with("tail\n") && case.text().starts_with("xline"));
    assert!(!case.is_modified());
}

#[test]
fn what_was_seen_before_a_save_is_no_news_after_it() {
    let mut case = Case::open("f", "text\n");
    case.type_keys("x");
    case.append("f", "tail\n");
    let id = case.tab().id;
    case.editor.check(id);
    let held = case.hold(1);
    case.editor.save_anyway(id);
    case.settle();
    held.into_iter().for_each(|job| case.editor.take_in(job));
    case.settle();
    assert_eq!((case.editor.bar(), case.text()), (None, "xtext\n".to_owned()));
}

#[test]
fn a_file_that_another_program_writes_is_locked_until_it_ends_or_is_told_otherwise() {
    let nginx = Writer { pid: 812, name: "nginx".to_owned() };
    let mut case = Case::open("f", "text\n");
    let id = Some(case.tab().id);
    case.editor.found_writers(id, vec![nginx.clone()]);
    assert_eq!(case.editor.bar(), None, "nothing was refused yet");
    case.type_keys("x");
    assert_eq!(case.bar(), ("nginx (812) is writing this file.".to_owned(), vec!["Edit anyway", "Not now"]));
    case.act("Not now");
    assert_eq!(case.editor.bar(), None);
    case.type_keys("x");
    case.act("Edit anyway");
    case.type_keys("x");
    assert_eq!(case.text(), "xtext\n");
    // Who edits is not stopped any more.
    case.editor.found_writers(id, vec![nginx.clone()]);
    case.type_keys("y");
    assert_eq!(case.text(), "xytext\n");

    let mut case = Case::open("f", "text\n");
    let id = Some(case.tab().id);
    case.type_keys("x");
    case.editor.found_writers(id, vec![nginx.clone()]);
    assert_eq!(case.tab().locked, None);
    let mut case = Case::open("f", "text\n");
    let id = Some(case.tab().id);
    case.editor.found_writers(id, vec![nginx]);
    case.type_keys("x");
    case.editor.found_writers(id, Vec::new());
    assert_eq!((case.editor.bar(), case.tab().locked.clone()), (None, None));
    case.type_keys("x");
    assert_eq!(case.text(), "xtext\n");
}

#[test]
fn what_happened_to_the_file_comes_before_why_it_is_locked() {
    let mut case = Case::new();
    case.write("f", "text\n");
    case.arguments(&["--read-only", "{}f"]);
    case.type_keys("x");
    case.replace("f", "another\n");
    case.check();
    assert!(case.bar().0.contains("replaced"));
    case.act("Keep");
    assert!(case.bar().0.contains("read-only"));
    // What is appended is shown in a locked file too.
    let mut case = Case::new();
    case.write("f", "text\n");
    case.arguments(&["--read-only", "{}f"]);
    case.append("f", "tail\n");
    case.check();
    assert_eq!(case.text(), "text\ntail\n");
}

#[test]
fn the_bar_takes_the_keys_only_while_there_is_one() {
    let mut case = Case::open("f", "text\n");
    case.run(&[Command::AnswerBar]);
    assert!(!case.editor.bar_has_keys() && !case.editor.can(Command::AnswerBar));
    case.replace("f", "another\n");
    case.check();
    case.run(&[Command::AnswerBar]);
    assert!(case.editor.bar_has_keys());
    case.act("Reload");
    assert!(!case.editor.bar_has_keys());
}

#[test]
fn counting_is_paused_and_goes_on() {
    let text = large().repeat(4);
    let mut case = Case::open("f", "");
    case.editor.wait_until_shown();
    case.open_file("g", &text);
    assert!(!case.editor.can(Command::PauseCounting));
    case.editor.shown();
    case.run(&[Command::PauseCounting]);
    case.settle();
    assert_eq!(case.tab().uncounted(), Some(Uncounted::Paused));
    assert!(matches!(case.tab().lines(), Count::About(_)));
    // Neither edits nor what is appended begin it again.
    case.append("g", "tail\n");
    case.check();
    case.run(&[Command::NewLine, Command::Undo]);
    case.settle();
    assert!(matches!(case.tab().lines(), Count::About(_)));
    case.run(&[Command::PauseCounting]);
    case.settle();
    assert_eq!((case.tab().uncounted(), case.tab().lines()), (None, Count::Exact(400_002)));
}

#[test]
fn lines_on_a_network_drive_are_counted_when_asked() {
    let mut case = Case::open("f", "");
    case.editor.wait_until_shown();
    case.open_file("g", large());
    case.tab_mut().uncounted = Some(Uncounted::Network("NFS"));
    case.editor.shown();
    case.settle();
    assert_eq!(case.tab().uncounted(), Some(Uncounted::Network("NFS")));
    // Nor does a reload begin it.
    let id = case.tab().id;
    case.editor.reload(id);
    case.settle();
    assert_eq!(case.tab().uncounted(), Some(Uncounted::Network("NFS")));
    case.run(&[Command::PauseCounting]);
    case.settle();
    assert_eq!((case.tab().uncounted(), case.tab().lines()), (None, Count::Exact(100_001)));
    assert!(!case.editor.can(Command::PauseCounting));
}

#[test]
fn a_file_in_turmoil_is_survived() {
    turmoil(str::to_owned, "UTF-8");
}

#[test]
fn a_utf_16_file_in_turmoil_is_survived() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).map(char::from).collect();
    turmoil(utf16, "UTF-16 LE");
}

#[test]
fn a_file_of_cr_lines_in_turmoil_is_survived() {
    turmoil(|text| text.replace('\n', "\r"), "UTF-8");
}

/// A file that is truncated, extended, rewritten, renamed and removed in a loop, while the editor draws, scrolls,
/// counts, follows, saves copies and saves edits: no panic, and no byte shown or saved as right that the file never held
/// at that place. `encode` gives the characters of the bytes of a line.
fn turmoil(encode: fn(&str) -> String, encoding: &str) {
    // Every state of the file holds, at each place, the byte of this pattern; rewriting it changes all to upper case.
    let line = move |number: u64| encode(&format!("line {number:08}\n"));
    let width = line(0).len() as u64;
    let text = move |lines: std::ops::Range<u64>| lines.map(line).collect::<String>();
    // Longer than it ever gets.
    let pattern = text(0..400_000).into_bytes();
    let is_held = |at: u64, bytes: &[u8]| {
        let held = &pattern[at as usize..at as usize + bytes.len()];
        held.eq_ignore_ascii_case(bytes)
    };
    let mut case = Case::open("f", text(0..120_000));
    assert_eq!(case.tab().encoding_name(), encoding);
    case.editor.watch_files();
    case.tab_mut().text_size = (20, 80);
    let path = case.path("f");
    let aside = case.path("aside");
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let other = std::thread::spawn(move || {
        let mut round = 0_u64;
        while !stopped.load(Ordering::Relaxed) {
            // Of this very file: our own saves put others in its place.
            let len = |file: &fs::File| file.metadata().unwrap().len();
            match round % 7 {
                0 => {
                    let file = OpenOptions::new().write(true).open(&path);
                    let _ = file.map(|file| file.set_len(len(&file) / 2 / width * width));
                }
                1 | 2 => {
                    let file = OpenOptions::new().append(true).open(&path);
                    let _ = file.map(|mut file| {
                        let first = len(&file) / width;
                        file.write_all(text(first..first + 30_000).as_bytes())
                    });
                }
                3 => drop(fs::write(&path, text(0..110_000).to_uppercase())),
                4 => drop(fs::rename(&path, &aside)),
                5 => drop(fs::write(&path, text(0..100_000))),
                _ => {
                    let _ = fs::remove_file(&path);
                    let _ = fs::write(&path, text(0..90_000));
                }
            }
            round += 1;
            std::thread::sleep(Duration::from_millis(15));
        }
        round
    });
    let start = Instant::now();
    let (mut checked, mut frame, mut copies) = (0_u64, 0_u64, 0);
    while start.elapsed() < Duration::from_secs(4) {
        frame += 1;
        case.editor.tick(start.elapsed());
        case.editor.notices.clear();
        case.editor.dialog = None;
        let tab = case.tab_mut();
        let len = tab.document.len();
        match frame % 11 {
            0 => drop(tab.scroll_to(Pane::Text, len / 2)),
            3 => drop(tab.scroll(Pane::Text, -7.5)),
            5 => tab.set_follows(!tab.follows()),
            7 => case.run(&[Command::Move(Motion::End, false)]),
            8 => case.run(&[Command::Move(Motion::PageUp, false)]),
            9 => {
                case.run(&[[Command::ViewText, Command::ViewBoth, Command::ViewHex][frame as usize / 11 % 3]])
            }
            10 if frame % 99 == 10 => {
                let id = case.tab().id;
                case.editor.reload(id);
            }
            _ => {}
        }
        // What is saved elsewhere is what the file held, or nothing.
        let copy = case.path("copy");
        let is_copying = case.editor.jobs().iter().any(|job| job.task == Task::Export);
        if frame % 50 == 0 && !is_copying {
            if let Ok(bytes) = fs::read(&copy) {
                assert!(is_held(0, &bytes), "a copy of {} bytes", bytes.len());
                copies += usize::from(!bytes.is_empty());
                fs::remove_file(&copy).unwrap();
            }
            let id = case.tab().id;
            let selection = case.tab().selection.clone();
            case.run(&[Command::SelectAll]);
            case.editor.save_to(id, PathPurpose::SaveSelection, copy);
            case.tab_mut().selection = selection;
        }
        let tab = case.tab_mut();
        let id = tab.id;
        let _ = tab.reveal();
        tab.position();
        let page = tab.text_page(20, 80);
        for row in page.rows.iter().filter(|row| row.state == RowState::Ready) {
            for cell in &page.cells[row.cells.clone()] {
                let at = row.offset + u64::from(cell.start);
                let shown = page.text(row, cell);
                assert!(is_held(at, shown), "frame {frame}: {shown:?} at {at}; {:?}", case.editor.bar());
                checked += 1;
            }
        }
        case.tab_mut().hex_page(20);
        page.pending.into_iter().for_each(|range| case.editor.fetch(id, range));
        // Edited without leaving the pattern, and saved if that can be done, or over whatever is there.
        if frame % 100 == 99 && len >= width {
            case.select(0, width / 14);
            case.type_text(if frame % 200 == 99 { "L" } else { "l" });
            match frame % 300 {
                99 => case.run(&[Command::Save]),
                199 => case.editor.save_anyway(id),
                _ => {}
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    stop.store(true, Ordering::Relaxed);
    let rounds = other.join().unwrap();
    assert!(
        rounds > 20 && checked > 10_000 && copies > 0,
        "{rounds} rounds, {checked} cells, {copies} copies"
    );
    // In the end it is shown as it is.
    case.settle();
    case.write("f", text(0..100_001));
    case.tab_mut().set_follows(true);
    let id = case.tab().id;
    case.editor.reload(id);
    case.until("peace", |case| case.tab().document.len() == width * 100_001);
    assert!(case.bytes() == text(0..100_001).as_bytes());
    case.settle();
    assert_eq!(case.tab().lines(), Count::Exact(100_002));
}
