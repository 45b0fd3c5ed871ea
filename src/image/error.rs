//! Why a document is no manifest or config.

use super::{MediaType, Platform};
use crate::diagnose::{Diagnose, ErrorKind, Hint, Recovery};
use crate::digest;

/// A document that cannot be read, or an image that is not there for a platform.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not JSON, or not what the format asks for.
    #[error("cannot read {what}")]
    Parse {
        /// `image manifest`, `image index`, `image config`.
        what: &'static str,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// Its bytes are not those of its digest.
    #[error("{what} verification failed")]
    Verify {
        /// `manifest`, `image config`.
        what: &'static str,
        /// How they differ.
        #[source]
        source: digest::Error,
    },
    /// It says of itself that it is something else than what it was sent as.
    #[error("manifest was sent as {sent} but says it is {stated}")]
    MediaTypeMismatch {
        /// The `Content-Type`, or the descriptor's media type.
        sent: MediaType,
        /// The document's own `mediaType`.
        stated: MediaType,
    },
    /// It has both layers and manifests: one digest, two readings (CVE-2021-41190).
    #[error("manifest is ambiguous: it holds both an image and an index")]
    Ambiguous,
    /// It has more layers than its config names, or fewer. Docker's words.
    #[error("layers from manifest don't match image configuration")]
    Layers(#[source] LayerCount),
    /// A media type that is no manifest's. Docker's words.
    #[error("unsupported media type {0}")]
    UnsupportedMediaType(MediaType),
    /// Docker's old format, which Docker itself no longer takes. Docker's words.
    #[error(
        "Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed. More \
         information at https://docs.docker.com/go/deprecated-image-specs/"
    )]
    Schema1,
    /// The index has nothing for the platform. Docker's words.
    #[error("no matching manifest for {wanted} in the manifest list entries")]
    NoPlatform {
        /// The platform that was asked for.
        wanted: Box<Platform>,
        /// What there is, `os/arch[/variant]`.
        available: Vec<String>,
    },
    /// The image is for one platform only, and for another one.
    #[error("image is for {actual}, not for {wanted}")]
    OtherPlatform {
        /// The platform that was asked for.
        wanted: Box<Platform>,
        /// The image's platform.
        actual: Box<Platform>,
    },
    /// More bytes than a manifest may have. It is found out before anything is fetched that it refers to.
    #[error("manifest of {size} bytes is larger than the {limit} bytes that one may have")]
    TooLarge {
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// More entries, or a deeper nesting, than an image can reasonably have.
    #[error("{0}")]
    Limit(&'static str),
    /// A `--change` instruction that cannot be applied.
    #[error("invalid change {instruction:?}: {reason}")]
    Change {
        /// The instruction.
        instruction: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The number of layers that a manifest has and the number that its config names, where they differ.
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
