use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use serde::{Deserialize, Serialize};

use super::super::list_place::ListPlace;
use super::super::{Editor, Event, PathPurpose, Request, Tab, Task};
use super::found::Found;
use super::search::{Finding, search};
use super::subjects::{OpenDocument, Subjects};
use crate::hex::grouped;
use crate::search::{Pattern, Query, QueryError, Target};
use crate::source::Choices;

/// Threads that search, at most.
const THREADS: usize = 8;

/// A longer selection is no text to look for, in bytes.
const LONGEST_SELECTION: u64 = 1 << 10;

/// What is searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SearchedPlace {
    #[default]
    Folder,
    /// The open documents, as they are, unsaved edits included.
    Documents,
}

/// Which files are searched, and where: kept between runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileChoices {
    pub place: SearchedPlace,
    /// As it was typed.
    pub folder: String,
    /// See [`Choices::names`].
    pub names: String,
    pub hidden: bool,
    pub ignored: bool,
    /// Those too that are no text.
    pub binary: bool,
    /// None larger, in bytes.
    pub largest: Option<u64>,
}

/// Finding in many files: what for, where, and the list of what was found.
#[derive(Debug, Default)]
pub struct FindInFiles {
    pub(super) query: Query,
    pub(super) is_open: bool,
    /// Do keys go to its fields and rows?
    has_keys: bool,
    /// Is the field for what is looked for to get the keys?
    entered: bool,
    /// What was found, and what for.
    pub(super) found: Option<(Query, Arc<Found>)>,
    error: Option<QueryError>,
    pub(super) place: ListPlace,
}

impl FindInFiles {
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    pub fn has_keys(&self) -> bool {
        self.is_open && self.has_keys
    }

    /// Was anything found?
    pub(in crate::editor) fn has_found(&self) -> bool {
        self.found.as_ref().is_some_and(|(_, found)| found.len() > 0)
    }

    pub fn query(&self) -> &Query {
        &self.query
    }

    /// What is wrong with what is looked for.
    pub fn error(&self) -> Option<&QueryError> {
        self.error.as_ref()
    }

    /// The number of the row that the person is at.
    pub fn here(&self) -> Option<u64> {
        self.place.here
    }

    /// Is the field for what is looked for to get the keys? Told once.
    pub fn take_entered(&mut self) -> bool {
        std::mem::take(&mut self.entered)
    }

    /// Will it ask for the keys?
    pub fn wants_keys(&self) -> bool {
        self.entered
    }
}

impl Editor {
    /// Opens the list of what is found in files, or gives it the keys.
    pub(in crate::editor) fn open_find_in_files(&mut self) {
        if !self.find_in_files.is_open {
            // There is room for one list.
            self.close_line_list();
            self.close_review();
            self.find_in_files.is_open = true;
            if self.session.in_files.folder.is_empty()
                && let Some(folder) = self.tab().and_then(Tab::folder)
            {
                self.session.in_files.folder = folder.display().to_string();
            }
        }
        if let Some(query) = self.tab().and_then(Tab::selected_text).or_else(|| {
            let query = self.find.query();
            let is_new = self.find_in_files.query.text.is_empty();
            (is_new && !query.text.is_empty()).then(|| query.clone())
        }) {
            self.find_in_files.query = query;
            self.find_in_files.error = None;
        }
        self.give_keys_to_find_in_files(true);
        self.find_in_files.entered = true;
    }

    pub fn close_find_in_files(&mut self) {
        self.stop_finding_in_files();
        self.find_in_files.is_open = false;
        self.find_in_files.has_keys = false;
    }

    /// Stops the search; where none goes on, closes the list.
    pub fn escape_find_in_files(&mut self) {
        if !self.stop_finding_in_files() {
            self.close_find_in_files();
        }
    }

    /// Gives the keys to the list, or back to the document.
    pub fn give_keys_to_find_in_files(&mut self, gives: bool) {
        self.find_in_files.has_keys = gives && self.find_in_files.is_open;
        if gives {
            self.leave_find_field();
        }
    }

    /// Looks for something else, once that is asked for.
    pub fn change_file_query(&mut self, change: impl FnOnce(&mut Query)) {
        change(&mut self.find_in_files.query);
        self.find_in_files.error = match self.find_in_files.query.text.is_empty() {
            true => None,
            false => Pattern::new(&self.find_in_files.query, Target::default()).err(),
        };
    }

    /// Which files are searched.
    pub fn file_choices(&self) -> &FileChoices {
        &self.session.in_files
    }

    pub fn change_file_choices(&mut self, change: impl FnOnce(&mut FileChoices)) {
        change(&mut self.session.in_files);
    }

    /// Asks for the folder to be searched.
    pub fn choose_folder(&mut self) {
        let folder = PathBuf::from(&self.session.in_files.folder);
        if self.begin_picking(PathPurpose::SearchedFolder) {
            let folder = Some(folder).filter(|folder| !folder.as_os_str().is_empty());
            self.requests.push(Request::PickFiles { purpose: PathPurpose::SearchedFolder, folder });
        }
    }

    pub(in crate::editor) fn folder_chosen(&mut self, folder: &std::path::Path) {
        self.change_file_choices(|choices| {
            choices.folder = folder.display().to_string();
            choices.place = SearchedPlace::Folder;
        });
    }

    /// Searches what was chosen for what is looked for, from the start.
    pub fn find_in_files_now(&mut self) {
        self.change_file_query(|_| {});
        let query = self.find_in_files.query.clone();
        if query.text.is_empty() || self.find_in_files.error.is_some() {
            return;
        }
        self.stop_finding_in_files();
        let choices = self.session.in_files.clone();
        let open: Vec<_> = self.tabs.iter().map(OpenDocument::of).collect();
        let subjects = match choices.place {
            SearchedPlace::Documents => Subjects::documents(open),
            SearchedPlace::Folder => {
                let FileChoices { folder, names, hidden, ignored, largest, .. } = choices;
                Subjects::folder(
                    PathBuf::from(folder.trim()),
                    Choices { hidden, ignored, largest, names },
                    open,
                )
            }
        };
        let found = Arc::new(Found::default());
        self.find_in_files.found = Some((query.clone(), Arc::clone(&found)));
        self.find_in_files.place = ListPlace::default();
        if self.session.find.remember(&query) {
            self.write_session();
        }
        let shown = (self.settings.tab, self.settings.ansi);
        let finding = Finding { query, only_text: !choices.binary, shown };
        let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
        self.jobs.spawn_on(cores.min(THREADS), Task::FindInFiles, None, 0, move |cancel, progress| {
            search(&subjects, &finding, &found, cancel, progress);
            Event::Done
        });
    }

    /// False if nothing goes on.
    fn stop_finding_in_files(&mut self) -> bool {
        let goes_on = self.jobs.is_running(Task::FindInFiles, None);
        self.jobs.cancel(Task::FindInFiles, None);
        goes_on
    }

    /// How much was found, and how far the search has come; and whether that is an error.
    pub fn find_in_files_in_words(&self) -> (String, bool) {
        let Some((_, found)) = &self.find_in_files.found else {
            return ("Enter searches".to_owned(), false);
        };
        if let Some(error) = found.error() {
            return (error, true);
        }
        let counts = found.counts();
        let many = |count: u64, one: &str, more: &str| match count {
            1 => format!("1 {one}"),
            _ => format!("{} {more}", grouped(count)),
        };
        let job = self.jobs().iter().find(|job| job.task == Task::FindInFiles);
        let mut words = match counts.lines {
            0 => "Nothing found".to_owned(),
            lines => format!("{} in {}", many(lines, "line", "lines"), many(counts.files, "file", "files")),
        };
        if job.is_some() {
            words.push_str(" so far");
        }
        words.push_str(&format!("  ·  {} searched", many(counts.searched, "file", "files")));
        if let Some(job) = job {
            words.push_str(&format!(", {} MiB", grouped(job.progress.done() >> 20)));
        }
        if counts.binary > 0 {
            words.push_str(&format!(", {} left out", many(counts.binary, "binary file", "binary files")));
        }
        if counts.troubled > 0 {
            words.push_str(&format!(", {} with errors", grouped(counts.troubled)));
        }
        if counts.is_full {
            words.push_str("  ·  there is more: look for something rarer");
        }
        (words, counts.is_full)
    }
}

impl Tab {
    /// What looks for the text that is selected, if that is a text of one line, and at hand.
    fn selected_text(&self) -> Option<Query> {
        let range = self.selection.span();
        if range.is_empty() || range.end - range.start > LONGEST_SELECTION {
            return None;
        }
        let window = self.document.snapshot().try_read(range);
        let text = self.reading().encoding.decode(&window.bytes).into_owned();
        let is_exact = self.reading().encoding.encode(&text).is_ok_and(|bytes| bytes == window.bytes);
        (is_exact && !text.contains(char::is_control)).then(|| Query::literal(text))
    }
}
