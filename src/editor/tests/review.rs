//! The list of edits.

use super::*;
use crate::document::{BulkBuilder, Content, Replacement, Since, StepKind, visits};
use crate::source::testing::Counting;
use crate::source::{Cancel, Progress};

impl Case {
    /// Old and new of the edits on a screen of `rows` rows, and where each is.
    fn reviewed(&mut self, rows: usize) -> Vec<(u64, String, String)> {
        self.settle();
        self.editor.reviewed_edits(rows);
        self.settle();
        let edits = self.editor.reviewed_edits(rows).edits;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let edit = |edit: Option<ReviewedEdit>| {
            let edit = edit.expect("it is looked up");
            (edit.difference.new.start, text(&edit.shown.old), text(&edit.shown.new))
        };
        edits.into_iter().map(edit).collect()
    }

    fn put(&mut self, range: std::ops::Range<u64>, text: &str) {
        let replacement = Replacement { range, content: Content::Text(text.to_owned()) };
        assert!(self.editor.edit(0, vec![replacement], StepKind::Whole("Edit")));
    }
}

fn row(at: u64, old: &str, new: &str) -> (u64, String, String) {
    (at, old.to_owned(), new.to_owned())
}

#[test]
fn all_edits_are_listed_gone_to_and_live() {
    let mut case = Case::of("one\ntwo\nthree\n");
    case.run(&[Command::ReviewEdits]);
    case.settle();
    assert_eq!(case.editor.review_in_words(), "No edits since it was saved");
    assert_eq!(case.reviewed(5), []);
    case.put(8..13, "drei");
    case.put(3..4, "");
    case.select(0, 0);
    case.type_text("zero ");
    assert_eq!(case.reviewed(5), [row(0, "", "zero "), row(8, "\n", ""), row(12, "three", "drei")]);
    assert_eq!(case.editor.review_in_words(), "3 edits since it was saved");
    case.editor.step_in_review(1, 5);
    case.editor.step_in_review(1, 5);
    case.editor.step_in_review(1, 5);
    assert_eq!(case.tab().selection.span(), 12..16);
    case.run(&[Command::Back]);
    assert_eq!(case.head(), 8);
    // The list goes on with what is typed.
    case.select(16, 16);
    case.type_text("!");
    assert_eq!(case.reviewed(5)[2], row(12, "three", "drei!"));
    case.run(&[Command::Undo, Command::Undo]);
    assert_eq!(case.reviewed(5), [row(3, "\n", ""), row(7, "three", "drei")]);
    case.run(&[Command::ReviewEdits]);
    assert!(!case.editor.review_list.is_open());
}

#[test]
fn one_edit_is_reverted_as_one_step_and_all_others_stay() {
    let mut case = Case::of("one\ntwo\nthree\n");
    case.put(8..13, "drei");
    case.put(0..3, "eins");
    case.run(&[Command::ReviewEdits]);
    case.reviewed(5);
    case.editor.go_to_reviewed(1);
    case.run(&[Command::RevertEdit]);
    assert_eq!(case.text(), "eins\ntwo\nthree\n");
    assert_eq!(case.tab().selection.span(), 9..14);
    assert_eq!(case.reviewed(5), [row(0, "one", "eins")]);
    assert!(case.is_modified());
    case.run(&[Command::Undo]);
    assert_eq!(case.text(), "eins\ntwo\ndrei\n");
    case.run(&[Command::Redo]);
    // That at the caret, without the list.
    case.run(&[Command::ReviewEdits]);
    case.select(2, 2);
    case.run(&[Command::RevertEdit]);
    assert_eq!(case.text(), "one\ntwo\nthree\n");
    assert!(!case.is_modified());
    case.run(&[Command::RevertEdit]);
    case.told("no edit at the caret");
}

#[test]
fn everything_deleted_is_one_edit() {
    let mut case = Case::of("one\ntwo\n");
    case.run(&[Command::ReviewEdits, Command::SelectAll, Command::DeleteForward]);
    assert_eq!(case.reviewed(5), [row(0, "one\ntwo\n", "")]);
    assert_eq!(case.editor.review_in_words(), "1 edit since it was saved");
    case.editor.go_to_reviewed(0);
    case.run(&[Command::RevertEdit]);
    assert_eq!(case.text(), "one\ntwo\n");
    // And only the last of it.
    case.put(4..8, "");
    assert_eq!(case.reviewed(5), [row(4, "two\n", "")]);
}

#[test]
fn saving_leaves_nothing_to_review_but_what_was_opened_can_still_be_compared() {
    let mut case = Case::open("a.txt", "one\ntwo\n");
    case.put(0..3, "eins");
    case.run(&[Command::ReviewEdits, Command::Save]);
    assert_eq!(case.reviewed(5), []);
    case.put(9..9, "drei\n");
    assert_eq!(case.reviewed(5), [row(9, "", "drei\n")]);
    case.editor.review_since(Since::Opened);
    assert_eq!(case.reviewed(5), [row(0, "one", "eins"), row(9, "", "drei\n")]);
    case.editor.go_to_reviewed(0);
    case.run(&[Command::RevertEdit]);
    assert_eq!(case.text(), "one\ntwo\ndrei\n");
}

#[test]
fn what_was_never_saved_has_nothing_to_compare_with() {
    let mut case = Case::new();
    case.run(&[Command::New]);
    case.type_text("text");
    case.run(&[Command::ReviewEdits]);
    assert_eq!(case.reviewed(5), []);
    assert!(case.editor.review_in_words().starts_with("Never saved"));
    case.run(&[Command::RevertEdit]);
    case.told("never saved");
    case.run(&[Command::Patch(PatchDeed::Copy)]);
    case.told("never saved");
    assert_eq!(case.text(), "text");
}

#[test]
fn the_edits_are_copied_as_a_patch_in_the_form_of_the_view() {
    let mut case = Case::open("a.txt", "one\ntwo\nthree\n");
    case.run(&[Command::Patch(PatchDeed::Copy)]);
    case.settle();
    case.told("Nothing was changed");
    case.put(4..7, "zwei");
    case.run(&[Command::Patch(PatchDeed::Copy)]);
    assert_eq!(case.copied(), "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n");
    case.run(&[Command::ViewHex, Command::Patch(PatchDeed::Copy)]);
    assert!(case.copied().ends_with("--- a.txt E\n+++ a.txt F\n@ 4 3 4\n- 74 77 6F\n+ 7A 77 65 69\n"));
    case.run(&[Command::ViewText, Command::Patch(PatchDeed::Save)]);
    case.settle();
    case.pick_target("a.patch");
    assert!(case.read("a.patch").ends_with(b"-two\n+zwei\n three\n"));
}

#[test]
fn a_patch_that_the_clipboard_would_change_is_offered_as_a_file() {
    let mut case = Case::open("a.txt", "one\ntwo\n");
    let replacement = Replacement { range: 0..1, content: Content::Bytes(vec![0xFF]) };
    assert!(case.editor.edit(0, vec![replacement], StepKind::Whole("Edit")));
    case.run(&[Command::Patch(PatchDeed::Copy)]);
    case.settle();
    let notice = case.told("no text");
    case.take_offer(&notice);
    case.settle();
    case.pick_target("a.patch");
    assert!(case.read("a.patch").windows(5).any(|part| part == b"+\xFFne\n"));
}

#[test]
fn very_many_replacements_are_listed_by_reading_what_is_on_screen() {
    const MANY: u64 = 100_000;
    let line = b"key = 12345; # and a comment behind it\n";
    let bytes = line.repeat(MANY as usize);
    let source = Arc::new(Counting::new(Arc::new(Memory::new(bytes))));
    let mut case = Case::over(source.clone());
    case.settle();
    let mut builder = BulkBuilder::uniform(b"54321".to_vec());
    (0..MANY).for_each(|n| builder.push(n * line.len() as u64 + 6..n * line.len() as u64 + 11).unwrap());
    let snapshot = case.tab().document.snapshot();
    let edit = builder.finish(&snapshot, &Cancel::new(), &Progress::default()).unwrap();
    assert!(case.editor.edit_bulk(0, &edit, "Replace all", true));
    case.settle();
    source.reset();
    case.run(&[Command::ReviewEdits]);
    let first = case.reviewed(20);
    assert_eq!((first.len(), &first[0]), (21, &row(6, "12345", "54321")));
    assert_eq!(case.editor.review_in_words(), "100,000 edits since it was saved");
    case.editor.scroll_review_to(MANY / 2);
    assert_eq!(case.reviewed(20)[0].0, MANY / 2 * line.len() as u64 + 6);
    let read = source.bytes();
    assert!(read < 200_000, "{read} bytes were read");
    // One is taken back, and nothing is counted anew but what stands near it.
    case.editor.go_to_reviewed(MANY / 2 + 3);
    case.run(&[Command::RevertEdit]);
    case.settle();
    assert_eq!(case.editor.review_in_words(), "99,999 edits since it was saved");
    assert_eq!(case.reviewed(20)[3].0, (MANY / 2 + 4) * line.len() as u64 + 6);
}

/// A document of which each byte but the first and the last gave way to another: one edit, of as many pieces.
fn one_edit_of_many_pieces(many: u64) -> Case {
    let mut case = Case::over(Arc::new(Memory::new(vec![b'a'; many as usize + 2])));
    case.settle();
    let mut builder = BulkBuilder::uniform(b"b".to_vec());
    (1..=many).for_each(|n| builder.push(n..n + 1).unwrap());
    let snapshot = case.tab().document.snapshot();
    let edit = builder.finish(&snapshot, &Cancel::new(), &Progress::default()).unwrap();
    assert!(case.editor.edit_bulk(0, &edit, "Replace all", true));
    case.settle();
    visits::take();
    case
}

/// What is done at once looks at so many pieces at most, however many the document has.
const AT_ONCE: u64 = 8 << 10;

#[test]
fn an_edit_of_very_many_pieces_is_listed_and_reverted_without_a_walk_in_the_window() {
    const MANY: u64 = 200_000;
    let mut case = one_edit_of_many_pieces(MANY);
    case.run(&[Command::ReviewEdits]);
    let edits = case.reviewed(20);
    assert_eq!((edits.len(), edits[0].0), (1, 1));
    for _ in 0..100 {
        case.editor.reviewed_edits(20);
        case.editor.keep_reviewing();
    }
    case.editor.go_to_reviewed(0);
    case.run(&[Command::RevertEdit]);
    assert_eq!(case.tab().selection.span(), 1..MANY + 1);
    assert_eq!(case.reviewed(20), []);
    // Undone, it is another moment, in which it was not looked up yet: a job looks whether it is the same.
    case.run(&[Command::Undo]);
    assert_eq!(case.reviewed(20).len(), 1);
    case.type_text("c");
    case.run(&[Command::Undo]);
    case.editor.go_to_reviewed(0);
    case.run(&[Command::RevertEdit]);
    assert_eq!(case.reviewed(20), []);
    let visits = visits::take();
    assert!(visits < AT_ONCE, "{visits} pieces were looked at in the window");
}

#[test]
fn going_to_edits_and_taking_back_the_one_at_the_caret_leave_very_many_pieces_to_a_job() {
    const MANY: u64 = 200_000;
    let mut case = one_edit_of_many_pieces(MANY);
    case.select(0, 0);
    case.run(&[Command::NextEdit]);
    assert!(case.tab().selection.is_empty(), "it takes longer than that");
    case.settle();
    assert_eq!(case.tab().selection.span(), 1..MANY + 1);
    case.select(MANY + 2, MANY + 2);
    case.run(&[Command::PreviousEdit]);
    case.settle();
    assert_eq!(case.tab().selection.span(), 1..MANY + 1);
    // What is edited meanwhile is not gone away from.
    case.select(0, 0);
    case.run(&[Command::NextEdit]);
    case.type_text("c");
    case.settle();
    case.told("edited meanwhile");
    assert_eq!(case.head(), 1);
    case.run(&[Command::Undo]);
    case.select(MANY / 2, MANY / 2);
    case.run(&[Command::RevertEdit]);
    case.settle();
    assert!(case.text().bytes().all(|byte| byte == b'a'));
    let visits = visits::take();
    assert!(visits < 3 * AT_ONCE, "{visits} pieces were looked at in the window");
}

#[test]
fn two_edits_at_the_last_byte_are_two() {
    let mut case = Case::of("abcd");
    case.put(3..4, "");
    case.put(1..2, "");
    case.run(&[Command::ReviewEdits]);
    assert_eq!(case.reviewed(5), [row(1, "b", ""), row(2, "d", "")]);
    case.editor.go_to_reviewed(1);
    case.run(&[Command::RevertEdit]);
    assert_eq!(case.text(), "acd");
}

#[test]
fn what_was_moved_by_50_gb_is_shown_by_its_beginning_and_size() {
    let mut case = Case::over(Arc::new(crate::source::Synthetic::log(100 << 30)));
    // Counting its lines is not what this is about.
    case.run(&[Command::PauseCounting]);
    let gb = 50 << 30;
    let cut = case.tab().document.snapshot().slice(0..gb);
    case.put(0..gb, "");
    let len = case.tab().document.len();
    let replacement = Replacement { range: len..len, content: Content::Slice(cut) };
    assert!(case.editor.edit(0, vec![replacement], StepKind::Whole("Paste")));
    case.run(&[Command::ReviewEdits]);
    case.editor.reviewed_edits(5);
    case.settle();
    case.editor.reviewed_edits(5);
    case.settle();
    let edits = case.editor.reviewed_edits(5).edits;
    let edits: Vec<_> = edits.into_iter().map(Option::unwrap).collect();
    let lens: Vec<_> = edits.iter().map(|edit| edit.shown.lens).collect();
    assert_eq!(lens, [(gb, 0), (0, gb)]);
    assert!(edits.iter().all(|edit| edit.shown.old.len() + edit.shown.new.len() < 1000));
    assert_eq!(case.editor.review_in_words(), "2 edits since it was saved");
    // Back in its place, in no time.
    case.editor.go_to_reviewed(0);
    case.run(&[Command::RevertEdit]);
    assert_eq!(case.tab().document.len(), (100 << 30) + gb);
}
