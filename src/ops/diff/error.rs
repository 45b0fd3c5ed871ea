//! Why two images could not be compared.

use crate::diagnose::{Diagnose, ErrorKind, Failure, Hint, Recovery};
use crate::ops;
use crate::ops::files::FilesError;
use crate::packages;

/// Two images could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiffError {
    /// One of the images could not be read.
    #[error(transparent)]
    Image(#[from] ops::Error),
    /// The files of one of the images could not be read.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// Neither image has a chosen path.
    #[error("neither image has {path}")]
    Nothing {
        /// The path or pattern.
        path: String,
    },
    /// A database of packages could not be read.
    #[error("cannot read the packages in {path} of {image}")]
    Packages {
        /// The image.
        image: String,
        /// The database.
        path: String,
        /// The cause.
        source: packages::Error,
    },
}

impl From<Failure> for DiffError {
    fn from(failure: Failure) -> Self {
        Self::Image(failure.into())
    }
}

impl Diagnose for DiffError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Image(error) => error.kind(),
            Self::Files(error) => error.kind(),
            Self::Nothing { .. } => ErrorKind::NotFound,
            Self::Packages { source, .. } => source.kind(),
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Image(error) => error.hint(),
            Self::Files(error) => error.hint(),
            Self::Nothing { .. } => None,
            Self::Packages { source, .. } => source.hint(),
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Image(error) => error.recovery(),
            Self::Files(error) => error.recovery(),
            Self::Nothing { .. } => Recovery::Never,
            Self::Packages { source, .. } => source.recovery(),
        }
    }
}
