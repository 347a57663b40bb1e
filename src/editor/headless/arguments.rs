use std::path::PathBuf;

use clap::Args;

use crate::editor::arguments::parse_encoding;
use crate::text::Encoding;

/// What is done without a window.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Without a window")]
pub struct Headless {
    /// Print the lines of the files that hold this text (or regex, or bytes).
    #[arg(long, value_name = "PAT", allow_hyphen_values = true, group = "lists")]
    pub find: Option<String>,

    /// Print the lines of the files that the list of matching lines would show: see --include, --exclude and --set.
    #[arg(long, groups = ["lists", "writes"])]
    pub filter: bool,

    /// Show the lines with this text (or regex, or bytes). May be given several times; without it, all are shown.
    #[arg(long, value_name = "PAT", requires = "filter", allow_hyphen_values = true)]
    pub include: Vec<String>,

    /// Hide the lines with this text. May be given several times.
    #[arg(long, value_name = "PAT", requires = "filter", allow_hyphen_values = true)]
    pub exclude: Vec<String>,

    /// Show and hide as this set of filters says, which was named in the window. May be given several times.
    #[arg(long, value_name = "NAME", requires = "filter")]
    pub set: Vec<String>,

    /// A record begins at each line with a match of this regex: it is shown or hidden as a whole.
    #[arg(long, value_name = "REGEX", requires = "filter", allow_hyphen_values = true)]
    pub record: Option<String>,

    /// Print the files with this text (or regex, or bytes) replaced.
    ///
    /// In what replaces a regex, $1, ${name} and \1 are groups, \U \L \E \u \l change case.
    #[arg(long, num_args = 2, value_names = ["PAT", "WITH"], allow_hyphen_values = true, group = "writes", conflicts_with = "find")]
    pub replace: Vec<String>,

    /// PAT is a regex, in the dialect of Rust's regex crate.
    #[arg(long, conflicts_with_all = ["hex_pattern", "escapes"])]
    pub regex: bool,

    /// PAT (and WITH) are bytes in hex; ? stands for any digit.
    #[arg(long)]
    pub hex_pattern: bool,

    /// In PAT (and WITH), \n \r \t \0 \\ \xNN \u{20AC} stand for what they name.
    #[arg(long)]
    pub escapes: bool,

    /// Capital or not is the same.
    #[arg(short = 'i', long)]
    pub ignore_case: bool,

    /// PAT (and WITH) are text in this encoding, if not in that of the file: UTF-16 in a binary file.
    #[arg(long, value_name = "NAME", value_parser = parse_encoding, conflicts_with = "hex_pattern")]
    pub pattern_encoding: Option<Encoding>,

    /// Only lines from this time on: 2026-11-25 14:05:33, or a part of it, such as 14:05 or 2026-11-25.
    ///
    /// Times are recognised as ISO 8601, in the common log format, as syslog writes them, and in seconds since 1970; lines
    /// without one go with the line before. Found by a binary search: the lines have to be in order, nearly.
    #[arg(long, value_name = "TIME", conflicts_with = "follow")]
    pub since: Option<String>,

    /// Only lines before this time.
    #[arg(long, value_name = "TIME", conflicts_with = "follow")]
    pub until: Option<String>,

    /// Whole words only.
    #[arg(short = 'w', long)]
    pub word: bool,

    /// Print only how many lines match.
    #[arg(short = 'c', long, requires = "lists")]
    pub count: bool,

    /// Print only how many matches there are.
    #[arg(long, requires = "find", conflicts_with = "invert")]
    pub count_matches: bool,

    /// Print line numbers.
    #[arg(short = 'n', long, requires = "lists")]
    pub line_number: bool,

    /// Print only the matches, each on a line of its own.
    #[arg(short = 'o', long, requires = "find", conflicts_with = "invert")]
    pub only_matching: bool,

    /// The lines that do not match.
    #[arg(short = 'v', long, requires = "find")]
    pub invert: bool,

    /// Print only the names of files with matches.
    #[arg(short = 'l', long, requires = "find")]
    pub files_with_matches: bool,

    /// Print nothing; the exit status says whether there is a match.
    #[arg(short = 'q', long, requires = "find")]
    pub quiet: bool,

    /// Stop after N lines of each file.
    #[arg(short = 'm', long, value_name = "N", requires = "find")]
    pub max_count: Option<u64>,

    /// Print N lines after each match.
    #[arg(short = 'A', long, value_name = "N", requires = "find")]
    pub after: Option<u64>,

    /// Print N lines before each match.
    #[arg(short = 'B', long, value_name = "N", requires = "find")]
    pub before: Option<u64>,

    /// Print N lines around each match.
    #[arg(short = 'C', long, value_name = "N", requires = "lists")]
    pub context: Option<u64>,

    /// Print at which byte each line starts (or, with -o, each match).
    #[arg(long, requires = "find")]
    pub offsets: bool,

    /// Print each match as a line of JSON: path, line, offset, length, and text (or bytes in hex).
    #[arg(long, requires = "find", conflicts_with_all = ["invert", "count", "count_matches", "only_matching"])]
    pub json: bool,

    /// Write what comes of --replace or --filter to this file.
    #[arg(long, value_name = "FILE", requires = "writes", conflicts_with = "in_place")]
    pub output: Option<PathBuf>,

    /// Write what comes of --replace back to each file, all or nothing; with =SUFFIX, keep the old one under that name.
    #[arg(long, value_name = "SUFFIX", requires = "replace", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub in_place: Option<String>,

    /// Say only how many matches would be replaced and what size would come of it.
    #[arg(long, requires = "replace")]
    pub dry_run: bool,

    /// Write nothing unless there are exactly N matches in all.
    #[arg(long, value_name = "N", requires = "replace")]
    pub expect: Option<u64>,

    /// Write nothing if a file would become longer or shorter.
    #[arg(long, requires = "replace")]
    pub keep_size: bool,
}
