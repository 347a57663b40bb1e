//! How characters are stored.

use crate::document::LineBreak;

/// A character encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoding(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Utf8,
}

impl Encoding {
    pub const UTF_8: Self = Self(Kind::Utf8);

    /// As the status bar names it, e.g. "UTF-8", "UTF-16 LE", "Windows-1252", "Shift_JIS".
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Utf8 => "UTF-8",
        }
    }

    /// Bytes of a code unit: cells start at multiples of it.
    pub fn unit(self) -> u64 {
        self.line_break().width()
    }

    /// What ends a line, unless the document's lines end with CRs.
    pub fn line_break(self) -> LineBreak {
        LineBreak::Lf
    }
}
