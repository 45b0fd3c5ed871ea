//! The choice of an index's image for a platform.

use super::Error;
use crate::content::{Source, read_blob};
use crate::image::{CONFIG_BYTES_MAX, Descriptor, ImageConfig, Index, Manifest, Platform};

/// How many entries without a platform are inspected. Each takes one or two requests.
const LOOKS_MAX: usize = 32;

/// Returns the entry of `index` that fits `wanted` best.
///
/// Entries that name their platform come first. For the others, the manifest and the config are read;
/// artifacts are skipped, because they have no platform.
///
/// # Errors
/// [`NoPlatform`](crate::image::Error::NoPlatform) if no entry fits; the source's error if an entry cannot be
/// read.
pub async fn choose(source: &dyn Source, index: &Index, wanted: &Platform) -> Result<Descriptor, Error> {
    let (said, unsaid): (Vec<_>, Vec<_>) =
        index.manifests.iter().cloned().partition(|entry| entry.platform.is_some());
    let said = Index { manifests: said, subject: None };
    let none = match said.select(wanted) {
        Ok(entry) => return Ok(entry.clone()),
        Err(none) => none,
    };
    let mut images = Vec::new();
    let unsaid = unsaid.into_iter().filter(|entry| entry.media_type.is_manifest() && !entry.is_artifact());
    for entry in unsaid.take(LOOKS_MAX) {
        images.extend(look_into(source, entry).await?);
    }
    if let Some(entry) = wanted.select(&images) {
        return Ok(entry.clone());
    }
    if images.is_empty() {
        return Err(none.into());
    }
    Ok(Index { manifests: [said.manifests, images].concat(), subject: None }.select(wanted)?.clone())
}

/// Returns an entry with the platform of its config, if the config names one. Returns `None` if it is not an
/// image.
async fn look_into(source: &dyn Source, mut entry: Descriptor) -> Result<Option<Descriptor>, Error> {
    let manifest = source.manifest(&entry).await.map_err(Error::of_source(&entry))?;
    // The platforms of a nested index are known only to its own entries.
    let Manifest::Image(image) = manifest.parse()? else { return Ok(Some(entry)) };
    if !image.is_runnable() {
        return Ok(None);
    }
    let config =
        read_blob(source, &image.config, CONFIG_BYTES_MAX).await.map_err(Error::of_source(&image.config))?;
    entry.platform = ImageConfig::parse(&config)?.platform();
    Ok(Some(entry))
}
