use std::ops::Range;
use std::slice;
use std::sync::Arc;

use super::bulk::{Table, Walk};

/// Sorted, disjoint replacements of one step, by length only: maps positions through the step.
///
/// ```text
/// old   the quick fox          3..9 gives way to 2 bytes,
/// new   the-. fox!             13..13 to 1: as ranges (3..9, 3..5), (13..13, 9..10)
/// ```
#[derive(Clone, Debug)]
pub struct EditSet {
    edits: Edits,
}

#[derive(Clone, Debug)]
enum Edits {
    List(Arc<[Edit]>),
    /// Very many, or what takes them back.
    Bulk {
        table: Arc<Table>,
        is_inverse: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// Where it starts in the old document.
    pub old: u64,
    pub removed: u64,
    /// Where it starts in the new document.
    pub new: u64,
    pub inserted: u64,
}

impl Edit {
    pub fn old_end(&self) -> u64 {
        self.old + self.removed
    }

    pub fn new_end(&self) -> u64 {
        self.new + self.inserted
    }

    fn invert(self) -> Self {
        Self { old: self.new, removed: self.inserted, new: self.old, inserted: self.removed }
    }
}

impl Default for EditSet {
    fn default() -> Self {
        Self { edits: Edits::List(Arc::default()) }
    }
}

/// The edits of a set, in order.
#[derive(Clone, Debug)]
enum Iter<'a> {
    List(slice::Iter<'a, Edit>),
    Bulk(Walk<'a>, bool),
}

impl Iterator for Iter<'_> {
    type Item = Edit;

    fn next(&mut self) -> Option<Edit> {
        match self {
            Self::List(list) => list.next().copied(),
            Self::Bulk(walk, is_inverse) => walk.next().map(|entry| oriented(entry.edit, *is_inverse)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::List(list) => list.size_hint(),
            Self::Bulk(walk, _) => walk.size_hint(),
        }
    }
}

impl ExactSizeIterator for Iter<'_> {}

fn oriented(edit: Edit, is_inverse: bool) -> Edit {
    if is_inverse { edit.invert() } else { edit }
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
        Self { edits: Edits::List(edits.collect()) }
    }

    pub(super) fn bulk(table: Arc<Table>) -> Self {
        Self { edits: Edits::Bulk { table, is_inverse: false } }
    }

    /// Is it of so many edits that nothing may be done for each of them while the person waits?
    pub(super) fn is_bulk(&self) -> bool {
        matches!(self.edits, Edits::Bulk { .. })
    }

    pub fn len(&self) -> usize {
        match &self.edits {
            Edits::List(list) => list.len(),
            Edits::Bulk { table, .. } => table.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn iter(&self) -> Iter<'_> {
        match &self.edits {
            Edits::List(list) => Iter::List(list.iter()),
            Edits::Bulk { table, is_inverse } => Iter::Bulk(table.walk(0), *is_inverse),
        }
    }

    fn get(&self, index: usize) -> Option<Edit> {
        match &self.edits {
            Edits::List(list) => list.get(index).copied(),
            Edits::Bulk { table, is_inverse } => table.get(index).map(|edit| oriented(edit, *is_inverse)),
        }
    }

    /// How many edits there are up to the first for which `reaches` no longer holds.
    fn partition(&self, reaches: impl Fn(&Edit) -> bool) -> usize {
        match &self.edits {
            Edits::List(list) => list.partition_point(reaches),
            Edits::Bulk { table, is_inverse } => {
                table.partition(|edit| reaches(&oriented(*edit, *is_inverse)))
            }
        }
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
        let index = self.partition(reaches);
        let before = || index.checked_sub(1).and_then(|last| self.get(last));
        let decides = match bias {
            Bias::Before => self.get(index).filter(|edit| edit.old <= position),
            Bias::After => before().filter(|edit| position <= edit.old_end()),
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
            None => match before() {
                Some(before) => before.new_end() + (position - before.old_end()),
                None => position,
            },
        }
    }

    /// The replacements as (range in the old document, range in the new one), in order.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = (Range<u64>, Range<u64>)> + '_ {
        self.iter().map(|edit| (edit.old..edit.old_end(), edit.new..edit.new_end()))
    }

    /// What takes the new document back to the old one.
    pub fn invert(&self) -> Self {
        let edits = match &self.edits {
            Edits::List(list) => Edits::List(list.iter().map(|edit| edit.invert()).collect()),
            Edits::Bulk { table, is_inverse } => {
                Edits::Bulk { table: Arc::clone(table), is_inverse: !is_inverse }
            }
        };
        Self { edits }
    }

    /// This step and then `next` as one. Replacements that touch in the document between become one.
    pub fn compose(&self, next: &Self) -> Self {
        if next.is_empty() {
            return self.clone();
        }
        if self.is_empty() {
            return next.clone();
        }
        let (mut first, mut second) = (self.iter().peekable(), next.iter().peekable());
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
        Self { edits: Edits::List(edits.into()) }
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
