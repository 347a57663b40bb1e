use std::time::Duration;

use super::{Applied, Caret, Document, EditError, StepKind, carets_behind};
use crate::document::differences::{Difference, Since};
use crate::document::edit_set::EditSet;
use crate::document::piece::Pieces;
use crate::document::snapshot::Snapshot;

impl Document {
    /// Puts back what stood in the base at `difference`, which is one of `found`'s, as one step, in logarithmic time whatever
    /// its size. Unlike bytes pasted from there it is no difference any more; where it was the last one, the document is no
    /// longer modified.
    ///
    /// # Errors
    /// [`EditError::Outdated`] where the contents, or what they rest on, are no longer those in which it was found.
    pub fn revert(
        &mut self,
        found: &Snapshot,
        since: Since,
        difference: &Difference,
        carets: &[Caret],
        now: Duration,
    ) -> Result<Applied, EditError> {
        let Difference { old, new } = difference;
        if !self.now.is_same(found) {
            return Err(EditError::Outdated);
        }
        let edits = EditSet::new([(new.clone(), old.end - old.start)]);
        let applied = Applied { carets: carets_behind(&edits, carets), edits };
        self.begin_step(StepKind::Whole("Revert edit"), &applied.edits, None, carets, now);
        let content: Pieces = self.now.base_piece(since, old.clone()).into_iter().collect();
        self.apply(&applied.edits, vec![content], self.last_state);
        if self.is_as_saved() {
            self.now.state = self.saved;
            self.history.undo.last_mut().expect("the step").after = self.saved;
        }
        self.end_step();
        Ok(applied)
    }

    /// Is it the newest generation, as one piece? Constant time.
    fn is_as_saved(&self) -> bool {
        let pieces = &self.now.pieces;
        let len = self.now.base_len(Since::Saved);
        let is_whole = || {
            let piece = pieces.iter().next();
            piece.is_some_and(|piece| {
                Some(piece.store) == self.now.newest().store && !piece.moved && piece.start == 0
            })
        };
        self.now.has_base(Since::Saved)
            && pieces.summary().bytes == len
            && (len == 0 || (pieces.summary().pieces == 1 && is_whole()))
    }
}
