//! Which blob gets the next connection.
//!
//! Several large blobs share one line. If any of them could take all connections, the others would be left with
//! their first streams, and the last of them would end long after the rest.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The blobs that several connections may be of use for. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Shares(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    blobs: Vec<Blob>,
    next: u64,
    /// How many connections have brought all of a piece and can bring another one.
    idle: usize,
}

#[derive(Debug)]
struct Blob {
    id: u64,
    /// How many bytes a connection would have to bring if the blob had one more.
    each: u64,
}

/// The share of one blob, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Share {
    shares: Shares,
    id: u64,
}

impl Shares {
    /// Adds a blob that wants no further connection yet.
    pub(super) fn add(&self) -> Share {
        let mut state = self.state();
        let id = state.next;
        state.next += 1;
        state.blobs.push(Blob { id, each: 0 });
        Share { shares: self.clone(), id }
    }

    /// Returns how many blobs want a further connection.
    pub(super) fn wanting(&self) -> usize {
        self.state().blobs.iter().filter(|blob| blob.each > 0).count()
    }

    /// Records that a connection is free for another piece.
    pub(super) fn released(&self) {
        self.state().idle += 1;
    }

    /// Records that a connection is used for a piece.
    pub(super) fn taken(&self) {
        let mut state = self.state();
        state.idle = state.idle.saturating_sub(1);
    }

    /// Reports whether there is an open connection that nothing uses.
    pub(super) fn has_idle(&self) -> bool {
        self.state().idle > 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The numbers are independent of each other, so they are usable even after a panic while they were locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Records that the blob wants no further connection for now.
    pub(super) fn withdraw(&self) {
        self.is_next(0, 0);
    }

    /// Records that the blob misses so many bytes and has so many connections. Reports whether no other blob has a
    /// clearly better claim to the next one.
    pub(super) fn is_next(&self, missing: u64, connections: usize) -> bool {
        let each = missing / (connections as u64 + 1);
        let mut state = self.shares.state();
        let mut is_next = true;
        for blob in &mut state.blobs {
            if blob.id == self.id {
                blob.each = each;
            } else {
                is_next &= blob.each / 4 * 3 <= each;
            }
        }
        is_next
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shares.state().blobs.retain(|blob| blob.id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blob_with_the_most_to_bring_by_each_connection_is_next() {
        let shares = Shares::default();
        let (first, second) = (shares.add(), shares.add());
        assert!(first.is_next(100, 1), "the other one wants nothing");
        assert!(second.is_next(90, 1), "nearly the same");
        assert!(!second.is_next(90, 2));
        assert!(second.is_next(90, 0));
        assert!(!first.is_next(100, 1));
        assert!(first.is_next(100, 0));
        second.withdraw();
        assert!(first.is_next(50, 9));
        drop(second);
        assert!(first.is_next(1, 9));
    }

    #[test]
    fn idle_connections_are_counted_over_all_blobs() {
        let shares = Shares::default();
        shares.taken();
        assert!(!shares.has_idle());
        shares.released();
        assert!(shares.clone().has_idle());
        shares.taken();
        assert!(!shares.has_idle());
    }
}
