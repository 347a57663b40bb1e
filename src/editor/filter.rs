//! The lines that match: a list below the document, and what can be done with all of them.
//!
//! What is shown is decided by [`FilterEntry`]s, one list for all tabs: a line that any of those matches that show, and
//! none of those that hide. How many such lines start in each part of the document is counted by jobs and kept through
//! edits ([`count::LineTally`]); which lines these are is looked up again for the few that are on screen. So ten million
//! of them take a megabyte, and the list scrolls by their number.

mod count;
mod deeds;
mod lines;
mod list;
mod rows;
#[cfg(test)]
mod tests;

pub use deeds::LinesDeed;
pub use list::{FilterEntry, LineList};
pub use rows::ListedLines;

pub(in crate::editor) use count::{BLOCK, LineTally, Listing};
pub(in crate::editor) use deeds::Gathered;
pub(in crate::editor) use list::Filter;
pub(in crate::editor) use rows::LookedUp;
