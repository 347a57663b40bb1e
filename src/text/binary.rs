//! Is a file for the hex view or for the text view?

use super::Encoding;

/// NULs in a row from this many on are padding: a log that was rotated by truncation, or that a crash left
/// preallocated, has up to gigabytes of them (klogg#459), and is a log all the same.
const PADDING: usize = 32;

/// Where binary formats have their headers.
const HEAD: usize = 512;

/// Should a file with these samples (its start first, then further stretches, if any) be opened as hex?
///
/// Binary is what has NULs (apart from long runs of them) or more than a few control characters. High bytes say
/// nothing: text may be in any encoding, or broken. UTF-16 is text, an empty file is text, a file of nothing but
/// NULs is binary. A guess, as it must be.
pub fn looks_binary(samples: &[&[u8]]) -> bool {
    if samples.first().is_some_and(|start| looks_utf16(start)) {
        return false;
    }
    let mut counts = Counts::default();
    for sample in samples {
        counts.add(sample);
    }
    let head = samples.first().map_or(&[][..], |start| &start[..HEAD.min(start.len())]);
    let mut head_counts = Counts::default();
    head_counts.add(head);
    let Counts { others, nuls, controls, padding } = counts;
    if others == 0 {
        return nuls + padding > 0;
    }
    head_counts.nuls > 0 || nuls * 1000 > others || controls * 25 > others + 25
}

#[derive(Default)]
struct Counts {
    /// NULs in runs of [`PADDING`] or more.
    padding: u64,
    /// NULs elsewhere.
    nuls: u64,
    /// Control characters that no text has.
    controls: u64,
    /// All bytes but NULs.
    others: u64,
}

impl Counts {
    fn add(&mut self, sample: &[u8]) {
        for run in sample.chunk_by(|a, b| (*a == 0) == (*b == 0)) {
            let len = run.len() as u64;
            match run[0] {
                0 if run.len() >= PADDING => self.padding += len,
                0 => self.nuls += len,
                _ => {
                    self.others += len;
                    self.controls += run.iter().filter(|&&byte| is_foreign(byte)).count() as u64;
                }
            }
        }
    }
}

/// A control character that text does not have. Text has tabs, line ends, form feeds, backspaces (overstrike),
/// escapes (colours), BEL, and separators: SOH in FIX logs, FS to US in library records.
fn is_foreign(byte: u8) -> bool {
    matches!(byte, 0x02..=0x06 | 0x0e..=0x1a | 0x7f)
}

/// Is this the start of UTF-16 text, with or without a byte order mark?
fn looks_utf16(start: &[u8]) -> bool {
    match start {
        // This would be UTF-32.
        [0xff, 0xfe, 0, 0, ..] => false,
        [0xff, 0xfe, rest @ ..] => Units::of(rest, u16::from_le_bytes).is_text(),
        [0xfe, 0xff, rest @ ..] => Units::of(rest, u16::from_be_bytes).is_text(),
        _ => utf16_without_mark(start).is_some(),
    }
}

/// The byte order of the UTF-16 text that starts with `start`, which has no byte order mark.
///
/// Nearly all of it has to be letters and punctuation of living scripts, and some of it ASCII: whatever the script,
/// text has spaces or line ends, of which one byte is zero, as no byte of text in other encodings is.
pub(super) fn utf16_without_mark(start: &[u8]) -> Option<Encoding> {
    let fits = |units: Units| units.ascii > 1 && units.is_text() && units.common * 20 >= units.all * 19;
    if fits(Units::of(start, u16::from_le_bytes)) {
        Some(Encoding::UTF_16LE)
    } else {
        fits(Units::of(start, u16::from_be_bytes)).then_some(Encoding::UTF_16BE)
    }
}

/// How many units of UTF-16 are what.
#[derive(Default)]
struct Units {
    all: u64,
    ascii: u64,
    /// Of scripts that are written today, ASCII included.
    common: u64,
    /// What no text has.
    foreign: u64,
}

impl Units {
    fn of(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Self {
        let mut units = Self::default();
        for &pair in bytes.as_chunks::<2>().0 {
            units.all += 1;
            match unit(pair) {
                0 => units.foreign += 1,
                code @ 1..=0x7f if is_foreign(code as u8) => units.foreign += 1,
                0x80..=0x9f | 0xfffe.. => units.foreign += 1,
                0x01..=0x7f => {
                    units.ascii += 1;
                    units.common += 1;
                }
                // Latin, Greek, Cyrillic, Hebrew, Arabic; punctuation; kana, Han, Hangul; emoji; full width.
                0xa0..=0x6ff
                | 0x2000..=0x206f
                | 0x3000..=0x30ff
                | 0x4e00..=0x9fff
                | 0xac00..=0xd7a3
                | 0xd83c..=0xd83e
                | 0xdc00..=0xdfff
                | 0xfeff
                | 0xff01..=0xffee => units.common += 1,
                _ => {}
            }
        }
        units
    }

    fn is_text(&self) -> bool {
        self.foreign * 50 <= self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    /// Bytes without pattern, as compressed or encrypted ones.
    fn noise(len: usize) -> Vec<u8> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        (0..len).map(|_| next()).collect()
    }

    #[test]
    fn text_is_text() {
        let log = b"2026-11-02T04:11:10 WARN [475] backoff stopped\n".repeat(20);
        let fix = b"8=FIX.4.2\x019=65\x0135=A\x0149=SERVER\x0156=CLIENT\x0134=177\x01".repeat(20);
        let colours = b"\x1b[31merror\x1b[0m: no\r\n".repeat(20);
        let overstrike = b"N\x08NA\x08AM\x08ME\x08E\n".repeat(9);
        let stray = [&log[..], b"\0", &log[..]].concat();
        for sample in [
            &b""[..],
            b"a",
            b"\n",
            b"\x0c",
            b"caf\xe9 d\xe9j\xe0 vu, na\xefve",
            b"\xe4\xb8 broken \xff utf-8 \x80",
            "中文の文字 한국어".as_bytes(),
            b"dos text\r\n\x1a",
            &log,
            &fix,
            &colours,
            &overstrike,
            &stray,
        ] {
            assert!(!looks_binary(&[sample]), "{}", sample.escape_ascii());
        }
        assert!(!looks_binary(&[]));
    }

    #[test]
    fn utf16_is_text() {
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            let latin = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY]\r\n";
            assert!(!looks_binary(&[&utf16(latin, unit)]));
            assert!(!looks_binary(&[&utf16(&format!("\u{feff}{latin}"), unit)]));
            assert!(!looks_binary(&[&utf16("\u{feff}中文の文字\r\n一二三", unit)]));
            assert!(!looks_binary(&[&utf16("\u{feff}", unit)]));
        }
        let mut odd = utf16("\u{feff}cut in the middle", u16::to_le_bytes);
        odd.pop();
        assert!(!looks_binary(&[&odd]));
    }

    #[test]
    fn binary_formats_are_binary() {
        let elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0\x40\x10\0\0\0\0\0\0";
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0\x1f\xf3\xffa";
        let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b\x4c\x4a\x06\0\xc2\x41\x24\x35\x03\0\0\0";
        let sqlite = b"SQLite format 3\0\x10\0\x01\x01\0\x40\x20\x20\0\0\0\x02\0\0\0\x02";
        let wasm = b"\0asm\x01\0\0\0";
        let samples_of_sound: Vec<u8> =
            (0..500_i16).flat_map(|i| ((i * 37) % 200 - 100).to_le_bytes()).collect();
        let small_numbers: Vec<u8> = (0..500_u16).flat_map(|i| (i % 9).to_le_bytes()).collect();
        let tar = [&b"notes.txt"[..], &[0; 91], b"0000644\x000001750\0", &[0; 300], &b"text\n".repeat(500)]
            .concat();
        for sample in [
            &elf[..],
            png,
            gzip,
            sqlite,
            wasm,
            b"\0",
            b"\xff\xfe\0\0a\0\0\0",
            &samples_of_sound,
            &small_numbers,
            &tar,
            &noise(4096),
        ] {
            assert!(looks_binary(&[sample]), "{}", sample.escape_ascii());
        }
    }

    /// klogg#459: 4 GB of zero bytes at the start of a log.
    #[test]
    fn klogg_459_a_log_behind_zeros_is_text() {
        let zeros = [0; 65536];
        let log = b"2026-11-02T04:11:10 WARN [475] backoff stopped\n".repeat(900);
        let seam = [&zeros[..4000], &log].concat();
        assert!(!looks_binary(&[&zeros, &zeros, &log]));
        assert!(!looks_binary(&[&zeros, &log, &log]));
        assert!(!looks_binary(&[&log, &seam, &zeros]), "preallocated");
        assert!(!looks_binary(&[&seam]));
        assert!(looks_binary(&[&zeros, &zeros, &zeros]), "nothing but zeros");
        assert!(looks_binary(&[&zeros, &noise(65536), &zeros]), "a disk image");
    }
}
