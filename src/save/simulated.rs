//! A file system in memory, for tests: it fails at any operation, changes files behind the saver's back, and
//! tells what may be on the disk after a power failure.
//!
//! The model of durability is the pessimistic one of POSIX: until a file is synced, each write since may be on the
//! disk whole, in part or not at all, in any order; until a directory is synced, each change of names may be there
//! or not. A rename itself is atomic.

mod durability;
mod operations;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use self::durability::{ContentChange, Entry, FileState, NameChange};
use super::facts::directory_of;
use super::fs::{Attribute, Credentials, Kind, Space, Stat};
use super::metadata::CAPABILITY;
use crate::source::{Identity, Medium, Writer};

/// Set-user-id and set-group-id: changing the owner clears them, and so does writing, as on Linux. (Writing clears
/// capabilities, too.)
const SET_ID: u32 = 0o6000;

/// Numbers that no disk has.
static DEVICES: AtomicU64 = AtomicU64::new(1 << 48);

/// A file system in memory. Clones share it. Directories are those that were [made](Simulated::make_directory).
#[derive(Clone, Debug)]
pub struct Simulated {
    state: Arc<Mutex<State>>,
    observer: Observer,
}

/// What a test does before and after each write.
#[derive(Clone, Default)]
struct Observer(Option<Arc<dyn Fn() + Send + Sync>>);

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

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
    writers: Vec<Writer>,
    /// How often it was asked for them.
    asked_for_writers: u64,
    clones: bool,
    medium: Medium,
    /// No two of them have files of one identity: who has a file open is known to the whole process.
    device: u64,
    fault: Option<(usize, Fault)>,
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
    /// It writes something else than it is told to, and says nothing of that.
    Corrupt,
}

impl Default for Simulated {
    fn default() -> Self {
        Self::new()
    }
}

impl Simulated {
    /// An empty file system with much space, used by root.
    pub fn new() -> Self {
        Self::of(State {
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            pending_names: Vec::new(),
            files: Vec::new(),
            credentials: Credentials { uid: 0, groups: vec![0] },
            space: Space { free: 1 << 40, read_only: false },
            unwritable: BTreeSet::new(),
            ticks: 0,
            operations: Vec::new(),
            writers: Vec::new(),
            asked_for_writers: 0,
            clones: false,
            medium: Medium::Local,
            device: DEVICES.fetch_add(1, Ordering::Relaxed),
            fault: None,
        })
    }

    fn of(state: State) -> Self {
        Self { state: Arc::new(Mutex::new(state)), observer: Observer::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This file system, on which `look` is called before and after each write.
    pub fn observed(&self, look: impl Fn() + Send + Sync + 'static) -> Self {
        Self { state: Arc::clone(&self.state), observer: Observer(Some(Arc::new(look))) }
    }

    fn look(&self) {
        if let Some(look) = &self.observer.0 {
            look();
        }
    }

    /// The file system after a power failure: of what was not synced, `choose` picks what is there, by numbers below the
    /// one it gets. The device has another number, as after a start of the machine.
    pub fn after_crash(&self, choose: &mut dyn FnMut(u64) -> u64) -> Self {
        let state = self.state();
        let mut names = state.durable_names.clone();
        for change in &state.pending_names {
            if choose(2) == 1 {
                change.apply(&mut names);
            }
        }
        let device = DEVICES.fetch_add(1, Ordering::Relaxed);
        let files = state.files.iter().map(|file| {
            let contents = file.survived(choose);
            let mut stat = file.stat;
            stat.len = contents.len() as u64;
            stat.identity.device = device;
            if contents != file.durable || choose(2) == 1 {
                stat.identity.len = stat.len;
            } else {
                stat.identity = Identity { device, ..file.durable_identity };
            }
            let (durable, durable_identity) = (contents.clone(), stat.identity);
            let attributes = file.attributes.clone();
            FileState { stat, attributes, contents, durable, durable_identity, pending: Vec::new() }
        });
        let files = files.collect();
        Self::of(State {
            durable_names: names.clone(),
            names,
            pending_names: Vec::new(),
            files,
            credentials: state.credentials.clone(),
            space: state.space,
            unwritable: state.unwritable.clone(),
            ticks: state.ticks + 1,
            operations: Vec::new(),
            writers: Vec::new(),
            asked_for_writers: 0,
            clones: state.clones,
            medium: state.medium,
            device,
            fault: None,
        })
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
        self.state().put_durably(path.into(), Entry::Link(to.into()));
    }

    /// Changes what `path` is said to be: its owner, mode, links….
    pub fn change_stat(&self, path: impl AsRef<Path>, change: impl FnOnce(&mut Stat)) {
        change(&mut self.state().file_mut(path.as_ref()).stat);
    }

    pub fn add_attribute(&self, path: impl AsRef<Path>, name: &str, value: &[u8]) {
        self.state()
            .file_mut(path.as_ref())
            .attributes
            .push(Attribute { name: name.into(), value: value.to_vec() });
    }

    pub fn set_credentials(&self, uid: u32, groups: &[u32]) {
        self.state().credentials = Credentials { uid, groups: groups.to_vec() };
    }

    pub fn set_space(&self, space: Space) {
        self.state().space = space;
    }

    /// Other processes that have every file open for writing.
    pub fn set_writers(&self, writers: Vec<Writer>) {
        self.state().writers = writers;
    }

    /// How often somebody asked for the processes that write to a file.
    pub fn asked_for_writers(&self) -> u64 {
        self.state().asked_for_writers
    }

    /// Files can share blocks from now on.
    pub fn set_clones(&self) {
        self.state().clones = true;
    }

    /// Everything lies here from now on.
    pub fn set_medium(&self, medium: Medium) {
        self.state().medium = medium;
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

impl State {
    fn add(&mut self, kind: Kind, mode: u32, contents: Vec<u8>) -> usize {
        self.ticks += 1;
        let identity = Identity {
            device: self.device,
            inode: self.files.len() as u64,
            len: contents.len() as u64,
            modified_ns: self.ticks,
            changed_ns: self.ticks,
        };
        self.files.push(FileState {
            stat: Stat {
                kind,
                identity,
                len: contents.len() as u64,
                allocated: contents.len() as u64,
                mode,
                uid: self.credentials.uid,
                gid: self.credentials.groups[0],
                links: 1,
                immutable: false,
                mount_point: false,
            },
            attributes: Vec::new(),
            durable: contents.clone(),
            durable_identity: identity,
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
            file.attributes.retain(|attribute| attribute.name != CAPABILITY);
        }
        change.apply(&mut file.contents);
        file.pending.push(change);
        let identity = &mut file.stat.identity;
        identity.len = file.contents.len() as u64;
        file.stat.len = identity.len;
        (identity.modified_ns, identity.changed_ns) = (self.ticks, self.ticks);
    }

    /// Is the next operation to be carried out wrongly?
    fn is_to_corrupt(&self) -> bool {
        self.fault == Some((self.operations.len(), Fault::Corrupt))
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
            Fault::PowerFailure | Fault::Corrupt => {}
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
