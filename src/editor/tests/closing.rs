use super::*;

fn three() -> Case {
    let mut case = Case::open("a", "a");
    case.open_file("b", "b");
    case.open_file("c", "c");
    case
}

fn is_asked(case: &Case) -> bool {
    matches!(case.editor.dialog, Some(Dialog::Unsaved { .. }))
}

#[test]
fn tabs_cycle() {
    let mut case = three();
    case.run(&[Command::NextTab]);
    assert_eq!(case.name(), "a");
    case.run(&[Command::PreviousTab, Command::PreviousTab]);
    assert_eq!(case.name(), "b");
}

#[test]
fn closing_shows_the_tab_to_the_right_or_else_to_the_left() {
    let mut case = three();
    case.editor.activate(1);
    case.run(&[Command::CloseTab]);
    assert_eq!((case.labels(), case.name()), (vec!["a", "c"], "c"));
    case.run(&[Command::CloseTab]);
    assert_eq!((case.labels(), case.name()), (vec!["a"], "a"));
    case.run(&[Command::CloseTab, Command::CloseTab]);
    assert!(case.editor.tabs.is_empty() && case.editor.tab().is_none());
}

#[test]
fn closing_a_tab_in_the_back_leaves_the_front() {
    let mut case = three();
    case.editor.activate(1);
    case.editor.close(0);
    assert_eq!((case.labels(), case.name()), (vec!["b", "c"], "b"));
    case.editor.close(1);
    assert_eq!((case.labels(), case.name()), (vec!["b"], "b"));
}

#[test]
fn closed_tabs_come_back_the_last_first_with_their_caret_and_view() {
    let mut case = three();
    case.move_by(Motion::Right, 1);
    case.editor.activate(1);
    case.run(&[Command::ViewHex, Command::CloseTab]);
    case.editor.close(1);
    case.run(&[Command::ReopenTab]);
    case.settle();
    assert_eq!((case.name(), case.head()), ("c", 1));
    case.run(&[Command::ReopenTab]);
    case.settle();
    assert_eq!((case.labels(), case.name(), case.tab().mode), (vec!["a", "c", "b"], "b", Mode::Hex));
    assert!(!case.editor.can(Command::ReopenTab));
    case.run(&[Command::ReopenTab]);
}

#[test]
fn closing_asks_once_and_each_answer_works() {
    let mut case = three();
    case.type_text("x");
    case.run(&[Command::CloseTab]);
    assert!(is_asked(&case));
    case.editor.answer(Answer::Cancel);
    assert_eq!((case.labels().len(), case.text()), (3, "xc".to_owned()));

    case.run(&[Command::CloseTab]);
    case.editor.answer(Answer::Accept);
    case.settle();
    assert_eq!((case.labels(), case.read("c")), (vec!["a", "b"], b"xc".to_vec()));

    case.type_text("y");
    case.run(&[Command::CloseTab]);
    case.editor.answer(Answer::Discard);
    case.settle();
    assert_eq!((case.labels(), case.read("b")), (vec!["a"], b"b".to_vec()));
    assert!(case.editor.dialog.is_none());
    case.told_nothing();
}

#[test]
fn closing_an_untitled_document_asks_for_a_name() {
    let mut case = Case::new();
    case.run(&[Command::New]);
    case.type_text("new");
    case.run(&[Command::CloseTab]);
    case.editor.answer(Answer::Accept);
    case.pick_target("named");
    assert_eq!((case.labels().len(), case.read("named")), (0, b"new".to_vec()));
}

#[test]
fn a_person_who_gives_no_name_keeps_the_document() {
    let mut case = Case::new();
    case.run(&[Command::New]);
    case.type_text("new");
    case.run(&[Command::Quit]);
    case.editor.answer(Answer::Accept);
    case.editor.take_requests();
    case.editor.picked(PathPurpose::SaveAs, Some(Vec::new()));
    case.settle();
    assert!(!case.quits());
    // A later save has nothing to do with that.
    case.run(&[Command::Save]);
    case.pick_target("named");
    assert!(!case.quits());
    assert_eq!(case.labels(), ["named"]);
}

#[test]
fn quitting_without_edits_ends_at_once() {
    let mut case = Case::new();
    case.run(&[Command::Quit]);
    assert!(case.quits());
    let mut case = three();
    case.run(&[Command::Quit]);
    assert!(case.quits());
}

#[test]
fn quitting_asks_once_for_all() {
    let mut case = three();
    case.type_text("x");
    case.editor.activate(0);
    case.type_text("y");
    case.run(&[Command::Quit]);
    let Some(Dialog::Unsaved { tabs, quit: true }) = &case.editor.dialog else { panic!("not asked") };
    assert_eq!(tabs.len(), 2);
    // The window's own button, again.
    case.editor.quit();
    case.editor.answer(Answer::Cancel);
    assert!(case.editor.dialog.is_none() && !case.quits());

    case.run(&[Command::Quit]);
    case.editor.answer(Answer::Accept);
    assert!(!case.quits(), "nothing is saved yet");
    case.settle();
    assert!(case.quits());
    assert_eq!((case.read("a"), case.read("b"), case.read("c")), (b"ya".into(), b"b".into(), b"xc".into()));
}

#[test]
fn quitting_without_saving_writes_nothing() {
    let mut case = three();
    case.type_text("x");
    case.run(&[Command::Quit]);
    case.editor.answer(Answer::Discard);
    case.settle();
    assert!(case.quits());
    assert_eq!(case.read("c"), b"c");
}

#[test]
fn a_failing_save_keeps_everything() {
    let mut case = three();
    for index in [0, 1, 2] {
        case.editor.activate(index);
        case.type_text("x");
    }
    fs::remove_file(case.path("b")).unwrap();
    fs::create_dir(case.path("b")).unwrap();
    case.run(&[Command::Quit]);
    case.editor.answer(Answer::Accept);
    case.settle();
    assert!(!case.quits());
    assert_eq!(case.read("a"), b"xa");
    assert_eq!((case.labels(), case.name(), case.is_modified()), (vec!["a", "b", "c"], "b", true));
    assert_eq!(case.read("c"), b"c", "the next is not saved any more");
    case.told("is a folder");
    assert!(case.editor.dialog.is_none());
    // What is saved afterwards does not end the program.
    case.editor.activate(2);
    case.run(&[Command::Save]);
    case.settle();
    assert!(!case.quits());
}

#[test]
fn a_question_on_the_way_out_is_answered_and_then_it_goes_on() {
    let mut case = three();
    for index in [0, 1] {
        case.editor.activate(index);
        case.type_text("x");
    }
    let theirs = b"theirs, and longer";
    case.write("a", theirs);
    case.run(&[Command::Quit]);
    case.editor.answer(Answer::Accept);
    case.settle();
    assert!(matches!(case.editor.dialog, Some(Dialog::ChangedOnDisk { .. })));
    assert!(!case.quits());
    case.editor.answer(Answer::Discard);
    case.settle();
    assert!(case.quits());
    assert_eq!((case.read("a"), case.read("b")), (b"xa".into(), b"xb".into()));

    let mut case = three();
    case.type_text("x");
    case.write("c", theirs);
    case.run(&[Command::Quit]);
    case.editor.answer(Answer::Accept);
    case.settle();
    case.editor.answer(Answer::Cancel);
    case.settle();
    assert!(!case.quits());
    assert_eq!((case.read("c"), case.is_modified()), (theirs.to_vec(), true));
}

#[test]
fn several_untitled_documents_are_named_one_after_the_other() {
    let mut case = Case::new();
    case.run(&[Command::New]);
    case.type_text("one");
    case.run(&[Command::New]);
    case.type_text("two");
    case.run(&[Command::Quit]);
    case.editor.answer(Answer::Accept);
    case.pick_target("1");
    assert_eq!(case.name(), "untitled 2");
    case.pick_target("2");
    assert!(case.quits());
    assert_eq!((case.read("1"), case.read("2")), (b"one".into(), b"two".into()));
}

#[test]
fn what_is_typed_while_it_is_saved_to_be_closed_is_asked_about_again() {
    let mut case = Case::open("a", "a");
    case.type_text("x");
    case.run(&[Command::CloseTab]);
    case.editor.answer(Answer::Accept);
    case.type_text("y");
    case.settle();
    assert!(is_asked(&case));
    assert_eq!((case.text(), case.read("a")), ("xya".to_owned(), b"xa".to_vec()));
}

#[test]
fn a_save_that_is_under_way_is_waited_for() {
    let mut case = Case::open("a", "a");
    case.type_text("x");
    case.run(&[Command::Save, Command::Quit]);
    assert!(is_asked(&case));
    case.editor.answer(Answer::Accept);
    assert!(!case.quits());
    case.settle();
    assert!(case.quits());
    assert_eq!(case.read("a"), b"xa");
    case.told_nothing();
}

#[test]
fn quitting_waits_for_what_is_being_written() {
    let mut case = Case::open("a", "a");
    case.run(&[Command::SelectAll, Command::SaveSelectionAs]);
    let target = case.path("part");
    case.editor.take_requests();
    case.editor.picked(PathPurpose::SaveSelection, Some(vec![target]));
    case.run(&[Command::Quit]);
    assert!(!case.quits());
    case.told("as soon as");
    case.settle();
    assert!(case.quits());
    assert_eq!(case.read("part"), b"a");
}

#[test]
fn a_tab_can_be_closed_while_its_jobs_run() {
    let mut case = Case::open("a", "a");
    // A save of it, which is then given up.
    case.type_text("x");
    case.run(&[Command::Save]);
    case.run(&[Command::CloseTab]);
    case.editor.answer(Answer::Discard);
    assert!(case.editor.tabs.is_empty());
    case.settle();
    case.told_nothing();
    // An opening, an insertion, a read, a count, a copy of it.
    case.open_file("b", "b".repeat(200_000));
    let id = case.tab().id;
    let path = case.path("b");
    case.editor.insert_files(id, vec![path]);
    case.editor.fetch(id, 0..10);
    case.run(&[Command::SelectAll, Command::Copy]);
    case.editor.reload(id);
    case.editor.close(0);
    assert_eq!(case.copied().len(), 200_000);
    assert!(case.editor.tabs.is_empty());
    case.told_nothing();
}

#[test]
fn a_question_about_closing_comes_before_small_windows_and_after_other_questions() {
    let mut case = Case::open("a", "abc");
    case.type_text("x");
    case.run(&[Command::GoTo]);
    case.editor.preview_go_to("end".to_owned());
    case.editor.quit();
    assert!(is_asked(&case));
    assert_eq!(case.head(), 1, "what was previewed was not agreed to");
    case.run(&[Command::Keys]);
    assert!(is_asked(&case));
    case.editor.answer(Answer::Cancel);

    case.write("a", "changed");
    case.run(&[Command::Save]);
    case.settle();
    assert!(matches!(case.editor.dialog, Some(Dialog::ChangedOnDisk { .. })));
    case.editor.quit();
    assert!(matches!(case.editor.dialog, Some(Dialog::ChangedOnDisk { .. })));
    case.editor.answer(Answer::Cancel);
    assert!(is_asked(&case));
}
