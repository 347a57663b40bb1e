use std::ops::{ControlFlow, Range};

use super::found::{Found, FoundFile, FoundLine};
use super::subjects::{Searched, Subject, Subjects};
use crate::search::{Cancelled, Kind, Pattern, Query, QueryError, Scan, Target};
use crate::source::{Cancel, Progress, Scanned};
use crate::text::{Encoding, Escapes};

/// Bytes of a line that are listed before its first match, and from there on.
const BEFORE: u64 = if cfg!(test) { 16 } else { 128 };
const BEHIND: u64 = if cfg!(test) { 48 } else { 512 };

/// Matches marked in a line, at most.
const MARKED: usize = 64;

/// Bytes of a hex row.
const ROW: u64 = 16;

/// Lines are handed over when there are so many, or when so much was searched since the last time, in bytes.
const LINES: usize = 256;
const SEARCHED: u64 = 4 << 20;

/// How files are searched.
pub(super) struct Finding {
    pub query: Query,
    /// Are files left out that are no text?
    pub only_text: bool,
    /// How files that are not open are shown: columns between tab stops, and escape sequences.
    pub shown: (u32, Escapes),
}

/// Searches what there is until nothing is left, there is enough, or it is cancelled. Several threads call it at once.
pub(super) fn search(
    subjects: &Subjects,
    finding: &Finding,
    found: &Found,
    cancel: &Cancel,
    progress: &Progress,
) {
    let mut patterns = Patterns { query: &finding.query, made: Vec::new() };
    while !cancel.is_cancelled()
        && let Some((order, subject)) = subjects.next(found)
    {
        let goes_on = match opened(subject, finding) {
            Ok(None) => {
                found.searched(true);
                true
            }
            Ok(Some(searched)) => {
                let goes_on = search_one(order, searched, &mut patterns, found, cancel, progress);
                found.searched(false);
                goes_on
            }
            Err((name, why)) => found.put(troubled(order, name, why)),
        };
        if !goes_on {
            return;
        }
    }
}

fn opened(subject: Subject, finding: &Finding) -> Result<Option<Searched>, (String, String)> {
    match subject {
        Subject::Open(open) => Ok(Some(Searched::open(open))),
        Subject::File { path, name } => {
            Searched::file(path, name.clone(), finding.shown, finding.only_text).map_err(|why| (name, why))
        }
        Subject::Trouble(why) => Err((String::new(), why)),
    }
}

fn troubled(order: u64, name: String, why: String) -> FoundFile {
    FoundFile {
        order,
        name,
        path: None,
        open: None,
        reading: crate::text::Reading::utf8(1),
        binary: false,
        bytes: Vec::new(),
        lines: Vec::new(),
        marks: Vec::new(),
        trouble: Some(why),
    }
}

/// What is looked for, in each way of reading a file that was met.
struct Patterns<'a> {
    query: &'a Query,
    made: Vec<(Target, Result<Pattern, QueryError>)>,
}

impl Patterns<'_> {
    fn of(&mut self, target: Target) -> Result<Pattern, QueryError> {
        if let Some((_, pattern)) = self.made.iter().find(|(of, _)| *of == target) {
            return pattern.clone();
        }
        let query = Query { within_lines: self.query.kind == Kind::Regex, ..self.query.clone() };
        let pattern = match Pattern::new(&query, target) {
            // What says a line end means it.
            Err(_) if query.within_lines => Pattern::new(self.query, target),
            pattern => pattern,
        };
        self.made.push((target, pattern.clone()));
        pattern
    }
}

/// False if there is enough.
fn search_one(
    order: u64,
    searched: Searched,
    patterns: &mut Patterns<'_>,
    found: &Found,
    cancel: &Cancel,
    progress: &Progress,
) -> bool {
    let pattern = match patterns.of(searched.target) {
        Ok(pattern) => pattern,
        // A text with a character that the encoding does not have is not in it.
        Err(_) if patterns.query.kind == Kind::Literal => return true,
        Err(why) => return found.put(troubled(order, searched.name, why.to_string())),
    };
    let snapshot = searched.snapshot.clone();
    let mut lines = Lines {
        order,
        scan: Scan::new(&snapshot, &pattern, 0..snapshot.len(), cancel, progress),
        part: None,
        counted: (0, 0),
        told: 0,
        searched,
    };
    let ended = lines.run(found);
    if let Some((lost, why)) = lines.scan.first_loss() {
        lines.part().trouble = Some(format!("Bytes {} to {} cannot be read: {why}.", lost.start, lost.end));
    }
    match (ended, lines.part.take()) {
        (Ok(true), Some(part)) => found.put(part),
        (ended, _) => ended.unwrap_or(false),
    }
}

/// The lines of a file with matches.
struct Lines<'a> {
    order: u64,
    searched: Searched,
    scan: Scan<'a>,
    /// Those not handed over yet.
    part: Option<FoundFile>,
    /// How many lines end before a place.
    counted: (u64, u64),
    /// Up to where lines were handed over.
    told: u64,
}

/// Where a line is, as far as it is listed.
struct Listed {
    range: Range<u64>,
    is_cut: (bool, bool),
    bytes: Vec<u8>,
}

impl Lines<'_> {
    /// False if there is enough.
    fn run(&mut self, found: &Found) -> Result<bool, Cancelled> {
        let len = self.searched.snapshot.len();
        let mut next = self.scan.next()?;
        while let Some(at) = next {
            // Behind the last line end there is no line.
            if at.start >= len {
                break;
            }
            let line = self.listed(&at);
            let number =
                if self.searched.target.binary { line.range.start } else { self.number(line.range.start) };
            let mut marks = vec![at.clone()];
            loop {
                next = self.scan.next()?;
                match &next {
                    Some(more) if more.start < line.range.end && marks.len() < MARKED => {
                        marks.push(more.clone())
                    }
                    Some(more) if more.start < line.range.end => {
                        self.scan.skip_to(line.range.end);
                    }
                    _ => break,
                }
            }
            self.put(&at, number, &line, &marks);
            let part = self.part();
            if (part.lines.len() >= LINES || at.end >= self.told + SEARCHED || self.told == 0)
                && let Some(part) = self.part.take()
            {
                self.told = at.end.max(1);
                if !found.put(part) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn part(&mut self) -> &mut FoundFile {
        let Searched { name, path, open, reading, target, .. } = &self.searched;
        self.part.get_or_insert_with(|| FoundFile {
            order: self.order,
            name: name.clone(),
            path: path.clone(),
            open: open.clone(),
            reading: *reading,
            binary: target.binary,
            bytes: Vec::new(),
            lines: Vec::new(),
            marks: Vec::new(),
            trouble: None,
        })
    }

    fn put(&mut self, at: &Range<u64>, number: u64, line: &Listed, marks: &[Range<u64>]) {
        let part = self.part();
        let start = part.bytes.len() as u64;
        let within = |at: u64| (start + at.clamp(line.range.start, line.range.end) - line.range.start) as u32;
        part.marks.extend(marks.iter().map(|mark| within(mark.start)..within(mark.end)));
        part.bytes.extend_from_slice(&line.bytes);
        let (end, marks) = (part.bytes.len() as u32, part.marks.len() as u32);
        part.lines.push(FoundLine { at: at.clone(), number, end, marks, is_cut: line.is_cut });
    }

    /// The line in which a match starts, as far as it is listed.
    fn listed(&self, at: &Range<u64>) -> Listed {
        let Searched { snapshot, target, .. } = &self.searched;
        if target.binary {
            let start = at.start / ROW * ROW;
            let range = start..(start + ROW).min(snapshot.len());
            return Listed { bytes: self.read(range.clone()), range, is_cut: (false, false) };
        }
        let unit = target.encoding.unit();
        let from = at.start.saturating_sub(BEFORE).next_multiple_of(unit).min(at.start);
        let to = at.start.saturating_add(BEHIND).min(snapshot.len());
        let bytes = self.read(from..to);
        let split = (at.start - from) as usize;
        let line_break = target.line_break;
        let mut start = match line_break.rfind(&bytes[..split], from) {
            Some(before) => before + line_break.width() as usize,
            None => 0,
        };
        let starts_cut = start == 0 && from > 0;
        if starts_cut && target.encoding == Encoding::UTF_8 {
            // Not in the middle of a character.
            start = bytes[..split].iter().position(|byte| byte & 0xC0 != 0x80).unwrap_or(split);
        }
        let end = line_break.find(&bytes[split..], at.start);
        let end_at = end.map_or(bytes.len(), |end| split + end + line_break.width() as usize);
        Listed {
            range: from + start as u64..from + end_at as u64,
            is_cut: (starts_cut, end.is_none() && to < snapshot.len()),
            bytes: bytes[start..end_at].to_vec(),
        }
    }

    /// What cannot be read is zeros: it is told of the file.
    fn read(&self, range: Range<u64>) -> Vec<u8> {
        let (offset, bytes) = self.scan.at_hand();
        let len = (range.end - range.start) as usize;
        let at_hand = range.start.checked_sub(offset).and_then(|from| bytes.get(from as usize..)?.get(..len));
        match at_hand {
            Some(bytes) => bytes.to_vec(),
            None => self.searched.snapshot.read(range).unwrap_or_else(|_| vec![0; len]),
        }
    }

    /// The 0-based number of the line of `at`. Places come in order.
    fn number(&mut self, at: u64) -> u64 {
        let (from, mut count) = self.counted;
        let Searched { snapshot, target, .. } = &self.searched;
        let _ = snapshot.scan(from..at.max(from), &mut |scanned| {
            if let Scanned::Data { offset, bytes } = scanned {
                count += target.line_break.count(bytes, offset);
            }
            ControlFlow::Continue(())
        });
        self.counted = (at.max(from), count);
        count
    }
}
