use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A flag that asks long work to stop. Clones share it. Work looks at it at least once per 16 MiB or 50 ms.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How far long work has come, in whatever unit it counts (mostly bytes). Clones share it.
#[derive(Clone, Default)]
pub struct Progress(Arc<Shared>);

#[derive(Default)]
struct Shared {
    done: AtomicU64,
    total: AtomicU64,
    /// Called when there is progress that nobody has looked at.
    wake: Option<Arc<dyn Fn() + Send + Sync>>,
    unseen: AtomicBool,
    description: OnceLock<(String, String)>,
}

impl Progress {
    pub fn new(total: u64) -> Self {
        let progress = Self::default();
        progress.set_total(total);
        progress
    }

    /// Calls `wake` at the first progress, and again at the first after each [`Progress::seen`].
    pub fn waking(total: u64, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (done, total) = (AtomicU64::new(0), AtomicU64::new(total));
        Self(Arc::new(Shared { done, total, wake: Some(wake), ..Shared::default() }))
    }

    pub fn add(&self, units: u64) {
        self.0.done.fetch_add(units, Ordering::Relaxed);
        if let Some(wake) = &self.0.wake
            && !self.0.unseen.swap(true, Ordering::AcqRel)
        {
            wake();
        }
    }

    /// Was there progress since the last time this was asked?
    pub fn seen(&self) -> bool {
        self.0.unseen.swap(false, Ordering::AcqRel)
    }

    /// Says what is being done, once: in a few words, and in more.
    pub fn describe(&self, what: String, details: String) {
        let _ = self.0.description.set((what, details));
    }

    /// What is being done, if that was said: in a few words, and in more.
    pub fn description(&self) -> Option<(&str, &str)> {
        self.0.description.get().map(|(what, details)| (&**what, &**details))
    }

    pub fn set_total(&self, total: u64) {
        self.0.total.store(total, Ordering::Relaxed);
    }

    pub fn done(&self) -> u64 {
        self.0.done.load(Ordering::Relaxed)
    }

    pub fn total(&self) -> u64 {
        self.0.total.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.done(), self.total())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_wakes_once_until_it_is_seen() {
        let calls = Arc::new(AtomicU64::new(0));
        let called = Arc::clone(&calls);
        let progress = Progress::waking(9, Arc::new(move || _ = called.fetch_add(1, Ordering::Relaxed)));
        let step = || {
            progress.clone().add(1);
            calls.load(Ordering::Relaxed)
        };
        assert_eq!((step(), step()), (1, 1));
        assert!(progress.seen() && !progress.seen());
        assert_eq!((step(), step()), (2, 2));
        assert_eq!((progress.done(), progress.total()), (4, 9));
    }
}
