//! The two images that are compared.

use crate::image::{Descriptor, Platform};
use crate::ops::Place;
use crate::ops::open::Access;

use super::DiffError;
use super::side::Side;

/// Two images that were looked up.
pub enum Compared<'a> {
    /// Both names point to the same manifest or index, and nothing else was read.
    Same(Box<Descriptor>),
    /// They point to different ones.
    Different(Box<Pair<'a>>),
}

/// Two images with their documents. No layer was read.
pub struct Pair<'a> {
    /// The image that is compared.
    pub old: Side,
    /// The image that it is compared with.
    pub new: Side,
    pub(super) access: Access<'a>,
    /// Whether only the images for one platform are compared.
    pub(super) is_for_one_platform: bool,
}

impl<'a> Pair<'a> {
    /// Reads the documents of two images concurrently: of each, what its name points to, the manifest for `platform` in
    /// an index, and the config. What both have is read once.
    ///
    /// # Errors
    /// [`DiffError::Image`] if there is no such image, or none for the platform.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    pub async fn read(
        access: Access<'a>,
        [old, new]: [&Place; 2],
        platform: Option<&Platform>,
    ) -> Result<Compared<'a>, DiffError> {
        let (of_old, of_new) = tokio::try_join!(old.open(access), new.open(access))?;
        if of_old.root.digest == of_new.root.digest {
            // Without the platform, an error would depend on the other image.
            if platform.is_some() {
                of_old.manifest(platform).await?;
            }
            return Ok(Compared::Same(Box::new(of_new.root)));
        }
        let (mut old, mut new) =
            tokio::try_join!(Side::read(old, of_old, platform), Side::read(new, of_new, platform))?;
        if old.image.config.digest == new.image.config.digest {
            old.read_config().await?;
            new.take_config(&old);
        } else {
            tokio::try_join!(old.read_config(), new.read_config())?;
        }
        Ok(Compared::Different(Box::new(Self { old, new, access, is_for_one_platform: platform.is_some() })))
    }
}
