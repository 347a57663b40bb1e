//! Line marks outlive a reload: each goes to where its line stands in the file as it is now.

use std::ops::Range;

use memchr::memmem;

use super::{Editor, Event, Tab, TabId, Task};
use crate::document::{Bias, Snapshot};
use crate::source::Cancel;

/// Bytes of a marked line that have to be found again, and bytes before it that tell it from others like it.
const LINE: u64 = 128;
const BEFORE: u64 = 64;

/// How far from where it was expected a line is looked for, in bytes.
const FAR: u64 = 1 << 20;

/// Marked lines, found in other contents.
pub(super) struct FoundMarks {
    new: Snapshot,
    marks: Vec<u64>,
}

impl Editor {
    /// Finds the marked lines of `old`, in a job, in the document that took its place.
    pub(super) fn find_marks(&mut self, index: usize, old: &Tab) {
        if old.marks.is_empty() {
            return;
        }
        let tab = &self.tabs[index];
        let (marks, old) = (old.marks.clone(), old.document.snapshot());
        let new = tab.document.snapshot();
        self.jobs.spawn(Task::FindMarks, Some(tab.id), 0, move |cancel, _| {
            let marks = find(&marks, &old, &new, cancel);
            Event::FoundMarks(Box::new(FoundMarks { new, marks }))
        });
    }

    pub(super) fn found_marks(&mut self, tab: Option<TabId>, found: &FoundMarks) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else { return };
        let since = found.new.edits_since();
        let marks = found.marks.iter().map(|mark| since.map(*mark, Bias::Before));
        let tab = &mut self.tabs[index];
        tab.marks.extend(marks);
        tab.marks.sort_unstable();
        tab.marks.dedup();
    }
}

/// Where the lines at `marks` of `old` start in `new`: those that are still there, and tell where they are.
fn find(marks: &[u64], old: &Snapshot, new: &Snapshot, cancel: &Cancel) -> Vec<u64> {
    let line_break = new.line_break();
    let mut shift = 0_i128;
    let mut found = Vec::new();
    for &mark in marks {
        if cancel.is_cancelled() {
            return Vec::new();
        }
        let from = mark - BEFORE.min(mark);
        let Ok(bytes) = old.read(from..(mark + LINE).min(old.len())) else { continue };
        let at = (mark - from) as usize;
        let end = line_break.find(&bytes[at..], mark);
        let end = end.map_or(bytes.len(), |end| at + end + line_break.width() as usize);
        let expected = (i128::from(mark) + shift).clamp(0, i128::from(new.len())) as u64;
        let near = expected.saturating_sub(FAR + BEFORE)..expected.saturating_add(FAR + LINE).min(new.len());
        let Ok(window) = new.read(near.clone()) else { continue };
        // With what stands before it; else by its own text; else, if that was edited, by what stands before it.
        let stands = [(&bytes[..end], at), (&bytes[at..end], 0), (&bytes[..at], at)];
        let place =
            stands.into_iter().find_map(|(text, before)| only(text, before, &window, &near, expected));
        if let Some(place) = place.filter(|place| *place < new.len()) {
            shift = i128::from(place) - i128::from(mark);
            found.push(place);
        }
    }
    found
}

/// Where the byte stands in `near` that follows `before` bytes of `text`, if it stands at `expected`, or in one place only.
fn only(text: &[u8], before: usize, window: &[u8], near: &Range<u64>, expected: u64) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let mut places = memmem::find_iter(window, text).map(|at| near.start + (at + before) as u64);
    let first = places.next()?;
    if first == expected {
        return Some(first);
    }
    match places.next() {
        None => Some(first),
        Some(second) => (second == expected || places.any(|place| place == expected)).then_some(expected),
    }
}
