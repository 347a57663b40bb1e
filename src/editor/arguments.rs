use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use clap::Parser;

use super::headless::Headless;
use crate::text::Encoding;

/// Hextant, a desktop editor for text and binary files of any size.
#[derive(Clone, Debug, Default, Parser)]
#[command(version, max_term_width = 100)]
pub struct Arguments {
    /// Files to open: FILE, FILE:LINE or FILE:LINE:COLUMN, or +LINE before a FILE; - is standard input.
    ///
    /// A file that really has such a name wins.
    #[arg(value_name = "FILE")]
    pub files: Vec<OsString>,

    /// Go to this byte: 4096, 0x1000 or 4K.
    #[arg(long, value_name = "N", value_parser = parse_bytes)]
    pub offset: Option<u64>,

    /// Open as hex.
    #[arg(long)]
    pub hex: bool,

    /// Open without allowing changes.
    #[arg(long)]
    pub read_only: bool,

    /// Open only this part: 0x1000..0x2000, 1G..+64K, or 1G.. up to the end.
    ///
    /// Positions count from its start; edits and saving stay inside it.
    #[arg(long, value_name = "FROM..TO", value_parser = parse_part)]
    pub range: Option<Part>,

    /// Read the text in this encoding, such as UTF-16LE, Windows-1252 or Shift_JIS.
    #[arg(long, value_name = "NAME", value_parser = parse_encoding)]
    pub encoding: Option<Encoding>,

    /// Show the bytes of compressed files as they are.
    #[arg(long)]
    pub raw: bool,

    /// Neither keep line counts of large files for the next time, nor use those that were kept.
    #[arg(long)]
    pub no_cache: bool,

    /// Stay at the end of files that grow.
    #[arg(long)]
    pub follow: bool,

    /// Open a made-up log of 1 TiB that takes no disk.
    #[arg(long)]
    pub demo: bool,

    /// Use the native Wayland window, where files cannot be dropped yet, instead of XWayland.
    #[arg(long)]
    pub wayland: bool,

    /// Print measurements to standard error: startup, frames or state. May be given several times.
    #[arg(long, value_name = "WHAT", value_parser = ["startup", "frames", "state"])]
    pub log: Vec<String>,

    #[command(flatten)]
    pub headless: Headless,
}

/// A file to open, and where to go in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenTarget {
    pub path: PathBuf,
    pub position: Option<Position>,
    pub hex: bool,
    pub read_only: bool,
    pub part: Option<Part>,
    pub encoding: Option<Encoding>,
    /// Are the bytes of a compressed file to be shown as they are?
    pub raw: bool,
    pub follow: bool,
}

/// A part of a file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub start: u64,
    /// `None`: the end of the file.
    pub end: Option<u64>,
}

/// A place in a file, as a person names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// 0-based both.
    Line {
        line: u64,
        column: u64,
    },
    Offset(u64),
    /// To be selected, in bytes.
    Range {
        start: u64,
        end: u64,
    },
}

impl OpenTarget {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }
}

impl Arguments {
    /// The files named, each with its place. `exists` tells whether a path does; it is asked only of names that could
    /// be a file and a place.
    pub fn targets(&self, exists: impl Fn(&Path) -> bool) -> Vec<OpenTarget> {
        let mut targets = Vec::new();
        let mut line = None;
        for file in &self.files {
            if let Some(number) = plus_line(file)
                && !exists(Path::new(file))
            {
                line = Some(Position::Line { line: number, column: 0 });
                continue;
            }
            // The longest name that a file has; where none exists, the shortest.
            let mut places = places(file);
            let (path, position) = match places.iter().position(|(path, _)| exists(path)) {
                Some(index) => places.swap_remove(index),
                None => places.pop().unwrap_or_default(),
            };
            let position = self.offset.map(Position::Offset).or(line.take()).or(position);
            targets.push(OpenTarget {
                path,
                position,
                hex: self.hex,
                read_only: self.read_only,
                part: self.range,
                encoding: self.encoding,
                raw: self.raw,
                follow: self.follow,
            });
        }
        targets
    }
}

/// `+12` means line 12.
fn plus_line(argument: &OsStr) -> Option<u64> {
    argument.to_str()?.strip_prefix('+')?.parse::<u64>().ok().map(|line| line.saturating_sub(1))
}

/// What `FILE:12:5` may mean, the longest name first: also `FILE:12`, and `FILE:12:` as compilers print it.
fn places(argument: &OsStr) -> Vec<(PathBuf, Option<Position>)> {
    let bytes = argument.as_bytes();
    let bytes = bytes.strip_suffix(b":").unwrap_or(bytes);
    let number = |bytes: &[u8]| -> Option<(usize, u64)> {
        let colon = bytes.iter().rposition(|&byte| byte == b':')?;
        let digits = std::str::from_utf8(&bytes[colon + 1..]).ok()?;
        let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        (colon > 0 && all_digits).then(|| digits.parse().ok().map(|number| (colon, number)))?
    };
    let place = |end: usize, line: u64, column: u64| {
        let path = PathBuf::from(OsString::from_vec(bytes[..end].to_vec()));
        (path, Some(Position::Line { line: line.saturating_sub(1), column: column.saturating_sub(1) }))
    };
    let mut places = vec![(argument.into(), None)];
    if let Some((at, last)) = number(bytes) {
        places.push(place(at, last, 1));
        if let Some((first_at, first)) = number(&bytes[..at]) {
            places.push(place(first_at, first, last));
        }
    }
    places
}

/// A number of bytes: decimal, 0x…, or decimal with a unit of 1024.
fn parse_bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("“{text}” is not a number of bytes such as 4096, 0x1000 or 4K");
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    if let Some(digits) = hex {
        return u64::from_str_radix(digits, 16).map_err(|_| wrong());
    }
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let power = match text[number.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KIB" => 1,
        "M" | "MIB" => 2,
        "G" | "GIB" => 3,
        "T" | "TIB" => 4,
        _ => return Err(wrong()),
    };
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << (10 * power)));
    bytes.ok_or_else(wrong)
}

/// What `--range` and the prompt of “Open part” take: `FROM..TO`, `FROM..+LENGTH`, `FROM..`.
pub(super) fn parse_part(text: &str) -> Result<Part, String> {
    let Some((from, to)) = text.split_once("..") else {
        return Err(format!("“{text}” is not a part such as 0x1000..0x2000 or 1G..+64K"));
    };
    let start = parse_bytes(from.trim())?;
    let end = match (to.trim(), to.trim().strip_prefix('+')) {
        ("", _) => None,
        (_, Some(length)) => {
            let end = start.checked_add(parse_bytes(length)?);
            Some(end.ok_or_else(|| format!("“{text}” ends beyond the largest offset there can be"))?)
        }
        (end, None) => Some(parse_bytes(end)?),
    };
    match end {
        Some(end) if end <= start => Err(format!("“{text}” ends where it starts, or before")),
        end => Ok(Part { start, end }),
    }
}

pub(super) fn parse_encoding(text: &str) -> Result<Encoding, String> {
    let wrong =
        || format!("“{text}” is no encoding that Hextant knows; View > Reopen with encoding lists them");
    Encoding::named(text).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(arguments: &[&str], existing: &[&str]) -> Vec<(String, Option<Position>)> {
        let arguments = Arguments::try_parse_from([&["hextant"], arguments].concat()).unwrap();
        let targets = arguments.targets(|path| existing.iter().any(|name| Path::new(name) == path));
        targets
            .into_iter()
            .map(|target| (target.path.to_str().unwrap().to_owned(), target.position))
            .collect()
    }

    fn line(line: u64, column: u64) -> Option<Position> {
        Some(Position::Line { line, column })
    }

    #[test]
    fn places_are_split_off_unless_a_file_has_that_name() {
        assert_eq!(targets(&["a.log:12"], &[]), [("a.log".into(), line(11, 0))]);
        assert_eq!(targets(&["a.log:12:5"], &[]), [("a.log".into(), line(11, 4))]);
        assert_eq!(targets(&["a.log:12:5:"], &[]), [("a.log".into(), line(11, 4))]);
        assert_eq!(targets(&["a.log:12"], &["a.log:12"]), [("a.log:12".into(), None)]);
        assert_eq!(targets(&["log:120:5"], &["log:120"]), [("log:120".into(), line(4, 0))]);
        assert_eq!(targets(&["a:b"], &[]), [("a:b".into(), None)]);
        assert_eq!(targets(&[":12"], &[]), [(":12".into(), None)]);
        assert_eq!(targets(&["a.log:0"], &[]), [("a.log".into(), line(0, 0))]);
        assert_eq!(
            targets(&["a:99999999999999999999999"], &[]),
            [("a:99999999999999999999999".into(), None)]
        );
    }

    #[test]
    fn plus_line_belongs_to_the_next_file() {
        assert_eq!(targets(&["+3", "a", "b"], &[]), [("a".into(), line(2, 0)), ("b".into(), None)]);
        assert_eq!(targets(&["+3"], &["+3"]), [("+3".into(), None)]);
    }

    #[test]
    fn a_part_is_two_offsets_or_one_and_a_length() {
        let part = |start, end| Ok(Part { start, end });
        assert_eq!(parse_part("0x1000..0x2000"), part(0x1000, Some(0x2000)));
        assert_eq!(parse_part("0x1000..+64K"), part(0x1000, Some(0x1000 + (64 << 10))));
        assert_eq!(parse_part("1G.."), part(1 << 30, None));
        assert_eq!(parse_part("2MiB..3mib"), part(2 << 20, Some(3 << 20)));
        for wrong in ["", "12", "12..12", "12..3", "a..b", "1X..2", "..5", "1..+99999999999T", "0x..1"] {
            let error = parse_part(wrong).unwrap_err();
            assert!(error.contains('“'), "{wrong}: {error}");
        }
    }

    #[test]
    fn an_offset_is_decimal_or_hex() {
        assert_eq!(targets(&["--offset", "0x10", "a"], &[]), [("a".into(), Some(Position::Offset(16)))]);
        let error = Arguments::try_parse_from(["hextant", "--offset", "12z"]).unwrap_err().to_string();
        assert!(error.contains("12z"), "{error}");
    }
}
