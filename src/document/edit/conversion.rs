use std::sync::Arc;
use std::time::Duration;

use super::{Applied, Caret, Content, Document, Replacement, StepKind};
use crate::document::line_break::LineBreak;
use crate::document::slice::Slice;

impl Document {
    /// Lines end with `line_break` from now on: the document was opened again with another encoding. Contents, edits and
    /// history stay; every count is unknown until [`Document::counting`] has been run again, but for what was counted
    /// of this line break before. Time in proportion to the stores.
    pub fn set_line_break(&mut self, line_break: LineBreak) {
        if line_break == self.now.line_break() {
            return;
        }
        Arc::make_mut(&mut self.now.stores).set_line_break(line_break);
        self.older_in_use |= self.now.generations.len() > 1;
        self.settled = 0;
        // Whoever keeps what was read of the contents has to read it again.
        self.now.revision += 1;
    }

    /// `slice` becomes the contents and `line_break` ends its lines, as one step by the name of `what`: the document was
    /// converted. The step keeps both contents, by reference, and both line breaks, so that undo and redo take constant
    /// time; `carets` are those before, for undo.
    ///
    /// Which byte became which is not known: positions within are mapped to the start or to the end, by bias.
    pub fn replace_all(
        &mut self,
        slice: Slice,
        line_break: LineBreak,
        what: &'static str,
        carets: &[Caret],
    ) -> Applied {
        self.end_step();
        let (before, state) = (self.now.line_break(), self.now.state);
        self.set_line_break(line_break);
        let replacement = Replacement { range: 0..self.len(), content: Content::Slice(slice) };
        let applied = self
            .edit(vec![replacement], StepKind::Whole(what), carets, Duration::ZERO)
            .expect("all of the document lies in it");
        if let Some(step) = self.history.undo.last_mut().filter(|_| self.now.state != state) {
            step.line_break = Some(before);
        }
        self.end_step();
        applied
    }
}
