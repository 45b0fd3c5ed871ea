//! Errors of a Docker Engine, in Docker's words where it has any.

use crate::archive;
use crate::diagnose::{Diagnose, ErrorKind, Hint};
use crate::http::{self, Problem};

/// An error of a Docker Engine or of the connection to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No daemon can be reached. Docker's words.
    #[error("Cannot connect to the Docker daemon at {host}. Is the docker daemon running?")]
    NoDaemon {
        /// The address of the daemon.
        host: String,
        /// The cause, if it is not only that no daemon listens.
        #[source]
        problem: Option<Problem>,
    },
    /// The user has no permission to use the daemon.
    #[error("permission denied while trying to connect to the Docker daemon at {host}")]
    NotAllowed {
        /// The address of the daemon.
        host: String,
    },
    /// The connection was lost before the response was complete.
    #[error("lost the connection to the Docker daemon at {host}")]
    Lost {
        /// The address of the daemon.
        host: String,
        /// The cause.
        #[source]
        problem: Problem,
    },
    /// Another server listens at the address.
    #[error("the server at {host} is not a Docker Engine")]
    NotAnEngine {
        /// The address of the server.
        host: String,
    },
    /// The Engine supports only versions of the API that are too old.
    #[error("the Docker Engine at {host} is too old: its API has version {version}, and 1.24 is needed")]
    TooOld {
        /// The address of the daemon.
        host: String,
        /// The newest version that it supports.
        version: String,
    },
    /// The Engine does not have the image. Docker's words.
    #[error("No such image: {image}")]
    NoSuchImage {
        /// The requested image.
        image: String,
    },
    /// The Engine refused the request, in its own words.
    #[error("{}", words(*status, message))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The Engine's message; may be empty.
        message: String,
    },
    /// The Engine began the work and then reported an error, in its own words.
    #[error("{message}")]
    Failed {
        /// The Engine's message.
        message: String,
    },
    /// The Engine accepted an image, but does not have it afterwards.
    #[error("the Docker Engine accepted all of {image}, but has no image of that name")]
    NotLoaded {
        /// The name that the image should have.
        image: String,
    },
    /// An archive from or for the Engine is invalid.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// The connection cannot be set up.
    #[error(transparent)]
    Http(#[from] http::Error),
}

fn words(status: u16, message: &str) -> String {
    match message {
        "" => format!("the Docker Engine returned HTTP status {status}"),
        message => message.to_owned(),
    }
}

impl Diagnose for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoDaemon { .. } | Self::Lost { .. } => ErrorKind::Unreachable,
            Self::NotAllowed { .. } => ErrorKind::Denied,
            Self::NoSuchImage { .. } => ErrorKind::NotFound,
            Self::Refused { status: 401 | 403, .. } => ErrorKind::Denied,
            Self::Archive(source) => source.kind(),
            Self::Http(source) => source.kind(),
            _ => ErrorKind::Other,
        }
    }

    fn hint(&self) -> Option<Hint> {
        match self {
            Self::NoDaemon { .. } | Self::NotAnEngine { .. } => Some(Hint::NameEngine),
            Self::NotAllowed { .. } => Some(Hint::JoinDockerGroup),
            Self::Archive(source) => source.hint(),
            Self::Http(source) => source.hint(),
            _ => None,
        }
    }
}
