use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use super::compressed::Meter;
use super::{Cancel, Compression, Progress, Scanned, Size, Source, Space, Spool};

/// Bytes that come once and in order, to be kept in a [`Spool`] by [`fill`].
pub struct Input {
    kind: Kind,
    /// What has the present [`fill`] stop; for who waits inside of a decoder.
    cancel: Arc<Mutex<Cancel>>,
}

enum Kind {
    /// Reading it may have to wait for somebody to write.
    Pipe {
        pipe: File,
        /// What came of it so far, until it is known whether that is compressed.
        head: Option<Vec<u8>>,
    },
    Compressed {
        bytes: Box<dyn Read + Send>,
        /// Does it come through a pipe, so that more may be long in coming?
        is_piped: bool,
        meter: Arc<Meter>,
        /// How many of the bytes taken [`Progress`] has been told of.
        told: u64,
        /// How many bytes came of them.
        came: u64,
        /// What ended a read that brought something before it.
        failure: Option<io::Error>,
    },
}

impl Input {
    fn of(kind: Kind) -> Self {
        Self { kind, cancel: Arc::default() }
    }

    /// A pipe, of which what is compressed comes decompressed.
    fn pipe(pipe: File) -> Self {
        Self::of(Kind::Pipe { pipe, head: Some(Vec::new()) })
    }

    /// The same, but compressed bytes that come through a pipe come as they are.
    #[must_use]
    pub fn raw(mut self) -> Self {
        if let Kind::Pipe { head, .. } = &mut self.kind {
            *head = None;
        }
        self
    }

    /// What is piped into the program.
    ///
    /// # Errors
    /// [`StreamError::Terminal`] when that is a terminal.
    pub fn stdin() -> Result<Self, StreamError> {
        let stdin = io::stdin();
        if rustix::termios::isatty(&stdin) {
            return Err(StreamError::Terminal);
        }
        // Its flags are everybody's who has it open: it stays as it is, and is asked before each read instead.
        let stdin = stdin.as_fd().try_clone_to_owned().map_err(StreamError::Input)?;
        Ok(Self::pipe(stdin.into()))
    }

    /// What is written into a named pipe, until its last writer closes it. Opening it waits for nobody.
    ///
    /// # Errors
    /// [`StreamError::Input`], in the system's words.
    pub fn fifo(path: &Path) -> Result<Self, StreamError> {
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
        let pipe = OpenOptions::new().read(true).custom_flags(flags).open(path);
        Ok(Self::pipe(pipe.map_err(StreamError::Input)?))
    }

    /// What `source` holds compressed. Reads its beginning.
    pub fn compressed(compression: Compression, source: Arc<dyn Source>) -> Result<Self, StreamError> {
        let kind = Kind::compressed(compression, Box::new(Reader { source, at: 0 }), false);
        Ok(Self::of(kind.map_err(StreamError::Input)?))
    }

    /// Waits until reading would not, or [`WAIT_MS`] have passed.
    fn is_ready(&self) -> io::Result<bool> {
        match &self.kind {
            Kind::Pipe { pipe, .. } => is_ready(pipe, WAIT_MS),
            Kind::Compressed { .. } => Ok(true),
        }
    }

    /// Reads what has come; `None` is nothing yet, 0 the end.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        let read = match &mut self.kind {
            Kind::Pipe { pipe, head: None } => pipe.read(buf),
            Kind::Pipe { head: Some(_), .. } => return self.read_head(buf),
            Kind::Compressed { bytes, is_piped, came, failure, .. } => {
                read_gently(bytes, !*is_piped, came, failure, buf)
            }
        };
        match read {
            Ok(read) => Ok(Some(read)),
            Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads of a pipe of which it is not known yet what it is.
    fn read_head(&mut self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        let Kind::Pipe { pipe, head: Some(head) } = &mut self.kind else { return Ok(None) };
        let room = buf.len() - head.len();
        let read = match pipe.read(&mut buf[..room]) {
            Ok(read) => read,
            Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        head.extend_from_slice(&buf[..read]);
        if read > 0 && Compression::may_begin(head) {
            return Ok(None);
        }
        let seen = std::mem::take(head);
        if let Some(compression) = Compression::sniff(&seen) {
            let pipe = Waiting {
                pipe: pipe.try_clone()?,
                seen: io::Cursor::new(seen),
                cancel: Arc::clone(&self.cancel),
            };
            self.kind = Kind::compressed(compression, Box::new(pipe), true)?;
            return Ok(None);
        }
        if let Kind::Pipe { head, .. } = &mut self.kind {
            *head = None;
        }
        buf[..seen.len()].copy_from_slice(&seen);
        Ok(Some(seen.len()))
    }

    /// How many compressed bytes were taken.
    fn taken(&self) -> Option<u64> {
        match &self.kind {
            Kind::Pipe { .. } => None,
            Kind::Compressed { meter, .. } => Some(meter.taken()),
        }
    }

    /// Tells of the bytes taken since the last time, of which `read` have come.
    fn tell(&mut self, read: usize, progress: &Progress) {
        match &mut self.kind {
            Kind::Pipe { .. } => progress.add(read as u64),
            Kind::Compressed { meter, told, .. } => {
                let taken = meter.taken();
                progress.add(taken - std::mem::replace(told, taken));
            }
        }
    }

    fn failure(&self, error: io::Error) -> StreamError {
        match &self.kind {
            Kind::Compressed { meter, .. } if !meter.failed() => {
                StreamError::Damaged { at: meter.taken(), what: error.to_string() }
            }
            _ => StreamError::Input(error),
        }
    }
}

impl Kind {
    fn compressed(compression: Compression, input: Box<dyn Read + Send>, is_piped: bool) -> io::Result<Self> {
        let meter = Arc::new(Meter::default());
        let bytes = compression.metered(input, Arc::clone(&meter))?;
        Ok(Self::Compressed { bytes, is_piped, meter, told: 0, came: 0, failure: None })
    }
}

/// Waits until a pipe has something to tell, or `wait_ms` have passed.
fn is_ready(pipe: &File, wait_ms: i64) -> io::Result<bool> {
    let wait = Timespec { tv_sec: 0, tv_nsec: wait_ms * 1_000_000 };
    // Without `IN`, a hung-up pipe is ready to tell its end; one that nobody has opened yet is not.
    match rustix::event::poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&wait)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Reads a pipe, waiting for more until that is cancelled: decoders cannot be told to come again.
struct Waiting {
    pipe: File,
    /// Its first bytes, which were read already.
    seen: io::Cursor<Vec<u8>>,
    cancel: Arc<Mutex<Cancel>>,
}

impl Read for Waiting {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.seen.read(buf)?;
        if read > 0 || buf.is_empty() {
            return Ok(read);
        }
        loop {
            if self.cancel.lock().unwrap_or_else(PoisonError::into_inner).is_cancelled() {
                return Err(io::Error::other("cancelled"));
            }
            if !is_ready(&self.pipe, WAIT_MS)? {
                continue;
            }
            match self.pipe.read(buf) {
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
                answer => return answer,
            }
        }
    }
}

/// Reads until `buf` is full, or, if that is not to be waited for, something came; in steps: a decoder that meets damage drops what it had ready in the same step. So no
/// more than a sixteenth of what came before the damage is dropped with it, and at most [`STEP`] bytes.
fn read_gently(
    bytes: &mut dyn Read,
    waits: bool,
    came: &mut u64,
    failure: &mut Option<io::Error>,
    buf: &mut [u8],
) -> io::Result<usize> {
    if let Some(error) = failure.take() {
        return Err(error);
    }
    let mut filled = 0;
    while filled < buf.len() {
        let step = (*came / 16).clamp(64, STEP).min((buf.len() - filled) as u64) as usize;
        match bytes.read(&mut buf[filled..filled + step]) {
            Ok(0) => break,
            Ok(read) => {
                filled += read;
                *came += read as u64;
                if !waits {
                    break;
                }
            }
            Err(error) if filled > 0 => {
                *failure = Some(error);
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

const STEP: u64 = 16 << 10;

/// How long a pipe is waited for between two looks at [`Cancel`].
const WAIT_MS: i64 = 40;

/// The most bytes read at a time, and so between two looks at the limits.
const PIECE: usize = 256 << 10;

/// Why a stream was not read to its end. What came before stays in the spool.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error("Cancelled.")]
    Cancelled,
    #[error("Nothing is piped into standard input.")]
    Terminal,
    /// Going on would leave less than a tenth of the disk free. Sizes in bytes.
    #[error("Only {} of {} are free where this is kept.", Size(*free), Size(*total))]
    LowSpace { free: u64, total: u64 },
    /// Hardly anything is compressed so well. Sizes in bytes, of the compressed file and of what came of it.
    #[error("{} of the compressed file have become {}.", Size(*read), Size(*written))]
    Ratio { read: u64, written: u64 },
    #[error("The compressed file is damaged at byte {at} ({what}).")]
    Damaged { at: u64, what: String },
    #[error("It cannot be read ({0}).")]
    Input(io::Error),
    #[error("What was read cannot be kept ({0}).")]
    Spool(io::Error),
}

/// When [`fill`] stops to ask.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Percent of the disk that shall stay free.
    keep_free: u64,
    /// How many bytes may come of a compressed one.
    ratio: u64,
}

/// In tests nothing hangs on how full the disk is that they run on.
const KEEP_FREE: u64 = if cfg!(test) { 0 } else { 10 };

impl Default for Limits {
    fn default() -> Self {
        Self { keep_free: KEEP_FREE, ratio: 100 }
    }
}

/// Streams shorter than this, or than a thousandth of the disk, are not worth a question about space.
const UNASKED: u64 = if cfg!(test) { 64 << 10 } else { 16 << 20 };

/// What comes of a compressed file is not worth a question about its ratio before it is longer than this.
const RATIO_FROM: u64 = if cfg!(test) { 64 << 10 } else { 64 << 20 };

impl Limits {
    /// The limits with that one lifted which `stop` ran into.
    pub fn accepting(mut self, stop: &StreamError) -> Self {
        match stop {
            StreamError::LowSpace { .. } => self.keep_free = 0,
            StreamError::Ratio { .. } => self.ratio = u64::MAX,
            _ => {}
        }
        self
    }

    /// The usual ones, but for the percentage of the disk that shall stay free.
    #[cfg(test)]
    pub(super) fn keeping(percent: u64) -> Self {
        Self { keep_free: percent, ..Self::default() }
    }

    /// Whether what waits in `spool` may be written.
    fn check(&self, input: &Input, spool: &Spool) -> Result<(), StreamError> {
        let written = spool.len() + spool.waiting() as u64;
        if let Some(read) = input.taken()
            && written > RATIO_FROM
            && written / self.ratio > read
        {
            return Err(StreamError::Ratio { read, written });
        }
        let Space { free, total } = spool.space().map_err(StreamError::Spool)?;
        let kept = u128::from(total) * u128::from(self.keep_free) / 100;
        if written > UNASKED.min(total / 1000)
            && u128::from(free.saturating_sub(spool.waiting() as u64)) < kept
        {
            return Err(StreamError::LowSpace { free, total });
        }
        Ok(())
    }
}

/// Copies what has come through a pipe already, a piece at most, so that there is something to show before [`fill`] has
/// a thread. Waits for nobody; whatever goes wrong, and what is compressed, is left to [`fill`].
pub fn fill_first(input: &mut Input, spool: &mut Spool, limits: &Limits) {
    let Kind::Pipe { pipe, .. } = &input.kind else { return };
    if !is_ready(pipe, 0).unwrap_or(false) {
        return;
    }
    let mut buffer = vec![0; PIECE];
    if let Ok(Some(read)) = input.read(&mut buffer) {
        spool.take(&buffer[..read]);
        if limits.check(input, spool).is_ok() {
            // What could not be written waits in the spool.
            let _ = spool.flush();
        }
    }
}

/// Copies `input` to its end into `spool`, and shows at once whatever has come. Gives the length of the whole.
///
/// `progress` counts compressed bytes where there are such, and the bytes themselves otherwise.
///
/// # Errors
/// After [`StreamError::LowSpace`] and [`StreamError::Ratio`], the same call with [`Limits::accepting`] them goes on; so
/// it does after [`StreamError::Spool`], when there is space again. Nothing is lost in between.
pub fn fill(
    input: &mut Input,
    spool: &mut Spool,
    limits: &Limits,
    cancel: &Cancel,
    progress: &Progress,
) -> Result<u64, StreamError> {
    let mut buffer = vec![0; PIECE];
    cancel.clone_into(&mut input.cancel.lock().unwrap_or_else(PoisonError::into_inner));
    loop {
        if spool.waiting() > 0 {
            limits.check(input, spool)?;
            spool.flush().map_err(StreamError::Spool)?;
        }
        if cancel.is_cancelled() {
            return Err(StreamError::Cancelled);
        }
        if !input.is_ready().map_err(StreamError::Input)? {
            continue;
        }
        let read = match input.read(&mut buffer) {
            Ok(None) => continue,
            Ok(Some(read)) => read,
            Err(_) if cancel.is_cancelled() => return Err(StreamError::Cancelled),
            Err(error) => return Err(input.failure(error)),
        };
        input.tell(read, progress);
        if read == 0 {
            return Ok(spool.len());
        }
        spool.take(&buffer[..read]);
    }
}

/// Reads a source from its start to its end.
struct Reader {
    source: Arc<dyn Source>,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let wanted = (buf.len() as u64).min(self.source.len() - self.at) as usize;
        let mut read = wanted;
        if let Err(lost) = self.source.read_at(self.at, &mut buf[..wanted]) {
            // What stands before the loss is still good.
            read = self.before_loss(&mut buf[..wanted]);
            if read == 0 {
                return Err(io::Error::other(lost));
            }
        }
        self.at += read as u64;
        Ok(read)
    }
}

impl Reader {
    fn before_loss(&self, buf: &mut [u8]) -> usize {
        let mut read = 0;
        let _ = self.source.scan(self.at..self.at + buf.len() as u64, &mut |step| {
            match step {
                Scanned::Data { bytes, .. } => {
                    buf[read..read + bytes.len()].copy_from_slice(bytes);
                    read += bytes.len();
                }
                Scanned::Hole(hole) => {
                    let len = (hole.end - hole.start) as usize;
                    buf[read..read + len].fill(0);
                    read += len;
                }
                Scanned::Lost(..) => return ControlFlow::Break(()),
            }
            ControlFlow::Continue(())
        });
        read
    }
}
