//! What can be undone.
//!
//! A step keeps by which ranges it goes back, and what stood in them: by reference, as parts of the tree, so
//! that the deletion of 50 GB is undone in logarithmic time and kept in a few bytes. A step of very many
//! replacements keeps the whole tree that it goes back to, which its unchanged nodes make cheap.
//!
//! Edits coalesce into steps as they do in other editors: typing up to the end of a word with the space behind it, or
//! of a line; deletions of one kind at one place; overwriting that goes on; all of them until a pause of a
//! second, or until something else ends the step (a caret moved, a save).

use std::time::Duration;

use super::edit_set::EditSet;
use super::line_break::LineBreak;
use super::piece::{self, Pieces};
use super::store::Stores;
use super::{Caret, StepKind};

/// A pause that ends a step.
const PAUSE: Duration = Duration::from_secs(1);
/// A step of more replacements than this keeps a whole tree.
const BULK: usize = if cfg!(test) { 4 } else { 1024 };

/// Names a state of the contents: undoing an edit leads back to the state before it.
pub(super) type State = u64;

#[derive(Debug, Default)]
pub(super) struct History {
    pub undo: Vec<Step>,
    pub redo: Vec<Step>,
    /// What the last undo step has not yet got, since the next edit may coalesce with it.
    open: Option<Open>,
}

/// A way to another state: back, on the undo stack, or forth, on the redo stack.
#[derive(Debug)]
pub(super) struct Step {
    pub kind: StepKind,
    /// Takes the contents to the other state.
    pub edits: EditSet,
    /// What it puts into the ranges of `edits`.
    pub content: Content,
    /// The carets before the step was first done.
    pub carets: Vec<Caret>,
    pub before: State,
    pub after: State,
    /// Generation in which `content` was taken.
    pub generation: usize,
    /// By how many bytes the bases had grown when it was.
    pub grown: u64,
    /// What ends a line in the other state, if the step changes it.
    pub line_break: Option<LineBreak>,
}

#[derive(Debug)]
pub(super) enum Content {
    /// The contents of all ranges, one behind the other.
    Parts(Pieces),
    /// All contents of the other state.
    All(Pieces),
}

/// The step that can still grow.
#[derive(Debug)]
struct Open {
    /// All contents before the step.
    contents: Pieces,
    /// The last edit that went into it.
    last: EditSet,
    at: Duration,
    typed: Option<Typed>,
}

/// What of typed text decides where a step ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Typed {
    pub starts_with_space: bool,
    pub ends_with_space: bool,
    pub ends_line: bool,
}

impl Typed {
    /// Of text in any encoding in which ASCII is ASCII, in code units of the size of `line_break`.
    pub fn new(bytes: &[u8], line_break: LineBreak) -> Option<Self> {
        let character = |unit: &[u8]| match (line_break, unit) {
            (LineBreak::Lf | LineBreak::Cr, [byte]) | (LineBreak::Utf16Le, [byte, 0]) => *byte,
            (LineBreak::Utf16Be, [0, byte]) => *byte,
            _ => b'x',
        };
        let mut units = bytes.chunks(line_break.width() as usize).map(character);
        let first = units.next()?;
        let last = units.next_back().unwrap_or(first);
        Some(Self {
            starts_with_space: first.is_ascii_whitespace(),
            ends_with_space: last.is_ascii_whitespace(),
            ends_line: matches!(last, b'\n' | b'\r'),
        })
    }
}

impl Content {
    /// What of `contents` stands in the old ranges of `edits`.
    pub fn capture(contents: &Pieces, stores: &Stores, edits: &EditSet) -> Self {
        if edits.len() > BULK {
            return Self::All(contents.clone());
        }
        let mut parts = Pieces::default();
        for (old, _) in edits.ranges() {
            parts.append(contents.slice(old, piece::bytes, |piece, at| stores.cut(piece, at)));
        }
        Self::Parts(parts)
    }

    /// What goes into each of the new ranges of `edits`.
    pub fn for_ranges(&self, stores: &Stores, edits: &EditSet) -> Vec<Pieces> {
        let mut at = 0;
        let slice = |(_, new): (_, std::ops::Range<u64>)| {
            let (pieces, range) = match self {
                Self::All(contents) => (contents, new),
                Self::Parts(parts) => {
                    let start = at;
                    at += new.end - new.start;
                    (parts, start..at)
                }
            };
            pieces.slice(range, piece::bytes, |piece, at| stores.cut(piece, at))
        };
        edits.ranges().map(slice).collect()
    }
}

impl History {
    /// Does an edit go on where the last one ended, so that both are one step?
    pub fn coalesces(&self, kind: StepKind, edits: &EditSet, typed: Option<Typed>, now: Duration) -> bool {
        let (Some(open), Some(step)) = (&self.open, self.undo.last()) else {
            return false;
        };
        if step.kind != kind || edits.len() != open.last.len() || now.saturating_sub(open.at) >= PAUSE {
            return false;
        }
        let mut pairs = open.last.ranges().zip(edits.ranges());
        match kind {
            StepKind::Typing => {
                let goes_on = open.typed.zip(typed).is_some_and(|(last, next)| {
                    !last.ends_line && (!last.ends_with_space || next.starts_with_space)
                });
                goes_on && pairs.all(|((_, last), (old, _))| old == (last.end..last.end))
            }
            StepKind::DeleteBackward => {
                pairs.all(|((_, last), (old, new))| old.end == last.start && new.is_empty())
            }
            StepKind::DeleteForward => {
                pairs.all(|((_, last), (old, new))| old.start == last.start && new.is_empty())
            }
            StepKind::Overwrite => {
                pairs.all(|((_, last), (old, _))| old.start == last.end || (old == last && !old.is_empty()))
            }
            StepKind::Whole(_) => false,
        }
    }

    /// Adds an edit to the last step.
    pub fn extend(&mut self, edits: &EditSet, typed: Option<Typed>, now: Duration, after: State) {
        let (Some(open), Some(step)) = (&mut self.open, self.undo.last_mut()) else {
            unreachable!("only an open step is extended");
        };
        step.edits = edits.invert().compose(&step.edits);
        step.after = after;
        open.last = edits.clone();
        open.at = now;
        open.typed = typed;
    }

    /// Adds an edit as a step of its own, to which others may be added. `contents` are those before it.
    pub fn push(&mut self, step: Step, contents: Pieces, typed: Option<Typed>, now: Duration) {
        debug_assert!(self.open.is_none());
        self.open = Some(Open { contents, last: step.edits.invert(), at: now, typed });
        self.undo.push(step);
    }

    /// The contents have got `tail` at their end, which is no edit.
    pub fn grow(&mut self, tail: &Pieces) {
        if let Some(open) = &mut self.open {
            open.contents.append(tail.clone());
        }
    }

    /// Ends the last step; the bases have grown by `grown` bytes.
    pub fn close(&mut self, stores: &Stores, grown: u64) {
        if let Some(open) = self.open.take()
            && let Some(step) = self.undo.last_mut()
        {
            step.content = Content::capture(&open.contents, stores, &step.edits.invert());
            step.grown = grown;
        }
    }
}

impl StepKind {
    /// What Undo calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Typing => "Typing",
            Self::DeleteBackward | Self::DeleteForward => "Delete",
            Self::Overwrite => "Overwrite",
            Self::Whole(name) => name,
        }
    }
}
