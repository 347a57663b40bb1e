//! Words, as a double click selects them and Ctrl+arrows step over them.
//!
//! A word is a run of cells of one class. Text without spaces (Chinese, Japanese) parts where the script
//! changes. A line end is a stop by itself, before it and after it.

use std::ops::Range;

use super::cells::{cell_start, next_cell, previous_cell_start};
use super::utf8::{First, first};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Space,
    LineEnd,
    /// Letters, digits and `_`.
    Word,
    Han,
    Hiragana,
    Katakana,
    /// Everything else: punctuation, symbols, emoji, badges.
    Other,
}

/// The run of cells of one class around `at`: what a double click on the cell at `at` selects. At a line end,
/// the run before it; empty on an empty line. `bytes` is a window around `at`; runs end where it ends.
pub fn word_range(bytes: &[u8], at: usize) -> Range<usize> {
    let mut start = cell_start(bytes, at);
    let mut end = start;
    let class = match class_at(bytes, start) {
        Some(class) if class != Class::LineEnd => class,
        _ => match class_before(bytes, start) {
            Some((class, _)) if class != Class::LineEnd => class,
            _ => return start..start,
        },
    };
    while class_at(bytes, end) == Some(class) {
        end += next_cell(&bytes[end..], true).unwrap_or(1);
    }
    while let Some((before, from)) = class_before(bytes, start)
        && before == class
    {
        start = from;
    }
    start..end
}

/// Where Ctrl+Right goes from `at`: over white space, then over a word, to its end; to a line end, or over it
/// if it stands there already. `None` where the window `bytes` ends first and is not `at_end` of the document.
pub fn word_forward(bytes: &[u8], at: usize, at_end: bool) -> Option<usize> {
    let mut end = at;
    let mut run = None;
    while end < bytes.len() {
        let len = next_cell(&bytes[end..], at_end)?;
        match (class(&bytes[end..]), run) {
            (Class::LineEnd, _) if end == at => return Some(end + len),
            (Class::LineEnd, _) => return Some(end),
            (Class::Space, None) => {}
            (class, None) => run = Some(class),
            (class, Some(run)) if class != run => return Some(end),
            _ => {}
        }
        end += len;
    }
    at_end.then_some(end)
}

/// Where Ctrl+Left goes from `at`: over white space, then over a word, to its start; to the start of a line,
/// or over the line end before it if it stands there already. `None` where the window `bytes` starts first; if
/// it starts where the document does, the answer is then 0.
pub fn word_backward(bytes: &[u8], at: usize) -> Option<usize> {
    let mut start = at;
    let mut run = None;
    while let Some((class, from)) = class_before(bytes, start) {
        match (class, run) {
            (Class::LineEnd, _) if start == at => return Some(from),
            (Class::LineEnd, _) => return Some(start),
            (Class::Space, None) => {}
            (class, None) => run = Some(class),
            (class, Some(run)) if class != run => return Some(start),
            _ => {}
        }
        start = from;
    }
    None
}

fn class_at(bytes: &[u8], at: usize) -> Option<Class> {
    (at < bytes.len()).then(|| class(&bytes[at..]))
}

fn class_before(bytes: &[u8], at: usize) -> Option<(Class, usize)> {
    let start = previous_cell_start(&bytes[..at]);
    (at > 0).then(|| (class(&bytes[start..at]), start))
}

/// The class of the cell at the start of `bytes`.
fn class(bytes: &[u8]) -> Class {
    let c = match first(bytes) {
        First::Char(c) => c,
        // In text that is really Latin-1 or Windows-1252, these are the letters.
        _ => {
            return if bytes[0] >= 0xc0 { Class::Word } else { Class::Other };
        }
    };
    match c {
        '\n' => Class::LineEnd,
        '\r' if bytes.get(1) == Some(&b'\n') => Class::LineEnd,
        '_' => Class::Word,
        _ if c.is_ascii() => match c {
            _ if c.is_ascii_alphanumeric() => Class::Word,
            ' ' | '\t' | '\x0b' | '\x0c' | '\r' => Class::Space,
            _ => Class::Other,
        },
        _ if c.is_whitespace() => Class::Space,
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
    use crate::text::CellKind;
    use crate::text::cells::cells;
    use proptest::prelude::*;

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
            at = word_forward(bytes, at, true).unwrap();
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
            at = word_backward(text.as_bytes(), at).unwrap_or(0);
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
        assert_eq!(word_forward(bytes, 0, true), Some(4));
        assert_eq!(word_range(bytes, 6), 5..9);
    }

    #[test]
    fn a_window_that_ends_first_says_so() {
        assert_eq!(word_forward(b"word", 0, false), None);
        assert_eq!(word_forward(b"word ", 0, false), None, "an accent may follow the space");
        assert_eq!(word_forward(b"word  ", 0, false), Some(4));
        assert_eq!(word_forward(b"a \xe4\xb8", 1, false), None);
        assert_eq!(word_forward(b"", 0, true), Some(0));
        assert_eq!(word_backward(b"  word", 6), Some(2));
        assert_eq!(word_backward(b"word", 4), None);
        assert_eq!(word_backward(b"  ", 2), None);
        assert_eq!(word_backward(b"", 0), None);
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
            assert_eq!(word_range(text, at), range, "at {at}");
        }
        assert_eq!(word_range(b"", 0), 0..0);
        assert_eq!(word_range("xe\u{301}y z".as_bytes(), 3), 0..5, "from inside a character");
        assert_eq!(word_range(b"ab\r\n", 3), 0..2, "from inside a line end");
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
                let len = cells(&bytes[at..], true, 0, 4, &mut out);
                all.extend(out.iter().map(|cell| (at + cell.start as usize, *cell)));
                at += len;
            }
            for &(start, cell) in &all {
                let range = word_range(bytes, start);
                if cell.kind == CellKind::LineEnd {
                    prop_assert_eq!(range.end, start);
                    continue;
                }
                let end = start + cell.len as usize;
                prop_assert!(range.start <= start && end <= range.end);
                for &(other, _) in all.iter().filter(|(at, _)| range.contains(at)) {
                    prop_assert_eq!(word_range(bytes, other), range.clone());
                    prop_assert_eq!(class(&bytes[other..]), class(&bytes[start..]));
                }
                for outside in [range.start.checked_sub(1), Some(range.end)].into_iter().flatten() {
                    let outside = cell_start(bytes, outside);
                    if outside < bytes.len() {
                        prop_assert_ne!(class(&bytes[outside..]), class(&bytes[start..]));
                    }
                }
            }
        }
    }
}
