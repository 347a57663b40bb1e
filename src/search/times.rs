use std::ops::{ControlFlow, Range};

use super::scan::Cancelled;
use crate::document::Snapshot;
use crate::source::{Cancel, Lost};
use crate::text::{Encoding, Time, WantedTime, time_in};

/// Bytes read at once: a screen or two of a log, and what a disk brings in one go.
const WINDOW: u64 = if cfg!(test) { 256 } else { 64 << 10 };

/// Windows without a time that are read on before the search gives up there: the stack trace is as long as that.
const WITHOUT: u64 = 64;

/// The lines of a log by the times in them. Each step reads a window, and there are as many steps as the length has binary
/// digits. Lines without a time go with the one before them. Where lines are in slight disorder, by less than a window, the
/// first one counts that is late enough.
pub struct Times<'a> {
    snapshot: &'a Snapshot,
    encoding: Encoding,
    cancel: &'a Cancel,
    first: Time,
    last: Time,
}

/// Why there is no place for a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimesError {
    #[error("no times are recognised in these lines")]
    None,
    #[error("“{0}” is no time; write 2026-11-25 14:05:33, or a part of it")]
    NotATime(String),
    #[error("bytes that are needed cannot be read: {0}")]
    Lost(Lost),
    #[error("it was cancelled")]
    Cancelled,
}

impl From<Cancelled> for TimesError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl<'a> Times<'a> {
    /// # Errors
    /// [`TimesError::None`] if no time stands near the start.
    pub fn new(snapshot: &'a Snapshot, encoding: Encoding, cancel: &'a Cancel) -> Result<Self, TimesError> {
        let unknown = Time { wall: 0, offset: None, has_year: true };
        let mut times = Self { snapshot, encoding, cancel, first: unknown, last: unknown };
        let len = snapshot.len();
        (_, times.first) = times.next(0, len)?.ok_or(TimesError::None)?;
        times.last = times.first;
        // The last one: from ever further before the end.
        let mut back = WINDOW;
        while times.last == times.first && back <= WINDOW * WITHOUT {
            let mut last = times.last;
            times.each(len.saturating_sub(back), len, &mut |_, time| {
                last = time;
                ControlFlow::Continue(())
            })?;
            times.last = last;
            if back >= len {
                break;
            }
            back *= 4;
        }
        Ok(times)
    }

    pub fn first(&self) -> Time {
        self.first
    }

    pub fn last(&self) -> Time {
        self.last
    }

    /// Which time is meant: the next such one behind the line of `near`, and where there is none, the first in the document.
    pub fn meant(&self, wanted: &WantedTime, near: u64) -> Result<Time, TimesError> {
        if !wanted.is_of_any_day() {
            return Ok(wanted.from(&self.first));
        }
        let near = self.next(near, self.snapshot.len())?.map_or(self.first, |(_, time)| time);
        let next = wanted.from(&near);
        Ok(if self.is_before(&self.last, &next) { wanted.from(&self.first) } else { next })
    }

    /// Where the first line starts whose time is `time` or later; the end if all are earlier.
    pub fn first_line_at(&self, time: &Time) -> Result<u64, TimesError> {
        let len = self.snapshot.len();
        // Lines that start before `low` are earlier, one at or behind `high` is not.
        let (mut low, mut high) = (0, len);
        while high - low > WINDOW {
            let middle = low + (high - low) / 2;
            match self.next(middle, high)? {
                Some((line, found)) if self.is_before(&found, time) => low = line + 1,
                _ => high = middle,
            }
        }
        // What is in slight disorder may stand before.
        let mut place = len;
        self.each(low.saturating_sub(WINDOW), len, &mut |line, found| {
            if self.is_before(&found, time) {
                return ControlFlow::Continue(());
            }
            place = line;
            ControlFlow::Break(())
        })?;
        Ok(place)
    }

    /// Where no year is written, January follows December.
    fn is_before(&self, one: &Time, other: &Time) -> bool {
        const A_DAY: i64 = 86_400_000_000;
        let in_order = |time: &Time| match time.has_year || time.wall >= self.first.wall - A_DAY {
            true => *time,
            false => time.a_year_later(),
        };
        in_order(one).is_before(&in_order(other))
    }

    /// The first line with a time that starts at `from` or behind it and before `until`.
    fn next(&self, from: u64, until: u64) -> Result<Option<(u64, Time)>, TimesError> {
        let mut next = None;
        self.each(from, until, &mut |line, time| {
            next = Some((line, time));
            ControlFlow::Break(())
        })?;
        Ok(next)
    }

    /// Visits the lines with a time that start at `from` or behind it and before `until`.
    fn each(
        &self,
        from: u64,
        until: u64,
        visit: &mut dyn FnMut(u64, Time) -> ControlFlow<()>,
    ) -> Result<(), TimesError> {
        let width = self.encoding.unit();
        // A line starts behind a line end, which is looked for from the unit before on.
        let mut at = from.saturating_sub(width);
        at -= at % width;
        let mut is_start = from == 0;
        let mut without = 0;
        while without < WITHOUT && at < until {
            if self.cancel.is_cancelled() {
                return Err(TimesError::Cancelled);
            }
            let bytes = self.snapshot.read(at..at + WINDOW).map_err(TimesError::Lost)?;
            let text = self.ascii(&bytes);
            let is_last = at + bytes.len() as u64 >= self.snapshot.len();
            without += 1;
            let mut line = if is_start { Some(0) } else { self.behind_end(&text, 0) };
            // What goes on in the next window is read there, from its start on.
            let mut next = (text.len(), false);
            while let Some(start) = line {
                let position = at + start as u64 * width;
                line = self.behind_end(&text, start);
                if line.is_none() && !is_last && start > 0 {
                    next = (start, true);
                    break;
                }
                let here = &text[start..line.unwrap_or(text.len())];
                if position >= until {
                    return Ok(());
                }
                if position >= from
                    && let Some(time) = time_in(here)
                {
                    without = 0;
                    if visit(position, time).is_break() {
                        return Ok(());
                    }
                }
            }
            if is_last {
                return Ok(());
            }
            at += next.0 as u64 * width;
            is_start = next.1;
        }
        Ok(())
    }

    /// Where the next line starts in `text` behind `at`.
    fn behind_end(&self, text: &[u8], at: usize) -> Option<usize> {
        let end = if self.snapshot.line_break() == crate::document::LineBreak::Cr { b'\r' } else { b'\n' };
        memchr::memchr(end, &text[at..]).map(|end| at + end + 1)
    }

    /// One byte for each unit of text: times are written in ASCII.
    fn ascii<'b>(&self, bytes: &'b [u8]) -> std::borrow::Cow<'b, [u8]> {
        let high = match self.encoding {
            Encoding::UTF_16LE => 1,
            Encoding::UTF_16BE => 0,
            _ => return bytes.into(),
        };
        let units = bytes.as_chunks::<2>().0.iter();
        units.map(|unit| if unit[high] == 0 { unit[1 - high] } else { b'?' }).collect()
    }
}

/// The lines from the first that is of `since` or later up to, and without, the first that is of `until` or later: as people
/// type them, see [`WantedTime`]. A time of any day is the first such one in the document, or behind `since`.
pub fn lines_between(
    snapshot: &Snapshot,
    encoding: Encoding,
    since: Option<&str>,
    until: Option<&str>,
    cancel: &Cancel,
) -> Result<Range<u64>, TimesError> {
    let parse = |text: &str| WantedTime::parse(text).ok_or_else(|| TimesError::NotATime(text.to_owned()));
    let (since, until) = (since.map(parse).transpose()?, until.map(parse).transpose()?);
    let times = Times::new(snapshot, encoding, cancel)?;
    let since = since.map(|wanted| wanted.from(&times.first));
    let until = until.map(|wanted| wanted.from(&since.unwrap_or(times.first)));
    let start = since.map_or(Ok(0), |time| times.first_line_at(&time))?;
    let end = until.map_or(Ok(snapshot.len()), |time| times.first_line_at(&time))?;
    Ok(start..end.max(start))
}
