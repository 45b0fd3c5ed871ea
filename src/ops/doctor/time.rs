//! The time limits of a diagnosis and of each of its steps.

use std::time::{Duration, Instant};

/// The time limit of one step, which is that of a connection.
pub(super) const STEP_LIMIT: Duration = Duration::from_secs(10);

/// The time limit of the whole diagnosis.
const WHOLE_LIMIT: Duration = Duration::from_secs(28);

/// The remaining time.
#[derive(Clone, Copy)]
pub(super) struct Time {
    end: Instant,
}

impl Time {
    pub(super) fn begin() -> Self {
        Self { end: Instant::now() + WHOLE_LIMIT }
    }

    /// Returns the time limit of the next step.
    pub(super) fn step(self) -> Duration {
        STEP_LIMIT.min(self.end.saturating_duration_since(Instant::now()))
    }

    pub(super) fn is_up(self) -> bool {
        self.step().is_zero()
    }

    /// Waits for one step; returns `None` if it takes too long.
    pub(super) async fn within<T>(self, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(self.step(), work).await.ok()
    }
}
