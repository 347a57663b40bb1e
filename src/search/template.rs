use std::borrow::Cow;
use std::ops::Range;

use super::compile::{Unit, escape, hex, unescape};
use super::matcher::Hay;
use super::numbers;
use super::pattern::{Engine, Pattern};
use super::query::{Kind, Query, QueryError};
use crate::text::Encoding;

/// What takes the place of a match.
#[derive(Clone, Debug)]
pub struct Template {
    parts: Vec<Part>,
    encoding: Encoding,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Bytes(Vec<u8>),
    /// What the group matched; nothing if it took no part. Group 0 is the match.
    Group(usize),
    /// Bytes of which the bits given are these, and the others those of the match at the same place.
    Masked(Vec<(u8, u8)>),
    Case(CaseChange),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CaseChange {
    /// `\U`, `\L` and `\E`: of all that follows.
    Upper,
    Lower,
    End,
    /// `\u` and `\l`: of the next character.
    NextUpper,
    NextLower,
}

impl Template {
    /// What `text` says is to take the place of the matches of `pattern`, which is that of `query`:
    ///
    /// - of a literal, the text as it stands, or with the escapes of the query;
    /// - of a regex, text with groups (`$1`, `${1}`, `${name}`, `\1`, `$0` for the match; digits end a reference, and
    ///   `$$` is a dollar), escapes (`\n`, `\t`, `\xNN`, `\u{…}`, `\\`) and changes of case (`\U` and `\L` up to `\E`,
    ///   `\u` and `\l` for one character);
    /// - of bytes, hex, of any length; a `?` keeps that digit of the match;
    /// - of a number, a number of the same kind.
    ///
    /// # Errors
    /// A group that there is not, a character that the encoding does not have, and what is wrong with hex and numbers.
    pub fn new(text: &str, query: &Query, pattern: &Pattern) -> Result<Self, QueryError> {
        let encoding = pattern.encoding();
        let parts = match query.kind {
            Kind::Literal if query.escapes => {
                let mut builder = Builder { encoding, parts: Vec::new() };
                for (unit, range) in unescape(text)? {
                    builder.unit(&unit, range)?;
                }
                builder.parts
            }
            Kind::Literal => {
                let mut builder = Builder { encoding, parts: Vec::new() };
                for (at, c) in text.char_indices() {
                    builder.unit(&Unit::Char(c), at..at + c.len_utf8())?;
                }
                builder.parts
            }
            Kind::Regex => groups(text, pattern)?,
            Kind::Hex if text.trim().is_empty() => Vec::new(),
            Kind::Hex => {
                let mask = hex(text, true)?;
                let is_given = mask.iter().all(|(given, _)| *given == 0xff);
                let longest = pattern.longest().unwrap_or_default();
                if let Some(at) = mask.iter().skip(longest).position(|(given, _)| *given != 0xff) {
                    let message =
                        format!("There is no byte {} in a match that a ? could keep.", longest + at + 1);
                    return Err(QueryError::new(0..text.len(), message));
                }
                match is_given {
                    true => vec![Part::Bytes(mask.into_iter().map(|(_, byte)| byte).collect())],
                    false => vec![Part::Masked(mask)],
                }
            }
            Kind::Number => vec![Part::Bytes(numbers::bytes(text, query.number)?)],
        };
        Ok(Self { parts, encoding })
    }

    /// What takes the place of every match, if that is the same for all of them.
    pub fn uniform(&self) -> Option<&[u8]> {
        match self.parts.as_slice() {
            [] => Some(&[]),
            [Part::Bytes(bytes)] => Some(bytes),
            _ => None,
        }
    }

    /// Does it need to know where the groups of a match are?
    pub(super) fn needs_groups(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Group(1..)))
    }

    /// Appends what takes the place of the match whose groups these are, the match itself first.
    pub(super) fn expand(&self, hay: Hay<'_>, groups: &[Option<Range<usize>>], out: &mut Vec<u8>) {
        let mut case = Case::default();
        for part in &self.parts {
            let bytes = match part {
                Part::Bytes(bytes) => Cow::from(bytes),
                Part::Group(group) => match groups.get(*group) {
                    Some(Some(range)) => Cow::from(&hay.bytes[range.clone()]),
                    _ => continue,
                },
                Part::Masked(mask) => {
                    let found = groups.first().cloned().flatten().unwrap_or_default();
                    let kept = hay.bytes[found].iter().copied().chain(std::iter::repeat(0));
                    mask.iter().zip(kept).map(|((given, value), kept)| value | kept & !given).collect()
                }
                Part::Case(change) => {
                    case.change(*change);
                    continue;
                }
            };
            case.push(&bytes, self.encoding, out);
        }
    }
}

/// What is done to the case of what follows.
#[derive(Default)]
struct Case {
    all: Option<CaseChange>,
    next: Option<CaseChange>,
}

impl Case {
    fn change(&mut self, change: CaseChange) {
        match change {
            CaseChange::Upper | CaseChange::Lower => self.all = Some(change),
            CaseChange::End => *self = Self::default(),
            CaseChange::NextUpper | CaseChange::NextLower => self.next = Some(change),
        }
    }

    /// Appends `bytes`, of which each character that the encoding has in the other case too changes.
    fn push(&mut self, mut bytes: &[u8], encoding: Encoding, out: &mut Vec<u8>) {
        if self.all.is_none() && self.next.is_none() {
            return out.extend_from_slice(bytes);
        }
        while !bytes.is_empty() {
            let (c, len) = encoding.char_at_start(bytes);
            let change = self.next.take().or(self.all);
            let changed: Option<String> = c.map(|c| match change {
                Some(CaseChange::Upper | CaseChange::NextUpper) => c.to_uppercase().collect(),
                Some(CaseChange::Lower | CaseChange::NextLower) => c.to_lowercase().collect(),
                _ => c.to_string(),
            });
            match changed.as_deref().map(|text| encoding.encode(text)) {
                Some(Ok(changed)) => out.extend_from_slice(&changed),
                _ => out.extend_from_slice(&bytes[..len]),
            }
            bytes = &bytes[len..];
        }
    }
}

struct Builder {
    encoding: Encoding,
    parts: Vec<Part>,
}

impl Builder {
    fn unit(&mut self, unit: &Unit, range: Range<usize>) -> Result<(), QueryError> {
        match unit {
            Unit::Byte(byte) => self.bytes(&[*byte]),
            Unit::Char(c) => {
                let encoding = self.encoding;
                let bytes = encoding.encode(c.encode_utf8(&mut [0; 4])).map(Cow::into_owned);
                self.bytes(&bytes.map_err(|unmappable| QueryError::new(range, unmappable.to_string()))?);
            }
        }
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        match self.parts.last_mut() {
            Some(Part::Bytes(last)) => last.extend_from_slice(bytes),
            _ => self.parts.push(Part::Bytes(bytes.to_vec())),
        }
    }
}

fn groups(text: &str, pattern: &Pattern) -> Result<Vec<Part>, QueryError> {
    let names: &[Option<String>] = match &pattern.0.engine {
        Engine::Regex { groups, .. } => groups,
        Engine::Literal(_) => &[None],
    };
    let mut builder = Builder { encoding: pattern.encoding(), parts: Vec::new() };
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let behind = &text[at + c.len_utf8()..];
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let (part, len) = match (c, behind.chars().next()) {
            ('$', Some('$')) => (Ok(Unit::Char('$')), 2),
            ('$' | '\\', Some('0'..='9')) => (Err(&behind[..digits]), 1 + digits),
            ('$', Some('{')) => match behind.find('}') {
                Some(end) => (Err(&behind[1..end]), end + 2),
                None => return Err(QueryError::new(at..text.len(), "This ${ has no }.")),
            },
            ('$', Some(first)) if first.is_alphabetic() || first == '_' => {
                let is_name = |c: char| c.is_alphanumeric() || c == '_';
                let len = behind.find(|c| !is_name(c)).unwrap_or(behind.len());
                (Err(&behind[..len]), 1 + len)
            }
            ('\\', Some(letter)) if case_change(letter, behind).is_some() => {
                builder.parts.extend(case_change(letter, behind).map(Part::Case));
                at += 2;
                continue;
            }
            ('\\', Some('$')) => (Ok(Unit::Char('$')), 2),
            ('\\', _) => {
                let (unit, len) =
                    escape(&text[at..]).map_err(|(len, message)| QueryError::new(at..at + len, message))?;
                (Ok(unit), len)
            }
            (c, _) => (Ok(Unit::Char(c)), c.len_utf8()),
        };
        match part {
            Ok(unit) => builder.unit(&unit, at..at + len)?,
            Err(name) => {
                let group = match name.parse::<usize>() {
                    Ok(number) => Some(number).filter(|number| *number < names.len()),
                    Err(_) => names.iter().position(|known| known.as_deref() == Some(name)),
                };
                let group = group.ok_or_else(|| QueryError::new(at..at + len, no_group(name, names)))?;
                builder.parts.push(Part::Group(group));
            }
        }
        at += len;
    }
    Ok(builder.parts)
}

/// What the letter behind a backslash does; `\u{…}` is a character.
fn case_change(letter: char, behind: &str) -> Option<CaseChange> {
    Some(match letter {
        'U' => CaseChange::Upper,
        'L' => CaseChange::Lower,
        'E' => CaseChange::End,
        'u' if !behind.starts_with("u{") => CaseChange::NextUpper,
        'l' => CaseChange::NextLower,
        _ => return None,
    })
}

fn no_group(name: &str, names: &[Option<String>]) -> String {
    let known: Vec<&str> = names.iter().flatten().map(String::as_str).collect();
    let count = match names.len() - 1 {
        0 => "there is no group in what is looked for; $0 is the match".to_owned(),
        1 => "there is one group".to_owned(),
        many => format!("there are {many} groups"),
    };
    let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    format!("No group is called “{name}”: {count}{known}. A dollar is written $$.")
}
