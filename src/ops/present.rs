//! Plans the copy of the available part of an image.

use std::collections::HashSet;

use crate::content::Source;
use crate::diagnose::{ErrorKind, Failure};
use crate::digest::Digest;
use crate::image::{Descriptor, ImageManifest, Manifest};
use crate::transfer::{Plan, Platforms};

use super::Error;

/// The maximum number of manifests, which is that of [`Plan::make`].
const MANIFESTS_MAX: usize = 10_000;

/// The available part of an image.
pub(super) struct Present {
    /// The complete images.
    pub(super) images: Vec<Descriptor>,
    /// Whether nothing is missing.
    pub(super) whole: bool,
    /// The complete images, the available indexes that lead to them, and other available entries of an index.
    listed: HashSet<Digest>,
}

/// Plans everything of `root` that is available at `source`: for an index, its available images and the index
/// itself unchanged. `holds` says which blobs are available.
///
/// If no image is available, the plan covers the whole, and copying it reports what is missing.
///
/// # Errors
/// As [`Plan::make`].
pub(super) async fn plan_present(
    source: &dyn Source,
    root: &Descriptor,
    holds: impl Fn(&Descriptor) -> Result<bool, Failure>,
) -> Result<Plan, Error> {
    let available = Present::of(source, root, holds).await?.platforms();
    Ok(Plan::make(source, root, &available).await?)
}

impl Present {
    /// Finds the available part of `root`.
    ///
    /// # Errors
    /// An error if a manifest exists but cannot be read.
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

    /// Returns the choice of the available part; of everything if no image is available, so that copying it
    /// reports what is missing.
    pub(super) fn platforms(self) -> Platforms {
        match self {
            Self { whole: false, images, listed } if !images.is_empty() => Platforms::Listed(listed),
            _ => Platforms::All,
        }
    }

    fn add(&mut self, node: &Descriptor, there: bool) {
        if there {
            self.listed.insert(node.digest.clone());
        } else {
            self.whole = false;
        }
    }
}

/// Reports whether an image is complete, except for foreign layers, which are never available.
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
