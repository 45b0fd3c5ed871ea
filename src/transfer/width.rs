//! How many connections a copy uses at once, found out while it runs.
//!
//! Behind a long way each connection is slow, and many fill a line that a few do not. On a short way many
//! only cost. So a copy begins with few, and doubles them as long as the measured rate grows by more than
//! noise; what brought nothing is taken back. A registry that asks for less (429, 503) gets half, and then
//! one more at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::{Jobs, open_files};
use crate::image::Descriptor;
use crate::retry::PATIENCE;

/// How many connections a copy begins with.
const FIRST: usize = 4;

/// The most connections of a copy.
const MOST: usize = 32;

/// How many small blobs may be on their way from the beginning: each waits for round trips more than for
/// its bytes, so few of them measure nothing.
const SMALL_AT_ONCE: usize = 16;

/// Twice the connections have to bring so many times the bytes; less is noise.
const GAIN: f64 = 1.12;

/// The shortest time that is measured.
const SPAN: Duration = Duration::from_millis(100);

/// After a step that brought nothing it takes so long until the next one: lines change.
const REST: Duration = Duration::from_secs(3);

/// How long a registry that asked for less gets no more connections.
const RESPITE: Duration = Duration::from_secs(10);

/// The same, between two connections that are added one by one afterwards.
const STEP: Duration = Duration::from_secs(1);

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
        Arc::new(Self { state: Mutex::new(state), changed: Notify::new() })
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
            let before = state.gauge.limit;
            state.gauge.moved(bytes, Instant::now());
            state.gauge.limit > before
        };
        if grown {
            self.changed.notify_one();
        }
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

/// Decides by what is measured how many connections there may be.
#[derive(Debug)]
struct Gauge {
    limit: usize,
    /// What it never goes beyond.
    most: usize,
    /// Whether the limit is changed at all.
    adapts: bool,
    /// Whether the limit has been reached since the measurement began: else it says nothing about the limit.
    filled: bool,
    /// When the measurement begins, or has begun.
    since: Instant,
    bytes: u64,
    /// The rate that was measured last. New connections begin slowly, as TCP does: as long as the rate grows
    /// by itself, it says nothing about the limit.
    last: Option<f64>,
    /// What was measured before the last step.
    former: Option<Measured>,
    rests_until: Option<Instant>,
    /// The other end has asked for less: from now on one at a time.
    refused: bool,
    /// How long answers take, on the average of the last few, once there was one.
    latency: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Measured {
    limit: usize,
    /// Bytes a second.
    rate: f64,
}

impl Gauge {
    fn new(jobs: Jobs, now: Instant) -> Self {
        let possible = open_files::connections();
        let (limit, most, adapts) = match jobs {
            Jobs::Adaptive => (FIRST, MOST, true),
            Jobs::Fixed(jobs) => (jobs.get(), jobs.get(), false),
        };
        Self {
            limit: limit.min(possible),
            most: most.min(possible),
            adapts,
            filled: false,
            since: now,
            bytes: 0,
            last: None,
            former: None,
            rests_until: None,
            refused: false,
            latency: None,
        }
    }

    fn allowed(&self, purpose: For) -> usize {
        match purpose {
            For::SmallBlob if self.adapts && !self.refused => self.limit.max(SMALL_AT_ONCE.min(self.most)),
            _ => self.limit,
        }
    }

    fn answered(&mut self, after: Duration, now: Instant) {
        match &mut self.latency {
            Some(latency) => *latency = (*latency * 7 + after) / 8,
            None => {
                self.latency = Some(after);
                self.measure_from(now);
            }
        }
    }

    fn moved(&mut self, bytes: u64, now: Instant) {
        let Some(elapsed) = now.checked_duration_since(self.since) else { return };
        self.bytes += bytes;
        if !self.adapts || elapsed < SPAN.max(self.latency.unwrap_or_default()) {
            return;
        }
        let rate = self.bytes as f64 / elapsed.as_secs_f64();
        let filled = self.filled;
        let grows = self.last.replace(rate).is_none_or(|last| rate > last * GAIN);
        self.measure_from(now);
        if filled && !grows && self.rests_until.is_none_or(|until| now >= until) {
            self.step(rate, now);
        }
    }

    /// Decides about the limit, now that the connections that there are bring what they can.
    fn step(&mut self, rate: f64, now: Instant) {
        match self.former.take() {
            _ if self.refused => {
                self.limit = self.most.min(self.limit + 1);
                self.rests_until = Some(now + STEP);
            }
            Some(former) if rate < former.rate * GAIN => {
                self.limit = former.limit;
                self.rests_until = Some(now + REST);
            }
            _ if self.limit < self.most => {
                self.former = Some(Measured { limit: self.limit, rate });
                self.limit = self.most.min(self.limit * 2);
                self.last = None;
                self.measure_from(now + self.latency.unwrap_or_default());
            }
            _ => {}
        }
    }

    fn measure_from(&mut self, since: Instant) {
        (self.since, self.bytes, self.filled) = (since, 0, false);
    }

    fn refused(&mut self, now: Instant) {
        // All that were on their way are refused at once; that is one refusal.
        let is_one_of_many = self.refused && self.rests_until.is_some_and(|until| now + RESPITE / 2 < until);
        if !self.adapts || is_one_of_many {
            return;
        }
        self.limit = (self.limit / 2).max(1);
        self.refused = true;
        self.former = None;
        self.rests_until = Some(now + RESPITE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of which each connection gets `each` bytes a second, and all together `all`; measured for so
    /// many seconds.
    fn after(seconds: u64, gauge: &mut Gauge, each: f64, all: f64) -> usize {
        let begun = gauge.since.max(gauge.rests_until.unwrap_or(gauge.since));
        for tick in 0..seconds * 100 {
            gauge.filled = true;
            let rate = (gauge.limit as f64 * each).min(all);
            gauge.moved((rate / 100.0) as u64, begun + Duration::from_millis(tick * 10));
        }
        gauge.limit
    }

    fn gauge() -> Gauge {
        Gauge::new(Jobs::Adaptive, Instant::now())
    }

    #[test]
    fn it_grows_as_long_as_more_connections_bring_more() {
        assert_eq!(after(2, &mut gauge(), 10e6, 60e6), 8, "4 bring 40, 8 bring 60, 16 bring 60");
        assert_eq!(after(2, &mut gauge(), 4e6, 40e6), 16);
        assert_eq!(after(2, &mut gauge(), 1e6, 1e9), MOST);
        assert_eq!(after(2, &mut gauge(), 1e9, 1e9), FIRST, "on a short way it stays with few");
    }

    #[test]
    fn it_tries_again_after_a_rest() {
        let mut gauge = gauge();
        assert_eq!(after(1, &mut gauge, 1e9, 1e9), FIRST);
        assert_eq!(after(5, &mut gauge, 10e6, 1e9), MOST, "the line has become another one");
    }

    #[test]
    fn what_does_not_use_its_connections_gets_no_more() {
        let mut gauge = gauge();
        let begun = gauge.since;
        for tick in 0..200 {
            gauge.moved(1_000_000, begun + Duration::from_millis(tick * 10));
        }
        assert_eq!(gauge.limit, FIRST);
    }

    #[test]
    fn a_refusal_halves_it_once_and_then_it_grows_slowly() {
        let mut gauge = gauge();
        assert_eq!(after(2, &mut gauge, 4e6, 40e6), 16);
        let now = gauge.since;
        for _ in 0..10 {
            gauge.refused(now);
        }
        assert_eq!(gauge.limit, 8, "ten answers to ten requests that were on their way");
        assert_eq!(gauge.allowed(For::SmallBlob), 8);
        let later = after(4, &mut gauge, 4e6, 40e6);
        assert!((10..=13).contains(&later), "one more each second: {later}");
        gauge.refused(gauge.since + RESPITE);
        assert_eq!(gauge.limit, later / 2);
    }

    #[test]
    fn a_given_number_stays() {
        let mut gauge = Gauge::new(Jobs::Fixed(3.try_into().unwrap()), Instant::now());
        gauge.refused(gauge.since);
        assert_eq!(after(2, &mut gauge, 1e6, 1e9), 3);
        assert_eq!(gauge.allowed(For::SmallBlob), 3);
    }

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
