//! Words, as a double click selects them and Ctrl+arrows step over them.
//!
//! A word is a run of cells of one class. Text without spaces (Chinese, Japanese) parts where the script
//! changes. A line end is a stop by itself, before it and after it.

use std::ops::Range;

use super::first::First;
use super::{CellKind, Encoding, Reading};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Space,
    LineEnd,
    /// Letters, digits and `_`.
    Word,
    Han,
    Hiragana,
    Katakana,
    /// Escape sequences that are not shown.
    Nothing,
    /// Everything else: punctuation, symbols, emoji, badges.
    Other,
}

impl Reading {
    /// The run of cells of one class around `at`: what a double click on the cell at `at` selects. At a line end,
    /// the run before it; empty on an empty line. `bytes` is a window around `at`; runs end where it ends.
    pub fn word_range(&self, bytes: &[u8], at: usize) -> Range<usize> {
        let mut from = self.cell_start(bytes, at);
        // Where a cell is not seen, the one behind it is.
        while self.class_at(bytes, from) == Some(Class::Nothing) {
            from += self.next_cell(&bytes[from..], true).unwrap_or(1);
        }
        let class = match self.class_at(bytes, from) {
            Some(class) if class != Class::LineEnd => class,
            _ => match self.class_before(bytes, from) {
                Some(class) if class != Class::LineEnd => class,
                _ => return from..from,
            },
        };
        let goes_on = |other| other == class || other == Class::Nothing;
        let (mut end, mut next) = (from, from);
        while let Some(other) = self.class_at(bytes, next).filter(|&other| goes_on(other)) {
            next += self.next_cell(&bytes[next..], true).unwrap_or(1);
            // What is not seen belongs to a word only inside it.
            if other == class {
                end = next;
            }
        }
        let (mut start, mut next) = (from, from);
        while let Some((other, before)) = self.cell_before(bytes, next).filter(|&(other, _)| goes_on(other)) {
            next = before;
            if other == class {
                start = next;
            }
        }
        start..end
    }

    /// Where Ctrl+Right goes from `at`: over white space, then over a word, to its end; to a line end, or over it
    /// if it stands there already. `None` where the window `bytes` ends first and is not `at_end` of the document.
    pub fn word_forward(&self, bytes: &[u8], at: usize, at_end: bool) -> Option<usize> {
        let mut end = at;
        let mut run = None;
        // Has anything been passed that is seen?
        let mut moved = false;
        while end < bytes.len() {
            let len = self.next_cell(&bytes[end..], at_end)?;
            let class = self.class(&bytes[end..]);
            match (class, run) {
                (Class::LineEnd, _) if !moved => return Some(end + len),
                (Class::LineEnd, _) => return Some(end),
                (Class::Nothing, _) | (Class::Space, None) => {}
                (class, None) => run = Some(class),
                (class, Some(run)) if class != run => return Some(end),
                _ => {}
            }
            moved |= class != Class::Nothing;
            end += len;
        }
        at_end.then_some(end)
    }

    /// Where Ctrl+Left goes from `at`: over white space, then over a word, to its start; to the start of a line,
    /// or over the line end before it if it stands there already. `None` where the window `bytes` starts first; if
    /// it starts where the document does, the answer is then 0.
    pub fn word_backward(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let mut start = at;
        let mut run = None;
        let mut moved = false;
        while let Some((class, from)) = self.cell_before(bytes, start) {
            match (class, run) {
                (Class::LineEnd, _) if !moved => return Some(from),
                (Class::LineEnd, _) => return Some(start),
                (Class::Nothing, _) | (Class::Space, None) => {}
                (class, None) => run = Some(class),
                (class, Some(run)) if class != run => return Some(start),
                _ => {}
            }
            moved |= class != Class::Nothing;
            start = from;
        }
        None
    }

    fn class_at(&self, bytes: &[u8], at: usize) -> Option<Class> {
        (at < bytes.len()).then(|| self.class(&bytes[at..]))
    }

    /// The class of the last cell before `at` that is seen.
    fn class_before(&self, bytes: &[u8], mut at: usize) -> Option<Class> {
        loop {
            match self.cell_before(bytes, at)? {
                (Class::Nothing, start) => at = start,
                (class, _) => return Some(class),
            }
        }
    }

    /// The class of the cell before `at`, and its start.
    fn cell_before(&self, bytes: &[u8], at: usize) -> Option<(Class, usize)> {
        let start = self.previous_cell_start(&bytes[..at]);
        (at > 0).then(|| (self.class(&bytes[start..at]), start))
    }

    /// The class of the cell at the start of `bytes`.
    fn class(&self, bytes: &[u8]) -> Class {
        match self.encoding.first(bytes) {
            First::Char(c, _) if c.is_control() => match self.control_kind(bytes) {
                CellKind::LineEnd => Class::LineEnd,
                CellKind::Escape => Class::Nothing,
                _ if c.is_whitespace() => Class::Space,
                _ => Class::Other,
            },
            First::Char(c, _) => class_of(c),
            // In text that is really Latin-1 or Windows-1252, these are the letters.
            _ if self.encoding == Encoding::UTF_8 && bytes[0] >= 0xc0 => Class::Word,
            _ => Class::Other,
        }
    }
}

/// The class of a character that is none of control.
fn class_of(c: char) -> Class {
    match c {
        '_' => Class::Word,
        _ if c.is_ascii_alphanumeric() => Class::Word,
        _ if c.is_whitespace() => Class::Space,
        _ if c.is_ascii() => Class::Other,
        '\u{3041}'..='\u{309f}' => Class::Hiragana,
        '\u{30fb}' => Class::Other,
        '\u{30a0}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' => Class::Katakana,
        '\u{3005}'
        | '\u{3007}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}' => Class::Han,
        _ if c.is_alphanumeric() => Class::Word,
        _ => Class::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const READING: Reading = Reading::utf8(4);

    /// `|` marks the stops, from one end to the other.
    fn check(marked: &str) {
        let text = marked.replace('|', "");
        let mut stops = Vec::new();
        for (at, _) in marked.match_indices('|') {
            stops.push(at - stops.len());
        }
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut forward = Vec::new();
        while at < bytes.len() {
            at = READING.word_forward(bytes, at, true).unwrap();
            forward.push(at);
        }
        assert_eq!(forward, stops, "forward in {marked:?}");
    }

    fn check_backward(marked: &str) {
        let text = marked.replace('|', "");
        let mut stops = Vec::new();
        for (at, _) in marked.match_indices('|') {
            stops.push(at - stops.len());
        }
        let mut at = text.len();
        let mut backward = Vec::new();
        while at > 0 {
            at = READING.word_backward(text.as_bytes(), at).unwrap_or(0);
            backward.insert(0, at);
        }
        assert_eq!(backward, stops, "backward in {marked:?}");
    }

    #[test]
    fn forward_stops_at_the_ends_of_words() {
        check("let| x_1| =| foo|.|bar|(|a|,| b|);|");
        check("  two|\n|  three|  |\n|\n|four|");
        check("a|\r\n|b|");
        check("café| naïve| e\u{301}t\u{e9}|");
        check("食|べる| カタカナ|、|漢字|");
        check("don|'|t| 1|,|000|");
        check("안녕하세요| API를|");
        check("a|👨‍👩‍👧👍🏽| b|");
        check("tab|\tand|\u{a0}nbsp|");
    }

    #[test]
    fn backward_stops_at_the_starts_of_words() {
        check_backward("|let |x_1 |= |foo|.|bar|(|a|, |b|);");
        check_backward("|  |two|\n|  |three  |\n|\n|four");
        check_backward("|a|\r\n|b");
        check_backward("|食|べる |カタカナ|、|漢字");
        check_backward("|e\u{301}t\u{e9} |👨‍👩‍👧👍🏽 |b");
    }

    #[test]
    fn latin_1_letters_are_letters() {
        let bytes = b"caf\xe9 d\xe9j\xe0";
        assert_eq!(READING.word_forward(bytes, 0, true), Some(4));
        assert_eq!(READING.word_range(bytes, 6), 5..9);
    }

    #[test]
    fn a_window_that_ends_first_says_so() {
        assert_eq!(READING.word_forward(b"word", 0, false), None);
        assert_eq!(READING.word_forward(b"word ", 0, false), None, "an accent may follow the space");
        assert_eq!(READING.word_forward(b"word  ", 0, false), Some(4));
        assert_eq!(READING.word_forward(b"a \xe4\xb8", 1, false), None);
        assert_eq!(READING.word_forward(b"", 0, true), Some(0));
        assert_eq!(READING.word_backward(b"  word", 6), Some(2));
        assert_eq!(READING.word_backward(b"word", 4), None);
        assert_eq!(READING.word_backward(b"  ", 2), None);
        assert_eq!(READING.word_backward(b"", 0), None);
    }

    #[test]
    fn a_double_click_selects_a_run() {
        let text = b"foo(bar)  \n\nx";
        for (at, range) in [
            (0, 0..3),
            (2, 0..3),
            (3, 3..4),
            (5, 4..7),
            (8, 8..10),
            (10, 8..10),
            (11, 11..11),
            (12, 12..13),
            (13, 12..13),
        ] {
            assert_eq!(READING.word_range(text, at), range, "at {at}");
        }
        assert_eq!(READING.word_range(b"", 0), 0..0);
        assert_eq!(READING.word_range("xe\u{301}y z".as_bytes(), 3), 0..5, "from inside a character");
        assert_eq!(READING.word_range(b"ab\r\n", 3), 0..2, "from inside a line end");
    }

    proptest! {
        /// The runs of `word_range`, one after the other, are the cells grouped by class.
        #[test]
        fn ranges_tile_the_text(text in "[ab_ .,中かカ\u{301}\u{200d}👍\n\r]{0,24}") {
            let bytes = text.as_bytes();
            let mut all = Vec::new();
            let mut at = 0;
            while at < bytes.len() {
                let mut out = Vec::new();
                let len = READING.cells(&bytes[at..], true, 0, &mut out);
                all.extend(out.iter().map(|cell| (at + cell.start as usize, *cell)));
                at += len;
            }
            for &(start, cell) in &all {
                let range = READING.word_range(bytes, start);
                if cell.kind == CellKind::LineEnd {
                    prop_assert_eq!(range.end, start);
                    continue;
                }
                let end = start + cell.len as usize;
                prop_assert!(range.start <= start && end <= range.end);
                for &(other, _) in all.iter().filter(|(at, _)| range.contains(at)) {
                    prop_assert_eq!(READING.word_range(bytes, other), range.clone());
                    prop_assert_eq!(READING.class(&bytes[other..]), READING.class(&bytes[start..]));
                }
                for outside in [range.start.checked_sub(1), Some(range.end)].into_iter().flatten() {
                    let outside = READING.cell_start(bytes, outside);
                    if outside < bytes.len() {
                        prop_assert_ne!(READING.class(&bytes[outside..]), READING.class(&bytes[start..]));
                    }
                }
            }
        }
    }
}
