use std::path::{Component, Path};

use super::{Editor, Tab};

impl Editor {
    /// Puts folders before the names of tabs that have the same one: `a/x.log`, `b/x.log`.
    pub(super) fn name_tabs(&mut self) {
        let names: Vec<Name> = self.tabs.iter().map(Name::of).collect();
        for (index, name) in names.iter().enumerate() {
            let other = |other: &usize| *other != index && names[*other].name == name.name;
            let others: Vec<_> = (0..names.len()).filter(other).collect();
            let is_unique = |depth: &usize| {
                let same = |other: &usize| names[*other].with(*depth) == name.with(*depth);
                !others.iter().any(same)
            };
            let most = name.folders.len();
            let depth = (0..most).find(is_unique).unwrap_or(most);
            self.tabs[index].label = name.with(depth);
        }
    }
}

struct Name {
    /// From the root down; none for a document without a file.
    folders: Vec<String>,
    name: String,
}

impl Name {
    fn of(tab: &Tab) -> Self {
        let folder = tab.folder().unwrap_or(Path::new(""));
        let text = |part: Component| part.as_os_str().to_string_lossy().into_owned();
        Self { folders: folder.components().map(text).collect(), name: tab.name.clone() }
    }

    /// With so many of the nearest folders before it.
    fn with(&self, depth: usize) -> String {
        let nearest = &self.folders[self.folders.len().saturating_sub(depth)..];
        let mut label = nearest.join("/");
        if !nearest.is_empty() {
            label.push('/');
        }
        label + &self.name
    }
}
