//! Whether an image is for the platform that was asked for.

use crate::content::{Source, read_blob};
use crate::image::{self, ImageConfig, Manifest, Platform};
use crate::transfer::Plan;

use super::{CONFIG_MAX, Error};

/// Checks an image that is no index, which has its platform in its config: of an index, only what fits is in
/// the plan.
///
/// # Errors
/// [`image::Error::OtherPlatform`] if it does not run on all of `wanted`.
pub(super) async fn check_platform<S: Source>(
    source: &S,
    plan: &Plan,
    wanted: &[Platform],
) -> Result<(), Error> {
    let [root] = &plan.manifests[..] else { return Ok(()) };
    let Manifest::Image(manifest) = root.parse()? else { return Ok(()) };
    if !manifest.config.media_type.is_image_config() {
        return Ok(());
    }
    let config = read_blob(source, &manifest.config, CONFIG_MAX).await?;
    let Some(actual) = ImageConfig::parse(&config)?.platform() else { return Ok(()) };
    match wanted.iter().find(|wanted| !wanted.runs(&actual)) {
        Some(wanted) => {
            let (wanted, actual) = (Box::new(wanted.clone()), Box::new(actual));
            Err(image::Error::OtherPlatform { wanted, actual }.into())
        }
        None => Ok(()),
    }
}
