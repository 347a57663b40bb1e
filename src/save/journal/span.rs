use std::ops::Range;

use super::record::{push_number, range_of, take_number};
use crate::document::sum_tree::{Item, Monoid, SumTree};

/// From where a [`Span`] takes its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The file that the document rests on.
    Base,
    /// What the journal itself has, as one run.
    Added,
    /// The other file of this number.
    Other(u32),
}

/// A run of bytes of the contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub of: Origin,
    /// Where it starts there.
    pub start: u64,
    pub len: u64,
}

impl Span {
    pub fn end(&self) -> u64 {
        self.start + self.len
    }

    pub fn range(&self) -> Range<u64> {
        self.start..self.end()
    }

    pub(super) fn cut(&self, at: u64) -> (Self, Self) {
        let before = Self { len: at, ..*self };
        (before, Self { start: self.start + at, len: self.len - at, ..*self })
    }
}

/// How many bytes a run of spans has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl Monoid for Bytes {
    fn add(&mut self, next: &Self) {
        self.0 += next.0;
    }
}

impl Item for Span {
    type Summary = Bytes;

    fn summary(&self) -> Bytes {
        Bytes(self.len)
    }

    fn merge(&mut self, next: &Self) -> bool {
        let follows = self.of == next.of && self.end() == next.start;
        if follows {
            self.len += next.len;
        }
        follows
    }
}

pub(super) type Spans = SumTree<Span>;

pub(super) fn bytes(bytes: &Bytes) -> u64 {
    bytes.0
}

pub(super) fn push_spans(bytes: &mut Vec<u8>, spans: &[Span]) {
    push_number(bytes, spans.len() as u64);
    for span in spans {
        push_number(
            bytes,
            match span.of {
                Origin::Base => 0,
                Origin::Added => 1,
                Origin::Other(number) => 2 + u64::from(number),
            },
        );
        push_number(bytes, span.start);
        push_number(bytes, span.len);
    }
}

/// None where a span does not lie in the `lens` of base, added bytes and other files, or all together are too long.
pub(super) fn take_spans(rest: &mut &[u8], lens: impl Fn(Origin) -> Option<u64>) -> Option<Vec<Span>> {
    let count = take_number(rest)?;
    let mut spans = Vec::new();
    let mut total = 0_u64;
    for _ in 0..count {
        let of = match take_number(rest)? {
            0 => Origin::Base,
            1 => Origin::Added,
            number => Origin::Other(u32::try_from(number - 2).ok()?),
        };
        let range = range_of(take_number(rest)?, take_number(rest)?)?;
        if range.is_empty() || range.end > lens(of)? {
            return None;
        }
        total = total.checked_add(range.end - range.start)?;
        spans.push(Span { of, start: range.start, len: range.end - range.start });
    }
    Some(spans)
}
