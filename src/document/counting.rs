use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::breaks::{Breaks, Counted, Edges};
use super::line_break::LineBreak;
use super::line_index::Sweep;
use super::store::Base;
use crate::source::{Cancel, Progress, Scanned, WHOLE};

/// The background newline count of what a document rests on. Clones share the work: each thread that runs it
/// takes the next uncounted stretch.
#[derive(Clone, Debug)]
pub struct Counting {
    /// The newest generation first.
    bases: Vec<Arc<Base>>,
}

impl Counting {
    pub(super) fn new(bases: Vec<Arc<Base>>) -> Self {
        Self { bases }
    }

    /// Counts until nothing is left that no other thread counts, or until cancelled; nearest to
    /// [`Counting::look_at`] first, then from the start, publishing chunk by chunk. Adds bytes to `progress`.
    /// What is lost counts as without newlines, so that line numbers behind it are [`super::Count::About`]; what is left around it is
    /// counted.
    pub fn run(&self, cancel: &Cancel, progress: &Progress) {
        for base in &self.bases {
            while !cancel.is_cancelled()
                && let Some(range) = base.index.take()
            {
                let mut publish = |chunks: Range<u64>, newlines: Breaks| {
                    progress.add(chunks.end - chunks.start);
                    base.index.publish(chunks, newlines);
                    match cancel.is_cancelled() {
                        true => ControlFlow::Break(()),
                        false => ControlFlow::Continue(()),
                    }
                };
                let _ = match (base.index.line_break().width(), base.index.chunk()) {
                    (1, _) => count_bytes(base, range.clone(), &mut publish),
                    (_, ..=WHOLE) => count_pairs(base, range.clone(), &mut publish),
                    _ => count_pairs_by_scan(base, range.clone(), &mut publish),
                };
                base.index.give_back(&range);
            }
        }
    }

    /// Where in the newest generation of the base the person looks now.
    pub fn look_at(&self, offset: u64) {
        if let Some(base) = self.bases.first() {
            base.index.look_at(offset);
        }
    }

    pub fn is_done(&self) -> bool {
        self.bases.iter().all(|base| base.index.is_complete())
    }

    /// Bytes that are not counted yet: what [`Counting::run`] will add to its progress.
    pub fn remaining(&self) -> u64 {
        let remaining = |base: &Arc<Base>| {
            let known = base.index.total().known_chunks.saturating_mul(base.index.chunk());
            base.index.len().saturating_sub(known)
        };
        self.bases.iter().map(remaining).sum()
    }
}

type Publish<'a> = &'a mut dyn FnMut(Range<u64>, Breaks) -> ControlFlow<()>;

/// Counts line breaks of one byte.
fn count_bytes(base: &Base, range: Range<u64>, publish: Publish<'_>) -> ControlFlow<()> {
    let line_break = base.index.line_break();
    let mut count = |bytes: &[u8]| line_break.count(bytes, 0);
    base.source.tally(range, base.index.chunk(), &mut count, &mut |chunks, newlines| {
        let newlines = newlines.unwrap_or_else(|_| left_in(base, chunks.clone()));
        publish(chunks, Breaks::both(newlines))
    })
}

/// Newlines in what can still be read of chunks that lost bytes: after a truncation, the lines before it.
fn left_in(base: &Base, range: Range<u64>) -> u64 {
    let mut newlines = 0;
    let _ = base.source.scan(range, &mut |scanned| {
        match scanned {
            Scanned::Data { bytes, .. } => newlines += base.index.line_break().count(bytes, 0),
            Scanned::Lost(range, _) => base.index.lose(range.start),
            Scanned::Hole(_) => {}
        }
        ControlFlow::Continue(())
    });
    newlines
}

/// Counts line breaks of two bytes.
fn count_pairs(base: &Base, range: Range<u64>, publish: Publish<'_>) -> ControlFlow<()> {
    let line_break = base.index.line_break();
    let mut sweep = Sweep::new(&base.index, range.start);
    let mut count = |bytes: &[u8]| digest(bytes, line_break);
    base.source.tally(range.clone(), base.index.chunk(), &mut count, &mut |chunks, digest| {
        let len = chunks.end - chunks.start;
        match digest {
            // A run of holes, or what is like one.
            Ok(0) => pass(range.end, publish, |publish| sweep.hole(len, publish)),
            Ok(digest) => {
                let counted = of_digest(digest, line_break, chunks.start);
                pass(range.end, publish, |publish| sweep.counted(len, counted, publish))
            }
            Err(_) => scan_pairs(base, chunks, range.end, &mut sweep, publish),
        }
    })?;
    // The first byte behind may be the second of a line break that starts within.
    let behind = range.end..range.end.saturating_add(1).min(base.index.len());
    scan_pairs(base, behind, range.end, &mut sweep, publish)
}

/// The same, in slices.
fn count_pairs_by_scan(base: &Base, range: Range<u64>, publish: Publish<'_>) -> ControlFlow<()> {
    let mut sweep = Sweep::new(&base.index, range.start);
    let behind = range.end.saturating_add(1).min(base.index.len());
    scan_pairs(base, range.start..behind, range.end, &mut sweep, publish)
}

/// Has `sweep` read on through `range`. Chunks from `end` on are not published.
fn scan_pairs(
    base: &Base,
    range: Range<u64>,
    end: u64,
    sweep: &mut Sweep,
    publish: Publish<'_>,
) -> ControlFlow<()> {
    base.source.scan(range, &mut |scanned| {
        if let Scanned::Lost(range, _) = &scanned {
            base.index.lose(range.start);
        }
        pass(end, publish, |publish| match scanned {
            Scanned::Data { bytes, .. } => sweep.data(bytes, publish),
            Scanned::Hole(range) => sweep.hole(range.end - range.start, publish),
            Scanned::Lost(range, _) => sweep.lost(range.end - range.start, publish),
        })
    })
}

/// A step of a sweep, of whose chunks those before `end` are published until that breaks.
fn pass(
    end: u64,
    publish: Publish<'_>,
    step: impl FnOnce(&mut dyn FnMut(Range<u64>, Breaks)),
) -> ControlFlow<()> {
    let mut flow = ControlFlow::Continue(());
    step(&mut |chunks, newlines| {
        if flow.is_continue() && chunks.start < end {
            flow = publish(chunks, newlines);
        }
    });
    flow
}

/// What is counted of a chunk of at most [`WHOLE`] bytes, as a number, which is 0 for NULs: the line breaks at even and
/// at odd offsets, of 24 bits each, its first and its last byte.
fn digest(bytes: &[u8], line_break: LineBreak) -> u64 {
    let breaks = line_break.count_both(bytes, 0);
    let byte = |byte: Option<&u8>| u64::from(byte.copied().unwrap_or(0));
    breaks.at(0) | breaks.at(1) << 24 | byte(bytes.first()) << 48 | byte(bytes.last()) << 56
}

/// What a [`digest`] tells of a chunk that starts at `offset`.
fn of_digest(digest: u64, line_break: LineBreak, offset: u64) -> Counted {
    let count = |bits: u64| bits & 0xFF_FFFF;
    let [first, last] = [(digest >> 48) as u8, (digest >> 56) as u8];
    Counted {
        breaks: Breaks::new(count(digest), count(digest >> 24)).moved(offset),
        edges: Edges::of(&[first, last], line_break),
    }
}
