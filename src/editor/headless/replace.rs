use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::{
    Console, Meter, NOTHING, SUCCESS, Stop, Subject, TROUBLE, check_unchanged, copy, open, pattern, query,
    told, trouble,
};
use crate::document::Snapshot;
use crate::editor::Arguments;
use crate::hex::grouped;
use crate::save::{Disk, Expect, Request, SaveError, save};
use crate::search::{ReplaceError, Replacements, Template};
use crate::source::Progress;

/// Bytes of memory that the changes to one file may take.
const BUDGET: u64 = 2 << 30;

/// A file and what becomes of it.
struct Replaced {
    subject: Subject,
    replacements: Replacements,
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
    let found: u64 = all.iter().map(|replaced| replaced.replacements.count()).sum();
    if let Some(expected) = headless.expect
        && found != expected
    {
        let (found, expected) = (grouped(found), grouped(expected));
        let _ = writeln!(console.err, "hextant: {found} matches, not {expected}: nothing was written");
        return NOTHING.max(status);
    }
    if headless.keep_size
        && let Some(other) =
            all.iter().find(|replaced| replaced.replacements.new_len() != replaced.subject.document.len())
    {
        let (name, len) = (&other.subject.name, grouped(other.replacements.new_len()));
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
    let query = query(&arguments.headless, None, text);
    let pattern = pattern(&query, subject.target)?;
    let template = Template::new(with, &query, &pattern).map_err(trouble)?;
    let snapshot = subject.document.snapshot();
    let progress = Progress::new(snapshot.len());
    let mut meter = Meter::new(console.shows_progress);
    meter.tell(&subject.name, &progress, console.err);
    let within = subject.within.clone();
    let found =
        Replacements::find(&snapshot, &pattern, &template, within, BUDGET, &console.cancel, &progress);
    meter.clear(console.err);
    let replacements = found.map_err(|error| match error {
        ReplaceError::Cancelled => Stop::Interrupted,
        error => trouble(error),
    })?;
    if let Some((lost, why)) = replacements.lost() {
        return Err(trouble(format!("bytes {} to {} cannot be read: {why}", lost.start, lost.end)));
    }
    check_unchanged(&subject)?;
    Ok(Replaced { subject, replacements })
}

fn write(replaced: Replaced, arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let Replaced { mut subject, replacements } = replaced;
    let headless = &arguments.headless;
    let old = subject.document.snapshot();
    if headless.dry_run {
        let (count, from, to) = (replacements.count(), old.len(), replacements.new_len());
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
    let found = replacements.count();
    replacements.apply(&mut subject.document, "Replace", &[]).map_err(trouble)?;
    drop(replacements);
    let new = subject.document.snapshot();
    match (&headless.in_place, &headless.output, &subject.path, subject.identity) {
        (Some(_), ..) if found == 0 => Ok(()),
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

fn write_file(snapshot: Snapshot, path: PathBuf, expect: Expect, console: &Console<'_>) -> Result<(), Stop> {
    let request = Request::new(snapshot, path, expect);
    match save(&request, &Disk, &console.cancel, &Progress::default()) {
        Ok(_) => Ok(()),
        Err(SaveError::Cancelled { .. }) => Err(Stop::Interrupted),
        Err(error) => Err(trouble(error)),
    }
}
