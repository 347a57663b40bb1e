use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::matcher::{Hay, Matcher};
use super::pattern::{CONTEXT, Compiled, Engine};
use crate::document::Snapshot;
use crate::source::{Chunk, Source};

/// A stretch of a document that stands as it is in one source, searched there without being copied; see
/// [`Compiled::can_run_on_maps`].
pub(super) struct Stored<'a> {
    pattern: &'a Compiled,
    source: Arc<dyn Source>,
    /// Where in the source the places lie at which matches are looked for.
    starts: Range<u64>,
    /// Bytes to either side that are looked at.
    around: u64,
}

impl<'a> Stored<'a> {
    /// Matches that start in `starts`, or in the first part of it.
    pub fn at(snapshot: &Snapshot, pattern: &'a Compiled, starts: Range<u64>) -> Option<Self> {
        if !pattern.can_run_on_maps() {
            return None;
        }
        let longest = pattern.longest? as u64;
        let (before, behind) = match pattern.whole_word {
            true => (CONTEXT.min(starts.start), CONTEXT),
            false => (0, 0),
        };
        let around = longest - 1 + behind;
        if around > pattern.sizes.block {
            return None;
        }
        let (source, from, run) = snapshot.stored_at(starts.start - before)?;
        // Where the run ends the document goes on otherwise than the source, and so it is where it begins.
        let is_at_start = pattern.whole_word && before < CONTEXT;
        if run < before || (is_at_start && from != 0) {
            return None;
        }
        let is_last = starts.start - before + run == snapshot.len() && from + run == source.len();
        let usable = if is_last { run } else { run.saturating_sub(around) };
        let len = usable.checked_sub(before)?.min(starts.end - starts.start);
        let from = from + before;
        // Chunks begin at even offsets in the source.
        let is_aligned = |at: u64| at.is_multiple_of(pattern.align);
        if !is_aligned(from) || !is_aligned(starts.start) || !is_aligned(pattern.sizes.block) {
            return None;
        }
        Some(Self { pattern, source, starts: from..from + len, around })
    }

    /// How many places there are at which matches are looked for.
    pub fn len(&self) -> u64 {
        self.starts.end - self.starts.start
    }

    /// Counts matches, of which no two overlap: `publish` gets chunk after chunk, how long it is and how many start in it.
    /// Ends early where bytes are lost: what is lost is told apart from what is not by a scan.
    pub fn count(&self, chunk: u64, publish: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> ControlFlow<()> {
        let is_simple = !self.pattern.whole_word && self.pattern.align == 1;
        let mut matcher = Matcher::new(self.pattern);
        let mut count = |chunk: Chunk<'_>| match &self.pattern.engine {
            Engine::Regex { needles: Some(needles), .. } if is_simple => {
                needles.count(chunk.bytes, chunk.own)
            }
            Engine::Literal(finder) if is_simple => {
                let ahead = (chunk.own.end + finder.needle().len() - 1).min(chunk.bytes.len());
                finder.find_iter(&chunk.bytes[chunk.own.start..ahead]).count() as u64
            }
            _ => {
                let mut count = 0;
                each(&mut matcher, self.pattern, &chunk, &mut |_| {
                    count += 1;
                    ControlFlow::Continue(())
                });
                count
            }
        };
        self.tally(chunk, &mut count, publish)
    }

    /// Tells, chunk after chunk, how long it is and where in it a match starts: its first one, or its last.
    pub fn find(
        &self,
        chunk: u64,
        forward: bool,
        publish: &mut dyn FnMut(u64, Option<u64>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut matcher = Matcher::new(self.pattern);
        let mut find = |chunk: Chunk<'_>| {
            let mut place = 0;
            each(&mut matcher, self.pattern, &chunk, &mut |found| {
                place = (found.start - chunk.own.start) as u64 + 1;
                if forward { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            place
        };
        self.tally(chunk, &mut find, &mut |len, place| publish(len, place.checked_sub(1)))
    }

    fn tally(
        &self,
        chunk: u64,
        count: &mut dyn FnMut(Chunk<'_>) -> u64,
        publish: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.source.tally_around(
            self.starts.clone(),
            chunk,
            self.around,
            count,
            &mut |chunk, told| match told {
                Ok(told) => publish(chunk.end - chunk.start, told),
                Err(_) => ControlFlow::Break(()),
            },
        )
    }
}

/// The matches that start in a chunk.
fn each(
    matcher: &mut Matcher<'_>,
    pattern: &Compiled,
    chunk: &Chunk<'_>,
    visit: &mut dyn FnMut(&Range<usize>) -> ControlFlow<()>,
) {
    // The chunk begins where a match may, whatever its offset.
    let own = &chunk.own;
    let hay = Hay { bytes: chunk.bytes, offset: pattern.align - own.start as u64 % pattern.align };
    let mut at = own.start;
    while let Some(found) = matcher.find(hay, at, chunk.bytes.len())
        && found.start < own.end
        && visit(&found).is_continue()
    {
        at = found.end;
    }
}
