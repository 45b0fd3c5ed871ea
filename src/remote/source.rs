//! A repository as a source: blobs and manifests from its servers in turn.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;

use super::Repository;
use super::mirrors::Giver;
use crate::content::{BlobReader, Locations, Source, read_once};
use crate::diagnose::Failure;
use crate::image::{Descriptor, RawManifest};
use crate::reference::{Name, Selector};
use crate::retry::Next;

#[async_trait]
impl Source for Repository {
    async fn resolve(&self, selector: &Selector) -> Result<Descriptor, Failure> {
        Ok(self.get_manifest(selector).await?.descriptor().clone())
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Failure> {
        Ok(self.get_described(descriptor).await?)
    }

    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<BlobReader, Failure> {
        if let Some(kept) = self.shared().small_blobs().open(blob, &range) {
            return Ok(kept);
        }
        let mut turns = self.turns();
        loop {
            let (index, server) = turns.active();
            match self.open_at(server, blob, range.clone()).await {
                Err(error) => turns.failed(index, error)?,
                Ok(reader) => {
                    turns.answered(index);
                    let is_mirror = !self.shared().mirrors().is_origin(index);
                    let giver = is_mirror.then(|| Giver::new(self.shared().mirrors(), index, (blob, &range)));
                    return Ok(reader.given_by(giver).into());
                }
            }
        }
    }

    async fn read_small(&self, blob: &Descriptor) -> Result<Bytes, Failure> {
        self.read_and_keep(blob).await
    }

    fn locations(&self) -> Option<&dyn Locations> {
        Some(self)
    }

    fn doubt(&self, blob: &Descriptor) {
        let mirrors = self.shared().mirrors();
        mirrors.places().doubt(&blob.digest);
        let (index, server) = self.turns().active();
        if !mirrors.is_origin(index) {
            let host = &server.session().client().endpoint().host;
            tracing::debug!(
                "mirror {host} sent wrong bytes for {}, switching to the next server",
                blob.digest
            );
            mirrors.turn_away(index);
        }
    }
}

#[async_trait]
impl Locations for Repository {
    async fn of(&self, _: &Descriptor, _: &Name) -> Vec<Name> {
        vec![self.name().clone()]
    }
}

impl Repository {
    /// Reads a small blob with retries, verifies it, and keeps it for [`Source::open`].
    async fn read_and_keep(&self, blob: &Descriptor) -> Result<Bytes, Failure> {
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
            tracing::debug!("requesting blob {} again: {error}", blob.digest);
            tokio::time::sleep(wait).await;
        }
    }
}
