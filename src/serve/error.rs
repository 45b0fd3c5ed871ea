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
            Self::NotARegistry { .. } => ErrorKind::Usage,
            Self::Store(source) => source.kind(),
            Self::InUse { .. } | Self::Serve(_) => ErrorKind::Other,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::InUse { root } | Self::NotARegistry { root } => {
                Some(Hint::CheckPath { path: root.clone() })
            }
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
