//! Small blobs that were read for a question, and are used again for the copy.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::content::BlobReader;
use crate::digest::Digest;
use crate::image::Descriptor;

/// Blobs in memory: configs. A copy reads one or two of them.
#[derive(Debug, Default)]
pub(super) struct SmallBlobs(Mutex<HashMap<Digest, Bytes>>);

impl SmallBlobs {
    /// Returns a reader of all of `blob`, if it is kept here.
    pub(super) fn open(&self, blob: &Descriptor, range: &Range<u64>) -> Option<BlobReader> {
        let content = self.blobs().get(&blob.digest).cloned()?;
        (*range == (0..content.len() as u64)).then(|| BlobReader::of(content))
    }

    /// Keeps a blob.
    pub(super) fn keep(&self, blob: &Descriptor, content: &Bytes) {
        self.blobs().insert(blob.digest.clone(), content.clone());
    }

    fn blobs(&self) -> MutexGuard<'_, HashMap<Digest, Bytes>> {
        // Each change is one call, so the map is consistent even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
