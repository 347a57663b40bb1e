use std::ops::{ControlFlow, Range};

use crate::document::{LineBreak, Missing, Snapshot, Window};
use crate::search::Cancelled;
use crate::source::{Cancel, Scanned};

/// Bytes in which most lines end; each further step is twice as long, up to the last.
const STEP: u64 = if cfg!(test) { 4 } else { 4 << 10 };
const LONGEST_STEP: u64 = if cfg!(test) { 8 } else { 64 << 10 };

/// What is shown or hidden as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::editor) enum Unit {
    Line(LineBreak),
    /// A hex row of so many bytes.
    Row(u64),
}

impl Unit {
    /// Where the first line starts that starts at `at` or behind it, before `end`.
    pub fn next_start(self, snapshot: &Snapshot, at: u64, end: u64) -> Option<u64> {
        let found = match self {
            Self::Row(bytes) => Some(at.div_ceil(bytes).saturating_mul(bytes)),
            Self::Line(_) if at == 0 => Some(0),
            Self::Line(line_break) => {
                let (mut from, mut step) = (at - line_break.width().min(at), STEP);
                loop {
                    if from >= end {
                        return None;
                    }
                    // A step takes in the first byte of the next, so that no pair of bytes is cut.
                    let to = from.saturating_add(step).min(end);
                    let bytes = snapshot.read(from..to + (line_break.width() - 1)).unwrap_or_default();
                    if let Some(found) = line_break.find(&bytes, from) {
                        break Some(from + found as u64 + line_break.width());
                    }
                    from = to;
                    step = (step * 2).min(LONGEST_STEP);
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

/// Whole lines at hand, and what stands around them.
pub(in crate::editor) struct Text {
    unit: Unit,
    pub window: Window,
    /// Where the first line starts, and the last one ends.
    pub range: Range<u64>,
}

impl Text {
    /// Reads `range`, and `around` bytes to either side, into `buffer`. Waits for the disk.
    pub fn read(
        snapshot: &Snapshot,
        unit: Unit,
        range: Range<u64>,
        around: u64,
        buffer: Vec<u8>,
        cancel: &Cancel,
    ) -> Result<Self, Cancelled> {
        let around = around.max(2);
        let start = range.start.saturating_sub(around);
        let window = read(snapshot, start..range.end.saturating_add(around), buffer, cancel)?;
        Ok(Self { unit, window, range })
    }

    pub fn bytes(&self, range: Range<u64>) -> &[u8] {
        let index = |at: u64| (at - self.window.start) as usize;
        &self.window.bytes[index(range.start)..index(range.end)]
    }

    /// Where the line ends that holds `at`. What stands on a line's end belongs to that line.
    pub fn end_of_line(&self, at: u64) -> u64 {
        let end = match self.unit {
            Unit::Row(bytes) => Some((at / bytes + 1) * bytes),
            Unit::Line(line_break) => {
                let end = line_break.find(self.bytes(at..self.range.end), at);
                end.map(|found| at + found as u64 + line_break.width())
            }
        };
        end.map_or(self.range.end, |end| end.min(self.range.end))
    }

    /// Does the line that ends at `end` go on behind the text?
    pub fn is_cut(&self, end: u64, len: u64) -> bool {
        end == self.range.end && end < len && !self.ends_line(end)
    }

    /// Where the line starts that holds `at`, if not before `from`; else `from`.
    pub fn start_of_line(&self, from: u64, at: u64) -> u64 {
        match self.unit {
            Unit::Row(bytes) => (at / bytes * bytes).max(from),
            Unit::Line(line_break) => {
                let start = line_break.rfind(self.bytes(from..at), from);
                start.map_or(from, |found| from + found as u64 + line_break.width())
            }
        }
    }

    /// Where the line starts before the one that starts at `start`, if there is one.
    pub fn before(&self, start: u64) -> Option<u64> {
        let width = match self.unit {
            Unit::Row(_) => 1,
            Unit::Line(line_break) => line_break.width(),
        };
        let end = start.checked_sub(width).filter(|_| start > self.range.start)?;
        Some(self.start_of_line(self.range.start, end.max(self.range.start)))
    }

    /// Does a line start where the text does?
    pub fn begins_line(&self) -> bool {
        let start = self.range.start;
        start == 0 || self.ends_line(start)
    }

    fn ends_line(&self, end: u64) -> bool {
        match self.unit {
            Unit::Row(bytes) => end.is_multiple_of(bytes),
            Unit::Line(line_break) => match end.checked_sub(line_break.width()) {
                Some(before) => line_break.find(self.bytes(before..end), before).is_some(),
                None => false,
            },
        }
    }
}

fn read(
    snapshot: &Snapshot,
    range: Range<u64>,
    mut buffer: Vec<u8>,
    cancel: &Cancel,
) -> Result<Window, Cancelled> {
    buffer.clear();
    let end = range.end.min(snapshot.len());
    let mut window = Window { start: range.start, bytes: buffer, gaps: Vec::new() };
    window.bytes.reserve((end - range.start) as usize);
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
