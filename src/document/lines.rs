use std::ops::Range;

use super::breaks::Breaks;
use super::line_break::LineBreak;
use super::line_index::{CHUNK, Place};
use super::parts::{Part, Parts};
use super::piece::{self, Piece};
use super::seams::{Seam, Seams};
use super::snapshot::Snapshot;
use super::store::{Base, Store};
use super::sum_tree::{Item, Monoid};
use super::tally::{starting_in, tally};
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

impl Snapshot {
    /// What ends a line.
    pub fn line_break(&self) -> LineBreak {
        self.stores.line_break()
    }

    /// The newline counts of the newest base as bytes, for a cache; see [`super::LineIndex::to_bytes`]. For jobs.
    pub fn export_index(&self) -> Option<Vec<u8>> {
        self.stores.base(self.newest().store?)?.index.to_bytes()
    }

    /// How many newlines there are.
    pub fn newlines(&self) -> Count {
        self.line_at(self.len())
    }

    /// How many newlines stand whole before `offset`, that is, the 0-based line of `offset`. Never waits: where bytes
    /// are not in memory, the answer is `About`. Reads at most one chunk of 64 KiB, and two more for each piece
    /// (of at most 16) that is freshly cut and not yet settled.
    pub fn line_at(&self, offset: u64) -> Count {
        let epoch = self.stores.epoch();
        // All of the document is summed up, whatever stands at its end.
        let end = match offset < self.len() {
            true => offset - offset % self.line_break().width(),
            false => self.len(),
        };
        let (before, sum) = match self.pieces.find(end, piece::bytes) {
            Some((piece, before)) => {
                let part = piece.start..piece.start + (end - before.bytes);
                let mut sum = before;
                sum.add(&tally(&self.stores, piece, part.clone()).extent(&part, epoch));
                (before, sum)
            }
            None => (*self.pieces.summary(), *self.pieces.summary()),
        };
        let (mut newlines, mut uncounted) = (sum.newlines(epoch), sum.uncounted(epoch));
        let mut seams = Seams::default();
        let mut at = 0;
        for _ in 0..UNSETTLED {
            if at >= before.uncounted(epoch) {
                break;
            }
            let (piece, place) = self
                .pieces
                .find(at, |extent| extent.uncounted(epoch))
                .expect("a piece of the uncounted bytes");
            let tally = tally(&self.stores, piece, piece.start..piece.end());
            newlines += tally.counted.breaks.at(piece.start ^ place.bytes);
            uncounted = uncounted - piece.len + tally.uncounted;
            for seam in [place.bytes, place.bytes + piece.len] {
                match seams.next(self, seam) {
                    Seam::Break if seam < end => newlines += 1,
                    Seam::Pending if seam < end => uncounted += 1,
                    _ => {}
                }
            }
            at = place.uncounted(epoch) + piece.len;
        }
        match uncounted {
            0 if self.has_lost_before(end) => Count::About(newlines),
            0 => Count::Exact(newlines),
            uncounted => {
                let (known, bytes) = self.density();
                let estimate = u128::from(uncounted) * u128::from(known) / u128::from(bytes);
                Count::About(newlines + estimate as u64)
            }
        }
    }

    /// Were bytes before `offset` found lost when they were counted? True on doubt, where many edits stand before it.
    fn has_lost_before(&self, offset: u64) -> bool {
        let lost_from = |store| self.stores.base(store).map_or(u64::MAX, |base| base.index.lost_from());
        if self.stores.bases().all(|(store, _)| lost_from(store) == u64::MAX) {
            return false;
        }
        let mut parts = Parts::new(&self.pieces, 0..offset.min(self.len()));
        let is_lost = |part: Part| lost_from(part.piece.store) < part.to;
        parts.by_ref().take(UNSETTLED).any(is_lost) || parts.next().is_some()
    }

    /// The first byte of 0-based `line`. Never waits; reads no more than [`Snapshot::line_at`].
    pub fn line_start(&self, line: u64) -> LineStart {
        let Some(newline) = line.checked_sub(1) else {
            return LineStart::At(0);
        };
        let epoch = self.stores.epoch();
        // Newlines of uncounted pieces before, which the sums of the tree leave out.
        let mut unsettled = 0;
        let mut seams = Seams::default();
        let mut at = 0;
        let mut looks = 0;
        while let Some((piece, before)) = self.pieces.find(at, |extent| extent.uncounted(epoch)) {
            let start = before.bytes;
            let counted = before.newlines(epoch);
            if newline < counted + unsettled {
                break;
            }
            match seams.next(self, start) {
                Seam::Break if newline == counted + unsettled => return LineStart::At(start + 1),
                Seam::Break => unsettled += 1,
                Seam::Pending => return LineStart::Pending(start - 1..start + 1),
                Seam::None => {}
            }
            let rest = newline - counted - unsettled;
            let tally = tally(&self.stores, piece, piece.start..piece.end());
            let newlines = tally.counted.breaks.at(piece.start ^ start);
            if tally.uncounted > 0 || rest < newlines {
                return self.newline_in(piece, start, rest);
            }
            unsettled += newlines;
            let end = start + piece.len;
            match seams.next(self, end) {
                Seam::Break if rest == newlines => return LineStart::At(end + 1),
                Seam::Break => unsettled += 1,
                Seam::Pending => return LineStart::Pending(end - 1..end + 1),
                Seam::None => {}
            }
            looks += 1;
            if looks == UNSETTLED {
                let guess = self.guess(end, newline - counted - unsettled);
                return LineStart::Uncounted { guess };
            }
            at = before.uncounted(epoch) + piece.len;
        }
        let counted = newline - unsettled;
        match self.pieces.find_where(|extent| extent.newlines(epoch) > counted) {
            Some((piece, before)) => {
                let mut with = before;
                with.add(&piece.summary());
                let breaks = piece.counted(epoch).map_or(Breaks::default(), |counted| counted.breaks);
                let here = with.newlines(epoch) - before.newlines(epoch);
                // Of which one may begin in the piece before.
                let seam = here - breaks.at(piece.start ^ before.bytes);
                match (counted - before.newlines(epoch)).checked_sub(seam) {
                    Some(newline) => self.newline_in(piece, before.bytes, newline),
                    None => LineStart::At(before.bytes + 1),
                }
            }
            None => LineStart::Beyond(self.pieces.summary().newlines(epoch) + unsettled + 1),
        }
    }

    /// The start of the line behind newline number `newline` (from 0) of `piece`, which stands at `at`.
    fn newline_in(&self, piece: &Piece, at: u64, newline: u64) -> LineStart {
        let behind = |offset: u64| LineStart::At(at + (offset - piece.start) + self.line_break().width());
        match self.stores.of(piece) {
            Store::Text { rope, .. } => {
                let line = rope.byte_to_line(piece.start as usize) + newline as usize + 1;
                behind(rope.line_to_byte(line) as u64 - 1)
            }
            Store::Raw { raw, .. } => behind(raw.newline(piece.start, piece.start ^ at, newline)),
            Store::Base(base) => self.newline_in_base(base, piece, at, newline),
        }
    }

    fn newline_in_base(&self, base: &Base, piece: &Piece, at: u64, newline: u64) -> LineStart {
        let position = |offset: u64| at + (offset - piece.start);
        let uncounted = |offset: u64, newlines: u64| LineStart::Uncounted {
            guess: self.guess(position(offset), newlines),
        };
        let parity = piece.start ^ at;
        let mut from = piece.start / base.index.chunk();
        let mut newline = newline;
        if piece.start > base.index.range_of(from).start {
            let end = base.index.range_of(from).end.min(piece.end());
            let known = base.index.chunk_newlines(from);
            let Some(head) = starting_in(base, piece.start..end, piece.end(), known) else {
                return match known {
                    Some(_) => {
                        let to = (end + self.line_break().width() - 1).min(piece.end());
                        LineStart::Pending(at..position(to))
                    }
                    None => uncounted(piece.start, newline),
                };
            };
            if newline < head.at(parity) {
                return self.scan_for(base, piece.start..end, piece, at, newline);
            }
            newline -= head.at(parity);
            from += 1;
        }
        let (chunk, newline) = match base.index.place(from, parity, newline) {
            Place::Chunk { chunk, before } | Place::Uncounted { chunk, before } => (chunk, newline - before),
            Place::Beyond { newlines } => return uncounted(piece.end(), newline - newlines),
        };
        let range = base.index.range_of(chunk);
        if range.start >= piece.end() {
            return uncounted(piece.end(), newline);
        }
        self.scan_for(base, range.start..range.end.min(piece.end()), piece, at, newline)
    }

    /// Looks for newline number `newline` of those that start in `range` of `piece`, which lies in one chunk.
    fn scan_for(&self, base: &Base, range: Range<u64>, piece: &Piece, at: u64, newline: u64) -> LineStart {
        let position = |offset: u64| at + (offset - piece.start);
        let uncounted = |offset: u64, newlines: u64| LineStart::Uncounted {
            guess: self.guess(position(offset), newlines),
        };
        let is_counted = base.index.chunk_newlines(range.start / base.index.chunk()).is_some();
        if range.end - range.start > CHUNK {
            return uncounted(range.start, newline);
        }
        let line_break = self.line_break();
        // The last of them may reach into the next chunk.
        let end = (range.end + line_break.width() - 1).min(piece.end());
        let mut bytes = vec![0; (end - range.start) as usize];
        match base.source.try_read_at(range.start, &mut bytes) {
            TryRead::Ready => {
                let mut found = line_break.all(&bytes, position(range.start));
                match found.nth(newline as usize) {
                    Some(index) => LineStart::At(position(range.start + index as u64) + line_break.width()),
                    None => uncounted(range.end, newline - line_break.count(&bytes, position(range.start))),
                }
            }
            TryRead::Pending if is_counted => LineStart::Pending(position(range.start)..position(end)),
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
        let epoch = self.stores.epoch();
        let extent = self.pieces.summary();
        let mut newlines = extent.newlines(epoch);
        let mut bytes = extent.bytes - extent.uncounted(epoch);
        if let Some(base) = self.newest().store.and_then(|store| self.stores.base(store)) {
            let total = base.index.total();
            newlines += total.newlines.at(0);
            bytes += total.known_chunks.saturating_mul(base.index.chunk()).min(base.index.len());
        }
        if bytes == 0 { (1, ASSUMED_LINE) } else { (newlines, bytes) }
    }
}
