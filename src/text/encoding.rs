//! How characters are stored.
//!
//! Hextant reads text from the middle of files of any size, so every encoding here can be read from the middle:
//! where a character starts is plain from the few bytes around it, or from the last line break. ISO-2022-JP is
//! left out for that: its bytes mean what an escape sequence said, however far back. So are `replacement` and
//! `x-user-defined`, which are not for files.

use std::sync::OnceLock;

use super::first::First;
use super::table::{Source, Table};
use super::{utf8, utf16};
use crate::document::LineBreak;

/// A character encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoding(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Utf8,
    Utf16Le,
    Utf16Be,
    /// An index of [`LEGACY`].
    Legacy(u8),
}

/// An encoding that is read by a [`Table`].
struct Legacy {
    name: &'static str,
    group: &'static str,
    /// Names of its own; those of the WHATWG's encodings come from there.
    aliases: &'static [&'static str],
    source: Source,
}

const fn latin_1() -> Legacy {
    let aliases = &["iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "l1"];
    Legacy { name: "Latin-1", group: "Western European", aliases, source: Source::Latin1 }
}

const fn ebcdic() -> Legacy {
    let aliases = &["cp037", "cp37", "ibm037", "ibm-037", "ebcdic-cp-us", "ebcdic"];
    Legacy { name: "EBCDIC (cp037)", group: "Mainframe", aliases, source: Source::Ebcdic }
}

const fn whatwg(name: &'static str, group: &'static str, encoding: &'static encoding_rs::Encoding) -> Legacy {
    Legacy { name, group, aliases: &[], source: Source::Whatwg(encoding) }
}

const LEGACY_COUNT: usize = 35;

/// In the order of the menu.
static LEGACY: [Legacy; LEGACY_COUNT] = {
    use encoding_rs as e;
    [
        whatwg("Windows-1252", "Western European", &e::WINDOWS_1252_INIT),
        latin_1(),
        whatwg("ISO-8859-15", "Western European", &e::ISO_8859_15_INIT),
        whatwg("Macintosh", "Western European", &e::MACINTOSH_INIT),
        whatwg("Windows-1250", "Central European", &e::WINDOWS_1250_INIT),
        whatwg("ISO-8859-2", "Central European", &e::ISO_8859_2_INIT),
        whatwg("ISO-8859-16", "Central European", &e::ISO_8859_16_INIT),
        whatwg("Windows-1257", "Baltic", &e::WINDOWS_1257_INIT),
        whatwg("ISO-8859-4", "Baltic", &e::ISO_8859_4_INIT),
        whatwg("ISO-8859-13", "Baltic", &e::ISO_8859_13_INIT),
        whatwg("Windows-1251", "Cyrillic", &e::WINDOWS_1251_INIT),
        whatwg("KOI8-R", "Cyrillic", &e::KOI8_R_INIT),
        whatwg("KOI8-U", "Cyrillic", &e::KOI8_U_INIT),
        whatwg("ISO-8859-5", "Cyrillic", &e::ISO_8859_5_INIT),
        whatwg("IBM866", "Cyrillic", &e::IBM866_INIT),
        whatwg("Mac Cyrillic", "Cyrillic", &e::X_MAC_CYRILLIC_INIT),
        whatwg("Windows-1253", "Greek", &e::WINDOWS_1253_INIT),
        whatwg("ISO-8859-7", "Greek", &e::ISO_8859_7_INIT),
        whatwg("Windows-1254", "Turkish", &e::WINDOWS_1254_INIT),
        whatwg("ISO-8859-3", "Maltese and Esperanto", &e::ISO_8859_3_INIT),
        whatwg("ISO-8859-10", "Nordic", &e::ISO_8859_10_INIT),
        whatwg("ISO-8859-14", "Celtic", &e::ISO_8859_14_INIT),
        whatwg("Windows-1255", "Hebrew", &e::WINDOWS_1255_INIT),
        whatwg("ISO-8859-8", "Hebrew", &e::ISO_8859_8_INIT),
        whatwg("Windows-1256", "Arabic", &e::WINDOWS_1256_INIT),
        whatwg("ISO-8859-6", "Arabic", &e::ISO_8859_6_INIT),
        whatwg("Windows-874", "Thai", &e::WINDOWS_874_INIT),
        whatwg("Windows-1258", "Vietnamese", &e::WINDOWS_1258_INIT),
        whatwg("Shift_JIS", "Japanese", &e::SHIFT_JIS_INIT),
        whatwg("EUC-JP", "Japanese", &e::EUC_JP_INIT),
        whatwg("GB18030", "Simplified Chinese", &e::GB18030_INIT),
        whatwg("GBK", "Simplified Chinese", &e::GBK_INIT),
        whatwg("Big5", "Traditional Chinese", &e::BIG5_INIT),
        whatwg("EUC-KR", "Korean", &e::EUC_KR_INIT),
        ebcdic(),
    ]
};

static TABLES: [OnceLock<Table>; LEGACY_COUNT] = [const { OnceLock::new() }; LEGACY_COUNT];

impl Encoding {
    pub const UTF_8: Self = Self(Kind::Utf8);
    pub const UTF_16LE: Self = Self(Kind::Utf16Le);
    pub const UTF_16BE: Self = Self(Kind::Utf16Be);
    pub const WINDOWS_1252: Self = Self(Kind::Legacy(0));
    /// ISO-8859-1 itself, in which 80 to 9F are control characters; what the web calls so is Windows-1252.
    pub const LATIN_1: Self = Self(Kind::Legacy(1));
    /// IBM code page 37. Its lines, if any, end otherwise than those of a document: it is for looking at records.
    pub const EBCDIC: Self = Self(Kind::Legacy(LEGACY_COUNT as u8 - 1));

    /// All of them, in the order of a menu; those of a [`group`](Self::group) stand together.
    pub const ALL: &[Self] = &{
        let mut all = [Self::UTF_8; LEGACY_COUNT + 3];
        all[1] = Self::UTF_16LE;
        all[2] = Self::UTF_16BE;
        let mut index = 0;
        while index < LEGACY_COUNT {
            all[index + 3] = Self(Kind::Legacy(index as u8));
            index += 1;
        }
        all
    };

    /// As the status bar names it, e.g. "UTF-8", "UTF-16 LE", "Windows-1252", "Shift_JIS".
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Utf8 => "UTF-8",
            Kind::Utf16Le => "UTF-16 LE",
            Kind::Utf16Be => "UTF-16 BE",
            Kind::Legacy(index) => LEGACY[usize::from(index)].name,
        }
    }

    /// What it stores, e.g. "Unicode", "Western European", "Japanese".
    pub fn group(self) -> &'static str {
        match self.0 {
            Kind::Utf8 | Kind::Utf16Le | Kind::Utf16Be => "Unicode",
            Kind::Legacy(index) => LEGACY[usize::from(index)].group,
        }
    }

    /// The encoding of one of our names, or of a label of the [Encoding Standard](https://encoding.spec.whatwg.org/),
    /// in capitals or not; but "ISO-8859-1" and "Latin1" mean what they say.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim();
        let is = |other: &&str| other.eq_ignore_ascii_case(name);
        let ours = Self::ALL.iter().copied().find(|encoding| {
            is(&encoding.name()) || encoding.legacy().is_some_and(|legacy| legacy.aliases.iter().any(is))
        });
        ours.or_else(|| Self::of_whatwg(encoding_rs::Encoding::for_label(name.as_bytes())?))
    }

    pub(super) fn of_whatwg(whatwg: &'static encoding_rs::Encoding) -> Option<Self> {
        // The two differ in the order of what is drawn, not in characters.
        let whatwg = if whatwg == encoding_rs::ISO_8859_8_I { encoding_rs::ISO_8859_8 } else { whatwg };
        Self::ALL.iter().copied().find(|encoding| encoding.whatwg() == Some(whatwg))
    }

    /// The same in the Encoding Standard, if it is there.
    pub(super) fn whatwg(self) -> Option<&'static encoding_rs::Encoding> {
        match self.0 {
            Kind::Utf8 => Some(encoding_rs::UTF_8),
            Kind::Utf16Le => Some(encoding_rs::UTF_16LE),
            Kind::Utf16Be => Some(encoding_rs::UTF_16BE),
            Kind::Legacy(_) => match self.legacy()?.source {
                Source::Whatwg(whatwg) => Some(whatwg),
                Source::Latin1 | Source::Ebcdic => None,
            },
        }
    }

    fn legacy(self) -> Option<&'static Legacy> {
        match self.0 {
            Kind::Legacy(index) => Some(&LEGACY[usize::from(index)]),
            _ => None,
        }
    }

    /// The table that it is read by, if it is.
    pub(super) fn table(self) -> Option<&'static Table> {
        match self.0 {
            Kind::Legacy(index) => {
                let index = usize::from(index);
                Some(TABLES[index].get_or_init(|| Table::new(LEGACY[index].source)))
            }
            _ => None,
        }
    }

    /// Bytes of a code unit: cells start at multiples of it.
    pub const fn unit(self) -> u64 {
        self.line_break().width()
    }

    /// What ends a line, unless the document's lines end with CRs.
    pub const fn line_break(self) -> LineBreak {
        match self.0 {
            Kind::Utf16Le => LineBreak::Utf16Le,
            Kind::Utf16Be => LineBreak::Utf16Be,
            Kind::Utf8 | Kind::Legacy(_) => LineBreak::Lf,
        }
    }

    /// The byte order mark that tells it; empty if it has none.
    pub const fn bom(self) -> &'static [u8] {
        match self.0 {
            Kind::Utf8 => b"\xef\xbb\xbf",
            Kind::Utf16Le => b"\xff\xfe",
            Kind::Utf16Be => b"\xfe\xff",
            Kind::Legacy(_) => b"",
        }
    }

    /// Do characters take one byte or several?
    pub fn is_multibyte(self) -> bool {
        self.table().is_some_and(|table| !table.is_single())
    }

    /// Are bytes below 80 ASCII, wherever a character starts?
    pub const fn extends_ascii(self) -> bool {
        !matches!(self, Self::UTF_16LE | Self::UTF_16BE | Self::EBCDIC)
    }

    /// The character of a byte, in encodings with a character for each.
    pub fn char_of(self, byte: u8) -> Option<char> {
        match self.first(&[byte]) {
            First::Char(c, 1) => Some(c),
            _ => None,
        }
    }

    /// What stands at the start of `bytes`.
    #[inline]
    pub(super) fn first(self, bytes: &[u8]) -> First {
        match self.0 {
            Kind::Utf8 => utf8::first(bytes),
            Kind::Utf16Le => utf16::first(bytes, u16::from_le_bytes),
            Kind::Utf16Be => utf16::first(bytes, u16::from_be_bytes),
            Kind::Legacy(_) => self.table().map_or(First::Cut(0), |table| table.first(bytes)),
        }
    }
}
