use std::sync::{Arc, OnceLock};

use super::edit_set::EditSet;

/// The moment of a snapshot, from which all later edits can be found: each moment owns the next one, so that
/// edits are kept as long as there is somebody who may ask for them.
#[derive(Debug, Default)]
pub(super) struct Moment {
    next: OnceLock<(EditSet, Arc<Moment>)>,
}

impl Moment {
    /// The moment after `edits`. A moment has one only.
    pub fn advance(&self, edits: EditSet) -> Arc<Self> {
        let next = Arc::new(Self::default());
        let is_first = self.next.set((edits, Arc::clone(&next))).is_ok();
        debug_assert!(is_first, "only the last moment has no next one");
        next
    }

    /// All edits since.
    pub fn edits_since(&self) -> EditSet {
        self.edits_up_to(|_| false)
    }

    /// All edits between this moment and `later`.
    pub fn edits_until(&self, later: &Arc<Self>) -> EditSet {
        self.edits_up_to(|moment| std::ptr::eq(moment, &raw const **later))
    }

    fn edits_up_to(&self, is_last: impl Fn(&Self) -> bool) -> EditSet {
        let mut edits = Vec::new();
        let mut moment = self;
        while !is_last(moment)
            && let Some((edit, next)) = moment.next.get()
        {
            edits.push(edit.clone());
            moment = next;
        }
        EditSet::compose_all(&edits)
    }
}

impl Drop for Moment {
    /// One after the other: a long chain would overflow the stack.
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some((_, moment)) = next {
            next = Arc::into_inner(moment).and_then(|mut moment| moment.next.take());
        }
    }
}
