//! Reading an image's documents where it is.

use bytes::Bytes;

use crate::content::{Source, read_blob};
use crate::digest::Digest;
use crate::image::{Manifest, Platform, RawManifest};
use crate::reference::Tag;
use crate::remote::Remote;
use crate::store::Store;

use super::archived::open_archive;
use super::platform::check_platform;
use super::{CONFIG_MAX, Error, Place};

/// The manifest or index of an image, as its bytes are; of one platform if that is given.
///
/// # Errors
/// That there is no such image, or none for the platform.
pub async fn read_manifest(
    remote: &Remote,
    store: &Store,
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
            let source = store.repository(&reference.name);
            let root = source.manifest(&source.resolve(&reference.selector()).await?).await?;
            for_platform(&source, root, platform).await
        }
        Place::Layout { folder, tag } => {
            let source = Store::open(folder).layout(tag.as_deref());
            let root = source.manifest(&source.resolve(&Tag::latest().into()).await?).await?;
            for_platform(&source, root, platform).await
        }
        Place::OciArchive { .. } | Place::DockerArchive { .. } | Place::DockerDaemon(_) => {
            let (source, root) = open_archive(remote, store, place).await?;
            for_platform(&source, source.manifest(&root).await?, platform).await
        }
    }
}

/// The digest of what an image's name means, without reading more than has to be.
///
/// # Errors
/// That there is no such image.
pub async fn read_digest(remote: &Remote, store: &Store, place: &Place) -> Result<Digest, Error> {
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
    store: &Store,
    place: &Place,
    platform: Option<&Platform>,
) -> Result<Bytes, Error> {
    let mut manifest = read_manifest(remote, store, place, platform).await?.parse()?;
    if let (Manifest::Index(_), None) = (&manifest, platform) {
        let host = Platform::host_with_level();
        manifest = read_manifest(remote, store, place, Some(&host)).await?.parse()?;
    }
    let Manifest::Image(image) = manifest else {
        return Err(Error::Invalid(format!("{place} holds an index within its index")));
    };
    match place {
        Place::Registry(reference) => {
            Ok(read_blob(&remote.repository(&reference.name)?, &image.config, CONFIG_MAX).await?)
        }
        Place::Store(_) => Ok(store.blobs().read(&image.config.digest, CONFIG_MAX)?),
        Place::Layout { folder, .. } => {
            Ok(Store::open(folder).blobs().read(&image.config.digest, CONFIG_MAX)?)
        }
        Place::OciArchive { .. } | Place::DockerArchive { .. } | Place::DockerDaemon(_) => {
            let (source, _) = open_archive(remote, store, place).await?;
            Ok(read_blob(&source, &image.config, CONFIG_MAX).await?)
        }
    }
}

async fn for_platform<S: Source>(
    source: &S,
    root: RawManifest,
    platform: Option<&Platform>,
) -> Result<RawManifest, Error> {
    let Some(platform) = platform else { return Ok(root) };
    if let Manifest::Index(index) = root.parse()? {
        return Ok(source.manifest(index.select(platform)?).await?);
    }
    check_platform(source, &root, std::slice::from_ref(platform)).await?;
    Ok(root)
}
