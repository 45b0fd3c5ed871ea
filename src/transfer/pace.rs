//! A limit for all connections of a copy together, for people who share their line.

use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Lets bytes pass at a limited rate, whoever moves them.
#[derive(Debug)]
pub(super) struct Pace {
    /// Bytes a second.
    rate: NonZeroU64,
    /// When the next bytes may pass.
    free: Mutex<Instant>,
}

impl Pace {
    pub(super) fn new(rate: NonZeroU64) -> Self {
        Self { rate, free: Mutex::new(Instant::now()) }
    }

    /// Takes notice of `bytes` more, and answers when they may have passed: who moved them moves no others before.
    /// Everybody gets a place in one row.
    pub(super) fn reserve(&self, bytes: u64) -> Instant {
        // A time is whole whoever panicked while holding it.
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.rate.get());
        // Time in which nobody moved anything is not made up for.
        *free = Instant::now().max(*free) + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        *free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_together_keep_the_rate() {
        let pace = Pace::new(NonZeroU64::new(1000).unwrap());
        let begun = Instant::now();
        let last = (0..10).map(|_| pace.reserve(100)).last().unwrap();
        let taken = last - begun;
        assert!(taken >= Duration::from_secs(1) && taken < Duration::from_millis(1500), "{taken:?}");
    }
}
