use std::ops::Range;

use super::piece::{self, Extent, Piece};
use super::snapshot::Snapshot;
use super::store::{Base, Store};
use super::sum_tree::Item;
use crate::source::TryRead;

/// Where [`Snapshot::newline_before`] or [`Snapshot::newline_after`] found a newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Newline {
    /// The newline byte stands here.
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
    /// The last newline in `..offset`. Skips chunks known to hold none; reads at most `budget` bytes. A look at a
    /// piece takes 64 bytes of the budget.
    pub fn newline_before(&self, offset: u64, mut budget: u64) -> Newline {
        let mut end = offset.min(self.len());
        while let Some(last) = end.checked_sub(1) {
            let Some((piece, before)) = self.pieces.find(last, piece::bytes) else {
                break;
            };
            let range = piece.start..piece.start + (end - before.bytes);
            if let Some(newline) = answer(self.last_in(piece, range, &mut budget), piece, before.bytes) {
                return newline;
            }
            // The last piece before that can have one.
            let Some(unit) = lines_or_unknown(&before).checked_sub(1) else {
                break;
            };
            let Some((piece, before)) = self.pieces.find(unit, lines_or_unknown) else {
                break;
            };
            end = before.bytes + piece.len;
            budget = budget.saturating_sub(PIECE);
            if budget == 0 {
                return Newline::Far(end);
            }
        }
        Newline::None
    }

    /// The first newline in `offset..`. Skips chunks known to hold none; reads at most `budget` bytes. A look at
    /// a piece takes 64 bytes of the budget.
    pub fn newline_after(&self, offset: u64, mut budget: u64) -> Newline {
        let mut start = offset;
        while let Some((piece, before)) = self.pieces.find(start, piece::bytes) {
            let range = piece.start + (start - before.bytes)..piece.end();
            if let Some(newline) = answer(self.first_in(piece, range, &mut budget), piece, before.bytes) {
                return newline;
            }
            // The first piece behind that can have one.
            let unit = lines_or_unknown(&before) + lines_or_unknown(&piece.summary());
            let Some((_, before)) = self.pieces.find(unit, lines_or_unknown) else {
                break;
            };
            start = before.bytes;
            budget = budget.saturating_sub(PIECE);
            if budget == 0 {
                return Newline::Far(start);
            }
        }
        Newline::None
    }

    fn last_in(&self, piece: &Piece, range: Range<u64>, budget: &mut u64) -> Found {
        if piece.newlines() == Some(0) {
            return Found::None;
        }
        let last = match self.stores.of(piece) {
            Store::Text { rope, .. } => {
                let line = rope.byte_to_line(range.end as usize);
                (rope.line_to_byte(line) as u64).checked_sub(1)
            }
            Store::Raw { raw, .. } => raw.newlines(0..range.end).checked_sub(1).map(|last| raw.newline(last)),
            Store::Base(base) => return last_in_base(base, range, budget),
        };
        last.filter(|at| range.contains(at)).map_or(Found::None, Found::At)
    }

    fn first_in(&self, piece: &Piece, range: Range<u64>, budget: &mut u64) -> Found {
        if piece.newlines() == Some(0) {
            return Found::None;
        }
        let first = match self.stores.of(piece) {
            Store::Text { rope, .. } => {
                let line = rope.byte_to_line(range.start as usize);
                let newlines = rope.len_lines() - 1;
                (line < newlines).then(|| rope.line_to_byte(line + 1) as u64 - 1)
            }
            Store::Raw { raw, .. } => {
                let before = raw.newlines(0..range.start);
                (before < raw.newlines(0..raw.len())).then(|| raw.newline(before))
            }
            Store::Base(base) => return first_in_base(base, range, budget),
        };
        first.filter(|at| range.contains(at)).map_or(Found::None, Found::At)
    }
}

fn lines_or_unknown(extent: &Extent) -> u64 {
    extent.newlines + extent.uncounted
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

fn last_in_base(base: &Base, range: Range<u64>, budget: &mut u64) -> Found {
    let mut buf = Vec::new();
    let mut end = range.end;
    let mut read = FIRST_READ;
    let mut paged = false;
    loop {
        end = base.index.skip_backward(end);
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
        buf.resize(reach as usize, 0);
        match base.source.try_read_at(start, &mut buf) {
            TryRead::Ready => {
                if let Some(index) = memchr::memrchr(b'\n', &buf) {
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

fn first_in_base(base: &Base, range: Range<u64>, budget: &mut u64) -> Found {
    let mut buf = Vec::new();
    let mut start = range.start;
    let mut read = FIRST_READ;
    let mut paged = false;
    loop {
        start = base.index.skip_forward(start);
        if start >= range.end {
            return Found::None;
        }
        let chunk = base.index.range_of(start / base.index.chunk());
        let page = if paged { FIRST_READ - start % FIRST_READ } else { u64::MAX };
        let reach = read.min(*budget).min(range.end.min(chunk.end) - start).min(page);
        if reach == 0 {
            return Found::Far(start);
        }
        buf.resize(reach as usize, 0);
        match base.source.try_read_at(start, &mut buf) {
            TryRead::Ready => {
                if let Some(index) = memchr::memchr(b'\n', &buf) {
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
