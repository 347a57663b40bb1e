use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, Weak};
use std::thread::ThreadId;

use super::*;
use crate::editor::journal_keeper::Journals;
use crate::save::Claims;
use crate::save::journal::{Folder, Log, LogFile, read};

mod recovering;
mod saves;
mod session;
mod unfinished;
mod writing;

/// A folder of journals in which a test can hold up or fail what is done.
#[derive(Clone)]
struct Troubled {
    folder: Folder,
    is_full: Arc<AtomicBool>,
    /// Do syncs wait?
    holds: Arc<(Mutex<bool>, Condvar)>,
    /// How long each of them takes.
    latency: Duration,
    /// Who wrote or synced, and how many syncs there were.
    workers: Arc<Mutex<(HashSet<ThreadId>, usize)>>,
}

impl Troubled {
    fn new(case: &Case) -> Self {
        let folder = Folder::new(case.path("state"));
        Self {
            folder,
            is_full: Arc::default(),
            holds: Arc::default(),
            latency: Duration::ZERO,
            workers: Arc::default(),
        }
    }

    fn note(&self, syncs: usize) {
        let mut workers = self.workers.lock().unwrap();
        workers.0.insert(std::thread::current().id());
        workers.1 += syncs;
    }

    fn hold(&self, holds: bool) {
        *self.holds.0.lock().unwrap() = holds;
        self.holds.1.notify_all();
    }
}

impl Journals for Troubled {
    fn begin(&self, key: &str) -> io::Result<Box<dyn Log>> {
        self.note(0);
        Ok(Box::new(TroubledLog { log: self.folder.begin(key)?, trouble: self.clone() }))
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
        self.trouble.note(0);
        if self.trouble.is_full.load(Ordering::Relaxed) {
            // As a full disk does, it takes some of it.
            self.log.append(&bytes[..bytes.len() / 2])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.log.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.trouble.note(1);
        std::thread::sleep(self.trouble.latency);
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
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let claims = Claims::new(self.path("claims"), run);
        self.editor.start_journaling(journals, claims, run);
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
        // A process that another test has just forked holds them until it runs a program of its own.
        let is_free = |path: &PathBuf| fs::File::open(path).is_ok_and(|file| file.try_lock().is_ok());
        let start = std::time::Instant::now();
        while !self.journals().iter().all(is_free) && start.elapsed() < Duration::from_secs(1) {
            std::thread::sleep(Duration::from_millis(1));
        }
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

fn lines(range: std::ops::Range<u32>) -> String {
    range.map(|line| format!("{} is line {line} of them\n", line * 7919)).collect()
}
