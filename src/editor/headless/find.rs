use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::Write;
use std::ops::Range;

use super::{
    Console, Headless, LineNumbers, Meter, NOTHING, SUCCESS, Stop, Subject, TROUBLE, check_unchanged, copy,
    open, pattern, query, told, trouble,
};
use crate::document::Snapshot;
use crate::editor::Arguments;
use crate::hex::to_hex;
use crate::search::{Kind, Pattern, Scan};
use crate::source::{Cancel, Progress};

/// Bytes searched between two looks at the clock.
const STEP: u64 = 64 << 20;

pub(super) fn run(arguments: &Arguments, text: &str, console: &mut Console<'_>) -> u8 {
    let standard_input = [OsString::from("-")];
    let names = if arguments.files.is_empty() { &standard_input[..] } else { &arguments.files };
    let (mut any, mut failed) = (false, false);
    for name in names {
        match search(arguments, name, text, names.len() > 1, any, console) {
            Ok(found) => any |= found,
            Err(stop) => match told(stop, &name.to_string_lossy(), console.err) {
                Some(SUCCESS) => return if any { SUCCESS } else { NOTHING },
                Some(status) => return status,
                None => failed = true,
            },
        }
        if any && arguments.headless.quiet {
            return SUCCESS;
        }
    }
    if let Err(error) = console.out.flush()
        && let Some(status) = told(error.into(), "", console.err)
    {
        return status;
    }
    match (failed, any) {
        (true, _) => TROUBLE,
        (_, true) => SUCCESS,
        _ => NOTHING,
    }
}

fn search(
    arguments: &Arguments,
    name: &OsStr,
    text: &str,
    many: bool,
    is_next: bool,
    console: &mut Console<'_>,
) -> Result<bool, Stop> {
    let headless = &arguments.headless;
    let subject = open(name, arguments, console)?;
    let mut query = query(headless, text);
    // As grep has it: a line matches or does not. What says a line end means it.
    query.within_lines = query.kind == Kind::Regex && !headless.json && !headless.count_matches;
    let pattern = match pattern(&query, subject.target) {
        Err(_) if query.within_lines => {
            query.within_lines = false;
            pattern(&query, subject.target)?
        }
        pattern => pattern?,
    };
    let snapshot = subject.document.snapshot();
    let progress = Progress::new(snapshot.len());
    let (cancel, within) = (console.cancel.clone(), subject.within.clone());
    let scan = Scan::new(&snapshot, &pattern, within.clone(), &cancel, &progress);
    let mut search = Search {
        headless,
        subject: &subject,
        snapshot: &snapshot,
        scan,
        progress: &progress,
        cancel: &cancel,
        many,
        is_next,
        next_line: within.start,
        next_other: within.start,
        matching: None,
        pattern: &pattern,
        is_cut: false,
        printed: None,
        after: 0,
        numbers: LineNumbers::default(),
        out: &mut *console.out,
        meter: Meter::new(console.shows_progress),
        err: &mut *console.err,
    };
    let found = search.run();
    search.meter.clear(search.err);
    if search.is_cut {
        told(trouble("matches longer than 1 MiB are cut there"), &subject.name, search.err);
    }
    let found = found?;
    if let Some((lost, why)) = search.scan.first_loss() {
        return Err(trouble(format!("bytes {} to {} cannot be read: {why}", lost.start, lost.end)));
    }
    check_unchanged(&subject)?;
    Ok(found)
}

struct Search<'a> {
    headless: &'a Headless,
    subject: &'a Subject,
    snapshot: &'a Snapshot,
    scan: Scan<'a>,
    progress: &'a Progress,
    cancel: &'a Cancel,
    many: bool,
    /// Was something of another file printed?
    is_next: bool,
    /// Lines before it were looked at.
    next_line: u64,
    /// With those that do not match, the next line to be looked at, and the next one that matches, if it is known.
    next_other: u64,
    matching: Option<Option<Range<u64>>>,
    pattern: &'a Pattern,
    /// Was a match told that may have been longer?
    is_cut: bool,
    /// Up to where lines were printed.
    printed: Option<u64>,
    /// Lines that are still to be printed behind the last match.
    after: u64,
    numbers: LineNumbers,
    out: &'a mut dyn Write,
    meter: Meter,
    err: &'a mut dyn Write,
}

impl Search<'_> {
    /// Is there a match, or a line without one if those are looked for?
    fn run(&mut self) -> Result<bool, Stop> {
        let Headless { count_matches, only_matching, json, quiet, files_with_matches, .. } = *self.headless;
        let most = self.headless.max_count.unwrap_or(u64::MAX);
        if (count_matches || only_matching || json) && !quiet && !files_with_matches {
            let mut count = 0;
            while count < most
                && let Some(found) = self.next()?
            {
                if found.is_empty() && only_matching {
                    continue;
                }
                count += 1;
                self.is_cut |= self.pattern.may_be_cut(&found);
                if json {
                    self.print_json(&found)?;
                } else if only_matching && !count_matches {
                    self.print_prefix(found.start, b':')?;
                    self.print(found.clone(), true)?;
                }
            }
            if count_matches {
                self.print_count(count)?;
            }
            return Ok(count > 0);
        }
        let mut lines = 0;
        while lines < most
            && let Some(line) = self.next_selected()?
        {
            lines += 1;
            if quiet {
                return Ok(true);
            }
            if files_with_matches {
                writeln!(self.out, "{}", self.subject.name)?;
                return Ok(true);
            }
            if !self.headless.count {
                if self.subject.target.binary {
                    writeln!(self.out, "{}: binary file matches", self.subject.name)?;
                    return Ok(true);
                }
                self.print_line(line)?;
            }
        }
        if self.headless.count {
            self.print_count(lines)?;
        } else {
            let end = self.subject.within.end;
            self.print_after(end)?;
        }
        Ok(lines > 0)
    }

    fn next(&mut self) -> Result<Option<Range<u64>>, Stop> {
        let found = self.scan.next().map_err(|_| Stop::Interrupted)?;
        if self.progress.done() % STEP < 1 << 20 {
            self.meter.tell(&self.subject.name, self.progress, self.err);
        }
        Ok(found)
    }

    /// The next line that is to be printed.
    fn next_selected(&mut self) -> Result<Option<Range<u64>>, Stop> {
        if !self.headless.invert {
            return self.next_matching();
        }
        loop {
            if self.matching.is_none() {
                self.matching = Some(self.next_matching()?);
            }
            let matching = self.matching.clone().flatten();
            let start = self.next_other;
            if start >= self.subject.within.end {
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
            if start >= self.subject.within.end || start < self.next_line {
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
        let first = self.next_line.max(self.subject.within.start).min(at);
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
            let bytes = self.snapshot.read(from..at).map_err(trouble)?;
            if let Some(end) = line_break.rfind(&bytes, from) {
                return Ok(from + end as u64 + line_break.width());
            }
            if from == first {
                return Ok(first);
            }
            if self.cancel.is_cancelled() {
                return Err(Stop::Interrupted);
            }
            step = step.saturating_mul(4);
        }
    }

    /// Behind the line break of the line of `at`, or the end.
    fn line_end(&self, at: u64) -> Result<u64, Stop> {
        let line_break = self.subject.target.line_break;
        let (offset, bytes) = self.scan.at_hand();
        if let Some(rest) = at.checked_sub(offset).and_then(|from| bytes.get(from as usize..))
            && let Some(end) = line_break.find(rest, at)
        {
            return Ok((at + end as u64 + line_break.width()).min(self.subject.within.end));
        }
        let (mut from, mut step) = (at, NEAR);
        loop {
            let bytes = self.snapshot.read(from..from + step).map_err(trouble)?;
            if let Some(end) = line_break.find(&bytes, from) {
                return Ok((from + end as u64 + line_break.width()).min(self.subject.within.end));
            }
            if from + step >= self.subject.within.end {
                return Ok(self.subject.within.end);
            }
            if self.cancel.is_cancelled() {
                return Err(Stop::Interrupted);
            }
            // A line break of two bytes may lie across.
            from += step - (line_break.width() - 1) * 2;
            step = (step * 2).min(FAR);
        }
    }

    fn print_line(&mut self, line: Range<u64>) -> Result<(), Stop> {
        let (before, context) = (self.headless.before, self.headless.context);
        self.print_after(line.start)?;
        let floor = self.printed.unwrap_or(self.subject.within.start);
        let mut start = line.start;
        for _ in 0..before.or(context).unwrap_or(0) {
            if start <= floor {
                break;
            }
            start = self.line_start_after(floor, start - 1)?;
        }
        let has_context = self.headless.after.or(before).or(context).is_some_and(|lines| lines > 0);
        if has_context && self.printed.map_or(self.is_next, |printed| printed < start) {
            self.out.write_all(b"--\n")?;
        }
        self.print_lines(start..line.start)?;
        self.print_prefix(line.start, b':')?;
        self.print(line.clone(), true)?;
        self.printed = Some(line.end);
        self.after = self.headless.after.or(context).unwrap_or(0);
        Ok(())
    }

    /// Where the line of `at` starts, none before `floor`.
    fn line_start_after(&mut self, floor: u64, at: u64) -> Result<u64, Stop> {
        let next_line = std::mem::replace(&mut self.next_line, floor);
        let start = self.line_start(at);
        self.next_line = next_line;
        Ok(start?.max(floor))
    }

    /// Prints what follows the last match, up to `stop`.
    fn print_after(&mut self, stop: u64) -> Result<(), Stop> {
        let Some(printed) = self.printed else { return Ok(()) };
        let mut end = printed;
        while self.after > 0 && end < stop {
            end = self.line_end(end)?.min(stop);
            self.after -= 1;
        }
        self.print_lines(printed..end)?;
        self.printed = Some(end);
        Ok(())
    }

    /// Lines that only stand around.
    fn print_lines(&mut self, lines: Range<u64>) -> Result<(), Stop> {
        let mut at = lines.start;
        while at < lines.end {
            let end = self.line_end(at)?.min(lines.end);
            self.print_prefix(at, b'-')?;
            self.print(at..end, true)?;
            at = end;
        }
        Ok(())
    }

    fn print_prefix(&mut self, at: u64, mark: u8) -> Result<(), Stop> {
        let mark = char::from(mark);
        if self.many {
            write!(self.out, "{}{mark}", self.subject.name)?;
        }
        if self.headless.line_number {
            let line = self.line_number(at)?;
            write!(self.out, "{line}{mark}")?;
        }
        if self.headless.offsets {
            write!(self.out, "{at}{mark}")?;
        }
        Ok(())
    }

    /// Counted from 1. Places come in order.
    fn line_number(&mut self, at: u64) -> Result<u64, Stop> {
        self.numbers.of(self.snapshot, self.subject.target.line_break, at)
    }

    fn print_count(&mut self, count: u64) -> Result<(), Stop> {
        if self.many {
            write!(self.out, "{}:", self.subject.name)?;
        }
        Ok(writeln!(self.out, "{count}")?)
    }

    /// Prints text as UTF-8, and everything else as it is, in a line of its own if so `ended`.
    fn print(&mut self, range: Range<u64>, ended: bool) -> Result<(), Stop> {
        let encoding = self.subject.target.encoding;
        if !encoding.extends_ascii() {
            let bytes = self.snapshot.read(range).map_err(trouble)?;
            let text = encoding.decode(&bytes);
            self.out.write_all(text.as_bytes())?;
            return match ended && !text.ends_with('\n') {
                true => Ok(self.out.write_all(b"\n")?),
                false => Ok(()),
            };
        }
        let (offset, bytes) = self.scan.at_hand();
        let at_hand = range
            .start
            .checked_sub(offset)
            .and_then(|from| bytes.get(from as usize..)?.get(..(range.end - range.start) as usize));
        let ends = match at_hand {
            Some(bytes) => {
                self.out.write_all(bytes)?;
                bytes.ends_with(b"\n")
            }
            None => {
                copy(self.snapshot, range.clone(), self.out)?;
                let last = range.end.saturating_sub(1).max(range.start)..range.end;
                self.snapshot.read(last).map_err(trouble)? == b"\n"
            }
        };
        if ended && !ends {
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn print_json(&mut self, found: &Range<u64>) -> Result<(), Stop> {
        let bytes =
            self.snapshot.read(found.start..found.end.min(found.start + JSON_TEXT)).map_err(trouble)?;
        let line = self.line_number(found.start)?;
        let (offset, length) = (found.start, found.end - found.start);
        let path = json_string(&self.subject.name);
        write!(self.out, "{{\"path\":{path},\"line\":{line},\"offset\":{offset},\"length\":{length},")?;
        let encoding = self.subject.target.encoding;
        let text = encoding.decode(&bytes);
        // What does not come back as it was is no text.
        match encoding.encode(&text) {
            Ok(again) if *again == *bytes => writeln!(self.out, "\"text\":{}}}", json_string(&text))?,
            _ => writeln!(self.out, "\"bytes\":\"{}\"}}", to_hex(&bytes))?,
        }
        Ok(())
    }
}

/// Bytes in which most lines end.
const NEAR: u64 = 4 << 10;

/// Bytes read at a time where a line is long. An even number.
const FAR: u64 = 1 << 20;

/// Bytes of a match that are told.
const JSON_TEXT: u64 = 64 << 10;

fn json_string(text: &str) -> String {
    let mut json = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
            c => json.push(c),
        }
    }
    json.push('"');
    json
}
