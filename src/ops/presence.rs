//! What a registry has of an image already, found out before anything moves.

use crate::content::Target;
use crate::diagnose::ErrorKind;
use crate::image::{Descriptor, RawManifest};
use crate::reference::Selector;
use crate::remote::Repository;
use crate::transfer::{Event, Observer, Plan, Skip};

use super::Error;

/// An image, and where it is to be at a registry.
pub(super) struct Landing<'a> {
    pub(super) target: &'a Repository,
    pub(super) image: &'a Descriptor,
    /// What is to mean it.
    pub(super) selector: &'a Selector,
}

/// What a registry has of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// All of it, and the tag means it.
    Tagged,
    /// All of it.
    Untagged,
    /// Perhaps some of it.
    Unknown,
}

/// What it tells that a tag is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoTag {
    /// That the image is new there as well: it is not asked after.
    NoImage,
    /// Nothing else.
    Nothing,
}

impl Landing<'_> {
    /// Asks after the tag, then after the image itself. That takes one question if nothing is to be done.
    pub(super) async fn presence(&self, absent: NoTag) -> Result<Presence, Error> {
        let there = match self.target.head_manifest(self.selector).await {
            Err(error) if error.leaves_open() => return Ok(Presence::Unknown),
            there => there?,
        };
        match there {
            Some(there) if there.digest == self.image.digest => Ok(Presence::Tagged),
            None if absent == NoTag::NoImage => Ok(Presence::Unknown),
            // A tag that means something else is often moved to what another tag means already.
            _ if matches!(self.selector, Selector::Tag(_)) => self.presence_of_image().await,
            _ => Ok(Presence::Unknown),
        }
    }

    /// Asks after the image and not after the tag.
    pub(super) async fn presence_of_image(&self) -> Result<Presence, Error> {
        match self.target.holds_manifest(self.image).await {
            Ok(true) => Ok(Presence::Untagged),
            Ok(false) => Ok(Presence::Unknown),
            Err(error) if error.leaves_open() => Ok(Presence::Unknown),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the tag mean the image that the registry has. `false` if it does not have all of it after all.
    pub(super) async fn tag(&self, manifest: &RawManifest) -> Result<bool, Error> {
        match self.target.tag(manifest, self.selector).await {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Other) => {
                tracing::debug!("the registry has the manifest, but does not take its tag: {error}");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Nothing has to be moved.
pub(super) fn tell_present(plan: &Plan, observer: &dyn Observer) {
    observer.event(plan.event());
    for blob in &plan.blobs {
        observer.event(Event::Skipped { digest: blob.digest.clone(), reason: Skip::Present });
    }
}
