//! How long an examination may take, and each of its steps.

use std::time::{Duration, Instant};

/// How long one step may take: as long as connecting may.
pub(super) const STEP_LIMIT: Duration = Duration::from_secs(10);

/// How long all steps may take.
const WHOLE_LIMIT: Duration = Duration::from_secs(28);

/// The time that is left.
#[derive(Clone, Copy)]
pub(super) struct Time {
    end: Instant,
}

impl Time {
    pub(super) fn begin() -> Self {
        Self { end: Instant::now() + WHOLE_LIMIT }
    }

    /// Returns how long the next step may take.
    pub(super) fn step(self) -> Duration {
        STEP_LIMIT.min(self.end.saturating_duration_since(Instant::now()))
    }

    pub(super) fn is_up(self) -> bool {
        self.step().is_zero()
    }

    /// Waits for one step; `None` if it takes too long.
    pub(super) async fn within<T>(self, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(self.step(), work).await.ok()
    }
}
