//! What escape sequences say of the text at a place: found by looking back, but never far.

use super::rows::NEAR;
use super::{Pending, Rows};
use crate::text::Style;

/// Sequences are looked for from one of the multiples of this on: from the last but one before a place. So the style of
/// a place is the same wherever the screen stands, and no colour that nobody ended reaches through a file.
pub(super) const LOOK: u64 = NEAR / 2;

/// Where sequences that hold at `at` are looked for from.
pub(super) fn looks_from(at: u64) -> u64 {
    (at / LOOK).saturating_sub(1) * LOOK
}

/// The styles of places, each behind the one before: what stands between them is read once.
#[derive(Debug, Default)]
pub(super) struct Styles {
    known: Option<(u64, Style)>,
}

impl Styles {
    /// The style at `at`, the start of a cell.
    pub fn at(&mut self, source: &mut Rows, at: u64) -> Result<Style, Pending> {
        let reading = source.shape().reading;
        if !reading.renders_escapes() {
            return Ok(Style::default());
        }
        let from = looks_from(at);
        let (from, style) = match self.known {
            Some((known, style)) if known <= at && looks_from(known) == from => (known, style),
            _ => (from, Style::default()),
        };
        let style = reading.style_behind(source.reader.bytes(from..at)?, style);
        self.known = Some((at, style));
        Ok(style)
    }
}
