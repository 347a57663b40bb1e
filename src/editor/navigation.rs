//! Moving the caret, jumping, and the Go to box.

use super::{Answer, Command, Dialog, Editor, GoTo, Landing, Pane, Spot, Tab};
use crate::document::{Caret, Count, LineStart};
use crate::hex::grouped;
use crate::view::goto::{self, Target};
use crate::view::{self, Motion, Pending, Selection};

impl Editor {
    pub(super) fn move_carets(&mut self, motion: Motion, extend: bool) {
        let Some(tab) = self.tab_mut() else { return };
        let id = tab.id;
        match tab.moved(motion, extend) {
            Ok(selection) => {
                if matches!(motion, Motion::Start | Motion::End) {
                    tab.remember_jump();
                }
                if !motion.is_vertical() {
                    tab.goal = None;
                }
                tab.landing = None;
                tab.select(selection);
            }
            Err(Pending(range)) => {
                tab.waiting.push(Command::Move(motion, extend));
                self.fetch(id, range);
            }
        }
    }

    pub(super) fn jump_back(&mut self) {
        let Some(tab) = self.tab_mut() else { return };
        let here = tab.selection.head();
        if let Some(there) = tab.back.pop() {
            tab.forward.push(here);
            tab.goal = None;
            tab.select(Selection::at(there));
        }
    }

    pub(super) fn jump_forward(&mut self) {
        let Some(tab) = self.tab_mut() else { return };
        let here = tab.selection.head();
        if let Some(there) = tab.forward.pop() {
            tab.back.push(here);
            tab.goal = None;
            tab.select(Selection::at(there));
        }
    }

    pub(super) fn go_to_edit(&mut self, next: bool) {
        let Some(tab) = self.tab_mut() else { return };
        let snapshot = tab.document.snapshot();
        let from = if next { tab.selection.span().end } else { tab.selection.span().start };
        // From inside an edit, the next one begins after it; from no selection, one that begins here counts.
        let found = if next { snapshot.next_change(from) } else { snapshot.previous_change(from) };
        match found {
            Some(change) => {
                tab.remember_jump();
                tab.goal = None;
                tab.select(Selection::range(change.range.start, change.range.end));
            }
            None => self.tell(if next { "No edit further down." } else { "No edit further up." }),
        }
    }

    pub(super) fn open_go_to(&mut self) {
        let Some(tab) = self.tab() else { return };
        let origin = (tab.selection.clone(), tab.text, tab.hex);
        self.dialog =
            Some(Dialog::GoTo(GoTo { input: String::new(), error: None, preview: String::new(), origin }));
    }

    /// Leaves the Go to box, because its document is no longer seen.
    pub(super) fn leave_go_to(&mut self) {
        if matches!(self.dialog, Some(Dialog::GoTo(_))) {
            self.dialog = None;
        }
    }

    /// Shows, while it is typed, where the Go to box leads.
    pub fn preview_go_to(&mut self, input: String) {
        let Some(Dialog::GoTo(mut go_to)) = self.dialog.take() else { return };
        go_to.input = input;
        go_to.error = None;
        go_to.preview.clear();
        if let Some(tab) = self.tab_mut() {
            (tab.selection, tab.text, tab.hex) = go_to.origin.clone();
            tab.landing = None;
            if !go_to.input.trim().is_empty() {
                match tab.resolve(&go_to.input) {
                    Ok(landing) => go_to.preview = tab.go(landing),
                    Err(error) => go_to.error = Some(error),
                }
            }
        }
        self.dialog = Some(Dialog::GoTo(go_to));
    }

    pub(super) fn finish_go_to(&mut self, go_to: GoTo, answer: &Answer) {
        let Some(tab) = self.tab_mut() else { return };
        (tab.selection, tab.text, tab.hex) = go_to.origin.clone();
        tab.landing = None;
        if *answer == Answer::Cancel || go_to.input.trim().is_empty() {
            return;
        }
        match tab.resolve(&go_to.input) {
            Ok(landing) => {
                tab.remember_jump();
                let extended = (*answer == Answer::AcceptExtending).then_some(tab.selection.primary().anchor);
                let anchor = extended.map(Spot::Byte).or(landing.anchor);
                tab.go(Landing { anchor, ..landing });
            }
            Err(error) => {
                self.dialog = Some(Dialog::GoTo(GoTo { error: Some(error), ..go_to }));
            }
        }
    }

    /// Gives up on landing on a line that is not counted yet.
    pub fn stop_landing(&mut self) {
        if let Some(tab) = self.tab_mut() {
            tab.landing = None;
        }
    }
}

impl Tab {
    fn moved(&mut self, motion: Motion, extend: bool) -> Result<Selection, Pending> {
        let carets = self.selection.carets().to_vec();
        let len = self.document.len();
        let (page, hex_rows) = (self.text_size.0, self.hex_rows);
        let (hex, hex_view, focus) = (self.hex, self.hex, self.focus);
        let mut goal = self.goal;
        let moved: Result<Vec<Caret>, Pending> = self.with_rows(|_, rows| {
            let one = |caret: &Caret| {
                let (start, end) = (caret.anchor.min(caret.head), caret.anchor.max(caret.head));
                // Without Shift, left and right first drop the selection at its end.
                let head = match motion {
                    Motion::Left if start != end && !extend => start,
                    Motion::Right if start != end && !extend => end,
                    _ if focus == Pane::Hex => view::step_hex(&hex_view, caret.head, motion, len, 8, hex_rows),
                    _ => view::step(rows, caret.head, motion, &mut goal, page)?,
                };
                Ok(Caret { anchor: if extend { caret.anchor } else { head }, head })
            };
            carets.iter().map(one).collect()
        });
        let moved = moved?;
        self.goal = goal;
        // A page is scrolled too, so that the caret keeps its place on screen.
        let by = match motion {
            Motion::PageUp => -1.0,
            Motion::PageDown => 1.0,
            _ => 0.0,
        };
        if by != 0.0 {
            let rows = match focus {
                Pane::Text => page.max(2) - 1,
                Pane::Hex => hex_rows.max(2) - 1,
            };
            let _ = hex;
            self.scroll(focus, by * rows as f32)?;
        }
        Ok(Selection::new(moved))
    }

    /// What the Go to box's input means here.
    fn resolve(&mut self, input: &str) -> Result<Landing, String> {
        let target = goto::parse(input, self.unit()).map_err(|error| error.to_string())?;
        let landing = match &target {
            Target::Range(from, to) => {
                let (from, to) = match (&**from, &**to) {
                    // `20..10` selects the same as `10..20`.
                    (Target::Line { line: first, .. }, Target::Line { line: last, .. }) if first > last => (to, from),
                    _ => (from, to),
                };
                Landing { anchor: Some(self.spot_of(from, false)?), head: self.spot_of(to, true)? }
            }
            target => Landing { anchor: None, head: self.spot_of(target, false)? },
        };
        Ok(landing)
    }

    fn spot_of(&self, target: &Target, ends_range: bool) -> Result<Spot, String> {
        let snapshot = self.document.snapshot();
        let head = self.selection.head();
        Ok(match *target {
            Target::Line { line, column: None } if ends_range => Spot::LineEnd { line },
            Target::Line { line, column } => Spot::Line { line, column: column.unwrap_or(0) },
            Target::Relative { unit: goto::Unit::Bytes, back, by } => {
                Spot::Byte(if back { head.saturating_sub(by) } else { head.saturating_add(by).min(snapshot.len()) })
            }
            Target::Relative { unit: goto::Unit::Lines, back, by } => {
                let (Count::Exact(line) | Count::About(line)) = snapshot.line_at(head);
                let line = if back { line.saturating_sub(by) } else { line.saturating_add(by) };
                Spot::Line { line, column: 0 }
            }
            _ => Spot::Byte(target.offset_in(snapshot.len()).ok_or("That place cannot be found here.")?),
        })
    }

    /// Goes to a place. Says where that is.
    fn go(&mut self, landing: Landing) -> String {
        self.landing = Some(landing);
        match self.land() {
            Ok(true) => {
                let (range, head) = (self.selection.span(), self.selection.head());
                if !range.is_empty() {
                    return format!("{} bytes from {} ({:#X})", grouped(self.selection.selected()), grouped(range.start), range.start);
                }
                let line = match self.document.snapshot().line_at(head) {
                    Count::Exact(line) => grouped(line + 1),
                    Count::About(line) => format!("~{}", grouped(line + 1)),
                };
                format!("Line {line} · byte {} ({head:#X}) · {}", grouped(head), percent(head, self.document.len()))
            }
            _ => {
                let (Spot::Line { line, .. } | Spot::LineEnd { line }) = landing.head else { return String::new() };
                // Near it, until its number is known for sure.
                if let LineStart::Uncounted { guess } = self.document.snapshot().line_start(line) {
                    self.select(Selection::at(guess));
                }
                format!("Line {}: counting the lines before it…", grouped(line + 1))
            }
        }
    }

    /// How many lines there are, the last without an ending counted.
    pub fn lines(&self) -> Count {
        match self.document.snapshot().newlines() {
            Count::Exact(newlines) => Count::Exact(newlines + 1),
            Count::About(newlines) => Count::About(newlines + 1),
        }
    }
}

/// `part` of `whole`, to the nearest tenth of a percent; all of it only where that is so.
pub fn percent(part: u64, whole: u64) -> String {
    let (part, whole) = (u128::from(part), u128::from(whole));
    let tenths = (part * 1000 + whole / 2).checked_div(whole).unwrap_or(1000);
    let tenths = if part < whole { tenths.min(999) } else { tenths };
    format!("{}.{}%", tenths / 10, tenths % 10)
}
