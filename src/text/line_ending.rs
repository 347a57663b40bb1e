//! How lines end: LF, CR LF, and the lone CR of old.

/// What Enter inserts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnding {
    #[default]
    Lf,
    CrLf,
}

impl LineEnding {
    pub fn bytes(self) -> &'static [u8] {
        self.as_str().as_bytes()
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
        }
    }

    /// As the status bar names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lf => "LF",
            Self::CrLf => "CRLF",
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
    /// The commoner of the line ends that Hextant can write; LF if they are equally common, `None` if there are
    /// none.
    pub fn majority(self) -> Option<LineEnding> {
        match (self.lf, self.crlf) {
            (0, 0) => None,
            (lf, crlf) if crlf > lf => Some(LineEnding::CrLf),
            _ => Some(LineEnding::Lf),
        }
    }

    /// As the status bar names them: "LF", "CRLF", "CR", "Mixed"; `None` if there are none.
    pub fn name(self) -> Option<&'static str> {
        match (self.lf > 0, self.crlf > 0, self.cr > 0) {
            (false, false, false) => None,
            (true, false, false) => Some(LineEnding::Lf.name()),
            (false, true, false) => Some(LineEnding::CrLf.name()),
            (false, false, true) => Some("CR"),
            _ => Some("Mixed"),
        }
    }
}

/// The commoner line end in `sample`; see [`LineEndings::majority`].
pub fn line_ending(sample: &[u8]) -> Option<LineEnding> {
    line_endings(sample).majority()
}

/// Counts the line ends in `sample`. A CR that ends it counts as none: what follows is not known.
pub fn line_endings(sample: &[u8]) -> LineEndings {
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
    fn enter_inserts_what_most_lines_end_with() {
        assert_eq!(line_ending(b"a\r\nb\r\nc\n"), Some(LineEnding::CrLf));
        assert_eq!(line_ending(b"a\r\nb\n"), Some(LineEnding::Lf));
        assert_eq!(line_ending(b"a\rb\rc"), None);
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
    }
}
