use std::ops::Range;
use std::time::Duration;

use super::super::fetching::Waiting;
use super::super::{Editor, FindSwitch, Pane, Tab, Uncounted};
use super::origin::Origin;
use crate::hex;
use crate::search::{Case, Kind, Query};
use crate::view::{Pending, Selection};

/// Who stops typing for so long wants to know of the whole document.
const PAUSE: Duration = Duration::from_millis(400);

/// A longer document is not searched just because the bar was opened, in bytes.
const SEARCHED_AT_ONCE: u64 = 1 << 30;

/// A longer selection is no text to look for, in bytes.
const LONGEST_SELECTION: u64 = 1 << 10;

/// A field of the find bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindField {
    Pattern,
    Replacement,
}

/// The find bar: what is looked for, in whichever document is active.
#[derive(Debug, Default)]
pub struct FindBar {
    pub(super) query: Query,
    /// What takes the place of a match.
    pub(super) replacement: String,
    pub(super) is_open: bool,
    pub(super) has_replacement: bool,
    /// Does Enter, and what shows while a person types, go backwards, as behind the `?` of less?
    pub(in crate::editor) is_backward: bool,
    /// Do keys go to the bar?
    has_keys: bool,
    /// The field that is to get the keys, with all its text selected.
    entered: Option<FindField>,
    /// Which entry of the history the field shows, and what stood there before.
    browsing: Option<(usize, Query)>,
    /// When the whole document is to be searched, unless the person types on.
    pub(super) due: Option<Duration>,
    pub(super) origin: Option<Origin>,
}

impl FindBar {
    pub fn query(&self) -> &Query {
        &self.query
    }

    pub fn replacement(&self) -> &str {
        &self.replacement
    }

    pub fn is_open(&self) -> bool {
        self.is_open
    }

    pub fn has_replacement(&self) -> bool {
        self.is_open && self.has_replacement
    }

    pub fn has_keys(&self) -> bool {
        self.is_open && self.has_keys
    }

    /// Does Enter go to the match before?
    pub fn is_backward(&self) -> bool {
        self.is_backward
    }

    /// When the whole document is to be searched.
    pub(in crate::editor) fn due(&self) -> Option<Duration> {
        self.due
    }

    /// The field that is to get the keys, with all its text selected; told once.
    pub fn take_entered(&mut self) -> Option<FindField> {
        self.entered.take()
    }

    /// Is there a field that is to get the keys?
    pub fn wants_keys(&self) -> bool {
        self.entered.is_some()
    }
}

impl Editor {
    /// Opens the find bar, or gives it the keys.
    pub(in crate::editor) fn open_find(&mut self, field: FindField) {
        if self.tab().is_none() {
            return;
        }
        if !self.find.is_open {
            self.find.is_open = true;
            self.find.has_replacement = false;
            if self.find.query == Query::default()
                && let Some(last) = self.session.find.queries().first()
            {
                self.find.query = last.clone();
            }
        }
        self.find.has_replacement |= field == FindField::Replacement;
        self.find.is_backward = false;
        self.take_keys_from_lists();
        self.find.has_keys = true;
        self.find.browsing = None;
        // Who has nothing to look for yet begins with that.
        let is_first = self.find.query.text.is_empty();
        self.find.entered = Some(if is_first { FindField::Pattern } else { field });
        if !self.is_where_find_left() {
            self.find.origin = self.tab().map(Origin::of);
        }
        self.keep_searching();
        if self.is_searched_at_once() {
            self.find.due = Some(self.now);
        }
    }

    /// Is the active document so short that all of it is searched before anybody asks for that?
    pub(super) fn is_searched_at_once(&self) -> bool {
        self.tab().is_some_and(|tab| tab.document.len() <= SEARCHED_AT_ONCE && !tab.is_far_away())
    }

    /// Gives the keys back to the document; the bar stays.
    pub fn leave_find_field(&mut self) {
        self.find.has_keys = false;
    }

    /// Gives the keys to the bar, because the person clicked there.
    pub fn enter_find_field(&mut self) {
        self.take_keys_from_lists();
        self.find.has_keys = self.find.is_open;
    }

    /// Closes the bar where the person is now.
    pub fn close_find(&mut self) {
        self.find.is_open = false;
        self.find.has_keys = false;
        self.find.origin = None;
        self.find.due = None;
        for index in 0..self.tabs.len() {
            self.forget_search(index);
        }
    }

    /// Stops a search; where none goes on, closes the bar and goes back to where the person was, unless they went
    /// elsewhere meanwhile.
    pub(in crate::editor) fn escape_find(&mut self) {
        if !self.find.is_open || self.stop_searching() {
            return;
        }
        if self.is_where_find_left()
            && let Some(origin) = self.find.origin.take()
            && let Some(tab) = self.tab_mut()
        {
            let there = tab.selection.head();
            if tab.selection != origin.selection {
                tab.forward.push(there);
            }
            origin.restore(tab);
        }
        self.close_find();
    }

    /// The pattern's field was typed in.
    pub fn type_find(&mut self, text: String) {
        if text != self.find.query.text {
            self.find.query.text = text;
            self.find.browsing = None;
            self.query_changed();
        }
    }

    /// The replacement's field was typed in.
    pub fn type_replacement(&mut self, text: String) {
        self.find.replacement = text;
    }

    /// Looks for something else, or in another way.
    pub fn change_query(&mut self, change: impl FnOnce(&mut Query)) {
        let before = self.find.query.clone();
        change(&mut self.find.query);
        if self.find.query != before {
            self.query_changed();
        }
    }

    fn query_changed(&mut self) {
        self.keep_searching();
        if self.find.is_open {
            self.find.due = Some(self.now + PAUSE);
            self.look_near();
        }
    }

    /// Shows the entry of the history before or after the one shown.
    pub fn browse_find_history(&mut self, older: bool) {
        let queries = self.session.find.queries();
        let (now, draft) = match self.find.browsing.take() {
            Some((now, draft)) => (Some(now), draft),
            // What was looked for last may be what the field shows.
            None if queries.first() == Some(&self.find.query) => (Some(0), self.find.query.clone()),
            None => (None, self.find.query.clone()),
        };
        let next = match (now, older) {
            (None, true) => Some(0),
            (None, false) => None,
            (Some(now), true) => Some((now + 1).min(queries.len().saturating_sub(1))),
            (Some(now), false) => now.checked_sub(1),
        };
        let query = next.and_then(|next| queries.get(next)).unwrap_or(&draft).clone();
        self.find.browsing = next.map(|next| (next, draft));
        self.change_query(|now| *now = query);
    }

    /// The same for replacements.
    pub fn browse_replacements(&mut self, older: bool) {
        let entries = self.session.find.replacements();
        let now = entries.iter().position(|entry| *entry == self.find.replacement);
        let next = match (now, older) {
            (None, true) => Some(0),
            (Some(now), true) => Some(now + 1),
            (Some(now), false) => now.checked_sub(1),
            (None, false) => None,
        };
        if let Some(entry) = next.and_then(|next| entries.get(next)) {
            self.find.replacement = entry.clone();
        }
    }

    pub(super) fn remember_query(&mut self) {
        if self.session.find.remember(&self.find.query) {
            self.write_session();
        }
    }

    /// Flips a switch of the bar.
    pub(in crate::editor) fn flip_find_switch(&mut self, switch: FindSwitch) {
        let toggled = |now: Kind, kind: Kind| if now == kind { Kind::Literal } else { kind };
        match switch {
            FindSwitch::InSelection => self.toggle_in_selection(),
            FindSwitch::Case => self.change_query(|query| {
                query.case = match query.case {
                    Case::Smart => Case::Sensitive,
                    Case::Sensitive => Case::Insensitive,
                    Case::Insensitive => Case::Smart,
                }
            }),
            FindSwitch::WholeWord => self.change_query(|query| query.whole_word = !query.whole_word),
            FindSwitch::Escapes => self.change_query(|query| query.escapes = !query.escapes),
            FindSwitch::Regex => self.change_query(|query| query.kind = toggled(query.kind, Kind::Regex)),
            FindSwitch::Hex => self.change_query(|query| query.kind = toggled(query.kind, Kind::Hex)),
            FindSwitch::Number => self.change_query(|query| query.kind = toggled(query.kind, Kind::Number)),
        }
    }

    /// Is a switch of the bar on?
    pub fn find_switch(&self, switch: FindSwitch) -> bool {
        let query = &self.find.query;
        match switch {
            FindSwitch::Case => query.case != Case::Smart,
            FindSwitch::WholeWord => query.whole_word,
            FindSwitch::Escapes => query.escapes,
            FindSwitch::Regex => query.kind == Kind::Regex,
            FindSwitch::Hex => query.kind == Kind::Hex,
            FindSwitch::Number => query.kind == Kind::Number,
            FindSwitch::InSelection => self.tab().is_some_and(|tab| tab.find_scope.is_some()),
        }
    }

    /// Searches only what is selected, or all again.
    fn toggle_in_selection(&mut self) {
        let selected = match &self.find.origin {
            Some(origin) if self.is_where_find_left() => Some(origin.selection.span()),
            _ => self.tab().map(|tab| tab.selection.span()),
        };
        let Some(tab) = self.tab_mut() else { return };
        if tab.find_scope.take().is_none() {
            match selected.filter(|selected| !selected.is_empty()) {
                Some(selected) => tab.find_scope = Some(selected),
                None => return self.tell("Nothing is selected to search in."),
            }
        }
        self.query_changed();
    }

    /// Looks for what is selected, or for the word at the caret: forwards.
    pub(in crate::editor) fn find_selection(&mut self) {
        let Some(tab) = self.tab_mut() else { return };
        let (query, range) = match tab.selected_query() {
            Ok(Some(found)) => found,
            Ok(None) => return self.tell("There is no word here to look for."),
            Err(Pending(range)) => {
                return self.wait_for(range, Waiting::Command(super::super::Command::FindSelection));
            }
        };
        let Some(query) = query else {
            return self.tell("That is too much to look for: select less.");
        };
        // What is selected is text of the document, whatever was looked for before.
        let Query { case, whole_word, number, .. } = self.find.query.clone();
        self.find.query = Query { case, whole_word, number, ..query };
        self.find.browsing = None;
        if let Some(tab) = self.tab_mut() {
            tab.select(Selection::range(range.start, range.end));
        }
        self.find.origin = self.tab().map(Origin::of);
        self.find_step(true);
    }
}

impl Tab {
    /// Does all of it come over a network, so that it is read only if that was asked for?
    pub(super) fn is_far_away(&self) -> bool {
        matches!(self.uncounted(), Some(Uncounted::Network(_)))
    }

    /// What looks for what is selected, or for the word at the caret, and where that stands; `None` where there is
    /// nothing, or too much.
    #[allow(clippy::type_complexity)]
    fn selected_query(&mut self) -> Result<Option<(Option<Query>, Range<u64>)>, Pending> {
        let mut range = self.selection.span();
        if range.is_empty() {
            range = self.around(self.focus, range.start, 2)?;
        }
        if range.is_empty() {
            return Ok(None);
        }
        if range.end - range.start > LONGEST_SELECTION {
            return Ok(Some((None, range)));
        }
        let window = self.document.snapshot().try_read(range.clone());
        if let Some((gap, _)) = window.gaps.first() {
            return Err(Pending(gap.clone()));
        }
        let encoding = self.reading().encoding;
        let text = encoding.decode(&window.bytes);
        let is_exact = encoding.encode(&text).is_ok_and(|bytes| bytes == window.bytes);
        let query = if self.focus == Pane::Hex || !is_exact {
            Query { text: hex::to_hex(&window.bytes), kind: Kind::Hex, ..Query::default() }
        } else if text.contains(char::is_control) {
            let text = text.chars().flat_map(escaped).collect();
            Query { text, escapes: true, ..Query::default() }
        } else {
            Query::literal(text)
        };
        Ok(Some((Some(query), range)))
    }
}

/// A character as it is written with escapes.
fn escaped(character: char) -> Vec<char> {
    match character {
        '\\' => vec!['\\', '\\'],
        '\n' => vec!['\\', 'n'],
        '\r' => vec!['\\', 'r'],
        '\t' => vec!['\\', 't'],
        other if other.is_control() => format!("\\u{{{:X}}}", u32::from(other)).chars().collect(),
        other => vec![other],
    }
}
