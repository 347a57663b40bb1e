//! How lines end: LF, CR LF, and the lone CR of old.

use super::{Encoding, Reading};
use crate::document::LineBreak;

/// What Enter inserts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnding {
    #[default]
    Lf,
    CrLf,
    /// Of documents of old.
    Cr,
}

impl LineEnding {
    pub fn bytes(self) -> &'static [u8] {
        self.as_str().as_bytes()
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }

    /// As the status bar names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lf => "LF",
            Self::CrLf => "CRLF",
            Self::Cr => "CR",
        }
    }
}

impl Reading {
    /// Which line end a cell of kind `LineEnd` is; `bytes` are those of the cell.
    pub fn line_ending(&self, bytes: &[u8]) -> LineEnding {
        match (bytes.len() as u64 / self.encoding.unit(), self.line_break) {
            (2.., _) => LineEnding::CrLf,
            (_, LineBreak::Cr) => LineEnding::Cr,
            _ => LineEnding::Lf,
        }
    }
}

/// How many line ends of each kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineEndings {
    pub lf: u64,
    pub crlf: u64,
    /// A CR that no LF follows: not a line end to Hextant, but one to old systems.
    pub cr: u64,
}

impl LineEndings {
    /// The commoner of LF and CR LF, LF if they are equally common; CR where there are no others; `None` if there are
    /// none.
    pub fn majority(self) -> Option<LineEnding> {
        match (self.lf, self.crlf) {
            (0, 0) => (self.cr > 0).then_some(LineEnding::Cr),
            (lf, crlf) if crlf > lf => Some(LineEnding::CrLf),
            _ => Some(LineEnding::Lf),
        }
    }

    /// How many kinds there are.
    pub fn kinds(self) -> usize {
        [self.lf, self.crlf, self.cr].into_iter().filter(|&count| count > 0).count()
    }

    /// As the status bar names them: "LF", "CRLF", "CR", "Mixed"; `None` if there are none.
    pub fn name(self) -> Option<&'static str> {
        match self.kinds() {
            0 | 1 => self.majority().map(LineEnding::name),
            _ => Some("Mixed"),
        }
    }
}

/// The commoner line end in `sample`, the start of a text; see [`LineEndings::majority`].
pub fn line_ending(sample: &[u8], encoding: Encoding) -> Option<LineEnding> {
    let mut counter = LineEndingCounter::new(encoding);
    counter.add(sample);
    counter.counts.majority()
}

/// Counts the line ends of a stream of bytes, in pieces cut anywhere.
pub struct LineEndingCounter {
    encoding: Encoding,
    counts: LineEndings,
    /// The last unit was a CR, of which it is not known what follows.
    holds_cr: bool,
    /// The first byte of a unit of two.
    half: Option<u8>,
}

impl LineEndingCounter {
    pub fn new(encoding: Encoding) -> Self {
        Self { encoding, counts: LineEndings::default(), holds_cr: false, half: None }
    }

    /// Goes on with `bytes`.
    pub fn add(&mut self, bytes: &[u8]) {
        match (self.encoding.unit(), bytes) {
            (_, []) => {}
            (1, [first, rest @ ..]) => {
                let held = std::mem::take(&mut self.holds_cr);
                let is_crlf = held && *first == b'\n';
                self.counts.crlf += u64::from(is_crlf);
                self.counts.cr += u64::from(held && !is_crlf);
                let bytes = if is_crlf { rest } else { bytes };
                let LineEndings { lf, crlf, cr } = line_endings(bytes);
                self.counts.lf += lf;
                self.counts.crlf += crlf;
                self.counts.cr += cr;
                self.holds_cr = bytes.ends_with(b"\r");
            }
            (_, [first, rest @ ..]) => {
                let mut bytes = bytes;
                if let Some(half) = self.half.take() {
                    self.unit([half, *first]);
                    bytes = rest;
                }
                let (units, odd) = bytes.as_chunks::<2>();
                units.iter().for_each(|unit| self.unit(*unit));
                self.half = odd.first().copied();
            }
        }
    }

    /// Goes on with so many zero bytes.
    pub fn add_zeros(&mut self, count: u64) {
        // They end a line nowhere, but a unit, and what a CR may have begun.
        self.add(&[0; 4][..count.min(4) as usize]);
        if count > 4 && count % 2 == 1 && self.encoding.unit() > 1 {
            self.add(&[0]);
        }
    }

    fn unit(&mut self, unit: [u8; 2]) {
        let le = self.encoding == Encoding::UTF_16LE;
        let code = if le { u16::from_le_bytes(unit) } else { u16::from_be_bytes(unit) };
        let held = std::mem::take(&mut self.holds_cr);
        match code {
            0x0a if held => self.counts.crlf += 1,
            0x0a => self.counts.lf += 1,
            _ => self.counts.cr += u64::from(held),
        }
        self.holds_cr = code == 0x0d;
    }

    /// The counts, at the end.
    pub fn finish(mut self) -> LineEndings {
        self.counts.cr += u64::from(self.holds_cr);
        self.counts
    }
}

/// Counts the line ends in `sample`. A CR that ends it counts as none: what follows is not known.
fn line_endings(sample: &[u8]) -> LineEndings {
    let mut counts = LineEndings::default();
    // The CR that may be half of a line end.
    let mut cr_at = None;
    for at in memchr::memchr2_iter(b'\r', b'\n', sample) {
        let follows_cr = cr_at.is_some_and(|cr| cr + 1 == at);
        let is_lf = sample[at] == b'\n';
        match (is_lf, follows_cr) {
            (true, true) => counts.crlf += 1,
            (true, false) => {
                counts.lf += 1;
                counts.cr += u64::from(cr_at.is_some());
            }
            (false, _) => counts.cr += u64::from(cr_at.is_some()),
        }
        cr_at = (!is_lf).then_some(at);
    }
    counts.cr += u64::from(cr_at.is_some_and(|cr| cr + 1 < sample.len()));
    counts
}

#[cfg(test)]
mod tests {
    use super::super::CellKind;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_and_names() {
        for (sample, lf, crlf, cr, name) in [
            ("", 0, 0, 0, None),
            ("no end", 0, 0, 0, None),
            ("a\nb\n", 2, 0, 0, Some("LF")),
            ("a\r\nb\r\n", 0, 2, 0, Some("CRLF")),
            ("a\rb\rc", 0, 0, 2, Some("CR")),
            ("a\r\nb\n", 1, 1, 0, Some("Mixed")),
            ("\r\r\n", 0, 1, 1, Some("Mixed")),
            ("\n\r\n\r", 1, 1, 0, Some("Mixed")),
            ("a\r", 0, 0, 0, None),
            ("a\rb\n", 1, 0, 1, Some("Mixed")),
        ] {
            let counts = line_endings(sample.as_bytes());
            assert_eq!(counts, LineEndings { lf, crlf, cr }, "{sample:?}");
            assert_eq!(counts.name(), name, "{sample:?}");
        }
    }

    #[test]
    fn a_cell_tells_which_line_end_it_is() {
        let utf16 = Reading::new(Encoding::UTF_16LE, 8);
        let of_old = Reading { line_break: LineBreak::Cr, ..Reading::utf8(8) };
        for (reading, text, ending) in [
            (Reading::utf8(8), "\n", LineEnding::Lf),
            (Reading::utf8(8), "\r\n", LineEnding::CrLf),
            (of_old, "\r", LineEnding::Cr),
            (utf16, "\n", LineEnding::Lf),
            (utf16, "\r\n", LineEnding::CrLf),
        ] {
            let bytes = reading.encoding.encode(text).unwrap();
            let mut cells = Vec::new();
            reading.cells(&bytes, true, 0, &mut cells);
            assert_eq!((cells.len(), cells[0].kind), (1, CellKind::LineEnd), "{text:?}");
            assert_eq!(reading.line_ending(&bytes), ending, "{text:?}");
        }
    }

    #[test]
    fn enter_inserts_what_most_lines_end_with() {
        let line_ending = |bytes: &[u8]| line_ending(bytes, Encoding::UTF_8);
        assert_eq!(line_ending(b"a\r\nb\r\nc\n"), Some(LineEnding::CrLf));
        assert_eq!(line_ending(b"a\r\nb\n"), Some(LineEnding::Lf));
        assert_eq!(line_ending(b"a\rb\rc"), Some(LineEnding::Cr));
        assert_eq!(line_ending(b"abc"), None);
        assert_eq!(LineEnding::CrLf.bytes(), b"\r\n");
    }

    proptest! {
        #[test]
        fn counts_are_those_of_a_plain_scan(text in "[a\r\n]{0,40}") {
            let crlf = text.matches("\r\n").count() as u64;
            let rest = text.replace("\r\n", "-");
            let cr = rest.strip_suffix('\r').unwrap_or(&rest).matches('\r').count() as u64;
            let lf = rest.matches('\n').count() as u64;
            prop_assert_eq!(line_endings(text.as_bytes()), LineEndings { lf, crlf, cr });
        }

        #[test]
        fn pieces_count_as_the_whole(
            text in "[a\r\n\0Ċ]{0,20}",
            cuts in prop::collection::vec(0usize..50, 0..5),
            encoding in prop::sample::select(&[Encoding::UTF_8, Encoding::UTF_16LE, Encoding::UTF_16BE][..]),
        ) {
            let bytes = encoding.encode(&text).unwrap();
            let mut counter = LineEndingCounter::new(encoding);
            let mut rest = &bytes[..];
            for cut in cuts {
                let (piece, others) = rest.split_at(cut.min(rest.len()));
                match piece.iter().all(|&byte| byte == 0) {
                    true => counter.add_zeros(piece.len() as u64),
                    false => counter.add(piece),
                }
                rest = others;
            }
            counter.add(rest);
            let crlf = text.matches("\r\n").count() as u64;
            let single = text.replace("\r\n", "-");
            let (lf, cr) = (single.matches('\n').count() as u64, single.matches('\r').count() as u64);
            prop_assert_eq!(counter.finish(), LineEndings { lf, crlf, cr });
        }
    }
}
