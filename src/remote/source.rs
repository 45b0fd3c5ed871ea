//! A repository as a source: blobs and manifests from its servers in turn.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;

use super::Repository;
use crate::content::{BlobReader, Locations, Source, is_elsewhere, read_once};
use crate::diagnose::Failure;
use crate::image::{Descriptor, RawManifest};
use crate::reference::{Name, Selector};
use crate::retry::Next;

#[async_trait]
impl Source for Repository {
    async fn resolve(&self, selector: &Selector) -> Result<Descriptor, Failure> {
        Ok(self.mirrors.get_manifest(selector).await?.descriptor().clone())
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Failure> {
        Ok(self.mirrors.get_described(descriptor).await?)
    }

    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<BlobReader, Failure> {
        Ok(self.mirrors.open(blob, range).await?)
    }

    /// Reads a small blob with retries, and keeps it for [`Source::open`].
    async fn read_small(&self, blob: &Descriptor) -> Result<Bytes, Failure> {
        let mut attempts = self.mirrors.origin().retry().begin();
        loop {
            let error = match read_once(self, blob).await {
                Ok(content) => {
                    self.mirrors.keep_blob(blob, &content);
                    return Ok(content);
                }
                Err(error) => error,
            };
            if is_elsewhere(self, blob, error.recovery()) {
                continue;
            }
            let wait = match attempts.failure(error.recovery()) {
                Next::GiveUp => return Err(error),
                Next::Continue(wait) | Next::Restart(wait) => wait,
            };
            tracing::debug!("requesting blob {} again: {error}", blob.digest);
            tokio::time::sleep(wait).await;
        }
    }

    fn locations(&self) -> Option<&dyn Locations> {
        Some(self)
    }

    fn doubt(&self, blob: &Descriptor) -> bool {
        self.mirrors.doubt(blob)
    }
}

#[async_trait]
impl Locations for Repository {
    async fn of(&self, _: &Descriptor, _: &Name) -> Vec<Name> {
        vec![self.name().clone()]
    }
}
