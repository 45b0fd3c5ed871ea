//! Finds images: all of them, one by the text a user typed, and the details of one.

use std::collections::{HashMap, HashSet};

use super::catalog::Catalog;
use super::contents::Contents;
use super::image::{EntryName, Image, false_name_of};
use super::{Error, Store};
use crate::digest::{Algorithm, Digest};
use crate::image::{CONFIG_BYTES_MAX, Descriptor, ImageConfig, Platform};
use crate::reference::Reference;

/// The details of an image, as far as it is in the store.
#[derive(Debug)]
pub struct Details {
    /// The image ID as in Docker: the digest of the config. For an image that cannot be read, or with only
    /// its index in the store, it is the digest of its manifest.
    pub id: Digest,
    /// The config.
    pub config: ImageConfig,
    /// The size of all its blobs in the store, in bytes, in compressed form.
    pub size: u64,
    /// The platforms whose content is completely in the store.
    pub platforms: Vec<Platform>,
    /// Why the details are incomplete.
    pub problem: Option<Error>,
}

impl Store {
    /// Returns all images, one for each name, in the order of index.json.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Document`] if index.json cannot be read.
    pub fn images(&self) -> Result<Vec<Image>, Error> {
        Ok(self.catalog()?.images().map(|image| Image::clone(image)).collect())
    }

    /// Finds an image by the text that a user typed: a reference, a digest, or the beginning of an ID.
    ///
    /// An ID is the digest of a config, which is Docker's image ID, or of a manifest or an index. Names take
    /// precedence.
    ///
    /// # Errors
    /// [`Error::NoSuchImage`], [`Error::AmbiguousId`], [`Error::Reference`] if the text is neither, and those
    /// of [`Store::images`].
    pub fn find(&self, needle: &str) -> Result<Image, Error> {
        let catalog = self.catalog()?;
        let parsed = needle.parse::<Reference>().map(Reference::or_latest);
        if let Some(found) = parsed.as_ref().ok().and_then(|reference| named(&catalog, reference)) {
            return Ok(found.clone());
        }
        if let Some(prefix) = id_prefix(needle)
            && let Some(found) = self.with_id(&catalog, prefix)?
        {
            return Ok(found);
        }
        match parsed {
            Ok(reference) if !is_digest(needle) => Err(Error::NoSuchImage(reference.familiar())),
            Err(error) if id_prefix(needle).is_none() => Err(error.into()),
            _ => Err(Error::NoSuchImage(needle.to_owned())),
        }
    }

    /// Returns the details of an image. If it has several platforms, the details are those of the one that
    /// runs on `platform`, or of the first.
    ///
    /// It always returns some details, so that one broken image does not spoil a list of many.
    pub fn details(&self, image: &Image, platform: &Platform) -> Details {
        let mut details = Details {
            id: image.descriptor.digest.clone(),
            config: ImageConfig::default(),
            size: 0,
            platforms: Vec::new(),
            problem: None,
        };
        if let Err(error) = self.look_into(&image.descriptor, platform, &mut details) {
            details.problem = Some(error);
        } else if let Some(name) = false_name_of(&image.descriptor) {
            let actual = image.descriptor.digest.clone();
            details.problem = Some(Error::FalseName { name, actual });
        }
        details
    }

    fn look_into(&self, image: &Descriptor, wanted: &Platform, details: &mut Details) -> Result<(), Error> {
        let contents = Contents::of(self.blobs(), image)?;
        details.size = self.size_of(&contents)?;
        let (mut candidates, mut configs) = (Vec::new(), HashMap::new());
        for held in contents.complete_images().filter(|held| !held.descriptor.is_attestation()) {
            let mut descriptor = held.descriptor.clone();
            if descriptor.platform.is_none() {
                let config = self.config(&held.image.config)?;
                descriptor.platform = config.platform();
                configs.insert(&held.descriptor.digest, config);
            }
            details.platforms.extend(descriptor.platform.clone());
            candidates.push(descriptor);
        }
        let chosen = wanted.select(&candidates).or(candidates.first());
        let chosen = chosen.map_or(&image.digest, |descriptor| &descriptor.digest);
        if let Some(held) = contents.images.iter().find(|held| held.descriptor.digest == *chosen) {
            details.id = held.image.config.digest.clone();
            let read = configs.remove(chosen);
            details.config = read.map_or_else(|| self.config(&held.image.config), Ok)?;
        }
        match (contents.problem, contents.missing) {
            (Some(problem), _) => Err(problem),
            // An index with only some of its platforms counts as complete.
            (None, Some(digest)) if candidates.is_empty() => Err(Error::Missing(digest)),
            _ => Ok(()),
        }
    }

    /// Reads a blob as a config, if it is that of an image.
    pub(super) fn config(&self, blob: &Descriptor) -> Result<ImageConfig, Error> {
        if !blob.media_type.is_image_config() {
            return Ok(ImageConfig::default());
        }
        Ok(ImageConfig::parse(&self.blobs().read(&blob.digest, CONFIG_BYTES_MAX)?)?)
    }

    fn size_of(&self, contents: &Contents) -> Result<u64, Error> {
        let mut counted = HashSet::new();
        let mut size = 0_u64;
        for held in &contents.images {
            for blob in held.image.blobs().filter(|blob| counted.insert(&blob.digest)) {
                // The blobs of a complete image were examined already, except foreign ones.
                let actual = match held.complete && !blob.media_type.is_foreign() {
                    true => blob.size,
                    false => self.blobs().size(&blob.digest)?.unwrap_or_default(),
                };
                size = size.saturating_add(actual);
            }
        }
        Ok(size)
    }

    /// Returns the only image with an ID that begins with `prefix`.
    fn with_id(&self, catalog: &Catalog, prefix: &str) -> Result<Option<Image>, Error> {
        let mut ids = HashSet::new();
        let mut found: Vec<Image> = Vec::new();
        for image in catalog.images() {
            let mut fitting = self.ids_of(image)?;
            fitting.retain(|id| id.hex().starts_with(prefix));
            if fitting.is_empty() {
                continue;
            }
            let is_new = fitting.iter().any(|id| !ids.contains(id));
            ids.extend(fitting);
            // A second image with the same ID is the same image with another manifest.
            let is_other = found.iter().all(|other| other.descriptor.digest != image.descriptor.digest);
            if found.is_empty() || (is_other && is_new) {
                found.push(Image::clone(image));
            }
        }
        if found.len() > 1 {
            return Err(Error::AmbiguousId { prefix: prefix.to_owned(), images: found.len() });
        }
        Ok(found.pop())
    }

    /// Returns all digests that can name an image.
    fn ids_of(&self, image: &Image) -> Result<Vec<Digest>, Error> {
        let contents = Contents::of(self.blobs(), &image.descriptor)?;
        let mut ids = vec![image.descriptor.digest.clone()];
        for held in contents.images {
            ids.extend([held.image.config.digest, held.descriptor.digest]);
        }
        Ok(ids)
    }
}

/// Returns the image with this name. An image that was pulled by a tag is found by name and digest, too.
fn named<'a>(catalog: &'a Catalog, reference: &Reference) -> Option<&'a Image> {
    catalog.find(&EntryName::of(reference)).or_else(|| {
        let mut same = catalog.with_digest(reference.digest.as_ref()?);
        same.find(|image| image.reference.as_ref().is_some_and(|other| other.name == reference.name))
    })
}

/// Reports whether a text may be the beginning of an ID: `7688e3`, `sha256:7688e3`. It may also be a name.
pub fn is_id_prefix(text: &str) -> bool {
    id_prefix(text).is_some()
}

/// Returns the hexadecimal part of a possible beginning of an ID.
fn id_prefix(needle: &str) -> Option<&str> {
    let hex = needle.strip_prefix("sha256:").unwrap_or(needle);
    let is_hex = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (is_hex && !hex.is_empty() && hex.len() <= Algorithm::Sha256.hex_len()).then_some(hex)
}

fn is_digest(needle: &str) -> bool {
    needle.parse::<Digest>().is_ok()
}
