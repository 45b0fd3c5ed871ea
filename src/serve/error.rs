//! Why a registry cannot be opened or run.

use std::io;
use std::path::PathBuf;

use crate::diagnose::{Diagnose, ErrorKind, Hint, Recovery};
use crate::store;

/// What goes wrong when a registry is opened or run.
///
/// What goes wrong with one request is told to whoever made it, and to the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process serves this folder.
    #[error("another registry is running on {}", root.display())]
    InUse {
        /// The folder.
        root: PathBuf,
    },
    /// The folder holds something else. It is left as it is.
    #[error("{} is not empty, and no registry of regcli's", root.display())]
    NotARegistry {
        /// The folder.
        root: PathBuf,
    },
    /// The folder is a store of images. It is left as it is.
    #[error("{} is an image store, not a registry", root.display())]
    IsAStore {
        /// The folder.
        root: PathBuf,
    },
    /// The folder is a registry of a version that is not known. It is left as it is.
    #[error("{} is of version {version}, which is not known", path.display())]
    Version {
        /// The file that says so.
        path: PathBuf,
        /// The version.
        version: String,
    },
    /// The file that says what the folder is cannot be understood.
    #[error("{} does not say which version the registry is of", path.display())]
    Marker {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// A file or folder of the registry cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The port cannot be served any more.
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
            Self::Marker { path, .. } => Some(Hint::MendFile { path: path.clone() }),
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
