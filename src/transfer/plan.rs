//! What has to be copied, found out before the first blob moves.

use std::collections::HashSet;

use super::Error;
use crate::content::Source;
use crate::digest::Digest;
use crate::image::{self, Descriptor, ImageManifest, Index, Manifest, Platform, RawManifest};

/// How deep indexes may lie within indexes.
const DEPTH_MAX: usize = 8;

/// How many manifests one image may consist of.
const MANIFESTS_MAX: usize = 10_000;

/// How many bytes they may have together: all of them are kept in memory. Real ones have 2 KB each.
const MANIFEST_BYTES_MAX: u64 = 32 << 20;

/// Which images of an index are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Platforms {
    /// All of them, attestations and other artifacts included.
    All,
    /// The one that fits this machine best. An image that is no index is taken as it is.
    Host,
    /// The ones that fit these platforms best. An image that is no index is taken as it is.
    Fitting(Vec<Platform>),
    /// These of its manifests and no others; an index that is not among them is left out as a whole.
    Listed(HashSet<Digest>),
}

/// What an image consists of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// All manifests, children before parents, the root last.
    pub manifests: Vec<RawManifest>,
    /// The images that were chosen: manifests that are no indexes.
    pub images: Vec<Descriptor>,
    /// All blobs in the order of the images; a blob that several layers share stands here several times.
    pub blobs: Vec<Descriptor>,
}

impl Plan {
    /// Reads the manifests of `root` that are needed for `platforms`.
    ///
    /// # Errors
    /// [`Error::Content`] if the source cannot give a manifest, [`Error::Image`] if one cannot be read or
    /// there is nothing for a platform.
    pub async fn make<S: Source>(
        source: &S,
        root: &Descriptor,
        platforms: &Platforms,
    ) -> Result<Self, Error> {
        let mut plan = Self { manifests: Vec::new(), images: Vec::new(), blobs: Vec::new() };
        let mut seen = HashSet::new();
        let mut bytes = 0;
        // A stack instead of recursion: futures that contain themselves would have to be boxed.
        let mut stack = vec![(root.clone(), 0)];
        while let Some((descriptor, depth)) = stack.pop() {
            if !seen.insert(descriptor.digest.clone()) {
                continue;
            }
            check_limits(depth, seen.len())?;
            // They have the sizes that are claimed, or are refused.
            bytes = descriptor.size.saturating_add(bytes);
            check_bytes(bytes)?;
            let raw = source.manifest(&descriptor).await.map_err(Error::of(&descriptor))?;
            match raw.parse()? {
                Manifest::Image(image) => plan.add_image(raw.descriptor(), &image),
                Manifest::Index(index) => {
                    let children = chosen(&index, platforms)?;
                    let (manifests, blobs): (Vec<_>, Vec<_>) =
                        children.into_iter().partition(|child| child.media_type.is_manifest());
                    plan.blobs.extend(blobs);
                    stack.extend(manifests.into_iter().rev().map(|child| (child, depth + 1)));
                }
            }
            plan.manifests.push(raw);
        }
        // Parents were read before their children. An image may stand in several indexes, so images go first.
        plan.manifests.reverse();
        plan.manifests.sort_by_key(|raw| raw.descriptor().media_type.is_index());
        Ok(plan)
    }

    /// The manifest or index that was asked for.
    pub fn root(&self) -> &RawManifest {
        self.manifests.last().expect("a plan has its root")
    }

    /// The sum of the sizes of all distinct blobs, in bytes.
    pub fn bytes(&self) -> u64 {
        let mut seen = HashSet::new();
        let distinct = self.blobs.iter().filter(|blob| seen.insert(&blob.digest));
        distinct.fold(0, |sum, blob| sum.saturating_add(blob.size))
    }

    fn add_image(&mut self, descriptor: &Descriptor, image: &ImageManifest) {
        self.images.push(descriptor.clone());
        self.blobs.extend(image.blobs().cloned());
    }
}

fn check_limits(depth: usize, manifests: usize) -> Result<(), Error> {
    if depth > DEPTH_MAX {
        return Err(image::Error::Limit("indexes lie more than 8 deep").into());
    }
    if manifests > MANIFESTS_MAX {
        return Err(image::Error::Limit("image consists of more than 10000 manifests").into());
    }
    Ok(())
}

fn check_bytes(manifests: u64) -> Result<(), Error> {
    if manifests > MANIFEST_BYTES_MAX {
        return Err(image::Error::Limit("image consists of more than 32 MiB of manifests").into());
    }
    Ok(())
}

fn chosen(index: &Index, platforms: &Platforms) -> Result<Vec<Descriptor>, Error> {
    match platforms {
        Platforms::All => Ok(index.manifests.clone()),
        Platforms::Host => match Platform::host_with_level().select(&index.manifests) {
            Some(best) => Ok(vec![best.clone()]),
            // The error names the machine as people do.
            None => Ok(vec![index.select(&Platform::host())?.clone()]),
        },
        Platforms::Listed(digests) => {
            Ok(index.manifests.iter().filter(|child| digests.contains(&child.digest)).cloned().collect())
        }
        Platforms::Fitting(wanted) => {
            wanted.iter().map(|platform| Ok(index.select(platform)?.clone())).collect()
        }
    }
}
