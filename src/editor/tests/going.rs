//! Go to, jumps and edits.

use super::*;
use crate::source::testing::Slow;

fn lines() -> Case {
    let mut case = Case::of("alpha\nbeta\ngamma\ndelta\nepsilon\n");
    case.settle();
    case
}

fn go_to(case: &Case) -> &GoTo {
    match &case.editor.dialog {
        Some(Dialog::GoTo(go_to)) => go_to,
        other => panic!("no box: {other:?}"),
    }
}

#[test]
fn every_form_leads_where_it_says() {
    let len = 31;
    for (input, anchor, head) in [
        ("3", 11, 11),
        ("2:3", 8, 8),
        ("2:99", 10, 10),
        ("0x8", 8, 8),
        ("@8", 8, 8),
        ("+1", 11, 11),
        ("-1", 0, 0),
        ("+0x2", 9, 9),
        ("-@3", 4, 4),
        ("end", len, len),
        ("end-4", len - 4, len - 4),
        ("50%", 15, 15),
        ("2..3", 6, 17),
        ("3..2", 6, 17),
        ("@2..@4", 2, 4),
        ("0x4..end", 4, len),
        ("2:2..2:4", 7, 9),
        ("999", len, len),
        (" 1 ", 0, 0),
    ] {
        let mut case = lines();
        case.select(7, 7);
        case.go_to(input);
        let caret = case.tab().selection.primary();
        assert_eq!((caret.anchor, caret.head), (anchor, head), "{input}");
        assert!(case.editor.dialog.is_none());
    }
}

#[test]
fn plain_numbers_are_offsets_in_the_hex_view() {
    let mut case = lines();
    case.run(&[Command::ViewHex]);
    case.go_to("3");
    assert_eq!(case.head(), 3);
    case.go_to("+2");
    assert_eq!(case.head(), 5);
    case.go_to("4..8");
    assert_eq!(case.tab().selection.span(), 4..8);
    case.run(&[Command::ViewBoth]);
    case.tab_mut().focus(Pane::Text);
    case.go_to("3");
    assert_eq!(case.head(), 11);
}

#[test]
fn it_previews_live_and_escape_goes_back() {
    let mut case = Case::of("line\n".repeat(1000));
    case.settle();
    case.select(2, 7);
    case.tab_mut().scroll(Pane::Text, 300.5).unwrap();
    let before = (case.tab().selection.clone(), case.tab().text, case.tab().hex);
    case.run(&[Command::GoTo]);
    case.editor.preview_go_to("90".to_owned());
    assert_eq!(case.head(), 89 * 5);
    assert!(go_to(&case).preview.starts_with("Line 90 · byte 445"), "{}", go_to(&case).preview);
    case.tab_mut().reveal().unwrap();
    assert_ne!(case.tab().text, before.1);
    case.editor.preview_go_to("900".to_owned());
    assert_eq!(case.head(), 899 * 5);
    case.editor.preview_go_to("900x".to_owned());
    assert!(go_to(&case).error.is_some());
    assert_eq!(case.tab().selection, before.0, "back while there is an error");
    case.editor.preview_go_to("end".to_owned());
    case.editor.answer(Answer::Cancel);
    case.tab_mut().reveal().unwrap();
    assert_eq!((case.tab().selection.clone(), case.tab().text, case.tab().hex), before);
    assert!(!case.editor.can(Command::Back));
}

#[test]
fn what_is_no_place_is_said_and_stays_open() {
    for input in ["x", "0", "12:", "a..", "+1..5", "101%", "1K", "99999999999999999999999"] {
        let mut case = lines();
        case.go_to(input);
        assert!(go_to(&case).error.is_some(), "{input}");
        assert_eq!(go_to(&case).input, input);
        assert_eq!(case.head(), 0);
    }
    let mut case = lines();
    case.go_to("  ");
    assert!(case.editor.dialog.is_none());
}

#[test]
fn shift_enter_extends_the_selection() {
    let mut case = lines();
    case.select(2, 4);
    case.run(&[Command::GoTo]);
    case.editor.preview_go_to("3".to_owned());
    case.editor.answer(Answer::AcceptExtending);
    assert_eq!(case.tab().selection.primary(), Caret { anchor: 2, head: 11 });
}

#[test]
fn jumps_go_back_and_forward() {
    let mut case = lines();
    case.select(2, 2);
    case.go_to("3");
    case.go_to("5");
    case.run(&[Command::Back]);
    assert_eq!(case.head(), 11);
    case.run(&[Command::Back]);
    assert_eq!(case.head(), 2);
    assert!(!case.editor.can(Command::Back));
    case.run(&[Command::Back, Command::Forward]);
    assert_eq!(case.head(), 11);
    // An edit before them shifts them.
    case.select(0, 0);
    case.type_text("xx");
    case.run(&[Command::Forward]);
    assert_eq!(case.head(), 25);
    case.run(&[Command::Back]);
    case.go_to("1");
    assert!(!case.editor.can(Command::Forward));
}

#[test]
fn other_deeds_leave_the_box_and_what_it_previewed() {
    let mut case = lines();
    case.open_file("b", "b");
    case.editor.activate(0);
    let deeds: [fn(&mut Case); 4] = [
        |case| case.editor.activate(1),
        |case| case.type_text("x"),
        |case| case.run(&[Command::SelectAll]),
        |case| case.editor.close(1),
    ];
    for deed in deeds {
        case.editor.activate(0);
        case.select(3, 3);
        case.run(&[Command::GoTo]);
        case.editor.preview_go_to("end".to_owned());
        deed(&mut case);
        assert!(case.editor.dialog.is_none());
        let caret = case.editor.tabs[0].selection.head();
        assert!(caret == 3 || caret == 4 || case.tab().selection.span() == (0..32), "{caret}");
    }
}

#[test]
fn an_uncounted_line_lands_later_exactly() {
    let slow =
        Slow::new(Arc::new(Memory::new("line\n".repeat(40_000).into_bytes())), Duration::from_millis(10));
    let mut case = Case::over(Arc::new(slow));
    case.run(&[Command::GoTo]);
    case.editor.preview_go_to("39000:3".to_owned());
    assert!(go_to(&case).preview.contains("counting"), "{}", go_to(&case).preview);
    case.editor.answer(Answer::Accept);
    assert!(case.tab().landing.is_some());
    let near = case.head();
    assert!(near > 100_000, "near it until then: {near}");
    case.settle();
    assert_eq!((case.head(), case.tab().landing), (38_999 * 5 + 2, None));
    case.run(&[Command::Back]);
    assert_eq!(case.head(), 0);
}

#[test]
fn a_range_of_uncounted_lines_and_an_extension_land_whole() {
    let text = "line\n".repeat(40_000).into_bytes();
    let slow = Slow::new(Arc::new(Memory::new(text)), Duration::from_millis(10));
    let mut case = Case::over(Arc::new(slow));
    case.go_to("30000..39000");
    case.settle();
    assert_eq!(case.tab().selection.span(), 29_999 * 5..39_000 * 5);
    let slow =
        Slow::new(Arc::new(Memory::new("line\n".repeat(40_000).into_bytes())), Duration::from_millis(10));
    let mut case = Case::over(Arc::new(slow));
    case.select(7, 9);
    case.run(&[Command::GoTo]);
    case.editor.preview_go_to("30000".to_owned());
    case.editor.answer(Answer::AcceptExtending);
    case.settle();
    assert_eq!(case.tab().selection.span(), 7..29_999 * 5);
}

#[test]
fn landing_is_given_up_by_stop_and_by_moving_on() {
    let deeds: [fn(&mut Case); 4] = [
        |case| case.editor.stop_landing(),
        |case| case.type_text("x"),
        |case| case.tab_mut().select_in_sight(Selection::at(3)),
        |case| case.run(&[Command::SelectAll]),
    ];
    for deed in deeds {
        let text = "line\n".repeat(40_000).into_bytes();
        let slow = Slow::new(Arc::new(Memory::new(text)), Duration::from_millis(10));
        let mut case = Case::over(Arc::new(slow));
        case.go_to("39000");
        assert!(case.tab().landing.is_some());
        deed(&mut case);
        assert_eq!(case.tab().landing, None);
        let selection = case.tab().selection.clone();
        case.settle();
        assert_eq!(case.tab().selection, selection);
    }
}

/// Counting was stopped by hand; going to a line begins it again.
#[test]
fn a_stopped_count_goes_on_when_a_line_is_asked_for() {
    let text = "line\n".repeat(40_000).into_bytes();
    let slow = Slow::new(Arc::new(Memory::new(text)), Duration::from_millis(10));
    let mut case = Case::over(Arc::new(slow));
    let id = case.tab().id;
    case.editor.cancel(Task::Count, id);
    case.settle();
    assert!(matches!(case.tab().lines(), Count::About(_)));
    case.go_to("39000");
    case.settle();
    assert_eq!(case.head(), 38_999 * 5);
    assert_eq!(case.tab().lines(), Count::Exact(40_001));
}

#[test]
fn edits_are_gone_to_in_order_and_back() {
    let mut case = lines();
    for at in [0, 8, 20] {
        case.select(at, at);
        case.type_text("xy");
    }
    case.select(28, 30);
    case.run(&[Command::DeleteForward]);
    case.select(0, 0);
    let mut seen = Vec::new();
    for _ in 0..4 {
        case.run(&[Command::NextEdit]);
        seen.push(case.tab().selection.span());
    }
    assert_eq!(seen, [0..2, 8..10, 20..22, 28..28]);
    case.told_nothing();
    case.run(&[Command::NextEdit]);
    case.told("No edit further down");
    seen.clear();
    for _ in 0..3 {
        case.run(&[Command::PreviousEdit]);
        seen.push(case.tab().selection.span());
    }
    assert_eq!(seen, [20..22, 8..10, 0..2]);
    case.run(&[Command::PreviousEdit]);
    case.told("No edit further up");
    case.run(&[Command::Back]);
    assert_eq!(case.head(), 10);
}

#[test]
fn motions_move_and_extend_every_caret() {
    let step = |motion, extend| move |case: &mut Case| case.run(&[Command::Move(motion, extend)]);
    check("a|bc\nd|e\n", step(Motion::Right, false), "ab|c\nde|\n");
    check("a|bc\nd|e\n", step(Motion::Right, true), "a<b|c\nd<e|\n");
    check("a<bc|d", step(Motion::Left, false), "a|bcd");
    check("a<bc|d", step(Motion::Right, false), "abc|d");
    check("abc|\nd\nefg\n", step(Motion::Down, false), "abc\nd|\nefg\n");
    check("abc|\nd\nefg\n", |case| case.move_by(Motion::Down, 2), "abc\nd\nefg|\n");
    check("a|bc\ndef|\nghi\njkl\n", step(Motion::Down, false), "abc\nd|ef\nghi|\njkl\n");
    check("one |two", step(Motion::End, true), "one <two|");
    check("  one| two", step(Motion::RowStart, false), "  |one two");
    check(
        "one |two",
        |case| {
            case.select_by(Motion::Right, 2);
            case.type_text("x")
        },
        "one x|o",
    );
}

const LOG: &str = "2026-11-25 14:04:00 INFO a\n2026-11-25 14:05:30 ERROR b\n    at some.place\n2026-11-25 14:06:00 INFO no ERRORS\n2026-11-26 09:00:00 FATAL d\n";

#[test]
fn times_lead_to_the_first_line_late_enough() {
    let mut case = Case::of(LOG);
    case.settle();
    for (input, head) in
        [("2026-11-25 14:05", 27), ("14:05:30", 27), ("14:06", 73), ("09:00", 108), ("2026-11-26", 108)]
    {
        case.editor.run(Command::Move(Motion::Start, false));
        case.run(&[Command::GoTo]);
        case.editor.preview_go_to(input.to_owned());
        case.settle();
        assert_eq!(case.tab().selection.head(), head, "{input} is shown");
        assert!(case.editor.go_to_in_words().starts_with("Line "), "{input}");
        case.editor.answer(Answer::Accept);
        case.settle();
        assert_eq!(case.tab().selection.head(), head, "{input}");
    }
    case.run(&[Command::GoTo]);
    case.editor.preview_go_to("2027-01-01".to_owned());
    case.settle();
    assert_eq!(go_to(&case).error.as_deref(), Some("All lines are earlier."));
    case.editor.answer(Answer::Cancel);
    // Where lines have no times, it is a line and a column.
    let mut case = lines();
    case.go_to("03:02");
    case.settle();
    assert_eq!(case.tab().selection.head(), 12);
    case.run(&[Command::GoTo]);
    case.editor.preview_go_to("2026-11-25".to_owned());
    case.settle();
    assert_eq!(go_to(&case).error.as_deref(), Some("No times are recognised in these lines."));
}

#[test]
fn from_error_line_to_error_line_and_round() {
    let mut case = Case::of(LOG);
    case.settle();
    let mut step = |command: Command| {
        case.run(&[command]);
        case.settle();
        case.selected()
    };
    assert_eq!(step(Command::NextError), "ERROR");
    assert_eq!(step(Command::NextError), "FATAL", "ERRORS is no level");
    assert_eq!(step(Command::NextError), "ERROR");
    assert_eq!(step(Command::PreviousError), "FATAL");
    assert_eq!(step(Command::PreviousError), "ERROR");
    case.editor.settings.error_lines = "some\\.place".to_owned();
    case.run(&[Command::NextError]);
    case.settle();
    assert_eq!(case.selected(), "some.place");
    case.editor.settings.error_lines = "(".to_owned();
    case.run(&[Command::NextError]);
    assert!(case.editor.notices.last().unwrap().text.contains("settings"));
}

/// Other letters are refused as before, and what is not locked is typed into.
#[test]
fn a_locked_document_has_the_keys_of_less() {
    let mut case = Case::of((1..=1000).map(|n| format!("line {n:04}\n")).collect::<String>());
    case.settle();
    case.type_keys("G");
    assert_eq!(case.text().len(), 10_001);
    case.run(&[Command::Undo]);
    case.tab_mut().locked = Some(Lock::ReadOnly);
    let mut at = |keys: &str| {
        case.type_keys(keys);
        case.settle();
        assert!(case.tab().landing.is_none());
        case.tab().selection.head() / 10 + 1
    };
    assert_eq!((at("G"), at("g")), (1001, 1));
    assert_eq!((at("120g"), at("50p"), at("7G")), (120, 501, 7));
    assert_eq!((at("j"), at("3j"), at("k"), at("2k")), (8, 11, 10, 8));
    let page = at(" ") - 8;
    assert!(page > 2);
    assert_eq!(at("b"), 8);
    assert!(at("d") > 8);
    case.type_keys("/");
    assert!(case.editor.find.is_open());
    case.editor.type_find("0500".to_owned());
    case.settle();
    case.run(&[Command::LeaveFind]);
    case.type_keys("n");
    case.settle();
    assert_eq!(case.selected(), "0500");
    assert!(!case.tab().refused);
    case.type_keys("x");
    assert!(case.tab().refused);
    assert_eq!(case.text().len(), 10_000);
}
