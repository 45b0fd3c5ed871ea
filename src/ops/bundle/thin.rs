//! An archive as a target that takes no blobs of an older bundle.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::needs::Needs;
use crate::archive;
use crate::content::{BlobWriter, Existence, Target};
use crate::diagnose::Failure;
use crate::image::{Descriptor, RawManifest};
use crate::reference::Selector;

/// The blobs of an older bundle, and those of them that this one leaves out.
#[derive(Default)]
pub(super) struct Left {
    pub(super) old: Needs,
    out: Mutex<Needs>,
}

impl Left {
    pub(super) fn since(old: Needs) -> Self {
        Self { old, out: Mutex::default() }
    }

    /// Returns what was left out.
    pub(super) fn out(&self) -> Needs {
        // Each change is one call, so the map is consistent even after a panic elsewhere.
        self.out.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Leaves out a blob that the older bundle has. Reports whether it has it.
    fn leave_out(&self, blob: &Descriptor) -> bool {
        let Some(need) = self.old.0.get(&blob.digest).filter(|need| need.size == blob.size) else {
            return false;
        };
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.0.insert(blob.digest.clone(), need.clone());
        true
    }
}

/// An image of a bundle that is being written.
pub(super) struct Thin {
    pub(super) image: archive::Target,
    pub(super) left: Arc<Left>,
}

#[async_trait]
impl Target for Thin {
    async fn existence(&self, blob: &Descriptor) -> Result<Existence, Failure> {
        match self.left.leave_out(blob) {
            true => Ok(Existence::Present),
            false => self.image.existence(blob).await,
        }
    }

    async fn create(&self, blob: &Descriptor) -> Result<Box<dyn BlobWriter>, Failure> {
        self.image.create(blob).await
    }

    async fn put_manifest(&self, manifest: &RawManifest) -> Result<(), Failure> {
        self.image.put_manifest(manifest).await
    }

    async fn tag(&self, manifest: &RawManifest, selector: &Selector) -> Result<(), Failure> {
        self.image.tag(manifest, selector).await
    }
}
