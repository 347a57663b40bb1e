//! What was open and how it was looked at, for the next start.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::settings::{read, write};
use super::{FileChoices, FilterSet, FindHistory, Mode};
use crate::text::Encoding;

/// Files remembered.
const RECENT: usize = 20;

/// What was open and how it was looked at. Names that are not UTF-8 cannot be written down and are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// The latest first.
    recent: Vec<PathBuf>,
    /// How files were looked at, where a person chose that.
    modes: BTreeMap<String, Mode>,
    /// The encodings that files were reopened with, by their names.
    encodings: BTreeMap<String, String>,
    /// Files that were being opened. What still stands here at the next start may have brought the program down.
    opening: BTreeSet<PathBuf>,
    /// What was open, in the order of the tabs.
    open: Vec<OpenFile>,
    /// What was looked for.
    pub(super) find: FindHistory,
    /// Where it was looked for in files, and in which.
    pub(super) in_files: FileChoices,
    /// What was listed and coloured.
    lines: FilterSet,
    #[serde(skip)]
    path: Option<PathBuf>,
}

/// A file that was open, and how it was looked at. Positions are in bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct OpenFile {
    pub path: PathBuf,
    pub is_active: bool,
    pub mode: Mode,
    pub raw: bool,
    pub read_only: bool,
    pub follow: bool,
    pub encoding: Option<String>,
    pub part: Option<(u64, u64)>,
    /// Where each selection was begun, and where its caret is.
    pub carets: Vec<(u64, u64)>,
    /// What is on top of the text and of the hex pane, and how many columns are scrolled out at the left.
    pub text_top: u64,
    pub hex_top: u64,
    pub left: u64,
    /// Where marked lines start.
    pub marks: Vec<u64>,
}

impl Session {
    /// Reads `folder/session.toml`; what is wrong there is told, and nothing is remembered: the file is begun anew.
    pub fn load(folder: &Path) -> (Self, Option<String>) {
        let path = folder.join("session.toml");
        let (mut session, error) = read::<Self>(&path);
        session.path = Some(path);
        (session, error)
    }

    pub fn recent(&self) -> &[PathBuf] {
        &self.recent
    }

    pub(super) fn remember_open(&mut self, path: &Path) {
        if path.to_str().is_none() {
            return;
        }
        self.recent.retain(|other| other != path);
        self.recent.insert(0, path.to_owned());
        self.recent.truncate(RECENT);
        // What is known of files that fell off the list goes with them.
        let is_recent = |name: &str| self.recent.iter().any(|recent| recent.to_str() == Some(name));
        self.modes.retain(|name, _| is_recent(name));
        self.encodings.retain(|name, _| is_recent(name));
    }

    /// Is there a file to remember it in?
    pub(super) fn is_kept(&self) -> bool {
        self.path.is_some()
    }

    /// A file is about to be opened. True if that was not known.
    pub(super) fn begin_opening(&mut self, path: &Path) -> bool {
        path.to_str().is_some() && self.opening.insert(path.to_owned())
    }

    /// It was opened, and did no harm, or there is none. True if that was not known.
    pub(super) fn end_opening(&mut self, path: &Path) -> bool {
        self.opening.remove(path)
    }

    /// What was open when the program ended: what may be opened again, and what was being opened when it came down.
    pub(super) fn begin(&mut self) -> (Vec<OpenFile>, Vec<PathBuf>) {
        let harmful = std::mem::take(&mut self.opening);
        self.open.retain(|file| !harmful.contains(&file.path));
        (self.open.clone(), harmful.into_iter().collect())
    }

    /// Remembers what is open. True if that has changed.
    pub(super) fn remember_tabs(&mut self, open: Vec<OpenFile>) -> bool {
        let open: Vec<_> = open.into_iter().filter(|file| file.path.to_str().is_some()).collect();
        let has_changed = self.open != open;
        self.open = open;
        has_changed
    }

    /// Remembers what is listed and coloured. True if that has changed.
    pub(super) fn remember_lines(&mut self, lines: &FilterSet) -> bool {
        let has_changed = self.lines != *lines;
        if has_changed {
            self.lines.clone_from(lines);
        }
        has_changed
    }

    pub(super) fn lines(&self) -> &FilterSet {
        &self.lines
    }

    /// Writes it at once, waiting for the disk: for when there is no window yet.
    pub(super) fn write(&self) -> Result<(), String> {
        match self.file() {
            Some((path, text)) => write(&path, text.as_bytes()),
            None => Ok(()),
        }
    }

    pub(super) fn remember_mode(&mut self, path: &Path, mode: Mode) {
        if let Some(name) = path.to_str() {
            self.modes.insert(name.to_owned(), mode);
        }
    }

    pub(super) fn mode(&self, path: &Path) -> Option<Mode> {
        self.modes.get(path.to_str()?).copied()
    }

    pub(super) fn remember_encoding(&mut self, path: &Path, encoding: Encoding) {
        if let Some(name) = path.to_str() {
            self.encodings.insert(name.to_owned(), encoding.name().to_owned());
        }
    }

    pub(super) fn encoding(&self, path: &Path) -> Option<Encoding> {
        Encoding::named(self.encodings.get(path.to_str()?)?)
    }

    /// The file that holds it and what it is to hold; `None` where there is no such file.
    pub(super) fn file(&self) -> Option<(PathBuf, String)> {
        Some((self.path.clone()?, toml::to_string_pretty(self).ok()?))
    }
}
