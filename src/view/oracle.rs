//! The naive twin: lays out a whole document, line by line, cell by cell.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use proptest::prelude::*;

use super::rows::{BUDGET, NEAR};
use super::{Row, Shape};
use crate::document::{Content, Document, LineBreak, Newline, Replacement, StepKind};
use crate::source::{Cancel, Memory, Progress};
use crate::text::{Cell, CellKind, Encoding, Escapes, Reading, Style};

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
        let mut start = tile.start;
        loop {
            let (mut column, mut after) = (0, None);
            let mut spaced = u64::MAX;
            let mut end = tile.end;
            for (range, cell) in cells.iter().filter(|(range, _)| range.start >= start) {
                let space = self.is_space(range);
                let width = self.width_at(cell, column);
                let room = columns + u64::from(space);
                if column > 0 && column + width > room && width > 0 && cell.kind != CellKind::LineEnd {
                    end = after.unwrap_or(range.start);
                    break;
                }
                column += width;
                if space || cell.kind == CellKind::Tab || (width == 0 && spaced == range.start) {
                    spaced = range.end;
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

    /// What all sequences in `from..at` say.
    pub fn style(&self, from: usize, at: u64) -> Style {
        let mut style = Style::default();
        if !self.shape.reading.renders_escapes() {
            return style;
        }
        let cells = self.cells.iter().filter(|(range, _)| range.start >= from as u64 && range.end <= at);
        for (range, _) in cells.filter(|(_, cell)| cell.kind == CellKind::Escape) {
            style.apply(&self.bytes[range.start as usize..range.end as usize]);
        }
        style
    }

    pub fn is_boundary(&self, offset: u64) -> bool {
        offset == self.len() || self.cells.iter().any(|(range, _)| range.start == offset)
    }

    /// All places for a caret: cells that are seen, and the end.
    pub fn boundaries(&self) -> Vec<u64> {
        let seen = self.cells.iter().filter(|(_, cell)| cell.width > 0);
        seen.map(|(range, _)| range.start).chain([self.len()]).collect()
    }

    /// Where a caret at `offset` is drawn.
    pub fn caret(&self, offset: u64) -> u64 {
        let behind = self.cells.iter().find(|(range, cell)| offset < range.end && cell.width > 0);
        behind.map_or(self.len(), |(range, _)| range.start)
    }

    /// Is it a space by itself?
    pub fn is_space(&self, range: &Range<u64>) -> bool {
        let bytes = &self.bytes[range.start as usize..range.end as usize];
        self.shape.reading.text(bytes) == " "
    }
}

/// A part of a document, to be stored in some encoding.
#[derive(Clone, Debug)]
pub enum Part {
    /// Line ends are LFs.
    Text(String),
    Raw(&'static [u8]),
}

impl Part {
    pub fn bytes(&self, reading: Reading) -> Vec<u8> {
        let text = match self {
            Self::Raw(bytes) => return bytes.to_vec(),
            Self::Text(text) => text,
        };
        let text = match reading.line_break {
            LineBreak::Cr => text.replace('\n', "\r"),
            _ => text.clone(),
        };
        match reading.encoding {
            Encoding::UTF_8 => text.into_bytes(),
            Encoding::UTF_16LE => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Encoding::UTF_16BE => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            encoding => {
                let named = encoding_rs::Encoding::for_label(encoding.name().as_bytes()).unwrap();
                let mut bytes = named.encode(&text).0.into_owned();
                // Characters of two bytes can be told from the middle only if ASCII is near.
                if bytes.len() > 100 {
                    bytes.push(b' ');
                }
                bytes
            }
        }
    }
}

pub fn stored(parts: &[Part], reading: Reading) -> Vec<u8> {
    parts.iter().flat_map(|part| part.bytes(reading)).collect()
}

pub fn fragment() -> impl Strategy<Value = Part> {
    let near = NEAR as usize;
    let texts = vec![
        "\n",
        "\n",
        "\n",
        "\r\n",
        "\r",
        "\t",
        " ",
        "   ",
        "word",
        "some words here ",
        "中文",
        "かな",
        "é",
        "e\u{301}",
        " \u{301}",
        "👨‍👩‍👧",
        "🇩🇪🇫🇷",
        "\u{202e}",
        // LF in one of the bytes of UTF-16.
        "\u{a0a}\u{10a}\u{a00}",
        "\x1b",
        "\x1b[31m",
        "\x1b[0;1m",
        " \x1b[0m",
        "\x1b]8;;x\x07",
        "\0",
    ];
    let raw: Vec<&[u8]> =
        vec![b"\xff", b"\xe4\xb8", b"\x80", b"\x81\x30", b"\n", b"\0\n", b"\xd8\x3d", b"\x3d\xd8"];
    let text = |text: String| Part::Text(text);
    prop_oneof![
        12 => prop::sample::select(texts).prop_map(|text| Part::Text(text.into())),
        2 => prop::sample::select(raw).prop_map(Part::Raw),
        1 => (1..3 * near).prop_map(move |len| text("x".repeat(len))),
        1 => (near - 2..near + 3).prop_map(move |len| text("y".repeat(len))),
        1 => (1..near).prop_map(move |count| text("界".repeat(count))),
        1 => (1..200usize).prop_map(move |count| text(format!("a{}", "\u{301}".repeat(count)))),
        1 => (1..40usize).prop_map(move |count| text("ab ".repeat(count))),
    ]
}

pub fn contents() -> impl Strategy<Value = Vec<Part>> {
    prop::collection::vec(fragment(), 0..24)
}

pub fn reading() -> impl Strategy<Value = Reading> {
    let legacy = |name| Encoding::named(name).unwrap();
    let encodings = vec![
        Encoding::UTF_8,
        Encoding::UTF_8,
        Encoding::UTF_8,
        Encoding::UTF_16LE,
        Encoding::UTF_16LE,
        Encoding::UTF_16BE,
        legacy("Shift_JIS"),
        legacy("GB18030"),
        Encoding::WINDOWS_1252,
    ];
    (prop::sample::select(encodings), 1u32..9, 0..4u8).prop_map(|(encoding, tab, other)| {
        let mut reading = Reading::new(encoding, tab);
        if other == 0 && encoding.unit() == 1 {
            reading.line_break = LineBreak::Cr;
        }
        if other < 2 {
            reading.escapes = Escapes::Rendered;
        }
        reading
    })
}

pub fn shape() -> impl Strategy<Value = Shape> {
    let wrap = prop_oneof![2 => Just(None), 2 => (2u32..12).prop_map(Some), 1 => (12u32..100).prop_map(Some)];
    (wrap, reading()).prop_map(|(wrap, reading)| Shape { wrap, reading })
}

/// Opens a document with the line break of `reading`.
pub fn open(bytes: &[u8], reading: Reading) -> Document {
    let mut document = Document::open(std::sync::Arc::new(Memory::new(bytes.to_vec())));
    document.set_line_break(reading.line_break);
    document
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
        |(parts, edits, counted, shape)| {
            let mut bytes = stored(&parts, shape.reading);
            let mut document = open(&bytes, shape.reading);
            if counted == 1 {
                count(&mut document);
            }
            for (at, removed, new) in edits {
                let start = at.index(bytes.len() + 1);
                let end = (start + removed).min(bytes.len());
                replace(&mut document, &mut bytes, start..end, &new.bytes(shape.reading));
            }
            if counted == 2 {
                count(&mut document);
            }
            Oracle::new(document, bytes, shape)
        },
    )
}
