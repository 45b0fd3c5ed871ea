//! What a copy would do, found out without doing any of it.

use std::collections::{HashMap, HashSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{Error, Plan};
use crate::content::{Existence, Source, Target};
use crate::diagnose::Failure;
use crate::digest::Digest;
use crate::image::{Descriptor, Manifest};
use crate::reference::Name;
use crate::retry::{self, Policy};

/// How many blobs are asked after at once: each question to a registry waits for a round trip.
const QUESTIONS_MAX: usize = 16;

/// What the copy of a [`Plan`] would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// What the name would mean at the target.
    pub root: Descriptor,
    /// The images that were chosen, one a platform; the root itself if it is one image.
    pub images: Vec<Descriptor>,
    /// Each distinct blob once, in the order of the images: config, then layers from the lowest up.
    pub blobs: Vec<BlobPreview>,
    /// Whether the target's name means the root already, so that nothing at all would be changed.
    pub up_to_date: bool,
}

/// What would become of one blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobPreview {
    /// The blob.
    pub blob: Descriptor,
    /// What it is in its image.
    pub kind: BlobKind,
    /// What would be done with it.
    pub fate: Fate,
}

/// What a blob is in its image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobKind {
    /// The configuration.
    Config,
    /// A layer, or what stands in its place in an artifact.
    Layer,
    /// Something that an index holds by itself.
    Other,
}

/// What would be done with a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing: it is there already.
    Present,
    /// Nothing: it may not be distributed.
    Foreign,
    /// The registry would be asked to make it visible out of this repository. If it declines, the blob is
    /// moved.
    Mountable(Name),
    /// It would be gone on with at this offset, in bytes, which is above zero. If what is there turns out to
    /// be wrong, all of it is moved.
    Resumed(u64),
    /// All of it would be moved.
    Moved,
    /// The target does not say whether it has it: nothing or all of it would be moved.
    Unknown,
}

/// How many bytes a copy is about. `total` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Of all distinct blobs.
    pub total: u64,
    /// To be moved.
    pub moved: u64,
    /// There already, in whole blobs.
    pub present: u64,
    /// There already, in parts of blobs.
    pub partial: u64,
    /// Of blobs that can be mounted.
    pub mountable: u64,
    /// Of blobs that may not be distributed.
    pub foreign: u64,
    /// Of blobs of which the target does not say whether it has them.
    pub unknown: u64,
}

impl Preview {
    /// Finds out what [`copy`](super::copy) would do with `plan`. It asks and changes nothing; a target that takes
    /// locks for its answers had better be a read-only view.
    ///
    /// # Errors
    /// Those that the copy would end with at the same questions.
    ///
    /// # Cancel safety
    /// There is nothing to be left behind.
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

    /// That of a plan of which everything is there under its name.
    pub fn up_to_date(plan: &Plan) -> Self {
        Self { up_to_date: true, ..Self::without_name(plan) }
    }

    /// That of a plan of which everything is there, but not under its name.
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

    /// How many bytes would be moved, and why the others would not.
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
            // Sizes are what a manifest claims.
            *spared = spared.saturating_add(blob.size - moved);
            sums.moved = sums.moved.saturating_add(moved);
            sums.total = sums.total.saturating_add(blob.size);
        }
        sums
    }
}

impl Fate {
    /// How many of a blob's `size` bytes would be moved, as far as that is known.
    pub fn moved(&self, size: u64) -> u64 {
        match self {
            Self::Present | Self::Foreign | Self::Mountable(_) | Self::Unknown => 0,
            Self::Resumed(offset) => size.saturating_sub(*offset),
            Self::Moved => size,
        }
    }
}

/// Asks after blobs, in the order in which a copy does.
struct Onlooker<'a> {
    source: &'a dyn Source,
    target: &'a dyn Target,
    retry: Policy,
}

impl Onlooker<'_> {
    async fn preview(&self, blob: Descriptor, kind: BlobKind) -> Result<BlobPreview, Error> {
        let ask = || async { self.fate(&blob).await.map_err(Error::of(&blob)) };
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

/// The blobs of a plan in their order, each once, with what they are.
fn distinct(plan: &Plan) -> Vec<(Descriptor, BlobKind)> {
    let kinds = kinds(plan);
    let mut seen = HashSet::new();
    let blobs = plan.blobs.iter().filter(|blob| seen.insert(&blob.digest));
    blobs.map(|blob| (blob.clone(), kinds.get(&blob.digest).copied().unwrap_or(BlobKind::Other))).collect()
}

fn kinds(plan: &Plan) -> HashMap<Digest, BlobKind> {
    let mut kinds = HashMap::new();
    for raw in &plan.manifests {
        // What could not be read would be in no plan.
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
