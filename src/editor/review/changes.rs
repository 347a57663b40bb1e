use std::ops::Range;

use super::super::filter::{BLOCK, Listing};
use crate::document::{Difference, Since, Snapshot};
use crate::search::Cancelled;
use crate::source::Cancel;

/// The differences from a base, each at the byte with which it begins; one at the end of the contents at the last byte, where
/// none can begin, because it stands in both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changes {
    pub since: Since,
}

impl Changes {
    /// The difference that is listed at `at`, or the next one behind the `before` ones that are: the last byte may have two.
    /// `None`, too, if cancelled.
    pub fn at(self, snapshot: &Snapshot, at: u64, before: usize, cancel: &Cancel) -> Option<Difference> {
        let go_on = |_| !cancel.is_cancelled();
        snapshot.differences_while(self.since, listed(snapshot, at..at + 1), &go_on).nth(before)
    }
}

/// Where differences begin that are listed in `block`.
fn listed(snapshot: &Snapshot, block: Range<u64>) -> Range<u64> {
    let is_last = block.end >= snapshot.len();
    block.start..if is_last { u64::MAX } else { block.end }
}

impl Listing for Changes {
    type Line = u64;

    fn lines_in(
        &self,
        snapshot: &Snapshot,
        block: Range<u64>,
        cancel: &Cancel,
    ) -> Result<Vec<u64>, Cancelled> {
        let last = block.end.saturating_sub(1);
        let go_on = |_| !cancel.is_cancelled();
        let differences = snapshot.differences_while(self.since, listed(snapshot, block), &go_on);
        let starts = differences.starts().map(|start| start.min(last)).collect();
        if cancel.is_cancelled() { Err(Cancelled) } else { Ok(starts) }
    }

    /// A run of bytes that is one in the base takes no longer than a byte.
    fn block_end(&self, snapshot: &Snapshot, start: u64) -> u64 {
        snapshot.run_end(start).max((start / BLOCK + 1) * BLOCK)
    }
}
