use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<[AtomicU64; 2]>);

impl Progress {
    pub fn new(total: u64) -> Self {
        let progress = Self::default();
        progress.set_total(total);
        progress
    }

    pub fn add(&self, units: u64) {
        self.0[0].fetch_add(units, Ordering::Relaxed);
    }

    pub fn set_total(&self, total: u64) {
        self.0[1].store(total, Ordering::Relaxed);
    }

    pub fn done(&self) -> u64 {
        self.0[0].load(Ordering::Relaxed)
    }

    pub fn total(&self) -> u64 {
        self.0[1].load(Ordering::Relaxed)
    }
}
