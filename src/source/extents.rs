use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};

use rustix::fs::{AtFlags, FileType, SeekFrom, Stat, StatxFlags};
use rustix::io::Errno;

/// What is stored at some offset, and up to which offset.
pub(super) enum Extent {
    Data(u64),
    Hole(u64),
}

/// Where a file stores bytes and where it does not, as far as somebody has asked the system. All offsets are the
/// file's.
#[derive(Debug, Default)]
pub(super) struct Extents(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The run of stored bytes seen last. Data that has become a hole since then still reads rightly as data, so this
    /// can be old; without it, every small range would walk the file's extents.
    data: Range<u64>,
    /// Start and end of the holes seen while the file was in `state`. Disjoint, and not adjacent.
    holes: BTreeMap<u64, u64>,
    state: State,
}

/// What changes when somebody writes into a hole: the blocks that the file takes (at once), or its time (at a cut and
/// a write that leave as many).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    blocks: u64,
    modified: (i64, i64),
}

/// More holes than a screen shows and a person looks at; what is forgotten is asked for again by the next sweep.
const HOLES: usize = 4096;

impl Extents {
    /// What `file` stores at the start of `range`, and how far into `range` it goes. What lies beyond the end of a file
    /// truncated meanwhile is called data: reading it tells the loss. May wait for the disk.
    pub(super) fn at(&self, file: &File, range: Range<u64>) -> Extent {
        let known = self.lock().data.clone();
        if known.contains(&range.start) {
            return Extent::Data(known.end.min(range.end));
        }
        let Ok(stat) = rustix::fs::fstat(file) else {
            return Extent::Data(range.end);
        };
        let size = stat.st_size as u64;
        if is_full(&stat) {
            return Extent::Data(range.end);
        }
        let at = range.start;
        let data = match rustix::fs::seek(file, SeekFrom::Data(at)) {
            Ok(data) => data,
            Err(Errno::NXIO) => u64::MAX,
            Err(_) => return Extent::Data(range.end),
        };
        if data > at {
            // It is a hole only as far as there was a file, before the question and after it.
            let size = size.min(super::positional::file_len(file).unwrap_or(0));
            let end = data.min(size);
            if end > at {
                self.lock().note_hole(at..end, State::of(&stat));
                return Extent::Hole(end.min(range.end));
            }
            return Extent::Data(range.end);
        }
        match rustix::fs::seek(file, SeekFrom::Hole(at)) {
            Ok(hole) if hole > at => {
                self.lock().data = at..hole;
                Extent::Data(hole.min(range.end))
            }
            _ => Extent::Data(range.end),
        }
    }

    /// The known hole around `at`, if the file still is as it was when the hole was seen. Asks no disk.
    pub(super) fn known_hole(&self, file: &File, at: u64) -> Option<Range<u64>> {
        let known = self.lock();
        let (&start, &end) = known.holes.range(..=at).next_back()?;
        if at >= end {
            return None;
        }
        // What the system knows without asking a server.
        let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
        let now = rustix::fs::statx(file, "", flags, StatxFlags::BLOCKS | StatxFlags::MTIME).ok()?;
        let now = State {
            blocks: now.stx_blocks,
            modified: (now.stx_mtime.tv_sec, i64::from(now.stx_mtime.tv_nsec)),
        };
        (now == known.state).then_some(start..end)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().expect("nothing panics while it holds this lock")
    }
}

impl Known {
    fn note_hole(&mut self, mut hole: Range<u64>, state: State) {
        if self.state != state || self.holes.len() >= HOLES {
            self.holes.clear();
            self.state = state;
        }
        // It may begin inside of a known one, end in the middle of another, and go over some.
        while let Some((&start, &end)) = self.holes.range(..=hole.end).next_back()
            && end >= hole.start
        {
            self.holes.remove(&start);
            hole = hole.start.min(start)..hole.end.max(end);
        }
        self.holes.insert(hole.start, hole.end);
    }
}

impl State {
    fn of(stat: &Stat) -> Self {
        Self { blocks: stat.st_blocks as u64, modified: (stat.st_mtime, stat.st_mtime_nsec as i64) }
    }
}

/// Whether there is no hole in what `stat` describes: it stores as many bytes as it has, or is no file.
fn is_full(stat: &Stat) -> bool {
    stat.st_blocks as u64 >= (stat.st_size as u64).div_ceil(512)
        || FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile
}
