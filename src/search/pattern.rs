use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;
use regex_automata::meta;

use super::compile;
use super::needles::Needles;
use super::query::{Query, QueryError};
use crate::document::LineBreak;
use crate::text::Encoding;

/// A match of a regex that has no longest match ends before the second multiple of this behind its start, in bytes: it
/// is from one to two of them long at most.
pub const LONGEST: u64 = 1 << 20;

/// Bytes looked at before and behind what may be matched: a character, for word boundaries.
pub(super) const CONTEXT: u64 = 4;

/// What of a document decides how a [`Query`] is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub encoding: Encoding,
    pub line_break: LineBreak,
    /// In a regex `\xFF` is that byte, not U+00FF.
    pub binary: bool,
}

impl Default for Target {
    fn default() -> Self {
        Self { encoding: Encoding::UTF_8, line_break: LineBreak::Lf, binary: false }
    }
}

/// What is looked for, made ready for the documents of one [`Target`]. Cheap to clone.
#[derive(Clone)]
pub struct Pattern(pub(super) Arc<Compiled>);

pub(super) struct Compiled {
    pub engine: Engine,
    /// How text that is looked for is stored, and so what replaces it.
    pub encoding: Encoding,
    /// A word must not go on at either side of a match. (Of a regex the engine sees to that itself.)
    pub whole_word: bool,
    /// A match starts at a multiple of this in the document.
    pub align: u64,
    /// In bytes; `None` if there is no longest, or none below [`LONGEST`].
    pub longest: Option<usize>,
    pub can_be_empty: bool,
    /// Can a match begin with a NUL, or be empty? If not, none begins in a hole.
    pub begins_in_holes: bool,
    /// What ends lines, if no match can hold it.
    pub line_end: Option<LineBreak>,
    /// The regex is one over UTF-8, to which the bytes are decoded first: see [`super::decoded`].
    pub is_decoded: bool,
    /// Of all places where it could match no two overlap: a literal that does not begin as it ends.
    pub is_disjoint: bool,
    pub sizes: Sizes,
}

/// How the document is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Bytes searched at a time.
    pub window: u64,
    /// See [`LONGEST`].
    pub longest: u64,
    /// Of a block of [`super::Blocks`], in bytes.
    pub block: u64,
    /// Blocks that a thread counts before it asks for more.
    pub run: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { window: 256 << 10, longest: LONGEST, block: 1 << 20, run: 16 }
    }
}

pub(super) enum Engine {
    /// These bytes.
    Literal(Box<memmem::Finder<'static>>),
    Regex {
        regex: meta::Regex,
        /// The same on ASCII, and faster there: with other word boundaries.
        on_ascii: Option<OnAscii>,
        /// The names of its groups, of which the first is the match.
        groups: Vec<Option<String>>,
        /// The same, but for its groups, if it is so simple.
        needles: Option<Needles>,
    },
}

pub(super) struct OnAscii {
    pub regex: meta::Regex,
    /// Ends lines where the regex runs, if no match can hold it.
    pub line_end: Option<u8>,
}

impl Compiled {
    /// Behind the last place where a match may start that is as long as the longest and ends at `end`.
    pub fn starts_end(&self, end: u64) -> u64 {
        end.saturating_sub(self.longest.map_or(0, |longest| longest as u64).saturating_sub(1))
    }

    /// Can it be run on bytes that may change under it? A regex engine can break then, so these are only literals and
    /// needles.
    pub fn can_run_on_maps(&self) -> bool {
        matches!(self.engine, Engine::Literal(_) | Engine::Regex { needles: Some(_), .. })
            && !self.begins_in_holes
    }
}

impl Pattern {
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn new(query: &Query, target: Target) -> Result<Self, QueryError> {
        compile::compile(query, target).map(|compiled| Self(Arc::new(compiled)))
    }

    /// How long a match can be, in bytes; `None` if there is no longest: then it is cut at [`LONGEST`].
    pub fn longest(&self) -> Option<usize> {
        self.0.longest
    }

    /// Can a match be empty, as of `^` or `x*`?
    pub fn can_be_empty(&self) -> bool {
        self.0.can_be_empty
    }

    /// Is there no longest match, so that one of this range may have been cut at [`LONGEST`]?
    pub fn may_be_cut(&self, found: &Range<u64>) -> bool {
        self.longest().is_none() && found.end - found.start >= self.0.sizes.longest
    }

    /// Can a match hold the end of a line?
    pub fn crosses_lines(&self) -> bool {
        self.0.line_end.is_none()
    }

    /// How text that takes the place of a match is stored.
    pub fn encoding(&self) -> Encoding {
        self.0.encoding
    }

    #[cfg(test)]
    pub(super) fn with_sizes(mut self, sizes: Sizes) -> Self {
        Arc::get_mut(&mut self.0).expect("the only one").sizes = sizes;
        self
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("Pattern");
        match &self.0.engine {
            Engine::Literal(finder) => f.field("literal", &finder.needle()),
            Engine::Regex { regex, .. } => f.field("regex", regex),
        };
        f.field("longest", &self.0.longest).finish_non_exhaustive()
    }
}
