use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use crate::source::{Identity, Lost, Scanned, Source, TryRead};

/// What a journal remembers of a file that has changed since, as a source: everything else of it is lost.
#[derive(Debug)]
pub struct Remembered {
    pub(super) len: u64,
    /// By offset; they neither overlap nor touch.
    pub(super) parts: BTreeMap<u64, Vec<u8>>,
}

impl Source for Remembered {
    fn len(&self) -> u64 {
        self.len
    }

    fn identity(&self) -> Option<Identity> {
        None
    }

    fn is_own(&self) -> bool {
        true
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        match self.read_at(offset, buf) {
            Ok(()) => TryRead::Ready,
            Err(lost) => TryRead::Lost(lost),
        }
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        if buf.is_empty() {
            return Ok(());
        }
        let part = self.parts.range(..=offset).next_back();
        let known = part.and_then(|(start, bytes)| bytes.get((offset - start) as usize..)?.get(..buf.len()));
        buf.copy_from_slice(known.ok_or_else(not_remembered)?);
        Ok(())
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut at = range.start;
        while at < range.end {
            let known = self.parts.range(..=at).next_back();
            let known = known.and_then(|(start, bytes)| bytes.get((at - start) as usize..));
            if let Some(bytes) = known.filter(|bytes| !bytes.is_empty()) {
                let bytes = &bytes[..bytes.len().min((range.end - at) as usize)];
                visit(Scanned::Data { offset: at, bytes })?;
                at += bytes.len() as u64;
            } else {
                let next = self.parts.range(at + 1..).next().map_or(range.end, |(next, _)| *next);
                let end = next.min(range.end);
                visit(Scanned::Lost(at..end, not_remembered()))?;
                at = end;
            }
        }
        ControlFlow::Continue(())
    }
}

fn not_remembered() -> Lost {
    Lost::Unreadable("the journal does not have these bytes".to_owned())
}
