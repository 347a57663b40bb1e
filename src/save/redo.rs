//! The journal of a save in place: what is needed to complete it, whatever happens once it has begun.
//!
//! ```text
//! header with the path (4 KiB) │ what is kept, new bytes │ window │ window
//! ```
//! The header is written last, and all of it is synced before the first byte of the file is touched. Each window of
//! moved bytes is written to one of two places in turn, and synced, before it is written to the file, and the file is
//! synced before the next: so the one of the two that is whole and has the higher number is the last that was begun.
//! When the file is complete, the header is overwritten with zeros. All numbers are little-endian. Small journals are used again
//! ([`super::spare`]).

use std::ffi::OsString;
use std::io;
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::facts::directory_of;
use super::fs::{FileSystem, Stat, Writable};
use super::layout::Layout;
use super::spare;
use crate::source::{Identity, Kept};

/// What a journal starts with; another version has another number.
const MAGIC: [u8; 16] = *b"hextant redo 2\n\0";

/// How the journals of all versions begin.
const FAMILY: &[u8] = b"hextant redo ";

/// Bytes before the body: a block of their own, so that nothing else is torn with them.
const BODY: u64 = 4096;

/// Bytes that every journal takes at least, so that who uses it again finds the space for a few bytes.
const SHORTEST: u64 = 2 * BODY;

/// Bytes in front of the bytes of a window: its number, its length, their checksum.
const WINDOW_HEAD: usize = 24;

/// Bytes read and written at a time.
const BLOCK: usize = if cfg!(test) { 7 } else { 256 << 10 };

/// How many stretches of what stays are looked at, and how many bytes of each, to tell whether a file is still the one that
/// was being saved.
const SAMPLES: usize = 16;
const SAMPLE: u64 = 4 << 10;

/// What a journal says of the save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub path: PathBuf,
    pub layout: Layout,
    /// The file before the save.
    pub before: Identity,
    pub mode: u32,
    /// The capabilities of the file, which writing drops.
    pub capability: Option<Vec<u8>>,
    /// Bytes that are moved at a time.
    pub window: u64,
    /// A checksum of bytes that stay.
    pub samples: u64,
}

/// An open journal.
#[derive(Debug)]
pub(super) struct Redo {
    file: Box<dyn Writable>,
    pub path: PathBuf,
    pub head: Head,
    /// Where the new bytes begin.
    fresh: u64,
    /// Where the body ends.
    end: u64,
    /// Will it be found after a power failure?
    has_lasting_name: bool,
}

/// What a journal that was left behind tells.
#[derive(Debug)]
pub(super) enum Left {
    /// Nothing was begun, or all is done. A blank one can be used again.
    Nothing { is_blank: bool },
    /// The save is to be completed.
    Begun(Redo),
    /// The header is whole, what it tells of is not (the layout keeps nothing): unless the disk is failing, nothing was
    /// begun.
    Damaged(Head),
}

impl Redo {
    /// How many bytes a journal takes.
    pub fn len_of(layout: &Layout, window: u64) -> u64 {
        let fresh: u64 = layout.fresh().map(|range| range.end - range.start).sum();
        (BODY + encode(layout).len() as u64 + fresh + 2 * slot_len(layout, window)).max(SHORTEST)
    }

    /// Writes everything but the header, through `write`, which gets the position behind the preamble and a place for the
    /// checksum, and has to write all new bytes there in order. The file is a new one, or one that was used and is blank.
    pub fn prepare<E>(
        file: Box<dyn Writable>,
        path: PathBuf,
        is_new: bool,
        head: Head,
        write: impl FnOnce(&dyn Writable, u64, &mut Checksum) -> Result<u64, E>,
        failed: impl Fn(io::Error) -> E,
    ) -> Result<(Self, Checksum), E> {
        let preamble = encode(&head.layout);
        let mut sum = Checksum::default();
        sum.add(&preamble);
        let len = Self::len_of(&head.layout, head.window);
        if file.stat().map_err(&failed)?.len < len {
            file.reserve(len).map_err(&failed)?;
        }
        file.write_at(BODY, &preamble).map_err(&failed)?;
        let fresh = BODY + preamble.len() as u64;
        let end = write(&*file, fresh, &mut sum)?;
        Ok((Self { file, path, head, fresh, end, has_lasting_name: !is_new }, sum))
    }

    /// From here on the save will be completed, whatever happens.
    pub fn commit(&mut self, sum: &Checksum, fs: &dyn FileSystem) -> io::Result<()> {
        let mut header = Vec::with_capacity(BODY as usize);
        header.extend(MAGIC);
        let Head { layout, before, mode, window, samples, .. } = &self.head;
        let preamble = self.fresh - BODY;
        let numbers = [preamble, self.end, sum.finish(), *window, *samples, u64::from(*mode)];
        let lens = [layout.old_len, layout.new_len, before.device, before.inode, before.len];
        for number in numbers.into_iter().chain(lens) {
            header.extend(number.to_le_bytes());
        }
        header.extend(before.modified_ns.to_le_bytes());
        header.extend(before.changed_ns.to_le_bytes());
        let path = self.head.path.as_os_str().as_bytes();
        header.extend((path.len() as u64).to_le_bytes());
        header.extend_from_slice(path);
        let capability = self.head.capability.as_deref().unwrap_or_default();
        header.extend((capability.len() as u64).to_le_bytes());
        header.extend_from_slice(capability);
        header.extend(Checksum::of(&header).to_le_bytes());
        if header.len() as u64 > BODY {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        self.file.write_at(0, &header)?;
        self.file.sync_data()?;
        self.make_name_last(fs)
    }

    /// Makes sure that it is found after a power failure, under whatever name.
    pub fn make_name_last(&mut self, fs: &dyn FileSystem) -> io::Result<()> {
        if !self.has_lasting_name {
            fs.sync_directory(directory_of(&self.path))?;
            self.has_lasting_name = true;
        }
        Ok(())
    }

    /// Opens a journal that was left behind.
    pub fn open(file: Box<dyn Writable>, path: &Path) -> io::Result<Left> {
        let len = file.stat()?.len;
        let nothing = || Ok(Left::Nothing { is_blank: spare::is_blank(&*file)? });
        if len < BODY {
            return nothing();
        }
        let mut block = [0; BODY as usize];
        file.read_at(0, &mut block)?;
        if block.starts_with(FAMILY) && !block.starts_with(&MAGIC) {
            // What it is about may be half written: to take it for nothing would lose the other half.
            return Err(io::Error::other("its journal was written by another version of Hextant"));
        }
        let Some((mut head, numbers)) = read_header(&block) else {
            return nothing();
        };
        let Numbers { preamble, end, sum } = numbers;
        if BODY.checked_add(preamble).is_none_or(|fresh| fresh > end) || end > len {
            return Ok(Left::Damaged(head));
        }
        let mut found = Checksum::default();
        read_blocks(&*file, BODY..end, |bytes| {
            found.add(bytes);
            Ok(())
        })?;
        let mut bytes = vec![0; preamble as usize];
        file.read_at(BODY, &mut bytes)?;
        match decode(&bytes).filter(|_| found.finish() == sum) {
            Some(kept) => head.layout.kept = kept.into(),
            None => return Ok(Left::Damaged(head)),
        }
        let (path, fresh) = (path.to_owned(), BODY + preamble);
        Ok(Left::Begun(Self { file, path, head, fresh, end, has_lasting_name: false }))
    }

    /// The number and the bytes of the window that was begun last.
    pub fn last_window(&self) -> io::Result<Option<(u64, Vec<u8>)>> {
        let len = self.file.stat()?.len;
        let mut last: Option<(u64, Vec<u8>)> = None;
        for slot in 0..2 {
            let at = self.slot(slot);
            let mut head = [0; WINDOW_HEAD];
            if at + WINDOW_HEAD as u64 > len {
                continue;
            }
            self.file.read_at(at, &mut head)?;
            let [number, size, sum] =
                [0, 8, 16].map(|at| u64::from_le_bytes(head[at..at + 8].try_into().expect("eight bytes")));
            if number % 2 != slot
                || size == 0
                || size > self.head.window
                || at + WINDOW_HEAD as u64 + size > len
            {
                continue;
            }
            let mut bytes = vec![0; size as usize];
            self.file.read_at(at + WINDOW_HEAD as u64, &mut bytes)?;
            if window_sum(number, &bytes) == sum && last.as_ref().is_none_or(|(before, _)| *before < number) {
                last = Some((number, bytes));
            }
        }
        Ok(last)
    }

    /// Makes a window last, before it is written to the file.
    pub fn write_window(&self, number: u64, bytes: &[u8]) -> io::Result<()> {
        let head = [number, bytes.len() as u64, window_sum(number, bytes)].map(u64::to_le_bytes).concat();
        let at = self.slot(number % 2);
        self.file.write_at(at, &head)?;
        self.file.write_at(at + WINDOW_HEAD as u64, bytes)?;
        self.file.sync_data()
    }

    /// Shows the new bytes, block by block, each with the place in the new file where it belongs.
    pub fn fresh(&self, mut visit: impl FnMut(u64, &[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut ranges = self.head.layout.fresh();
        let mut range = 0..0;
        read_blocks(&*self.file, self.fresh..self.end, |mut bytes| {
            while !bytes.is_empty() {
                if range.is_empty() {
                    range = ranges.next().ok_or(io::ErrorKind::InvalidData)?;
                }
                let (now, later) = bytes.split_at(bytes.len().min((range.end - range.start) as usize));
                visit(range.start, now)?;
                range.start += now.len() as u64;
                bytes = later;
            }
            Ok(())
        })
    }

    /// Has it, on the disk, what was to be written, of which `sum` is the checksum?
    pub fn is_whole(&self, sum: &Checksum) -> io::Result<bool> {
        let mut found = Checksum::default();
        self.file.start_writeback(BODY..self.end);
        read_blocks(&*self.file, BODY..self.end, |bytes| {
            found.add(bytes);
            Ok(())
        })?;
        Ok(found.finish() == sum.finish())
    }

    /// Does it still say that the save is to be completed? (So too if it cannot be asked.)
    pub fn is_live(&self) -> bool {
        let mut block = [0; BODY as usize];
        self.file.read_at(0, &mut block).is_err() || read_header(&block).is_some()
    }

    /// The file is complete, or untouched: from here on the journal says nothing any more.
    pub fn withdraw(&self) -> io::Result<()> {
        self.file.write_at(0, &[0; BODY as usize])
    }

    /// Makes last that it says nothing any more.
    pub fn finish(self, fs: &dyn FileSystem) -> io::Result<()> {
        self.withdraw()?;
        self.close(fs)
    }

    /// Makes last that it was withdrawn.
    pub fn close(self, fs: &dyn FileSystem) -> io::Result<()> {
        // Windows may stand anywhere behind the body: they would be taken for those of another save.
        let is_kept = self.has_lasting_name
            && self.head.layout.moved() == 0
            && self.end <= spare::LONGEST
            && spare::blank(&*self.file, BODY, self.end).is_ok();
        self.file.sync_data()?;
        if is_kept {
            // It stays locked until it has its other name.
            spare::leave(&self.path, fs);
        } else {
            drop(self.file);
            // Whether its name goes, too, is only about space.
            let _ = fs.remove(&self.path);
        }
        Ok(())
    }

    fn slot(&self, slot: u64) -> u64 {
        self.end + slot * slot_len(&self.head.layout, self.head.window)
    }
}

fn slot_len(layout: &Layout, window: u64) -> u64 {
    match layout.moved() {
        0 => 0,
        moved => WINDOW_HEAD as u64 + moved.min(window),
    }
}

impl Head {
    /// A checksum of some of the bytes that stay where they are.
    pub fn sample(layout: &Layout, file: &dyn Writable) -> io::Result<u64> {
        let stays: Vec<&Kept> = layout.kept.iter().filter(|kept| kept.from == kept.to).collect();
        let mut sum = Checksum::default();
        let mut bytes = vec![0; SAMPLE as usize];
        let step = stays.len().div_ceil(SAMPLES).max(1);
        for kept in stays.into_iter().step_by(step) {
            let bytes = &mut bytes[..kept.len.min(SAMPLE) as usize];
            // Its middle: where somebody else's edits that begin elsewhere are as likely as anywhere.
            file.read_at(kept.from + (kept.len - bytes.len() as u64) / 2, bytes)?;
            sum.add(bytes);
        }
        Ok(sum.finish())
    }

    /// Is `found`, open as `file`, the file that was being saved, as far as can be told?
    pub fn is_of(&self, found: &Stat, file: &dyn Writable) -> io::Result<bool> {
        let Layout { old_len, new_len, .. } = self.layout;
        // Numbers of devices change when a machine starts.
        let is_same = found.identity.inode == self.before.inode
            && (old_len.min(new_len)..=old_len.max(new_len)).contains(&found.len);
        Ok(is_same && Self::sample(&self.layout, file)? == self.samples)
    }
}

/// A journal of the file `path` whose checksums are right, and which says what `bytes` say. Lengths are short enough for a file in
/// memory.
#[cfg(any(test, fuzzing))]
pub(super) fn sealed(bytes: &[u8], path: &Path) -> Vec<u8> {
    let mut rest = bytes;
    let mut byte = || rest.split_off_first().copied().unwrap_or(0);
    let (preamble, cut, window) = (u64::from(byte()), u64::from(byte()), u64::from(byte()));
    let (old_len, new_len, inode) = (u64::from(byte()), u64::from(byte()), u64::from(byte() % 8));
    let end = (BODY + rest.len() as u64).saturating_sub(cut).max(BODY);
    let sum = Checksum::of(&rest[..(end - BODY) as usize]);
    let samples = Checksum::default().finish();
    let mut journal = MAGIC.to_vec();
    for number in [preamble, end, sum, window, samples, 0o644, old_len, new_len, 0, inode, old_len] {
        journal.extend(number.to_le_bytes());
    }
    journal.extend([0; 32]);
    let path = path.as_os_str().as_bytes();
    journal.extend((path.len() as u64).to_le_bytes());
    journal.extend_from_slice(path);
    journal.extend(Checksum::of(&journal).to_le_bytes());
    journal.resize(BODY as usize, 0);
    journal.extend_from_slice(rest);
    journal
}

/// Where the parts of a body are, and its checksum.
struct Numbers {
    preamble: u64,
    end: u64,
    sum: u64,
}

/// The header of a save that was begun; what is kept stands elsewhere.
fn read_header(block: &[u8]) -> Option<(Head, Numbers)> {
    let mut rest = block;
    let mut take = |len: usize| rest.split_off(..len);
    let magic = take(MAGIC.len())?;
    let mut numbers = [0; 11];
    for number in &mut numbers {
        *number = u64::from_le_bytes(take(8)?.try_into().ok()?);
    }
    let [preamble, end, sum, window, samples, mode, old_len, new_len, device, inode, len] = numbers;
    let modified_ns = i128::from_le_bytes(take(16)?.try_into().ok()?);
    let changed_ns = i128::from_le_bytes(take(16)?.try_into().ok()?);
    let path_len = u64::from_le_bytes(take(8)?.try_into().ok()?);
    let path = take(usize::try_from(path_len).ok()?)?;
    let capability_len = u64::from_le_bytes(take(8)?.try_into().ok()?);
    let capability = take(usize::try_from(capability_len).ok()?)?;
    let found = take(8)?;
    let covered = &block[..block.len() - rest.len() - 8];
    if magic != MAGIC || Checksum::of(covered).to_le_bytes() != found {
        return None;
    }
    let head = Head {
        path: PathBuf::from(OsString::from_vec(path.to_vec())),
        layout: Layout { kept: [].into(), old_len, new_len },
        before: Identity { device, inode, len, modified_ns, changed_ns },
        mode: mode as u32,
        capability: (!capability.is_empty()).then(|| capability.to_vec()),
        window,
        samples,
    };
    Some((head, Numbers { preamble, end, sum }))
}

/// The part of the body before the new bytes: of each run that is kept how far behind the last it stands, how far behind
/// the last it will stand, and how long it is.
fn encode(layout: &Layout) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut from, mut to) = (0, 0);
    for kept in &*layout.kept {
        for number in [kept.from - from, kept.to - to, kept.len] {
            write_number(&mut bytes, number);
        }
        (from, to) = (kept.source().end, kept.target().end);
    }
    bytes
}

fn decode(mut bytes: &[u8]) -> Option<Vec<Kept>> {
    let mut kept = Vec::new();
    let (mut from, mut to) = (0_u64, 0_u64);
    while !bytes.is_empty() {
        let [source, target, len] =
            [read_number(&mut bytes)?, read_number(&mut bytes)?, read_number(&mut bytes)?];
        let run = Kept { from: from.checked_add(source)?, to: to.checked_add(target)?, len };
        (from, to) = (run.from.checked_add(len)?, run.to.checked_add(len)?);
        kept.push(run);
    }
    Some(kept)
}

/// Seven bits a byte, the low ones first; the high bit says that there are more.
fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.split_off_first()?;
        number |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn read_blocks(
    file: &dyn Writable,
    range: Range<u64>,
    mut visit: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = vec![0; BLOCK.min((range.end - range.start) as usize)];
    let mut at = range.start;
    while at < range.end {
        let len = (buffer.len() as u64).min(range.end - at) as usize;
        file.read_at(at, &mut buffer[..len])?;
        visit(&buffer[..len])?;
        at += len as u64;
    }
    Ok(())
}

fn window_sum(number: u64, bytes: &[u8]) -> u64 {
    let mut sum = Checksum::default();
    sum.add(&number.to_le_bytes());
    sum.add(bytes);
    sum.finish()
}

/// FNV-1a by words of eight bytes, eight times as fast as by bytes: whatever one word is changed to, the sum is another.
/// It tells what was torn, not what was forged.
#[derive(Clone, Debug)]
pub(super) struct Checksum {
    sum: u64,
    /// The last word, as far as it has come.
    word: [u8; 8],
    len: u64,
}

impl Default for Checksum {
    fn default() -> Self {
        Self { sum: 0xCBF2_9CE4_8422_2325, word: [0; 8], len: 0 }
    }
}

impl Checksum {
    pub fn of(bytes: &[u8]) -> u64 {
        let mut sum = Self::default();
        sum.add(bytes);
        sum.finish()
    }

    pub fn add(&mut self, mut bytes: &[u8]) {
        let begun = (self.len % 8) as usize;
        self.len += bytes.len() as u64;
        if begun > 0 {
            let (first, rest) = bytes.split_at(bytes.len().min(8 - begun));
            self.word[begun..begun + first.len()].copy_from_slice(first);
            if begun + first.len() < 8 {
                return;
            }
            self.mix(u64::from_le_bytes(self.word));
            bytes = rest;
        }
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        self.word[..rest.len()].copy_from_slice(rest);
    }

    pub fn finish(&self) -> u64 {
        let mut sum = self.clone();
        let begun = (self.len % 8) as usize;
        sum.word[begun..].fill(0);
        sum.mix(u64::from_le_bytes(sum.word));
        sum.mix(self.len);
        sum.sum
    }

    fn mix(&mut self, word: u64) {
        // The rotation brings the high bits of a word back to where the multiplication spreads them.
        self.sum = (self.sum ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }
}
