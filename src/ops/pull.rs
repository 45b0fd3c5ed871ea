//! Pulls images from a registry into the store.

use std::sync::Arc;

use crate::content::{Source, Target};
use crate::digest::Digest;
use crate::image::{Descriptor, Platform};
use crate::reference::{Reference, Selector};
use crate::remote::{Remote, Repository};
use crate::signature::Verified;
use crate::store::{LocalRepository, Store};
use crate::transfer::{self, Ends, Observer, Plan, Platforms, Preview, SharedOptions, Sharing};

use super::open::Access;
use super::platform::check_platform;
use super::signature::require_signature;
use super::space::check_space;
use super::{Budget, Error, Place, SignaturePolicy};

/// The options of a pull.
#[derive(Clone, Debug)]
pub struct PullOptions {
    /// The images of an index to pull.
    pub platforms: PullPlatforms,
    /// The options of the transfer. Its platforms are ignored.
    pub transfer: transfer::Options,
    /// What concurrent pulls share.
    pub sharing: Sharing,
    /// The pulls that the images of the command need.
    pub budget: Budget,
    /// The signatures that an image must have, if any.
    pub signatures: Option<Arc<SignaturePolicy>>,
}

/// The images of an index to pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullPlatforms {
    /// The one for this machine. A single image is pulled whatever its platform is.
    Host,
    /// The images for these platforms; an image for none of them is an error.
    Given(Vec<Platform>),
    /// All images.
    All,
}

impl PullPlatforms {
    /// Returns what is copied of an index.
    pub(super) fn choice(&self) -> Platforms {
        match self {
            Self::Host => Platforms::Host,
            Self::Given(platforms) => Platforms::Fitting(platforms.clone()),
            Self::All => Platforms::All,
        }
    }
}

/// An image that can be pulled.
pub struct Pull<'a> {
    store: &'a Store,
    remote: Arc<Repository>,
    local: Arc<LocalRepository>,
    /// The name in the store; if there is a tag and a digest, only the digest.
    reference: Reference,
    root: Descriptor,
    signature: Option<Verified>,
    options: &'a PullOptions,
}

/// The result of a pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pulled {
    /// The store had all of it already, under this name.
    UpToDate(Digest),
    /// The image was pulled.
    Downloaded(Digest),
}

/// The work of a pull.
enum Work {
    /// Nothing, because the store has all of it.
    UpToDate(Plan),
    /// A copy of this.
    Copy(Plan),
}

impl Pulled {
    /// Returns the digest that the reference points to.
    pub fn digest(&self) -> &Digest {
        match self {
            Self::UpToDate(digest) | Self::Downloaded(digest) => digest,
        }
    }
}

impl<'a> Pull<'a> {
    /// Resolves `reference` at its registry. If the store has the image, this takes one request. If a signature is
    /// required, it is verified here, before anything else of the image is read: exactly the digest that it names is
    /// copied later.
    ///
    /// # Errors
    /// [`Error::ManifestNotFound`], [`Error::PullDenied`], [`Error::Unsigned`], [`Error::NotVerified`], or an error if
    /// the registry cannot be asked.
    pub async fn resolve(
        remote: &Remote,
        store: &'a Store,
        reference: &Reference,
        options: &'a PullOptions,
    ) -> Result<Self, Error> {
        if reference.name.registry.is_hub() && reference.name.familiar() == "scratch" {
            return Err(Error::Scratch);
        }
        let wanted =
            Wanted { store, local: store.repository(&reference.name), kept_as: kept_name(reference) };
        let access = Access { remote, store: Some(store) };
        let source = Place::Registry(reference.clone());
        let find = wanted.find(remote, reference);
        let (repository, root) = options.budget.spend(access, &source, find).await?;
        let signature = match &options.signatures {
            Some(policy) => Some(require_signature(remote, reference, &root, policy).await?),
            None => None,
        };
        let Wanted { local, kept_as, .. } = wanted;
        let (remote, local) = (Arc::new(repository), Arc::new(local));
        Ok(Self { store, remote, local, reference: kept_as, root, signature, options })
    }

    /// Returns the signature that was verified, if one is required.
    pub fn signature(&self) -> Option<&Verified> {
        self.signature.as_ref()
    }

    /// Copies the image into the store.
    ///
    /// # Errors
    /// [`NoPlatform`](crate::image::Error::NoPlatform) or
    /// [`OtherPlatform`](crate::image::Error::OtherPlatform) if there is no image for a platform; every
    /// [`transfer::Error`].
    ///
    /// # Cancel safety
    /// Dropping the future keeps the partial content; the next pull resumes from there.
    pub async fn run(self, observer: Arc<dyn Observer>) -> Result<Pulled, Error> {
        let sharing = self.options.sharing.clone();
        // Another tag of an image that is just pulled finds it in the store.
        let _flight = sharing.image(&*self.local, &self.root.digest).await;
        let Work::Copy(plan) = self.work().await? else { return Ok(Pulled::UpToDate(self.root.digest)) };
        let platforms = self.options.platforms.choice();
        let ends = Ends { source: self.remote, target: self.local, observer };
        let options = transfer::Options { platforms, ..self.options.transfer.clone() };
        let options = SharedOptions { options: &options, sharing };
        let outcome = transfer::copy_sharing(ends, plan, &self.reference.selector(), options).await?;
        Ok(Pulled::Downloaded(outcome.root.digest))
    }

    /// Reports what [`run`](Pull::run) would do, and changes nothing.
    ///
    /// The only blob that it may read is the config of a single image, if a platform was requested: nothing
    /// else shows whether the image is for this platform.
    ///
    /// # Errors
    /// The errors of [`run`](Pull::run) that are known before the first byte moves.
    pub async fn preview(mut self) -> Result<Preview, Error> {
        self.local = Arc::new((*self.local).clone().read_only());
        Ok(match self.work().await? {
            Work::UpToDate(plan) => Preview::up_to_date(&plan),
            Work::Copy(plan) => {
                Preview::of(&*self.remote, &*self.local, &plan, self.options.transfer.retry).await?
            }
        })
    }

    /// Determines what has to be done, and whether it is possible.
    async fn work(&self) -> Result<Work, Error> {
        let platforms = self.options.platforms.choice();
        // An unreadable store is detected before anything is moved.
        let is_named = means(self.store, &self.reference, &self.root.digest)?;
        if let Some(plan) = self.here(&platforms).await {
            self.check_platform(&*self.local, &plan).await?;
            // An image that is in the store under another name only gets this name.
            return Ok(if is_named { Work::UpToDate(plan) } else { Work::Copy(plan) });
        }
        let plan = Plan::make(&*self.remote, &self.root, &platforms).await?;
        self.check_platform(&*self.remote, &plan).await?;
        check_space(self.store, &self.local, &plan).await?;
        Ok(Work::Copy(plan))
    }

    /// Returns the plan if all of the image is in the store, under any name.
    async fn here(&self, platforms: &Platforms) -> Option<Plan> {
        // Damaged content is fetched again.
        let plan = Plan::make(&*self.local, &self.root, platforms).await.ok()?;
        for blob in &plan.blobs {
            if !blob.media_type.is_foreign() && !self.local.holds_blob(blob).await.unwrap_or(false) {
                return None;
            }
        }
        Some(plan)
    }

    /// Checks that the image is for the requested platforms.
    async fn check_platform(&self, source: &dyn Source, plan: &Plan) -> Result<(), Error> {
        match &self.options.platforms {
            PullPlatforms::Given(wanted) => check_platform(source, plan.root(), wanted).await,
            PullPlatforms::Host | PullPlatforms::All => Ok(()),
        }
    }
}

/// The place of an image in the store.
struct Wanted<'a> {
    store: &'a Store,
    local: LocalRepository,
    /// The name in the store: if there is a tag and a digest, only the digest.
    kept_as: Reference,
}

impl Wanted<'_> {
    /// Resolves the image at its registry. Its manifest is only read if the store does not have the image.
    async fn find(&self, remote: &Remote, reference: &Reference) -> Result<(Repository, Descriptor), Error> {
        let repository = remote.repository(&reference.name)?;
        let selector = reference.selector();
        let here = self.local.resolve(&selector).await.ok();
        let unchanged = match (here, &selector) {
            // A digest always means the same content. The name in the store shows that this repository has it.
            (Some(here), Selector::Digest(_)) => {
                means(self.store, &self.kept_as, &here.digest)?.then_some(here)
            }
            // A HEAD request does not count against Docker Hub's rate limit.
            (Some(here), Selector::Tag(_)) => {
                let there = repository.head_manifest(&selector).await;
                let there = there.map_err(|error| Error::of_pull(reference, error))?;
                there.is_some_and(|there| there.digest == here.digest).then_some(here)
            }
            (None, _) => None,
        };
        let root = match unchanged {
            Some(root) => root,
            None => match repository.get_manifest(&selector).await {
                Ok(manifest) => manifest.descriptor().clone(),
                Err(error) => return Err(Error::of_pull_advised(remote, reference, error).await),
            },
        };
        Ok((repository, root))
    }
}

/// Returns the name of an image in the store.
fn kept_name(reference: &Reference) -> Reference {
    match reference.selector() {
        Selector::Digest(digest) => Reference::digested(reference.name.clone(), digest),
        Selector::Tag(tag) => Reference::tagged(reference.name.clone(), tag),
    }
}

/// Reports whether `reference` points to this image in the store.
fn means(store: &Store, reference: &Reference, image: &Digest) -> Result<bool, Error> {
    let catalog = store.catalog()?;
    Ok(catalog.named(reference).is_some_and(|kept| kept.descriptor.digest == *image))
}
