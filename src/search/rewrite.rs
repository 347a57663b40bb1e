use std::ops::{ControlFlow, Range};

use super::pattern::Pattern;
use super::scan::{Cancelled, Scan};
use super::template::Template;
use crate::document::Snapshot;
use crate::source::{Cancel, Lost, Progress, Scanned};

/// Bytes searched between two looks at whether more is wanted.
const STEP: u64 = if cfg!(test) { 16 } else { 16 << 20 };

/// Bytes that are handed on at a time, at least.
const PORTION: usize = if cfg!(test) { 4 } else { 64 << 10 };

/// What replacing all matches came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// Changes: a match of nothing that gives way to nothing is none.
    pub count: u64,
    /// Of the contents that were made, in bytes.
    pub len: u64,
    /// Is there a match that may have been longer, had it not been cut at [`super::LONGEST`]?
    pub is_cut: bool,
}

/// Why contents were not made to their end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RewriteError {
    /// It was cancelled, or whoever took the contents wanted no more.
    #[error("the search was cancelled")]
    Stopped,
    #[error("bytes {} to {} cannot be read: {}", .0.start, .0.end, .1)]
    Lost(Range<u64>, Lost),
}

impl From<Cancelled> for RewriteError {
    fn from(_: Cancelled) -> Self {
        Self::Stopped
    }
}

/// Makes the whole contents anew, with something else in the place of the matches in `within`: `put` gets them portion
/// after portion. Takes no memory to speak of, however many matches there are; what it makes is what
/// [`super::Replacements`] make. Adds the bytes searched to `progress`.
pub fn rewrite(
    snapshot: &Snapshot,
    pattern: &Pattern,
    template: &Template,
    within: Range<u64>,
    put: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    cancel: &Cancel,
    progress: &Progress,
) -> Result<Rewritten, RewriteError> {
    let end = within.end.min(snapshot.len());
    let start = within.start.min(end);
    let mut out = Output { snapshot, portion: Vec::new(), len: 0, put };
    let mut scan = Scan::starting_in(snapshot, &pattern.0, start..start, end, cancel, progress);
    let (mut made, mut content) = (Rewritten::default(), Vec::new());
    let (mut kept, mut stop) = (0, start);
    while stop <= end {
        stop = stop.saturating_add(STEP).min(end + 1);
        scan.go_on_to(stop);
        while let Some(found) = scan.next()? {
            made.is_cut |= pattern.may_be_cut(&found);
            content.clear();
            scan.expand(template, &found, &mut content);
            out.keep(kept..found.start, scan.at_hand())?;
            out.push(&content)?;
            made.count += u64::from(!found.is_empty() || !content.is_empty());
            kept = found.end;
        }
        // Those to come start behind it.
        let passed = stop.min(end).max(kept);
        out.keep(kept..passed, scan.at_hand())?;
        kept = passed;
    }
    if let Some((lost, why)) = scan.first_loss() {
        return Err(RewriteError::Lost(lost.clone(), why.clone()));
    }
    out.keep(kept..snapshot.len(), scan.at_hand())?;
    out.flush()?;
    Ok(Rewritten { len: out.len, ..made })
}

struct Output<'a> {
    snapshot: &'a Snapshot,
    portion: Vec<u8>,
    len: u64,
    put: &'a mut dyn FnMut(&[u8]) -> ControlFlow<()>,
}

impl Output<'_> {
    /// Appends what stands in the document, of which some bytes are at hand.
    fn keep(&mut self, range: Range<u64>, (offset, bytes): (u64, &[u8])) -> Result<(), RewriteError> {
        let at_hand = range.start.checked_sub(offset).and_then(|from| {
            let len = range.end.saturating_sub(range.start);
            bytes.get(from as usize..)?.get(..len as usize)
        });
        if let Some(bytes) = at_hand {
            return self.push(bytes);
        }
        let mut kept = Ok(());
        let snapshot = self.snapshot;
        let _ = snapshot.scan(range, &mut |scanned| {
            kept = match scanned {
                Scanned::Data { bytes, .. } => self.push(bytes),
                Scanned::Hole(hole) => self.push_zeros(hole.end - hole.start),
                Scanned::Lost(lost, why) => Err(RewriteError::Lost(lost, why)),
            };
            if kept.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        kept
    }

    fn push_zeros(&mut self, mut len: u64) -> Result<(), RewriteError> {
        let zeros = [0; 4096];
        while len > 0 {
            let now = len.min(zeros.len() as u64);
            self.push(&zeros[..now as usize])?;
            len -= now;
        }
        Ok(())
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), RewriteError> {
        self.portion.extend_from_slice(bytes);
        if self.portion.len() >= PORTION { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), RewriteError> {
        self.len += self.portion.len() as u64;
        let flow =
            if self.portion.is_empty() { ControlFlow::Continue(()) } else { (self.put)(&self.portion) };
        self.portion.clear();
        if flow.is_break() { Err(RewriteError::Stopped) } else { Ok(()) }
    }
}
