use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use super::positional::file_len;
use super::{Identity, Mapped, Memory, Positional, Rewritten, Size, Source};

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
    /// Its permissions, without the set-id and sticky bits (`0o777`).
    pub mode: u32,
    /// False for a device.
    pub regular: bool,
    /// The bytes of the file that the source holds, if only a part was asked for. (Its identity is the whole file's.)
    pub part: Option<Range<u64>>,
}

/// How to open a file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Leave the time of its last access as it is, where that is allowed: to who owns the file.
    pub no_atime: bool,
    /// Open only these bytes, or those that there are of them.
    pub range: Option<Range<u64>>,
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
    #[error("“{}” is a pipe, which can only be read once and from its start.", path.display())]
    Pipe { path: PathBuf },
    #[error("“{}” is a socket. Hextant opens files.", path.display())]
    Socket { path: PathBuf },
    #[error("“{}” is a device without a length. Hextant opens files and disks.", path.display())]
    Endless { path: PathBuf },
    #[error("“{}” does not say how long it is, and gives more than {}.", path.display(), Size(*limit))]
    TooLong { path: PathBuf, limit: u64 },
    #[error("“{}” is {len} bytes long; a part of it cannot start at {start}.", path.display())]
    BeyondEnd { path: PathBuf, start: u64, len: u64 },
    #[error("You are not allowed to read “{}” ({}).", path.display(), words(source))]
    Denied { path: PathBuf, source: io::Error },
    #[error("“{}” cannot be read ({}).", path.display(), words(source))]
    Unreadable { path: PathBuf, source: io::Error },
}

/// A shorter file, or part of one, is read into memory: cheaper than to map it, and it cannot change under us any more.
const MAPPED_FROM: u64 = 1 << 20;

/// How much is read of a file that tells no length, as those in `/proc`.
const UNTOLD_LIMIT: u64 = 64 << 20;

/// Opens what `path` names, through symbolic links, for reading.
///
/// Costs the same for every length: nothing is read but a file, or a part, under 1 MiB, or one that tells no length.
pub fn open(path: &Path) -> Result<Opened, OpenError> {
    open_with(path, &Options::default())
}

/// [`open`], with `options`.
pub fn open_with(path: &Path, options: &Options) -> Result<Opened, OpenError> {
    let failed = |error| failure(path, error);
    // Looked at before it is opened: to open a pipe or a device can have effects.
    refuse(path, &std::fs::metadata(path).map_err(failed)?)?;
    let file = open_file(path, options.no_atime).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    refuse(path, &metadata)?;
    let regular = metadata.is_file();
    let part;
    let small = match regular && metadata.len() < MAPPED_FROM {
        true => match read(path, &file, &metadata) {
            // What cannot be read of it is shown as such.
            Err(OpenError::Unreadable { .. }) if metadata.len() > 0 => None,
            read => Some(read?),
        },
        false => None,
    };
    let source: Arc<dyn Source> = if let Some(mut bytes) = small {
        part = cut(path, options, bytes.len() as u64)?;
        if let Some(part) = &part {
            bytes = bytes[part.start as usize..part.end as usize].to_vec();
        }
        Arc::new(Memory::of_file(bytes, Identity::of(&metadata)))
    } else {
        let len = file_len(&file).map_err(failed)?;
        if !regular && len == 0 {
            return Err(OpenError::Endless { path: path.into() });
        }
        part = cut(path, options, len)?;
        let Range { start, end } = part.clone().unwrap_or(0..len);
        let mapped = || Mapped::window(file.try_clone()?, start, end - start);
        let copied = (regular && part.is_some() && end - start < MAPPED_FROM).then(|| {
            let mut bytes = vec![0; (end - start) as usize];
            // What cannot be read is shown as such.
            Positional::window(file.try_clone()?, start, end - start)?
                .read_at(0, &mut bytes)
                .map(|()| bytes)
                .map_err(io::Error::other)
        });
        let source: Arc<dyn Source> = match (copied, regular.then(mapped)) {
            (Some(Ok(bytes)), _) => Arc::new(Memory::of_file(bytes, Identity::of(&metadata))),
            (_, Some(Ok(mapped))) => Arc::new(mapped),
            _ => Arc::new(Positional::window(file, start, end - start).map_err(failed)?),
        };
        Rewritten::over(source, start)
    };
    Ok(Opened {
        source,
        name: path.into(),
        // A file deleted meanwhile has no path any more; the name then says best what it was.
        path: path.canonicalize().or_else(|_| std::path::absolute(path)).map_err(failed)?,
        // One that was removed meanwhile forbids nothing.
        writable: matches!(
            rustix::fs::access(path, rustix::fs::Access::WRITE_OK),
            Ok(()) | Err(Errno::NOENT)
        ),
        mode: metadata.permissions().mode() & 0o777,
        regular,
        part,
    })
}

fn open_file(path: &Path, no_atime: bool) -> io::Result<File> {
    // Should a pipe or terminal have taken the file's place since it was looked at, do not wait for it nor be
    // controlled by it.
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let open = |flags| OpenOptions::new().read(true).custom_flags(flags).open(path);
    if no_atime {
        match open(flags | libc::O_NOATIME) {
            // The file is somebody else's.
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => {}
            opened => return opened,
        }
    }
    open(flags)
}

/// Which of the `len` bytes of a file are asked for; `None` when all are.
fn cut(path: &Path, options: &Options, len: u64) -> Result<Option<Range<u64>>, OpenError> {
    let Some(Range { start, end }) = options.range else { return Ok(None) };
    if start > len {
        return Err(OpenError::BeyondEnd { path: path.into(), start, len });
    }
    Ok(Some(start..end.min(len).max(start)))
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
fn read(path: &Path, file: &File, metadata: &Metadata) -> Result<Vec<u8>, OpenError> {
    let limit = if metadata.len() == 0 { UNTOLD_LIMIT } else { metadata.len() };
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // One byte more than allowed shows that there is more. What is appended to a file that tells its length, after
    // it was told, belongs to its next state.
    let read = file.take(limit + u64::from(metadata.len() == 0)).read_to_end(&mut bytes);
    read.map_err(|error| failure(path, error))?;
    if bytes.len() as u64 > limit {
        return Err(OpenError::TooLong { path: path.into(), limit });
    }
    Ok(bytes)
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
