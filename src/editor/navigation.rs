use super::editing::HEX_WORD;
use super::fetching::Waiting;
use super::{Command, Editor, Pane, Tab};
use crate::document::Caret;
use crate::view::{self, Motion, Pending, Selection};

impl Editor {
    pub(super) fn move_carets(&mut self, motion: Motion, extend: bool) {
        let Some(tab) = self.tab_mut() else { return };
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
            Err(Pending(range)) => self.wait_for(range, Waiting::Command(Command::Move(motion, extend))),
        }
    }

    pub(super) fn jump_back(&mut self) {
        let Some(tab) = self.tab_mut() else { return };
        let here = tab.selection.head();
        if let Some(there) = tab.back.pop() {
            tab.forward.push(here);
            tab.jump(Selection::at(there));
        }
    }

    pub(super) fn jump_forward(&mut self) {
        let Some(tab) = self.tab_mut() else { return };
        let here = tab.selection.head();
        if let Some(there) = tab.forward.pop() {
            tab.back.push(here);
            tab.jump(Selection::at(there));
        }
    }
}

impl Tab {
    fn moved(&mut self, motion: Motion, extend: bool) -> Result<Selection, Pending> {
        let carets = self.selection.carets().to_vec();
        let len = self.document.len();
        let (page, hex_rows) = (self.text_size.0, self.hex_rows);
        let (hex, focus) = (self.hex, self.focus);
        // Each caret keeps the column that it came from, as far as one of them does.
        let mut goal = self.goal.filter(|_| carets.len() == 1);
        let moved: Result<Vec<Caret>, Pending> = self.with_rows(|_, rows| {
            let one = |caret: &Caret| {
                let (start, end) = (caret.anchor.min(caret.head), caret.anchor.max(caret.head));
                if carets.len() > 1 {
                    goal = None;
                }
                // Without Shift, left and right first drop the selection at its end.
                let head = match motion {
                    Motion::Left if start != end && !extend => start,
                    Motion::Right if start != end && !extend => end,
                    _ if focus == Pane::Hex => {
                        view::step_hex(&hex, caret.head, motion, len, HEX_WORD, hex_rows)
                    }
                    _ => view::step(rows, caret.head, motion, &mut goal, page)?,
                };
                Ok(Caret { anchor: if extend { caret.anchor } else { head }, head })
            };
            carets.iter().map(one).collect()
        });
        let moved = moved?;
        // A page is scrolled too, so that the caret keeps its place on screen.
        let shown = match focus {
            Pane::Text => page,
            Pane::Hex => hex_rows,
        };
        let rows = (shown.max(2) - 1) as f32;
        match motion {
            Motion::PageUp => self.scroll(focus, -rows)?,
            Motion::PageDown => self.scroll(focus, rows)?,
            _ => {}
        }
        self.goal = goal;
        Ok(Selection::new(moved))
    }
}
