//! Manifests and indexes: the bytes as they came, and what stands in them.

use bytes::Bytes;
use serde::Deserialize;

use super::spelling::{self, Part};
use super::{Descriptor, Error, MediaType, Platform, null_as_default};

/// The most entries of one index, and layers of one image, that are read.
const ENTRIES_MAX: usize = 10_000;

/// The largest image manifest that is read, in bytes. docker-registry and Docker Hub take none over 4 MiB.
const IMAGE_BYTES_MAX: u64 = 4 << 20;

/// The most bytes that are read of a manifest or an index before it is known which of them it is, and the largest
/// index that is read.
pub const MANIFEST_BYTES_MAX: u64 = 8 << 20;

impl MediaType {
    /// The most bytes that a manifest or an index of this type may have, everywhere.
    pub fn bytes_max(&self) -> u64 {
        if self.is_image_manifest() { IMAGE_BYTES_MAX } else { MANIFEST_BYTES_MAX }
    }

    /// Refuses a manifest that is too large.
    fn check_bytes(&self, bytes: &[u8]) -> Result<(), Error> {
        let (size, limit) = (bytes.len() as u64, self.bytes_max());
        if size > limit { Err(Error::TooLarge { size, limit }) } else { Ok(()) }
    }
}

/// A manifest or index as it came, byte for byte, with the descriptor that its bytes have been checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawManifest {
    descriptor: Descriptor,
    bytes: Bytes,
}

impl RawManifest {
    /// Takes bytes made here, or of which no digest was known before.
    pub fn new(media_type: MediaType, bytes: Bytes) -> Self {
        Self { descriptor: Descriptor::of(media_type, &bytes), bytes }
    }

    /// Takes bytes that have to be those of `descriptor`.
    ///
    /// # Errors
    /// [`Error::Verify`] if they are not, [`Error::TooLarge`] if they are more than are read anywhere.
    pub fn verified(descriptor: Descriptor, bytes: Bytes) -> Result<Self, Error> {
        descriptor.media_type.check_bytes(&bytes)?;
        descriptor.verify(&bytes).map_err(|source| Error::Verify { what: "manifest", source })?;
        Ok(Self { descriptor, bytes })
    }

    /// Its type, digest and size.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Its bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Reads it.
    ///
    /// # Errors
    /// Everything of [`Error`] that is about manifests.
    pub fn parse(&self) -> Result<Manifest, Error> {
        Manifest::parse(&self.descriptor.media_type, &self.bytes)
    }
}

/// What stands in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manifest {
    /// One image, or another artifact of the same shape.
    Image(Box<ImageManifest>),
    /// Several of them, usually one a platform.
    Index(Index),
}

/// The content of one image.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ImageManifest {
    /// The image's configuration.
    pub config: Descriptor,
    /// Its layers, the lowest first.
    #[serde(default, deserialize_with = "null_as_default")]
    pub layers: Vec<Descriptor>,
    /// The kind of artifact, if it is no image.
    #[serde(default, rename = "artifactType")]
    pub artifact_type: Option<String>,
    /// The manifest that this one is about, for signatures and the like.
    #[serde(default)]
    pub subject: Option<Box<Descriptor>>,
}

impl ImageManifest {
    /// Whether it is an image that runs somewhere, as against another artifact of the same shape.
    pub fn is_runnable(&self) -> bool {
        self.artifact_type.is_none() && self.config.media_type.is_image_config()
    }

    /// Config and layers, in this order.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        std::iter::once(&self.config).chain(&self.layers)
    }
}

/// Several manifests under one digest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Index {
    /// What it holds, in its own order.
    #[serde(default, deserialize_with = "null_as_default")]
    pub manifests: Vec<Descriptor>,
    /// The manifest that this one is about.
    #[serde(default)]
    pub subject: Option<Box<Descriptor>>,
}

impl Index {
    /// The manifest that fits `wanted` best, by Docker's order of preference.
    ///
    /// # Errors
    /// [`Error::NoPlatform`] with what there is.
    pub fn select(&self, wanted: &Platform) -> Result<&Descriptor, Error> {
        wanted.select(&self.manifests).ok_or_else(|| Error::NoPlatform {
            wanted: Box::new(wanted.clone()),
            available: self.platforms().map(ToString::to_string).collect(),
        })
    }

    /// The platforms there are; attestations have none.
    pub fn platforms(&self) -> impl Iterator<Item = &Platform> {
        self.manifests
            .iter()
            .filter(|m| !m.is_artifact())
            .filter_map(|m| m.platform.as_ref())
            .filter(|p| !p.is_unknown())
    }
}

/// The fields that tell one kind of document from another.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    #[serde(default)]
    schema_version: Option<u32>,
    #[serde(default)]
    media_type: Option<MediaType>,
    #[serde(default)]
    config: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    layers: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    manifests: Option<serde::de::IgnoredAny>,
}

impl Manifest {
    /// Reads `bytes` that were sent, or are described, as `media_type`.
    ///
    /// A type that is not known is looked up in the document itself, since some servers send all manifests
    /// as `application/json` or `text/plain`.
    ///
    /// # Errors
    /// Everything of [`Error`] that is about manifests.
    pub fn parse(media_type: &MediaType, bytes: &[u8]) -> Result<Self, Error> {
        let media_type = Shape::of(bytes)?.settle(media_type)?;
        media_type.check_bytes(bytes)?;
        let manifest = if media_type.is_index() {
            let index: Index = serde_json::from_slice(bytes)
                .map_err(|source| Error::Parse { what: "image index", source })?;
            Self::Index(index)
        } else if media_type.is_image_manifest() {
            let image: ImageManifest = serde_json::from_slice(bytes)
                .map_err(|source| Error::Parse { what: "image manifest", source })?;
            Self::Image(Box::new(image))
        } else {
            return Err(Error::UnsupportedMediaType(media_type));
        };
        if manifest.entries() > ENTRIES_MAX {
            return Err(Error::Limit("manifest has more than 10000 entries"));
        }
        Ok(manifest)
    }

    /// The media type of a document of which nothing but its bytes is known.
    ///
    /// # Errors
    /// As [`Manifest::parse`].
    pub fn detect(bytes: &[u8]) -> Result<MediaType, Error> {
        Shape::of(bytes)?.settle(&MediaType::OCTET_STREAM)
    }

    /// Everything it points to directly: manifests of an index, blobs of an image.
    pub fn children(&self) -> Vec<&Descriptor> {
        match self {
            Self::Image(image) => image.blobs().collect(),
            Self::Index(index) => index.manifests.iter().collect(),
        }
    }

    fn entries(&self) -> usize {
        match self {
            Self::Image(image) => image.layers.len(),
            Self::Index(index) => index.manifests.len(),
        }
    }
}

impl Shape {
    /// Reads these fields of a document in which all readers find the same ones.
    fn of(bytes: &[u8]) -> Result<Self, Error> {
        let failed = |source| Error::Parse { what: "manifest", source };
        spelling::check(Part::Manifest, bytes).map_err(failed)?;
        serde_json::from_slice(bytes).map_err(failed)
    }

    /// The one media type that this document has, or why it has none.
    fn settle(self, sent: &MediaType) -> Result<MediaType, Error> {
        if *sent == MediaType::DOCKER_SCHEMA1 || self.schema_version == Some(1) {
            return Err(Error::Schema1);
        }
        if self.manifests.is_some() && (self.layers.is_some() || self.config.is_some()) {
            return Err(Error::Ambiguous);
        }
        match self.media_type {
            Some(stated) if sent.is_manifest() && stated != *sent => {
                Err(Error::MediaTypeMismatch { sent: sent.clone(), stated })
            }
            Some(stated) if stated.is_manifest() => Ok(stated),
            _ if sent.is_manifest() => Ok(sent.clone()),
            Some(stated) => Err(Error::UnsupportedMediaType(stated)),
            None if self.manifests.is_some() => Ok(MediaType::OCI_INDEX),
            None if self.config.is_some() => Ok(MediaType::OCI_MANIFEST),
            None => Err(Error::UnsupportedMediaType(sent.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn blob(size: &str) -> String {
        format!(r#"{{"mediaType":"application/octet-stream","digest":"sha256:{HEX}","size":{size}}}"#)
    }

    fn parse_image(document: &str) -> Result<Manifest, Error> {
        Manifest::parse(&MediaType::OCI_MANIFEST, document.as_bytes())
    }

    #[test]
    fn null_layers_are_no_layers() {
        let document = format!(r#"{{"schemaVersion":2,"config":{},"layers":null}}"#, blob("0"));
        let Manifest::Image(image) = parse_image(&document).unwrap() else { panic!("an image") };
        assert!(image.layers.is_empty());
    }

    #[test]
    fn sizes_are_whole_and_not_negative() {
        for size in ["-1", "1.5", "\"1\"", "9223372036854775808"] {
            let document = format!(r#"{{"schemaVersion":2,"config":{},"layers":[]}}"#, blob(size));
            assert!(matches!(parse_image(&document), Err(Error::Parse { .. })), "{size}");
        }
    }

    #[test]
    fn a_document_with_two_readings_is_refused() {
        let document = format!(r#"{{"schemaVersion":2,"config":{0},"layers":[],"manifests":[]}}"#, blob("0"));
        assert!(matches!(parse_image(&document), Err(Error::Ambiguous)));
    }

    #[test]
    fn a_document_is_what_it_was_sent_as() {
        let document =
            format!(r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[]}}"#, MediaType::OCI_INDEX);
        assert!(matches!(parse_image(&document), Err(Error::MediaTypeMismatch { .. })));
        let sent_as_json = Manifest::parse(&MediaType::from_header("application/json"), document.as_bytes());
        assert!(matches!(sent_as_json, Ok(Manifest::Index(_))));
    }

    #[test]
    fn hostile_documents_are_errors_not_crashes() {
        let deep = "[".repeat(100_000);
        let twice = format!(r#"{{"schemaVersion":2,"config":{0},"config":{0}}}"#, blob("0"));
        for document in
            ["", "null", "[]", "\"x\"", "<html>", "\u{feff}{}", "{}", deep.as_str(), twice.as_str()]
        {
            assert!(parse_image(document).is_err(), "{document:.40}");
        }
        assert!(matches!(parse_image(r#"{"schemaVersion":1,"fsLayers":[]}"#), Err(Error::Schema1)));
    }
}
