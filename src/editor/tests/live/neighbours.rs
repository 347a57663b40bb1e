//! Others at the same file or machine: programs that write it, bars that take the keys, counting that gives way.

use super::*;

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
