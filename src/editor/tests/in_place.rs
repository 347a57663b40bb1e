use std::os::unix::fs::MetadataExt;

use super::*;
use crate::save::Warning;

/// Long enough not to be read into memory.
fn large() -> Vec<u8> {
    (0..300_000_u32).flat_map(|line| format!("{line:06}\n").into_bytes()).collect()
}

fn case() -> Case {
    let mut case = Case::new();
    let saves = case.path("state/saves");
    case.editor.set_saves(saves);
    case.open_file("f", large());
    case
}

fn save(case: &mut Case) {
    case.run(&[Command::Save]);
    case.settle();
}

fn inode(case: &Case, name: &str) -> u64 {
    fs::metadata(case.path(name)).unwrap().ino()
}

fn overwrite(case: &mut Case, at: u64, byte: &str) {
    case.run(&[Command::ViewHex]);
    case.select(at, at);
    case.type_keys(byte);
}

#[test]
fn a_small_change_is_written_into_the_file_and_undone_through_the_save() {
    let mut case = case();
    let was = inode(&case, "f");
    overwrite(&mut case, 1_000_000, "00");
    save(&mut case);
    let mut expected = large();
    expected[1_000_000] = 0;
    assert_eq!(case.read("f"), expected);
    assert_eq!((inode(&case, "f"), case.is_modified()), (was, false));
    assert_eq!(case.tab().lines(), Count::Exact(300_001), "lines are not counted again from the start");
    case.run(&[Command::Undo]);
    assert_eq!((case.bytes(), case.is_modified()), (large(), true));
    save(&mut case);
    assert_eq!((case.read("f"), inode(&case, "f")), (large(), was));
    case.run(&[Command::Redo]);
    assert_eq!(case.bytes(), expected);
    case.told_nothing();
}

#[test]
fn a_file_with_another_name_stays_one_file_whatever_moves() {
    let mut case = case();
    fs::hard_link(case.path("f"), case.path("g")).unwrap();
    let path = case.path("f");
    case.run(&[Command::CloseTab]);
    case.open_path(&path);
    // Somebody else's document holds a part of it.
    case.select(700, 1_400_000);
    case.run(&[Command::Copy]);
    case.settle();
    let text = case
        .editor
        .take_requests()
        .into_iter()
        .find_map(|request| match request {
            Request::Copy(text) => Some(text),
            _ => None,
        })
        .expect("it was copied");
    case.run(&[Command::New]);
    case.editor.paste(&text);
    case.settle();
    let pasted = case.bytes();
    assert!(pasted == large()[700..1_400_000]);
    case.editor.activate(0);
    case.select(0, 0);
    case.type_text("in front\n");
    save(&mut case);
    assert!(case.editor.dialog.is_none(), "{:?}", case.editor.dialog);
    let expected = [&b"in front\n"[..], &large()].concat();
    assert_eq!(case.read("f").len(), expected.len());
    assert!(case.read("g") == expected, "the other name is the same file");
    assert_eq!(inode(&case, "f"), inode(&case, "g"));
    assert!(!case.is_modified());
    case.run(&[Command::Undo]);
    assert!(case.bytes() == large());
    case.editor.activate(1);
    assert!(case.bytes() == pasted, "what was pasted from it is what it was");
    assert!(fs::read_dir(case.path("state/saves")).unwrap().next().is_none(), "no journal is left");
}

#[test]
fn what_cannot_be_kept_for_undo_is_asked_first() {
    let mut case = case();
    fs::hard_link(case.path("f"), case.path("g")).unwrap();
    let path = case.path("f");
    case.run(&[Command::CloseTab]);
    case.open_path(&path);
    case.select(0, 2_000_000);
    case.type_text("x");
    save(&mut case);
    match &case.editor.dialog {
        Some(Dialog::SaveLoses { text, request, .. }) => {
            assert!(text.contains("Undo will not reach behind this save"), "{text}");
            let forgets = |warning: &Warning| matches!(warning, Warning::Forgets { bytes: 2_000_000 });
            assert!(request.accepted.iter().any(forgets));
        }
        other => panic!("not asked: {other:?}"),
    }
    assert!(case.read("f") == large());
    case.editor.answer(Answer::Accept);
    case.settle();
    let expected = [b"x", &large()[2_000_000..]].concat();
    assert!(case.read("g") == expected && case.bytes() == expected);
    assert!(!case.editor.can(Command::Undo));
    case.type_text("y");
    assert!(case.editor.can(Command::Undo));
}

#[test]
fn what_undo_holds_on_the_disk_is_told_and_can_be_let_go() {
    let mut case = case();
    assert!(!case.editor.can(Command::ForgetOldVersions));
    // All of it moves: a copy takes its place.
    case.select(0, 0);
    case.type_text("in front\n");
    let was = inode(&case, "f");
    save(&mut case);
    assert_ne!(inode(&case, "f"), was);
    let held = case.tab().held;
    assert!((2_100_000..2_300_000).contains(&held), "{held}");
    // In place nothing more is held.
    overwrite(&mut case, 1_000_000, "00");
    save(&mut case);
    assert_eq!(case.tab().held, held);
    overwrite(&mut case, 1_000_000, "01");
    assert!(!case.editor.can(Command::ForgetOldVersions), "not with edits that would be lost");
    case.run(&[Command::Undo]);
    let (bytes, on_disk) = (case.bytes(), case.read("f"));

    case.run(&[Command::ForgetOldVersions]);
    let Some(Dialog::ForgetOldVersions { text, .. }) = &case.editor.dialog else { panic!("asked") };
    assert!(text.contains("nothing that was done up to now can be undone any more"), "{text}");
    case.editor.answer(Answer::Cancel);
    assert_eq!(case.tab().held, held);
    case.run(&[Command::ForgetOldVersions]);
    case.editor.answer(Answer::Accept);
    case.settle();
    assert_eq!((case.tab().held, case.tab().document.undo_name()), (0, None));
    assert!(case.bytes() == bytes && case.read("f") == on_disk && !case.is_modified());
    case.wait_until_closed(was);
}

impl Case {
    /// Waits until nobody in this process has a file of this number open.
    fn wait_until_closed(&mut self, inode: u64) {
        let is_open = || {
            let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
            open.filter_map(|entry| fs::metadata(entry.path()).ok()).any(|it| it.ino() == inode)
        };
        let start = std::time::Instant::now();
        while is_open() {
            assert!(start.elapsed() < LIMIT, "it is still held");
            self.settle();
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn a_backup_is_kept_when_that_is_switched_on_and_only_of_the_file_itself() {
    let mut case = case();
    save(&mut case);
    case.run(&[Command::Backups, Command::VerifySaves]);
    assert!(case.editor.settings.backups && case.editor.settings.verify_saves);
    overwrite(&mut case, 1_000_000, "00");
    save(&mut case);
    assert!(case.read("f~") == large() && case.read("f") == case.bytes());
    assert_eq!(case.tab().held, 0, "it has a name");
    let second = case.bytes();
    overwrite(&mut case, 1_000_000, "01");
    save(&mut case);
    assert!(case.read("f~") == second);
    case.run(&[Command::Backups]);
    overwrite(&mut case, 1_000_000, "02");
    save(&mut case);
    assert!(case.read("f~") == second);
    case.told_nothing();
}
