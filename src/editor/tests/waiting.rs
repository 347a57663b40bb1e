//! On a slow disk: what has to wait happens once and in order, and nothing else waits.

use std::ops::{ControlFlow, Range};
use std::sync::{Condvar, Mutex};

use super::*;
use crate::source::testing::Slow;
use crate::source::{Identity, Lost, Scanned, TryRead};

const LATENCY: Duration = Duration::from_millis(40);

fn slow(text: &str) -> Case {
    let mut case = Case::over(Arc::new(Slow::new(Arc::new(Memory::new(text.as_bytes().to_vec())), LATENCY)));
    // Counting, which reads by itself, is of no interest here.
    let id = case.tab().id;
    case.editor.cancel(Task::Count, id);
    case
}

#[test]
fn typing_does_not_wait() {
    let mut case = slow("some text");
    case.type_keys("ab");
    case.run(&[Command::NewLine]);
    assert_eq!((case.head(), case.tab().document.len()), (3, 12));
    assert!(case.editor.jobs().iter().all(|job| job.task != Task::Fetch));
    case.run(&[Command::Undo]);
    assert_eq!(case.tab().document.len(), 9);
}

#[test]
fn motions_wait_and_happen_once() {
    let mut case = slow("one\ntwo\nthree\n");
    case.run(&[Command::Move(Motion::Right, false), Command::Move(Motion::Down, false)]);
    case.run(&[Command::Move(Motion::RowEnd, true)]);
    assert_eq!(case.head(), 0);
    case.settle();
    assert_eq!(case.tab().selection.primary(), Caret { anchor: 5, head: 7 });
    assert!(case.tab().waiting.is_empty());
}

#[test]
fn deletions_wait_and_happen_once() {
    let mut case = slow("one two three");
    case.run(&[Command::DeleteForward, Command::DeleteForward, Command::DeleteWordForward]);
    case.settle();
    assert_eq!(case.text(), " two three");
    case.run(&[Command::Undo]);
    assert_eq!(case.text(), "e two three");
}

#[test]
fn what_follows_a_waiting_motion_happens_behind_it() {
    let mut case = slow("one\ntwo\n");
    case.run(&[Command::Move(Motion::Down, false)]);
    case.type_keys("xy");
    case.run(&[Command::DeleteBackward]);
    case.editor.paste("p");
    case.run(&[Command::NewLine, Command::Undo]);
    case.settle();
    assert_eq!(shown(&case), "one\nxp|two\n");
}

#[test]
fn overtyping_waits_for_what_it_replaces() {
    let mut case = slow("abc\n");
    case.run(&[Command::ToggleInsert]);
    case.type_keys("wxyz");
    case.settle();
    assert_eq!(shown(&case), "wxyz|\n");

    let mut case = slow("\x10\x20\x30");
    case.run(&[Command::ViewHex]);
    case.type_keys("abc");
    case.type_text("de");
    case.settle();
    assert_eq!((case.bytes(), case.head()), (vec![0xab, 0xcd, 0xe0], 2));
}

#[test]
fn a_click_gives_up_what_waits() {
    let mut case = slow("one\ntwo\n");
    case.run(&[Command::Move(Motion::Down, false), Command::DeleteForward]);
    case.tab_mut().select_in_sight(Selection::at(2));
    case.settle();
    assert_eq!((shown(&case), case.is_modified()), ("on|e\ntwo\n".to_owned(), false));
}

#[test]
fn cancelling_the_read_gives_up_what_waits() {
    let mut case = slow("one\ntwo\n");
    case.run(&[Command::Move(Motion::Down, false)]);
    let id = case.tab().id;
    case.editor.cancel(Task::Fetch, id);
    assert!(case.editor.jobs().is_empty());
    case.settle();
    assert_eq!(case.head(), 0);
    case.run(&[Command::Move(Motion::Right, false)]);
    case.settle();
    assert_eq!(case.head(), 1);
}

#[test]
fn what_waits_in_a_tab_in_the_back_happens_when_it_is_seen_again() {
    let mut case = slow("one\ntwo\n");
    case.run(&[Command::Move(Motion::Down, false), Command::New]);
    case.type_text("new");
    case.settle();
    assert_eq!((case.text(), case.editor.tabs[0].selection.head()), ("new".to_owned(), 0));
    case.editor.activate(0);
    case.settle();
    assert_eq!(case.head(), 4);
    case.editor.activate(1);
    assert_eq!(case.text(), "new");
}

#[test]
fn a_screenful_is_fetched_and_then_drawn() {
    let text: String = (0..100).map(|line| format!("line {line}\n")).collect();
    let mut case = slow(&text);
    let page = case.tab_mut().text_page(10, 80);
    assert!(!page.pending.is_empty());
    let id = case.tab().id;
    page.pending.into_iter().for_each(|range| case.editor.fetch(id, range));
    case.settle();
    let page = case.tab_mut().text_page(10, 80);
    assert_eq!((page.pending.len(), page.rows.len()), (0, 10));
}

#[test]
fn reads_are_few_and_the_newest_comes_first() {
    let source: Arc<dyn Source> = Arc::new(crate::source::Synthetic::log(1 << 30));
    let mut case = Case::over(Arc::new(Slow::new(source, LATENCY)));
    let id = case.tab().id;
    case.editor.cancel(Task::Count, id);
    // Scrolled over a thousand screens.
    for screen in 0..1000_u64 {
        case.editor.fetch(id, screen << 20..(screen << 20) + 4000);
        case.editor.fetch(id, (screen << 20) + 1000..(screen << 20) + 2000);
    }
    let fetches = case.editor.jobs().iter().filter(|job| job.task == Task::Fetch).count();
    assert_eq!(fetches, 3);
    case.settle();
    let snapshot = case.tab().document.snapshot();
    let is_there = |screen: u64| snapshot.try_read(screen << 20..(screen << 20) + 4000).gaps.is_empty();
    assert!((992..1000).all(is_there), "what was seen last");
    assert!(!(3..992).any(is_there), "what was scrolled away");
}

#[test]
fn the_same_bytes_are_not_read_twice_at_once() {
    let mut case = slow(&"x".repeat(200_000));
    let id = case.tab().id;
    for _ in 0..10 {
        case.editor.fetch(id, 10..20);
        case.editor.fetch(id, 30..4000);
    }
    assert_eq!(case.editor.jobs().len(), 1);
    case.settle();
    case.editor.fetch(id, 10..20);
    assert_eq!(case.editor.jobs().len(), 1, "asked again, it is read again");
}

/// A source that notes from where on it is counted, and has the first count wait.
#[derive(Debug)]
struct Gated {
    inner: Memory,
    counted: Mutex<Vec<u64>>,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Source for Gated {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn identity(&self) -> Option<Identity> {
        None
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        self.inner.try_read_at(offset, buf)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        self.inner.read_at(offset, buf)
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.counted.lock().unwrap().push(range.start);
        drop(self.opened.wait_while(self.open.lock().unwrap(), |open| !*open).unwrap());
        self.inner.scan(range, visit)
    }
}

#[test]
fn counting_goes_on_where_the_person_looks() {
    let inner = Memory::new("0123456789abcde\n".repeat(1 << 18).into_bytes());
    let (len, top) = (inner.len(), inner.len() / 4 * 3);
    let gated =
        Arc::new(Gated { inner, counted: Mutex::default(), open: Mutex::default(), opened: Condvar::new() });
    let mut case = Case::over(Arc::clone(&gated) as Arc<dyn Source>);
    // The count is at the start, and waits, when the person scrolls.
    let start = std::time::Instant::now();
    while gated.counted.lock().unwrap().is_empty() {
        assert!(start.elapsed() < LIMIT);
        std::thread::yield_now();
    }
    case.tab_mut().text.top = top;
    case.editor.tick(Duration::ZERO);
    *gated.open.lock().unwrap() = true;
    gated.opened.notify_all();
    case.settle();
    let counted = gated.counted.lock().unwrap().clone();
    assert_eq!(counted[0], 0);
    assert!(counted[1].abs_diff(top) < len / 8, "{:?}", &counted[..4]);
    assert_eq!(case.tab().lines(), Count::Exact((1 << 18) + 1));
}
