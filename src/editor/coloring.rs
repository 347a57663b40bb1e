use std::ops::Range;

use super::fetching::Waiting;
use super::{Command, Editor, FilterEntry, FilterRole, Pane, Tab};
use crate::search::{Case, Pattern, Query, Target};
use crate::view::{Pending, Selection};

/// Colours that text can be given.
pub const COLORS: u8 = 9;

/// A longer selection is not coloured, in bytes.
const LONGEST: u64 = 1 << 10;

/// Places of one colour on screen, at most.
const SHOWN: usize = 4096;

/// The highlighters, made ready for the documents of one target.
#[derive(Debug)]
pub(super) struct Highlighting {
    of: Vec<FilterEntry>,
    target: Target,
    patterns: Vec<(Pattern, u8)>,
}

impl Editor {
    /// Gives what is selected, or the word at the caret, a colour wherever it stands; or takes that colour away.
    pub(super) fn color_selection(&mut self, color: u8) {
        let Some(tab) = self.tab_mut() else { return };
        let text = match tab.text_to_color() {
            Ok(text) => text,
            Err(Pending(range)) => return self.wait_for(range, Waiting::Command(Command::Color(color))),
        };
        let Some(text) = text else {
            return self.tell("There is no short text here to colour: select a word.");
        };
        let query = Query { case: Case::Sensitive, ..Query::literal(text) };
        self.change_filters(|set| {
            let is_it = |entry: &FilterEntry| entry.role == FilterRole::Color && entry.query == query;
            let had = set.entries.iter().position(is_it);
            let was = had.map(|index| set.entries.remove(index));
            if was.is_none_or(|was| was.color != color) {
                set.entries.push(FilterEntry::new(FilterRole::Color, query, color));
            }
        });
    }

    /// Takes all colours away.
    pub(super) fn clear_colors(&mut self) {
        self.change_filters(|set| set.entries.retain(|entry| entry.role != FilterRole::Color));
    }

    pub(super) fn has_colors(&self) -> bool {
        self.line_list.entries().iter().any(|entry| entry.role == FilterRole::Color)
    }

    /// Where coloured text stands in these stretches, which are on screen, of the active document.
    pub fn colored(&mut self, stretches: &[Range<u64>]) -> Vec<(Range<u64>, u8)> {
        let all: Vec<_> = self.line_list.set().used(FilterRole::Color).cloned().collect();
        if all.is_empty() {
            return Vec::new();
        }
        self.tab_mut().map_or_else(Vec::new, |tab| tab.colored(all, stretches))
    }

    /// Marks the line of the caret, or takes its mark away.
    pub(super) fn toggle_mark(&mut self) {
        let Some(tab) = self.tab_mut() else { return };
        match tab.line_of_caret() {
            Ok(line) if tab.has_mark(&line) => {
                tab.marks.retain(|mark| !line.contains(mark) && *mark != line.start)
            }
            Ok(line) => {
                let index = tab.marks.partition_point(|mark| *mark < line.start);
                tab.marks.insert(index, line.start);
            }
            Err(Pending(range)) => self.wait_for(range, Waiting::Command(Command::ToggleMark)),
        }
    }

    /// Goes to the next marked line, or to the one before; on from the other end of the document.
    pub(super) fn go_to_mark(&mut self, next: bool) {
        let Some(tab) = self.tab_mut() else { return };
        let here = match tab.line_of_caret() {
            Ok(here) => here.start,
            Err(Pending(range)) => {
                let command = if next { Command::NextMark } else { Command::PreviousMark };
                return self.wait_for(range, Waiting::Command(command));
            }
        };
        let found = if next {
            tab.marks.iter().find(|mark| **mark > here).or(tab.marks.first())
        } else {
            tab.marks.iter().rfind(|mark| **mark < here).or(tab.marks.last())
        };
        match found.copied() {
            Some(mark) => {
                tab.remember_jump();
                tab.jump(Selection::at(mark));
            }
            None => self.tell("No line is marked. Ctrl+F2 marks the line of the caret."),
        }
    }
}

impl Tab {
    /// Where marked lines, or hex rows, start, in order.
    pub fn marks(&self) -> &[u64] {
        &self.marks
    }

    /// Is there a mark in `range`?
    pub fn has_mark(&self, range: &Range<u64>) -> bool {
        let first = self.marks.partition_point(|mark| *mark < range.start);
        self.marks.get(first).is_some_and(|mark| *mark < range.end.max(range.start + 1))
    }

    fn line_of_caret(&mut self) -> Result<Range<u64>, Pending> {
        let head = self.selection.head();
        let line = self.around(self.focus, head, 3)?;
        Ok(line.start.min(head)..line.end)
    }

    fn text_to_color(&mut self) -> Result<Option<String>, Pending> {
        let mut range = self.selection.span();
        if range.is_empty() {
            range = self.around(Pane::Text, range.start, 2)?;
        }
        if range.is_empty() || range.end - range.start > LONGEST {
            return Ok(None);
        }
        let window = self.document.snapshot().try_read(range);
        if let Some((gap, _)) = window.gaps.first() {
            return Err(Pending(gap.clone()));
        }
        let encoding = self.reading().encoding;
        let text = encoding.decode(&window.bytes).into_owned();
        let is_exact = encoding.encode(&text).is_ok_and(|bytes| bytes == window.bytes);
        Ok(Some(text).filter(|text| is_exact && !text.trim().is_empty()))
    }

    fn colored(&mut self, all: Vec<FilterEntry>, stretches: &[Range<u64>]) -> Vec<(Range<u64>, u8)> {
        let target = self.search_target();
        let highlighting = self.highlighting.take().filter(|known| known.of == all && known.target == target);
        let highlighting = highlighting.unwrap_or_else(|| Highlighting::new(all, target));
        let snapshot = self.document.snapshot();
        let mut colored = Vec::new();
        for stretch in stretches {
            let around =
                highlighting.patterns.iter().map(|(pattern, _)| pattern.context()).max().unwrap_or(0);
            let range = stretch.start.saturating_sub(around)..stretch.end.saturating_add(around);
            let window = snapshot.try_read(range);
            for (pattern, color) in &highlighting.patterns {
                let found = pattern.matches_in(&window, stretch.clone(), SHOWN, snapshot.len());
                colored.extend(found.into_iter().map(|found| (found, *color)));
            }
        }
        self.highlighting = Some(highlighting);
        colored
    }
}

impl Highlighting {
    fn new(of: Vec<FilterEntry>, target: Target) -> Self {
        // What the encoding of this document does not have stands nowhere in it.
        let pattern = |entry: &FilterEntry| Some((entry.pattern(target).ok()?, entry.color));
        let patterns = of.iter().filter_map(pattern).collect();
        Self { of, target, patterns }
    }
}
