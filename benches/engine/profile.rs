//! The properties of a link.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The properties of a link: `loopback`, or `ROUND-TRIP,CONNECTION,ALL` such as `20ms,10MB/s,60MB/s`;
/// `-` means no limit. Each direction takes half of the round trip. A fourth part, as in `20ms,10MB/s,60MB/s,8`, is
/// how many connections the server accepts; it answers 429 on further ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    name: String,
    pub(crate) round_trip: Duration,
    /// The limit of one connection, in bytes per second and direction.
    pub(crate) connection: Option<u64>,
    /// The limit of all connections together, in bytes per second and direction.
    pub(crate) shared: Option<u64>,
    /// The maximum number of connections.
    pub(crate) connections: Option<usize>,
}

impl Profile {
    /// Returns a link within this machine.
    pub(crate) fn loopback() -> Self {
        Self {
            name: "loopback".to_owned(),
            round_trip: Duration::ZERO,
            connection: None,
            shared: None,
            connections: None,
        }
    }

    /// Reports whether programs are measured without the proxy, which would compete for processor time.
    pub(crate) fn is_direct(&self) -> bool {
        *self == Self::loopback()
    }

    /// Returns the same link, with a limit if it has none. The limit is above the speed of disks and
    /// below that of memory, so that the kernel's buffers hold little compared with the bytes that a
    /// killed program has received.
    pub(crate) fn paced(&self) -> Self {
        Self { shared: self.shared.or(Some(200_000_000)), ..self.clone() }
    }

    /// Returns a lower bound for the time: the bytes at the speed of the link, plus four round trips.
    /// Returns `None` without a limit.
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
        let (delay, connection, shared, connections) = match text.split(',').collect::<Vec<_>>()[..] {
            [delay, connection, shared] => (delay, connection, shared, None),
            [delay, connection, shared, most] => {
                (delay, connection, shared, Some(most.parse().map_err(|_| wrong())?))
            }
            _ => return Err(wrong()),
        };
        let delay = delay.strip_suffix("ms").and_then(|delay| delay.parse().ok()).ok_or_else(wrong)?;
        Ok(Self {
            name: text.to_owned(),
            round_trip: Duration::from_millis(delay),
            connection: rate(connection).ok_or_else(wrong)?,
            shared: rate(shared).ok_or_else(wrong)?,
            connections,
        })
    }
}

/// Parses `10MB/s`, or `-`. The outer `None` means that the text is neither.
fn rate(text: &str) -> Option<Option<u64>> {
    if text == "-" {
        return Some(None);
    }
    let megabytes: u64 = text.strip_suffix("MB/s")?.parse().ok()?;
    megabytes.checked_mul(1_000_000).filter(|rate| *rate > 0).map(Some)
}
