//! Pushes images from the store to a registry.

use std::sync::Arc;

use crate::content::{Source, Target};
use crate::digest::Digest;
use crate::image::{Descriptor, Platform};
use crate::reference::{Name, Reference, Selector};
use crate::remote::{Remote, Repository};
use crate::store::{LocalRepository, Store};
use crate::transfer::{self, Ends, Observer, Plan, Platforms, Preview, SharedOptions, Sharing};

use super::Error;
use super::platform::check_platform;
use super::presence::{Landing, NoTag, Presence, tell_present};

/// The result of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The content that the tag at the registry now points to.
    pub root: Descriptor,
    /// The index in the store, if only its single available image was pushed.
    pub part_of: Option<Descriptor>,
}

/// A preview of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushPreview {
    /// What the push would do.
    pub preview: Preview,
    /// The index in the store, if only its single available image would be pushed.
    pub part_of: Option<Descriptor>,
}

/// Returns the tags of `name` in the store, sorted.
///
/// # Errors
/// [`Error::NothingToPush`] if there are none.
pub fn tags_to_push(store: &Store, name: &Name) -> Result<Vec<Reference>, Error> {
    let tagged = tags_in_store(store, name)?;
    if tagged.is_empty() { Err(Error::NothingToPush(name.clone())) } else { Ok(tagged) }
}

/// Returns all tags of a repository in the store, in alphabetical order.
pub(super) fn tags_in_store(store: &Store, name: &Name) -> Result<Vec<Reference>, Error> {
    let catalog = store.catalog()?;
    let names = catalog.of_repository(name).filter_map(|image| image.reference.clone());
    let mut tagged: Vec<_> = names.filter(|reference| reference.tag.is_some()).collect();
    tagged.sort();
    Ok(tagged)
}

/// Pushes the image that `reference` names in the store, with all its available platforms, or with one.
///
/// The bytes are pushed unchanged: the tag at the registry has the same digest as here. If only one image of
/// an index is available, that image is pushed.
///
/// # Errors
/// [`Error::NothingToPush`] or [`Error::NoSuchTag`] if it is not in the store, [`Error::Incomplete`] if
/// several but not all images of an index are, [`Error::LostBlob`] if one of them is damaged; every
/// [`transfer::Error`].
///
/// # Cancel safety
/// Dropping the future leaves the tag unchanged. Blobs that were pushed stay.
pub async fn push(
    remote: &Remote,
    store: &Store,
    reference: &Reference,
    options: PushOptions,
) -> Result<Pushed, Error> {
    let PushOptions { platform, transfer, sharing, observer } = options;
    let push = Push::prepare(remote, store, reference, platform).await?;
    let pushed = Pushed { root: push.plan.root().descriptor().clone(), part_of: push.part_of.clone() };
    // Another tag of an image that is just pushed finds it at the registry.
    let flight = sharing.image(&push.target, &pushed.root.digest).await;
    let presence = push.presence().await?;
    if presence == Presence::Tagged
        || presence == Presence::Untagged && push.landing().tag(push.plan.root()).await?
    {
        flight.land();
        tell_present(&push.plan, &*observer);
        return Ok(pushed);
    }
    let Push { selector, plan, source, target, .. } = push;
    let ends = Ends { source: Arc::new(source), target: Arc::new(target), observer };
    let options = SharedOptions { options: &transfer, sharing };
    transfer::copy_sharing(ends, plan, &selector, options).await?;
    flight.land();
    Ok(pushed)
}

/// Reports what [`push`] would do, and changes neither the store nor the registry. No events are sent.
///
/// # Errors
/// The errors of [`push`] that are known before the first byte moves.
pub async fn preview_push(
    remote: &Remote,
    store: &Store,
    reference: &Reference,
    options: PushOptions,
) -> Result<PushPreview, Error> {
    let push = Push::prepare(remote, store, reference, options.platform).await?;
    let preview = match push.presence().await? {
        Presence::Tagged => Preview::up_to_date(&push.plan),
        Presence::Untagged => Preview::without_name(&push.plan),
        Presence::Unknown => {
            Preview::of(&push.source, &push.target, &push.plan, options.transfer.retry).await?
        }
    };
    Ok(PushPreview { preview, part_of: push.part_of })
}

/// The options of a push.
pub struct PushOptions {
    /// Pushes only the image for this platform.
    pub platform: Option<Platform>,
    /// The options of the transfer. Its platforms are ignored.
    pub transfer: transfer::Options,
    /// What concurrent pushes share.
    pub sharing: Sharing,
    /// Receives the events.
    pub observer: Arc<dyn Observer>,
}

/// A push whose local side has been checked.
struct Push {
    selector: Selector,
    /// Whether another tag of the repository points to the image in the store, which was then probably pushed
    /// with it.
    has_another_tag: bool,
    plan: Plan,
    part_of: Option<Descriptor>,
    source: LocalRepository,
    target: Repository,
}

impl Push {
    async fn prepare(
        remote: &Remote,
        store: &Store,
        reference: &Reference,
        platform: Option<Platform>,
    ) -> Result<Self, Error> {
        if reference.digest.is_some() {
            return Err(Error::PushOfDigest);
        }
        let selector = reference.selector();
        let source = store.repository(&reference.name);
        let root = match source.resolve(&selector).await {
            Ok(root) => root,
            Err(_) => {
                tags_to_push(store, &reference.name)?;
                return Err(Error::NoSuchTag(Box::new(reference.clone())));
            }
        };
        let plan = plan(store, reference, &root, platform).await?;
        let part_of = (plan.root().descriptor().digest != root.digest).then_some(root);
        let target = remote.repository(&reference.name)?.past_mirrors();
        let digest = &plan.root().descriptor().digest;
        let has_another_tag = has_another_tag(store, reference, digest)?;
        Ok(Self { selector, has_another_tag, plan, part_of, source, target })
    }

    /// Determines what the registry has of the image, with one or two requests.
    async fn presence(&self) -> Result<Presence, Error> {
        match self.has_another_tag {
            true => self.landing().presence_of_image().await,
            false => self.landing().presence(NoTag::NoImage).await,
        }
    }

    fn landing(&self) -> Landing<'_> {
        let image = self.plan.root().descriptor();
        Landing { target: &self.target, image, selector: &self.selector }
    }
}

/// Reports whether another tag of the repository points to the image in the store.
fn has_another_tag(store: &Store, reference: &Reference, image: &Digest) -> Result<bool, Error> {
    let catalog = store.catalog()?;
    let mut names = catalog.with_digest(image).filter_map(|other| other.reference.as_ref());
    Ok(names.any(|other| other.name == reference.name && other.tag.is_some() && other != reference))
}

/// Plans the whole image, or the single image of an index that was requested or is the only available one.
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
    let damaged = |blob| Error::LostBlob { image: reference.familiar(), blob };
    if local.is_complete(root)? {
        return Ok(Plan::make(&local, root, &Platforms::All).await?);
    }
    match (&local.present_platforms(root)?[..], local.lost_blob(root)?) {
        // The registry may have the blobs that are missing here, so only a missing manifest is an error.
        ([], lost) => {
            let plan = Plan::make(&local, root, &Platforms::All).await;
            plan.map_err(|error| lost.map_or(error.into(), damaged))
        }
        // A damaged image must not be left out silently.
        (_, Some(blob)) => Err(damaged(blob)),
        ([only], None) => Ok(Plan::make(&local, only, &Platforms::All).await?),
        (present, None) => Err(Error::Incomplete {
            reference: Box::new(reference.clone()),
            present: present.iter().filter_map(|image| image.platform.clone()).collect(),
        }),
    }
}

/// Makes `target`'s tag point to the same image as `source`, at the registry: no layer moves.
///
/// # Errors
/// [`Error::ManifestNotFound`] if there is no such image; the error of the registry if it refuses.
pub async fn tag_remote(
    remote: &Remote,
    source: &Reference,
    target: &Reference,
) -> Result<Descriptor, Error> {
    let repository = remote.repository(&source.name)?.past_mirrors();
    let manifest = match repository.get_manifest(&source.selector()).await {
        Ok(manifest) => manifest,
        Err(error) => return Err(Error::of_pull_advised(remote, source, error).await),
    };
    let selector: Selector = target.selector();
    repository.tag(&manifest, &selector).await?;
    Ok(manifest.descriptor().clone())
}
