//! Copies between any two locations.

use std::sync::Arc;

use crate::content::Source;
use crate::image::{Descriptor, Platform};
use crate::reference::Selector;
use crate::transfer::{self, Ends, Layers, Observer, Plan, Platforms, Preview, SharedOptions, Sharing};

use super::engine::check_name;
use super::open::{Access, Created, Mode, Opened};
use super::platform::check_platform;
use super::presence::{Landing, NoTag, Presence, tell_present};
use super::{Budget, Error, Place};

/// The options of a copy.
pub struct CopyOptions {
    /// Copies only the images for these platforms; all of the index if empty.
    pub platforms: Vec<Platform>,
    /// The tags that the command copies.
    pub tags: Tags,
    /// The options of the transfer. Its platforms are ignored.
    pub transfer: transfer::Options,
    /// What concurrent copies share.
    pub sharing: Sharing,
    /// The pulls that the images of the command need.
    pub budget: Budget,
    /// Receives the events.
    pub observer: Arc<dyn Observer>,
}

/// The tags that a command copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tags {
    /// One.
    One,
    /// All tags of a repository. A destination without a tag is then taken to be without its image, which saves a
    /// request for each, unless another tag has just brought that image.
    All,
}

/// The result of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// What the destination now points to.
    pub root: Descriptor,
    /// How many bytes of blobs were moved.
    pub moved: u64,
}

/// Copies one image: by default the whole index; for one platform, that image alone under its own digest; for
/// several, an index. The store and an OCI layout keep the index unchanged, and without the other images. Any
/// other destination gets a new index, which lists only the copied images.
///
/// Within one registry no layer passes through this machine; between two, layers stream through it and are
/// not written to disk. A Docker Engine as the destination gets one image, for the Engine's platform unless
/// another was requested. An image from an Engine goes through an unnamed file in the directory of the store.
///
/// # Errors
/// An error if there is no such image; every [`transfer::Error`]; [`Error::Engine`].
///
/// # Cancel safety
/// Dropping the future leaves the destination's tag unchanged.
pub async fn copy(
    access: Access<'_>,
    from: &Place,
    to: &Place,
    options: CopyOptions,
) -> Result<Copied, Error> {
    let CopyOptions { platforms, tags, mut transfer, sharing, budget, observer } = options;
    if matches!((from, to), (Place::Registry(_), Place::Registry(_))) {
        // A check would transfer the config through this machine.
        transfer.layers = Layers::AsTheyAre;
    }
    let prepare = async {
        let (opened, created) = open_both(access, from, to, Mode::Write).await?;
        let flight = sharing.image(&*created.target, &opened.root.digest).await;
        let no_tag = if tags == Tags::All && !flight.is_repeated() { NoTag::NoImage } else { NoTag::Nothing };
        let errand = Errand::prepare(opened, created, platforms, no_tag).await?;
        let plan = if errand.is_there_now().await? { None } else { Some(errand.plan().await?) };
        Ok((errand, plan, flight))
    };
    let (errand, plan, flight) = budget.spend(access, from, prepare).await?;
    let Some(plan) = plan else {
        flight.land();
        if let Some(plan) = errand.known_plan().await? {
            tell_present(&plan, &*observer);
        }
        return Ok(Copied { root: errand.image, moved: 0 });
    };
    let Errand { source, created, .. } = errand;
    let (target, selector) = (Arc::clone(&created.target), created.selector.clone());
    let ends = Ends { source, target, observer };
    let copying = async move {
        let options = SharedOptions { options: &transfer, sharing };
        Ok(transfer::copy_sharing(ends, plan, &selector, options).await?)
    };
    let outcome = created.run(copying).await?;
    flight.land();
    Ok(Copied { root: outcome.root, moved: outcome.moved })
}

/// Reports what [`copy`] would do, and changes neither end. No events are sent.
///
/// If platforms were requested and the image is not an index, its config is read, and no other blob. An image
/// in a Docker Engine is exported completely, because the Engine describes its blobs in no other way.
///
/// # Errors
/// The errors of [`copy`] that are known before the first byte moves.
pub async fn preview_copy(
    access: Access<'_>,
    from: &Place,
    to: &Place,
    options: CopyOptions,
) -> Result<Preview, Error> {
    let prepare = async {
        let (opened, created) = open_both(access, from, to, Mode::Look).await?;
        let errand = Errand::prepare(opened, created, options.platforms, NoTag::Nothing).await?;
        let plan = errand.plan().await?;
        Ok((errand, plan))
    };
    let (errand, plan) = options.budget.spend(access, from, prepare).await?;
    match errand.presence {
        Presence::Tagged => Ok(Preview::up_to_date(&plan)),
        Presence::Untagged => Ok(Preview::without_name(&plan)),
        Presence::Unknown => {
            let Errand { source, created, .. } = errand;
            let (target, retry) = (Arc::clone(&created.target), options.transfer.retry);
            created.run(async move { Ok(Preview::of(&*source, &*target, &plan, retry).await?) }).await
        }
    }
}

async fn open_both(
    access: Access<'_>,
    from: &Place,
    to: &Place,
    mode: Mode,
) -> Result<(Opened, Created), Error> {
    if let Place::DockerDaemon(reference) = to {
        // This is checked before any request.
        check_name(reference)?;
    }
    let opened = match (from, to) {
        // The destination may turn out to have the image.
        (Place::Registry(image), Place::Registry(_)) if image.name.registry.is_hub() => {
            from.find(access).await?
        }
        _ => from.open(access).await?,
    };
    Ok((opened, to.create(access, mode).await?))
}

/// A copy whose ends are both open.
struct Errand {
    source: Arc<dyn Source>,
    created: Created,
    /// The image that the destination will point to.
    image: Descriptor,
    /// Whether the manifest of the image was read.
    is_read: bool,
    /// The content of the image, if it is known already.
    plan: Option<Plan>,
    /// What the destination has of the image.
    presence: Presence,
}

impl Errand {
    async fn prepare(
        Opened { source, root, is_read, available }: Opened,
        created: Created,
        mut platforms: Vec<Platform>,
        no_tag: NoTag,
    ) -> Result<Self, Error> {
        if platforms.is_empty() && root.media_type.is_index() {
            platforms.extend(created.platform().await?);
        }
        let is_whole = platforms.is_empty() && available == Platforms::All;
        let plan = match created.repository() {
            // The registry is asked first whether it has the image already.
            Some(_) if is_whole => None,
            _ => {
                let plan = match &platforms[..] {
                    [] => Plan::make(&*source, &root, &available).await?,
                    platforms => plan_for(&*source, root.clone(), platforms).await?,
                };
                Some(if created.is_partial_allowed() { plan } else { plan.narrowed()? })
            }
        };
        let image = plan.as_ref().map_or(root, |plan| plan.root().descriptor().clone());
        check_selector(&created.selector, &image)?;
        let mut errand = Self { source, created, image, is_read, plan, presence: Presence::Unknown };
        if let Some(plan) = &errand.plan {
            errand.created.check_space(plan).await?;
        }
        if let Some(landing) = errand.landing() {
            errand.presence = landing.presence(no_tag).await?;
        }
        Ok(errand)
    }

    /// Returns the image's destination, if it is at a registry.
    fn landing(&self) -> Option<Landing<'_>> {
        let target = self.created.repository()?;
        Some(Landing { target, image: &self.image, selector: &self.created.selector })
    }

    /// Reports whether nothing has to be moved, and tags the image in that case. Returns `false` if the
    /// registry turns out not to have all of it.
    async fn is_there_now(&self) -> Result<bool, Error> {
        match (self.presence, self.landing()) {
            (Presence::Tagged, _) => Ok(true),
            (Presence::Untagged, Some(landing)) => match &self.plan {
                Some(plan) => landing.tag(plan.root()).await,
                None => landing.tag(&self.source.manifest(&self.image).await?).await,
            },
            (Presence::Untagged, None) | (Presence::Unknown, _) => Ok(false),
        }
    }

    /// Returns the content of the image, if that takes no request.
    async fn known_plan(&self) -> Result<Option<Plan>, Error> {
        let is_known = self.plan.is_some() || self.is_read && !self.image.media_type.is_index();
        if is_known { self.plan().await.map(Some) } else { Ok(None) }
    }

    async fn plan(&self) -> Result<Plan, Error> {
        match &self.plan {
            Some(plan) => Ok(plan.clone()),
            None => Ok(Plan::make(&*self.source, &self.image, &Platforms::All).await?),
        }
    }
}

/// Checks that a digest as the destination is the digest of the image.
fn check_selector(selector: &Selector, image: &Descriptor) -> Result<(), Error> {
    match selector {
        Selector::Digest(digest) if image.digest != *digest => {
            Err(Error::Invalid(format!("{digest} is not the digest of the image, {}", image.digest)))
        }
        _ => Ok(()),
    }
}

/// Plans the single image of an index that fits `platforms`, or the index with several images.
pub(super) async fn plan_for(
    source: &dyn Source,
    root: Descriptor,
    platforms: &[Platform],
) -> Result<Plan, Error> {
    let plan = Plan::make(source, &root, &Platforms::Fitting(platforms.to_vec())).await?;
    check_platform(source, plan.root(), platforms).await?;
    match &plan.images[..] {
        [image] => Ok(Plan::make(source, &image.clone(), &Platforms::All).await?),
        _ => Ok(plan),
    }
}
