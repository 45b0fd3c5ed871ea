//! Whether a registry has an image already, before anything is moved.

use crate::content::Target;
use crate::diagnose::ErrorKind;
use crate::image::{Descriptor, RawManifest};
use crate::reference::Selector;
use crate::remote::Repository;
use crate::transfer::{Event, Observer, Plan, Skip};

use super::Error;

/// An image and its destination at a registry.
pub(super) struct Landing<'a> {
    pub(super) target: &'a Repository,
    pub(super) image: &'a Descriptor,
    /// The tag or digest of the destination.
    pub(super) selector: &'a Selector,
}

/// How much of an image a registry has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// All of it, and the tag points to it.
    Tagged,
    /// All of it, but the tag does not point to it.
    Untagged,
    /// Possibly some of it.
    Unknown,
}

/// The meaning of a missing tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoTag {
    /// The image is probably missing as well, so that the registry is not asked for it.
    NoImage,
    /// It says nothing about the image.
    Nothing,
}

impl Landing<'_> {
    /// Asks for the tag, then for the image itself. This takes one request if nothing has to be done.
    pub(super) async fn presence(&self, absent: NoTag) -> Result<Presence, Error> {
        let there = match self.target.head_manifest(self.selector).await {
            Err(error) if error.leaves_open() => return Ok(Presence::Unknown),
            there => there?,
        };
        match there {
            Some(there) if there.digest == self.image.digest => Ok(Presence::Tagged),
            None if absent == NoTag::NoImage => Ok(Presence::Unknown),
            // A tag that points to another image is often moved to an image that already has another tag.
            _ if matches!(self.selector, Selector::Tag(_)) => self.presence_of_image().await,
            _ => Ok(Presence::Unknown),
        }
    }

    /// Asks for the image and not for the tag.
    pub(super) async fn presence_of_image(&self) -> Result<Presence, Error> {
        match self.target.holds_manifest(self.image).await {
            Ok(true) => Ok(Presence::Untagged),
            Ok(false) => Ok(Presence::Unknown),
            Err(error) if error.leaves_open() => Ok(Presence::Unknown),
            Err(error) => Err(error.into()),
        }
    }

    /// Tags the image that the registry has. Returns `false` if the registry turns out not to have all of it.
    pub(super) async fn tag(&self, manifest: &RawManifest) -> Result<bool, Error> {
        match self.target.tag(manifest, self.selector).await {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Other) => {
                tracing::debug!("the registry has the manifest, but refuses its tag: {error}");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Reports that nothing has to be moved.
pub(super) fn tell_present(plan: &Plan, observer: &dyn Observer) {
    observer.event(plan.event());
    for blob in &plan.blobs {
        observer.event(Event::Skipped { digest: blob.digest.clone(), reason: Skip::Present });
    }
}
