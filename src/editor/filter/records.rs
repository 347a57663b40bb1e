use std::ops::{ControlFlow, Range};

use super::text::{Text, Unit};
use crate::document::Snapshot;
use crate::search::{Cancelled, Pattern, Probe};
use crate::source::Cancel;

/// A line that starts so far behind the start of its record stands by itself, in bytes.
pub(super) const RECORD: u64 = if cfg!(test) { 48 } else { 1 << 20 };

/// Bytes in which a record, or some lines around a match, begin or end most of the time.
const NEAR: u64 = if cfg!(test) { 8 } else { 16 << 10 };

/// What takes lines together: those from one that begins a record up to the next.
pub(super) struct Records<'a> {
    text: &'a Text,
    begins: Option<Probe<'a>>,
    /// Of the record that was asked for last: where it starts, if its start is known, and where it ends.
    start: Option<u64>,
    end: u64,
}

impl<'a> Records<'a> {
    /// Each line is one, if nothing `begins` one.
    pub fn new(begins: Option<&'a Pattern>, text: &'a Text) -> Self {
        Self { text, begins: begins.map(|begins| begins.probe(&text.window)), start: None, end: 0 }
    }

    /// The record of `line`. Lines are asked for in ascending order.
    pub fn of(&mut self, line: Range<u64>) -> Range<u64> {
        let Some(begins) = &mut self.begins else { return line };
        if let Some(start) = self.start.filter(|_| line.start < self.end) {
            return start..self.end;
        }
        let mut is_start = |line: Range<u64>| line.start == 0 || begins.next(line).is_some();
        let mut at = line.clone();
        let start = loop {
            if is_start(at.clone()) {
                break Some(at.start);
            }
            match self.text.before(at.start) {
                Some(before) if before >= self.end => at = before..at.start,
                // The one before goes on here, if it is not too long.
                before => break before.and(self.start),
            }
            if line.start - at.start >= RECORD {
                break None;
            }
        };
        self.start = start.filter(|start| line.start - start < RECORD);
        self.end = line.end;
        let Some(start) = self.start else { return line };
        while self.end < self.text.range.end && self.end - start < RECORD {
            let next = self.text.end_of_line(self.end);
            if is_start(self.end..next) {
                break;
            }
            self.end = next;
        }
        start..self.end
    }
}

/// Goes from line to line through a snapshot, reading what it needs. Waits for the disk.
pub(super) struct Walk<'a> {
    pub snapshot: &'a Snapshot,
    pub unit: Unit,
    /// Bytes in which the end of a line is looked for.
    pub limit: u64,
    pub cancel: &'a Cancel,
}

impl Walk<'_> {
    /// Where the line starts that stands `lines` lines before the one at `start`, or less if that is more than `most`
    /// bytes before it.
    pub fn back(&self, start: u64, lines: u32, most: u64) -> Result<u64, Cancelled> {
        let (mut at, mut left) = (start, lines);
        self.lines_before(None, start, start.saturating_sub(most), |line, _| {
            at = line;
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(at)
    }

    /// Where `lines` lines end that begin at `end`, or fewer if one of them starts more than `most` bytes behind it.
    pub fn on(&self, end: u64, lines: u32, most: u64) -> Result<u64, Cancelled> {
        let (mut at, mut left) = (end, lines);
        self.lines_behind(None, end, end.saturating_add(most + 1), |line, _| {
            at = line.end;
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(at)
    }

    /// Where the record starts of the line at `start`; if it stands by itself, where the line does.
    pub fn start_of_record(&self, begins: &Pattern, start: u64) -> Result<u64, Cancelled> {
        let mut at = start;
        let end = start.saturating_add(self.limit).min(self.snapshot.len());
        let end = self.unit.next_start(self.snapshot, start + 1, end).unwrap_or(end);
        let least = (start + 1).saturating_sub(RECORD);
        self.lines_before(Some(begins), end, least, |line, begins| {
            if line == 0 || begins {
                at = line;
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        Ok(at)
    }

    /// Where the record ends that holds the line before `end`, where a line starts; or somewhere behind that.
    pub fn end_of_record(&self, begins: &Pattern, end: u64) -> Result<u64, Cancelled> {
        let mut at = end;
        self.lines_behind(Some(begins), end, end.saturating_add(RECORD), |line, begins| {
            if begins {
                return ControlFlow::Break(());
            }
            at = line.end;
            ControlFlow::Continue(())
        })?;
        Ok(at)
    }

    /// Visits the lines that end at `end` or before and start at `least` or behind, the last one first: where each
    /// starts, and whether it holds a match of `pattern`.
    fn lines_before(
        &self,
        pattern: Option<&Pattern>,
        end: u64,
        least: u64,
        mut visit: impl FnMut(u64, bool) -> ControlFlow<()>,
    ) -> Result<(), Cancelled> {
        let (mut at, mut step) = (end, NEAR);
        while at > least {
            let from = at.saturating_sub(step).max(least);
            let text = self.read(pattern, from..at)?;
            let mut probe = pattern.map(|pattern| pattern.probe(&text.window));
            let begins_line = text.begins_line();
            while let Some(line) = text.before(at).filter(|line| *line > from || begins_line) {
                let holds = probe.as_mut().is_some_and(|probe| probe.next(line..at).is_some());
                at = line;
                if visit(line, holds).is_break() {
                    return Ok(());
                }
            }
            if from == least {
                break;
            }
            step = step.saturating_mul(4);
        }
        Ok(())
    }

    /// Visits the lines that start at `start` or behind and before `stop`.
    fn lines_behind(
        &self,
        pattern: Option<&Pattern>,
        start: u64,
        stop: u64,
        mut visit: impl FnMut(Range<u64>, bool) -> ControlFlow<()>,
    ) -> Result<(), Cancelled> {
        let len = self.snapshot.len();
        let (mut at, mut step) = (start, NEAR);
        while at < stop.min(len) {
            let to = at.saturating_add(step).min(len);
            let text = self.read(pattern, at..to)?;
            let is_all = to == len || step >= self.limit;
            let mut probe = pattern.map(|pattern| pattern.probe(&text.window));
            while at < to.min(stop) {
                let end = text.end_of_line(at);
                // What ends where the text does may be cut.
                if end == to && !is_all {
                    break;
                }
                let holds = probe.as_mut().is_some_and(|probe| probe.next(at..end).is_some());
                if visit(at..end, holds).is_break() {
                    return Ok(());
                }
                at = end;
            }
            step = step.saturating_mul(4);
        }
        Ok(())
    }

    fn read(&self, pattern: Option<&Pattern>, range: Range<u64>) -> Result<Text, Cancelled> {
        let around = pattern.map_or(0, Pattern::probed_around);
        Text::read(self.snapshot, self.unit, range, around, Vec::new(), self.cancel)
    }
}
