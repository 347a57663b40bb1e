//! Sources that misbehave, for tests: of this room, of the others, and of the whole program. The editor itself never
//! uses them.

use std::collections::HashSet;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use super::{Chunk, Identity, Lost, Scanned, Source, TryRead, check_range};

/// A source on a slow disk: nothing is in memory before it has been fetched by [`Source::read_at`], which takes its
/// time. A sweep waits once for each slice of data.
#[derive(Debug)]
pub struct Slow {
    inner: Arc<dyn Source>,
    latency: Duration,
    fetched: Mutex<HashSet<u64>>,
    /// The thread that draws, which must never wait for it.
    draws: Option<ThreadId>,
}

/// Bytes that a slow disk brings at a time.
const PAGE: u64 = 4096;

impl Slow {
    pub fn new(inner: Arc<dyn Source>, latency: Duration) -> Self {
        Self { inner, latency, fetched: Mutex::default(), draws: None }
    }

    /// From now on, to wait for it is a panic on this thread.
    #[must_use]
    pub fn never_waited_for_here(self) -> Self {
        Self { draws: Some(thread::current().id()), ..self }
    }

    /// Forgets everything fetched, as a system short of memory does.
    pub fn evict(&self) {
        self.fetched.lock().unwrap().clear();
    }

    fn wait(&self) {
        assert_ne!(Some(thread::current().id()), self.draws, "the thread that draws waits for the disk");
        thread::sleep(self.latency);
    }

    fn pages(offset: u64, len: usize) -> Range<u64> {
        offset / PAGE..(offset + len as u64).div_ceil(PAGE)
    }
}

impl Source for Slow {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn identity(&self) -> Option<Identity> {
        self.inner.identity()
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        let fetched = self.fetched.lock().unwrap();
        if Self::pages(offset, buf.len()).all(|page| fetched.contains(&page)) {
            self.inner.try_read_at(offset, buf)
        } else {
            TryRead::Pending
        }
    }

    /// Stops at the first page that cannot be read, as a disk does: what is behind it is not looked at.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        self.wait();
        let (mut at, end) = (offset, offset + buf.len() as u64);
        while at < end {
            let page = at / PAGE;
            let next = end.min((page + 1) * PAGE);
            let read = self.inner.read_at(at, &mut buf[(at - offset) as usize..(next - offset) as usize]);
            self.fetched.lock().unwrap().insert(page);
            read?;
            at = next;
        }
        Ok(())
    }

    fn stored(&self, range: Range<u64>) -> u64 {
        self.inner.stored(range)
    }

    fn hole_at(&self, offset: u64) -> Option<Range<u64>> {
        self.inner.hole_at(offset)
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.inner.scan(range, &mut |scanned| {
            if let Scanned::Data { .. } = scanned {
                self.wait();
            }
            visit(scanned)
        })
    }
}

/// A source that has lost some of its bytes, as a truncated file or a failing disk has.
#[derive(Debug)]
pub struct Faulty {
    inner: Arc<dyn Source>,
    /// Disjoint and in order.
    lost: Mutex<Vec<(Range<u64>, Lost)>>,
}

impl Faulty {
    pub fn new(inner: Arc<dyn Source>) -> Self {
        Self { inner, lost: Mutex::default() }
    }

    /// From now on the bytes of `range`, which must not overlap an earlier one, cannot be read.
    pub fn lose(&self, range: Range<u64>, lost: Lost) {
        check_range(self, &range);
        let mut all = self.lost.lock().unwrap();
        let at = all.partition_point(|(other, _)| other.start < range.start);
        assert!(at == 0 || all[at - 1].0.end <= range.start, "{range:?} overlaps an earlier loss");
        assert!(at == all.len() || range.end <= all[at].0.start, "{range:?} overlaps an earlier loss");
        all.insert(at, (range, lost));
    }

    /// Everything can be read again.
    pub fn heal(&self) {
        self.lost.lock().unwrap().clear();
    }

    /// The losses that touch `range`, cut to it.
    fn losses(&self, range: &Range<u64>) -> Vec<(Range<u64>, Lost)> {
        let lost = self.lost.lock().unwrap();
        let cut = lost
            .iter()
            .map(|(lost, why)| (lost.start.max(range.start)..lost.end.min(range.end), why.clone()));
        cut.filter(|(lost, _)| !lost.is_empty()).collect()
    }

    fn first_loss(&self, offset: u64, len: usize) -> Option<Lost> {
        let losses = self.losses(&(offset..offset + len as u64));
        losses.into_iter().next().map(|(_, lost)| lost)
    }
}

impl Source for Faulty {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn identity(&self) -> Option<Identity> {
        self.inner.identity()
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        match self.first_loss(offset, buf.len()) {
            Some(lost) => TryRead::Lost(lost),
            None => self.inner.try_read_at(offset, buf),
        }
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        match self.first_loss(offset, buf.len()) {
            Some(lost) => Err(lost),
            None => self.inner.read_at(offset, buf),
        }
    }

    fn stored(&self, range: Range<u64>) -> u64 {
        self.inner.stored(range)
    }

    fn hole_at(&self, offset: u64) -> Option<Range<u64>> {
        self.inner.hole_at(offset)
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut at = range.start;
        for (lost, why) in self.losses(&range) {
            self.inner.scan(at..lost.start, visit)?;
            at = lost.end;
            visit(Scanned::Lost(lost, why))?;
        }
        self.inner.scan(at..range.end, visit)
    }
}

/// A source that counts what is asked of it, so that tests can bound work instead of timing it.
#[derive(Debug)]
pub struct Counting {
    inner: Arc<dyn Source>,
    calls: AtomicU64,
    bytes: AtomicU64,
}

impl Counting {
    pub fn new(inner: Arc<dyn Source>) -> Self {
        Self { inner, calls: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    /// How often one of the reading methods was called.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// How many bytes were asked for by reading, shown by scanning and counted by tallying. Holes are none.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub fn reset(&self) {
        self.calls.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
    }

    fn note(&self, calls: u64, bytes: usize) {
        self.calls.fetch_add(calls, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Source for Counting {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn identity(&self) -> Option<Identity> {
        self.inner.identity()
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        self.note(1, buf.len());
        self.inner.try_read_at(offset, buf)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        self.note(1, buf.len());
        self.inner.read_at(offset, buf)
    }

    fn stored(&self, range: Range<u64>) -> u64 {
        self.inner.stored(range)
    }

    fn hole_at(&self, offset: u64) -> Option<Range<u64>> {
        self.inner.hole_at(offset)
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.note(1, 0);
        self.inner.scan(range, &mut |scanned| {
            if let Scanned::Data { bytes, .. } = &scanned {
                self.note(0, bytes.len());
            }
            visit(scanned)
        })
    }

    fn tally_around(
        &self,
        range: Range<u64>,
        chunk: u64,
        around: u64,
        count: &mut dyn FnMut(Chunk<'_>) -> u64,
        publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.note(1, 0);
        let mut counted = |chunk: Chunk<'_>| {
            self.note(0, chunk.bytes.len());
            count(chunk)
        };
        self.inner.tally_around(range, chunk, around, &mut counted, publish)
    }

    fn tally(
        &self,
        range: Range<u64>,
        chunk: u64,
        count: &mut dyn FnMut(&[u8]) -> u64,
        publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.note(1, 0);
        let mut counted = |bytes: &[u8]| {
            self.note(0, bytes.len());
            count(bytes)
        };
        self.inner.tally(range, chunk, &mut counted, publish)
    }
}

/// What a failing disk, or a crash, makes of a file: a bit is flipped, the end is gone, a stretch is zeros, stands where another
/// one stood, or is there twice.
pub fn damaged(bytes: &[u8], way: u8, first: usize, second: usize) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    if bytes.is_empty() {
        return damaged;
    }
    let (from, to) = (first % bytes.len(), second % bytes.len());
    let len = (second / bytes.len()) % 64 + 1;
    let stretch = from..(from + len).min(bytes.len());
    match way % 5 {
        0 => damaged[from] ^= 1 << (second % 8),
        1 => damaged.truncate(from),
        2 => damaged[stretch].fill(0),
        3 => {
            let len = stretch.len().min(bytes.len() - to);
            damaged.copy_within(stretch.start..stretch.start + len, to);
        }
        _ => drop(damaged.splice(to..to, bytes[stretch].iter().copied())),
    }
    damaged
}
