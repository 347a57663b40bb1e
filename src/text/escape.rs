//! Escape sequences of terminals: where they end.
//!
//! ECMA-48 (control sequences, SGR), and xterm's `ctlseqs` (operating system commands: titles,
//! hyperlinks).

use std::ops::Range;

use super::MAX_CLUSTER;

/// What escape sequences are shown as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Escapes {
    /// The badge `ESC` and the characters behind it.
    #[default]
    Badges,
    /// Nothing.
    Hidden,
    /// Nothing, but what they say of the text behind them holds.
    Rendered,
}

/// The most bytes of a control sequence.
const MOST: usize = 64;

/// The most bytes of an operating system command.
const MOST_OF_COMMAND: usize = MAX_CLUSTER;

pub(super) const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// What the bytes from an ESC on are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequence {
    /// A sequence of so many bytes.
    Whole(usize),
    /// Perhaps the beginning of one.
    Cut,
    None,
}

/// What stands at the start of `bytes`, which are in an encoding that extends ASCII.
///
/// A sequence holds no other one, and no control characters, so no line ends.
pub(super) fn sequence(bytes: &[u8]) -> Sequence {
    match bytes {
        [ESC] => Sequence::Cut,
        [ESC, b'[', rest @ ..] => control_sequence(&rest[..rest.len().min(MOST - 2)]),
        [ESC, b']', rest @ ..] => command(&rest[..rest.len().min(MOST_OF_COMMAND - 2)]),
        _ => Sequence::None,
    }
}

/// `rest` is what stands behind `ESC [`, as far as it counts.
fn control_sequence(rest: &[u8]) -> Sequence {
    let parameters = rest.iter().take_while(|byte| matches!(byte, 0x30..=0x3f)).count();
    let intermediates = rest[parameters..].iter().take_while(|byte| matches!(byte, 0x20..=0x2f)).count();
    let end = parameters + intermediates;
    match rest.get(end) {
        Some(0x40..=0x7e) => Sequence::Whole(2 + end + 1),
        None if end < MOST - 2 => Sequence::Cut,
        _ => Sequence::None,
    }
}

/// `rest` is what stands behind `ESC ]`, as far as it counts.
fn command(rest: &[u8]) -> Sequence {
    let text = rest.iter().take_while(|&&byte| byte >= b' ' && byte != 0x7f).count();
    match &rest[text..] {
        [BEL, ..] => Sequence::Whole(2 + text + 1),
        [ESC, b'\\', ..] => Sequence::Whole(2 + text + 2),
        [] | [ESC] if rest.len() < MOST_OF_COMMAND - 2 => Sequence::Cut,
        _ => Sequence::None,
    }
}

/// The last sequence in `bytes` that starts before `at`, and at most `back` bytes before it.
pub(super) fn last_before(bytes: &[u8], at: usize, back: usize) -> Option<Range<usize>> {
    let floor = at.saturating_sub(back);
    let mut end = at;
    // The ESC of a command's end is the only one inside a sequence: it begins none.
    while let Some(found) = memchr::memrchr(ESC, &bytes[floor..end]) {
        let start = floor + found;
        if let Sequence::Whole(len) = sequence(&bytes[start..]) {
            return Some(start..start + len);
        }
        end = start;
    }
    None
}
