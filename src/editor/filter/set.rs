use serde::{Deserialize, Serialize};

use super::lines::LineFilter;
use super::text::Unit;
use crate::search::{Pattern, Query, QueryError, Target};

/// What the list of lines goes by: kept between runs, and under names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilterSet {
    /// Lines listed before and behind each match.
    pub context: u32,
    /// Is what is said of a line said of its whole record?
    pub records: bool,
    /// A regex: a record begins at each line with a match.
    pub record: String,
    pub entries: Vec<FilterEntry>,
}

/// Shows the lines that match, or hides them, or only gives what matches a colour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilterEntry {
    pub role: Role,
    pub is_on: bool,
    /// Of its matches, from 0 to 8.
    pub color: u8,
    pub query: Query,
}

/// What a [`FilterEntry`] does with what matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Lists the lines.
    #[default]
    Show,
    /// Takes the lines off the list.
    Hide,
    /// Gives it a colour wherever it stands, in the list and in all documents.
    Color,
}

/// Lines around a match, at most.
pub const MOST_CONTEXT: u32 = 1000;

impl Default for FilterEntry {
    fn default() -> Self {
        Self::new(Role::default(), Query::default(), 0)
    }
}

impl FilterEntry {
    pub fn new(role: Role, query: Query, color: u8) -> Self {
        Self { role, is_on: true, color, query }
    }

    pub fn is_used(&self) -> bool {
        self.is_on && !self.query.text.is_empty()
    }

    /// # Errors
    /// What is wrong with the text, and where.
    pub fn pattern(&self, target: Target) -> Result<Pattern, QueryError> {
        Pattern::new(&Query { within_lines: true, ..self.query.clone() }, target)
    }
}

/// Why nothing can be listed.
#[derive(Clone, Debug)]
pub(in crate::editor) enum NoFilter {
    /// One of the entries is wrong.
    Entry(Query, QueryError),
    /// What begins records is wrong.
    Record(QueryError),
}

impl FilterSet {
    /// Those that are used, and do this.
    pub fn used(&self, role: Role) -> impl Iterator<Item = &FilterEntry> {
        self.entries.iter().filter(move |entry| entry.is_used() && entry.role == role)
    }

    /// Does it list the same lines, in whichever colours?
    pub fn lists_like(&self, other: &Self) -> bool {
        let queries = |set: &Self, role| set.used(role).map(|entry| entry.query.clone()).collect::<Vec<_>>();
        let is_same = |role| queries(self, role) == queries(other, role);
        is_same(Role::Show)
            && is_same(Role::Hide)
            && self.context == other.context
            && self.record() == other.record()
    }

    /// What lists the lines of documents of this target; `None` if nothing says which.
    pub(in crate::editor) fn line_filter(
        &self,
        target: Target,
        unit: Unit,
    ) -> Result<Option<LineFilter>, NoFilter> {
        let patterns = |role| -> Result<Vec<_>, _> {
            let pattern = |entry: &FilterEntry| {
                entry.pattern(target).map_err(|error| NoFilter::Entry(entry.query.clone(), error))
            };
            self.used(role).map(pattern).collect()
        };
        let (includes, excludes) = (patterns(Role::Show)?, patterns(Role::Hide)?);
        // Rows of bytes have no text that could begin one.
        let record = self.record().filter(|_| matches!(unit, Unit::Line(_)));
        let record = record.map(|record| {
            let query = Query { within_lines: true, ..Query::regex(record) };
            Pattern::new(&query, target).map_err(NoFilter::Record)
        });
        let record = record.transpose()?;
        let is_empty = includes.is_empty() && excludes.is_empty();
        let filter = LineFilter { includes, excludes, unit, context: self.context, record };
        Ok((!is_empty).then_some(filter))
    }

    /// The regex that begins records, if there are any.
    pub fn record(&self) -> Option<&str> {
        Some(self.record.as_str()).filter(|record| self.records && !record.is_empty())
    }
}
