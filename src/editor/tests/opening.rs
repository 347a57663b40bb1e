use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use std::os::unix::fs::FileExt;

use super::*;
use crate::source::{Lost, Synthetic};

#[test]
fn a_file_opened_again_comes_to_the_front() {
    let mut case = Case::open("a.txt", "a");
    case.open_file("b.txt", "b");
    let path = case.path("a.txt");
    case.open_path(&path);
    assert_eq!((case.labels(), case.name()), (vec!["a.txt", "b.txt"], "a.txt"));
}

#[test]
fn another_name_of_an_open_file_goes_to_its_tab() {
    let mut case = Case::new();
    case.write("a.txt", "a");
    fs::hard_link(case.path("a.txt"), case.path("hard")).unwrap();
    symlink("a.txt", case.path("link")).unwrap();
    for name in ["a.txt", "hard", "link"] {
        let path = case.path(name);
        case.open_path(&path);
        assert_eq!(case.labels(), ["a.txt"]);
    }
    // At once, whichever is the faster.
    let mut case = Case::new();
    case.write("a.txt", "a");
    fs::hard_link(case.path("a.txt"), case.path("hard")).unwrap();
    case.arguments(&["{}a.txt", "{}hard"]);
    assert_eq!(case.labels().len(), 1);
}

/// A small file is closed after reading; a new file may then get its inode's number.
#[test]
fn a_new_file_in_a_deleted_ones_place_is_not_the_same() {
    let mut case = Case::open("a.txt", "a");
    fs::remove_file(case.path("a.txt")).unwrap();
    case.open_file("b.txt", "b");
    assert_eq!((case.labels(), case.text()), (vec!["a.txt", "b.txt"], "b".to_owned()));
}

#[test]
fn tabs_stand_in_the_order_given_whichever_file_is_slow() {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for order in orders {
        let mut case = Case::open("old.txt", "old");
        for name in ["a.txt", "b.txt", "c.txt"] {
            let path = case.write(name, name);
            case.editor.open(OpenTarget::new(path));
        }
        let mut held = case.hold(3);
        held.sort_by_key(|job| job.id);
        let mut held: Vec<_> = held.into_iter().map(Some).collect();
        for arrives in order {
            case.editor.take_in(held[arrives].take().unwrap());
        }
        assert_eq!(case.labels(), ["old.txt", "a.txt", "b.txt", "c.txt"], "{order:?}");
        assert_eq!(case.name(), "c.txt", "{order:?}");
    }
}

#[test]
fn a_file_named_twice_stands_at_its_first_place_and_is_active_if_named_last() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let mut case = Case::new();
        let first = case.write("first", "1");
        let second = case.write("second", "2");
        for path in [&first, &second, &first] {
            case.editor.open(OpenTarget::new(path));
        }
        let mut held = case.hold(3);
        held.sort_by_key(|job| job.id);
        let mut held: Vec<_> = held.into_iter().map(Some).collect();
        for arrives in order {
            case.editor.take_in(held[arrives].take().unwrap());
        }
        assert_eq!((case.labels(), case.name()), (vec!["first", "second"], "first"), "{order:?}");
    }
}

#[test]
fn a_slow_file_does_not_take_the_place_of_what_the_person_does_meanwhile() {
    let mut case = Case::open("a.txt", "a");
    case.open_file("b.txt", "b");
    let path = case.write("slow.txt", "slow");
    case.editor.open(OpenTarget::new(path));
    let held = case.hold(1);
    case.editor.activate(0);
    held.into_iter().for_each(|job| case.editor.take_in(job));
    assert_eq!((case.labels(), case.name()), (vec!["a.txt", "b.txt", "slow.txt"], "a.txt"));
}

#[test]
fn tabs_of_one_name_are_told_apart_by_their_folders() {
    let mut case = Case::open("one/x.log", "");
    assert_eq!(case.labels(), ["x.log"]);
    case.open_file("two/x.log", "");
    assert_eq!(case.labels(), ["one/x.log", "two/x.log"]);
    case.open_file("three/one/x.log", "");
    case.open_file("y.log", "");
    let base = case.path("");
    let base = base.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(case.labels(), [&*format!("{base}/one/x.log"), "two/x.log", "three/one/x.log", "y.log"]);
    assert_eq!(case.editor.tabs[1].title(), "two/x.log");
    case.editor.close(2);
    case.editor.close(0);
    assert_eq!(case.labels(), ["x.log", "y.log"]);
}

#[test]
fn what_cannot_be_opened_is_told() {
    let mut case = Case::open("good.txt", "good");
    let missing = case.path("missing.txt");
    case.open_path(&missing);
    let notice = case.told("There is no file");
    assert!(notice.is_error && notice.until.is_none());
    let folder = case.path("");
    case.open_path(&folder);
    case.told("is a folder");
    symlink("loop", case.path("loop")).unwrap();
    let around = case.path("loop");
    case.open_path(&around);
    case.told("cannot be read");
    symlink("nowhere", case.path("dangling")).unwrap();
    let dangling = case.path("dangling");
    case.open_path(&dangling);
    case.told("which does not exist");
    assert_eq!((case.labels(), case.text()), (vec!["good.txt"], "good".to_owned()));
}

#[test]
fn an_empty_file_opens_and_takes_text() {
    let mut case = Case::open("empty", "");
    assert_eq!((case.tab().mode, case.position()), (Mode::Text, (1, 1)));
    case.type_text("now not");
    case.run(&[Command::Save]);
    case.settle();
    assert_eq!(case.read("empty"), b"now not");
}

#[test]
fn a_name_that_is_not_utf8_opens_saves_and_reopens() {
    let mut case = Case::new();
    let path = case.path("").join(OsStr::from_bytes(b"na me \xff.txt"));
    fs::write(&path, "odd").unwrap();
    case.open_path(&path);
    case.type_text("x");
    case.run(&[Command::Save]);
    case.settle();
    assert_eq!(fs::read(&path).unwrap(), b"xodd");
    case.run(&[Command::CloseTab, Command::ReopenTab]);
    case.settle();
    assert_eq!(case.text(), "xodd");
    case.told_nothing();
}

#[test]
fn places_on_the_command_line() {
    let text = "one\ntwo\nthree\n";
    for (arguments, expected) in [
        (vec!["{}f:2"], (2, 1)),
        (vec!["{}f:3:4"], (3, 4)),
        (vec!["{}f:3:4:"], (3, 4)),
        (vec!["+2", "{}f"], (2, 1)),
        (vec!["--offset", "9", "{}f"], (3, 2)),
        (vec!["--offset", "0x9", "{}f"], (3, 2)),
        (vec!["{}f:2:99"], (2, 4)),
        (vec!["{}f:99"], (4, 1)),
    ] {
        let mut case = Case::new();
        case.write("f", text);
        case.arguments(&arguments);
        assert_eq!(case.position(), expected, "{arguments:?}");
        case.told_nothing();
    }
}

#[test]
fn an_existing_file_of_that_very_name_wins() {
    let mut case = Case::new();
    case.write("f", "one\ntwo\n");
    case.write("f:2", "another");
    case.arguments(&["{}f:2"]);
    assert_eq!((case.name(), case.head()), ("f:2", 0));
}

#[test]
fn a_place_in_an_open_file_is_gone_to_and_back() {
    let mut case = Case::open("f", "one\ntwo\nthree\n");
    case.move_by(Motion::Right, 2);
    case.arguments(&["{}f:3"]);
    assert_eq!(case.position(), (3, 1));
    assert_eq!(case.labels(), ["f"]);
    case.run(&[Command::Back]);
    assert_eq!(case.head(), 2);
}

/// Over 1 MiB, so that it is mapped, and its lines are counted after it is shown.
#[test]
fn a_line_far_down_is_landed_on_exactly_once_it_is_counted() {
    let text: String = (1..=200_000).map(|line| format!("line {line}\n")).collect();
    let mut case = Case::new();
    case.write("f", &text);
    case.arguments(&["{}f:199999:6"]);
    assert_eq!(case.position(), (199_999, 6));
    let expected = text.find("line 199999\n").unwrap() as u64 + 5;
    assert_eq!((case.head(), case.tab().landing), (expected, None));
    case.told_nothing();
}

#[test]
fn hex_and_read_only_are_asked_for_by_flags() {
    let mut case = Case::new();
    case.write("f", "text");
    case.arguments(&["--hex", "--read-only", "{}f"]);
    assert_eq!(case.tab().mode, Mode::Hex);
    case.run(&[Command::ViewText]);
    case.type_text("x");
    assert!(case.bar().0.contains("opened read-only"));
    assert_eq!(case.text(), "text");
    // The way out.
    case.act("Edit anyway");
    assert_eq!(case.editor.bar(), None);
    case.type_text("x");
    assert_eq!(case.text(), "xtext");
    case.told_nothing();
}

#[test]
fn nothing_changes_a_locked_document() {
    let mut case = Case::new();
    case.write("f", "some text\n");
    case.write("other", "other");
    case.arguments(&["--read-only", "{}f"]);
    let id = case.tab().id;
    for view in [Command::ViewText, Command::ViewHex] {
        case.run(&[view, Command::ToggleInsert, Command::SelectAll]);
        for entry in Command::ALL {
            let leaves = matches!(entry.command, Command::CloseTab | Command::Quit | Command::Unlock);
            let switches = matches!(entry.command, Command::New | Command::ToggleInsert);
            if !leaves && !switches {
                case.run(&[entry.command]);
                case.editor.answer(Answer::Accept);
                case.editor.picking = None;
            }
        }
        case.type_text("ab");
        case.editor.paste("ab");
        let other = case.path("other");
        case.editor.insert_files(id, vec![other]);
        case.settle();
        case.editor.take_requests();
        assert_eq!((case.text(), case.is_modified()), ("some text\n".to_owned(), false));
    }
}

#[test]
fn binary_opens_as_hex_and_a_padded_log_as_text() {
    let mut case = Case::open("data", (0..=255).collect::<Vec<u8>>());
    assert_eq!(case.tab().mode, Mode::Hex);
    // klogg#459: a log that was rotated by truncation begins with NULs.
    let log = [vec![0; 4000], b"2026-11-02T04:11:10 WARN [475] backoff stopped\n".repeat(3000)].concat();
    case.open_file("padded.log", log);
    assert_eq!(case.tab().mode, Mode::Text);
}

/// klogg keeps the ends of lines in blocks of 128, as differences of 32 bits: such a block must not span more than 4 GiB.
#[test]
fn klogg_lines_of_which_128_span_more_than_4_gib() {
    const APART: u64 = 40 << 20;
    let mut case = Case::new();
    let file = fs::File::create(case.path("sparse.log")).unwrap();
    file.set_len(200 * APART).unwrap();
    for line in 1..=200 {
        file.write_all_at(b"\n", line * APART - 1).unwrap();
    }
    case.open_path(&case.path("sparse.log"));
    case.run(&[Command::ViewText]);
    assert_eq!(case.tab().lines(), Count::Exact(201));
    for line in [1, 2, 103, 128, 129, 200, 201] {
        case.go_to(&line.to_string());
        case.settle();
        assert_eq!(case.head(), (line - 1) * APART, "line {line}");
        assert_eq!(case.tab_mut().position().0, Count::Exact(line - 1));
    }
}

#[test]
fn the_view_chosen_by_hand_is_remembered_for_that_file() {
    let mut case = Case::new();
    let (session, error) = Session::load(&case.path("state"));
    assert_eq!(error, None);
    case.editor.session = session;
    case.open_file("a.txt", "a");
    case.open_file("b.txt", "b");
    case.run(&[Command::ViewHex]);
    case.settle();
    let (session, _) = Session::load(&case.path("state"));
    let mut again = Case::new();
    again.editor.session = session;
    again.open_path(&case.path("b.txt"));
    assert_eq!(again.tab().mode, Mode::Hex);
    again.open_path(&case.path("a.txt"));
    assert_eq!(again.tab().mode, Mode::Text);
    assert_eq!(again.editor.session.recent(), [case.path("a.txt"), case.path("b.txt")]);
}

#[test]
fn new_documents_are_numbered_and_empty() {
    let mut case = Case::new();
    case.run(&[Command::New, Command::New]);
    assert_eq!(case.labels(), ["untitled", "untitled 2"]);
    assert!(!case.is_modified());
    assert_eq!(case.editor.active(), 1);
}

#[test]
fn the_demo_opens_at_once_and_is_counted_without_being_read() {
    let mut case = Case::new();
    case.arguments(&["--demo"]);
    assert_eq!(case.tab().lines(), Count::Exact((1 << 33) + 1));
    case.run(&[Command::Move(Motion::End, false)]);
    assert_eq!(case.head(), 1 << 40);
}

#[test]
fn what_is_lost_under_an_open_file_is_told_once() {
    let faulty = Arc::new(crate::source::testing::Faulty::new(Arc::new(Synthetic::log(1 << 20))));
    faulty.lose(0..4096, Lost::Unreadable("Input/output error".to_owned()));
    let mut case = Case::over(faulty);
    case.settle();
    case.tab_mut().text_page(200, 200);
    assert!(case.editor.wants_frame());
    case.settle();
    let notice = case.told("Input/output error");
    assert!(notice.is_error);
    case.tab_mut().text_page(200, 200);
    case.settle();
    case.told_nothing();
    assert!(!case.editor.wants_frame());
}

#[test]
fn a_typed_path_comes_back_with_what_is_wrong_with_it() {
    let mut case = Case::new();
    case.run(&[Command::Open]);
    case.editor.picked(PathPurpose::Open, None);
    let input = |case: &mut Case, path: &str| match &mut case.editor.dialog {
        Some(Dialog::Path { input, .. }) => *input = path.to_owned(),
        other => panic!("no prompt: {other:?}"),
    };
    case.editor.answer(Answer::Accept);
    assert!(matches!(&case.editor.dialog, Some(Dialog::Path { error: Some(_), .. })));
    let missing = case.path("missing").display().to_string();
    input(&mut case, &missing);
    case.editor.answer(Answer::Accept);
    case.settle();
    match &case.editor.dialog {
        Some(Dialog::Path { error: Some(error), .. }) => {
            assert!(error.contains("There is no file"), "{error}")
        }
        other => panic!("no prompt: {other:?}"),
    }
    let good = case.write("good", "good").display().to_string();
    input(&mut case, &good);
    case.editor.answer(Answer::Accept);
    case.settle();
    assert_eq!((case.text(), case.editor.dialog.is_none()), ("good".to_owned(), true));
}
