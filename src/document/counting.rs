use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::breaks::Breaks;
use super::line_index::Sweep;
use super::store::Base;
use crate::source::{Cancel, Progress, Scanned};

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
    /// What is lost counts as without newlines; what is left around it is counted.
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
                let _ = match base.index.line_break().width() {
                    1 => count_bytes(base, range.clone(), &mut publish),
                    _ => count_pairs(base, range.clone(), &mut publish),
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
    base.index.lose();
    let mut newlines = 0;
    let _ = base.source.scan(range, &mut |scanned| {
        if let Scanned::Data { bytes, .. } = scanned {
            newlines += base.index.line_break().count(bytes, 0);
        }
        ControlFlow::Continue(())
    });
    newlines
}

/// Counts line breaks of two bytes.
fn count_pairs(base: &Base, range: Range<u64>, publish: Publish<'_>) -> ControlFlow<()> {
    let mut sweep = Sweep::new(&base.index, range.start);
    // The first byte behind may be the second of a line break that starts within.
    let to = range.end.saturating_add(1).min(base.index.len());
    let mut flow = ControlFlow::Continue(());
    base.source.scan(range.start..to, &mut |scanned| {
        let mut publish = |chunks: Range<u64>, newlines| {
            if flow.is_continue() && chunks.start < range.end {
                flow = publish(chunks, newlines);
            }
        };
        match scanned {
            Scanned::Data { bytes, .. } => sweep.data(bytes, &mut publish),
            Scanned::Hole(range) => sweep.hole(range.end - range.start, &mut publish),
            Scanned::Lost(range, _) => {
                base.index.lose();
                sweep.lost(range.end - range.start, &mut publish);
            }
        }
        flow
    })
}
