mod panes;

use std::collections::VecDeque;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::cache::Kept;
use super::coloring::Highlighting;
use super::counting::Uncounted;
use super::disk::Disk;
use super::fetching::{Fetches, Waiting};
use super::filter::Filter;
use super::find::{ReplacedCopy, Search};
use super::following::Stuck;
use super::review::Review;
use super::{Landing, Lock, Stream};
use crate::document::{Applied, Bias, Count, Counting, Document, Snapshot};
use crate::source::{Change, Identity};
use crate::text::{Confidence, Encoding, Escapes, LineEnding, LineEndings, Reading};
use crate::view::{HexView, RowCache, Selection, Shape, TextView};

/// A step that changed more places than this leaves one caret.
const CARETS: usize = 10_000;

/// Jumps kept to go back through.
const JUMPS: usize = 200;

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
    /// The bytes of the file that it shows, if not all.
    pub part: Option<Range<u64>>,
    /// What is being written back into the part, and where it will be then.
    pub(super) part_being_saved: Option<(Snapshot, Range<u64>)>,
    /// What became of the file since.
    pub disk: Disk,
    /// Why it may not be changed.
    pub locked: Option<Lock>,
    /// Was the person told that it is locked, by what they typed?
    pub(super) refused: bool,
    /// Did the person allow changes to what was opened locked?
    pub(super) unlocked: bool,
    /// The processes of other Hextants that edit the file, and those of which the person knows.
    pub(super) other_editors: Vec<u32>,
    pub(super) known_editors: Vec<u32>,
    pub document: Document,
    /// Was it told from its bytes that it is no text? (Which view shows it, the person chooses.)
    pub(super) is_binary: bool,
    /// What is to be written to a file that the person is asked for.
    pub(super) replaced_copy: Option<Box<ReplacedCopy>>,
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
    /// Are there escape sequences on screen that are not drawn?
    pub hides_escapes: bool,
    /// Full rows of the hex pane on screen.
    pub hex_rows: usize,
    pub landing: Option<Landing>,
    /// Where it stands among the tabs: the number under which its file was first asked for.
    pub(super) place: u64,
    /// The name with as many folders before it as tell it from other tabs of that name.
    pub(super) label: String,
    /// Set by a change of selection, for the panes to bring the caret into sight.
    pub(super) reveal: bool,
    /// The bytes on screen when it was last drawn.
    seen: Range<u64>,
    pub(super) goal: Option<u64>,
    pub(super) shape: Shape,
    pub(super) rows: RowCache,
    /// Unwrapped lines, for the caret's column.
    pub(super) lines: RowCache,
    pub(super) back: Vec<u64>,
    pub(super) forward: Vec<u64>,
    /// What was asked for and waits for bytes to be read, in that order.
    pub(super) waiting: VecDeque<Waiting>,
    pub(super) fetches: Fetches,
    /// What flows into it, if it is no file at rest.
    pub stream: Option<Stream>,
    /// How many bytes of the stream it has.
    pub(super) streamed: u64,
    /// How it was read in which states of the document, where it was converted between them.
    pub(super) readings: Vec<(u64, Reading, bool)>,
    /// The encoding that the person chose.
    pub(super) chosen_encoding: Option<Encoding>,
    /// How sure its encoding is.
    pub confidence: Confidence,
    /// How its lines end, once that was counted, by the revision that was counted.
    pub(super) endings: Option<(u64, LineEndings)>,
    /// The counting of its lines, while that is under way.
    pub(super) counting: Option<Counting>,
    /// Why its lines are not to be counted.
    pub(super) uncounted: Option<Uncounted>,
    /// The line counts of its file that are kept for the next time.
    pub(super) kept: Option<Kept>,
    /// Is nothing to be kept of it, because it was opened read-only?
    pub(super) without_trace: bool,
    /// Bytes on the disk that files take which were replaced by saves, and which undo still needs.
    pub held: u64,
    /// Why its unsaved edits are not written down, for the case of a crash.
    pub unprotected: Option<String>,
    /// Does the view stay at the end, however the document grows?
    pub(super) follows: bool,
    pub(super) stuck: Option<Stuck>,
    /// Why bytes met on screen cannot be read, until it was told.
    pub(super) lost: Option<String>,
    /// What was told of that.
    pub(super) told_lost: Option<String>,
    /// What the find bar looks for, here.
    pub(super) search: Option<Box<Search>>,
    /// Where it looks, if not everywhere.
    pub(super) find_scope: Option<Range<u64>>,
    /// What the list of lines shows, of here.
    pub(super) filter: Option<Box<Filter>>,
    /// What its other pages show.
    pub(super) kept_filters: Vec<Filter>,
    /// What the list of edits shows, of here.
    pub(super) review: Option<Box<Review>>,
    /// Where marked lines start, in order.
    pub(super) marks: Vec<u64>,
    pub(super) highlighting: Option<Highlighting>,
    /// Lines, or a patch, that wait for the name of a file.
    pub(super) lines_to_save: Option<Snapshot>,
}

impl Tab {
    pub fn new(id: TabId, name: String, document: Document) -> Self {
        Self {
            id,
            path: None,
            identity: None,
            part: None,
            part_being_saved: None,
            disk: Disk::default(),
            locked: None,
            refused: false,
            unlocked: false,
            other_editors: Vec::new(),
            known_editors: Vec::new(),
            document,
            is_binary: false,
            replaced_copy: None,
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
            hides_escapes: false,
            hex_rows: 40,
            landing: None,
            place: id.0,
            label: name.clone(),
            reveal: false,
            seen: 0..0,
            goal: None,
            shape: Shape { wrap: None, reading: Reading::utf8(4) },
            rows: RowCache::default(),
            lines: RowCache::default(),
            back: Vec::new(),
            forward: Vec::new(),
            waiting: VecDeque::new(),
            fetches: Fetches::default(),
            stream: None,
            streamed: 0,
            confidence: Confidence::Certain,
            readings: Vec::new(),
            chosen_encoding: None,
            endings: None,
            counting: None,
            uncounted: None,
            kept: None,
            without_trace: false,
            held: 0,
            unprotected: None,
            follows: false,
            stuck: None,
            lost: None,
            told_lost: None,
            search: None,
            find_scope: None,
            filter: None,
            kept_filters: Vec::new(),
            review: None,
            lines_to_save: None,
            marks: Vec::new(),
            highlighting: None,
            name,
        }
    }

    /// What tells it from the other tabs: its name, with folders before it where another has the same name.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Its label with a mark of what is not saved.
    pub fn title(&self) -> String {
        if self.is_unsaved() { format!("● {}", self.label) } else { self.label.clone() }
    }

    /// Would something be lost with it: edits, or what came through a pipe and is nowhere else?
    pub fn is_unsaved(&self) -> bool {
        self.is_edited() || self.is_only_copy()
    }

    /// Is what it shows another thing than what its file holds, by edits or by a save that broke off?
    pub(super) fn is_edited(&self) -> bool {
        self.document.is_modified() || self.disk.unfinished().is_some()
    }

    /// Does the view stay at the end, however the document grows?
    pub fn follows(&self) -> bool {
        self.follows
    }

    /// Is there no file any more under its path?
    pub(super) fn is_removed(&self) -> bool {
        self.disk.change() == Change::Removed
    }

    /// Why not all of its lines are counted, if that is not to be.
    pub fn uncounted(&self) -> Option<Uncounted> {
        self.uncounted.filter(|_| matches!(self.lines(), Count::About(_)))
    }

    /// The folder that a file dialog should start in.
    pub fn folder(&self) -> Option<&Path> {
        self.file().and_then(Path::parent)
    }

    /// Does typing replace what is there, in the pane that has the keys?
    pub fn overwrites(&self) -> bool {
        match self.focus {
            Pane::Text => self.text_overwrites,
            Pane::Hex => !self.hex_inserts,
        }
    }

    /// The first byte on screen, in the pane that has the keys.
    pub(super) fn top(&self) -> u64 {
        match self.focus {
            Pane::Text => self.text.top,
            Pane::Hex => self.hex.top,
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
        let caret_was_seen =
            self.seen.start <= self.selection.head() && self.selection.head() <= self.seen.end;
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
        self.document.end_step();
        self.reveal = caret_was_seen;
    }

    /// Gives the keys to `pane`.
    pub fn focus(&mut self, pane: Pane) {
        if self.focus != pane && self.shows(pane) {
            self.focus = pane;
            self.half_typed = false;
            self.document.end_step();
        }
    }

    /// Sets how many columns rows wrap at (`None`: not), the distance of tab stops, and what escape sequences are shown
    /// as.
    pub fn set_shape(&mut self, wrap: Option<u32>, tab: u32, escapes: Escapes) {
        self.shape = Shape { wrap, reading: Reading { tab, escapes, ..self.shape.reading } };
    }

    /// How its bytes are read as text.
    pub fn reading(&self) -> Reading {
        self.shape.reading
    }

    /// Moves the caret and drops the selection, or extends it.
    pub fn select(&mut self, selection: Selection) {
        self.selection = selection.clamp(self.document.len());
        self.half_typed = false;
        self.reveal = true;
        self.document.end_step();
    }

    /// Selects by mouse: like [`Tab::select`], but the view stays where it is. What still waited is given up.
    pub fn select_in_sight(&mut self, selection: Selection) {
        self.waiting.clear();
        self.select(selection);
        self.goal = None;
        self.landing = None;
        self.reveal = false;
    }

    /// Selects what a person jumped to.
    pub(super) fn jump(&mut self, selection: Selection) {
        self.waiting.clear();
        self.select(selection);
        self.goal = None;
        self.landing = None;
    }

    /// Remembers where the caret is, for Back.
    pub(super) fn remember_jump(&mut self) {
        let here = self.selection.head();
        if self.back.last() != Some(&here) {
            self.back.push(here);
        }
        let old = self.back.len().saturating_sub(JUMPS);
        self.back.drain(..old);
        self.forward.clear();
    }

    /// Gives up what waits for bytes to be read.
    pub(super) fn stop_waiting(&mut self) {
        self.waiting.clear();
        self.fetches = Fetches::default();
    }

    /// Maps views and jumps through an edit; the carets go where it says.
    pub(super) fn follow_edit(&mut self, applied: &Applied) {
        let map = |at: &mut u64| *at = applied.edits.map(*at, Bias::Before);
        let snapshot = self.document.snapshot();
        let revision = snapshot.revision();
        self.rows.follow(&applied.edits, revision);
        self.lines.follow(&applied.edits, revision);
        self.search_follows(&applied.edits, &snapshot);
        self.filter_follows(&applied.edits, &snapshot);
        self.review_follows(&applied.edits, &snapshot);
        self.text.map(&applied.edits);
        self.hex.map(&applied.edits);
        self.back.iter_mut().for_each(map);
        self.forward.iter_mut().for_each(map);
        self.marks.iter_mut().for_each(map);
        self.marks.dedup();
        let carets = match applied.carets.as_slice() {
            // Of a step that changed so many places, the first is shown.
            [first, .., _] if applied.carets.len() > CARETS => vec![*first],
            carets => carets.to_vec(),
        };
        self.selection = Selection::new(carets).clamp(self.document.len());
        self.half_typed = false;
        self.goal = None;
        self.landing = None;
        self.reveal = true;
    }

    /// Shows its document as `old` showed another state of it: in the same views, with the caret at the same byte.
    pub(super) fn look_like(&mut self, old: &Self) {
        self.mode = old.mode;
        self.focus = old.focus;
        self.selection = old.selection.clamp(self.document.len());
        (self.text, self.hex) = (old.text, old.hex);
        self.text_overwrites = old.text_overwrites;
        self.hex_inserts = old.hex_inserts;
        self.hex_column = old.hex_column;
        (self.text_size, self.hex_rows, self.shape) = (old.text_size, old.hex_rows, old.shape);
        self.place = old.place;
        self.follows = old.follows;
        (self.back, self.forward) = (old.back.clone(), old.forward.clone());
    }
}
