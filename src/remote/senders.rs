//! Which servers have sent bytes of a blob: they are to blame if its digest turns out to be another one.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::digest::Digest;

/// The servers that have sent bytes of each blob, by their indexes.
#[derive(Debug, Default)]
pub(super) struct Senders(Mutex<HashMap<Digest, BTreeSet<usize>>>);

impl Senders {
    /// Records that the server at `index` sends bytes of `blob`.
    pub(super) fn add(&self, blob: &Digest, index: usize) {
        self.with(|senders| senders.entry(blob.clone()).or_default().insert(index));
    }

    /// Returns the servers that have sent bytes of `blob`, and forgets them.
    pub(super) fn take(&self, blob: &Digest) -> BTreeSet<usize> {
        self.with(|senders| senders.remove(blob)).unwrap_or_default()
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<Digest, BTreeSet<usize>>) -> T) -> T {
        // Each change is one call, so the map is consistent even after a panic elsewhere.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
