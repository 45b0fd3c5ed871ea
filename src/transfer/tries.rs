//! The retries of a read that has failed.

use std::ops::Range;

use super::Event;
use super::controller::Purpose;
use super::ends::Ends;
use super::given_up::GivenUp;
use super::line::Line;
use crate::diagnose::{Diagnose, ErrorKind, Failure, Recovery};
use crate::image::Descriptor;
use crate::retry::{Attempts, Next};

/// How many bytes a failed attempt must have added to count as progress.
pub(super) const PROGRESS: u64 = 64 * 1024;

/// The part of the missing bytes that is enough, where they are fewer.
const PART: u64 = 8;

/// The content that is read: a blob, or a part of it.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) ends: &'a Ends,
    pub(super) blob: &'a Descriptor,
    pub(super) line: &'a Line,
}

/// Attempts that each resume where the last one ended. The target keeps what it has meanwhile.
#[derive(Debug)]
pub(super) struct Tries {
    attempts: Attempts,
    /// What was missing when the last attempt began.
    missing: Range<u64>,
    /// Whether a part was requested again because something else came.
    again: bool,
}

impl Tries {
    /// Starts with the first attempt to read these bytes.
    pub(super) fn of(missing: Range<u64>, line: &Line) -> Self {
        Self { attempts: line.retry.begin(), missing, again: false }
    }

    /// Reports whether a part, whose request had this error, is to be requested again. A source may send something
    /// else once by an error of its own, and no byte of it was taken.
    pub(super) fn repeats(&mut self, error: &Failure) -> bool {
        let repeats = error.recovery() == Recovery::Restart && !std::mem::replace(&mut self.again, true);
        if repeats {
            tracing::debug!("requesting a part again: {error}");
        }
        repeats
    }

    /// Handles an attempt that failed at `position`: waits and returns if there is to be another one.
    ///
    /// # Errors
    /// The final error. The blob as a whole is retried only if this error requires a restart.
    pub(super) async fn failed(
        &mut self,
        Reading { ends, blob, line }: Reading<'_>,
        position: u64,
        error: Failure,
    ) -> Result<(), Failure> {
        let Range { start, end } = self.missing;
        if position - start >= PROGRESS.min((end - start) / PART).max(1) {
            self.attempts.progress();
        }
        self.missing = position..end.max(position);
        line.told(Purpose::Blob, &error);
        let Next::Continue(wait) = self.attempts.failure(error.recovery()) else {
            return Err(match error.recovery() {
                Recovery::Restart => error,
                _ => GivenUp::after(&self.attempts, error).into(),
            });
        };
        ends.observer.event(Event::Interrupted {
            digest: blob.digest.clone(),
            attempt: self.attempts.failed(),
            wait,
            cause: error.brief().unwrap_or_else(|| error.to_string()),
        });
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

/// A task or stream has ended before all of its bytes came.
#[derive(Debug, thiserror::Error)]
#[error("a part of a blob ended too early")]
pub(super) struct Lost;

impl Diagnose for Lost {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Unreachable
    }

    fn recovery(&self) -> Recovery {
        Recovery::RETRY
    }
}
