//! Every encoding, against encoding_rs, which decodes whole buffers.

use proptest::prelude::*;

use super::cells::tests::{check_steps, decode, decode_in_slices};
use super::{CellKind, Encoding, Escapes, MAX_CLUSTER, Reading};
use crate::document::LineBreak;

/// As `text` is stored, but for what the encoding does not have.
fn stored(encoding: Encoding, text: &str) -> Vec<u8> {
    match encoding {
        Encoding::UTF_16LE => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Encoding::UTF_16BE => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        _ => {
            let one = |c: char| match encoding.whatwg() {
                Some(whatwg) => {
                    let text = c.to_string();
                    let (bytes, _, lossy) = whatwg.encode(&text);
                    if lossy { Vec::new() } else { bytes.into_owned() }
                }
                None => (0..=255).filter(|&byte| encoding.char_of(byte) == Some(c)).collect(),
            };
            text.chars().flat_map(one).collect()
        }
    }
}

/// What is valid of `bytes`, as encoding_rs reads them.
fn valid_text(encoding: Encoding, bytes: &[u8]) -> String {
    let Some(whatwg) = encoding.whatwg() else {
        return encoding.decode(bytes).into_owned();
    };
    let mut decoder = whatwg.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(4 * bytes.len() + 16);
    let mut at = 0;
    loop {
        let (result, read) = decoder.decode_to_string_without_replacement(&bytes[at..], &mut text, true);
        at += read;
        match result {
            encoding_rs::DecoderResult::InputEmpty => return text,
            encoding_rs::DecoderResult::Malformed(..) => {}
            encoding_rs::DecoderResult::OutputFull => unreachable!("room for all"),
        }
    }
}

fn any_reading() -> impl Strategy<Value = Reading> {
    let escapes = prop::sample::select(vec![Escapes::Badges, Escapes::Hidden, Escapes::Rendered]);
    (prop::sample::select(Encoding::ALL), any::<bool>(), escapes).prop_map(|(encoding, cr, escapes)| {
        let cr = cr && encoding.unit() == 1;
        let line_break = if cr { LineBreak::Cr } else { encoding.line_break() };
        Reading { line_break, escapes, ..Reading::new(encoding, 8) }
    })
}

/// Text that is hard in some encoding, and bytes that are none in most; whole code units.
fn hard_bytes(encoding: Encoding, pieces: impl Into<prop::collection::SizeRange>) -> BoxedStrategy<Vec<u8>> {
    let text = prop_oneof![
        4 => "[ -~]{1,6}",
        2 => "[\r\n\t]{1,2}",
        2 => "[0-9]{1,3}",
        2 => "[à-ÿĀ-ſ€]{1,3}",
        2 => "[а-яΑ-ωא-תا-يก-๛]{1,3}",
        2 => "[一-龥、-〜ぁ-ヶｦ-ﾟ가-힣]{1,4}",
        1 => prop::sample::select(vec![
            "e\u{301}", "\u{300}", "\u{5d0}\u{5b0}", "กำ", "👨\u{200d}👩", "🇩🇪", "\u{600}1", "\u{202e}", "\u{85}", "\u{a0}",
            "\u{ad}", "𠀋", "\u{10ffff}", "\u{feff}", "\u{2028}", "\u{e000}", "ê", "\u{ff9e}", "か\u{ff9e}", "\u{fffd}",
        ]).prop_map(str::to_owned),
        1 => prop::sample::select(vec![
            "\x1b[31m", "\x1b[0m", "\x1b[", "\x1b[38;2;1;2;3m", "\x1b]0;title\x07", "\x1b]8;;a\x1b\\", "\x1b]8;;", "\x1b", "\x1b[1",
        ]).prop_map(str::to_owned),
    ];
    let bytes = prop::collection::vec(
        prop_oneof![
            any::<u8>(),
            0x80u8..0xa0,
            0xa0u8..,
            prop::sample::select(vec![
                0x30u8, 0x31, 0x40, 0x8e, 0x8f, 0xff, 0x1b, 0xd8, 0xdc, 0x88, 0x62, 0x66
            ])
        ],
        1..5,
    );
    let piece = prop_oneof![
        4 => text.prop_map(move |text| stored(encoding, &text)),
        1 => bytes,
    ];
    prop::collection::vec(piece, pieces)
        .prop_map(move |pieces| {
            let mut bytes = pieces.concat();
            bytes.truncate(bytes.len() / encoding.unit() as usize * encoding.unit() as usize);
            bytes
        })
        .boxed()
}

fn any_text() -> impl Strategy<Value = (Reading, Vec<u8>)> {
    any_reading().prop_flat_map(|reading| (Just(reading), hard_bytes(reading.encoding, 0..12)))
}

fn of_cell<'a>(bytes: &'a [u8], (start, cell): &(usize, super::Cell)) -> &'a [u8] {
    &bytes[*start..start + cell.len as usize]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn cells_cover_every_byte_once((reading, bytes) in any_text(), odd in any::<Option<u8>>()) {
        let bytes = [bytes, odd.into_iter().collect()].concat();
        let mut at = 0;
        for (start, cell) in decode(reading, &bytes) {
            prop_assert_eq!(start, at);
            prop_assert!(cell.len > 0 && cell.len as usize <= MAX_CLUSTER);
            prop_assert_eq!(cell.width == 0, cell.kind == CellKind::Escape);
            at += cell.len as usize;
        }
        prop_assert_eq!(at, bytes.len());
    }

    #[test]
    fn cells_show_what_the_decoder_reads((reading, mut bytes) in any_text()) {
        // The only difference: where the document ends inside of four bytes.
        bytes.extend(stored(reading.encoding, "\n"));
        let cells = decode(reading, &bytes);
        let shown = cells.iter().filter(|(_, cell)| cell.kind != CellKind::Invalid);
        let text: String = shown.map(|cell| reading.text(of_cell(&bytes, cell))).collect();
        prop_assert_eq!(text, valid_text(reading.encoding, &bytes));
        for cell in cells.iter().filter(|(_, cell)| cell.kind == CellKind::Invalid) {
            prop_assert_eq!(valid_text(reading.encoding, of_cell(&bytes, cell)).replace(|c: char| c.is_ascii(), ""), "");
        }
    }

    #[test]
    fn lines_end_where_the_document_counts_them((reading, bytes) in any_text()) {
        let ends: Vec<_> = decode(reading, &bytes)
            .into_iter()
            .filter(|(_, cell)| cell.kind == CellKind::LineEnd)
            .map(|(start, cell)| start + cell.len as usize)
            .collect();
        let width = reading.line_break.width() as usize;
        let counted: Vec<_> = reading.line_break.all(&bytes, 0).map(|at| at + width).collect();
        prop_assert_eq!(ends, counted);
    }

    #[test]
    fn windows_down_to_a_byte_do_not_show((reading, bytes) in any_text(), odd in any::<Option<u8>>(), step in 1usize..9) {
        let bytes = [bytes, odd.into_iter().collect()].concat();
        let cuts: Vec<_> = (0..bytes.len()).step_by(step).collect();
        prop_assert_eq!(decode_in_slices(reading, &bytes, &cuts), decode_in_slices(reading, &bytes, &[]));
    }

    #[test]
    fn one_step_is_one_cell((reading, bytes) in any_text(), odd in any::<Option<u8>>()) {
        let bytes = [bytes, odd.into_iter().collect()].concat();
        check_steps(reading, &bytes);
    }

    #[test]
    fn words_end_between_cells((reading, bytes) in any_text()) {
        let cells = decode(reading, &bytes);
        let starts: Vec<_> = cells.iter().map(|(start, _)| *start).chain([bytes.len()]).collect();
        for &start in &starts {
            let word = reading.word_range(&bytes, start);
            prop_assert!(starts.contains(&word.start) && starts.contains(&word.end), "{:?}", word);
            let next = reading.word_forward(&bytes, start, true).unwrap();
            prop_assert!(starts.contains(&next) && (next > start || start == bytes.len()));
            let before = reading.word_backward(&bytes[..start], start).unwrap_or(0);
            prop_assert!(starts.contains(&before) && (before < start || start == 0));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// From the middle of a long text, with no more than what a view reads.
    #[test]
    fn what_stands_far_before_does_not_matter(
        (reading, bytes) in any_reading().prop_flat_map(|reading| (Just(reading), hard_bytes(reading.encoding, 2000..2500)))
    ) {
        let back = reading.look_back() as usize;
        for (index, (start, cell)) in decode(reading, &bytes).into_iter().enumerate().skip(900) {
            if index % 17 != 0 {
                continue;
            }
            let end = start + cell.len as usize;
            let from = end.saturating_sub(back) & !1;
            prop_assert_eq!(from + reading.previous_cell_start(&bytes[from..end]), start);
            let ahead = (end + MAX_CLUSTER).min(bytes.len());
            for inside in (start..end).step_by(reading.encoding.unit() as usize) {
                let from = inside.saturating_sub(back) & !1;
                prop_assert_eq!(from + reading.cell_start(&bytes[from..ahead], inside - from), start, "of {}", inside);
            }
        }
    }
}

/// Lengths, kinds and labels (of text, the text).
fn shown(reading: Reading, bytes: &[u8]) -> Vec<(usize, CellKind, String)> {
    let label = |cell: &(usize, super::Cell)| {
        let own = of_cell(bytes, cell);
        let text = match cell.1.kind {
            CellKind::Text => reading.text(own),
            _ => reading.badge(&cell.1, own),
        };
        (own.len(), cell.1.kind, text.into_owned())
    };
    decode(reading, bytes).iter().map(label).collect()
}

fn expect(reading: Reading, bytes: &[u8], expected: &[(usize, CellKind, &str)]) {
    let expected: Vec<_> = expected.iter().map(|&(len, kind, text)| (len, kind, text.to_owned())).collect();
    assert_eq!(shown(reading, bytes), expected, "{bytes:x?}");
}

#[test]
fn the_list_of_encodings() {
    let names: std::collections::HashSet<_> = Encoding::ALL.iter().map(|encoding| encoding.name()).collect();
    assert_eq!(names.len(), Encoding::ALL.len());
    let mut groups: Vec<_> = Encoding::ALL.iter().map(|encoding| encoding.group()).collect();
    groups.dedup();
    let apart = groups.len();
    groups.sort();
    groups.dedup();
    assert_eq!(apart, groups.len(), "a group stands together");
    for &encoding in Encoding::ALL {
        assert_eq!(Encoding::named(encoding.name()), Some(encoding));
        assert_eq!(Encoding::named(&encoding.name().to_lowercase()), Some(encoding));
        if let Some(whatwg) = encoding.whatwg() {
            assert_eq!(Encoding::named(whatwg.name()), Some(encoding));
        }
    }
    for (name, encoding) in [
        ("latin1", Encoding::LATIN_1),
        ("ISO-8859-1", Encoding::LATIN_1),
        ("cp1252", Encoding::WINDOWS_1252),
        (" utf8 ", Encoding::UTF_8),
        ("utf-16", Encoding::UTF_16LE),
        ("IBM037", Encoding::EBCDIC),
    ] {
        assert_eq!(Encoding::named(name), Some(encoding), "{name}");
    }
    assert_eq!(Encoding::named("sjis").map(Encoding::name), Some("Shift_JIS"));
    assert_eq!(Encoding::named("iso-8859-8-i").map(Encoding::name), Some("ISO-8859-8"));
    for name in ["", "iso-2022-jp", "x-user-defined", "replacement", "utf-7", "utf-32"] {
        assert_eq!(Encoding::named(name), None, "{name}");
    }
    let constants = [Encoding::WINDOWS_1252, Encoding::LATIN_1, Encoding::EBCDIC].map(Encoding::name);
    assert_eq!(constants, ["Windows-1252", "Latin-1", "EBCDIC (cp037)"]);
}

/// All encodings of encoding_rs are there but those that cannot be read from the middle or are not for files.
#[test]
fn no_encoding_is_forgotten() {
    let labels = "ibm866 latin2 latin3 latin4 cyrillic arabic greek hebrew logical latin6 iso-8859-13 iso-8859-14 \
        iso-8859-15 iso-8859-16 koi8-r koi8-u macintosh windows-874 windows-1250 windows-1251 windows-1252 windows-1253 \
        windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 x-mac-cyrillic gbk gb18030 big5 euc-jp \
        shift_jis euc-kr utf-16be utf-16le utf-8";
    let found: std::collections::HashSet<_> =
        labels.split_whitespace().map(|label| Encoding::named(label).expect(label)).collect();
    // Two Hebrew ones are one; Latin-1 and EBCDIC are no one else's.
    assert_eq!((labels.split_whitespace().count(), found.len() + 2), (37, Encoding::ALL.len()));
}

#[test]
fn latin_1_is_not_windows_1252() {
    use CellKind::*;
    expect(Reading::new(Encoding::LATIN_1, 8), b"\x80\xe9", &[(1, Control, "PAD"), (1, Text, "é")]);
    expect(Reading::new(Encoding::WINDOWS_1252, 8), b"\x80\xe9", &[(1, Text, "€"), (1, Text, "é")]);
}

/// klogg's `findNextMultiByteDelimeter` looks at the byte beside a line feed, but not at where the unit starts:
/// U+4E00 before U+0A05 then ends a line.
#[test]
fn klogg_utf16_units_that_hold_the_newline_byte() {
    use CellKind::*;
    let be = Reading::new(Encoding::UTF_16BE, 8);
    expect(be, b"\x4e\x00\x0a\x05\x00a", &[(2, Text, "一"), (2, Text, "ਅ"), (2, Text, "a")]);
    let le = Reading::new(Encoding::UTF_16LE, 8);
    expect(le, b"\x05\x0a\x00\x4e", &[(2, Text, "ਅ"), (2, Text, "一")]);
}

#[test]
fn cells_of_utf16() {
    use CellKind::*;
    let le = Reading::new(Encoding::UTF_16LE, 8);
    expect(le, b"a\0\r\0\n\0", &[(2, Text, "a"), (4, LineEnd, "")]);
    expect(le, b"\r\0a\0", &[(2, Control, "CR"), (2, Text, "a")]);
    expect(
        le,
        b"\x3d\xd8\x00\xde\x3d\xd8a\0\x00\xde",
        &[(4, Text, "😀"), (2, Invalid, "D83D"), (2, Text, "a"), (2, Invalid, "DE00")],
    );
    expect(le, b"\x3d\xd8\x00", &[(2, Invalid, "D83D"), (1, Invalid, "00")]);
    expect(le, b"\xff\xfea\0", &[(2, Format, "U+FEFF"), (2, Text, "a")]);
    let be = Reading::new(Encoding::UTF_16BE, 8);
    expect(be, b"\xd8\x3d\0e\x03\x01", &[(2, Invalid, "D83D"), (4, Text, "e\u{301}")]);
}

#[test]
fn cells_of_several_bytes() {
    use CellKind::*;
    let named = |name| Reading::new(Encoding::named(name).unwrap(), 8);
    // The Encoding Standard: an ASCII byte that cannot follow a lead byte stands for itself.
    expect(
        named("sjis"),
        b"\x82\xa0\x81\x20\x81\xff",
        &[(2, Text, "あ"), (1, Invalid, "81"), (1, Text, " "), (2, Invalid, "81FF")],
    );
    expect(
        named("gb18030"),
        b"\x81\x30\x81\x30\x81\x30a",
        &[(4, Control, "PAD"), (1, Invalid, "81"), (1, Text, "0"), (1, Text, "a")],
    );
    expect(named("gb18030"), b"\xff\xe3\x32\x9a\x36", &[(1, Invalid, "FF"), (4, Invalid, "E3329A36")]);
    expect(
        named("euc-jp"),
        b"\x8f\xb0\xa1\x8e\xb1\x8f\xb0a",
        &[(3, Text, "丂"), (2, Text, "ｱ"), (2, Invalid, "8FB0"), (1, Text, "a")],
    );
    // Two characters that are stored as one stay one.
    expect(named("big5"), b"\x88\x62\x88\x66", &[(2, Text, "Ê\u{304}"), (2, Text, "Ê")]);
    expect(named("big5"), b"\x88\xa5", &[(2, Text, "ê\u{30c}")]);
}

#[test]
fn line_ends_of_cr_documents_and_of_ebcdic() {
    use CellKind::*;
    let cr = Reading { line_break: LineBreak::Cr, ..Reading::utf8(8) };
    expect(
        cr,
        b"a\r\nb\r",
        &[(1, Text, "a"), (1, LineEnd, ""), (1, Control, "LF"), (1, Text, "b"), (1, LineEnd, "")],
    );
    let ebcdic = Reading::new(Encoding::EBCDIC, 8);
    expect(
        ebcdic,
        b"\xc8\x85\x93\x93\x96\x40\x25\x15\x05\x0a",
        &[
            (1, Text, "H"),
            (1, Text, "e"),
            (1, Text, "l"),
            (1, Text, "l"),
            (1, Text, "o"),
            (1, Text, " "),
            (1, Control, "LF"),
            (1, Control, "NEL"),
            (1, Tab, ""),
            // What documents count, whatever it is in EBCDIC.
            (1, LineEnd, ""),
        ],
    );
}

#[test]
fn escape_sequences_are_cells_of_no_width() {
    use CellKind::*;
    let hidden = Reading { escapes: Escapes::Hidden, ..Reading::utf8(8) };
    expect(
        hidden,
        b"\x1b[31ma\x1b]8;;x\x1b\\b\x1b[",
        &[
            (5, Escape, ""),
            (1, Text, "a"),
            (8, Escape, ""),
            (1, Text, "b"),
            (1, Control, "ESC"),
            (1, Text, "["),
        ],
    );
    // Neither reaches over a line end, nor beyond its most bytes.
    expect(
        hidden,
        b"\x1b]0;\n",
        &[(1, Control, "ESC"), (1, Text, "]"), (1, Text, "0"), (1, Text, ";"), (1, LineEnd, "")],
    );
    let of_length = |len: usize| [b"\x1b[", "1".repeat(len - 3).as_bytes(), b"m"].concat();
    assert_eq!(shown(hidden, &of_length(64)).len(), 1);
    assert_eq!(shown(hidden, &of_length(65)).len(), 65);
    let of_length = |len: usize| [b"\x1b]", "1".repeat(len - 3).as_bytes(), b"\x07"].concat();
    assert_eq!(shown(hidden, &of_length(256)).len(), 1);
    assert_eq!(shown(hidden, &of_length(257)).len(), 257);
    // A word is a word whatever colours it has.
    let bytes = b"an \x1b[1mERR\x1b[31mOR\x1b[0m: no";
    assert_eq!(hidden.word_range(bytes, 9), 7..17);
    assert_eq!(hidden.word_range(bytes, 4), 7..17, "from inside the sequence before it");
    assert_eq!(hidden.word_forward(bytes, 3, true), Some(21));
    let ebcdic = Reading { escapes: Escapes::Hidden, ..Reading::new(Encoding::EBCDIC, 8) };
    assert!(decode(ebcdic, b"\x27[31m").iter().all(|(_, cell)| cell.kind != Escape));
}

/// More than is looked back through, all of it bytes that begin and end characters.
#[test]
fn a_run_without_a_sure_boundary_is_paired_as_makes_sense() {
    for (name, text) in [
        ("gb18030", "中文的文字，一二三四五六七八九十百千万。"),
        ("euc-jp", "日本語の文字、ひらがなとカタカナ。"),
        ("euc-kr", "안녕하세요세계여러분반갑습니다"),
        ("big5", "我的你他們說"),
    ] {
        let reading = Reading::new(Encoding::named(name).unwrap(), 8);
        let unit = stored(reading.encoding, text);
        let bytes: Vec<u8> = unit.iter().copied().cycle().take(unit.len() * 600).collect();
        for at in (6000..6060).chain([bytes.len() - 1]) {
            for from in at - 5000..at - 4990 {
                let start = from + reading.cell_start(&bytes[from..], at - from);
                assert_eq!(start, at & !1, "{name} {at} from {from}");
            }
        }
        for end in (6000..6060).step_by(2) {
            for from in end - 5000..end - 4990 {
                assert_eq!(from + reading.previous_cell_start(&bytes[from..end]), end - 2, "{name}");
            }
        }
    }
}
