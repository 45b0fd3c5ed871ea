//! One of the two images that are compared.

use serde_json::Value;

use crate::content::read_blob;
use crate::image::{CONFIG_BYTES_MAX, Descriptor, ImageConfig, ImageManifest, Index, Manifest, Platform};
use crate::ops::files::{ChosenImage, FilesOptions, ImageFiles};
use crate::ops::open::{Access, Opened};
use crate::ops::{Error, Place};

use super::DiffError;

/// One of the two images, with its documents.
pub struct Side {
    /// The location.
    pub place: Place,
    /// The manifest or index that the name points to.
    pub root: Descriptor,
    /// The manifest of the image.
    pub manifest: Descriptor,
    /// The parsed manifest.
    pub image: ImageManifest,
    /// The config. It is empty for an artifact that is not an image.
    pub config: ImageConfig,
    /// All fields of the config.
    pub(super) document: Value,
    /// The index that the name points to.
    pub(super) index: Option<Index>,
    opened: Opened,
}

impl Side {
    /// Reads the manifests of an image.
    pub(super) async fn read(
        place: &Place,
        opened: Opened,
        platform: Option<&Platform>,
    ) -> Result<Self, DiffError> {
        let host = Platform::host_with_level();
        let wanted = platform.or_else(|| opened.root.media_type.is_index().then_some(&host));
        let manifest = opened.manifest(wanted).await?;
        let Manifest::Image(image) = manifest.parse().map_err(Error::from)? else {
            return Err(Error::Invalid(format!("{place} holds an index within its index")).into());
        };
        let index = match opened.root.media_type.is_index() {
            true => match opened.manifest(None).await?.parse().map_err(Error::from)? {
                Manifest::Index(index) => Some(index),
                Manifest::Image(_) => None,
            },
            false => None,
        };
        Ok(Self {
            place: place.clone(),
            root: opened.root.clone(),
            manifest: manifest.descriptor().clone(),
            image: *image,
            config: ImageConfig::default(),
            document: Value::Null,
            index,
            opened,
        })
    }

    /// Reads the config.
    pub(super) async fn read_config(&mut self) -> Result<(), DiffError> {
        if self.image.config.media_type.is_image_config() {
            let bytes = read_blob(&*self.opened.source, &self.image.config, CONFIG_BYTES_MAX).await?;
            self.config = ImageConfig::parse(&bytes).map_err(Error::from)?;
            // The parser has accepted the same bytes.
            self.document = serde_json::from_slice(&bytes).unwrap_or_default();
        }
        Ok(())
    }

    /// Takes the config of an image that has the same one.
    pub(super) fn take_config(&mut self, other: &Self) {
        (self.config, self.document) = (other.config.clone(), other.document.clone());
    }

    /// Returns the image with access to its files.
    pub(super) fn files(&self, access: Access<'_>, options: &FilesOptions) -> Result<ImageFiles, DiffError> {
        let (source, manifest) = (self.opened.source.clone(), self.image.clone());
        let chosen = ChosenImage { place: &self.place, source, manifest };
        Ok(ImageFiles::of(access, chosen, options.clone())?)
    }

    /// Returns the platform that the image is for, if its config or its index names one.
    pub fn platform(&self) -> Option<Platform> {
        let listed = self.index.iter().flat_map(|index| &index.manifests);
        let listed = listed.filter(|listed| listed.digest == self.manifest.digest);
        listed.filter_map(|listed| listed.platform.clone()).next().or_else(|| self.config.platform())
    }

    /// Returns the size of the config and the layers in bytes, compressed.
    pub fn size(&self) -> u64 {
        self.image.blobs().fold(0, |sum, blob| sum.saturating_add(blob.size))
    }
}
