use super::{Mode, Pane, Tab};
use crate::view::{Pending, Shape};

/// For what the end of a document was brought on screen last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stuck {
    len: u64,
    mode: Mode,
    text_size: (usize, u64),
    hex_rows: usize,
    shape: Shape,
}

impl Tab {
    /// Keeps the document's end on screen, however it grows, until the person scrolls up; or no longer.
    pub fn set_follows(&mut self, follows: bool) {
        self.follows = follows;
        self.stuck = None;
    }

    /// Brings the end on screen where it is followed and has moved.
    pub(super) fn stay_at_end(&mut self) -> Result<(), Pending> {
        if !self.follows {
            return Ok(());
        }
        let now = Stuck {
            len: self.document.len(),
            mode: self.mode,
            text_size: self.text_size,
            hex_rows: self.hex_rows,
            shape: self.shape,
        };
        if self.stuck == Some(now) {
            return Ok(());
        }
        self.hex.scroll_to(now.len, now.len, self.hex_rows);
        if self.shows(Pane::Text) {
            let page = self.text_size.0;
            self.with_rows(|tab, source| {
                let mut view = tab.text;
                let result = view.scroll_to(source, now.len, page);
                tab.text = view;
                result
            })?;
        }
        self.stuck = Some(now);
        Ok(())
    }

    /// Does `scroll`, as the person asks for it in these panes: who scrolls up no longer wants to follow the end.
    pub(super) fn scrolling<T>(&mut self, panes: &[Pane], scroll: impl FnOnce(&mut Self) -> T) -> T {
        let top = |tab: &Self, pane: &Pane| match pane {
            Pane::Text => (tab.text.top, tab.text.fraction),
            Pane::Hex => (tab.hex.top, tab.hex.fraction),
        };
        let before: Vec<_> = panes.iter().map(|pane| top(self, pane)).collect();
        let result = scroll(self);
        if self.follows {
            let went_up =
                |(pane, before): (&Pane, &(u64, f32))| self.shows(*pane) && top(self, pane) < *before;
            let up = panes.iter().zip(&before).any(went_up);
            self.set_follows(!up);
        }
        result
    }
}
