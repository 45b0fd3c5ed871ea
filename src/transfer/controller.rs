//! The concurrency controller: measures rates and decides how many connections a copy may use.

use std::time::{Duration, Instant};

use super::open_files;
use super::options::{Experience, Jobs};
use crate::image::Descriptor;

/// The number of connections at the start of a copy.
const FIRST: usize = 4;

/// The maximum number of connections of a copy.
const MOST: usize = 32;

/// How many small blobs may be in flight from the start. Each of them waits for round trips more than for its
/// bytes, so few of them measure nothing. At a near server that is true only of tiny ones.
const SMALL_CONCURRENT: usize = 16;

/// From this response time on, the other end is far away, and small blobs may use all connections.
pub(super) const FAR: Duration = Duration::from_millis(40);

/// The number of connections to begin with there. Until a connection shows what it brings, many round trips have
/// passed.
const FIRST_FAR: usize = 8;

/// Below this response time, the other end is near, and a blob of a megabyte takes longer to receive than to wait for.
/// Measured on the loopback with 80 such layers: 16 connections take 20 MB more than 6, for buffers, and save no time.
const NEAR: Duration = Duration::from_millis(5);

/// How many round trips pass until a new connection has the first bytes: one to open it, and one for the request.
const ROUND_TRIPS: f64 = 2.0;

/// How many bytes a new connection has in flight at first: ten segments ([RFC 6928]). It doubles them each round
/// trip.
///
/// [RFC 6928]: https://www.rfc-editor.org/rfc/rfc6928
const FIRST_WINDOW: f64 = 14_600.0;

/// The factor by which the rate has to grow when the connections are doubled; less is noise.
const GAIN: f64 = 1.12;

/// The shortest time over which a rate is measured.
const SPAN: Duration = Duration::from_millis(100);

/// The wait after a step without effect. There is a next step because lines change.
const REST: Duration = Duration::from_secs(3);

/// How long a registry that asked for less gets no further connection.
const RESPITE: Duration = Duration::from_secs(10);

/// The wait between the connections that are then added one by one.
const STEP: Duration = Duration::from_secs(1);

/// The purpose of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A blob that takes longer to wait for than to receive, at any server.
    TinyBlob,
    /// A blob that takes longer to wait for than to receive, unless the server is near.
    SmallBlob,
    /// Any other blob.
    Blob,
    /// A further connection for a blob in progress. Waiting blobs take precedence.
    Piece,
    /// A question about what the target has. Questions have a limit of their own, because a server that
    /// accepts fewer of them may accept as many blobs as before.
    Question,
}

impl Purpose {
    /// Up to this size in bytes, a blob is tiny.
    const TINY: u64 = 256 << 10;

    /// Up to this size in bytes, a blob is small.
    const SMALL: u64 = 4 << 20;

    /// Returns the purpose of a connection for `blob`.
    pub(super) fn blob(blob: &Descriptor) -> Self {
        match blob.size {
            size if size <= Self::TINY => Self::TinyBlob,
            size if size <= Self::SMALL => Self::SmallBlob,
            _ => Self::Blob,
        }
    }
}

/// Decides from measurements how many connections are allowed.
#[derive(Debug)]
pub(super) struct Controller {
    pub(super) limit: usize,
    /// The maximum of the limit.
    most: usize,
    /// Whether the limit changes at all.
    adapts: bool,
    /// Whether the limit has been reached since the measurement began. Otherwise the rate says nothing about
    /// it.
    pub(super) filled: bool,
    /// The start of the measurement, which may lie ahead.
    since: Instant,
    bytes: u64,
    /// The rate of the last measurement. New connections are slow at first because of TCP slow start: while
    /// the rate grows by itself, it says nothing about the limit.
    last: Option<f64>,
    /// The measurement before the last step.
    former: Option<Measured>,
    rests_until: Option<Instant>,
    /// Whether the other end has asked for less: from then on the limit grows by one at a time.
    refused: bool,
    /// The response time, as a moving average, once there was a response.
    latency: Option<Duration>,
    /// The shortest response time: the distance alone, without the load of either end.
    nearest: Option<Duration>,
    experience: Experience,
}

#[derive(Clone, Copy, Debug)]
struct Measured {
    limit: usize,
    /// Bytes a second.
    rate: f64,
}

impl Controller {
    pub(super) fn new(jobs: Jobs, experience: &Experience, now: Instant) -> Self {
        let possible = open_files::connections();
        let (limit, most, adapts) = match jobs {
            Jobs::Adaptive => (experience.connections().unwrap_or(FIRST), MOST, true),
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
            nearest: None,
            experience: experience.clone(),
        }
    }

    /// Returns the maximum of the limit.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    pub(super) fn allowed(&self, purpose: Purpose) -> usize {
        let at_least = match (purpose, self.nearest) {
            _ if !self.adapts || self.refused => 0,
            (Purpose::TinyBlob | Purpose::SmallBlob, Some(nearest)) if nearest >= FAR => self.most,
            (Purpose::SmallBlob, Some(nearest)) if nearest < NEAR => 0,
            (Purpose::SmallBlob, None) => FIRST_FAR,
            (Purpose::TinyBlob | Purpose::SmallBlob, _) => SMALL_CONCURRENT,
            (Purpose::Blob | Purpose::Piece | Purpose::Question, _) => 0,
        };
        self.limit.max(at_least.min(self.most))
    }

    pub(super) fn answered(&mut self, after: Duration, now: Instant) {
        self.nearest = Some(self.nearest.map_or(after, |nearest| nearest.min(after)));
        match &mut self.latency {
            Some(latency) => *latency = (*latency * 7 + after) / 8,
            None => {
                self.latency = Some(after);
                if self.adapts && after >= FAR && self.experience.connections().is_none() {
                    self.limit = self.limit.max(FIRST_FAR).min(self.most);
                }
                self.measure_from(now);
            }
        }
    }

    /// Records that `bytes` have arrived. Returns the rate, in bytes a second, if it says something about the
    /// limit; then it is time for a [step](Self::step).
    pub(super) fn moved(&mut self, bytes: u64, now: Instant) -> Option<f64> {
        let elapsed = now.checked_duration_since(self.since)?;
        self.bytes += bytes;
        if !self.adapts || elapsed < SPAN.max(self.latency.unwrap_or_default()) {
            return None;
        }
        let rate = self.bytes as f64 / elapsed.as_secs_f64();
        let filled = self.filled;
        let grows = self.last.replace(rate).is_none_or(|last| rate > last * GAIN);
        self.measure_from(now);
        let is_settled = filled && !grows && self.rests_until.is_none_or(|until| now >= until);
        is_settled.then_some(rate)
    }

    /// Adjusts the limit. `rate` is what the current connections transfer at most.
    pub(super) fn step(&mut self, rate: f64, now: Instant) {
        match self.former.take() {
            _ if self.refused => {
                self.limit = self.most.min(self.limit + 1);
                self.rests_until = Some(now + STEP);
            }
            Some(former) if rate < former.rate * GAIN => {
                self.limit = former.limit;
                self.experience.found(former.limit);
                self.rests_until = Some(now + REST);
            }
            _ if self.limit < self.most => {
                self.experience.found(self.limit);
                let begins = self.time_to_begin(rate / self.limit as f64);
                self.former = Some(Measured { limit: self.limit, rate });
                self.limit = self.most.min(self.limit * 2);
                self.last = None;
                self.measure_from(now + begins);
            }
            _ => self.experience.found(self.limit),
        }
    }

    /// Returns how long a new connection takes until it brings `rate` bytes a second.
    pub(super) fn time_to_begin(&self, rate: f64) -> Duration {
        let latency = self.latency.unwrap_or_default();
        let in_flight = rate * latency.as_secs_f64();
        latency.mul_f64(ROUND_TRIPS + (in_flight / FIRST_WINDOW).max(1.0).log2())
    }

    fn measure_from(&mut self, since: Instant) {
        (self.since, self.bytes, self.filled) = (since, 0, false);
    }

    pub(super) fn refused(&mut self, now: Instant) {
        // All requests in flight are refused together, which counts as one refusal.
        let is_one_of_many = self.refused && self.rests_until.is_some_and(|until| now + RESPITE / 2 < until);
        if !self.adapts || is_one_of_many {
            return;
        }
        self.limit = (self.limit / 2).max(1);
        self.experience.found(self.limit);
        self.refused = true;
        self.former = None;
        self.rests_until = Some(now + RESPITE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Simulates a line on which each connection gets `each` bytes a second and all together `all`, for this
    /// many seconds.
    fn after(seconds: u64, controller: &mut Controller, each: f64, all: f64) -> usize {
        let begun = controller.since.max(controller.rests_until.unwrap_or(controller.since));
        for tick in 0..seconds * 100 {
            controller.filled = true;
            let rate = (controller.limit as f64 * each).min(all);
            let now = begun + Duration::from_millis(tick * 10);
            if let Some(rate) = controller.moved((rate / 100.0) as u64, now) {
                controller.step(rate, now);
            }
        }
        controller.limit
    }

    fn controller() -> Controller {
        Controller::new(Jobs::Adaptive, &Experience::default(), Instant::now())
    }

    #[test]
    fn it_grows_as_long_as_more_connections_bring_more() {
        assert_eq!(after(2, &mut controller(), 10e6, 60e6), 8, "4 bring 40, 8 bring 60, 16 bring 60");
        assert_eq!(after(2, &mut controller(), 4e6, 40e6), 16);
        assert_eq!(after(2, &mut controller(), 1e6, 1e9), MOST);
        assert_eq!(after(2, &mut controller(), 1e9, 1e9), FIRST, "a short line keeps few connections");
    }

    #[test]
    fn it_tries_again_after_a_rest() {
        let mut controller = controller();
        assert_eq!(after(1, &mut controller, 1e9, 1e9), FIRST);
        assert_eq!(after(5, &mut controller, 10e6, 1e9), MOST, "the line has changed");
    }

    #[test]
    fn what_does_not_use_its_connections_gets_no_more() {
        let mut controller = controller();
        let begun = controller.since;
        for tick in 0..200 {
            assert_eq!(controller.moved(1_000_000, begun + Duration::from_millis(tick * 10)), None);
        }
        assert_eq!(controller.limit, FIRST);
    }

    #[test]
    fn a_refusal_halves_it_once_and_then_it_grows_slowly() {
        let mut controller = controller();
        assert_eq!(after(2, &mut controller, 4e6, 40e6), 16);
        let now = controller.since;
        for _ in 0..10 {
            controller.refused(now);
        }
        assert_eq!(controller.limit, 8, "ten answers to ten requests in flight");
        assert_eq!(controller.allowed(Purpose::SmallBlob), 8);
        let later = after(4, &mut controller, 4e6, 40e6);
        assert!((10..=13).contains(&later), "one connection more each second: {later}");
        controller.refused(controller.since + RESPITE);
        assert_eq!(controller.limit, later / 2);
    }

    #[test]
    fn the_next_copy_begins_with_what_the_last_one_has_found() {
        let experience = Experience::default();
        let begin = || Controller::new(Jobs::Adaptive, &experience, Instant::now());
        assert_eq!(begin().limit, FIRST);
        after(2, &mut begin(), 4e6, 40e6);
        let mut second = begin();
        assert_eq!(second.limit, 16);
        second.refused(second.since);
        assert_eq!(begin().limit, 8, "and with fewer connections after a refusal");
    }

    #[test]
    fn more_small_blobs_are_concurrent_far_away_and_only_tiny_ones_nearby() {
        let mut controller = controller();
        let begun = controller.since;
        let mut allowed = |millis: Option<u64>| {
            millis.into_iter().for_each(|millis| controller.answered(Duration::from_millis(millis), begun));
            [Purpose::TinyBlob, Purpose::SmallBlob].map(|purpose| controller.allowed(purpose))
        };
        assert_eq!(allowed(None), [SMALL_CONCURRENT, FIRST_FAR], "the distance is not known yet");
        assert_eq!(allowed(Some(100)), [MOST, MOST]);
        assert_eq!(
            allowed(Some(10)),
            [SMALL_CONCURRENT, SMALL_CONCURRENT],
            "the other response was only late"
        );
        assert_eq!(allowed(Some(1)), [SMALL_CONCURRENT, FIRST_FAR], "the limit alone");
        assert_eq!(controller.allowed(Purpose::Blob), FIRST_FAR);
    }

    #[test]
    fn a_given_number_stays() {
        let mut controller =
            Controller::new(Jobs::Fixed(3.try_into().unwrap()), &Experience::default(), Instant::now());
        controller.refused(controller.since);
        assert_eq!(after(2, &mut controller, 1e6, 1e9), 3);
        assert_eq!(controller.allowed(Purpose::SmallBlob), 3);
    }
}
