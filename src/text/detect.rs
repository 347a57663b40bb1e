//! What encoding a file has, by samples of it.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use super::binary::{looks_binary, utf16_without_mark};
use super::{Encoding, LineEnding, line_ending};

/// Bytes of a file, and where they stand in it.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    pub offset: u64,
    pub bytes: &'a [u8],
}

/// How sure a [`Detected`] encoding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// The file says so, or hardly anything else can be read so.
    Certain,
    /// The samples are so, but could be read in other ways, or there may be more that is not.
    Likely,
    /// By statistics.
    Guess,
}

/// What samples tell of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    pub encoding: Encoding,
    /// Does it start with a byte order mark?
    pub has_bom: bool,
    pub confidence: Confidence,
    /// The commonest in the first sample.
    pub line_ending: Option<LineEnding>,
}

/// Broken UTF-8 is UTF-8 as long as so many sequences are whole for each that is not: text in other encodings hardly
/// ever looks like it.
const WHOLE_PER_BROKEN: u64 = 10;
/// At least so many.
const WHOLE: u64 = 4;

/// Tells what a file of `len` bytes is. The first sample is its start; those behind it may begin and end anywhere, in
/// a character too.
pub fn detect(samples: &[Sample<'_>], len: u64) -> Detected {
    let start = samples.first().map_or(&[][..], |sample| sample.bytes);
    let (encoding, has_bom, confidence) = encoding(samples, start, len);
    Detected { encoding, has_bom, confidence, line_ending: line_ending(start, encoding) }
}

fn encoding(samples: &[Sample<'_>], start: &[u8], len: u64) -> (Encoding, bool, Confidence) {
    for encoding in [Encoding::UTF_8, Encoding::UTF_16LE, Encoding::UTF_16BE] {
        // This would be UTF-32.
        if start.starts_with(encoding.bom()) && !start.starts_with(b"\xff\xfe\0\0") {
            return (encoding, true, Confidence::Certain);
        }
    }
    if let Some(encoding) = utf16_without_mark(start) {
        return (encoding, false, Confidence::Likely);
    }
    let Utf8 { whole, broken } = utf8(samples, len);
    match (whole, broken) {
        (0, 0) => return (Encoding::UTF_8, false, Confidence::Likely),
        (_, 0) => return (Encoding::UTF_8, false, Confidence::Certain),
        _ if whole >= WHOLE && whole >= broken * WHOLE_PER_BROKEN => {
            return (Encoding::UTF_8, false, Confidence::Likely);
        }
        _ => {}
    }
    if looks_binary(&samples.iter().map(|sample| sample.bytes).collect::<Vec<_>>()) {
        return (Encoding::UTF_8, false, Confidence::Likely);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    for sample in samples {
        let end = sample.offset + sample.bytes.len() as u64;
        detector.feed(lines(sample.bytes, sample.offset == 0, end == len), false);
    }
    let guess = detector.guess(None, Utf8Detection::Deny);
    (Encoding::of_whatwg(guess).unwrap_or(Encoding::WINDOWS_1252), false, Confidence::Guess)
}

/// The whole lines of a sample; all of it where there are none.
fn lines(bytes: &[u8], from_start: bool, to_end: bool) -> &[u8] {
    let first = if from_start { Some(0) } else { memchr::memchr(b'\n', bytes).map(|at| at + 1) };
    let last = if to_end { Some(bytes.len()) } else { memchr::memrchr(b'\n', bytes).map(|at| at + 1) };
    match (first, last) {
        (Some(first), Some(last)) if first < last => &bytes[first..last],
        _ => bytes,
    }
}

/// Sequences of more than one byte, whole and broken.
#[derive(Default)]
struct Utf8 {
    whole: u64,
    broken: u64,
}

fn utf8(samples: &[Sample<'_>], len: u64) -> Utf8 {
    let mut found = Utf8::default();
    for &Sample { offset, bytes } in samples {
        // A sample may begin in the midst of a sequence, and end there.
        let cut = bytes.iter().take(3).take_while(|byte| (0x80..0xc0).contains(*byte)).count();
        let mut rest = if offset == 0 { bytes } else { &bytes[cut..] };
        let is_end = offset + bytes.len() as u64 == len;
        loop {
            let (valid, error) = match str::from_utf8(rest) {
                Ok(text) => (text, None),
                Err(error) => (str::from_utf8(&rest[..error.valid_up_to()]).unwrap_or_default(), Some(error)),
            };
            // What goes on a sequence is all but its first byte.
            found.whole += valid.bytes().filter(|byte| *byte >= 0xc0).count() as u64;
            let Some(error) = error else { break };
            let Some(invalid) = error.error_len() else {
                found.broken += u64::from(is_end);
                break;
            };
            found.broken += 1;
            rest = &rest[error.valid_up_to() + invalid..];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(bytes: &[u8]) -> Detected {
        detect(&[Sample { offset: 0, bytes }], bytes.len() as u64)
    }

    #[track_caller]
    fn check(bytes: &[u8], name: &str, has_bom: bool, confidence: Confidence) {
        let detected = whole(bytes);
        assert_eq!(
            (detected.encoding.name(), detected.has_bom, detected.confidence),
            (name, has_bom, confidence),
            "{}",
            bytes[..bytes.len().min(40)].escape_ascii()
        );
    }

    #[test]
    fn unicode_is_told_by_its_marks_and_its_form() {
        use Confidence::{Certain, Likely};
        check(b"", "UTF-8", false, Likely);
        check(b"plain", "UTF-8", false, Likely);
        check("plain – ünïcödé".as_bytes(), "UTF-8", false, Certain);
        check("\u{feff}x".as_bytes(), "UTF-8", true, Certain);
        for (encoding, name) in [(Encoding::UTF_16LE, "UTF-16 LE"), (Encoding::UTF_16BE, "UTF-16 BE")] {
            let bytes = |text: &str| encoding.encode(text).unwrap().into_owned();
            check(&bytes("\u{feff}"), name, true, Certain);
            check(&bytes("\u{feff}中文"), name, true, Certain);
            check(&bytes("Windows Registry Editor\r\n"), name, false, Likely);
            check(&bytes(&"天地玄黃 宇宙洪荒\n日月盈昃 辰宿列張\n".repeat(4)), name, false, Likely);
            check(&bytes(&"Съешь же ещё этих мягких булок\n".repeat(2)), name, false, Likely);
        }
        // UTF-32: nothing that can be read.
        check(b"\xff\xfe\0\0a\0\0\0", "UTF-8", false, Likely);
    }

    /// A log in UTF-8 in which a few lines were cut, or came from elsewhere, is still one.
    #[test]
    fn a_few_broken_bytes_do_not_make_another_encoding() {
        let mut log = "Grüße aus dem Süden: über 20 °C\n".repeat(100).into_bytes();
        log.splice(700..700, *b"\xff\xfe caf\xe9\n");
        check(&log, "UTF-8", false, Confidence::Likely);
        check(b"caf\xe9 d\xe9j\xe0 vu", "Windows-1252", false, Confidence::Guess);
    }

    #[test]
    fn legacy_encodings_are_guessed() {
        for (name, text) in [
            ("Windows-1252", "Bücher, Äpfel und Übergrößen kosten weniger als gewöhnlich.\n"),
            ("Windows-1251", "Съешь же ещё этих мягких французских булок, да выпей чаю.\n"),
            // All of KOI8-R that is a letter, and Ukrainian.
            ("KOI8-U", "Съешь же ещё этих мягких французских булок, да выпей чаю.\n"),
            ("Windows-1250", "Příliš žluťoučký kůň úpěl ďábelské ódy, řekl člověk.\n"),
            ("Windows-1253", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.\n"),
            ("Shift_JIS", "いろはにほへと ちりぬるを 漢字とカタカナ。\n"),
            ("EUC-JP", "いろはにほへと ちりぬるを 漢字とカタカナ。\n"),
            ("GBK", "天地玄黄，宇宙洪荒。日月盈昃，辰宿列张。这是一个测试文件。\n"),
            ("Big5", "天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。這是一個測試檔案。\n"),
            ("EUC-KR", "키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다.\n"),
        ] {
            let encoding = Encoding::named(name).unwrap();
            let bytes = encoding.encode(&text.repeat(5)).unwrap().into_owned();
            check(&bytes, encoding.name(), false, Confidence::Guess);
        }
        check(b"\xe9", "Windows-1252", false, Confidence::Guess);
    }

    #[test]
    fn samples_may_be_cut_anywhere() {
        let text = "いろはにほへと ちりぬるを 漢字とカタカナ。\n".repeat(50);
        for encoding in [Encoding::UTF_8, Encoding::named("EUC-JP").unwrap()] {
            let bytes = encoding.encode(&text).unwrap().into_owned();
            for at in 400..420 {
                let samples = [(0, &bytes[..at]), (at as u64, &bytes[at..at + 401])];
                let samples = samples.map(|(offset, bytes)| Sample { offset, bytes });
                let detected = detect(&samples, bytes.len() as u64);
                assert_eq!(detected.encoding, encoding, "{at}");
                if encoding == Encoding::UTF_8 {
                    assert_eq!(detected.confidence, Confidence::Certain, "{at}");
                }
            }
        }
    }

    #[test]
    fn line_ends_are_those_of_the_encoding() {
        let utf16 = |text: &str| Encoding::UTF_16LE.encode(text).unwrap().into_owned();
        assert_eq!(whole(&utf16("\u{feff}a\r\nb\r\n")).line_ending, Some(LineEnding::CrLf));
        // U+0A0D is no line end.
        assert_eq!(whole(&utf16("\u{feff}\u{a0d}")).line_ending, None);
        assert_eq!(whole(b"a\rb\r").line_ending, Some(LineEnding::Cr));
        assert_eq!(whole(b"a\rb\n").line_ending, Some(LineEnding::Lf));
    }
}
