//! Descriptors, which point to content.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MediaType, Platform, null_as_default};
use crate::digest::{self, Digest, Verifier};

/// Points to content by its type, digest and size.
///
/// See the [OCI descriptor specification](https://github.com/opencontainers/image-spec/blob/main/descriptor.md).
/// A size that is negative, fractional or larger than `i64` does not parse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The type of the content.
    pub media_type: MediaType,
    /// The digest of the content.
    pub digest: Digest,
    /// The size of the content in bytes. It is a claim until the content is verified, so it never determines
    /// an allocation.
    #[serde(deserialize_with = "size_within_i64")]
    pub size: u64,
    /// The platform of the content, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Arbitrary annotations.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// URLs of the content, for foreign layers. regcli fetches nothing from them.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// The kind of artifact, if it is not an image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
}

impl Descriptor {
    /// Creates a descriptor without optional fields.
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

    /// Returns the descriptor of `content`.
    pub fn of(media_type: MediaType, content: &[u8]) -> Self {
        Self::new(media_type, Digest::sha256(content), content.len() as u64)
    }

    /// Returns a verifier for the content.
    pub fn verifier(&self) -> Verifier {
        Verifier::new(&self.digest, self.size)
    }

    /// Verifies that `content` is the content of this descriptor.
    ///
    /// # Errors
    /// [`digest::Error::Size`] or [`digest::Error::Mismatch`] if it is not.
    pub fn verify(&self, content: &[u8]) -> Result<(), digest::Error> {
        let mut verifier = self.verifier();
        verifier.update(content)?;
        verifier.finish()
    }

    /// Reports whether it declares an artifact other than an image. Lists of referrers give an image the type
    /// of its config.
    pub fn is_artifact(&self) -> bool {
        let kind = self.artifact_type.as_ref().filter(|kind| !kind.is_empty());
        kind.is_some_and(|kind| !MediaType::from(kind.clone()).is_image_config())
    }

    /// Reports whether it is an attestation, which BuildKit adds to images for an unknown platform.
    pub fn is_attestation(&self) -> bool {
        self.platform.as_ref().is_some_and(Platform::is_unknown)
    }
}

/// Reads a size. Registries written in Go use an `i64`, so a larger one is invalid.
fn size_within_i64<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let size = i64::deserialize(deserializer)?;
    u64::try_from(size).map_err(|_| serde::de::Error::custom("a size cannot be negative"))
}
