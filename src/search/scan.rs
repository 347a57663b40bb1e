use std::ops::{ControlFlow, Range};

use super::matcher::Matcher;
use super::pattern::{Compiled, Pattern};
use super::reader::{Loaded, Reader};
use super::stored::Stored;
use super::template::Template;
use crate::document::Snapshot;
use crate::source::{Cancel, Lost, Progress};

/// A search that was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the search was cancelled")]
pub struct Cancelled;

/// The matches in a part of a snapshot, one after the other, waiting for the disk: for jobs.
pub struct Scan<'a> {
    snapshot: &'a Snapshot,
    reader: Reader<'a>,
    matcher: Matcher<'a>,
    /// The next match starts here or behind.
    at: u64,
    /// An empty match does not stand where the last one ended.
    last_end: Option<u64>,
    /// The next match starts before this.
    stop: u64,
    /// It ends here or before.
    limit: u64,
    is_loaded: bool,
    /// Was there no match in the window before? Then the next one may be far.
    is_far: bool,
    losses: u64,
    first_loss: Option<(Range<u64>, Lost)>,
    cancel: &'a Cancel,
    progress: &'a Progress,
    /// Up to where progress is told.
    told: u64,
}

impl<'a> Scan<'a> {
    /// The matches that lie in `within` (clamped to the document), the first of them the first that starts at its start
    /// or behind. Adds bytes to `progress`.
    pub fn new(
        snapshot: &'a Snapshot,
        pattern: &'a Pattern,
        within: Range<u64>,
        cancel: &'a Cancel,
        progress: &'a Progress,
    ) -> Self {
        let end = within.end.min(snapshot.len());
        let start = within.start.min(end);
        Self::starting_in(snapshot, &pattern.0, start..end + 1, end, cancel, progress)
    }

    /// The matches that start in `starts` and end at `limit` or before.
    pub(super) fn starting_in(
        snapshot: &'a Snapshot,
        pattern: &'a Compiled,
        starts: Range<u64>,
        limit: u64,
        cancel: &'a Cancel,
        progress: &'a Progress,
    ) -> Self {
        Self {
            snapshot,
            reader: Reader::new(snapshot, pattern, limit),
            matcher: Matcher::new(pattern),
            at: starts.start,
            last_end: None,
            stop: starts.end,
            limit,
            is_loaded: false,
            is_far: false,
            losses: 0,
            first_loss: None,
            cancel,
            progress,
            told: starts.start,
        }
    }

    /// Goes on as behind a match that ended at `end`.
    pub(super) fn resume(&mut self, end: u64) {
        self.at = end;
        self.last_end = Some(end);
        self.told = self.told.max(end);
    }

    /// The matches that start from where the last stretch ended up to `stop`.
    pub(super) fn go_on_to(&mut self, stop: u64) {
        self.stop = stop;
    }

    /// The next match starts at `at` or behind it, as if the search began there.
    pub fn skip_to(&mut self, at: u64) {
        if at > self.at {
            self.at = at;
            self.last_end = None;
        }
    }

    /// The bytes around the last match that were read already, and where the first of them stands.
    pub fn at_hand(&self) -> (u64, &[u8]) {
        let hay = self.reader.hay();
        (hay.offset, hay.bytes)
    }

    /// Where the last match ended.
    pub(super) fn last_end(&self) -> Option<u64> {
        self.last_end
    }

    /// The next match.
    #[expect(clippy::should_implement_trait, reason = "a search may be cancelled at every step")]
    pub fn next(&mut self) -> Result<Option<Range<u64>>, Cancelled> {
        loop {
            if self.at >= self.stop {
                self.tell(self.stop);
                return Ok(None);
            }
            let window = self.reader.window();
            if !self.is_loaded || self.at >= window.starts.end {
                self.load()?;
                continue;
            }
            let (end, starts_end) = (window.end, window.starts.end);
            let hay = self.reader.hay();
            let index = |at: u64| (at - hay.offset) as usize;
            let found = if self.at > end { None } else { self.matcher.find(hay, index(self.at), index(end)) };
            let position = |index: usize| hay.offset + index as u64;
            match found.map(|found| position(found.start)..position(found.end)) {
                Some(found) if found.start < starts_end => {
                    if found.is_empty() && self.last_end == Some(found.start) {
                        self.at = found.start + 1;
                        continue;
                    }
                    self.at = found.end;
                    self.last_end = Some(found.end);
                    self.is_far = false;
                    return Ok(Some(found));
                }
                _ => self.at = starts_end,
            }
        }
    }

    fn load(&mut self) -> Result<(), Cancelled> {
        self.tell(self.at);
        if self.cancel.is_cancelled() {
            return Err(Cancelled);
        }
        if self.is_far && self.pass_stored()? > 0 {
            return Ok(());
        }
        self.is_loaded = false;
        self.is_far = true;
        match self.reader.load(self.at, self.stop) {
            Loaded::Window => {
                self.is_loaded = true;
                self.matcher.enter();
            }
            Loaded::Hole(hole) => self.at = hole.end,
            Loaded::Lost(lost, why) => {
                // Of what goes on behind the stop, whoever goes on there tells.
                self.at = lost.end.min(self.stop);
                self.losses += self.at - lost.start;
                self.first_loss.get_or_insert((lost, why));
            }
        }
        Ok(())
    }

    /// Goes on to the next match where the bytes are stored, as far as that can be done, which is fastest. Gives how many
    /// bytes it passed.
    fn pass_stored(&mut self) -> Result<u64, Cancelled> {
        let pattern = self.matcher.pattern;
        let starts = self.at..self.stop.min(pattern.starts_end(self.limit)).max(self.at);
        let stored = Stored::at(self.snapshot, pattern, starts);
        let Some(stored) = stored.filter(|stored| stored.len() >= pattern.sizes.block) else {
            return Ok(0);
        };
        let mut passed = 0;
        let _ = stored.find(pattern.sizes.block, true, &mut |len, first| {
            let here = first.unwrap_or(len);
            self.progress.add(here);
            passed += here;
            if first.is_some() || self.cancel.is_cancelled() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        if self.cancel.is_cancelled() {
            return Err(Cancelled);
        }
        self.at += passed;
        self.told = self.told.max(self.at);
        Ok(passed)
    }

    fn tell(&mut self, at: u64) {
        self.progress.add(at.saturating_sub(self.told));
        self.told = self.told.max(at);
    }

    /// Bytes that could not be read so far.
    pub fn losses(&self) -> u64 {
        self.losses
    }

    /// What could not be read first, and why.
    pub fn first_loss(&self) -> Option<&(Range<u64>, Lost)> {
        self.first_loss.as_ref()
    }

    /// Appends to `out` what takes the place of the last match, which is `found`.
    pub(super) fn expand(&mut self, template: &Template, found: &Range<u64>, out: &mut Vec<u8>) {
        let hay = self.reader.hay();
        let range = (found.start - hay.offset) as usize..(found.end - hay.offset) as usize;
        let groups = match template.needs_groups() {
            true => self.matcher.groups(hay, &range),
            false => vec![Some(range)],
        };
        template.expand(hay, &groups, out);
    }
}
