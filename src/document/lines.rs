use std::ops::Range;

use super::line_index::{CHUNK, LineIndex, Place};
use super::piece::{self, Extent, Piece, Pieces};
use super::raw;
use super::snapshot::Snapshot;
use super::store::{Base, Store, Stores, rope_newlines};
use crate::source::TryRead;

/// A count that rests on bytes that may not all be counted yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Exact(u64),
    /// An estimate from the density of what is counted; drawn as `~1,234`.
    About(u64),
}

/// Where [`Snapshot::line_start`] found a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineStart {
    /// The line starts at this byte.
    At(u64),
    /// The document has fewer lines; it has this many.
    Beyond(u64),
    /// Newlines before it are not all counted yet; `guess` is a byte near where it may start.
    Uncounted { guess: u64 },
    /// The bytes to scan are not in memory: read them in a job and ask again.
    Pending(Range<u64>),
}

/// At most so many pieces that [`super::Document::settle`] has not yet counted are counted for one answer.
const UNSETTLED: usize = 16;
/// The length of a line where nothing is known.
const ASSUMED_LINE: u64 = 64;

/// What is known of a range of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub newlines: u64,
    /// Bytes whose newlines are not known.
    pub uncounted: u64,
}

impl Tally {
    fn exact(newlines: u64) -> Self {
        Self { newlines, uncounted: 0 }
    }

    fn unknown(range: &Range<u64>) -> Self {
        Self { newlines: 0, uncounted: range.end - range.start }
    }

    fn add(&mut self, other: Self) {
        self.newlines += other.newlines;
        self.uncounted += other.uncounted;
    }
}

impl Snapshot {
    /// How many newlines there are.
    pub fn newlines(&self) -> Count {
        self.line_at(self.len())
    }

    /// How many newlines stand before `offset`, that is, the 0-based line of `offset`. Never waits: where bytes
    /// are not in memory, the answer is `About`. Reads at most one chunk of 64 KiB, and two more for each piece
    /// (of at most 16) that is freshly cut and not yet settled.
    pub fn line_at(&self, offset: u64) -> Count {
        let (before, mut tally) = match self.pieces.find(offset, piece::bytes) {
            Some((piece, before)) => {
                let part = piece.start..piece.start + (offset - before.bytes);
                (before, tally(&self.stores, piece, part))
            }
            None => (*self.pieces.summary(), Tally::default()),
        };
        tally.newlines += before.newlines;
        tally.uncounted += before.uncounted;
        let mut at = 0;
        for _ in 0..UNSETTLED {
            if at >= before.uncounted {
                break;
            }
            let (piece, place) =
                self.pieces.find(at, |extent| extent.uncounted).expect("a piece of the uncounted bytes");
            tally.uncounted -= piece.len;
            tally.add(self::tally(&self.stores, piece, piece.start..piece.end()));
            at = place.uncounted + piece.len;
        }
        match tally.uncounted {
            0 => Count::Exact(tally.newlines),
            uncounted => {
                let (newlines, bytes) = self.density();
                let estimate = u128::from(uncounted) * u128::from(newlines) / u128::from(bytes);
                Count::About(tally.newlines + estimate as u64)
            }
        }
    }

    /// The first byte of 0-based `line`. Never waits; reads no more than [`Snapshot::line_at`].
    pub fn line_start(&self, line: u64) -> LineStart {
        let Some(newline) = line.checked_sub(1) else {
            return LineStart::At(0);
        };
        // Newlines of uncounted pieces before, which the sums of the tree leave out.
        let mut unsettled = 0;
        let mut at = 0;
        let mut looks = 0;
        while let Some((piece, before)) = self.pieces.find(at, |extent| extent.uncounted) {
            if newline < before.newlines + unsettled {
                break;
            }
            let rest = newline - before.newlines - unsettled;
            let tally = tally(&self.stores, piece, piece.start..piece.end());
            if tally.uncounted > 0 || rest < tally.newlines {
                return self.newline_in(piece, before.bytes, rest);
            }
            looks += 1;
            if looks == UNSETTLED {
                let guess = self.guess(before.bytes + piece.len, rest - tally.newlines);
                return LineStart::Uncounted { guess };
            }
            unsettled += tally.newlines;
            at = before.uncounted + piece.len;
        }
        let counted = newline - unsettled;
        match self.pieces.find(counted, |extent| extent.newlines) {
            Some((piece, before)) => self.newline_in(piece, before.bytes, counted - before.newlines),
            None => LineStart::Beyond(self.pieces.summary().newlines + unsettled + 1),
        }
    }

    /// The start of the line behind newline number `newline` (from 0) of `piece`, which stands at `at`.
    fn newline_in(&self, piece: &Piece, at: u64, newline: u64) -> LineStart {
        let behind = |offset: u64| LineStart::At(at + (offset - piece.start) + 1);
        match self.stores.of(piece) {
            Store::Text { rope, .. } => {
                let line = rope.byte_to_line(piece.start as usize) + newline as usize + 1;
                behind(rope.line_to_byte(line) as u64 - 1)
            }
            Store::Raw { raw, .. } => behind(raw.newline(raw.newlines(0..piece.start) + newline)),
            Store::Base(base) => self.newline_in_base(base, piece, at, newline),
        }
    }

    fn newline_in_base(&self, base: &Base, piece: &Piece, at: u64, newline: u64) -> LineStart {
        let position = |offset: u64| at + (offset - piece.start);
        let uncounted = |offset: u64, newlines: u64| LineStart::Uncounted {
            guess: self.guess(position(offset), newlines),
        };
        let mut from = piece.start / base.index.chunk();
        let mut newline = newline;
        if piece.start > base.index.range_of(from).start {
            let end = base.index.range_of(from).end.min(piece.end());
            let head = tally_base(base, piece.start..end);
            if head.uncounted > 0 {
                return match base.index.chunk_newlines(from) {
                    Some(_) => LineStart::Pending(at..position(end)),
                    None => uncounted(piece.start, newline),
                };
            }
            if newline < head.newlines {
                return self.scan_for(base, piece.start..end, newline, position);
            }
            newline -= head.newlines;
            from += 1;
        }
        let (chunk, newline) = match base.index.place(from, newline) {
            Place::Chunk { chunk, before } | Place::Uncounted { chunk, before } => (chunk, newline - before),
            Place::Beyond { newlines } => return uncounted(piece.end(), newline - newlines),
        };
        let range = base.index.range_of(chunk);
        if range.start >= piece.end() {
            return uncounted(piece.end(), newline);
        }
        self.scan_for(base, range.start..range.end.min(piece.end()), newline, position)
    }

    /// Looks for newline number `newline` of `range`, which lies in one chunk.
    fn scan_for(
        &self,
        base: &Base,
        range: Range<u64>,
        newline: u64,
        position: impl Fn(u64) -> u64,
    ) -> LineStart {
        let uncounted = |offset: u64, newlines: u64| LineStart::Uncounted {
            guess: self.guess(position(offset), newlines),
        };
        let is_counted = base.index.chunk_newlines(range.start / base.index.chunk()).is_some();
        if range.end - range.start > CHUNK {
            return uncounted(range.start, newline);
        }
        let mut bytes = vec![0; (range.end - range.start) as usize];
        match base.source.try_read_at(range.start, &mut bytes) {
            TryRead::Ready => {
                let found = memchr::memchr_iter(b'\n', &bytes).nth(newline as usize);
                match found {
                    Some(index) => LineStart::At(position(range.start + index as u64) + 1),
                    None => uncounted(range.end, newline - raw::count(&bytes)),
                }
            }
            TryRead::Pending if is_counted => LineStart::Pending(position(range.start)..position(range.end)),
            TryRead::Pending | TryRead::Lost(_) => uncounted(range.start, newline),
        }
    }

    /// Where the line behind so many newlines from `at` on may start.
    fn guess(&self, at: u64, newlines: u64) -> u64 {
        let (known, bytes) = self.density();
        let far = u128::from(newlines) * u128::from(bytes) / u128::from(known.max(1));
        at.saturating_add(u64::try_from(far).unwrap_or(u64::MAX)).min(self.len())
    }

    /// How many newlines there are in how many bytes, as far as is known.
    fn density(&self) -> (u64, u64) {
        let extent = self.pieces.summary();
        let mut newlines = extent.newlines;
        let mut bytes = extent.bytes - extent.uncounted;
        if let Some(base) = self.newest().store.and_then(|store| self.stores.base(store)) {
            let total = base.index.total();
            newlines += total.newlines;
            bytes += total.known_chunks.saturating_mul(base.index.chunk()).min(base.index.len());
        }
        if bytes == 0 { (1, ASSUMED_LINE) } else { (newlines, bytes) }
    }
}

/// The first piece at `at` or behind it whose newlines are not counted, and where it stands.
pub(super) fn next_uncounted(pieces: &Pieces, at: u64) -> Option<(u64, Piece)> {
    // A piece that begins before `at` has had its turn.
    let before = match pieces.find(at, piece::bytes) {
        Some((piece, before)) if before.bytes < at && piece.newlines().is_none() => {
            before.uncounted + piece.len
        }
        Some((_, before)) => before.uncounted,
        None => return None,
    };
    let (piece, before) = pieces.find(before, |extent: &Extent| extent.uncounted)?;
    Some((before.bytes, *piece))
}

/// What is known of `range` of the store of `piece`, which lies in it.
pub(super) fn tally(stores: &Stores, piece: &Piece, range: Range<u64>) -> Tally {
    if range.is_empty() || piece.newlines() == Some(0) {
        return Tally::default();
    }
    if range == (piece.start..piece.end())
        && let Some(newlines) = piece.newlines()
    {
        return Tally::exact(newlines);
    }
    match stores.of(piece) {
        Store::Text { rope, .. } => Tally::exact(rope_newlines(rope, range)),
        Store::Raw { raw, .. } => Tally::exact(raw.newlines(range)),
        Store::Base(base) => tally_base(base, range),
    }
}

/// The chunks that lie wholly in a range of a base, and what lies in others: at its start, at its end.
fn chunks_and_borders(index: &LineIndex, range: &Range<u64>) -> (Range<u64>, [Range<u64>; 2]) {
    let (first, last) = (range.start / index.chunk(), (range.end - 1) / index.chunk());
    let (head, tail) = (index.range_of(first), index.range_of(last));
    let cuts_head = range.start > head.start || range.end < head.end;
    let cuts_tail = range.end < tail.end && first < last;
    let head_end = if cuts_head { head.end.min(range.end) } else { range.start };
    let tail_start = if cuts_tail { tail.start } else { range.end };
    let chunks = first + u64::from(cuts_head)..last + 1 - u64::from(cuts_tail);
    (chunks, [range.start..head_end, tail_start..range.end])
}

fn tally_base(base: &Base, range: Range<u64>) -> Tally {
    let index = &base.index;
    let chunk = range.start / index.chunk();
    if range.end <= index.range_of(chunk).end && index.chunk_newlines(chunk).is_none() {
        // A small document is counted as soon as it is asked.
        return tally_border(base, range, None);
    }
    let (chunks, borders) = chunks_and_borders(index, &range);
    let mut tally = Tally::default();
    if !chunks.is_empty() {
        let sum = index.sum(chunks.clone());
        let unknown = chunks.end - chunks.start - sum.known_chunks;
        let bytes = index.range_of(chunks.end - 1).end - index.range_of(chunks.start).start;
        tally.newlines = sum.newlines;
        tally.uncounted = unknown.saturating_mul(index.chunk()).min(bytes);
    }
    for border in borders {
        if border.is_empty() {
            continue;
        }
        // An estimate does not get better by reading.
        let is_exact = tally.uncounted == 0;
        tally.add(match index.chunk_newlines(border.start / index.chunk()) {
            Some(0) => Tally::default(),
            known if is_exact => tally_border(base, border, known),
            _ => Tally::unknown(&border),
        });
    }
    tally
}

/// Of a range that lies in one chunk, of which `known` is the count: by reading what is less of it and of the
/// rest of the chunk.
fn tally_border(base: &Base, range: Range<u64>, known: Option<u64>) -> Tally {
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
        .and_then(|newlines| Some(newlines.saturating_sub(count(base, rest)?)));
    let counted = by_rest.or_else(|| count(base, range.clone()));
    counted.map_or_else(|| Tally::unknown(&range), Tally::exact)
}

/// The parts of `piece` that are not in memory, for want of which alone its newlines are not known.
pub(super) fn pending(stores: &Stores, piece: &Piece) -> Vec<Range<u64>> {
    let Some(base) = stores.base(piece.store) else {
        return Vec::new();
    };
    let (chunks, borders) = chunks_and_borders(&base.index, &(piece.start..piece.end()));
    if base.index.sum(chunks.clone()).known_chunks < chunks.end.saturating_sub(chunks.start) {
        return Vec::new();
    }
    let is_pending = |border: &Range<u64>| {
        let known = base.index.chunk_newlines(border.start / base.index.chunk());
        let fits = border.end - border.start <= CHUNK;
        fits && known != Some(0) && tally_border(base, border.clone(), known).uncounted > 0
    };
    let borders = borders.into_iter().filter(|border| !border.is_empty());
    borders.filter(is_pending).collect()
}

/// The newlines of at most [`CHUNK`] bytes, if they are in memory.
fn count(base: &Base, range: Range<u64>) -> Option<u64> {
    if range.end - range.start > CHUNK {
        return None;
    }
    let mut bytes = vec![0; (range.end - range.start) as usize];
    match base.source.try_read_at(range.start, &mut bytes) {
        TryRead::Ready => Some(raw::count(&bytes)),
        TryRead::Pending => None,
        // Lost chunks are counted as without newlines.
        TryRead::Lost(_) => Some(0),
    }
}
