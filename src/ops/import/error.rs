//! Why files cannot become a layer.

use std::io;
use std::path::PathBuf;

use crate::diagnose::{Diagnose, ErrorKind, Hint, io_hint};

/// The name of the imported files in messages: a path, or `stdin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file or directory.
    Path(PathBuf),
    /// Bytes from stdin or another reader.
    Stream,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Stream => f.write_str("stdin"),
        }
    }
}

/// Why an import failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The files cannot be read.
    #[error("cannot read {origin}")]
    Read {
        /// The file or stream.
        origin: Origin,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// The layer cannot be packed in this directory.
    #[error("cannot write a temporary file in {}", folder.display())]
    Scratch {
        /// The directory for temporary files.
        folder: PathBuf,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// The packed layer cannot be read back.
    #[error("cannot read the packed layer")]
    Layer(#[source] io::Error),
    /// The file is compressed in an unsupported format.
    #[error("{origin} is compressed with {format}, which cannot be imported; decompress it, or use gzip")]
    Compression {
        /// The file or stream.
        origin: Origin,
        /// `zstd`, `xz`, `bzip2`.
        format: &'static str,
    },
    /// The stream is not a tar; a file would become a layer unchanged.
    #[error("{0} is not a tar archive, neither plain nor gzipped")]
    NotTar(Origin),
    /// The file or stream is empty.
    #[error("{0} is empty")]
    Empty(Origin),
    /// A tar or gzip is truncated or invalid.
    #[error("{origin} is not a complete tar archive")]
    Broken {
        /// The file or stream.
        origin: Origin,
        /// The error of the reader.
        #[source]
        source: io::Error,
    },
    /// Neither a file nor a folder.
    #[error("{} is neither a file nor a folder", .0.display())]
    Special(PathBuf),
    /// The import was dropped.
    #[error("import was stopped")]
    Stopped,
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Broken { .. } => ErrorKind::Corrupt,
            _ => ErrorKind::Other,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Read { origin: Origin::Path(path), source } => io_hint(source, path),
            Self::Scratch { folder, source } => {
                io_hint(source, folder).or_else(|| Some(Hint::CheckPath { path: folder.clone() }))
            }
            _ => None,
        }
    }
}
