//! What a keystroke costs while its journal is written to a disk on which a sync takes 50 ms: applying it, handing it to the
//! journal, and taking in what jobs found. p99 is to be at most 2 ms.
//!
//! `cargo bench --no-default-features --bench typing`. The disk is made slow by strace; without it, it is as fast as it is. That
//! every keystroke is in the journal at the end is checked.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use hextant::editor::{Editor, OpenTarget, Session, Settings};
use hextant::save::journal;

const KEYSTROKES: usize = 3000;
/// Somebody who types very fast: so a sync is due all the time.
const PAUSE: Duration = Duration::from_millis(2);

fn main() {
    const CHILD: &str = "HEXTANT_TYPING";
    if let Ok(disk) = std::env::var(CHILD) {
        return measure(&disk);
    }
    let this = std::env::current_exe().expect("the path of this program");
    let run = |command: &mut Command, disk: &str| command.env(CHILD, disk).status();
    let plain = run(&mut Command::new(&this), "the disk as it is").expect("this program");
    assert!(plain.success());
    let syncs = ["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e"];
    let delay = "inject=fsync,fdatasync:delay_exit=50000";
    match run(Command::new("strace").args(syncs).arg(delay).arg(&this), "50 ms a sync") {
        Ok(status) => assert!(status.success()),
        Err(error) => println!("skipped: strace cannot be run ({error})"),
    }
}

fn measure(disk: &str) {
    let folder = std::env::temp_dir().join(format!("hextant-typing-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let path = folder.join("app.log");
    std::fs::write(&path, "a line of text\n".repeat(100_000)).expect("a file");
    let mut editor = Editor::new(Settings::default(), Session::default());
    let journals = folder.join("journal");
    editor.set_journals(journals.clone(), 1);
    editor.open(OpenTarget::new(&path));
    assert!(editor.settle(Duration::from_secs(60)));
    let began = Instant::now();
    let mut times = Vec::with_capacity(KEYSTROKES);
    for _ in 0..KEYSTROKES {
        let start = Instant::now();
        editor.type_text("x");
        editor.keep_journals();
        editor.tick(began.elapsed());
        times.push(start.elapsed());
        std::thread::sleep(PAUSE);
    }
    let written = || {
        let read = |path: &Path| journal::read(&std::fs::read(path).ok()?).ok().map(|read| read.added.len());
        let entries = std::fs::read_dir(&journals).into_iter().flatten().flatten();
        entries.filter_map(|entry| read(&entry.path())).max()
    };
    while written() != Some(KEYSTROKES) {
        assert!(began.elapsed() < Duration::from_secs(120), "the journal has {:?} keystrokes", written());
        std::thread::sleep(Duration::from_millis(20));
    }
    times.sort_unstable();
    let at = |part: usize| times[KEYSTROKES * part / 1000];
    println!(
        "{disk}: median {:?}, p99 {:?}, p99.9 {:?}, most {:?}",
        at(500),
        at(990),
        at(999),
        times[KEYSTROKES - 1]
    );
    drop(editor);
    let _ = std::fs::remove_dir_all(&folder);
}
