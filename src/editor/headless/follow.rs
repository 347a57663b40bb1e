use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::filter::{Printer, filter};
use super::{Console, Stop, Subject, open, told, trouble};
use crate::document::Snapshot;
use crate::editor::filter::LineFilter;
use crate::editor::{Arguments, FilterSet};
use crate::save::{Disk, FileSystem, Writable};
use crate::source::{self, Cancel, Change};

/// How often the file is looked at.
const STEP: Duration = Duration::from_millis(100);

/// When nothing was added for so long, the last record is taken to be whole.
const QUIET: Duration = Duration::from_secs(1);

/// Bytes looked at at a time.
const BLOCK: u64 = 1 << 20;

/// Prints the lines that are listed, and goes on as the file grows, or becomes another one under its name, until it is
/// interrupted or nobody reads what is printed. Lines are printed once they are whole and it is known that they are
/// listed.
pub(super) fn follow(
    arguments: &Arguments,
    name: &OsStr,
    set: &FilterSet,
    console: &mut Console<'_>,
) -> Result<u8, Stop> {
    let mut subject = open(name, arguments, console)?;
    let mut follower = Follower { printer: Printer::new(arguments, false, false), at: subject.within.start };
    let mut grown = Instant::now();
    loop {
        let is_quiet = grown.elapsed() >= QUIET;
        follower.print(&subject, &filter(set, &subject)?, is_quiet, &console.cancel, console.out)?;
        console.out.flush()?;
        loop {
            if console.cancel.is_cancelled() {
                return Err(Stop::Interrupted);
            }
            thread::sleep(STEP);
            let (Some(path), Some(before)) = (&subject.path, subject.identity) else {
                return Err(trouble("only a file can be followed"));
            };
            let change = match source::identity_of(path) {
                Ok(now) => before.change(now),
                Err(error) => return Err(trouble(error)),
            };
            match change {
                Change::Same if !is_quiet && grown.elapsed() >= QUIET => break,
                Change::Same | Change::Removed => continue,
                Change::Appended | Change::Rewritten => {}
                Change::Truncated | Change::Replaced => {
                    let said = Stop::Trouble("it is another file now: from its start".to_owned());
                    told(said, &subject.name, console.err);
                    follower = Follower { printer: Printer::new(arguments, false, true), at: 0 };
                }
            }
            match open(name, arguments, console) {
                Ok(now) => subject = now,
                // It is about to be put in the place of the old one.
                Err(Stop::Trouble(_)) => continue,
                Err(stop) => return Err(stop),
            }
            grown = Instant::now();
            break;
        }
    }
}

/// How far a file is printed.
struct Follower<'a> {
    printer: Printer<'a>,
    /// Lines before it are printed, or are not to be.
    at: u64,
}

impl Follower<'_> {
    /// Prints what is decided, and, where it is `quiet`, all lines that are whole.
    fn print(
        &mut self,
        subject: &Subject,
        filter: &LineFilter,
        is_quiet: bool,
        cancel: &Cancel,
        out: &mut dyn Write,
    ) -> Result<(), Stop> {
        let snapshot = subject.document.snapshot();
        let whole = whole_lines(subject, &snapshot)?.min(subject.within.end);
        let interrupted = |_| Stop::Interrupted;
        let (undecided, open) = filter.undecided(&snapshot, whole, cancel).map_err(interrupted)?;
        let stop = if is_quiet { whole } else { open };
        while self.at < stop {
            let end = (self.at / BLOCK + 1).saturating_mul(BLOCK).min(stop);
            self.printer.print(subject, &snapshot, filter, self.at..end, cancel, out)?;
            self.at = end;
        }
        // Lines that may yet come to stand before a match are looked at again.
        let first = undecided.max(self.printer.printed.unwrap_or(0));
        self.at = self.at.min(first.max(subject.within.start));
        Ok(())
    }
}

/// Where the last line ends that has its line end.
fn whole_lines(subject: &Subject, snapshot: &Snapshot) -> Result<u64, Stop> {
    const NEAR: u64 = 64 << 10;
    let line_break = subject.target.line_break;
    let (mut end, width) = (snapshot.len(), line_break.width());
    while end > 0 {
        let from = end.saturating_sub(NEAR);
        let bytes = snapshot.read(from..end).map_err(trouble)?;
        if let Some(found) = line_break.rfind(&bytes, from) {
            return Ok(from + found as u64 + width);
        }
        // A line break of two bytes may lie across.
        end = if from == 0 { 0 } else { from + width - 1 };
    }
    Ok(0)
}

/// A file that is written to as more comes.
pub(super) struct Appended {
    file: Box<dyn Writable>,
    at: u64,
    waiting: Vec<u8>,
}

impl Appended {
    /// Begins it anew.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = match Disk.stat(path)? {
            Some(_) => Disk.open_to_write(path)?,
            None => Disk.create_new(path, 0o666)?,
        };
        file.set_len(0)?;
        Ok(Self { file, at: 0, waiting: Vec::new() })
    }
}

impl Write for Appended {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() as u64 >= BLOCK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_at(self.at, &self.waiting)?;
        self.at += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}
