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
    /// The difference that is listed at `at`.
    pub fn at(self, snapshot: &Snapshot, at: u64) -> Option<Difference> {
        snapshot.differences(self.since, listed(snapshot, at..at + 1)).next()
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
        let mut starts = Vec::new();
        for start in snapshot.differences(self.since, listed(snapshot, block)).starts() {
            if cancel.is_cancelled() {
                return Err(Cancelled);
            }
            starts.push(start.min(last));
        }
        Ok(starts)
    }

    /// A run of bytes that is one in the base takes no longer than a byte.
    fn block_end(&self, snapshot: &Snapshot, start: u64) -> u64 {
        snapshot.run_end(start).max((start / BLOCK + 1) * BLOCK)
    }
}
