use std::ops::{ControlFlow, Range};

use crate::document::{LineBreak, Missing, Snapshot, Window};
use crate::search::{Cancelled, Pattern};
use crate::source::{Cancel, Scanned};

/// Of a line, so many bytes behind the block that it starts in are looked at, at most.
pub(super) const LOOKED_AT: u64 = if cfg!(test) { 64 } else { 4 << 20 };

/// Line ends are looked for in steps of this.
const STEP: u64 = 64 << 10;

/// What is shown or hidden as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::editor) enum Unit {
    Line(LineBreak),
    /// A hex row of so many bytes.
    Row(u64),
}

/// Which lines are shown: those that match any of `includes` (all, if there are none) and none of `excludes`.
#[derive(Clone, Debug)]
pub(in crate::editor) struct LineFilter {
    pub includes: Vec<Pattern>,
    pub excludes: Vec<Pattern>,
    pub unit: Unit,
}

impl Unit {
    /// Where the first line starts that starts at `at` or behind it, before `end`.
    fn next_start(self, snapshot: &Snapshot, at: u64, end: u64) -> Option<u64> {
        let found = match self {
            Self::Row(bytes) => Some(at.div_ceil(bytes).saturating_mul(bytes)),
            Self::Line(_) if at == 0 => Some(0),
            Self::Line(line_break) => {
                let mut from = at - line_break.width().min(at);
                loop {
                    if from >= end {
                        return None;
                    }
                    // A step takes in the first byte of the next, so that no pair of bytes is cut.
                    let to = from.saturating_add(STEP).min(end);
                    let bytes = snapshot.read(from..to + (line_break.width() - 1)).unwrap_or_default();
                    if let Some(found) = line_break.find(&bytes, from) {
                        break Some(from + found as u64 + line_break.width());
                    }
                    from = to;
                }
            }
        };
        found.filter(|found| *found < end)
    }

    /// The end of the line that starts at `start`, its line end included.
    pub fn end(self, snapshot: &Snapshot, start: u64) -> u64 {
        let len = snapshot.len();
        match self {
            Self::Row(bytes) => (start + bytes).min(len),
            Self::Line(_) => self.next_start(snapshot, start + 1, len).unwrap_or(len),
        }
    }
}

impl LineFilter {
    /// Where the lines start that are shown and start in `block`, in order. Waits for the disk.
    pub fn lines_in(
        &self,
        snapshot: &Snapshot,
        block: Range<u64>,
        cancel: &Cancel,
    ) -> Result<Vec<u64>, Cancelled> {
        let Some(start) = self.unit.next_start(snapshot, block.start, block.end) else {
            return Ok(Vec::new());
        };
        let limit = block.end.saturating_add(LOOKED_AT).min(snapshot.len());
        let end = self.unit.next_start(snapshot, block.end, limit).unwrap_or(limit);
        let patterns = self.includes.iter().chain(&self.excludes);
        let around = patterns.map(Pattern::context).max().unwrap_or(0);
        let window = read(snapshot, start.saturating_sub(around)..end.saturating_add(around), cancel)?;
        let hay =
            Hay { unit: self.unit, window: &window, start, end, len: snapshot.len(), block_end: block.end };
        let mut shown = match self.includes.as_slice() {
            [] => hay.all(),
            includes => union(includes.iter().map(|pattern| hay.matched(pattern))),
        };
        if cancel.is_cancelled() {
            return Err(Cancelled);
        }
        if !shown.is_empty() && !self.excludes.is_empty() {
            let hidden = union(self.excludes.iter().map(|pattern| hay.matched(pattern)));
            shown.retain(|line| hidden.binary_search(line).is_err());
        }
        Ok(shown)
    }
}

/// Bytes of whole lines, and what stands around them.
struct Hay<'a> {
    unit: Unit,
    window: &'a Window,
    /// Where the first line starts, and the last one ends.
    start: u64,
    end: u64,
    /// Of the document.
    len: u64,
    /// Lines that start here are of the next block.
    block_end: u64,
}

impl Hay<'_> {
    fn bytes(&self, range: Range<u64>) -> &[u8] {
        let index = |at: u64| (at - self.window.start) as usize;
        &self.window.bytes[index(range.start)..index(range.end)]
    }

    /// The line that holds `at`, which is not before the line that starts at `from`.
    fn line(&self, from: u64, at: u64) -> Range<u64> {
        match self.unit {
            Unit::Row(bytes) => at / bytes * bytes..(at / bytes + 1) * bytes,
            Unit::Line(line_break) => {
                let width = line_break.width();
                let start = line_break.rfind(self.bytes(from..at), from);
                let start = start.map_or(from, |found| from + found as u64 + width);
                // What stands on a line's end belongs to that line.
                let end = line_break.find(self.bytes(at..self.end), at);
                start..end.map_or(self.end, |found| at + found as u64 + width)
            }
        }
    }

    fn all(&self) -> Vec<u64> {
        let mut lines = Vec::new();
        let mut at = self.start;
        while at < self.end && at < self.block_end {
            lines.push(at);
            at = self.line(at, at).end;
        }
        lines
    }

    /// Where the lines start in which a match of `pattern` starts.
    fn matched(&self, pattern: &Pattern) -> Vec<u64> {
        let matches = pattern.matches_in(self.window, self.start..self.end, usize::MAX, self.len);
        let mut lines = Vec::new();
        let mut end = self.start;
        for found in matches {
            if found.start < end || found.start >= self.end {
                continue;
            }
            let line = self.line(end, found.start);
            if line.start >= self.block_end {
                break;
            }
            lines.push(line.start);
            end = line.end;
        }
        lines
    }
}

/// All of several sorted lists, each once.
fn union(lists: impl Iterator<Item = Vec<u64>>) -> Vec<u64> {
    let mut all: Vec<u64> = Vec::new();
    let mut many = 0;
    for list in lists {
        all = if many == 0 { list } else { [all, list].concat() };
        many += 1;
    }
    if many > 1 {
        all.sort_unstable();
        all.dedup();
    }
    all
}

fn read(snapshot: &Snapshot, range: Range<u64>, cancel: &Cancel) -> Result<Window, Cancelled> {
    let end = range.end.min(snapshot.len());
    let mut window = Window { start: range.start, bytes: Vec::new(), gaps: Vec::new() };
    window.bytes.reserve_exact((end - range.start) as usize);
    let _ = snapshot.scan(range.start..end, &mut |scanned| {
        match scanned {
            Scanned::Data { bytes, .. } => window.bytes.extend_from_slice(bytes),
            Scanned::Hole(hole) => window.bytes.resize((hole.end - range.start) as usize, 0),
            Scanned::Lost(lost, why) => {
                window.bytes.resize((lost.end - range.start) as usize, 0);
                window.gaps.push((lost, Missing::Lost(why)));
            }
        }
        if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if cancel.is_cancelled() { Err(Cancelled) } else { Ok(window) }
}
