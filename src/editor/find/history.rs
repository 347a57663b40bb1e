use serde::{Deserialize, Serialize};

use crate::search::Query;

/// Entries kept of each kind.
const KEPT: usize = 100;

/// What was looked for, with its switches, and what took its place; the latest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FindHistory {
    queries: Vec<Query>,
    replacements: Vec<String>,
}

impl FindHistory {
    pub fn queries(&self) -> &[Query] {
        &self.queries
    }

    pub fn replacements(&self) -> &[String] {
        &self.replacements
    }

    /// True if that changed anything.
    pub(in crate::editor) fn remember(&mut self, query: &Query) -> bool {
        !query.text.is_empty() && put_first(&mut self.queries, query)
    }

    /// True if that changed anything.
    pub(super) fn remember_replacement(&mut self, template: &str) -> bool {
        !template.is_empty() && put_first(&mut self.replacements, &template.to_owned())
    }
}

fn put_first<T: Clone + PartialEq>(entries: &mut Vec<T>, entry: &T) -> bool {
    if entries.first() == Some(entry) {
        return false;
    }
    entries.retain(|other| other != entry);
    entries.insert(0, entry.clone());
    entries.truncate(KEPT);
    true
}
