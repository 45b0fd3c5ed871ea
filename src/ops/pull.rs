//! From a registry to the store.

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
use super::space::check_space;

/// The most tags of one repository that are pulled by one command: all are kept in memory, some 20 MB.
const TAGS_MAX: usize = 100_000;

/// How to pull.
#[derive(Clone, Debug)]
pub struct PullOptions {
    /// Which images of an index.
    pub platforms: PullPlatforms,
    /// How to copy. Its platforms are not looked at.
    pub transfer: transfer::Options,
}

/// Which images of an index are pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullPlatforms {
    /// The one for this machine; an image for one platform only is taken whatever it is for.
    Host,
    /// These; an image that is for none of them is an error.
    Given(Vec<Platform>),
    /// All there are.
    All,
}

impl PullPlatforms {
    fn choice(&self) -> Platforms {
        match self {
            Self::Host => Platforms::Host,
            Self::Given(platforms) => Platforms::Fitting(platforms.clone()),
            Self::All => Platforms::All,
        }
    }
}

/// An image that is there to be pulled.
pub struct Pull<'a> {
    store: &'a Store,
    remote: Arc<Repository>,
    local: Arc<LocalRepository>,
    /// The name under which it will be in the store: of tag and digest, only the digest.
    reference: Reference,
    root: Descriptor,
    options: &'a PullOptions,
}

/// What a pull came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// All of it was here already, under this name.
    UpToDate(Digest),
    /// It is here now.
    Downloaded(Digest),
}

/// What a pull has to do.
enum Work {
    /// Nothing: all of it is here.
    UpToDate(Plan),
    /// To copy this.
    Copy(Plan),
}

impl Pulled {
    /// The digest of what the reference means.
    pub fn digest(&self) -> &Digest {
        match self {
            Self::UpToDate(digest) | Self::Downloaded(digest) => digest,
        }
    }
}

impl<'a> Pull<'a> {
    /// Finds out what `reference` means at its registry. If it is here already, that takes one request.
    ///
    /// # Errors
    /// [`Error::ManifestNotFound`], [`Error::PullDenied`], or that the registry cannot be asked.
    pub async fn resolve(
        remote: &Remote,
        store: &'a Store,
        reference: &Reference,
        options: &'a PullOptions,
    ) -> Result<Self, Error> {
        if reference.name.registry.is_hub() && reference.name.familiar() == "scratch" {
            return Err(Error::Scratch);
        }
        let repository = remote.repository(&reference.name)?;
        let local = store.repository(&reference.name);
        let selector = reference.selector();
        let kept_as = match &selector {
            Selector::Digest(digest) => Reference::digested(reference.name.clone(), digest.clone()),
            Selector::Tag(tag) => Reference::tagged(reference.name.clone(), tag.clone()),
        };
        let here = local.resolve(&selector).await.ok();
        let unchanged = match (&here, &selector) {
            // What a digest means does not change; whether this repository has it, its name here tells.
            (Some(here), Selector::Digest(_)) => means(store, &kept_as, &here.digest)?.then(|| here.clone()),
            // Asked by HEAD, which costs nothing of Docker Hub's rate limit.
            (Some(here), Selector::Tag(_)) => {
                let there = repository.head_manifest(&selector).await;
                let there = there.map_err(|error| Error::of_pull(reference, error))?;
                there.filter(|there| there.digest == here.digest)
            }
            (None, _) => None,
        };
        let root = match unchanged {
            Some(root) => here.filter(|here| here.digest == root.digest).unwrap_or(root),
            None => match repository.get_manifest(&selector).await {
                Ok(manifest) => manifest.descriptor().clone(),
                Err(error) => return Err(Error::of_pull_advised(remote, reference, error).await),
            },
        };
        let (remote, local) = (Arc::new(repository), Arc::new(local));
        Ok(Self { store, remote, local, reference: kept_as, root, options })
    }

    /// Brings it into the store.
    ///
    /// # Errors
    /// [`NoPlatform`](crate::image::Error::NoPlatform) or [`OtherPlatform`](crate::image::Error::OtherPlatform)
    /// if it is not there for a platform; everything of [`transfer::Error`].
    ///
    /// # Cancel safety
    /// Dropping the future keeps what is here; the next pull goes on from there.
    pub async fn run(self, observer: Arc<dyn Observer>) -> Result<Pulled, Error> {
        let Work::Copy(plan) = self.work().await? else { return Ok(Pulled::UpToDate(self.root.digest)) };
        let platforms = self.options.platforms.choice();
        let ends = Ends { source: self.remote, target: self.local, observer };
        let options = transfer::Options { platforms, ..self.options.transfer.clone() };
        let outcome = transfer::copy(ends, plan, &self.reference.selector(), &options).await?;
        Ok(Pulled::Downloaded(outcome.root.digest))
    }

    /// Tells what [`run`](Pull::run) would do, and changes nothing.
    ///
    /// The only blob that is ever read for it is the config of an image that is no index, if a platform was
    /// asked for: nothing else tells whether it is the right one.
    ///
    /// # Errors
    /// Those of [`run`](Pull::run) that are known before the first byte moves.
    pub async fn preview(mut self) -> Result<Preview, Error> {
        self.local = Arc::new((*self.local).clone().read_only());
        Ok(match self.work().await? {
            Work::UpToDate(plan) => Preview::up_to_date(&plan),
            Work::Copy(plan) => {
                Preview::of(&*self.remote, &*self.local, &plan, self.options.transfer.retry).await?
            }
        })
    }

    /// Finds out what is to be done, and whether it can be.
    async fn work(&self) -> Result<Work, Error> {
        let platforms = self.options.platforms.choice();
        // A store that cannot be read is found out before anything moves.
        let is_named = means(self.store, &self.reference, &self.root.digest)?;
        if let Some(plan) = self.here(&platforms).await {
            self.check_platform(&*self.local, &plan).await?;
            // What is here under another name only gets this one.
            return Ok(if is_named { Work::UpToDate(plan) } else { Work::Copy(plan) });
        }
        let plan = Plan::make(&*self.remote, &self.root, &platforms).await?;
        self.check_platform(&*self.remote, &plan).await?;
        check_space(self.store, &self.local, &plan).await?;
        Ok(Work::Copy(plan))
    }

    /// What was asked for, if all of it is here, under whatever name.
    async fn here(&self, platforms: &Platforms) -> Option<Plan> {
        // Whatever is damaged is fetched again.
        let plan = Plan::make(&*self.local, &self.root, platforms).await.ok()?;
        for blob in &plan.blobs {
            if !blob.media_type.is_foreign() && !self.local.holds_blob(blob).await.unwrap_or(false) {
                return None;
            }
        }
        Some(plan)
    }

    /// Nobody gets an image for another platform than was asked for.
    async fn check_platform(&self, source: &dyn Source, plan: &Plan) -> Result<(), Error> {
        match &self.options.platforms {
            PullPlatforms::Given(wanted) => check_platform(source, plan.root(), wanted).await,
            PullPlatforms::Host | PullPlatforms::All => Ok(()),
        }
    }
}

/// Whether `reference` means this image in the store.
fn means(store: &Store, reference: &Reference, image: &Digest) -> Result<bool, Error> {
    let catalog = store.catalog()?;
    Ok(catalog.named(reference).is_some_and(|kept| kept.descriptor.digest == *image))
}

/// All tags of a repository, in the registry's order.
///
/// # Errors
/// [`Error::RepositoryNotFound`], [`Error::PullDenied`], or that the registry cannot be asked;
/// [`Error::TooManyTags`] before anything is pulled.
pub async fn all_tags(remote: &Remote, name: &Name) -> Result<Vec<Reference>, Error> {
    let mut pages = remote.repository(name)?.tags();
    let mut references = Vec::new();
    while let Some(page) = pages.next_page().await.map_err(|error| Error::of_tags(name, error))? {
        // What is no tag cannot be asked for.
        let tags = page.iter().filter_map(|tag| tag.parse().ok());
        references.extend(tags.map(|tag| Reference::tagged(name.clone(), tag)));
        if references.len() > TAGS_MAX {
            return Err(Error::TooManyTags { name: name.clone(), limit: TAGS_MAX });
        }
    }
    Ok(references)
}
