use std::ops::Range;

use super::Pending;
use crate::document::{Missing, Snapshot, Window};

/// Reads ahead in steps of this, so that a screenful is one read.
const STEP: u64 = 16 * 1024;

/// Windows kept; the oldest goes first. A screen needs one, its wrapped lines' starts a few more.
const WINDOWS: usize = 6;

/// Bytes of a snapshot around the screen, each read once.
#[derive(Debug)]
pub struct Reader<'a> {
    pub snapshot: &'a Snapshot,
    windows: Vec<Window>,
}

impl<'a> Reader<'a> {
    pub fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, windows: Vec::new() }
    }

    /// The bytes of `range`, clamped to the document. Lost bytes read as zeros; [`Reader::lost`] tells.
    pub fn bytes(&mut self, range: Range<u64>) -> Result<&[u8], Pending> {
        let len = self.snapshot.len();
        let range = range.start.min(len)..range.end.min(len);
        if range.is_empty() {
            return Ok(&[]);
        }
        let index = match self.windows.iter().position(|window| holds(window, &range)) {
            Some(index) => index,
            None => {
                let start = range.start / STEP * STEP;
                let end = range.end.max(range.start + STEP).min(len);
                if self.windows.len() == WINDOWS {
                    self.windows.remove(0);
                }
                self.windows.push(self.snapshot.try_read(start..end));
                self.windows.len() - 1
            }
        };
        let window = &self.windows[index];
        for (gap, why) in &window.gaps {
            if *why == Missing::Pending && gap.start < range.end && range.start < gap.end {
                return Err(Pending(gap.clone()));
            }
        }
        let from = (range.start - window.start) as usize;
        Ok(&window.bytes[from..from + (range.end - range.start) as usize])
    }

    /// Why the first lost byte of `range` cannot be read, if one was met while reading it.
    pub fn lost(&self, range: Range<u64>) -> Option<String> {
        let windows = self.windows.iter().filter(|window| holds(window, &range));
        windows.flat_map(|window| &window.gaps).find_map(|(gap, why)| match why {
            Missing::Lost(lost) if gap.start < range.end && range.start < gap.end => Some(lost.to_string()),
            _ => None,
        })
    }
}

fn holds(window: &Window, range: &Range<u64>) -> bool {
    window.start <= range.start && range.end <= window.start + window.bytes.len() as u64
}
