//! The concurrency of a copy: how many connections it uses, adapted while it runs.
//!
//! On a long-distance line each connection is slow, and many fill a line that a few do not. On a short one,
//! many connections only cost. So a copy begins with few and doubles them as long as the measured rate grows
//! by more than noise; a step without effect is undone. When a registry asks for less (429, 503), the number
//! is halved, and then grows by one at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::controller::{Controller, Purpose};
use super::options::{Experience, Jobs};
use crate::retry::PATIENCE;

/// Over which time requests are spread after a wait that the other end asked for.
const SCATTER: Duration = Duration::from_millis(500);

/// Hands out connections. All blobs of a copy share it.
#[derive(Debug)]
pub(super) struct Concurrency {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    controller: Controller,
    questions: Questions,
    /// How many connections move blobs.
    used: usize,
    /// Whether blobs have asked for a connection and did not get one.
    blobs_wait: bool,
    /// No request is sent before this time, because the other end asked for that.
    closed_until: Option<Instant>,
}

/// A connection that may be used until this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    concurrency: Arc<Concurrency>,
    purpose: Purpose,
}

/// How many questions may be in flight. They are small and have long round trips.
#[derive(Debug)]
struct Questions {
    asked: usize,
    limit: usize,
    /// After the other end has asked for fewer questions, their number does not grow before this time.
    rests_until: Option<Instant>,
}

impl Questions {
    /// The maximum number of questions in flight.
    const MOST: usize = 32;

    /// How long the number stays halved after a refusal; then it grows by one each time this has passed.
    const RESPITE: Duration = Duration::from_secs(1);

    fn new(most: usize) -> Self {
        Self { asked: 0, limit: Self::MOST.min(most), rests_until: None }
    }

    fn rests(&self, now: Instant) -> bool {
        self.rests_until.is_some_and(|until| now < until)
    }

    fn answered(&mut self, now: Instant) {
        self.asked -= 1;
        if self.rests_until.is_some() && !self.rests(now) && self.limit < Self::MOST {
            self.limit += 1;
            self.rests_until = Some(now + Self::RESPITE);
        }
    }

    fn refused(&mut self, now: Instant) {
        // All requests in flight are refused together, which counts as one refusal.
        if !self.rests(now) {
            self.limit = (self.limit / 2).max(1);
            self.rests_until = Some(now + Self::RESPITE);
        }
    }
}

impl Concurrency {
    pub(super) fn new(jobs: Jobs, experience: &Experience) -> Arc<Self> {
        let controller = Controller::new(jobs, experience, Instant::now());
        let questions = Questions::new(controller.most());
        let state = State { controller, questions, used: 0, blobs_wait: false, closed_until: None };
        Arc::new(Self { state: Mutex::new(state), changed: Notify::new() })
    }

    /// Returns a connection, if one is available.
    pub(super) fn slot(self: &Arc<Self>, purpose: Purpose) -> Option<Slot> {
        let is_given = self.state().give(purpose);
        is_given.then(|| Slot { concurrency: Arc::clone(self), purpose })
    }

    /// Returns how many connections are allowed at present.
    pub(super) fn limit(&self) -> usize {
        self.state().controller.limit
    }

    /// Returns how many further connections blobs may use at present.
    pub(super) fn free(&self) -> usize {
        let state = self.state();
        let most = state.controller.most().saturating_sub(state.in_use());
        state.controller.limit.saturating_sub(state.used).min(most)
    }

    /// Returns how long a new connection takes until it brings `rate` bytes a second.
    pub(super) fn time_to_begin(&self, rate: f64) -> Duration {
        self.state().controller.time_to_begin(rate)
    }

    /// Waits until a connection may have become free.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing: asking for a connection finds what became free meanwhile.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Records that `bytes` have arrived.
    pub(super) fn moved(&self, bytes: u64) {
        let grown = {
            let mut state = self.state();
            let (before, now) = (state.controller.limit, Instant::now());
            if let Some(rate) = state.controller.moved(bytes, now) {
                state.controller.step(rate, now);
            }
            state.controller.limit > before
        };
        if grown {
            self.changed.notify_one();
        }
    }

    /// Records that a request was answered after this time.
    pub(super) fn answered(&self, after: Duration) {
        self.state().controller.answered(after, Instant::now());
    }

    /// Records that the other end has asked for less, and the pause that it asked for.
    pub(super) fn refused(&self, purpose: Purpose, wait: Option<Duration>) {
        let now = Instant::now();
        let mut state = self.state();
        match purpose {
            Purpose::Question => state.questions.refused(now),
            _ => state.controller.refused(now),
        }
        // A longer wait is an error for the request that was told so; the others may continue.
        if let Some(until) = wait.filter(|wait| *wait <= PATIENCE).and_then(|wait| now.checked_add(wait)) {
            state.closed_until = state.closed_until.max(Some(until));
        }
    }

    /// Waits as long as the other end has asked for. The wait belongs to the host, so all connections wait,
    /// and they do not return in the same moment.
    pub(super) async fn open(&self) {
        let until = self.state().closed_until.filter(|until| Instant::now() < *until);
        if let Some(until) = until {
            tokio::time::sleep_until((until + SCATTER.mul_f64(fastrand::f64())).into()).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is a few independent numbers, so it is usable even after a panic while it was locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Reserves a connection if one is available.
    fn give(&mut self, purpose: Purpose) -> bool {
        let is_room_left = self.in_use() < self.controller.most();
        if purpose == Purpose::Question {
            let is_given = is_room_left && self.questions.asked < self.questions.limit;
            self.questions.asked += usize::from(is_given);
            return is_given;
        }
        let has_room = is_room_left && self.used < self.controller.allowed(purpose);
        let is_given = has_room && !(purpose == Purpose::Piece && self.blobs_wait);
        if is_given {
            self.used += 1;
            self.controller.limit = self.controller.limit.max(self.used);
        }
        if purpose != Purpose::Piece {
            self.blobs_wait = !has_room;
        }
        self.controller.filled |= self.used >= self.controller.limit;
        is_given
    }

    fn in_use(&self) -> usize {
        self.used + self.questions.asked
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.concurrency.state();
        match self.purpose {
            Purpose::Question => state.questions.answered(Instant::now()),
            _ => state.used -= 1,
        }
        drop(state);
        self.concurrency.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_go_before_segments() {
        let concurrency = Concurrency::new(Jobs::Fixed(2.try_into().unwrap()), &Experience::default());
        let first = concurrency.slot(Purpose::Blob).expect("there is room");
        let second = concurrency.slot(Purpose::Blob).expect("there is room");
        assert!(concurrency.slot(Purpose::Blob).is_none());
        drop(first);
        assert!(concurrency.slot(Purpose::Piece).is_none(), "a blob waits");
        let third = concurrency.slot(Purpose::Blob).expect("its turn");
        drop(third);
        let piece = concurrency.slot(Purpose::Piece).expect("no blob waits");
        assert!(concurrency.slot(Purpose::Piece).is_none());
        drop((second, piece));
    }

    #[test]
    fn questions_and_blobs_together_keep_to_the_number() {
        let concurrency = Concurrency::new(Jobs::Fixed(2.try_into().unwrap()), &Experience::default());
        let question = concurrency.slot(Purpose::Question).expect("there is room");
        let blob = concurrency.slot(Purpose::Blob).expect("there is room");
        assert!(concurrency.slot(Purpose::Question).is_none() && concurrency.slot(Purpose::Blob).is_none());
        drop(question);
        assert!(concurrency.slot(Purpose::Blob).is_some());
        drop(blob);
    }

    #[test]
    fn who_wants_fewer_questions_gets_as_many_blobs_as_before() {
        let concurrency = Concurrency::new(Jobs::Adaptive, &Experience::default());
        let ask = || std::iter::from_fn(|| concurrency.slot(Purpose::Question)).collect::<Vec<_>>();
        let asked = ask();
        assert_eq!(asked.len(), Questions::MOST);
        for _ in &asked {
            concurrency.refused(Purpose::Question, None);
        }
        drop(asked);
        assert_eq!(ask().len(), Questions::MOST / 2, "all answers to requests in flight are one refusal");
        assert_eq!(concurrency.limit(), 4);
        concurrency.refused(Purpose::Blob, None);
        assert_eq!((concurrency.limit(), ask().len()), (2, Questions::MOST / 2));
    }

    #[test]
    fn questions_become_more_again_one_by_one() {
        let mut questions = Questions::new(32);
        let now = Instant::now();
        questions.refused(now);
        for (seconds, limit) in [(0, 16), (1, 17), (1, 17), (2, 18), (9, 19)] {
            questions.asked = 1;
            questions.answered(now + Duration::from_secs(seconds));
            assert_eq!(questions.limit, limit, "after {seconds} s");
        }
    }

    #[tokio::test]
    async fn all_connections_wait_as_long_as_the_other_end_has_asked_for() {
        let concurrency = Concurrency::new(Jobs::Adaptive, &Experience::default());
        concurrency.open().await;
        concurrency.refused(Purpose::Blob, Some(Duration::from_millis(60)));
        concurrency.refused(Purpose::Question, None);
        concurrency.refused(Purpose::Question, Some(Duration::from_secs(3600)));
        let asked = Instant::now();
        concurrency.open().await;
        assert!(asked.elapsed() >= Duration::from_millis(50));
    }
}
