use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::parts::{Part, Parts};
use super::piece::Pieces;
use super::snapshot::{Missing, Window};
use super::store::{Base, Store, Stores, rope_run_at};
use crate::source::{Identity, Lost, Scanned, Source, TryRead};

/// How exactly gaps are found.
const GRAIN: u64 = 4 << 10;

/// Reads `range`, which lies in the contents, without waiting.
pub(super) fn try_read(pieces: &Pieces, stores: &Stores, range: Range<u64>) -> Window {
    let mut window =
        Window { start: range.start, bytes: vec![0; (range.end - range.start) as usize], gaps: Vec::new() };
    for part in Parts::new(pieces, range) {
        let here = (part.at - window.start) as usize;
        let buf = &mut window.bytes[here..here + part.len() as usize];
        match stores.of(&part.piece) {
            Store::Base(base) => {
                try_read_source(&*base.source, part.from, buf, part.at, &mut window.gaps);
            }
            store => copy_added(store, part.from, buf),
        }
    }
    window
}

/// Reads what is in memory of `buf`, `offset` in the source and `at` in the document, and adds to `gaps` what is not.
pub(super) fn try_read_source(
    source: &dyn Source,
    offset: u64,
    buf: &mut [u8],
    at: u64,
    gaps: &mut Vec<(Range<u64>, Missing)>,
) {
    if source.try_read_at(offset, buf) == TryRead::Ready {
        return;
    }
    let mut done = 0;
    while done < buf.len() {
        let here = offset + done as u64;
        let grain = (GRAIN - here % GRAIN).min((buf.len() - done) as u64) as usize;
        let block = &mut buf[done..done + grain];
        let missing = match source.try_read_at(here, block) {
            TryRead::Ready => None,
            TryRead::Pending => Some(Missing::Pending),
            TryRead::Lost(lost) => Some(Missing::Lost(lost)),
        };
        if let Some(missing) = missing {
            let (start, end) = (at + done as u64, at + (done + grain) as u64);
            match gaps.last_mut() {
                Some((range, why)) if range.end == start && *why == missing => {
                    block.fill(0);
                    range.end = end;
                }
                _ => {
                    // A file may end, or a disk be bad, in the middle of a block.
                    let kept =
                        if missing == Missing::Pending { 0 } else { try_read_start(source, here, block) };
                    block[kept..].fill(0);
                    gaps.push((start + kept as u64..end, missing));
                }
            }
        }
        done += grain;
    }
}

/// Reads as much of the start of `buf` as can be read, by halving.
fn try_read_start(source: &dyn Source, offset: u64, buf: &mut [u8]) -> usize {
    let (mut kept, mut lost) = (0, buf.len());
    let mut ready = |len: usize| len == 0 || source.try_read_at(offset, &mut buf[..len]) == TryRead::Ready;
    while lost - kept > 1 {
        let middle = kept.midpoint(lost);
        if ready(middle) { kept = middle } else { lost = middle }
    }
    // What was read last may have been too much.
    if ready(kept) { kept } else { 0 }
}

/// Reads `range`, which lies in the contents, waiting.
pub(super) fn read(pieces: &Pieces, stores: &Stores, range: Range<u64>) -> Result<Vec<u8>, Lost> {
    let start = range.start;
    let mut bytes = vec![0; (range.end - start) as usize];
    for part in Parts::new(pieces, range) {
        let here = (part.at - start) as usize;
        let buf = &mut bytes[here..here + part.len() as usize];
        match stores.of(&part.piece) {
            Store::Base(base) => base.source.read_at(part.from, buf)?,
            store => copy_added(store, part.from, buf),
        }
    }
    Ok(bytes)
}

/// Visits `range`, which lies in the contents, as [`Source::scan`] does.
pub(super) fn scan(
    pieces: &Pieces,
    stores: &Stores,
    range: Range<u64>,
    visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut near = Near::default();
    for part in Parts::new(pieces, range) {
        match stores.of(&part.piece) {
            Store::Base(base) => match near.bytes(base, &part) {
                Some(bytes) => visit(Scanned::Data { offset: part.at, bytes })?,
                None => scan_base(base, &part, visit)?,
            },
            store => {
                let mut from = part.from;
                while from < part.to {
                    let bytes = added_run(store, from, part.to);
                    visit(Scanned::Data { offset: part.position(from), bytes })?;
                    from += bytes.len() as u64;
                }
            }
        }
    }
    ControlFlow::Continue(())
}

/// How many bytes of `range`, which lies in the contents, do not lie in holes.
pub(super) fn stored(pieces: &Pieces, stores: &Stores, range: Range<u64>) -> u64 {
    if !stores.bases().any(|(_, base)| base.is_sparse()) {
        return range.end - range.start;
    }
    let stored = |part: Part| match stores.base(part.piece.store) {
        Some(base) => base.source.stored(part.from..part.to),
        None => part.len(),
    };
    Parts::new(pieces, range).map(stored).sum()
}

/// Where the bytes of `range`, which lies in the contents, stand in a file, as [`Source::in_file`] tells it.
pub(super) fn in_file(
    pieces: &Pieces,
    stores: &Stores,
    range: Range<u64>,
    now: &Identity,
    visit: &mut dyn FnMut(Range<u64>, Option<u64>),
) {
    for part in Parts::new(pieces, range) {
        match stores.base(part.piece.store) {
            Some(base) => base.source.in_file(part.from..part.to, now, &mut |run, place| {
                visit(part.position(run.start)..part.position(run.end), place);
            }),
            None => visit(part.at..part.end(), None),
        }
    }
}

/// Bytes of a source read at once, for the small pieces that follow each other in it: of a document with millions of
/// edits most pieces are shorter than what it takes to ask the system for them.
#[derive(Default)]
struct Near {
    store: u32,
    start: u64,
    bytes: Vec<u8>,
}

/// Bytes that are read at once. Longer pieces are read by themselves, and so is what does not begin that near behind the
/// piece before.
const NEAR: u64 = if cfg!(test) { 16 } else { 64 << 10 };

impl Near {
    /// The bytes of a part of the base, if it is small, and neither in a hole nor lost.
    fn bytes(&mut self, base: &Base, part: &Part) -> Option<&[u8]> {
        if part.len() >= NEAR {
            return None;
        }
        let end = self.start + self.bytes.len() as u64;
        let is_same = self.store == part.piece.store && part.from >= self.start;
        if !is_same || part.to > end {
            let goes_on = is_same && part.from < end + NEAR && end > 0;
            let wanted =
                if goes_on { part.from..base.source.len().min(part.from + NEAR) } else { part.from..part.to };
            // Holes are told without being read, and losses exactly.
            if base.source.stored(wanted.clone()) < wanted.end - wanted.start {
                return None;
            }
            self.bytes.resize((wanted.end - wanted.start) as usize, 0);
            if base.source.read_at(wanted.start, &mut self.bytes).is_err() {
                self.bytes.clear();
                return None;
            }
            (self.store, self.start) = (part.piece.store, wanted.start);
        }
        self.bytes.get((part.from - self.start) as usize..(part.to - self.start) as usize)
    }
}

fn scan_base(
    base: &Arc<Base>,
    part: &Part,
    visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let here = |range: Range<u64>| part.position(range.start)..part.position(range.end);
    base.source.scan(part.from..part.to, &mut |scanned| {
        visit(match scanned {
            Scanned::Data { offset, bytes } => Scanned::Data { offset: part.position(offset), bytes },
            Scanned::Hole(range) => Scanned::Hole(here(range)),
            Scanned::Lost(range, lost) => Scanned::Lost(here(range), lost),
        })
    })
}

pub(super) fn copy_added(store: &Store, mut from: u64, mut buf: &mut [u8]) {
    while !buf.is_empty() {
        let run = added_run(store, from, from + buf.len() as u64);
        let (now, later) = buf.split_at_mut(run.len());
        now.copy_from_slice(run);
        from += run.len() as u64;
        buf = later;
    }
}

/// The longest run of added bytes from `from` on, up to `to`, that lies in one block.
pub(super) fn added_run(store: &Store, from: u64, to: u64) -> &[u8] {
    let run = match store {
        Store::Text { rope, .. } => rope_run_at(rope, from),
        Store::Raw { raw, .. } => raw.run_at(from),
        Store::Base(_) => unreachable!("not added bytes"),
    };
    &run[..run.len().min((to - from) as usize)]
}
