//! Text in other encodings than UTF-8, and other line ends.

use super::*;
use crate::text::{Confidence, Encoding, LineEnding};

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

impl Case {
    pub(super) fn choose(&mut self, command: Command, name: &str) {
        self.run(&[command]);
        let Some(Dialog::Encoding(list)) = &mut self.editor.dialog else { panic!("no list") };
        list.input = name.to_owned();
        list.chosen = 0;
        assert!(!list.matches().is_empty(), "{name}");
        self.editor.answer(Answer::Accept);
        self.settle();
    }
}

#[test]
fn an_encoding_is_found_by_any_of_its_names_and_spellings() {
    let mut case = Case::of("text");
    case.run(&[Command::ReopenWithEncoding]);
    let mut first = |input: &str| {
        let Some(Dialog::Encoding(list)) = &mut case.editor.dialog else { panic!("no list") };
        list.input = input.to_owned();
        list.matches().first().map(|choice| choice.name())
    };
    for (input, name) in [
        ("utf-16le", "UTF-16 LE"),
        ("utf_16 le", "UTF-16 LE"),
        ("koi8r", "KOI8-R"),
        ("cp1252", "Windows-1252"),
        ("sjis", "Shift_JIS"),
    ] {
        assert_eq!(first(input).as_deref(), Some(name), "{input}");
    }
    assert_eq!(first("klingon"), None);
}

#[test]
fn utf_16_is_read_edited_and_saved() {
    let mut case = Case::open("a.txt", utf16("\u{feff}eins\nzwei\nĊčਊ\n"));
    assert_eq!(case.tab().encoding_name(), "UTF-16 LE");
    assert_eq!(case.tab().confidence, Confidence::Certain);
    assert_eq!(case.tab().lines(), Count::Exact(4));
    // U+010A, U+010D and U+0A0A have the bytes of line ends in them.
    case.go_to("3");
    assert_eq!(case.position(), (3, 1));
    case.type_text("ä😀");
    case.run(&[Command::NewLine]);
    case.move_by(Motion::Up, 1);
    case.move_by(Motion::End, 1);
    case.type_text("end");
    case.run(&[Command::Save]);
    case.settle();
    assert_eq!(case.read("a.txt"), utf16("\u{feff}eins\nzwei\nä😀\nĊčਊ\nend"));
    case.run(&[Command::DeleteBackward, Command::DeleteBackward]);
    assert!(case.bytes().ends_with(&utf16("\ne")));
}

#[test]
fn every_byte_that_is_not_touched_survives() {
    let bytes = b"caf\xe9 \x81\x9d na\xefve\r\n".repeat(20);
    let mut case = Case::open("a.txt", &bytes);
    assert_eq!(case.tab().encoding_name(), "Windows-1252");
    case.move_by(Motion::RowEnd, 1);
    case.type_text(" – ü€");
    case.run(&[Command::NewLine, Command::Save]);
    case.settle();
    let mut expected = bytes.clone();
    let at = bytes.iter().position(|&byte| byte == b'\r').unwrap();
    expected.splice(at..at, *b" \x96 \xfc\x80\r\n");
    assert_eq!(case.read("a.txt"), expected);
}

#[test]
fn a_character_that_cannot_be_stored_is_refused_by_name() {
    let mut case = Case::open("a.txt", b"caf\xe9, d\xe9j\xe0 vu");
    case.choose(Command::ReopenWithEncoding, "Latin-1");
    case.type_text("€");
    case.told("“€” (U+20AC)");
    case.editor.paste("ok €");
    case.told("Nothing was pasted");
    assert!(!case.is_modified());
    case.type_text("ü");
    assert!(case.bytes().starts_with(b"\xfccaf\xe9"));
}

#[test]
fn reopened_with_another_encoding_the_bytes_and_edits_stay() {
    let shift_jis = b"\x93\xfa\x96{\x8c\xea\n\x83e\x83X\x83g\n";
    let mut case = Case::open("a.txt", shift_jis);
    case.choose(Command::ReopenWithEncoding, "Shift_JIS");
    assert_eq!(case.tab().encoding_name(), "Shift_JIS");
    case.run(&[Command::DeleteForward]);
    assert_eq!(case.bytes(), &shift_jis[2..]);
    case.type_text("日");
    assert_eq!(case.bytes(), shift_jis);
    case.choose(Command::ReopenWithEncoding, "UTF-16 LE");
    assert_eq!(case.bytes(), shift_jis);
    assert_eq!(case.tab().lines(), Count::Exact(1));
    case.run(&[Command::Undo, Command::Undo]);
    assert_eq!(case.bytes(), shift_jis);
}

#[test]
fn what_was_chosen_is_remembered() {
    let mut case = Case::open("a.txt", b"\xc0\xc1\xc2\n");
    case.choose(Command::ReopenWithEncoding, "KOI8-R");
    case.run(&[Command::CloseTab]);
    let path = case.path("a.txt");
    case.open_path(&path);
    assert_eq!(case.tab().encoding_name(), "KOI8-R");
}

#[test]
fn the_command_line_names_an_encoding() {
    let mut case = Case::new();
    case.write("a.txt", "日本語\n".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>());
    case.arguments(&["--encoding", "utf-16be", "{}a.txt"]);
    assert_eq!(case.tab().encoding_name(), "UTF-16 BE");
    let error = <Arguments as clap::Parser>::try_parse_from(["hextant", "--encoding", "klingon"]);
    assert!(error.unwrap_err().to_string().contains("klingon"));
}

#[test]
fn converting_is_one_step_of_undo() {
    let mut case = Case::open("a.txt", "Grüße\n1 €\n");
    case.type_text("x");
    case.choose(Command::ConvertToEncoding, "UTF-16 LE");
    assert_eq!(case.tab().encoding_name(), "UTF-16 LE");
    assert_eq!(case.bytes(), utf16("\u{feff}xGrüße\n1 €\n"));
    assert_eq!(case.tab().lines(), Count::Exact(3));
    case.editor.notices.clear();
    case.type_text("y");
    case.run(&[Command::Undo, Command::Undo]);
    case.settle();
    assert_eq!(case.text(), "xGrüße\n1 €\n");
    assert_eq!(case.tab().encoding_name(), "UTF-8");
    assert_eq!(case.tab().lines(), Count::Exact(3));
    case.run(&[Command::Redo]);
    case.settle();
    assert_eq!(case.tab().encoding_name(), "UTF-16 LE");
    assert_eq!(case.bytes(), utf16("\u{feff}xGrüße\n1 €\n"));
    case.run(&[Command::Save]);
    case.settle();
    assert_eq!(case.read("a.txt"), utf16("\u{feff}xGrüße\n1 €\n"));
}

#[test]
fn what_a_conversion_would_lose_is_told_first() {
    let mut case = Case::open("a.txt", "1 €, 2 €, 日\n");
    case.choose(Command::ConvertToEncoding, "Latin-1");
    let Some(Dialog::ConvertLoses { text, .. }) = &case.editor.dialog else { panic!("not asked") };
    assert!(text.contains('€') && text.contains('日') && text.contains("Latin-1"), "{text}");
    case.editor.answer(Answer::Cancel);
    assert_eq!(case.text(), "1 €, 2 €, 日\n");
    case.choose(Command::ConvertToEncoding, "Latin-1");
    case.editor.answer(Answer::Accept);
    assert_eq!(case.bytes(), b"1 ?, 2 ?, ?\n");
    case.run(&[Command::Undo]);
    assert_eq!(case.text(), "1 €, 2 €, 日\n");
}

#[test]
fn what_has_no_room_for_undo_is_converted_into_a_copy() {
    let mut case = Case::open("a.txt", "x 1 €, 日\n".repeat(1000));
    let choice = EncodingChoice { encoding: Encoding::named("utf-16le").unwrap(), has_bom: true };
    let conversion = Conversion::Encoding(choice);
    let id = case.tab().id;
    let failure = converting::Failure::Space { conversion, needed: 5 << 30, free: 3 << 30 };
    case.editor.converted(Some(id), Err(failure));
    let Some(Dialog::Convert { text, in_place: false, .. }) = &case.editor.dialog else {
        panic!("not asked")
    };
    assert!(text.contains("5.0 GiB") && text.contains("only 3.0 GiB are free"), "{text}");
    // There is no other way.
    case.editor.answer(Answer::Accept);
    assert!(case.editor.jobs().is_empty() && !case.is_modified());

    case.type_text("edited ");
    case.editor.ask(Dialog::Convert { tab: id, text: String::new(), conversion, in_place: true });
    case.editor.answer(Answer::SaveAs);
    case.pick_target("copy.txt");
    case.settle();
    let expected = utf16(&format!("\u{feff}edited {}", "x 1 €, 日\n".repeat(1000)));
    assert!(case.read("copy.txt") == expected);
    // It is opened as what it is; the other one stays as it was.
    assert_eq!((case.labels(), case.editor.active()), (vec!["a.txt", "copy.txt"], 1));
    assert_eq!((&*case.tab().encoding_name(), case.is_modified()), ("UTF-16 LE", false));
    case.editor.activate(0);
    assert_eq!((&*case.tab().encoding_name(), case.is_modified()), ("UTF-8", true));
    assert!(case.text().starts_with("edited x 1 €"));

    // What it would lose is told before a byte is written; and so is a file in its place.
    let choice = EncodingChoice { encoding: Encoding::named("latin1").unwrap(), has_bom: false };
    let conversion = Conversion::Encoding(choice);
    let latin = case.write("latin.txt", "somebody else's");
    for loses in [Answer::Cancel, Answer::Accept] {
        case.editor.convert_into(id, conversion, latin.clone());
        case.settle();
        let Some(Dialog::ConvertLoses { text, .. }) = &case.editor.dialog else { panic!("not told") };
        assert!(text.contains('€') && text.contains('日'), "{text}");
        case.editor.answer(loses.clone());
        case.settle();
        assert_eq!(case.read("latin.txt"), b"somebody else's");
        assert_eq!(case.editor.dialog.is_some(), loses == Answer::Accept);
    }
    assert!(matches!(case.editor.dialog, Some(Dialog::Replace { .. })));
    case.editor.answer(Answer::Accept);
    case.settle();
    assert!(case.read("latin.txt") == format!("edited {}", "x 1 ?, ?\n".repeat(1000)).as_bytes());
    assert_eq!(case.tab().encoding_name(), choice.encoding.name());
}

#[test]
fn line_ends_are_counted_and_converted() {
    let mut case = Case::open("a.txt", "a\r\nb\nc\r\n");
    case.settle();
    let (counted, is_current) = case.tab().endings().unwrap();
    assert_eq!((counted.lf, counted.crlf, counted.cr, is_current), (1, 2, 0, true));
    assert_eq!(counted.name(), Some("Mixed"));
    for (ending, bytes) in [
        (LineEnding::Lf, "a\nb\nc\n"),
        (LineEnding::CrLf, "a\r\nb\r\nc\r\n"),
        (LineEnding::Cr, "a\rb\rc\r"),
        (LineEnding::CrLf, "a\r\nb\r\nc\r\n"),
    ] {
        case.run(&[Command::ConvertLineEndings(ending)]);
        case.settle();
        assert_eq!(case.text(), bytes);
        assert_eq!(case.tab().lines(), Count::Exact(4), "{ending:?}");
        assert_eq!(case.tab().line_ending, ending);
    }
    case.run(&[Command::Undo, Command::Undo, Command::Undo]);
    case.settle();
    assert_eq!((case.text().as_str(), case.tab().line_ending), ("a\nb\nc\n", LineEnding::Lf), "and Enter");
    case.run(&[Command::Undo]);
    case.settle();
    assert_eq!(case.text(), "a\r\nb\nc\r\n");
    assert_eq!(case.tab().endings().unwrap().0.name(), Some("Mixed"));
    assert!(!case.is_modified());
}

#[test]
fn a_document_of_old_has_lines() {
    let mut case = Case::open("mac.txt", "eins\rzwei\rdrei");
    assert_eq!(case.tab().lines(), Count::Exact(3));
    case.go_to("2");
    case.run(&[Command::NewLine]);
    assert_eq!(case.text(), "eins\r\rzwei\rdrei");
    assert_eq!(case.position(), (3, 1));
}

#[test]
fn text_is_pasted_as_characters_between_encodings() {
    let mut case = Case::open("utf8.txt", "Grüße");
    case.run(&[Command::SelectAll, Command::Copy]);
    let copied = case.copied();
    case.open_file("utf16.txt", utf16("\u{feff}a\n"));
    case.move_by(Motion::End, 1);
    case.editor.paste(&copied);
    assert_eq!(case.bytes(), utf16("\u{feff}a\nGrüße"));
    case.run(&[Command::SelectAll, Command::Copy]);
    assert_eq!(case.copied(), "\u{feff}a\nGrüße");
}
