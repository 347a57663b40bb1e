use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::{Identity, Lost, SLICE, Scanned, Source, TryRead, check_range};

/// Bytes in memory: a small file, or no file at all.
#[derive(Clone)]
pub struct Memory {
    bytes: Arc<[u8]>,
    identity: Option<Identity>,
}

impl Memory {
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { bytes: bytes.into(), identity: None }
    }

    /// The contents of the file that had this identity just before they were read.
    pub fn of_file(bytes: impl Into<Arc<[u8]>>, identity: Identity) -> Self {
        Self { bytes: bytes.into(), identity: Some(identity) }
    }

    fn slice(&self, range: Range<u64>) -> &[u8] {
        check_range(self, &range);
        &self.bytes[range.start as usize..range.end as usize]
    }
}

impl Source for Memory {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn identity(&self) -> Option<Identity> {
        self.identity
    }

    fn is_own(&self) -> bool {
        true
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        buf.copy_from_slice(self.slice(offset..offset + buf.len() as u64));
        TryRead::Ready
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        buf.copy_from_slice(self.slice(offset..offset + buf.len() as u64));
        Ok(())
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut offset = range.start;
        for bytes in self.slice(range).chunks(SLICE) {
            visit(Scanned::Data { offset, bytes })?;
            offset += bytes.len() as u64;
        }
        ControlFlow::Continue(())
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("len", &self.bytes.len()).field("identity", &self.identity).finish()
    }
}
