//! How many requests a registry allows.

use std::time::{Duration, SystemTime};

/// Docker Hub's headers about the remaining requests, `ratelimit-limit: 100;w=21600` and the like.
///
/// See <https://docs.docker.com/docker-hub/usage/pulls/>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests in each window, of `ratelimit-limit`, or requests left, of `ratelimit-remaining`.
    pub requests: u64,
    /// The length of a window.
    pub window: Option<Duration>,
}

impl RateLimit {
    /// Parses the value of `ratelimit-limit` or `ratelimit-remaining`.
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split(';').map(str::trim);
        let requests = parts.next()?.parse().ok()?;
        let window = parts.find_map(|part| part.strip_prefix("w=")?.parse().ok()).map(Duration::from_secs);
        Some(Self { requests, window })
    }
}

/// How many pulls a registry still allows. Docker Hub sends it with each manifest, unless the image or the account is
/// unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullLimit {
    /// Pulls in each window.
    pub limit: Option<u64>,
    /// Pulls that are left.
    pub remaining: u64,
    /// The length of a window. All pulls are back when it is over.
    pub window: Option<Duration>,
}

impl PullLimit {
    /// Reads `ratelimit-remaining` and `ratelimit-limit` of a response.
    pub fn read<'a>(header: impl Fn(&'static str) -> Option<&'a str>) -> Option<Self> {
        let limit = header("ratelimit-limit").and_then(RateLimit::parse);
        let RateLimit { requests, window } = RateLimit::parse(header("ratelimit-remaining")?)?;
        let window = window.or(limit.and_then(|limit| limit.window));
        Some(Self { limit: limit.map(|limit| limit.requests), remaining: requests, window })
    }
}

/// How many requests a server still allows, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The number of requests that are left.
    pub left: u64,
    /// The time until the server allows more.
    pub time: Duration,
}

/// A `Reset` with at least this value is a time, in seconds after 1970, and not a number of seconds: GitHub and
/// GitLab send that.
const FIRST_TIME: u64 = 1_000_000_000;

impl Allowance {
    /// Reads the headers of a response. All forms are understood: `RateLimit` of the IETF's drafts, with the
    /// policy that has the fewest requests left if there are several, and `RateLimit-Remaining` with
    /// `RateLimit-Reset`, also with the prefix `X-`. Returns `None` if a server does not say until when its
    /// number is valid, as Docker Hub.
    ///
    /// See [draft-ietf-httpapi-ratelimit-headers](https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/).
    pub fn read<'a>(header: impl Fn(&str) -> Option<&'a str>, now: SystemTime) -> Option<Self> {
        let policies = header("ratelimit").into_iter().flat_map(Self::parse_policies);
        policies.min_by_key(|policy| policy.left).or_else(|| {
            ["ratelimit", "x-ratelimit"].into_iter().find_map(|prefix| {
                let left = RateLimit::parse(header(&format!("{prefix}-remaining"))?)?.requests;
                let reset = header(&format!("{prefix}-reset"))?.trim().parse().ok()?;
                Some(Self { left, time: time_until(reset, now) })
            })
        })
    }

    /// Parses `"burst";r=50;t=30, "daily";r=900;t=4000`, or `limit=100, remaining=50, reset=30` of older drafts.
    fn parse_policies(header: &str) -> Vec<Self> {
        let policy = |text: &str| {
            let parameters = || text.split([';', ',']).filter_map(|part| part.trim().split_once('='));
            let number = |short, long| {
                let named = parameters().find(|(name, _)| *name == short || *name == long);
                named.and_then(|(_, value)| value.trim().parse().ok())
            };
            let (left, time) = (number("r", "remaining")?, number("t", "reset")?);
            Some(Self { left, time: Duration::from_secs(time) })
        };
        let policies: Vec<_> = header.split(',').filter_map(policy).collect();
        if policies.is_empty() { policy(header).into_iter().collect() } else { policies }
    }
}

fn time_until(reset: u64, now: SystemTime) -> Duration {
    if reset < FIRST_TIME {
        return Duration::from_secs(reset);
    }
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(reset));
    at.and_then(|at| at.duration_since(now).ok()).unwrap_or_default()
}

/// Returns the time that `Retry-After` asks to wait: seconds, or a date. `Some(0)` means a date in the past.
///
/// See [RFC 9110, section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3).
pub fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(header).ok()?;
    let date = SystemTime::from(date);
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_retry_after_are_read() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(Duration::from_secs(60)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-1", now), None);
    }

    #[test]
    fn docker_hubs_limits_are_read() {
        let window = Some(Duration::from_secs(21_600));
        assert_eq!(RateLimit::parse("100;w=21600"), Some(RateLimit { requests: 100, window }));
        assert_eq!(RateLimit::parse("76"), Some(RateLimit { requests: 76, window: None }));
        assert_eq!(RateLimit::parse("many"), None);
    }

    #[test]
    fn a_limit_of_pulls_takes_its_window_from_either_header() {
        let read = |limit: Option<&'static str>, left: Option<&'static str>| {
            let found = PullLimit::read(|name| if name == "ratelimit-limit" { limit } else { left })?;
            Some((found.limit, found.remaining, found.window.map(|window| window.as_secs())))
        };
        assert_eq!(read(Some("100;w=21600"), Some("76")), Some((Some(100), 76, Some(21_600))));
        assert_eq!(read(None, Some("76;w=60")), Some((None, 76, Some(60))));
        assert_eq!(read(Some("100;w=21600"), None), None);
    }

    #[test]
    fn i12_every_form_of_what_is_left_is_read() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let read = |headers: &[(&str, &'static str)]| {
            let value =
                |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
            Allowance::read(value, now).map(|found| (found.left, found.time.as_secs()))
        };
        assert_eq!(read(&[("ratelimit", "\"default\";r=50;t=30")]), Some((50, 30)));
        assert_eq!(read(&[("ratelimit", "\"a\";r=50;t=30, \"b\"; r=2; t=9")]), Some((2, 9)));
        assert_eq!(read(&[("ratelimit", "limit=100, remaining=50, reset=5")]), Some((50, 5)));
        let both = [("ratelimit-remaining", "7"), ("ratelimit-reset", "12")];
        assert_eq!(read(&both), Some((7, 12)));
        let github = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000040")];
        assert_eq!(read(&github), Some((0, 40)));
        let past = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1600000000")];
        assert_eq!(read(&past), Some((0, 0)));
        assert_eq!(read(&[("ratelimit-remaining", "76;w=21600")]), None, "Docker Hub");
        assert_eq!(read(&[("ratelimit", "r=many;t=1")]), None);
    }
}
