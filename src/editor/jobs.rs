use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::TabId;
use crate::source::{Cancel, Progress};

/// What a job is, to the person and to whoever waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    Open,
    /// Reads bytes that the screen waits for.
    Fetch,
    /// Counts newlines; several threads share one.
    Count,
    Save,
    /// Reads what goes to the clipboard.
    Copy,
    /// Writes settings or the session.
    Remember,
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
}

/// The only place where the editor starts threads. Each job is a plain function with [`Cancel`] and [`Progress`]; its
/// result comes back through a channel, after which `wake` asks the window for a frame.
pub struct Jobs<T> {
    running: Vec<Running>,
    last: u64,
    sender: Sender<(u64, Option<T>)>,
    receiver: Receiver<(u64, Option<T>)>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl<T: Send + 'static> Jobs<T> {
    pub fn new() -> Self {
        let (sender, receiver) = unbounded();
        Self { running: Vec::new(), last: 0, sender, receiver, wake: Arc::new(|| {}) }
    }

    /// What to call, from any thread, when a result is there.
    pub fn set_wake(&mut self, wake: Arc<dyn Fn() + Send + Sync>) {
        self.wake = wake;
    }

    /// Runs `work` on `threads` threads at once; the last of them gives the result.
    pub fn spawn<W>(&mut self, task: Task, tab: Option<TabId>, threads: usize, now: Duration, total: u64, work: W) -> u64
    where
        W: Fn(&Cancel, &Progress) -> T + Send + Sync + 'static,
    {
        self.last += 1;
        let id = self.last;
        let (cancel, progress) = (Cancel::new(), Progress::new(total));
        let work = Arc::new(work);
        let threads = threads.max(1);
        for _ in 0..threads {
            let (work, cancel, progress) = (work.clone(), cancel.clone(), progress.clone());
            let (sender, wake) = (self.sender.clone(), self.wake.clone());
            let name = format!("hextant-{task:?}").to_lowercase();
            let counts = task == Task::Count;
            let run = move || {
                if counts {
                    // Counting takes all cores, but gives way to whatever the person waits for. (On Linux a thread
                    // is nice by itself.)
                    let _ = rustix::process::nice(10);
                }
                // A job that panics must not leave the person waiting for it.
                let result = catch_unwind(AssertUnwindSafe(|| work(&cancel, &progress))).ok();
                let _ = sender.send((id, result));
                wake();
            };
            thread::Builder::new().name(name).spawn(run).expect("the system refuses another thread");
        }
        self.running.push(Running { id, task, tab, cancel, progress, started: now, threads });
        id
    }

    /// Results that have come, with the job's task and tab; `None` for a job that panicked. Results of cancelled
    /// jobs are dropped, except of saves, which must tell how far they came.
    pub fn finished(&mut self) -> Vec<(Task, Option<TabId>, Option<T>)> {
        let mut finished = Vec::new();
        while let Ok((id, result)) = self.receiver.try_recv() {
            let Some(index) = self.running.iter().position(|job| job.id == id) else { continue };
            self.running[index].threads -= 1;
            if self.running[index].threads > 0 {
                continue;
            }
            let job = self.running.remove(index);
            if !job.cancel.is_cancelled() || job.task == Task::Save {
                finished.push((job.task, job.tab, result));
            }
        }
        finished
    }

    pub fn running(&self) -> &[Running] {
        &self.running
    }

    /// Cancels a tab's jobs, except its saves.
    pub fn cancel_tab(&mut self, tab: TabId) {
        for job in self.running.iter().filter(|job| job.tab == Some(tab) && job.task != Task::Save) {
            job.cancel.cancel();
        }
        self.running.retain(|job| !job.cancel.is_cancelled() || job.task == Task::Save);
    }

    pub fn cancel(&mut self, task: Task, tab: TabId) {
        for job in self.running.iter().filter(|job| job.tab == Some(tab) && job.task == task) {
            job.cancel.cancel();
        }
    }
}
