use std::io::Write;
use std::ops::Range;

use super::super::{Headless, LineNumbers, Stop, trouble};
use crate::document::Snapshot;
use crate::search::{Pattern, Scan, Target};
use crate::source::Cancel;

/// What is searched, and how, by however many threads.
pub(super) struct Subject<'a> {
    pub headless: &'a Headless,
    pub name: &'a str,
    pub target: Target,
    pub snapshot: &'a Snapshot,
    pub pattern: &'a Pattern,
    pub cancel: &'a Cancel,
    /// Is it one of many files?
    pub many: bool,
}

/// A search of a part that begins and ends where lines do, or of all of it.
pub(super) struct Search<'a> {
    pub subject: &'a Subject<'a>,
    pub within: Range<u64>,
    /// Does nothing follow that is searched by another?
    pub is_last: bool,
    pub scan: Scan<'a>,
    /// Was something of another file printed?
    pub is_next: bool,
    /// Lines before it were looked at.
    next_line: u64,
    /// With those that do not match, the next line to be looked at, and the next one that matches, if it is known.
    next_other: u64,
    matching: Option<Option<Range<u64>>>,
    /// Was a match told that may have been longer?
    pub is_cut: bool,
    /// Up to where lines were printed.
    pub printed: Option<u64>,
    /// Lines that are still to be printed behind the last match.
    pub after: u64,
    pub numbers: LineNumbers,
    pub out: &'a mut dyn Write,
    /// Called now and then.
    pub tell: &'a mut dyn FnMut(),
}

impl Subject<'_> {
    /// Is nothing told of matches but that there is one?
    pub fn ends_at_first(&self) -> bool {
        let Headless { count, count_matches, only_matching, json, quiet, files_with_matches, .. } =
            *self.headless;
        quiet
            || files_with_matches
            || self.target.binary && !(count || count_matches || only_matching || json)
    }
}

impl<'a> Search<'a> {
    pub fn new(
        subject: &'a Subject<'a>,
        scan: Scan<'a>,
        within: Range<u64>,
        out: &'a mut dyn Write,
        tell: &'a mut dyn FnMut(),
    ) -> Self {
        Self {
            subject,
            is_last: true,
            scan,
            is_next: false,
            next_line: within.start,
            next_other: within.start,
            within,
            matching: None,
            is_cut: false,
            printed: None,
            after: 0,
            numbers: LineNumbers::default(),
            out,
            tell,
        }
    }

    /// How many matches there are, or lines if those are looked for; one is enough where nothing is told of the others.
    pub fn run(&mut self) -> Result<u64, Stop> {
        let headless = self.subject.headless;
        let Headless { count_matches, only_matching, json, quiet, files_with_matches, .. } = *headless;
        let most = headless.max_count.unwrap_or(u64::MAX);
        if (count_matches || only_matching || json) && !quiet && !files_with_matches {
            let mut count = 0;
            while count < most
                && let Some(found) = self.next()?
            {
                if found.is_empty() && only_matching {
                    continue;
                }
                count += 1;
                self.is_cut |= self.subject.pattern.may_be_cut(&found);
                if json {
                    self.print_json(&found)?;
                } else if only_matching && !count_matches {
                    self.print_prefix(found.start, b':')?;
                    self.print(found.clone(), true)?;
                }
            }
            return Ok(count);
        }
        let mut lines = 0;
        while lines < most
            && let Some(line) = self.next_selected()?
        {
            lines += 1;
            if self.subject.ends_at_first() {
                break;
            }
            if !headless.count {
                self.print_line(line)?;
            }
        }
        if !headless.count && !self.subject.ends_at_first() {
            self.print_after(self.within.end)?;
        }
        Ok(lines)
    }

    fn next(&mut self) -> Result<Option<Range<u64>>, Stop> {
        let found = self.scan.next().map_err(|_| Stop::Interrupted)?;
        (self.tell)();
        // What is empty where the next part begins is told there.
        Ok(found.filter(|found| self.is_last || found.start < self.within.end))
    }

    /// The next line that is to be printed.
    fn next_selected(&mut self) -> Result<Option<Range<u64>>, Stop> {
        if !self.subject.headless.invert {
            return self.next_matching();
        }
        loop {
            if self.matching.is_none() {
                self.matching = Some(self.next_matching()?);
            }
            let matching = self.matching.clone().flatten();
            let start = self.next_other;
            if start >= self.within.end {
                return Ok(None);
            }
            if let Some(matching) = matching.filter(|matching| matching.start <= start) {
                self.next_other = matching.end;
                self.matching = None;
                continue;
            }
            self.next_other = self.line_end(start)?;
            return Ok(Some(start..self.next_other));
        }
    }

    /// The next line in which a match starts, with its end.
    fn next_matching(&mut self) -> Result<Option<Range<u64>>, Stop> {
        loop {
            let Some(found) = self.next()? else { return Ok(None) };
            let start = self.line_start(found.start)?;
            // Behind the last line end there is no line; and each is told of once.
            if start >= self.within.end || start < self.next_line {
                continue;
            }
            let end = self.line_end(found.end.max(start + 1) - 1)?;
            self.next_line = end;
            self.scan.skip_to(end);
            return Ok(Some(start..end));
        }
    }

    fn line_start(&self, at: u64) -> Result<u64, Stop> {
        let line_break = self.subject.target.line_break;
        let first = self.next_line.max(self.within.start).min(at);
        let (offset, bytes) = self.scan.at_hand();
        if offset <= at && at <= offset + bytes.len() as u64 {
            let before = &bytes[..(at - offset) as usize];
            if let Some(end) = line_break.rfind(before, offset) {
                return Ok(offset + end as u64 + line_break.width());
            }
        }
        let mut step = NEAR;
        loop {
            let from = at.saturating_sub(step).max(first);
            let bytes = self.subject.snapshot.read(from..at).map_err(trouble)?;
            if let Some(end) = line_break.rfind(&bytes, from) {
                return Ok(from + end as u64 + line_break.width());
            }
            if from == first {
                return Ok(first);
            }
            if self.subject.cancel.is_cancelled() {
                return Err(Stop::Interrupted);
            }
            step = step.saturating_mul(4);
        }
    }

    /// Where the line of `at` starts, none before `floor`.
    pub(super) fn line_start_after(&mut self, floor: u64, at: u64) -> Result<u64, Stop> {
        let next_line = std::mem::replace(&mut self.next_line, floor);
        let start = self.line_start(at);
        self.next_line = next_line;
        Ok(start?.max(floor))
    }

    /// Behind the line break of the line of `at`, or the end.
    pub(super) fn line_end(&self, at: u64) -> Result<u64, Stop> {
        let line_break = self.subject.target.line_break;
        let (offset, bytes) = self.scan.at_hand();
        if let Some(rest) = at.checked_sub(offset).and_then(|from| bytes.get(from as usize..))
            && let Some(end) = line_break.find(rest, at)
        {
            return Ok((at + end as u64 + line_break.width()).min(self.within.end));
        }
        let (mut from, mut step) = (at, NEAR);
        loop {
            let bytes = self.subject.snapshot.read(from..from + step).map_err(trouble)?;
            if let Some(end) = line_break.find(&bytes, from) {
                return Ok((from + end as u64 + line_break.width()).min(self.within.end));
            }
            if from + step >= self.within.end {
                return Ok(self.within.end);
            }
            if self.subject.cancel.is_cancelled() {
                return Err(Stop::Interrupted);
            }
            // A line break of two bytes may lie across.
            from += step - (line_break.width() - 1) * 2;
            step = (step * 2).min(FAR);
        }
    }
}

/// Bytes in which most lines end.
const NEAR: u64 = 4 << 10;

/// Bytes read at a time where a line is long. An even number.
const FAR: u64 = 1 << 20;
