use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::TabId;
use crate::document::{Document, Snapshot};
use crate::source::Memory;
use crate::text::Reading;
use crate::view::{RowCache, Rows, Shape, TextPage, TextView};

/// Lines listed, at most: nobody reads more, and each takes some hundred bytes.
const MOST: u64 = if cfg!(test) { 1000 } else { 1_000_000 };

/// Bytes kept of them, at most.
const KEPT: usize = 256 << 20;

/// Columns to be seen behind the first match of a line.
const AHEAD: u64 = 8;

/// What was found so far: put in by several threads, and read by the screen meanwhile.
#[derive(Debug, Default)]
pub(super) struct Found {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// In the order in which they were met, whichever was searched first.
    files: Vec<FoundFile>,
    /// The number of the row of each.
    rows: Vec<u64>,
    counts: Counts,
    /// Bytes kept.
    kept: usize,
    /// Why nothing was searched.
    error: Option<String>,
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines with a match.
    pub lines: u64,
    /// Files with a match.
    pub files: u64,
    /// Files searched.
    pub searched: u64,
    /// Those that could not be.
    pub troubled: u64,
    /// Files left out because they are not text.
    pub binary: u64,
    /// There is more than is listed.
    pub is_full: bool,
}

/// A file with matches, or with trouble.
#[derive(Clone, Debug)]
pub(super) struct FoundFile {
    /// Its place in the order of all that are searched.
    pub order: u64,
    /// As it is shown.
    pub name: String,
    pub path: Option<PathBuf>,
    /// The document, and the state of it, that was searched in its stead.
    pub open: Option<(TabId, Snapshot)>,
    pub reading: Reading,
    /// Are its lines hex rows?
    pub binary: bool,
    /// The lines, one behind the other.
    pub bytes: Vec<u8>,
    pub lines: Vec<FoundLine>,
    /// Where in `bytes` matches are.
    pub marks: Vec<Range<u32>>,
    /// Why it, or some of it, was not searched.
    pub trouble: Option<String>,
}

/// A line with a match.
#[derive(Clone, Debug)]
pub(super) struct FoundLine {
    /// The first match in it, in the document.
    pub at: Range<u64>,
    /// Its 0-based number; of a hex row, its offset.
    pub number: u64,
    /// Where its bytes, and its marks, end.
    pub end: u32,
    pub marks: u32,
    /// Was more of it before, or behind, than is listed?
    pub is_cut: (bool, bool),
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq)]
pub enum FoundRow {
    File {
        name: String,
        lines: u64,
        trouble: Option<String>,
    },
    Line {
        /// The 0-based number of the line; of a hex row, its offset.
        number: u64,
        bytes: Vec<u8>,
        /// The matches in `bytes`.
        marks: Vec<Range<u64>>,
        reading: Reading,
        binary: bool,
        is_cut: (bool, bool),
    },
}

/// A line as the text pane would show it, its first byte in the first column.
fn page(bytes: &[u8], reading: Reading, columns: u64) -> TextPage {
    let mut document = Document::open(Arc::new(Memory::new(bytes.to_vec())));
    document.set_line_break(reading.line_break);
    let snapshot = document.snapshot();
    let mut cache = RowCache::default();
    let mut rows = Rows::new(&snapshot, Shape { wrap: None, reading }, &mut cache);
    TextView::default().page(&mut rows, 1, columns)
}

impl FoundRow {
    /// A line of text, laid out in so many columns: without its start, if the first match would not be seen otherwise.
    pub fn fitted(&self, columns: u64) -> Option<FittedLine> {
        let Self::Line { bytes, marks, reading, is_cut, .. } = self else { return None };
        // A byte takes one column, or a tab stop; a badge takes more, and is cut at the edge.
        let whole = page(bytes, *reading, bytes.len() as u64 * u64::from(reading.tab.max(4)));
        let (Some(row), Some(first)) = (whole.rows.first(), marks.first()) else { return None };
        let cells = &whole.cells[row.cells.clone()];
        let column = |at: u64| {
            let index = cells.partition_point(|cell| u64::from(cell.start + cell.len) <= at);
            cells.get(index).map_or(0, |cell| cell.column)
        };
        let start = if column(first.end.saturating_sub(1).max(first.start)) + AHEAD < columns {
            0
        } else {
            let wanted = column(first.start).saturating_sub(columns / 3);
            cells.iter().find(|cell| cell.column >= wanted).map_or(0, |cell| u64::from(cell.start))
        };
        Some(FittedLine {
            page: page(&bytes[start as usize..], *reading, columns),
            marks: marks
                .iter()
                .map(|mark| mark.start.saturating_sub(start)..mark.end.saturating_sub(start))
                .collect(),
            is_cut: is_cut.0 || start > 0,
        })
    }
}

/// A line as it is shown.
#[derive(Debug)]
pub struct FittedLine {
    pub page: TextPage,
    pub marks: Vec<Range<u64>>,
    /// Is its start left out?
    pub is_cut: bool,
}

/// Where a row of the list leads.
#[derive(Clone, Debug)]
pub(super) struct Goal {
    pub path: Option<PathBuf>,
    pub open: Option<(TabId, Snapshot)>,
    /// The match; `None` for a file as such.
    pub at: Option<Range<u64>>,
    pub binary: bool,
}

impl FoundFile {
    fn line(&self, index: usize) -> Option<FoundRow> {
        let line = self.lines.get(index)?;
        let (start, first) = match index.checked_sub(1) {
            Some(before) => (self.lines[before].end, self.lines[before].marks),
            None => (0, 0),
        };
        let marks = self.marks[first as usize..line.marks as usize].iter();
        Some(FoundRow::Line {
            number: line.number,
            bytes: self.bytes[start as usize..line.end as usize].to_vec(),
            marks: marks.map(|mark| (mark.start - start).into()..(mark.end - start).into()).collect(),
            reading: self.reading,
            binary: self.binary,
            is_cut: line.is_cut,
        })
    }

    /// Puts the lines of `more`, which are behind its own, to them.
    fn append(&mut self, more: Self) {
        let (bytes, marks) = (self.bytes.len() as u32, self.marks.len() as u32);
        self.bytes.extend_from_slice(&more.bytes);
        self.marks.extend(more.marks.into_iter().map(|mark| mark.start + bytes..mark.end + bytes));
        self.lines.extend(more.lines.into_iter().map(|line| FoundLine {
            end: line.end + bytes,
            marks: line.marks + marks,
            ..line
        }));
        self.trouble = more.trouble.or(self.trouble.take());
    }

    fn kept(&self) -> usize {
        self.bytes.len()
            + self.lines.len() * size_of::<FoundLine>()
            + self.marks.len() * size_of::<Range<u32>>()
    }
}

impl Found {
    /// Puts in a part of what was found in a file. False if there is enough.
    pub fn put(&self, part: FoundFile) -> bool {
        let mut state = self.lock();
        if state.counts.is_full || (part.lines.is_empty() && part.trouble.is_none()) {
            return !state.counts.is_full;
        }
        state.kept += part.kept();
        state.counts.lines += part.lines.len() as u64;
        let at = state.files.partition_point(|file| file.order < part.order);
        match state.files.get_mut(at).filter(|file| file.order == part.order) {
            Some(file) => {
                let (had_lines, had_trouble) = (!file.lines.is_empty(), file.trouble.is_some());
                file.append(part);
                let (lines, trouble) = (!file.lines.is_empty(), file.trouble.is_some());
                state.counts.files += u64::from(lines && !had_lines);
                state.counts.troubled += u64::from(trouble && !had_trouble);
            }
            None => {
                state.counts.files += u64::from(!part.lines.is_empty());
                state.counts.troubled += u64::from(part.trouble.is_some());
                state.files.insert(at, part);
            }
        }
        // Files are put in nearly in order: the rows behind are few.
        state.rows.truncate(at);
        for index in at..state.files.len() {
            let row = match index.checked_sub(1) {
                Some(before) => state.rows[before] + 1 + state.files[before].lines.len() as u64,
                None => 0,
            };
            state.rows.push(row);
        }
        state.counts.is_full = state.counts.lines >= MOST || state.kept >= KEPT;
        !state.counts.is_full
    }

    /// A file was searched, or left out because it is no text.
    pub fn searched(&self, was_binary: bool) {
        let mut state = self.lock();
        state.counts.searched += u64::from(!was_binary);
        state.counts.binary += u64::from(was_binary);
    }

    /// Nothing can be searched, and why.
    pub fn fail(&self, error: String) {
        self.lock().error = Some(error);
    }

    pub fn error(&self) -> Option<String> {
        self.lock().error.clone()
    }

    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Rows in all.
    pub fn len(&self) -> u64 {
        let state = self.lock();
        state.len()
    }

    /// `most` rows from number `first` on.
    pub fn rows(&self, first: u64, most: usize) -> Vec<FoundRow> {
        let state = self.lock();
        let row = |number| {
            let (index, line) = state.place(number)?;
            let file = &state.files[index];
            match line {
                Some(line) => file.line(line),
                None => Some(FoundRow::File {
                    name: file.name.clone(),
                    lines: file.lines.len() as u64,
                    trouble: file.trouble.clone(),
                }),
            }
        };
        (first..first.saturating_add(most as u64)).map_while(row).collect()
    }

    /// Where row `number` leads.
    pub fn goal(&self, number: u64) -> Option<Goal> {
        let state = self.lock();
        let (index, line) = state.place(number)?;
        let file = &state.files[index];
        let at = line.map(|line| file.lines[line].at.clone());
        Some(Goal { path: file.path.clone(), open: file.open.clone(), at, binary: file.binary })
    }

    /// The nearest row with a line, behind row `from` or before it; the first or the last for `None`.
    pub fn next_line(&self, from: Option<u64>, forward: bool) -> Option<u64> {
        let state = self.lock();
        let is_line = |row: &u64| state.place(*row).is_some_and(|(_, line)| line.is_some());
        let len = state.len();
        // A file that has none has trouble: there are few in a row.
        match forward {
            true => (from.map_or(0, |from| from + 1)..len).find(is_line),
            false => (0..from.unwrap_or(len).min(len)).rev().find(is_line),
        }
    }

    /// The file at `path` is open from now on: what was found in it moves with its edits.
    pub fn opened(&self, path: &Path, tab: TabId, snapshot: &Snapshot) {
        let mut state = self.lock();
        for file in state.files.iter_mut().filter(|file| file.path.as_deref() == Some(path)) {
            file.open = Some((tab, snapshot.clone()));
        }
    }

    /// A thread that panicked has left it as it was before or after a step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn len(&self) -> u64 {
        match (self.rows.last(), self.files.last()) {
            (Some(row), Some(file)) => row + 1 + file.lines.len() as u64,
            _ => 0,
        }
    }

    /// The file of row `number`, and its line there if it is one.
    fn place(&self, number: u64) -> Option<(usize, Option<usize>)> {
        let index = self.rows.partition_point(|row| *row <= number).checked_sub(1)?;
        match number - self.rows[index] {
            0 => Some((index, None)),
            line if line <= self.files[index].lines.len() as u64 => Some((index, Some(line as usize - 1))),
            _ => None,
        }
    }
}
