//! The window: the room for pieces of blobs that arrive before their turn, where the target takes bytes only in
//! order.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::blocks::Blocks;

/// The room that all blobs of a copy share.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// How many bytes are reserved.
    used: Arc<AtomicU64>,
    /// The shortest response time of the source.
    nearest: Mutex<Option<Duration>>,
    pub(super) blocks: Blocks,
}

/// Room in the window, which is released when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    bytes: u64,
    used: Arc<AtomicU64>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Window {
    /// Reserves room for `bytes`, if the sum stays within `limit`.
    pub(super) fn place(&self, bytes: u64, limit: u64) -> Option<Place> {
        let fits = |used: u64| used.checked_add(bytes).filter(|used| *used <= limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
        Some(Place { bytes, used: Arc::clone(&self.used) })
    }

    /// Reports whether there is room for `bytes` within `limit`.
    pub(super) fn has_room(&self, bytes: u64, limit: u64) -> bool {
        self.used.load(Ordering::Relaxed).saturating_add(bytes) <= limit
    }

    /// Records that the source has responded after this time.
    pub(super) fn answered(&self, after: Duration) {
        let mut nearest = self.nearest.lock().unwrap_or_else(PoisonError::into_inner);
        *nearest = Some(nearest.map_or(after, |before| before.min(after)));
    }

    /// Returns the distance of the source, as response time.
    pub(super) fn distance(&self) -> Duration {
        self.nearest.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_gives_out_what_it_has_and_no_more() {
        let window = Window::default();
        let first = window.place(60, 100).expect("there is room");
        assert!(window.place(41, 100).is_none());
        let second = window.place(40, 100).expect("there is room");
        assert!(window.place(u64::MAX, u64::MAX).is_none(), "an overflow is rejected");
        drop((first, second));
        assert!(window.place(100, 100).is_some());
    }
}
