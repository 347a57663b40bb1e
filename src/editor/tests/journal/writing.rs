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
    assert!(!case.path("claims").exists());
}

/// Vim asks at the opening, by a file beside the file, and never again.
#[test]
fn who_edits_a_file_is_told_to_all_who_have_it_open_until_it_is_saved() {
    let mut case = Case::journaled("app.log", "one");
    let mut second = Case::new();
    for editor in [&mut case.editor, &mut second.editor] {
        editor.watch_files();
    }
    second.editor.set_journals(case.path("state"), u64::MAX);
    second.open_path(&case.path("app.log"));
    // It is open in both before it is edited in one.
    for _ in 0..3 {
        case.editor.tick(case.editor.now);
        second.editor.tick(second.editor.now);
    }
    let told = format!(
        "Another Hextant (process {}) has unsaved edits of “app.log”. Both can go on: whoever saves second is asked \
         before anything is overwritten.",
        std::process::id()
    );
    case.type_text("x");
    case.editor.keep_journals();
    second.wait_until(|second| second.editor.bar().is_some());
    assert_eq!(second.bar(), (told.clone(), vec!["Dismiss"]));
    assert!(case.editor.bar().is_none(), "nobody is told of what they do themselves");
    // Nobody is kept from anything, and both are protected.
    second.type_text("y");
    second.editor.keep_journals();
    case.wait_until(|case| case.editor.bar().is_some() && case.journals().len() == 2);
    assert_eq!(case.bar_text(), Some(told));
    assert_eq!(second.tab().unprotected, None);
    // It is told once; and it ends with the edits.
    second.act("Dismiss");
    assert_eq!(second.editor.bar(), None);
    second.run(&[Command::Undo]);
    second.editor.keep_journals();
    case.wait_until(|case| case.editor.bar().is_none());
    // Through a save, which puts another file in its place, both find each other.
    case.run(&[Command::Save]);
    case.settle();
    second.wait_until(|second| second.bar_text().is_some_and(|text| text.contains("on disk")));
    case.type_text("z");
    case.editor.keep_journals();
    second.wait_until(|second| !second.tab().other_editors.is_empty());
    second.type_text("w");
    second.editor.keep_journals();
    case.wait_until(|case| case.editor.bar().is_some());
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

/// With a disk on which a sync takes 50 ms. What may not happen on the thread of who types is counted. The times are told (with
/// `--nocapture`: p99 is to be at most 2 ms), and judged only by what another program on the machine cannot cause.
#[test]
fn a_slow_disk_delays_no_keystroke() {
    let mut case = Case::new();
    let trouble = Troubled { latency: Duration::from_millis(50), ..Troubled::new(&case) };
    case.journal_in(Arc::new(trouble.clone()));
    case.open_file("app.log", "text");
    let mut times = Vec::new();
    let start = std::time::Instant::now();
    // Somebody who types without a pause for a while: a sync is due all the time.
    while start.elapsed() < Duration::from_millis(2500) {
        let keystroke = std::time::Instant::now();
        case.type_text("x");
        case.editor.keep_journals();
        case.editor.tick(case.editor.now);
        times.push(keystroke.elapsed());
        std::thread::sleep(Duration::from_millis(2));
    }
    let typed = times.len();
    case.wait_until(|case| {
        let written = case.journals().first().and_then(|path| fs::read(path).ok());
        written.and_then(|bytes| read(&bytes).ok()).is_some_and(|read| read.added.len() == typed)
    });
    let workers = trouble.workers.lock().unwrap();
    assert!(workers.1 >= 2, "{} syncs", workers.1);
    assert!(!workers.0.contains(&std::thread::current().id()), "who types writes nothing");
    assert_eq!(workers.0.len(), 1, "the standing job does");
    times.sort_unstable();
    let p99 = times[typed * 99 / 100];
    println!("{typed} keystrokes, with 50 ms a sync: median {:?}, p99 {p99:?}", times[typed / 2]);
    assert!(times[typed / 2] < trouble.latency / 10);
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
