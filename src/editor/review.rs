//! What was changed: a list of all edits below the document, each of which can be gone to and taken back, and all of them as a
//! patch.
//!
//! An edit is a [`crate::document::Difference`]. How many of them begin in each part of the document is counted by jobs and kept
//! through edits, as the list of lines does it ([`super::filter`]); what each of them is, with its first bytes, is looked up for
//! the few that are on screen. So the list scrolls by number, whatever its length.

mod changes;
mod hex_patch;
mod list;
mod patch;
mod rows;
#[cfg(test)]
mod tests;
mod unified;
mod walks;

pub use list::ReviewList;
pub use patch::PatchDeed;
pub use rows::{ReviewedEdit, ReviewedEdits};

pub(in crate::editor) use list::Review;
pub(in crate::editor) use patch::Patched;
pub(in crate::editor) use rows::Described;
pub(in crate::editor) use walks::SoughtEdit;
