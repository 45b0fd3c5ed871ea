//! The progress of a copy: its [`Event`]s added up.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use regcli::digest::Digest;
use regcli::transfer::{Event, Skip};

/// Adds up the events of one copy, for each blob and for all.
///
/// Sizes come from a manifest that anyone may have written, so sums saturate. In any order of events no blob
/// has more bytes than its size, and discarded bytes do not count as done.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    blobs: HashMap<Digest, Blob>,
    rate: Rate,
}

/// Where the bytes of a copy are, or come from. The five fields after `bytes` add up to the bytes that are
/// done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    /// The size of all distinct blobs of the plan.
    pub(super) bytes: u64,
    /// Bytes that the target had.
    pub(super) present: u64,
    /// Bytes that the registry mounted from another of its repositories.
    pub(super) mounted: u64,
    /// Bytes that must not be distributed, and were left out.
    pub(super) foreign: u64,
    /// Bytes from an earlier run.
    pub(super) resumed: u64,
    /// Bytes that were transferred in this run.
    pub(super) moved: u64,
    /// How many distinct blobs the plan has.
    pub(super) blobs: usize,
    /// How many of them are done.
    pub(super) blobs_done: usize,
}

impl Totals {
    /// Returns how many bytes need no transfer any more; at most `bytes`.
    pub(super) fn done(&self) -> u64 {
        let parts = [self.present, self.mounted, self.foreign, self.resumed, self.moved];
        parts.into_iter().fold(0, u64::saturating_add)
    }

    fn add(&mut self, blob: &Blob) {
        self.bytes = self.bytes.saturating_add(blob.size);
        self.resumed = self.resumed.saturating_add(blob.resumed);
        self.moved = self.moved.saturating_add(blob.moved);
        self.blobs += 1;
        if let State::Done(skip) = blob.state {
            let rest = blob.size - blob.resumed - blob.moved;
            self.blobs_done += 1;
            match skip {
                Spared::Present => self.present = self.present.saturating_add(rest),
                Spared::Mounted => self.mounted = self.mounted.saturating_add(rest),
                Spared::Foreign => self.foreign = self.foreign.saturating_add(rest),
            }
        }
    }
}

/// The sums of one or more copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// The size of all blobs.
    pub(super) bytes: u64,
    /// How many bytes need no transfer any more.
    pub(super) done: u64,
    /// The size of the blobs that are done.
    pub(super) complete: u64,
    /// Whether the transfer of any blob has started.
    pub(super) has_started: bool,
}

impl Sums {
    /// Returns the sums of these and other copies.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            done: self.done.saturating_add(other.done),
            complete: self.complete.saturating_add(other.complete),
            has_started: self.has_started || other.has_started,
        }
    }
}

/// The progress of one blob or of the whole copy at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Headway {
    /// How many bytes are done; at most `size`.
    pub(super) position: u64,
    /// The total number of bytes.
    pub(super) size: u64,
    /// Bytes a second over the last five seconds, including bytes that were discarded.
    pub(super) rate: u64,
    /// How long the rest takes at this rate; `None` while that is unknown.
    pub(super) left: Option<Duration>,
}

impl Tally {
    /// Adds an event that happened at `now`.
    pub(super) fn take(&mut self, event: &Event, now: Instant) {
        match event {
            Event::Planned { blobs, .. } => {
                for blob in blobs {
                    self.blobs.entry(blob.digest.clone()).or_insert_with(|| Blob::of_size(blob.size));
                }
            }
            Event::Skipped { digest, reason } => self.change(digest, |blob| blob.end(Spared::of(reason))),
            Event::Started { digest, offset, size } => {
                self.rate.begin(now);
                let blob = self.blobs.entry(digest.clone()).or_insert_with(|| Blob::of_size(*size));
                blob.start(*offset, now);
            }
            Event::Advanced { digest, bytes } => {
                self.rate.add(*bytes, now);
                self.change(digest, |blob| blob.advance(*bytes, now));
            }
            Event::Interrupted { .. } => {}
            // Bytes that were not moved have come from elsewhere meanwhile.
            Event::Finished { digest } => self.change(digest, |blob| blob.end(Spared::Present)),
        }
    }

    /// Records that a blob was interrupted, and reports whether that is news. A blob that comes by several
    /// connections loses all of them in one outage, and each of them is retried on its own.
    pub(super) fn interrupt(&mut self, digest: &Digest, attempt: u32, until: Instant) -> bool {
        self.blobs
            .get_mut(digest)
            .is_none_or(|blob| blob.interrupt(Interruption { attempt, until, is_shared: false }))
    }

    /// Returns where the bytes are now.
    pub(super) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.blobs.values().for_each(|blob| totals.add(blob));
        totals
    }

    /// Returns the sums of the whole copy.
    pub(super) fn sums(&self) -> Sums {
        let totals = self.totals();
        let (bytes, done) = (totals.bytes, totals.done());
        Sums { bytes, done, complete: self.complete(), has_started: self.has_started() }
    }

    /// Removes a blob that is not to be moved any more.
    pub(super) fn forget(&mut self, digest: &Digest) {
        self.blobs.remove(digest);
    }

    /// Returns the progress of the whole copy.
    pub(super) fn headway(&self, now: Instant) -> Headway {
        let totals = self.totals();
        self.rate.headway(totals.done(), totals.bytes, now)
    }

    /// Returns the progress of a blob; `None` if the blob is unknown.
    pub(super) fn headway_of(&self, digest: &Digest, now: Instant) -> Option<Headway> {
        self.blobs.get(digest).map(|blob| blob.rate.headway(blob.position(), blob.size, now))
    }

    /// Returns how many bytes of a blob are done; 0 if the blob is unknown.
    pub(super) fn position(&self, digest: &Digest) -> u64 {
        self.blobs.get(digest).map_or(0, Blob::position)
    }

    /// Returns the sum of the sizes of the blobs that are done.
    fn complete(&self) -> u64 {
        let done = self.blobs.values().filter(|blob| matches!(blob.state, State::Done(_)));
        done.fold(0, |sum, blob| sum.saturating_add(blob.size))
    }

    /// Reports whether the transfer of any blob has started.
    pub(super) fn has_started(&self) -> bool {
        self.rate.begun.is_some()
    }

    /// Reports whether a blob is done.
    pub(super) fn is_done(&self, digest: &Digest) -> bool {
        self.blobs.get(digest).is_some_and(|blob| matches!(blob.state, State::Done(_)))
    }

    fn change(&mut self, digest: &Digest, change: impl FnOnce(&mut Blob)) {
        if let Some(blob) = self.blobs.get_mut(digest) {
            change(blob);
        }
    }
}

/// One blob. The sum of `resumed` and `moved` is at most `size`.
#[derive(Clone, Debug)]
struct Blob {
    size: u64,
    resumed: u64,
    moved: u64,
    state: State,
    rate: Rate,
    /// The last interruption that was news, until bytes come again.
    interruption: Option<Interruption>,
}

/// A failed attempt at a blob.
#[derive(Clone, Copy, Debug)]
struct Interruption {
    /// How many attempts in a row have failed.
    attempt: u32,
    /// When the next one begins.
    until: Instant,
    /// Whether several connections have failed. Their further attempts are those of one outage.
    is_shared: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There was no event for it yet.
    Planned,
    /// Its transfer has started.
    Started,
    /// It is done; the bytes that were neither resumed nor moved count as given here.
    Done(Spared),
}

/// Why bytes need no transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spared {
    Present,
    Mounted,
    Foreign,
}

impl Spared {
    fn of(reason: &Skip) -> Self {
        match reason {
            Skip::Present => Self::Present,
            Skip::Mounted(_) => Self::Mounted,
            Skip::Foreign => Self::Foreign,
        }
    }
}

impl Blob {
    fn of_size(size: u64) -> Self {
        Self { size, resumed: 0, moved: 0, state: State::Planned, rate: Rate::default(), interruption: None }
    }

    fn position(&self) -> u64 {
        match self.state {
            State::Done(_) => self.size,
            _ => self.resumed + self.moved,
        }
    }

    /// Starts an attempt at `offset`. Bytes beyond it have to come again.
    fn start(&mut self, offset: u64, now: Instant) {
        if let State::Done(_) = self.state {
            return;
        }
        let (offset, reached) = (offset.min(self.size), self.position());
        let lost = reached.saturating_sub(offset);
        // The bytes that came last are lost first.
        let lost_of_resumed = lost.saturating_sub(self.moved);
        self.moved -= lost - lost_of_resumed;
        self.resumed = self.resumed - lost_of_resumed + offset.saturating_sub(reached);
        self.state = State::Started;
        self.rate.begin(now);
    }

    fn advance(&mut self, bytes: u64, now: Instant) {
        if self.state == State::Started {
            self.moved += bytes.min(self.size - self.position());
            self.rate.add(bytes, now);
            // Before that, the bytes are of other connections.
            self.interruption = self.interruption.filter(|interruption| now < interruption.until);
        }
    }

    fn interrupt(&mut self, interruption: Interruption) -> bool {
        match &mut self.interruption {
            Some(before) if before.is_shared || interruption.attempt <= before.attempt => {
                before.is_shared = true;
                false
            }
            _ => {
                self.interruption = Some(interruption);
                true
            }
        }
    }

    fn end(&mut self, spared: Spared) {
        if !matches!(self.state, State::Done(_)) {
            self.state = State::Done(spared);
        }
    }
}

/// The number of bytes in each of the last [`SLOTS`] quarters of a second.
#[derive(Clone, Debug, Default)]
pub(super) struct Rate {
    begun: Option<Instant>,
    slots: [u64; SLOTS as usize],
    /// The index of the newest slot since the start.
    newest: u64,
}

/// The number of slots: five seconds.
const SLOTS: u64 = 20;

/// The duration of a slot in milliseconds.
const SLOT: u64 = 250;

/// How long bytes have to arrive before the remaining time is estimated.
const KNOWN_AFTER: Duration = Duration::from_secs(1);

impl Rate {
    pub(super) fn begin(&mut self, now: Instant) {
        self.begun.get_or_insert(now);
    }

    pub(super) fn add(&mut self, bytes: u64, now: Instant) {
        if self.begun.is_none() {
            return;
        }
        // Several tasks read the clock, so it may seem to go back a little.
        let current = (self.elapsed(now) / SLOT).max(self.newest);
        // One round clears all slots.
        for passed in self.newest + 1..=current.min(self.newest + SLOTS) {
            self.slots[(passed % SLOTS) as usize] = 0;
        }
        self.newest = current;
        let slot = &mut self.slots[(current % SLOTS) as usize];
        *slot = slot.saturating_add(bytes);
    }

    /// Returns the rate in bytes a second.
    fn per_second(&self, now: Instant) -> u64 {
        let elapsed = self.elapsed(now);
        let first = (elapsed / SLOT).saturating_sub(SLOTS - 1);
        let numbers = first.max(self.newest.saturating_sub(SLOTS - 1))..=self.newest;
        let bytes: u128 = numbers.map(|number| u128::from(self.slots[(number % SLOTS) as usize])).sum();
        // A few bytes in the first moments would be gigabytes a second.
        let span = (elapsed - first * SLOT).max(SLOT);
        u64::try_from(bytes * 1000 / u128::from(span)).unwrap_or(u64::MAX)
    }

    pub(super) fn headway(&self, position: u64, size: u64, now: Instant) -> Headway {
        let rate = self.per_second(now);
        let is_known = u128::from(self.elapsed(now)) >= KNOWN_AFTER.as_millis();
        let left = match size - position {
            0 => Some(Duration::ZERO),
            rest if is_known && rate > 0 => Some(Duration::from_secs(rest.div_ceil(rate))),
            _ => None,
        };
        Headway { position, size, rate, left }
    }

    /// Returns the milliseconds since the start.
    fn elapsed(&self, now: Instant) -> u64 {
        let elapsed = self.begun.map_or(Duration::ZERO, |begun| now.saturating_duration_since(begun));
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use regcli::image::{Descriptor, MediaType};
    use regcli::reference::Reference;

    use super::*;

    /// A tally with its own clock.
    struct Clocked {
        tally: Tally,
        now: Instant,
    }

    impl Clocked {
        /// A plan whose blobs are named by their positions in this list.
        fn planning(sizes: &[u64]) -> Self {
            let blobs: Vec<_> = sizes.iter().enumerate().map(|(name, size)| blob(name, *size)).collect();
            let bytes = sizes.iter().fold(0, |sum: u64, size| sum.saturating_add(*size));
            let clocked = Self { tally: Tally::default(), now: Instant::now() };
            clocked.take(&Event::Planned { blobs, platforms: HashMap::new(), bytes })
        }

        fn take(mut self, event: &Event) -> Self {
            self.tally.take(event, self.now);
            let totals = self.tally.totals();
            assert!(totals.done() <= totals.bytes, "never more than all: {totals:?}");
            assert!(totals.blobs_done <= totals.blobs, "{totals:?}");
            self
        }

        fn start(self, name: usize, offset: u64) -> Self {
            self.take(&Event::Started { digest: digest(name), offset, size: 1000 })
        }

        fn advance(self, name: usize, bytes: u64) -> Self {
            self.take(&Event::Advanced { digest: digest(name), bytes })
        }

        fn finish(self, name: usize) -> Self {
            self.take(&Event::Finished { digest: digest(name) })
        }

        fn skip(self, name: usize, reason: Skip) -> Self {
            self.take(&Event::Skipped { digest: digest(name), reason })
        }

        fn wait(mut self, milliseconds: u64) -> Self {
            self.now += Duration::from_millis(milliseconds);
            self
        }

        fn totals(&self) -> Totals {
            self.tally.totals()
        }

        fn rate(&self) -> u64 {
            self.tally.headway(self.now).rate
        }

        fn left(&self) -> Option<u64> {
            self.tally.headway(self.now).left.map(|left| left.as_secs())
        }
    }

    fn digest(name: usize) -> Digest {
        Digest::sha256(&name.to_le_bytes())
    }

    fn blob(name: usize, size: u64) -> Descriptor {
        Descriptor::new(MediaType::OCI_LAYER_GZIP, digest(name), size)
    }

    fn mounted() -> Skip {
        Skip::Mounted("registry.example/base".parse::<Reference>().unwrap().name)
    }

    #[test]
    fn every_byte_is_accounted_for_by_what_happened_to_it() {
        let copy = Clocked::planning(&[1000, 200, 30, 4, 1000, 500])
            .skip(1, Skip::Present)
            .skip(2, mounted())
            .skip(3, Skip::Foreign)
            .start(4, 600)
            .advance(4, 300);
        let expected = Totals {
            bytes: 2734,
            present: 200,
            mounted: 30,
            foreign: 4,
            resumed: 600,
            moved: 300,
            blobs: 6,
            blobs_done: 3,
        };
        assert_eq!(copy.totals(), expected);
        assert_eq!(copy.totals().done(), 1134);
        let copy = copy.advance(4, 100).finish(4).start(0, 0).advance(0, 1000).finish(0);
        let copy = copy.start(5, 0).advance(5, 500).finish(5);
        assert_eq!((copy.totals().done(), copy.totals().blobs_done), (2734, 6));
        assert_eq!((copy.totals().moved, copy.totals().resumed), (1900, 600));
    }

    #[test]
    fn an_attempt_that_resumes_counts_each_byte_once() {
        let copy = Clocked::planning(&[1000]).start(0, 100).advance(0, 400).start(0, 500).advance(0, 500);
        assert_eq!((copy.totals().resumed, copy.totals().moved), (100, 900));
        assert!(!copy.tally.is_done(&digest(0)), "the blob is not verified");
        assert_eq!(copy.finish(0).totals().done(), 1000);
    }

    #[test]
    fn what_is_thrown_away_is_not_done() {
        let copy = Clocked::planning(&[1000]).start(0, 100).advance(0, 400).start(0, 300);
        assert_eq!((copy.totals().resumed, copy.totals().moved), (100, 200), "the last bytes are lost first");
        let copy = copy.start(0, 0);
        assert_eq!((copy.totals().resumed, copy.totals().moved), (0, 0));
        let copy = copy.advance(0, 1000).finish(0);
        assert_eq!((copy.totals().resumed, copy.totals().moved), (0, 1000));
    }

    #[test]
    fn what_another_process_brought_was_not_moved_by_this_one() {
        let copy = Clocked::planning(&[1000, 1000]).start(0, 0).advance(0, 100).start(0, 700);
        assert_eq!((copy.totals().resumed, copy.totals().moved), (600, 100));
        let copy = copy.start(1, 0).advance(1, 300).skip(1, Skip::Present).finish(0);
        assert_eq!((copy.totals().present, copy.totals().moved), (1000, 400));
    }

    #[test]
    fn connections_that_break_in_one_outage_are_one_interruption() {
        let mut copy = Clocked::planning(&[1000, 1000]).start(0, 0).start(1, 0).advance(0, 100);
        let wait = Duration::from_secs(2);
        let interrupt =
            |copy: &mut Clocked, name, attempt| copy.tally.interrupt(&digest(name), attempt, copy.now + wait);
        assert!(interrupt(&mut copy, 0, 1));
        assert!(!interrupt(&mut copy, 0, 1), "another connection of the blob");
        assert!(interrupt(&mut copy, 1, 1), "another blob");
        let mut copy = copy.wait(1000).advance(0, 100);
        assert!(!interrupt(&mut copy, 0, 1), "a connection that still works says nothing about the others");
        assert!(!interrupt(&mut copy, 0, 2), "the next attempt, of any connection");
        assert!(interrupt(&mut copy, 1, 2), "the next attempt of a single connection");
        let mut copy = copy.wait(2000).advance(0, 100);
        assert!(interrupt(&mut copy, 0, 1), "bytes have come since");
    }

    #[test]
    fn an_upload_whose_answer_was_lost_was_moved() {
        let copy = Clocked::planning(&[1000]).start(0, 0).advance(0, 1000).skip(0, Skip::Present);
        assert_eq!((copy.totals().moved, copy.totals().present, copy.totals().blobs_done), (1000, 0, 1));
    }

    #[test]
    fn a_blob_that_stands_in_the_plan_twice_counts_once() {
        let copy = Clocked::planning(&[]).take(&Event::Planned {
            blobs: vec![blob(0, 7), blob(0, 7)],
            platforms: HashMap::new(),
            bytes: 7,
        });
        assert_eq!((copy.totals().bytes, copy.totals().blobs), (7, 1));
        let copy = copy.skip(0, Skip::Present).skip(0, Skip::Present);
        assert_eq!((copy.totals().present, copy.totals().blobs_done), (7, 1));
    }

    #[test]
    fn sizes_that_cannot_be_true_do_no_harm() {
        let copy = Clocked::planning(&[u64::MAX, u64::MAX, 5]).skip(0, Skip::Present);
        assert_eq!((copy.totals().bytes, copy.totals().done()), (u64::MAX, u64::MAX));
        let copy = copy.start(1, u64::MAX).advance(1, u64::MAX).wait(2000).advance(1, u64::MAX);
        assert!(copy.rate() > 0 && copy.left() == Some(0));
        let copy = Clocked::planning(&[u64::MAX]).start(0, 0).advance(0, 1).wait(1000);
        assert_eq!(copy.left(), Some(u64::MAX - 1));
    }

    #[test]
    fn odd_orders_of_events_are_taken_as_they_come() {
        let copy = Clocked::planning(&[1000]).finish(0);
        assert_eq!(
            (copy.totals().moved, copy.totals().done()),
            (0, 1000),
            "the blob is done, but this run moved nothing"
        );
        let copy = copy.start(0, 0).advance(0, 10).finish(0).skip(0, mounted());
        assert_eq!((copy.totals().moved, copy.totals().mounted, copy.totals().done()), (0, 0, 1000));
        // Bytes before a start, beyond the end, and of unknown blobs.
        let copy = Clocked::planning(&[1000]).advance(0, 10).start(0, 5000).advance(0, 5000);
        assert_eq!((copy.totals().resumed, copy.totals().moved), (1000, 0));
        let copy = copy.start(0, 0).advance(0, 999_999).advance(7, 3).finish(7).skip(7, Skip::Foreign);
        assert_eq!((copy.totals().moved, copy.totals().blobs), (1000, 1));
        let copy = copy.start(8, 10);
        assert_eq!((copy.totals().bytes, copy.totals().resumed), (2000, 10), "unplanned bytes count");
        assert_eq!(Tally::default().headway(Instant::now()).left, Some(Duration::ZERO));
    }

    #[test]
    fn any_events_in_any_order_keep_within_the_plan() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..200 {
            let mut copy = Clocked::planning(&[0, 1, 1000, u64::MAX]);
            for _ in 0..50 {
                let (name, bytes) = (random.usize(..6), random.u64(..) >> random.u32(..64));
                copy = match random.u8(..6) {
                    0 => copy.start(name, bytes),
                    1 | 2 => copy.advance(name, bytes),
                    3 => copy.finish(name),
                    4 => copy.skip(name, if random.bool() { mounted() } else { Skip::Foreign }),
                    _ => copy.wait(random.u64(..400)),
                };
                let now = copy.now;
                let headway = copy.tally.headway_of(&digest(name), now);
                assert!(headway.is_none_or(|headway| headway.position <= headway.size), "{headway:?}");
                copy.tally.headway(now);
            }
        }
    }

    #[test]
    fn the_rate_is_that_of_the_last_five_seconds() {
        let mut copy = Clocked::planning(&[1_000_000]).start(0, 0);
        for _ in 0..40 {
            copy = copy.wait(250).advance(0, 1000);
        }
        assert!((3900..=4300).contains(&copy.rate()), "{}", copy.rate());
        assert_eq!(copy.left(), Some((1_000_000_u64 - 40_000).div_ceil(copy.rate())));
        for _ in 0..40 {
            copy = copy.wait(250).advance(0, 3000);
        }
        assert!((11_900..=12_900).contains(&copy.rate()), "older bytes are forgotten: {}", copy.rate());
    }

    #[test]
    fn the_rate_of_the_first_moments_is_plausible() {
        let copy = Clocked::planning(&[1_000_000]).start(0, 0).wait(1).advance(0, 1000);
        assert_eq!((copy.rate(), copy.left()), (4000, None), "1 MB/s would be nonsense");
        let copy = copy.wait(499).advance(0, 1000);
        assert_eq!((copy.rate(), copy.left()), (4000, None));
        let copy = copy.wait(500).advance(0, 2000);
        assert_eq!((copy.rate(), copy.left()), (4000, Some(249)));
    }

    #[test]
    fn who_gets_nothing_any_more_has_no_rate_and_no_end() {
        let copy = Clocked::planning(&[1_000_000]).start(0, 0).wait(1000).advance(0, 5000);
        assert!(copy.rate() > 0 && copy.left().is_some());
        let copy = copy.wait(2500);
        assert_eq!(copy.rate(), 5000 * 1000 / 3500);
        let copy = copy.wait(2500);
        assert_eq!((copy.rate(), copy.left()), (0, None));
        let copy = copy.wait(86_400_000).advance(0, 500);
        assert_eq!(copy.rate(), 500 * 1000 / 4750, "old slots are cleared after a day");
    }

    #[test]
    fn bytes_that_have_to_come_again_are_part_of_the_rate_and_of_the_time_left() {
        let copy = Clocked::planning(&[1000]).start(0, 0).wait(500).advance(0, 900).start(0, 0);
        let copy = copy.wait(500).advance(0, 100);
        assert_eq!((copy.rate(), copy.left()), (1000, Some(1)));
        let headway = copy.tally.headway_of(&digest(0), copy.now).unwrap();
        assert_eq!((headway.position, headway.size), (100, 1000));
    }

    #[test]
    fn a_clock_that_goes_back_does_no_harm() {
        let mut copy = Clocked::planning(&[1000]).wait(3000).start(0, 0).advance(0, 10);
        copy.now -= Duration::from_secs(2);
        let copy = copy.advance(0, 10);
        assert_eq!((copy.totals().moved, copy.rate()), (20, 80));
    }
}
