//! WHAT IS ON SCREEN: selections, movement, visible text rows and hex rows. No window, no pixels but a fraction
//! of a row.
//!
//! Every function reads a [`Snapshot`](crate::document::Snapshot) without waiting; where bytes are not in memory it
//! answers [`Pending`], the range to fetch before asking again.

use std::ops::Range;

mod reader;

mod rows;

mod blocks;

mod walk;

mod columns;

mod column_index;

mod caret;

mod selection;

mod motion;

mod styles;

mod text_view;

mod hex_view;

pub mod goto;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod scale;

pub use column_index::ColumnIndex;
pub use hex_view::{HexPage, HexView};
pub use motion::{Motion, delete_backward, delete_forward, line_around, step, step_hex, word_around};
pub use reader::Reader;
pub use rows::{Row, RowCache, Rows, Shape};
pub use selection::Selection;
pub use text_view::{RowState, TextPage, TextRow, TextView, last_top};

/// These document bytes are not in memory: read them in a job and ask again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending(pub Range<u64>);
