//! A bundle as a source, with the blobs that it leaves out in repositories of the destination.

use std::collections::HashMap;
use std::ops::Range;

use async_trait::async_trait;

use crate::archive::Archive;
use crate::content::{BlobReader, Source};
use crate::diagnose::Failure;
use crate::digest::Digest;
use crate::image::{Descriptor, RawManifest};
use crate::reference::Selector;
use crate::remote::Repository;

/// A bundle, and repositories that have what it leaves out. The registry usually mounts such a blob. If it does not, the
/// blob is read from there.
#[derive(Clone)]
pub(super) struct Located {
    pub(super) archive: Archive,
    pub(super) elsewhere: HashMap<Digest, Repository>,
}

#[async_trait]
impl Source for Located {
    async fn resolve(&self, selector: &Selector) -> Result<Descriptor, Failure> {
        self.archive.resolve(selector).await
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<RawManifest, Failure> {
        self.archive.manifest(descriptor).await
    }

    async fn open(&self, blob: &Descriptor, range: Range<u64>) -> Result<BlobReader, Failure> {
        match self.elsewhere.get(&blob.digest).filter(|_| !self.archive.holds(blob)) {
            Some(repository) => repository.open(blob, range).await,
            None => self.archive.open(blob, range).await,
        }
    }
}
