//! The locations of blobs outside of the registry: a CDN, an object storage.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Url;
use tokio::sync::OnceCell;

use crate::digest::Digest;

/// The location of a blob; `None` if the registry itself sends it. The cell is empty while one task asks, for
/// which the others wait.
pub(super) type Place = Arc<OnceCell<Option<Url>>>;

/// The known locations of blobs, so that the registry need not be asked for each part. Clones share them.
///
/// Locations are signed for a limited time. A task that was refused or interrupted there forgets the
/// location, and one task asks the registry again for all.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    known: Arc<Mutex<HashMap<Digest, Place>>>,
    /// The blobs that are requested in parts.
    split: Arc<Mutex<HashSet<Digest>>>,
}

impl Places {
    /// Returns the location of a blob, as far as it is known.
    pub(super) fn of(&self, blob: &Digest) -> Place {
        Arc::clone(self.places().entry(blob.clone()).or_default())
    }

    /// Records the location that the registry has redirected to.
    pub(super) fn remember(&self, blob: &Digest, place: Option<Url>) -> Place {
        let place = Place::new(OnceCell::from(place));
        self.places().insert(blob.clone(), Arc::clone(&place));
        place
    }

    /// Forgets a bad location, unless it was replaced already.
    pub(super) fn forget(&self, blob: &Digest, place: &Place) {
        if let Some(known) = self.places().get_mut(blob)
            && Arc::ptr_eq(known, place)
        {
            *known = Arc::default();
        }
    }

    /// Forgets the location of this blob, so that the registry is asked again.
    pub(super) fn doubt(&self, blob: &Digest) {
        self.places().remove(blob);
    }

    /// Forgets all locations, because another server is used from now on.
    pub(super) fn forget_all(&self) {
        self.places().clear();
    }

    /// Records that the blob is requested in parts from now on.
    pub(super) fn divide(&self, blob: &Digest) {
        self.split().insert(blob.clone());
    }

    /// Records that the blob is requested in one stream from now on.
    pub(super) fn unite(&self, blob: &Digest) {
        self.split().remove(blob);
    }

    /// Reports whether the blob is requested in parts.
    pub(super) fn is_split(&self, blob: &Digest) -> bool {
        self.split().contains(blob)
    }

    fn places(&self) -> MutexGuard<'_, HashMap<Digest, Place>> {
        // Each change is one call, so the map is consistent even after a panic elsewhere.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn split(&self) -> MutexGuard<'_, HashSet<Digest>> {
        // The same applies to this set.
        self.split.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
