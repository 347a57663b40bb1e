//! A file to which everything happens at once.

use std::collections::BTreeSet;

use super::*;
use crate::search::Query;

/// Cannot overlap itself.
const NEEDLE: &str = "0047";

#[test]
fn a_file_in_turmoil_is_survived() {
    turmoil(str::to_owned, "UTF-8");
}

#[test]
fn a_utf_16_file_in_turmoil_is_survived() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).map(char::from).collect();
    turmoil(utf16, "UTF-16 LE");
}

#[test]
fn a_file_of_cr_lines_in_turmoil_is_survived() {
    turmoil(|text| text.replace('\n', "\r"), "UTF-8");
}

/// A file that is truncated, extended, rewritten, renamed and removed in a loop, while the editor draws, scrolls,
/// counts, follows, searches, lists lines, saves copies and saves edits: no panic, no byte shown or saved as right that the
/// file never held at that place, no match told where it cannot be. `encode` gives the characters of the bytes of a line.
fn turmoil(encode: fn(&str) -> String, encoding: &str) {
    // Every state of the file holds, at each place, the byte of this pattern; rewriting it changes all to upper case.
    let line = move |number: u64| encode(&format!("line {number:08}\n"));
    let width = line(0).len() as u64;
    let text = move |lines: std::ops::Range<u64>| lines.map(line).collect::<String>();
    // Longer than it ever gets.
    let pattern = text(0..400_000).into_bytes();
    let is_held = |at: u64, bytes: &[u8]| {
        let held = &pattern[at as usize..at as usize + bytes.len()];
        held.eq_ignore_ascii_case(bytes)
    };
    // Without letters, it stands in the same places whenever it is there at all.
    let needle = encode(NEEDLE).into_bytes();
    let places: BTreeSet<u64> =
        memchr::memmem::find_iter(&pattern, &needle).map(|place| place as u64).collect();
    let mut case = Case::open("f", text(0..120_000));
    assert_eq!(case.tab().encoding_name(), encoding);
    case.editor.watch_files();
    case.tab_mut().text_size = (20, 80);
    case.run(&[Command::Find]);
    case.editor.change_query(|query| *query = Query::literal(NEEDLE));
    case.run(&[Command::ListFoundLines]);
    let path = case.path("f");
    let aside = case.path("aside");
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let other = std::thread::spawn(move || {
        let mut round = 0_u64;
        while !stopped.load(Ordering::Relaxed) {
            // Of this very file: our own saves put others in its place.
            let len = |file: &fs::File| file.metadata().unwrap().len();
            match round % 7 {
                0 => {
                    let file = OpenOptions::new().write(true).open(&path);
                    let _ = file.map(|file| file.set_len(len(&file) / 2 / width * width));
                }
                1 | 2 => {
                    let file = OpenOptions::new().append(true).open(&path);
                    let _ = file.map(|mut file| {
                        // Our own saves may have put a file there that was seen while it was being written, and so ends within
                        // a line: what is appended goes on there.
                        let (first, begun) = (len(&file) / width, len(&file) % width);
                        file.write_all(&text(first..first + 30_000).as_bytes()[begun as usize..])
                    });
                }
                3 => drop(fs::write(&path, text(0..110_000).to_uppercase())),
                4 => drop(fs::rename(&path, &aside)),
                5 => drop(fs::write(&path, text(0..100_000))),
                _ => {
                    let _ = fs::remove_file(&path);
                    let _ = fs::write(&path, text(0..90_000));
                }
            }
            round += 1;
            std::thread::sleep(Duration::from_millis(15));
        }
        round
    });
    let start = Instant::now();
    let (mut checked, mut frame, mut copies) = (0_u64, 0_u64, 0);
    let (mut steps, mut counts, mut listed) = (0, 0, 0);
    while start.elapsed() < Duration::from_secs(4) || (copies == 0 && start.elapsed() < LIMIT) {
        frame += 1;
        case.editor.tick(start.elapsed());
        case.editor.notices.clear();
        case.editor.dialog = None;
        let tab = case.tab_mut();
        let len = tab.document.len();
        match frame % 11 {
            0 => drop(tab.scroll_to(Pane::Text, len / 2)),
            1 => case.run(&[Command::FindNext]),
            2 => case.run(&[Command::FindPrevious]),
            4 => case.editor.scroll_list_to(frame * 7 % 1000),
            3 => drop(tab.scroll(Pane::Text, -7.5)),
            5 => tab.set_follows(!tab.follows()),
            7 => case.run(&[Command::Move(Motion::End, false)]),
            8 => case.run(&[Command::Move(Motion::PageUp, false)]),
            9 => {
                case.run(&[[Command::ViewText, Command::ViewBoth, Command::ViewHex][frame as usize / 11 % 3]])
            }
            10 if frame % 99 == 10 => {
                let id = case.tab().id;
                case.editor.reload(id);
            }
            _ => {}
        }
        // What is saved elsewhere is what the file held, or nothing.
        let copy = case.path("copy");
        let is_copying = case.editor.jobs().iter().any(|job| job.task == Task::Export);
        if frame % 50 == 0 && !is_copying {
            if let Ok(bytes) = fs::read(&copy) {
                assert!(is_held(0, &bytes), "a copy of {} bytes", bytes.len());
                copies += usize::from(!bytes.is_empty());
                fs::remove_file(&copy).unwrap();
            }
            let id = case.tab().id;
            let selection = case.tab().selection.clone();
            case.run(&[Command::SelectAll]);
            case.editor.save_to(id, PathPurpose::SaveSelection, copy);
            case.tab_mut().selection = selection;
        }
        let tab = case.tab_mut();
        let id = tab.id;
        let _ = tab.reveal();
        tab.position();
        let page = tab.text_page(20, 80);
        for row in page.rows.iter().filter(|row| row.state == RowState::Ready) {
            for cell in &page.cells[row.cells.clone()] {
                let at = row.offset + u64::from(cell.start);
                let shown = page.text(row, cell);
                assert!(is_held(at, shown), "frame {frame}: {shown:?} at {at}; {:?}", case.editor.bar());
                checked += 1;
            }
        }
        // Matches stand where the needle can be, in the document, and no more are counted than there can be.
        let shown: Vec<_> = page.rows.iter().map(|row| row.offset..row.offset + width).collect();
        let tab = case.tab_mut();
        let len = tab.document.len();
        let is_match = |range: &std::ops::Range<u64>| {
            range.end <= len
                && range.end - range.start == needle.len() as u64
                && places.contains(&range.start)
        };
        let here = tab.current_match();
        assert!(here.as_ref().is_none_or(is_match), "frame {frame}: {here:?} of {len}");
        steps += u64::from(here.is_some());
        assert!(tab.matches_on_screen(&shown).iter().all(is_match), "frame {frame}");
        let most = places.range(..len).count() as u64;
        let words = case.words();
        let counted = words.split('|').next().unwrap_or_default();
        let counted = counted.split(['+', ' ']).rev().find_map(|word| word.replace(',', "").parse().ok());
        counts += u64::from(counted.is_some_and(|count: u64| count > 0));
        assert!(counted.is_none_or(|count| count <= most), "frame {frame}: {words}, of {most}");
        let list = case.editor.listed_lines(20);
        if case.tab().lists_lines() {
            assert!(list.total <= most, "frame {frame}: {} lines, of {most}", list.total);
            for line in list.lines.into_iter().flatten() {
                let start = line.start;
                let holds = places.range(start..start + width).next().is_some();
                assert!(
                    start % width == 0 && holds && start < len,
                    "frame {frame}: a line at {start} of {len}"
                );
                listed += 1;
            }
        }
        case.tab_mut().hex_page(20);
        page.pending.into_iter().for_each(|range| case.editor.fetch(id, range));
        // Edited without leaving the pattern, and saved if that can be done, or over whatever is there.
        if frame % 100 == 99 && len >= width {
            case.select(0, width / 14);
            case.type_text(if frame % 200 == 99 { "L" } else { "l" });
            match frame % 300 {
                99 => case.run(&[Command::Save]),
                199 => case.editor.save_anyway(id),
                _ => {}
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    stop.store(true, Ordering::Relaxed);
    let rounds = other.join().unwrap();
    assert!(
        rounds > 20 && checked > 10_000 && copies > 0 && steps > 0 && counts > 0 && listed > 0,
        "{rounds} rounds, {checked} cells, {copies} copies, {steps} matches, {counts} counts, {listed} lines"
    );
    // In the end it is shown as it is.
    case.settle();
    case.write("f", text(0..100_001));
    case.tab_mut().set_follows(true);
    let id = case.tab().id;
    case.editor.reload(id);
    case.until("peace", |case| case.tab().document.len() == width * 100_001);
    assert!(case.bytes() == text(0..100_001).as_bytes());
    case.settle();
    assert_eq!(case.tab().lines(), Count::Exact(100_002));
    let end = width * 100_001;
    let there = crate::hex::grouped(places.range(..end).count() as u64);
    case.run(&[Command::ViewText, Command::FindNext]);
    case.pause();
    assert!(case.words().contains(&format!(" of {there}|")), "{} of {there}", case.words());
    assert_eq!(case.editor.line_list_in_words(), format!("{there} matching lines"));
}
