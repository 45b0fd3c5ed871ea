//! A repository as a target: blobs by mounts and uploads, manifests, tags.

use async_trait::async_trait;

use super::upload::Upload;
use super::{Error, Repository};
use crate::content::{BlobWriter, Existence, Mounts, Partials, Target};
use crate::diagnose::Failure;
use crate::image::{Descriptor, RawManifest};
use crate::protocol::ErrorCode;
use crate::reference::{Name, Selector};

#[async_trait]
impl Target for Repository {
    async fn existence(&self, blob: &Descriptor) -> Result<Existence, Failure> {
        Ok(self.uploads.existence(blob).await?)
    }

    async fn create(&self, blob: &Descriptor) -> Result<Box<dyn BlobWriter>, Failure> {
        Ok(Box::new(Upload::begin(&self.uploads, blob).await?))
    }

    fn mounts(&self) -> Option<&dyn Mounts> {
        Some(self)
    }

    fn partials(&self) -> Option<&dyn Partials> {
        Some(self)
    }

    fn lacking(&self, contents: &[Descriptor], failure: &Failure) -> Vec<Descriptor> {
        let Some(status) = failure.downcast_ref::<Error>().and_then(Error::status) else { return Vec::new() };
        let lacks_anything = status.has_code(&ErrorCode::ManifestBlobUnknown);
        let lacks_manifests = status.has_code(&ErrorCode::ManifestUnknown);
        let named = status.body.digests();
        let is_meant = |content: &&Descriptor| {
            let is_kind = lacks_anything || lacks_manifests && content.media_type.is_manifest();
            // Some registries only report that content is missing, without its digest.
            is_kind && (named.is_empty() || named.contains(&content.digest))
        };
        contents.iter().filter(is_meant).cloned().collect()
    }

    async fn put_manifest(&self, manifest: &RawManifest) -> Result<(), Failure> {
        let digest = &manifest.descriptor().digest;
        if self.uploads.contents.holds(digest) {
            return Ok(());
        }
        let selector = Selector::Digest(digest.clone());
        Ok(self.uploads.put_manifest(manifest, &selector).await?)
    }

    async fn tag(&self, manifest: &RawManifest, selector: &Selector) -> Result<(), Failure> {
        Ok(self.uploads.put_manifest(manifest, selector).await?)
    }
}

#[async_trait]
impl Mounts for Repository {
    fn repository(&self) -> &Name {
        self.name()
    }

    async fn mount_nearby(&self, blob: &Descriptor) -> Result<Option<Name>, Failure> {
        Ok(self.uploads.mount_nearby(blob).await?)
    }

    async fn mount(&self, blob: &Descriptor, locations: &[Name]) -> Result<Option<Name>, Failure> {
        Ok(self.uploads.mount_from_any(blob, locations).await?)
    }

    fn mountable(&self, blob: &Descriptor, locations: &[Name]) -> Option<Name> {
        self.uploads.mountable(blob, locations)
    }
}

#[async_trait]
impl Partials for Repository {
    /// Cancels the session of the upload.
    async fn discard(&self, blob: &Descriptor) -> Result<(), Failure> {
        self.uploads.sessions.discard(blob).await;
        Ok(())
    }
}
