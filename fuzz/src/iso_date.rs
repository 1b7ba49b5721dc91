//! A second reader of dates, made in another way than the engine's writer.

/// The last millisecond on either side of 1970 that a JavaScript `Date` can hold.
pub(crate) const MAX_TIME: i64 = 8_640_000_000_000_000;

/// The milliseconds since 1970 of a date as `Date.prototype.toISOString` writes it, and in no other
/// spelling.
pub(crate) fn read(text: &str) -> Option<i64> {
    let rest = text.strip_suffix('Z')?;
    let (date, clock) = rest.split_once('T')?;
    let (sign, date) = match date.as_bytes().first()? {
        b'+' => (1, date.get(1..)?),
        b'-' => (-1, date.get(1..)?),
        _ => (1, date),
    };
    let (year, date) = date.split_once('-')?;
    let (month, day) = date.split_once('-')?;
    let (hour, clock) = clock.split_once(':')?;
    let (minute, clock) = clock.split_once(':')?;
    let (second, millisecond) = clock.split_once('.')?;
    let is_signed = rest.starts_with(['+', '-']);
    let year_digits = if is_signed { 6 } else { 4 };
    let year = sign * digits(year, year_digits)?;
    // Where four digits are enough, there are no more.
    if is_signed == (0..=9999).contains(&year) {
        return None;
    }
    let days = days_before(year, digits(month, 2)?)? + digits(day, 2)? - 1;
    let hours = days * 24 + digits(hour, 2)?;
    let seconds = (hours * 60 + digits(minute, 2)?) * 60 + digits(second, 2)?;
    Some(seconds * 1000 + digits(millisecond, 3)?)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// From 1970 to the first day of a month.
fn days_before(year: i64, month: i64) -> Option<i64> {
    let leap_years_before = |year: i64| {
        let last = year - 1;
        last.div_euclid(4) - last.div_euclid(100) + last.div_euclid(400)
    };
    let is_leap = leap_years_before(year + 1) > leap_years_before(year);
    let february = if is_leap { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = months.get(..usize::try_from(month - 1).ok()?)?;
    let years = (year - 1970) * 365 + leap_years_before(year) - leap_years_before(1970);
    Some(years + before.iter().sum::<i64>())
}
