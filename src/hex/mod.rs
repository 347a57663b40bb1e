//! BYTES AS NUMBERS: rows and columns of a hex view, classes of bytes, offsets and hex text, both ways.
//!
//! Pure functions. Nothing here knows of documents or pixels: places on the screen are counted in half-cells,
//! half the width of a character.

mod byte;
mod format;
mod parse;
mod rows;

pub use byte::{ByteClass, DecodedColumn, decoded};
pub use format::{OffsetRadix, grouped, to_hex};
pub use parse::{ParseError, looks_like_hex, parse};
pub use rows::{MAX_BYTES_PER_ROW, Place, Rows, row_start};

pub use crate::text::hex_pair;
