use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::ops::Range;

use super::follow::{Appended, follow};
use super::{
    Console, LineNumbers, Meter, NOTHING, SUCCESS, Stop, Subject, TROUBLE, check_unchanged, copy, open,
    query, told, trouble, wrong,
};
use crate::document::{Document, Missing, Snapshot};
use crate::editor::filter::{LineFilter, NoFilter, Text, Unit};
use crate::editor::{Arguments, FilterEntry, FilterRole, FilterSet, ListedLine};
use crate::save::{Disk, Expect, Request, SaveError, save};
use crate::source::{Cancel, Progress, Spool};

/// Bytes looked at at a time.
const BLOCK: u64 = 1 << 20;

pub(super) fn run(arguments: &Arguments, console: &mut Console<'_>) -> u8 {
    match lines(arguments, console) {
        Ok(status) => status,
        Err(stop) => told(stop, "--filter", console.err).unwrap_or(TROUBLE),
    }
}

fn lines(arguments: &Arguments, console: &mut Console<'_>) -> Result<u8, Stop> {
    let set = wanted(arguments, console)?;
    let standard_input = [OsString::from("-")];
    let names = if arguments.files.is_empty() { &standard_input[..] } else { &arguments.files };
    if arguments.follow {
        if names.len() != 1 || names[0] == "-" {
            return Err(trouble("--follow takes one file"));
        }
        return match &arguments.headless.output {
            None => follow(arguments, &names[0], &set, console),
            Some(path) => {
                let mut file = Appended::create(path).map_err(trouble)?;
                follow(arguments, &names[0], &set, &mut Console { out: &mut file, ..with_terminal(console) })
            }
        };
    }
    let Some(path) = &arguments.headless.output else { return all(arguments, names, &set, console) };
    let spool = Spool::new(&console.cache).map_err(trouble)?;
    let reader = spool.reader();
    let mut out = Kept(spool);
    let status = all(arguments, names, &set, &mut Console { out: &mut out, ..with_terminal(console) })?;
    // What is written is whole, or it is not written.
    if status <= NOTHING {
        let contents = Document::open(reader.source()).snapshot();
        let request = Request::new(contents, path.clone(), Expect::Anything);
        match save(&request, &Disk, &console.cancel, &Progress::default()) {
            Ok(_) => {}
            Err(SaveError::Cancelled { .. }) => return Err(Stop::Interrupted),
            Err(error) => return Err(trouble(error)),
        }
    }
    Ok(status)
}

/// The same console, with another place to print to.
fn with_terminal<'a>(console: &'a mut Console<'_>) -> Console<'a> {
    Console {
        out: &mut *console.out,
        err: &mut *console.err,
        shows_progress: console.shows_progress,
        cache: console.cache.clone(),
        sets: console.sets.clone(),
        cancel: console.cancel.clone(),
    }
}

/// Keeps what is printed, until all of it is.
struct Kept(Spool);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// What the arguments say is to be listed.
fn wanted(arguments: &Arguments, console: &Console<'_>) -> Result<FilterSet, Stop> {
    let headless = &arguments.headless;
    let mut wanted = FilterSet::default();
    for name in &headless.set {
        let Some(set) = console.sets.get(name) else {
            let names: Vec<&str> = console.sets.keys().map(String::as_str).collect();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(trouble(format!("there is no set of filters named “{name}” (there are: {known})")));
        };
        wanted.entries.extend(set.entries.iter().cloned());
        wanted.context = wanted.context.max(set.context);
        if set.record().is_some() {
            (wanted.records, wanted.record) = (true, set.record.clone());
        }
    }
    for (role, texts) in [(FilterRole::Show, &headless.include), (FilterRole::Hide, &headless.exclude)] {
        let entry = |text: &String| FilterEntry::new(role, query(headless, text), 0);
        wanted.entries.extend(texts.iter().map(entry));
    }
    if let Some(lines) = headless.context {
        wanted.context = u32::try_from(lines).unwrap_or(u32::MAX);
    }
    if let Some(record) = &headless.record {
        (wanted.records, wanted.record) = (true, record.clone());
    }
    let is_used = |role| wanted.used(role).next().is_some();
    if !is_used(FilterRole::Show) && !is_used(FilterRole::Hide) {
        return Err(trouble("say which lines: --include, --exclude or --set"));
    }
    Ok(wanted)
}

fn all(
    arguments: &Arguments,
    names: &[OsString],
    set: &FilterSet,
    console: &mut Console<'_>,
) -> Result<u8, Stop> {
    let (mut any, mut failed) = (false, false);
    for name in names {
        match file(arguments, name, set, (names.len() > 1, any), console) {
            Ok(found) => any |= found,
            Err(stop) => match told(stop, &name.to_string_lossy(), console.err) {
                Some(SUCCESS) => return Ok(if any { SUCCESS } else { NOTHING }),
                Some(status) => return Ok(status),
                None => failed = true,
            },
        }
    }
    console.out.flush()?;
    Ok(match (failed, any) {
        (true, _) => TROUBLE,
        (_, true) => SUCCESS,
        _ => NOTHING,
    })
}

/// True if there are such lines.
fn file(
    arguments: &Arguments,
    name: &OsStr,
    set: &FilterSet,
    (many, is_next): (bool, bool),
    console: &mut Console<'_>,
) -> Result<bool, Stop> {
    let subject = open(name, arguments, console)?;
    let filter = filter(set, &subject)?;
    let snapshot = subject.document.snapshot();
    let mut printer = Printer::new(arguments, many, is_next);
    let progress = Progress::new(subject.within.end - subject.within.start);
    let mut meter = Meter::new(console.shows_progress);
    let mut at = subject.within.start;
    while at < subject.within.end {
        let end = (at / BLOCK + 1).saturating_mul(BLOCK).min(subject.within.end);
        let printed = printer.print(&subject, &snapshot, &filter, at..end, &console.cancel, console.out);
        progress.add(end - at);
        meter.tell(&subject.name, &progress, console.err);
        if printed.inspect_err(|_| meter.clear(console.err))? {
            break;
        }
        at = end;
    }
    meter.clear(console.err);
    printer.finish(&subject, console.out)?;
    check_unchanged(&subject)?;
    Ok(printer.matches > 0)
}

/// What lists the lines of a file.
pub(super) fn filter(set: &FilterSet, subject: &Subject) -> Result<LineFilter, Stop> {
    let filter = set.line_filter(subject.target, Unit::Line(subject.target.line_break));
    match filter {
        Ok(Some(filter)) => Ok(filter),
        Ok(None) => Err(trouble("nothing says which lines")),
        Err(NoFilter::Entry(query, error)) => Err(wrong(&query.text, &error)),
        Err(NoFilter::Record(error)) => Err(wrong(&set.record, &error)),
    }
}

/// Prints the lines of a file that are listed.
pub(super) struct Printer<'a> {
    arguments: &'a Arguments,
    /// Is the file's name printed before each?
    names: bool,
    /// Was something of another file printed?
    is_next: bool,
    pub numbers: LineNumbers,
    /// Where the last line ended that was printed.
    pub printed: Option<u64>,
    matches: u64,
    buffer: Vec<u8>,
}

impl<'a> Printer<'a> {
    pub fn new(arguments: &'a Arguments, names: bool, is_next: bool) -> Self {
        Self {
            arguments,
            names,
            is_next,
            numbers: LineNumbers::default(),
            printed: None,
            matches: 0,
            buffer: Vec::new(),
        }
    }

    /// Prints what is listed of the lines that start in `block`. True if nothing more is to be printed.
    pub fn print(
        &mut self,
        subject: &Subject,
        snapshot: &Snapshot,
        filter: &LineFilter,
        block: Range<u64>,
        cancel: &Cancel,
        out: &mut dyn Write,
    ) -> Result<bool, Stop> {
        let buffer = std::mem::take(&mut self.buffer);
        let looked = filter.look(snapshot, block, buffer, cancel).map_err(|_| Stop::Interrupted)?;
        let Some((lines, text)) = looked else { return Ok(false) };
        if let Some((lost, Missing::Lost(why))) = text.window.gaps.first() {
            return Err(trouble(format!("bytes {} to {} cannot be read: {why}", lost.start, lost.end)));
        }
        self.matches += lines.iter().filter(|line| line.is_match).count() as u64;
        if self.arguments.headless.count {
            self.buffer = text.window.bytes;
            return Ok(false);
        }
        if subject.target.binary && self.arguments.headless.output.is_none() && !lines.is_empty() {
            writeln!(out, "{}: binary file matches", subject.name)?;
            return Ok(true);
        }
        for line in lines {
            if filter.context > 0 && self.is_apart(line) {
                out.write_all(b"--\n")?;
            }
            self.print_line(subject, snapshot, &text, line, out)?;
        }
        self.buffer = text.window.bytes;
        Ok(false)
    }

    /// Is there something between it and what was printed before?
    fn is_apart(&self, line: ListedLine) -> bool {
        self.printed.map_or(self.is_next, |printed| printed < line.start)
    }

    fn print_line(
        &mut self,
        subject: &Subject,
        snapshot: &Snapshot,
        text: &Text,
        line: ListedLine,
        out: &mut dyn Write,
    ) -> Result<(), Stop> {
        let headless = &self.arguments.headless;
        let line_break = subject.target.line_break;
        let mark = if line.is_match { ':' } else { '-' };
        if self.names {
            write!(out, "{}{mark}", subject.name)?;
        }
        if headless.line_number {
            let number = self.numbers.of(snapshot, line_break, line.start)?;
            write!(out, "{number}{mark}")?;
        }
        let end = text.end_of_line(line.start);
        let is_cut = text.is_cut(end, snapshot.len());
        let bytes = text.bytes(line.start..end);
        let whole_end = if is_cut { Unit::Line(line_break).end(snapshot, line.start) } else { end };
        let encoding = subject.target.encoding;
        let ends = if encoding.extends_ascii() {
            out.write_all(bytes)?;
            copy(snapshot, end..whole_end, out)?;
            whole_end < snapshot.len() || bytes.ends_with(b"\n")
        } else {
            let bytes = snapshot.read(line.start..whole_end).map_err(trouble)?;
            let text = encoding.decode(&bytes);
            out.write_all(text.as_bytes())?;
            text.ends_with('\n')
        };
        if !ends {
            out.write_all(b"\n")?;
        }
        self.printed = Some(whole_end);
        Ok(())
    }

    fn finish(&mut self, subject: &Subject, out: &mut dyn Write) -> Result<(), Stop> {
        if self.arguments.headless.count {
            if self.names {
                write!(out, "{}:", subject.name)?;
            }
            writeln!(out, "{}", self.matches)?;
        }
        Ok(())
    }
}
