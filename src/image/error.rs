//! Why a document is not a manifest or config.

use super::{MediaType, Platform};
use crate::diagnose::{Diagnose, ErrorKind, Hint, Recovery};
use crate::digest;

/// A document that cannot be read, or an image that is missing for a platform.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The document is not JSON, or does not have the required format.
    #[error("cannot read {what}")]
    Parse {
        /// `image manifest`, `image index`, `image config`.
        what: &'static str,
        /// The parser's error.
        #[source]
        source: serde_json::Error,
    },
    /// The bytes do not match the digest.
    #[error("{what} verification failed")]
    Verify {
        /// `manifest`, `image config`.
        what: &'static str,
        /// The difference.
        #[source]
        source: digest::Error,
    },
    /// The document's own media type differs from the type it was sent as.
    #[error("manifest was sent as {sent} but says it is {stated}")]
    MediaTypeMismatch {
        /// The `Content-Type`, or the descriptor's media type.
        sent: MediaType,
        /// The document's own `mediaType`.
        stated: MediaType,
    },
    /// The document has both layers and manifests, so that one digest has two readings (CVE-2021-41190).
    #[error("manifest is ambiguous: it holds both an image and an index")]
    Ambiguous,
    /// The number of layers differs from that of the config. Docker's words.
    #[error("layers from manifest don't match image configuration")]
    Layers(#[source] LayerCount),
    /// The media type is not that of a manifest. Docker's words.
    #[error("unsupported media type {0}")]
    UnsupportedMediaType(MediaType),
    /// Docker's old format, which Docker itself no longer accepts. Docker's words.
    #[error(
        "Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed. More \
         information at https://docs.docker.com/go/deprecated-image-specs/"
    )]
    Schema1,
    /// The index has no image for the platform. Docker's words.
    #[error("no matching manifest for {wanted} in the manifest list entries")]
    NoPlatform {
        /// The requested platform.
        wanted: Box<Platform>,
        /// The available platforms, each as `os/arch[/variant]`.
        available: Vec<String>,
    },
    /// The image is for a single platform, and not for the requested one.
    #[error("image is for {actual}, not for {wanted}")]
    OtherPlatform {
        /// The requested platform.
        wanted: Box<Platform>,
        /// The image's platform.
        actual: Box<Platform>,
    },
    /// The manifest exceeds the maximum size. This is found before any content that it refers to is fetched.
    #[error("manifest of {size} bytes exceeds the limit of {limit} bytes")]
    TooLarge {
        /// The size of the manifest.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// The document has more entries, or a deeper nesting, than an image can reasonably have.
    #[error("{0}")]
    Limit(&'static str),
    /// A `--change` instruction is invalid.
    #[error("invalid change {instruction:?}: {reason}")]
    Change {
        /// The instruction.
        instruction: String,
        /// What is wrong with the instruction.
        reason: String,
    },
}

/// The number of layers of a manifest and of its config, where they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the manifest has {layers}, the configuration names {named}")]
pub struct LayerCount {
    /// The layers of the manifest.
    pub layers: usize,
    /// The layers that the config names.
    pub named: usize,
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoPlatform { .. } | Self::OtherPlatform { .. } => ErrorKind::NotFound,
            Self::Change { .. } => ErrorKind::Usage,
            Self::UnsupportedMediaType(_) | Self::Schema1 => ErrorKind::Other,
            _ => ErrorKind::Corrupt,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::NoPlatform { available, .. } => Some(Hint::ChoosePlatform { available: available.clone() }),
            Self::OtherPlatform { actual, .. } => {
                Some(Hint::ChoosePlatform { available: vec![actual.to_string()] })
            }
            _ => None,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Verify { .. } => Recovery::Restart,
            _ => Recovery::Never,
        }
    }
}
