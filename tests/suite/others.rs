//! Saving while other programs are at the same file.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use hextant::document::{Content, Document, Replacement, StepKind};
use hextant::save::{Disk, Expect, FileSystem, Request, SaveError, Saved, Warning, save};
use hextant::source::{Cancel, Progress, open};

/// Lines enough that the file is not read into memory.
const LINES: usize = 200_000;

/// A program that goes on appending numbered lines to a file that it keeps open.
struct Daemon(Child);

impl Daemon {
    fn start(path: &Path) -> Self {
        let script = format!(
            "exec 3>>'{}'; i=0; while :; do echo \"daemon $i\" >&3; i=$((i+1)); done",
            path.display()
        );
        Self(Command::new("sh").args(["-c", &script]).spawn().unwrap())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn edit_and_save(path: &Path, state: &Path, round: usize) -> Result<Saved, SaveError> {
    let opened = open(path).unwrap();
    let expect = Expect::Unchanged(opened.source.identity().unwrap());
    let mut document = Document::open(opened.source);
    let content = Content::Bytes(format!("round {round:03}").into_bytes());
    document
        .edit(vec![Replacement { range: 0..9, content }], StepKind::Whole("Edit"), &[], Duration::ZERO)
        .unwrap();
    let request = Request { state: Some(state.into()), ..Request::new(document.snapshot(), path, expect) };
    save(&request, &Disk, &Cancel::new(), &Progress::default())
}

/// Vim, Emacs and most others replace the file: what a daemon writes from then on goes to a file without a name
/// (logrotate's `copytruncate` exists for no other reason).
#[test]
fn a_daemon_that_appends_all_the_time_loses_no_line_to_a_save() {
    let folder = tempfile::tempdir().unwrap();
    let (path, state) = (folder.path().join("log"), folder.path().join("state"));
    let mut file = fs::File::create(&path).unwrap();
    for line in 0..LINES {
        writeln!(file, "before {line}").unwrap();
    }
    drop(file);
    let daemon = Daemon::start(&path);
    let start = std::time::Instant::now();
    let (mut saved, mut refused, mut rounds) = (0, 0, 0);
    while (saved < 3 || refused < 3) && start.elapsed() < Duration::from_secs(20) {
        rounds += 1;
        match edit_and_save(&path, &state, rounds) {
            Ok(_) => saved += 1,
            Err(SaveError::Changed { .. }) => refused += 1,
            Err(error) => panic!("{error}"),
        }
        // Now and then it writes nothing for a moment.
        if rounds % 2 == 0 {
            let stop = |signal| {
                let pid = rustix::process::Pid::from_child(&daemon.0);
                rustix::process::kill_process(pid, signal).unwrap();
            };
            stop(rustix::process::Signal::STOP);
            rounds += 1;
            let result = edit_and_save(&path, &state, rounds);
            stop(rustix::process::Signal::CONT);
            saved += usize::from(result.is_ok());
        }
    }
    drop(daemon);
    assert!(saved >= 3, "{saved} saved, {refused} refused");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("round "), "{}", &text[..20]);
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("daemon ")).collect();
    assert!(lines.len() > 100, "{}", lines.len());
    for (number, line) in lines.iter().enumerate() {
        assert_eq!(*line, format!("daemon {number}"));
    }
    let mut journals = fs::read_dir(&state).unwrap();
    assert!(journals.all(|it| it.unwrap().file_name() == "spare.redo"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
}

/// What moves would get in the way of what is appended: that is asked.
#[test]
fn a_save_that_moves_what_a_daemon_appends_to_asks() {
    let folder = tempfile::tempdir().unwrap();
    let (path, state) = (folder.path().join("log"), folder.path().join("state"));
    fs::write(&path, "line\n".repeat(LINES)).unwrap();
    let holder = Command::new("sh")
        .args(["-c", &format!("exec 3>>'{}'; echo ready; exec sleep 100", path.display())])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut holder = Daemon(holder);
    std::io::Read::read_exact(holder.0.stdout.as_mut().unwrap(), &mut [0; 6]).unwrap();
    let opened = open(&path).unwrap();
    let expect = Expect::Unchanged(opened.source.identity().unwrap());
    let mut document = Document::open(opened.source);
    let content = Content::Bytes(b"in front\n".to_vec());
    document
        .edit(vec![Replacement { range: 0..0, content }], StepKind::Whole("Edit"), &[], Duration::ZERO)
        .unwrap();
    let request = Request { state: Some(state), ..Request::new(document.snapshot(), &path, expect) };
    let error = save(&request, &Disk, &Cancel::new(), &Progress::default()).unwrap_err();
    let SaveError::Unaccepted { warnings, .. } = &error else { panic!("{error}") };
    assert!(matches!(warnings[..], [Warning::Writer { .. }]), "{error}");
    assert!(error.to_string().contains("what it writes meanwhile may be lost"), "{error}");
    assert_eq!(Disk.stat(&path).unwrap().unwrap().len, 5 * LINES as u64);
}
