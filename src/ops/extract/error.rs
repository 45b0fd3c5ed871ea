//! Why files could not be extracted.

use std::io;
use std::path::PathBuf;

use crate::diagnose::{Diagnose, ErrorKind, Hint, Recovery, io_hint};
use crate::ops::files::FilesError;

/// Files of an image could not be extracted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The image could not be read.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A file exists already. Nothing was written.
    #[error("{} exists{}", path.display(), and_others(*.others))]
    Exists {
        /// The first of them.
        path: PathBuf,
        /// How many others exist.
        others: usize,
    },
    /// Something else is where a directory or a file would be.
    #[error("{} is in the way: it is not a directory", .0.display())]
    NotDirectory(PathBuf),
    /// A directory is where a file would be.
    #[error("{} is in the way: it is a directory", .0.display())]
    IsDirectory(PathBuf),
    /// Owners are to be preserved, which only root can do.
    #[error("only root can preserve the owners of files")]
    NotRoot,
    /// A file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// There is not enough space. Nothing was written.
    #[error("no space in {}: {needed} more bytes are needed", folder.display())]
    NoSpace {
        /// The directory.
        folder: PathBuf,
        /// How many bytes are missing.
        needed: u64,
    },
    /// The files are larger than the caller allows. Nothing was written.
    #[error("the files have {size} bytes, and {limit} are allowed")]
    TooLarge {
        /// Their size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
}

fn and_others(others: usize) -> String {
    if others == 0 { String::new() } else { format!(", and {others} more") }
}

impl ExtractError {
    /// Returns the error for a failed call on `path`.
    pub(super) fn write(path: PathBuf) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write { path, source }
    }
}

impl Diagnose for ExtractError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Files(error) => error.kind(),
            Self::NotRoot => ErrorKind::Usage,
            _ => ErrorKind::Other,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Files(error) => error.hint(),
            Self::Exists { .. } => Some(Hint::Force),
            Self::Write { path, source } => io_hint(source, path),
            Self::NoSpace { folder, .. } => Some(Hint::FreeSpace { path: folder.clone() }),
            Self::NotRoot | Self::NotDirectory(_) | Self::IsDirectory(_) | Self::TooLarge { .. } => None,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Files(error) => error.recovery(),
            _ => Recovery::Never,
        }
    }
}
