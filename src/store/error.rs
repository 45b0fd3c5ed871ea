//! Errors of the store.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::diagnose::{self, Diagnose, ErrorKind, Hint, Recovery};
use crate::digest::{self, Digest};
use crate::{image, reference};

/// An error of a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused something.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The attempted action.
        action: &'static str,
        /// The file or folder of the action.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The written content does not match its descriptor. None of it is kept.
    #[error(transparent)]
    Content(#[from] digest::Error),
    /// The blob is not in the store.
    #[error("blob {0} is not in the store")]
    Missing(Digest),
    /// The file of a blob does not match its digest or its size.
    #[error("the stored blob {} is damaged", path.display())]
    Damaged {
        /// The blob's file.
        path: PathBuf,
        /// The difference.
        #[source]
        source: digest::Error,
    },
    /// A document that is read as a whole exceeds the maximum size.
    #[error("{} exceeds the limit of {limit} bytes", path.display())]
    TooLarge {
        /// The document's file.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A manifest or config cannot be read.
    #[error(transparent)]
    Image(Box<image::Error>),
    /// The typed text is neither a name nor an ID.
    #[error(transparent)]
    Reference(#[from] reference::Error),
    /// No image has this name or ID. Docker's words.
    #[error("No such image: {0}")]
    NoSuchImage(String),
    /// Several images have an ID with this prefix.
    #[error("image ID {prefix} is ambiguous: it matches {images} images")]
    AmbiguousId {
        /// The typed text, in hexadecimal.
        prefix: String,
        /// The number of matching images.
        images: usize,
    },
    /// The layout has no image of this name.
    #[error("image {name} not found in {}", path.display())]
    NotInLayout {
        /// The layout's folder.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// The layout's folder does not exist.
    #[error("directory {} does not exist", .0.display())]
    NoLayout(PathBuf),
    /// The layout has no image.
    #[error("no image in {}", path.display())]
    EmptyLayout {
        /// The layout's folder.
        path: PathBuf,
    },
    /// The layout has several images, and none was named.
    #[error("several images in {}: {}", path.display(), names.join(", "))]
    SeveralImages {
        /// The layout's folder.
        path: PathBuf,
        /// The names of the images, or the digest of one without a name.
        names: Vec<String>,
    },
    /// index.json or oci-layout is invalid. It is never overwritten.
    #[error("cannot read {}", path.display())]
    Document {
        /// The file.
        path: PathBuf,
        /// The parser's error.
        #[source]
        source: serde_json::Error,
    },
    /// The folder is a layout of an unsupported version.
    #[error("{} has the unsupported version {version}", path.display())]
    Version {
        /// The file that names the version.
        path: PathBuf,
        /// The version.
        version: String,
    },
    /// The name of an image contains another digest than its own.
    #[error("{name} is the name of an image with another digest: {actual}")]
    FalseName {
        /// The name with its digest.
        name: String,
        /// The image's own digest.
        actual: Digest,
    },
    /// The content that an image needs is unknown, so no content can be called superfluous.
    #[error("cannot determine what {image} needs, so no content can be removed")]
    Unknown {
        /// The name of the image, or the document that names it.
        image: String,
        /// The reason.
        #[source]
        source: Box<Error>,
    },
    /// Another process holds a lock and makes no progress.
    #[error(
        "gave up waiting for {} after {} s: {} holds it",
        path.display(), waited.as_secs(), called(holder.as_ref())
    )]
    Locked {
        /// The lock's file.
        path: PathBuf,
        /// The time without progress.
        waited: Duration,
        /// The holder of the lock, if the operating system reports it.
        holder: Option<Holder>,
    },
    /// The folder is that of a registry, not a store.
    #[error("{} is the folder of a registry, not a store of images", path.display())]
    Registry {
        /// The folder.
        path: PathBuf,
    },
    /// The program is ending, and work on a file was given up before it began.
    #[error("work on the store was stopped")]
    Stopped,
}

/// A process that holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process ID.
    pub process: u32,
    /// The name of its program, if known.
    pub program: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.program {
            Some(program) => write!(f, "process {} ({program})", self.process),
            None => write!(f, "process {}", self.process),
        }
    }
}

/// The action of creating a folder.
pub(crate) const CREATE_FOLDER: &str = "create the folder";

impl Error {
    /// Creates the error of `action` on `path`, for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// Reports whether the user lacks the permission.
    pub(super) fn is_denied(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied)
    }
}

fn called(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "another process".to_owned(), ToString::to_string)
}

impl From<image::Error> for Error {
    fn from(error: image::Error) -> Self {
        Self::Image(Box::new(error))
    }
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Content(source) => source.kind(),
            Self::Image(source) => source.kind(),
            Self::Reference(source) => source.kind(),
            Self::Missing(_)
            | Self::NoSuchImage(_)
            | Self::NotInLayout { .. }
            | Self::NoLayout(_)
            | Self::EmptyLayout { .. } => ErrorKind::NotFound,
            Self::Damaged { .. } | Self::TooLarge { .. } | Self::Document { .. } | Self::FalseName { .. } => {
                ErrorKind::Corrupt
            }
            Self::Unknown { source, .. } => match source.kind() {
                ErrorKind::NotFound => ErrorKind::Corrupt,
                kind => kind,
            },
            Self::Io { .. }
            | Self::AmbiguousId { .. }
            | Self::SeveralImages { .. }
            | Self::Version { .. }
            | Self::Registry { .. }
            | Self::Locked { .. }
            | Self::Stopped => ErrorKind::Other,
        }
    }

    fn brief(&self) -> Option<String> {
        match self {
            Self::Io { path, source, .. } => {
                let folder = path.parent().unwrap_or(path);
                Some(format!("{} in {}", source.kind(), folder.display()))
            }
            _ => None,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            // A file in place of a folder, or a file system such as /proc, where nothing can be created.
            Self::Io { source, path, action }
                if source.kind() == io::ErrorKind::AlreadyExists || *action == CREATE_FOLDER =>
            {
                diagnose::io_hint(source, path).or_else(|| Some(Hint::CheckPath { path: path.clone() }))
            }
            Self::Io { source, path, .. } => match diagnose::io_hint(source, path) {
                // The file itself may no longer exist when this is read.
                Some(Hint::FreeSpace { path }) => {
                    Some(Hint::FreeSpace { path: path.parent().map_or(path.clone(), Path::to_owned) })
                }
                hint => hint,
            },
            Self::Image(source) => source.hint(),
            Self::Reference(source) => source.hint(),
            Self::NoSuchImage(_) | Self::AmbiguousId { .. } => Some(Hint::SeeImages),
            Self::Damaged { .. } => Some(Hint::VerifyStore),
            Self::Unknown { source, .. } => source.hint().or(Some(Hint::VerifyStore)),
            Self::Locked { holder, .. } => {
                Some(Hint::WaitForLock { process: holder.as_ref().map(|holder| holder.process) })
            }
            Self::Registry { path } => Some(Hint::ServeFolder { path: path.clone() }),
            Self::Document { path, .. } => Some(Hint::FixFile { path: path.clone() }),
            _ => None,
        }
    }

    fn recovery(&self) -> Recovery {
        match self {
            Self::Content(source) => source.recovery(),
            _ => Recovery::Never,
        }
    }
}
