use std::sync::Arc;
use std::time::Duration;

use super::{Applied, Caret, Content, Document, EditError, Replacement, StepKind, carets_behind};
use crate::document::bulk::BulkEdit;
use crate::document::edit_set::EditSet;
use crate::document::history::{self, Step};
use crate::document::piece::{Piece, Pieces};
use crate::document::store::Base;

/// As many replacements are made one by one, so that every change is a piece of its own.
const FEW: usize = if cfg!(test) { 4 } else { 1024 };

impl Document {
    /// Makes very many replacements as one step by the name of `what`: constant time, whatever their number, and so is
    /// undo. `carets` are those before; they are mapped.
    ///
    /// # Errors
    /// [`EditError::Outdated`] where the contents are no longer those that `edit` was made for.
    pub fn edit_bulk(
        &mut self,
        edit: &BulkEdit,
        what: &'static str,
        carets: &[Caret],
    ) -> Result<Applied, EditError> {
        if edit.revision != self.now.revision || !edit.before().stores.is_same(&self.now.stores) {
            return Err(EditError::Outdated);
        }
        if edit.len() <= FEW {
            let replacement = |(range, content): (_, &[u8])| {
                let content = Content::Bytes(content.to_vec());
                Replacement { range, content }
            };
            let replacements = edit.replacements().map(replacement).collect();
            return self.edit(replacements, StepKind::Whole(what), carets, Duration::ZERO);
        }
        self.end_step();
        let edits = EditSet::bulk(Arc::clone(edit.source.table()));
        let before = self.now.state;
        self.last_state += 1;
        self.history.redo.clear();
        self.history.undo.push(Step {
            kind: StepKind::Whole(what),
            edits: edits.invert(),
            content: history::Content::All(self.now.pieces.clone()),
            carets: carets.to_vec(),
            before,
            after: self.last_state,
            generation: self.now.generations.len(),
            grown: self.now.grown,
            line_break: None,
        });
        let len = edit.new_len();
        let stores = Arc::make_mut(&mut self.now.stores);
        let store = stores.push_base(Base::replaced(Arc::clone(&edit.source), edit.index.clone()));
        let piece = (len > 0).then(|| Piece::new(store, 0, len, stores.epoch(), None));
        self.now.pieces = piece.into_iter().collect::<Pieces>();
        self.advance(&edits, self.last_state);
        self.settle(1);
        let carets = carets_behind(&edits, carets);
        Ok(Applied { edits, carets })
    }
}
