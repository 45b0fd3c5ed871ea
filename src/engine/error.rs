//! Why a Docker Engine could not be used, in Docker's words where it has words for it.

use crate::archive;
use crate::diagnose::{Diagnose, ErrorKind, Hint};
use crate::http::{self, Problem};

/// Something between here and a Docker Engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody answers there. Docker's words.
    #[error("Cannot connect to the Docker daemon at {host}. Is the docker daemon running?")]
    NoDaemon {
        /// Where that is.
        host: String,
        /// What happened, if it is not only that nobody is there.
        #[source]
        problem: Option<Problem>,
    },
    /// This user may not talk to it.
    #[error("permission denied while trying to connect to the Docker daemon at {host}")]
    NotAllowed {
        /// Where that is.
        host: String,
    },
    /// It has answered, or was about to, and then no more.
    #[error("lost the connection to the Docker daemon at {host}")]
    Lost {
        /// Where that is.
        host: String,
        /// What happened.
        #[source]
        problem: Problem,
    },
    /// Somebody answers, and is no Docker Engine.
    #[error("what answers at {host} is no Docker Engine")]
    NotAnEngine {
        /// Where that is.
        host: String,
    },
    /// It speaks only versions of the API that are not known here.
    #[error("the Docker Engine at {host} is too old: its API has version {version}, and 1.24 is needed")]
    TooOld {
        /// Where that is.
        host: String,
        /// The newest version that it speaks.
        version: String,
    },
    /// It has no such image. Docker's words.
    #[error("No such image: {image}")]
    NoSuchImage {
        /// What was asked for.
        image: String,
    },
    /// It has said no, in its own words.
    #[error("{}", words(*status, message))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it says; nothing if it says nothing.
        message: String,
    },
    /// It has begun to work, and then told of an error, in its own words.
    #[error("{message}")]
    Failed {
        /// What it says.
        message: String,
    },
    /// It has taken an image, but does not know it afterwards.
    #[error("the Docker Engine took all of {image}, but has no image of that name now")]
    NotLoaded {
        /// What the image should be called.
        image: String,
    },
    /// What came out of it, or should go into it, is no good.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// The connection cannot be set up.
    #[error(transparent)]
    Http(#[from] http::Error),
}

fn words(status: u16, message: &str) -> String {
    match message {
        "" => format!("Docker Engine answered with HTTP status {status}"),
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
