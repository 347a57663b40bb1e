use std::ops::Range;
use std::sync::Arc;

/// Sorted, disjoint replacements of one step, by length only: maps positions through the step.
///
/// ```text
/// old   the quick fox          3..9 gives way to 2 bytes,
/// new   the-. fox!             13..13 to 1: as ranges (3..9, 3..5), (13..13, 9..10)
/// ```
#[derive(Clone, Debug, Default)]
pub struct EditSet {
    edits: Arc<[Edit]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edit {
    /// Where it starts in the old document.
    old: u64,
    removed: u64,
    /// Where it starts in the new document.
    new: u64,
    inserted: u64,
}

impl Edit {
    fn old_end(&self) -> u64 {
        self.old + self.removed
    }

    fn new_end(&self) -> u64 {
        self.new + self.inserted
    }
}

/// To which side a position goes that stands where text is inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bias {
    Before,
    After,
}

impl EditSet {
    /// A set of (range in the old document, bytes that replace it), sorted and disjoint.
    pub(super) fn new(replacements: impl IntoIterator<Item = (Range<u64>, u64)>) -> Self {
        let (mut old_end, mut new_end) = (0, 0);
        let edits = replacements.into_iter().map(|(range, inserted)| {
            debug_assert!(old_end <= range.start && range.start <= range.end);
            let edit = Edit {
                old: range.start,
                removed: range.end - range.start,
                new: new_end + (range.start - old_end),
                inserted,
            };
            (old_end, new_end) = (edit.old_end(), edit.new_end());
            edit
        });
        Self { edits: edits.collect() }
    }

    pub fn len(&self) -> usize {
        self.edits.len()
    }

    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Maps a position of the old document to the new one. A position inside a replaced range goes to the
    /// start (`Before`) or end (`After`) of what replaced it; one at its start or end stays there.
    pub fn map(&self, position: u64, bias: Bias) -> u64 {
        let reaches = |edit: &Edit| match bias {
            // The first edit that ends at the position or behind it decides,
            Bias::Before => edit.old_end() < position,
            // or the last that starts at the position or before it.
            Bias::After => edit.old <= position,
        };
        let index = self.edits.partition_point(reaches);
        let decides = match bias {
            Bias::Before => self.edits.get(index).filter(|edit| edit.old <= position),
            Bias::After => {
                index.checked_sub(1).map(|last| &self.edits[last]).filter(|edit| position <= edit.old_end())
            }
        };
        match decides {
            Some(edit) if edit.removed == 0 => match bias {
                Bias::Before => edit.new,
                Bias::After => edit.new_end(),
            },
            Some(edit) if position == edit.old => edit.new,
            Some(edit) if position == edit.old_end() => edit.new_end(),
            Some(edit) => match bias {
                Bias::Before => edit.new,
                Bias::After => edit.new_end(),
            },
            None => match self.edits[..index].last() {
                Some(before) => before.new_end() + (position - before.old_end()),
                None => position,
            },
        }
    }

    /// The replacements as (range in the old document, range in the new one), in order.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = (Range<u64>, Range<u64>)> + '_ {
        let range = |edit: &Edit| (edit.old..edit.old_end(), edit.new..edit.new_end());
        self.edits.iter().map(range)
    }

    /// What takes the new document back to the old one.
    pub fn invert(&self) -> Self {
        let inverse = |edit: &Edit| Edit {
            old: edit.new,
            removed: edit.inserted,
            new: edit.old,
            inserted: edit.removed,
        };
        Self { edits: self.edits.iter().map(inverse).collect() }
    }

    /// This step and then `next` as one. Replacements that touch in the document between become one.
    pub fn compose(&self, next: &Self) -> Self {
        if next.is_empty() {
            return self.clone();
        }
        if self.is_empty() {
            return next.clone();
        }
        let (mut first, mut second) =
            (self.edits.iter().copied().peekable(), next.edits.iter().copied().peekable());
        let mut edits: Vec<Edit> = Vec::new();
        // What the edits so far have inserted more than removed, as a wrapping difference: of the first step,
        // from the old document to the middle one, and of the second, from the middle to the new one.
        let (mut first_shift, mut second_shift) = (0u64, 0u64);
        loop {
            let start = match (first.peek(), second.peek()) {
                (None, None) => break,
                (Some(one), None) => one.new,
                (None, Some(two)) => two.old,
                (Some(one), Some(two)) => one.new.min(two.old),
            };
            let old = start.wrapping_sub(first_shift);
            let new = start.wrapping_add(second_shift);
            let mut end = start;
            loop {
                if let Some(one) = first.next_if(|one| one.new <= end) {
                    end = end.max(one.new_end());
                    first_shift = first_shift.wrapping_add(one.inserted).wrapping_sub(one.removed);
                } else if let Some(two) = second.next_if(|two| two.old <= end) {
                    end = end.max(two.old_end());
                    second_shift = second_shift.wrapping_add(two.inserted).wrapping_sub(two.removed);
                } else {
                    break;
                }
            }
            let edit = Edit {
                old,
                removed: end.wrapping_sub(first_shift) - old,
                new,
                inserted: end.wrapping_add(second_shift) - new,
            };
            // What was inserted by the first step and removed by the second leaves nothing.
            if edit.removed > 0 || edit.inserted > 0 {
                edits.push(edit);
            }
        }
        Self { edits: edits.into() }
    }

    /// All of `steps`, one after the other, as one; in halves, so that scattered edits do not take quadratic time.
    pub(super) fn compose_all(steps: &[Self]) -> Self {
        match steps {
            [] => Self::default(),
            [step] => step.clone(),
            _ => {
                let (early, late) = steps.split_at(steps.len() / 2);
                Self::compose_all(early).compose(&Self::compose_all(late))
            }
        }
    }
}
