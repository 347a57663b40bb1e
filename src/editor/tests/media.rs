//! Slow and broken media under the whole editor: frames keep coming, what is not there yet or no more says so, and the rest
//! works.

use std::thread;
use std::time::Instant;

use super::*;
use crate::document::{Count, Missing};
use crate::source::testing::{Faulty, Slow};
use crate::source::{Lost, Synthetic};
use crate::view::RowState;

const BROKEN: &str = "Input/output error";

/// What a frame shows.
struct Seen {
    ready: usize,
    pending: usize,
    /// With the system's words.
    lost: Vec<String>,
}

impl Case {
    /// Draws a frame as the window does, and has what it misses read.
    fn frame(&mut self, clock: &Instant) -> Seen {
        self.editor.tick(clock.elapsed());
        let tab = self.tab_mut();
        let id = tab.id;
        let mut pending: Vec<_> = tab.reveal().err().map(|pending| pending.0).into_iter().collect();
        tab.position();
        let page = tab.text_page(20, 80);
        let hex = tab.hex_page(20);
        pending.extend(page.pending.iter().cloned());
        let mut seen = Seen { ready: 0, pending: 0, lost: Vec::new() };
        for row in &page.rows {
            match &row.state {
                RowState::Ready => seen.ready += 1,
                RowState::Pending => seen.pending += 1,
                RowState::Lost(why) => seen.lost.push(why.clone()),
            }
        }
        for (range, why) in &hex.window.gaps {
            match why {
                Missing::Pending => pending.push(range.clone()),
                Missing::Lost(why) => seen.lost.push(why.to_string()),
            }
        }
        pending.into_iter().for_each(|range| self.editor.fetch(id, range));
        seen
    }
}

/// The first bytes of the rows on screen, for a document that is the unedited log.
fn is_log(case: &mut Case, log: &Synthetic) -> bool {
    let page = case.tab_mut().text_page(20, 80);
    page.rows.iter().filter(|row| row.state == RowState::Ready).all(|row| {
        page.cells[row.cells.clone()].iter().all(|cell| {
            let shown = page.text(row, cell);
            let mut held = vec![0; shown.len()];
            log.read_at(row.offset + u64::from(cell.start), &mut held).unwrap();
            shown == held
        })
    })
}

#[test]
fn frames_keep_coming_from_a_slow_medium() {
    for latency in [Duration::from_millis(50), Duration::from_secs(5)] {
        let is_dead = latency > Duration::from_secs(1);
        let log = Synthetic::log(1 << 30);
        let slow = Slow::new(Arc::new(Synthetic::log(1 << 30)), latency);
        let mut case = Case::over(Arc::new(slow.never_waited_for_here()));
        case.tab_mut().text_size = (20, 80);
        case.tab_mut().hex_rows = 20;
        let clock = Instant::now();
        let mut pending = 0;
        for frame in 0..60_u64 {
            let seen = case.frame(&clock);
            assert!(seen.ready + seen.pending > 0 && seen.lost.is_empty(), "frame {frame}");
            assert!(is_log(&mut case, &log), "frame {frame}");
            pending += seen.pending;
            assert!(!is_dead || seen.ready == 0, "nothing can have come yet");
            match frame % 6 {
                0 => drop(case.tab_mut().scroll_to(Pane::Text, frame << 20)),
                1 => case.run(&[Command::ViewBoth]),
                2 => drop(case.tab_mut().scroll(Pane::Hex, 11.5)),
                3 => case.run(&[Command::Move(Motion::PageDown, false)]),
                4 => case.run(&[Command::ViewText]),
                _ => drop(case.tab_mut().scroll(Pane::Text, -3.0)),
            }
            thread::sleep(Duration::from_millis(5));
        }
        assert!(pending > 0, "rows that were not there yet showed as such");
        // Typing does not wait for what is on screen, nor for what is being read.
        let id = case.tab().id;
        case.editor.cancel(Task::Fetch, id);
        case.tab_mut().select_in_sight(Selection::at(0));
        let before = case.tab().document.len();
        case.type_text("typed\n");
        assert_eq!(case.tab().document.len(), before + 6);
        case.frame(&clock);
        case.run(&[Command::Undo]);
        assert_eq!(case.tab().document.len(), before);
        if is_dead {
            assert!(clock.elapsed() < latency, "frames do not wait");
            continue;
        }
        // In the end all of it is there.
        case.editor.cancel(Task::Count, id);
        case.tab_mut().text.top = 500 << 20;
        let mut seen = case.frame(&clock);
        while seen.pending > 0 || seen.ready < 20 {
            assert!(clock.elapsed() < LIMIT, "{} rows are there", seen.ready);
            thread::sleep(Duration::from_millis(5));
            seen = case.frame(&clock);
        }
        assert!(is_log(&mut case, &log));
        case.told_nothing();
    }
}

#[test]
fn unreadable_ranges_say_so_and_the_rest_of_the_file_works() {
    const LEN: u64 = 2 << 20;
    let log = Synthetic::log(LEN);
    let faulty = Arc::new(Faulty::new(Arc::new(Synthetic::log(LEN))));
    // Many sectors, of which a disk that is asked for all of them tells the first only.
    let broken = 1 << 20..(1 << 20) + (96 << 10);
    faulty.lose(broken.clone(), Lost::Unreadable(BROKEN.to_owned()));
    let slow = Slow::new(Arc::clone(&faulty) as Arc<dyn Source>, Duration::from_millis(2));
    let mut case = Case::over(Arc::new(slow.never_waited_for_here()));
    case.tab_mut().text_size = (20, 80);
    case.tab_mut().hex_rows = 20;
    case.run(&[Command::ViewBoth]);
    let clock = Instant::now();
    // What was asked for has happened, with all that it had to wait for.
    let settled = |case: &mut Case, clock: &Instant| {
        while case.frame(clock).pending > 0 || !case.tab().waiting.is_empty() {
            assert!(clock.elapsed() < LIMIT);
            thread::sleep(Duration::from_millis(2));
        }
    };
    let drawn = |case: &mut Case, at: u64| {
        for pane in [Pane::Text, Pane::Hex] {
            while let Err(crate::view::Pending(range)) = case.tab_mut().scroll_to(pane, at) {
                assert!(clock.elapsed() < LIMIT);
                let id = case.tab().id;
                case.editor.fetch(id, range);
                case.frame(&clock);
                thread::sleep(Duration::from_millis(2));
            }
        }
        loop {
            let seen = case.frame(&clock);
            if seen.pending == 0 {
                return seen;
            }
            assert!(clock.elapsed() < LIMIT);
            thread::sleep(Duration::from_millis(2));
        }
    };
    for at in [0, 512 << 10, broken.end + (256 << 10), LEN - 4096] {
        let seen = drawn(&mut case, at);
        assert_eq!(seen.lost, [""; 0], "at {at}");
        assert!(seen.ready >= 20 && is_log(&mut case, &log), "at {at}");
    }
    case.told_nothing();
    // Some lines before it.
    let near = broken.start - 10 * 128;
    let seen = drawn(&mut case, near);
    assert!(!seen.lost.is_empty() && seen.lost.iter().all(|why| why.contains(BROKEN)), "{:?}", seen.lost);
    assert!(seen.ready > 0 && is_log(&mut case, &log), "what stands around it is shown");
    case.settle();
    case.told(BROKEN);
    drawn(&mut case, near);
    case.settle();
    case.told_nothing();

    // Behind it the lines go on, but who can say how many there were?
    let seen = drawn(&mut case, broken.end - 640);
    assert!(!seen.lost.is_empty() && seen.ready > 0, "{} rows are ready", seen.ready);
    let page = case.tab_mut().text_page(20, 80);
    let behind: Vec<_> =
        page.rows.iter().filter(|row| row.row.start >= broken.end && row.line.is_some()).collect();
    assert!(
        !behind.is_empty() && behind.iter().all(|row| matches!(row.line, Some(Count::About(_)))),
        "{behind:?}"
    );
    let snapshot = case.tab().document.snapshot();
    assert!(matches!(snapshot.line_at(broken.start), Count::Exact(line) if line > 0));
    for at in [broken.end, LEN] {
        assert!(matches!(snapshot.line_at(at), Count::About(_)), "at {at}");
    }
    for (from, motion, goes_down) in
        [(broken.end - 100, Motion::PageDown, true), (broken.start + 100, Motion::PageUp, false)]
    {
        case.tab_mut().select_in_sight(Selection::at(from));
        case.run(&[Command::Move(motion, false)]);
        settled(&mut case, &clock);
        let head = case.tab().selection.head();
        assert!(if goes_down { head >= broken.end } else { head < broken.start }, "{motion:?} to {head}");
    }

    // Edited all the same, before it and behind it, and never saved as if it were whole.
    case.tab_mut().select_in_sight(Selection::at(0));
    case.type_text("typed\n");
    case.tab_mut().select_in_sight(Selection::at(LEN + 6));
    case.type_text("and here");
    let save = |case: &mut Case| {
        case.run(&[Command::SaveAs]);
        case.pick_target("copy");
    };
    save(&mut case);
    case.told(BROKEN);
    assert!(!case.path("copy").exists() && case.is_modified());
    // The disk thinks better of it.
    faulty.heal();
    save(&mut case);
    case.told_nothing();
    let mut held = vec![0; LEN as usize];
    log.read_at(0, &mut held).unwrap();
    assert!(case.read("copy") == [b"typed\n", &held[..], b"and here"].concat());
    case.run(&[Command::Undo, Command::Undo]);
    let seen = drawn(&mut case, near);
    assert!(seen.lost.is_empty() && seen.ready >= 20);
}
