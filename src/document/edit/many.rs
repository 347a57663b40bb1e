use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::{Applied, Caret, Document, EditError, StepKind};
use crate::document::edit_set::EditSet;
use crate::document::parts::Parts;
use crate::document::piece::{Piece, Pieces};

impl Document {
    /// [`Document::edit`] for very many replacements by bytes, as one step by the name of `what`. What is the same as the
    /// one before is stored once; the tree is made anew in one pass, in proportion to the pieces and the replacements,
    /// each of which takes about a hundred bytes of memory. `replacements` is gone through several times.
    pub fn edit_many<'a, I>(
        &mut self,
        replacements: impl Fn() -> I,
        what: &'static str,
        carets: &[Caret],
        now: Duration,
    ) -> Result<Applied, EditError>
    where
        I: Iterator<Item = (Range<u64>, &'a [u8])>,
    {
        let len = self.len();
        let mut end = 0;
        for (range, _) in replacements() {
            if range.start < end || range.end < range.start || range.end > len {
                let Range { start, end } = range;
                return Err(EditError::OutOfBounds { start, end, len });
            }
            end = range.end;
        }
        let edits = EditSet::new(replacements().map(|(range, content)| (range, content.len() as u64)));
        if edits.ranges().all(|(old, new)| old.is_empty() && new.is_empty()) {
            return Ok(Applied { carets: Vec::new(), edits });
        }
        self.begin_step(StepKind::Whole(what), &edits, None, carets, now);
        // Nobody wants a caret behind each of a million: one behind the last.
        let last = edits.ranges().last().map(|(_, new)| Caret { anchor: new.end, head: new.end });
        let carets = last.into_iter().collect();
        let old = self.now.pieces.clone();
        let stores = Arc::make_mut(&mut self.now.stores);
        // Runs of equal contents: how many of them, and what they are.
        let mut runs: Vec<(u64, Option<Piece>)> = Vec::new();
        let mut last: Option<&[u8]> = None;
        for (_, content) in replacements() {
            match runs.last_mut().filter(|_| last == Some(content)) {
                Some((count, _)) => *count += 1,
                None => runs.push((1, stores.add_bytes(content))),
            }
            last = Some(content);
        }
        let mut contents = runs.iter().flat_map(|(count, piece)| (0..*count).map(move |_| *piece));
        let mut end = 0;
        let ranges = edits.ranges().map(|(old, _)| old).chain(std::iter::once(len..len));
        let stores = &*stores;
        let pieces: Pieces = ranges
            .flat_map(|range| {
                let kept = Parts::new(&old, end..range.start).map(|part| part.cut_out(stores));
                end = range.end;
                kept.chain(contents.next().flatten())
            })
            .collect();
        self.now.pieces = pieces;
        self.advance(&edits, self.last_state);
        Ok(Applied { edits, carets })
    }
}
