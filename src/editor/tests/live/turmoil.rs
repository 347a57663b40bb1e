//! A file to which everything happens at once.

use super::*;

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
/// counts, follows, saves copies and saves edits: no panic, and no byte shown or saved as right that the file never held
/// at that place. `encode` gives the characters of the bytes of a line.
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
    let mut case = Case::open("f", text(0..120_000));
    assert_eq!(case.tab().encoding_name(), encoding);
    case.editor.watch_files();
    case.tab_mut().text_size = (20, 80);
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
                        let first = len(&file) / width;
                        file.write_all(text(first..first + 30_000).as_bytes())
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
    while start.elapsed() < Duration::from_secs(4) {
        frame += 1;
        case.editor.tick(start.elapsed());
        case.editor.notices.clear();
        case.editor.dialog = None;
        let tab = case.tab_mut();
        let len = tab.document.len();
        match frame % 11 {
            0 => drop(tab.scroll_to(Pane::Text, len / 2)),
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
        rounds > 20 && checked > 10_000 && copies > 0,
        "{rounds} rounds, {checked} cells, {copies} copies"
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
}
