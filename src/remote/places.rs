//! Where registries keep their blobs: a CDN, an object storage.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Url;

use crate::digest::Digest;

/// Where blobs were found, so that the registry need not be asked for each part of one. Clones share it.
///
/// Such places are signed for a while, and no longer than they are good: whoever was refused there, or cut off,
/// forgets it and asks the registry again.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(Arc<Mutex<HashMap<Digest, Url>>>);

impl Places {
    pub(super) fn get(&self, blob: &Digest) -> Option<Url> {
        self.places().get(blob).cloned()
    }

    pub(super) fn remember(&self, blob: &Digest, place: Url) {
        self.places().insert(blob.clone(), place);
    }

    pub(super) fn forget(&self, blob: &Digest) {
        self.places().remove(blob);
    }

    fn places(&self) -> MutexGuard<'_, HashMap<Digest, Url>> {
        // Each change is one call: the map is whole even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
