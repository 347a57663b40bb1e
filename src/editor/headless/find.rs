mod parts;
mod printing;
mod search;

use std::ffi::{OsStr, OsString};
use std::ops::{ControlFlow, Range};

use self::parts::{Parts, Searched};
use self::search::{Search, Subject};
use super::{
    Console, Headless, Meter, NOTHING, SUCCESS, Stop, TROUBLE, check_unchanged, open, pattern, query, told,
    trouble,
};
use crate::editor::{Arguments, jobs};
use crate::search::{Kind, Scan, Tally};
use crate::source::{Lost, Progress};

pub(super) fn run(arguments: &Arguments, text: &str, console: &mut Console<'_>) -> u8 {
    let standard_input = [OsString::from("-")];
    let names = if arguments.files.is_empty() { &standard_input[..] } else { &arguments.files };
    let (mut any, mut failed) = (false, false);
    for name in names {
        match search(arguments, name, text, names.len() > 1, any, console) {
            Ok(found) => any |= found,
            Err(stop) => match told(stop, &name.to_string_lossy(), console.err) {
                Some(SUCCESS) => return if any { SUCCESS } else { NOTHING },
                Some(status) => return status,
                None => failed = true,
            },
        }
        if any && arguments.headless.quiet {
            return SUCCESS;
        }
    }
    if let Err(error) = console.out.flush()
        && let Some(status) = told(error.into(), "", console.err)
    {
        return status;
    }
    match (failed, any) {
        (true, _) => TROUBLE,
        (_, true) => SUCCESS,
        _ => NOTHING,
    }
}

/// What a search of a file came to.
#[derive(Default)]
struct Total {
    /// Matches or lines, whatever is counted.
    count: u64,
    is_cut: bool,
    loss: Option<(Range<u64>, Lost)>,
}

fn search(
    arguments: &Arguments,
    name: &OsStr,
    text: &str,
    many: bool,
    is_next: bool,
    console: &mut Console<'_>,
) -> Result<bool, Stop> {
    let headless = &arguments.headless;
    let file = open(name, arguments, console)?;
    let mut query = query(headless, text);
    // As grep has it: a line matches or does not. What says a line end means it.
    query.within_lines = query.kind == Kind::Regex && !headless.json && !headless.count_matches;
    let pattern = match pattern(&query, file.target) {
        Err(_) if query.within_lines => {
            query.within_lines = false;
            pattern(&query, file.target)?
        }
        pattern => pattern?,
    };
    let (snapshot, cancel) = (file.document.snapshot(), console.cancel.clone());
    let subject = Subject {
        headless,
        name: &file.name,
        target: file.target,
        snapshot: &snapshot,
        pattern: &pattern,
        cancel: &cancel,
        many,
    };
    let within = file.within.clone();
    let progress = Progress::new(within.end - within.start);
    let mut meter = Meter::new(console.shows_progress);
    let total = if headless.count_matches && headless.max_count.is_none() && !within.is_empty() {
        tally(&subject, within, &progress, &mut meter, console)
    } else if !within.is_empty() && is_in_parts(&subject) {
        in_parts(&subject, within, &progress, &mut meter, console)
    } else {
        at_once(&subject, within, is_next, &progress, &mut meter, console)
    };
    meter.clear(console.err);
    let total = total?;
    let name = subject.name;
    if headless.files_with_matches && total.count > 0 && !headless.quiet {
        writeln!(console.out, "{name}")?;
    } else if !headless.quiet && !headless.files_with_matches {
        if headless.count || headless.count_matches {
            let prefix = if many { format!("{name}:") } else { String::new() };
            writeln!(console.out, "{prefix}{}", total.count)?;
        } else if subject.ends_at_first() && total.count > 0 {
            writeln!(console.out, "{name}: binary file matches")?;
        }
    }
    if total.is_cut {
        told(trouble("matches longer than 1 MiB are cut there"), name, console.err);
    }
    if let Some((lost, why)) = total.loss {
        return Err(trouble(format!("bytes {} to {} cannot be read: {why}", lost.start, lost.end)));
    }
    check_unchanged(&file)?;
    Ok(total.count > 0)
}

/// Can each part of the file be searched by itself? What is printed around matches, and to end after so many, goes from
/// one to the next.
fn is_in_parts(subject: &Subject<'_>) -> bool {
    let Headless { after, before, context, max_count, .. } = subject.headless;
    let has_context = [after, before, context].into_iter().any(Option::is_some);
    !subject.pattern.crosses_lines() && !has_context && max_count.is_none()
}

/// Counts matches by all cores.
fn tally(
    subject: &Subject<'_>,
    within: Range<u64>,
    progress: &Progress,
    meter: &mut Meter,
    console: &mut Console<'_>,
) -> Result<Total, Stop> {
    let tally = Tally::within(subject.snapshot.clone(), subject.pattern.clone(), within.clone());
    let count = |_| tally.run(subject.cancel, progress);
    let _ = jobs::in_order(jobs::cores() as u64, &count, &mut |_| {
        meter.tell(subject.name, progress, console.err);
        ControlFlow::<()>::Continue(())
    });
    if subject.cancel.is_cancelled() {
        return Err(Stop::Interrupted);
    }
    let (count, _) = tally.count();
    // What is lost, one search of it tells.
    let loss = (tally.blocks().lost() > 0).then(|| first_loss(subject, within)).flatten();
    Ok(Total { count, loss, ..Total::default() })
}

fn first_loss(subject: &Subject<'_>, within: Range<u64>) -> Option<(Range<u64>, Lost)> {
    let progress = Progress::default();
    let mut scan = Scan::new(subject.snapshot, subject.pattern, within, subject.cancel, &progress);
    while scan.first_loss().is_none() && matches!(scan.next(), Ok(Some(_))) {}
    scan.first_loss().cloned()
}

/// Searches part after part by all cores, and prints what is found in order.
fn in_parts(
    subject: &Subject<'_>,
    within: Range<u64>,
    progress: &Progress,
    meter: &mut Meter,
    console: &mut Console<'_>,
) -> Result<Total, Stop> {
    let parts = Parts::new(subject, within, progress);
    let mut total = Total::default();
    let mut take = |searched: Option<Result<Searched, Stop>>| -> Result<bool, Stop> {
        meter.tell(subject.name, progress, console.err);
        let Some(searched) = searched else { return Ok(false) };
        let Searched { count, out, is_cut, loss } = searched?;
        console.out.write_all(&out)?;
        total.count += count;
        total.is_cut |= is_cut;
        total.loss = total.loss.take().or(loss);
        Ok(count > 0 && subject.ends_at_first())
    };
    let ended =
        jobs::in_order(parts.len(), &|part| parts.search(part), &mut |searched| match take(searched) {
            Ok(false) => ControlFlow::Continue(()),
            Ok(true) => ControlFlow::Break(None),
            Err(stop) => ControlFlow::Break(Some(stop)),
        });
    match ended {
        ControlFlow::Break(Some(stop)) => Err(stop),
        _ => Ok(total),
    }
}

fn at_once(
    subject: &Subject<'_>,
    within: Range<u64>,
    is_next: bool,
    progress: &Progress,
    meter: &mut Meter,
    console: &mut Console<'_>,
) -> Result<Total, Stop> {
    let scan = Scan::new(subject.snapshot, subject.pattern, within.clone(), subject.cancel, progress);
    let mut tell = || meter.tell(subject.name, progress, console.err);
    let mut search = Search::new(subject, scan, within, console.out, &mut tell);
    search.is_next = is_next;
    let count = search.run()?;
    Ok(Total { count, is_cut: search.is_cut, loss: search.scan.first_loss().cloned() })
}
