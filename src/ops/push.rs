//! From the store to a registry.

use std::sync::Arc;

use crate::content::{Source, Target};
use crate::diagnose::ErrorKind;
use crate::image::{Descriptor, Platform};
use crate::reference::{Name, Reference, Selector};
use crate::remote::{Remote, Repository};
use crate::store::Store;
use crate::transfer::{self, Ends, Event, Observer, Plan, Platforms, Skip};

use super::Error;
use super::platform::check_platform;

/// What a push came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// What the tag points to at the registry now.
    pub root: Descriptor,
    /// The index in the store, if only the one image of it that is here was pushed.
    pub part_of: Option<Descriptor>,
}

/// The tags of `name` in the store, sorted.
///
/// # Errors
/// [`Error::NothingToPush`] if there are none.
pub fn tags_to_push(store: &Store, name: &Name) -> Result<Vec<Reference>, Error> {
    let images = store.images()?.into_iter().filter_map(|image| image.reference);
    let mut tagged: Vec<_> = images.filter(|r| r.name == *name && r.tag.is_some()).collect();
    tagged.sort();
    if tagged.is_empty() { Err(Error::NothingToPush(name.clone())) } else { Ok(tagged) }
}

/// Pushes the image that `reference` names in the store, with all its platforms that are here, or with one.
///
/// The bytes are pushed as they are: what the tag means at the registry has the digest it has here. Of an
/// index of which only one image is here, that image is pushed.
///
/// # Errors
/// [`Error::NothingToPush`] or [`Error::NoSuchTag`] if it is not here, [`Error::Incomplete`] if several but
/// not all images of an index are; everything of [`transfer::Error`].
///
/// # Cancel safety
/// Dropping the future leaves the tag as it was. Blobs that were pushed stay.
pub async fn push(
    remote: &Remote,
    store: &Store,
    reference: &Reference,
    options: PushOptions,
) -> Result<Pushed, Error> {
    let PushOptions { platform, transfer, observer } = options;
    if reference.digest.is_some() {
        return Err(Error::PushOfDigest);
    }
    let selector = reference.selector();
    let local = store.repository(&reference.name);
    let root = match local.resolve(&selector).await {
        Ok(root) => root,
        Err(_) => {
            tags_to_push(store, &reference.name)?;
            return Err(Error::NoSuchTag(Box::new(reference.clone())));
        }
    };
    let plan = plan(store, reference, &root, platform).await?;
    let pushed = plan.root().descriptor().clone();
    let part_of = (pushed.digest != root.digest).then_some(root);
    let target = remote.repository(&reference.name)?.past_mirrors();
    let has_another_tag = tags_of(store, &reference.name, &pushed)?.iter().any(|tagged| tagged != reference);
    let first = if has_another_tag { Selector::Digest(pushed.digest.clone()) } else { selector.clone() };
    if is_settled(&target, &plan, (&first, &selector)).await? {
        tell_present(&plan, &*observer);
        return Ok(Pushed { root: pushed, part_of });
    }
    let ends = Ends { source: Arc::new(local), target: Arc::new(target), observer };
    transfer::copy(ends, plan, &selector, &transfer).await?;
    Ok(Pushed { root: pushed, part_of })
}

/// How to push.
pub struct PushOptions {
    /// Only the image for this platform.
    pub platform: Option<Platform>,
    /// How to copy. Its platforms are not looked at.
    pub transfer: transfer::Options,
    /// Who is told.
    pub observer: Arc<dyn Observer>,
}

/// What to push: all of it, or the one image of an index that was asked for or is all there is here.
async fn plan(
    store: &Store,
    reference: &Reference,
    root: &Descriptor,
    platform: Option<Platform>,
) -> Result<Plan, Error> {
    let local = store.repository(&reference.name);
    if let Some(platform) = platform {
        let wanted = [platform];
        let chosen = Plan::make(&local, root, &Platforms::Fitting(wanted.to_vec())).await?;
        check_platform(&local, chosen.root(), &wanted).await?;
        return Ok(Plan::make(&local, &chosen.images[0], &Platforms::All).await?);
    }
    if local.is_complete(root)? {
        return Ok(Plan::make(&local, root, &Platforms::All).await?);
    }
    match &local.present_platforms(root)?[..] {
        [only] => Ok(Plan::make(&local, only, &Platforms::All).await?),
        present => Err(Error::Incomplete {
            reference: Box::new(reference.clone()),
            present: present.iter().filter_map(|image| image.platform.clone()).collect(),
        }),
    }
}

/// Sees to it that the tag means the image, if the registry has all of that. One question tells: about the tag,
/// if it has probably been pushed before; about the image itself, if it was pushed by another tag.
async fn is_settled(
    target: &Repository,
    plan: &Plan,
    (first, tag): (&Selector, &Selector),
) -> Result<bool, Error> {
    let pushed = plan.root().descriptor();
    let mut there = target.head_manifest(first).await?;
    let is_tag = first == tag;
    if is_tag && there.as_ref().is_some_and(|there| there.digest == pushed.digest) {
        return Ok(true);
    }
    // A tag that means something else is often moved to what another tag means already.
    if is_tag && there.is_some() {
        there = target.head_manifest(&Selector::Digest(pushed.digest.clone())).await?;
    }
    if there.is_none() {
        return Ok(false);
    }
    match target.tag(plan.root(), tag).await {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Other) => {
            tracing::debug!("the registry has the manifest, but does not take its tag: {error}");
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// The references of `name` in the store that mean `image`.
fn tags_of(store: &Store, name: &Name, image: &Descriptor) -> Result<Vec<Reference>, Error> {
    let images = store.images()?.into_iter().filter(|there| there.descriptor.digest == image.digest);
    Ok(images.filter_map(|there| there.reference).filter(|r| r.name == *name && r.tag.is_some()).collect())
}

/// Nothing has to be moved.
fn tell_present(plan: &Plan, observer: &dyn Observer) {
    observer.event(Event::Planned { blobs: plan.blobs.clone(), bytes: plan.bytes() });
    for blob in &plan.blobs {
        observer.event(Event::Skipped { digest: blob.digest.clone(), reason: Skip::Present });
    }
}

/// Makes `target`'s tag mean what `source` means, at the registry: no layer moves.
///
/// # Errors
/// [`Error::ManifestNotFound`] if there is no such image; that the registry refuses.
pub async fn tag_remote(
    remote: &Remote,
    source: &Reference,
    target: &Reference,
) -> Result<Descriptor, Error> {
    let repository = remote.repository(&source.name)?.past_mirrors();
    let manifest = repository.get_manifest(&source.selector()).await;
    let manifest = manifest.map_err(|error| Error::of_pull(source, error))?;
    let selector: Selector = target.selector();
    repository.tag(&manifest, &selector).await?;
    Ok(manifest.descriptor().clone())
}
