//! The sizes of images, from their manifests alone.

use std::collections::HashSet;

use super::platform::check_platform;
use super::{Access, Error, Place, PullPlatforms};
use crate::image::Descriptor;
use crate::transfer::Plan;

/// The content of an image, compressed as at registries and in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSize {
    /// The manifest or index that the name points to.
    pub root: Descriptor,
    /// The images that were counted, one for each platform.
    pub images: usize,
    /// Their configs and layers, each once, with whether the store has it.
    pub blobs: Vec<(Descriptor, bool)>,
}

impl ImageSize {
    /// Returns the bytes of all blobs.
    pub fn bytes(&self) -> u64 {
        self.sum(|_, _| true)
    }

    /// Returns the bytes of the blobs for which `is_counted` holds. It gets a blob and whether the store has it.
    pub fn sum(&self, mut is_counted: impl FnMut(&Descriptor, bool) -> bool) -> u64 {
        let counted = self.blobs.iter().filter(|(blob, is_here)| is_counted(blob, *is_here));
        // Sizes are claims of a manifest.
        counted.fold(0, |sum, (blob, _)| sum.saturating_add(blob.size))
    }
}

/// Reads the manifests of an image, and looks up which of its blobs the store has. No layer is read, and the config
/// only to check a given platform.
///
/// # Errors
/// An error if there is no such image, or none for a platform, or if the store cannot be read.
pub async fn image_size(
    access: Access<'_>,
    place: &Place,
    platforms: &PullPlatforms,
) -> Result<ImageSize, Error> {
    let opened = place.open(access).await?;
    let chosen = match platforms {
        PullPlatforms::All => opened.available.clone(),
        chosen => chosen.choice(),
    };
    let plan = Plan::make(&*opened.source, &opened.root, &chosen).await?;
    if let PullPlatforms::Given(wanted) = platforms {
        check_platform(&*opened.source, plan.root(), wanted).await?;
    }
    let mut seen = HashSet::new();
    let blobs = plan.blobs.iter().filter(|blob| seen.insert(&blob.digest)).map(|blob| {
        let is_here = access.store.map_or(Ok(false), |store| store.blobs().contains(blob))?;
        Ok((blob.clone(), is_here))
    });
    let blobs = blobs.collect::<Result<_, Error>>()?;
    Ok(ImageSize { root: opened.root.clone(), images: plan.images.len(), blobs })
}
