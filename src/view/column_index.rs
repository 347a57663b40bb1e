use std::ops::{ControlFlow, Range};

use super::rows::NEAR;
use super::walk::{SIGHT, Stopped, Walk};
use crate::document::sum_tree::{Item, Monoid, SumTree};
use crate::document::{EditSet, Snapshot};
use crate::source::{Cancel, Progress, Scanned};
use crate::text::{MAX_CLUSTER, Reading};

/// Bytes that a job reads at once.
const READ: u64 = 1 << 20;

/// Lines up to this length get an index. It takes some 50 bytes for each 64 KiB.
const LONGEST: u64 = 16 << 30;

/// An index has no more stretches than this when it is built: 64 KiB is a `STRETCHES`th of `LONGEST`.
const STRETCHES: u64 = LONGEST / (64 << 10);

/// More replacements than these at once are not followed.
pub(super) const MOST_EDITS: usize = 64;

/// How far text moves a column on. What stands behind a tab takes the same columns wherever the tab is met, since it
/// leads to a stop: so two numbers say it for all columns to start from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Advance {
    /// Columns up to the first tab, or of all.
    head: u64,
    /// Columns behind the first tab, if there is one.
    tail: Option<u64>,
    /// The distance of tab stops; 0 where there is nothing yet.
    tab: u64,
}

impl Advance {
    /// That of what was walked over since `column`.
    pub fn of(walk: &Walk, column: u64, reading: Reading) -> Self {
        let tab = u64::from(reading.tab.max(1));
        match walk.first_tab {
            Some((before, behind)) => Self { head: before - column, tail: Some(walk.column - behind), tab },
            None => Self { head: walk.column - column, tail: None, tab },
        }
    }

    /// The column behind, if the text starts at `column`.
    fn column(&self, column: u64) -> u64 {
        match self.tail {
            Some(tail) => next_stop(column + self.head, self.tab) + tail,
            None => column + self.head,
        }
    }

    fn add(&mut self, next: &Self) {
        self.tab = self.tab.max(next.tab);
        match (&mut self.tail, next.tail) {
            (tail @ None, _) => (self.head, *tail) = (self.head + next.head, next.tail),
            (Some(tail), None) => *tail += next.head,
            (Some(tail), Some(last)) => *tail = next_stop(*tail + next.head, self.tab) + last,
        }
    }
}

fn next_stop(column: u64, tab: u64) -> u64 {
    (column / tab + 1) * tab
}

/// A run of cells of a line, or bytes that were not walked over yet.
#[derive(Clone, Debug)]
struct Stretch {
    bytes: u64,
    advance: Option<Advance>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Extent {
    bytes: u64,
    /// Bytes that were not walked over yet.
    unknown: u64,
    advance: Advance,
}

impl Monoid for Extent {
    fn add(&mut self, next: &Self) {
        self.bytes += next.bytes;
        self.unknown += next.unknown;
        self.advance.add(&next.advance);
    }
}

impl Item for Stretch {
    type Summary = Extent;

    fn summary(&self) -> Extent {
        let unknown = if self.advance.is_some() { 0 } else { self.bytes };
        Extent { bytes: self.bytes, unknown, advance: self.advance.unwrap_or_default() }
    }
}

fn bytes(extent: &Extent) -> u64 {
    extent.bytes
}

/// Parts of a stretch are not known: cells may lie across.
fn cut(stretch: &Stretch, at: u64) -> (Stretch, Stretch) {
    (unknown(at), unknown(stretch.bytes - at))
}

fn unknown(bytes: u64) -> Stretch {
    Stretch { bytes, advance: None }
}

/// The columns of a very long line, by stretches of about 64 KiB: so that any place in it is found by walking over one.
///
/// Made by a job ([`ColumnIndex::build`]) and handed to [`super::RowCache::put_columns`]. Edits leave all of it known
/// but the stretches that they touch, which are walked over again on screen.
#[derive(Clone, Debug)]
pub struct ColumnIndex {
    start: u64,
    reading: Reading,
    /// Stretches end between two cells, as long as what is before them does not change.
    stretches: SumTree<Stretch>,
}

impl ColumnIndex {
    /// That of a line of which nothing is known yet.
    pub(super) fn new(line: Range<u64>, reading: Reading) -> Self {
        let stretches = [unknown(line.end - line.start)].into_iter().filter(|all| all.bytes > 0).collect();
        Self { start: line.start, reading, stretches }
    }

    /// Should a job build that of a line of so many bytes?
    pub(super) fn is_worth_building(len: u64) -> bool {
        len <= LONGEST
    }

    /// Walks over `line`, its line ending included; for jobs. Lost bytes count as zeros, as on screen. `None` if it was
    /// cancelled. Progress is in bytes.
    pub fn build(
        snapshot: &Snapshot,
        line: Range<u64>,
        reading: Reading,
        cancel: &Cancel,
        progress: &Progress,
    ) -> Option<Self> {
        let line = line.start..line.end.min(snapshot.len()).max(line.start);
        progress.set_total(line.end - line.start);
        let length = NEAR.max((line.end - line.start) / STRETCHES);
        let mut stretches = Vec::new();
        let mut cells = Vec::new();
        let mut walk = Walk::from(line.start, 0);
        let mut first = walk;
        let mut mark = line.start + length;
        let (mut window, mut buf) = (line.start, Vec::new());
        loop {
            // What is left of the window is too short to see a cell's end in.
            let left = window + buf.len() as u64 - walk.byte;
            if left < SIGHT && window + (buf.len() as u64) < line.end {
                if cancel.is_cancelled() {
                    return None;
                }
                progress.add(walk.byte - window);
                window = walk.byte;
                buf = read(snapshot, window..(window + READ).min(line.end));
            }
            let sight = &buf[(walk.byte - window) as usize..];
            let at_end = sight.len() as u64 <= SIGHT && window + buf.len() as u64 == line.end;
            let sight = &sight[..sight.len().min(SIGHT as usize)];
            let stopped = walk.on(reading, sight, at_end, (mark, u64::MAX), &mut cells);
            match stopped {
                Stopped::Slice => continue,
                // The cell at the mark is longer than a stretch.
                Stopped::Byte if walk.byte == first.byte => mark += length,
                Stopped::Byte | Stopped::Column | Stopped::End => {
                    let ends = stopped == Stopped::End;
                    let end = if ends { line.end } else { walk.byte };
                    let advance = Some(Advance::of(&walk, first.column, reading));
                    if end > first.byte {
                        stretches.push(Stretch { bytes: end - first.byte, advance });
                    }
                    if ends {
                        progress.add(line.end - window);
                        return Some(Self {
                            start: line.start,
                            reading,
                            stretches: stretches.into_iter().collect(),
                        });
                    }
                    mark = walk.byte + length;
                    walk.first_tab = None;
                    first = walk;
                }
            }
        }
    }

    /// The line, as far as it is indexed.
    pub fn line(&self) -> Range<u64> {
        self.start..self.start + self.stretches.summary().bytes
    }

    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// Up to where columns are known, and the column there.
    pub(super) fn known(&self) -> (u64, u64) {
        let before = match self.stretches.find(0, |extent| extent.unknown) {
            Some((_, before)) => before,
            None => self.stretches.summary().clone(),
        };
        self.place(&before)
    }

    fn place(&self, before: &Extent) -> (u64, u64) {
        (self.start + before.bytes, before.advance.column(0))
    }

    /// The last known place between stretches at which byte and column are no more than these.
    pub(super) fn stop(&self, to: u64, to_column: u64) -> (u64, u64) {
        let (known, _) = self.known();
        let mut stop = (self.start, 0);
        // Places that are to be tried are the starts of the stretches that hold these bytes.
        let (mut from, mut end) = (0, (to.min(known) - self.start + 1).min(self.stretches.summary().bytes));
        while from < end {
            let middle = from + (end - from) / 2;
            let (stretch, before) = self.stretches.find(middle, bytes).expect("a stretch");
            let place = self.place(&before);
            if place.0 <= to.min(known) && place.1 <= to_column {
                stop = stop.max(place);
                from = before.bytes + stretch.bytes;
            } else {
                end = before.bytes;
            }
        }
        stop
    }

    /// The stretch that starts where what is known ends, as a document range.
    pub(super) fn first_unknown(&self) -> Option<Range<u64>> {
        let (stretch, before) = self.stretches.find(0, |extent| extent.unknown)?;
        let start = self.start + before.bytes;
        Some(start..start + stretch.bytes)
    }

    /// Notes how far the bytes `range`, whose start is known, move a column on.
    pub(super) fn fill(&mut self, range: Range<u64>, advance: Advance) {
        self.put(range.clone(), Stretch { bytes: range.end - range.start, advance: Some(advance) });
    }

    /// Makes the stretch that starts at `at` unknown, as one with the bytes from `from` on.
    pub(super) fn forget(&mut self, from: u64, at: u64) {
        if let Some((stretch, _)) = self.stretches.find(at - self.start, bytes) {
            let end = at + stretch.bytes;
            self.put(from..end, unknown(end - from));
        }
    }

    /// Makes it one of a line that ends at `end`.
    pub(super) fn fit(&mut self, end: u64) {
        let own = self.line().end;
        if end < own {
            self.stretches.split_off(end.saturating_sub(self.start), bytes, cut);
        } else if end > own {
            self.put(own..own, unknown(end - own));
        }
    }

    fn put(&mut self, range: Range<u64>, stretch: Stretch) {
        let (from, to) = (range.start - self.start, range.end - self.start);
        let new = [stretch].into_iter().filter(|stretch| stretch.bytes > 0).collect();
        self.stretches.replace(from..to, new, bytes, cut);
    }

    /// What is left of it after `edits`: what they touch has to be walked over again, the rest is known still. `None`
    /// if its line does not start where it did, or not for sure.
    pub fn after(&self, edits: &EditSet) -> Option<Self> {
        if edits.len() > MOST_EDITS {
            return None;
        }
        let mut index = self.clone();
        let line = self.line();
        let unit = self.reading.encoding.unit();
        let before = line.start.saturating_sub(self.reading.line_break.width());
        // The last first, so that places before it stay what they were.
        let ranges: Vec<_> = edits.ranges().collect();
        for (old, new) in ranges.into_iter().rev() {
            let (removed, inserted) = (old.end - old.start, new.end - new.start);
            let shifts = removed.abs_diff(inserted) % unit != 0;
            if old.start > line.end {
                continue;
            }
            if old.start < line.start {
                // The line break before must stand as it stood.
                if old.end > before || shifts {
                    return None;
                }
                index.start = index.start + inserted - removed;
                continue;
            }
            // Whether a cell ends somewhere is for the bytes behind to say.
            let near = (old.start - line.start).saturating_sub(MAX_CLUSTER as u64);
            let from = index.stretches.find(near, bytes).map_or(near, |(_, extent)| extent.bytes);
            let last = old.end.saturating_sub(1).max(line.start) - line.start;
            let behind = |(stretch, extent): (&Stretch, Extent)| extent.bytes + stretch.bytes;
            let whole = index.stretches.summary().bytes;
            let mut to = index.stretches.find(last, bytes).map_or(whole, behind);
            if old.end == line.start {
                to = 0;
            }
            if shifts {
                to = whole;
            }
            // The edit may reach beyond the line.
            let gone = removed.min(line.end - old.start);
            let left = (to.max(from) - from).saturating_sub(gone) + inserted;
            let new = [unknown(left)].into_iter().filter(|stretch| stretch.bytes > 0).collect();
            index.stretches.replace(from..to.max(from), new, bytes, cut);
        }
        Some(index)
    }
}

/// Bytes for a job. What cannot be read is zeros.
fn read(snapshot: &Snapshot, range: Range<u64>) -> Vec<u8> {
    let mut buf = vec![0; (range.end - range.start) as usize];
    let _ = snapshot.scan(range.clone(), &mut |scanned| {
        if let Scanned::Data { offset, bytes } = scanned {
            let at = (offset - range.start) as usize;
            buf[at..at + bytes.len()].copy_from_slice(bytes);
        }
        ControlFlow::Continue(())
    });
    buf
}

#[cfg(test)]
mod tests;
