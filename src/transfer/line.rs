//! The line between both ends of a copy, which all its blobs share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::concurrency::Concurrency;
use super::controller::{FAR, Purpose};
use super::options::Options;
use super::rate_limit::RateLimit;
use super::shares::Shares;
use super::splitting::Splitting;
use super::window::{Place, Window};
use crate::diagnose::Failure;
use crate::retry::Policy;

/// The factor by which the window grows at most, beyond its size.
const WIDER: u32 = 2;

/// The settings and measurements of one copy. Clones share everything.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) splitting: Splitting,
    pub(super) window: Arc<Window>,
    pub(super) shares: Shares,
    pub(super) concurrency: Arc<Concurrency>,
    pub(super) retry: Policy,
    rate_limit: Option<Arc<RateLimit>>,
    counted: Counted,
    /// Whether the source has refused parts of blobs.
    refuses_parts: Arc<AtomicBool>,
}

/// Which bytes measure the speed of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// The bytes that come from the source, because the target is local.
    Received,
    /// The bytes that the target is known to have.
    Confirmed,
}

impl Line {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            splitting: options.splitting,
            window: Arc::default(),
            shares: Shares::default(),
            concurrency: Concurrency::new(options.jobs, &options.experience),
            retry: options.retry,
            rate_limit: options.rate.map(|rate| Arc::new(RateLimit::new(rate))),
            counted: Counted::Received,
            refuses_parts: Arc::default(),
        }
    }

    /// Returns the same line with another measurement.
    pub(super) fn counting(&self, counted: Counted) -> Self {
        Self { counted, ..self.clone() }
    }

    /// Records that the source has refused a part of a blob that it offers parts of. Then no more parts are
    /// requested.
    pub(super) fn refused_part(&self) {
        self.refuses_parts.store(true, Ordering::Relaxed);
    }

    /// Reports whether parts of blobs may be requested.
    pub(super) fn takes_parts(&self) -> bool {
        self.splitting.from < u64::MAX && !self.refuses_parts.load(Ordering::Relaxed)
    }

    /// Returns the same line for a blob that uses a single stream.
    pub(super) fn unsplit(&self) -> Self {
        Self { splitting: Splitting { from: u64::MAX, ..self.splitting }, ..self.clone() }
    }

    /// Returns the size in bytes of the next piece that has to arrive in order. With more connections it is
    /// smaller, so that each of them has a piece in the window.
    pub(super) fn piece_in_order(&self) -> u64 {
        let piece = self.splitting.piece_in_order;
        let share = self.window_now() / self.concurrency.limit().max(1) as u64;
        share.clamp(piece / 4, piece).max(1)
    }

    /// Reserves room for `bytes` of a piece, if there is any now.
    pub(super) fn place(&self, bytes: u64) -> Option<Place> {
        self.window.place(bytes, self.window_now())
    }

    /// Returns the current size of the window in bytes. It grows with the distance, because requested bytes
    /// are in flight for longer.
    pub(super) fn window_now(&self) -> u64 {
        let window = self.splitting.window;
        window.saturating_add((window as f64 * self.steps().min(f64::from(WIDER))) as u64)
    }

    /// Returns the minimum size of a piece in bytes where there is no window. Each piece costs a response time.
    pub(super) fn least_piece(&self) -> u64 {
        (self.splitting.piece as f64 * (1.0 + self.steps())) as u64
    }

    /// Returns the distance of the source in [steps](Splitting::step).
    fn steps(&self) -> f64 {
        self.window.distance().as_secs_f64() / self.splitting.step.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// Returns how many of so many missing bytes the first stream of a blob keeps when others join it.
    pub(super) fn first_share(&self, missing: u64) -> u64 {
        if self.is_far() {
            // Each connection gets one piece. The stream is ahead of the others, so its own is a quarter longer.
            missing / (4 * self.connections_to_come() + 5) * 5
        } else {
            // What follows it is hashed as it comes, so little is left to hash at the end.
            self.least_piece().min(missing / 2)
        }
    }

    /// Reports whether the source is so far away that one stream begins slowly, however fast it becomes.
    pub(super) fn is_far(&self) -> bool {
        self.splitting.below.is_some() && self.window.distance() >= FAR
    }

    /// Returns how many connections a blob can expect for its next pieces, with the one that it has been given.
    pub(super) fn connections_to_come(&self) -> u64 {
        let free = self.concurrency.free() / self.shares.wanting().max(1);
        free as u64 + 1
    }

    /// Records that `bytes` have come from the source. The caller waits for the returned [`Turn`] before it
    /// reads on.
    pub(super) fn received(&self, bytes: u64) -> Turn {
        if self.counted == Counted::Received {
            self.concurrency.moved(bytes);
        }
        self.skipped(bytes)
    }

    /// Records bytes that came and are not needed.
    pub(super) fn skipped(&self, bytes: u64) -> Turn {
        Turn(self.rate_limit.as_ref().map(|limit| limit.reserve(bytes)))
    }

    /// Records a failure. If the other end is overloaded, fewer requests are sent to it.
    pub(super) fn told(&self, purpose: Purpose, error: &Failure) {
        if error.is_overload() {
            self.concurrency.refused(purpose, error.recovery().wait());
        }
    }

    /// Records that the source has responded after this time.
    pub(super) fn source_answered(&self, after: Duration) {
        self.window.answered(after);
        if self.counted == Counted::Received {
            self.concurrency.answered(after);
        }
    }
}

/// When the next bytes may be read. Nothing is held meanwhile, because the bytes so far have been passed on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn(Option<Instant>);

impl Turn {
    /// Waits for the turn.
    pub(super) async fn come(self) {
        if let Some(time) = self.0 {
            tokio::time::sleep_until(time).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_larger_where_the_way_is_longer() {
        let window_at = |millis| {
            let line = Line::new(&Options::default());
            line.counting(Counted::Confirmed).source_answered(Duration::from_millis(millis));
            line.window_now() >> 20
        };
        assert_eq!([0, 25, 50, 1000].map(window_at), [8, 16, 24, 24]);
    }
}
