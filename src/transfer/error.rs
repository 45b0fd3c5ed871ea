//! Why a copy failed, and on which content.

use crate::diagnose::{Diagnose, ErrorKind, Failure, Hint, Recovery};
use crate::image::Descriptor;

/// A copy that failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A blob or a manifest could not be copied.
    Content {
        /// The blob or manifest.
        descriptor: Box<Descriptor>,
        /// The end at which it failed.
        end: End,
        /// The cause.
        cause: Failure,
    },
    /// The image does not match the request, or cannot be read.
    Image(crate::image::Error),
    /// A task ended without a result.
    Task(tokio::task::JoinError),
}

/// An end of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The end that is read from.
    Source,
    /// The end that is written to.
    Target,
}

/// A failure with the end that caused it.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) end: End,
    pub(super) failure: Failure,
}

impl Fault {
    pub(super) fn of_source(failure: impl Into<Failure>) -> Self {
        Self { end: End::Source, failure: failure.into() }
    }

    pub(super) fn of_target(failure: impl Into<Failure>) -> Self {
        Self { end: End::Target, failure: failure.into() }
    }
}

impl Error {
    /// Creates errors about `descriptor`.
    pub(super) fn of(descriptor: &Descriptor) -> impl FnOnce(Fault) -> Self {
        let descriptor = Box::new(descriptor.clone());
        move |Fault { end, failure }| Self::Content { descriptor, end, cause: failure }
    }

    /// Creates errors of the source about `descriptor`.
    pub(super) fn of_source(descriptor: &Descriptor) -> impl FnOnce(Failure) -> Self {
        let of = Self::of(descriptor);
        move |failure| of(Fault::of_source(failure))
    }

    /// Creates errors of the target about `descriptor`.
    pub(super) fn of_target(descriptor: &Descriptor) -> impl FnOnce(Failure) -> Self {
        let of = Self::of(descriptor);
        move |failure| of(Fault::of_target(failure))
    }

    /// Returns the end that failed, if this is about some content.
    pub fn end(&self) -> Option<End> {
        match self {
            Self::Content { end, .. } => Some(*end),
            Self::Image(_) | Self::Task(_) => None,
        }
    }

    /// Returns the error of that end, if this is about some content.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Content { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Content { cause, .. } if is_of_the_whole(cause) => write!(f, "{cause}"),
            // Docker's words, which scripts look for.
            Self::Content { descriptor, cause, .. } if cause.kind() == ErrorKind::Corrupt => {
                write!(f, "{} verification failed for digest {}", kind_of(descriptor), descriptor.digest)
            }
            Self::Content { descriptor, end, cause } => {
                let is_manifest = descriptor.media_type.is_manifest();
                let (kind, id) = (if is_manifest { "manifest" } else { "blob" }, descriptor.digest.short());
                match cause.brief() {
                    Some(brief) => write!(f, "{brief} ({kind} {id})"),
                    None if *end == End::Source => write!(f, "cannot read {kind} {id}"),
                    None => write!(f, "cannot write {kind} {id}"),
                }
            }
            Self::Image(error) => write!(f, "{error}"),
            Self::Task(_) => f.write_str("a transfer ended without a result"),
        }
    }
}

/// Reports whether the error concerns the whole copy rather than one blob: without permission to push, no
/// blob can be pushed, and a wrong number of layers is not a fault of the config.
fn is_of_the_whole(cause: &Failure) -> bool {
    let is_of_image = matches!(cause.downcast_ref(), Some(crate::image::Error::Layers(_)));
    is_of_image || matches!(cause.kind(), ErrorKind::Denied | ErrorKind::RateLimited)
}

/// Returns Docker's name for a kind of content.
fn kind_of(descriptor: &Descriptor) -> &'static str {
    match &descriptor.media_type {
        kind if kind.is_manifest() => "manifest",
        kind if kind.is_image_config() => "image config",
        _ => "filesystem layer",
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Content { cause, .. } if is_of_the_whole(cause) => cause.as_ref().source(),
            Self::Content { cause, .. } => Some(cause.as_ref()),
            Self::Image(error) => error.source(),
            Self::Task(error) => Some(error),
        }
    }
}

impl From<crate::image::Error> for Error {
    fn from(error: crate::image::Error) -> Self {
        Self::Image(error)
    }
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Content { cause, .. } => cause.kind(),
            Self::Image(error) => error.kind(),
            Self::Task(_) => ErrorKind::Other,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::Content { cause, .. } => cause.hint(),
            Self::Image(error) => error.hint(),
            Self::Task(_) => None,
        }
    }

    fn recovery(&self) -> Recovery {
        self.failure().map_or(Recovery::Never, Failure::recovery)
    }
}
