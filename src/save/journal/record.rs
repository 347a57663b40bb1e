use std::ops::Range;

use crate::document::checksum;

/// What a journal starts with, followed by the number of its version and a line feed.
pub(super) const MAGIC: &[u8] = b"hextant journal ";
pub(super) const VERSION: &[u8] = b"1\n";

/// Bytes of a record before and behind its payload.
const HEAD: usize = 4 + 1 + 8;
const SUM: usize = 8;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// Which document this is of. The first, and the only one.
    Header = 1,
    /// Bytes that were added: spans refer to all of them as one run.
    Bytes = 2,
    /// Another file that spans refer to.
    Other = 3,
    /// Bytes of the base, at an offset.
    Context = 4,
    /// Ranges of the contents that gave way to spans.
    Edit = 5,
    /// All contents, as spans.
    Contents = 6,
    /// The base got longer.
    Grown = 7,
    /// The contents are about to become the file.
    Saving = 8,
    /// The window was closed, and the edits are to come back by themselves.
    Parked = 9,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Header,
        Self::Bytes,
        Self::Other,
        Self::Context,
        Self::Edit,
        Self::Contents,
        Self::Grown,
        Self::Saving,
        Self::Parked,
    ];
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub kind: Kind,
    pub payload: &'a [u8],
}

/// Appends a record to `bytes`.
pub(super) fn push_record(bytes: &mut Vec<u8>, kind: Kind, number: u64, payload: &[u8]) {
    let start = bytes.len();
    let len = u32::try_from(payload.len()).expect("payloads are cut before they are 4 GiB");
    bytes.extend_from_slice(&len.to_le_bytes());
    bytes.push(kind as u8);
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(payload);
    let sum = checksum(&bytes[start..]);
    bytes.extend_from_slice(&sum.to_le_bytes());
}

/// Takes the record of this number off the front; `None`, and nothing is taken, where there is no such whole one.
pub(super) fn take_record<'a>(rest: &mut &'a [u8], number: u64) -> Option<Record<'a>> {
    let len = u32::from_le_bytes(*rest.first_chunk()?) as usize;
    let (record, sum) = rest.get(..HEAD.checked_add(len)?.checked_add(SUM)?)?.split_last_chunk()?;
    if checksum(record) != u64::from_le_bytes(*sum) {
        return None;
    }
    let kind = Kind::ALL.into_iter().find(|kind| *kind as u8 == record[4])?;
    if record[5..HEAD] != number.to_le_bytes() {
        return None;
    }
    *rest = &rest[record.len() + SUM..];
    Some(Record { kind, payload: &record[HEAD..] })
}

/// A journal whose records are whole, with payloads out of `bytes`, which say of each its kind and length.
#[cfg(any(test, fuzzing))]
pub fn sealed(mut bytes: &[u8]) -> Vec<u8> {
    let mut journal = [MAGIC, VERSION].concat();
    for number in 0.. {
        let Some((kind, rest)) = bytes.split_first() else { break };
        let (len, rest) = rest.split_first().unwrap_or((&0, rest));
        let (payload, rest) = rest.split_at(rest.len().min(usize::from(*len)));
        let kind = if number == 0 { Kind::Header } else { Kind::ALL[usize::from(*kind) % Kind::ALL.len()] };
        push_record(&mut journal, kind, number, payload);
        bytes = rest;
    }
    journal
}

/// LEB128.
pub(super) fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

pub(super) fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = *rest.split_off_first()?;
        let bits = u64::from(byte & 0x7F);
        if bits << shift >> shift != bits {
            return None;
        }
        number |= bits << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// With its length before it.
pub(super) fn push_bytes(bytes: &mut Vec<u8>, part: &[u8]) {
    push_number(bytes, part.len() as u64);
    bytes.extend_from_slice(part);
}

pub(super) fn take_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::try_from(take_number(rest)?).ok()?;
    rest.split_off(..len)
}

/// A range that is checked to be one.
pub(super) fn range_of(start: u64, len: u64) -> Option<Range<u64>> {
    Some(start..start.checked_add(len)?)
}
