mod bulk;
mod conversion;
mod generations;
mod reverting;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::changes::Generation;
use super::edit_set::{Bias, EditSet};
use super::history::{self, History, State, Step, Typed};
use super::line_break::LineBreak;
use super::line_index::LineIndex;
use super::parts::Parts;
use super::piece::{self, Piece, Pieces};
use super::slice::Slice;
use super::snapshot::Snapshot;
use super::store::{Base, Stores};
use crate::source::Source;

/// One end of a selection and its caret, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caret {
    /// Where the selection was begun.
    pub anchor: u64,
    /// Where the caret stands.
    pub head: u64,
}

/// What replaces a range.
#[derive(Clone, Debug)]
pub enum Content {
    /// UTF-8 text: lives in a rope.
    Text(String),
    /// Raw bytes: live in sealed blocks.
    Bytes(Vec<u8>),
    /// A part of a document or of a source, by reference: nothing is copied, whatever its size.
    Slice(Slice),
}

impl Content {
    /// In bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Slice(slice) => slice.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// `range` of the document gives way to `content`.
#[derive(Clone, Debug)]
pub struct Replacement {
    pub range: Range<u64>,
    pub content: Content,
}

/// What a step does, which decides with what it coalesces and what Undo calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Typed text: coalesces with typing that goes on where it ended, up to the end of a word or line.
    Typing,
    /// Backspace and Delete: coalesce with their kind at the same place.
    DeleteBackward,
    DeleteForward,
    /// Typing over bytes in overwrite mode: coalesces at the next byte (or the same, for the second nibble).
    Overwrite,
    /// Anything else, by its name ("Paste", "Cut", "Insert file"): always a step of its own.
    Whole(&'static str),
}

/// What was done to the contents by an edit, an undo or a redo.
#[derive(Clone, Debug)]
pub struct Applied {
    pub edits: EditSet,
    /// Where the carets belong now: after an undo where they were before the step, after an edit or redo
    /// behind each inserted stretch.
    pub carets: Vec<Caret>,
}

#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum EditError {
    #[error("the range {start}..{end} does not lie in the document of {len} bytes, or overlaps another")]
    OutOfBounds { start: u64, end: u64, len: u64 },
    #[error("the document was changed while the replacements were gathered")]
    Outdated,
}

/// A document: contents, history, line counts.
#[derive(Debug)]
pub struct Document {
    now: Snapshot,
    history: History,
    /// The state that is on disk.
    saved: State,
    /// The last state that was given a name.
    last_state: State,
    /// Where [`Document::settle`] goes on.
    settled: u64,
    /// Pieces of older generations may have come in, by undo or by pasting, so that those are to be counted too.
    older_in_use: bool,
}

impl Default for Document {
    fn default() -> Self {
        Self::new()
    }
}

impl Document {
    /// An empty, untitled document.
    pub fn new() -> Self {
        Self::over(Stores::new(), Pieces::default(), None)
    }

    /// A document whose contents are `base`, generation 0. Reads nothing.
    pub fn open(base: Arc<dyn Source>) -> Self {
        let index = LineIndex::new(base.len(), LineBreak::default());
        Self::open_with(base, index)
    }

    pub(super) fn open_with(source: Arc<dyn Source>, index: LineIndex) -> Self {
        let len = source.len();
        let mut stores = Stores::new();
        let store = stores.push_base(Base::new(source, index));
        let piece = (len > 0).then(|| Piece::new(store, 0, len, stores.epoch(), None));
        Self::over(stores, piece.into_iter().collect(), Some(store))
    }

    fn over(stores: Stores, pieces: Pieces, store: Option<u32>) -> Self {
        Self {
            now: Snapshot {
                generations: Arc::new(vec![Generation::first(store, pieces.clone())]),
                pieces,
                stores: Arc::new(stores),
                revision: 0,
                state: 0,
                grown: 0,
                moment: Arc::default(),
            },
            history: History::default(),
            saved: 0,
            last_state: 0,
            settled: 0,
            older_in_use: false,
        }
    }

    /// The contents now; constant time.
    pub fn snapshot(&self) -> Snapshot {
        self.now.clone()
    }

    pub fn len(&self) -> u64 {
        self.now.len()
    }

    pub fn is_empty(&self) -> bool {
        self.now.is_empty()
    }

    /// Replaces sorted, disjoint ranges as one step (or as a part of the last step, by `kind`). `carets` are
    /// those before the edit, for undo. `now` is monotonic. Replacing nothing by nothing is no step.
    pub fn edit(
        &mut self,
        replacements: Vec<Replacement>,
        kind: StepKind,
        carets: &[Caret],
        now: Duration,
    ) -> Result<Applied, EditError> {
        let len = self.len();
        let mut end = 0;
        for Replacement { range, .. } in &replacements {
            if range.start < end || range.end < range.start || range.end > len {
                let Range { start, end } = *range;
                return Err(EditError::OutOfBounds { start, end, len });
            }
            end = range.end;
        }
        let size = |replacement: &Replacement| (replacement.range.clone(), replacement.content.len());
        let edits = EditSet::new(replacements.iter().map(size));
        let applied = Applied { carets: carets_behind(&edits, carets), edits };
        if applied.edits.ranges().all(|(old, new)| old.is_empty() && new.is_empty()) {
            return Ok(applied);
        }
        let typed = match replacements.first().map(|first| &first.content) {
            Some(Content::Text(text)) => Typed::new(text.as_bytes(), LineBreak::Lf),
            Some(Content::Bytes(bytes)) => Typed::new(bytes, self.now.line_break()),
            _ => None,
        };
        self.begin_step(kind, &applied.edits, typed, carets, now);
        let stores = Arc::make_mut(&mut self.now.stores);
        let contents = replacements.into_iter().map(|replacement| match replacement.content {
            Content::Text(text) => stores.add_text(&text).into_iter().collect(),
            Content::Bytes(bytes) => stores.add_bytes(&bytes).into_iter().collect(),
            Content::Slice(slice) => stores.adopt(&slice.pieces, &slice.stores),
        });
        let contents = contents.collect();
        self.apply(&applied.edits, contents, self.last_state);
        Ok(applied)
    }

    /// Begins a step that is about to make `edits`, or goes on with the last one.
    fn begin_step(
        &mut self,
        kind: StepKind,
        edits: &EditSet,
        typed: Option<Typed>,
        carets: &[Caret],
        now: Duration,
    ) {
        self.history.redo.clear();
        self.last_state += 1;
        if self.history.coalesces(kind, edits, typed, now) {
            self.history.extend(edits, typed, now, self.last_state);
        } else {
            self.end_step();
            let step = Step {
                kind,
                edits: edits.invert(),
                content: history::Content::Parts(Pieces::default()),
                carets: carets.to_vec(),
                before: self.now.state,
                after: self.last_state,
                generation: self.now.generations.len(),
                grown: self.now.grown,
                line_break: None,
            };
            self.history.push(step, self.now.pieces.clone(), typed, now);
        }
    }

    /// Ends the current step: the next edit does not coalesce with it (the caret was moved, the view changed).
    pub fn end_step(&mut self) {
        self.history.close(&self.now.stores, self.now.grown);
    }

    pub fn undo(&mut self) -> Option<Applied> {
        self.end_step();
        let step = self.history.undo.pop()?;
        let carets = step.carets.clone();
        let state = step.before;
        let (edits, back) = self.take(step, state);
        self.history.redo.push(back);
        let carets = if carets.is_empty() { carets_behind(&edits, &[]) } else { carets };
        Some(Applied { edits, carets })
    }

    pub fn redo(&mut self) -> Option<Applied> {
        self.end_step();
        let step = self.history.redo.pop()?;
        let state = step.after;
        let (edits, back) = self.take(step, state);
        let carets = carets_behind(&edits, &back.carets);
        self.history.undo.push(back);
        Some(Applied { edits, carets })
    }

    /// What Undo would undo ("Typing", "Paste"), if anything.
    pub fn undo_name(&self) -> Option<&'static str> {
        self.history.undo.last().map(|step| step.kind.name())
    }

    pub fn redo_name(&self) -> Option<&'static str> {
        self.history.redo.last().map(|step| step.kind.name())
    }

    /// Do the contents differ from what was last saved or opened (by history, not by comparing bytes)?
    pub fn is_modified(&self) -> bool {
        self.now.state != self.saved
    }

    /// Goes the way of `step` to `state`, and returns the edits and the way back.
    fn take(&mut self, step: Step, state: State) -> (EditSet, Step) {
        let generation = self.now.generations.len();
        let back = history::Content::capture(&self.now.pieces, &self.now.stores, &step.edits);
        let line_break = step.line_break.map(|_| self.now.line_break());
        if let Some(line_break) = step.line_break {
            self.set_line_break(line_break);
        }
        let stores = &self.now.stores;
        match &step.content {
            // What very many replacements took away is never put back piece by piece: it comes back as it was, of an
            // older generation if the document was saved since.
            history::Content::All(contents) if step.generation == generation || step.edits.is_bulk() => {
                let len = self.len();
                // What came in behind since then: nothing that this step or a later one leaves there touches it.
                let tail = len - (self.now.grown - step.grown)..len;
                let tail = self.now.pieces.slice(tail, piece::bytes, |piece, at| stores.cut(piece, at));
                self.now.pieces = contents.clone();
                self.now.pieces.append(tail);
                self.note_older(std::slice::from_ref(contents));
                self.advance(&step.edits, state);
            }
            content => {
                let contents = content.for_ranges(stores, &step.edits);
                self.apply(&step.edits, contents, state);
            }
        }
        let grown = self.now.grown;
        let back = Step { edits: step.edits.invert(), content: back, generation, grown, line_break, ..step };
        (step.edits, back)
    }

    /// Puts `contents` into the ranges of `edits`.
    fn apply(&mut self, edits: &EditSet, contents: Vec<Pieces>, state: State) {
        self.note_older(&contents);
        replace_all(&mut self.now.pieces, &self.now.stores, edits, contents);
        self.advance(edits, state);
    }

    /// Of content that comes in after a save, what is not counted may be of any generation.
    fn note_older(&mut self, contents: &[Pieces]) {
        let epoch = self.now.stores.epoch();
        self.older_in_use |= self.now.generations.len() > 1
            && contents.iter().any(|content| content.summary().uncounted(epoch) > 0);
    }

    fn advance(&mut self, edits: &EditSet, state: State) {
        self.now.revision += 1;
        self.now.state = state;
        self.now.moment = self.now.moment.advance(edits.clone());
    }

    /// # Panics
    /// Where the tree or the stores break one of their laws.
    #[cfg(test)]
    pub(super) fn assert_invariants(&self) {
        self.now.pieces.assert_invariants();
        for piece in self.now.pieces.iter() {
            assert!(piece.len > 0, "no piece is empty");
        }
    }
}

/// One behind each inserted stretch; where there are very many, the `carets` before, mapped.
fn carets_behind(edits: &EditSet, carets: &[Caret]) -> Vec<Caret> {
    if edits.is_bulk() {
        let map = |at| edits.map(at, Bias::Before);
        return carets
            .iter()
            .map(|caret| Caret { anchor: map(caret.anchor), head: map(caret.head) })
            .collect();
    }
    let caret = |(_, new): (Range<u64>, Range<u64>)| Caret { anchor: new.end, head: new.end };
    edits.ranges().map(caret).collect()
}

/// How many pieces are rebuilt in the time in which one range is replaced.
const REBUILT: u64 = 64;

fn replace_all(pieces: &mut Pieces, stores: &Stores, edits: &EditSet, contents: Vec<Pieces>) {
    let cut = |piece: &Piece, at| stores.cut(piece, at);
    if edits.len() as u64 * REBUILT < pieces.summary().pieces + REBUILT * 2 {
        for ((old, new), content) in edits.ranges().zip(contents) {
            // What lies before is new already, what lies behind is still old.
            let range = new.start..new.start + (old.end - old.start);
            pieces.replace(range, content, piece::bytes, cut);
        }
        return;
    }
    let mut end = 0;
    let mut fresh = Vec::new();
    for ((old, _), content) in edits.ranges().zip(&contents) {
        fresh.extend(Parts::new(pieces, end..old.start).map(|part| part.cut_out(stores)));
        fresh.extend(content.iter().copied());
        end = old.end;
    }
    let rest = Parts::new(pieces, end..pieces.summary().bytes);
    fresh.extend(rest.map(|part| part.cut_out(stores)));
    *pieces = fresh.into_iter().collect();
}
