use std::convert::Infallible;
use std::ffi::OsStr;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::record::{push_bytes, push_number, range_of, take_bytes, take_number};
use crate::document::sampled_checksum;
use crate::source::{Change, Identity, Lost, Source};

/// So much of a file is sampled that all of it is, in bytes.
const SAMPLED_WHOLE: u64 = 256 << 10;

/// Which document a journal is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The file; `None` for what was never saved.
    pub path: Option<PathBuf>,
    /// What its tab is called.
    pub name: String,
    /// The bytes of the file that it shows, if not all.
    pub part: Option<Range<u64>>,
    /// The encoding that it was read in, by name.
    pub encoding: String,
    /// The file that it rests on, if there is one.
    pub base: Option<Base>,
}

/// A file in one state, to be known again after the machine started anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    /// The device is not believed: its number changes.
    pub identity: Identity,
    /// How many bytes of it the document has, or its part of it.
    pub len: u64,
    /// Of those.
    pub samples: u64,
}

/// Another file, of which a document has parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherFile {
    pub path: PathBuf,
    pub base: Base,
}

impl Base {
    /// The state of a file that is read as `source`. Reads samples of it, waiting; `None` for what is no file.
    pub fn of(source: &dyn Source) -> Option<Self> {
        let identity = source.identity()?;
        let samples = samples(source.len(), |at, block| source.read_at(at, block));
        Some(Self { identity, len: source.len(), samples })
    }

    /// Is the file as it was? Whatever is written to it makes another state of it.
    pub fn is_state_of(&self, now: Identity) -> bool {
        Identity { device: now.device, ..self.identity } == now
    }

    /// Does `source`, what stands under the file's name now, begin with all that the file held? Reads samples of it, waiting.
    pub fn begins(&self, source: &dyn Source) -> bool {
        let Some(now) = source.identity().filter(|_| self.len <= source.len()) else {
            return false;
        };
        let was = Identity { device: now.device, ..self.identity };
        // A file that was copied back, or whose times were touched, is the same if all of it is.
        let is_whole = self.len == source.len() && self.len <= SAMPLED_WHOLE;
        let may_be = is_whole || matches!(was.change(Some(now)), Change::Same | Change::Appended);
        may_be && samples(self.len, |at, block| source.read_at(at, block)) == self.samples
    }

    pub(super) fn push(&self, bytes: &mut Vec<u8>) {
        let Identity { inode, len, modified_ns, changed_ns, .. } = self.identity;
        bytes.extend_from_slice(&inode.to_le_bytes());
        bytes.extend_from_slice(&len.to_le_bytes());
        bytes.extend_from_slice(&modified_ns.to_le_bytes());
        bytes.extend_from_slice(&changed_ns.to_le_bytes());
        bytes.extend_from_slice(&self.len.to_le_bytes());
        bytes.extend_from_slice(&self.samples.to_le_bytes());
    }

    pub(super) fn take(rest: &mut &[u8]) -> Option<Self> {
        Some(Self {
            identity: Identity {
                device: 0,
                inode: u64::from_le_bytes(take(rest)?),
                len: u64::from_le_bytes(take(rest)?),
                modified_ns: i128::from_le_bytes(take(rest)?),
                changed_ns: i128::from_le_bytes(take(rest)?),
            },
            len: u64::from_le_bytes(take(rest)?),
            samples: u64::from_le_bytes(take(rest)?),
        })
    }
}

impl Header {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_path(&mut bytes, self.path.as_ref());
        push_bytes(&mut bytes, self.name.as_bytes());
        push_bytes(&mut bytes, self.encoding.as_bytes());
        match &self.part {
            Some(part) => {
                bytes.push(1);
                push_number(&mut bytes, part.start);
                push_number(&mut bytes, part.end - part.start);
            }
            None => bytes.push(0),
        }
        bytes.push(u8::from(self.base.is_some()));
        if let Some(base) = &self.base {
            base.push(&mut bytes);
        }
        bytes
    }

    pub(super) fn from_bytes(mut rest: &[u8]) -> Option<Self> {
        let rest = &mut rest;
        let path = take_path(rest)?;
        let text = |rest: &mut &[u8]| Some(String::from_utf8_lossy(take_bytes(rest)?).into_owned());
        let (name, encoding) = (text(rest)?, text(rest)?);
        let part = match take::<1>(rest)? {
            [0] => None,
            _ => Some(range_of(take_number(rest)?, take_number(rest)?)?),
        };
        let base = match take::<1>(rest)? {
            [0] => None,
            _ => Some(Base::take(rest)?),
        };
        Some(Self { path, name, part, encoding, base })
    }
}

impl OtherFile {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_path(&mut bytes, Some(&self.path));
        self.base.push(&mut bytes);
        bytes
    }

    pub(super) fn from_bytes(mut rest: &[u8]) -> Option<Self> {
        Some(Self { path: take_path(&mut rest)??, base: Base::take(&mut rest)? })
    }
}

fn push_path(bytes: &mut Vec<u8>, path: Option<&PathBuf>) {
    push_bytes(bytes, path.map_or(&[], |path| path.as_os_str().as_bytes()));
}

fn take_path(rest: &mut &[u8]) -> Option<Option<PathBuf>> {
    let path = take_bytes(rest)?;
    Some((!path.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(path))))
}

fn take<const LEN: usize>(rest: &mut &[u8]) -> Option<[u8; LEN]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

/// What a sample counts as that cannot be read: edits are to be protected on a bad disk, too.
const LOST: u8 = 0xA5;

/// A digest of samples of the first `len` bytes of what `read` reads.
pub(super) fn samples(len: u64, mut read: impl FnMut(u64, &mut [u8]) -> Result<(), Lost>) -> u64 {
    let Ok(samples) = sampled_checksum(len, |at, block| {
        if read(at, block).is_err() {
            block.fill(LOST);
        }
        Ok::<_, Infallible>(())
    });
    samples
}
