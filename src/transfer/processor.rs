//! Whether a copy waits for this machine rather than for the line.
//!
//! On a short line there is little to wait for except hashing and writing. The streams then take turns on the
//! processors, and each of them alone looks as if its line were slow; further connections would only take
//! further turns.

use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The shortest time over which the load is measured.
const SPAN: Duration = Duration::from_millis(50);

/// Busy means using at least 1/SHARE of all CPU time; the peer may run on the same machine.
const SHARE: u32 = 2;

/// What a copy waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bottleneck {
    /// The bytes in flight: more connections may transfer more of them.
    Line,
    /// This machine: more connections only cost more.
    Processor,
}

/// The CPU load of this process.
#[derive(Debug)]
pub(super) struct Processor {
    /// How many processors the process may use.
    available: u32,
    sample: Mutex<Sample>,
}

/// The state at one measurement.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    /// The CPU time of this process until then.
    used: Duration,
    /// Whether the process was busy in the time before.
    busy: bool,
}

impl Processor {
    /// Starts measuring.
    pub(super) fn new() -> Self {
        let available =
            available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX));
        let sample = Sample { at: Instant::now(), used: used(), busy: false };
        Self { available, sample: Mutex::new(sample) }
    }

    /// Reports whether the process was waiting for this machine since the last call.
    pub(super) fn is_busy(&self) -> bool {
        // A sample is replaced as a whole, so it is usable even after a panic while it was locked.
        let mut sample = self.sample.lock().unwrap_or_else(PoisonError::into_inner);
        if sample.at.elapsed() >= SPAN {
            *sample = sample.next(Instant::now(), used(), self.available);
        }
        sample.busy
    }
}

impl Sample {
    fn next(self, at: Instant, used: Duration, available: u32) -> Self {
        let (elapsed, spent) = (at.duration_since(self.at), used.saturating_sub(self.used));
        Self { at, used, busy: spent.saturating_mul(SHARE) >= elapsed.saturating_mul(available) }
    }
}

/// Returns the CPU time of this process so far, on all processors.
fn used() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_processors_is_much() {
        let begun = Sample { at: Instant::now(), used: Duration::from_secs(7), busy: false };
        let after = |millis, available| {
            let used = begun.used + Duration::from_millis(millis);
            begun.next(begun.at + Duration::from_millis(100), used, available).busy
        };
        assert!(!after(0, 1) && !after(49, 1) && after(50, 1));
        assert!(!after(99, 2) && after(100, 2) && after(190, 2));
        assert!(!after(190, 16));
    }

    #[test]
    fn who_only_waits_is_not_busy() {
        let processor = Processor { available: u32::MAX, ..Processor::new() };
        assert!(!processor.is_busy());
        std::thread::sleep(SPAN);
        assert!(!processor.is_busy());
    }

    #[test]
    fn the_cpu_time_of_this_process_grows() {
        let before = used();
        let begun = Instant::now();
        while used() == before {
            assert!(begun.elapsed() < Duration::from_secs(60), "the CPU time does not grow");
        }
    }
}
