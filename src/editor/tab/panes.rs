use std::ops::Range;

use super::{Mode, Pane, Tab};
use crate::document::{Count, Missing};
use crate::text::CellKind;
use crate::view::{self, HexPage, Pending, RowState, Rows, Shape, TextPage};

impl Tab {
    /// Runs `work` with the rows of `snapshot`.
    pub(in crate::editor) fn with_rows<T>(&mut self, work: impl FnOnce(&mut Self, &mut Rows) -> T) -> T {
        let snapshot = self.document.snapshot();
        let mut cache = std::mem::take(&mut self.rows);
        let result = {
            let mut rows = Rows::new(&snapshot, self.shape, &mut cache);
            work(self, &mut rows)
        };
        self.rows = cache;
        result
    }

    /// The text on screen: `rows` rows (one that is cut off by the edge included) of `columns` columns.
    pub fn text_page(&mut self, rows: usize, columns: u64) -> TextPage {
        let page = self.with_rows(|tab, source| {
            let mut view = tab.text;
            let page = view.page(source, rows, columns);
            tab.text = view;
            page
        });
        let lost = page.rows.iter().find_map(|row| match &row.state {
            RowState::Lost(why) => Some(why.clone()),
            RowState::Ready | RowState::Pending => None,
        });
        self.hides_escapes = page.cells.iter().any(|cell| cell.kind == CellKind::Escape);
        self.drawn(page.range(), lost);
        page
    }

    /// The bytes on screen.
    pub fn hex_page(&mut self, rows: usize) -> HexPage {
        let snapshot = self.document.snapshot();
        let page = self.hex.page(&snapshot, rows);
        let window = &page.window;
        let lost = window.gaps.iter().find_map(|(_, why)| match why {
            Missing::Lost(lost) => Some(lost.to_string()),
            Missing::Pending => None,
        });
        self.drawn(window.start..window.start + window.bytes.len() as u64, lost);
        page
    }

    fn drawn(&mut self, seen: Range<u64>, lost: Option<String>) {
        self.seen = seen;
        if lost.is_some() && lost != self.told_lost {
            self.lost = lost;
        }
    }

    /// Were bytes to be drawn that cannot be read, and was that not told yet?
    pub fn met_loss(&self) -> bool {
        self.lost.is_some()
    }

    /// Scrolls a pane by rows.
    pub fn scroll(&mut self, pane: Pane, rows: f32) -> Result<(), Pending> {
        self.scrolling(&[pane], |tab| tab.scroll_by(pane, rows))
    }

    fn scroll_by(&mut self, pane: Pane, rows: f32) -> Result<(), Pending> {
        match pane {
            Pane::Hex => self.hex.scroll(rows, self.document.len(), self.hex_rows),
            Pane::Text => {
                let page = self.text_size.0;
                self.with_rows(|tab, source| {
                    let mut view = tab.text;
                    let result = view.scroll(source, rows, page);
                    tab.text = view;
                    result
                })?;
            }
        }
        self.follow(pane);
        Ok(())
    }

    /// Puts the byte `at` on top of a pane: what the scrollbar does.
    pub fn scroll_to(&mut self, pane: Pane, at: u64) -> Result<(), Pending> {
        self.scrolling(&[pane], |tab| tab.put_on_top(pane, at))
    }

    fn put_on_top(&mut self, pane: Pane, at: u64) -> Result<(), Pending> {
        match pane {
            Pane::Hex => self.hex.scroll_to(at, self.document.len(), self.hex_rows),
            Pane::Text => {
                let page = self.text_size.0;
                self.with_rows(|tab, source| {
                    let mut view = tab.text;
                    let result = view.scroll_to(source, at, page);
                    tab.text = view;
                    result
                })?;
            }
        }
        self.follow(pane);
        Ok(())
    }

    /// Scrolls the text sideways to `left` columns.
    pub fn scroll_sideways(&mut self, left: u64) {
        self.text.left = if self.shape.wrap.is_some() { 0 } else { left };
    }

    /// Brings into sight what is to be seen, in the panes shown: the caret, if a command asked for it, and the end, if
    /// it is followed.
    pub fn reveal(&mut self) -> Result<(), Pending> {
        if std::mem::take(&mut self.reveal) {
            self.scrolling(&[Pane::Text, Pane::Hex], Self::reveal_caret)?;
        }
        self.stay_at_end()
    }

    fn reveal_caret(&mut self) -> Result<(), Pending> {
        let head = self.selection.head();
        if self.shows(Pane::Hex) {
            self.hex.reveal(head, self.document.len(), self.hex_rows);
        }
        if self.shows(Pane::Text) {
            let (page, columns) = self.text_size;
            let result = self.with_rows(|tab, source| {
                let mut view = tab.text;
                let result = view.reveal(source, head, page, columns);
                tab.text = view;
                result
            });
            if result.is_err() {
                self.reveal = true;
            }
            return result;
        }
        Ok(())
    }

    /// Is the caret to be brought into sight?
    pub fn wants_reveal(&self) -> bool {
        self.reveal
    }

    /// The lowest top of the text pane: the last page fills it from there.
    pub fn last_top(&mut self) -> Result<u64, Pending> {
        let page = self.text_size.0;
        self.with_rows(|_, source| view::last_top(source, page))
    }

    /// The character (nothing), word or line at `at`, for one, two or three clicks.
    pub fn around(&mut self, pane: Pane, at: u64, clicks: u32) -> Result<Range<u64>, Pending> {
        match (pane, clicks) {
            (_, 0 | 1) => Ok(at..at),
            (Pane::Text, 2) => self.with_rows(|_, source| view::word_around(source, at)),
            (Pane::Text, _) => self.with_rows(|_, source| view::line_around(source, at)),
            (Pane::Hex, 2) => Ok(at..(at + 1).min(self.document.len())),
            (Pane::Hex, _) => {
                let start = self.hex.row_start(at);
                Ok(start..(start + u64::from(self.hex.rows().bytes_per_row())).min(self.document.len()))
            }
        }
    }

    /// The pane without the keys shows what the other shows.
    pub(super) fn lead(&mut self) {
        self.follow(self.focus);
    }

    fn follow(&mut self, led_by: Pane) {
        if self.mode != Mode::Both {
            return;
        }
        match led_by {
            Pane::Text => {
                self.hex.top = self.hex.row_start(self.text.top);
                self.hex.fraction = 0.0;
            }
            Pane::Hex => {
                self.text.top = self.hex.top;
                self.text.fraction = 0.0;
            }
        }
    }

    /// The caret's 0-based line, and its 0-based column with whether that is exact.
    pub fn position(&mut self) -> (Count, Option<(u64, bool)>) {
        let head = self.selection.head();
        let line = self.document.snapshot().line_at(head);
        let shape = Shape { wrap: None, ..self.shape };
        let snapshot = self.document.snapshot();
        let mut rows = Rows::new(&snapshot, shape, &mut self.lines);
        let column = rows.row_at(head).and_then(|row| rows.column_of(&row, head));
        (line, column.ok())
    }
}
