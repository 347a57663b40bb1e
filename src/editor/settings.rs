//! What a person set, in a file of theirs.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::errors::ERROR_LINES;
use super::{FilterSet, Fit, Theme};
use crate::hex::DecodedColumn;
use crate::text::Escapes;

/// Pixels of the content's font.
const SMALLEST: f32 = 6.0;
const LARGEST: f32 = 48.0;

/// What a person set. Unknown entries in the file are ignored, missing ones take these defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub theme: Theme,
    /// Pixels of the content's font.
    pub font_size: f32,
    /// Are long lines wrapped at the edge?
    pub wrap: bool,
    /// Columns between tab stops.
    pub tab: u32,
    /// What escape sequences are shown as.
    pub ansi: Escapes,
    /// Are blanks and line ends drawn?
    pub show_whitespace: bool,
    pub bytes_per_row: Fit,
    /// Bytes in a hex group: 1, 2, 4 or 8.
    pub group: u32,
    pub decimal_offsets: bool,
    /// Is what was open to be there again at the next start, unsaved edits included?
    pub restore_session: bool,
    /// Is the previous version of what is saved kept as `name~`?
    pub backups: bool,
    /// Is what was saved read back and compared?
    pub verify_saves: bool,
    /// What the character column of hex is read as.
    pub decoded: DecodedColumn,
    /// A regex: lines that tell of an error, for going from one to the next.
    pub error_lines: String,
    /// Filters and colours, by the names that the person gave them.
    pub filter_sets: BTreeMap<String, FilterSet>,
    #[serde(skip)]
    path: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            font_size: 14.0,
            wrap: false,
            tab: 4,
            // Who opens a log wants to read it. The bytes are the same, whatever is shown.
            ansi: Escapes::Rendered,
            show_whitespace: false,
            bytes_per_row: Fit::Bytes(16),
            group: 1,
            decimal_offsets: false,
            restore_session: true,
            backups: false,
            verify_saves: false,
            decoded: DecodedColumn::Ascii,
            error_lines: ERROR_LINES.to_owned(),
            filter_sets: BTreeMap::new(),
            path: None,
        }
    }
}

impl Settings {
    /// Reads `folder/settings.toml`. What is wrong there is told, and the defaults are taken; the file is then left
    /// as it is, for the person to mend.
    pub fn load(folder: &Path) -> (Self, Option<String>) {
        let path = folder.join("settings.toml");
        let (mut settings, error) = read::<Self>(&path);
        settings.bring_into_range();
        settings.path = error.is_none().then_some(path);
        (settings, error)
    }

    /// Makes the font larger or smaller by `by` pixels, within what can be read.
    pub fn zoom(&mut self, by: f32) {
        self.font_size = (self.font_size + by).clamp(SMALLEST, LARGEST);
    }

    /// Anything can stand in a file.
    fn bring_into_range(&mut self) {
        let defaults = Self::default();
        if self.font_size.is_nan() {
            self.font_size = defaults.font_size;
        }
        self.zoom(0.0);
        self.tab = self.tab.clamp(1, 32);
        if !matches!(self.bytes_per_row, Fit::Width | Fit::Bytes(1..=256)) {
            self.bytes_per_row = defaults.bytes_per_row;
        }
        if !matches!(self.group, 1 | 2 | 4 | 8) {
            self.group = defaults.group;
        }
    }

    /// The file that holds them and what it is to hold, for [`write`]; `None` where there is no such file.
    pub(super) fn file(&self) -> Option<(PathBuf, String)> {
        Some((self.path.clone()?, toml::to_string_pretty(self).ok()?))
    }
}

/// Reads a TOML file, or defaults where there is none.
pub(super) fn read<T: Default + for<'a> Deserialize<'a>>(path: &Path) -> (T, Option<String>) {
    let wrong = |what: String| (T::default(), Some(format!("“{}” {what}", path.display())));
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (T::default(), None),
        Err(error) => return wrong(format!("cannot be read: {error}")),
    };
    match toml::from_str(&text) {
        Ok(value) => (value, None),
        Err(error) => wrong(format!("is not understood: {}", error.message())),
    }
}

/// The extension of a file that is still being written.
pub(super) const UNFINISHED: &str = "tmp";

/// Writes a file of ours whole or not at all. Nobody but the person may read it, nor the folder, if it has to be made.
pub(super) fn write(path: &Path, contents: &[u8]) -> Result<(), String> {
    static WRITES: AtomicU64 = AtomicU64::new(0);

    let folder = path.parent().unwrap_or(Path::new("."));
    let written = || -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let write = WRITES.fetch_add(1, Ordering::Relaxed);
        let temporary = path.with_extension(format!("{}-{write}.{UNFINISHED}", std::process::id()));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        let put = file.write_all(contents).and_then(|()| file.sync_all());
        let put = put.and_then(|()| fs::rename(&temporary, path));
        if put.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        put
    };
    written().map_err(|error| format!("“{}” cannot be written: {error}", path.display()))
}
