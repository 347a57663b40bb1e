use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn save(case: &mut Case) {
    case.run(&[Command::Save]);
    case.settle();
}

#[test]
fn an_unmodified_file_is_not_written() {
    let mut case = Case::open("f", "text");
    let before = fs::metadata(case.path("f")).unwrap().modified().unwrap();
    fs::set_permissions(case.path("f"), fs::Permissions::from_mode(0o444)).unwrap();
    assert!(!case.editor.can(Command::Save));
    save(&mut case);
    assert_eq!(fs::metadata(case.path("f")).unwrap().modified().unwrap(), before);
    case.told_nothing();
}

#[test]
fn a_saved_document_rests_on_the_new_file_and_undo_goes_on() {
    let mut case = Case::open("f", "text\n");
    case.type_keys("one ");
    save(&mut case);
    assert_eq!((case.read("f"), case.is_modified()), (b"one text\n".to_vec(), false));
    case.type_keys("two ");
    save(&mut case);
    assert_eq!(case.read("f"), b"one two text\n");
    case.run(&[Command::Undo]);
    assert_eq!((case.text(), case.is_modified()), ("one text\n".to_owned(), true));
    case.run(&[Command::Redo]);
    assert!(!case.is_modified());
    case.run(&[Command::Undo, Command::Undo]);
    save(&mut case);
    assert_eq!((case.read("f"), case.is_modified()), (b"text\n".to_vec(), false));
    assert_eq!(case.tab().lines(), Count::Exact(2));
    case.told_nothing();
}

#[test]
fn edits_during_a_save_stay_and_can_be_undone() {
    let mut case = Case::open("f", "text");
    case.type_keys("a");
    case.run(&[Command::Save]);
    case.type_keys("b");
    case.settle();
    assert_eq!((case.read("f"), case.text()), (b"atext".to_vec(), "abtext".to_owned()));
    assert!(case.is_modified());
    assert_eq!(case.head(), 2);
    case.run(&[Command::Undo]);
    assert_eq!((case.text(), case.is_modified()), ("atext".to_owned(), false));
    case.run(&[Command::Undo]);
    assert_eq!((case.text(), case.is_modified()), ("text".to_owned(), true));
    case.run(&[Command::Redo, Command::Redo]);
    save(&mut case);
    assert_eq!(case.read("f"), b"abtext");
}

#[test]
fn undone_during_a_save_is_modified() {
    let mut case = Case::open("f", "text");
    case.type_keys("a");
    case.run(&[Command::Save, Command::Undo]);
    assert!(!case.is_modified(), "as opened");
    case.settle();
    assert_eq!(
        (case.read("f"), case.text(), case.is_modified()),
        (b"atext".to_vec(), "text".to_owned(), true)
    );
}

#[test]
fn a_second_save_while_one_is_under_way_is_told() {
    let mut case = Case::open("f", "text");
    case.type_keys("a");
    case.run(&[Command::Save, Command::Save]);
    case.told("being saved already");
    case.settle();
    assert_eq!(case.read("f"), b"atext");
}

#[test]
fn a_symlink_is_saved_through() {
    let mut case = Case::new();
    case.write("target", "old");
    symlink("target", case.path("link")).unwrap();
    let link = case.path("link");
    case.open_path(&link);
    case.type_keys("x");
    save(&mut case);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(case.read("target"), b"xold");
}

fn changed_on_disk() -> Case {
    let mut case = Case::open("f", "text\n");
    case.type_keys("mine ");
    case.write("f", "theirs, which is longer\n");
    save(&mut case);
    match &case.editor.dialog {
        Some(Dialog::ChangedOnDisk { text, .. }) => {
            assert!(text.contains("grew on disk"), "{text}")
        }
        other => panic!("not asked: {other:?}"),
    }
    assert_eq!(case.read("f"), b"theirs, which is longer\n");
    case
}

#[test]
fn changed_on_disk_cancel() {
    let mut case = changed_on_disk();
    case.editor.answer(Answer::Cancel);
    case.settle();
    assert_eq!(
        (case.read("f"), case.text()),
        (b"theirs, which is longer\n".to_vec(), "mine text\n".to_owned())
    );
    assert!(case.is_modified());
}

#[test]
fn changed_on_disk_overwrite() {
    let mut case = changed_on_disk();
    case.editor.answer(Answer::Discard);
    case.settle();
    assert_eq!((case.read("f"), case.is_modified()), (b"mine text\n".to_vec(), false));
}

#[test]
fn changed_on_disk_save_as() {
    let mut case = changed_on_disk();
    case.editor.answer(Answer::SaveAs);
    case.pick_target("g");
    assert_eq!((case.read("g"), case.read("f").len()), (b"mine text\n".to_vec(), 24));
    assert_eq!((case.name(), case.is_modified()), ("g", false));
}

#[test]
fn changed_on_disk_reload() {
    let mut case = changed_on_disk();
    let caret = case.head();
    case.editor.answer(Answer::Reload);
    case.settle();
    assert_eq!((case.text(), case.head()), ("theirs, which is longer\n".to_owned(), caret));
    assert!(!case.is_modified() && !case.editor.can(Command::Undo));
    // It rests on the file as it is now.
    case.type_keys("x");
    save(&mut case);
    assert!(case.editor.dialog.is_none());
    assert_eq!(case.read("f").len(), 25);
}

#[test]
fn a_reloaded_file_keeps_views_and_shows_its_new_lines() {
    let text: String = (0..1000).map(|line| format!("line {line}\n")).collect();
    let mut case = Case::open("f", &text);
    case.run(&[Command::ViewHex]);
    case.select(500, 700);
    case.run(&[Command::ViewText]);
    case.tab_mut().text_page(10, 80);
    case.write("f", text.to_uppercase());
    let id = case.tab().id;
    case.editor.reload(id);
    case.settle();
    assert_eq!((case.tab().mode, case.tab().selection.span()), (Mode::Text, 500..700));
    let page = case.tab_mut().text_page(10, 80);
    assert!(page.bytes.starts_with(b"LINE 0"), "{:?}", page.bytes.escape_ascii().to_string());
    // Shorter than where the caret was.
    case.write("f", "short\n");
    let id = case.tab().id;
    case.editor.reload(id);
    case.settle();
    assert_eq!((case.head(), case.text()), (6, "short\n".to_owned()));
}

#[test]
fn a_reload_that_fails_keeps_the_edits() {
    let mut case = Case::open("f", "text\n");
    case.type_keys("x");
    fs::remove_file(case.path("f")).unwrap();
    let id = case.tab().id;
    case.editor.reload(id);
    case.settle();
    case.told("There is no file");
    assert_eq!((case.text(), case.is_modified()), ("xtext\n".to_owned(), true));
}

#[test]
fn a_file_that_is_being_saved_is_not_reloaded() {
    let mut case = Case::open("f", "text\n");
    case.type_keys("x");
    let id = case.tab().id;
    case.run(&[Command::Save]);
    case.editor.reload(id);
    case.settle();
    assert_eq!((case.text(), case.read("f")), ("xtext\n".to_owned(), b"xtext\n".to_vec()));
}

#[test]
fn what_was_read_before_a_save_does_not_replace_what_was_saved() {
    let mut case = Case::open("f", "text\n");
    let id = case.tab().id;
    case.editor.reload(id);
    let held = case.hold(1);
    case.type_keys("x");
    save(&mut case);
    held.into_iter().for_each(|job| case.editor.take_in(job));
    assert_eq!((case.text(), case.read("f")), ("xtext\n".to_owned(), b"xtext\n".to_vec()));
}

#[test]
fn a_read_only_file_is_refused_and_nothing_is_lost() {
    let mut case = Case::open("f", "text");
    fs::set_permissions(case.path("f"), fs::Permissions::from_mode(0o444)).unwrap();
    // The change of its mode counts as a change on disk; so open it anew.
    case.run(&[Command::CloseTab, Command::ReopenTab]);
    case.settle();
    case.run(&[Command::Unlock]);
    case.type_keys("x");
    save(&mut case);
    let notice = case.told("read-only");
    assert!(notice.is_error);
    assert_eq!(
        (case.read("f"), case.text(), case.is_modified()),
        (b"text".to_vec(), "xtext".to_owned(), true)
    );
    case.take_offer(&notice);
    case.pick_target("g");
    assert_eq!((case.read("g"), case.is_modified()), (b"xtext".to_vec(), false));
}

#[test]
fn save_as_changes_name_path_and_recent() {
    let mut case = Case::open("f", "text");
    case.type_keys("x");
    case.run(&[Command::SaveAs]);
    case.pick_target("g.txt");
    assert_eq!((case.read("f"), case.read("g.txt")), (b"text".to_vec(), b"xtext".to_vec()));
    assert_eq!((case.name(), case.labels()), ("g.txt", vec!["g.txt"]));
    assert_eq!(case.tab().path, Some(case.path("g.txt")));
    assert_eq!(case.editor.session.recent()[0], case.path("g.txt"));
    assert!(!case.is_modified());
    case.type_keys("y");
    save(&mut case);
    assert_eq!((case.read("f"), case.read("g.txt")), (b"text".to_vec(), b"xytext".to_vec()));
}

#[test]
fn save_as_unlocks() {
    let mut case = Case::new();
    case.write("f", "text");
    case.arguments(&["--read-only", "{}f"]);
    case.run(&[Command::SaveAs]);
    case.pick_target("g");
    case.type_keys("x");
    assert_eq!(case.text(), "xtext");
}

#[test]
fn save_as_to_an_existing_file_asks() {
    for (answer, expected) in [(Answer::Cancel, "old"), (Answer::Accept, "text")] {
        let mut case = Case::open("f", "text");
        case.write("g", "old");
        case.run(&[Command::SaveAs]);
        case.pick_target("g");
        assert!(matches!(&case.editor.dialog, Some(Dialog::Replace { path, .. }) if *path == case.path("g")));
        assert_eq!(case.read("g"), b"old");
        case.editor.answer(answer);
        case.settle();
        assert_eq!(case.read("g"), expected.as_bytes());
        assert_eq!(case.name(), if expected == "old" { "f" } else { "g" });
    }
}

#[test]
fn save_as_into_no_folder_is_told() {
    let mut case = Case::open("f", "text");
    case.type_keys("x");
    case.run(&[Command::SaveAs]);
    case.pick_target("no/such/folder");
    case.told("its folder does not exist");
    assert!(case.is_modified());
}

#[test]
fn an_answer_of_the_file_dialog_is_for_the_tab_that_asked() {
    let mut case = Case::open("a", "a");
    case.open_file("b", "b");
    case.editor.activate(0);
    case.run(&[Command::SaveAs]);
    case.editor.activate(1);
    case.run(&[Command::SaveAs]);
    case.told("open already");
    case.pick_target("c");
    assert_eq!((case.read("c"), case.labels()), (b"a".to_vec(), vec!["c", "b"]));
}

#[test]
fn hard_links_are_told_before_they_part() {
    let mut case = Case::new();
    case.write("f", "text");
    fs::hard_link(case.path("f"), case.path("other")).unwrap();
    let path = case.path("f");
    case.open_path(&path);
    case.type_keys("x");
    save(&mut case);
    assert!(matches!(case.editor.dialog, Some(Dialog::SaveLoses { .. })));
    assert_eq!(case.read("f"), b"text");
    case.editor.answer(Answer::Accept);
    case.settle();
    assert_eq!((case.read("f"), case.read("other")), (b"xtext".to_vec(), b"text".to_vec()));
    assert!(!case.is_modified());
}

#[test]
fn a_cancelled_save_leaves_the_file_or_completes() {
    let mut case = Case::open("f", "x".repeat(4 << 20));
    case.type_keys("y");
    case.run(&[Command::Save]);
    let id = case.tab().id;
    case.editor.cancel(Task::Save, id);
    case.settle();
    let whole = case.read("f").len() == (4 << 20) + 1;
    assert_eq!(case.is_modified(), !whole);
    if !whole {
        assert_eq!(case.read("f").len(), 4 << 20);
        case.told("cancelled");
    }
    let left: Vec<_> = fs::read_dir(case.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["f"]);
}

#[test]
fn a_selection_is_saved_by_reference() {
    let mut case = Case::open("f", "one two three");
    assert!(!case.editor.can(Command::SaveSelectionAs));
    case.run(&[Command::SaveSelectionAs]);
    case.told("Nothing is selected");
    case.select(4, 7);
    case.type_keys("2");
    case.run(&[Command::Undo, Command::SaveSelectionAs]);
    case.pick_target("part");
    case.told("Saved");
    assert_eq!((case.read("part"), case.name()), (b"two".to_vec(), "f"));
    case.run(&[Command::SaveSelectionAs]);
    case.pick_target("part");
    assert!(matches!(case.editor.dialog, Some(Dialog::Replace { .. })));
    case.select_all_of(&[(0, 3), (8, 13)]);
    case.editor.answer(Answer::Cancel);
    case.run(&[Command::SaveSelectionAs]);
    case.pick_target("parts");
    assert_eq!(case.read("parts"), b"one\nthree");
}

#[test]
fn files_are_inserted_by_reference_in_the_order_given() {
    let mut case = Case::open("f", "<>");
    case.write("1", "one\n".repeat(400_000));
    case.write("2", "two");
    case.move_by(Motion::Right, 1);
    case.run(&[Command::InsertFile]);
    case.pick_files(&["1", "2"]);
    let expected = format!("<{}two>", "one\n".repeat(400_000));
    assert!(case.text() == expected);
    assert_eq!((case.head(), case.tab().lines()), (expected.len() as u64 - 1, Count::Exact(400_001)));
    save(&mut case);
    assert!(case.read("f") == expected.as_bytes());
    case.run(&[Command::Undo]);
    assert_eq!(case.text(), "<>");
    case.run(&[Command::InsertFile]);
    case.pick_files(&["missing"]);
    case.told("There is no file");
}

#[test]
fn an_inserted_file_goes_to_its_tab_even_in_the_back() {
    let mut case = Case::open("a", "a");
    case.write("1", "one");
    case.run(&[Command::InsertFile]);
    case.open_file("b", "b");
    case.pick_files(&["1"]);
    assert_eq!((case.name(), case.text()), ("b", "b".to_owned()));
    case.editor.activate(0);
    assert_eq!(case.text(), "onea");
}

#[test]
fn a_job_that_panics_is_told_and_ends_what_waits_for_it() {
    let mut case = Case::open("f", "text");
    case.type_keys("x");
    case.run(&[Command::CloseTab]);
    case.editor.answer(Answer::Accept);
    for mut job in case.hold(1) {
        job.result = None;
        case.editor.take_in(job);
    }
    case.told("stopped by an error in Hextant itself");
    assert_eq!((case.labels(), case.is_modified()), (vec!["f"], true));
    save(&mut case);
    assert_eq!(case.labels(), ["f"]);
}

#[test]
fn save_as_onto_the_file_itself_asks_and_is_undone_like_any_save() {
    let large: Vec<u8> = (0..200_000_u32).flat_map(|line| format!("{line:06}\n").into_bytes()).collect();
    for contents in [b"text".to_vec(), large] {
        let mut case = Case::open("f", &contents);
        case.type_keys("x");
        case.run(&[Command::SaveAs]);
        case.pick_target("f");
        assert!(matches!(&case.editor.dialog, Some(Dialog::Replace { path, .. }) if *path == case.path("f")));
        case.editor.answer(Answer::Accept);
        case.settle();
        assert_eq!(case.read("f"), [b"x", &contents[..]].concat());
        assert_eq!((case.labels(), case.is_modified(), case.editor.bar()), (vec!["f"], false, None));
        case.run(&[Command::Undo]);
        assert_eq!(case.bytes(), contents);
        save(&mut case);
        assert_eq!(case.read("f"), contents);
    }
}

#[test]
fn save_as_onto_another_open_document_leaves_what_that_one_shows() {
    let large = |first: u32| -> Vec<u8> {
        (first..first + 200_000).flat_map(|line| format!("{line:06}\n").into_bytes()).collect()
    };
    for (one, other) in [(b"one".to_vec(), b"other".to_vec()), (large(0), large(500_000))] {
        let mut case = Case::open("one", &one);
        case.editor.set_saves(case.path("saves"));
        case.open_file("other", &other);
        case.type_keys("edited ");
        let shown = case.bytes();
        case.editor.activate(0);
        case.run(&[Command::SaveAs]);
        case.pick_target("other");
        case.editor.answer(Answer::Accept);
        case.settle();
        assert_eq!(case.read("other"), one);
        assert_eq!(case.read("one"), one);
        // The other one has its bytes and its edits, and nothing of that is saved without a question.
        case.editor.activate(1);
        assert_eq!((case.bytes(), case.is_modified()), (shown.clone(), true));
        case.run(&[Command::Undo]);
        assert_eq!(case.bytes(), other);
        case.run(&[Command::Redo]);
        save(&mut case);
        assert!(matches!(case.editor.dialog, Some(Dialog::ChangedOnDisk { .. })), "{:?}", case.editor.dialog);
        assert_eq!(case.read("other"), one);
        case.editor.answer(Answer::Discard);
        case.settle();
        assert_eq!(case.read("other"), shown);
        // And so the other way round.
        case.editor.activate(0);
        assert_eq!(case.bytes(), one);
    }
}
