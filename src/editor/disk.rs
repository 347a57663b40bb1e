use std::hash::{DefaultHasher, Hasher};
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;

use super::SavePurpose;
use super::watching::Watch;
use crate::save::{self, Reached};
use crate::source::{self, Change, Identity, Lost, Scanned, Source};

/// Bytes remembered of each end of a file.
const END: u64 = 4 << 10;

/// The file of a tab, as the document rests on it, and what became of it since.
#[derive(Debug, Default)]
pub struct Disk {
    /// `None` for what is no file, or none that can be watched: one that tells no length (`/proc`), a device.
    pub(super) shown: Option<Shown>,
    /// The permissions of the file when it was opened, for when it is removed and saved anew.
    pub(super) mode: Option<u32>,
    pub(super) found: Found,
    /// The person has seen this, and goes on with what is on screen.
    pub(super) kept: Option<Kept>,
    pub(super) watch: Option<Watch>,
    /// Something was noticed while a look was under way.
    pub(super) noticed: bool,
    /// A save broke off: what is on disk is not to be taken for what is shown, until it is saved again.
    unfinished: Option<Unfinished>,
    /// Why bytes on screen cannot be read, until a look tells whether that is because the file was truncated.
    pub(super) loss: Option<String>,
}

/// A save that broke off.
#[derive(Clone, Debug)]
pub(super) struct Unfinished {
    pub request: save::Request,
    pub purpose: SavePurpose,
    pub reached: Reached,
    /// The new file, if it is in its place and only could not be opened.
    pub written: Option<Identity>,
}

/// A file in the state in which it is shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub identity: Identity,
    pub source: Arc<dyn Source>,
    /// The bytes of the file that the source holds, if not all.
    part: Option<Range<u64>>,
    sample: Option<Sample>,
}

/// What a look at the disk found.
#[derive(Clone, Debug, Default)]
pub(super) enum Found {
    /// The file as it is shown.
    #[default]
    AsShown,
    /// It holds what is shown, and more behind it.
    Grown(Shown),
    /// Anything else; `now` is what stands under its name.
    Changed { change: Change, now: Option<Identity> },
}

/// A change that the person keeps out of: the same one does not ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    change: Change,
    /// Device and inode.
    file: Option<(u64, u64)>,
}

/// A digest of the first and the last bytes of a file: what of a mapped file, whose own bytes change with it, is left
/// to tell whether it only grew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample(u64);

impl Sample {
    /// Of the first `len` bytes of a source; reads 8 KiB.
    fn of(source: &dyn Source, len: u64) -> Result<Self, Lost> {
        let mut hasher = DefaultHasher::new();
        for range in [0..len.min(END), len.saturating_sub(END)..len] {
            let mut bytes = vec![0; (range.end - range.start) as usize];
            source.read_at(range.start, &mut bytes)?;
            hasher.write(&bytes);
        }
        Ok(Self(hasher.finish()))
    }
}

impl Shown {
    /// A file just opened or written, or this part of it, if it is one that can be watched; reads 8 KiB of it, waiting.
    pub fn of(source: &Arc<dyn Source>, part: Option<Range<u64>>) -> Option<Self> {
        let identity = source.identity()?;
        let sample = Sample::of(&**source, source.len()).ok();
        let is_there = match &part {
            None => identity.len == source.len(),
            Some(part) => part.end <= identity.len && part.end - part.start == source.len(),
        };
        is_there.then(|| Self { identity, source: Arc::clone(source), part, sample })
    }

    /// Does `longer` begin with all that is shown, as far as can be told?
    fn begins(&self, longer: &dyn Source) -> bool {
        if self.source.is_own() {
            return self.source.len() <= longer.len() && same(&*self.source, longer);
        }
        self.sample.is_some() && Sample::of(longer, self.source.len()).ok() == self.sample
    }

    /// Looks at what became of the file, waiting for the disk. `None` if that cannot be told now.
    pub fn look(&self, path: &Path) -> Option<Look> {
        let now = source::identity_of(path).ok()?;
        let change = self.identity.change(now);
        let changed = Look::Found(Found::Changed { change, now });
        let Some(identity) = now else {
            return Some(changed);
        };
        let as_long = identity.len == self.identity.len;
        match change {
            Change::Same => Some(Look::Found(Found::AsShown)),
            // Its mode, owner or links.
            Change::Rewritten if identity.modified_ns == self.identity.modified_ns => {
                Some(Look::Touched(identity))
            }
            change if self.part.is_some() => self.look_at_part(path, change, identity),
            // Written anew with the same contents, or only its time was set.
            Change::Rewritten | Change::Replaced if as_long && self.source.is_own() => {
                let opened = read(path, None)?;
                let same = opened.identity() == now && self.begins(&*opened);
                Some(if same { Look::Touched(identity) } else { changed })
            }
            Change::Appended => self.look_behind(path),
            _ => Some(changed),
        }
    }

    /// Did something happen to the part that is shown? What happens around it is no news, as far as that can be told: of
    /// a part that is not in memory, only where the file got longer or shorter.
    fn look_at_part(&self, path: &Path, change: Change, identity: Identity) -> Option<Look> {
        let part = self.part.clone()?;
        let found = |change| Some(Look::Found(Found::Changed { change, now: Some(identity) }));
        if identity.len < part.end {
            return found(change);
        }
        let now = read(path, Some(part))?;
        let can_tell = self.source.is_own() || matches!(change, Change::Appended | Change::Truncated);
        if can_tell && now.identity() == Some(identity) && self.begins(&*now) {
            return Some(Look::Touched(identity));
        }
        // The length of what is shown is the same.
        found(if change == Change::Replaced { change } else { Change::Rewritten })
    }

    /// Has the file only grown?
    fn look_behind(&self, path: &Path) -> Option<Look> {
        let opened = read(path, None)?;
        // It may have become something else again.
        let longer = Self::of(&opened, None)?;
        let found = match self.identity.change(Some(longer.identity)) {
            Change::Appended if self.begins(&*longer.source) => Found::Grown(longer),
            Change::Appended => Found::Changed { change: Change::Rewritten, now: Some(longer.identity) },
            Change::Same => Found::AsShown,
            change => Found::Changed { change, now: Some(longer.identity) },
        };
        Some(Look::Found(found))
    }
}

/// The file at `path`, or a part of it. To look whether it changed is no access that its times should tell of.
fn read(path: &Path, range: Option<Range<u64>>) -> Option<Arc<dyn Source>> {
    let options = source::Options { no_atime: true, range };
    source::open_with(path, &options).ok().map(|opened| opened.source)
}

/// The answer of [`Shown::look`].
#[derive(Debug)]
pub(super) enum Look {
    Found(Found),
    /// Its contents are the same, in another state of the file.
    Touched(Identity),
}

impl Disk {
    pub(super) fn of(shown: Option<Shown>, mode: Option<u32>) -> Self {
        Self { shown, mode, ..Self::default() }
    }

    /// The document rests on another state of the file, or on another file.
    pub(super) fn rest_on(&mut self, shown: Option<Shown>) {
        self.shown = shown;
        self.found = Found::AsShown;
        self.kept = None;
        self.unfinished = None;
    }

    /// A save broke off.
    pub(super) fn leave_unfinished(&mut self, unfinished: Unfinished) {
        self.found = Found::AsShown;
        self.unfinished = Some(unfinished);
    }

    /// Nobody completes the save that broke off, for it is complete, or was never begun.
    pub(super) fn forget_unfinished(&mut self) {
        self.unfinished = None;
    }

    /// The save that broke off, if the file is still the same.
    pub(super) fn unfinished(&self) -> Option<&Unfinished> {
        let is_there = !matches!(self.change(), Change::Replaced | Change::Removed);
        self.unfinished.as_ref().filter(|_| is_there)
    }

    /// What became of the file since it was shown: [`Change::Same`] if nothing did.
    pub fn change(&self) -> Change {
        match &self.found {
            Found::AsShown => Change::Same,
            Found::Grown(_) => Change::Appended,
            Found::Changed { change, .. } => *change,
        }
    }

    /// Does Hextant still have all that the file held when it was shown? (A replaced or removed file is still open.)
    pub fn has_old_bytes(&self) -> bool {
        let is_own = self.shown.as_ref().is_some_and(|shown| shown.source.is_own());
        is_own || !matches!(self.change(), Change::Truncated | Change::Rewritten)
    }

    /// The length of the file on disk now, in bytes; `None` if there is none.
    pub(super) fn now_len(&self) -> Option<u64> {
        match &self.found {
            Found::AsShown => self.shown.as_ref().map(|shown| shown.identity.len),
            Found::Grown(shown) => Some(shown.identity.len),
            Found::Changed { now, .. } => now.map(|now| now.len),
        }
    }

    /// Bytes that the file has behind those that are shown.
    pub(super) fn appended(&self) -> u64 {
        let shown = self.shown.as_ref().map_or(0, |shown| shown.identity.len);
        self.now_len().unwrap_or(0).saturating_sub(shown)
    }

    /// The length of what is left of a mapped file, or the part of one, that was truncated.
    pub(super) fn lost_from(&self) -> Option<u64> {
        let part = self.shown.as_ref().and_then(|shown| shown.part.as_ref());
        match &self.found {
            Found::Changed { change: Change::Truncated, now: Some(now) } if !self.has_old_bytes() => {
                Some(now.len.saturating_sub(part.map_or(0, |part| part.start)))
            }
            _ => None,
        }
    }

    /// Is the person to be told of what was found?
    pub(super) fn is_news(&self) -> bool {
        self.change() != Change::Same && self.kept != Some(self.to_keep())
    }

    pub(super) fn keep(&mut self) {
        self.kept = Some(self.to_keep());
    }

    fn to_keep(&self) -> Kept {
        let now = match &self.found {
            Found::AsShown => None,
            Found::Grown(shown) => Some(shown.identity),
            Found::Changed { now, .. } => *now,
        };
        Kept { change: self.change(), file: now.map(|now| (now.device, now.inode)) }
    }
}

/// Does `longer` begin with the bytes of `shorter`, which is in memory?
fn same(shorter: &dyn Source, longer: &dyn Source) -> bool {
    let mut same = true;
    let range: Range<u64> = 0..shorter.len();
    let _ = longer.scan(range, &mut |scanned| {
        same &= match scanned {
            Scanned::Data { offset, bytes } => {
                let mut expected = vec![0; bytes.len()];
                shorter.read_at(offset, &mut expected).is_ok() && expected == bytes
            }
            Scanned::Hole(range) => {
                let mut expected = vec![1; (range.end - range.start) as usize];
                let read = shorter.read_at(range.start, &mut expected);
                read.is_ok() && expected.iter().all(|&byte| byte == 0)
            }
            Scanned::Lost(..) => false,
        };
        if same { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    same
}
