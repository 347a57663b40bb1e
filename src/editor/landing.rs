use super::Tab;
use crate::document::LineStart;
use crate::view::{Pending, RowCache, Rows, Selection, Shape};

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
    Line {
        line: u64,
        column: u64,
    },
    /// The end of a 0-based line, its line ending included.
    LineEnd {
        line: u64,
    },
}

impl Tab {
    /// The byte of a 0-based column in the line that starts at `start`.
    fn byte_in_line(&mut self, start: u64, column: u64) -> Result<u64, Pending> {
        let snapshot = self.document.snapshot();
        let mut cache = RowCache::default();
        let mut rows = Rows::new(&snapshot, Shape { wrap: None, ..self.shape }, &mut cache);
        let row = rows.row_at(start)?;
        Ok(rows.byte_at(&row, column)?.0)
    }

    /// Tries to land where it was asked to. True once it did.
    pub(super) fn land(&mut self) -> Result<bool, Pending> {
        let Some(landing) = self.landing else {
            return Ok(false);
        };
        let (Some(head), Some(anchor)) =
            (self.spot(landing.head)?, self.spot(landing.anchor.unwrap_or(landing.head))?)
        else {
            return Ok(false);
        };
        self.jump(Selection::range(anchor, head));
        Ok(true)
    }

    /// The byte of a place; `None` while the lines before it are not counted.
    fn spot(&mut self, spot: Spot) -> Result<Option<u64>, Pending> {
        let snapshot = self.document.snapshot();
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
