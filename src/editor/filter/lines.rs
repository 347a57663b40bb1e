use std::ops::Range;

use super::records::{RECORD, Records, Walk};
use super::text::{Text, Unit};
use crate::document::Snapshot;
use crate::search::{Cancelled, Pattern, Probe};
use crate::source::Cancel;

/// Of a line, so many bytes behind the block that it starts in are looked at, at most.
pub(super) const LOOKED_AT: u64 = if cfg!(test) { 64 } else { 4 << 20 };

/// Lines around a match that start further from it than this are not listed, in bytes.
pub(super) const AROUND: u64 = if cfg!(test) { 40 } else { 1 << 20 };

/// Which lines are listed: those that match any of `includes` (all, if there are none) and none of `excludes`. What is
/// said of a line is said of its whole record, if there are records.
#[derive(Clone, Debug)]
pub(in crate::editor) struct LineFilter {
    pub includes: Vec<Pattern>,
    pub excludes: Vec<Pattern>,
    pub unit: Unit,
    /// So many lines before and behind each match are listed with it, unless they are hidden.
    pub context: u32,
    /// A record begins where the document does and at each line that holds a match of this. A line that starts
    /// [`RECORD`] bytes or more behind the start of its record stands by itself.
    pub record: Option<Pattern>,
}

/// A line that is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedLine {
    /// Where it starts.
    pub start: u64,
    /// False for one that only stands around.
    pub is_match: bool,
}

impl LineFilter {
    /// An edit changes what is listed so many bytes before it and behind it, at most, not counting what is
    /// [`LOOKED_AT`].
    pub fn reach(&self) -> u64 {
        let context = if self.context() > 0 { AROUND } else { 0 };
        context + self.record.as_ref().map_or(0, |_| RECORD)
    }

    /// Where everything matches, nothing stands around.
    fn context(&self) -> u32 {
        if self.includes.is_empty() { 0 } else { self.context }
    }

    /// The lines that are listed and start in `block`, in order. Waits for the disk.
    pub fn lines_in(
        &self,
        snapshot: &Snapshot,
        block: Range<u64>,
        cancel: &Cancel,
    ) -> Result<Vec<ListedLine>, Cancelled> {
        let looked = self.look(snapshot, block, Vec::new(), cancel)?;
        Ok(looked.map_or_else(Vec::new, |(lines, _)| lines))
    }

    /// The same, and the text that holds these lines, but for what of one reaches further than [`LOOKED_AT`] behind the
    /// block; it is read into `buffer`. `None` if no line starts there.
    pub fn look(
        &self,
        snapshot: &Snapshot,
        block: Range<u64>,
        buffer: Vec<u8>,
        cancel: &Cancel,
    ) -> Result<Option<(Vec<ListedLine>, Text)>, Cancelled> {
        let Some(start) = self.unit.next_start(snapshot, block.start, block.end) else {
            return Ok(None);
        };
        let limit = block.end.saturating_add(LOOKED_AT).min(snapshot.len());
        let end = self.unit.next_start(snapshot, block.end, limit).unwrap_or(limit);
        let range = self.deciding(snapshot, start..end, cancel)?;
        let patterns = self.includes.iter().chain(&self.excludes).chain(&self.record);
        let around = patterns.map(Pattern::probed_around).max().unwrap_or(0);
        let text = Text::read(snapshot, self.unit, range, around, buffer, cancel)?;
        let mut listing = Listing::new(self, &text, start..block.end);
        if self.includes.is_empty() {
            listing.list_all_but_hidden();
        } else {
            listing.list_matches();
        }
        let lines = listing.lines;
        if cancel.is_cancelled() { Err(Cancelled) } else { Ok(Some((lines, text))) }
    }

    /// What has to be looked at to know which of `lines` are listed.
    fn deciding(
        &self,
        snapshot: &Snapshot,
        lines: Range<u64>,
        cancel: &Cancel,
    ) -> Result<Range<u64>, Cancelled> {
        let walk = self.walk(snapshot, cancel);
        let Range { mut start, mut end } = lines;
        if self.context() > 0 {
            start = walk.back(start, self.context(), AROUND)?;
            end = walk.on(end, self.context(), AROUND)?;
        }
        if let Some(record) = &self.record {
            start = walk.start_of_record(record, start)?;
            end = walk.end_of_record(record, end)?;
        }
        Ok(start..end)
    }
}

impl LineFilter {
    fn walk<'a>(&self, snapshot: &'a Snapshot, cancel: &'a Cancel) -> Walk<'a> {
        Walk { snapshot, unit: self.unit, limit: LOOKED_AT, cancel }
    }

    /// Where the first line starts of which it can still change whether it is listed, when more comes behind `end`,
    /// where a line ends; and where the record of the last line starts, if that may go on.
    pub fn undecided(&self, snapshot: &Snapshot, end: u64, cancel: &Cancel) -> Result<(u64, u64), Cancelled> {
        let walk = self.walk(snapshot, cancel);
        let open = match &self.record {
            Some(record) if end > 0 => walk.start_of_record(record, walk.back(end, 1, u64::MAX)?)?,
            _ => end,
        };
        let first = if self.context() > 0 { walk.back(open, self.context(), AROUND)? } else { open };
        Ok((first, open))
    }
}

/// The lines of a block, while they are gathered.
struct Listing<'a> {
    filter: &'a LineFilter,
    text: &'a Text,
    /// Lines that start here are wanted.
    within: Range<u64>,
    excludes: Vec<Probe<'a>>,
    /// Lines before it are listed, or are not to be.
    at: u64,
    lines: Vec<ListedLine>,
}

impl<'a> Listing<'a> {
    fn new(filter: &'a LineFilter, text: &'a Text, within: Range<u64>) -> Self {
        let excludes = filter.excludes.iter().map(|pattern| pattern.probe(&text.window)).collect();
        Self { filter, text, at: within.start, within, excludes, lines: Vec::new() }
    }

    fn list_all_but_hidden(&mut self) {
        let mut hidden = Matching::new(&self.filter.excludes, self.text);
        let mut records = Records::new(self.filter.record.as_ref(), self.text);
        let mut from = self.text.range.start;
        while self.at < self.within.end
            && let Some(record) = hidden.next(from, &mut records)
        {
            self.list(record.start, true);
            self.at = self.at.max(record.end);
            from = record.end;
        }
        self.list(self.text.range.end, true);
    }

    fn list_matches(&mut self) {
        let mut matching = Matching::new(&self.filter.includes, self.text);
        let mut records = Records::new(self.filter.record.as_ref(), self.text);
        let mut around = Records::new(self.filter.record.as_ref(), self.text);
        // The last record that matches: where its last line starts, and where that ends.
        let mut last: Option<Range<u64>> = None;
        let mut from = self.text.range.start;
        while let Some(record) = matching.next(from, &mut records) {
            from = record.end;
            if self.is_hidden(&record) {
                continue;
            }
            if let Some(last) = last.take() {
                self.list_behind(last, record.start, &mut around);
            }
            self.list_before(record.start, &mut around);
            self.list_from(record.start, record.end, true);
            if self.at >= self.within.end {
                return;
            }
            let line = self.text.start_of_line(record.start, record.end - 1);
            last = Some(line..record.end);
        }
        if let Some(last) = last {
            self.list_behind(last, self.text.range.end, &mut around);
        }
    }

    /// Lists the lines that stand before a match at `start`.
    fn list_before(&mut self, start: u64, records: &mut Records<'_>) {
        let mut first = start;
        for _ in 0..self.filter.context {
            match self.text.before(first) {
                Some(line) if start - line <= AROUND && first > self.at => first = line,
                _ => break,
            }
        }
        self.list_around(first..start, records);
    }

    /// Lists the lines that stand behind a match whose last line is `last`, and before `stop`.
    fn list_behind(&mut self, last: Range<u64>, stop: u64, records: &mut Records<'_>) {
        let mut end = last.end;
        for _ in 0..self.filter.context {
            if end >= stop || end - last.start > AROUND {
                break;
            }
            end = self.text.end_of_line(end);
        }
        self.list_around(last.end..end, records);
    }

    fn list_around(&mut self, lines: Range<u64>, records: &mut Records<'_>) {
        let mut line = lines.start.max(self.at);
        while line < lines.end && line < self.within.end {
            let end = self.text.end_of_line(line);
            let is_shown = self.excludes.is_empty() || {
                let record = records.of(line..end);
                !self.is_hidden(&record)
            };
            if is_shown {
                self.list_from(line, end, false);
            }
            line = end;
        }
    }

    fn list_from(&mut self, start: u64, end: u64, is_match: bool) {
        self.at = self.at.max(start);
        self.list(end, is_match);
    }

    /// Lists what is not listed yet of the lines before `end`.
    fn list(&mut self, end: u64, is_match: bool) {
        let end = end.min(self.within.end);
        while self.at < end {
            self.lines.push(ListedLine { start: self.at, is_match });
            self.at = self.text.end_of_line(self.at);
        }
    }

    /// Does a line of `record` hold what hides?
    fn is_hidden(&mut self, record: &Range<u64>) -> bool {
        self.excludes.iter_mut().any(|exclude| exclude.next(record.clone()).is_some())
    }
}

/// The lines, or records, in which a match of any of some patterns starts.
struct Matching<'a> {
    text: &'a Text,
    /// Each with the next match that is known of it.
    probes: Vec<(Probe<'a>, Option<u64>)>,
}

impl<'a> Matching<'a> {
    fn new(patterns: &'a [Pattern], text: &'a Text) -> Self {
        let probe = |pattern: &'a Pattern| {
            let mut probe = pattern.probe(&text.window);
            let first = probe.next(text.range.clone());
            (probe, first)
        };
        Self { text, probes: patterns.iter().map(probe).collect() }
    }

    /// The next one that ends behind `from`, where one starts.
    fn next(&mut self, from: u64, records: &mut Records<'_>) -> Option<Range<u64>> {
        for (probe, next) in &mut self.probes {
            if next.is_some_and(|next| next < from) {
                *next = probe.next(from..self.text.range.end);
            }
        }
        let found = self.probes.iter().filter_map(|(_, next)| *next).min()?;
        let start = self.text.start_of_line(from, found);
        Some(records.of(start..self.text.end_of_line(found)))
    }
}
