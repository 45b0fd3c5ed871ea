//! Copying as much of an image as there is.

use std::collections::HashSet;

use crate::content::Source;
use crate::diagnose::{ErrorKind, Failure};
use crate::digest::Digest;
use crate::image::{Descriptor, ImageManifest, Manifest};
use crate::transfer::{Plan, Platforms};

use super::Error;

/// How many manifests are looked at; [`Plan::make`] takes no more either.
const MANIFESTS_MAX: usize = 10_000;

/// What of an image is at its place.
pub(super) struct Present {
    /// Its images of which everything is there.
    pub(super) images: Vec<Descriptor>,
    /// Whether nothing at all is missing.
    pub(super) whole: bool,
    /// The images, the indexes that lead to them, and whatever else an index holds.
    listed: HashSet<Digest>,
}

/// The plan of everything of `root` that is at `source`: of an index those of its images that are there, and
/// the index itself as it is. `holds` tells which blobs are there.
///
/// If there is nothing, the plan is of the whole, and copying it tells what is missing.
///
/// # Errors
/// As [`Plan::make`].
pub(super) async fn plan_present(
    source: &dyn Source,
    root: &Descriptor,
    holds: impl Fn(&Descriptor) -> Result<bool, Failure>,
) -> Result<Plan, Error> {
    let present = Present::of(source, root, holds).await?;
    let wanted = match present {
        Present { whole: false, images, listed } if !images.is_empty() => Platforms::Listed(listed),
        _ => Platforms::All,
    };
    Ok(Plan::make(source, root, &wanted).await?)
}

impl Present {
    /// Looks at all there is of `root`.
    ///
    /// # Errors
    /// That a manifest is there but cannot be read.
    pub(super) async fn of(
        source: &dyn Source,
        root: &Descriptor,
        holds: impl Fn(&Descriptor) -> Result<bool, Failure>,
    ) -> Result<Self, Error> {
        let mut present = Self { images: Vec::new(), whole: true, listed: HashSet::new() };
        let mut waiting = vec![root.clone()];
        let mut seen = HashSet::new();
        while let Some(node) = waiting.pop() {
            if !seen.insert(node.digest.clone()) || seen.len() > MANIFESTS_MAX {
                continue;
            }
            if node.digest != root.digest && !node.media_type.is_manifest() {
                let there = holds(&node)?;
                present.add(&node, there);
                continue;
            }
            match source.manifest(&node).await {
                Ok(raw) => match raw.parse()? {
                    Manifest::Index(index) => {
                        waiting.extend(index.manifests.into_iter().rev());
                        present.add(&node, true);
                    }
                    Manifest::Image(image) => {
                        let there = holds_all(&image, &holds)?;
                        present.images.extend(there.then(|| node.clone()));
                        present.add(&node, there);
                    }
                },
                Err(failure) if failure.kind() == ErrorKind::NotFound => present.add(&node, false),
                Err(failure) => return Err(failure.into()),
            }
        }
        Ok(present)
    }

    fn add(&mut self, node: &Descriptor, there: bool) {
        if there {
            self.listed.insert(node.digest.clone());
        } else {
            self.whole = false;
        }
    }
}

/// Whether everything of an image is there; foreign layers never are.
fn holds_all(
    image: &ImageManifest,
    holds: impl Fn(&Descriptor) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    for blob in image.blobs().filter(|blob| !blob.media_type.is_foreign()) {
        if !holds(blob)? {
            return Ok(false);
        }
    }
    Ok(true)
}
