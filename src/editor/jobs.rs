mod in_order;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::TabId;
use crate::source::{self, Cancel, Progress};

pub(super) use in_order::{cores, in_order};

/// What a job is, to the person and to whoever waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    Open,
    /// Reads bytes that the screen or a command waits for.
    Fetch,
    /// Counts newlines; several threads share one.
    Count,
    /// Writes a document to its file.
    Save,
    /// Completes saves that were interrupted.
    Recover,
    /// Writes a selection to a file.
    Export,
    /// Reads what goes to the clipboard.
    Copy,
    /// Writes settings or the session.
    Remember,
    /// Frees a closed document: a long history takes a while.
    Drop,
    /// Lets a pipe or a decompressor fill a document.
    Stream,
    /// Rewrites a document in another encoding, or with other line ends.
    Convert,
    /// Counts line ends of each kind.
    Endings,
    /// Looks up the columns of a long line.
    Columns,
    /// Looks at what became of a file on disk.
    Check,
    /// Looks for other programs that write to a file.
    Writers,
    /// Writes the line counts of a file for the next time.
    KeepIndex,
    /// Reads what a crash left of unsaved edits.
    Journals,
    /// Looks for a match.
    Find,
    /// Looks for the line of a time.
    Time,
    /// Looks for a line that tells of an error.
    ErrorLine,
    /// Counts matches; several threads share one.
    Tally,
    /// Looks up the number of a match.
    Place,
    /// Finds out where matches are, for the scrollbar.
    Marks,
    /// Finds what is to be replaced.
    Replace,
    /// Counts the lines that match; several threads share one.
    Filter,
    /// Looks up lines that match, for the screen.
    Lines,
    /// Finds out where lines that match are, for the scrollbar.
    LineMarks,
    /// Gathers all lines that match.
    Gather,
    /// Searches many files; several threads share one.
    FindInFiles,
    /// Finds marked lines again, in a file that was reloaded.
    FindMarks,
    /// Counts edits.
    Review,
    /// Looks up edits, for the screen.
    Describe,
    /// Looks for one edit among very many.
    SeekEdit,
    /// Writes all edits as a patch.
    Patch,
}

impl Task {
    /// Does it write what a person asked to be written? Such a job is never forgotten: it tells how it ended, even
    /// when it was cancelled or its tab is gone.
    fn must_tell(self) -> bool {
        matches!(self, Self::Save | Self::Export | Self::Recover)
    }

    /// Is it something that a person waits for, so that its progress is drawn by the clock? (A stream may wait for
    /// hours, and asks for a frame when something comes.)
    pub(super) fn is_shown(self) -> bool {
        !matches!(
            self,
            Self::Remember
                | Self::Drop
                | Self::Check
                | Self::Writers
                | Self::Stream
                | Self::KeepIndex
                | Self::Journals
        )
    }

    /// Does its end change nothing on screen, so that it asks for no frame?
    pub(super) fn is_silent(self) -> bool {
        self == Self::KeepIndex
    }

    /// What it was doing, for the sentence that tells of its failure.
    pub(super) fn doing(self) -> &'static str {
        match self {
            Self::Open => "Opening a file",
            Self::Fetch => "Reading the file",
            Self::Count => "Counting lines",
            Self::Save | Self::Export => "Saving",
            Self::Recover => "Completing a save",
            Self::Copy => "Copying",
            Self::Remember => "Writing settings",
            Self::Drop => "Closing a document",
            Self::Stream => "Reading a stream",
            Self::Convert => "Converting",
            Self::Endings => "Counting line ends",
            Self::Columns => "Counting columns",
            Self::Check | Self::Writers => "Watching a file",
            Self::KeepIndex => "Keeping line counts",
            Self::Journals => "Looking for unsaved edits",
            Self::Filter | Self::Lines | Self::LineMarks | Self::FindMarks => "Searching lines",
            Self::Gather => "Gathering lines",
            Self::Review | Self::Describe => "Listing edits",
            Self::SeekEdit => "Looking for an edit",
            Self::Patch => "Making a patch",
            Self::Find
            | Self::Time
            | Self::ErrorLine
            | Self::Tally
            | Self::Place
            | Self::Marks
            | Self::Replace
            | Self::FindInFiles => "Searching",
        }
    }
}

/// A job under way.
#[derive(Debug)]
pub struct Running {
    pub id: u64,
    pub task: Task,
    pub tab: Option<TabId>,
    pub cancel: Cancel,
    pub progress: Progress,
    pub started: Duration,
    /// Threads still at it.
    threads: usize,
    /// Has one of its threads panicked?
    failed: bool,
}

/// A job that has ended.
#[derive(Debug)]
pub struct Finished<T> {
    pub id: u64,
    pub task: Task,
    pub tab: Option<TabId>,
    /// `None` if it panicked, or if the system had no thread for it.
    pub result: Option<T>,
}

/// The only place where the editor starts threads. Each job is a plain function with [`Cancel`] and [`Progress`]; its
/// result comes back through a channel, after which `wake` asks the window for a frame, unless
/// there is nothing to draw.
pub struct Jobs<T> {
    running: Vec<Running>,
    last: u64,
    now: Duration,
    sender: Sender<Sent<T>>,
    receiver: Receiver<Sent<T>>,
    news: Vec<T>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

enum Sent<T> {
    /// By a thread of this job, when it ends.
    Ended(u64, Option<T>),
    /// By a standing job.
    News(T),
}

/// With this a standing job tells what it noticed, and asks for a frame.
pub struct Report<T> {
    sender: Sender<Sent<T>>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl<T> Report<T> {
    pub fn tell(&self, news: T) {
        let _ = self.sender.send(Sent::News(news));
        (self.wake)();
    }
}

/// A standing job needs no more: it calls a few functions of the system.
const STANDING_STACK: usize = 256 << 10;

impl<T: Send + 'static> Jobs<T> {
    pub fn new() -> Self {
        let (sender, receiver) = unbounded();
        Self {
            running: Vec::new(),
            last: 0,
            now: Duration::ZERO,
            sender,
            receiver,
            news: Vec::new(),
            wake: Arc::new(|| {}),
        }
    }

    /// What to call, from any thread, when a result is there.
    pub fn set_wake(&mut self, wake: Arc<dyn Fn() + Send + Sync>) {
        self.wake = wake;
    }

    /// Runs `work` on a thread of its own; returns the job's number. `total` is what its progress counts to.
    pub fn spawn<W>(&mut self, task: Task, tab: Option<TabId>, total: u64, work: W) -> u64
    where
        W: FnOnce(&Cancel, &Progress) -> T + Send + 'static,
    {
        self.begin(task, tab, total, 1);
        self.start_thread(work);
        self.last
    }

    /// Runs `work` on several threads at once; the last of them gives the result.
    pub fn spawn_on<W>(&mut self, threads: usize, task: Task, tab: Option<TabId>, total: u64, work: W)
    where
        W: Fn(&Cancel, &Progress) -> T + Send + Sync + 'static,
    {
        self.begin(task, tab, total, threads);
        let work = Arc::new(work);
        for _ in 0..threads {
            let work = Arc::clone(&work);
            self.start_thread(move |cancel, progress| work(cancel, progress));
        }
    }

    /// Starts a standing job: one that is never done, waits nearly always, and is no work under way. It ends when its
    /// function sees fit. Where the system has no thread for it, it does nothing.
    pub fn stand_by(&self, name: &str, work: impl FnOnce(&Report<T>) + Send + 'static) {
        let report = Report { sender: self.sender.clone(), wake: Arc::clone(&self.wake) };
        let run = move || work(&report);
        let _ = thread::Builder::new().name(name.to_owned()).stack_size(STANDING_STACK).spawn(run);
    }

    /// What standing jobs told since the last [`Jobs::finished`].
    pub fn news(&mut self) -> Vec<T> {
        std::mem::take(&mut self.news)
    }

    fn begin(&mut self, task: Task, tab: Option<TabId>, total: u64, threads: usize) {
        self.last += 1;
        let progress = match task {
            Task::Stream => Progress::waking(total, Arc::clone(&self.wake)),
            _ => Progress::new(total),
        };
        self.running.push(Running {
            id: self.last,
            task,
            tab,
            cancel: Cancel::new(),
            progress,
            started: self.now,
            threads,
            failed: false,
        });
    }

    /// Starts a thread of the job begun last.
    fn start_thread(&self, work: impl FnOnce(&Cancel, &Progress) -> T + Send + 'static) {
        let Some(job) = self.running.last() else {
            return;
        };
        let (id, cancel, progress) = (job.id, job.cancel.clone(), job.progress.clone());
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        let task = job.task;
        let run = move || {
            if task == Task::Count {
                // Counting takes all cores, but gives way to whatever the person waits for. (On Linux a thread is
                // nice by itself.)
                let _ = rustix::process::nice(10);
                source::give_way();
            }
            // A job that panics must not leave the person waiting for it.
            let result = catch_unwind(AssertUnwindSafe(|| work(&cancel, &progress))).ok();
            let is_silent = task.is_silent() && result.is_some();
            let _ = sender.send(Sent::Ended(id, result));
            if !is_silent {
                wake();
            }
        };
        let name = format!("hextant-{task:?}").to_lowercase();
        if thread::Builder::new().name(name).spawn(run).is_err() {
            let _ = self.sender.send(Sent::Ended(id, None));
        }
    }

    /// Jobs that have ended since the last time. Those that were cancelled are not told of, except saves, which must
    /// tell how far they came. `now` is when jobs started from here on start.
    pub fn finished(&mut self, now: Duration) -> Vec<Finished<T>> {
        self.now = now;
        let mut finished = Vec::new();
        while let Ok(sent) = self.receiver.try_recv() {
            let (id, result) = match sent {
                Sent::Ended(id, result) => (id, result),
                Sent::News(news) => {
                    self.news.push(news);
                    continue;
                }
            };
            let Some(index) = self.running.iter().position(|job| job.id == id) else {
                continue;
            };
            let job = &mut self.running[index];
            job.threads -= 1;
            job.failed |= result.is_none();
            if job.threads == 0 {
                let Running { task, tab, failed, .. } = self.running.remove(index);
                let result = result.filter(|_| !failed);
                finished.push(Finished { id, task, tab, result });
            }
        }
        finished
    }

    pub fn running(&self) -> &[Running] {
        &self.running
    }

    /// Is such a job under way, for this tab?
    pub fn is_running(&self, task: Task, tab: Option<TabId>) -> bool {
        self.running.iter().any(|job| job.task == task && job.tab == tab)
    }

    /// Cancels a tab's jobs, except those that write files.
    pub fn cancel_tab(&mut self, tab: TabId) {
        self.cancel_where(|job| job.tab == Some(tab) && !job.task.must_tell());
    }

    /// Cancels the job of this number.
    pub fn cancel_job(&mut self, id: u64) {
        self.cancel_where(|job| job.id == id);
    }

    /// Cancels the jobs of this kind and tab.
    pub fn cancel(&mut self, task: Task, tab: Option<TabId>) {
        self.cancel_where(|job| job.tab == tab && job.task == task);
    }

    fn cancel_where(&mut self, which: impl Fn(&Running) -> bool) {
        self.running.retain(|job| {
            let chosen = which(job);
            if chosen {
                job.cancel.cancel();
            }
            !chosen || job.task.must_tell()
        });
    }
}
