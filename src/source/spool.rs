use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::{Mapped, Positional, Source};

/// Bytes that arrive once (from a pipe, a decompressor), kept in a temporary file without a name: it is gone when the
/// last who reads it lets go, however the program ends.
///
/// The spool is its one writer; any number of [`SpoolReader`]s see what has been written. Bytes once written never
/// change. Blocks of zeros take no space.
#[derive(Debug)]
pub struct Spool {
    shared: Arc<Shared>,
    /// Taken, but not in the file yet: what a full disk left over.
    waiting: Vec<u8>,
}

#[derive(Debug)]
struct Shared {
    /// Over the spool's file, and of no length itself.
    file: Positional,
    published: AtomicU64,
    done: AtomicBool,
}

/// Sees what a [`Spool`] holds so far. Clones see the same.
#[derive(Clone, Debug)]
pub struct SpoolReader(Arc<Shared>);

/// The space of a filesystem, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What this process may still take.
    pub free: u64,
    pub total: u64,
}

/// Zeros of a whole block of this size, or of what has arrived of it in one piece of at least [`PAGE`], are not written.
const BLOCK: u64 = 64 << 10;
const PAGE: usize = 4 << 10;

impl Spool {
    /// An empty spool on the filesystem of `folder`, which is made if it is not there.
    pub fn new(folder: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let shared = Shared {
            file: Positional::window(nameless(folder)?, 0, 0)?,
            published: AtomicU64::new(0),
            done: AtomicBool::new(false),
        };
        Ok(Self { shared: Arc::new(shared), waiting: Vec::new() })
    }

    pub fn reader(&self) -> SpoolReader {
        SpoolReader(Arc::clone(&self.shared))
    }

    /// How many bytes were written; what waits is not among them.
    pub fn len(&self) -> u64 {
        self.shared.published.load(Ordering::Relaxed)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes were taken but not written.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The space of the filesystem that holds the spool.
    pub fn space(&self) -> io::Result<Space> {
        let told = rustix::fs::fstatvfs(self.shared.file.file())?;
        Ok(Space { free: told.f_bavail * told.f_frsize, total: told.f_blocks * told.f_frsize })
    }

    /// Appends `bytes`; readers see them at once.
    ///
    /// # Errors
    /// What the disk did not take (it is full, say) waits in memory, in order: to try again, [`Spool::flush`].
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.take(bytes);
        self.flush()
    }

    /// Takes `bytes` into memory, to be written by the next [`Spool::flush`].
    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// As [`Spool::write`].
    pub fn flush(&mut self) -> io::Result<()> {
        let mut written = 0;
        let result = self.write_waiting(&mut written);
        self.waiting.drain(..written);
        result
    }

    /// Writes what waits, and counts in `written` what readers may see of it.
    fn write_waiting(&self, written: &mut usize) -> io::Result<()> {
        let start = self.len();
        while *written < self.waiting.len() {
            let at = start + *written as u64;
            let waiting = &self.waiting[*written..];
            let (len, zero) = run(waiting, at);
            let end = at + len as u64;
            if zero {
                // Only a file that was made longer reads as zeros there.
                self.shared.file.file().set_len(end)?;
            } else {
                self.shared.file.file().write_all_at(&waiting[..len], at)?;
            }
            *written += len;
            // Whoever sees the new length must find the bytes.
            self.shared.published.store(end, Ordering::Release);
        }
        Ok(())
    }
}

/// No more comes when the writer is gone.
impl Drop for Spool {
    fn drop(&mut self) {
        self.shared.done.store(true, Ordering::Release);
    }
}

impl SpoolReader {
    /// How many bytes can be read by now.
    pub fn len(&self) -> u64 {
        self.0.published.load(Ordering::Acquire)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the spool has been dropped, so that a length asked for from now on is final.
    pub fn is_done(&self) -> bool {
        self.0.done.load(Ordering::Acquire)
    }

    /// The bytes that can be read by now. Costs the same however many there are.
    pub fn source(&self) -> Arc<dyn Source> {
        let len = self.len();
        match Mapped::over(self.0.file.spooled(len)) {
            Ok(mapped) => Arc::new(mapped),
            Err(_) => Arc::new(self.0.file.spooled(len)),
        }
    }
}

/// How many of the first `bytes`, which begin at `at`, are to be written, or else left out as zeros.
fn run(bytes: &[u8], at: u64) -> (usize, bool) {
    let (mut len, mut zeros) = (0, false);
    while len < bytes.len() {
        let block_left = BLOCK - (at + len as u64) % BLOCK;
        let portion = &bytes[len..bytes.len().min(len + block_left as usize)];
        let zero = portion.len() >= PAGE && portion.iter().all(|&byte| byte == 0);
        if len > 0 && zero != zeros {
            break;
        }
        zeros = zero;
        len += portion.len();
    }
    (len, zeros)
}

/// A new file in `folder` that only this process can reach.
fn nameless(folder: &Path) -> io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
    match rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => Ok(file.into()),
        // Older kernels and some filesystems (NFS, FUSE) know no such files.
        Err(Errno::OPNOTSUPP | Errno::INVAL | Errno::ISDIR | Errno::NOENT) => unnamed(folder),
        Err(error) => Err(error.into()),
    }
}

/// As [`nameless`]: by taking the name away from a file that had one.
fn unnamed(folder: &Path) -> io::Result<File> {
    let mut number = 0_u64;
    loop {
        let path = folder.join(format!(".hextant-spool-{}-{number}", std::process::id()));
        match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => {
                std::fs::remove_file(&path)?;
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::os::unix::fs::MetadataExt;

    use proptest::prelude::*;

    use super::*;
    use crate::source::{Scanned, TryRead};

    fn spool() -> (tempfile::TempDir, Spool) {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(&folder.path().join("made/if/missing")).unwrap();
        (folder, spool)
    }

    fn all(source: &dyn Source) -> Vec<u8> {
        let mut bytes = vec![0; source.len() as usize];
        source.read_at(0, &mut bytes).unwrap();
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_source_of_a_spool_is_what_was_written_before_it(
            pieces in proptest::collection::vec((any::<u8>().prop_map(|byte| byte % 3), 1..150_000_usize), 0..12),
        ) {
            let (_folder, mut spool) = spool();
            let reader = spool.reader();
            let (mut bytes, mut sources) = (Vec::new(), vec![reader.source()]);
            for (byte, len) in pieces {
                let piece = vec![byte; len];
                spool.write(&piece).unwrap();
                bytes.extend_from_slice(&piece);
                prop_assert_eq!(reader.len(), bytes.len() as u64);
                sources.push(reader.source());
            }
            for source in sources {
                let len = source.len() as usize;
                prop_assert!(source.identity().is_none() && source.is_own());
                prop_assert!(all(&*source) == bytes[..len]);
                let mut seen = Vec::new();
                let _ = source.scan(0..source.len(), &mut |step| {
                    match step {
                        Scanned::Data { bytes, .. } => seen.extend_from_slice(bytes),
                        Scanned::Hole(hole) => seen.resize(hole.end as usize, 0),
                        Scanned::Lost(range, lost) => panic!("{range:?}: {lost}"),
                    }
                    ControlFlow::Continue(())
                });
                prop_assert!(seen == bytes[..len]);
                let mut twos = 0;
                let mut count = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == 2).count() as u64;
                let _ = source.tally(0..source.len(), 64 << 10, &mut count, &mut |_, count| {
                    twos += count.unwrap();
                    ControlFlow::Continue(())
                });
                prop_assert_eq!(twos, count(&bytes[..len]));
            }
        }
    }

    #[test]
    fn zeros_take_no_space_and_a_name_is_not_left() {
        let (folder, mut spool) = spool();
        let megabyte = vec![0; 1 << 20];
        for _ in 0..64 {
            spool.write(&megabyte).unwrap();
        }
        spool.write(b"end").unwrap();
        let source = spool.reader().source();
        assert_eq!(source.len(), (64 << 20) + 3);
        let metadata = spool.shared.file.file().metadata().unwrap();
        assert!(metadata.blocks() * 512 <= 64 << 10, "{} blocks", metadata.blocks());
        assert!(source.stored(0..source.len()) <= 64 << 10);
        assert_eq!(metadata.mode() & 0o777, 0o600);
        assert_eq!(metadata.nlink(), 0);
        let inside = folder.path().join("made/if/missing");
        assert_eq!(std::fs::read_dir(&inside).unwrap().count(), 0);
        assert_eq!(unnamed(&inside).unwrap().metadata().unwrap().nlink(), 0);
        assert_eq!(std::fs::read_dir(&inside).unwrap().count(), 0);
    }

    #[test]
    fn what_was_just_written_is_in_memory_and_the_end_is_told() {
        let (_folder, mut spool) = spool();
        let reader = spool.reader();
        spool.write(b"first line\n").unwrap();
        let mut line = [0; 11];
        assert_eq!(reader.source().try_read_at(0, &mut line), TryRead::Ready);
        assert_eq!(&line, b"first line\n");
        assert!(!reader.is_done());
        drop(spool);
        assert!(reader.is_done());
        assert_eq!(all(&*reader.source()), b"first line\n");
    }

    /// A disk that is full for a while: here, a limit on the size of the process's files would do, but that is one for
    /// all tests; so the bytes are made to wait as a failed write leaves them.
    #[test]
    fn what_waits_is_written_first() {
        let (_folder, mut spool) = spool();
        spool.take(b"one ");
        assert_eq!((spool.len(), spool.waiting()), (0, 4));
        spool.write(b"two").unwrap();
        assert_eq!((spool.len(), spool.waiting()), (7, 0));
        assert_eq!(all(&*spool.reader().source()), b"one two");
    }

    #[test]
    fn space_is_told() {
        let (_folder, spool) = spool();
        let Space { free, total } = spool.space().unwrap();
        assert!(0 < free && free <= total);
    }
}
