//! What can be told of a regex without running it, and the same regex with something else in places.

use regex_syntax::hir::{
    Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look,
    Repetition,
};

/// Can a match hold this byte of ASCII?
pub(super) fn can_hold(hir: &Hir, byte: u8) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.contains(&byte),
        HirKind::Class(class) => class_holds(class, byte),
        HirKind::Repetition(repetition) => repetition.max != Some(0) && can_hold(&repetition.sub, byte),
        HirKind::Capture(capture) => can_hold(&capture.sub, byte),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(|part| can_hold(part, byte)),
    }
}

/// Can a match begin with this byte of ASCII? Of what can be empty, the answer is yes.
pub(super) fn can_begin_with(hir: &Hir, byte: u8) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => literal.0.first() == Some(&byte),
        HirKind::Class(class) => class_holds(class, byte),
        HirKind::Repetition(repetition) => can_be_empty(hir) || can_begin_with(&repetition.sub, byte),
        HirKind::Capture(capture) => can_begin_with(&capture.sub, byte),
        HirKind::Alternation(parts) => parts.iter().any(|part| can_begin_with(part, byte)),
        HirKind::Concat(parts) => {
            let consuming = parts.iter().take_while(|part| can_be_empty(part)).count();
            let skipped = parts[..consuming].iter().any(|part| begins_consuming(part, byte));
            skipped || parts.get(consuming).is_none_or(|part| can_begin_with(part, byte))
        }
    }
}

/// As [`can_begin_with`], of matches that are not empty.
fn begins_consuming(hir: &Hir, byte: u8) -> bool {
    !matches!(hir.kind(), HirKind::Empty | HirKind::Look(_)) && can_hold(hir, byte)
}

pub(super) fn can_be_empty(hir: &Hir) -> bool {
    hir.properties().minimum_len().is_none_or(|len| len == 0)
}

fn class_holds(class: &Class, byte: u8) -> bool {
    match class {
        Class::Unicode(class) => {
            let c = char::from(byte);
            class.ranges().iter().any(|range| range.start() <= c && c <= range.end())
        }
        Class::Bytes(class) => {
            class.ranges().iter().any(|range| range.start() <= byte && byte <= range.end())
        }
    }
}

/// The same regex, in which `change` may give another look-around for each and `narrow` may change each class.
fn map(hir: &Hir, change: &impl Fn(Look) -> Look, narrow: &impl Fn(Class) -> Class) -> Hir {
    let all = |parts: &[Hir]| parts.iter().map(|part| map(part, change, narrow)).collect();
    match hir.kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0.clone()),
        HirKind::Class(class) => Hir::class(narrow(class.clone())),
        HirKind::Look(look) => Hir::look(change(*look)),
        HirKind::Repetition(Repetition { min, max, greedy, sub }) => {
            let sub = Box::new(map(sub, change, narrow));
            Hir::repetition(Repetition { min: *min, max: *max, greedy: *greedy, sub })
        }
        HirKind::Capture(Capture { index, name, sub }) => {
            let sub = Box::new(map(sub, change, narrow));
            Hir::capture(Capture { index: *index, name: name.clone(), sub })
        }
        HirKind::Concat(parts) => Hir::concat(all(parts)),
        HirKind::Alternation(parts) => Hir::alternation(all(parts)),
    }
}

/// The same with word boundaries of ASCII, which is the same on ASCII.
pub(super) fn with_ascii_boundaries(hir: &Hir) -> Hir {
    map(hir, &in_ascii, &|class| class)
}

/// The look-around of ASCII in the place of one of Unicode.
pub(super) fn in_ascii(look: Look) -> Look {
    match look {
        Look::WordUnicode => Look::WordAscii,
        Look::WordUnicodeNegate => Look::WordAsciiNegate,
        Look::WordStartUnicode => Look::WordStartAscii,
        Look::WordEndUnicode => Look::WordEndAscii,
        Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
        Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
        look => look,
    }
}

/// The same with classes that do not hold this byte of ASCII. Literals hold it still.
pub(super) fn without(hir: &Hir, byte: u8) -> Hir {
    let narrow = |class| match class {
        Class::Unicode(mut class) => {
            let c = char::from(byte);
            class.difference(&ClassUnicode::new([ClassUnicodeRange::new(c, c)]));
            Class::Unicode(class)
        }
        Class::Bytes(mut class) => {
            class.difference(&ClassBytes::new([ClassBytesRange::new(byte, byte)]));
            Class::Bytes(class)
        }
    };
    map(hir, &|look| look, &narrow)
}

/// Looks around for words by Unicode, which only the slowest of engines can where there is more than ASCII?
pub(super) fn asks_for_unicode_words(hir: &Hir) -> bool {
    hir.properties().look_set().contains_word_unicode()
}

/// Only where a word does not go on at either side.
pub(super) fn whole_word(hir: Hir) -> Hir {
    Hir::concat(vec![Hir::look(Look::WordStartHalfUnicode), hir, Hir::look(Look::WordEndHalfUnicode)])
}
