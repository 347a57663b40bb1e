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
        prop_oneof![any::<u8>(), 0x80u8..0xa0, 0xa0u8.., prop::sample::select(vec![0x30u8, 0x31, 0x40, 0x8e, 0x8f, 0xff, 0x1b, 0xd8, 0xdc, 0x88, 0x62, 0x66])],
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
