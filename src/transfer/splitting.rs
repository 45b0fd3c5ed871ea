//! When and how a blob is split over several connections.

use std::time::Duration;

/// When and how blobs are split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Splitting {
    /// The minimum number of remaining bytes to split; fewer stay on one connection.
    pub from: u64,
    /// The rate in bytes a second below which a stream is slow, if it waits for the line. `None`: all streams
    /// count as slow, whatever they wait for.
    pub below: Option<u64>,
    /// How long a stream has to be slow, counting only the time spent waiting for it.
    pub after: Duration,
    /// The minimum size in bytes of a piece that is written where it belongs. It grows with the distance of the
    /// source; a piece has at most sixteen times as much.
    pub piece: u64,
    /// The size in bytes of a piece for a target that takes bytes in order; a quarter of it with many connections.
    pub piece_in_order: u64,
    /// The size of the window: how many bytes of such pieces may be in flight or wait for their turn, for all blobs
    /// together. With a distant source the window grows up to three times.
    pub window: u64,
    /// The response time for which the window and the minimum of a piece grow by their own size.
    pub step: Duration,
}

impl Default for Splitting {
    /// A stream is slow if it is slower than a gigabit line. The window has 8 MiB, and 24 MiB if the response
    /// time is 50 ms or more: this is what arrives at 170 MB/s until a response and its piece are complete.
    /// HTTP's own buffers take up to 1 MiB for each connection in addition, and less on a slower line, so
    /// that both stay within 64 MB.
    fn default() -> Self {
        Self {
            from: 16 << 20,
            below: Some(100 << 20),
            after: Duration::from_millis(50),
            piece: 4 << 20,
            piece_in_order: 2 << 20,
            window: 8 << 20,
            step: Duration::from_millis(25),
        }
    }
}
