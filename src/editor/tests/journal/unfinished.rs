//! What becomes of a tab whose save broke off, when somebody else completes it, or nobody does.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use super::saves::{Failing, SAVED, case, large};
use super::*;
use crate::save::{Disk, Reached};

/// A save of these edits that breaks off at the first step at which it had come as far as this; what it was to write.
fn broken_off(edit: fn(&mut Case), reached: Reached) -> (Case, Vec<u8>) {
    for changes in 0..40 {
        let mut case = case();
        edit(&mut case);
        let saved = case.bytes();
        case.editor.files = Arc::new(Failing::after(changes));
        case.run(&[Command::Save]);
        case.settle();
        case.editor.files = Arc::new(Disk);
        case.editor.notices.clear();
        if case.tab().disk.unfinished().is_some_and(|unfinished| unfinished.reached == reached) {
            return (case, saved);
        }
    }
    panic!("no save breaks off there");
}

const EVERYWHERE: [Reached; 3] = [Reached::Journal, Reached::Half, Reached::All];

fn check(case: &mut Case) {
    let id = case.tab().id;
    case.editor.check(id);
    case.settle();
}

/// As another process does it, which knows nothing of who reads the file here.
fn write_elsewhere(case: &Case, bytes: &[u8]) {
    let file = OpenOptions::new().write(true).open(case.path("f")).unwrap();
    file.write_all_at(bytes, 0).unwrap();
    file.set_len(bytes.len() as u64).unwrap();
    drop(file);
    fs::remove_dir_all(case.path("saves")).unwrap();
}

fn is_saved(case: &mut Case, saved: &[u8]) {
    assert_eq!((case.bar_text(), case.is_modified()), (None, false));
    assert!(case.read("f") == saved && case.bytes() == saved);
    while case.tab().document.undo_name().is_some() {
        case.run(&[Command::Undo]);
    }
    assert!(case.bytes() == large(), "it is undone through the save");
    case.run(&[Command::Save]);
    case.settle();
    assert!(case.editor.dialog.is_none(), "{:?}", case.editor.dialog);
    assert!(case.read("f") == large() && !case.is_modified());
}

#[test]
fn a_save_that_broke_off_is_completed_when_another_file_is_opened_and_its_tab_knows() {
    for (edit, reached) in SAVED.into_iter().flat_map(|edit| EVERYWHERE.map(|reached| (edit, reached))) {
        let (mut case, saved) = broken_off(edit, reached);
        assert!(case.bar_text().unwrap().contains("was interrupted"));
        case.write("other", "other");
        let other = case.path("other");
        case.open_path(&other);
        case.settle();
        assert_eq!(case.name(), "other");
        case.told("It is complete now.");
        case.editor.activate(0);
        is_saved(&mut case, &saved);
    }
}

#[test]
fn a_save_that_another_process_completed_is_one_and_what_was_typed_since_stays() {
    for edit in SAVED {
        let (mut case, saved) = broken_off(edit, Reached::Half);
        write_elsewhere(&case, &saved);
        check(&mut case);
        is_saved(&mut case, &saved);

        let (mut case, saved) = broken_off(edit, Reached::Half);
        case.select(50_000, 50_000);
        case.type_text("since");
        let edited = case.bytes();
        write_elsewhere(&case, &saved);
        check(&mut case);
        assert_eq!((case.bar_text(), case.is_modified()), (None, true));
        assert!(case.bytes() == edited);
        case.run(&[Command::Save]);
        case.settle();
        assert!(case.read("f") == edited && !case.is_modified());
    }
}

#[test]
fn a_save_that_nobody_will_complete_is_waited_for_no_longer() {
    let (mut case, saved) = broken_off(SAVED[0], Reached::Journal);
    fs::remove_dir_all(case.path("saves")).unwrap();
    check(&mut case);
    assert_eq!((case.bar_text(), case.is_modified()), (None, true));
    assert!(case.read("f") == large() && case.bytes() == saved);
    case.run(&[Command::Save]);
    case.settle();
    is_saved(&mut case, &saved);

    // Somebody wrote something else.
    let (mut case, mut theirs) = broken_off(SAVED[0], Reached::Half);
    theirs[400_001] = b'?';
    write_elsewhere(&case, &theirs);
    check(&mut case);
    let text = case.bar_text().unwrap();
    assert!(text.contains("was rewritten on disk while you edited it"), "{text}");
    assert!(case.is_modified() && case.read("f") == theirs);
}

/// It used to be told as another program’s file, to be loaded or overwritten.
#[test]
fn a_file_that_was_saved_and_cannot_be_opened_is_not_taken_for_somebody_elses() {
    let mut case = Case::new();
    case.open_file("f", "old");
    case.type_text("new ");
    let disk = Failing::after(usize::MAX);
    disk.is_blind.store(true, Ordering::Relaxed);
    case.editor.files = Arc::new(disk.clone());
    case.run(&[Command::Save]);
    case.settle();
    assert_eq!(case.read("f"), b"new old");
    let (text, actions) = case.bar();
    assert!(text.contains("has its new contents on disk, but could not be opened again"), "{text}");
    assert_eq!(actions, ["Save again", "Save as…"]);
    check(&mut case);
    assert!(case.bar_text().is_some() && case.tab().is_unsaved());
    // It can be opened again.
    disk.is_blind.store(false, Ordering::Relaxed);
    check(&mut case);
    assert_eq!((case.bar_text(), case.is_modified()), (None, false));
    case.type_text("more ");
    case.run(&[Command::Save]);
    case.settle();
    assert_eq!(case.read("f"), b"new more old");
    assert!(case.editor.dialog.is_none() && !case.is_modified());
}

#[test]
fn saving_again_what_could_not_be_opened_asks_nothing() {
    let mut case = Case::new();
    case.open_file("f", "old");
    case.type_text("new ");
    let disk = Failing::after(usize::MAX);
    disk.is_blind.store(true, Ordering::Relaxed);
    case.editor.files = Arc::new(disk);
    case.run(&[Command::Save]);
    case.settle();
    case.editor.files = Arc::new(Disk);
    case.type_text("more ");
    case.act("Save again");
    case.settle();
    assert!(case.editor.dialog.is_none(), "{:?}", case.editor.dialog);
    assert_eq!(case.read("f"), b"new more old");
    assert_eq!((case.bar_text(), case.is_modified()), (None, false));
}

/// The session opens the file at the same time as the journal of its edits is looked at: both have to wait for the save.
#[test]
fn a_session_comes_back_over_a_save_that_was_killed() {
    for (edit, reached) in SAVED.into_iter().flat_map(|edit| EVERYWHERE.map(|reached| (edit, reached))) {
        for is_undone in [false, true] {
            let (mut case, saved) = broken_off(edit, reached);
            start_session(&mut case);
            case.editor.remember_tabs();
            case.settle();
            let mut shown = saved.clone();
            if is_undone {
                case.run(&[Command::Undo]);
                shown = case.bytes();
            }
            case.crash_while_saving();
            start_session(&mut case);
            case.arguments(&[]);
            case.wait_until(|case| case.editor.tabs.len() == 1);
            case.settle();
            assert!(!case.has_begun_saves());
            assert!(case.read("f") == saved, "{reached:?}: it is completed");
            case.told("It is complete now.");
            if is_undone {
                case.act("Recover");
            }
            assert!(case.bytes() == shown);
            assert_eq!((case.bar_text(), case.is_modified()), (None, is_undone));
        }
    }
}

fn start_session(case: &mut Case) {
    let (session, error) = Session::load(&case.path("config"));
    assert_eq!(error, None);
    case.editor.session = session;
}

/// The save is still under way when the program is killed: nothing has told the editor yet how it ended.
#[test]
fn what_is_undone_while_it_is_being_saved_is_written_down_before_the_save_has_ended() {
    let mut completed = 0;
    for changes in 0..40 {
        let mut case = case();
        SAVED[0](&mut case);
        let saved = case.bytes();
        let disk = Failing::after(changes);
        case.editor.files = Arc::new(disk.clone());
        case.run(&[Command::Save]);
        case.run(&[Command::Undo]);
        let start = std::time::Instant::now();
        while !disk.has_failed() && start.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(1));
        }
        if !disk.has_failed() {
            break;
        }
        case.crash_while_saving();
        let path = case.path("f");
        case.open_path(&path);
        if case.read("f") == saved {
            completed += 1;
            case.act("Recover");
        }
        assert!(case.bytes() == large(), "after {changes} changes");
    }
    assert!(completed > 3, "{completed}");
}
