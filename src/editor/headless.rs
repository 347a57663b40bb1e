//! Without a window: `--find`, `--filter` and `--replace`, with the search of the editor.
//!
//! Status 0 for success (for a match, if one is looked for), 1 for none, 2 for errors, 130 when interrupted.

mod arguments;
mod filter;
mod find;
mod follow;
mod replace;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Display;
use std::io::{self, Write};
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use arguments::Headless;

use super::{Arguments, FilterSet};
use crate::document::{Document, LineBreak, Snapshot};
use crate::search::{Case, Kind, Pattern, Query, QueryError, Target, TimesError, lines_between};
use crate::source::{self, Cancel, Identity, Input, Limits, Progress, Source, Spool};
use crate::text::{Encoding, looks_binary};

pub const SUCCESS: u8 = 0;
const NOTHING: u8 = 1;
const TROUBLE: u8 = 2;
const INTERRUPTED: u8 = 130;

/// What a run without a window talks to.
pub struct Console<'a> {
    pub out: &'a mut dyn Write,
    pub err: &'a mut dyn Write,
    /// Does a person read `err`, and not in between what goes to `out`?
    pub shows_progress: bool,
    /// Where standard input is kept while it is searched.
    pub cache: PathBuf,
    /// The sets of filters that the person named.
    pub sets: BTreeMap<String, FilterSet>,
    pub cancel: Cancel,
}

/// Why a run ended early.
#[derive(Debug)]
enum Stop {
    /// Nobody reads what is printed any more.
    Closed,
    Interrupted,
    /// Printing failed.
    Output(io::Error),
    /// To be told, of one file.
    Trouble(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::Closed } else { Self::Output(error) }
    }
}

fn trouble(error: impl Display) -> Stop {
    Stop::Trouble(error.to_string())
}

/// A file that is searched.
struct Subject {
    /// As it was asked for.
    name: String,
    path: Option<PathBuf>,
    identity: Option<Identity>,
    document: Document,
    target: Target,
    within: Range<u64>,
}

/// Do the arguments ask for something that takes no window?
pub fn is_asked_for(arguments: &Arguments) -> bool {
    let Headless { find, filter, replace, .. } = &arguments.headless;
    find.is_some() || *filter || !replace.is_empty()
}

/// Does what the arguments say, if that takes no window. Gives the status to exit with.
pub fn run(arguments: &Arguments, console: &mut Console<'_>) -> Option<u8> {
    let headless = &arguments.headless;
    let status = match (&headless.find, headless.replace.as_slice()) {
        (Some(text), _) => find::run(arguments, text, console),
        (None, [text, with]) => replace::run(arguments, text, with, console),
        (None, _) if headless.filter => filter::run(arguments, console),
        (None, _) => return None,
    };
    Some(status)
}

fn query(headless: &Headless, text: &str) -> Query {
    Query {
        text: text.to_owned(),
        kind: match (headless.regex, headless.hex_pattern) {
            (true, _) => Kind::Regex,
            (_, true) => Kind::Hex,
            _ => Kind::Literal,
        },
        case: if headless.ignore_case { Case::Insensitive } else { Case::Sensitive },
        whole_word: headless.word,
        escapes: headless.escapes,
        within_lines: false,
        encoding: headless.pattern_encoding,
        ..Query::default()
    }
}

/// The pattern of `query` for a document, or what is wrong with it, with a mark below.
fn pattern(query: &Query, target: Target) -> Result<Pattern, Stop> {
    Pattern::new(query, target).map_err(|error| wrong(&query.text, &error))
}

/// What is wrong with `text`, with a mark below.
fn wrong(text: &str, error: &QueryError) -> Stop {
    let before = text.get(..error.range.start).map_or(0, |text| text.chars().count());
    let wrong = text.get(error.range.clone()).map_or(0, |text| text.chars().count()).max(1);
    trouble(format!("{error}\n  {text}\n  {}{}", " ".repeat(before), "^".repeat(wrong)))
}

/// Bytes that tell what a file is.
const SAMPLE: u64 = 64 << 10;

fn open(name: &OsStr, arguments: &Arguments, console: &Console<'_>) -> Result<Subject, Stop> {
    let (source, path): (_, Option<PathBuf>) = if name == "-" {
        (standard_input(console)?, None)
    } else {
        let opened = source::open(Path::new(name)).map_err(trouble)?;
        (opened.source, Some(opened.path))
    };
    let identity = source.identity().filter(|_| path.is_some());
    let document = Document::open(source);
    let snapshot = document.snapshot();
    let sample = snapshot.try_read(0..SAMPLE).bytes;
    let marked = [Encoding::UTF_16LE, Encoding::UTF_16BE].into_iter().find(|it| sample.starts_with(it.bom()));
    let encoding = arguments.encoding.or(marked).unwrap_or(Encoding::UTF_8);
    let binary = encoding == Encoding::UTF_8 && looks_binary(&[&sample]);
    let target = Target { encoding, line_break: encoding.line_break(), binary };
    let len = document.len();
    let within = arguments.range.map_or(0..len, |part| part.start.min(len)..part.end.unwrap_or(len).min(len));
    let within = in_time(arguments, &snapshot, encoding, within, &console.cancel)?;
    let name = if name == "-" { "(standard input)".into() } else { name.to_string_lossy().into_owned() };
    Ok(Subject { name, path, identity, document, target, within })
}

/// The part of `within` that `--since` and `--until` leave.
fn in_time(
    arguments: &Arguments,
    snapshot: &Snapshot,
    encoding: Encoding,
    within: Range<u64>,
    cancel: &Cancel,
) -> Result<Range<u64>, Stop> {
    let headless = &arguments.headless;
    let (since, until) = (headless.since.as_deref(), headless.until.as_deref());
    if since.is_none() && until.is_none() {
        return Ok(within);
    }
    let lines = lines_between(snapshot, encoding, since, until, cancel).map_err(|error| match error {
        TimesError::Cancelled => Stop::Interrupted,
        error => trouble(error),
    })?;
    let start = lines.start.max(within.start).min(within.end);
    Ok(start..lines.end.clamp(start, within.end))
}

fn standard_input(console: &Console<'_>) -> Result<std::sync::Arc<dyn Source>, Stop> {
    let mut input = Input::stdin().map_err(trouble)?;
    let mut spool = Spool::new(&console.cache).map_err(trouble)?;
    source::fill(&mut input, &mut spool, &Limits::default(), &console.cancel, &Progress::default()).map_err(
        |error| match error {
            source::StreamError::Cancelled => Stop::Interrupted,
            error => trouble(error),
        },
    )?;
    Ok(spool.reader().source())
}

/// Has the file changed since it was opened? Then what was found is of neither state.
fn check_unchanged(file: &Subject) -> Result<(), Stop> {
    let (Some(path), Some(before)) = (&file.path, file.identity) else { return Ok(()) };
    let now = source::identity_of(path).map_err(trouble)?;
    match before.change(now) {
        source::Change::Same => Ok(()),
        _ => Err(trouble("it changed while it was read")),
    }
}

/// Prints bytes of a document.
fn copy(snapshot: &Snapshot, range: Range<u64>, out: &mut dyn Write) -> Result<(), Stop> {
    let mut result = Ok(());
    let zeros = [0; 4096];
    let _ = snapshot.scan(range, &mut |scanned| {
        result = match scanned {
            source::Scanned::Data { bytes, .. } => out.write_all(bytes).map_err(Stop::from),
            source::Scanned::Hole(hole) => {
                let mut left = hole.end - hole.start;
                let mut written = Ok(());
                while left > 0 && written.is_ok() {
                    let now = left.min(zeros.len() as u64);
                    written = out.write_all(&zeros[..now as usize]);
                    left -= now;
                }
                written.map_err(Stop::from)
            }
            source::Scanned::Lost(_, lost) => Err(trouble(lost)),
        };
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    });
    result
}

/// Counts lines, for places that come in order.
#[derive(Default)]
struct LineNumbers {
    at: u64,
    /// How many lines end before that.
    ended: u64,
}

impl LineNumbers {
    /// The number of the line that starts at `at`, from 1.
    fn of(&mut self, snapshot: &Snapshot, line_break: LineBreak, at: u64) -> Result<u64, Stop> {
        let mut result = Ok(());
        // A line break lies whole in a slice: slices start at even offsets.
        let _ = snapshot.scan(self.at..at.max(self.at), &mut |scanned| {
            match scanned {
                source::Scanned::Data { offset, bytes } => self.ended += line_break.count(bytes, offset),
                source::Scanned::Hole(_) => {}
                source::Scanned::Lost(_, lost) => {
                    result = Err(trouble(lost));
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        self.at = self.at.max(at);
        result.map(|()| self.ended + 1)
    }
}

/// Says on a terminal how far a long search has come.
struct Meter {
    is_shown: bool,
    started: Instant,
    told: Duration,
}

impl Meter {
    /// How often, and after how long first.
    const STEP: Duration = Duration::from_millis(250);

    fn new(is_shown: bool) -> Self {
        Self { is_shown, started: Instant::now(), told: Duration::ZERO }
    }

    fn tell(&mut self, name: &str, progress: &Progress, err: &mut dyn Write) {
        if !self.is_shown {
            return;
        }
        let elapsed = self.started.elapsed();
        if elapsed < self.told + Self::STEP {
            return;
        }
        self.told = elapsed;
        let (done, total) = (progress.done(), progress.total().max(1));
        let percent = u128::from(done.min(total)) * 100 / u128::from(total);
        let rate = (u128::from(done) * 1000 / elapsed.as_millis().max(1)) >> 20;
        let _ = write!(err, "\r{name}: {percent} % of {} MiB, {rate} MiB/s \x1b[K", total >> 20);
    }

    fn clear(&self, err: &mut dyn Write) {
        if self.told > Duration::ZERO {
            let _ = write!(err, "\r\x1b[K");
        }
    }
}

/// Tells of trouble with a file. Gives the status to exit with now, if the run is over.
fn told(stop: Stop, name: &str, err: &mut dyn Write) -> Option<u8> {
    match stop {
        Stop::Closed => Some(SUCCESS),
        Stop::Interrupted => Some(INTERRUPTED),
        Stop::Output(error) => {
            let _ = writeln!(err, "hextant: printing failed ({error})");
            Some(TROUBLE)
        }
        Stop::Trouble(message) => {
            let _ = writeln!(err, "hextant: {name}: {message}");
            None
        }
    }
}
