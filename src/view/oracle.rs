//! The naive twin: lays out a whole document, line by line, cell by cell.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use proptest::prelude::*;

use super::rows::{BUDGET, NEAR};
use super::{Row, Shape};
use crate::document::{Content, Document, Newline, Replacement, StepKind};
use crate::source::{Cancel, Memory, Progress};
use crate::text::{Cell, CellKind, Reading};

/// A document, its bytes, and its layout.
pub struct Oracle {
    pub document: Document,
    pub bytes: Vec<u8>,
    pub shape: Shape,
    pub rows: Vec<Row>,
    /// All cells: where they are, with columns of their line.
    pub cells: Vec<(Range<u64>, Cell)>,
}

impl fmt::Debug for Oracle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of b\"{}\"", self.shape, self.bytes.escape_ascii())
    }
}

impl Oracle {
    pub fn new(document: Document, bytes: Vec<u8>, shape: Shape) -> Self {
        let mut oracle = Self { document, bytes, shape, rows: Vec::new(), cells: Vec::new() };
        let mut at = 0;
        while at < oracle.bytes.len() {
            let mut cells = Vec::new();
            let used = shape.reading.cells(&oracle.bytes[at..], true, 0, &mut cells);
            oracle.cells.extend(cells.iter().map(|cell| {
                let start = at as u64 + u64::from(cell.start);
                (start..start + u64::from(cell.len), *cell)
            }));
            at += used;
        }
        let mut start = 0;
        loop {
            let line_break = shape.reading.line_break;
            let newline = line_break.find(&oracle.bytes[start as usize..], start);
            let end = newline.map_or(oracle.bytes.len() as u64, |at| start + at as u64 + line_break.width());
            oracle.line(start..end, newline.is_some());
            if newline.is_none() {
                return oracle;
            }
            start = end;
        }
    }

    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn line(&mut self, line: Range<u64>, ends_line: bool) {
        // Which lines can be seen whole is for the line index to say.
        let end = self.document.snapshot().newline_after(line.start, BUDGET);
        let is_tiled = self.shape.wrap.is_some() || matches!(end, Newline::Far(_));
        let mut starts = vec![line.start];
        if is_tiled {
            let marks = (line.start + NEAR..line.end + 1000).filter(|mark| mark.is_multiple_of(NEAR));
            starts.extend(marks.map(|mark| self.boundary(mark)).filter(|at| line.contains(at)));
            starts.dedup();
        }
        let ends: Vec<u64> = starts[1..].iter().copied().chain([line.end]).collect();
        let mut rows = Vec::new();
        for (&start, &end) in starts.iter().zip(&ends) {
            match self.shape.wrap {
                Some(columns) => self.wrap(start..end, u64::from(columns), &mut rows),
                None => rows.push(start..end),
            }
        }
        let count = rows.len();
        self.rows.extend(rows.into_iter().enumerate().map(|(index, row)| Row {
            start: row.start,
            end: row.end,
            begins_line: index == 0,
            ends_line: ends_line && index + 1 == count,
        }));
    }

    fn boundary(&self, mark: u64) -> u64 {
        match self.cells.iter().find(|(range, _)| range.contains(&mark)) {
            Some((range, cell)) if cell.kind == CellKind::LineEnd => range.end,
            Some((range, _)) => range.start,
            None => self.len(),
        }
    }

    fn wrap(&self, tile: Range<u64>, columns: u64, rows: &mut Vec<Range<u64>>) {
        let cells: Vec<_> = self.cells.iter().filter(|(range, _)| tile.contains(&range.start)).collect();
        let is_space = |at: u64, cell: &Cell| cell.len == 1 && self.bytes[at as usize] == b' ';
        let mut start = tile.start;
        loop {
            let (mut column, mut after) = (0, None);
            let mut end = tile.end;
            for (range, cell) in cells.iter().filter(|(range, _)| range.start >= start) {
                let space = is_space(range.start, cell);
                let width = self.width_at(cell, column);
                let room = columns + u64::from(space);
                if column > 0 && column + width > room && cell.kind != CellKind::LineEnd {
                    end = after.unwrap_or(range.start);
                    break;
                }
                column += width;
                if space || cell.kind == CellKind::Tab {
                    after = (column * 2 > columns).then_some(range.end);
                }
            }
            rows.push(start..end);
            if end == tile.end {
                return;
            }
            start = end;
        }
    }

    fn width_at(&self, cell: &Cell, column: u64) -> u64 {
        let tab = u64::from(self.shape.reading.tab);
        if cell.kind == CellKind::Tab { tab - column % tab } else { u64::from(cell.width) }
    }

    pub fn row_at(&self, offset: u64) -> usize {
        let behind = self.rows.partition_point(|row| row.start <= offset);
        behind - 1
    }

    /// The cells of a row, with columns of the row.
    pub fn row_cells(&self, row: &Row) -> Vec<(Range<u64>, u64, Cell)> {
        let mut column = 0;
        let here = self.cells.iter().filter(|(range, _)| row.start <= range.start && range.start < row.end);
        let mut cells = Vec::new();
        for (range, cell) in here {
            let width = self.width_at(cell, column);
            cells.push((range.clone(), column, Cell { column, width: width as u32, ..*cell }));
            column += width;
        }
        cells
    }

    pub fn is_boundary(&self, offset: u64) -> bool {
        offset == self.len() || self.cells.iter().any(|(range, _)| range.start == offset)
    }

    /// All places for a caret.
    pub fn boundaries(&self) -> Vec<u64> {
        self.cells.iter().map(|(range, _)| range.start).chain([self.len()]).collect()
    }
}

pub fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let near = NEAR as usize;
    let fixed: Vec<&[u8]> = vec![
        b"\n",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"\t",
        b" ",
        b"   ",
        b"word",
        b"some words here ",
        "中文".as_bytes(),
        "かな".as_bytes(),
        "é".as_bytes(),
        "e\u{301}".as_bytes(),
        " \u{301}".as_bytes(),
        "👨‍👩‍👧".as_bytes(),
        "🇩🇪🇫🇷".as_bytes(),
        "\u{202e}".as_bytes(),
        b"\xff",
        b"\xe4\xb8",
        b"\x80",
        b"\x1b",
        b"\0",
    ];
    prop_oneof![
        12 => prop::sample::select(fixed).prop_map(<[u8]>::to_vec),
        1 => (1..3 * near).prop_map(|len| vec![b'x'; len]),
        1 => (near - 2..near + 3).prop_map(|len| vec![b'y'; len]),
        1 => (1..near).prop_map(|count| "界".repeat(count).into_bytes()),
        1 => (1..200usize).prop_map(|count| format!("a{}", "\u{301}".repeat(count)).into_bytes()),
        1 => (1..40usize).prop_map(|count| "ab ".repeat(count).into_bytes()),
    ]
}

pub fn contents() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(fragment(), 0..24).prop_map(|parts| parts.concat())
}

pub fn shape() -> impl Strategy<Value = Shape> {
    let wrap = prop_oneof![2 => Just(None), 2 => (2u32..12).prop_map(Some), 1 => (12u32..100).prop_map(Some)];
    (wrap, 1u32..9).prop_map(|(wrap, tab)| Shape { wrap, reading: Reading::utf8(tab) })
}

/// Counts all lines.
pub fn count(document: &mut Document) {
    document.counting().run(&Cancel::default(), &Progress::default());
    while document.settle(1000) {}
}

/// Replaces a part of a document, and of its bytes.
pub fn replace(document: &mut Document, bytes: &mut Vec<u8>, range: Range<usize>, new: &[u8]) {
    let content = match str::from_utf8(new) {
        Ok(text) => Content::Text(text.into()),
        Err(_) => Content::Bytes(new.to_vec()),
    };
    let replacement = Replacement { range: range.start as u64..range.end as u64, content };
    document.edit(vec![replacement], StepKind::Whole("Test"), &[], Duration::ZERO).unwrap();
    bytes.splice(range, new.iter().copied());
}

/// A document with a past: edited, and perhaps counted before or after that.
pub fn oracle() -> impl Strategy<Value = Oracle> {
    let edit = (any::<prop::sample::Index>(), 0..90usize, fragment());
    (contents(), prop::collection::vec(edit, 0..4), 0..3, shape()).prop_map(
        |(mut bytes, edits, counted, shape)| {
            let mut document = Document::open(std::sync::Arc::new(Memory::new(bytes.clone())));
            if counted == 1 {
                count(&mut document);
            }
            for (at, removed, new) in edits {
                let start = at.index(bytes.len() + 1);
                let end = (start + removed).min(bytes.len());
                replace(&mut document, &mut bytes, start..end, &new);
            }
            if counted == 2 {
                count(&mut document);
            }
            Oracle::new(document, bytes, shape)
        },
    )
}
