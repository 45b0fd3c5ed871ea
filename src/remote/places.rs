//! Where registries keep their blobs: a CDN, an object storage.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Url;
use tokio::sync::OnceCell;

use crate::digest::Digest;

/// Where a blob is, `None` if the registry itself gives it; empty while somebody finds out, for whom the others
/// wait.
pub(super) type Place = Arc<OnceCell<Option<Url>>>;

/// Where blobs were found, so that the registry need not be asked for each part of one. Clones share it.
///
/// Such places are signed for a while, and no longer than they are good: whoever was refused there, or cut off,
/// forgets it, and one asks the registry again for all.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    known: Arc<Mutex<HashMap<Digest, Place>>>,
    /// Blobs that are asked for in parts.
    split: Arc<Mutex<HashSet<Digest>>>,
}

impl Places {
    /// The place of a blob, as far as it is known.
    pub(super) fn of(&self, blob: &Digest) -> Place {
        Arc::clone(self.places().entry(blob.clone()).or_default())
    }

    /// The registry has led there.
    pub(super) fn remember(&self, blob: &Digest, place: Option<Url>) -> Place {
        let place = Place::new(OnceCell::from(place));
        self.places().insert(blob.clone(), Arc::clone(&place));
        place
    }

    /// Forgets a place that is no good any more, unless there is another one already.
    pub(super) fn forget(&self, blob: &Digest, place: &Place) {
        if let Some(known) = self.places().get_mut(blob)
            && Arc::ptr_eq(known, place)
        {
            *known = Arc::default();
        }
    }

    /// The registry is to be asked for this blob as if nothing were known.
    pub(super) fn doubt(&self, blob: &Digest) {
        self.places().remove(blob);
    }

    /// Another server is asked from now on: where this one has led to is nothing to it.
    pub(super) fn forget_all(&self) {
        self.places().clear();
    }

    /// The blob is asked for in parts from now on.
    pub(super) fn divide(&self, blob: &Digest) {
        self.split().insert(blob.clone());
    }

    /// It comes in one stream from now on.
    pub(super) fn unite(&self, blob: &Digest) {
        self.split().remove(blob);
    }

    /// Whether the blob is asked for in parts.
    pub(super) fn is_split(&self, blob: &Digest) -> bool {
        self.split().contains(blob)
    }

    fn places(&self) -> MutexGuard<'_, HashMap<Digest, Place>> {
        // Each change is one call: the map is whole even after a panic elsewhere.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn split(&self) -> MutexGuard<'_, HashSet<Digest>> {
        // The same of this set.
        self.split.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
