//! Makes a bundle.

use std::path::Path;
use std::sync::Arc;

use super::needs::Needs;
use super::options::BundleOptions;
use super::thin::{Left, Thin};
use crate::archive::{Archive, Input, Label, Output, Writer};
use crate::diagnose::{Diagnose as _, ErrorKind};
use crate::image::{self, Descriptor, Platform};
use crate::ops::copy::plan_for;
use crate::ops::open::Access;
use crate::ops::referrers::{Node, Reading, RelatedTags, Relation, Walk};
use crate::ops::{Error, Place};
use crate::reference::{Reference, Tag};
use crate::remote::Repository;
use crate::transfer::{self, Ends, Layers, Plan, Platforms, SharedOptions};

/// What of the images gets into a bundle.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// The platforms; all of an index if empty.
    pub platforms: Vec<Platform>,
    /// Whether what belongs to the images gets into it, too.
    pub referrers: WithReferrers,
}

/// Whether referrers are taken along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WithReferrers {
    /// They are not.
    #[default]
    No,
    /// They are.
    Yes,
}

/// A bundle that is being written. The file appears when it is complete.
pub struct NewBundle {
    writer: Writer,
    left: Arc<Left>,
    tags: RelatedTags,
    contents: Contents,
}

/// An image that was added to a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundled {
    /// The manifest or index.
    pub root: Descriptor,
    /// How many artifacts that belong to it were added.
    pub referrers: usize,
    /// How many such artifacts are missing at the registry, or of an unsupported kind.
    pub skipped: usize,
}

/// What is in a finished bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many blobs were left out, because the older bundle has them.
    pub left_out: usize,
    /// Their size in bytes.
    pub bytes_left_out: u64,
}

impl NewBundle {
    /// Begins a bundle. Nothing is created before the first image. The blobs of the bundle `since` are left out.
    ///
    /// # Errors
    /// An error if the file cannot be written, or the older bundle is not an archive or is incomplete.
    pub async fn begin(
        access: Access<'_>,
        file: &Path,
        since: Option<&Path>,
        contents: Contents,
    ) -> Result<Self, Error> {
        let old = match since {
            Some(old) => {
                let archive = Archive::open(Input::Path(old.to_owned()), access.scratch()).await?;
                Needs::brought_by(&archive).await?
            }
            None => Needs::default(),
        };
        let (writer, left) = (Writer::new(Output::file(file)?), Arc::new(Left::since(old)));
        Ok(Self { writer, left, tags: RelatedTags::default(), contents })
    }

    /// Adds an image from its registry.
    ///
    /// # Errors
    /// An error if there is no such image; every [`transfer::Error`]. The bundle must not be finished then.
    ///
    /// # Cancel safety
    /// Dropping the future leaves an incomplete bundle, which no file shows.
    pub async fn add(
        &self,
        access: Access<'_>,
        image: &Reference,
        options: BundleOptions,
    ) -> Result<Bundled, Error> {
        let source = access.remote.repository(&image.name)?;
        let place = Place::Registry(image.clone());
        let read = async {
            let opened = place.open(access).await?;
            match &self.contents.platforms[..] {
                [] => Ok(Plan::make(&source, &opened.root, &Platforms::All).await?),
                platforms => Ok(plan_for(&source, opened.root, platforms).await?.narrowed()?),
            }
        };
        let plan = options.budget.spend(access, &place, read).await?;
        let root = plan.root().clone();
        self.copy(&source, Label::Full(image.clone()), Copying { plan, options: &options }).await?;
        let mut bundled = Bundled { root: root.descriptor().clone(), referrers: 0, skipped: 0 };
        if self.contents.referrers == WithReferrers::No {
            return Ok(bundled);
        }
        let repository = &source.clone().past_mirrors();
        let walk = Walk { repository, tags: &self.tags, reading: Reading::Indexes };
        let artifact = transfer::Options { layers: Layers::AsTheyAre, ..options.transfer };
        let options = BundleOptions { transfer: artifact, ..options };
        // A subject comes before what refers to it.
        for node in walk.from(root).await? {
            let label = match &node.relation {
                Relation::Image | Relation::Child => continue,
                Relation::Attached(tag) => Reference::tagged(image.name.clone(), tag.clone()),
                Relation::Referrer => Reference::digested(image.name.clone(), node.descriptor.digest.clone()),
            };
            match artifact_plan(&source, &node).await? {
                Some(plan) => {
                    self.copy(&source, Label::Full(label), Copying { plan, options: &options }).await?;
                    bundled.referrers += 1;
                }
                None => bundled.skipped += 1,
            }
        }
        Ok(bundled)
    }

    async fn copy(&self, source: &Repository, label: Label, copying: Copying<'_>) -> Result<(), Error> {
        let Copying { plan, options } = copying;
        let target = Thin { image: self.writer.image(label), left: Arc::clone(&self.left) };
        let observer = Arc::clone(&options.observer);
        let ends = Ends { source: Arc::new(source.clone()), target: Arc::new(target), observer };
        let shared = SharedOptions { options: &options.transfer, sharing: options.sharing.clone() };
        transfer::copy_sharing(ends, plan, &Tag::latest().into(), shared).await?;
        Ok(())
    }

    /// Finishes the bundle and makes the file visible.
    ///
    /// # Errors
    /// An error if the file cannot be written; it does not exist then, or is the old one.
    pub async fn finish(self) -> Result<Summary, Error> {
        let out = self.left.out();
        let bytes_left_out = out.0.values().fold(0, |sum: u64, need| sum.saturating_add(need.size));
        let summary = Summary { left_out: out.0.len(), bytes_left_out };
        self.writer.add_bundle(out.document()).await;
        self.writer.finish().await?;
        Ok(summary)
    }
}

struct Copying<'a> {
    plan: Plan,
    options: &'a BundleOptions,
}

/// Plans an artifact. Returns `None` if it cannot be copied.
async fn artifact_plan(source: &Repository, node: &Node) -> Result<Option<Plan>, Error> {
    if !node.descriptor.media_type.is_manifest() {
        return Ok(None);
    }
    match Plan::make(source, &node.descriptor, &Platforms::All).await {
        Ok(plan) => Ok(Some(plan)),
        Err(transfer::Error::Image(image::Error::UnsupportedMediaType(_))) => Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
