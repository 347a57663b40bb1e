use std::ops::Range;

use regex_automata::meta::{Cache, Regex};
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input, Span};

use super::decoded::Text;
use super::pattern::{Compiled, Engine, OnAscii};

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
    /// The hay that was entered, decoded, once that was needed.
    texts: Vec<Text>,
}

/// Of a regex, and of that on ASCII.
type Caches = (Cache, Option<Cache>);

/// A part of a hay in which one of two engines is right.
#[derive(Clone, Debug, Default)]
pub(super) struct Stretch {
    range: Range<usize>,
    is_ascii: bool,
}

impl<'a> Matcher<'a> {
    pub fn new(pattern: &'a Compiled) -> Self {
        Self { pattern, caches: None, stretch: Stretch::default(), texts: Vec::new() }
    }

    /// Forgets what was learnt of a hay: another one comes.
    pub fn enter(&mut self) {
        self.stretch = Stretch::default();
        self.texts.clear();
    }

    /// The first match that starts at `at` or behind it and ends at `end` or before.
    pub fn find(&mut self, hay: Hay<'_>, mut at: usize, end: usize) -> Option<Range<usize>> {
        if self.pattern.is_decoded {
            return self.find_decoded(hay, at, end);
        }
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
            Engine::Regex { .. } => {
                find_regex(self.pattern, &mut self.caches, &mut self.stretch, bytes, at, end)
            }
        }
    }

    /// Finds in characters. Where these may start at any byte of a unit, all ways to read them are tried.
    fn find_decoded(&mut self, hay: Hay<'_>, at: usize, end: usize) -> Option<Range<usize>> {
        self.decode(hay);
        let texts = self.texts.iter_mut();
        let all = texts.filter_map(|text| find_in_text(self.pattern, &mut self.caches, text, at, end));
        all.min_by_key(|found| found.start)
    }

    fn decode(&mut self, hay: Hay<'_>) {
        if self.texts.is_empty() {
            self.texts = Text::all(hay, self.pattern.encoding, self.pattern.align);
        }
    }

    /// Where the groups of the match at `found` are, the match itself first; `None` for those that took no part.
    pub fn groups(&mut self, hay: Hay<'_>, found: &Range<usize>) -> Vec<Option<Range<usize>>> {
        if !self.pattern.is_decoded {
            return groups(self.pattern, &mut self.caches, hay.bytes, found);
        }
        self.decode(hay);
        for text in &mut self.texts {
            let (Some(start), Some(end)) = (text.place_of(found.start), text.place_of(found.end)) else {
                continue;
            };
            let groups = groups(self.pattern, &mut self.caches, &text.utf8, &(start..end));
            let mut in_hay =
                |range: Range<usize>| Some(text.source_of(range.start)?..text.source_of(range.end)?);
            return groups.into_iter().map(|group| group.and_then(&mut in_hay)).collect();
        }
        vec![Some(found.clone())]
    }
}

/// The first match of a regex that starts at `at` or behind it and ends at `end` or before.
fn find_regex(
    pattern: &Compiled,
    all_caches: &mut Option<Caches>,
    stretch: &mut Stretch,
    bytes: &[u8],
    at: usize,
    end: usize,
) -> Option<Range<usize>> {
    match &pattern.engine {
        Engine::Regex { regex, on_ascii: Some(on_ascii), .. } => {
            let (slow, fast) = caches(all_caches, regex, Some(&on_ascii.regex));
            let fast = fast.as_mut()?;
            find_by_stretches((regex, slow), (on_ascii, fast), stretch, bytes, at, end)
        }
        Engine::Regex { regex, on_ascii: None, .. } => {
            run(regex, &mut caches(all_caches, regex, None).0, bytes, at, end)
        }
        Engine::Literal(_) => None,
    }
}

/// Word boundaries by Unicode take the slowest of engines wherever there is more than ASCII: a hundred times as
/// long. So that only lines with more than ASCII take it, the hay is cut at lines where no match can be.
fn find_by_stretches(
    (regex, slow): (&Regex, &mut Cache),
    (on_ascii, fast): (&OnAscii, &mut Cache),
    known: &mut Stretch,
    bytes: &[u8],
    mut at: usize,
    end: usize,
) -> Option<Range<usize>> {
    while at <= end {
        if !known.range.contains(&at) {
            *known = stretch(bytes, at, on_ascii.line_end);
        }
        let Stretch { range, is_ascii } = known.clone();
        let stop = range.end.min(end);
        let found = match is_ascii {
            true => run(&on_ascii.regex, fast, bytes, at, stop),
            false => run(regex, slow, bytes, at, stop),
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

/// As [`find_regex`], where `text` is the hay decoded.
fn find_in_text(
    pattern: &Compiled,
    caches: &mut Option<Caches>,
    text: &mut Text,
    at: usize,
    end: usize,
) -> Option<Range<usize>> {
    // Of two texts, one may have its next match far away: it is not looked for again and again.
    if let Some((from, to, found)) = &text.known
        && (*from <= at && *to == end)
        && found.as_ref().is_none_or(|found| found.start >= at)
    {
        return found.clone();
    }
    let limit = text.before(end).map(|place| place.utf8);
    let mut from = text.behind(at).utf8;
    let mut found = None;
    while let Some(limit) = limit.filter(|limit| from <= *limit) {
        let mut stretch = std::mem::take(&mut text.stretch);
        let next = find_regex(pattern, caches, &mut stretch, &text.utf8, from, limit);
        text.stretch = stretch;
        let Some(next) = next else { break };
        // An empty match may stand inside of a character.
        if let (Some(start), Some(end)) = (text.source_of(next.start), text.source_of(next.end)) {
            found = Some(start..end);
            break;
        }
        from = next.start + 1;
    }
    text.known = Some((at, end, found.clone()));
    found
}

fn groups(
    pattern: &Compiled,
    all_caches: &mut Option<Caches>,
    bytes: &[u8],
    found: &Range<usize>,
) -> Vec<Option<Range<usize>>> {
    let Engine::Regex { regex, on_ascii, .. } = &pattern.engine else {
        return vec![Some(found.clone())];
    };
    let on_ascii = on_ascii.as_ref().map(|on_ascii| &on_ascii.regex);
    let (cache, _) = caches(all_caches, regex, on_ascii);
    let mut captures: Captures = regex.create_captures();
    // The whole match is what it was in all of the hay: it is the first that starts there, cut off nowhere.
    let input = Input::new(bytes).span(Span::from(found.start..found.end)).anchored(Anchored::Yes);
    regex.search_captures_with(cache, &input, &mut captures);
    captures.iter().map(|span| span.map(|span| span.start..span.end)).collect()
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
