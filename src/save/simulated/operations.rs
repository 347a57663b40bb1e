use std::ffi::OsString;
use std::io;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use super::super::facts::directory_of;
use super::super::fs::{Attribute, Credentials, FileSystem, Kind, Overwrite, Space, Stat, Writable};
use super::durability::{ContentChange, Entry, FileState, NameChange};
use super::{SET_ID, Simulated};
use crate::source::{Cancel, Identity, Lost, Medium, Rewritten, Scanned, Source, TryRead, Writer};

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

    fn create_new(&self, path: &Path, mode: u32) -> io::Result<Box<dyn Writable>> {
        let mut state = self.state();
        state.begin("create_new")?;
        if state.names.contains_key(path) {
            return Err(Errno::EXIST.into());
        }
        let number = state.add(Kind::File, mode & !0o022, Vec::new());
        state.change_names(NameChange::Put(path.to_owned(), Entry::Inode(number)));
        Ok(Box::new(SimulatedFile { fs: self.clone(), number }))
    }

    fn open_to_write(&self, path: &Path) -> io::Result<Box<dyn Writable>> {
        let mut state = self.state();
        state.begin("open_to_write")?;
        let number = state.lookup(path).ok_or(Errno::NOENT)?;
        Ok(Box::new(SimulatedFile { fs: self.clone(), number }))
    }

    fn rename(&self, from: &Path, to: &Path, overwrite: Overwrite) -> io::Result<()> {
        let mut state = self.state();
        state.begin("rename")?;
        if overwrite == Overwrite::No && state.names.contains_key(to) {
            return Err(Errno::EXIST.into());
        }
        let entry = state.names.get(from).cloned().ok_or(Errno::NOENT)?;
        if let (Entry::Inode(one), Some(Entry::Inode(other))) = (&entry, state.names.get(to))
            && one == other
        {
            // Two names of one file: POSIX has both stay.
            return Ok(());
        }
        state.ticks += 1;
        let ticks = state.ticks;
        if let Entry::Inode(number) = entry {
            state.files[number].stat.identity.changed_ns = ticks;
        }
        state.change_names(NameChange::Rename { from: from.to_owned(), to: to.to_owned(), entry });
        Ok(())
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin("link")?;
        if state.names.contains_key(to) {
            return Err(Errno::EXIST.into());
        }
        let number = state.lookup(from).ok_or(Errno::NOENT)?;
        state.ticks += 1;
        state.files[number].stat.identity.changed_ns = state.ticks;
        state.change_names(NameChange::Put(to.to_owned(), Entry::Inode(number)));
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
        let (identity, fs) = (state.files[number].stat.identity, self.clone());
        drop(state);
        Ok(Rewritten::over(Arc::new(Live { fs, number, len: identity.len, identity: Some(identity) }), 0))
    }

    fn open_raw(&self, path: &Path, in_flux: Option<u64>) -> io::Result<Arc<dyn Source>> {
        let mut state = self.state();
        state.begin("open_raw")?;
        let number = state.lookup(path).ok_or(Errno::NOENT)?;
        let len = in_flux.unwrap_or(state.files[number].stat.len);
        Ok(Arc::new(Live { fs: self.clone(), number, len, identity: None }))
    }

    fn writers(&self, _: &Path, _: &Cancel) -> Vec<Writer> {
        let mut state = self.state();
        state.asked_for_writers += 1;
        state.writers.clone()
    }

    fn can_clone(&self, _: &Path) -> bool {
        self.state().clones
    }

    fn medium(&self, _: &Path) -> Medium {
        self.state().medium
    }

    fn names_in(&self, directory: &Path) -> io::Result<Vec<PathBuf>> {
        let mut state = self.state();
        state.begin("names_in")?;
        if !state.names.contains_key(directory) {
            return Ok(Vec::new());
        }
        Ok(state.names.keys().filter(|name| directory_of(name) == directory).cloned().collect())
    }

    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin("create_directory")?;
        if !state.names.contains_key(directory) {
            let number = state.add(Kind::Directory, 0o700, Vec::new());
            state.change_names(NameChange::Put(directory.to_owned(), Entry::Inode(number)));
        }
        Ok(())
    }
}

/// A file as it is at any moment, like one that is mapped.
#[derive(Debug)]
struct Live {
    fs: Simulated,
    number: usize,
    len: u64,
    identity: Option<Identity>,
}

impl Source for Live {
    fn len(&self) -> u64 {
        self.len
    }

    fn identity(&self) -> Option<Identity> {
        self.identity
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        match self.read_at(offset, buf) {
            Ok(()) => TryRead::Ready,
            Err(lost) => TryRead::Lost(lost),
        }
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        let state = self.fs.state();
        let contents = &state.files[self.number].contents;
        let range = offset as usize..offset as usize + buf.len();
        let bytes = contents.get(range).ok_or(Lost::Truncated { len: contents.len() as u64 })?;
        buf.copy_from_slice(bytes);
        Ok(())
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        let read = self.read_at(range.start, &mut bytes);
        match read {
            Ok(()) if range.is_empty() => ControlFlow::Continue(()),
            Ok(()) => visit(Scanned::Data { offset: range.start, bytes: &bytes }),
            Err(lost) => visit(Scanned::Lost(range, lost)),
        }
    }
}

#[derive(Debug)]
struct SimulatedFile {
    fs: Simulated,
    number: usize,
}

impl SimulatedFile {
    fn operate<T>(&self, operation: &'static str, effect: impl FnOnce(&mut FileState) -> T) -> io::Result<T> {
        let mut state = self.fs.state();
        state.begin(operation)?;
        Ok(effect(&mut state.files[self.number]))
    }

    fn change(&self, operation: &'static str, change: ContentChange) -> io::Result<()> {
        self.fs.look();
        {
            let mut state = self.fs.state();
            state.begin(operation)?;
            state.change(self.number, change);
        }
        self.fs.look();
        Ok(())
    }

    fn make_durable(file: &mut FileState) {
        file.durable = file.contents.clone();
        file.durable_identity = file.stat.identity;
        file.pending.clear();
    }
}

impl Writable for SimulatedFile {
    fn stat(&self) -> io::Result<Stat> {
        self.operate("file.stat", |file| file.stat)
    }

    fn attributes(&self) -> io::Result<Vec<Attribute>> {
        self.operate("file.attributes", |file| file.attributes.clone())
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let mut state = self.fs.state();
        state.begin("read_at")?;
        let contents = &state.files[self.number].contents;
        let range = offset as usize..offset as usize + buf.len();
        buf.copy_from_slice(contents.get(range).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.operate("try_lock", |_| true)
    }

    fn clone_of(&self, original: &Path) -> io::Result<()> {
        let number = self.fs.state().lookup(original).ok_or(Errno::NOENT)?;
        let contents = self.fs.state().files[number].contents.clone();
        self.change("clone_of", ContentChange::Write(0, contents))
    }

    fn reserve_behind(&self, _: Range<u64>) -> io::Result<()> {
        self.operate("reserve_behind", |_| ())
    }

    fn reserve(&self, len: u64) -> io::Result<()> {
        let len = len.max(self.fs.state().files[self.number].contents.len() as u64);
        self.change("reserve", ContentChange::SetLen(len))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut bytes = bytes.to_vec();
        if self.fs.state().is_to_corrupt()
            && let Some(first) = bytes.first_mut()
        {
            *first ^= 1;
        }
        self.change("write_at", ContentChange::Write(offset, bytes))
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
