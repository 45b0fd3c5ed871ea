//! Why a document is not a usable trusted root.

use crate::diagnose::{Diagnose, ErrorKind};
use crate::signature::Refusal;

/// Why a document is not a usable trusted root.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// It is too large, not JSON, or of another type.
    #[error(transparent)]
    Document(#[from] Refusal),
    /// It lacks the keys of one of the services that a signature depends on.
    #[error("the trusted root has no {0}")]
    Lacks(&'static str),
    /// A key or certificate in it is unusable.
    #[error("the trusted root is not usable: {0}")]
    Unusable(String),
    /// This program cannot verify certificates.
    #[error("built without the feature \"verify\": signatures with certificates cannot be verified")]
    NotBuilt,
}

impl Diagnose for RootError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }
}
