use std::io;
use std::ops::Range;

use super::block_writer::Failed;
use super::error::{SaveError, Step};
use super::fs::Writable;
use super::redo::Checksum;
use super::write::Job;
use crate::source::Progress;

/// Bytes with a checksum of their own.
const CHUNK: u64 = if cfg!(test) { 16 } else { 1 << 20 };

/// Checksums of what was written, by chunks, to be compared with what the disk says.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Where each chunk ends, which has no gaps, and begins.
    chunks: Vec<(Range<u64>, Checksum)>,
}

impl Written {
    /// `bytes` are written at `at`.
    pub fn add(&mut self, mut at: u64, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let goes_on =
                |(range, _): &(Range<u64>, Checksum)| range.end == at && range.end - range.start < CHUNK;
            if !self.chunks.last().is_some_and(goes_on) {
                self.chunks.push((at..at, Checksum::default()));
            }
            let (range, sum) = self.chunks.last_mut().expect("there is one now");
            let room = CHUNK - (range.end - range.start);
            let (now, later) = bytes.split_at(bytes.len().min(room as usize));
            sum.add(now);
            at += now.len() as u64;
            (range.end, bytes) = (at, later);
        }
    }

    /// Bytes that were written.
    pub fn len(&self) -> u64 {
        self.chunks.iter().map(|(range, _)| range.end - range.start).sum()
    }

    /// Reads all of it from `file`, which was synced: from the disk, as far as the system can be made to forget what it has
    /// of it in memory.
    pub fn verify(&self, file: &dyn Writable, progress: &Progress) -> Result<(), Failed> {
        let failed = |error| (Step::ReadBack, error);
        if let Some(((first, _), (last, _))) = self.chunks.first().zip(self.chunks.last()) {
            let whole = first.start.min(last.start)..first.end.max(last.end);
            file.start_writeback(whole);
        }
        let mut buffer = vec![0; CHUNK as usize];
        for (range, sum) in &self.chunks {
            let bytes = &mut buffer[..(range.end - range.start) as usize];
            file.read_at(range.start, bytes).map_err(failed)?;
            if Checksum::of(bytes) != sum.finish() {
                let what = format!("bytes {} to {} are not what was written", range.start, range.end);
                return Err(failed(io::Error::other(what)));
            }
            progress.add(bytes.len() as u64);
        }
        Ok(())
    }
}

impl Job<'_> {
    /// Where to note what is written, if it is to be read back.
    pub(super) fn noted(&self) -> Option<Written> {
        self.request.verify.then(Written::default)
    }

    pub(super) fn read_back(&self, written: Option<&Written>, file: &dyn Writable) -> Result<(), SaveError> {
        let Some(written) = written else {
            return Ok(());
        };
        self.progress.set_total(self.progress.total() + written.len());
        written.verify(file, self.progress).map_err(|(step, error)| self.io(step)(error))
    }
}
