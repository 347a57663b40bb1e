mod damage;
mod disk;
mod faults;
mod in_place;
mod planning;
mod safeguards;

use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;

use super::fs::FileSystem;
use super::*;
use crate::document::{Document, Snapshot};
use crate::source::{Cancel, Change, Identity, Lost, Memory, Progress, Scanned, Source, TryRead};

/// A document with these contents.
fn snapshot(contents: impl AsRef<[u8]>) -> Snapshot {
    Document::open(Arc::new(Memory::new(contents.as_ref().to_vec()))).snapshot()
}

fn scattered(blocks: Vec<Block>) -> Snapshot {
    Document::open(Arc::new(Blocks::new(blocks))).snapshot()
}

fn save_to(request: &Request, fs: &dyn FileSystem) -> Result<Saved, SaveError> {
    save(request, fs, &Cancel::new(), &Progress::default())
}

fn identity(path: impl AsRef<Path>, fs: &dyn FileSystem) -> Identity {
    fs.stat(path.as_ref()).unwrap().unwrap().identity
}

fn bytes_of(source: &dyn Source) -> Vec<u8> {
    let mut bytes = vec![0; source.len() as usize];
    source.read_at(0, &mut bytes).unwrap();
    bytes
}

/// A source that is scanned block by block.
#[derive(Debug)]
struct Blocks {
    blocks: Vec<Block>,
    /// Cancelled when the block with this number was shown.
    cancel: Option<(usize, Cancel)>,
}

#[derive(Clone, Debug)]
enum Block {
    Data(Vec<u8>),
    Hole(u64),
    Lost(u64),
}

impl Block {
    fn len(&self) -> u64 {
        match self {
            Block::Data(bytes) => bytes.len() as u64,
            Block::Hole(len) | Block::Lost(len) => *len,
        }
    }
}

impl Blocks {
    fn new(blocks: Vec<Block>) -> Self {
        let cancel = None;
        Self { blocks, cancel }
    }

    fn ranges(&self) -> impl Iterator<Item = (Range<u64>, &Block)> {
        self.blocks.iter().scan(0, |end, block| {
            let start = *end;
            *end += block.len();
            Some((start..*end, block))
        })
    }
}

fn intersection(a: &Range<u64>, b: &Range<u64>) -> Range<u64> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}

impl Source for Blocks {
    fn len(&self) -> u64 {
        self.blocks.iter().map(Block::len).sum()
    }

    fn identity(&self) -> Option<Identity> {
        None
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        match self.read_at(offset, buf) {
            Ok(()) => TryRead::Ready,
            Err(lost) => TryRead::Lost(lost),
        }
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        let wanted = offset..offset + buf.len() as u64;
        let mut result = Ok(());
        let _ = self.scan(wanted, &mut |scanned| {
            match scanned {
                Scanned::Data { offset: at, bytes } => {
                    buf[(at - offset) as usize..][..bytes.len()].copy_from_slice(bytes);
                }
                Scanned::Hole(hole) => {
                    buf[(hole.start - offset) as usize..(hole.end - offset) as usize].fill(0);
                }
                Scanned::Lost(_, lost) => result = Err(lost),
            }
            ControlFlow::Continue(())
        });
        result
    }

    fn stored(&self, range: Range<u64>) -> u64 {
        let data = self.ranges().filter(|(_, block)| !matches!(block, Block::Hole(_)));
        data.map(|(at, _)| intersection(&at, &range)).map(|part| part.end - part.start).sum()
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        for (number, (at, block)) in self.ranges().enumerate() {
            let part = intersection(&at, &range);
            if part.is_empty() {
                continue;
            }
            if let Some((last, cancel)) = &self.cancel
                && number == *last
            {
                cancel.cancel();
            }
            visit(match block {
                Block::Data(bytes) => Scanned::Data {
                    offset: part.start,
                    bytes: &bytes[(part.start - at.start) as usize..(part.end - at.start) as usize],
                },
                Block::Hole(_) => Scanned::Hole(part),
                Block::Lost(_) => {
                    Scanned::Lost(part, Lost::Unreadable("Input/output error (os error 5)".into()))
                }
            })?;
        }
        ControlFlow::Continue(())
    }
}
