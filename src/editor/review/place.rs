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
        self.here = Some(next);
        let page = page.max(1) as u64;
        if next < self.top {
            self.scroll_to(next);
        } else if next >= self.top + page {
            self.scroll_to(next + 1 - page);
        }
        next
    }
}
