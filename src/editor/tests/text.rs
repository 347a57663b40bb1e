use super::*;

#[test]
fn typing_replaces_the_selection_at_every_caret() {
    check("ab|cd", |case| case.type_text("x"), "abx|cd");
    check("a<bc|d", |case| case.type_text("x"), "ax|d");
    check("a|b|c|", |case| case.type_keys("xy"), "axy|bxy|cxy|");
    check("<one| two <three|", |case| case.type_text("é"), "é| two é|");
    check("a<b|c", |case| case.type_text(""), "a<b|c");
}

#[test]
fn enter_writes_the_documents_own_line_ending() {
    for (ending, text) in [("\n", "a\nb"), ("\r\n", "a\r\nb\r\n")] {
        let mut case = Case::open("f", text);
        case.run(&[Command::NewLine]);
        assert_eq!(case.text(), format!("{ending}{text}"));
        assert_eq!(case.head(), ending.len() as u64);
    }
}

#[test]
fn tab_types_a_tab() {
    check("a|b", |case| case.run(&[Command::Indent]), "a\t|b");
}

#[test]
fn backspace_and_delete_take_what_a_person_sees_as_one() {
    use Command::{DeleteBackward, DeleteForward};
    for (cell, name) in [
        ("\r\n", "CRLF"),
        ("\n", "LF"),
        ("e\u{301}", "combining"),
        ("漢", "CJK"),
        ("👩\u{200d}👩\u{200d}👧", "family"),
        ("\t", "tab"),
    ] {
        check(&format!("a{cell}|b"), |case| case.run(&[DeleteBackward]), "a|b");
        check(&format!("a|{cell}b"), |case| case.run(&[DeleteForward]), "a|b");
        println!("{name}");
    }
    check("|a", |case| case.run(&[DeleteBackward]), "|a");
    check("a|", |case| case.run(&[DeleteForward]), "a|");
    check("a<bc|d", |case| case.run(&[DeleteForward]), "a|d");
    check("ab|cd|", |case| case.run(&[DeleteBackward]), "a|c|");
    check("<ab|cd<ef|", |case| case.run(&[DeleteBackward]), "|cd|");
}

#[test]
fn an_invalid_byte_is_deleted_alone() {
    let mut case = Case::of(b"a\xff\xfeb");
    case.move_by(Motion::Right, 2);
    case.run(&[Command::DeleteBackward]);
    assert_eq!(case.bytes(), b"a\xfeb");
    case.run(&[Command::DeleteForward]);
    assert_eq!(case.bytes(), b"ab");
}

#[test]
fn words_are_deleted_whole() {
    use Command::{DeleteWordBackward, DeleteWordForward};
    check("one two|", |case| case.run(&[DeleteWordBackward]), "one |");
    check("|one two", |case| case.run(&[DeleteWordForward]), "| two");
    check("one tw|o", |case| case.run(&[DeleteWordBackward]), "one |o");
    check("a<bc| d", |case| case.run(&[DeleteWordBackward]), "a| d");
    // Two carets in one word delete it once.
    check("on|et|wo x", |case| case.run(&[DeleteWordForward]), "on| x");
    check("on|et|wo x", |case| case.run(&[DeleteWordBackward]), "|wo x");
}

#[test]
fn overwrite_mode_never_eats_a_line_ending() {
    let overtype = |text: &'static str| {
        move |case: &mut Case| {
            case.run(&[Command::ToggleInsert]);
            case.type_keys(text);
        }
    };
    check("|abc\r\nd", overtype("xy"), "xy|c\r\nd");
    check("a|b\r\nd", overtype("xyz"), "axyz|\r\nd");
    check("a|b\nd", overtype("xyz"), "axyz|\nd");
    check("|", overtype("xy"), "xy|");
    check("|漢字x", overtype("ab"), "ab|x");
    check("<abc|d", overtype("xy"), "xy|");
    check("|ab|cd", overtype("x"), "x|bx|d");
    // An input method gives several characters at once.
    check(
        "|abcd",
        |case| {
            case.run(&[Command::ToggleInsert]);
            case.type_text("漢字")
        },
        "漢字|cd",
    );
    check(
        "|a|bcd",
        |case| {
            case.run(&[Command::ToggleInsert]);
            case.type_text("xy")
        },
        "xy|xy|d",
    );
    check("a|b", |case| case.run(&[Command::ToggleInsert, Command::ToggleInsert, Command::Indent]), "a\t|b");
    check("a|b", |case| case.run(&[Command::ToggleInsert, Command::NewLine]), "a\n|b");
}

#[test]
fn undo_goes_in_steps_a_person_expects() {
    let mut case = Case::of("");
    case.type_keys("one two");
    case.run(&[Command::NewLine]);
    case.type_keys("three");
    let mut seen = vec![case.text()];
    while case.editor.can(Command::Undo) {
        case.run(&[Command::Undo]);
        seen.push(case.text());
    }
    assert_eq!(seen, ["one two\nthree", "one two\n", "one ", ""]);
    case.run(&[Command::Redo, Command::Redo, Command::Redo]);
    assert_eq!((case.text(), case.head()), ("one two\nthree".to_owned(), 13));
    case.run(&[Command::Redo]);
    case.told("Nothing to redo");
}

#[test]
fn a_moved_caret_ends_a_step() {
    let mut case = Case::of("ab");
    case.type_keys("x");
    case.move_by(Motion::Right, 1);
    case.type_keys("y");
    case.run(&[Command::Undo]);
    assert_eq!(shown(&case), "xa|b");
    case.run(&[Command::Undo]);
    assert_eq!(shown(&case), "|ab");
}

#[test]
fn undo_brings_back_the_selection_and_all_carets() {
    let undo = |case: &mut Case| {
        case.type_text("x");
        case.run(&[Command::Undo]);
    };
    check("a<bc|d", undo, "a<bc|d");
    check("a|b<cd|e|", undo, "a|b<cd|e|");
    let deletes = |case: &mut Case| {
        case.run(&[Command::DeleteBackward, Command::DeleteBackward, Command::Undo]);
    };
    check("abcd|", deletes, "abcd|");
}

#[test]
fn a_pause_ends_a_step() {
    let mut case = Case::of("");
    case.type_keys("ab");
    case.editor.tick(Duration::from_secs(5));
    case.type_keys("cd");
    case.run(&[Command::Undo]);
    assert_eq!(case.text(), "ab");
}

#[test]
fn undoing_everything_is_unmodified_again() {
    let mut case = Case::of("abc");
    case.type_keys("xy z");
    case.run(&[Command::SelectAll, Command::DeleteForward]);
    assert!(case.is_modified());
    case.run(&[Command::Undo, Command::Undo, Command::Undo, Command::Undo]);
    assert_eq!((case.text(), case.is_modified()), ("abc".to_owned(), false));
    case.told("Nothing to undo");
}

/// What is typed costs the same wherever the file ends: no byte of it is read.
#[test]
fn typing_and_undo_read_nothing() {
    let counting = crate::source::testing::Counting::new(Arc::new(crate::source::Synthetic::log(100 << 30)));
    let counting = Arc::new(counting);
    let mut case = Case::over(Arc::clone(&counting) as Arc<dyn Source>);
    case.settle();
    counting.reset();
    case.type_keys("hello");
    case.run(&[Command::NewLine, Command::Undo, Command::Redo]);
    assert_eq!(counting.bytes(), 0);
    case.run(&[Command::DeleteBackward]);
    assert!(counting.bytes() < 64 << 10, "{}", counting.bytes());
}
