use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};

use super::Lost;

/// What the last waiting reads brought: the answer to [`Source::try_read_at`](super::Source::try_read_at) where
/// the system cannot say what it has in memory, or will never have it there.
///
/// Without this, who reads by "pending: let a job read it, ask again" would ask forever about a failing sector, and
/// about every file of a filesystem that keeps nothing in memory.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    /// Oldest first.
    reads: Mutex<VecDeque<Read>>,
}

#[derive(Debug)]
struct Read {
    range: Range<u64>,
    brought: Result<Box<[u8]>, Lost>,
}

/// How many reads are remembered, and of how many bytes in all. A longer read than the longest is not.
const READS: usize = 64;
const BYTES: usize = 4 << 20;
const LONGEST: usize = 1 << 20;

impl Fetched {
    /// Remembers the bytes read at `offset`.
    pub(super) fn keep(&self, offset: u64, bytes: &[u8]) {
        if bytes.len() <= LONGEST {
            self.push(offset..offset + bytes.len() as u64, Ok(bytes.into()));
        }
    }

    /// Remembers that the bytes of `range` could not be read. Losses that touch are one: a bad stretch of a disk must not
    /// push out what was read around it.
    pub(super) fn keep_loss(&self, mut range: Range<u64>, lost: &Lost) {
        self.lock().retain(|read| {
            let touches = read.range.start <= range.end && range.start <= read.range.end;
            let is_same = touches && read.brought.as_ref().is_err_and(|other| other == lost);
            if is_same {
                range = range.start.min(read.range.start)..range.end.max(read.range.end);
            }
            !is_same
        });
        self.push(range, Err(lost.clone()));
    }

    /// Forgets the losses that touch `range`, which has just been read.
    pub(super) fn forget_losses(&self, range: Range<u64>) {
        let overlaps = |read: &Read| read.range.start < range.end && range.start < read.range.end;
        self.lock().retain(|read| read.brought.is_ok() || !overlaps(read));
    }

    /// Fills `buf` from one remembered read; or tells the loss that one of them met there.
    pub(super) fn answer(&self, offset: u64, buf: &mut [u8]) -> Option<Result<(), Lost>> {
        let end = offset + buf.len() as u64;
        self.lock().iter().rev().find_map(|Read { range, brought }| match brought {
            Ok(bytes) if range.start <= offset && end <= range.end => {
                let at = (offset - range.start) as usize;
                buf.copy_from_slice(&bytes[at..at + buf.len()]);
                Some(Ok(()))
            }
            Err(lost) if range.start < end && offset < range.end => Some(Err(lost.clone())),
            _ => None,
        })
    }

    fn push(&self, range: Range<u64>, brought: Result<Box<[u8]>, Lost>) {
        let mut reads = self.lock();
        reads.retain(|read| read.range != range);
        reads.push_back(Read { range, brought });
        let bytes = |read: &Read| read.brought.as_ref().map_or(0, |bytes| bytes.len());
        while reads.len() > READS || reads.iter().map(bytes).sum::<usize>() > BYTES {
            reads.pop_front();
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Read>> {
        self.reads.lock().expect("nothing panics while it holds this lock")
    }
}
