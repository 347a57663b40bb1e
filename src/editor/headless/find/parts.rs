use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Condvar, Mutex, PoisonError};

use super::super::{LineNumbers, Stop, trouble};
use super::search::{Search, Subject};
use crate::search::Scan;
use crate::source::{Lost, Progress};

/// Bytes of a part: the lines that start in it. An even number.
const PART: u64 = if cfg!(test) { 64 } else { 16 << 20 };

/// A file in parts of whole lines, each of which can be searched by itself.
pub(super) struct Parts<'a> {
    subject: &'a Subject<'a>,
    within: Range<u64>,
    progress: &'a Progress,
    ended: Mutex<Ended>,
    counted: Condvar,
}

/// How many lines end in parts.
#[derive(Default)]
struct Ended {
    /// In all parts before this one.
    next: u64,
    before: u64,
    /// In some of those behind.
    ahead: BTreeMap<u64, u64>,
    /// Before each part that waits to be told.
    told: BTreeMap<u64, u64>,
}

impl Ended {
    fn count(&mut self, part: u64, lines: u64) {
        self.ahead.insert(part, lines);
        while let Some(lines) = self.ahead.remove(&self.next) {
            self.told.insert(self.next, self.before);
            self.before += lines;
            self.next += 1;
        }
    }
}

/// What a part came to.
#[derive(Default)]
pub(super) struct Searched {
    pub count: u64,
    pub out: Vec<u8>,
    pub is_cut: bool,
    pub loss: Option<(Range<u64>, Lost)>,
}

impl<'a> Parts<'a> {
    pub fn new(subject: &'a Subject<'a>, within: Range<u64>, progress: &'a Progress) -> Self {
        Self { subject, within, progress, ended: Mutex::default(), counted: Condvar::new() }
    }

    pub fn len(&self) -> u64 {
        self.within.end.div_ceil(PART) - self.within.start / PART
    }

    /// Searches a part. Those before it are searched too, by other threads or before it.
    pub fn search(&self, part: u64) -> Result<Searched, Stop> {
        // They begin at even places, so that no line break lies across.
        let start = (self.within.start / PART + part) * PART;
        let share = start.max(self.within.start)..start.saturating_add(PART).min(self.within.end);
        let numbers = self.numbers(part, &share);
        let Some(lines) = self.lines(part, &share)? else { return Ok(Searched::default()) };
        let Subject { snapshot, pattern, cancel, .. } = *self.subject;
        let scan = Scan::new(snapshot, pattern, lines.clone(), cancel, self.progress);
        let (mut out, is_last) = (Vec::new(), lines.end == self.within.end);
        let mut nobody = || {};
        let mut search = Search::new(self.subject, scan, lines, &mut out, &mut nobody);
        search.is_last = is_last;
        search.numbers = numbers?;
        let count = search.run()?;
        let (is_cut, loss) = (search.is_cut, search.scan.first_loss().cloned());
        Ok(Searched { count, out, is_cut, loss })
    }

    /// The lines that start in `share`, if there are any, to the end of the last.
    fn lines(&self, part: u64, share: &Range<u64>) -> Result<Option<Range<u64>>, Stop> {
        let start = match part {
            0 => Some(share.start),
            _ => self.line_start(share.start, share.end)?,
        };
        let Some(start) = start else { return Ok(None) };
        let end = match share.end == self.within.end {
            true => None,
            false => self.line_start(share.end, self.within.end)?,
        };
        Ok(Some(start..end.unwrap_or(self.within.end)))
    }

    /// Where the first line starts that starts at `at` or behind it, and before `end`.
    fn line_start(&self, at: u64, end: u64) -> Result<Option<u64>, Stop> {
        let line_break = self.subject.target.line_break;
        let width = line_break.width();
        let (mut from, mut step) = (at - width, NEAR);
        while from + width < end {
            let to = (from + step).min(end - 1);
            let bytes = self.subject.snapshot.read(from..to).map_err(trouble)?;
            if let Some(found) = line_break.find(&bytes, from) {
                return Ok(Some(from + found as u64 + width));
            }
            if self.subject.cancel.is_cancelled() {
                return Err(Stop::Interrupted);
            }
            if to == end - 1 {
                break;
            }
            // A line break of two bytes may lie across.
            from = to - (width - 1) * 2;
            step = (step * 2).min(FAR);
        }
        Ok(None)
    }

    /// Counts the line ends of a part for those behind it, if lines are to be numbered, and waits for those of the parts
    /// before it, which other threads count first.
    fn numbers(&self, part: u64, share: &Range<u64>) -> Result<LineNumbers, Stop> {
        if !self.subject.headless.line_number && !self.subject.headless.json {
            return Ok(LineNumbers::default());
        }
        let start = if part == 0 { 0 } else { share.start };
        let mut numbers = LineNumbers { at: start, ended: 0 };
        let counted = numbers.of(self.subject.snapshot, self.subject.target.line_break, share.end);
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        // Where counting failed, nothing is printed that would tell.
        ended.count(part, numbers.ended);
        self.counted.notify_all();
        loop {
            if let Some(before) = ended.told.remove(&part) {
                return counted.map(|_| LineNumbers { at: start, ended: before });
            }
            ended = self.counted.wait(ended).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Bytes in which most lines end.
const NEAR: u64 = 4 << 10;

/// Bytes read at a time where a line is long. An even number.
const FAR: u64 = 1 << 20;
