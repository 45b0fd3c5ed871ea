//! Descriptors: what points to content.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MediaType, Platform, null_as_default};
use crate::digest::{self, Digest, Verifier};

/// Points to content by its type, digest and size.
///
/// See the [OCI descriptor specification](https://github.com/opencontainers/image-spec/blob/main/descriptor.md).
/// A size beyond `i64`, a negative or a fractional one does not parse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What the content is.
    pub media_type: MediaType,
    /// Its address.
    pub digest: Digest,
    /// Its size in bytes. A claim until the content was verified: nothing is ever allocated by it.
    #[serde(deserialize_with = "size_within_i64")]
    pub size: u64,
    /// What it runs on, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Anything that was noted about it.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Places to get it from, for foreign layers. Nothing is fetched from there.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// The kind of artifact, if it is no image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
}

impl Descriptor {
    /// A descriptor of content of which only this is known.
    pub fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            digest,
            size,
            platform: None,
            annotations: BTreeMap::new(),
            urls: Vec::new(),
            artifact_type: None,
        }
    }

    /// The descriptor of `content`.
    pub fn of(media_type: MediaType, content: &[u8]) -> Self {
        Self::new(media_type, Digest::sha256(content), content.len() as u64)
    }

    /// A verifier for its content.
    pub fn verifier(&self) -> Verifier {
        Verifier::new(&self.digest, self.size)
    }

    /// Tells whether `content` is what it points to.
    ///
    /// # Errors
    /// [`digest::Error::Size`] or [`digest::Error::Mismatch`] if it is not.
    pub fn verify(&self, content: &[u8]) -> Result<(), digest::Error> {
        let mut verifier = self.verifier();
        verifier.update(content)?;
        verifier.finish()
    }

    /// Whether it says that it is no image. Lists of referrers give images the type of their config.
    pub fn is_artifact(&self) -> bool {
        let kind = self.artifact_type.as_ref().filter(|kind| !kind.is_empty());
        kind.is_some_and(|kind| !MediaType::from(kind.clone()).is_image_config())
    }

    /// Whether it is one of the attestations that BuildKit puts beside images: for no platform at all.
    pub fn is_attestation(&self) -> bool {
        self.platform.as_ref().is_some_and(Platform::is_unknown)
    }
}

/// Go's registries hold sizes in an `i64`; what does not fit there is no size.
fn size_within_i64<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let size = i64::deserialize(deserializer)?;
    u64::try_from(size).map_err(|_| serde::de::Error::custom("a size cannot be negative"))
}
