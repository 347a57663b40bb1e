use std::ops::{ControlFlow, Range};

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind};

/// What is a few sequences of bytes, each byte out of a set: a text in capitals or not, a choice of a few words, bytes of
/// which some bits are given. Found by looking at two places of it for 256 starts at a time, which the compiler makes
/// instructions of that do 16 at once.
pub(super) struct Needles {
    /// Of several that match at one place, the first does.
    ways: Vec<Way>,
    probes: Vec<Probe>,
    /// How far behind a start the probes look.
    reach: usize,
    /// No two matches can have a byte in common.
    pub is_disjoint: bool,
}

/// More are found faster by the regex.
const MOST_WAYS: usize = 4;

/// Bytes of a sequence.
const LONGEST: usize = 256;

/// Characters of a class that are spelt out, if they are not ASCII.
const SPELT_OUT: u32 = 16;

/// Starts that are looked at together. With 64 it is half as fast.
const LANES: usize = 256;

/// Some of the values of a byte.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Set([u64; 4]);

impl Set {
    fn of(bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut set = [0; 4];
        for byte in bytes {
            set[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        Self(set)
    }

    fn holds(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    fn bytes(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=u8::MAX).filter(|byte| self.holds(*byte))
    }

    fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(one, other)| one & other != 0)
    }

    fn with(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    /// Which bits all of them have in common, and what they are.
    fn common(&self) -> Bits {
        let (all, any) = self.bytes().fold((0xff, 0), |(all, any), byte| (all & byte, any | byte));
        Bits { mask: !(all ^ any), value: all & !(all ^ any) }
    }
}

/// A byte of which some bits are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bits {
    mask: u8,
    value: u8,
}

impl Bits {
    fn fit(self, byte: u8) -> bool {
        byte & self.mask == self.value
    }

    /// How often such a byte is met in logs, source code and binaries, roughly, in a thousand.
    fn frequency(self) -> u32 {
        (0..=u8::MAX).filter(|byte| self.fit(*byte)).map(frequency).sum()
    }
}

fn frequency(byte: u8) -> u32 {
    match byte {
        b' ' | 0 => 120,
        b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' => 50,
        // Hex too.
        b'0'..=b'9' | b'c' | b'd' => 35,
        b'b' | b'f' | b'l' | b'u' | b'm' | b'p' | b'g' | b'\n' => 20,
        b'a'..=b'z' | b'.' | b'-' | b'_' | b'/' | b':' | b',' | b'"' | b'=' | 0xff => 10,
        b'A'..=b'Z' => 6,
        b'!'..=b'~' => 4,
        _ => 2,
    }
}

/// Two places of a sequence, and what stands there in every match.
#[derive(Clone, Debug)]
struct Probe {
    places: [(usize, Bits); 2],
    /// The values of the first.
    first: Vec<u8>,
}

impl Probe {
    /// The two places that say most.
    fn of(way: &[Set]) -> Self {
        let mut places: Vec<(usize, Bits)> = way.iter().map(Set::common).enumerate().collect();
        places.sort_by_key(|(_, bits)| bits.frequency());
        let first = (0..=u8::MAX).filter(|byte| places[0].1.fit(*byte)).collect();
        Self { places: [places[0], places[1]], first }
    }

    /// The two bytes for each of the starts from `at` on.
    #[inline]
    fn lanes<'a>(&self, bytes: &'a [u8], at: usize) -> [&'a [u8; LANES]; 2] {
        self.places.map(|(place, _)| bytes[at + place..].first_chunk().expect("bytes for all lanes"))
    }

    /// How often it says yes, roughly, in a million.
    fn frequency(&self) -> u32 {
        self.places.iter().map(|(_, bits)| bits.frequency()).product()
    }
}

impl Needles {
    /// `None` where a regex is needed, or faster.
    pub fn of(hir: &Hir) -> Option<Self> {
        let ways = ways(hir)?;
        let is_short = |way: &Vec<Set>| way.len() < 2;
        if ways.is_empty() || ways.iter().any(is_short) {
            return None;
        }
        let mut probes: Vec<_> = ways.iter().map(|way| Probe::of(way)).collect();
        // What all have in common takes one look, if it says enough.
        let least = ways.iter().map(Vec::len).min()?;
        let any = |at: usize| ways.iter().fold(Set::of([]), |any, way| any.with(&way[at]));
        let shared = Probe::of(&(0..least).map(any).collect::<Vec<_>>());
        const ENOUGH: u32 = 1500;
        if shared.frequency() <= probes[0].frequency().max(ENOUGH) {
            probes = vec![shared];
        }
        // Nearly every place would have to be looked at in full.
        const MOST: u32 = 40_000;
        if probes.iter().any(|probe| probe.frequency() > MOST) {
            return None;
        }
        let reach = probes.iter().flat_map(|probe| probe.places.map(|(at, _)| at)).max()?;
        let is_disjoint = !overlap(&ways);
        let ways = ways.iter().map(|way| Way::of(way)).collect();
        Some(Self { ways, probes, reach, is_disjoint })
    }

    /// The first match that starts at `at` or behind it and ends at `end` or before.
    pub fn find(&self, bytes: &[u8], at: usize, end: usize) -> Option<Range<usize>> {
        let bytes = bytes.get(..end)?;
        let mut found = None;
        self.each(bytes, at..end, &mut |start, len| {
            found = Some(start..start + len);
            ControlFlow::Break(())
        });
        found
    }

    /// How many matches start in `starts`, of needles of which no two overlap.
    pub fn count(&self, bytes: &[u8], starts: Range<usize>) -> u64 {
        let mut count = 0;
        self.each(bytes, starts, &mut |_, _| {
            count += 1;
            ControlFlow::Continue(())
        });
        count
    }

    /// Visits every place in `starts` at which a match could start, and how long it is, until `visit` breaks.
    #[inline]
    fn each(
        &self,
        bytes: &[u8],
        starts: Range<usize>,
        visit: &mut impl FnMut(usize, usize) -> ControlFlow<()>,
    ) {
        let Range { start: mut at, end } = starts;
        while at + LANES <= end && at + LANES + self.reach <= bytes.len() {
            if self.is_any_candidate(bytes, at) {
                for (index, mut starts) in self.candidates(bytes, at).into_iter().enumerate() {
                    while starts != 0 {
                        let start = at + 64 * index + starts.trailing_zeros() as usize;
                        if let Some(len) = self.len_at(bytes, start)
                            && visit(start, len).is_break()
                        {
                            return;
                        }
                        starts &= starts - 1;
                    }
                }
            }
            at += LANES;
        }
        for start in at..end {
            if let Some(len) = self.len_at(bytes, start)
                && visit(start, len).is_break()
            {
                return;
            }
        }
    }

    /// May a match start at any of the 256 places from `at` on? Behind the last of them there are as many bytes as the probes
    /// reach.
    #[inline]
    fn is_any_candidate(&self, bytes: &[u8], at: usize) -> bool {
        self.probes.iter().any(|probe| {
            let [(_, a), (_, b)] = probe.places;
            let [first, second] = probe.lanes(bytes, at);
            let pairs = first.iter().zip(second);
            pairs.fold(0, |any, (first, second)| any | u8::from(a.fit(*first)) & u8::from(b.fit(*second)))
                != 0
        })
    }

    /// At which of these places one may, the first the lowest bit of the first word.
    #[inline(never)]
    fn candidates(&self, bytes: &[u8], at: usize) -> [u64; LANES / 64] {
        let mut starts = [0; LANES / 64];
        for probe in &self.probes {
            let (_, b) = probe.places[1];
            let [first, second] = probe.lanes(bytes, at);
            let mut note = |lane: usize| {
                starts[lane / 64] |= u64::from(b.fit(second[lane])) << (lane % 64);
            };
            match *probe.first {
                [one] => memchr::memchr_iter(one, first).for_each(&mut note),
                [one, two] => memchr::memchr2_iter(one, two, first).for_each(&mut note),
                [one, two, three] => memchr::memchr3_iter(one, two, three, first).for_each(&mut note),
                _ => {
                    let (_, a) = probe.places[0];
                    (0..LANES).filter(|lane| a.fit(first[*lane])).for_each(&mut note);
                }
            }
        }
        starts
    }

    /// How long the match is that starts at `start`.
    fn len_at(&self, bytes: &[u8], start: usize) -> Option<usize> {
        self.ways.iter().find(|way| way.is_at(bytes, start)).map(|way| way.len)
    }
}

/// One sequence, made ready to be compared eight bytes at a time.
struct Way {
    len: usize,
    /// Which bits of eight bytes are given, and what they are.
    words: Vec<(u64, u64)>,
    /// Where this does not say it all.
    sets: Vec<(usize, Set)>,
}

impl Way {
    fn of(way: &[Set]) -> Self {
        let word = |sets: &[Set]| {
            let (mut mask, mut value) = ([0; 8], [0; 8]);
            for (place, bits) in sets.iter().map(Set::common).enumerate() {
                (mask[place], value[place]) = (bits.mask, bits.value);
            }
            (u64::from_le_bytes(mask), u64::from_le_bytes(value))
        };
        let says_all = |set: &Set| set.bytes().count() == 1 << set.common().mask.count_zeros();
        let sets = way.iter().cloned().enumerate().filter(|(_, set)| !says_all(set)).collect();
        Self { len: way.len(), words: way.chunks(8).map(word).collect(), sets }
    }

    fn is_at(&self, bytes: &[u8], start: usize) -> bool {
        let Some(here) = bytes.get(start..start + self.len) else { return false };
        let behind = &bytes[start..];
        let fits = |(index, (mask, value)): (usize, &(u64, u64))| {
            let word = behind.get(8 * index..8 * index + 8).map_or_else(
                || {
                    let mut word = [0; 8];
                    let rest = &here[8 * index..];
                    word[..rest.len()].copy_from_slice(rest);
                    u64::from_le_bytes(word)
                },
                |word| u64::from_le_bytes(*word.first_chunk().expect("eight bytes")),
            );
            word & mask == *value
        };
        self.words.iter().enumerate().all(fits) && self.sets.iter().all(|(at, set)| set.holds(here[*at]))
    }
}

/// Can a match begin inside of another?
fn overlap(ways: &[Vec<Set>]) -> bool {
    let inside = |one: &[Set], other: &[Set]| {
        (1..one.len()).any(|shift| one[shift..].iter().zip(other).all(|(one, other)| one.meets(other)))
    };
    ways.iter().any(|one| ways.iter().any(|other| inside(one, other)))
}

/// All that `hir` matches, the preferred first; `None` if that is too much, or depends on what stands around it.
fn ways(hir: &Hir) -> Option<Vec<Vec<Set>>> {
    let all = match hir.kind() {
        HirKind::Empty => vec![Vec::new()],
        HirKind::Look(_) => return None,
        HirKind::Literal(literal) => vec![literal.0.iter().map(|byte| Set::of([*byte])).collect()],
        HirKind::Class(Class::Bytes(class)) => {
            vec![vec![Set::of(class.ranges().iter().flat_map(|range| range.start()..=range.end()))]]
        }
        HirKind::Class(Class::Unicode(class)) => of_class(class)?,
        HirKind::Capture(capture) => ways(&capture.sub)?,
        HirKind::Repetition(repetition) => {
            if repetition.max != Some(repetition.min) {
                return None;
            }
            let once = ways(&repetition.sub)?;
            (0..repetition.min).try_fold(vec![Vec::new()], |before, _| product(&before, &once))?
        }
        HirKind::Concat(parts) => {
            parts.iter().try_fold(vec![Vec::new()], |before, part| product(&before, &ways(part)?))?
        }
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(ways(part)?);
            }
            all
        }
    };
    let all = merged(all);
    (all.len() <= MOST_WAYS).then_some(all)
}

fn product(before: &[Vec<Set>], behind: &[Vec<Set>]) -> Option<Vec<Vec<Set>>> {
    let all =
        before.iter().flat_map(|before| behind.iter().map(move |behind| [&before[..], behind].concat()));
    let all: Vec<_> = all.take(MOST_WAYS + 1).collect();
    (all.len() <= MOST_WAYS && all.iter().all(|way| way.len() <= LONGEST)).then_some(all)
}

fn of_class(class: &ClassUnicode) -> Option<Vec<Vec<Set>>> {
    let chars = || class.ranges().iter().flat_map(|range| range.start()..=range.end());
    let is_large = |range: &regex_syntax::hir::ClassUnicodeRange| {
        !range.end().is_ascii() && u32::from(range.end()) - u32::from(range.start()) >= SPELT_OUT
    };
    if class.ranges().iter().any(is_large) {
        return None;
    }
    let ascii = Set::of(chars().filter(char::is_ascii).map(|c| c as u8));
    let mut all = Vec::new();
    if ascii.bytes().next().is_some() {
        all.push(vec![ascii]);
    }
    for c in chars().filter(|c| !c.is_ascii()) {
        all.push(c.encode_utf8(&mut [0; 4]).bytes().map(|byte| Set::of([byte])).collect());
    }
    Some(all)
}

/// Neighbours that differ in one byte are one.
fn merged(all: Vec<Vec<Set>>) -> Vec<Vec<Set>> {
    let mut merged: Vec<Vec<Set>> = Vec::new();
    for way in all {
        if let Some(last) = merged.last_mut()
            && last.len() == way.len()
            && last.iter().zip(&way).filter(|(one, other)| one != other).count() <= 1
        {
            for (one, other) in last.iter_mut().zip(&way) {
                *one = one.with(other);
            }
            continue;
        }
        merged.push(way);
    }
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::search::tests::oracle;

    fn needles(text: &str) -> Option<Needles> {
        let parser = regex_syntax::ParserBuilder::new().utf8(false).build().parse(text);
        Needles::of(&parser.unwrap())
    }

    const TEXTS: [&str; 12] = [
        "ab",
        "(?i)ab",
        "(?i)akA",
        "ab|ba",
        "aab|aa",
        "[ab]{3}",
        r"a[\x00-\x1f]b",
        "é|a ",
        "(?i)éa",
        r"(?-u)\xff[\x80-\xff]",
        "(a|b)(b|é)",
        "a{100}|ab",
    ];

    proptest! {
        /// In hays of many lanes and of less than one.
        #[test]
        fn needles_are_found_as_the_regex_finds_them(
            text in prop::sample::select(&TEXTS[..]),
            bytes in prop_oneof![oracle::bytes(60), oracle::bytes(900)],
            at in 0usize..20,
            less in 0usize..5,
        ) {
            let needles = needles(text).unwrap();
            let regex = regex::bytes::Regex::new(text).unwrap();
            let (at, end) = (at.min(bytes.len()), bytes.len().saturating_sub(less));
            let expected: Vec<_> = regex.find_iter(&bytes).map(|found| found.range()).collect();
            let mut all = Vec::new();
            let mut from = 0;
            while let Some(found) = needles.find(&bytes, from, bytes.len()) {
                from = found.end;
                all.push(found);
            }
            prop_assert_eq!(&all, &expected);
            if at <= end {
                let first = regex.find(&bytes[at..end]).map(|found| found.start() + at..found.end() + at);
                prop_assert_eq!(needles.find(&bytes, at, end), first);
            }
            if needles.is_disjoint {
                let in_starts = expected.iter().filter(|found| (at..end).contains(&found.start)).count();
                prop_assert_eq!(needles.count(&bytes, at..end.max(at)), in_starts as u64);
            }
        }
    }

    #[test]
    fn what_overlaps_itself_is_known() {
        let is_disjoint = |text| needles(text).map(|needles| needles.is_disjoint);
        assert_eq!(is_disjoint("ERROR|WARN"), Some(true));
        assert_eq!(is_disjoint("(?i)checkpoint"), Some(true), "the Kelvin sign is a way of its own");
        assert_eq!(is_disjoint("abca"), Some(false));
        assert_eq!(is_disjoint("ab|ca"), Some(false));
        assert_eq!(is_disjoint("(?i)abcA"), Some(false));
        assert_eq!(is_disjoint(r"x[0-9]{2}"), Some(true));
        for text in ["a", "a*", r"\bab", "ab?", "(?i)sssss", r"\w\w", "ab|cd|ef|gh|ij", r"[ -~][ -~]"] {
            assert!(needles(text).is_none(), "{text}");
        }
    }
}
