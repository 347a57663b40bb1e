//! Line counts of large files, kept for the next time that they are opened.
//!
//! An entry tells of one file, by its path, in one state. It is believed only where all of it fits: inode, length, both times
//! and samples of the contents; or, where the file has got longer since, inode and samples of what it was. Anything else is
//! a doubt: the entry is removed, and the file is counted again. What this cannot see is a file that got longer and was also
//! rewritten in between, outside of the samples; and a rewrite within one tick of the filesystem's clock.
//!
//! Nothing here is told to the person: without a cache the lines are only counted again.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Editor, Event, Tab, TabId, Task, settings};
use crate::document::{LineBreak, LineIndex, Snapshot, checksum, sampled_checksum};
use crate::source::{self, Change, Identity, Lost, Source};

/// What an entry starts with; another version has another number.
const MAGIC: &[u8] = b"hextant index 1\n";

/// Shorter files, in bytes, are counted before anybody notices.
const SMALLEST: u64 = 64 << 20;

/// All entries together, in bytes.
const MOST: u64 = 256 << 20;

/// What a program that was killed left half written is removed when it is so old.
const LEFT: Duration = Duration::from_secs(60 * 60);

/// A folder of line counts, an entry per file.
#[derive(Clone, Debug)]
pub(super) struct IndexCache {
    folder: PathBuf,
    /// In bytes.
    pub smallest: u64,
    /// In bytes.
    pub most: u64,
}

/// What an entry holds: the counts of a file in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    of: Identity,
    line_break: LineBreak,
}

impl IndexCache {
    /// `cache` is our folder in the person's cache directory.
    pub fn new(cache: &Path) -> Self {
        Self { folder: cache.join("index"), smallest: SMALLEST, most: MOST }
    }

    /// The counts of what `source` holds, the file under the canonical `path`: all of them, or those of what it was before it
    /// got longer. Waits for the disk: reads the entry, and samples of the file.
    pub fn find(&self, path: &Path, source: &dyn Source) -> Option<(LineIndex, Kept)> {
        let name = self.name_of(path);
        let found = match self.read(&name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(_) => None,
            Ok(bytes) => believed(&bytes, path, source),
        };
        if found.is_none() {
            let _ = fs::remove_file(&name);
        }
        found
    }

    /// An entry; it is one that was used now.
    fn read(&self, name: &Path) -> io::Result<Vec<u8>> {
        let file = File::open(name)?;
        let mut bytes = Vec::new();
        (&file).take(self.most).read_to_end(&mut bytes)?;
        let _ = file.set_modified(SystemTime::now());
        Ok(bytes)
    }

    /// Keeps the counts of `source`, which is the newest base of `snapshot`, if they are complete and the file at `path` is
    /// still as it was when it was opened. True if they are kept. Waits for the disk.
    pub fn keep(&self, path: &Path, source: &dyn Source, snapshot: &Snapshot) -> bool {
        let (Ok(path), Some(identity)) = (path.canonicalize(), source.identity()) else {
            return false;
        };
        let is_same = || source::identity_of(&path).is_ok_and(|now| now == Some(identity));
        if !is_same() {
            return false;
        }
        let (Some(index), Ok(samples)) = (snapshot.export_index(), samples(source, identity.len)) else {
            return false;
        };
        let entry = entry(&path, identity, samples, &index);
        // The samples are those of the file that was counted only if nothing was written to it meanwhile.
        if entry.len() as u64 > self.most || !is_same() {
            return false;
        }
        let is_written = settings::write(&self.name_of(&path), &entry).is_ok();
        self.evict();
        is_written
    }

    /// Removes entries, those first that were not used for longest, until the rest is small enough.
    fn evict(&self) {
        let Ok(folder) = fs::read_dir(&self.folder) else {
            return;
        };
        let now = SystemTime::now();
        let mut entries = Vec::new();
        for entry in folder.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            let (Ok(used), path) = (metadata.modified(), entry.path()) else {
                continue;
            };
            let is_left = path.extension().is_some_and(|extension| extension == settings::UNFINISHED)
                && now.duration_since(used).is_ok_and(|age| age > LEFT);
            if !is_left || fs::remove_file(&path).is_err() {
                entries.push((used, metadata.len(), path));
            }
        }
        entries.sort();
        let mut total: u64 = entries.iter().map(|(_, len, _)| len).sum();
        for (_, len, path) in entries {
            if total <= self.most {
                break;
            }
            if fs::remove_file(path).is_ok() {
                total -= len;
            }
        }
    }

    fn name_of(&self, path: &Path) -> PathBuf {
        self.folder.join(format!("{:016x}.idx", checksum(path.as_os_str().as_bytes())))
    }
}

/// An entry: the magic; of the file its inode, length, and times of modification and change (8, 8, 16 and 16 bytes,
/// little-endian); the sum of the samples, the length of the path (8 bytes each); the path; the counts; and a checksum of it
/// all.
pub(super) fn entry(path: &Path, of: Identity, samples: u64, index: &[u8]) -> Vec<u8> {
    let path = path.as_os_str().as_bytes();
    let mut entry = MAGIC.to_vec();
    entry.extend_from_slice(&of.inode.to_le_bytes());
    entry.extend_from_slice(&of.len.to_le_bytes());
    entry.extend_from_slice(&of.modified_ns.to_le_bytes());
    entry.extend_from_slice(&of.changed_ns.to_le_bytes());
    entry.extend_from_slice(&samples.to_le_bytes());
    entry.extend_from_slice(&(path.len() as u64).to_le_bytes());
    entry.extend_from_slice(path);
    entry.extend_from_slice(index);
    entry.extend_from_slice(&checksum(&entry).to_le_bytes());
    entry
}

/// The counts of an entry, if it is one of `source`, the file at `path`, beyond doubt.
pub(super) fn believed(entry: &[u8], path: &Path, source: &dyn Source) -> Option<(LineIndex, Kept)> {
    let now = source.identity()?;
    let (entry, sum) = entry.split_last_chunk()?;
    if checksum(entry) != u64::from_le_bytes(*sum) {
        return None;
    }
    let mut rest = entry.strip_prefix(MAGIC)?;
    let of = Identity {
        // Numbers of devices change when the machine starts anew.
        device: now.device,
        inode: u64::from_le_bytes(take(&mut rest)?),
        len: u64::from_le_bytes(take(&mut rest)?),
        modified_ns: i128::from_le_bytes(take(&mut rest)?),
        changed_ns: i128::from_le_bytes(take(&mut rest)?),
    };
    let sum = u64::from_le_bytes(take(&mut rest)?);
    let path_len = usize::try_from(u64::from_le_bytes(take(&mut rest)?)).ok()?;
    let (of_path, index) = rest.split_at_checked(path_len)?;
    let fits = of_path == path.as_os_str().as_bytes()
        && matches!(of.change(Some(now)), Change::Same | Change::Appended)
        && samples(source, of.len).is_ok_and(|samples| samples == sum);
    let index = fits.then(|| LineIndex::from_bytes(index, now.len)).flatten()?;
    let kept = Kept { of, line_break: index.line_break() };
    Some((index, kept))
}

fn take<const LEN: usize>(rest: &mut &[u8]) -> Option<[u8; LEN]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

/// A digest of samples of the first `len` bytes of a source.
pub(super) fn samples(source: &dyn Source, len: u64) -> Result<u64, Lost> {
    sampled_checksum(len, |at, block| source.read_at(at, block))
}

impl Tab {
    /// Whose counts are to be kept, if any: where its file is, its bytes, and what to call the counts. Nothing for what is no
    /// file at rest, is only a part of one, or is to leave no trace.
    fn to_keep(&self) -> Option<(&Path, &Arc<dyn Source>, Kept)> {
        // Converted, the file that the document still rests on is counted as what it is not.
        let is_converted = !self.readings.is_empty() && self.document.is_modified();
        if self.without_trace || self.part.is_some() || self.stream.is_some() || is_converted {
            return None;
        }
        let source = &self.disk.shown.as_ref()?.source;
        let kept = Kept { of: source.identity()?, line_break: self.document.snapshot().line_break() };
        Some((self.path.as_deref()?, source, kept))
    }
}

impl Editor {
    /// Neither keeps line counts of files for the next time, nor uses those that were kept.
    pub fn keep_no_indexes(&mut self) {
        self.indexes = None;
    }

    /// Keeps the line counts of a tab's file in the background, if they are complete and it is worth while.
    pub(super) fn keep_index(&mut self, id: TabId) {
        let (Some(index), Some(cache)) = (self.index_of(id), self.indexes.clone()) else {
            return;
        };
        let tab = &self.tabs[index];
        let Some((path, source, kept)) = tab.to_keep() else {
            return;
        };
        let is_near = |old: Kept| {
            let grown = kept.of.len.saturating_sub(old.of.len);
            old.line_break == kept.line_break
                && match old.of.change(Some(kept.of)) {
                    Change::Same => true,
                    // The rest is counted at once when it is opened.
                    Change::Appended => grown < cache.smallest,
                    _ => false,
                }
        };
        let is_small = source.len() < cache.smallest;
        if is_small || tab.kept.is_some_and(is_near) || self.jobs.is_running(Task::KeepIndex, Some(id)) {
            return;
        }
        let (path, source, snapshot) = (path.to_owned(), Arc::clone(source), tab.document.snapshot());
        self.jobs.spawn(Task::KeepIndex, Some(id), 0, move |_, _| {
            let is_kept = cache.keep(&path, &*source, &snapshot);
            Event::IndexKept(kept, is_kept)
        });
    }

    pub(super) fn index_kept(&mut self, tab: Option<TabId>, kept: Kept, is_kept: bool) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else {
            return;
        };
        let tab = &mut self.tabs[index];
        let id = tab.id;
        if tab.to_keep().is_none_or(|(_, _, now)| now != kept) {
            // It was saved meanwhile, say.
            return self.keep_index(id);
        }
        if is_kept {
            tab.kept = Some(kept);
        }
    }
}
