use std::ops::{ControlFlow, Range};

use super::{Chunk, Lost, Scanned, Source};

/// Chunks of at most so many bytes are counted in one slice.
pub const WHOLE: u64 = 1 << 20;

/// [`Source::tally`] for any source, by [`Source::scan`].
pub(super) fn by_scan<S: Source + ?Sized>(
    source: &S,
    range: Range<u64>,
    chunk: u64,
    count: &mut dyn FnMut(&[u8]) -> u64,
    publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    assert!(chunk > 0, "a chunk holds at least one byte");
    let in_one = chunk <= WHOLE;
    let begin =
        |start| OpenChunk { start, end: chunk_end(start, chunk, range.end), count: Ok(0), parts: Vec::new() };
    let mut open = begin(range.start);
    source.scan(range.clone(), &mut |scanned| {
        let (mut at, end) = match &scanned {
            Scanned::Data { offset, bytes } => (*offset, offset + bytes.len() as u64),
            Scanned::Hole(range) | Scanned::Lost(range, _) => (range.start, range.end),
        };
        while at < end {
            // A hole or a loss that begins with a chunk is told for all the chunks that it fills at once.
            let filled = if end == range.end { end } else { end - end % chunk };
            if at == open.start && filled > open.end && !matches!(scanned, Scanned::Data { .. }) {
                open.end = filled;
            }
            let stop = end.min(open.end);
            let is_part = in_one && stop - at < open.end - open.start;
            match &scanned {
                Scanned::Data { offset, bytes } => {
                    let bytes = &bytes[(at - offset) as usize..(stop - offset) as usize];
                    match &mut open.count {
                        Ok(_) if is_part => open.parts.extend_from_slice(bytes),
                        Ok(sum) => *sum += count(bytes),
                        Err(_) => {}
                    }
                }
                Scanned::Hole(_) if is_part => open.parts.resize((stop - open.start) as usize, 0),
                Scanned::Hole(_) => {}
                Scanned::Lost(_, lost) => {
                    if open.count.is_ok() {
                        open.count = Err(lost.clone());
                    }
                }
            }
            at = stop;
            if at == open.end {
                let full = std::mem::replace(&mut open, begin(at));
                let counted =
                    full.count.map(|sum| if full.parts.is_empty() { sum } else { count(&full.parts) });
                publish(full.start..full.end, counted)?;
            }
        }
        ControlFlow::Continue(())
    })
}

/// [`Source::tally_around`] for any source, by [`Source::read_at`].
pub(super) fn around_by_reading<S: Source + ?Sized>(
    source: &S,
    range: Range<u64>,
    chunk: u64,
    around: u64,
    count: &mut dyn FnMut(Chunk<'_>) -> u64,
    publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    super::check_range(source, &range);
    let mut buffer = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let own = at..chunk_end(at, chunk, range.end);
        let seen = with_around(&own, around, source.len());
        buffer.resize((seen.end - seen.start) as usize, 0);
        let counted = source.read_at(seen.start, &mut buffer);
        publish(own.clone(), counted.map(|()| count(chunk_in(&buffer, seen.start, &own))))?;
        at = own.end;
    }
    ControlFlow::Continue(())
}

/// A chunk and up to `around` bytes before and behind it, in a source of `len` bytes.
pub(super) fn with_around(own: &Range<u64>, around: u64, len: u64) -> Range<u64> {
    own.start.saturating_sub(around)..own.end.saturating_add(around).min(len)
}

/// The chunk `own` in bytes of which the first stands at `start`.
pub(super) fn chunk_in<'a>(bytes: &'a [u8], start: u64, own: &Range<u64>) -> Chunk<'a> {
    Chunk { bytes, own: (own.start - start) as usize..(own.end - start) as usize }
}

/// The chunk that the scan is inside of, and what it has seen of it.
struct OpenChunk {
    start: u64,
    end: u64,
    count: Result<u64, Lost>,
    /// Its bytes so far, if it comes in several slices and is to be counted in one.
    parts: Vec<u8>,
}

/// Where the chunk around `at` ends, in a range that ends at `end`.
pub(super) fn chunk_end(at: u64, chunk: u64, end: u64) -> u64 {
    (at - at % chunk).saturating_add(chunk).min(end)
}
