use std::ops::{ControlFlow, Range};

use super::pattern::{CONTEXT, Compiled, Pattern, Sizes};
use super::scan::{Cancelled, Scan};
use super::stored::Stored;
use crate::document::Snapshot;
use crate::source::{Cancel, Lost, Progress};

/// What a search for one match came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub range: Option<Range<u64>>,
    /// The first bytes on the way that could not be read: there may be a match in them.
    pub lost: Option<(Range<u64>, Lost)>,
}

/// The first match in `within` that starts at `from` or behind it. Adds the bytes searched to `progress`.
///
/// For what is near only, let `within` end near: nothing behind it is read but a few bytes.
pub fn find_forward(
    snapshot: &Snapshot,
    pattern: &Pattern,
    from: u64,
    within: Range<u64>,
    cancel: &Cancel,
    progress: &Progress,
) -> Result<Found, Cancelled> {
    let within = from.max(within.start)..within.end;
    if within.start > within.end {
        return Ok(Found::default());
    }
    let mut scan = Scan::new(snapshot, pattern, within, cancel, progress);
    let range = scan.next()?;
    Ok(Found { range, lost: scan.first_loss().cloned() })
}

/// The last match in `within` that starts before `from`, of those that follow each other from the start of `within`.
/// Adds the bytes searched to `progress`.
///
/// Blocks are searched forwards, the last one first. Which of several overlapping candidates are matches depends on
/// where the first one is; so each block begins at the start of a line, if no match can cross one, and otherwise as
/// far before as matches are long, at most [`super::LONGEST`]. Where candidates overlap without end for longer than
/// that, the ones found backwards may be others than those found forwards.
pub fn find_backward(
    snapshot: &Snapshot,
    pattern: &Pattern,
    from: u64,
    within: Range<u64>,
    cancel: &Cancel,
    progress: &Progress,
) -> Result<Found, Cancelled> {
    let end = within.end.min(snapshot.len());
    let start = within.start.min(end);
    let compiled = &*pattern.0;
    // An empty match may stand at the end.
    let mut stop = from.min(end + 1);
    let mut lost = None;
    // Short at first: most of the time the next one is near.
    let mut block = compiled.sizes.window / 4;
    while stop > start {
        if block >= compiled.sizes.block
            && compiled.is_disjoint
            && let Some((passed, last)) =
                last_stored(snapshot, compiled, start..stop.min(end), cancel, progress)
        {
            stop = last.map_or(passed, |last| last + 1);
            if last.is_none() {
                continue;
            }
            block = 1;
        }
        if cancel.is_cancelled() {
            return Err(Cancelled);
        }
        let block_start = stop.saturating_sub(block.max(1)).max(start);
        let lead = lead(snapshot, compiled, block_start, start);
        let mut scan = Scan::starting_in(snapshot, compiled, lead..stop, end, cancel, progress);
        let mut last = None;
        while let Some(found) = scan.next()? {
            if found.start >= block_start {
                last = Some(found);
            }
        }
        if let Some(first) = scan.first_loss() {
            lost = Some(first.clone());
        }
        if last.is_some() {
            return Ok(Found { range: last, lost });
        }
        stop = block_start;
        // Long in the end: what each is led by is searched for nothing.
        block = (block * 2).min(compiled.sizes.block * compiled.sizes.run);
    }
    Ok(Found { range: None, lost })
}

/// Where in the last part of `range` the last match starts, and where that part starts; `None` where it cannot be told
/// where the bytes are stored.
fn last_stored(
    snapshot: &Snapshot,
    pattern: &Compiled,
    range: Range<u64>,
    cancel: &Cancel,
    progress: &Progress,
) -> Option<(u64, Option<u64>)> {
    let Sizes { block, run, .. } = pattern.sizes;
    let end = pattern.starts_end(range.end);
    let start = end.saturating_sub(block * run).max(range.start);
    let stored = (start < end).then(|| Stored::at(snapshot, pattern, start..end)).flatten()?;
    if end < range.end || stored.len() < end - start {
        return None;
    }
    let (mut at, mut last) = (start, None);
    let _ = stored.find(block, false, &mut |len, place| {
        last = place.map(|place| at + place).or(last);
        at += len;
        progress.add(len);
        if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    (at == end).then_some((start, last))
}

/// Where a search has to begin to find the matches that start at `at` or behind it as one from `start` does.
pub(super) fn lead(snapshot: &Snapshot, pattern: &Compiled, at: u64, start: u64) -> u64 {
    if pattern.is_disjoint {
        return at;
    }
    let longest = pattern.sizes.longest;
    let far = at.saturating_sub(longest).max(start);
    if let Some(line_break) = pattern.line_end {
        // Most lines begin near.
        let near = at.saturating_sub(NEAR).max(start);
        for from in [near, far] {
            let Ok(bytes) = snapshot.read(from..at) else { continue };
            if let Some(end) = line_break.rfind(&bytes, from) {
                return from + end as u64 + line_break.width();
            }
        }
    }
    match pattern.longest {
        Some(longest) => at.saturating_sub((longest as u64 + CONTEXT).saturating_mul(LEAD)).max(far),
        None => far,
    }
}

/// Bytes in which most lines end.
const NEAR: u64 = 4 << 10;

/// How many of the longest matches a search goes back, so that it comes to the same as one from the start.
const LEAD: u64 = 64;
