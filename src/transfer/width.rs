//! How many connections a copy uses at once, found out while it runs.
//!
//! Behind a long way each connection is slow, and many fill a line that a few do not. On a short way many
//! only cost. So a copy begins with few, and doubles them as long as the measured rate grows by more than
//! noise; what brought nothing is taken back. A registry that asks for less (429, 503) gets half, and then
//! one more at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::Jobs;
use super::gauge::Gauge;
use super::processor::{Bottleneck, Processor};
use crate::image::Descriptor;
use crate::retry::PATIENCE;

/// Who asks for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// A blob that costs more waiting than receiving.
    SmallBlob,
    /// Any other blob.
    Blob,
    /// A further connection for a blob that is on its way; blobs that wait go before it.
    Segment,
}

impl For {
    /// Up to this size a blob costs more waiting than receiving, in bytes.
    const SMALL: u64 = 4 << 20;

    /// What `blob` asks for.
    pub(super) fn blob(blob: &Descriptor) -> Self {
        if blob.size <= Self::SMALL { Self::SmallBlob } else { Self::Blob }
    }
}

/// Gives out connections. Shared by all blobs of a copy.
#[derive(Debug)]
pub(super) struct Width {
    state: Mutex<State>,
    changed: Notify,
    processor: Processor,
}

#[derive(Debug)]
struct State {
    gauge: Gauge,
    used: usize,
    /// Whether there are blobs that have asked in vain.
    blobs_wait: bool,
    /// Nothing is to be asked for before, because the other end said so.
    closed_until: Option<Instant>,
}

/// A connection that may be used as long as this lives.
#[derive(Debug)]
pub(super) struct Slot(Arc<Width>);

impl Width {
    pub(super) fn new(jobs: Jobs) -> Arc<Self> {
        let gauge = Gauge::new(jobs, Instant::now());
        let state = State { gauge, used: 0, blobs_wait: false, closed_until: None };
        Arc::new(Self { state: Mutex::new(state), changed: Notify::new(), processor: Processor::new() })
    }

    /// A connection, if there is one to be had now.
    pub(super) fn slot(self: &Arc<Self>, purpose: For) -> Option<Slot> {
        let mut state = self.state();
        let has_room = state.used < state.gauge.allowed(purpose);
        let waits_its_turn = purpose == For::Segment && state.blobs_wait;
        if has_room && !waits_its_turn {
            state.used += 1;
            state.gauge.limit = state.gauge.limit.max(state.used);
        }
        if purpose != For::Segment {
            state.blobs_wait = !has_room;
        }
        state.gauge.filled |= state.used >= state.gauge.limit;
        (has_room && !waits_its_turn).then(|| Slot(Arc::clone(self)))
    }

    /// A connection in the place of one that hangs, whatever the limit is.
    pub(super) fn spare(self: &Arc<Self>) -> Slot {
        self.state().used += 1;
        Slot(Arc::clone(self))
    }

    /// How many connections there may be at present.
    pub(super) fn limit(&self) -> usize {
        self.state().gauge.limit
    }

    /// Waits until a connection may have become free.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing: what had become free is found by asking for it.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Takes notice that so many bytes have arrived.
    pub(super) fn moved(&self, bytes: u64) {
        let grown = {
            let mut state = self.state();
            let (before, now) = (state.gauge.limit, Instant::now());
            if let Some(rate) = state.gauge.moved(bytes, now) {
                state.gauge.step((rate, now), self.bottleneck());
            }
            state.gauge.limit > before
        };
        if grown {
            self.changed.notify_one();
        }
    }

    /// What the copy waits for.
    pub(super) fn bottleneck(&self) -> Bottleneck {
        if self.processor.is_busy() { Bottleneck::Processor } else { Bottleneck::Line }
    }

    /// Takes notice that a request was answered after this time.
    pub(super) fn answered(&self, after: Duration) {
        self.state().gauge.answered(after, Instant::now());
    }

    /// Takes notice that the other end has asked for less, and for how long it wants to be left alone.
    pub(super) fn refused(&self, wait: Option<Duration>) {
        let now = Instant::now();
        let mut state = self.state();
        state.gauge.refused(now);
        // Longer than that nobody waits without a word: who was told so gives up, and the others may go on.
        if let Some(until) = wait.filter(|wait| *wait <= PATIENCE).and_then(|wait| now.checked_add(wait)) {
            state.closed_until = state.closed_until.max(Some(until));
        }
    }

    /// Waits as long as the other end has asked for. A wait belongs to the host, so all wait.
    pub(super) async fn open(&self) {
        let until = self.state().closed_until;
        if let Some(until) = until {
            tokio::time::sleep_until(until.into()).await;
        }
    }

    /// When it was, or will be, allowed to ask again, if that was ever forbidden.
    pub(super) fn opened(&self) -> Option<Instant> {
        self.state().closed_until
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A few numbers, each right for itself: usable whoever panicked while holding them.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.state().used -= 1;
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_go_before_segments() {
        let width = Width::new(Jobs::Fixed(2.try_into().unwrap()));
        let first = width.slot(For::Blob).expect("there is room");
        let second = width.slot(For::Blob).expect("there is room");
        assert!(width.slot(For::Blob).is_none());
        drop(first);
        assert!(width.slot(For::Segment).is_none(), "a blob waits");
        let third = width.slot(For::Blob).expect("its turn");
        drop(third);
        let segment = width.slot(For::Segment).expect("nobody waits");
        assert!(width.slot(For::Segment).is_none());
        drop((second, segment));
    }

    #[tokio::test]
    async fn everybody_waits_as_long_as_the_other_end_has_asked_for() {
        let width = Width::new(Jobs::Adaptive);
        width.open().await;
        width.refused(Some(Duration::from_millis(60)));
        width.refused(None);
        width.refused(Some(Duration::from_secs(3600)));
        let asked = Instant::now();
        width.open().await;
        assert!(asked.elapsed() >= Duration::from_millis(50));
    }
}
