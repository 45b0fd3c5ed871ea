//! Why a response to a search cannot be read.

use crate::diagnose::{Diagnose, ErrorKind};

/// A response that is not a list of repositories.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not JSON.
    #[error("cannot parse the search response")]
    Json(#[source] serde_json::Error),
    /// JSON of another shape.
    #[error("search response has no list {0:?}")]
    Shape(&'static str),
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}
