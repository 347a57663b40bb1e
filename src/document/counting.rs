use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::raw;
use super::store::Base;
use crate::source::{Cancel, Progress, Scanned, Source};

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
                let _ = base.source.tally(
                    range.clone(),
                    base.index.chunk(),
                    &mut raw::count,
                    &mut |chunks, newlines| {
                        progress.add(chunks.end - chunks.start);
                        let newlines = newlines.unwrap_or_else(|_| left_in(&*base.source, chunks.clone()));
                        base.index.publish(chunks, newlines);
                        match cancel.is_cancelled() {
                            true => ControlFlow::Break(()),
                            false => ControlFlow::Continue(()),
                        }
                    },
                );
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

/// Newlines in what can still be read of chunks that lost bytes: after a truncation, the lines before it.
fn left_in(source: &dyn Source, range: Range<u64>) -> u64 {
    let mut newlines = 0;
    let _ = source.scan(range, &mut |scanned| {
        if let Scanned::Data { bytes, .. } = scanned {
            newlines += raw::count(bytes);
        }
        ControlFlow::Continue(())
    });
    newlines
}
