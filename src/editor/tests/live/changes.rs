//! Each change of a file: what is then on screen, what the bar offers, what a save does.

use super::*;
use crate::search::Query;

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

/// Counted before, they stood where the file has nothing any more.
#[test]
fn matches_in_what_a_file_lost_are_not_told_any_longer() {
    let mut case = Case::open("f", large());
    case.run(&[Command::Find]);
    case.editor.change_query(|query| *query = Query::regex("7$"));
    case.pause();
    assert!(case.words().contains("10,000"), "{}", case.words());
    case.run(&[Command::ListFoundLines]);
    case.settle();
    assert_eq!(case.editor.line_list_in_words(), "10,000 matching lines");
    case.truncate("f", 14 * 50_000);
    case.check();
    assert!(case.editor.bar().is_some_and(|bar| bar.text.contains("truncated")));
    case.pause();
    assert!(case.words().contains("5,000"), "{}", case.words());
    assert_eq!(case.editor.line_list_in_words(), "5,000 matching lines");
    // Rewritten, it may have other ones anywhere.
    case.rewrite("f", &large().replace("7\n", "8\n"));
    case.check();
    case.pause();
    assert!(case.words().starts_with("No match"), "{}", case.words());
    assert_eq!(case.editor.line_list_in_words(), "No matching lines");
}
