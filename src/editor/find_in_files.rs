//! Finding in many files: in all that are under a folder, or in the open documents.
//!
//! Jobs take one file after the other ([`subjects`]), look for the pattern in it as it would be read if it was opened
//! ([`search`]), and put the lines that match, with their bytes, where the list reads them ([`found`]). What is open is searched
//! as it is, unsaved edits included, and what was found there moves with later edits.

mod found;
mod list;
mod rows;
mod search;
mod subjects;
#[cfg(test)]
mod tests;

pub use found::{FittedLine, FoundRow};
pub use list::{FileChoices, FindInFiles, SearchedPlace};
pub use rows::FoundRows;
