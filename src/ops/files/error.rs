//! Why the files of an image could not be read.

use crate::diagnose::{Diagnose, ErrorKind, Failure, Hint, Recovery};
use crate::digest::Digest;
use crate::{filesystem, ops};

/// The files of an image could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilesError {
    /// The image could not be opened.
    #[error(transparent)]
    Image(#[from] ops::Error),
    /// A layer could not be read.
    #[error("cannot read layer {digest}")]
    Layer {
        /// The layer.
        digest: Digest,
        /// The cause.
        source: filesystem::Error,
    },
    /// The image has no such file.
    #[error("{image} has no {path}")]
    NotFound {
        /// The image.
        image: String,
        /// The requested path.
        path: String,
        /// The most similar paths, the best match first.
        nearest: Vec<String>,
    },
    /// The path leads through a symbolic link to something that the image does not have.
    #[error("{path} links to {target}, which {image} does not have")]
    Dangling {
        /// The image.
        image: String,
        /// The requested path.
        path: String,
        /// Where it leads.
        target: String,
        /// The paths most similar to that, the best match first.
        nearest: Vec<String>,
    },
    /// The path is a directory.
    #[error("{0} is a directory")]
    Directory(String),
    /// The path is not a directory, but something follows it as if it were.
    #[error("{0} is not a directory")]
    NotDirectory(String),
    /// The path is a device or a pipe.
    #[error("{0} is a device or a pipe, which has no content in an image")]
    Special(String),
    /// Links lead to each other.
    #[error("{path} leads through more than {limit} links")]
    Links {
        /// The requested path.
        path: String,
        /// The limit.
        limit: usize,
    },
    /// There are too many files for the memory.
    #[error("the files are too many: their list takes more than 1 GiB of memory")]
    TooMany,
    /// The file is sparse, and its content cannot be put together.
    #[error("{0} is a sparse file, which regcli cannot read")]
    Sparse(String),
}

impl FilesError {
    /// Returns the error for the path `wanted` of `image`, which leads to `reached`, where nothing is.
    pub(super) fn nothing(image: &str, [wanted, reached]: [String; 2], nearest: Vec<String>) -> Self {
        let image = image.to_owned();
        match wanted == reached {
            true => Self::NotFound { image, path: wanted, nearest },
            false => Self::Dangling { image, path: wanted, target: reached, nearest },
        }
    }

    /// Returns the error of reading a layer.
    pub(super) fn of_layer(digest: &Digest) -> impl Fn(filesystem::Error) -> Self {
        let digest = digest.clone();
        move |source| Self::Layer { digest: digest.clone(), source }
    }

    /// Returns the error of a temporary file.
    pub(crate) fn from_scratch(source: filesystem::Error) -> Self {
        Self::Image(Failure::from(source).into())
    }

    /// Returns the error of merging the layers.
    pub(in crate::ops) fn of_merge(source: filesystem::Error) -> Self {
        Self::Image(Failure::from(source).into())
    }
}

impl Diagnose for FilesError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Image(error) => error.kind(),
            Self::Layer { source, .. } => source.kind(),
            Self::NotFound { .. } | Self::Dangling { .. } => ErrorKind::NotFound,
            Self::Directory(_)
            | Self::NotDirectory(_)
            | Self::Special(_)
            | Self::Links { .. }
            | Self::TooMany
            | Self::Sparse(_) => ErrorKind::Other,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Image(error) => error.hint(),
            Self::Layer { source, .. } => source.hint(),
            Self::NotFound { image, nearest, .. } | Self::Dangling { image, nearest, .. } => {
                Some(Hint::SeeFiles { image: image.clone(), nearest: nearest.clone() })
            }
            Self::Directory(_)
            | Self::NotDirectory(_)
            | Self::Special(_)
            | Self::Links { .. }
            | Self::TooMany
            | Self::Sparse(_) => None,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Image(error) => error.recovery(),
            Self::Layer { source, .. } => source.recovery(),
            Self::NotFound { .. }
            | Self::Dangling { .. }
            | Self::Directory(_)
            | Self::NotDirectory(_)
            | Self::Special(_)
            | Self::Links { .. }
            | Self::TooMany
            | Self::Sparse(_) => Recovery::Never,
        }
    }
}
