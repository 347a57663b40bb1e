//! What was open is there again at the next start.

use super::*;

/// Settings and the session of the last time, as the program reads them when it is started.
fn start_again(case: &mut Case) {
    case.crash();
    let (session, error) = Session::load(&case.path("config"));
    assert_eq!(error, None);
    case.editor.session = session;
}

fn quit(case: &mut Case) {
    case.run(&[Command::Quit]);
    assert!(case.editor.dialog.is_none(), "nothing is asked");
    let mut quits = false;
    while !quits {
        case.editor.tick(case.editor.now);
        quits = case.quits();
    }
}

#[test]
fn what_was_open_is_there_again_with_its_unsaved_edits_and_nobody_is_asked() {
    let mut case = Case::new();
    start_again(&mut case);
    case.open_file("a", lines(0..300));
    case.open_file("b", b"\0\x01binary");
    case.open_file("c", "third");
    case.run(&[Command::New]);
    case.type_text("never saved");
    case.editor.activate(0);
    case.go_to("200:3");
    case.type_text("edited ");
    case.tab_mut().text.top = 0;
    case.select(5, 9);
    let (bytes, carets) = (case.bytes(), case.tab().selection.carets().to_vec());
    quit(&mut case);
    assert_eq!(case.read("a"), lines(0..300).into_bytes());

    start_again(&mut case);
    case.arguments(&[]);
    case.wait_until(|case| case.editor.tabs.len() == 4);
    case.settle();
    assert_eq!(case.labels(), ["a", "b", "c", "untitled"]);
    assert!(case.editor.bar().is_none());
    case.told_nothing();
    assert_eq!(case.editor.tabs[1].mode, Mode::Hex);
    let untitled = case.editor.tabs[3].document.snapshot();
    assert_eq!(untitled.read(0..20).unwrap(), b"never saved");
    case.editor.activate(0);
    assert_eq!((case.bytes(), case.tab().selection.carets()), (bytes, &carets[..]));
    assert!(case.is_modified());
    // They are kept again, and again.
    quit(&mut case);
    start_again(&mut case);
    case.arguments(&[]);
    case.wait_until(|case| case.editor.tabs.len() == 4);
    case.settle();
    assert!(case.is_modified() && case.editor.bar().is_none());
}

#[test]
fn the_tab_that_was_in_front_is_in_front_again() {
    let mut case = Case::new();
    start_again(&mut case);
    ["a", "b", "c"].iter().for_each(|name| case.open_file(name, name));
    case.editor.activate(1);
    quit(&mut case);
    for _ in 0..5 {
        start_again(&mut case);
        case.arguments(&[]);
        assert_eq!((case.labels(), case.name()), (vec!["a", "b", "c"], "b"));
        quit(&mut case);
    }
    // Not with a file on the command line, and not where it is switched off.
    start_again(&mut case);
    case.arguments(&["{}/c"]);
    assert_eq!(case.labels(), ["c"]);
    start_again(&mut case);
    case.editor.settings.restore_session = false;
    case.arguments(&[]);
    assert!(case.editor.tabs.is_empty());
}

#[test]
fn quitting_asks_for_edits_that_are_not_written_down_or_not_to_come_back() {
    let mut case = Case::new();
    start_again(&mut case);
    case.open_file("a", "a");
    case.type_text("x");
    case.editor.settings.restore_session = false;
    case.run(&[Command::Quit]);
    assert!(matches!(case.editor.dialog, Some(Dialog::Unsaved { quit: true, .. })));
    case.editor.answer(Answer::Cancel);
    case.editor.settings.restore_session = true;
    case.tab_mut().unprotected = Some("No space left on device".to_owned());
    case.run(&[Command::Quit]);
    assert!(matches!(case.editor.dialog, Some(Dialog::Unsaved { quit: true, .. })));
}

/// klogg#803: a file that hung the program hung it again, each time that the session was restored.
#[test]
fn a_file_that_was_being_opened_when_it_crashed_is_not_opened_by_itself() {
    let mut case = Case::new();
    start_again(&mut case);
    case.open_file("good", "good");
    case.editor.tick(Duration::from_secs(5));
    case.settle();
    case.open_file("bad", "bad");
    case.settle();
    start_again(&mut case);
    case.arguments(&[]);
    assert_eq!(case.labels(), ["good"]);
    case.told("“bad” was being opened when Hextant was closed by a crash".split_once('”').unwrap().1);
    // The next time it is forgotten.
    case.editor.tick(Duration::from_secs(5));
    case.settle();
    start_again(&mut case);
    case.arguments(&[]);
    assert_eq!(case.labels(), ["good"]);
    case.told_nothing();
}

#[test]
fn a_file_that_is_gone_keeps_nothing_else_from_coming_back() {
    let mut case = Case::new();
    start_again(&mut case);
    ["a", "b"].iter().for_each(|name| case.open_file(name, name));
    quit(&mut case);
    fs::remove_file(case.path("b")).unwrap();
    start_again(&mut case);
    case.arguments(&[]);
    assert_eq!(case.labels(), ["a"]);
    assert_eq!(case.editor.notices.len(), 1);
    assert!(!case.editor.notices[0].is_error);
}

/// A file that was inserted is named, not copied, if it is large (here: over 64 bytes).
#[test]
fn large_files_that_were_inserted_come_back_from_where_they_are() {
    for has_changed in [false, true] {
        let mut case = Case::journaled("app.log", "one two");
        case.write("large", lines(0..100));
        case.move_by(Motion::Right, 4);
        case.run(&[Command::InsertFile]);
        case.pick_files(&["large"]);
        let expected = format!("one {}two", lines(0..100));
        assert_eq!(case.text(), expected);
        case.crash();
        assert!(read(&fs::read(&case.journals()[0]).unwrap()).unwrap().added.is_empty());
        if has_changed {
            case.write("large", lines(1..101));
        }
        let path = case.path("app.log");
        case.open_path(&path);
        case.act("Recover");
        if has_changed {
            assert_eq!(case.text(), "one two");
            assert!(case.bar_text().unwrap().starts_with("1 edit of “app.log” has no place"));
        } else {
            assert_eq!(case.text(), expected);
            assert!(case.editor.bar().is_none());
        }
    }
}

#[test]
fn edits_kept_when_it_was_closed_are_offered_where_a_file_is_named() {
    let mut case = Case::new();
    start_again(&mut case);
    case.open_file("a", "a");
    case.type_text("x");
    quit(&mut case);
    start_again(&mut case);
    case.arguments(&["{}/a"]);
    assert_eq!(case.bar_text().as_deref(), Some("Hextant was closed with 1 unsaved edit to “a”."));
    case.act("Recover");
    assert_eq!(case.text(), "xa");
}
