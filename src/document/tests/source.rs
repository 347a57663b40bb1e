use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::source::{Identity, Lost, Scanned, Source, TryRead};

/// Bytes in memory, of which a range may not be in memory, or be lost; seven zeros are a hole.
#[derive(Debug, Default)]
pub struct Plain {
    pub bytes: Vec<u8>,
    pub pending: Range<u64>,
    pub lost: Range<u64>,
}

impl Plain {
    pub fn new(bytes: impl Into<Vec<u8>>) -> Arc<Self> {
        Arc::new(Self { bytes: bytes.into(), ..Self::default() })
    }
}

fn touches(one: &Range<u64>, range: &Range<u64>) -> bool {
    one.start < range.end && range.start < one.end
}

impl Source for Plain {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn identity(&self) -> Option<Identity> {
        None
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        let range = offset..offset + buf.len() as u64;
        if touches(&self.pending, &range) {
            buf.fill(b'?');
            return TryRead::Pending;
        }
        match self.read_at(offset, buf) {
            Ok(()) => TryRead::Ready,
            Err(lost) => TryRead::Lost(lost),
        }
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        if touches(&self.lost, &(offset..offset + buf.len() as u64)) {
            buf.fill(b'!');
            return Err(Lost::Truncated { len: 0 });
        }
        buf.copy_from_slice(&self.bytes[offset as usize..][..buf.len()]);
        Ok(())
    }

    fn hole_at(&self, offset: u64) -> Option<Range<u64>> {
        let at = offset as usize;
        let (before, behind) = self.bytes.split_at(at);
        let zeros = |byte: &&u8| **byte == 0;
        let start = at - before.iter().rev().take_while(zeros).count();
        let end = at + behind.iter().take_while(zeros).count();
        (start <= at && at < end && end - start >= 7).then_some(start as u64..end as u64)
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut at = range.start;
        while at < range.end {
            let end = (at + 7).min(range.end);
            let here = at..end;
            if touches(&self.lost, &here) {
                visit(Scanned::Lost(here, Lost::Truncated { len: 0 }))?;
            } else {
                let bytes = &self.bytes[at as usize..end as usize];
                visit(match bytes.iter().all(|byte| *byte == 0) {
                    true => Scanned::Hole(here),
                    false => Scanned::Data { offset: at, bytes },
                })?;
            }
            at = end;
        }
        ControlFlow::Continue(())
    }
}

/// A huge source of one byte value, which counts what is read of it.
#[derive(Debug)]
pub struct Uniform {
    pub len: u64,
    pub byte: u8,
    pub reads: AtomicUsize,
    pub bytes_read: AtomicU64,
}

impl Uniform {
    pub fn new(len: u64, byte: u8) -> Arc<Self> {
        Arc::new(Self { len, byte, reads: AtomicUsize::new(0), bytes_read: AtomicU64::new(0) })
    }
}

impl Source for Uniform {
    fn len(&self) -> u64 {
        self.len
    }

    fn identity(&self) -> Option<Identity> {
        None
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        self.read_at(offset, buf).expect("never lost");
        TryRead::Ready
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        assert!(offset + buf.len() as u64 <= self.len);
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.bytes_read.fetch_add(buf.len() as u64, Ordering::Relaxed);
        buf.fill(self.byte);
        Ok(())
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if self.byte == 0 {
            return visit(Scanned::Hole(range));
        }
        let block = vec![self.byte; 1 << 20];
        let mut at = range.start;
        while at < range.end {
            let len = (range.end - at).min(block.len() as u64);
            self.bytes_read.fetch_add(len, Ordering::Relaxed);
            visit(Scanned::Data { offset: at, bytes: &block[..len as usize] })?;
            at += len;
        }
        ControlFlow::Continue(())
    }
}
