use std::ops::Range;

use super::piece::{self, Piece};
use super::seams::Seam;
use super::snapshot::Snapshot;
use super::store::{Base, Store};
use super::sum_tree::{Item, Monoid};
use crate::source::TryRead;

/// Where [`Snapshot::newline_before`] or [`Snapshot::newline_after`] found a newline, that is, what ends a line in this
/// document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Newline {
    /// The newline starts here; a line starts [`super::LineBreak::width`] bytes further on.
    At(u64),
    /// There is none up to the start or end of the document.
    None,
    /// There is none within the budget of bytes to read; the search got as far as this offset.
    Far(u64),
    /// The bytes to look at are not in memory: read them in a job and ask again.
    Pending(Range<u64>),
}

/// The first read is small, since most lines are short; each further one is twice as large.
const FIRST_READ: u64 = 4 << 10;
const LARGEST_READ: u64 = 64 << 10;
/// What a look at a piece takes from the budget, so that very many pieces end the search too.
const PIECE: u64 = 64;

/// What a search in one piece has found, by offset in its store.
enum Found {
    At(u64),
    None,
    Far(u64),
    Pending(Range<u64>),
}

impl Snapshot {
    /// The last newline that lies whole in `..offset`. Skips chunks known to hold none; reads at most `budget` bytes. A
    /// look at a piece takes 64 bytes of the budget.
    pub fn newline_before(&self, offset: u64, mut budget: u64) -> Newline {
        let epoch = self.stores.epoch();
        let mut end = offset.min(self.len());
        end -= end % self.line_break().width();
        while let Some(last) = end.checked_sub(1) {
            let Some((piece, before)) = self.pieces.find(last, piece::bytes) else {
                break;
            };
            let range = piece.start..piece.start + (end - before.bytes);
            let found = self.last_in(piece, range, before.bytes, &mut budget);
            let seam = || self.answer_at_seam(before.bytes);
            if let Some(newline) = answer(found, piece, before.bytes).or_else(seam) {
                return newline;
            }
            // The last piece before that can have one.
            let Some(unit) = before.lines_or_unknown(epoch).checked_sub(1) else {
                break;
            };
            let Some((piece, place)) = self.pieces.find_where(|extent| extent.lines_or_unknown(epoch) > unit)
            else {
                break;
            };
            end = place.bytes + piece.len;
            if end < before.bytes
                && let Some(newline) = self.answer_at_seam(end)
            {
                return newline;
            }
            budget = budget.saturating_sub(PIECE);
            if budget == 0 {
                return Newline::Far(end);
            }
        }
        Newline::None
    }

    /// The first newline that lies whole in `offset..`. Skips chunks known to hold none; reads at most `budget` bytes. A
    /// look at a piece takes 64 bytes of the budget.
    pub fn newline_after(&self, offset: u64, mut budget: u64) -> Newline {
        let epoch = self.stores.epoch();
        let mut start = offset.min(self.len()).next_multiple_of(self.line_break().width());
        while let Some((piece, before)) = self.pieces.find(start, piece::bytes) {
            let range = piece.start + (start - before.bytes)..piece.end();
            let end = before.bytes + piece.len;
            let found = self.first_in(piece, range, before.bytes, &mut budget);
            let seam = || self.answer_at_seam(end);
            if let Some(newline) = answer(found, piece, before.bytes).or_else(seam) {
                return newline;
            }
            // The first piece behind that can have one.
            let mut with = before;
            with.add(&piece.summary());
            let unit = with.lines_or_unknown(epoch);
            let Some((_, before)) = self.pieces.find_where(|extent| extent.lines_or_unknown(epoch) > unit)
            else {
                break;
            };
            start = before.bytes;
            if start > end
                && let Some(newline) = self.answer_at_seam(start)
            {
                return newline;
            }
            budget = budget.saturating_sub(PIECE);
            if budget == 0 {
                return Newline::Far(start);
            }
        }
        Newline::None
    }

    /// The newline of which one byte stands before `at` and one behind it.
    fn answer_at_seam(&self, at: u64) -> Option<Newline> {
        match Seam::at(self, at) {
            Seam::None => None,
            Seam::Break => Some(Newline::At(at - 1)),
            Seam::Pending => Some(Newline::Pending(at - 1..at + 1)),
        }
    }

    /// The last newline in `range` of `piece`, which stands at `at`.
    fn last_in(&self, piece: &Piece, range: Range<u64>, at: u64, budget: &mut u64) -> Found {
        let parity = piece.start ^ at;
        if self.has_none(piece, parity) {
            return Found::None;
        }
        match self.stores.of(piece) {
            Store::Text { rope, .. } => {
                let line = rope.byte_to_line(range.end as usize);
                let last = (rope.line_to_byte(line) as u64).checked_sub(1);
                last.filter(|at| range.contains(at)).map_or(Found::None, Found::At)
            }
            Store::Raw { raw, .. } => {
                let last = raw.counted(range.clone()).breaks.at(parity).checked_sub(1);
                last.map_or(Found::None, |last| Found::At(raw.newline(range.start, parity, last)))
            }
            Store::Base(base) => last_in_base(base, range, parity, budget),
        }
    }

    /// The first newline in `range` of `piece`, which stands at `at`.
    fn first_in(&self, piece: &Piece, range: Range<u64>, at: u64, budget: &mut u64) -> Found {
        let parity = piece.start ^ at;
        if self.has_none(piece, parity) {
            return Found::None;
        }
        match self.stores.of(piece) {
            Store::Text { rope, .. } => {
                let line = rope.byte_to_line(range.start as usize);
                let newlines = rope.len_lines() - 1;
                let first = (line < newlines).then(|| rope.line_to_byte(line + 1) as u64 - 1);
                first.filter(|at| range.contains(at)).map_or(Found::None, Found::At)
            }
            Store::Raw { raw, .. } => match raw.counted(range.clone()).breaks.at(parity) {
                0 => Found::None,
                _ => Found::At(raw.newline(range.start, parity, 0)),
            },
            Store::Base(base) => first_in_base(base, range, parity, budget),
        }
    }

    fn has_none(&self, piece: &Piece, parity: u64) -> bool {
        let counted = piece.counted(self.stores.epoch());
        counted.is_some_and(|counted| counted.breaks.at(parity) == 0)
    }
}

/// What was found in the store of `piece` as an answer in the document, where it stands at `at`.
fn answer(found: Found, piece: &Piece, at: u64) -> Option<Newline> {
    let position = |offset: u64| at + (offset - piece.start);
    match found {
        Found::None => None,
        Found::At(offset) => Some(Newline::At(position(offset))),
        Found::Far(offset) => Some(Newline::Far(position(offset))),
        Found::Pending(range) => Some(Newline::Pending(position(range.start)..position(range.end))),
    }
}

/// The last newline in `range` of a base, of those at even or odd offsets, as `parity` is.
fn last_in_base(base: &Base, range: Range<u64>, parity: u64, budget: &mut u64) -> Found {
    let line_break = base.index.line_break();
    let mut buf = Vec::new();
    let mut end = range.end;
    let mut read = FIRST_READ;
    let mut paged = false;
    loop {
        end = base.index.skip_backward(end, parity);
        if end <= range.start {
            return Found::None;
        }
        let chunk = base.index.range_of((end - 1) / base.index.chunk());
        let page = if paged { (end - 1) % FIRST_READ + 1 } else { u64::MAX };
        let reach = read.min(*budget).min(end - range.start.max(chunk.start)).min(page);
        if reach == 0 {
            return Found::Far(end);
        }
        let start = end - reach;
        // One that starts there may reach over the end of what is looked at.
        let to = (end + line_break.width() - 1).min(range.end);
        buf.resize((to - start) as usize, 0);
        match base.source.try_read_at(start, &mut buf) {
            TryRead::Ready => {
                if let Some(index) = line_break.rfind(&buf, start + parity) {
                    return Found::At(start + index as u64);
                }
                read = (read * 2).min(LARGEST_READ);
            }
            TryRead::Pending => {
                let from = range.start.max(chunk.start).max(end.saturating_sub(LARGEST_READ));
                return Found::Pending(from..end);
            }
            // What can still be read beside what is lost is read by itself, page by page, as the screen does.
            TryRead::Lost(_) if !paged => {
                (paged, read) = (true, FIRST_READ);
                continue;
            }
            TryRead::Lost(_) => {}
        }
        *budget -= reach;
        end = start;
    }
}

/// The first newline in `range` of a base, of those at even or odd offsets, as `parity` is.
fn first_in_base(base: &Base, range: Range<u64>, parity: u64, budget: &mut u64) -> Found {
    let line_break = base.index.line_break();
    let mut buf = Vec::new();
    let mut start = range.start;
    let mut read = FIRST_READ;
    let mut paged = false;
    loop {
        start = base.index.skip_forward(start, parity);
        if start >= range.end {
            return Found::None;
        }
        let chunk = base.index.range_of(start / base.index.chunk());
        let page = if paged { FIRST_READ - start % FIRST_READ } else { u64::MAX };
        let reach = read.min(*budget).min(range.end.min(chunk.end) - start).min(page);
        if reach == 0 {
            return Found::Far(start);
        }
        // One that starts there may reach over the end of what is looked at.
        let to = (start + reach + line_break.width() - 1).min(range.end);
        buf.resize((to - start) as usize, 0);
        match base.source.try_read_at(start, &mut buf) {
            TryRead::Ready => {
                if let Some(index) = line_break.find(&buf, start + parity) {
                    return Found::At(start + index as u64);
                }
                read = (read * 2).min(LARGEST_READ);
            }
            TryRead::Pending => {
                let to = range.end.min(chunk.end).min(start + LARGEST_READ);
                return Found::Pending(start..to);
            }
            // What can still be read beside what is lost is read by itself, page by page, as the screen does.
            TryRead::Lost(_) if !paged => {
                (paged, read) = (true, FIRST_READ);
                continue;
            }
            TryRead::Lost(_) => {}
        }
        *budget -= reach;
        start += reach;
    }
}
