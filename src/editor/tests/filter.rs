//! The list of lines that match.

use super::*;
use crate::search::Query;

fn log() -> String {
    (0..200)
        .map(|n| {
            let level = if n % 10 == 0 {
                "ERROR"
            } else if n % 10 == 5 {
                "WARN"
            } else {
                "info"
            };
            format!("{n:03} {level} message\n")
        })
        .collect()
}

fn listing(document: &str, shows: &[&str], hides: &[&str]) -> Case {
    let mut case = Case::of(document);
    case.settle();
    case.run(&[Command::LineList]);
    case.editor.change_filters(|set| {
        let entry = |role| move |text: &&str| FilterEntry::new(role, Query::literal(*text), 0);
        let shown = shows.iter().map(entry(FilterRole::Show));
        set.entries = shown.chain(hides.iter().map(entry(FilterRole::Hide))).collect();
    });
    case.settle();
    case
}

impl Case {
    /// The lines on a screen of `rows` rows.
    fn listed(&mut self, rows: usize) -> Vec<String> {
        self.editor.listed_lines(rows);
        self.settle();
        let listed = self.editor.listed_lines(rows);
        let snapshot = self.tab().document.snapshot();
        let line = |line: &Option<ListedLine>| {
            let start = line.expect("it is looked up").start;
            let bytes = snapshot.read(start..start + 9).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        listed.lines.iter().map(line).collect()
    }
}

#[test]
fn lines_that_match_are_listed_and_gone_to() {
    let mut case = listing(&log(), &["error", "warn"], &[]);
    assert_eq!(case.editor.line_list_in_words(), "40 matching lines");
    assert_eq!(case.listed(2)[..2], ["000 ERROR", "005 WARN "]);
    case.editor.scroll_list_to(38);
    assert_eq!(case.listed(2), ["190 ERROR", "195 WARN "]);
    case.editor.go_to_listed(39);
    let start = log().find("195").unwrap() as u64;
    assert_eq!(case.head(), start);
    case.run(&[Command::Back]);
    assert_eq!(case.head(), 0);
    case.editor.step_in_list(-1, 2);
    case.editor.step_in_list(-1, 2);
    assert_eq!(case.editor.listed_lines(2).here, Some(37));
}

#[test]
fn what_is_hidden_is_not_listed_and_a_filter_can_be_off() {
    let mut case = listing(&log(), &["error", "warn"], &["00 ERROR"]);
    assert_eq!(case.editor.line_list_in_words(), "38 matching lines");
    case.editor.change_filters(|set| set.entries[1].is_on = false);
    case.settle();
    assert_eq!(case.editor.line_list_in_words(), "18 matching lines");
    case.editor.change_filters(|set| drop(set.entries.remove(0)));
    case.settle();
    assert_eq!(case.editor.line_list_in_words(), "198 matching lines");
    case.editor.change_filters(|set| {
        set.entries[0].query.kind = crate::search::Kind::Regex;
        set.entries[0].is_on = true;
        set.entries[0].query.text = "(".to_owned();
    });
    assert!(case.editor.filter_error(0).is_some());
}

#[test]
fn the_list_lives_while_the_document_is_edited_or_grows() {
    let mut case = listing(&log(), &["error"], &[]);
    assert_eq!(case.listed(1)[0], "000 ERROR");
    case.select(0, 0);
    case.editor.give_keys_to_line_list(false);
    case.type_text("an ERROR first\n");
    case.settle();
    assert_eq!(case.editor.line_list_in_words(), "21 matching lines");
    assert_eq!(case.listed(2)[..2], ["an ERROR ", "000 ERROR"]);
    case.run(&[Command::Undo]);
    case.settle();
    assert_eq!(case.editor.line_list_in_words(), "20 matching lines");
    let source = Arc::new(Memory::new(format!("{}more ERROR\n", log()).into_bytes()));
    case.editor.grow(0, source);
    case.settle();
    assert_eq!(case.editor.line_list_in_words(), "21 matching lines");
}

#[test]
fn lines_are_deleted_kept_and_copied_as_one_step() {
    let text = log();
    let errors: String = text.split_inclusive('\n').filter(|line| line.contains("ERROR")).collect();
    let others: String = text.split_inclusive('\n').filter(|line| !line.contains("ERROR")).collect();
    let mut case = listing(&text, &["error"], &[]);
    case.run(&[Command::Lines(LinesDeed::Copy)]);
    case.settle();
    assert_eq!(case.editor.take_requests(), [Request::Copy(errors.clone())]);
    case.run(&[Command::Lines(LinesDeed::Delete)]);
    case.settle();
    assert_eq!(case.text(), others);
    case.told("20 lines deleted");
    assert_eq!(case.editor.line_list_in_words(), "No matching lines");
    case.run(&[Command::Undo]);
    case.settle();
    assert_eq!(case.text(), text);
    case.run(&[Command::Lines(LinesDeed::Keep)]);
    case.settle();
    assert_eq!(case.text(), errors);
    case.run(&[Command::Undo]);
    assert_eq!(case.text(), text);
}

#[test]
fn lines_are_saved_to_a_file_of_their_own() {
    let mut case = listing(&log(), &["error"], &[]);
    case.run(&[Command::Lines(LinesDeed::Save)]);
    case.settle();
    let path = case.path("errors.txt");
    assert!(matches!(&case.editor.take_requests()[..], [Request::PickTarget { .. }]));
    case.editor.picked(PathPurpose::SaveLines, Some(vec![path]));
    case.settle();
    let errors: String = log().split_inclusive('\n').filter(|line| line.contains("ERROR")).collect();
    assert_eq!(case.read("errors.txt"), errors.as_bytes());
}

#[test]
fn what_is_found_is_listed() {
    let mut case = Case::of(log());
    case.settle();
    case.run(&[Command::Find]);
    case.editor.type_find("1.0 ERR".to_owned());
    case.run(&[Command::FindSwitch(FindSwitch::Regex), Command::ListFoundLines]);
    case.settle();
    assert_eq!(case.editor.line_list_in_words(), "10 matching lines");
    assert!(case.editor.line_list.has_keys() && !case.editor.find.has_keys());
    case.editor.escape_line_list();
    assert!(!case.editor.line_list.is_open());
}

#[test]
fn in_hex_the_list_is_one_of_rows() {
    let mut bytes = vec![0_u8; 1000];
    bytes[500] = 7;
    let mut case = Case::hex(bytes);
    case.run(&[Command::LineList]);
    case.editor.change_filters(|set| {
        set.entries[0].query =
            Query { text: "07".to_owned(), kind: crate::search::Kind::Hex, ..Query::default() };
    });
    case.settle();
    assert_eq!(case.editor.line_list_in_words(), "1 matching row");
    case.editor.listed_lines(3);
    case.settle();
    let line = ListedLine { start: 496, is_match: true };
    assert_eq!(case.editor.listed_lines(3).lines, [Some(line)]);
}

#[test]
fn the_list_is_a_command_in_a_shell() {
    let mut case = listing("a\n", &["it's", "b.c"], &["Noise"]);
    case.editor.copy_filter_command();
    let copied = case.editor.take_requests();
    let [Request::Copy(command)] = &copied[..] else { panic!("{copied:?}") };
    let expected =
        r"hextant --filter --regex --include '(?i:it'\''s)' --include '(?i:b\.c)' --exclude '(?:Noise)' -";
    assert_eq!(command, expected);
    case.editor.change_filters(|set| {
        set.entries.truncate(1);
        (set.context, set.records, set.record) = (2, true, r"^\d".to_owned());
    });
    case.editor.copy_filter_command();
    let copied = case.editor.take_requests();
    let [Request::Copy(command)] = &copied[..] else { panic!("{copied:?}") };
    assert_eq!(command, r"hextant --filter -i --include 'it'\''s' --record '^\d' -C 2 -");
}

#[test]
fn lines_around_are_listed_copied_and_kept_but_not_deleted() {
    let text = "one\ntwo\nbad\nfour\nfive\nsix\n";
    let mut case = listing(text, &["bad"], &[]);
    case.editor.change_filters(|set| set.context = 1);
    case.settle();
    assert_eq!(case.editor.line_list_in_words(), "1 matching line, 2 around");
    case.run(&[Command::Lines(LinesDeed::Copy)]);
    case.settle();
    assert_eq!(case.editor.take_requests(), [Request::Copy("two\nbad\nfour\n".to_owned())]);
    case.run(&[Command::Lines(LinesDeed::Delete)]);
    case.settle();
    assert_eq!(case.text(), "one\ntwo\nfour\nfive\nsix\n");
    case.run(&[Command::Undo]);
    case.settle();
    case.run(&[Command::Lines(LinesDeed::Keep)]);
    case.settle();
    assert_eq!(case.text(), "two\nbad\nfour\n");
}

#[test]
fn what_begins_records_is_recognised_and_can_be_said() {
    let text = "01:02:03 ok\n01:02:04 failed\n\tat main\n01:02:05 ok\n";
    let mut case = listing(text, &["at main"], &[]);
    assert_eq!(case.editor.line_list_in_words(), "1 matching line");
    case.editor.toggle_records();
    case.settle();
    assert_eq!(case.editor.line_list_in_words(), "2 matching lines");
    case.editor.change_filters(|set| set.record = "^01.*ok(".to_owned());
    assert!(case.editor.record_error().is_some());
    case.editor.change_filters(|set| set.record = "ok$".to_owned());
    case.settle();
    assert_eq!(case.editor.line_list_in_words(), "3 matching lines");
    case.editor.toggle_records();
    case.settle();
    assert_eq!(case.editor.line_list_in_words(), "1 matching line");
    assert_eq!(case.editor.line_list.set().record, "ok$", "it is there when it is wanted again");
}

#[test]
fn other_colours_count_nothing_again() {
    let mut case = listing(&log(), &["error"], &[]);
    case.editor.change_filters(|set| {
        set.entries[0].color = 4;
        set.entries.push(FilterEntry::new(FilterRole::Color, Query::regex("WARN|info"), 2));
    });
    assert!(case.editor.jobs().is_empty());
    assert_eq!(case.editor.line_list_in_words(), "20 matching lines");
    let all = 0..case.tab().document.len();
    assert_eq!(case.editor.colored(&[all]).len(), 180, "a regex has a colour in the document too");
    case.run(&[Command::ClearColors]);
    assert_eq!(case.editor.line_list.entries().len(), 1);
}

#[test]
fn a_list_is_kept_beside_a_new_one() {
    let mut case = listing(&log(), &["error"], &[]);
    case.editor.scroll_list_to(7);
    assert_eq!(case.listed(1), ["070 ERROR", "080 ERROR"]);
    case.editor.keep_list();
    case.editor.change_filters(|set| set.entries[0].query.text = "warn".to_owned());
    case.settle();
    assert_eq!(case.editor.list_pages(), (vec!["error".to_owned(), "warn".to_owned()], 1));
    assert_eq!(case.listed(1)[0], "005 WARN ");
    // It follows edits while it is not shown, and nothing of it is counted again.
    case.select(0, 0);
    case.editor.give_keys_to_line_list(false);
    case.type_text("an ERROR\n");
    case.editor.show_list_page(0);
    case.settle();
    assert_eq!(case.editor.line_list_in_words(), "21 matching lines");
    assert_eq!(case.listed(1), ["060 ERROR", "070 ERROR"], "where it was left");
    case.editor.close_list_page(0);
    case.settle();
    assert_eq!(case.editor.list_pages(), (vec!["warn".to_owned()], 0));
    assert_eq!(case.editor.line_list_in_words(), "20 matching lines");
    case.editor.close_list_page(0);
    assert_eq!(case.editor.list_pages().0.len(), 1, "the last one stays");
}

#[test]
fn sets_of_filters_are_kept_by_name() {
    let mut case = Case::open("a.log", log());
    let (settings, _) = Settings::load(&case.path("config"));
    case.editor.settings = settings;
    case.run(&[Command::LineList]);
    let entry = |role, text: &str| FilterEntry::new(role, Query::literal(text), 3);
    let set = FilterSet {
        context: 2,
        records: true,
        record: r"^\d+".to_owned(),
        entries: vec![
            entry(FilterRole::Show, "error"),
            entry(FilterRole::Hide, "x"),
            entry(FilterRole::Color, "m"),
        ],
    };
    case.editor.change_filters(|now| *now = set.clone());
    case.editor.keep_filter_set(" all errors ");
    case.editor.keep_filter_set(" ");
    case.editor.change_filters(|now| *now = FilterSet::default());
    case.settle();
    let (settings, error) = Settings::load(&case.path("config"));
    assert_eq!(error, None);
    case.editor.settings = settings;
    assert_eq!(case.editor.filter_sets().collect::<Vec<_>>(), ["all errors"]);
    case.editor.use_filter_set("all errors");
    assert_eq!(case.editor.line_list.set(), &set);
    case.editor.forget_filter_set("all errors");
    case.settle();
    assert_eq!(case.editor.filter_sets().count(), 0);
}

#[test]
fn filters_colours_and_marks_are_there_again_at_the_next_start() {
    let mut case = Case::new();
    let folder = case.path("state");
    case.editor.session = Session::load(&folder).0;
    case.open_file("a.log", log());
    case.go_to("5");
    case.run(&[Command::ToggleMark, Command::LineList]);
    let entries = vec![
        FilterEntry::new(FilterRole::Show, Query::regex("ERR"), 1),
        FilterEntry::new(FilterRole::Color, Query::literal("m"), 2),
    ];
    case.editor.change_filters(|set| set.entries.clone_from(&entries));
    case.editor.remember_at_the_end();
    case.settle();
    let marks = case.tab().marks().to_vec();
    assert_eq!(marks.len(), 1);
    case.editor = Editor::new(Settings::default(), Session::load(&folder).0);
    case.arguments(&[]);
    assert_eq!((case.tab().marks(), case.editor.line_list.entries()), (&marks[..], &entries[..]));
}

#[test]
fn marks_stay_with_their_lines_when_the_file_is_reloaded() {
    let mut case = Case::open("a.log", log());
    for line in ["3", "50", "200"] {
        case.go_to(line);
        case.run(&[Command::ToggleMark]);
    }
    // Lines before the first are new, the second is edited, the third is gone.
    let text =
        format!("new\n{}", log()).replace("049 info message", "049 other").replace("199 info message\n", "");
    case.write("a.log", &text);
    let id = case.tab().id;
    case.editor.reload(id);
    case.settle();
    let at = |part: &str| text.find(part).unwrap() as u64;
    assert_eq!(case.tab().marks(), [at("002 "), at("049 ")]);
    case.run(&[Command::NextMark, Command::ToggleMark]);
    assert_eq!(case.tab().marks().len(), 1, "a mark that came along can be taken away");
}
