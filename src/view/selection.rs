use std::ops::Range;

use crate::document::{Bias, Caret, EditSet};

/// A sorted set of ranges with carets, never empty; ranges do not overlap. Owned by a tab, shared by its text and
/// hex views, mapped through every edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    carets: Vec<Caret>,
    primary: usize,
}

impl Default for Selection {
    fn default() -> Self {
        Self::at(0)
    }
}

impl Selection {
    /// One caret, nothing selected.
    pub fn at(offset: u64) -> Self {
        Self::range(offset, offset)
    }

    /// One range, with the caret at `head`.
    pub fn range(anchor: u64, head: u64) -> Self {
        Self { carets: vec![Caret { anchor, head }], primary: 0 }
    }

    /// Sorts, and merges ranges that overlap or carets that coincide. The last of `carets` becomes the primary.
    pub fn new(carets: Vec<Caret>) -> Self {
        let Some(&primary) = carets.last() else { return Self::default() };
        let mut sorted = carets;
        sorted.sort_by_key(|caret| (span(caret).start, span(caret).end));
        let mut merged: Vec<Caret> = Vec::with_capacity(sorted.len());
        for caret in sorted {
            let range = span(&caret);
            match merged.last_mut() {
                Some(last) if overlaps(&span(last), &range) => {
                    let (start, end) = (span(last).start, span(last).end.max(range.end));
                    let backward = caret.head < caret.anchor;
                    *last = if backward {
                        Caret { anchor: end, head: start }
                    } else {
                        Caret { anchor: start, head: end }
                    };
                }
                _ => merged.push(caret),
            }
        }
        let at = span(&primary).start;
        let primary = merged.iter().rposition(|caret| span(caret).start <= at).unwrap_or(0);
        Self { carets: merged, primary }
    }

    pub fn carets(&self) -> &[Caret] {
        &self.carets
    }

    pub fn primary(&self) -> Caret {
        self.carets[self.primary]
    }

    /// The caret of the primary range.
    pub fn head(&self) -> u64 {
        self.primary().head
    }

    /// The primary range.
    pub fn span(&self) -> Range<u64> {
        span(&self.primary())
    }

    pub fn spans(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        self.carets.iter().map(span)
    }

    /// Bytes selected, over all ranges.
    pub fn selected(&self) -> u64 {
        self.spans().map(|range| range.end - range.start).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.selected() == 0
    }

    /// The same selection after `edits`. An empty caret at an insertion goes behind it; a range does not grow.
    pub fn map(&self, edits: &EditSet) -> Self {
        let map = |caret: &Caret| {
            let range = span(caret);
            if range.is_empty() {
                let at = edits.map(caret.head, Bias::After);
                return Caret { anchor: at, head: at };
            }
            let start = edits.map(range.start, Bias::After);
            let end = edits.map(range.end, Bias::Before).max(start);
            if caret.head < caret.anchor {
                Caret { anchor: end, head: start }
            } else {
                Caret { anchor: start, head: end }
            }
        };
        let mut carets: Vec<Caret> = self.carets.iter().map(map).collect();
        let primary = carets.remove(self.primary);
        carets.push(primary);
        Self::new(carets)
    }

    /// The same selection in a document of `len` bytes.
    pub fn clamp(&self, len: u64) -> Self {
        let mut carets: Vec<Caret> = self
            .carets
            .iter()
            .map(|caret| Caret { anchor: caret.anchor.min(len), head: caret.head.min(len) })
            .collect();
        let primary = carets.remove(self.primary);
        carets.push(primary);
        Self::new(carets)
    }
}

fn span(caret: &Caret) -> Range<u64> {
    caret.anchor.min(caret.head)..caret.anchor.max(caret.head)
}

/// Ranges that only touch stay apart, unless one of them is a bare caret.
fn overlaps(left: &Range<u64>, right: &Range<u64>) -> bool {
    right.start < left.end || (right.start == left.end && (left.is_empty() || right.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caret(anchor: u64, head: u64) -> Caret {
        Caret { anchor, head }
    }

    #[test]
    fn overlapping_ranges_merge_and_keep_the_direction_of_the_later() {
        let selection = Selection::new(vec![caret(10, 20), caret(25, 15), caret(40, 40)]);
        assert_eq!(selection.carets(), [caret(25, 10), caret(40, 40)]);
        assert_eq!(selection.primary(), caret(40, 40));
        assert_eq!(selection.selected(), 15);
    }

    #[test]
    fn touching_ranges_stay_apart_but_swallow_a_bare_caret() {
        let selection = Selection::new(vec![caret(0, 5), caret(5, 9), caret(9, 9)]);
        assert_eq!(selection.carets(), [caret(0, 5), caret(5, 9)]);
        assert_eq!(selection.primary(), caret(5, 9));
    }
}
