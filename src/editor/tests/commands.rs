//! Every command, in every state.

use super::*;
use crate::source::testing::Slow;

fn states() -> Vec<(&'static str, Case)> {
    let mut states = vec![("no tab", Case::new())];
    let mut untitled = Case::new();
    untitled.run(&[Command::New]);
    states.push(("an untitled document", untitled));
    states.push(("an empty file", Case::open("f", "")));
    for (name, view) in [("text", Command::ViewText), ("hex", Command::ViewHex), ("both", Command::ViewBoth)]
    {
        let mut case = Case::open("f", "some text\r\nand more\n");
        case.run(&[view]);
        states.push((name, case));
        let mut case = Case::open("f", "some text\r\nand more\n");
        case.run(&[view, Command::ToggleInsert]);
        case.type_text("ab");
        case.select_all_of(&[(0, 3), (5, 5), (9, 7)]);
        states.push((name, case));
        let mut case = Case::open("f", "x");
        case.run(&[view, Command::Move(Motion::End, false)]);
        states.push((name, case));
        let slow = Slow::new(Arc::new(Memory::new(b"one\ntwo\n".to_vec())), Duration::from_millis(2));
        let mut case = Case::over(Arc::new(slow));
        case.run(&[view, Command::Move(Motion::Down, false)]);
        states.push((name, case));
    }
    let mut locked = Case::new();
    locked.write("f", "locked");
    locked.arguments(&["--read-only", "{}f"]);
    states.push(("locked", locked));
    states
}

/// Each command alone in each state, then one after the other, with dialogs left open and answered.
#[test]
fn every_command_is_safe_in_every_state() {
    for entry in Command::ALL {
        for (state, mut case) in states() {
            println!("{} in {state}", entry.name);
            case.editor.can(entry.command);
            case.run(&[entry.command, entry.command]);
            case.editor.answer(Answer::Accept);
            case.settle();
        }
    }
    for answer in [Answer::Cancel, Answer::Accept, Answer::AcceptExtending, Answer::Discard, Answer::Reload] {
        for (state, mut case) in states() {
            for entry in Command::ALL.iter().chain(Command::ALL.iter().rev()) {
                println!("{} in {state}, then {answer:?}", entry.name);
                case.run(&[entry.command]);
                case.type_text("a");
                case.editor.paste("b");
                case.editor.answer(answer.clone());
                case.editor.picked(PathPurpose::SaveAs, Some(Vec::new()));
            }
            case.settle();
        }
    }
}

#[test]
fn answers_without_a_question_do_nothing() {
    let mut case = Case::new();
    case.editor.answer(Answer::Accept);
    case.editor.preview_go_to("1".to_owned());
    case.editor.stop_landing();
    case.editor.close(3);
    case.editor.activate(3);
    for purpose in
        [PathPurpose::Open, PathPurpose::SaveAs, PathPurpose::SaveSelection, PathPurpose::InsertFile]
    {
        case.editor.picked(purpose, Some(Vec::new()));
    }
    let gone = TabId(99);
    case.editor.fetch(gone, 0..1);
    case.editor.cancel(Task::Count, gone);
    case.editor.picked(PathPurpose::SaveAs, Some(vec![case.folder.path().join("x")]));
    case.settle();
    assert!(!case.path("x").exists());
    case.told_nothing();
}

#[test]
fn menus_show_what_can_be_done() {
    let can = |case: &Case, command| case.editor.can(command);
    let case = Case::new();
    for command in [Command::New, Command::Open, Command::Quit, Command::Keys, Command::ToggleWrap] {
        assert!(can(&case, command), "{command:?}");
    }
    for command in [Command::Save, Command::CloseTab, Command::GoTo, Command::ViewHex, Command::Paste] {
        assert!(!can(&case, command), "{command:?}");
    }
    let mut case = Case::open("f", "text");
    assert!(!can(&case, Command::Save) && can(&case, Command::SaveAs) && !can(&case, Command::Undo));
    assert!(!can(&case, Command::Cut) && !can(&case, Command::Copy) && can(&case, Command::Paste));
    assert!(!can(&case, Command::NextTab) && !can(&case, Command::Unlock));
    case.type_text("x");
    assert!(can(&case, Command::Save) && can(&case, Command::Undo) && !can(&case, Command::Redo));
    case.run(&[Command::Undo, Command::SelectAll]);
    assert!(can(&case, Command::Redo) && can(&case, Command::Cut) && can(&case, Command::SaveSelectionAs));
    case.tab_mut().locked = Some(Lock::NotWritable);
    assert!(!can(&case, Command::Cut) && !can(&case, Command::Paste) && can(&case, Command::Unlock));
    assert!(can(&case, Command::Copy));
    case.run(&[Command::New]);
    assert!(can(&case, Command::NextTab) && can(&case, Command::Save));
}

#[test]
fn notices_go_by_themselves_but_errors_stay() {
    let mut case = Case::new();
    case.editor.tell("good to know");
    case.editor.error("bad");
    case.editor.error("bad");
    assert_eq!(case.editor.notices.len(), 2);
    let next = case.editor.next_tick().unwrap();
    assert!(!case.editor.tick(next / 2));
    assert!(case.editor.tick(next + Duration::from_millis(1)), "there is something to draw");
    case.told("bad");
    assert_eq!(case.editor.next_tick(), None, "idle");
}

#[test]
fn bytes_a_row_are_asked_for() {
    let mut case = Case::of("x");
    case.run(&[Command::BytesPerRow(Fit::Ask)]);
    for (wrong, right) in [("0", "1"), ("257", "256"), ("x", " 24 ")] {
        for (input, is_right) in [(wrong, false), (right, true)] {
            case.run(&[Command::BytesPerRow(Fit::Ask)]);
            let Some(Dialog::BytesPerRow { input: field, .. }) = &mut case.editor.dialog else {
                panic!("not asked")
            };
            *field = input.to_owned();
            case.editor.answer(Answer::Accept);
            assert_eq!(case.editor.dialog.is_none(), is_right, "{input}");
        }
        assert_eq!(case.editor.settings.bytes_per_row, Fit::Bytes(right.trim().parse().unwrap()));
    }
}
