use super::*;
use crate::hex::DecodedColumn;

const BYTES: [u8; 6] = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60];

fn insert(case: &mut Case) {
    case.run(&[Command::ToggleInsert]);
    assert!(case.tab().hex_inserts);
}

#[test]
fn digits_overwrite_nibble_by_nibble() {
    let mut case = Case::hex(BYTES);
    case.type_keys("d");
    assert_eq!((case.bytes()[0], case.head(), case.tab().half_typed), (0xd0, 0, true));
    case.type_keys("e");
    assert_eq!((case.bytes()[0], case.head(), case.tab().half_typed), (0xde, 1, false));
    case.type_keys("AdB");
    assert_eq!(case.bytes(), [0xde, 0xad, 0xb0, 0x40, 0x50, 0x60]);
    assert!(case.tab().half_typed);
    // The whole run is one step.
    case.run(&[Command::Undo]);
    assert_eq!((case.bytes(), case.head(), case.tab().half_typed), (BYTES.to_vec(), 0, false));
    assert!(!case.is_modified());
}

#[test]
fn a_half_typed_byte_is_left_by_undo_and_by_moving() {
    let mut case = Case::hex(BYTES);
    case.type_keys("d");
    case.run(&[Command::Undo]);
    case.type_keys("a");
    assert_eq!((case.bytes()[0], case.head()), (0xa0, 0), "again the first nibble");
    case.move_by(Motion::Right, 1);
    case.type_keys("b");
    assert_eq!(case.bytes()[..2], [0xa0, 0xb0]);
}

#[test]
fn overwriting_starts_at_a_selections_start_and_keeps_the_size() {
    let mut case = Case::hex(BYTES);
    case.select(4, 1);
    case.type_keys("ff");
    assert_eq!((case.bytes(), case.head()), (vec![0x10, 0xff, 0x30, 0x40, 0x50, 0x60], 2));
    case.select(1, 5);
    case.editor.paste("aa bb");
    assert_eq!((case.bytes(), case.head()), (vec![0x10, 0xaa, 0xbb, 0x40, 0x50, 0x60], 3));
    case.run(&[Command::Undo, Command::Undo]);
    assert_eq!(case.bytes(), BYTES);
}

#[test]
fn typing_at_the_end_is_refused_with_an_offer() {
    let mut case = Case::hex(BYTES);
    case.move_by(Motion::End, 1);
    case.type_keys("7");
    assert_eq!(case.bytes(), BYTES);
    let notice = case.told("never changes the size");
    case.take_offer(&notice);
    case.type_keys("77");
    assert_eq!((case.bytes().len(), case.bytes()[6]), (7, 0x77));

    let mut case = Case::hex(BYTES);
    case.select(5, 5);
    case.editor.paste("01 02");
    case.told("never changes the size");
    case.run(&[Command::Indent]);
    case.type_text("xy");
    case.told("never changes the size");
    assert_eq!(case.bytes(), BYTES);
}

#[test]
fn the_last_digits_of_the_last_byte_are_taken_and_the_next_refused() {
    let mut case = Case::hex(BYTES);
    case.select(5, 5);
    case.type_text("abc");
    case.told("never changes the size");
    assert_eq!(case.bytes()[5], 0xab);
}

#[test]
fn insert_mode_makes_room() {
    let mut case = Case::hex(BYTES);
    insert(&mut case);
    case.type_keys("a");
    assert_eq!((&case.bytes()[..2], case.head()), (&[0xa0, 0x10][..], 0));
    case.type_keys("bcd");
    assert_eq!((&case.bytes()[..3], case.head()), (&[0xab, 0xcd, 0x10][..], 2));
    case.run(&[Command::Undo]);
    assert_eq!(case.bytes(), BYTES);
    case.select(1, 5);
    case.type_keys("ee");
    assert_eq!(case.bytes(), [0x10, 0xee, 0x60]);
}

#[test]
fn delete_asks_for_insert_mode_and_then_deletes() {
    for (command, expected) in [
        (Command::DeleteForward, vec![0x10, 0x20, 0x40, 0x50, 0x60]),
        (Command::DeleteBackward, vec![0x10, 0x30, 0x40, 0x50, 0x60]),
    ] {
        let mut case = Case::hex(BYTES);
        case.select(2, 2);
        case.run(&[command]);
        assert!(matches!(case.editor.dialog, Some(Dialog::DeleteInOverwrite { .. })));
        case.editor.answer(Answer::Cancel);
        assert_eq!((case.bytes(), case.tab().hex_inserts), (BYTES.to_vec(), false));
        case.run(&[command]);
        case.editor.answer(Answer::Accept);
        assert_eq!((case.bytes(), case.tab().hex_inserts), (expected, true));
    }
    let mut case = Case::hex(BYTES);
    case.select(1, 3);
    case.run(&[Command::Cut]);
    assert_eq!(case.copied(), "20 30");
    case.editor.answer(Answer::Accept);
    assert_eq!(case.bytes(), [0x10, 0x40, 0x50, 0x60]);
}

#[test]
fn backspace_takes_back_the_byte_of_which_one_nibble_was_inserted() {
    let mut case = Case::hex(BYTES);
    insert(&mut case);
    case.type_keys("a");
    case.run(&[Command::DeleteBackward]);
    assert_eq!((case.bytes(), case.tab().half_typed), (BYTES.to_vec(), false));
}

#[test]
fn words_of_a_hex_pane_are_eight_bytes() {
    let mut case = Case::hex((0..40).collect::<Vec<u8>>());
    insert(&mut case);
    case.select(19, 19);
    case.run(&[Command::DeleteWordForward]);
    assert_eq!(case.bytes()[18..20], [18, 24]);
    case.run(&[Command::DeleteWordBackward]);
    assert_eq!((case.bytes()[15..17].to_vec(), case.head()), (vec![15, 24], 16));
}

#[test]
fn the_decoded_column_takes_text() {
    let mut case = Case::hex(BYTES);
    case.run(&[Command::Indent]);
    assert_eq!(case.tab().hex_column, HexColumn::Decoded);
    case.type_keys("Aé");
    assert_eq!((case.bytes(), case.head()), (b"A\xc3\xa9\x40\x50\x60".to_vec(), 3));
    insert(&mut case);
    case.type_keys("zz");
    assert_eq!(case.bytes(), b"A\xc3\xa9zz\x40\x50\x60");
    case.run(&[Command::Indent]);
    assert_eq!(case.tab().hex_column, HexColumn::Bytes);
}

#[test]
fn what_is_no_digit_is_told() {
    let mut case = Case::hex(BYTES);
    case.type_text("x");
    case.told("not a hex digit");
    assert_eq!(case.bytes(), BYTES);
    // As an input method or another program may type it.
    case.type_text("de ad");
    assert_eq!(case.bytes()[..2], [0xde, 0xad]);
}

#[test]
fn every_caret_types_deletes_and_pastes() {
    let mut case = Case::hex(BYTES);
    case.select_all_of(&[(0, 0), (2, 4)]);
    case.type_keys("ab");
    assert_eq!(case.bytes(), [0xab, 0x20, 0xab, 0x40, 0x50, 0x60]);
    case.type_keys("c");
    assert_eq!(case.bytes(), [0xab, 0xc0, 0xab, 0xc0, 0x50, 0x60]);
    case.run(&[Command::Undo]);
    assert_eq!(case.bytes(), BYTES);

    insert(&mut case);
    case.select_all_of(&[(0, 0), (2, 4)]);
    case.type_keys("ab");
    assert_eq!(case.bytes(), [0xab, 0x10, 0x20, 0xab, 0x50, 0x60]);
    case.run(&[Command::DeleteBackward]);
    assert_eq!(case.bytes(), [0x10, 0x20, 0x50, 0x60]);
    case.editor.paste("0102");
    assert_eq!(case.bytes(), [1, 2, 0x10, 0x20, 1, 2, 0x50, 0x60]);

    insert_off(&mut case);
    case.select_all_of(&[(0, 0), (1, 1)]);
    case.editor.paste("0102");
    case.told("too close together");
}

fn insert_off(case: &mut Case) {
    case.run(&[Command::ToggleInsert]);
    assert!(!case.tab().hex_inserts);
}

#[test]
fn modes_are_of_each_view() {
    let mut case = Case::hex(BYTES);
    assert!(case.tab().overwrites());
    case.run(&[Command::ViewText]);
    assert!(!case.tab().overwrites());
    case.run(&[Command::ToggleInsert]);
    assert!(case.tab().overwrites());
    case.run(&[Command::ViewHex, Command::ToggleInsert]);
    assert!(!case.tab().overwrites());
    case.run(&[Command::ViewText]);
    assert!(case.tab().overwrites());
}

#[test]
fn both_views_share_the_selection_and_keep_each_other_in_sight() {
    let text: String = (0..2000).map(|line| format!("line {line}\n")).collect();
    let mut case = Case::of(&text);
    case.settle();
    case.run(&[Command::ViewBoth]);
    assert_eq!(case.tab().focus, Pane::Text);
    case.tab_mut().scroll(Pane::Text, 500.0).unwrap();
    let tab = case.tab();
    assert_eq!(tab.hex.top, tab.text.top / 16 * 16);
    case.tab_mut().focus(Pane::Hex);
    case.tab_mut().scroll(Pane::Hex, 100.0).unwrap();
    let tab = case.tab();
    assert_eq!(tab.text.top, tab.hex.top);
}

#[test]
fn another_view_shows_what_was_seen() {
    let text: String = (0..2000).map(|line| format!("line {line}\n")).collect();
    let mut case = Case::of(&text);
    case.tab_mut().scroll(Pane::Text, 1000.0).unwrap();
    case.tab_mut().text_page(40, 80);
    let top = case.tab().text.top;
    case.run(&[Command::ViewHex]);
    // The caret is at the start, out of sight: it stays there.
    case.tab_mut().reveal().unwrap();
    assert_eq!(case.tab().hex.top, top / 16 * 16);
}

#[test]
fn the_character_column_writes_in_its_encoding() {
    let mut case = Case::hex(BYTES);
    case.run(&[Command::Decoded(DecodedColumn::Ebcdic), Command::ToggleHexColumn]);
    case.type_text("Hi");
    assert_eq!(case.bytes(), [0xc8, 0x89, 0x30, 0x40, 0x50, 0x60]);
    case.type_text("€");
    case.told("“€” (U+20AC)");
    case.editor.paste("42");
    assert_eq!(case.bytes(), [0xc8, 0x89, 0xf4, 0xf2, 0x50, 0x60]);
    case.editor.paste("日");
    case.told("Nothing was pasted");
    case.run(&[Command::SelectAll, Command::Copy]);
    assert!(case.editor.take_requests().contains(&Request::Copy("Hi42&-".to_owned())));
    case.run(&[Command::Move(Motion::Start, false), Command::Decoded(DecodedColumn::Document)]);
    case.type_text("é");
    assert_eq!(case.bytes()[..2], *"é".as_bytes(), "the document's text is UTF-8");
}
