use std::io;
use std::path::{Path, PathBuf};

use super::error::{SaveError, Step};
use super::fs::{Credentials, FileSystem, Space, Stat};
use super::metadata::CAPABILITY;
use crate::source::{Medium, Writer};

/// As the kernel's own limit.
const MAX_LINKS: usize = 40;

/// What the planner has to know about the target and its surroundings.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The target with its symbolic links resolved: the file that is written.
    pub target: PathBuf,
    /// What is there now.
    pub found: Option<Stat>,
    /// May this process write to what is there now?
    pub may_write: bool,
    /// The directory of `target`; `None` if there is no such directory.
    pub directory: Option<DirectoryFacts>,
    pub credentials: Credentials,
    /// Other processes that have the file open for writing. (Asked only where that would change the plan: it takes hundreds
    /// of questions.)
    pub writers: Vec<Writer>,
    /// Can a copy share blocks with the file? (Asked only where that would help.)
    pub clones: bool,
    /// Where the file lies.
    pub medium: Medium,
    /// Bytes that were written in a second the last time, if that is known.
    pub rate: Option<u64>,
    /// Has it capabilities, which the system drops when it is written to?
    pub has_capability: bool,
    /// Is the previous version to be kept as `name~`?
    pub wants_backup: bool,
    /// Bytes that the journal of a save in place may take; `None` where there is no place for one.
    pub journal_space: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub struct DirectoryFacts {
    pub stat: Stat,
    /// May this process create and rename names in it?
    pub may_write: bool,
    pub space: Space,
}

impl Facts {
    /// Gathers the facts about `target`, following its links. `state` is the folder for journals.
    pub fn gather(target: &Path, state: Option<&Path>, fs: &dyn FileSystem) -> Result<Self, SaveError> {
        let examine =
            |error: io::Error| SaveError::Io { path: target.to_owned(), step: Step::Examine, error };
        let resolved = resolve(target, fs)?;
        let found = fs.stat(&resolved).map_err(examine)?;
        let may_write = match found {
            Some(_) => fs.may_write(&resolved).map_err(examine)?,
            None => true,
        };
        let directory = directory_of(&resolved);
        let directory = match fs.stat(directory).map_err(examine)? {
            Some(stat) if stat.kind == super::Kind::Directory => Some(DirectoryFacts {
                stat,
                may_write: fs.may_write(directory).map_err(examine)?,
                space: fs.space(directory).map_err(examine)?,
            }),
            _ => None,
        };
        let journal_space = state.and_then(|state| {
            create_durably(state, fs).ok()?;
            let space = fs.space(state).ok()?;
            (!space.read_only).then_some(space.free)
        });
        let has_capability = match found {
            Some(found) if found.kind == super::Kind::File => {
                let attributes = fs.attributes(&resolved).map_err(examine)?;
                attributes.iter().any(|attribute| attribute.name == CAPABILITY)
            }
            _ => false,
        };
        Ok(Self {
            writers: Vec::new(),
            clones: false,
            medium: fs.medium(directory_of(&resolved)),
            rate: None,
            has_capability,
            wants_backup: false,
            journal_space,
            target: resolved,
            found,
            may_write,
            directory,
            credentials: fs.credentials().map_err(examine)?,
        })
    }
}

/// Creates `directory` and what is missing above it, so that they survive a power failure.
fn create_durably(directory: &Path, fs: &dyn FileSystem) -> io::Result<()> {
    if fs.stat(directory)?.is_some() {
        return Ok(());
    }
    let above = directory_of(directory);
    create_durably(above, fs)?;
    fs.create_directory(directory)?;
    fs.sync_directory(above)
}

/// The directory in which `path` is a name.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// Follows the links at the end of `target`; the last may dangle. Links in its directories need no care: the
/// system follows them, in every later step alike.
fn resolve(target: &Path, fs: &dyn FileSystem) -> Result<PathBuf, SaveError> {
    let mut path = target.to_owned();
    for _ in 0..=MAX_LINKS {
        match fs.read_link(&path) {
            // A relative link counts from the directory it stands in; joining an absolute one replaces.
            Ok(Some(to)) => path = directory_of(&path).join(to),
            Ok(None) => return Ok(path),
            Err(error) => {
                return Err(SaveError::Io { path: target.to_owned(), step: Step::Examine, error });
            }
        }
    }
    Err(SaveError::LinkLoop { path: target.to_owned() })
}
