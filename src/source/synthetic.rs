use std::ops::{ControlFlow, Range};

use super::tally::{self, chunk_end};
use super::{Identity, Lost, SLICE, Scanned, Source, TryRead, check_range};

/// Bytes computed by a formula: a document of any length that needs no disk.
#[derive(Clone, Debug)]
pub struct Synthetic {
    len: u64,
    fill: fn(u64, &mut [u8]),
    lines: Lines,
}

/// What is known of the lines without computing them.
#[derive(Clone, Copy, Debug)]
enum Lines {
    Unknown,
    /// Of this many bytes each, the last one LF and the others printable ASCII.
    Fixed(u64),
}

/// Bytes of a line of [`Synthetic::log`], with its LF.
const LOG_LINE: u64 = 128;

impl Synthetic {
    /// `len` bytes; `fill(offset, buf)` writes those that stand from `offset` on. It must depend on nothing but the
    /// offset, and give the same bytes in whatever portions they are asked for.
    pub fn new(len: u64, fill: fn(u64, &mut [u8])) -> Self {
        Self { len, fill, lines: Lines::Unknown }
    }

    /// A log of `len` bytes in lines of 128: number, time, level, thread and message, each line from its number
    /// alone. Its lines are counted without being computed.
    pub fn log(len: u64) -> Self {
        Self { len, fill: fill_log, lines: Lines::Fixed(LOG_LINE) }
    }
}

impl Source for Synthetic {
    fn len(&self) -> u64 {
        self.len
    }

    fn identity(&self) -> Option<Identity> {
        None
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        check_range(self, &(offset..offset + buf.len() as u64));
        (self.fill)(offset, buf);
        TryRead::Ready
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        check_range(self, &(offset..offset + buf.len() as u64));
        (self.fill)(offset, buf);
        Ok(())
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        check_range(self, &range);
        let mut buffer = vec![0; (range.end - range.start).min(SLICE as u64) as usize];
        let mut offset = range.start;
        while offset < range.end {
            let bytes = &mut buffer[..(range.end - offset).min(SLICE as u64) as usize];
            (self.fill)(offset, bytes);
            visit(Scanned::Data { offset, bytes })?;
            offset += bytes.len() as u64;
        }
        ControlFlow::Continue(())
    }

    fn tally(
        &self,
        range: Range<u64>,
        chunk: u64,
        count: &mut dyn FnMut(&[u8]) -> u64,
        publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        check_range(self, &range);
        // What is 0 for every printable byte together tells of single bytes, and is 0 for each of these: so a chunk's
        // count is that of its line feeds.
        let printable: [u8; 95] = std::array::from_fn(|i| b' ' + i as u8);
        let width = match self.lines {
            Lines::Fixed(width) if count(&printable) == 0 => width,
            _ => return tally::by_scan(self, range, chunk, count, publish),
        };
        let per_line = count(b"\n");
        let mut at = range.start;
        while at < range.end {
            let end = chunk_end(at, chunk, range.end);
            publish(at..end, Ok((end / width - at / width) * per_line))?;
            at = end;
        }
        ControlFlow::Continue(())
    }
}

fn fill_log(offset: u64, mut buf: &mut [u8]) {
    let mut number = offset / LOG_LINE;
    let mut skip = (offset % LOG_LINE) as usize;
    while !buf.is_empty() {
        let line = log_line(number);
        let part = &line[skip..];
        let (filled, rest) = buf.split_at_mut(part.len().min(buf.len()));
        filled.copy_from_slice(&part[..filled.len()]);
        buf = rest;
        skip = 0;
        number += 1;
    }
}

const MESSAGES: [&[u8]; 8] = [
    b"accepted connection from 10.0.",
    b"served request in microseconds: ",
    b"cache miss, loading block ",
    b"wrote checkpoint, sequence ",
    b"queue drained, items handled: ",
    b"renewed lease of session ",
    b"compacted segment, bytes freed: ",
    b"heartbeat, peers reachable: ",
];

/// Line `number`, counted from 0; its printed number, from 1, has twelve digits and then starts again.
fn log_line(number: u64) -> [u8; LOG_LINE as usize] {
    let noise = scramble(number);
    let mut line = Line { bytes: [b' '; LOG_LINE as usize], end: 0 };
    line.decimal(number.wrapping_add(1), 12);
    line.end += 1;
    // 37 ms and a bit a line, so that times rise; a century later they start again.
    line.time(number.wrapping_mul(37).wrapping_add(noise % 37));
    line.end += 1;
    let level: &[u8] = match noise >> 8 & 0xFF {
        0 => b"ERROR",
        1..8 => b"WARN ",
        8..40 => b"DEBUG",
        _ => b"INFO ",
    };
    line.text(level);
    line.text(b" [worker-");
    line.decimal(noise >> 16 & 15, 2);
    line.text(b"] ");
    line.text(MESSAGES[(noise >> 20 & 7) as usize]);
    line.decimal(noise >> 24 & 0xFFFF, 5);
    line.text(b" trace=");
    line.hexadecimal(noise);
    line.bytes[LOG_LINE as usize - 1] = b'\n';
    line.bytes
}

/// Mixes the bits of a number thoroughly (the finisher of SplitMix64).
fn scramble(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

struct Line {
    bytes: [u8; LOG_LINE as usize],
    end: usize,
}

impl Line {
    fn text(&mut self, text: &[u8]) {
        self.bytes[self.end..self.end + text.len()].copy_from_slice(text);
        self.end += text.len();
    }

    /// The lowest `digits` digits.
    fn decimal(&mut self, mut number: u64, digits: usize) {
        for byte in self.bytes[self.end..self.end + digits].iter_mut().rev() {
            *byte = b'0' + (number % 10) as u8;
            number /= 10;
        }
        self.end += digits;
    }

    fn hexadecimal(&mut self, number: u64) {
        for (i, byte) in self.bytes[self.end..self.end + 16].iter_mut().enumerate() {
            *byte = b"0123456789abcdef"[(number >> (60 - 4 * i) & 15) as usize];
        }
        self.end += 16;
    }

    /// Milliseconds after the start of 2026, as ISO 8601.
    fn time(&mut self, ms: u64) {
        let (days, ms) = (ms / 86_400_000, ms % 86_400_000);
        let (year, month, day) = date(days % 36_525);
        self.decimal(year, 4);
        self.text(b"-");
        self.decimal(month, 2);
        self.text(b"-");
        self.decimal(day, 2);
        self.text(b"T");
        self.decimal(ms / 3_600_000, 2);
        self.text(b":");
        self.decimal(ms / 60_000 % 60, 2);
        self.text(b":");
        self.decimal(ms / 1000 % 60, 2);
        self.text(b".");
        self.decimal(ms % 1000, 3);
    }
}

/// Year, month and day of the day that is so many days after 2026-01-01, by Howard Hinnant's `civil_from_days`
/// (years that begin in March, so that the leap day comes last).
fn date(days: u64) -> (u64, u64, u64) {
    const FROM_MARCH_OF_YEAR_0_TO_2026: u64 = 739_922;
    let z = days + FROM_MARCH_OF_YEAR_0_TO_2026;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year_of_era + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u64) -> String {
        let mut bytes = [0; LOG_LINE as usize];
        Synthetic::log(u64::MAX).read_at(number * LOG_LINE, &mut bytes).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn a_log_looks_like_one() {
        assert!(line(0).starts_with("000000000001 2026-01-01T00:00:00.0"), "{}", line(0));
        assert!(line(99).starts_with("000000000100 2026-01-01T00:00:03."), "{}", line(99));
        let feb_29_2028 = (365 + 365 + 31 + 28) * 86_400_000 / 37 + 1;
        assert!(line(feb_29_2028)[13..].starts_with("2028-02-29T00:00:00"), "{}", line(feb_29_2028));
        let next_day = feb_29_2028 + 86_400_000 / 37;
        assert!(line(next_day)[13..].starts_with("2028-03-01T00:00:00"), "{}", line(next_day));
        for number in (0..5000).chain([1 << 33, (1 << 57) - 2]) {
            let line = line(number);
            assert_eq!(line.find('\n'), Some(127));
            assert!(line[..127].bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }
        let errors = (0..5000).filter(|&number| line(number).contains("ERROR")).count();
        assert!((5..50).contains(&errors), "{errors}");
    }

    #[test]
    fn a_log_reads_the_same_in_any_portions() {
        let log = Synthetic::log(1 << 40);
        let mut whole = [0; 1000];
        log.read_at((1 << 39) - 500, &mut whole).unwrap();
        for portion in [1, 7, 127, 128, 129, 400] {
            let mut again = Vec::new();
            for at in (0..1000).step_by(portion) {
                let mut part = vec![0; portion.min(1000 - at)];
                assert_eq!(log.try_read_at((1 << 39) - 500 + at as u64, &mut part), TryRead::Ready);
                again.extend(part);
            }
            assert_eq!(again, whole);
        }
    }

    /// The formula against the bytes; and what the formula does not know is counted.
    #[test]
    fn a_log_is_counted_without_being_computed() {
        let log = Synthetic::log(1000 * LOG_LINE + 50);
        for range in [0..log.len(), 127..128, 128..255, 300..77_777, 500..500] {
            for chunk in [1, 100, 128, 4096, u64::MAX] {
                for counted in [b'\n', b'E', b'0'] {
                    let count =
                        &mut |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == counted).count() as u64;
                    let (mut fast, mut slow) = (Vec::new(), Vec::new());
                    let _ = log.tally(range.clone(), chunk, count, &mut |chunk, count| {
                        fast.push((chunk, count));
                        ControlFlow::Continue(())
                    });
                    let _ = tally::by_scan(&log, range.clone(), chunk, count, &mut |chunk, count| {
                        slow.push((chunk, count));
                        ControlFlow::Continue(())
                    });
                    assert_eq!(fast, slow);
                }
            }
        }
        let tebibyte = Synthetic::log(1 << 40);
        let (mut computed, mut lines) = (0, 0);
        let newlines = &mut |bytes: &[u8]| {
            computed += bytes.len();
            bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
        };
        let _ = tebibyte.tally(0..1 << 40, 64 << 10, newlines, &mut |_, count| {
            lines += count.unwrap();
            ControlFlow::Continue(())
        });
        assert_eq!(lines, 1 << 33);
        assert!(computed < 1000);
    }
}
