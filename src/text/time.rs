//! Times as logs write them, and as people type them.

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// A year that is not written: one with a 29th of February.
const NO_YEAR: i64 = 2000;

/// A time that was written in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// What the clock showed, in microseconds since 1970 there.
    pub wall: i64,
    /// By how many seconds that clock was ahead of UTC, if it is said.
    pub offset: Option<i32>,
    /// If not, `wall` is of the year 2000.
    pub has_year: bool,
}

impl Time {
    /// For comparing with `other`: by UTC if both say what that is, otherwise by what the clocks showed.
    pub fn is_before(&self, other: &Self) -> bool {
        match (self.offset, other.offset) {
            (Some(one), Some(two)) => {
                self.wall - i64::from(one) * 1_000_000 < other.wall - i64::from(two) * 1_000_000
            }
            _ => self.wall < other.wall,
        }
    }

    /// The same a year later: where no year is written, what follows December.
    pub fn a_year_later(self) -> Self {
        Self { wall: self.wall + 366 * DAY, ..self }
    }

    /// As it is told to people: 2026-11-25 14:05:33.
    pub fn in_words(&self) -> String {
        let (year, month, day) = civil(self.wall.div_euclid(DAY));
        let seconds = self.wall.rem_euclid(DAY) / 1_000_000;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        match self.has_year {
            true => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
            false => {
                format!("{} {day} {hour:02}:{minute:02}:{second:02}", capitalized(MONTHS[month as usize - 1]))
            }
        }
    }
}

/// Bytes of a line in which a time is looked for.
const HEAD: usize = 256;

/// The first time that is written near the start of a line: ISO 8601 with `T` or a blank, the common log format
/// (`25/Nov/2026:01:02:03 +0000`), that of syslog and of `ctime` (`Nov 25 01:02:03`, with a year behind it or not), and seconds,
/// milli-, micro- or nanoseconds since 1970 at the very start or behind a name such as `ts`.
pub fn time_in(line: &[u8]) -> Option<Time> {
    let head = &line[..line.len().min(HEAD)];
    let begins = |at: &usize| *at == 0 || !head[at - 1].is_ascii_alphanumeric();
    (0..head.len()).filter(begins).find_map(|at| {
        let text = &head[at..];
        match text[0] {
            b'0'..=b'9' => iso(text)
                .or_else(|| day_first(text))
                .or_else(|| epoch(text).filter(|_| is_epoch_at(head, at))),
            b'A'..=b'Z' => month_first(text),
            _ => None,
        }
    })
}

/// Stands there what counts from 1970?
fn is_epoch_at(head: &[u8], at: usize) -> bool {
    let before = head[..at].trim_ascii_end();
    let before = before.strip_suffix(b"\"").unwrap_or(before).trim_ascii_end();
    let Some(name) = before.strip_suffix(b":").or_else(|| before.strip_suffix(b"=")) else {
        return before.is_empty() || before == b"[";
    };
    let name = name.strip_suffix(b"\"").unwrap_or(name).to_ascii_lowercase();
    [&b"ts"[..], b"time", b"timestamp", b"epoch"].iter().any(|known| name.ends_with(known))
}

/// A time as it was typed, of which parts may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedTime {
    /// Year, month and day.
    date: Option<(Option<i64>, u32, u32)>,
    /// Microseconds of that day.
    of_day: i64,
    offset: Option<i32>,
}

impl WantedTime {
    /// What a line can have, a date alone, a date with hours and minutes, and hours and minutes with or without seconds.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches(['[', ']']).as_bytes();
        if let Some((of_day, rest)) = clock(text).filter(|_| text.get(2) == Some(&b':')) {
            let (offset, rest) = zone(rest);
            return rest.is_empty().then_some(Self { date: None, of_day, offset });
        }
        let whole = |time: Time| {
            let (year, month, day) = civil(time.wall.div_euclid(DAY));
            let date = Some((time.has_year.then_some(year), month, day));
            Self { date, of_day: time.wall.rem_euclid(DAY), offset: time.offset }
        };
        if let Some(time) = day_first(text).or_else(|| month_first(text)).or_else(|| epoch(text)) {
            return Some(whole(time));
        }
        if let Some((year, month, day, rest)) = iso_date(text) {
            let date = Some((Some(year), month, day));
            if rest.is_empty() {
                return Some(Self { date, of_day: 0, offset: None });
            }
            let (of_day, rest) = clock(rest.strip_prefix(b"T").or_else(|| rest.strip_prefix(b" "))?)?;
            let (offset, rest) = zone(rest);
            return rest.is_empty().then_some(Self { date, of_day, offset });
        }
        let (month, day, rest) = month_and_day(text)?;
        rest.is_empty().then_some(Self { date: Some((None, month, day)), of_day: 0, offset: None })
    }

    /// Is it a time of any day?
    pub fn is_of_any_day(&self) -> bool {
        self.date.is_none()
    }

    /// The next such time from `base` on, written as times are written there; one of a given date wherever that is.
    pub fn from(&self, base: &Time) -> Time {
        let offset = self.offset.or(base.offset.filter(|_| self.date.is_none()));
        let (base_year, ..) = civil(base.wall.div_euclid(DAY));
        match self.date {
            None => {
                let shown = base.wall
                    + (i64::from(offset.unwrap_or(0)) - i64::from(base.offset.or(offset).unwrap_or(0)))
                        * 1_000_000;
                let today = shown - shown.rem_euclid(DAY) + self.of_day;
                let wall = if today < shown { today + DAY } else { today };
                Time { wall, offset, has_year: base.has_year }
            }
            Some((year, month, day)) => {
                let year = if base.has_year { year.unwrap_or(base_year) } else { NO_YEAR };
                Time { wall: days(year, month, day) * DAY + self.of_day, offset, has_year: base.has_year }
            }
        }
    }
}

/// `2026-11-25T01:02:03.123456+01:00` and the like.
fn iso(text: &[u8]) -> Option<Time> {
    let (year, month, day, rest) = iso_date(text)?;
    let rest = rest.strip_prefix(b"T").or_else(|| rest.strip_prefix(b" "))?;
    let (of_day, rest) = clock(rest)?;
    let (offset, _) = zone(rest);
    Some(Time { wall: days(year, month, day) * DAY + of_day, offset, has_year: true })
}

fn iso_date(text: &[u8]) -> Option<(i64, u32, u32, &[u8])> {
    let (year, rest) = number(text, 4)?;
    let separator = *rest.first().filter(|byte| b"-/.".contains(byte))?;
    let (month, rest) = number(&rest[1..], 2)?;
    let (day, rest) = number(rest.strip_prefix(&[separator])?, 2)?;
    is_date(month, day).then_some((i64::from(year), month, day, rest))
}

/// `25/Nov/2026:01:02:03 +0000`.
fn day_first(text: &[u8]) -> Option<Time> {
    let (day, rest) = number(text, 2)?;
    let separator = *rest.first().filter(|byte| b"-/ ".contains(byte))?;
    let month = month(&rest[1..])?;
    let (year, rest) = number(rest.get(4..)?.strip_prefix(&[separator])?, 4)?;
    let rest = rest.strip_prefix(b":").or_else(|| rest.strip_prefix(b" "))?;
    let (of_day, rest) = clock(rest)?;
    let (offset, _) = zone(rest);
    let wall = days(year.into(), month, day) * DAY + of_day;
    is_date(month, day).then_some(Time { wall, offset, has_year: true })
}

/// `Nov 25 01:02:03`, with a year behind it or not.
fn month_first(text: &[u8]) -> Option<Time> {
    let (month, day, rest) = month_and_day(text)?;
    let (of_day, rest) = clock(rest.strip_prefix(b" ")?)?;
    let year = rest.strip_prefix(b" ").and_then(|rest| number(rest, 4));
    let year = year.filter(|(_, rest)| !rest.first().is_some_and(u8::is_ascii_alphanumeric));
    let year = year.map(|(year, _)| i64::from(year)).filter(|year| (1970..2200).contains(year));
    let wall = days(year.unwrap_or(NO_YEAR), month, day) * DAY + of_day;
    Some(Time { wall, offset: None, has_year: year.is_some() })
}

fn month_and_day(text: &[u8]) -> Option<(u32, u32, &[u8])> {
    let month = month(text)?;
    let rest = text.get(3..)?.strip_prefix(b" ")?;
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let (day, rest) = number(rest, 2).or_else(|| number(rest, 1))?;
    is_date(month, day).then_some((month, day, rest))
}

/// Seconds since 1970 in 10 digits, or milli-, micro- or nanoseconds in 13, 16 or 19.
fn epoch(text: &[u8]) -> Option<Time> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number: i64 = std::str::from_utf8(&text[..digits]).ok()?.parse().ok()?;
    let behind = &text[digits..];
    let wall = match digits {
        10 => number * 1_000_000 + behind.strip_prefix(b".").map_or(0, |rest| fraction(rest).0),
        13 => number * 1000,
        16 => number,
        19 => number / 1000,
        _ => return None,
    };
    let is_word = behind.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    // From 2001 to 2096.
    ((1_000_000_000..4_000_000_000).contains(&(wall / 1_000_000)) && !is_word).then_some(Time {
        wall,
        offset: Some(0),
        has_year: true,
    })
}

/// `01:02`, `01:02:03`, `01:02:03.123456` in microseconds, and what follows.
fn clock(text: &[u8]) -> Option<(i64, &[u8])> {
    let (hour, rest) = number(text, 2)?;
    let (minute, rest) = number(rest.strip_prefix(b":")?, 2)?;
    let seconds = rest.strip_prefix(b":").and_then(|rest| number(rest, 2));
    let (second, mut rest) = seconds.unwrap_or((0, rest));
    let mut of_day = i64::from((hour * 60 + minute) * 60 + second) * 1_000_000;
    if seconds.is_some()
        && let Some(digits) = rest.strip_prefix(b".").or_else(|| rest.strip_prefix(b","))
        && digits.first().is_some_and(u8::is_ascii_digit)
    {
        let (micros, behind) = fraction(digits);
        of_day += micros;
        rest = behind;
    }
    // A leap second is one.
    (hour < 24 && minute < 60 && second <= 60).then_some((of_day, rest))
}

/// Digits behind a point, in millionths; what is finer is left out.
fn fraction(text: &[u8]) -> (i64, &[u8]) {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let millionths = (0..6).fold(0, |sum, at| {
        let digit = text[..digits].get(at).map_or(0, |digit| i64::from(digit - b'0'));
        sum * 10 + digit
    });
    (millionths, &text[digits..])
}

/// `Z`, `+01:00`, `+0100` or `+01`, behind a blank or not, in seconds.
fn zone(text: &[u8]) -> (Option<i32>, &[u8]) {
    let found = || {
        let rest = text.strip_prefix(b" ").unwrap_or(text);
        if let Some(rest) =
            rest.strip_prefix(b"Z").filter(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
        {
            return Some((0, rest));
        }
        let sign = match rest.first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (hours, minutes, rest) = match number(&rest[1..], 4) {
            Some((both, rest)) => (both / 100, both % 100, rest),
            None => {
                let (hours, rest) = number(&rest[1..], 2)?;
                let minutes = rest.strip_prefix(b":").and_then(|rest| number(rest, 2));
                let (minutes, rest) = minutes.unwrap_or((0, rest));
                (hours, minutes, rest)
            }
        };
        let ends = !rest.first().is_some_and(u8::is_ascii_alphanumeric);
        (hours < 24 && minutes < 60 && ends).then_some((sign * (hours * 60 + minutes) as i32 * 60, rest))
    };
    found().map_or((None, text), |(offset, rest)| (Some(offset), rest))
}

/// Exactly so many digits, and what follows.
fn number(text: &[u8], digits: usize) -> Option<(u32, &[u8])> {
    let (number, rest) = text.split_at_checked(digits)?;
    let all = number.iter().all(u8::is_ascii_digit) && !rest.first().is_some_and(u8::is_ascii_digit);
    all.then(|| (number.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')), rest))
}

const MONTHS: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

fn month(text: &[u8]) -> Option<u32> {
    let name = text.get(..3)?.to_ascii_lowercase();
    MONTHS.iter().position(|month| name == **month).map(|month| month as u32 + 1)
}

fn capitalized(month: &[u8; 3]) -> String {
    let mut name = String::from_utf8_lossy(month).into_owned();
    name[..1].make_ascii_uppercase();
    name
}

fn is_date(month: u32, day: u32) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// Days from 1970 on to a date of the Gregorian calendar, and back: the algorithms of Howard Hinnant's `chrono`.
fn days(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * month + 2) / 5 + 1) as u32;
    let month = if month < 10 { month + 3 } else { month - 9 } as u32;
    (year + days.div_euclid(146_097) * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: i64, month: u32, day: u32, hour: i64, minute: i64, second: i64) -> i64 {
        days(year, month, day) * DAY + ((hour * 60 + minute) * 60 + second) * 1_000_000
    }

    #[test]
    fn times_are_read_as_logs_write_them() {
        let noon = at(2026, 11, 25, 1, 2, 3);
        for (line, wall, offset, has_year) in [
            ("2026-11-25T01:02:03Z started", noon, Some(0), true),
            ("2026-11-25 01:02:03,250 INFO", noon + 250_000, None, true),
            ("0001 2026-11-25T01:02:03.123456789+01:30", noon + 123_456, Some(5400), true),
            ("[2026/11/25 01:02:03 -0800] x", noon, Some(-28_800), true),
            ("2026-11-25 01:02 x", noon - 3_000_000, None, true),
            ("127.0.0.1 - - [25/Nov/2026:01:02:03 +0000] \"GET /\"", noon, Some(0), true),
            ("<34>Nov 25 01:02:03 host sshd[1]: x", at(2000, 11, 25, 1, 2, 3), None, false),
            ("Nov  5 01:02:03 host", at(2000, 11, 5, 1, 2, 3), None, false),
            ("[Wed Nov 25 01:02:03.5 2026] [error]", noon + 500_000, None, true),
            ("1795568523 x", at(2026, 11, 25, 1, 2, 3), Some(0), true),
            ("[1795568523.25] x", noon + 250_000, Some(0), true),
            ("{\"ts\":1795568523250,\"msg\":1}", noon + 250_000, Some(0), true),
            ("level=info time=\"1795568523250000\"", noon + 250_000, Some(0), true),
        ] {
            assert_eq!(time_in(line.as_bytes()), Some(Time { wall, offset, has_year }), "{line}");
        }
        for line in [
            "",
            "   at java.lang.Thread.run(Thread.java:748)",
            "id=1795568523 x",
            "2026-13-25T01:02:03",
            "2026-11-25 25:02:03",
            "12026-11-25T01:02:03",
            "0000000000001 x",
            "May the force",
            "1795568523abc",
        ] {
            assert_eq!(time_in(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!((days(1970, 1, 1), days(2000, 2, 29), days(2026, 11, 25)), (0, 11_016, 20_782));
        for day in (-800_000..800_000).step_by(97) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }

    #[test]
    fn what_is_typed_may_miss_parts() {
        let base = time_in(b"2026-11-25T14:30:00+02:00").unwrap();
        let from = |text: &str| WantedTime::parse(text).map(|wanted| wanted.from(&base));
        let words = |text: &str| from(text).map(|time| time.in_words());
        assert_eq!(words("14:31").as_deref(), Some("2026-11-25 14:31:00"));
        assert_eq!(words("14:05:33").as_deref(), Some("2026-11-26 14:05:33"), "the next one");
        assert_eq!(words("2026-11-24").as_deref(), Some("2026-11-24 00:00:00"));
        assert_eq!(words("2026-11-24 09:10").as_deref(), Some("2026-11-24 09:10:00"));
        assert_eq!(words("Nov 24 09:10:11").as_deref(), Some("2026-11-24 09:10:11"));
        assert_eq!(words("25/Nov/2026:01:02:03 +0000").as_deref(), Some("2026-11-25 01:02:03"));
        assert_eq!(from("13:00Z").unwrap().offset, Some(0));
        assert!(base.is_before(&from("13:00Z").unwrap()), "by UTC");
        assert_eq!(words("13:00Z").as_deref(), Some("2026-11-25 13:00:00"));
        for text in
            ["", "14", "1:05", "14:65", "24:00", "2026", "2026-11-25x", "1234:56", "12:34:56:7", "0x1F"]
        {
            assert_eq!(from(text), None, "{text}");
        }
    }
}
