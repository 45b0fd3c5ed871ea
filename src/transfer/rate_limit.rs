//! The rate limit of a copy, for users who share their line.

use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Limits the bytes per second of all connections together.
#[derive(Debug)]
pub struct RateLimit {
    /// Bytes a second.
    rate: NonZeroU64,
    /// When the next bytes may move.
    free: Mutex<Instant>,
}

impl RateLimit {
    /// Creates a limit in bytes per second.
    pub fn new(rate: NonZeroU64) -> Self {
        Self { rate, free: Mutex::new(Instant::now()) }
    }

    /// Records `bytes` as moved, and waits until their connection may move more.
    ///
    /// # Cancel safety
    /// The bytes stay recorded if the future is dropped.
    pub async fn take(&self, bytes: u64) {
        tokio::time::sleep_until(self.reserve(bytes)).await;
    }

    /// Records `bytes` as moved and returns the time until which their connection must not move more. All
    /// connections share one queue.
    pub(super) fn reserve(&self, bytes: u64) -> Instant {
        // The time is replaced as a whole, so it is usable even after a panic while it was locked.
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.rate.get());
        // Idle time is not credited.
        *free = Instant::now().max(*free) + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        *free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_together_keep_the_rate() {
        let rate_limit = RateLimit::new(NonZeroU64::new(1000).unwrap());
        let begun = Instant::now();
        let last = (0..10).map(|_| rate_limit.reserve(100)).last().unwrap();
        let taken = last - begun;
        assert!(taken >= Duration::from_secs(1) && taken < Duration::from_millis(1500), "{taken:?}");
    }
}
