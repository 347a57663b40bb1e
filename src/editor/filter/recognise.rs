use crate::document::Snapshot;
use crate::search::{Pattern, Query, Target};

/// How the lines of logs begin, as regexes.
const BEGINNINGS: [&str; 9] = [
    // ISO 8601, with a level before it, or in brackets.
    r"^[\[(<]?(?:[A-Z]+[\]:]? +[\[(]?)?\d{4}-\d\d-\d\d[T ,]\d\d:\d\d",
    // The same with slashes or dots.
    r"^\[?\d{4}[/.]\d\d[/.]\d\d[T ]\d\d:\d\d",
    r"^\[?\d\d[/.-](?:\d\d|[A-Z][a-z]{2})[/.-]\d{2,4}[: ]+\d\d:\d\d",
    // Syslog, with its priority or without.
    r"^(?:<\d+>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d",
    // Web servers.
    r"^\S+ \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:",
    // Android, and Google's logging.
    r"^(?:[IWEF]\d{4}|\d\d-\d\d) \d\d:\d\d:\d\d",
    // Seconds or milliseconds since 1970, or since the start of a kernel.
    r"^(?:\[ *\d+\.\d{3,}\]|\d{10}(?:\d{3})?(?:\.\d+)?[ ,:])",
    r"^\[?\d\d:\d\d:\d\d",
    r"^\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\b",
];

/// Any line but an indented one, or an empty one.
pub(super) const NOT_INDENTED: &str = r"^\S";

/// Bytes that tell how the lines of a document begin.
const SAMPLE: u64 = 64 << 10;

/// What begins a record in a document like this: how its lines begin most often, as far as it is in memory.
pub(super) fn beginning(snapshot: &Snapshot, target: Target) -> &'static str {
    let window = snapshot.try_read(0..SAMPLE.min(snapshot.len()));
    let count = |text: &str| {
        let query = Query { within_lines: true, ..Query::regex(text) };
        let Ok(pattern) = Pattern::new(&query, target) else { return 0 };
        let end = window.start + window.bytes.len() as u64;
        let (mut probe, mut at, mut count) = (pattern.probe(&window), 0, 0);
        while let Some(found) = probe.next(at..end) {
            at = found + target.line_break.width();
            count += 1;
        }
        count
    };
    // The first of the best.
    let counts = BEGINNINGS.iter().rev().map(|text| (count(text), *text));
    match counts.max_by_key(|(count, _)| *count) {
        Some((count, text)) if count >= 2 => text,
        _ => NOT_INDENTED,
    }
}
