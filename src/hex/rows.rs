//! Where bytes stand in a hex view.
//!
//! ```text
//! 16 bytes a row in groups of 4, origin 4: rows begin at 4, 20, 36 …, and before them a short row
//! that ends where the others do.
//!
//!                                         00 01 02 03     row 0, start 0
//! 04 05 06 07   08 09 0A 0B   0C 0D 0E 0F   10 11 12 13   row 1, start 4
//! ```

pub const MAX_BYTES_PER_ROW: u32 = 256;

/// Two digits, in half-cells.
const BYTE: u32 = 4;
/// A character of the decoded column, in half-cells.
const CHAR: u32 = 2;
/// Between the last digits and the decoded column, in half-cells.
const MARGIN: u32 = 4;

/// The first byte of the row that holds `offset`, where rows of `bytes_per_row` bytes (at least 1) begin at
/// `origin` and at every multiple of their length before and behind it.
pub fn row_start(offset: u64, bytes_per_row: u32, origin: u64) -> u64 {
    let bytes_per_row = u64::from(bytes_per_row.max(1));
    let short = origin % bytes_per_row;
    match offset.checked_sub(short) {
        Some(behind) => offset - behind % bytes_per_row,
        None => 0,
    }
}

/// The geometry of a hex view: which byte stands in which row and column, and how far from the left, in
/// half-cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// In `1..=MAX_BYTES_PER_ROW`.
    bytes_per_row: u32,
    /// 1, 2, 4 or 8 bytes.
    group: u32,
    origin: u64,
}

/// What stands at a place of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A digit of the byte in this column: the high one or the low one.
    Digit { column: u32, low: bool },
    /// The character of the byte in this column.
    Decoded { column: u32 },
}

impl Rows {
    /// `bytes_per_row` is brought into `1..=256`, `group` down to the next of 1, 2, 4 and 8. A row begins at
    /// `origin`.
    pub fn new(bytes_per_row: u32, group: u32, origin: u64) -> Self {
        Self { bytes_per_row: bytes_per_row.clamp(1, MAX_BYTES_PER_ROW), group: group_size(group), origin }
    }

    /// As many bytes a row as fit into `width` half-cells: whole groups, and four bytes at least if those fit.
    pub fn fit(width: u32, group: u32, origin: u64) -> Self {
        let group = group_size(group);
        let step = group.max(4);
        let fits = |rows: &Self| rows.width() <= width;
        let whole_steps = (1..=MAX_BYTES_PER_ROW / step).rev().map(|steps| steps * step);
        let less = (1..step / group).rev().map(|groups| groups * group);
        whole_steps
            .chain(less)
            .map(|bytes_per_row| Self::new(bytes_per_row, group, origin))
            .find(fits)
            .unwrap_or_else(|| Self::new(group, group, origin))
    }

    pub fn bytes_per_row(&self) -> u32 {
        self.bytes_per_row
    }

    pub fn group(&self) -> u32 {
        self.group
    }

    pub fn origin(&self) -> u64 {
        self.origin
    }

    /// How many bytes the row before the first whole one has.
    fn short(&self) -> u64 {
        self.origin % u64::from(self.bytes_per_row)
    }

    /// The row that `offset` stands in, counted from 0. A document of `len` bytes has the rows up to that of
    /// `len`, where the caret stands at its end.
    pub fn row(&self, offset: u64) -> u64 {
        match offset.checked_sub(self.short()) {
            Some(behind) => behind / u64::from(self.bytes_per_row) + u64::from(self.short() > 0),
            None => 0,
        }
    }

    /// The first byte of the row that holds `offset`.
    pub fn row_start(&self, offset: u64) -> u64 {
        row_start(offset, self.bytes_per_row, self.origin)
    }

    /// The first byte of `row`; `None` beyond the last offset there can be.
    pub fn start_of(&self, row: u64) -> Option<u64> {
        match (self.short(), row) {
            (0, row) => row.checked_mul(u64::from(self.bytes_per_row)),
            (_, 0) => Some(0),
            (short, row) => (row - 1).checked_mul(u64::from(self.bytes_per_row))?.checked_add(short),
        }
    }

    /// The column of a byte. The bytes of a short first row stand in the last columns.
    pub fn column(&self, offset: u64) -> u32 {
        let bytes_per_row = u64::from(self.bytes_per_row);
        ((offset % bytes_per_row + bytes_per_row - self.short()) % bytes_per_row) as u32
    }

    /// Where the digits of `column` begin.
    ///
    /// Bytes stand a cell apart and eight by eight, or in groups: half a cell apart inside, so that a number
    /// reads as one, and three halves between groups.
    pub fn digits_x(&self, column: u32) -> u32 {
        let gaps = match self.group {
            1 => 2 * column + 2 * (column / 8),
            group => column + 2 * (column / group),
        };
        BYTE * column + gaps
    }

    /// Where the character of `column` begins.
    pub fn decoded_x(&self, column: u32) -> u32 {
        self.digits_width() + MARGIN + CHAR * column
    }

    fn digits_width(&self) -> u32 {
        self.digits_x(self.bytes_per_row - 1) + BYTE
    }

    /// The width of a row, digits and characters.
    pub fn width(&self) -> u32 {
        self.decoded_x(self.bytes_per_row)
    }

    /// What is nearest to `x`, as a click means it.
    pub fn place(&self, x: u32) -> Place {
        let last = self.bytes_per_row - 1;
        if x >= self.digits_width() + MARGIN / 2 {
            let column = x.saturating_sub(self.decoded_x(0)) / CHAR;
            return Place::Decoded { column: column.min(last) };
        }
        let column = (0..=last).rev().find(|&column| self.digits_x(column) <= x).unwrap_or(0);
        let end = self.digits_x(column) + BYTE;
        if column < last && x >= end.midpoint(self.digits_x(column + 1)) {
            return Place::Digit { column: column + 1, low: false };
        }
        Place::Digit { column, low: x >= end - BYTE / 2 }
    }
}

fn group_size(group: u32) -> u32 {
    1 << group.clamp(1, 8).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_rows() -> impl Strategy<Value = Rows> {
        (1u32..=256, prop::sample::select(vec![1, 2, 4, 8]), any::<u64>())
            .prop_map(|(bytes_per_row, group, origin)| Rows::new(bytes_per_row, group, origin))
    }

    /// IPED#28: rows after the 2^32nd (64 GiB) could not be scrolled to.
    #[test]
    fn iped_28_rows_go_on_after_four_billion() {
        let rows = Rows::new(16, 1, 0);
        for row in [u64::from(u32::MAX), 1 << 32, (1 << 32) + 1, (1 << 60) - 1] {
            let start = rows.start_of(row).unwrap();
            assert_eq!(start, row * 16);
            assert_eq!(rows.row(start + 15), row);
            assert_eq!(rows.row_start(start + 15), start);
        }
        assert_eq!(rows.start_of(1 << 60), None);
        assert_eq!(rows.row_start(u64::MAX), u64::MAX - 15);
    }

    #[test]
    fn rows_begin_at_the_origin() {
        let rows = Rows::new(16, 4, 4);
        for (offset, row, start, column) in
            [(0, 0, 0, 12), (3, 0, 0, 15), (4, 1, 4, 0), (19, 1, 4, 15), (20, 2, 20, 0)]
        {
            assert_eq!(rows.row(offset), row, "{offset}");
            assert_eq!(rows.row_start(offset), start, "{offset}");
            assert_eq!(rows.column(offset), column, "{offset}");
        }
        assert_eq!(Rows::new(16, 4, 16 * 9 + 4).row_start(100), 100);
    }

    #[test]
    fn digits_stand_in_their_groups() {
        let x = |group| {
            let rows = Rows::new(10, group, 0);
            (0..10).map(|column| rows.digits_x(column)).collect::<Vec<_>>()
        };
        assert_eq!(x(1), [0, 6, 12, 18, 24, 30, 36, 42, 50, 56]);
        assert_eq!(x(2), [0, 5, 12, 17, 24, 29, 36, 41, 48, 53]);
        assert_eq!(x(4), [0, 5, 10, 15, 22, 27, 32, 37, 44, 49]);
        assert_eq!(x(8), [0, 5, 10, 15, 20, 25, 30, 35, 42, 47]);
        let rows = Rows::new(16, 1, 0);
        assert_eq!((rows.decoded_x(0), rows.width()), (100, 132));
    }

    #[test]
    fn strange_sizes_are_brought_into_range() {
        let size = |bytes_per_row, group| {
            let rows = Rows::new(bytes_per_row, group, 0);
            (rows.bytes_per_row(), rows.group())
        };
        assert_eq!(size(0, 0), (1, 1));
        assert_eq!(size(1000, 7), (256, 4));
        assert_eq!(size(16, 99), (16, 8));
    }

    #[test]
    fn as_many_bytes_as_fit() {
        for (width, group, expected) in
            [(132, 1, 16), (131, 1, 12), (10_000, 1, 256), (0, 1, 1), (0, 8, 8), (18, 1, 2), (134, 8, 16)]
        {
            assert_eq!(Rows::fit(width, group, 0).bytes_per_row(), expected, "{width} {group}");
        }
    }

    proptest! {
        #[test]
        fn every_byte_has_one_place(rows in any_rows(), offset in any::<u64>()) {
            let start = rows.row_start(offset);
            prop_assert!(start <= offset && offset - start < u64::from(rows.bytes_per_row()));
            prop_assert_eq!(rows.start_of(rows.row(offset)), Some(start));
            prop_assert_eq!(u64::from(rows.column(offset) - rows.column(start)), offset - start);
            prop_assert!(start == 0 || rows.column(start) == 0);
            let next = rows.start_of(rows.row(offset) + 1);
            prop_assert!(next.is_none_or(|next| next > offset && rows.row(next) == rows.row(offset) + 1));
        }

        #[test]
        fn a_row_begins_at_the_origin(rows in any_rows()) {
            prop_assert_eq!(rows.row_start(rows.origin()), rows.origin());
            prop_assert_eq!(rows.column(rows.origin()), 0);
        }

        #[test]
        fn clicks_find_what_is_drawn_there(rows in any_rows(), column in any::<prop::sample::Index>()) {
            let column = column.index(rows.bytes_per_row() as usize) as u32;
            let digits = rows.digits_x(column);
            for (x, low) in [(digits, false), (digits + 1, false), (digits + 2, true), (digits + 3, true)] {
                prop_assert_eq!(rows.place(x), Place::Digit { column, low });
            }
            for x in [0, 1].map(|half| rows.decoded_x(column) + half) {
                prop_assert_eq!(rows.place(x), Place::Decoded { column });
            }
        }

        #[test]
        fn a_click_between_finds_the_nearer(rows in any_rows(), x in 0u32..3000) {
            if let Place::Digit { column, .. } = rows.place(x) {
                let distance = |column| {
                    let start = rows.digits_x(column);
                    start.saturating_sub(x).max(x.saturating_sub(start + BYTE - 1))
                };
                let nearest = (0..rows.bytes_per_row()).map(distance).min();
                prop_assert_eq!(Some(distance(column)), nearest);
            }
        }

        #[test]
        fn what_fits_fits_and_more_would_not(width in 0u32..2500, group in prop::sample::select(vec![1, 2, 4, 8])) {
            let rows = Rows::fit(width, group, 0);
            let count = rows.bytes_per_row();
            prop_assert!(rows.width() <= width || count == group);
            prop_assert_eq!(count % group, 0);
            let more = count + group.max(4);
            prop_assert!(more > 256 || Rows::new(more, group, 0).width() > width);
        }
    }
}
