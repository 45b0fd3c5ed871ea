//! What a link is like.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What a link is like: `loopback`, or `ROUND-TRIP,CONNECTION,ALL`, as `20ms,10MB/s,60MB/s`; `-` is no limit.
/// Half of the round trip is spent each way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    name: String,
    pub(crate) round_trip: Duration,
    /// The most bytes a second in one connection, each way.
    pub(crate) connection: Option<u64>,
    /// The most bytes a second in all of them, each way.
    pub(crate) shared: Option<u64>,
}

impl Profile {
    /// This machine talking to itself.
    pub(crate) fn loopback() -> Self {
        Self { name: "loopback".to_owned(), round_trip: Duration::ZERO, connection: None, shared: None }
    }

    /// Whether programs are measured without the proxy, which would take processor time from them.
    pub(crate) fn is_direct(&self) -> bool {
        *self == Self::loopback()
    }

    /// The same link, and if it has no limit one that is faster than disks, yet slower than memory: what lies in
    /// buffers of the kernel when a program is killed is little beside what it has received.
    pub(crate) fn paced(&self) -> Self {
        Self { shared: self.shared.or(Some(200_000_000)), ..self.clone() }
    }

    /// The time in which nobody can be done: the bytes at the speed of the link, and four round trips. Unknown
    /// without a limit.
    pub(crate) fn bound(&self, bytes: u64) -> Option<f64> {
        let shared = self.shared?;
        Some(bytes as f64 / shared as f64 + 4.0 * self.round_trip.as_secs_f64())
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "loopback" {
            return Ok(Self::loopback());
        }
        let wrong = || format!("{text:?} is neither `loopback` nor like 20ms,10MB/s,60MB/s");
        let [delay, connection, shared] = text.split(',').collect::<Vec<_>>()[..] else {
            return Err(wrong());
        };
        let delay = delay.strip_suffix("ms").and_then(|delay| delay.parse().ok()).ok_or_else(wrong)?;
        Ok(Self {
            name: text.to_owned(),
            round_trip: Duration::from_millis(delay),
            connection: rate(connection).ok_or_else(wrong)?,
            shared: rate(shared).ok_or_else(wrong)?,
        })
    }
}

/// `10MB/s`, or `-`; the outer `None` is neither.
fn rate(text: &str) -> Option<Option<u64>> {
    if text == "-" {
        return Some(None);
    }
    let megabytes: u64 = text.strip_suffix("MB/s")?.parse().ok()?;
    megabytes.checked_mul(1_000_000).filter(|rate| *rate > 0).map(Some)
}
