//! Images as documents: manifests, indexes, configs and platforms, of OCI and of Docker's schema 2.
//!
//! Documents from a registry keep their original bytes ([`RawManifest`]) and are never serialised again,
//! because a digest covers exact bytes. The types here are views for reading. They are lenient where
//! registries are (`null` for an empty list) and strict where it matters (digests, sizes, one reading for
//! each document). New documents are built with `oci_spec`, which no other module names.

mod artifact;
mod build;
mod config;
mod descriptor;
mod error;
mod manifest;
mod media_type;
mod platform;
mod run_config;
mod selection;
mod spelling;

pub use artifact::{Artifact, ArtifactKind, EMPTY_CONFIG, NewArtifact, TITLE};
pub use build::{BuiltImage, Change, NewImage, NewLayer, image_manifest};
pub use config::{ContainerConfig, History, ImageConfig, check_layers};
pub use descriptor::Descriptor;
pub use error::{Error, LayerCount};
pub use manifest::{ImageManifest, Index, MANIFEST_BYTES_MAX, Manifest, RawManifest};
pub use media_type::MediaType;
pub use platform::{Platform, PlatformError};
pub use run_config::RunConfig;

/// Maximum size of an image's config, in bytes.
pub const CONFIG_BYTES_MAX: u64 = 8 << 20;

/// The annotation that names an image within an OCI layout.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The annotation that containerd and Docker use for the name of an image within an OCI layout.
pub const CONTAINERD_NAME: &str = "io.containerd.image.name";

/// Reads `null`, which some writers use for an empty list or map, as the default.
fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + serde::Deserialize<'de>,
{
    Ok(<Option<T> as serde::Deserialize>::deserialize(deserializer)?.unwrap_or_default())
}
