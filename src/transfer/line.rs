//! The line between both ends of a copy, which all its blobs share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::blocks::Blocks;
use super::concurrency::Concurrency;
use super::controller::Purpose;
use super::options::Options;
use super::rate_limit::RateLimit;
use super::splitting::Splitting;
use crate::diagnose::Failure;
use crate::retry::Policy;

/// The factor by which the window grows at most, beyond its size.
const WIDER: u32 = 2;

/// The settings and measurements of one copy. Clones share everything.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) splitting: Splitting,
    pub(super) window: Arc<Window>,
    pub(super) concurrency: Arc<Concurrency>,
    pub(super) retry: Policy,
    rate_limit: Option<Arc<RateLimit>>,
    counted: Counted,
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
            concurrency: Concurrency::new(options.jobs, &options.experience),
            retry: options.retry,
            rate_limit: options.rate.map(|rate| Arc::new(RateLimit::new(rate))),
            counted: Counted::Received,
        }
    }

    /// Returns the same line with another measurement.
    pub(super) fn counting(&self, counted: Counted) -> Self {
        Self { counted, ..self.clone() }
    }

    /// Returns the same line for a blob that uses a single stream.
    pub(super) fn unsplit(&self) -> Self {
        Self { splitting: Splitting { from: u64::MAX, ..self.splitting }, ..self.clone() }
    }

    /// Returns the size of the next segment in bytes. With more connections it is smaller, so that each of
    /// them has a segment in the window.
    pub(super) fn segment(&self) -> u64 {
        let segment = self.splitting.segment;
        let share = self.window_now() / self.concurrency.limit().max(1) as u64;
        share.clamp(segment / 4, segment).max(1)
    }

    /// Reserves room for `bytes` of a segment, if there is any now.
    pub(super) fn place(&self, bytes: u64) -> Option<Place> {
        self.window.place(bytes, self.window_now())
    }

    /// Returns the current size of the window in bytes. It grows with the distance, because requested bytes
    /// are in flight for longer.
    fn window_now(&self) -> u64 {
        let Splitting { window, step, .. } = self.splitting;
        let steps = self.window.distance().as_secs_f64() / step.as_secs_f64().max(f64::MIN_POSITIVE);
        window.saturating_add((window as f64 * steps.min(f64::from(WIDER))) as u64)
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

/// The room for segments that arrive before their turn.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// How many bytes are reserved.
    used: Arc<AtomicU64>,
    /// How long a segment takes, as a moving average.
    typical: Mutex<Option<Duration>>,
    /// The shortest response time of the source.
    nearest: Mutex<Option<Duration>>,
    pub(super) blocks: Blocks,
}

/// Room in the window, which is released when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    bytes: u64,
    used: Arc<AtomicU64>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Window {
    /// Reserves room for `bytes`, if the sum stays within `limit`.
    fn place(&self, bytes: u64, limit: u64) -> Option<Place> {
        let fits = |used: u64| used.checked_add(bytes).filter(|used| *used <= limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
        Some(Place { bytes, used: Arc::clone(&self.used) })
    }

    fn answered(&self, after: Duration) {
        let mut nearest = self.nearest.lock().unwrap_or_else(PoisonError::into_inner);
        *nearest = Some(nearest.map_or(after, |before| before.min(after)));
    }

    /// Returns the distance of the source, as response time.
    pub(super) fn distance(&self) -> Duration {
        self.nearest.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_default()
    }

    pub(super) fn segment_took(&self, time: Duration) {
        let mut typical = self.typical.lock().unwrap_or_else(PoisonError::into_inner);
        *typical = Some(typical.map_or(time, |before| (before * 3 + time) / 4));
    }

    pub(super) fn typical(&self) -> Option<Duration> {
        *self.typical.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_gives_out_what_it_has_and_no_more() {
        let window = Window::default();
        let first = window.place(60, 100).expect("there is room");
        assert!(window.place(41, 100).is_none());
        let second = window.place(40, 100).expect("there is room");
        assert!(window.place(u64::MAX, u64::MAX).is_none(), "an overflow is rejected");
        drop((first, second));
        assert!(window.place(100, 100).is_some());
    }

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
