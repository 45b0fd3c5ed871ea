//! Which image of an index is the one for a platform.

use super::Error;
use crate::content::{Source, read_blob};
use crate::image::{CONFIG_BYTES_MAX, Descriptor, ImageConfig, Index, Manifest, Platform};

/// How many entries of an index that do not say what they are for are looked into, a request or two for each.
const LOOKS_MAX: usize = 32;

/// Returns the entry of `index` that fits `wanted` best.
///
/// Entries that say what they are for are taken first. Of those that do not, the manifest is read, and the config:
/// an artifact is for no platform.
///
/// # Errors
/// [`NoPlatform`](crate::image::Error::NoPlatform) if there is none; that an entry cannot be read.
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

/// Returns an entry with the platform of its config, if that says one; nothing if it is no image.
async fn look_into(source: &dyn Source, mut entry: Descriptor) -> Result<Option<Descriptor>, Error> {
    let manifest = source.manifest(&entry).await.map_err(Error::of(&entry))?;
    // Of an index in an index only its own entries know.
    let Manifest::Image(image) = manifest.parse()? else { return Ok(Some(entry)) };
    if !image.is_runnable() {
        return Ok(None);
    }
    let config =
        read_blob(source, &image.config, CONFIG_BYTES_MAX).await.map_err(Error::of(&image.config))?;
    entry.platform = ImageConfig::parse(&config)?.platform();
    Ok(Some(entry))
}
