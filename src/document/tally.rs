//! What is known of the line breaks of a part of a store, without waiting.

use std::ops::Range;

use super::breaks::{Breaks, Counted, Edges};
use super::line_index::{CHUNK, LineIndex};
use super::piece::{self, Epoch, Extent, Piece, Pieces};
use super::store::{Base, Store, Stores, rope_newlines};
use crate::source::TryRead;

/// What is known of a range of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub counted: Counted,
    /// Bytes that are not counted.
    pub uncounted: u64,
}

impl Tally {
    fn unknown(range: &Range<u64>) -> Self {
        Self { uncounted: range.end - range.start, ..Self::default() }
    }

    /// That of `range`, as a sum may begin with it.
    pub fn extent(&self, range: &Range<u64>, epoch: Epoch) -> Extent {
        match range.is_empty() {
            true => Extent::default(),
            false => Extent::of(range.start, range.end - range.start, epoch, self.counted, self.uncounted),
        }
    }
}

impl From<Counted> for Tally {
    fn from(counted: Counted) -> Self {
        Self { counted, uncounted: 0 }
    }
}

/// What is known of `range` of the store of `piece`, which lies in it.
pub(super) fn tally(stores: &Stores, piece: &Piece, range: Range<u64>) -> Tally {
    if range.is_empty() {
        return Tally::default();
    }
    if let Some(counted) = piece.counted(stores.epoch())
        && (range == (piece.start..piece.end())
            || (counted.breaks.is_none() && stores.line_break().width() == 1))
    {
        return counted.into();
    }
    match stores.of(piece) {
        Store::Text { rope, .. } => Counted::whole(rope_newlines(rope, range)).into(),
        Store::Raw { raw, .. } => raw.counted(range).into(),
        Store::Base(base) => tally_base(base, range),
    }
}

/// The first piece at `at` or behind it that is not counted, and where it stands.
pub(super) fn next_uncounted(pieces: &Pieces, epoch: Epoch, at: u64) -> Option<(u64, Piece)> {
    // A piece that begins before `at` has had its turn.
    let before = match pieces.find(at, piece::bytes) {
        Some((piece, before)) if before.bytes < at && piece.counted(epoch).is_none() => {
            before.uncounted(epoch) + piece.len
        }
        Some((_, before)) => before.uncounted(epoch),
        None => return None,
    };
    let (piece, before) = pieces.find(before, |extent: &Extent| extent.uncounted(epoch))?;
    Some((before.bytes, *piece))
}

/// What a range of a base consists of.
struct Stretches {
    /// Those of which all line breaks lie in the range.
    chunks: Range<u64>,
    /// What lies in other chunks, at its start and at its end.
    borders: [Range<u64>; 2],
}

impl Stretches {
    fn of(index: &LineIndex, range: &Range<u64>) -> Self {
        let is_pair = index.line_break().width() == 2;
        let (first, last) = (range.start / index.chunk(), (range.end - 1) / index.chunk());
        let (head, tail) = (index.range_of(first), index.range_of(last));
        // A line break may begin with the last byte of the chunk, of which the second byte is not in the range.
        let ends_early = range.end < tail.end || (is_pair && range.end < index.len());
        let cuts_head = range.start > head.start || (first == last && ends_early);
        let cuts_tail = first < last && ends_early;
        let head_end = if cuts_head { head.end.min(range.end) } else { range.start };
        let tail_start = if cuts_tail { tail.start } else { range.end };
        let chunks = first + u64::from(cuts_head)..last + 1 - u64::from(cuts_tail);
        Self { chunks, borders: [range.start..head_end, tail_start..range.end] }
    }

    fn borders(&self) -> impl Iterator<Item = Range<u64>> {
        self.borders.clone().into_iter().filter(|border| !border.is_empty())
    }
}

fn tally_base(base: &Base, range: Range<u64>) -> Tally {
    let index = &base.index;
    let chunk = range.start / index.chunk();
    if range.end <= index.range_of(chunk).end && index.chunk_newlines(chunk).is_none() {
        // A small document is counted as soon as it is asked.
        return count(base, range.clone()).map_or_else(|| Tally::unknown(&range), Tally::from);
    }
    let stretches = Stretches::of(index, &range);
    let mut tally = Tally::default();
    let chunks = stretches.chunks.clone();
    if !chunks.is_empty() {
        let sum = index.sum(chunks.clone());
        let unknown = chunks.end - chunks.start - sum.known_chunks;
        let bytes = index.range_of(chunks.end - 1).end - index.range_of(chunks.start).start;
        tally.counted.breaks = sum.newlines;
        tally.uncounted = unknown.saturating_mul(index.chunk()).min(bytes);
    }
    for border in stretches.borders() {
        // An estimate does not get better by reading.
        let is_exact = tally.uncounted == 0;
        match index.chunk_newlines(border.start / index.chunk()) {
            known if known.is_some_and(Breaks::is_none) => {}
            known if is_exact => match starting_in(base, border.clone(), range.end, known) {
                Some(breaks) => tally.counted.breaks += breaks,
                None => tally.uncounted += border.end - border.start,
            },
            _ => tally.uncounted += border.end - border.start,
        }
    }
    match edges_of(base, &range) {
        Some(edges) => tally.counted.edges = edges,
        None => tally.uncounted = tally.uncounted.max(1),
    }
    tally
}

/// The edges of `range`, if they are in memory.
fn edges_of(base: &Base, range: &Range<u64>) -> Option<Edges> {
    if base.index.line_break().width() == 1 {
        return Some(Edges::NEITHER);
    }
    let edges = |at: u64| count(base, at..at + 1).map(|counted| counted.edges);
    Some(edges(range.start)?.join(edges(range.end - 1)?))
}

/// Line breaks that start in `range`, which lies in one chunk, of which `known` is the count, and that lie whole before
/// `limit`, if what is to be read for it is in memory.
pub(super) fn starting_in(
    base: &Base,
    range: Range<u64>,
    limit: u64,
    known: Option<Breaks>,
) -> Option<Breaks> {
    let breaks = |range| count(base, range).map(|counted| counted.breaks);
    if base.index.line_break().width() == 2 {
        return breaks(range.start..(range.end + 1).min(limit));
    }
    // What is less is read, of it or of the rest of the chunk.
    let whole = base.index.range_of(range.start / base.index.chunk());
    let rest = if whole.start == range.start {
        range.end..whole.end
    } else if whole.end == range.end {
        whole.start..range.start
    } else {
        whole
    };
    let by_rest = known
        .filter(|_| rest.end - rest.start < range.end - range.start)
        .and_then(|newlines| Some(newlines.saturating_sub(breaks(rest)?)));
    by_rest.or_else(|| breaks(range))
}

/// The parts of `piece` that are not in memory, for want of which alone it is not counted.
pub(super) fn pending(stores: &Stores, piece: &Piece) -> Vec<Range<u64>> {
    let Some(base) = stores.base(piece.store) else {
        return Vec::new();
    };
    let range = piece.start..piece.end();
    let stretches = Stretches::of(&base.index, &range);
    let chunks = stretches.chunks.clone();
    if base.index.sum(chunks.clone()).known_chunks < chunks.end.saturating_sub(chunks.start) {
        return Vec::new();
    }
    let is_pending = |border: &Range<u64>| {
        let known = base.index.chunk_newlines(border.start / base.index.chunk());
        let fits = border.end - border.start <= CHUNK;
        let is_needed = !known.is_some_and(Breaks::is_none);
        fits && is_needed && starting_in(base, border.clone(), range.end, known).is_none()
    };
    // The last line break may reach over the border.
    let reach = base.index.line_break().width() - 1;
    let whole = |border: Range<u64>| border.start..(border.end + reach).min(range.end);
    let mut pending: Vec<_> = stretches.borders().filter(is_pending).map(whole).collect();
    if pending.is_empty() && edges_of(base, &range).is_none() {
        let edges = [range.start..range.start + 1, range.end - 1..range.end];
        pending.extend(edges.into_iter().filter(|edge| edges_of(base, edge).is_none()));
    }
    pending
}

/// What there is in at most [`CHUNK`] bytes and one more, if they are in memory.
fn count(base: &Base, range: Range<u64>) -> Option<Counted> {
    if range.end - range.start > CHUNK + 1 {
        return None;
    }
    let mut bytes = vec![0; (range.end - range.start) as usize];
    match base.source.try_read_at(range.start, &mut bytes) {
        TryRead::Ready => Some(Counted::of(&bytes, base.index.line_break(), range.start)),
        TryRead::Pending => None,
        // Lost chunks are counted as without newlines.
        TryRead::Lost(_) => {
            base.index.lose(range.start);
            Some(Counted::whole(0))
        }
    }
}
