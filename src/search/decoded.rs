//! Text in another encoding as UTF-8, for regexes that ask for characters around a match.

use std::ops::Range;

use super::matcher::{Hay, Stretch};
use crate::text::Encoding;

/// Stands for what is no character. It is in no UTF-8, so no class holds it and no word or line ends at it otherwise than
/// at any byte that is none of text.
const INVALID: u8 = 0xff;

/// Bytes of a hay between two places that are remembered.
const MARK: usize = if cfg!(test) { 16 } else { 1 << 10 };

/// Bytes that are looked at together.
const STEP: usize = 32;

/// A hay, decoded from one of the places on where a character may start.
pub(super) struct Text {
    pub utf8: Vec<u8>,
    /// Of the hay.
    source: Range<usize>,
    unit: usize,
    /// The first place at or behind each multiple of [`MARK`].
    marks: Vec<Place>,
    /// Where it was looked last: most of the time the next look is near.
    cursor: Place,
    pub stretch: Stretch,
    /// The last answer: from where on, up to where, and what was found.
    pub known: Option<(usize, usize, Option<Range<usize>>)>,
}

/// Where a character starts, or the text ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// In the hay.
    source: usize,
    pub utf8: usize,
}

impl Text {
    /// One where characters start at multiples of `align`, which is their unit, in the document; else one for each
    /// byte of a unit that they may start at.
    pub fn all(hay: Hay<'_>, encoding: Encoding, align: u64) -> Vec<Self> {
        let unit = encoding.unit();
        let aligned = (align - hay.offset % align) % align;
        (0..unit / align).map(|shift| Self::new(hay.bytes, (aligned + shift) as usize, encoding)).collect()
    }

    fn new(hay: &[u8], start: usize, encoding: Encoding) -> Self {
        let start = start.min(hay.len());
        let unit = encoding.unit() as usize;
        let first = Place { source: start, utf8: 0 };
        let mut text = Self {
            utf8: Vec::with_capacity(hay.len() - start),
            source: start..hay.len(),
            unit,
            marks: Vec::with_capacity((hay.len() - start) / MARK + 1),
            cursor: first,
            stretch: Stretch::default(),
            known: None,
        };
        let mut at = start;
        while at < hay.len() {
            if at - start >= text.marks.len() * MARK {
                text.marks.push(Place { source: at, utf8: text.utf8.len() });
            }
            if let Some(ascii) = hay.get(at..at + STEP)
                && text.push_ascii(ascii, encoding)
            {
                at += STEP;
                continue;
            }
            let (c, len) = encoding.char_at_start(&hay[at..]);
            match c {
                Some(c) => text.utf8.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                None => text.utf8.push(INVALID),
            }
            at += len;
        }
        text
    }

    /// Appends these bytes, if they are only ASCII.
    fn push_ascii(&mut self, bytes: &[u8], encoding: Encoding) -> bool {
        let low = match encoding {
            Encoding::UTF_16LE => 0,
            Encoding::UTF_16BE => 1,
            _ => {
                let is_ascii = encoding.extends_ascii() && bytes.is_ascii();
                self.utf8.extend_from_slice(if is_ascii { bytes } else { &[] });
                return is_ascii;
            }
        };
        let others = bytes.chunks_exact(2).fold(0, |any, unit| any | unit[1 - low] | unit[low] & 0x80);
        if others == 0 {
            self.utf8.extend(bytes.chunks_exact(2).map(|unit| unit[low]));
        }
        others == 0
    }

    /// The place of the next character.
    fn next(&self, place: Place) -> Place {
        let (utf8, units) = match self.utf8[place.utf8] {
            0xc0..=0xdf => (2, 1),
            0xe0..=0xef => (3, 1),
            0xf0..=0xf7 => (4, self.unit),
            _ => (1, 1),
        };
        // The last unit may be cut.
        let source = (place.source + units * self.unit).min(self.source.end);
        Place { source, utf8: place.utf8 + utf8 }
    }

    /// The first place of which `is_there` is true, as it is of all that follow, and the one before.
    fn seek(&mut self, is_there: impl Fn(Place) -> bool) -> (Place, Place) {
        let known = self.marks.partition_point(|mark| !is_there(*mark));
        let first = Place { source: self.source.start, utf8: 0 };
        let mut place = known.checked_sub(1).map_or(first, |mark| self.marks[mark]);
        if self.cursor.utf8 > place.utf8 && !is_there(self.cursor) {
            place = self.cursor;
        }
        let mut before = place;
        while place.utf8 < self.utf8.len() && !is_there(place) {
            before = place;
            place = self.next(place);
        }
        self.cursor = before;
        (before, place)
    }

    /// The first place at `at` in the hay or behind it.
    pub fn behind(&mut self, at: usize) -> Place {
        self.seek(|place| place.source >= at).1
    }

    /// The last place at `at` in the hay or before it; `None` if the text begins behind it.
    pub fn before(&mut self, at: usize) -> Option<Place> {
        let (before, place) = self.seek(|place| place.source >= at);
        match place.source <= at {
            true => Some(place),
            false => Some(before).filter(|before| before.source <= at),
        }
    }

    /// Where `at`, which is a place in the text, stands in the hay; `None` inside of a character, and behind half a unit.
    pub fn source_of(&mut self, at: usize) -> Option<usize> {
        let place = self.seek(|place| place.utf8 >= at).1;
        let is_start = place.utf8 == at && (place.source - self.source.start).is_multiple_of(self.unit);
        is_start.then_some(place.source)
    }

    /// Where in the text `at` in the hay stands; `None` if no character starts there.
    pub fn place_of(&mut self, at: usize) -> Option<usize> {
        let place = self.behind(at);
        (place.source == at).then_some(place.utf8)
    }
}
