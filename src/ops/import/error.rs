//! Why files cannot become a layer.

use std::io;
use std::path::PathBuf;

use crate::diagnose::{Diagnose, ErrorKind, Hint, io_hint};

/// What is imported, in messages: a path, or `stdin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file or folder.
    Path(PathBuf),
    /// Bytes that came from elsewhere.
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

/// Files that cannot become a layer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// They cannot be read.
    #[error("cannot read {origin}")]
    Read {
        /// Which.
        origin: Origin,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The layer cannot be packed at this place.
    #[error("cannot write a temporary file in {}", folder.display())]
    Scratch {
        /// The folder for temporary files.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The packed layer cannot be read again.
    #[error("cannot read the packed layer")]
    Layer(#[source] io::Error),
    /// Compressed in a way that is not read here.
    #[error("{origin} is compressed with {format}, which cannot be imported; decompress it, or use gzip")]
    Compression {
        /// Which.
        origin: Origin,
        /// `zstd`, `xz`, `bzip2`.
        format: &'static str,
    },
    /// Bytes from elsewhere that are no tar; a file would be taken as it is.
    #[error("{0} is no tar, neither plain nor gzipped")]
    NotTar(Origin),
    /// No bytes at all.
    #[error("{0} is empty")]
    Empty(Origin),
    /// A tar or gzip that ends early or makes no sense.
    #[error("{origin} is no complete tar")]
    Broken {
        /// Which.
        origin: Origin,
        /// Where it breaks.
        #[source]
        source: io::Error,
    },
    /// Neither a file nor a folder.
    #[error("{} is neither a file nor a folder", .0.display())]
    Special(PathBuf),
    /// Nobody waits for the layer any more.
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
