//! When a journal is there, and when it is not.

use super::*;

#[test]
fn edits_that_are_saved_given_up_or_undone_leave_no_journal() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("x");
    case.wait_until(|case| case.journals().len() == 1);
    case.run(&[Command::Undo]);
    case.wait_until(|case| case.journals().is_empty());
    case.run(&[Command::Redo]);
    case.wait_until(|case| case.journals().len() == 1);
    case.run(&[Command::Save]);
    case.settle();
    case.wait_until(|case| case.journals().is_empty());
    case.type_text("y");
    case.wait_until(|case| case.journals().len() == 1);
    case.run(&[Command::CloseTab]);
    case.editor.answer(Answer::Discard);
    case.wait_until(|case| case.journals().is_empty());
    case.open_file("b", "b");
    case.type_text("z");
    case.wait_until(|case| case.journals().len() == 1);
    case.run(&[Command::Quit]);
    case.editor.answer(Answer::Discard);
    let mut quits = false;
    while !quits {
        case.editor.tick(case.editor.now);
        quits = case.quits();
    }
    assert_eq!(case.journals(), Vec::<PathBuf>::new());
}

#[test]
fn edits_made_while_it_is_saved_stay_in_a_journal_over_the_new_file() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("x");
    case.run(&[Command::Save]);
    case.type_text("y");
    case.settle();
    assert!(case.is_modified());
    case.crash_and_open("app.log");
    assert_eq!(case.text(), "xone");
    case.act("Recover");
    assert_eq!(case.text(), "xyone");
}

#[test]
fn saved_under_another_name_it_has_the_journal_of_that() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("x");
    case.wait_until(|case| case.journals().len() == 1);
    case.run(&[Command::SaveAs]);
    case.pick_target("other.log");
    case.type_text("y");
    case.crash_and_open("other.log");
    case.act("Recover");
    assert_eq!(case.text(), "xyone");
    case.wait_until(|case| case.journals().len() == 1);
}

#[test]
fn a_file_opened_read_only_leaves_no_trace_even_when_it_is_edited() {
    let mut case = Case::new();
    case.journal();
    case.write("a", "text");
    case.arguments(&["--read-only", "{}/a"]);
    case.run(&[Command::Unlock]);
    case.type_text("x");
    case.editor.keep_journals();
    assert!(case.tab().unprotected.is_some());
    case.crash();
    assert_eq!(case.journals(), Vec::<PathBuf>::new());
}

#[test]
fn another_window_with_unsaved_edits_of_the_same_file_is_told_of() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("x");
    case.wait_until(|case| case.journals().len() == 1);
    let mut second = Case::new();
    second.editor.set_journals(case.path("state"), u64::MAX);
    second.open_path(&case.path("app.log"));
    second.wait_until(|second| !second.editor.notices.is_empty());
    second.told("Another Hextant window has unsaved edits of “app.log”");
    assert!(second.editor.bar().is_none(), "what another window has is not offered");
    // Both are protected.
    second.type_text("y");
    second.wait_until(|_| case.journals().len() == 2);
    assert_eq!(second.tab().unprotected, None);
}

/// VS Code writes its backups on the thread that draws.
#[test]
fn typing_never_waits_for_the_disk() {
    let mut case = Case::new();
    let trouble = Troubled::new(&case);
    case.journal_in(Arc::new(trouble.clone()));
    case.open_file("app.log", "text");
    trouble.hold(true);
    // If it did, this would never end: the disk answers only after it.
    for _ in 0..500 {
        case.type_text("x");
        case.editor.keep_journals();
        case.editor.tick(case.editor.now);
    }
    trouble.hold(false);
    let expected = format!("{}text", "x".repeat(500));
    case.wait_until(|case| {
        let written = case.journals().first().and_then(|path| fs::read(path).ok());
        written.and_then(|bytes| read(&bytes).ok()).is_some_and(|read| read.added.len() == 500)
    });
    assert_eq!(case.text(), expected);
}

#[test]
fn a_full_disk_is_told_and_tried_again() {
    let mut case = Case::new();
    let trouble = Troubled::new(&case);
    case.journal_in(Arc::new(trouble.clone()));
    case.open_file("app.log", "text");
    case.type_text("one");
    case.wait_until(|case| case.journals().len() == 1);
    assert_eq!(case.tab().unprotected, None);
    trouble.is_full.store(true, Ordering::Relaxed);
    case.type_text("two");
    case.wait_until(|case| case.tab().unprotected.is_some());
    case.type_text("three");
    // What was written is still there.
    assert_eq!(read(&fs::read(&case.journals()[0]).unwrap()).unwrap().added, b"one");
    trouble.is_full.store(false, Ordering::Relaxed);
    case.wait_until(|case| case.tab().unprotected.is_none());
    case.crash_and_open("app.log");
    case.act("Recover");
    assert_eq!(case.text(), "onetwothreetext");
}

#[test]
fn a_journal_of_another_version_is_left_alone() {
    let mut case = Case::new();
    let path = case.write("state/0011223344556677.journal", "hextant journal 7\nwhatever comes then");
    case.journal();
    case.arguments(&[]);
    let notice = case.told("written by another version");
    assert!(notice.text.contains(path.to_str().unwrap()));
    assert!(case.editor.bar().is_none());
    case.open_file("a", "a");
    case.told_nothing();
    assert!(path.exists());
}

/// The program was killed between the rename of a save and the word of it.
#[test]
fn a_save_that_was_just_done_leaves_nothing_to_recover() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("x");
    let snapshot = case.tab().document.snapshot();
    let id = case.tab().id;
    case.editor.journal_saving(id, &snapshot);
    case.crash();
    case.write("app.log", "xone");
    let path = case.path("app.log");
    case.open_path(&path);
    assert!(case.editor.bar().is_none());
    assert_eq!(case.journals(), Vec::<PathBuf>::new());
}
