//! Dates as JavaScript writes them: `Date.prototype.toUTCString`, which is what stands behind
//! `Expires=` in a cookie, and the ISO form that JSON holds.

use std::fmt::Write as _;

/// The last millisecond either side of 1970 that a JavaScript `Date` can hold (ECMA-262 21.4.1.1).
const MAX_TIME: i64 = 8_640_000_000_000_000;

const MS_PER_DAY: i64 = 86_400_000;
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A year, month (1–12) and day of the month of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CivilDate {
    year: i64,
    month: u8,
    day: u8,
}

/// Appends `Thu, 01 Jan 1970 00:00:00 GMT` (RFC 9110's IMF-fixdate, for years of four digits).
///
/// Returns `false`, with nothing appended, for a time that no JavaScript `Date` can hold.
#[must_use]
pub fn write_utc(time_ms: f64, out: &mut String) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "the bound is far below 2^53")]
    if time_ms.is_nan() || time_ms.abs() > MAX_TIME as f64 {
        return false;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
    let time = time_ms.trunc() as i64;
    let days = time.div_euclid(MS_PER_DAY);
    let seconds = time.rem_euclid(MS_PER_DAY) / 1000;
    let CivilDate { year, month, day } = civil_date(days);
    // 1970-01-01 was a Thursday.
    let weekday = name(&WEEKDAYS, (days + 4).rem_euclid(7));
    let month = name(&MONTHS, i64::from(month) - 1);
    let sign = if year < 0 { "-" } else { "" };
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    write!(
        out,
        "{weekday}, {day:02} {month} {sign}{:04} {hour:02}:{minute:02}:{second:02} GMT",
        year.abs()
    )
    .is_ok()
}

/// The time of a date that `Date.prototype.toJSON` wrote: `YYYY-MM-DDTHH:mm:ss.sssZ`, or with a year of
/// a sign and six digits (ECMA-262 21.4.1.15).
///
/// `None` for any other spelling, which only JavaScript's own parser can judge.
#[must_use]
pub fn parse_iso(text: &str) -> Option<i64> {
    let (year, text) = match text.as_bytes().first()? {
        b'+' => (text.get(1..7)?, text.get(7..)?),
        // There is no year -0.
        b'-' if !text.starts_with("-000000") => (text.get(0..7)?, text.get(7..)?),
        _ => (text.get(0..4)?, text.get(4..)?),
    };
    let digits = if text.len() == 20 && year.len() == 7 {
        year.get(1..)?
    } else {
        year
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year = year.parse().ok()?;
    let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
    let [.., b'Z'] = bytes else { return None };
    for (place, expected) in [
        (0, b'-'),
        (3, b'-'),
        (6, b'T'),
        (9, b':'),
        (12, b':'),
        (15, b'.'),
    ] {
        if bytes.get(place) != Some(&expected) {
            return None;
        }
    }
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok()
    };
    let (month, day) = (number(1, 3)?, number(4, 6)?);
    let (hour, minute, second) = (number(7, 9)?, number(10, 12)?, number(13, 15)?);
    let milliseconds = number(16, 19)?;
    if !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_from_civil(year, month, day);
    // Turned back into a date, the days say whether the month had that many.
    if civil_date(days)
        != (CivilDate {
            year,
            month: u8::try_from(month).ok()?,
            day: u8::try_from(day).ok()?,
        })
    {
        return None;
    }
    let time = days * MS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
    (-MAX_TIME..=MAX_TIME).contains(&time).then_some(time)
}

fn name(names: &[&'static str], index: i64) -> &'static str {
    usize::try_from(index)
        .ok()
        .and_then(|index| names.get(index))
        .copied()
        .unwrap_or_default()
}

/// Days since 1970-01-01 to a date, by counting in eras of 400 years (146 097 days) that begin on
/// the first of March, so that a leap day is the last day of its year.
fn civil_date(days: i64) -> CivilDate {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    CivilDate {
        year,
        month: u8::try_from(month).unwrap_or_default(),
        day: u8::try_from(day).unwrap_or_default(),
    }
}

/// The inverse of [`civil_date`].
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utc(time_ms: f64) -> Option<String> {
        let mut out = String::new();
        write_utc(time_ms, &mut out).then_some(out)
    }

    #[test]
    fn dates_are_written_as_javascript_writes_them() {
        // Each pair printed by `new Date(ms).toUTCString()` in Node.
        for (time, expected) in [
            (0.0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1.0, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (951_782_400_000.0, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_700_000_000_999.0, "Tue, 14 Nov 2023 22:13:20 GMT"),
            (253_402_300_800_000.0, "Sat, 01 Jan 10000 00:00:00 GMT"),
            (8.64e15, "Sat, 13 Sep 275760 00:00:00 GMT"),
            (-8.64e15, "Tue, 20 Apr -271821 00:00:00 GMT"),
            (-62_198_755_200_000.0, "Fri, 01 Jan -0001 00:00:00 GMT"),
        ] {
            assert_eq!(utc(time).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_no_date_can_hold_is_not_written() {
        for time in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 8.64e15 + 2.0] {
            assert_eq!(utc(time), None);
        }
    }

    #[test]
    fn only_the_form_that_json_holds_is_parsed() {
        assert_eq!(parse_iso("1970-01-01T00:00:00.000Z"), Some(0));
        assert_eq!(parse_iso("2000-02-29T23:59:59.999Z"), Some(951_868_799_999));
        // What `new Date(ms).toJSON()` gives in Node for years that do not fit four digits.
        for (text, time) in [
            ("+275760-09-13T00:00:00.000Z", MAX_TIME),
            ("-271821-04-20T00:00:00.000Z", -MAX_TIME),
            ("+010000-01-01T00:00:00.000Z", 253_402_300_800_000),
            ("-000001-01-01T00:00:00.000Z", -62_198_755_200_000),
        ] {
            assert_eq!(parse_iso(text), Some(time), "{text}");
        }
        for other in [
            "",
            "1970-01-01",
            "1970-01-01T00:00:00Z",
            "1970-01-01T00:00:00.000+",
            "2001-02-29T00:00:00.000Z",
            "1970-13-01T00:00:00.000Z",
            "1970-00-01T00:00:00.000Z",
            "1970-01-00T00:00:00.000Z",
            "1970-01-01T24:00:00.000Z",
            "1970-01-01 00:00:00.000Z",
            "+970-01-01T00:00:00.000Z",
            "+275760-09-13T00:00:00.001Z",
            "-271821-04-19T23:59:59.999Z",
            "-000000-01-01T00:00:00.000Z",
            "--00001-01-01T00:00:00.000Z",
            "+-00001-01-01T00:00:00.000Z",
            "+0é000-01-01T00:00:00.000Z",
            "Thu, 01 Jan 1970 00:00:0",
            "éé70-01-01T00:00:00.00Z",
        ] {
            assert_eq!(parse_iso(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn days_and_dates_are_inverse(days in -100_000_000_i64..=100_000_000) {
            let date = civil_date(days);
            let back = days_from_civil(date.year, i64::from(date.month), i64::from(date.day));
            prop_assert_eq!(back, days);
        }

        #[test]
        fn no_text_is_too_odd(text: String) {
            let _ = parse_iso(&text);
        }
    }
}
