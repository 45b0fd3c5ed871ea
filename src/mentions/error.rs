//! Why a file cannot be read.

use crate::diagnose::{Diagnose, ErrorKind};

use super::limits::{FILE_LIMIT, MENTIONS_LIMIT};

/// A file whose images cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is too large.
    #[error("larger than {FILE_LIMIT} bytes")]
    TooLarge,
    /// The file has too many images.
    #[error("more than {MENTIONS_LIMIT} images")]
    TooMany,
    /// The file is not text.
    #[error("not a text file: byte {0} is not UTF-8")]
    NotText(usize),
    /// The format is unknown.
    #[error("not a compose file, a manifest, values of a chart, a Dockerfile, or a list of images")]
    Format,
    /// The syntax is wrong.
    #[error("line {line}: {message}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }
}
