//! Checks that an image is for the requested platform.

use crate::content::{Source, read_blob};
use crate::image::{self, CONFIG_BYTES_MAX, ImageConfig, Manifest, Platform, RawManifest};

use super::Error;

/// Checks that a single image runs on each of the `wanted` platforms, by the platform in its config.
///
/// An index passes, because the images that are chosen from it match. Content without an image config passes
/// too, as does a config without a platform.
///
/// # Errors
/// [`image::Error::OtherPlatform`] if the image does not run there; an error if the config cannot be read.
pub(super) async fn check_platform(
    source: &dyn Source,
    root: &RawManifest,
    wanted: &[Platform],
) -> Result<(), Error> {
    let Manifest::Image(manifest) = root.parse()? else { return Ok(()) };
    if wanted.is_empty() || !manifest.config.media_type.is_image_config() {
        return Ok(());
    }
    let config = read_blob(source, &manifest.config, CONFIG_BYTES_MAX).await?;
    let Some(actual) = ImageConfig::parse(&config)?.platform() else { return Ok(()) };
    match wanted.iter().find(|wanted| !wanted.runs(&actual)) {
        Some(wanted) => {
            let (wanted, actual) = (Box::new(wanted.clone()), Box::new(actual));
            Err(image::Error::OtherPlatform { wanted, actual }.into())
        }
        None => Ok(()),
    }
}
