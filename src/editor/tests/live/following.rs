//! The end of a file that grows stays in sight; who watches it, and when that wakes the window.

use super::*;

#[test]
fn following_sticks_to_the_end_until_the_person_scrolls_up() {
    for view in [Command::ViewText, Command::ViewBoth] {
        let mut case = Case::open("f", small());
        case.run(&[view]);
        case.tab_mut().text_size = (10, 80);
        case.tab_mut().hex_rows = 10;
        case.append("f", "not followed\n");
        case.check();
        assert!(case.draw().starts_with("line 00000000"), "nothing moves");
        case.run(&[Command::Follow]);
        assert!(case.draw().ends_with("not followed\n"));
        let mut expected = 0;
        for round in 0..5 {
            case.append("f", &format!("round {round}\n").repeat(20));
            case.check();
            assert!(case.draw().ends_with(&format!("round {round}\n")), "{view:?}");
            let tab = case.tab();
            expected = tab.document.len();
            assert_eq!(tab.hex.top, tab.hex.last_top(expected, 10));
            assert_eq!(tab.selection.head(), 0, "the caret stays");
        }
        // Down at the end is no way out, up is.
        case.tab_mut().scroll(Pane::Text, 3.0).unwrap();
        assert!(case.tab().follows());
        case.draw();
        case.tab_mut().scroll(Pane::Text, -1.0).unwrap();
        assert!(!case.tab().follows());
        case.append("f", "unseen\n");
        case.check();
        assert!(!case.draw().contains("unseen"));
        // Going to the end does not follow it; F6 does.
        case.run(&[Command::Move(Motion::End, false)]);
        assert!(case.draw().ends_with("unseen\n"));
        assert!(!case.tab().follows());
        assert_eq!(case.head(), expected + 7);
        case.run(&[Command::Follow]);
        case.append("f", "seen\n");
        case.check();
        assert!(case.draw().ends_with("seen\n"));
        assert_eq!(case.head(), expected + 12, "a caret at the end stays there");
        // A key that leads up, and the scrollbar.
        case.run(&[Command::Move(Motion::Start, false)]);
        case.draw();
        assert!(!case.tab().follows());
        case.run(&[Command::Follow]);
        case.draw();
        case.tab_mut().scroll_to(Pane::Text, 0).unwrap();
        assert!(!case.tab().follows());
    }
}

/// `tail -F`: by renaming, and by copying and truncating.
#[test]
fn a_rotated_log_is_followed() {
    for text in [small(), large()] {
        for copied in [false, true] {
            let mut case = Case::open("app.log", &text);
            case.run(&[Command::Follow]);
            case.append("app.log", "old end\n");
            case.check();
            assert!(case.draw().ends_with("old end\n"));
            if copied {
                fs::copy(case.path("app.log"), case.path("app.log.1")).unwrap();
                case.truncate("app.log", 0);
            } else {
                fs::rename(case.path("app.log"), case.path("app.log.1")).unwrap();
                case.check();
                assert!(case.bar().0.contains("was removed"), "{:?}", case.bar());
                case.write("app.log", "");
            }
            case.append("app.log", "first of the new\n");
            case.check();
            case.told(if copied { "“app.log” was truncated" } else { "“app.log” was replaced" });
            assert_eq!(case.draw(), "first of the new\n");
            case.append("app.log", "second\n");
            case.check();
            assert_eq!(case.draw(), "first of the new\nsecond\n");
            assert!(case.tab().follows() && case.editor.bar().is_none());
            case.told_nothing();
        }
    }
}

/// Counts how often a frame was asked for.
fn wakes(case: &mut Case) -> Arc<AtomicUsize> {
    let wakes = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&wakes);
    case.editor.set_wake(Arc::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
    }));
    wakes
}

#[test]
fn watching_sees_changes_by_itself_and_asks_for_no_frame_without_news() {
    let mut case = Case::open("f", small());
    let wakes = wakes(&mut case);
    case.editor.watch_files();
    case.run(&[Command::Follow]);
    case.until("nothing", |case| case.tab().disk.watch.is_some());
    // Looked at twice at least.
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(wakes.load(Ordering::Relaxed), 0);
    assert_eq!(case.editor.next_tick(), None);

    case.append("f", "appended\n");
    case.until("the line", |case| case.text().ends_with("appended\n"));
    case.replace("f", "another\n");
    case.until("the new file", |case| case.text() == "another\n");
    case.told("replaced");
    case.run(&[Command::Follow]);
    fs::remove_file(case.path("f")).unwrap();
    case.until("the removal", |case| case.change() == Change::Removed);
    case.write("f", "a third\n");
    case.until("the third", |case| case.editor.bar().is_some_and(|bar| !bar.text.contains("removed")));
    case.act("Reload");
    assert_eq!(case.text(), "a third\n");
}

#[test]
fn a_burst_of_writes_is_a_few_looks() {
    let mut case = Case::open("f", "");
    case.editor.watch_files();
    case.editor.tick(Duration::ZERO);
    std::thread::sleep(Duration::from_millis(50));
    let wakes = wakes(&mut case);
    case.append("f", "first\n");
    case.until("the first", |case| !case.text().is_empty());
    let before = wakes.load(Ordering::Relaxed);
    let start = Instant::now();
    for _ in 0..5000 {
        case.append("f", "x\n");
    }
    case.until("all of it", |case| case.tab().document.len() == 6 + 10_000);
    let looks = start.elapsed().as_millis() as usize / 100 + 2;
    // Each look that found something asks for a frame, and so do the check and the count that follow.
    let woken = wakes.load(Ordering::Relaxed) - before;
    assert!(woken <= 3 * looks, "{woken} frames for {looks} looks");
}

#[test]
fn our_own_saves_are_no_news() {
    for text in [small(), large()] {
        let mut case = Case::open("f", &text);
        case.editor.watch_files();
        for _ in 0..10 {
            case.type_keys("x");
            case.run(&[Command::Save]);
            let saved = |case: &mut Case| {
                assert_eq!(case.editor.bar(), None);
                !case.is_modified() && case.editor.jobs().is_empty()
            };
            case.until("the save", saved);
        }
        std::thread::sleep(Duration::from_millis(250));
        case.settle();
        assert_eq!((case.editor.bar(), case.change()), (None, Change::Same));
        case.told_nothing();
        case.run(&[Command::SaveAs]);
        case.pick_target("g");
        case.append("g", "tail\n");
        case.until("the tail", |case| case.text().ends_with("tail\n"));
    }
}

#[test]
fn a_change_during_a_save_is_seen_when_it_ends() {
    let mut case = Case::open("f", small());
    case.type_keys("x");
    case.run(&[Command::Save]);
    let held = case.hold(1);
    case.append("f", "tail\n");
    held.into_iter().for_each(|job| case.editor.take_in(job));
    case.settle();
    assert!(case.text().ends_with("tail\n") && case.text().starts_with("xline"));
    assert!(!case.is_modified());
}

#[test]
fn what_was_seen_before_a_save_is_no_news_after_it() {
    let mut case = Case::open("f", "text\n");
    case.type_keys("x");
    case.append("f", "tail\n");
    let id = case.tab().id;
    case.editor.check(id);
    let held = case.hold(1);
    case.editor.save_anyway(id);
    case.settle();
    held.into_iter().for_each(|job| case.editor.take_in(job));
    case.settle();
    assert_eq!((case.editor.bar(), case.text()), (None, "xtext\n".to_owned()));
}
