//! The parts of image configs that regcli reads.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::{Error, LayerCount};
use super::spelling::{self, Part};
use super::{Platform, null_as_default};
use crate::digest::Digest;

/// A view of an image's config. Every field may be missing, because configs come from many builders.
///
/// See the [OCI image configuration](https://github.com/opencontainers/image-spec/blob/main/config.md).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ImageConfig {
    /// The creation time, RFC 3339.
    #[serde(deserialize_with = "null_as_default")]
    pub created: String,
    /// The author.
    #[serde(deserialize_with = "null_as_default")]
    pub author: String,
    /// A comment about the image as a whole.
    #[serde(deserialize_with = "null_as_default")]
    pub comment: String,
    /// The version of Docker that built the image.
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
    /// The settings of containers.
    #[serde(deserialize_with = "null_as_default")]
    pub config: ContainerConfig,
    /// The uncompressed layers.
    #[serde(deserialize_with = "null_as_default")]
    pub rootfs: RootFs,
    /// One entry per build step, the oldest first.
    #[serde(deserialize_with = "null_as_default")]
    pub history: Vec<History>,
}

/// The settings of containers that are shown or filtered by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerConfig {
    /// Labels.
    #[serde(deserialize_with = "null_as_default")]
    pub labels: BTreeMap<String, String>,
    /// Environment variables, each as `KEY=VALUE`.
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
    /// The time of the step, RFC 3339.
    #[serde(deserialize_with = "null_as_default")]
    pub created: String,
    /// The command.
    #[serde(deserialize_with = "null_as_default")]
    pub created_by: String,
    /// A comment.
    #[serde(deserialize_with = "null_as_default")]
    pub comment: String,
    /// Whether the step created no layer.
    #[serde(deserialize_with = "null_as_default")]
    pub empty_layer: bool,
}

impl ImageConfig {
    /// Parses a config.
    ///
    /// # Errors
    /// [`Error::Parse`] if it is not JSON, or a field has the wrong type.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let parsed = spelling::check(Part::Config, bytes).and_then(|()| parse_object(bytes));
        parsed.map_err(|source| Error::Parse { what: "image config", source })
    }

    /// Returns the platform of the image, if the config names one.
    pub fn platform(&self) -> Option<Platform> {
        if self.os.is_empty() || self.architecture.is_empty() {
            return None;
        }
        let variant = (!self.variant.is_empty()).then(|| self.variant.clone());
        Some(Platform::new(&self.os, &self.architecture, variant.as_deref()))
    }
}

/// Checks that an image has as many layers as its config names.
///
/// A config that names none passes, because many artifacts use the media type of an image's config. A
/// document that is not a config passes, too: other checks report it.
///
/// # Errors
/// [`Error::Layers`] if the numbers differ, [`Error::Parse`] if different readers would see different
/// numbers.
pub fn check_layers(layers: usize, config: &[u8]) -> Result<(), Error> {
    if let Err(source) = spelling::check(Part::Config, config)
        && source.is_data()
    {
        return Err(Error::Parse { what: "image config", source });
    }
    match named_layers(config) {
        Some(named) if named != layers => Err(Error::Layers(LayerCount { layers, named })),
        _ => Ok(()),
    }
}

/// Returns how many layers a config names. Nothing else of it is read.
fn named_layers(config: &[u8]) -> Option<usize> {
    #[derive(Deserialize)]
    struct Config {
        rootfs: Option<RootFs>,
    }
    #[derive(Deserialize)]
    struct RootFs {
        #[serde(default, rename = "type")]
        kind: Option<String>,
        diff_ids: Option<Vec<IgnoredAny>>,
    }
    let rootfs = parse_object::<Config>(config).ok()?.rootfs?;
    // Old Windows images have `layers+base`, with a layer that no manifest lists.
    let is_layers = rootfs.kind.is_none_or(|kind| kind.is_empty() || kind == "layers");
    rootfs.diff_ids.filter(|_| is_layers).map(|ids| ids.len())
}

/// Parses a JSON object. Serde would accept a list of the object's values as the object.
pub(super) fn parse_object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, serde_json::Error> {
    let value = serde_json::from_slice(bytes)?;
    match bytes.trim_ascii_start().first() {
        Some(b'{') => Ok(value),
        _ => Err(serde::de::Error::custom("expected an object, found a list")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_not_a_config() {
        assert!(matches!(ImageConfig::parse(b" []"), Err(Error::Parse { .. })));
    }

    #[test]
    fn r2_only_a_config_that_names_layers_says_how_many_there_are() {
        for config in [
            "{}",
            "no config",
            "[]",
            r#"{"rootfs":null}"#,
            r#"{"rootfs":{"type":"","diff_ids":null}}"#,
            r#"{"rootfs":{"type":"layers+base","diff_ids":[]}}"#,
            r#"{"rootfs":{"type":"layers","diff_ids":["a","b"]}}"#,
            r#"{"rootfs":{"diff_ids":["a","b"]}}"#,
        ] {
            assert!(check_layers(2, config.as_bytes()).is_ok(), "{config}");
        }
        for config in [r#"{"rootfs":{"type":"layers","diff_ids":[]}}"#, r#"{"rootfs":{"diff_ids":["a"]}}"#] {
            let error = check_layers(2, config.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), "layers from manifest don't match image configuration");
        }
    }

    #[test]
    fn an_empty_config_and_one_full_of_nulls_are_read() {
        assert_eq!(ImageConfig::parse(b"{}").unwrap(), ImageConfig::default());
        let nulls = br#"{"created":null,"config":null,"rootfs":{"diff_ids":null},"history":null}"#;
        assert_eq!(ImageConfig::parse(nulls).unwrap(), ImageConfig::default());
    }
}
