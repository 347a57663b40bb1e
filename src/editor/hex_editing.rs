use std::ops::Range;

use super::fetching::Waiting;
use super::{Command, Editor, HexColumn, Pane, Tab};
use crate::document::{Caret, Content, Missing, Replacement, StepKind};
use crate::text::Encoding;
use crate::view::Selection;

/// What the hex pane found where it is to overwrite.
enum Old {
    Bytes(Vec<u8>),
    Pending(Range<u64>),
    Lost(String),
}

impl Editor {
    /// Types hex digits in the hex pane, one nibble each; anything else is told.
    pub(super) fn type_digits(&mut self, text: &str) {
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            if character.is_whitespace() {
                continue;
            }
            let Some(digit) = character.to_digit(16) else {
                self.tell(format!("“{character}” is not a hex digit. Tab goes to the text column."));
                return;
            };
            match self.type_nibble(digit as u8) {
                Ok(true) => {}
                Ok(false) => return,
                Err(range) => {
                    let waiting = [character].into_iter().chain(rest).collect();
                    return self.wait_for(range, Waiting::Text(waiting));
                }
            }
        }
    }

    /// Types a nibble at every caret. False if it was refused, which is told; an error is the range to be read first.
    fn type_nibble(&mut self, nibble: u8) -> Result<bool, Range<u64>> {
        let Some(tab) = self.tab() else {
            return Ok(false);
        };
        let second = tab.half_typed;
        let len = tab.document.len();
        let replaced = |span: Range<u64>| match (second, tab.hex_inserts) {
            (false, true) => span,
            _ => span.start..span.start + 1,
        };
        let ranges: Vec<_> = tab.selection.spans().map(replaced).collect();
        if ranges.iter().any(|range| range.end > len) {
            self.refuse_growth();
            return Ok(false);
        }
        // In insert mode the first nibble makes a byte of its own.
        let old = if tab.hex_inserts && !second {
            Old::Bytes(vec![0; ranges.len()])
        } else {
            tab.first_bytes(&ranges)
        };
        let old = match old {
            Old::Bytes(old) => old,
            Old::Pending(range) => return Err(range),
            Old::Lost(why) => {
                self.error(format!("The byte here cannot be read ({why}), so no half of it can be changed."));
                return Ok(false);
            }
        };
        let new = |old: u8| {
            if second { old & 0xF0 | nibble } else { old & 0x0F | nibble << 4 }
        };
        let replacement = |(range, old)| Replacement { range, content: Content::Bytes(vec![new(old)]) };
        let replacements = ranges.into_iter().zip(old).map(replacement).collect();
        if !self.edit(self.active, replacements, StepKind::Overwrite) {
            return Ok(false);
        }
        if !second && let Some(tab) = self.tab_mut() {
            // The caret stays on the byte until its second nibble is typed.
            let back = |caret: &Caret| Caret { anchor: caret.head - 1, head: caret.head - 1 };
            tab.selection = Selection::new(tab.selection.carets().iter().map(back).collect());
            tab.half_typed = true;
        }
        Ok(true)
    }

    /// Writes bytes at every caret of the hex pane: over what is there, or making room in insert mode.
    pub(super) fn put_bytes(&mut self, bytes: &[u8], kind: StepKind) {
        self.put(Content::Bytes(bytes.to_vec()), kind);
    }

    /// The same, with any content.
    pub(super) fn put(&mut self, content: Content, kind: StepKind) {
        let Some(tab) = self.tab() else { return };
        let size = content.len();
        let (len, inserts) = (tab.document.len(), tab.hex_inserts);
        let range = |span: Range<u64>| {
            if inserts { span } else { span.start..span.start.saturating_add(size) }
        };
        let ranges: Vec<_> = tab.selection.spans().map(range).collect();
        if !inserts && ranges.iter().any(|range| range.end > len) {
            return self.refuse_growth();
        }
        if ranges.windows(2).any(|pair| pair[1].start < pair[0].end) {
            return self.tell("The carets stand too close together for that: it would overwrite itself.");
        }
        let replacement = |range| Replacement { range, content: content.clone() };
        self.edit(self.active, ranges.into_iter().map(replacement).collect(), kind);
    }

    /// What the character column beside a document's bytes is read as.
    pub fn decoded_as(&self, tab: &Tab) -> Encoding {
        self.settings.decoded.encoding(tab.reading().encoding)
    }

    fn refuse_growth(&mut self) {
        self.offer(
            "Overwrite mode never changes the size, and this goes beyond the end. Insert mode can (Ins).",
            "Insert mode",
            Command::ToggleInsert,
        );
    }

    pub(super) fn toggle_insert(&mut self) {
        let Some(tab) = self.tab_mut() else { return };
        tab.document.end_step();
        tab.half_typed = false;
        match tab.focus {
            Pane::Text => tab.text_overwrites = !tab.text_overwrites,
            Pane::Hex => tab.hex_inserts = !tab.hex_inserts,
        }
    }

    pub(super) fn toggle_hex_column(&mut self) {
        let Some(tab) = self.tab_mut() else { return };
        tab.half_typed = false;
        tab.document.end_step();
        tab.hex_column = match tab.hex_column {
            HexColumn::Bytes => HexColumn::Decoded,
            HexColumn::Decoded => HexColumn::Bytes,
        };
    }
}

impl Tab {
    /// The first byte of each range, none of which is empty.
    fn first_bytes(&self, ranges: &[Range<u64>]) -> Old {
        let snapshot = self.document.snapshot();
        let mut bytes = Vec::with_capacity(ranges.len());
        for range in ranges {
            let window = snapshot.try_read(range.start..range.start + 1);
            match window.gaps.first() {
                Some((range, Missing::Pending)) => return Old::Pending(range.clone()),
                Some((_, Missing::Lost(lost))) => return Old::Lost(lost.to_string()),
                None => bytes.extend_from_slice(&window.bytes),
            }
        }
        Old::Bytes(bytes)
    }
}
