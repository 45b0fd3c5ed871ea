//! The media types of images.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A media type in lower case, because it is case-insensitive (RFC 6838, section 4.2).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct MediaType(Cow<'static, str>);

impl MediaType {
    /// OCI image manifest.
    pub const OCI_MANIFEST: Self = Self::known("application/vnd.oci.image.manifest.v1+json");
    /// OCI image index.
    pub const OCI_INDEX: Self = Self::known("application/vnd.oci.image.index.v1+json");
    /// OCI image config.
    pub const OCI_CONFIG: Self = Self::known("application/vnd.oci.image.config.v1+json");
    /// OCI layer, a tar.
    pub const OCI_LAYER: Self = Self::known("application/vnd.oci.image.layer.v1.tar");
    /// OCI layer, a zstd-compressed tar.
    pub const OCI_LAYER_ZSTD: Self = Self::known("application/vnd.oci.image.layer.v1.tar+zstd");
    /// OCI layer, a gzipped tar.
    pub const OCI_LAYER_GZIP: Self = Self::known("application/vnd.oci.image.layer.v1.tar+gzip");
    /// Docker schema 2 image manifest.
    pub const DOCKER_MANIFEST: Self = Self::known("application/vnd.docker.distribution.manifest.v2+json");
    /// Docker schema 2 manifest list.
    pub const DOCKER_LIST: Self = Self::known("application/vnd.docker.distribution.manifest.list.v2+json");
    /// Docker image config.
    pub const DOCKER_CONFIG: Self = Self::known("application/vnd.docker.container.image.v1+json");
    /// Docker schema 1, signed. It is known only so that the error can name it.
    pub const DOCKER_SCHEMA1: Self = Self::known("application/vnd.docker.distribution.manifest.v1+prettyjws");
    /// The config of an artifact that has none.
    pub const OCI_EMPTY: Self = Self::known("application/vnd.oci.empty.v1+json");
    /// Bytes of an unknown type.
    pub const OCTET_STREAM: Self = Self::known("application/octet-stream");

    /// The accepted manifests, in the order of preference, as one `Accept` value.
    pub const ACCEPT_MANIFEST: &'static str = "application/vnd.oci.image.index.v1+json, \
        application/vnd.docker.distribution.manifest.list.v2+json, \
        application/vnd.oci.image.manifest.v1+json, \
        application/vnd.docker.distribution.manifest.v2+json";

    const fn known(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// Parses a `Content-Type` value. Parameters are dropped, and letters become lower case.
    pub fn from_header(value: &str) -> Self {
        Self::from(value.split(';').next().unwrap_or(value).trim().to_owned())
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reports whether it is an OCI index or a Docker manifest list.
    pub fn is_index(&self) -> bool {
        *self == Self::OCI_INDEX || *self == Self::DOCKER_LIST
    }

    /// Reports whether it is an OCI or Docker schema 2 image manifest.
    pub fn is_image_manifest(&self) -> bool {
        *self == Self::OCI_MANIFEST || *self == Self::DOCKER_MANIFEST
    }

    /// Reports whether it is a supported manifest of any kind.
    pub fn is_manifest(&self) -> bool {
        self.is_index() || self.is_image_manifest()
    }

    /// Reports whether it is the config of an image, and not of another artifact.
    pub fn is_image_config(&self) -> bool {
        *self == Self::OCI_CONFIG || *self == Self::DOCKER_CONFIG
    }

    /// Reports whether layers of this type must not be pushed, because their content is available only from
    /// their `urls`.
    pub fn is_foreign(&self) -> bool {
        self.0.contains(".foreign.") || self.0.contains(".nondistributable.")
    }
}

impl From<String> for MediaType {
    fn from(mut text: String) -> Self {
        text.make_ascii_lowercase();
        Self(Cow::Owned(text))
    }
}

impl From<MediaType> for String {
    fn from(media_type: MediaType) -> Self {
        media_type.0.into_owned()
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
