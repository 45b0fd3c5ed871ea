//! Why two images could not be compared.

use crate::diagnose::{Diagnose, ErrorKind, Failure, Hint, Recovery};
use crate::ops;
use crate::ops::files::FilesError;

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
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Image(error) => error.hint(),
            Self::Files(error) => error.hint(),
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Image(error) => error.recovery(),
            Self::Files(error) => error.recovery(),
        }
    }
}
