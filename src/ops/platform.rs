//! Whether an image is for the platform that was asked for.

use crate::content::{Source, read_blob};
use crate::image::{self, CONFIG_BYTES_MAX, ImageConfig, Manifest, Platform, RawManifest};

use super::Error;

/// Checks that an image that is no index runs on each of `wanted`: it has its platform in its config.
///
/// An index passes, for what is taken out of it fits; so does what has no image's config, or one that does
/// not say.
///
/// # Errors
/// [`image::Error::OtherPlatform`] if it does not run there; that the config cannot be read.
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
