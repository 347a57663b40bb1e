use proptest::prelude::*;

use super::Target::*;
use super::*;

fn line(line: u64) -> Target {
    Line { line, column: None }
}

fn relative(unit: Unit, back: bool, by: u64) -> Target {
    Relative { unit, back, by }
}

fn ratio(numerator: u64, denominator: u64) -> Target {
    Percent(Ratio { numerator, denominator })
}

fn range(from: Target, to: Target) -> Target {
    Range(from.into(), to.into())
}

#[test]
fn positions_in_both_views() {
    for unit in [Unit::Lines, Unit::Bytes] {
        for (typed, target) in [
            ("1234:56", Line { line: 1233, column: Some(55) }),
            (" 1 : 1 ", Line { line: 0, column: Some(0) }),
            ("0x1F00", Offset(0x1f00)),
            ("0X1f00", Offset(0x1f00)),
            ("0x1_0000_0000", Offset(1 << 32)),
            ("@5000", Offset(5000)),
            ("@ 5000", Offset(5000)),
            ("@0x10", Offset(16)),
            ("@0", Offset(0)),
            ("@4G", Offset(4 << 30)),
            ("@4 GiB", Offset(4 << 30)),
            ("@4gi", Offset(4 << 30)),
            ("@4GB", Offset(4_000_000_000)),
            ("@1,000K", Offset(1_024_000)),
            ("@2T", Offset(2 << 40)),
            ("@3m", Offset(3 << 20)),
            ("+0x10", relative(Unit::Bytes, false, 16)),
            ("-0x10", relative(Unit::Bytes, true, 16)),
            ("+@16", relative(Unit::Bytes, false, 16)),
            ("-@1K", relative(Unit::Bytes, true, 1024)),
            ("end", FromEnd(0)),
            ("END", FromEnd(0)),
            ("end-512", FromEnd(512)),
            ("end - 0x200", FromEnd(512)),
            ("end-4K", FromEnd(4096)),
            ("50%", ratio(50, 100)),
            ("12.5%", ratio(125, 1000)),
            ("12,50 %", ratio(125, 1000)),
            ("100.000%", ratio(100, 100)),
            ("0%", ratio(0, 100)),
            ("0x10..0x20", range(Offset(16), Offset(32))),
            ("@1..end", range(Offset(1), FromEnd(0))),
            ("end-10 .. end-5", range(FromEnd(10), FromEnd(5))),
            ("25%..12.5%", range(ratio(25, 100), ratio(125, 1000))),
            ("1:5..0x10", range(Line { line: 0, column: Some(4) }, Offset(16))),
        ] {
            assert_eq!(parse(typed, unit), Ok(target), "{typed:?}");
        }
    }
}

#[test]
fn plain_numbers_count_what_the_view_counts() {
    for (typed, in_text, in_hex) in [
        ("1234", line(1233), Offset(1234)),
        ("  1_000 ", line(999), Offset(1000)),
        ("1,000,000", line(999_999), Offset(1_000_000)),
        ("1'000", line(999), Offset(1000)),
        ("1\u{202f}000", line(999), Offset(1000)),
        ("18446744073709551615", line(u64::MAX - 1), Offset(u64::MAX)),
        ("+100", relative(Unit::Lines, false, 100), relative(Unit::Bytes, false, 100)),
        ("- 1,000", relative(Unit::Lines, true, 1000), relative(Unit::Bytes, true, 1000)),
        ("+0", relative(Unit::Lines, false, 0), relative(Unit::Bytes, false, 0)),
        ("10..20", range(line(9), line(19)), range(Offset(10), Offset(20))),
    ] {
        assert_eq!(parse(typed, Unit::Lines), Ok(in_text), "{typed:?}");
        assert_eq!(parse(typed, Unit::Bytes), Ok(in_hex), "{typed:?}");
    }
    assert_eq!(parse("0", Unit::Bytes), Ok(Offset(0)));
    assert_eq!(parse("4G", Unit::Bytes), Ok(Offset(4 << 30)));
    assert_eq!(parse("-4K", Unit::Bytes), Ok(relative(Unit::Bytes, true, 4096)));
    assert_eq!(parse("1K..2K", Unit::Bytes), Ok(range(Offset(1024), Offset(2048))));
}

#[test]
fn errors_say_what_is_wrong() {
    let not_a_number = |text: &str| format!("“{text}” is not a number, an offset (0x1F00) or a percentage.");
    let counted = "Lines and columns are counted from 1.".to_owned();
    for (typed, message) in [
        ("", "Type a number, an offset (0x1F00) or a percentage.".into()),
        ("  ", "Type a number, an offset (0x1F00) or a percentage.".into()),
        ("12x", not_a_number("12x")),
        ("x", not_a_number("x")),
        ("0x", not_a_number("0x")),
        ("0xfgh", not_a_number("0xfgh")),
        ("0x10K", not_a_number("0x10K")),
        ("@", not_a_number("@")),
        ("@12x", not_a_number("12x")),
        ("@K", not_a_number("K")),
        ("+", not_a_number("+")),
        ("5:", not_a_number("5:")),
        (":5", not_a_number(":5")),
        ("5:x", not_a_number("x")),
        ("1:2:3", not_a_number("2:3")),
        ("%", not_a_number("%")),
        ("x%", not_a_number("x%")),
        (".5%", not_a_number(".5%")),
        ("5.%", not_a_number("5.%")),
        ("+5%", not_a_number("5%")),
        ("1.5", not_a_number("1.5")),
        ("_1", not_a_number("_1")),
        ("1_", not_a_number("1_")),
        ("1__0", not_a_number("1__0")),
        ("end+5", not_a_number("end+5")),
        ("ending", not_a_number("ending")),
        ("end-", not_a_number("end-")),
        ("中", not_a_number("中")),
        ("1..2..3", not_a_number("2..3")),
        ("1...3", not_a_number(".3")),
        ("1F00", "“1F00” is not a decimal number; for a hexadecimal one write 0x1F00.".into()),
        ("@beef", "“beef” is not a decimal number; for a hexadecimal one write 0xbeef.".into()),
        ("@99999999999999999999", "“99999999999999999999” is larger than any file.".into()),
        ("0x10000000000000000", "“0x10000000000000000” is larger than any file.".into()),
        ("@99999999999T", "“99999999999T” is larger than any file.".into()),
        ("0:1", counted.clone()),
        ("1:0", counted),
        ("101%", "“101%” is more than 100%.".into()),
        ("100.01%", "“100.01%” is more than 100%.".into()),
        ("99999999999999999999999%", "“99999999999999999999999%” is more than 100%.".into()),
        ("0.123456789012345678%", "“0.123456789012345678%” has more than 17 decimals.".into()),
        ("..5", "“..5” needs a position on either side of the dots.".into()),
        ("5 ..", "“5 ..” needs a position on either side of the dots.".into()),
        ("1..+5", "“+5” starts at the caret; a range needs positions of its own.".into()),
    ] {
        for unit in [Unit::Lines, Unit::Bytes] {
            let error = parse(typed, unit).map_err(|error| error.to_string());
            assert_eq!(error, Err(message.clone()), "{typed:?}");
        }
    }
    let lines = |typed| parse(typed, Unit::Lines).unwrap_err().to_string();
    assert_eq!(lines("0"), "Lines and columns are counted from 1.");
    assert_eq!(lines("10K"), "Lines have no unit: for the offset “10K” write @10K.");
    assert_eq!(lines("+10K"), "Lines have no unit: for the offset “10K” write @10K.");
}

#[test]
fn a_percentage_is_exact_in_the_largest_document() {
    let of = |typed: &str, len| parse(typed, Unit::Bytes).unwrap().offset_in(len);
    assert_eq!(of("100%", u64::MAX), Some(u64::MAX));
    assert_eq!(of("50%", u64::MAX), Some(u64::MAX / 2));
    assert_eq!(of("99.99999999999999999%", u64::MAX), Some(u64::MAX - 2));
    assert_eq!(of("0.00000000001%", 1 << 40), Some(0));
    assert_eq!(of("0.0000000001%", 1 << 40), Some(1));
    assert_eq!(of("33%", 0), Some(0));
}

#[test]
fn offsets_are_kept_inside_the_document() {
    assert_eq!(Offset(500).offset_in(100), Some(100));
    assert_eq!(FromEnd(500).offset_in(100), Some(0));
    assert_eq!(FromEnd(1).offset_in(100), Some(99));
    assert_eq!(line(5).offset_in(100), None);
}

proptest! {
    #[test]
    fn any_offset_can_be_typed(offset: u64) {
        for typed in [format!("@{offset}"), format!("{offset:#x}"), format!("@{offset:#X}"), crate::hex::grouped(offset)] {
            prop_assert_eq!(parse(&typed, Unit::Bytes), Ok(Offset(offset)));
        }
    }

    #[test]
    fn parts_are_those_of_integer_arithmetic(whole in 0u64..100, decimals in 0u64..1000, len: u64) {
        let typed = format!("{whole}.{decimals:03}%");
        let part = u128::from(len) * u128::from(whole * 1000 + decimals) / 100_000;
        prop_assert_eq!(parse(&typed, Unit::Lines).unwrap().offset_in(len), Some(part as u64));
    }

    #[test]
    fn nothing_typed_panics(typed in "[0-9a-fxKMi@+.:% ,_end中-]{0,12}") {
        for unit in [Unit::Lines, Unit::Bytes] {
            if let Err(error) = parse(&typed, unit) {
                prop_assert!(!error.to_string().contains("“”"), "{}", error);
            }
        }
    }
}
