//! From the middle: where the character starts that a place stands in.

use super::Encoding;
use super::first::First;
use super::table::Table;
use super::utf8;

/// How far back, in bytes, a byte is looked for that tells where characters of several bytes start.
pub(super) const SYNC_BACK: usize = 3 * 1024;

/// The most bytes that a character of several takes.
const LONGEST: usize = 4;

impl Encoding {
    /// `at` moved back to the start of the character, or of the invalid sequence, that it stands in.
    ///
    /// Of UTF-8 and UTF-16, `bytes` should reach 3 bytes to either side of `at`, of others 3 bytes ahead and
    /// [`SYNC_BACK`] back, or to a boundary.
    ///
    /// Characters of two bytes can be told only from a byte that cannot be the first of two, such as any of ASCII.
    /// Where there is none within `SYNC_BACK`, the way to pair the bytes is taken that makes the fewest of them
    /// nonsense.
    pub(super) fn char_start(self, bytes: &[u8], at: usize) -> usize {
        match self.table() {
            None if self == Self::UTF_8 => utf8::char_start(bytes, at),
            None => self.utf16_start(bytes, at),
            Some(table) if table.is_single() => at,
            Some(table) => walk(table, bytes, anchor(table, &bytes[..at], false), at).start,
        }
    }

    /// The start of the character, or invalid sequence, that ends at the end of `bytes`; 0 if they are empty.
    /// `bytes` should reach as far back as for [`Encoding::char_start`].
    pub(super) fn previous_char(self, bytes: &[u8]) -> usize {
        let last = bytes.len().saturating_sub(1);
        match self.table() {
            Some(table) if !table.is_single() => walk(table, bytes, anchor(table, bytes, true), last).start,
            _ => self.char_start(bytes, last),
        }
    }

    /// The character that `bytes` begin with, if they do, and how many bytes stand together there.
    pub fn char_at_start(self, bytes: &[u8]) -> (Option<char>, usize) {
        let first = self.first(bytes);
        let c = if let First::Char(c, _) = first { Some(c) } else { None };
        (c, first.len())
    }

    /// Does a letter, a digit or another part of a word, by Unicode, end at the end of `bytes`? They should reach
    /// 4 bytes back; what is no character is in no word.
    pub fn ends_in_word(self, bytes: &[u8]) -> bool {
        let last = &bytes[self.previous_char(bytes)..];
        matches!(self.first(last), First::Char(c, len) if len == last.len() && is_in_word(c))
    }

    /// Does one begin `bytes`?
    pub fn begins_in_word(self, bytes: &[u8]) -> bool {
        matches!(self.first(bytes), First::Char(c, _) if is_in_word(c))
    }

    fn utf16_start(self, bytes: &[u8], at: usize) -> usize {
        // Behind half a unit at the end is a boundary too.
        let at = if at < bytes.len() { at & !1 } else { at };
        match at.checked_sub(2).filter(|_| at.is_multiple_of(2)) {
            Some(before) if self.first(&bytes[before..]).len() == 4 => before,
            _ => at,
        }
    }
}

/// What a regex calls `\w`.
fn is_in_word(c: char) -> bool {
    regex_syntax::try_is_word_character(c).unwrap_or_default()
}

/// What [`walk`] came to.
struct Walked {
    /// The start of the sequence around its goal.
    start: usize,
    /// Bytes on the way that no one would write.
    nonsense: usize,
}

/// Goes over the sequences of `bytes` from the boundary `start` to the one around `goal`.
fn walk(table: &Table, bytes: &[u8], mut start: usize, goal: usize) -> Walked {
    let mut nonsense = 0;
    while start < goal {
        let first = table.first(&bytes[start..]);
        let next = start + first.len();
        if next > goal {
            break;
        }
        match first {
            First::Char('\u{e000}'..='\u{f8ff}', len) | First::Invalid(len) | First::Cut(len) => {
                nonsense += len
            }
            First::Char(..) => {}
        }
        start = next;
    }
    Walked { start, nonsense }
}

/// A boundary before the end of `bytes` or at it. Does it `end_there` for certain?
fn anchor(table: &Table, bytes: &[u8], ends_there: bool) -> usize {
    let end = bytes.len();
    // What ends with the last byte itself says nothing of where that starts.
    let before = end - usize::from(ends_there && end > 0);
    let floor = end.saturating_sub(SYNC_BACK);
    if let Some(last) = bytes[floor..before].iter().rposition(|&byte| table.always_ends(byte)) {
        return floor + last + 1;
    }
    if floor == 0 {
        return 0;
    }
    let pairings = floor..floor + LONGEST;
    let cost = |&start: &usize| {
        let walked = walk(table, bytes, start, end);
        (ends_there && walked.start != end, walked.nonsense)
    };
    pairings.min_by_key(cost).unwrap_or(floor)
}
