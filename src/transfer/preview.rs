//! A preview of a copy, which changes nothing.

use std::collections::{HashMap, HashSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{Error, Plan};
use crate::content::{Existence, Source, Target};
use crate::diagnose::Failure;
use crate::digest::Digest;
use crate::image::{Descriptor, Manifest};
use crate::reference::Name;
use crate::retry::{self, Policy};

/// How many questions are asked concurrently: each question to a registry waits for a round trip.
const QUESTIONS_MAX: usize = 16;

/// What copying a [`Plan`] would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// What the name would point to at the target.
    pub root: Descriptor,
    /// The images that were chosen, one for each platform; the root itself if it is a single image.
    pub images: Vec<Descriptor>,
    /// Each distinct blob once, in the order of the images: config, then layers from the lowest up.
    pub blobs: Vec<BlobPreview>,
    /// Whether the target's name points to the root already, so that nothing would change.
    pub up_to_date: bool,
}

/// What the copy would do with one blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobPreview {
    /// The blob.
    pub blob: Descriptor,
    /// The role of the blob in its image.
    pub kind: BlobKind,
    /// What would happen to it.
    pub fate: Fate,
}

/// The role of a blob in its image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobKind {
    /// The configuration.
    Config,
    /// A layer, or its counterpart in an artifact.
    Layer,
    /// A blob that an index lists itself.
    Other,
}

/// What would happen to a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing: the target has it.
    Present,
    /// Nothing: it must not be distributed.
    Foreign,
    /// The registry would be asked to mount it from this repository. If it declines, the blob is moved.
    Mountable(Name),
    /// The transfer would resume at this offset in bytes, which is above zero. If the existing part turns out
    /// to be wrong, all of the blob is moved.
    Resumed(u64),
    /// All of it would be moved.
    Moved,
    /// The target does not report whether it has the blob: nothing or all of it would be moved.
    Unknown,
}

/// The bytes of a copy by their fate. `total` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Of all distinct blobs.
    pub total: u64,
    /// To be moved.
    pub moved: u64,
    /// Present in complete blobs.
    pub present: u64,
    /// Present in partial blobs.
    pub partial: u64,
    /// Of blobs that can be mounted.
    pub mountable: u64,
    /// Of blobs that must not be distributed.
    pub foreign: u64,
    /// Of blobs whose existence the target does not report.
    pub unknown: u64,
}

impl Preview {
    /// Determines what [`copy`](super::copy) would do with `plan`. It asks questions and changes nothing; a
    /// target that takes locks to answer them should be a read-only view.
    ///
    /// # Errors
    /// The errors that the copy would end with at the same questions.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    pub async fn of(
        source: &dyn Source,
        target: &dyn Target,
        plan: &Plan,
        retry: Policy,
    ) -> Result<Self, Error> {
        let onlooker = Onlooker { source, target, retry };
        let blobs = stream::iter(distinct(plan))
            .map(|(blob, kind)| onlooker.preview(blob, kind))
            .buffered(QUESTIONS_MAX)
            .try_collect()
            .await?;
        Ok(Self { blobs, ..Self::without_blobs(plan) })
    }

    /// Returns the preview of a plan whose content is complete at the target and has its name.
    pub fn up_to_date(plan: &Plan) -> Self {
        Self { up_to_date: true, ..Self::without_name(plan) }
    }

    /// Returns the preview of a plan whose content is complete at the target but lacks its name.
    pub fn without_name(plan: &Plan) -> Self {
        let there = |(blob, kind): (Descriptor, _)| {
            let fate = if blob.media_type.is_foreign() { Fate::Foreign } else { Fate::Present };
            BlobPreview { blob, kind, fate }
        };
        let blobs = distinct(plan).into_iter().map(there).collect();
        Self { blobs, ..Self::without_blobs(plan) }
    }

    fn without_blobs(plan: &Plan) -> Self {
        let root = plan.root().descriptor().clone();
        Self { root, images: plan.images.clone(), blobs: Vec::new(), up_to_date: false }
    }

    /// Returns how many bytes would be moved, and why the others would not.
    pub fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for BlobPreview { blob, fate, .. } in &self.blobs {
            let moved = fate.moved(blob.size);
            let spared = match fate {
                Fate::Present => &mut sums.present,
                Fate::Foreign => &mut sums.foreign,
                Fate::Unknown => &mut sums.unknown,
                Fate::Mountable(_) => &mut sums.mountable,
                Fate::Resumed(_) | Fate::Moved => &mut sums.partial,
            };
            // Sizes are claims of a manifest.
            *spared = spared.saturating_add(blob.size - moved);
            sums.moved = sums.moved.saturating_add(moved);
            sums.total = sums.total.saturating_add(blob.size);
        }
        sums
    }
}

impl Fate {
    /// Returns how many of the blob's `size` bytes would be moved, as far as that is known.
    pub fn moved(&self, size: u64) -> u64 {
        match self {
            Self::Present | Self::Foreign | Self::Mountable(_) | Self::Unknown => 0,
            Self::Resumed(offset) => size.saturating_sub(*offset),
            Self::Moved => size,
        }
    }
}

/// Asks about blobs in the order in which a copy does.
struct Onlooker<'a> {
    source: &'a dyn Source,
    target: &'a dyn Target,
    retry: Policy,
}

impl Onlooker<'_> {
    async fn preview(&self, blob: Descriptor, kind: BlobKind) -> Result<BlobPreview, Error> {
        let ask = || async { self.fate(&blob).await.map_err(Error::of_target(&blob)) };
        let fate = retry::run(self.retry, None, ask).await?;
        Ok(BlobPreview { blob, kind, fate })
    }

    async fn fate(&self, blob: &Descriptor) -> Result<Fate, Failure> {
        if blob.media_type.is_foreign() {
            return Ok(Fate::Foreign);
        }
        let existence = self.target.existence(blob).await?;
        if existence == Existence::Present {
            return Ok(Fate::Present);
        }
        if let Some(mounts) = self.target.mounts() {
            let locations = match self.source.locations() {
                Some(locations) => locations.of(blob, mounts.repository()).await,
                None => Vec::new(),
            };
            if let Some(from) = mounts.mountable(blob, &locations) {
                return Ok(Fate::Mountable(from));
            }
        }
        let partial = match self.target.partials() {
            Some(partials) => partials.partial(blob).await?,
            None => 0,
        };
        Ok(match partial {
            0 if existence == Existence::Unknown => Fate::Unknown,
            0 => Fate::Moved,
            offset => Fate::Resumed(offset),
        })
    }
}

/// Returns the blobs of a plan in order, each once, with their roles.
fn distinct(plan: &Plan) -> Vec<(Descriptor, BlobKind)> {
    let kinds = kinds(plan);
    let mut seen = HashSet::new();
    let blobs = plan.blobs.iter().filter(|blob| seen.insert(&blob.digest));
    blobs.map(|blob| (blob.clone(), kinds.get(&blob.digest).copied().unwrap_or(BlobKind::Other))).collect()
}

fn kinds(plan: &Plan) -> HashMap<Digest, BlobKind> {
    let mut kinds = HashMap::new();
    for raw in &plan.manifests {
        // A plan has no manifest that cannot be parsed.
        let Ok(Manifest::Image(image)) = raw.parse() else { continue };
        kinds.entry(image.config.digest).or_insert(BlobKind::Config);
        for layer in image.layers {
            kinds.entry(layer.digest).or_insert(BlobKind::Layer);
        }
    }
    kinds
}

#[cfg(test)]
mod tests;
