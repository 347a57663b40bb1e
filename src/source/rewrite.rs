use std::ops::Range;
use std::sync::Arc;

use super::{Identity, Source};

/// A run of bytes that a rewriting of a file keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where it stands in the old file.
    pub from: u64,
    /// Where it will stand.
    pub to: u64,
    /// Never 0.
    pub len: u64,
}

impl Kept {
    pub fn source(&self) -> Range<u64> {
        self.from..self.from + self.len
    }

    pub fn target(&self) -> Range<u64> {
        self.to..self.to + self.len
    }
}

/// Bytes of some ranges of a file, in memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Preserved {
    /// Sorted, disjoint, with the place of each in `bytes`.
    ranges: Arc<[(Range<u64>, u64)]>,
    bytes: Arc<[u8]>,
}

impl Preserved {
    /// `bytes` are those of `ranges`, which are disjoint, one behind the other.
    pub fn new(ranges: Vec<Range<u64>>, bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let mut at = 0;
        let mut placed: Vec<_> = ranges
            .into_iter()
            .map(|range| {
                let place = at;
                at += range.end - range.start;
                (range, place)
            })
            .collect();
        assert_eq!(at, bytes.len() as u64, "the bytes are those of the ranges");
        placed.sort_by_key(|(range, _)| range.start);
        Self { ranges: placed.into(), bytes }
    }

    /// In bytes.
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The bytes from `at` on, up to `len`, if they are preserved; else how many are not.
    fn at(&self, at: u64, len: u64) -> Result<&[u8], u64> {
        let next = self.ranges.partition_point(|(range, _)| range.end <= at);
        match self.ranges.get(next) {
            Some((range, place)) if range.start <= at => {
                let start = (place + (at - range.start)) as usize;
                Ok(&self.bytes[start..start + len.min(range.end - at) as usize])
            }
            Some((range, _)) => Err(len.min(range.start - at)),
            None => Err(len),
        }
    }
}

/// Where a byte of an old file is now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// In the file, at this offset.
    File(u64),
    Bytes(&'a [u8]),
    Lost,
}

/// One rewriting of a file in place, as far as it has come.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub before: Identity,
    /// `None` while it is under way.
    pub after: Option<Identity>,
    /// Sorted, both by where it stood and by where it will stand.
    kept: Arc<[Kept]>,
    pub preserved: Preserved,
    /// Of what moves to the right, everything from here on in the old file has moved.
    pub right: u64,
    /// Of what moves to the left, everything up to here in the old file has moved.
    pub left: u64,
    /// What moves just now.
    pub in_flux: Preserved,
    /// Reads the file in whatever state it is.
    pub file: Arc<dyn Source>,
}

impl Step {
    pub fn new(before: Identity, kept: Arc<[Kept]>, preserved: Preserved, file: Arc<dyn Source>) -> Self {
        let in_flux = Preserved::default();
        Self { before, after: None, kept, preserved, right: u64::MAX, left: 0, in_flux, file }
    }

    pub fn kept(&self) -> Arc<[Kept]> {
        Arc::clone(&self.kept)
    }

    /// Where the byte `at` of the old file is, and how many bytes, up to `len`, follow it there.
    pub fn place(&self, at: u64, len: u64) -> (Place<'_>, u64) {
        let next = self.kept.partition_point(|kept| kept.from + kept.len <= at);
        let kept = match self.kept.get(next) {
            Some(kept) if kept.from <= at => *kept,
            following => {
                let len = following.map_or(len, |kept| len.min(kept.from - at));
                return match self.preserved.at(at, len) {
                    Ok(bytes) => (Place::Bytes(bytes), bytes.len() as u64),
                    Err(len) => (Place::Lost, len),
                };
            }
        };
        let mut len = len.min(kept.from + kept.len - at);
        if kept.from == kept.to {
            return (Place::File(at), len);
        }
        match self.in_flux.at(at, len) {
            Ok(bytes) => return (Place::Bytes(bytes), bytes.len() as u64),
            Err(run) => len = run,
        }
        // Runs end where what has moved ends.
        let (has_moved, turn) = match kept.to > kept.from {
            true => (at >= self.right, self.right),
            false => (at < self.left, self.left),
        };
        if turn > at {
            len = len.min(turn - at);
        }
        (Place::File(if has_moved { at - kept.from + kept.to } else { at }), len)
    }
}
