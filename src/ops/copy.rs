//! From any place to any other.

use std::sync::Arc;

use crate::content::{Source, Target};
use crate::image::{Descriptor, Platform};
use crate::reference::{Reference, Selector, Tag};
use crate::remote::Remote;
use crate::retry::Policy;
use crate::store::Store;
use crate::transfer::{self, Ends, Layers, Observer, Plan, Platforms, Preview};

use super::archived::{kept, new_archive, open_archive};
use super::engine::{check_name, connect};
use super::platform::check_platform;
use super::presence::{Landing, NoTag, Presence, tell_present};
use super::space::look_for_space;
use super::{Error, Place};

/// How to copy.
pub struct CopyOptions {
    /// Only the images for these platforms; all of the index if there are none.
    pub platforms: Vec<Platform>,
    /// How to transfer. Its platforms are not looked at.
    pub transfer: transfer::Options,
    /// Who is told.
    pub observer: Arc<dyn Observer>,
}

/// What a copy came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// What the destination means now.
    pub root: Descriptor,
    /// Bytes of blobs that were moved.
    pub moved: u64,
}

/// Copies one image. By default the whole index; of one platform, that image alone under its own digest.
///
/// Within one registry no layer passes this machine; between two, layers stream through it and no disk is
/// touched. Into a Docker Engine it is one image that goes, for the platform of the Engine if none was asked for;
/// out of one it comes by way of a file without a name in the store's folder.
///
/// # Errors
/// That there is no such image; everything of [`transfer::Error`]; [`Error::Engine`].
///
/// # Cancel safety
/// Dropping the future leaves the destination's tag as it was.
pub async fn copy(
    remote: &Remote,
    store: Option<&Store>,
    ends: (&Place, &Place),
    options: CopyOptions,
) -> Result<Copied, Error> {
    let CopyOptions { platforms, mut transfer, observer } = options;
    if matches!(ends, (Place::Registry(_), Place::Registry(_))) {
        // No config has to come here for that.
        transfer.layers = Layers::AsTheyAre;
    }
    let work = Transfer { options: transfer, observer };
    between(remote, store, ends, Errand { platforms, work }).await
}

/// Tells what [`copy`] would do, and changes nothing at either place. Nobody is told of events.
///
/// If platforms were asked for and the image is no index, its config is read, and no other blob. Out of a Docker
/// Engine all of the image is brought here, since it tells about its blobs in no other way.
///
/// # Errors
/// Those of [`copy`] that are known before the first byte moves.
pub async fn preview_copy(
    remote: &Remote,
    store: Option<&Store>,
    ends: (&Place, &Place),
    options: CopyOptions,
) -> Result<Preview, Error> {
    let CopyOptions { platforms, transfer, .. } = options;
    let work = Look { retry: transfer.retry };
    between(remote, store, ends, Errand { platforms, work }).await
}

/// What is to be done with which images.
struct Errand<W> {
    platforms: Vec<Platform>,
    work: W,
}

/// What is done when both ends are known.
trait Work {
    type Outcome;

    async fn with<S, T>(self, ends: (S, T), plan: Plan, to: &Selector) -> Result<Self::Outcome, Error>
    where
        S: Source + 'static,
        T: Target + 'static;

    /// The same where the registry has all of the image. `None` if it turns out that it has not.
    async fn with_present<S: Source>(
        &self,
        source: &S,
        landing: &Landing<'_>,
        presence: Presence,
    ) -> Result<Option<Self::Outcome>, Error>;
}

/// Copies.
struct Transfer {
    options: transfer::Options,
    observer: Arc<dyn Observer>,
}

impl Work for Transfer {
    type Outcome = Copied;

    async fn with<S, T>(self, (source, target): (S, T), plan: Plan, to: &Selector) -> Result<Copied, Error>
    where
        S: Source + 'static,
        T: Target + 'static,
    {
        let ends = Ends { source: Arc::new(source), target: Arc::new(target), observer: self.observer };
        let outcome = transfer::copy(ends, plan, to, &self.options).await?;
        Ok(Copied { root: outcome.root, moved: outcome.moved })
    }

    async fn with_present<S: Source>(
        &self,
        source: &S,
        landing: &Landing<'_>,
        presence: Presence,
    ) -> Result<Option<Copied>, Error> {
        if presence == Presence::Untagged && !landing.tag(&source.manifest(landing.image).await?).await? {
            return Ok(None);
        }
        // What an index consists of would have to be asked for, only to be told.
        if !landing.image.media_type.is_index() {
            tell_present(&Plan::make(source, landing.image, &Platforms::All).await?, &*self.observer);
        }
        Ok(Some(Copied { root: landing.image.clone(), moved: 0 }))
    }
}

/// Looks what there would be to do.
struct Look {
    retry: Policy,
}

impl Work for Look {
    type Outcome = Preview;

    async fn with<S, T>(self, (source, target): (S, T), plan: Plan, _: &Selector) -> Result<Preview, Error>
    where
        S: Source + 'static,
        T: Target + 'static,
    {
        Ok(Preview::of(&source, &target.only_looking(), &plan, self.retry).await?)
    }

    async fn with_present<S: Source>(
        &self,
        source: &S,
        landing: &Landing<'_>,
        presence: Presence,
    ) -> Result<Option<Preview>, Error> {
        let plan = Plan::make(source, landing.image, &Platforms::All).await?;
        Ok(match presence {
            Presence::Tagged => Some(Preview::up_to_date(&plan)),
            Presence::Untagged => Some(Preview::without_name(&plan)),
            Presence::Unknown => None,
        })
    }
}

/// Finds the image at the one place, then the other place.
async fn between<W: Work>(
    remote: &Remote,
    store: Option<&Store>,
    (from, to): (&Place, &Place),
    errand: Errand<W>,
) -> Result<W::Outcome, Error> {
    if let Place::DockerDaemon(reference) = to {
        check_name(reference)?;
    }
    match from {
        Place::Registry(reference) => {
            let source = remote.repository(&reference.name)?;
            let manifest = source.get_manifest(&reference.selector()).await;
            let root = manifest.map_err(|error| Error::of_pull(reference, error))?.descriptor().clone();
            Copy { remote, store, to, errand }.from(source, root).await
        }
        Place::Store(reference) => {
            let source = kept(store)?.repository(&reference.name);
            let root = source.resolve(&reference.selector()).await?;
            Copy { remote, store, to, errand }.from(source, root).await
        }
        Place::Layout { folder, tag } => {
            let source = Store::open_layout(folder)?.layout(tag.as_deref());
            let root = source.resolve(&Tag::latest().into()).await?;
            Copy { remote, store, to, errand }.from(source, root).await
        }
        Place::OciArchive { .. } | Place::DockerArchive { .. } | Place::DockerDaemon(_) => {
            let (source, root) = open_archive(remote, store, from).await?;
            Copy { remote, store, to, errand }.from(source, root).await
        }
    }
}

/// A copy of which the source is still to be known.
struct Copy<'a, W> {
    remote: &'a Remote,
    store: Option<&'a Store>,
    to: &'a Place,
    errand: Errand<W>,
}

impl<W: Work> Copy<'_, W> {
    async fn from<S: Source + 'static>(self, source: S, root: Descriptor) -> Result<W::Outcome, Error> {
        match self.to {
            Place::Registry(reference) => self.into_registry(reference, (source, root)).await,
            Place::DockerDaemon(reference) => self.into_engine(reference, (source, root)).await,
            Place::Store(reference) => {
                let target = kept(self.store)?.repository(&reference.name);
                let plan = plan_for(&source, root, &self.errand.platforms).await?;
                look_for_space(&target, &plan).await?;
                self.run((source, target), plan, &reference.selector()).await
            }
            Place::Layout { folder, tag } => {
                let target = Store::open_layout(folder)?.layout(tag.as_deref());
                let plan = plan_for(&source, root, &self.errand.platforms).await?;
                look_for_space(&target, &plan).await?;
                self.run((source, target), plan, &Tag::latest().into()).await
            }
            Place::OciArchive { .. } | Place::DockerArchive { .. } => {
                let plan = plan_for(&source, root, &self.errand.platforms).await?;
                let target = new_archive(self.to)?;
                self.run((source, target), plan, &Tag::latest().into()).await
            }
        }
    }

    /// A registry is asked first whether it has the image already.
    async fn into_registry<S: Source + 'static>(
        self,
        reference: &Reference,
        (source, root): (S, Descriptor),
    ) -> Result<W::Outcome, Error> {
        let target = self.remote.repository(&reference.name)?.past_mirrors();
        let selector = reference.selector();
        let platforms = &self.errand.platforms;
        let chosen = match &platforms[..] {
            [] => None,
            platforms => Some(plan_for(&source, root.clone(), platforms).await?),
        };
        let image = chosen.as_ref().map_or(&root, |plan| plan.root().descriptor());
        check_selector(&selector, image)?;
        // Of an index of which only some images are meant, others may be there.
        if chosen.is_none() || !image.media_type.is_index() {
            let landing = Landing { target: &target, image, selector: &selector };
            let presence = landing.presence(NoTag::Nothing).await?;
            if presence != Presence::Unknown
                && let Some(outcome) = self.errand.work.with_present(&source, &landing, presence).await?
            {
                return Ok(outcome);
            }
        }
        let plan = match chosen {
            Some(plan) => plan,
            None => plan_for(&source, root, &[]).await?,
        };
        self.errand.work.with((source, target), plan, &selector).await
    }

    /// An Engine runs images for one platform, and takes one of an index.
    async fn into_engine<S: Source + 'static>(
        mut self,
        reference: &Reference,
        (source, root): (S, Descriptor),
    ) -> Result<W::Outcome, Error> {
        let engine = connect(self.remote.config()).await?;
        if self.errand.platforms.is_empty() && root.media_type.is_index() {
            self.errand.platforms.push(engine.platform().await?);
        }
        let plan = plan_for(&source, root, &self.errand.platforms).await?;
        let (target, load) = engine.load(reference.clone());
        load.with(self.run((source, target), plan, &Tag::latest().into())).await
    }

    async fn run<S, T>(self, ends: (S, T), plan: Plan, to: &Selector) -> Result<W::Outcome, Error>
    where
        S: Source + 'static,
        T: Target + 'static,
    {
        check_selector(to, plan.root().descriptor())?;
        self.errand.work.with(ends, plan, to).await
    }
}

/// What a digest means cannot be chosen.
fn check_selector(selector: &Selector, image: &Descriptor) -> Result<(), Error> {
    match selector {
        Selector::Digest(digest) if image.digest != *digest => {
            Err(Error::Invalid(format!("{digest} is not the digest of the image, {}", image.digest)))
        }
        _ => Ok(()),
    }
}

/// The whole image, or the one image of an index that fits; of several platforms, the index with those.
pub(super) async fn plan_for<S: Source>(
    source: &S,
    root: Descriptor,
    platforms: &[Platform],
) -> Result<Plan, Error> {
    let wanted = match platforms {
        [] => return Ok(Plan::make(source, &root, &Platforms::All).await?),
        wanted => Platforms::Fitting(wanted.to_vec()),
    };
    let plan = Plan::make(source, &root, &wanted).await?;
    check_platform(source, plan.root(), platforms).await?;
    match &plan.images[..] {
        [image] => Ok(Plan::make(source, &image.clone(), &Platforms::All).await?),
        _ => Ok(plan),
    }
}
