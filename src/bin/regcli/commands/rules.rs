//! Arguments that say which tags a command is about.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use regcli::sync::{Pattern, Range};

/// Parses an age of at most a century.
pub(super) fn age(text: &str) -> Result<SignedDuration, &'static str> {
    let seconds = match text.char_indices().last() {
        Some((end, 's')) => Some((end, 1)),
        Some((end, 'm')) => Some((end, 60)),
        Some((end, 'h')) => Some((end, 60 * 60)),
        Some((end, 'd')) => Some((end, 24 * 60 * 60)),
        Some((end, 'w')) => Some((end, 7 * 24 * 60 * 60)),
        _ => None,
    };
    let seconds =
        seconds.and_then(|(end, unit)| text[..end].parse::<u32>().ok().map(|n| i64::from(n) * unit));
    let seconds = seconds.filter(|seconds| *seconds <= 100 * 366 * 24 * 60 * 60);
    seconds.map(SignedDuration::from_secs).ok_or("must be a time, such as 12h, 90d or 2w")
}

/// Parses a time: an age, a date in UTC, or a time in RFC 3339.
pub(super) fn time(text: &str) -> Result<Timestamp, &'static str> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    let ago = || Timestamp::now().checked_sub(age(text).ok()?).ok();
    let instant = || text.parse::<Timestamp>().ok();
    ago().or_else(instant).or_else(day).ok_or("must be a time, such as 12h, 90d, 2w or 2026-11-30")
}

/// Parses a range of versions.
pub(super) fn range(text: &str) -> Result<Range, String> {
    Range::parse(text).map_err(|error| error.to_string())
}

/// Parses a regular expression.
pub(super) fn regex(text: &str) -> Result<Pattern, String> {
    Pattern::regex(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_an_age_or_a_date() {
        let day: Timestamp = "2026-11-30T00:00:00Z".parse().unwrap();
        assert_eq!(time("2026-11-30"), Ok(day));
        assert_eq!(time("2026-11-30T01:00:00+01:00"), Ok(day));
        let passed = Timestamp::now().duration_since(time("2d").unwrap());
        assert!((47..49).contains(&passed.as_hours()), "{passed}");
        for odd in ["", "x", "-1", "d", "1.5h", "2026-13-01", "99999999999d", "4294967295w", "中"] {
            assert!(time(odd).is_err(), "{odd}");
        }
    }
}
