use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Mutex;

use super::Lost;

/// What the last waiting reads brought: the answer to [`Source::try_read_at`](super::Source::try_read_at) where
/// the system cannot say what it has in memory, or will never have it there.
///
/// Without this, who reads by "pending: let a job read it, ask again" would ask forever about a failing sector, and
/// about every file of a filesystem that keeps nothing in memory.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    reads: Mutex<VecDeque<(Range<u64>, Result<Box<[u8]>, Lost>)>>,
}

/// How many reads are remembered, and the longest whose bytes are: 4 MiB in all.
const READS: usize = 16;
const LONGEST: usize = 256 << 10;

impl Fetched {
    /// Remembers the bytes read at `offset`.
    pub(super) fn keep(&self, offset: u64, bytes: &[u8]) {
        if bytes.len() <= LONGEST {
            self.push(offset..offset + bytes.len() as u64, Ok(bytes.into()));
        }
    }

    /// Remembers that the bytes of `range` could not be read.
    pub(super) fn keep_loss(&self, range: Range<u64>, lost: &Lost) {
        self.push(range, Err(lost.clone()));
    }

    /// Forgets the losses inside `range`, which has just been read.
    pub(super) fn forget_losses(&self, range: Range<u64>) {
        let mut reads = self.lock();
        reads.retain(|(kept, read)| {
            read.is_ok() || kept.end <= range.start || range.end <= kept.start
        });
    }

    /// Fills `buf` from one remembered read; or tells the loss that one of them met there.
    pub(super) fn answer(&self, offset: u64, buf: &mut [u8]) -> Option<Result<(), Lost>> {
        let end = offset + buf.len() as u64;
        self.lock()
            .iter()
            .rev()
            .find_map(|(kept, read)| match read {
                Ok(bytes) if kept.start <= offset && end <= kept.end => {
                    let at = (offset - kept.start) as usize;
                    buf.copy_from_slice(&bytes[at..at + buf.len()]);
                    Some(Ok(()))
                }
                Err(lost) if kept.start < end && offset < kept.end => Some(Err(lost.clone())),
                _ => None,
            })
    }

    fn push(&self, range: Range<u64>, read: Result<Box<[u8]>, Lost>) {
        let mut reads = self.lock();
        reads.retain(|(kept, _)| *kept != range);
        if reads.len() == READS {
            reads.pop_front();
        }
        reads.push_back((range, read));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(Range<u64>, Result<Box<[u8]>, Lost>)>> {
        self.reads
            .lock()
            .expect("nothing panics while it holds this lock")
    }
}
