use super::*;
use crate::source::Synthetic;

fn swap_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[test]
fn exact_bytes_inside_hextant() {
    let bytes = b"a\xff\xc3\r\nb\0\n";
    let mut case = Case::of(bytes);
    case.run(&[Command::SelectAll, Command::Copy]);
    let text = case.copied();
    for from_the_system in [text.clone(), swap_line_ends(&text)] {
        case.run(&[Command::New]);
        case.editor.paste(&from_the_system);
        assert_eq!(case.bytes(), bytes);
    }
    // What another program copied meanwhile is text.
    case.run(&[Command::New]);
    case.editor.paste("a");
    assert_eq!(case.bytes(), b"a");
}

#[test]
fn text_of_other_programs_gets_the_documents_line_endings() {
    for (document, pasted) in [("x\n", "1\n2\n3"), ("x\r\n", "1\r\n2\r\n3")] {
        let mut case = Case::open("f", document);
        case.editor.paste("1\r\n2\n3");
        assert_eq!(case.text(), format!("{pasted}{document}"));
    }
}

#[test]
fn cut_is_one_step() {
    check("a<bc|d", |case| case.run(&[Command::Cut]), "a|d");
    let mut case = Case::of("abcd");
    case.select(1, 3);
    case.run(&[Command::Cut]);
    assert_eq!(case.copied(), "bc");
    case.editor.paste("bc");
    case.run(&[Command::Undo]);
    assert_eq!(case.text(), "ad");
    case.run(&[Command::Undo]);
    assert_eq!((case.text(), shown(&case)), ("abcd".to_owned(), "a<bc|d".to_owned()));
}

#[test]
fn nothing_selected_copies_nothing() {
    let mut case = Case::of("abc");
    case.run(&[Command::Copy, Command::Cut]);
    assert_eq!((case.editor.take_requests(), case.text()), (Vec::new(), "abc".to_owned()));
}

#[test]
fn the_hex_pane_copies_hex_and_takes_hex_or_anything() {
    let mut case = Case::hex(b"\x00\xde\xadABC");
    case.select(1, 3);
    case.run(&[Command::Copy]);
    assert_eq!(case.copied(), "DE AD");
    case.select(3, 3);
    case.editor.paste("DE AD");
    assert_eq!(case.bytes(), b"\x00\xde\xad\xde\xadC");
    case.select(0, 0);
    case.editor.paste("0x01, 0x02");
    case.editor.paste("zz");
    assert_eq!(case.bytes(), b"\x01\x02zz\xadC");
    // The decoded column takes and gives text.
    case.run(&[Command::Indent]);
    case.select(2, 4);
    case.run(&[Command::Copy]);
    assert_eq!(case.copied(), "zz");
    case.select(0, 0);
    case.editor.paste("41");
    assert_eq!(case.bytes(), b"41zz\xadC");
}

#[test]
fn each_caret_gets_its_own_part() {
    let mut case = Case::of("one two three");
    case.select_all_of(&[(0, 3), (4, 7)]);
    case.run(&[Command::Copy]);
    let text = case.copied();
    assert_eq!(text, "one\ntwo");
    case.select_all_of(&[(0, 0), (13, 13)]);
    case.editor.paste(&text);
    assert_eq!(case.text(), "oneone two threetwo");
    case.run(&[Command::Undo]);
    case.select(13, 13);
    case.editor.paste(&text);
    assert_eq!(case.text(), "one two threeone\ntwo");
    check("a<bc|de<f|", |case| case.run(&[Command::Cut]), "a|de|");
}

#[test]
fn more_than_the_clipboard_can_carry_is_pasted_inside_and_offered_as_a_file() {
    let mut case = Case::of(vec![b'x'; (16 << 20) + 1]);
    case.run(&[Command::SelectAll, Command::Copy]);
    let text = case.copied();
    assert!(text.len() < 100, "{text}");
    let notice = case.told("more than the clipboard can carry");
    assert_eq!(notice.offer.unwrap().command, Command::SaveSelectionAs);
    case.run(&[Command::New]);
    case.editor.paste(&text);
    assert_eq!(case.tab().document.len(), (16 << 20) + 1);
}

/// By reference: nothing is read but for the screen.
#[test]
fn copying_and_pasting_100_gib_reads_nothing() {
    let counting = crate::source::testing::Counting::new(Arc::new(Synthetic::log(100 << 30)));
    let counting = Arc::new(counting);
    let mut case = Case::over(Arc::clone(&counting) as Arc<dyn Source>);
    case.settle();
    counting.reset();
    case.run(&[Command::SelectAll, Command::Copy]);
    let text = match &case.editor.take_requests()[..] {
        [Request::Copy(text)] => text.clone(),
        other => panic!("{other:?}"),
    };
    case.run(&[Command::Move(Motion::End, false)]);
    case.editor.paste(&text);
    assert_eq!(case.tab().document.len(), 200 << 30);
    case.run(&[Command::Undo, Command::SelectAll, Command::Cut]);
    assert_eq!(case.tab().document.len(), 0);
    case.run(&[Command::Undo]);
    assert_eq!(case.tab().document.len(), 100 << 30);
    assert!(counting.bytes() < 1 << 20, "{}", counting.bytes());
}

/// Over 64 KiB a job makes the text. What was copied last counts, whichever is ready first.
#[test]
fn a_slow_copy_does_not_replace_a_newer_one() {
    let mut case = Case::of([vec![b'x'; 100_000], b"new".to_vec()].concat());
    case.select(0, 100_000);
    case.run(&[Command::Copy]);
    case.select(100_000, 100_003);
    case.run(&[Command::Copy]);
    assert_eq!(case.copied(), "new");
    case.run(&[Command::New]);
    case.editor.paste("new");
    assert_eq!(case.text(), "new");
}

#[test]
fn a_copy_outlives_its_tab() {
    let mut case = Case::of(vec![b'\xff'; 100_000]);
    case.run(&[Command::SelectAll, Command::Copy, Command::CloseTab]);
    let text = case.copied();
    case.run(&[Command::New]);
    case.editor.paste(&text);
    assert_eq!(case.bytes(), vec![b'\xff'; 100_000]);
}

#[test]
fn what_cannot_be_read_is_told_when_it_is_copied() {
    use crate::source::{Lost, testing::Faulty};
    let faulty = Arc::new(Faulty::new(Arc::new(Memory::new(vec![b'x'; 10_000]))));
    faulty.lose(5000..6000, Lost::Truncated { len: 5000 });
    let mut case = Case::over(faulty);
    case.run(&[Command::SelectAll, Command::Copy]);
    case.settle();
    case.told("truncated to 5000 bytes");
    assert_eq!(case.editor.take_requests(), []);
}

#[test]
fn paste_asks_the_window_for_the_clipboard() {
    let mut case = Case::of("");
    case.run(&[Command::Paste]);
    assert_eq!(case.editor.take_requests(), [Request::Paste]);
}
