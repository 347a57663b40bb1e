use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::numbers::Number;
use crate::text::Encoding;

/// What a person looks for: plain data, kept in the history with its switches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Query {
    pub text: String,
    pub kind: Kind,
    pub case: Case,
    /// Neither behind nor before a letter, digit or underscore (by Unicode). Not for bytes and numbers.
    pub whole_word: bool,
    /// In a literal, `\n`, `\r`, `\t`, `\0`, `\\`, `\xNN` (that byte) and `\u{…}` stand for what they name.
    pub escapes: bool,
    /// No match holds a line break, whatever a regex says: `[^,]+` stays in its line.
    pub within_lines: bool,
    /// How text is stored that is looked for; `None` for the document's own encoding.
    #[serde(with = "encoding_name")]
    pub encoding: Option<Encoding>,
    /// How the values of [`Kind::Number`] are stored.
    pub number: Number,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Literal,
    /// In the dialect of the [regex crate](https://docs.rs/regex/latest/regex/#syntax), in which `^` and `$` mean lines,
    /// whether they end with LF, CR LF or CR.
    Regex,
    /// Bytes in hex, with `?` for any digit: `4? 5? DE AD ??`.
    Hex,
    /// Values, or ranges of values: `1, 0x20, 5..9`.
    Number,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Case {
    /// Sensitive if the text has a capital letter.
    #[default]
    Smart,
    Sensitive,
    Insensitive,
}

/// Why nothing can be looked for with a [`Query`], or replaced with a [`super::Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// What is wrong, in bytes of the text. Empty where something is missing.
    pub range: Range<usize>,
    /// In a person's words, a sentence.
    pub message: String,
}

impl QueryError {
    pub(super) fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { range, message: message.into() }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for QueryError {}

impl Query {
    /// The text as it stands.
    pub fn literal(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub fn regex(text: impl Into<String>) -> Self {
        Self { text: text.into(), kind: Kind::Regex, ..Self::default() }
    }
}

/// An encoding by its name.
mod encoding_name {
    use super::{Deserialize, Deserializer, Encoding, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "so serde calls it")]
    pub fn serialize<S: Serializer>(encoding: &Option<Encoding>, serializer: S) -> Result<S::Ok, S::Error> {
        encoding.map(Encoding::name).serialize(serializer)
    }

    /// A name that nobody knows is the document's encoding.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Encoding>, D::Error> {
        let name = Option::<String>::deserialize(deserializer)?;
        Ok(name.and_then(|name| Encoding::named(&name)))
    }
}
