use std::ops::Range;

use super::matcher::{Hay, Matcher};
use super::pattern::{CONTEXT, Pattern};
use crate::document::Window;

/// The most bytes that what is on screen is read more to either side.
const AROUND: u64 = 64 << 10;

impl Pattern {
    /// How many bytes to either side of what is on screen [`Pattern::matches_in`] should get too: at most 64 KiB.
    pub fn context(&self) -> u64 {
        match self.0.longest {
            Some(longest) => (longest as u64).saturating_mul(2).saturating_add(CONTEXT).clamp(256, AROUND),
            None => AROUND,
        }
    }

    /// The matches in bytes at hand that touch `visible`, at most `most` of them: to be highlighted. Reads nothing and
    /// takes time in proportion to the bytes, which should reach [`Pattern::context`] to either side of `visible`, or to
    /// the ends of the document, of `len` bytes.
    ///
    /// These are the matches of a search of the whole document, but for what reaches further than the bytes do, and
    /// for candidates that overlap since before them. Nothing matches in a gap.
    pub fn matches_in(&self, window: &Window, visible: Range<u64>, most: usize, len: u64) -> Vec<Range<u64>> {
        let compiled = &*self.0;
        let mut matches = Vec::new();
        let end = window.start + window.bytes.len() as u64;
        let mut gaps: Vec<_> = window.gaps.iter().map(|(gap, _)| gap.clone()).collect();
        gaps.push(end..end);
        let mut start = window.start;
        for gap in gaps {
            // Bytes at the ends of what is known only stand around, unless the document ends there.
            let known = start..gap.start;
            start = gap.end;
            let inner = if known.start == 0 { 0 } else { (known.start + CONTEXT).min(known.end) };
            let stop = if known.end == len { len } else { known.end.saturating_sub(CONTEXT).max(inner) };
            if inner > stop || known.is_empty() && len > 0 {
                continue;
            }
            let part = (known.start - window.start) as usize..(known.end - window.start) as usize;
            let hay = Hay { bytes: &window.bytes[part], offset: known.start };
            let index = |at: u64| (at - known.start) as usize;
            let mut at = index(inner);
            // Whole lines, so that it does not matter what came before.
            if let (Some(line_break), true) = (compiled.line_end, known.start > 0) {
                let before = &hay.bytes[..index(visible.start.clamp(inner, stop))];
                let from = at.min(before.len());
                if let Some(end) = line_break.find(&before[from..], known.start + from as u64) {
                    at += end + line_break.width() as usize;
                }
            }
            let mut matcher = Matcher::new(compiled);
            let mut last_end = None;
            while at <= index(stop)
                && let Some(found) = matcher.find(hay, at, index(stop))
            {
                if found.is_empty() && last_end == Some(found.start) {
                    at = found.start + 1;
                    continue;
                }
                at = found.end;
                last_end = Some(found.end);
                let range = known.start + found.start as u64..known.start + found.end as u64;
                if range.start >= visible.end && range.start > visible.start {
                    break;
                }
                if range.end > visible.start || (range.is_empty() && range.start == visible.start) {
                    matches.push(range);
                    if matches.len() >= most {
                        return matches;
                    }
                }
            }
        }
        matches
    }
}
