//! The find bar, next and previous, counts.

use std::ops::Range;

use super::*;
use crate::search::{Kind, Query};
use crate::text::Encoding;

/// The bar open over a document, and `text` typed into it.
fn finding(document: &str, text: &str) -> Case {
    let mut case = Case::of(document);
    case.settle();
    case.run(&[Command::Find]);
    case.type_find(text);
    case
}

impl Case {
    fn type_find(&mut self, text: &str) {
        let mut typed = String::new();
        for character in text.chars() {
            typed.push(character);
            self.editor.type_find(typed.clone());
        }
        self.settle();
    }

    fn step(&mut self, command: Command) {
        self.editor.run(command);
        self.settle();
    }

    /// Waits as long as a person who has stopped typing.
    pub(super) fn pause(&mut self) {
        let later = self.editor.now() + Duration::from_secs(1);
        self.editor.tick(later);
        self.settle();
    }

    pub(super) fn selected(&self) -> String {
        let range = self.tab().selection.span();
        String::from_utf8(self.tab().document.snapshot().read(range).unwrap()).unwrap()
    }

    pub(super) fn words(&self) -> String {
        let words = self.editor.find_in_words();
        format!("{}|{}", words.text, words.detail)
    }

    fn on_screen(&mut self) -> Vec<Range<u64>> {
        let all = 0..self.tab().document.len();
        self.tab_mut().matches_on_screen(&[all]).to_vec()
    }
}

const TEXT: &str = "one fish two fish red fish blue fish\n";

#[test]
fn typing_shows_the_first_match_and_escape_returns() {
    let mut case = finding(TEXT, "");
    case.editor.close_find();
    case.select(8, 8);
    case.run(&[Command::Find]);
    case.type_find("fi");
    assert_eq!((case.selected().as_str(), case.head()), ("fi", 15), "behind the caret, not before it");
    case.type_find("fish red");
    assert_eq!(case.head(), 21);
    case.type_find("fish reed");
    assert_eq!(case.head(), 8, "where the person was: there is none");
    case.type_find("blue");
    assert_eq!(case.selected(), "blue");
    case.run(&[Command::LeaveFind]);
    assert!(!case.editor.find.is_open());
    assert_eq!((case.head(), case.selected().as_str()), (8, ""));
    case.run(&[Command::Forward]);
    assert_eq!(case.head(), 31, "and on to the match again");
}

#[test]
fn escape_stays_where_the_person_went_or_edited() {
    let mut case = finding(TEXT, "red");
    case.select(2, 2);
    case.run(&[Command::LeaveFind]);
    assert_eq!(case.head(), 2);
    let mut case = finding(TEXT, "red");
    case.editor.leave_find_field();
    case.type_text("X");
    let head = case.head();
    case.run(&[Command::LeaveFind]);
    assert_eq!(case.head(), head);
    assert!(case.text().contains("fish X fish blue"));
}

#[test]
fn enter_goes_on_from_what_is_shown_and_wraps() {
    let mut case = finding(TEXT, "fish");
    let places: Vec<u64> = [4, 13, 22, 32].map(|start| start + 4).to_vec();
    assert_eq!(case.head(), places[0]);
    assert_eq!(case.words(), "|", "nothing is counted yet");
    for (step, place) in [places[1], places[2], places[3]].into_iter().enumerate() {
        case.step(Command::FindNext);
        assert_eq!(case.head(), place);
        assert_eq!(case.words(), format!("{} of 4|", step + 2));
    }
    case.step(Command::FindNext);
    assert_eq!((case.head(), case.words().as_str()), (places[0], "1 of 4|from the start again"));
    case.step(Command::FindPrevious);
    assert_eq!((case.head(), case.words().as_str()), (places[3], "4 of 4|from the end again"));
    case.step(Command::FindPrevious);
    assert_eq!((case.head(), case.words().as_str()), (places[2], "3 of 4|"));
}

#[test]
fn a_step_asked_for_while_typing_is_one_from_what_is_about_to_be_shown() {
    let mut case = Case::of(TEXT);
    case.run(&[Command::Find]);
    case.editor.type_find("fish".to_owned());
    case.run(&[Command::FindNext]);
    case.settle();
    assert_eq!(case.head(), 17);
}

#[test]
fn a_pause_counts_and_highlights() {
    let mut case = finding(TEXT, "fish");
    case.pause();
    assert_eq!(case.words(), "1 of 4|");
    assert_eq!(case.on_screen(), [4..8, 13..17, 22..26, 32..36]);
    assert_eq!(case.tab().match_density(1), [4]);
    case.type_find("fishes");
    case.pause();
    assert_eq!(case.words(), "No match|");
    assert_eq!(case.on_screen(), []);
}

#[test]
fn one_key_without_the_bar_finds_the_same_again() {
    let mut case = finding(TEXT, "fish");
    case.editor.close_find();
    case.step(Command::FindNext);
    assert_eq!(case.head(), 17);
    case.step(Command::FindNext);
    case.step(Command::FindNext);
    case.step(Command::FindNext);
    assert_eq!(case.head(), 8);
    case.told("Searched to the end of the document");
    let mut case = Case::of("nothing");
    case.step(Command::FindNext);
    assert!(case.editor.find.is_open(), "with nothing to look for, it asks");
}

#[test]
fn switches_change_what_is_found() {
    let document = "Cat cat concat CAT\ncat.\n";
    let places = |case: &mut Case| case.on_screen().iter().map(|found| found.start).collect::<Vec<_>>();
    let mut case = finding(document, "cat");
    assert_eq!(places(&mut case), [0, 4, 11, 15, 19], "smart: small letters find all");
    case.step(Command::FindSwitch(FindSwitch::Case));
    assert_eq!(places(&mut case), [4, 11, 19]);
    case.step(Command::FindSwitch(FindSwitch::WholeWord));
    assert_eq!(places(&mut case), [4, 19]);
    case.step(Command::FindSwitch(FindSwitch::Case));
    assert_eq!(places(&mut case), [0, 4, 15, 19]);
    case.type_find("^cat\\.$");
    assert_eq!(places(&mut case), [0; 0]);
    case.step(Command::FindSwitch(FindSwitch::Regex));
    case.step(Command::FindSwitch(FindSwitch::WholeWord));
    assert_eq!(places(&mut case), [19]);
    case.step(Command::FindSwitch(FindSwitch::Hex));
    assert!(case.tab().search_error().is_some(), "^cat is no hex");
    case.type_find("4? 41");
    assert_eq!(places(&mut case), [15]);
    case.step(Command::FindSwitch(FindSwitch::Hex));
    case.step(Command::FindSwitch(FindSwitch::Escapes));
    case.type_find("CAT\\n");
    assert_eq!(places(&mut case), [15]);
    case.step(Command::FindSwitch(FindSwitch::Number));
    case.editor.change_query(|query| query.number.width = crate::search::Width::W8);
    case.type_find("10");
    assert_eq!(places(&mut case), [18, 23]);
}

#[test]
fn only_the_selection_is_searched_if_so_asked() {
    let mut case = Case::of(TEXT);
    case.select(10, 28);
    case.run(&[Command::Find, Command::FindSwitch(FindSwitch::InSelection)]);
    case.type_find("fish");
    assert_eq!(case.on_screen(), [13..17, 22..26]);
    case.step(Command::FindNext);
    assert_eq!(case.words(), "2 of 2|");
    case.step(Command::FindNext);
    assert_eq!((case.head(), case.words().as_str()), (17, "1 of 2|from the start again"));
    case.step(Command::FindSwitch(FindSwitch::InSelection));
    case.pause();
    assert_eq!(case.words(), "2 of 4|");
}

#[test]
fn a_bad_pattern_is_told_with_its_place_and_nothing_moves() {
    let mut case = finding(TEXT, "red");
    case.run(&[Command::FindSwitch(FindSwitch::Regex)]);
    case.type_find("red (fish");
    let error = case.tab().search_error().expect("an error").clone();
    assert_eq!(&"red (fish"[error.range.clone()], "(");
    assert_eq!(case.editor.find_in_words().tone, FindTone::Error);
    case.step(Command::FindNext);
    assert!(case.editor.find.has_keys());
    assert_eq!(case.head(), 0);
}

#[test]
fn counts_follow_edits_and_growth() {
    let mut case = finding(TEXT, "fish");
    case.pause();
    case.editor.leave_find_field();
    case.select(0, 0);
    case.type_text("fish fish ");
    case.settle();
    assert_eq!(case.words(), "3 of 6|", "two more before it");
    assert_eq!(case.on_screen().len(), 6);
    case.run(&[Command::Undo]);
    case.settle();
    assert_eq!(case.words(), "1 of 4|");
    let mut case = Case::open("log", "fish\n");
    case.run(&[Command::Find]);
    case.type_find("fish");
    case.pause();
    assert_eq!(case.words(), "1 of 1|");
    case.editor.watch_files();
    let path = case.path("log");
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    std::io::Write::write_all(&mut file, b"more fish and fish\n").unwrap();
    let id = case.tab().id;
    case.editor.check(id);
    case.settle();
    assert_eq!(case.words(), "1 of 3|");
}

#[test]
fn a_match_is_still_the_one_when_text_before_it_changed() {
    let mut case = finding(TEXT, "red");
    let before = case.tab().current_match();
    case.editor.leave_find_field();
    case.select(0, 3);
    case.type_text("seven");
    assert_eq!(case.tab().current_match(), before.map(|found| found.start + 2..found.end + 2));
    case.select(21, 21);
    case.type_text("d");
    assert_eq!(case.tab().current_match(), None, "edited, it is no match any more");
}

#[test]
fn what_is_selected_is_looked_for() {
    let mut case = Case::of("a.b axb a.b\n");
    case.select(0, 3);
    case.step(Command::FindSelection);
    assert_eq!((case.head(), case.editor.find.query().text.as_str()), (11, "a.b"));
    let mut case = Case::of("word other word\n");
    case.select(2, 2);
    case.step(Command::FindSelection);
    assert_eq!((case.head(), case.selected().as_str()), (15, "word"));
    let mut case = Case::hex([1, 2, 3, 1, 2, 9]);
    case.select(0, 2);
    case.step(Command::FindSelection);
    assert_eq!(case.editor.find.query().kind, Kind::Hex);
    assert_eq!(case.tab().selection.span(), 3..5);
}

#[test]
fn history_keeps_switches_and_comes_back_to_what_was_typed() {
    let mut case = finding(TEXT, "red");
    case.step(Command::FindSwitch(FindSwitch::WholeWord));
    case.step(Command::FindNext);
    case.step(Command::FindSwitch(FindSwitch::WholeWord));
    case.type_find("fish");
    case.step(Command::FindNext);
    case.type_find("dra");
    let older = |case: &mut Case| {
        case.editor.browse_find_history(true);
        let query = case.editor.find.query();
        (query.text.clone(), query.whole_word)
    };
    assert_eq!(older(&mut case), ("fish".to_owned(), false));
    assert_eq!(older(&mut case), ("red".to_owned(), true));
    assert_eq!(older(&mut case), ("red".to_owned(), true), "there is no older one");
    case.editor.browse_find_history(false);
    case.editor.browse_find_history(false);
    assert_eq!(case.editor.find.query().text, "dra");
}

#[test]
fn history_outlives_the_program() {
    let mut case = Case::open("text", TEXT);
    let folder = case.path("state");
    case.editor.session = Session::load(&folder).0;
    case.run(&[Command::Find]);
    case.type_find("red");
    case.step(Command::FindSwitch(FindSwitch::WholeWord));
    case.step(Command::FindNext);
    let mut again = Case::of(TEXT);
    again.editor.session = Session::load(&folder).0;
    again.run(&[Command::Find]);
    let query = again.editor.find.query();
    assert_eq!((query.text.as_str(), query.whole_word), ("red", true));
}

#[test]
fn only_what_is_near_is_read_while_typing() {
    let far = 64_u64 << 20;
    let mut text = vec![b'.'; far as usize];
    text.extend_from_slice(b"needle");
    let mut case = Case::over(Arc::new(Memory::new(text)));
    case.run(&[Command::Find]);
    case.type_find("needle");
    assert_eq!(case.head(), 0);
    assert_eq!(case.words(), "None near here|");
    case.step(Command::FindNext);
    assert_eq!(case.tab().selection.span(), far..far + 6);
    assert_eq!(case.words(), "1 of 1|");
}

#[test]
fn escape_stops_a_search_before_it_closes() {
    let text = Memory::new(vec![b'.'; 256 << 20]);
    let slow = crate::source::testing::Slow::new(Arc::new(text), Duration::from_millis(20));
    let mut case = Case::over(Arc::new(slow));
    case.run(&[Command::Find]);
    case.editor.type_find("needle".to_owned());
    case.run(&[Command::FindNext, Command::LeaveFind]);
    let searches = case.editor.jobs().iter().filter(|job| matches!(job.task, Task::Find | Task::Tally));
    assert_eq!(searches.count(), 0, "nothing goes on that can be seen");
    assert!(case.editor.find.is_open());
    assert!(case.words().ends_with("|stopped"), "{}", case.words());
    case.run(&[Command::LeaveFind]);
    assert!(!case.editor.find.is_open());
}

/// The replace row open over a document.
fn replacing(document: &str, text: &str, with: &str) -> Case {
    let mut case = Case::of(document);
    case.settle();
    case.run(&[Command::Replace]);
    case.type_find(text);
    case.editor.type_replacement(with.to_owned());
    case
}

fn replace_all(case: &Case) -> &ReplaceAll {
    match &case.editor.dialog {
        Some(Dialog::ReplaceAll(all)) => all,
        other => panic!("no question: {other:?}"),
    }
}

#[test]
fn replacing_one_goes_on_to_the_next() {
    let mut case = replacing(TEXT, "fish", "cow");
    case.step(Command::ReplaceOne);
    assert_eq!(case.text(), "one cow two fish red fish blue fish\n");
    assert_eq!(case.selected(), "fish");
    case.step(Command::ReplaceOne);
    assert_eq!(case.text(), "one cow two cow red fish blue fish\n");
    case.select(0, 0);
    case.step(Command::ReplaceOne);
    assert_eq!(
        case.text(),
        "one cow two cow red fish blue fish\n",
        "who is at no match is brought to one first"
    );
    assert_eq!(case.tab().selection.span(), 20..24);
    case.run(&[Command::Undo, Command::Undo]);
    assert_eq!(case.text(), TEXT);
}

#[test]
fn replacing_all_asks_with_the_first_changes_and_is_one_step() {
    let mut case = replacing(TEXT, "fish", "herring");
    case.select(9, 9);
    case.step(Command::ReplaceAll);
    let all = replace_all(&case);
    assert_eq!(all.verb, "Replace 4 matches");
    assert!(all.text.contains("grows by 12 bytes"), "{}", all.text);
    let first = all.changes[0].clone();
    assert_eq!((first.before.as_str(), first.old.as_str(), first.new.as_str()), ("one ", "fish", "herring"));
    assert_eq!(case.text(), TEXT, "nothing is changed yet");
    case.editor.answer(Answer::Accept);
    case.settle();
    assert_eq!(case.text(), TEXT.replace("fish", "herring"));
    assert_eq!(case.tab().selection, Selection::at(12), "the caret is where it was");
    case.run(&[Command::Undo]);
    assert_eq!(case.text(), TEXT);
    case.run(&[Command::Redo]);
    assert_eq!(case.text(), TEXT.replace("fish", "herring"));
}

#[test]
fn groups_go_over_and_hex_keeps_digits() {
    let mut case = replacing("k1=v1 k2=v2", r"(\w+)=(\w+)", "$2: ${1}");
    case.step(Command::FindSwitch(FindSwitch::Regex));
    case.step(Command::ReplaceAll);
    case.editor.answer(Answer::Accept);
    assert_eq!(case.text(), "v1: k1 v2: k2");
    let mut case = replacing("\x11\x22\x11\x33", "11 ??", "AA ?F ??");
    case.step(Command::FindSwitch(FindSwitch::Hex));
    assert!(case.editor.replacement_error().is_some(), "there is no third byte to keep");
    case.editor.type_replacement("4A ?F".to_owned());
    case.step(Command::ReplaceAll);
    case.editor.answer(Answer::Accept);
    assert_eq!(case.bytes(), b"\x4A\x2F\x4A\x3F");
}

#[test]
fn only_the_selection_is_replaced_if_so_asked() {
    let mut case = Case::of(TEXT);
    case.select(10, 28);
    case.run(&[Command::Replace, Command::FindSwitch(FindSwitch::InSelection)]);
    case.type_find("fish");
    case.editor.type_replacement("ox".to_owned());
    case.step(Command::ReplaceAll);
    case.editor.answer(Answer::Accept);
    assert_eq!(case.text(), "one fish two ox red ox blue fish\n");
}

#[test]
fn nothing_is_replaced_in_what_was_edited_meanwhile_or_is_locked() {
    let mut case = replacing(TEXT, "fish", "cow");
    case.step(Command::ReplaceAll);
    let all = case.editor.dialog.take();
    case.select(0, 0);
    case.type_text("x");
    case.editor.dialog = all;
    case.editor.answer(Answer::Accept);
    assert_eq!(case.text(), format!("x{TEXT}"));
    case.told("changed meanwhile");
    let mut case = replacing(TEXT, "fish", "cow");
    case.tab_mut().locked = Some(Lock::ReadOnly);
    case.step(Command::ReplaceAll);
    assert!(case.editor.dialog.is_none() && case.editor.bar().is_some());
}

#[test]
fn a_character_that_cannot_be_stored_is_named() {
    let mut case = Case::of("abc");
    let reading = crate::text::Reading { encoding: Encoding::LATIN_1, ..case.tab().reading() };
    case.tab_mut().set_reading(reading);
    case.run(&[Command::Replace]);
    case.type_find("b");
    case.editor.type_replacement("€".to_owned());
    let error = case.editor.replacement_error().expect("refused");
    assert!(error.message.contains('€'), "{}", error.message);
}

#[test]
fn one_of_many_neighbours_has_its_number() {
    let mut case = Case::hex([vec![1; 7], vec![0; 500], vec![1; 7]].concat());
    case.run(&[Command::Find, Command::FindSwitch(FindSwitch::Hex)]);
    case.type_find("00");
    case.pause();
    assert_eq!(case.words(), "1 of 500|");
    case.editor.run(Command::FindNext);
    case.editor.run(Command::FindNext);
    case.settle();
    assert_eq!(case.words(), "3 of 500|");
}

#[test]
fn marks_of_a_small_document_are_where_its_matches_are() {
    let mut text = "plain line\n".repeat(1000);
    text.insert_str(8000, "needle");
    let mut case = finding(&text, "needle");
    case.pause();
    case.settle();
    let density = case.tab().match_density(100);
    assert_eq!(density.iter().position(|count| *count > 0), Some(72));
}

#[test]
fn what_a_regex_calls_a_byte_goes_by_the_document_and_not_by_the_view() {
    let noise: Vec<u8> = (0..4096_u32).map(|n| (n * n % 251) as u8).collect();
    let mut case = Case::open("image", [noise.as_slice(), b"\x00\xff\x00"].concat());
    assert_eq!(case.tab().mode, Mode::Hex);
    for view in [Command::ViewHex, Command::ViewText, Command::ViewBoth] {
        case.run(&[view, Command::Find]);
        case.editor.change_query(|query| query.kind = Kind::Regex);
        case.type_find("");
        case.type_find(r"\xff");
        case.pause();
        assert_eq!((case.tab().selection.span(), case.words().as_str()), (4097..4098, "1 of 1|"));
    }
    let mut case = Case::open("text", "a ÿ");
    for view in [Command::ViewHex, Command::ViewText] {
        case.run(&[view, Command::Find]);
        case.editor.change_query(|query| query.kind = Kind::Regex);
        case.type_find("");
        case.type_find(r"\xff");
        case.pause();
        assert_eq!((case.tab().selection.span(), case.words().as_str()), (2..4, "1 of 1|"));
    }
}

#[test]
fn text_is_found_in_another_encoding_and_kept_so_in_the_history() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let bytes = [b"\x7fELF\x01\xff\xfe".as_slice(), &utf16("Die Datei Über"), b"\xff\xff", &utf16("überall")]
        .concat();
    let mut case = Case::open("program", &bytes);
    case.settle();
    case.run(&[Command::Find]);
    case.editor.change_query(|query| query.encoding = Some(Encoding::UTF_16LE));
    case.type_find("über");
    case.pause();
    assert_eq!(case.words(), "1 of 2|", "in capitals or not, at any byte");
    case.step(Command::FindSwitch(FindSwitch::WholeWord));
    case.pause();
    assert_eq!(case.words(), "1 of 1|");
    assert_eq!(case.tab().selection.span(), 27..35);
    case.step(Command::FindSwitch(FindSwitch::Regex));
    case.type_find(r"\bd\w+");
    case.pause();
    assert_eq!(case.words(), "1 of 2|each up to 1 MiB");
    case.run(&[Command::FindNext, Command::CopyFindCommand]);
    let command = case.copied();
    assert!(command.contains(r"'\bd\w+' --regex -i -w --pattern-encoding 'UTF-16 LE' "), "{command}");
    case.editor.change_query(|query| *query = Query::literal("x"));
    case.editor.browse_find_history(true);
    assert_eq!(case.editor.find.query().encoding, Some(Encoding::UTF_16LE));
    // What is selected is text of the document.
    case.select(1, 4);
    case.step(Command::FindSelection);
    assert_eq!(case.editor.find.query().encoding, None);
}

#[test]
fn an_empty_document_has_one_start_and_one_end() {
    for text in ["^", "$"] {
        let mut case = finding("", "");
        case.step(Command::FindSwitch(FindSwitch::Regex));
        case.type_find(text);
        case.step(Command::FindNext);
        assert_eq!(case.words(), "1 of 1|", "{text}");
    }
}

#[test]
fn that_matches_have_a_longest_is_told() {
    let mut case = finding(&format!("{{{}}} {{a}}", "x\n".repeat(2 << 20)), "");
    case.step(Command::FindSwitch(FindSwitch::Regex));
    case.type_find(r"\{[^}]*");
    case.pause();
    assert!(case.words().ends_with("|cut behind 1 MiB: it may go on"), "{}", case.words());
    case.step(Command::FindNext);
    assert!(case.words().ends_with("|each up to 1 MiB"), "{}", case.words());
    case.type_find(r"\{[^}]{1,9}");
    case.pause();
    assert_eq!(case.words(), "1 of 2|");
}

#[test]
fn behind_the_question_mark_of_less_all_goes_backwards() {
    let mut case = Case::of(TEXT);
    case.settle();
    case.tab_mut().locked = Some(Lock::ReadOnly);
    case.select(20, 20);
    case.type_keys("?");
    assert!(case.editor.find.is_backward());
    case.type_find("fish");
    assert_eq!(case.tab().selection.span(), 13..17, "the one before, while typing");
    case.editor.leave_find_field();
    case.type_keys("n");
    case.settle();
    assert_eq!(case.tab().selection.span(), 4..8);
    case.type_keys("N");
    case.settle();
    assert_eq!(case.tab().selection.span(), 13..17);
    case.type_keys("/");
    assert!(!case.editor.find.is_backward());
}

#[test]
fn what_takes_too_much_memory_to_replace_is_written_to_a_new_file() {
    let text = "a b\n".repeat(10_000);
    let mut case = Case::open("many.txt", &text);
    case.settle();
    case.run(&[Command::Replace]);
    case.type_find("a");
    case.editor.type_replacement("xyz".to_owned());
    case.step(Command::ReplaceAll);
    let told = match &case.editor.dialog {
        Some(Dialog::ReplaceIntoCopy(copy)) => copy.text.clone(),
        other => panic!("no question: {other:?}"),
    };
    assert!(told.contains("About 10,0") || told.contains("About 9,9"), "{told}");
    case.editor.answer(Answer::Accept);
    case.pick_target("new.txt");
    assert_eq!(case.read("new.txt"), text.replace('a', "xyz").as_bytes());
    assert_eq!(case.name(), "new.txt", "and opened");
    assert_eq!(case.text(), text.replace('a', "xyz"));
    assert_eq!(case.read("many.txt"), text.as_bytes(), "the document stays as it was");
    assert!(case.editor.tabs.iter().all(|tab| !tab.document.is_modified()));
}
