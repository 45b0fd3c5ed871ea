//! When a failed operation is retried, after which wait, and how often.
//!
//! There is one loop around each operation ("this blob is in the store"), not one around each request. Its
//! state is the progress made so far; any further progress resets the count.

mod fault;
mod limiter;
mod outage;
mod waits;

use std::future::Future;
use std::time::{Duration, Instant};

pub use fault::{Fault, Pause, Sign, Verdict};
pub use limiter::{Limiter, RequestKind};
pub use outage::{Outage, Outages, Pass};
pub use waits::{Cause, Wait, Waiting, Waits};

use crate::diagnose::{Diagnose, Recovery};

/// When to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The maximum number of consecutive attempts without progress. `None` means no limit while a server is
    /// unreachable, until the budget is used up, and [`USUAL_ATTEMPTS`] if the server is reachable and the
    /// operation still fails.
    pub attempts: Option<u32>,
    /// How long an operation may fail without progress, measured from its first failure.
    pub budget: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { attempts: None, budget: Duration::from_secs(300) }
    }
}

impl Policy {
    /// Exactly one attempt.
    pub const ONCE: Self = Self { attempts: Some(1), budget: Duration::ZERO };

    /// Starts counting attempts.
    pub fn begin(self) -> Attempts {
        Attempts { policy: self, failed: 0, counted: 0, restarted: false, since: None, last: None }
    }
}

/// The maximum number of attempts at a reachable server, whose failure will most likely repeat itself, and at
/// a server that has never responded.
pub const USUAL_ATTEMPTS: u32 = 6;

/// The base of the exponential back-off.
const BASE: Duration = Duration::from_millis(250);

/// The longest wait that this module chooses.
const CAP: Duration = Duration::from_secs(15);

/// The longest wait that a registry may ask for. A longer one is an error, so that the user can decide.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The attempts of one operation.
#[derive(Clone, Debug)]
pub struct Attempts {
    policy: Policy,
    failed: u32,
    /// How many of them failed although the server was reachable, or had answered since the failure before.
    counted: u32,
    restarted: bool,
    /// The time of the first failure.
    since: Option<Instant>,
    /// The time of the last failure.
    last: Option<Instant>,
}

/// What comes after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Wait, then resume from the progress made.
    Continue(Duration),
    /// Wait, then start again from the first byte.
    Restart(Duration),
    /// The error is final.
    GiveUp,
}

impl Attempts {
    /// Returns the number of attempts that have failed since the last progress.
    pub fn failed(&self) -> u32 {
        self.failed
    }

    /// Returns how long there has been no progress, measured from the first failure.
    pub fn failing(&self) -> Duration {
        self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Records progress, which resets the count.
    pub fn progress(&mut self) {
        (self.failed, self.counted) = (0, 0);
        self.since = None;
    }

    /// Records a failed attempt and returns what to do next.
    ///
    /// Each wait is twice as long as the last. The actual wait is drawn evenly from its upper half, so that
    /// many clients of one registry do not return in the same moment. No wait is longer than the rest of the
    /// budget, so that there is one more attempt at the end of the budget.
    pub fn failure(&mut self, recovery: Recovery) -> Next {
        self.failure_at(Instant::now(), recovery)
    }

    fn failure_at(&mut self, now: Instant, recovery: Recovery) -> Next {
        self.failed += 1;
        // The duration of an attempt is not limited, because it may have waited for another process.
        let failing = now.duration_since(*self.since.get_or_insert(now));
        let left = self.policy.budget.saturating_sub(failing);
        self.counted += u32::from(self.is_served(now, recovery));
        self.last = Some(now);
        let is_last = match self.policy.attempts {
            Some(attempts) => self.failed >= attempts,
            None => self.counted >= USUAL_ATTEMPTS,
        };
        if is_last || left.is_zero() {
            return Next::GiveUp;
        }
        match recovery {
            Recovery::Never => Next::GiveUp,
            Recovery::Restart if self.restarted => Next::GiveUp,
            Recovery::Restart => {
                self.restarted = true;
                Next::Restart(Duration::ZERO)
            }
            Recovery::Retry { after: Some(asked) } if asked > PATIENCE.min(left) => Next::GiveUp,
            // A wait of zero, or one that a wrong clock puts in the past, must not cause retries without a
            // pause.
            Recovery::Retry { after: Some(asked) } => {
                Next::Continue(asked.max(back_off(self.failed).min(left)))
            }
            Recovery::Retry { after: None } => Next::Continue(back_off(self.failed).min(left)),
            // The next request waits for the server by itself. A failure of this operation alone still needs
            // a pause.
            Recovery::Outage { after, .. } => Next::Continue(after.max(ceiling(self.failed) / 2).min(left)),
        }
    }
}

impl Attempts {
    /// Reports whether the server was reachable between the last failure and this one. A server that answers
    /// other requests, such as the one that begins an upload, is not down because one request always fails.
    fn is_served(&self, now: Instant, recovery: Recovery) -> bool {
        let Recovery::Outage { answered, .. } = recovery else { return true };
        let answered = answered.and_then(|ago| now.checked_sub(ago));
        answered.is_some_and(|answered| self.last.is_none_or(|last| answered > last))
    }
}

/// Returns the wait after this number of failures: between half of the [`ceiling`] and all of it.
fn back_off(failed: u32) -> Duration {
    let ceiling = ceiling(failed);
    ceiling / 2 + (ceiling / 2).mul_f64(fastrand::f64())
}

/// Returns the longest wait after this number of failures.
fn ceiling(failed: u32) -> Duration {
    BASE.saturating_mul(1 << failed.saturating_sub(1).min(10)).min(CAP)
}

/// Runs an operation that cannot be resumed, such as one small request, until it succeeds or its error is
/// final. Waits are shown as waits for `server`, if it is known.
///
/// # Cancel safety
/// The same as that of `operation`.
pub async fn run<T, E, F>(
    policy: Policy,
    server: Option<&Outage>,
    mut operation: impl FnMut() -> F,
) -> Result<T, E>
where
    E: Diagnose,
    F: Future<Output = Result<T, E>>,
{
    let mut attempts = policy.begin();
    loop {
        let error = match operation().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let recovery = error.recovery();
        match attempts.failure(recovery) {
            Next::GiveUp => return Err(error),
            Next::Continue(wait) | Next::Restart(wait) => {
                // An outage is shown already.
                let here = server.filter(|_| !matches!(recovery, Recovery::Outage { .. }));
                let _shown = here.map(|server| server.show_retry(&attempts, wait, &error));
                tokio::time::sleep(wait).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_without_progress_come_to_an_end() {
        let mut attempts = Policy { attempts: Some(3), ..Policy::default() }.begin();
        assert!(matches!(attempts.failure(Recovery::RETRY), Next::Continue(_)));
        assert!(matches!(attempts.failure(Recovery::RETRY), Next::Continue(_)));
        assert_eq!(attempts.failure(Recovery::RETRY), Next::GiveUp);
    }

    #[test]
    fn u1_only_time_counts_while_a_server_is_away() {
        let mut attempts = Policy::default().begin();
        let begun = Instant::now();
        let mut failure = |after, recovery| attempts.failure_at(begun + Duration::from_secs(after), recovery);
        let away = Recovery::Outage { after: Duration::ZERO, answered: None };
        for after in 0..100 {
            assert!(matches!(failure(after, away), Next::Continue(_)), "after {after} s");
        }
        for after in 100..100 + u64::from(USUAL_ATTEMPTS) - 1 {
            assert!(matches!(failure(after, Recovery::RETRY), Next::Continue(_)), "after {after} s");
        }
        assert_eq!(failure(106, Recovery::RETRY), Next::GiveUp, "failures at a reachable server are counted");
        let mut attempts = Policy { attempts: Some(2), ..Policy::default() }.begin();
        assert!(matches!(attempts.failure_at(begun, away), Next::Continue(_)));
        assert_eq!(attempts.failure_at(begun, away), Next::GiveUp);
    }

    #[test]
    fn u1_failures_are_counted_while_the_server_answers_other_requests() {
        let (mut attempts, begun) = (Policy::default().begin(), Instant::now());
        let mut failure = |after, answered| {
            let recovery = Recovery::Outage {
                after: Duration::ZERO,
                answered: Some(Duration::from_secs(after - answered)),
            };
            attempts.failure_at(begun + Duration::from_secs(after), recovery)
        };
        for after in 10..15 {
            assert!(matches!(failure(after, after), Next::Continue(_)), "after {after} s");
        }
        for after in 15..200 {
            assert!(matches!(failure(after, 14), Next::Continue(_)), "{after} s: now nothing is answered");
        }
        assert_eq!(failure(200, 200), Next::GiveUp);
    }

    #[test]
    fn progress_resets_the_count() {
        let mut attempts = Policy { attempts: Some(2), ..Policy::default() }.begin();
        for _ in 0..10 {
            assert!(matches!(attempts.failure(Recovery::RETRY), Next::Continue(_)));
            attempts.progress();
        }
    }

    #[test]
    fn an_operation_restarts_only_once() {
        let mut attempts = Policy::default().begin();
        assert_eq!(attempts.failure(Recovery::Restart), Next::Restart(Duration::ZERO));
        assert_eq!(attempts.failure(Recovery::Restart), Next::GiveUp);
    }

    #[test]
    fn a_wait_that_was_asked_for_is_kept_up_to_a_minute() {
        let asked = |seconds| Recovery::Retry { after: Some(Duration::from_secs(seconds)) };
        assert_eq!(Policy::default().begin().failure(asked(60)), Next::Continue(PATIENCE));
        assert_eq!(Policy::default().begin().failure(asked(61)), Next::GiveUp);
    }

    #[test]
    fn who_asks_for_no_wait_is_not_asked_again_without_any() {
        let mut attempts = Policy { attempts: Some(10), ..Policy::default() }.begin();
        let immediately = Recovery::Retry { after: Some(Duration::ZERO) };
        let waits: Vec<_> = (1..10).map(|_| attempts.failure(immediately)).collect();
        assert!(waits.iter().all(|next| matches!(next, Next::Continue(_))), "{waits:?}");
        assert!(waits.iter().any(|next| *next != Next::Continue(Duration::ZERO)), "{waits:?}");
    }

    #[test]
    fn the_budget_is_for_failures_and_not_for_what_took_long_before() {
        let mut attempts = Policy { attempts: Some(100), ..Policy::default() }.begin();
        let late = Instant::now() + Policy::default().budget * 2;
        let mut failure = |after| attempts.failure_at(late + Duration::from_secs(after), Recovery::RETRY);
        assert!(matches!(failure(0), Next::Continue(_)));
        assert!(matches!(failure(299), Next::Continue(_)));
        assert_eq!(failure(300), Next::GiveUp);
    }

    #[test]
    fn a_budget_that_is_used_up_allows_no_further_attempt() {
        let policy = Policy { budget: Duration::ZERO, ..Policy::default() };
        assert_eq!(policy.begin().failure(Recovery::RETRY), Next::GiveUp);
    }

    #[test]
    fn no_wait_is_longer_than_the_budget() {
        let budget = Duration::from_millis(1);
        let asked = Recovery::Retry { after: Some(Duration::from_secs(1)) };
        assert_eq!(Policy { budget, ..Policy::default() }.begin().failure(asked), Next::GiveUp);
        let budget = Duration::from_secs(2);
        let mut attempts = Policy { attempts: Some(100), budget }.begin();
        while let Next::Continue(wait) = attempts.failure(Recovery::RETRY) {
            assert!(wait <= budget);
        }
    }

    #[test]
    fn waits_grow_to_a_cap() {
        let mut attempts = Policy { attempts: Some(100), ..Policy::default() }.begin();
        for failed in 1..50 {
            let Next::Continue(wait) = attempts.failure(Recovery::RETRY) else {
                panic!("the budget is not used up")
            };
            assert!(wait <= CAP.min(BASE * 2u32.pow((failed - 1).min(10))));
        }
    }
}
