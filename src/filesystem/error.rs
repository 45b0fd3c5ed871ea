//! Errors of reading layers.

use std::io;
use std::path::PathBuf;

use crate::diagnose::{Diagnose, ErrorKind, Failure, Hint, Recovery, io_hint};
use crate::digest::{self, Digest};

/// A layer that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The layer ends within an entry.
    #[error("the layer ends within an entry: it is truncated")]
    Truncated,
    /// The layer is not a tar.
    #[error("the layer is not a tar")]
    NotTar,
    /// The layer is compressed in an unsupported format.
    #[error("the layer is compressed with {0}, which regcli does not support")]
    Compression(&'static str),
    /// The layer is damaged or hostile.
    #[error("the layer cannot be read")]
    Invalid(#[source] io::Error),
    /// The layer exceeds a limit.
    #[error("the layer has more than {0}")]
    Limit(&'static str),
    /// The bytes of the layer do not match its digest.
    #[error(transparent)]
    Digest(#[from] digest::Error),
    /// The content of a file does not match the digest that the layer's table has for it.
    #[error("the content of {path} does not match its digest {digest}")]
    Content {
        /// The file.
        path: String,
        /// Its digest.
        digest: Digest,
    },
    /// The layer does not have a file that its list, which was kept, says it has.
    #[error("{0} is not in the layer, although it was before")]
    Changed(String),
    /// A temporary file could not be written or read.
    #[error("cannot use a temporary file in {}", folder.display())]
    Scratch {
        /// The directory of the file.
        folder: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The image has more layers than can be read together.
    #[error("the image has {count} layers: at most {limit} can be read together")]
    Layers {
        /// The number of layers.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// The source of the bytes failed.
    #[error("{0}")]
    Source(Failure),
}

impl Error {
    /// Reports whether the bytes of the layer, or those of a file, may be others than the author's.
    pub(crate) fn is_of_content(&self) -> bool {
        matches!(
            self,
            Self::NotTar | Self::Truncated | Self::Invalid(_) | Self::Changed(_) | Self::Content { .. }
        )
    }

    /// Returns the error for a failed read of a layer's unpacked bytes.
    pub(super) fn reading(source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Invalid(source),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Source(failure)
    }
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Scratch { .. } | Self::Compression(_) | Self::Limit(_) | Self::Layers { .. } => {
                ErrorKind::Other
            }
            Self::Source(failure) => failure.kind(),
            _ => ErrorKind::Corrupt,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Scratch { folder, source } => io_hint(source, folder),
            Self::Source(failure) => failure.hint(),
            _ => None,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Source(failure) => failure.recovery(),
            Self::Digest(error) => error.recovery(),
            _ => Recovery::Never,
        }
    }
}
