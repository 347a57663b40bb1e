use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use clap::Parser;

/// Hextant, a desktop editor for text and binary files of any size.
#[derive(Clone, Debug, Default, Parser)]
#[command(version, max_term_width = 100)]
pub struct Arguments {
    /// Files to open: FILE, FILE:LINE or FILE:LINE:COLUMN, or +LINE before a FILE.
    ///
    /// A file that really has such a name wins.
    #[arg(value_name = "FILE")]
    pub files: Vec<OsString>,

    /// Go to this byte, decimal or 0x….
    #[arg(long, value_name = "N", value_parser = parse_offset)]
    pub offset: Option<u64>,

    /// Open as hex.
    #[arg(long)]
    pub hex: bool,

    /// Open without allowing changes.
    #[arg(long)]
    pub read_only: bool,

    /// Open a made-up log of 1 TiB that takes no disk.
    #[arg(long)]
    pub demo: bool,

    /// Use the native Wayland window, where files cannot be dropped yet, instead of XWayland.
    #[arg(long)]
    pub wayland: bool,

    /// Print measurements to standard error: startup, frames or state. May be given several times.
    #[arg(long, value_name = "WHAT", value_parser = ["startup", "frames", "state"])]
    pub log: Vec<String>,
}

/// A file to open, and where to go in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenTarget {
    pub path: PathBuf,
    pub position: Option<Position>,
    pub hex: bool,
    pub read_only: bool,
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
            targets.push(OpenTarget { path, position, hex: self.hex, read_only: self.read_only });
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

fn parse_offset(text: &str) -> Result<u64, String> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let parsed = match hex {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("“{text}” is not a byte offset such as 4096 or 0x1000"))
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
    fn an_offset_is_decimal_or_hex() {
        assert_eq!(targets(&["--offset", "0x10", "a"], &[]), [("a".into(), Some(Position::Offset(16)))]);
        let error = Arguments::try_parse_from(["hextant", "--offset", "12z"]).unwrap_err().to_string();
        assert!(error.contains("12z"), "{error}");
    }
}
