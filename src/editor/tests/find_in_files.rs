//! Finding in many files.

use super::*;
use crate::search::Query;

impl Case {
    fn find_in(&mut self, place: SearchedPlace, text: &str) {
        self.run(&[Command::FindInFiles]);
        let folder = self.path("").display().to_string();
        self.editor.change_file_choices(|choices| (choices.place, choices.folder) = (place, folder));
        self.editor.change_file_query(|query| *query = Query::literal(text));
        self.editor.find_in_files_now();
        self.settle();
    }

    /// The names of files, and the numbers of lines.
    fn found(&mut self) -> Vec<String> {
        let row = |row: &FoundRow| match row {
            FoundRow::File { name, .. } => name.clone(),
            FoundRow::Line { number, .. } => (number + 1).to_string(),
        };
        self.editor.found_rows(1000).rows.iter().map(row).collect()
    }
}

#[test]
fn a_line_that_was_found_opens_its_file_at_the_match() {
    let mut case = Case::new();
    case.write("a/one.txt", "x\nthe needle\n");
    case.write("two.txt", "needle, needle\n");
    case.find_in(SearchedPlace::Folder, "needle");
    assert_eq!(case.found(), ["a/one.txt", "2", "two.txt", "1"]);
    case.editor.go_to_found(1);
    case.settle();
    assert_eq!((case.tab().name.as_str(), case.selected().as_str()), ("one.txt", "needle"));
    assert_eq!(case.tab().selection.head(), 12);
    // F3 goes on with the same in this document.
    assert_eq!(case.editor.find.query().text, "needle");
    // The next one, over a row that is no line.
    case.run(&[Command::NextFound]);
    case.settle();
    assert_eq!((case.tab().name.as_str(), case.selected().as_str()), ("two.txt", "needle"));
    case.run(&[Command::NextFound]);
    assert!(case.editor.notices.iter().any(|notice| notice.text.contains("last")));
    case.run(&[Command::PreviousFound]);
    case.settle();
    assert_eq!(case.tab().name, "one.txt");
}

#[test]
fn edits_behind_the_search_move_what_was_found() {
    let mut case = Case::new();
    case.write("a.txt", "needle\nneedle\n");
    case.find_in(SearchedPlace::Folder, "needle");
    case.editor.go_to_found(1);
    case.settle();
    case.tab_mut().select(Selection::at(0));
    case.type_text("more\n");
    case.editor.go_to_found(2);
    assert_eq!((case.tab().selection.span(), case.selected().as_str()), (12..18, "needle"));
}

#[test]
fn what_is_open_is_searched_as_it_is() {
    let mut case = Case::open("a.txt", "old\n");
    case.write("b.txt", "old\n");
    case.type_text("new ");
    case.find_in(SearchedPlace::Folder, "new");
    assert_eq!(case.found(), ["a.txt", "1"], "with its unsaved edits");
    case.run(&[Command::New]);
    case.type_text("also new");
    case.find_in(SearchedPlace::Documents, "new");
    assert_eq!(case.found(), ["a.txt", "1", "untitled", "1"]);
    case.editor.go_to_found(1);
    assert_eq!((case.tab().name.as_str(), case.selected().as_str()), ("a.txt", "new"));
}

#[test]
fn a_document_that_was_closed_says_so() {
    let mut case = Case::new();
    case.run(&[Command::New]);
    case.type_text("needle");
    case.find_in(SearchedPlace::Documents, "needle");
    case.run(&[Command::CloseTab]);
    case.editor.answer(Answer::Discard);
    case.settle();
    case.editor.go_to_found(1);
    assert!(case.editor.notices.iter().any(|notice| notice.text.contains("closed")));
}

#[test]
fn there_is_one_list_below_the_document() {
    let mut case = Case::of("text");
    case.run(&[Command::LineList, Command::FindInFiles]);
    assert!(case.editor.find_in_files.has_keys() && !case.editor.line_list.is_open());
    case.run(&[Command::Find]);
    assert!(case.editor.find.has_keys() && !case.editor.find_in_files.has_keys());
    case.run(&[Command::LineList]);
    assert!(case.editor.line_list.has_keys() && !case.editor.find_in_files.is_open());
}

#[test]
fn a_bad_pattern_searches_nothing_and_says_why() {
    let mut case = Case::new();
    case.write("a.txt", "x");
    case.run(&[Command::FindInFiles]);
    case.editor.change_file_query(|query| *query = Query::regex("(x"));
    case.editor.find_in_files_now();
    assert!(case.editor.find_in_files.error().is_some() && case.editor.jobs().is_empty());
}
