use std::ops::Range;

use super::matcher::{Hay, Matcher};
use super::pattern::{CONTEXT, Pattern};
use crate::document::Window;

/// Asks bytes at hand where the next match starts, again and again: for who goes on elsewhere after each, as at the
/// next line. What stands around the bytes asked for is looked at.
pub struct Probe<'a> {
    matcher: Matcher<'a>,
    window: &'a Window,
}

impl Pattern {
    pub fn probe<'a>(&'a self, window: &'a Window) -> Probe<'a> {
        Probe { matcher: Matcher::new(&self.0), window }
    }

    /// How many bytes to either side of what a [`Probe`] is asked about it should have too.
    pub fn probed_around(&self) -> u64 {
        if self.crosses_lines() { self.context() } else { CONTEXT }
    }
}

impl Probe<'_> {
    /// Where the first match starts that starts in `starts`. If a match can hold no line end, `starts` is to end where a
    /// line does. Nothing matches in a gap.
    pub fn next(&mut self, starts: Range<u64>) -> Option<u64> {
        let Window { start: offset, bytes, gaps } = self.window;
        let hay = Hay { bytes, offset: *offset };
        let index = |at: u64| (at - offset) as usize;
        let end = offset + bytes.len() as u64;
        let limit = if self.matcher.pattern.line_end.is_none() { end } else { starts.end.min(end) };
        let ends = gaps.iter().map(|(gap, _)| gap.clone()).chain(std::iter::once(limit..limit));
        let mut at = starts.start;
        for gap in ends {
            if at >= starts.end {
                break;
            }
            if gap.start >= at
                && let Some(found) = self.matcher.find(hay, index(at), index(gap.start.min(limit)))
                && offset + (found.start as u64) < starts.end
            {
                return Some(offset + found.start as u64);
            }
            at = at.max(gap.end);
        }
        None
    }
}
