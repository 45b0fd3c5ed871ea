//! Why a database of packages cannot be read.

use crate::diagnose::{Diagnose, ErrorKind};

/// A database of packages that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is in a format that is not supported.
    #[error("regcli cannot read the {0}")]
    Unsupported(&'static str),
    /// It is not what its name says, or it is damaged.
    #[error("the database is damaged: {0}")]
    Damaged(&'static str),
    /// It exceeds a limit.
    #[error("the database has more than {0}")]
    Limit(&'static str),
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unsupported(_) | Self::Limit(_) => ErrorKind::Other,
            Self::Damaged(_) => ErrorKind::Corrupt,
        }
    }
}
