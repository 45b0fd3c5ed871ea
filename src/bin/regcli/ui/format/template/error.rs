//! Why a template cannot be followed.

use regcli::diagnose::{Diagnose, ErrorKind};

/// Why `--format` cannot be applied, in Docker's words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// The template is invalid, or fits no row.
    #[error("template parsing error: template: {0}")]
    Parse(String),
    /// The template fails on this row.
    #[error("template parsing error: template: :1: executing \"\": {0}")]
    Execute(String),
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Parse(_) => ErrorKind::Usage,
            Self::Execute(_) => ErrorKind::Other,
        }
    }
}
