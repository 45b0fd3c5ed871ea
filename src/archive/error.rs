//! Why an archive cannot be read or written.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::diagnose::{Diagnose, ErrorKind, Hint, Recovery, io_hint};
use crate::digest::{self, Digest};
use crate::{image, reference};

/// Where an archive is, in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    Path(PathBuf),
    /// Standard input.
    Stdin,
    /// Standard output.
    Stdout,
    /// Anything else that comes or goes as a stream, as it is called.
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

/// What goes wrong with an archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such file. Docker's words.
    #[error("open {}: no such file or directory", .0.display())]
    NoSuchFile(PathBuf),
    /// Its bytes cannot be read.
    #[error("cannot read {origin}")]
    Read {
        /// Which archive.
        origin: Origin,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its bytes cannot be written.
    #[error("cannot write to {origin}")]
    Write {
        /// Which archive.
        origin: Origin,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The folder that it should be written into is not there. Docker's words.
    #[error("invalid output path: directory {:?} does not exist", .0.display().to_string())]
    NoSuchFolder(PathBuf),
    /// It has to be unpacked into a temporary file, and that cannot be written.
    #[error("cannot write a temporary file in {}", folder.display())]
    Scratch {
        /// The folder for temporary files.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It has to be unpacked into a temporary file, and there is no room for that.
    #[error("no space in {}: {needed} more bytes are needed", folder.display())]
    NoSpace {
        /// The folder for temporary files.
        folder: PathBuf,
        /// How many bytes are missing.
        needed: u64,
    },
    /// No bytes at all.
    #[error("{0} is empty")]
    Empty(Origin),
    /// Bytes, but no archive.
    #[error("{0} is no image archive: it is no tar, neither plain nor compressed")]
    NotTar(Origin),
    /// Compressed in a way that is not read here.
    #[error("{origin} is compressed with {format}, which is not read here; decompress it first")]
    Compression {
        /// Which archive, or which layer of it.
        origin: String,
        /// `xz`, `bzip2`, …
        format: &'static str,
    },
    /// It ends early or makes no sense.
    #[error("{origin} is damaged")]
    Broken {
        /// Which archive.
        origin: Origin,
        /// Where it breaks.
        #[source]
        source: io::Error,
    },
    /// A tar, but not of images.
    #[error("{0} is no image archive: it has neither an index.json nor a manifest.json")]
    NoImages(Origin),
    /// A document in it is no JSON, or not what it should be.
    #[error("cannot read {name} in {origin}")]
    Document {
        /// Which archive.
        origin: Origin,
        /// `index.json`, `manifest.json`.
        name: &'static str,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// What it says about its images is not so.
    #[error("{origin}: {problem}")]
    Invalid {
        /// Which archive.
        origin: Origin,
        /// What is wrong.
        problem: String,
    },
    /// The name of an image in it is no reference.
    #[error("{origin} has an image called {name:?}: {source}")]
    Name {
        /// Which archive.
        origin: Origin,
        /// As it stands there.
        name: String,
        /// Why it is none. No source: nobody typed it.
        source: Box<reference::Error>,
    },
    /// It has not the content of this digest.
    #[error("blob {digest} is not in {origin}")]
    Missing {
        /// Which archive.
        origin: Origin,
        /// The digest.
        digest: Digest,
    },
    /// Something in it is not what its digest says.
    #[error("{origin}: {name} is damaged")]
    Content {
        /// Which archive.
        origin: Origin,
        /// What is damaged.
        name: String,
        /// How it differs.
        #[source]
        source: digest::Error,
    },
    /// A document of an image that cannot be read.
    #[error(transparent)]
    Image(#[from] image::Error),
    /// It has no image of this name.
    #[error("no image is called {name} in {origin}")]
    NotFound {
        /// Which archive.
        origin: Origin,
        /// The name.
        name: String,
    },
    /// It has several images, and none was named.
    #[error("there are several images in {origin}: {}", names.join(", "))]
    SeveralImages {
        /// Which archive.
        origin: Origin,
        /// Their names; a digest stands for one without.
        names: Vec<String>,
    },
    /// What was to be written is not what its digest says.
    #[error(transparent)]
    Unverified(#[from] digest::Error),
    /// The same, where what was written cannot be taken back.
    #[error("what was written to {origin} is worth nothing")]
    Spoiled {
        /// Which archive.
        origin: Origin,
        /// What was wrong.
        #[source]
        source: digest::Error,
    },
    /// Nobody waits for it any more.
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
                // The file itself is gone by the time this is read.
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
