//! Reading an image's documents where it is.

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::content::{Source, read_blob};
use crate::digest::Digest;
use crate::image::{CONFIG_BYTES_MAX, Descriptor, ImageConfig, ImageManifest, Manifest, Platform, RawManifest};
use crate::reference::{Reference, Tag};
use crate::remote::Remote;
use crate::store::Store;
use crate::transfer;

use super::archived::{kept, open_archive};
use super::platform::check_platform;
use super::{Error, Place};

/// How many manifests of an index are asked for at once.
const AT_ONCE: usize = 8;

/// The manifest or index of an image, as its bytes are; of one platform if that is given.
///
/// # Errors
/// That there is no such image, or none for the platform.
pub async fn read_manifest(
    remote: &Remote,
    store: Option<&Store>,
    place: &Place,
    platform: Option<&Platform>,
) -> Result<RawManifest, Error> {
    match place {
        Place::Registry(reference) => {
            let source = remote.repository(&reference.name)?;
            let root = source.get_manifest(&reference.selector()).await;
            let root = root.map_err(|error| Error::of_pull(reference, error))?;
            for_platform(&source, root, platform).await
        }
        Place::Store(reference) => {
            let source = kept(store)?.repository(&reference.name);
            let root = source.manifest(&source.resolve(&reference.selector()).await?).await?;
            for_platform(&source, root, platform).await
        }
        Place::Layout { folder, tag } => {
            let source = Store::open_layout(folder)?.layout(tag.as_deref());
            let root = source.manifest(&source.resolve(&Tag::latest().into()).await?).await?;
            for_platform(&source, root, platform).await
        }
        Place::OciArchive { .. } | Place::DockerArchive { .. } | Place::DockerDaemon(_) => {
            let (source, root) = open_archive(remote, store, place).await?;
            for_platform(&source, source.manifest(&root).await?, platform).await
        }
    }
}

/// Reads the manifest or index of an image at its registry.
///
/// # Errors
/// That there is no such image.
pub async fn read_manifest_of(remote: &Remote, reference: &Reference) -> Result<RawManifest, Error> {
    let root = remote.repository(&reference.name)?.get_manifest(&reference.selector()).await;
    root.map_err(|error| Error::of_pull(reference, error))
}

/// Reads the images that `root`, the manifest or index of `reference` at its registry, has: each with its descriptor,
/// which says its platform. The platform of a single image is the one of its config.
///
/// # Errors
/// That one of them cannot be read.
pub async fn read_images_of(
    remote: &Remote,
    reference: &Reference,
    root: RawManifest,
) -> Result<Vec<(Descriptor, RawManifest)>, Error> {
    let source = remote.repository(&reference.name)?;
    match root.parse()? {
        Manifest::Index(index) => {
            let read = index.manifests.into_iter().map(|image| {
                let source = source.clone();
                async move { source.manifest(&image).await.map(|manifest| (image, manifest)) }
            });
            Ok(stream::iter(read).buffered(AT_ONCE).try_collect().await?)
        }
        Manifest::Image(image) => {
            let mut descriptor = root.descriptor().clone();
            if image.config.media_type.is_image_config() {
                let config = read_blob(&source, &image.config, CONFIG_BYTES_MAX).await?;
                descriptor.platform = ImageConfig::parse(&config)?.platform();
            }
            Ok(vec![(descriptor, root)])
        }
    }
}

/// The digest of what an image's name means, without reading more than has to be.
///
/// # Errors
/// That there is no such image.
pub async fn read_digest(remote: &Remote, store: Option<&Store>, place: &Place) -> Result<Digest, Error> {
    if let Place::Registry(reference) = place {
        let repository = remote.repository(&reference.name)?;
        let found = repository.head_manifest(&reference.selector()).await;
        if let Some(found) = found.map_err(|error| Error::of_pull(reference, error))? {
            return Ok(found.digest);
        }
        // A HEAD that says no does not say why.
    }
    Ok(read_manifest(remote, store, place, None).await?.descriptor().digest.clone())
}

/// The config of an image, as its bytes are; of an index, that of the image for `platform`, or for this
/// machine if none is given.
///
/// # Errors
/// That there is no such image, or none for the platform.
pub async fn read_config(
    remote: &Remote,
    store: Option<&Store>,
    place: &Place,
    platform: Option<&Platform>,
) -> Result<Bytes, Error> {
    let config = async || config_descriptor(remote, store, place, platform).await;
    match place {
        Place::Registry(reference) => {
            Ok(read_blob(&remote.repository(&reference.name)?, &config().await?, CONFIG_BYTES_MAX).await?)
        }
        Place::Store(_) => Ok(kept(store)?.blobs().read(&config().await?.digest, CONFIG_BYTES_MAX)?),
        Place::Layout { folder, .. } => {
            Ok(Store::open_layout(folder)?.blobs().read(&config().await?.digest, CONFIG_BYTES_MAX)?)
        }
        Place::OciArchive { .. } | Place::DockerArchive { .. } | Place::DockerDaemon(_) => {
            Ok(read_archived(remote, store, place, platform).await?.config)
        }
    }
}

/// What the manifest says of the config of an image.
async fn config_descriptor(
    remote: &Remote,
    store: Option<&Store>,
    place: &Place,
    platform: Option<&Platform>,
) -> Result<Descriptor, Error> {
    let mut manifest = read_manifest(remote, store, place, platform).await?.parse()?;
    if let (Manifest::Index(_), None) = (&manifest, platform) {
        let host = Platform::host_with_level();
        manifest = read_manifest(remote, store, place, Some(&host)).await?.parse()?;
    }
    Ok(only_image(place, manifest)?.config)
}

/// The documents of an image.
pub(super) struct Documents {
    /// What its name means.
    pub(super) root: RawManifest,
    /// The root, or the one image of it that was asked for.
    pub(super) manifest: RawManifest,
    /// The bytes of its config.
    pub(super) config: Bytes,
}

/// Reads all documents of an image in an archive, which may have to be unpacked for that: once.
///
/// # Errors
/// That there is no such image, or none for the platform.
pub(super) async fn read_archived(
    remote: &Remote,
    store: Option<&Store>,
    place: &Place,
    platform: Option<&Platform>,
) -> Result<Documents, Error> {
    let (source, root) = open_archive(remote, store, place).await?;
    let root = source.manifest(&root).await?;
    let host = Platform::host_with_level();
    let wanted = match root.parse()? {
        Manifest::Index(_) => Some(platform.unwrap_or(&host)),
        Manifest::Image(_) => platform,
    };
    let manifest = for_platform(&source, root.clone(), wanted).await?;
    let image = only_image(place, manifest.parse()?)?;
    let config = read_blob(&source, &image.config, CONFIG_BYTES_MAX).await?;
    Ok(Documents { root, manifest, config })
}

fn only_image(place: &Place, manifest: Manifest) -> Result<ImageManifest, Error> {
    match manifest {
        Manifest::Image(image) => Ok(*image),
        Manifest::Index(_) => Err(Error::Invalid(format!("{place} holds an index within its index"))),
    }
}

async fn for_platform<S: Source>(
    source: &S,
    root: RawManifest,
    platform: Option<&Platform>,
) -> Result<RawManifest, Error> {
    let Some(platform) = platform else { return Ok(root) };
    if let Manifest::Index(index) = root.parse()? {
        return Ok(source.manifest(&transfer::choose(source, &index, platform).await?).await?);
    }
    check_platform(source, &root, std::slice::from_ref(platform)).await?;
    Ok(root)
}
