//! Errors of reading or writing an archive.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::diagnose::{Diagnose, ErrorKind, Hint, Recovery, io_hint};
use crate::digest::{self, Digest};
use crate::{image, reference};

/// The location of an archive, in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    Path(PathBuf),
    /// Standard input.
    Stdin,
    /// Standard output.
    Stdout,
    /// Any other stream, with its name.
    Stream(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("stdin"),
            Self::Stdout => f.write_str("standard output"),
            Self::Stream(name) => f.write_str(name),
        }
    }
}

/// An error of an archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file does not exist. Docker's words.
    #[error("open {}: no such file or directory", .0.display())]
    NoSuchFile(PathBuf),
    /// The archive cannot be read.
    #[error("cannot read {origin}")]
    Read {
        /// The archive.
        origin: Origin,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The archive cannot be written.
    #[error("cannot write to {origin}")]
    Write {
        /// The archive.
        origin: Origin,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The folder for the archive does not exist. Docker's words.
    #[error("invalid output path: directory {:?} does not exist", .0.display().to_string())]
    NoSuchFolder(PathBuf),
    /// The temporary file for unpacking the archive cannot be written.
    #[error("cannot write a temporary file in {}", folder.display())]
    Scratch {
        /// The folder for temporary files.
        folder: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// There is not enough space for unpacking the archive into a temporary file.
    #[error("no space in {}: {needed} more bytes are needed", folder.display())]
    NoSpace {
        /// The folder for temporary files.
        folder: PathBuf,
        /// The number of missing bytes.
        needed: u64,
    },
    /// The input is empty.
    #[error("{0} is empty")]
    Empty(Origin),
    /// The input is not an archive.
    #[error("{0} is not an image archive: it is not a tar, plain or compressed")]
    NotTar(Origin),
    /// The compression is not supported.
    #[error("{origin} is compressed with {format}, which is not supported; decompress it first")]
    Compression {
        /// The archive, or a layer of it.
        origin: String,
        /// `xz`, `bzip2`, …
        format: &'static str,
    },
    /// The archive is truncated or malformed.
    #[error("{origin} is damaged")]
    Broken {
        /// The archive.
        origin: Origin,
        /// The defect.
        #[source]
        source: io::Error,
    },
    /// A tar without images.
    #[error("{0} is not an image archive: it has neither an index.json nor a manifest.json")]
    NoImages(Origin),
    /// A document in the archive is not JSON, or does not have the required form.
    #[error("cannot read {name} in {origin}")]
    Document {
        /// The archive.
        origin: Origin,
        /// `index.json`, `manifest.json`.
        name: &'static str,
        /// The parser's error.
        #[source]
        source: serde_json::Error,
    },
    /// The archive contradicts itself or exceeds a limit.
    #[error("{origin}: {problem}")]
    Invalid {
        /// The archive.
        origin: Origin,
        /// What is wrong.
        problem: String,
    },
    /// The name of an image is not a reference.
    #[error("{origin} has an image called {name:?}: {source}")]
    Name {
        /// The archive.
        origin: Origin,
        /// The name, unchanged.
        name: String,
        /// Why the name is not a reference. It is not a source, because no user typed it.
        source: Box<reference::Error>,
    },
    /// The content of this digest is missing.
    #[error("blob {digest} is not in {origin}")]
    Missing {
        /// The archive.
        origin: Origin,
        /// The digest.
        digest: Digest,
    },
    /// Content does not match its digest.
    #[error("{origin}: {name} is damaged")]
    Content {
        /// The archive.
        origin: Origin,
        /// The damaged content.
        name: String,
        /// The difference.
        #[source]
        source: digest::Error,
    },
    /// A document of an image cannot be read.
    #[error(transparent)]
    Image(#[from] image::Error),
    /// The archive has no image of this name.
    #[error("image {name} not found in {origin}")]
    NotFound {
        /// The archive.
        origin: Origin,
        /// The name.
        name: String,
    },
    /// The archive has several images, and none was named.
    #[error("several images in {origin}: {}", names.join(", "))]
    SeveralImages {
        /// The archive.
        origin: Origin,
        /// The names of the images, or the digest of one without a name.
        names: Vec<String>,
    },
    /// The content to write does not match its digest.
    #[error(transparent)]
    Unverified(#[from] digest::Error),
    /// The same, where the written content cannot be removed again.
    #[error("{origin} is incomplete and must be discarded")]
    Spoiled {
        /// The archive.
        origin: Origin,
        /// The difference.
        #[source]
        source: digest::Error,
    },
    /// The caller has stopped waiting.
    #[error("work on the archive was stopped")]
    Stopped,
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } | Self::Missing { .. } => ErrorKind::NotFound,
            Self::Image(source) => source.kind(),
            Self::Unverified(source) => source.kind(),
            Self::Broken { .. }
            | Self::Document { .. }
            | Self::Invalid { .. }
            | Self::Name { .. }
            | Self::Content { .. }
            | Self::Spoiled { .. } => ErrorKind::Corrupt,
            _ => ErrorKind::Other,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Read { origin: Origin::Path(path), source } => io_hint(source, path),
            Self::Write { origin: Origin::Path(path), source } => match io_hint(source, path) {
                // The file itself no longer exists when this is read.
                Some(Hint::FreeSpace { path }) => {
                    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                    Some(Hint::FreeSpace { path: folder.map_or_else(|| ".".into(), PathBuf::from) })
                }
                hint => hint,
            },
            Self::Scratch { folder, source } => {
                io_hint(source, folder).or_else(|| Some(Hint::CheckPath { path: folder.clone() }))
            }
            Self::NoSpace { folder, .. } => Some(Hint::FreeSpace { path: folder.clone() }),
            Self::Image(source) => source.hint(),
            _ => None,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Unverified(source) => source.recovery(),
            _ => Recovery::Never,
        }
    }
}
