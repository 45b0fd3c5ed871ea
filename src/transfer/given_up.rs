//! A failure after which a blob is not retried.

use std::time::Duration;

use crate::diagnose::{Diagnose, ErrorKind, Failure, Hint};
use crate::retry::Attempts;

/// Wraps the last failure of a part that was retried often enough, so that the blob as a whole is not retried
/// for it.
#[derive(Debug)]
pub(super) struct GivenUp {
    failure: Failure,
    /// How long there was no progress.
    time: Duration,
}

impl GivenUp {
    /// Wraps the last failure of these attempts.
    pub(super) fn after(attempts: &Attempts, failure: Failure) -> Self {
        Self { failure, time: attempts.failing() }
    }
}

impl std::fmt::Display for GivenUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.failure.fmt(f)
    }
}

impl std::error::Error for GivenUp {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // Those who look for a cause have to find the failure itself; its words are said once.
        Some(self.failure.as_ref())
    }
}

impl Diagnose for GivenUp {
    fn kind(&self) -> ErrorKind {
        self.failure.kind()
    }

    fn brief(&self) -> Option<String> {
        let brief = self.failure.brief()?;
        Some(match self.time.as_secs() {
            0 => brief,
            seconds @ ..120 => format!("{brief}; gave up after {seconds} s"),
            seconds => format!("{brief}; gave up after {} min", seconds / 60),
        })
    }

    fn hint(&self) -> Option<Hint> {
        self.failure.hint()
    }
}
