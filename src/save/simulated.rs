//! A file system in memory, for tests: it fails at any operation, changes files behind the saver's back, and
//! tells what may be on the disk after a power failure.
//!
//! The model of durability is the pessimistic one of POSIX: until a file is synced, each write since may be on the
//! disk whole, in part or not at all, in any order; until a directory is synced, each change of names may be there
//! or not. A rename itself is atomic.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use super::facts::directory_of;
use super::fs::{Attribute, Credentials, FileSystem, Kind, NewFile, Overwrite, Space, Stat};
use crate::source::{Identity, Memory, Source};

/// Set-user-id and set-group-id: changing the owner clears them, and so does writing, as on Linux.
const SET_ID: u32 = 0o6000;

/// A file system in memory. Clones share it. Directories are those that were [made](Simulated::make_directory).
#[derive(Clone, Debug)]
pub struct Simulated(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    names: BTreeMap<PathBuf, Entry>,
    durable_names: BTreeMap<PathBuf, Entry>,
    pending_names: Vec<NameChange>,
    files: Vec<FileState>,
    credentials: Credentials,
    space: Space,
    unwritable: BTreeSet<PathBuf>,
    /// Counts changes; time stamps are made of it.
    ticks: i128,
    operations: Vec<&'static str>,
    fault: Option<(usize, Fault)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// A file or directory, by its number.
    Inode(usize),
    Link(PathBuf),
}

#[derive(Clone, Debug)]
enum NameChange {
    Put(PathBuf, Entry),
    Remove(PathBuf),
    Rename {
        from: PathBuf,
        to: PathBuf,
        entry: Entry,
    },
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<PathBuf, Entry>) {
        match self {
            Self::Put(path, entry) => {
                names.insert(path.clone(), entry.clone());
            }
            Self::Remove(path) => {
                names.remove(path);
            }
            Self::Rename { from, to, entry } => {
                names.remove(from);
                names.insert(to.clone(), entry.clone());
            }
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Put(path, _) | Self::Remove(path) | Self::Rename { to: path, .. } => path,
        }
    }
}

#[derive(Clone, Debug)]
struct FileState {
    stat: Stat,
    attributes: Vec<Attribute>,
    contents: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<ContentChange>,
}

#[derive(Clone, Debug)]
enum ContentChange {
    Write(u64, Vec<u8>),
    SetLen(u64),
}

impl ContentChange {
    fn apply(&self, contents: &mut Vec<u8>) {
        match self {
            Self::Write(offset, bytes) => {
                let start = *offset as usize;
                let end = start + bytes.len();
                contents.resize(contents.len().max(end), 0);
                contents[start..end].copy_from_slice(bytes);
            }
            Self::SetLen(len) => contents.resize(*len as usize, 0),
        }
    }

    /// Only the first half of it.
    fn torn(&self) -> Self {
        match self {
            Self::Write(offset, bytes) => Self::Write(*offset, bytes[..bytes.len() / 2].to_vec()),
            Self::SetLen(len) => Self::SetLen(*len),
        }
    }

    /// The length reached the disk, the bytes did not.
    fn zeroed(&self) -> Self {
        match self {
            Self::Write(offset, bytes) => Self::Write(*offset, vec![0; bytes.len()]),
            Self::SetLen(len) => Self::SetLen(*len),
        }
    }
}

/// What happens at a chosen operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails with this error, without effect.
    Error(Errno),
    /// The power fails before it: it and everything after it has no effect.
    PowerFailure,
    /// Before it, another program writes these bytes into this file.
    Rewrite(PathBuf, Vec<u8>),
    /// Before it, another program makes this name a new file with these bytes.
    Replace(PathBuf, Vec<u8>),
    /// Before it, another program removes this name.
    Remove(PathBuf),
}

impl Default for Simulated {
    fn default() -> Self {
        Self::new()
    }
}

impl Simulated {
    /// An empty file system with much space, used by root.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            pending_names: Vec::new(),
            files: Vec::new(),
            credentials: Credentials {
                uid: 0,
                groups: vec![0],
            },
            space: Space {
                free: 1 << 40,
                read_only: false,
            },
            unwritable: BTreeSet::new(),
            ticks: 0,
            operations: Vec::new(),
            fault: None,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn make_directory(&self, path: impl Into<PathBuf>) {
        let mut state = self.state();
        let number = state.add(Kind::Directory, 0o755, Vec::new());
        state.put_durably(path.into(), Entry::Inode(number));
    }

    /// A file that is safely on the disk.
    pub fn make_file(&self, path: impl Into<PathBuf>, contents: &[u8]) {
        let mut state = self.state();
        let number = state.add(Kind::File, 0o644, contents.to_vec());
        state.put_durably(path.into(), Entry::Inode(number));
    }

    pub fn make_link(&self, path: impl Into<PathBuf>, to: impl Into<PathBuf>) {
        self.state()
            .put_durably(path.into(), Entry::Link(to.into()));
    }

    /// Changes what `path` is said to be: its owner, mode, links….
    pub fn change_stat(&self, path: impl AsRef<Path>, change: impl FnOnce(&mut Stat)) {
        change(&mut self.state().file_mut(path.as_ref()).stat);
    }

    pub fn add_attribute(&self, path: impl AsRef<Path>, name: &str, value: &[u8]) {
        self.state()
            .file_mut(path.as_ref())
            .attributes
            .push(Attribute {
                name: name.into(),
                value: value.to_vec(),
            });
    }

    pub fn set_credentials(&self, uid: u32, groups: &[u32]) {
        self.state().credentials = Credentials {
            uid,
            groups: groups.to_vec(),
        };
    }

    pub fn set_space(&self, space: Space) {
        self.state().space = space;
    }

    pub fn forbid_writing(&self, path: impl Into<PathBuf>) {
        self.state().unwritable.insert(path.into());
    }

    /// `fault` happens at the operation with this 0-based number, counted from now. Hints and reads of the new
    /// file are operations, too.
    pub fn inject(&self, operation: usize, fault: Fault) {
        let mut state = self.state();
        state.operations.clear();
        state.fault = Some((operation, fault));
    }

    /// The names of the operations so far, in order.
    pub fn operations(&self) -> Vec<&'static str> {
        self.state().operations.clone()
    }

    pub fn contents(&self, path: impl AsRef<Path>) -> Option<Vec<u8>> {
        let state = self.state();
        let number = state.lookup(path.as_ref())?;
        Some(state.files[number].contents.clone())
    }

    pub fn attributes_of(&self, path: impl AsRef<Path>) -> Vec<Attribute> {
        let state = self.state();
        let number = state.lookup(path.as_ref()).expect("the file exists");
        state.files[number].attributes.clone()
    }

    /// All names, sorted.
    pub fn names(&self) -> Vec<PathBuf> {
        self.state().names.keys().cloned().collect()
    }

    /// What may stand at `path` if the power fails now; `None` for no file.
    pub fn after_power_failure(&self, path: impl AsRef<Path>) -> BTreeSet<Option<Vec<u8>>> {
        let state = self.state();
        let changes = &state.pending_names;
        assert!(changes.len() <= 12, "every subset is tried");
        let mut possible = BTreeSet::new();
        for subset in 0..1_u32 << changes.len() {
            let mut names = state.durable_names.clone();
            for (bit, change) in changes.iter().enumerate() {
                if subset >> bit & 1 == 1 {
                    change.apply(&mut names);
                }
            }
            match state.lookup_in(&names, path.as_ref()) {
                Some(number) => possible.extend(state.files[number].possible().map(Some)),
                None => {
                    possible.insert(None);
                }
            }
        }
        possible
    }
}

impl FileState {
    /// Contents that may be on the disk: all changes up to any one, that one whole, torn, or as zeros, and any
    /// one alone.
    fn possible(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        let after = |changes: &[ContentChange]| {
            let mut contents = self.durable.clone();
            changes
                .iter()
                .for_each(|change| change.apply(&mut contents));
            contents
        };
        let steps = (0..self.pending.len()).flat_map(move |i| {
            let change = &self.pending[i];
            [change.clone(), change.torn(), change.zeroed()]
                .into_iter()
                .flat_map(move |variant| {
                    let mut prefix = self.pending[..i].to_vec();
                    prefix.push(variant.clone());
                    [after(&prefix), after(&[variant])]
                })
        });
        std::iter::once(self.durable.clone()).chain(steps)
    }
}

impl State {
    fn add(&mut self, kind: Kind, mode: u32, contents: Vec<u8>) -> usize {
        self.ticks += 1;
        self.files.push(FileState {
            stat: Stat {
                kind,
                identity: Identity {
                    device: 1,
                    inode: self.files.len() as u64,
                    len: contents.len() as u64,
                    modified_ns: self.ticks,
                    changed_ns: self.ticks,
                },
                mode,
                uid: self.credentials.uid,
                gid: self.credentials.groups[0],
                links: 1,
                immutable: false,
                mount_point: false,
            },
            attributes: Vec::new(),
            durable: contents.clone(),
            contents,
            pending: Vec::new(),
        });
        self.files.len() - 1
    }

    fn put_durably(&mut self, path: PathBuf, entry: Entry) {
        self.names.insert(path.clone(), entry.clone());
        self.durable_names.insert(path, entry);
    }

    fn change_names(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.pending_names.push(change);
    }

    fn lookup(&self, path: &Path) -> Option<usize> {
        self.lookup_in(&self.names, path)
    }

    fn lookup_in(&self, names: &BTreeMap<PathBuf, Entry>, path: &Path) -> Option<usize> {
        let mut path = path.to_owned();
        for _ in 0..8 {
            match names.get(&path)? {
                Entry::Inode(number) => return Some(*number),
                Entry::Link(to) => path = directory_of(&path).join(to),
            }
        }
        None
    }

    fn file_mut(&mut self, path: &Path) -> &mut FileState {
        let number = self.lookup(path).expect("the file exists");
        &mut self.files[number]
    }

    fn change(&mut self, number: usize, change: ContentChange) {
        self.ticks += 1;
        let file = &mut self.files[number];
        if let ContentChange::Write(..) = change {
            file.stat.mode &= !SET_ID;
        }
        change.apply(&mut file.contents);
        file.pending.push(change);
        let identity = &mut file.stat.identity;
        identity.len = file.contents.len() as u64;
        (identity.modified_ns, identity.changed_ns) = (self.ticks, self.ticks);
    }

    /// Records an operation; fails if a test wants it to.
    fn begin(&mut self, operation: &'static str) -> io::Result<()> {
        let number = self.operations.len();
        self.operations.push(operation);
        let Some((at, fault)) = self.fault.clone() else {
            return Ok(());
        };
        if fault == Fault::PowerFailure && number >= at {
            return Err(Errno::IO.into());
        }
        if number != at {
            return Ok(());
        }
        match fault {
            Fault::Error(errno) => return Err(errno.into()),
            Fault::PowerFailure => {}
            Fault::Rewrite(path, contents) => {
                let number = self.lookup(&path).expect("the file exists");
                self.change(number, ContentChange::Write(0, contents));
            }
            Fault::Replace(path, contents) => {
                let number = self.add(Kind::File, 0o644, contents);
                self.change_names(NameChange::Put(path, Entry::Inode(number)));
            }
            Fault::Remove(path) => self.change_names(NameChange::Remove(path)),
        }
        Ok(())
    }
}

impl FileSystem for Simulated {
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        let mut state = self.state();
        state.begin("stat")?;
        Ok(state.lookup(path).map(|number| state.files[number].stat))
    }

    fn read_link(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        let mut state = self.state();
        state.begin("read_link")?;
        Ok(match state.names.get(path) {
            Some(Entry::Link(to)) => Some(to.clone()),
            _ => None,
        })
    }

    fn may_write(&self, path: &Path) -> io::Result<bool> {
        let mut state = self.state();
        state.begin("may_write")?;
        Ok(!state.unwritable.contains(path))
    }

    fn space(&self, _: &Path) -> io::Result<Space> {
        let mut state = self.state();
        state.begin("space")?;
        Ok(state.space)
    }

    fn credentials(&self) -> io::Result<Credentials> {
        let mut state = self.state();
        state.begin("credentials")?;
        Ok(state.credentials.clone())
    }

    fn attributes(&self, path: &Path) -> io::Result<Vec<Attribute>> {
        let mut state = self.state();
        state.begin("attributes")?;
        let number = state.lookup(path).ok_or(Errno::NOENT)?;
        Ok(state.files[number].attributes.clone())
    }

    fn create_new(&self, path: &Path, mode: u32) -> io::Result<Box<dyn NewFile>> {
        let mut state = self.state();
        state.begin("create_new")?;
        if state.names.contains_key(path) {
            return Err(Errno::EXIST.into());
        }
        let number = state.add(Kind::File, mode & !0o022, Vec::new());
        state.change_names(NameChange::Put(path.to_owned(), Entry::Inode(number)));
        Ok(Box::new(SimulatedFile {
            fs: self.clone(),
            number,
        }))
    }

    fn rename(&self, from: &Path, to: &Path, overwrite: Overwrite) -> io::Result<()> {
        let mut state = self.state();
        state.begin("rename")?;
        if overwrite == Overwrite::No && state.names.contains_key(to) {
            return Err(Errno::EXIST.into());
        }
        let entry = state.names.get(from).cloned().ok_or(Errno::NOENT)?;
        state.ticks += 1;
        let ticks = state.ticks;
        if let Entry::Inode(number) = entry {
            state.files[number].stat.identity.changed_ns = ticks;
        }
        state.change_names(NameChange::Rename {
            from: from.to_owned(),
            to: to.to_owned(),
            entry,
        });
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin("remove")?;
        if !state.names.contains_key(path) {
            return Err(Errno::NOENT.into());
        }
        state.change_names(NameChange::Remove(path.to_owned()));
        Ok(())
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin("sync_directory")?;
        let state = &mut *state;
        let durable = &mut state.durable_names;
        state.pending_names.retain(|change| {
            let synced = directory_of(change.path()) == directory;
            if synced {
                change.apply(durable);
            }
            !synced
        });
        Ok(())
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>> {
        let mut state = self.state();
        state.begin("open")?;
        let number = state.lookup(path).ok_or(Errno::NOENT)?;
        Ok(Arc::new(Memory::new(state.files[number].contents.clone())))
    }
}

#[derive(Debug)]
struct SimulatedFile {
    fs: Simulated,
    number: usize,
}

impl SimulatedFile {
    fn operate<T>(
        &self,
        operation: &'static str,
        effect: impl FnOnce(&mut FileState) -> T,
    ) -> io::Result<T> {
        let mut state = self.fs.state();
        state.begin(operation)?;
        Ok(effect(&mut state.files[self.number]))
    }

    fn change(&self, operation: &'static str, change: ContentChange) -> io::Result<()> {
        let mut state = self.fs.state();
        state.begin(operation)?;
        state.change(self.number, change);
        Ok(())
    }

    fn make_durable(file: &mut FileState) {
        file.durable = file.contents.clone();
        file.pending.clear();
    }
}

impl NewFile for SimulatedFile {
    fn stat(&self) -> io::Result<Stat> {
        self.operate("file.stat", |file| file.stat)
    }

    fn attributes(&self) -> io::Result<Vec<Attribute>> {
        self.operate("file.attributes", |file| file.attributes.clone())
    }

    fn reserve(&self, len: u64) -> io::Result<()> {
        self.change("reserve", ContentChange::SetLen(len))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.change("write_at", ContentChange::Write(offset, bytes.to_vec()))
    }

    fn punch(&self, range: Range<u64>) -> io::Result<()> {
        let zeros = vec![0; (range.end - range.start) as usize];
        self.change("punch", ContentChange::Write(range.start, zeros))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change("set_len", ContentChange::SetLen(len))
    }

    fn start_writeback(&self, _: Range<u64>) {
        let _ = self.operate("start_writeback", |_| ());
    }

    fn sync_data(&self) -> io::Result<()> {
        self.operate("sync_data", Self::make_durable)
    }

    fn sync(&self) -> io::Result<()> {
        self.operate("sync", Self::make_durable)
    }

    fn set_owner(&self, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
        let mut state = self.fs.state();
        state.begin("set_owner")?;
        let mine = &state.credentials;
        let group_allowed = gid.is_none_or(|gid| mine.groups.contains(&gid));
        if !mine.is_root() && (uid.is_some() || !group_allowed) {
            return Err(Errno::PERM.into());
        }
        let stat = &mut state.files[self.number].stat;
        stat.uid = uid.unwrap_or(stat.uid);
        stat.gid = gid.unwrap_or(stat.gid);
        stat.mode &= !SET_ID;
        Ok(())
    }

    fn set_mode(&self, mode: u32) -> io::Result<()> {
        self.operate("set_mode", |file| file.stat.mode = mode)
    }

    fn set_attribute(&self, attribute: &Attribute) -> io::Result<()> {
        let mut state = self.fs.state();
        state.begin("set_attribute")?;
        let security = attribute.name.as_encoded_bytes().starts_with(b"security.");
        if security && !state.credentials.is_root() {
            return Err(Errno::PERM.into());
        }
        let attributes = &mut state.files[self.number].attributes;
        attributes.retain(|present| present.name != attribute.name);
        attributes.push(attribute.clone());
        Ok(())
    }

    fn remove_attribute(&self, name: &OsString) -> io::Result<()> {
        self.operate("remove_attribute", |file| {
            file.attributes.retain(|present| present.name != *name);
        })
    }
}
