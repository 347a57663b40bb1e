use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, Weak};

use super::*;
use crate::editor::journal_keeper::Journals;
use crate::save::journal::{Folder, Log, LogFile, read};

mod saves;
mod unfinished;

/// A folder of journals in which a test can hold up or fail what is done.
#[derive(Clone)]
struct Troubled {
    folder: Folder,
    is_full: Arc<AtomicBool>,
    /// Do syncs wait?
    holds: Arc<(Mutex<bool>, Condvar)>,
}

impl Troubled {
    fn new(case: &Case) -> Self {
        let folder = Folder::new(case.path("state"));
        Self { folder, is_full: Arc::default(), holds: Arc::default() }
    }

    fn hold(&self, holds: bool) {
        *self.holds.0.lock().unwrap() = holds;
        self.holds.1.notify_all();
    }
}

impl Journals for Troubled {
    fn begin(&self, key: &str) -> io::Result<Box<dyn Log>> {
        Ok(Box::new(TroubledLog { log: self.folder.begin(key)?, trouble: self.clone() }))
    }

    fn owned(&self, key: &str) -> Vec<PathBuf> {
        self.folder.owned(key)
    }
}

struct TroubledLog {
    log: LogFile,
    trouble: Troubled,
}

impl std::fmt::Debug for TroubledLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.log.fmt(f)
    }
}

impl Log for TroubledLog {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.trouble.is_full.load(Ordering::Relaxed) {
            // As a full disk does, it takes some of it.
            self.log.append(&bytes[..bytes.len() / 2])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.log.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        let (holds, changed) = &*self.trouble.holds;
        drop(changed.wait_while(holds.lock().unwrap(), |holds| *holds).unwrap());
        self.log.sync()
    }

    fn len(&self) -> u64 {
        self.log.len()
    }

    fn publish(&mut self, old: Option<&Path>) -> io::Result<()> {
        self.sync()?;
        self.log.publish(old)
    }

    fn path(&self) -> Option<&Path> {
        self.log.path()
    }

    fn remove(&mut self) -> io::Result<()> {
        self.log.remove()
    }
}

thread_local! {
    /// Alive as long as the standing job of this test's editor.
    static JOB: RefCell<Option<Weak<dyn Journals>>> = const { RefCell::new(None) };
}

impl Case {
    /// Writes journals from now on, as a program that has just been started.
    fn journal(&mut self) {
        self.journal_in(Arc::new(Folder::new(self.path("state"))));
    }

    fn journal_in(&mut self, journals: Arc<dyn Journals>) {
        static RUNS: AtomicU64 = AtomicU64::new(0);
        JOB.set(Some(Arc::downgrade(&journals)));
        self.editor.orphans.folder = Some(Folder::new(self.path("state")));
        self.editor.start_journaling(journals, RUNS.fetch_add(1, Ordering::Relaxed));
    }

    fn journaled(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let mut case = Self::new();
        case.journal();
        case.open_file(name, bytes);
        case
    }

    fn journals(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("state")).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    }

    /// The program is killed: nothing is closed, nothing is asked. Another one is started.
    fn crash(&mut self) {
        self.editor.keep_journals();
        self.editor = Editor::new(Settings::default(), Session::default());
        // The system lets go of the locks of a process that is gone; here its thread ends first.
        self.wait_until(|_| JOB.with_borrow(|job| job.as_ref().is_none_or(|job| job.strong_count() == 0)));
        self.journal();
    }

    fn crash_and_open(&mut self, name: &str) {
        self.crash();
        let path = self.path(name);
        self.open_path(&path);
    }

    #[track_caller]
    fn wait_until(&mut self, is_so: impl Fn(&Self) -> bool) {
        let start = std::time::Instant::now();
        while !is_so(self) {
            assert!(start.elapsed() < LIMIT, "it does not come");
            self.editor.tick(self.editor.now);
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn bar_text(&self) -> Option<String> {
        self.editor.bar().map(|bar| bar.text)
    }
}

const BAR: [&str; 5] = ["Recover", "Compare", "Save elsewhere…", "Discard", "Not now"];

#[test]
fn what_was_typed_is_there_after_a_crash() {
    let mut case = Case::journaled("app.log", "one\ntwo\n");
    case.move_by(Motion::Down, 1);
    case.type_keys("more ");
    case.select_by(Motion::Right, 1);
    case.type_text("T");
    case.crash_and_open("app.log");
    assert_eq!(case.text(), "one\ntwo\n", "nothing is changed before the person says so");
    let (text, actions) = case.bar();
    assert_eq!(text, "Hextant was closed by a crash with 1 unsaved edit to “app.log”.");
    assert_eq!(actions, BAR);
    case.act("Recover");
    assert_eq!(case.text(), "one\nmore Two\n");
    assert_eq!(case.head(), 10);
    assert!(case.is_modified() && case.editor.bar().is_none());
    // It is one step, and what is on disk is as it was.
    case.run(&[Command::Undo]);
    assert_eq!(case.text(), "one\ntwo\n");
    assert!(!case.is_modified());
    assert_eq!(case.read("app.log"), b"one\ntwo\n");
}

#[test]
fn recovered_edits_are_in_a_journal_again_before_the_old_one_goes() {
    let mut case = Case::journaled("app.log", "one\n");
    case.type_text("zero ");
    case.crash_and_open("app.log");
    case.act("Recover");
    // Killed at once, it is there again, and once: whichever of the two journals there are.
    case.crash_and_open("app.log");
    case.act("Recover");
    assert_eq!(case.text(), "zero one\n");
    case.wait_until(|case| case.journals().len() == 1);
    case.run(&[Command::Save]);
    case.settle();
    case.wait_until(|case| case.journals().is_empty());
    assert_eq!(case.read("app.log"), b"zero one\n");
}

/// A small random number generator: the same edits for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end.max(1)
    }
}

/// Random edits, in text and in hex, with undo, cutting, pasting and saving; then a kill.
#[test]
fn whatever_was_edited_comes_back() {
    for seed in 0..25 {
        let mut random = Random(seed);
        let text: String = (0..40).map(|line| format!("line {line} of some text\n")).collect();
        let mut case = Case::journaled("app.log", &text);
        for _ in 0..random.below(40) + 1 {
            let len = case.tab().document.len();
            let at = random.below(len + 1);
            match random.below(9) {
                0 | 1 => {
                    case.select(at, at);
                    case.type_keys("abc");
                }
                2 => {
                    case.select(at, (at + random.below(60)).min(len));
                    case.run(&[Command::DeleteForward]);
                }
                3 => {
                    let to = (at + random.below(200)).min(len);
                    if at == to {
                        continue;
                    }
                    case.select(at, to);
                    case.run(&[Command::Cut]);
                    let cut = case.copied();
                    let to = random.below(case.tab().document.len() + 1);
                    case.select(to, to);
                    case.editor.paste(&cut);
                }
                4 => case.run(&[Command::Undo]),
                5 => case.run(&[Command::Undo, Command::Undo, Command::Redo]),
                6 => {
                    case.select_all_of(&[(at / 2, at / 2), (at, at)]);
                    case.type_text("é");
                }
                7 if random.below(3) == 0 => {
                    case.run(&[Command::Save]);
                    case.settle();
                }
                _ => case.run(&[Command::NewLine]),
            }
            case.editor.notices.clear();
            case.editor.keep_journals();
        }
        let (bytes, is_modified) = (case.bytes(), case.is_modified());
        case.crash_and_open("app.log");
        if case.bytes() != bytes {
            assert!(is_modified);
            case.act("Recover");
        }
        assert_eq!(case.bytes(), bytes, "seed {seed}");
    }
}

#[test]
fn untitled_documents_come_back_over_the_empty_window() {
    let mut case = Case::new();
    case.journal();
    case.run(&[Command::New]);
    case.type_text("never saved");
    case.crash();
    case.arguments(&[]);
    assert!(case.editor.tabs.is_empty());
    assert_eq!(
        case.bar(),
        ("Hextant was closed by a crash with “untitled” not saved.".to_owned(), BAR.to_vec())
    );
    case.act("Recover");
    assert_eq!((case.text(), case.name()), ("never saved".to_owned(), "untitled"));
    assert!(case.is_modified());
}

#[test]
fn a_file_that_is_not_open_is_opened_to_recover_it() {
    let mut case = Case::journaled("app.log", "text");
    case.type_text("some ");
    case.write("other", "other");
    case.crash_and_open("other");
    assert!(case.bar_text().unwrap().contains("“app.log”"));
    case.act("Recover");
    assert_eq!((case.name(), case.text()), ("app.log", "some text".to_owned()));
}

#[test]
fn what_was_appended_meanwhile_stays_behind_what_is_recovered() {
    let mut case = Case::journaled("app.log", "one\ntwo\n");
    case.type_text("zero\n");
    case.crash();
    io::Write::write_all(
        &mut fs::OpenOptions::new().append(true).open(case.path("app.log")).unwrap(),
        b"three\n",
    )
    .unwrap();
    let path = case.path("app.log");
    case.open_path(&path);
    case.act("Recover");
    assert_eq!(case.text(), "zero\none\ntwo\nthree\n");
}

fn lines(range: std::ops::Range<u32>) -> String {
    range.map(|line| format!("{} is line {line} of them\n", line * 7919)).collect()
}

/// fresh gives up when the file was changed (`OriginalFileModified`).
#[test]
fn edits_of_a_file_that_has_changed_find_their_places_or_are_kept() {
    let mut case = Case::journaled("app.log", lines(0..300));
    for line in [20, 100, 250] {
        case.go_to(&format!("{line}:1"));
        case.type_text(&format!("EDITED {line}: "));
    }
    case.crash();
    // Lines before, and the middle one gone.
    let now = format!("a new line\nand another\n{}{}", lines(0..90), lines(120..300));
    case.write("app.log", &now);
    let path = case.path("app.log");
    case.open_path(&path);
    case.act("Compare");
    case.settle();
    let Some(Dialog::Recovered(comparison)) = &case.editor.dialog else { panic!("no comparison") };
    assert_eq!(comparison.fits, Fits::ByContext);
    assert_eq!((comparison.all, comparison.edits.len()), (3, 3));
    let edit = &comparison.edits[1];
    assert_eq!((&edit.before[..], &edit.new[..]), (&b""[..], &b"EDITED 100: "[..]));
    assert_eq!(edit.behind, lines(99..100).trim_end().as_bytes());
    case.editor.answer(Answer::Accept);
    case.settle();
    let text = case.text();
    assert_eq!(text.len(), now.len() + 2 * 11 + 1);
    assert!(text.contains(&format!("EDITED 20: {}", lines(19..20))), "{text}");
    assert!(text.contains(&format!("EDITED 250: {}", lines(249..250))));
    let (text, actions) = case.bar();
    assert_eq!(text, "1 edit of “app.log” has no place in the file as it is now.");
    assert_eq!(actions, ["Save elsewhere…", "Compare", "Discard", "Not now"]);
    // What has no place can be had all the same.
    case.act("Save elsewhere…");
    case.pick_target("rejected.txt");
    let rejected = String::from_utf8(case.read("rejected.txt")).unwrap();
    assert!(rejected.contains("EDITED 100: ") && !rejected.contains("EDITED 20: "), "{rejected}");
    case.act("Compare");
    let Some(Dialog::Recovered(comparison)) = &case.editor.dialog else { panic!("no comparison") };
    assert_eq!((comparison.fits, comparison.all), (Fits::Nowhere, 1));
    case.editor.answer(Answer::Cancel);
    case.editor.notices.clear();
    case.act("Discard");
    assert!(matches!(case.editor.dialog, Some(Dialog::DiscardRecovered { .. })));
    case.editor.answer(Answer::Accept);
    case.settle();
    case.wait_until(|case| case.journals().len() == 1);
    assert!(case.editor.bar().is_none());
}

#[test]
fn what_is_saved_elsewhere_is_the_whole_file_with_its_edits() {
    let mut case = Case::journaled("app.log", "one two");
    case.type_text("zero ");
    case.crash_and_open("app.log");
    case.act("Save elsewhere…");
    case.pick_target("elsewhere");
    assert_eq!(case.read("elsewhere"), b"zero one two");
    assert_eq!(case.text(), "one two");
    assert_eq!(case.journals().len(), 1, "nothing is removed before the person says so");
}

#[test]
fn not_now_leaves_it_for_the_next_start() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("zero ");
    case.crash_and_open("app.log");
    case.act("Not now");
    assert!(case.editor.bar().is_none());
    // What is edited meanwhile has a journal beside it.
    case.type_text("other ");
    case.wait_until(|case| case.journals().len() == 2);
    case.told_nothing();
    case.crash_and_open("app.log");
    let texts: Vec<String> = (0..2)
        .map(|_| {
            let id = case.editor.tab().unwrap().id;
            case.act("Recover");
            let text = case.text();
            case.run(&[Command::Undo]);
            assert_eq!(case.tab().id, id);
            text
        })
        .collect();
    assert_eq!(BTreeMap::from_iter(texts.iter().map(|text| (text.as_str(), ()))).len(), 2);
    assert!(texts.contains(&"zero one".to_owned()) && texts.contains(&"other one".to_owned()));
}

#[test]
fn edits_that_are_saved_given_up_or_undone_leave_no_journal() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("x");
    case.wait_until(|case| case.journals().len() == 1);
    case.run(&[Command::Undo]);
    case.wait_until(|case| case.journals().is_empty());
    case.run(&[Command::Redo]);
    case.wait_until(|case| case.journals().len() == 1);
    case.run(&[Command::Save]);
    case.settle();
    case.wait_until(|case| case.journals().is_empty());
    case.type_text("y");
    case.wait_until(|case| case.journals().len() == 1);
    case.run(&[Command::CloseTab]);
    case.editor.answer(Answer::Discard);
    case.wait_until(|case| case.journals().is_empty());
    case.open_file("b", "b");
    case.type_text("z");
    case.wait_until(|case| case.journals().len() == 1);
    case.run(&[Command::Quit]);
    case.editor.answer(Answer::Discard);
    let mut quits = false;
    while !quits {
        case.editor.tick(case.editor.now);
        quits = case.quits();
    }
    assert_eq!(case.journals(), Vec::<PathBuf>::new());
}

#[test]
fn edits_made_while_it_is_saved_stay_in_a_journal_over_the_new_file() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("x");
    case.run(&[Command::Save]);
    case.type_text("y");
    case.settle();
    assert!(case.is_modified());
    case.crash_and_open("app.log");
    assert_eq!(case.text(), "xone");
    case.act("Recover");
    assert_eq!(case.text(), "xyone");
}

#[test]
fn saved_under_another_name_it_has_the_journal_of_that() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("x");
    case.wait_until(|case| case.journals().len() == 1);
    case.run(&[Command::SaveAs]);
    case.pick_target("other.log");
    case.type_text("y");
    case.crash_and_open("other.log");
    case.act("Recover");
    assert_eq!(case.text(), "xyone");
    case.wait_until(|case| case.journals().len() == 1);
}

#[test]
fn a_file_opened_read_only_leaves_no_trace_even_when_it_is_edited() {
    let mut case = Case::new();
    case.journal();
    case.write("a", "text");
    case.arguments(&["--read-only", "{}/a"]);
    case.run(&[Command::Unlock]);
    case.type_text("x");
    case.editor.keep_journals();
    assert!(case.tab().unprotected.is_some());
    case.crash();
    assert_eq!(case.journals(), Vec::<PathBuf>::new());
}

#[test]
fn another_window_with_unsaved_edits_of_the_same_file_is_told_of() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("x");
    case.wait_until(|case| case.journals().len() == 1);
    let mut second = Case::new();
    second.editor.set_journals(case.path("state"), u64::MAX);
    second.open_path(&case.path("app.log"));
    second.wait_until(|second| !second.editor.notices.is_empty());
    second.told("Another Hextant window has unsaved edits of “app.log”");
    assert!(second.editor.bar().is_none(), "what another window has is not offered");
    // Both are protected.
    second.type_text("y");
    second.wait_until(|_| case.journals().len() == 2);
    assert_eq!(second.tab().unprotected, None);
}

/// VS Code writes its backups on the thread that draws.
#[test]
fn typing_never_waits_for_the_disk() {
    let mut case = Case::new();
    let trouble = Troubled::new(&case);
    case.journal_in(Arc::new(trouble.clone()));
    case.open_file("app.log", "text");
    trouble.hold(true);
    // If it did, this would never end: the disk answers only after it.
    for _ in 0..500 {
        case.type_text("x");
        case.editor.keep_journals();
        case.editor.tick(case.editor.now);
    }
    trouble.hold(false);
    let expected = format!("{}text", "x".repeat(500));
    case.wait_until(|case| {
        let written = case.journals().first().and_then(|path| fs::read(path).ok());
        written.and_then(|bytes| read(&bytes).ok()).is_some_and(|read| read.added.len() == 500)
    });
    assert_eq!(case.text(), expected);
}

#[test]
fn a_full_disk_is_told_and_tried_again() {
    let mut case = Case::new();
    let trouble = Troubled::new(&case);
    case.journal_in(Arc::new(trouble.clone()));
    case.open_file("app.log", "text");
    case.type_text("one");
    case.wait_until(|case| case.journals().len() == 1);
    assert_eq!(case.tab().unprotected, None);
    trouble.is_full.store(true, Ordering::Relaxed);
    case.type_text("two");
    case.wait_until(|case| case.tab().unprotected.is_some());
    case.type_text("three");
    // What was written is still there.
    assert_eq!(read(&fs::read(&case.journals()[0]).unwrap()).unwrap().added, b"one");
    trouble.is_full.store(false, Ordering::Relaxed);
    case.wait_until(|case| case.tab().unprotected.is_none());
    case.crash_and_open("app.log");
    case.act("Recover");
    assert_eq!(case.text(), "onetwothreetext");
}

#[test]
fn a_journal_of_another_version_is_left_alone() {
    let mut case = Case::new();
    let path = case.write("state/0011223344556677.journal", "hextant journal 7\nwhatever comes then");
    case.journal();
    case.arguments(&[]);
    let notice = case.told("written by another version");
    assert!(notice.text.contains(path.to_str().unwrap()));
    assert!(case.editor.bar().is_none());
    case.open_file("a", "a");
    case.told_nothing();
    assert!(path.exists());
}

/// The program was killed between the rename of a save and the word of it.
#[test]
fn a_save_that_was_just_done_leaves_nothing_to_recover() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("x");
    let snapshot = case.tab().document.snapshot();
    let id = case.tab().id;
    case.editor.journal_saving(id, &snapshot);
    case.crash();
    case.write("app.log", "xone");
    let path = case.path("app.log");
    case.open_path(&path);
    assert!(case.editor.bar().is_none());
    assert_eq!(case.journals(), Vec::<PathBuf>::new());
}

/// Settings and the session of the last time, as the program reads them when it is started.
fn start_again(case: &mut Case) {
    case.crash();
    let (session, error) = Session::load(&case.path("config"));
    assert_eq!(error, None);
    case.editor.session = session;
}

fn quit(case: &mut Case) {
    case.run(&[Command::Quit]);
    assert!(case.editor.dialog.is_none(), "nothing is asked");
    let mut quits = false;
    while !quits {
        case.editor.tick(case.editor.now);
        quits = case.quits();
    }
}

#[test]
fn what_was_open_is_there_again_with_its_unsaved_edits_and_nobody_is_asked() {
    let mut case = Case::new();
    start_again(&mut case);
    case.open_file("a", lines(0..300));
    case.open_file("b", b"\0\x01binary");
    case.open_file("c", "third");
    case.run(&[Command::New]);
    case.type_text("never saved");
    case.editor.activate(0);
    case.go_to("200:3");
    case.type_text("edited ");
    case.tab_mut().text.top = 0;
    case.select(5, 9);
    let (bytes, carets) = (case.bytes(), case.tab().selection.carets().to_vec());
    quit(&mut case);
    assert_eq!(case.read("a"), lines(0..300).into_bytes());

    start_again(&mut case);
    case.arguments(&[]);
    case.wait_until(|case| case.editor.tabs.len() == 4);
    case.settle();
    assert_eq!(case.labels(), ["a", "b", "c", "untitled"]);
    assert!(case.editor.bar().is_none());
    case.told_nothing();
    assert_eq!(case.editor.tabs[1].mode, Mode::Hex);
    let untitled = case.editor.tabs[3].document.snapshot();
    assert_eq!(untitled.read(0..20).unwrap(), b"never saved");
    case.editor.activate(0);
    assert_eq!((case.bytes(), case.tab().selection.carets()), (bytes, &carets[..]));
    assert!(case.is_modified());
    // They are kept again, and again.
    quit(&mut case);
    start_again(&mut case);
    case.arguments(&[]);
    case.wait_until(|case| case.editor.tabs.len() == 4);
    case.settle();
    assert!(case.is_modified() && case.editor.bar().is_none());
}

#[test]
fn the_tab_that_was_in_front_is_in_front_again() {
    let mut case = Case::new();
    start_again(&mut case);
    ["a", "b", "c"].iter().for_each(|name| case.open_file(name, name));
    case.editor.activate(1);
    quit(&mut case);
    for _ in 0..5 {
        start_again(&mut case);
        case.arguments(&[]);
        assert_eq!((case.labels(), case.name()), (vec!["a", "b", "c"], "b"));
        quit(&mut case);
    }
    // Not with a file on the command line, and not where it is switched off.
    start_again(&mut case);
    case.arguments(&["{}/c"]);
    assert_eq!(case.labels(), ["c"]);
    start_again(&mut case);
    case.editor.settings.restore_session = false;
    case.arguments(&[]);
    assert!(case.editor.tabs.is_empty());
}

#[test]
fn quitting_asks_for_edits_that_are_not_written_down_or_not_to_come_back() {
    let mut case = Case::new();
    start_again(&mut case);
    case.open_file("a", "a");
    case.type_text("x");
    case.editor.settings.restore_session = false;
    case.run(&[Command::Quit]);
    assert!(matches!(case.editor.dialog, Some(Dialog::Unsaved { quit: true, .. })));
    case.editor.answer(Answer::Cancel);
    case.editor.settings.restore_session = true;
    case.tab_mut().unprotected = Some("No space left on device".to_owned());
    case.run(&[Command::Quit]);
    assert!(matches!(case.editor.dialog, Some(Dialog::Unsaved { quit: true, .. })));
}

/// klogg#803: a file that hung the program hung it again, each time that the session was restored.
#[test]
fn a_file_that_was_being_opened_when_it_crashed_is_not_opened_by_itself() {
    let mut case = Case::new();
    start_again(&mut case);
    case.open_file("good", "good");
    case.editor.tick(Duration::from_secs(5));
    case.settle();
    case.open_file("bad", "bad");
    case.settle();
    start_again(&mut case);
    case.arguments(&[]);
    assert_eq!(case.labels(), ["good"]);
    case.told("“bad” was being opened when Hextant was closed by a crash".split_once('”').unwrap().1);
    // The next time it is forgotten.
    case.editor.tick(Duration::from_secs(5));
    case.settle();
    start_again(&mut case);
    case.arguments(&[]);
    assert_eq!(case.labels(), ["good"]);
    case.told_nothing();
}

#[test]
fn a_file_that_is_gone_keeps_nothing_else_from_coming_back() {
    let mut case = Case::new();
    start_again(&mut case);
    ["a", "b"].iter().for_each(|name| case.open_file(name, name));
    quit(&mut case);
    fs::remove_file(case.path("b")).unwrap();
    start_again(&mut case);
    case.arguments(&[]);
    assert_eq!(case.labels(), ["a"]);
    assert_eq!(case.editor.notices.len(), 1);
    assert!(!case.editor.notices[0].is_error);
}

/// A file that was inserted is named, not copied, if it is large (here: over 64 bytes).
#[test]
fn large_files_that_were_inserted_come_back_from_where_they_are() {
    for has_changed in [false, true] {
        let mut case = Case::journaled("app.log", "one two");
        case.write("large", lines(0..100));
        case.move_by(Motion::Right, 4);
        case.run(&[Command::InsertFile]);
        case.pick_files(&["large"]);
        let expected = format!("one {}two", lines(0..100));
        assert_eq!(case.text(), expected);
        case.crash();
        assert!(read(&fs::read(&case.journals()[0]).unwrap()).unwrap().added.is_empty());
        if has_changed {
            case.write("large", lines(1..101));
        }
        let path = case.path("app.log");
        case.open_path(&path);
        case.act("Recover");
        if has_changed {
            assert_eq!(case.text(), "one two");
            assert!(case.bar_text().unwrap().starts_with("1 edit of “app.log” has no place"));
        } else {
            assert_eq!(case.text(), expected);
            assert!(case.editor.bar().is_none());
        }
    }
}

#[test]
fn edits_kept_when_it_was_closed_are_offered_where_a_file_is_named() {
    let mut case = Case::new();
    start_again(&mut case);
    case.open_file("a", "a");
    case.type_text("x");
    quit(&mut case);
    start_again(&mut case);
    case.arguments(&["{}/a"]);
    assert_eq!(case.bar_text().as_deref(), Some("Hextant was closed with 1 unsaved edit to “a”."));
    case.act("Recover");
    assert_eq!(case.text(), "xa");
}

/// What was edited before it was looked at whether a crash left something.
#[test]
fn edits_made_since_are_not_mixed_with_those_before_the_crash() {
    let mut case = Case::journaled("app.log", "one");
    case.type_text("zero ");
    case.crash_and_open("app.log");
    case.type_text("x");
    case.act("Recover");
    assert_eq!(case.text(), "xone");
    case.told("“app.log” has been edited since");
    case.run(&[Command::Undo]);
    case.act("Recover");
    assert_eq!(case.text(), "zero one");
}
