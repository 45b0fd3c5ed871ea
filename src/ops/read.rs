//! Reads the documents of an image wherever it is.

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::content::{Source, read_blob};
use crate::digest::Digest;
use crate::image::{CONFIG_BYTES_MAX, Descriptor, ImageConfig, Manifest, Platform, RawManifest};
use crate::reference::{Reference, Selector};
use crate::remote::{Remote, Repository};
use crate::transfer;

use super::open::Access;
use super::platform::check_platform;
use super::{Error, Place};

/// How many manifests of an index are requested concurrently.
const CONCURRENT: usize = 8;

/// Reads the manifest or index of an image byte for byte; the manifest for `platform` if that is given.
///
/// # Errors
/// An error if there is no such image, or none for the platform.
pub async fn read_manifest(
    access: Access<'_>,
    place: &Place,
    platform: Option<&Platform>,
) -> Result<RawManifest, Error> {
    place.open(access).await?.manifest(platform).await
}

/// Reads the manifest or index of an image at its registry.
///
/// # Errors
/// An error if there is no such image.
pub async fn read_manifest_of(remote: &Remote, reference: &Reference) -> Result<RawManifest, Error> {
    let root = remote.repository(&reference.name)?.get_manifest(&reference.selector()).await;
    root.map_err(|error| Error::of_pull(reference, error))
}

/// Reads the manifest or index of an image in its repository; in an index, the manifest for `platform` if that is given.
///
/// # Errors
/// An error if there is no such image, or none for the platform.
pub(super) async fn read_chosen(
    repository: &Repository,
    reference: &Reference,
    platform: Option<&Platform>,
) -> Result<RawManifest, Error> {
    let root = repository.get_manifest(&reference.selector()).await;
    let root = root.map_err(|error| Error::of_pull(reference, error))?;
    let Some(platform) = platform else { return Ok(root) };
    if let Manifest::Index(index) = root.parse()? {
        let chosen = transfer::choose(repository, &index, platform).await?;
        return Ok(repository.manifest(&chosen).await?);
    }
    check_platform(repository, &root, std::slice::from_ref(platform)).await?;
    Ok(root)
}

/// Reads what an image's name points to, in order to write something that refers to it.
///
/// A tag does not say which bytes are right. If they are damaged, the registry has nothing under their digest.
///
/// # Errors
/// [`Error::NotAsStored`] for such bytes; an error if there is no such image.
pub(super) async fn read_to_refer(
    repository: &Repository,
    reference: &Reference,
) -> Result<RawManifest, Error> {
    let root = read_chosen(repository, reference, None).await?;
    if reference.digest.is_none() {
        let digest = root.descriptor().digest.clone();
        if repository.head_manifest(&Selector::Digest(digest.clone())).await?.is_none() {
            return Err(Error::NotAsStored { reference: Box::new(reference.clone()), digest });
        }
    }
    Ok(root)
}

/// Reads the images in `root`, which is the manifest or index of `reference` at its registry: each with its
/// descriptor, which has its platform. The platform of a single image is that of its config.
///
/// # Errors
/// An error if one of them cannot be read.
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
            Ok(stream::iter(read).buffered(CONCURRENT).try_collect().await?)
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

/// Returns the digest that an image's name points to, with as few reads as possible.
///
/// # Errors
/// An error if there is no such image.
pub async fn read_digest(access: Access<'_>, place: &Place) -> Result<Digest, Error> {
    if let Place::Registry(reference) = place {
        let repository = access.remote.repository(&reference.name)?;
        let found = repository.head_manifest(&reference.selector()).await;
        if let Some(found) = found.map_err(|error| Error::of_pull(reference, error))? {
            return Ok(found.digest);
        }
        // A failed HEAD request does not say why.
    }
    let opened = place.open(access).await?;
    Ok(opened.manifest(None).await?.descriptor().digest.clone())
}

/// Reads the config of an image byte for byte; in an index, that of the image for `platform`, or for this
/// machine if none is given.
///
/// # Errors
/// An error if there is no such image, or none for the platform.
pub async fn read_config(
    access: Access<'_>,
    place: &Place,
    platform: Option<&Platform>,
) -> Result<Bytes, Error> {
    let opened = place.open(access).await?;
    let host = Platform::host_with_level();
    let wanted = platform.or_else(|| opened.root.media_type.is_index().then_some(&host));
    match opened.manifest(wanted).await?.parse()? {
        Manifest::Image(image) => Ok(read_blob(&*opened.source, &image.config, CONFIG_BYTES_MAX).await?),
        Manifest::Index(_) => Err(Error::Invalid(format!("{place} holds an index within its index"))),
    }
}
