//! Moving the caret, jumping, and the Go to box.

use super::{Answer, Command, Dialog, Editor, GoTo, Landing, Pane, Tab};
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
                    Ok(place) => go_to.preview = tab.go(place, None),
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
            Ok(place) => {
                tab.remember_jump();
                let anchor = (*answer == Answer::AcceptExtending).then_some(tab.selection.primary().anchor);
                tab.go(place, anchor);
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

/// Where the Go to box leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Line { line: u64, column: u64 },
    Bytes { start: u64, end: u64 },
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
    fn resolve(&mut self, input: &str) -> Result<Place, String> {
        let target = goto::parse(input, self.unit()).map_err(|error| error.to_string())?;
        self.place(&target)
    }

    fn place(&mut self, target: &Target) -> Result<Place, String> {
        let _ = target;
        todo!()
    }

    /// Goes to a place, extending the selection from `anchor` if there is one. Says where that is.
    pub(super) fn go(&mut self, place: Place, anchor: Option<u64>) -> String {
        self.goal = None;
        match place {
            Place::Bytes { start, end } => {
                self.select(Selection::range(anchor.unwrap_or(start), end));
                if start == end {
                    let percent = percent(start, self.document.len());
                    format!("Byte {} ({start:#X}), {percent}", grouped(start))
                } else {
                    format!("{} bytes from {} ({start:#X})", grouped(end - start), grouped(start))
                }
            }
            Place::Line { line, column } => {
                self.landing = Some(Landing { line, column, anchor });
                match self.land() {
                    Ok(true) => {
                        let head = self.selection.head();
                        format!("Line {}, byte {} ({head:#X})", grouped(line + 1), grouped(head))
                    }
                    _ => {
                        // Near it, until its number is known for sure.
                        if let LineStart::Uncounted { guess } = self.document.snapshot().line_start(line) {
                            let landing = self.landing.take();
                            self.select(Selection::at(guess));
                            self.landing = landing;
                        }
                        format!("Line {}: counting the lines before it…", grouped(line + 1))
                    }
                }
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

/// `part` of `whole`, to a tenth of a percent.
pub fn percent(part: u64, whole: u64) -> String {
    let tenths = (u128::from(part) * 1000).checked_div(u128::from(whole)).unwrap_or(1000);
    format!("{}.{}%", tenths / 10, tenths % 10)
}
