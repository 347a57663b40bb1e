//! What a person set, in a file of theirs.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Fit, Theme};

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
    pub bytes_per_row: Fit,
    /// Bytes in a hex group: 1, 2, 4 or 8.
    pub group: u32,
    pub decimal_offsets: bool,
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
            bytes_per_row: Fit::Bytes(16),
            group: 1,
            decimal_offsets: false,
            path: None,
        }
    }
}

impl Settings {
    /// Reads `folder/settings.toml`; what is wrong there is told, and the defaults are taken.
    pub fn load(folder: &Path) -> (Self, Option<String>) {
        let path = folder.join("settings.toml");
        let (mut settings, error) = read::<Self>(&path);
        settings.font_size = settings.font_size.clamp(6.0, 48.0);
        settings.tab = settings.tab.clamp(1, 32);
        settings.path = Some(path);
        (settings, error)
    }

    /// Makes the font larger or smaller by `by` pixels, within what can be read.
    pub fn zoom(&mut self, by: f32) {
        self.font_size = (self.font_size + by).clamp(6.0, 48.0);
    }

    /// A function that writes them, for a job; `None` where there is no file to write.
    pub(super) fn writer(&self) -> Option<impl Fn() -> Result<(), String> + Send + Sync + 'static> {
        let path = self.path.clone()?;
        let text = toml::to_string_pretty(self).ok()?;
        Some(move || write(&path, &text))
    }
}

/// Reads a TOML file, or defaults where there is none.
pub(super) fn read<T: Default + for<'a> Deserialize<'a>>(path: &Path) -> (T, Option<String>) {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (T::default(), None),
        Err(error) => return (T::default(), Some(format!("“{}” cannot be read: {error}", path.display()))),
    };
    match toml::from_str(&text) {
        Ok(value) => (value, None),
        Err(error) => (T::default(), Some(format!("“{}” is not understood: {}", path.display(), error.message()))),
    }
}

/// Writes a small file of ours whole or not at all.
pub(super) fn write(path: &Path, text: &str) -> Result<(), String> {
    let named = |error: std::io::Error| format!("“{}” cannot be written: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(named)?;
    }
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::write(&temporary, text).map_err(named)?;
    fs::rename(&temporary, path).map_err(named)
}
