//! Why the store cannot give or take something.

use std::io;
use std::path::{Path, PathBuf};

use crate::diagnose::{self, Diagnose, ErrorKind, Hint, Recovery};
use crate::digest::{self, Digest};

/// What goes wrong in a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused something.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder it was tried on.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// What was written is not the content that was promised. Nothing of it is kept.
    #[error(transparent)]
    Content(#[from] digest::Error),
    /// The blob is not there.
    #[error("blob {0} is not in the store")]
    Missing(Digest),
    /// The file of a blob has not the content, or not the size, of its digest.
    #[error("the stored blob {} is damaged", path.display())]
    Damaged {
        /// The blob's file.
        path: PathBuf,
        /// How it differs.
        #[source]
        source: digest::Error,
    },
    /// A document that is read into memory as a whole is larger than such documents may be.
    #[error("{} is larger than the {limit} bytes that are read into memory", path.display())]
    TooLarge {
        /// Its file.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The program is ending, and work on a file was given up before it began.
    #[error("work on the store was stopped")]
    Stopped,
}

impl Error {
    /// Makes the error of `action` on `path`, for `map_err`.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { source, .. } => diagnose::io_kind(source),
            Self::Content(source) => source.kind(),
            Self::Missing(_) => ErrorKind::NotFound,
            Self::Damaged { .. } | Self::TooLarge { .. } => ErrorKind::Corrupt,
            Self::Stopped => ErrorKind::Other,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            // A file where a folder should be made.
            Self::Io { source, path, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
                Some(Hint::CheckPath { path: path.clone() })
            }
            Self::Io { source, path, .. } => diagnose::io_hint(source, path),
            _ => None,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Content(source) => source.recovery(),
            _ => Recovery::Never,
        }
    }
}
