use super::super::{Editor, Tab};
use super::set::{FilterSet, Role};

/// Letters of a page's name, at most.
const NAME: usize = 24;

/// What the list can show, one after the other: what it shows now, and what was kept beside it.
#[derive(Debug)]
pub(super) struct Pages {
    pages: Vec<Page>,
    current: usize,
    /// How many there ever were.
    count: u64,
}

#[derive(Debug, Default)]
struct Page {
    id: u64,
    set: FilterSet,
}

impl Default for Pages {
    fn default() -> Self {
        Self { pages: vec![Page::default()], current: 0, count: 1 }
    }
}

impl Pages {
    pub fn set(&self) -> &FilterSet {
        &self.pages[self.current].set
    }

    pub fn set_mut(&mut self) -> &mut FilterSet {
        &mut self.pages[self.current].set
    }

    /// Tells the page that is shown from all others there ever were.
    pub fn id(&self) -> u64 {
        self.pages[self.current].id
    }
}

impl Editor {
    /// Keeps what the list shows, and goes on in a copy of it.
    pub fn keep_list(&mut self) {
        let pages = &mut self.line_list.pages;
        let page = Page { id: pages.count, set: pages.set().clone() };
        pages.count += 1;
        pages.current += 1;
        pages.pages.insert(pages.current, page);
        self.keep_filtering();
    }

    /// Shows a page of the list.
    pub fn show_list_page(&mut self, page: usize) {
        let pages = &mut self.line_list.pages;
        if page < pages.pages.len() {
            pages.current = page;
            self.keep_filtering();
        }
    }

    /// Closes a page of the list, unless it is the only one.
    pub fn close_list_page(&mut self, page: usize) {
        let pages = &mut self.line_list.pages;
        if pages.pages.len() < 2 || page >= pages.pages.len() {
            return;
        }
        let closed = pages.pages.remove(page).id;
        if pages.current > page || pages.current == pages.pages.len() {
            pages.current -= 1;
        }
        self.keep_filtering();
        for tab in &mut self.tabs {
            tab.forget_page(closed);
        }
    }

    /// The names of the list's pages, and which one is shown.
    pub fn list_pages(&self) -> (Vec<String>, usize) {
        let pages = &self.line_list.pages;
        (pages.pages.iter().map(|page| page.set.in_words()).collect(), pages.current)
    }

    /// The names of the sets of filters that were kept.
    pub fn filter_sets(&self) -> impl Iterator<Item = &str> {
        self.settings.filter_sets.keys().map(String::as_str)
    }

    /// Keeps the filters and colours of the list under a name.
    pub fn keep_filter_set(&mut self, name: &str) {
        let (name, set) = (name.trim().to_owned(), self.line_list.set().clone());
        if !name.is_empty() {
            self.change_settings(|settings| drop(settings.filter_sets.insert(name, set)));
        }
    }

    /// Lists by a set of filters that was kept.
    pub fn use_filter_set(&mut self, name: &str) {
        if let Some(kept) = self.settings.filter_sets.get(name).cloned() {
            self.change_filters(|set| *set = kept);
        }
    }

    /// Forgets a set of filters that was kept.
    pub fn forget_filter_set(&mut self, name: &str) {
        self.change_settings(|settings| drop(settings.filter_sets.remove(name)));
    }
}

impl Tab {
    fn forget_page(&mut self, page: u64) {
        self.kept_filters.retain(|kept| kept.page != page);
    }
}

impl FilterSet {
    /// What it lists, in few words.
    fn in_words(&self) -> String {
        let texts = |role| self.used(role).map(|entry| entry.query.text.as_str()).collect::<Vec<_>>();
        let words = match (texts(Role::Show), texts(Role::Hide)) {
            (shown, hidden) if shown.is_empty() && hidden.is_empty() => "New".to_owned(),
            (shown, hidden) if shown.is_empty() => format!("without {}", hidden.join(", ")),
            (shown, _) => shown.join(", "),
        };
        match words.char_indices().nth(NAME) {
            Some((end, _)) => format!("{}…", &words[..end]),
            None => words,
        }
    }
}
