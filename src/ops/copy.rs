//! From any place to any other.

use std::sync::Arc;

use crate::content::Source;
use crate::image::{Descriptor, Platform};
use crate::reference::Selector;
use crate::transfer::{self, Ends, Layers, Observer, Plan, Platforms, Preview};

use super::engine::check_name;
use super::open::{Access, Created, Mode, Opened};
use super::platform::check_platform;
use super::presence::{Landing, NoTag, Presence, tell_present};
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
    access: Access<'_>,
    from: &Place,
    to: &Place,
    options: CopyOptions,
) -> Result<Copied, Error> {
    let CopyOptions { platforms, mut transfer, observer } = options;
    if matches!((from, to), (Place::Registry(_), Place::Registry(_))) {
        // No config has to come here for that.
        transfer.layers = Layers::AsTheyAre;
    }
    let (opened, created) = open_both(access, from, to, Mode::Write).await?;
    let errand = Errand::prepare(opened, created, platforms).await?;
    if errand.is_there_now().await? {
        // What an index consists of would have to be asked for, only to be told.
        if !errand.image.media_type.is_index() {
            tell_present(&errand.plan().await?, &*observer);
        }
        return Ok(Copied { root: errand.image, moved: 0 });
    }
    let plan = errand.plan().await?;
    let Errand { source, created, .. } = errand;
    let (target, selector) = (Arc::clone(&created.target), created.selector.clone());
    let ends = Ends { source, target, observer };
    let outcome =
        created.run(async move { Ok(transfer::copy(ends, plan, &selector, &transfer).await?) }).await?;
    Ok(Copied { root: outcome.root, moved: outcome.moved })
}

/// Reports what [`copy`] would do, and changes nothing at either place. No events are sent.
///
/// If platforms were asked for and the image is no index, its config is read, and no other blob. Out of a Docker
/// Engine all of the image is brought here, since it tells about its blobs in no other way.
///
/// # Errors
/// Those of [`copy`] that are known before the first byte moves.
pub async fn preview_copy(
    access: Access<'_>,
    from: &Place,
    to: &Place,
    options: CopyOptions,
) -> Result<Preview, Error> {
    let (opened, created) = open_both(access, from, to, Mode::Look).await?;
    let errand = Errand::prepare(opened, created, options.platforms).await?;
    let plan = errand.plan().await?;
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
        // Before anything is asked for.
        check_name(reference)?;
    }
    Ok((from.open(access).await?, to.create(access, mode).await?))
}

/// A copy of which both ends are open.
struct Errand {
    source: Arc<dyn Source>,
    created: Created,
    /// What the destination is to mean.
    image: Descriptor,
    /// What the image consists of, if that is known already.
    plan: Option<Plan>,
    /// What the destination has of it.
    presence: Presence,
}

impl Errand {
    async fn prepare(
        Opened { source, root }: Opened,
        created: Created,
        mut platforms: Vec<Platform>,
    ) -> Result<Self, Error> {
        if platforms.is_empty() && root.media_type.is_index() {
            platforms.extend(created.platform().await?);
        }
        let is_whole = platforms.is_empty();
        let plan = match created.repository() {
            // A registry is asked first whether it has the image already.
            Some(_) if is_whole => None,
            _ => Some(plan_for(&*source, root.clone(), &platforms).await?),
        };
        let image = plan.as_ref().map_or(root, |plan| plan.root().descriptor().clone());
        check_selector(&created.selector, &image)?;
        let mut errand = Self { source, created, image, plan, presence: Presence::Unknown };
        if let Some(plan) = &errand.plan {
            errand.created.check_space(plan).await?;
        }
        // Of an index of which only some images are meant, others may be there.
        if let Some(landing) = errand.landing()
            && (is_whole || !errand.image.media_type.is_index())
        {
            errand.presence = landing.presence(NoTag::Nothing).await?;
        }
        Ok(errand)
    }

    /// Where the image goes at a registry, if it goes to one.
    fn landing(&self) -> Option<Landing<'_>> {
        let target = self.created.repository()?;
        Some(Landing { target, image: &self.image, selector: &self.created.selector })
    }

    /// Reports whether nothing has to be moved; the tag means the image then. `false` if it turns out that the registry
    /// does not have all of it.
    async fn is_there_now(&self) -> Result<bool, Error> {
        match (self.presence, self.landing()) {
            (Presence::Tagged, _) => Ok(true),
            (Presence::Untagged, Some(landing)) => {
                landing.tag(&self.source.manifest(&self.image).await?).await
            }
            (Presence::Untagged, None) | (Presence::Unknown, _) => Ok(false),
        }
    }

    async fn plan(&self) -> Result<Plan, Error> {
        match &self.plan {
            Some(plan) => Ok(plan.clone()),
            None => plan_for(&*self.source, self.image.clone(), &[]).await,
        }
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
pub(super) async fn plan_for(
    source: &dyn Source,
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
