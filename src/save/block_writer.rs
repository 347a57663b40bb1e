use std::io;

use super::error::Step;
use super::fs::Writable;

/// Smaller slices are gathered to this many bytes, so that a million small edits are not a million system calls.
const GATHER: usize = if cfg!(test) { 16 } else { 256 << 10 };
/// The disk is set to work every so many bytes…
const WRITEBACK: u64 = if cfg!(test) { 64 } else { 16 << 20 };
/// …and waited for every so many, which bounds what the last flush, and a cancel before it, can have to wait for.
const SYNC: u64 = if cfg!(test) { 256 } else { 256 << 20 };

/// Writes slices one after the other in large blocks, and keeps the disk busy but never far behind.
pub(super) struct BlockWriter<'a> {
    file: &'a dyn Writable,
    /// Is the whole length reserved, so that holes have to be given back?
    reserved: bool,
    /// Gathered slices that end at `position`.
    gathered: Vec<u8>,
    /// Bytes taken so far.
    pub position: u64,
    /// Where the disk was last set to work, and how many bytes were written since.
    writeback_from: u64,
    since_writeback: u64,
    since_sync: u64,
}

/// At which step, and why.
pub(super) type Failed = (Step, io::Error);

impl<'a> BlockWriter<'a> {
    pub fn new(file: &'a dyn Writable, reserved: bool) -> Self {
        Self::from(0, file, reserved)
    }

    /// Writes from `position` on.
    pub fn from(position: u64, file: &'a dyn Writable, reserved: bool) -> Self {
        Self {
            file,
            reserved,
            gathered: Vec::new(),
            position,
            writeback_from: position,
            since_writeback: 0,
            since_sync: 0,
        }
    }

    pub fn data(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        if self.gathered.len() + bytes.len() > GATHER {
            self.flush()?;
        }
        if bytes.len() >= GATHER {
            self.write(self.position, bytes)?;
        } else {
            self.gathered.extend_from_slice(bytes);
        }
        self.position += bytes.len() as u64;
        self.pace()
    }

    pub fn hole(&mut self, len: u64) -> Result<(), Failed> {
        self.flush()?;
        let start = self.position;
        self.position += len;
        if self.reserved {
            let punched = self.file.punch(start..self.position);
            punched.map_err(|error| (Step::Write, error))?;
        }
        Ok(())
    }

    /// Writes what is gathered and sets the length, which a hole at the end needs.
    pub fn finish(mut self) -> Result<(), Failed> {
        self.flush()?;
        let set = self.file.set_len(self.position);
        set.map_err(|error| (Step::Write, error))
    }

    pub fn flush(&mut self) -> Result<(), Failed> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.gathered);
        self.write(self.position - bytes.len() as u64, &bytes)?;
        self.gathered = bytes;
        self.gathered.clear();
        Ok(())
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Failed> {
        let written = self.file.write_at(offset, bytes);
        written.map_err(|error| (Step::Write, error))?;
        self.since_writeback += bytes.len() as u64;
        self.since_sync += bytes.len() as u64;
        Ok(())
    }

    fn pace(&mut self) -> Result<(), Failed> {
        if self.since_writeback >= WRITEBACK {
            let end = self.position - self.gathered.len() as u64;
            self.file.start_writeback(self.writeback_from..end);
            self.writeback_from = end;
            self.since_writeback = 0;
        }
        if self.since_sync >= SYNC {
            let synced = self.file.sync_data();
            synced.map_err(|error| (Step::Sync, error))?;
            self.since_sync = 0;
        }
        Ok(())
    }
}
