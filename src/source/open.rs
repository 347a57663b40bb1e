use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Identity, Mapped, Memory, Positional, Source};

/// A file that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    pub source: Arc<dyn Source>,
    /// The name that was asked for.
    pub name: PathBuf,
    /// Absolute and without symbolic links: where saving goes, and what two names of one file have in common.
    pub path: PathBuf,
    /// Whether this process may write to the file. (Its folder, which replacing it takes, is another question.)
    pub writable: bool,
    /// False for a device.
    pub regular: bool,
}

/// Why a file could not be opened, as a sentence for the person who asked for it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("There is no file “{}”.", path.display())]
    Missing { path: PathBuf },
    #[error("“{}” is a link to “{}”, which does not exist.", path.display(), target.display())]
    DanglingLink { path: PathBuf, target: PathBuf },
    #[error("“{}” is a folder. Hextant opens files.", path.display())]
    Folder { path: PathBuf },
    #[error("“{}” is a pipe, which can only be read once and from its start. Hextant opens files.", path.display())]
    Pipe { path: PathBuf },
    #[error("“{}” is a socket. Hextant opens files.", path.display())]
    Socket { path: PathBuf },
    #[error("“{}” is a device without a length. Hextant opens files and disks.", path.display())]
    Endless { path: PathBuf },
    #[error("“{}” does not say how long it is, and gives more than {} MiB.", path.display(), limit >> 20)]
    TooLong { path: PathBuf, limit: u64 },
    #[error("You are not allowed to read “{}” ({}).", path.display(), words(source))]
    Denied { path: PathBuf, source: io::Error },
    #[error("“{}” cannot be read ({}).", path.display(), words(source))]
    Unreadable { path: PathBuf, source: io::Error },
}

/// A shorter file is read into memory: cheaper than to map it, and it cannot change under us any more.
const MAPPED_FROM: u64 = 1 << 20;

/// How much is read of a file that tells no length, as those in `/proc`.
const UNTOLD_LIMIT: u64 = 64 << 20;

/// Opens what `path` names, through symbolic links, for reading.
///
/// Costs the same for every length: nothing is read but a file under 1 MiB, or one that tells no length.
pub fn open(path: &Path) -> Result<Opened, OpenError> {
    let failed = |error| failure(path, error);
    // Looked at before it is opened: to open a pipe or a device can have effects.
    refuse(path, &std::fs::metadata(path).map_err(failed)?)?;
    // Should a pipe or terminal have taken the file's place since then, do not wait for it nor be controlled by it.
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    refuse(path, &metadata)?;
    let regular = metadata.is_file();
    let source: Arc<dyn Source> = if !regular {
        let device = Positional::new(file).map_err(failed)?;
        if device.is_empty() {
            return Err(OpenError::Endless { path: path.into() });
        }
        Arc::new(device)
    } else if metadata.len() < MAPPED_FROM {
        Arc::new(read(path, file, &metadata)?)
    } else {
        match file.try_clone().and_then(Mapped::new) {
            Ok(mapped) => Arc::new(mapped),
            Err(_) => Arc::new(Positional::new(file).map_err(failed)?),
        }
    };
    Ok(Opened {
        source,
        name: path.into(),
        // A file deleted meanwhile has no path any more; the name then says best what it was.
        path: path.canonicalize().or_else(|_| std::path::absolute(path)).map_err(failed)?,
        writable: rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok(),
        regular,
    })
}

/// Refuses what has no bytes at rest.
fn refuse(path: &Path, metadata: &Metadata) -> Result<(), OpenError> {
    let path = || path.to_path_buf();
    let kind = metadata.file_type();
    if kind.is_dir() {
        Err(OpenError::Folder { path: path() })
    } else if kind.is_fifo() {
        Err(OpenError::Pipe { path: path() })
    } else if kind.is_socket() {
        Err(OpenError::Socket { path: path() })
    } else if kind.is_char_device() {
        Err(OpenError::Endless { path: path() })
    } else {
        Ok(())
    }
}

/// Reads a small file. Files in `/proc` say that they are empty, and those in `/sys` that they are a page long.
fn read(path: &Path, file: File, metadata: &Metadata) -> Result<Memory, OpenError> {
    let limit = if metadata.len() == 0 { UNTOLD_LIMIT } else { metadata.len() };
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // One byte more than allowed shows that there is more. What is appended to a file that tells its length, after
    // it was told, belongs to its next state.
    let read = (&file).take(limit + u64::from(metadata.len() == 0)).read_to_end(&mut bytes);
    read.map_err(|error| failure(path, error))?;
    if bytes.len() as u64 > limit {
        return Err(OpenError::TooLong { path: path.into(), limit });
    }
    Ok(Memory::of_file(bytes, Identity::of(metadata)))
}

fn failure(path: &Path, source: io::Error) -> OpenError {
    let path = path.to_path_buf();
    match source.kind() {
        io::ErrorKind::NotFound => match std::fs::read_link(&path) {
            Ok(target) => OpenError::DanglingLink { path, target },
            Err(_) => OpenError::Missing { path },
        },
        io::ErrorKind::PermissionDenied => OpenError::Denied { path, source },
        _ => OpenError::Unreadable { path, source },
    }
}

/// The system's words for an error, without the number that std adds to them.
fn words(error: &io::Error) -> String {
    let words = error.to_string();
    match words.find(" (os error ") {
        Some(end) => words[..end].to_owned(),
        None => words,
    }
}
