//! What comes back after a crash, over the same file and over others.

use super::*;

#[test]
fn what_was_typed_is_there_after_a_crash() {
    let mut case = Case::journaled("app.log", "one\ntwo\n");
    case.move_by(Motion::Down, 1);
    case.type_keys("more ");
    case.select_by(Motion::Right, 1);
    case.type_text("T");
    case.crash_and_open("app.log");
    assert_eq!(case.text(), "one\ntwo\n", "nothing is changed before the person says so");
    let (text, actions) = case.bar();
    assert_eq!(text, "Hextant was closed by a crash with 1 unsaved edit to “app.log”.");
    assert_eq!(actions, BAR);
    case.act("Recover");
    assert_eq!(case.text(), "one\nmore Two\n");
    assert_eq!(case.head(), 10);
    assert!(case.is_modified() && case.editor.bar().is_none());
    // It is one step, and what is on disk is as it was.
    case.run(&[Command::Undo]);
    assert_eq!(case.text(), "one\ntwo\n");
    assert!(!case.is_modified());
    assert_eq!(case.read("app.log"), b"one\ntwo\n");
}

#[test]
fn recovered_edits_are_in_a_journal_again_before_the_old_one_goes() {
    let mut case = Case::journaled("app.log", "one\n");
    case.type_text("zero ");
    case.crash_and_open("app.log");
    case.act("Recover");
    // Killed at once, it is there again, and once: whichever of the two journals there are.
    case.crash_and_open("app.log");
    case.act("Recover");
    assert_eq!(case.text(), "zero one\n");
    case.wait_until(|case| case.journals().len() == 1);
    case.run(&[Command::Save]);
    case.settle();
    case.wait_until(|case| case.journals().is_empty());
    assert_eq!(case.read("app.log"), b"zero one\n");
}

/// A small random number generator: the same edits for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end.max(1)
    }
}

/// Random edits, in text and in hex, with undo, cutting, pasting and saving; then a kill.
#[test]
fn whatever_was_edited_comes_back() {
    for seed in 0..25 {
        let mut random = Random(seed);
        let text: String = (0..40).map(|line| format!("line {line} of some text\n")).collect();
        let mut case = Case::journaled("app.log", &text);
        for _ in 0..random.below(40) + 1 {
            let len = case.tab().document.len();
            let at = random.below(len + 1);
            match random.below(9) {
                0 | 1 => {
                    case.select(at, at);
                    case.type_keys("abc");
                }
                2 => {
                    case.select(at, (at + random.below(60)).min(len));
                    case.run(&[Command::DeleteForward]);
                }
                3 => {
                    let to = (at + random.below(200)).min(len);
                    if at == to {
                        continue;
                    }
                    case.select(at, to);
                    case.run(&[Command::Cut]);
                    let cut = case.copied();
                    let to = random.below(case.tab().document.len() + 1);
                    case.select(to, to);
                    case.editor.paste(&cut);
                }
                4 => case.run(&[Command::Undo]),
                5 => case.run(&[Command::Undo, Command::Undo, Command::Redo]),
                6 => {
                    case.select_all_of(&[(at / 2, at / 2), (at, at)]);
                    case.type_text("é");
                }
                7 if random.below(3) == 0 => {
                    case.run(&[Command::Save]);
                    case.settle();
                }
                _ => case.run(&[Command::NewLine]),
            }
            case.editor.notices.clear();
            case.editor.keep_journals();
        }
        let (bytes, is_modified) = (case.bytes(), case.is_modified());
        case.crash_and_open("app.log");
        if case.bytes() != bytes {
            assert!(is_modified);
            case.act("Recover");
        }
        assert_eq!(case.bytes(), bytes, "seed {seed}");
    }
}

#[test]
fn untitled_documents_come_back_over_the_empty_window() {
    let mut case = Case::new();
    case.journal();
    case.run(&[Command::New]);
    case.type_text("never saved");
    case.crash();
    case.arguments(&[]);
    assert!(case.editor.tabs.is_empty());
    assert_eq!(
        case.bar(),
        ("Hextant was closed by a crash with “untitled” not saved.".to_owned(), BAR.to_vec())
    );
    case.act("Recover");
    assert_eq!((case.text(), case.name()), ("never saved".to_owned(), "untitled"));
    assert!(case.is_modified());
}

#[test]
fn a_file_that_is_not_open_is_opened_to_recover_it() {
    let mut case = Case::journaled("app.log", "text");
    case.type_text("some ");
    case.write("other", "other");
    case.crash_and_open("other");
    assert!(case.bar_text().unwrap().contains("“app.log”"));
    case.act("Recover");
    assert_eq!((case.name(), case.text()), ("app.log", "some text".to_owned()));
}

#[test]
fn what_was_appended_meanwhile_stays_behind_what_is_recovered() {
    let mut case = Case::journaled("app.log", "one\ntwo\n");
    case.type_text("zero\n");
    case.crash();
    io::Write::write_all(
        &mut fs::OpenOptions::new().append(true).open(case.path("app.log")).unwrap(),
        b"three\n",
    )
    .unwrap();
    let path = case.path("app.log");
    case.open_path(&path);
    case.act("Recover");
    assert_eq!(case.text(), "zero\none\ntwo\nthree\n");
}

/// fresh gives up when the file was changed (`OriginalFileModified`).
#[test]
fn edits_of_a_file_that_has_changed_find_their_places_or_are_kept() {
    let mut case = Case::journaled("app.log", lines(0..300));
    for line in [20, 100, 250] {
        case.go_to(&format!("{line}:1"));
        case.type_text(&format!("EDITED {line}: "));
    }
    case.crash();
    // Lines before, and the middle one gone.
    let now = format!("a new line\nand another\n{}{}", lines(0..90), lines(120..300));
    case.write("app.log", &now);
    let path = case.path("app.log");
    case.open_path(&path);
    case.act("Compare");
    case.settle();
    let Some(Dialog::Recovered(comparison)) = &case.editor.dialog else { panic!("no comparison") };
    assert_eq!(comparison.fits, Fits::ByContext);
    assert_eq!((comparison.all, comparison.edits.len()), (3, 3));
    let edit = &comparison.edits[1];
    assert_eq!((&edit.before[..], &edit.new[..]), (&b""[..], &b"EDITED 100: "[..]));
    assert_eq!(edit.behind, lines(99..100).trim_end().as_bytes());
    case.editor.answer(Answer::Accept);
    case.settle();
    let text = case.text();
    assert_eq!(text.len(), now.len() + 2 * 11 + 1);
    assert!(text.contains(&format!("EDITED 20: {}", lines(19..20))), "{text}");
    assert!(text.contains(&format!("EDITED 250: {}", lines(249..250))));
    let (text, actions) = case.bar();
    assert_eq!(text, "1 edit of “app.log” has no place in the file as it is now.");
    assert_eq!(actions, ["Save elsewhere…", "Compare", "Discard", "Not now"]);
    // What has no place can be had all the same.
    case.act("Save elsewhere…");
    case.pick_target("rejected.txt");
    let rejected = String::from_utf8(case.read("rejected.txt")).unwrap();
    assert!(rejected.contains("EDITED 100: ") && !rejected.contains("EDITED 20: "), "{rejected}");
    case.act("Compare");
    let Some(Dialog::Recovered(comparison)) = &case.editor.dialog else { panic!("no comparison") };
    assert_eq!((comparison.fits, comparison.all), (Fits::Nowhere, 1));
    case.editor.answer(Answer::Cancel);
    case.editor.notices.clear();
    case.act("Discard");
    assert!(matches!(case.editor.dialog, Some(Dialog::DiscardRecovered { .. })));
    case.editor.answer(Answer::Accept);
    case.settle();
    case.wait_until(|case| case.journals().len() == 1);
    assert!(case.editor.bar().is_none());
}

#[test]
fn what_is_saved_elsewhere_is_the_whole_file_with_its_edits() {
    let mut case = Case::journaled("app.log", "one two");
    case.type_text("zero ");
    case.crash_and_open("app.log");
    case.act("Save elsewhere…");
    case.pick_target("elsewhere");
    assert_eq!(case.read("elsewhere"), b"zero one two");
    assert_eq!(case.text(), "one two");
    assert_eq!(case.journals().len(), 1, "nothing is removed before the person says so");
}

#[test]
fn not_now_leaves_it_for_the_next_start() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("zero ");
    case.crash_and_open("app.log");
    case.act("Not now");
    assert!(case.editor.bar().is_none());
    // What is edited meanwhile has a journal beside it.
    case.type_text("other ");
    case.wait_until(|case| case.journals().len() == 2);
    case.told_nothing();
    case.crash_and_open("app.log");
    let texts: Vec<String> = (0..2)
        .map(|_| {
            let id = case.editor.tab().unwrap().id;
            case.act("Recover");
            let text = case.text();
            case.run(&[Command::Undo]);
            assert_eq!(case.tab().id, id);
            text
        })
        .collect();
    assert_eq!(BTreeMap::from_iter(texts.iter().map(|text| (text.as_str(), ()))).len(), 2);
    assert!(texts.contains(&"zero one".to_owned()) && texts.contains(&"other one".to_owned()));
}

/// What was edited before it was looked at whether a crash left something.
#[test]
fn edits_made_since_are_not_mixed_with_those_before_the_crash() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("zero ");
    case.crash_and_open("app.log");
    case.type_text("x");
    case.act("Recover");
    assert_eq!(case.text(), "xone");
    case.told("“app.log” has been edited since");
    case.run(&[Command::Undo]);
    case.act("Recover");
    assert_eq!(case.text(), "zero one");
}
