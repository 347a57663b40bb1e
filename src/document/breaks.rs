use std::ops::{Add, AddAssign, Sub};

use super::line_break::LineBreak;

/// How many line breaks start at even and how many at odd offsets, so that it is known how many there are wherever
/// the bytes come to stand. Breaks of one byte count as both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Breaks([u64; 2]);

impl Breaks {
    pub const fn new(even: u64, odd: u64) -> Self {
        Self([even, odd])
    }

    /// Of breaks of one byte.
    pub const fn both(breaks: u64) -> Self {
        Self([breaks, breaks])
    }

    /// One break of two bytes that starts at `offset`.
    pub fn one(offset: u64) -> Self {
        Self::new(1, 0).moved(offset)
    }

    /// Those at offsets that are even, or odd, as `parity` is.
    pub fn at(self, parity: u64) -> u64 {
        self.0[(parity & 1) as usize]
    }

    /// The same breaks, `by` bytes further on.
    pub fn moved(self, by: u64) -> Self {
        let [even, odd] = self.0;
        if by.is_multiple_of(2) { self } else { Self([odd, even]) }
    }

    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    pub fn saturating_sub(self, other: Self) -> Self {
        let ([even, odd], [less_even, less_odd]) = (self.0, other.0);
        Self([even.saturating_sub(less_even), odd.saturating_sub(less_odd)])
    }
}

impl Add for Breaks {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self([self.0[0] + other.0[0], self.0[1] + other.0[1]])
    }
}

impl AddAssign for Breaks {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Breaks {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self([self.0[0] - other.0[0], self.0[1] - other.0[1]])
    }
}

/// What the first or last byte of a run of bytes could be of a break of two bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Edge {
    #[default]
    Unknown,
    Neither,
    First,
    Second,
}

impl Edge {
    pub fn of(byte: u8, line_break: LineBreak) -> Self {
        match (line_break, byte) {
            (LineBreak::Utf16Le, b'\n') | (LineBreak::Utf16Be, 0) => Self::First,
            (LineBreak::Utf16Le, 0) | (LineBreak::Utf16Be, b'\n') => Self::Second,
            _ => Self::Neither,
        }
    }
}

/// The first and last edge of a run of bytes. 1 byte, since every piece has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Edges(u8);

impl Edges {
    pub const NEITHER: Self = Self::new(Edge::Neither, Edge::Neither);

    pub const fn new(first: Edge, last: Edge) -> Self {
        Self(first as u8 | (last as u8) << 4)
    }

    /// Of bytes, which are not none.
    pub fn of(bytes: &[u8], line_break: LineBreak) -> Self {
        let edge = |byte: Option<&u8>| byte.map_or(Edge::Unknown, |byte| Edge::of(*byte, line_break));
        Self::new(edge(bytes.first()), edge(bytes.last()))
    }

    /// Those of a run and one behind it.
    pub fn join(self, next: Self) -> Self {
        Self(self.0 & 0x0F | next.0 & 0xF0)
    }

    /// The break of which this run has the first byte and `next`, which starts at `offset`, the second.
    pub fn seam(self, next: Self, offset: u64) -> Breaks {
        if self.0 >> 4 == Edge::First as u8 && next.0 & 0x0F == Edge::Second as u8 {
            Breaks::one(offset - 1)
        } else {
            Breaks::default()
        }
    }
}

/// What is counted of a run of bytes of a store: its breaks that lie whole in it, by their offset in the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub breaks: Breaks,
    pub edges: Edges,
}

impl Counted {
    /// Of bytes without half a break at their ends.
    pub fn whole(newlines: u64) -> Self {
        Self { breaks: Breaks::both(newlines), edges: Edges::NEITHER }
    }

    /// Of bytes that stand at `offset` in their store.
    pub fn of(bytes: &[u8], line_break: LineBreak, offset: u64) -> Self {
        Self { breaks: line_break.count_both(bytes, offset), edges: Edges::of(bytes, line_break) }
    }
}
