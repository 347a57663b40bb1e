//! FINDING: what a person looks for, where it stands in a snapshot, and what takes its place.
//!
//! A [`Query`] is what was typed, with its switches; a [`Pattern`] is what was made of it for the encoding of a
//! document. Everything else is a plain function over a [`Snapshot`](crate::document::Snapshot) and a pattern:
//!
//! - [`find_forward`] and [`find_backward`]: the next match, for jobs; bounded by the range that they are given.
//! - [`Pattern::matches_in`]: those in bytes at hand, for what is on screen; it reads nothing.
//! - [`Probe`]: the same, asked from place to place, for who wants to know which lines hold a match.
//! - [`Tally`]: how many there are in every block of about 1 MiB, counted by several threads while others look, kept
//!   through edits. Positions are not stored: a block is searched again when they are wanted.
//! - [`Times`]: the lines of a log by the times in them.
//! - [`Template`] and [`Replacements`]: what takes the place of all of them, in one step of the history; [`rewrite`]
//!   makes the same as it is written, where they are too many for that.
//!
//! **Which matches there are.** Those of the `regex` crate over all bytes of the document: the leftmost first, the
//! next one not before its end, no empty one where the last one ended. Windows over the document are an
//! implementation: they begin and end where no match can be cut, and what stands around them is looked at. Only what
//! may be longer than [`LONGEST`] is cut there. Bytes that are lost are in no match.
//!
//! Nothing here knows of the window, of threads or of files: [`Tally::run`] is called by as many threads as the
//! caller likes.

mod query;

mod numbers;

mod hir;

mod needles;

mod compile;

mod pattern;

mod decoded;

mod matcher;

mod reader;

mod scan;

mod stored;

mod find;

mod visible;

mod probe;

mod blocks;

mod tally;

mod template;

mod replace;

mod rewrite;

mod times;

#[cfg(test)]
mod tests;

pub use blocks::{Block, Blocks};
pub use find::{Found, find_backward, find_forward};
pub use numbers::{Number, Width};
pub use pattern::{LONGEST, Pattern, Target};
pub use probe::Probe;
pub use query::{Case, Kind, Query, QueryError};
pub use replace::{Preview, ReplaceError, Replacements};
pub use rewrite::{RewriteError, Rewritten, rewrite};
pub use scan::{Cancelled, Scan};
pub use tally::Tally;
pub use template::Template;
pub use times::{Times, TimesError, lines_between};
