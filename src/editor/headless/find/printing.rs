use std::fmt::Write as _;
use std::ops::Range;

use super::super::{Stop, copy, trouble};
use super::search::Search;
use crate::hex::to_hex;

impl Search<'_> {
    pub(super) fn print_line(&mut self, line: Range<u64>) -> Result<(), Stop> {
        let (before, context) = (self.subject.headless.before, self.subject.headless.context);
        self.print_after(line.start)?;
        let floor = self.printed.unwrap_or(self.within.start);
        let mut start = line.start;
        for _ in 0..before.or(context).unwrap_or(0) {
            if start <= floor {
                break;
            }
            start = self.line_start_after(floor, start - 1)?;
        }
        let has_context = self.subject.headless.after.or(before).or(context).is_some_and(|lines| lines > 0);
        if has_context && self.printed.map_or(self.is_next, |printed| printed < start) {
            self.out.write_all(b"--\n")?;
        }
        self.print_lines(start..line.start)?;
        self.print_prefix(line.start, b':')?;
        self.print(line.clone(), true)?;
        self.printed = Some(line.end);
        self.after = self.subject.headless.after.or(context).unwrap_or(0);
        Ok(())
    }

    /// Prints what follows the last match, up to `stop`.
    pub(super) fn print_after(&mut self, stop: u64) -> Result<(), Stop> {
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

    pub(super) fn print_prefix(&mut self, at: u64, mark: u8) -> Result<(), Stop> {
        let mark = char::from(mark);
        if self.subject.many {
            write!(self.out, "{}{mark}", self.subject.name)?;
        }
        if self.subject.headless.line_number {
            let line = self.line_number(at)?;
            write!(self.out, "{line}{mark}")?;
        }
        if self.subject.headless.offsets {
            write!(self.out, "{at}{mark}")?;
        }
        Ok(())
    }

    /// Counted from 1. Places come in order.
    fn line_number(&mut self, at: u64) -> Result<u64, Stop> {
        self.numbers.of(self.subject.snapshot, self.subject.target.line_break, at)
    }

    /// Prints text as UTF-8, and everything else as it is, in a line of its own if so `ended`.
    pub(super) fn print(&mut self, range: Range<u64>, ended: bool) -> Result<(), Stop> {
        let encoding = self.subject.target.encoding;
        if !encoding.extends_ascii() {
            let bytes = self.subject.snapshot.read(range).map_err(trouble)?;
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
                copy(self.subject.snapshot, range.clone(), self.out)?;
                let last = range.end.saturating_sub(1).max(range.start)..range.end;
                self.subject.snapshot.read(last).map_err(trouble)? == b"\n"
            }
        };
        if ended && !ends {
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    pub(super) fn print_json(&mut self, found: &Range<u64>) -> Result<(), Stop> {
        let bytes = self
            .subject
            .snapshot
            .read(found.start..found.end.min(found.start + JSON_TEXT))
            .map_err(trouble)?;
        let line = self.line_number(found.start)?;
        let (offset, length) = (found.start, found.end - found.start);
        let path = json_string(self.subject.name);
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
