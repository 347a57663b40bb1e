use std::ops::{ControlFlow, Range};

use super::matcher::Hay;
use super::pattern::{CONTEXT, Compiled};
use crate::document::{LineBreak, Snapshot};
use crate::source::{Lost, Scanned};

/// Brings the bytes of a snapshot in windows in which matches are what they are in the whole of it.
pub(super) struct Reader<'a> {
    snapshot: &'a Snapshot,
    pattern: &'a Compiled,
    /// No match ends behind this.
    limit: u64,
    /// `bytes[..len]` stand in the document at `offset`. What is in a hole is zero. What is behind them is room.
    bytes: Vec<u8>,
    len: usize,
    offset: u64,
    /// What cannot be read right behind `bytes`.
    loss: Option<(Range<u64>, Lost)>,
    /// Zeros behind `bytes` that are not in the document.
    padding: usize,
    window: Window,
}

/// What [`Reader::load`] has made ready.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// Matches that start here are told right.
    pub starts: Range<u64>,
    /// They end here or before.
    pub end: u64,
}

#[derive(Debug)]
pub(super) enum Loaded {
    /// There is something to search.
    Window,
    /// No match starts here: it is a hole.
    Hole(Range<u64>),
    Lost(Range<u64>, Lost),
}

impl<'a> Reader<'a> {
    pub fn new(snapshot: &'a Snapshot, pattern: &'a Compiled, limit: u64) -> Self {
        let limit = limit.min(snapshot.len());
        let window = Window::default();
        Self {
            snapshot,
            pattern,
            limit,
            bytes: Vec::new(),
            len: 0,
            offset: 0,
            loss: None,
            padding: 0,
            window,
        }
    }

    pub fn window(&self) -> &Window {
        &self.window
    }

    pub fn hay(&self) -> Hay<'_> {
        Hay { bytes: &self.bytes[..self.len], offset: self.offset }
    }

    /// Makes ready a window of matches that start at `at` or behind it; of those that start at `stop` or behind it
    /// nobody wants to know. `at` lies before `stop`, which is at most one more than the limit.
    pub fn load(&mut self, at: u64, stop: u64) -> Loaded {
        let Compiled { longest, line_end, begins_in_holes, sizes, .. } = *self.pattern;
        if !begins_in_holes && let Some(end) = hole_at(self.snapshot, at) {
            return Loaded::Hole(at..end.min(stop));
        }
        self.keep_from(at.saturating_sub(CONTEXT), at);
        let wanted = |bytes: u64| at.saturating_add(bytes).min(stop);
        // Looking around needs no more than the document has.
        let (starts_end, end) = match (longest, line_end) {
            (Some(longest), _) => {
                let wanted = wanted(sizes.window.max(longest as u64));
                let end = (wanted - 1).saturating_add(longest as u64);
                self.read_to(end.saturating_add(CONTEXT), at);
                (wanted, end)
            }
            (None, None) => {
                let tile = at / sizes.longest;
                let end = (tile + 2).saturating_mul(sizes.longest);
                self.read_to(end.saturating_add(CONTEXT), at);
                ((tile + 1).saturating_mul(sizes.longest), end)
            }
            (None, Some(line_break)) => self.read_lines(at, wanted(sizes.window), stop, line_break),
        };
        let (mut starts_end, mut end) = (starts_end.min(stop), end.min(self.limit));
        if let Some((lost, why)) = &self.loss {
            if lost.start <= at {
                return Loaded::Lost(at..lost.end, why.clone());
            }
            starts_end = starts_end.min(lost.start);
            end = end.min(lost.start);
            // What is not there is no letter and no line end.
            self.padding = CONTEXT as usize;
            self.room(self.padding).fill(0);
            self.len += self.padding;
        }
        debug_assert!(end <= self.offset + self.len as u64);
        self.window = Window { starts: at..starts_end, end };
        Loaded::Window
    }

    /// Reads whole lines, or as much of one as a match may take. Returns where starts and matches end.
    fn read_lines(&mut self, at: u64, wanted: u64, stop: u64, line_break: LineBreak) -> (u64, u64) {
        let longest = self.pattern.sizes.longest;
        let tile = at / longest;
        let last = (tile + 2).saturating_mul(longest);
        let wanted = wanted.min((tile + 1).saturating_mul(longest));
        let is_last = wanted == stop;
        // Behind the last start its line goes on a bit.
        let mut to = if is_last { wanted.saturating_add(AHEAD) } else { wanted };
        loop {
            to = to.min(last);
            self.read_to(to.saturating_add(CONTEXT), at);
            let readable = (self.offset + self.len as u64).min(to);
            let index = |at: u64| (at - self.offset) as usize;
            let is_lost = self.loss.as_ref().is_some_and(|(lost, _)| lost.start <= to);
            let is_all = is_lost || to >= self.limit;
            if is_last {
                let from = (wanted - 1).min(readable);
                if let Some(end) = line_break.find(&self.bytes[index(from)..index(readable)], from) {
                    return (wanted, from + end as u64);
                }
            } else if let Some(end) = line_break.rfind(&self.bytes[index(at)..index(readable)], at) {
                return (at + end as u64 + line_break.width(), at + end as u64);
            }
            if is_all || to == last {
                return (wanted, to);
            }
            to = to.saturating_add(to - at);
        }
    }

    /// Forgets what stands before `from`, and what is not contiguous with it. A search goes on at `at`.
    fn keep_from(&mut self, from: u64, at: u64) {
        self.len -= std::mem::take(&mut self.padding);
        let end = self.offset + self.len as u64;
        if from < self.offset || at > end {
            self.len = 0;
            self.offset = from;
            self.loss = None;
            return;
        }
        let gone = (from - self.offset) as usize;
        self.bytes.copy_within(gone..self.len, 0);
        self.len -= gone;
        self.offset = from;
    }

    /// Appends what stands up to `to`, or up to what is lost at `at` or behind it.
    fn read_to(&mut self, to: u64, at: u64) {
        let to = to.min(self.snapshot.len());
        while self.loss.is_none() && self.offset + (self.len as u64) < to {
            if !self.read_stored(to) {
                self.read_scanned(to, at);
            }
        }
    }

    /// Room behind the bytes.
    fn room(&mut self, len: usize) -> &mut [u8] {
        if self.bytes.len() < self.len + len {
            self.bytes.resize(self.len + len, 0);
        }
        &mut self.bytes[self.len..self.len + len]
    }

    /// Appends a stretch that stands in one source without a hole: straight to where it is wanted.
    fn read_stored(&mut self, to: u64) -> bool {
        let at = self.offset + self.len as u64;
        let Some((source, from, run)) = self.snapshot.stored_at(at) else { return false };
        let len = run.min(to - at);
        if len < STRAIGHT.min(to - at) || source.stored(from..from + len) < len {
            return false;
        }
        // What is lost of it, a scan tells.
        let is_read = source.read_at(from, self.room(len as usize)).is_ok();
        self.len += if is_read { len as usize } else { 0 };
        is_read
    }

    fn read_scanned(&mut self, to: u64, at: u64) {
        let (bytes, len, loss) = (&mut self.bytes, &mut self.len, &mut self.loss);
        let from = self.offset + *len as u64;
        bytes.truncate(*len);
        let zeros = |bytes: &mut Vec<u8>, range: Range<u64>| {
            bytes.resize(bytes.len() + (range.end - range.start) as usize, 0);
        };
        let _ = self.snapshot.scan(from..to, &mut |scanned| {
            match scanned {
                Scanned::Data { bytes: more, .. } => bytes.extend_from_slice(more),
                Scanned::Hole(hole) => zeros(bytes, hole),
                Scanned::Lost(lost, why) => {
                    // It only stands around.
                    zeros(bytes, lost.start..lost.end.min(at).max(lost.start));
                    if lost.end > at {
                        *loss = Some((lost.start.max(at)..lost.end, why));
                        return ControlFlow::Break(());
                    }
                }
            }
            ControlFlow::Continue(())
        });
        *len = bytes.len();
    }
}

/// Shorter stretches are gathered by a scan, in bytes.
const STRAIGHT: u64 = if cfg!(test) { 8 } else { 16 << 10 };

/// Where the hole ends that `at` lies in.
pub(super) fn hole_at(snapshot: &Snapshot, at: u64) -> Option<u64> {
    let mut end = at;
    // What is no hole is read for nothing: no more than a byte.
    for range in [at..at + 1, at + 1..snapshot.len()] {
        let before = end;
        let _ = snapshot.scan(range, &mut |scanned| match scanned {
            Scanned::Hole(hole) => {
                end = hole.end;
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Break(()),
        });
        if end == before {
            break;
        }
    }
    (end > at).then_some(end)
}

/// Bytes in which most lines end.
const AHEAD: u64 = 4 << 10;
