//! The lines that match: a list below the document, and what can be done with all of them.
//!
//! What is listed is decided by a [`FilterSet`], one for all tabs: a line that any of those entries matches that show, and
//! none of those that hide; what stands around it; what is of the same record ([`lines::LineFilter`]). How many such lines
//! start in each part of the document is counted by jobs and kept through edits ([`count::LineTally`]); which lines these
//! are is looked up again for the few that are on screen. So ten million of them take a megabyte, and the list scrolls by
//! their number. Whether a line is listed depends only on what is near it, so that each part can be looked up by itself.

mod count;
mod deeds;
mod density;
mod lines;
mod list;
mod pages;
mod recognise;
mod records;
mod rows;
mod set;
mod shell;
#[cfg(test)]
mod tests;
mod text;

pub use deeds::LinesDeed;
pub use lines::ListedLine;
pub use list::LineList;
pub use rows::ListedLines;
pub use set::{FilterEntry, FilterSet, MOST_CONTEXT, Role};

pub(in crate::editor) use deeds::Gathered;
pub(in crate::editor) use density::LineDensity;
pub(in crate::editor) use lines::LineFilter;
pub(in crate::editor) use list::Filter;
pub(in crate::editor) use rows::LookedUp;
pub(in crate::editor) use set::NoFilter;
pub(in crate::editor) use text::{Text, Unit};
