use super::snapshot::{Missing, Snapshot};

/// Is there a line break of which one byte stands before a place and one behind it?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seam {
    None,
    Break,
    /// One of the two bytes is not in memory.
    Pending,
}

impl Seam {
    /// That at `at`, by reading two bytes.
    pub fn at(snapshot: &Snapshot, at: u64) -> Self {
        let line_break = snapshot.line_break();
        if line_break.width() == 1 || at.is_multiple_of(2) || at >= snapshot.len() {
            return Self::None;
        }
        let window = snapshot.try_read(at - 1..at + 1);
        if window.gaps.iter().any(|(_, missing)| *missing == Missing::Pending) {
            Self::Pending
        } else if window.gaps.is_empty() && line_break.find(&window.bytes, window.start).is_some() {
            Self::Break
        } else {
            Self::None
        }
    }
}

/// Seams of pieces one after the other, each of which is met once.
#[derive(Debug, Default)]
pub(super) struct Seams {
    last: u64,
}

impl Seams {
    /// That at `at`, unless it was met just before.
    pub fn next(&mut self, snapshot: &Snapshot, at: u64) -> Seam {
        if std::mem::replace(&mut self.last, at) == at { Seam::None } else { Seam::at(snapshot, at) }
    }
}
