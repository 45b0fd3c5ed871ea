//! The locations of blobs outside of the registry: a CDN, an object storage.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Url;
use tokio::sync::OnceCell;

use crate::digest::Digest;

/// The location that the registry redirects to for a blob; `None` if it sends the blob itself. The cell is
/// empty while one task asks, for which the others wait.
pub(super) type Redirect = Arc<OnceCell<Option<Url>>>;

/// The known locations of blobs, so that the registry need not be asked for each part. Clones share them.
///
/// Locations are signed for a limited time. A task that was refused or interrupted there forgets the
/// location, and one task asks the registry again for all.
#[derive(Clone, Debug, Default)]
pub(super) struct Redirects {
    known: Arc<Mutex<HashMap<Digest, Redirect>>>,
}

impl Redirects {
    /// Returns the location of a blob, as far as it is known.
    pub(super) fn of(&self, blob: &Digest) -> Redirect {
        Arc::clone(self.known().entry(blob.clone()).or_default())
    }

    /// Records the location that the registry has redirected to.
    pub(super) fn remember(&self, blob: &Digest, location: Option<Url>) -> Redirect {
        let redirect = Redirect::new(OnceCell::from(location));
        self.known().insert(blob.clone(), Arc::clone(&redirect));
        redirect
    }

    /// Forgets a bad location, unless it was replaced already.
    pub(super) fn forget(&self, blob: &Digest, redirect: &Redirect) {
        if let Some(known) = self.known().get_mut(blob)
            && Arc::ptr_eq(known, redirect)
        {
            *known = Arc::default();
        }
    }

    /// Forgets the location of this blob, so that the registry is asked again.
    pub(super) fn doubt(&self, blob: &Digest) {
        self.known().remove(blob);
    }

    /// Forgets all locations, because another server is used from now on.
    pub(super) fn forget_all(&self) {
        self.known().clear();
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Digest, Redirect>> {
        // Each change is one call, so the map is consistent even after a panic elsewhere.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
