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
}
