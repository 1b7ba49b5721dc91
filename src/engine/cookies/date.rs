//! Dates as JavaScript serializes them.

use std::fmt::Write as _;

use crate::engine::time::UnixMillis;

/// The largest distance from 1970 that a JavaScript `Date` can hold (ECMA-262 21.4.1.1), in ms.
const MAX_TIME: i64 = 8_640_000_000_000_000;

const MS_PER_DAY: i64 = 86_400_000;

/// Appends `2026-01-02T03:04:05.678Z`, as `Date.prototype.toISOString` does. Years outside of 0 to
/// 9999 have a sign and six digits (ECMA-262 21.4.1.32).
///
/// Returns `false` and appends nothing for a time that no `Date` can hold.
#[must_use]
pub fn write_iso(time: UnixMillis, out: &mut String) -> bool {
    let UnixMillis(time) = time;
    if !(-MAX_TIME..=MAX_TIME).contains(&time) {
        return false;
    }
    let (year, month, day) = civil_date(time.div_euclid(MS_PER_DAY));
    let rest = time.rem_euclid(MS_PER_DAY);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, millisecond) = (rest / 1000 % 60, rest % 1000);
    let year = match year {
        0..=9999 => format!("{year:04}"),
        _ => format!("{year:+07}"),
    };
    write!(
        out,
        "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"
    )
    .is_ok()
}

/// The year, month and day of the month, that many days after 1970-01-01 in the proleptic Gregorian
/// calendar. Counts eras of 400 years (146 097 days) that begin on March 1, so that a leap day is
/// the last day of its year.
fn civil_date(days: i64) -> (i64, i64, i64) {
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
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn iso(time: i64) -> Option<String> {
        let mut out = String::new();
        write_iso(UnixMillis(time), &mut out).then_some(out)
    }

    #[test]
    fn dates_are_written_as_javascript_writes_them() {
        // Each pair printed by `new Date(ms).toISOString()` in Node.
        for (time, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (1_700_000_000_999, "2023-11-14T22:13:20.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (-62_167_219_200_001, "-000001-12-31T23:59:59.999Z"),
            (MAX_TIME, "+275760-09-13T00:00:00.000Z"),
            (-MAX_TIME, "-271821-04-20T00:00:00.000Z"),
        ] {
            assert_eq!(iso(time).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_no_date_can_hold_is_not_written() {
        for time in [MAX_TIME + 1, -MAX_TIME - 1, i64::MAX, i64::MIN] {
            assert_eq!(iso(time), None);
        }
    }

    proptest! {
        #[test]
        fn another_library_reads_the_same_time(time in -62_167_219_200_000..253_402_300_800_000_i64) {
            use cookie::time::{OffsetDateTime, format_description::well_known::Rfc3339};

            let read = OffsetDateTime::parse(&iso(time).unwrap(), &Rfc3339).unwrap();
            prop_assert_eq!(read.unix_timestamp_nanos(), i128::from(time) * 1_000_000);
        }
    }
}
