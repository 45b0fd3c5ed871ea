//! Errors of opening or running a registry.

use std::io;
use std::path::PathBuf;

use crate::diagnose::{Diagnose, ErrorKind, Hint, Recovery};
use crate::store;

/// An error of opening or running a registry.
///
/// An error of a single request goes to its client and to the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process serves this folder.
    #[error("another registry is running on {}", root.display())]
    InUse {
        /// The folder.
        root: PathBuf,
    },
    /// The folder holds something else. It is left unchanged.
    #[error("{} is not empty and is not a regcli registry", root.display())]
    NotARegistry {
        /// The folder.
        root: PathBuf,
    },
    /// The folder is a store of images. It is left unchanged.
    #[error("{} is an image store, not a registry", root.display())]
    IsAStore {
        /// The folder.
        root: PathBuf,
    },
    /// The folder is a registry of an unsupported version. It is left unchanged.
    #[error("{} has the unsupported version {version}", path.display())]
    Version {
        /// The file that names the version.
        path: PathBuf,
        /// The version.
        version: String,
    },
    /// The file that describes the folder cannot be parsed.
    #[error("{} does not name the version of the registry", path.display())]
    Marker {
        /// The file.
        path: PathBuf,
        /// The parser's error.
        #[source]
        source: serde_json::Error,
    },
    /// A file or folder of the registry cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The port cannot be served.
    #[error("cannot serve the registry")]
    Serve(#[source] io::Error),
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotARegistry { .. } | Self::IsAStore { .. } => ErrorKind::Usage,
            Self::Marker { .. } => ErrorKind::Corrupt,
            Self::Store(source) => source.kind(),
            Self::InUse { .. } | Self::Version { .. } | Self::Serve(_) => ErrorKind::Other,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::InUse { .. } | Self::NotARegistry { .. } | Self::IsAStore { .. } => Some(Hint::ChooseRoot),
            Self::Version { .. } => Some(Hint::UseNewerVersion),
            Self::Marker { path, .. } => Some(Hint::FixFile { path: path.clone() }),
            Self::Store(source) => source.hint(),
            Self::Serve(_) => None,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Store(source) => source.recovery(),
            _ => Recovery::Never,
        }
    }
}
