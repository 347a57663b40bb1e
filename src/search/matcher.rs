use std::ops::Range;

use regex_automata::meta::{Cache, Regex};
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input, Span};

use super::pattern::{Compiled, Engine};

/// Bytes of a document, contiguous: what is to be searched and what stands around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hay<'a> {
    pub bytes: &'a [u8],
    /// Where in the document they stand.
    pub offset: u64,
}

/// Runs a pattern; what the engines remember while they run belongs to one thread.
pub(super) struct Matcher<'a> {
    pub pattern: &'a Compiled,
    caches: Option<Caches>,
    stretch: Stretch,
}

/// Of a regex, and of that on ASCII.
type Caches = (Cache, Option<Cache>);

/// A part of a hay in which one of two engines is right.
#[derive(Clone, Debug, Default)]
struct Stretch {
    range: Range<usize>,
    is_ascii: bool,
}

impl<'a> Matcher<'a> {
    pub fn new(pattern: &'a Compiled) -> Self {
        Self { pattern, caches: None, stretch: Stretch::default() }
    }

    /// Forgets what was learnt of a hay: another one comes.
    pub fn enter(&mut self) {
        self.stretch = Stretch::default();
    }

    /// The first match that starts at `at` or behind it and ends at `end` or before.
    pub fn find(&mut self, hay: Hay<'_>, mut at: usize, end: usize) -> Option<Range<usize>> {
        loop {
            let found = self.find_any(hay.bytes, at, end)?;
            if self.fits(hay, &found) {
                return Some(found);
            }
            at = found.start + 1;
            if at > end {
                return None;
            }
        }
    }

    /// Does it stand where a match may?
    fn fits(&self, hay: Hay<'_>, found: &Range<usize>) -> bool {
        let Compiled { whole_word, encoding, align, .. } = *self.pattern;
        if align > 1 && !(hay.offset + found.start as u64).is_multiple_of(align) {
            return false;
        }
        if !whole_word {
            return true;
        }
        // A copy: the hay may be a map, whose bytes can change between two looks.
        let mut beside = [0; 2 * CHARACTER];
        let (before, behind) = beside.split_at_mut(CHARACTER);
        let before = copied(before, &hay.bytes[found.start.saturating_sub(CHARACTER)..found.start]);
        let behind = copied(behind, &hay.bytes[found.end..(found.end + CHARACTER).min(hay.bytes.len())]);
        !encoding.ends_in_word(before) && !encoding.begins_in_word(behind)
    }

    fn find_any(&mut self, bytes: &[u8], at: usize, end: usize) -> Option<Range<usize>> {
        match &self.pattern.engine {
            Engine::Literal(finder) => {
                let found = at + finder.find(bytes.get(at..end)?)?;
                Some(found..found + finder.needle().len())
            }
            Engine::Regex { needles: Some(needles), .. } => needles.find(bytes, at, end),
            Engine::Regex { regex, on_ascii: None, .. } => {
                let (cache, _) = caches(&mut self.caches, regex, None);
                run(regex, cache, bytes, at, end)
            }
            Engine::Regex { .. } => self.find_by_stretches(bytes, at, end),
        }
    }

    /// Word boundaries by Unicode take the slowest of engines wherever there is more than ASCII: a hundred times as
    /// long. So that only lines with more than ASCII take it, the hay is cut at lines where no match can be.
    fn find_by_stretches(&mut self, bytes: &[u8], mut at: usize, end: usize) -> Option<Range<usize>> {
        let Engine::Regex { regex, on_ascii: Some(on_ascii), .. } = &self.pattern.engine else {
            return None;
        };
        while at <= end {
            if !self.stretch.range.contains(&at) {
                self.stretch = stretch(bytes, at, self.pattern.line_end);
            }
            let Stretch { range, is_ascii } = self.stretch.clone();
            let stop = range.end.min(end);
            let (slow, fast) = caches(&mut self.caches, regex, Some(on_ascii));
            let found = match (is_ascii, fast) {
                (true, Some(fast)) => run(on_ascii, fast, bytes, at, stop),
                _ => run(regex, slow, bytes, at, stop),
            };
            match found {
                // What is empty at the end belongs to the next line, where the other engine may be right.
                Some(found) if found.start < range.end || range.end > end => return Some(found),
                _ if range.end > end => return None,
                _ => at = range.end.max(at),
            }
        }
        None
    }

    /// Where the groups of the match at `found` are, the match itself first; `None` for those that took no part.
    pub fn groups(&mut self, hay: Hay<'_>, found: &Range<usize>) -> Vec<Option<Range<usize>>> {
        let Engine::Regex { regex, on_ascii, .. } = &self.pattern.engine else {
            return vec![Some(found.clone())];
        };
        let (cache, _) = caches(&mut self.caches, regex, on_ascii.as_ref());
        let mut captures: Captures = regex.create_captures();
        // The whole match is what it was in all of the hay: it is the first that starts there, cut off nowhere.
        let input = Input::new(hay.bytes).span(Span::from(found.start..found.end)).anchored(Anchored::Yes);
        regex.search_captures_with(cache, &input, &mut captures);
        captures.iter().map(|span| span.map(|span| span.start..span.end)).collect()
    }
}

/// Bytes in which the character beside a match lies, in all encodings.
const CHARACTER: usize = super::pattern::CONTEXT as usize;

/// They are made when they are needed, which for needles is only for the groups.
fn caches<'a>(caches: &'a mut Option<Caches>, regex: &Regex, on_ascii: Option<&Regex>) -> &'a mut Caches {
    caches.get_or_insert_with(|| (regex.create_cache(), on_ascii.map(Regex::create_cache)))
}

fn copied<'a>(to: &'a mut [u8], from: &[u8]) -> &'a [u8] {
    let to = &mut to[..from.len()];
    to.copy_from_slice(from);
    to
}

fn run(regex: &Regex, cache: &mut Cache, bytes: &[u8], at: usize, end: usize) -> Option<Range<usize>> {
    let input = Input::new(bytes).span(Span::from(at..end));
    regex.search_with(cache, &input).map(|found| found.range())
}

/// The lines from `at` on of which all or none hold only ASCII; up to behind the end where these are the last. Where
/// matches may hold line ends (`None`), all of `bytes`.
fn stretch(bytes: &[u8], at: usize, line_end: Option<u8>) -> Stretch {
    let all = bytes.len() + 1;
    let Some(line_end) = line_end else {
        return Stretch { range: 0..all, is_ascii: bytes.is_ascii() };
    };
    let start = memchr::memrchr(line_end, &bytes[..at]).map_or(0, |end| end + 1);
    let foreign = match first_foreign(&bytes[start..]) {
        None => return Stretch { range: start..all, is_ascii: true },
        Some(foreign) => start + foreign,
    };
    let line = memchr::memrchr(line_end, &bytes[..foreign]).map_or(0, |end| end + 1);
    if line > at {
        return Stretch { range: start..line, is_ascii: true };
    }
    let end = memchr::memchr(line_end, &bytes[foreign..]).map_or(all, |end| foreign + end + 1);
    Stretch { range: start..end, is_ascii: false }
}

/// Where the first byte stands that is not ASCII.
fn first_foreign(bytes: &[u8]) -> Option<usize> {
    const STEP: usize = 128;
    let mut steps = bytes.chunks_exact(STEP);
    let ascii = steps.by_ref().take_while(|step| step.is_ascii()).count() * STEP;
    bytes[ascii..].iter().position(|byte| !byte.is_ascii()).map(|at| ascii + at)
}
