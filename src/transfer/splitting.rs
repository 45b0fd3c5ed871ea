//! When and how a blob is split over several connections.

use std::time::Duration;

/// When and how blobs are split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Splitting {
    /// Smaller rests than this many bytes stay on one connection.
    pub from: u64,
    /// Streams that bring fewer bytes a second are slow, if it is the line that they wait for. `None`: all are,
    /// whatever they wait for.
    pub below: Option<u64>,
    /// How long a stream has to have been slow, counted while it was waited for.
    pub after: Duration,
    /// How many bytes a segment has; a quarter of it with many connections.
    pub segment: u64,
    /// How many bytes of segments are on their way or waiting for their turn, of all blobs together, where
    /// answers come at once; up to three times that where they do not.
    pub window: u64,
    /// For each time of this length that an answer takes the window grows by its size.
    pub step: Duration,
}

impl Default for Splitting {
    /// What brings less than a line of a gigabit can is slow. The window has 8 MiB, and 24 MiB where an answer
    /// takes 50 ms or more: what 170 MB/s bring until it has come and its segment has arrived. HTTP's own buffers
    /// take up to 1 MiB a connection beside it, the less the slower the line is, so that both stay within 64 MB.
    fn default() -> Self {
        Self {
            from: 16 << 20,
            below: Some(100 << 20),
            after: Duration::from_millis(50),
            segment: 2 << 20,
            window: 8 << 20,
            step: Duration::from_millis(25),
        }
    }
}
