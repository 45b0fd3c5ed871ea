//! Manifests and indexes: the original bytes and a parsed view.

use bytes::Bytes;
use serde::Deserialize;

use super::spelling::{self, Part};
use super::{Descriptor, Error, MediaType, Platform, null_as_default};

/// Maximum number of entries of an index, and of layers of an image.
const ENTRIES_MAX: usize = 10_000;

/// Maximum size of an image manifest, in bytes. docker-registry and Docker Hub accept none over 4 MiB.
const IMAGE_BYTES_MAX: u64 = 4 << 20;

/// Maximum size of an index, in bytes. It is also the maximum for a document that may be a manifest or an
/// index.
pub const MANIFEST_BYTES_MAX: u64 = 8 << 20;

impl MediaType {
    /// Returns the maximum size of a manifest or an index of this type.
    pub fn bytes_max(&self) -> u64 {
        if self.is_image_manifest() { IMAGE_BYTES_MAX } else { MANIFEST_BYTES_MAX }
    }

    /// Refuses a manifest that is too large.
    fn check_bytes(&self, bytes: &[u8]) -> Result<(), Error> {
        let (size, limit) = (bytes.len() as u64, self.bytes_max());
        if size > limit { Err(Error::TooLarge { size, limit }) } else { Ok(()) }
    }
}

/// A manifest or index with its original bytes, and the descriptor that they were verified against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawManifest {
    descriptor: Descriptor,
    bytes: Bytes,
}

impl RawManifest {
    /// Creates a manifest from bytes that were built here, or whose digest was unknown before.
    pub fn new(media_type: MediaType, bytes: Bytes) -> Self {
        Self { descriptor: Descriptor::of(media_type, &bytes), bytes }
    }

    /// Creates a manifest from bytes that must match `descriptor`.
    ///
    /// # Errors
    /// [`Error::Verify`] if they do not match, [`Error::TooLarge`] if they exceed the maximum size.
    pub fn verified(descriptor: Descriptor, bytes: Bytes) -> Result<Self, Error> {
        descriptor.media_type.check_bytes(&bytes)?;
        descriptor.verify(&bytes).map_err(|source| Error::Verify { what: "manifest", source })?;
        Ok(Self { descriptor, bytes })
    }

    /// Returns the type, digest and size.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Returns the bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Parses the manifest.
    ///
    /// # Errors
    /// All variants of [`Error`] that concern manifests.
    pub fn parse(&self) -> Result<Manifest, Error> {
        Manifest::parse(&self.descriptor.media_type, &self.bytes)
    }
}

/// The content of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manifest {
    /// A single image, or another artifact of the same form.
    Image(Box<ImageManifest>),
    /// Several images, usually one per platform.
    Index(Index),
}

/// The content of a single image.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ImageManifest {
    /// The image's configuration.
    pub config: Descriptor,
    /// The layers, the lowest first.
    #[serde(default, deserialize_with = "null_as_default")]
    pub layers: Vec<Descriptor>,
    /// The kind of artifact, if it is not an image.
    #[serde(default, rename = "artifactType")]
    pub artifact_type: Option<String>,
    /// The manifest that this one refers to, for signatures and the like.
    #[serde(default)]
    pub subject: Option<Box<Descriptor>>,
}

impl ImageManifest {
    /// Reports whether it is a runnable image, and not another artifact of the same form.
    pub fn is_runnable(&self) -> bool {
        self.artifact_type.is_none() && self.config.media_type.is_image_config()
    }

    /// Returns the config and the layers, in this order.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        std::iter::once(&self.config).chain(&self.layers)
    }
}

/// Several manifests under one digest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Index {
    /// The entries, in their original order.
    #[serde(default, deserialize_with = "null_as_default")]
    pub manifests: Vec<Descriptor>,
    /// The manifest that this one refers to.
    #[serde(default)]
    pub subject: Option<Box<Descriptor>>,
}

impl Index {
    /// Returns the manifest that fits `wanted` best, by Docker's order of preference.
    ///
    /// # Errors
    /// [`Error::NoPlatform`] with the available platforms.
    pub fn select(&self, wanted: &Platform) -> Result<&Descriptor, Error> {
        wanted.select(&self.manifests).ok_or_else(|| Error::NoPlatform {
            wanted: Box::new(wanted.clone()),
            available: self.platforms().map(ToString::to_string).collect(),
        })
    }

    /// Returns the available platforms. Attestations have none.
    pub fn platforms(&self) -> impl Iterator<Item = &Platform> {
        self.manifests
            .iter()
            .filter(|m| !m.is_artifact())
            .filter_map(|m| m.platform.as_ref())
            .filter(|p| !p.is_unknown())
    }
}

/// The fields that distinguish the kinds of documents.
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
    /// Parses `bytes` that were sent, or are described, as `media_type`.
    ///
    /// If the type is unknown, the document's own type is used, since some servers send all manifests as
    /// `application/json` or `text/plain`.
    ///
    /// # Errors
    /// All variants of [`Error`] that concern manifests.
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

    /// Returns the media type of a document, determined only from its bytes.
    ///
    /// # Errors
    /// As [`Manifest::parse`].
    pub fn detect(bytes: &[u8]) -> Result<MediaType, Error> {
        Shape::of(bytes)?.settle(&MediaType::OCTET_STREAM)
    }

    /// Returns the descriptors that it points to directly: manifests of an index, blobs of an image.
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
    /// Parses these fields of a document, and checks that all readers find the same ones.
    fn of(bytes: &[u8]) -> Result<Self, Error> {
        let failed = |source| Error::Parse { what: "manifest", source };
        spelling::check(Part::Manifest, bytes).map_err(failed)?;
        serde_json::from_slice(bytes).map_err(failed)
    }

    /// Returns the media type of this document, or an error if it is unknown or ambiguous.
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
    fn null_layers_count_as_empty() {
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
