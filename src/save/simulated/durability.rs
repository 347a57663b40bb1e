use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::fs::{Attribute, Stat};
use crate::source::Identity;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// A file or directory, by its number.
    Inode(usize),
    Link(PathBuf),
}

#[derive(Clone, Debug)]
pub(super) enum NameChange {
    Put(PathBuf, Entry),
    Remove(PathBuf),
    Rename { from: PathBuf, to: PathBuf, entry: Entry },
}

impl NameChange {
    pub fn apply(&self, names: &mut BTreeMap<PathBuf, Entry>) {
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

    pub fn path(&self) -> &Path {
        match self {
            Self::Put(path, _) | Self::Remove(path) | Self::Rename { to: path, .. } => path,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct FileState {
    pub stat: Stat,
    pub attributes: Vec<Attribute>,
    pub contents: Vec<u8>,
    pub durable: Vec<u8>,
    pub durable_identity: Identity,
    pub pending: Vec<ContentChange>,
}

impl FileState {
    /// Contents that may be on the disk, of which `choose` picks one: each change is there whole, torn, as zeros or not
    /// at all.
    pub fn survived(&self, choose: &mut dyn FnMut(u64) -> u64) -> Vec<u8> {
        let mut contents = self.durable.clone();
        for change in &self.pending {
            match choose(5) {
                0 => {}
                1 => change.torn().apply(&mut contents),
                2 => change.zeroed().apply(&mut contents),
                _ => change.apply(&mut contents),
            }
        }
        contents
    }

    /// Contents that may be on the disk: all changes up to any one, that one whole, torn, or as zeros, and any
    /// one alone.
    pub fn possible(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        let after = |changes: &[ContentChange]| {
            let mut contents = self.durable.clone();
            changes.iter().for_each(|change| change.apply(&mut contents));
            contents
        };
        let steps = (0..self.pending.len()).flat_map(move |i| {
            let change = &self.pending[i];
            [change.clone(), change.torn(), change.zeroed()].into_iter().flat_map(move |variant| {
                let mut prefix = self.pending[..i].to_vec();
                prefix.push(variant.clone());
                [after(&prefix), after(&[variant])]
            })
        });
        std::iter::once(self.durable.clone()).chain(steps)
    }
}

#[derive(Clone, Debug)]
pub(super) enum ContentChange {
    Write(u64, Vec<u8>),
    SetLen(u64),
}

impl ContentChange {
    pub fn apply(&self, contents: &mut Vec<u8>) {
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
    pub fn torn(&self) -> Self {
        match self {
            Self::Write(offset, bytes) => Self::Write(*offset, bytes[..bytes.len() / 2].to_vec()),
            Self::SetLen(len) => Self::SetLen(*len),
        }
    }

    /// The length reached the disk, the bytes did not.
    pub fn zeroed(&self) -> Self {
        match self {
            Self::Write(offset, bytes) => Self::Write(*offset, vec![0; bytes.len()]),
            Self::SetLen(len) => Self::SetLen(*len),
        }
    }
}
