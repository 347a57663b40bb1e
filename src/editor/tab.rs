use std::ops::Range;
use std::path::{Path, PathBuf};

use super::command::Command;
use crate::document::{Applied, Count, Document, LineStart, Snapshot};
use crate::source::Identity;
use crate::text::LineEnding;
use crate::view::{self, HexPage, HexView, Pending, RowCache, Rows, Selection, Shape, TextPage, TextView, goto};

/// Names a tab for as long as the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TabId(pub u64);

/// How a tab shows its document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Text,
    Hex,
    Both,
}

/// The pane that the keys go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    Text,
    Hex,
}

/// The column of the hex pane that typing goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HexColumn {
    #[default]
    Bytes,
    Decoded,
}

/// A place to land on, as soon as the lines before it are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landing {
    /// Where the selection begins, if there is to be one.
    pub anchor: Option<Spot>,
    pub head: Spot,
}

/// A place in a document, as a person names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    Byte(u64),
    /// 0-based both.
    Line { line: u64, column: u64 },
    /// The end of a 0-based line, its line ending included.
    LineEnd { line: u64 },
}

/// One document, open: its contents, and how it is looked at.
#[derive(Debug)]
pub struct Tab {
    pub id: TabId,
    /// What the tab is called: the file's name.
    pub name: String,
    /// The file, unless it was never saved.
    pub path: Option<PathBuf>,
    /// The file as it was when it was last read or written by us.
    pub identity: Option<Identity>,
    /// Why it may not be changed, in a few words.
    pub locked: Option<&'static str>,
    pub document: Document,
    pub mode: Mode,
    pub focus: Pane,
    pub selection: Selection,
    pub text: TextView,
    pub hex: HexView,
    /// Does typing in the text pane replace the character behind the caret?
    pub text_overwrites: bool,
    /// Does typing in the hex pane make room for itself?
    pub hex_inserts: bool,
    pub hex_column: HexColumn,
    /// Was the first nibble of the byte at the caret typed?
    pub half_typed: bool,
    pub line_ending: LineEnding,
    /// Does the file begin with a UTF-8 byte order mark?
    pub has_bom: bool,
    /// Full rows and columns of the text pane on screen.
    pub text_size: (usize, u64),
    /// Full rows of the hex pane on screen.
    pub hex_rows: usize,
    pub landing: Option<Landing>,
    /// Set by a change of selection, for the panes to bring the caret into sight.
    pub(super) reveal: bool,
    pub(super) goal: Option<u64>,
    pub(super) shape: Shape,
    pub(super) rows: RowCache,
    pub(super) back: Vec<u64>,
    pub(super) forward: Vec<u64>,
    /// Commands that wait for bytes to be read.
    pub(super) waiting: Vec<Command>,
    /// Ranges being read for the screen.
    pub(super) fetching: Vec<Range<u64>>,
    /// Close it as soon as it is saved.
    pub(super) closing: bool,
}

impl Tab {
    pub fn new(id: TabId, name: String, document: Document) -> Self {
        Self {
            id,
            name,
            path: None,
            identity: None,
            locked: None,
            document,
            mode: Mode::Text,
            focus: Pane::Text,
            selection: Selection::default(),
            text: TextView::default(),
            hex: HexView::default(),
            text_overwrites: false,
            hex_inserts: false,
            hex_column: HexColumn::Bytes,
            half_typed: false,
            line_ending: LineEnding::Lf,
            has_bom: false,
            text_size: (40, 100),
            hex_rows: 40,
            landing: None,
            reveal: false,
            goal: None,
            shape: Shape { wrap: None, tab: 4 },
            rows: RowCache::default(),
            back: Vec::new(),
            forward: Vec::new(),
            waiting: Vec::new(),
            fetching: Vec::new(),
            closing: false,
        }
    }

    /// Its name with a mark of unsaved edits, for the window's title.
    pub fn title(&self) -> String {
        if self.document.is_modified() { format!("● {}", self.name) } else { self.name.clone() }
    }

    /// The folder that a file dialog should start in.
    pub fn folder(&self) -> Option<&Path> {
        self.path.as_deref().and_then(Path::parent)
    }

    /// Does typing replace what is there, in the pane that has the keys?
    pub fn overwrites(&self) -> bool {
        match self.focus {
            Pane::Text => self.text_overwrites,
            Pane::Hex => !self.hex_inserts,
        }
    }

    pub fn shows(&self, pane: Pane) -> bool {
        match pane {
            Pane::Text => self.mode != Mode::Hex,
            Pane::Hex => self.mode != Mode::Text,
        }
    }

    pub fn set_mode(&mut self, mode: Mode) {
        if self.mode == mode {
            return;
        }
        // What was seen in the one view is seen in the other.
        match mode {
            Mode::Text if self.mode == Mode::Hex => self.text.top = self.hex.top,
            Mode::Hex if self.mode == Mode::Text => self.hex.top = self.hex.row_start(self.text.top),
            _ => {}
        }
        self.mode = mode;
        match mode {
            Mode::Text => self.focus = Pane::Text,
            Mode::Hex => self.focus = Pane::Hex,
            Mode::Both => self.lead(),
        }
        self.half_typed = false;
        self.reveal = true;
    }

    /// Gives the keys to `pane`.
    pub fn focus(&mut self, pane: Pane) {
        if self.focus != pane && self.shows(pane) {
            self.focus = pane;
            self.half_typed = false;
            self.document.end_step();
        }
    }

    /// Sets how many columns rows wrap at (`None`: not), and the distance of tab stops.
    pub fn set_shape(&mut self, shape: Shape) {
        self.shape = shape;
    }

    /// Runs `work` with the rows of `snapshot`.
    pub(super) fn with_rows<T>(&mut self, work: impl FnOnce(&mut Self, &mut Rows) -> T) -> T {
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
        self.with_rows(|tab, source| {
            let mut view = tab.text;
            let page = view.page(source, rows, columns);
            tab.text = view;
            page
        })
    }

    /// The bytes on screen.
    pub fn hex_page(&mut self, rows: usize) -> HexPage {
        let snapshot = self.document.snapshot();
        self.hex.page(&snapshot, rows)
    }

    /// Scrolls a pane by rows.
    pub fn scroll(&mut self, pane: Pane, rows: f32) -> Result<(), Pending> {
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

    /// Brings the caret into sight in the panes shown, if a command asked for it.
    pub fn reveal_caret(&mut self) -> Result<(), Pending> {
        if !std::mem::take(&mut self.reveal) {
            return Ok(());
        }
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
    fn lead(&mut self) {
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

    /// Moves the caret and drops the selection, or extends it.
    pub fn select(&mut self, selection: Selection) {
        self.selection = selection.clamp(self.document.len());
        self.half_typed = false;
        self.reveal = true;
        self.document.end_step();
    }

    /// Selects by mouse: like [`Tab::select`], but the view stays where it is.
    pub fn select_in_sight(&mut self, selection: Selection) {
        self.select(selection);
        self.goal = None;
        self.reveal = false;
    }

    /// Remembers where the caret is, for Back.
    pub(super) fn remember_jump(&mut self) {
        let here = self.selection.head();
        if self.back.last() != Some(&here) {
            self.back.push(here);
        }
        self.forward.clear();
    }

    /// Maps views and jumps through an edit; the carets go where it says.
    pub(super) fn follow_edit(&mut self, applied: &Applied) {
        let map = |at: &mut u64| *at = applied.edits.map(*at, crate::document::Bias::Before);
        self.text.map(&applied.edits);
        self.hex.map(&applied.edits);
        self.back.iter_mut().for_each(map);
        self.forward.iter_mut().for_each(map);
        self.selection = Selection::new(applied.carets.clone()).clamp(self.document.len());
        self.goal = None;
        self.landing = None;
        self.reveal = true;
    }

    /// The caret's 0-based line, and its 0-based column with whether that is exact.
    pub fn position(&mut self) -> (Count, Option<(u64, bool)>) {
        let head = self.selection.head();
        let line = self.document.snapshot().line_at(head);
        let shape = Shape { wrap: None, ..self.shape };
        let snapshot = self.document.snapshot();
        let mut cache = RowCache::default();
        let mut rows = Rows::new(&snapshot, shape, &mut cache);
        let column = rows.row_at(head).and_then(|row| rows.column_of(&row, head));
        (line, column.ok())
    }

    /// The byte of a 0-based column in the line that starts at `start`.
    pub(super) fn byte_in_line(&mut self, start: u64, column: u64) -> Result<u64, Pending> {
        let snapshot = self.document.snapshot();
        let mut cache = RowCache::default();
        let mut rows = Rows::new(&snapshot, Shape { wrap: None, ..self.shape }, &mut cache);
        let row = rows.row_at(start)?;
        Ok(rows.byte_at(&row, column)?.0)
    }

    pub(super) fn unit(&self) -> goto::Unit {
        match self.focus {
            Pane::Text => goto::Unit::Lines,
            Pane::Hex => goto::Unit::Bytes,
        }
    }

    /// Tries to land where it was asked to. True once it did.
    pub(super) fn land(&mut self) -> Result<bool, Pending> {
        let Some(landing) = self.landing else { return Ok(false) };
        let (Some(head), Some(anchor)) =
            (self.spot(landing.head)?, self.spot(landing.anchor.unwrap_or(landing.head))?)
        else {
            return Ok(false);
        };
        self.landing = None;
        self.goal = None;
        self.select(Selection::range(anchor, head));
        Ok(true)
    }

    /// The byte of a place; `None` while the lines before it are not counted.
    fn spot(&mut self, spot: Spot) -> Result<Option<u64>, Pending> {
        let snapshot: Snapshot = self.document.snapshot();
        let (line, column) = match spot {
            Spot::Byte(at) => return Ok(Some(at.min(snapshot.len()))),
            Spot::Line { line, column } => (line, column),
            Spot::LineEnd { line } => (line.saturating_add(1), 0),
        };
        match snapshot.line_start(line) {
            LineStart::At(start) => self.byte_in_line(start, column).map(Some),
            LineStart::Beyond(_) => Ok(Some(snapshot.len())),
            LineStart::Uncounted { .. } => Ok(None),
            LineStart::Pending(range) => Err(Pending(range)),
        }
    }
}
