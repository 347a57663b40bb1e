use super::Editor;

/// Where in a long list a person is, by numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ListPlace {
    /// The number of the topmost row, and how much of it is above the edge, in rows.
    pub top: u64,
    pub fraction: f32,
    /// The row that the person is at.
    pub here: Option<u64>,
}

impl ListPlace {
    /// Scrolls by rows.
    pub fn scroll(&mut self, rows: f32) {
        let at = f64::from(self.fraction) + f64::from(rows);
        let whole = at.floor();
        let top = i128::from(self.top) + whole as i128;
        self.fraction = if top < 0 { 0.0 } else { (at - whole) as f32 };
        self.top = top.max(0) as u64;
    }

    /// Puts this row on top.
    pub fn scroll_to(&mut self, number: u64) {
        (self.top, self.fraction) = (number, 0.0);
    }

    /// Does not leave the list of `total` rows, of which `rows` are on screen.
    pub fn clamp(&mut self, total: u64, rows: usize) {
        let last = total.saturating_sub(rows as u64);
        if self.top >= last {
            self.scroll_to(last);
        }
    }

    /// Goes on by `rows` of `total` rows, of which `page` are on screen; to the topmost, if the person was nowhere.
    pub fn step(&mut self, rows: i64, page: usize, total: u64) -> u64 {
        let last = total.saturating_sub(1);
        let next = match self.here {
            Some(here) => here.saturating_add_signed(rows).min(last),
            None => self.top.min(last),
        };
        self.go_to(next, page);
        next
    }

    /// Goes to row `number`, and shows it among `page` rows.
    pub fn go_to(&mut self, number: u64, page: usize) {
        self.here = Some(number);
        let page = page.max(1) as u64;
        if number < self.top {
            self.scroll_to(number);
        } else if number >= self.top + page {
            self.scroll_to(number + 1 - page);
        }
    }
}

impl Editor {
    /// Do keys go to a list below the document?
    pub fn list_has_keys(&self) -> bool {
        self.line_list.has_keys() || self.review_list.has_keys() || self.find_in_files.has_keys()
    }

    /// Gives the keys back to the document.
    pub fn take_keys_from_lists(&mut self) {
        self.give_keys_to_line_list(false);
        self.give_keys_to_review(false);
        self.give_keys_to_find_in_files(false);
    }
}
