use std::fs::File;
use std::io;
use std::ops::{ControlFlow, Range};

use memmap2::{Mmap, MmapOptions};

use super::extents::Extent;
use super::fault::Guarded;
use super::positional::Positional;
use super::tally::{self, chunk_end, chunk_in, with_around};
use super::{Chunk, Identity, Lost, Scanned, Source, TryRead};

/// A regular file, or a window of one, that is mapped where that makes it faster: to count at the speed of memory,
/// and to ask what is in memory where reading cannot say.
///
/// Everything else is read by `pread`, which tells the end of a truncated file and a failing disk exactly and leaves
/// a private copy that stays what it was. A map does neither, so what is counted on one is believed only after two
/// questions: did touching it fail (the handler in `fault.rs` knows), and does the file still reach that far? (The
/// second, because what lies behind the new end in its last page reads as zeros without a fault.) A no means that
/// the map is given up and the rest of its window is counted again by `pread`.
///
/// Maps live as long as one window takes, so that opening costs nothing, no table grows with the file, and the
/// system never sees more than a few of them.
#[derive(Debug)]
pub struct Mapped {
    positional: Positional,
}

/// Bytes mapped at a time. Measured on a warm 1 GiB file: 16 MiB 20 to 24 GB/s, 64 MiB 20 to 22, 4 MiB 13 to 18;
/// to populate the map ahead of the count, in whatever steps, is never faster, and up to a third slower.
const WINDOW: u64 = if cfg!(test) { 64 << 10 } else { 16 << 20 };

/// Bytes counted between two looks at the file's health. Shorter ranges are not worth a map.
const STEP: u64 = if cfg!(test) { 16 << 10 } else { 1 << 20 };

/// Fresh maps of a page cache in large folios take about 3 faults a MiB, of one in single pages 16; then a map costs
/// about twice as much as copying. (5 against 10 GB/s; with large folios 22 against 17.)
const FAULTS_PER_STEP: i64 = 8;

impl Mapped {
    /// The whole of `file`, as long as it is now.
    ///
    /// # Errors
    /// What the system says when the file cannot be mapped: [`Positional`] reads it all the same.
    pub fn new(file: File) -> io::Result<Self> {
        Self::over(Positional::new(file)?)
    }

    /// `len` bytes of `file` from `start` on.
    ///
    /// # Errors
    /// As [`Mapped::new`]; and [`io::ErrorKind::InvalidInput`] when the file ends before them.
    pub fn window(file: File, start: u64, len: u64) -> io::Result<Self> {
        Self::over(Positional::window(file, start, len)?)
    }

    pub(super) fn over(positional: Positional) -> io::Result<Self> {
        let mapped = Self { positional };
        // Asks the filesystem whether it maps at all, without touching a byte.
        mapped.map(0..mapped.len().min(1))?;
        Ok(mapped)
    }

    /// Maps `range` for reading.
    fn map(&self, range: Range<u64>) -> io::Result<Mmap> {
        let mut options = MmapOptions::new();
        options.offset(self.positional.in_file(range.start)).len((range.end - range.start) as usize);
        // SAFETY: a file may be written to or truncated by anybody while it is mapped. The bytes of a map made here
        // are either not touched at all (`over`), or through `Guarded`, which survives truncation,
        // by `tally`'s `count`, whose only effect is a number; no `str`, no reference and no decision is made of
        // them that a byte changing under it could break.
        unsafe { options.map(self.positional.file()) }
    }

    /// Whether all of `range` is in memory. Where the file belongs to somebody else the system says yes to everything.
    fn resident(&self, range: Range<u64>) -> bool {
        let page = rustix::param::page_size() as u64;
        // `mincore` wants whole pages, and a window may begin inside of one.
        let before = self.positional.in_file(range.start) % page;
        let mut options = MmapOptions::new();
        options
            .offset(self.positional.in_file(range.start) - before)
            .len((range.end - range.start + before) as usize);
        // SAFETY: the bytes of this map are never touched.
        let Ok(map) = (unsafe { options.map(self.positional.file()) }) else {
            return false;
        };
        let mut pages = vec![0_u8; map.len().div_ceil(page as usize)];
        // SAFETY: the map begins at a page, is `map.len()` bytes long, and `pages` has a byte for each of its pages.
        let answered =
            unsafe { libc::mincore(map.as_ptr() as *mut libc::c_void, map.len(), pages.as_mut_ptr()) };
        answered == 0 && pages.iter().all(|page| page & 1 == 1)
    }

    /// [`Source::tally_around`] without a map.
    fn tally_by_reading(
        &self,
        range: Range<u64>,
        chunk: u64,
        around: u64,
        count: &mut dyn FnMut(Chunk<'_>) -> u64,
        publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        match around {
            0 => {
                let mut count = |bytes: &[u8]| count(Chunk { bytes, own: 0..bytes.len() });
                tally::by_scan(&self.positional, range, chunk, &mut count, publish)
            }
            _ => tally::around_by_reading(&self.positional, range, chunk, around, count, publish),
        }
    }

    /// [`Source::tally_around`] of `range`, which is at most a window, holds no known hole and ends with a chunk.
    fn tally_window(
        &self,
        range: Range<u64>,
        chunk: u64,
        around: u64,
        count: &mut dyn FnMut(Chunk<'_>) -> u64,
        publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut at = range.start;
        let seen = |own: &Range<u64>| with_around(own, around, self.len());
        let mapped = seen(&range);
        let guarded = if range.end - range.start >= STEP && self.positional.reaches(mapped.end) {
            self.map(mapped.clone()).ok().and_then(Guarded::new)
        } else {
            None
        };
        if let Some(guarded) = guarded {
            let mut counts = Vec::new();
            while at < range.end {
                let step = at..chunk_end(at.saturating_add(STEP - 1), chunk, range.end);
                let faults = page_faults();
                counts.clear();
                let mut start = step.start;
                while start < step.end {
                    let own = start..chunk_end(start, chunk, step.end);
                    let seen = seen(&own);
                    let bytes = (seen.start - mapped.start) as usize..(seen.end - mapped.start) as usize;
                    start = own.end;
                    let counted = count(chunk_in(&guarded.bytes()[bytes], seen.start, &own));
                    counts.push((own, counted));
                }
                if guarded.fault().is_some() || !self.positional.reaches(seen(&step).end) {
                    break;
                }
                for (chunk, count) in counts.drain(..) {
                    publish(chunk, Ok(count))?;
                }
                let first = at == range.start;
                at = step.end;
                if first && page_faults() - faults > FAULTS_PER_STEP {
                    break;
                }
            }
        }
        if at < range.end {
            self.tally_by_reading(at..range.end, chunk, around, count, publish)?;
        }
        self.positional.drop_pages(range);
        ControlFlow::Continue(())
    }
}

impl Source for Mapped {
    fn len(&self) -> u64 {
        self.positional.len()
    }

    fn identity(&self) -> Option<Identity> {
        self.positional.identity()
    }

    fn is_own(&self) -> bool {
        self.positional.is_own()
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        let range = offset..offset + buf.len() as u64;
        super::check_range(self, &range);
        if buf.is_empty() {
            return TryRead::Ready;
        }
        match self.positional.try_fill(offset, buf) {
            // What is in memory does not wait when it is read.
            None if self.resident(range) => match self.positional.fill(offset, buf) {
                Ok(()) => TryRead::Ready,
                Err((_, lost)) => TryRead::Lost(lost),
            },
            Some(TryRead::Pending) | None => self.positional.try_fetched(offset, buf),
            Some(answer) => answer,
        }
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        self.positional.read_at(offset, buf)
    }

    fn stored(&self, range: Range<u64>) -> u64 {
        self.positional.stored(range)
    }

    fn will_need(&self, range: Range<u64>) {
        self.positional.will_need(range);
    }

    fn hole_at(&self, offset: u64) -> Option<Range<u64>> {
        self.positional.hole_at(offset)
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.positional.scan(range, visit)
    }

    fn tally(
        &self,
        range: Range<u64>,
        chunk: u64,
        count: &mut dyn FnMut(&[u8]) -> u64,
        publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.tally_around(range, chunk, 0, &mut |chunk| count(chunk.bytes), publish)
    }

    fn tally_around(
        &self,
        range: Range<u64>,
        chunk: u64,
        around: u64,
        count: &mut dyn FnMut(Chunk<'_>) -> u64,
        publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        super::check_range(self, &range);
        if chunk > WINDOW {
            return self.tally_by_reading(range, chunk, around, count, publish);
        }
        let mut at = range.start;
        while at < range.end {
            let extent = self.positional.extent(at..range.end);
            let (Extent::Data(end) | Extent::Hole(end)) = extent;
            let whole = if end == range.end { end } else { end - end % chunk };
            if whole <= at {
                // Data and holes in one chunk.
                let end = chunk_end(at, chunk, range.end);
                self.tally_by_reading(at..end, chunk, around, count, publish)?;
                at = end;
            } else if let Extent::Hole(_) = extent {
                publish(at..whole, Ok(0))?;
                at = whole;
            } else {
                let end = chunk_end(at.saturating_add(WINDOW - chunk), chunk, whole);
                self.tally_window(at..end, chunk, around, count, publish)?;
                at = end;
            }
        }
        ControlFlow::Continue(())
    }
}

/// Lets everybody else read and write the disks before the calling thread, from now on: the sweeps over whole files are
/// for threads that have said so. Heeded by the I/O schedulers that know of priorities (BFQ, mq-deadline).
///
/// `ioprio_set(2)`, which neither the C library nor rustix has. That a nice thread waits for disks a little, too, is
/// not enough: such a thread still takes turns with the others.
pub fn give_way() {
    const WHO_PROCESS: libc::c_long = 1;
    const THIS_THREAD: libc::c_long = 0;
    const IDLE: libc::c_long = 3 << 13;
    // SAFETY: takes three numbers and touches no memory. Where it is refused, nothing is lost but the courtesy.
    unsafe { libc::syscall(libc::SYS_ioprio_set, WHO_PROCESS, THIS_THREAD, IDLE) };
}

/// Page faults that this thread has taken so far.
fn page_faults() -> i64 {
    // SAFETY: all-zero is a valid `rusage`, and the call gets a pointer to one. It cannot fail with these arguments.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_THREAD, &mut usage);
        usage.ru_minflt + usage.ru_majflt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the system believes of the calling thread: class and level.
    fn io_priority() -> i64 {
        // SAFETY: takes two numbers and touches no memory.
        unsafe { libc::syscall(libc::SYS_ioprio_get, 1_i64, 0_i64) }
    }

    /// On a map and by reading every chunk is seen with what stands around it, holes and the ends of the file included.
    #[test]
    fn a_chunk_is_seen_with_what_stands_around_it() {
        use std::os::unix::fs::FileExt;
        let file = tempfile::tempfile().unwrap();
        let len = 5 * WINDOW + 777;
        file.set_len(len).unwrap();
        let data =
            |from: u64, len: u64| (from..from + len).map(|at| (at * at % 251) as u8 | 1).collect::<Vec<_>>();
        file.write_all_at(&data(0, 2 * WINDOW + 99), 0).unwrap();
        file.write_all_at(&data(4 * WINDOW, WINDOW + 777), 4 * WINDOW).unwrap();
        let mapped = Mapped::new(file).unwrap();
        for (range, chunk, around) in [(0..len, 4096, 7), (5..len - 3, 1000, 1000), (0..len, STEP, 1)] {
            // Where the first byte of a chunk is none of a hole, all that is seen tells.
            let count = &mut |chunk: Chunk<'_>| match chunk.bytes[chunk.own.start] {
                0 => 0,
                _ => chunk.bytes.iter().fold(chunk.own.start as u64, |sum, &byte| {
                    sum.wrapping_mul(31).wrapping_add(byte.into())
                }),
            };
            let (mut fast, mut slow) = (Vec::new(), Vec::new());
            let push = |out: &mut Vec<(u64, u64)>, chunks: Range<u64>, count: Result<u64, Lost>| {
                // A hole of many chunks is told at once.
                let mut at = chunks.start;
                while at < chunks.end {
                    out.push((at, *count.as_ref().unwrap()));
                    at = chunk_end(at, chunk, chunks.end);
                }
                ControlFlow::Continue(())
            };
            let _ = mapped.tally_around(range.clone(), chunk, around, count, &mut |chunks, n| {
                push(&mut fast, chunks, n)
            });
            let positional = &mapped.positional;
            let _ = tally::around_by_reading(positional, range, chunk, around, count, &mut |chunks, n| {
                push(&mut slow, chunks, n)
            });
            assert_eq!(fast, slow);
        }
    }

    #[test]
    fn a_thread_gives_way_and_others_do_not() {
        let sweeper = std::thread::spawn(|| {
            give_way();
            io_priority()
        });
        assert_eq!(sweeper.join().unwrap() >> 13, 3);
        assert_ne!(io_priority() >> 13, 3);
    }
}
