use super::{LARGEST_CHUNK, LineIndex, MOST_CHUNKS};
use crate::document::breaks::Breaks;
use crate::document::line_break::LineBreak;

/// What a cached index starts with; another version has another number.
const MAGIC: &[u8] = b"hextant lines 1\n";
const CHECKSUM: usize = size_of::<u64>();

impl LineIndex {
    /// All counts as bytes, for a cache: the magic, the line break (1 byte), the size of a chunk and the length of the base
    /// (8 bytes each, little-endian), the counts of each chunk (LEB128; behind a chunk without newlines, how many more such
    /// chunks follow), and a checksum of it all. None unless it is complete, and nothing was lost.
    ///
    /// Time in proportion to the chunks: for jobs.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        if !self.is_complete() || self.lost_from() < u64::MAX {
            return None;
        }
        let mut bytes = MAGIC.to_vec();
        bytes.push(self.line_break as u8);
        bytes.extend_from_slice(&self.chunk.to_le_bytes());
        bytes.extend_from_slice(&self.len.to_le_bytes());
        let mut chunk = 0;
        while chunk < self.chunks() {
            let newlines = self.chunk_newlines(chunk)?;
            for lane in 0..self.lanes() as u64 {
                push_number(&mut bytes, newlines.at(lane));
            }
            chunk += 1;
            if newlines.is_none() {
                let next = self.range_of(chunk - 1).end;
                let end = self.skip_forward(next, 0).min(self.skip_forward(next, 1)).div_ceil(self.chunk);
                push_number(&mut bytes, end - chunk);
                chunk = end;
            }
        }
        bytes.extend_from_slice(&checksum(&bytes).to_le_bytes());
        Some(bytes)
    }

    /// The index that [`LineIndex::to_bytes`] wrote, for a base of `len` bytes now: of the same base, or of one that only
    /// got longer since, of which what is new is left to be counted. None on any doubt.
    ///
    /// Time in proportion to the chunks: for jobs.
    pub fn from_bytes(bytes: &[u8], len: u64) -> Option<Self> {
        let (bytes, sum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM)?)?;
        if sum != checksum(bytes).to_le_bytes() {
            return None;
        }
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let all = [LineBreak::Lf, LineBreak::Cr, LineBreak::Utf16Le, LineBreak::Utf16Be];
        let number = take(&mut rest, 1)?[0];
        let line_break = all.into_iter().find(|line_break| *line_break as u8 == number)?;
        let chunk = u64::from_le_bytes(take(&mut rest, 8)?.try_into().ok()?);
        let was = u64::from_le_bytes(take(&mut rest, 8)?.try_into().ok()?);
        let is_sound = chunk.is_power_of_two() && chunk <= LARGEST_CHUNK && was <= len;
        if !is_sound || was.div_ceil(chunk) > MOST_CHUNKS {
            return None;
        }
        let index = Self::over(was, chunk, line_break, Vec::new());
        let mut chunk = 0;
        while chunk < index.chunks() {
            let range = index.range_of(chunk);
            let first = take_number(&mut rest)?;
            let second = if index.lanes() == 1 { first } else { take_number(&mut rest)? };
            let most = (range.end - range.start).div_ceil(line_break.width());
            if first.max(second) > most {
                return None;
            }
            let newlines = Breaks::new(first, second);
            index.publish(range.clone(), newlines);
            chunk += 1;
            if newlines.is_none() {
                let more = take_number(&mut rest)?;
                let end = chunk.checked_add(more).filter(|end| *end <= index.chunks())?;
                if more > 0 {
                    index.publish(range.end..index.range_of(end - 1).end, newlines);
                }
                chunk = end;
            }
        }
        rest.is_empty().then(|| index.extended(len))
    }
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = take(rest, 1)?[0];
        number |= u64::from(byte & 0x7F).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    rest.split_off(..len)
}

/// Samples of a file, and the bytes of each.
const SAMPLES: u64 = 64;
const SAMPLE: u64 = 4 << 10;

/// A digest of blocks that lie evenly in the first `len` bytes of what `read` reads, the first and the last bytes among them.
/// Reads 256 KiB: all of it where there is no more.
pub fn sampled_checksum<E>(
    len: u64,
    mut read: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
) -> Result<u64, E> {
    let last = len.saturating_sub(SAMPLE);
    let mut sampled = Vec::new();
    for number in 0..SAMPLES {
        let start = (u128::from(last) * u128::from(number) / u128::from(SAMPLES - 1)) as u64;
        // Whole pages are read anyway.
        let start = if start == last { last } else { start - start % SAMPLE };
        let mut block = vec![0; SAMPLE.min(len) as usize];
        read(start, &mut block)?;
        sampled.extend(block);
    }
    Ok(checksum(&sampled))
}

/// FNV-1a, of 64 bits: any one byte that differs makes another sum.
pub fn checksum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}
