use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::{
    Console, Meter, NOTHING, SUCCESS, Stop, Subject, TROUBLE, check_unchanged, copy, open, pattern, query,
    told, trouble,
};
use crate::document::Snapshot;
use crate::editor::Arguments;
use crate::editor::find::ReplacedCopy;
use crate::hex::grouped;
use crate::save::{Disk, Expect, Request, SaveError, save};
use crate::search::{ReplaceError, Replacements, RewriteError, Rewritten, Template};
use crate::source::Progress;

/// Bytes of memory that the changes to one file may take.
const BUDGET: u64 = if cfg!(test) { 16 << 10 } else { 2 << 30 };

/// A file and what becomes of it.
struct Replaced {
    subject: Subject,
    made: Made,
    /// Changes, and how long the contents become.
    count: u64,
    len: u64,
}

enum Made {
    Step(Box<Replacements>),
    /// They take too much memory: they are found again as they are written.
    Copy(Box<ReplacedCopy>),
}

pub(super) fn run(arguments: &Arguments, text: &str, with: &str, console: &mut Console<'_>) -> u8 {
    let mut all = Vec::new();
    let mut status = SUCCESS;
    let standard_input = [OsString::from("-")];
    let names = if arguments.files.is_empty() { &standard_input[..] } else { &arguments.files };
    // Nothing is written before everything is known to fit what was asked for.
    for name in names {
        match find(arguments, name, text, with, console) {
            Ok(replaced) => all.push(replaced),
            Err(stop) => match told(stop, &name.to_string_lossy(), console.err) {
                Some(status) => return status,
                None => status = TROUBLE,
            },
        }
    }
    let headless = &arguments.headless;
    let found: u64 = all.iter().map(|replaced| replaced.count).sum();
    if let Some(expected) = headless.expect
        && found != expected
    {
        let (found, expected) = (grouped(found), grouped(expected));
        let _ = writeln!(console.err, "hextant: {found} matches, not {expected}: nothing was written");
        return NOTHING.max(status);
    }
    if headless.keep_size
        && let Some(other) = all.iter().find(|replaced| replaced.len != replaced.subject.document.len())
    {
        let (name, len) = (&other.subject.name, grouped(other.len));
        let _ =
            writeln!(console.err, "hextant: {name}: it would become {len} bytes long: nothing was written");
        return TROUBLE;
    }
    for replaced in all {
        let name = replaced.subject.name.clone();
        if let Err(stop) = write(replaced, arguments, console) {
            match told(stop, &name, console.err) {
                Some(status) => return status,
                None => status = TROUBLE,
            }
        }
    }
    match console.out.flush() {
        Ok(()) => status,
        Err(error) => told(error.into(), "", console.err).unwrap_or(TROUBLE),
    }
}

fn find(
    arguments: &Arguments,
    name: &OsStr,
    text: &str,
    with: &str,
    console: &mut Console<'_>,
) -> Result<Replaced, Stop> {
    let subject = open(name, arguments, console)?;
    let query = query(&arguments.headless, text);
    let pattern = pattern(&query, subject.target)?;
    let template = Template::new(with, &query, &pattern).map_err(trouble)?;
    let snapshot = subject.document.snapshot();
    let progress = Progress::new(snapshot.len());
    let mut meter = Meter::new(console.shows_progress);
    meter.tell(&subject.name, &progress, console.err);
    let within = subject.within.clone();
    let copy = ReplacedCopy { snapshot, pattern, template, within };
    let ReplacedCopy { snapshot, pattern, template, within } = &copy;
    let cancel = &console.cancel;
    let found = Replacements::find(snapshot, pattern, template, within.clone(), BUDGET, cancel, &progress);
    let (made, count, len, is_cut) = match found {
        Ok(found) => {
            if let Some((lost, why)) = found.lost() {
                return Err(trouble(format!("bytes {} to {} cannot be read: {why}", lost.start, lost.end)));
            }
            let (count, len, is_cut) = (found.count(), found.new_len(), found.is_cut());
            (Made::Step(Box::new(found)), count, len, is_cut)
        }
        Err(ReplaceError::TooMany { .. }) => {
            let Rewritten { count, len, is_cut } =
                copy.measure(cancel, &Progress::default()).map_err(not_made)?;
            (Made::Copy(Box::new(copy)), count, len, is_cut)
        }
        Err(ReplaceError::Cancelled) => return Err(Stop::Interrupted),
        Err(error) => return Err(trouble(error)),
    };
    meter.clear(console.err);
    if is_cut {
        told(trouble("matches longer than 1 MiB are cut there"), &subject.name, console.err);
    }
    check_unchanged(&subject)?;
    Ok(Replaced { subject, made, count, len })
}

fn write(replaced: Replaced, arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let Replaced { mut subject, made, count, len } = replaced;
    let headless = &arguments.headless;
    let old = subject.document.snapshot();
    if headless.dry_run {
        let (from, to) = (old.len(), len);
        let method = match (&headless.in_place, &headless.output) {
            (Some(_), _) => "a new file that takes the place of the old one",
            (_, Some(_)) => "a new file",
            _ => "to standard output",
        };
        let (name, count) = (&subject.name, grouped(count));
        writeln!(
            console.out,
            "{name}: {count} matches, {} bytes become {}, {method}",
            grouped(from),
            grouped(to)
        )?;
        return Ok(());
    }
    let new = match made {
        Made::Step(replacements) => {
            replacements.apply(&mut subject.document, "Replace", &[]).map_err(trouble)?;
            subject.document.snapshot()
        }
        Made::Copy(copy) => copy.contents(len),
    };
    match (&headless.in_place, &headless.output, &subject.path, subject.identity) {
        (Some(_), ..) if count == 0 => Ok(()),
        (Some(suffix), _, Some(path), Some(identity)) => {
            if !suffix.is_empty() {
                let mut backup = path.clone().into_os_string();
                backup.push(suffix);
                write_file(old, backup.into(), Expect::Anything, console)?;
            }
            write_file(new, path.clone(), Expect::Unchanged(identity), console)
        }
        (Some(_), ..) => Err(trouble("only a file can be changed in place")),
        (None, Some(output), ..) => write_file(new, output.clone(), Expect::Anything, console),
        (None, None, ..) => {
            copy(&new, 0..new.len(), console.out)?;
            check_unchanged(&subject)
        }
    }
}

fn not_made(error: RewriteError) -> Stop {
    match error {
        RewriteError::Stopped => Stop::Interrupted,
        error => trouble(error),
    }
}

fn write_file(snapshot: Snapshot, path: PathBuf, expect: Expect, console: &Console<'_>) -> Result<(), Stop> {
    let request = Request::new(snapshot, path, expect);
    match save(&request, &Disk, &console.cancel, &Progress::default()) {
        Ok(_) => Ok(()),
        Err(SaveError::Cancelled { .. }) => Err(Stop::Interrupted),
        Err(error) => Err(trouble(error)),
    }
}
