//! From any place to any other.

use std::sync::Arc;

use crate::content::{Source, Target};
use crate::image::{Descriptor, Platform};
use crate::reference::{Selector, Tag};
use crate::remote::Remote;
use crate::store::Store;
use crate::transfer::{self, Ends, Observer, Outcome, Plan, Platforms};

use super::archived::{new_archive, open_archive};
use super::platform::check_platform;
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
/// touched.
///
/// # Errors
/// That there is no such image; everything of [`transfer::Error`].
///
/// # Cancel safety
/// Dropping the future leaves the destination's tag as it was.
pub async fn copy(
    remote: &Remote,
    store: &Store,
    (from, to): (&Place, &Place),
    options: CopyOptions,
) -> Result<Copied, Error> {
    match from {
        Place::Registry(reference) => {
            let source = remote.repository(&reference.name)?;
            let manifest = source.get_manifest(&reference.selector()).await;
            let root = manifest.map_err(|error| Error::of_pull(reference, error))?.descriptor().clone();
            Copy { remote, store, to, options }.from(source, root).await
        }
        Place::Store(reference) => {
            let source = store.repository(&reference.name);
            let root = source.resolve(&reference.selector()).await?;
            Copy { remote, store, to, options }.from(source, root).await
        }
        Place::Layout { folder, tag } => {
            let source = Store::open(folder).layout(tag.as_deref());
            let root = source.resolve(&Tag::latest().into()).await?;
            Copy { remote, store, to, options }.from(source, root).await
        }
        Place::OciArchive { .. } | Place::DockerArchive { .. } => {
            let (source, root) = open_archive(store, from).await?;
            Copy { remote, store, to, options }.from(source, root).await
        }
    }
}

/// A copy of which the source is still to be known.
struct Copy<'a> {
    remote: &'a Remote,
    store: &'a Store,
    to: &'a Place,
    options: CopyOptions,
}

impl Copy<'_> {
    async fn from<S: Source + 'static>(self, source: S, root: Descriptor) -> Result<Copied, Error> {
        let plan = plan_for(&source, root, &self.options.platforms).await?;
        let outcome = match self.to {
            Place::Registry(reference) => {
                let target = self.remote.repository(&reference.name)?.past_mirrors();
                self.run((source, target), plan, &reference.selector()).await?
            }
            Place::Store(reference) => {
                let target = self.store.repository(&reference.name);
                self.run((source, target), plan, &reference.selector()).await?
            }
            Place::Layout { folder, tag } => {
                let target = Store::open(folder).layout(tag.as_deref());
                self.run((source, target), plan, &Tag::latest().into()).await?
            }
            Place::OciArchive { .. } | Place::DockerArchive { .. } => {
                self.run((source, new_archive(self.to)?), plan, &Tag::latest().into()).await?
            }
        };
        Ok(Copied { root: outcome.root, moved: outcome.moved })
    }

    async fn run<S, T>(&self, (source, target): (S, T), plan: Plan, to: &Selector) -> Result<Outcome, Error>
    where
        S: Source + 'static,
        T: Target + 'static,
    {
        if let Selector::Digest(digest) = to {
            let root = plan.root().descriptor();
            if root.digest != *digest {
                return Err(Error::Invalid(format!(
                    "{digest} is not the digest of the image, {}",
                    root.digest
                )));
            }
        }
        let observer = Arc::clone(&self.options.observer);
        let ends = Ends { source: Arc::new(source), target: Arc::new(target), observer };
        Ok(transfer::copy(ends, plan, to, &self.options.transfer).await?)
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
