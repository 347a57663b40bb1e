use std::fs::File;
use std::io;
use std::ops::{ControlFlow, Range};
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{Advice, FileType, SeekFrom};
use rustix::io::{Errno, ReadWriteFlags};

use super::extents::{Extent, Extents};
use super::fetched::Fetched;
use super::{Identity, Lost, SLICE, Scanned, Source, TryRead, check_range};

/// A file or device, or a window of one, read by `pread`: which says exactly where a file ends and what fails.
///
/// [`Source::scan`] reads each slice into a private buffer: measured, that is as fast as copying it out of a map
/// where the page cache holds large folios, and 1.5 to 2 times as fast where it holds single pages.
///
/// The system says what it has in memory on most local filesystems. Where it does not, `try_read_at` answers only
/// what was among the last reads by `read_at`, of at most 1 MiB each.
#[derive(Debug)]
pub struct Positional {
    shared: Arc<Shared>,
    /// Where in the file the source begins.
    start: u64,
    len: u64,
    identity: Option<Identity>,
    /// Whether a sweep should leave the page cache as it found it: the file would push out everything else.
    drop_behind: bool,
}

/// An open file and what has been learnt of it, which the sources of a growing file share.
#[derive(Debug)]
struct Shared {
    file: File,
    extents: Extents,
    cannot_tell_memory: AtomicBool,
    /// Does somebody move bytes about in it, so that nothing learnt of it is still true?
    in_flux: bool,
    /// By offsets in the source, so sources that share this begin at the same byte of the file.
    fetched: Fetched,
}

impl Shared {
    fn new(file: File, in_flux: bool) -> Self {
        let (extents, fetched) = (Extents::default(), Fetched::default());
        Self { file, extents, cannot_tell_memory: AtomicBool::new(false), in_flux, fetched }
    }
}

/// The smallest part of a file that is told to be unreadable.
const SECTOR: u64 = 4096;

/// How far a sweep goes before it drops the pages behind it.
const DROP: u64 = 16 << 20;

impl Positional {
    /// The whole of `file`, as long as it is now.
    pub fn new(file: File) -> io::Result<Self> {
        let len = file_len(&file)?;
        Self::window(file, 0, len)
    }

    /// `len` bytes of `file` from `start` on.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] when the file ends before them.
    pub fn window(file: File, start: u64, len: u64) -> io::Result<Self> {
        if start.checked_add(len).is_none_or(|end| file_len(&file).is_ok_and(|file_len| end > file_len)) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the window reaches beyond the end of the file",
            ));
        }
        let metadata = file.metadata()?;
        let identity = Some(Identity::of(&metadata));
        // Of a sparse file only what is stored takes memory.
        let stored = if metadata.is_file() { len.min(metadata.blocks().saturating_mul(512)) } else { len };
        let drop_behind = is_huge(stored);
        Ok(Self { shared: Arc::new(Shared::new(file, false)), start, len, identity, drop_behind })
    }

    /// `file`, which is being rewritten and will not get longer than `len` bytes meanwhile: nothing is remembered of it,
    /// neither holes nor what was read.
    pub fn in_flux(file: File, len: u64) -> Self {
        Self { shared: Arc::new(Shared::new(file, true)), start: 0, len, identity: None, drop_behind: false }
    }

    /// The first `len` bytes of what this is, which was meanwhile written that far, as the bytes of no file.
    pub(super) fn spooled(&self, len: u64) -> Self {
        let shared = Arc::clone(&self.shared);
        Self { shared, start: self.start, len, identity: None, drop_behind: is_huge(len) }
    }

    pub(super) fn file(&self) -> &File {
        &self.shared.file
    }

    /// Where in the file `offset` of the source lies.
    pub(super) fn in_file(&self, offset: u64) -> u64 {
        self.start + offset
    }

    /// Whether the file still reaches to `end`, an offset of the source.
    pub(super) fn reaches(&self, end: u64) -> bool {
        file_len(self.file()).is_ok_and(|len| len >= self.start + end)
    }

    /// What is stored at the start of `range`, and how far into `range` it goes.
    pub(super) fn extent(&self, range: Range<u64>) -> Extent {
        if self.shared.in_flux {
            return Extent::Data(range.end);
        }
        match self.shared.extents.at(self.file(), self.in_file(range.start)..self.in_file(range.end)) {
            Extent::Data(end) => Extent::Data(end - self.start),
            Extent::Hole(end) => Extent::Hole(end - self.start),
        }
    }

    /// Asks where the holes of `range` are, so that [`Source::hole_at`] knows them.
    fn learn_holes(&self, mut range: Range<u64>) {
        while range.start < range.end {
            let (Extent::Data(end) | Extent::Hole(end)) = self.extent(range.clone());
            range.start = end;
        }
    }

    /// Tells the system that the pages of `range` need not be kept, if the file is larger than memory can hold.
    pub(super) fn drop_pages(&self, range: Range<u64>) {
        if let Some(len) = std::num::NonZeroU64::new(range.end - range.start)
            && self.drop_behind
        {
            // Advice: where it is refused, nothing is lost but memory that the system can take back anyway.
            let _ = rustix::fs::fadvise(self.file(), self.in_file(range.start), Some(len), Advice::DontNeed);
        }
    }

    /// Reads from `offset` until `buf` is full. On failure says how many bytes were read before it.
    pub(super) fn fill(&self, offset: u64, buf: &mut [u8]) -> Result<(), (usize, Lost)> {
        let mut filled = 0;
        let mut ended = false;
        while filled < buf.len() {
            let at = self.in_file(offset) + filled as u64;
            match rustix::io::pread(self.file(), &mut buf[filled..], at) {
                Ok(0) => {
                    // A file that grew again after its end was met is read on, once: some files in /proc and /sys
                    // end before the length that they tell.
                    if ended || !self.reaches(offset + filled as u64 + 1) {
                        let len = file_len(self.file()).map_or(at, |len| len.min(at));
                        return Err((filled, Lost::Truncated { len }));
                    }
                    ended = true;
                }
                Ok(read) => {
                    filled += read;
                    ended = false;
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err((filled, unreadable(error))),
            }
        }
        Ok(())
    }

    /// [`Source::try_read_at`] as far as the system itself can answer; `None` when it cannot say what it has in memory.
    pub(super) fn try_fill(&self, offset: u64, buf: &mut [u8]) -> Option<TryRead> {
        if self.shared.cannot_tell_memory.load(Ordering::Relaxed) {
            return None;
        }
        let mut filled = 0;
        while filled < buf.len() {
            let at = self.in_file(offset) + filled as u64;
            let mut rest = [io::IoSliceMut::new(&mut buf[filled..])];
            match rustix::io::preadv2(self.file(), &mut rest, at, ReadWriteFlags::NOWAIT) {
                Ok(0) => {
                    return Some(match file_len(self.file()) {
                        Ok(len) if len > at => TryRead::Pending,
                        Ok(len) => TryRead::Lost(Lost::Truncated { len }),
                        Err(error) => TryRead::Lost(Lost::Unreadable(error.to_string())),
                    });
                }
                Ok(read) => filled += read,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Some(TryRead::Pending),
                Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {
                    self.shared.cannot_tell_memory.store(true, Ordering::Relaxed);
                    return None;
                }
                Err(error) => return Some(TryRead::Lost(unreadable(error))),
            }
        }
        Some(TryRead::Ready)
    }

    /// What an earlier waiting read of the same bytes brought, when the system would make us wait.
    pub(super) fn try_fetched(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        if let Ok(len) = file_len(self.file())
            && len < self.in_file(offset) + buf.len() as u64
        {
            return TryRead::Lost(Lost::Truncated { len });
        }
        match self.shared.fetched.answer(offset, buf) {
            Some(Ok(())) => TryRead::Ready,
            Some(Err(lost)) => TryRead::Lost(lost),
            None => TryRead::Pending,
        }
    }
}

impl Source for Positional {
    fn len(&self) -> u64 {
        self.len
    }

    fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// A spool's file is nobody else's.
    fn is_own(&self) -> bool {
        self.identity.is_none()
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        check_range(self, &(offset..offset + buf.len() as u64));
        match self.try_fill(offset, buf) {
            Some(TryRead::Pending) | None => self.try_fetched(offset, buf),
            Some(answer) => answer,
        }
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        let range = offset..offset + buf.len() as u64;
        check_range(self, &range);
        match self.fill(offset, buf) {
            Ok(()) => {
                self.learn_holes(range.clone());
                self.shared.fetched.forget_losses(range);
                if self.shared.cannot_tell_memory.load(Ordering::Relaxed) && !self.shared.in_flux {
                    self.shared.fetched.keep(offset, buf);
                }
                Ok(())
            }
            Err((read, lost)) => {
                let at = offset + read as u64;
                // Truncation is asked for each time, so that it is forgotten when the file grows again.
                if self.reaches(at + 1) {
                    let end = range.end.min(sector_end(self.in_file(at)) - self.start);
                    self.shared.fetched.keep_loss(at..end, &lost);
                }
                Err(lost)
            }
        }
    }

    fn will_need(&self, range: Range<u64>) {
        check_range(self, &range);
        if let Some(len) = std::num::NonZeroU64::new(range.end - range.start) {
            // Advice: where it is refused, the reads are made one by one.
            let _ = rustix::fs::fadvise(self.file(), self.in_file(range.start), Some(len), Advice::WillNeed);
        }
    }

    fn stored(&self, range: Range<u64>) -> u64 {
        check_range(self, &range);
        let (mut at, mut stored) = (range.start, 0);
        while at < range.end {
            match self.extent(at..range.end) {
                Extent::Data(end) => {
                    stored += end - at;
                    at = end;
                }
                Extent::Hole(end) => at = end,
            }
        }
        stored
    }

    fn hole_at(&self, offset: u64) -> Option<Range<u64>> {
        check_range(self, &(offset..offset + 1));
        let hole = self.shared.extents.known_hole(self.file(), self.in_file(offset))?;
        Some(hole.start.saturating_sub(self.start)..(hole.end - self.start).min(self.len))
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        check_range(self, &range);
        let mut buffer = vec![0; SLICE.min((range.end - range.start) as usize)];
        let mut at = range.start;
        let mut dropped = at;
        while at < range.end {
            let data_end = match self.extent(at..range.end) {
                Extent::Hole(end) => {
                    visit(Scanned::Hole(at..end))?;
                    at = end;
                    continue;
                }
                Extent::Data(end) => end,
            };
            while at < data_end {
                let wanted = (buffer.len() as u64).min(data_end - at) as usize;
                let (read, lost) = match self.fill(at, &mut buffer[..wanted]) {
                    Ok(()) => (wanted, None),
                    Err((read, lost)) => (read, Some(lost)),
                };
                if read > 0 {
                    visit(Scanned::Data { offset: at, bytes: &buffer[..read] })?;
                    at += read as u64;
                }
                if let Some(lost) = lost {
                    let end = match lost {
                        Lost::Truncated { .. } => range.end,
                        Lost::Unreadable(_) => range.end.min(sector_end(self.in_file(at)) - self.start),
                    };
                    visit(Scanned::Lost(at..end, lost))?;
                    at = end;
                }
                if at - dropped >= DROP {
                    self.drop_pages(dropped..at);
                    dropped = at;
                }
            }
        }
        self.drop_pages(dropped..at);
        ControlFlow::Continue(())
    }
}

/// Whether so long a file would fill more than half of memory.
fn is_huge(len: u64) -> bool {
    let memory = rustix::system::sysinfo();
    len > memory.totalram as u64 * u64::from(memory.mem_unit.max(1)) / 2
}

/// Where the sector around `at` ends, both in the file.
fn sector_end(at: u64) -> u64 {
    (at - at % SECTOR).saturating_add(SECTOR)
}

/// The system's own words.
fn unreadable(error: Errno) -> Lost {
    Lost::Unreadable(io::Error::from(error).to_string())
}

/// How long a file or device is now.
pub(super) fn file_len(file: &File) -> io::Result<u64> {
    let stat = rustix::fs::fstat(file)?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
        return Ok(stat.st_size as u64);
    }
    // A device tells its length only so. Its position is nobody's: every read names its own offset.
    Ok(rustix::fs::seek(file, SeekFrom::End(0))?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn a_sweep_of_a_huge_file_leaves_no_pages_behind() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&[7; 100_000], 0).unwrap();
        file.sync_all().unwrap();
        let mut source = Positional::new(file).unwrap();
        let in_memory = |source: &Positional| source.try_fill(0, &mut [0; 100]) == Some(TryRead::Ready);
        let sweep = |source: &Positional| {
            let _ = source.scan(0..100_000, &mut |_| ControlFlow::Continue(()));
            in_memory(source)
        };
        assert!(!source.drop_behind, "it is smaller than half of memory");
        if !sweep(&source) || rustix::fs::fadvise(source.file(), 0, None, Advice::DontNeed).is_err() {
            return; // This filesystem cannot say what is in memory.
        }
        if in_memory(&source) {
            return; // This filesystem keeps everything there.
        }
        assert!(sweep(&source));
        source.drop_behind = true;
        assert!(!sweep(&source));
    }
}
