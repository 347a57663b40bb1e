use std::ops::{ControlFlow, Range};

use super::read;
use super::store::Store;
use crate::source::{Identity, Lost, Scanned, Source, TryRead};

/// Added bytes as a source, which can be counted in the background: what was added before the document got
/// another line break.
#[derive(Debug)]
pub(super) struct Added {
    /// Text or raw bytes.
    pub store: Store,
}

impl Source for Added {
    fn len(&self) -> u64 {
        match &self.store {
            Store::Text { rope, .. } => rope.len_bytes() as u64,
            Store::Raw { raw, .. } => raw.len(),
            Store::Base(base) => base.source.len(),
        }
    }

    fn identity(&self) -> Option<Identity> {
        None
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        read::copy_added(&self.store, offset, buf);
        TryRead::Ready
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        read::copy_added(&self.store, offset, buf);
        Ok(())
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut from = range.start;
        while from < range.end {
            let bytes = read::added_run(&self.store, from, range.end);
            visit(Scanned::Data { offset: from, bytes })?;
            from += bytes.len() as u64;
        }
        ControlFlow::Continue(())
    }
}
