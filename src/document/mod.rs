//! BYTES BEING EDITED: the one truth about contents.
//!
//! A [`Document`] is a persistent tree of pieces over numbered sources, an edit history, and a line index that
//! is counted in the background. A [`Snapshot`] of it is a constant-time clone that never changes. Nothing here
//! knows of characters, columns, windows or threads.

pub mod sum_tree;

mod breaks;
mod line_break;

mod piece;

mod raw;

mod added;
mod store;

mod parts;

mod read;

mod slice;

mod edit_set;

mod bulk;
mod replaced;

mod line_index;

mod counting;

mod moment;

mod snapshot;

mod tally;

mod seams;

mod lines;

mod newlines;

pub(crate) mod visits;

mod changes;

mod differences;

mod history;

mod edit;

#[cfg(test)]
mod tests;

pub use bulk::{BulkBuilder, BulkEdit, BulkError};
pub use changes::Change;
pub use counting::Counting;
pub use differences::{Difference, Differences, GoOn, Since};
pub use edit::{Applied, Caret, Content, Document, EditError, Replacement, StepKind};
pub use edit_set::{Bias, EditSet};
pub use line_break::LineBreak;
pub use line_index::{LineIndex, LineIndexBuilder, checksum, sampled_checksum};
pub use lines::{Count, LineStart};
pub use newlines::Newline;
pub use slice::Slice;
pub use snapshot::{Kept, Missing, Snapshot, Span, Window};
