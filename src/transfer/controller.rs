//! The controller of the concurrency: it measures rates and decides how many connections a copy may use.

use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use super::open_files;
use super::options::{Experience, Jobs};
use super::processor::Bottleneck;
use crate::image::Descriptor;

/// How many connections a copy begins with.
const FIRST: usize = 4;

/// The most connections of a copy.
const MOST: usize = 32;

/// How many small blobs may be on their way from the beginning: each waits for round trips more than for
/// its bytes, so few of them measure nothing.
const SMALL_AT_ONCE: usize = 16;

/// From this time to an answer on, a place is so far away that as many small blobs go at once as ever may.
const FAR: Duration = Duration::from_millis(40);

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

/// What a connection is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A blob that costs more waiting than receiving.
    SmallBlob,
    /// Any other blob.
    Blob,
    /// A further connection for a blob in progress. Waiting blobs take precedence.
    Segment,
    /// To ask what the target has. Questions have a limit of their own, because a server that accepts fewer of
    /// them may accept as many blobs as before.
    Question,
}

impl Purpose {
    /// Up to this size in bytes, waiting for a blob takes longer than receiving it.
    const SMALL: u64 = 4 << 20;

    /// Returns what `blob` wants a connection for.
    pub(super) fn blob(blob: &Descriptor) -> Self {
        if blob.size <= Self::SMALL { Self::SmallBlob } else { Self::Blob }
    }
}

/// Decides from measurements how many connections there may be.
#[derive(Debug)]
pub(super) struct Controller {
    pub(super) limit: usize,
    /// What it never goes beyond.
    most: usize,
    /// What keeps all processors busy.
    enough: usize,
    /// Whether the limit is changed at all.
    adapts: bool,
    /// Whether the limit has been reached since the measurement began: else it says nothing about the limit.
    pub(super) filled: bool,
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
    /// The shortest time that an answer took: the way itself, however much both ends have to do.
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
            enough: available_parallelism().map_or(FIRST, |processors| processors.get().max(FIRST)),
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
        match purpose {
            Purpose::SmallBlob if self.adapts && !self.refused => {
                let at_once = if self.nearest.is_some_and(|nearest| nearest >= FAR) {
                    self.most
                } else {
                    SMALL_AT_ONCE.min(self.most)
                };
                self.limit.max(at_once)
            }
            _ => self.limit,
        }
    }

    pub(super) fn answered(&mut self, after: Duration, now: Instant) {
        self.nearest = Some(self.nearest.map_or(after, |nearest| nearest.min(after)));
        match &mut self.latency {
            Some(latency) => *latency = (*latency * 7 + after) / 8,
            None => {
                self.latency = Some(after);
                self.measure_from(now);
            }
        }
    }

    /// Records that bytes have arrived. Returns the rate in bytes per second if it says something about the limit:
    /// then it is time for a [step](Self::step).
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

    /// Adjusts the limit to the rate that the present connections reach.
    pub(super) fn step(&mut self, (rate, now): (f64, Instant), bottleneck: Bottleneck) {
        match self.former.take() {
            _ if bottleneck == Bottleneck::Processor => {
                self.limit = self.limit.min(self.enough);
            }
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
                self.former = Some(Measured { limit: self.limit, rate });
                self.limit = self.most.min(self.limit * 2);
                self.last = None;
                self.measure_from(now + self.latency.unwrap_or_default());
            }
            _ => self.experience.found(self.limit),
        }
    }

    fn measure_from(&mut self, since: Instant) {
        (self.since, self.bytes, self.filled) = (since, 0, false);
    }

    pub(super) fn refused(&mut self, now: Instant) {
        // All that were on their way are refused at once; that is one refusal.
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

    /// A line of which each connection gets `each` bytes a second, and all together `all`; measured for so
    /// many seconds.
    fn after(seconds: u64, controller: &mut Controller, each: f64, all: f64) -> usize {
        let begun = controller.since.max(controller.rests_until.unwrap_or(controller.since));
        for tick in 0..seconds * 100 {
            controller.filled = true;
            let rate = (controller.limit as f64 * each).min(all);
            let now = begun + Duration::from_millis(tick * 10);
            if let Some(rate) = controller.moved((rate / 100.0) as u64, now) {
                controller.step((rate, now), Bottleneck::Line);
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
        assert_eq!(after(2, &mut controller(), 1e9, 1e9), FIRST, "on a short way it stays with few");
    }

    #[test]
    fn it_tries_again_after_a_rest() {
        let mut controller = controller();
        assert_eq!(after(1, &mut controller, 1e9, 1e9), FIRST);
        assert_eq!(after(5, &mut controller, 10e6, 1e9), MOST, "the line has become another one");
    }

    #[test]
    fn a_busy_machine_gets_no_more_than_keep_it_busy() {
        let mut controller = Controller { enough: 6, ..controller() };
        let now = controller.since;
        controller.step((1e9, now), Bottleneck::Processor);
        assert_eq!(controller.limit, FIRST);
        controller.limit = 16;
        controller.step((1e9, now), Bottleneck::Processor);
        assert_eq!(controller.limit, 6);
        controller.step((1e9, now), Bottleneck::Line);
        assert_eq!(controller.limit, 12, "it is not busy any more");
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
        assert_eq!(controller.limit, 8, "ten answers to ten requests that were on their way");
        assert_eq!(controller.allowed(Purpose::SmallBlob), 8);
        let later = after(4, &mut controller, 4e6, 40e6);
        assert!((10..=13).contains(&later), "one more each second: {later}");
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
        assert_eq!(begin().limit, 8, "and with less if it was refused more");
    }

    #[test]
    fn far_away_more_small_blobs_go_at_once() {
        let mut controller = controller();
        let now = controller.since;
        assert_eq!(
            (controller.allowed(Purpose::SmallBlob), controller.allowed(Purpose::Blob)),
            (SMALL_AT_ONCE, FIRST)
        );
        controller.answered(Duration::from_millis(100), now);
        assert_eq!(
            (controller.allowed(Purpose::SmallBlob), controller.allowed(Purpose::Blob)),
            (MOST, FIRST)
        );
        controller.answered(Duration::from_millis(10), now);
        assert_eq!(controller.allowed(Purpose::SmallBlob), SMALL_AT_ONCE, "the other answer was only late");
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
