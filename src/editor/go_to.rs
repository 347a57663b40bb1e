use super::{Answer, Dialog, Editor, GoTo, Landing, Pane, Spot, Tab};
use crate::document::{Count, LineStart};
use crate::hex::grouped;
use crate::view::Selection;
use crate::view::goto::{self, Target};

/// Where a person goes from: what is selected from there on, if anything is to be.
pub(super) struct GoingTo {
    pub anchor: Option<Spot>,
}

impl Editor {
    pub(super) fn open_go_to(&mut self) {
        let Some(tab) = self.tab() else { return };
        let (tab, origin) = (tab.id, (tab.selection.clone(), tab.text, tab.hex));
        let (input, preview) = (String::new(), String::new());
        self.open_dialog(Dialog::GoTo(GoTo { input, error: None, preview, tab, origin }));
    }

    /// Leaves the Go to box, because the person did something else: what it previewed was not agreed to.
    pub(super) fn leave_go_to(&mut self) {
        if matches!(self.dialog, Some(Dialog::GoTo(_))) {
            self.answer(Answer::Cancel);
        }
    }

    /// Shows, while it is typed, where the Go to box leads.
    pub fn preview_go_to(&mut self, input: String) {
        let Some(Dialog::GoTo(mut go_to)) = self.dialog.take_if(|dialog| matches!(dialog, Dialog::GoTo(_)))
        else {
            return;
        };
        go_to.input = input;
        go_to.error = None;
        go_to.preview.clear();
        if let Some(index) = self.come_back(&go_to)
            && !go_to.input.trim().is_empty()
        {
            if let Some(wanted) = self.tabs[index].wanted_time(&go_to.input) {
                self.look_for_time(index, &go_to.input, wanted, None);
                self.dialog = Some(Dialog::GoTo(go_to));
                return;
            }
            match self.tabs[index].resolve(&go_to.input) {
                Ok(landing) => go_to.preview = self.go(index, landing),
                Err(error) => go_to.error = Some(error),
            }
        }
        self.dialog = Some(Dialog::GoTo(go_to));
    }

    pub(super) fn finish_go_to(&mut self, go_to: GoTo, answer: &Answer) {
        let Some(index) = self.come_back(&go_to) else {
            return;
        };
        if *answer == Answer::Cancel || go_to.input.trim().is_empty() {
            return;
        }
        let tab = &mut self.tabs[index];
        let extended = (*answer == Answer::AcceptExtending).then_some(tab.selection.primary().anchor);
        let extended = extended.map(Spot::Byte);
        if let Some(wanted) = tab.wanted_time(&go_to.input) {
            return self.look_for_time(index, &go_to.input, wanted, Some(GoingTo { anchor: extended }));
        }
        match tab.resolve(&go_to.input) {
            Ok(landing) => {
                tab.remember_jump();
                let anchor = extended.or(landing.anchor);
                self.go(index, Landing { anchor, ..landing });
            }
            Err(error) => {
                self.dialog = Some(Dialog::GoTo(GoTo { error: Some(error), ..go_to }));
            }
        }
    }

    /// Puts the tab of the box back to where the person was, and returns it.
    fn come_back(&mut self, go_to: &GoTo) -> Option<usize> {
        let index = self.index_of(go_to.tab)?;
        let tab = &mut self.tabs[index];
        let (selection, text, hex) = go_to.origin.clone();
        (tab.selection, tab.text, tab.hex) = (selection.clamp(tab.document.len()), text, hex);
        tab.landing = None;
        tab.reveal = false;
        Some(index)
    }

    /// Goes to a place, now or when its line is counted. Says where that is.
    pub(super) fn go(&mut self, index: usize, landing: Landing) -> String {
        self.tabs[index].landing = Some(landing);
        if self.land(index) {
            return self.tabs[index].place_in_words();
        }
        let id = self.tabs[index].id;
        // Counting may have been stopped.
        self.count_lines(id);
        let tab = &mut self.tabs[index];
        let (Spot::Line { line, .. } | Spot::LineEnd { line }) = landing.head else {
            return String::new();
        };
        let number = grouped(line + 1);
        match tab.document.snapshot().line_start(line) {
            LineStart::Uncounted { guess } => {
                // Near it, until its number is known for sure.
                tab.select(Selection::at(guess));
                format!("Line {number}: counting the lines before it…")
            }
            _ => format!("Line {number}: reading it…"),
        }
    }

    /// Where the input of the Go to box leads, in words, as far as is known by now.
    pub fn go_to_in_words(&self) -> String {
        let Some(Dialog::GoTo(go_to)) = &self.dialog else { return String::new() };
        match self.index_of(go_to.tab).map(|index| &self.tabs[index]) {
            Some(tab) if tab.landing.is_none() && !go_to.preview.is_empty() => {
                let beyond = tab.beyond(&go_to.input).unwrap_or_default();
                format!("{beyond}{}", tab.place_in_words())
            }
            _ => go_to.preview.clone(),
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
    /// What the Go to box's input means here.
    fn resolve(&self, input: &str) -> Result<Landing, String> {
        let unit = match self.focus {
            Pane::Text => goto::Unit::Lines,
            Pane::Hex => goto::Unit::Bytes,
        };
        let target = goto::parse(input, unit).map_err(|error| error.to_string())?;
        let landing = match &target {
            Target::Range(from, to) => {
                let (from, to) = match (&**from, &**to) {
                    // `20..10` selects the same as `10..20`.
                    (Target::Line { line: first, .. }, Target::Line { line: last, .. }) if first > last => {
                        (to, from)
                    }
                    _ => (from, to),
                };
                Landing { anchor: Some(self.spot_of(from, false)?), head: self.spot_of(to, true)? }
            }
            target => Landing { anchor: None, head: self.spot_of(target, false)? },
        };
        Ok(landing)
    }

    /// Says so, if the input names a place behind the end, which is then gone to.
    fn beyond(&self, input: &str) -> Option<String> {
        if self.wanted_time(input).is_some() {
            return None;
        }
        let unit = if self.focus == Pane::Text { goto::Unit::Lines } else { goto::Unit::Bytes };
        let len = self.document.len();
        match (goto::parse(input, unit).ok()?, self.lines()) {
            (Target::Line { line, .. }, Count::Exact(lines)) if line >= lines => {
                Some(format!("Only {} lines. ", grouped(lines)))
            }
            (Target::Offset(offset), _) if offset > len => Some(format!("Only {} bytes. ", grouped(len))),
            (Target::FromEnd(bytes), _) if bytes > len => Some(format!("Only {} bytes. ", grouped(len))),
            _ => None,
        }
    }

    fn spot_of(&self, target: &Target, ends_range: bool) -> Result<Spot, String> {
        let snapshot = self.document.snapshot();
        let head = self.selection.head();
        Ok(match *target {
            Target::Line { line, column: None } if ends_range => Spot::LineEnd { line },
            Target::Line { line, column } => Spot::Line { line, column: column.unwrap_or(0) },
            Target::Relative { unit: goto::Unit::Bytes, back, by } => Spot::Byte(if back {
                head.saturating_sub(by)
            } else {
                head.saturating_add(by).min(snapshot.len())
            }),
            Target::Relative { unit: goto::Unit::Lines, back, by } => {
                let (Count::Exact(line) | Count::About(line)) = snapshot.line_at(head);
                let line = if back { line.saturating_sub(by) } else { line.saturating_add(by) };
                Spot::Line { line, column: 0 }
            }
            _ => Spot::Byte(target.offset_in(snapshot.len()).ok_or("That place cannot be found here.")?),
        })
    }

    fn place_in_words(&self) -> String {
        let (range, head) = (self.selection.span(), self.selection.head());
        if !range.is_empty() {
            let selected = grouped(range.end - range.start);
            return format!("{selected} bytes from {} ({:#X})", grouped(range.start), range.start);
        }
        let line = match self.document.snapshot().line_at(head) {
            Count::Exact(line) => grouped(line + 1),
            Count::About(line) => format!("~{}", grouped(line + 1)),
        };
        let part = percent(head, self.document.len());
        format!("Line {line} · byte {} ({head:#X}) · {part}", grouped(head))
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
