//! Image configs, as far as people ask about them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Error, Platform, null_as_default};
use crate::digest::Digest;

/// A view of an image's config. Everything may be missing: configs come from many builders.
///
/// See the [OCI image configuration](https://github.com/opencontainers/image-spec/blob/main/config.md).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ImageConfig {
    /// When it was made, RFC 3339.
    #[serde(deserialize_with = "null_as_default")]
    pub created: String,
    /// By whom.
    #[serde(deserialize_with = "null_as_default")]
    pub author: String,
    /// A remark about the image as a whole.
    #[serde(deserialize_with = "null_as_default")]
    pub comment: String,
    /// The version of the Docker that made it.
    #[serde(deserialize_with = "null_as_default")]
    pub docker_version: String,
    /// The architecture, in Go's words.
    #[serde(deserialize_with = "null_as_default")]
    pub architecture: String,
    /// The operating system, in Go's words.
    #[serde(deserialize_with = "null_as_default")]
    pub os: String,
    /// The version of the operating system, for Windows.
    #[serde(rename = "os.version", deserialize_with = "null_as_default")]
    pub os_version: String,
    /// The variant of the architecture.
    #[serde(deserialize_with = "null_as_default")]
    pub variant: String,
    /// How containers of it run.
    #[serde(deserialize_with = "null_as_default")]
    pub config: ContainerConfig,
    /// The uncompressed layers.
    #[serde(deserialize_with = "null_as_default")]
    pub rootfs: RootFs,
    /// One entry a build step, the oldest first.
    #[serde(deserialize_with = "null_as_default")]
    pub history: Vec<History>,
}

/// How containers run, as far as it is shown or filtered by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerConfig {
    /// Labels.
    #[serde(deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    /// `KEY=VALUE` each.
    #[serde(deserialize_with = "null_as_default")]
    pub env: Vec<String>,
    /// The entry point.
    #[serde(deserialize_with = "null_as_default")]
    pub entrypoint: Vec<String>,
    /// The command, or the entry point's arguments.
    #[serde(deserialize_with = "null_as_default")]
    pub cmd: Vec<String>,
}

/// The uncompressed layers of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RootFs {
    /// Digests of the uncompressed tars, the lowest layer first.
    #[serde(deserialize_with = "null_as_default")]
    pub diff_ids: Vec<Digest>,
}

/// A step of an image's build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct History {
    /// When, RFC 3339.
    #[serde(deserialize_with = "null_as_default")]
    pub created: String,
    /// The command.
    #[serde(deserialize_with = "null_as_default")]
    pub created_by: String,
    /// A remark.
    #[serde(deserialize_with = "null_as_default")]
    pub comment: String,
    /// Whether it made no layer.
    #[serde(deserialize_with = "null_as_default")]
    pub empty_layer: bool,
}

impl ImageConfig {
    /// Reads a config.
    ///
    /// # Errors
    /// [`Error::Parse`] if it is not JSON, or a field has another type than it should.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        parse_object(bytes).map_err(|source| Error::Parse { what: "image config", source })
    }

    /// What it runs on, if it says so.
    pub fn platform(&self) -> Option<Platform> {
        if self.os.is_empty() || self.architecture.is_empty() {
            return None;
        }
        let variant = (!self.variant.is_empty()).then(|| self.variant.clone());
        Some(Platform::new(&self.os, &self.architecture, variant.as_deref()))
    }
}

/// Reads a JSON object. Serde would take a list of an object's values for the object.
pub(super) fn parse_object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, serde_json::Error> {
    let value = serde_json::from_slice(bytes)?;
    match bytes.trim_ascii_start().first() {
        Some(b'{') => Ok(value),
        _ => Err(serde::de::Error::custom("a list where an object should be")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_no_config() {
        assert!(matches!(ImageConfig::parse(b" []"), Err(Error::Parse { .. })));
    }

    #[test]
    fn an_empty_config_and_one_full_of_nulls_are_read() {
        assert_eq!(ImageConfig::parse(b"{}").unwrap(), ImageConfig::default());
        let nulls = br#"{"created":null,"config":null,"rootfs":{"diff_ids":null},"history":null}"#;
        assert_eq!(ImageConfig::parse(nulls).unwrap(), ImageConfig::default());
    }
}
