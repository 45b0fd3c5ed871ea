//! Slow lines: what flows through a proxy takes its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

/// How many bytes a second one body may have; no limit until one is set.
#[derive(Clone, Default)]
pub(super) struct Pace(Arc<AtomicU64>);

impl Pace {
    /// Sets the limit for all bodies, those under way included; 0 takes it away.
    pub(super) fn set(&self, bytes_per_second: u64) {
        self.0.store(bytes_per_second, Ordering::SeqCst);
    }

    /// The same stream at this pace.
    pub(super) fn keep<E, S: Stream<Item = Result<Bytes, E>>>(
        &self,
        stream: S,
    ) -> impl Stream<Item = Result<Bytes, E>> + use<E, S> {
        let pace = self.clone();
        stream.then(move |chunk| {
            let wait = pace.wait_for(chunk.as_ref().map_or(0, Bytes::len));
            async move {
                tokio::time::sleep(wait).await;
                chunk
            }
        })
    }

    fn wait_for(&self, bytes: usize) -> Duration {
        match self.0.load(Ordering::SeqCst) {
            0 => Duration::ZERO,
            pace => Duration::from_secs_f64(bytes as f64 / pace as f64),
        }
    }
}

#[test]
fn a_pace_says_how_long_bytes_take() {
    let pace = Pace::default();
    assert_eq!(pace.wait_for(1 << 20), Duration::ZERO);
    pace.set(1 << 20);
    assert_eq!(pace.wait_for(1 << 19), Duration::from_millis(500));
}
