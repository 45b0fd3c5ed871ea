//! Why an image could not be exported.

use crate::archive;
use crate::diagnose::{Diagnose, ErrorKind, Hint, Recovery};
use crate::ops::files::FilesError;

/// The files of an image could not be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The image could not be read.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The tar could not be written.
    #[error(transparent)]
    Archive(#[from] archive::Error),
}

impl ExportError {
    fn inner(&self) -> &dyn Diagnose {
        match self {
            Self::Files(error) => error,
            Self::Archive(error) => error,
        }
    }
}

impl Diagnose for ExportError {
    fn kind(&self) -> ErrorKind {
        self.inner().kind()
    }

    fn hint(&self) -> Option<Hint> {
        self.inner().hint()
    }

    fn recovery(&self) -> Recovery {
        self.inner().recovery()
    }
}
