//! Sizes, durations and times in Docker's words.
//!
//! The rules are those of [docker/go-units](https://github.com/docker/go-units), except that a size never
//! shows an exponent: 999.6 kB is `1MB`, not `1e+03kB`.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Powers of 1000. A `u64` of bytes stays below 19 EB.
const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

/// Formats a size with three significant digits, as in tables: `28.5MB`, `0B`, `1.15GB`.
pub(crate) fn size(bytes: u64) -> String {
    with_digits(bytes, 3)
}

/// Formats a part of a size: `20.7MB of 80MB`.
pub(crate) fn part(part: u64, size: u64) -> String {
    format!("{} of {}", precise_size(part), precise_size(size))
}

/// Formats a count with its noun: `1 blob`, `2 blobs`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// Formats a size with four significant digits, as in progress bars: `36.45kB`.
pub(crate) fn precise_size(bytes: u64) -> String {
    with_digits(bytes, 4)
}

fn with_digits(bytes: u64, digits: usize) -> String {
    // Divided step by step, as Docker does, so that the last digit is rounded the same way.
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1000.0 {
        value /= 1000.0;
        unit += 1;
    }
    let text = significant(value, digits);
    if text == "1000" && unit + 1 < UNITS.len() {
        return format!("1{}", UNITS[unit + 1]);
    }
    format!("{text}{}", UNITS[unit])
}

/// Formats a value below 1000 as C's `%.{digits}g` does; `digits` must be at least three.
fn significant(value: f64, digits: usize) -> String {
    let whole_digits = match value {
        _ if value >= 100.0 => 3,
        _ if value >= 10.0 => 2,
        _ => 1,
    };
    let text = format!("{value:.*}", digits - whole_digits);
    // Rounding up may have added a digit before the point. The extra digit behind it is then a zero.
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Formats a duration roughly: `Less than a second`, `About a minute`, `2 months`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let hours = (duration.as_secs_f64() / 3600.0 + 0.5) as u64;
    match (seconds, seconds / 60, hours) {
        (0, ..) => "Less than a second".to_owned(),
        (1, ..) => "1 second".to_owned(),
        (..60, ..) => format!("{seconds} seconds"),
        (_, 1, _) => "About a minute".to_owned(),
        (_, minutes @ ..60, _) => format!("{minutes} minutes"),
        (.., 1) => "About an hour".to_owned(),
        (.., ..48) => format!("{hours} hours"),
        (.., ..336) => format!("{} days", hours / 24),
        (.., ..1440) => format!("{} weeks", hours / 24 / 7),
        (.., ..17520) => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", seconds / 3600 / 24 / 365),
    }
}

/// Formats how long something took, rounded up: `0.3 s`, `9.8 s`, `12 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let tenths = duration.as_millis().div_ceil(100).max(1);
    match tenths {
        ..100 => format!("{}.{} s", tenths / 10, tenths % 10),
        _ => format!("{} s", tenths.div_ceil(10)),
    }
}

/// Formats a duration in at most four characters, rounded up: `6s`, `90s`, `12m`, `30h`, `14d`.
pub(crate) fn short_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        ..100 => format!("{seconds}s"),
        100..6_000 => format!("{}m", seconds.div_ceil(60)),
        6_000..360_000 => format!("{}h", seconds.div_ceil(3600)),
        _ => format!("{}d", seconds.div_ceil(86_400).min(999)),
    }
}

/// Formats how long before `now` an RFC 3339 time was: `2 minutes ago`. Returns an empty text if the time is
/// invalid, as in many configs.
///
/// A time in the future, from a wrong clock, is `Less than a second ago`, as in Docker.
pub(crate) fn ago(time: &str, now: Timestamp) -> String {
    let Ok(time) = time.parse::<Timestamp>() else { return String::new() };
    let passed = now.duration_since(time).max(SignedDuration::ZERO);
    format!("{} ago", duration(passed.unsigned_abs()))
}

/// Formats an RFC 3339 time as `docker images` does: `2026-11-21 20:39:02 +0000 UTC`. Returns an empty text
/// if it is invalid.
pub(crate) fn created_at(time: &str) -> String {
    let time = time.parse::<Timestamp>();
    time.map(|time| time.strftime("%Y-%m-%d %H:%M:%S +0000 UTC").to_string()).unwrap_or_default()
}

/// The last second of the range that stands for "no time": reproducible builds use such times.
const EPOCH: Timestamp = Timestamp::constant(946_684_800, 0);

/// Formats how long ago a build step was, as `docker history` does: `N/A` unless the time is after 1999.
pub(crate) fn ago_or_unknown(time: &str, now: Timestamp) -> String {
    match time.parse::<Timestamp>() {
        Ok(parsed) if parsed > EPOCH => ago(time, now),
        _ => "N/A".to_owned(),
    }
}

/// Formats how much older one build is than another, in lower case; `None` unless it is older, and both have a time after
/// 1999.
pub(crate) fn behind(old: &str, new: &str) -> Option<String> {
    let known = |time: &str| time.parse::<Timestamp>().ok().filter(|time| *time > EPOCH);
    let passed = known(new)?.duration_since(known(old)?);
    passed.is_positive().then(|| duration(passed.unsigned_abs()).to_lowercase())
}

/// Formats an RFC 3339 time to the second, in UTC. An invalid time becomes Go's zero time.
pub(crate) fn to_the_second(time: &str) -> String {
    let time = time.parse::<Timestamp>();
    time.map_or_else(|_| "0001-01-01T00:00:00Z".to_owned(), |t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_have_three_significant_digits_and_no_trailing_zeros() {
        for (bytes, text) in [
            (0, "0B"),
            (40, "40B"),
            (300, "300B"),
            (999, "999B"),
            (1000, "1kB"),
            (1_234, "1.23kB"),
            (3_500_300, "3.5MB"),
            (25_000_000, "25MB"),
            (28_500_340, "28.5MB"),
            (202_000_000, "202MB"),
            (1_150_000_000, "1.15GB"),
            (9_999_999, "10MB"),
            (u64::MAX, "18.4EB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn a_size_that_rounds_to_a_thousand_takes_the_next_unit() {
        assert_eq!(size(999_499), "999kB");
        assert_eq!(size(999_600), "1MB");
        assert_eq!(precise_size(999_950), "1MB");
        assert_eq!(precise_size(999_949), "999.9kB");
    }

    #[test]
    fn progress_bars_have_four_significant_digits() {
        for (bytes, text) in [
            (36_450, "36.45kB"),
            (3_501_056, "3.501MB"),
            (262_100, "262.1kB"),
            (2_560, "2.56kB"),
            (11_270_000, "11.27MB"),
            (25_000_000, "25MB"),
            (512, "512B"),
        ] {
            assert_eq!(precise_size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn durations_change_their_words_at_dockers_thresholds() {
        const HOUR: u64 = 3600;
        const DAY: u64 = 24 * HOUR;
        for (seconds, text) in [
            (0, "Less than a second"),
            (1, "1 second"),
            (2, "2 seconds"),
            (59, "59 seconds"),
            (60, "About a minute"),
            (119, "About a minute"),
            (120, "2 minutes"),
            (59 * 60 + 59, "59 minutes"),
            (HOUR, "About an hour"),
            (HOUR + 1799, "About an hour"),
            (HOUR + 1800, "2 hours"),
            (47 * HOUR, "47 hours"),
            (47 * HOUR + 1800, "2 days"),
            (13 * DAY, "13 days"),
            (14 * DAY, "2 weeks"),
            (59 * DAY, "8 weeks"),
            (60 * DAY, "2 months"),
            (729 * DAY, "24 months"),
            (730 * DAY, "2 years"),
            (20 * 365 * DAY, "20 years"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), text, "{seconds} s");
        }
        assert_eq!(duration(Duration::from_millis(999)), "Less than a second");
    }

    #[test]
    fn what_took_less_than_ten_seconds_has_tenths() {
        let words = |millis| seconds(Duration::from_millis(millis));
        assert_eq!(
            [0, 301, 1000, 9_899, 9_901, 10_001].map(words),
            ["0.1 s", "0.4 s", "1.0 s", "9.9 s", "10 s", "11 s"]
        );
    }

    #[test]
    fn a_short_duration_has_four_characters() {
        for (seconds, text) in [
            (0, "0s"),
            (99, "99s"),
            (100, "2m"),
            (5999, "100m"),
            (6000, "2h"),
            (359_999, "100h"),
            (360_000, "5d"),
            (u64::MAX, "999d"),
        ] {
            assert_eq!(short_duration(Duration::from_secs(seconds)), text, "{seconds}");
        }
    }

    #[test]
    fn times_are_read_from_rfc_3339_and_nothing_else() {
        let now = "2026-11-21T20:41:30Z".parse().unwrap();
        assert_eq!(ago("2026-11-21T20:39:02.15344107Z", now), "2 minutes ago");
        assert_eq!(ago("2026-11-21T22:39:02+02:00", now), "2 minutes ago");
        assert_eq!(ago("2027-01-01T00:00:00Z", now), "Less than a second ago");
        assert_eq!(ago("0001-01-01T00:00:00Z", now), "2027 years ago");
        assert_eq!(created_at("2026-11-21T20:39:02.15344107Z"), "2026-11-21 20:39:02 +0000 UTC");
        assert_eq!(ago_or_unknown("2026-11-21T20:39:02Z", now), "2 minutes ago");
        assert_eq!(to_the_second("2026-11-21T22:39:02.9+02:00"), "2026-11-21T20:39:02Z");
        assert_eq!(to_the_second("1970-01-01T00:00:00Z"), "1970-01-01T00:00:00Z");
        for nothing in ["", "yesterday", "0001-01-01T00:00:00Z"] {
            assert_eq!(ago_or_unknown(nothing, now), "N/A", "{nothing}");
            assert_eq!(to_the_second(nothing), "0001-01-01T00:00:00Z", "{nothing}");
        }
        assert_eq!(ago_or_unknown("1970-01-01T00:00:00Z", now), "N/A");
        for odd in ["", "yesterday", "\u{1b}[31m", "99999-01-01T00:00:00Z"] {
            assert_eq!((ago(odd, now), created_at(odd)), (String::new(), String::new()), "{odd:?}");
        }
    }
    /// Returns the number of bytes in a formatted size.
    fn bytes_of(size: &str) -> f64 {
        let unit = UNITS.iter().rposition(|unit| size.ends_with(unit)).unwrap();
        let number: f64 = size.trim_end_matches(UNITS[unit]).parse().unwrap();
        number * 1000_f64.powi(i32::try_from(unit).unwrap())
    }

    proptest! {
        #[test]
        fn a_size_says_how_many_bytes_there_are_but_for_its_last_digit(bits in 0..64_u32, low in any::<u64>()) {
            let bytes = low >> bits;
            for (shown, digits, error) in [(size(bytes), 3, 0.005), (precise_size(bytes), 4, 0.0005)] {
                prop_assert!((bytes_of(&shown) - bytes as f64).abs() <= bytes as f64 * error * 1.01, "{bytes} {shown}");
                let number = shown.trim_end_matches(|c: char| c.is_alphabetic());
                prop_assert!(number.bytes().filter(u8::is_ascii_digit).count() <= digits, "{bytes} {shown}");
                prop_assert!(!number.contains('.') || !number.ends_with(['0', '.']), "{bytes} {shown}");
            }
        }

        #[test]
        fn more_bytes_are_not_shown_as_fewer(one in any::<u64>(), other in any::<u64>()) {
            let (less, more) = (one.min(other), one.max(other));
            prop_assert!(bytes_of(&size(less)) <= bytes_of(&size(more)));
        }

        #[test]
        fn any_duration_has_words(seconds in any::<u64>()) {
            prop_assert!(!duration(Duration::from_secs(seconds)).is_empty());
            prop_assert!(short_duration(Duration::from_secs(seconds)).len() <= 4);
        }
    }
}
