//! Small blobs that were read for a question, and are given again to who copies them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::Repository;
use crate::content::{BlobReader, Source, read_once};
use crate::diagnose::Failure;
use crate::digest::Digest;
use crate::image::Descriptor;
use crate::retry::Next;

/// Blobs in memory: configs, of which a copy reads one or two.
#[derive(Debug, Default)]
pub(super) struct SmallBlobs(Mutex<HashMap<Digest, Bytes>>);

impl SmallBlobs {
    /// A reader of all of `blob`, if it is here.
    pub(super) fn open(&self, blob: &Descriptor, range: &Range<u64>) -> Option<BlobReader> {
        let content = self.blobs().get(&blob.digest).cloned()?;
        (*range == (0..content.len() as u64)).then(|| BlobReader::of(content))
    }

    fn keep(&self, blob: &Descriptor, content: &Bytes) {
        self.blobs().insert(blob.digest.clone(), content.clone());
    }

    fn blobs(&self) -> MutexGuard<'_, HashMap<Digest, Bytes>> {
        // Each change is one call: the map is whole even after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Repository {
    /// Reads a small blob as often as it takes, verifies it, and keeps it for [`Source::open`].
    pub(super) async fn read_and_keep(&self, blob: &Descriptor) -> Result<Bytes, Failure> {
        let mut attempts = self.shared().origin().retry().begin();
        loop {
            let error = match read_once(self, blob).await {
                Ok(content) => {
                    self.shared().small_blobs().keep(blob, &content);
                    return Ok(content);
                }
                Err(error) => error,
            };
            let wait = match attempts.failure(error.recovery()) {
                Next::GiveUp => return Err(error),
                Next::Continue(wait) => wait,
                Next::Restart(wait) => {
                    self.doubt(blob);
                    wait
                }
            };
            tracing::debug!("blob {} is asked for again: {error}", blob.digest);
            tokio::time::sleep(wait).await;
        }
    }
}
