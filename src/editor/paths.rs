use std::path::{Path, PathBuf};

use super::{Dialog, Editor, PathPurpose, Request, Stream, Tab, TabId};

impl Editor {
    pub(super) fn ask_for_files(&mut self, purpose: PathPurpose) {
        if purpose == PathPurpose::InsertFile && self.refuses_edits() {
            return;
        }
        if self.begin_picking(purpose) {
            let folder = self.tab().and_then(Tab::folder).map(Path::to_owned);
            self.requests.push(Request::PickFiles { purpose, folder });
        }
    }

    pub(super) fn ask_for_target(&mut self, purpose: PathPurpose) {
        let Some(tab) = self.tab() else { return };
        let name = match purpose {
            PathPurpose::SaveSelection if tab.selection.is_empty() => {
                return self.tell("Nothing is selected.");
            }
            PathPurpose::SaveSelection => format!("{}.part", tab.name),
            PathPurpose::Replaced => format!("{} (replaced)", tab.name),
            PathPurpose::SavePatch => format!("{}.patch", tab.name),
            PathPurpose::Converted(conversion) => format!("{} ({})", tab.name, conversion.name()),
            _ => tab.stream.as_ref().map_or_else(|| tab.name.clone(), Stream::plain_name),
        };
        let folder = tab.folder().map(Path::to_owned);
        if self.begin_picking(purpose) {
            self.requests.push(Request::PickTarget { purpose, folder, name });
        }
    }

    /// The system shows one file dialog at a time, and its answer is for the tab that asked.
    pub(super) fn begin_picking(&mut self, purpose: PathPurpose) -> bool {
        let tab = self.tab().map(|tab| tab.id);
        if self.picking.is_some() {
            self.tell("A file dialog is open already.");
            self.not_closed(tab);
            return false;
        }
        self.picking = Some((purpose, tab));
        true
    }

    /// The window's answer to [`Request::PickFiles`] and [`Request::PickTarget`]: the paths picked, none if the
    /// person changed their mind, or `None` if there is no dialog to be had.
    pub fn picked(&mut self, purpose: PathPurpose, paths: Option<Vec<PathBuf>>) {
        let asked = self.picking.take().filter(|(asked, _)| *asked == purpose);
        let tab = asked.map_or_else(|| self.tab().map(|tab| tab.id), |(_, tab)| tab);
        match paths {
            Some(paths) => self.use_paths(purpose, tab, paths),
            None => {
                let input = self.suggested_path(purpose, tab);
                self.ask(Dialog::Path { purpose, tab, input, error: None });
            }
        }
    }

    fn use_paths(&mut self, purpose: PathPurpose, tab: Option<TabId>, paths: Vec<PathBuf>) {
        match (purpose, tab) {
            (PathPurpose::Open, _) => {
                paths.into_iter().for_each(|path| self.open(super::OpenTarget::new(path)));
            }
            (PathPurpose::OpenPart, _) => {
                paths.into_iter().take(1).for_each(|path| self.ask_for_part(path));
            }
            (PathPurpose::SearchedFolder, _) => {
                paths.iter().take(1).for_each(|path| self.folder_chosen(path));
            }
            (PathPurpose::SaveRecovered(id), _) => {
                paths.into_iter().take(1).for_each(|path| self.save_recovered(id, path));
            }
            (_, Some(_)) if paths.is_empty() => self.not_closed(tab),
            (PathPurpose::InsertFile, Some(tab)) => self.insert_files(tab, paths),
            (_, Some(tab)) => {
                paths.into_iter().take(1).for_each(|path| self.save_to(tab, purpose, path));
            }
            (_, None) => {}
        }
    }

    /// A path was typed, where no dialog can be had.
    pub(super) fn path_typed(&mut self, purpose: PathPurpose, tab: Option<TabId>, input: String) {
        // What follows a doubled slash was typed as a path of its own behind the folder that stood there.
        let typed = input.trim();
        let path = PathBuf::from(typed.rfind("//").map_or(typed, |at| &typed[at + 1..]));
        if path.as_os_str().is_empty() {
            let error = Some("Type the path of a file.".to_owned());
            return self.ask(Dialog::Path { purpose, tab, input, error });
        }
        match purpose {
            PathPurpose::Open => self.open_typed(path),
            _ => self.use_paths(purpose, tab, vec![path]),
        }
    }

    fn suggested_path(&self, purpose: PathPurpose, tab: Option<TabId>) -> String {
        let tab = tab.and_then(|id| self.index_of(id)).map(|index| &self.tabs[index]);
        let folder = tab.and_then(Tab::folder).map(|folder| format!("{}/", folder.display()));
        let folder = folder.unwrap_or_default();
        match (purpose, tab) {
            (PathPurpose::SaveAs, Some(tab)) => format!("{folder}{}", tab.name),
            _ => folder,
        }
    }
}
