use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::text::CellKind::*;

const READING: Reading = Reading::utf8(8);

/// All cells of `bytes` with document offsets, over all lines.
pub fn decode(reading: Reading, bytes: &[u8]) -> Vec<(usize, Cell)> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let mut out = Vec::new();
        let taken = reading.cells(&bytes[at..], true, 0, &mut out);
        assert!(taken > 0);
        all.extend(out.into_iter().map(|cell| (at + cell.start as usize, cell)));
        at += taken;
    }
    all
}

/// The same through slices that end at `cuts`, each call continuing where the last one stopped.
pub fn decode_in_slices(reading: Reading, bytes: &[u8], cuts: &[usize]) -> Vec<(usize, Cell)> {
    let mut all = Vec::new();
    let (mut at, mut column) = (0, 0);
    let ends = cuts.iter().copied().chain([bytes.len()]);
    for end in ends {
        while at < end {
            let mut out = Vec::new();
            let taken = reading.cells(&bytes[at..end], end == bytes.len(), column, &mut out);
            if let Some(last) = out.last() {
                let next = last.column + u64::from(last.width);
                column = if last.kind == LineEnd { 0 } else { next };
            }
            all.extend(out.into_iter().map(|cell| (at + cell.start as usize, cell)));
            at += taken;
            if taken == 0 {
                assert!(end < bytes.len());
                assert!(end - at <= MAX_CLUSTER, "a slice longer than a cluster yields a cell");
                break;
            }
        }
    }
    // A cell's start is counted from its slice: leave it out of comparisons.
    all.into_iter().map(|(at, cell)| (at, Cell { start: 0, ..cell })).collect()
}

fn shapes(bytes: &[u8]) -> Vec<(usize, u32, CellKind)> {
    decode(READING, bytes).into_iter().map(|(_, cell)| (cell.len as usize, cell.width, cell.kind)).collect()
}

/// Text with everything that is hard about text, and bytes that are none.
fn hard_bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop_oneof![
        8 => "[ -~]{1,6}".prop_map(String::into_bytes),
        2 => "[\r\n\t]{1,2}".prop_map(String::into_bytes),
        8 => prop::sample::select(vec![
            "中", "語", "한", "ᄀ", "ᅡ", "ᆨ", "e\u{301}", "\u{301}", "\u{308}", "é", "я", "ض", "क", "्", "ष", "ि",
            "👨", "👩", "\u{200d}", "\u{200c}", "❤", "\u{fe0f}", "👍", "🏽", "🇩", "🇪", "🏴", "\u{e0067}",
            "\u{e007f}", "\u{202e}", "\u{feff}", "\u{200b}", "\u{85}", "\u{2028}", "\u{0600}", "\u{115f}", "ｱ",
            "\u{ff9e}", "\0", "\x1b", "\x7f", "\u{10ffff}", "𝒳",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        2 => prop::collection::vec(prop_oneof![any::<u8>(), 0x80u8..0xc0, 0xc0u8..], 1..4),
        1 => (1usize..300).prop_map(|accents| "\u{301}".repeat(accents).into_bytes()),
    ];
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

/// Steps forward and back, and from inside a cell, agree with [`cells`].
pub fn check_steps(reading: Reading, bytes: &[u8]) {
    for (start, cell) in decode(reading, bytes) {
        let end = start + cell.len as usize;
        assert_eq!(reading.next_cell(&bytes[start..], true), Some(cell.len as usize));
        if end <= LOOK_BACK {
            assert_eq!(reading.previous_cell_start(&bytes[..end]), start, "back from {end}");
            for inside in start..end {
                assert_eq!(reading.cell_start(bytes, inside), start, "from inside, {inside}");
            }
        }
    }
}

proptest! {
    #[test]
    fn cells_cover_every_byte_once(bytes in hard_bytes()) {
        let mut at = 0;
        for (start, cell) in decode(READING, &bytes) {
            prop_assert_eq!(start, at);
            prop_assert!(cell.len > 0 && cell.len as usize <= MAX_CLUSTER);
            prop_assert!(cell.width > 0);
            at += cell.len as usize;
        }
        prop_assert_eq!(at, bytes.len());
    }

    #[test]
    fn slices_do_not_show(bytes in hard_bytes(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort();
        prop_assert_eq!(decode_in_slices(READING, &bytes, &cuts), decode_in_slices(READING, &bytes, &[]));
    }

    #[test]
    fn lines_end_at_line_feeds_only(bytes in hard_bytes()) {
        let mut out = Vec::new();
        let taken = READING.cells(&bytes, true, 0, &mut out);
        let line = bytes.split_inclusive(|&byte| byte == b'\n').next().map_or(0, <[u8]>::len);
        prop_assert_eq!(taken, line);
        let ends = out.iter().filter(|cell| cell.kind == LineEnd).count();
        prop_assert_eq!(ends, usize::from(bytes[..line].ends_with(b"\n")));
    }

    #[test]
    fn columns_are_gapless_and_tabs_end_at_stops(bytes in hard_bytes(), from in 0u64..20, tab in 0u32..9) {
        let mut out = Vec::new();
        Reading::utf8(tab).cells(&bytes, true, from, &mut out);
        let mut column = from;
        for cell in out {
            prop_assert_eq!(cell.column, column);
            column += u64::from(cell.width);
            if cell.kind == Tab {
                prop_assert_eq!(column % u64::from(tab.max(1)), 0);
                prop_assert!(cell.width <= tab.max(1));
            }
        }
    }

    #[test]
    fn one_step_is_one_cell(bytes in hard_bytes()) {
        check_steps(READING, &bytes);
    }

    /// Where nothing is a badge, cells are the grapheme clusters of UAX #29, with the widths of UAX #11.
    #[test]
    fn plain_text_is_cut_and_measured_as_unicode_says(
        text in "([a-z]|[À-ÿ]|[а-я]|[一-龥]|[가-힣]|[क-ह]्?[\u{200d}]?|[ا-ي]|\u{301}|[🇦-🇿]|👍🏽|👩‍👩‍👧|❤️|[☀-☄]|ᄀ|ᅡ|ᆨ| ){0,30}"
    ) {
        let cut: Vec<_> = decode(READING, text.as_bytes()).iter().map(|(at, cell)| (*at, cell.len as usize, cell.width)).collect();
        if !text.starts_with('\u{200d}') {
            let clusters: Vec<_> = text
                .grapheme_indices(true)
                .map(|(at, cluster)| (at, cluster.len(), cluster.width().max(1) as u32))
                .collect();
            prop_assert_eq!(cut, clusters);
        }
    }

    #[test]
    fn ascii_runs_are_those_of_a_plain_scan(bytes in prop::collection::vec(prop_oneof![200 => 0x20u8..0x7f, 1 => any::<u8>()], 0..300)) {
        let plain = bytes.iter().take_while(|byte| (b' '..=b'~').contains(byte)).count();
        prop_assert_eq!(ascii_run(&bytes), plain);
    }
}

#[test]
fn steps_over_clusters_whose_ends_depend_on_their_starts() {
    for text in [
        "क्ष क्षि",
        "क\u{94d}\u{200d}ष",
        "👨‍👩‍👧",
        "x🇩🇪🇫🇷🇮",
        "❤\u{fe0f}\u{200d}🔥",
        "a\r\n\r\r\n",
        "a\u{e0041}\u{301}b",
    ] {
        check_steps(READING, text.as_bytes());
    }
}

#[test]
fn named_cells() {
    for (text, expected) in [
        ("ab", vec![(1, 1, Text), (1, 1, Text)]),
        ("中文", vec![(3, 2, Text), (3, 2, Text)]),
        ("e\u{301}x", vec![(3, 1, Text), (1, 1, Text)]),
        ("\u{301}", vec![(2, 1, Text)]),
        ("👨‍👩‍👧", vec![(18, 2, Text)]),
        ("🇩🇪🇫🇷", vec![(8, 2, Text), (8, 2, Text)]),
        ("❤\u{fe0f}", vec![(6, 2, Text)]),
        ("a\r\n", vec![(1, 1, Text), (2, 1, LineEnd)]),
        ("\n\r", vec![(1, 1, LineEnd), (1, 2, Control)]),
        ("\r\r\n", vec![(1, 2, Control), (2, 1, LineEnd)]),
        ("\u{202e}a", vec![(3, 4, Format), (1, 1, Text)]),
        ("a\u{feff}\u{301}", vec![(1, 1, Text), (3, 4, Format), (2, 1, Text)]),
        ("\u{1100}\u{1161}\u{11a8}", vec![(9, 2, Text)]),
        ("क्षि", vec![(12, "क्षि".width() as u32, Text)]),
        ("\u{a0}", vec![(2, 1, Text)]),
    ] {
        assert_eq!(shapes(text.as_bytes()), expected, "{text:?}");
    }
}

#[test]
fn broken_utf8_is_one_cell_a_byte() {
    let invalid = |n| vec![(1, 2, Invalid); n];
    for bytes in [&b"\xff"[..], b"\xe4\xb8", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x80"] {
        assert_eq!(shapes(bytes), invalid(bytes.len()), "{bytes:x?}");
    }
    assert_eq!(shapes(b"\xe4\xb8a"), [(1, 2, Invalid), (1, 2, Invalid), (1, 1, Text)]);
    // An accent behind an invalid byte has no base to sit on.
    assert_eq!(shapes(b"\xff\xcc\x81"), [(1, 2, Invalid), (2, 1, Text)]);
}

#[test]
fn tabs_go_to_the_next_stop() {
    let mut out = Vec::new();
    Reading::utf8(4).cells("\ta\t中\t".as_bytes(), true, 1, &mut out);
    let columns: Vec<_> = out.iter().map(|cell| (cell.column, cell.width)).collect();
    assert_eq!(columns, [(1, 3), (4, 1), (5, 3), (8, 2), (10, 2)]);
}

#[test]
fn what_the_slice_cuts_is_left() {
    for (bytes, taken) in [
        (&b"ab\r"[..], 2),
        (b"ab", 1),
        (b"a\xe4\xb8", 0),
        ("ae\u{301}".as_bytes(), 1),
        ("a🇩".as_bytes(), 1),
        ("a👨\u{200d}".as_bytes(), 1),
        (b"a\xff", 2),
        (b"a\t", 2),
        (b"a\n", 2),
        (b"", 0),
    ] {
        let mut out = Vec::new();
        assert_eq!(READING.cells(bytes, false, 0, &mut out), taken, "{bytes:x?}");
        assert_eq!(out.iter().map(|cell| cell.len as usize).sum::<usize>(), taken);
        let first = out.first().map(|cell| cell.len as usize);
        assert_eq!(READING.next_cell(bytes, false), first);
    }
}

#[test]
fn letters_with_endless_accents_are_cut() {
    let zalgo = format!("a{}b", "\u{301}".repeat(100_000));
    let all = decode(READING, zalgo.as_bytes());
    assert_eq!(all[0].1.len as usize, MAX_CLUSTER - 1);
    assert_eq!(all[1].1.len as usize, MAX_CLUSTER);
    assert_eq!(all.last().map(|(_, cell)| cell.len), Some(1));
}

#[test]
fn the_fast_path_tells_the_truth() {
    let alone = || (0x21..=0x10ffff).filter_map(char::from_u32).filter(|&c| plain_width(c).is_some());
    for c in alone() {
        let text = c.to_string();
        assert_eq!(Some(text.width() as u32), plain_width(c), "{c:?}");
        assert!(!is_invisible(c), "{c:?}");
        for other in ['a', '中', 'я', c] {
            assert!(!joins(c, other) && !joins(other, c), "{c:?} {other:?}");
        }
        // No rule looks back through it: a consonant of a script with conjuncts, or a picture that a joiner
        // ties to the next one.
        for (left, link, right) in
            [('क', '\u{94d}', c), (c, '\u{94d}', 'क'), ('❤', '\u{200d}', c), (c, '\u{200d}', '❤')]
        {
            let text = String::from_iter([left, link, right]);
            assert_eq!(text.graphemes(true).count(), 2, "{c:?}");
        }
    }
    assert!(alone().count() > 25_000);
}

/// A run of flags longer than the look-back is the one case without a certain boundary.
#[test]
fn looking_back_is_bounded() {
    let flags = "🇩🇪".repeat(10_000);
    let start = READING.previous_cell_start(flags.as_bytes());
    assert!(flags.is_char_boundary(start) && flags.len() - start <= 8);
}
