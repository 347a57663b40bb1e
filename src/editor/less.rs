//! The keys of `less`, in documents that are locked: no letter can be typed there.

use super::{Command, Editor, Landing, Pane, Spot};
use crate::view::Motion;

/// What the letters do, for the sheet of keys.
pub const LESS_KEYS: [(&str, &str); 11] = [
    ("/  ?", "Find, forwards or backwards"),
    ("n  N", "Next match, previous match"),
    ("g  G", "Start, end; 120g: line 120"),
    ("Space  f", "A page on"),
    ("b", "A page back"),
    ("d  u", "Half a page on, back"),
    ("j  k", "A line on, back"),
    ("e  E", "Next, previous error line"),
    ("F", "Follow the end"),
    ("&", "List the lines that match"),
    ("p", "Percent: 50p"),
];

/// Digits of a count; more are not taken.
const DIGITS: u32 = 18;

/// What letters before left to the next one.
#[derive(Debug, Default)]
pub(super) struct LessKeys {
    /// A number typed before a letter.
    count: Option<u64>,
    /// Was the last search asked for with `?`?
    is_backward: bool,
}

impl Editor {
    /// Does what a letter does in `less`, if the document is locked and it is one of its letters.
    pub(super) fn is_less_key(&mut self, text: &str) -> bool {
        let mut chars = text.chars();
        let (Some(key), None) = (chars.next(), chars.next()) else { return false };
        if self.tab().is_none_or(|tab| tab.locked.is_none()) {
            return false;
        }
        if let Some(digit) = key.to_digit(10)
            && (digit > 0 || self.less.count.is_some())
        {
            let count = self.less.count.unwrap_or(0);
            if count < 10_u64.pow(DIGITS) {
                self.less.count = Some(count * 10 + u64::from(digit));
            }
            return true;
        }
        let count = self.less.count.take();
        let times = count.unwrap_or(1);
        match key {
            '/' | '?' => {
                self.less.is_backward = key == '?';
                self.run(Command::Find);
                self.find.is_backward = key == '?';
            }
            'n' => self.run(if self.less.is_backward { Command::FindPrevious } else { Command::FindNext }),
            'N' => self.run(if self.less.is_backward { Command::FindNext } else { Command::FindPrevious }),
            'g' | 'G' if count.is_some() => {
                self.go_to_count(Spot::Line { line: times.saturating_sub(1), column: 0 })
            }
            'p' if count.is_some() => {
                let len = self.tab().map_or(0, |tab| tab.document.len());
                let at = u128::from(len) * u128::from(times.min(100)) / 100;
                self.go_to_count(Spot::Byte(at as u64));
            }
            'g' => self.run(Command::Move(Motion::Start, false)),
            'G' => self.run(Command::Move(Motion::End, false)),
            ' ' | 'f' => (0..times.min(100)).for_each(|_| self.run(Command::Move(Motion::PageDown, false))),
            'b' => (0..times.min(100)).for_each(|_| self.run(Command::Move(Motion::PageUp, false))),
            'd' | 'u' => self.move_and_scroll(key == 'd', (self.rows_shown() / 2).max(1)),
            'j' | 'k' => self.move_and_scroll(key == 'j', times.min(1000) as usize),
            'e' => self.run(Command::NextError),
            'E' => self.run(Command::PreviousError),
            'F' if self.can(Command::Follow) => {
                if self.tab().is_some_and(|tab| !tab.follows()) {
                    self.run(Command::Follow);
                }
            }
            '&' if self.find.query().text.is_empty() => self.run(Command::LineList),
            '&' => self.run(Command::ListFoundLines),
            _ => return false,
        }
        true
    }

    fn go_to_count(&mut self, head: Spot) {
        let index = self.active;
        if let Some(tab) = self.tab_mut() {
            tab.remember_jump();
            self.go(index, Landing { anchor: None, head });
        }
    }

    fn rows_shown(&self) -> usize {
        self.tab().map_or(1, |tab| if tab.focus == Pane::Hex { tab.hex_rows } else { tab.text_size.0 })
    }

    /// The caret keeps its place on screen.
    fn move_and_scroll(&mut self, down: bool, rows: usize) {
        for _ in 0..rows {
            self.run(Command::Move(if down { Motion::Down } else { Motion::Up }, false));
        }
        let Some(tab) = self.tab_mut() else { return };
        let by = if down { rows as f32 } else { -(rows as f32) };
        // What is not in memory is scrolled to when the caret is shown.
        let _ = tab.scroll(tab.focus, by);
    }
}
