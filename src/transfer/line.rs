//! What lies between both ends of a copy, and what all its blobs share of it.

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

/// How many times its size the window grows by at most.
const WIDER: u32 = 2;

/// How the blobs of one copy are read. Clones share everything.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) splitting: Splitting,
    pub(super) window: Arc<Window>,
    pub(super) concurrency: Arc<Concurrency>,
    pub(super) retry: Policy,
    rate_limit: Option<Arc<RateLimit>>,
    counted: Counted,
}

/// Which bytes tell how fast the line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// Those that come from the source: the target is near.
    Received,
    /// Those that the target has for certain.
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

    /// The same line, measured elsewhere.
    pub(super) fn counting(&self, counted: Counted) -> Self {
        Self { counted, ..self.clone() }
    }

    /// The same line for a blob that comes by one stream.
    pub(super) fn unsplit(&self) -> Self {
        Self { splitting: Splitting { from: u64::MAX, ..self.splitting }, ..self.clone() }
    }

    /// How many bytes the next segment should have: the more connections, the smaller, so that all of them
    /// have one in the window.
    pub(super) fn segment(&self) -> u64 {
        let segment = self.splitting.segment;
        let share = self.window_now() / self.concurrency.limit().max(1) as u64;
        share.clamp(segment / 4, segment).max(1)
    }

    /// Room for so many bytes of a segment, if there is any now.
    pub(super) fn place(&self, bytes: u64) -> Option<Place> {
        self.window.place(bytes, self.window_now())
    }

    /// How large the window is at present, in bytes: what is asked for is long on its way where the way is long.
    fn window_now(&self) -> u64 {
        let Splitting { window, step, .. } = self.splitting;
        let steps = self.window.distance().as_secs_f64() / step.as_secs_f64().max(f64::MIN_POSITIVE);
        window.saturating_add((window as f64 * steps.min(f64::from(WIDER))) as u64)
    }

    /// So many bytes have come from the source. Whoever reads on waits for its [`Turn`].
    pub(super) fn received(&self, bytes: u64) -> Turn {
        if self.counted == Counted::Received {
            self.concurrency.moved(bytes);
        }
        self.skipped(bytes)
    }

    /// The same of bytes that are good for nothing.
    pub(super) fn skipped(&self, bytes: u64) -> Turn {
        Turn(self.rate_limit.as_ref().map(|limit| limit.reserve(bytes)))
    }

    /// Something has failed: if that was because the other end has too much to do, less is asked of it.
    pub(super) fn told(&self, purpose: Purpose, error: &Failure) {
        if error.is_overload() {
            self.concurrency.refused(purpose, error.recovery().wait());
        }
    }

    /// The source has answered after this time.
    pub(super) fn source_answered(&self, after: Duration) {
        self.window.answered(after);
        if self.counted == Counted::Received {
            self.concurrency.answered(after);
        }
    }
}

/// When the next bytes may be read. Nothing is held meanwhile: what has come is on its way already.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn(Option<Instant>);

impl Turn {
    /// Waits for it.
    pub(super) async fn come(self) {
        if let Some(time) = self.0 {
            tokio::time::sleep_until(time).await;
        }
    }
}

/// Room for the bytes of segments that arrive before their turn.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// How many bytes are given out.
    used: Arc<AtomicU64>,
    /// How long a segment takes, on the average of the last few.
    typical: Mutex<Option<Duration>>,
    /// The shortest time in which the source has answered.
    nearest: Mutex<Option<Duration>>,
    pub(super) blocks: Blocks,
}

/// Room in the window, free again when this is dropped.
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
    /// Room for so many bytes, if fewer than `limit` are given out then.
    fn place(&self, bytes: u64, limit: u64) -> Option<Place> {
        let fits = |used: u64| used.checked_add(bytes).filter(|used| *used <= limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
        Some(Place { bytes, used: Arc::clone(&self.used) })
    }

    fn answered(&self, after: Duration) {
        let mut nearest = self.nearest.lock().unwrap_or_else(PoisonError::into_inner);
        *nearest = Some(nearest.map_or(after, |before| before.min(after)));
    }

    /// How far away the source is, as time from a request to its answer.
    fn distance(&self) -> Duration {
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
        assert!(window.place(u64::MAX, u64::MAX).is_none(), "a sum that is too large is no room");
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
