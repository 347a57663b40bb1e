use std::ops::Range;

use super::super::{Editor, Tab, TabId};
use crate::view::{HexView, Selection, TextView};

/// Where a person was when they began to look for something.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    tab: TabId,
    pub selection: Selection,
    text: TextView,
    hex: HexView,
    /// The state of the document.
    state: u64,
    /// What the search selected last. If something else is selected, the person went elsewhere.
    shown: Selection,
}

impl Editor {
    /// Is the active document as the search left it, neither edited nor moved in by the person?
    pub(super) fn is_where_find_left(&self) -> bool {
        match (self.tab(), &self.find.origin) {
            (Some(tab), Some(origin)) => {
                tab.id == origin.tab
                    && tab.selection == origin.shown
                    && tab.document.snapshot().state() == origin.state
            }
            _ => false,
        }
    }

    /// The search has selected something else in the active document.
    pub(super) fn note_shown(&mut self) {
        let Some(shown) = self.tab().map(|tab| tab.selection.clone()) else { return };
        if let Some(origin) = &mut self.find.origin {
            origin.shown = shown;
        }
    }

    /// Where a search for what is being typed begins: where the person was.
    pub(super) fn search_origin(&mut self) -> Range<u64> {
        if !self.is_where_find_left() {
            self.find.origin = self.tab().map(Origin::of);
        }
        self.find.origin.as_ref().map_or(0..0, |origin| origin.selection.span())
    }

    /// Shows again what the person looked at before they began to type.
    pub(super) fn show_origin(&mut self) {
        if !self.is_where_find_left() {
            return;
        }
        if let Some(origin) = self.find.origin.clone()
            && let Some(tab) = self.tab_mut()
        {
            origin.restore(tab);
            self.note_shown();
        }
    }
}

impl Origin {
    pub fn of(tab: &Tab) -> Self {
        Self {
            tab: tab.id,
            selection: tab.selection.clone(),
            text: tab.text,
            hex: tab.hex,
            state: tab.document.snapshot().state(),
            shown: tab.selection.clone(),
        }
    }

    pub fn restore(&self, tab: &mut Tab) {
        tab.select(self.selection.clone());
        (tab.text, tab.hex) = (self.text, self.hex);
        tab.reveal = false;
    }
}
