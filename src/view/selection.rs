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
        let Some(&primary) = carets.last() else {
            return Self::default();
        };
        let mut sorted = carets;
        sorted.sort_by_key(|caret| (span(caret).start, span(caret).end));
        let mut merged: Vec<Caret> = Vec::with_capacity(sorted.len());
        for caret in sorted {
            let range = span(&caret);
            match merged.last_mut() {
                Some(last) if overlaps(&span(last), &range) => {
                    let (start, end) = (span(last).start, span(last).end.max(range.end));
                    // A bare caret has no direction.
                    let directed = if range.is_empty() { *last } else { caret };
                    *last = spanning(start..end, directed.head < directed.anchor);
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
            spanning(start..end, caret.head < caret.anchor)
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

fn spanning(range: Range<u64>, backward: bool) -> Caret {
    let Range { start, end } = range;
    if backward { Caret { anchor: end, head: start } } else { Caret { anchor: start, head: end } }
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
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::document::{Content, Document, Replacement, StepKind};

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

    #[test]
    fn a_bare_caret_does_not_turn_what_swallows_it() {
        let selection = Selection::new(vec![caret(20, 10), caret(20, 20)]);
        assert_eq!(selection.carets(), [caret(20, 10)]);
    }

    fn carets() -> impl Strategy<Value = Vec<Caret>> {
        prop::collection::vec((0u64..60, 0u64..60).prop_map(|(anchor, head)| caret(anchor, head)), 1..8)
    }

    fn check(
        selection: &Selection,
        expected: &[Range<u64>],
        primary: &Range<u64>,
    ) -> Result<(), TestCaseError> {
        let spans: Vec<_> = selection.spans().collect();
        prop_assert_eq!(&spans, expected);
        let own = selection.span();
        prop_assert!(own.start <= primary.start && primary.end <= own.end);
        prop_assert!(spans.contains(&own));
        let selected: u64 = expected.iter().map(|range| range.end - range.start).sum();
        prop_assert_eq!((selection.selected(), selection.is_empty()), (selected, selected == 0));
        Ok(())
    }

    /// Merges any two that overlap, as long as there are two.
    fn merged(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
        'again: loop {
            for left in 0..ranges.len() {
                for right in 0..ranges.len() {
                    let (a, b) = (ranges[left].clone(), ranges[right].clone());
                    let share_bytes = a.start.max(b.start) < a.end.min(b.end);
                    let touch = a.start.max(b.start) <= a.end.min(b.end) && (a.is_empty() || b.is_empty());
                    if left != right && (share_bytes || touch) {
                        ranges[left] = a.start.min(b.start)..a.end.max(b.end);
                        ranges.remove(right);
                        continue 'again;
                    }
                }
            }
            ranges.sort_by_key(|range| (range.start, range.end));
            return ranges;
        }
    }

    proptest! {
        #[test]
        fn sorted_disjoint_and_complete(carets in carets()) {
            let selection = Selection::new(carets.clone());
            let spans: Vec<_> = carets.iter().map(span).collect();
            check(&selection, &merged(spans.clone()), &spans[spans.len() - 1])?;
            for caret in selection.carets() {
                if let Some(one) = carets.iter().find(|one| span(one) == span(caret)) {
                    let alone = carets.iter().filter(|one| overlaps(&span(one), &span(caret)) || overlaps(&span(caret), &span(one)));
                    prop_assert!(alone.count() > 1 || one == caret);
                }
            }
        }

        #[test]
        fn clamped(carets in carets(), len in 0u64..70) {
            let selection = Selection::new(carets);
            let clamp = |range: Range<u64>| range.start.min(len)..range.end.min(len);
            let expected = merged(selection.spans().map(clamp).collect());
            check(&selection.clamp(len), &expected, &clamp(selection.span()))?;
        }

        /// A range keeps the bytes that it had, and takes no others; a caret stays behind the byte before it, or
        /// behind what is put there.
        #[test]
        fn mapped_with_its_bytes(
            carets in carets(),
            edits in prop::collection::vec((0u64..60, 0u64..6, 0usize..5), 0..5),
        ) {
            let mut edits = edits;
            edits.sort_unstable();
            let mut end = 0;
            edits.retain(|&(start, removed, _)| {
                let free = start > end;
                if free {
                    end = start + removed;
                }
                free && end <= 60
            });
            let mut document = Document::new();
            let one = |range: Range<u64>, len: usize| Replacement { range, content: Content::Bytes(vec![b'n'; len]) };
            let now = Duration::ZERO;
            document.edit(vec![one(0..0, 60)], StepKind::Whole("Test"), &[], now).unwrap();
            let replacements = edits.iter().map(|&(start, removed, len)| one(start..start + removed, len)).collect();
            let applied = document.edit(replacements, StepKind::Whole("Test"), &[], now).unwrap();
            // Where each old byte is now.
            let (mut places, mut shift) = (Vec::new(), 0i64);
            for at in 0..60u64 {
                for &(start, removed, len) in &edits {
                    if at == start + removed {
                        shift += len as i64 - removed as i64;
                    }
                }
                let gone = edits.iter().any(|&(start, removed, _)| start <= at && at < start + removed);
                places.push((!gone).then(|| (at as i64 + shift) as u64));
            }
            let selection = Selection::new(carets);
            let mapped = selection.map(&applied.edits);
            let spans: Vec<_> = mapped.spans().collect();
            let covers = |range: &Range<u64>| spans.iter().any(|span| span.start <= range.start && range.end <= span.end);
            for range in selection.spans().filter(|range| !range.is_empty()) {
                let kept: Vec<u64> = range.clone().filter_map(|at| places[at as usize]).collect();
                if let (Some(&first), Some(&last)) = (kept.first(), kept.last()) {
                    prop_assert!(covers(&(first..last + 1)));
                }
            }
            for old in 0..60 {
                let was = selection.spans().any(|span| span.contains(&old));
                if let Some(new) = places[old as usize] {
                    prop_assert_eq!(was, spans.iter().any(|span| span.contains(&new)), "byte {}", old);
                }
            }
            for at in selection.spans().filter(Range::is_empty).map(|span| span.start) {
                let behind = applied.edits.map(at, Bias::After);
                prop_assert!(covers(&(behind..behind)));
            }
            for pair in mapped.carets().windows(2) {
                prop_assert!(span(&pair[0]).end <= span(&pair[1]).start);
            }
        }
    }
}
