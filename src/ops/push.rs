//! From the store to a registry.

use std::sync::Arc;

use crate::content::{Source, Target};
use crate::digest::Digest;
use crate::image::{Descriptor, Platform};
use crate::reference::{Name, Reference, Selector};
use crate::remote::{Remote, Repository};
use crate::store::{LocalRepository, Store};
use crate::transfer::{self, Ends, Observer, Plan, Platforms, Preview};

use super::Error;
use super::platform::check_platform;
use super::presence::{Landing, NoTag, Presence, tell_present};

/// What a push came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// What the tag points to at the registry now.
    pub root: Descriptor,
    /// The index in the store, if only the one image of it that is here was pushed.
    pub part_of: Option<Descriptor>,
}

/// What a push would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushPreview {
    /// What would be done.
    pub preview: Preview,
    /// The index in the store, if only the one image of it that is here would be pushed.
    pub part_of: Option<Descriptor>,
}

/// The tags of `name` in the store, sorted.
///
/// # Errors
/// [`Error::NothingToPush`] if there are none.
pub fn tags_to_push(store: &Store, name: &Name) -> Result<Vec<Reference>, Error> {
    let catalog = store.catalog()?;
    let names = catalog.of_repository(name).filter_map(|image| image.reference.clone());
    let mut tagged: Vec<_> = names.filter(|reference| reference.tag.is_some()).collect();
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
    let push = Push::prepare(remote, store, reference, platform).await?;
    let pushed = Pushed { root: push.plan.root().descriptor().clone(), part_of: push.part_of.clone() };
    let presence = push.presence().await?;
    if presence == Presence::Tagged
        || presence == Presence::Untagged && push.landing().tag(push.plan.root()).await?
    {
        tell_present(&push.plan, &*observer);
        return Ok(pushed);
    }
    let Push { selector, plan, source, target, .. } = push;
    let ends = Ends { source: Arc::new(source), target: Arc::new(target), observer };
    transfer::copy(ends, plan, &selector, &transfer).await?;
    Ok(pushed)
}

/// Tells what [`push`] would do, and changes nothing, neither here nor at the registry. Nobody is told of events.
///
/// # Errors
/// Those of [`push`] that are known before the first byte moves.
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

/// How to push.
pub struct PushOptions {
    /// Only the image for this platform.
    pub platform: Option<Platform>,
    /// How to copy. Its platforms are not looked at.
    pub transfer: transfer::Options,
    /// Who is told.
    pub observer: Arc<dyn Observer>,
}

/// A push that is known to be possible from this side.
struct Push {
    selector: Selector,
    /// Whether another tag of the repository means the image here: then it was probably pushed by that one.
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

    /// What the registry has of the image, as far as a question or two can tell.
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

/// Whether another tag of the repository means the image here.
fn has_another_tag(store: &Store, reference: &Reference, image: &Digest) -> Result<bool, Error> {
    let catalog = store.catalog()?;
    let mut names = catalog.with_digest(image).filter_map(|other| other.reference.as_ref());
    Ok(names.any(|other| other.name == reference.name && other.tag.is_some() && other != reference))
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
        // Something of each image is lost or damaged; what it is, the plan or the copy says.
        [] => Ok(Plan::make(&local, root, &Platforms::All).await?),
        present => Err(Error::Incomplete {
            reference: Box::new(reference.clone()),
            present: present.iter().filter_map(|image| image.platform.clone()).collect(),
        }),
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
    let manifest = match repository.get_manifest(&source.selector()).await {
        Ok(manifest) => manifest,
        Err(error) => return Err(Error::of_pull_advised(remote, source, error).await),
    };
    let selector: Selector = target.selector();
    repository.tag(&manifest, &selector).await?;
    Ok(manifest.descriptor().clone())
}
