//! What was open and how it was looked at, for the next start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::settings::read;
use super::{FindHistory, Mode};
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
    /// What was looked for.
    pub(super) find: FindHistory,
    #[serde(skip)]
    path: Option<PathBuf>,
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
